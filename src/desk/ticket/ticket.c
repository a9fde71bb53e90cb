#include "desk/ticket/ticket.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/time.h"
#include "desk/account/account.h"
#include "desk/activity/activity.h"
#include "desk/event/event.h"
#include "desk/file/file.h"
#include "desk/mail/mail.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

const struct problem_kind ticket_not_found = {STATUS_NOT_FOUND, "ticket_not_found",
                                              "There is no such ticket."};
const struct problem_kind ticket_forbidden = {
    STATUS_FORBIDDEN, "ticket_forbidden", "You can read this ticket, but this is not yours to do with it."};
const struct problem_kind ticket_bad_status = {STATUS_INVALID, "bad_status",
                                               "This is no status a ticket can have."};

enum { TITLE_POINTS_MAX = 255, TITLE_FROM_TEXT_POINTS = 120, TEXT_BYTES_MAX = 64 * 1024 };

char *ticket_number(const struct ticket *ticket, char out[TICKET_NUMBER_SIZE]) {
  char day[9];
  time_yyyymmdd(ticket->created_at, day);
  snprintf(out, TICKET_NUMBER_SIZE, "TK%s%06" PRId64, day, ticket->id);
  return out;
}

enum work_type ticket_work_type(enum ticket_category category, enum work_type said) {
  if (said != WORK_NONE) {
    return said;
  }
  return category == CATEGORY_TECHNICAL ? WORK_REPAIR : WORK_MAINTENANCE;
}

enum request_kind ticket_request_kind(const struct ticket *ticket) {
  if (ticket->request_kind != REQUEST_NONE) {
    return (enum request_kind)ticket->request_kind;
  }
  switch (ticket->category) {
    case CATEGORY_TECHNICAL:
      return REQUEST_TECHNICAL;
    case CATEGORY_BILLING:
      return REQUEST_COMPLAINT;
    default:
      return REQUEST_REQUEST;
  }
}

struct str ticket_status_word(int status) {
  switch (status) {
    case TICKET_NEW:
      return STR("new");
    case TICKET_ASSIGNED:
      return STR("assigned");
    case TICKET_IN_PROGRESS:
      return STR("in_progress");
    case TICKET_PENDING:
      return STR("pending");
    case TICKET_RESOLVED:
      return STR("resolved");
    case TICKET_CLOSED:
      return STR("closed");
    default:
      return STR_NONE;
  }
}

bool ticket_in_scope(const struct who *who, const struct ticket *ticket, enum permission permission) {
  if (ticket->tenant_id != who->tenant_id) {
    return false;
  }
  switch (access_scope(who->role, permission)) {
    case SCOPE_ALL:
      return true;
    case SCOPE_READABLE:
      return ticket->assignee_id == 0 || ticket->assignee_id == who->account_id;
    case SCOPE_ASSIGNED:
      return ticket->assignee_id == who->account_id;
    case SCOPE_OWN:
      return ticket->author_id == who->account_id;
    default:
      return false;
  }
}

bool ticket_visible(const struct who *who, const struct ticket *ticket) {
  return ticket->removed_at == 0 && ticket_in_scope(who, ticket, MAY_TICKET_READ);
}

/* ---- creation ---- */

static bool is_blank(struct str text) {
  return str_trim(text).len == 0;
}

/* What every text of a ticket must be; NULL where it is. */
static const char *text_fault(struct str text) {
  if (is_blank(text)) {
    return "is required";
  }
  if (!str_utf8(text)) {
    return "must be UTF-8 text";
  }
  return str_has_control(text) ? "must not hold control characters" : NULL;
}

enum status ticket_check_title(struct ctx *ctx, struct str text) {
  const char *fault = text_fault(text);
  if (fault == NULL && str_points(text) > TITLE_POINTS_MAX) {
    fault = "must be at most 255 characters";
  }
  return fault == NULL ? STATUS_OK : problem_fault(ctx, STR("title"), str_of(fault));
}

enum status ticket_check_text(struct ctx *ctx, struct str field, struct str text) {
  const char *fault = text.len > TEXT_BYTES_MAX ? "must be at most 64 KiB" : text_fault(text);
  return fault == NULL ? STATUS_OK : problem_fault(ctx, field, str_of(fault));
}

/* The first line that says something. */
static struct str title_from(struct str description) {
  struct str rest = str_trim(description);
  struct str line = str_trim((struct str){rest.at, str_find(rest, '\n')});
  return str_trim(str_cut_words(line, TITLE_FROM_TEXT_POINTS));
}

enum status ticket_check_range(struct ctx *ctx, struct str field, int value, int low, int high) {
  return value >= low && value <= high ? STATUS_OK : problem_fault(ctx, field, STR("is unknown"));
}

void ticket_forget(struct ctx *ctx, const struct problem_kind *kind) {
  if (ctx->problem.kind == kind) {
    problem_clear(ctx);
  }
}

enum status ticket_check_files(struct ctx *ctx, size_t count) {
  return count <= TICKET_FILES_MAX ? STATUS_OK
                                   : problem_fault(ctx, STR("attachments"), STR("must be at most 10"));
}

enum status ticket_check_place(struct ctx *ctx, double latitude, double longitude) {
  enum status status = STATUS_OK;
  if (!(latitude >= -90 && latitude <= 90)) {
    status = problem_fault(ctx, STR("location.lat"), STR("must be between -90 and 90"));
  }
  if (!(longitude >= -180 && longitude <= 180)) {
    status = problem_fault(ctx, STR("location.lng"), STR("must be between -180 and 180"));
  }
  return status;
}

/* All faults at once. */
static enum status check_new(struct ctx *ctx, const struct ticket_new *ticket) {
  const enum status found[] = {
      ticket->title.at != NULL ? ticket_check_title(ctx, ticket->title) : STATUS_OK,
      ticket_check_text(ctx, STR("description"), ticket->description),
      ticket_check_range(ctx, STR("category"), (int)ticket->category, CATEGORY_BILLING, CATEGORY_SERVICE),
      ticket_check_range(ctx, STR("priority"), (int)ticket->priority, PRIORITY_LOW, PRIORITY_EMERGENCY),
      ticket_check_range(ctx, STR("work_type"), (int)ticket->work_type, WORK_NONE, WORK_DISCONNECTION),
      ticket_check_range(ctx, STR("request_kind"), (int)ticket->request_kind, REQUEST_NONE,
                         REQUEST_TECHNICAL),
      ticket_check_files(ctx, ticket->file_count + ticket->link_count),
      ticket->has_place ? ticket_check_place(ctx, ticket->latitude, ticket->longitude) : STATUS_OK,
  };
  for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
    TRY(found[i]);
  }
  return STATUS_OK;
}

struct creation {
  const struct ticket_new *from;
  struct ticket ticket;
};

/* Whose ticket it is. */
static enum status find_author(struct ctx *ctx, struct uuid customer, struct ticket *ticket) {
  const struct who *who = ctx->who;
  if (uuid_is_none(customer) || !role_is_staff(who->role)) {
    ticket->author_id = who->account_id;
    ticket->author_uuid = who->uuid;
    ticket->author_name = who->name;
    ticket->author_email = who->email;
    ticket->author_role = who->role;
    return STATUS_OK;
  }
  struct account account;
  enum status status = account_by_uuid(ctx, who->tenant_id, customer, &account);
  if (status == STATUS_NOT_FOUND) {
    ticket_forget(ctx, &account_not_found);
    return problem_fault(ctx, STR("customer_id"), STR("is unknown"));
  }
  TRY(status);
  if (account.role != ROLE_CUSTOMER || !account.is_active) {
    return problem_fault(ctx, STR("customer_id"),
                         account.is_active ? STR("must be a customer") : STR("is deactivated"));
  }
  ticket->author_id = account.id;
  ticket->author_uuid = account.uuid;
  ticket->author_name = account.name;
  ticket->author_email = account.email;
  ticket->author_role = account.role;
  if (who->role == ROLE_TECHNICIAN) { /* own work */
    ticket_take(ticket, who->account_id, ctx->now_us);
    ticket_enter_status(ticket, TICKET_ASSIGNED, ctx->now_us);
  }
  return STATUS_OK;
}

static enum status insert_row(struct ctx *ctx, struct ticket *ticket) {
  const struct ticket_insert_in in = {
      .tenant_id = ticket->tenant_id,
      .uuid = ticket->uuid = uuid_v7(ctx->now_us), /* here, so that on one writer ids and uuids grow alike */
      .author_id = ticket->author_id,
      .assignee_id = ticket->assignee_id,
      .title = ticket->title,
      .description = ticket->description,
      .category = ticket->category,
      .priority = ticket->priority,
      .status = ticket->status,
      .work_type = ticket->work_type,
      .request_kind = ticket->request_kind,
      .file_count = ticket->file_count,
      .first_response_at = ticket->first_response_at,
      .assigned_at = ticket->assigned_at,
      .first_assignee_id = ticket->first_assignee_id,
      .latitude = ticket->latitude,
      .longitude = ticket->longitude,
      .scheduled_at = ticket->scheduled_at,
      .response_due_at = ticket->sla.response_due_at,
      .resolve_due_at = ticket->sla.resolve_due_at,
      .sla_next_at = ticket->sla.next_at,
      .now = ctx->now_us,
  };
  struct ticket_insert_row row;
  TRY(sql_ticket_insert(ctx, &in, &row));
  ticket->id = row.id;
  return STATUS_OK;
}

static enum status add_files(struct ctx *ctx, const struct ticket_new *from, const struct ticket *ticket) {
  for (size_t i = 0; i < from->file_count; i++) {
    TRY(file_add(ctx, ticket->tenant_id, ticket->id, &from->files[i]));
  }
  if (from->link_count == 0) {
    return STATUS_OK;
  }
  int64_t added = 0;
  TRY(file_attach(ctx, ticket->tenant_id, ticket->id, 0, from->links, from->link_count, &added));
  if ((int64_t)from->file_count + added != ticket->file_count) {
    return problem_fault(ctx, STR("attachments"), STR("must not name a file twice"));
  }
  return STATUS_OK;
}

static enum status create(struct ctx *ctx, void *arg) {
  struct creation *creation = arg;
  struct ticket *ticket = &creation->ticket;
  TRY(ticket_start_clocks(ctx, ticket));
  TRY(insert_row(ctx, ticket));
  TRY(add_files(ctx, creation->from, ticket));
  TRY(activity_add(ctx, ticket->tenant_id, ticket->id, ACTIVITY_CREATED, STR_NONE, STR_NONE));
  TRY(ticket_record_start(ctx, ticket));
  TRY(ticket_add_event(ctx, ticket,
                       (struct event){.kind = EVENT_TICKET_CREATED, .new_value = ticket->status}));
  if (ticket->assignee_id != 0) {
    TRY(ticket_record(ctx, ticket, ACTIVITY_ASSIGNED, STR_NONE, ctx->who->name,
                      (struct event){.kind = EVENT_TICKET_ASSIGNED, .new_value = ticket->assignee_id}));
  }
  TRY(mail_add(ctx, ticket->tenant_id, MAIL_TICKET_CREATED, ticket->author_id, ticket->id, ticket->status,
               STR_NONE));
  const struct notice_new notice = {
      .tenant_id = ticket->tenant_id, .kind = NOTICE_TICKET_CREATED, .ticket_id = ticket->id};
  if (ticket->author_id == ctx->who->account_id) {
    TRY(notice_add_staff(ctx, ROLE_CUSTOMER_SERVICE, 0, &notice));
  } else {
    TRY(notice_add(ctx, ticket->author_id, &notice));
  }
  return ticket_count_created(ctx, ticket);
}

enum status ticket_create(struct ctx *ctx, const struct ticket_new *new_ticket, struct ticket *out) {
  TRY(access_check(ctx, MAY_TICKET_CREATE));
  if (!role_is_staff(ctx->who->role) && !uuid_is_none(new_ticket->customer) &&
      !uuid_equal(new_ticket->customer, ctx->who->uuid)) {
    return problem_set(ctx, &ticket_forbidden);
  }
  enum status faulty = check_new(ctx, new_ticket);
  struct creation creation = {
      .from = new_ticket,
      .ticket = {
          .tenant_id = ctx->who->tenant_id,
          .title = new_ticket->title.at != NULL ? new_ticket->title : title_from(new_ticket->description),
          .description = new_ticket->description,
          .category = (int)new_ticket->category,
          .priority = (int)new_ticket->priority,
          .status = TICKET_NEW,
          .work_type = (int)ticket_work_type(new_ticket->category, new_ticket->work_type),
          .request_kind = (int)new_ticket->request_kind,
          .latitude = new_ticket->has_place ? new_ticket->latitude : NAN,
          .longitude = new_ticket->has_place ? new_ticket->longitude : NAN,
          .scheduled_at = new_ticket->scheduled_at,
          .status_changed_at = ctx->now_us,
          .created_at = ctx->now_us,
          .updated_at = ctx->now_us,
          .file_count = (int64_t)(new_ticket->file_count + new_ticket->link_count),
      }};
  TRY(find_author(ctx, new_ticket->customer, &creation.ticket));
  TRY(faulty);
  TRY(db_write(ctx, create, &creation));
  *out = creation.ticket;
  return STATUS_OK;
}

/* ---- reading one ---- */

enum status ticket_get(struct ctx *ctx, struct uuid uuid, struct ticket *out) {
  TRY(access_check(ctx, MAY_TICKET_READ));
  struct ticket ticket;
  TRY(ticket_load(ctx, uuid, false, &ticket));
  if (!ticket_visible(ctx->who, &ticket)) {
    return problem_set(ctx, &ticket_not_found);
  }
  *out = ticket;
  return STATUS_OK;
}
