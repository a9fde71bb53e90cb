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
  EVENT_TICKET_SLA, /* a warning or breach: new_value enum sla_mark */
  EVENT_TICKET_RATED,
  EVENT_ACCOUNT_CREATED = 20,
  EVENT_ACCOUNT_CHANGED,
  EVENT_SESSION_ENDED,
  EVENT_TECHNICIAN_MOVED = 30, /* account_id: the technician's; location */
  EVENT_TECHNICIAN_AVAILABLE,  /* account_id; new_value 1 available, 0 not */
  EVENT_TECHNICIAN_CHANGED,
  EVENT_CUSTOMER_CHANGED,  /* account_id */
  EVENT_NOTICE_READ = 40,  /* account_id whose; new_value the notice, 0 all */
  EVENT_ITEM_CHANGED = 50, /* new_value: the item */
  EVENT_ASSIGNMENT /* account_id: the technician; ticket_id; new_value: the assignment; made or returned */
};
struct event {
  int64_t id;  /* grows in commit order on SQLite */
  int64_t txn; /* with id: its position (event_follow) */
  int64_t tenant_id;
  int kind;
  int64_t ticket_id;            /* 0 none */
  int64_t account_id;           /* the subject, or the actor of a ticket event; 0 none */
  int64_t old_value, new_value; /* of a status: enum ticket_status; 0 none */
  int64_t created_at;
};
/* Inside db_write. */
enum status event_add(struct ctx *ctx, const struct event *event) MUST_CHECK;
/* Where a follower of the log stands: everything up to here was seen, and nothing appears behind it. On
 * SQLite txn is 0 and ids grow with the commits; on PostgreSQL only transactions older than every running one
 * of the database count (event_horizon; docs/decisions/0014). All zero: before everything. */
struct event_position {
  int64_t txn, id;
};
/* Less than, equal to or greater than 0, as a stands before, at or behind b. */
int event_position_compare(const struct event_position *a, const struct event_position *b);
/* The position after all that is committed and can't be overtaken any more. */
enum status event_horizon(struct ctx *ctx, struct event_position *out) MUST_CHECK;
/* Nothing that is committed by now stands behind this position, seen or not yet below the horizon. */
enum status event_newest(struct ctx *ctx, struct event_position *out) MUST_CHECK;
/* Of one tenant (0: all), after `after` and up to the horizon of this moment, in order, at most `limit`
 * (10,000); *next is where to go on: the last one's position, or the horizon when there is no more, and never
 * behind `after`, but where that is ahead of the store (event_is_ahead): then nothing is found, and *next is
 * the horizon. */
enum status event_follow(struct ctx *ctx, int64_t tenant_id, const struct event_position *after,
                         int64_t limit, struct event **out, size_t *count,
                         struct event_position *next) MUST_CHECK;
/* Nobody can have got this position from the store as it is: it was put back behind it since. */
enum status event_is_ahead(struct ctx *ctx, const struct event_position *position, bool *yes) MUST_CHECK;
/* The position before everything that was written from `since` on, by the times in the rows: as good as the
 * clocks of those who wrote them. Costs a few dozen point reads. */
enum status event_position_at(struct ctx *ctx, int64_t since, struct event_position *out) MUST_CHECK;
/* After `after_id`, in id order, at most `limit`. */
enum status event_list(struct ctx *ctx, int64_t after_id, int64_t limit, struct event **out,
                       size_t *count) MUST_CHECK;

#endif
