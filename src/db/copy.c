#include "db/copy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/problem.h"
#include "base/time.h"
#include "db/engine.h"

enum {
  COLUMNS_MAX = 60,
  COLUMN_NAME_SIZE = 64,
  SLOT = 16, /* of a column in a row */
  CATALOG_MAX = 1 << 20,
  SQL_MAX = 16 * 1024,
  ARENA_MAX = 64 << 20,
  FETCH_ROWS = 500,
  TELL_ROWS = 1000,
};

/* ---- what tables there are ---- */

struct table {
  char name[DB_TABLE_NAME_SIZE];
  unsigned count;
  char names[COLUMNS_MAX][COLUMN_NAME_SIZE]; /* by name */
  struct db_column columns[COLUMNS_MAX + 1]; /* the last: which of the numbers are NULL */
};
struct catalog {
  struct table tables[DB_TABLES_MAX];
  size_t count;
};

/* A line for each column: table, column, type, by name. */
static const char sqlite_catalog[] =
    "SELECT group_concat(line, char(10)) FROM (SELECT m.name || ' ' || c.name || ' ' || lower(c.type) AS line"
    " FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'"
    " AND m.name <> 'schema_version' ORDER BY m.name, c.name)";
static const char pgsql_catalog[] =
    "SELECT string_agg(c.table_name || ' ' || c.column_name || ' ' || replace(c.data_type, ' ', '_'),"
    " E'\\n' ORDER BY c.table_name COLLATE \"C\", c.column_name COLLATE \"C\")"
    " FROM information_schema.columns c JOIN information_schema.tables t"
    " ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'"
    " WHERE c.table_schema = current_schema() AND c.table_name <> 'schema_version'";

static const struct {
  const char *word;
  enum db_type type;
} types[] = {
    {"integer", DB_INT},           {"bigint", DB_INT}, {"boolean", DB_BOOL}, {"real", DB_REAL},
    {"double_precision", DB_REAL}, {"text", DB_TEXT},  {"blob", DB_BLOB},    {"bytea", DB_BLOB},
};

static enum status add_column(struct db *db, struct catalog *catalog, const char *line) {
  char name[DB_TABLE_NAME_SIZE], column[COLUMN_NAME_SIZE], word[32];
  if (sscanf(line, "%63s %63s %31s", name, column, word) != 3) {
    return db_fail(db, STATUS_STATE, "a table has a column that is none of ours: %.60s", line);
  }
  size_t type = 0;
  while (type < sizeof(types) / sizeof(types[0]) && strcmp(types[type].word, word) != 0) {
    type++;
  }
  struct table *table = catalog->count > 0 ? &catalog->tables[catalog->count - 1] : NULL;
  if (!table || strcmp(table->name, name) != 0) {
    table = catalog->count < DB_TABLES_MAX ? &catalog->tables[catalog->count++] : NULL;
    if (table) {
      *table = (struct table){0};
      memcpy(table->name, name, sizeof(name));
    }
  }
  if (!table || table->count == COLUMNS_MAX || type == sizeof(types) / sizeof(types[0])) {
    return db_fail(db, STATUS_STATE, "the table %s is none that can be copied", name);
  }
  memcpy(table->names[table->count], column, sizeof(column));
  table->columns[table->count] = (struct db_column){
      .offset = (uint16_t)(table->count * SLOT), .type = (uint8_t)types[type].type, .nullable = true};
  table->count++;
  return STATUS_OK;
}

static enum status read_catalog(struct db *db, struct catalog *catalog) {
  CLEANUP_BUF struct buf lines;
  buf_init(&lines, CATALOG_MAX);
  bool found = false;
  catalog->count = 0;
  TRY(db->engine->first(db, db->engine->pgsql ? pgsql_catalog : sqlite_catalog, &lines, &found));
  buf_add_char(&lines, '\0');
  if (lines.full) {
    return db_fail(db, STATUS_STATE, "there are too many tables");
  }
  char *rest = lines.at;
  for (char *line; found && (line = strsep(&rest, "\n")) != NULL && *line;) {
    TRY(add_column(db, catalog, line));
  }
  for (size_t i = 0; i < catalog->count; i++) {
    struct table *table = &catalog->tables[i];
    for (unsigned k = 0; k < table->count; k++) {
      table->columns[k].name = table->names[k];
    }
    table->columns[table->count] =
        (struct db_column){.name = "nulls", .offset = (uint16_t)(table->count * SLOT), .type = DB_INT};
  }
  return STATUS_OK;
}

/* Whether rows of the one fit into the other. What is a number here may be a truth there: both are told as
 * that. */
static enum status match_catalogs(struct db *db, struct catalog *a, struct catalog *b) {
  if (a->count != b->count) {
    return db_fail(db, STATUS_STATE, "the two databases have not the same tables");
  }
  for (size_t i = 0; i < a->count; i++) {
    struct table *left = &a->tables[i], *right = &b->tables[i];
    bool same = strcmp(left->name, right->name) == 0 && left->count == right->count;
    for (unsigned k = 0; same && k < left->count; k++) {
      struct db_column *x = &left->columns[k], *y = &right->columns[k];
      if (x->type == DB_BOOL || y->type == DB_BOOL) {
        x->type = x->type == DB_INT ? DB_BOOL : x->type;
        y->type = y->type == DB_INT ? DB_BOOL : y->type;
      }
      same = strcmp(x->name, y->name) == 0 && x->type == y->type;
    }
    if (!same) {
      return db_fail(db, STATUS_STATE, "the table %s is not the same in the two databases", left->name);
    }
  }
  return STATUS_OK;
}

/* ---- rows ---- */

static bool is_number(const struct db_column *column) {
  return column->type == DB_INT || column->type == DB_BOOL;
}

static bool is_txn(const struct db_column *column) {
  return strcmp(column->name, "txn") == 0;
}

static int64_t number_at(const struct db_column *column, const void *row) {
  const char *at = (const char *)row + column->offset;
  return column->type == DB_BOOL ? *(const bool *)at : *(const int64_t *)at;
}

static int64_t nulls_of(const struct table *table, const void *row) {
  return number_at(&table->columns[table->count], row);
}

enum tag { TAG_NULL, TAG_NUMBER, TAG_REAL, TAG_BYTES };

static void digest_column(struct digest *digest, const struct db_column *column, bool null, const void *row) {
  const char *at = (const char *)row + column->offset;
  if (is_number(column)) {
    int64_t number = is_txn(column) || null ? 0 : number_at(column, row);
    unsigned char tag = null ? TAG_NULL : TAG_NUMBER;
    digest_add(digest, &tag, 1);
    digest_add(digest, &number, sizeof(number));
  } else if (column->type == DB_REAL) {
    double real = *(const double *)at;
    unsigned char tag = isnan(real) ? TAG_NULL : TAG_REAL;
    digest_add(digest, &tag, 1);
    digest_add(digest, &real, tag == TAG_NULL ? 0 : sizeof(real));
  } else {
    const struct str *bytes = (const struct str *)at;
    unsigned char tag = bytes->at ? TAG_BYTES : TAG_NULL;
    digest_add(digest, &tag, 1);
    digest_add_str(digest, bytes->at ? *bytes : STR(""));
  }
}

static void sum_row(const struct table *table, const void *row, struct db_table_sums *sums) {
  struct digest digest;
  uint64_t parts[4];
  _Static_assert(sizeof(parts) == DIGEST_SIZE, "a digest is four numbers");
  digest_begin(&digest);
  int64_t nulls = nulls_of(table, row);
  for (unsigned k = 0; k < table->count; k++) {
    digest_column(&digest, &table->columns[k], (nulls >> k & 1) != 0, row);
  }
  digest_end(&digest, (uint8_t *)parts);
  for (int i = 0; i < 4; i++) {
    sums->digest[i] += parts[i];
  }
  sums->rows++;
}

const char *db_sums_differ(const struct db_sums *a, const struct db_sums *b) {
  for (size_t i = 0; i < a->count && i < b->count; i++) {
    const struct db_table_sums *x = &a->tables[i], *y = &b->tables[i];
    if (strcmp(x->name, y->name) != 0 || x->rows != y->rows ||
        memcmp(x->digest, y->digest, sizeof(x->digest)) != 0) {
      return x->name;
    }
  }
  return a->count == b->count ? NULL : "schema";
}

/* ---- reading a table ---- */

typedef enum status (*row_function)(struct db *db, void *arg, const struct table *table, const void *row);

struct reading {
  const struct table *table;
  row_function row;
  void *arg;
  const struct db_progress *progress;
  struct db_table_sums *sums;
  int64_t rows;
};

static enum status take_row(struct db_rows *rows) {
  struct reading *reading = rows->state;
  sum_row(reading->table, rows->row, reading->sums);
  reading->rows++;
  if (reading->progress && reading->sums->rows % TELL_ROWS == 0) {
    reading->progress->tell(reading->progress->arg, reading->table->name, reading->sums->rows, 0);
  }
  return reading->row ? reading->row(rows->ctx->db, reading->arg, reading->table, rows->row) : STATUS_OK;
}

static void name_columns(struct buf *sql, const struct table *table) {
  for (unsigned k = 0; k < table->count; k++) {
    buf_format(sql, "%s\"%s\"", k ? ", " : "", table->names[k]);
  }
}

static void select_text(struct buf *sql, const struct table *table) {
  buf_add_text(sql, "SELECT ");
  name_columns(sql, table);
  buf_add_text(sql, ", CAST(0");
  for (unsigned k = 0; k < table->count; k++) {
    if (is_number(&table->columns[k])) {
      buf_format(sql, " + CASE WHEN \"%s\" IS NULL THEN %lld ELSE 0 END", table->names[k], 1LL << k);
    }
  }
  buf_format(sql, " AS BIGINT) AS nulls FROM \"%s\"", table->name);
}

/* One statement, made for the moment. Its rows go to `rows`. */
static enum status run_once(struct db *db, const struct db_statement *statement, struct db_rows *rows,
                            bool again) {
  struct db_query query = {.statement = statement,
                           .text = statement->text,
                           .number = db->next_number++,
                           .slot_count = statement->in_count};
  struct reading *reading = rows->state;
  struct db_query *queries = &query;
  enum status status = db->engine->prepare(db, &queries, 1);
  int64_t before = 0;
  do {
    before = reading->rows;
    status = status == STATUS_OK ? db->engine->run(db, &query, NULL, rows) : status;
    status = rows->refused != STATUS_OK ? rows->refused : status;
  } while (again && status == STATUS_OK && reading->rows > before);
  db->engine->forget(db, &query);
  return status;
}

/* Row by row; PostgreSQL hands them out by lots of a cursor. */
static enum status read_table(struct ctx *ctx, struct reading *reading) {
  struct db *db = ctx->db;
  const struct table *table = reading->table;
  _Alignas(max_align_t) char row[(COLUMNS_MAX + 1) * SLOT];
  struct db_statement statement = {.name = table->name,
                                   .out = table->columns,
                                   .out_count = (uint16_t)(table->count + 1),
                                   .out_size = (uint16_t)((table->count + 1) * SLOT)};
  CLEANUP_BUF struct buf sql;
  buf_init(&sql, SQL_MAX);
  buf_add_text(&sql, db->engine->pgsql ? "DECLARE copied NO SCROLL CURSOR FOR " : "");
  select_text(&sql, table);
  buf_add_char(&sql, '\0');
  struct db_rows rows = {.ctx = ctx, .row = row, .take = take_row, .state = reading};
  if (!db->engine->pgsql) {
    statement.text = sql.at;
    return run_once(db, &statement, &rows, false);
  }
  char fetch[64];
  snprintf(fetch, sizeof(fetch), "FETCH FORWARD %d FROM copied", FETCH_ROWS);
  statement.text = fetch;
  TRY(db->engine->script(db, sql.at));
  TRY(run_once(db, &statement, &rows, true));
  return db->engine->script(db, "CLOSE copied");
}

struct summing {
  const struct catalog *catalog;
  const struct db_progress *progress;
  row_function row;
  void *arg;
  enum status (*begin)(void *arg, const struct table *table); /* before a table's rows; NULL: nothing */
  enum status (*end)(void *arg);
  struct db_sums *sums;
};

static enum status read_tables(struct ctx *ctx, const struct summing *summing) {
  *summing->sums = (struct db_sums){.count = summing->catalog->count};
  for (size_t i = 0; i < summing->catalog->count; i++) {
    const struct table *table = &summing->catalog->tables[i];
    struct db_table_sums *sums = &summing->sums->tables[i];
    memcpy(sums->name, table->name, sizeof(sums->name));
    struct reading reading = {table, summing->row, summing->arg, summing->progress, sums, 0};
    TRY(summing->begin ? summing->begin(summing->arg, table) : STATUS_OK);
    TRY(read_table(ctx, &reading));
    TRY(summing->end ? summing->end(summing->arg) : STATUS_OK);
    if (summing->progress) {
      summing->progress->tell(summing->progress->arg, table->name, sums->rows, sums->rows);
    }
  }
  return STATUS_OK;
}

/* Large tables take longer than a statement may otherwise; and every tenant's rows are meant. */
static enum status begin_large(struct db *db) {
  db_act_for(db, DB_SYSTEM, 0);
  return db->engine->pgsql
             ? db->engine->script(db,
                                  "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; "
                                  "SET LOCAL idle_in_transaction_session_timeout = 0; "
                                  "SET LOCAL sigap.tenant = '0'")
             : STATUS_OK;
}

/* ---- writing a table ---- */

struct writing {
  struct ctx *ctx;
  const struct table *table; /* of the target, in the order of its columns */
  struct db_statement statement;
  struct db_column in[COLUMNS_MAX + 1];
  struct db_query query;
  struct buf sql;
};

static void insert_text(struct buf *sql, const struct table *table) {
  buf_format(sql, "INSERT INTO \"%s\" (", table->name);
  name_columns(sql, table);
  buf_add_text(sql, ") VALUES (");
  for (unsigned k = 0; k < table->count; k++) {
    buf_add_text(sql, k ? ", " : "");
    if (is_number(&table->columns[k])) {
      buf_format(sql, "CASE WHEN ($%u & %lld) <> 0 THEN NULL ELSE $%u END", table->count + 1, 1LL << k,
                 k + 1);
    } else {
      buf_format(sql, "$%u", k + 1);
    }
  }
  buf_add_char(sql, ')');
}

static enum status begin_table(void *arg, const struct table *table) {
  struct writing *writing = arg;
  struct db *db = writing->ctx->db;
  bool numbers = false;
  writing->table = table;
  memcpy(writing->in, table->columns, sizeof(writing->in));
  for (unsigned k = 0; k < table->count; k++) {
    if (is_number(&writing->in[k])) {
      writing->in[k].nullable = false; /* 0 is a number here: `nulls` says what is NULL */
      numbers = true;
    }
  }
  buf_clear(&writing->sql);
  insert_text(&writing->sql, table);
  buf_add_char(&writing->sql, '\0');
  writing->statement = (struct db_statement){.name = table->name,
                                             .text = writing->sql.at,
                                             .in = writing->in,
                                             .in_count = (uint16_t)(table->count + (numbers ? 1 : 0)),
                                             .writes = true};
  writing->query = (struct db_query){.statement = &writing->statement,
                                     .text = writing->sql.at,
                                     .number = db->next_number++,
                                     .slot_count = writing->statement.in_count};
  struct db_query *query = &writing->query;
  return db->engine->prepare(db, &query, 1);
}

static enum status end_table(void *arg) {
  struct writing *writing = arg;
  struct db *db = writing->ctx->db;
  db->engine->forget(db, &writing->query);
  return STATUS_OK;
}

static enum status write_row(struct db *from, void *arg, const struct table *table, const void *row) {
  struct writing *writing = arg;
  struct db *db = writing->ctx->db;
  _Alignas(max_align_t) char copy[(COLUMNS_MAX + 1) * SLOT];
  memcpy(copy, row, (table->count + 1) * SLOT);
  for (unsigned k = 0; k < table->count; k++) {
    if (is_txn(&table->columns[k])) {
      *(int64_t *)(copy + table->columns[k].offset) = 0;
    }
  }
  struct db_rows rows = {.ctx = writing->ctx};
  enum status status = db->engine->run(db, &writing->query, copy, &rows);
  if (status != STATUS_OK) {
    db_fail(from, status, "a row of %s could not be written: %.180s", table->name, db->reason);
  }
  return status == STATUS_DUPLICATE ? STATUS_BROKEN : status;
}

/* ---- a whole copy ---- */

struct copying {
  struct db *from, *to;
  struct catalog *catalogs; /* of both */
  const struct db_renewal *renewal;
  void *found; /* the renewal's */
  const struct db_progress *progress;
  struct arena *arena;
  struct db_sums *sums;
  char *why;
};

/* Foreign keys are looked at when all rows are there: tables may point to each other. */
static const char keys_off[] =
    "CREATE TEMP TABLE copied_key ON COMMIT DROP AS SELECT CAST(CAST(conrelid AS regclass) AS text) AS t,"
    " conname AS n, pg_get_constraintdef(oid) AS d FROM pg_constraint"
    " WHERE contype = 'f' AND connamespace = CAST(current_schema() AS regnamespace);"
    " DO $$ DECLARE k record; BEGIN FOR k IN SELECT * FROM copied_key LOOP"
    " EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.t, k.n); END LOOP; END $$";
static const char keys_on[] =
    "DO $$ DECLARE k record; BEGIN FOR k IN SELECT * FROM copied_key LOOP"
    " EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.t, k.n, k.d); END LOOP; END $$";

static enum status clear_tables(struct db *db, const struct catalog *catalog) {
  char sql[128];
  for (size_t i = 0; i < catalog->count; i++) {
    snprintf(sql, sizeof(sql), "DELETE FROM \"%s\"", catalog->tables[i].name);
    TRY(db->engine->script(db, sql));
  }
  return STATUS_OK;
}

static enum status verify(struct ctx *ctx, const struct copying *copying) {
  struct db_sums *again = calloc(1, sizeof(*again));
  if (!again) {
    die("out of memory");
  }
  const struct summing summing = {.catalog = &copying->catalogs[1], .sums = again};
  enum status status = read_tables(ctx, &summing);
  const char *differs = status == STATUS_OK ? db_sums_differ(copying->sums, again) : NULL;
  if (differs) {
    status = db_fail(ctx->db, STATUS_BROKEN, "the table %s did not arrive as it was read", differs);
  }
  free(again);
  return status;
}

static enum status copy_rows(struct ctx *from, struct ctx *to, const struct copying *copying) {
  struct writing writing = {.ctx = to};
  buf_init(&writing.sql, SQL_MAX);
  const struct summing summing = {.catalog = &copying->catalogs[0],
                                  .progress = copying->progress,
                                  .row = write_row,
                                  .arg = &writing,
                                  .begin = begin_table,
                                  .end = end_table,
                                  .sums = copying->sums};
  enum status status = read_tables(from, &summing);
  to->db->engine->forget(to->db, &writing.query); /* of a table that was not finished */
  buf_release(&writing.sql);
  return status;
}

struct both {
  struct copying *copying;
  struct ctx *to;
};

static enum status read_side(struct ctx *from, void *arg) {
  const struct both *both = arg;
  struct copying *copying = both->copying;
  struct db *to = both->to->db;
  enum status status = begin_large(from->db);
  status = status == STATUS_OK ? read_catalog(from->db, &copying->catalogs[0]) : status;
  if (status == STATUS_OK) {
    status = match_catalogs(from->db, &copying->catalogs[0], &copying->catalogs[1]);
  }
  if (status == STATUS_OK && copying->renewal) {
    status = copying->renewal->look(from, &copying->found);
  }
  if (status == STATUS_OK) {
    TRY(to->engine->script(to, to->engine->pgsql ? keys_off : "PRAGMA defer_foreign_keys = ON"));
    TRY(clear_tables(to, &copying->catalogs[1]));
    status = copy_rows(from, both->to, copying);
  }
  if (status != STATUS_OK) {
    snprintf(to->reason, sizeof(to->reason), "%s", from->db->reason);
  }
  return status;
}

static enum status write_side(struct ctx *to, void *arg) {
  struct copying *copying = arg;
  struct db *db = to->db;
  struct ctx from = {.arena = to->arena, .db = copying->from, .now_us = to->now_us};
  enum status status = begin_large(db);
  status = status == STATUS_OK ? read_catalog(db, &copying->catalogs[1]) : status;
  status = status == STATUS_OK ? db_read(&from, read_side, &(struct both){copying, to}) : status;
  if (status == STATUS_OK && db->engine->pgsql) {
    status = db->engine->script(db, keys_on);
    status = status == STATUS_OK ? db_move_sequences(db) : status;
  }
  status = status == STATUS_OK ? verify(to, copying) : status;
  if (status == STATUS_OK && copying->renewal) {
    status = copying->renewal->renew(to, copying->found);
  }
  if (status != STATUS_OK) {
    snprintf(copying->why, 256, "The copy failed: %.230s.", db->reason);
  }
  return status;
}

/* So that the first questions find their way: PostgreSQL has not counted the rows yet. */
static void analyze(struct db *db, const struct catalog *catalog) {
  char sql[128];
  for (size_t i = 0; i < catalog->count; i++) {
    snprintf(sql, sizeof(sql), "ANALYZE \"%s\"", catalog->tables[i].name);
    if (db->engine->script(db, sql) != STATUS_OK) {
      LOG(LOG_WARN, "the statistics of a copied table could not be made", LOG_S("reason", db->reason));
    }
  }
}

static enum status copy_between(struct copying *copying) {
  struct ctx to = {.arena = copying->arena, .db = copying->to, .now_us = time_now_us()};
  copying->why[0] = '\0';
  enum status status = db_write(&to, write_side, copying);
  if (status != STATUS_OK && copying->why[0] == '\0') {
    snprintf(copying->why, 256, "The copy could not be committed: %.210s.", copying->to->reason);
  }
  TRY(status);
  if (db_is_pgsql(copying->to)) {
    analyze(copying->to, &copying->catalogs[1]);
  }
  return STATUS_OK;
}

enum status db_copy(const struct db_config *from, const struct db_config *to,
                    const struct db_renewal *renewal, const struct db_progress *progress, struct db_sums *out,
                    char why[256]) {
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
  struct copying copying = {
      .renewal = renewal, .progress = progress, .arena = arena, .sums = out, .why = why};
  copying.catalogs = calloc(2, sizeof(*copying.catalogs));
  if (!copying.catalogs) {
    die("out of memory");
  }
  enum status status = db_open(from, DB_READ, &copying.from, why);
  status = status == STATUS_OK ? db_open(to, DB_WRITE, &copying.to, why) : status;
  status = status == STATUS_OK ? copy_between(&copying) : status;
  db_close(copying.to);
  db_close(copying.from);
  free(copying.catalogs);
  return status;
}

/* ---- sums alone ---- */

static enum status sum_side(struct ctx *ctx, void *arg) {
  struct copying *copying = arg;
  enum status status = begin_large(ctx->db);
  status = status == STATUS_OK ? read_catalog(ctx->db, &copying->catalogs[0]) : status;
  const struct summing summing = {
      .catalog = &copying->catalogs[0], .progress = copying->progress, .sums = copying->sums};
  status = status == STATUS_OK ? read_tables(ctx, &summing) : status;
  if (status != STATUS_OK) {
    snprintf(copying->why, 256, "The database can't be read: %.220s.", ctx->db->reason);
  }
  return status;
}

enum status db_sum_up(const struct db_config *config, const struct db_progress *progress, struct db_sums *out,
                      char why[256]) {
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
  struct copying copying = {.progress = progress, .sums = out, .why = why};
  struct db *db = NULL;
  TRY(db_open_bare(config, DB_READ, false, &db, why));
  copying.catalogs = calloc(1, sizeof(*copying.catalogs));
  if (!copying.catalogs) {
    die("out of memory");
  }
  snprintf(why, 256, "The database can't be read.");
  struct ctx ctx = {.arena = arena, .db = db, .now_us = time_now_us()};
  enum status status = db_read(&ctx, sum_side, &copying);
  free(copying.catalogs);
  db_close(db);
  return status;
}

enum status db_check_source(const struct db_config *config, char why[256]) {
  struct db *db = NULL;
  TRY(db_open(config, DB_READ, &db, why));
  db_close(db);
  return STATUS_OK;
}

enum status db_is_empty(const struct db_config *config, bool *yes, char why[256]) {
  struct db *db = NULL;
  enum status status = db_open_bare(config, DB_READ, false, &db, why);
  if (status == STATUS_STATE && !str_starts(str_of(config->url), "postgres")) {
    *yes = true; /* there is no file */
    return STATUS_OK;
  }
  TRY(status);
  CLEANUP_BUF struct buf answer;
  buf_init(&answer, 64);
  bool found = false;
  status = db->engine->first(db,
                             db->engine->pgsql ? "SELECT 1 FROM information_schema.tables"
                                                 " WHERE table_schema = current_schema() LIMIT 1"
                                               : "SELECT 1 FROM sqlite_master LIMIT 1",
                             &answer, &found);
  if (status == STATUS_OK) {
    *yes = !found;
  } else {
    snprintf(why, 256, "%s", db->reason);
  }
  db_close(db);
  return status;
}

enum status db_snapshot(const struct db_config *config, const char *path, const struct db_progress *progress,
                        char why[256]) {
  struct db *db = NULL;
  TRY(db_open_bare(config, DB_READ, false, &db, why));
  enum status status = db->engine->snapshot
                           ? db->engine->snapshot(db, path, progress)
                           : db_fail(db, STATUS_STATE, "only an embedded database is copied page by page");
  if (status != STATUS_OK) {
    snprintf(why, 256, "The database can't be copied: %.220s.", db->reason);
  }
  db_close(db);
  return status;
}
