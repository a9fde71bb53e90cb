#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/problem.h"
#include "db/engine.h"
#include "things.h"

/* Several commands in one transaction that begins with the first of them: on a connection that writes itself,
 * and on a read connection to which the writer lends its own. */

static const struct problem_kind told_no = {STATUS_FORBIDDEN, "told_no", "No."};

enum { THERE = 1 }; /* rows that the migrations of these tests leave */

static int64_t rows_of(struct store *store, const char *pattern) {
  return store_number(
      store, str_format(store->ctx.arena, "SELECT COUNT(*) FROM thing WHERE key LIKE '%s'", pattern).at);
}

static enum status put(struct ctx *ctx, const char *key) {
  struct thing_insert_in in = thing_named(ctx, key, 1, 1);
  return db_write(ctx, put_thing, &in);
}

static enum status put_and_fail(struct ctx *ctx, void *arg) {
  TRY(put_thing(ctx, arg));
  return problem_set(ctx, &told_no);
}

/* What one piece of work does, and what it saw. */
struct errand {
  struct db *own;
  unsigned runs, begins;
  enum status begin, end; /* what is returned */
  enum status second;     /* of the command after `begun` had refused */
  int64_t seen;
  bool other_db;
  struct store *store;
};

static enum status begin_errand(struct ctx *ctx, void *arg) {
  struct errand *errand = arg;
  errand->begins++;
  assert_true(db_in_write(ctx->db));
  return errand->begin;
}

static enum status two_and_a_failure(struct ctx *ctx, void *arg) {
  struct errand *errand = arg;
  errand->runs++;
  errand->own = ctx->db;
  assert_false(db_in_write(ctx->db));
  assert_int_equal(errand->begins, 0);
  TRY(put(ctx, "first"));
  assert_int_equal(errand->begins, 1);
  errand->other_db = ctx->db != errand->own;
  struct thing_insert_in bad = thing_named(ctx, "bad", 1, 1);
  assert_status(STATUS_FORBIDDEN, db_write(ctx, put_and_fail, &bad));
  problem_clear(ctx);
  TRY(put(ctx, "second"));
  errand->seen = things_total(ctx);
  assert_int_equal(errand->begins, 1);
  return errand->end;
}

static void commands_share_a_transaction_and_fail_alone(struct store *store) {
  struct errand errand = {0};
  const struct db_held held = {begin_errand, two_and_a_failure, &errand, false};
  struct db *db = store->ctx.db;
  assert_ok(db_hold(&store->ctx, &held));
  assert_ptr_equal(store->ctx.db, db);
  assert_false(db_in_write(db));
  assert_int_equal(errand.seen, THERE + 2);
  assert_int_equal(rows_of(store, "%"), THERE + 2);
  assert_int_equal(rows_of(store, "bad"), 0);
  assert_ok(put(&store->ctx, "afterwards"));
}

static void work_that_fails_leaves_nothing(struct store *store) {
  struct errand errand = {.end = STATUS_STATE};
  const struct db_held held = {begin_errand, two_and_a_failure, &errand, false};
  assert_status(STATUS_STATE, db_hold(&store->ctx, &held));
  assert_int_equal(errand.seen, THERE + 2);
  assert_int_equal(errand.runs, 1);
  assert_int_equal(rows_of(store, "%"), THERE);
}

static enum status go_on_after_refusal(struct ctx *ctx, void *arg) {
  struct errand *errand = arg;
  enum status status = put(ctx, "first");
  errand->second = put(ctx, "second");
  return status == errand->begin ? STATUS_OK : STATUS_BROKEN; /* as if nothing had been */
}

static void what_the_begin_refuses_is_refused_for_good(struct store *store) {
  struct errand errand = {.begin = STATUS_STATE};
  const struct db_held held = {begin_errand, go_on_after_refusal, &errand, false};
  assert_status(STATUS_STATE, db_hold(&store->ctx, &held));
  assert_int_equal(errand.begins, 1);
  assert_status(STATUS_STATE, errand.second);
  assert_int_equal(rows_of(store, "%"), THERE);
}

static enum status write_nothing(struct ctx *ctx, void *arg) {
  struct errand *errand = arg;
  errand->runs++;
  (void)things_total(ctx);
  return errand->end;
}

static void work_without_a_write_has_no_transaction(struct store *store) {
  struct errand errand = {.end = STATUS_NOT_FOUND};
  const struct db_held held = {begin_errand, write_nothing, &errand, false};
  assert_status(STATUS_NOT_FOUND, db_hold(&store->ctx, &held));
  assert_int_equal(errand.runs, 1);
  assert_int_equal(errand.begins, 0);
}

static enum status hold_inside(struct ctx *ctx, void *arg) {
  const struct db_held held = {NULL, write_nothing, arg, false};
  return db_hold(ctx, &held);
}

static void there_is_no_hold_inside_a_transaction(struct store *store) {
  struct errand errand = {0};
  assert_status(STATUS_BROKEN, db_write(&store->ctx, hold_inside, &errand));
  assert_int_equal(errand.runs, 0);
}

static enum status set_state(struct ctx *ctx, void *arg) {
  return sql_thing_set_state(ctx, arg, NULL);
}

/* Another connection changes a row in the middle of the first run. */
static enum status change_what_another_changed(struct ctx *ctx, void *arg) {
  struct errand *errand = arg;
  struct thing_set_state_in ours = {.kind = 7, .state = 5};
  struct thing_set_state_in theirs = {.kind = 7, .state = 9};
  errand->runs++;
  TRY(put(ctx, str_format(ctx->arena, "run %u", errand->runs).at));
  if (errand->runs == 1) {
    struct ctx other = store_open(errand->store, DB_WRITE);
    assert_ok(db_write(&other, set_state, &theirs));
    store_close(&other);
  }
  assert_status(errand->runs == 1 ? STATUS_RETRY : STATUS_OK, db_write(ctx, set_state, &ours));
  return STATUS_OK; /* as if nothing had been */
}

static void after_a_collision_the_work_is_run_again_from_its_start(struct store *store) {
  struct errand errand = {.store = store};
  const struct db_held held = {begin_errand, change_what_another_changed, &errand, true};
  struct thing_insert_in row = thing_named(&store->ctx, "row", 7, 1);
  assert_ok(db_write(&store->ctx, put_thing, &row));
  assert_ok(db_hold(&store->ctx, &held));
  assert_int_equal(errand.runs, 2);
  assert_int_equal(rows_of(store, "run 1"), 0);
  assert_int_equal(rows_of(store, "run 2"), 1);
  assert_int_equal(store_number(store, "SELECT state FROM thing WHERE kind = 7"), 5);
}

static enum status change_once_more(struct ctx *ctx, void *arg) {
  struct errand *errand = arg;
  struct thing_set_state_in ours = {.kind = 7, .state = 5};
  struct thing_set_state_in theirs = {.kind = 7, .state = 9};
  errand->runs++;
  errand->seen = things_total(ctx);
  if (errand->runs == 1) {
    struct ctx other = store_open(errand->store, DB_WRITE);
    assert_ok(db_write(&other, set_state, &theirs));
    store_close(&other);
  }
  return set_state(ctx, &ours);
}

static void a_steady_write_sees_one_state_or_is_run_again(struct store *store) {
  struct errand errand = {.store = store};
  struct thing_insert_in row = thing_named(&store->ctx, "row", 7, 1);
  assert_ok(db_write(&store->ctx, put_thing, &row));
  assert_ok(db_write_steady(&store->ctx, change_once_more, &errand));
  assert_int_equal(errand.runs, 2);
}

/* ---- a loan of the writer's connection ---- */

struct clerk {
  struct ctx ctx;
  pthread_t thread;
  int number;
  enum status status;
};

static atomic_int holding; /* how many have the transaction */

static enum status hold_and_look(struct ctx *ctx, void *arg) {
  const struct clerk *clerk = arg;
  struct db *own = ctx->db;
  TRY(put(ctx, str_format(ctx->arena, "held %d a", clerk->number).at));
  assert_int_equal(atomic_fetch_add(&holding, 1), 0);
  assert_ptr_not_equal(ctx->db, own);
  int64_t before = things_total(ctx);
  TRY(put(ctx, str_format(ctx->arena, "held %d b", clerk->number).at));
  assert_int_equal(things_total(ctx), before + 1); /* nobody else writes meanwhile */
  atomic_fetch_sub(&holding, 1);
  return clerk->number % 3 == 0 ? problem_set(ctx, &told_no) : STATUS_OK;
}

static void *run_clerk(void *arg) {
  struct clerk *clerk = arg;
  struct db *own = clerk->ctx.db;
  const struct db_held held = {NULL, hold_and_look, clerk, false};
  clerk->status = db_hold(&clerk->ctx, &held);
  assert_ptr_equal(clerk->ctx.db, own);
  return NULL;
}

static void on_done(void *arg, struct db_job *list) {
  (void)arg;
  (void)list;
  fail_msg("no job of these tests has an owner");
}

static void the_writer_lends_its_connection_to_one_after_the_other(struct store *store) {
  enum { CLERKS = 9 };
  struct db_writer *writer = db_writer_new(store->ctx.db, 100, 100, on_done, NULL);
  struct clerk clerks[CLERKS];
  for (int i = 0; i < CLERKS; i++) {
    clerks[i] = (struct clerk){.ctx = store_open(store, DB_READ), .number = i};
    clerks[i].ctx.arena = arena_new(1 << 20);
    db_attach_writer(clerks[i].ctx.db, writer);
    assert_int_equal(pthread_create(&clerks[i].thread, NULL, run_clerk, &clerks[i]), 0);
  }
  for (int i = 0; i < CLERKS; i++) {
    /* Plain writes between them. */
    struct ctx reader = store_open(store, DB_READ);
    db_attach_writer(reader.db, writer);
    assert_ok(put(&reader, str_format(reader.arena, "plain %d", i).at));
    store_close(&reader);
  }
  for (int i = 0; i < CLERKS; i++) {
    pthread_join(clerks[i].thread, NULL);
    assert_status(i % 3 == 0 ? STATUS_FORBIDDEN : STATUS_OK, clerks[i].status);
    arena_free(clerks[i].ctx.arena);
    clerks[i].ctx.arena = store->ctx.arena;
    store_close(&clerks[i].ctx);
  }
  db_writer_stop(writer);
  assert_int_equal(rows_of(store, "held %"), 12);
  assert_int_equal(rows_of(store, "plain %"), CLERKS);
}

static void a_writer_that_was_stopped_lends_nothing(struct store *store) {
  struct db_writer *writer = db_writer_new(store->ctx.db, 100, 100, on_done, NULL);
  struct clerk clerk = {.ctx = store_open(store, DB_READ), .number = 1};
  db_attach_writer(clerk.ctx.db, writer);
  db_writer_stop(writer);
  run_clerk(&clerk);
  assert_status(STATUS_UNAVAILABLE, clerk.status);
  store_close(&clerk.ctx);
  assert_int_equal(rows_of(store, "%"), THERE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      THINGS_TEST(commands_share_a_transaction_and_fail_alone),
      THINGS_TEST(work_that_fails_leaves_nothing),
      THINGS_TEST(what_the_begin_refuses_is_refused_for_good),
      THINGS_TEST(work_without_a_write_has_no_transaction),
      THINGS_TEST(there_is_no_hold_inside_a_transaction),
      THINGS_TEST_PGSQL(after_a_collision_the_work_is_run_again_from_its_start),
      THINGS_TEST_PGSQL(a_steady_write_sees_one_state_or_is_run_again),
      THINGS_TEST_SQLITE(the_writer_lends_its_connection_to_one_after_the_other),
      THINGS_TEST_SQLITE(a_writer_that_was_stopped_lends_nothing),
  };
  return STORE_RUN(tests);
}
