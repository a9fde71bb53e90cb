#include "store.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "app/lanes.h"
#include "base/log.h"

/* The lanes with their threads and connections; what the kit would do with a call is replaced at the link:
 * see meson.build. */

static atomic_int ran, committed, woken;
static _Atomic(struct db *) last_db;
static sem_t gate;
static atomic_bool gated;

void __wrap_kit_run(struct call *call, struct db *db);
void __wrap_kit_run(struct call *call, struct db *db) {
  (void)call;
  if (gated) {
    sem_wait(&gate);
  }
  atomic_store(&last_db, db);
  atomic_fetch_add(&ran, 1);
}

void __wrap_kit_committed(struct db_job *list);
void __wrap_kit_committed(struct db_job *list) {
  for (; list != NULL; list = list->next) {
    atomic_fetch_add(&committed, 1);
  }
}

unsigned __wrap_http_loop_index(const struct http_loop *loop);
unsigned __wrap_http_loop_index(const struct http_loop *loop) {
  return (unsigned)(uintptr_t)loop - 1;
}
static struct http_loop *loop_numbered(unsigned index) {
  return (struct http_loop *)(uintptr_t)(index + 1);
}

static void wake(void *app) {
  (void)app;
  atomic_fetch_add(&woken, 1);
}

/* A pool wakes the mail sender after calls of rows that may write. */
static const struct route reading = {.lane = LANE_INLINE};
static const struct route writing = {.lane = LANE_POOL};

static struct lanes *lanes;
static struct kit_lanes face;

static void open_lanes(struct store *store, unsigned loops) {
  char why[256] = "";
  atomic_store(&ran, 0);
  atomic_store(&committed, 0);
  atomic_store(&woken, 0);
  gated = false;
  const struct lanes_config config = {.database = &store->config,
                                      .pgsql = store->pgsql,
                                      .loops = loops,
                                      .hash_threads = 1,
                                      .pool_threads = 2,
                                      .export_threads = 3,
                                      .pgsql_threads = 3,
                                      .committed = wake};
  assert_ok(lanes_new(&config, &lanes, why));
  face = lanes_face(lanes);
  assert_int_equal(face.pgsql, store->pgsql);
}

static void wait_until(atomic_int *counter, int value) {
  for (int i = 0; i < 1000 && atomic_load(counter) < value; i++) {
    usleep(5000);
  }
  assert_int_equal(atomic_load(counter), value);
}

static void close_lanes(void) {
  lanes_stop(lanes);
  lanes_end_writes(lanes);
  lanes_free(lanes);
}

static void every_lane_runs_what_it_takes(struct store *store) {
  open_lanes(store, 2);
  lanes_start(lanes);
  struct call calls[3] = {{.lane = LANE_POOL, .route = &writing},
                          {.lane = LANE_HASH, .route = &writing},
                          {.lane = LANE_INLINE, .route = &reading}};
  int count = store->pgsql ? 3 : 2; /* on SQLite quick reads are the I/O threads' own */
  for (int i = 0; i < count; i++) {
    assert_true(face.submit(face.app, &calls[i], calls[i].lane));
    wait_until(&ran, i + 1);
    assert_non_null(atomic_load(&last_db));
  }
  close_lanes();
  assert_int_equal(atomic_load(&woken), 2);
}

/* Slow readers hold up the threads of exports; nobody else waits for them, and who comes too late is told. */
static void exports_hold_up_no_other_lane_and_queue_little(struct store *store) {
  open_lanes(store, 1);
  gated = true;
  assert_int_equal(sem_init(&gate, 0, 0), 0);
  lanes_start(lanes);
  enum { MANY = 200 };
  static struct call exports[MANY];
  int taken = 0;
  for (int i = 0; i < MANY; i++) {
    exports[i] = (struct call){.route = &reading};
    taken += face.submit(face.app, &exports[i], LANE_EXPORT);
    if (i == 9) {
      usleep(100 * 1000); /* three of them run, and wait at the gate */
    }
  }
  assert_int_equal(taken, 64 + 3);
  CLEANUP_BUF struct buf out;
  buf_init(&out, 64 * 1024);
  lanes_metrics(lanes, &out);
  buf_add_char(&out, '\0');
  assert_non_null(strstr(out.at, "sigap_lane_queued{lane=\"export\"} 64\n"));
  gated = false; /* only those that wait already */
  struct call pool = {.route = &writing};
  assert_true(face.submit(face.app, &pool, LANE_POOL));
  wait_until(&ran, 1);
  for (int i = 0; i < 3; i++) {
    sem_post(&gate);
  }
  wait_until(&ran, 1 + taken);
  close_lanes();
  sem_destroy(&gate);
}

static void each_io_thread_has_a_connection_of_its_own(struct store *store) {
  enum { LOOPS = 80 };
  open_lanes(store, LOOPS);
  lanes_start(lanes);
  struct db *seen[LOOPS];
  for (unsigned i = 0; i < LOOPS; i++) {
    seen[i] = face.loop_db(face.app, loop_numbered(i));
    assert_non_null(seen[i]);
    assert_true(i == 0 || seen[i] != seen[i - 1]);
  }
  close_lanes();
}

static enum status nap_and_write(struct ctx *ctx, void *arg) {
  (void)arg;
  usleep(100 * 1000);
  assert_true(db_in_write(ctx->db));
  return STATUS_OK;
}

static void the_writer_hands_back_and_tells(struct store *store) {
  open_lanes(store, 1);
  lanes_start(lanes);
  struct call call = {.ctx = {.arena = store->ctx.arena}};
  call.job = (struct db_job){.ctx = &call.ctx, .command = nap_and_write, .owner = &call};
  assert_true(face.submit(face.app, &call, LANE_WRITER));
  wait_until(&committed, 1);
  wait_until(&woken, 1);
  close_lanes();
}

static void *open_the_gate(void *arg) {
  usleep(200 * 1000);
  for (int i = 0; i < *(const int *)arg; i++) {
    sem_post(&gate);
  }
  return NULL;
}

static void stopping_finishes_what_runs_and_drops_what_waits(struct store *store) {
  open_lanes(store, 1);
  gated = true;
  assert_int_equal(sem_init(&gate, 0, 0), 0);
  lanes_start(lanes);
  enum { CALLS = 20 };
  static struct call slow[CALLS];
  static struct call writes[3];
  for (int i = 0; i < CALLS; i++) {
    slow[i] = (struct call){.route = &writing};
    assert_true(face.submit(face.app, &slow[i], LANE_POOL));
  }
  int wanted = 0;
  for (int i = 0; i < 3 && !store->pgsql; i++) {
    writes[i] = (struct call){.route = &writing, .ctx = {.arena = store->ctx.arena}};
    writes[i].job = (struct db_job){.ctx = &writes[i].ctx, .command = nap_and_write, .owner = &writes[i]};
    assert_true(face.submit(face.app, &writes[i], LANE_WRITER));
    wanted++;
  }
  usleep(100 * 1000); /* both threads of the pool have one, and wait at the gate */
  pthread_t opener;
  const int many = CALLS;
  assert_int_equal(pthread_create(&opener, NULL, open_the_gate, (void *)&many), 0);
  lanes_stop(lanes);
  pthread_join(opener, NULL);
  assert_int_equal(atomic_load(&ran), 2);
  lanes_end_writes(lanes);
  assert_int_equal(atomic_load(&committed), wanted); /* afterwards their exchanges are gone */
  assert_false(face.submit(face.app, &slow[0], LANE_POOL));
  assert_true(store->pgsql || !face.submit(face.app, &writes[0], LANE_WRITER));
  lanes_free(lanes);
  sem_destroy(&gate);
}

static void a_full_lane_refuses(struct store *store) {
  open_lanes(store, 1);
  gated = true;
  assert_int_equal(sem_init(&gate, 0, 0), 0);
  lanes_start(lanes);
  enum { MANY = 20000 };
  struct call *calls = test_calloc(MANY, sizeof *calls);
  int taken = 0;
  for (int i = 0; i < MANY; i++) {
    calls[i].route = &reading;
  }
  while (taken < MANY && face.submit(face.app, &calls[taken], LANE_HASH)) {
    taken++;
  }
  assert_true(taken >= 1000 && taken < MANY);
  CLEANUP_BUF struct buf out;
  buf_init(&out, 64 * 1024);
  lanes_metrics(lanes, &out);
  buf_add_char(&out, '\0');
  assert_non_null(strstr(out.at, "sigap_lane_queued{lane=\"hash\"} "));
  assert_null(strstr(out.at, "sigap_lane_queued{lane=\"hash\"} 0\n"));
  for (int i = 0; i < taken; i++) {
    sem_post(&gate);
  }
  wait_until(&ran, taken);
  close_lanes();
  sem_destroy(&gate);
  test_free(calls);
}

static enum status write_something(struct ctx *ctx, void *arg) {
  (void)arg;
  return db_in_write(ctx->db) ? STATUS_OK : STATUS_BROKEN;
}

static void a_further_connection_may_write(struct store *store) {
  open_lanes(store, 1);
  lanes_start(lanes);
  struct ctx ctx = {.arena = store->ctx.arena};
  char why[256] = "";
  assert_ok(lanes_connect(lanes, &ctx.db, why));
  assert_ok(db_write(&ctx, write_something, NULL));
  assert_true(lanes_healthy(lanes));
  db_close(ctx.db);
  close_lanes();
}

static void counters_read_as_text(struct store *store) {
  open_lanes(store, 1);
  lanes_start(lanes);
  CLEANUP_BUF struct buf out;
  buf_init(&out, 64 * 1024);
  lanes_metrics(lanes, &out);
  buf_add_char(&out, '\0');
  assert_non_null(strstr(out.at, "sigap_lane_queued{lane=\"pool\"} 0\n"));
  assert_non_null(strstr(out.at, store->pgsql ? "{lane=\"database\"} 0\n" : "sigap_commits_total 0\n"));
  close_lanes();
}

static void assert_no_start(const struct db_config *database, bool pgsql, const char *expected) {
  const struct lanes_config config = {.database = database,
                                      .pgsql = pgsql,
                                      .loops = 1,
                                      .hash_threads = 1,
                                      .pool_threads = 1,
                                      .export_threads = 1,
                                      .pgsql_threads = 2};
  char why[256] = "";
  struct lanes *none = NULL;
  assert_int_not_equal(lanes_new(&config, &none, why), STATUS_OK);
  assert_null(none);
  assert_true(strlen(why) > 10);
  assert_non_null(strstr(why, expected));
}

static void a_database_that_does_not_open_is_told(struct store *store) {
  struct db_config nowhere = store->config;
  nowhere.url = store->pgsql ? "postgresql:///nothing?host=/nowhere" : "sqlite:/nowhere/at/all.db";
  assert_no_start(&nowhere, store->pgsql, "nowhere");
}

static void a_statement_that_does_not_fit_stops_the_start(struct store *store) {
  store_sql(store, "ALTER TABLE mail RENAME COLUMN tries TO trials");
  assert_no_start(&store->config, store->pgsql, "tries");
}

int main(void) {
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  const struct CMUnitTest tests[] = {
      STORE_TEST(every_lane_runs_what_it_takes),
      STORE_TEST(exports_hold_up_no_other_lane_and_queue_little),
      STORE_TEST_SQLITE(each_io_thread_has_a_connection_of_its_own),
      STORE_TEST_SQLITE(the_writer_hands_back_and_tells),
      STORE_TEST(stopping_finishes_what_runs_and_drops_what_waits),
      STORE_TEST(a_full_lane_refuses),
      STORE_TEST(a_further_connection_may_write),
      STORE_TEST(counters_read_as_text),
      STORE_TEST(a_database_that_does_not_open_is_told),
      STORE_TEST(a_statement_that_does_not_fit_stops_the_start),
  };
  return STORE_RUN(tests);
}
