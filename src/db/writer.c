#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/problem.h"
#include "base/time.h"
#include "db/engine.h"

enum { FLUSH_ARENA_MAX = 1024 * 1024 };

/* The writer lane of the embedded database: one thread, one connection, many jobs in one commit.
 * While a commit waits for the disk the next batch gathers. */
struct db_writer {
  struct db *db;
  struct arena *arena; /* while the sums of a batch are written */
  size_t queue_max, batch_max;
  void (*done)(void *arg, struct db_job *list);
  void *arg;
  pthread_t thread;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t wake;
  struct db_job *head, **tail;
  size_t queued;
  bool asleep, stopping, joined;
  struct db_writer_stats stats;
  atomic_bool healthy;
  _Atomic uint64_t generation;
};

/* A batch under way. */
struct batch {
  struct db_job *head, **tail;
  size_t count, failed;
  bool careful;       /* each job in a savepoint of its own */
  enum status status; /* not OK: the transaction is gone, and with it every job */
};

/* ---- the queue ---- */

bool db_writer_submit(struct db_writer *writer, struct db_job *job) {
  job->next = NULL;
  pthread_mutex_lock(&writer->lock);
  bool taken = !writer->stopping && writer->queued < writer->queue_max;
  bool wake = false;
  if (taken) {
    *writer->tail = job;
    writer->tail = &job->next;
    writer->queued++;
    wake = writer->asleep;
    writer->asleep = false;
  }
  pthread_mutex_unlock(&writer->lock);
  if (wake) {
    pthread_cond_signal(&writer->wake);
  }
  return taken;
}

/* Up to `max` jobs, in their order; sleeps for the first of a batch where `sleep` says so, else they join
 * one. NULL: none, or the end. */
static struct db_job *take_jobs(struct db_writer *writer, size_t max, bool sleep) {
  pthread_mutex_lock(&writer->lock);
  while (sleep && !writer->head && !writer->stopping) {
    writer->asleep = true;
    pthread_cond_wait(&writer->wake, &writer->lock);
  }
  writer->asleep = false;
  struct db_job *first = writer->head, **last = &writer->head;
  size_t taken = 0;
  bool alone = false;
  while (*last && taken < max && !alone) {
    alone = (*last)->alone;
    if (alone && (taken > 0 || !sleep)) {
      break; /* it waits for a batch of its own */
    }
    last = &(*last)->next;
    taken++;
  }
  if (taken) {
    writer->head = *last;
    *last = NULL;
    if (!writer->head) {
      writer->tail = &writer->head;
    }
    writer->queued -= taken;
  }
  pthread_mutex_unlock(&writer->lock);
  return taken ? first : NULL;
}

/* ---- a batch ---- */

static void say(const struct db_writer *writer, const char *event, enum status status) {
  LOG(LOG_ERROR, event, LOG_S("status", status_name(status)), LOG_S("reason", writer->db->reason));
}

static void lose_health(struct db_writer *writer) {
  if (atomic_exchange(&writer->healthy, false)) {
    say(writer, "writing to the database failed: nothing is acknowledged any more until a restart",
        STATUS_BROKEN);
  }
}

/* A job's command, on the writer's connection. flush: its sums are written with it. */
static enum status run_command(struct db_writer *writer, struct db_job *job, bool flush) {
  struct ctx *ctx = job->ctx;
  struct db *before = ctx->db;
  ctx->db = writer->db;
  enum status status = job->command(ctx, job->arg);
  if (flush && status == STATUS_OK) {
    status = db_flush(ctx);
  }
  ctx->db = before;
  if (status == STATUS_RETRY) {
    status = problem_set(ctx, &problem_unavailable); /* never on this engine, and never told outside */
  }
  return status;
}

/* What the engine says after a job: has it undone everything by itself, or broken? */
static void look_after_job(struct db_writer *writer, struct batch *batch, const struct db_job *job) {
  if (!writer->db->engine->in_transaction(writer->db)) {
    /* As it may when the disk is full. */
    batch->status = job->status == STATUS_STORAGE_FULL ? STATUS_STORAGE_FULL : STATUS_BROKEN;
  }
  if (writer->db->broken) {
    batch->status = STATUS_BROKEN;
    lose_health(writer);
  }
}

/* A job inside its own savepoint: its failure undoes its own changes alone. */
static void run_careful(struct db_writer *writer, struct batch *batch, struct db_job *job) {
  const struct db_engine *engine = writer->db->engine;
  enum status opened = engine->control(writer->db, DB_SAVEPOINT);
  job->status = opened == STATUS_OK ? run_command(writer, job, true) : db_problem(job->ctx, opened);
  db_tally_drop(writer->db); /* written, or undone with the job */
  enum status closed = STATUS_OK;
  if (opened == STATUS_OK && engine->in_transaction(writer->db)) {
    closed = engine->control(writer->db, job->status == STATUS_OK ? DB_SAVEPOINT_KEEP : DB_SAVEPOINT_UNDO);
  }
  if (closed != STATUS_OK) {
    batch->status = closed;
  }
  look_after_job(writer, batch, job);
}

static void restart_batch(struct db_writer *writer, struct batch *batch);

/* A savepoint makes the engine copy every page that a job touches, a fifth of the whole work; and a command
 * that fails does so before it changed anything, as a rule. So jobs run without one. Only when one fails
 * after a change is the batch undone and run again, each job in its savepoint. */
static void run_job(struct db_writer *writer, struct batch *batch, struct db_job *job) {
  if (batch->status != STATUS_OK) {
    return; /* gets the batch's status at the end */
  }
  if (batch->careful) {
    run_careful(writer, batch, job);
    return;
  }
  struct db *db = writer->db;
  int64_t changes = db->engine->changes(db);
  uint64_t told = db->tally.told;
  job->status = run_command(writer, job, false);
  look_after_job(writer, batch, job);
  if (batch->status == STATUS_OK && job->status != STATUS_OK &&
      (db->engine->changes(db) != changes || db->tally.told != told)) {
    restart_batch(writer, batch);
  }
}

static void run_jobs(struct db_writer *writer, struct batch *batch, struct db_job *jobs) {
  *batch->tail = jobs;
  while (*batch->tail) {
    struct db_job *job = *batch->tail;
    batch->tail = &job->next;
    batch->count++;
    run_job(writer, batch, job);
  }
}

/* From the first job to the one that failed; those behind it follow as usual, carefully too. */
static void restart_batch(struct db_writer *writer, struct batch *batch) {
  const struct db_engine *engine = writer->db->engine;
  batch->careful = true;
  db_tally_drop(writer->db);
  batch->status = engine->control(writer->db, DB_ROLLBACK);
  if (batch->status == STATUS_OK) {
    batch->status = engine->control(writer->db, DB_BEGIN_WRITE);
  }
  size_t count = batch->count;
  for (struct db_job *job = batch->head; count > 0; job = job->next, count--) {
    problem_clear(job->ctx);
    job->status = STATUS_OK;
    run_job(writer, batch, job);
  }
}

static void undo_batch(struct db_writer *writer) {
  db_tally_drop(writer->db);
  if (writer->db->engine->in_transaction(writer->db) &&
      writer->db->engine->control(writer->db, DB_ROLLBACK) != STATUS_OK) {
    say(writer, "a batch could not be rolled back", STATUS_BROKEN);
    lose_health(writer);
  }
}

/* The sums of all jobs, once. Where they can't be written, each job tries with its own. */
static void flush_batch(struct db_writer *writer, struct batch *batch) {
  struct ctx ctx = {.arena = writer->arena, .db = writer->db, .now_us = time_now_us()};
  enum status status = db_flush(&ctx);
  arena_reset(writer->arena);
  if (status != STATUS_OK && writer->db->engine->in_transaction(writer->db)) {
    restart_batch(writer, batch);
  } else {
    batch->status = status;
  }
}

/* Ends the transaction; afterwards batch->status says what became of it. */
static void commit_batch(struct db_writer *writer, struct batch *batch, uint64_t *commit_ns) {
  if (batch->status == STATUS_OK) {
    flush_batch(writer, batch);
  }
  if (batch->status == STATUS_OK) {
    int64_t from = time_monotonic_ns();
    batch->status = writer->db->engine->control(writer->db, DB_COMMIT);
    atomic_fetch_add(&writer->generation, 1); /* also where it failed: nobody knows what a reader sees then */
    *commit_ns = (uint64_t)(time_monotonic_ns() - from);
  }
  if (batch->status != STATUS_OK) {
    say(writer, "a batch of writes was not committed", batch->status);
    if (writer->db->broken) {
      lose_health(writer);
    }
    undo_batch(writer);
  }
}

/* A job whose own command failed keeps its status; the others share the batch's. */
static void share_status(struct batch *batch) {
  for (struct db_job *job = batch->head; job; job = job->next) {
    if (batch->status != STATUS_OK && job->status == STATUS_OK) {
      job->status = db_problem(job->ctx, batch->status);
    }
    batch->failed += job->status != STATUS_OK;
  }
}

static void count_batch(struct db_writer *writer, const struct batch *batch, uint64_t commit_ns) {
  pthread_mutex_lock(&writer->lock);
  writer->stats.commits += batch->status == STATUS_OK;
  writer->stats.jobs += batch->count;
  writer->stats.failed += batch->failed;
  writer->stats.commit_ns += commit_ns;
  if (batch->count > writer->stats.batch_max_seen) {
    writer->stats.batch_max_seen = (uint32_t)batch->count;
  }
  pthread_mutex_unlock(&writer->lock);
}

static enum status waiting_command(struct ctx *ctx, void *arg);
static void wake_waiting(struct db_job *job);
static enum status lend(struct ctx *ctx, void *arg);
static void end_loan(struct db_job *job);

/* Those that sleep in db_write are woken, the rest goes to the owner's callback in one list. */
static void hand_out(struct db_writer *writer, struct db_job *list) {
  struct db_job *rest = NULL, **tail = &rest;
  while (list) {
    struct db_job *job = list;
    list = list->next; /* read before the job is given away */
    if (job->command == waiting_command) {
      wake_waiting(job);
    } else if (job->command == lend) {
      end_loan(job);
    } else {
      job->next = NULL;
      *tail = job;
      tail = &job->next;
    }
  }
  if (rest) {
    writer->done(writer->arg, rest);
  }
}

static void refuse_jobs(struct db_writer *writer, struct batch *batch, struct db_job *jobs) {
  for (struct db_job *job = jobs; job; job = job->next) {
    job->status = problem_set(job->ctx, &problem_unavailable);
    batch->count++;
    batch->failed++;
  }
  count_batch(writer, batch, 0);
  hand_out(writer, jobs);
}

static void run_batch(struct db_writer *writer, struct db_job *jobs) {
  struct db *db = writer->db;
  struct batch batch = {.tail = &batch.head, .careful = jobs->alone};
  if (!atomic_load(&writer->healthy)) {
    batch.status = STATUS_UNAVAILABLE;
    refuse_jobs(writer, &batch, jobs);
    return;
  }
  batch.status = db->engine->control(db, DB_BEGIN_WRITE);
  db->inside = DB_INSIDE_WRITE;
  uint64_t commit_ns = 0;
  /* What arrives meanwhile still joins, so that a commit is shared by as many as may be. */
  while (jobs) {
    for (struct db_job *job = jobs; job; job = job->next) {
      job->status = STATUS_OK;
    }
    run_jobs(writer, &batch, jobs);
    bool more = batch.status == STATUS_OK && batch.count < writer->batch_max && !batch.head->alone;
    jobs = more ? take_jobs(writer, writer->batch_max - batch.count, false) : NULL;
  }
  commit_batch(writer, &batch, &commit_ns);
  db->inside = DB_INSIDE_NOTHING;
  share_status(&batch);
  count_batch(writer, &batch, commit_ns);
  hand_out(writer, batch.head);
  enum status tidied = db->engine->tidy && atomic_load(&writer->healthy) ? db->engine->tidy(db) : STATUS_OK;
  if (tidied != STATUS_OK) {
    say(writer, "the checkpoint failed", tidied);
    if (db->broken) {
      lose_health(writer);
    }
  }
}

static void *run_writer(void *arg) {
  struct db_writer *writer = arg;
  for (;;) {
    struct db_job *jobs = take_jobs(writer, writer->batch_max, true);
    if (!jobs) {
      return NULL; /* stopping, and the queue is empty */
    }
    run_batch(writer, jobs);
  }
}

/* ---- the writer ---- */

struct db_writer *db_writer_new(struct db *db, size_t queue_max, size_t batch_max,
                                void (*done)(void *arg, struct db_job *list), void *arg) {
  struct db_writer *writer = calloc(1, sizeof(*writer));
  if (!writer) {
    die("out of memory");
  }
  writer->db = db;
  writer->arena = arena_new(FLUSH_ARENA_MAX);
  writer->queue_max = queue_max;
  writer->batch_max = batch_max ? batch_max : 1;
  writer->done = done;
  writer->arg = arg;
  writer->tail = &writer->head;
  atomic_init(&writer->healthy, true);
  pthread_mutex_init(&writer->lock, NULL);
  pthread_cond_init(&writer->wake, NULL);
  if (pthread_create(&writer->thread, NULL, run_writer, writer) != 0) {
    die("can't start the writer's thread");
  }
  pthread_setname_np(writer->thread, "writer");
  if (db->served) {
    db_writer_release(db->served); /* one that was stopped before */
  }
  db->served = writer;
  return writer;
}

void db_writer_stop(struct db_writer *writer) {
  if (writer->joined) {
    return;
  }
  pthread_mutex_lock(&writer->lock);
  writer->stopping = true;
  pthread_mutex_unlock(&writer->lock);
  pthread_cond_signal(&writer->wake);
  pthread_join(writer->thread, NULL);
  writer->joined = true;
}

void db_writer_release(struct db_writer *writer) {
  db_writer_stop(writer);
  pthread_cond_destroy(&writer->wake);
  pthread_mutex_destroy(&writer->lock);
  arena_free(writer->arena);
  free(writer);
}

uint64_t db_writer_generation(const struct db_writer *writer) {
  return atomic_load(&writer->generation);
}

bool db_writer_healthy(const struct db_writer *writer) {
  return atomic_load(&writer->healthy);
}

void db_writer_stats(struct db_writer *writer, struct db_writer_stats *out) {
  pthread_mutex_lock(&writer->lock);
  *out = writer->stats;
  out->queued = (uint32_t)writer->queued;
  pthread_mutex_unlock(&writer->lock);
}

/* ---- db_write from another thread ---- */

struct waiting {
  struct db_job job;
  db_command command;
  void *arg;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  bool done;
};

static enum status waiting_command(struct ctx *ctx, void *arg) {
  const struct waiting *waiting = arg;
  return waiting->command(ctx, waiting->arg);
}

static void wake_waiting(struct db_job *job) {
  struct waiting *waiting = job->arg;
  pthread_mutex_lock(&waiting->lock);
  waiting->done = true;
  /* Signalled under the lock: afterwards the sleeper's memory may be gone. */
  pthread_cond_signal(&waiting->wake);
  pthread_mutex_unlock(&waiting->lock);
}

enum status db_writer_run(struct db_writer *writer, struct ctx *ctx, db_command command, void *arg) {
  struct waiting waiting = {.command = command, .arg = arg};
  waiting.job = (struct db_job){.ctx = ctx, .command = waiting_command, .arg = &waiting};
  pthread_mutex_init(&waiting.lock, NULL);
  pthread_cond_init(&waiting.wake, NULL);
  if (db_writer_submit(writer, &waiting.job)) {
    pthread_mutex_lock(&waiting.lock);
    while (!waiting.done) {
      pthread_cond_wait(&waiting.wake, &waiting.lock);
    }
    pthread_mutex_unlock(&waiting.lock);
  } else {
    waiting.job.status = problem_set(ctx, &problem_unavailable);
  }
  pthread_cond_destroy(&waiting.wake);
  pthread_mutex_destroy(&waiting.lock);
  return waiting.job.status;
}

/* ---- the connection on loan ---- */

static void loan_turn(struct db_loan *loan, int state) {
  pthread_mutex_lock(&loan->lock);
  loan->state = state;
  /* Signalled under the lock: once it is DONE the memory may be gone. */
  pthread_cond_broadcast(&loan->turn);
  pthread_mutex_unlock(&loan->lock);
}

/* Sleeps while it is in this state; returns the next. */
static int loan_wait(struct db_loan *loan, int state) {
  pthread_mutex_lock(&loan->lock);
  while ((int)loan->state == state) {
    pthread_cond_wait(&loan->turn, &loan->lock);
  }
  int now = loan->state;
  pthread_mutex_unlock(&loan->lock);
  return now;
}

/* On the writer's thread, which set ctx->db: the transaction is the borrower's until it returns it. */
static enum status lend(struct ctx *ctx, void *arg) {
  struct db_loan *loan = arg;
  (void)ctx;
  loan_turn(loan, LOAN_LENT);
  (void)loan_wait(loan, LOAN_LENT);
  return loan->status;
}

static void end_loan(struct db_job *job) {
  loan_turn(job->arg, LOAN_DONE);
}

static enum status loan_release(struct db_loan *loan) {
  pthread_cond_destroy(&loan->turn);
  pthread_mutex_destroy(&loan->lock);
  return loan->job.status;
}

enum status db_writer_borrow(struct db_writer *writer, struct ctx *ctx, struct db_loan *loan) {
  *loan = (struct db_loan){.job = {.ctx = ctx, .command = lend, .arg = loan, .alone = true}};
  pthread_mutex_init(&loan->lock, NULL);
  pthread_cond_init(&loan->turn, NULL);
  if (!db_writer_submit(writer, &loan->job)) {
    loan->job.status = problem_set(ctx, &problem_unavailable);
    return loan_release(loan);
  }
  return loan_wait(loan, LOAN_ASKED) == LOAN_LENT ? STATUS_OK : loan_release(loan);
}

enum status db_writer_return(struct db_loan *loan, enum status status) {
  loan->status = status;
  loan_turn(loan, LOAN_RETURNED);
  (void)loan_wait(loan, LOAN_RETURNED);
  return loan_release(loan);
}
