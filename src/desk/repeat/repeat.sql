-- Whether nobody else is at work under this key. One transaction writes at a time here; where several do, the twin
-- takes a lock that ends with the transaction.
-- name: repeat_claim
-- in: lock int
-- out: free bool
SELECT CAST(:lock AS BIGINT) IS NOT NULL AS free;

-- name: repeat_find
-- in: account_id int, key_hash blob, after int
-- out: request_hash blob, status int, head blob, body blob
SELECT request_hash, status, head, body FROM repeat
WHERE account_id = :account_id AND key_hash = :key_hash AND created_at > :after;

-- A key that was let go of may be used again before the sweep comes by.
-- name: repeat_keep
-- in: tenant_id int, account_id int, key_hash blob, request_hash blob, status int, head blob, body blob, now int,
--   after int
INSERT INTO repeat (tenant_id, account_id, key_hash, request_hash, status, head, body, created_at)
VALUES (:tenant_id, :account_id, :key_hash, :request_hash, :status, :head, :body, :now)
ON CONFLICT (account_id, key_hash) DO UPDATE SET
  request_hash = excluded.request_hash, status = excluded.status, head = excluded.head, body = excluded.body,
  created_at = excluded.created_at
WHERE repeat.created_at <= :after;

-- name: repeat_drop_past
-- in: after int, limit int
DELETE FROM repeat
WHERE id IN (SELECT id FROM repeat WHERE created_at <= :after ORDER BY created_at LIMIT :limit);
