-- row thing_row: id int, uuid uuid, key text, flag bool, amount real, kind int, state int, bytes blob,
--   maybe_int int?, maybe_text text?, maybe_blob blob?, maybe_uuid uuid?, maybe_real real?

-- name: thing_insert
-- in: uuid uuid, key text, flag bool, amount real, kind int, state int, bytes blob,
--   maybe_int int?, maybe_text text?, maybe_blob blob?, maybe_uuid uuid?, maybe_real real?
-- out: id int
INSERT INTO thing (uuid, key, flag, amount, kind, state, bytes, maybe_int, maybe_text, maybe_blob, maybe_uuid, maybe_real)
VALUES (:uuid, :key, :flag, :amount, :kind, :state, :bytes, :maybe_int, :maybe_text, :maybe_blob, :maybe_uuid, :maybe_real)
RETURNING id;

-- name: thing_by_id
-- in: id int
-- out: thing_row
SELECT id, uuid, key, flag, amount, kind, state, bytes, maybe_int, maybe_text, maybe_blob, maybe_uuid, maybe_real
FROM thing WHERE id = :id;

-- name: thing_of_kind
-- in: kind int, limit int
-- out: thing_row
SELECT id, uuid, key, flag, amount, kind, state, bytes, maybe_int, maybe_text, maybe_blob, maybe_uuid, maybe_real
FROM thing WHERE kind = :kind ORDER BY id LIMIT :limit;

-- name: thing_ids
-- in: kind int, limit int
-- out: id int
SELECT id FROM thing WHERE kind = :kind ORDER BY id LIMIT :limit;

-- name: thing_total
-- out: things int
SELECT COUNT(*) FROM thing;

-- name: thing_set_state
-- in: kind int, state int
UPDATE thing SET state = :state WHERE kind = :kind;

-- name: thing_delete_all
DELETE FROM thing;

-- name: thing_lock
-- in: id int, state int
UPDATE thing SET state = :state WHERE id = :id;

-- name: thing_wrong_null
-- in: id int
-- out: maybe_int int
SELECT maybe_int FROM thing WHERE id = :id;

-- The parameters stand in another order than in "in:", and one twice; the text has what looks like marks.
-- name: thing_order
-- in: first text, second text, third int
-- out: text text, number int
SELECT :second || ':first [x]' || :first || :second, CAST(:third AS BIGINT); -- :unknown

-- name: pair_add
-- in: a int, b int
INSERT INTO pair (a, b) VALUES (:a, :b);

-- name: thing_list
-- in: kinds ints, states ints, before_id int?, key text?, flag_is int?, limit int
-- out: id int, kind int, state int
EACH(
  SELECT id, kind, state FROM thing
  WHERE id > 0 [AND kind = :kinds] [AND state = :states] [AND id < :before_id] [AND key = :key]
    [AND CAST(flag AS INTEGER) = :flag_is]
) ORDER BY id DESC LIMIT :limit;

-- Nine optional parts: more combinations than a connection keeps.
-- name: thing_many
-- in: a int?, b int?, c int?, d int?, e int?, f int?, g int?, h int?, i int?
-- out: things int
SELECT COUNT(*) FROM thing WHERE id > 0 [AND kind <> :a] [AND kind <> :b] [AND kind <> :c] [AND kind <> :d] [AND kind <> :e]
  [AND kind <> :f] [AND kind <> :g] [AND kind <> :h] [AND kind <> :i];

-- name: thing_without_pair
-- in: kind int
-- out: things int
SELECT COUNT(*) FROM thing t WHERE t.kind = :kind AND NOT EXISTS (SELECT 1 FROM pair p WHERE p.a = t.id AND p.b = t.id);
