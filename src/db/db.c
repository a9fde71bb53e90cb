#include "db/db.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/problem.h"
#include "db/engine.h"

enum { WRITE_TRIES = 6 }; /* the first run and five more */

static const struct db_engine *const engines[] = {&db_sqlite, &db_pgsql};

enum status db_fail(struct db *db, enum status status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(db->reason, sizeof(db->reason), format, args);
  va_end(args);
  return status;
}

enum status db_fail_about(struct db *db, enum status status, const char *what) {
  char reason[DB_REASON_SIZE];
  memcpy(reason, db->reason, sizeof(reason));
  return db_fail(db, status, "%.100s: %.150s", what, reason);
}

enum status db_problem(struct ctx *ctx, enum status status) {
  switch (status) {
    case STATUS_STORAGE_FULL:
      return problem_set(ctx, &problem_storage_full);
    case STATUS_UNAVAILABLE:
      return problem_set(ctx, &problem_unavailable);
    case STATUS_BROKEN:
      return problem_set(ctx, &problem_broken);
    default:
      return status;
  }
}

/* ---- opening ---- */

static const struct db_engine *engine_of(const char *url) {
  for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
    if (strncmp(url, engines[i]->scheme, strlen(engines[i]->scheme)) == 0) {
      return engines[i];
    }
  }
  /* libpq knows its addresses by two spellings. */
  return strncmp(url, "postgres://", 11) == 0 ? &db_pgsql : NULL;
}

static void copy_why(char why[256], const char *sentence) {
  snprintf(why, 256, "%s", sentence);
}

enum status db_open_bare(const struct db_config *config, enum db_mode mode, bool create, struct db **out,
                         char why[256]) {
  const struct db_engine *engine = config->url ? engine_of(config->url) : NULL;
  if (!engine) {
    copy_why(why, "the database's address must begin with sqlite: or postgresql://");
    return STATUS_INVALID;
  }
  struct db *db = calloc(1, sizeof(*db));
  char *url = strdup(config->url);
  if (!db || !url) {
    die("out of memory");
  }
  db->engine = engine;
  db->config = *config;
  db->config.url = db->url = url;
  db->mode = mode;
  db_act_for(db, DB_NOBODY, 0);
  enum status status = engine->open(db, create);
  if (status != STATUS_OK) {
    copy_why(why, db->reason);
    db_close(db);
    return status;
  }
  *out = db;
  return STATUS_OK;
}

static void queries_init(struct db *db) {
  const struct db_config *config = &db->config;
  db->queries = calloc(config->statement_count ? config->statement_count : 1, sizeof(*db->queries));
  if (!db->queries) {
    die("out of memory");
  }
  for (size_t i = 0; i < config->statement_count; i++) {
    const struct db_statement *statement = &config->statements[i];
    db->queries[i] = (struct db_query){
        .statement = statement,
        .text = db->engine->pgsql && statement->pgsql ? statement->pgsql : statement->text,
        .number = db->next_number++,
        .slot_count = statement->in_count,
    };
  }
}

/* On the embedded database a prepared statement costs nothing to make and some kilobytes to keep: each is
 * tried, and made again when it is first used. */
static enum status try_each(struct db *db, struct db_query *const *queries, size_t count) {
  enum status status = STATUS_OK;
  for (size_t i = 0; i < count && status == STATUS_OK; i++) {
    status = db->engine->prepare(db, &queries[i], 1);
    db->engine->forget(db, queries[i]);
  }
  return status;
}

enum status db_prepare_all(struct db *db) {
  size_t count = 0;
  struct db_query **plain =
      calloc(db->config.statement_count ? db->config.statement_count : 1, sizeof(*plain));
  if (!plain) {
    die("out of memory");
  }
  for (size_t i = 0; i < db->config.statement_count; i++) {
    const struct db_statement *statement = &db->config.statements[i];
    if (statement->out_size > DB_ROW_MAX || statement->in_count > DB_SLOTS_MAX) {
      free(plain);
      return db_fail(db, STATUS_BROKEN, "statement %s has too many columns", statement->name);
    }
    if (!statement->composed) {
      plain[count++] = &db->queries[i];
    }
  }
  enum status status = db->engine->pgsql ? db->engine->prepare(db, plain, count) : try_each(db, plain, count);
  free(plain);
  for (size_t i = 0; i < db->config.statement_count && status == STATUS_OK; i++) {
    if (db->config.statements[i].composed) {
      status = db_compose_check(db, (unsigned)i);
    }
  }
  return status;
}

enum status db_open(const struct db_config *config, enum db_mode mode, struct db **out, char why[256]) {
  struct db *db = NULL;
  TRY(db_open_bare(config, mode, false, &db, why));
  enum status status = db_check_schema(db);
  if (status == STATUS_OK) {
    queries_init(db);
    /* A writing connection tries every statement; readers, on the same schema, need not. */
    status = mode == DB_WRITE ? db_prepare_all(db) : STATUS_OK;
  }
  if (status != STATUS_OK) {
    copy_why(why, db->reason);
    db_close(db);
    return status;
  }
  *out = db;
  return STATUS_OK;
}

void db_close(struct db *db) {
  if (!db) {
    return;
  }
  if (db->served) {
    db_writer_release(db->served);
  }
  db_compose_forget(db);
  db_tally_release(db);
  if (db->queries) {
    for (size_t i = 0; i < db->config.statement_count; i++) {
      db->engine->forget(db, &db->queries[i]);
    }
    free(db->queries);
  }
  if (db->own) {
    db->engine->close(db);
  }
  free(db->url);
  free(db);
}

void db_act_for(struct db *db, int64_t tenant_id, int64_t home_tenant_id) {
  db->acting = (struct db_acting){tenant_id, home_tenant_id};
}

int64_t db_act_in(struct db *db, int64_t tenant_id) {
  int64_t before = db->acting.tenant_id;
  db->acting.tenant_id = tenant_id;
  return before;
}

bool db_is_pgsql(const struct db *db) {
  return db->engine->pgsql;
}

bool db_in_write(const struct db *db) {
  return db->inside == DB_INSIDE_WRITE;
}

void db_ring(struct ctx *ctx) {
  ctx->db->rings = ctx->db->engine->pgsql;
}

void db_attach_writer(struct db *db, struct db_writer *writer) {
  db->writer = writer;
}

/* ---- values and columns ---- */

enum status db_value(struct db *db, const struct db_query *query, unsigned slot, const void *in,
                     struct db_value *out) {
  unsigned number = query->slots ? query->slots[slot].column : slot;
  const struct db_column *column = &query->statement->in[number];
  const void *at = (const char *)in + column->offset;
  out->type = (enum db_type)column->type;
  out->null = false;
  switch (out->type) {
    case DB_INT:
      out->number = *(const int64_t *)at;
      out->null = column->nullable && out->number == 0;
      return STATUS_OK;
    case DB_BOOL:
      out->number = *(const bool *)at ? 1 : 0;
      return STATUS_OK;
    case DB_REAL:
      out->real = *(const double *)at;
      out->null = isnan(out->real);
      break;
    case DB_UUID:
      out->bytes = (struct str){(const char *)((const struct uuid *)at)->bytes, sizeof(struct uuid)};
      out->null = column->nullable && uuid_is_none(*(const struct uuid *)at);
      return STATUS_OK;
    case DB_INTS:
      out->type = DB_INT;
      out->number = db_ints_at((const struct db_ints *)at, query->slots ? query->slots[slot].set_index : 0);
      return STATUS_OK;
    case DB_TEXT:
    case DB_BLOB:
      out->bytes = *(const struct str *)at;
      out->null = !out->bytes.at;
      break;
  }
  if (out->null && !column->nullable) {
    return db_fail(db, STATUS_BROKEN, "statement %s: parameter %s has no value", query->statement->name,
                   column->name);
  }
  return STATUS_OK;
}

/* Of an arena that rows are kept in: room for them, for what the caller makes of as many, and for the
 * answer's small things. Past it a request is told so; an arena that overflows would end the program. */
enum { ROWS_ARENA_TIMES = 3, ROWS_ARENA_RESERVE_BYTES = 32 * 1024 };

static bool has_room(struct db_rows *rows, size_t bytes) {
  if (rows->refused == STATUS_OK && arena_left(rows->arena) < bytes + ROWS_ARENA_RESERVE_BYTES) {
    rows->refused = problem_set(rows->ctx, &problem_too_large);
  }
  return rows->refused == STATUS_OK;
}

bool db_rows_take(struct db_rows *rows) {
  if (!rows->take) {
    return true;
  }
  if (rows->refused != STATUS_OK) {
    return false;
  }
  rows->refused = rows->take(rows);
  return rows->refused == STATUS_OK && !rows->enough;
}

struct str db_rows_bytes(struct db_rows *rows, const char *at, size_t len) {
  /* An empty value has an address too, because no address means NULL. */
  struct str bytes = {at && len ? at : "", len};
  if (!rows->arena) {
    return bytes;
  }
  return has_room(rows, len) ? str_copy(rows->arena, bytes) : STR("");
}

bool db_column_null(const struct db_column *column, void *row) {
  if (column->type == DB_REAL) {
    *(double *)((char *)row + column->offset) = (double)NAN;
  }
  return column->nullable; /* all other kinds of nothing are the zeroes that are there already */
}

enum status db_check_columns(struct db *db, const struct db_query *query, const char *const *names,
                             size_t count) {
  const struct db_statement *statement = query->statement;
  if (count != statement->out_count) {
    return db_fail(db, STATUS_BROKEN, "statement %s has %zu columns where out: names %u", statement->name,
                   count, (unsigned)statement->out_count);
  }
  for (size_t i = 0; i < count; i++) {
    for (size_t j = i + 1; j < count; j++) {
      if (strcmp(names[i], statement->out[j].name) == 0 && strcmp(names[j], statement->out[i].name) == 0 &&
          strcmp(names[i], names[j]) != 0) {
        return db_fail(db, STATUS_BROKEN, "statement %s: columns %s and %s have changed places",
                       statement->name, names[i], names[j]);
      }
    }
  }
  return STATUS_OK;
}

/* ---- running ---- */

/* A lost connection comes back, with its statements, where no transaction depends on it. */
static enum status revive(struct db *db) {
  if (!db->lost) {
    return STATUS_OK;
  }
  if (db->inside != DB_INSIDE_NOTHING) {
    return db_fail(db, STATUS_UNAVAILABLE, "the connection was lost within a transaction");
  }
  db_compose_forget(db);
  for (size_t i = 0; i < db->config.statement_count; i++) {
    db->engine->forget(db, &db->queries[i]);
  }
  TRY(db->engine->reopen(db));
  db->lost = false;
  enum status status = db->mode == DB_WRITE ? db_prepare_all(db) : STATUS_OK;
  if (status != STATUS_OK) {
    db->lost = true;
  }
  return status;
}

static void log_failure(const struct db *db, const char *what, enum status status) {
  enum log_level level = status == STATUS_BROKEN || status == STATUS_STORAGE_FULL ? LOG_ERROR : LOG_WARN;
  LOG(level, "the database refused", LOG_S("what", what), LOG_S("status", status_name(status)),
      LOG_S("reason", db->reason));
}

/* Hands the engine's failure up: told to the log, and to the caller by its problem. */
static enum status hand_up(struct ctx *ctx, const char *what, enum status status) {
  if (status == STATUS_OK || status == STATUS_DUPLICATE) {
    return status;
  }
  if (status == STATUS_RETRY) {
    if (ctx->db->inside == DB_INSIDE_WRITE) {
      return status;
    }
    status = STATUS_UNAVAILABLE; /* nobody would run it again */
  }
  log_failure(ctx->db, what, status);
  return db_problem(ctx, status);
}

/* At the statement's first use. */
static enum status prepare_late(struct db *db, struct db_query *query) {
  enum status status = db->engine->prepare(db, &query, 1);
  if (status != STATUS_OK) {
    db->engine->forget(db, query);
  }
  return status;
}

static enum status run_query(struct db *db, unsigned statement, const void *in, struct db_rows *rows) {
  TRY(revive(db));
  struct db_query *query = &db->queries[statement];
  if (query->statement->composed) {
    TRY(db_compose(db, statement, in, &query));
  } else if (query->handle == NULL) {
    TRY(prepare_late(db, query));
  }
  if (query->running) {
    return db_fail(db, STATUS_BROKEN, "statement %s was run by a callback of its own rows",
                   query->statement->name);
  }
  query->running = true;
  enum status status = db->engine->run(db, query, in, rows);
  query->running = false;
  return status;
}

static enum status run(struct ctx *ctx, unsigned statement, const void *in, struct db_rows *rows) {
  struct db *db = ctx->db;
  if (statement >= db->config.statement_count) {
    die("a statement that this connection does not have");
  }
  const struct db_statement *known = &db->config.statements[statement];
  if (known->writes && db->inside != DB_INSIDE_WRITE) {
    db_fail(db, STATUS_BROKEN, "a statement that writes was run outside db_write");
    return hand_up(ctx, known->name, STATUS_BROKEN);
  }
  rows->ctx = ctx;
  bool alone = db->inside == DB_INSIDE_NOTHING;
  enum status status = run_query(db, statement, in, rows);
  if (status == STATUS_UNAVAILABLE && alone && db->lost && rows->refused == STATUS_OK) {
    /* A connection that had died while it was idle: reading again on a new one harms nobody,
     * because rows are handed out only after all of them have come. */
    status = run_query(db, statement, in, rows);
  }
  if (rows->refused != STATUS_OK) {
    return rows->refused;
  }
  return hand_up(ctx, known->name, status);
}

enum status db_exec(struct ctx *ctx, unsigned statement, const void *in, int64_t *changed) {
  struct db_rows rows = {0};
  TRY(run(ctx, statement, in, &rows));
  if (changed) {
    *changed = rows.changed;
  }
  return STATUS_OK;
}

static enum status take_first(struct db_rows *rows) {
  rows->enough = true;
  return STATUS_OK;
}

enum status db_one(struct ctx *ctx, unsigned statement, const void *in, void *row) {
  _Alignas(max_align_t) unsigned char first[DB_ROW_MAX];
  struct db_rows rows = {.arena = ctx->arena, .row = first, .take = take_first};
  TRY(run(ctx, statement, in, &rows));
  if (!rows.enough) {
    return STATUS_NOT_FOUND;
  }
  memcpy(row, first, ctx->db->config.statements[statement].out_size);
  return STATUS_OK;
}

struct many {
  char *at;
  size_t size, count, room, max;
};

static enum status take_many(struct db_rows *rows) {
  struct many *many = rows->state;
  if (many->count == many->max) {
    db_fail(rows->ctx->db, STATUS_BROKEN, "more rows than the statement's limit should let through");
    log_failure(rows->ctx->db, "db_all", STATUS_BROKEN);
    return problem_set(rows->ctx, &problem_broken);
  }
  if (!has_room(rows, (many->count + 1) * many->size * ROWS_ARENA_TIMES)) {
    return rows->refused;
  }
  if (many->count == many->room) {
    many->room = many->room ? many->room * 2 : 16;
    char *wider = reallocarray(many->at, many->room, many->size);
    if (!wider) {
      die("out of memory");
    }
    many->at = wider;
  }
  memcpy(many->at + many->count * many->size, rows->row, many->size);
  many->count++;
  return STATUS_OK;
}

enum status db_all(struct ctx *ctx, unsigned statement, const void *in, size_t max, void **rows_out,
                   size_t *count) {
  _Alignas(max_align_t) unsigned char row[DB_ROW_MAX];
  struct many many = {.size = ctx->db->config.statements[statement].out_size, .max = max};
  struct db_rows rows = {.arena = ctx->arena, .row = row, .take = take_many, .state = &many};
  enum status status = run(ctx, statement, in, &rows);
  if (status == STATUS_OK) {
    *rows_out = arena_array(ctx->arena, many.count, many.size);
    *count = many.count;
    if (many.count) {
      memcpy(*rows_out, many.at, many.count * many.size);
    }
  }
  free(many.at);
  return status;
}

struct caller {
  enum status (*each)(struct ctx *ctx, void *arg, const void *row);
  void *arg;
};

static enum status take_each(struct db_rows *rows) {
  const struct caller *caller = rows->state;
  return caller->each(rows->ctx, caller->arg, rows->row);
}

enum status db_each(struct ctx *ctx, unsigned statement, const void *in,
                    enum status (*each)(struct ctx *ctx, void *arg, const void *row), void *arg) {
  _Alignas(max_align_t) unsigned char row[DB_ROW_MAX];
  struct caller caller = {each, arg};
  struct db_rows rows = {.row = row, .take = take_each, .state = &caller};
  return run(ctx, statement, in, &rows);
}

/* ---- transactions ---- */

static enum status begin(struct db *db, enum db_control control) {
  TRY(revive(db));
  enum status status = db->engine->control(db, control);
  if (status == STATUS_UNAVAILABLE && db->lost) {
    TRY(revive(db)); /* it had died while idle; nothing was begun */
    status = db->engine->control(db, control);
  }
  return status;
}

static void roll_back(struct db *db) {
  if (db->lost || !db->engine->in_transaction(db)) {
    return; /* gone with the connection, or undone by the engine itself */
  }
  if (db->engine->control(db, DB_ROLLBACK) != STATUS_OK) {
    log_failure(db, "rollback", STATUS_BROKEN);
  }
}

/* A server rings beside its commits, because those that ring wait for each other
 * (docs/decisions/0019-bell.md); whoever writes once in a while does it in one go. Of a commit whose answer
 * was lost nobody knows whether it happened: it rings, too. */
static enum status commit(struct db *db) {
  if (db->rings && !db->config.rang) {
    TRY(db->engine->script(db, "NOTIFY " DB_BELL_CHANNEL));
  }
  enum status status = db->engine->control(db, DB_COMMIT);
  if (db->rings && db->config.rang) {
    db->config.rang(db->config.app);
  }
  return status;
}

static enum status open_transaction(struct ctx *ctx, enum db_control how) {
  struct db *db = ctx->db;
  enum status status = begin(db, how);
  if (status != STATUS_OK) {
    return hand_up(ctx, "begin", status);
  }
  db->inside = how == DB_BEGIN_READ ? DB_INSIDE_READ : DB_INSIDE_WRITE;
  db->rings = false;
  return STATUS_OK;
}

/* Commits where all went well; returns what became of it. */
static enum status close_transaction(struct ctx *ctx, enum status status, struct db_acting acting) {
  struct db *db = ctx->db;
  if (status == STATUS_OK) {
    status = db_flush(ctx);
  }
  if (status != STATUS_OK) {
    db_tally_drop(db);
    roll_back(db);
    db->inside = DB_INSIDE_NOTHING;
    db->acting = acting;
    return status;
  }
  status = commit(db);
  if (status != STATUS_OK) {
    status = hand_up(ctx, "commit", status);
    roll_back(db);
  }
  db->inside = DB_INSIDE_NOTHING;
  return status;
}

static enum status transaction(struct ctx *ctx, enum db_control how, db_command command, void *arg) {
  const struct db_acting acting = ctx->db->acting;
  TRY(open_transaction(ctx, how));
  return close_transaction(ctx, command(ctx, arg), acting);
}

/* Two that collided should not meet again at once. */
static void pause_before(unsigned again) {
  uint16_t some = 0;
  random_bytes(&some, sizeof(some));
  struct timespec pause = {.tv_nsec = (long)(some % 1000 + 500) * 1000L * (long)(1U << again)};
  nanosleep(&pause, NULL);
}

static enum status too_many_collisions(struct ctx *ctx) {
  LOG(LOG_WARN, "transactions collided too often, the command was given up");
  return problem_set(ctx, &problem_unavailable);
}

/* One of SQLite's read connections. */
static bool needs_writer(const struct db *db) {
  return !db->engine->pgsql && db->mode == DB_READ;
}

static enum status write_again(struct ctx *ctx, enum db_control how, db_command command, void *arg) {
  for (unsigned again = 0; again < WRITE_TRIES; again++) {
    if (again) {
      pause_before(again);
      problem_clear(ctx);
    }
    enum status status = transaction(ctx, how, command, arg);
    if (status != STATUS_RETRY) {
      return status;
    }
  }
  return too_many_collisions(ctx);
}

static void tidy(struct db *db) {
  if (db->engine->tidy && db->engine->tidy(db) != STATUS_OK) {
    log_failure(db, "checkpoint", STATUS_BROKEN); /* what was committed stays committed */
  }
}

/* May a write transaction begin here? */
static enum status check_writable(struct ctx *ctx) {
  struct db *db = ctx->db;
  if (db->inside != DB_INSIDE_NOTHING) {
    db_fail(db, STATUS_BROKEN, "db_write inside db_read: what was read may be older than what is written");
    return hand_up(ctx, "db_write", STATUS_BROKEN);
  }
  if (needs_writer(db) && !db->writer) {
    db_fail(db, STATUS_BROKEN, "db_write on a reading connection without a writer");
    return hand_up(ctx, "db_write", STATUS_BROKEN);
  }
  return db->broken ? problem_set(ctx, &problem_unavailable) : STATUS_OK;
}

static enum status write_held(struct ctx *ctx, struct db_hold *hold, db_command command, void *arg);

static enum status write_how(struct ctx *ctx, enum db_control how, db_command command, void *arg) {
  struct db *db = ctx->db;
  if (db->hold && !db->hold->within) {
    return write_held(ctx, db->hold, command, arg);
  }
  if (db->inside == DB_INSIDE_WRITE) {
    return command(ctx, arg);
  }
  TRY(check_writable(ctx));
  if (needs_writer(db)) {
    return db_writer_run(db->writer, ctx, command, arg);
  }
  enum status status = write_again(ctx, how, command, arg);
  if (status == STATUS_OK) {
    tidy(db);
  }
  return status;
}

enum status db_write(struct ctx *ctx, db_command command, void *arg) {
  return write_how(ctx, DB_BEGIN_WRITE, command, arg);
}

enum status db_write_steady(struct ctx *ctx, db_command command, void *arg) {
  return write_how(ctx, DB_BEGIN_STEADY, command, arg);
}

/* ---- one transaction over several commands ---- */

/* Begins it, here or on the writer's connection. A collision in `begun` makes the work run again. */
static enum status open_held(struct ctx *ctx, struct db_hold *hold) {
  struct db *own = ctx->db;
  if (needs_writer(own)) {
    TRY(db_writer_borrow(own->writer, ctx, &hold->loan));
    hold->lent = true;
    ctx->db->hold = hold;
  } else {
    TRY(open_transaction(ctx, hold->held->steady ? DB_BEGIN_STEADY : DB_BEGIN_WRITE));
  }
  hold->open = true;
  hold->within = true;
  hold->refused = hold->held->begun ? hold->held->begun(ctx, hold->held->arg) : STATUS_OK;
  hold->within = false;
  hold->collided = hold->refused == STATUS_RETRY;
  return hold->refused;
}

/* The command in its savepoint, with its sums. */
static enum status write_held(struct ctx *ctx, struct db_hold *hold, db_command command, void *arg) {
  if (hold->refused != STATUS_OK) {
    return hold->refused;
  }
  if (!hold->open) {
    TRY(check_writable(ctx));
    TRY(open_held(ctx, hold));
  }
  struct db *db = ctx->db;
  enum status status = db->engine->control(db, DB_SAVEPOINT);
  if (status != STATUS_OK) {
    return hand_up(ctx, "savepoint", status);
  }
  hold->within = true;
  status = command(ctx, arg);
  status = status == STATUS_OK ? db_flush(ctx) : status;
  db_tally_drop(db); /* written, or undone with the command */
  hold->within = false;
  hold->collided |= status == STATUS_RETRY;
  if (db->lost || !db->engine->in_transaction(db)) {
    hold->refused = status != STATUS_OK ? status : db_problem(ctx, STATUS_BROKEN);
    return hold->refused; /* undone by the engine itself, with all that was before */
  }
  enum status closed = db->engine->control(db, status == STATUS_OK ? DB_SAVEPOINT_KEEP : DB_SAVEPOINT_UNDO);
  if (closed != STATUS_OK) {
    hold->refused = hand_up(ctx, "savepoint", closed);
    return hold->refused;
  }
  return status;
}

/* Commits or undoes what was begun; ctx->db is the caller's own connection again. */
static enum status close_held(struct ctx *ctx, struct db_hold *hold, enum status status,
                              struct db_acting acting) {
  if (!hold->open) {
    return status;
  }
  if (status == STATUS_OK && (hold->refused != STATUS_OK || hold->collided)) {
    status = hold->refused != STATUS_OK ? hold->refused : STATUS_RETRY;
  }
  if (hold->lent) {
    ctx->db->hold = NULL;
    return db_writer_return(&hold->loan, status);
  }
  status = close_transaction(ctx, status, acting);
  hold->collided |= status == STATUS_RETRY;
  if (status == STATUS_OK) {
    tidy(ctx->db);
  }
  return status;
}

enum status db_hold(struct ctx *ctx, const struct db_held *held) {
  struct db *db = ctx->db;
  const struct db_acting acting = db->acting;
  if (db->inside != DB_INSIDE_NOTHING || db->hold) {
    db_fail(db, STATUS_BROKEN, "db_hold inside a transaction");
    return hand_up(ctx, "db_hold", STATUS_BROKEN);
  }
  for (unsigned again = 0; again < WRITE_TRIES; again++) {
    if (again) {
      pause_before(again);
      problem_clear(ctx);
    }
    struct db_hold hold = {.held = held};
    db->hold = &hold;
    enum status status = close_held(ctx, &hold, held->work(ctx, held->arg), acting);
    db->hold = NULL;
    if (!hold.collided) {
      return status;
    }
  }
  return too_many_collisions(ctx);
}

enum status db_read(struct ctx *ctx, db_command command, void *arg) {
  if (ctx->db->inside != DB_INSIDE_NOTHING) {
    return command(ctx, arg);
  }
  return transaction(ctx, DB_BEGIN_READ, command, arg);
}
