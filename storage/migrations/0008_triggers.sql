-- What starts runs by what happens, beside by times (workflows/triggers).

-- listens_to: the name of the event. running_since: what was recorded before starts nothing.
ALTER TABLE trigger_instance ADD COLUMN listens_to TEXT NOT NULL DEFAULT '';
ALTER TABLE trigger_instance ADD COLUMN running_since BIGINT;
UPDATE trigger_instance SET running_since = updated_at WHERE state = 'running';
-- Looked up for every event that is recorded: it has to answer fast that there is nothing.
CREATE INDEX trigger_instance_listens ON trigger_instance (workspace_id, type, listens_to) WHERE state = 'running';

-- Which runs a trigger has started. (Those of schedules also say so by their subject.)
CREATE TABLE trigger_run (
  workspace_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  trigger_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, run_id)
);
CREATE INDEX trigger_run_trigger ON trigger_run (workspace_id, trigger_id, at);

-- What a trigger remembers of a person: it counts their events anew after the one with this number.
CREATE TABLE trigger_person (
  workspace_id TEXT NOT NULL,
  trigger_id TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  seq BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, trigger_id, contact_id)
);
CREATE INDEX trigger_person_contact ON trigger_person (workspace_id, contact_id);
