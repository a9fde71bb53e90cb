#include "unit.h"

#include "base/str.h"

static void absent_is_not_empty(void **state) {
  (void)state;
  assert_null(str_of(NULL).at);
  assert_false(str_equal(STR_NONE, STR("")));
  assert_true(str_equal(STR_NONE, STR_NONE));
  assert_false(str_is(STR_NONE, ""));
  assert_true(str_is(STR(""), ""));
}

static void compares(void **state) {
  (void)state;
  assert_true(str_equal(STR("abc"), str_of("abc")));
  assert_false(str_equal(STR("abc"), STR("abd")));
  assert_false(str_equal(STR("abc"), STR("ab")));
  assert_true(str_equal_fold(STR("Content-LENGTH"), STR("content-length")));
  assert_false(str_equal_fold(STR("\xc3\x89"), STR("\xc3\xa9")));
  assert_false(str_equal_fold(STR("a@"), STR("a`")));
  assert_false(str_equal_fold(STR("a"), STR("ab")));
  assert_true(str_starts(STR("Bearer x"), "Bearer "));
  assert_false(str_starts(STR("Bear"), "Bearer "));
  assert_true(str_starts(STR_NONE, ""));
  assert_true(str_ends(STR("a.sql"), ".sql"));
  assert_false(str_ends(STR("sql"), ".sql"));
}

static void trims_and_finds(void **state) {
  (void)state;
  assert_str(str_trim(STR(" \t\r\n a b \v\f")), "a b");
  assert_str(str_trim(STR("   ")), "");
  assert_null(str_trim(STR_NONE).at);
  assert_int_equal(str_find(STR("a=b=c"), '='), 1);
  assert_int_equal(str_find(STR("abc"), '='), 3);
  assert_int_equal(str_find(STR_NONE, '='), 0);
}

static void copies_end_with_nul(void **state) {
  (void)state;
  CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
  struct str part = {"abcdef", 3};
  struct str copy = str_copy(arena, part);
  assert_str(copy, "abc");
  assert_int_equal(copy.at[3], '\0');
  assert_null(str_copy(arena, STR_NONE).at);
  assert_non_null(str_copy(arena, STR("")).at);
  assert_string_equal(str_c(arena, part), "abc");
  assert_string_equal(str_c(arena, STR_NONE), "");
}

static void formats_any_length(void **state) {
  (void)state;
  CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
  assert_str(str_format(arena, "%s-%d", "a", 5), "a-5");
  for (int len = 250; len < 262; len++) {
    struct str s = str_format(arena, "%*d", len, 7);
    assert_int_equal(s.len, len);
    assert_int_equal(s.at[len - 1], '7');
    assert_int_equal(s.at[len], '\0');
  }
}

static void reads_whole_numbers(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t number;
  } right[] = {{"0", 0},
               {"7", 7},
               {"-7", -7},
               {"1234567890123", INT64_C(1234567890123)},
               {"9223372036854775807", INT64_MAX},
               {"-9223372036854775808", INT64_MIN}};
  for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
    int64_t number = 99;
    assert_int_equal(str_int(str_of(right[i].text), &number), STATUS_OK);
    assert_int_equal(number, right[i].number);
  }
  static const char *const wrong[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "01",
                                      "-0",
                                      "-01",
                                      "00",
                                      "1.0",
                                      "1e3",
                                      "0x1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999",
                                      "a",
                                      "1-"};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    int64_t number = 99;
    assert_int_equal(str_int(str_of(wrong[i]), &number), STATUS_INVALID);
    assert_int_equal(number, 99);
  }
  int64_t number;
  assert_int_equal(str_int(STR_NONE, &number), STATUS_INVALID);
}

static void knows_utf8(void **state) {
  (void)state;
  static const char *const right[] = {"",
                                      "plain ascii text, longer than a word",
                                      "s\xc3\xa9",
                                      "\xe4\xb8\xad",
                                      "\xf0\x9f\x98\x80",
                                      "\xc2\x80",
                                      "\xe0\xa0\x80",
                                      "\xf0\x90\x80\x80",
                                      "\xf4\x8f\xbf\xbf",
                                      "\xed\x9f\xbf",
                                      "\xee\x80\x80",
                                      "12345678\xc3\xa9-12345678"};
  for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
    assert_true(str_utf8(str_of(right[i])));
  }
  static const char *const wrong[] = {"\x80",
                                      "\xc3",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "abc\xe4\xb8",
                                      "\xe4\xb8z",
                                      "12345678\xff",
                                      "\xc3\xa9\xc3"};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    assert_false(str_utf8(str_of(wrong[i])));
  }
}

static void counts_points(void **state) {
  (void)state;
  assert_int_equal(str_points(STR("")), 0);
  assert_int_equal(str_points(STR("a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80")), 4);
}

static void finds_control_characters(void **state) {
  (void)state;
  assert_false(str_has_control(STR("a\tb\r\nc \xc3\xa9\xc2\xa0")));
  assert_true(str_has_control((struct str){"a\0b", 3}));
  assert_true(str_has_control(STR("\x1b[2J")));
  assert_true(str_has_control(STR("\x7f")));
  assert_true(str_has_control(STR("\xc2\x85")));
  assert_false(str_has_control(STR("\xc2")));
  assert_false(str_has_control(STR_NONE));
}

static void cuts_at_words(void **state) {
  (void)state;
  assert_str(str_cut_words(STR("printer is broken"), 120), "printer is broken");
  assert_str(str_cut_words(STR("printer is broken"), 17), "printer is broken");
  assert_str(str_cut_words(STR("printer is broken"), 16), "printer is");
  assert_str(str_cut_words(STR("printer is broken"), 10), "printer is");
  assert_str(str_cut_words(STR("printer is broken"), 9), "printer");
  assert_str(str_cut_words(STR("printer   is"), 9), "printer");
  assert_str(str_cut_words(STR("printer"), 3), "pri");
  assert_str(str_cut_words(STR("\xc3\xa9\xc3\xa9\xc3\xa9"), 2), "\xc3\xa9\xc3\xa9");
  assert_str(str_cut_words(STR("abc"), 0), "");
  assert_str(str_cut_words(STR(""), 5), "");
}

static void folds_every_script(void **state) {
  (void)state;
  CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
  assert_str(str_fold(arena, STR("ABC xyz 123 @[`{")), "abc xyz 123 @[`{");
  assert_str(str_fold(arena, STR("\xc3\x89T\xc3\x89")), "\xc3\xa9t\xc3\xa9");
  /* Cyrillic, Greek with its final sigma, full width. */
  assert_str(str_fold(arena, STR("\xd0\x96\xd0\xb6")), "\xd0\xb6\xd0\xb6");
  assert_true(str_equal(str_fold(arena, STR("\xce\xa3\xce\x9f\xce\xa3")),
                        str_fold(arena, STR("\xcf\x83\xce\xbf\xcf\x82"))));
  assert_str(str_fold(arena, STR("\xef\xbc\xa1")), "\xef\xbd\x81");
  /* U+023A takes two bytes, its lower case U+2C65 three. */
  assert_str(str_fold(arena, STR("\xc8\xba\xc8\xba")), "\xe2\xb1\xa5\xe2\xb1\xa5");
  assert_null(str_fold(arena, STR_NONE).at);
  assert_str(str_fold(arena, STR("")), "");
  /* Bytes that are no UTF-8 stay as they are. */
  assert_str(str_fold(arena, STR("A\xff"
                                 "B\xc3")),
             "a\xff"
             "b\xc3");
  assert_int_equal(str_fold(arena, STR("AB")).at[2], '\0');
}

static void a_part_to_search_for_stands_for_itself(void **state) {
  (void)state;
  CLEANUP_ARENA struct arena *arena = arena_new(1 << 16);
  assert_str(str_like(arena, STR("\xd0\x96 Ab")), "%\xd0\xb6 ab%");
  assert_str(str_like(arena, STR("100%_\\")), "%100\\%\\_\\\\%");
  assert_null(str_like(arena, STR("")).at);
  assert_null(str_like(arena, STR_NONE).at);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(absent_is_not_empty),
      cmocka_unit_test(compares),
      cmocka_unit_test(trims_and_finds),
      cmocka_unit_test(copies_end_with_nul),
      cmocka_unit_test(formats_any_length),
      cmocka_unit_test(reads_whole_numbers),
      cmocka_unit_test(knows_utf8),
      cmocka_unit_test(counts_points),
      cmocka_unit_test(finds_control_characters),
      cmocka_unit_test(cuts_at_words),
      cmocka_unit_test(folds_every_script),
      cmocka_unit_test(a_part_to_search_for_stands_for_itself),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
