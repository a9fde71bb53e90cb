-- name: activity_insert
-- in: tenant_id int, uuid uuid, ticket_id int, actor_id int?, action int, field text?, old_value text?,
--   new_value text?, created_at int
INSERT INTO activity (tenant_id, uuid, ticket_id, actor_id, action, field, old_value, new_value, created_at)
VALUES (:tenant_id, :uuid, :ticket_id, :actor_id, :action, :field, :old_value, :new_value, :created_at);

-- name: activity_of_ticket
-- in: ticket_id int, limit int
-- out: id int, uuid uuid, ticket_id int, actor_id int?, actor_name text?, action int, field text?, old_value text?, new_value text?,
--   created_at int
SELECT a.id, a.uuid, a.ticket_id, a.actor_id, p.name, a.action, a.field, a.old_value, a.new_value, a.created_at
FROM activity a LEFT JOIN account p ON p.id = a.actor_id
WHERE a.ticket_id = :ticket_id ORDER BY a.id LIMIT :limit;
