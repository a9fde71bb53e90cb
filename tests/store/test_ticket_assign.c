#include "desk/activity/activity.h"
#include "desk/event/event.h"
#include "desk/notice/notice.h"
#include "desk/technician/technician.h"
#include "tickets.h"

/* Who works on a ticket, and who rates the work. */

struct cast {
  struct who customer, service, tono, tini;
};

static struct cast cast_of(struct store *store) {
  return (struct cast){
      .customer = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com"),
      .service = person(store, 1, ROLE_CUSTOMER_SERVICE, "Sari", "sari@example.com"),
      .tono = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com"),
      .tini = person(store, 1, ROLE_TECHNICIAN, "Tini", "tini@example.com"),
  };
}

static enum status give(struct store *store, const struct who *who, const struct ticket *ticket,
                        const struct ticket_assignment *assignment, struct ticket *out) {
  return ticket_assign(as(store, who), ticket->uuid, assignment, out);
}

static enum status give_to(struct store *store, const struct who *who, const struct ticket *ticket,
                           const struct who *assignee) {
  struct ticket out;
  const struct ticket_assignment assignment = {.assignee = assignee->uuid, .technician_only = true};
  return give(store, who, ticket, &assignment, &out);
}

static void an_assignment_writes_marks_history_event_and_notice(struct store *store) {
  const struct cast cast = cast_of(store);
  const struct ticket t = ticket_of(store, &cast.customer);
  const struct ticket_assignment first = {.assignee = cast.tono.uuid,
                                          .technician_only = true,
                                          .scheduled_at = STORE_NOW + TIME_DAY_US,
                                          .note = STR("Bring a ladder")};
  struct ticket after;
  store->ctx.now_us = STORE_NOW + 1000000;
  assert_ok(give(store, &cast.service, &t, &first, &after));
  assert_ok(ticket_get(as(store, &cast.tono), t.uuid, &after));
  assert_int_equal(after.assignee_id, cast.tono.account_id);
  assert_int_equal(after.first_assignee_id, cast.tono.account_id);
  assert_int_equal(after.assigned_at, STORE_NOW + 1000000);
  assert_int_equal(after.first_response_at, STORE_NOW + 1000000);
  assert_int_equal(after.scheduled_at, STORE_NOW + TIME_DAY_US);
  assert_int_equal(after.updated_at, STORE_NOW + 1000000);
  assert_int_equal(after.status, TICKET_ASSIGNED);
  assert_history(store, t.id,
                 SQL(store,
                     "%d::>Tono\n%d::new>assigned\n%d:scheduled_at:>2026-02-04T04:05:06.000007Z\n"
                     "%d::>Bring a ladder",
                     ACTIVITY_ASSIGNED, ACTIVITY_STATUS, ACTIVITY_CHANGED, ACTIVITY_NOTE));
  assert_int_equal(notices_to(store, &cast.tono, NOTICE_TICKET_ASSIGNED), 1);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d AND new_value = %" PRId64,
                          EVENT_TICKET_ASSIGNED, cast.tono.account_id),
                   1);
  assert_counters_true(store);
}

static void another_assignee_takes_over_and_the_first_is_remembered(struct store *store) {
  const struct cast cast = cast_of(store);
  const struct ticket t = ticket_of(store, &cast.customer);
  struct ticket after;
  assert_ok(give_to(store, &cast.service, &t, &cast.tono));
  assert_ok(set_status(store, &cast.tono, &t, TICKET_IN_PROGRESS, &after));
  store->ctx.now_us += TIME_HOUR_US;
  assert_ok(give_to(store, &cast.service, &t, &cast.tini));
  assert_ok(ticket_get(as(store, &cast.tini), t.uuid, &after));
  assert_int_equal(after.assignee_id, cast.tini.account_id);
  assert_int_equal(after.first_assignee_id, cast.tono.account_id);
  assert_int_equal(after.assigned_at, STORE_NOW + TIME_HOUR_US);
  assert_int_equal(after.status, TICKET_IN_PROGRESS); /* only new becomes assigned */
  assert_history(store, t.id,
                 SQL(store, "%d::>Tono\n%d::new>assigned\n%d::assigned>in_progress\n%d::Tono>Tini",
                     ACTIVITY_ASSIGNED, ACTIVITY_STATUS, ACTIVITY_STATUS, ACTIVITY_ASSIGNED));
  assert_status(STATUS_NOT_FOUND, ticket_get(as(store, &cast.tono), t.uuid, &after));
  assert_counters_true(store);
}

static void the_same_assignee_again_changes_schedule_and_note_only(struct store *store) {
  const struct cast cast = cast_of(store);
  const struct ticket t = ticket_of(store, &cast.customer);
  struct ticket after;
  assert_ok(give_to(store, &cast.service, &t, &cast.tono));
  int64_t events = COUNT_OF(store, "event");
  store->ctx.now_us += TIME_HOUR_US;
  assert_ok(give_to(store, &cast.service, &t, &cast.tono));
  assert_int_equal(COUNT_OF(store, "event"), events); /* nothing said, nothing done */
  const struct ticket_assignment later = {
      .assignee = cast.tono.uuid, .scheduled_at = STORE_NOW + 2 * TIME_DAY_US, .note = STR("later")};
  assert_ok(give(store, &cast.tono, &t, &later, &after)); /* a technician plans own work */
  assert_ok(ticket_get(as(store, &cast.tono), t.uuid, &after));
  assert_int_equal(after.assigned_at, STORE_NOW);
  assert_int_equal(after.scheduled_at, STORE_NOW + 2 * TIME_DAY_US);
  assert_int_equal(after.updated_at, STORE_NOW + TIME_HOUR_US);
  assert_int_equal(notices_to(store, &cast.tono, NOTICE_TICKET_ASSIGNED), 1);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d", EVENT_TICKET_CHANGED), 1);
  assert_counters_true(store);
}

static void taken_from_everybody_an_assigned_ticket_is_new_again(struct store *store) {
  const struct cast cast = cast_of(store);
  const struct ticket t = ticket_of(store, &cast.customer);
  const struct ticket_assignment nobody = {0};
  struct ticket after;
  assert_ok(give_to(store, &cast.service, &t, &cast.tono));
  assert_status(STATUS_FORBIDDEN, give(store, &cast.tono, &t, &nobody, &after));
  assert_ok(give(store, &cast.service, &t, &nobody, &after));
  assert_ok(ticket_get(as(store, &cast.tini), t.uuid, &after));
  assert_int_equal(after.assignee_id + after.assigned_at, 0);
  assert_int_equal(after.first_assignee_id, cast.tono.account_id);
  assert_int_equal(after.status, TICKET_NEW);
  assert_history(store, t.id,
                 SQL(store, "%d::>Tono\n%d::new>assigned\n%d::Tono>\n%d::assigned>new", ACTIVITY_ASSIGNED,
                     ACTIVITY_STATUS, ACTIVITY_ASSIGNED, ACTIVITY_STATUS));
  assert_counters_true(store);
}

static void technicians_take_what_is_free_and_give_nothing_away(struct store *store) {
  const struct cast cast = cast_of(store);
  const struct ticket t = ticket_of(store, &cast.customer);
  assert_status(STATUS_FORBIDDEN, give_to(store, &cast.tono, &t, &cast.tini));
  assert_ptr_equal(store->ctx.problem.kind, &ticket_forbidden);
  assert_ok(give_to(store, &cast.tono, &t, &cast.tono));
  assert_int_equal(notices_to(store, &cast.tono, NOTICE_TICKET_ASSIGNED), 0); /* they know */
  assert_status(STATUS_FORBIDDEN, give_to(store, &cast.tono, &t, &cast.tini));
  assert_status(STATUS_NOT_FOUND, give_to(store, &cast.tini, &t, &cast.tini));
}

static void only_active_technicians_are_assigned(struct store *store) {
  tenant_make(store, 2);
  const struct cast cast = cast_of(store);
  const struct who stranger = person(store, 2, ROLE_TECHNICIAN, "Otto", "otto@example.com");
  const struct who gone = person(store, 1, ROLE_TECHNICIAN, "Gone", "gone@example.com");
  store_sql(store, SQL(store, "UPDATE account SET is_active = FALSE WHERE id = %" PRId64, gone.account_id));
  const struct ticket t = ticket_of(store, &cast.customer);
  const struct who nobody = {.uuid = uuid_v7(STORE_NOW)};
  const struct who *wrong[] = {&stranger, &gone, &nobody, &cast.customer, &cast.service};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_status(STATUS_INVALID, give_to(store, &cast.service, &t, wrong[i]));
    assert_str(store->ctx.problem.faults[0].field, "technician_id");
  }
  /* Where any of the staff will do, customers still don't. */
  struct ticket after;
  const struct ticket_assignment service = {.assignee_id = cast.service.account_id};
  const struct ticket_assignment customer = {.assignee_id = cast.customer.account_id};
  assert_status(STATUS_INVALID, give(store, &cast.service, &t, &customer, &after));
  assert_ok(give(store, &cast.service, &t, &service, &after));
  assert_int_equal(after.assignee_id, cast.service.account_id);
}

static void who_is_not_available_is_given_no_work(struct store *store) {
  const struct cast cast = cast_of(store);
  const struct ticket t = ticket_of(store, &cast.customer);
  struct technician technician;
  assert_ok(technician_set_available(as(store, &cast.tono), cast.tono.uuid, false, STR("ill"), &technician));
  assert_status(STATUS_STATE, give_to(store, &cast.service, &t, &cast.tono));
  assert_ptr_equal(store->ctx.problem.kind, &ticket_technician_unavailable);
  assert_ok(give_to(store, &cast.tono, &t, &cast.tono)); /* who takes it themself can */
  struct ticket after;
  const struct ticket_assignment later = {.assignee = cast.tono.uuid,
                                          .scheduled_at = STORE_NOW + TIME_DAY_US};
  assert_ok(give(store, &cast.service, &t, &later, &after)); /* and has it already */
}

static void a_solved_ticket_is_not_assigned(struct store *store) {
  const struct cast cast = cast_of(store);
  const struct ticket t = ticket_of(store, &cast.customer);
  struct ticket after;
  for (int status = TICKET_RESOLVED; status <= TICKET_CLOSED; status++) {
    assert_ok(set_status(store, &cast.service, &t, (enum ticket_status)status, &after));
    assert_status(STATUS_STATE, give_to(store, &cast.service, &t, &cast.tono));
    assert_ptr_equal(store->ctx.problem.kind, &ticket_done);
  }
}

/* ---- rating ---- */

static void the_customer_rates_what_was_solved(struct store *store) {
  const struct cast cast = cast_of(store);
  const struct who neighbour = person(store, 1, ROLE_CUSTOMER, "Ina", "ina@example.com");
  const struct ticket t = ticket_of(store, &cast.customer);
  struct ticket after;
#define RATE(who, value, text) ticket_rate(as(store, (who)), t.uuid, (value), (text), &after)
  assert_status(STATUS_STATE, RATE(&cast.customer, 5, STR_NONE));
  assert_ptr_equal(store->ctx.problem.kind, &ticket_not_solved);
  assert_ok(give_to(store, &cast.service, &t, &cast.tono));
  assert_ok(set_status(store, &cast.tono, &t, TICKET_RESOLVED, &after));
  assert_status(STATUS_INVALID, RATE(&cast.customer, 0, STR(" ")));
  assert_int_equal(store->ctx.problem.fault_count, 2);
  assert_status(STATUS_INVALID, RATE(&cast.customer, 6, STR_NONE));
  assert_str(store->ctx.problem.faults[0].field, "rating");
  assert_status(STATUS_FORBIDDEN, RATE(&cast.service, 5, STR_NONE));
  assert_status(STATUS_FORBIDDEN, RATE(&cast.tono, 5, STR_NONE));
  assert_status(STATUS_NOT_FOUND, RATE(&neighbour, 5, STR_NONE));
  assert_ok(RATE(&cast.customer, 2, STR("Late")));
  assert_counters_true(store);
  assert_ok(set_status(store, &cast.customer, &t, TICKET_CLOSED, &after));
  assert_ok(RATE(&cast.customer, 5, STR_NONE)); /* replaces the first, words and all */
  assert_ok(ticket_get(as(store, &cast.customer), t.uuid, &after));
  assert_int_equal(after.rating, 5);
  assert_ptr_equal(after.rating_text.at, NULL);
  assert_str(store_text(store, SQL(store,
                                   "SELECT old_value || '>' || new_value FROM activity WHERE action = %d "
                                   "ORDER BY id DESC LIMIT 1",
                                   ACTIVITY_RATED)),
             "2>5");
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d", EVENT_TICKET_RATED), 2);
  assert_counters_true(store);
}

/* ---- people ---- */

static void people_are_told_by_number_in_the_order_asked(struct store *store) {
  tenant_make(store, 2);
  const struct cast cast = cast_of(store);
  const struct who stranger = person(store, 2, ROLE_CUSTOMER, "Otto", "otto@example.com");
  store_sql(store, SQL(store,
                       "INSERT INTO customer (account_id, tenant_id, address, updated_at) "
                       "VALUES (%" PRId64 ", 1, 'Jl. Melati 5', 1)",
                       cast.customer.account_id));
  store_sql(store, SQL(store, "UPDATE account SET phone = '+62' WHERE id = %" PRId64, cast.tono.account_id));
  const int64_t ids[] = {cast.tono.account_id, 0, cast.customer.account_id, 999999, stranger.account_id,
                         cast.tono.account_id};
  struct ticket_person people[6];
  assert_ok(ticket_people(as(store, &cast.service), ids, 6, people));
  assert_str(people[0].name, "Tono");
  assert_str(people[0].phone, "+62");
  assert_int_equal(people[0].role, ROLE_TECHNICIAN);
  assert_true(uuid_equal(people[0].uuid, cast.tono.uuid));
  assert_int_equal(people[1].id + people[3].id + people[4].id, 0);
  assert_str(people[2].address, "Jl. Melati 5");
  assert_str(people[2].email, "ani@example.com");
  assert_ptr_equal(people[2].phone.at, NULL);
  assert_int_equal(people[5].id, cast.tono.account_id);
  assert_ok(ticket_people(as(store, &cast.service), NULL, 0, people));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(an_assignment_writes_marks_history_event_and_notice),
      STORE_TEST(another_assignee_takes_over_and_the_first_is_remembered),
      STORE_TEST(the_same_assignee_again_changes_schedule_and_note_only),
      STORE_TEST(taken_from_everybody_an_assigned_ticket_is_new_again),
      STORE_TEST(technicians_take_what_is_free_and_give_nothing_away),
      STORE_TEST(only_active_technicians_are_assigned),
      STORE_TEST(who_is_not_available_is_given_no_work),
      STORE_TEST(a_solved_ticket_is_not_assigned),
      STORE_TEST(the_customer_rates_what_was_solved),
      STORE_TEST(people_are_told_by_number_in_the_order_asked),
  };
  return STORE_RUN(tests);
}
