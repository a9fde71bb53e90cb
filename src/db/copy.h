#ifndef SIGAP_DB_COPY_H
#define SIGAP_DB_COPY_H

#include "db/db.h"

/* Whole databases: counted and summed up, copied row by row between the engines, or page by page. All of it
 * reads one state of the store while others write, and none of it knows a noun: the tables are those that the
 * database has, but for the list of migrations. */

enum { DB_TABLES_MAX = 200, DB_TABLE_NAME_SIZE = 64 };

/* What a table holds. Two tables with the same rows, in whatever order and on whichever engine, have the same
 * sums; the numbers of the cluster's transactions (columns `txn`) do not count. */
struct db_table_sums {
  char name[DB_TABLE_NAME_SIZE];
  int64_t rows;
  uint64_t digest[4];
};
struct db_sums {
  struct db_table_sums tables[DB_TABLES_MAX]; /* by name */
  size_t count;
};
/* The name of the first table in which they differ (static, or of one of them); NULL: they are equal. */
const char *db_sums_differ(const struct db_sums *a, const struct db_sums *b);

/* How far a work is, told again and again: rows of that table so far; pages of the file (table NULL), with
 * how many there are in all. */
struct db_progress {
  void (*tell)(void *arg, const char *table, int64_t done, int64_t all);
  void *arg;
};

/* All of these: `why` tells on failure, as a sentence, what is wrong and what to do. */

/* *yes: the database can be reached and has no table, or is a file that is not there. */
enum status db_is_empty(const struct db_config *config, bool *yes, char why[256]) MUST_CHECK;
/* Whether db_copy could read it: it is there, and at this program's schema. To be asked before anything is
 * made for the copy. */
enum status db_check_source(const struct db_config *config, char why[256]) MUST_CHECK;
/* What the database holds, whatever its version. */
enum status db_sum_up(const struct db_config *config, const struct db_progress *progress, struct db_sums *out,
                      char why[256]) MUST_CHECK;
/* What rows say in words of their own database, so that it has to be said anew in the copy. */
struct db_renewal {
  /* Reads in the source, in the view that the rows are copied from; *found lives in ctx->arena. */
  enum status (*look)(struct ctx *from, void **found);
  /* Writes in the copy, in its transaction, when all rows were compared. */
  enum status (*renew)(struct ctx *to, void *found);
};
/* Copies everything from one database of this program's schema into another of the same that holds no more
 * than its migrations have made: in one transaction, read again and compared before it is committed. Ids
 * stay; the sequences of PostgreSQL are moved on; numbers of transactions become 0, because they mean nothing
 * in another cluster, and what else stands on them is for `renewal` (NULL: nothing does). *out: what was
 * copied, as it was before the renewal. */
enum status db_copy(const struct db_config *from, const struct db_config *to,
                    const struct db_renewal *renewal, const struct db_progress *progress, struct db_sums *out,
                    char why[256]) MUST_CHECK;
/* Copies the embedded database page by page into a new file, which is complete by itself (no WAL) and
 * durable. Writers are not held up; the WAL grows meanwhile. */
enum status db_snapshot(const struct db_config *config, const char *path, const struct db_progress *progress,
                        char why[256]) MUST_CHECK;

#endif
