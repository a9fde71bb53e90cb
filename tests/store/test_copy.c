#include <string.h>
#include <unistd.h>

#include "db/copy.h"
#include "desk/event/event.h"
#include "desk/webhook/webhook.h"
#include "desk/webhook/webhook_copy.h"
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

static struct db_sums *copied(struct store *store, const struct db_config *from, const struct db_config *to) {
  struct db_sums *sums = ARENA_NEW(store->ctx.arena, struct db_sums);
  char why[256] = "";
  int applied = 0;
  assert_ok(db_migrate(to, &applied, why));
  if (db_copy(from, to, &webhook_renewal, NULL, sums, why) != STATUS_OK) {
    fail_msg("%s", why);
  }
  return sums;
}

static void copy(struct store *store, struct other *other) {
  struct db_sums *sums = copied(store, &store->config, &other->config);
  assert_null(db_sums_differ(sums, sums_of(store, &store->config)));
  assert_null(db_sums_differ(sums, sums_of(store, &other->config)));
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
  struct db_sums *sums = copied(store, &other.config, &again.config);
  assert_null(db_sums_differ(sums, sums_of(store, &store->config)));
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
  struct db_sums *sums = ARENA_NEW(store->ctx.arena, struct db_sums);
  assert_int_not_equal(db_copy(&store->config, &other.config, &webhook_renewal, NULL, sums, why), STATUS_OK);
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

static unsigned calls;
static void count_told(void *arg, const char *name, int64_t done, int64_t all) {
  (void)name;
  assert_ptr_equal(arg, &calls);
  assert_true(done >= 0 && (all == 0 || done <= all));
  calls++;
}

static void a_snapshot_is_one_state_and_needs_no_other_file(struct store *store) {
  const struct db_progress progress = {count_told, &calls};
  char why[256] = "";
  fill(store);
  struct db_sums *before = sums_of(store, &store->config);
  const char *path = store_path(store, "snapshot.db");
  calls = 0;
  assert_ok(db_snapshot(&store->config, path, &progress, why));
  assert_true(calls > 0);
  store_sql(store, "DELETE FROM activity");
  struct other other;
  other_at(store, "snapshot.db", &other);
  assert_null(db_sums_differ(before, sums_of(store, &other.config)));
  assert_non_null(db_sums_differ(before, sums_of(store, &store->config)));
  assert_int_equal(access(store_path(store, "snapshot.db-wal"), F_OK), -1);
}

/* ---- webhooks ---- */

enum { FAR = 500000, EVENTS_MAX = 50 };

/* What the only endpoint has yet to hear of, by its position there. Transactions of other tests in the
 * cluster may hold up for a moment what is told. */
static size_t untold(struct store *store, size_t expected, struct event **events,
                     struct webhook_behind *webhook, struct event_position *to) {
  struct webhook_behind *webhooks = NULL;
  size_t count = 0, behind = 0;
  for (int i = 0; i < 5000 && count < expected; i++) {
    usleep(i == 0 ? 0 : 1000);
    assert_ok(webhook_behind(&store->ctx, 10, &webhooks, &behind));
    if (behind == 1) {
      assert_ok(event_follow(&store->ctx, 1, &webhooks->at, EVENTS_MAX, events, &count, to));
      *webhook = *webhooks;
    }
  }
  return count;
}

static void told(struct store *store, size_t expected) {
  struct event *events = NULL;
  struct webhook_behind webhook;
  struct event_position to;
  bool took = false;
  assert_int_equal(untold(store, expected, &events, &webhook, &to), expected);
  assert_ok(webhook_take_events(&store->ctx, &webhook, &to, NULL, 0, &took));
  assert_true(took);
}

static void expect_untold(struct store *store, const int64_t *tickets, size_t count) {
  struct event *events = NULL;
  struct webhook_behind webhook;
  struct event_position to;
  assert_int_equal(untold(store, count, &events, &webhook, &to), count);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(events[i].ticket_id, tickets[i]);
  }
}

static void hook(struct store *store, const struct who *who) {
  const struct webhook_change what = {.has_url = true, .url = STR("https://hooks.example.com/in")};
  struct webhook webhook;
  char secret[WEBHOOK_SECRET_TEXT_SIZE];
  assert_ok(webhook_create(as(store, who), &what, &webhook, secret));
}

/* As a cluster would have it whose transactions have far higher numbers. */
static void move_ahead(struct store *store) {
  if (store->pgsql) {
    store_sql(store, SQL(store, "UPDATE event SET txn = txn + %d", FAR));
    store_sql(store, SQL(store, "UPDATE webhook SET at_txn = at_txn + %d", FAR));
  }
}

static struct store open_there(struct store *store, const struct other *other) {
  struct store there = *store;
  char why[256] = "";
  there.pgsql = false;
  assert_ok(db_open(&other->config, DB_WRITE, &there.ctx.db, why));
  db_act_for(there.ctx.db, DB_SYSTEM, 0);
  return there;
}

static void webhooks_go_on_with_the_first_event_that_was_not_told(struct store *store) {
  struct other other;
  const struct who ani = person(store, 1, ROLE_MANAGER, "Ani", "ani@example.com");
  tenant_make(store, 2);
  const struct who eve = person(store, 2, ROLE_MANAGER, "Eve", "eve@example.com");
  (void)ticket_of(store, &ani);
  hook(store, &ani);
  (void)ticket_of(store, &ani);
  told(store, 1);
  (void)ticket_of(store, &eve);
  int64_t tickets[4] = {ticket_of(store, &ani).id, ticket_of(store, &ani).id};
  (void)ticket_of(store, &eve);
  move_ahead(store);
  other_at(store, "other.db", &other);
  copied(store, &store->config, &other.config);
  struct store there = open_there(store, &other);
  expect_untold(&there, tickets, 2);
  tickets[2] = ticket_of(&there, &ani).id;
  expect_untold(&there, tickets, 3);
  db_close(there.ctx.db);
  copied(store, &other.config, &store->config); /* into a cluster whose numbers are low */
  expect_untold(store, tickets, 3);
  tickets[3] = ticket_of(store, &ani).id;
  expect_untold(store, tickets, 4);
}

static void webhooks_that_told_everything_tell_what_is_new(struct store *store) {
  struct other other;
  const struct who ani = person(store, 1, ROLE_MANAGER, "Ani", "ani@example.com");
  tenant_make(store, 2);
  const struct who eve = person(store, 2, ROLE_MANAGER, "Eve", "eve@example.com");
  hook(store, &ani);
  hook(store, &eve); /* of a tenant without an event */
  (void)ticket_of(store, &ani);
  told(store, 1);
  move_ahead(store);
  other_at(store, "other.db", &other);
  copied(store, &store->config, &other.config);
  struct store there = open_there(store, &other);
  int64_t ticket = ticket_of(&there, &ani).id;
  expect_untold(&there, &ticket, 1);
  told(&there, 1);
  db_close(there.ctx.db);
  copied(store, &other.config, &store->config);
  ticket = ticket_of(store, &ani).id;
  expect_untold(store, &ticket, 1);
}

/* Backed up by a program that left the position as it was: where it stood nothing tells any more. */
static void webhooks_of_an_older_copy_tell_what_is_new(struct store *store) {
  struct other other;
  const struct who ani = person(store, 1, ROLE_MANAGER, "Ani", "ani@example.com");
  hook(store, &ani);
  (void)ticket_of(store, &ani);
  told(store, 1);
  other_at(store, "other.db", &other);
  copied(store, &store->config, &other.config);
  struct store there = open_there(store, &other);
  store_sql(&there, SQL(store, "UPDATE webhook SET at_txn = %d, at_id = 0", FAR));
  db_close(there.ctx.db);
  copied(store, &other.config, &store->config);
  const int64_t ticket = ticket_of(store, &ani).id;
  expect_untold(store, &ticket, 1);
}

/* Numbers are drawn in another order than transactions begin: what was told before may be told again then,
 * but nothing is left out. */
static void webhooks_tell_an_event_whose_number_was_drawn_early(struct store *store) {
  struct other other;
  const struct who ani = person(store, 1, ROLE_MANAGER, "Ani", "ani@example.com");
  hook(store, &ani);
  const int64_t tickets[] = {ticket_of(store, &ani).id, ticket_of(store, &ani).id};
  store_sql(store, SQL(store, "UPDATE event SET txn = %d WHERE ticket_id = %" PRId64, FAR + 2, tickets[0]));
  store_sql(store, SQL(store, "UPDATE event SET txn = %d WHERE ticket_id = %" PRId64, FAR, tickets[1]));
  store_sql(store, SQL(store, "UPDATE webhook SET at_txn = %d, at_id = 0", FAR + 1));
  other_at(store, "other.db", &other);
  copied(store, &store->config, &other.config);
  struct store there = open_there(store, &other);
  expect_untold(&there, tickets, 2);
  db_close(there.ctx.db);
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
      STORE_TEST(webhooks_go_on_with_the_first_event_that_was_not_told),
      STORE_TEST(webhooks_that_told_everything_tell_what_is_new),
      STORE_TEST(webhooks_of_an_older_copy_tell_what_is_new),
      STORE_TEST_PGSQL(webhooks_tell_an_event_whose_number_was_drawn_early),
      STORE_TEST_PGSQL(a_server_is_not_copied_page_by_page),
  };
  return STORE_RUN(tests);
}
