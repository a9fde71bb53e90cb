#ifndef SIGAP_TESTS_POST_SENDING_H
#define SIGAP_TESTS_POST_SENDING_H

#include "store.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "db/engine.h"
#include "people.h"

/* What the tests of the senders share: both clocks, which are the test's (see meson.build), and the
 * connections that a server has. For one test program: it holds its state here. */

/* ---- the clocks ---- */

static atomic_int_fast64_t wall_us;           /* stands still until the test moves it */
static atomic_int_fast64_t ahead_ns;          /* of the monotonic clock's own time */
static _Thread_local int64_t jump_after_next; /* moved ahead by this once this thread has read it */
static atomic_bool jumped;

int64_t __wrap_time_now_us(void);
int64_t __wrap_time_now_us(void) {
  return atomic_load(&wall_us);
}

int64_t __real_time_monotonic_ns(void);
int64_t __wrap_time_monotonic_ns(void);
int64_t __wrap_time_monotonic_ns(void) {
  int64_t now_ns = __real_time_monotonic_ns() + atomic_load(&ahead_ns);
  if (jump_after_next != 0) {
    atomic_fetch_add(&ahead_ns, jump_after_next);
    jump_after_next = 0;
    atomic_store(&jumped, true);
  }
  return now_ns;
}

static inline void clocks_begin(void) {
  atomic_store(&wall_us, STORE_NOW);
  atomic_store(&ahead_ns, 0);
  atomic_store(&jumped, false);
  jump_after_next = 0;
}

static inline int64_t now(void) {
  return atomic_load(&wall_us);
}
static inline void move_s(int64_t seconds) {
  atomic_fetch_add(&wall_us, seconds * TIME_SECOND_US);
}

/* ---- waiting for what must come ---- */

enum { DEADLINE_S = 120 };
#define AWAIT(condition)                                                                       \
  do {                                                                                         \
    const int64_t deadline_ns = __real_time_monotonic_ns() + DEADLINE_S * INT64_C(1000000000); \
    while (!(condition)) {                                                                     \
      if (__real_time_monotonic_ns() > deadline_ns) {                                          \
        fail_msg("it never came true: %s", #condition);                                        \
      }                                                                                        \
      usleep(2000);                                                                            \
    }                                                                                          \
  } while (0)

/* ---- the connections ---- */

static struct db_writer *writer; /* SQLite's, while they are open */
static struct db *writing;       /* the test's own connection meanwhile */

/* Opens them: on SQLite all writes go through the one writer. Gives the sender's. */
static inline struct db *connect_all(struct store *store) {
  writing = store->ctx.db;
  if (store->pgsql) {
    return store_open(store, DB_READ).db;
  }
  writer = db_writer_new(writing, 100, 10, NULL, NULL);
  struct db *mine = store_open(store, DB_READ).db, *senders = store_open(store, DB_READ).db;
  db_attach_writer(mine, writer);
  db_attach_writer(senders, writer);
  store->ctx.db = mine;
  return senders;
}

/* Before the sender closes its own. */
static inline void writer_stop(void) {
  if (writer != NULL) {
    db_writer_stop(writer);
  }
}

static inline void disconnect_all(struct store *store) {
  if (writer != NULL) {
    store_close(&store->ctx);
    writer = NULL;
  }
  store->ctx.db = writing;
}

static inline enum status run_script(struct ctx *ctx, void *arg) {
  return ctx->db->engine->script(ctx->db, arg);
}

/* SQL through the writer, which other connections use meanwhile. */
static inline void run_sql(struct store *store, const char *sql) {
  assert_ok(db_write(&store->ctx, run_script, (void *)(uintptr_t)sql));
}

#endif
