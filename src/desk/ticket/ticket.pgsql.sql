-- Two commands on one ticket at the same time: the second waits here and then sees what the first did.
-- name: ticket_by_uuid_locked
SELECT t.id, t.tenant_id, t.uuid, t.author_id, a.uuid, a.name, a.email, t.assignee_id, t.title, t.description,
  t.category, t.priority, t.status, t.work_type, t.request_kind, t.file_count, t.reopened_count,
  t.first_response_at, t.started_at, t.resolved_at, t.closed_at, t.status_changed_at, t.created_at, t.updated_at,
  t.removed_at, t.removed_by
FROM ticket t JOIN account a ON a.id = t.author_id
WHERE t.uuid = :uuid AND t.tenant_id = :tenant_id
FOR UPDATE OF t;
