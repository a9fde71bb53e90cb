-- name: sla_stale_first
SELECT tenant_id, after_id FROM sla_stale WHERE due_at <= :now ORDER BY due_at LIMIT 1
FOR UPDATE SKIP LOCKED;
