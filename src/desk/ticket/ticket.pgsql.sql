-- Two commands on one ticket at the same time: the second waits here and then sees what the first did.
-- name: ticket_by_uuid_locked
SELECT {ticket_head}, t.description, {ticket_tail}
FROM ticket t JOIN account a ON a.id = t.author_id
WHERE t.uuid = :uuid AND t.tenant_id = :tenant_id
FOR UPDATE OF t;

-- name: ticket_by_id_locked
SELECT {ticket_head}, t.description, {ticket_tail}
FROM ticket t JOIN account a ON a.id = t.author_id
WHERE t.id = :id
FOR UPDATE OF t;

-- name: ticket_people_of
SELECT a.id, a.uuid, a.name, a.email, a.phone, c.address, a.role
FROM account a LEFT JOIN customer c ON c.account_id = a.id
WHERE a.id IN (SELECT CAST(j AS BIGINT) FROM json_array_elements_text(CAST(:ids AS JSON)) j)
  AND a.tenant_id IN (:tenant_id, :operator_id) LIMIT :limit;

-- name: ticket_block_get
SELECT cells FROM ticket_block
WHERE tenant_id = :tenant_id AND kind = :kind AND parent = :parent AND time = :time AND block = :block AND slot = :slot
FOR UPDATE;

-- name: ticket_sums_zone
SELECT timezone FROM tenant WHERE id = :id FOR SHARE;

-- ---- service levels, by the system (ticket_sla.c) ----
-- name: ticket_sla_due
SELECT id FROM ticket WHERE sla_next_at IS NOT NULL AND sla_next_at <= :now AND removed_at IS NULL
ORDER BY sla_next_at LIMIT :limit
FOR UPDATE SKIP LOCKED;

-- name: ticket_sla_open
SELECT t.id FROM (
  EACH(
    SELECT b.id FROM (
      SELECT f.id FROM ticket f
      WHERE f.tenant_id = :tenant_id AND f.removed_at IS NULL [AND f.status = :statuses] AND f.id > :after_id
      ORDER BY f.id LIMIT :limit
    ) b
  )
  ORDER BY id LIMIT :limit
) pick JOIN ticket t ON t.id = pick.id
ORDER BY t.id FOR UPDATE OF t;

-- ---- by what happened to them (ticket_follow.c) ----
-- name: ticket_follow
SELECT {ticket_head}, t.description, {ticket_tail}
FROM (
  SELECT DISTINCT e.ticket_id AS id FROM event e
  WHERE e.tenant_id = :tenant_id AND (e.txn, e.id) > (:after_txn, :after_id) AND (e.txn, e.id) <= (:to_txn, :to_id)
    AND e.kind < :kind_below
) pick CROSS JOIN ticket t CROSS JOIN account a
WHERE t.id = pick.id AND a.id = t.author_id AND t.tenant_id = :tenant_id AND t.removed_at IS NULL
  [AND t.author_id = :author_id] [AND t.assignee_id IN (0, :readable_by)]
ORDER BY t.id;
