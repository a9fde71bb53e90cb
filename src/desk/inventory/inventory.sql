-- row item_row: id int, uuid uuid, name text, category text, sku text, description text?, price_e4 int, stock int,
--   min_stock int, is_low bool, created_at int, updated_at int

-- name: item_insert
-- in: tenant_id int, uuid uuid, name text, name_folded text, category text, category_folded text, sku text,
--   sku_folded text, description text?, price_e4 int, stock int, min_stock int, is_low bool, now int
-- out: id int
INSERT INTO item (tenant_id, uuid, name, name_folded, category, category_folded, sku, sku_folded, description,
  price_e4, stock, min_stock, is_low, created_at, updated_at)
VALUES (:tenant_id, :uuid, :name, :name_folded, :category, :category_folded, :sku, :sku_folded, :description,
  :price_e4, :stock, :min_stock, :is_low, :now, :now) RETURNING id;

-- name: item_by_uuid
-- in: tenant_id int, uuid uuid
-- out: item_row
SELECT id, uuid, name, category, sku, description, price_e4, stock, min_stock, is_low, created_at, updated_at
FROM item WHERE uuid = :uuid AND tenant_id = :tenant_id;

-- The same under a row lock where several transactions write at once (the twin).
-- name: item_by_uuid_locked
-- in: tenant_id int, uuid uuid
-- out: item_row
SELECT id, uuid, name, category, sku, description, price_e4, stock, min_stock, is_low, created_at, updated_at
FROM item WHERE uuid = :uuid AND tenant_id = :tenant_id;

-- name: item_update
-- in: id int, name text, name_folded text, category text, category_folded text, sku text, sku_folded text,
--   description text?, price_e4 int, stock int, min_stock int, is_low bool, now int
UPDATE item SET name = :name, name_folded = :name_folded, category = :category,
  category_folded = :category_folded, sku = :sku, sku_folded = :sku_folded, description = :description,
  price_e4 = :price_e4, stock = :stock, min_stock = :min_stock, is_low = :is_low, updated_at = :now
WHERE id = :id;

-- Judges and takes in one step, so that two at the same time can't both take the last.
-- name: item_stock_add
-- in: id int, quantity int, max int, now int
-- out: item_row
UPDATE item SET stock = stock + :quantity, is_low = (stock + :quantity <= min_stock), updated_at = :now
WHERE id = :id AND stock + :quantity >= 0 AND stock + :quantity <= :max
RETURNING id, uuid, name, category, sku, description, price_e4, stock, min_stock, is_low, created_at, updated_at;

-- name: item_page
-- in: tenant_id int, category text?, like text?, low int?, not_low int?, before_id int?, skip int, limit int
-- out: item_row
SELECT i.id, i.uuid, i.name, i.category, i.sku, i.description, i.price_e4, i.stock, i.min_stock, i.is_low,
  i.created_at, i.updated_at
FROM item i
WHERE i.tenant_id = :tenant_id [AND i.category_folded = :category]
  [AND (i.name_folded LIKE :like ESCAPE '\' OR i.sku_folded LIKE :like ESCAPE '\')]
  [AND i.is_low = TRUE AND :low = 1] [AND i.is_low = FALSE AND :not_low = 1] [AND i.id < :before_id]
ORDER BY i.id DESC LIMIT :limit OFFSET :skip;

-- name: item_total
-- in: tenant_id int, category text?, like text?, low int?, not_low int?
-- out: items int
SELECT COUNT(*) FROM item i
WHERE i.tenant_id = :tenant_id [AND i.category_folded = :category]
  [AND (i.name_folded LIKE :like ESCAPE '\' OR i.sku_folded LIKE :like ESCAPE '\')]
  [AND i.is_low = TRUE AND :low = 1] [AND i.is_low = FALSE AND :not_low = 1];

-- name: stock_movement_insert
-- in: tenant_id int, uuid uuid, item_id int, kind int, quantity int, pieces int, stock int, assignment_id int?,
--   actor_id int?, notes text?, now int
INSERT INTO stock_movement (tenant_id, uuid, item_id, kind, quantity, pieces, stock, assignment_id, actor_id, notes,
  created_at)
VALUES (:tenant_id, :uuid, :item_id, :kind, :quantity, :pieces, :stock, :assignment_id, :actor_id, :notes, :now);

-- ---- assignments ----
-- row assignment_row: id int, uuid uuid, item_id int, technician_id int, ticket_id int, item_uuid uuid,
--   technician_uuid uuid, ticket_uuid uuid, item_name text, item_sku text, technician_name text,
--   ticket_created_at int, quantity int, good int, damaged int, lost int, status int, notes text?, created_at int,
--   updated_at int, returned_at int?

-- name: assignment_insert
-- in: tenant_id int, uuid uuid, item_id int, technician_id int, ticket_id int, quantity int, assigned_by int, now int
-- out: id int
INSERT INTO assignment (tenant_id, uuid, item_id, technician_id, ticket_id, quantity, status, assigned_by,
  created_at, updated_at)
VALUES (:tenant_id, :uuid, :item_id, :technician_id, :ticket_id, :quantity, 1, :assigned_by, :now, :now)
RETURNING id;

-- name: assignment_load
-- in: id int
-- out: assignment_row
SELECT a.id, a.uuid, a.item_id, a.technician_id, a.ticket_id, i.uuid, p.uuid, t.uuid, i.name, i.sku, p.name,
  t.created_at, a.quantity, a.good, a.damaged, a.lost, a.status, a.notes, a.created_at, a.updated_at, a.returned_at
FROM assignment a JOIN item i ON i.id = a.item_id JOIN account p ON p.id = a.technician_id
JOIN ticket t ON t.id = a.ticket_id
WHERE a.id = :id;

-- Under a row lock where several transactions write at once (the twin).
-- name: assignment_lock
-- in: tenant_id int, uuid uuid
-- out: id int, technician_id int
SELECT id, technician_id FROM assignment WHERE uuid = :uuid AND tenant_id = :tenant_id;

-- name: assignment_update
-- in: id int, good int, damaged int, lost int, status int, notes text?, returned_at int?, now int
UPDATE assignment SET good = :good, damaged = :damaged, lost = :lost, status = :status, notes = :notes,
  returned_at = :returned_at, updated_at = :now
WHERE id = :id;

-- name: assignment_tenant
-- in: id int
-- out: tenant_id int
SELECT tenant_id FROM assignment WHERE id = :id;

-- The ids come first, so that what is skipped is never joined. What a + hides from the planner only narrows: where a
-- ticket is named its own index leads.
-- name: assignment_page
-- in: tenant_id int, technician_id int?, ticket_id int?, statuses ints, of_technician int?, of_status int?,
--   skip int, limit int
-- out: assignment_row
SELECT a.id, a.uuid, a.item_id, a.technician_id, a.ticket_id, i.uuid, p.uuid, t.uuid, i.name, i.sku, p.name,
  t.created_at, a.quantity, a.good, a.damaged, a.lost, a.status, a.notes, a.created_at, a.updated_at, a.returned_at
FROM (
  EACH(
    SELECT f.id FROM assignment f
    WHERE f.tenant_id = :tenant_id [AND f.status = :statuses] [AND f.technician_id = :technician_id]
      [AND f.ticket_id = :ticket_id] [AND +f.technician_id = :of_technician] [AND +f.status = :of_status]
  )
  ORDER BY id DESC LIMIT :limit OFFSET :skip
) pick JOIN assignment a ON a.id = pick.id JOIN item i ON i.id = a.item_id JOIN account p ON p.id = a.technician_id
JOIN ticket t ON t.id = a.ticket_id
ORDER BY a.id DESC;

-- name: assignment_total
-- in: tenant_id int, technician_id int?, ticket_id int?, status int?, of_technician int?, of_status int?
-- out: assignments int
SELECT COUNT(*) FROM assignment f
WHERE f.tenant_id = :tenant_id [AND f.status = :status] [AND f.technician_id = :technician_id]
  [AND f.ticket_id = :ticket_id] [AND +f.technician_id = :of_technician] [AND +f.status = :of_status];

-- name: assignment_ticket_id
-- in: tenant_id int, uuid uuid
-- out: id int
SELECT id FROM ticket WHERE uuid = :uuid AND tenant_id = :tenant_id AND removed_at IS NULL;

-- name: assignment_serial_insert
-- in: assignment_id int, position int, item_id int, serial text
INSERT INTO assignment_serial (assignment_id, position, item_id, serial, is_out)
VALUES (:assignment_id, :position, :item_id, :serial, TRUE);

-- name: assignment_serials
-- in: assignment_id int, limit int
-- out: serial text
SELECT serial FROM assignment_serial WHERE assignment_id = :assignment_id
ORDER BY is_out DESC, position LIMIT :limit;

-- Nobody says which of them came back: the first that are out.
-- name: assignment_serials_back
-- in: assignment_id int, limit int
UPDATE assignment_serial SET is_out = FALSE
WHERE assignment_id = :assignment_id AND position IN (
  SELECT position FROM assignment_serial WHERE assignment_id = :assignment_id AND is_out = TRUE
  ORDER BY position LIMIT :limit);

-- ---- sums ----

-- name: item_values
-- in: tenant_id int, category text?, like text?, low int?, not_low int?, item_id int?
-- out: price_e4 int, stock int, is_low bool
SELECT i.price_e4, i.stock, i.is_low FROM item i
WHERE i.tenant_id = :tenant_id [AND i.category_folded = :category]
  [AND (i.name_folded LIKE :like ESCAPE '\' OR i.sku_folded LIKE :like ESCAPE '\')]
  [AND i.is_low = TRUE AND :low = 1] [AND i.is_low = FALSE AND :not_low = 1] [AND i.id = :item_id];

-- name: item_pieces_out
-- in: tenant_id int, category text?, like text?, low int?, not_low int?, item_id int?
-- out: pieces int
SELECT CAST(COALESCE(SUM(a.quantity - a.good - a.damaged - a.lost), 0) AS BIGINT)
FROM assignment a JOIN item i ON i.id = a.item_id
WHERE a.tenant_id = :tenant_id AND a.status = 1 [AND i.category_folded = :category]
  [AND (i.name_folded LIKE :like ESCAPE '\' OR i.sku_folded LIKE :like ESCAPE '\')]
  [AND i.is_low = TRUE AND :low = 1] [AND i.is_low = FALSE AND :not_low = 1] [AND a.item_id = :item_id];

-- Of one item by its own index; of a whole tenant (:whole, the same number) by time.
-- name: stock_movement_sums
-- in: tenant_id int, whole int?, since int?, until int?, category text?, like text?, low int?, not_low int?, item_id int?
-- out: kind int, quantity int, pieces int
SELECT m.kind, CAST(SUM(m.quantity) AS BIGINT), CAST(SUM(m.pieces) AS BIGINT)
FROM stock_movement m JOIN item i ON i.id = m.item_id
WHERE i.tenant_id = :tenant_id [AND m.tenant_id = :whole] [AND m.created_at >= :since] [AND m.created_at < :until]
  [AND i.category_folded = :category]
  [AND (i.name_folded LIKE :like ESCAPE '\' OR i.sku_folded LIKE :like ESCAPE '\')]
  [AND i.is_low = TRUE AND :low = 1] [AND i.is_low = FALSE AND :not_low = 1] [AND m.item_id = :item_id]
GROUP BY m.kind;
