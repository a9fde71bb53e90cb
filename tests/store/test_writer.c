#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/problem.h"
#include "db/engine.h"
#include "things.h"

/* ---- a disk that fails when told to ---- */

enum fault_kind { DISK_GOOD, DISK_FULL, DISK_SYNC_FAILS };
static atomic_int disk;
static sqlite3_vfs failing_vfs;
static const sqlite3_vfs *real_vfs;
/* The system has one table of functions for files with locks and one for those without. */
static struct {
  const sqlite3_io_methods *real;
  sqlite3_io_methods failing;
} tables[4];
static pthread_mutex_t tables_lock = PTHREAD_MUTEX_INITIALIZER;

static int failing_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at) {
  return atomic_load(&disk) == DISK_FULL ? SQLITE_FULL : tables[0].real->xWrite(file, bytes, len, at);
}

static int failing_sync(sqlite3_file *file, int flags) {
  return atomic_load(&disk) == DISK_SYNC_FAILS ? SQLITE_IOERR_FSYNC : tables[0].real->xSync(file, flags);
}

static const sqlite3_io_methods *failing_table(const sqlite3_io_methods *real) {
  size_t i = 0;
  pthread_mutex_lock(&tables_lock);
  while (tables[i].real && tables[i].real != real) {
    i++; /* four are more than there are */
  }
  if (!tables[i].real) {
    tables[i].failing = *real;
    tables[i].failing.xWrite = failing_write;
    tables[i].failing.xSync = failing_sync;
    tables[i].real = real;
  }
  pthread_mutex_unlock(&tables_lock);
  return &tables[i].failing;
}

static int failing_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                        int *out_flags) {
  int code = real_vfs->xOpen(vfs, name, file, flags, out_flags);
  if (code == SQLITE_OK && file->pMethods) {
    file->pMethods = failing_table(file->pMethods);
  }
  return code;
}

static int use_failing_disk(void **state) {
  (void)state;
  real_vfs = sqlite3_vfs_find(NULL);
  failing_vfs = *real_vfs;
  failing_vfs.zName = "failing";
  failing_vfs.xOpen = failing_open;
  return sqlite3_vfs_register(&failing_vfs, 1) == SQLITE_OK ? 0 : -1;
}

/* ---- a writer and its jobs ---- */

struct bench {
  struct store *store;
  struct db_writer *writer;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  int finished;
  bool open; /* the gate */
};

struct task {
  struct db_job job;
  struct ctx ctx;
  struct bench *bench;
  struct thing_insert_in in;
  enum status wish; /* what the command returns after it has written */
};

static void on_done(void *arg, struct db_job *list) {
  struct bench *bench = arg;
  pthread_mutex_lock(&bench->lock);
  for (struct db_job *job = list; job; job = job->next) {
    bench->finished++;
  }
  pthread_cond_broadcast(&bench->wake);
  pthread_mutex_unlock(&bench->lock);
}

static void wait_finished(struct bench *bench, int count) {
  pthread_mutex_lock(&bench->lock);
  while (bench->finished < count) {
    pthread_cond_wait(&bench->wake, &bench->lock);
  }
  pthread_mutex_unlock(&bench->lock);
}

static void bench_start(struct bench *bench, struct store *store, size_t queue_max, size_t batch_max) {
  atomic_store(&disk, DISK_GOOD);
  *bench = (struct bench){.store = store};
  pthread_mutex_init(&bench->lock, NULL);
  pthread_cond_init(&bench->wake, NULL);
  bench->writer = db_writer_new(store->ctx.db, queue_max, batch_max, on_done, bench);
}

static void bench_stop(struct bench *bench) {
  db_writer_stop(bench->writer);
  pthread_cond_destroy(&bench->wake);
  pthread_mutex_destroy(&bench->lock);
}

static enum status insert_and_wish(struct ctx *ctx, void *arg) {
  struct task *task = arg;
  assert_true(db_in_write(ctx->db));
  TRY(put_thing(ctx, &task->in));
  return task->wish;
}

static struct task *task_new(struct bench *bench, const char *key) {
  struct task *task = ARENA_NEW(bench->store->ctx.arena, struct task);
  task->ctx = (struct ctx){.arena = arena_new(1 << 20), .now_us = STORE_NOW};
  arena_defer(bench->store->ctx.arena, (void (*)(void *))arena_free, task->ctx.arena);
  task->bench = bench;
  task->in = thing_named(&task->ctx, key, 1, 1);
  task->job = (struct db_job){.ctx = &task->ctx, .command = insert_and_wish, .arg = task};
  return task;
}

static enum status wait_at_gate(struct ctx *ctx, void *arg) {
  (void)ctx;
  struct bench *bench = arg;
  pthread_mutex_lock(&bench->lock);
  while (!bench->open) {
    pthread_cond_wait(&bench->wake, &bench->lock);
  }
  pthread_mutex_unlock(&bench->lock);
  return STATUS_OK;
}

static void open_gate(struct bench *bench) {
  pthread_mutex_lock(&bench->lock);
  bench->open = true;
  pthread_cond_broadcast(&bench->wake);
  pthread_mutex_unlock(&bench->lock);
}

/* A job that holds the writer until open_gate; returns when the writer runs it. */
static void close_gate(struct bench *bench, struct db_job *job, struct ctx *ctx) {
  *job = (struct db_job){.ctx = ctx, .command = wait_at_gate, .arg = bench};
  assert_true(db_writer_submit(bench->writer, job));
  struct db_writer_stats stats = {.queued = 1};
  while (stats.queued) {
    usleep(1000);
    db_writer_stats(bench->writer, &stats);
  }
}

static int64_t rows_of(struct store *store, const char *pattern) {
  return store_number(
      store, str_format(store->ctx.arena, "SELECT COUNT(*) FROM thing WHERE key LIKE '%s'", pattern).at);
}

/* ---- tests ---- */

static void jobs_that_wait_together_share_a_commit(struct store *store) {
  enum { JOBS = 100 };
  struct bench bench;
  bench_start(&bench, store, 1000, 1000);
  struct db_job gate;
  struct ctx gate_ctx = {.arena = store->ctx.arena};
  close_gate(&bench, &gate, &gate_ctx);
  struct task *tasks[JOBS];
  for (int i = 0; i < JOBS; i++) {
    tasks[i] = task_new(&bench, str_format(store->ctx.arena, "shared %d", i).at);
    assert_true(db_writer_submit(bench.writer, &tasks[i]->job));
  }
  open_gate(&bench);
  wait_finished(&bench, JOBS + 1);
  bench_stop(&bench);
  for (int i = 0; i < JOBS; i++) {
    assert_ok(tasks[i]->job.status);
    assert_null(tasks[i]->ctx.db);
  }
  struct db_writer_stats stats;
  db_writer_stats(bench.writer, &stats);
  assert_int_equal(stats.commits, 1);
  assert_int_equal(stats.jobs, JOBS + 1);
  assert_int_equal(stats.batch_max_seen, JOBS + 1);
  assert_int_equal(stats.failed, 0);
  assert_true(stats.commit_ns > 0);
  assert_int_equal(rows_of(store, "shared %"), JOBS);
}

static void a_batch_has_its_maximum(struct store *store) {
  struct bench bench;
  bench_start(&bench, store, 1000, 4);
  struct db_job gate;
  struct ctx gate_ctx = {.arena = store->ctx.arena};
  close_gate(&bench, &gate, &gate_ctx);
  for (int i = 0; i < 11; i++) {
    assert_true(
        db_writer_submit(bench.writer, &task_new(&bench, str_format(store->ctx.arena, "few %d", i).at)->job));
  }
  open_gate(&bench);
  wait_finished(&bench, 12);
  bench_stop(&bench);
  struct db_writer_stats stats;
  db_writer_stats(bench.writer, &stats);
  assert_int_equal(stats.batch_max_seen, 4);
  assert_int_equal(stats.commits, 3);
  assert_int_equal(rows_of(store, "few %"), 11);
}

static void a_job_that_fails_leaves_the_others(struct store *store) {
  struct bench bench;
  bench_start(&bench, store, 100, 100);
  struct db_job gate;
  struct ctx gate_ctx = {.arena = store->ctx.arena};
  close_gate(&bench, &gate, &gate_ctx);
  struct task *tasks[6];
  for (int i = 0; i < 6; i++) {
    tasks[i] = task_new(&bench, i == 4 ? "five" : str_format(store->ctx.arena, "mixed %d", i).at);
    tasks[i]->wish = i == 1 ? STATUS_FORBIDDEN : STATUS_OK;
    assert_true(db_writer_submit(bench.writer, &tasks[i]->job));
  }
  open_gate(&bench);
  wait_finished(&bench, 7);
  bench_stop(&bench);
  for (int i = 0; i < 6; i++) {
    assert_status(i == 1 ? STATUS_FORBIDDEN : i == 4 ? STATUS_DUPLICATE : STATUS_OK, tasks[i]->job.status);
    assert_int_equal(rows_of(store, str_format(store->ctx.arena, "mixed %d", i).at), i != 1 && i != 4);
  }
  struct db_writer_stats stats;
  db_writer_stats(bench.writer, &stats);
  assert_int_equal(stats.commits, 1);
  assert_int_equal(stats.failed, 2);
}

static void a_full_queue_refuses(struct store *store) {
  struct bench bench;
  bench_start(&bench, store, 3, 100);
  struct db_job gate;
  struct ctx gate_ctx = {.arena = store->ctx.arena};
  close_gate(&bench, &gate, &gate_ctx);
  for (int i = 0; i < 3; i++) {
    assert_true(db_writer_submit(bench.writer,
                                 &task_new(&bench, str_format(store->ctx.arena, "queue %d", i).at)->job));
  }
  assert_false(db_writer_submit(bench.writer, &task_new(&bench, "queue x")->job));
  struct ctx reader = store_open(store, DB_READ);
  db_attach_writer(reader.db, bench.writer);
  struct thing_insert_in in = thing_named(&reader, "queue y", 1, 1);
  assert_status(STATUS_UNAVAILABLE, db_write(&reader, put_thing, &in));
  assert_ptr_equal(reader.problem.kind, &problem_unavailable);
  open_gate(&bench);
  wait_finished(&bench, 4);
  assert_true(db_writer_submit(bench.writer, &task_new(&bench, "queue z")->job));
  wait_finished(&bench, 5);
  bench_stop(&bench);
  store_close(&reader);
  assert_int_equal(rows_of(store, "queue %"), 4);
}

static void stopping_runs_what_is_queued_and_takes_no_more(struct store *store) {
  struct bench bench;
  bench_start(&bench, store, 100, 1);
  for (int i = 0; i < 20; i++) {
    assert_true(db_writer_submit(bench.writer,
                                 &task_new(&bench, str_format(store->ctx.arena, "last %d", i).at)->job));
  }
  db_writer_stop(bench.writer);
  assert_int_equal(bench.finished, 20);
  assert_false(db_writer_submit(bench.writer, &task_new(&bench, "late")->job));
  struct thing_insert_in in = thing_named(&store->ctx, "own", 1, 1);
  assert_ok(db_write(&store->ctx, put_thing, &in)); /* the connection is its owner's again */
  bench_stop(&bench);
  assert_int_equal(rows_of(store, "last %"), 20);
}

/* ---- db_write from other threads ---- */

struct clerk {
  struct ctx ctx;
  int number, failures;
};

static enum status see_own_connection(struct ctx *ctx, void *arg) {
  assert_ptr_not_equal(ctx->db, NULL);
  assert_true(db_in_write(ctx->db));
  TRY(put_thing(ctx, arg));
  struct thing_insert_in nested = *(struct thing_insert_in *)arg;
  nested.key = str_format(ctx->arena, "%.*s nested", STR_ARG(nested.key));
  return db_write(ctx, put_thing, &nested);
}

static void *run_clerk(void *arg) {
  struct clerk *clerk = arg;
  struct db *own = clerk->ctx.db;
  for (int i = 0; i < 40; i++) {
    struct thing_insert_in in =
        thing_named(&clerk->ctx, str_format(clerk->ctx.arena, "clerk %d %d", clerk->number, i).at, 1, 1);
    clerk->failures += db_write(&clerk->ctx, see_own_connection, &in) != STATUS_OK;
    clerk->failures += clerk->ctx.db != own;
    struct thing_list_in look = {.key = in.key, .limit = 5};
    struct thing_list_row row;
    clerk->failures +=
        sql_thing_list(&clerk->ctx, &look, &row) != STATUS_OK; /* what was written is there to read */
  }
  return NULL;
}

static void other_threads_write_through_the_writer(struct store *store) {
  enum { CLERKS = 6 };
  struct bench bench;
  bench_start(&bench, store, 1000, 64);
  struct clerk clerks[CLERKS];
  pthread_t threads[CLERKS];
  for (int i = 0; i < CLERKS; i++) {
    clerks[i] = (struct clerk){.ctx = store_open(store, DB_READ), .number = i};
    clerks[i].ctx.arena = arena_new(8 << 20);
    db_attach_writer(clerks[i].ctx.db, bench.writer);
    assert_int_equal(pthread_create(&threads[i], NULL, run_clerk, &clerks[i]), 0);
  }
  for (int i = 0; i < CLERKS; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(clerks[i].failures, 0);
    arena_free(clerks[i].ctx.arena);
    store_close(&clerks[i].ctx);
  }
  bench_stop(&bench);
  assert_int_equal(bench.finished, 0); /* sleepers are woken, not handed to the owner's callback */
  assert_int_equal(rows_of(store, "clerk %"), 2 * CLERKS * 40);
}

static void a_command_that_fails_through_the_writer_says_why(struct store *store) {
  struct bench bench;
  bench_start(&bench, store, 10, 10);
  struct ctx reader = store_open(store, DB_READ);
  db_attach_writer(reader.db, bench.writer);
  struct db *own = reader.db;
  struct thing_insert_in in = thing_named(&reader, "five", 1, 1);
  assert_status(STATUS_DUPLICATE, db_write(&reader, put_thing, &in));
  assert_ptr_equal(reader.db, own);
  bench_stop(&bench);
  assert_status(STATUS_UNAVAILABLE, db_write(&reader, put_thing, &in));
  store_close(&reader);
}

/* ---- bad disks ---- */

struct limit {
  const char *pragma;
};

static enum status set_limit(struct ctx *ctx, void *arg) {
  const struct limit *limit = arg;
  return ctx->db->engine->script(ctx->db, limit->pragma);
}

static enum status run_alone(struct bench *bench, struct task *task) {
  int before = bench->finished;
  assert_true(db_writer_submit(bench->writer, &task->job));
  wait_finished(bench, before + 1);
  return task->job.status;
}

static void give(struct bench *bench, struct limit limit) {
  struct task *task = task_new(bench, "limit");
  task->job.command = set_limit;
  task->job.arg = &limit;
  assert_ok(run_alone(bench, task));
}

static void a_full_store_refuses_and_heals(struct store *store) {
  struct bench bench;
  bench_start(&bench, store, 100, 100);
  give(&bench, (struct limit){"PRAGMA max_page_count = 1"}); /* the least it takes: what there is */
  struct db_job gate;
  struct ctx gate_ctx = {.arena = store->ctx.arena};
  close_gate(&bench, &gate, &gate_ctx);
  struct task *small = task_new(&bench, "full small"), *big = task_new(&bench, "full big");
  big->in.bytes = (struct str){arena_alloc(store->ctx.arena, 300000), 300000};
  assert_true(db_writer_submit(bench.writer, &small->job));
  assert_true(db_writer_submit(bench.writer, &big->job));
  open_gate(&bench);
  wait_finished(&bench, 4);
  assert_status(STATUS_STORAGE_FULL, big->job.status);
  assert_ptr_equal(big->ctx.problem.kind, &problem_storage_full);
  /* The engine may undo the whole batch or the job alone: what was said must be true. */
  assert_int_equal(rows_of(store, "full small"), small->job.status == STATUS_OK);
  assert_int_equal(rows_of(store, "full big"), 0);
  assert_true(db_writer_healthy(bench.writer));
  give(&bench, (struct limit){"PRAGMA max_page_count = 1073741823"});
  problem_clear(&big->ctx);
  assert_ok(run_alone(&bench, big));
  bench_stop(&bench);
  assert_int_equal(rows_of(store, "full big"), 1);
}

static void a_commit_without_space_fails_for_all_and_heals(struct store *store) {
  struct bench bench;
  bench_start(&bench, store, 100, 100);
  struct db_job gate;
  struct ctx gate_ctx = {.arena = store->ctx.arena};
  close_gate(&bench, &gate, &gate_ctx);
  struct task *tasks[3];
  for (int i = 0; i < 3; i++) {
    tasks[i] = task_new(&bench, str_format(store->ctx.arena, "space %d", i).at);
    tasks[i]->wish = i == 1 ? STATUS_FORBIDDEN : STATUS_OK;
    assert_true(db_writer_submit(bench.writer, &tasks[i]->job));
  }
  atomic_store(&disk, DISK_FULL);
  open_gate(&bench);
  wait_finished(&bench, 4);
  assert_status(STATUS_STORAGE_FULL, tasks[0]->job.status);
  assert_ptr_equal(tasks[0]->ctx.problem.kind, &problem_storage_full);
  assert_status(STATUS_FORBIDDEN, tasks[1]->job.status);
  assert_status(STATUS_STORAGE_FULL, tasks[2]->job.status);
  assert_true(db_writer_healthy(bench.writer));
  atomic_store(&disk, DISK_GOOD);
  problem_clear(&tasks[0]->ctx);
  assert_ok(run_alone(&bench, tasks[0]));
  bench_stop(&bench);
  assert_int_equal(rows_of(store, "space %"), 1);
}

static void a_failed_fsync_ends_writing_until_a_restart(struct store *store) {
  struct bench bench;
  bench_start(&bench, store, 100, 100);
  struct ctx reader = store_open(store, DB_READ);
  assert_true(db_writer_healthy(bench.writer));
  atomic_store(&disk, DISK_SYNC_FAILS);
  struct task *lost = task_new(&bench, "lost"), *later = task_new(&bench, "later");
  assert_status(STATUS_BROKEN, run_alone(&bench, lost));
  assert_ptr_equal(lost->ctx.problem.kind, &problem_broken);
  assert_false(db_writer_healthy(bench.writer));
  atomic_store(&disk, DISK_GOOD); /* too late: nobody knows what the disk holds */
  assert_status(STATUS_UNAVAILABLE, run_alone(&bench, later));
  assert_ptr_equal(later->ctx.problem.kind, &problem_unavailable);
  assert_false(db_writer_healthy(bench.writer));
  assert_int_equal(things_total(&reader), 1); /* reading goes on */
  db_attach_writer(reader.db, bench.writer);
  struct thing_insert_in in = thing_named(&reader, "later too", 1, 1);
  assert_status(STATUS_UNAVAILABLE, db_write(&reader, put_thing, &in));
  bench_stop(&bench);
  store_close(&reader);
  assert_status(STATUS_UNAVAILABLE, db_write(&store->ctx, put_thing, &in));
}

static void the_log_is_written_back_while_readers_read(struct store *store) {
  struct bench bench;
  bench_start(&bench, store, 100, 100);
  struct ctx reader = store_open(store, DB_READ);
  char *bytes = arena_alloc(store->ctx.arena, 1000000);
  for (int i = 0; i < 40; i++) { /* 40 MB, while the log is written back at 16 */
    struct task *task = task_new(&bench, str_format(store->ctx.arena, "log %d", i).at);
    task->in.bytes = (struct str){bytes, 1000000};
    assert_ok(run_alone(&bench, task));
    assert_int_equal(things_total(&reader), i + 2);
  }
  bench_stop(&bench);
  char path[600];
  snprintf(path, sizeof(path), "%s-wal", store->url + strlen("sqlite:"));
  FILE *log = fopen(path, "r");
  assert_non_null(log);
  assert_int_equal(fseek(log, 0, SEEK_END), 0);
  assert_true(ftell(log) < 20 << 20);
  fclose(log);
  store_close(&reader);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      THINGS_TEST_SQLITE(jobs_that_wait_together_share_a_commit),
      THINGS_TEST_SQLITE(a_batch_has_its_maximum),
      THINGS_TEST_SQLITE(a_job_that_fails_leaves_the_others),
      THINGS_TEST_SQLITE(a_full_queue_refuses),
      THINGS_TEST_SQLITE(stopping_runs_what_is_queued_and_takes_no_more),
      THINGS_TEST_SQLITE(other_threads_write_through_the_writer),
      THINGS_TEST_SQLITE(a_command_that_fails_through_the_writer_says_why),
      THINGS_TEST_SQLITE(a_full_store_refuses_and_heals),
      THINGS_TEST_SQLITE(a_commit_without_space_fails_for_all_and_heals),
      THINGS_TEST_SQLITE(a_failed_fsync_ends_writing_until_a_restart),
      THINGS_TEST_SQLITE(the_log_is_written_back_while_readers_read),
  };
  return cmocka_run_group_tests(tests, use_failing_disk, NULL);
}
