CREATE INDEX approval_subject ON approval (workspace_id, subject, subject_id, state);
CREATE INDEX campaign_history_campaign ON campaign_history (workspace_id, campaign_id, id);
CREATE INDEX event_anonymous_open ON event (workspace_id, anonymous_id)
  WHERE contact_id IS NULL AND anonymous_id IS NOT NULL;
CREATE INDEX event_campaign ON event (workspace_id, campaign_id, name, at);
CREATE INDEX event_contact ON event (workspace_id, contact_id, name, at);
CREATE INDEX event_user_open ON event (workspace_id, user_id) WHERE contact_id IS NULL AND user_id IS NOT NULL;
CREATE INDEX idempotency_expiry ON idempotency (expires_at);
CREATE INDEX identity_contact ON identity (workspace_id, contact_id);
CREATE INDEX identity_user ON identity (workspace_id, user_id);
CREATE INDEX list_member_contact ON list_member (workspace_id, contact_id);
CREATE INDEX outbox_campaign ON outbox (workspace_id, campaign_id, state);
CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'pending';
CREATE INDEX outbox_open ON outbox (lease_until) WHERE state = 'sending';
CREATE INDEX outbox_person ON outbox (workspace_id, contact_id, counted_at) WHERE counted_at IS NOT NULL;
CREATE INDEX outbox_run ON outbox (workspace_id, run_id, state);
CREATE INDEX outbox_run_person ON outbox (workspace_id, run_id, contact_id) WHERE counted_at IS NOT NULL;
CREATE INDEX outbox_undelivered ON outbox (workspace_id, updated_at) WHERE state IN ('failed', 'unknown');
CREATE INDEX outbox_unknown ON outbox (next_at) WHERE state = 'unknown';
CREATE INDEX plan_campaign ON plan (workspace_id, campaign_id);
CREATE INDEX run_failed ON run (workspace_id, ended_at) WHERE status = 'failed';
CREATE INDEX run_parent ON run (workspace_id, parent_run_id) WHERE parent_run_id <> '';
CREATE INDEX template_comment_template ON template_comment (workspace_id, template_id, created_at);
CREATE INDEX token_due ON token (due_at) WHERE state = 'ready';
CREATE INDEX token_open ON token (lease_until) WHERE state = 'executing';
CREATE INDEX token_run ON token (workspace_id, run_id);
CREATE INDEX trigger_instance_due ON trigger_instance (next_fire_at) WHERE state = 'running';
CREATE INDEX trigger_instance_listens ON trigger_instance (workspace_id, type, listens_to) WHERE state = 'running';
CREATE INDEX trigger_instance_workflow ON trigger_instance (workspace_id, workflow_id);
CREATE INDEX trigger_person_contact ON trigger_person (workspace_id, contact_id);
CREATE INDEX trigger_run_trigger ON trigger_run (workspace_id, trigger_id, at);
CREATE INDEX wait_sub_event ON wait_sub (workspace_id, event_name, subject);
CREATE INDEX wait_sub_run ON wait_sub (workspace_id, run_id);
CREATE TABLE agent_run (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  status TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE api_key (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  key_hash TEXT NOT NULL,
  scopes TEXT NOT NULL,
  kind TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE approval (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  subject TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  subject_hash TEXT NOT NULL,
  risk TEXT NOT NULL,
  summary TEXT NOT NULL,
  state TEXT NOT NULL,
  code_hash TEXT NOT NULL DEFAULT '',
  attempts BIGINT NOT NULL DEFAULT 0,
  requested_by TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  decided_by TEXT,
  decided_via TEXT,
  decided_at BIGINT,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE audit (
  workspace_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  principal TEXT NOT NULL,
  door TEXT NOT NULL,
  tool TEXT NOT NULL,
  effect TEXT NOT NULL,
  outcome TEXT NOT NULL,
  arguments_hash TEXT NOT NULL,
  approval_id TEXT NOT NULL DEFAULT '',
  trace_id TEXT NOT NULL DEFAULT '',
  duration_us BIGINT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (workspace_id, seq)
);
CREATE TABLE audit_head (
  workspace_id TEXT PRIMARY KEY,
  seq BIGINT NOT NULL,
  hash TEXT NOT NULL
);
CREATE TABLE campaign (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  objective TEXT NOT NULL DEFAULT '',
  channel TEXT NOT NULL DEFAULT 'email',
  template_id TEXT,
  template_version BIGINT,
  list_id TEXT,
  segment_id TEXT,
  connection_id TEXT,
  run_id TEXT,
  start_at BIGINT,
  end_at BIGINT,
  budget TEXT NOT NULL DEFAULT '{}',
  details TEXT NOT NULL DEFAULT '{}',
  sandbox BIGINT NOT NULL DEFAULT 0,
  rev BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE campaign_history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  workspace_id TEXT NOT NULL,
  campaign_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  details TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE connection (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  settings TEXT NOT NULL DEFAULT '{}',
  secret_id TEXT,
  status TEXT NOT NULL,
  status_reason TEXT NOT NULL DEFAULT '',
  sandbox BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE consent (
  workspace_id TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  state TEXT NOT NULL,
  source TEXT NOT NULL,
  proof TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, contact_id, channel)
);
CREATE TABLE contact (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  email TEXT NOT NULL,
  external_id TEXT,
  first_name TEXT NOT NULL DEFAULT '',
  last_name TEXT NOT NULL DEFAULT '',
  language TEXT NOT NULL DEFAULT '',
  time_zone TEXT NOT NULL DEFAULT '',
  attributes TEXT NOT NULL DEFAULT '{}',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE dead_letter_discarded (
  workspace_id TEXT NOT NULL,
  of_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  principal TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, of_id)
);
CREATE TABLE event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  workspace_id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  contact_id TEXT,
  anonymous_id TEXT,
  campaign_id TEXT,
  outbox_id TEXT,
  at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  properties TEXT NOT NULL DEFAULT '{}'
, user_id TEXT, context TEXT NOT NULL DEFAULT '{}', source TEXT NOT NULL DEFAULT '');
CREATE TABLE idempotency (
  workspace_id TEXT NOT NULL,
  tool TEXT NOT NULL,
  key TEXT NOT NULL,
  arguments_hash TEXT NOT NULL,
  state TEXT NOT NULL,
  answer TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, tool, key)
);
CREATE TABLE identity (
  workspace_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  contact_id TEXT,
  user_id TEXT,
  traits TEXT NOT NULL DEFAULT '{}',
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, kind, id)
);
CREATE TABLE import_error (
  workspace_id TEXT NOT NULL,
  import_id TEXT NOT NULL,
  line BIGINT NOT NULL,
  field TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (workspace_id, import_id, line, field)
);
CREATE TABLE import_job (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  source TEXT NOT NULL,
  source_hash TEXT NOT NULL,
  options TEXT NOT NULL,
  state TEXT NOT NULL,
  byte_offset BIGINT NOT NULL DEFAULT 0,
  line BIGINT NOT NULL DEFAULT 0,
  rows_added BIGINT NOT NULL DEFAULT 0,
  rows_updated BIGINT NOT NULL DEFAULT 0,
  rows_unchanged BIGINT NOT NULL DEFAULT 0,
  rows_failed BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE list (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE list_member (
  workspace_id TEXT NOT NULL,
  list_id TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  added_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, list_id, contact_id)
);
CREATE TABLE outbox (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  idem TEXT NOT NULL,
  run_id TEXT NOT NULL,
  token_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  campaign_id TEXT,
  contact_id TEXT,
  channel TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  address TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  next_at BIGINT NOT NULL,
  lease_owner TEXT NOT NULL DEFAULT '',
  lease_until BIGINT NOT NULL DEFAULT 0,
  fence BIGINT NOT NULL DEFAULT 0,
  vendor_ref TEXT NOT NULL,
  reply TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL, transactional BIGINT NOT NULL DEFAULT 0, counted_at BIGINT, deferred TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE plan (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  revision BIGINT NOT NULL,
  plan_hash TEXT NOT NULL,
  status TEXT NOT NULL,
  document TEXT NOT NULL,
  turns TEXT NOT NULL DEFAULT '[]',
  campaign_id TEXT,
  workflow TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, id, revision)
);
CREATE TABLE run (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  workflow_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  subject TEXT NOT NULL,
  entry_key TEXT NOT NULL,
  campaign_id TEXT,
  approval_id TEXT,
  principal TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  seq BIGINT NOT NULL DEFAULT 0,
  log_hash TEXT NOT NULL DEFAULT '',
  context TEXT NOT NULL DEFAULT '{}',
  entered_at BIGINT NOT NULL,
  ended_at BIGINT,
  rev BIGINT NOT NULL DEFAULT 1, trace_id TEXT NOT NULL DEFAULT '', parent_run_id TEXT NOT NULL DEFAULT '', parent_token_id TEXT NOT NULL DEFAULT '', depth BIGINT NOT NULL DEFAULT 0, nested BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE schema_migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, workspace_id TEXT NOT NULL DEFAULT '*');
CREATE TABLE secret (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  version BIGINT NOT NULL,
  nonce TEXT NOT NULL,
  ciphertext TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE segment (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  rule TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE sending_figure (
  workspace_id TEXT NOT NULL,
  campaign_id TEXT NOT NULL,
  hour BIGINT NOT NULL,
  sent BIGINT NOT NULL DEFAULT 0,
  bounced BIGINT NOT NULL DEFAULT 0,
  complained BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, campaign_id, hour)
);
CREATE TABLE sending_rules (
  workspace_id TEXT PRIMARY KEY,
  rules TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL
);
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
CREATE TABLE step_log (
  workspace_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  node_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  input TEXT NOT NULL DEFAULT '{}',
  output TEXT NOT NULL DEFAULT '{}',
  error TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  hash TEXT NOT NULL, trace_id TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (workspace_id, run_id, seq)
);
CREATE TABLE suppression (
  workspace_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  reason TEXT NOT NULL,
  source TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, channel, address)
);
CREATE TABLE template (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  channel TEXT NOT NULL,
  latest_version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE template_comment (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  template_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  part TEXT NOT NULL,
  body TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  resolved_by TEXT NOT NULL DEFAULT '',
  resolved_at BIGINT,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE template_version (
  workspace_id TEXT NOT NULL,
  template_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  subject TEXT NOT NULL,
  preheader TEXT NOT NULL DEFAULT '',
  html TEXT NOT NULL,
  plain TEXT NOT NULL DEFAULT '',
  content_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, template_id, version)
);
CREATE TABLE token (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  state TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  attempt BIGINT NOT NULL DEFAULT 0,
  visit BIGINT NOT NULL DEFAULT 0,
  data TEXT NOT NULL DEFAULT '{}',
  part BIGINT NOT NULL DEFAULT 0,
  lease_owner TEXT NOT NULL DEFAULT '',
  lease_until BIGINT NOT NULL DEFAULT 0,
  rev BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (workspace_id, id)
);
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
  rev BIGINT NOT NULL DEFAULT 1, listens_to TEXT NOT NULL DEFAULT '', running_since BIGINT,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE trigger_person (
  workspace_id TEXT NOT NULL,
  trigger_id TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  seq BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, trigger_id, contact_id)
);
CREATE TABLE trigger_run (
  workspace_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  trigger_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, run_id)
);
CREATE TABLE user_account (
  workspace_id TEXT NOT NULL,
  id TEXT NOT NULL,
  email TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT '',
  role TEXT NOT NULL,
  preferences TEXT NOT NULL DEFAULT '{}',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
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
CREATE TABLE workflow_version (
  workspace_id TEXT NOT NULL,
  workflow_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  name TEXT NOT NULL,
  definition TEXT NOT NULL,
  checksum TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, workflow_id, version)
);
CREATE TABLE workspace (
  workspace_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  settings TEXT NOT NULL DEFAULT '{}',
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX api_key_hash ON api_key (key_hash);
CREATE UNIQUE INDEX connection_name ON connection (workspace_id, name);
CREATE UNIQUE INDEX contact_email ON contact (workspace_id, email);
CREATE UNIQUE INDEX contact_external ON contact (workspace_id, external_id);
CREATE UNIQUE INDEX event_message ON event (workspace_id, message_id);
CREATE UNIQUE INDEX import_job_source ON import_job (workspace_id, source_hash);
CREATE UNIQUE INDEX list_name ON list (workspace_id, name);
CREATE UNIQUE INDEX outbox_idem ON outbox (workspace_id, idem);
CREATE UNIQUE INDEX outbox_vendor_ref ON outbox (workspace_id, vendor_ref);
CREATE UNIQUE INDEX run_entry ON run (workspace_id, workflow_id, subject, entry_key);
CREATE UNIQUE INDEX segment_name ON segment (workspace_id, name);
CREATE UNIQUE INDEX sending_stop_open ON sending_stop (workspace_id, campaign_id) WHERE lifted_at IS NULL;
CREATE UNIQUE INDEX template_name ON template (workspace_id, name);
CREATE UNIQUE INDEX user_account_email ON user_account (workspace_id, email);
