-- row tenant_row: id int, name text, domain text?, kind text, timezone text, is_active bool, created_at int

-- name: tenant_by_id
-- in: id int
-- out: tenant_row
SELECT id, name, domain, kind, timezone, is_active, created_at FROM tenant WHERE id = :id;

-- name: tenant_by_domain
-- in: domain text
-- out: tenant_row
SELECT id, name, domain, kind, timezone, is_active, created_at FROM tenant WHERE domain = :domain;

-- name: tenant_page
-- in: after_id int, limit int
-- out: tenant_row
SELECT id, name, domain, kind, timezone, is_active, created_at FROM tenant
WHERE id > :after_id ORDER BY id LIMIT :limit;

-- name: tenant_insert
-- in: name text, domain text?, kind text, timezone text, created_at int
-- out: id int
INSERT INTO tenant (name, domain, kind, timezone, is_active, created_at)
VALUES (:name, :domain, :kind, :timezone, TRUE, :created_at) RETURNING id;

-- name: tenant_deactivate
-- in: id int
UPDATE tenant SET is_active = FALSE WHERE id = :id;

-- name: tenant_zone
-- in: id int, timezone text
UPDATE tenant SET timezone = :timezone WHERE id = :id;

-- Counting up locks the row until the transaction ends.
-- name: tenant_decide
-- in: id int
UPDATE tenant SET decisions = decisions + 1 WHERE id = :id;
