#include "people.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "desk/technician/technician.h"
#include "desk/webhook/webhook.h"
#include "post/hook_follow.h"

/* From the event log to deliveries, turn by turn. The payloads are the test's own; the log is looked at. */

static unsigned too_large;

void __wrap_log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count);
void __wrap_log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count) {
  (void)level;
  (void)fields;
  (void)count;
  too_large += strcmp(event, "An event is too large for a webhook and was left out") == 0;
}

/* ---- payloads ---- */

static enum status print_ticket(struct ctx *ctx, const struct event *event, const struct ticket *ticket,
                                struct buf *json) {
  assert_int_equal(ctx->who->tenant_id, event->tenant_id);
  buf_format(json, "{\"event\":%d,\"title\":\"%.*s\"}", event->kind, STR_ARG(ticket->title));
  return STATUS_OK;
}

static enum status print_technician(struct ctx *ctx, const struct event *event,
                                    const struct technician *technician, struct buf *json) {
  assert_int_equal(ctx->who->tenant_id, event->tenant_id);
  buf_format(json, "{\"event\":%d,\"free\":%d}", event->kind, technician->is_available);
  return STATUS_OK;
}

static enum status print_nothing(struct ctx *ctx, const struct event *event, const struct ticket *ticket,
                                 struct buf *json) {
  (void)ctx;
  (void)event;
  (void)ticket;
  (void)json;
  return STATUS_OK;
}

static enum status print_too_much(struct ctx *ctx, const struct event *event, const struct ticket *ticket,
                                  struct buf *json) {
  (void)ctx;
  (void)event;
  (void)ticket;
  for (size_t i = 0; i <= WEBHOOK_BODY_MAX / 1024; i++) {
    buf_format(json, "%01024d", 0);
  }
  return STATUS_OK;
}

static enum status print_failing(struct ctx *ctx, const struct event *event, const struct ticket *ticket,
                                 struct buf *json) {
  (void)ctx;
  (void)event;
  (void)ticket;
  buf_format(json, "{");
  return STATUS_UNAVAILABLE;
}

static const struct hook_printer plain = {print_ticket, print_technician};

/* ---- a desk with an endpoint ---- */

static struct who manager;

static void hear(struct store *store, const struct who *owner, int64_t types) {
  const struct webhook_change what = {
      .has_url = true, .has_types = true, .url = STR("https://hooks.example.com/in"), .types = types};
  struct webhook webhook;
  char secret[WEBHOOK_SECRET_TEXT_SIZE];
  assert_ok(webhook_create(as(store, owner), &what, &webhook, secret));
}

static void begin(struct store *store, int64_t types) {
  too_large = 0;
  manager = person(store, TENANT_OPERATOR, ROLE_MANAGER, "Ani", "ani@example.com");
  hear(store, &manager, types);
}

static int64_t deliveries(struct store *store) {
  return store_number(store, "SELECT COUNT(*) FROM webhook_delivery");
}

static int64_t behind(struct store *store) {
  return store_number(store,
                      "SELECT COUNT(*) FROM webhook w JOIN event e ON e.tenant_id = w.tenant_id "
                      "AND (e.txn > w.at_txn OR e.txn = w.at_txn AND e.id > w.at_id)");
}

/* Turns until nothing is behind the endpoints; gives how many wrote deliveries. Other tests' transactions in
 * the cluster may hide an event for a while. */
static int follow(struct store *store, const struct hook_printer *printer) {
  int turns = 0;
  bool more = false;
  for (int tries = 0; behind(store) > 0; tries++) {
    assert_true(tries < 2000);
    int64_t before = deliveries(store);
    assert_ok(hook_follow(as(store, NULL), printer, &more));
    assert_null(store->ctx.who);
    if (deliveries(store) > before) {
      assert_true(more);
      turns++;
    } else {
      usleep(5000);
    }
  }
  assert_ok(hook_follow(as(store, NULL), printer, &more));
  assert_false(more);
  return turns;
}

static struct str last_body(struct store *store) {
  return store_text(store, "SELECT body FROM webhook_delivery ORDER BY id DESC LIMIT 1");
}

static struct who technician_who_moved(struct store *store) {
  struct who budi = person(store, TENANT_OPERATOR, ROLE_TECHNICIAN, "Budi", "budi@example.com");
  struct technician technician;
  assert_ok(technician_set_available(as(store, &budi), budi.uuid, false, STR("lunch"), &technician));
  return budi;
}

/* ---- tests ---- */

static void an_event_becomes_a_delivery_once(struct store *store) {
  begin(store, 0);
  const struct ticket ticket = ticket_of(store, &manager);
  assert_int_equal(follow(store, &plain), 1);
  assert_int_equal(deliveries(store), 1);
  assert_str(last_body(store), "{\"event\":1,\"title\":\"Router\"}");
  assert_int_equal(store_number(store, "SELECT subject FROM webhook_delivery"), ticket.id);
  assert_int_equal(store_number(store, "SELECT type FROM webhook_delivery"), WEBHOOK_TICKET_CREATED);
  follow(store, &plain);
  assert_int_equal(deliveries(store), 1);
}

static void a_technicians_event_tells_of_the_technician(struct store *store) {
  begin(store, 0);
  const struct who budi = technician_who_moved(store);
  follow(store, &plain);
  assert_int_equal(deliveries(store), 1);
  assert_str(last_body(store), "{\"event\":31,\"free\":0}");
  assert_int_equal(store_number(store, "SELECT subject FROM webhook_delivery"), -budi.account_id);
}

static void only_what_an_endpoint_asked_for_is_told_and_the_rest_is_passed(struct store *store) {
  begin(store, 1 << WEBHOOK_TECHNICIAN_AVAILABLE);
  ticket_of(store, &manager);
  assert_int_equal(follow(store, &plain), 0); /* it was passed */
  technician_who_moved(store);
  follow(store, &plain);
  assert_int_equal(deliveries(store), 1);
}

static void each_endpoint_hears_of_its_own_tenant(struct store *store) {
  begin(store, 0);
  tenant_make(store, 2);
  const struct who eve = person(store, 2, ROLE_MANAGER, "Eve", "eve@example.com");
  hear(store, &manager, 0);
  hear(store, &eve, 0);
  ticket_of(store, &eve);
  follow(store, &plain);
  assert_int_equal(deliveries(store), 1);
  assert_int_equal(store_number(store, "SELECT tenant_id FROM webhook_delivery"), 2);
  ticket_of(store, &manager);
  follow(store, &plain);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM webhook_delivery WHERE tenant_id = 1"), 2);
}

static void a_ticket_that_was_removed_meanwhile_is_not_told(struct store *store) {
  begin(store, 0);
  const struct ticket ticket = ticket_of(store, &manager);
  struct ticket out;
  assert_ok(ticket_remove(as(store, &manager), ticket.uuid, false, &out));
  follow(store, &plain);
  assert_int_equal(deliveries(store), 0);
}

static void a_technician_who_is_none_any_more_is_not_told(struct store *store) {
  begin(store, 0);
  technician_who_moved(store);
  store_sql(store, "UPDATE account SET role = 1 WHERE email = 'budi@example.com'");
  follow(store, &plain);
  assert_int_equal(deliveries(store), 0);
  assert_null(store->ctx.problem.kind);
}

static void an_event_without_a_payload_is_passed(struct store *store) {
  begin(store, 0);
  ticket_of(store, &manager);
  follow(store, &(struct hook_printer){print_nothing, print_technician});
  assert_int_equal(deliveries(store), 0);
}

static void an_event_that_is_too_large_is_logged_and_passed(struct store *store) {
  begin(store, 0);
  ticket_of(store, &manager);
  follow(store, &(struct hook_printer){print_too_much, print_technician});
  assert_int_equal(deliveries(store), 0);
  assert_int_equal(too_large, 1);
}

static void a_turn_takes_a_bounded_number_of_events_in_order(struct store *store) {
  begin(store, 0);
  for (int i = 0; i < 25; i++) {
    ticket_of(store, &manager);
  }
  int turns = follow(store, &plain);
  assert_true(store->pgsql ? turns >= 2 : turns == 2); /* 20 each */
  assert_int_equal(deliveries(store), 25);
  assert_int_equal(store_number(store,
                                "SELECT COUNT(*) FROM webhook_delivery a JOIN webhook_delivery b "
                                "ON b.id > a.id AND b.subject <= a.subject"),
                   0);
}

static void what_failed_is_told_and_taken_up_again(struct store *store) {
  begin(store, 0);
  ticket_of(store, &manager);
  const struct hook_printer failing = {print_failing, print_technician};
  bool more = true;
  enum status status = STATUS_OK;
  for (int tries = 0; status == STATUS_OK && tries < 2000; tries++) {
    status = hook_follow(as(store, NULL), &failing, &more);
  }
  assert_status(STATUS_UNAVAILABLE, status);
  assert_false(more);
  assert_null(store->ctx.who);
  assert_int_equal(deliveries(store), 0);
  follow(store, &plain);
  assert_int_equal(deliveries(store), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(an_event_becomes_a_delivery_once),
      STORE_TEST(a_technicians_event_tells_of_the_technician),
      STORE_TEST(only_what_an_endpoint_asked_for_is_told_and_the_rest_is_passed),
      STORE_TEST(each_endpoint_hears_of_its_own_tenant),
      STORE_TEST(a_ticket_that_was_removed_meanwhile_is_not_told),
      STORE_TEST(a_technician_who_is_none_any_more_is_not_told),
      STORE_TEST(an_event_without_a_payload_is_passed),
      STORE_TEST(an_event_that_is_too_large_is_logged_and_passed),
      STORE_TEST(a_turn_takes_a_bounded_number_of_events_in_order),
      STORE_TEST(what_failed_is_told_and_taken_up_again),
  };
  return STORE_RUN(tests);
}
