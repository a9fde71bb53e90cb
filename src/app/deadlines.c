#include "app/deadlines.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/time.h"
#include "desk/sla/sla.h"
#include "desk/ticket/ticket.h"

enum {
  STEP = 25, /* tickets a transaction: requests that write wait for no longer */
  LOOK_MS = 500,
  LOOK_TEST_MS = 25,
  BUSY_MS = 100, /* until a ticket is asked for again that somebody else had in hands */
  FAILED_MS = 1000,
  PAUSE_MAX_MS = 100,
  LATE_MS = 500, /* that late, there is no pause: the next second is promised */
  ARENA_MAX = 64 * 1024 * 1024
};

struct deadlines {
  struct db *db;
  struct system_view *view;
  int64_t look_ms;
  bool started;
  pthread_t thread;
  pthread_mutex_t lock; /* guards stopping */
  pthread_cond_t wake;
  bool stopping;
};

/* ---- what a step does ---- */

struct recompute {
  int64_t tenant_id, last_id;
};

/* One transaction: what was recomputed is marked as done, or neither happened. */
static enum status recompute_run(struct ctx *ctx, void *arg) {
  struct recompute *recompute = arg;
  int64_t after_id;
  TRY(sla_stale_tenant(ctx, &recompute->tenant_id, &after_id));
  if (recompute->tenant_id == 0) {
    return STATUS_OK; /* another node was faster */
  }
  TRY(ticket_sla_recompute(ctx, recompute->tenant_id, after_id, STEP, &recompute->last_id));
  return sla_recomputed(ctx, recompute->tenant_id, recompute->last_id);
}

/* *more: this tenant's next step, or another tenant. */
static enum status recompute_targets(struct ctx *ctx, bool *more) {
  int64_t tenant_id, after_id;
  TRY(sla_stale_tenant(ctx, &tenant_id, &after_id));
  if (tenant_id == 0) {
    return STATUS_OK;
  }
  struct recompute recompute = {0};
  TRY(db_write(ctx, recompute_run, &recompute));
  *more = recompute.tenant_id != 0;
  return STATUS_OK;
}

/* Milliseconds until something is due by itself, or until it is time to look again. */
static int64_t until(const struct deadlines *deadlines, int64_t next_at) {
  int64_t left_us = next_at - time_now_us();
  int64_t wait_ms = next_at == 0 ? deadlines->look_ms : left_us > 0 ? (left_us + 999) / 1000 : BUSY_MS;
  return wait_ms < deadlines->look_ms ? wait_ms : deadlines->look_ms;
}

static enum status step(struct deadlines *deadlines, struct ctx *ctx, bool *more, int64_t *next_at) {
  struct ticket_sla_done done = {0};
  TRY(recompute_targets(ctx, more));
  TRY(ticket_sla_run(ctx, STEP, &done, next_at));
  struct system_view *view = deadlines->view;
  atomic_fetch_add(&view->deadlines_told, done.tickets);
  atomic_fetch_add(&view->sla_warnings, done.warnings);
  atomic_fetch_add(&view->sla_response_breaches, done.response_breaches);
  atomic_fetch_add(&view->sla_resolution_breaches, done.resolution_breaches);
  *more |= done.tickets == STEP;
  return STATUS_OK;
}

/* While there is more to do, half of the time belongs to the requests; the less, the later the next ticket
 * is. */
static int64_t pause_ms(int64_t took_ms, int64_t next_at) {
  int64_t late_ms = next_at != 0 ? (time_now_us() - next_at) / 1000 : 0;
  int64_t left_ms = late_ms < 0 ? LATE_MS : late_ms < LATE_MS ? LATE_MS - late_ms : 0;
  int64_t pause = took_ms * left_ms / LATE_MS;
  return pause < 1 ? 1 : pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
}

/* Returns for how many milliseconds to sleep. */
static int64_t work(struct deadlines *deadlines) {
  if (!atomic_load(&deadlines->view->ready)) {
    return deadlines->look_ms;
  }
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
  struct ctx ctx = {.arena = arena, .db = deadlines->db, .now_us = time_now_us()};
  int64_t started_ns = time_monotonic_ns();
  bool more = false;
  int64_t next_at = 0;
  enum status status = step(deadlines, &ctx, &more, &next_at);
  if (status != STATUS_OK) {
    LOG(LOG_WARN, "The service levels' timer failed; it tries again in a second.",
        LOG_S("status", status_name(status)));
    return FAILED_MS;
  }
  return more ? pause_ms((time_monotonic_ns() - started_ns) / 1000000, next_at) : until(deadlines, next_at);
}

/* ---- the thread ---- */

/* False: it is time to end. */
static bool rest(struct deadlines *deadlines, int64_t wait_ms) {
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  int64_t end_ns = end.tv_nsec + wait_ms % 1000 * 1000000;
  end.tv_sec += wait_ms / 1000 + end_ns / 1000000000;
  end.tv_nsec = end_ns % 1000000000;
  pthread_mutex_lock(&deadlines->lock);
  int waited = 0;
  while (!deadlines->stopping && waited == 0) {
    waited = pthread_cond_timedwait(&deadlines->wake, &deadlines->lock, &end);
  }
  bool stopping = deadlines->stopping;
  pthread_mutex_unlock(&deadlines->lock);
  return !stopping;
}

static void *run(void *arg) {
  struct deadlines *deadlines = arg;
  int64_t wait_ms;
  do {
    wait_ms = work(deadlines);
  } while (rest(deadlines, wait_ms));
  return NULL;
}

struct deadlines *deadlines_new(struct db *db, struct system_view *view, bool test_clock) {
  struct deadlines *deadlines = calloc(1, sizeof *deadlines);
  if (deadlines == NULL) {
    die("Out of memory for the timer of service levels.");
  }
  deadlines->db = db;
  deadlines->view = view;
  deadlines->look_ms = test_clock ? LOOK_TEST_MS : LOOK_MS;
  pthread_mutex_init(&deadlines->lock, NULL);
  pthread_condattr_t monotonic; /* nobody sleeps longer because the wall clock was set */
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&deadlines->wake, &monotonic);
  pthread_condattr_destroy(&monotonic);
  return deadlines;
}

void deadlines_start(struct deadlines *deadlines) {
  if (pthread_create(&deadlines->thread, NULL, run, deadlines) != 0) {
    die("Can't start the service levels' thread.");
  }
  pthread_setname_np(deadlines->thread, "deadlines");
  deadlines->started = true;
}

void deadlines_stop(struct deadlines *deadlines) {
  if (deadlines == NULL || !deadlines->started) {
    return;
  }
  pthread_mutex_lock(&deadlines->lock);
  deadlines->stopping = true;
  pthread_cond_signal(&deadlines->wake);
  pthread_mutex_unlock(&deadlines->lock);
  pthread_join(deadlines->thread, NULL);
  deadlines->started = false;
}

void deadlines_free(struct deadlines *deadlines) {
  if (deadlines != NULL) {
    pthread_cond_destroy(&deadlines->wake);
    pthread_mutex_destroy(&deadlines->lock);
    free(deadlines);
  }
}
