-- row ticket_row: id int, tenant_id int, uuid uuid, author_id int, author_uuid uuid, author_name text, author_email text,
--   assignee_id int, title text, description text?, category int, priority int, status int, work_type int,
--   request_kind int, file_count int, reopened_count int, first_response_at int?, started_at int?, resolved_at int?,
--   closed_at int?, status_changed_at int, created_at int, updated_at int, removed_at int?, removed_by int?

-- name: ticket_insert
-- in: tenant_id int, uuid uuid, author_id int, title text, description text, category int, priority int, status int,
--   work_type int, request_kind int, file_count int, now int
-- out: id int
INSERT INTO ticket (tenant_id, uuid, author_id, title, description, category, priority, status,
  work_type, request_kind, file_count, status_changed_at, created_at, updated_at)
VALUES (:tenant_id, :uuid, :author_id, :title, :description, :category, :priority, :status,
  :work_type, :request_kind, :file_count, :now, :now, :now) RETURNING id;

-- name: ticket_by_uuid
-- in: tenant_id int, uuid uuid
-- out: ticket_row
SELECT t.id, t.tenant_id, t.uuid, t.author_id, a.uuid, a.name, a.email, t.assignee_id, t.title, t.description,
  t.category, t.priority, t.status, t.work_type, t.request_kind, t.file_count, t.reopened_count,
  t.first_response_at, t.started_at, t.resolved_at, t.closed_at, t.status_changed_at, t.created_at, t.updated_at,
  t.removed_at, t.removed_by
FROM ticket t JOIN account a ON a.id = t.author_id
WHERE t.uuid = :uuid AND t.tenant_id = :tenant_id;

-- The same under a row lock where several transactions write at once (the twin).
-- name: ticket_by_uuid_locked
-- in: tenant_id int, uuid uuid
-- out: ticket_row
SELECT t.id, t.tenant_id, t.uuid, t.author_id, a.uuid, a.name, a.email, t.assignee_id, t.title, t.description,
  t.category, t.priority, t.status, t.work_type, t.request_kind, t.file_count, t.reopened_count,
  t.first_response_at, t.started_at, t.resolved_at, t.closed_at, t.status_changed_at, t.created_at, t.updated_at,
  t.removed_at, t.removed_by
FROM ticket t JOIN account a ON a.id = t.author_id
WHERE t.uuid = :uuid AND t.tenant_id = :tenant_id;

-- name: ticket_update_status
-- in: id int, status int, assignee_id int, reopened_count int, first_response_at int?, started_at int?,
--   resolved_at int?, closed_at int?, status_changed_at int, updated_at int
UPDATE ticket SET status = :status, assignee_id = :assignee_id, reopened_count = :reopened_count,
  first_response_at = :first_response_at, started_at = :started_at, resolved_at = :resolved_at,
  closed_at = :closed_at, status_changed_at = :status_changed_at, updated_at = :updated_at
WHERE id = :id;

-- name: ticket_update_answered
-- in: id int, first_response_at int?, updated_at int
UPDATE ticket SET first_response_at = :first_response_at, updated_at = :updated_at WHERE id = :id;

-- name: ticket_update_removed
-- in: id int, removed_at int?, removed_by int?, updated_at int
UPDATE ticket SET removed_at = :removed_at, removed_by = :removed_by, updated_at = :updated_at WHERE id = :id;

-- name: ticket_purge_candidates
-- in: status int, before_at int, limit int
-- out: id int
SELECT id FROM ticket
WHERE status = :status AND removed_at IS NULL AND resolved_at IS NOT NULL AND resolved_at < :before_at
ORDER BY resolved_at LIMIT :limit;

-- A candidate that changed meanwhile is left alone.
-- name: ticket_purge_one
-- in: id int, status int, before_at int, now int
-- out: tenant_id int, author_id int, assignee_id int, status int, priority int
UPDATE ticket SET removed_at = :now, removed_by = NULL, updated_at = :now
WHERE id = :id AND status = :status AND removed_at IS NULL AND resolved_at < :before_at
RETURNING tenant_id, author_id, assignee_id, status, priority;

-- ---- lists ----
-- The ids come first, from the index alone; rows and authors are joined after the LIMIT. In order of
-- id in practice; ticket_list makes sure, because SQL does not promise it and an outer ORDER BY would sort whole rows.
-- What is in a set leads to an index (a branch for each value); what is excluded by <> or hidden from the
-- planner by a + only narrows the walk.
-- name: ticket_list_newest
-- in: tenant_id int, author_id int?, assignees ints, statuses ints, priorities ints, readable_by int?,
--   not_status_1 int?, not_status_2 int?, not_status_3 int?, not_status_4 int?, not_status_5 int?,
--   not_priority_1 int?, not_priority_2 int?, not_priority_3 int?, not_priority_4 int?,
--   email_like text?, name_like text?, before_id int?, from_id int?, created_from int?, brief bool, skip int, limit int
-- out: ticket_row
SELECT t.id, t.tenant_id, t.uuid, t.author_id, a.uuid, a.name, a.email, t.assignee_id, t.title,
  CASE WHEN :brief THEN NULL ELSE t.description END,
  t.category, t.priority, t.status, t.work_type, t.request_kind, t.file_count, t.reopened_count,
  t.first_response_at, t.started_at, t.resolved_at, t.closed_at, t.status_changed_at, t.created_at, t.updated_at,
  t.removed_at, t.removed_by
FROM (
  EACH(
    SELECT f.id FROM ticket f
    WHERE f.tenant_id = :tenant_id AND f.removed_at IS NULL
      [AND f.author_id = :author_id] [AND f.assignee_id = :assignees]
      [AND f.status = :statuses] [AND f.priority = :priorities]
      [AND f.id < :before_id] [AND f.id >= :from_id] [AND f.created_at >= :created_from]
      [AND f.status <> :not_status_1] [AND f.status <> :not_status_2] [AND f.status <> :not_status_3]
      [AND f.status <> :not_status_4] [AND f.status <> :not_status_5]
      [AND f.priority <> :not_priority_1] [AND f.priority <> :not_priority_2]
      [AND f.priority <> :not_priority_3] [AND f.priority <> :not_priority_4]
      [AND +f.assignee_id IN (0, :readable_by)]
      [AND EXISTS (SELECT 1 FROM account m WHERE m.id = f.author_id AND m.email_folded LIKE :email_like ESCAPE '\')]
      [AND EXISTS (SELECT 1 FROM account m WHERE m.id = f.author_id AND m.name_folded LIKE :name_like ESCAPE '\')]
  )
  ORDER BY id DESC LIMIT :limit OFFSET :skip
) pick CROSS JOIN ticket t CROSS JOIN account a
WHERE t.id = pick.id AND a.id = t.author_id;

-- Where few tickets match an author's name or address: from the authors, found in an index of their own, to
-- their tickets. CROSS JOIN keeps that order of walking.
-- name: ticket_list_by_authors
-- in: tenant_id int, author_id int?, readable_by int?,
--   not_status_1 int?, not_status_2 int?, not_status_3 int?, not_status_4 int?, not_status_5 int?,
--   not_priority_1 int?, not_priority_2 int?, not_priority_3 int?, not_priority_4 int?,
--   email_like text?, name_like text?, before_id int?, created_from int?, brief bool, skip int, limit int
-- out: ticket_row
SELECT t.id, t.tenant_id, t.uuid, t.author_id, a.uuid, a.name, a.email, t.assignee_id, t.title,
  CASE WHEN :brief THEN NULL ELSE t.description END,
  t.category, t.priority, t.status, t.work_type, t.request_kind, t.file_count, t.reopened_count,
  t.first_response_at, t.started_at, t.resolved_at, t.closed_at, t.status_changed_at, t.created_at, t.updated_at,
  t.removed_at, t.removed_by
FROM (
  SELECT f.id
  FROM account m CROSS JOIN ticket f
  WHERE m.tenant_id = :tenant_id [AND m.id = :author_id]
    [AND m.email_folded LIKE :email_like ESCAPE '\'] [AND m.name_folded LIKE :name_like ESCAPE '\']
    AND f.tenant_id = :tenant_id AND f.author_id = m.id AND f.removed_at IS NULL
    [AND f.id < :before_id] [AND f.created_at >= :created_from]
    [AND f.status <> :not_status_1] [AND f.status <> :not_status_2] [AND f.status <> :not_status_3]
    [AND f.status <> :not_status_4] [AND f.status <> :not_status_5]
    [AND f.priority <> :not_priority_1] [AND f.priority <> :not_priority_2]
    [AND f.priority <> :not_priority_3] [AND f.priority <> :not_priority_4]
    [AND +f.assignee_id IN (0, :readable_by)]
  ORDER BY f.id DESC LIMIT :limit OFFSET :skip
) pick CROSS JOIN ticket t CROSS JOIN account a
WHERE t.id = pick.id AND a.id = t.author_id;

-- A lower bound of the ids made since some time: uuids of version 7 grow with the time of creation.
-- name: ticket_first_since
-- in: uuid uuid
-- out: id int?
SELECT MIN(id) FROM (SELECT id FROM ticket WHERE uuid >= :uuid ORDER BY uuid LIMIT 100) since;

-- ---- counters ----
-- Scope 1: a tenant (owner 0); 2: an author; 3: an assignee (0: unassigned).
-- name: ticket_count_add
-- in: tenant_id int, scope int, owner_id int, status int, priority int, slot int, tickets int
INSERT INTO ticket_count (tenant_id, scope, owner_id, status, priority, slot, tickets)
VALUES (:tenant_id, :scope, :owner_id, :status, :priority, :slot, :tickets)
ON CONFLICT (tenant_id, scope, owner_id, status, priority, slot)
DO UPDATE SET tickets = ticket_count.tickets + excluded.tickets;

-- Few rows, which the program adds up.
-- name: ticket_count_of
-- in: tenant_id int, scope int, owner_id int, other_owner_id int
-- out: status int, priority int, tickets int
SELECT status, priority, tickets FROM ticket_count
WHERE tenant_id = :tenant_id AND scope = :scope AND owner_id IN (:owner_id, :other_owner_id);

-- name: ticket_count_matching
-- in: tenant_id int, author_id int?, email_like text?, name_like text?,
--   not_status_1 int?, not_status_2 int?, not_status_3 int?, not_status_4 int?, not_status_5 int?,
--   not_priority_1 int?, not_priority_2 int?, not_priority_3 int?, not_priority_4 int?
-- out: tickets int
SELECT CAST(COALESCE(SUM(c.tickets), 0) AS BIGINT)
FROM account m CROSS JOIN ticket_count c
WHERE m.tenant_id = :tenant_id [AND m.id = :author_id]
  [AND m.email_folded LIKE :email_like ESCAPE '\'] [AND m.name_folded LIKE :name_like ESCAPE '\']
  AND c.tenant_id = :tenant_id AND c.scope = 2 AND c.owner_id = m.id
  [AND c.status <> :not_status_1] [AND c.status <> :not_status_2] [AND c.status <> :not_status_3]
  [AND c.status <> :not_status_4] [AND c.status <> :not_status_5]
  [AND c.priority <> :not_priority_1] [AND c.priority <> :not_priority_2]
  [AND c.priority <> :not_priority_3] [AND c.priority <> :not_priority_4];

-- Which tickets of certain authors a technician may read no counter knows: they are counted, from the smaller side.
-- name: ticket_count_readable_by_authors
-- in: tenant_id int, author_id int?, readable_by int, email_like text?, name_like text?,
--   not_status_1 int?, not_status_2 int?, not_status_3 int?, not_status_4 int?, not_status_5 int?,
--   not_priority_1 int?, not_priority_2 int?, not_priority_3 int?, not_priority_4 int?
-- out: tickets int
SELECT COUNT(*)
FROM account m CROSS JOIN ticket f
WHERE m.tenant_id = :tenant_id [AND m.id = :author_id]
  [AND m.email_folded LIKE :email_like ESCAPE '\'] [AND m.name_folded LIKE :name_like ESCAPE '\']
  AND f.tenant_id = :tenant_id AND f.author_id = m.id AND f.removed_at IS NULL
  [AND f.status <> :not_status_1] [AND f.status <> :not_status_2] [AND f.status <> :not_status_3]
  [AND f.status <> :not_status_4] [AND f.status <> :not_status_5]
  [AND f.priority <> :not_priority_1] [AND f.priority <> :not_priority_2]
  [AND f.priority <> :not_priority_3] [AND f.priority <> :not_priority_4]
  AND +f.assignee_id IN (0, :readable_by);

-- name: ticket_count_readable_by_assignee
-- in: tenant_id int, author_id int?, assignees ints, email_like text?, name_like text?,
--   not_status_1 int?, not_status_2 int?, not_status_3 int?, not_status_4 int?, not_status_5 int?,
--   not_priority_1 int?, not_priority_2 int?, not_priority_3 int?, not_priority_4 int?
-- out: tickets int
SELECT COUNT(*)
FROM (
  EACH(
    SELECT f.id FROM ticket f
    WHERE f.tenant_id = :tenant_id AND f.removed_at IS NULL [AND f.assignee_id = :assignees] [AND +f.author_id = :author_id]
      [AND f.status <> :not_status_1] [AND f.status <> :not_status_2] [AND f.status <> :not_status_3]
      [AND f.status <> :not_status_4] [AND f.status <> :not_status_5]
      [AND f.priority <> :not_priority_1] [AND f.priority <> :not_priority_2]
      [AND f.priority <> :not_priority_3] [AND f.priority <> :not_priority_4]
      [AND EXISTS (SELECT 1 FROM account m WHERE m.id = f.author_id AND m.email_folded LIKE :email_like ESCAPE '\')]
      [AND EXISTS (SELECT 1 FROM account m WHERE m.id = f.author_id AND m.name_folded LIKE :name_like ESCAPE '\')]
  )
) readable;
