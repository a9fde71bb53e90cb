#include <math.h>
#include <stdio.h>

#include "wire_test.h"

static const struct word states[] = {{"pending", 1}, {"doing", 2}, {NULL, 0}};

struct image {
  struct str type;
  struct str data;
};
static const struct field image_rows[] = {
    FIELD(struct image, type, TEXT, "image_ype", FIELD_REQUIRED, .alias = "image_type", .max = 10),
    FIELD(struct image, data, TEXT, "image_url", FIELD_REQUIRED, .max = 1000000),
};
static const struct fields image_fields = {.title = "Image",
                                           .rows = image_rows,
                                           .count = 2,
                                           .size = sizeof(struct image),
                                           .present = -1,
                                           .closed = true};

struct order {
  struct str title;
  struct str note;
  int64_t amount;
  double price;
  bool urgent;
  int state;
  int64_t due_at;
  struct uuid uuid;
  const struct image *cover;
  struct list images;
  struct list tags;
  struct str code;
  uint64_t present;
};
static const struct field order_rows[] = {
    FIELD(struct order, title, TEXT, "title", FIELD_REQUIRED | FIELD_NOT_BLANK, .max = 20),
    FIELD(struct order, note, TEXT, "note", FIELD_NULLABLE),
    FIELD(struct order, amount, INT, "amount", 0, .min = 1, .max = 100),
    FIELD(struct order, price, REAL, "price", 0),
    FIELD(struct order, urgent, BOOL, "urgent", 0),
    FIELD(struct order, state, WORD, "state", 0, .words = states),
    FIELD(struct order, due_at, TIME, "due_at", 0),
    FIELD(struct order, uuid, UUID, "uuid", 0),
    FIELD(struct order, cover, OBJECT, "cover", 0, .of = &image_fields),
    FIELD(struct order, images, LIST, "tickes_images", 0, .alias = "tickets_images", .of = &image_fields,
          .max = 3),
    FIELD(struct order, tags, LIST, "tags", 0, .max = 2),
    FIELD(struct order, code, TEXT, "code", FIELD_LOOSE, .max = 8),
    FIELD_CONST("status", "true"),
};
static const struct fields order_fields = {.title = "Order",
                                           .rows = order_rows,
                                           .count = sizeof(order_rows) / sizeof(order_rows[0]),
                                           .size = sizeof(struct order),
                                           .present = offsetof(struct order, present)};

static enum status read_order(struct ctx *ctx, const char *json, struct order *out) {
  *out = (struct order){0};
  problem_clear(ctx);
  return wire_read_json(ctx, str_of(json), &order_fields, out);
}

static void a_whole_object_becomes_a_struct(void **state) {
  struct order order;
  assert_int_equal(
      read_order(
          *state,
          "{\"title\":\"Broken \\u00e4\",\"note\":\"\",\"amount\":5.0,\"price\":2,\"urgent\":true,"
          "\"state\":\"doing\",\"due_at\":\"2025-01-31T08:00:00Z\",\"uuid\":\"0194bb8c-8000-7000-8000-"
          "000000000001\","
          "\"cover\":{\"image_type\":\"png\",\"image_url\":\"QQ==\"},\"tags\":[\"a\",\"b\"],\"code\":\"x\","
          "\"tickes_images\":[{\"image_ype\":\"jpg\",\"image_url\":\"Qg==\"}],\"unknown\":[1,{}]}",
          &order),
      STATUS_OK);
  assert_str(order.title, "Broken ä");
  assert_str(order.note, "");
  assert_int_equal(order.amount, 5);
  assert_true(order.price == 2.0);
  assert_true(order.urgent);
  assert_int_equal(order.state, 2);
  assert_true(order.due_at == INT64_C(1738310400000000));
  assert_int_equal(order.uuid.bytes[15], 1);
  assert_str(order.cover->type, "png");
  assert_int_equal(order.images.count, 1);
  assert_str(((struct image *)order.images.at)[0].type, "jpg");
  assert_int_equal(order.tags.count, 2);
  assert_str(((struct str *)order.tags.at)[1], "b");
  assert_int_equal(order.present, 0xFFF);
}

static void absent_and_null_are_told_apart_by_the_map(void **state) {
  struct order order;
  assert_int_equal(read_order(*state, "{\"title\":\"x\",\"note\":null,\"amount\":null}", &order), STATUS_OK);
  assert_true(field_present(&order_fields, &order, "title"));
  assert_true(field_present(&order_fields, &order, "note"));
  assert_null(order.note.at);
  assert_false(field_present(&order_fields, &order, "amount"));
  assert_false(field_present(&order_fields, &order, "tags"));
  assert_true(isnan(order.price));
}

static void every_fault_is_told_at_once_with_its_path(void **state) {
  struct ctx *ctx = *state;
  struct order order;
  assert_int_equal(
      read_order(
          ctx,
          "{\"amount\":5.5,\"price\":\"2\",\"urgent\":1,\"state\":\"done\",\"due_at\":\"noon\",\"uuid\":7,"
          "\"cover\":[],\"tags\":[\"ok\",\"\\u0007\"],\"note\":{},"
          "\"tickes_images\":[{\"image_ype\":\"png\",\"image_url\":\"\"},{\"image_ype\":\"much too long\"}]}",
          &order),
      STATUS_INVALID);
  assert_ptr_equal(ctx->problem.kind, &problem_invalid);
  assert_int_equal(ctx->problem.fault_count, 12);
  assert_fault(ctx, "title", "is required");
  assert_fault(ctx, "amount", "must be a whole number");
  assert_fault(ctx, "price", "must be a number");
  assert_fault(ctx, "urgent", "must be true or false");
  assert_fault(ctx, "state", "must be one of pending, doing");
  assert_fault(ctx, "due_at", "must be a date and time like 2025-01-31T08:00:00Z");
  assert_fault(ctx, "uuid", "must be a uuid");
  assert_fault(ctx, "cover", "must be an object");
  assert_fault(ctx, "tags[1]", "contains control characters");
  assert_fault(ctx, "note", "must be a text");
  assert_fault(ctx, "tickes_images[1].image_ype", "must be at most 10 characters");
  assert_fault(ctx, "tickes_images[1].image_url", "is required");
}

static void null_is_not_enough_for_a_required_field(void **state) {
  struct order order;
  assert_int_equal(read_order(*state, "{\"title\":null}", &order), STATUS_INVALID);
  assert_fault(*state, "title", "is required");
}

static void either_spelling_is_taken_but_not_both_with_different_values(void **state) {
  struct order order;
  assert_int_equal(
      read_order(*state, "{\"title\":\"x\",\"tickets_images\":[{\"image_type\":\"a\",\"image_url\":\"b\"}]}",
                 &order),
      STATUS_OK);
  assert_int_equal(order.images.count, 1);
  assert_true(field_present(&order_fields, &order, "tickes_images"));
  assert_int_equal(
      read_order(*state,
                 "{\"title\":\"x\",\"cover\":{\"image_ype\":\"a\",\"image_type\":\"a\",\"image_url\":\"b\"}}",
                 &order),
      STATUS_OK);
  assert_int_equal(
      read_order(*state,
                 "{\"title\":\"x\",\"cover\":{\"image_ype\":\"a\",\"image_type\":\"c\",\"image_url\":\"b\"}}",
                 &order),
      STATUS_INVALID);
  assert_fault(*state, "cover.image_ype", "must not differ from image_type");
}

static void a_closed_table_refuses_unknown_keys(void **state) {
  struct order order;
  assert_int_equal(
      read_order(*state, "{\"title\":\"x\",\"cover\":{\"image_ype\":\"a\",\"image_url\":\"b\",\"size\":1}}",
                 &order),
      STATUS_INVALID);
  assert_fault(*state, "cover.size", "is not known");
}

static void a_long_unknown_key_is_cut_between_characters(void **state) {
  struct ctx *ctx = *state;
  static char json[4096];
  size_t len = (size_t)snprintf(json, sizeof(json), "{\"image_ype\":\"a\",\"image_url\":\"b\",\"x");
  for (int i = 0; i < 500; i++) {
    memcpy(json + len, "ä", 2);
    len += 2;
  }
  len += (size_t)snprintf(json + len, sizeof(json) - len, "\":1}");
  struct image image = {0};
  assert_int_equal(wire_read_json(ctx, (struct str){json, len}, &image_fields, &image), STATUS_INVALID);
  assert_int_equal(ctx->problem.fault_count, 1);
  assert_true(ctx->problem.faults[0].field.len <= 100);
  assert_true(str_utf8(ctx->problem.faults[0].field));
}

static void loose_rows_take_numbers_and_truths_as_text(void **state) {
  struct order order;
  assert_int_equal(read_order(*state, "{\"title\":\"x\",\"code\":-12}", &order), STATUS_OK);
  assert_str(order.code, "-12");
  assert_int_equal(read_order(*state, "{\"title\":\"x\",\"code\":1.5}", &order), STATUS_OK);
  assert_str(order.code, "1.5");
  assert_int_equal(read_order(*state, "{\"title\":\"x\",\"code\":false}", &order), STATUS_OK);
  assert_str(order.code, "false");
  assert_int_equal(read_order(*state, "{\"title\":\"x\",\"code\":[]}", &order), STATUS_INVALID);
  assert_fault(*state, "code", "must be a text");
  assert_int_equal(read_order(*state, "{\"title\":5}", &order), STATUS_INVALID);
  assert_fault(*state, "title", "must be a text");
}

static void loose_numbers_come_from_texts(void **state) {
  struct number {
    int64_t whole;
    double real;
    bool truth;
  };
  static const struct field rows[] = {
      FIELD(struct number, whole, INT, "whole", FIELD_LOOSE),
      FIELD(struct number, real, REAL, "real", FIELD_LOOSE),
      FIELD(struct number, truth, BOOL, "truth", FIELD_LOOSE),
  };
  static const struct fields fields = {
      .title = "N", .rows = rows, .count = 3, .size = sizeof(struct number), .present = -1};
  struct number number = {0};
  assert_int_equal(wire_read_json(*state, STR("{\"whole\":\"12\",\"real\":\"1.25\",\"truth\":\"true\"}"),
                                  &fields, &number),
                   STATUS_OK);
  assert_int_equal(number.whole, 12);
  assert_true(number.real == 1.25);
  assert_true(number.truth);
  assert_int_equal(wire_read_json(*state, STR("{\"truth\":0}"), &fields, &number), STATUS_OK);
  assert_false(number.truth);
}

static void lists_have_limits(void **state) {
  struct order order;
  assert_int_equal(read_order(*state, "{\"title\":\"x\",\"tags\":[\"1\",\"2\",\"3\"]}", &order),
                   STATUS_INVALID);
  assert_fault(*state, "tags", "must have at most 2 items");
  assert_int_equal(read_order(*state, "{\"title\":\"x\",\"tags\":[null]}", &order), STATUS_INVALID);
  assert_fault(*state, "tags[0]", "must be a text");
  assert_int_equal(read_order(*state, "{\"title\":\"x\",\"tickes_images\":[7]}", &order), STATUS_INVALID);
  assert_fault(*state, "tickes_images[0]", "must be an object");
  assert_int_equal(read_order(*state, "{\"title\":\"x\",\"tags\":[]}", &order), STATUS_OK);
  assert_int_equal(order.tags.count, 0);
}

static void what_is_not_json_is_malformed(void **state) {
  static const char *const bad[] = {"",
                                    " ",
                                    "{",
                                    "}",
                                    "[]",
                                    "null",
                                    "\"x\"",
                                    "5",
                                    "{\"a\":1,}",
                                    "{'a':1}",
                                    "{\"a\":1}{}",
                                    "{\"a\":1} x",
                                    "{\"a\":01}",
                                    "{\"a\":1,\"a\":2}",
                                    "{\"a\":{\"b\":1,\"b\":1}}",
                                    "{\"a\":\"\\u0000\"}",
                                    "{\"a\\u0000\":1}",
                                    "{\"a\":\"\\ud800\"}",
                                    "{\"a\":\"\xff\"}",
                                    "{\"a\":\"\xc0\xaf\"}",
                                    "{\"a\":\"\xed\xa0\x80\"}",
                                    "{\"a\":\"\n\"}",
                                    "\xef\xbb\xbf{\"a\":1}",
                                    "{\"a\":nan}",
                                    "{\"a\":1e999}",
                                    "{\"a\":\"x",
                                    "{\"a\":\"x\\\"}",
                                    "{\"a\":\"\\x\"}",
                                    "{]",
                                    "{\"a\":[}]",
                                    "/* */{}"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    struct ctx *ctx = *state;
    struct order order;
    if (read_order(ctx, bad[i], &order) != STATUS_INVALID || ctx->problem.kind != &wire_malformed) {
      fail_msg("taken: %s", bad[i]);
    }
  }
  struct ctx *ctx = *state;
  struct order order = {0};
  problem_clear(ctx);
  assert_int_equal(wire_read_json(ctx, STR("{\"title\":\"x\"}\0"), &order_fields, &order), STATUS_INVALID);
  assert_int_equal(wire_read_json(ctx, STR_NONE, &order_fields, &order), STATUS_INVALID);
}

/* An object that holds lists in lists, `depth` deep altogether. */
static const char *nested(struct ctx *ctx, int depth) {
  return str_format(ctx->arena, "{\"title\":\"x\",\"deep\":%.*s%.*s}", depth - 1,
                    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", depth - 1,
                    "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")
      .at;
}

static void depth_is_limited_and_strings_do_not_count(void **state) {
  struct order order;
  assert_int_equal(read_order(*state, nested(*state, WIRE_DEPTH_MAX), &order), STATUS_OK);
  assert_int_equal(read_order(*state, nested(*state, WIRE_DEPTH_MAX + 1), &order), STATUS_INVALID);
  assert_int_equal(
      read_order(
          *state,
          "{\"title\":\"x\",\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\\\",\"b\":\"\\\"[[[[{{{{\"}",
          &order),
      STATUS_OK);
}

static void the_number_of_values_is_limited(void **state) {
  struct ctx *ctx = *state;
  struct order order = {0};
  struct buf body CLEANUP_BUF;
  buf_init(&body, 1 << 20);
  buf_add_text(&body, "{\"title\":\"x\",\"a\":[{}");
  for (int i = 0; i < WIRE_VALUES_MAX; i++) {
    buf_add_text(&body, ",{}");
  }
  buf_add_text(&body, "]}");
  assert_int_equal(wire_read_json(ctx, buf_str(&body), &order_fields, &order), STATUS_INVALID);
  assert_ptr_equal(ctx->problem.kind, &wire_malformed);
}

static void a_number_beyond_64_bits_is_a_fault_of_its_field(void **state) {
  struct ctx *ctx = *state;
  struct order order;
  assert_int_equal(read_order(ctx, "{\"title\":\"x\",\"amount\":99999999999999999999}", &order),
                   STATUS_INVALID);
  assert_fault(ctx, "amount", "is out of range");
  assert_int_equal(read_order(ctx, "{\"title\":\"x\",\"price\":99999999999999999999}", &order), STATUS_OK);
  assert_true(order.price == 1e20);
}

static void faults_stop_at_their_maximum(void **state) {
  struct ctx *ctx = *state;
  static const struct field rows[] = {{.name = "list", .kind = FIELD_KIND_LIST}};
  static const struct fields many = {
      .title = "M", .rows = rows, .count = 1, .size = sizeof(struct list), .present = -1};
  struct list list = {0};
  struct buf body CLEANUP_BUF;
  buf_init(&body, 1 << 20);
  buf_add_text(&body, "{\"list\":[1");
  for (int i = 0; i < 500; i++) {
    buf_add_text(&body, ",1");
  }
  buf_add_text(&body, "]}");
  assert_int_equal(wire_read_json(ctx, buf_str(&body), &many, &list), STATUS_INVALID);
  assert_int_equal(ctx->problem.fault_count, PROBLEM_FAULTS_MAX);
  assert_fault(ctx, "list[63]", "must be a text");
}

static void a_small_arena_refuses_instead_of_ending_the_program(void **state) {
  (void)state;
  struct ctx ctx = {.arena = arena_new(128 * 1024)};
  struct buf body CLEANUP_BUF;
  static const struct field rows[] = {
      {.name = "list", .kind = FIELD_KIND_LIST, .of = &order_fields, .max = 5000}};
  static const struct fields fields = {
      .title = "L", .rows = rows, .count = 1, .size = sizeof(struct list), .present = -1};
  struct list list = {0};
  buf_init(&body, 1 << 20);
  buf_add_text(&body, "{\"list\":[{}");
  for (int i = 0; i < 4000; i++) {
    buf_add_text(&body, ",{}");
  }
  buf_add_text(&body, "]}");
  assert_int_equal(wire_read_json(&ctx, buf_str(&body), &fields, &list), STATUS_TOO_LARGE);
  assert_ptr_equal(ctx.problem.kind, &problem_too_large);
  arena_free(ctx.arena);
}

static void required_and_nullable_takes_null_but_not_nothing(void **state) {
  struct one {
    struct str a;
    uint64_t present;
  };
  static const struct field rows[] = {FIELD(struct one, a, TEXT, "a", FIELD_REQUIRED | FIELD_NULLABLE)};
  static const struct fields fields = {.title = "O",
                                       .rows = rows,
                                       .count = 1,
                                       .size = sizeof(struct one),
                                       .present = offsetof(struct one, present)};
  struct one one = {0};
  assert_int_equal(wire_read_json(*state, STR("{\"a\":null}"), &fields, &one), STATUS_OK);
  assert_true(field_present(&fields, &one, "a"));
  assert_int_equal(wire_read_json(*state, STR("{}"), &fields, &one), STATUS_INVALID);
}

/* ---- what no row can say ---- */

static void not_both(struct ctx *ctx, const void *in) {
  const struct order *order = in;
  if (order->note.len > 0 && order->urgent) {
    (void)problem_fault(ctx, STR("urgent"), STR("must not stand beside a note"));
  }
}

static void a_tables_check_adds_its_faults_to_those_of_the_rows(void **state) {
  struct ctx *ctx = *state;
  struct fields fields = order_fields;
  struct order order = {0};
  fields.check = not_both;
  assert_int_equal(wire_read_json(ctx, STR("{\"title\":\"a\",\"urgent\":true}"), &fields, &order), STATUS_OK);
  order = (struct order){0};
  assert_int_equal(wire_read_json(ctx, STR("{\"note\":\"b\",\"urgent\":true,\"amount\":0}"), &fields, &order),
                   STATUS_INVALID);
  assert_int_equal(ctx->problem.fault_count, 3);
  assert_true(str_is(ctx->problem.faults[0].field, "title"));
  assert_true(str_is(ctx->problem.faults[1].field, "amount"));
  assert_true(str_is(ctx->problem.faults[2].field, "urgent"));
  problem_clear(ctx);
  order = (struct order){0};
  assert_int_equal(wire_read_form(ctx, STR("title=a&note=b&urgent=true"), &fields, &order), STATUS_INVALID);
  assert_int_equal(ctx->problem.fault_count, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      WIRE_TEST(a_whole_object_becomes_a_struct),
      WIRE_TEST(absent_and_null_are_told_apart_by_the_map),
      WIRE_TEST(every_fault_is_told_at_once_with_its_path),
      WIRE_TEST(null_is_not_enough_for_a_required_field),
      WIRE_TEST(either_spelling_is_taken_but_not_both_with_different_values),
      WIRE_TEST(a_closed_table_refuses_unknown_keys),
      WIRE_TEST(a_long_unknown_key_is_cut_between_characters),
      WIRE_TEST(loose_rows_take_numbers_and_truths_as_text),
      WIRE_TEST(loose_numbers_come_from_texts),
      WIRE_TEST(lists_have_limits),
      WIRE_TEST(what_is_not_json_is_malformed),
      WIRE_TEST(depth_is_limited_and_strings_do_not_count),
      WIRE_TEST(the_number_of_values_is_limited),
      WIRE_TEST(a_number_beyond_64_bits_is_a_fault_of_its_field),
      WIRE_TEST(faults_stop_at_their_maximum),
      WIRE_TEST(a_small_arena_refuses_instead_of_ending_the_program),
      WIRE_TEST(required_and_nullable_takes_null_but_not_nothing),
      WIRE_TEST(a_tables_check_adds_its_faults_to_those_of_the_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
