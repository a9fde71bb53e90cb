#include "desk.h"

/* People, as the staff screen lists and changes them. */

/* An account of a team of its own; the path to it. */
static const char *user_made(const char *email, const char *role, const char *code) {
  register_one(email, role, team_made(code));
  assert_int_equal(served.exchange.status, 201);
  return path_of("users", answer_id());
}

static void a_deleted_account_frees_its_team_which_then_can_be_deleted(struct store *store) {
  begin(store, "@Test123!");
  struct str team = team_made("TM01");
  const char *team_path = path_of("tim-kerja", team);
  register_one("user@example.com", "PEMINJAM", team);
  const char *user_path = path_of("users", answer_id());
  DELETE(team_path, super.token);
  ASSERT_ANSWER(400, TOLD("Cannot delete timKerja with active users"));
  DELETE(user_path, super.token);
  ASSERT_ANSWER(200, SAID("User successfully deleted"));
  DELETE(user_path, super.token);
  ASSERT_ANSWER(404, TOLD("User not found"));
  DELETE(team_path, super.token);
  ASSERT_ANSWER(200, SAID("Data deleted successfully"));
  GET(team_path, super.token);
  ASSERT_ANSWER(404, TOLD("Data Tidak Ditemukan"));
  served_end();
}

static void people_are_listed_newest_first_without_superadmin(struct store *store) {
  begin(store, "@Test123!");
  struct str team = team_made("TM01");
  register_one("user@example.com", "PEMINJAM", team);
  struct str id = answer_id();
  served_somebody(ROLE_CUSTOMER, "Budi", "budi@example.com");
  GET("/api/v1/pengguna?page=2&size=1", super.token);
  ASSERT_ANSWER(200,
                SQL(store,
                    "{\"status\":true,\"message\":\"Users data retrieved successfully\",\"data\":[{\"id\":"
                    "\"%.*s\",\"nama_lengkap\":\"Pengguna Baru\",\"email\":\"user@example.com\",\"role\":"
                    "\"PEMINJAM\",\"detail\":{\"kontak\":\"+628123456789\",\"tim_kerja_id\":\"%.*s\","
                    "\"tim_kerja\":\"Tim TM01\"}}],\"pagination\":{\"page\":2,\"size\":1,\"total_rows\":2,"
                    "\"total_pages\":2}}",
                    STR_ARG(id), STR_ARG(team)));
  GET("/api/v1/pengguna", super.token);
  assert_int_equal(answer_count("\"nama_lengkap\""), 2);
  ASSERT_HOLDS(200, "\"detail\":{\"kontak\":null,\"tim_kerja_id\":null,\"tim_kerja\":null}");
  assert_null(strstr(answer_text(), "super@example.com"));
  served_end();
}

static void pages_that_can_not_be_are_refused(struct store *store) {
  begin(store, "@Test123!");
  static const char *const wrong[] = {"page=0", "page=x", "size=0", "size=101"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    GET(SQL(store, "/api/v1/pengguna?%s", wrong[i]), super.token);
    ASSERT_HOLDS(400, "Validation failed");
  }
  served_end();
}

static void what_is_named_is_changed_and_what_is_not_stays(struct store *store) {
  begin(store, "@Test123!");
  const char *path = user_made("user@example.com", "PEMINJAM", "TM01");
  PATCH(path, super.token, "{\"nama_lengkap\":\"Baru\"}");
  ASSERT_HOLDS(200, "\"message\":\"User updated successfully\"");
  ASSERT_HOLDS(200, "\"nama_lengkap\":\"Baru\",\"email\":\"user@example.com\",\"role\":\"PEMINJAM\"}}");
  struct str team = team_made("TM02");
  PATCH(path, super.token,
        SQL(store, "{\"email\":\"lain@example.com\",\"role\":\"ADMIN\",\"tim_kerja_id\":\"%.*s\"}",
            STR_ARG(team)));
  ASSERT_HOLDS(200, "\"nama_lengkap\":\"Baru\",\"email\":\"lain@example.com\",\"role\":\"ADMIN\"}}");
  PATCH(path, super.token, "{\"nama_lengkap\":\"Lagi\"}");
  ASSERT_HOLDS(200, "\"nama_lengkap\":\"Lagi\",\"email\":\"lain@example.com\",\"role\":\"ADMIN\"}}");
  GET("/api/v1/pengguna", super.token);
  ASSERT_HOLDS(200, "\"kontak\":\"+628123456789\"");
  ASSERT_HOLDS(200, "\"tim_kerja\":\"Tim TM02\"");
  served_end();
}

static void a_change_that_takes_what_is_anothers_is_refused(struct store *store) {
  begin(store, "@Test123!");
  struct str team = team_made("TM00");
  register_one("admin@example.com", "ADMIN", team);
  const char *path = user_made("user@example.com", "PEMINJAM", "TM01");
  PATCH(path, super.token, "{\"email\":\"ADMIN@example.com\"}");
  ASSERT_ANSWER(400, TOLD("Email already registered"));
  PATCH(path, super.token, "{\"role\":\"ADMIN\"}");
  ASSERT_ANSWER(400, TOLD("Another user with role ADMIN already exists"));
  PATCH(path, super.token, SQL(store, "{\"tim_kerja_id\":\"%.*s\"}", STR_ARG(team)));
  ASSERT_ANSWER(400, TOLD("Tim kerja ini sudah memiliki akun terdaftar dengan email: admin@example.com"));
  PATCH(path, super.token, "{\"email\":\"x\",\"role\":\"BOSS\"}");
  assert_int_equal(served.exchange.status, 400);
  assert_true(strstr(answer_text(), "\"email\":") != NULL && strstr(answer_text(), "\"role\":") != NULL);
  GET("/api/v1/pengguna?size=1", super.token);
  ASSERT_HOLDS(200, "\"email\":\"user@example.com\",\"role\":\"PEMINJAM\"");
  served_end();
}

static void who_is_not_there_is_not_found_and_a_super_administrator_stays(struct store *store) {
  begin(store, "@Test123!");
  static const char *const nobody[] = {"/api/v1/users/0190163d-8694-739b-aea5-966c26f8ad91",
                                       "/api/v1/users/7"};
  for (size_t i = 0; i < 2; i++) {
    PATCH(nobody[i], super.token, "{\"nama_lengkap\":\"Baru\"}");
    ASSERT_ANSWER(404, TOLD("User not found"));
    DELETE(nobody[i], super.token);
    ASSERT_ANSWER(404, TOLD("User not found"));
  }
  char uuid[UUID_TEXT_SIZE];
  DELETE(path_of("users", str_of(uuid_print(super.account.uuid, uuid))), super.token);
  ASSERT_ANSWER(400, TOLD("Cannot delete SUPERADMIN account"));
  served_end();
}

static void only_those_who_may_list_or_change_people_do(struct store *store) {
  begin(store, "@Test123!");
  const struct somebody manager = served_somebody(ROLE_MANAGER, "Manager", "manager@example.com");
  const struct somebody customer = served_somebody(ROLE_CUSTOMER, "Budi", "budi@example.com");
  char uuid[UUID_TEXT_SIZE];
  const char *path = path_of("users", str_of(uuid_print(customer.account.uuid, uuid)));
  GET("/api/v1/pengguna", manager.token);
  assert_int_equal(served.exchange.status, 200);
  GET("/api/v1/pengguna", customer.token);
  ASSERT_ANSWER(403, NOT_ALLOWED);
  PATCH(path, manager.token, "{\"nama_lengkap\":\"Baru\"}");
  ASSERT_ANSWER(403, NOT_ALLOWED);
  DELETE(path, manager.token);
  ASSERT_ANSWER(403, NOT_ALLOWED);
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_deleted_account_frees_its_team_which_then_can_be_deleted),
      STORE_TEST(people_are_listed_newest_first_without_superadmin),
      STORE_TEST(pages_that_can_not_be_are_refused),
      STORE_TEST(what_is_named_is_changed_and_what_is_not_stays),
      STORE_TEST(a_change_that_takes_what_is_anothers_is_refused),
      STORE_TEST(who_is_not_there_is_not_found_and_a_super_administrator_stays),
      STORE_TEST(only_those_who_may_list_or_change_people_do),
  };
  return STORE_RUN(tests);
}
