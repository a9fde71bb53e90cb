#include <string.h>

#include "base/buf.h"
#include "desk/tenant/tenant.h"
#include "people.h"

/* Lists and totals by a time of the schedule, against a plain loop over the tickets: where schedules follow
 * the order of creation, where they have nothing to do with it, where most are on one day, where hardly any
 * is. The tickets are put in behind the commands' back, and their blocks made as after an upgrade. */
enum { TICKETS = 4000, SEARCHES = 250, DAYS = 400, PAGE_MAX = 9 };

struct row {
  int64_t id, created_at, scheduled_at;
  int status, priority, work_type, category;
};

struct world {
  struct row rows[TICKETS];
  uint64_t random;
};

static uint64_t draw(struct world *world, uint64_t below) {
  world->random ^= world->random << 13;
  world->random ^= world->random >> 7;
  world->random ^= world->random << 17;
  return world->random % below;
}

typedef int64_t (*schedule_function)(struct world *world, int64_t created_at);

static int64_t soon(struct world *world, int64_t created_at) {
  return draw(world, 5) == 0 ? 0 : created_at + (int64_t)draw(world, (uint64_t)(6 * TIME_DAY_US));
}

static int64_t any_day(struct world *world, int64_t created_at) {
  (void)created_at;
  return STORE_NOW + (int64_t)draw(world, (uint64_t)(DAYS * TIME_DAY_US));
}

static int64_t mostly_one_day(struct world *world, int64_t created_at) {
  int64_t day = STORE_NOW + 100 * TIME_DAY_US;
  return draw(world, 10) == 0 ? any_day(world, created_at)
                              : day + (int64_t)draw(world, (uint64_t)TIME_HOUR_US);
}

static int64_t hardly_ever(struct world *world, int64_t created_at) {
  return draw(world, 40) == 0 ? any_day(world, created_at) : 0;
}

/* Ids in heaps, over several large blocks; the clock goes on an hour or two a ticket, and is set back at
 * times. */
static void make_rows(struct world *world, schedule_function schedule) {
  int64_t id = 0, now = STORE_NOW;
  for (int i = 0; i < TICKETS; i++) {
    id += draw(world, 150) == 0 ? (int64_t)draw(world, 60000) : 1 + (int64_t)draw(world, 3);
    now += (int64_t)draw(world, (uint64_t)(4 * TIME_HOUR_US)) -
           (draw(world, 300) == 0 ? (int64_t)draw(world, (uint64_t)(9 * TIME_DAY_US)) : 0);
    world->rows[i] = (struct row){.id = id,
                                  .created_at = now,
                                  .scheduled_at = schedule(world, now),
                                  .status = 1 + (int)draw(world, 6),
                                  .priority = 1 + (int)draw(world, 5),
                                  .work_type = 1 + (int)draw(world, 5),
                                  .category = 1 + (int)draw(world, 4)};
  }
}

static void store_rows(struct store *store, const struct world *world, const struct who *author) {
  CLEANUP_BUF struct buf sql;
  buf_init(&sql, 1 << 20);
  for (int i = 0; i < TICKETS; i++) {
    const struct row *row = &world->rows[i];
    if (i % 1000 == 0) {
      buf_clear(&sql);
      buf_format(&sql,
                 "INSERT INTO ticket (id, tenant_id, uuid, author_id, title, description, category, "
                 "priority, status, work_type, request_kind, file_count, status_changed_at, created_at, "
                 "updated_at, scheduled_at) VALUES ");
    }
    buf_format(&sql,
               store->pgsql ? "(%" PRId64 ", 1, '\\x%032" PRIx64 "'" : "(%" PRId64 ", 1, X'%032" PRIx64 "'",
               row->id, (uint64_t)row->id);
    buf_format(&sql, ", %" PRId64 ", 'T', 'T', %d, %d, %d, %d, 0, 0, 1, %" PRId64 ", 1, ", author->account_id,
               row->category, row->priority, row->status, row->work_type, row->created_at);
    if (row->scheduled_at != 0) {
      buf_format(&sql, "%" PRId64 ")", row->scheduled_at);
    } else {
      buf_format(&sql, "NULL)");
    }
    buf_add_char(&sql, i % 1000 == 999 || i == TICKETS - 1 ? '\0' : ',');
    if (i % 1000 == 999 || i == TICKETS - 1) {
      store_sql(store, buf_str(&sql).at);
    }
  }
  assert_ok(ticket_sums_rebuild(&store->ctx, 1));
}

static bool within(int64_t at, int64_t from, int64_t to) {
  return at >= from && (to == 0 || at < to);
}

static bool in_set(const struct db_ints *set, int64_t value) {
  bool found = set->count == 0;
  for (unsigned i = 0; i < set->count; i++) {
    found = found || set->values[i] == value;
  }
  return found;
}

static bool matches(const struct ticket_filter *f, const struct row *row) {
  return row->scheduled_at != 0 && within(row->scheduled_at, f->scheduled_from, f->scheduled_to) &&
         within(row->created_at, f->created_from, f->created_to) && in_set(&f->statuses, row->status) &&
         in_set(&f->priorities, row->priority) && in_set(&f->work_types, row->work_type) &&
         in_set(&f->categories, row->category);
}

static struct db_ints random_set(struct world *world, int values) {
  struct db_ints set = {.count = draw(world, 2) == 0 ? 1 + (unsigned)draw(world, 2) : 0};
  for (unsigned i = 0; i < set.count; i++) {
    set.values[i] = 1 + (int64_t)draw(world, (uint64_t)values);
  }
  return set;
}

/* A moment of the year, mostly where a day of the zone begins. */
static int64_t random_time(struct world *world, const char *zone) {
  int64_t at = STORE_NOW + (int64_t)draw(world, (uint64_t)((DAYS + 10) * TIME_DAY_US));
  return draw(world, 4) == 0 ? at : time_day_start(time_local_day(at, zone), zone);
}

static struct ticket_filter random_filter(struct world *world, const char *zone) {
  struct ticket_filter f = {.limit = 1 + (int64_t)draw(world, PAGE_MAX), .brief = true};
  uint64_t ends = 1 + draw(world, 3);
  f.scheduled_from = (ends & 1) != 0 ? random_time(world, zone) : 0;
  f.scheduled_to = (ends & 2) != 0 ? random_time(world, zone) : 0;
  if (f.scheduled_to != 0 && f.scheduled_from >= f.scheduled_to) {
    f.scheduled_from = draw(world, 2) == 0 ? f.scheduled_to - 1 : f.scheduled_to - 3 * TIME_HOUR_US;
  }
  f.statuses = draw(world, 2) == 0 ? random_set(world, 6) : (struct db_ints){.count = 0};
  f.priorities = draw(world, 3) == 0 ? random_set(world, 5) : (struct db_ints){.count = 0};
  f.work_types = draw(world, 3) == 0 ? random_set(world, 5) : (struct db_ints){.count = 0};
  f.categories = draw(world, 4) == 0 ? random_set(world, 4) : (struct db_ints){.count = 0};
  if (draw(world, 3) == 0) {
    f.created_from = random_time(world, zone);
    f.created_to =
        draw(world, 2) == 0 ? f.created_from + (int64_t)draw(world, (uint64_t)(90 * TIME_DAY_US)) : 0;
  }
  return f;
}

/* The page of a plain loop, in ids. */
static size_t plain_page(const struct world *world, const struct ticket_filter *f, int64_t ids[PAGE_MAX]) {
  int64_t skip = f->skip;
  size_t n = 0;
  for (int i = 0; i < TICKETS && (int64_t)n < f->limit; i++) {
    const struct row *row = &world->rows[f->after_id != 0 ? i : TICKETS - 1 - i];
    bool before = f->before_id == 0 || row->id < f->before_id;
    bool after = f->after_id == 0 || row->id > f->after_id;
    if (before && after && matches(f, row) && skip-- <= 0) {
      ids[n++] = row->id;
    }
  }
  return n;
}

static void compare(struct store *store, const struct world *world, const struct who *who,
                    const struct ticket_filter *f, int64_t expected) {
  int64_t ids[PAGE_MAX], total = -1, also = -1;
  size_t n = plain_page(world, f, ids), count = 0;
  struct ticket *found = NULL;
  assert_ok(ticket_total(as(store, who), f, &total));
  assert_int_equal(total, expected);
  assert_ok(ticket_list_and_total(as(store, who), f, &found, &count, &also));
  assert_int_equal(also, expected);
  for (int again = 0; again < 2; again++) {
    assert_int_equal(count, n);
    for (size_t i = 0; i < n; i++) {
      assert_int_equal(found[i].id, ids[i]);
    }
    assert_ok(ticket_list(as(store, who), f, &found, &count));
  }
}

static void search_all(struct store *store, struct world *world, const struct who *who, const char *zone) {
  struct arena *whole = store->ctx.arena;
  struct arena *small = store->ctx.arena = arena_new(16 * 1024 * 1024);
  for (int i = 0; i < SEARCHES; i++) {
    arena_reset(small);
    struct ticket_filter f = random_filter(world, zone);
    int64_t total = 0;
    for (int k = 0; k < TICKETS; k++) {
      total += matches(&f, &world->rows[k]);
    }
    compare(store, world, who, &f, total);
    f.skip = (int64_t)draw(world, (uint64_t)total + 3);
    compare(store, world, who, &f, total);
    f.after_id = INT64_MIN + 1; /* from the oldest */
    compare(store, world, who, &f, total);
    f.skip = (int64_t)draw(world, 30);
    f.after_id = draw(world, 2) == 0 ? world->rows[draw(world, TICKETS)].id : 0;
    f.before_id = world->rows[draw(world, TICKETS)].id + (int64_t)draw(world, 2);
    compare(store, world, who, &f, total);
  }
  store->ctx.arena = whole;
  arena_free(small);
}

static void try_schedule(struct store *store, uint64_t seed, schedule_function schedule, const char *zone) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  struct world *world = ARENA_NEW(store->ctx.arena, struct world);
  world->random = seed;
  make_rows(world, schedule);
  store_rows(store, world, &manager);
  assert_places_true(store, 1);
  /* The days are that zone's from now on, and all is made anew. */
  assert_ok(tenant_set_timezone(as(store, NULL), TENANT_OPERATOR, str_of(zone)));
  search_all(store, world, &manager, zone);
}

static void schedules_that_follow_creation(struct store *store) {
  try_schedule(store, 11, soon, "Asia/Jakarta");
}

static void schedules_of_any_day(struct store *store) {
  try_schedule(store, 22, any_day, "America/New_York"); /* days of 23 and 25 hours */
}

static void schedules_that_are_mostly_of_one_day(struct store *store) {
  try_schedule(store, 33, mostly_one_day, "Asia/Kathmandu"); /* not whole hours from UTC */
}

static void schedules_that_hardly_any_has(struct store *store) {
  try_schedule(store, 44, hardly_ever, "UTC");
}

/* No wire format goes so far; whoever calls the desk may. */
static void times_beyond_all_days(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  struct ticket_new new_ticket = plain_ticket();
  new_ticket.scheduled_at = STORE_NOW;
  struct ticket ticket;
  assert_ok(ticket_create(as(store, &manager), &new_ticket, &ticket));
  const struct {
    int64_t from, to, total;
  } rows[] = {
      {1, 0, 1},
      {1, INT64_MAX, 1},
      {STORE_NOW, INT64_MAX - 1, 1},
      {INT64_MAX - 1, INT64_MAX, 0},
      {INT64_MAX, 0, 0},
      {INT64_C(1) << 62, 0, 0},
      {0, INT64_C(1) << 62, 1},
      {0, STORE_NOW, 0},
      {0, 1, 0},
      {STORE_NOW + 1, INT64_MAX, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct ticket_filter f = {.scheduled_from = rows[i].from, .scheduled_to = rows[i].to, .limit = 5};
    struct ticket *found = NULL;
    size_t count = 9;
    int64_t total = 9;
    assert_ok(ticket_list_and_total(as(store, &manager), &f, &found, &count, &total));
    assert_int_equal(total, rows[i].total);
    assert_int_equal(count, rows[i].total);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(schedules_that_follow_creation),
      STORE_TEST(schedules_of_any_day),
      STORE_TEST(schedules_that_are_mostly_of_one_day),
      STORE_TEST(schedules_that_hardly_any_has),
      STORE_TEST(times_beyond_all_days),
  };
  return STORE_RUN(tests);
}
