#include <jansson.h>
#include <stdlib.h>

#include "wire/field.h"

/* Any bytes against a table with every kind of row. What is taken must print as valid JSON, and what the
 * same table prints must be taken again: reading and printing are each other's mirror. */

static const struct word states[] = {{"pending", 1}, {"doing", 2}, {"concluded", 3}, {NULL, 0}};

static enum status read_custom(struct ctx *ctx, struct str text, void *member, const char **reason) {
  (void)ctx;
  if (text.len > 8) {
    *reason = "is too long";
    return STATUS_INVALID;
  }
  *(struct str *)member = text;
  return STATUS_OK;
}

static void print_custom(struct buf *out, const void *member) {
  const struct str *text = member;
  if (text->at == NULL) {
    buf_add_text(out, "null");
  } else {
    wire_print_text(out, *text);
  }
}

static const struct field_custom custom = {read_custom, print_custom, "{\"type\":\"string\"}"};

struct node {
  struct str text, secret, loose, custom;
  int64_t whole, bounded, at;
  double real;
  bool truth;
  int state;
  struct uuid uuid;
  const struct node *child;
  struct list children, texts;
  uint64_t present;
};

static const struct fields node_fields;
static const struct field node_rows[] = {
    FIELD(struct node, text, TEXT, "text", FIELD_TRIM | FIELD_NOT_BLANK | FIELD_OMIT_NULL, .alias = "txet",
          .max = 10),
    FIELD(struct node, secret, TEXT, "secret", FIELD_SECRET | FIELD_ANY_TEXT | FIELD_NULLABLE),
    FIELD(struct node, loose, TEXT, "loose", FIELD_LOOSE),
    FIELD(struct node, custom, CUSTOM, "custom", 0, .custom = &custom),
    FIELD(struct node, whole, INT, "whole", 0),
    FIELD(struct node, bounded, INT, "bounded", FIELD_LOOSE, .min = -3, .max = 3),
    FIELD(struct node, at, TIME, "at", 0),
    FIELD(struct node, real, REAL, "real", FIELD_LOOSE),
    FIELD(struct node, truth, BOOL, "truth", FIELD_LOOSE),
    FIELD(struct node, state, WORD, "state", FIELD_FOLD_WORDS, .words = states),
    FIELD(struct node, uuid, UUID, "uuid", 0),
    FIELD(struct node, child, OBJECT, "child", 0, .of = &node_fields),
    FIELD(struct node, children, LIST, "children", 0, .of = &node_fields, .max = 50),
    FIELD(struct node, texts, LIST, "texts", FIELD_TRIM, .max = 50),
};
static const struct fields node_fields = {.title = "Node",
                                          .rows = node_rows,
                                          .count = sizeof(node_rows) / sizeof(node_rows[0]),
                                          .size = sizeof(struct node),
                                          .present = offsetof(struct node, present),
                                          .closed = true};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct ctx ctx = {.arena = arena_new(8 << 20)};
  struct ctx again = {.arena = arena_new(8 << 20)};
  struct node node = {0};
  struct node copy = {0};
  if (wire_read_json(&ctx, (struct str){(const char *)data, size}, &node_fields, &node) == STATUS_OK) {
    struct buf first CLEANUP_BUF;
    struct buf second CLEANUP_BUF;
    buf_init(&first, 16 << 20);
    buf_init(&second, 16 << 20);
    wire_print_json(&first, &node_fields, &node);
    json_t *json = json_loadb(first.at, first.len, JSON_REJECT_DUPLICATES, NULL);
    if (first.full || json == NULL) {
      abort();
    }
    json_decref(json);
    /* What was printed names every key, so it may hold more values than a body may: then it is refused. */
    if (wire_read_json(&again, buf_str(&first), &node_fields, &copy) == STATUS_OK) {
      wire_print_json(&second, &node_fields, &copy);
      if (!str_equal(buf_str(&first), buf_str(&second))) {
        abort();
      }
    } else if (again.problem.kind == NULL) {
      abort();
    }
  } else if (ctx.problem.kind == NULL) {
    abort();
  }
  for (unsigned i = 0; i < ctx.problem.fault_count; i++) {
    if (!str_utf8(ctx.problem.faults[i].field) || ctx.problem.faults[i].field.len > 8192) {
      abort();
    }
  }
  arena_free(ctx.arena);
  arena_free(again.arena);
  return 0;
}
