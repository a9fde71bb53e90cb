#include "base/str.h"

#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wctype.h>

#include "base/log.h"

struct str str_of(const char *text) {
  return text != NULL ? (struct str){text, strlen(text)} : STR_NONE;
}

bool str_is(struct str s, const char *text) {
  return str_equal(s, str_of(text));
}

bool str_equal(struct str a, struct str b) {
  if (a.at == NULL || b.at == NULL) {
    return a.at == b.at;
  }
  return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static unsigned char ascii_lower(char c) {
  return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool str_equal_fold(struct str a, struct str b) {
  if (a.at == NULL || b.at == NULL) {
    return a.at == b.at;
  }
  if (a.len != b.len) {
    return false;
  }
  for (size_t i = 0; i < a.len; i++) {
    if (ascii_lower(a.at[i]) != ascii_lower(b.at[i])) {
      return false;
    }
  }
  return true;
}

bool str_starts(struct str s, const char *prefix) {
  size_t len = strlen(prefix);
  return s.len >= len && (len == 0 || memcmp(s.at, prefix, len) == 0);
}

bool str_ends(struct str s, const char *suffix) {
  size_t len = strlen(suffix);
  return s.len >= len && (len == 0 || memcmp(s.at + s.len - len, suffix, len) == 0);
}

static bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s) {
  while (s.len > 0 && is_space(s.at[s.len - 1])) {
    s.len--;
  }
  while (s.len > 0 && is_space(s.at[0])) {
    s.at++;
    s.len--;
  }
  return s;
}

size_t str_find(struct str s, char c) {
  const char *found = s.len > 0 ? memchr(s.at, c, s.len) : NULL;
  return found != NULL ? (size_t)(found - s.at) : s.len;
}

char *str_c(struct arena *arena, struct str s) {
  char *copy = arena_alloc(arena, s.len + 1);
  if (s.len > 0) {
    memcpy(copy, s.at, s.len);
  }
  return copy;
}

struct str str_copy(struct arena *arena, struct str s) {
  return s.at != NULL ? (struct str){str_c(arena, s), s.len} : STR_NONE;
}

struct str str_format(struct arena *arena, const char *format, ...) {
  char small[256];
  va_list arguments;
  va_start(arguments, format);
  va_list again;
  va_copy(again, arguments);
  int len = vsnprintf(small, sizeof(small), format, arguments);
  va_end(arguments);
  if (len < 0) {
    die("A text could not be formatted.");
  }
  char *text = arena_alloc(arena, (size_t)len + 1);
  if ((size_t)len < sizeof(small)) {
    memcpy(text, small, (size_t)len);
  } else {
    vsnprintf(text, (size_t)len + 1, format, again);
  }
  va_end(again);
  return (struct str){text, (size_t)len};
}

enum status str_int(struct str s, int64_t *out) {
  size_t at = 0;
  bool negative = s.len > 0 && s.at[0] == '-';
  if (negative) {
    at++;
  }
  size_t digits = s.len - at;
  if (digits == 0 || digits > 19 || (s.at[at] == '0' && s.len != 1)) {
    return STATUS_INVALID;
  }
  int64_t number = 0;
  for (; at < s.len; at++) {
    if (s.at[at] < '0' || s.at[at] > '9') {
      return STATUS_INVALID;
    }
    int digit = s.at[at] - '0';
    /* Gathered on the negative side, which reaches one farther. */
    if (__builtin_mul_overflow(number, 10, &number) || __builtin_sub_overflow(number, digit, &number)) {
      return STATUS_INVALID;
    }
  }
  if (!negative && number == INT64_MIN) {
    return STATUS_INVALID;
  }
  *out = negative ? number : -number;
  return STATUS_OK;
}

static bool is_continuation(char c) {
  return ((unsigned char)c & 0xc0) == 0x80;
}

/* Reads one character of at most `left` bytes; 0 where it is no valid UTF-8. */
static size_t read_point(const char *text, size_t left, uint32_t *point) {
  const unsigned char *at = (const unsigned char *)text;
  if (at[0] < 0x80) {
    *point = at[0];
    return 1;
  }
  size_t len = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
  if (at[0] < 0xc2 || at[0] > 0xf4 || len > left) {
    return 0;
  }
  uint32_t value = at[0] & (0x7fU >> len);
  for (size_t i = 1; i < len; i++) {
    if ((at[i] & 0xc0) != 0x80) {
      return 0;
    }
    value = value << 6 | (at[i] & 0x3fU);
  }
  bool overlong = (len == 3 && value < 0x800) || (len == 4 && value < 0x10000);
  bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (overlong || surrogate || value > 0x10ffff) {
    return 0;
  }
  *point = value;
  return len;
}

/* How many bytes at the start are ASCII, looked at eight at a time. */
static size_t ascii_run(const char *text, size_t len) {
  size_t at = 0;
  uint64_t word;
  while (len - at >= sizeof(word)) {
    memcpy(&word, text + at, sizeof(word));
    if ((word & UINT64_C(0x8080808080808080)) != 0) {
      break;
    }
    at += sizeof(word);
  }
  while (at < len && (unsigned char)text[at] < 0x80) {
    at++;
  }
  return at;
}

bool str_utf8(struct str s) {
  size_t at = 0;
  while (at < s.len) {
    at += ascii_run(s.at + at, s.len - at);
    while (at < s.len && (unsigned char)s.at[at] >= 0x80) {
      uint32_t point;
      size_t len = read_point(s.at + at, s.len - at, &point);
      if (len == 0) {
        return false;
      }
      at += len;
    }
  }
  return true;
}

size_t str_points(struct str s) {
  size_t points = 0;
  for (size_t i = 0; i < s.len; i++) {
    points += !is_continuation(s.at[i]);
  }
  return points;
}

bool str_has_control(struct str s) {
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.at[i];
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) {
      return true;
    }
    /* U+0080 to U+009F are written with two bytes, the first of them C2. */
    if (c == 0xc2 && i + 1 < s.len && (unsigned char)s.at[i + 1] < 0xa0) {
      return true;
    }
  }
  return false;
}

struct str str_cut_words(struct str s, size_t max) {
  size_t end = 0;
  for (size_t points = 0; end < s.len; end++) {
    if (!is_continuation(s.at[end]) && points++ == max) {
      break;
    }
  }
  if (end == s.len) {
    return s;
  }
  /* Where the character behind is a blank, the cut falls on a word's end already. */
  size_t cut = end;
  while (cut > 0 && !is_space(s.at[cut])) {
    cut--;
  }
  while (cut > 0 && is_space(s.at[cut - 1])) {
    cut--;
  }
  /* One word longer than the whole room is cut inside. */
  return (struct str){s.at, cut > 0 ? cut : end};
}

static pthread_once_t fold_once = PTHREAD_ONCE_INIT;
static locale_t fold_locale;

static void fold_start(void) {
  fold_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  if (fold_locale == (locale_t)0) {
    die("This system lacks the C.UTF-8 locale.");
  }
}

static uint32_t fold_point(uint32_t point) {
  /* The Greek sigma at the end of a word is a form of the same letter. */
  return point == 0x3c2 ? 0x3c3 : (uint32_t)towlower_l((wint_t)point, fold_locale);
}

static size_t write_point(uint32_t point, char out[4]) {
  if (point < 0x80) {
    out[0] = (char)point;
    return 1;
  }
  if (point < 0x800) {
    out[0] = (char)(0xc0 | point >> 6);
    out[1] = (char)(0x80 | (point & 0x3f));
    return 2;
  }
  if (point < 0x10000) {
    out[0] = (char)(0xe0 | point >> 12);
    out[1] = (char)(0x80 | (point >> 6 & 0x3f));
    out[2] = (char)(0x80 | (point & 0x3f));
    return 3;
  }
  out[0] = (char)(0xf0 | point >> 18);
  out[1] = (char)(0x80 | (point >> 12 & 0x3f));
  out[2] = (char)(0x80 | (point >> 6 & 0x3f));
  out[3] = (char)(0x80 | (point & 0x3f));
  return 4;
}

/* Folds s into `out`, or only measures where out is NULL. Bytes that are no UTF-8 stay. */
static size_t fold(struct str s, char *out) {
  size_t written = 0;
  for (size_t at = 0; at < s.len;) {
    char bytes[4] = {(char)ascii_lower(s.at[at])};
    size_t read = 1;
    size_t len = 1;
    if ((unsigned char)s.at[at] >= 0x80) {
      uint32_t point;
      read = read_point(s.at + at, s.len - at, &point);
      if (read > 0) {
        len = write_point(fold_point(point), bytes);
      } else {
        read = 1;
      }
    }
    if (out != NULL) {
      memcpy(out + written, bytes, len);
    }
    written += len;
    at += read;
  }
  return written;
}

struct str str_fold(struct arena *arena, struct str s) {
  if (s.at == NULL) {
    return STR_NONE;
  }
  pthread_once(&fold_once, fold_start);
  /* A letter's other case may take more bytes or fewer, so it is measured first. */
  size_t len = ascii_run(s.at, s.len) == s.len ? s.len : fold(s, NULL);
  char *out = arena_alloc(arena, len + 1);
  fold(s, out);
  return (struct str){out, len};
}

struct str str_like(struct arena *arena, struct str part) {
  struct str folded = str_fold(arena, part);
  if (folded.at == NULL || folded.len == 0) {
    return STR_NONE;
  }
  char *at = arena_alloc(arena, 2 * folded.len + 2);
  size_t len = 0;
  at[len++] = '%';
  for (size_t i = 0; i < folded.len; i++) {
    char c = folded.at[i];
    if (c == '%' || c == '_' || c == '\\') {
      at[len++] = '\\';
    }
    at[len++] = c;
  }
  at[len++] = '%';
  return (struct str){at, len};
}
