-- row notice_row: id int, uuid uuid, tenant_id int, account_id int, kind int, value int?, created_at int, read_at int?,
--   txn int, ticket_id int?, ticket_uuid uuid?, ticket_created_at int?, ticket_title text?,
--   item_id int?, item_uuid uuid?, item_name text?, actor_name text?

-- name: notice_insert
-- in: tenant_id int, uuid uuid, account_id int, kind int, ticket_id int?, item_id int?, actor_id int?, value int?,
--   created_at int
INSERT INTO notice (tenant_id, uuid, account_id, kind, ticket_id, item_id, actor_id, value, created_at)
VALUES (:tenant_id, :uuid, :account_id, :kind, :ticket_id, :item_id, :actor_id, :value, :created_at);

-- name: notice_staff
-- in: tenant_id int, role_from int, limit int
-- out: id int
SELECT id FROM account
WHERE tenant_id = :tenant_id AND role >= :role_from AND deleted_at IS NULL AND is_active = TRUE
ORDER BY role DESC, id DESC LIMIT :limit;

-- The ids come first, so that what is skipped is never joined.
-- name: notice_page
-- in: account_id int, unread int?, was_read int?, kind int?, skip int, limit int
-- out: notice_row
SELECT n.id, n.uuid, n.tenant_id, n.account_id, n.kind, n.value, n.created_at, n.read_at,
  n.txn, n.ticket_id, t.uuid, t.created_at, t.title,
  n.item_id, i.uuid, i.name, a.name
FROM (
  SELECT p.id FROM notice p
  WHERE p.account_id = :account_id
    [AND p.read_at IS NULL AND :unread = 1] [AND p.read_at IS NOT NULL AND :was_read = 1] [AND p.kind = :kind]
  ORDER BY p.id DESC LIMIT :limit OFFSET :skip
) pick JOIN notice n ON n.id = pick.id
LEFT JOIN ticket t ON t.id = n.ticket_id
LEFT JOIN item i ON i.id = n.item_id
LEFT JOIN account a ON a.id = n.actor_id
ORDER BY n.id DESC;

-- At most what notice_sweep leaves an account.
-- name: notice_total
-- in: account_id int, unread int?, was_read int?, kind int?
-- out: notices int
SELECT COUNT(*) FROM notice p
WHERE p.account_id = :account_id
  [AND p.read_at IS NULL AND :unread = 1] [AND p.read_at IS NOT NULL AND :was_read = 1] [AND p.kind = :kind];

-- name: notice_by_uuid
-- in: account_id int, uuid uuid
-- out: notice_row
SELECT n.id, n.uuid, n.tenant_id, n.account_id, n.kind, n.value, n.created_at, n.read_at,
  n.txn, n.ticket_id, t.uuid, t.created_at, t.title,
  n.item_id, i.uuid, i.name, a.name
FROM notice n
LEFT JOIN ticket t ON t.id = n.ticket_id
LEFT JOIN item i ON i.id = n.item_id
LEFT JOIN account a ON a.id = n.actor_id
WHERE n.uuid = :uuid AND n.account_id = :account_id;

-- name: notice_mark
-- in: id int, now int
UPDATE notice SET read_at = :now WHERE id = :id AND read_at IS NULL;

-- name: notice_mark_all
-- in: account_id int, now int
UPDATE notice SET read_at = :now WHERE account_id = :account_id AND read_at IS NULL;

-- ---- in the order of commits: txn is 0 here and ids grow with the commits; PostgreSQL has twins ----

-- name: notice_horizon
-- out: txn int, id int
SELECT CAST(0 AS BIGINT), CAST(COALESCE(MAX(id), 0) AS BIGINT) FROM notice;

-- name: notice_own_after
-- in: account_id int, txn int, id int, limit int
-- out: notice_row
SELECT n.id, n.uuid, n.tenant_id, n.account_id, n.kind, n.value, n.created_at, n.read_at,
  n.txn, n.ticket_id, t.uuid, t.created_at, t.title,
  n.item_id, i.uuid, i.name, a.name
FROM notice n
LEFT JOIN ticket t ON t.id = n.ticket_id
LEFT JOIN item i ON i.id = n.item_id
LEFT JOIN account a ON a.id = n.actor_id
WHERE n.account_id = :account_id AND n.id > :id AND n.txn >= :txn
ORDER BY n.id LIMIT :limit;

-- name: notice_any_after
-- in: txn int, id int, limit int
-- out: notice_row
SELECT n.id, n.uuid, n.tenant_id, n.account_id, n.kind, n.value, n.created_at, n.read_at,
  n.txn, n.ticket_id, t.uuid, t.created_at, t.title,
  n.item_id, i.uuid, i.name, a.name
FROM notice n
LEFT JOIN ticket t ON t.id = n.ticket_id
LEFT JOIN item i ON i.id = n.item_id
LEFT JOIN account a ON a.id = n.actor_id
WHERE n.id > :id AND n.txn >= :txn
ORDER BY n.id LIMIT :limit;

-- ---- sweeping ----

-- The newest row stays whatever its age: SQLite gives a dropped last id away again, behind the followers' backs.
-- name: notice_drop_old
-- in: before int, limit int
DELETE FROM notice WHERE created_at < :before
  AND id IN (SELECT id FROM notice ORDER BY id LIMIT :limit) AND id < (SELECT MAX(id) FROM notice);

-- name: notice_crowded
-- in: keep int, limit int
-- out: account_id int
SELECT account_id FROM notice GROUP BY account_id HAVING COUNT(*) > :keep LIMIT :limit;

-- name: notice_drop_surplus
-- in: account_id int, keep int, limit int
DELETE FROM notice WHERE id IN (
  SELECT id FROM notice WHERE account_id = :account_id ORDER BY id DESC LIMIT :limit OFFSET :keep);
