#include "desk/report/report.h"
#include "desk/technician/technician.h"
#include "history.h"

/* Every figure of dashboard and reports against plain counting of the tickets. */

/* What happened to live tickets in these days, of everybody (0) or one technician. */
static struct ticket_day_sums counted(struct store *store, int64_t technician_id, int64_t from, int64_t to) {
  const char *whose = technician_id != 0 ? SQL(store, "AND assignee_id = %" PRId64, technician_id) : "";
  const char *done =
      SQL(store,
          "FROM ticket WHERE tenant_id = 1 AND removed_at IS NULL AND status IN (5, 6) %s AND " HISTORY_DAY(
              "resolved_at") " BETWEEN %" PRId64 " AND %" PRId64,
          whose, from, to);
  const char *timed = "AND assigned_at IS NOT NULL AND assigned_at <= resolved_at";
  return (struct ticket_day_sums){
      .created =
          technician_id != 0
              ? 0
              : NUMBER(
                    store,
                    "SELECT COUNT(*) FROM ticket WHERE tenant_id = 1 AND removed_at IS NULL AND " HISTORY_DAY(
                        "created_at") " BETWEEN %" PRId64 " AND %" PRId64,
                    from, to),
      .resolved = NUMBER(store, "SELECT COUNT(*) %s", done),
      .on_time = NUMBER(
          store, "SELECT COUNT(*) %s AND (resolve_due_at IS NULL OR resolved_at <= resolve_due_at)", done),
      .first_call = NUMBER(store,
                           "SELECT COUNT(*) %s AND assignee_id <> 0 AND assignee_id = first_assignee_id AND "
                           "reopened_count = 0",
                           done),
      .timed = NUMBER(store, "SELECT COUNT(*) %s %s", done, timed),
      .work_us = NUMBER(store, "SELECT CAST(COALESCE(SUM(resolved_at - assigned_at), 0) AS BIGINT) %s %s",
                        done, timed),
      .ratings = NUMBER(store, "SELECT COUNT(*) %s AND rating > 0", done),
      .rating_sum = NUMBER(store, "SELECT CAST(COALESCE(SUM(rating), 0) AS BIGINT) %s", done),
  };
}

static void assert_sums(struct store *store, const struct ticket_day_sums *sums, int64_t technician_id,
                        int64_t from, int64_t to) {
  const struct ticket_day_sums expected = counted(store, technician_id, from, to);
  assert_memory_equal(sums, &expected, sizeof expected);
}

static int64_t today(void) {
  return time_local_day(STORE_NOW, HISTORY_ZONE);
}

/* ---- periods ---- */

static void assert_points(struct store *store, const struct report_range *range) {
  struct report_point *points = NULL;
  size_t count = 0;
  assert_ok(report_points(&store->ctx, range, &points, &count));
  assert_true(count > 0);
  assert_int_equal(points[0].day, range->day_from);
  assert_int_equal(points[count - 1].last_day, range->day_to);
  for (size_t i = 0; i < count; i++) {
    int year, month, day;
    assert_true(points[i].day <= points[i].last_day);
    assert_sums(store, &points[i].sums, range->technician_id, points[i].day, points[i].last_day);
    if (i == 0) {
      continue;
    }
    assert_int_equal(points[i].day, points[i - 1].last_day + 1);
    time_day_parts(points[i].day, &year, &month, &day);
    switch (range->period) {
      case REPORT_WEEKLY:
        assert_int_equal((points[i].day + 3) % 7, 0); /* 1970-01-05 was a Monday */
        break;
      case REPORT_MONTHLY:
        assert_int_equal(day, 1);
        break;
      case REPORT_YEARLY:
        assert_int_equal(day * 100 + month, 101);
        break;
      default:
        assert_int_equal(points[i].last_day, points[i].day);
    }
  }
}

static void every_period_has_what_counting_gives(struct store *store) {
  struct history history;
  history_make(store, &history);
  as(store, &history.manager);
  assert_true(counted(store, 0, today() - 100, today()).resolved > 80);
  for (int who = -1; who < HISTORY_TECHNICIANS; who++) {
    int64_t technician = who < 0 ? 0 : history.technicians[who].account_id;
    for (int period = REPORT_DAILY; period <= REPORT_YEARLY; period++) {
      const struct report_range usual = {technician, report_default_from((enum report_period)period, today()),
                                         today(), (enum report_period)period};
      assert_points(store, &usual);
    }
  }
  const struct report_range odd = {0, today() - 71, today() - 3, REPORT_MONTHLY};
  assert_points(store, &odd);
}

static void a_range_may_have_4000_periods_and_no_more(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Bambang", "manager@example.com");
  struct report_range range = {0, today() - (REPORT_POINTS_MAX - 1), today(), REPORT_DAILY};
  struct report_point *points = NULL;
  size_t count = 0;
  assert_ok(report_points(as(store, &manager), &range, &points, &count));
  assert_int_equal(count, REPORT_POINTS_MAX);
  range.day_from--;
  assert_status(STATUS_INVALID, report_points(as(store, &manager), &range, &points, &count));
  assert_ptr_equal(store->ctx.problem.kind, &report_too_long);
  assert_int_equal(count, REPORT_POINTS_MAX);
  range.period = REPORT_WEEKLY;
  assert_ok(report_points(as(store, &manager), &range, &points, &count));
}

/* ---- technicians ---- */

static void technicians_have_what_counting_gives_most_resolved_first(struct store *store) {
  struct history history;
  history_make(store, &history);
  struct report_technician *found = NULL;
  size_t count = 0;
  int64_t from = today() - 60, to = today() - 10;
  assert_ok(report_technicians(as(store, &history.manager), from, to, 100, &found, &count));
  assert_int_equal(count, HISTORY_TECHNICIANS);
  for (size_t i = 0; i < count; i++) {
    int64_t id = found[i].account_id;
    const char *theirs = SQL(store, "FROM ticket WHERE removed_at IS NULL AND assignee_id = %" PRId64, id);
    assert_sums(store, &found[i].sums, id, from, to);
    assert_int_equal(found[i].total, NUMBER(store, "SELECT COUNT(*) %s", theirs));
    assert_int_equal(found[i].completed, NUMBER(store, "SELECT COUNT(*) %s AND status IN (5, 6)", theirs));
    assert_int_equal(found[i].pending, found[i].total - found[i].completed);
    assert_str(found[i].name,
               str_c(store->ctx.arena,
                     store_text(store, SQL(store, "SELECT name FROM account WHERE id = %" PRId64, id))));
    assert_true(i == 0 || found[i].sums.resolved < found[i - 1].sums.resolved ||
                (found[i].sums.resolved == found[i - 1].sums.resolved && id > found[i - 1].account_id));
  }
  assert_ok(report_technicians(as(store, &history.manager), from, to, 2, &found, &count));
  assert_int_equal(count, 2);
  assert_ok(report_technicians(as(store, &history.manager), today() + 1, today() + 9, 100, &found, &count));
  assert_int_equal(count, 0);

  struct report_technician one;
  const struct who *technician = &history.technicians[0];
  assert_ok(report_technician(as(store, technician), technician->account_id, 0, 0, &one));
  assert_sums(store, &one.sums, technician->account_id, today() - 1000, today() + 1);
}

/* ---- the dashboard ---- */

static void the_dashboard_has_what_counting_gives(struct store *store) {
  struct history history;
  history_make(store, &history);
  struct report_dashboard board;
  assert_ok(report_dashboard(as(store, &history.service), &board));
  const char *live = "FROM ticket WHERE tenant_id = 1 AND removed_at IS NULL";
  assert_int_equal(board.total, NUMBER(store, "SELECT COUNT(*) %s", live));
  assert_int_equal(board.pending, NUMBER(store, "SELECT COUNT(*) %s AND status < 5", live));
  assert_int_equal(board.overdue,
                   NUMBER(store, "SELECT COUNT(*) %s AND status IN (1, 2, 3) AND resolve_due_at < %" PRId64,
                          live, STORE_NOW));
  assert_true(board.overdue > 0);
  assert_int_equal(board.completed_today, counted(store, 0, today(), today()).resolved);
  for (int status = TICKET_NEW; status < TICKET_STATUS_COUNT; status++) {
    assert_int_equal(board.by_status[status],
                     NUMBER(store, "SELECT COUNT(*) %s AND status = %d", live, status));
  }
  for (int priority = PRIORITY_LOW; priority < PRIORITY_COUNT; priority++) {
    assert_int_equal(board.by_priority[priority],
                     NUMBER(store, "SELECT COUNT(*) %s AND priority = %d", live, priority));
  }
  const struct ticket_day_sums always = counted(store, 0, 0, today() + 1000);
  assert_true(board.satisfaction == report_rating(&always) && board.satisfaction > 1);
  assert_int_equal(board.trend_count, 30);
  for (size_t i = 0; i < board.trend_count; i++) {
    assert_int_equal(board.trend[i].day, today() - 29 + (int64_t)i);
    assert_sums(store, &board.trend[i].sums, 0, board.trend[i].day, board.trend[i].day);
  }
  assert_int_equal(board.technician_count, HISTORY_TECHNICIANS);
  for (size_t i = 0; i < board.technician_count; i++) {
    assert_sums(store, &board.technicians[i].sums, board.technicians[i].account_id, today() - 29, today());
  }
}

/* ---- who sees them ---- */

static enum status read_points(struct store *store, const struct who *who, int64_t technician_id) {
  const struct report_range range = {technician_id, today() - 3, today(), REPORT_DAILY};
  struct report_point *points = NULL;
  size_t count = 0;
  return report_points(as(store, who), &range, &points, &count);
}

static void figures_are_for_whom_the_table_says(struct store *store) {
  static const struct {
    enum role role;
    enum status points, people, own, dashboard;
  } table[] = {
      {ROLE_SUPER_ADMIN, STATUS_OK, STATUS_OK, STATUS_OK, STATUS_OK},
      {ROLE_MANAGER, STATUS_OK, STATUS_OK, STATUS_OK, STATUS_OK},
      {ROLE_SUPERVISOR, STATUS_OK, STATUS_OK, STATUS_OK, STATUS_OK},
      {ROLE_CUSTOMER_SERVICE, STATUS_FORBIDDEN, STATUS_FORBIDDEN, STATUS_FORBIDDEN, STATUS_OK},
      {ROLE_TECHNICIAN, STATUS_FORBIDDEN, STATUS_FORBIDDEN, STATUS_OK, STATUS_FORBIDDEN},
      {ROLE_CUSTOMER, STATUS_FORBIDDEN, STATUS_FORBIDDEN, STATUS_FORBIDDEN, STATUS_FORBIDDEN},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    const struct who who =
        person(store, 1, table[i].role, role_name(table[i].role), SQL(store, "%zu@example.com", i));
    struct report_technician *people = NULL;
    struct report_dashboard board;
    size_t count = 0;
    assert_status(table[i].points, read_points(store, &who, 0));
    assert_status(table[i].points, read_points(store, &who, who.account_id + 1));
    assert_status(table[i].own, read_points(store, &who, who.account_id));
    assert_status(table[i].people, report_technicians(as(store, &who), 0, 1, 10, &people, &count));
    assert_status(table[i].dashboard, report_dashboard(as(store, &who), &board));
  }
  struct report_technician one;
  const struct who technician = person(store, 1, ROLE_TECHNICIAN, "Agus", "agus@example.com");
  assert_status(STATUS_FORBIDDEN, report_technician(as(store, &technician), 1, 0, 0, &one));
  assert_status(STATUS_UNAUTHENTICATED, read_points(store, NULL, 0));
}

static void another_tenant_has_nothing_of_it(struct store *store) {
  struct history history;
  history_make(store, &history);
  tenant_make(store, 2);
  const struct who stranger = person(store, 2, ROLE_MANAGER, "Stranger", "stranger@example.com");
  struct report_dashboard board;
  assert_ok(report_dashboard(as(store, &stranger), &board));
  assert_int_equal(board.total + board.pending + board.overdue + board.completed_today, 0);
  assert_int_equal(board.technician_count, 0);
  assert_true(board.satisfaction == 0);
  struct report_technician one;
  assert_ok(report_technician(as(store, &stranger), history.technicians[0].account_id, 0, 0, &one));
  assert_int_equal(one.total + one.sums.resolved, 0);
  assert_int_equal(one.name.len, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(every_period_has_what_counting_gives),
      STORE_TEST(a_range_may_have_4000_periods_and_no_more),
      STORE_TEST(technicians_have_what_counting_gives_most_resolved_first),
      STORE_TEST(the_dashboard_has_what_counting_gives),
      STORE_TEST(figures_are_for_whom_the_table_says),
      STORE_TEST(another_tenant_has_nothing_of_it),
  };
  return STORE_RUN(tests);
}
