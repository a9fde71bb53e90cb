-- name: event_insert
-- in: tenant_id int, kind int, ticket_id int?, account_id int?, old_value int?, new_value int?, created_at int
INSERT INTO event (tenant_id, kind, ticket_id, account_id, old_value, new_value, created_at)
VALUES (:tenant_id, :kind, :ticket_id, :account_id, :old_value, :new_value, :created_at);

-- name: event_after
-- in: after_id int, limit int
-- out: id int, tenant_id int, kind int, ticket_id int?, account_id int?, old_value int?, new_value int?, created_at int
SELECT id, tenant_id, kind, ticket_id, account_id, old_value, new_value, created_at
FROM event WHERE id > :after_id ORDER BY id LIMIT :limit;
