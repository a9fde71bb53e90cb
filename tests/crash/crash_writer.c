#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/time.h"
#include "db/db.h"
#include "things_statements.h"

/* What the crash test kills: several threads that write through the writer lane without end and
 * say each key on standard output only once it is acknowledged. Every line is one write call, so a line that
 * was read whole was acknowledged whole.
 *
 *   crash_writer write FILE RUN   writes until killed
 *   crash_writer read FILE        prints every key that is stored */
enum { THREADS = 8, BATCH_MAX = 64, QUEUE_MAX = 1000, ROWS_MAX = 10000000 };

struct clerk {
  struct ctx ctx;
  const char *run;
  int number;
};

static _Noreturn void give_up(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  _exit(2);
}

static struct db_config config_of(const char *path, char url[512]) {
  snprintf(url, 512, "sqlite:%s", path);
  return (struct db_config){.url = url,
                            .statements = things_statements,
                            .statement_count = things_statement_count,
                            .migrations = things_migrations,
                            .migration_count = things_migration_count};
}

/* Two rows that belong together: after a crash both are there or neither is. */
static enum status put_both(struct ctx *ctx, void *arg) {
  struct thing_insert_in *in = arg;
  struct thing_insert_row row;
  TRY(sql_thing_insert(ctx, in, &row));
  return sql_pair_add(ctx, &(struct pair_add_in){row.id, row.id}, NULL);
}

static void *run_clerk(void *arg) {
  struct clerk *clerk = arg;
  char payload[300];
  memset(payload, 'x', sizeof(payload));
  for (int64_t n = 0;; n++) {
    arena_reset(clerk->ctx.arena);
    char key[80];
    int len = snprintf(key, sizeof(key), "%s-%d-%" PRId64 "\n", clerk->run, clerk->number, n);
    struct thing_insert_in in = {.uuid = uuid_v7(time_now_us()),
                                 .key = {key, (size_t)len - 1},
                                 .kind = 1,
                                 .state = clerk->number + 1,
                                 .bytes = {payload, sizeof(payload)},
                                 .maybe_real = 1};
    if (db_write(&clerk->ctx, put_both, &in) != STATUS_OK) {
      give_up("write", key);
    }
    if (write(STDOUT_FILENO, key, (size_t)len) != len) {
      give_up("acknowledge", key);
    }
  }
}

static void no_jobs(void *arg, struct db_job *list) {
  (void)arg;
  (void)list;
}

static void write_without_end(const struct db_config *config, const char *run) {
  char why[256] = "";
  int applied = 0;
  struct db *db = NULL;
  if (db_migrate(config, &applied, why) != STATUS_OK || db_open(config, DB_WRITE, &db, why) != STATUS_OK) {
    give_up("open", why);
  }
  struct db_writer *writer = db_writer_new(db, QUEUE_MAX, BATCH_MAX, no_jobs, NULL);
  static struct clerk clerks[THREADS];
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    clerks[i] = (struct clerk){.ctx = {.arena = arena_new(1 << 20)}, .run = run, .number = i};
    if (db_open(config, DB_READ, &clerks[i].ctx.db, why) != STATUS_OK) {
      give_up("open", why);
    }
    db_attach_writer(clerks[i].ctx.db, writer);
    if (pthread_create(&threads[i], NULL, run_clerk, &clerks[i]) != 0) {
      give_up("thread", "can't start");
    }
  }
  pthread_join(threads[0], NULL);
}

static enum status print_key(struct ctx *ctx, void *arg, const void *row) {
  struct thing_row thing;
  (void)arg;
  TRY(sql_thing_by_id(ctx, &(struct thing_by_id_in){((const struct thing_ids_row *)row)->id}, &thing));
  printf("%.*s\n", STR_ARG(thing.key));
  return STATUS_OK;
}

static int print_all(const struct db_config *config) {
  char why[256] = "";
  struct ctx ctx = {.arena = arena_new((size_t)1 << 30)};
  if (db_open(config, DB_WRITE, &ctx.db, why) != STATUS_OK) {
    give_up("open", why);
  }
  enum status status = sql_thing_ids_each(&ctx, &(struct thing_ids_in){1, ROWS_MAX}, print_key, NULL);
  struct thing_without_pair_row lonely = {-1};
  if (status == STATUS_OK) {
    status = sql_thing_without_pair(&ctx, &(struct thing_without_pair_in){1}, &lonely);
  }
  printf("without pair %" PRId64 "\n", lonely.things);
  db_close(ctx.db);
  arena_free(ctx.arena);
  return status == STATUS_OK ? 0 : 1;
}

int main(int argc, char **argv) {
  char url[512];
  if (argc == 4 && strcmp(argv[1], "write") == 0) {
    struct db_config config = config_of(argv[2], url);
    write_without_end(&config, argv[3]);
  }
  if (argc == 3 && strcmp(argv[1], "read") == 0) {
    struct db_config config = config_of(argv[2], url);
    return print_all(&config);
  }
  fputs("usage: crash_writer write FILE RUN | crash_writer read FILE\n", stderr);
  return 2;
}
