-- What a run waits for: an event about its subject that meets the conditions. Made and taken away in the transactions of
-- the engine; taken away by who records the event, in the event's own transaction (workflows/waits.hpp).
CREATE TABLE wait_sub (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  token_id TEXT NOT NULL,
  event_name TEXT NOT NULL,
  subject TEXT NOT NULL,
  conditions TEXT NOT NULL DEFAULT '[]',
  since BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX wait_sub_event ON wait_sub (workspace_id, event_name, subject);
CREATE INDEX wait_sub_run ON wait_sub (workspace_id, run_id);
