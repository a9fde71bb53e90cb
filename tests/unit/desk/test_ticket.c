#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time.h"
#include "desk/ticket/ticket.h"

static void a_number_is_the_utc_day_and_six_digits_at_least(void **state) {
  (void)state;
  static const struct {
    int64_t created_at, id;
    const char *number;
  } rows[] = {
      {INT64_C(1770091506000007), 1, "TK20260203000001"},
      {INT64_C(1770091506000007), 999999, "TK20260203999999"},
      {INT64_C(1770091506000007), 1000000, "TK202602031000000"},
      {INT64_C(1767225599999999), 42, "TK20251231000042"},
      {INT64_C(1767225600000000), 42, "TK20260101000042"},
      {INT64_C(1770091506000007), INT64_MAX, "TK202602039223372036854775807"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct ticket ticket = {.id = rows[i].id, .created_at = rows[i].created_at};
    char out[TICKET_NUMBER_SIZE];
    assert_ptr_equal(ticket_number(&ticket, out), out);
    assert_string_equal(out, rows[i].number);
  }
}

static void shown_kinds_follow_the_category_unless_stored(void **state) {
  (void)state;
  static const struct {
    int category, work_type, request_kind;
    enum work_type shown_work;
    enum request_kind shown_kind;
  } rows[] = {
      {CATEGORY_TECHNICAL, WORK_NONE, REQUEST_NONE, WORK_REPAIR, REQUEST_TECHNICAL},
      {CATEGORY_BILLING, WORK_NONE, REQUEST_NONE, WORK_MAINTENANCE, REQUEST_COMPLAINT},
      {CATEGORY_ACCOUNT, WORK_NONE, REQUEST_NONE, WORK_MAINTENANCE, REQUEST_REQUEST},
      {CATEGORY_SERVICE, WORK_NONE, REQUEST_NONE, WORK_MAINTENANCE, REQUEST_REQUEST},
      {CATEGORY_TECHNICAL, WORK_UPGRADE, REQUEST_COMPLAINT, WORK_UPGRADE, REQUEST_COMPLAINT},
      {CATEGORY_BILLING, WORK_REPAIR, REQUEST_REQUEST, WORK_REPAIR, REQUEST_REQUEST},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct ticket ticket = {
        .category = rows[i].category, .work_type = rows[i].work_type, .request_kind = rows[i].request_kind};
    assert_int_equal(ticket_work_type(ticket.category, ticket.work_type), rows[i].shown_work);
    assert_int_equal(ticket_request_kind(&ticket), rows[i].shown_kind);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_number_is_the_utc_day_and_six_digits_at_least),
      cmocka_unit_test(shown_kinds_follow_the_category_unless_stored),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
