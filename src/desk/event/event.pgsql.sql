-- Every transaction below the horizon has ended, and its rows are visible or never will be.
-- name: event_horizon
SELECT commit_horizon(), CAST(0 AS BIGINT);

-- name: event_newest
SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT), CAST(0 AS BIGINT);

-- name: event_follow_tenant
SELECT id, txn, tenant_id, kind, ticket_id, account_id, old_value, new_value, created_at
FROM event
WHERE tenant_id = :tenant_id AND (txn, id) > (:after_txn, :after_id) AND (txn, id) <= (:to_txn, :to_id)
ORDER BY txn, id LIMIT :limit;

-- name: event_follow_all
SELECT id, txn, tenant_id, kind, ticket_id, account_id, old_value, new_value, created_at
FROM event
WHERE (txn, id) > (:after_txn, :after_id) AND (txn, id) <= (:to_txn, :to_id)
ORDER BY txn, id LIMIT :limit;

-- name: event_first_from
SELECT txn, id, created_at FROM event WHERE (txn, id) >= (:txn, :id) ORDER BY txn, id LIMIT 1;
