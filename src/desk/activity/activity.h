#ifndef SIGAP_DESK_ACTIVITY_H
#define SIGAP_DESK_ACTIVITY_H

#include "base/ctx.h"
#include "base/id.h"

/* Who changed what on a ticket, from what to what, when. */
/* Stored: never renumber. */
enum activity_action {
  ACTIVITY_CREATED = 1,
  ACTIVITY_STATUS,
  ACTIVITY_ASSIGNED,
  ACTIVITY_REPLIED,
  ACTIVITY_REMOVED,
  ACTIVITY_RESTORED,
  ACTIVITY_CHANGED,     /* a field: `field` says which */
  ACTIVITY_SLA_STARTED, /* new_value: the deadline, RFC 3339 */
  ACTIVITY_SLA_PAUSED,  /* old_value: the deadline that stands */
  ACTIVITY_SLA_RESUMED, /* old_value, new_value: the deadlines before and after */
  ACTIVITY_SLA_STOPPED, /* solved: old_value the deadline, new_value "met" or "missed" */
  ACTIVITY_SLA_CHANGED, /* recomputed: the deadlines before and after */
  ACTIVITY_SLA_WARNED,
  ACTIVITY_SLA_BREACHED, /* old_value "response" or "resolution", new_value the escalation level now */
  ACTIVITY_NOTE,         /* new_value: words beside an assignment or a change of status */
  ACTIVITY_RATED         /* new_value: 1-5 */
};
struct activity {
  int64_t id;
  struct uuid uuid;
  int64_t ticket_id;
  int64_t actor_id;      /* 0: the system */
  struct str actor_name; /* NONE: the system */
  int action;
  struct str field; /* of CHANGED: "title", "priority", …, NONE else; also "response_deadline": from none where
                       its clock starts, with new_value "met" or "missed" where the first response stops it */
  struct str old_value, new_value; /* NONE where there is none; of CHANGED in the desk's words */
  int64_t created_at;
};
/* Inside db_write; the actor is ctx->who (NULL: the system). */
enum status activity_add(struct ctx *ctx, int64_t tenant_id, int64_t ticket_id, enum activity_action action,
                         struct str old_value, struct str new_value) MUST_CHECK;
/* A field changed (ACTIVITY_CHANGED). */
enum status activity_add_change(struct ctx *ctx, int64_t tenant_id, int64_t ticket_id, const char *field,
                                struct str old_value, struct str new_value) MUST_CHECK;
extern const struct problem_kind activity_list_too_large; /* TOO_LARGE: more text than a request may hold */
/* In time order, the first 10,000; of a ticket the caller was found to read. */
enum status activity_list(struct ctx *ctx, int64_t ticket_id, struct activity **out,
                          size_t *count) MUST_CHECK;

#endif
