#ifndef SIGAP_DB_ENGINE_H
#define SIGAP_DB_ENGINE_H

#include <pthread.h>

#include "base/buf.h"
#include "db/copy.h"
#include "db/db.h"

/* Inside the room: what the engine-neutral part (db.c, compose.c, migrate.c, writer.c) and the two
 * drivers (sqlite.c, pgsql.c) say to each other. Nobody outside src/db includes this but its own tests. */

enum {
  DB_SLOTS_MAX = 96,     /* placeholders of one text */
  DB_ROW_MAX = 1024,     /* bytes of a row struct: 64 fields of at most 16 */
  DB_VARIANTS_MAX = 256, /* composed texts kept prepared by a connection */
  DB_BRANCHES_MAX = 32,  /* of one EACH */
  DB_REASON_SIZE = 256,
};

/* Where a placeholder's value comes from: a parameter, or the set_index-th different value of a set. */
struct db_slot {
  uint8_t column;
  uint8_t set_index;
};

/* One text as an engine runs it: a plain statement, or one variant of a composed one. */
struct db_query {
  const struct db_statement *statement;
  const char *text;
  uint32_t number; /* unique on the connection, also after it was lost and opened again */
  uint16_t slot_count;
  bool running;                /* a callback of its own rows must not run it again */
  const struct db_slot *slots; /* NULL: placeholder $n is parameter n */
  void *handle;                /* the engine's; NULL: not prepared */
};

/* A parameter's value, ready to bind. */
struct db_value {
  enum db_type type;
  bool null;
  int64_t number; /* INT, BOOL */
  double real;
  struct str bytes; /* TEXT, BLOB, UUID */
};
/* STATUS_BROKEN (reason set) when a text or blob that is not nullable has no value. */
enum status db_value(struct db *db, const struct db_query *query, unsigned slot, const void *in,
                     struct db_value *out) MUST_CHECK;

/* Where the rows of a run go. The engine fills `row` and calls `take` after each. */
struct db_rows {
  struct ctx *ctx;
  struct arena *arena; /* texts are copied there; NULL: they live until take returns */
  void *row;
  enum status (*take)(struct db_rows *rows); /* NULL: no rows wanted. Its failure ends the run */
  void *state;                               /* take's */
  int64_t changed;                           /* filled by the engine */
  enum status refused;                       /* take's failure, to be told from the engine's own */
  bool enough;                               /* set by take: no further row is wanted */
};
/* Calls take and keeps its failure apart. False: stop. */
bool db_rows_take(struct db_rows *rows);
/* A text or blob on its way out: copied, with a NUL behind it, where the rows are kept. Where there is no
 * room, the run is refused. */
struct str db_rows_bytes(struct db_rows *rows, const char *at, size_t len);
/* Puts a NULL into its place; false where the column may not be NULL. */
bool db_column_null(const struct db_column *column, void *row);
/* The columns a prepared text really has against the row struct: their number, and their names
 * where two changed places. STATUS_BROKEN, reason set. */
enum status db_check_columns(struct db *db, const struct db_query *query, const char *const *names,
                             size_t count) MUST_CHECK;

enum db_control {
  DB_BEGIN_READ,
  DB_BEGIN_WRITE,
  DB_BEGIN_STEADY,
  DB_BEGIN_SCHEMA,
  DB_COMMIT,
  DB_ROLLBACK,
  DB_SAVEPOINT,
  DB_SAVEPOINT_KEEP,
  DB_SAVEPOINT_UNDO, /* undo also forgets it */
  DB_CONTROL_COUNT
};

/* Every function that fails leaves a sentence in db->reason and returns one of the statuses of db.h. */
struct db_engine {
  const char *scheme; /* what the address begins with */
  bool pgsql;
  /* create: make the file and its folder where there is none. */
  enum status (*open)(struct db *db, bool create);
  void (*close)(struct db *db);
  /* Prepares many texts, as few round trips as may be, and checks their columns. */
  enum status (*prepare)(struct db *db, struct db_query *const *queries, size_t count);
  void (*forget)(struct db *db, struct db_query *query);
  enum status (*run)(struct db *db, struct db_query *query, const void *in, struct db_rows *rows);
  enum status (*control)(struct db *db, enum db_control control);
  /* False where the engine itself has ended a transaction that was begun. */
  bool (*in_transaction)(struct db *db);
  /* Rows changed on this connection so far. NULL where no writer uses the engine. */
  int64_t (*changes)(struct db *db);
  /* Opens a lost connection again (not the statements). */
  enum status (*reopen)(struct db *db);
  /* Housekeeping after a commit was answered: SQLite's checkpoint. NULL: none. */
  enum status (*tidy)(struct db *db);
  /* Several statements without parameters, as they stand. */
  enum status (*script)(struct db *db, const char *sql);
  /* See db_snapshot. NULL: only by rows. */
  enum status (*snapshot)(struct db *db, const char *path, const struct db_progress *progress);
  /* The first column of the first row as text; *found is false without a row or for NULL. */
  enum status (*first)(struct db *db, const char *sql, struct buf *out, bool *found);
};

extern const struct db_engine db_sqlite;
extern const struct db_engine db_pgsql;

/* The sums of the transaction under way. */
struct db_tally {
  struct db_sum *sums;
  size_t count, size;
  uint32_t *places; /* a hash table: 1 + the number of a sum, 0 free; 2 × size of them */
  uint64_t told;    /* calls of db_tally so far; only grows */
};

/* Where the bell is rung: see listen.h. */
#define DB_BELL_CHANNEL "sigap_bell"

/* For whom statements run: see db_act_for. */
struct db_acting {
  int64_t tenant_id, home_tenant_id;
};

enum db_inside { DB_INSIDE_NOTHING, DB_INSIDE_READ, DB_INSIDE_WRITE };

/* The writing connection on loan: see db_writer_borrow. */
struct db_loan {
  struct db_job job;
  pthread_mutex_t lock;
  pthread_cond_t turn;
  enum { LOAN_ASKED, LOAN_LENT, LOAN_RETURNED, LOAN_DONE } state;
  enum status status; /* of the work */
};

/* A db_hold under way. */
struct db_hold {
  const struct db_held *held;
  struct db_loan loan;
  enum status refused; /* by `begun` */
  bool open;           /* the transaction has begun */
  bool lent;           /* on the writer's connection */
  bool within;         /* a command runs */
  bool collided;
};

struct db_variant;
struct db {
  const struct db_engine *engine;
  void *own; /* the engine's connection */
  struct db_config config;
  char *url; /* config.url is this copy */
  enum db_mode mode;
  struct db_query *queries; /* one for each statement; those of composed ones stay unprepared */
  struct db_variant *variants[DB_VARIANTS_MAX];
  unsigned variant_count;
  uint64_t variant_clock;
  uint32_t next_number;
  struct db_writer *writer; /* db_write goes there */
  struct db_writer *served; /* the writer that uses this connection; freed with it */
  enum db_inside inside;
  struct db_acting acting;
  struct db_tally tally;
  struct db_hold *hold; /* its db_writes share a transaction */
  bool rings;           /* db_ring was called in the transaction under way */
  bool lost;            /* to be opened again before the next use */
  bool broken;          /* an I/O error on write: nothing more may be acknowledged */
  char reason[DB_REASON_SIZE];
};

/* The connection without schema check and statements; NULL url faults are STATUS_INVALID. For migrations. */
enum status db_open_bare(const struct db_config *config, enum db_mode mode, bool create, struct db **out,
                         char why[256]) MUST_CHECK;
/* printf into db->reason; returns the status. */
enum status db_fail(struct db *db, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Says before the reason what it is about. */
enum status db_fail_about(struct db *db, enum status status, const char *what);
/* Sets the problem that belongs to a database's failure; DUPLICATE, RETRY and NOT_FOUND have none. */
enum status db_problem(struct ctx *ctx, enum status status);
/* Prepares all plain statements and tries the barest and the fullest variant of the composed ones. */
enum status db_prepare_all(struct db *db) MUST_CHECK;

/* compose.c: the variant for these parameters, prepared. */
enum status db_compose(struct db *db, unsigned statement, const void *in, struct db_query **query) MUST_CHECK;
/* Prepares the barest and the fullest variant of a composed statement once, to find faults at start. */
enum status db_compose_check(struct db *db, unsigned statement) MUST_CHECK;
/* Forgets every variant: the connection was lost or is closed. */
void db_compose_forget(struct db *db);
/* The text and slots of one variant: `present` holds bit n where parameter n is there, sizes[n] the size of
 * set n. For tests. */
enum status db_compose_text(const struct db_statement *statement, bool pgsql, uint64_t present,
                            const uint8_t *sizes, struct buf *text, struct db_slot slots[DB_SLOTS_MAX],
                            uint16_t *slot_count) MUST_CHECK;
/* Number of different values, and the n-th of them in order of appearance. */
unsigned db_ints_count(const struct db_ints *set);
int64_t db_ints_at(const struct db_ints *set, unsigned n);

/* tally.c: the transaction, or the job, was undone. */
void db_tally_drop(struct db *db);
void db_tally_release(struct db *db);

/* migrate.c: STATUS_STATE with a sentence in db->reason when the schema is not this program's. */
enum status db_check_schema(struct db *db) MUST_CHECK;
/* PostgreSQL's identity sequences behind the greatest ids. */
enum status db_move_sequences(struct db *db) MUST_CHECK;
/* Replaces the {words} of a migration; STATUS_BROKEN (the unknown word is in `unknown`) for others. */
enum status db_expand(const char *text, bool pgsql, struct buf *out, char unknown[32]) MUST_CHECK;

/* writer.c: db_write from a thread that is not the writer's. */
enum status db_writer_run(struct db_writer *writer, struct ctx *ctx, db_command command,
                          void *arg) MUST_CHECK;
/* Waits until the writer's connection, in a transaction of its own, is this thread's: it stands in ctx->db
 * from then on, until db_writer_return commits (STATUS_OK) or undoes it and says what became of it. */
enum status db_writer_borrow(struct db_writer *writer, struct ctx *ctx, struct db_loan *loan) MUST_CHECK;
enum status db_writer_return(struct db_loan *loan, enum status status) MUST_CHECK;
void db_writer_release(struct db_writer *writer);

#endif
