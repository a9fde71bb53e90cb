-- row account_row: id int, tenant_id int, uuid uuid, name text, email text, phone text?, role int, is_active bool, must_change_password bool, language int, created_at int, updated_at int

-- name: account_insert
-- in: tenant_id int, uuid uuid, name text, name_folded text, email text, email_folded text, phone text?, role int, password_hash text?, must_change_password bool, language int, created_at int
-- out: id int
INSERT INTO account (tenant_id, uuid, name, name_folded, email, email_folded, phone, role, is_active,
                     password_hash, must_change_password, language, created_at, updated_at)
VALUES (:tenant_id, :uuid, :name, :name_folded, :email, :email_folded, :phone, :role, TRUE,
        :password_hash, :must_change_password, :language, :created_at, :created_at) RETURNING id;

-- Of any tenant: for what has checked, or checks, whose it is.
-- name: account_anywhere
-- in: id int
-- out: account_row
SELECT id, tenant_id, uuid, name, email, phone, role, is_active, must_change_password, language, created_at, updated_at
FROM account WHERE id = :id AND deleted_at IS NULL;

-- name: account_by_id
-- in: tenant_id int, id int
-- out: account_row
SELECT id, tenant_id, uuid, name, email, phone, role, is_active, must_change_password, language, created_at, updated_at
FROM account WHERE id = :id AND tenant_id = :tenant_id AND deleted_at IS NULL;

-- name: account_by_uuid
-- in: tenant_id int, uuid uuid
-- out: account_row
SELECT id, tenant_id, uuid, name, email, phone, role, is_active, must_change_password, language, created_at, updated_at
FROM account WHERE uuid = :uuid AND tenant_id = :tenant_id AND deleted_at IS NULL;

-- name: account_by_email
-- in: tenant_id int, email_folded text
-- out: account_row
SELECT id, tenant_id, uuid, name, email, phone, role, is_active, must_change_password, language, created_at, updated_at
FROM account WHERE tenant_id = :tenant_id AND email_folded = :email_folded AND deleted_at IS NULL;

-- name: account_page
-- in: tenant_id int, roles ints, after_id int, limit int
-- out: account_row
EACH(
SELECT id, tenant_id, uuid, name, email, phone, role, is_active, must_change_password, language, created_at, updated_at
FROM account WHERE tenant_id = :tenant_id AND deleted_at IS NULL [AND role = :roles] AND id > :after_id
)
ORDER BY id LIMIT :limit;

-- Somebody active in a range of roles, but one account.
-- name: account_active_in_roles
-- in: tenant_id int, role_from int, role_to int, but_id int
-- out: id int
SELECT id FROM account
WHERE tenant_id = :tenant_id AND role >= :role_from AND role <= :role_to AND id <> :but_id
  AND is_active = TRUE AND deleted_at IS NULL LIMIT 1;

-- The hash goes too: nobody signs in with it again.
-- name: account_remove
-- in: id int, now int
UPDATE account SET deleted_at = :now, updated_at = :now, is_active = FALSE, password_hash = NULL
WHERE id = :id AND deleted_at IS NULL;

-- name: account_deactivate
-- in: id int, now int
UPDATE account SET is_active = FALSE, updated_at = :now WHERE id = :id AND deleted_at IS NULL;

-- name: account_change_role
-- in: id int, role int, now int
UPDATE account SET role = :role, updated_at = :now WHERE id = :id AND deleted_at IS NULL;

-- name: account_change_password
-- in: id int, password_hash text, now int
UPDATE account SET password_hash = :password_hash, must_change_password = FALSE, updated_at = :now
WHERE id = :id AND deleted_at IS NULL;

-- name: account_hash
-- in: id int
-- out: password_hash text?
SELECT password_hash FROM account WHERE id = :id AND deleted_at IS NULL;
