#include <string.h>

#include "api/tenant/internal.h"

/* The dialect's words and tables. */

/* ---- vocabulary ---- */

const struct word tenant_status_words[] = {{"open", TENANT_OPEN},
                                           {"in_progress", TENANT_IN_PROGRESS},
                                           {"resolved", TENANT_RESOLVED},
                                           {"closed", TENANT_CLOSED},
                                           {NULL, 0}};
const struct word tenant_priority_words[] = {
    {"low", TENANT_LOW}, {"medium", TENANT_MEDIUM}, {"high", TENANT_HIGH}, {NULL, 0}};
/* The last two are what clients of this document send as well. */
static const struct word category_words[] = {{"billing", CATEGORY_BILLING},
                                             {"technical", CATEGORY_TECHNICAL},
                                             {"account", CATEGORY_ACCOUNT},
                                             {"service", CATEGORY_SERVICE},
                                             {"access", CATEGORY_ACCOUNT},
                                             {"other", CATEGORY_SERVICE},
                                             {NULL, 0}};

enum tenant_status tenant_status_of(int ticket_status) {
  switch (ticket_status) {
    case TICKET_NEW:
    case TICKET_ASSIGNED:
      return TENANT_OPEN;
    case TICKET_RESOLVED:
      return TENANT_RESOLVED;
    case TICKET_CLOSED:
      return TENANT_CLOSED;
    default:
      return TENANT_IN_PROGRESS;
  }
}

enum tenant_priority tenant_priority_of(int ticket_priority) {
  return ticket_priority <= PRIORITY_LOW      ? TENANT_LOW
         : ticket_priority == PRIORITY_NORMAL ? TENANT_MEDIUM
                                              : TENANT_HIGH;
}

/* A number that may be absent: 0 is none. */
static void print_number(struct buf *out, const void *member) {
  int64_t number;
  memcpy(&number, member, sizeof number);
  if (number != 0) {
    buf_add_int(out, number);
  } else {
    buf_add_text(out, "null");
  }
}
static const struct field_custom number_custom = {.print = print_number, .schema = "{\"type\":\"integer\"}"};

/* ---- input ---- */

enum { TITLE_MAX = 255, LINK_MAX = 2048, DOMAIN_MAX = 253, MINUTES_MAX = SLA_MINUTES_MAX };
enum { TEXT_NEEDED = FIELD_REQUIRED | FIELD_NOT_BLANK };

#define UUID_EXAMPLE "\"0199e0a2-5f6b-7c3d-8e9f-0a1b2c3d4e5f\""
#define TIME_EXAMPLE "\"2025-10-15T08:00:00Z\""
#define TITLE_EXAMPLE "\"Tidak bisa login\""
#define TEXT_EXAMPLE "\"Muncul pesan galat setelah memasukkan kata sandi.\""
#define REPLY_EXAMPLE "\"Sedang kami periksa.\""
#define LINK_EXAMPLE "\"https://files.example.com/tangkapan-layar.png\""
/* clang-format off */
#define LIMIT_ROW(type, flags)                                                                             \
  FIELD(type, limit, INT, "limit", flags, .min = 1, .max = TENANT_LIMIT_MAX,                               \
        .text = "Rows a page, 1 to 100.", .example = "20")
#define CURSOR_ROW(type)                                                                                   \
  FIELD(type, cursor, UUID, "cursor", 0, .text = "Goes on behind the row with this id.",                   \
        .example = UUID_EXAMPLE)
#define LINK_ROW(type)                                                                                     \
  FIELD(type, attachment_url, TEXT, "attachment_url", FIELD_NULLABLE | FIELD_TRIM, .max = LINK_MAX,        \
        .text = "The url of an own upload, or an http or https address elsewhere; empty: none.",           \
        .example = LINK_EXAMPLE)
/* clang-format on */

static const struct field tickets_rows[] = {
    FIELD(struct tenant_tickets_in, page.limit, INT, "limit", FIELD_REQUIRED, .min = 1,
          .max = TENANT_LIMIT_MAX, .text = "Rows a page, 1 to 100.", .example = "20"),
    FIELD(struct tenant_tickets_in, page.cursor, UUID, "cursor", 0,
          .text = "Goes on behind the ticket with this id.", .example = UUID_EXAMPLE),
    FIELD(struct tenant_tickets_in, status, WORD, "status", 0, .words = tenant_status_words,
          .text = "In this status.", .example = "\"open\""),
    FIELD(struct tenant_tickets_in, priority, WORD, "priority", 0, .words = tenant_priority_words,
          .text = "Of this priority.", .example = "\"high\""),
    FIELD(struct tenant_tickets_in, category, WORD, "category", 0, .words = category_words,
          .text = "Of this category.", .example = "\"technical\""),
    FIELD(struct tenant_tickets_in, member_id, INT, "member_id", 0, .min = 1, .max = INT64_MAX,
          .text = "Of this customer.", .example = "42"),
    FIELD(struct tenant_tickets_in, tenant, INT, "tenant", 0, .min = 1, .max = INT64_MAX,
          .text = "Of this tenant, for operator staff; one's own is always fine.", .example = "2")};
const struct fields tenant_tickets_in = {.title = "TenantTickets",
                                         .rows = tickets_rows,
                                         .count = sizeof tickets_rows / sizeof *tickets_rows,
                                         .size = sizeof(struct tenant_tickets_in),
                                         .present = -1};

FIELDS(tenant_replies_in, struct tenant_page_in, "TenantReplies",
       {LIMIT_ROW(struct tenant_page_in, 0), CURSOR_ROW(struct tenant_page_in)});
FIELDS(tenant_vendor_replies_in, struct tenant_page_in, "TenantVendorReplies",
       {LIMIT_ROW(struct tenant_page_in, FIELD_REQUIRED), CURSOR_ROW(struct tenant_page_in)});

FIELDS(tenant_ticket_in, struct tenant_ticket_in, "TenantTicketCreate",
       {FIELD(struct tenant_ticket_in, title, TEXT, "title", TEXT_NEEDED, .max = TITLE_MAX,
              .text = "In short.", .example = TITLE_EXAMPLE),
        FIELD(struct tenant_ticket_in, category, WORD, "category", FIELD_REQUIRED, .words = category_words,
              .text = "What it is about; access means account, other means service.",
              .example = "\"technical\""),
        FIELD(struct tenant_ticket_in, priority, WORD, "priority", FIELD_REQUIRED,
              .words = tenant_priority_words, .text = "How urgent.", .example = "\"high\""),
        FIELD(struct tenant_ticket_in, description, TEXT, "description", TEXT_NEEDED, .text = "In full.",
              .example = TEXT_EXAMPLE),
        LINK_ROW(struct tenant_ticket_in)});

FIELDS(tenant_reply_in, struct tenant_reply_in, "TenantReplyAdd",
       {FIELD(struct tenant_reply_in, message, TEXT, "message", TEXT_NEEDED, .text = "What is to be said.",
              .example = REPLY_EXAMPLE),
        LINK_ROW(struct tenant_reply_in)});

/* Rows that are there but wrong were told already. */
static void check_change(struct ctx *ctx, const void *in) {
  const struct tenant_change_in *change = in;
  if (change->present == 0) {
    (void)problem_fault(ctx, STR("status"), STR("or agent_id is required"));
  }
}

static const struct field change_rows[] = {
    FIELD(struct tenant_change_in, status, WORD, "status", 0, .words = tenant_status_words,
          .text = "The new status.", .example = "\"in_progress\""),
    FIELD(struct tenant_change_in, agent_id, INT, "agent_id", FIELD_NULLABLE, .min = 1, .max = INT64_MAX,
          .text = "Who is to handle it: an account of the tenant's staff; null: nobody any more.")};
const struct fields tenant_change_in = {.title = "TenantTicketUpdate",
                                        .rows = change_rows,
                                        .count = sizeof change_rows / sizeof *change_rows,
                                        .size = sizeof(struct tenant_change_in),
                                        .present = offsetof(struct tenant_change_in, present),
                                        .check = check_change};

FIELDS(tenant_sla_in, struct tenant_sla_in, "TenantSlaSet",
       {FIELD(struct tenant_sla_in, category, WORD, "category", FIELD_REQUIRED, .words = category_words,
              .text = "For tickets of this category.", .example = "\"technical\""),
        FIELD(struct tenant_sla_in, response_minutes, INT, "sla_response_minutes", FIELD_REQUIRED, .min = 0,
              .max = MINUTES_MAX, .text = "Until the first answer; 0: no such target.", .example = "30"),
        FIELD(struct tenant_sla_in, resolution_minutes, INT, "sla_resolution_minutes", FIELD_REQUIRED,
              .min = 0, .max = MINUTES_MAX, .text = "Until it is solved; 0: no such target.",
              .example = "240")});

FIELDS(tenant_login_in, struct tenant_login_in, "TenantLogin",
       {FIELD(struct tenant_login_in, email, TEXT, "email", TEXT_NEEDED | FIELD_TRIM, .max = 254,
              .text = "The account's address.", .example = "\"ani@example.com\""),
        FIELD(struct tenant_login_in, password, TEXT, "password",
              FIELD_REQUIRED | FIELD_ANY_TEXT | FIELD_SECRET, .max = 1024, .text = "The account's password.",
              .example = "\"Password123\"")});

FIELDS(tenant_domain_in, struct tenant_domain_in, "TenantByDomain",
       {FIELD(struct tenant_domain_in, domain, TEXT, "domain", TEXT_NEEDED | FIELD_TRIM, .max = DOMAIN_MAX,
              .text = "A host name, without a port.", .example = "\"desk.example.com\"")});

/* ---- output ---- */

/* clang-format off */
/* A ticket's rows, of a struct that holds a struct tenant_ticket at `at`. */
#define TICKET_ROWS(owner, at)                                                                             \
  FIELD(owner, at id, UUID, "id", FIELD_REQUIRED, .text = "The ticket.", .example = UUID_EXAMPLE),         \
  FIELD(owner, at tenant_id, INT, "tenant_id", FIELD_REQUIRED, .text = "Whose desk it came to.",           \
        .example = "2"),                                                                                   \
  FIELD(owner, at user_id, INT, "user_id", FIELD_REQUIRED, .text = "The account whose ticket it is.",      \
        .example = "42"),                                                                                  \
  FIELD(owner, at member_id, CUSTOM, "member_id", FIELD_OMIT_NULL, .custom = &number_custom,               \
        .text = "The customer whose ticket it is; left out where staff wrote it for themselves.",          \
        .example = "42"),                                                                                  \
  FIELD(owner, at agent_id, CUSTOM, "agent_id", FIELD_OMIT_NULL, .custom = &number_custom,                 \
        .text = "The account that handles it; left out while nobody does.", .example = "7"),               \
  FIELD(owner, at title, TEXT, "title", FIELD_REQUIRED, .text = "In short.", .example = TITLE_EXAMPLE),    \
  FIELD(owner, at category, WORD, "category", FIELD_REQUIRED, .words = category_words,                     \
        .text = "What it is about.", .example = "\"technical\""),                                          \
  FIELD(owner, at priority, WORD, "priority", FIELD_REQUIRED, .words = tenant_priority_words,                     \
        .text = "How urgent.", .example = "\"high\""),                                                     \
  FIELD(owner, at status, WORD, "status", FIELD_REQUIRED, .words = tenant_status_words,                    \
        .text = "How far it is.", .example = "\"open\""),                                                  \
  FIELD(owner, at escalation_level, INT, "escalation_level", FIELD_REQUIRED,                               \
        .text = "How many of its two deadlines were missed.", .example = "0"),                             \
  FIELD(owner, at description, TEXT, "description", FIELD_REQUIRED, .text = "In full.",                    \
        .example = TEXT_EXAMPLE),                                                                          \
  FIELD(owner, at attachment_url, TEXT, "attachment_url", FIELD_OMIT_NULL,                                 \
        .text = "Its first file; left out without one.", .example = LINK_EXAMPLE),                         \
  FIELD(owner, at created_at, TIME, "created_at", FIELD_REQUIRED, .text = "When it was made.",             \
        .example = TIME_EXAMPLE),                                                                          \
  FIELD(owner, at updated_at, TIME, "updated_at", FIELD_REQUIRED, .text = "When it was changed last.",     \
        .example = TIME_EXAMPLE)
/* clang-format on */
FIELDS(tenant_ticket_out, struct tenant_ticket, "TenantTicket", {TICKET_ROWS(struct tenant_ticket, )});

FIELDS(tenant_reply_out, struct tenant_reply, "TenantReply",
       {FIELD(struct tenant_reply, id, UUID, "id", FIELD_REQUIRED, .text = "The reply.",
              .example = UUID_EXAMPLE),
        FIELD(struct tenant_reply, ticket_id, UUID, "ticket_id", FIELD_REQUIRED, .text = "Its ticket.",
              .example = UUID_EXAMPLE),
        FIELD(struct tenant_reply, user_id, INT, "user_id", FIELD_REQUIRED,
              .text = "The account that said it.", .example = "7"),
        FIELD(struct tenant_reply, message, TEXT, "message", FIELD_REQUIRED, .text = "What was said.",
              .example = REPLY_EXAMPLE),
        FIELD(struct tenant_reply, attachment_url, TEXT, "attachment_url", FIELD_OMIT_NULL,
              .text = "Its file; left out without one.", .example = LINK_EXAMPLE),
        FIELD(struct tenant_reply, created_at, TIME, "created_at", FIELD_REQUIRED, .text = "When.",
              .example = TIME_EXAMPLE)});

FIELDS(tenant_detail_out, struct tenant_ticket_detail, "TenantTicketDetail",
       {TICKET_ROWS(struct tenant_ticket_detail, ticket.),
        FIELD(struct tenant_ticket_detail, replies, LIST, "replies", FIELD_REQUIRED, .of = &tenant_reply_out,
              .text = "What was said, in time order.")});

FIELDS(tenant_activity_out, struct tenant_activity, "TenantActivity",
       {FIELD(struct tenant_activity, id, UUID, "id", FIELD_REQUIRED, .text = "The entry.",
              .example = UUID_EXAMPLE),
        FIELD(struct tenant_activity, ticket_id, UUID, "ticket_id", FIELD_REQUIRED, .text = "Its ticket.",
              .example = UUID_EXAMPLE),
        FIELD(struct tenant_activity, actor_id, INT, "actor_id", FIELD_REQUIRED,
              .text = "The account that did it; 0: the desk by itself.", .example = "7"),
        FIELD(struct tenant_activity, action, TEXT, "action", FIELD_REQUIRED,
              .text = "What happened: created, status_changed, assigned, replied, escalated, …",
              .example = "\"status_changed\""),
        FIELD(struct tenant_activity, message, TEXT, "message", FIELD_OMIT_NULL,
              .text = "From what to what; left out where there is no more to tell.",
              .example = "\"open → in_progress\""),
        FIELD(struct tenant_activity, created_at, TIME, "created_at", FIELD_REQUIRED, .text = "When.",
              .example = TIME_EXAMPLE)});

FIELDS(tenant_sla_out, struct tenant_sla, "TenantCategorySla",
       {FIELD(struct tenant_sla, category, WORD, "category", FIELD_REQUIRED, .words = category_words,
              .text = "Of tickets of this category.", .example = "\"technical\""),
        FIELD(struct tenant_sla, response_minutes, INT, "sla_response_minutes", FIELD_REQUIRED,
              .text = "Until the first answer; 0: no such target.", .example = "30"),
        FIELD(struct tenant_sla, resolution_minutes, INT, "sla_resolution_minutes", FIELD_REQUIRED,
              .text = "Until it is solved; 0: no such target.", .example = "240")});

FIELDS(tenant_signed_in_out, struct tenant_signed_in, "TenantSignedIn",
       {FIELD(struct tenant_signed_in, id, INT, "id", FIELD_REQUIRED, .text = "The account.",
              .example = "42"),
        FIELD(struct tenant_signed_in, name, TEXT, "nama", FIELD_REQUIRED, .text = "Its name.",
              .example = "\"Ani Wijaya\""),
        FIELD(struct tenant_signed_in, role, TEXT, "role", FIELD_REQUIRED,
              .text = "super_admin, manager, supervisor, customer_service, technician or customer.",
              .example = "\"customer\""),
        FIELD(struct tenant_signed_in, kind, TEXT, "jenis_tenant", FIELD_REQUIRED,
              .text = "The kind of its tenant; vendor: the operator.", .example = "\"standard\""),
        FIELD(struct tenant_signed_in, email, TEXT, "email", FIELD_REQUIRED, .text = "Its address.",
              .example = "\"ani@example.com\""),
        FIELD(struct tenant_signed_in, access_token, TEXT, "access_token", FIELD_REQUIRED,
              .text = "For the calls of the next 15 minutes.", .example = "\"eyJhbGciOi…\""),
        FIELD(struct tenant_signed_in, refresh_token, TEXT, "refresh_token", FIELD_REQUIRED,
              .text = "Buys the next two at /api/auth/refresh, once.", .example = "\"eyJhbGciOi…\""),
        FIELD(struct tenant_signed_in, expires_at_s, INT, "expires_at", FIELD_REQUIRED,
              .text = "When the access token ends, in seconds since 1970.", .example = "1760516100")});

FIELDS(tenant_known_out, struct tenant_known, "TenantOfDomain",
       {FIELD(struct tenant_known, id, INT, "tenant_id", FIELD_REQUIRED, .text = "For X-Tenant-ID.",
              .example = "2"),
        FIELD(struct tenant_known, name, TEXT, "nama", FIELD_REQUIRED, .text = "Its name.",
              .example = "\"Koperasi Maju\""),
        FIELD(struct tenant_known, kind, TEXT, "type", FIELD_REQUIRED, .text = "vendor: the operator.",
              .example = "\"standard\""),
        FIELD(struct tenant_known, is_active, BOOL, "is_active", FIELD_REQUIRED,
              .text = "Only who belongs to an active one may sign in.")});

/* ---- envelopes ---- */

TENANT_LIST(tenant_tickets_answer, "TenantTicketsAnswer", tenant_ticket_out);
TENANT_OBJECT(tenant_ticket_answer, "TenantTicketAnswer", tenant_ticket_out);
TENANT_OBJECT(tenant_detail_answer, "TenantTicketDetailAnswer", tenant_detail_out);
TENANT_LIST(tenant_replies_answer, "TenantRepliesAnswer", tenant_reply_out);
TENANT_OBJECT(tenant_reply_answer, "TenantReplyAnswer", tenant_reply_out);
TENANT_LIST(tenant_activities_answer, "TenantActivitiesAnswer", tenant_activity_out);
TENANT_ENVELOPE(tenant_sla_answer, "TenantSlaAnswer", FIELD_CONST("data", "null", .text = "Nothing."));
TENANT_LIST(tenant_targets_answer, "TenantTargetsAnswer", tenant_sla_out);
TENANT_OBJECT(tenant_login_answer, "TenantLoginAnswer", tenant_signed_in_out);
TENANT_OBJECT(tenant_known_answer, "TenantKnownAnswer", tenant_known_out);
