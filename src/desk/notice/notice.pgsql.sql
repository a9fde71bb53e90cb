-- A row whose transaction is older than every running one can't be preceded by another any more.
-- name: notice_horizon
SELECT commit_horizon(), CAST(0 AS BIGINT);

-- name: notice_own_after
SELECT n.id, n.uuid, n.tenant_id, n.account_id, n.kind, n.value, n.created_at, n.read_at,
  n.txn, n.ticket_id, t.uuid, t.created_at, t.title,
  n.item_id, i.uuid, i.name, a.name
FROM notice n
LEFT JOIN ticket t ON t.id = n.ticket_id
LEFT JOIN item i ON i.id = n.item_id
LEFT JOIN account a ON a.id = n.actor_id
WHERE n.account_id = :account_id AND (n.txn, n.id) > (:txn, :id)
  AND n.txn < commit_horizon()
ORDER BY n.txn, n.id LIMIT :limit;

-- name: notice_any_after
SELECT n.id, n.uuid, n.tenant_id, n.account_id, n.kind, n.value, n.created_at, n.read_at,
  n.txn, n.ticket_id, t.uuid, t.created_at, t.title,
  n.item_id, i.uuid, i.name, a.name
FROM notice n
LEFT JOIN ticket t ON t.id = n.ticket_id
LEFT JOIN item i ON i.id = n.item_id
LEFT JOIN account a ON a.id = n.actor_id
WHERE (n.txn, n.id) > (:txn, :id)
  AND n.txn < commit_horizon()
ORDER BY n.txn, n.id LIMIT :limit;
