-- Accounts of role customer (1) with what they have beside.
-- row customer_row: id int, tenant_id int, uuid uuid, name text, email text, phone text?, avatar text?, role int, is_active bool,
--   must_change_password bool, language int, created_at int, updated_at int,
--   nik text?, address text?, latitude real?, longitude real?, service_area text?, service_package text?

-- Of account a and what stands beside it, c.
-- text: customer_columns
a.id, a.tenant_id, a.uuid, a.name, a.email, a.phone, a.avatar, a.role, a.is_active,
a.must_change_password, a.language, a.created_at, a.updated_at,
c.nik, c.address, c.latitude, c.longitude, c.service_area, c.service_package

-- text: customer_filter
[AND a.id = :account_id] [AND a.created_at >= :created_from] [AND a.created_at < :created_to]
[AND (a.email_folded LIKE :text_like ESCAPE '\' OR a.name_folded LIKE :text_like ESCAPE '\'
  OR LOWER(a.phone) LIKE :text_like ESCAPE '\')]
[AND EXISTS (SELECT 1 FROM ticket t WHERE t.tenant_id = a.tenant_id AND t.author_id = a.id
  AND t.removed_at IS NULL AND t.assignee_id IN (0, :readable_by))]

-- readable_by: a technician, to whom the customers of the tickets they may read are known.
-- name: customer_by_uuid
-- in: tenant_id int, uuid uuid, readable_by int?
-- out: customer_row
SELECT {customer_columns}
FROM account a LEFT JOIN customer c ON c.account_id = a.id
WHERE a.uuid = :uuid AND a.tenant_id = :tenant_id AND a.role = 1 AND a.deleted_at IS NULL
  [AND EXISTS (SELECT 1 FROM ticket t WHERE t.tenant_id = a.tenant_id AND t.author_id = a.id
    AND t.removed_at IS NULL AND t.assignee_id IN (0, :readable_by))];

-- name: customer_put
-- in: account_id int, tenant_id int, nik text?, address text?, latitude real?, longitude real?, service_area text?,
--   area_folded text?, service_package text?, now int
INSERT INTO customer (account_id, tenant_id, nik, address, latitude, longitude, service_area, area_folded,
  service_package, updated_at)
VALUES (:account_id, :tenant_id, :nik, :address, :latitude, :longitude, :service_area, :area_folded,
  :service_package, :now)
ON CONFLICT (account_id) DO UPDATE SET nik = excluded.nik, address = excluded.address, latitude = excluded.latitude,
  longitude = excluded.longitude, service_area = excluded.service_area, area_folded = excluded.area_folded,
  service_package = excluded.service_package, updated_at = excluded.updated_at;

-- Of a deleted account: the number is free again, and no longer known.
-- name: customer_drop_nik
-- in: account_id int, now int
UPDATE customer SET nik = NULL, updated_at = :now WHERE account_id = :account_id AND nik IS NOT NULL;

-- Down the tenant's customers from the newest.
-- name: customer_page
-- in: tenant_id int, account_id int?, readable_by int?, text_like text?, created_from int?,
--   created_to int?, skip int, limit int
-- out: customer_row
SELECT {customer_columns}
FROM account a LEFT JOIN customer c ON c.account_id = a.id
WHERE a.tenant_id = :tenant_id AND a.role = 1 AND a.is_active = TRUE AND a.deleted_at IS NULL
  {customer_filter}
ORDER BY a.id DESC LIMIT :limit OFFSET :skip;

-- name: customer_count
-- in: tenant_id int, account_id int?, readable_by int?, text_like text?, created_from int?,
--   created_to int?
-- out: customers int
SELECT COUNT(*) FROM account a
WHERE a.tenant_id = :tenant_id AND a.role = 1 AND a.is_active = TRUE AND a.deleted_at IS NULL
  {customer_filter};

-- Down those of one service area.
-- name: customer_page_of_area
-- in: tenant_id int, area_folded text, account_id int?, readable_by int?, text_like text?, created_from int?,
--   created_to int?, skip int, limit int
-- out: customer_row
SELECT {customer_columns}
FROM customer c CROSS JOIN account a
WHERE c.tenant_id = :tenant_id AND c.area_folded = :area_folded AND a.id = c.account_id
  AND a.role = 1 AND a.is_active = TRUE AND a.deleted_at IS NULL
  {customer_filter}
ORDER BY c.account_id DESC LIMIT :limit OFFSET :skip;

-- name: customer_count_of_area
-- in: tenant_id int, area_folded text, account_id int?, readable_by int?, text_like text?, created_from int?,
--   created_to int?
-- out: customers int
SELECT COUNT(*) FROM customer c CROSS JOIN account a
WHERE c.tenant_id = :tenant_id AND c.area_folded = :area_folded AND a.id = c.account_id
  AND a.role = 1 AND a.is_active = TRUE AND a.deleted_at IS NULL
  {customer_filter};
