#include <string.h>

#include "api/hcall/internal.h"
#include "desk/session/session.h"

/* The dialect's endpoints, its wordings and its envelope. */

/* ---- ways to fail that only this document words ---- */

const struct problem_kind hcall_user_role = {STATUS_FORBIDDEN, "user_role",
                                             "User role not authorized for this endpoint"};
const struct problem_kind hcall_admin_creates = {STATUS_FORBIDDEN, "admin_creates",
                                                 "Admin role not authorized to create tickets"};
const struct problem_kind hcall_foreign_ticket = {STATUS_FORBIDDEN, "foreign_ticket",
                                                  "User can only remove their own tickets"};
const struct problem_kind hcall_master_unknown = {STATUS_NOT_FOUND, "master_unknown",
                                                  "Master user not found"};
const struct problem_kind hcall_master_password = {STATUS_FORBIDDEN, "master_password",
                                                   "Invalid master credentials"};
const struct problem_kind hcall_no_users = {STATUS_NOT_FOUND, "no_users",
                                            "No users found with specified role"};
const struct problem_kind hcall_no_tickets = {STATUS_NOT_FOUND, "no_tickets", "Author don't have tickets"};
/* A wrong filter value is INVALID, but the document answers it with 404. */
const struct problem_kind hcall_bad_date = {STATUS_INVALID, "bad_date", "Invalid date format"};

static const struct saying sayings[] = {
    {&problem_invalid, 400, "Invalid data"},
    {&wire_malformed, 400, "Invalid data"},
    {&ticket_bad_status, 400, "Invalid data"},
    {&file_not_image, 400, "Invalid data"},
    {&file_too_large, 400, "Invalid data"},
    {&account_weak_password, 400, "Password is invalid"},
    {&account_email_taken, 400, "Email already exists"},
    {&account_not_found, 404, "Email aren't registered"},
    {&session_wrong_email, 400, "Email aren't registered"},
    {&session_wrong_password, 400, "Password is incorrect"},
    {&account_master_exists, 403, "Master user already exists"},
    {&account_role_forbidden, 403, "User role not authorized for this endpoint"},
    {&account_last_super_admin, 403, "User role not authorized for this endpoint"},
    {&access_forbidden, 403, "User role not authorized for this endpoint"},
    {&ticket_forbidden, 403, "User role not authorized for this endpoint"},
    {&ticket_not_found, 404, "Ticket hasn't found"},
    {&hcall_bad_date, 404, "Invalid date format"},
    {&access_unauthenticated, 401, "Unauthorized"},
    {&session_no_token, 401, "Unauthorized"},
    {&session_expired, 401, "Unauthorized"},
    {&session_ended, 401, "Unauthorized"},
    {&kit_no_path, 404, "Not found"},
    {&kit_no_method, 405, "Method not allowed"},
    {NULL, 0, NULL},
};

enum status hcall_reword(struct ctx *ctx, enum status status, const struct problem_kind *from,
                         const struct problem_kind *to) {
  if (status == STATUS_OK || ctx->problem.kind != from) {
    return status;
  }
  problem_clear(ctx);
  return problem_set(ctx, to);
}

enum status hcall_say(struct call *call, const char *message) {
  struct hcall_message *answer = ARENA_NEW(call->ctx.arena, struct hcall_message);
  answer->message = str_of(message);
  return call_answer(call, 200, &hcall_message_out, answer);
}

/* ---- the envelope ---- */

/* The desk names a faulty field by its own word ("email"); the caller knows it by the wire's
 * ("master_email"). */
static struct str wire_name(const struct route *route, struct str field) {
  const struct fields *input = route != NULL ? route->input : NULL;
  for (unsigned i = 0; input != NULL && i < input->count; i++) {
    struct str name = str_of(input->rows[i].name);
    if (str_equal(name, field)) {
      return name;
    }
    if (name.len > field.len && name.at[name.len - field.len - 1] == '_' &&
        memcmp(name.at + name.len - field.len, field.at, field.len) == 0) {
      return name;
    }
  }
  return str_is(field, "title")         ? STR("ticket_name")
         : str_is(field, "description") ? STR("ticket_explain")
                                        : field;
}

/* "ticket_name is required; tickes_images[1].image_content is not base64." */
static void print_reason(const struct call *call, struct buf *out) {
  const struct problem *problem = &call->ctx.problem;
  struct buf reason;
  buf_init(&reason, (size_t)64 * 1024);
  for (unsigned i = 0; i < problem->fault_count; i++) {
    buf_add_text(&reason, i > 0 ? "; " : "");
    buf_add_str(&reason, wire_name(call->route, problem->faults[i].field));
    buf_add_char(&reason, ' ');
    buf_add_str(&reason, problem->faults[i].reason);
  }
  buf_add_char(&reason, '.');
  if (!reason.full) {
    buf_add_text(out, ",\"reason\":");
    wire_print_text(out, buf_str(&reason));
  }
  buf_release(&reason);
}

static void print_problem(struct call *call, int http, const char *message, struct buf *out) {
  (void)http; /* stands in the status line alone */
  const struct problem *problem = &call->ctx.problem;
  buf_add_text(out, "{\"message\":");
  wire_print_text(out, str_of(message));
  if (problem->fault_count > 0) {
    print_reason(call, out);
  } else if (problem->kind == &wire_malformed || problem->kind == &account_last_super_admin) {
    buf_add_text(out, ",\"reason\":");
    wire_print_text(out, str_of(problem->kind->sentence));
  }
  buf_add_text(out, ",\"status\":false}");
}

/* ---- what each endpoint answers ---- */

/* clang-format off */
#define SAYS(http, words) {(http), (words), NULL}
#define UNAUTHORIZED SAYS(401, "Unauthorized")
#define USER_ROLE SAYS(403, "User role not authorized for this endpoint")
#define INVALID SAYS(400, "Invalid data")
#define TENANT SAYS(403, "The tenant that the host names is not active")
#define NO_TICKET SAYS(404, "Ticket hasn't found")
#define END SAYS(0, NULL)

static const struct answer master_create_answers[] = {
    {200, "Master user has been created", &hcall_token_out},
    INVALID, SAYS(400, "Password is invalid"), SAYS(400, "Email already exists"),
    SAYS(403, "Master user already exists"), TENANT, END};
static const struct answer master_delete_answers[] = {
    {200, "Master user has been deleted", &hcall_message_out}, INVALID,
    SAYS(403, "Invalid master credentials"), TENANT, SAYS(404, "Master user not found"), END};
static const struct answer auth_enter_answers[] = {
    {200, "User has been loged in", &hcall_token_out},
    INVALID, SAYS(400, "Email aren't registered"), SAYS(400, "Password is incorrect"), TENANT, END};
static const struct answer auth_register_answers[] = {
    {200, "User has been registered", &hcall_token_out},
    INVALID, SAYS(400, "Email already exists"), SAYS(400, "Password is invalid"), TENANT, END};
static const struct answer user_fetch_answers[] = {
    {200, "A list of accounts", &hcall_users_out},
    {200, "One account, where an e-mail address was given", &hcall_user_out},
    INVALID, UNAUTHORIZED, USER_ROLE,
    SAYS(404, "Email aren't registered"), SAYS(404, "No users found with specified role"), END};
static const struct answer user_create_answers[] = {
    {200, "User has been created", &hcall_message_out},
    INVALID, SAYS(400, "Email already exists"), SAYS(400, "Password is invalid"),
    UNAUTHORIZED, USER_ROLE, END};
static const struct answer user_delete_answers[] = {
    {200, "User has been deleted", &hcall_message_out}, INVALID, UNAUTHORIZED, USER_ROLE,
    SAYS(404, "Email aren't registered"), END};
static const struct answer ticket_create_answers[] = {
    {200, "Ticket has been created", &hcall_message_out}, INVALID, UNAUTHORIZED,
    SAYS(403, "Admin role not authorized to create tickets"), END};
static const struct answer ticket_edit_answers[] = {
    {200, "Ticket has been edited", &hcall_message_out},
    INVALID, UNAUTHORIZED, USER_ROLE, NO_TICKET, END};
static const struct answer ticket_update_answers[] = {
    {200, "Update has been setting up", &hcall_message_out},
    INVALID, UNAUTHORIZED, USER_ROLE, NO_TICKET, END};
static const struct answer ticket_fetch_answers[] = {
    {200, "A list of tickets", &hcall_tickets_out}, INVALID, UNAUTHORIZED, USER_ROLE,
    SAYS(404, "Author don't have tickets"), SAYS(404, "Invalid date format"), END};
static const struct answer ticket_count_answers[] = {
    {200, "The counts", &hcall_counts_out}, UNAUTHORIZED, USER_ROLE, END};
static const struct answer ticket_info_answers[] = {
    {200, "The ticket", &hcall_ticket_out}, INVALID, UNAUTHORIZED, USER_ROLE, NO_TICKET, END};
static const struct answer ticket_remove_answers[] = {
    {200, "Ticket has been removed", &hcall_message_out}, INVALID, UNAUTHORIZED,
    SAYS(403, "User can only remove their own tickets"), NO_TICKET, END};
/* clang-format on */

/* ---- the table ---- */

enum {
  CREATORS = 1u << ROLE_CUSTOMER | 1u << ROLE_SUPER_ADMIN,
  STAFF = 1u << ROLE_TECHNICIAN | 1u << ROLE_CUSTOMER_SERVICE | 1u << ROLE_SUPERVISOR | 1u << ROLE_MANAGER |
          1u << ROLE_SUPER_ADMIN,
  /* Ten pictures of five MiB in base64, and the words around them. */
  PICTURES_MAX_BYTES = 72 * 1024 * 1024,
  LIST_MAX_BYTES = 40 * 1024 * 1024,
  INFO_MAX_BYTES = 144 * 1024 * 1024,
};

static const struct route routes[] = {
    {.method = HTTP_POST,
     .path = "/api/master/create",
     .name = "hcallMasterCreate",
     .summary = "Creates the first master user",
     .handler = hcall_master_create,
     .lane = LANE_HASH,
     .permission = MAY_ANYONE,
     .input = &hcall_master_in,
     .answers = master_create_answers,
     .sample =
         SAMPLE(.turn = SAMPLE_END, .values = SAMPLE_VALUES({"master_email", "\"{{super_admin_email}}\""},
                                                            {"master_password", "\"{{password}}\""}))},
    {.method = HTTP_POST,
     .path = "/api/master/delete",
     .name = "hcallMasterDelete",
     .summary = "Removes a master user by its own credentials",
     .handler = hcall_master_delete,
     .lane = LANE_HASH,
     .permission = MAY_ANYONE,
     .input = &hcall_credentials_in,
     .answers = master_delete_answers,
     .sample =
         SAMPLE(.turn = SAMPLE_LEAVE, .values = SAMPLE_VALUES({"user_email", "\"{{super_admin_email}}\""},
                                                              {"user_password", "\"{{password}}\""}))},
    {.method = HTTP_POST,
     .path = "/api/auth/enter",
     .name = "hcallAuthEnter",
     .summary = "Signs in",
     .handler = hcall_auth_enter,
     .lane = LANE_HASH,
     .permission = MAY_ANYONE,
     .input = &hcall_credentials_in,
     .answers = auth_enter_answers,
     .sample = SAMPLE(.turn = SAMPLE_SIGN_IN)},
    {.method = HTTP_POST,
     .path = "/api/auth/register",
     .name = "hcallAuthRegister",
     .summary = "Registers a new user and signs it in",
     .handler = hcall_auth_register,
     .lane = LANE_HASH,
     .permission = MAY_ANYONE,
     .input = &hcall_register_in,
     .answers = auth_register_answers},

    {.method = HTTP_GET,
     .path = "/api/user/fetch",
     .name = "hcallUserFetch",
     .summary = "Tells one user, or lists them",
     .handler = hcall_user_fetch,
     .lane = LANE_INLINE,
     .permission = MAY_ACCOUNT_LIST,
     .refusal = &hcall_user_role,
     .query = &hcall_user_fetch_in,
     .answers = user_fetch_answers,
     .max_answer = LIST_MAX_BYTES},
    {.method = HTTP_POST,
     .path = "/api/user/create",
     .name = "hcallUserCreate",
     .summary = "Creates a user",
     .handler = hcall_user_create,
     .lane = LANE_HASH,
     .permission = MAY_ACCOUNT_WRITE,
     .refusal = &hcall_user_role,
     .input = &hcall_user_create_in,
     .answers = user_create_answers},
    {.method = HTTP_POST,
     .path = "/api/user/delete",
     .name = "hcallUserDelete",
     .summary = "Removes a user",
     .handler = hcall_user_delete,
     .lane = LANE_WRITER,
     .permission = MAY_ACCOUNT_WRITE,
     .refusal = &hcall_user_role,
     .input = &hcall_email_in,
     .answers = user_delete_answers,
     .sample = SAMPLE(.turn = SAMPLE_DELETE, .values = SAMPLE_VALUES({"user_email", "\"{{new_email}}\""}))},

    {.method = HTTP_POST,
     .path = "/api/ticket/create",
     .name = "hcallTicketCreate",
     .summary = "Creates a ticket",
     .handler = hcall_ticket_create,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_CREATE,
     .roles = CREATORS,
     .refusal = &hcall_admin_creates,
     .input = &hcall_ticket_create_in,
     .answers = ticket_create_answers,
     .max_body = PICTURES_MAX_BYTES},
    {.method = HTTP_POST,
     .path = "/api/ticket/edit",
     .name = "hcallTicketEdit",
     .summary = "Sets a ticket's status",
     .handler = hcall_ticket_edit,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_STATUS,
     .roles = STAFF,
     .refusal = &hcall_user_role,
     .input = &hcall_edit_in,
     .answers = ticket_edit_answers,
     .sample = SAMPLE(.turn = SAMPLE_CHANGE)},
    {.method = HTTP_POST,
     .path = "/api/ticket/update",
     .name = "hcallTicketUpdate",
     .summary = "Adds an entry to a ticket's history",
     .handler = hcall_ticket_update,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_REPLY,
     .roles = STAFF,
     .refusal = &hcall_user_role,
     .input = &hcall_update_in,
     .answers = ticket_update_answers,
     .sample = SAMPLE(.turn = SAMPLE_CHANGE)},
    {.method = HTTP_GET,
     .path = "/api/ticket/fetch",
     .name = "hcallTicketFetch",
     .summary = "Lists tickets",
     .handler = hcall_ticket_fetch,
     .lane = LANE_INLINE,
     .permission = MAY_TICKET_READ,
     .roles = STAFF,
     .refusal = &hcall_user_role,
     .query = &hcall_ticket_fetch_in,
     .answers = ticket_fetch_answers,
     .max_answer = LIST_MAX_BYTES},
    {.method = HTTP_GET,
     .path = "/api/ticket/count",
     .name = "hcallTicketCount",
     .summary = "Counts tickets by status",
     .handler = hcall_ticket_count,
     .lane = LANE_INLINE,
     .permission = MAY_TICKET_READ,
     .roles = STAFF,
     .refusal = &hcall_user_role,
     .answers = ticket_count_answers},
    {.method = HTTP_GET,
     .path = "/api/ticket/info",
     .name = "hcallTicketInfo",
     .summary = "Tells all about a ticket, with its history and pictures",
     .handler = hcall_ticket_info,
     .lane = LANE_INLINE,
     .permission = MAY_TICKET_READ,
     .roles = STAFF,
     .refusal = &hcall_user_role,
     .query = &hcall_ticket_id_in,
     .answers = ticket_info_answers,
     .max_answer = INFO_MAX_BYTES},
    {.method = HTTP_POST,
     .path = "/api/ticket/remove",
     .name = "hcallTicketRemove",
     .summary = "Removes a ticket",
     .handler = hcall_ticket_remove,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_REMOVE,
     .refusal = &hcall_foreign_ticket,
     .input = &hcall_ticket_id_in,
     .answers = ticket_remove_answers,
     .sample = SAMPLE(.turn = SAMPLE_DELETE)},
};

/* Only this dialect's own paths: what else stands under /api/ticket/ is another one's. */
static const char *const prefixes[] = {"/api/master",        "/api/auth/enter",    "/api/auth/register",
                                       "/api/user",          "/api/ticket/create", "/api/ticket/edit",
                                       "/api/ticket/update", "/api/ticket/fetch",  "/api/ticket/count",
                                       "/api/ticket/info",   "/api/ticket/remove", NULL};

static const struct tag tags[] = {
    {"master", "The first administrator: made once, removed by the own credentials."},
    {"auth", "Registering and signing in."},
    {"user", "Accounts: clients, support and administrators."},
    {"ticket", "Tickets, their history, their counts and their pictures."},
    {NULL, NULL},
};

const struct dialect hcall_dialect = {
    .name = "hcall",
    .title = "HCall",
    .about =
        "The API of IT help desks. Sign in at `/api/auth/enter` and send the token as `Authorization: Bearer "
        "…`; it is "
        "good for 24 hours. Every error carries `message` and `status: false`; a `reason` beside them names "
        "the fields at "
        "fault. Ids of tickets look like `ticket_<uuid>`.",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .tags = tags,
    .sayings = sayings,
    .error = &hcall_error_out,
    .print_problem = print_problem,
    .prefixes = prefixes,
};
