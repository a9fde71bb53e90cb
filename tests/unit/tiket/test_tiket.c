#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/tiket/internal.h"
#include "desk/session/session.h"

static struct call call;

static int set_up(void **state) {
  (void)state;
  call = (struct call){.ctx.arena = arena_new((size_t)1024 * 1024), .dialect = &tiket_dialect};
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_free(call.ctx.arena);
  return 0;
}

static const struct route *route_of(const char *name) {
  for (size_t i = 0; i < tiket_dialect.route_count; i++) {
    if (strcmp(tiket_dialect.routes[i].name, name) == 0) {
      return &tiket_dialect.routes[i];
    }
  }
  fail_msg("no route %s", name);
  return NULL;
}

static void assert_envelope(int http, const char *message, const char *json) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, 65536);
  tiket_dialect.print_problem(&call, http, message, &out);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at, json);
}

static void an_error_without_a_route_tells_status_and_message(void **state) {
  (void)state;
  problem_set(&call.ctx, &kit_no_path);
  assert_envelope(404, "Not found", "{\"status\":404,\"message\":\"Not found\"}");
}

static void a_refused_login_has_error_1(void **state) {
  (void)state;
  call.route = route_of("tiketLogin");
  problem_set(&call.ctx, &session_wrong_password);
  assert_envelope(400, "Email or password is invalid",
                  "{\"status\":400,\"error\":1,\"message\":\"Email or password is invalid\"}");
}

static void a_list_without_numbers_tells_the_documented_text_alone(void **state) {
  (void)state;
  call.route = route_of("tiketReport");
  struct tiket_page_in in = {0};
  assert_int_equal(wire_read_form(&call.ctx, STR("skip=abc&prioritas=x"), call.route->query, &in),
                   STATUS_INVALID);
  assert_envelope(400, "ignored", "{\"message\":\"Skip and limit are required and must be numbers\"}");
}

static void a_registration_tells_each_field_once(void **state) {
  (void)state;
  call.route = route_of("tiketRegister");
  problem_fault(&call.ctx, STR("name"), STR("is required"));
  problem_fault(&call.ctx, STR("email"), STR("is not an e-mail address"));
  problem_fault(&call.ctx, STR("name"), STR("is blank"));
  assert_envelope(
      400, "ignored",
      "{\"status\":400,\"message\":\"username is required\",\"errors\":{\"username\":\"is required\","
      "\"email\":\"is not an e-mail address\"}}");
  problem_clear(&call.ctx);
  problem_set(&call.ctx, &account_email_taken);
  assert_envelope(
      400, "Email is already registered",
      "{\"status\":400,\"message\":\"Email is already registered\",\"errors\":{\"email\":\"is already "
      "registered\"}}");
}

static void the_team_s_answer_fails_with_a_message_alone_but_401_and_403_have_a_status(void **state) {
  (void)state;
  call.route = route_of("tiketRespond");
  problem_set(&call.ctx, &ticket_not_found);
  assert_envelope(404, "Ticket not found", "{\"message\":\"Ticket not found\"}");
  problem_clear(&call.ctx);
  problem_set(&call.ctx, &access_forbidden);
  assert_envelope(403, "No", "{\"status\":403,\"message\":\"No\"}");
}

static void the_table_is_whole(void **state) {
  (void)state;
  assert_int_equal(tiket_dialect.route_count, 9);
  assert_true(tiket_dialect.bare_token);
  for (size_t i = 0; i < tiket_dialect.route_count; i++) {
    const struct route *route = &tiket_dialect.routes[i];
    assert_true(route->fold_case);
    assert_true(route->input == NULL || route->body == (BODY_JSON | BODY_FORM));
    assert_true(route->answers[0].status == 200 || route->answers[0].status == 201);
    assert_non_null(route->answers[0].fields);
  }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(an_error_without_a_route_tells_status_and_message),
      TEST(a_refused_login_has_error_1),
      TEST(a_list_without_numbers_tells_the_documented_text_alone),
      TEST(a_registration_tells_each_field_once),
      TEST(the_team_s_answer_fails_with_a_message_alone_but_401_and_403_have_a_status),
      TEST(the_table_is_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
