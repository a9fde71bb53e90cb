#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libpq-fe.h>
#include <sqlite3.h>

#include "db/copy.h"
#include "db/engine.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_day.h"
#include "older.h"
#include "people.h"

/* A process that brings a database up to date is killed at each of its statements in turn. Whatever it
 * leaves, the next start ends up where one that nobody disturbed does. */

enum { STEPS_MAX = 50 };

/* ---- the end, at a statement ---- */

/* In the process that is to be killed: how many statements it may still begin; below zero, any. */
static int left = -1;

static void count_statement(void) {
  if (left >= 0 && left-- == 0) {
    kill(getpid(), SIGKILL);
  }
}

static int on_statement(unsigned type, void *arg, void *statement, void *text) {
  (void)type, (void)arg, (void)statement, (void)text;
  count_statement();
  return 0;
}

static int on_open(sqlite3 *connection, char **error, const struct sqlite3_api_routines *routines) {
  (void)error, (void)routines;
  return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, on_statement, NULL);
}

/* Where the first statement of a text ends: behind its semicolon, or at the end of the text. */
static const char *statement_end(const char *at) {
  while (*at) {
    size_t len = strncmp(at, "--", 2) == 0 ? strcspn(at, "\n") : 1;
    if (*at == ';') {
      return at + 1;
    }
    if (*at == '\'' || strncmp(at, "$$", 2) == 0) {
      const char *mark = *at == '\'' ? "'" : "$$";
      const char *close = strstr(at + strlen(mark), mark);
      assert_non_null(close);
      len = (size_t)(close - at) + strlen(mark);
    }
    at += len;
  }
  return at;
}

typedef PGresult *(*exec_function)(PGconn *connection, const char *text);
typedef int (*send_function)(PGconn *connection, const char *name, int count, const char *const *values,
                             const int *lengths, const int *formats, int binary);
typedef PGresult *(*prepared_function)(PGconn *connection, const char *name, int count,
                                       const char *const *values, const int *lengths, const int *formats,
                                       int binary);

/* In place of libpq's: the same text, one statement after the other. */
PGresult *PQexec(PGconn *connection, const char *text) {
  static exec_function real;
  if (!real) {
    *(void **)&real = dlsym(RTLD_NEXT, "PQexec");
  }
  PGresult *result = NULL;
  for (const char *at = text, *end; left >= 0 && *at; at = end) {
    end = statement_end(at);
    if (strspn(at, " \n") == (size_t)(end - at)) {
      break;
    }
    char *one = strndup(at, (size_t)(end - at));
    count_statement();
    PQclear(result);
    result = real(connection, one);
    free(one);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
      return result;
    }
  }
  return result ? result : real(connection, text);
}

PGresult *PQexecPrepared(PGconn *connection, const char *name, int count, const char *const *values,
                         const int *lengths, const int *formats, int binary) {
  static prepared_function real;
  if (!real) {
    *(void **)&real = dlsym(RTLD_NEXT, "PQexecPrepared");
  }
  count_statement();
  return real(connection, name, count, values, lengths, formats, binary);
}

int PQsendQueryPrepared(PGconn *connection, const char *name, int count, const char *const *values,
                        const int *lengths, const int *formats, int binary) {
  static send_function real;
  if (!real) {
    *(void **)&real = dlsym(RTLD_NEXT, "PQsendQueryPrepared");
  }
  count_statement();
  return real(connection, name, count, values, lengths, formats, binary);
}

/* Runs it in a process of its own that is killed at the statement `number`, counted from 0. False: it came to
 * its end before, and well. */
static bool killed_at(int number, enum status (*work)(const struct db_config *config, int number),
                      const struct db_config *config) {
  fflush(NULL);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    _exit(work(config, number) == STATUS_OK ? 0 : 1);
  }
  int how = 0;
  assert_int_equal(waitpid(child, &how, 0), child);
  if (WIFSIGNALED(how)) {
    assert_int_equal(WTERMSIG(how), SIGKILL);
    return true;
  }
  assert_int_equal(WEXITSTATUS(how), 0);
  return false;
}

/* ---- what is killed ---- */

static enum status migrate(const struct db_config *config, int number) {
  int applied = 0;
  char why[256] = "";
  left = number;
  return db_migrate(config, &applied, why);
}

static enum status make_sums(const struct db_config *config, int number) {
  CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
  struct ctx ctx = {.arena = arena, .now_us = STORE_NOW};
  char why[256] = "";
  TRY(db_open(config, DB_WRITE, &ctx.db, why));
  db_act_for(ctx.db, DB_SYSTEM, 0);
  left = number;
  enum status status = ticket_sums_repair(&ctx);
  left = -1;
  db_close(ctx.db);
  return status;
}

/* ---- what is left ---- */

struct state {
  struct str schema;
  struct db_sums sums;
};

static void take_state(struct store *store, struct state *state) {
  char why[256] = "";
  struct db_config bare = {.url = store->url};
  older_close(store);
  assert_ok(db_open_bare(&bare, DB_READ, false, &store->ctx.db, why));
  state->schema = older_schema(store);
  if (db_sum_up(&store->config, NULL, &state->sums, why) != STATUS_OK) {
    fail_msg("%s", why);
  }
  older_close(store);
}

static bool same_state(const struct state *a, const struct state *b) {
  return str_equal(a->schema, b->schema) && db_sums_differ(&a->sums, &b->sums) == NULL;
}

/* Kills the work at its first statement, its second, …, each time on what the one before has left, until one
 * comes to its end. A kill leaves the state before it, or the next one that was finished; from there it
 * begins again with the first statement. *finished: how many such states there were. wanted: what each of
 * them must be; NULL: anything new. Returns how many were killed. */
static int kill_along(struct store *store, enum status (*work)(const struct db_config *config, int number),
                      const struct state *wanted, int *finished) {
  static struct state left_before, found;
  int killed = 0;
  *finished = 0;
  take_state(store, &left_before);
  for (int number = 0; killed_at(number, work, &store->config); killed++) {
    take_state(store, &found);
    if (same_state(&found, &left_before)) {
      number++;
      continue;
    }
    ++*finished;
    if (wanted && !same_state(&found, &wanted[*finished])) {
      fail_msg("what a kill at statement %d left is no finished step", number);
    }
    left_before = found;
    number = 0;
  }
  return killed;
}

/* ---- an upgrade ---- */

static void migrate_to(struct store *store, int steps) {
  int applied = 0;
  char why[256] = "";
  store->config.statement_count = 0;
  store->config.migration_count = (size_t)steps;
  if (db_migrate(&store->config, &applied, why) != STATUS_OK) {
    fail_msg("%s", why);
  }
}

/* An empty database, or a filled one of some steps. */
static void begin_with(struct store *store, int steps) {
  static const char *const files[] = {"test.db", "test.db-wal", "test.db-shm"};
  char why[256] = "";
  struct db_config bare = {.url = store->url};
  older_close(store);
  for (size_t i = 0; !store->pgsql && i < sizeof files / sizeof *files; i++) {
    unlink(store_path(store, files[i]));
  }
  assert_ok(db_open_bare(&bare, DB_WRITE, true, &store->ctx.db, why));
  if (store->pgsql) {
    store_sql(store, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  }
  if (steps > 0) {
    migrate_to(store, steps);
    store_sql(store, store->pgsql ? "SET sigap.tenant = '0'" : "SELECT 0");
    older_fill(store);
  }
  older_close(store);
}

static void kill_between(struct store *store, int from, int to) {
  static struct state wanted[STEPS_MAX], end;
  int finished = 0;
  assert_true(to - from < STEPS_MAX);
  begin_with(store, from);
  for (int steps = from + 1; steps <= to; steps++) {
    migrate_to(store, steps);
    take_state(store, &wanted[steps - from]);
  }
  begin_with(store, from);
  store->config.migration_count = (size_t)to;
  int killed = kill_along(store, migrate, wanted, &finished);
  print_message("killed at %d statements, %d steps were finished\n", killed, finished);
  assert_int_equal(finished, to - from);
  assert_true(killed > 10 * finished);
  take_state(store, &end);
  assert_true(same_state(&end, &wanted[finished]));
  older_upgrade(store);
}

static void an_upgrade_that_is_killed_at_any_statement_goes_on(struct store *store) {
  kill_between(store, 1, older_newest());
}

static void a_first_start_that_is_killed_at_any_statement_goes_on(struct store *store) {
  kill_between(store, 0, 1);
}

static void sums_that_are_killed_in_the_making_are_made_at_the_next_start(struct store *store) {
  int finished = 0;
  begin_with(store, 1);
  older_upgrade(store);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket_sums_missing"), 2);
  int killed = kill_along(store, make_sums, NULL, &finished);
  print_message("killed at %d statements, %d tenants were finished\n", killed, finished);
  assert_int_equal(finished, 2);
  assert_true(killed > 20);
  assert_int_equal(older_upgrade(store), 0);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket_sums_missing"), 0);
  assert_counters_true(store);
}

int main(void) {
  if (sqlite3_auto_extension((void (*)(void))on_open) != SQLITE_OK) {
    return 1;
  }
  struct CMUnitTest tests[6];
  size_t count = 0;
  for (int pgsql = 0; pgsql < 2; pgsql++) {
#define KILL_TEST(function) tests[count++] = older_test(#function, function, 1, pgsql)
    KILL_TEST(an_upgrade_that_is_killed_at_any_statement_goes_on);
    KILL_TEST(a_first_start_that_is_killed_at_any_statement_goes_on);
    KILL_TEST(sums_that_are_killed_in_the_making_are_made_at_the_next_start);
  }
  return _cmocka_run_group_tests("upgrade_kill", tests, count, NULL, NULL);
}
