-- Several nodes send at once: each skips what another is just taking. ARRAY makes the choice once; as a
-- plain IN the planner might repeat it and take more than the limit.
-- name: mail_lease
UPDATE mail SET due_at = :lease_until, tries = tries + 1
WHERE id = ANY (ARRAY(
  SELECT id FROM mail WHERE state = 1 AND due_at <= :now ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED))
RETURNING id;
