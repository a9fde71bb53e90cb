#include "people.h"

#include <unistd.h>

#include "app/command.h"
#include "said.h"

/* `sigap copy`: what it says, and where it copies nothing. What a copy holds: tests/store/test_copy.c. */

static const char *other(struct store *store) {
  return SQL(store, "sqlite:%s", store_path(store, "copy.db"));
}

static void copy(struct store *store, const char *from, const char *to) {
  const struct options options = OPTIONS(store->ctx.arena, "copy", "--from", from, "--to", to);
  say(command_copy, &options);
}

static void a_copy_counts_its_tables(struct store *store) {
  person(store, TENANT_OPERATOR, ROLE_MANAGER, "Ani", "ani@example.com");
  person(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Budi", "budi@example.com");
  copy(store, store->url, other(store));
  ASSERT_CODE(0);
  assert_string_equal(said.err, "");
  ASSERT_SAID(out, "account\t2\n");
  ASSERT_SAID(out, " tables; counts and sums are the same on both sides.\n");
}

static void nothing_is_copied_over_something(struct store *store) {
  copy(store, store->url, other(store));
  ASSERT_CODE(0);
  person(store, TENANT_OPERATOR, ROLE_MANAGER, "Ani", "ani@example.com");
  copy(store, other(store), store->url);
  ASSERT_CODE(1);
  assert_string_equal(said.out, "");
  assert_string_equal(said.err,
                      "sigap: There is something in the database to copy into: name an empty one.\n");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account"), 1);
}

static void what_can_not_be_read_is_told(struct store *store) {
  copy(store, SQL(store, "sqlite:%s", store_path(store, "nothing.db")), other(store));
  ASSERT_CODE(1);
  assert_string_equal(said.out, "");
  assert_true(str_starts(str_of(said.err), "sigap: ") && str_ends(str_of(said.err), ".\n"));
  assert_int_equal(access(store_path(store, "nothing.db"), F_OK), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_copy_counts_its_tables),
      STORE_TEST(nothing_is_copied_over_something),
      STORE_TEST_SQLITE(what_can_not_be_read_is_told),
  };
  return STORE_RUN(tests);
}
