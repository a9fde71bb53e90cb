#include "desk/activity/activity.h"
#include "desk/event/event.h"
#include "desk/mail/mail.h"
#include "desk/reply/reply.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

/* An answer: a status, a reply, or both in one transaction. */
struct answer {
  struct uuid uuid;
  const struct ticket_status_change *change; /* NULL: only a reply */
  struct str text;                           /* NONE: only a status */
  struct ticket before, after;
};

static bool is_done(int status) {
  return status == TICKET_RESOLVED || status == TICKET_CLOSED;
}

static bool has(const struct db_ints *set, int value) {
  for (unsigned i = 0; i < set->count && i < DB_INTS_MAX; i++) {
    if (set->values[i] == value) {
      return true;
    }
  }
  return false;
}

/* The status and its marks. */
static void enter_status(struct ticket *ticket, int status, int64_t now_us) {
  if (ticket->status == TICKET_NEW && ticket->first_response_at == 0) {
    ticket->first_response_at = now_us;
  }
  if (is_done(ticket->status) && !is_done(status)) {
    ticket->resolved_at = 0;
    ticket->closed_at = 0;
    ticket->reopened_count++;
  }
  if (status == TICKET_IN_PROGRESS && ticket->started_at == 0) {
    ticket->started_at = now_us;
  }
  /* Closing without resolving counts as resolving; a closed ticket put back to resolved keeps the time
   * at which it was resolved. */
  if (is_done(status) && ticket->resolved_at == 0) {
    ticket->resolved_at = now_us;
  }
  ticket->closed_at = status == TICKET_CLOSED ? now_us : 0;
  ticket->status = status;
  ticket->status_changed_at = now_us;
  ticket->updated_at = now_us;
}

/* A customer closes what was resolved and reopens what is done, nothing else. */
static bool customer_status(const struct ticket *ticket, int asked, int *set) {
  if (ticket->status == TICKET_RESOLVED && asked == TICKET_CLOSED) {
    *set = TICKET_CLOSED;
    return true;
  }
  if (is_done(ticket->status) && !is_done(asked)) {
    *set = ticket->assignee_id != 0 ? TICKET_ASSIGNED : TICKET_NEW;
    return true;
  }
  return false;
}

static enum status change_status(struct ctx *ctx, const struct ticket_status_change *change,
                                 struct ticket *ticket) {
  int set = (int)change->set;
  if (ticket->status == set || has(&change->reads_as, ticket->status)) {
    return STATUS_OK;
  }
  const struct who *who = ctx->who;
  switch (access_scope(who->role, MAY_TICKET_STATUS)) {
    case SCOPE_ALL:
      break;
    case SCOPE_ASSIGNED:
    case SCOPE_READABLE:
      if (ticket->assignee_id == 0) {
        ticket->assignee_id = who->account_id; /* whoever works on it has it */
      }
      if (ticket->assignee_id != who->account_id) {
        return problem_set(ctx, &ticket_forbidden);
      }
      break;
    case SCOPE_OWN:
      if (ticket->author_id != who->account_id || !customer_status(ticket, set, &set)) {
        return problem_set(ctx, &ticket_forbidden);
      }
      break;
    default:
      return problem_set(ctx, &ticket_forbidden);
  }
  enter_status(ticket, set, ctx->now_us);
  return STATUS_OK;
}

static enum status record(struct ctx *ctx, const struct ticket *ticket, enum activity_action action,
                          struct str old_word, struct str new_word, struct event event) {
  TRY(activity_add(ctx, ticket->tenant_id, ticket->id, action, old_word, new_word));
  event.tenant_id = ticket->tenant_id;
  event.ticket_id = ticket->id;
  event.account_id = ctx->who->account_id;
  return event_add(ctx, &event);
}

/* The row, the history and the events of what changed between before and after. */
static enum status write_change(struct ctx *ctx, const struct ticket *before, const struct ticket *after) {
  const struct ticket_update_status_in in = {
      .id = after->id,
      .status = after->status,
      .assignee_id = after->assignee_id,
      .reopened_count = after->reopened_count,
      .first_response_at = after->first_response_at,
      .started_at = after->started_at,
      .resolved_at = after->resolved_at,
      .closed_at = after->closed_at,
      .status_changed_at = after->status_changed_at,
      .updated_at = after->updated_at,
  };
  TRY(sql_ticket_update_status(ctx, &in, NULL));
  if (before->assignee_id != after->assignee_id) {
    /* Only the caller can have taken it here. */
    TRY(record(ctx, after, ACTIVITY_ASSIGNED, STR_NONE, ctx->who->name,
               (struct event){.kind = EVENT_TICKET_ASSIGNED,
                              .old_value = before->assignee_id,
                              .new_value = after->assignee_id}));
  }
  TRY(record(
      ctx, after, ACTIVITY_STATUS, ticket_status_word(before->status), ticket_status_word(after->status),
      (struct event){.kind = EVENT_TICKET_STATUS, .old_value = before->status, .new_value = after->status}));
  return ticket_count_move(ctx, before, after);
}

static enum status write_reply(struct ctx *ctx, const struct ticket *after, struct str text) {
  struct reply reply;
  TRY(reply_add(ctx, after->tenant_id, after->id, text, &reply));
  return record(ctx, after, ACTIVITY_REPLIED, STR_NONE, STR_NONE,
                (struct event){.kind = EVENT_TICKET_REPLIED});
}

/* To the other party, one mail for both; nobody hears of what they did themselves. */
static enum status write_mail(struct ctx *ctx, const struct ticket *after, bool moved, struct str text) {
  int64_t caller = ctx->who->account_id;
  int64_t to = caller == after->author_id ? after->assignee_id : after->author_id;
  if (to == 0 || to == caller) {
    return STATUS_OK;
  }
  enum mail_kind kind = moved ? MAIL_TICKET_STATUS : MAIL_TICKET_REPLIED;
  return mail_add(ctx, after->tenant_id, kind, to, after->id, after->status, text);
}

static enum status answer_run(struct ctx *ctx, void *arg) {
  struct answer *answer = arg;
  const struct ticket *before = &answer->before;
  struct ticket *after = &answer->after;
  TRY(ticket_load(ctx, answer->uuid, true, &answer->before));
  if (!ticket_visible(ctx->who, before)) {
    return problem_set(ctx, &ticket_not_found);
  }
  *after = *before;
  bool replied = answer->text.at != NULL;
  if (replied && !ticket_in_scope(ctx->who, before, MAY_TICKET_REPLY)) {
    return problem_set(ctx, &ticket_forbidden);
  }
  if (answer->change != NULL) {
    TRY(change_status(ctx, answer->change, after));
  }
  bool moved = after->status != before->status;
  if (!moved && !replied) {
    return STATUS_OK;
  }
  if (replied) {
    after->updated_at = ctx->now_us;
    if (after->first_response_at == 0 && role_is_staff(ctx->who->role)) {
      after->first_response_at = ctx->now_us;
    }
  }
  if (moved) {
    TRY(write_change(ctx, before, after));
  } else {
    const struct ticket_update_answered_in in = {
        .id = after->id, .first_response_at = after->first_response_at, .updated_at = after->updated_at};
    TRY(sql_ticket_update_answered(ctx, &in, NULL));
  }
  if (replied) {
    TRY(write_reply(ctx, after, answer->text));
  }
  return write_mail(ctx, after, moved, answer->text);
}

static enum status check_change(struct ctx *ctx, const struct ticket_status_change *change) {
  if ((int)change->set >= TICKET_NEW && (int)change->set < TICKET_STATUS_COUNT) {
    return STATUS_OK;
  }
  enum status status = problem_set(ctx, &ticket_bad_status);
  problem_fault(ctx, STR("status"), STR("is unknown"));
  return status;
}

enum status ticket_set_status(struct ctx *ctx, struct uuid uuid, const struct ticket_status_change *change,
                              struct ticket *out) {
  TRY(access_check(ctx, MAY_TICKET_READ));
  TRY(check_change(ctx, change));
  struct answer answer = {.uuid = uuid, .change = change};
  TRY(db_write(ctx, answer_run, &answer));
  *out = answer.after;
  return STATUS_OK;
}

enum status ticket_reply(struct ctx *ctx, struct uuid uuid, struct str text, struct ticket *out) {
  TRY(access_check(ctx, MAY_TICKET_REPLY));
  TRY(ticket_check_text(ctx, STR("text"), text));
  struct answer answer = {.uuid = uuid, .text = text};
  TRY(db_write(ctx, answer_run, &answer));
  *out = answer.after;
  return STATUS_OK;
}

enum status ticket_answer(struct ctx *ctx, struct uuid uuid, const struct ticket_status_change *change,
                          struct str text, struct ticket *out) {
  TRY(access_check(ctx, MAY_TICKET_REPLY));
  enum status bad_status = check_change(ctx, change);
  TRY(ticket_check_text(ctx, STR("text"), text));
  TRY(bad_status);
  struct answer answer = {.uuid = uuid, .change = change, .text = text};
  TRY(db_write(ctx, answer_run, &answer));
  *out = answer.after;
  return STATUS_OK;
}
