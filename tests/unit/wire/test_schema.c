#include <jansson.h>

#include "wire_test.h"

static const struct word states[] = {
    {"pending", 1}, {"doing", 2}, {"conclued", 3}, {"concluded", 3}, {NULL, 0}};
static const struct field_custom custom = {.schema = "{\"type\":\"string\",\"maxLength\":9}"};

struct leaf {
  struct str name;
};
static const struct field leaf_rows[] = {FIELD(struct leaf, name, TEXT, "name", FIELD_REQUIRED, .max = 5)};
static const struct fields leaf_fields = {
    .title = "Leaf", .rows = leaf_rows, .count = 1, .size = sizeof(struct leaf), .present = -1};

struct tree {
  struct str title, note, password;
  int64_t limit;
  double ratio;
  bool open;
  int state;
  int64_t at;
  struct uuid uuid;
  const struct leaf *leaf;
  struct list leaves, tags;
  struct str custom;
};
static const struct field tree_rows[] = {
    FIELD(struct tree, title, TEXT, "title", FIELD_REQUIRED | FIELD_NOT_BLANK, .max = 255,
          .text = "What it is.", .example = "\"Oak\""),
    FIELD(struct tree, note, TEXT, "note", FIELD_REQUIRED, .alias = "remark"),
    FIELD(struct tree, password, TEXT, "password", FIELD_SECRET | FIELD_OMIT_NULL, .min = 20),
    FIELD(struct tree, limit, INT, "limit", FIELD_LOOSE, .min = 2, .max = 100),
    FIELD(struct tree, ratio, REAL, "ratio", 0, .real_min = 0.5),
    FIELD(struct tree, open, BOOL, "open", 0),
    FIELD(struct tree, state, WORD, "state", FIELD_NULLABLE, .words = states),
    FIELD(struct tree, at, TIME, "at", FIELD_REQUIRED),
    FIELD(struct tree, uuid, UUID, "uuid", 0),
    FIELD(struct tree, leaf, OBJECT, "leaf", 0, .of = &leaf_fields),
    FIELD(struct tree, leaves, LIST, "leaves", 0, .of = &leaf_fields, .min = 1),
    FIELD(struct tree, tags, LIST, "tags", 0),
    FIELD(struct tree, custom, CUSTOM, "custom", 0, .custom = &custom, .text = "Odd."),
    FIELD_CONST("status", "true"),
};
static const struct fields tree_fields = {.title = "Tree",
                                          .rows = tree_rows,
                                          .count = sizeof(tree_rows) / sizeof(tree_rows[0]),
                                          .size = sizeof(struct tree),
                                          .present = -1,
                                          .closed = true};

static json_t *parsed(void (*write)(struct buf *, const struct fields *, enum wire_direction),
                      const struct fields *fields, enum wire_direction direction) {
  struct buf out CLEANUP_BUF;
  buf_init(&out, 1 << 16);
  write(&out, fields, direction);
  json_error_t error;
  json_t *json = json_loadb(out.at, out.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
  if (json == NULL) {
    fail_msg("%s: %.*s", error.text, (int)out.len, out.at);
  }
  return json;
}

/* The property's schema is exactly this. */
static void check(json_t *schema, const char *name, const char *expected) {
  json_t *found = json_object_get(json_object_get(schema, "properties"), name);
  json_t *wanted = json_loads(expected, JSON_DECODE_ANY, NULL);
  assert_non_null(wanted);
  if (!json_equal(found, wanted)) {
    fail_msg("%s is %s", name, found != NULL ? json_dumps(found, 0) : "absent");
  }
  json_decref(wanted);
}

static void check_key(json_t *schema, const char *name, const char *expected) {
  json_t *wanted = json_loads(expected, JSON_DECODE_ANY, NULL);
  assert_non_null(wanted);
  if (!json_equal(json_object_get(schema, name), wanted)) {
    fail_msg("%s is %s", name, json_dumps(json_object_get(schema, name), JSON_ENCODE_ANY));
  }
  json_decref(wanted);
}

static void input_says_what_is_taken(void **state) {
  (void)state;
  json_t *schema = parsed(wire_schema, &tree_fields, WIRE_IN);
  check(schema, "title",
        "{\"description\":\"What it "
        "is.\",\"type\":\"string\",\"minLength\":1,\"maxLength\":255,\"pattern\":\"\\\\S\","
        "\"examples\":[\"Oak\"]}");
  check(schema, "note", "{\"type\":\"string\",\"maxLength\":65536}");
  check(schema, "remark",
        "{\"description\":\"Another spelling of note.\",\"type\":\"string\",\"maxLength\":65536}");
  check(schema, "password",
        "{\"type\":\"string\",\"minLength\":20,\"maxLength\":65536,\"format\":\"password\",\"writeOnly\":"
        "true}");
  check(schema, "limit", "{\"type\":[\"integer\",\"string\"],\"minimum\":2,\"maximum\":100}");
  check(schema, "ratio", "{\"type\":\"number\",\"minimum\":0.5}");
  check(schema, "open", "{\"type\":\"boolean\"}");
  check(schema, "state",
        "{\"type\":[\"string\",\"null\"],\"enum\":[\"pending\",\"doing\",\"conclued\",\"concluded\",null]}");
  check(schema, "at", "{\"type\":\"string\",\"format\":\"date-time\"}");
  check(schema, "uuid", "{\"type\":\"string\",\"format\":\"uuid\"}");
  check(schema, "leaf", "{\"$ref\":\"#/components/schemas/LeafInput\"}");
  check(schema, "leaves",
        "{\"type\":\"array\",\"minItems\":1,\"maxItems\":1000,\"items\":{\"$ref\":\"#/components/schemas/"
        "LeafInput\"}}");
  check(schema, "tags",
        "{\"type\":\"array\",\"maxItems\":1000,\"items\":{\"type\":\"string\",\"maxLength\":65536}}");
  assert_null(json_object_get(json_object_get(schema, "properties"), "status"));
  assert_null(json_object_get(json_object_get(schema, "properties"), "custom"));
  check_key(schema, "required", "[\"title\",\"at\"]");
  check_key(schema, "allOf", "[{\"anyOf\":[{\"required\":[\"note\"]},{\"required\":[\"remark\"]}]}]");
  check_key(schema, "additionalProperties", "false");
  json_decref(schema);
}

static void output_says_what_is_given(void **state) {
  (void)state;
  json_t *schema = parsed(wire_schema, &tree_fields, WIRE_OUT);
  check(schema, "title",
        "{\"description\":\"What it is.\",\"type\":\"string\",\"maxLength\":255,\"examples\":[\"Oak\"]}");
  check(schema, "note", "{\"type\":\"string\"}");
  check(schema, "limit", "{\"type\":\"integer\",\"minimum\":2,\"maximum\":100}");
  check(schema, "ratio", "{\"type\":[\"number\",\"null\"],\"minimum\":0.5}");
  check(schema, "state",
        "{\"type\":[\"string\",\"null\"],\"enum\":[\"pending\",\"doing\",\"conclued\",null]}");
  check(schema, "at", "{\"type\":\"string\",\"format\":\"date-time\"}");
  check(schema, "uuid", "{\"type\":[\"string\",\"null\"],\"format\":\"uuid\"}");
  check(schema, "leaf", "{\"anyOf\":[{\"$ref\":\"#/components/schemas/Leaf\"},{\"type\":\"null\"}]}");
  check(schema, "tags", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}");
  check(schema, "custom", "{\"description\":\"Odd.\",\"type\":\"string\",\"maxLength\":9}");
  check(schema, "status", "{\"const\":true}");
  assert_null(json_object_get(json_object_get(schema, "properties"), "remark"));
  check_key(schema, "required",
            "[\"title\",\"note\",\"limit\",\"ratio\",\"open\",\"state\",\"at\",\"uuid\",\"leaf\",\"leaves\","
            "\"tags\","
            "\"custom\",\"status\"]");
  check_key(schema, "additionalProperties", "false");
  json_decref(schema);
}

static void an_open_table_takes_unknown_keys(void **state) {
  (void)state;
  json_t *schema = parsed(wire_schema, &leaf_fields, WIRE_IN);
  assert_null(json_object_get(schema, "additionalProperties"));
  json_decref(schema);
}

static void an_example_is_read_by_its_own_table(void **state) {
  struct tree tree = {0};
  struct buf out CLEANUP_BUF;
  buf_init(&out, 1 << 16);
  wire_example(&out, &tree_fields, WIRE_IN);
  assert_int_equal(wire_read_json(*state, buf_str(&out), &tree_fields, &tree), STATUS_OK);
  assert_str(tree.title, "Oak");
  assert_int_equal(tree.leaves.count, 1);
  assert_int_equal(tree.limit, 2);
}

static void an_output_example_has_every_key(void **state) {
  (void)state;
  json_t *example = parsed(wire_example, &tree_fields, WIRE_OUT);
  assert_int_equal(json_object_size(example), tree_fields.count);
  assert_true(json_is_true(json_object_get(example, "status")));
  json_decref(example);
}

struct knot {
  struct knot *next;
};
static const struct fields knot_fields;
static const struct field knot_rows[] = {FIELD(struct knot, next, OBJECT, "next", 0, .of = &knot_fields)};
static const struct fields knot_fields = {
    .title = "Knot", .rows = knot_rows, .count = 1, .size = sizeof(struct knot), .present = -1};

static void count_table(void *arg, const struct fields *fields) {
  (void)fields;
  ++*(int *)arg;
}

static void tables_are_visited_once_even_in_a_ring(void **state) {
  (void)state;
  int count = 0;
  wire_each_table(&tree_fields, count_table, &count);
  assert_int_equal(count, 2);
  count = 0;
  wire_each_table(&knot_fields, count_table, &count);
  assert_int_equal(count, 1);
  json_decref(parsed(wire_example, &knot_fields, WIRE_IN));
}

static void names_differ_by_direction(void **state) {
  (void)state;
  static const struct fields named = {.title = "TreeInput", .present = -1};
  struct buf out CLEANUP_BUF;
  buf_init(&out, 100);
  wire_schema_name(&out, &tree_fields, WIRE_OUT);
  buf_add_char(&out, ' ');
  wire_schema_name(&out, &tree_fields, WIRE_IN);
  buf_add_char(&out, ' ');
  wire_schema_name(&out, &named, WIRE_IN);
  assert_str(buf_str(&out), "Tree TreeInput TreeInput");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      WIRE_TEST(input_says_what_is_taken),         WIRE_TEST(output_says_what_is_given),
      WIRE_TEST(an_open_table_takes_unknown_keys), WIRE_TEST(an_example_is_read_by_its_own_table),
      WIRE_TEST(an_output_example_has_every_key),  WIRE_TEST(tables_are_visited_once_even_in_a_ring),
      WIRE_TEST(names_differ_by_direction),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
