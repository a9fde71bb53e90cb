#include <string.h>

#include "people.h"

/* Every list and total is compared with what a plain loop over all tickets finds. */
enum {
  TENANTS = 2,
  AUTHORS = 24,
  STAFF = 6,
  PEOPLE = TENANTS * (AUTHORS + STAFF),
  TICKETS = 360,
  SEARCHES = 900
};

struct world {
  struct who people[PEOPLE];
  struct str name_folded[PEOPLE], email_folded[PEOPLE];
  struct ticket tickets[TICKETS];
  uint64_t random;
  int64_t start_us;
};

static uint64_t draw(struct world *world, uint64_t below) {
  world->random ^= world->random << 13;
  world->random ^= world->random >> 7;
  world->random ^= world->random << 17;
  return world->random % below;
}

static void make_people(struct store *store, struct world *world) {
  static const char *const names[] = {"Ani Wijaya",  "ÀNI Çelik",   "100% Sure",
                                      "under_score", "back\\slash", "Budi"};
  static const char *const domains[] = {"example.com", "Example.COM", "rare.example", "a_b.example",
                                        "axb.example"};
  for (int i = 0; i < PEOPLE; i++) {
    int64_t tenant = 1 + i / (AUTHORS + STAFF);
    int n = i % (AUTHORS + STAFF);
    enum role role = n < AUTHORS ? ROLE_CUSTOMER : n - AUTHORS + 1;
    /* Most are at example.com, a few are hard to find. */
    const char *domain = domains[n % 9 == 0 ? 2 : n % 7 == 0 ? 3 : n % 5 == 0 ? 4 : n % 2];
    world->people[i] = person(store, tenant, role, names[n % 6], SQL(store, "Person%d@%s", n, domain));
    world->name_folded[i] = str_fold(store->ctx.arena, world->people[i].name);
    world->email_folded[i] = str_fold(store->ctx.arena, world->people[i].email);
  }
}

/* Right before where a block of some size begins. */
static const int64_t jumps[] = {250, 1000, 8190, 8400, 262140, 263000, 524280, 1 << 30, (int64_t)1 << 41};

/* The next tickets have numbers from there on: a removed one of nobody's tenant has the one before. */
static void jump_ids(struct store *store, int64_t id) {
  store_sql(store,
            SQL(store,
                "INSERT INTO ticket (id, tenant_id, uuid, author_id, title, description, category, "
                "priority, status, work_type, request_kind, file_count, status_changed_at, created_at, "
                "updated_at, removed_at) SELECT %" PRId64 ", tenant_id, %s, author_id, title, description, "
                "category, priority, status, work_type, request_kind, 0, 1, 1, 1, 1 FROM ticket LIMIT 1",
                id, uuid_literal(store, uuid_v7(store->ctx.now_us))));
  if (store->pgsql) {
    store_text(store, SQL(store, "SELECT setval(pg_get_serial_sequence('ticket', 'id'), %" PRId64 ")", id));
  }
}

static void make_tickets(struct store *store, struct world *world) {
  for (int i = 0; i < TICKETS; i++) {
    struct who *author =
        &world->people[draw(world, 4) == 0 ? draw(world, PEOPLE) : draw(world, PEOPLE / 5) * 5];
    struct ticket *t = &world->tickets[i];
    struct ticket_new new_ticket = plain_ticket();
    new_ticket.title = str_format(store->ctx.arena, "ticket %d", i);
    new_ticket.priority = 1 + draw(world, 5);
    new_ticket.category = 1 + draw(world, 4);
    new_ticket.work_type = draw(world, 6);
    new_ticket.scheduled_at =
        draw(world, 2) ? 0 : world->start_us + (int64_t)draw(world, (uint64_t)(16 * TIME_DAY_US));
    /* Forward, and at times set back. */
    store->ctx.now_us += (int64_t)draw(world, (uint64_t)(2 * TIME_HOUR_US)) -
                         (draw(world, 12) == 0 ? (int64_t)draw(world, (uint64_t)(3 * TIME_DAY_US)) : 0);
    if (i % 40 == 39) {
      jump_ids(store, jumps[i / 40]);
    }
    assert_ok(ticket_create(as(store, author), &new_ticket, t));
    const struct who *family = &world->people[(t->tenant_id - 1) * (AUTHORS + STAFF) + AUTHORS];
    if (draw(world, 3) != 0) {
      /* By a technician, who takes it, or by somebody else, who doesn't. */
      const struct ticket_status_change change = {.set = 1 + draw(world, 6)};
      assert_ok(ticket_set_status(as(store, &family[draw(world, 2) ? 1 : 2 + draw(world, 4)]), t->uuid,
                                  &change, t));
    }
    if (draw(world, 8) == 0) {
      assert_ok(ticket_remove(as(store, &family[5]), t->uuid, false, t));
    }
  }
}

static struct world *make_world(struct store *store, uint64_t seed) {
  struct world *world = ARENA_NEW(store->ctx.arena, struct world);
  world->random = seed;
  /* Ids of this process only grow, so the second engine starts later. */
  world->start_us = store->ctx.now_us += store->pgsql ? 365 * TIME_DAY_US : 0;
  tenant_make(store, 2);
  make_people(store, world);
  make_tickets(store, world);
  return world;
}

static bool has(const struct db_ints *set, int64_t value) {
  bool found = set->count == 0;
  for (unsigned i = 0; i < set->count; i++) {
    found = found || set->values[i] == value;
  }
  return found;
}

static bool contains(struct store *store, struct str text, struct str part) {
  if (part.len == 0) {
    return true;
  }
  struct str folded = str_fold(store->ctx.arena, part);
  return memmem(text.at, text.len, folded.at, folded.len) != NULL;
}

static bool matches(struct store *store, const struct world *world, const struct who *who,
                    const struct ticket_filter *f, const struct ticket *t) {
  bool mine = t->assignee_id == 0 || t->assignee_id == who->account_id;
  if (t->tenant_id != who->tenant_id || t->removed_at != 0 ||
      (who->role == ROLE_CUSTOMER && t->author_id != who->account_id) ||
      (who->role == ROLE_TECHNICIAN && !mine)) {
    return false;
  }
  size_t author = 0;
  while (world->people[author].account_id != t->author_id) {
    author++;
  }
  return has(&f->statuses, t->status) && has(&f->priorities, t->priority) &&
         has(&f->work_types, t->work_type) && has(&f->categories, t->category) &&
         (f->author_id == 0 || f->author_id == t->author_id) &&
         (f->assignee_id == 0 || f->assignee_id == t->assignee_id) && t->created_at >= f->created_from &&
         (f->created_to == 0 || t->created_at < f->created_to) &&
         (f->scheduled_from == 0 || t->scheduled_at >= f->scheduled_from) &&
         (f->scheduled_to == 0 || (t->scheduled_at != 0 && t->scheduled_at < f->scheduled_to)) &&
         (f->before_id == 0 || t->id < f->before_id) && (f->after_id == 0 || t->id > f->after_id) &&
         contains(store, world->email_folded[author], f->author_email) &&
         contains(store, world->name_folded[author], f->author_name);
}

static struct db_ints random_set(struct world *world, uint64_t values) {
  struct db_ints set = {0};
  if (draw(world, 2) == 0) {
    set.count = (unsigned)draw(world, 4) * (draw(world, 8) == 0 ? 2 : 1);
  }
  for (unsigned i = 0; i < set.count; i++) {
    set.values[i] = (int64_t)(draw(world, 20) == 0 ? draw(world, 100) : 1 + draw(world, values));
  }
  return set;
}

static struct ticket_filter random_filter(struct world *world) {
  static const char *const emails[] = {"example.com", "EXAMPLE", "rare",    "a_b", "person1",
                                       "@",           "%",       "nobody@", "\\",  "Person3@"};
  static const char *const surnames[] = {"ani", "àni",  "ÇELIK", "%",      "_",
                                         "\\",  "budi", "i",     "nobody", "100% s"};
  struct ticket_filter f = {.statuses = random_set(world, 6), .priorities = random_set(world, 5)};
  if (draw(world, 2) == 0) {
    f.work_types = random_set(world, 5);
    f.categories = random_set(world, 4);
  }
  if (draw(world, 6) == 0) {
    f.assignee_id = world->people[draw(world, PEOPLE)].account_id;
  }
  if (draw(world, 4) == 0) {
    f.author_id = draw(world, 5) == 0 ? 4711 : world->people[draw(world, PEOPLE)].account_id;
  }
  if (draw(world, 5) == 0) {
    f.author_email = str_of(emails[draw(world, 10)]);
  }
  if (draw(world, 5) == 0) {
    f.author_name = str_of(surnames[draw(world, 10)]);
  }
  if (draw(world, 4) == 0) {
    f.created_from = world->start_us + (int64_t)draw(world, (uint64_t)(16 * TIME_DAY_US));
  }
  if (draw(world, 3) == 0) {
    f.created_to = (f.created_from ? f.created_from : world->start_us) +
                   (int64_t)draw(world, (uint64_t)(9 * TIME_DAY_US));
  }
  if (draw(world, 4) == 0) {
    f.scheduled_from = world->start_us + (int64_t)draw(world, (uint64_t)(16 * TIME_DAY_US));
  }
  if (draw(world, 4) == 0) {
    f.scheduled_to = (f.scheduled_from ? f.scheduled_from : world->start_us) +
                     (int64_t)draw(world, (uint64_t)(9 * TIME_DAY_US));
  }
  if (draw(world, 4) == 0) {
    f.before_id = world->tickets[draw(world, TICKETS)].id + (int64_t)draw(world, 3) - 1;
  }
  if (draw(world, 4) == 0) {
    f.after_id = draw(world, 4) == 0 ? INT64_MIN + 1
                                     : world->tickets[draw(world, TICKETS)].id + (int64_t)draw(world, 3) - 1;
  }
  f.skip = draw(world, 2) == 0 ? (int64_t)draw(world, 60) : 0;
  f.limit = draw(world, 3) == 0 ? TICKET_LIST_MAX : 1 + (int64_t)draw(world, 30);
  f.brief = draw(world, 2) == 0;
  return f;
}

static void compare_list(struct store *store, const struct world *world, const struct who *who,
                         const struct ticket_filter *f) {
  struct ticket *found = NULL;
  size_t count = 0;
  assert_ok(ticket_list(as(store, who), f, &found, &count));
  int64_t skip = f->skip;
  size_t n = 0;
  for (int i = 0; i < TICKETS && (int64_t)n < f->limit; i++) {
    const struct ticket *t = &world->tickets[f->after_id != 0 ? i : TICKETS - 1 - i];
    if (!matches(store, world, who, f, t) || skip-- > 0) {
      continue;
    }
    assert_true(n < count);
    assert_int_equal(found[n].id, t->id);
    assert_true(uuid_equal(found[n].uuid, t->uuid));
    assert_true(str_equal(found[n].title, t->title));
    assert_true(str_equal(found[n].author_name, t->author_name));
    assert_true(str_equal(found[n].author_email, t->author_email));
    assert_int_equal(found[n].status, t->status);
    assert_int_equal(found[n].assignee_id, t->assignee_id);
    assert_true(f->brief ? found[n].description.at == NULL : str_equal(found[n].description, t->description));
    n++;
  }
  assert_int_equal(count, n);
}

static void compare_total(struct store *store, const struct world *world, const struct who *who,
                          struct ticket_filter f) {
  const struct ticket_filter asked = f;
  f.before_id = f.after_id = f.skip = 0;
  int64_t expected = 0, total = -1;
  for (int i = 0; i < TICKETS; i++) {
    expected += matches(store, world, who, &f, &world->tickets[i]);
  }
  assert_ok(ticket_total(as(store, who), &asked, &total));
  assert_int_equal(total, expected);
}

static void lists_and_totals_are_what_a_plain_loop_finds(struct store *store) {
  struct world *world = make_world(store, 77);
  assert_counters_true(store);
  struct arena *whole = store->ctx.arena;
  struct arena *small = store->ctx.arena = arena_new(16 * 1024 * 1024);
  for (int i = 0; i < SEARCHES; i++) {
    arena_reset(small);
    uint64_t tenant = draw(world, TENANTS) * (AUTHORS + STAFF);
    const struct who *who =
        &world->people[tenant + (draw(world, 3) == 0 ? draw(world, AUTHORS) : AUTHORS + draw(world, STAFF))];
    const struct ticket_filter filter = random_filter(world);
    compare_list(store, world, who, &filter);
    compare_total(store, world, who, filter);
  }
  store->ctx.arena = whole;
  arena_free(small);
}

static void counts_are_what_the_caller_may_read(struct store *store) {
  struct world *world = make_world(store, 4242);
  const struct ticket_filter any = {.limit = 1};
  for (int p = 0; p < PEOPLE; p++) {
    int64_t expected[TICKET_STATUS_COUNT] = {0}, counts[TICKET_STATUS_COUNT];
    for (int i = 0; i < TICKETS; i++) {
      if (matches(store, world, &world->people[p], &any, &world->tickets[i])) {
        expected[world->tickets[i].status]++;
      }
    }
    assert_ok(ticket_counts(as(store, &world->people[p]), counts));
    for (int s = 0; s < TICKET_STATUS_COUNT; s++) {
      assert_int_equal(counts[s], expected[s]);
    }
  }
}

static void pages_by_id_join_without_gap_or_repetition(struct store *store) {
  struct world *world = make_world(store, 5);
  const struct who *manager = &world->people[AUTHORS + 4];
  struct ticket_filter f = {.limit = TICKET_LIST_MAX,
                            .statuses = {{TICKET_NEW, TICKET_CLOSED, TICKET_PENDING}, 3}};
  struct ticket *all = NULL, *page = NULL;
  size_t count = 0, n = 0, seen = 0;
  assert_ok(ticket_list(as(store, manager), &f, &all, &count));
  assert_true(count > 50);
  f.limit = 7;
  do {
    assert_ok(ticket_list(as(store, manager), &f, &page, &n));
    for (size_t i = 0; i < n; i++) {
      assert_int_equal(page[i].id, all[seen++].id);
    }
    f.before_id = n > 0 ? page[n - 1].id : 0;
  } while (n == 7);
  assert_int_equal(seen, count);
}

static void the_widest_filters_stay_within_the_branches(struct store *store) {
  struct world *world = make_world(store, 9);
  struct ticket_filter f = {
      .limit = 50, .statuses = {{1, 2, 3, 4, 5, 5, 5, 5}, 8}, .priorities = {{1, 2, 3, 5, 5, 5}, 6}};
  for (int i = 0; i < STAFF; i++) {
    compare_list(store, world, &world->people[AUTHORS + i], &f);
    f.author_email = i % 2 ? STR("rare") : STR_NONE;
  }
}

/* With few tickets of one's own and none free, a technician's total is counted from that side. */
static void a_busy_desk_is_counted_from_the_technicians_side(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who technicians[] = {person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com"),
                                    person(store, 1, ROLE_TECHNICIAN, "Tini", "tini@example.com")};
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  for (int i = 0; i < 40; i++) {
    struct ticket_new new_ticket = plain_ticket();
    new_ticket.priority = 1 + i % 5;
    const struct ticket_status_change change = {.set = TICKET_ASSIGNED + i % 2};
    struct ticket ticket;
    assert_ok(ticket_create(as(store, i == 4 ? &technicians[1] : &author), &new_ticket, &ticket));
    assert_ok(ticket_set_status(as(store, &technicians[i < 12]), ticket.uuid, &change, &ticket));
    if (i == 0) {
      assert_ok(ticket_remove(as(store, &manager), ticket.uuid, false, &ticket));
    }
  }
  const struct db_ints any = {.count = 0}, in_progress = {{TICKET_IN_PROGRESS}, 1},
                       assigned = {{TICKET_ASSIGNED}, 1};
  const struct db_ints low = {{PRIORITY_LOW, PRIORITY_NORMAL}, 2}, emergency = {{PRIORITY_EMERGENCY}, 1};
  const struct {
    const char *email;
    int own_author;
    struct db_ints statuses, priorities;
    int64_t total;
  } rows[] = {
      {"@", 0, any, any, 11},   {"ANI@", 0, any, any, 10},        {"ANI@", 0, in_progress, any, 6},
      {"ANI@", 0, any, low, 5}, {"@", 0, assigned, emergency, 1}, {NULL, 1, any, any, 10},
      {"tini", 1, any, any, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct ticket_filter f = {.author_email = str_of(rows[i].email),
                                    .author_id = rows[i].own_author ? author.account_id : 0,
                                    .statuses = rows[i].statuses,
                                    .priorities = rows[i].priorities,
                                    .limit = 100};
    struct ticket *found = NULL;
    size_t count = 0;
    int64_t total = -1;
    assert_ok(ticket_total(as(store, &technicians[1]), &f, &total));
    assert_ok(ticket_list(as(store, &technicians[1]), &f, &found, &count));
    assert_int_equal(total, count);
    assert_int_equal(total, rows[i].total);
  }
}

static void strange_search_texts_match_nobody(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  ticket_of(store, &manager);
  const struct str strange[] = {STR("\xff"), STR("bu\0di"), STR("%\x01")};
  for (size_t i = 0; i < 3; i++) {
    const struct ticket_filter f = {.author_name = strange[i], .limit = 10};
    struct ticket *found = NULL;
    size_t count = 9;
    int64_t total = 9;
    assert_ok(ticket_list(as(store, &manager), &f, &found, &count));
    assert_ok(ticket_total(as(store, &manager), &f, &total));
    assert_int_equal(count, 0);
    assert_int_equal(total, 0);
  }
}

static void pages_beyond_the_end_are_empty(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &manager);
  static const struct {
    int64_t skip, limit, before_id;
    size_t count;
  } rows[] = {
      {0, 1, 0, 1},         {INT64_MIN, 1, 0, 1},  {1, 10, 0, 0},        {INT64_MAX, INT64_MAX, 0, 0},
      {0, INT64_MAX, 0, 1}, {0, 0, 0, 0},          {0, INT64_MIN, 0, 0}, {0, 10, INT64_MIN, 0},
      {0, 10, 1, 0},        {0, 10, INT64_MAX, 1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    for (int text = 0; text < 2; text++) {
      const struct ticket_filter f = {.skip = rows[i].skip,
                                      .limit = rows[i].limit,
                                      .before_id = rows[i].before_id,
                                      .author_name = text ? STR("budi") : STR_NONE};
      struct ticket *found = NULL;
      size_t count = 99;
      assert_ok(ticket_list(as(store, &manager), &f, &found, &count));
      assert_int_equal(count, rows[i].count);
      assert_true(count == 0 || found[0].id == t.id);
    }
  }
}

static void nobody_lists_without_signing_in(struct store *store) {
  const struct ticket_filter f = {.limit = 10};
  struct ticket *found = NULL;
  size_t count = 0;
  int64_t total, counts[TICKET_STATUS_COUNT];
  assert_status(STATUS_UNAUTHENTICATED, ticket_list(as(store, NULL), &f, &found, &count));
  assert_status(STATUS_UNAUTHENTICATED, ticket_total(as(store, NULL), &f, &total));
  assert_status(STATUS_UNAUTHENTICATED, ticket_counts(as(store, NULL), counts));
}

static void a_list_too_large_for_the_request_is_refused(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct ticket_new new_ticket = plain_ticket();
  char *text = arena_alloc(store->ctx.arena, 60000);
  memset(text, 'x', 60000);
  new_ticket.description = (struct str){text, 60000};
  struct ticket ticket, *found = NULL;
  for (int i = 0; i < 100; i++) {
    assert_ok(ticket_create(as(store, &author), &new_ticket, &ticket));
  }
  struct ticket_filter f = {.limit = 100};
  size_t count = 0;
  struct arena *whole = store->ctx.arena;
  store->ctx.arena = arena_new(4 * 1024 * 1024);
  assert_status(STATUS_TOO_LARGE, ticket_list(as(store, &author), &f, &found, &count));
  assert_ptr_equal(store->ctx.problem.kind, &ticket_list_too_large);
  arena_reset(store->ctx.arena);
  f.brief = true;
  assert_ok(ticket_list(as(store, &author), &f, &found, &count));
  assert_int_equal(count, 100);
  arena_free(store->ctx.arena);
  store->ctx.arena = whole;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(lists_and_totals_are_what_a_plain_loop_finds),
      STORE_TEST(counts_are_what_the_caller_may_read),
      STORE_TEST(pages_by_id_join_without_gap_or_repetition),
      STORE_TEST(the_widest_filters_stay_within_the_branches),
      STORE_TEST(a_busy_desk_is_counted_from_the_technicians_side),
      STORE_TEST(strange_search_texts_match_nobody),
      STORE_TEST(pages_beyond_the_end_are_empty),
      STORE_TEST(nobody_lists_without_signing_in),
      STORE_TEST(a_list_too_large_for_the_request_is_refused),
  };
  return STORE_RUN(tests);
}
