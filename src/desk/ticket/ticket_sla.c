#include "desk/event/event.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

/* What the desk does by itself when a deadline comes near, passes, or is computed anew. */

enum { RUN_MAX = 500 };

/* ---- due ---- */

struct due {
  int64_t max, next_at;
  struct ticket_sla_done done;
};

/* The assignee, and everybody from supervisor up. */
static enum status tell(struct ctx *ctx, const struct ticket *ticket, enum notice_kind kind,
                        enum sla_mark mark) {
  const struct notice_new notice = {
      .tenant_id = ticket->tenant_id, .kind = kind, .ticket_id = ticket->id, .value = mark};
  TRY(notice_add(ctx, ticket->assignee_id, &notice));
  return notice_add_staff(ctx, ROLE_SUPERVISOR, ticket->assignee_id, &notice);
}

static enum status tell_warning(struct ctx *ctx, const struct ticket *ticket) {
  TRY(ticket_record(ctx, ticket, ACTIVITY_SLA_WARNED, STR_NONE,
                    ticket_time_text(ctx, ticket->sla.resolve_due_at),
                    (struct event){.kind = EVENT_TICKET_SLA, .new_value = SLA_RESOLUTION_WARNED}));
  return tell(ctx, ticket, NOTICE_SLA_WARNING, SLA_RESOLUTION_WARNED);
}

static enum status tell_breach(struct ctx *ctx, const struct ticket *ticket, enum sla_mark mark,
                               int64_t level) {
  struct str which = mark == SLA_RESPONSE_BREACHED ? STR("response") : STR("resolution");
  TRY(ticket_record(ctx, ticket, ACTIVITY_SLA_BREACHED, which,
                    str_format(ctx->arena, "%lld", (long long)level),
                    (struct event){.kind = EVENT_TICKET_SLA, .new_value = mark}));
  return tell(ctx, ticket, NOTICE_SLA_BREACH, mark);
}

static enum status write_done(struct ctx *ctx, const struct ticket *ticket) {
  const struct ticket_sla_write_in in = {
      .id = ticket->id,
      .response_due_at = ticket->sla.response_due_at,
      .sla_marks = ticket->sla.marks,
      .sla_next_at = ticket->sla.next_at,
      .escalation_level = ticket->sla.escalation_level,
  };
  return sql_ticket_sla_write(ctx, &in, NULL);
}

static enum status do_ticket(struct ctx *ctx, int64_t ticket_id, struct ticket_sla_done *done) {
  struct ticket before;
  TRY(ticket_load_id(ctx, ticket_id, &before));
  struct ticket after = before;
  const struct sla_moment moment = ticket_moment(&before, ctx->now_us);
  int64_t due = sla_due(&before.sla, &moment);
  after.sla = sla_done(&before.sla, due, &moment);
  TRY(write_done(ctx, &after));
  TRY(ticket_count_move(ctx, &before, &after));
  int64_t level = before.sla.escalation_level;
  if ((due & SLA_RESPONSE_BREACHED) != 0) {
    TRY(tell_breach(ctx, &after, SLA_RESPONSE_BREACHED, ++level));
    done->response_breaches++;
  }
  if ((due & SLA_RESOLUTION_BREACHED) != 0) {
    TRY(tell_breach(ctx, &after, SLA_RESOLUTION_BREACHED, ++level));
    done->resolution_breaches++;
  }
  if ((due & SLA_RESOLUTION_WARNED) != 0) {
    TRY(tell_warning(ctx, &after));
    done->warnings++;
  }
  done->tickets++;
  return STATUS_OK;
}

static enum status due_run(struct ctx *ctx, void *arg) {
  struct due *due = arg;
  due->done = (struct ticket_sla_done){0}; /* it may be run anew */
  const struct ticket_sla_due_in in = {.now = ctx->now_us, .limit = due->max};
  struct ticket_sla_due_row *rows = NULL;
  size_t count = 0;
  TRY(sql_ticket_sla_due_all(ctx, &in, (size_t)due->max, &rows, &count));
  for (size_t i = 0; i < count; i++) {
    TRY(do_ticket(ctx, rows[i].id, &due->done));
  }
  struct ticket_sla_next_row next;
  TRY(sql_ticket_sla_next(ctx, &next));
  due->next_at = next.next_at;
  return STATUS_OK;
}

/* Nothing is written where nothing is due: the timer asks every second. */
static enum status is_due(struct ctx *ctx, struct due *due, bool *yes) {
  struct ticket_sla_next_row next;
  TRY(sql_ticket_sla_next(ctx, &next));
  due->next_at = next.next_at;
  *yes = due->max > 0 && next.next_at != 0 && next.next_at <= ctx->now_us;
  return STATUS_OK;
}

/* By the system, whoever asked. */
static enum status write_as_system(struct ctx *ctx, db_command command, void *arg) {
  const struct who *caller = ctx->who;
  ctx->who = NULL;
  enum status status = db_write(ctx, command, arg);
  ctx->who = caller;
  return status;
}

enum status ticket_sla_run(struct ctx *ctx, int64_t max, struct ticket_sla_done *done, int64_t *next_at) {
  struct due due = {.max = max < RUN_MAX ? max : RUN_MAX};
  bool yes;
  TRY(is_due(ctx, &due, &yes));
  if (yes) {
    TRY(write_as_system(ctx, due_run, &due));
  }
  *done = due.done;
  if (next_at != NULL) {
    *next_at = due.next_at;
  }
  return STATUS_OK;
}

/* ---- computed anew ---- */

struct recompute {
  int64_t tenant_id, after_id, max, last_id;
};

static enum status recompute_ticket(struct ctx *ctx, int64_t ticket_id) {
  struct ticket before;
  TRY(ticket_load_id(ctx, ticket_id, &before));
  if (before.removed_at != 0 || ticket_is_done(before.status)) {
    return STATUS_OK;
  }
  struct ticket after = before;
  TRY(ticket_update_clocks(ctx, &after));
  bool same = after.sla.response_due_at == before.sla.response_due_at &&
              after.sla.resolve_due_at == before.sla.resolve_due_at && after.sla.marks == before.sla.marks &&
              after.sla.next_at == before.sla.next_at;
  if (same) {
    return STATUS_OK;
  }
  TRY(ticket_write(ctx, &before, &after));
  return ticket_add_event(ctx, &after, (struct event){.kind = EVENT_TICKET_CHANGED});
}

static enum status recompute_run(struct ctx *ctx, void *arg) {
  struct recompute *recompute = arg;
  const struct ticket_sla_open_in in = {
      .tenant_id = recompute->tenant_id,
      .statuses = {{TICKET_NEW, TICKET_ASSIGNED, TICKET_IN_PROGRESS, TICKET_PENDING}, 4},
      .after_id = recompute->after_id,
      .limit = recompute->max};
  struct ticket_sla_open_row *rows = NULL;
  size_t count = 0;
  TRY(sql_ticket_sla_open_all(ctx, &in, (size_t)recompute->max, &rows, &count));
  for (size_t i = 0; i < count; i++) {
    TRY(recompute_ticket(ctx, rows[i].id));
  }
  recompute->last_id = (int64_t)count == recompute->max ? rows[count - 1].id : 0;
  return STATUS_OK;
}

enum status ticket_sla_recompute(struct ctx *ctx, int64_t tenant_id, int64_t after_id, int64_t max,
                                 int64_t *last_id) {
  struct recompute recompute = {.tenant_id = tenant_id,
                                .after_id = after_id,
                                .max = max < 1         ? 1
                                       : max < RUN_MAX ? max
                                                       : RUN_MAX};
  TRY(write_as_system(ctx, recompute_run, &recompute));
  *last_id = recompute.last_id;
  return STATUS_OK;
}
