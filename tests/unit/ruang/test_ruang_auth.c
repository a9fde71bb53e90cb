#include "desk.h"

#include "desk/mail/mail.h"

/* Signing in and out, registering, one's own account and password. */

static void a_new_account_signs_in_with_the_first_password_and_changes_it(struct store *store) {
  begin(store, "@Test123!");
  struct str team = team_made("TM01");
  register_one("penggunabaru@example.com", "PEMINJAM", team);
  struct str id = answer_id();
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
  PATCH("/api/v1/me/kata-sandi", token,
        "{\"kata_sandi_lama\":\"@Test123?\",\"kata_sandi_baru\":\"Password123!\"}");
  ASSERT_ANSWER(400, FAULT("kata_sandi_lama", "is wrong"));
  PATCH("/api/v1/me/kata-sandi", token,
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
  ASSERT_ANSWER(400, FAULT("tim_kerja_id", "is required"));
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

static void who_is_not_known_and_who_is_wrong_are_told_apart(struct store *store) {
  begin(store, "@Test123!");
  login("nobody@example.com", "@Test123!");
  ASSERT_ANSWER(404, TOLD("User not found"));
  login("super@example.com", "@Test123?");
  ASSERT_ANSWER(401, TOLD("Wrong password"));
  login("super@example.com", "short");
  ASSERT_HOLDS(400, "\"errors\":{\"kata_sandi\":");
  served_end();
}

static void everybody_is_told_who_they_are_and_their_team(struct store *store) {
  begin(store, "@Test123!");
  char uuid[UUID_TEXT_SIZE];
  const char *id = uuid_print(super.account.uuid, uuid);
  GET("/api/v1/me", super.token);
  ASSERT_ANSWER(200,
                SQL(store,
                    "{\"status\":true,\"message\":\"Current user data retrieved successfully\",\"data\":{"
                    "\"id\":\"%s\",\"nama_lengkap\":\"Super\",\"email\":\"super@example.com\",\"role\":"
                    "\"SUPERADMIN\",\"detail_pengguna\":{\"id\":\"%s\",\"kontak\":null,\"tim_kerja\":null}}}",
                    id, id));
  struct str team = team_made("TM01");
  register_one("user@example.com", "PEMINJAM", team);
  login("user@example.com", "@Test123!");
  GET("/api/v1/me", answer_cut("\"token\":\""));
  ASSERT_HOLDS(200,
               SQL(store,
                   "\"kontak\":\"+628123456789\",\"tim_kerja\":{\"id\":\"%.*s\",\"nama_tim_kerja\":\"Tim "
                   "TM01\",\"code\":\"TM01\",\"is_aktif\":true}",
                   STR_ARG(team)));
  served_end();
}

static void a_changed_password_ends_the_other_sessions_and_keeps_this_one(struct store *store) {
  begin(store, "@Test123!");
  struct somebody other = super; /* signed in once more */
  assert_ok(db_write(&store->ctx, served_sign_in, &other));
  PATCH("/api/v1/me/kata-sandi", super.token,
        "{\"kata_sandi_lama\":\"" SERVED_PASSWORD "\",\"kata_sandi_baru\":\"weakpassword\"}");
  ASSERT_HOLDS(400, "\"errors\":{\"kata_sandi_baru\":");
  PATCH("/api/v1/me/kata-sandi", super.token,
        "{\"kata_sandi_lama\":\"" SERVED_PASSWORD "\",\"kata_sandi_baru\":\"Password123!\"}");
  ASSERT_ANSWER(200, SAID("Password changed successfully"));
  GET("/api/v1/me", super.token);
  assert_int_equal(served.exchange.status, 200);
  GET("/api/v1/me", other.token);
  ASSERT_ANSWER(401, TOLD("Session expired or invalid, please login again"));
  served_end();
}

static void only_a_super_administrator_registers_people(struct store *store) {
  begin(store, "@Test123!");
  const struct somebody manager = served_somebody(ROLE_MANAGER, "Manager", "manager@example.com");
  struct str team = team_made("TM01");
  super.token = manager.token;
  register_one("user@example.com", "PEMINJAM", team);
  ASSERT_ANSWER(403, NOT_ALLOWED);
  super.token = STR_NONE;
  register_one("user@example.com", "PEMINJAM", team);
  ASSERT_ANSWER(401, TOLD("You are unauthorized, please login first"));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account"), 2);
  served_end();
}

static void a_first_password_that_the_dialect_itself_would_refuse_is_none(struct store *store) {
  (void)store;
  assert_status(STATUS_INVALID, ruang_setup(STR("password123!")));
  assert_status(STATUS_INVALID, ruang_setup(STR("Password123")));
  assert_status(STATUS_INVALID, ruang_setup(STR("Pw1!")));
  assert_ok(ruang_setup(STR("Password123!")));
  assert_ok(ruang_setup(STR("")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_new_account_signs_in_with_the_first_password_and_changes_it),
      STORE_TEST(without_a_first_password_a_new_account_is_invited),
      STORE_TEST(refusals_come_in_the_order_of_address_role_team),
      STORE_TEST(a_signed_out_token_is_told_apart_from_none),
      STORE_TEST(who_is_not_known_and_who_is_wrong_are_told_apart),
      STORE_TEST(everybody_is_told_who_they_are_and_their_team),
      STORE_TEST(a_changed_password_ends_the_other_sessions_and_keeps_this_one),
      STORE_TEST(only_a_super_administrator_registers_people),
      STORE_TEST_SQLITE(a_first_password_that_the_dialect_itself_would_refuse_is_none),
  };
  return STORE_RUN(tests);
}
