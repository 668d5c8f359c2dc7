-- Rules about when and how often people are written to (services/sending).

-- counted_at: when this message left or may have left, for caps; NULL while it has not and when it is known not to have.
-- deferred: the rule that held it back last.
ALTER TABLE outbox ADD COLUMN transactional BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN counted_at BIGINT;
ALTER TABLE outbox ADD COLUMN deferred TEXT NOT NULL DEFAULT '';
UPDATE outbox SET transactional = 1 WHERE payload LIKE '%"transactional":true%';
UPDATE outbox SET counted_at = updated_at WHERE transactional = 0 AND state IN ('sending', 'accepted', 'unknown');
CREATE INDEX outbox_person ON outbox (workspace_id, contact_id, counted_at) WHERE counted_at IS NOT NULL;
CREATE INDEX outbox_run_person ON outbox (workspace_id, run_id, contact_id) WHERE counted_at IS NOT NULL;

CREATE TABLE sending_rules (
  workspace_id TEXT PRIMARY KEY,
  rules TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL
);

-- Marketing that is stopped, of a campaign or (campaign_id '') of the whole workspace, until a person lifts it.
CREATE TABLE sending_stop (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  campaign_id TEXT NOT NULL DEFAULT '',
  cause TEXT NOT NULL,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL,
  lifted_at BIGINT,
  lifted_by TEXT,
  PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX sending_stop_open ON sending_stop (workspace_id, campaign_id) WHERE lifted_at IS NULL;

-- What the kill switches look at, by hours since 1970. campaign_id '': messages of no campaign.
CREATE TABLE sending_figure (
  workspace_id TEXT NOT NULL,
  campaign_id TEXT NOT NULL,
  hour BIGINT NOT NULL,
  sent BIGINT NOT NULL DEFAULT 0,
  bounced BIGINT NOT NULL DEFAULT 0,
  complained BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, campaign_id, hour)
);
