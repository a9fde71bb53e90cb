#include "store.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Whether a store's structure is sound: what is told of sound ones, of damaged ones, and of those that don't
 * answer. */

static void a_sound_store_is_sound_on_every_connection(struct store *store) {
  char why[256] = "untouched";
  assert_ok(db_check(&store->ctx, why));
  struct ctx reader = store_open(store, DB_READ);
  assert_ok(db_check(&reader, why));
  assert_string_equal(why, "untouched");
  store_close(&reader);
}

/* Fills the first page of a table with what no page holds; gives the page's number. */
static int64_t spoil(struct store *store, const char *table) {
  char sql[128];
  snprintf(sql, sizeof sql, "SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table);
  store_sql(store, "PRAGMA wal_checkpoint(TRUNCATE)"); /* now the file holds all of it */
  const int64_t page = store_number(store, sql);
  const int64_t size = store_number(store, "PRAGMA page_size");
  char nonsense[512];
  memset(nonsense, 0xa5, sizeof nonsense);
  int file = open(store_path(store, "test.db"), O_WRONLY | O_CLOEXEC);
  assert_true(file >= 0);
  assert_int_equal(pwrite(file, nonsense, sizeof nonsense, (page - 1) * size), sizeof nonsense);
  assert_int_equal(close(file), 0);
  return page;
}

static void a_damaged_page_is_broken_and_told(struct store *store) {
  char why[256] = "", where[32];
  snprintf(where, sizeof where, "page %" PRId64, spoil(store, "event"));
  struct ctx reader = store_open(store, DB_READ); /* it opens: other pages are read for that */
  assert_status(STATUS_BROKEN, db_check(&reader, why));
  if (strcasestr(why, where) == NULL) {
    fail_msg("%s is not named: %s", where, why);
  }
  store_close(&reader);
}

static void damage_is_told_as_far_as_the_sentence_reaches(struct store *store) {
  /* One fault is enough, and the sentence has room for 255 bytes whatever the engine says. */
  struct {
    char why[256];
    char behind[16];
  } room;
  memset(&room, 0x11, sizeof room);
  spoil(store, "event");
  spoil(store, "ticket");
  spoil(store, "mail");
  struct ctx reader = store_open(store, DB_READ);
  assert_status(STATUS_BROKEN, db_check(&reader, room.why));
  assert_true(strnlen(room.why, sizeof room.why) < sizeof room.why);
  for (size_t i = 0; i < sizeof room.behind; i++) {
    assert_int_equal(room.behind[i], 0x11);
  }
  store_close(&reader);
}

static void a_store_that_can_not_even_be_asked_is_broken_with_the_engines_words(struct store *store) {
  char why[256] = "";
  struct ctx reader = store_open(store, DB_READ);
  store_sql(store,
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'no table' WHERE name = 'event';"
            " PRAGMA schema_version = 4711");
  assert_status(STATUS_BROKEN, db_check(&reader, why));
  if (strstr(why, "malformed database schema") == NULL) {
    fail_msg("%s", why);
  }
  store_close(&reader);
}

static void a_server_that_has_gone_is_unavailable(struct store *store) {
  char why[256] = "";
  struct ctx reader = store_open(store, DB_READ);
  store_number(store,
               "SELECT COUNT(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity"
               " WHERE datname = current_database() AND pid <> pg_backend_pid()");
  assert_status(STATUS_UNAVAILABLE, db_check(&reader, why));
  assert_true(strlen(why) > 10);
  store_close(&reader);
  assert_ok(db_check(&store->ctx, why)); /* whoever is still connected is told the truth */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_sound_store_is_sound_on_every_connection),
      STORE_TEST_SQLITE(a_damaged_page_is_broken_and_told),
      STORE_TEST_SQLITE(damage_is_told_as_far_as_the_sentence_reaches),
      STORE_TEST_SQLITE(a_store_that_can_not_even_be_asked_is_broken_with_the_engines_words),
      STORE_TEST_PGSQL(a_server_that_has_gone_is_unavailable),
  };
  return STORE_RUN(tests);
}
