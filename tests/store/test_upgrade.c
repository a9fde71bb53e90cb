#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/engine.h"
#include "desk/ticket/ticket_day.h"
#include "older.h"
#include "people.h"

/* Desks of every older version, with something in every table, brought to this one. */

static const struct who manager = {.account_id = 5,
                                   .tenant_id = 2,
                                   .home_tenant_id = 2,
                                   .role = ROLE_MANAGER,
                                   .name = {"Budi", 4},
                                   .email = {"budi@example.com", 16}};

static void every_row_keeps_its_values(struct store *store) {
  older_fill(store);
  older_assert_filled(store);
  const struct older_rows *before = older_rows_take(store);
  int steps = older_newest() - (int)store->config.migration_count;
  assert_int_equal(older_upgrade(store), steps);
  older_rows_compare(store, before);
  char why[256] = "";
  assert_ok(db_check(&store->ctx, why));
  if (!store->pgsql) {
    assert_str(store_text(store, "SELECT \"table\" FROM pragma_foreign_key_check"), NULL);
  }
  assert_int_equal(older_upgrade(store), 0);
}

static void what_steps_derive_from_rows_is_right(struct store *store) {
  int from = (int)store->config.migration_count;
  older_fill(store);
  older_upgrade(store);
  if (from < 2) { /* as the category says, where nothing was said */
    assert_str(store_text(store, "SELECT work_type FROM ticket WHERE id = 1"), "2");
    assert_str(store_text(store, "SELECT work_type FROM ticket WHERE id = 2"), "3");
    assert_str(store_text(store, "SELECT work_type FROM ticket WHERE id = 3"), "4");
  }
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket WHERE first_assignee_id <> assignee_id"),
                   0);
  assert_int_equal(
      store_number(store, "SELECT COUNT(*) FROM ticket WHERE (assigned_at IS NULL) <> (assignee_id = 0)"), 0);
  assert_str(store_text(store, "SELECT id FROM account WHERE acts_anywhere"), "1");
  if (from >= 2) { /* account 6 was deleted */
    assert_str(store_text(store, "SELECT nik FROM customer WHERE account_id = 3"), "317");
    assert_str(store_text(store, "SELECT employee_id FROM technician WHERE account_id = 4"), "T-4");
    assert_int_equal(store_number(store, "SELECT COUNT(nik) FROM customer"), 1);
    assert_int_equal(store_number(store, "SELECT COUNT(employee_id) FROM technician"), 1);
  }
  static const char counted[] =
      "SELECT tenant_id, role, is_active, COUNT(*) AS n FROM account WHERE deleted_at IS NULL GROUP BY 1, 2, "
      "3";
  static const char kept[] = "SELECT tenant_id, role, is_active, accounts FROM account_count";
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM (%s EXCEPT %s) missing", counted, kept), 0);
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM (%s EXCEPT %s) surplus", kept, counted), 0);
}

static void sums_are_those_of_the_tickets_from_the_start_on(struct store *store) {
  older_fill(store);
  older_upgrade(store);
  assert_ok(ticket_sums_repair(as(store, NULL)));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket_sums_missing"), 0);
  assert_counters_true(store);
  const struct ticket made = ticket_of(store, &manager);
  assert_int_equal(made.id, 301); /* behind the ids that were given */
  assert_counters_true(store);
}

static void every_table_of_a_tenant_stands_behind_the_wall(struct store *store) {
  older_fill(store);
  older_upgrade(store);
  static const char tables[] =
      "FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND (c.relname = "
      "'tenant' OR"
      " EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'))";
  assert_true(NUMBER(store, "SELECT COUNT(*) %s", tables) > 20);
  assert_str(store_text(store, SQL(store,
                                   "SELECT string_agg(relname, ', ') %s AND NOT (relrowsecurity AND"
                                   " relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policies p"
                                   " WHERE p.tablename = relname AND p.policyname = 'wall'))",
                                   tables)),
             NULL);
  store_sql(store, "SET sigap.tenant = '1'");
  assert_str(store_text(store, "SELECT string_agg(CAST(id AS TEXT), ' ') FROM ticket"), "7");
  store_sql(store, "SET sigap.tenant = ''");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket"), 0);
}

/* ---- what is refused before the first step ---- */

/* A migration that must not begin: `why` holds `said`, and the database is as it was. */
static void assert_refused(struct store *store, enum status status, const char *said) {
  const struct str before = older_schema(store);
  struct db_config config = store->config;
  int applied = 77;
  char why[256] = "";
  config.migration_count = (size_t)older_newest();
  assert_status(status, db_migrate(&config, &applied, why));
  if (!strstr(why, said)) {
    fail_msg("\"%s\" does not say \"%s\"", why, said);
  }
  assert_int_equal(applied, 77);
  assert_true(str_equal(before, older_schema(store)));
}

static void a_gap_or_nonsense_in_the_record_of_steps_is_refused(struct store *store) {
  store_sql(store, "DELETE FROM schema_version WHERE number = 2");
  assert_refused(store, STATUS_STATE, "schema_version is damaged at step 2");
  store_sql(store, "INSERT INTO schema_version (number, name, applied_at) VALUES (2, '0002_else', 1)");
  assert_refused(store, STATUS_STATE, "belongs to another program");
  store_sql(store, "UPDATE schema_version SET number = -2 WHERE number = 2");
  assert_refused(store, STATUS_STATE, "schema_version is damaged at step 1");
  store_sql(store, "DELETE FROM schema_version");
  assert_refused(store, STATUS_STATE, "no record of this program's schema");
  store_sql(store, "INSERT INTO schema_version (number, name, applied_at) VALUES (4711, '4711_far', 1)");
  assert_refused(store, STATUS_STATE, "newer version");
}

static void a_record_of_steps_of_another_form_is_refused(struct store *store) {
  older_fill(store);
  const struct older_rows *before = older_rows_take(store);
  store_sql(store, "DROP TABLE schema_version; CREATE TABLE schema_version (version TEXT)");
  int applied = 0;
  char why[256] = "";
  struct db_config config = store->config;
  config.migration_count = (size_t)older_newest();
  assert_status(STATUS_BROKEN, db_migrate(&config, &applied, why));
  assert_non_null(strstr(why, "the table schema_version"));
  older_rows_compare(store, before);
}

static void tables_of_another_program_are_left_alone(struct store *store) {
  if (store->pgsql) {
    store_sql(store, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  } else {
    older_close(store);
    assert_int_equal(remove(store_path(store, "test.db")), 0);
    struct db_config bare = {.url = store->url};
    char why[256] = "";
    assert_ok(db_open_bare(&bare, DB_WRITE, true, &store->ctx.db, why));
  }
  store_sql(store, "CREATE TABLE recipe (name TEXT)");
  int applied = 77;
  char why[256] = "";
  assert_status(STATUS_STATE, db_migrate(&store->config, &applied, why));
  assert_non_null(strstr(why, "holds tables"));
  assert_int_equal(
      store_number(store, store->pgsql
                              ? "SELECT COUNT(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                              : "SELECT COUNT(*) FROM sqlite_master"),
      1);
  store_sql(store, "DROP TABLE recipe");
  assert_ok(db_migrate(&store->config, &applied, why));
}

/* Bytes in the middle of the file: inner pages of trees that the steps may never come near. */
static void a_damaged_file_is_refused(struct store *store) {
  older_fill(store);
  int64_t root = store_number(store, "SELECT rootpage FROM sqlite_master WHERE name = 'mail_failed'");
  older_close(store);
  FILE *file = fopen(store_path(store, "test.db"), "r+b");
  assert_non_null(file);
  assert_int_equal(fseek(file, (long)(root - 1) * 4096, SEEK_SET), 0);
  for (int i = 0; i < 4096; i++) {
    fputc(0xee, file);
  }
  fclose(file);
  int applied = 77;
  char why[256] = "";
  struct db_config config = store->config;
  config.migration_count = (size_t)older_newest();
  assert_status(STATUS_BROKEN, db_migrate(&config, &applied, why));
  assert_non_null(strstr(why, "damaged"));
  config.migration_count = 0;
  config.statement_count = 0;
  assert_ok(db_open(&config, DB_WRITE, &store->ctx.db, why));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM schema_version"), store->config.migration_count);
}

static void a_role_that_may_not_make_tables_is_refused(struct store *store) {
  store_sql(store, "REVOKE CREATE ON SCHEMA public FROM pg_database_owner");
  assert_refused(store, STATUS_STATE, "the role may not make tables");
  store_sql(store, "GRANT CREATE ON SCHEMA public TO pg_database_owner");
  older_upgrade(store);
  store_sql(store, "REVOKE CREATE ON SCHEMA public FROM pg_database_owner");
  assert_int_equal(older_upgrade(store), 0); /* there is nothing to make */
}

int main(void) {
  struct CMUnitTest tests[OLDER_TESTS_MAX];
  size_t count = 0;
  int newest = older_newest();
  for (int step = 1; step <= newest; step++) { /* the last: that its tables are filled, too */
    for (int pgsql = 0; pgsql < 2; pgsql++) {
#define OLDER_TEST(function) tests[count++] = older_test(#function, function, step, pgsql)
      OLDER_TEST(every_row_keeps_its_values);
      OLDER_TEST(what_steps_derive_from_rows_is_right);
      OLDER_TEST(sums_are_those_of_the_tickets_from_the_start_on);
    }
    tests[count++] = older_test("every_table_of_a_tenant_stands_behind_the_wall",
                                every_table_of_a_tenant_stands_behind_the_wall, step, true);
  }
  for (int pgsql = 0; pgsql < 2; pgsql++) {
    int step = newest - 1;
    OLDER_TEST(a_gap_or_nonsense_in_the_record_of_steps_is_refused);
    OLDER_TEST(a_record_of_steps_of_another_form_is_refused);
    OLDER_TEST(tables_of_another_program_are_left_alone);
  }
  tests[count++] = older_test("a_damaged_file_is_refused", a_damaged_file_is_refused, newest - 1, false);
  tests[count++] = older_test("a_role_that_may_not_make_tables_is_refused",
                              a_role_that_may_not_make_tables_is_refused, newest - 1, true);
  return _cmocka_run_group_tests("upgrade", tests, count, NULL, NULL);
}
