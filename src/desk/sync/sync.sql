-- Tickets that something happened to and that the caller can't read now. See event_follow_tenant for the twin.
-- name: sync_gone
-- in: tenant_id int, after_txn int, after_id int, to_txn int, to_id int, kind_below int, author_id int?,
--   readable_by int?, limit int
-- out: id int, uuid uuid, assignee_id int, created_at int
SELECT t.id, t.uuid, t.assignee_id, t.created_at
FROM (
  SELECT DISTINCT e.ticket_id AS id FROM event e
  WHERE e.tenant_id = :tenant_id AND e.txn = 0 AND e.id > :after_id AND e.id <= :to_id AND :after_txn <= :to_txn
    AND e.kind < :kind_below
) pick CROSS JOIN ticket t
WHERE t.id = pick.id AND t.tenant_id = :tenant_id [AND t.author_id = :author_id]
  AND (t.removed_at IS NOT NULL [OR t.assignee_id NOT IN (0, :readable_by)])
ORDER BY t.id LIMIT :limit;

-- name: sync_notice_position
-- in: account_id int, id int
-- out: txn int
SELECT txn FROM notice WHERE id = :id AND account_id = :account_id;

-- The caller's first notice at or behind a position, to look for a time.
-- name: sync_notice_from
-- in: account_id int, txn int, id int
-- out: txn int, id int, created_at int
SELECT txn, id, created_at FROM notice
WHERE account_id = :account_id AND txn = 0 AND id >= :id AND :txn = 0 ORDER BY id LIMIT 1;
