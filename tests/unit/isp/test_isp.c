#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/isp/isp_people.h"
#include "desk/session/session.h"

/* The envelope, its codes, and what the dialect's subjects share. */

static struct call call;
static struct http_exchange exchange;

static int set_up(void **state) {
  (void)state;
  exchange = (struct http_exchange){0};
  call = (struct call){
      .ctx = {.arena = arena_new((size_t)1024 * 1024)}, .exchange = &exchange, .dialect = &isp_dialect};
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_free(call.ctx.arena);
  return 0;
}

static const struct route *route_of(const char *name) {
  for (size_t i = 0; i < isp_dialect.route_count; i++) {
    if (strcmp(isp_dialect.routes[i].name, name) == 0) {
      return &isp_dialect.routes[i];
    }
  }
  fail_msg("no route %s", name);
  return NULL;
}

static void assert_error(const char *message, const char *json) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, 65536);
  isp_print_problem(&call, 400, message, &out);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at, json);
}

static void an_error_has_its_code_and_message(void **state) {
  (void)state;
  static const struct {
    const struct problem_kind *kind;
    const char *json;
  } cases[] = {
      {&session_wrong_password,
       "{\"success\":false,\"error\":{\"code\":\"INVALID_CREDENTIALS\",\"message\":\"m\"}}"},
      {&session_wrong_email,
       "{\"success\":false,\"error\":{\"code\":\"INVALID_CREDENTIALS\",\"message\":\"m\"}}"},
      {&session_expired, "{\"success\":false,\"error\":{\"code\":\"TOKEN_EXPIRED\",\"message\":\"m\"}}"},
      {&session_no_token, "{\"success\":false,\"error\":{\"code\":\"UNAUTHORIZED\",\"message\":\"m\"}}"},
      {&session_throttled,
       "{\"success\":false,\"error\":{\"code\":\"RATE_LIMIT_EXCEEDED\",\"message\":\"m\"}}"},
      {&access_forbidden,
       "{\"success\":false,\"error\":{\"code\":\"INSUFFICIENT_PERMISSIONS\",\"message\":\"m\"}}"},
      {&account_not_found,
       "{\"success\":false,\"error\":{\"code\":\"RESOURCE_NOT_FOUND\",\"message\":\"m\"}}"},
      {&account_email_taken,
       "{\"success\":false,\"error\":{\"code\":\"DUPLICATE_ENTRY\",\"message\":\"m\"}}"},
      {&account_last_super_admin,
       "{\"success\":false,\"error\":{\"code\":\"INVALID_STATE\",\"message\":\"m\"}}"},
      {&wire_malformed, "{\"success\":false,\"error\":{\"code\":\"BAD_REQUEST\",\"message\":\"m\"}}"},
      {&kit_no_method, "{\"success\":false,\"error\":{\"code\":\"METHOD_NOT_ALLOWED\",\"message\":\"m\"}}"},
      {&problem_storage_full, "{\"success\":false,\"error\":{\"code\":\"STORAGE_FULL\",\"message\":\"m\"}}"},
      {&problem_broken, "{\"success\":false,\"error\":{\"code\":\"INTERNAL_ERROR\",\"message\":\"m\"}}"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    problem_clear(&call.ctx);
    problem_keep(&call.ctx, cases[i].kind);
    assert_error("m", cases[i].json);
  }
}

static void details_name_fields_as_the_caller_sent_them(void **state) {
  (void)state;
  call.route = route_of("ispUserCreate");
  (void)problem_fault(&call.ctx, STR("name"), STR("is required"));
  (void)problem_fault(&call.ctx, STR("skills[2]"), STR("is required"));
  (void)problem_fault(&call.ctx, STR("email"), STR("is \"odd\""));
  (void)problem_fault(&call.ctx, STR("name"), STR("is told once"));
  assert_error("m",
               "{\"success\":false,\"error\":{\"code\":\"VALIDATION_ERROR\",\"message\":\"m\",\"details\":{"
               "\"profile.full_name\":\"is required\",\"profile.skills[2]\":\"is required\","
               "\"email\":\"is \\\"odd\\\"\"}}}");
  /* The same word on another route is that route's. */
  problem_clear(&call.ctx);
  call.route = route_of("ispCustomerCreate");
  (void)problem_fault(&call.ctx, STR("name"), STR("is required"));
  (void)problem_fault(&call.ctx, STR("phone"), STR("is required"));
  assert_error("m",
               "{\"success\":false,\"error\":{\"code\":\"VALIDATION_ERROR\",\"message\":\"m\",\"details\":{"
               "\"full_name\":\"is required\",\"phone\":\"is required\"}}}");
}

static void pages_begin_at_one_and_have_twenty_rows(void **state) {
  (void)state;
  struct isp_page unsaid = {0};
  assert_int_equal(isp_limit(&unsaid), 20);
  assert_int_equal(isp_skip(&unsaid), 0);
  struct isp_page third = {.page = 3, .limit = 7};
  assert_int_equal(isp_skip(&third), 14);
  struct isp_page far = {.page = 1000000000, .limit = 100};
  assert_int_equal(isp_skip(&far), INT64_C(99999999900));
  const struct isp_pagination *pagination = isp_pagination(&call, &third, 22);
  assert_int_equal(pagination->current_page, 3);
  assert_int_equal(pagination->per_page, 7);
  assert_int_equal(pagination->total, 22);
  assert_int_equal(pagination->total_pages, 4);
  assert_int_equal(isp_pagination(&call, &unsaid, 0)->total_pages, 0);
  assert_int_equal(isp_pagination(&call, &unsaid, 20)->total_pages, 1);
  assert_int_equal(isp_pagination(&call, &unsaid, 21)->total_pages, 2);
}

static void an_id_that_is_no_uuid_is_told_as_such(void **state) {
  (void)state;
  struct uuid id;
  call.match.params[0] = STR("0190163d-8694-739b-aea5-966c26f8ad91");
  assert_int_equal(isp_id(&call, 0, &id), STATUS_OK);
  call.match.params[0] = STR("7");
  assert_int_equal(isp_id(&call, 0, &id), STATUS_INVALID);
  assert_ptr_equal(call.ctx.problem.kind, &isp_bad_id);
  assert_int_equal(call.ctx.problem.fault_count, 1);
}

static void an_unknown_place_is_none(void **state) {
  (void)state;
  assert_null(isp_place(&call, NAN, NAN));
  assert_null(isp_place(&call, 1, NAN));
  const struct isp_place *place = isp_place(&call, -6.2, 106.8);
  assert_true(place->lat == -6.2 && place->lng == 106.8);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(an_error_has_its_code_and_message),
      TEST(details_name_fields_as_the_caller_sent_them),
      TEST(pages_begin_at_one_and_have_twenty_rows),
      TEST(an_id_that_is_no_uuid_is_told_as_such),
      TEST(an_unknown_place_is_none),
  };
  return cmocka_run_group_tests_name("api/isp", tests, NULL, NULL);
}
