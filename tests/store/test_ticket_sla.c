#include <pthread.h>
#include <stdatomic.h>

#include "desk/activity/activity.h"
#include "desk/event/event.h"
#include "desk/notice/notice.h"
#include "desk/sla/sla.h"
#include "people.h"

/* What the desk does by itself about deadlines. */

struct people {
  struct who customer, technician, supervisor, manager, service;
};

static struct people people_of(struct store *store) {
  return (struct people){
      .customer = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com"),
      .technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com"),
      .supervisor = person(store, 1, ROLE_SUPERVISOR, "Sari", "sari@example.com"),
      .manager = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com"),
      .service = person(store, 1, ROLE_CUSTOMER_SERVICE, "Cici", "cici@example.com"),
  };
}

static int64_t run(struct store *store, int64_t now_us, int64_t max, int64_t *next_at) {
  struct ticket_sla_done done = {.tickets = -1};
  store->ctx.now_us = now_us;
  assert_ok(ticket_sla_run(as(store, NULL), max, &done, next_at));
  return done.tickets;
}

static void target(struct store *store, const struct people *people, int64_t response, int64_t resolution) {
  const struct sla_target wanted = {CATEGORY_TECHNICAL, response, resolution, 0};
  assert_ok(sla_set(as(store, &people->manager), 1, &wanted));
}

#define COUNT(store, table, where, ...) \
  NUMBER(store, "SELECT COUNT(*) FROM " table " WHERE " where, __VA_ARGS__)

static int64_t notices(struct store *store, const struct who *who, enum notice_kind kind, int value) {
  return COUNT(store, "notice", "account_id = %" PRId64 " AND kind = %d AND value = %d", who->account_id,
               (int)kind, value);
}

static int64_t level(struct store *store, const struct ticket *ticket) {
  return NUMBER(store, "SELECT escalation_level FROM ticket WHERE id = %" PRId64, ticket->id);
}

static void a_warning_goes_to_the_assignee_and_to_supervisors_up(struct store *store) {
  struct people people = people_of(store);
  target(store, &people, 0, 100);
  struct ticket ticket = ticket_of(store, &people.customer);
  assign(store, &ticket, people.technician.account_id);
  int64_t next_at = 0;
  assert_int_equal(run(store, STORE_NOW + 80 * TIME_MINUTE_US, 100, &next_at), 0);
  assert_int_equal(next_at, STORE_NOW + 80 * TIME_MINUTE_US + 1);
  assert_int_equal(run(store, next_at, 100, &next_at), 1);
  assert_int_equal(next_at, STORE_NOW + 100 * TIME_MINUTE_US + 1);
  assert_int_equal(notices(store, &people.technician, NOTICE_SLA_WARNING, SLA_RESOLUTION_WARNED), 1);
  assert_int_equal(notices(store, &people.supervisor, NOTICE_SLA_WARNING, SLA_RESOLUTION_WARNED), 1);
  assert_int_equal(notices(store, &people.manager, NOTICE_SLA_WARNING, SLA_RESOLUTION_WARNED), 1);
  assert_int_equal(notices(store, &people.service, NOTICE_SLA_WARNING, SLA_RESOLUTION_WARNED), 0);
  assert_int_equal(notices(store, &people.customer, NOTICE_SLA_WARNING, SLA_RESOLUTION_WARNED), 0);
  assert_int_equal(level(store, &ticket), 0);
  assert_int_equal(COUNT(store, "activity", "action = %d AND actor_id IS NULL", ACTIVITY_SLA_WARNED), 1);
  assert_int_equal(COUNT(store, "event", "kind = %d AND new_value = %d AND account_id IS NULL",
                         EVENT_TICKET_SLA, SLA_RESOLUTION_WARNED),
                   1);
}

static void each_breach_escalates_by_one_and_is_written_down(struct store *store) {
  struct people people = people_of(store);
  target(store, &people, 30, 100);
  struct ticket ticket = ticket_of(store, &people.customer);
  assert_int_equal(run(store, STORE_NOW + 31 * TIME_MINUTE_US, 100, NULL), 1);
  assert_int_equal(level(store, &ticket), 1);
  assert_int_equal(run(store, STORE_NOW + 101 * TIME_MINUTE_US, 100, NULL), 1);
  assert_int_equal(level(store, &ticket), 2);
  assert_int_equal(notices(store, &people.supervisor, NOTICE_SLA_BREACH, SLA_RESPONSE_BREACHED), 1);
  assert_int_equal(notices(store, &people.supervisor, NOTICE_SLA_BREACH, SLA_RESOLUTION_BREACHED), 1);
  struct activity *history = NULL;
  size_t count = 0;
  assert_ok(activity_list(as(store, &people.manager), ticket.id, &history, &count));
  assert_true(count >= 2);
  assert_int_equal(history[count - 2].action, ACTIVITY_SLA_BREACHED);
  assert_str(history[count - 2].old_value, "response");
  assert_str(history[count - 2].new_value, "1");
  assert_str(history[count - 1].old_value, "resolution");
  assert_str(history[count - 1].new_value, "2");
  assert_null(history[count - 1].actor_name.at);
  assert_counters_true(store);
}

static void nothing_is_done_twice(struct store *store) {
  struct people people = people_of(store);
  target(store, &people, 30, 100);
  ticket_of(store, &people.customer);
  int64_t next_at = -1;
  int64_t now_us = STORE_NOW + TIME_DAY_US;
  assert_int_equal(run(store, now_us, 100, &next_at), 1);
  assert_int_equal(next_at, 0);
  int64_t events = store_number(store, "SELECT COUNT(*) FROM event");
  assert_int_equal(run(store, now_us, 100, &next_at), 0);
  assert_int_equal(run(store, now_us + TIME_DAY_US, 100, &next_at), 0);
  /* A clock that is set back meets the same deadlines again. */
  assert_int_equal(run(store, STORE_NOW, 100, &next_at), 0);
  assert_int_equal(run(store, now_us, 100, &next_at), 0);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM event"), events);
  assert_int_equal(COUNT(store, "activity", "action = %d", ACTIVITY_SLA_BREACHED), 2);
}

static void a_pending_ticket_is_left_alone_and_goes_on_with_what_is_left(struct store *store) {
  struct people people = people_of(store);
  target(store, &people, 0, 100);
  struct ticket ticket = ticket_of(store, &people.customer);
  const struct ticket_status_change pause = {.set = TICKET_PENDING}, go = {.set = TICKET_IN_PROGRESS};
  store->ctx.now_us = STORE_NOW + 50 * TIME_MINUTE_US;
  assert_ok(ticket_set_status(as(store, &people.manager), ticket.uuid, &pause, &ticket));
  int64_t next_at = -1;
  assert_int_equal(run(store, STORE_NOW + 500 * TIME_MINUTE_US, 100, &next_at), 0);
  assert_int_equal(next_at, 0);
  assert_ok(ticket_set_status(as(store, &people.manager), ticket.uuid, &go, &ticket));
  assert_int_equal(ticket.sla.resolve_due_at, STORE_NOW + 550 * TIME_MINUTE_US);
  assert_int_equal(run(store, STORE_NOW + 549 * TIME_MINUTE_US, 100, NULL), 1); /* the warning */
  assert_int_equal(level(store, &ticket), 0);
  assert_int_equal(run(store, STORE_NOW + 551 * TIME_MINUTE_US, 100, NULL), 1);
  assert_int_equal(level(store, &ticket), 1);
}

static void a_solved_or_removed_ticket_is_left_alone(struct store *store) {
  struct people people = people_of(store);
  target(store, &people, 0, 100);
  struct ticket solved = ticket_of(store, &people.customer), removed = ticket_of(store, &people.customer);
  const struct ticket_status_change solve = {.set = TICKET_RESOLVED};
  assert_ok(ticket_set_status(as(store, &people.manager), solved.uuid, &solve, &solved));
  assert_ok(ticket_remove(as(store, &people.customer), removed.uuid, true, &removed));
  int64_t next_at = -1;
  run(store, STORE_NOW + TIME_DAY_US, 100, &next_at);
  assert_int_equal(next_at, 0);
  assert_int_equal(COUNT(store, "event", "kind = %d", EVENT_TICKET_SLA), 0);
  assert_int_equal(notices(store, &people.supervisor, NOTICE_SLA_BREACH, SLA_RESOLUTION_BREACHED), 0);
  /* A restored one is late like any other. */
  assert_ok(ticket_restore(as(store, &people.customer), removed.uuid, &removed));
  assert_int_equal(run(store, STORE_NOW + TIME_DAY_US, 100, &next_at), 1);
  assert_int_equal(level(store, &removed), 1);
}

static void a_step_is_bounded_and_takes_the_oldest_first(struct store *store) {
  struct people people = people_of(store);
  target(store, &people, 0, 100);
  struct ticket tickets[5];
  for (int i = 0; i < 5; i++) {
    store->ctx.now_us = STORE_NOW + (5 - i) * TIME_SECOND_US; /* the last one is due first */
    tickets[i] = ticket_of(store, &people.customer);
  }
  int64_t now_us = STORE_NOW + TIME_DAY_US, next_at = 0;
  assert_int_equal(run(store, now_us, 2, &next_at), 2);
  assert_true(next_at != 0 && next_at <= now_us);
  assert_int_equal(level(store, &tickets[4]), 1);
  assert_int_equal(level(store, &tickets[3]), 1);
  assert_int_equal(level(store, &tickets[2]), 0);
  assert_int_equal(run(store, now_us, 0, &next_at), 0);
  assert_int_equal(run(store, now_us, 2, &next_at), 2);
  assert_int_equal(run(store, now_us, 2, &next_at), 1);
  assert_int_equal(next_at, 0);
}

/* ---- several nodes ---- */

enum { NODES = 3, DUE = 240 };

struct node {
  struct ctx ctx;
  int64_t done;
  pthread_t thread;
};

static void *work_off(void *arg) {
  struct node *node = arg;
  for (;;) {
    struct ticket_sla_done done = {0};
    int64_t next_at = 0;
    if (ticket_sla_run(&node->ctx, 10, &done, &next_at) != STATUS_OK || (done.tickets == 0 && next_at == 0)) {
      return NULL;
    }
    node->done += done.tickets;
    arena_reset(node->ctx.arena);
  }
}

static void several_nodes_do_each_ticket_once(struct store *store) {
  struct people people = people_of(store);
  target(store, &people, 0, 1);
  for (int i = 0; i < DUE; i++) {
    ticket_of(store, &people.customer);
  }
  struct node nodes[NODES] = {0};
  for (int i = 0; i < NODES; i++) {
    nodes[i].ctx = store_open(store, DB_WRITE);
    nodes[i].ctx.arena = arena_new(1 << 24);
    nodes[i].ctx.now_us = STORE_NOW + TIME_DAY_US;
    assert_int_equal(pthread_create(&nodes[i].thread, NULL, work_off, &nodes[i]), 0);
  }
  int64_t done = 0;
  for (int i = 0; i < NODES; i++) {
    pthread_join(nodes[i].thread, NULL);
    done += nodes[i].done;
    arena_free(nodes[i].ctx.arena);
    store_close(&nodes[i].ctx);
  }
  assert_int_equal(done, DUE);
  assert_int_equal(COUNT(store, "activity", "action = %d", ACTIVITY_SLA_BREACHED), DUE);
  assert_int_equal(COUNT(store, "ticket", "escalation_level = %d", 1), DUE);
  assert_counters_true(store);
}

struct hold {
  struct store *store;
  struct ctx *other;
};

static enum status run_elsewhere(struct ctx *ctx, void *arg) {
  const struct hold *hold = arg;
  (void)ctx;
  store_number(hold->store, "SELECT id FROM ticket FOR UPDATE");
  struct ticket_sla_done done = {.tickets = -1};
  int64_t next_at = 0;
  TRY(ticket_sla_run(hold->other, 10, &done, &next_at));
  assert_int_equal(done.tickets, 0);
  assert_true(next_at != 0);
  return STATUS_OK;
}

static void a_ticket_that_somebody_works_on_is_passed_over_without_waiting(struct store *store) {
  struct people people = people_of(store);
  ticket_of(store, &people.customer);
  struct ctx other = store_open(store, DB_WRITE);
  other.now_us = STORE_NOW + 10 * TIME_DAY_US;
  struct hold hold = {store, &other};
  assert_ok(db_write(as(store, NULL), run_elsewhere, &hold));
  assert_int_equal(run(store, other.now_us, 10, NULL), 1);
  store_close(&other);
}

/* ---- targets that change ---- */

static void open_tickets_get_new_deadlines_and_solved_ones_keep_theirs(struct store *store) {
  struct people people = people_of(store);
  struct ticket fresh = ticket_of(store, &people.customer), solved = ticket_of(store, &people.customer),
                paused = ticket_of(store, &people.customer), other = {0};
  struct ticket_new billing = plain_ticket();
  billing.category = CATEGORY_BILLING;
  assert_ok(ticket_create(as(store, &people.customer), &billing, &other));
  const struct ticket_status_change solve = {.set = TICKET_RESOLVED}, pause = {.set = TICKET_PENDING};
  assert_ok(ticket_set_status(as(store, &people.manager), solved.uuid, &solve, &solved));
  assert_ok(ticket_set_status(as(store, &people.manager), paused.uuid, &pause, &paused));
  target(store, &people, 10, 20);
  int64_t events = store_number(store, "SELECT COUNT(*) FROM event");
  int64_t last_id = -1;
  assert_ok(ticket_sla_recompute(as(store, NULL), 1, 0, 100, &last_id));
  assert_int_equal(last_id, 0);
  assert_ok(ticket_get(as(store, &people.manager), fresh.uuid, &fresh));
  assert_int_equal(fresh.sla.resolve_due_at, STORE_NOW + 20 * TIME_MINUTE_US);
  assert_int_equal(fresh.sla.response_due_at, STORE_NOW + 10 * TIME_MINUTE_US);
  assert_int_equal(fresh.sla.next_at, STORE_NOW + 10 * TIME_MINUTE_US + 1);
  assert_ok(ticket_get(as(store, &people.manager), paused.uuid, &paused));
  assert_int_equal(paused.sla.resolve_due_at, STORE_NOW + 20 * TIME_MINUTE_US);
  assert_ok(ticket_get(as(store, &people.manager), solved.uuid, &solved));
  assert_int_equal(solved.sla.resolve_due_at, STORE_NOW + TIME_DAY_US);
  assert_ok(ticket_get(as(store, &people.manager), other.uuid, &other));
  assert_int_equal(other.sla.resolve_due_at, STORE_NOW + TIME_DAY_US);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM event"), events + 2);
  /* Once more: nothing is left to change. */
  assert_ok(ticket_sla_recompute(as(store, NULL), 1, 0, 100, &last_id));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM event"), events + 2);
  assert_counters_true(store);
}

static void a_recomputation_goes_in_steps(struct store *store) {
  struct people people = people_of(store);
  struct ticket tickets[5];
  for (int i = 0; i < 5; i++) {
    tickets[i] = ticket_of(store, &people.customer);
  }
  target(store, &people, 0, 20);
  int64_t last_id = 0;
  for (int step = 0; step < 3; step++) {
    assert_ok(ticket_sla_recompute(as(store, NULL), 1, last_id, 2, &last_id));
    assert_int_equal(last_id, step < 2 ? tickets[2 * step + 1].id : 0);
    assert_int_equal(
        COUNT(store, "ticket", "resolve_due_at = %" PRId64, (int64_t)(STORE_NOW + 20 * TIME_MINUTE_US)),
        step < 2 ? 2 * step + 2 : 5);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_warning_goes_to_the_assignee_and_to_supervisors_up),
      STORE_TEST(each_breach_escalates_by_one_and_is_written_down),
      STORE_TEST(nothing_is_done_twice),
      STORE_TEST(a_pending_ticket_is_left_alone_and_goes_on_with_what_is_left),
      STORE_TEST(a_solved_or_removed_ticket_is_left_alone),
      STORE_TEST(a_step_is_bounded_and_takes_the_oldest_first),
      STORE_TEST_PGSQL(several_nodes_do_each_ticket_once),
      STORE_TEST_PGSQL(a_ticket_that_somebody_works_on_is_passed_over_without_waiting),
      STORE_TEST(open_tickets_get_new_deadlines_and_solved_ones_keep_theirs),
      STORE_TEST(a_recomputation_goes_in_steps),
  };
  return STORE_RUN(tests);
}
