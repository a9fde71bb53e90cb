-- Two commands on one ticket at the same time: the second waits here and then sees what the first did.
-- name: ticket_by_uuid_locked
SELECT t.id, t.tenant_id, t.uuid, t.author_id, a.uuid, a.name, a.email, t.assignee_id, t.title, t.description,
  t.category, t.priority, t.status, t.work_type, t.request_kind, t.file_count, t.reopened_count,
  t.first_response_at, t.started_at, t.resolved_at, t.closed_at, t.status_changed_at, t.created_at, t.updated_at,
  t.removed_at, t.removed_by
FROM ticket t JOIN account a ON a.id = t.author_id
WHERE t.uuid = :uuid AND t.tenant_id = :tenant_id
FOR UPDATE OF t;

-- PostgreSQL 15 does not merge the branches of a UNION ALL in the order of their indexes: it would sort them whole.
-- So each branch gives no more than the page can need.
-- name: ticket_list_newest
SELECT t.id, t.tenant_id, t.uuid, t.author_id, a.uuid, a.name, a.email, t.assignee_id, t.title,
  CASE WHEN :brief THEN NULL ELSE t.description END,
  t.category, t.priority, t.status, t.work_type, t.request_kind, t.file_count, t.reopened_count,
  t.first_response_at, t.started_at, t.resolved_at, t.closed_at, t.status_changed_at, t.created_at, t.updated_at,
  t.removed_at, t.removed_by
FROM (
  EACH(
    SELECT b.id FROM (
      SELECT f.id FROM ticket f
      WHERE f.tenant_id = :tenant_id AND f.removed_at IS NULL
        [AND f.author_id = :author_id] [AND f.assignee_id = :assignees]
        [AND f.status = :statuses] [AND f.priority = :priorities]
        [AND f.id < :before_id] [AND f.id >= :from_id] [AND f.created_at >= :created_from]
        [AND f.status <> :not_status_1] [AND f.status <> :not_status_2] [AND f.status <> :not_status_3]
        [AND f.status <> :not_status_4] [AND f.status <> :not_status_5]
        [AND f.priority <> :not_priority_1] [AND f.priority <> :not_priority_2]
        [AND f.priority <> :not_priority_3] [AND f.priority <> :not_priority_4]
        [AND +f.assignee_id IN (0, :readable_by)]
        [AND EXISTS (SELECT 1 FROM account m WHERE m.id = f.author_id AND m.email_folded LIKE :email_like ESCAPE '\')]
        [AND EXISTS (SELECT 1 FROM account m WHERE m.id = f.author_id AND m.name_folded LIKE :name_like ESCAPE '\')]
      ORDER BY f.id DESC LIMIT :skip + :limit
    ) b
  )
  ORDER BY id DESC LIMIT :limit OFFSET :skip
) pick CROSS JOIN ticket t CROSS JOIN account a
WHERE t.id = pick.id AND a.id = t.author_id;
