#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time.h"
#include "desk/report/report.h"

/* ---- averages ---- */

static void averages_of_nothing_are_0(void **state) {
  (void)state;
  const struct ticket_day_sums nothing = {0};
  assert_true(report_hours(&nothing) == 0);
  assert_true(report_rating(&nothing) == 0);
  assert_true(report_percent(0, 0) == 0);
  assert_true(report_percent(5, 0) == 0);
}

static void hours_and_ratings_have_two_decimals(void **state) {
  (void)state;
  static const struct {
    int64_t timed, work_us;
    double hours;
  } hours[] = {
      {1, TIME_HOUR_US, 1},
      {2, 3 * TIME_HOUR_US, 1.5},
      {3, TIME_HOUR_US, 0.33},
      {3, 2 * TIME_HOUR_US, 0.67},
      {1, 17 * TIME_SECOND_US, 0},
      {1, 18 * TIME_SECOND_US, 0.01}, /* half a hundredth goes up */
      {1000000, INT64_C(9000000000000000), 2.5},
  };
  for (size_t i = 0; i < sizeof hours / sizeof *hours; i++) {
    const struct ticket_day_sums sums = {
        .resolved = 10, .timed = hours[i].timed, .work_us = hours[i].work_us};
    assert_true(report_hours(&sums) == hours[i].hours);
  }
  const struct ticket_day_sums three = {.ratings = 3, .rating_sum = 14},
                               seven = {.ratings = 7, .rating_sum = 31};
  assert_true(report_rating(&three) == 4.67);
  assert_true(report_rating(&seven) == 4.43);
}

static void percentages_have_one_decimal(void **state) {
  (void)state;
  assert_true(report_percent(1, 3) == 33.3);
  assert_true(report_percent(2, 3) == 66.7);
  assert_true(report_percent(1, 1) == 100);
  assert_true(report_percent(0, 7) == 0);
  assert_true(report_percent(1, 2000) == 0.1); /* 0.05 goes up */
  assert_true(report_percent(1, 2001) == 0);
}

static void sums_add_up_in_every_member(void **state) {
  (void)state;
  struct ticket_day_sums sum = {1, 2, 3, 4, 5, 6, 7, 8};
  const struct ticket_day_sums more = {10, 20, 30, 40, 50, 60, 70, 80};
  const struct ticket_day_sums expected = {11, 22, 33, 44, 55, 66, 77, 88};
  report_add(&sum, &more);
  assert_memory_equal(&sum, &expected, sizeof expected);
}

/* ---- where a range begins ---- */

/* Days since 1970 of a date. */
static int64_t day_of(const char *text) {
  int64_t from;
  int64_t to;
  assert_int_equal(time_day(str_of(text), "UTC", &from, &to), STATUS_OK);
  return from / TIME_DAY_US;
}

static void an_unsaid_range_is_so_many_periods_the_last_up_to_its_end(void **state) {
  (void)state;
  static const struct {
    enum report_period period;
    const char *to, *from;
  } rows[] = {
      {REPORT_DAILY, "2026-11-21", "2026-10-23"},   {REPORT_DAILY, "2024-03-01", "2024-02-01"},
      {REPORT_WEEKLY, "2026-11-21", "2026-08-31"}, /* a Saturday: eleven Mondays before that week's */
      {REPORT_WEEKLY, "2026-11-22", "2026-08-31"}, /* the Sunday after */
      {REPORT_WEEKLY, "2026-11-23", "2026-09-07"}, /* the Monday */
      {REPORT_WEEKLY, "1970-01-01", "1969-10-13"},  {REPORT_MONTHLY, "2026-11-21", "2025-12-01"},
      {REPORT_MONTHLY, "2026-11-30", "2025-12-01"}, {REPORT_MONTHLY, "2026-12-01", "2026-01-01"},
      {REPORT_MONTHLY, "2025-02-28", "2024-03-01"}, {REPORT_YEARLY, "2026-11-21", "2022-01-01"},
      {REPORT_YEARLY, "2024-12-31", "2020-01-01"},  {REPORT_YEARLY, "2024-01-01", "2020-01-01"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char found[16];
    time_day_print(report_default_from(rows[i].period, day_of(rows[i].to)), found);
    assert_string_equal(found, rows[i].from);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(averages_of_nothing_are_0),
      cmocka_unit_test(hours_and_ratings_have_two_decimals),
      cmocka_unit_test(percentages_have_one_decimal),
      cmocka_unit_test(sums_add_up_in_every_member),
      cmocka_unit_test(an_unsaid_range_is_so_many_periods_the_last_up_to_its_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
