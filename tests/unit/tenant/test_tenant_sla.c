#include "served.h"

#include "api/tenant/internal.h"
#include "people.h"

/* Targets, through the whole row. */

static const struct dialect *const dialects[] = {&tenant_dialect};
#define SLA "/vendor/tickets/sla"

static void set(struct str token, const char *response, const char *resolution) {
  POST(SLA, token,
       SQL(served.store,
           "{\"category\":\"billing\",\"sla_response_minutes\":%s,\"sla_resolution_minutes\":%s}", response,
           resolution));
}

static void targets_are_set_and_listed(struct store *store) {
  served_begin(store, dialects);
  struct somebody budi = served_somebody(ROLE_MANAGER, "Budi", "budi@example.com");
  GET(SLA, budi.token);
  ASSERT_HOLDS(200, "\"data\":[]");
  set(budi.token, "30", "240");
  ASSERT_HOLDS(200, "{\"success\":true,\"message\":\"sla saved\",\"data\":null,");
  GET(SLA, budi.token);
  ASSERT_HOLDS(
      200,
      "\"data\":[{\"category\":\"billing\",\"sla_response_minutes\":30,\"sla_resolution_minutes\":240}]");
  served_end();
}

static void minutes_beyond_a_year_or_below_none_are_faults(struct store *store) {
  served_begin(store, dialects);
  struct somebody budi = served_somebody(ROLE_MANAGER, "Budi", "budi@example.com");
  static const char *const wrong[] = {"-1", "525601", "1.5", "1e300", "\"30\"", "null", "[]"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    set(budi.token, wrong[i], wrong[i]);
    ASSERT_HOLDS(400, "\"errors\":{\"sla_response_minutes\":[\"");
    ASSERT_HOLDS(400, "\"],\"sla_resolution_minutes\":[\"");
  }
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM sla_target"), 0);
  served_end();
}

static void roles_below_manager_set_none_and_customers_see_none(struct store *store) {
  served_begin(store, dialects);
  struct somebody ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct somebody tono = served_somebody(ROLE_TECHNICIAN, "Tono", "tono@example.com");
  set(tono.token, "1", "1");
  ASSERT_HOLDS(403, "\"message\":\"forbidden\"");
  GET(SLA, tono.token);
  assert_int_equal(served.exchange.status, 200);
  GET(SLA, ani.token);
  ASSERT_HOLDS(403, "\"message\":\"forbidden\"");
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(targets_are_set_and_listed),
      STORE_TEST(minutes_beyond_a_year_or_below_none_are_faults),
      STORE_TEST(roles_below_manager_set_none_and_customers_see_none),
  };
  return STORE_RUN(tests);
}
