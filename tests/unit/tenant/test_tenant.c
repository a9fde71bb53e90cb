#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/tenant/internal.h"
#include "base/time.h"
#include "desk/session/session.h"
#include "desk/tenant/tenant.h"

/* The envelope and its texts, and the table of routes. */

static struct call call;
static struct http_exchange exchange;

static int set_up(void **state) {
  (void)state;
  exchange = (struct http_exchange){.request_id = "request-7"};
  call = (struct call){.ctx = {.arena = arena_new((size_t)1024 * 1024), .now_us = TIME_SECOND_US},
                       .exchange = &exchange,
                       .dialect = &tenant_dialect};
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_free(call.ctx.arena);
  return 0;
}

static void assert_said(const struct problem_kind *kind, int http, const char *message) {
  const struct saying *saying = tenant_dialect.sayings;
  while (saying->kind != NULL && saying->kind != kind) {
    saying++;
  }
  assert_ptr_equal(saying->kind, kind);
  assert_int_equal(saying->http, http);
  assert_string_equal(saying->message, message);
}

static void every_error_has_its_number_and_text(void **state) {
  (void)state;
  assert_said(&problem_invalid, 400, "validation error");
  assert_said(&tenant_bad_id, 400, "invalid id");
  assert_said(&session_wrong_email, 401, "invalid credentials");
  assert_said(&session_wrong_password, 401, "invalid credentials");
  assert_said(&session_no_token, 401, "unauthorized");
  assert_said(&access_forbidden, 403, "forbidden");
  assert_said(&kit_foreign_tenant, 403, "tenant mismatch");
  assert_said(&tenant_inactive, 403, "tenant is not active");
  assert_said(&ticket_not_found, 404, "ticket not found");
  assert_said(&ticket_done, 409, "ticket is resolved or closed");
}

static void assert_error(const char *message, const char *json) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, 65536);
  tenant_dialect.print_problem(&call, 400, message, &out);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at, json);
}

#define META "\"meta\":{\"request_id\":\"request-7\",\"timestamp\":\"1970-01-01T00:00:01Z\"}"

static void an_error_has_the_whole_envelope(void **state) {
  (void)state;
  problem_keep(&call.ctx, &session_no_token);
  assert_error("unauthorized",
               "{\"success\":false,\"message\":\"unauthorized\",\"data\":null," META ",\"errors\":null}");
}

static void errors_hold_all_reasons_of_each_field_in_the_words_of_the_wire(void **state) {
  (void)state;
  (void)problem_fault(&call.ctx, STR("title"), STR("is required"));
  (void)problem_fault(&call.ctx, STR("text"), STR("must not be \"odd\""));
  (void)problem_fault(&call.ctx, STR("attachments[0]"), STR("must be a valid address"));
  (void)problem_fault(&call.ctx, STR("technician_id"), STR("is unknown"));
  (void)problem_fault(&call.ctx, STR("title"), STR("is odd"));
  (void)problem_fault(&call.ctx, STR("attachments"), STR("must be at most 10"));
  assert_error(
      "validation error",
      "{\"success\":false,\"message\":\"validation error\",\"data\":null," META
      ",\"errors\":{\"title\":[\"is required\",\"is odd\"],\"message\":[\"must not be \\\"odd\\\"\"],"
      "\"attachment_url\":[\"must be a valid address\",\"must be at most 10\"],"
      "\"agent_id\":[\"is unknown\"]}}");
}

static void a_success_has_the_whole_envelope(void **state) {
  (void)state;
  const struct tenant_known known = {.id = 2, .name = STR("One"), .kind = STR("standard"), .is_active = true};
  assert_int_equal(tenant_say(&call, 200, "success", &tenant_known_answer, &known), STATUS_OK);
  CLEANUP_BUF struct buf out;
  buf_init(&out, 65536);
  wire_print_json(&out, call.answer_fields, call.answer);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at,
                      "{\"success\":true,\"message\":\"success\",\"data\":{\"tenant_id\":2,\"nama\":\"One\","
                      "\"type\":\"standard\",\"is_active\":true}," META ",\"errors\":null}");
}

static void the_table_is_whole(void **state) {
  (void)state;
  assert_int_equal(tenant_dialect.route_count, 12);
  for (size_t i = 0; i < tenant_dialect.route_count; i++) {
    const struct route *route = &tenant_dialect.routes[i];
    assert_non_null(route->handler);
    assert_non_null(route->summary);
    bool makes = strcmp(route->path, "/tickets") == 0 || strcmp(route->path, "/tickets/:id/replies") == 0;
    assert_int_equal(route->answers[0].status, makes && route->method == HTTP_POST ? 201 : 200);
    assert_non_null(route->answers[0].fields);
    assert_true((route->method == HTTP_GET) == (route->input == NULL));
    assert_true(route->method != HTTP_GET || route->lane == LANE_INLINE);
    /* What stands under /api already stands there alone, and needs no token. */
    bool beside = strncmp(route->path, "/api/", 5) == 0;
    assert_true(beside == route->as_written);
    assert_true(beside == (route->permission == MAY_ANYONE));
    for (size_t k = i + 1; k < tenant_dialect.route_count; k++) {
      assert_string_not_equal(route->name, tenant_dialect.routes[k].name);
    }
  }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(every_error_has_its_number_and_text),
      TEST(an_error_has_the_whole_envelope),
      TEST(errors_hold_all_reasons_of_each_field_in_the_words_of_the_wire),
      TEST(a_success_has_the_whole_envelope),
      TEST(the_table_is_whole),
  };
  return cmocka_run_group_tests_name("api/tenant", tests, NULL, NULL);
}
