#ifndef SIGAP_TESTS_OLDER_H
#define SIGAP_TESTS_OLDER_H

#include "store.h"

/* Desks of older versions: databases with the first steps of the schema alone, and rows in every table of
 * them as the program of that time wrote them. A step that makes a table or a column gets its rows in
 * older.c: older_fill fails the test where a column of the schema has no value in any row. */

/* A line of the table of tests: the function on a database with the first `steps` steps, which the test's
 * connection has open without any statement. */
enum { OLDER_TESTS_MAX = 400 };
struct CMUnitTest older_test(const char *name, store_function function, int steps, bool pgsql);
/* How many steps this program knows. */
int older_newest(void);

/* Fills the database, which is at the step of store->config. Three tenants: 1 the operator, 2 with most of
 * the tickets, 3 without any. */
void older_fill(struct store *store);
void older_assert_filled(struct store *store);
/* Ends the test's connection; the database stays. */
void older_close(struct store *store);
/* What the program does at its start: the steps that are missing (returned: how many), and all statements.
 * The connection is the test's from then on. */
int older_upgrade(struct store *store);

/* Every row of every table, as far as its columns were there when this was taken. */
struct older_rows;
struct older_rows *older_rows_take(struct store *store);
/* Fails the test where a row is not there any more, or not as it was, but for what steps mean to change. */
void older_rows_compare(struct store *store, const struct older_rows *rows);

/* The whole schema as text, tables to policies, and the names of the steps. */
struct str older_schema(struct store *store);

#endif
