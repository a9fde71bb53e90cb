-- name: sync_gone
SELECT t.id, t.uuid, t.assignee_id, t.created_at
FROM (
  SELECT DISTINCT e.ticket_id AS id FROM event e
  WHERE e.tenant_id = :tenant_id AND (e.txn, e.id) > (:after_txn, :after_id) AND (e.txn, e.id) <= (:to_txn, :to_id)
    AND e.kind < :kind_below
) pick CROSS JOIN ticket t
WHERE t.id = pick.id AND t.tenant_id = :tenant_id [AND t.author_id = :author_id]
  AND (t.removed_at IS NOT NULL [OR t.assignee_id NOT IN (0, :readable_by)])
ORDER BY t.id LIMIT :limit;

-- name: sync_notice_from
SELECT txn, id, created_at FROM notice
WHERE account_id = :account_id AND (txn, id) >= (:txn, :id) ORDER BY txn, id LIMIT 1;
