#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

struct ticket ticket_from_row(const struct ticket_row *row) {
  return (struct ticket){
      .id = row->id,
      .tenant_id = row->tenant_id,
      .uuid = row->uuid,
      .author_id = row->author_id,
      .author_uuid = row->author_uuid,
      .author_name = row->author_name,
      .author_email = row->author_email,
      .author_role = (int)row->author_role,
      .assignee_id = row->assignee_id,
      .title = row->title,
      .description = row->description,
      .category = (int)row->category,
      .priority = (int)row->priority,
      .status = (int)row->status,
      .work_type = (int)row->work_type,
      .request_kind = (int)row->request_kind,
      .first_response_at = row->first_response_at,
      .started_at = row->started_at,
      .resolved_at = row->resolved_at,
      .closed_at = row->closed_at,
      .status_changed_at = row->status_changed_at,
      .reopened_count = row->reopened_count,
      .created_at = row->created_at,
      .updated_at = row->updated_at,
      .removed_at = row->removed_at,
      .removed_by = row->removed_by,
      .file_count = row->file_count,
      .assigned_at = row->assigned_at,
      .first_assignee_id = row->first_assignee_id,
      .latitude = row->latitude,
      .longitude = row->longitude,
      .scheduled_at = row->scheduled_at,
      .rating = row->rating,
      .rating_text = row->rating_text,
      .sla = {.response_due_at = row->response_due_at,
              .resolve_due_at = row->resolve_due_at,
              .paused_at = row->paused_at,
              .paused_us = row->paused_us,
              .marks = row->sla_marks,
              .next_at = row->sla_next_at,
              .escalation_level = row->escalation_level},
  };
}

static enum status found(struct ctx *ctx, enum status status, const struct ticket_row *row,
                         struct ticket *out) {
  if (status == STATUS_NOT_FOUND) {
    return problem_set(ctx, &ticket_not_found);
  }
  TRY(status);
  *out = ticket_from_row(row);
  return STATUS_OK;
}

enum status ticket_load(struct ctx *ctx, struct uuid uuid, bool locked, struct ticket *out) {
  struct ticket_row row;
  if (locked) {
    const struct ticket_by_uuid_locked_in in = {.tenant_id = ctx->who->tenant_id, .uuid = uuid};
    return found(ctx, sql_ticket_by_uuid_locked(ctx, &in, &row), &row, out);
  }
  const struct ticket_by_uuid_in in = {.tenant_id = ctx->who->tenant_id, .uuid = uuid};
  return found(ctx, sql_ticket_by_uuid(ctx, &in, &row), &row, out);
}

enum status ticket_load_id(struct ctx *ctx, int64_t id, struct ticket *out) {
  struct ticket_row row;
  return found(ctx, sql_ticket_by_id_locked(ctx, &(struct ticket_by_id_locked_in){id}, &row), &row, out);
}
