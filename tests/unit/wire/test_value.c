#include <math.h>

#include "wire/internal.h"
#include "wire_test.h"

/* One value against one row, from text: what forms send and what loose JSON does. */

static const struct word states[] = {
    {"pending", 1}, {"doing", 2}, {"conclued", 3}, {"concluded", 3}, {NULL, 0}};

static enum status last;

static const char *reason_of(struct ctx *ctx, struct field row, const char *text, void *member) {
  const char *reason = "";
  last = value_from_text(ctx, &row, str_of(text), member, &reason);
  return last == STATUS_OK ? "" : reason;
}

static void texts_are_measured_in_characters(void **state) {
  struct str out = STR_NONE;
  struct field row = {.name = "t", .kind = FIELD_KIND_TEXT, .min = 2, .max = 3};
  assert_string_equal(reason_of(*state, row, "äöü", &out), "");
  assert_str(out, "äöü");
  assert_string_equal(reason_of(*state, row, "äöüß", &out), "must be at most 3 characters");
  assert_string_equal(reason_of(*state, row, "ä", &out), "must be at least 2 characters");
  row.min = 1;
  assert_string_equal(reason_of(*state, row, "", &out), "must not be empty");
  row.max = 1;
  assert_string_equal(reason_of(*state, row, "ab", &out), "must be at most 1 character");
}

static void a_text_without_a_limit_has_one(void **state) {
  struct str out;
  static char large[64 * 1024 + 2];
  struct field row = {.name = "t", .kind = FIELD_KIND_TEXT};
  memset(large, 'x', 64 * 1024);
  assert_string_equal(reason_of(*state, row, large, &out), "");
  large[64 * 1024] = 'x';
  assert_string_equal(reason_of(*state, row, large, &out), "must be at most 65536 bytes");
}

static void control_characters_are_refused_but_in_passwords(void **state) {
  struct str out;
  struct field row = {.name = "t", .kind = FIELD_KIND_TEXT};
  assert_string_equal(reason_of(*state, row, "a\tb\nc\rd", &out), "");
  assert_string_equal(reason_of(*state, row, "a\x1b[31m", &out), "contains control characters");
  row.flags = FIELD_ANY_TEXT;
  assert_string_equal(reason_of(*state, row, "a\x1b[31m", &out), "");
  const char *reason = "";
  assert_int_equal(value_from_text(*state, &row, STR("a\0b"), &out, &reason), STATUS_INVALID);
  assert_string_equal(reason, "contains control characters");
}

static void blank_is_blank_in_every_script(void **state) {
  struct str out = STR_NONE;
  struct field row = {.name = "t", .kind = FIELD_KIND_TEXT, .flags = FIELD_NOT_BLANK};
  assert_string_equal(reason_of(*state, row, " \t\n", &out), "must not be blank");
  assert_string_equal(reason_of(*state, row, "", &out), "must not be blank");
  assert_string_equal(reason_of(*state, row, "\u00a0\u3000\u200b\ufeff", &out), "must not be blank");
  assert_string_equal(reason_of(*state, row, "\u3000x", &out), "");
  assert_string_equal(reason_of(*state, row, "😀", &out), "");
  row.flags |= FIELD_TRIM;
  row.max = 1;
  assert_string_equal(reason_of(*state, row, "  x \n", &out), "");
  assert_str(out, "x");
}

static void whole_numbers_have_bounds(void **state) {
  int64_t out = 77;
  struct field row = {.name = "n", .kind = FIELD_KIND_INT, .min = 1, .max = 100};
  assert_string_equal(reason_of(*state, row, "100", &out), "");
  assert_int_equal(out, 100);
  assert_string_equal(reason_of(*state, row, "101", &out), "must be at most 100");
  assert_string_equal(reason_of(*state, row, "0", &out), "must be at least 1");
  static const char *const wrong[] = {
      "", "1.0", "+1", " 1", "1 ", "0x10", "1e2", "one", "9223372036854775808"};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    assert_string_equal(reason_of(*state, row, wrong[i], &out), "must be a whole number");
  }
  assert_int_equal(out, 100);
  row.min = row.max = 0;
  assert_string_equal(reason_of(*state, row, "-9223372036854775808", &out), "");
  assert_true(out == INT64_MIN);
  row.min = 1;
  assert_string_equal(reason_of(*state, row, "9223372036854775807", &out), "");
  assert_string_equal(reason_of(*state, row, "0", &out), "must be at least 1");
  row = (struct field){.kind = FIELD_KIND_INT, .max = 5};
  assert_string_equal(reason_of(*state, row, "-1", &out), "must be at least 0");
}

static void whole_numbers_written_as_reals_are_exact_or_refused(void **state) {
  int64_t out = 0;
  const char *reason = "";
  struct field row = {.name = "n", .kind = FIELD_KIND_INT};
  assert_int_equal(value_from_real(*state, &row, 5.0, &out, &reason), STATUS_OK);
  assert_int_equal(out, 5);
  assert_int_equal(value_from_real(*state, &row, 5.5, &out, &reason), STATUS_INVALID);
  assert_string_equal(reason, "must be a whole number");
  assert_int_equal(value_from_real(*state, &row, 1e300, &out, &reason), STATUS_INVALID);
  assert_string_equal(reason, "is out of range");
  assert_int_equal(value_from_real(*state, &row, INFINITY, &out, &reason), STATUS_INVALID);
  assert_int_equal(out, 5);
}

static void numbers_follow_the_grammar_of_json(void **state) {
  double out = 0;
  struct field row = {.name = "n", .kind = FIELD_KIND_REAL};
  assert_string_equal(reason_of(*state, row, "-0.25e2", &out), "");
  assert_true(out == -25.0);
  static const char *const wrong[] = {"",    "-",   "1.",    ".5", "01",  "1e",
                                      "inf", "nan", "0x1p3", "1 ", "1,5", "1e999"};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    assert_string_equal(reason_of(*state, row, wrong[i], &out), "must be a number");
  }
  row.real_min = -90;
  row.real_max = 90;
  assert_string_equal(reason_of(*state, row, "90.5", &out), "must be at most 90");
  assert_string_equal(reason_of(*state, row, "-90.5", &out), "must be at least -90");
  row.real_min = 0.5;
  row.real_max = 0;
  assert_string_equal(reason_of(*state, row, "1e9", &out), "");
  assert_string_equal(reason_of(*state, row, "0.4", &out), "must be at least 0.5");
  row.real_min = -1;
  assert_string_equal(reason_of(*state, row, "0.4", &out), "must be at most 0");
}

static void truths_words_times_and_uuids(void **state) {
  bool truth = false;
  struct field row = {.kind = FIELD_KIND_BOOL};
  assert_string_equal(reason_of(*state, row, "true", &truth), "");
  assert_true(truth);
  assert_string_equal(reason_of(*state, row, "0", &truth), "");
  assert_false(truth);
  assert_string_equal(reason_of(*state, row, "yes", &truth), "must be true or false");

  int word = 0;
  row = (struct field){.kind = FIELD_KIND_WORD, .words = states};
  assert_string_equal(reason_of(*state, row, "concluded", &word), "");
  assert_int_equal(word, 3);
  assert_string_equal(reason_of(*state, row, "done", &word), "must be one of pending, doing, conclued");
  assert_string_equal(reason_of(*state, row, "Doing", &word), "must be one of pending, doing, conclued");
  row.flags = FIELD_FOLD_WORDS;
  assert_string_equal(reason_of(*state, row, "Doing", &word), "");
  assert_int_equal(word, 2);

  int64_t time_us = 0;
  row = (struct field){.kind = FIELD_KIND_TIME};
  assert_string_equal(reason_of(*state, row, "2025-01-31T08:00:00+07:00", &time_us), "");
  assert_true(time_us == INT64_C(1738285200000000));
  assert_string_equal(reason_of(*state, row, "yesterday", &time_us),
                      "must be a date and time like 2025-01-31T08:00:00Z");
  assert_string_equal(reason_of(*state, row, "1970-01-01T00:00:00Z", &time_us),
                      "must be a date and time like 2025-01-31T08:00:00Z");

  struct uuid uuid;
  row = (struct field){.kind = FIELD_KIND_UUID};
  assert_string_equal(reason_of(*state, row, "0194BB8C-8000-7000-8000-000000000001", &uuid), "");
  assert_int_equal(uuid.bytes[1], 0x94);
  assert_string_equal(reason_of(*state, row, "0194bb8c", &uuid), "must be a uuid");
  assert_string_equal(reason_of(*state, row, "00000000-0000-0000-0000-000000000000", &uuid),
                      "must be a uuid");
}

static enum status read_custom(struct ctx *ctx, struct str text, void *member, const char **reason) {
  if (str_is(text, "trouble")) {
    return problem_set(ctx, &problem_storage_full);
  }
  if (str_is(text, "silent")) {
    return STATUS_INVALID;
  }
  *reason = "is no good";
  *(struct str *)member = text;
  return str_is(text, "good") ? STATUS_OK : STATUS_INVALID;
}

static void a_custom_reader_decides_itself(void **state) {
  static const struct field_custom custom = {.read = read_custom};
  struct str out = STR_NONE;
  struct field row = {.kind = FIELD_KIND_CUSTOM, .custom = &custom, .flags = FIELD_TRIM};
  assert_string_equal(reason_of(*state, row, " good ", &out), "");
  assert_str(out, "good");
  assert_string_equal(reason_of(*state, row, "bad", &out), "is no good");
  assert_string_equal(reason_of(*state, row, "silent", &out), "is not valid");
  const char *reason = NULL;
  assert_int_equal(value_from_text(*state, &row, STR("trouble"), &out, &reason), STATUS_STORAGE_FULL);
  assert_null(reason);
}

static void lists_are_counted(void **state) {
  struct field row = {.kind = FIELD_KIND_LIST};
  assert_null(value_count_reason(*state, &row, 1000));
  assert_string_equal(value_count_reason(*state, &row, 1001), "must have at most 1000 items");
  row.min = row.max = 1;
  assert_string_equal(value_count_reason(*state, &row, 0), "must have at least 1 item");
  assert_string_equal(value_count_reason(*state, &row, 2), "must have at most 1 item");
}

static void names_are_cut_between_characters(void **state) {
  (void)state;
  char name[120];
  memset(name, 'x', sizeof(name));
  memcpy(name + 99, "ä", 2);
  assert_int_equal(value_cut((struct str){name, sizeof(name)}).len, 99);
  assert_int_equal(value_cut((struct str){name, 20}).len, 20);
}

static void what_does_not_fit_the_arena_is_refused(void **state) {
  struct ctx *ctx = *state;
  assert_int_equal(value_room(ctx, 10, 10), STATUS_OK);
  assert_int_equal(value_room(ctx, SIZE_MAX / 8, 16), STATUS_TOO_LARGE);
  assert_ptr_equal(ctx->problem.kind, &problem_too_large);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      WIRE_TEST(texts_are_measured_in_characters),
      WIRE_TEST(a_text_without_a_limit_has_one),
      WIRE_TEST(control_characters_are_refused_but_in_passwords),
      WIRE_TEST(blank_is_blank_in_every_script),
      WIRE_TEST(whole_numbers_have_bounds),
      WIRE_TEST(whole_numbers_written_as_reals_are_exact_or_refused),
      WIRE_TEST(numbers_follow_the_grammar_of_json),
      WIRE_TEST(truths_words_times_and_uuids),
      WIRE_TEST(a_custom_reader_decides_itself),
      WIRE_TEST(lists_are_counted),
      WIRE_TEST(names_are_cut_between_characters),
      WIRE_TEST(what_does_not_fit_the_arena_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
