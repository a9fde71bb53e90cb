#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "net/json_check.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void json_is_json(void **state) {
  (void)state;
  static const char *const good[] = {"0",
                                     "-0",
                                     "10.50e+9",
                                     "1E5",
                                     "true",
                                     " null\r\n\t",
                                     "\"\"",
                                     "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\"",
                                     "\"\\ud83d\\ude00\"",
                                     "[]",
                                     "[ ]",
                                     "{}",
                                     "{ }",
                                     "[1,\"a\",[],{},null,true,false]",
                                     "{\"a\":{\"b\":[{\"c\":1}]},\"a\":2}",
                                     "[[[[]]],[]]",
                                     "\"\xc3\xa4\"",
                                     " [ 1 , { \"a\" : [ ] } ] "};
  for (size_t i = 0; i < COUNT(good); i++) {
    if (json_check(str_of(good[i])) != STATUS_OK) {
      fail_msg("refused: %s", good[i]);
    }
  }
}

static void what_is_not_quite_json_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    " ",
                                    "01",
                                    "-",
                                    "+1",
                                    "1.",
                                    ".5",
                                    "1e",
                                    "1e+",
                                    "0x1",
                                    "NaN",
                                    "tru",
                                    "truex",
                                    "nul",
                                    "'a'",
                                    "\"",
                                    "\"\\\"",
                                    "\"\\x\"",
                                    "\"\\u12\"",
                                    "\"\\u12g4\"",
                                    "\"\\ud800\"",
                                    "\"\\ud800\\u0041\"",
                                    "\"\\udc00\"",
                                    "\"\n\"",
                                    "\"\x1f\"",
                                    "[",
                                    "]",
                                    "[1",
                                    "[1,",
                                    "[1,]",
                                    "[,1]",
                                    "[1 2]",
                                    "[1}",
                                    "{",
                                    "{1:2}",
                                    "{\"a\"}",
                                    "{\"a\":}",
                                    "{\"a\":1,}",
                                    "{\"a\":1]",
                                    "{,}",
                                    "{\"a\":1 \"b\":2}",
                                    "1 2",
                                    "[]]",
                                    "[] []",
                                    "{}x",
                                    "\"\xff\"",
                                    "\"\xed\xa0\x80\"",
                                    "//",
                                    "\x0b"
                                    "1"};
  for (size_t i = 0; i < COUNT(bad); i++) {
    if (json_check(str_of(bad[i])) != STATUS_INVALID) {
      fail_msg("taken: %s", bad[i]);
    }
  }
  assert_int_equal(json_check((struct str){"1\0", 2}), STATUS_INVALID);
  assert_int_equal(json_check((struct str){"\"\0\"", 3}), STATUS_INVALID);
  assert_int_equal(json_check((struct str){"\"\\\0\"", 4}), STATUS_INVALID);
}

static enum status nested(size_t depth, const char *open, const char *close, const char *core) {
  CLEANUP_BUF struct buf text;
  buf_init(&text, (size_t)1 << 30);
  for (size_t i = 0; i < depth; i++) {
    buf_add_text(&text, open);
  }
  buf_add_text(&text, core);
  for (size_t i = 0; i < depth; i++) {
    buf_add_text(&text, close);
  }
  return json_check(buf_str(&text));
}

static void nesting_has_a_limit_and_costs_no_stack(void **state) {
  (void)state;
  assert_int_equal(nested(JSON_DEPTH_MAX, "[", "]", ""), STATUS_OK);
  assert_int_equal(nested(JSON_DEPTH_MAX + 1, "[", "]", ""), STATUS_TOO_LARGE);
  assert_int_equal(nested(JSON_DEPTH_MAX, "{\"a\":", "}", "1"), STATUS_OK);
  assert_int_equal(nested(JSON_DEPTH_MAX + 1, "{\"a\":", "}", "1"), STATUS_TOO_LARGE);
  enum { MANY = 10 * 1000 * 1000 };
  char *text = malloc(MANY);
  memset(text, '[', MANY);
  assert_int_equal(json_check((struct str){text, MANY}), STATUS_TOO_LARGE);
  free(text);
}

static void a_placeholder_stands_for_an_attachment_that_is_there(void **state) {
  (void)state;
  static const struct {
    const char *text;
    enum status status;
  } rows[] = {
      {"[{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]", STATUS_OK},
      {"[{\"num\":1,\"x\":[{}],\"_placeholder\":true}]", STATUS_OK},
      {"[{\"a\":{\"b\":[{\"_placeholder\":true,\"num\":0}]}}]", STATUS_OK},
      {"[{\"_placeholder\":false,\"num\":7}]", STATUS_OK},
      {"[{\"_placeholder\":\"true\"}]", STATUS_OK},
      {"[\"_placeholder\",true]", STATUS_OK},
      {"[{\"_placeholder\":[true]}]", STATUS_OK},
      {"[{\"_placeholder\":true,\"num\":2}]", STATUS_INVALID},
      {"[{\"_placeholder\":true,\"num\":-1}]", STATUS_INVALID},
      {"[{\"_placeholder\":true,\"num\":0.5}]", STATUS_INVALID},
      {"[{\"_placeholder\":true,\"num\":\"0\"}]", STATUS_INVALID},
      {"[{\"_placeholder\":true,\"num\":0,\"num\":[0]}]", STATUS_INVALID},
      {"[{\"_placeholder\":true,\"num\":0,\"num\":{}}]", STATUS_INVALID},
      {"[{\"_placeholder\":true}]", STATUS_INVALID},
      {"[{\"_placeholder\":true,\"n\":{\"num\":0}}]", STATUS_INVALID},
      {"[{\"a\":{\"b\":[{\"_placeholder\":true,\"num\":9}]}}]", STATUS_INVALID},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    if (json_check_placeholders(str_of(rows[i].text), 2) != rows[i].status) {
      fail_msg("%s: wrong verdict", rows[i].text);
    }
    assert_int_equal(json_check(str_of(rows[i].text)), STATUS_OK);
  }
}

static void an_array_is_split_behind_its_first_element(void **state) {
  (void)state;
  static const struct {
    const char *array;
    const char *first; /* NULL: refused */
    const char *rest;  /* NULL: none */
  } rows[] = {
      {"[\"a\"]", "\"a\"", NULL}, {" [ \"a,]\\\"\" , 1 , [2] ] ", "\"a,]\\\"\"", "1 , [2]"},
      {"[1,{}]", "1", "{}"},      {"[-1.5e3]", "-1.5e3", NULL},
      {"[null,2]", "null", "2"},  {"[]", NULL, NULL},
      {"[ ]", NULL, NULL},        {"{}", NULL, NULL},
      {"1", NULL, NULL},          {"[[1],2]", NULL, NULL},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct str first;
    struct str rest;
    enum status status = json_split_first(str_of(rows[i].array), &first, &rest);
    assert_int_equal(status, rows[i].first != NULL ? STATUS_OK : STATUS_INVALID);
    if (rows[i].first != NULL) {
      assert_true(str_is(first, rows[i].first));
      assert_true(rows[i].rest != NULL ? str_is(rest, rows[i].rest) : rest.at == NULL);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_is_json),
      cmocka_unit_test(what_is_not_quite_json_is_refused),
      cmocka_unit_test(nesting_has_a_limit_and_costs_no_stack),
      cmocka_unit_test(a_placeholder_stands_for_an_attachment_that_is_there),
      cmocka_unit_test(an_array_is_split_behind_its_first_element),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
