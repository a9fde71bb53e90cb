#ifndef SIGAP_DESK_SLA_H
#define SIGAP_DESK_SLA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ctx.h"

/* Service levels: how soon a ticket must be answered and solved. The arithmetic (sla_clock.c) is pure: no
 * database, no clock of its own. The tenant's targets (sla.c) stand in a table; the tickets themselves are
 * written by desk/ticket, which calls the arithmetic inside its commands.
 *
 * Both clocks start when the ticket is made. They stand still while the ticket is pending (waits for somebody
 * else) and while it is solved; reopening lets them go on. The response clock ends with the first response,
 * the resolution clock with the solution. A deadline = start + target + all the time the clocks stood still.
 * While they stand still the deadline shown is the last one computed. A change of priority, category or of
 * the tenant's targets computes new deadlines from the same start with the same standing time. */

/* What the timer has done already (bits of sla_clocks.marks). Stored: never renumber. */
enum sla_mark {
  SLA_RESPONSE_BREACHED = 1,
  SLA_RESOLUTION_WARNED = 2, /* four fifths of the time are gone */
  SLA_RESOLUTION_BREACHED = 4
};

/* The part of a ticket that the arithmetic owns; all times microseconds, 0 none. */
struct sla_clocks {
  int64_t response_due_at; /* 0: no target, or answered (too late: once the timer has told of it) */
  int64_t resolve_due_at;  /* shown as the deadline; stays when solved; 0 no target */
  int64_t paused_at;       /* standing still since; 0 running */
  int64_t paused_us;       /* stood still before */
  int64_t marks;           /* enum sla_mark bits */
  int64_t next_at;         /* when the timer must look; 0 never; the past: what was missed before it looked */
  int64_t escalation_level;
};

/* Targets in microseconds; 0 none. */
struct sla_targets {
  int64_t response_us, resolution_us;
};
enum { SLA_MINUTES_MAX = 525600 };
/* Without a target of the tenant: resolution by priority (emergency 1 h, critical 2 h, high 4 h, normal 24 h,
 * low 48 h), no response target. `priority` is enum ticket_priority. */
struct sla_targets sla_default_targets(int priority);

/* ---- the arithmetic: pure ---- */
/* What it needs to know of a ticket at one moment. */
struct sla_moment {
  int64_t started_at;   /* the ticket's creation */
  int64_t responded_at; /* 0 not yet */
  int64_t resolved_at;  /* 0 open */
  bool is_standing;     /* pending, resolved or closed at this moment */
  int64_t now;
};
/* Clocks of a new ticket. */
struct sla_clocks sla_start(const struct sla_targets *targets, const struct sla_moment *moment);
/* After anything happened to the ticket (status, first response, priority, category, targets): clocks as they
 * are now. Idempotent. Marks of a deadline that lies ahead again because its target changed are taken back
 * (the escalation level is not). */
struct sla_clocks sla_update(const struct sla_clocks *before, const struct sla_targets *targets,
                             const struct sla_moment *moment);
/* What is due at moment->now: bits of enum sla_mark that are not in clocks->marks yet; 0 nothing. */
int64_t sla_due(const struct sla_clocks *clocks, const struct sla_moment *moment);
/* Clocks after what is due was done: marks set, escalation level one higher for each breach, next_at anew. */
struct sla_clocks sla_done(const struct sla_clocks *clocks, int64_t due, const struct sla_moment *moment);
/* Past its deadline at `now`, for the figure "overdue": not standing, not resolved. */
bool sla_is_overdue(const struct sla_clocks *clocks, const struct sla_moment *moment);

/* ---- the tenant's targets ---- */
struct sla_target {
  int category;                                 /* enum ticket_category */
  int64_t response_minutes, resolution_minutes; /* 0 none */
  int64_t updated_at;
};
/* What counts for a ticket: the category's row if the tenant set one, else the default by priority. Inside a
 * transaction of the caller. A minute value of 0 in a row: no target of that kind. */
enum status sla_targets_of(struct ctx *ctx, int64_t tenant_id, int category, int priority,
                           struct sla_targets *out) MUST_CHECK;
/* All rows of a tenant, by category. Needs MAY_SLA_READ. */
enum status sla_list(struct ctx *ctx, int64_t tenant_id, struct sla_target **out, size_t *count) MUST_CHECK;
/* Upsert. Needs MAY_SLA_WRITE; tenant_not_found (desk/tenant) without such a tenant; minutes 0–525600 (faults
 * "sla_response_minutes", "sla_resolution_minutes", "category"). Open tickets are recomputed afterwards, in steps, by the timer: the row is marked for it in
 * the same transaction, so a crash repeats and never loses. */
enum status sla_set(struct ctx *ctx, int64_t tenant_id, const struct sla_target *target) MUST_CHECK;
/* A tenant whose targets changed and whose open tickets are not all recomputed yet; 0 none. Inside db_write
 * together with ticket_sla_recompute and sla_recomputed: no other node takes the same one until that ends. */
enum status sla_stale_tenant(struct ctx *ctx, int64_t *tenant_id, int64_t *after_id) MUST_CHECK;
/* Recomputed up to `after_id`; 0: through (on PostgreSQL a second time two minutes after the change, for
 * tickets that were written with the old targets meanwhile). Inside db_write. */
enum status sla_recomputed(struct ctx *ctx, int64_t tenant_id, int64_t after_id) MUST_CHECK;

#endif
