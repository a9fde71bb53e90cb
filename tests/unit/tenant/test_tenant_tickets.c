#include "served.h"

#include "api/tenant/internal.h"
#include "people.h"

/* Tickets, replies and activities, through the whole row. */

static const struct dialect *const dialects[] = {&tenant_dialect};

#define BODY \
  "{\"title\":\"Login\",\"category\":\"technical\",\"priority\":\"high\",\"description\":\"Galat\"}"

static const char *path_of(struct store *store, struct str id, const char *rest) {
  return SQL(store, "/tickets/%.*s%s", STR_ARG(id), rest);
}

static struct str made(struct str token) {
  POST("/tickets", token, BODY);
  assert_int_equal(served.exchange.status, 201);
  return answer_cut("\"data\":{\"id\":\"");
}

static void patch(struct store *store, struct str token, struct str id, const char *body) {
  request(HTTP_PATCH, path_of(store, id, ""), token, body);
}

static void a_ticket_is_made_and_shown_with_its_replies(struct store *store) {
  served_begin(store, dialects);
  struct somebody ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct str id = made(ani.token);
  ASSERT_HOLDS(201, "\"message\":\"ticket created\"");
  POST(path_of(store, id, "/replies"), ani.token, "{\"message\":\"Halo\"}");
  ASSERT_HOLDS(201, "\"message\":\"Halo\"");
  GET(path_of(store, id, ""), ani.token);
  ASSERT_HOLDS(200, "\"replies\":[{\"id\":\"");
  GET(path_of(store, id, "/activities"), ani.token);
  ASSERT_HOLDS(200, "\"action\":\"replied\"");
  GET("/tickets/7", ani.token);
  ASSERT_HOLDS(400, "\"message\":\"invalid id\"");
  served_end();
}

static void a_change_is_all_or_nothing(struct store *store) {
  served_begin(store, dialects);
  struct somebody ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct somebody budi = served_somebody(ROLE_MANAGER, "Budi", "budi@example.com");
  struct somebody tono = served_somebody(ROLE_TECHNICIAN, "Tono", "tono@example.com");
  struct str id = made(ani.token);
  /* The assignment is theirs to make, the status was theirs only afterwards: one call does both. */
  const char *both = SQL(store, "{\"status\":\"in_progress\",\"agent_id\":%" PRId64 "}", tono.account.id);
  patch(store, tono.token, id, "{\"status\":\"in_progress\"}");
  ASSERT_HOLDS(403, "\"message\":\"forbidden\"");
  patch(store, tono.token, id, both);
  ASSERT_HOLDS(200, "\"status\":\"in_progress\"");
  /* The status would be fine, the assignment is not. */
  int64_t before = store_number(store, "SELECT COUNT(*) FROM activity");
  patch(store, budi.token, id, "{\"status\":\"resolved\",\"agent_id\":999999}");
  ASSERT_HOLDS(400, "\"errors\":{\"agent_id\":[\"is unknown\"]}");
  /* The assignment is done, then the status is refused: neither stays. */
  patch(store, budi.token, id, "{\"agent_id\":null}");
  assert_int_equal(served.exchange.status, 200);
  patch(store, ani.token, id, both);
  ASSERT_HOLDS(403, "\"message\":\"forbidden\"");
  assert_int_equal(store_number(store, "SELECT assignee_id FROM ticket"), 0);
  assert_true(store_number(store, "SELECT COUNT(*) FROM activity") > before);
  served_end();
}

static void what_is_so_already_is_no_change(struct store *store) {
  served_begin(store, dialects);
  struct somebody ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct somebody budi = served_somebody(ROLE_MANAGER, "Budi", "budi@example.com");
  struct str id = made(ani.token);
  const char *done = SQL(store, "{\"status\":\"resolved\",\"agent_id\":%" PRId64 "}", budi.account.id);
  patch(store, budi.token, id, done);
  assert_int_equal(served.exchange.status, 200);
  int64_t rows = store_number(store, "SELECT COUNT(*) FROM activity");
  patch(store, budi.token, id, done); /* a solved ticket is given to nobody, but this one has it */
  assert_int_equal(served.exchange.status, 200);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM activity"), rows);
  served_end();
}

static void open_keeps_the_agent(struct store *store) {
  served_begin(store, dialects);
  struct somebody budi = served_somebody(ROLE_MANAGER, "Budi", "budi@example.com");
  struct str id = made(budi.token);
  patch(store, budi.token, id, "{\"status\":\"in_progress\"}");
  patch(store, budi.token, id, "{\"status\":\"open\"}");
  assert_int_equal(store_number(store, "SELECT status FROM ticket"), TICKET_NEW);
  patch(store, budi.token, id,
        SQL(store, "{\"status\":\"in_progress\",\"agent_id\":%" PRId64 "}", budi.account.id));
  patch(store, budi.token, id, "{\"status\":\"open\"}");
  assert_int_equal(store_number(store, "SELECT status FROM ticket"), TICKET_ASSIGNED);
  served_end();
}

static void a_list_over_all_tenants_is_work_for_the_pool(struct store *store) {
  served_begin(store, dialects);
  struct somebody ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct somebody budi = served_somebody(ROLE_MANAGER, "Budi", "budi@example.com");
  made(ani.token);
  GET("/tickets?limit=10", budi.token);
  ASSERT_HOLDS(200, "\"has_next\":false,\"has_prev\":false,\"limit\":10");
  assert_int_equal(served.pooled, 1);
  GET("/tickets?limit=10&tenant=1", budi.token);
  assert_int_equal(served.exchange.status, 200);
  assert_int_equal(served.pooled, 0);
  GET("/tickets?limit=10", ani.token);
  assert_int_equal(served.pooled, 0);
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_ticket_is_made_and_shown_with_its_replies),
      STORE_TEST(a_change_is_all_or_nothing),
      STORE_TEST(what_is_so_already_is_no_change),
      STORE_TEST(open_keeps_the_agent),
      STORE_TEST(a_list_over_all_tenants_is_work_for_the_pool),
  };
  return STORE_RUN(tests);
}
