-- row account_row: id int, tenant_id int, uuid uuid, name text, email text, phone text?, avatar text?, role int, is_active bool,
--   must_change_password bool, language int, created_at int, updated_at int

-- text: account_columns
id, tenant_id, uuid, name, email, phone, avatar, role, is_active, must_change_password, language, created_at, updated_at

-- name: account_insert
-- in: tenant_id int, uuid uuid, name text, name_folded text, email text, email_folded text, phone text?, avatar text?, role int,
--   password_hash text?, must_change_password bool, language int, created_at int
-- out: id int
INSERT INTO account (tenant_id, uuid, name, name_folded, email, email_folded, phone, avatar, role, is_active,
                     password_hash, must_change_password, language, created_at, updated_at, acts_anywhere)
VALUES (:tenant_id, :uuid, :name, :name_folded, :email, :email_folded, :phone, :avatar, :role, TRUE,
        :password_hash, :must_change_password, :language, :created_at, :created_at, :tenant_id = 1 AND :role > 1)
RETURNING id;

-- Of any tenant: for what has checked, or checks, whose it is.
-- name: account_anywhere
-- in: id int
-- out: account_row
SELECT {account_columns}
FROM account WHERE id = :id AND deleted_at IS NULL;

-- name: account_by_id
-- in: tenant_id int, id int
-- out: account_row
SELECT {account_columns}
FROM account WHERE id = :id AND tenant_id = :tenant_id AND deleted_at IS NULL;

-- name: account_by_uuid
-- in: tenant_id int, uuid uuid
-- out: account_row
SELECT {account_columns}
FROM account WHERE uuid = :uuid AND tenant_id = :tenant_id AND deleted_at IS NULL;

-- name: account_by_email
-- in: tenant_id int, email_folded text
-- out: account_row
SELECT {account_columns}
FROM account WHERE tenant_id = :tenant_id AND email_folded = :email_folded AND deleted_at IS NULL;

-- name: account_page
-- in: tenant_id int, roles ints, after_id int, limit int
-- out: account_row
EACH(
SELECT {account_columns}
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
UPDATE account SET role = :role, acts_anywhere = acts_anywhere OR (tenant_id = 1 AND :role > 1), updated_at = :now
WHERE id = :id AND deleted_at IS NULL;

-- name: account_change_password
-- in: id int, password_hash text, now int
UPDATE account SET password_hash = :password_hash, must_change_password = FALSE, updated_at = :now
WHERE id = :id AND deleted_at IS NULL;

-- name: account_hash
-- in: id int
-- out: password_hash text?
SELECT password_hash FROM account WHERE id = :id AND deleted_at IS NULL;

-- Of all tenants: for the command line.
-- name: account_must_change_total
-- out: accounts int
SELECT COUNT(*) FROM account WHERE must_change_password = TRUE AND deleted_at IS NULL AND is_active = TRUE;

-- name: account_must_change
-- in: limit int
-- out: email text
SELECT email FROM account WHERE must_change_password = TRUE AND deleted_at IS NULL AND is_active = TRUE
ORDER BY id LIMIT :limit;

-- ---- people as managers see them ----
-- Each filter walks an index of the tenant from its newest end (+role: not the index of roles, which is in
-- another order); active: 1 yes, 2 no.
-- name: account_find
-- in: tenant_id int, role int?, role_below int?, active int?, text_like text?, skip int, limit int
-- out: account_row
SELECT {account_columns}
FROM account
WHERE tenant_id = :tenant_id AND deleted_at IS NULL [AND role = :role] [AND +role < :role_below]
  [AND CASE WHEN is_active = TRUE THEN 1 ELSE 2 END = :active]
  [AND (email_folded LIKE :text_like ESCAPE '\' OR name_folded LIKE :text_like ESCAPE '\')]
ORDER BY id DESC LIMIT :limit OFFSET :skip;

-- name: account_find_total
-- in: tenant_id int, role int?, role_below int?, active int?, text_like text
-- out: accounts int
SELECT COUNT(*) FROM account
WHERE tenant_id = :tenant_id AND deleted_at IS NULL [AND role = :role] [AND +role < :role_below]
  [AND CASE WHEN is_active = TRUE THEN 1 ELSE 2 END = :active]
  AND (email_folded LIKE :text_like ESCAPE '\' OR name_folded LIKE :text_like ESCAPE '\');

-- name: account_set
-- in: id int, name text, name_folded text, email text, email_folded text, phone text?, avatar text?, role int,
--   is_active bool, now int
UPDATE account SET name = :name, name_folded = :name_folded, email = :email, email_folded = :email_folded,
  phone = :phone, avatar = :avatar, role = :role, acts_anywhere = acts_anywhere OR (tenant_id = 1 AND :role > 1),
  is_active = :is_active, updated_at = :now
WHERE id = :id AND deleted_at IS NULL;

-- How many there are of a role, active or not, kept with every change.
-- name: account_count_add
-- in: tenant_id int, role int, is_active bool, accounts int
INSERT INTO account_count (tenant_id, role, is_active, accounts) VALUES (:tenant_id, :role, :is_active, :accounts)
ON CONFLICT (tenant_id, role, is_active) DO UPDATE SET accounts = account_count.accounts + excluded.accounts;

-- name: account_count_sum
-- in: tenant_id int, role int?, role_below int?, active int?
-- out: accounts int
SELECT CAST(COALESCE(SUM(accounts), 0) AS BIGINT) FROM account_count
WHERE tenant_id = :tenant_id [AND role = :role] [AND role < :role_below]
  [AND CASE WHEN is_active = TRUE THEN 1 ELSE 2 END = :active];

-- ---- links that set a password ----
-- name: password_link_put
-- in: account_id int, hash blob, expires_at int
INSERT INTO password_link (account_id, hash, expires_at) VALUES (:account_id, :hash, :expires_at)
ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at;

-- Whose live link it is; nobody who could not sign in.
-- name: password_link_owner
-- in: hash blob, now int
-- out: account_id int, tenant_id int
SELECT l.account_id, a.tenant_id FROM password_link l JOIN account a ON a.id = l.account_id JOIN tenant t ON t.id = a.tenant_id
WHERE l.hash = :hash AND l.expires_at > :now AND a.is_active = TRUE AND a.deleted_at IS NULL AND t.is_active = TRUE;

-- name: password_link_use
-- in: hash blob
DELETE FROM password_link WHERE hash = :hash;

-- name: password_link_drop
-- in: account_id int
DELETE FROM password_link WHERE account_id = :account_id;
