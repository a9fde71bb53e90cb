#include <pthread.h>
#include <stdlib.h>

#include "desk/activity/activity.h"
#include "desk/event/event.h"
#include "desk/mail/mail.h"
#include "desk/notice/notice.h"
#include "tickets.h"

/* ---- counters ---- */

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

enum { PEOPLE = 8, TICKETS = 40, STEPS = 600 };

struct sequence {
  struct who people[PEOPLE];
  struct uuid tickets[TICKETS];
  size_t made;
  uint64_t random;
};

static int64_t below(struct sequence *sequence, int64_t limit) {
  return (int64_t)(next_random(&sequence->random) % (uint64_t)limit);
}

static enum status create_one(struct ctx *ctx, struct sequence *sequence) {
  struct ticket_new new_ticket = plain_ticket();
  struct ticket out;
  new_ticket.priority = 1 + below(sequence, 5);
  if (sequence->made == TICKETS) {
    return STATUS_OK;
  }
  TRY(ticket_create(ctx, &new_ticket, &out));
  sequence->tickets[sequence->made++] = out.uuid;
  return STATUS_OK;
}

static enum status assign_one(struct ctx *ctx, struct sequence *sequence, struct uuid uuid) {
  struct ticket out;
  const struct ticket_assignment assignment = {
      .assignee_id = below(sequence, 4) == 0 ? 0 : sequence->people[1 + below(sequence, 5)].account_id,
      .scheduled_at = STORE_NOW + below(sequence, 9) * TIME_DAY_US};
  return ticket_assign(ctx, uuid, &assignment, &out);
}

static enum status change_one(struct ctx *ctx, struct sequence *sequence, struct uuid uuid) {
  struct ticket out;
  const struct ticket_change fields = {.has_priority = true,
                                       .priority = 1 + below(sequence, 5),
                                       .has_category = true,
                                       .category = 1 + below(sequence, 4),
                                       .has_work_type = true,
                                       .work_type = 1 + below(sequence, 5),
                                       .has_schedule = below(sequence, 2) == 0};
  return ticket_change(ctx, uuid, &fields, &out);
}

static enum status step_once(struct ctx *ctx, struct sequence *sequence, int step) {
  const struct ticket_status_change change = to_status(1 + below(sequence, 6));
  struct uuid uuid =
      sequence->made > 0 ? sequence->tickets[below(sequence, (int64_t)sequence->made)] : uuid_v7(STORE_NOW);
  const struct db_ints closed = {{TICKET_CLOSED}, 1};
  int64_t removed;
  struct ticket out;
  switch (below(sequence, 15)) {
    case 0:
    case 1:
      return create_one(ctx, sequence);
    case 2:
      return ticket_remove(ctx, uuid, false, &out);
    case 3:
    case 4:
      return ticket_restore(ctx, uuid, &out);
    case 5:
      return ticket_answer(ctx, uuid, &change, STR("text"), &out);
    case 6:
      return ticket_reply(ctx, uuid, STR("text"), &out);
    case 7:
      return step % 5 == 0 ? ticket_purge(ctx, &closed, ctx->now_us - 100, 3, &removed) : STATUS_OK;
    case 8:
      return assign_one(ctx, sequence, uuid);
    case 9:
      return change_one(ctx, sequence, uuid);
    case 10:
      return ticket_rate(ctx, uuid, 1 + below(sequence, 5), STR_NONE, &out);
    default:
      return ticket_set_status(ctx, uuid, &change, &out);
  }
}

/* What may be refused in a sequence that asks for anything. */
static bool is_fine(const struct ctx *ctx, enum status status) {
  const struct problem_kind *kind = ctx->problem.kind;
  return status == STATUS_OK || status == STATUS_NOT_FOUND || status == STATUS_FORBIDDEN ||
         kind == &ticket_done || kind == &ticket_not_solved ||
         (status == STATUS_INVALID && str_is(ctx->problem.faults[0].field, "technician_id"));
}

static void counters_equal_a_count_after_any_sequence(struct store *store) {
  tenant_make(store, 2);
  struct sequence sequence = {.random = 20260203};
  for (int i = 0; i < PEOPLE; i++) {
    sequence.people[i] = person(store, 1 + i / 6, i % 6 + 1, "Somebody", SQL(store, "p%d@example.com", i));
  }
  struct ctx ctx = store->ctx;
  ctx.arena = arena_new(1024 * 1024);
  for (int step = 0; step < STEPS; step++) {
    arena_reset(ctx.arena);
    problem_clear(&ctx);
    ctx.who = &sequence.people[below(&sequence, PEOPLE)];
    ctx.now_us++;
    enum status status = step_once(&ctx, &sequence, step);
    assert_true(is_fine(&ctx, status));
    if (step % 100 == 99) {
      assert_counters_true(store);
    }
  }
  arena_free(ctx.arena);
  assert_int_equal(sequence.made, TICKETS);
}

struct worker {
  struct ctx ctx;
  struct uuid uuid;
  unsigned seed;
  int moved;
};

static void *keep_moving(void *arg) {
  struct worker *worker = arg;
  for (int i = 0; i < 60; i++) {
    struct ticket out;
    const struct ticket_status_change change = to_status(1 + (unsigned)rand_r(&worker->seed) % 6);
    problem_clear(&worker->ctx);
    if (ticket_set_status(&worker->ctx, worker->uuid, &change, &out) == STATUS_OK) {
      worker->moved++;
    }
  }
  return NULL;
}

static void two_at_once_lose_no_update(struct store *store) {
  const struct who staff = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  const struct ticket t = ticket_of(store, &staff);
  struct worker workers[4];
  pthread_t threads[4];
  for (unsigned i = 0; i < 4; i++) {
    workers[i] = (struct worker){.ctx = store_open(store, DB_WRITE), .uuid = t.uuid, .seed = i};
    workers[i].ctx.arena = arena_new(16 * 1024 * 1024);
    workers[i].ctx.who = &staff;
  }
  for (int i = 0; i < 4; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, keep_moving, &workers[i]), 0);
  }
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(workers[i].moved, 60);
    arena_free(workers[i].ctx.arena);
    workers[i].ctx.arena = store->ctx.arena;
    store_close(&workers[i].ctx);
  }
  assert_counters_true(store);
  /* Each change starts from where the one before ended. */
  assert_int_equal(
      NUMBER(
          store,
          "SELECT COUNT(*) FROM (SELECT old_value, LAG(new_value) OVER (ORDER BY id) AS before FROM activity "
          "WHERE action = %d) h WHERE before IS NOT NULL AND old_value <> before",
          ACTIVITY_STATUS),
      0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(counters_equal_a_count_after_any_sequence),
      STORE_TEST_PGSQL(two_at_once_lose_no_update),
  };
  return STORE_RUN(tests);
}
