#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/hcall/internal.h"

static void an_id_is_ticket_and_a_uuid(void **state) {
  (void)state;
  struct uuid uuid = {{0}};
  assert_true(hcall_ticket_id(STR("ticket_123e4567-e89b-12d3-a456-426614174000"), &uuid));
  char text[UUID_TEXT_SIZE];
  assert_string_equal(uuid_print(uuid, text), "123e4567-e89b-12d3-a456-426614174000");
}

static void anything_else_is_no_id(void **state) {
  (void)state;
  const char *texts[] = {"",
                         "ticket_",
                         "ticket",
                         "ticket_028492wsd88178",
                         "ticket_123e4567-e89b-12d3-a456-42661417400",
                         "123e4567-e89b-12d3-a456-426614174000",
                         "Ticket_123e4567-e89b-12d3-a456-426614174000",
                         "ticket_123e4567-e89b-12d3-a456-426614174000 "};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct uuid uuid = {{0}};
    assert_false(hcall_ticket_id(str_of(texts[i]), &uuid));
    assert_true(uuid_is_none(uuid));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(an_id_is_ticket_and_a_uuid),
                                     cmocka_unit_test(anything_else_is_no_id)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
