#include <pthread.h>
#include <stdlib.h>

#include "people.h"

/* The sums of tickets stay true through everything that happens to tickets. assert_counters_true (people.h)
 * counts the table. */
enum { TICKETS = 60, STEPS = 400 };

struct world {
  struct who authors[3], technicians[2], managers[2], other;
  struct uuid uuids[TICKETS];
  struct who *owners[TICKETS];
  int count;
  uint64_t random;
};

static uint64_t draw(struct world *world, uint64_t below) {
  world->random ^= world->random << 13;
  world->random ^= world->random >> 7;
  world->random ^= world->random << 17;
  return world->random % below;
}

static struct world *make_world(struct store *store, uint64_t seed) {
  struct world *world = ARENA_NEW(store->ctx.arena, struct world);
  world->random = seed;
  tenant_make(store, 2);
  for (int i = 0; i < 3; i++) {
    world->authors[i] = person(store, 1, ROLE_CUSTOMER, "Ani", SQL(store, "ani%d@example.com", i));
  }
  for (int i = 0; i < 2; i++) {
    world->technicians[i] = person(store, 1, ROLE_TECHNICIAN, "Tono", SQL(store, "tono%d@example.com", i));
    world->managers[i] = person(store, 1, ROLE_MANAGER, "Budi", SQL(store, "budi%d@example.com", i));
  }
  world->other = person(store, 2, ROLE_MANAGER, "Other", "other@example.com");
  return world;
}

/* Refusals are part of a history; a defect is not. */
static void assert_told(enum status status) {
  if (status != STATUS_OK && status != STATUS_STATE && status != STATUS_FORBIDDEN &&
      status != STATUS_NOT_FOUND && status != STATUS_INVALID) {
    fail_msg("%s", status_name(status));
  }
}

static void create(struct store *store, struct world *world) {
  struct who *author = draw(world, 6) == 0 ? &world->other : &world->authors[draw(world, 3)];
  struct ticket_new new_ticket = plain_ticket();
  new_ticket.priority = 1 + draw(world, 5);
  new_ticket.category = 1 + draw(world, 4);
  new_ticket.work_type = draw(world, 6);
  new_ticket.scheduled_at = draw(world, 2) ? store->ctx.now_us + (int64_t)draw(world, 5) * TIME_DAY_US : 0;
  struct ticket ticket;
  assert_ok(ticket_create(as(store, author), &new_ticket, &ticket));
  world->uuids[world->count] = ticket.uuid;
  world->owners[world->count++] = author;
}

static void step(struct store *store, struct world *world) {
  size_t n = draw(world, (uint64_t)world->count);
  struct uuid uuid = world->uuids[n];
  struct ctx *ctx =
      as(store, draw(world, 3) ? &world->managers[draw(world, 2)] : &world->technicians[draw(world, 2)]);
  struct ticket ticket;
  int64_t changed;
  switch (draw(world, 9)) {
    case 0:
    case 1: {
      const struct ticket_status_change change = {.set = 1 + draw(world, 6)};
      assert_told(ticket_set_status(ctx, uuid, &change, &ticket));
      break;
    }
    case 2: {
      const struct ticket_assignment assignment = {
          .assignee_id = world->technicians[draw(world, 2)].account_id, .scheduled_at = store->ctx.now_us};
      assert_told(ticket_assign(ctx, uuid, &assignment, &ticket));
      break;
    }
    case 3: {
      const struct ticket_change change = {.has_category = draw(world, 2),
                                           .has_priority = draw(world, 2),
                                           .has_work_type = draw(world, 2),
                                           .has_schedule = draw(world, 2),
                                           .category = 1 + draw(world, 4),
                                           .priority = 1 + draw(world, 5),
                                           .work_type = 1 + draw(world, 5),
                                           .scheduled_at = draw(world, 2) ? store->ctx.now_us : 0};
      assert_told(ticket_change(ctx, uuid, &change, &ticket));
      break;
    }
    case 4:
      assert_told(
          ticket_rate(as(store, world->owners[n]), uuid, 1 + (int64_t)draw(world, 5), STR_NONE, &ticket));
      break;
    case 5:
      assert_told(draw(world, 2) ? ticket_remove(ctx, uuid, false, &ticket)
                                 : ticket_restore(ctx, uuid, &ticket));
      break;
    case 6: {
      const struct db_ints closed = {{TICKET_CLOSED}, 1};
      assert_ok(ticket_purge(ctx, &closed, store->ctx.now_us - TIME_DAY_US, 2, &changed));
      break;
    }
    case 7: {
      struct ticket_sla_done done;
      assert_ok(ticket_sla_run(ctx, 5, &done, NULL));
      break;
    }
    default:
      assert_told(ticket_reply(ctx, uuid, STR("On the way."), &ticket));
      break;
  }
}

static void sums_stay_true_through_every_history(struct store *store) {
  struct world *world = make_world(store, 20260203);
  for (int i = 0; i < STEPS; i++) {
    if (world->count < TICKETS && (world->count < 10 || draw(world, 5) == 0)) {
      create(store, world);
    } else {
      step(store, world);
    }
    store->ctx.now_us += (int64_t)draw(world, (uint64_t)(4 * TIME_HOUR_US));
    if (i % 80 == 79) {
      assert_counters_true(store);
    }
  }
  assert_true(store_number(store, "SELECT COUNT(*) FROM ticket WHERE rating > 0") > 0);
  assert_true(store_number(store, "SELECT COUNT(*) FROM ticket WHERE removed_at IS NOT NULL") > 0);
  assert_true(store_number(store, "SELECT COALESCE(MAX(reopened_count), 0) FROM ticket") > 0);
  assert_true(store_number(store, "SELECT COUNT(*) FROM ticket_count WHERE scope = 4") > 0);
  /* What was kept up step by step is what a rebuilding makes. */
  assert_ok(ticket_sums_rebuild(&store->ctx, 1));
  assert_counters_true(store);
}

static void counters_of_one_are_told_by_status_and_priority(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  struct ticket ticket = ticket_of(store, &author);
  ticket_of(store, &author);
  const struct ticket_status_change change = {.set = TICKET_IN_PROGRESS};
  assert_ok(ticket_set_status(as(store, &technician), ticket.uuid, &change, &ticket));
  int64_t counts[TICKET_STATUS_COUNT][PRIORITY_COUNT];
  assert_ok(ticket_counts_of(as(store, &author), COUNT_TENANT, 0, counts));
  assert_int_equal(counts[TICKET_NEW][PRIORITY_NORMAL], 1);
  assert_int_equal(counts[TICKET_IN_PROGRESS][PRIORITY_NORMAL], 1);
  assert_ok(ticket_counts_of(as(store, &author), COUNT_ASSIGNEE, technician.account_id, counts));
  assert_int_equal(counts[TICKET_NEW][PRIORITY_NORMAL], 0);
  assert_int_equal(counts[TICKET_IN_PROGRESS][PRIORITY_NORMAL], 1);
  assert_ok(ticket_counts_of(as(store, &author), COUNT_ASSIGNEE, 0, counts));
  assert_int_equal(counts[TICKET_NEW][PRIORITY_NORMAL], 1);
}

static void overdue_counts_open_tickets_past_their_deadline(struct store *store) {
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  struct ticket ticket = ticket_of(store, &author), other = ticket_of(store, &author);
  int64_t overdue = 9, to_come;
  struct ticket_sla_done done;
  assert_ok(ticket_overdue(as(store, &manager), &overdue));
  assert_int_equal(overdue, 0);
  store->ctx.now_us += 25 * TIME_HOUR_US; /* normal: 24 hours */
  for (int i = 0; i < 4; i++) {
    assert_ok(ticket_sla_run(&store->ctx, 100, &done, &to_come));
  }
  assert_ok(ticket_overdue(as(store, &manager), &overdue));
  assert_int_equal(overdue, 2);
  struct ticket_status_change change = {.set = TICKET_PENDING};
  assert_ok(ticket_set_status(as(store, &manager), ticket.uuid, &change, &ticket));
  assert_ok(ticket_overdue(as(store, &manager), &overdue));
  assert_int_equal(overdue, 1);
  change.set = TICKET_RESOLVED;
  assert_ok(ticket_set_status(as(store, &manager), other.uuid, &change, &other));
  assert_ok(ticket_overdue(as(store, &manager), &overdue));
  assert_int_equal(overdue, 0);
  assert_counters_true(store);
}

/* ---- many at once ---- */

enum { CLERKS = 6, ROUNDS = 25 };

struct clerk {
  struct ctx ctx;
  struct world *world;
  uint64_t random;
  int failures;
};

static enum status create_and_fail(struct ctx *ctx, void *arg) {
  (void)arg;
  struct ticket ticket;
  const struct ticket_new new_ticket = plain_ticket();
  TRY(ticket_create(ctx, &new_ticket, &ticket));
  return STATUS_FORBIDDEN;
}

static void *run_clerk(void *arg) {
  struct clerk *clerk = arg;
  struct ctx *ctx = &clerk->ctx;
  struct world mine = *clerk->world;
  mine.random = clerk->random;
  for (int i = 0; i < ROUNDS; i++) {
    struct ticket ticket;
    struct ticket_new new_ticket = plain_ticket();
    new_ticket.priority = 1 + draw(&mine, 5);
    new_ticket.scheduled_at = STORE_NOW + (int64_t)draw(&mine, 3) * TIME_DAY_US;
    ctx->who = &mine.managers[0];
    clerk->failures += ticket_create(ctx, &new_ticket, &ticket) != STATUS_OK;
    const struct ticket_status_change change = {.set = 1 + draw(&mine, 6)};
    /* One of everybody's, and the own one. */
    enum status status = ticket_set_status(ctx, mine.uuids[draw(&mine, 4)], &change, &ticket);
    clerk->failures += status != STATUS_OK;
    clerk->failures += ticket_set_status(ctx, ticket.uuid, &change, &ticket) != STATUS_OK;
    clerk->failures += db_write(ctx, create_and_fail, NULL) != STATUS_FORBIDDEN;
    arena_reset(ctx->arena);
    problem_clear(ctx);
  }
  return NULL;
}

static void nobody_takes(void *arg, struct db_job *list) {
  (void)arg;
  assert_null(list);
}

static void sums_stay_true_with_many_writers(struct store *store) {
  struct world *world = make_world(store, 7);
  while (world->count < 4) {
    struct ticket ticket = ticket_of(store, &world->authors[0]);
    world->uuids[world->count++] = ticket.uuid;
  }
  struct db_writer *writer = store->pgsql ? NULL : db_writer_new(store->ctx.db, 1000, 64, nobody_takes, NULL);
  struct clerk clerks[CLERKS];
  pthread_t threads[CLERKS];
  for (int i = 0; i < CLERKS; i++) {
    clerks[i] = (struct clerk){.ctx = store_open(store, store->pgsql ? DB_WRITE : DB_READ),
                               .world = world,
                               .random = (uint64_t)(i + 1) * 7919};
    clerks[i].ctx.arena = arena_new(8 << 20);
    if (writer) {
      db_attach_writer(clerks[i].ctx.db, writer);
    }
    assert_int_equal(pthread_create(&threads[i], NULL, run_clerk, &clerks[i]), 0);
  }
  for (int i = 0; i < CLERKS; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(clerks[i].failures, 0);
    arena_free(clerks[i].ctx.arena);
    store_close(&clerks[i].ctx);
  }
  if (writer) {
    db_writer_stop(writer);
  }
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket"), 4 + CLERKS * ROUNDS);
  assert_counters_true(store);
}

/* Rebuilding waits for whoever writes, and whoever writes waits for it. */
static void sums_made_anew_while_others_write_are_true(struct store *store) {
  struct world *world = make_world(store, 11);
  while (world->count < 4) {
    struct ticket ticket = ticket_of(store, &world->authors[0]);
    world->uuids[world->count++] = ticket.uuid;
  }
  struct clerk clerks[3];
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) {
    clerks[i] = (struct clerk){
        .ctx = store_open(store, DB_WRITE), .world = world, .random = (uint64_t)(i + 1) * 104729};
    clerks[i].ctx.arena = arena_new(8 << 20);
    assert_int_equal(pthread_create(&threads[i], NULL, run_clerk, &clerks[i]), 0);
  }
  for (int i = 0; i < 10; i++) {
    assert_ok(ticket_sums_rebuild(&store->ctx, 1));
  }
  for (int i = 0; i < 3; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(clerks[i].failures, 0);
    arena_free(clerks[i].ctx.arena);
    store_close(&clerks[i].ctx);
  }
  assert_counters_true(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(sums_stay_true_through_every_history),
      STORE_TEST(counters_of_one_are_told_by_status_and_priority),
      STORE_TEST(overdue_counts_open_tickets_past_their_deadline),
      STORE_TEST(sums_stay_true_with_many_writers),
      STORE_TEST_PGSQL(sums_made_anew_while_others_write_are_true),
  };
  return STORE_RUN(tests);
}
