#include "api/tiket/internal.h"
#include "desk/session/session.h"

/* The dialect's endpoints, its wordings and its envelopes. */

const struct problem_kind tiket_bad_page = {STATUS_INVALID, "bad_page",
                                            "Skip must be at least 0 and limit from 1 to 100"};

static const struct saying sayings[] = {
    {&session_wrong_email, 400, "Email or password is invalid"},
    {&session_wrong_password, 400, "Email or password is invalid"},
    {&session_throttled, 429, "Too many failed logins, please try again later"},
    {&account_email_taken, 400, "Email is already registered"},
    {&account_weak_password, 400,
     "Password must be at least 8 characters with an uppercase letter, a lowercase letter and a number"},
    {&account_role_forbidden, 403, "You are not allowed to create an admin account"},
    {&ticket_bad_status, 400, "Status is invalid"},
    {&ticket_not_found, 404, "Ticket not found"},
    {&ticket_forbidden, 403, "You are not allowed to do this with the ticket"},
    {&access_forbidden, 403, "You are not allowed to do this"},
    {&access_unauthenticated, 401, "Unauthorized"},
    {&session_no_token, 401, "Unauthorized"},
    {&session_expired, 401, "Unauthorized"},
    {&session_ended, 401, "Unauthorized"},
    {&kit_no_path, 404, "Not found"},
    {&kit_no_method, 405, "Method not allowed"},
    {NULL, 0, NULL},
};

/* ---- the envelopes ---- */

/* The desk names a faulty field by its own word. */
static struct str wire_name(struct str field) {
  static const struct {
    const char *desk, *wire;
  } names[] = {
      {"name", "username"}, {"description", "deskripsi"}, {"priority", "prioritas"}, {"text", "respons"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (str_is(field, names[i].desk)) {
      return str_of(names[i].wire);
    }
  }
  return field;
}

static bool is_page_field(struct str field) {
  return str_is(field, "skip") || str_is(field, "limit");
}

/* The lists, and the technical team's answer, tell a 400 or 404 by its message alone. */
static bool is_bare(const struct route *route, int http) {
  return route != NULL && (route->query != NULL || route->input == &tiket_answer_in) &&
         (http == 400 || http == 404);
}

static bool is_login(const struct route *route) {
  return route != NULL && route->input == &tiket_login_in;
}

/* What a front end may show: the first fault as a sentence. Several keys of one name would be bad JSON, so
 * `errors` holds each field once. */
static void print_errors(const struct problem *problem, struct buf *out) {
  buf_add_text(out, ",\"errors\":{");
  for (unsigned i = 0; i < problem->fault_count; i++) {
    struct str field = wire_name(problem->faults[i].field);
    bool told = false;
    for (unsigned k = 0; k < i && !told; k++) {
      told = str_equal(wire_name(problem->faults[k].field), field);
    }
    if (!told) {
      buf_add_text(out, i > 0 ? "," : "");
      wire_print_text(out, field);
      buf_add_char(out, ':');
      wire_print_text(out, problem->faults[i].reason);
    }
  }
  if (problem->kind == &account_email_taken && problem->fault_count == 0) {
    buf_add_text(out, "\"email\":\"is already registered\"");
  }
  buf_add_char(out, '}');
}

static struct str invalid_message(const struct call *call, const struct problem *problem) {
  if (is_login(call->route)) {
    return STR("Email or password is invalid");
  }
  for (unsigned i = 0; i < problem->fault_count; i++) {
    if (call->route != NULL && call->route->query != NULL && is_page_field(problem->faults[i].field)) {
      return STR("Skip and limit are required and must be numbers");
    }
  }
  const struct fault *first = &problem->faults[0];
  struct str field = wire_name(first->field);
  return str_format(call->ctx.arena, "%.*s %.*s", STR_ARG(field), STR_ARG(first->reason));
}

static void print_problem(struct call *call, int http, const char *message, struct buf *out) {
  const struct problem *problem = &call->ctx.problem;
  struct str text = str_of(message);
  if (problem->kind == &problem_invalid && problem->fault_count > 0) {
    text = invalid_message(call, problem);
  }
  bool bare = is_bare(call->route, http);
  buf_add_char(out, '{');
  if (!bare) {
    buf_add_text(out, "\"status\":");
    buf_add_int(out, http);
    buf_add_text(out, is_login(call->route) && http == 400 ? ",\"error\":1," : ",");
  }
  buf_add_text(out, "\"message\":");
  wire_print_text(out, text);
  bool page = str_is(text, "Skip and limit are required and must be numbers");
  if (!page && (problem->fault_count > 0 || problem->kind == &account_email_taken)) {
    print_errors(problem, out);
  }
  buf_add_char(out, '}');
}

/* ---- what each endpoint answers ---- */

/* clang-format off */
#define SAYS(http, words) {(http), (words), NULL}
#define UNAUTHORIZED SAYS(401, "Unauthorized")
#define FORBIDDEN SAYS(403, "You are not allowed to do this")
#define TENANT SAYS(403, "The tenant that the host names is not active")
#define NO_TICKET SAYS(404, "Ticket not found")
#define WRONG SAYS(400, "A field is missing or wrong")
#define END SAYS(0, NULL)

static const struct answer register_answers[] = {
    {200, "Succesfully Registered", &tiket_register_out},
    SAYS(400, "A field is missing or wrong, or the address is already registered"),
    SAYS(403, "You are not allowed to create an admin account"), TENANT, END};
static const struct answer login_answers[] = {
    {200, "Succesfully Logged In", &tiket_login_out},
    SAYS(400, "Email or password is invalid"), TENANT, END};
static const struct answer logout_answers[] = {
    {200, "Succesfully Logged Out", &tiket_logout_out}, UNAUTHORIZED, END};
static const struct answer submit_answers[] = {
    {201, "The ticket", &tiket_ticket_out}, WRONG, UNAUTHORIZED, END};
static const struct answer list_answers[] = {
    {200, "A page of tickets", &tiket_page_out},
    SAYS(400, "Skip and limit are required and must be numbers"), UNAUTHORIZED, END};
static const struct answer remove_answers[] = {
    {200, "Successfully Remove Ticket", &tiket_message_out},
    UNAUTHORIZED, FORBIDDEN, NO_TICKET, END};
static const struct answer restore_answers[] = {
    {200, "Successfully Restore Ticket", &tiket_message_out},
    UNAUTHORIZED, FORBIDDEN, NO_TICKET, END};
static const struct answer respond_answers[] = {
    {200, "Status tiket berhasil diubah", &tiket_status_out},
    WRONG, UNAUTHORIZED, FORBIDDEN, NO_TICKET, END};
/* clang-format on */

/* ---- the table ---- */

enum {
  STAFF = 1u << ROLE_TECHNICIAN | 1u << ROLE_CUSTOMER_SERVICE | 1u << ROLE_SUPERVISOR | 1u << ROLE_MANAGER |
          1u << ROLE_SUPER_ADMIN,
  ANY_BODY = BODY_JSON | BODY_FORM,
  LIST_MAX_BYTES = 64 * 1024 * 1024,
};

static const struct route routes[] = {
    {.method = HTTP_POST,
     .path = "/auth/register",
     .name = "tiketRegister",
     .summary = "Registers an account",
     .handler = tiket_register,
     .lane = LANE_HASH,
     .permission = MAY_ANYONE,
     .input = &tiket_register_in,
     .answers = register_answers,
     .body = ANY_BODY,
     .fold_case = true},
    {.method = HTTP_POST,
     .path = "/auth/login",
     .name = "tiketLogin",
     .summary = "Signs in",
     .handler = tiket_login,
     .lane = LANE_HASH,
     .permission = MAY_ANYONE,
     .input = &tiket_login_in,
     .answers = login_answers,
     .body = ANY_BODY,
     .fold_case = true,
     .sample = SAMPLE(.turn = SAMPLE_SIGN_IN)},
    {.method = HTTP_POST,
     .path = "/auth/logout",
     .name = "tiketLogout",
     .summary = "Signs out",
     .handler = tiket_logout,
     .lane = LANE_WRITER,
     .permission = MAY_SIGNED_IN,
     .answers = logout_answers,
     .fold_case = true,
     .sample = SAMPLE(.turn = SAMPLE_LEAVE)},

    {.method = HTTP_POST,
     .path = "/api/ticket",
     .name = "tiketTicketSubmit",
     .summary = "Submits a ticket",
     .handler = tiket_submit,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_CREATE,
     .input = &tiket_ticket_in,
     .answers = submit_answers,
     .body = ANY_BODY,
     .fold_case = true},
    {.method = HTTP_GET,
     .path = "/api/ticket",
     .name = "tiketTicketList",
     .summary = "Lists one's own tickets; for the team all it may read",
     .handler = tiket_list,
     .lane = LANE_INLINE,
     .permission = MAY_TICKET_READ,
     .query = &tiket_page_in,
     .answers = list_answers,
     .max_answer = LIST_MAX_BYTES,
     .fold_case = true},
    {.method = HTTP_POST,
     .path = "/api/ticket/:id",
     .name = "tiketTicketRemove",
     .summary = "Removes a ticket so that it can be restored",
     .handler = tiket_remove,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_REMOVE,
     .answers = remove_answers,
     .fold_case = true},
    {.method = HTTP_POST,
     .path = "/api/ticket/:id/restore",
     .name = "tiketTicketRestore",
     .summary = "Restores a removed ticket",
     .handler = tiket_restore,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_REMOVE,
     .answers = restore_answers,
     .fold_case = true},

    {.method = HTTP_PUT,
     .path = "/api/responTeknis/:id",
     .name = "tiketRespond",
     .summary = "Sets a ticket's status and answers its owner",
     .handler = tiket_respond,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_STATUS,
     .roles = STAFF,
     .input = &tiket_answer_in,
     .answers = respond_answers,
     .body = ANY_BODY,
     .fold_case = true,
     .sample = SAMPLE(.values = SAMPLE_VALUES({"id", "\"{{ticket_id}}\""}))},
    {.method = HTTP_GET,
     .path = "/api/responTeknis",
     .name = "tiketReport",
     .summary = "Lists tickets by urgency, address, name or account",
     .handler = tiket_report,
     .lane = LANE_INLINE,
     .permission = MAY_TICKET_READ,
     .query = &tiket_report_in,
     .answers = list_answers,
     .max_answer = LIST_MAX_BYTES,
     .fold_case = true},
};

static const char *const prefixes[] = {"/auth", "/api/ticket", "/api/responTeknis", NULL};

static const struct tag tags[] = {
    {"auth", "Registering, signing in and out."},
    {"ticket", "One's own tickets: submitting, reading, removing and restoring them."},
    {"responTeknis",
     "The technical team's side: tickets by urgency, their status and the answer to their owner."},
    {NULL, NULL},
};

const struct dialect tiket_dialect = {
    .name = "tiket",
    .title = "Tiket",
    .about =
        "The API of Indonesian front ends of a small technical team. Sign in at `/auth/login` and send the "
        "token as "
        "`Authorization: Bearer …`, or bare; it is good for 24 hours. Bodies are JSON or forms. Paths are "
        "taken in any "
        "letter case, with or without a slash at the end.",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .tags = tags,
    .sayings = sayings,
    .error = &tiket_problem_out,
    .print_problem = print_problem,
    .bare_token = true,
    .prefixes = prefixes,
};
