#include <string.h>

#include <sqlite3.h>

#include "base/problem.h"
#include "db/engine.h"
#include "things.h"

/* 6 kinds × 5 states, twice. */
static enum status make_grid(struct ctx *ctx, void *arg) {
  (void)arg;
  for (int i = 0; i < 60; i++) {
    struct thing_insert_row row;
    struct thing_insert_in in =
        thing_named(ctx, str_format(ctx->arena, "grid %d", i).at, i % 6 + 1, i % 5 + 1);
    in.flag = i >= 30;
    TRY(sql_thing_insert(ctx, &in, &row));
  }
  return STATUS_OK;
}

static bool in_set(const struct db_ints *set, int64_t value) {
  bool in = set->count == 0;
  for (unsigned i = 0; i < set->count; i++) {
    in = in || set->values[i] == value;
  }
  return in;
}

/* The list against what a walk over all rows finds. */
static void check_list(struct ctx *ctx, const struct thing_list_in *in) {
  struct thing_list_row *rows = NULL, *all = NULL;
  size_t count = 0, all_count = 0, expected = 0;
  assert_ok(sql_thing_list_all(ctx, in, 1000, &rows, &count));
  assert_ok(sql_thing_list_all(ctx, &(struct thing_list_in){.limit = 1000}, 1000, &all, &all_count));
  assert_int_equal(all_count, 61);
  for (size_t i = 0; i < all_count && expected < (size_t)in->limit; i++) {
    bool fits = in_set(&in->kinds, all[i].kind) && in_set(&in->states, all[i].state);
    if (fits && (in->before_id == 0 || all[i].id < in->before_id)) {
      assert_true(expected < count);
      assert_int_equal(rows[expected].id, all[i].id);
      assert_int_equal(rows[expected].kind, all[i].kind);
      assert_int_equal(rows[expected].state, all[i].state);
      expected++;
    }
  }
  assert_int_equal(count, expected);
}

static void a_set_is_walked_value_by_value_and_merged(struct store *store) {
  struct ctx *ctx = &store->ctx;
  assert_ok(db_write(ctx, make_grid, NULL));
  check_list(ctx, &(struct thing_list_in){.limit = 7});
  check_list(ctx, &(struct thing_list_in){.kinds = {{3}, 1}, .limit = 100});
  check_list(ctx, &(struct thing_list_in){.kinds = {{3, 1, 6}, 3}, .limit = 100});
  check_list(ctx, &(struct thing_list_in){.kinds = {{3, 1, 6}, 3}, .states = {{2, 5}, 2}, .limit = 100});
  check_list(ctx, &(struct thing_list_in){
                      .kinds = {{3, 1, 6}, 3}, .states = {{2, 5}, 2}, .before_id = 30, .limit = 3});
  check_list(ctx, &(struct thing_list_in){
                      .kinds = {{1, 2, 3, 4, 5, 6}, 6}, .states = {{1, 2, 3, 4, 5}, 5}, .limit = 11});
  check_list(ctx, &(struct thing_list_in){.states = {{99}, 1}, .limit = 11});
}

static void a_value_named_twice_is_found_once(struct store *store) {
  struct ctx *ctx = &store->ctx;
  assert_ok(db_write(ctx, make_grid, NULL));
  check_list(ctx, &(struct thing_list_in){.kinds = {{2, 2, 4, 2, 4}, 5}, .limit = 100});
  check_list(ctx, &(struct thing_list_in){.kinds = {{2, 2}, 2}, .limit = 100});
}

static void optional_parts_of_every_type_narrow_the_list(struct store *store) {
  struct ctx *ctx = &store->ctx;
  assert_ok(db_write(ctx, make_grid, NULL));
  struct thing_list_row *rows = NULL;
  size_t count = 0;
  struct thing_list_in in = {.key = STR("grid 40"), .limit = 10};
  assert_ok(sql_thing_list_all(ctx, &in, 10, &rows, &count));
  assert_int_equal(count, 1);
  in = (struct thing_list_in){.flag_is = 1, .limit = 100};
  assert_ok(sql_thing_list_all(ctx, &in, 100, &rows, &count));
  assert_int_equal(count, 31);
  in.key = STR("");
  assert_ok(sql_thing_list_all(ctx, &in, 100, &rows, &count));
  assert_int_equal(count, 0);
}

static void too_many_branches_are_refused(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct thing_list_in in = {.kinds = {{1, 2, 3, 4, 5, 6, 7}, 7}, .states = {{1, 2, 3, 4, 5}, 5}, .limit = 9};
  struct thing_list_row *rows = NULL;
  size_t count = 0;
  assert_status(STATUS_BROKEN, sql_thing_list_all(ctx, &in, 10, &rows, &count));
  problem_clear(ctx);
  in.kinds.count = 6;
  assert_ok(sql_thing_list_all(ctx, &in, 10, &rows, &count));
}

static void a_connection_keeps_a_bounded_number_of_variants(struct store *store) {
  struct ctx *ctx = &store->ctx;
  assert_ok(db_write(ctx, make_grid, NULL));
  for (int pass = 0; pass < 2; pass++) {
    for (int64_t bits = 0; bits < 512; bits++) {
      struct thing_many_in in = {0};
      int64_t *parameters[] = {&in.a, &in.b, &in.c, &in.d, &in.e, &in.f, &in.g, &in.h, &in.i};
      int64_t expected = 61;
      for (int n = 0; n < 9; n++) {
        if (bits >> n & 1) {
          *parameters[n] = n + 1;
          expected -= n < 6 ? 10 : 0;
        }
      }
      struct thing_many_row row = {0};
      assert_ok(sql_thing_many(ctx, &in, &row));
      assert_int_equal(row.things, expected);
    }
  }
  assert_int_equal(ctx->db->variant_count, DB_VARIANTS_MAX);
  if (store->pgsql) {
    assert_true(store_number(store, "SELECT COUNT(*) FROM pg_prepared_statements") <=
                DB_VARIANTS_MAX + (int64_t)things_statement_count);
  }
}

/* ---- plans ---- */

static enum status make_many(struct ctx *ctx, void *arg) {
  (void)arg;
  for (int i = 0; i < 4000; i++) {
    struct thing_insert_row row;
    struct thing_insert_in in =
        thing_named(ctx, str_format(ctx->arena, "many %d", i).at, i % 6 + 1, i % 5 + 1);
    TRY(sql_thing_insert(ctx, &in, &row));
  }
  return STATUS_OK;
}

/* The text of the list with 3 kinds and 2 states. */
static void list_text(struct store *store, struct buf *text) {
  const struct db_statement *statement = &things_statements[THINGS_SQL_THING_LIST];
  uint8_t sizes[64] = {3, 2};
  struct db_slot slots[DB_SLOTS_MAX];
  uint16_t slot_count = 0;
  /* kinds, states and limit are there; before_id, key and flag_is are not. */
  assert_ok(db_compose_text(statement, store->pgsql, 1 | 2 | 32, sizes, text, slots, &slot_count));
  buf_add_char(text, '\0');
}

/* SQLite tells its plan in many rows; these are its sentences, one after another. */
static enum status explain(struct store *store, const char *text, struct str *plan) {
  sqlite3 *connection = NULL;
  sqlite3_stmt *statement = NULL;
  const char *sql = str_format(store->ctx.arena, "EXPLAIN QUERY PLAN %s", text).at;
  if (sqlite3_open_v2(store->url + strlen("sqlite:"), &connection, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
      sqlite3_prepare_v2(connection, sql, -1, &statement, NULL) != SQLITE_OK) {
    sqlite3_close(connection);
    return STATUS_BROKEN;
  }
  *plan = STR("");
  while (sqlite3_step(statement) == SQLITE_ROW) {
    *plan = str_format(store->ctx.arena, "%s%s; ", plan->at, sqlite3_column_text(statement, 3));
  }
  sqlite3_finalize(statement);
  sqlite3_close(connection);
  return STATUS_OK;
}

static void each_branch_walks_its_index_without_sorting(struct store *store) {
  struct ctx *ctx = &store->ctx;
  assert_ok(db_write(ctx, make_many, NULL));
  CLEANUP_BUF struct buf text;
  buf_init(&text, 65536);
  list_text(store, &text);
  struct str plan = STR_NONE;
  if (store->pgsql) {
    store_sql(store, "ANALYZE thing");
    store_sql(store, str_format(ctx->arena,
                                "PREPARE list(bigint, bigint, bigint, bigint, bigint, bigint) AS %s", text.at)
                         .at);
    for (int i = 0; i < 8; i++) { /* also once the plan is a generic one */
      plan = store_text(store, "EXPLAIN (FORMAT JSON) EXECUTE list(1, 2, 10, 4, 5, 6)");
      assert_non_null(strstr(plan.at, "\"Merge Append\""));
      assert_null(strstr(plan.at, "\"Sort\""));
      assert_null(strstr(plan.at, "\"Seq Scan\""));
      store_text(store, "EXECUTE list(1, 2, 10, 4, 5, 6)");
    }
    return;
  }
  assert_ok(explain(store, text.at, &plan));
  assert_null(strstr(plan.at, "TEMP B-TREE"));
  assert_null(strstr(plan.at, "SCAN thing"));
  assert_non_null(strstr(plan.at, "thing_kind_state (kind=? AND state=?"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      THINGS_TEST(a_set_is_walked_value_by_value_and_merged),
      THINGS_TEST(a_value_named_twice_is_found_once),
      THINGS_TEST(optional_parts_of_every_type_narrow_the_list),
      THINGS_TEST(too_many_branches_are_refused),
      THINGS_TEST(a_connection_keeps_a_bounded_number_of_variants),
      THINGS_TEST(each_branch_walks_its_index_without_sorting),
  };
  return STORE_RUN(tests);
}
