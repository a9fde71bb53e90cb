#ifndef SIGAP_DESK_NOTICE_H
#define SIGAP_DESK_NOTICE_H

#include "base/ctx.h"
#include "base/id.h"
#include "desk/event/event.h"

/* Notifications inside the desk: a row for each person who is to know. The words are the dialect's. */

/* Stored: never renumber. */
enum notice_kind {
  NOTICE_TICKET_CREATED = 1,
  NOTICE_TICKET_ASSIGNED,
  NOTICE_TICKET_REPLIED,
  NOTICE_TICKET_STATUS, /* value: enum ticket_status, the new one */
  NOTICE_SLA_WARNING,
  NOTICE_SLA_BREACH, /* value: enum sla_mark */
  NOTICE_LOW_STOCK,  /* value: the stock left */
  NOTICE_KIND_COUNT
};
enum { NOTICE_KEEP = 10000 }; /* the newest an account keeps */

struct notice {
  int64_t id;
  int64_t txn; /* with id: its position (notice_follow) */
  struct uuid uuid;
  int64_t tenant_id;
  int64_t account_id; /* to whom */
  int kind;
  int64_t ticket_id; /* 0 none */
  struct uuid ticket_uuid;
  int64_t ticket_created_at; /* for its number */
  struct str ticket_title;   /* NONE without a ticket */
  int64_t item_id;           /* 0 none */
  struct uuid item_uuid;
  struct str item_name;  /* NONE without an item */
  struct str actor_name; /* NONE: the system */
  int64_t value;
  int64_t created_at;
  int64_t read_at; /* 0 unread */
};
extern const struct problem_kind notice_not_found;

/* To one account (not the actor: nobody hears of what they did themselves; 0 is nobody and fine). The actor
 * is ctx->who. Inside db_write. */
struct notice_new {
  int64_t tenant_id;
  enum notice_kind kind;
  int64_t ticket_id, item_id, value;
};
enum status notice_add(struct ctx *ctx, int64_t account_id, const struct notice_new *new_notice) MUST_CHECK;
/* To every active account of the tenant with a role from `role_from` up (at most 200), but the actor and
 * `but_account_id`. Inside db_write. */
enum status notice_add_staff(struct ctx *ctx, int role_from, int64_t but_account_id,
                             const struct notice_new *new_notice) MUST_CHECK;

struct notice_filter {
  enum { NOTICE_ANY, NOTICE_READ, NOTICE_UNREAD } read;
  int kind; /* 0 any */
  int64_t skip, limit;
};
/* The caller's own, newest first. */
enum status notice_list(struct ctx *ctx, const struct notice_filter *filter, struct notice **out,
                        size_t *count, int64_t *total) MUST_CHECK;
enum status notice_unread(struct ctx *ctx, int64_t *count) MUST_CHECK;
/* One of the caller's own, else notice_not_found. Read again: no change. An event. */
enum status notice_read(struct ctx *ctx, struct uuid uuid, struct notice *out) MUST_CHECK;
/* All of the caller's; *changed tells how many were unread. An event where some were. */
enum status notice_read_all(struct ctx *ctx, int64_t *changed) MUST_CHECK;
/* The caller's own after a position, in order, at most `limit` (desk/event: the same meaning of position). */
enum status notice_follow(struct ctx *ctx, const struct event_position *after, int64_t limit,
                          struct notice **out, size_t *count, struct event_position *next) MUST_CHECK;
enum status notice_horizon(struct ctx *ctx, struct event_position *out) MUST_CHECK;
/* Everybody's after a position, for those who push them to sockets. */
enum status notice_follow_all(struct ctx *ctx, const struct event_position *after, int64_t limit,
                              struct notice **out, size_t *count, struct event_position *next) MUST_CHECK;
/* Drops what is over NOTICE_KEEP an account or older than 180 days, at most `max` rows. For a timer. */
enum status notice_sweep(struct ctx *ctx, int64_t max, int64_t *dropped) MUST_CHECK;

#endif
