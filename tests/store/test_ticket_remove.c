#include <string.h>

#include "desk/activity/activity.h"
#include "desk/event/event.h"
#include "desk/mail/mail.h"
#include "desk/notice/notice.h"
#include "tickets.h"

/* ---- removal ---- */

static void a_removed_ticket_is_gone_for_all(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &author);
  struct ticket out;
  store->ctx.now_us += 5;
  assert_ok(ticket_remove(as(store, &author), t.uuid, false, &out));
  assert_int_equal(out.removed_at, STORE_NOW + 5);
  assert_int_equal(out.removed_by, author.account_id);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM activity WHERE action = %d", ACTIVITY_REMOVED), 1);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d", EVENT_TICKET_REMOVED), 1);
  const struct who *both[] = {&author, &manager};
  for (int i = 0; i < 2; i++) {
    assert_status(STATUS_NOT_FOUND, ticket_remove(as(store, both[i]), t.uuid, i == 1, &out));
    assert_status(STATUS_NOT_FOUND, ticket_get(as(store, both[i]), t.uuid, &out));
    assert_status(STATUS_NOT_FOUND, ticket_reply(as(store, both[i]), t.uuid, STR("x"), &out));
    assert_status(STATUS_NOT_FOUND, set_status(store, both[i], &t, TICKET_CLOSED, &out));
  }
  assert_int_equal(COUNT_OF(store, "mail"), 1);
  assert_counters_true(store);
}

static void author_only_shuts_out_managers(struct store *store) {
  tenant_make(store, 2);
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who neighbour = person(store, 1, ROLE_CUSTOMER, "Ina", "ina@example.com");
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct who stranger = person(store, 2, ROLE_SUPER_ADMIN, "Otto", "otto@example.com");
  const struct ticket t = ticket_of(store, &author);
  struct ticket out;
  assert_status(STATUS_FORBIDDEN, ticket_remove(as(store, &manager), t.uuid, true, &out));
  assert_status(STATUS_FORBIDDEN, ticket_remove(as(store, &neighbour), t.uuid, true, &out));
  assert_status(STATUS_NOT_FOUND, ticket_remove(as(store, &stranger), t.uuid, true, &out));
  assert_ok(ticket_remove(as(store, &author), t.uuid, true, &out));
}

static void owners_restore_what_they_removed_and_managers_anything(struct store *store) {
  tenant_make(store, 2);
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who neighbour = person(store, 1, ROLE_CUSTOMER, "Ina", "ina@example.com");
  const struct who service = person(store, 1, ROLE_CUSTOMER_SERVICE, "Sari", "sari@example.com");
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct who stranger = person(store, 2, ROLE_SUPER_ADMIN, "Otto", "otto@example.com");
  const struct ticket t = ticket_of(store, &author);
  struct ticket out;
  assert_ok(ticket_restore(as(store, &author), t.uuid, &out)); /* not removed: nothing to do */
  assert_ok(ticket_restore(as(store, &manager), t.uuid, &out));
  assert_status(STATUS_FORBIDDEN, ticket_restore(as(store, &service), t.uuid, &out));
  assert_status(STATUS_NOT_FOUND, ticket_restore(as(store, &neighbour), t.uuid, &out));
  assert_int_equal(COUNT_OF(store, "activity"), 2);
  assert_ok(ticket_remove(as(store, &author), t.uuid, false, &out));
  assert_status(STATUS_NOT_FOUND, ticket_restore(as(store, &service), t.uuid, &out));
  assert_status(STATUS_NOT_FOUND, ticket_restore(as(store, &stranger), t.uuid, &out));
  assert_ok(ticket_restore(as(store, &author), t.uuid, &out));
  assert_int_equal(out.removed_at + out.removed_by, 0);
  assert_ok(ticket_get(as(store, &author), t.uuid, &out));
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM activity WHERE action = %d", ACTIVITY_RESTORED), 1);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d", EVENT_TICKET_RESTORED), 1);
  assert_ok(ticket_remove(as(store, &manager), t.uuid, false, &out));
  assert_status(STATUS_FORBIDDEN, ticket_restore(as(store, &author), t.uuid, &out));
  assert_ok(ticket_restore(as(store, &manager), t.uuid, &out));
  assert_counters_true(store);
}

static void the_purge_removes_what_is_long_resolved(struct store *store) {
  tenant_make(store, 2);
  const struct who staff[] = {person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com"),
                              person(store, 2, ROLE_MANAGER, "Bude", "bude@example.com")};
  struct ticket tickets[8], out;
  for (int i = 0; i < 8; i++) {
    tickets[i] = ticket_of(store, &staff[i % 2]);
    store->ctx.now_us = STORE_NOW + i;
    assert_ok(set_status(store, &staff[i % 2], &tickets[i], i == 7 ? TICKET_CLOSED : TICKET_RESOLVED, &out));
  }
  assert_ok(
      set_status(store, &staff[0], &tickets[0], TICKET_PENDING, &out)); /* reopened: not resolved any more */
  int64_t mails = COUNT_OF(store, "mail");
  int64_t removed = -1;
  const struct db_ints none = {0}, resolved = {{TICKET_RESOLVED}, 1},
                       both = {{TICKET_RESOLVED, TICKET_CLOSED}, 2};
  struct ctx *ctx = as(store, NULL);
  assert_ok(ticket_purge(ctx, &none, STORE_NOW + 100, 100, &removed));
  assert_int_equal(removed, 0);
  assert_ok(ticket_purge(ctx, &resolved, STORE_NOW + 6, 2, &removed));
  assert_int_equal(removed, 2);
  assert_ok(ticket_purge(ctx, &resolved, STORE_NOW + 6, 100, &removed));
  assert_int_equal(removed, 3);
  assert_ok(ticket_purge(ctx, &both, STORE_NOW + 100, 100, &removed));
  assert_int_equal(removed, 2);
  assert_int_equal(COUNT_OF(store, "ticket WHERE removed_at IS NULL"), 1);
  assert_int_equal(COUNT_OF(store, "ticket WHERE removed_at IS NOT NULL AND removed_by IS NULL"), 7);
  assert_int_equal(
      NUMBER(store, "SELECT COUNT(*) FROM activity WHERE action = %d AND actor_id IS NULL", ACTIVITY_REMOVED),
      7);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM event WHERE kind = %d AND account_id IS NULL",
                          EVENT_TICKET_REMOVED),
                   7);
  assert_int_equal(COUNT_OF(store, "mail"), mails);
  assert_counters_true(store);
  assert_ok(ticket_restore(as(store, &staff[0]), tickets[2].uuid, &out));
  assert_counters_true(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_removed_ticket_is_gone_for_all),
      STORE_TEST(author_only_shuts_out_managers),
      STORE_TEST(owners_restore_what_they_removed_and_managers_anything),
      STORE_TEST(the_purge_removes_what_is_long_resolved),
  };
  return STORE_RUN(tests);
}
