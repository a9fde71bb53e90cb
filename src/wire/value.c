#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "wire/internal.h"

/* Beyond this a double no longer tells neighbouring whole numbers apart. */
static const double exact_max = 9007199254740992.0;

bool value_faults_full(const struct ctx *ctx) {
  return ctx->problem.fault_count >= PROBLEM_FAULTS_MAX;
}

struct str value_cut(struct str name) {
  enum { NAME_BYTES = 100 };
  if (name.len > NAME_BYTES) {
    name.len = NAME_BYTES;
    /* Never inside a character: back to its first byte. */
    while (name.len > 0 && ((unsigned char)name.at[name.len] & 0xC0) == 0x80) {
      name.len--;
    }
  }
  return name;
}

void value_fault(struct ctx *ctx, struct str field, const char *reason) {
  if (!value_faults_full(ctx)) {
    (void)problem_fault(ctx, str_copy(ctx->arena, field), str_of(reason));
  }
}

bool value_is_read(const struct field *row) {
  return row->kind != FIELD_KIND_CONST && !(row->kind == FIELD_KIND_CUSTOM && row->custom->read == NULL);
}

void value_absent(const struct field *row, void *member) {
  if (row->kind == FIELD_KIND_REAL) {
    double null = NAN;
    memcpy(member, &null, sizeof(null));
  }
}

enum status value_room(struct ctx *ctx, size_t count, size_t size) {
  size_t left = arena_left(ctx->arena);
  if (left < WIRE_SLACK || (size > 0 && count > (left - WIRE_SLACK) / size)) {
    return problem_set(ctx, &problem_too_large);
  }
  return STATUS_OK;
}

static const char *words_reason(struct ctx *ctx, const struct field *row) {
  struct buf text CLEANUP_BUF;
  buf_init(&text, 4096);
  buf_add_text(&text, "must be one of ");
  bool first = true;
  for (const struct word *word = row->words; word != NULL && word->word != NULL; word++) {
    if (word_is_first(row->words, word)) {
      buf_add_text(&text, first ? "" : ", ");
      buf_add_text(&text, word->word);
      first = false;
    }
  }
  return str_c(ctx->arena, buf_str(&text));
}

const char *value_wanted(struct ctx *ctx, const struct field *row) {
  switch ((enum field_kind)row->kind) {
    case FIELD_KIND_INT:
      return "must be a whole number";
    case FIELD_KIND_REAL:
      return "must be a number";
    case FIELD_KIND_BOOL:
      return "must be true or false";
    case FIELD_KIND_WORD:
      return words_reason(ctx, row);
    case FIELD_KIND_TIME:
      return "must be a date and time like 2025-01-31T08:00:00Z";
    case FIELD_KIND_UUID:
      return "must be a uuid";
    case FIELD_KIND_OBJECT:
      return "must be an object";
    case FIELD_KIND_LIST:
      return "must be a list";
    case FIELD_KIND_TEXT:
    case FIELD_KIND_CONST:
    case FIELD_KIND_CUSTOM:
      break;
  }
  return "must be a text";
}

static const char *bound_reason(struct ctx *ctx, const char *format, int64_t bound) {
  return str_format(ctx->arena, format, (long long)bound).at;
}

const char *value_count_reason(struct ctx *ctx, const struct field *row, size_t count) {
  int64_t max = row->max > 0 ? row->max : WIRE_LIST_MAX;
  if (count > (size_t)max) {
    return bound_reason(ctx, max == 1 ? "must have at most %lld item" : "must have at most %lld items", max);
  }
  if (row->min > 0 && count < (size_t)row->min) {
    return bound_reason(ctx, row->min == 1 ? "must have at least %lld item" : "must have at least %lld items",
                        row->min);
  }
  return NULL;
}

/* White space in any script, and what shows as nothing. */
static bool point_is_blank(uint32_t point) {
  return (point >= 0x09 && point <= 0x0D) || point == 0x20 || point == 0x85 || point == 0xA0 ||
         point == 0x1680 || (point >= 0x2000 && point <= 0x200D) || point == 0x2028 || point == 0x2029 ||
         point == 0x202F || point == 0x205F || point == 0x2060 || point == 0x3000 || point == 0xFEFF;
}

/* The text is valid UTF-8: it was checked before it came here. */
static bool text_is_blank(struct str text) {
  size_t i = 0;
  while (i < text.len) {
    unsigned char lead = (unsigned char)text.at[i];
    size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (size > text.len - i) {
      return false;
    }
    uint32_t point = size == 1 ? lead : lead & (0x7Fu >> size);
    for (size_t k = 1; k < size; k++) {
      point = point << 6 | ((unsigned char)text.at[i + k] & 0x3Fu);
    }
    if (!point_is_blank(point)) {
      return false;
    }
    i += size;
  }
  return true;
}

static enum status read_text(struct ctx *ctx, const struct field *row, struct str text, struct str *out,
                             const char **reason) {
  if ((row->flags & FIELD_ANY_TEXT) != 0) {
    if (memchr(text.at, '\0', text.len) != NULL) {
      *reason = "contains control characters";
      return STATUS_INVALID;
    }
  } else if (str_has_control(text)) {
    *reason = "contains control characters";
    return STATUS_INVALID;
  }
  if ((row->flags & FIELD_NOT_BLANK) != 0 && text_is_blank(text)) {
    *reason = "must not be blank";
    return STATUS_INVALID;
  }
  /* A character has one byte at least: where the bytes fit, the characters do. */
  if (row->max > 0 && text.len > (size_t)row->max && str_points(text) > (size_t)row->max) {
    *reason = bound_reason(
        ctx, row->max == 1 ? "must be at most %lld character" : "must be at most %lld characters", row->max);
    return STATUS_INVALID;
  }
  if (row->max <= 0 && text.len > WIRE_TEXT_MAX) {
    *reason = bound_reason(ctx, "must be at most %lld bytes", WIRE_TEXT_MAX);
    return STATUS_INVALID;
  }
  if (row->min > 0 && str_points(text) < (size_t)row->min) {
    *reason =
        row->min == 1 ? "must not be empty" : bound_reason(ctx, "must be at least %lld characters", row->min);
    return STATUS_INVALID;
  }
  *out = text;
  return STATUS_OK;
}

enum status value_from_int(struct ctx *ctx, const struct field *row, int64_t number, void *member,
                           const char **reason) {
  if (row->kind == FIELD_KIND_REAL) {
    return value_from_real(ctx, row, (double)number, member, reason);
  }
  if (row->max != 0 && number > row->max) {
    *reason = bound_reason(ctx, "must be at most %lld", row->max);
    return STATUS_INVALID;
  }
  if ((row->max != 0 || row->min != 0) && number < row->min) {
    *reason = bound_reason(ctx, "must be at least %lld", row->min);
    return STATUS_INVALID;
  }
  memcpy(member, &number, sizeof(number));
  return STATUS_OK;
}

enum status value_from_real(struct ctx *ctx, const struct field *row, double number, void *member,
                            const char **reason) {
  if (!isfinite(number)) {
    *reason = value_wanted(ctx, row);
    return STATUS_INVALID;
  }
  if (row->kind == FIELD_KIND_INT) {
    if (number != trunc(number)) {
      *reason = "must be a whole number";
      return STATUS_INVALID;
    }
    if (fabs(number) > exact_max) {
      *reason = "is out of range";
      return STATUS_INVALID;
    }
    return value_from_int(ctx, row, (int64_t)number, member, reason);
  }
  bool has_min = row->real_min != 0 || row->real_max != 0;
  bool has_max = has_min && row->real_max >= row->real_min;
  if (has_max && number > row->real_max) {
    *reason = str_format(ctx->arena, "must be at most %.15g", row->real_max).at;
    return STATUS_INVALID;
  }
  if (has_min && number < row->real_min) {
    *reason = str_format(ctx->arena, "must be at least %.15g", row->real_min).at;
    return STATUS_INVALID;
  }
  memcpy(member, &number, sizeof(number));
  return STATUS_OK;
}

/* The grammar of JSON's numbers: strtod alone would also take "0x1p3", "inf" and spaces. */
static bool is_number(struct str text) {
  size_t i = 0;
  size_t start;
  if (i < text.len && text.at[i] == '-') {
    i++;
  }
  for (start = i; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++) {
  }
  if (i == start || (text.at[start] == '0' && i > start + 1)) {
    return false;
  }
  if (i < text.len && text.at[i] == '.') {
    i++;
    for (start = i; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++) {
    }
    if (i == start) {
      return false;
    }
  }
  if (i < text.len && (text.at[i] == 'e' || text.at[i] == 'E')) {
    i++;
    if (i < text.len && (text.at[i] == '-' || text.at[i] == '+')) {
      i++;
    }
    for (start = i; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++) {
    }
    if (i == start) {
      return false;
    }
  }
  return i == text.len;
}

static enum status number_from_text(struct ctx *ctx, const struct field *row, struct str text, void *member,
                                    const char **reason) {
  enum { NUMBER_MAX = 64 };
  int64_t whole;
  if (row->kind == FIELD_KIND_INT) {
    if (str_int(text, &whole) == STATUS_OK) {
      return value_from_int(ctx, row, whole, member, reason);
    }
  } else if (text.len < NUMBER_MAX && is_number(text)) {
    char copy[NUMBER_MAX];
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return value_from_real(ctx, row, strtod(copy, NULL), member, reason);
  }
  *reason = value_wanted(ctx, row);
  return STATUS_INVALID;
}

/* The kinds that are one word: only the right one of them is taken. */
static bool word_from_text(const struct field *row, struct str text, void *member) {
  int value;
  int64_t time_us;
  struct uuid uuid;
  bool truth;
  switch ((enum field_kind)row->kind) {
    case FIELD_KIND_BOOL:
      truth = str_is(text, "true") || str_is(text, "1");
      if (!truth && !str_is(text, "false") && !str_is(text, "0")) {
        return false;
      }
      memcpy(member, &truth, sizeof(truth));
      return true;
    case FIELD_KIND_WORD:
      if (word_value(row->words, text, (row->flags & FIELD_FOLD_WORDS) != 0, &value) != STATUS_OK) {
        return false;
      }
      memcpy(member, &value, sizeof(value));
      return true;
    case FIELD_KIND_TIME:
      /* 0 means "no time" inside, so 1970 itself can't be told from nothing. */
      if (time_parse(text, &time_us) != STATUS_OK || time_us <= 0) {
        return false;
      }
      memcpy(member, &time_us, sizeof(time_us));
      return true;
    case FIELD_KIND_UUID:
      /* All zero means "none" inside: taken as a filter it would filter nothing. */
      if (uuid_parse(text, &uuid) != STATUS_OK || uuid_is_none(uuid)) {
        return false;
      }
      memcpy(member, &uuid, sizeof(uuid));
      return true;
    default:
      return false;
  }
}

enum status value_from_text(struct ctx *ctx, const struct field *row, struct str text, void *member,
                            const char **reason) {
  struct str used = (row->flags & FIELD_TRIM) != 0 ? str_trim(text) : text;
  if (used.at == NULL) {
    used = STR("");
  }
  switch ((enum field_kind)row->kind) {
    case FIELD_KIND_TEXT:
      return read_text(ctx, row, used, member, reason);
    case FIELD_KIND_INT:
    case FIELD_KIND_REAL:
      return number_from_text(ctx, row, used, member, reason);
    case FIELD_KIND_CUSTOM: {
      *reason = NULL;
      enum status status = row->custom->read(ctx, used, member, reason);
      if (status == STATUS_INVALID && *reason == NULL) {
        *reason = "is not valid";
      }
      return status;
    }
    default:
      break;
  }
  if (!word_from_text(row, used, member)) {
    *reason = value_wanted(ctx, row);
    return STATUS_INVALID;
  }
  return STATUS_OK;
}
