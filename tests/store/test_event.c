#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

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

/* ---- following ---- */

struct following {
  struct store *store;
  int64_t since; /* not 0: from the position of this time */
  int64_t tenant_id, limit;
  struct event_position at;
  struct event *events;
  size_t count;
};

/* Other tests in the cluster may end a transaction while the horizon is looked for, which delays what is told
 * (never loses it). Within one transaction the horizon stays where it is. */
static enum status follow_settled(struct ctx *ctx, void *arg) {
  struct following *f = arg;
  if (f->store->pgsql &&
      store_number(f->store, "SELECT COUNT(*) FROM event WHERE txn >= commit_horizon()") != 0) {
    return STATUS_STATE;
  }
  if (f->since != 0) {
    TRY(event_position_at(ctx, f->since, &f->at));
  }
  return event_follow(ctx, f->tenant_id, &f->at, f->limit, &f->events, &f->count, &f->at);
}

static void follow_on(struct following *f) {
  enum status status;
  while ((status = db_read(as(f->store, NULL), follow_settled, f)) == STATUS_STATE) {
    usleep(1000);
  }
  assert_ok(status);
}

static struct event *follow_all(struct store *store, int64_t tenant_id, int64_t limit,
                                struct event_position *at, size_t *count) {
  struct following f = {.store = store, .tenant_id = tenant_id, .limit = limit, .at = *at};
  follow_on(&f);
  *at = f.at;
  *count = f.count;
  return f.events;
}

static void add_some(struct store *store, int count, int64_t tenant_id) {
  for (int i = 0; i < count; i++) {
    struct event event = {.tenant_id = tenant_id, .kind = EVENT_TICKET_CHANGED, .ticket_id = i + 1};
    assert_ok(db_write(as(store, NULL), add, &event));
  }
}

static void a_follower_gets_each_event_once_and_goes_on_where_it_stood(struct store *store) {
  struct ctx *ctx = as(store, NULL);
  add_some(store, 5, 1);
  add_some(store, 2, 2);
  struct event_position at = {0, 0};
  struct event *events = NULL;
  size_t count = 0;
  events = follow_all(store, 1, 3, &at, &count);
  assert_int_equal(count, 3);
  assert_int_equal(events[2].ticket_id, 3);
  assert_int_equal(events[2].txn, at.txn);
  assert_int_equal(events[2].id, at.id);
  events = follow_all(store, 1, 3, &at, &count);
  assert_int_equal(count, 2);
  assert_int_equal(events[1].ticket_id, 5);
  struct event_position horizon;
  assert_ok(event_horizon(ctx, &horizon));
  assert_true(store->pgsql || event_position_compare(&at, &horizon) == 0);
  events = follow_all(store, 1, 3, &at, &count);
  assert_int_equal(count, 0);
  struct event_position all = {0, 0};
  events = follow_all(store, 0, 100, &all, &count);
  assert_int_equal(count, 7);
  assert_int_equal(events[6].tenant_id, 2);
  add_some(store, 1, 1);
  events = follow_all(store, 1, 3, &at, &count);
  assert_int_equal(count, 1);
  events = follow_all(store, 0, 0, &all, &count);
  assert_int_equal(count, 0);
  events = follow_all(store, 0, 100, &all, &count);
  assert_int_equal(count, 1);
}

static void a_position_beyond_the_horizon_finds_nothing_and_comes_back_to_it(struct store *store) {
  struct ctx *ctx = as(store, NULL);
  add_some(store, 3, 1);
  struct event_position horizon, at = {INT64_MAX - 1, INT64_MAX - 1};
  assert_ok(event_horizon(ctx, &horizon));
  size_t count = 9;
  follow_all(store, 1, 10, &at, &count);
  assert_int_equal(count, 0);
  assert_true(at.txn < INT64_MAX - 1);
  assert_true(store->pgsql || event_position_compare(&at, &horizon) == 0);
}

static void a_time_finds_the_position_before_what_was_written_since(struct store *store) {
  struct ctx *ctx = as(store, NULL);
  for (int i = 0; i < 200; i++) {
    struct event event = {.tenant_id = 1 + i % 2,
                          .kind = EVENT_TICKET_CHANGED,
                          .ticket_id = i + 1,
                          .created_at = STORE_NOW + i * TIME_SECOND_US};
    assert_ok(db_write(ctx, add, &event));
  }
  const int wanted[] = {0, 1, 57, 199, 200};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    struct following f = {.store = store, .since = STORE_NOW + wanted[i] * TIME_SECOND_US, .limit = 1000};
    follow_on(&f);
    assert_int_equal(f.count, 200 - wanted[i]);
  }
}

/* ---- while others write ---- */

struct overtaking {
  struct store *store;
  struct ctx *slow, *quick, *reader;
  struct event_position at;
};

static size_t follow(struct overtaking *race, bool settled, int64_t *first_ticket) {
  struct event *events = NULL;
  size_t count = 0;
  if (settled) {
    events = follow_all(race->store, 1, 100, &race->at, &count);
  } else {
    assert_ok(event_follow(race->reader, 1, &race->at, 100, &events, &count, &race->at));
  }
  *first_ticket = count > 0 ? events[0].ticket_id : 0;
  return count;
}

/* The slow transaction draws the lower id and commits last. */
static enum status overtake(struct ctx *ctx, void *arg) {
  struct overtaking *race = arg;
  int64_t ticket_id;
  struct event slow = {.tenant_id = 1, .kind = EVENT_TICKET_CHANGED, .ticket_id = 1};
  assert_ok(event_add(ctx, &slow));
  struct event quick = {.tenant_id = 1, .kind = EVENT_TICKET_CHANGED, .ticket_id = 2};
  assert_ok(db_write(race->quick, add, &quick));
  assert_int_equal(follow(race, false, &ticket_id), 0);
  return STATUS_OK;
}

static void what_could_still_be_overtaken_is_not_told_yet(struct store *store) {
  struct ctx slow = store_open(store, DB_WRITE), quick = store_open(store, DB_WRITE);
  struct overtaking race = {.store = store, .slow = &slow, .quick = &quick, .reader = as(store, NULL)};
  assert_ok(db_write(&slow, overtake, &race));
  int64_t ticket_id;
  assert_int_equal(follow(&race, true, &ticket_id), 2);
  assert_int_equal(ticket_id, 1);
  assert_int_equal(follow(&race, true, &ticket_id), 0);
  store_close(&slow);
  store_close(&quick);
}

enum { WRITERS = 4, WRITES = 150 };

struct writer {
  struct ctx ctx;
  unsigned seed;
  int64_t kept;
  int64_t number;
  pthread_t thread;
};

static atomic_int running;

/* Several events, a while between them, and now and then all of it undone. */
static enum status write_events(struct ctx *ctx, void *arg) {
  struct writer *writer = arg;
  int count = 1 + rand_r(&writer->seed) % 3;
  for (int i = 0; i < count; i++) {
    struct event event = {
        .tenant_id = 1, .kind = EVENT_TICKET_CHANGED, .ticket_id = writer->number, .new_value = i};
    TRY(event_add(ctx, &event));
    usleep((unsigned)rand_r(&writer->seed) % 3000);
  }
  if (rand_r(&writer->seed) % 5 == 0) {
    return STATUS_STATE;
  }
  writer->kept += count;
  return STATUS_OK;
}

static void *write_on(void *arg) {
  struct writer *writer = arg;
  for (int i = 0; i < WRITES; i++) {
    enum status status = db_write(&writer->ctx, write_events, writer);
    if (status != STATUS_OK && status != STATUS_STATE) {
      break;
    }
    arena_reset(writer->ctx.arena);
  }
  atomic_fetch_sub(&running, 1);
  return NULL;
}

static void nothing_is_left_out_or_repeated_while_many_write(struct store *store) {
  int writers = store->pgsql ? WRITERS : 1;
  struct writer all[WRITERS] = {0};
  struct ctx reader = store_open(store, DB_READ);
  atomic_store(&running, writers);
  for (int i = 0; i < writers; i++) {
    all[i] = (struct writer){.ctx = store->pgsql ? store_open(store, DB_WRITE) : store->ctx,
                             .seed = (unsigned)i + 1,
                             .number = i + 1};
    all[i].ctx.arena = arena_new(1 << 20);
    assert_int_equal(pthread_create(&all[i].thread, NULL, write_on, &all[i]), 0);
  }
  int64_t told = 0, most_at_once = 0;
  struct event_position at = {0, 0}, last = {0, 0};
  reader.arena = arena_new(1 << 24);
  for (bool through = false; !through;) {
    through = atomic_load(&running) == 0;
    struct event *events = NULL;
    size_t count = 0;
    if (through) {
      events = follow_all(store, 1, 7, &at, &count);
    } else {
      assert_ok(event_follow(&reader, 1, &at, 7, &events, &count, &at));
    }
    for (size_t i = 0; i < count; i++) {
      struct event_position here = {events[i].txn, events[i].id};
      assert_true(event_position_compare(&here, &last) > 0);
      last = here;
    }
    told += (int64_t)count;
    most_at_once = (int64_t)count > most_at_once ? (int64_t)count : most_at_once;
    through = through && count == 0;
    arena_reset(reader.arena);
  }
  int64_t kept = 0;
  for (int i = 0; i < writers; i++) {
    pthread_join(all[i].thread, NULL);
    kept += all[i].kept;
    arena_free(all[i].ctx.arena);
    if (store->pgsql) {
      store_close(&all[i].ctx);
    }
  }
  arena_free(reader.arena);
  store_close(&reader);
  assert_true(kept > WRITES / 2);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM event"), kept);
  assert_int_equal(told, kept);
  assert_true(most_at_once > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(events_follow_one_another_by_number),
      STORE_TEST(a_follower_gets_each_event_once_and_goes_on_where_it_stood),
      STORE_TEST(a_position_beyond_the_horizon_finds_nothing_and_comes_back_to_it),
      STORE_TEST(a_time_finds_the_position_before_what_was_written_since),
      STORE_TEST_PGSQL(what_could_still_be_overtaken_is_not_told_yet),
      STORE_TEST(nothing_is_left_out_or_repeated_while_many_write),
  };
  return STORE_RUN(tests);
}
