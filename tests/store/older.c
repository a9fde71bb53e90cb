#include "older.h"

#include <stdio.h>
#include <string.h>

#include "db/copy.h"
#include "db/engine.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_day.h"
#include "older_rows.h"
#include "people.h"

enum { TABLES_MAX = 100, TEXT_MAX = 1 << 20 };

int older_newest(void) {
  return (int)desk_migration_count;
}

/* The statements are this program's and do not fit older tables: such a database is opened without any. */
struct CMUnitTest older_test(const char *name, store_function function, int steps, bool pgsql) {
  static const size_t none = 0;
  static struct line {
    char name[100];
    size_t steps;
    struct store_schema schema;
    struct store_case test;
  } lines[OLDER_TESTS_MAX];
  static size_t count;
  assert_true(count < OLDER_TESTS_MAX);
  struct line *line = &lines[count++];
  snprintf(line->name, sizeof line->name, "%s, from step %d[%s]", name, steps, pgsql ? "pgsql" : "sqlite");
  line->steps = (size_t)steps;
  line->schema =
      (struct store_schema){desk_statements, &none, desk_migrations, &line->steps, ticket_sums_write};
  line->test = (struct store_case){function, pgsql, &line->schema};
  return (struct CMUnitTest){line->name, store_run, store_setup, store_teardown, &line->test};
}

/* ---- what tables there are ---- */

static const char sqlite_columns[] =
    "SELECT group_concat(line, char(10)) FROM (SELECT m.name || ' ' || c.name AS line"
    " FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name <> 'schema_version'"
    " ORDER BY m.name, c.cid)";
static const char pgsql_columns[] =
    "SELECT string_agg(c.relname || ' ' || a.attname, E'\\n' ORDER BY c.relname, a.attnum)"
    " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'schema_version'";

/* Calls with each column in turn, table by table. */
static void each_column(struct store *store,
                        void (*take)(struct store *store, void *arg, const char *table, const char *column),
                        void *arg) {
  char *rest = str_c(store->ctx.arena, store_text(store, store->pgsql ? pgsql_columns : sqlite_columns));
  for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
    char *column = strchr(line, ' ');
    assert_non_null(column);
    *column = '\0';
    take(store, arg, line, column + 1);
  }
}

/* ---- filling ---- */

static const char *with_blobs(struct store *store, const char *sql) {
  CLEANUP_BUF struct buf text;
  buf_init(&text, TEXT_MAX);
  while (*sql) {
    if (*sql != '#') {
      buf_add_char(&text, *sql++);
      continue;
    }
    buf_add_text(&text, store->pgsql ? "'\\x" : "X'");
    for (; *sql == '#'; sql += 3) {
      for (int i = 0; i < 16; i++) {
        buf_add(&text, sql + 1, 2);
      }
    }
    buf_add_text(&text, store->pgsql ? "'::bytea" : "'");
  }
  return str_c(store->ctx.arena, buf_str(&text));
}

static void has_value(struct store *store, void *arg, const char *table, const char *column) {
  (void)arg;
  if (NUMBER(store, "SELECT COUNT(*) FROM \"%s\" WHERE \"%s\" IS NOT NULL", table, column) == 0) {
    fail_msg("no row of %s has a value in %s: add one to older_rows.h", table, column);
  }
}

void older_fill(struct store *store) {
  int steps = (int)store->config.migration_count;
  store_sql(store, "BEGIN");
  for (size_t i = 0; i < sizeof older_scripts / sizeof *older_scripts; i++) {
    const struct older_script *script = &older_scripts[i];
    if (script->first <= steps && (script->last == 0 || script->last >= steps)) {
      store_sql(store, with_blobs(store, script->sql));
    }
  }
  if (store->pgsql) {
    assert_ok(db_move_sequences(store->ctx.db));
  }
  store_sql(store, "COMMIT");
}

void older_assert_filled(struct store *store) {
  each_column(store, has_value, NULL);
}

/* ---- going on ---- */

void older_close(struct store *store) {
  db_close(store->ctx.db);
  store->ctx.db = NULL;
}

int older_upgrade(struct store *store) {
  char why[256] = "";
  int applied = 0;
  older_close(store);
  store->config.statement_count = desk_statement_count;
  store->config.migration_count = desk_migration_count;
  if (db_migrate(&store->config, &applied, why) != STATUS_OK) {
    fail_msg("%s", why);
  }
  store->ctx.db = store_open(store, DB_WRITE).db;
  return applied;
}

/* ---- rows ---- */

struct table {
  char name[DB_TABLE_NAME_SIZE];
  struct buf line; /* the expression that makes a line of a row's values */
  const char *select;
  struct str rows;
};
struct older_rows {
  int step;
  size_t count;
  struct table tables[TABLES_MAX];
};

/* What steps mean to change: the first of them that does, and the column (NULL: the whole table). */
static const struct {
  const char *table, *column;
  int step;
} changed[] = {
    {"ticket", "work_type", 2},        {"ticket_block", NULL, 6}, /* made anew in another form */
    {"ticket_sums_missing", NULL, 6},  {"customer", "nik", 10},   /* of deleted accounts, as the next */
    {"technician", "employee_id", 10},
};

static bool is_changed(const struct older_rows *rows, const char *table, const char *column) {
  for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
    if (rows->step < changed[i].step && strcmp(table, changed[i].table) == 0 &&
        (!changed[i].column || strcmp(column, changed[i].column) == 0)) {
      return true;
    }
  }
  return false;
}

static void add_column(struct store *store, void *arg, const char *name, const char *column) {
  struct older_rows *rows = arg;
  if (is_changed(rows, name, column)) {
    return;
  }
  struct table *table = rows->count ? &rows->tables[rows->count - 1] : NULL;
  if (!table || strcmp(table->name, name) != 0) {
    assert_true(rows->count < TABLES_MAX);
    table = &rows->tables[rows->count++];
    snprintf(table->name, sizeof table->name, "%s", name);
    buf_init(&table->line, TEXT_MAX);
  }
  buf_format(&table->line, store->pgsql ? "%squote_nullable(\"%s\")" : "%squote(\"%s\")",
             table->line.len ? " || '|' || " : "", column);
}

struct older_rows *older_rows_take(struct store *store) {
  struct older_rows *rows = ARENA_NEW(store->ctx.arena, struct older_rows);
  rows->step = (int)store->config.migration_count;
  each_column(store, add_column, rows);
  for (size_t i = 0; i < rows->count; i++) {
    struct table *table = &rows->tables[i];
    table->select =
        SQL(store,
            store->pgsql
                ? "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (SELECT %.*s AS line FROM \"%s\") r"
                : "SELECT group_concat(line, char(10)) FROM (SELECT %.*s AS line FROM \"%s\" ORDER BY 1)",
            STR_ARG(buf_str(&table->line)), table->name);
    buf_release(&table->line);
    table->rows = store_text(store, table->select);
    assert_true(table->rows.len > 0);
  }
  return rows;
}

void older_rows_compare(struct store *store, const struct older_rows *rows) {
  for (size_t i = 0; i < rows->count; i++) {
    const struct table *table = &rows->tables[i];
    const struct str now = store_text(store, table->select);
    if (!str_equal(now, table->rows)) {
      fail_msg("%s was\n%.*s\nand is\n%.*s", table->name, STR_ARG(table->rows), STR_ARG(now));
    }
  }
}

/* ---- the schema ---- */

static const char sqlite_schema[] =
    "SELECT group_concat(line, char(10)) FROM"
    " (SELECT type || ' ' || name || ' ' || COALESCE(sql, '') AS line FROM sqlite_master ORDER BY 1)";
static const char pgsql_schema[] =
    "SELECT string_agg(line, E'\\n' ORDER BY line) FROM ("
    " SELECT concat_ws(' ', 'column', table_name, ordinal_position, column_name, data_type, collation_name,"
    "  is_nullable, column_default, is_identity) FROM information_schema.columns WHERE table_schema = "
    "'public'"
    " UNION ALL SELECT concat_ws(' ', 'index', indexdef) FROM pg_indexes WHERE schemaname = 'public'"
    " UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))"
    "  FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    " UNION ALL SELECT concat_ws(' ', 'policy', tablename, policyname, permissive, roles, cmd, qual, "
    "with_check)"
    "  FROM pg_policies WHERE schemaname = 'public'"
    " UNION ALL SELECT concat_ws(' ', 'wall', relname, relrowsecurity, relforcerowsecurity) FROM pg_class"
    "  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    " UNION ALL SELECT concat_ws(' ', 'function', pg_get_functiondef(oid)) FROM pg_proc"
    "  WHERE pronamespace = 'public'::regnamespace) all_of_it (line)";
static const char recorded[] = "SELECT COUNT(*) FROM %s WHERE %s = 'schema_version'";
static const char sqlite_steps[] =
    "SELECT group_concat(line, char(10)) FROM (SELECT number || ' ' || name AS line FROM schema_version "
    "ORDER BY 1)";
static const char pgsql_steps[] =
    "SELECT string_agg(number || ' ' || name, E'\\n' ORDER BY number) FROM schema_version";

struct str older_schema(struct store *store) {
  struct str schema = store_text(store, store->pgsql ? pgsql_schema : sqlite_schema);
  struct str steps = STR_NONE;
  if (NUMBER(store, recorded, store->pgsql ? "pg_tables" : "sqlite_master",
             store->pgsql ? "tablename" : "name") > 0) {
    steps = store_text(store, store->pgsql ? pgsql_steps : sqlite_steps);
  }
  return str_format(store->ctx.arena, "%.*s\n%.*s", STR_ARG(schema), STR_ARG(steps));
}
