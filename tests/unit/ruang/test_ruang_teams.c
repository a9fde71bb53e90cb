#include "desk.h"

/* Teams. */

static const char *team_path(const char *code) {
  return path_of("tim-kerja", team_made(code));
}

static void a_team_is_made_read_changed_and_deleted(struct store *store) {
  begin(store, "");
  struct str id = team_made("TM01");
  const char *path = path_of("tim-kerja", id);
  GET(path, super.token);
  ASSERT_ANSWER(200, SQL(store,
                         "{\"status\":true,\"message\":\"Get divisi successful\",\"data\":{\"id\":\"%.*s\","
                         "\"nama_tim_kerja\":\"Tim TM01\",\"code\":\"TM01\",\"is_aktif\":true}}",
                         STR_ARG(id)));
  PATCH(path, super.token, "{\"is_aktif\":false}");
  ASSERT_HOLDS(200, "\"message\":\"TimKerja updated successfully\"");
  ASSERT_HOLDS(200, "\"nama_tim_kerja\":\"Tim TM01\",\"code\":\"TM01\",\"is_aktif\":false}}");
  PATCH(path, super.token, "{\"nama_tim_kerja\":\"Lain\",\"code\":\"TM09\"}");
  ASSERT_HOLDS(200, "\"nama_tim_kerja\":\"Lain\",\"code\":\"TM09\",\"is_aktif\":false}}"); /* it stays */
  DELETE(path, super.token);
  ASSERT_ANSWER(200, SAID("Data deleted successfully"));
  GET(path, super.token);
  ASSERT_ANSWER(404, TOLD("Data Tidak Ditemukan"));
  served_end();
}

static void a_new_team_is_active_unless_it_is_said_not_to_be(struct store *store) {
  begin(store, "");
  POST("/api/v1/tim-kerja", super.token, "{\"nama_tim_kerja\":\"A\",\"code\":\"A\",\"is_aktif\":false}");
  ASSERT_HOLDS(201, "\"is_aktif\":false");
  POST("/api/v1/tim-kerja", super.token, "{\"nama_tim_kerja\":\"B\",\"code\":\"B\",\"is_aktif\":\"true\"}");
  ASSERT_HOLDS(201, "\"is_aktif\":true");
  served_end();
}

static void teams_are_listed_newest_first_with_their_true_number(struct store *store) {
  begin(store, "");
  team_made("TM01");
  team_made("TM02");
  team_made("TM03");
  GET("/api/v1/tim-kerja?size=2", super.token);
  ASSERT_HOLDS(200, "{\"status\":true,\"message\":\"Get all divisi successful\",\"data\":[{");
  ASSERT_HOLDS(200, "\"pagination\":{\"page\":1,\"size\":2,\"total_rows\":3,\"total_pages\":2}}");
  assert_true(strstr(answer_text(), "\"TM03\"") < strstr(answer_text(), "\"TM02\""));
  assert_null(strstr(answer_text(), "\"TM01\""));
  GET("/api/v1/tim-kerja?size=2&page=2", super.token);
  ASSERT_HOLDS(200, "\"TM01\"");
  assert_int_equal(answer_count("\"code\""), 1);
  served_end();
}

static void code_and_name_are_a_teams_own_in_any_letter_case(struct store *store) {
  begin(store, "");
  const char *path = team_path("TM01");
  team_made("TM02");
  POST("/api/v1/tim-kerja", super.token, "{\"nama_tim_kerja\":\"Tim TM01\",\"code\":\"tm01\"}");
  ASSERT_ANSWER(400, TOLD("Kode Tim Kerja Sudah Digunakan")); /* the code first */
  POST("/api/v1/tim-kerja", super.token, "{\"nama_tim_kerja\":\"TIM tm01\",\"code\":\"TM03\"}");
  ASSERT_ANSWER(400, TOLD("Nama Tim Kerja Sudah Digunakan"));
  PATCH(path, super.token, "{\"code\":\"TM02\"}");
  ASSERT_ANSWER(400, TOLD("Kode Tim Kerja Sudah Digunakan"));
  PATCH(path, super.token, "{\"nama_tim_kerja\":\"Tim TM02\"}");
  ASSERT_ANSWER(400, TOLD("Nama Tim Kerja Sudah Digunakan"));
  PATCH(path, super.token, "{\"nama_tim_kerja\":\"TIM TM01\",\"code\":\"tm01\"}"); /* its own */
  ASSERT_HOLDS(200, "\"nama_tim_kerja\":\"TIM TM01\",\"code\":\"tm01\"");
  served_end();
}

static void all_that_is_wrong_is_told_at_once(struct store *store) {
  begin(store, "");
  POST("/api/v1/tim-kerja", super.token, "{\"is_aktif\":7}");
  assert_int_equal(served.exchange.status, 400);
  ASSERT_HOLDS(400, "\"nama_tim_kerja\":\"is required\"");
  ASSERT_HOLDS(400, "\"code\":\"is required\"");
  ASSERT_HOLDS(400, "\"is_aktif\":");
  served_end();
}

static void a_team_that_is_not_there_is_not_found(struct store *store) {
  begin(store, "");
  static const char *const nowhere[] = {"/api/v1/tim-kerja/0190163d-8694-739b-aea5-966c26f8ad91",
                                        "/api/v1/tim-kerja/7"};
  for (size_t i = 0; i < 2; i++) {
    GET(nowhere[i], super.token);
    ASSERT_ANSWER(404, TOLD("Data Tidak Ditemukan"));
    PATCH(nowhere[i], super.token, "{\"code\":\"TM01\"}");
    ASSERT_ANSWER(404, TOLD("Data Tidak Ditemukan"));
    DELETE(nowhere[i], super.token);
    ASSERT_ANSWER(404, TOLD("Data Tidak Ditemukan"));
  }
  served_end();
}

static void everybody_signed_in_reads_and_a_super_administrator_alone_writes(struct store *store) {
  begin(store, "");
  const struct somebody manager = served_somebody(ROLE_MANAGER, "Manager", "manager@example.com");
  const struct somebody customer = served_somebody(ROLE_CUSTOMER, "Budi", "budi@example.com");
  const char *path = team_path("TM01");
  GET(path, customer.token);
  assert_int_equal(served.exchange.status, 200);
  GET("/api/v1/tim-kerja", customer.token);
  assert_int_equal(served.exchange.status, 200);
  GET(path, STR_NONE);
  ASSERT_ANSWER(401, TOLD("You are unauthorized, please login first"));
  POST("/api/v1/tim-kerja", manager.token, "{\"nama_tim_kerja\":\"A\",\"code\":\"A\"}");
  ASSERT_ANSWER(403, NOT_ALLOWED);
  PATCH(path, manager.token, "{\"code\":\"A\"}");
  ASSERT_ANSWER(403, NOT_ALLOWED);
  DELETE(path, manager.token);
  ASSERT_ANSWER(403, NOT_ALLOWED);
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_team_is_made_read_changed_and_deleted),
      STORE_TEST(a_new_team_is_active_unless_it_is_said_not_to_be),
      STORE_TEST(teams_are_listed_newest_first_with_their_true_number),
      STORE_TEST(code_and_name_are_a_teams_own_in_any_letter_case),
      STORE_TEST(all_that_is_wrong_is_told_at_once),
      STORE_TEST(a_team_that_is_not_there_is_not_found),
      STORE_TEST(everybody_signed_in_reads_and_a_super_administrator_alone_writes),
  };
  return STORE_RUN(tests);
}
