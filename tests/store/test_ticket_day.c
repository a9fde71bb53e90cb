#include "desk/tenant/tenant.h"
#include "people.h"

/* STORE_NOW is 2026-02-03T04:05:06Z: day 20487, in Jakarta (UTC+7) the same. */
enum { TODAY = 20487 };

struct desk {
  struct who author, technician, other, manager;
};

static struct desk make_desk(struct store *store) {
  return (struct desk){.author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com"),
                       .technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com"),
                       .other = person(store, 1, ROLE_TECHNICIAN, "Tini", "tini@example.com"),
                       .manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com")};
}

static void set_status(struct store *store, const struct who *who, struct ticket *ticket,
                       enum ticket_status status) {
  const struct ticket_status_change change = {.set = status};
  assert_ok(ticket_set_status(as(store, who), ticket->uuid, &change, ticket));
}

static void assert_sums(struct store *store, const struct desk *desk, int64_t technician_id, int64_t from,
                        int64_t to, struct ticket_day_sums expected) {
  struct ticket_day_sums sums;
  assert_ok(ticket_days_sum(as(store, &desk->manager), technician_id, from, to, &sums));
  assert_int_equal(sums.created, expected.created);
  assert_int_equal(sums.resolved, expected.resolved);
  assert_int_equal(sums.on_time, expected.on_time);
  assert_int_equal(sums.first_call, expected.first_call);
  assert_int_equal(sums.timed, expected.timed);
  assert_int_equal(sums.work_us, expected.work_us);
  assert_int_equal(sums.ratings, expected.ratings);
  assert_int_equal(sums.rating_sum, expected.rating_sum);
}

static void a_solved_ticket_counts_on_the_day_it_was_solved(struct store *store) {
  const struct desk desk = make_desk(store);
  struct ticket ticket = ticket_of(store, &desk.author);
  store->ctx.now_us += TIME_HOUR_US;
  set_status(store, &desk.technician, &ticket, TICKET_IN_PROGRESS); /* takes it */
  store->ctx.now_us += 20 * TIME_HOUR_US;                           /* the next day, within the 24 hours */
  set_status(store, &desk.technician, &ticket, TICKET_RESOLVED);
  assert_ok(ticket_rate(as(store, &desk.author), ticket.uuid, 4, STR_NONE, &ticket));
  const struct ticket_day_sums solved = {.resolved = 1,
                                         .on_time = 1,
                                         .first_call = 1,
                                         .timed = 1,
                                         .work_us = 20 * TIME_HOUR_US,
                                         .ratings = 1,
                                         .rating_sum = 4};
  assert_sums(store, &desk, 0, TODAY, TODAY, (struct ticket_day_sums){.created = 1});
  assert_sums(store, &desk, 0, TODAY + 1, TODAY + 1, solved);
  assert_sums(store, &desk, desk.technician.account_id, INT64_MIN, INT64_MAX, solved);
  /* A second rating replaces the first. */
  assert_ok(ticket_rate(as(store, &desk.author), ticket.uuid, 1, STR_NONE, &ticket));
  struct ticket_day_sums again = solved;
  again.rating_sum = 1;
  assert_sums(store, &desk, desk.technician.account_id, TODAY + 1, TODAY + 1, again);
  /* Closing keeps the day; reopening takes all back. */
  store->ctx.now_us += 2 * TIME_DAY_US;
  set_status(store, &desk.manager, &ticket, TICKET_CLOSED);
  assert_sums(store, &desk, desk.technician.account_id, TODAY + 1, TODAY + 1, again);
  set_status(store, &desk.manager, &ticket, TICKET_IN_PROGRESS);
  assert_sums(store, &desk, 0, TODAY + 1, INT64_MAX, (struct ticket_day_sums){0});
  /* Solved again, after the deadline, which had stood still while it was solved, and not at the first call.
   */
  store->ctx.now_us += TIME_DAY_US;
  set_status(store, &desk.manager, &ticket, TICKET_RESOLVED);
  struct ticket_day_sums late = {0};
  assert_ok(
      ticket_days_sum(as(store, &desk.manager), desk.technician.account_id, TODAY + 2, TODAY + 5, &late));
  assert_int_equal(late.resolved, 1);
  assert_int_equal(late.on_time, 0);
  assert_int_equal(late.first_call, 0);
  assert_ok(ticket_remove(as(store, &desk.manager), ticket.uuid, false, &ticket));
  assert_sums(store, &desk, 0, INT64_MIN, INT64_MAX, (struct ticket_day_sums){0});
  assert_ok(ticket_restore(as(store, &desk.manager), ticket.uuid, &ticket));
  assert_sums(store, &desk, desk.technician.account_id, INT64_MIN, INT64_MAX, late);
  assert_counters_true(store);
}

static void days_and_technicians_are_told_one_by_one(struct store *store) {
  const struct desk desk = make_desk(store);
  for (int i = 0; i < 6; i++) {
    struct ticket ticket = ticket_of(store, &desk.author);
    const struct who *who = i < 2 ? &desk.other : &desk.technician;
    set_status(store, who, &ticket, TICKET_IN_PROGRESS);
    set_status(store, who, &ticket, TICKET_RESOLVED);
    store->ctx.now_us += TIME_DAY_US;
  }
  struct ticket_day *days = NULL;
  size_t count = 0;
  assert_ok(ticket_days_each(as(store, &desk.manager), 0, TODAY + 1, TODAY + 4, &days, &count));
  assert_int_equal(count, 4);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(days[i].day, TODAY + 1 + (int64_t)i);
    assert_int_equal(days[i].sums.created, 1);
    assert_int_equal(days[i].sums.resolved, 1);
  }
  assert_ok(
      ticket_days_each(as(store, &desk.manager), desk.other.account_id, INT64_MIN, INT64_MAX, &days, &count));
  assert_int_equal(count, 2);
  struct ticket_day_technician *people = NULL;
  assert_ok(ticket_days_technicians(as(store, &desk.manager), TODAY, TODAY + 5, &people, &count));
  assert_int_equal(count, 2);
  assert_int_equal(people[0].technician_id, desk.technician.account_id);
  assert_int_equal(people[0].sums.resolved, 4);
  assert_int_equal(people[1].technician_id, desk.other.account_id);
  assert_int_equal(people[1].sums.resolved, 2);
  assert_ok(ticket_days_technicians(as(store, &desk.manager), TODAY + 2, TODAY + 5, &people, &count));
  assert_int_equal(count, 1);
  assert_ok(ticket_days_technicians(as(store, &desk.manager), TODAY + 20, TODAY + 30, &people, &count));
  assert_int_equal(count, 0);
}

static void days_are_the_tenants_and_follow_its_time_zone(struct store *store) {
  const struct desk desk = make_desk(store);
  tenant_make(store, 2);
  const struct who elsewhere = person(store, 2, ROLE_MANAGER, "Else", "else@example.com");
  store->ctx.now_us =
      INT64_C(1770051600000000) - 1; /* 2026-02-02T16:59:59.999999Z: Jakarta's last moment of the day */
  ticket_of(store, &desk.author);
  store->ctx.now_us += 1;
  ticket_of(store, &desk.author);
  ticket_of(store, &elsewhere);
  assert_sums(store, &desk, 0, TODAY - 1, TODAY - 1, (struct ticket_day_sums){.created = 2});
  assert_counters_true(store);
  assert_ok(tenant_set_timezone(as(store, NULL), TENANT_OPERATOR, STR("Asia/Jakarta")));
  assert_sums(store, &desk, 0, TODAY - 1, TODAY - 1, (struct ticket_day_sums){.created = 1});
  assert_sums(store, &desk, 0, TODAY, TODAY, (struct ticket_day_sums){.created = 1});
  ticket_of(store, &desk.author); /* and so does what comes after */
  assert_sums(store, &desk, 0, TODAY, TODAY, (struct ticket_day_sums){.created = 2});
  struct ticket_day_sums sums;
  assert_ok(ticket_days_sum(as(store, &elsewhere), 0, TODAY - 1, TODAY - 1, &sums));
  assert_int_equal(sums.created, 1);
  assert_ok(tenant_set_timezone(as(store, NULL), TENANT_OPERATOR, STR("UTC")));
  assert_sums(store, &desk, 0, TODAY - 1, TODAY - 1, (struct ticket_day_sums){.created = 3});
  assert_counters_true(store);
}

static void quarters_of_one_day_become_one_row(struct store *store) {
  const struct desk desk = make_desk(store);
  for (int i = 0; i < 10; i++) {
    ticket_of(store, &desk.author);
    store->ctx.now_us += 40 * TIME_MINUTE_US;
  }
  assert_sums(store, &desk, 0, TODAY, TODAY, (struct ticket_day_sums){.created = 10});
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket_day"), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_solved_ticket_counts_on_the_day_it_was_solved),
      STORE_TEST(days_and_technicians_are_told_one_by_one),
      STORE_TEST(days_are_the_tenants_and_follow_its_time_zone),
      STORE_TEST(quarters_of_one_day_become_one_row),
  };
  return STORE_RUN(tests);
}
