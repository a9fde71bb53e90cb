-- row event_row: id int, txn int, tenant_id int, kind int, ticket_id int?, account_id int?, old_value int?,
--   new_value int?, created_at int
-- row event_position_row: txn int, id int

-- name: event_insert
-- in: tenant_id int, kind int, ticket_id int?, account_id int?, old_value int?, new_value int?, created_at int
INSERT INTO event (tenant_id, kind, ticket_id, account_id, old_value, new_value, created_at)
VALUES (:tenant_id, :kind, :ticket_id, :account_id, :old_value, :new_value, :created_at);

-- name: event_after
-- in: after_id int, limit int
-- out: event_row
SELECT id, txn, tenant_id, kind, ticket_id, account_id, old_value, new_value, created_at
FROM event WHERE id > :after_id ORDER BY id LIMIT :limit;

-- With one writer at a time whatever is visible can't be overtaken.
-- name: event_horizon
-- out: event_position_row
SELECT 0, COALESCE(MAX(id), 0) FROM event;

-- Beyond it nobody can stand yet.
-- name: event_newest
-- out: event_position_row
SELECT 0, COALESCE(MAX(id), 0) FROM event;

-- SQLite walks an index by pairs only where it is asked for each member; txn is 0 in every row there.
-- name: event_follow_tenant
-- in: tenant_id int, after_txn int, after_id int, to_txn int, to_id int, limit int
-- out: event_row
SELECT id, txn, tenant_id, kind, ticket_id, account_id, old_value, new_value, created_at
FROM event
WHERE tenant_id = :tenant_id AND txn = 0 AND id > :after_id AND id <= :to_id AND :after_txn <= :to_txn
ORDER BY id LIMIT :limit;

-- name: event_follow_all
-- in: after_txn int, after_id int, to_txn int, to_id int, limit int
-- out: event_row
SELECT id, txn, tenant_id, kind, ticket_id, account_id, old_value, new_value, created_at
FROM event
WHERE id > :after_id AND id <= :to_id AND :after_txn <= :to_txn
ORDER BY id LIMIT :limit;

-- The first at or behind a position, to look for a time.
-- name: event_first_from
-- in: txn int, id int
-- out: txn int, id int, created_at int
SELECT txn, id, created_at FROM event WHERE id >= :id AND :txn = 0 ORDER BY id LIMIT 1;
