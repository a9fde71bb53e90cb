#ifndef SIGAP_DESK_REPORT_H
#define SIGAP_DESK_REPORT_H

#include "base/ctx.h"
#include "base/id.h"
#include "desk/ticket/ticket_day.h"

/* Figures from counters and daily sums (ticket_count, ticket_day), never by counting tickets. Days are the
 * tenant's: days since 1970 of its time zone (base/time.h, time_local_day). Averages without anything to
 * average are 0. */

/* Averages of sums over days (desk/ticket/ticket_day.h). */
double report_hours(const struct ticket_day_sums *sums);  /* average work, in hours, 2 decimals */
double report_rating(const struct ticket_day_sums *sums); /* 1-5, 2 decimals */
double report_percent(int64_t part, int64_t whole);       /* 0-100, 1 decimal; 0 of nothing */

void report_add(struct ticket_day_sums *to, const struct ticket_day_sums *from);

struct report_point {
  int64_t day, last_day; /* of the period, inside the range */
  struct ticket_day_sums sums;
};
enum report_period { REPORT_DAILY = 1, REPORT_WEEKLY, REPORT_MONTHLY, REPORT_YEARLY };
struct report_range {
  int64_t technician_id;     /* an account; 0 the whole tenant */
  int64_t day_from, day_to;  /* inclusive */
  enum report_period period; /* weeks begin on Monday */
};
/* Where a range that ends on this day begins when nobody said: 30 days, 12 weeks, 12 months, 5 years, the
 * last of them up to that day. */
int64_t report_default_from(enum report_period period, int64_t day_to);
enum { REPORT_POINTS_MAX = 4000 };
extern const struct problem_kind report_too_long; /* INVALID: more points than REPORT_POINTS_MAX */
/* One point for each period of the range, empty ones too, oldest first. MAY_REPORT; a technician their own.
 */
enum status report_points(struct ctx *ctx, const struct report_range *range, struct report_point **out,
                          size_t *count) MUST_CHECK;

struct report_technician {
  int64_t account_id;
  struct uuid uuid;
  struct str name;
  int64_t total, completed, pending; /* tickets they have now: all, resolved or closed, the rest */
  struct ticket_day_sums sums;       /* of the range */
};
/* A technician's figures: counts of now and sums over the range (0, 0: always). MAY_TECHNICIAN_READ. */
enum status report_technician(struct ctx *ctx, int64_t account_id, int64_t day_from, int64_t day_to,
                              struct report_technician *out) MUST_CHECK;
/* All technicians with something in the range, most resolved first, at most `limit`. */
enum status report_technicians(struct ctx *ctx, int64_t day_from, int64_t day_to, int64_t limit,
                               struct report_technician **out, size_t *count) MUST_CHECK;

struct report_dashboard {
  int64_t total, pending, completed_today, overdue, active_technicians;
  double satisfaction;
  int64_t by_status[TICKET_STATUS_COUNT];
  int64_t by_priority[PRIORITY_COUNT];
  struct report_point *trend; /* the last 30 days, daily */
  size_t trend_count;
  struct report_technician *technicians; /* the ten with most resolved in these days */
  size_t technician_count;
};
/* MAY_DASHBOARD. */
enum status report_dashboard(struct ctx *ctx, struct report_dashboard *out) MUST_CHECK;

/* Today in the time zone of the caller's tenant. */
enum status report_today(struct ctx *ctx, int64_t *day) MUST_CHECK;

#endif
