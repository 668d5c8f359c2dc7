-- Events of shops and apps: who said them, as whom, and with what around.
ALTER TABLE event ADD COLUMN user_id TEXT;
ALTER TABLE event ADD COLUMN context TEXT NOT NULL DEFAULT '{}';
ALTER TABLE event ADD COLUMN source TEXT NOT NULL DEFAULT '';
-- Those that still wait for their person.
CREATE INDEX event_user_open ON event (workspace_id, user_id) WHERE contact_id IS NULL AND user_id IS NOT NULL;
CREATE INDEX event_anonymous_open ON event (workspace_id, anonymous_id)
  WHERE contact_id IS NULL AND anonymous_id IS NOT NULL;

-- Who stands behind the ids of apps. kind: user or anonymous. user_id: who an anonymous or former id turned out to be.
-- traits: what was said before there was an address, so before there could be a contact.
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
CREATE INDEX identity_contact ON identity (workspace_id, contact_id);
CREATE INDEX identity_user ON identity (workspace_id, user_id);
