#include "desk/event/event.h"
#include "people.h"

static enum status add(struct ctx *ctx, void *arg) {
  return event_add(ctx, arg);
}

static void events_follow_one_another_by_number(struct store *store) {
  struct event written[] = {
      {.tenant_id = 1, .kind = EVENT_SESSION_ENDED, .account_id = 7},
      {.tenant_id = 1,
       .kind = EVENT_TICKET_STATUS,
       .ticket_id = 3,
       .account_id = 7,
       .old_value = 1,
       .new_value = 5},
      {.tenant_id = 2, .kind = EVENT_ACCOUNT_CREATED, .account_id = 9, .created_at = 12345},
  };
  for (int i = 0; i < 3; i++) {
    assert_ok(db_write(as(store, NULL), add, &written[i]));
  }
  struct event *found = NULL;
  size_t count = 0;
  assert_ok(event_list(as(store, NULL), 0, 2, &found, &count));
  assert_int_equal(count, 2);
  assert_int_equal(found[0].kind, EVENT_SESSION_ENDED);
  assert_int_equal(found[0].ticket_id, 0);
  assert_int_equal(found[0].created_at, STORE_NOW);
  assert_int_equal(found[1].ticket_id, 3);
  assert_int_equal(found[1].account_id, 7);
  assert_int_equal(found[1].old_value, 1);
  assert_int_equal(found[1].new_value, 5);
  assert_ok(event_list(as(store, NULL), found[1].id, 100, &found, &count));
  assert_int_equal(count, 1);
  assert_int_equal(found[0].tenant_id, 2);
  assert_int_equal(found[0].created_at, 12345);
  assert_ok(event_list(as(store, NULL), found[0].id, 100, &found, &count));
  assert_int_equal(count, 0);
  assert_ok(event_list(as(store, NULL), 0, 1000000, &found, &count));
  assert_int_equal(count, 3);
  assert_ok(event_list(as(store, NULL), 0, 0, &found, &count));
  assert_int_equal(count, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(events_follow_one_another_by_number),
  };
  return STORE_RUN(tests);
}
