#include "desk/activity/activity.h"
#include "desk/event/event.h"
#include "desk/file/file.h"
#include "desk/mail/mail.h"
#include "desk/reply/reply.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

/* An answer: a status, a reply, or both in one transaction, with what belongs to them. */
struct answer {
  struct uuid uuid;
  const struct ticket_status_change *change; /* NULL: only a reply */
  struct str text;                           /* of the reply; NONE: only a status */
  struct str note;                           /* to the status; NONE without */
  const struct str *links;                   /* of the reply, without one of the ticket */
  size_t link_count;
  struct ticket before, after;
  struct reply reply; /* out */
};

bool ticket_is_done(int status) {
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

void ticket_enter_status(struct ticket *ticket, int status, int64_t now_us) {
  if (ticket->status == TICKET_NEW && ticket->first_response_at == 0) {
    ticket->first_response_at = now_us;
  }
  if (ticket_is_done(ticket->status) && !ticket_is_done(status)) {
    ticket->resolved_at = 0;
    ticket->closed_at = 0;
    ticket->reopened_count++;
  }
  if (status == TICKET_IN_PROGRESS && ticket->started_at == 0) {
    ticket->started_at = now_us;
  }
  /* Closing without resolving counts as resolving; a closed ticket put back to resolved keeps the time
   * at which it was resolved. */
  if (ticket_is_done(status) && ticket->resolved_at == 0) {
    ticket->resolved_at = now_us;
  }
  ticket->closed_at = status == TICKET_CLOSED ? now_us : 0;
  ticket->status = status;
  ticket->status_changed_at = now_us;
  ticket->updated_at = now_us;
}

/* A customer closes what was resolved and reopens what is done, nothing else. Who asks for "pending" does not
 * ask for work to go on. */
static bool customer_status(const struct ticket *ticket, int asked, int *set) {
  if (ticket->status == TICKET_RESOLVED && asked == TICKET_CLOSED) {
    *set = TICKET_CLOSED;
    return true;
  }
  if (ticket_is_done(ticket->status) && !ticket_is_done(asked) && asked != TICKET_PENDING) {
    *set = ticket->assignee_id != 0 ? TICKET_ASSIGNED : TICKET_NEW;
    return true;
  }
  return false;
}

static enum status change_status(struct ctx *ctx, const struct ticket_status_change *change,
                                 struct ticket *ticket) {
  bool stays = change->keeps_agent && change->set == TICKET_NEW && ticket->assignee_id != 0;
  int set = stays ? TICKET_ASSIGNED : (int)change->set;
  if (ticket->status == set || has(&change->reads_as, ticket->status)) {
    return STATUS_OK;
  }
  const struct who *who = ctx->who;
  switch (access_scope(who->role, MAY_TICKET_STATUS)) {
    case SCOPE_ALL:
      break;
    case SCOPE_ASSIGNED:
    case SCOPE_READABLE:
      if (ticket->assignee_id == 0 && !change->only_assigned) {
        ticket_take(ticket, who->account_id, ctx->now_us); /* whoever works on it has it */
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
  ticket_enter_status(ticket, set, ctx->now_us);
  return STATUS_OK;
}

/* History and events of what changed between before and after. */
static enum status record_change(struct ctx *ctx, const struct ticket *before, const struct ticket *after) {
  if (before->assignee_id != after->assignee_id) {
    /* Only the caller can have taken it here. */
    TRY(ticket_record(ctx, after, ACTIVITY_ASSIGNED, STR_NONE, ctx->who->name,
                      (struct event){.kind = EVENT_TICKET_ASSIGNED,
                                     .old_value = before->assignee_id,
                                     .new_value = after->assignee_id}));
  }
  return ticket_record(
      ctx, after, ACTIVITY_STATUS, ticket_status_word(before->status), ticket_status_word(after->status),
      (struct event){.kind = EVENT_TICKET_STATUS, .old_value = before->status, .new_value = after->status});
}

static enum status write_reply(struct ctx *ctx, struct answer *answer) {
  const struct ticket *ticket = &answer->after;
  int64_t added = 0;
  TRY(reply_add(ctx, ticket->tenant_id, ticket->id, answer->text, &answer->reply));
  if (answer->link_count > 0) {
    TRY(file_attach(ctx, ticket->tenant_id, ticket->id, answer->reply.id, answer->links, answer->link_count,
                    &added));
    TRY(reply_set_files(ctx, &answer->reply, added));
  }
  return ticket_record(ctx, ticket, ACTIVITY_REPLIED, STR_NONE, STR_NONE,
                       (struct event){.kind = EVENT_TICKET_REPLIED});
}

/* What stands beside a status: words for the history, attachments of the ticket. */
static enum status write_beside(struct ctx *ctx, const struct answer *answer, struct ticket *ticket) {
  int64_t added = 0;
  if (answer->note.at != NULL) {
    TRY(activity_add(ctx, ticket->tenant_id, ticket->id, ACTIVITY_NOTE, STR_NONE, answer->note));
  }
  if (answer->link_count > 0) {
    TRY(file_attach(ctx, ticket->tenant_id, ticket->id, 0, answer->links, answer->link_count, &added));
    ticket->file_count += added;
  }
  return ticket_add_event(ctx, ticket, (struct event){.kind = EVENT_TICKET_CHANGED});
}

/* To the other party, one mail and one notice for both; nobody hears of what they did themselves. */
static enum status tell(struct ctx *ctx, const struct ticket *after, bool moved, struct str text) {
  TRY(ticket_notify(ctx, after, moved ? NOTICE_TICKET_STATUS : NOTICE_TICKET_REPLIED,
                    moved ? after->status : 0));
  int64_t caller = ctx->who->account_id;
  int64_t to = caller == after->author_id ? after->assignee_id : after->author_id;
  if (to == 0 || to == caller) {
    return STATUS_OK;
  }
  enum mail_kind kind = moved ? MAIL_TICKET_STATUS : MAIL_TICKET_REPLIED;
  return mail_add(ctx, after->tenant_id, kind, to, after->id, after->status, text);
}

/* Loads the ticket, judges, and makes answer->after what it becomes. */
static enum status judge(struct ctx *ctx, struct answer *answer) {
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
  if (replied) {
    after->updated_at = ctx->now_us;
    if (after->first_response_at == 0 && role_is_staff(ctx->who->role)) {
      after->first_response_at = ctx->now_us;
    }
  }
  return STATUS_OK;
}

static enum status answer_run(struct ctx *ctx, void *arg) {
  struct answer *answer = arg;
  const struct ticket *before = &answer->before;
  struct ticket *after = &answer->after;
  TRY(judge(ctx, answer));
  bool replied = answer->text.at != NULL;
  bool moved = after->status != before->status;
  bool beside = !replied && (answer->note.at != NULL || answer->link_count > 0);
  if (!moved && !replied && !beside) {
    return STATUS_OK;
  }
  if (beside && !moved) { /* words about a status that it has already */
    if (!ticket_in_scope(ctx->who, before, MAY_TICKET_STATUS)) {
      return problem_set(ctx, &ticket_forbidden);
    }
    after->updated_at = ctx->now_us;
  }
  if (moved) {
    TRY(record_change(ctx, before, after));
  }
  if (replied) {
    TRY(write_reply(ctx, answer));
  }
  if (beside) {
    TRY(write_beside(ctx, answer, after));
  }
  if (moved || after->first_response_at != before->first_response_at) {
    TRY(ticket_update_clocks(ctx, after));
  }
  if (moved || replied) {
    TRY(tell(ctx, after, moved, answer->text));
  }
  return ticket_write(ctx, before, after);
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

enum status ticket_comment(struct ctx *ctx, struct uuid uuid, struct str text, const struct str *links,
                           size_t link_count, struct reply *out) {
  TRY(access_check(ctx, MAY_TICKET_REPLY));
  enum status faulty = ticket_check_files(ctx, link_count);
  TRY(ticket_check_text(ctx, STR("text"), text));
  TRY(faulty);
  struct answer answer = {.uuid = uuid, .text = text, .links = links, .link_count = link_count};
  TRY(db_write(ctx, answer_run, &answer));
  *out = answer.reply;
  return STATUS_OK;
}

enum status ticket_move(struct ctx *ctx, struct uuid uuid, const struct ticket_status_change *change,
                        struct str note, const struct str *links, size_t link_count, struct ticket *out) {
  TRY(access_check(ctx, MAY_TICKET_READ));
  const enum status found[] = {
      check_change(ctx, change),
      note.at != NULL ? ticket_check_text(ctx, STR("notes"), note) : STATUS_OK,
      ticket_check_files(ctx, link_count),
  };
  for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
    TRY(found[i]);
  }
  struct answer answer = {
      .uuid = uuid, .change = change, .note = note, .links = links, .link_count = link_count};
  TRY(db_write(ctx, answer_run, &answer));
  *out = answer.after;
  return STATUS_OK;
}
