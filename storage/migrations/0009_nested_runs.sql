-- Runs that steps of other runs have started. parent_token_id: the token that waits for it, '' where none does. depth: how
-- many runs it is within. nested: 1 once it has started a run that it waits for, or asked a person: what its end has to
-- look after.
ALTER TABLE run ADD COLUMN parent_run_id TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN parent_token_id TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN depth BIGINT NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN nested BIGINT NOT NULL DEFAULT 0;
CREATE INDEX run_parent ON run (workspace_id, parent_run_id) WHERE parent_run_id <> '';
