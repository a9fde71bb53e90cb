-- What was answered to calls that carried a key of their own, so that a repeat of such a call gets the same answer
-- and does nothing (desk/repeat/repeat.h).

CREATE TABLE repeat (
  id {id},
  tenant_id {int} NOT NULL, -- the account's own
  account_id {int} NOT NULL,
  key_hash {blob} NOT NULL,
  request_hash {blob} NOT NULL,
  status {int} NOT NULL,
  head {blob} NOT NULL,
  body {blob} NOT NULL,
  created_at {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX repeat_key ON repeat (account_id, key_hash);
CREATE INDEX repeat_created ON repeat (created_at);
