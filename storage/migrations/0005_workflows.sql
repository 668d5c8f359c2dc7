-- Workflows that people and agents make by name, and what starts their runs by itself (workflows/triggers).

CREATE TABLE workflow (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  latest_version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, id)
);

-- approval_id: under which its runs act. next_fire_at: NULL when it never fires again or is not started.
CREATE TABLE trigger_instance (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  workflow_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  spec TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  principal TEXT NOT NULL DEFAULT '{}',
  approval_id TEXT,
  next_fire_at BIGINT,
  last_fire_at BIGINT,
  fires BIGINT NOT NULL DEFAULT 0,
  skipped BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  rev BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX trigger_instance_due ON trigger_instance (next_fire_at) WHERE state = 'running';
CREATE INDEX trigger_instance_workflow ON trigger_instance (workspace_id, workflow_id);
