#ifndef SIGAP_API_TENANT_INTERNAL_H
#define SIGAP_API_TENANT_INTERNAL_H

#include "api/tenant/tenant.h"
#include "desk/ticket/ticket.h"

/* Shared by the dialect's own files only. */

/* ---- the envelope: {"success","message","data","meta","errors"} ---- */
struct tenant_pagination {
  struct uuid next_cursor, prev_cursor; /* none: left out */
  bool has_next, has_prev;
  int64_t limit;
};
struct tenant_meta {
  struct str request_id; /* as the header X-Request-ID of the answer */
  int64_t timestamp;
  const struct tenant_pagination *pagination; /* NULL: of no list that is paged */
};
struct tenant_answer {
  struct str message;
  const struct tenant_meta *meta;
  const void *object; /* the data, or … */
  struct list items;
};
extern const struct fields tenant_meta_out;
/* clang-format off */
#define TENANT_ENVELOPE(name, title, ...)                                                                  \
  FIELDS(name, struct tenant_answer, title,                                                                \
         {FIELD_CONST("success", "true", .text = "The call succeeded."),                                   \
          FIELD(struct tenant_answer, message, TEXT, "message", FIELD_REQUIRED, .text = "What was done.",  \
                .example = "\"success\""),                                                                 \
          __VA_ARGS__,                                                                                     \
          FIELD(struct tenant_answer, meta, OBJECT, "meta", FIELD_REQUIRED | FIELD_FLEETING,               \
                .of = &tenant_meta_out,                                                                    \
                .text = "About the answer."),                                                              \
          FIELD_CONST("errors", "null", .text = "Nothing was wrong.")})
#define TENANT_OBJECT(name, title, table)                                                                  \
  TENANT_ENVELOPE(name, title,                                                                             \
                  FIELD(struct tenant_answer, object, OBJECT, "data", FIELD_REQUIRED, .of = &(table),      \
                        .text = "What was asked for."))
#define TENANT_LIST(name, title, table)                                                                    \
  TENANT_ENVELOPE(name, title,                                                                             \
                  FIELD(struct tenant_answer, items, LIST, "data", FIELD_REQUIRED, .of = &(table),         \
                        .text = "What was asked for."))
/* clang-format on */
/* `message` is static. */
enum status tenant_say(struct call *call, int http, const char *message, const struct fields *envelope,
                       const void *object);
/* pagination: NULL where the list is no page of one. */
enum status tenant_say_list(struct call *call, const struct fields *envelope, struct list items,
                            const struct tenant_pagination *pagination);
void tenant_print_problem(struct call *call, int http, const char *message, struct buf *out);
extern const struct fields tenant_problem_out;
extern const struct saying tenant_sayings[];

/* ---- whose tickets ---- */
extern const struct problem_kind tenant_bad_id;
/* The operator's staff who selected no tenant look after the tickets of all of them. */
bool tenant_sees_all(const struct call *call);
/* The ticket that the path names: 400 "invalid id" where it is no uuid. Who sees all tenants acts in the
 * ticket's own from here on. */
enum status tenant_ticket_id(struct call *call, struct uuid *out) MUST_CHECK;

/* ---- vocabulary ---- */
enum tenant_status { TENANT_OPEN = 1, TENANT_IN_PROGRESS, TENANT_RESOLVED, TENANT_CLOSED };
enum tenant_priority { TENANT_LOW = 1, TENANT_MEDIUM, TENANT_HIGH };
enum tenant_status tenant_status_of(int ticket_status);
enum tenant_priority tenant_priority_of(int ticket_priority);
extern const struct word tenant_status_words[], tenant_priority_words[];

/* ---- input ---- */
enum { TENANT_LIMIT_MAX = 100 };
struct tenant_page_in {
  int64_t limit; /* 0: not said, where it need not be */
  struct uuid cursor;
};
struct tenant_tickets_in {
  struct tenant_page_in page;
  int status, priority, category; /* 0: any; category: enum ticket_category */
  int64_t member_id, tenant;      /* 0: any */
};
struct tenant_ticket_in {
  struct str title, description, attachment_url;
  int category, priority; /* enum ticket_category, enum tenant_priority */
};
struct tenant_reply_in {
  struct str message, attachment_url;
};
struct tenant_change_in {
  uint64_t present;
  int status;
  int64_t agent_id; /* said and 0: nobody any more */
};
struct tenant_sla_in {
  int category;
  int64_t response_minutes, resolution_minutes;
};
struct tenant_login_in {
  struct str email, password;
};
struct tenant_domain_in {
  struct str domain;
};
extern const struct fields tenant_tickets_in, tenant_replies_in, tenant_vendor_replies_in, tenant_ticket_in,
    tenant_reply_in, tenant_change_in, tenant_sla_in, tenant_login_in, tenant_domain_in;

/* ---- output ---- */
struct tenant_ticket {
  struct uuid id;
  int64_t tenant_id, user_id, member_id, agent_id; /* the last two: 0 is left out */
  struct str title, description, attachment_url;
  int category, priority, status;
  int64_t escalation_level;
  int64_t created_at, updated_at;
};
struct tenant_reply {
  struct uuid id, ticket_id;
  int64_t user_id;
  struct str message, attachment_url;
  int64_t created_at;
};
struct tenant_ticket_detail {
  struct tenant_ticket ticket;
  struct list replies; /* struct tenant_reply */
};
struct tenant_activity {
  struct uuid id, ticket_id;
  int64_t actor_id; /* 0: the desk by itself */
  struct str action, message;
  int64_t created_at;
};
struct tenant_sla {
  int category;
  int64_t response_minutes, resolution_minutes;
};
struct tenant_signed_in {
  int64_t id;
  struct str name, role, kind, email, access_token, refresh_token;
  int64_t expires_at_s;
};
struct tenant_known {
  int64_t id;
  struct str name, kind;
  bool is_active;
};
extern const struct fields tenant_tickets_answer, tenant_ticket_answer, tenant_detail_answer,
    tenant_replies_answer, tenant_reply_answer, tenant_activities_answer, tenant_sla_answer,
    tenant_targets_answer, tenant_login_answer, tenant_known_answer;

/* ---- handlers ---- */
enum status tenant_ticket_create(struct call *call);
enum status tenant_ticket_list(struct call *call);
enum status tenant_ticket_get(struct call *call);
enum status tenant_ticket_change(struct call *call);
enum status tenant_ticket_activities(struct call *call);
enum status tenant_reply_add(struct call *call);
enum status tenant_reply_list(struct call *call);
enum status tenant_sla_set(struct call *call);
enum status tenant_sla_list(struct call *call);
enum status tenant_login(struct call *call);
enum status tenant_look_up(struct call *call);

#endif
