#ifndef SIGAP_DB_DB_H
#define SIGAP_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/id.h"
#include "base/status.h"
#include "base/str.h"

/* The two databases behind one face. Statements are written once, in the `.sql` files
 * beside each noun; tools/sqlgen turns them into one table and into typed functions
 * (`sql_ticket_insert(ctx, &in, &row)` from "desk/statements.h"), which is what desk code calls.
 * Their form is told in docs/STYLE.md, "SQL". */

enum db_type {
  DB_INT,  /* int64_t; BIGINT. Nullable: 0 is NULL */
  DB_BOOL, /* bool; BOOLEAN (0/1 in SQLite) */
  DB_REAL, /* double. Nullable: NaN is NULL */
  DB_TEXT, /* struct str; rows are NUL-terminated copies in the arena. Nullable: NONE is NULL */
  DB_BLOB, /* struct str. Nullable: NONE is NULL */
  DB_UUID, /* struct uuid; 16-byte BLOB or BYTEA. Nullable: all zero is NULL */
  DB_INTS, /* struct db_ints, input only: see "EACH" in docs/STYLE.md */
};

enum { DB_INTS_MAX = 8 };
/* A small set of alternatives for one filter; count 0 means "no filter". */
struct db_ints {
  int64_t values[DB_INTS_MAX];
  unsigned count;
};

struct db_column {
  const char *name;
  uint16_t offset;
  uint8_t type; /* enum db_type */
  bool nullable;
};

/* Made by tools/sqlgen, never by hand. */
struct db_statement {
  const char *name;
  const char *text;  /* $1… placeholders; SQLite, and PostgreSQL where pgsql is NULL */
  const char *pgsql; /* the twin from <noun>.pgsql.sql, or NULL */
  const struct db_column *in;
  const struct db_column *out;
  uint16_t in_count, out_count;
  uint16_t out_size; /* sizeof the row struct */
  bool writes;       /* may only run in a write transaction */
  bool composed;     /* has optional parts: db/compose.c makes its variants */
};

/* One sum of a transaction: see db_tally. */
enum { DB_SUM_KEY = 6 };
struct db_sum {
  int64_t key[DB_SUM_KEY];
  int64_t sum;
  int64_t low, high; /* the least and the greatest `at` that was told with it */
};
/* Writes sums, in the order of their keys, none of them 0. Inside the transaction they belong to. */
typedef enum status (*db_flush_function)(struct ctx *ctx, const struct db_sum *sums, size_t count);

struct db_config {
  const char *url; /* "sqlite:PATH" or "postgresql://…" */
  const struct db_statement *statements;
  size_t statement_count;
  const struct db_migration *migrations;
  size_t migration_count;
  db_flush_function flush; /* NULL: nobody calls db_tally */
  /* On PostgreSQL, after each commit of a transaction that called db_ring, by its thread; cheap. NULL: the
   * commit itself rings the bell (db/listen.h). */
  void (*rang)(void *app);
  void *app; /* rang's */
};

struct db_migration {
  int number;        /* 1, 2, 3, … */
  const char *name;  /* "0001_desk" */
  const char *text;  /* with {int} {text} {blob} {bool} {real} {id} {strict} words, see docs/STYLE.md */
  const char *pgsql; /* a variant, or NULL */
};

enum db_mode {
  DB_READ,  /* SQLite: read-only connection. PostgreSQL: an ordinary one; prepares each statement at its first
               use */
  DB_WRITE, /* SQLite: the single writing connection. PostgreSQL: an ordinary one; tries every statement at
               once */
};

/* ---- connections ---- */
/* Opens one connection. A writing one tries every statement on the schema; a reading one prepares each at its
 * first use, so whoever opens several begins with a writing one
 * (docs/decisions/0007-readers-prepare-late.md). *why says on failure what to do, as a sentence. A newer
 * schema than this program's, or an older one (db_migrate first), is STATUS_STATE. */
enum status db_open(const struct db_config *config, enum db_mode mode, struct db **out,
                    char why[256]) MUST_CHECK;
void db_close(struct db *db);
bool db_is_pgsql(const struct db *db);
/* Brings the schema up to date, one transaction a step, under a lock that other nodes respect, so that
 * whoever is ended in the middle goes on where it was. Makes the database where there is none. *applied
 * counts the steps done. Before the first step it looks whether they can work, and refuses else, with nothing
 * changed: STATUS_STATE for a newer, foreign or damaged record of steps, tables without one, or a role of
 * PostgreSQL that may not change the schema; STATUS_BROKEN for a damaged file; STATUS_STORAGE_FULL where the
 * disk has less room than twice the file. */
enum status db_migrate(const struct db_config *config, int *applied, char why[256]) MUST_CHECK;

/* ---- whose rows (docs/decisions/0016-walls.md) ---- */
/* For whom a connection's statements run. PostgreSQL shows and takes rows of that tenant alone, whatever a
 * statement says; nothing on the embedded database. Instead of a tenant's number (from 1): */
enum {
  DB_SYSTEM = 0,    /* every tenant's: timers, followers, the command line, who may act in all of them */
  DB_STRANGER = -1, /* a caller not known yet: reads accounts, sessions and tenants, to find out who it is */
  DB_NOBODY = -2,   /* nothing: every connection when it is opened */
};
/* From the next statement on, until it is said again; a transaction that fails takes back what was said
 * within it. Costs no round trip of its own. home_tenant_id: a second tenant whose rows are within reach,
 * that of the caller's own account where they act in another one; 0 none. */
void db_act_for(struct db *db, int64_t tenant_id, int64_t home_tenant_id);
/* The same, with the home as it was: to reach further for some statements, and to go back. Returns for whom
 * it was before. */
int64_t db_act_in(struct db *db, int64_t tenant_id);

/* ---- statements (called by the generated functions) ---- */
/* Runs a statement without rows; *changed (may be NULL) = rows touched. */
enum status db_exec(struct ctx *ctx, unsigned statement, const void *in, int64_t *changed) MUST_CHECK;
/* First row into `row`; STATUS_NOT_FOUND (no problem set) without one. */
enum status db_one(struct ctx *ctx, unsigned statement, const void *in, void *row) MUST_CHECK;
/* All rows (at most max; more is STATUS_BROKEN: statements carry their LIMIT) as an array in the arena. Rows
 * for which the arena is too small are problem_too_large (db_one too), with room left for the answer. */
enum status db_all(struct ctx *ctx, unsigned statement, const void *in, size_t max, void **rows,
                   size_t *count) MUST_CHECK;
/* Row by row, nothing kept: texts live until the callback returns. A callback's failure ends it and is
 * returned. */
enum status db_each(struct ctx *ctx, unsigned statement, const void *in,
                    enum status (*each)(struct ctx *ctx, void *arg, const void *row), void *arg) MUST_CHECK;
/* Failures of the four: STATUS_DUPLICATE (a unique index; no problem set, the caller knows which),
 * STATUS_RETRY (PostgreSQL collision), STATUS_STORAGE_FULL, STATUS_UNAVAILABLE (connection lost;
 * it is opened again at the next transaction), STATUS_BROKEN (all else, logged). Problem set but for
 * DUPLICATE and RETRY. After a failed statement a command ends with a failure: PostgreSQL has given the
 * transaction up, every further statement in it is STATUS_BROKEN, and so is a command that overlooked the
 * failure and returned STATUS_OK. What may be there already and shall not fail is written with ON CONFLICT.
 * db_each's callback may run other statements, but not the one whose rows it gets. */

/* Looks whether the store's structure is sound (SQLite: PRAGMA quick_check; PostgreSQL: the connection
 * answers). Slow on a large database. STATUS_BROKEN with a sentence in `why`. */
enum status db_check(struct ctx *ctx, char why[256]) MUST_CHECK;

/* ---- transactions ---- */
typedef enum status (*db_command)(struct ctx *ctx, void *arg);

/* Runs command(ctx, arg) in one write transaction and returns when what it did is durable.
 * Inside a write transaction already (the writer lane, or nested): just runs it.
 * On a SQLite read connection that belongs to a writer (db_attach_writer): the command is queued to the
 * writer thread and the caller sleeps until its commit; ctx->db is the writer's while it runs. Never call it
 * so on an I/O thread. On PostgreSQL or an own SQLite writing connection: BEGIN … COMMIT, run again up to 5
 * times on STATUS_RETRY (the problem is cleared between). Any failure of the command rolls back all of it. */
enum status db_write(struct ctx *ctx, db_command command, void *arg) MUST_CHECK;
/* As db_write; and what the command reads is one state of the store up to its commit: where another one
 * changed a row meanwhile that this one changes too, the command is run again from its start (PostgreSQL:
 * REPEATABLE READ; on SQLite every write is so). */
enum status db_write_steady(struct ctx *ctx, db_command command, void *arg) MUST_CHECK;
/* Slow work whose commands shall share one transaction, which must not be open while the work is slow. */
struct db_held {
  db_command begun; /* runs first in the transaction; where it fails, so does each db_write of the work */
  db_command work;
  void *arg; /* of both */
  bool steady;
};
/* Runs the work. The transaction begins with its first db_write and is committed when the work has returned
 * STATUS_OK, else undone; what a db_write did is durable only then. Each db_write that fails undoes its own
 * changes alone. From the first one on ctx->db reads what was written. On a SQLite read connection that
 * belongs to a writer, the writer's connection is lent for that time, and nobody else writes; never call it
 * so on an I/O thread. On PostgreSQL the work is run again from its start after a collision, up to 5 times in
 * all. Work that never writes has no transaction, and its status is returned as it is. Outside of any
 * transaction only (STATUS_BROKEN). */
enum status db_hold(struct ctx *ctx, const struct db_held *held) MUST_CHECK;
/* One consistent view for several reads: BEGIN … command … COMMIT. Nested or inside db_write: just runs it.
 */
enum status db_read(struct ctx *ctx, db_command command, void *arg) MUST_CHECK;
/* True inside db_write. */
bool db_in_write(const struct db *db);
/* The transaction under way writes what followers of the logs on other servers wait for: once it is
 * committed, the bell is rung. Forgotten where it is undone; nothing on the embedded database. */
void db_ring(struct ctx *ctx);

/* ---- sums, written once a transaction (db/tally.c) ---- */
/* Adds `by` to the sum of that key, to be written by config.flush right before the commit. Commands that
 * share a commit share the sums: a counter that each of them changes is written once. `at`: anything whose
 * least and greatest value the flush wants to know. A failed command's sums go with its changes. Inside
 * db_write only (STATUS_BROKEN). */
enum status db_tally(struct ctx *ctx, const int64_t key[DB_SUM_KEY], int64_t by, int64_t at) MUST_CHECK;
/* Writes the sums so far: before reading, inside a transaction, what they are added to. Nothing to do outside
 * db_write. */
enum status db_flush(struct ctx *ctx) MUST_CHECK;

/* ---- the writer: group commit on SQLite (db/writer.c) ---- */
struct db_writer;
struct db_job {
  struct ctx *ctx; /* ctx->db is set by the writer while the command runs */
  db_command command;
  void *arg;
  enum status status; /* the result, valid when done is called */
  void *owner;        /* the maker's */
  bool alone;         /* shares its commit with no other, and is never run twice */
  struct db_job *next;
};
/* Takes the writing connection. Many jobs share one commit. When one fails after it changed something, the
 * batch is undone and run again, each job in a savepoint: commands must bear being run twice, as on
 * PostgreSQL. After the commit `done(arg, list)` gets all jobs of the batch, linked by next, on the writer's
 * thread. A job whose command failed has its status; when the commit fails every job gets STATUS_STORAGE_FULL
 * or STATUS_BROKEN. queue_max: jobs waiting; one more is refused. */
struct db_writer *db_writer_new(struct db *db, size_t queue_max, size_t batch_max,
                                void (*done)(void *arg, struct db_job *list), void *arg);
/* False: the queue is full (answer 503) or the writer is stopped. Any thread. */
bool db_writer_submit(struct db_writer *writer, struct db_job *job) MUST_CHECK;
/* Lets db_write on this read connection go through the writer. */
void db_attach_writer(struct db *db, struct db_writer *writer);
/* Runs what is queued, then ends the thread; the connection is the caller's again. The writer itself stays
 * valid (it takes no jobs) until db_close of its connection, which frees it: close the readers it is attached
 * to before. */
void db_writer_stop(struct db_writer *writer);
/* False after an fsync or I/O error on write: nothing is acknowledged any more until a restart. */
bool db_writer_healthy(const struct db_writer *writer);
/* Grows with every commit, before anybody hears of it. Any thread, cheap. */
uint64_t db_writer_generation(const struct db_writer *writer);
struct db_writer_stats {
  uint64_t commits, jobs, failed;
  uint64_t commit_ns; /* summed */
  uint32_t queued, batch_max_seen;
};
void db_writer_stats(struct db_writer *writer, struct db_writer_stats *out);

#endif
