#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "wire/internal.h"

/* What follows the backslash; 'u' stands for the long form. 0: the byte is printed as it is. */
static const char escapes[256] = {
    [0] = 'u',  [1] = 'u',  [2] = 'u',  [3] = 'u',  [4] = 'u',   [5] = 'u',     [6] = 'u',
    [7] = 'u',  [8] = 'b',  [9] = 't',  [10] = 'n', [11] = 'u',  [12] = 'f',    [13] = 'r',
    [14] = 'u', [15] = 'u', [16] = 'u', [17] = 'u', [18] = 'u',  [19] = 'u',    [20] = 'u',
    [21] = 'u', [22] = 'u', [23] = 'u', [24] = 'u', [25] = 'u',  [26] = 'u',    [27] = 'u',
    [28] = 'u', [29] = 'u', [30] = 'u', [31] = 'u', ['"'] = '"', ['\\'] = '\\',
};

#define BYTES(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Some byte of the eight may need an escape (never the other way round: a true answer may be a false alarm).
 */
static bool eight_need_escape(uint64_t eight) {
  uint64_t quote = eight ^ BYTES('"');
  uint64_t slash = eight ^ BYTES('\\');
  uint64_t low = eight - BYTES(0x20);
  uint64_t hit = ((quote - BYTES(1)) & ~quote) | ((slash - BYTES(1)) & ~slash) | (low & ~eight);
  return (hit & BYTES(0x80)) != 0;
}

/* Length of the run at the start that is printed as it is. */
static size_t plain_run(const char *at, size_t len) {
  size_t i = 0;
  while (i + 8 <= len) {
    uint64_t eight;
    memcpy(&eight, at + i, 8);
    if (eight_need_escape(eight)) {
      break;
    }
    i += 8;
  }
  while (i < len && escapes[(unsigned char)at[i]] == 0) {
    i++;
  }
  return i;
}

void wire_print_text(struct buf *out, struct str text) {
  static const char hex[] = "0123456789abcdef";
  buf_add_char(out, '"');
  size_t i = 0;
  while (i < text.len && !out->full) {
    size_t run = plain_run(text.at + i, text.len - i);
    /* Room for the run, the escape after it and the closing quote. */
    char *to = buf_reserve(out, run + 7);
    if (to == NULL) {
      return;
    }
    memcpy(to, text.at + i, run);
    to += run;
    i += run;
    if (i < text.len) {
      unsigned char c = (unsigned char)text.at[i++];
      *to++ = '\\';
      *to++ = escapes[c];
      if (escapes[c] == 'u') {
        *to++ = '0';
        *to++ = '0';
        *to++ = hex[c >> 4];
        *to++ = hex[c & 15];
      }
    }
    out->len = (size_t)(to - out->at);
  }
  buf_add_char(out, '"');
}

void wire_print_real(struct buf *out, double number) {
  if (!isfinite(number)) {
    buf_add_text(out, "null");
    return;
  }
  if (number == trunc(number) && fabs(number) < 1e15) {
    buf_add_int(out, (int64_t)number);
    return;
  }
  char text[32];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof(text), "%.*g", digits, number);
    if (strtod(text, NULL) == number) {
      break;
    }
  }
  buf_add_text(out, text);
}

static void print_time(struct buf *out, int64_t time_us) {
  char text[TIME_TEXT_SIZE + 2];
  text[0] = '"';
  time_print(time_us, text + 1);
  size_t len = strlen(text);
  text[len] = '"';
  buf_add(out, text, len + 1);
}

static void print_uuid(struct buf *out, struct uuid uuid) {
  char text[UUID_TEXT_SIZE + 1];
  text[0] = '"';
  uuid_print(uuid, text + 1);
  text[UUID_TEXT_SIZE] = '"';
  buf_add(out, text, sizeof(text));
}

static void print_list(struct buf *out, const struct field *row, const struct list *list) {
  buf_add_char(out, '[');
  for (size_t i = 0; i < list->count && !out->full; i++) {
    if (i > 0) {
      buf_add_char(out, ',');
    }
    if (row->of != NULL) {
      wire_print_json(out, row->of, (const char *)list->at + i * row->of->size);
    } else {
      wire_print_text(out, ((const struct str *)list->at)[i]);
    }
  }
  buf_add_char(out, ']');
}

/* A list is never null: without items it is []. */
static bool is_null(const struct field *row, const void *member) {
  switch ((enum field_kind)row->kind) {
    case FIELD_KIND_TEXT:
      return ((const struct str *)member)->at == NULL;
    case FIELD_KIND_REAL:
      return !isfinite(*(const double *)member);
    case FIELD_KIND_WORD:
      return word_row(row->words, *(const int *)member) == NULL;
    case FIELD_KIND_TIME:
      return *(const int64_t *)member == 0;
    case FIELD_KIND_UUID:
      return uuid_is_none(*(const struct uuid *)member);
    case FIELD_KIND_OBJECT:
      return *(const void *const *)member == NULL;
    case FIELD_KIND_CUSTOM:
      return row->custom->print == NULL;
    case FIELD_KIND_INT:
    case FIELD_KIND_BOOL:
    case FIELD_KIND_LIST:
    case FIELD_KIND_CONST:
      break;
  }
  return false;
}

static void print_value(struct buf *out, const struct field *row, const void *member) {
  switch ((enum field_kind)row->kind) {
    case FIELD_KIND_TEXT:
      wire_print_text(out, *(const struct str *)member);
      break;
    case FIELD_KIND_INT:
      buf_add_int(out, *(const int64_t *)member);
      break;
    case FIELD_KIND_REAL:
      wire_print_real(out, *(const double *)member);
      break;
    case FIELD_KIND_BOOL:
      buf_add_text(out, *(const bool *)member ? "true" : "false");
      break;
    case FIELD_KIND_WORD:
      wire_print_text(out, str_of(word_of(row->words, *(const int *)member)));
      break;
    case FIELD_KIND_TIME:
      print_time(out, *(const int64_t *)member);
      break;
    case FIELD_KIND_UUID:
      print_uuid(out, *(const struct uuid *)member);
      break;
    case FIELD_KIND_OBJECT:
      wire_print_json(out, row->of, *(const void *const *)member);
      break;
    case FIELD_KIND_LIST:
      print_list(out, row, member);
      break;
    case FIELD_KIND_CONST:
      buf_add_text(out, row->constant);
      break;
    case FIELD_KIND_CUSTOM:
      row->custom->print(out, member);
      break;
  }
}

/* An absent list is told from an empty one only where absent values are left out. */
static bool is_left_out(const struct field *row, const void *member) {
  return (row->flags & FIELD_OMIT_NULL) != 0 &&
         (row->kind == FIELD_KIND_LIST ? ((const struct list *)member)->at == NULL : is_null(row, member));
}

/* Only its printer knows whether a custom member is null: true where what it printed is to be taken back. */
static bool custom_is_null(struct buf *out, const struct field *row, size_t start) {
  if (out->len == start && !out->full) {
    buf_add(out, "null", 4);
  }
  return (row->flags & FIELD_OMIT_NULL) != 0 && out->len == start + 4 &&
         memcmp(out->at + start, "null", 4) == 0;
}

bool wire_print_rows(struct buf *out, const struct fields *fields, const void *in) {
  bool printed = false;
  for (unsigned i = 0; i < fields->count && !out->full; i++) {
    const struct field *row = &fields->rows[i];
    const void *member = (const char *)in + row->offset;
    if (is_left_out(row, member)) {
      continue;
    }
    size_t before = out->len;
    size_t len = strlen(row->name);
    char *to = buf_reserve(out, len + 4);
    if (to == NULL) {
      return printed;
    }
    char *start = to;
    if (printed) {
      *to++ = ',';
    }
    *to++ = '"';
    memcpy(to, row->name, len);
    to += len;
    *to++ = '"';
    *to++ = ':';
    out->len += (size_t)(to - start);
    if (is_null(row, member)) {
      buf_add(out, "null", 4);
    } else {
      size_t value = out->len;
      print_value(out, row, member);
      if (row->kind == FIELD_KIND_CUSTOM && custom_is_null(out, row, value)) {
        out->len = before;
        continue;
      }
    }
    printed = true;
  }
  return printed;
}

void wire_print_json(struct buf *out, const struct fields *fields, const void *in) {
  if (in == NULL) {
    buf_add(out, "null", 4);
    return;
  }
  buf_add_char(out, '{');
  wire_print_rows(out, fields, in);
  buf_add_char(out, '}');
}

void wire_print_key(struct buf *out, const char *name) {
  if (out->len > 0 && out->at[out->len - 1] != '{' && out->at[out->len - 1] != '[' && !out->full) {
    buf_add_char(out, ',');
  }
  wire_print_text(out, str_of(name));
  buf_add_char(out, ':');
}

void wire_print_key_text(struct buf *out, const char *name, const char *text) {
  wire_print_key(out, name);
  wire_print_text(out, str_of(text));
}
