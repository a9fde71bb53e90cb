#ifndef SIGAP_DESK_TICKET_DAY_H
#define SIGAP_DESK_TICKET_DAY_H

#include "db/db.h"
#include "desk/ticket/ticket.h"

/* The sums that are kept with every change of a ticket, for those who tell figures: nothing here counts
 * tickets. All of the caller's tenant (ctx->who); who may see which figures is the reader's question. */

/* What happened on a day, or on several. */
struct ticket_day_sums {
  int64_t created;        /* of a whole tenant only */
  int64_t resolved;       /* resolved or closed now, by the day of resolved_at; so are the rest */
  int64_t on_time;        /* of them, resolved by their deadline, or without one */
  int64_t first_call;     /* of them, by the first technician they were assigned to, and never reopened */
  int64_t timed, work_us; /* of them, those whose time of assignment is known; from there to the solution */
  int64_t ratings, rating_sum;
};

struct ticket_day {
  int64_t day; /* since 1970-01-01, in the tenant's time zone: time_local_day */
  struct ticket_day_sums sums;
};

struct ticket_day_technician {
  int64_t technician_id; /* the account to which the tickets are assigned */
  struct ticket_day_sums sums;
};

/* technician_id 0: the whole tenant. Days are inclusive; the widest range is INT64_MIN to INT64_MAX. */
enum status ticket_days_sum(struct ctx *ctx, int64_t technician_id, int64_t day_from, int64_t day_to,
                            struct ticket_day_sums *out) MUST_CHECK;
/* Day by day, oldest first; days without anything may be left out. */
enum { TICKET_DAYS_MAX = 40000 }; /* more than a century; the later ones are left out */
enum status ticket_days_each(struct ctx *ctx, int64_t technician_id, int64_t day_from, int64_t day_to,
                             struct ticket_day **out, size_t *count) MUST_CHECK;
/* Everybody who resolved something in these days, by account number. */
enum { TICKET_DAY_TECHNICIANS_MAX = 100000 };
enum status ticket_days_technicians(struct ctx *ctx, int64_t day_from, int64_t day_to,
                                    struct ticket_day_technician **out, size_t *count) MUST_CHECK;

/* Live tickets by status and priority: of the whole tenant (owner_id 0), of an author, of an assignee
 * (owner_id 0: of nobody). Stored: never renumber. */
enum ticket_count_scope {
  COUNT_TENANT = 1,
  COUNT_AUTHOR,
  COUNT_ASSIGNEE,
  COUNT_OVERDUE /* see ticket_overdue */
};
enum status ticket_counts_of(struct ctx *ctx, enum ticket_count_scope scope, int64_t owner_id,
                             int64_t counts[TICKET_STATUS_COUNT][PRIORITY_COUNT]) MUST_CHECK;
/* Tickets that are new, assigned or in progress and whose deadline passed, as their clocks say. */
enum status ticket_overdue(struct ctx *ctx, int64_t *out) MUST_CHECK;

/* ---- for those who open the database and look after it ---- */

/* What struct db_config needs as `flush`: writes the sums of a transaction. */
enum status ticket_sums_write(struct ctx *ctx, const struct db_sum *sums, size_t count) MUST_CHECK;
/* Makes the sums of tenants that have tickets older than the sums: after an upgrade, before anybody is
 * served. One transaction a tenant; interrupted it goes on with the next start. */
enum status ticket_sums_repair(struct ctx *ctx) MUST_CHECK;
/* Makes blocks and days of a tenant anew from its tickets, in one transaction. */
enum status ticket_sums_rebuild(struct ctx *ctx, int64_t tenant_id) MUST_CHECK;
/* What has days: those, and the blocks of what is scheduled. Inside the transaction that changed the tenant's
 * time zone. */
enum status ticket_days_rebuild(struct ctx *ctx, int64_t tenant_id) MUST_CHECK;

#endif
