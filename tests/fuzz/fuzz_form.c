#include <stdlib.h>

#include "wire/field.h"

/* Any bytes as a form. What is taken holds valid UTF-8 without NUL; what is refused says why. */

static const struct word levels[] = {{"low", 1}, {"high", 2}, {NULL, 0}};

struct filter {
  struct str text, any;
  int64_t limit, from;
  double ratio;
  bool open;
  int level;
  struct uuid user;
  struct list tags;
  uint64_t present;
};

static const struct field rows[] = {
    FIELD(struct filter, text, TEXT, "text", FIELD_NOT_BLANK, .alias = "t", .min = 2, .max = 20),
    FIELD(struct filter, any, TEXT, "any", FIELD_ANY_TEXT | FIELD_TRIM),
    FIELD(struct filter, limit, INT, "limit", 0, .min = 1, .max = 100),
    FIELD(struct filter, from, TIME, "from", 0),
    FIELD(struct filter, ratio, REAL, "ratio", 0, .real_min = -1, .real_max = 1),
    FIELD(struct filter, open, BOOL, "open", 0),
    FIELD(struct filter, level, WORD, "level", FIELD_FOLD_WORDS, .words = levels),
    FIELD(struct filter, user, UUID, "user", 0),
    FIELD(struct filter, tags, LIST, "tags", 0),
};

static void check_text(struct str text, size_t points_max) {
  if (text.at != NULL &&
      (!str_utf8(text) || str_find(text, '\0') < text.len || str_points(text) > points_max)) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  /* The first byte chooses whether unknown keys are a fault. */
  const struct fields fields = {.title = "Filter",
                                .rows = rows,
                                .count = sizeof(rows) / sizeof(rows[0]),
                                .size = sizeof(struct filter),
                                .present = offsetof(struct filter, present),
                                .closed = (data[0] & 1) != 0};
  struct ctx ctx = {.arena = arena_new(4 << 20)};
  struct filter filter = {0};
  if (wire_read_form(&ctx, (struct str){(const char *)data + 1, size - 1}, &fields, &filter) == STATUS_OK) {
    check_text(filter.text, 20);
    check_text(filter.any, 64 * 1024);
    if (filter.limit < 0 || filter.limit > 100 || filter.ratio < -1 || filter.ratio > 1 || filter.from < 0 ||
        filter.tags.count > 0) {
      abort();
    }
  } else if (ctx.problem.kind == NULL) {
    abort();
  }
  for (unsigned i = 0; i < ctx.problem.fault_count; i++) {
    check_text(ctx.problem.faults[i].field, 8192);
  }
  arena_free(ctx.arena);
  return 0;
}
