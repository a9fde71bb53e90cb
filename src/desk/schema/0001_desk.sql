-- The desk: what every dialect shows in its own words.
-- Times are microseconds since 1970 in UTC. Folded columns are filled by the program.

CREATE TABLE tenant (
  id {id},
  name {text} NOT NULL,
  domain {text},
  kind {text} NOT NULL,
  timezone {text} NOT NULL,
  is_active {bool} NOT NULL,
  decisions {int} NOT NULL DEFAULT 0, -- counted up to lock the row: see tenant_lock
  created_at {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX tenant_domain ON tenant (domain) WHERE domain IS NOT NULL;

CREATE TABLE account (
  id {id},
  tenant_id {int} NOT NULL REFERENCES tenant (id),
  uuid {blob} NOT NULL,
  name {text} NOT NULL,
  name_folded {text} NOT NULL,
  email {text} NOT NULL,
  email_folded {text} NOT NULL,
  phone {text},
  role {int} NOT NULL,
  is_active {bool} NOT NULL,
  password_hash {text},
  must_change_password {bool} NOT NULL,
  language {int} NOT NULL,
  created_at {int} NOT NULL,
  updated_at {int} NOT NULL,
  deleted_at {int}
) {strict};
CREATE UNIQUE INDEX account_uuid ON account (uuid);
CREATE UNIQUE INDEX account_email ON account (tenant_id, email_folded) WHERE deleted_at IS NULL;
-- Lists, and the search for a part of a name or address without a look at the rows themselves.
CREATE INDEX account_search ON account (tenant_id, id, email_folded, name_folded);
CREATE INDEX account_role ON account (tenant_id, role, id) WHERE deleted_at IS NULL;

CREATE TABLE session (
  id {id},
  account_id {int} NOT NULL REFERENCES account (id),
  tenant_id {int} NOT NULL,
  created_at {int} NOT NULL,
  expires_at {int} NOT NULL,
  ended_at {int}
) {strict};
CREATE INDEX session_account ON session (account_id) WHERE ended_at IS NULL;
CREATE INDEX session_expiry ON session (expires_at);

-- Failed sign-ins in the running window: by account and address, by account, by address.
CREATE TABLE throttle (
  subject {blob} NOT NULL, -- a hash: who and from where stay out of the store
  failures {int} NOT NULL,
  window_ends_at {int} NOT NULL,
  PRIMARY KEY (subject)
) {strict};
CREATE INDEX throttle_window ON throttle (window_ends_at);

CREATE TABLE ticket (
  id {id},
  tenant_id {int} NOT NULL REFERENCES tenant (id),
  uuid {blob} NOT NULL,
  author_id {int} NOT NULL REFERENCES account (id),
  assignee_id {int} NOT NULL DEFAULT 0, -- an account; 0 nobody
  title {text} NOT NULL,
  description {text} NOT NULL,
  category {int} NOT NULL,
  priority {int} NOT NULL,
  status {int} NOT NULL,
  work_type {int} NOT NULL,
  request_kind {int} NOT NULL,
  file_count {int} NOT NULL,
  reopened_count {int} NOT NULL DEFAULT 0,
  first_response_at {int},
  started_at {int},
  resolved_at {int},
  closed_at {int},
  status_changed_at {int} NOT NULL,
  created_at {int} NOT NULL,
  updated_at {int} NOT NULL,
  removed_at {int},
  removed_by {int}
) {strict};
CREATE UNIQUE INDEX ticket_uuid ON ticket (uuid);
CREATE INDEX ticket_tenant ON ticket (tenant_id, id) WHERE removed_at IS NULL;
CREATE INDEX ticket_status ON ticket (tenant_id, status, id) WHERE removed_at IS NULL;
CREATE INDEX ticket_priority ON ticket (tenant_id, priority, id) WHERE removed_at IS NULL;
CREATE INDEX ticket_author ON ticket (tenant_id, author_id, status, id) WHERE removed_at IS NULL;
CREATE INDEX ticket_assignee ON ticket (tenant_id, assignee_id, status, id) WHERE removed_at IS NULL;
CREATE INDEX ticket_resolved ON ticket (status, resolved_at) WHERE removed_at IS NULL AND resolved_at IS NOT NULL;

-- How many live tickets there are, so that nobody has to count them. scope 1: the whole
-- tenant (owner 0); 2: an author; 3: an assignee (0: unassigned). slot spreads a hot row over several
-- where many transactions run at once; readers sum.
CREATE TABLE ticket_count (
  tenant_id {int} NOT NULL,
  scope {int} NOT NULL,
  owner_id {int} NOT NULL,
  status {int} NOT NULL,
  priority {int} NOT NULL,
  slot {int} NOT NULL,
  tickets {int} NOT NULL,
  PRIMARY KEY (tenant_id, scope, owner_id, status, priority, slot)
) {strict_rowless};

CREATE TABLE reply (
  id {id},
  tenant_id {int} NOT NULL,
  uuid {blob} NOT NULL,
  ticket_id {int} NOT NULL REFERENCES ticket (id),
  author_id {int} NOT NULL REFERENCES account (id),
  text {text} NOT NULL,
  created_at {int} NOT NULL
) {strict};
CREATE INDEX reply_ticket ON reply (ticket_id, id);

CREATE TABLE activity (
  id {id},
  tenant_id {int} NOT NULL,
  uuid {blob} NOT NULL,
  ticket_id {int} NOT NULL REFERENCES ticket (id),
  actor_id {int}, -- NULL: the system
  action {int} NOT NULL,
  old_value {text},
  new_value {text},
  created_at {int} NOT NULL
) {strict};
CREATE INDEX activity_ticket ON activity (ticket_id, id);

CREATE TABLE file (
  id {id},
  tenant_id {int} NOT NULL,
  uuid {blob} NOT NULL,
  ticket_id {int} REFERENCES ticket (id),
  uploader_id {int},
  name {text} NOT NULL,
  hash {blob} NOT NULL,
  size {int} NOT NULL,
  type {int} NOT NULL,
  created_at {int} NOT NULL
) {strict};
CREATE INDEX file_ticket ON file (ticket_id, id);
CREATE INDEX file_hash ON file (hash);

CREATE TABLE event (
  id {id},
  tenant_id {int} NOT NULL,
  kind {int} NOT NULL,
  ticket_id {int},
  account_id {int},
  old_value {int},
  new_value {int},
  created_at {int} NOT NULL
) {strict};

CREATE TABLE mail (
  id {id},
  tenant_id {int} NOT NULL,
  uuid {blob} NOT NULL,
  kind {int} NOT NULL,
  account_id {int} NOT NULL REFERENCES account (id),
  ticket_id {int},
  value {int},
  text {text},
  state {int} NOT NULL,
  tries {int} NOT NULL,
  due_at {int} NOT NULL,
  reason {text},
  created_at {int} NOT NULL,
  sent_at {int}
) {strict};
CREATE INDEX mail_due ON mail (due_at) WHERE state = 1;
CREATE INDEX mail_failed ON mail (id) WHERE state = 3;

INSERT INTO tenant (id, name, kind, timezone, is_active, created_at)
VALUES (1, 'Operator', 'vendor', 'UTC', TRUE, 0);
