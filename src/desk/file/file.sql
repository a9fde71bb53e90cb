-- name: file_insert
-- in: tenant_id int, uuid uuid, ticket_id int?, uploader_id int?, name text, hash blob, size int, type int, created_at int
INSERT INTO file (tenant_id, uuid, ticket_id, uploader_id, name, hash, size, type, created_at)
VALUES (:tenant_id, :uuid, :ticket_id, :uploader_id, :name, :hash, :size, :type, :created_at);

-- name: file_of_ticket
-- in: ticket_id int, limit int
-- out: id int, uuid uuid, ticket_id int?, name text, hash blob, size int, type int, created_at int
SELECT id, uuid, ticket_id, name, hash, size, type, created_at
FROM file WHERE ticket_id = :ticket_id ORDER BY id LIMIT :limit;
