#ifndef SIGAP_TEST_WIRE_H
#define SIGAP_TEST_WIRE_H

/* What the tests of this room share: a context with an arena, and looking into its faults. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "wire/field.h"

static inline int ctx_up(void **state) {
  static struct ctx ctx;
  ctx = (struct ctx){.arena = arena_new(4 << 20)};
  *state = &ctx;
  return 0;
}

static inline int ctx_down(void **state) {
  struct ctx *ctx = *state;
  arena_free(ctx->arena);
  return 0;
}

/* The reason of the first fault of that field; "" where it has none. */
static inline const char *fault_of(const struct ctx *ctx, const char *field) {
  for (unsigned i = 0; i < ctx->problem.fault_count; i++) {
    if (str_is(ctx->problem.faults[i].field, field)) {
      return str_c(ctx->arena, ctx->problem.faults[i].reason);
    }
  }
  return "";
}

#define assert_fault(ctx, field, reason) assert_string_equal(fault_of((ctx), (field)), (reason))
#define assert_str(s, text)                         \
  do {                                              \
    struct str str_ = (s);                          \
    assert_non_null(str_.at);                       \
    assert_int_equal(str_.len, strlen(text));       \
    assert_memory_equal(str_.at, (text), str_.len); \
  } while (0)
#define WIRE_TEST(name) cmocka_unit_test_setup_teardown(name, ctx_up, ctx_down)

#endif
