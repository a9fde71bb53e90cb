-- Webhooks: where a tenant wants to hear of its events, and what was, or is to be, delivered there.

CREATE TABLE webhook (
  id {id},
  tenant_id {int} NOT NULL REFERENCES tenant (id),
  uuid {blob} NOT NULL,
  url {text} NOT NULL,
  description {text} NOT NULL,
  types {int} NOT NULL, -- a bit for each type that is wanted; 0 all
  secret {blob} NOT NULL, -- signs; never shown after it was made
  old_secret {blob}, -- signs beside it until old_until
  old_until {int},
  is_active {bool} NOT NULL,
  disabled_reason {int}, -- by the sender: why
  disabled_at {int},
  failures {int} NOT NULL, -- in a row
  failing_since {int},
  ready_at {int} NOT NULL, -- nothing is sent before: one delivery at a time, and a pause after failures
  at_txn {int} NOT NULL, -- events up to this position became deliveries
  at_id {int} NOT NULL,
  created_at {int} NOT NULL,
  updated_at {int} NOT NULL,
  deleted_at {int} -- its rows go piece by piece
) {strict};
CREATE UNIQUE INDEX webhook_uuid ON webhook (uuid);
CREATE INDEX webhook_tenant ON webhook (tenant_id, id);
CREATE INDEX webhook_active ON webhook (ready_at, id) WHERE is_active = TRUE;
CREATE INDEX webhook_deleted ON webhook (id) WHERE deleted_at IS NOT NULL;

CREATE TABLE webhook_delivery (
  id {id},
  tenant_id {int} NOT NULL REFERENCES tenant (id),
  webhook_id {int} NOT NULL REFERENCES webhook (id),
  uuid {blob} NOT NULL, -- the message's id, the same in every try
  type {int} NOT NULL,
  subject {int}, -- what is told of in order: a ticket, or a technician as a negative number
  body {text} NOT NULL,
  state {int} NOT NULL,
  tries {int} NOT NULL,
  due_at {int}, -- of a waiting one; NULL: behind an earlier one of its subject
  http_status {int}, -- of the last try, as all below
  reason {text},
  took_ms {int},
  tried_at {int},
  created_at {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX webhook_delivery_uuid ON webhook_delivery (uuid);
CREATE INDEX webhook_delivery_list ON webhook_delivery (webhook_id, id);
CREATE INDEX webhook_delivery_state ON webhook_delivery (webhook_id, state, id);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, due_at, id) WHERE state = 1;
CREATE INDEX webhook_delivery_subject ON webhook_delivery (webhook_id, subject, id) WHERE state = 1;
CREATE INDEX webhook_delivery_created ON webhook_delivery (created_at);

SELECT wall_put('webhook');
SELECT wall_put('webhook_delivery');
