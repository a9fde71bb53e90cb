-- name: sla_target_of
-- in: tenant_id int, category int
-- out: response_minutes int, resolution_minutes int
SELECT response_minutes, resolution_minutes FROM sla_target WHERE tenant_id = :tenant_id AND category = :category;

-- name: sla_target_list
-- in: tenant_id int, limit int
-- out: category int, response_minutes int, resolution_minutes int, updated_at int
SELECT category, response_minutes, resolution_minutes, updated_at FROM sla_target
WHERE tenant_id = :tenant_id ORDER BY category LIMIT :limit;

-- name: sla_target_set
-- in: tenant_id int, category int, response_minutes int, resolution_minutes int, now int
INSERT INTO sla_target (tenant_id, category, response_minutes, resolution_minutes, updated_at)
VALUES (:tenant_id, :category, :response_minutes, :resolution_minutes, :now)
ON CONFLICT (tenant_id, category) DO UPDATE SET response_minutes = excluded.response_minutes,
  resolution_minutes = excluded.resolution_minutes, updated_at = excluded.updated_at;

-- name: sla_stale_set
-- in: tenant_id int, due_at int, again_at int
INSERT INTO sla_stale (tenant_id, after_id, due_at, again_at) VALUES (:tenant_id, 0, :due_at, :again_at)
ON CONFLICT (tenant_id) DO UPDATE SET after_id = 0, due_at = excluded.due_at, again_at = excluded.again_at;

-- The twin passes over what another node works on.
-- name: sla_stale_first
-- in: now int
-- out: tenant_id int, after_id int
SELECT tenant_id, after_id FROM sla_stale WHERE due_at <= :now ORDER BY due_at LIMIT 1;

-- name: sla_stale_get
-- in: tenant_id int
-- out: again_at int
SELECT again_at FROM sla_stale WHERE tenant_id = :tenant_id;

-- name: sla_stale_move
-- in: tenant_id int, after_id int
UPDATE sla_stale SET after_id = :after_id WHERE tenant_id = :tenant_id;

-- name: sla_stale_again
-- in: tenant_id int, due_at int
UPDATE sla_stale SET after_id = 0, due_at = :due_at, again_at = 0 WHERE tenant_id = :tenant_id;

-- name: sla_stale_drop
-- in: tenant_id int
DELETE FROM sla_stale WHERE tenant_id = :tenant_id;
