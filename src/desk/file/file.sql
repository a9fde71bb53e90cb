-- row file_row: id int, uuid uuid, ticket_id int?, reply_id int?, uploader_id int?, uploader_uuid uuid?, kind int,
--   url text?, name text, hash blob, size int, type int, created_at int, ticket_uuid uuid?

-- name: file_insert
-- in: tenant_id int, uuid uuid, ticket_id int?, reply_id int?, uploader_id int?, kind int, url text?, name text,
--   hash blob, size int, type int, created_at int
-- out: id int
INSERT INTO file (tenant_id, uuid, ticket_id, reply_id, uploader_id, kind, url, name, hash, size, type, created_at)
VALUES (:tenant_id, :uuid, :ticket_id, :reply_id, :uploader_id, :kind, :url, :name, :hash, :size, :type,
  :created_at) RETURNING id;

-- name: file_of_ticket
-- in: ticket_id int, limit int
-- out: file_row
SELECT f.id, f.uuid, f.ticket_id, f.reply_id, f.uploader_id, a.uuid, f.kind,
  f.url, f.name, f.hash, f.size, f.type, f.created_at, t.uuid
FROM file f LEFT JOIN account a ON a.id = f.uploader_id LEFT JOIN ticket t ON t.id = f.ticket_id
WHERE f.ticket_id = :ticket_id ORDER BY f.id LIMIT :limit;

-- Of the tenant, or an own upload of the caller's, who may act in another tenant than their own.
-- name: file_by_uuid
-- in: tenant_id int, uuid uuid, own int
-- out: file_row
SELECT f.id, f.uuid, f.ticket_id, f.reply_id, f.uploader_id, a.uuid, f.kind,
  f.url, f.name, f.hash, f.size, f.type, f.created_at, t.uuid
FROM file f LEFT JOIN account a ON a.id = f.uploader_id LEFT JOIN ticket t ON t.id = f.ticket_id
WHERE f.uuid = :uuid AND (f.tenant_id = :tenant_id OR (f.uploader_id = :own AND f.ticket_id IS NULL));

-- At most some hundred: nothing is added over a limit.
-- name: file_count_of_ticket
-- in: ticket_id int
-- out: files int
SELECT COUNT(*) FROM file WHERE ticket_id = :ticket_id;

-- Of each ticket's own files the first; tickets: a JSON array of ids.
-- name: file_first
-- in: tickets text, limit int
-- out: ticket_id int, uuid uuid, url text?
SELECT f.ticket_id, f.uuid, f.url FROM file f
WHERE f.id IN (SELECT MIN(g.id) FROM file g WHERE g.ticket_id IN (SELECT value FROM json_each(:tickets)) AND g.reply_id IS NULL
  GROUP BY g.ticket_id) LIMIT :limit;

-- ---- attaching ----

-- Without a ticket it lies in the tenant of its uploader, who may act in another one.
-- name: file_own_upload
-- in: tenant_id int, uuid uuid, uploader_id int
-- out: id int, ticket_id int?, reply_id int?
SELECT id, ticket_id, reply_id FROM file
WHERE uuid = :uuid AND (tenant_id = :tenant_id OR ticket_id IS NULL) AND uploader_id = :uploader_id AND url IS NULL;

-- What somebody else attached meanwhile stays where it is.
-- name: file_give
-- in: id int, tenant_id int, ticket_id int, reply_id int?
UPDATE file SET tenant_id = :tenant_id, ticket_id = :ticket_id, reply_id = :reply_id
WHERE id = :id AND ticket_id IS NULL;

-- name: file_give_reply
-- in: id int, reply_id int
UPDATE file SET reply_id = :reply_id WHERE id = :id AND reply_id IS NULL;

-- name: file_ticket_count_add
-- in: ticket_id int, files int, now int
UPDATE ticket SET file_count = file_count + :files, updated_at = :now
WHERE id = :ticket_id AND removed_at IS NULL;

-- ---- sweeping ----

-- name: file_loose
-- in: after_id int, before int, limit int
-- out: id int, tenant_id int, uuid uuid, uploader_id int?, by_operator bool, hash blob
SELECT f.id, f.tenant_id, f.uuid, f.uploader_id, COALESCE(a.acts_anywhere, FALSE), f.hash
FROM file f LEFT JOIN account a ON a.id = f.uploader_id
WHERE f.ticket_id IS NULL AND f.id > :after_id AND f.created_at < :before ORDER BY f.id LIMIT :limit;

-- Shown beside their name by the uploader themself, which most are; by anybody of the tenant, or of the operator's
-- staff, who act there (tenant 1); by anybody at all.
-- name: file_is_own_portrait
-- in: account_id int, like text
-- out: id int
SELECT id FROM account WHERE id = :account_id AND LOWER(avatar) LIKE :like;

-- name: file_is_portrait
-- in: tenant_id int, like text
-- out: id int
SELECT id FROM account
WHERE tenant_id IN (:tenant_id, 1) AND avatar IS NOT NULL AND (tenant_id = :tenant_id OR acts_anywhere = TRUE)
  AND LOWER(avatar) LIKE :like LIMIT 1;

-- name: file_is_portrait_anywhere
-- in: like text
-- out: id int
SELECT id FROM account WHERE avatar IS NOT NULL AND LOWER(avatar) LIKE :like LIMIT 1;

-- name: file_drop_loose
-- in: id int
DELETE FROM file WHERE id = :id AND ticket_id IS NULL;

-- name: file_by_hash
-- in: hash blob
-- out: id int
SELECT id FROM file WHERE hash = :hash LIMIT 1;

-- ---- a backup ----

-- What rows need, each content once.
-- name: file_contents
-- in: after blob, limit int
-- out: hash blob
SELECT DISTINCT hash FROM file WHERE hash > :after ORDER BY hash LIMIT :limit;
