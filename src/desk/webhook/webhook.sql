-- row webhook_row: id int, tenant_id int, uuid uuid, url text, description text, types int, is_active bool,
--   disabled_reason int?, disabled_at int?, failures int, failing_since int?, created_at int, updated_at int

-- name: webhook_insert
-- in: tenant_id int, uuid uuid, url text, description text, types int, secret blob, is_active bool, at_txn int,
--   at_id int, now int
-- out: webhook_row
INSERT INTO webhook (tenant_id, uuid, url, description, types, secret, is_active, failures, ready_at, at_txn, at_id,
  created_at, updated_at)
VALUES (:tenant_id, :uuid, :url, :description, :types, :secret, :is_active, 0, 0, :at_txn, :at_id, :now, :now)
RETURNING id, tenant_id, uuid, url, description, types, is_active, disabled_reason, disabled_at, failures,
  failing_since, created_at, updated_at;

-- At most a handful a tenant.
-- name: webhook_total
-- in: tenant_id int
-- out: webhooks int
SELECT COUNT(*) FROM webhook WHERE tenant_id = :tenant_id AND deleted_at IS NULL;

-- name: webhook_all
-- in: tenant_id int, limit int
-- out: webhook_row
SELECT id, tenant_id, uuid, url, description, types, is_active, disabled_reason, disabled_at, failures,
  failing_since, created_at, updated_at
FROM webhook WHERE tenant_id = :tenant_id AND deleted_at IS NULL ORDER BY id LIMIT :limit;

-- name: webhook_by_uuid
-- in: tenant_id int, uuid uuid
-- out: webhook_row
SELECT id, tenant_id, uuid, url, description, types, is_active, disabled_reason, disabled_at, failures,
  failing_since, created_at, updated_at
FROM webhook WHERE uuid = :uuid AND tenant_id = :tenant_id AND deleted_at IS NULL;

-- name: webhook_set
-- in: id int, url text, description text, types int, now int
UPDATE webhook SET url = :url, description = :description, types = :types, updated_at = :now WHERE id = :id;

-- name: webhook_switch_off
-- in: id int
UPDATE webhook SET is_active = FALSE WHERE id = :id;

-- name: webhook_switch_on
-- in: id int, at_txn int, at_id int
UPDATE webhook SET is_active = TRUE, disabled_reason = NULL, disabled_at = NULL, failures = 0, failing_since = NULL,
  ready_at = 0, at_txn = :at_txn, at_id = :at_id
WHERE id = :id AND is_active = FALSE;

-- The secrets go at once, the rest in the background.
-- name: webhook_drop
-- in: id int, nothing blob, now int
UPDATE webhook SET is_active = FALSE, secret = :nothing, old_secret = NULL, old_until = NULL, deleted_at = :now
WHERE id = :id;

-- name: webhook_set_secret
-- in: id int, secret blob, old_until int, now int
UPDATE webhook SET old_secret = secret, old_until = :old_until, secret = :secret, updated_at = :now WHERE id = :id;

-- Of what waited meanwhile, what was ahead may have been swept.
-- name: webhook_free_all
-- in: id int, now int
UPDATE webhook_delivery SET due_at = :now
WHERE webhook_id = :id AND state = 1 AND due_at IS NULL AND NOT EXISTS (SELECT 1 FROM webhook_delivery ahead
  WHERE ahead.webhook_id = webhook_delivery.webhook_id AND ahead.subject = webhook_delivery.subject
    AND ahead.state = 1 AND ahead.id < webhook_delivery.id);

-- ---- deliveries, for people ----
-- row webhook_delivery_row: id int, tenant_id int, uuid uuid, type int, state int, tries int, due_at int?,
--   http_status int?, reason text?, took_ms int?, tried_at int?, created_at int

-- name: webhook_delivery_page
-- in: webhook_id int, state int?, before_id int, limit int
-- out: webhook_delivery_row
SELECT id, tenant_id, uuid, type, state, tries, due_at, http_status, reason, took_ms, tried_at, created_at
FROM webhook_delivery
WHERE webhook_id = :webhook_id AND id < :before_id [AND state = :state] ORDER BY id DESC LIMIT :limit;

-- name: webhook_delivery_by_uuid
-- in: webhook_id int, uuid uuid
-- out: webhook_delivery_row
SELECT id, tenant_id, uuid, type, state, tries, due_at, http_status, reason, took_ms, tried_at, created_at
FROM webhook_delivery WHERE uuid = :uuid AND webhook_id = :webhook_id;

-- Apart, because it may be large.
-- name: webhook_delivery_body
-- in: id int
-- out: body text
SELECT body FROM webhook_delivery WHERE id = :id;

-- name: webhook_delivery_again
-- in: id int, now int
-- out: webhook_delivery_row
UPDATE webhook_delivery SET state = 1, tries = 0, due_at = :now WHERE id = :id
RETURNING id, tenant_id, uuid, type, state, tries, due_at, http_status, reason, took_ms, tried_at, created_at;

-- ---- the sender ----
-- name: webhook_any
-- out: id int
SELECT id FROM webhook WHERE is_active = TRUE ORDER BY ready_at LIMIT 1;

-- Behind which there is something. Beyond the horizon a transaction may still be under way.
-- name: webhook_behind
-- in: to_txn int, to_id int, limit int
-- out: id int, tenant_id int, types int, at_txn int, at_id int
SELECT w.id, w.tenant_id, w.types, w.at_txn, w.at_id FROM webhook w
WHERE w.is_active = TRUE AND :to_txn = 0 AND EXISTS (SELECT 1 FROM event e
  WHERE e.tenant_id = w.tenant_id AND e.txn = 0 AND e.id > w.at_id AND e.id <= :to_id)
ORDER BY w.ready_at, w.id LIMIT :limit;

-- Whoever moves it first writes what lies between; the row stays theirs until the commit.
-- name: webhook_move
-- in: id int, from_txn int, from_id int, to_txn int, to_id int
UPDATE webhook SET at_txn = :to_txn, at_id = :to_id
WHERE id = :id AND at_txn = :from_txn AND at_id = :from_id AND is_active = TRUE;

-- name: webhook_delivery_insert
-- in: tenant_id int, webhook_id int, uuid uuid, type int, subject int?, body text, due_at int?, now int
-- out: webhook_delivery_row
INSERT INTO webhook_delivery (tenant_id, webhook_id, uuid, type, subject, body, state, tries, due_at, created_at)
VALUES (:tenant_id, :webhook_id, :uuid, :type, :subject, :body, 1, 0, :due_at, :now)
RETURNING id, tenant_id, uuid, type, state, tries, due_at, http_status, reason, took_ms, tried_at, created_at;

-- name: webhook_delivery_ahead
-- in: webhook_id int, subject int
-- out: id int
SELECT id FROM webhook_delivery
WHERE webhook_id = :webhook_id AND subject = :subject AND state = 1 ORDER BY id LIMIT 1;

-- name: webhook_ready
-- in: now int, limit int
-- out: id int
SELECT w.id FROM webhook w
WHERE w.is_active = TRUE AND w.ready_at <= :now AND EXISTS (SELECT 1 FROM webhook_delivery d
  WHERE d.webhook_id = w.id AND d.state = 1 AND d.due_at <= :now)
ORDER BY w.ready_at, w.id LIMIT :limit;

-- name: webhook_lease
-- in: id int, now int, lease_until int
-- out: id int, url text, secret blob, old_secret blob?, old_until int?
UPDATE webhook SET ready_at = :lease_until WHERE id = :id AND ready_at <= :now AND is_active = TRUE
RETURNING id, url, secret, old_secret, old_until;

-- name: webhook_delivery_due
-- in: webhook_id int, now int
-- out: webhook_delivery_row
SELECT id, tenant_id, uuid, type, state, tries, due_at, http_status, reason, took_ms, tried_at, created_at
FROM webhook_delivery WHERE webhook_id = :webhook_id AND state = 1 AND due_at <= :now
ORDER BY due_at, id LIMIT 1;

-- name: webhook_delivery_try
-- in: id int, now int
UPDATE webhook_delivery SET tries = tries + 1, tried_at = :now WHERE id = :id;

-- Locks the endpoint until the commit: what becomes of its deliveries is decided one after the other.
-- name: webhook_hold
-- in: id int, ready_at int
-- out: failures int, failing_since int?
UPDATE webhook SET ready_at = :ready_at WHERE id = :id AND deleted_at IS NULL RETURNING failures, failing_since;

-- name: webhook_well
-- in: id int
UPDATE webhook SET failures = 0, failing_since = NULL WHERE id = :id AND failures > 0;

-- name: webhook_unwell
-- in: id int, ready_at int, now int
UPDATE webhook SET failures = failures + 1, failing_since = COALESCE(failing_since, :now), ready_at = :ready_at
WHERE id = :id;

-- name: webhook_disable
-- in: id int, reason int, now int
UPDATE webhook SET is_active = FALSE, disabled_reason = :reason, disabled_at = :now WHERE id = :id AND is_active = TRUE;

-- name: webhook_delivery_mark
-- in: id int, state int, due_at int?, http_status int?, reason text?, took_ms int?
-- out: subject int?
UPDATE webhook_delivery SET state = :state, due_at = :due_at, http_status = :http_status, reason = :reason,
  took_ms = :took_ms
WHERE id = :id AND state = 1 RETURNING subject;

-- It was not tried after all.
-- name: webhook_delivery_put_off
-- in: id int, now int
UPDATE webhook_delivery SET due_at = :now, tries = tries - 1 WHERE id = :id AND state = 1 AND tries > 0;

-- name: webhook_delivery_free
-- in: id int, now int
UPDATE webhook_delivery SET due_at = :now WHERE id = :id AND due_at IS NULL;

-- ---- copies of the store ----
-- There events have no transaction, and are told by their ids alone: before the first one of its tenant that is
-- yet to be told, else at the end.
-- name: webhook_places
-- in: after_id int, limit int
-- out: id int, at_id int
SELECT w.id, COALESCE((SELECT MIN(e.id) - 1 FROM event e
  WHERE e.tenant_id = w.tenant_id AND e.txn = 0 AND e.id > w.at_id AND w.at_txn = 0),
  (SELECT MAX(id) FROM event), 0)
FROM webhook w WHERE w.id > :after_id ORDER BY w.id LIMIT :limit;

-- name: webhook_place
-- in: id int, at_id int
UPDATE webhook SET at_txn = 0, at_id = :at_id WHERE id = :id;

-- ---- the sweep ----
-- name: webhook_delivery_drop_past
-- in: before int, limit int
DELETE FROM webhook_delivery
WHERE id IN (SELECT d.id FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id
  WHERE d.created_at < :before AND (d.state <> 1 OR w.is_active = FALSE) ORDER BY d.created_at LIMIT :limit);

-- name: webhook_deleted
-- out: id int
SELECT id FROM webhook WHERE deleted_at IS NOT NULL ORDER BY id LIMIT 1;

-- name: webhook_delivery_drop_of
-- in: webhook_id int, limit int
DELETE FROM webhook_delivery
WHERE id IN (SELECT id FROM webhook_delivery WHERE webhook_id = :webhook_id ORDER BY id LIMIT :limit);

-- name: webhook_forget
-- in: id int
DELETE FROM webhook WHERE id = :id AND deleted_at IS NOT NULL;
