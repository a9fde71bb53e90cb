#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "wire_test.h"

static const struct word states[] = {{"pending", 1}, {"wartend", 1}, {"doing", 2}, {NULL, 0}};

struct inner {
  struct str name;
};
static const struct field inner_rows[] = {FIELD(struct inner, name, TEXT, "name", 0)};
static const struct fields inner_fields = {
    .title = "Inner", .rows = inner_rows, .count = 1, .size = sizeof(struct inner), .present = -1};

static void print_pair(struct buf *out, const void *member) {
  int64_t number = *(const int64_t *)member;
  if (number == 0) {
    buf_add_text(out, "null");
  } else if (number > 0) {
    buf_format(out, "[%lld]", (long long)number);
  }
}
static const struct field_custom pair = {.print = print_pair};
static const struct field_custom silent = {.schema = "{}"};

struct outer {
  struct str text;
  int64_t whole;
  double real;
  bool truth;
  int state;
  int64_t at;
  struct uuid uuid;
  const struct inner *inner;
  struct list inners;
  struct list texts;
  int64_t pair;
};
#define ROWS(flags)                                                                                       \
  {                                                                                                       \
    FIELD(struct outer, text, TEXT, "text", flags), FIELD(struct outer, whole, INT, "whole", flags),      \
        FIELD(struct outer, real, REAL, "real", flags), FIELD(struct outer, truth, BOOL, "truth", flags), \
        FIELD(struct outer, state, WORD, "state", flags, .words = states),                                \
        FIELD(struct outer, at, TIME, "at", flags), FIELD(struct outer, uuid, UUID, "uuid", flags),       \
        FIELD(struct outer, inner, OBJECT, "inner", flags, .of = &inner_fields),                          \
        FIELD(struct outer, inners, LIST, "inners", flags, .of = &inner_fields),                          \
        FIELD(struct outer, texts, LIST, "texts", flags),                                                 \
        FIELD(struct outer, pair, CUSTOM, "pair", flags, .custom = &pair),                                \
        FIELD(struct outer, pair, CUSTOM, "silent", flags, .custom = &silent),                            \
        FIELD_CONST("status", "true"),                                                                    \
  }
static const struct field full_rows[] = ROWS(0);
static const struct field short_rows[] = ROWS(FIELD_OMIT_NULL);
enum { ROW_COUNT = sizeof(full_rows) / sizeof(full_rows[0]) };
static const struct fields full_fields = {
    .title = "Full", .rows = full_rows, .count = ROW_COUNT, .size = sizeof(struct outer), .present = -1};
static const struct fields short_fields = {
    .title = "Short", .rows = short_rows, .count = ROW_COUNT, .size = sizeof(struct outer), .present = -1};

static const char *printed(struct ctx *ctx, const struct fields *fields, const void *in) {
  struct buf out CLEANUP_BUF;
  buf_init(&out, 1 << 20);
  wire_print_json(&out, fields, in);
  assert_false(out.full);
  return str_c(ctx->arena, buf_str(&out));
}

static void every_kind_prints(void **state) {
  struct inner inner = {STR("in")};
  struct inner two[] = {{STR("a")}, {STR_NONE}};
  struct str texts[] = {STR("x"), STR("y\"")};
  struct outer outer = {.text = STR("t"),
                        .whole = INT64_MIN,
                        .real = 0.1,
                        .truth = true,
                        .state = 1,
                        .at = INT64_C(1738310400000001),
                        .uuid = {{1, 0x94, 0xbb, 0x8c, [15] = 1}},
                        .inner = &inner,
                        .inners = {two, 2},
                        .texts = {texts, 2},
                        .pair = 7};
  assert_string_equal(
      printed(*state, &full_fields, &outer),
      "{\"text\":\"t\",\"whole\":-9223372036854775808,\"real\":0.1,\"truth\":true,"
      "\"state\":\"pending\",\"at\":\"2025-01-31T08:00:00.000001Z\","
      "\"uuid\":\"0194bb8c-0000-0000-0000-000000000001\",\"inner\":{\"name\":\"in\"},"
      "\"inners\":[{\"name\":\"a\"},{\"name\":null}],\"texts\":[\"x\",\"y\\\"\"],\"pair\":[7],"
      "\"silent\":null,\"status\":true}");
}

static void absent_values_are_null_and_lists_are_empty(void **state) {
  struct outer outer = {.real = NAN};
  assert_string_equal(printed(*state, &full_fields, &outer),
                      "{\"text\":null,\"whole\":0,\"real\":null,\"truth\":false,\"state\":null,\"at\":null,"
                      "\"uuid\":null,\"inner\":null,\"inners\":[],\"texts\":[],\"pair\":null,\"silent\":null,"
                      "\"status\":true}");
  outer.pair = -1; /* its printer prints nothing at all */
  assert_non_null(strstr(printed(*state, &full_fields, &outer), "\"pair\":null,"));
}

static void absent_values_are_left_out_where_the_row_says_so(void **state) {
  struct inner none[1];
  struct outer outer = {.real = NAN, .texts = {none, 0}};
  assert_string_equal(printed(*state, &short_fields, &outer),
                      "{\"whole\":0,\"truth\":false,\"texts\":[],\"status\":true}");
}

static void nothing_prints_as_null(void **state) {
  assert_string_equal(printed(*state, &inner_fields, NULL), "null");
}

static void rows_alone_tell_whether_there_were_any(void **state) {
  (void)state;
  static const struct field rows[] = {FIELD(struct inner, name, TEXT, "name", FIELD_OMIT_NULL)};
  static const struct fields fields = {
      .title = "R", .rows = rows, .count = 1, .size = sizeof(struct inner), .present = -1};
  struct inner inner = {STR_NONE};
  struct buf out CLEANUP_BUF;
  buf_init(&out, 100);
  assert_false(wire_print_rows(&out, &fields, &inner));
  assert_int_equal(out.len, 0);
  inner.name = STR("x");
  assert_true(wire_print_rows(&out, &fields, &inner));
  assert_str(buf_str(&out), "\"name\":\"x\"");
}

static void every_text_comes_back_as_it_was(void **state) {
  (void)state;
  char bytes[300];
  for (unsigned offset = 0; offset < 20; offset++) {
    for (unsigned c = 1; c < 128; c++) {
      struct buf out CLEANUP_BUF;
      buf_init(&out, 4096);
      memset(bytes, 'x', sizeof(bytes));
      bytes[offset] = (char)c;
      bytes[offset + 9] = '"';
      struct str text = {bytes, offset + 12};
      wire_print_text(&out, text);
      json_t *json = json_loadb(out.at, out.len, JSON_DECODE_ANY, NULL);
      assert_non_null(json);
      assert_int_equal(json_string_length(json), text.len);
      assert_memory_equal(json_string_value(json), text.at, text.len);
      json_decref(json);
    }
  }
}

static void texts_are_escaped_briefly(void **state) {
  (void)state;
  struct buf out CLEANUP_BUF;
  buf_init(&out, 1000);
  wire_print_text(&out, STR("a\b\t\n\f\r\"\\/\x01\x1f\x7fäöü😀</script>"));
  assert_str(buf_str(&out), "\"a\\b\\t\\n\\f\\r\\\"\\\\/\\u0001\\u001f\x7fäöü😀</script>\"");
  buf_clear(&out);
  wire_print_text(&out, STR(""));
  assert_str(buf_str(&out), "\"\"");
}

static void reals_are_short_and_come_back(void **state) {
  (void)state;
  static const struct {
    double number;
    const char *text;
  } cases[] = {{0, "0"},      {-0.0, "0"},        {5, "5"},          {-5, "-5"},
               {0.1, "0.1"},  {1e15, "1e+15"},    {1e300, "1e+300"}, {1.5e-7, "1.5e-07"},
               {NAN, "null"}, {INFINITY, "null"}, {99.9, "99.9"},    {1.0 / 3, "0.3333333333333333"}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct buf out CLEANUP_BUF;
    buf_init(&out, 100);
    wire_print_real(&out, cases[i].number);
    assert_str(buf_str(&out), cases[i].text);
  }
  srand(1);
  for (int i = 0; i < 20000; i++) {
    uint64_t bits = (uint64_t)rand() << 40 ^ (uint64_t)rand() << 20 ^ (uint64_t)rand();
    double number;
    memcpy(&number, &bits, 8);
    if (!isfinite(number)) {
      continue;
    }
    struct buf out CLEANUP_BUF;
    buf_init(&out, 100);
    wire_print_real(&out, number);
    buf_add_char(&out, '\0');
    assert_true(strtod(out.at, NULL) == number);
  }
}

static void a_full_buffer_is_told_and_never_overrun(void **state) {
  (void)state;
  struct str texts[] = {STR("a text that is a little longer"), STR("and \"another\" one")};
  struct outer outer = {.text = STR("t"), .texts = {texts, 2}};
  for (size_t max = 0; max < 180; max++) {
    struct buf out CLEANUP_BUF;
    buf_init(&out, max);
    wire_print_json(&out, &full_fields, &outer);
    assert_true(out.full);
    assert_true(out.len <= max);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      WIRE_TEST(every_kind_prints),
      WIRE_TEST(absent_values_are_null_and_lists_are_empty),
      WIRE_TEST(absent_values_are_left_out_where_the_row_says_so),
      WIRE_TEST(nothing_prints_as_null),
      WIRE_TEST(rows_alone_tell_whether_there_were_any),
      WIRE_TEST(every_text_comes_back_as_it_was),
      WIRE_TEST(texts_are_escaped_briefly),
      WIRE_TEST(reals_are_short_and_come_back),
      WIRE_TEST(a_full_buffer_is_told_and_never_overrun),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
