#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/hcall/internal.h"

static void a_word_means_the_statuses_that_read_as_it(void **state) {
  (void)state;
  struct db_ints statuses = {0};
  assert_int_equal(hcall_purge_statuses(NULL, &statuses), STATUS_OK);
  assert_int_equal(statuses.count, 2);
  assert_int_equal(statuses.values[0], TICKET_RESOLVED);
  assert_int_equal(statuses.values[1], TICKET_CLOSED);
  assert_int_equal(hcall_purge_statuses("doing", &statuses), STATUS_OK);
  assert_int_equal(statuses.count, 1);
  assert_int_equal(statuses.values[0], TICKET_IN_PROGRESS);
  assert_int_equal(hcall_purge_statuses("solved", &statuses), STATUS_INVALID);
  assert_int_equal(statuses.values[0], TICKET_IN_PROGRESS);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_word_means_the_statuses_that_read_as_it)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
