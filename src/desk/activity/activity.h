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
  ACTIVITY_CHANGED
};
struct activity {
  int64_t id;
  struct uuid uuid;
  int64_t ticket_id;
  int64_t actor_id;      /* 0: the system */
  struct str actor_name; /* NONE: the system */
  int action;
  struct str old_value, new_value; /* NONE where there is none */
  int64_t created_at;
};
/* Inside db_write; the actor is ctx->who (NULL: the system). */
enum status activity_add(struct ctx *ctx, int64_t tenant_id, int64_t ticket_id, enum activity_action action,
                         struct str old_value, struct str new_value) MUST_CHECK;
/* In time order; of a ticket the caller was found to read. */
enum status activity_list(struct ctx *ctx, int64_t ticket_id, struct activity **out,
                          size_t *count) MUST_CHECK;

#endif
