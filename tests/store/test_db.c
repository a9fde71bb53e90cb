#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/problem.h"
#include "things.h"

/* ---- values ---- */

struct made {
  struct thing_insert_in in;
  int64_t id;
};

static enum status make_one(struct ctx *ctx, void *arg) {
  struct made *made = arg;
  struct thing_insert_row row;
  TRY(sql_thing_insert(ctx, &made->in, &row));
  made->id = row.id;
  return STATUS_OK;
}

static void every_type_comes_back_as_it_went(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct made made = {.in = {
                          .uuid = uuid_v7(ctx->now_us),
                          .key = STR("kunci \"'é日本 $1 :x"),
                          .flag = true,
                          .amount = -0.1,
                          .kind = INT64_MIN,
                          .state = INT64_MAX,
                          .bytes = {"a\0b\xff", 4},
                          .maybe_int = -1,
                          .maybe_text = STR(""),
                          .maybe_blob = STR(""),
                          .maybe_uuid = uuid_v7(ctx->now_us),
                          .maybe_real = 1e300,
                      }};
  assert_ok(db_write(ctx, make_one, &made));
  struct thing_row row;
  assert_ok(sql_thing_by_id(ctx, &(struct thing_by_id_in){made.id}, &row));
  assert_true(uuid_equal(row.uuid, made.in.uuid));
  assert_str(row.key, "kunci \"'é日本 $1 :x");
  assert_int_equal(row.key.at[row.key.len], 0);
  assert_true(row.flag);
  assert_true(row.amount == -0.1);
  assert_true(row.kind == INT64_MIN && row.state == INT64_MAX);
  assert_int_equal(row.bytes.len, 4);
  assert_memory_equal(row.bytes.at, "a\0b\xff", 5);
  assert_int_equal(row.maybe_int, -1);
  assert_str(row.maybe_text, "");
  assert_str(row.maybe_blob, "");
  assert_true(uuid_equal(row.maybe_uuid, made.in.maybe_uuid));
  assert_true(row.maybe_real == 1e300);
}

static void what_is_absent_comes_back_absent(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct made made = {.in = thing_named(ctx, "bare", 0, 0)};
  assert_ok(db_write(ctx, make_one, &made));
  struct thing_row row;
  memset(&row, 0x55, sizeof(row));
  assert_ok(sql_thing_by_id(ctx, &(struct thing_by_id_in){made.id}, &row));
  assert_false(row.flag);
  assert_int_equal(row.kind, 0);
  assert_int_equal(row.maybe_int, 0);
  assert_null(row.maybe_text.at);
  assert_null(row.maybe_blob.at);
  assert_true(uuid_is_none(row.maybe_uuid));
  assert_true(isnan(row.maybe_real));
  assert_int_equal(
      store_number(
          store,
          "SELECT COUNT(*) FROM thing WHERE maybe_int IS NULL AND maybe_text IS NULL"
          " AND maybe_blob IS NULL AND maybe_uuid IS NULL AND maybe_real IS NULL AND kind = 0 AND id <> 5"),
      1);
}

static void a_text_that_must_be_there_is_demanded(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct thing_insert_in in = thing_named(ctx, "x", 0, 0);
  in.key = STR_NONE;
  assert_status(STATUS_BROKEN, db_write(ctx, put_thing, &in));
  assert_ptr_equal(ctx->problem.kind, &problem_broken);
}

static void a_column_that_is_null_against_its_declaration_is_refused(struct store *store) {
  struct thing_wrong_null_row row = {77};
  assert_status(STATUS_BROKEN, sql_thing_wrong_null(&store->ctx, &(struct thing_wrong_null_in){5}, &row));
  assert_int_equal(row.maybe_int, 77);
}

static void parameters_go_by_name_and_quoted_text_is_left_alone(struct store *store) {
  struct thing_order_row row;
  struct thing_order_in in = {.first = STR("a"), .second = STR("b"), .third = 9};
  assert_ok(sql_thing_order(&store->ctx, &in, &row));
  assert_str(row.text, "b:first [x]ab");
  assert_int_equal(row.number, 9);
}

/* ---- results ---- */

static void a_second_with_the_same_key_is_a_duplicate(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct thing_insert_in in = thing_named(ctx, "five", 1, 1);
  assert_status(STATUS_DUPLICATE, db_write(ctx, put_thing, &in));
  assert_null(ctx->problem.kind);
  assert_int_equal(things_total(ctx), 1);
}

static enum status add_pair(struct ctx *ctx, void *arg) {
  return sql_pair_add(ctx, arg, NULL);
}

static void keys_of_rowless_tables_and_references_are_watched(struct store *store) {
  struct ctx *ctx = &store->ctx;
  assert_ok(db_write(ctx, add_pair, &(struct pair_add_in){1, 5}));
  assert_status(STATUS_DUPLICATE, db_write(ctx, add_pair, &(struct pair_add_in){1, 5}));
  assert_null(ctx->problem.kind);
  assert_status(STATUS_BROKEN, db_write(ctx, add_pair, &(struct pair_add_in){1, 6}));
}

static void no_row_is_not_found_and_leaves_the_output_alone(struct store *store) {
  struct thing_row row = {.id = 77};
  assert_status(STATUS_NOT_FOUND, sql_thing_by_id(&store->ctx, &(struct thing_by_id_in){12345}, &row));
  assert_int_equal(row.id, 77);
  assert_null(store->ctx.problem.kind);
}

static enum status make_forty(struct ctx *ctx, void *arg) {
  (void)arg;
  for (int i = 0; i < 40; i++) {
    struct thing_insert_row row;
    struct thing_insert_in in = thing_named(ctx, str_format(ctx->arena, "key %d", i).at, 7, i);
    TRY(sql_thing_insert(ctx, &in, &row));
  }
  return STATUS_OK;
}

static void all_rows_come_up_to_the_maximum(struct store *store) {
  struct ctx *ctx = &store->ctx;
  assert_ok(db_write(ctx, make_forty, NULL));
  struct thing_ids_row *rows = NULL;
  size_t count = 0;
  assert_ok(sql_thing_ids_all(ctx, &(struct thing_ids_in){7, 100}, 40, &rows, &count));
  assert_int_equal(count, 40);
  for (size_t i = 0; i < 40; i++) {
    assert_int_equal(rows[i].id, 6 + (int)i); /* ids go on behind the one that was given */
  }
  assert_status(STATUS_BROKEN, sql_thing_ids_all(ctx, &(struct thing_ids_in){7, 100}, 39, &rows, &count));
  assert_int_equal(count, 40);
  assert_ok(sql_thing_ids_all(ctx, &(struct thing_ids_in){8, 100}, 40, &rows, &count));
  assert_int_equal(count, 0);
}

struct walk {
  int64_t sum;
  int rows, stop_at;
  bool again;
};

static enum status walk_row(struct ctx *ctx, void *arg, const void *row) {
  struct walk *walk = arg;
  const struct thing_ids_row *ids = row;
  struct thing_row thing;
  TRY(sql_thing_by_id(ctx, &(struct thing_by_id_in){ids->id}, &thing)); /* another statement meanwhile */
  walk->sum += thing.state;
  if (walk->again) {
    return sql_thing_ids_each(ctx, &(struct thing_ids_in){7, 100}, walk_row, walk);
  }
  return ++walk->rows == walk->stop_at ? STATUS_STATE : STATUS_OK;
}

static void each_row_is_handed_out_until_the_callback_fails(struct store *store) {
  struct ctx *ctx = &store->ctx;
  assert_ok(db_write(ctx, make_forty, NULL));
  struct walk walk = {0};
  assert_ok(sql_thing_ids_each(ctx, &(struct thing_ids_in){7, 100}, walk_row, &walk));
  assert_int_equal(walk.rows, 40);
  assert_int_equal(walk.sum, 39 * 40 / 2);
  walk = (struct walk){.stop_at = 3};
  assert_status(STATUS_STATE, sql_thing_ids_each(ctx, &(struct thing_ids_in){7, 100}, walk_row, &walk));
  assert_int_equal(walk.rows, 3);
  assert_null(ctx->problem.kind);
  walk = (struct walk){.again = true};
  assert_status(STATUS_BROKEN, sql_thing_ids_each(ctx, &(struct thing_ids_in){7, 100}, walk_row, &walk));
}

/* ---- transactions ---- */

static void a_statement_that_writes_needs_db_write(struct store *store) {
  struct ctx *ctx = &store->ctx;
  assert_status(STATUS_BROKEN, sql_thing_delete_all(ctx, NULL));
  problem_clear(ctx);
  struct thing_insert_in in = thing_named(ctx, "x", 0, 0);
  assert_status(STATUS_BROKEN, db_read(ctx, put_thing, &in));
  assert_int_equal(things_total(ctx), 1);
}

static enum status inner(struct ctx *ctx, void *arg) {
  assert_true(db_in_write(ctx->db));
  return put_thing(ctx, arg);
}

static enum status reading_inside(struct ctx *ctx, void *arg) {
  (void)arg;
  assert_int_equal(things_total(ctx), 2); /* sees what its own transaction wrote */
  return STATUS_OK;
}

static enum status outer(struct ctx *ctx, void *arg) {
  struct thing_insert_in in = thing_named(ctx, "inner", 0, 0);
  TRY(db_write(ctx, inner, &in));
  TRY(db_read(ctx, reading_inside, NULL));
  return *(enum status *)arg;
}

static void a_nested_write_belongs_to_the_outer_one(struct store *store) {
  struct ctx *ctx = &store->ctx;
  enum status status = STATUS_FORBIDDEN;
  assert_status(STATUS_FORBIDDEN, db_write(ctx, outer, &status));
  assert_false(db_in_write(ctx->db));
  assert_int_equal(things_total(ctx), 1);
  status = STATUS_OK;
  assert_ok(db_write(ctx, outer, &status));
  assert_int_equal(things_total(ctx), 2);
}

static enum status count_changes(struct ctx *ctx, void *arg) {
  return sql_thing_set_state(ctx, &(struct thing_set_state_in){0, 3}, arg);
}

static void changed_rows_are_counted(struct store *store) {
  int64_t changed = -1;
  assert_ok(db_write(&store->ctx, count_changes, &changed));
  assert_int_equal(changed, 1);
}

static enum status write_in_read(struct ctx *ctx, void *arg) {
  return db_write(ctx, put_thing, arg);
}

static void a_write_inside_a_read_is_refused(struct store *store) {
  struct thing_insert_in in = thing_named(&store->ctx, "x", 0, 0);
  assert_status(STATUS_BROKEN, db_read(&store->ctx, write_in_read, &in));
}

struct view {
  struct ctx other;
  int64_t before, after;
};

static enum status read_twice(struct ctx *ctx, void *arg) {
  struct view *view = arg;
  view->before = things_total(ctx);
  struct thing_insert_in in = thing_named(ctx, "meanwhile", 0, 0);
  TRY(db_write(&view->other, put_thing, &in));
  view->after = things_total(ctx);
  return STATUS_OK;
}

static void a_read_sees_one_state_while_others_write(struct store *store) {
  struct ctx reader = store_open(store, DB_READ);
  struct view view = {.other = store->ctx};
  assert_ok(db_read(&reader, read_twice, &view));
  assert_int_equal(view.before, 1);
  assert_int_equal(view.after, 1);
  assert_int_equal(things_total(&reader), 2);
  store_close(&reader);
}

static void a_reading_connection_never_writes(struct store *store) {
  struct ctx reader = store_open(store, DB_READ);
  struct thing_insert_in in = thing_named(&reader, "x", 0, 0);
  assert_status(STATUS_BROKEN, db_write(&reader, put_thing, &in));
  store_close(&reader);
}

static enum status put_long(struct ctx *ctx, void *arg) {
  char text[6000];
  memset(text, 'x', sizeof(text));
  struct thing_insert_in in = thing_named(ctx, arg, 9, 0);
  in.bytes = (struct str){text, sizeof(text)};
  return put_thing(ctx, &in);
}

/* A request with more rows than it may hold is told so; an arena that overflows ends the program. */
static void rows_beyond_the_arena_are_refused(struct store *store) {
  struct ctx small = store->ctx;
  for (int i = 0; i < 20; i++) {
    char name[16];
    snprintf(name, sizeof(name), "long %02d", i);
    assert_ok(db_write(&store->ctx, put_long, name));
  }
  struct thing_of_kind_in in = {.kind = 9, .limit = 100};
  for (int kib = 33; kib < 400; kib++) {
    CLEANUP_ARENA struct arena *arena = arena_new((size_t)kib << 10);
    small.arena = arena;
    struct thing_row *rows = NULL;
    size_t count = 0;
    enum status status = sql_thing_of_kind_all(&small, &in, 100, &rows, &count);
    if (kib < 100) {
      assert_int_equal(status, STATUS_TOO_LARGE);
      assert_ptr_equal(small.problem.kind, &problem_too_large);
      assert_true(arena_left(arena) >= 16 << 10);
      problem_clear(&small);
    } else if (status == STATUS_OK) {
      assert_int_equal(count, 20);
      return;
    }
  }
  fail_msg("400 KiB were not enough");
}

static enum status always_collides(struct ctx *ctx, void *arg) {
  assert_null(ctx->problem.kind);
  struct thing_insert_in in = thing_named(ctx, "again", 0, 0);
  TRY(put_thing(ctx, &in)); /* would be a duplicate, had the last run left anything */
  ++*(int *)arg;
  problem_set(ctx, &problem_invalid);
  return STATUS_RETRY;
}

static void a_command_that_always_collides_is_given_up(struct store *store) {
  int runs = 0;
  assert_status(STATUS_UNAVAILABLE, db_write(&store->ctx, always_collides, &runs));
  assert_int_equal(runs, 6);
  assert_int_equal(things_total(&store->ctx), 1);
}

static enum status go_on_after_duplicate(struct ctx *ctx, void *arg) {
  (void)arg;
  struct thing_insert_in in = thing_named(ctx, "five", 0, 0);
  assert_status(STATUS_DUPLICATE, put_thing(ctx, &in));
  return STATUS_OK;
}

static void a_command_that_overlooks_a_failed_statement_is_not_called_committed(struct store *store) {
  assert_status(STATUS_BROKEN, db_write(&store->ctx, go_on_after_duplicate, NULL));
  assert_int_equal(things_total(&store->ctx), 1);
}

/* ---- PostgreSQL: two at a time, and lost connections ---- */

struct rival {
  struct ctx ctx;
  pthread_barrier_t *barrier;
  int64_t first, second;
  int runs;
  enum status status;
};

static enum status lock_both(struct ctx *ctx, void *arg) {
  struct rival *rival = arg;
  TRY(sql_thing_lock(ctx, &(struct thing_lock_in){rival->first, 1}, NULL));
  if (rival->runs++ == 0) {
    pthread_barrier_wait(rival->barrier);
  }
  return sql_thing_lock(ctx, &(struct thing_lock_in){rival->second, 1}, NULL);
}

static void *run_rival(void *arg) {
  struct rival *rival = arg;
  rival->status = db_write(&rival->ctx, lock_both, rival);
  return NULL;
}

static void of_two_that_block_each_other_one_runs_again(struct store *store) {
  struct made other = {.in = thing_named(&store->ctx, "six", 0, 0)};
  assert_ok(db_write(&store->ctx, make_one, &other));
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, NULL, 2);
  struct rival rivals[2] = {
      {.ctx = store->ctx, .barrier = &barrier, .first = 5, .second = other.id},
      {.ctx = store_open(store, DB_WRITE), .barrier = &barrier, .first = other.id, .second = 5}};
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, run_rival, &rivals[i]), 0);
  }
  for (int i = 0; i < 2; i++) {
    pthread_join(threads[i], NULL);
    assert_ok(rivals[i].status);
  }
  /* One of them once more, as a rule. The one that gave way may lock its row again before the other has woken
   * up: then they block each other once more. */
  assert_in_range(rivals[0].runs + rivals[1].runs, 3, 12);
  pthread_barrier_destroy(&barrier);
  store_close(&rivals[1].ctx);
}

static void kill_others(struct store *store) {
  store_sql(store,
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()");
}

static enum status lose_the_connection(struct ctx *ctx, void *arg) {
  struct thing_insert_in in = thing_named(ctx, "lost", 0, 0);
  TRY(put_thing(ctx, &in));
  kill_others(arg);
  in = thing_named(ctx, "lost too", 0, 0);
  return put_thing(ctx, &in);
}

static void a_lost_connection_is_opened_again(struct store *store) {
  struct ctx other = store_open(store, DB_WRITE);
  struct thing_list_in list = {.kinds = {{0, 1}, 2}, .limit = 10};
  struct thing_list_row *rows = NULL;
  size_t count = 0;
  kill_others(store);
  assert_int_equal(things_total(&other), 1); /* a read notices nothing */
  kill_others(store);
  assert_ok(sql_thing_list_all(&other, &list, 10, &rows, &count));
  kill_others(store);
  struct thing_insert_in in = thing_named(&other, "after", 0, 0);
  assert_ok(db_write(&other, put_thing, &in)); /* nor does a transaction that had not begun */
  assert_status(STATUS_UNAVAILABLE, db_write(&other, lose_the_connection, store));
  assert_ptr_equal(other.problem.kind, &problem_unavailable);
  problem_clear(&other);
  assert_int_equal(things_total(&other), 2);
  assert_ok(sql_thing_list_all(&other, &list, 10, &rows, &count));
  assert_int_equal(count, 2);
  store_close(&other);
}

/* ---- addresses ---- */

static void an_address_of_no_engine_is_refused(struct store *store) {
  struct db_config config = store->config;
  struct db *db = NULL;
  char why[256] = "";
  config.url = "mysql://x";
  assert_status(STATUS_INVALID, db_open(&config, DB_READ, &db, why));
  assert_non_null(strstr(why, "sqlite:"));
  config.url = "sqlite:";
  assert_status(STATUS_INVALID, db_open(&config, DB_READ, &db, why));
  config.url = "sqlite::memory:";
  assert_status(STATUS_INVALID, db_open(&config, DB_READ, &db, why));
  config.url = "postgresql:///nowhere?host=/nonexistent";
  assert_status(STATUS_UNAVAILABLE, db_open(&config, DB_READ, &db, why));
  assert_null(db);
}

static void two_engines_are_told_apart(struct store *store) {
  assert_int_equal(db_is_pgsql(store->ctx.db), store->pgsql);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      THINGS_TEST(every_type_comes_back_as_it_went),
      THINGS_TEST(what_is_absent_comes_back_absent),
      THINGS_TEST(a_text_that_must_be_there_is_demanded),
      THINGS_TEST(a_column_that_is_null_against_its_declaration_is_refused),
      THINGS_TEST(parameters_go_by_name_and_quoted_text_is_left_alone),
      THINGS_TEST(a_second_with_the_same_key_is_a_duplicate),
      THINGS_TEST(keys_of_rowless_tables_and_references_are_watched),
      THINGS_TEST(no_row_is_not_found_and_leaves_the_output_alone),
      THINGS_TEST(all_rows_come_up_to_the_maximum),
      THINGS_TEST(rows_beyond_the_arena_are_refused),
      THINGS_TEST(each_row_is_handed_out_until_the_callback_fails),
      THINGS_TEST(a_statement_that_writes_needs_db_write),
      THINGS_TEST(a_nested_write_belongs_to_the_outer_one),
      THINGS_TEST(changed_rows_are_counted),
      THINGS_TEST(a_write_inside_a_read_is_refused),
      THINGS_TEST(a_read_sees_one_state_while_others_write),
      THINGS_TEST_SQLITE(a_reading_connection_never_writes),
      THINGS_TEST(a_command_that_always_collides_is_given_up),
      THINGS_TEST_PGSQL(a_command_that_overlooks_a_failed_statement_is_not_called_committed),
      THINGS_TEST_PGSQL(of_two_that_block_each_other_one_runs_again),
      THINGS_TEST_PGSQL(a_lost_connection_is_opened_again),
      THINGS_TEST_SQLITE(an_address_of_no_engine_is_refused),
      THINGS_TEST(two_engines_are_told_apart),
  };
  return STORE_RUN(tests);
}
