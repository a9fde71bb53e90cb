#include "desk/account/account.h"
#include "desk/event/event.h"
#include "desk/technician/technician.h"
#include "desk/ticket/ticket_internal.h"

/* Who works on a ticket, and when. */

const struct problem_kind ticket_done = {STATUS_STATE, "ticket_done",
                                         "This ticket is solved already. Reopen it first."};
const struct problem_kind ticket_technician_unavailable = {STATUS_STATE, "technician_unavailable",
                                                           "This technician is not available at the moment."};

void ticket_take(struct ticket *ticket, int64_t assignee_id, int64_t now_us) {
  ticket->assignee_id = assignee_id;
  ticket->assigned_at = assignee_id != 0 ? now_us : 0;
  if (ticket->first_assignee_id == 0) {
    ticket->first_assignee_id = assignee_id;
  }
}

struct assigning {
  struct uuid uuid;
  const struct ticket_assignment *assignment;
  struct ticket before, after;
};

static enum status technician_fault(struct ctx *ctx, struct str reason) {
  return problem_fault(ctx, STR("technician_id"), reason);
}

static enum status find_staff(struct ctx *ctx, int64_t tenant_id, const struct ticket_assignment *assignment,
                              struct account *out) {
  return assignment->assignee_id != 0 ? account_by_id(ctx, tenant_id, assignment->assignee_id, out)
                                      : account_by_uuid(ctx, tenant_id, assignment->assignee, out);
}

/* Whom the assignment names; id 0: nobody. */
static enum status find_assignee(struct ctx *ctx, const struct ticket_assignment *assignment,
                                 struct account *out) {
  *out = (struct account){0};
  if (assignment->assignee_id == 0 && uuid_is_none(assignment->assignee)) {
    return STATUS_OK;
  }
  struct account found;
  const struct who *who = ctx->who;
  enum status status = find_staff(ctx, who->tenant_id, assignment, &found);
  if (status == STATUS_NOT_FOUND && who->home_tenant_id != who->tenant_id) {
    problem_clear(ctx);
    status = find_staff(ctx, who->home_tenant_id, assignment, &found); /* the operator's take and share work */
  }
  if (status == STATUS_NOT_FOUND) {
    ticket_forget(ctx, &account_not_found);
    return technician_fault(ctx, STR("is unknown"));
  }
  TRY(status);
  if (assignment->technician_only && found.role != ROLE_TECHNICIAN) {
    return technician_fault(ctx, STR("must be a technician"));
  }
  if (!role_is_staff((enum role)found.role)) {
    return technician_fault(ctx, STR("must be one of the staff"));
  }
  if (!found.is_active) {
    return technician_fault(ctx, STR("is deactivated"));
  }
  *out = found;
  return STATUS_OK;
}

/* Staff anything; a technician takes what is nobody's, and plans what is theirs. */
static enum status check_scope(struct ctx *ctx, const struct ticket *ticket, int64_t assignee_id) {
  const struct who *who = ctx->who;
  if (access_scope(who->role, MAY_TICKET_ASSIGN) == SCOPE_ALL) {
    return STATUS_OK;
  }
  bool free_or_own = ticket_in_scope(who, ticket, MAY_TICKET_ASSIGN);
  return free_or_own && assignee_id == who->account_id ? STATUS_OK : problem_set(ctx, &ticket_forbidden);
}

/* Nobody is given work while they said they can't; who takes it themself can. */
static enum status check_available(struct ctx *ctx, const struct account *assignee) {
  if (assignee->role != ROLE_TECHNICIAN || assignee->id == ctx->who->account_id) {
    return STATUS_OK;
  }
  bool available = false;
  TRY(technician_is_available(ctx, assignee->id, &available));
  return available ? STATUS_OK : problem_set(ctx, &ticket_technician_unavailable);
}

/* new becomes assigned, and back where nobody has it any more. */
static void enter_assigned(struct ticket *ticket, int64_t now_us) {
  if (ticket->assignee_id != 0 && ticket->status == TICKET_NEW) {
    ticket_enter_status(ticket, TICKET_ASSIGNED, now_us);
  } else if (ticket->assignee_id == 0 && ticket->status == TICKET_ASSIGNED) {
    ticket_enter_status(ticket, TICKET_NEW, now_us);
  }
}

static enum status name_of(struct ctx *ctx, int64_t account_id, struct str *out) {
  struct ticket_person person = {0};
  if (account_id != 0) {
    TRY(ticket_people(ctx, &account_id, 1, &person));
  }
  *out = person.name;
  return STATUS_OK;
}

static enum status record_assignee(struct ctx *ctx, const struct ticket *before, const struct ticket *after,
                                   struct str name) {
  struct str old_name;
  TRY(name_of(ctx, before->assignee_id, &old_name));
  TRY(ticket_record(
      ctx, after, ACTIVITY_ASSIGNED, old_name, name,
      (struct event){
          .kind = EVENT_TICKET_ASSIGNED, .old_value = before->assignee_id, .new_value = after->assignee_id}));
  if (before->status != after->status) {
    TRY(ticket_record(
        ctx, after, ACTIVITY_STATUS, ticket_status_word(before->status), ticket_status_word(after->status),
        (struct event){
            .kind = EVENT_TICKET_STATUS, .old_value = before->status, .new_value = after->status}));
  }
  return notice_add(
      ctx, after->assignee_id,
      &(struct notice_new){
          .tenant_id = after->tenant_id, .kind = NOTICE_TICKET_ASSIGNED, .ticket_id = after->id});
}

static enum status write_assignment(struct ctx *ctx, const struct ticket *before, struct ticket *after,
                                    struct str name, struct str note) {
  bool given = before->assignee_id != after->assignee_id;
  if (given) {
    TRY(record_assignee(ctx, before, after, name));
  }
  if (before->scheduled_at != after->scheduled_at) {
    TRY(activity_add_change(ctx, after->tenant_id, after->id, "scheduled_at",
                            ticket_time_text(ctx, before->scheduled_at),
                            ticket_time_text(ctx, after->scheduled_at)));
  }
  if (note.at != NULL) {
    TRY(activity_add(ctx, after->tenant_id, after->id, ACTIVITY_NOTE, STR_NONE, note));
  }
  if (!given) {
    TRY(ticket_add_event(ctx, after, (struct event){.kind = EVENT_TICKET_CHANGED}));
  }
  after->updated_at = ctx->now_us;
  TRY(ticket_update_clocks(ctx, after));
  return ticket_write(ctx, before, after);
}

static enum status assign_run(struct ctx *ctx, void *arg) {
  struct assigning *assigning = arg;
  const struct ticket_assignment *assignment = assigning->assignment;
  const struct ticket *before = &assigning->before;
  struct ticket *after = &assigning->after;
  struct account assignee;
  TRY(ticket_load(ctx, assigning->uuid, true, &assigning->before));
  if (!ticket_visible(ctx->who, before)) {
    return problem_set(ctx, &ticket_not_found);
  }
  TRY(find_assignee(ctx, assignment, &assignee));
  TRY(check_scope(ctx, before, assignee.id));
  if (ticket_is_done(before->status)) {
    return problem_set(ctx, &ticket_done);
  }
  *after = *before;
  if (assignee.id != before->assignee_id) {
    TRY(check_available(ctx, &assignee));
    ticket_take(after, assignee.id, ctx->now_us);
    enter_assigned(after, ctx->now_us);
  }
  if (assignment->scheduled_at != 0) {
    after->scheduled_at = assignment->scheduled_at;
  }
  if (after->assignee_id == before->assignee_id && after->scheduled_at == before->scheduled_at &&
      assignment->note.at == NULL) {
    return STATUS_OK;
  }
  return write_assignment(ctx, before, after, assignee.name, assignment->note);
}

enum status ticket_assign(struct ctx *ctx, struct uuid uuid, const struct ticket_assignment *assignment,
                          struct ticket *out) {
  TRY(access_check(ctx, MAY_TICKET_ASSIGN));
  if (assignment->note.at != NULL) {
    TRY(ticket_check_text(ctx, STR("notes"), assignment->note));
  }
  struct assigning assigning = {.uuid = uuid, .assignment = assignment};
  TRY(db_write(ctx, assign_run, &assigning));
  *out = assigning.after;
  return STATUS_OK;
}
