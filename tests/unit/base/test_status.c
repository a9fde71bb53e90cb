#include "unit.h"

#include "base/status.h"

static void every_status_has_a_name_and_a_meaning(void **state) {
  (void)state;
  for (int i = 0; i < STATUS_COUNT; i++) {
    assert_non_null(status_name((enum status)i));
    assert_true(strlen(status_name((enum status)i)) > 0);
    assert_true(strlen(status_meaning((enum status)i)) > 0);
    for (int j = 0; j < i; j++) {
      assert_string_not_equal(status_name((enum status)i), status_name((enum status)j));
    }
  }
  assert_int_equal(STATUS_OK, 0);
  assert_string_equal(status_name(STATUS_NOT_FOUND), "NOT_FOUND");
}

static void a_number_that_is_no_status_has_a_text_too(void **state) {
  (void)state;
  assert_string_equal(status_name((enum status)STATUS_COUNT), "UNKNOWN");
  assert_non_null(status_meaning((enum status)STATUS_COUNT));
}

static enum status pass_up(enum status first, int *reached) {
  TRY(first);
  *reached = 1;
  return STATUS_OK;
}

static void try_hands_a_failure_up(void **state) {
  (void)state;
  int reached = 0;
  assert_int_equal(pass_up(STATUS_STATE, &reached), STATUS_STATE);
  assert_int_equal(reached, 0);
  assert_int_equal(pass_up(STATUS_OK, &reached), STATUS_OK);
  assert_int_equal(reached, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_status_has_a_name_and_a_meaning),
      cmocka_unit_test(a_number_that_is_no_status_has_a_text_too),
      cmocka_unit_test(try_hands_a_failure_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
