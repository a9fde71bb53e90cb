#include <pthread.h>
#include <string.h>

#include "db/engine.h"
#include "things.h"

/* Sums that the flush of these tests writes as things: key "1/2", state the sum. */
static struct {
  int flushes, fail_next;
  struct db_sum last[64];
  size_t last_count;
} seen;

static enum status write_sums(struct ctx *ctx, const struct db_sum *sums, size_t count) {
  seen.flushes++;
  seen.last_count = count;
  for (size_t i = 0; i < count; i++) {
    if (i < 64) {
      seen.last[i] = sums[i];
    }
    struct thing_insert_in in = thing_named(ctx,
                                            str_format(ctx->arena, "%lld/%lld/%d", (long long)sums[i].key[0],
                                                       (long long)sums[i].key[1], seen.flushes)
                                                .at,
                                            sums[i].key[0], sums[i].sum);
    TRY(put_thing(ctx, &in));
    if (seen.fail_next > 0 && --seen.fail_next == 0) {
      return STATUS_STATE;
    }
  }
  return STATUS_OK;
}

static const struct store_schema summing = {things_statements, &things_statement_count, things_migrations,
                                            &things_migration_count, write_sums};

static void begin(void) {
  memset(&seen, 0, sizeof seen);
}

struct telling {
  int64_t first, second, by, at;
  enum status wish;
};

static enum status tell(struct ctx *ctx, void *arg) {
  const struct telling *telling = arg;
  const int64_t key[DB_SUM_KEY] = {telling->first, telling->second};
  TRY(db_tally(ctx, key, telling->by, telling->at));
  return telling->wish;
}

static int64_t sum_of(struct store *store, int64_t first) {
  return store_number(
      store, str_format(store->ctx.arena, "SELECT COALESCE(SUM(state), 0) FROM thing WHERE kind = %lld",
                        (long long)first)
                 .at);
}

static enum status tell_many(struct ctx *ctx, void *arg) {
  (void)arg;
  static const struct telling tellings[] = {
      {9, 3, 2, 50, STATUS_OK}, {-9, 7, 1, 5, STATUS_OK}, {9, 2, 5, 0, STATUS_OK}, {9, 3, -3, 40, STATUS_OK},
      {9, 1, 4, 0, STATUS_OK},  {9, 1, -4, 0, STATUS_OK}, {9, 3, 8, 60, STATUS_OK}};
  for (size_t i = 0; i < sizeof tellings / sizeof *tellings; i++) {
    /* Inside db_write already: one transaction, one flush. */
    struct telling telling = tellings[i];
    TRY(db_write(ctx, tell, &telling));
  }
  assert_int_equal(seen.flushes, 0);
  return STATUS_OK;
}

static void sums_are_merged_ordered_and_written_once(struct store *store) {
  begin();
  assert_ok(db_write(&store->ctx, tell_many, NULL));
  assert_int_equal(seen.flushes, 1);
  assert_int_equal(seen.last_count, 3);
  const struct db_sum expected[] = {{{-9, 7}, 1, 5, 5}, {{9, 2}, 5, 0, 0}, {{9, 3}, 7, 40, 60}};
  for (size_t i = 0; i < 3; i++) {
    assert_memory_equal(&seen.last[i], &expected[i], sizeof expected[i]);
  }
  assert_int_equal(sum_of(store, 9), 12);
  assert_int_equal(sum_of(store, -9), 1);
  /* Nothing is left for the next transaction. */
  struct telling next = {1, 1, 1, 0, STATUS_OK};
  assert_ok(db_write(&store->ctx, tell, &next));
  assert_int_equal(seen.last_count, 1);
}

static void a_failed_command_leaves_no_sum(struct store *store) {
  begin();
  struct telling bad = {1, 1, 5, 0, STATUS_FORBIDDEN}, good = {1, 1, 2, 0, STATUS_OK};
  assert_status(STATUS_FORBIDDEN, db_write(&store->ctx, tell, &bad));
  assert_int_equal(seen.flushes, 0);
  assert_ok(db_write(&store->ctx, tell, &good));
  assert_int_equal(sum_of(store, 1), 2);
}

static void a_failed_flush_undoes_the_command(struct store *store) {
  begin();
  struct telling good = {1, 1, 2, 0, STATUS_OK};
  seen.fail_next = 1;
  assert_status(STATUS_STATE, db_write(&store->ctx, tell, &good));
  assert_int_equal(sum_of(store, 1), 0);
  assert_ok(db_write(&store->ctx, tell, &good));
  assert_int_equal(sum_of(store, 1), 2);
}

static void sums_belong_into_a_transaction(struct store *store) {
  begin();
  const int64_t key[DB_SUM_KEY] = {1};
  assert_status(STATUS_BROKEN, db_tally(&store->ctx, key, 1, 0));
  assert_ok(db_flush(&store->ctx));
  assert_int_equal(seen.flushes, 0);
}

static enum status tell_and_look(struct ctx *ctx, void *arg) {
  struct store *store = arg;
  struct telling telling = {4, 1, 6, 0, STATUS_OK};
  TRY(tell(ctx, &telling));
  TRY(db_flush(ctx));
  assert_int_equal(sum_of(store, 4), 6);
  return tell(ctx, &telling);
}

static void who_reads_in_the_same_transaction_flushes_first(struct store *store) {
  begin();
  assert_ok(db_write(&store->ctx, tell_and_look, store));
  assert_int_equal(seen.flushes, 2);
  assert_int_equal(sum_of(store, 4), 12);
}

static enum status tell_very_many(struct ctx *ctx, void *arg) {
  (void)arg;
  for (int64_t i = 0; i < 70000; i++) {
    struct telling telling = {5, i * 7919 % 70000, 1, 0, STATUS_OK};
    TRY(tell(ctx, &telling));
    TRY(tell(ctx, &telling));
  }
  return STATUS_OK;
}

static void more_sums_than_fit_are_written_on_the_way(struct store *store) {
  begin();
  struct arena *before = store->ctx.arena;
  store->ctx.arena = arena_new(256 << 20);
  assert_ok(db_write(&store->ctx, tell_very_many, NULL));
  arena_free(store->ctx.arena);
  store->ctx.arena = before;
  assert_int_equal(seen.flushes, 2);
  assert_int_equal(sum_of(store, 5), 140000);
}

/* ---- the writer ---- */

struct tellers {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  int finished;
  bool open;
};

struct teller {
  struct db_job job;
  struct ctx ctx;
  struct telling telling;
};

static void on_done(void *arg, struct db_job *list) {
  struct tellers *tellers = arg;
  pthread_mutex_lock(&tellers->lock);
  for (; list; list = list->next) {
    tellers->finished++;
  }
  pthread_cond_broadcast(&tellers->wake);
  pthread_mutex_unlock(&tellers->lock);
}

static enum status wait_open(struct ctx *ctx, void *arg) {
  (void)ctx;
  struct tellers *tellers = arg;
  pthread_mutex_lock(&tellers->lock);
  while (!tellers->open) {
    pthread_cond_wait(&tellers->wake, &tellers->lock);
  }
  pthread_mutex_unlock(&tellers->lock);
  return STATUS_OK;
}

enum { TELLERS = 20 };

/* All in one batch: the first job holds it open until the last one is queued. */
static void tell_in_one_batch(struct store *store, struct teller tellers[TELLERS]) {
  struct tellers all = {.open = false};
  pthread_mutex_init(&all.lock, NULL);
  pthread_cond_init(&all.wake, NULL);
  struct db_writer *writer = db_writer_new(store->ctx.db, 100, 100, on_done, &all);
  struct ctx gate_ctx = {.arena = store->ctx.arena};
  struct db_job gate = {.ctx = &gate_ctx, .command = wait_open, .arg = &all};
  assert_true(db_writer_submit(writer, &gate));
  for (int i = 0; i < TELLERS; i++) {
    tellers[i].ctx = (struct ctx){.arena = arena_new(1 << 20), .now_us = STORE_NOW};
    tellers[i].job = (struct db_job){.ctx = &tellers[i].ctx, .command = tell, .arg = &tellers[i].telling};
    assert_true(db_writer_submit(writer, &tellers[i].job));
  }
  pthread_mutex_lock(&all.lock);
  all.open = true;
  pthread_cond_broadcast(&all.wake);
  while (all.finished < TELLERS + 1) {
    pthread_cond_wait(&all.wake, &all.lock);
  }
  pthread_mutex_unlock(&all.lock);
  struct db_writer_stats stats;
  db_writer_stats(writer, &stats);
  db_writer_stop(writer);
  assert_int_equal(stats.commits, 1);
  for (int i = 0; i < TELLERS; i++) {
    arena_free(tellers[i].ctx.arena);
  }
  pthread_cond_destroy(&all.wake);
  pthread_mutex_destroy(&all.lock);
}

static void a_batch_writes_its_sums_once(struct store *store) {
  begin();
  struct teller tellers[TELLERS] = {0};
  for (int i = 0; i < TELLERS; i++) {
    tellers[i].telling = (struct telling){1, 1, i, i, STATUS_OK};
  }
  tell_in_one_batch(store, tellers);
  assert_int_equal(seen.flushes, 1);
  assert_int_equal(sum_of(store, 1), TELLERS * (TELLERS - 1) / 2);
  assert_int_equal(seen.last[0].high, TELLERS - 1);
}

static void the_sums_of_a_failed_job_are_dropped_and_the_others_stay(struct store *store) {
  begin();
  struct teller tellers[TELLERS] = {0};
  int64_t expected = 0;
  for (int i = 0; i < TELLERS; i++) {
    tellers[i].telling = (struct telling){1, 1, 1 << i, 0, i % 7 == 3 ? STATUS_FORBIDDEN : STATUS_OK};
    expected += i % 7 == 3 ? 0 : 1 << i;
  }
  tell_in_one_batch(store, tellers);
  for (int i = 0; i < TELLERS; i++) {
    assert_status(tellers[i].telling.wish, tellers[i].job.status);
  }
  assert_int_equal(sum_of(store, 1), expected);
}

static void a_flush_that_fails_takes_only_its_own_job_along(struct store *store) {
  begin();
  struct teller tellers[TELLERS] = {0};
  for (int i = 0; i < TELLERS; i++) {
    tellers[i].telling = (struct telling){1 + i, 1, 1, 0, STATUS_OK};
  }
  /* The first try fails behind two sums, at what is there already. In the second, where each job writes its
   * own, that of the fifth one does. */
  struct thing_insert_in taken = thing_named(&store->ctx, "3/1/1", 0, 0);
  assert_ok(db_write(&store->ctx, put_thing, &taken));
  seen.fail_next = 2 + 5;
  tell_in_one_batch(store, tellers);
  for (int i = 0; i < TELLERS; i++) {
    assert_status(i == 4 ? STATUS_STATE : STATUS_OK, tellers[i].job.status);
    assert_int_equal(sum_of(store, 1 + i), i != 4);
  }
}

int main(void) {
#define SUMMING(function) STORE_TEST_ON(function, &summing)
#define SUMMING_SQLITE(function) STORE_CASE(function, "sqlite", false, &summing)
  const struct CMUnitTest tests[] = {
      SUMMING(sums_are_merged_ordered_and_written_once),
      SUMMING(a_failed_command_leaves_no_sum),
      SUMMING(a_failed_flush_undoes_the_command),
      SUMMING(sums_belong_into_a_transaction),
      SUMMING(who_reads_in_the_same_transaction_flushes_first),
      SUMMING(more_sums_than_fit_are_written_on_the_way),
      SUMMING_SQLITE(a_batch_writes_its_sums_once),
      SUMMING_SQLITE(the_sums_of_a_failed_job_are_dropped_and_the_others_stay),
      SUMMING_SQLITE(a_flush_that_fails_takes_only_its_own_job_along),
  };
  return STORE_RUN(tests);
}
