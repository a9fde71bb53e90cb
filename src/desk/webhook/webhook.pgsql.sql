-- name: webhook_behind
SELECT w.id, w.tenant_id, w.types, w.at_txn, w.at_id FROM webhook w
WHERE w.is_active = TRUE AND EXISTS (SELECT 1 FROM event e
  WHERE e.tenant_id = w.tenant_id AND (e.txn, e.id) > (w.at_txn, w.at_id) AND (e.txn, e.id) <= (:to_txn, :to_id))
ORDER BY w.ready_at, w.id LIMIT :limit;

-- The sum keeps the planner from walking all ids from the first one to find the least.
-- name: webhook_places
SELECT w.id, COALESCE((SELECT MIN(e.id + 0) - 1 FROM event e
  WHERE e.tenant_id = w.tenant_id AND (e.txn, e.id) > (w.at_txn, w.at_id)),
  (SELECT MAX(id) FROM event), 0)
FROM webhook w WHERE w.id > :after_id ORDER BY w.id LIMIT :limit;
