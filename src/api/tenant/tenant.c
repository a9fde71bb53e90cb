#include "desk/tenant/tenant.h"
#include "api/tenant/internal.h"
#include "base/time.h"
#include "desk/file/file.h"
#include "desk/session/session.h"
#include "desk/ticket/ticket_everywhere.h"

/* The dialect's envelope, its texts, and whose tickets a call is about. */

/* ---- answers ---- */

FIELDS(tenant_pagination_out, struct tenant_pagination, "TenantPagination",
       {FIELD(struct tenant_pagination, next_cursor, UUID, "next_cursor", FIELD_OMIT_NULL,
              .text = "Ask with it for the next page; left out on the last one."),
        FIELD(struct tenant_pagination, prev_cursor, UUID, "prev_cursor", FIELD_OMIT_NULL,
              .text = "Ask with it for the page before; left out where that is the first one (ask without a "
                      "cursor), and in lists of all tenants."),
        FIELD(struct tenant_pagination, has_next, BOOL, "has_next", FIELD_REQUIRED,
              .text = "Something follows."),
        FIELD(struct tenant_pagination, has_prev, BOOL, "has_prev", FIELD_REQUIRED,
              .text = "Something stands before."),
        FIELD(struct tenant_pagination, limit, INT, "limit", FIELD_REQUIRED,
              .text = "Rows a page, as asked for.", .example = "20")});

FIELDS(tenant_meta_out, struct tenant_meta, "TenantMeta",
       {FIELD(struct tenant_meta, request_id, TEXT, "request_id", FIELD_REQUIRED,
              .text = "The X-Request-ID of this answer.",
              .example = "\"0199e0a2-5f6b-7c3d-8e9f-0a1b2c3d4e5f\""),
        FIELD(struct tenant_meta, timestamp, TIME, "timestamp", FIELD_REQUIRED, .text = "The server's clock.",
              .example = "\"2025-10-15T08:00:00Z\""),
        FIELD(struct tenant_meta, pagination, OBJECT, "pagination", FIELD_OMIT_NULL,
              .of = &tenant_pagination_out, .text = "Of lists that come in pages.")});

static struct tenant_meta meta_of(const struct call *call) {
  if (call->exchange == NULL) { /* an example for the specification */
    return (struct tenant_meta){.request_id = STR("0199e0a2-5f6b-7c3d-8e9f-0a1b2c3d4e5f"),
                                .timestamp = INT64_C(1760515200) * TIME_SECOND_US};
  }
  return (struct tenant_meta){.request_id = str_of(call->exchange->request_id),
                              .timestamp = call->ctx.now_us};
}

static enum status say(struct call *call, int http, const struct fields *envelope,
                       struct tenant_answer answer, const struct tenant_pagination *pagination) {
  struct tenant_meta *meta = ARENA_NEW(call->ctx.arena, struct tenant_meta);
  struct tenant_answer *copy = ARENA_NEW(call->ctx.arena, struct tenant_answer);
  *meta = meta_of(call);
  meta->pagination = pagination;
  answer.meta = meta;
  *copy = answer;
  return call_answer(call, http, envelope, copy);
}

enum status tenant_say(struct call *call, int http, const char *message, const struct fields *envelope,
                       const void *object) {
  return say(call, http, envelope, (struct tenant_answer){.message = str_of(message), .object = object},
             NULL);
}

enum status tenant_say_list(struct call *call, const struct fields *envelope, struct list items,
                            const struct tenant_pagination *pagination) {
  return say(call, 200, envelope, (struct tenant_answer){.message = STR("success"), .items = items},
             pagination);
}

/* ---- whose tickets ---- */

const struct problem_kind tenant_bad_id = {STATUS_INVALID, "bad_id", "The id in the path is no uuid."};

bool tenant_sees_all(const struct call *call) {
  struct str selected = str_trim(http_header(&call->exchange->head, "X-Tenant-ID"));
  return call->who.operator_staff && selected.len == 0;
}

enum status tenant_ticket_id(struct call *call, struct uuid *out) {
  if (uuid_parse(call->match.params[0], out) != STATUS_OK) {
    problem_keep(&call->ctx, &tenant_bad_id);
    return problem_fault(&call->ctx, STR("id"), STR("must be a uuid"));
  }
  if (!tenant_sees_all(call)) {
    return STATUS_OK;
  }
  struct ticket_place place;
  TRY(ticket_find_place(&call->ctx, *out, true, &place));
  return call_select_tenant(call, place.tenant_id);
}

/* ---- errors ---- */

static const struct field_custom errors_custom = {
    .schema =
        "{\"type\":[\"object\",\"null\"],\"additionalProperties\":{\"type\":\"array\",\"items\":{"
        "\"type\":\"string\"}}}"};
FIELDS(tenant_problem_out, struct tenant_answer, "TenantError",
       {FIELD_CONST("success", "false", .text = "The call failed."),
        FIELD(struct tenant_answer, message, TEXT, "message", FIELD_REQUIRED, .text = "Why.",
              .example = "\"validation error\""),
        FIELD_CONST("data", "null", .text = "Nothing."),
        FIELD(struct tenant_answer, meta, OBJECT, "meta", FIELD_REQUIRED, .of = &tenant_meta_out,
              .text = "About the answer."),
        FIELD(struct tenant_answer, items, CUSTOM, "errors", FIELD_REQUIRED, .custom = &errors_custom,
              .text = "Each faulty field and all that is wrong with it; null where no field is to blame.",
              .example = "{\"title\":[\"is required\"]}")});

/* A fault's field as the wire calls it. "attachments[0]": the word ends where its index begins. */
static struct str wire_name(struct str field) {
  static const struct {
    const char *desk, *wire;
  } names[] = {{"text", "message"}, {"attachments", "attachment_url"}, {"technician_id", "agent_id"}};
  struct str word = {field.at, str_find(field, '[')};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (str_is(word, names[i].desk)) {
      return str_of(names[i].wire);
    }
  }
  return field;
}

static void print_errors(const struct problem *problem, struct buf *out) {
  buf_add_char(out, '{');
  for (unsigned i = 0; i < problem->fault_count; i++) {
    struct str name = wire_name(problem->faults[i].field);
    bool told = false;
    for (unsigned k = 0; k < i && !told; k++) {
      told = str_equal(wire_name(problem->faults[k].field), name);
    }
    if (told) {
      continue;
    }
    buf_add_text(out, i > 0 ? "," : "");
    wire_print_text(out, name);
    buf_add_text(out, ":[");
    for (unsigned k = i; k < problem->fault_count; k++) {
      if (str_equal(wire_name(problem->faults[k].field), name)) {
        buf_add_text(out, k > i ? "," : "");
        wire_print_text(out, problem->faults[k].reason);
      }
    }
    buf_add_char(out, ']');
  }
  buf_add_char(out, '}');
}

void tenant_print_problem(struct call *call, int http, const char *message, struct buf *out) {
  (void)http; /* stands in the status line alone */
  const struct tenant_meta meta = meta_of(call);
  buf_add_text(out, "{\"success\":false,\"message\":");
  wire_print_text(out, str_of(message));
  buf_add_text(out, ",\"data\":null,\"meta\":");
  wire_print_json(out, &tenant_meta_out, &meta);
  buf_add_text(out, ",\"errors\":");
  if (call->ctx.problem.fault_count > 0) {
    print_errors(&call->ctx.problem, out);
  } else {
    buf_add_text(out, "null");
  }
  buf_add_char(out, '}');
}

/* Everything else has the HTTP number of its status and the sentence of its kind. */
const struct saying tenant_sayings[] = {
    {&problem_invalid, 400, "validation error"},
    {&wire_malformed, 400, "malformed request"},
    {&tenant_bad_id, 400, "invalid id"},
    {&session_wrong_email, 401, "invalid credentials"},
    {&session_wrong_password, 401, "invalid credentials"},
    {&session_no_token, 401, "unauthorized"},
    {&session_expired, 401, "token expired"},
    {&session_ended, 401, "session ended"},
    {&access_forbidden, 403, "forbidden"},
    {&ticket_forbidden, 403, "forbidden"},
    {&kit_foreign_tenant, 403, "tenant mismatch"},
    {&tenant_inactive, 403, "tenant is not active"},
    {&ticket_not_found, 404, "ticket not found"},
    {&tenant_not_found, 404, "tenant not found"},
    {&kit_no_path, 404, "not found"},
    {&kit_no_method, 405, "method not allowed"},
    {&ticket_done, 409, "ticket is resolved or closed"},
    {&ticket_technician_unavailable, 409, "agent is not available"},
    {&file_too_many, 409, "ticket has too many files"},
    {&session_throttled, 429, "too many failed logins"},
    {&kit_rate_limited, 429, "too many requests"},
    {NULL, 0, NULL},
};
