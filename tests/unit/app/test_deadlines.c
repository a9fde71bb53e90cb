#include "store.h"

#include <string.h>
#include <unistd.h>

#include "app/deadlines.h"
#include "base/log.h"
#include "people.h"

/* The thread of service levels. While it runs its connection is its own, so the tests look when it has ended.
 */

enum { TRIES = 400, STEP_US = 50 * 1000 };

static struct system_view view;

static struct deadlines *begin(struct store *store) {
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  time_shift(0);
  memset(&view, 0, sizeof view);
  atomic_store(&view.ready, true);
  struct deadlines *deadlines = deadlines_new(store->ctx.db, &view, false);
  deadlines_start(deadlines);
  return deadlines;
}

static void end(struct store *store, struct deadlines *deadlines) {
  deadlines_stop(deadlines);
  deadlines_free(deadlines);
  db_act_for(store->ctx.db, DB_SYSTEM, 0);
}

/* Until so many tickets were told of, at most twenty seconds; then a little longer, for one too many. */
static void run_until(struct store *store, int64_t told) {
  struct deadlines *deadlines = begin(store);
  for (int i = 0; i < TRIES && atomic_load(&view.deadlines_told) < told; i++) {
    usleep(STEP_US);
  }
  usleep(12 * STEP_US);
  end(store, deadlines);
  assert_int_equal(atomic_load(&view.deadlines_told), told);
}

static int64_t count_of(struct store *store, const char *table, const char *where) {
  return store_number(store, SQL(store, "SELECT COUNT(*) FROM %s WHERE %s", table, where));
}

/* `count` tickets whose deadline passed a second ago, or is `ahead_us` away. */
static void due_tickets(struct store *store, int count, int64_t ahead_us) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  store->ctx.now_us = time_now_us() - TIME_DAY_US + ahead_us;
  for (int i = 0; i < count; i++) {
    ticket_of(store, &author);
  }
}

static void a_deadline_is_told_once_whatever_restarts(struct store *store) {
  due_tickets(store, 3, -TIME_SECOND_US);
  run_until(store, 3);
  assert_int_equal(count_of(store, "ticket", "escalation_level = 1"), 3);
  assert_int_equal(atomic_load(&view.sla_response_breaches) + atomic_load(&view.sla_resolution_breaches), 3);
  run_until(store, 0);
  assert_int_equal(count_of(store, "ticket", "escalation_level = 1"), 3);
  assert_int_equal(count_of(store, "event", "kind = 8"), 3); /* EVENT_TICKET_SLA */
}

static void a_deadline_to_come_is_not_told_before(struct store *store) {
  due_tickets(store, 1, TIME_HOUR_US);
  store_sql(store, "UPDATE ticket SET sla_marks = 2, sla_next_at = resolve_due_at"); /* it was warned of */
  run_until(store, 0);
  assert_int_equal(count_of(store, "ticket", "escalation_level = 0"), 1);
}

static void many_deadlines_are_all_told(struct store *store) {
  due_tickets(store, 450, -TIME_SECOND_US);
  run_until(store, 450);
  assert_int_equal(count_of(store, "ticket", "escalation_level = 1"), 450);
  assert_int_equal(count_of(store, "event", "kind = 8"), 450);
}

static void new_targets_reach_all_open_tickets(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  due_tickets(store, 250, TIME_HOUR_US);
  const struct sla_target target = {CATEGORY_TECHNICAL, 0, 525600, 0};
  store->ctx.now_us = time_now_us();
  assert_ok(sla_set(as(store, &manager), 1, &target));
  static const char moved[] = "resolve_due_at = created_at + 31536000000000";
  for (int i = 0; i < 10 && count_of(store, "ticket", moved) < 250; i++) {
    struct deadlines *deadlines = begin(store);
    usleep(12 * STEP_US);
    end(store, deadlines);
  }
  assert_int_equal(count_of(store, "ticket", moved), 250);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_deadline_is_told_once_whatever_restarts),
      STORE_TEST(a_deadline_to_come_is_not_told_before),
      STORE_TEST(many_deadlines_are_all_told),
      STORE_TEST(new_targets_reach_all_open_tickets),
  };
  return STORE_RUN(tests);
}
