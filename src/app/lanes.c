#include "app/lanes.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

enum { THREADS_MAX = 64, QUEUE_MAX = 4096, WRITER_QUEUE = 16384, WRITER_BATCH = 512 };
/* An export lasts as long as its client reads: who has to wait for many of them is told at once instead. */
enum { EXPORT_QUEUE_MAX = 64 };
enum { NICE_POOL = 5, NICE_EXPORT = 8, NICE_HASH = 10 };

/* A bounded queue with threads that take from it, each with its own connection. */
struct lanes;
struct pool {
  struct lanes *lanes;
  const char *name;
  int nice;
  unsigned thread_count;
  size_t queue_max;
  pthread_mutex_t lock;
  pthread_cond_t there;
  struct call *first, *last;
  size_t queued;
  bool stopping;
  struct worker {
    struct pool *pool;
    struct db *db;
    pthread_t thread;
  } workers[THREADS_MAX];
};

struct lanes {
  struct lanes_config config;
  struct db **loop_db; /* one for each I/O thread */
  struct db *writer_db;
  struct db_writer *writer;
  struct pool quick; /* PostgreSQL only */
  struct pool slow;
  struct pool hash;
  struct pool export;
};

static void pool_init(struct lanes *lanes, struct pool *pool, const char *name, int nice_value,
                      unsigned threads, size_t queue_max) {
  pool->lanes = lanes;
  pool->name = name;
  pool->nice = nice_value;
  pool->thread_count = threads < THREADS_MAX ? threads : THREADS_MAX;
  pool->queue_max = queue_max;
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->there, NULL);
}

static bool pool_submit(struct pool *pool, struct call *call) {
  pthread_mutex_lock(&pool->lock);
  bool taken = pool->queued < pool->queue_max && !pool->stopping;
  if (taken) {
    call->next = NULL;
    if (pool->last == NULL) {
      pool->first = call;
    } else {
      pool->last->next = call;
    }
    pool->last = call;
    pool->queued++;
    pthread_cond_signal(&pool->there);
  }
  pthread_mutex_unlock(&pool->lock);
  return taken;
}

/* The next call; NULL when stopping. */
static struct call *pool_take(struct pool *pool) {
  pthread_mutex_lock(&pool->lock);
  while (pool->first == NULL && !pool->stopping) {
    pthread_cond_wait(&pool->there, &pool->lock);
  }
  struct call *call = pool->stopping ? NULL : pool->first;
  if (call != NULL) {
    pool->first = call->next;
    if (pool->first == NULL) {
      pool->last = NULL;
    }
    pool->queued--;
  }
  pthread_mutex_unlock(&pool->lock);
  return call;
}

static void *work(void *arg) {
  struct worker *worker = arg;
  /* Slow work gives way to the threads that serve quick requests. */
  if (worker->pool->nice > 0) {
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), worker->pool->nice);
  }
  const struct lanes_config *config = &worker->pool->lanes->config;
  struct call *call;
  while ((call = pool_take(worker->pool)) != NULL) {
    bool may_write = call->route->lane != LANE_INLINE; /* read before the call is given away */
    kit_run(call, worker->db);
    if (may_write && config->committed != NULL) {
      config->committed(config->app);
    }
  }
  return NULL;
}

/* A connection for requests: it sees nothing until somebody says for whom. */
static enum status connect_worker(struct lanes *lanes, enum db_mode mode, struct db **out, char why[256]) {
  struct db *db = NULL;
  TRY(db_open(lanes->config.database, mode, &db, why));
  if (lanes->writer != NULL) {
    db_attach_writer(db, lanes->writer);
  }
  *out = db;
  return STATUS_OK;
}

static enum status pool_open(struct lanes *lanes, struct pool *pool, char why[256]) {
  for (unsigned i = 0; i < pool->thread_count; i++) {
    pool->workers[i].pool = pool;
    /* One connection of PostgreSQL tries every statement, as the embedded database's writing one does. */
    enum db_mode mode = pool == &lanes->quick && i == 0 ? DB_WRITE : DB_READ;
    TRY(connect_worker(lanes, mode, &pool->workers[i].db, why));
  }
  return STATUS_OK;
}

static void pool_start(struct pool *pool) {
  for (unsigned i = 0; i < pool->thread_count; i++) {
    if (pthread_create(&pool->workers[i].thread, NULL, work, &pool->workers[i]) != 0) {
      die("A worker thread can't be started; is the limit of processes too low?");
    }
    pthread_setname_np(pool->workers[i].thread, pool->name);
  }
}

static void pool_stop(struct pool *pool) {
  pthread_mutex_lock(&pool->lock);
  pool->stopping = true;
  pthread_cond_broadcast(&pool->there);
  pthread_mutex_unlock(&pool->lock);
  for (unsigned i = 0; i < pool->thread_count; i++) {
    pthread_join(pool->workers[i].thread, NULL);
  }
}

static void pool_release(struct pool *pool) {
  for (unsigned i = 0; i < pool->thread_count; i++) {
    db_close(pool->workers[i].db);
  }
  pthread_cond_destroy(&pool->there);
  pthread_mutex_destroy(&pool->lock);
}

static size_t pool_queued(struct pool *pool) {
  pthread_mutex_lock(&pool->lock);
  size_t queued = pool->queued;
  pthread_mutex_unlock(&pool->lock);
  return queued;
}

static void writer_done(void *arg, struct db_job *list) {
  struct lanes *lanes = arg;
  kit_committed(list);
  if (lanes->config.committed != NULL) {
    lanes->config.committed(lanes->config.app);
  }
}

enum status lanes_connect(struct lanes *lanes, struct db **out, char why[256]) {
  struct db *db = NULL;
  TRY(connect_worker(lanes, DB_READ, &db, why));
  db_act_for(db, DB_SYSTEM, 0);
  *out = db;
  return STATUS_OK;
}

static enum status open_sqlite(struct lanes *lanes, char why[256]) {
  TRY(db_open(lanes->config.database, DB_WRITE, &lanes->writer_db, why));
  lanes->writer = db_writer_new(lanes->writer_db, WRITER_QUEUE, WRITER_BATCH, writer_done, lanes);
  for (unsigned i = 0; i < lanes->config.loops; i++) {
    TRY(db_open(lanes->config.database, DB_READ, &lanes->loop_db[i], why));
  }
  return STATUS_OK;
}

enum status lanes_new(const struct lanes_config *config, struct lanes **out, char why[256]) {
  struct lanes *lanes = calloc(1, sizeof *lanes);
  struct db **loop_db = calloc(config->loops > 0 ? config->loops : 1, sizeof *loop_db);
  if (lanes == NULL || loop_db == NULL) {
    die("Out of memory for the lanes.");
  }
  lanes->config = *config;
  lanes->loop_db = loop_db;
  pool_init(lanes, &lanes->quick, "sigap-db", 0, config->pgsql ? config->pgsql_threads : 0, QUEUE_MAX);
  pool_init(lanes, &lanes->slow, "sigap-pool", NICE_POOL, config->pool_threads, QUEUE_MAX);
  pool_init(lanes, &lanes->hash, "sigap-hash", NICE_HASH, config->hash_threads, QUEUE_MAX);
  pool_init(lanes, &lanes->export, "sigap-export", NICE_EXPORT, config->export_threads, EXPORT_QUEUE_MAX);
  enum status status = config->pgsql ? STATUS_OK : open_sqlite(lanes, why);
  struct pool *pools[] = {&lanes->quick, &lanes->slow, &lanes->hash, &lanes->export};
  for (int i = 0; i < 4 && status == STATUS_OK; i++) {
    status = pool_open(lanes, pools[i], why);
  }
  if (status != STATUS_OK) {
    lanes_free(lanes);
    return status;
  }
  *out = lanes;
  return STATUS_OK;
}

void lanes_start(struct lanes *lanes) {
  pool_start(&lanes->quick);
  pool_start(&lanes->slow);
  pool_start(&lanes->hash);
  pool_start(&lanes->export);
}

void lanes_stop(struct lanes *lanes) {
  pool_stop(&lanes->export);
  pool_stop(&lanes->hash);
  pool_stop(&lanes->slow);
  pool_stop(&lanes->quick);
}

void lanes_end_writes(struct lanes *lanes) {
  if (lanes->writer != NULL) {
    db_writer_stop(lanes->writer);
  }
}

void lanes_free(struct lanes *lanes) {
  if (lanes == NULL) {
    return;
  }
  pool_release(&lanes->quick);
  pool_release(&lanes->slow);
  pool_release(&lanes->hash);
  pool_release(&lanes->export);
  for (unsigned i = 0; i < lanes->config.loops; i++) {
    db_close(lanes->loop_db[i]);
  }
  lanes_end_writes(lanes);    /* where the start failed half way */
  db_close(lanes->writer_db); /* the last connection: it checkpoints */
  free(lanes->loop_db);
  free(lanes);
}

static bool submit(void *app, struct call *call, enum lane lane) {
  struct lanes *lanes = app;
  switch (lane) {
    case LANE_WRITER:
      return lanes->writer != NULL && db_writer_submit(lanes->writer, &call->job);
    case LANE_POOL:
      return pool_submit(&lanes->slow, call);
    case LANE_HASH:
      return pool_submit(&lanes->hash, call);
    case LANE_EXPORT:
      return pool_submit(&lanes->export, call);
    default:
      return pool_submit(&lanes->quick, call);
  }
}

static struct db *loop_db(void *app, struct http_loop *loop) {
  struct lanes *lanes = app;
  return lanes->loop_db[http_loop_index(loop)];
}

static uint64_t generation(void *app) {
  const struct lanes *lanes = app;
  return db_writer_generation(lanes->writer);
}

struct kit_lanes lanes_face(struct lanes *lanes) {
  return (struct kit_lanes){.app = lanes,
                            .pgsql = lanes->config.pgsql,
                            .submit = submit,
                            .loop_db = loop_db,
                            .generation = lanes->writer != NULL ? generation : NULL};
}

bool lanes_healthy(const struct lanes *lanes) {
  return lanes->writer == NULL || db_writer_healthy(lanes->writer);
}

void lanes_metrics(struct lanes *lanes, struct buf *out) {
  buf_add_text(out, "# HELP sigap_lane_queued Calls waiting for a lane.\n# TYPE sigap_lane_queued gauge\n");
  buf_format(out, "sigap_lane_queued{lane=\"pool\"} %zu\n", pool_queued(&lanes->slow));
  buf_format(out, "sigap_lane_queued{lane=\"hash\"} %zu\n", pool_queued(&lanes->hash));
  buf_format(out, "sigap_lane_queued{lane=\"export\"} %zu\n", pool_queued(&lanes->export));
  if (lanes->writer == NULL) {
    buf_format(out, "sigap_lane_queued{lane=\"database\"} %zu\n", pool_queued(&lanes->quick));
    return;
  }
  struct db_writer_stats stats;
  db_writer_stats(lanes->writer, &stats);
  buf_format(out, "sigap_lane_queued{lane=\"writer\"} %u\n", (unsigned)stats.queued);
  buf_format(
      out,
      "# HELP sigap_commits_total Transactions committed.\n# TYPE sigap_commits_total counter\n"
      "sigap_commits_total %llu\n"
      "# HELP sigap_commands_total Write commands, many to a commit.\n# TYPE sigap_commands_total counter\n"
      "sigap_commands_total{result=\"done\"} %llu\nsigap_commands_total{result=\"failed\"} %llu\n"
      "# HELP sigap_commit_seconds_total Time spent in commits.\n# TYPE sigap_commit_seconds_total counter\n"
      "sigap_commit_seconds_total %.6f\n"
      "# HELP sigap_commit_batch_max Largest batch so far.\n# TYPE sigap_commit_batch_max gauge\n"
      "sigap_commit_batch_max %u\n",
      (unsigned long long)stats.commits, (unsigned long long)(stats.jobs - stats.failed),
      (unsigned long long)stats.failed, (double)stats.commit_ns / 1e9, (unsigned)stats.batch_max_seen);
}
