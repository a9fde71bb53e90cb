#include "wire_test.h"

static const struct word colours[] = {{"red", 3}, {"rot", 3}, {"green", 4}, {NULL, 0}};

struct thing {
  uint64_t present;
  struct str a, b;
};

static const struct field rows[] = {
    FIELD(struct thing, a, TEXT, "a", 0),
    FIELD(struct thing, b, TEXT, "b", 0),
};
static const struct fields with_map = {.title = "T",
                                       .rows = rows,
                                       .count = 2,
                                       .size = sizeof(struct thing),
                                       .present = offsetof(struct thing, present)};
static const struct fields without_map = {
    .title = "T", .rows = rows, .count = 2, .size = sizeof(struct thing), .present = -1};

static void first_row_prints_a_value(void **state) {
  (void)state;
  assert_string_equal(word_of(colours, 3), "red");
  assert_string_equal(word_of(colours, 4), "green");
  assert_string_equal(word_of(colours, 9), "");
}

static void every_row_is_read(void **state) {
  (void)state;
  int value = -1;
  assert_int_equal(word_value(colours, STR("rot"), false, &value), STATUS_OK);
  assert_int_equal(value, 3);
  assert_int_equal(word_value(colours, STR("green"), false, &value), STATUS_OK);
  assert_int_equal(value, 4);
}

static void unknown_words_leave_the_value_alone(void **state) {
  (void)state;
  int value = 77;
  assert_int_equal(word_value(colours, STR("blue"), true, &value), STATUS_INVALID);
  assert_int_equal(word_value(colours, STR("re"), true, &value), STATUS_INVALID);
  assert_int_equal(word_value(colours, STR(""), true, &value), STATUS_INVALID);
  assert_int_equal(word_value(colours, STR_NONE, true, &value), STATUS_INVALID);
  assert_int_equal(value, 77);
}

static void letter_case_counts_unless_folded(void **state) {
  (void)state;
  int value = 0;
  assert_int_equal(word_value(colours, STR("RED"), false, &value), STATUS_INVALID);
  assert_int_equal(word_value(colours, STR("RED"), true, &value), STATUS_OK);
  assert_int_equal(value, 3);
}

static void presence_is_read_from_the_map(void **state) {
  (void)state;
  struct thing thing = {.present = 2};
  assert_false(field_present(&with_map, &thing, "a"));
  assert_true(field_present(&with_map, &thing, "b"));
  assert_false(field_present(&with_map, &thing, "c"));
  assert_false(field_present(&without_map, &thing, "b"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(first_row_prints_a_value),
      cmocka_unit_test(every_row_is_read),
      cmocka_unit_test(unknown_words_leave_the_value_alone),
      cmocka_unit_test(letter_case_counts_unless_folded),
      cmocka_unit_test(presence_is_read_from_the_map),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
