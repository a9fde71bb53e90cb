#include <math.h>

#include "wire_test.h"

static const struct word levels[] = {{"rendah", 1}, {"tinggi", 2}, {NULL, 0}};

struct filter {
  struct str text;
  int64_t limit;
  double ratio;
  bool open;
  int level;
  int64_t from;
  struct uuid user;
  struct list tags;
  uint64_t present;
};
static const struct field filter_rows[] = {
    FIELD(struct filter, text, TEXT, "respons", 0, .alias = "respon", .max = 20),
    FIELD(struct filter, limit, INT, "limit", FIELD_REQUIRED, .min = 1, .max = 100),
    FIELD(struct filter, ratio, REAL, "ratio", 0),
    FIELD(struct filter, open, BOOL, "open", 0),
    FIELD(struct filter, level, WORD, "prioritas", 0, .words = levels),
    FIELD(struct filter, from, TIME, "from", 0),
    FIELD(struct filter, user, UUID, "userId", 0),
    FIELD(struct filter, tags, LIST, "tags", 0),
    FIELD_CONST("status", "true"),
};
static const struct fields filter_fields = {.title = "Filter",
                                            .rows = filter_rows,
                                            .count = sizeof(filter_rows) / sizeof(filter_rows[0]),
                                            .size = sizeof(struct filter),
                                            .present = offsetof(struct filter, present)};

static enum status read_filter(struct ctx *ctx, const char *form, struct filter *out) {
  *out = (struct filter){0};
  problem_clear(ctx);
  return wire_read_form(ctx, str_of(form), &filter_fields, out);
}

static void a_query_becomes_a_struct(void **state) {
  struct filter filter;
  assert_int_equal(
      read_filter(*state,
                  "respons=a+b%20%C3%A4%2B%26%3D&limit=20&ratio=-0.5&open=true&prioritas=tinggi"
                  "&from=2025-01-31T08%3A00%3A00Z&userId=0194bb8c-8000-7000-8000-000000000001&x=y",
                  &filter),
      STATUS_OK);
  assert_str(filter.text, "a b ä+&=");
  assert_int_equal(filter.limit, 20);
  assert_true(filter.ratio == -0.5);
  assert_true(filter.open);
  assert_int_equal(filter.level, 2);
  assert_true(filter.from == INT64_C(1738310400000000));
  assert_int_equal(filter.user.bytes[15], 1);
  assert_int_equal(filter.present, 0x7F);
}

static void an_empty_value_is_a_text_but_no_number(void **state) {
  struct filter filter;
  assert_int_equal(read_filter(*state, "respons=&limit=5&prioritas=&from=&open&userId=&ratio=", &filter),
                   STATUS_OK);
  assert_str(filter.text, "");
  assert_int_equal(filter.present, 3);
  assert_true(isnan(filter.ratio));
  assert_int_equal(read_filter(*state, "limit=", &filter), STATUS_INVALID);
  assert_fault(*state, "limit", "is required");
  assert_int_equal(read_filter(*state, "", &filter), STATUS_INVALID);
  assert_fault(*state, "limit", "is required");
}

static void empty_pieces_between_ampersands_are_nothing(void **state) {
  struct filter filter;
  assert_int_equal(read_filter(*state, "&&limit=7&&", &filter), STATUS_OK);
  assert_int_equal(filter.limit, 7);
}

static void every_fault_is_told(void **state) {
  struct ctx *ctx = *state;
  struct filter filter;
  assert_int_equal(
      read_filter(ctx, "limit=x&ratio=1e999&open=maybe&prioritas=hoch&from=now&userId=1&tags=a&respons=%07",
                  &filter),
      STATUS_INVALID);
  assert_int_equal(ctx->problem.fault_count, 8);
  assert_fault(ctx, "limit", "must be a whole number");
  assert_fault(ctx, "ratio", "must be a number");
  assert_fault(ctx, "open", "must be true or false");
  assert_fault(ctx, "prioritas", "must be one of rendah, tinggi");
  assert_fault(ctx, "from", "must be a date and time like 2025-01-31T08:00:00Z");
  assert_fault(ctx, "userId", "must be a uuid");
  assert_fault(ctx, "tags", "can't be sent in a form");
  assert_fault(ctx, "respons", "contains control characters");
}

static void a_key_twice_is_a_fault(void **state) {
  struct filter filter;
  assert_int_equal(read_filter(*state, "limit=5&limit=5", &filter), STATUS_INVALID);
  assert_fault(*state, "limit", "must be given only once");
  assert_int_equal(read_filter(*state, "limit=5&l%69mit=6", &filter), STATUS_INVALID);
  assert_fault(*state, "limit", "must be given only once");
  assert_int_equal(read_filter(*state, "limit=5&x=1&x=2", &filter), STATUS_INVALID);
  assert_fault(*state, "x", "must be given only once");
}

static void either_spelling_is_taken(void **state) {
  struct filter filter;
  assert_int_equal(read_filter(*state, "limit=5&respon=done", &filter), STATUS_OK);
  assert_str(filter.text, "done");
  assert_true(field_present(&filter_fields, &filter, "respons"));
  assert_int_equal(read_filter(*state, "limit=5&respon=done&respons=done", &filter), STATUS_OK);
  assert_int_equal(read_filter(*state, "limit=5&respon=done&respons=gone", &filter), STATUS_INVALID);
  assert_fault(*state, "respons", "must not differ from respon");
}

static void what_is_no_form_is_malformed(void **state) {
  static const char *const bad[] = {"limit=%",       "limit=%1",      "limit=5&x=%zz",  "x=%ff&limit=1",
                                    "x=%00&limit=1", "%00=1&limit=1", "x=\xff&limit=1", "x=%ed%a0%80&limit=1",
                                    "limit=%5"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    struct ctx *ctx = *state;
    struct filter filter;
    if (read_filter(ctx, bad[i], &filter) != STATUS_INVALID || ctx->problem.kind != &wire_malformed) {
      fail_msg("taken: %s", bad[i]);
    }
  }
}

static void the_number_of_pairs_is_limited(void **state) {
  struct ctx *ctx = *state;
  struct filter filter = {0};
  struct buf form CLEANUP_BUF;
  buf_init(&form, 1 << 16);
  buf_add_text(&form, "limit=5");
  for (int i = 1; i < WIRE_PAIRS_MAX; i++) {
    buf_format(&form, "&k%d=", i);
  }
  assert_int_equal(wire_read_form(ctx, buf_str(&form), &filter_fields, &filter), STATUS_OK);
  buf_add_text(&form, "&more=1");
  assert_int_equal(wire_read_form(ctx, buf_str(&form), &filter_fields, &filter), STATUS_INVALID);
  assert_ptr_equal(ctx->problem.kind, &wire_malformed);
}

static void a_closed_table_refuses_unknown_keys(void **state) {
  struct ctx *ctx = *state;
  struct fields closed = filter_fields;
  struct filter filter = {0};
  closed.closed = true;
  assert_int_equal(wire_read_form(ctx, STR("limit=5&lmit=6&status=1"), &closed, &filter), STATUS_INVALID);
  assert_int_equal(ctx->problem.fault_count, 2);
  assert_fault(ctx, "lmit", "is not known");
  assert_fault(ctx, "status", "is not known");
}

static void a_form_larger_than_the_arena_is_refused(void **state) {
  (void)state;
  struct ctx ctx = {.arena = arena_new(128 * 1024)};
  struct filter filter = {0};
  struct buf form CLEANUP_BUF;
  buf_init(&form, 1 << 20);
  buf_add_text(&form, "limit=5&x=");
  for (int i = 0; i < 200000; i++) {
    buf_add_char(&form, '+');
  }
  assert_int_equal(wire_read_form(&ctx, buf_str(&form), &filter_fields, &filter), STATUS_TOO_LARGE);
  arena_free(ctx.arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      WIRE_TEST(a_query_becomes_a_struct),
      WIRE_TEST(an_empty_value_is_a_text_but_no_number),
      WIRE_TEST(empty_pieces_between_ampersands_are_nothing),
      WIRE_TEST(every_fault_is_told),
      WIRE_TEST(a_key_twice_is_a_fault),
      WIRE_TEST(either_spelling_is_taken),
      WIRE_TEST(what_is_no_form_is_malformed),
      WIRE_TEST(the_number_of_pairs_is_limited),
      WIRE_TEST(a_closed_table_refuses_unknown_keys),
      WIRE_TEST(a_form_larger_than_the_arena_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
