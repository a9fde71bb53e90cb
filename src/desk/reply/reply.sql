-- name: reply_insert
-- in: tenant_id int, uuid uuid, ticket_id int, author_id int, text text, created_at int
-- out: id int
INSERT INTO reply (tenant_id, uuid, ticket_id, author_id, text, created_at)
VALUES (:tenant_id, :uuid, :ticket_id, :author_id, :text, :created_at) RETURNING id;

-- name: reply_update_files
-- in: id int, file_count int
UPDATE reply SET file_count = :file_count WHERE id = :id;

-- name: reply_of_ticket
-- in: ticket_id int, after_id int?, limit int
-- out: id int, uuid uuid, ticket_id int, author_id int, author_uuid uuid, author_name text, text text,
--   file_count int, created_at int
SELECT r.id, r.uuid, r.ticket_id, r.author_id, p.uuid, p.name, r.text, r.file_count, r.created_at
FROM reply r JOIN account p ON p.id = r.author_id
WHERE r.ticket_id = :ticket_id [AND r.id > :after_id] ORDER BY r.id LIMIT :limit;

-- name: reply_number
-- in: ticket_id int, uuid uuid
-- out: id int
SELECT id FROM reply WHERE ticket_id = :ticket_id AND uuid = :uuid;

-- name: reply_before
-- in: ticket_id int, id int, limit int
-- out: uuid uuid
SELECT uuid FROM reply WHERE ticket_id = :ticket_id AND id <= :id ORDER BY id DESC LIMIT :limit;
