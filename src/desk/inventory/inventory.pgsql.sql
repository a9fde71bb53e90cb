-- name: item_by_uuid_locked
SELECT id, uuid, name, category, sku, description, price_e4, stock, min_stock, is_low, created_at, updated_at
FROM item WHERE uuid = :uuid AND tenant_id = :tenant_id FOR UPDATE;

-- name: assignment_lock
SELECT id, technician_id FROM assignment WHERE uuid = :uuid AND tenant_id = :tenant_id FOR UPDATE;

-- PostgreSQL 15 does not merge the branches of a UNION ALL in the order of their indexes: each gives no more than
-- the page can need.
-- name: assignment_page
SELECT a.id, a.uuid, a.item_id, a.technician_id, a.ticket_id, i.uuid, p.uuid, t.uuid, i.name, i.sku, p.name,
  t.created_at, a.quantity, a.good, a.damaged, a.lost, a.status, a.notes, a.created_at, a.updated_at, a.returned_at
FROM (
  EACH(
    SELECT b.id FROM (
      SELECT f.id FROM assignment f
      WHERE f.tenant_id = :tenant_id [AND f.status = :statuses] [AND f.technician_id = :technician_id]
        [AND f.ticket_id = :ticket_id] [AND +f.technician_id = :of_technician] [AND +f.status = :of_status]
      ORDER BY f.id DESC LIMIT :skip + :limit
    ) b
  )
  ORDER BY id DESC LIMIT :limit OFFSET :skip
) pick JOIN assignment a ON a.id = pick.id JOIN item i ON i.id = a.item_id JOIN account p ON p.id = a.technician_id
JOIN ticket t ON t.id = a.ticket_id
ORDER BY a.id DESC;
