#include "app/timers.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/hcall/hcall.h"
#include "base/log.h"
#include "base/time.h"
#include "desk/file/file.h"
#include "desk/mail/mail.h"
#include "desk/notice/notice.h"
#include "desk/repeat/repeat.h"
#include "desk/session/session.h"
#include "desk/tenant/tenant.h"
#include "desk/ticket/ticket.h"

enum { STEP = 500, LOOK_MS = 1000, LOOK_TEST_MS = 25, PAUSE_MAX_MS = 100, ARENA_MAX = 64 * 1024 * 1024 };

struct job {
  const char *work; /* for the log; NULL: too often to be told */
  /* One bounded piece. *more: there is work left, come again at once. */
  enum status (*piece)(struct timers *timers, struct ctx *ctx, int64_t *done, bool *more);
  int64_t turn_us; /* from the end of one turn to the next */
};

enum { JOB_COUNT = 6 };

struct timers {
  const struct options *options;
  struct db *db;
  struct system_view *view;
  struct db_ints purge_statuses;
  int64_t due[JOB_COUNT];               /* wall clock */
  int64_t done[JOB_COUNT];              /* in this turn so far */
  int64_t clock_size, clock_changed_ns; /* of the clock file as last read */
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
    memset(timers->due, 0, sizeof timers->due);
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
    snprintf(why, 256, "--hcall-purge-status \"%s\" is not a status of hcall; docs/api/hcall.md lists them.",
             options->hcall_purge_status);
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

/* ---- the pieces of work ---- */

/* Readiness and the outbox's length, for /readyz and /metrics. */
static enum status look(struct timers *timers, struct ctx *ctx, int64_t *done, bool *more) {
  (void)done;
  (void)more;
  struct mail_stats stats;
  bool answers = mail_stats(ctx, &stats) == STATUS_OK;
  if (answers) {
    atomic_store(&timers->view->mails_waiting, stats.waiting);
    atomic_store(&timers->view->mails_failed, stats.failed);
  }
  if (atomic_exchange(&timers->view->ready, answers) != answers) {
    LOG(answers ? LOG_INFO : LOG_ERROR,
        answers ? "The database answers again." : "The database does not answer.");
  }
  return STATUS_OK;
}

static enum status sweep_sessions(struct timers *timers, struct ctx *ctx, int64_t *done, bool *more) {
  (void)timers;
  TRY(session_sweep(ctx, STEP, done));
  *more = *done == STEP;
  return STATUS_OK;
}

static enum status sweep_notices(struct timers *timers, struct ctx *ctx, int64_t *done, bool *more) {
  (void)timers;
  TRY(notice_sweep(ctx, STEP, done));
  *more = *done == STEP;
  return STATUS_OK;
}

static enum status sweep_repeats(struct timers *timers, struct ctx *ctx, int64_t *done, bool *more) {
  (void)timers;
  TRY(repeat_sweep(ctx, STEP, done));
  *more = *done == STEP;
  return STATUS_OK;
}

static enum status sweep_files(struct timers *timers, struct ctx *ctx, int64_t *done, bool *more) {
  (void)timers;
  TRY(file_sweep(ctx, STEP, done));
  *more = *done == STEP;
  return STATUS_OK;
}

static enum status purge(struct timers *timers, struct ctx *ctx, int64_t *done, bool *more) {
  if (timers->options->hcall_purge_days <= 0) {
    return STATUS_OK;
  }
  int64_t before_us = ctx->now_us - timers->options->hcall_purge_days * TIME_DAY_US;
  TRY(ticket_purge(ctx, &timers->purge_statuses, before_us, STEP, done));
  *more = *done == STEP;
  return STATUS_OK;
}

static const struct job jobs[JOB_COUNT] = {
    {NULL, look, TIME_SECOND_US},
    {"sweep sessions", sweep_sessions, TIME_HOUR_US},
    {"sweep notices", sweep_notices, TIME_HOUR_US},
    {"sweep repeated calls", sweep_repeats, TIME_HOUR_US},
    {"sweep files", sweep_files, TIME_HOUR_US},
    {"clean up solved tickets", purge, TIME_HOUR_US},
};

/* ---- their turns ---- */

/* Also where the clock was set back so far that the turn would never come. */
static bool is_due(int64_t due, int64_t turn_us, int64_t now) {
  return now >= due || due > now + turn_us;
}

/* One piece of a job and when its next is due. True: there is more to do at once. */
static bool run_piece(struct timers *timers, int i) {
  const struct job *job = &jobs[i];
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
  struct ctx ctx = {.arena = arena, .db = timers->db, .now_us = time_now_us()};
  int64_t done = 0;
  bool more = false;
  enum status status = job->piece(timers, &ctx, &done, &more);
  if (status != STATUS_OK) {
    more = false;
    LOG(LOG_WARN, "A timer's work failed; it is tried again at its next turn.",
        LOG_S("work", job->work != NULL ? job->work : "readiness"), LOG_S("status", status_name(status)));
  }
  timers->done[i] += done;
  if (more) {
    timers->due[i] = 0;
    return true;
  }
  timers->due[i] = ctx.now_us + job->turn_us;
  if (job->work != NULL && timers->done[i] > 0) {
    LOG(LOG_INFO, "A timer's work is done.", LOG_S("work", job->work), LOG_N("rows", timers->done[i]));
  }
  timers->done[i] = 0;
  return false;
}

/* The look, which is first, alone, while the database does not answer. */
static int job_count(const struct timers *timers) {
  return atomic_load(&timers->view->ready) ? JOB_COUNT : 1;
}

/* Milliseconds until the first job is due, at most until the next look. */
static int until_next(const struct timers *timers) {
  int64_t now = time_now_us();
  int64_t wait_ms = timers->options->clock_file != NULL ? LOOK_TEST_MS : LOOK_MS;
  for (int i = 0; i < job_count(timers); i++) {
    int64_t left_ms = timers->due[i] > now ? (timers->due[i] - now + 999) / 1000 : 0;
    wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
  }
  return (int)wait_ms;
}

/* A piece at a time. While there is more, half of the time belongs to the requests. */
int timers_run(struct timers *timers) {
  follow_clock_file(timers);
  int64_t started_ns = time_monotonic_ns();
  bool more = false;
  for (int i = 0; i < job_count(timers); i++) {
    if (is_due(timers->due[i], jobs[i].turn_us, time_now_us())) {
      more |= run_piece(timers, i);
    }
  }
  if (!more) {
    return until_next(timers);
  }
  int64_t took_ms = (time_monotonic_ns() - started_ns) / 1000000;
  return (int)(took_ms < 1 ? 1 : took_ms < PAUSE_MAX_MS ? took_ms : PAUSE_MAX_MS);
}
