-- What the tests of the database room store: every type, with and without NULL.
CREATE TABLE thing (
  id {id},
  uuid {blob} NOT NULL,
  key {text} NOT NULL,
  flag {bool} NOT NULL,
  amount {real} NOT NULL,
  kind {int} NOT NULL,
  state {int} NOT NULL,
  bytes {blob} NOT NULL,
  maybe_int {int},
  maybe_text {text},
  maybe_blob {blob},
  maybe_uuid {blob},
  maybe_real {real}
) {strict};
CREATE UNIQUE INDEX thing_key ON thing (key);
CREATE INDEX thing_kind ON thing (kind, id);
CREATE INDEX thing_kind_state ON thing (kind, state, id);

CREATE TABLE pair (
  a {int} NOT NULL,
  b {int} NOT NULL REFERENCES thing (id),
  PRIMARY KEY (a, b)
) {strict_rowless};

-- With an id of its own: the next one must not collide with it.
INSERT INTO thing (id, uuid, key, flag, amount, kind, state, bytes) VALUES (5, CAST('0123456789abcdef' AS {blob}), 'five', TRUE, 0.5, 0, 0, CAST('x' AS {blob}));
