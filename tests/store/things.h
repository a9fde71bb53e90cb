#ifndef SIGAP_TESTS_THINGS_H
#define SIGAP_TESTS_THINGS_H

#include "store.h"
#include "things_statements.h"

/* The tables of tests/store/things, for the tests of the database room itself. */
static const struct store_schema things_schema = {things_statements, &things_statement_count,
                                                  things_migrations, &things_migration_count};
#define THINGS_TEST(function) STORE_TEST_ON(function, &things_schema)
#define THINGS_TEST_SQLITE(function) STORE_CASE(function, "sqlite", false, &things_schema)
#define THINGS_TEST_PGSQL(function) STORE_CASE(function, "pgsql", true, &things_schema)

/* A thing with nothing but what must be there. */
static inline struct thing_insert_in thing_named(struct ctx *ctx, const char *key, int64_t kind,
                                                 int64_t state) {
  return (struct thing_insert_in){
      .uuid = uuid_v7(ctx->now_us),
      .key = str_copy(ctx->arena, str_of(key)),
      .kind = kind,
      .state = state,
      .bytes = STR(""),
      .maybe_real = __builtin_nan(""),
  };
}

/* As a command: arg is a struct thing_insert_in. */
static inline enum status put_thing(struct ctx *ctx, void *arg) {
  struct thing_insert_row row;
  return sql_thing_insert(ctx, arg, &row);
}

static inline int64_t things_total(struct ctx *ctx) {
  struct thing_total_row row = {0};
  assert_ok(sql_thing_total(ctx, &row));
  return row.things;
}

#endif
