#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "api/kit/internal.h"

/* An exchange as the server would hand it over, with two request headers. */
struct fixture {
  struct kit kit;
  struct http_exchange exchange;
};

static int setup(void **state) {
  struct fixture *fixture = test_calloc(1, sizeof *fixture);
  fixture->exchange.arena = arena_new(64 * 1024);
  buf_init(&fixture->exchange.headers, 16 * 1024);
  buf_init(&fixture->exchange.body_out, 16 * 1024);
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  buf_release(&fixture->exchange.headers);
  buf_release(&fixture->exchange.body_out);
  arena_free(fixture->exchange.arena);
  test_free(fixture);
  return 0;
}

static void request_header(struct fixture *fixture, const char *name, const char *value) {
  struct http_head *head = &fixture->exchange.head;
  head->headers[head->header_count++] = (struct http_header){str_of(name), str_of(value)};
}

static bool answered(struct fixture *fixture, const char *line) {
  buf_add_char(&fixture->exchange.headers, '\0');
  bool found = strstr(fixture->exchange.headers.at, line) != NULL;
  fixture->exchange.headers.len--;
  return found;
}

static void a_named_origin_is_told_so(void **state) {
  struct fixture *fixture = *state;
  fixture->kit.config.cors_origins = "https://a.example, https://b.example";
  request_header(fixture, "Origin", "https://b.example");
  cors_add(&fixture->kit, &fixture->exchange);
  assert_true(answered(fixture, "Access-Control-Allow-Origin: https://b.example\r\n"));
  assert_true(answered(fixture, "Vary: Origin\r\n"));
}

static void a_foreign_origin_is_not(void **state) {
  struct fixture *fixture = *state;
  fixture->kit.config.cors_origins = "https://a.example";
  request_header(fixture, "Origin", "https://a.example.evil");
  cors_add(&fixture->kit, &fixture->exchange);
  assert_false(answered(fixture, "Access-Control-Allow-Origin"));
}

static void without_the_setting_nothing_is_said(void **state) {
  struct fixture *fixture = *state;
  request_header(fixture, "Origin", "https://a.example");
  cors_add(&fixture->kit, &fixture->exchange);
  assert_int_equal(fixture->exchange.headers.len, 0);
}

static void a_preflight_names_methods_and_headers(void **state) {
  struct fixture *fixture = *state;
  fixture->kit.config.cors_origins = "*";
  request_header(fixture, "Origin", "https://a.example");
  request_header(fixture, "Access-Control-Request-Method", "PUT");
  cors_options(&fixture->kit, &fixture->exchange, 1u << HTTP_GET | 1u << HTTP_PUT);
  assert_int_equal(fixture->exchange.status, 204);
  assert_true(answered(fixture, "Allow: OPTIONS, GET, PUT\r\n"));
  assert_true(answered(fixture, "Access-Control-Allow-Methods: OPTIONS, GET, PUT\r\n"));
  assert_true(answered(fixture, "Access-Control-Allow-Headers: Authorization"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_named_origin_is_told_so, setup, teardown),
      cmocka_unit_test_setup_teardown(a_foreign_origin_is_not, setup, teardown),
      cmocka_unit_test_setup_teardown(without_the_setting_nothing_is_said, setup, teardown),
      cmocka_unit_test_setup_teardown(a_preflight_names_methods_and_headers, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
