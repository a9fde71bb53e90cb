#include "unit.h"

#include "base/ctx.h"
#include "base/problem.h"

static const struct problem_kind gone = {STATUS_NOT_FOUND, "gone", "It is gone."};
static const struct problem_kind taken = {STATUS_DUPLICATE, "taken", "It is taken."};

static int setup(void **state) {
  struct ctx *ctx = calloc(1, sizeof(*ctx));
  ctx->arena = arena_new(1 << 20);
  *state = ctx;
  return 0;
}

static int teardown(void **state) {
  struct ctx *ctx = *state;
  arena_free(ctx->arena);
  free(ctx);
  return 0;
}

static void the_first_problem_stays(void **state) {
  struct ctx *ctx = *state;
  assert_int_equal(problem_set(ctx, &gone), STATUS_NOT_FOUND);
  assert_int_equal(problem_set(ctx, &taken), STATUS_DUPLICATE);
  assert_ptr_equal(ctx->problem.kind, &gone);
}

static void faults_are_gathered_in_order(void **state) {
  struct ctx *ctx = *state;
  assert_int_equal(problem_fault(ctx, STR("title"), STR("is required")), STATUS_INVALID);
  for (int i = 1; i < 20; i++) {
    struct str field = str_format(ctx->arena, "field_%d", i);
    assert_int_equal(problem_fault(ctx, field, STR("is wrong")), STATUS_INVALID);
  }
  assert_ptr_equal(ctx->problem.kind, &problem_invalid);
  assert_int_equal(ctx->problem.fault_count, 20);
  assert_str(ctx->problem.faults[0].field, "title");
  assert_str(ctx->problem.faults[0].reason, "is required");
  assert_str(ctx->problem.faults[7].field, "field_7");
  assert_str(ctx->problem.faults[19].field, "field_19");
}

static void faults_over_the_maximum_are_dropped(void **state) {
  struct ctx *ctx = *state;
  for (int i = 0; i < PROBLEM_FAULTS_MAX + 10; i++) {
    struct str field = str_format(ctx->arena, "f%d", i);
    assert_int_equal(problem_fault(ctx, field, STR("is wrong")), STATUS_INVALID);
  }
  assert_int_equal(ctx->problem.fault_count, PROBLEM_FAULTS_MAX);
  assert_str(ctx->problem.faults[PROBLEM_FAULTS_MAX - 1].field, "f63");
}

static void a_fault_leaves_an_earlier_problem(void **state) {
  struct ctx *ctx = *state;
  assert_int_equal(problem_set(ctx, &gone), STATUS_NOT_FOUND);
  assert_int_equal(problem_fault(ctx, STR("a"), STR("is wrong")), STATUS_INVALID);
  assert_ptr_equal(ctx->problem.kind, &gone);
}

static void clearing_forgets_all(void **state) {
  struct ctx *ctx = *state;
  assert_int_equal(problem_fault(ctx, STR("a"), STR("is wrong")), STATUS_INVALID);
  problem_clear(ctx);
  assert_null(ctx->problem.kind);
  assert_int_equal(ctx->problem.fault_count, 0);
  assert_int_equal(problem_fault(ctx, STR("b"), STR("is wrong")), STATUS_INVALID);
  assert_int_equal(ctx->problem.fault_count, 1);
  assert_str(ctx->problem.faults[0].field, "b");
}

static void unavailable_says_when_to_come_again(void **state) {
  struct ctx *ctx = *state;
  assert_int_equal(problem_set(ctx, &problem_unavailable), STATUS_UNAVAILABLE);
  assert_int_equal(ctx->problem.retry_after_s, 1);
}

static void no_kind_reads_as_success(void **state) {
  struct ctx *ctx = *state;
  static const struct problem_kind unfinished = {.code = "unfinished"};
  assert_int_equal(problem_set(ctx, &unfinished), STATUS_BROKEN);
  assert_ptr_equal(ctx->problem.kind, &unfinished);
}

static void a_text_is_utf8_without_control_characters_and_not_too_long(void **state) {
  struct ctx *ctx = *state;
  static const struct {
    const char *text;
    bool required;
    const char *reason; /* NULL: fine */
  } cases[] = {
      {"ok", true, NULL},
      {NULL, false, NULL},
      {"", false, NULL},
      {NULL, true, "is required"},
      {" \t ", true, "is required"},
      {"\xc3\xa9\xc3\xa9\xc3\xa9", true, NULL}, /* three characters, six bytes */
      {"four", false, "must be at most 3 characters"},
      {"\xff", false, "must be UTF-8 text"},
      {"\x01", false, "must not hold control characters"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    problem_clear(ctx);
    enum status status = problem_check_text(ctx, "field", str_of(cases[i].text), cases[i].required, 3);
    assert_int_equal(status, cases[i].reason == NULL ? STATUS_OK : STATUS_INVALID);
    assert_int_equal(ctx->problem.fault_count, cases[i].reason != NULL);
    if (cases[i].reason != NULL) {
      assert_true(str_is(ctx->problem.faults[0].field, "field"));
      assert_true(str_is(ctx->problem.faults[0].reason, cases[i].reason));
    }
  }
}

static void the_common_kinds_have_their_status(void **state) {
  (void)state;
  assert_int_equal(problem_invalid.status, STATUS_INVALID);
  assert_int_equal(problem_too_large.status, STATUS_TOO_LARGE);
  assert_int_equal(problem_unsupported.status, STATUS_UNSUPPORTED);
  assert_int_equal(problem_storage_full.status, STATUS_STORAGE_FULL);
  assert_int_equal(problem_unavailable.status, STATUS_UNAVAILABLE);
  assert_int_equal(problem_broken.status, STATUS_BROKEN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_first_problem_stays, setup, teardown),
      cmocka_unit_test_setup_teardown(faults_are_gathered_in_order, setup, teardown),
      cmocka_unit_test_setup_teardown(faults_over_the_maximum_are_dropped, setup, teardown),
      cmocka_unit_test_setup_teardown(a_fault_leaves_an_earlier_problem, setup, teardown),
      cmocka_unit_test_setup_teardown(clearing_forgets_all, setup, teardown),
      cmocka_unit_test_setup_teardown(unavailable_says_when_to_come_again, setup, teardown),
      cmocka_unit_test_setup_teardown(no_kind_reads_as_success, setup, teardown),
      cmocka_unit_test_setup_teardown(a_text_is_utf8_without_control_characters_and_not_too_long, setup,
                                      teardown),
      cmocka_unit_test(the_common_kinds_have_their_status),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
