#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "live/offset.h"

static void what_is_printed_is_read_again(void **state) {
  (void)state;
  const struct live_offset offsets[] = {
      {{0, 0}, {0, 0}}, {{0, 57}, {0, 12}}, {{INT64_MAX, INT64_MAX}, {INT64_MAX, INT64_MAX}}};
  for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
    char text[LIVE_OFFSET_SIZE];
    struct live_offset read;
    assert_int_equal(live_offset_parse(str_of(live_offset_print(&offsets[i], text)), &read), STATUS_OK);
    assert_int_equal(event_position_compare(&read.event, &offsets[i].event), 0);
    assert_int_equal(event_position_compare(&read.notice, &offsets[i].notice), 0);
  }
}

static void it_reads_as_the_document_shows_it(void **state) {
  (void)state;
  char text[LIVE_OFFSET_SIZE];
  assert_string_equal(live_offset_print(&(struct live_offset){{0, 57}, {0, 12}}, text), "0.57.0.12");
}

static void everything_else_is_refused(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",         "57",       "0.57.0",   "0.57.0.12.1", "0.57.0.",
      ".57.0.12", "0.x.0.12", "0.-1.0.2", "0. 1.0.12",   "0.1.0.99999999999999999999",
      "0,1,0,12"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct live_offset read;
    assert_int_equal(live_offset_parse(str_of(texts[i]), &read), STATUS_INVALID);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_printed_is_read_again),
      cmocka_unit_test(it_reads_as_the_document_shows_it),
      cmocka_unit_test(everything_else_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
