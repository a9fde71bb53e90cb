#include <math.h>
#include <string.h>

#include "desk/activity/activity.h"
#include "desk/event/event.h"
#include "tickets.h"

/* A ticket's fields. */

static enum status change(struct store *store, const struct who *who, const struct ticket *ticket,
                          const struct ticket_change *fields, struct ticket *out) {
  return ticket_change(as(store, who), ticket->uuid, fields, out);
}

/* "7:" is ACTIVITY_CHANGED, "12:" ACTIVITY_SLA_CHANGED. */
static const char all_changes[] =
    "7:title:Router>Modem\n"
    "7:description:The router blinks red.>It is the modem.\n"
    "7:category:technical>service\n"
    "7:priority:normal>high\n"
    "7:work_type:repair>upgrade\n"
    "7:location:>-6.2088,106.8456\n"
    "7:scheduled_at:>2026-02-04T04:05:06.000007Z\n"
    "12::2026-02-04T04:05:06.000007Z>2026-02-03T08:05:06.000007Z";
static const struct ticket_change all = {.has_title = true,
                                         .has_description = true,
                                         .has_category = true,
                                         .has_priority = true,
                                         .has_work_type = true,
                                         .has_place = true,
                                         .has_schedule = true,
                                         .title = {"Modem", 5},
                                         .description = {"It is the modem.", 16},
                                         .category = CATEGORY_SERVICE,
                                         .priority = PRIORITY_HIGH,
                                         .work_type = WORK_UPGRADE,
                                         .latitude = -6.2088,
                                         .longitude = 106.8456,
                                         .scheduled_at = STORE_NOW + TIME_DAY_US};

static void each_field_that_changes_has_an_entry_of_its_own(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_SUPERVISOR, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &author);
  struct ticket after;
  assert_int_equal(ACTIVITY_CHANGED, 7);
  assert_int_equal(ACTIVITY_SLA_CHANGED, 12);
  store->ctx.now_us = STORE_NOW + TIME_HOUR_US;
  assert_ok(change(store, &staff, &t, &all, &after));
  assert_ok(ticket_get(as(store, &author), t.uuid, &after));
  assert_str(after.title, "Modem");
  assert_str(after.description, "It is the modem.");
  assert_int_equal(after.category, CATEGORY_SERVICE);
  assert_int_equal(after.priority, PRIORITY_HIGH);
  assert_int_equal(after.work_type, WORK_UPGRADE);
  assert_true(after.latitude == -6.2088 && after.longitude == 106.8456);
  assert_int_equal(after.scheduled_at, STORE_NOW + TIME_DAY_US);
  assert_int_equal(after.updated_at, STORE_NOW + TIME_HOUR_US);
  assert_int_equal(after.sla.resolve_due_at, STORE_NOW + 4 * TIME_HOUR_US);
  assert_history(store, t.id, all_changes);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d", EVENT_TICKET_CHANGED), 1);
  assert_counters_true(store);
}

static void the_same_again_and_nothing_at_all_change_nothing(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_SUPERVISOR, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &author);
  const struct ticket_change nothing = {0};
  struct ticket after;
  assert_ok(change(store, &staff, &t, &all, &after));
  int64_t activities = COUNT_OF(store, "activity");
  store->ctx.now_us = STORE_NOW + TIME_HOUR_US;
  assert_ok(change(store, &staff, &t, &all, &after));
  assert_ok(change(store, &author, &t, &nothing, &after));
  assert_int_equal(after.updated_at, STORE_NOW);
  assert_int_equal(COUNT_OF(store, "activity"), activities);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d", EVENT_TICKET_CHANGED), 1);
}

static void place_and_schedule_can_be_taken_back(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_SUPERVISOR, "Budi", "budi@example.com");
  struct ticket_new new_ticket = plain_ticket();
  struct ticket t, after;
  new_ticket.has_place = true;
  new_ticket.latitude = 1.5;
  new_ticket.longitude = 0;
  new_ticket.scheduled_at = STORE_NOW + TIME_DAY_US;
  assert_ok(ticket_create(as(store, &author), &new_ticket, &t));
  const struct ticket_change none = {
      .has_place = true, .latitude = NAN, .longitude = NAN, .has_schedule = true};
  assert_ok(change(store, &staff, &t, &none, &after));
  assert_ok(ticket_get(as(store, &author), t.uuid, &after));
  assert_true(isnan(after.latitude) && isnan(after.longitude));
  assert_int_equal(after.scheduled_at, 0);
  assert_history(store, t.id, "7:location:1.5,0>\n7:scheduled_at:2026-02-04T04:05:06.000007Z>");
  assert_counters_true(store);
}

static void a_field_that_is_not_ones_own_changes_nothing(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_SUPERVISOR, "Budi", "budi@example.com");
  const struct who technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  struct ticket t = ticket_of(store, &author);
  struct ticket after;
  const struct ticket_change fields[] = {
      {.has_title = true, .title = STR("x")},
      {.has_description = true, .description = STR("x")},
      {.has_place = true, .latitude = 1, .longitude = 1},
      {.has_schedule = true, .scheduled_at = STORE_NOW},
      {.has_category = true, .category = CATEGORY_BILLING},
      {.has_priority = true, .priority = PRIORITY_LOW},
      {.has_work_type = true, .work_type = WORK_UPGRADE},
  };
  assign(store, &t, technician.account_id);
  for (int i = 0; i < 7; i++) {
    assert_status(i < 3 ? STATUS_OK : STATUS_FORBIDDEN, change(store, &author, &t, &fields[i], &after));
    bool own = i == 1 || i == 2 || i == 3; /* of a technician: description, place, schedule */
    assert_status(own ? STATUS_OK : STATUS_FORBIDDEN, change(store, &technician, &t, &fields[i], &after));
  }
  /* One that is and one that is not: neither. */
  const struct ticket_change mixed = {
      .has_title = true, .title = STR("y"), .has_priority = true, .priority = PRIORITY_LOW};
  assert_status(STATUS_FORBIDDEN, change(store, &author, &t, &mixed, &after));
  assert_ptr_equal(store->ctx.problem.kind, &ticket_forbidden);
  assert_ok(ticket_get(as(store, &author), t.uuid, &after));
  assert_str(after.title, "x");
  assert_int_equal(after.priority, PRIORITY_NORMAL);
  /* A customer's ticket is theirs to write only while it is new. */
  assert_ok(set_status(store, &staff, &t, TICKET_ASSIGNED, &after));
  assert_status(STATUS_FORBIDDEN, change(store, &author, &t, &fields[0], &after));
}

static void all_faulty_fields_are_told_at_once(struct store *store) {
  const struct who staff = person(store, 1, ROLE_SUPERVISOR, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &staff);
  const struct ticket_change wrong = {.has_title = true,
                                      .title = STR(" "),
                                      .has_description = true,
                                      .description = STR("a\0b"),
                                      .has_category = true,
                                      .category = 9,
                                      .has_priority = true,
                                      .has_work_type = true,
                                      .has_place = true,
                                      .latitude = 91,
                                      .longitude = NAN};
  static const char *const fields[] = {"title",     "description",  "category",    "priority",
                                       "work_type", "location.lat", "location.lng"};
  struct ticket after;
  assert_status(STATUS_INVALID, change(store, &staff, &t, &wrong, &after));
  assert_int_equal(store->ctx.problem.fault_count, 7);
  for (int i = 0; i < 7; i++) {
    assert_str(store->ctx.problem.faults[i].field, fields[i]);
  }
}

static void a_long_description_is_cut_in_the_history_alone(struct store *store) {
  const struct who staff = person(store, 1, ROLE_SUPERVISOR, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &staff);
  char *text = arena_alloc(store->ctx.arena, 60001);
  for (int i = 0; i < 60000; i += 5) {
    memcpy(text + i, "kata ", 5);
  }
  const struct ticket_change longer = {.has_description = true,
                                       .description = str_trim((struct str){text, 60000})};
  struct ticket after;
  assert_ok(change(store, &staff, &t, &longer, &after));
  assert_ok(ticket_get(as(store, &staff), t.uuid, &after));
  assert_int_equal(after.description.len, 59999);
  struct activity *history;
  size_t count;
  assert_ok(activity_list(as(store, &staff), t.id, &history, &count));
  assert_int_equal(count, 3);
  assert_int_equal(history[2].action, ACTIVITY_CHANGED);
  assert_str(history[2].field, "description");
  assert_str(history[2].old_value, "The router blinks red.");
  assert_int_equal(history[2].new_value.len, 999 + 1 + 3);
  assert_true(str_ends(history[2].new_value, "kata …"));
}

static void another_category_has_other_deadlines(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct sla_target target = {CATEGORY_BILLING, 15, 60, 0};
  assert_ok(sla_set(as(store, &staff), 1, &target));
  const struct ticket t = ticket_of(store, &author);
  const struct ticket_change billing = {.has_category = true, .category = CATEGORY_BILLING};
  struct ticket after;
  assert_ok(change(store, &staff, &t, &billing, &after));
  assert_ok(ticket_get(as(store, &staff), t.uuid, &after));
  assert_int_equal(after.sla.resolve_due_at, STORE_NOW + 60 * TIME_MINUTE_US);
  assert_int_equal(after.sla.response_due_at, STORE_NOW + 15 * TIME_MINUTE_US);
  assert_history(store, t.id,
                 "7:category:technical>billing\n"
                 "12::2026-02-04T04:05:06.000007Z>2026-02-03T05:05:06.000007Z\n"
                 "7:response_deadline:>2026-02-03T04:20:06.000007Z");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(each_field_that_changes_has_an_entry_of_its_own),
      STORE_TEST(the_same_again_and_nothing_at_all_change_nothing),
      STORE_TEST(place_and_schedule_can_be_taken_back),
      STORE_TEST(a_field_that_is_not_ones_own_changes_nothing),
      STORE_TEST(all_faulty_fields_are_told_at_once),
      STORE_TEST(a_long_description_is_cut_in_the_history_alone),
      STORE_TEST(another_category_has_other_deadlines),
  };
  return STORE_RUN(tests);
}
