#include "sending.h"

#include <string.h>

#include "base/base64.h"
#include "base/log.h"
#include "desk/webhook/webhook.h"
#include "post/hook.h"
#include "receiver.h"

/* The sender of webhooks with its thread, on a real event log of each engine, to a receiver of the test's
 * own. Both clocks and the log are the test's: see meson.build. */

/* ---- the log ---- */

static atomic_int unreadable, unmarked;

void __wrap_log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count);
void __wrap_log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count) {
  (void)level;
  (void)fields;
  (void)count;
  atomic_fetch_add(&unreadable, strcmp(event, "Webhooks can't be looked after") == 0);
  atomic_fetch_add(&unmarked,
                   strcmp(event, "The outcome of a webhook could not be stored; it will be repeated") == 0);
}

/* ---- a desk with endpoints ---- */

static struct hook *hook;
static struct receiver receiver;
static struct who ani;

static enum status print_ticket(struct ctx *ctx, const struct event *event, const struct ticket *ticket,
                                struct buf *json) {
  (void)ctx;
  buf_format(json, "{\"event\":%d,\"title\":\"%.*s\"}", event->kind, STR_ARG(ticket->title));
  return STATUS_OK;
}

static enum status print_technician(struct ctx *ctx, const struct event *event,
                                    const struct technician *technician, struct buf *json) {
  (void)ctx;
  (void)technician;
  buf_format(json, "{\"event\":%d}", event->kind);
  return STATUS_OK;
}

static int set_up(void **state) {
  hook = NULL;
  writer = NULL;
  webhook_setup(true);
  receiver_init(&receiver);
  return store_setup(state);
}

static void end(struct store *store) {
  hook_stop(hook);
  writer_stop();
  hook_free(hook);
  hook = NULL;
  disconnect_all(store);
}

static int tear_down(void **state) {
  struct store *store = *state;
  if (hook != NULL) {
    end(store); /* a test that failed */
  }
  receiver_end(&receiver);
  webhook_setup(false);
  return store_teardown(state);
}

static void begin(struct store *store) {
  clocks_begin();
  atomic_store(&unreadable, 0);
  atomic_store(&unmarked, 0);
  ani = person(store, TENANT_OPERATOR, ROLE_MANAGER, "Ani", "ani@example.com");
}

static struct webhook listen_at(struct store *store, char secret[WEBHOOK_SECRET_TEXT_SIZE]) {
  const struct webhook_change what = {.has_url = true, .url = str_of(receiver.url)};
  struct webhook webhook;
  store->ctx.now_us = now();
  assert_ok(webhook_create(as(store, &ani), &what, &webhook, secret));
  return webhook;
}

static void make(struct store *store) {
  const struct hook_printer printer = {print_ticket, print_technician};
  hook = hook_new(connect_all(store), &printer);
}

/* A sender that has one endpoint to look after, and a receiver that is there. */
static struct webhook start(struct store *store) {
  char secret[WEBHOOK_SECRET_TEXT_SIZE];
  begin(store);
  const struct webhook webhook = listen_at(store, secret);
  receiver_open(&receiver);
  make(store);
  hook_start(hook);
  return webhook;
}

/* A new ticket, and the sender is told. */
static struct ticket tell(struct store *store) {
  store->ctx.now_us = now();
  const struct ticket ticket = ticket_of(store, &ani);
  hook_wake(hook);
  return ticket;
}

/* Nobody calls: the time for its next look has come. */
static void let_it_look(void) {
  atomic_fetch_add(&ahead_ns, INT64_C(2) * 1000000000);
  hook_wake(hook); /* which alone would not make it look before there is an endpoint */
}

static struct hook_stats stats(void) {
  struct hook_stats out;
  hook_stats(hook, &out);
  return out;
}

static void assert_stats(uint64_t delivered, uint64_t retried, uint64_t failed, uint64_t disabled) {
  const struct hook_stats got = stats();
  assert_int_equal(got.delivered, delivered);
  assert_int_equal(got.retried, retried);
  assert_int_equal(got.failed, failed);
  assert_int_equal(got.disabled, disabled);
}

static int64_t column(struct store *store, int64_t id, const char *name) {
  return NUMBER(store, "SELECT COALESCE(%s, -1) FROM webhook_delivery WHERE id = %" PRId64, name, id);
}

static bool is_same_message(size_t a, size_t b) {
  return str_equal(receiver_header(&receiver, a, "webhook-id"),
                   receiver_header(&receiver, b, "webhook-id")) &&
         str_equal(receiver_body(&receiver, a), receiver_body(&receiver, b));
}

/* ---- delivered ---- */

static void an_event_is_posted_once_and_signed_with_the_secret_that_was_told(struct store *store) {
  char secret[WEBHOOK_SECRET_TEXT_SIZE], expected[WEBHOOK_SIGNATURE_SIZE];
  uint8_t raw[WEBHOOK_SECRET_TEXT_SIZE];
  size_t raw_len = 0;
  begin(store);
  listen_at(store, secret);
  receiver_open(&receiver);
  make(store);
  hook_start(hook);
  tell(store);
  AWAIT(stats().delivered == 1);
  hook_wake(hook);
  tell(store);
  AWAIT(stats().delivered == 2);
  assert_int_equal(receiver.whole, 2);
  assert_false(is_same_message(0, 1));
  assert_str(receiver_body(&receiver, 0), "{\"event\":1,\"title\":\"Router\"}");
  assert_ok(base64_decode(str_of(secret + strlen("whsec_")), raw, &raw_len));
  webhook_sign((struct str){(const char *)raw, raw_len}, receiver_header(&receiver, 0, "webhook-id"),
               now() / TIME_SECOND_US, receiver_body(&receiver, 0), expected);
  assert_str(receiver_header(&receiver, 0, "webhook-signature"), expected);
  assert_int_equal(column(store, 1, "state"), WEBHOOK_DELIVERED);
  assert_int_equal(column(store, 1, "tries"), 1);
  assert_int_equal(column(store, 1, "http_status"), 204);
  assert_stats(2, 0, 0, 0);
  end(store);
}

static void the_first_endpoint_is_found_by_the_clock(struct store *store) {
  char secret[WEBHOOK_SECRET_TEXT_SIZE];
  begin(store);
  receiver_open(&receiver);
  make(store);
  hook_start(hook);
  listen_at(store, secret);
  ticket_of(store, &ani);
  let_it_look();
  AWAIT(stats().delivered == 1);
  end(store);
}

static void endpoints_are_sent_to_at_once_and_each_one_delivery_at_a_time(struct store *store) {
  char secret[WEBHOOK_SECRET_TEXT_SIZE];
  struct webhook_sending *sendings = NULL;
  size_t count = 1;
  atomic_store(&receiver.silent, true);
  begin(store);
  for (int i = 0; i < 3; i++) {
    listen_at(store, secret);
  }
  receiver_open(&receiver);
  ticket_of(store, &ani);
  ticket_of(store, &ani);
  make(store);
  hook_start(hook);
  AWAIT(atomic_load(&receiver.whole) == 3);        /* nobody was answered yet */
  store->ctx.now_us = now() + 59 * TIME_SECOND_US; /* as another server's sender */
  assert_ok(webhook_take(as(store, NULL), 10, now() + 120 * TIME_SECOND_US, &sendings, &count));
  assert_int_equal(count, 0);
  atomic_store(&receiver.silent, false);
  AWAIT(stats().delivered == 6);
  assert_int_equal(receiver.whole, 6);
  end(store);
}

/* ---- not taken ---- */

static void a_refused_one_is_the_same_message_again_after_a_pause(struct store *store) {
  atomic_store(&receiver.answer, "500 Oops");
  start(store);
  tell(store);
  AWAIT(stats().retried == 1);
  assert_int_equal(column(store, 1, "state"), WEBHOOK_WAITING);
  assert_int_equal(column(store, 1, "tries"), 1);
  assert_int_equal(column(store, 1, "http_status"), 500);
  assert_in_range(column(store, 1, "due_at") - now(), 4500000, 5500000);
  assert_str(store_text(store, "SELECT reason FROM webhook_delivery"), "The receiver answered 500.");
  atomic_store(&receiver.answer, "200 OK");
  move_s(6);
  hook_wake(hook);
  AWAIT(stats().delivered == 1);
  assert_int_equal(receiver.whole, 2);
  assert_true(is_same_message(0, 1));
  assert_int_equal(column(store, 1, "tries"), 2);
  assert_stats(1, 1, 0, 0);
  end(store);
}

static void after_its_last_try_a_delivery_is_given_up_and_the_next_goes_out(struct store *store) {
  atomic_store(&receiver.answer, "500 Oops");
  start(store);
  tell(store);
  AWAIT(stats().retried == 1);
  run_sql(store, SQL(store, "UPDATE webhook_delivery SET tries = 9, due_at = %" PRId64, now()));
  hook_wake(hook);
  AWAIT(stats().failed == 1);
  assert_int_equal(column(store, 1, "state"), WEBHOOK_FAILED);
  assert_int_equal(column(store, 1, "tries"), 10);
  assert_int_equal(column(store, 1, "due_at"), -1);
  atomic_store(&receiver.answer, "200 OK");
  tell(store);
  AWAIT(stats().delivered == 1);
  assert_stats(1, 1, 1, 0);
  end(store);
}

static void a_receiver_that_is_gone_is_asked_no_more(struct store *store) {
  atomic_store(&receiver.answer, "410 Gone");
  const struct webhook webhook = start(store);
  struct webhook out;
  tell(store);
  AWAIT(stats().disabled == 1);
  assert_stats(0, 0, 1, 1);
  assert_ok(webhook_get(as(store, &ani), webhook.uuid, &out));
  assert_false(out.is_active);
  assert_int_equal(out.disabled_reason, WEBHOOK_GONE);
  assert_int_equal(out.disabled_at, now());
  tell(store);
  let_it_look();
  end(store);
  assert_int_equal(receiver.whole, 1);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM webhook_delivery"), 1);
}

static void an_endpoint_that_failed_for_five_days_is_disabled(struct store *store) {
  atomic_store(&receiver.answer, "500 Oops");
  start(store);
  tell(store);
  AWAIT(stats().retried == 1);
  run_sql(store, SQL(store, "UPDATE webhook SET failing_since = %" PRId64, now() - WEBHOOK_PATIENCE_US));
  move_s(6);
  hook_wake(hook);
  AWAIT(stats().disabled == 1);
  assert_int_equal(store_number(store, "SELECT disabled_reason FROM webhook"), WEBHOOK_FAILING);
  end(store);
}

/* ---- the end ---- */

static void *answer_after_the_stop_began(void *arg) {
  (void)arg;
  AWAIT(atomic_load(&jumped)); /* hook_stop has read the clock */
  atomic_store(&receiver.silent, false);
  return NULL;
}

static void the_end_waits_for_what_is_under_way_and_begins_nothing(struct store *store) {
  pthread_t helper;
  atomic_store(&receiver.silent, true);
  start(store);
  tell(store);
  AWAIT(atomic_load(&receiver.whole) == 1);
  tell(store);
  AWAIT(store_number(store, "SELECT COUNT(*) FROM webhook_delivery") == 2);
  jump_after_next = 1;
  assert_int_equal(pthread_create(&helper, NULL, answer_after_the_stop_began, NULL), 0);
  hook_stop(hook);
  assert_int_equal(pthread_join(helper, NULL), 0);
  assert_stats(1, 0, 0, 0);
  assert_int_equal(column(store, 1, "state"), WEBHOOK_DELIVERED);
  assert_int_equal(column(store, 2, "state"), WEBHOOK_WAITING);
  assert_int_equal(column(store, 2, "tries"), 0);
  end(store);
  assert_int_equal(receiver.whole, 1);
}

static void what_does_not_end_in_time_is_the_next_starts_first(struct store *store) {
  atomic_store(&receiver.silent, true);
  start(store);
  tell(store);
  AWAIT(atomic_load(&receiver.whole) == 1);
  assert_int_equal(column(store, 1, "tries"), 1);
  jump_after_next = INT64_C(3) * 1000000000; /* the grace is over as soon as it began */
  hook_stop(hook);
  hook_stop(hook); /* twice is once */
  assert_stats(0, 0, 0, 0);
  assert_int_equal(column(store, 1, "state"), WEBHOOK_WAITING);
  assert_int_equal(column(store, 1, "tries"), 0);
  assert_int_equal(column(store, 1, "due_at"), now());
  assert_int_equal(store_number(store, "SELECT ready_at FROM webhook"), now());
  end(store);
}

static void a_sender_that_never_started_ends_too(struct store *store) {
  begin(store);
  make(store);
  end(store);
  hook_free(NULL);
}

/* ---- a store that fails, and old rows ---- */

/* Receivers know it by its id. */
static void a_mark_that_can_not_be_stored_repeats_the_message_when_the_lease_ends(struct store *store) {
  begin(store);
  store_sql(store, store->pgsql
                       ? "ALTER TABLE webhook_delivery ADD CONSTRAINT never_taken CHECK (state <> 2)"
                       : "CREATE TRIGGER never_taken BEFORE UPDATE ON webhook_delivery WHEN NEW.state = 2 "
                         "BEGIN SELECT RAISE(ABORT, 'no'); END");
  char secret[WEBHOOK_SECRET_TEXT_SIZE];
  listen_at(store, secret);
  receiver_open(&receiver);
  make(store);
  hook_start(hook);
  tell(store);
  AWAIT(atomic_load(&unmarked) == 1);
  run_sql(store, store->pgsql ? "ALTER TABLE webhook_delivery DROP CONSTRAINT never_taken"
                              : "DROP TRIGGER never_taken");
  assert_int_equal(receiver.whole, 1);
  assert_stats(0, 0, 0, 0);
  move_s(60);
  hook_wake(hook);
  AWAIT(stats().delivered == 1);
  assert_int_equal(receiver.whole, 2);
  assert_true(is_same_message(0, 1));
  end(store);
}

static void endpoints_that_can_not_be_read_are_read_later_and_told_once(struct store *store) {
  start(store);
  run_sql(store, "ALTER TABLE webhook RENAME TO webhook_away");
  tell(store);
  AWAIT(atomic_load(&unreadable) == 1);
  run_sql(store, "ALTER TABLE webhook_away RENAME TO webhook");
  hook_wake(hook);
  AWAIT(stats().delivered == 1);
  assert_int_equal(atomic_load(&unreadable), 1);
  end(store);
}

static void old_deliveries_are_dropped_hour_by_hour(struct store *store) {
  start(store);
  tell(store);
  AWAIT(stats().delivered == 1);
  move_s(31 * INT64_C(86400));
  tell(store);
  AWAIT(stats().delivered == 2);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM webhook_delivery"), 2); /* not yet */
  atomic_fetch_add(&ahead_ns, INT64_C(3600) * 1000000000);
  hook_wake(hook);
  AWAIT(store_number(store, "SELECT COUNT(*) FROM webhook_delivery") == 1);
  assert_int_equal(column(store, 2, "state"), WEBHOOK_DELIVERED);
  end(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST_WITH(an_event_is_posted_once_and_signed_with_the_secret_that_was_told),
      STORE_TEST_WITH(the_first_endpoint_is_found_by_the_clock),
      STORE_TEST_WITH(endpoints_are_sent_to_at_once_and_each_one_delivery_at_a_time),
      STORE_TEST_WITH(a_refused_one_is_the_same_message_again_after_a_pause),
      STORE_TEST_WITH(after_its_last_try_a_delivery_is_given_up_and_the_next_goes_out),
      STORE_TEST_WITH(a_receiver_that_is_gone_is_asked_no_more),
      STORE_TEST_WITH(an_endpoint_that_failed_for_five_days_is_disabled),
      STORE_TEST_WITH(the_end_waits_for_what_is_under_way_and_begins_nothing),
      STORE_TEST_WITH(what_does_not_end_in_time_is_the_next_starts_first),
      STORE_TEST_WITH(a_sender_that_never_started_ends_too),
      STORE_TEST_WITH(a_mark_that_can_not_be_stored_repeats_the_message_when_the_lease_ends),
      /* PostgreSQL knows the table by number. */
      STORE_TEST_WITH_SQLITE(endpoints_that_can_not_be_read_are_read_later_and_told_once),
      STORE_TEST_WITH(old_deliveries_are_dropped_hour_by_hour),
  };
  return STORE_RUN(tests);
}
