-- name: session_insert
-- in: account_id int, tenant_id int, refresh_number int, remember bool, created_at int, expires_at int
-- out: id int
INSERT INTO session (account_id, tenant_id, refresh_number, remember, created_at, expires_at)
VALUES (:account_id, :tenant_id, :refresh_number, :remember, :created_at, :expires_at) RETURNING id;

-- Holds the account's row until the transaction ends, if it is still what was proved: a deactivation or
-- a new password at the same moment waits, and then ends the session made here. Without a hash: only alive.
-- name: session_hold_account
-- in: account_id int, password_hash text?
UPDATE account SET is_active = is_active
WHERE id = :account_id AND is_active = TRUE AND deleted_at IS NULL
  AND COALESCE(password_hash, '') = COALESCE(:password_hash, password_hash, '');

-- The live caller behind a token; no row once anything of it has ended.
-- name: session_caller
-- in: id int
-- out: account_id int, tenant_id int, uuid uuid, role int, name text, email text, expires_at int
SELECT a.id, a.tenant_id, a.uuid, a.role, a.name, a.email, s.expires_at
FROM session s JOIN account a ON a.id = s.account_id JOIN tenant t ON t.id = a.tenant_id
WHERE s.id = :id AND s.ended_at IS NULL AND a.is_active = TRUE AND a.deleted_at IS NULL AND t.is_active = TRUE;

-- The session of a refresh token, under a lock where several transactions write at once (the twin).
-- name: session_to_refresh
-- in: id int
-- out: account_id int, tenant_id int, uuid uuid, refresh_number int, refreshed_at int?, remember bool, created_at int,
--   expires_at int
SELECT a.id, a.tenant_id, a.uuid, s.refresh_number, s.refreshed_at, s.remember, s.created_at, s.expires_at
FROM session s JOIN account a ON a.id = s.account_id JOIN tenant t ON t.id = a.tenant_id
WHERE s.id = :id AND s.ended_at IS NULL AND a.is_active = TRUE AND a.deleted_at IS NULL AND t.is_active = TRUE;

-- name: session_rotate
-- in: id int, refresh_number int, now int, expires_at int
UPDATE session SET refresh_number = :refresh_number, refreshed_at = :now, expires_at = :expires_at WHERE id = :id;

-- name: session_stop
-- in: id int, now int
UPDATE session SET ended_at = :now WHERE id = :id AND ended_at IS NULL;

-- name: session_stop_account
-- in: account_id int, but_id int, now int
UPDATE session SET ended_at = :now WHERE account_id = :account_id AND ended_at IS NULL AND id <> :but_id;

-- By way of the accounts, whose indexes both tables have; a deleted account has no open session.
-- name: session_stop_tenant
-- in: tenant_id int, now int
UPDATE session SET ended_at = :now
WHERE ended_at IS NULL
  AND account_id IN (SELECT id FROM account WHERE tenant_id = :tenant_id AND deleted_at IS NULL);

-- Also of a deleted account.
-- name: session_account_tenant
-- in: account_id int
-- out: tenant_id int
SELECT tenant_id FROM account WHERE id = :account_id;

-- name: session_drop_past
-- in: now int, limit int
DELETE FROM session WHERE id IN (SELECT id FROM session WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit);

-- name: throttle_rows
-- in: pair blob, account blob, address blob
-- out: subject blob, failures int, window_ends_at int
SELECT subject, failures, window_ends_at FROM throttle WHERE subject IN (:pair, :account, :address);

-- A window that is past begins anew.
-- name: throttle_fail
-- in: subject blob, now int, window_ends_at int
INSERT INTO throttle (subject, failures, window_ends_at) VALUES (:subject, 1, :window_ends_at)
ON CONFLICT (subject) DO UPDATE SET
  failures = CASE WHEN throttle.window_ends_at <= :now THEN 1 ELSE throttle.failures + 1 END,
  window_ends_at = CASE WHEN throttle.window_ends_at <= :now THEN excluded.window_ends_at
                        ELSE throttle.window_ends_at END;

-- name: throttle_clear
-- in: subject blob
DELETE FROM throttle WHERE subject = :subject;

-- name: throttle_drop_past
-- in: now int, limit int
DELETE FROM throttle
WHERE subject IN (SELECT subject FROM throttle WHERE window_ends_at <= :now ORDER BY window_ends_at LIMIT :limit);
