#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/problem.h"
#include "db/engine.h"
#include "things.h"

static void steps_are_done_once_and_recorded(struct store *store) {
  int applied = -1;
  char why[256] = "";
  assert_ok(db_migrate(&store->config, &applied, why));
  assert_int_equal(applied, 0);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM schema_version"), 2);
  assert_str(store_text(store, "SELECT name FROM schema_version WHERE number = 2"), "0002_colour");
  assert_true(store_number(store, "SELECT applied_at FROM schema_version WHERE number = 1") >
              INT64_C(1700000000000000));
}

static void a_variant_goes_to_its_engine(struct store *store) {
  assert_str(store_text(store, "SELECT colour FROM thing"), store->pgsql ? "pgsql" : "sqlite");
}

static void ids_go_on_behind_the_ones_that_were_given(struct store *store) {
  struct thing_insert_in in = thing_named(&store->ctx, "next", 0, 0);
  assert_ok(db_write(&store->ctx, put_thing, &in));
  assert_int_equal(store_number(store, "SELECT id FROM thing WHERE key = 'next'"), 6);
}

static void an_id_is_not_given_again_after_a_later_step(struct store *store) {
  struct thing_insert_in in = thing_named(&store->ctx, "next", 0, 0);
  assert_ok(db_write(&store->ctx, put_thing, &in));
  store_sql(store, "DELETE FROM thing WHERE key = 'next'");
  struct db_migration steps[3] = {
      things_migrations[0], things_migrations[1], {3, "0003_nothing", "SELECT 1;", NULL}};
  struct db_config config = store->config;
  config.migrations = steps;
  config.migration_count = 3;
  int applied = 0;
  char why[256] = "";
  assert_ok(db_migrate(&config, &applied, why));
  assert_int_equal(applied, 1);
  in = thing_named(&store->ctx, "after", 0, 0);
  assert_ok(db_write(&store->ctx, put_thing, &in));
  assert_int_equal(store_number(store, "SELECT id FROM thing WHERE key = 'after'"), 7);
}

static void a_newer_or_foreign_schema_is_refused(struct store *store) {
  struct db *db = NULL;
  int applied = 0;
  char why[256] = "";
  store_sql(store, "INSERT INTO schema_version (number, name, applied_at) VALUES (3, '0003_future', 1)");
  assert_status(STATUS_STATE, db_open(&store->config, DB_READ, &db, why));
  assert_non_null(strstr(why, "newer version"));
  assert_status(STATUS_STATE, db_migrate(&store->config, &applied, why));
  assert_non_null(strstr(why, "newer version"));
  store_sql(store, "DELETE FROM schema_version WHERE number = 3");
  store_sql(store, "UPDATE schema_version SET name = '0002_other' WHERE number = 2");
  assert_status(STATUS_STATE, db_open(&store->config, DB_READ, &db, why));
  assert_non_null(strstr(why, "another program"));
  assert_null(db);
}

static void an_older_schema_asks_for_the_migration(struct store *store) {
  struct db *db = NULL;
  char why[256] = "";
  store_sql(store, "DELETE FROM schema_version WHERE number = 2");
  assert_status(STATUS_STATE, db_open(&store->config, DB_WRITE, &db, why));
  assert_non_null(strstr(why, "sigap migrate"));
  store_sql(store, "DROP TABLE schema_version");
  assert_status(STATUS_STATE, db_open(&store->config, DB_WRITE, &db, why));
  assert_non_null(strstr(why, "sigap migrate"));
}

static void a_step_that_fails_leaves_nothing_and_can_be_done_again(struct store *store) {
  struct db_migration steps[4] = {
      things_migrations[0],
      things_migrations[1],
      {3, "0003_half",
       "CREATE TABLE half (n {int}) {strict}; INSERT INTO half VALUES (1); INSERT INTO nowhere VALUES (1);",
       NULL},
      {4, "0004_last", "CREATE TABLE last (n {int}) {strict};", NULL}};
  struct db_config config = store->config;
  config.migrations = steps;
  config.migration_count = 4;
  int applied = 77;
  char why[256] = "";
  assert_status(STATUS_BROKEN, db_migrate(&config, &applied, why));
  assert_non_null(strstr(why, "nowhere"));
  assert_int_equal(applied, 77);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM schema_version"), 2);
  steps[2].text = "CREATE TABLE half (n {int}) {strict};";
  assert_ok(db_migrate(&config, &applied, why));
  assert_int_equal(applied, 2);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM half"), 0);
}

static void an_unknown_word_is_refused(struct store *store) {
  struct db_migration steps[3] = {
      things_migrations[0], things_migrations[1], {3, "0003_word", "CREATE TABLE w (n {number});", NULL}};
  struct db_config config = store->config;
  config.migrations = steps;
  config.migration_count = 3;
  int applied = 0;
  char why[256] = "";
  assert_status(STATUS_BROKEN, db_migrate(&config, &applied, why));
  assert_non_null(strstr(why, "{number}"));
}

/* ---- several nodes at once ---- */

struct node {
  const struct db_config *config;
  enum status status;
  int applied;
  char why[256];
};

static void *run_node(void *arg) {
  struct node *node = arg;
  node->status = db_migrate(node->config, &node->applied, node->why);
  return NULL;
}

static void nodes_that_start_together_share_the_work(struct store *store) {
  enum { NODES = 4, STEPS = 12 };
  struct db_migration steps[STEPS] = {things_migrations[0], things_migrations[1]};
  char texts[STEPS][64], names[STEPS][32];
  for (int i = 2; i < STEPS; i++) {
    snprintf(texts[i], sizeof(texts[i]), "CREATE TABLE step_%d (n {int}) {strict};", i);
    snprintf(names[i], sizeof(names[i]), "%04d_step", i + 1);
    steps[i] = (struct db_migration){i + 1, names[i], texts[i], NULL};
  }
  struct db_config config = store->config;
  config.migrations = steps;
  config.migration_count = STEPS;
  struct node nodes[NODES];
  pthread_t threads[NODES];
  for (int i = 0; i < NODES; i++) {
    nodes[i] = (struct node){.config = &config};
    assert_int_equal(pthread_create(&threads[i], NULL, run_node, &nodes[i]), 0);
  }
  int applied = 0;
  for (int i = 0; i < NODES; i++) {
    pthread_join(threads[i], NULL);
    assert_string_equal(nodes[i].why, "");
    assert_ok(nodes[i].status);
    applied += nodes[i].applied;
  }
  assert_int_equal(applied, STEPS - 2);
}

/* ---- the file ---- */

static int mode_of(const char *path) {
  struct stat stat_buf;
  return stat(path, &stat_buf) == 0 ? (int)(stat_buf.st_mode & 0777) : -1;
}

static void only_its_owner_may_read_the_database(struct store *store) {
  struct db_config config = store->config;
  const char *folder = store_path(store, "new");
  const char *file = store_path(store, "new/sigap.db");
  config.url = str_format(store->ctx.arena, "sqlite:%s", file).at;
  int applied = 0;
  char why[256] = "";
  struct db *db = NULL;
  assert_status(STATUS_STATE, db_open(&config, DB_WRITE, &db, why));
  assert_non_null(strstr(why, "there is no database"));
  assert_ok(db_migrate(&config, &applied, why));
  assert_int_equal(applied, 2);
  assert_int_equal(mode_of(folder), 0700);
  assert_int_equal(mode_of(file), 0600);
  assert_ok(db_open(&config, DB_WRITE, &db, why));
  assert_int_equal(mode_of(store_path(store, "new/sigap.db-wal")), 0600);
  db_close(db);
  assert_int_equal(remove(file), 0);
  assert_int_equal(remove(folder), 0);
}

static void a_file_that_is_no_database_is_refused_and_kept(struct store *store) {
  struct db_config config = store->config;
  const char *path = store_path(store, "letter.txt");
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  for (int i = 0; i < 200; i++) {
    fputs("Dear Sigap, this is a letter.\n", file);
  }
  fclose(file);
  config.url = str_format(store->ctx.arena, "sqlite:%s", path).at;
  int applied = 0;
  char why[256] = "";
  assert_status(STATUS_BROKEN, db_migrate(&config, &applied, why));
  assert_non_null(strstr(why, "not a database"));
  struct stat stat_buf;
  assert_int_equal(stat(path, &stat_buf), 0);
  assert_int_equal(stat_buf.st_size, 6000);
}

/* ---- statements against the schema ---- */

struct wrong_row {
  int64_t id;
  int64_t kind;
};

static void a_statement_that_does_not_fit_is_found_at_start(struct store *store) {
  static const struct db_column columns[] = {{"id", 0, DB_INT, false}, {"kind", 8, DB_INT, false}};
  struct db_statement statement = {
      .name = "wrong", .text = "SELECT id FROM thing", .out = columns, .out_count = 2, .out_size = 16};
  struct db_config config = store->config;
  config.statements = &statement;
  config.statement_count = 1;
  struct db *db = NULL;
  char why[256] = "";
  assert_status(STATUS_BROKEN, db_open(&config, DB_WRITE, &db, why));
  assert_non_null(strstr(why, "columns"));
  statement.text = "SELECT kind, id FROM thing";
  assert_status(STATUS_BROKEN, db_open(&config, DB_WRITE, &db, why));
  assert_non_null(strstr(why, "changed places"));
  statement.text = "SELECT id, sort FROM thing";
  assert_status(STATUS_BROKEN, db_open(&config, DB_WRITE, &db, why));
  assert_non_null(strstr(why, "sort"));
  statement.text = "SELECT id, kind FROM thing";
  assert_ok(db_open(&config, DB_WRITE, &db, why));
  db_close(db);
}

/* Readers prepare what they use when they use it. */
static void a_reader_finds_a_statement_that_does_not_fit_at_its_use(struct store *store) {
  static const struct db_column columns[] = {{"id", 0, DB_INT, false}, {"kind", 8, DB_INT, false}};
  struct db_statement statement = {
      .name = "wrong", .text = "SELECT id, sort FROM thing", .out = columns, .out_count = 2, .out_size = 16};
  struct db_config config = store->config;
  config.statements = &statement;
  config.statement_count = 1;
  struct ctx ctx = {.arena = store->ctx.arena};
  char why[256] = "";
  struct wrong_row row = {77, 77};
  assert_ok(db_open(&config, DB_READ, &ctx.db, why));
  for (int i = 0; i < 2; i++) {
    assert_status(STATUS_BROKEN, db_one(&ctx, 0, NULL, &row));
    assert_ptr_equal(ctx.problem.kind, &problem_broken);
    assert_int_equal(row.id, 77);
    problem_clear(&ctx);
  }
  statement.text = "SELECT id, kind FROM thing";
  store_close(&ctx);
  assert_ok(db_open(&config, DB_READ, &ctx.db, why));
  for (int i = 0; i < 2; i++) {
    assert_ok(db_one(&ctx, 0, NULL, &row));
    assert_int_equal(row.id, 5);
    assert_int_equal(row.kind, 0);
  }
  store_close(&ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      THINGS_TEST(steps_are_done_once_and_recorded),
      THINGS_TEST(a_variant_goes_to_its_engine),
      THINGS_TEST(ids_go_on_behind_the_ones_that_were_given),
      THINGS_TEST_PGSQL(an_id_is_not_given_again_after_a_later_step),
      THINGS_TEST(a_newer_or_foreign_schema_is_refused),
      THINGS_TEST(an_older_schema_asks_for_the_migration),
      THINGS_TEST(a_step_that_fails_leaves_nothing_and_can_be_done_again),
      THINGS_TEST(an_unknown_word_is_refused),
      THINGS_TEST(nodes_that_start_together_share_the_work),
      THINGS_TEST_SQLITE(only_its_owner_may_read_the_database),
      THINGS_TEST_SQLITE(a_file_that_is_no_database_is_refused_and_kept),
      THINGS_TEST(a_statement_that_does_not_fit_is_found_at_start),
      THINGS_TEST(a_reader_finds_a_statement_that_does_not_fit_at_its_use),
  };
  return STORE_RUN(tests);
}
