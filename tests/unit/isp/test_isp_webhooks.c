#include "served.h"

#include "api/isp/isp_webhooks.h"
#include "desk/webhook/webhook.h"
#include "people.h"

/* Webhooks, as their owners manage them, through the whole row; and what is sent. */

static const struct dialect *const dialects[] = {&isp_dialect};
static struct somebody manager;
#define NOBODY "0190163d-8694-739b-aea5-966c26f8ad91"

static void begin(struct store *store) {
  served_begin(store, dialects);
  manager = served_somebody(ROLE_MANAGER, "Manager", "manager@example.com");
}

/* An endpoint; the path to it. */
static const char *made(const char *more) {
  POST("/api/webhooks", manager.token,
       SQL(served.store, "{\"url\":\"https://hooks.example.com/in\"%s}", more));
  assert_int_equal(served.exchange.status, 201);
  return SQL(served.store, "/api/webhooks/%.*s", STR_ARG(answer_cut("\"id\":\"")));
}

static const char *below(const char *path, const char *what) {
  return SQL(served.store, "%s/%s", path, what);
}

/* ---- endpoints ---- */

static void a_webhook_is_made_read_changed_and_deleted(struct store *store) {
  begin(store);
  const char *path = made(
      ",\"description\":\" Billing \",\"types\":[\"ticket.created\",\"technician.availability_changed\"]");
  ASSERT_HOLDS(201,
               "\"url\":\"https://hooks.example.com/in\",\"description\":\"Billing\",\"types\":["
               "\"ticket.created\",\"technician.availability_changed\"],\"is_active\":true,"
               "\"disabled_reason\":null,\"disabled_at\":null,\"failing_since\":null,\"created_at\":\"");
  GET(path, manager.token);
  ASSERT_HOLDS(200, "\"description\":\"Billing\"");
  PUT(path, manager.token, "{\"types\":[],\"is_active\":false}");
  ASSERT_HOLDS(200,
               "\"url\":\"https://hooks.example.com/in\",\"description\":\"Billing\",\"types\":[],"
               "\"is_active\":false");
  PUT(path, manager.token, "{\"url\":\"http://other.example.com/\"}");
  ASSERT_HOLDS(200, "\"url\":\"http://other.example.com/\"");
  ASSERT_HOLDS(200, "\"is_active\":false"); /* what is not named stays */
  GET("/api/webhooks", manager.token);
  assert_int_equal(answer_count("\"url\""), 1);
  DELETE(path, manager.token);
  ASSERT_ANSWER(200, "{\"success\":true,\"data\":{\"message\":\"The webhook is deleted\"}}");
  GET("/api/webhooks", manager.token);
  ASSERT_ANSWER(200, "{\"success\":true,\"data\":{\"webhooks\":[]}}");
  served_end();
}

static void the_secret_is_told_when_it_is_made_and_never_again(struct store *store) {
  begin(store);
  const char *path = made("");
  struct str secret = answer_cut("\"secret\":\"");
  assert_true(str_starts(secret, "whsec_"));
  GET(path, manager.token);
  assert_null(strstr(answer_text(), "secret"));
  PUT(path, manager.token, "{\"description\":\"x\"}");
  assert_null(strstr(answer_text(), "secret"));
  POST(below(path, "rotate-secret"), manager.token, NULL);
  assert_int_equal(served.exchange.status, 200);
  struct str other = answer_cut("\"secret\":\"");
  assert_true(str_starts(other, "whsec_"));
  assert_false(str_equal(other, secret));
  served_end();
}

static void all_that_is_wrong_with_a_webhook_is_told(struct store *store) {
  begin(store);
  POST("/api/webhooks", manager.token, "{}");
  ASSERT_HOLDS(422, "\"details\":{\"url\":\"is required\"}");
  POST("/api/webhooks", manager.token,
       "{\"url\":\"https://hooks.example.com/"
       "\",\"types\":[\"ticket.created\",\"ticket.eaten\",\"webhook.test\"]}");
  ASSERT_HOLDS(422,
               "\"details\":{\"types[1]\":\"is no type of event\",\"types[2]\":\"is no type of event\"}");
  POST("/api/webhooks", manager.token, "{\"url\":\"http://127.0.0.1/\"}");
  ASSERT_HOLDS(422, "\"details\":{\"url\":");
  const char *path = made("");
  PUT(path, manager.token, "{\"url\":\"ftp://hooks.example.com/\"}");
  ASSERT_HOLDS(422, "\"details\":{\"url\":");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM webhook"), 1);
  served_end();
}

static void a_tenant_has_at_most_twenty(struct store *store) {
  begin(store);
  for (int i = 0; i < WEBHOOK_MAX; i++) {
    made("");
  }
  POST("/api/webhooks", manager.token, "{\"url\":\"https://hooks.example.com/in\"}");
  ASSERT_HOLDS(409, "\"code\":\"INVALID_STATE\"");
  served_end();
}

/* ---- deliveries ---- */

static void a_test_waits_to_be_sent_and_is_read_with_what_is_sent(struct store *store) {
  begin(store);
  const char *path = made("");
  POST(below(path, "test"), manager.token, NULL);
  ASSERT_HOLDS(202, "\"type\":\"webhook.test\",\"state\":\"waiting\",\"attempts\":0");
  const char *delivery = below(path, SQL(store, "deliveries/%.*s", STR_ARG(answer_cut("\"id\":\""))));
  assert_null(strstr(answer_text(), "payload"));
  GET(delivery, manager.token);
  ASSERT_HOLDS(200, "\"type\":\"webhook.test\",\"state\":\"waiting\"");
  ASSERT_HOLDS(200, SQL(store, "\"webhook_id\":\"%s\"", path + strlen("/api/webhooks/")));
  served_end();
}

static void a_replay_sends_the_same_delivery_again(struct store *store) {
  begin(store);
  const char *path = made("");
  POST(below(path, "test"), manager.token, NULL);
  struct str id = answer_cut("\"id\":\"");
  store_sql(store, "UPDATE webhook_delivery SET state = 3, due_at = NULL, tries = 10, reason = 'no'");
  POST(below(path, SQL(store, "deliveries/%.*s/replay", STR_ARG(id))), manager.token, NULL);
  ASSERT_HOLDS(202, SQL(store, "\"id\":\"%.*s\"", STR_ARG(id)));
  ASSERT_HOLDS(202, "\"state\":\"waiting\",\"attempts\":0");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM webhook_delivery"), 1);
  served_end();
}

static void nothing_is_sent_to_one_that_is_not_active(struct store *store) {
  begin(store);
  const char *path = made("");
  POST(below(path, "test"), manager.token, NULL);
  struct str id = answer_cut("\"id\":\"");
  PUT(path, manager.token, "{\"is_active\":false}");
  POST(below(path, "test"), manager.token, NULL);
  ASSERT_HOLDS(409, "\"code\":\"INVALID_STATE\"");
  POST(below(path, SQL(store, "deliveries/%.*s/replay", STR_ARG(id))), manager.token, NULL);
  ASSERT_HOLDS(409, "\"code\":\"INVALID_STATE\"");
  served_end();
}

static void deliveries_are_read_newest_first_a_page_at_a_time_and_by_state(struct store *store) {
  begin(store);
  const char *path = made("");
  struct str ids[3];
  for (int i = 0; i < 3; i++) {
    POST(below(path, "test"), manager.token, NULL);
    ids[i] = answer_cut("\"id\":\"");
  }
  GET(below(path, "deliveries?limit=2"), manager.token);
  assert_int_equal(answer_count("\"attempts\""), 2);
  assert_true(str_equal(answer_cut("\"id\":\""), ids[2]));
  assert_true(str_equal(answer_cut("\"next\":\""), ids[1]));
  GET(below(path, SQL(store, "deliveries?limit=2&before=%.*s", STR_ARG(ids[1]))), manager.token);
  assert_int_equal(answer_count("\"attempts\""), 1);
  assert_true(str_equal(answer_cut("\"id\":\""), ids[0]));
  ASSERT_HOLDS(200, "\"next\":null");
  GET(below(path, "deliveries?state=failed"), manager.token);
  ASSERT_ANSWER(200, "{\"success\":true,\"data\":{\"deliveries\":[],\"next\":null}}");
  GET(below(path, "deliveries?limit=101&state=eaten"), manager.token);
  ASSERT_HOLDS(422, "\"limit\":");
  ASSERT_HOLDS(422, "\"state\":");
  GET(below(path, "deliveries?before=" NOBODY), manager.token);
  ASSERT_HOLDS(404, "RESOURCE_NOT_FOUND");
  served_end();
}

/* ---- who may ---- */

static void every_row_refuses_who_may_not_and_what_is_not_there(struct store *store) {
  static const struct {
    enum http_method method;
    const char *rest, *body;
  } rows[] = {
      {HTTP_GET, "", NULL},
      {HTTP_PUT, "", "{}"},
      {HTTP_DELETE, "", NULL},
      {HTTP_POST, "/rotate-secret", NULL},
      {HTTP_GET, "/deliveries", NULL},
      {HTTP_GET, "/deliveries/" NOBODY, NULL},
      {HTTP_POST, "/deliveries/" NOBODY "/replay", NULL},
      {HTTP_POST, "/test", NULL},
  };
  begin(store);
  const struct somebody supervisor = served_somebody(ROLE_SUPERVISOR, "Siti", "siti@example.com");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    request(rows[i].method, SQL(store, "/api/webhooks/" NOBODY "%s", rows[i].rest), supervisor.token,
            rows[i].body);
    ASSERT_HOLDS(403, "INSUFFICIENT_PERMISSIONS");
    request(rows[i].method, SQL(store, "/api/webhooks/" NOBODY "%s", rows[i].rest), manager.token,
            rows[i].body);
    ASSERT_HOLDS(404, "RESOURCE_NOT_FOUND");
    request(rows[i].method, SQL(store, "/api/webhooks/7%s", rows[i].rest), manager.token, rows[i].body);
    ASSERT_HOLDS(400, "\"details\":{\"id\":\"must be a uuid\"}");
  }
  GET("/api/webhooks", supervisor.token);
  ASSERT_HOLDS(403, "INSUFFICIENT_PERMISSIONS");
  POST("/api/webhooks", supervisor.token, "{\"url\":\"https://hooks.example.com/in\"}");
  ASSERT_HOLDS(403, "INSUFFICIENT_PERMISSIONS");
  GET("/api/webhooks", STR_NONE);
  ASSERT_HOLDS(401, "UNAUTHORIZED");
  served_end();
}

/* ---- what is sent ---- */

static const struct who reader = {.tenant_id = 1, .home_tenant_id = 1, .role = ROLE_SUPER_ADMIN};

static void a_payload_has_type_and_time_around_what_sockets_are_told(struct store *store) {
  CLEANUP_BUF struct buf json;
  buf_init(&json, WEBHOOK_BODY_MAX);
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket ticket = ticket_of(store, &ani);
  struct event event = {.tenant_id = 1,
                        .kind = EVENT_TICKET_CREATED,
                        .ticket_id = ticket.id,
                        .account_id = ani.account_id,
                        .created_at = STORE_NOW};
  assert_ok(isp_webhook_ticket(as(store, &reader), &event, &ticket, &json));
  struct str text = buf_str(&json);
  assert_true(str_starts(
      text,
      "{\"type\":\"ticket.created\",\"timestamp\":\"2026-02-03T04:05:06.000007Z\",\"data\":{\"ticket\":{"));
  assert_true(str_ends(text, "}}"));
  buf_clear(&json);
  event.kind = EVENT_TICKET_REPLIED; /* which is no type here */
  assert_ok(isp_webhook_ticket(as(store, &reader), &event, &ticket, &json));
  assert_int_equal(json.len, 0);
}

static void a_technicians_payload_tells_of_their_availability(struct store *store) {
  CLEANUP_BUF struct buf json;
  buf_init(&json, WEBHOOK_BODY_MAX);
  const struct who budi = person(store, 1, ROLE_TECHNICIAN, "Budi", "budi@example.com");
  struct technician technician;
  assert_ok(technician_get(as(store, &reader), budi.uuid, &technician));
  const struct event event = {.tenant_id = 1,
                              .kind = EVENT_TECHNICIAN_AVAILABLE,
                              .account_id = budi.account_id,
                              .new_value = 1,
                              .created_at = STORE_NOW};
  assert_ok(isp_webhook_technician(as(store, &reader), &event, &technician, &json));
  assert_true(
      str_starts(buf_str(&json), "{\"type\":\"technician.availability_changed\",\"timestamp\":\"2026"));
}

/* It would be sent cut off: whoever asked sees that it did not fit. */
static void a_payload_that_does_not_fit_is_told(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct ticket ticket = ticket_of(store, &ani);
  const struct event event = {
      .tenant_id = 1, .kind = EVENT_TICKET_CREATED, .ticket_id = ticket.id, .account_id = ani.account_id};
  char *title = arena_alloc(store->ctx.arena, WEBHOOK_BODY_MAX);
  memset(title, 'a', WEBHOOK_BODY_MAX);
  for (int i = 0; i < 2; i++) {
    CLEANUP_BUF struct buf json;
    buf_init(&json, i == 0 ? 200 : WEBHOOK_BODY_MAX);
    assert_ok(isp_webhook_ticket(as(store, &reader), &event, &ticket, &json));
    assert_true(json.full);
    ticket.title = (struct str){title, WEBHOOK_BODY_MAX};
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_webhook_is_made_read_changed_and_deleted),
      STORE_TEST(the_secret_is_told_when_it_is_made_and_never_again),
      STORE_TEST(all_that_is_wrong_with_a_webhook_is_told),
      STORE_TEST(a_tenant_has_at_most_twenty),
      STORE_TEST(a_test_waits_to_be_sent_and_is_read_with_what_is_sent),
      STORE_TEST(a_replay_sends_the_same_delivery_again),
      STORE_TEST(nothing_is_sent_to_one_that_is_not_active),
      STORE_TEST(deliveries_are_read_newest_first_a_page_at_a_time_and_by_state),
      STORE_TEST(every_row_refuses_who_may_not_and_what_is_not_there),
      STORE_TEST(a_payload_has_type_and_time_around_what_sockets_are_told),
      STORE_TEST(a_technicians_payload_tells_of_their_availability),
      STORE_TEST(a_payload_that_does_not_fit_is_told),
  };
  return STORE_RUN(tests);
}
