#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/isp/isp_people.h"
#include "base/time.h"

/* The tables of sign-in, users, customers and technicians: what the document shows, to the letter. */

static struct ctx ctx;

static int set_up(void **state) {
  (void)state;
  ctx = (struct ctx){.arena = arena_new((size_t)4 * 1024 * 1024)};
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_free(ctx.arena);
  return 0;
}

#define ID "0190163d-8694-739b-aea5-966c26f8ad91"

static struct uuid id(void) {
  struct uuid uuid;
  assert_int_equal(uuid_parse(STR(ID), &uuid), STATUS_OK);
  return uuid;
}

static void assert_printed(const struct fields *envelope, const void *data, const char *json) {
  const struct isp_envelope answer = {.data = data};
  CLEANUP_BUF struct buf out;
  buf_init(&out, 65536);
  wire_print_json(&out, envelope, &answer);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at, json);
}

static enum status read_json(const char *json, const struct fields *fields, void *out) {
  problem_clear(&ctx);
  return wire_read_json(&ctx, str_of(json), fields, out);
}

static bool faulted(const char *field) {
  for (unsigned i = 0; i < ctx.problem.fault_count; i++) {
    if (str_is(ctx.problem.faults[i].field, field)) {
      return true;
    }
  }
  return false;
}

/* ---- answers ---- */

static const struct isp_tokens tokens = {{"a.b.c", 5}, {"d.e.f", 5}, 900};

static void a_sign_in_reads_as_documented(void **state) {
  (void)state;
  const struct isp_profile profile = {.full_name = STR("Budi"), .technician_id = id()};
  const struct isp_user user = {
      .id = id(), .email = STR("user@example.com"), .role = ROLE_TECHNICIAN, .profile = &profile};
  assert_printed(
      &isp_login_out, &(struct isp_signed_in){&user, &tokens},
      "{\"success\":true,\"data\":{\"user\":{\"id\":\"" ID
      "\",\"email\":\"user@example.com\",\"role\":\"technician\",\"profile\":{\"full_name\":\"Budi\","
      "\"phone\":null,\"avatar\":null,\"customer_id\":null,\"technician_id\":\"" ID
      "\"}},\"tokens\":{\"access_token\":\"a.b.c\",\"refresh_token\":\"d.e.f\",\"expires_in\":900}}}");
}

static void refreshed_tokens_stand_twice(void **state) {
  (void)state;
  assert_printed(
      &isp_refresh_out, &(struct isp_refreshed){&tokens, tokens.access_token, tokens.refresh_token},
      "{\"success\":true,\"data\":{\"tokens\":{\"access_token\":\"a.b.c\",\"refresh_token\":\"d.e.f\","
      "\"expires_in\":900},\"access_token\":\"a.b.c\",\"refresh_token\":\"d.e.f\"}}");
}

static void a_user_list_reads_as_documented(void **state) {
  (void)state;
  const struct isp_profile profile = {
      .full_name = STR("Siti"), .phone = STR("1"), .avatar = STR("https://x/y"), .customer_id = id()};
  struct isp_user user = {.id = id(),
                          .email = STR("s@example.com"),
                          .role = ROLE_CUSTOMER,
                          .is_active = true,
                          .profile = &profile,
                          .created_at = TIME_DAY_US,
                          .updated_at = 2 * TIME_DAY_US};
  const struct isp_pagination pagination = {1, 20, 100, 5};
  assert_printed(
      &isp_users_out, &(struct isp_many){{&user, 1}, &pagination},
      "{\"success\":true,\"data\":{\"users\":[{\"id\":\"" ID
      "\",\"email\":\"s@example.com\",\"role\":\"customer\",\"is_active\":true,\"profile\":{"
      "\"full_name\":\"Siti\",\"phone\":\"1\",\"avatar\":\"https://x/y\",\"customer_id\":\"" ID
      "\",\"technician_id\":null},\"created_at\":\"1970-01-02T00:00:00Z\","
      "\"updated_at\":\"1970-01-03T00:00:00Z\"}],\"pagination\":{\"current_page\":1,\"per_page\":20,"
      "\"total\":100,\"total_pages\":5}}}");
}

static void a_customer_without_anything_said_has_all_its_keys(void **state) {
  (void)state;
  const struct isp_customer customer = {
      .id = id(), .full_name = STR("Siti"), .email = STR("s@example.com"), .created_at = TIME_DAY_US};
  assert_printed(
      &isp_customer_out, &(struct isp_one){&customer},
      "{\"success\":true,\"data\":{\"customer\":{\"id\":\"" ID "\",\"user_id\":\"" ID
      "\",\"full_name\":\"Siti\",\"phone\":null,\"email\":\"s@example.com\",\"nik\":null,\"address\":null,"
      "\"coordinates\":null,\"service_area\":null,\"service_package\":null,"
      "\"created_at\":\"1970-01-02T00:00:00Z\"}}}");
}

static void a_technician_reads_as_documented(void **state) {
  (void)state;
  struct str skills[] = {STR("fiber"), STR("router")};
  const struct isp_location location = {-6.5, 106.25, TIME_DAY_US};
  const struct isp_performance performance = {120, 115, 4.5, 95.8};
  const struct isp_technician technician = {.id = id(),
                                            .employee_id = STR("E1"),
                                            .full_name = STR("Budi"),
                                            .phone = STR("1"),
                                            .skills = {skills, 2},
                                            .is_available = true,
                                            .current_location = &location,
                                            .performance = &performance};
  assert_printed(
      &isp_technician_out, &(struct isp_one){&technician},
      "{\"success\":true,\"data\":{\"technician\":{\"id\":\"" ID "\",\"user_id\":\"" ID
      "\",\"employee_id\":\"E1\",\"full_name\":\"Budi\",\"phone\":\"1\",\"skills\":[\"fiber\",\"router\"],"
      "\"service_areas\":[],\"is_available\":true,\"reason\":null,\"current_location\":{\"lat\":-6.5,"
      "\"lng\":106.25,\"updated_at\":\"1970-01-02T00:00:00Z\"},\"performance\":{\"total_tickets\":120,"
      "\"completed_tickets\":115,\"average_rating\":4.5,\"completion_rate\":95.8}}}}");
}

/* ---- input ---- */

static void the_documents_new_user_is_read(void **state) {
  (void)state;
  struct isp_user_in in = {0};
  assert_int_equal(
      read_json("{\"email\":\"user@example.com\",\"password\":\"password123\",\"role\":\"technician\","
                "\"profile\":{\"full_name\":\"Budi\",\"phone\":\"1\",\"avatar\":null,"
                "\"skills\":[\"a\",\"b\"]}}",
                &isp_user_in, &in),
      STATUS_OK);
  assert_int_equal(in.role, ROLE_TECHNICIAN);
  assert_true(str_is(in.email, "user@example.com"));
  assert_true(str_is(in.profile->full_name, "Budi"));
  assert_int_equal(in.profile->skills.count, 2);
  assert_null(in.profile->avatar.at);
}

static void every_faulty_field_of_a_new_user_is_told_with_its_path(void **state) {
  (void)state;
  struct isp_user_in in = {0};
  assert_int_equal(
      read_json(
          "{\"email\":\"a b\",\"password\":\"1234567\",\"role\":\"boss\",\"profile\":{\"phone\":\" \"}}",
          &isp_user_in, &in),
      STATUS_INVALID);
  assert_int_equal(ctx.problem.fault_count, 5);
  assert_true(faulted("email"));
  assert_true(faulted("password"));
  assert_true(faulted("role"));
  assert_true(faulted("profile.full_name"));
  assert_true(faulted("profile.phone"));
}

static void a_change_knows_what_was_sent(void **state) {
  (void)state;
  struct isp_user_change_in in = {0};
  assert_int_equal(read_json("{\"is_active\":false,\"profile\":{\"avatar\":null}}", &isp_user_change_in, &in),
                   STATUS_OK);
  assert_true(field_present(&isp_user_change_in, &in, "is_active"));
  assert_false(field_present(&isp_user_change_in, &in, "role"));
  assert_true(field_present(&isp_profile_change_in, in.profile, "avatar"));
  assert_null(in.profile->full_name.at);
  in = (struct isp_user_change_in){0};
  assert_int_equal(read_json("{}", &isp_user_change_in, &in), STATUS_OK);
  assert_false(field_present(&isp_user_change_in, &in, "is_active"));
  assert_null(in.profile);
}

static void a_customer_needs_its_place_and_a_change_does_not(void **state) {
  (void)state;
  struct isp_customer_in in = {0};
  assert_int_equal(read_json("{\"coordinates\":{\"lat\":91}}", &isp_customer_in, &in), STATUS_INVALID);
  assert_true(faulted("coordinates.lat"));
  assert_true(faulted("coordinates.lng"));
  assert_true(faulted("service_area"));
  in = (struct isp_customer_in){0};
  assert_int_equal(read_json("{\"nik\":null}", &isp_customer_change_in, &in), STATUS_OK);
  assert_true(field_present(&isp_customer_change_in, &in, "nik"));
  assert_null(in.coordinates);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_sign_in_reads_as_documented),
      TEST(refreshed_tokens_stand_twice),
      TEST(a_user_list_reads_as_documented),
      TEST(a_customer_without_anything_said_has_all_its_keys),
      TEST(a_technician_reads_as_documented),
      TEST(the_documents_new_user_is_read),
      TEST(every_faulty_field_of_a_new_user_is_told_with_its_path),
      TEST(a_change_knows_what_was_sent),
      TEST(a_customer_needs_its_place_and_a_change_does_not),
  };
  return cmocka_run_group_tests_name("api/isp/isp_people_fields", tests, NULL, NULL);
}
