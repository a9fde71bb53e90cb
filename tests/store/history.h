#ifndef SIGAP_TESTS_HISTORY_H
#define SIGAP_TESTS_HISTORY_H

#include "tickets.h"

/* Three months of a desk's tickets, made by its commands with times of their own: handed out, solved in time
 * or late, opened again, rated, closed, removed, or still open. The same each time. The tenant is in Jakarta.
 */
enum { HISTORY_TICKETS = 150, HISTORY_CUSTOMERS = 3, HISTORY_TECHNICIANS = 3 };
#define HISTORY_ZONE "Asia/Jakarta"
/* The day there of a column, for plain SQL. */
#define HISTORY_DAY(column) "((" column " + 25200000000) / 86400000000)"

struct history {
  struct store *store;
  struct who manager, service, supervisor;
  struct who customers[HISTORY_CUSTOMERS], technicians[HISTORY_TECHNICIANS];
  uint64_t state;
  struct ticket ticket;
};

static inline int draw(struct history *history, int below) {
  history->state = history->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (int)((history->state >> 33) % (uint64_t)below);
}

static inline void later(struct history *history, int minutes) {
  history->store->ctx.now_us += draw(history, minutes) * TIME_MINUTE_US + 7;
}

static inline void give(struct history *history, int technician) {
  const struct ticket_assignment assignment = {.assignee_id = history->technicians[technician].account_id};
  assert_ok(ticket_assign(as(history->store, &history->manager), history->ticket.uuid, &assignment,
                          &history->ticket));
}

static inline void move(struct history *history, const struct who *who, enum ticket_status status) {
  assert_ok(set_status(history->store, who, &history->ticket, status, &history->ticket));
}

static inline void live_on(struct history *history, const struct who *customer) {
  int technician = draw(history, HISTORY_TECHNICIANS);
  if (draw(history, 10) == 0) {
    return; /* nobody's */
  }
  later(history, 300);
  give(history, technician);
  if (draw(history, 10) < 2) {
    later(history, 60);
    move(history, &history->technicians[technician],
         draw(history, 2) == 0 ? TICKET_IN_PROGRESS : TICKET_PENDING);
    return;
  }
  later(history, 40 * 60);
  move(history, &history->technicians[technician], TICKET_RESOLVED);
  if (draw(history, 8) == 0) {
    later(history, 600);
    move(history, customer, TICKET_ASSIGNED);
    give(history, (technician + draw(history, 2)) % HISTORY_TECHNICIANS);
    later(history, 600);
    move(history, &history->manager, TICKET_RESOLVED);
  }
  if (draw(history, 10) < 6) {
    assert_ok(ticket_rate(as(history->store, customer), history->ticket.uuid, 1 + draw(history, 5), STR_NONE,
                          &history->ticket));
  }
  if (draw(history, 2) == 0) {
    later(history, 100);
    move(history, customer, TICKET_CLOSED);
  }
}

/* Afterwards it is STORE_NOW, and the clocks ran. */
static inline void history_make(struct store *store, struct history *history) {
  *history = (struct history){.store = store, .state = 20261121};
  store_sql(store, "UPDATE tenant SET timezone = '" HISTORY_ZONE "' WHERE id = 1");
  history->manager = person(store, 1, ROLE_MANAGER, "Bambang", "manager@example.com");
  history->supervisor = person(store, 1, ROLE_SUPERVISOR, "Siti", "supervisor@example.com");
  history->service = person(store, 1, ROLE_CUSTOMER_SERVICE, "Dian", "service@example.com");
  for (int i = 0; i < HISTORY_CUSTOMERS; i++) {
    history->customers[i] = person(store, 1, ROLE_CUSTOMER, SQL(store, "Customer %d", i),
                                   SQL(store, "customer%d@example.com", i));
  }
  for (int i = 0; i < HISTORY_TECHNICIANS; i++) {
    history->technicians[i] = person(store, 1, ROLE_TECHNICIAN, SQL(store, "Technician %d", i),
                                     SQL(store, "technician%d@example.com", i));
  }
  for (int i = 0; i < HISTORY_TICKETS; i++) {
    store->ctx.now_us = STORE_NOW - 88 * TIME_DAY_US + i * 13 * TIME_HOUR_US;
    later(history, 12 * 60);
    struct ticket_new new_ticket = plain_ticket();
    new_ticket.title = str_format(store->ctx.arena, "Trouble %d", i);
    new_ticket.priority = (enum ticket_priority)(PRIORITY_LOW + draw(history, 5));
    new_ticket.work_type = (enum work_type)(WORK_NEW_INSTALLATION + draw(history, 5));
    new_ticket.scheduled_at = draw(history, 3) == 0 ? store->ctx.now_us + TIME_DAY_US : 0;
    const struct who *customer = &history->customers[draw(history, HISTORY_CUSTOMERS)];
    assert_ok(ticket_create(as(store, customer), &new_ticket, &history->ticket));
    live_on(history, customer);
    if (draw(history, 20) == 0) {
      assert_ok(ticket_remove(as(store, &history->manager), history->ticket.uuid, false, &history->ticket));
    }
  }
  store->ctx.now_us = STORE_NOW;
  store->ctx.who = NULL;
  struct ticket_sla_done done;
  do {
    assert_ok(ticket_sla_run(&store->ctx, 100, &done, NULL));
  } while (done.tickets > 0);
}

#endif
