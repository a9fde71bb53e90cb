#include "exchange.h"

/* traceparent (W3C Trace Context, 3.2): what is taken into the log, and what is not. */

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static void read_header(const char *value, unsigned times, char out[33]) {
  struct http_exchange exchange;
  exchange_begin(&exchange, HTTP_GET, "/");
  for (unsigned i = 0; i < times; i++) {
    exchange_header(&exchange, "TraceParent", value);
  }
  struct call call = {.exchange = &exchange};
  trace_read(&call);
  memcpy(out, call.trace_id, sizeof call.trace_id);
  exchange_end(&exchange);
}

static void expect(const char *value, const char *trace) {
  char read[33];
  read_header(value, 1, read);
  assert_string_equal(read, trace);
}

static void the_specifications_own_example_is_taken(void **state) {
  (void)state;
  expect("00-" TRACE "-" PARENT "-01", TRACE);
  expect("00-" TRACE "-" PARENT "-00", TRACE);
}

static void a_version_to_come_may_say_more(void **state) {
  (void)state;
  expect("cc-" TRACE "-" PARENT "-01", TRACE);
  expect("cc-" TRACE "-" PARENT "-01-what-the-future-will-be-like", TRACE);
  expect("cc-" TRACE "-" PARENT "-01.what", "");
}

static void what_is_no_traceparent_is_nothing(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",
      "00",
      "00-" TRACE "-" PARENT,
      "00-" TRACE "-" PARENT "-0",
      "00-" TRACE "-" PARENT "-01-",
      "00-" TRACE "-" PARENT "-01-more",
      "ff-" TRACE "-" PARENT "-01",
      "0x-" TRACE "-" PARENT "-01",
      "00-00000000000000000000000000000000-" PARENT "-01",
      "00-" TRACE "-0000000000000000-01",
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01",
      "00-" TRACE "-00F067AA0BA902B7-01",
      "00-" TRACE "-" PARENT "-0g",
      "00_" TRACE "-" PARENT "-01",
      "00-" TRACE "." PARENT "-01",
      "00-4bf92f3577b34da6a3ce929d0e0e473-" PARENT "-001",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    expect(bad[i], "");
  }
}

static void two_of_them_are_none(void **state) {
  (void)state;
  char read[33];
  read_header("00-" TRACE "-" PARENT "-01", 2, read);
  assert_string_equal(read, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_specifications_own_example_is_taken),
      cmocka_unit_test(a_version_to_come_may_say_more),
      cmocka_unit_test(what_is_no_traceparent_is_nothing),
      cmocka_unit_test(two_of_them_are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
