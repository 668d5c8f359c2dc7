-- What people say of a version of a template. resolved_at NULL: still open.
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
CREATE INDEX template_comment_template ON template_comment (workspace_id, template_id, created_at);
