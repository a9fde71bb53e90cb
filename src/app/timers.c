#include "app/timers.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/hcall/hcall.h"
#include "base/log.h"
#include "base/time.h"
#include "desk/mail/mail.h"
#include "desk/session/session.h"
#include "desk/tenant/tenant.h"
#include "desk/ticket/ticket.h"

enum { STEP = 500, LOOK_MS = 1000, LOOK_TEST_MS = 25, ARENA_MAX = 64 * 1024 * 1024 };

struct timers {
  const struct options *options;
  struct db *db;
  struct system_view *view;
  struct db_ints purge_statuses;
  int64_t sweep_due, purge_due, look_due; /* wall clock */
  int64_t clock_size, clock_changed_ns;   /* of the clock file as last read */
};

/* The test build's clock: seconds to add, read again when the file changed. */
static void follow_clock_file(struct timers *timers) {
#ifdef SIGAP_TEST_BUILD
  struct stat found;
  if (timers->options->clock_file == NULL || stat(timers->options->clock_file, &found) != 0) {
    return;
  }
  int64_t changed_ns = (int64_t)found.st_mtim.tv_sec * INT64_C(1000000000) + found.st_mtim.tv_nsec;
  if (changed_ns == timers->clock_changed_ns && found.st_size == timers->clock_size) {
    return;
  }
  char text[64];
  int fd = open(timers->options->clock_file, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd >= 0 ? read(fd, text, sizeof text) : -1;
  if (fd >= 0) {
    close(fd);
  }
  int64_t seconds = 0;
  if (got > 0 && str_int(str_trim((struct str){text, (size_t)got}), &seconds) == STATUS_OK) {
    timers->clock_changed_ns = changed_ns;
    timers->clock_size = found.st_size;
    time_shift(seconds * TIME_SECOND_US);
    timers->sweep_due = 0;
    timers->purge_due = 0;
  }
#else
  (void)timers;
#endif
}

enum status timers_new(const struct options *options, struct db *db, struct system_view *view,
                       struct timers **out, char why[256]) {
  struct timers *timers = calloc(1, sizeof *timers);
  if (timers == NULL) {
    die("Out of memory for the timers.");
  }
  timers->options = options;
  timers->db = db;
  timers->view = view;
  if (hcall_purge_statuses(options->hcall_purge_status, &timers->purge_statuses) != STATUS_OK) {
    snprintf(why, 256, "--hcall-purge-status \"%s\" is not a status of hcall.", options->hcall_purge_status);
    free(timers);
    return STATUS_INVALID;
  }
  follow_clock_file(timers); /* before the first request */
  *out = timers;
  return STATUS_OK;
}

void timers_free(struct timers *timers) {
  free(timers);
}

/* Runs one step again and again until it finds less than STEP to do. */
typedef enum status (*step)(struct timers *timers, struct ctx *ctx, int64_t *done);

static void run_steps(struct timers *timers, const char *what, step one) {
  int64_t done = 0;
  int64_t all = 0;
  do {
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct ctx ctx = {.arena = arena, .db = timers->db, .now_us = time_now_us()};
    done = 0;
    enum status status = one(timers, &ctx, &done);
    if (status != STATUS_OK) {
      LOG(LOG_WARN, "A timer's work failed; it is tried again at its next turn.", LOG_S("work", what),
          LOG_S("status", status_name(status)));
      return;
    }
    all += done;
  } while (done == STEP);
  if (all > 0) {
    LOG(LOG_INFO, "A timer's work is done.", LOG_S("work", what), LOG_N("rows", all));
  }
}

static enum status sweep(struct timers *timers, struct ctx *ctx, int64_t *done) {
  (void)timers;
  return session_sweep(ctx, STEP, done);
}

static enum status purge(struct timers *timers, struct ctx *ctx, int64_t *done) {
  int64_t before_us = ctx->now_us - timers->options->hcall_purge_days * TIME_DAY_US;
  return ticket_purge(ctx, &timers->purge_statuses, before_us, STEP, done);
}

/* Readiness and the outbox's length, for /readyz and /metrics. */
static void look(struct timers *timers) {
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
  struct ctx ctx = {.arena = arena, .db = timers->db, .now_us = time_now_us()};
  struct mail_stats stats;
  bool answers = mail_stats(&ctx, &stats) == STATUS_OK;
  if (answers) {
    atomic_store(&timers->view->mails_waiting, stats.waiting);
    atomic_store(&timers->view->mails_failed, stats.failed);
  }
  if (atomic_exchange(&timers->view->ready, answers) != answers) {
    LOG(answers ? LOG_INFO : LOG_ERROR,
        answers ? "The database answers again." : "The database does not answer.");
  }
}

/* Also where the clock was set back so far that the hour would become days. */
static bool is_due(int64_t due, int64_t now) {
  return now >= due || due > now + TIME_HOUR_US;
}

int timers_run(struct timers *timers) {
  follow_clock_file(timers);
  int64_t now = time_now_us();
  if (now >= timers->look_due || timers->look_due > now + 2 * TIME_SECOND_US) {
    look(timers);
    timers->look_due = now + TIME_SECOND_US;
  }
  if (is_due(timers->sweep_due, now)) {
    run_steps(timers, "sweep sessions", sweep);
    timers->sweep_due = now + TIME_HOUR_US;
  }
  if (timers->options->hcall_purge_days > 0 && is_due(timers->purge_due, now)) {
    run_steps(timers, "clean up solved tickets", purge);
    timers->purge_due = now + TIME_HOUR_US;
  }
  return timers->options->clock_file != NULL ? LOOK_TEST_MS : LOOK_MS;
}
