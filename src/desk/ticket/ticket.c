#include "desk/ticket/ticket.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/time.h"
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

enum {
  TITLE_POINTS_MAX = 255,
  TITLE_FROM_TEXT_POINTS = 120,
  TEXT_BYTES_MAX = 64 * 1024,
  TICKET_FILES_MAX = 10
};

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

static enum status check_range(struct ctx *ctx, struct str field, int value, int low, int high) {
  return value >= low && value <= high ? STATUS_OK : problem_fault(ctx, field, STR("is unknown"));
}

/* All faults at once. */
static enum status check_new(struct ctx *ctx, const struct ticket_new *ticket) {
  const enum status found[] = {
      ticket->title.at != NULL ? ticket_check_title(ctx, ticket->title) : STATUS_OK,
      ticket_check_text(ctx, STR("description"), ticket->description),
      check_range(ctx, STR("category"), (int)ticket->category, CATEGORY_BILLING, CATEGORY_SERVICE),
      check_range(ctx, STR("priority"), (int)ticket->priority, PRIORITY_LOW, PRIORITY_EMERGENCY),
      check_range(ctx, STR("work_type"), (int)ticket->work_type, WORK_NONE, WORK_DISCONNECTION),
      check_range(ctx, STR("request_kind"), (int)ticket->request_kind, REQUEST_NONE, REQUEST_TECHNICAL),
      ticket->file_count <= TICKET_FILES_MAX ? STATUS_OK
                                             : problem_fault(ctx, STR("files"), STR("must be at most 10")),
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

static enum status create(struct ctx *ctx, void *arg) {
  struct creation *creation = arg;
  struct ticket *ticket = &creation->ticket;
  const struct ticket_insert_in in = {
      .tenant_id = ticket->tenant_id,
      .uuid = ticket->uuid = uuid_v7(ctx->now_us), /* here, so that on one writer ids and uuids grow alike */
      .author_id = ticket->author_id,
      .title = ticket->title,
      .description = ticket->description,
      .category = ticket->category,
      .priority = ticket->priority,
      .status = ticket->status,
      .work_type = ticket->work_type,
      .request_kind = ticket->request_kind,
      .file_count = ticket->file_count,
      .now = ctx->now_us,
  };
  struct ticket_insert_row row;
  TRY(sql_ticket_insert(ctx, &in, &row));
  ticket->id = row.id;
  for (size_t i = 0; i < creation->from->file_count; i++) {
    TRY(file_add(ctx, ticket->tenant_id, ticket->id, &creation->from->files[i]));
  }
  TRY(activity_add(ctx, ticket->tenant_id, ticket->id, ACTIVITY_CREATED, STR_NONE, STR_NONE));
  TRY(event_add(ctx, &(struct event){.tenant_id = ticket->tenant_id,
                                     .kind = EVENT_TICKET_CREATED,
                                     .ticket_id = ticket->id,
                                     .account_id = ticket->author_id,
                                     .new_value = ticket->status}));
  TRY(mail_add(ctx, ticket->tenant_id, MAIL_TICKET_CREATED, ticket->author_id, ticket->id, ticket->status,
               STR_NONE));
  return ticket_count_created(ctx, ticket);
}

enum status ticket_create(struct ctx *ctx, const struct ticket_new *new_ticket, struct ticket *out) {
  TRY(access_check(ctx, MAY_TICKET_CREATE));
  TRY(check_new(ctx, new_ticket));
  const struct who *who = ctx->who;
  struct creation creation = {
      .from = new_ticket,
      .ticket = {
          .tenant_id = who->tenant_id,
          .author_id = who->account_id,
          .author_uuid = who->uuid,
          .author_name = who->name,
          .author_email = who->email,
          .title = new_ticket->title.at != NULL ? new_ticket->title : title_from(new_ticket->description),
          .description = new_ticket->description,
          .category = (int)new_ticket->category,
          .priority = (int)new_ticket->priority,
          .status = TICKET_NEW,
          .work_type = (int)ticket_work_type(new_ticket->category, new_ticket->work_type),
          .request_kind = (int)new_ticket->request_kind,
          .status_changed_at = ctx->now_us,
          .created_at = ctx->now_us,
          .updated_at = ctx->now_us,
          .file_count = (int64_t)new_ticket->file_count,
      }};
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
