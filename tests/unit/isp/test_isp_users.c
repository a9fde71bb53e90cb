#include "served.h"

#include <inttypes.h>

#include "api/isp/isp_people.h"
#include "people.h"

/* Accounts, as managers see them and as everybody sees themself, through the whole row. */

static const struct dialect *const dialects[] = {&isp_dialect};
#define CREATE(token, role, email, more)                                        \
  POST("/api/users", token,                                                     \
       "{\"email\":\"" email "\",\"password\":\"password123\",\"role\":\"" role \
       "\",\"profile\":{\"full_name\":\"Siti\",\"phone\":\"1\"" more "}}")

static const char *target_of(struct store *store, struct str id) {
  return SQL(store, "/api/users/%.*s", STR_ARG(id));
}

static void an_account_is_made_read_changed_and_deactivated(struct store *store) {
  served_begin(store, dialects);
  struct somebody manager = served_somebody(ROLE_MANAGER, "Manager", "manager@example.com");
  CREATE(manager.token, "customer", "siti@example.com", "");
  ASSERT_HOLDS(201,
               "\"email\":\"siti@example.com\",\"role\":\"customer\",\"is_active\":true,\"profile\":{"
               "\"full_name\":\"Siti\",\"phone\":\"1\",\"avatar\":null,\"customer_id\":\"");
  const char *target = target_of(store, answer_cut("\"id\":\""));
  struct str made = str_copy(store->ctx.arena, str_of(answer_text()));
  GET(target, manager.token);
  ASSERT_ANSWER(200, made.at);
  request(HTTP_PUT, target, manager.token,
          "{\"role\":\"technician\",\"profile\":{\"avatar\":\"https://x/y\"}}");
  ASSERT_HOLDS(200, "\"role\":\"technician\"");
  ASSERT_HOLDS(200, "\"full_name\":\"Siti\",\"phone\":\"1\",\"avatar\":\"https://x/y\",\"customer_id\":null");
  request(HTTP_PUT, target, manager.token, "{\"profile\":{\"avatar\":null,\"phone\":null}}");
  ASSERT_HOLDS(200, "\"phone\":\"1\",\"avatar\":null");
  request(HTTP_DELETE, target, manager.token, NULL);
  ASSERT_ANSWER(200, "{\"success\":true,\"data\":{\"message\":\"The account is deactivated\"}}");
  GET(target, manager.token);
  ASSERT_HOLDS(200, "\"is_active\":false");
  served_end();
}

static void a_technician_is_made_with_number_skills_and_areas(struct store *store) {
  served_begin(store, dialects);
  struct somebody manager = served_somebody(ROLE_MANAGER, "Manager", "manager@example.com");
#define WORK ",\"employee_id\":\"E1\",\"skills\":[\"fiber\"],\"service_areas\":[\"Bogor\"]"
  CREATE(manager.token, "technician", "t@example.com", WORK);
  assert_int_equal(served.exchange.status, 201);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM technician_word"), 2);
  CREATE(manager.token, "technician", "t2@example.com", WORK);
  ASSERT_HOLDS(409, "DUPLICATE_ENTRY");
  CREATE(manager.token, "customer", "c@example.com", WORK);
  ASSERT_HOLDS(
      422,
      "\"details\":{\"profile.employee_id\":\"belongs to technicians alone\",\"profile.skills\":\"belongs "
      "to technicians alone\",\"profile.service_areas\":\"belongs to technicians alone\"}");
  CREATE(manager.token, "technician", "t3@example.com", ",\"skills\":[\"a\",\" \"]");
  ASSERT_HOLDS(422, "\"details\":{\"profile.skills[1]\":\"is required\"}");
  served_end();
}

static void a_search_leaves_the_thread_that_reads_sockets(struct store *store) {
  served_begin(store, dialects);
  struct somebody manager = served_somebody(ROLE_MANAGER, "Manager", "manager@example.com");
  GET("/api/users", manager.token);
  ASSERT_HOLDS(200, "\"pagination\":{\"current_page\":1,\"per_page\":20,\"total\":1,\"total_pages\":1}");
  assert_int_equal(served.pooled, 0);
  GET("/api/users?search=MANA&is_active=true&role=manager", manager.token);
  ASSERT_HOLDS(200, "\"total\":1");
  assert_int_equal(served.pooled, 1);
  GET("/api/users?is_active=false", manager.token);
  ASSERT_HOLDS(200, "{\"success\":true,\"data\":{\"users\":[],");
  served_end();
}

static void the_rows_refuse_whom_the_table_refuses(struct store *store) {
  served_begin(store, dialects);
  struct somebody service = served_somebody(ROLE_CUSTOMER_SERVICE, "Service", "service@example.com");
  struct somebody admin = served_somebody(ROLE_SUPER_ADMIN, "Admin", "admin@example.com");
  char uuid[UUID_TEXT_SIZE];
  const char *above = SQL(store, "/api/users/%s", uuid_print(admin.account.uuid, uuid));
  GET("/api/users", service.token);
  ASSERT_HOLDS(403, "INSUFFICIENT_PERMISSIONS");
  CREATE(service.token, "customer", "c@example.com", "");
  ASSERT_HOLDS(403, "INSUFFICIENT_PERMISSIONS");
  GET(above, service.token);
  ASSERT_HOLDS(404, "RESOURCE_NOT_FOUND");
  request(HTTP_DELETE, above, service.token, NULL);
  ASSERT_HOLDS(403, "INSUFFICIENT_PERMISSIONS");
  request(HTTP_DELETE, above, admin.token, NULL);
  ASSERT_HOLDS(403, "INSUFFICIENT_PERMISSIONS"); /* oneself */
  GET("/api/users/7", admin.token);
  ASSERT_HOLDS(400, "\"details\":{\"id\":\"must be a uuid\"}");
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(an_account_is_made_read_changed_and_deactivated),
      STORE_TEST(a_technician_is_made_with_number_skills_and_areas),
      STORE_TEST_SQLITE(a_search_leaves_the_thread_that_reads_sockets),
      STORE_TEST(the_rows_refuse_whom_the_table_refuses),
  };
  return STORE_RUN(tests);
}
