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
  struct rate rate = {0};
  for (int i = 0; i < 3; i++) {
    assert_true(limiter_take(limiter, 7, STR("10.0.0.1"), minute, &rate));
  }
  assert_false(limiter_take(limiter, 7, STR("10.0.0.1"), minute + 15 * TIME_SECOND_US, &rate));
  assert_int_equal(rate.reset_s, 45);
  assert_int_equal(rate.left, 0);
  limiter_free(limiter);
}

static void the_next_minute_starts_anew(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new(1);
  struct rate rate = {0};
  assert_true(limiter_take(limiter, 7, STR_NONE, minute, &rate));
  assert_false(limiter_take(limiter, 7, STR_NONE, minute, &rate));
  assert_true(limiter_take(limiter, 7, STR_NONE, minute + TIME_MINUTE_US, &rate));
  limiter_free(limiter);
}

static void callers_do_not_share(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new(1);
  struct rate rate = {0};
  assert_true(limiter_take(limiter, 7, STR("10.0.0.1"), minute, &rate));
  assert_true(limiter_take(limiter, 8, STR("10.0.0.1"), minute, &rate));
  assert_true(limiter_take(limiter, 0, STR("10.0.0.1"), minute, &rate));
  assert_true(limiter_take(limiter, 0, STR("10.0.0.2"), minute, &rate));
  assert_false(limiter_take(limiter, 0, STR("10.0.0.1"), minute, &rate));
  limiter_free(limiter);
}

static void the_addresses_of_one_ipv6_network_are_one_caller(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new(1);
  struct rate rate = {0};
  assert_true(limiter_take(limiter, 0, STR("2001:db8:0:1::1"), minute, &rate));
  assert_false(limiter_take(limiter, 0, STR("2001:db8:0:1:2::7"), minute, &rate));
  assert_true(limiter_take(limiter, 0, STR("2001:db8:0:2::1"), minute, &rate));
  assert_true(limiter_take(limiter, 7, STR("2001:db8:0:1::1"), minute, &rate));
  limiter_free(limiter);
}

static void a_flood_of_callers_does_not_stop_new_ones(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new(1);
  struct rate rate = {0};
  for (int64_t account = 1; account <= 200000; account++) {
    assert_true(limiter_take(limiter, account, STR_NONE, minute, &rate));
  }
  limiter_free(limiter);
}

static void headers_tell_the_policy_and_what_is_left(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new(600);
  struct rate rate = {0};
  CLEANUP_BUF struct buf headers;
  buf_init(&headers, 1024);
  assert_true(limiter_take(limiter, 7, STR_NONE, minute + 23 * TIME_SECOND_US + 1, &rate));
  limiter_headers(limiter, &rate, &headers);
  assert_true(str_is(buf_str(&headers),
                     "RateLimit-Policy: \"default\";q=600;w=60\r\n"
                     "RateLimit: \"default\";r=599;t=37\r\n"));
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
      cmocka_unit_test(the_addresses_of_one_ipv6_network_are_one_caller),
      cmocka_unit_test(a_flood_of_callers_does_not_stop_new_ones),
      cmocka_unit_test(headers_tell_the_policy_and_what_is_left),
      cmocka_unit_test(off_is_no_limiter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
