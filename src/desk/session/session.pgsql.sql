-- Two uses of one refresh token at the same time: the second waits here and then sees what the first did.
-- name: session_to_refresh
SELECT a.id, a.tenant_id, a.uuid, s.refresh_number, s.refreshed_at, s.remember, s.created_at, s.expires_at
FROM session s JOIN account a ON a.id = s.account_id JOIN tenant t ON t.id = a.tenant_id
WHERE s.id = :id AND s.ended_at IS NULL AND a.is_active = TRUE AND a.deleted_at IS NULL AND t.is_active = TRUE
FOR UPDATE OF s;
