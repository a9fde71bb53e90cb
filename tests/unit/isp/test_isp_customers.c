#include "served.h"

#include <inttypes.h>

#include "api/isp/isp_people.h"
#include "people.h"

/* Customers, through the whole row. */

static const struct dialect *const dialects[] = {&isp_dialect};
#define SITI                                                                                                 \
  "{\"full_name\":\"Siti\",\"phone\":\"1\",\"email\":\"siti@example.com\",\"nik\":\"317\",\"address\":\"Jl." \
  " 5\","                                                                                                    \
  "\"coordinates\":{\"lat\":-6.5,\"lng\":106.25},\"service_area\":\"Bogor\"}"

static void a_customer_is_made_read_and_changed(struct store *store) {
  served_begin(store, dialects);
  struct somebody service = served_somebody(ROLE_CUSTOMER_SERVICE, "Service", "service@example.com");
  POST("/api/customers", service.token, SITI);
  ASSERT_HOLDS(201,
               "\"full_name\":\"Siti\",\"phone\":\"1\",\"email\":\"siti@example.com\",\"nik\":\"317\","
               "\"address\":\"Jl. 5\",\"coordinates\":{\"lat\":-6.5,\"lng\":106.25},"
               "\"service_area\":\"Bogor\",\"service_package\":null,\"created_at\":\"");
  struct str id = answer_cut("\"id\":\"");
  struct str made = str_copy(store->ctx.arena, str_of(answer_text()));
  assert_true(str_equal(answer_cut("\"user_id\":\""), id));
  const char *target = SQL(store, "/api/customers/%.*s", STR_ARG(id));
  GET(target, service.token);
  ASSERT_ANSWER(200, made.at);
  request(HTTP_PUT, target, service.token,
          "{\"nik\":null,\"service_package\":\"Fiber\",\"coordinates\":{\"lat\":0,\"lng\":0}}");
  ASSERT_HOLDS(200,
               "\"nik\":null,\"address\":\"Jl. 5\",\"coordinates\":{\"lat\":0,\"lng\":0},"
               "\"service_area\":\"Bogor\",\"service_package\":\"Fiber\"");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM mail WHERE kind = 5"), 1);
  served_end();
}

static void filters_leave_the_thread_that_reads_sockets(struct store *store) {
  served_begin(store, dialects);
  struct somebody service = served_somebody(ROLE_CUSTOMER_SERVICE, "Service", "service@example.com");
  POST("/api/customers", service.token, SITI);
  GET("/api/customers", service.token);
  ASSERT_HOLDS(200, "\"total\":1");
  assert_int_equal(served.pooled, 0);
  GET("/api/customers?search=SIT&service_area=bogor&created_from=2020-01-01", service.token);
  ASSERT_HOLDS(200, "\"total\":1");
  assert_int_equal(served.pooled, 1);
  GET("/api/customers?created_to=2020-01-01", service.token);
  ASSERT_HOLDS(200, "\"total\":0");
  GET("/api/customers?created_from=2020-13-01", service.token);
  ASSERT_HOLDS(422, "\"details\":{\"created_from\":\"must be a date, YYYY-MM-DD\"}");
  served_end();
}

static void refusals_are_worded(struct store *store) {
  served_begin(store, dialects);
  struct somebody service = served_somebody(ROLE_CUSTOMER_SERVICE, "Service", "service@example.com");
  struct somebody customer = served_somebody(ROLE_CUSTOMER, "Budi", "budi@example.com");
  char uuid[UUID_TEXT_SIZE];
  const char *own = SQL(store, "/api/customers/%s", uuid_print(customer.account.uuid, uuid));
  POST("/api/customers", service.token, "{\"coordinates\":{}}");
  ASSERT_HOLDS(422, "\"coordinates.lat\":\"is required\",\"coordinates.lng\":\"is required\"");
  POST("/api/customers", customer.token, SITI);
  ASSERT_HOLDS(403, "INSUFFICIENT_PERMISSIONS");
  POST("/api/customers", service.token, SITI);
  POST("/api/customers", service.token, SITI);
  ASSERT_HOLDS(409, "DUPLICATE_ENTRY");
  request(HTTP_PUT, own, customer.token, "{\"phone\":\"2\"}");
  ASSERT_HOLDS(200, "\"phone\":\"2\"");
  request(HTTP_PUT, own, customer.token, "{\"service_area\":\"Mine\"}");
  ASSERT_HOLDS(403, "INSUFFICIENT_PERMISSIONS");
  GET("/api/customers/0190163d-8694-739b-aea5-966c26f8ad91", service.token);
  ASSERT_HOLDS(404, "RESOURCE_NOT_FOUND");
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_customer_is_made_read_and_changed),
      STORE_TEST_SQLITE(filters_leave_the_thread_that_reads_sockets),
      STORE_TEST(refusals_are_worded),
  };
  return STORE_RUN(tests);
}
