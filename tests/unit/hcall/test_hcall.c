#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/hcall/internal.h"
#include "desk/session/session.h"

static struct call call;

static int set_up(void **state) {
  (void)state;
  call = (struct call){.ctx.arena = arena_new((size_t)1024 * 1024), .dialect = &hcall_dialect};
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_free(call.ctx.arena);
  return 0;
}

static const struct route *route_of(const char *name) {
  for (size_t i = 0; i < hcall_dialect.route_count; i++) {
    if (strcmp(hcall_dialect.routes[i].name, name) == 0) {
      return &hcall_dialect.routes[i];
    }
  }
  fail_msg("no route %s", name);
  return NULL;
}

/* What the dialect says of a kind: number and text. */
static void assert_said(const struct problem_kind *kind, int http, const char *message) {
  const struct saying *saying = hcall_dialect.sayings;
  while (saying->kind != NULL && saying->kind != kind) {
    saying++;
  }
  assert_int_equal(saying->kind != NULL ? saying->http : kit_http_of(kind->status), http);
  assert_string_equal(saying->kind != NULL ? saying->message : kind->sentence, message);
}

static void every_documented_error_has_its_number_and_text(void **state) {
  (void)state;
  assert_said(&account_master_exists, 403, "Master user already exists");
  assert_said(&hcall_master_password, 403, "Invalid master credentials");
  assert_said(&hcall_master_unknown, 404, "Master user not found");
  assert_said(&session_wrong_email, 400, "Email aren't registered");
  assert_said(&session_wrong_password, 400, "Password is incorrect");
  assert_said(&account_email_taken, 400, "Email already exists");
  assert_said(&account_weak_password, 400, "Password is invalid");
  assert_said(&account_not_found, 404, "Email aren't registered");
  assert_said(&hcall_no_users, 404, "No users found with specified role");
  assert_said(&hcall_user_role, 403, "User role not authorized for this endpoint");
  assert_said(&hcall_admin_creates, 403, "Admin role not authorized to create tickets");
  assert_said(&hcall_foreign_ticket, 403, "User can only remove their own tickets");
  assert_said(&hcall_no_tickets, 404, "Author don't have tickets");
  assert_said(&hcall_bad_date, 404, "Invalid date format");
  assert_said(&ticket_not_found, 404, "Ticket hasn't found");
  assert_said(&problem_invalid, 400, "Invalid data");
  assert_said(&session_no_token, 401, "Unauthorized");
  assert_said(&session_expired, 401, "Unauthorized");
  assert_said(&session_ended, 401, "Unauthorized");
}

static void assert_envelope(const char *message, const char *json) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, 65536);
  hcall_dialect.print_problem(&call, 400, message, &out);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at, json);
}

static void an_error_is_message_and_status_alone(void **state) {
  (void)state;
  problem_set(&call.ctx, &session_no_token);
  assert_envelope("Unauthorized", "{\"message\":\"Unauthorized\",\"status\":false}");
}

static void the_reason_names_the_fields_as_the_caller_knows_them(void **state) {
  (void)state;
  call.route = route_of("hcallAuthRegister");
  problem_fault(&call.ctx, STR("email"), STR("is not an e-mail address"));
  problem_fault(&call.ctx, STR("user_name"), STR("is required"));
  assert_envelope(
      "Invalid data",
      "{\"message\":\"Invalid data\",\"reason\":\"user_email is not an e-mail address; user_name is "
      "required.\",\"status\":false}");
  call.route = route_of("hcallMasterCreate");
  problem_clear(&call.ctx);
  problem_fault(&call.ctx, STR("email"), STR("is not an e-mail address"));
  assert_envelope("Invalid data",
                  "{\"message\":\"Invalid data\",\"reason\":\"master_email is not an e-mail "
                  "address.\",\"status\":false}");
}

static void a_problem_can_be_said_differently(void **state) {
  (void)state;
  enum status status = problem_set(&call.ctx, &session_wrong_email);
  status = hcall_reword(&call.ctx, status, &session_wrong_password, &hcall_master_password);
  assert_ptr_equal(call.ctx.problem.kind, &session_wrong_email);
  status = hcall_reword(&call.ctx, status, &session_wrong_email, &hcall_master_unknown);
  assert_int_equal(status, STATUS_NOT_FOUND);
  assert_ptr_equal(call.ctx.problem.kind, &hcall_master_unknown);
  assert_int_equal(hcall_reword(&call.ctx, STATUS_OK, &hcall_master_unknown, &hcall_no_users), STATUS_OK);
}

static void the_table_is_whole(void **state) {
  (void)state;
  assert_int_equal(hcall_dialect.route_count, 14);
  for (size_t i = 0; i < hcall_dialect.route_count; i++) {
    const struct route *route = &hcall_dialect.routes[i];
    assert_non_null(route->handler);
    assert_non_null(route->summary);
    assert_int_equal(route->answers[0].status, 200);
    assert_non_null(route->answers[0].fields);
    assert_true(route->method == HTTP_POST ? route->input != NULL : route->input == NULL);
    assert_true(route->method == HTTP_POST || route->lane == LANE_INLINE);
    bool public =
        strncmp(route->path, "/api/master/", 12) == 0 || strncmp(route->path, "/api/auth/", 10) == 0;
    assert_true(public == (route->permission == MAY_ANYONE));
    for (size_t k = i + 1; k < hcall_dialect.route_count; k++) {
      assert_string_not_equal(route->name, hcall_dialect.routes[k].name);
    }
  }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(every_documented_error_has_its_number_and_text),
      TEST(an_error_is_message_and_status_alone),
      TEST(the_reason_names_the_fields_as_the_caller_knows_them),
      TEST(a_problem_can_be_said_differently),
      TEST(the_table_is_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
