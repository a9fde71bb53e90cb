#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "db/engine.h"

/* The texts that come out for a statement as tools/sqlgen writes it: \1 \2 around a part, \3 \4 around EACH.
 */
static const struct db_column columns[] = {
    {"tenant_id", 0, DB_INT, false},    {"author_id", 8, DB_INT, true}, {"statuses", 16, DB_INTS, false},
    {"priorities", 88, DB_INTS, false}, {"limit", 160, DB_INT, false},  {"skip", 168, DB_INT, false},
};
static const struct db_statement parts = {
    .name = "parts",
    .in = columns,
    .in_count = 6,
    .text = "SELECT id FROM t WHERE x = $1 \001AND a = $2\002 LIMIT $5",
};
static const struct db_statement each = {
    .name = "each",
    .in = columns,
    .in_count = 6,
    .text =
        "\003SELECT id FROM t WHERE x = $1 \001AND a = $2\002 \001AND s = $3\002 \001AND p = $4\002\004 "
        "ORDER BY id LIMIT $5",
};
static const struct db_statement inside = {
    .name = "inside",
    .in = columns,
    .in_count = 6,
    .text =
        "SELECT * FROM (\003SELECT id FROM t WHERE x = $1 \001AND s = $3\002\004 ORDER BY f(id) DESC LIMIT "
        "$5 OFFSET $6) p, u LIMIT $5",
};

static void expect(const struct db_statement *statement, bool pgsql, uint64_t present, uint8_t statuses,
                   uint8_t priorities, const char *text, const char *slots_text) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, 4096);
  uint8_t sizes[64] = {[2] = statuses, [3] = priorities};
  struct db_slot slots[DB_SLOTS_MAX];
  uint16_t count = 0;
  assert_int_equal(db_compose_text(statement, pgsql, present, sizes, &out, slots, &count), STATUS_OK);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at, text);
  CLEANUP_BUF struct buf list;
  buf_init(&list, 4096);
  for (unsigned i = 0; i < count; i++) {
    buf_format(&list, "%s%s.%u", i ? " " : "", columns[slots[i].column].name, slots[i].set_index);
  }
  buf_add_char(&list, '\0');
  assert_string_equal(list.at, slots_text);
}

static void a_part_is_in_where_its_parameter_is(void **state) {
  (void)state;
  expect(&parts, false, 0x33, 0, 0, "SELECT id FROM t WHERE x = $1 AND a = $2 LIMIT $3",
         "tenant_id.0 author_id.0 limit.0");
  expect(&parts, false, 0x31, 0, 0, "SELECT id FROM t WHERE x = $1  LIMIT $2", "tenant_id.0 limit.0");
}

static void sets_without_values_leave_one_block(void **state) {
  (void)state;
  expect(&each, false, 0x31, 0, 0, "SELECT id FROM t WHERE x = $1    ORDER BY id LIMIT $2",
         "tenant_id.0 limit.0");
  expect(&each, true, 0x35, 1, 0, "SELECT id FROM t WHERE x = $1  AND s = $2  ORDER BY id LIMIT $3",
         "tenant_id.0 statuses.0 limit.0");
}

static void every_combination_is_a_branch(void **state) {
  (void)state;
  expect(&each, false, 0x3d, 2, 2,
         "SELECT id FROM t WHERE x = $1  AND s = $2 AND p = $3 UNION ALL SELECT id FROM t WHERE x = $1  AND "
         "s = $2 AND p = $4"
         " UNION ALL SELECT id FROM t WHERE x = $1  AND s = $5 AND p = $3 UNION ALL SELECT id FROM t WHERE x "
         "= $1  AND s = $5 AND p = $4"
         " ORDER BY id LIMIT $6",
         "tenant_id.0 statuses.0 priorities.0 priorities.1 statuses.1 limit.0");
}

static void postgresql_orders_and_limits_each_branch(void **state) {
  (void)state;
  expect(&each, true, 0x35, 2, 0,
         "(SELECT id FROM t WHERE x = $1  AND s = $2  ORDER BY id LIMIT $3) UNION ALL (SELECT id FROM t "
         "WHERE x = $1  AND s = $4  ORDER BY id"
         " LIMIT $3) ORDER BY id LIMIT $3",
         "tenant_id.0 statuses.0 limit.0 statuses.1");
  expect(
      &inside, true, 0x35, 2, 0,
      "SELECT * FROM ((SELECT id FROM t WHERE x = $1 AND s = $2 ORDER BY f(id) DESC LIMIT $3 + $4) UNION ALL"
      " (SELECT id FROM t WHERE x = $1 AND s = $5 ORDER BY f(id) DESC LIMIT $3 + $4) ORDER BY f(id) DESC "
      "LIMIT $3 OFFSET $4) p, u LIMIT $3",
      "tenant_id.0 statuses.0 limit.0 skip.0 statuses.1");
}

static void branches_have_a_maximum(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  buf_init(&out, 65536);
  uint8_t sizes[64] = {[2] = 8, [3] = 4};
  struct db_slot slots[DB_SLOTS_MAX];
  uint16_t count = 0;
  assert_int_equal(db_compose_text(&each, false, 0x3d, sizes, &out, slots, &count), STATUS_OK);
  assert_int_equal(count, 8 + 4 + 2);
  sizes[3] = 5;
  assert_int_equal(db_compose_text(&each, false, 0x3d, sizes, &out, slots, &count), STATUS_BROKEN);
}

static void a_text_beyond_its_maximum_is_refused(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  buf_init(&out, 60);
  uint8_t sizes[64] = {[2] = 2};
  struct db_slot slots[DB_SLOTS_MAX];
  uint16_t count = 0;
  assert_int_equal(db_compose_text(&each, false, 0x35, sizes, &out, slots, &count), STATUS_BROKEN);
}

static void a_set_counts_each_value_once(void **state) {
  (void)state;
  struct db_ints set = {{7, 3, 7, 7, 3, -1}, 6};
  assert_int_equal(db_ints_count(&set), 3);
  assert_int_equal(db_ints_at(&set, 0), 7);
  assert_int_equal(db_ints_at(&set, 1), 3);
  assert_int_equal(db_ints_at(&set, 2), -1);
  set.count = 0;
  assert_int_equal(db_ints_count(&set), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_part_is_in_where_its_parameter_is),
      cmocka_unit_test(sets_without_values_leave_one_block),
      cmocka_unit_test(every_combination_is_a_branch),
      cmocka_unit_test(postgresql_orders_and_limits_each_branch),
      cmocka_unit_test(branches_have_a_maximum),
      cmocka_unit_test(a_text_beyond_its_maximum_is_refused),
      cmocka_unit_test(a_set_counts_each_value_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
