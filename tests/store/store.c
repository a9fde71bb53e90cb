#include "store.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "base/log.h"
#include "db/engine.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_day.h"

enum { ARENA_MAX = 64 << 20, ANSWER_MAX = 1 << 20 };

static const struct store_schema desk_schema = {desk_statements, &desk_statement_count, desk_migrations,
                                                &desk_migration_count, ticket_sums_write};

static void must(bool good, const char *what, const char *why) {
  if (!good) {
    print_error("%s: %s\n", what, why);
    fail();
  }
}

/* ---- the database of a test ---- */

static const char *cluster(void) {
  const char *url = getenv("SIGAP_TEST_POSTGRES");
  return url && *url ? url : NULL;
}

/* The cluster's address with another database in it. */
static void pgsql_url(const char *name, char url[512]) {
  const char *from = cluster();
  const char *host = strstr(from, "://");
  must(host, "SIGAP_TEST_POSTGRES", "is no postgresql:// address");
  const char *path = strchr(host + 3, '/');
  const char *query = strchr(from, '?');
  const char *end = path && (!query || path < query) ? path : query ? query : from + strlen(from);
  snprintf(url, 512, "%.*s/%s%s", (int)(end - from), from, name, query ? query : "");
}

static void run_at(const char *url, const char *sql) {
  char why[256] = "";
  struct db *db = NULL;
  struct db_config config = {.url = url};
  must(db_open_bare(&config, DB_WRITE, false, &db, why) == STATUS_OK, url, why);
  enum status status = db->engine->script(db, sql);
  char reason[256];
  snprintf(reason, sizeof(reason), "%s", db->reason);
  db_close(db);
  must(status == STATUS_OK, sql, reason);
}

/* Each program has one, made anew for each test and dropped at the program's end. */
static char program_database[64];

static void run_about_database(const char *format, const char *more) {
  char sql[256];
  snprintf(sql, sizeof(sql), format, program_database, more);
  run_at(cluster(), sql);
}

static void drop_program_database(void) {
  run_about_database("DROP DATABASE IF EXISTS %s WITH (FORCE)", NULL);
}

/* A copy of the desk's tables takes PostgreSQL a fraction of the time in which it makes them. */
static void make_database(struct store *store) {
  if (!store->pgsql) {
    snprintf(store->url, sizeof(store->url), "sqlite:%s/test.db", store->folder);
    return;
  }
  if (program_database[0]) {
    drop_program_database();
  } else {
    uint64_t some = 0;
    random_bytes(&some, sizeof(some));
    snprintf(program_database, sizeof(program_database), "sigap_%016" PRIx64, some);
    must(atexit(drop_program_database) == 0, "atexit", "no room");
  }
  const char *made = store->test->schema ? NULL : getenv("SIGAP_TEST_TEMPLATE");
  run_about_database("CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy", made && *made ? made : "template0");
  snprintf(store->name, sizeof(store->name), "%s", program_database);
  pgsql_url(store->name, store->url);
}

/* The folder is flat: files that tests and SQLite made. */
static void remove_folder(const char *folder) {
  DIR *dir = opendir(folder);
  if (!dir) {
    return;
  }
  for (struct dirent *entry; (entry = readdir(dir));) {
    if (entry->d_name[0] != '.') {
      unlinkat(dirfd(dir), entry->d_name, 0);
    }
  }
  closedir(dir);
  rmdir(folder);
}

/* Commands and looks alike are the system's until a test says otherwise. */
static void open_db(const struct store *store, enum db_mode mode, struct db **out) {
  char why[256] = "";
  must(db_open(&store->config, mode, out, why) == STATUS_OK, "db_open", why);
  struct db *db = *out;
  db_act_for(db, DB_SYSTEM, 0);
  if (store->pgsql) {
    must(db->engine->script(db, "SET sigap.tenant = '0'") == STATUS_OK, "db_open", db->reason);
  }
}

int store_setup(void **state) {
  const struct store_case *test = *state;
  struct store *store = calloc(1, sizeof(*store));
  must(store != NULL, "store", "out of memory");
  *state = store;
  store->test = test;
  store->pgsql = test->pgsql;
  if (store->pgsql && !cluster()) {
    store->skip = true;
    return 0;
  }
  log_setup(LOG_ERROR, LOG_TEXT);
  const char *temporary = getenv("TMPDIR");
  snprintf(store->folder, sizeof(store->folder), "%.40s/sigap-store-XXXXXX", temporary ? temporary : "/tmp");
  must(mkdtemp(store->folder) != NULL, store->folder, "can't be made");
  make_database(store);
  const struct store_schema *schema = test->schema ? test->schema : &desk_schema;
  store->config = (struct db_config){
      .url = store->url,
      .statements = schema->statements,
      .statement_count = *schema->statement_count,
      .migrations = schema->migrations,
      .migration_count = *schema->migration_count,
      .flush = schema->flush,
  };
  char why[256] = "";
  int applied = 0;
  must(db_migrate(&store->config, &applied, why) == STATUS_OK, "db_migrate", why);
  store->ctx.arena = arena_new(ARENA_MAX);
  store->ctx.now_us = STORE_NOW;
  open_db(store, DB_WRITE, &store->ctx.db);
  return 0;
}

int store_teardown(void **state) {
  struct store *store = *state;
  if (!store->skip) {
    db_close(store->ctx.db);
    arena_free(store->ctx.arena);
    remove_folder(store->folder);
  }
  free(store);
  return 0;
}

void store_run(void **state) {
  struct store *store = *state;
  if (store->skip) {
    skip();
  }
  store->test->function(store);
}

/* ---- what tests ask of it ---- */

struct ctx store_open(struct store *store, enum db_mode mode) {
  struct ctx ctx = {.arena = store->ctx.arena, .now_us = store->ctx.now_us};
  open_db(store, mode, &ctx.db);
  return ctx;
}

void store_close(struct ctx *ctx) {
  db_close(ctx->db);
  ctx->db = NULL;
}

void store_sql(struct store *store, const char *sql) {
  struct db *db = store->ctx.db;
  must(db->engine->script(db, sql) == STATUS_OK, sql, db->reason);
}

struct str store_text(struct store *store, const char *sql) {
  struct db *db = store->ctx.db;
  CLEANUP_BUF struct buf answer;
  buf_init(&answer, ANSWER_MAX);
  bool found = false;
  must(db->engine->first(db, sql, &answer, &found) == STATUS_OK, sql, db->reason);
  return found ? str_copy(store->ctx.arena, (struct str){answer.at ? answer.at : "", answer.len}) : STR_NONE;
}

int64_t store_number(struct store *store, const char *sql) {
  struct str text = store_text(store, sql);
  must(text.at != NULL, sql, "no row");
  if (str_is(text, "t") || str_is(text, "f")) {
    return str_is(text, "t"); /* PostgreSQL's booleans */
  }
  int64_t number = 0;
  must(str_int(text, &number) == STATUS_OK, sql, "not a number");
  return number;
}

const char *store_path(struct store *store, const char *name) {
  return str_format(store->ctx.arena, "%s/%s", store->folder, name).at;
}

void store_assert_str(struct str value, const char *text, const char *file, int line) {
  if (!text ? value.at != NULL : !str_is(value, text)) {
    print_error("\"%.*s\" is not \"%s\"\n", STR_ARG(value), text ? text : "(none)");
    _fail(file, line);
  }
}
