#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "api/kit/internal.h"

struct fixture {
  struct known *known;
  struct ctx ctx;
};

static int setup(void **state) {
  struct fixture *fixture = test_calloc(1, sizeof *fixture);
  fixture->known = known_new();
  fixture->ctx = (struct ctx){.arena = arena_new(64 * 1024), .now_us = 1000};
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  known_free(fixture->known);
  arena_free(fixture->ctx.arena);
  test_free(fixture);
  return 0;
}

static const struct who john = {.account_id = 7,
                                .role = ROLE_CUSTOMER,
                                .name = {"John Doe", 8},
                                .email = {"johndoe@example.com", 19},
                                .expires_at = 2000,
                                .token_expires_at = 2000};

static void a_caller_is_known_while_nothing_was_committed(void **state) {
  struct fixture *fixture = *state;
  struct who who;
  assert_false(known_find(fixture->known, STR("token"), 5, &fixture->ctx, &who));
  known_keep(fixture->known, STR("token"), 5, &john);
  assert_true(known_find(fixture->known, STR("token"), 5, &fixture->ctx, &who));
  assert_int_equal(who.account_id, 7);
  assert_true(str_is(who.name, "John Doe"));
  assert_true(str_is(who.email, "johndoe@example.com"));
  assert_false(known_find(fixture->known, STR("token"), 6, &fixture->ctx, &who));
}

static void another_token_is_not(void **state) {
  struct fixture *fixture = *state;
  struct who who;
  known_keep(fixture->known, STR("head.claims.signature-of-thirty-two-bytes-and-more"), 5, &john);
  assert_false(known_find(fixture->known, STR("Head.claims.signature-of-thirty-two-bytes-and-more"), 5,
                          &fixture->ctx, &who));
  assert_false(
      known_find(fixture->known, STR("signature-of-thirty-two-bytes-and-more"), 5, &fixture->ctx, &who));
}

static void an_expired_session_is_not(void **state) {
  struct fixture *fixture = *state;
  struct who who;
  known_keep(fixture->known, STR("token"), 5, &john);
  fixture->ctx.now_us = 2000;
  assert_false(known_find(fixture->known, STR("token"), 5, &fixture->ctx, &who));
}

static void texts_outlive_the_entry(void **state) {
  struct fixture *fixture = *state;
  struct who who;
  known_keep(fixture->known, STR("token"), 5, &john);
  assert_true(known_find(fixture->known, STR("token"), 5, &fixture->ctx, &who));
  struct who jane = john;
  jane.name = STR("Jane Smith, whose longer name takes the entry's memory");
  known_keep(fixture->known, STR("token"), 6, &jane);
  assert_true(str_is(who.name, "John Doe"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_caller_is_known_while_nothing_was_committed, setup, teardown),
      cmocka_unit_test_setup_teardown(another_token_is_not, setup, teardown),
      cmocka_unit_test_setup_teardown(an_expired_session_is_not, setup, teardown),
      cmocka_unit_test_setup_teardown(texts_outlive_the_entry, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
