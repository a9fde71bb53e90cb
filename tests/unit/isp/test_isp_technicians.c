#include "served.h"

#include <inttypes.h>

#include "api/isp/isp_people.h"
#include "people.h"

/* Technicians, through the whole row. */

static const struct dialect *const dialects[] = {&isp_dialect};

static const char *path_of(struct store *store, const struct somebody *technician, const char *what) {
  char uuid[UUID_TEXT_SIZE];
  return SQL(store, "/api/technicians/%s%s", uuid_print(technician->account.uuid, uuid), what);
}

static void place_and_availability_are_told_back(struct store *store) {
  served_begin(store, dialects);
  struct somebody budi = served_somebody(ROLE_TECHNICIAN, "Budi", "budi@example.com");
  GET(path_of(store, &budi, ""), budi.token);
  ASSERT_HOLDS(
      200,
      "\"employee_id\":null,\"full_name\":\"Budi\",\"phone\":null,\"skills\":[],\"service_areas\":[],"
      "\"is_available\":true,\"reason\":null,\"current_location\":null,\"performance\":{"
      "\"total_tickets\":0,\"completed_tickets\":0,\"average_rating\":0,\"completion_rate\":0}");
  request(HTTP_PUT, path_of(store, &budi, "/location"), budi.token, "{\"lat\":-6.5,\"lng\":106.25}");
  ASSERT_HOLDS(200, "\"current_location\":{\"lat\":-6.5,\"lng\":106.25,\"updated_at\":\"");
  request(HTTP_PUT, path_of(store, &budi, "/availability"), budi.token, "{\"is_available\":false}");
  ASSERT_HOLDS(422, "\"details\":{\"reason\":\"is required\"}");
  request(HTTP_PUT, path_of(store, &budi, "/availability"), budi.token,
          "{\"is_available\":false,\"reason\":\"On leave\"}");
  ASSERT_HOLDS(200, "\"is_available\":false,\"reason\":\"On leave\"");
  request(HTTP_PUT, path_of(store, &budi, ""), budi.token, "{\"skills\":[\"fiber\"]}");
  ASSERT_HOLDS(403, "INSUFFICIENT_PERMISSIONS");
  served_end();
}

static void named_skills_are_split_at_commas_and_all_wanted(struct store *store) {
  served_begin(store, dialects);
  struct somebody supervisor = served_somebody(ROLE_SUPERVISOR, "Supervisor", "supervisor@example.com");
  struct somebody budi = served_somebody(ROLE_TECHNICIAN, "Budi", "budi@example.com");
  served_somebody(ROLE_TECHNICIAN, "Ani", "ani@example.com");
  request(HTTP_PUT, path_of(store, &budi, ""), supervisor.token,
          "{\"employee_id\":\"E1\",\"skills\":[\"Fiber\",\"Access point\"],\"service_areas\":[\"Bogor\"]}");
  ASSERT_HOLDS(200, "\"employee_id\":\"E1\"");
  static const struct {
    const char *query;
    const char *total;
  } cases[] = {
      {"", "\"total\":2"},
      {"?skills=fiber", "\"total\":1"},
      {"?skills=,%20fiber%20,,ACCESS%20POINT,", "\"total\":1"},
      {"?skills=fiber,router", "\"total\":0"},
      {"?skills=%20,%20", "\"total\":2"},
      {"?service_area=BOGOR&is_available=true", "\"total\":1"},
      {"?is_available=false", "\"total\":0"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    GET(SQL(store, "/api/technicians%s", cases[i].query), supervisor.token);
    ASSERT_HOLDS(200, cases[i].total);
  }
  GET("/api/technicians", budi.token);
  ASSERT_HOLDS(200, "\"total\":1");
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(place_and_availability_are_told_back),
      STORE_TEST(named_skills_are_split_at_commas_and_all_wanted),
  };
  return STORE_RUN(tests);
}
