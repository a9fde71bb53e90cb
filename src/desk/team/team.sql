-- row team_row: id int, tenant_id int, uuid uuid, name text, code text, is_active bool, created_at int, updated_at int

-- name: team_insert
-- in: tenant_id int, uuid uuid, name text, name_folded text, code text, code_folded text, is_active bool, now int
-- out: id int
INSERT INTO team (tenant_id, uuid, name, name_folded, code, code_folded, is_active, created_at, updated_at)
VALUES (:tenant_id, :uuid, :name, :name_folded, :code, :code_folded, :is_active, :now, :now) RETURNING id;

-- name: team_by_uuid
-- in: tenant_id int, uuid uuid
-- out: team_row
SELECT id, tenant_id, uuid, name, code, is_active, created_at, updated_at
FROM team WHERE uuid = :uuid AND tenant_id = :tenant_id;

-- Another team of this code.
-- name: team_with_code
-- in: tenant_id int, code_folded text, but_id int
-- out: id int
SELECT id FROM team WHERE tenant_id = :tenant_id AND code_folded = :code_folded AND id <> :but_id;

-- name: team_with_name
-- in: tenant_id int, name_folded text, but_id int
-- out: id int
SELECT id FROM team WHERE tenant_id = :tenant_id AND name_folded = :name_folded AND id <> :but_id;

-- name: team_page
-- in: tenant_id int, skip int, limit int
-- out: team_row
SELECT id, tenant_id, uuid, name, code, is_active, created_at, updated_at
FROM team WHERE tenant_id = :tenant_id ORDER BY id DESC LIMIT :limit OFFSET :skip;

-- An organisation has few of them: counted in the index.
-- name: team_total
-- in: tenant_id int
-- out: teams int
SELECT COUNT(*) FROM team WHERE tenant_id = :tenant_id;

-- name: team_set
-- in: tenant_id int, id int, name text, name_folded text, code text, code_folded text, is_active bool, now int
UPDATE team SET name = :name, name_folded = :name_folded, code = :code, code_folded = :code_folded,
  is_active = :is_active, updated_at = :now
WHERE id = :id AND tenant_id = :tenant_id;

-- name: team_drop
-- in: tenant_id int, id int
DELETE FROM team WHERE id = :id AND tenant_id = :tenant_id;

-- ---- whose team ----
-- name: team_of_account
-- in: tenant_id int, account_id int
-- out: team_row
SELECT t.id, t.tenant_id, t.uuid, t.name, t.code, t.is_active, t.created_at, t.updated_at
FROM team_member m JOIN team t ON t.id = m.team_id
WHERE m.tenant_id = :tenant_id AND m.account_id = :account_id;

-- name: team_holder
-- in: tenant_id int, team_id int
-- out: account_id int, email text
SELECT a.id, a.email FROM team_member m JOIN account a ON a.id = m.account_id
WHERE m.team_id = :team_id AND m.tenant_id = :tenant_id;

-- The teams of the accounts whose ids lie between two.
-- name: team_of_accounts
-- in: tenant_id int, from_id int, to_id int
-- out: account_id int, id int, tenant_id int, uuid uuid, name text, code text, is_active bool, created_at int, updated_at int
SELECT m.account_id, t.id, t.tenant_id, t.uuid, t.name, t.code, t.is_active, t.created_at, t.updated_at
FROM team_member m JOIN team t ON t.id = m.team_id
WHERE m.tenant_id = :tenant_id AND m.account_id >= :from_id AND m.account_id <= :to_id;

-- name: team_member_put
-- in: tenant_id int, account_id int, team_id int
INSERT INTO team_member (tenant_id, account_id, team_id) VALUES (:tenant_id, :account_id, :team_id)
ON CONFLICT (tenant_id, account_id) DO UPDATE SET team_id = excluded.team_id;

-- name: team_member_drop
-- in: tenant_id int, account_id int
DELETE FROM team_member WHERE tenant_id = :tenant_id AND account_id = :account_id;
