-- What somebody has looked at and leaves as it is: a run that failed, a message that was refused, or of which nobody
-- knows whether it arrived.
CREATE TABLE dead_letter_discarded (
  workspace_id TEXT NOT NULL,
  of_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  principal TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, of_id)
);
CREATE INDEX run_failed ON run (workspace_id, ended_at) WHERE status = 'failed';
CREATE INDEX outbox_undelivered ON outbox (workspace_id, updated_at) WHERE state IN ('failed', 'unknown');
