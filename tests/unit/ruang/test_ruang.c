#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/ruang/internal.h"
#include "desk/session/session.h"

/* The envelope of errors, the words, and the table of endpoints. */

static struct call call;

static int set_up(void **state) {
  (void)state;
  call = (struct call){.ctx.arena = arena_new((size_t)1024 * 1024), .dialect = &ruang_dialect};
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_free(call.ctx.arena);
  return 0;
}

static const struct route *route_of(const char *name) {
  for (size_t i = 0; i < ruang_dialect.route_count; i++) {
    if (strcmp(ruang_dialect.routes[i].name, name) == 0) {
      return &ruang_dialect.routes[i];
    }
  }
  fail_msg("no route %s", name);
  return NULL;
}

static const struct saying *saying_of(const struct problem_kind *kind) {
  for (const struct saying *saying = ruang_dialect.sayings; saying->kind != NULL; saying++) {
    if (saying->kind == kind) {
      return saying;
    }
  }
  fail_msg("nothing is said of %s", kind->code);
  return NULL;
}

/* The kind as its saying words it. */
static void assert_told(const struct problem_kind *kind, int http, const char *json) {
  const struct saying *saying = saying_of(kind);
  assert_int_equal(saying->http, http);
  problem_keep(&call.ctx, kind);
  CLEANUP_BUF struct buf out;
  buf_init(&out, 65536);
  ruang_dialect.print_problem(&call, saying->http, saying->message, &out);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at, json);
  problem_clear(&call.ctx);
}

#define TOLD(message) "{\"error\":true,\"message\":\"" message "\"}"

static void each_failure_has_its_documented_number_and_words(void **state) {
  (void)state;
  assert_told(&session_no_token, 401, TOLD("You are unauthorized, please login first"));
  assert_told(&session_expired, 401, TOLD("Invalid or expired token"));
  assert_told(&session_ended, 401, TOLD("Session expired or invalid, please login again"));
  assert_told(&session_wrong_password, 401, TOLD("Wrong password"));
  assert_told(&session_wrong_email, 404, TOLD("User not found"));
  assert_told(&access_forbidden, 403, TOLD("You do not have permission to perform this action"));
  assert_told(&account_role_forbidden, 403, TOLD("You do not have permission to perform this action"));
  assert_told(&account_email_taken, 400, TOLD("Email already registered"));
  assert_told(&account_not_found, 404, TOLD("User not found"));
  assert_told(&team_not_found, 404, TOLD("Data Tidak Ditemukan"));
  assert_told(&team_code_taken, 400, TOLD("Kode Tim Kerja Sudah Digunakan"));
  assert_told(&team_name_taken, 400, TOLD("Nama Tim Kerja Sudah Digunakan"));
  assert_told(&kit_no_path, 404, TOLD("Not found"));
}

static void a_team_with_an_account_is_told_with_its_address_where_somebody_wants_the_team(void **state) {
  (void)state;
  static const char *const routes[] = {"ruangRegister", "ruangUserUpdate"};
  for (size_t i = 0; i < 2; i++) {
    call.route = route_of(routes[i]);
    problem_set(&call.ctx, &team_occupied);
    problem_fault(&call.ctx, STR("team"), STR("user@example.com"));
    assert_told(&team_occupied, 400,
                TOLD("Tim kerja ini sudah memiliki akun terdaftar dengan email: user@example.com"));
  }
  call.route = route_of("ruangTeamDelete");
  problem_set(&call.ctx, &team_occupied);
  problem_fault(&call.ctx, STR("team"), STR("user@example.com"));
  assert_told(&team_occupied, 400, TOLD("Cannot delete timKerja with active users"));
}

static void a_role_that_is_taken_is_named(void **state) {
  (void)state;
  struct ruang_user_in in = {.role = RUANG_ADMIN};
  call.input = &in;
  call.route = route_of("ruangRegister");
  assert_told(&team_role_taken, 400, TOLD("User with role ADMIN already exists"));
  in.role = RUANG_SUPERADMIN;
  call.route = route_of("ruangUserUpdate");
  assert_told(&team_role_taken, 400, TOLD("Another user with role SUPERADMIN already exists"));
}

static void each_faulty_field_is_told_once_by_its_name_on_the_wire(void **state) {
  (void)state;
  static const struct {
    const char *route, *desk, *wire;
  } names[] = {
      {"ruangRegister", "name", "nama_lengkap"},
      {"ruangRegister", "phone", "kontak"},
      {"ruangRegister", "team", "tim_kerja_id"},
      {"ruangRegister", "email", "email"},
      {"ruangTeamCreate", "name", "nama_tim_kerja"},
      {"ruangTeamUpdate", "name", "nama_tim_kerja"},
      {"ruangTeamUpdate", "code", "code"},
      {"ruangLogin", "password", "kata_sandi"},
      {"ruangPasswordChange", "password", "kata_sandi_baru"},
  };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    call.route = route_of(names[i].route);
    problem_fault(&call.ctx, str_of(names[i].desk), STR("is required"));
    problem_fault(&call.ctx, str_of(names[i].desk), STR("is blank"));
    struct str json = str_format(call.ctx.arena,
                                 "{\"error\":true,\"message\":\"Validation failed\",\"errors\":{\"%s\":\"is "
                                 "required\"}}",
                                 names[i].wire);
    assert_told(&problem_invalid, 400, json.at);
  }
}

static void every_desk_role_reads_as_one_word_and_is_no_change_under_it(void **state) {
  (void)state;
  static const int words[ROLE_COUNT] = {
      [ROLE_CUSTOMER] = RUANG_PEMINJAM,   [ROLE_TECHNICIAN] = RUANG_PEMINJAM,
      [ROLE_SUPERVISOR] = RUANG_PEMINJAM, [ROLE_CUSTOMER_SERVICE] = RUANG_PEMINJAM,
      [ROLE_MANAGER] = RUANG_ADMIN,       [ROLE_SUPER_ADMIN] = RUANG_SUPERADMIN};
  for (int role = ROLE_CUSTOMER; role < ROLE_COUNT; role++) {
    for (int word = RUANG_SUPERADMIN; word <= RUANG_PEMINJAM; word++) {
      assert_int_equal((ruang_reads_as((enum ruang_role)word) >> role) & 1, words[role] == word);
    }
    assert_int_equal(ruang_role_of(role), words[role]);
  }
  assert_int_equal(ruang_desk_role(RUANG_SUPERADMIN), ROLE_SUPER_ADMIN);
  assert_int_equal(ruang_desk_role(RUANG_ADMIN), ROLE_MANAGER);
  assert_int_equal(ruang_desk_role(RUANG_PEMINJAM), ROLE_CUSTOMER);
}

static void a_first_password_must_fit_the_dialects_own_rule(void **state) {
  (void)state;
  assert_int_equal(ruang_setup(STR("@Test123!")), STATUS_OK);
  assert_int_equal(ruang_setup(STR("Test1234")), STATUS_INVALID);
  assert_int_equal(ruang_setup(STR("Te!")), STATUS_INVALID);
  assert_int_equal(ruang_setup(STR("")), STATUS_OK);
  assert_int_equal(ruang_setup(STR_NONE), STATUS_OK);
}

static void the_table_is_whole(void **state) {
  (void)state;
  assert_int_equal(ruang_dialect.route_count, 13);
  assert_false(ruang_dialect.bare_token);
  for (size_t i = 0; i < ruang_dialect.route_count; i++) {
    const struct route *route = &ruang_dialect.routes[i];
    assert_int_equal(strncmp(route->path, "/api/v1/", 8), 0);
    assert_true(route->answers[0].status == 200 || route->answers[0].status == 201);
    assert_non_null(route->answers[0].fields);
    /* What changes people or teams is SUPERADMIN's alone. */
    bool changes = route->permission == MAY_ACCOUNT_WRITE;
    assert_int_equal(route->roles, changes ? 1u << ROLE_SUPER_ADMIN : 0);
  }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(each_failure_has_its_documented_number_and_words),
      TEST(a_team_with_an_account_is_told_with_its_address_where_somebody_wants_the_team),
      TEST(a_role_that_is_taken_is_named),
      TEST(each_faulty_field_is_told_once_by_its_name_on_the_wire),
      TEST(every_desk_role_reads_as_one_word_and_is_no_change_under_it),
      TEST(a_first_password_must_fit_the_dialects_own_rule),
      TEST(the_table_is_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
