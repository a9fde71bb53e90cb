#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "live/audience.h"

/* People of tenant 1, but the stranger of tenant 2; customer 20's ticket. */
enum { OTHER_CUSTOMER = 21, CUSTOMER = 20, TECHNICIAN = 10, COLLEAGUE = 11, STAFF = 5 };

static struct live_rooms rooms_of(enum role role, int64_t account_id, int64_t tenant_id) {
  struct live_rooms rooms;
  live_rooms_of_caller(&(struct who){.account_id = account_id, .tenant_id = tenant_id, .role = role}, &rooms);
  return rooms;
}

static bool hears_ticket(enum role role, int64_t account_id, int64_t tenant_id, int64_t assignee_id) {
  struct live_rooms caller = rooms_of(role, account_id, tenant_id);
  struct live_rooms rooms;
  live_rooms_of_ticket(
      &(struct ticket){.id = 1, .tenant_id = 1, .author_id = CUSTOMER, .assignee_id = assignee_id}, &rooms);
  return live_rooms_meet(&caller, &rooms);
}

static bool hears_technician(enum role role, int64_t account_id, int64_t tenant_id) {
  struct live_rooms caller = rooms_of(role, account_id, tenant_id);
  struct live_rooms rooms;
  live_rooms_of_technician(1, TECHNICIAN, &rooms);
  return live_rooms_meet(&caller, &rooms);
}

static void staff_above_technicians_hears_of_every_ticket_of_its_tenant_alone(void **state) {
  (void)state;
  for (int role = ROLE_CUSTOMER_SERVICE; role < ROLE_COUNT; role++) {
    assert_true(hears_ticket((enum role)role, STAFF, 1, 0));
    assert_true(hears_ticket((enum role)role, STAFF, 1, TECHNICIAN));
    assert_false(hears_ticket((enum role)role, STAFF, 2, 0));
    assert_false(hears_ticket((enum role)role, STAFF, 2, TECHNICIAN));
  }
}

static void a_technician_hears_of_tickets_that_are_theirs_or_nobodys(void **state) {
  (void)state;
  assert_true(hears_ticket(ROLE_TECHNICIAN, TECHNICIAN, 1, TECHNICIAN));
  assert_true(hears_ticket(ROLE_TECHNICIAN, TECHNICIAN, 1, 0));
  assert_false(hears_ticket(ROLE_TECHNICIAN, COLLEAGUE, 1, TECHNICIAN));
  assert_false(hears_ticket(ROLE_TECHNICIAN, TECHNICIAN, 2, 0));
}

static void a_technician_who_wrote_a_ticket_down_does_not_hear_of_it_once_it_is_anothers(void **state) {
  (void)state;
  assert_false(hears_ticket(ROLE_TECHNICIAN, CUSTOMER, 1, TECHNICIAN));
}

static void a_customer_hears_of_their_own_tickets(void **state) {
  (void)state;
  assert_true(hears_ticket(ROLE_CUSTOMER, CUSTOMER, 1, 0));
  assert_true(hears_ticket(ROLE_CUSTOMER, CUSTOMER, 1, TECHNICIAN));
  assert_false(hears_ticket(ROLE_CUSTOMER, OTHER_CUSTOMER, 1, 0));
  assert_false(hears_ticket(ROLE_CUSTOMER, OTHER_CUSTOMER, 1, OTHER_CUSTOMER));
}

static void of_technicians_hear_staff_and_they_themselves(void **state) {
  (void)state;
  for (int role = ROLE_CUSTOMER_SERVICE; role < ROLE_COUNT; role++) {
    assert_true(hears_technician((enum role)role, STAFF, 1));
    assert_false(hears_technician((enum role)role, STAFF, 2));
  }
  assert_true(hears_technician(ROLE_TECHNICIAN, TECHNICIAN, 1));
  assert_false(hears_technician(ROLE_TECHNICIAN, COLLEAGUE, 1));
  assert_false(hears_technician(ROLE_CUSTOMER, CUSTOMER, 1));
}

static void notices_are_heard_by_whom_they_are_for_alone(void **state) {
  (void)state;
  struct live_rooms rooms;
  live_rooms_of_account(CUSTOMER, &rooms);
  for (int role = ROLE_CUSTOMER; role < ROLE_COUNT; role++) {
    struct live_rooms own = rooms_of((enum role)role, CUSTOMER, 1);
    struct live_rooms other = rooms_of((enum role)role, OTHER_CUSTOMER, 1);
    assert_true(live_rooms_meet(&own, &rooms));
    assert_false(live_rooms_meet(&other, &rooms));
  }
}

/* Else a socket would hear one event twice. */
static void nobody_stands_in_two_rooms_of_one_event(void **state) {
  (void)state;
  struct live_rooms rooms;
  live_rooms_of_ticket(&(struct ticket){.tenant_id = 1, .author_id = STAFF, .assignee_id = STAFF}, &rooms);
  for (int role = ROLE_CUSTOMER; role < ROLE_COUNT; role++) {
    struct live_rooms caller = rooms_of((enum role)role, STAFF, 1);
    unsigned met = 0;
    for (unsigned i = 0; i < rooms.count; i++) {
      struct live_rooms one = {.count = 1};
      memcpy(one.names[0], rooms.names[i], sizeof one.names[0]);
      met += live_rooms_meet(&caller, &one);
    }
    assert_true(met <= 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(staff_above_technicians_hears_of_every_ticket_of_its_tenant_alone),
      cmocka_unit_test(a_technician_hears_of_tickets_that_are_theirs_or_nobodys),
      cmocka_unit_test(a_technician_who_wrote_a_ticket_down_does_not_hear_of_it_once_it_is_anothers),
      cmocka_unit_test(a_customer_hears_of_their_own_tickets),
      cmocka_unit_test(of_technicians_hear_staff_and_they_themselves),
      cmocka_unit_test(notices_are_heard_by_whom_they_are_for_alone),
      cmocka_unit_test(nobody_stands_in_two_rooms_of_one_event),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
