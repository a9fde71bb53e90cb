#include <string.h>

#include "desk/activity/activity.h"
#include "people.h"

struct line {
  const struct ticket *ticket;
  enum activity_action action;
  struct str old_value, new_value;
};

static enum status add(struct ctx *ctx, void *arg) {
  const struct line *line = arg;
  return activity_add(ctx, line->ticket->tenant_id, line->ticket->id, line->action, line->old_value,
                      line->new_value);
}

static void history_tells_who_changed_what_in_time_order(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who staff = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &author);
  ticket_of(store, &staff);
  store->ctx.now_us = STORE_NOW + 3;
  struct line line = {&t, ACTIVITY_STATUS, STR("new"), STR("closed")};
  assert_ok(db_write(as(store, &staff), add, &line));
  line = (struct line){&t, ACTIVITY_REMOVED, STR_NONE, STR_NONE};
  assert_ok(db_write(as(store, NULL), add, &line));
  struct activity *found = NULL;
  size_t count = 0;
  assert_ok(activity_list(as(store, &author), t.id, &found, &count));
  assert_int_equal(count, 4);
  assert_int_equal(found[0].action, ACTIVITY_CREATED);
  assert_str(found[0].actor_name, "Ani");
  assert_int_equal(found[0].actor_id, author.account_id);
  assert_int_equal(found[1].action, ACTIVITY_SLA_STARTED);
  found++;
  assert_int_equal(found[1].action, ACTIVITY_STATUS);
  assert_str(found[1].actor_name, "Budi");
  assert_str(found[1].old_value, "new");
  assert_str(found[1].new_value, "closed");
  assert_int_equal(found[1].created_at, STORE_NOW + 3);
  assert_int_equal(found[2].actor_id, 0);
  assert_null(found[2].actor_name.at);
  assert_null(found[2].old_value.at);
  assert_false(uuid_is_none(found[2].uuid));
  assert_int_equal(found[2].ticket_id, t.id);
  assert_ok(activity_list(as(store, &author), 4711, &found, &count));
  assert_int_equal(count, 0);
}

static enum status add_change(struct ctx *ctx, void *arg) {
  const struct line *line = arg;
  return activity_add_change(ctx, line->ticket->tenant_id, line->ticket->id, "title", line->old_value,
                             line->new_value);
}

static void a_change_names_its_field(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket t = ticket_of(store, &author);
  struct line line = {&t, ACTIVITY_CHANGED, STR("Router"), STR_NONE};
  assert_ok(db_write(as(store, &author), add_change, &line));
  struct activity *found = NULL;
  size_t count = 0;
  assert_ok(activity_list(as(store, &author), t.id, &found, &count));
  assert_int_equal(count, 3);
  assert_null(found[0].field.at);
  assert_int_equal(found[2].action, ACTIVITY_CHANGED);
  assert_str(found[2].field, "title");
  assert_str(found[2].old_value, "Router");
  assert_null(found[2].new_value.at);
}

static void more_history_than_a_request_holds_is_refused(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket t = ticket_of(store, &author);
  char *text = arena_alloc(store->ctx.arena, 60000);
  memset(text, 'x', 60000);
  struct line line = {&t, ACTIVITY_NOTE, STR_NONE, {text, 60000}};
  for (int i = 0; i < 40; i++) {
    assert_ok(db_write(as(store, &author), add, &line));
  }
  struct activity *found = NULL;
  size_t count = 0;
  struct arena *whole = store->ctx.arena;
  store->ctx.arena = arena_new(2 * 1024 * 1024);
  assert_status(STATUS_TOO_LARGE, activity_list(as(store, &author), t.id, &found, &count));
  assert_ptr_equal(store->ctx.problem.kind, &activity_list_too_large);
  arena_free(store->ctx.arena);
  store->ctx.arena = whole;
  assert_ok(activity_list(as(store, &author), t.id, &found, &count));
  assert_int_equal(count, 42);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(history_tells_who_changed_what_in_time_order),
      STORE_TEST(a_change_names_its_field),
      STORE_TEST(more_history_than_a_request_holds_is_refused),
  };
  return STORE_RUN(tests);
}
