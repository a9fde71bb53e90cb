#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api/kit/kit.h"

static void expect(const char *json, const char *yaml) {
  struct buf out CLEANUP_BUF;
  buf_init(&out, 1 << 20);
  kit_yaml(str_of(json), &out);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at, yaml);
}

static void members_stand_on_lines_of_their_own(void **state) {
  (void)state;
  expect("{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Doors\",\"size\":-1.5e3,\"open\":true,\"of\":null}}",
         "openapi: \"3.1.0\"\ninfo:\n  title: \"Doors\"\n  size: -1.5e3\n  open: true\n  of: null\n");
}

static void lists_have_dashes(void **state) {
  (void)state;
  expect("{\"a\":[1,\"b\",{\"c\":2,\"d\":[3,{\"e\":4}]},[5,6]]}",
         "a:\n  - 1\n  - \"b\"\n  - c: 2\n    d:\n      - 3\n      - e: 4\n  - - 5\n    - 6\n");
}

static void what_is_empty_is_told_in_brackets(void **state) {
  (void)state;
  expect("{\"a\":{},\"b\":[],\"c\":[{},[]]}", "a: {}\nb: []\nc:\n  - {}\n  - []\n");
}

static void keys_that_yaml_would_read_otherwise_are_quoted(void **state) {
  (void)state;
  expect("{\"200\":1,\"/api/{id}\":2,\"no\":3,\"Null\":4,\"$ref\":5,\"x-permission\":6,\"\":7,\"a_1\":8}",
         "\"200\": 1\n\"/api/{id}\": 2\n\"no\": 3\n\"Null\": 4\n\"$ref\": 5\nx-permission: 6\n\"\": 7\na_1: "
         "8\n");
}

static void texts_stay_as_they_are_quoted(void **state) {
  (void)state;
  expect("{\"a\":\"x \\\"y\\\" \\\\\",\"b\":\": # - {\",\"c\":\"\\n\\u0000\"}",
         "a: \"x \\\"y\\\" \\\\\"\nb: \": # - {\"\nc: \"\\n\\u0000\"\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(members_stand_on_lines_of_their_own),
      cmocka_unit_test(lists_have_dashes),
      cmocka_unit_test(what_is_empty_is_told_in_brackets),
      cmocka_unit_test(keys_that_yaml_would_read_otherwise_are_quoted),
      cmocka_unit_test(texts_stay_as_they_are_quoted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
