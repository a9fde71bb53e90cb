-- Accounts of role technician (2) with what they can do, where they are and whether they are free.
-- row technician_row: id int, tenant_id int, uuid uuid, name text, email text, phone text?, avatar text?, role int, is_active bool,
--   must_change_password bool, language int, created_at int, updated_at int,
--   employee_id text?, is_available bool, reason text?, latitude real?, longitude real?, located_at int?

-- name: technician_by_uuid
-- in: tenant_id int, uuid uuid
-- out: technician_row
SELECT a.id, a.tenant_id, a.uuid, a.name, a.email, a.phone, a.avatar, a.role, a.is_active,
  a.must_change_password, a.language, a.created_at, a.updated_at,
  t.employee_id, COALESCE(t.is_available, TRUE), t.reason, t.latitude, t.longitude, t.located_at
FROM account a LEFT JOIN technician t ON t.account_id = a.id
WHERE a.uuid = :uuid AND a.tenant_id = :tenant_id AND a.role = 2 AND a.deleted_at IS NULL;

-- Down the tenant's technicians from the newest. available: 1 yes, 2 no; area folded. skills: folded words, each
-- between two marks, of which everybody listed has skill_count.
-- name: technician_page
-- in: tenant_id int, account_id int?, available int?, area text?, skills text, mark text, skill_count int, skip int, limit int
-- out: technician_row
SELECT a.id, a.tenant_id, a.uuid, a.name, a.email, a.phone, a.avatar, a.role, a.is_active,
  a.must_change_password, a.language, a.created_at, a.updated_at,
  t.employee_id, COALESCE(t.is_available, TRUE), t.reason, t.latitude, t.longitude, t.located_at
FROM account a LEFT JOIN technician t ON t.account_id = a.id
WHERE a.tenant_id = :tenant_id AND a.role = 2 AND a.is_active = TRUE AND a.deleted_at IS NULL
  [AND a.id = :account_id] [AND CASE WHEN t.is_available = FALSE THEN 2 ELSE 1 END = :available]
  [AND EXISTS (SELECT 1 FROM technician_word w
    WHERE w.tenant_id = a.tenant_id AND w.kind = 2 AND w.folded = :area AND w.account_id = a.id)]
  AND (:skill_count = 0 OR (SELECT COUNT(*) FROM technician_word w WHERE w.account_id = a.id AND w.kind = 1
    AND REPLACE(:skills, :mark || w.folded || :mark, '') <> :skills) = :skill_count)
ORDER BY a.id DESC LIMIT :limit OFFSET :skip;

-- name: technician_count
-- in: tenant_id int, account_id int?, available int?, area text?, skills text, mark text, skill_count int
-- out: technicians int
SELECT COUNT(*)
FROM account a LEFT JOIN technician t ON t.account_id = a.id
WHERE a.tenant_id = :tenant_id AND a.role = 2 AND a.is_active = TRUE AND a.deleted_at IS NULL
  [AND a.id = :account_id] [AND CASE WHEN t.is_available = FALSE THEN 2 ELSE 1 END = :available]
  [AND EXISTS (SELECT 1 FROM technician_word w
    WHERE w.tenant_id = a.tenant_id AND w.kind = 2 AND w.folded = :area AND w.account_id = a.id)]
  AND (:skill_count = 0 OR (SELECT COUNT(*) FROM technician_word w WHERE w.account_id = a.id AND w.kind = 1
    AND REPLACE(:skills, :mark || w.folded || :mark, '') <> :skills) = :skill_count);

-- Each writes its own columns, so that two at once lose nothing of each other.
-- name: technician_put_place
-- in: account_id int, tenant_id int, latitude real, longitude real, now int
INSERT INTO technician (account_id, tenant_id, is_available, latitude, longitude, located_at, updated_at)
VALUES (:account_id, :tenant_id, TRUE, :latitude, :longitude, :now, :now)
ON CONFLICT (account_id) DO UPDATE SET latitude = excluded.latitude, longitude = excluded.longitude,
  located_at = excluded.located_at, updated_at = excluded.updated_at;

-- name: technician_put_available
-- in: account_id int, tenant_id int, is_available bool, reason text?, now int
INSERT INTO technician (account_id, tenant_id, is_available, reason, updated_at)
VALUES (:account_id, :tenant_id, :is_available, :reason, :now)
ON CONFLICT (account_id) DO UPDATE SET is_available = excluded.is_available, reason = excluded.reason,
  updated_at = excluded.updated_at;

-- Also where the number stays: it holds the row while the words are written.
-- name: technician_put_employee
-- in: account_id int, tenant_id int, has_employee_id bool, employee_id text?, now int
INSERT INTO technician (account_id, tenant_id, is_available, employee_id, updated_at)
VALUES (:account_id, :tenant_id, TRUE, :employee_id, :now)
ON CONFLICT (account_id) DO UPDATE SET
  employee_id = CASE WHEN :has_employee_id THEN excluded.employee_id ELSE technician.employee_id END,
  updated_at = excluded.updated_at;

-- Of a deleted account: the number is free again.
-- name: technician_drop_employee
-- in: account_id int, now int
UPDATE technician SET employee_id = NULL, updated_at = :now WHERE account_id = :account_id AND employee_id IS NOT NULL;

-- Skills (kind 1), then service areas (kind 2), in the order they were named.
-- name: technician_words
-- in: account_id int, limit int
-- out: kind int, word text
SELECT kind, word FROM technician_word WHERE account_id = :account_id ORDER BY kind, position LIMIT :limit;

-- name: technician_word_drop
-- in: account_id int, kind int
DELETE FROM technician_word WHERE account_id = :account_id AND kind = :kind;

-- name: technician_word_add
-- in: account_id int, kind int, position int, tenant_id int, word text, folded text
INSERT INTO technician_word (account_id, kind, position, tenant_id, word, folded)
VALUES (:account_id, :kind, :position, :tenant_id, :word, :folded);

-- Active ones who said they are not free; nobody else has a row that says so.
-- name: technician_away
-- in: tenant_id int
-- out: technicians int
SELECT COUNT(*) FROM technician t JOIN account a ON a.id = t.account_id
WHERE t.tenant_id = :tenant_id AND t.is_available = FALSE
  AND a.role = 2 AND a.is_active = TRUE AND a.deleted_at IS NULL;

-- name: technician_available
-- in: account_id int
-- out: is_available bool
SELECT is_available FROM technician WHERE account_id = :account_id;
