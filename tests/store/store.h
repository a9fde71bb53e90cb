#ifndef SIGAP_TESTS_STORE_H
#define SIGAP_TESTS_STORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/str.h"
#include "base/time.h"
#include "db/db.h"

/* The harness of the store tests: each test is written once and runs on every engine, each time
 * on a fresh database with the desk's schema (tenant 1 is there).
 *
 *   static void a_ticket_keeps_its_text(struct store *store) {
 *     struct ctx *ctx = &store->ctx;
 *     assert_ok(ticket_create(ctx, …));
 *   }
 *   int main(void) {
 *     const struct CMUnitTest tests[] = {STORE_TEST(a_ticket_keeps_its_text), …};
 *     return STORE_RUN(tests);
 *   }
 *
 * SQLite uses a file in a temporary folder. PostgreSQL needs SIGAP_TEST_POSTGRES, the address of a running
 * cluster
 * ("postgresql:///postgres?host=/tmp/x&user=postgres") where the tests may create databases (one each test
 * program, made anew for each test); without it those tests are skipped. SIGAP_TEST_TEMPLATE may name a
 * database there that has the desk's schema, to be copied. */
struct store {
  struct ctx ctx; /* arena (64 MiB), db (a writing connection), now_us = STORE_NOW; who is NULL */
  bool pgsql;
  struct db_config config; /* the desk's statements and migrations, and the database's address */
  const struct store_case *test;
  char url[512];
  char folder[64]; /* SQLite: of the database file; also for the test's own files */
  char name[64];   /* PostgreSQL: of the database */
  bool skip;
};

/* 2026-02-03T04:05:06.000007Z */
#define STORE_NOW INT64_C(1770091506000007)

typedef void (*store_function)(struct store *store);
/* Whose tables the database has; NULL in a store_case: the desk's. */
struct store_schema {
  const struct db_statement *statements;
  const size_t *statement_count;
  const struct db_migration *migrations;
  const size_t *migration_count;
  db_flush_function flush; /* NULL: no sums */
};
struct store_case {
  store_function function;
  bool pgsql;
  const struct store_schema *schema;
};

int store_setup(void **state);
int store_teardown(void **state);
void store_run(void **state);

#define STORE_CASE(function, engine, is_pgsql, schema)                                       \
  {                                                                                          \
#function "[" engine "]", store_run, store_setup, store_teardown, &(struct store_case) { \
      (function), (is_pgsql), (schema)                                                       \
    }                                                                                        \
  }
/* For a program whose set_up and tear_down run around each test: they call store_setup and store_teardown. */
#define STORE_CASE_WITH(function, engine, is_pgsql)                                \
  {                                                                                \
#function "[" engine "]", store_run, set_up, tear_down, &(struct store_case) { \
      (function), (is_pgsql), NULL                                                 \
    }                                                                              \
  }
#define STORE_TEST_WITH(function) STORE_TEST_WITH_SQLITE(function), STORE_TEST_WITH_PGSQL(function)
#define STORE_TEST_WITH_SQLITE(function) STORE_CASE_WITH(function, "sqlite", false)
#define STORE_TEST_WITH_PGSQL(function) STORE_CASE_WITH(function, "pgsql", true)
/* Two lines of a table of tests: one for each engine. The table must not be static inside a function. */
#define STORE_TEST(function) STORE_TEST_ON(function, NULL)
#define STORE_TEST_ON(function, schema) \
  STORE_CASE(function, "sqlite", false, schema), STORE_CASE(function, "pgsql", true, schema)
/* For what only one engine has. */
#define STORE_TEST_SQLITE(function) STORE_CASE(function, "sqlite", false, NULL)
#define STORE_TEST_PGSQL(function) STORE_CASE(function, "pgsql", true, NULL)
#define STORE_RUN(tests) cmocka_run_group_tests((tests), NULL, NULL)

/* A further connection to the same database, with the same arena; close with store_close. */
struct ctx store_open(struct store *store, enum db_mode mode);
void store_close(struct ctx *ctx);
enum { STORE_RACERS_MAX = 32 };
/* What a racer does, on a thread of its own, with a connection and an arena of its own; number from 0. It
 * asserts nothing, because cmocka knows one thread: it leaves what it saw in arg. */
typedef void (*store_racer)(struct ctx *ctx, int number, void *arg);
/* Lets that many begin at once, as callers of a server do (on SQLite they share one writer), and waits for
 * all. */
void store_race(struct store *store, int count, store_racer function, void *arg);
/* SQL as it stands, on the test's connection, inside its transaction if there is one: to prepare what no
 * command can make, and to look at what a command left. Fails the test when the database refuses. */
void store_sql(struct store *store, const char *sql);
/* The first column of the first row as a number; fails the test without a row. */
int64_t store_number(struct store *store, const char *sql);
/* Likewise a text, NUL-terminated in the arena; NULL becomes NONE. */
struct str store_text(struct store *store, const char *sql);
/* A path inside the test's folder, made for either engine. */
const char *store_path(struct store *store, const char *name);

/* The call's status, by name. */
#define assert_status(expected, call) assert_string_equal(status_name(call), status_name(expected))
#define assert_ok(call) assert_status(STATUS_OK, call)
#define assert_str(value, text) store_assert_str((value), (text), __FILE__, __LINE__)
void store_assert_str(struct str value, const char *text, const char *file, int line);

#endif
