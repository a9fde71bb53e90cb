#include "paper/csv.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

/* Every cell leaves a comma behind it, and the end of the row takes the last one back: so no
 * cell has to know whether it is the first. */

enum { PLAIN, QUOTE_NEEDED, QUOTE_ITSELF };

static const unsigned char special[256] = {
    [','] = QUOTE_NEEDED, ['\r'] = QUOTE_NEEDED, ['\n'] = QUOTE_NEEDED, ['"'] = QUOTE_ITSELF};

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* -12.5, but neither +1 nor 1e5 nor -1+1. */
static bool is_plain_number(struct str text) {
  size_t at = text.len > 0 && text.at[0] == '-' ? 1 : 0;
  size_t digits_at = at;
  while (at < text.len && is_digit(text.at[at])) {
    at++;
  }
  if (at == digits_at) {
    return false;
  }
  if (at < text.len && text.at[at] == '.') {
    digits_at = ++at;
    while (at < text.len && is_digit(text.at[at])) {
      at++;
    }
    if (at == digits_at) {
      return false;
    }
  }
  return at == text.len;
}

static bool starts_formula(struct str text) {
  switch (text.at[0]) {
    case '=':
    case '+':
    case '-':
    case '@':
    case '\t':
    case '\r':
    case '\n':
      return true;
    case '\xef':
      return str_starts(text, "\xef\xbc\x9d") || str_starts(text, "\xef\xbc\x8b") ||
             str_starts(text, "\xef\xbc\x8d") || str_starts(text, "\xef\xbc\xa0");
    default:
      return false;
  }
}

/* Programs that read CSV differ in whether they drop the blanks before a cell. */
static bool looks_like_formula(struct str text) {
  size_t blanks = 0;
  while (blanks < text.len && text.at[blanks] == ' ') {
    blanks++;
  }
  struct str rest = {text.at + blanks, text.len - blanks};
  return rest.len > 0 && starts_formula(rest) && !is_plain_number(text);
}

static void add_quoted(struct buf *buf, struct str text, size_t quotes, bool guarded) {
  char *at = buf_reserve(buf, text.len + quotes + guarded + 3);
  if (at == NULL) {
    return;
  }
  char *to = at;
  *to++ = '"';
  if (guarded) {
    *to++ = '\'';
  }
  for (size_t i = 0; i < text.len; i++) {
    if (text.at[i] == '"') {
      *to++ = '"';
    }
    *to++ = text.at[i];
  }
  *to++ = '"';
  *to++ = ',';
  buf->len += (size_t)(to - at);
}

void csv_text(struct buf *buf, struct str text) {
  if (text.len == 0) {
    csv_none(buf);
    return;
  }
  bool guarded = looks_like_formula(text);
  unsigned found = PLAIN;
  size_t quotes = 0;
  for (size_t i = 0; i < text.len; i++) {
    unsigned kind = special[(unsigned char)text.at[i]];
    found |= kind;
    quotes += kind == QUOTE_ITSELF;
  }
  if (found != PLAIN) {
    add_quoted(buf, text, quotes, guarded);
    return;
  }
  char *at = buf_reserve(buf, text.len + guarded + 1);
  if (at == NULL) {
    return;
  }
  if (guarded) {
    *at++ = '\'';
  }
  memcpy(at, text.at, text.len);
  at[text.len] = ',';
  buf->len += text.len + guarded + 1;
}

void csv_int(struct buf *buf, int64_t number) {
  buf_add_int(buf, number);
  csv_none(buf);
}

void csv_real(struct buf *buf, double number) {
  if (isfinite(number)) {
    /* Most numbers that people write need no more than 15 digits, and every one reads back from 17. */
    char digits[32];
    for (int precision = 15; precision <= 17; precision++) {
      int len = snprintf(digits, sizeof(digits), "%.*g", precision, number);
      if (precision == 17 || strtod(digits, NULL) == number) {
        buf_add(buf, digits, (size_t)len);
        break;
      }
    }
  }
  csv_none(buf);
}

void csv_time(struct buf *buf, int64_t time_us) {
  if (time_us != 0) {
    char text[TIME_TEXT_SIZE];
    buf_add_text(buf, time_print(time_us, text));
  }
  csv_none(buf);
}

void csv_none(struct buf *buf) {
  buf_add_char(buf, ',');
}

void csv_end(struct buf *buf) {
  if (!buf->full && buf->len > 0 && buf->at[buf->len - 1] == ',') {
    buf->len--;
  }
  buf_add(buf, "\r\n", 2);
}

void csv_head(struct buf *buf, const struct str *names, size_t count) {
  for (size_t i = 0; i < count; i++) {
    csv_text(buf, names[i]);
  }
  csv_end(buf);
}
