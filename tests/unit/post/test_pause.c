#include "reader.h"

#include "base/time.h"
#include "post/pause.h"

static void pauses_grow_and_stay_within_a_tenth(void **state) {
  (void)state;
  static const int64_t expected_s[] = {10, 30, 120, 600, 1800, 3600, 7200, 14400, 14400, 14400};
  for (int64_t tries = 1; tries <= 10; tries++) {
    int64_t middle = expected_s[tries - 1] * TIME_SECOND_US;
    assert_int_equal(pause_after_us(tries, 0), middle - middle / 10);
    int64_t least = INT64_MAX;
    int64_t most = 0;
    for (uint32_t i = 0; i < 1000; i++) {
      int64_t pause = pause_after_us(tries, i * 4294967u);
      least = pause < least ? pause : least;
      most = pause > most ? pause : most;
    }
    assert_true(least >= middle - middle / 10 && most <= middle + middle / 10 && most > least);
  }
  assert_int_equal(pause_after_us(0, 7), pause_after_us(1, 7));
  assert_int_equal(pause_after_us(INT64_MAX, 7), pause_after_us(8, 7));
}

static void three_days_and_five_tries_are_the_end(void **state) {
  (void)state;
  int64_t start = INT64_C(1700000000) * TIME_SECOND_US;
  assert_false(pause_is_over(start, 30, start + 3 * TIME_DAY_US));
  assert_true(pause_is_over(start, 5, start + 3 * TIME_DAY_US + 1));
  assert_false(pause_is_over(start, 4, start + 30 * TIME_DAY_US));
}

static void all_tries_take_three_days(void **state) {
  (void)state;
  int64_t at = 0;
  int64_t tries = 0;
  do {
    tries++;
    at += pause_after_us(tries, 12345);
  } while (!pause_is_over(0, tries, at));
  assert_true(tries > 20 && tries < 35);
}

static void holds_grow_to_a_minute(void **state) {
  (void)state;
  assert_int_equal(pause_hold_us(1), 5 * TIME_SECOND_US);
  assert_int_equal(pause_hold_us(2), 10 * TIME_SECOND_US);
  assert_int_equal(pause_hold_us(5), TIME_MINUTE_US);
  assert_int_equal(pause_hold_us(UINT32_MAX), TIME_MINUTE_US);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pauses_grow_and_stay_within_a_tenth),
      cmocka_unit_test(three_days_and_five_tries_are_the_end),
      cmocka_unit_test(all_tries_take_three_days),
      cmocka_unit_test(holds_grow_to_a_minute),
  };
  return cmocka_run_group_tests_name("post/pause", tests, NULL, NULL);
}
