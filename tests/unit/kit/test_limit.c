#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "api/kit/internal.h"
#include "base/time.h"

static const int64_t minute = INT64_C(29000000) * TIME_MINUTE_US;

static void a_caller_gets_its_calls_and_no_more(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new(3);
  uint32_t wait = 0;
  for (int i = 0; i < 3; i++) {
    assert_true(limiter_take(limiter, 7, STR("10.0.0.1"), minute, &wait));
  }
  assert_false(limiter_take(limiter, 7, STR("10.0.0.1"), minute + 15 * TIME_SECOND_US, &wait));
  assert_int_equal(wait, 45);
  limiter_free(limiter);
}

static void the_next_minute_starts_anew(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new(1);
  uint32_t wait = 0;
  assert_true(limiter_take(limiter, 7, STR_NONE, minute, &wait));
  assert_false(limiter_take(limiter, 7, STR_NONE, minute, &wait));
  assert_true(limiter_take(limiter, 7, STR_NONE, minute + TIME_MINUTE_US, &wait));
  limiter_free(limiter);
}

static void callers_do_not_share(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new(1);
  uint32_t wait = 0;
  assert_true(limiter_take(limiter, 7, STR("10.0.0.1"), minute, &wait));
  assert_true(limiter_take(limiter, 8, STR("10.0.0.1"), minute, &wait));
  assert_true(limiter_take(limiter, 0, STR("10.0.0.1"), minute, &wait));
  assert_true(limiter_take(limiter, 0, STR("10.0.0.2"), minute, &wait));
  assert_false(limiter_take(limiter, 0, STR("10.0.0.1"), minute, &wait));
  limiter_free(limiter);
}

static void a_flood_of_callers_does_not_stop_new_ones(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new(1);
  uint32_t wait = 0;
  for (int64_t account = 1; account <= 200000; account++) {
    assert_true(limiter_take(limiter, account, STR_NONE, minute, &wait));
  }
  limiter_free(limiter);
}

static void off_is_no_limiter(void **state) {
  (void)state;
  assert_null(limiter_new(0));
  limiter_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_caller_gets_its_calls_and_no_more),
      cmocka_unit_test(the_next_minute_starts_anew),
      cmocka_unit_test(callers_do_not_share),
      cmocka_unit_test(a_flood_of_callers_does_not_stop_new_ones),
      cmocka_unit_test(off_is_no_limiter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
