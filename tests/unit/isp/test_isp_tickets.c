#include "served.h"

#include <inttypes.h>

#include "api/isp/isp_tickets.h"
#include "desk/technician/technician.h"
#include "people.h"

/* Lists of tickets, and what is done with one, to the letter. */

static const struct dialect *const dialects[] = {&isp_dialect};
static struct somebody ani, ina, tono, manager;

static void begin(struct store *store) {
  served_begin(store, dialects);
  ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
  ina = served_somebody(ROLE_CUSTOMER, "Ina", "ina@example.com");
  tono = served_somebody(ROLE_TECHNICIAN, "Tono", "tono@example.com");
  manager = served_somebody(ROLE_MANAGER, "Mira", "mira@example.com");
}

static const char *id_text(struct store *store, struct uuid uuid) {
  char text[UUID_TEXT_SIZE];
  return str_c(store->ctx.arena, str_of(uuid_print(uuid, text)));
}

/* A new ticket's body for Ani, with more fields behind. */
static const char *body(struct store *store, const char *type, const char *more) {
  return SQL(store,
             "{\"customer_id\":\"%s\",\"type\":\"%s\",\"priority\":\"high\",\"title\":\"No internet\","
             "\"description\":\"LOS blinks.\",\"location\":{\"lat\":-6.5,\"lng\":106.25}%s}",
             id_text(store, ani.account.uuid), type, more);
}

/* The new ticket's path. */
static const char *make(struct store *store) {
  POST("/api/tickets", manager.token, body(store, "repair", ""));
  assert_int_equal(served.exchange.status, 201);
  return SQL(store, "/api/tickets/%.*s", STR_ARG(answer_cut("\"ticket\":{\"id\":\"")));
}

static const char *under(struct store *store, const char *path, const char *rest) {
  return SQL(store, "%s/%s", path, rest);
}

static void a_new_ticket_is_answered_with_201(struct store *store) {
  begin(store);
  POST("/api/tickets", manager.token,
       body(store, "repair", ",\"scheduled_at\":\"2031-10-20T16:00:00+07:00\",\"attachments\":[]"));
  assert_int_equal(served.pooled, 0);
  ASSERT_HOLDS(201,
               SQL(store,
                   "\"customer\":{\"id\":\"%s\",\"full_name\":\"Ani\",\"phone\":null,\"address\":null},"
                   "\"technician\":null,\"type\":\"repair\",\"priority\":\"high\",\"status\":\"new\","
                   "\"category\":\"technical\",\"title\":\"No internet\",\"description\":\"LOS blinks.\","
                   "\"location\":{\"lat\":-6.5,\"lng\":106.25},\"scheduled_at\":\"2031-10-20T09:00:00Z\","
                   "\"completed_at\":null,\"sla_deadline\":\"",
                   id_text(store, ani.account.uuid)));
  POST("/v1/api/tickets", manager.token, body(store, "disconnection", ""));
  ASSERT_HOLDS(201, "\"category\":\"service\"");
  POST("/api/tickets", manager.token, body(store, "disconnection", ",\"category\":\"billing\""));
  ASSERT_HOLDS(201, "\"category\":\"billing\"");
  served_end();
}

static void faults_are_told_by_the_names_of_the_wire(struct store *store) {
  begin(store);
  POST("/api/tickets", manager.token,
       "{\"title\":\" "
       "\",\"type\":\"repair\",\"priority\":\"high\",\"description\":\"x\",\"location\":{\"lat\":1}}");
  ASSERT_ANSWER(422,
                "{\"success\":false,\"error\":{\"code\":\"VALIDATION_ERROR\",\"message\":\"Some fields are "
                "wrong.\",\"details\":{\"title\":\"must not be blank\",\"location.lng\":\"is required\","
                "\"customer_id\":\"is required\"}}}");
  const char *path = make(store);
  POST(under(store, path, "comments"), ani.token, "{\"comment\":\"a\\u0007\"}");
  ASSERT_HOLDS(422, "\"details\":{\"comment\":");
  GET("/api/tickets/nonsense", manager.token);
  ASSERT_ANSWER(
      400,
      "{\"success\":false,\"error\":{\"code\":\"VALIDATION_ERROR\",\"message\":\"The id in the path is "
      "no uuid.\",\"details\":{\"id\":\"must be a uuid\"}}}");
  served_end();
}

static void a_page_tells_how_many_there_are(struct store *store) {
  begin(store);
  for (int i = 0; i < 3; i++) {
    make(store);
  }
  GET("/api/tickets?page=2&limit=2", manager.token);
  assert_int_equal(answer_count("\"ticket_number\""), 1);
  ASSERT_HOLDS(200, "\"pagination\":{\"current_page\":2,\"per_page\":2,\"total\":3,\"total_pages\":2}}}");
  GET("/api/tickets?page=3&limit=2", manager.token);
  ASSERT_ANSWER(
      200,
      "{\"success\":true,\"data\":{\"tickets\":[],\"pagination\":{\"current_page\":3,\"per_page\":2,"
      "\"total\":3,\"total_pages\":2}}}");
  GET("/api/tickets?technician_id=123e4567-e89b-42d3-a456-426614174000", manager.token); /* nobody's */
  ASSERT_ANSWER(
      200,
      "{\"success\":true,\"data\":{\"tickets\":[],\"pagination\":{\"current_page\":1,\"per_page\":20,"
      "\"total\":0,\"total_pages\":0}}}");
  GET("/api/tickets", ina.token); /* none of hers */
  ASSERT_HOLDS(200, "\"total\":0");
  GET(SQL(store, "/api/customers/%s/tickets?limit=1", id_text(store, ani.account.uuid)), ani.token);
  ASSERT_HOLDS(200, "\"total\":3,\"total_pages\":3");
  GET(SQL(store, "/api/customers/%s/tickets", id_text(store, ani.account.uuid)), ina.token);
  assert_int_equal(served.exchange.status, 404);
  GET(SQL(store, "/api/technicians/%s/tickets", id_text(store, tono.account.uuid)), tono.token);
  ASSERT_HOLDS(200, "\"total\":0");
  served_end();
}

static void a_page_of_long_texts_is_told_in_the_pool(struct store *store) {
  begin(store);
  for (int i = 0; i < 70; i++) {
    make(store);
  }
  GET("/api/tickets?limit=100", manager.token);
  assert_int_equal(served.pooled, 0);
  store_sql(store, store->pgsql ? "UPDATE ticket SET description = REPEAT('x', 65536)"
                                : "UPDATE ticket SET description = REPLACE(HEX(ZEROBLOB(32768)), '0', 'x')");
  GET("/api/tickets?limit=100", manager.token);
  assert_int_equal(served.exchange.status, 200);
  assert_int_equal(served.pooled, 1);
  assert_int_equal(answer_count("\"ticket_number\""), 70);
  served_end();
}

static void an_assignment_is_refused_in_the_documents_codes(struct store *store) {
  begin(store);
  const char *path = make(store);
  const char *to_tono = SQL(store, "{\"technician_id\":\"%s\"}", id_text(store, tono.account.uuid));
  struct technician technician;
  const struct who who = {.account_id = tono.account.id,
                          .tenant_id = 1,
                          .home_tenant_id = 1,
                          .uuid = tono.account.uuid,
                          .role = ROLE_TECHNICIAN};
  assert_ok(technician_set_available(as(store, &who), who.uuid, false, STR("Ill"), &technician));
  POST(under(store, path, "assign"), manager.token, to_tono);
  ASSERT_ANSWER(
      409,
      "{\"success\":false,\"error\":{\"code\":\"TECHNICIAN_UNAVAILABLE\",\"message\":\"This technician "
      "is not available at the moment.\"}}");
  assert_ok(technician_set_available(as(store, &who), who.uuid, true, STR_NONE, &technician));
  POST(under(store, path, "assign"), ani.token, to_tono);
  assert_int_equal(served.exchange.status, 403);
  POST(under(store, path, "assign"), manager.token, to_tono);
  ASSERT_HOLDS(200,
               "\"full_name\":\"Tono\",\"phone\":null},\"type\":\"repair\",\"priority\":\"high\",\"status\":"
               "\"assigned\"");
  request(HTTP_PUT, under(store, path, "status"), tono.token, "{\"status\":\"resolved\",\"notes\":\" \"}");
  ASSERT_HOLDS(200, "\"status\":\"resolved\"");
  POST(under(store, path, "assign"), manager.token, to_tono);
  ASSERT_HOLDS(409, "\"code\":\"INVALID_STATE\"");
  served_end();
}

static void a_ticket_is_changed_rated_deleted_and_restored(struct store *store) {
  begin(store);
  const char *path = make(store);
  request(HTTP_PUT, path, manager.token, "{\"type\":\"upgrade\",\"location\":null}");
  ASSERT_HOLDS(200, "\"type\":\"upgrade\"");
  ASSERT_HOLDS(200, "\"location\":null");
  POST(under(store, path, "rating"), ani.token, "{\"rating\":5}");
  ASSERT_ANSWER(
      409,
      "{\"success\":false,\"error\":{\"code\":\"INVALID_STATE\",\"message\":\"Only a solved ticket can "
      "be rated.\"}}");
  request(HTTP_PUT, under(store, path, "status"), manager.token, "{\"status\":\"closed\"}");
  POST(under(store, path, "rating"), ani.token, "{\"rating\":5,\"feedback\":\"Quick\"}");
  ASSERT_HOLDS(200, "\"rating\":5,\"feedback\":\"Quick\"");
  request(HTTP_DELETE, path, ani.token, NULL);
  ASSERT_ANSWER(200, "{\"success\":true,\"data\":{\"message\":\"Ticket deleted\"}}");
  GET(path, manager.token);
  ASSERT_ANSWER(
      404,
      "{\"success\":false,\"error\":{\"code\":\"RESOURCE_NOT_FOUND\",\"message\":\"There is no such "
      "ticket.\"}}");
  POST(under(store, path, "restore"), ani.token, NULL);
  ASSERT_HOLDS(200, "\"rating\":5,\"feedback\":\"Quick\"");
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_new_ticket_is_answered_with_201),
      STORE_TEST(faults_are_told_by_the_names_of_the_wire),
      STORE_TEST(a_page_tells_how_many_there_are),
      STORE_TEST(a_page_of_long_texts_is_told_in_the_pool),
      STORE_TEST(an_assignment_is_refused_in_the_documents_codes),
      STORE_TEST(a_ticket_is_changed_rated_deleted_and_restored),
  };
  return STORE_RUN(tests);
}
