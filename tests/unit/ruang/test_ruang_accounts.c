#include "served.h"

#include "api/ruang/internal.h"
#include "desk/mail/mail.h"
#include "people.h"

/* The way of a new account through the whole dialect: a team, a registration, its first password, its end. */

static const struct dialect *const dialects[] = {&ruang_dialect};
static struct somebody super;

static void begin(struct store *store, const char *first_password) {
  served_begin(store, dialects);
  assert_ok(ruang_setup(str_of(first_password)));
  super = served_somebody(ROLE_SUPER_ADMIN, "Super", "super@example.com");
}

#define TOLD(message) "{\"error\":true,\"message\":\"" message "\"}"
#define SAID(message) "{\"status\":true,\"message\":\"" message "\"}"

/* A team of this code; its id. */
static struct str team_made(const char *code) {
  POST("/api/v1/tim-kerja", super.token,
       SQL(served.store, "{\"nama_tim_kerja\":\"Tim %s\",\"code\":\"%s\"}", code, code));
  struct str id = answer_cut("\"id\":\"");
  ASSERT_ANSWER(
      201, SQL(served.store,
               "{\"status\":true,\"message\":\"TimKerja created successfully\",\"data\":{\"id\":\"%.*s\","
               "\"nama_tim_kerja\":\"Tim %s\",\"code\":\"%s\",\"is_aktif\":true}}",
               STR_ARG(id), code, code));
  return id;
}

static void register_one(const char *email, const char *role, struct str team) {
  POST("/api/v1/register", super.token,
       SQL(served.store,
           "{\"nama_lengkap\":\"Pengguna Baru\",\"email\":\"%s\",\"role\":\"%s\",\"kontak\":"
           "\"+628123456789\",\"tim_kerja_id\":\"%.*s\"}",
           email, role, STR_ARG(team)));
}

static void login(const char *email, const char *password) {
  POST("/api/v1/login", STR_NONE,
       SQL(served.store, "{\"email\":\"%s\",\"kata_sandi\":\"%s\"}", email, password));
}

static void a_new_account_signs_in_with_the_first_password_and_changes_it(struct store *store) {
  begin(store, "@Test123!");
  struct str team = team_made("TM01");
  register_one("penggunabaru@example.com", "PEMINJAM", team);
  struct str id = answer_cut("\"id\":\"");
  ASSERT_ANSWER(201,
                SQL(store,
                    "{\"status\":true,\"message\":\"User registered successfully\",\"data\":{\"id\":\"%.*s\","
                    "\"nama_lengkap\":\"Pengguna Baru\",\"email\":\"penggunabaru@example.com\",\"role\":"
                    "\"PEMINJAM\"}}",
                    STR_ARG(id)));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM mail"), 0);
  assert_int_equal(store_number(store, "SELECT language FROM account WHERE role = 1"), LANGUAGE_INDONESIAN);
  login("penggunabaru@example.com", "@Test123!");
  ASSERT_HOLDS(200, ",\"harus_ganti_kata_sandi\":true}}");
  struct str token = answer_cut("\"token\":\"");
  request(HTTP_PATCH, "/api/v1/me/kata-sandi", token,
          "{\"kata_sandi_lama\":\"@Test123?\",\"kata_sandi_baru\":\"Password123!\"}");
  ASSERT_ANSWER(400,
                "{\"error\":true,\"message\":\"Validation failed\",\"errors\":{\"kata_sandi_lama\":\"is "
                "wrong\"}}");
  request(HTTP_PATCH, "/api/v1/me/kata-sandi", token,
          "{\"kata_sandi_lama\":\"@Test123!\",\"kata_sandi_baru\":\"Password123!\"}");
  ASSERT_ANSWER(200, SAID("Password changed successfully"));
  login("penggunabaru@example.com", "@Test123!");
  ASSERT_ANSWER(401, TOLD("Wrong password"));
  login("penggunabaru@example.com", "Password123!");
  ASSERT_HOLDS(200, "\"message\":\"Login successful\"");
  assert_null(strstr(answer_text(), "harus_ganti_kata_sandi"));
  served_end();
}

static void without_a_first_password_a_new_account_is_invited(struct store *store) {
  begin(store, "");
  register_one("penggunabaru@example.com", "ADMIN", team_made("TM01"));
  ASSERT_HOLDS(201, "\"role\":\"ADMIN\"");
  assert_int_equal(store_number(store, "SELECT kind FROM mail"), MAIL_INVITATION);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account WHERE password_hash IS NULL"), 1);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account WHERE must_change_password = TRUE"), 0);
  login("penggunabaru@example.com", "@Test123!");
  ASSERT_ANSWER(401, TOLD("Wrong password"));
  served_end();
}

static void refusals_come_in_the_order_of_address_role_team(struct store *store) {
  begin(store, "@Test123!");
  struct str team = team_made("TM01");
  register_one("user@example.com", "ADMIN", team);
  assert_int_equal(served.exchange.status, 201);
  register_one("USER@example.com", "ADMIN", team);
  ASSERT_ANSWER(400, TOLD("Email already registered"));
  register_one("lain@example.com", "ADMIN", team);
  ASSERT_ANSWER(400, TOLD("User with role ADMIN already exists"));
  register_one("lain@example.com", "PEMINJAM", team);
  ASSERT_ANSWER(400, TOLD("Tim kerja ini sudah memiliki akun terdaftar dengan email: user@example.com"));
  register_one("lain@example.com", "PEMINJAM", STR(""));
  ASSERT_ANSWER(400,
                "{\"error\":true,\"message\":\"Validation failed\",\"errors\":{\"tim_kerja_id\":\"is "
                "required\"}}");
  served_end();
}

static void a_deleted_account_frees_its_team_which_then_can_be_deleted(struct store *store) {
  begin(store, "@Test123!");
  struct str team = team_made("TM01");
  const char *team_path = SQL(store, "/api/v1/tim-kerja/%.*s", STR_ARG(team));
  register_one("user@example.com", "PEMINJAM", team);
  const char *user_path = SQL(store, "/api/v1/users/%.*s", STR_ARG(answer_cut("\"id\":\"")));
  request(HTTP_DELETE, team_path, super.token, NULL);
  ASSERT_ANSWER(400, TOLD("Cannot delete timKerja with active users"));
  request(HTTP_DELETE, user_path, super.token, NULL);
  ASSERT_ANSWER(200, SAID("User successfully deleted"));
  request(HTTP_DELETE, user_path, super.token, NULL);
  ASSERT_ANSWER(404, TOLD("User not found"));
  request(HTTP_DELETE, team_path, super.token, NULL);
  ASSERT_ANSWER(200, SAID("Data deleted successfully"));
  GET(team_path, super.token);
  ASSERT_ANSWER(404, TOLD("Data Tidak Ditemukan"));
  served_end();
}

static void a_signed_out_token_is_told_apart_from_none(struct store *store) {
  begin(store, "@Test123!");
  POST("/api/v1/logout", super.token, NULL);
  ASSERT_ANSWER(200, SAID("Logout successful"));
  GET("/api/v1/me", super.token);
  ASSERT_ANSWER(401, TOLD("Session expired or invalid, please login again"));
  GET("/api/v1/me", STR_NONE);
  ASSERT_ANSWER(401, TOLD("You are unauthorized, please login first"));
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_new_account_signs_in_with_the_first_password_and_changes_it),
      STORE_TEST(without_a_first_password_a_new_account_is_invited),
      STORE_TEST(refusals_come_in_the_order_of_address_role_team),
      STORE_TEST(a_deleted_account_frees_its_team_which_then_can_be_deleted),
      STORE_TEST(a_signed_out_token_is_told_apart_from_none),
  };
  return STORE_RUN(tests);
}
