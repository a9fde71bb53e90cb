-- row ticket_row: id int, tenant_id int, uuid uuid, author_id int, author_uuid uuid, author_name text, author_email text,
--   author_role int, assignee_id int, title text, description text?, category int, priority int, status int, work_type int,
--   request_kind int, file_count int, reopened_count int, first_response_at int?, started_at int?, resolved_at int?,
--   closed_at int?, status_changed_at int, created_at int, updated_at int, removed_at int?, removed_by int?,
--   assigned_at int?, first_assignee_id int, latitude real?, longitude real?, scheduled_at int?, rating int, rating_text text?,
--   response_due_at int?, resolve_due_at int?, paused_at int?, paused_us int, sla_marks int, sla_next_at int?,
--   escalation_level int

-- The columns of a ticket_row, of ticket t and its author a; between them the description, or NULL.
-- text: ticket_head
t.id, t.tenant_id, t.uuid, t.author_id, a.uuid, a.name, a.email, a.role, t.assignee_id, t.title

-- text: ticket_tail
t.category, t.priority, t.status, t.work_type, t.request_kind, t.file_count, t.reopened_count,
t.first_response_at, t.started_at, t.resolved_at, t.closed_at, t.status_changed_at, t.created_at, t.updated_at,
t.removed_at, t.removed_by, t.assigned_at, t.first_assignee_id, t.latitude, t.longitude, t.scheduled_at,
t.rating, t.rating_text, t.response_due_at, t.resolve_due_at, t.paused_at, t.paused_us, t.sla_marks, t.sla_next_at,
t.escalation_level

-- Where a ticket f is one of the wanted kinds: a bit for each status, priority, type and category, or the only
-- one, which costs a third to compare (+: no other index for it).
-- text: ticket_cells
[AND (:status_bits >> CAST(f.status AS INTEGER)) & 1 <> 0] [AND (:priority_bits >> CAST(f.priority AS INTEGER)) & 1 <> 0]
[AND (:work_type_bits >> CAST(f.work_type AS INTEGER)) & 1 <> 0] [AND (:category_bits >> CAST(f.category AS INTEGER)) & 1 <> 0]
[AND +f.priority = :priority] [AND +f.work_type = :work_type] [AND +f.category = :category]

-- name: ticket_insert
-- in: tenant_id int, uuid uuid, author_id int, assignee_id int, title text, description text, category int, priority int,
--   status int, work_type int, request_kind int, file_count int, first_response_at int?, assigned_at int?,
--   first_assignee_id int, latitude real?, longitude real?, scheduled_at int?, response_due_at int?, resolve_due_at int?,
--   sla_next_at int?, now int
-- out: id int
INSERT INTO ticket (tenant_id, uuid, author_id, assignee_id, title, description, category, priority, status,
  work_type, request_kind, file_count, first_response_at, assigned_at, first_assignee_id, latitude, longitude, scheduled_at,
  response_due_at, resolve_due_at, sla_next_at, status_changed_at, created_at, updated_at)
VALUES (:tenant_id, :uuid, :author_id, :assignee_id, :title, :description, :category, :priority, :status,
  :work_type, :request_kind, :file_count, :first_response_at, :assigned_at, :first_assignee_id, :latitude, :longitude,
  :scheduled_at, :response_due_at, :resolve_due_at, :sla_next_at, :now, :now, :now) RETURNING id;

-- name: ticket_by_uuid
-- in: tenant_id int, uuid uuid
-- out: ticket_row
SELECT {ticket_head}, t.description, {ticket_tail}
FROM ticket t JOIN account a ON a.id = t.author_id
WHERE t.uuid = :uuid AND t.tenant_id = :tenant_id;

-- The same under a row lock where several transactions write at once (the twin).
-- name: ticket_by_uuid_locked
-- in: tenant_id int, uuid uuid
-- out: ticket_row
SELECT {ticket_head}, t.description, {ticket_tail}
FROM ticket t JOIN account a ON a.id = t.author_id
WHERE t.uuid = :uuid AND t.tenant_id = :tenant_id;

-- name: ticket_by_id_locked
-- in: id int
-- out: ticket_row
SELECT {ticket_head}, t.description, {ticket_tail}
FROM ticket t JOIN account a ON a.id = t.author_id
WHERE t.id = :id;

-- All of a ticket that changes, but its texts. Files are counted by desk/file as well.
-- name: ticket_update
-- in: id int, status int, assignee_id int, category int, priority int, work_type int, more_files int, reopened_count int,
--   first_response_at int?, started_at int?, resolved_at int?, closed_at int?, status_changed_at int, assigned_at int?,
--   first_assignee_id int, latitude real?, longitude real?, scheduled_at int?, rating int, rating_text text?,
--   response_due_at int?, resolve_due_at int?, paused_at int?, paused_us int, sla_marks int, sla_next_at int?,
--   escalation_level int, updated_at int
UPDATE ticket SET status = :status, assignee_id = :assignee_id, category = :category, priority = :priority,
  work_type = :work_type, file_count = file_count + :more_files, reopened_count = :reopened_count,
  first_response_at = :first_response_at, started_at = :started_at, resolved_at = :resolved_at,
  closed_at = :closed_at, status_changed_at = :status_changed_at, assigned_at = :assigned_at,
  first_assignee_id = :first_assignee_id, latitude = :latitude, longitude = :longitude, scheduled_at = :scheduled_at,
  rating = :rating, rating_text = :rating_text, response_due_at = :response_due_at, resolve_due_at = :resolve_due_at,
  paused_at = :paused_at, paused_us = :paused_us, sla_marks = :sla_marks, sla_next_at = :sla_next_at,
  escalation_level = :escalation_level, updated_at = :updated_at
WHERE id = :id;

-- name: ticket_update_texts
-- in: id int, title text, description text
UPDATE ticket SET title = :title, description = :description WHERE id = :id;

-- name: ticket_update_removed
-- in: id int, removed_at int?, removed_by int?, updated_at int
UPDATE ticket SET removed_at = :removed_at, removed_by = :removed_by, updated_at = :updated_at WHERE id = :id;

-- name: ticket_purge_candidates
-- in: status int, before_at int, limit int
-- out: id int
SELECT id FROM ticket
WHERE status = :status AND removed_at IS NULL AND resolved_at IS NOT NULL AND resolved_at < :before_at
ORDER BY resolved_at LIMIT :limit;

-- Names and addresses of the people on a page of tickets, also of the operator's; ids: a JSON array.
-- name: ticket_people_of
-- in: tenant_id int, operator_id int, ids text, limit int
-- out: id int, uuid uuid, name text, email text, phone text?, address text?, role int
SELECT a.id, a.uuid, a.name, a.email, a.phone, c.address, a.role
FROM json_each(:ids) j CROSS JOIN account a LEFT JOIN customer c ON c.account_id = a.id
WHERE a.id = j.value AND +a.tenant_id IN (:tenant_id, :operator_id) LIMIT :limit;

-- Whom a filter of the tenant may name, by uuid or number (one of them is said): its own people, deleted ones too, and
-- from outside only who has, or had, tickets in it. Nothing of them but the number.
-- name: ticket_person_number
-- in: tenant_id int, uuid uuid?, id int?
-- out: id int
SELECT a.id FROM account a
WHERE (+a.tenant_id = :tenant_id OR EXISTS (
    SELECT 1 FROM ticket_count c WHERE c.tenant_id = :tenant_id AND c.scope IN (2, 3) AND c.owner_id = a.id))
  [AND a.uuid = :uuid] [AND a.id = :id];

-- ---- lists ----
-- The ids come first, from the index alone; rows and authors are joined after the LIMIT. In order of
-- id in practice; ticket_list makes sure, because SQL does not promise it and an outer ORDER BY would sort whole rows.
-- What is in a set leads to an index (a branch for each value); what is looked up in bits (1 << value) or hidden from
-- the planner by a + only narrows the walk.
-- name: ticket_list_newest
-- in: tenant_id int, author_id int?, assignees ints, statuses ints, priorities ints,
--   readable_by int?, assignee_id int?,
--   status_bits int?, priority_bits int?, work_type_bits int?, category_bits int?, priority int?, work_type int?, category int?,
--   created_from int?, created_to int?, scheduled_from int?, scheduled_to int?,
--   email_like text?, name_like text?, before_id int?, from_id int?, brief bool, skip int, limit int
-- out: ticket_row
SELECT {ticket_head}, CASE WHEN :brief THEN NULL ELSE t.description END, {ticket_tail}
FROM (
  EACH(
    SELECT f.id FROM ticket f
    WHERE f.tenant_id = :tenant_id AND f.removed_at IS NULL
      [AND f.author_id = :author_id] [AND f.assignee_id = :assignees]
      [AND f.status = :statuses] [AND f.priority = :priorities]
      [AND f.id < :before_id] [AND f.id >= :from_id]
      {ticket_cells}
      [AND f.created_at >= :created_from] [AND f.created_at < :created_to]
      [AND +f.scheduled_at >= :scheduled_from] [AND +f.scheduled_at < :scheduled_to]
      [AND +f.assignee_id IN (0, :readable_by)] [AND +f.assignee_id = :assignee_id]
      [AND EXISTS (SELECT 1 FROM account m WHERE m.id = f.author_id AND m.email_folded LIKE :email_like ESCAPE '\')]
      [AND EXISTS (SELECT 1 FROM account m WHERE m.id = f.author_id AND m.name_folded LIKE :name_like ESCAPE '\')]
  )
  ORDER BY id DESC LIMIT :limit OFFSET :skip
) pick CROSS JOIN ticket t CROSS JOIN account a
WHERE t.id = pick.id AND a.id = t.author_id;

-- The same from the other end.
-- name: ticket_list_oldest
-- in: tenant_id int, author_id int?, assignees ints, statuses ints, priorities ints,
--   readable_by int?, assignee_id int?,
--   status_bits int?, priority_bits int?, work_type_bits int?, category_bits int?, priority int?, work_type int?, category int?,
--   created_from int?, created_to int?, scheduled_from int?, scheduled_to int?,
--   email_like text?, name_like text?, before_id int?, from_id int?, brief bool, skip int, limit int
-- out: ticket_row
SELECT {ticket_head}, CASE WHEN :brief THEN NULL ELSE t.description END, {ticket_tail}
FROM (
  EACH(
    SELECT f.id FROM ticket f
    WHERE f.tenant_id = :tenant_id AND f.removed_at IS NULL
      [AND f.author_id = :author_id] [AND f.assignee_id = :assignees]
      [AND f.status = :statuses] [AND f.priority = :priorities]
      [AND f.id < :before_id] [AND f.id >= :from_id]
      {ticket_cells}
      [AND f.created_at >= :created_from] [AND f.created_at < :created_to]
      [AND +f.scheduled_at >= :scheduled_from] [AND +f.scheduled_at < :scheduled_to]
      [AND +f.assignee_id IN (0, :readable_by)] [AND +f.assignee_id = :assignee_id]
      [AND EXISTS (SELECT 1 FROM account m WHERE m.id = f.author_id AND m.email_folded LIKE :email_like ESCAPE '\')]
      [AND EXISTS (SELECT 1 FROM account m WHERE m.id = f.author_id AND m.name_folded LIKE :name_like ESCAPE '\')]
  )
  ORDER BY id LIMIT :limit OFFSET :skip
) pick CROSS JOIN ticket t CROSS JOIN account a
WHERE t.id = pick.id AND a.id = t.author_id;

-- Where few tickets are scheduled in a time: those are sorted. direction: 1 newest first, -1 oldest.
-- name: ticket_list_scheduled
-- in: tenant_id int,
--   status_bits int?, priority_bits int?, work_type_bits int?, category_bits int?, priority int?, work_type int?, category int?,
--   created_from int?, created_to int?, scheduled_from int?, scheduled_to int?,
--   before_id int?, from_id int?, direction int, brief bool, skip int, limit int
-- out: ticket_row
SELECT {ticket_head}, CASE WHEN :brief THEN NULL ELSE t.description END, {ticket_tail}
FROM (
  SELECT f.id
  FROM ticket f
  WHERE f.tenant_id = :tenant_id AND f.removed_at IS NULL AND f.scheduled_at IS NOT NULL
    [AND +f.id < :before_id] [AND +f.id >= :from_id]
    {ticket_cells}
    [AND f.created_at >= :created_from] [AND f.created_at < :created_to]
    [AND f.scheduled_at >= :scheduled_from] [AND f.scheduled_at < :scheduled_to]
  ORDER BY f.id * :direction DESC LIMIT :limit OFFSET :skip
) pick CROSS JOIN ticket t CROSS JOIN account a
WHERE t.id = pick.id AND a.id = t.author_id;

-- Of a part of the ids, what is scheduled in a time.
-- name: ticket_list_planned
-- in: tenant_id int,
--   status_bits int?, priority_bits int?, work_type_bits int?, category_bits int?, priority int?, work_type int?, category int?,
--   created_from int?, created_to int?, scheduled_from int?, scheduled_to int?,
--   before_id int, from_id int, brief bool, skip int, limit int
-- out: ticket_row
SELECT {ticket_head}, CASE WHEN :brief THEN NULL ELSE t.description END, {ticket_tail}
FROM (
  SELECT f.id
  FROM ticket f
  WHERE f.tenant_id = :tenant_id AND f.removed_at IS NULL AND f.scheduled_at IS NOT NULL
    AND f.id < :before_id AND f.id >= :from_id
    {ticket_cells}
    [AND f.created_at >= :created_from] [AND f.created_at < :created_to]
    [AND +f.scheduled_at >= :scheduled_from] [AND +f.scheduled_at < :scheduled_to]
  ORDER BY f.id DESC LIMIT :limit OFFSET :skip
) pick CROSS JOIN ticket t CROSS JOIN account a
WHERE t.id = pick.id AND a.id = t.author_id;

-- The same from the other end.
-- name: ticket_list_planned_up
-- in: tenant_id int,
--   status_bits int?, priority_bits int?, work_type_bits int?, category_bits int?, priority int?, work_type int?, category int?,
--   created_from int?, created_to int?, scheduled_from int?, scheduled_to int?,
--   before_id int, from_id int, brief bool, skip int, limit int
-- out: ticket_row
SELECT {ticket_head}, CASE WHEN :brief THEN NULL ELSE t.description END, {ticket_tail}
FROM (
  SELECT f.id
  FROM ticket f
  WHERE f.tenant_id = :tenant_id AND f.removed_at IS NULL AND f.scheduled_at IS NOT NULL
    AND f.id < :before_id AND f.id >= :from_id
    {ticket_cells}
    [AND f.created_at >= :created_from] [AND f.created_at < :created_to]
    [AND +f.scheduled_at >= :scheduled_from] [AND +f.scheduled_at < :scheduled_to]
  ORDER BY f.id LIMIT :limit OFFSET :skip
) pick CROSS JOIN ticket t CROSS JOIN account a
WHERE t.id = pick.id AND a.id = t.author_id;

-- Whose name or address match: of the tenant, and of the operator's staff, who write there too. Theirs is a branch of its
-- own: the operator's customers are many, and would all be passed by. Who is no staff any more, or deleted, has no index
-- there: a filter still knows them by uuid or number.
-- text: ticket_authors
SELECT m.id FROM account m WHERE m.tenant_id = :tenant_id [AND m.id = :author_id]
    [AND m.email_folded LIKE :email_like ESCAPE '\'] [AND m.name_folded LIKE :name_like ESCAPE '\']
  UNION ALL
  SELECT m.id FROM account m
  WHERE m.tenant_id = :operator_id AND m.role > 1 AND m.deleted_at IS NULL AND m.tenant_id <> :tenant_id [AND m.id = :author_id]
    [AND m.email_folded LIKE :email_like ESCAPE '\'] [AND m.name_folded LIKE :name_like ESCAPE '\']

-- Where few tickets match an author's name or address: from the authors, found in an index of their own, to
-- their tickets. CROSS JOIN keeps that order of walking.
-- name: ticket_list_by_authors
-- in: tenant_id int, operator_id int, author_id int?, readable_by int?, assignee_id int?,
--   status_bits int?, priority_bits int?, work_type_bits int?, category_bits int?, priority int?, work_type int?, category int?,
--   created_from int?, created_to int?, scheduled_from int?, scheduled_to int?,
--   email_like text?, name_like text?, before_id int?, from_id int?, direction int, brief bool, skip int, limit int
-- out: ticket_row
SELECT {ticket_head}, CASE WHEN :brief THEN NULL ELSE t.description END, {ticket_tail}
FROM (
  SELECT f.id
  FROM ({ticket_authors}) m CROSS JOIN ticket f
  WHERE f.tenant_id = :tenant_id AND f.author_id = m.id AND f.removed_at IS NULL
    [AND f.id < :before_id] [AND f.id >= :from_id]
    {ticket_cells}
    [AND f.created_at >= :created_from] [AND f.created_at < :created_to]
    [AND +f.scheduled_at >= :scheduled_from] [AND +f.scheduled_at < :scheduled_to]
    [AND +f.assignee_id IN (0, :readable_by)] [AND +f.assignee_id = :assignee_id]
  ORDER BY f.id * :direction DESC LIMIT :limit OFFSET :skip
) pick CROSS JOIN ticket t CROSS JOIN account a
WHERE t.id = pick.id AND a.id = t.author_id;

-- ---- counters ----
-- Scope 1: a tenant (owner 0); 2: an author; 3: an assignee (0: unassigned); 4: past their deadline (owner 0).
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
-- in: tenant_id int, operator_id int, author_id int?, email_like text?, name_like text?,
--   status_bits int?, priority_bits int?
-- out: tickets int
SELECT CAST(COALESCE(SUM(c.tickets), 0) AS BIGINT)
FROM ({ticket_authors}) m CROSS JOIN ticket_count c
WHERE c.tenant_id = :tenant_id AND c.scope = 2 AND c.owner_id = m.id
  [AND (:status_bits >> CAST(c.status AS INTEGER)) & 1 <> 0] [AND (:priority_bits >> CAST(c.priority AS INTEGER)) & 1 <> 0];

-- What no counter knows of certain people's tickets is counted, from the smaller side.
-- name: ticket_count_by_authors
-- in: tenant_id int, operator_id int, author_id int?, readable_by int?, assignee_id int?, email_like text?, name_like text?,
--   status_bits int?, priority_bits int?, work_type_bits int?, category_bits int?, priority int?, work_type int?, category int?,
--   created_from int?, created_to int?, scheduled_from int?, scheduled_to int?
-- out: tickets int
SELECT COUNT(*)
FROM ({ticket_authors}) m CROSS JOIN ticket f
WHERE f.tenant_id = :tenant_id AND f.author_id = m.id AND f.removed_at IS NULL
  {ticket_cells}
  [AND f.created_at >= :created_from] [AND f.created_at < :created_to]
  [AND +f.scheduled_at >= :scheduled_from] [AND +f.scheduled_at < :scheduled_to]
  [AND +f.assignee_id IN (0, :readable_by)] [AND +f.assignee_id = :assignee_id];

-- name: ticket_count_by_assignees
-- in: tenant_id int, author_id int?, assignees ints, email_like text?, name_like text?,
--   status_bits int?, priority_bits int?, work_type_bits int?, category_bits int?, priority int?, work_type int?, category int?,
--   created_from int?, created_to int?, scheduled_from int?, scheduled_to int?
-- out: tickets int
SELECT COUNT(*)
FROM (
  EACH(
    SELECT f.id FROM ticket f
    WHERE f.tenant_id = :tenant_id AND f.removed_at IS NULL [AND f.assignee_id = :assignees] [AND +f.author_id = :author_id]
      {ticket_cells}
      [AND f.created_at >= :created_from] [AND f.created_at < :created_to]
      [AND +f.scheduled_at >= :scheduled_from] [AND +f.scheduled_at < :scheduled_to]
      [AND EXISTS (SELECT 1 FROM account m WHERE m.id = f.author_id AND m.email_folded LIKE :email_like ESCAPE '\')]
      [AND EXISTS (SELECT 1 FROM account m WHERE m.id = f.author_id AND m.name_folded LIKE :name_like ESCAPE '\')]
  )
) theirs;

-- Of a block of ids that a filter cuts.
-- name: ticket_count_ids
-- in: tenant_id int, from_id int, before_id int, status int?,
--   status_bits int?, priority_bits int?, work_type_bits int?, category_bits int?, priority int?, work_type int?, category int?,
--   created_from int?, created_to int?, scheduled_from int?, scheduled_to int?
-- out: tickets int
SELECT COUNT(*) FROM ticket f
WHERE f.tenant_id = :tenant_id AND f.removed_at IS NULL AND f.id >= :from_id AND f.id < :before_id
  [AND f.status = :status]
  {ticket_cells}
  [AND f.created_at >= :created_from] [AND f.created_at < :created_to]
  [AND +f.scheduled_at >= :scheduled_from] [AND +f.scheduled_at < :scheduled_to];

-- Of what is scheduled, by blocks of ids.
-- name: ticket_count_scheduled
-- in: tenant_id int, shift int, low int?, high int?,
--   status_bits int?, priority_bits int?, work_type_bits int?, category_bits int?, priority int?, work_type int?, category int?,
--   created_from int?, created_to int?, scheduled_from int?, scheduled_to int?
-- out: block int, tickets int
SELECT f.id >> CAST(:shift AS INTEGER) AS block, COUNT(*) AS tickets FROM ticket f
WHERE f.tenant_id = :tenant_id AND f.removed_at IS NULL AND f.scheduled_at IS NOT NULL
  [AND +f.id >= :low] [AND +f.id <= :high]
  {ticket_cells}
  [AND f.created_at >= :created_from] [AND f.created_at < :created_to]
  [AND f.scheduled_at >= :scheduled_from] [AND f.scheduled_at < :scheduled_to]
GROUP BY 1;

-- name: ticket_count_planned
-- in: tenant_id int, from_id int, before_id int,
--   status_bits int?, priority_bits int?, work_type_bits int?, category_bits int?, priority int?, work_type int?, category int?,
--   created_from int?, created_to int?, scheduled_from int?, scheduled_to int?
-- out: tickets int
SELECT COUNT(*) FROM ticket f
WHERE f.tenant_id = :tenant_id AND f.removed_at IS NULL AND f.scheduled_at IS NOT NULL
  AND f.id >= :from_id AND f.id < :before_id
  {ticket_cells}
  [AND f.created_at >= :created_from] [AND f.created_at < :created_to]
  [AND +f.scheduled_at >= :scheduled_from] [AND +f.scheduled_at < :scheduled_to];

-- ---- blocks ----
-- Under a row lock where several transactions write at once (the twin).
-- name: ticket_block_get
-- in: tenant_id int, kind int, parent int, time int, block int, slot int
-- out: cells blob
SELECT cells FROM ticket_block
WHERE tenant_id = :tenant_id AND kind = :kind AND parent = :parent AND time = :time AND block = :block AND slot = :slot;

-- name: ticket_block_make
-- in: tenant_id int, kind int, parent int, time int, block int, slot int, tickets int, cells blob
INSERT INTO ticket_block (tenant_id, kind, parent, time, block, slot, tickets, cells)
VALUES (:tenant_id, :kind, :parent, :time, :block, :slot, :tickets, :cells)
ON CONFLICT (tenant_id, kind, parent, time, block, slot) DO NOTHING;

-- name: ticket_block_put
-- in: tenant_id int, kind int, parent int, time int, block int, slot int, tickets int, cells blob
INSERT INTO ticket_block (tenant_id, kind, parent, time, block, slot, tickets, cells)
VALUES (:tenant_id, :kind, :parent, :time, :block, :slot, :tickets, :cells)
ON CONFLICT (tenant_id, kind, parent, time, block, slot) DO UPDATE SET tickets = excluded.tickets, cells = excluded.cells;

-- name: ticket_block_list
-- in: tenant_id int, kind int, low int, high int
-- out: block int, cells blob
SELECT block, cells FROM ticket_block
WHERE tenant_id = :tenant_id AND kind = :kind AND parent = 0 AND time = 0 AND block BETWEEN :low AND :high
ORDER BY block DESC;

-- The same from the other end.
-- name: ticket_block_list_up
-- in: tenant_id int, kind int, low int, high int
-- out: block int, cells blob
SELECT block, cells FROM ticket_block
WHERE tenant_id = :tenant_id AND kind = :kind AND parent = 0 AND time = 0 AND block BETWEEN :low AND :high
ORDER BY block;

-- Some days, whole spans, and some days more.
-- name: ticket_block_scheduled
-- in: tenant_id int, day_kind int, span_kind int, parent int, day_from int, day_to int, span_from int, span_to int,
--   day_from_2 int, day_to_2 int
-- out: time int, block int, cells blob
SELECT time, block, cells FROM ticket_block
WHERE tenant_id = :tenant_id AND kind = :day_kind AND parent = :parent AND time >= :day_from AND time < :day_to
UNION ALL
SELECT time, block, cells FROM ticket_block
WHERE tenant_id = :tenant_id AND kind = :span_kind AND parent = :parent AND time >= :span_from AND time < :span_to
UNION ALL
SELECT time, block, cells FROM ticket_block
WHERE tenant_id = :tenant_id AND kind = :day_kind AND parent = :parent AND time >= :day_from_2 AND time < :day_to_2;

-- How many there are in all.
-- name: ticket_block_all
-- in: tenant_id int, kind int
-- out: tickets int
SELECT CAST(COALESCE(SUM(tickets), 0) AS BIGINT) FROM ticket_block WHERE tenant_id = :tenant_id AND kind = :kind;

-- name: ticket_block_clear
-- in: tenant_id int, from_kind int
DELETE FROM ticket_block WHERE tenant_id = :tenant_id AND kind >= :from_kind;

-- ---- days ----
-- name: ticket_day_add
-- in: tenant_id int, technician_id int, day int, slot int, created int, resolved int, on_time int, first_call int,
--   timed int, work_us int, ratings int, rating_sum int
INSERT INTO ticket_day (tenant_id, technician_id, day, slot, created, resolved, on_time, first_call, timed, work_us,
  ratings, rating_sum)
VALUES (:tenant_id, :technician_id, :day, :slot, :created, :resolved, :on_time, :first_call, :timed, :work_us,
  :ratings, :rating_sum)
ON CONFLICT (tenant_id, technician_id, day, slot) DO UPDATE SET created = ticket_day.created + excluded.created,
  resolved = ticket_day.resolved + excluded.resolved, on_time = ticket_day.on_time + excluded.on_time,
  first_call = ticket_day.first_call + excluded.first_call, timed = ticket_day.timed + excluded.timed,
  work_us = ticket_day.work_us + excluded.work_us, ratings = ticket_day.ratings + excluded.ratings,
  rating_sum = ticket_day.rating_sum + excluded.rating_sum;

-- name: ticket_day_sum
-- in: tenant_id int, technician_id int, day_from int, day_to int
-- out: created int, resolved int, on_time int, first_call int, timed int, work_us int, ratings int, rating_sum int
SELECT CAST(COALESCE(SUM(created), 0) AS BIGINT), CAST(COALESCE(SUM(resolved), 0) AS BIGINT),
  CAST(COALESCE(SUM(on_time), 0) AS BIGINT), CAST(COALESCE(SUM(first_call), 0) AS BIGINT),
  CAST(COALESCE(SUM(timed), 0) AS BIGINT), CAST(COALESCE(SUM(work_us), 0) AS BIGINT),
  CAST(COALESCE(SUM(ratings), 0) AS BIGINT), CAST(COALESCE(SUM(rating_sum), 0) AS BIGINT)
FROM ticket_day
WHERE tenant_id = :tenant_id AND technician_id = :technician_id AND day BETWEEN :day_from AND :day_to;

-- name: ticket_day_list
-- in: tenant_id int, technician_id int, day_from int, day_to int, limit int
-- out: day int, created int, resolved int, on_time int, first_call int, timed int, work_us int, ratings int,
--   rating_sum int
SELECT day, CAST(SUM(created) AS BIGINT), CAST(SUM(resolved) AS BIGINT), CAST(SUM(on_time) AS BIGINT),
  CAST(SUM(first_call) AS BIGINT), CAST(SUM(timed) AS BIGINT), CAST(SUM(work_us) AS BIGINT),
  CAST(SUM(ratings) AS BIGINT), CAST(SUM(rating_sum) AS BIGINT)
FROM ticket_day
WHERE tenant_id = :tenant_id AND technician_id = :technician_id AND day BETWEEN :day_from AND :day_to
GROUP BY day ORDER BY day LIMIT :limit;

-- From one technician to the next, and of each only the days asked for.
-- name: ticket_day_technicians
-- in: tenant_id int, day_from int, day_to int, limit int
-- out: technician_id int, resolved int, on_time int, first_call int, timed int, work_us int, ratings int,
--   rating_sum int, created int
WITH RECURSIVE seen (technician_id) AS (
  SELECT (SELECT MIN(d.technician_id) FROM ticket_day d WHERE d.tenant_id = :tenant_id AND d.technician_id > 0)
  UNION ALL
  SELECT (SELECT MIN(d.technician_id) FROM ticket_day d
    WHERE d.tenant_id = :tenant_id AND d.technician_id > seen.technician_id)
  FROM seen WHERE seen.technician_id IS NOT NULL
)
SELECT seen.technician_id, CAST(SUM(e.resolved) AS BIGINT), CAST(SUM(e.on_time) AS BIGINT),
  CAST(SUM(e.first_call) AS BIGINT), CAST(SUM(e.timed) AS BIGINT), CAST(SUM(e.work_us) AS BIGINT),
  CAST(SUM(e.ratings) AS BIGINT), CAST(SUM(e.rating_sum) AS BIGINT), CAST(SUM(e.created) AS BIGINT)
FROM seen CROSS JOIN ticket_day e
WHERE e.tenant_id = :tenant_id AND e.technician_id = seen.technician_id AND e.day BETWEEN :day_from AND :day_to
GROUP BY seen.technician_id
HAVING SUM(e.resolved) <> 0
ORDER BY seen.technician_id LIMIT :limit;

-- name: ticket_day_clear
-- in: tenant_id int
DELETE FROM ticket_day WHERE tenant_id = :tenant_id;

-- ---- blocks and days made anew ----
-- Whose zone the days are in; no rebuilding meanwhile (the twin).
-- name: ticket_sums_zone
-- in: id int
-- out: timezone text
SELECT timezone FROM tenant WHERE id = :id;

-- name: ticket_sums_walk
-- in: tenant_id int, after_id int, limit int
-- out: id int, tenant_id int, author_id int, assignee_id int, status int, priority int, category int,
--   work_type int, created_at int, scheduled_at int?, resolved_at int?, assigned_at int?, first_assignee_id int,
--   reopened_count int, rating int, resolve_due_at int?, sla_marks int
SELECT id, tenant_id, author_id, assignee_id, status, priority, category, work_type, created_at, scheduled_at,
  resolved_at, assigned_at, first_assignee_id, reopened_count, rating, resolve_due_at, sla_marks
FROM ticket
WHERE tenant_id = :tenant_id AND removed_at IS NULL AND id > :after_id
ORDER BY id LIMIT :limit;

-- name: ticket_sums_missing
-- out: tenant_id int
SELECT tenant_id FROM ticket_sums_missing ORDER BY tenant_id LIMIT 1;

-- name: ticket_sums_made
-- in: tenant_id int
DELETE FROM ticket_sums_missing WHERE tenant_id = :tenant_id;

-- ---- service levels, by the system (ticket_sla.c) ----
-- name: ticket_sla_next
-- out: next_at int?
SELECT MIN(sla_next_at) FROM ticket WHERE sla_next_at IS NOT NULL AND removed_at IS NULL;

-- The twin takes the rows and passes over those that somebody else has.
-- name: ticket_sla_due
-- in: now int, limit int
-- out: id int
SELECT id FROM ticket WHERE sla_next_at IS NOT NULL AND sla_next_at <= :now AND removed_at IS NULL
ORDER BY sla_next_at LIMIT :limit;

-- What the timer changes, and no column of another index: those would all be written again.
-- name: ticket_sla_write
-- in: id int, response_due_at int?, sla_marks int, sla_next_at int?, escalation_level int
UPDATE ticket SET response_due_at = :response_due_at, sla_marks = :sla_marks, sla_next_at = :sla_next_at,
  escalation_level = :escalation_level
WHERE id = :id;

-- The twin waits for all of them before the first is changed.
-- name: ticket_sla_open
-- in: tenant_id int, statuses ints, after_id int, limit int
-- out: id int
SELECT id FROM (
  EACH(
    SELECT f.id FROM ticket f
    WHERE f.tenant_id = :tenant_id AND f.removed_at IS NULL [AND f.status = :statuses] AND f.id > :after_id
  )
  ORDER BY id LIMIT :limit
) pick
ORDER BY id;

-- ---- by what happened to them (ticket_follow.c) ----
-- See event_follow_tenant for the twin.
-- name: ticket_follow
-- in: tenant_id int, after_txn int, after_id int, to_txn int, to_id int, kind_below int, author_id int?, readable_by int?
-- out: ticket_row
SELECT {ticket_head}, t.description, {ticket_tail}
FROM (
  SELECT DISTINCT e.ticket_id AS id FROM event e
  WHERE e.tenant_id = :tenant_id AND e.txn = 0 AND e.id > :after_id AND e.id <= :to_id AND :after_txn <= :to_txn
    AND e.kind < :kind_below
) pick CROSS JOIN ticket t CROSS JOIN account a
WHERE t.id = pick.id AND a.id = t.author_id AND t.tenant_id = :tenant_id AND t.removed_at IS NULL
  [AND t.author_id = :author_id] [AND t.assignee_id IN (0, :readable_by)]
ORDER BY t.id;

-- ---- of every tenant, for operator staff (ticket_everywhere.c) ----
-- name: ticket_place
-- in: uuid uuid
-- out: id int, tenant_id int
SELECT id, tenant_id FROM ticket WHERE uuid = :uuid;

-- Along the ids themselves: the join order is kept, so that nothing is sorted.
-- name: ticket_walk_everywhere
-- in: from_id int, before_id int?, limit int
-- out: id int, tenant_id int
SELECT f.id, f.tenant_id FROM ticket f CROSS JOIN tenant n
WHERE f.removed_at IS NULL AND f.id >= :from_id [AND f.id < :before_id] AND n.id = f.tenant_id AND n.is_active = TRUE
ORDER BY f.id LIMIT :limit;

-- The entries that are passed over are read from the index alone.
-- name: ticket_page_before
-- in: tenant_id int, last_id int, limit int
-- out: uuid uuid
SELECT uuid FROM ticket WHERE tenant_id = :tenant_id AND removed_at IS NULL AND id <= :last_id
ORDER BY id DESC LIMIT 1 OFFSET :limit;
