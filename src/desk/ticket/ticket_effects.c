#include "base/time.h"
#include "desk/event/event.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

/* What several commands write: history, events, clocks, the row itself, notices. */

enum status ticket_add_event(struct ctx *ctx, const struct ticket *ticket, struct event event) {
  event.tenant_id = ticket->tenant_id;
  event.ticket_id = ticket->id;
  event.account_id = ctx->who != NULL ? ctx->who->account_id : 0;
  return event_add(ctx, &event);
}

enum status ticket_record(struct ctx *ctx, const struct ticket *ticket, enum activity_action action,
                          struct str old_value, struct str new_value, struct event event) {
  TRY(activity_add(ctx, ticket->tenant_id, ticket->id, action, old_value, new_value));
  return ticket_add_event(ctx, ticket, event);
}

/* ---- clocks ---- */

struct sla_moment ticket_moment(const struct ticket *ticket, int64_t now_us) {
  return (struct sla_moment){
      .started_at = ticket->created_at,
      .responded_at = ticket->first_response_at,
      .resolved_at = ticket->resolved_at,
      .is_standing = ticket->status == TICKET_PENDING || ticket_is_done(ticket->status),
      .now = now_us,
  };
}

static enum status targets_of(struct ctx *ctx, const struct ticket *ticket, struct sla_targets *targets) {
  return sla_targets_of(ctx, ticket->tenant_id, ticket->category, ticket->priority, targets);
}

enum status ticket_start_clocks(struct ctx *ctx, struct ticket *ticket) {
  struct sla_targets targets;
  TRY(targets_of(ctx, ticket, &targets));
  const struct sla_moment moment = ticket_moment(ticket, ctx->now_us);
  ticket->sla = sla_start(&targets, &moment);
  return STATUS_OK;
}

enum status ticket_update_clocks(struct ctx *ctx, struct ticket *ticket) {
  struct sla_targets targets;
  TRY(targets_of(ctx, ticket, &targets));
  const struct sla_moment moment = ticket_moment(ticket, ctx->now_us);
  ticket->sla = sla_update(&ticket->sla, &targets, &moment);
  return STATUS_OK;
}

struct str ticket_time_text(struct ctx *ctx, int64_t time_us) {
  char text[TIME_TEXT_SIZE];
  return time_us == 0 ? STR_NONE : str_copy(ctx->arena, str_of(time_print(time_us, text)));
}

static bool has_deadline(const struct sla_clocks *clocks) {
  return clocks->response_due_at != 0 || clocks->resolve_due_at != 0;
}

/* The response clock has no words of its own in the history: it is a field that comes, moves, and ends with
 * "met" or "missed". */
static enum status record_response(struct ctx *ctx, const struct ticket *ticket, int64_t old_due_at,
                                   struct str new_value) {
  return activity_add_change(ctx, ticket->tenant_id, ticket->id, "response_deadline",
                             ticket_time_text(ctx, old_due_at), new_value);
}

enum status ticket_record_start(struct ctx *ctx, const struct ticket *ticket) {
  if (!has_deadline(&ticket->sla)) {
    return STATUS_OK;
  }
  TRY(activity_add(ctx, ticket->tenant_id, ticket->id, ACTIVITY_SLA_STARTED, STR_NONE,
                   ticket_time_text(ctx, ticket->sla.resolve_due_at)));
  return ticket->sla.response_due_at != 0
             ? record_response(ctx, ticket, 0, ticket_time_text(ctx, ticket->sla.response_due_at))
             : STATUS_OK;
}

static enum status record_response_clock(struct ctx *ctx, const struct ticket *before,
                                         const struct ticket *after) {
  int64_t due_at = before->sla.response_due_at;
  if (before->first_response_at != 0 || (after->first_response_at != 0 && due_at == 0)) {
    return STATUS_OK; /* stopped long ago, or there was none */
  }
  if (after->first_response_at != 0) {
    bool missed = after->sla.response_due_at != 0 || (before->sla.marks & SLA_RESPONSE_BREACHED) != 0;
    return record_response(ctx, after, due_at, missed ? STR("missed") : STR("met"));
  }
  return due_at != after->sla.response_due_at
             ? record_response(ctx, after, due_at, ticket_time_text(ctx, after->sla.response_due_at))
             : STATUS_OK;
}

static enum status record_resolution_clock(struct ctx *ctx, const struct ticket *before,
                                           const struct ticket *after) {
  bool was_solved = before->resolved_at != 0;
  bool solved = after->resolved_at != 0;
  bool stood = before->sla.paused_at != 0;
  bool stands = after->sla.paused_at != 0;
  int64_t due_at = after->sla.resolve_due_at;
  struct str old_text = ticket_time_text(ctx, before->sla.resolve_due_at);
  struct str new_text = ticket_time_text(ctx, due_at);
  if (solved && !was_solved) {
    struct str result = after->resolved_at <= due_at ? STR("met") : STR("missed");
    return activity_add(ctx, after->tenant_id, after->id, ACTIVITY_SLA_STOPPED, new_text,
                        due_at != 0 ? result : STR_NONE);
  }
  if (stands && (!stood || was_solved != solved)) {
    return activity_add(ctx, after->tenant_id, after->id, ACTIVITY_SLA_PAUSED, new_text, STR_NONE);
  }
  if (stood && !stands) {
    return activity_add(ctx, after->tenant_id, after->id, ACTIVITY_SLA_RESUMED, old_text, new_text);
  }
  if (before->sla.resolve_due_at != due_at) {
    return activity_add(ctx, after->tenant_id, after->id, ACTIVITY_SLA_CHANGED, old_text, new_text);
  }
  return STATUS_OK;
}

/* What the clocks did, so that a deadline can be explained from the ticket's own history. */
static enum status record_clocks(struct ctx *ctx, const struct ticket *before, const struct ticket *after) {
  if (!has_deadline(&before->sla) && !has_deadline(&after->sla)) {
    return STATUS_OK;
  }
  TRY(record_resolution_clock(ctx, before, after));
  return record_response_clock(ctx, before, after);
}

/* ---- the row ---- */

static enum status update_row(struct ctx *ctx, const struct ticket *ticket, int64_t more_files) {
  const struct ticket_update_in in = {
      .id = ticket->id,
      .status = ticket->status,
      .assignee_id = ticket->assignee_id,
      .category = ticket->category,
      .priority = ticket->priority,
      .work_type = ticket->work_type,
      .more_files = more_files,
      .reopened_count = ticket->reopened_count,
      .first_response_at = ticket->first_response_at,
      .started_at = ticket->started_at,
      .resolved_at = ticket->resolved_at,
      .closed_at = ticket->closed_at,
      .status_changed_at = ticket->status_changed_at,
      .assigned_at = ticket->assigned_at,
      .first_assignee_id = ticket->first_assignee_id,
      .latitude = ticket->latitude,
      .longitude = ticket->longitude,
      .scheduled_at = ticket->scheduled_at,
      .rating = ticket->rating,
      .rating_text = ticket->rating_text,
      .response_due_at = ticket->sla.response_due_at,
      .resolve_due_at = ticket->sla.resolve_due_at,
      .paused_at = ticket->sla.paused_at,
      .paused_us = ticket->sla.paused_us,
      .sla_marks = ticket->sla.marks,
      .sla_next_at = ticket->sla.next_at,
      .escalation_level = ticket->sla.escalation_level,
      .updated_at = ticket->updated_at,
  };
  return sql_ticket_update(ctx, &in, NULL);
}

enum status ticket_write(struct ctx *ctx, const struct ticket *before, const struct ticket *after) {
  TRY(update_row(ctx, after, after->file_count - before->file_count));
  if (!str_equal(before->title, after->title) || !str_equal(before->description, after->description)) {
    const struct ticket_update_texts_in in = {
        .id = after->id, .title = after->title, .description = after->description};
    TRY(sql_ticket_update_texts(ctx, &in, NULL));
  }
  TRY(record_clocks(ctx, before, after));
  return ticket_count_move(ctx, before, after);
}

/* ---- notices ---- */

enum status ticket_notify(struct ctx *ctx, const struct ticket *ticket, enum notice_kind kind,
                          int64_t value) {
  const struct notice_new notice = {
      .tenant_id = ticket->tenant_id, .kind = kind, .ticket_id = ticket->id, .value = value};
  if (ctx->who->account_id != ticket->author_id) {
    return notice_add(ctx, ticket->author_id, &notice);
  }
  if (ticket->assignee_id != 0) {
    return notice_add(ctx, ticket->assignee_id, &notice);
  }
  return notice_add_staff(ctx, ROLE_CUSTOMER_SERVICE, 0, &notice);
}
