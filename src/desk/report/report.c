#include "desk/report/report.h"

#include <math.h>
#include <stdlib.h>

#include "base/time.h"
#include "desk/technician/technician.h"
#include "desk/tenant/tenant.h"

const struct problem_kind report_too_long = {
    STATUS_INVALID, "report_too_long",
    "That range has too many periods; choose a shorter range or longer periods."};

/* ---- averages ---- */

static double rounded(double number, double steps) {
  return round(number * steps) / steps;
}

double report_hours(const struct ticket_day_sums *sums) {
  if (sums->timed <= 0) {
    return 0;
  }
  return rounded((double)sums->work_us / (double)sums->timed / (double)TIME_HOUR_US, 100);
}

double report_rating(const struct ticket_day_sums *sums) {
  return sums->ratings > 0 ? rounded((double)sums->rating_sum / (double)sums->ratings, 100) : 0;
}

double report_percent(int64_t part, int64_t whole) {
  return whole > 0 ? rounded((double)part * 100 / (double)whole, 10) : 0;
}

/* ---- days ---- */

enum status report_today(struct ctx *ctx, int64_t *day) {
  TRY(access_check(ctx, MAY_SIGNED_IN));
  struct tenant tenant;
  TRY(tenant_get(ctx, ctx->who->tenant_id, &tenant));
  *day = time_local_day(ctx->now_us, str_c(ctx->arena, tenant.timezone));
  return STATUS_OK;
}

/* 1970-01-01 was a Thursday. */
static int64_t monday_before(int64_t day) {
  int64_t past = (day + 3) % 7;
  return day - (past < 0 ? past + 7 : past);
}

/* The first day of the period that `day` is in. */
static int64_t period_start(enum report_period period, int64_t day) {
  int year;
  int month;
  int month_day;
  time_day_parts(day, &year, &month, &month_day);
  switch (period) {
    case REPORT_WEEKLY:
      return monday_before(day);
    case REPORT_MONTHLY:
      return day - (month_day - 1);
    case REPORT_YEARLY: {
      int64_t first = day - (month_day - 1);
      while (month > 1) { /* a month back at a time: their lengths are the calendar's business */
        time_day_parts(first - 1, &year, &month, &month_day);
        first -= month_day;
      }
      return first;
    }
    default:
      return day;
  }
}

/* The first day of the period after that one. No period is longer than 366 days, and all of them hold the day
 * that many days after their start or begin before it. */
static int64_t next_period(enum report_period period, int64_t start) {
  static const int longest[] = {
      [REPORT_DAILY] = 1, [REPORT_WEEKLY] = 7, [REPORT_MONTHLY] = 31, [REPORT_YEARLY] = 366};
  int64_t next = period_start(period, start + longest[period]);
  return next > start ? next : start + longest[period];
}

int64_t report_default_from(enum report_period period, int64_t day_to) {
  static const int before[] = {
      [REPORT_DAILY] = 29, [REPORT_WEEKLY] = 11, [REPORT_MONTHLY] = 11, [REPORT_YEARLY] = 4};
  int64_t day = period_start(period, day_to);
  for (int i = 0; i < before[period]; i++) {
    day = period_start(period, day - 1);
  }
  return day;
}

void report_add(struct ticket_day_sums *to, const struct ticket_day_sums *from) {
  to->created += from->created;
  to->resolved += from->resolved;
  to->on_time += from->on_time;
  to->first_call += from->first_call;
  to->timed += from->timed;
  to->work_us += from->work_us;
  to->ratings += from->ratings;
  to->rating_sum += from->rating_sum;
}

/* ---- points ---- */

/* The empty periods of a range, in order. */
static enum status make_points(struct ctx *ctx, const struct report_range *range, struct report_point **out,
                               size_t *count) {
  size_t n = 0;
  for (int64_t day = period_start(range->period, range->day_from); day <= range->day_to;
       day = next_period(range->period, day)) {
    if (++n > REPORT_POINTS_MAX) {
      return problem_set(ctx, &report_too_long);
    }
  }
  struct report_point *points = ARENA_ARRAY(ctx->arena, struct report_point, n + 1);
  int64_t day = period_start(range->period, range->day_from);
  for (size_t i = 0; i < n; i++) {
    int64_t next = next_period(range->period, day);
    points[i].day = day > range->day_from ? day : range->day_from;
    points[i].last_day = next - 1 < range->day_to ? next - 1 : range->day_to;
    day = next;
  }
  *out = points;
  *count = n;
  return STATUS_OK;
}

static enum status load_points(struct ctx *ctx, const struct report_range *range, struct report_point **out,
                               size_t *count) {
  struct report_point *points = NULL;
  size_t point_count = 0;
  TRY(make_points(ctx, range, &points, &point_count));
  struct ticket_day *days = NULL;
  size_t day_count = 0;
  TRY(ticket_days_each(ctx, range->technician_id, range->day_from, range->day_to, &days, &day_count));
  size_t at = 0;
  for (size_t i = 0; i < day_count; i++) {
    while (at < point_count && points[at].last_day < days[i].day) {
      at++;
    }
    if (at < point_count) {
      report_add(&points[at].sums, &days[i].sums);
    }
  }
  *out = points;
  *count = point_count;
  return STATUS_OK;
}

/* A technician sees their own figures and nobody else's. */
static enum status check_whose(struct ctx *ctx, enum permission permission, int64_t technician_id) {
  TRY(access_check(ctx, permission));
  enum scope scope = access_scope(ctx->who->role, permission);
  bool own = technician_id == ctx->who->account_id;
  if (scope == SCOPE_ALL || (scope == SCOPE_OWN && own)) {
    return STATUS_OK;
  }
  return problem_set(ctx, &access_forbidden);
}

enum status report_points(struct ctx *ctx, const struct report_range *range, struct report_point **out,
                          size_t *count) {
  TRY(check_whose(ctx, MAY_REPORT, range->technician_id));
  return load_points(ctx, range, out, count);
}

/* ---- technicians ---- */

/* What they have now, beside what they did. */
static enum status load_counts(struct ctx *ctx, struct report_technician *technician) {
  int64_t counts[TICKET_STATUS_COUNT][PRIORITY_COUNT];
  TRY(ticket_counts_of(ctx, COUNT_ASSIGNEE, technician->account_id, counts));
  for (int status = TICKET_NEW; status < TICKET_STATUS_COUNT; status++) {
    bool done = status == TICKET_RESOLVED || status == TICKET_CLOSED;
    for (int priority = PRIORITY_LOW; priority < PRIORITY_COUNT; priority++) {
      technician->total += counts[status][priority];
      *(done ? &technician->completed : &technician->pending) += counts[status][priority];
    }
  }
  return STATUS_OK;
}

static enum status load_names(struct ctx *ctx, struct report_technician *technicians, size_t count) {
  for (size_t from = 0; from < count; from += TICKET_PEOPLE_MAX) {
    size_t part = count - from < TICKET_PEOPLE_MAX ? count - from : TICKET_PEOPLE_MAX;
    int64_t *ids = ARENA_ARRAY(ctx->arena, int64_t, part);
    struct ticket_person *people = ARENA_ARRAY(ctx->arena, struct ticket_person, part);
    for (size_t i = 0; i < part; i++) {
      ids[i] = technicians[from + i].account_id;
    }
    TRY(ticket_people(ctx, ids, part, people));
    for (size_t i = 0; i < part; i++) {
      technicians[from + i].uuid = people[i].uuid;
      technicians[from + i].name = people[i].name;
    }
  }
  return STATUS_OK;
}

/* Somebody of the tenant, or whom its tickets show: the operator's staff act there, too. */
static enum status load_name(struct ctx *ctx, struct report_technician *technician) {
  const struct uuid any = {0};
  int64_t number;
  TRY(ticket_person_number(ctx, any, technician->account_id, &number));
  return number > 0 ? load_names(ctx, technician, 1) : STATUS_OK;
}

enum status report_technician(struct ctx *ctx, int64_t account_id, int64_t day_from, int64_t day_to,
                              struct report_technician *out) {
  TRY(check_whose(ctx, MAY_TECHNICIAN_READ, account_id));
  bool always = day_from == 0 && day_to == 0;
  struct report_technician technician = {.account_id = account_id};
  TRY(load_counts(ctx, &technician));
  TRY(load_name(ctx, &technician));
  TRY(ticket_days_sum(ctx, account_id, always ? INT64_MIN : day_from, always ? INT64_MAX : day_to,
                      &technician.sums));
  *out = technician;
  return STATUS_OK;
}

/* Most resolved first; of equals the longer known. */
static int by_resolved(const void *left, const void *right) {
  const struct ticket_day_technician *a = left, *b = right;
  if (a->sums.resolved != b->sums.resolved) {
    return a->sums.resolved > b->sums.resolved ? -1 : 1;
  }
  return a->technician_id < b->technician_id ? -1 : a->technician_id > b->technician_id;
}

static enum status load_technicians(struct ctx *ctx, int64_t day_from, int64_t day_to, int64_t limit,
                                    struct report_technician **out, size_t *count) {
  struct ticket_day_technician *rows = NULL;
  size_t n = 0;
  TRY(ticket_days_technicians(ctx, day_from, day_to, &rows, &n));
  qsort(rows, n, sizeof *rows, by_resolved);
  size_t kept = limit >= 0 && n > (size_t)limit ? (size_t)limit : n;
  struct report_technician *technicians = ARENA_ARRAY(ctx->arena, struct report_technician, kept + 1);
  for (size_t i = 0; i < kept; i++) {
    technicians[i].account_id = rows[i].technician_id;
    technicians[i].sums = rows[i].sums;
    TRY(load_counts(ctx, &technicians[i]));
  }
  TRY(load_names(ctx, technicians, kept));
  *out = technicians;
  *count = kept;
  return STATUS_OK;
}

enum status report_technicians(struct ctx *ctx, int64_t day_from, int64_t day_to, int64_t limit,
                               struct report_technician **out, size_t *count) {
  TRY(check_whose(ctx, MAY_REPORT, 0));
  return load_technicians(ctx, day_from, day_to, limit, out, count);
}

/* ---- the dashboard ---- */

static enum status load_now(struct ctx *ctx, struct report_dashboard *board) {
  int64_t counts[TICKET_STATUS_COUNT][PRIORITY_COUNT];
  TRY(ticket_counts_of(ctx, COUNT_TENANT, 0, counts));
  for (int status = TICKET_NEW; status < TICKET_STATUS_COUNT; status++) {
    for (int priority = PRIORITY_LOW; priority < PRIORITY_COUNT; priority++) {
      board->by_status[status] += counts[status][priority];
      board->by_priority[priority] += counts[status][priority];
      board->total += counts[status][priority];
    }
  }
  board->pending = board->total - board->by_status[TICKET_RESOLVED] - board->by_status[TICKET_CLOSED];
  TRY(ticket_overdue(ctx, &board->overdue));
  return technician_active_count(ctx, &board->active_technicians);
}

enum status report_dashboard(struct ctx *ctx, struct report_dashboard *out) {
  enum { TREND_DAYS = 30, BEST = 10 };
  TRY(access_check(ctx, MAY_DASHBOARD));
  struct report_dashboard board = {0};
  int64_t today;
  TRY(report_today(ctx, &today));
  TRY(load_now(ctx, &board));
  const struct report_range range = {
      .day_from = today - (TREND_DAYS - 1), .day_to = today, .period = REPORT_DAILY};
  TRY(load_points(ctx, &range, &board.trend, &board.trend_count));
  board.completed_today = board.trend[board.trend_count - 1].sums.resolved;
  struct ticket_day_sums always;
  TRY(ticket_days_sum(ctx, 0, INT64_MIN, INT64_MAX, &always));
  board.satisfaction = report_rating(&always);
  TRY(load_technicians(ctx, range.day_from, range.day_to, BEST, &board.technicians, &board.technician_count));
  *out = board;
  return STATUS_OK;
}
