#include <math.h>

#include "api/isp/isp_people.h"
#include "api/isp/isp_stock.h"
#include "api/isp/isp_tickets.h"
#include "base/time.h"
#include "desk/report/report.h"
#include "desk/session/session.h"
#include "desk/sync/sync.h"
#include "desk/tenant/tenant.h"

/* The dialect's envelope, its error codes, and what its subjects share. */

const struct problem_kind isp_bad_id = {STATUS_INVALID, "bad_id", "The id in the path is no uuid."};

/* ---- answers ---- */

enum status isp_answer(struct call *call, int http, const struct fields *envelope, const void *data) {
  struct isp_envelope *answer = ARENA_NEW(call->ctx.arena, struct isp_envelope);
  answer->data = data;
  return call_answer(call, http, envelope, answer);
}

struct message {
  struct str message;
};
FIELDS(isp_message_data, struct message, "IspMessageData",
       {FIELD(struct message, message, TEXT, "message", FIELD_REQUIRED, .text = "What happened.",
              .example = "\"Signed out\"")});
ISP_ENVELOPE(isp_message_out, "IspMessage", isp_message_data);

enum status isp_say(struct call *call, const char *message) {
  struct message *answer = ARENA_NEW(call->ctx.arena, struct message);
  answer->message = str_of(message);
  return isp_answer(call, 200, &isp_message_out, answer);
}

/* ---- paging ---- */

FIELDS(isp_pagination_out, struct isp_pagination, "IspPagination",
       {FIELD(struct isp_pagination, current_page, INT, "current_page", FIELD_REQUIRED, .text = "This page.",
              .example = "1"),
        FIELD(struct isp_pagination, per_page, INT, "per_page", FIELD_REQUIRED, .text = "Rows a page.",
              .example = "20"),
        FIELD(struct isp_pagination, total, INT, "total", FIELD_REQUIRED, .text = "Rows on all pages.",
              .example = "100"),
        FIELD(struct isp_pagination, total_pages, INT, "total_pages", FIELD_REQUIRED, .text = "Pages.",
              .example = "5")});

int64_t isp_limit(const struct isp_page *page) {
  return page->limit > 0 ? page->limit : ISP_LIMIT_DEFAULT;
}

static int64_t page_number(const struct isp_page *page) {
  return page->page > 0 ? page->page : 1;
}

int64_t isp_skip(const struct isp_page *page) {
  return (page_number(page) - 1) * isp_limit(page);
}

const struct isp_pagination *isp_pagination(struct call *call, const struct isp_page *page, int64_t total) {
  struct isp_pagination *out = ARENA_NEW(call->ctx.arena, struct isp_pagination);
  int64_t limit = isp_limit(page);
  *out = (struct isp_pagination){
      .current_page = page_number(page),
      .per_page = limit,
      .total = total,
      .total_pages = (total + limit - 1) / limit,
  };
  return out;
}

/* ---- input ---- */

enum status isp_id(struct call *call, unsigned n, struct uuid *out) {
  if (uuid_parse(call->match.params[n], out) == STATUS_OK) {
    return STATUS_OK;
  }
  problem_keep(&call->ctx, &isp_bad_id);
  return problem_fault(&call->ctx, STR("id"), STR("must be a uuid"));
}

static enum status read_end(struct ctx *ctx, struct str text, void *member, const char **reason) {
  enum { END_MAX = 40 };
  struct isp_end *end = member;
  if (text.len == 0) {
    end->text = text;
    return STATUS_OK;
  }
  struct tenant tenant;
  TRY(tenant_get(ctx, ctx->who->tenant_id, &tenant));
  const char *zone = str_c(ctx->arena, tenant.timezone);
  struct isp_end read = {.text = text};
  if (time_day(text, zone, &read.begins, &read.over) != STATUS_OK) {
    if (text.len > END_MAX || time_parse(text, &read.begins) != STATUS_OK) {
      /* It reaches everywhere: no fault of the range follows from it. */
      *end = (struct isp_end){.begins = INT64_MIN, .over = INT64_MAX};
      *reason = "must be a date, YYYY-MM-DD";
      return STATUS_INVALID;
    }
    read.over = read.begins + 1;
  }
  read.day = time_local_day(read.begins, zone);
  /* 0 would be no end at all; nothing lies in the microsecond beside it. */
  read.begins = read.begins == 0 ? 1 : read.begins;
  read.over = read.over == 0 ? -1 : read.over;
  read.is_ahead = read.day > time_local_day(ctx->now_us, zone);
  *end = read;
  return STATUS_OK;
}
const struct field_custom isp_end_custom = {.read = read_end,
                                            .schema = "{\"type\":\"string\",\"maxLength\":40}"};

void isp_check_range(struct ctx *ctx, const struct isp_range *range, const char *name) {
  int64_t begins = range->from.begins;
  int64_t over = range->to.over;
  if (begins != 0 && over != 0 && begins >= over) {
    (void)problem_fault(ctx, str_format(ctx->arena, "%s_to", name),
                        str_format(ctx->arena, "must not be before %s_from", name));
  }
}

/* ---- vocabulary: the desk's own words ---- */

const struct word isp_status_words[] = {{"new", TICKET_NEW},
                                        {"assigned", TICKET_ASSIGNED},
                                        {"in_progress", TICKET_IN_PROGRESS},
                                        {"pending", TICKET_PENDING},
                                        {"resolved", TICKET_RESOLVED},
                                        {"closed", TICKET_CLOSED},
                                        {NULL, 0}};
const struct word isp_priority_words[] = {
    {"low", PRIORITY_LOW},           {"normal", PRIORITY_NORMAL},       {"high", PRIORITY_HIGH},
    {"critical", PRIORITY_CRITICAL}, {"emergency", PRIORITY_EMERGENCY}, {NULL, 0}};
const struct word isp_type_words[] = {{"new_installation", WORK_NEW_INSTALLATION}, {"repair", WORK_REPAIR},
                                      {"maintenance", WORK_MAINTENANCE},           {"upgrade", WORK_UPGRADE},
                                      {"disconnection", WORK_DISCONNECTION},       {NULL, 0}};
const struct word isp_role_words[] = {{"super_admin", ROLE_SUPER_ADMIN},
                                      {"manager", ROLE_MANAGER},
                                      {"supervisor", ROLE_SUPERVISOR},
                                      {"customer_service", ROLE_CUSTOMER_SERVICE},
                                      {"technician", ROLE_TECHNICIAN},
                                      {"customer", ROLE_CUSTOMER},
                                      {NULL, 0}};

/* ---- places ---- */

/* clang-format off */
#define PLACE_ROWS                                                                                         \
  FIELD(struct isp_place, lat, REAL, "lat", FIELD_REQUIRED, .real_min = -90, .real_max = 90,               \
        .text = "Degrees north.", .example = "-6.2088"),                                                   \
  FIELD(struct isp_place, lng, REAL, "lng", FIELD_REQUIRED, .real_min = -180, .real_max = 180,             \
        .text = "Degrees east.", .example = "106.8456")
/* clang-format on */
FIELDS(isp_place_in, struct isp_place, "IspPlaceInput", {PLACE_ROWS});
FIELDS(isp_place_out, struct isp_place, "IspPlace", {PLACE_ROWS});

const struct isp_place *isp_place(struct call *call, double lat, double lng) {
  if (isnan(lat) || isnan(lng)) {
    return NULL;
  }
  struct isp_place *place = ARENA_NEW(call->ctx.arena, struct isp_place);
  *place = (struct isp_place){lat, lng};
  return place;
}

/* ---- errors ---- */

struct error {
  struct str code, message;
  uint8_t details; /* printed by the envelope */
};
struct problem_answer {
  const struct error *error;
};
static const struct field_custom details_custom = {
    .schema = "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}"};
FIELDS(isp_error_out, struct error, "IspErrorBody",
       {FIELD(struct error, code, TEXT, "code", FIELD_REQUIRED, .text = "What kind of failure.",
              .example = "\"VALIDATION_ERROR\""),
        FIELD(struct error, message, TEXT, "message", FIELD_REQUIRED, .text = "For a person.",
              .example = "\"Some fields are wrong.\""),
        FIELD(struct error, details, CUSTOM, "details", FIELD_OMIT_NULL, .custom = &details_custom,
              .text = "Each faulty field and why.", .example = "{\"email\":\"is required\"}")});
FIELDS(isp_problem_out, struct problem_answer, "IspError",
       {FIELD_CONST("success", "false", .text = "The call failed."),
        FIELD(struct problem_answer, error, OBJECT, "error", FIELD_REQUIRED, .of = &isp_error_out,
              .text = "Why.")});

/* The codes of kinds that are told apart; all others have their status's. */
static const struct {
  const struct problem_kind *kind;
  const char *code;
} codes[] = {
    {&session_wrong_email, "INVALID_CREDENTIALS"},
    {&session_wrong_password, "INVALID_CREDENTIALS"},
    {&session_expired, "TOKEN_EXPIRED"},
    {&inventory_no_stock, "INSUFFICIENT_STOCK"},
    {&wire_malformed, "BAD_REQUEST"},
    {&kit_bad_request, "BAD_REQUEST"},
    {&kit_no_method, "METHOD_NOT_ALLOWED"},
    {&ticket_technician_unavailable, "TECHNICIAN_UNAVAILABLE"},
};

static const char *const code_of_status[STATUS_COUNT] = {
    [STATUS_INVALID] = "VALIDATION_ERROR",
    [STATUS_UNAUTHENTICATED] = "UNAUTHORIZED",
    [STATUS_FORBIDDEN] = "INSUFFICIENT_PERMISSIONS",
    [STATUS_NOT_FOUND] = "RESOURCE_NOT_FOUND",
    [STATUS_DUPLICATE] = "DUPLICATE_ENTRY",
    [STATUS_STATE] = "INVALID_STATE",
    [STATUS_TOO_LARGE] = "PAYLOAD_TOO_LARGE",
    [STATUS_UNSUPPORTED] = "UNSUPPORTED_MEDIA_TYPE",
    [STATUS_TOO_MANY] = "RATE_LIMIT_EXCEEDED",
    [STATUS_STORAGE_FULL] = "STORAGE_FULL",
    [STATUS_UNAVAILABLE] = "UNAVAILABLE",
};

static const char *code_of(const struct problem_kind *kind) {
  for (size_t i = 0; kind != NULL && i < sizeof codes / sizeof *codes; i++) {
    if (codes[i].kind == kind) {
      return codes[i].code;
    }
  }
  const char *code = kind != NULL ? code_of_status[kind->status] : NULL;
  return code != NULL ? code : "INTERNAL_ERROR";
}

/* Where the desk and the wire call a field differently. */
static const struct isp_wire_name wire_names[] = {
    /* users, customers */
    {&isp_user_in, "name", "profile.full_name"},
    {&isp_user_in, "phone", "profile.phone"},
    {&isp_user_in, "employee_id", "profile.employee_id"},
    {&isp_user_in, "skills", "profile.skills"},
    {&isp_user_in, "service_areas", "profile.service_areas"},
    {&isp_user_change_in, "name", "profile.full_name"},
    {&isp_user_change_in, "phone", "profile.phone"},
    {&isp_customer_in, "name", "full_name"},
    {&isp_customer_change_in, "name", "full_name"},
    /* tickets */
    {&isp_ticket_new_in, "work_type", "type"},
    {&isp_ticket_change_in, "work_type", "type"},
    {&isp_comment_in, "text", "comment"},
    /* files */
    {&isp_upload_in, "name", "file"},
};

/* "skills[2]": the word ends where its index begins. */
static struct str wire_name(const struct call *call, struct str field) {
  struct str word = {field.at, str_find(field, '[')};
  for (size_t i = 0; i < sizeof wire_names / sizeof *wire_names; i++) {
    const struct isp_wire_name *name = &wire_names[i];
    if (call->route != NULL && call->route->input == name->input && str_is(word, name->desk)) {
      struct str rest = {field.at + word.len, field.len - word.len};
      return str_format(call->ctx.arena, "%s%.*s", name->wire, STR_ARG(rest));
    }
  }
  return field;
}

void isp_print_problem(struct call *call, int http, const char *message, struct buf *out) {
  (void)http; /* stands in the status line alone */
  const struct problem *problem = &call->ctx.problem;
  buf_add_text(out, "{\"success\":false,\"error\":{\"code\":");
  wire_print_text(out, str_of(code_of(problem->kind)));
  buf_add_text(out, ",\"message\":");
  wire_print_text(out, str_of(message));
  if (problem->fault_count > 0) {
    buf_add_text(out, ",\"details\":");
    call_print_faults(call, wire_name, out);
  }
  buf_add_text(out, "}}");
}

/* Everything else has the HTTP number of its status and the sentence of its kind. */
const struct saying isp_sayings[] = {
    {&problem_invalid, 422, "Some fields are wrong."},
    {&account_weak_password, 422, "The password must have at least 8 characters."},
    {&account_link_dead, 422, "This link was used already, is too old, or was replaced by a newer one."},
    {&ticket_bad_status, 422, "This is no status a ticket can have."},
    {&assignment_over, 422, "That is more than the technician still has."},
    {&sync_bad_position, 422, "last_sync is neither a position that a sync answered nor a time."},
    {&file_wrong_type, 422, "The file's content does not fit its type."},
    {&file_too_large, 413, "A file may have at most 10 MiB."},
    {&report_too_long, 422, "That range has too many periods; choose a shorter range or longer periods."},
    {&session_wrong_email, 401, "E-mail or password is wrong."},
    {&session_wrong_password, 401, "E-mail or password is wrong."},
    {NULL, 0, NULL},
};
