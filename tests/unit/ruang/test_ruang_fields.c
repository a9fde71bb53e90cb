#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/ruang/internal.h"

/* What each table takes and shows, to the letter. */

static struct ctx ctx;

static int set_up(void **state) {
  (void)state;
  ctx = (struct ctx){.arena = arena_new((size_t)1024 * 1024)};
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_free(ctx.arena);
  return 0;
}

static void assert_prints(const struct fields *fields, const void *answer, const char *json) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, 65536);
  wire_print_json(&out, fields, answer);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at, json);
}

/* The body is refused for this field alone; NULL: it is taken. */
static void assert_fault(const struct fields *fields, const char *body, const char *field) {
  void *in = arena_alloc(ctx.arena, fields->size);
  enum status status = wire_read_json(&ctx, str_of(body), fields, in);
  if (field == NULL) {
    assert_int_equal(status, STATUS_OK);
    return;
  }
  assert_int_equal(status, STATUS_INVALID);
  for (unsigned i = 0; i < ctx.problem.fault_count; i++) {
    assert_true(str_is(ctx.problem.faults[i].field, field));
  }
  assert_true(ctx.problem.fault_count > 0);
  problem_clear(&ctx);
}

#define USER_ID "0190163d-8694-739b-aea5-966c26f8ad91"
#define TEAM_ID "0190163d-8694-739b-aea5-966c26f8ad92"

static struct ruang_team team;
static struct ruang_detail detail;
static struct ruang_user user;

static void fill(void) {
  team = (struct ruang_team){.name = STR("Nama Tim"), .code = STR("TM01"), .is_active = true};
  detail = (struct ruang_detail){.contact = STR("+628123456789"), .team = &team};
  user = (struct ruang_user){.name = STR("Nama Pengguna"),
                             .email = STR("user@example.com"),
                             .role = RUANG_PEMINJAM,
                             .detail = &detail,
                             .token = STR("jwt-token-string")};
  assert_int_equal(uuid_parse(STR(TEAM_ID), &team.id), STATUS_OK);
  assert_int_equal(uuid_parse(STR(USER_ID), &detail.id), STATUS_OK);
  user.id = detail.id;
}

#define DOCUMENTED                                                                              \
  "{\"status\":true,\"message\":\"Login successful\",\"data\":{\"id\":\"" USER_ID               \
  "\",\"nama_lengkap\":\"Nama Pengguna\",\"email\":\"user@example.com\",\"role\":\"PEMINJAM\"," \
  "\"detail_pengguna\":{\"id\":\"" USER_ID                                                      \
  "\",\"kontak\":\"+628123456789\",\"tim_kerja\":{\"id\":\"" TEAM_ID                            \
  "\",\"nama_tim_kerja\":\"Nama Tim\",\"code\":\"TM01\",\"is_aktif\":true}},\"token\":\"jwt-token-string\""

static void a_login_is_the_documents_with_a_mark_where_the_password_is_the_first(void **state) {
  (void)state;
  fill();
  struct ruang_answer answer = {.message = STR("Login successful"), .data = &user};
  assert_prints(&ruang_login_out, &answer, DOCUMENTED "}}");
  user.must_change_password = true;
  assert_prints(&ruang_login_out, &answer, DOCUMENTED ",\"harus_ganti_kata_sandi\":true}}");
}

static void what_is_not_known_of_a_person_is_null(void **state) {
  (void)state;
  fill();
  detail.contact = STR_NONE;
  detail.team = NULL;
  struct ruang_answer answer = {.message = STR("m"), .data = &user};
  assert_prints(&ruang_me_out, &answer,
                "{\"status\":true,\"message\":\"m\",\"data\":{\"id\":\"" USER_ID
                "\",\"nama_lengkap\":\"Nama Pengguna\",\"email\":\"user@example.com\",\"role\":\"PEMINJAM\","
                "\"detail_pengguna\":{\"id\":\"" USER_ID "\",\"kontak\":null,\"tim_kerja\":null}}}");
}

static void a_list_tells_its_page(void **state) {
  (void)state;
  fill();
  struct ruang_listed_detail listed_detail = {STR("+628123456789"), team.id, STR("Nama Tim")};
  struct ruang_listed listed = {user.id, user.name, user.email, RUANG_ADMIN, &listed_detail};
  struct ruang_pagination pagination = {1, 10, 25, 3};
  struct ruang_answer answer = {.message = STR("m"), .list = {&listed, 1}, .pagination = &pagination};
  assert_prints(&ruang_users_out, &answer,
                "{\"status\":true,\"message\":\"m\",\"data\":[{\"id\":\"" USER_ID
                "\",\"nama_lengkap\":\"Nama Pengguna\",\"email\":\"user@example.com\",\"role\":\"ADMIN\","
                "\"detail\":{\"kontak\":\"+628123456789\",\"tim_kerja_id\":\"" TEAM_ID
                "\",\"tim_kerja\":\"Nama Tim\"}}],\"pagination\":{\"page\":1,\"size\":10,\"total_rows\":25,"
                "\"total_pages\":3}}");
  answer.list = (struct list){&team, 0};
  assert_prints(&ruang_teams_out, &answer,
                "{\"status\":true,\"message\":\"m\",\"data\":[],\"pagination\":{\"page\":1,\"size\":10,"
                "\"total_rows\":25,\"total_pages\":3}}");
}

static void a_message_is_a_message(void **state) {
  (void)state;
  struct ruang_answer answer = {.message = STR("Logout successful")};
  assert_prints(&ruang_message_out, &answer, "{\"status\":true,\"message\":\"Logout successful\"}");
}

static void a_sign_in_is_judged_by_its_form(void **state) {
  (void)state;
#define LOGIN(password) "{\"email\":\"user@example.com\",\"kata_sandi\":\"" password "\"}"
  assert_fault(&ruang_login_in, LOGIN("Password123!"), NULL); /* the document's sample */
  assert_fault(&ruang_login_in, LOGIN("@Test123!"), NULL);
  assert_fault(&ruang_login_in, LOGIN("Aa!xxxx"), "kata_sandi");
  assert_fault(&ruang_login_in, LOGIN("password123!"), "kata_sandi");
  assert_fault(&ruang_login_in, LOGIN("PASSWORD123!"), "kata_sandi");
  assert_fault(&ruang_login_in, LOGIN("Password123"), "kata_sandi");
  assert_fault(&ruang_login_in, "{\"email\":\"user\",\"kata_sandi\":\"Password123!\"}", "email");
}

static void a_contact_is_the_country_code_and_eight_to_twelve_digits(void **state) {
  (void)state;
#define CONTACT(number) "{\"kontak\":\"" number "\"}"
  static const struct {
    const char *body;
    bool fits;
  } contacts[] = {
      {CONTACT("+628123456789"), true},
      {CONTACT("+6212345678"), true},
      {CONTACT("+62123456789012"), true},
      {CONTACT("+621234567"), false},
      {CONTACT("+621234567890123"), false},
      {CONTACT("628123456789"), false},
      {CONTACT("+62 812345678"), false},
      {CONTACT("+62812345678x"), false},
      {CONTACT("+628"), false},
      {CONTACT(""), false},
  };
  for (size_t i = 0; i < sizeof contacts / sizeof contacts[0]; i++) {
    assert_fault(&ruang_user_change_in, contacts[i].body, contacts[i].fits ? NULL : "kontak");
  }
}

static void a_registration_needs_a_team_but_for_a_superadmin(void **state) {
  (void)state;
#define NEW(role, team)                                                                         \
  "{\"nama_lengkap\":\"Pengguna Baru\",\"email\":\"penggunabaru@example.com\",\"role\":\"" role \
  "\",\"kontak\":\"+628123456789\"" team "}"
#define TEAM(id) ",\"tim_kerja_id\":\"" id "\""
  assert_fault(&ruang_register_in, NEW("PEMINJAM", TEAM(TEAM_ID)), NULL);
  assert_fault(&ruang_register_in, NEW("SUPERADMIN", ""), NULL);
  assert_fault(&ruang_register_in, NEW("SUPERADMIN", TEAM("")), NULL);
  assert_fault(&ruang_register_in, NEW("PEMINJAM", ""), "tim_kerja_id");
  assert_fault(&ruang_register_in, NEW("ADMIN", TEAM("")), "tim_kerja_id");
  assert_fault(&ruang_register_in, NEW("ADMIN", TEAM("TM01")), "tim_kerja_id");
  assert_fault(&ruang_register_in, NEW("ADMIN", TEAM("00000000-0000-0000-0000-000000000000")),
               "tim_kerja_id");
  assert_fault(&ruang_register_in, NEW("peminjam", TEAM(TEAM_ID)), "role");
}

static void an_empty_change_names_nothing(void **state) {
  (void)state;
  struct ruang_user_in in = {0};
  assert_int_equal(
      wire_read_json(&ctx, STR("{\"tim_kerja_id\":\"\",\"role\":null}"), &ruang_user_change_in, &in),
      STATUS_OK);
  assert_true(uuid_is_none(in.team));
  assert_int_equal(in.role, 0);
  assert_null(in.name.at);
  assert_null(in.email.at);
  assert_null(in.contact.at);
}

static void a_truth_may_be_its_text(void **state) {
  (void)state;
  static const struct {
    const char *body;
    bool active;
  } bodies[] = {{"{\"is_aktif\":true}", true},
                {"{\"is_aktif\":\"true\"}", true},
                {"{\"is_aktif\":false}", false},
                {"{\"is_aktif\":\"false\"}", false}};
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
    struct ruang_team_in in = {0};
    assert_int_equal(wire_read_json(&ctx, str_of(bodies[i].body), &ruang_team_change_in, &in), STATUS_OK);
    assert_int_equal(in.is_active, bodies[i].active);
    assert_true(field_present(&ruang_team_change_in, &in, "is_aktif"));
  }
  assert_fault(&ruang_team_change_in, "{\"is_aktif\":\"ya\"}", "is_aktif");
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(a_login_is_the_documents_with_a_mark_where_the_password_is_the_first),
      TEST(what_is_not_known_of_a_person_is_null),
      TEST(a_list_tells_its_page),
      TEST(a_message_is_a_message),
      TEST(a_sign_in_is_judged_by_its_form),
      TEST(a_contact_is_the_country_code_and_eight_to_twelve_digits),
      TEST(a_registration_needs_a_team_but_for_a_superadmin),
      TEST(an_empty_change_names_nothing),
      TEST(a_truth_may_be_its_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
