#include <string.h>
#include <unistd.h>

#include "db/copy.h"
#include "people.h"

/* Whole databases: their sums, and copies of them. The other database is always an embedded one; from one
 * into PostgreSQL, and a snapshot under load: tests/ops/backup.test.mjs. */

struct other {
  struct db_config config;
  char url[160];
};

static void other_at(struct store *store, const char *name, struct other *other) {
  other->config = store->config;
  snprintf(other->url, sizeof other->url, "sqlite:%s", store_path(store, name));
  other->config.url = other->url;
}

static struct db_sums *sums_of(struct store *store, const struct db_config *config) {
  struct db_sums *sums = ARENA_NEW(store->ctx.arena, struct db_sums);
  char why[256] = "";
  if (db_sum_up(config, NULL, sums, why) != STATUS_OK) {
    fail_msg("%s", why);
  }
  return sums;
}

static const struct db_table_sums *table(const struct db_sums *sums, const char *name) {
  for (size_t i = 0; i < sums->count; i++) {
    if (strcmp(sums->tables[i].name, name) == 0) {
      return &sums->tables[i];
    }
  }
  fail_msg("there is no table %s", name);
  return NULL;
}

/* A desk with something of everything that a column can be. */
static void fill(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  for (int i = 0; i < 20; i++) {
    (void)ticket_of(store, &ani);
  }
  store_sql(store, "UPDATE ticket SET started_at = 0, latitude = -6.25, longitude = 106.875 WHERE id = 3");
  store_sql(store, "UPDATE ticket SET description = '' WHERE id = 4");
}

static void copy(struct store *store, struct other *other) {
  struct db_sums *copied = ARENA_NEW(store->ctx.arena, struct db_sums);
  char why[256] = "";
  int applied = 0;
  assert_ok(db_migrate(&other->config, &applied, why));
  if (db_copy(&store->config, &other->config, NULL, copied, why) != STATUS_OK) {
    fail_msg("%s", why);
  }
  assert_null(db_sums_differ(copied, sums_of(store, &store->config)));
  assert_null(db_sums_differ(copied, sums_of(store, &other->config)));
}

static void sums_count_rows_and_see_every_change(struct store *store) {
  static const char *const changes[] = {
      "UPDATE ticket SET title = 'Routes' WHERE id = 2",
      "UPDATE ticket SET description = '' WHERE id = 2",
      "UPDATE ticket SET started_at = NULL WHERE id = 3", /* it was 0, which is not the same */
      "UPDATE ticket SET latitude = 6.25 WHERE id = 3",
      "UPDATE ticket SET latitude = NULL WHERE id = 3",
      "UPDATE account SET must_change_password = TRUE",
      "UPDATE account SET uuid = (SELECT uuid FROM ticket WHERE id = 1)",
      "DELETE FROM activity WHERE id = 1",
  };
  fill(store);
  struct db_sums *before = sums_of(store, &store->config);
  assert_null(db_sums_differ(before, sums_of(store, &store->config)));
  assert_int_equal(table(before, "ticket")->rows, 20);
  assert_int_equal(table(before, "tenant")->rows, 1);
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    store_sql(store, changes[i]);
    struct db_sums *after = sums_of(store, &store->config);
    assert_non_null(db_sums_differ(before, after));
    before = after;
  }
}

static void the_order_of_rows_and_numbers_of_transactions_do_not_count(struct store *store) {
  fill(store);
  struct db_sums *before = sums_of(store, &store->config);
  store_sql(store, "UPDATE event SET txn = txn + 7");
  store_sql(store, "CREATE TABLE later AS SELECT * FROM activity");
  store_sql(store, "DELETE FROM activity");
  store_sql(store, "INSERT INTO activity SELECT * FROM later ORDER BY id DESC");
  store_sql(store, "DROP TABLE later");
  assert_null(db_sums_differ(before, sums_of(store, &store->config)));
}

static void a_copy_has_every_row_value_by_value(struct store *store) {
  struct other other, again;
  fill(store);
  store_sql(store, "UPDATE event SET txn = 7 WHERE id = 1");
  other_at(store, "other.db", &other);
  other_at(store, "again.db", &again);
  copy(store, &other);
  struct store there = *store;
  char why[256] = "";
  assert_ok(db_open(&other.config, DB_WRITE, &there.ctx.db, why));
  assert_int_equal(store_number(&there, "SELECT COUNT(*) FROM ticket WHERE started_at = 0"), 1);
  assert_int_equal(store_number(&there, "SELECT COUNT(*) FROM ticket WHERE started_at IS NULL"), 19);
  assert_int_equal(store_number(&there, "SELECT COUNT(*) FROM event WHERE txn <> 0"), 0);
  assert_str(store_text(&there, "SELECT typeof(description) || length(description) FROM ticket WHERE id = 4"),
             "text0");
  assert_int_equal(store_number(&there, "SELECT latitude = -6.25 FROM ticket WHERE id = 3"), 1);
  db_close(there.ctx.db);
  /* From there on once more: between two embedded ones. */
  struct db_sums *copied = ARENA_NEW(store->ctx.arena, struct db_sums);
  int applied = 0;
  assert_ok(db_migrate(&again.config, &applied, why));
  assert_ok(db_copy(&other.config, &again.config, NULL, copied, why));
  assert_null(db_sums_differ(copied, sums_of(store, &store->config)));
}

static void what_was_in_the_target_is_gone_and_a_copy_that_fails_leaves_it(struct store *store) {
  struct other other;
  fill(store);
  other_at(store, "other.db", &other);
  copy(store, &other);
  store_sql(store, "DELETE FROM activity");
  copy(store, &other); /* over what is there */
  struct db_sums *before = sums_of(store, &other.config);
  struct store there = *store;
  char why[256] = "";
  assert_ok(db_open(&other.config, DB_WRITE, &there.ctx.db, why));
  store_sql(&there,
            "CREATE TRIGGER refuse BEFORE INSERT ON reply BEGIN SELECT RAISE(ABORT, 'not that one'); END");
  db_close(there.ctx.db);
  store_sql(store,
            "INSERT INTO reply (tenant_id, uuid, ticket_id, author_id, text, created_at) "
            "SELECT 1, uuid, id, author_id, 'x', 1 FROM ticket WHERE id = 1");
  struct db_sums *copied = ARENA_NEW(store->ctx.arena, struct db_sums);
  assert_int_not_equal(db_copy(&store->config, &other.config, NULL, copied, why), STATUS_OK);
  assert_non_null(strstr(why, "reply"));
  assert_null(db_sums_differ(before, sums_of(store, &other.config)));
}

static void a_place_is_empty_until_something_is_in_it(struct store *store) {
  struct other other;
  char why[256] = "";
  bool empty = false;
  other_at(store, "nothing.db", &other);
  assert_ok(db_is_empty(&other.config, &empty, why));
  assert_true(empty);
  assert_ok(db_is_empty(&store->config, &empty, why));
  assert_false(empty);
  other.config.url = "mysql://x";
  assert_int_equal(db_is_empty(&other.config, &empty, why), STATUS_INVALID);
}

static unsigned told;
static void count_told(void *arg, const char *name, int64_t done, int64_t all) {
  (void)name;
  assert_ptr_equal(arg, &told);
  assert_true(done >= 0 && (all == 0 || done <= all));
  told++;
}

static void a_snapshot_is_one_state_and_needs_no_other_file(struct store *store) {
  const struct db_progress progress = {count_told, &told};
  char why[256] = "";
  fill(store);
  struct db_sums *before = sums_of(store, &store->config);
  const char *path = store_path(store, "snapshot.db");
  told = 0;
  assert_ok(db_snapshot(&store->config, path, &progress, why));
  assert_true(told > 0);
  store_sql(store, "DELETE FROM activity");
  struct other other;
  other_at(store, "snapshot.db", &other);
  assert_null(db_sums_differ(before, sums_of(store, &other.config)));
  assert_non_null(db_sums_differ(before, sums_of(store, &store->config)));
  assert_int_equal(access(store_path(store, "snapshot.db-wal"), F_OK), -1);
}

static void a_server_is_not_copied_page_by_page(struct store *store) {
  char why[256] = "";
  assert_int_equal(db_snapshot(&store->config, store_path(store, "snapshot.db"), NULL, why), STATUS_STATE);
  assert_non_null(strstr(why, "only an embedded database"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(sums_count_rows_and_see_every_change),
      STORE_TEST(the_order_of_rows_and_numbers_of_transactions_do_not_count),
      STORE_TEST(a_copy_has_every_row_value_by_value),
      STORE_TEST(what_was_in_the_target_is_gone_and_a_copy_that_fails_leaves_it),
      STORE_TEST(a_place_is_empty_until_something_is_in_it),
      STORE_TEST_SQLITE(a_snapshot_is_one_state_and_needs_no_other_file),
      STORE_TEST_PGSQL(a_server_is_not_copied_page_by_page),
  };
  return STORE_RUN(tests);
}
