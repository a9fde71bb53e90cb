-- name: mail_insert
-- in: tenant_id int, uuid uuid, kind int, account_id int, ticket_id int?, value int?, text text?, created_at int
INSERT INTO mail (tenant_id, uuid, kind, account_id, ticket_id, value, text, state, tries, due_at, created_at)
VALUES (:tenant_id, :uuid, :kind, :account_id, :ticket_id, :value, :text, 1, 0, :created_at, :created_at);

-- name: mail_lease
-- in: now int, lease_until int, limit int
-- out: id int
UPDATE mail SET due_at = :lease_until, tries = tries + 1
WHERE id IN (SELECT id FROM mail WHERE state = 1 AND due_at <= :now ORDER BY due_at, id LIMIT :limit)
RETURNING id;

-- name: mail_load
-- in: id int
-- out: id int, uuid uuid, tenant_id int, kind int, account_id int, ticket_id int?, value int?, text text?, tries int,
--   due_at int, created_at int, to_name text, to_email text, language int, is_active bool, deleted_at int?,
--   ticket_created_at int?, ticket_title text?, ticket_status int?
SELECT m.id, m.uuid, m.tenant_id, m.kind, m.account_id, m.ticket_id, m.value, m.text, m.tries,
  m.due_at, m.created_at, p.name, p.email, p.language, p.is_active, p.deleted_at,
  t.created_at, t.title, t.status
FROM mail m JOIN account p ON p.id = m.account_id LEFT JOIN ticket t ON t.id = m.ticket_id
WHERE m.id = :id;

-- The text goes with the delivery: it may hold a link that opens an account.
-- name: mail_mark_sent
-- in: id int, now int
UPDATE mail SET state = 2, sent_at = :now, text = NULL, reason = NULL WHERE id = :id AND state = 1;

-- name: mail_mark_later
-- in: id int, due_at int, reason text
UPDATE mail SET due_at = :due_at, reason = :reason WHERE id = :id AND state = 1;

-- name: mail_mark_failed
-- in: id int, reason text
UPDATE mail SET state = 3, reason = :reason, text = NULL WHERE id = :id AND state = 1;

-- name: mail_earliest
-- out: due_at int?
SELECT MIN(due_at) FROM mail WHERE state = 1;

-- The oldest waiting mail is the one with the least id, which the index of the waiting knows without the rows.
-- name: mail_figures
-- out: waiting int, failed int, oldest_waiting_at int?
SELECT w.waiting, (SELECT COUNT(*) FROM mail WHERE state = 3), m.created_at
FROM (SELECT COUNT(*) AS waiting, MIN(id) AS oldest_id FROM mail WHERE state = 1) w
LEFT JOIN mail m ON m.id = w.oldest_id;
