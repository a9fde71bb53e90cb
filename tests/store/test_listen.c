#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "db/engine.h"
#include "db/listen.h"
#include "desk/event/event.h"
#include "people.h"

/* The bell between servers, on a real PostgreSQL. */

static struct db_heard turn(struct db_listener *listener) {
  short events = 0;
  struct pollfd polled = {.fd = -1};
  polled.fd = db_listener_fd(listener, &events);
  polled.events = events;
  poll(&polled, 1, 20);
  return db_listener_turn(listener, time_monotonic_ns());
}

/* Turns until something is heard, or 20 seconds have passed. */
static struct db_heard hear(struct db_listener *listener) {
  struct db_heard heard = {0};
  for (int i = 0; i < 1000 && !heard.opened && !heard.others && !heard.own; i++) {
    heard = turn(listener);
  }
  return heard;
}

/* Nothing comes any more. */
static void assert_silent(struct db_listener *listener) {
  for (int i = 0; i < 5; i++) {
    struct db_heard heard = turn(listener);
    assert_false(heard.opened || heard.others || heard.own);
  }
}

static struct db_listener *listener_of(struct store *store) {
  struct db_listener *listener = db_listener_new(store->url);
  struct db_heard heard = hear(listener);
  assert_true(heard.opened);
  return listener;
}

static enum status add_event(struct ctx *ctx, void *arg) {
  const enum status *ending = arg;
  TRY(event_add(ctx, &(struct event){.tenant_id = 1, .kind = EVENT_ITEM_CHANGED}));
  return *ending;
}

static void a_ring_is_heard_by_the_others_and_known_as_its_own(struct store *store) {
  struct db_listener *one = listener_of(store);
  struct db_listener *other = listener_of(store);
  assert_ok(db_listener_ring(one, as(store, NULL)));
  struct db_heard own = hear(one);
  struct db_heard heard = hear(other);
  assert_true(own.own && !own.others);
  assert_true(heard.others && !heard.own);
  assert_silent(one);
  assert_silent(other);
  db_listener_free(one);
  db_listener_free(other);
}

static void a_commit_with_events_rings_and_one_that_was_undone_does_not(struct store *store) {
  struct db_listener *listener = listener_of(store);
  enum status ending = STATUS_STATE;
  assert_int_equal(db_write(as(store, NULL), add_event, &ending), ending);
  assert_silent(listener);
  ending = STATUS_OK;
  assert_ok(db_write(as(store, NULL), add_event, &ending));
  assert_true(hear(listener).others);
  assert_silent(listener);
  db_listener_free(listener);
}

static void on_ring(void *app) {
  ++*(int *)app;
}

static void a_server_is_told_after_each_commit_and_rings_itself(struct store *store) {
  struct db_listener *listener = listener_of(store);
  int rung = 0;
  store->config.rang = on_ring;
  store->config.app = &rung;
  struct ctx server = store_open(store, DB_WRITE);
  enum status ending = STATUS_OK;
  for (int i = 1; i <= 3; i++) {
    assert_ok(db_write(&server, add_event, &ending));
    assert_int_equal(rung, i);
  }
  ending = STATUS_STATE;
  assert_int_equal(db_write(&server, add_event, &ending), ending);
  assert_int_equal(rung, 3);
  assert_silent(listener);
  store_close(&server);
  db_listener_free(listener);
}

static void a_transaction_without_events_rings_nobody(struct store *store) {
  struct db_listener *listener = listener_of(store);
  store_sql(store, "UPDATE tenant SET name = 'Other'");
  assert_silent(listener);
  db_listener_free(listener);
}

static void a_lost_connection_listens_again_and_says_so(struct store *store) {
  struct db_listener *listener = listener_of(store);
  struct db_listener *other = listener_of(store);
  store_sql(store,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'sigap bell'");
  for (int i = 0; i < 2; i++) {
    struct db_listener *lost = i == 0 ? listener : other;
    struct db_heard heard = hear(lost);
    assert_true(heard.opened);
  }
  assert_ok(db_listener_ring(other, as(store, NULL)));
  assert_true(hear(listener).others);
  db_listener_free(listener);
  db_listener_free(other);
}

static void an_address_where_nobody_answers_is_tried_once_a_second_and_never_waited_for(struct store *store) {
  (void)store;
  log_setup(LOG_ERROR, LOG_TEXT);
  struct db_listener *listener = db_listener_new("postgresql:///nothing?host=/nowhere/at/all");
  int64_t now_ns = time_monotonic_ns();
  for (int i = 0; i < 1000; i++) {
    struct db_heard heard = db_listener_turn(listener, now_ns);
    assert_false(heard.opened || heard.others || heard.own);
  }
  assert_true(time_monotonic_ns() - now_ns < INT64_C(5000000000));
  short events = 0;
  assert_int_equal(db_listener_fd(listener, &events), -1);
  db_listener_free(listener);
  db_listener_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST_PGSQL(a_ring_is_heard_by_the_others_and_known_as_its_own),
      STORE_TEST_PGSQL(a_commit_with_events_rings_and_one_that_was_undone_does_not),
      STORE_TEST_PGSQL(a_server_is_told_after_each_commit_and_rings_itself),
      STORE_TEST_PGSQL(a_transaction_without_events_rings_nobody),
      STORE_TEST_PGSQL(a_lost_connection_listens_again_and_says_so),
      STORE_TEST_PGSQL(an_address_where_nobody_answers_is_tried_once_a_second_and_never_waited_for),
  };
  return STORE_RUN(tests);
}
