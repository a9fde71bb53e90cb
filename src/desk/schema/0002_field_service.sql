-- Field service: where and when a ticket's work is done, by whom and how fast; customers, technicians, stock,
-- notifications, sign-in that renews itself.

-- ---- tickets ----
ALTER TABLE ticket ADD COLUMN assigned_at {int}; -- to the present assignee
ALTER TABLE ticket ADD COLUMN first_assignee_id {int} NOT NULL DEFAULT 0; -- an account; 0 never assigned
ALTER TABLE ticket ADD COLUMN latitude {real};
ALTER TABLE ticket ADD COLUMN longitude {real};
ALTER TABLE ticket ADD COLUMN scheduled_at {int};
ALTER TABLE ticket ADD COLUMN rating {int} NOT NULL DEFAULT 0; -- 1-5; 0 not rated
ALTER TABLE ticket ADD COLUMN rating_text {text};
-- The clocks of the service level: desk/sla/sla.h.
ALTER TABLE ticket ADD COLUMN response_due_at {int};
ALTER TABLE ticket ADD COLUMN resolve_due_at {int};
ALTER TABLE ticket ADD COLUMN paused_at {int};
ALTER TABLE ticket ADD COLUMN paused_us {int} NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN sla_marks {int} NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN sla_next_at {int};
ALTER TABLE ticket ADD COLUMN escalation_level {int} NOT NULL DEFAULT 0;

-- A ticket that came without a type of work has the one its category means.
UPDATE ticket SET work_type = CASE WHEN category = 2 THEN 2 ELSE 3 END WHERE work_type = 0;
UPDATE ticket SET first_assignee_id = assignee_id, assigned_at = status_changed_at WHERE assignee_id <> 0;

-- The walk of a whole tenant, newest first, reads status, priority, type and category from the index itself.
DROP INDEX ticket_tenant;
CREATE INDEX ticket_tenant ON ticket (tenant_id, id, status, priority, work_type, category)
  WHERE removed_at IS NULL;
-- removed_at, always NULL there, is what SQLite would look at each row for.
CREATE INDEX ticket_scheduled ON ticket (tenant_id, scheduled_at, id, status, priority, work_type, category, removed_at)
  WHERE removed_at IS NULL AND scheduled_at IS NOT NULL;
CREATE INDEX ticket_sla ON ticket (sla_next_at) WHERE sla_next_at IS NOT NULL AND removed_at IS NULL;

-- How the tickets of a tenant lie along something: by blocks of ids, of four sizes, and by the UTC day of their
-- schedule. cells: a small number for each status, priority, type and category (desk/ticket/ticket_block.c).
CREATE TABLE ticket_block (
  tenant_id {int} NOT NULL,
  kind {int} NOT NULL,
  block {int} NOT NULL,
  slot {int} NOT NULL,
  first_created_at {int} NOT NULL,
  last_created_at {int} NOT NULL,
  cells {blob} NOT NULL,
  PRIMARY KEY (tenant_id, kind, block, slot)
) {strict_rowless};

-- What happened on each day of the tenant's time zone (days since 1970): of the whole tenant
-- (technician_id 0) and of each technician.
CREATE TABLE ticket_day (
  tenant_id {int} NOT NULL,
  technician_id {int} NOT NULL,
  day {int} NOT NULL,
  slot {int} NOT NULL,
  created {int} NOT NULL,
  resolved {int} NOT NULL,
  on_time {int} NOT NULL,
  first_call {int} NOT NULL,
  timed {int} NOT NULL, -- resolved ones with a time of assignment
  work_us {int} NOT NULL, -- theirs from assignment to resolution, summed
  ratings {int} NOT NULL,
  rating_sum {int} NOT NULL,
  PRIMARY KEY (tenant_id, technician_id, day, slot)
) {strict_rowless};

-- ---- service levels ----
CREATE TABLE sla_target (
  tenant_id {int} NOT NULL REFERENCES tenant (id),
  category {int} NOT NULL,
  response_minutes {int} NOT NULL, -- 0 none
  resolution_minutes {int} NOT NULL,
  updated_at {int} NOT NULL,
  PRIMARY KEY (tenant_id, category)
) {strict};

-- Tenants whose targets changed and whose open tickets are still to be recomputed (desk/sla/sla.c).
CREATE TABLE sla_stale (
  tenant_id {int} NOT NULL REFERENCES tenant (id),
  after_id {int} NOT NULL, -- the ticket up to which it is done
  due_at {int} NOT NULL, -- not to be looked at before
  again_at {int} NOT NULL, -- once through, a second time from here on; 0: that was it
  PRIMARY KEY (tenant_id)
) {strict};
CREATE INDEX sla_stale_due ON sla_stale (due_at);

-- ---- accounts ----
ALTER TABLE account ADD COLUMN avatar {text};
ALTER TABLE session ADD COLUMN refresh_number {int} NOT NULL DEFAULT 0; -- 0: no refresh token
ALTER TABLE session ADD COLUMN refreshed_at {int};
ALTER TABLE session ADD COLUMN remember {bool} NOT NULL DEFAULT FALSE;

-- One live link an account, to set a password.
CREATE TABLE password_link (
  account_id {int} NOT NULL REFERENCES account (id),
  hash {blob} NOT NULL, -- of the token; the token itself stands in the mail alone
  expires_at {int} NOT NULL,
  PRIMARY KEY (account_id)
) {strict};
CREATE UNIQUE INDEX password_link_hash ON password_link (hash);

CREATE TABLE account_count (
  tenant_id {int} NOT NULL,
  role {int} NOT NULL,
  is_active {bool} NOT NULL,
  accounts {int} NOT NULL,
  PRIMARY KEY (tenant_id, role, is_active)
) {strict_rowless};
INSERT INTO account_count (tenant_id, role, is_active, accounts)
  SELECT tenant_id, role, is_active, COUNT(*) FROM account WHERE deleted_at IS NULL
  GROUP BY tenant_id, role, is_active;

-- What an account of role customer has beside; without a row all of it is unsaid.
CREATE TABLE customer (
  account_id {int} NOT NULL REFERENCES account (id),
  tenant_id {int} NOT NULL,
  nik {text},
  address {text},
  latitude {real},
  longitude {real},
  service_area {text},
  area_folded {text},
  service_package {text},
  updated_at {int} NOT NULL,
  PRIMARY KEY (account_id)
) {strict};
CREATE UNIQUE INDEX customer_nik ON customer (tenant_id, nik) WHERE nik IS NOT NULL;
CREATE INDEX customer_area ON customer (tenant_id, area_folded, account_id);

-- What an account of role technician has beside; without a row: available, nothing else said.
CREATE TABLE technician (
  account_id {int} NOT NULL REFERENCES account (id),
  tenant_id {int} NOT NULL,
  employee_id {text},
  is_available {bool} NOT NULL,
  reason {text}, -- why not available
  latitude {real},
  longitude {real},
  located_at {int},
  updated_at {int} NOT NULL,
  PRIMARY KEY (account_id)
) {strict};
CREATE UNIQUE INDEX technician_employee ON technician (tenant_id, employee_id) WHERE employee_id IS NOT NULL;
CREATE INDEX technician_away ON technician (tenant_id, account_id) WHERE is_available = FALSE;

-- Skills (kind 1) and service areas (kind 2), in the order they were named.
CREATE TABLE technician_word (
  account_id {int} NOT NULL REFERENCES account (id),
  kind {int} NOT NULL,
  position {int} NOT NULL,
  tenant_id {int} NOT NULL,
  word {text} NOT NULL,
  folded {text} NOT NULL,
  PRIMARY KEY (account_id, kind, position)
) {strict};
CREATE UNIQUE INDEX technician_word_folded ON technician_word (tenant_id, kind, folded, account_id);

-- ---- files, replies ----
ALTER TABLE file ADD COLUMN reply_id {int}; -- of a reply, not of the ticket itself
ALTER TABLE file ADD COLUMN url {text}; -- a link elsewhere: no content here
ALTER TABLE file ADD COLUMN kind {int} NOT NULL DEFAULT 0; -- enum file_kind
CREATE UNIQUE INDEX file_uuid ON file (uuid);
ALTER TABLE reply ADD COLUMN file_count {int} NOT NULL DEFAULT 0;

ALTER TABLE activity ADD COLUMN field {text}; -- which one a change changed

-- ---- notifications ----
CREATE TABLE notice (
  id {id},
  tenant_id {int} NOT NULL,
  uuid {blob} NOT NULL,
  account_id {int} NOT NULL REFERENCES account (id),
  kind {int} NOT NULL,
  ticket_id {int},
  item_id {int},
  actor_id {int}, -- NULL: the system
  value {int},
  created_at {int} NOT NULL,
  read_at {int}
) {strict};
CREATE UNIQUE INDEX notice_uuid ON notice (uuid);
CREATE INDEX notice_account ON notice (account_id, id);
CREATE INDEX notice_unread ON notice (account_id, id) WHERE read_at IS NULL;

-- ---- inventory ----
CREATE TABLE item (
  id {id},
  tenant_id {int} NOT NULL REFERENCES tenant (id),
  uuid {blob} NOT NULL,
  name {text} NOT NULL,
  name_folded {text} NOT NULL,
  category {text} NOT NULL,
  category_folded {text} NOT NULL,
  sku {text} NOT NULL,
  sku_folded {text} NOT NULL,
  description {text},
  price_e4 {int} NOT NULL, -- ten-thousandths
  stock {int} NOT NULL CHECK (stock >= 0),
  min_stock {int} NOT NULL,
  is_low {bool} NOT NULL, -- stock <= min_stock
  created_at {int} NOT NULL,
  updated_at {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX item_uuid ON item (uuid);
CREATE UNIQUE INDEX item_sku ON item (tenant_id, sku_folded);
CREATE INDEX item_tenant ON item (tenant_id, id);
CREATE INDEX item_category ON item (tenant_id, category_folded, id);
CREATE INDEX item_low ON item (tenant_id, id) WHERE is_low = TRUE;

CREATE TABLE assignment (
  id {id},
  tenant_id {int} NOT NULL,
  uuid {blob} NOT NULL,
  item_id {int} NOT NULL REFERENCES item (id),
  technician_id {int} NOT NULL REFERENCES account (id),
  ticket_id {int} NOT NULL REFERENCES ticket (id),
  quantity {int} NOT NULL,
  good {int} NOT NULL DEFAULT 0,
  damaged {int} NOT NULL DEFAULT 0,
  lost {int} NOT NULL DEFAULT 0,
  status {int} NOT NULL, -- 1 assigned, 2 returned
  notes {text},
  assigned_by {int} NOT NULL,
  created_at {int} NOT NULL,
  updated_at {int} NOT NULL,
  returned_at {int}
) {strict};
CREATE UNIQUE INDEX assignment_uuid ON assignment (uuid);
CREATE INDEX assignment_tenant ON assignment (tenant_id, status, id);
CREATE INDEX assignment_technician ON assignment (tenant_id, technician_id, status, id);
CREATE INDEX assignment_ticket ON assignment (ticket_id, id);
CREATE INDEX assignment_item ON assignment (item_id, id);

CREATE TABLE assignment_serial (
  assignment_id {int} NOT NULL REFERENCES assignment (id),
  position {int} NOT NULL,
  item_id {int} NOT NULL,
  serial {text} NOT NULL,
  is_out {bool} NOT NULL, -- with the technician
  PRIMARY KEY (assignment_id, position)
) {strict};
CREATE UNIQUE INDEX assignment_serial_out ON assignment_serial (item_id, serial) WHERE is_out = TRUE;

-- Every change of stock; their quantities add up to it.
CREATE TABLE stock_movement (
  id {id},
  tenant_id {int} NOT NULL,
  uuid {blob} NOT NULL,
  item_id {int} NOT NULL REFERENCES item (id),
  kind {int} NOT NULL,
  quantity {int} NOT NULL, -- added; negative: taken
  pieces {int} NOT NULL, -- how many it is about: of a loss, too, which adds nothing
  stock {int} NOT NULL, -- after it
  assignment_id {int},
  actor_id {int},
  notes {text},
  created_at {int} NOT NULL
) {strict};
CREATE INDEX stock_movement_item ON stock_movement (item_id, id);
CREATE INDEX stock_movement_time ON stock_movement (tenant_id, created_at, id);
