#include <pthread.h>

#include "db/db.h"
#include "store.h"

enum { RACER_ARENA_MAX = 64 << 20, QUEUE_MAX = 1000, BATCH_MAX = 64 };

struct racer {
  struct ctx ctx;
  pthread_t thread;
  pthread_barrier_t *start;
  store_racer function;
  int number;
  void *arg;
};

static void *run(void *arg) {
  struct racer *racer = arg;
  pthread_barrier_wait(racer->start);
  racer->function(&racer->ctx, racer->number, racer->arg);
  return NULL;
}

/* Nobody submits jobs here: the racers' commands wait for their own. */
static void no_jobs_here(void *arg, struct db_job *list) {
  (void)arg;
  assert_null(list);
}

void store_race(struct store *store, int count, store_racer function, void *arg) {
  struct racer racers[STORE_RACERS_MAX] = {0};
  pthread_barrier_t start;
  assert_in_range(count, 1, STORE_RACERS_MAX);
  assert_int_equal(pthread_barrier_init(&start, NULL, (unsigned)count), 0);
  struct db_writer *writer =
      store->pgsql ? NULL : db_writer_new(store->ctx.db, QUEUE_MAX, BATCH_MAX, no_jobs_here, NULL);
  for (int i = 0; i < count; i++) {
    struct racer *racer = &racers[i];
    *racer = (struct racer){.start = &start, .function = function, .number = i, .arg = arg};
    racer->ctx = store_open(store, DB_READ);
    racer->ctx.arena = arena_new(RACER_ARENA_MAX);
    if (writer != NULL) {
      db_attach_writer(racer->ctx.db, writer);
    }
  }
  for (int i = 0; i < count; i++) {
    assert_int_equal(pthread_create(&racers[i].thread, NULL, run, &racers[i]), 0);
  }
  for (int i = 0; i < count; i++) {
    pthread_join(racers[i].thread, NULL);
  }
  if (writer != NULL) {
    db_writer_stop(writer);
  }
  for (int i = 0; i < count; i++) {
    arena_free(racers[i].ctx.arena);
    store_close(&racers[i].ctx);
  }
  pthread_barrier_destroy(&start);
}
