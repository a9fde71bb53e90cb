#include "api/tenant/internal.h"

/* The dialect's endpoints, a row each. */

/* clang-format off */
#define SAYS(http, words) {(http), (words), NULL, NULL}
#define WRONG SAYS(400, "validation error")
#define NO_UUID SAYS(400, "invalid id")
#define UNAUTHORIZED SAYS(401, "unauthorized")
#define FORBIDDEN SAYS(403, "forbidden")
#define MISMATCH SAYS(403, "tenant mismatch"), SAYS(403, "tenant is not active")
#define NO_TICKET SAYS(404, "ticket not found")
#define END SAYS(0, NULL)
/* clang-format on */

static const struct answer create_answers[] = {
    {201, "The ticket", &tenant_ticket_answer, NULL}, WRONG, UNAUTHORIZED, MISMATCH, END};
static const struct answer list_answers[] = {
    {200, "A page of tickets, by id", &tenant_tickets_answer, NULL}, WRONG, UNAUTHORIZED, MISMATCH, END};
static const struct answer get_answers[] = {{200, "The ticket with its replies", &tenant_detail_answer, NULL},
                                            NO_UUID,
                                            UNAUTHORIZED,
                                            MISMATCH,
                                            NO_TICKET,
                                            END};
static const struct answer reply_answers[] = {{201, "The reply", &tenant_reply_answer, NULL},
                                              WRONG,
                                              NO_UUID,
                                              UNAUTHORIZED,
                                              FORBIDDEN,
                                              MISMATCH,
                                              NO_TICKET,
                                              END};
static const struct answer change_answers[] = {{200, "The ticket as it is now", &tenant_ticket_answer, NULL},
                                               WRONG,
                                               NO_UUID,
                                               UNAUTHORIZED,
                                               FORBIDDEN,
                                               MISMATCH,
                                               NO_TICKET,
                                               SAYS(409, "ticket is resolved or closed"),
                                               SAYS(409, "agent is not available"),
                                               END};
static const struct answer activity_answers[] = {
    {200, "What happened, in time order", &tenant_activities_answer, NULL},
    NO_UUID,
    UNAUTHORIZED,
    MISMATCH,
    NO_TICKET,
    END};
static const struct answer replies_answers[] = {
    {200, "A page of replies, in time order", &tenant_replies_answer, NULL},
    WRONG,
    NO_UUID,
    UNAUTHORIZED,
    MISMATCH,
    NO_TICKET,
    END};
static const struct answer sla_set_answers[] = {
    {200, "The targets are set", &tenant_sla_answer, NULL}, WRONG, UNAUTHORIZED, FORBIDDEN, MISMATCH, END};
static const struct answer sla_list_answers[] = {
    {200, "The targets that were set, by category", &tenant_targets_answer, NULL},
    SAYS(400, "validation error"),
    UNAUTHORIZED,
    FORBIDDEN,
    MISMATCH,
    END};
static const struct answer login_answers[] = {{200, "Signed in", &tenant_login_answer, NULL},
                                              WRONG,
                                              SAYS(401, "invalid credentials"),
                                              SAYS(403, "tenant is not active"),
                                              SAYS(429, "too many failed logins"),
                                              END};
static const struct answer domain_answers[] = {
    {200, "The tenant", &tenant_known_answer, NULL}, WRONG, SAYS(404, "tenant not found"), END};

/* A page of tickets, or one with all that was said, in which each letter may need six. */
enum { TICKETS_MAX_BYTES = 48 * 1024 * 1024 };
enum {
  STAFF = 1u << ROLE_TECHNICIAN | 1u << ROLE_CUSTOMER_SERVICE | 1u << ROLE_SUPERVISOR | 1u << ROLE_MANAGER |
          1u << ROLE_SUPER_ADMIN
};

static const struct route routes[] = {
    {.method = HTTP_POST,
     .path = "/tickets",
     .name = "tenantTicketCreate",
     .summary = "Makes a ticket of the caller's own",
     .handler = tenant_ticket_create,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_CREATE,
     .input = &tenant_ticket_in,
     .answers = create_answers},
    {.method = HTTP_GET,
     .path = "/tickets",
     .name = "tenantTicketList",
     .summary = "Tickets that the caller may read",
     .handler = tenant_ticket_list,
     .lane = LANE_INLINE,
     .permission = MAY_TICKET_READ,
     .query = &tenant_tickets_in,
     .answers = list_answers,
     .max_answer = TICKETS_MAX_BYTES},
    {.method = HTTP_GET,
     .path = "/tickets/:id",
     .name = "tenantTicketGet",
     .summary = "A ticket and all that was said",
     .handler = tenant_ticket_get,
     .lane = LANE_INLINE,
     .permission = MAY_TICKET_READ,
     .answers = get_answers,
     .max_answer = TICKETS_MAX_BYTES},
    {.method = HTTP_PATCH,
     .path = "/tickets/:id",
     .name = "tenantTicketChange",
     .summary = "Changes who handles a ticket, then its status; both or neither",
     .handler = tenant_ticket_change,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_READ,
     .input = &tenant_change_in,
     .answers = change_answers,
     .sample = SAMPLE(.values = SAMPLE_VALUES({"agent_id", NULL}))},
    {.method = HTTP_POST,
     .path = "/tickets/:id/replies",
     .name = "tenantReplyAdd",
     .summary = "Says something on a ticket",
     .handler = tenant_reply_add,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_REPLY,
     .input = &tenant_reply_in,
     .answers = reply_answers},
    {.method = HTTP_GET,
     .path = "/tickets/:id/replies",
     .name = "tenantReplyList",
     .summary = "What was said on a ticket",
     .handler = tenant_reply_list,
     .lane = LANE_INLINE,
     .permission = MAY_TICKET_READ,
     .query = &tenant_replies_in,
     .answers = replies_answers,
     .max_answer = TICKETS_MAX_BYTES},
    {.method = HTTP_GET,
     .path = "/tickets/:id/activities",
     .name = "tenantActivityList",
     .summary = "What happened to a ticket",
     .handler = tenant_ticket_activities,
     .lane = LANE_INLINE,
     .permission = MAY_TICKET_READ,
     .answers = activity_answers,
     .max_answer = TICKETS_MAX_BYTES},
    {.method = HTTP_GET,
     .path = "/vendor/tickets/:id/replies",
     .name = "tenantVendorReplyList",
     .summary = "What was said on a ticket, for those who answer",
     .handler = tenant_reply_list,
     .lane = LANE_INLINE,
     .permission = MAY_TICKET_READ,
     .roles = STAFF,
     .query = &tenant_vendor_replies_in,
     .answers = replies_answers,
     .max_answer = TICKETS_MAX_BYTES},
    {.method = HTTP_POST,
     .path = "/vendor/tickets/sla",
     .name = "tenantSlaSet",
     .summary = "Sets how soon tickets of a category must be answered and solved",
     .handler = tenant_sla_set,
     .lane = LANE_WRITER,
     .permission = MAY_SLA_WRITE,
     .input = &tenant_sla_in,
     .answers = sla_set_answers},
    {.method = HTTP_GET,
     .path = "/vendor/tickets/sla",
     .name = "tenantSlaList",
     .summary = "How soon tickets must be answered and solved",
     .handler = tenant_sla_list,
     .lane = LANE_INLINE,
     .permission = MAY_SLA_READ,
     .answers = sla_list_answers},
    {.method = HTTP_POST,
     .path = "/api/auth/login",
     .name = "tenantLogin",
     .summary = "Signs in with e-mail and password, for calls with X-Tenant-ID (even an empty one)",
     .handler = tenant_login,
     .lane = LANE_HASH,
     .permission = MAY_ANYONE,
     .input = &tenant_login_in,
     .answers = login_answers,
     .as_written = true,
     .sample = SAMPLE(.turn = SAMPLE_SIGN_IN)},
    {.method = HTTP_GET,
     .path = "/api/tenant/by-domain",
     .name = "tenantByDomain",
     .summary = "The tenant that a domain belongs to",
     .handler = tenant_look_up,
     .lane = LANE_INLINE,
     .permission = MAY_ANYONE,
     .query = &tenant_domain_in,
     .answers = domain_answers,
     .as_written = true,
     .sample = SAMPLE(.values = SAMPLE_VALUES({"domain", "\"{{domain}}\""}))},
};

static const char *const prefixes[] = {"/tickets", "/vendor", "/api/auth/login", "/api/tenant", NULL};
static const char *const mounts[] = {"", "/api", NULL};

static const struct tag tags[] = {
    {"tickets", "A customer's tickets and what is said on them."},
    {"vendor", "The answering side: replies, and how soon tickets must be answered and solved."},
    {"auth", "Signing in within a tenant."},
    {"tenant", "Tenants by their domain."},
    {NULL, NULL},
};

const struct dialect tenant_dialect = {
    .name = "tenant",
    .title = "Tickets of many tenants",
    .about =
        "The API of front ends that serve many tenants, of their agents and of the vendor. Send the access "
        "token as `Authorization: Bearer …` and the tenant's number as `X-Tenant-ID`; without it the "
        "account's own tenant counts. Everything is served under `/tickets` and `/vendor/tickets`, and the "
        "same under `/api` for calls that carry `X-Tenant-ID`.",
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .tags = tags,
    .sayings = tenant_sayings,
    .error = &tenant_problem_out,
    .print_problem = tenant_print_problem,
    .prefixes = prefixes,
    .mounts = mounts,
    .shared = "/api",
    .header = "X-Tenant-ID",
};
