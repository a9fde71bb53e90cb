#ifndef SIGAP_DESK_EVENT_H
#define SIGAP_DESK_EVENT_H

#include "base/ctx.h"
#include "base/id.h"

/* The committed truth that sockets, sync and webhooks start from: numbered rows written with the change
 * itself. */
/* Stored: never renumber. */
enum event_kind {
  EVENT_TICKET_CREATED = 1,
  EVENT_TICKET_ASSIGNED,
  EVENT_TICKET_STATUS,
  EVENT_TICKET_REPLIED,
  EVENT_TICKET_REMOVED,
  EVENT_TICKET_RESTORED,
  EVENT_TICKET_CHANGED,
  EVENT_ACCOUNT_CREATED = 20,
  EVENT_ACCOUNT_CHANGED,
  EVENT_SESSION_ENDED
};
struct event {
  int64_t id; /* grows in commit order on SQLite */
  int64_t tenant_id;
  int kind;
  int64_t ticket_id;            /* 0 none */
  int64_t account_id;           /* the subject, or the actor of a ticket event; 0 none */
  int64_t old_value, new_value; /* of a status: enum ticket_status; 0 none */
  int64_t created_at;
};
/* Inside db_write. */
enum status event_add(struct ctx *ctx, const struct event *event) MUST_CHECK;
/* After `after_id`, in id order, at most `limit`. */
enum status event_list(struct ctx *ctx, int64_t after_id, int64_t limit, struct event **out,
                       size_t *count) MUST_CHECK;

#endif
