#include "base/base64.h"

#include <stdbool.h>

#define BAD 0xff
#define X8 BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD
#define X16 X8, X8
#define X128 X16, X16, X16, X16, X16, X16, X16, X16
#define UPPER 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25
#define LOWER \
  26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51
#define DIGITS 52, 53, 54, 55, 56, 57, 58, 59, 60, 61
/* The 256 values of an alphabet that differs in the characters + - / and _ alone. */
#define VALUES(plus, minus, slash, underscore)                                                          \
  X16, X16, X8, BAD, BAD, BAD, plus, BAD, minus, BAD, slash, DIGITS, BAD, BAD, BAD, BAD, BAD, BAD, BAD, \
      UPPER, BAD, BAD, BAD, BAD, underscore, BAD, LOWER, BAD, BAD, BAD, BAD, BAD, X128

static const uint8_t standard_values[256] = {VALUES(62, BAD, 63, BAD)};
static const uint8_t url_values[256] = {VALUES(BAD, 62, BAD, 63)};

static const char standard_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Decodes text without padding. Faults are gathered and looked at once, so that the
 * loop over tens of megabytes has no branch but its end. */
static enum status decode(const uint8_t values[256], struct str text, uint8_t *out, size_t *len) {
  const uint8_t *in = (const uint8_t *)text.at;
  const uint8_t *out_start = out;
  size_t rest = text.len % 4;
  unsigned faults = 0;
  if (rest == 1) {
    return STATUS_INVALID;
  }
  for (size_t group = text.len / 4; group > 0; group--, in += 4, out += 3) {
    unsigned a = values[in[0]];
    unsigned b = values[in[1]];
    unsigned c = values[in[2]];
    unsigned d = values[in[3]];
    faults |= a | b | c | d;
    unsigned bits = a << 18 | b << 12 | c << 6 | d;
    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 8);
    out[2] = (uint8_t)bits;
  }
  if (rest != 0) {
    unsigned a = values[in[0]];
    unsigned b = values[in[1]];
    unsigned c = rest == 3 ? values[in[2]] : 0;
    faults |= a | b | c;
    /* Bits beyond the last whole byte must be zero: one text for one run of bytes. */
    if ((rest == 2 && (b & 0x0f) != 0) || (rest == 3 && (c & 0x03) != 0)) {
      return STATUS_INVALID;
    }
    *out++ = (uint8_t)(a << 2 | b >> 4);
    if (rest == 3) {
      *out++ = (uint8_t)(b << 4 | c >> 2);
    }
  }
  if ((faults & 0xc0) != 0) {
    return STATUS_INVALID;
  }
  *len = (size_t)(out - out_start);
  return STATUS_OK;
}

enum status base64_decode(struct str text, void *out, size_t *len) {
  if (text.len % 4 != 0) {
    return STATUS_INVALID;
  }
  /* At most two characters of padding; any other "=" is a foreign character. */
  for (int pad = 0; pad < 2 && text.len > 0 && text.at[text.len - 1] == '='; pad++) {
    text.len--;
  }
  return decode(standard_values, text, out, len);
}

enum status base64url_decode(struct str text, void *out, size_t *len) {
  return decode(url_values, text, out, len);
}

static void encode(struct buf *out, const char digits[64], bool padded, struct str bytes) {
  size_t rest = bytes.len % 3;
  size_t groups = bytes.len / 3;
  size_t tail = rest == 0 ? 0 : padded ? 4 : rest + 1;
  if (groups > (SIZE_MAX - 4) / 4) {
    out->full = true;
    return;
  }
  char *to = buf_reserve(out, groups * 4 + tail);
  if (to == NULL) {
    return;
  }
  out->len += groups * 4 + tail;
  const uint8_t *in = (const uint8_t *)bytes.at;
  for (; groups > 0; groups--, in += 3, to += 4) {
    unsigned bits = (unsigned)in[0] << 16 | (unsigned)in[1] << 8 | in[2];
    to[0] = digits[bits >> 18];
    to[1] = digits[bits >> 12 & 63];
    to[2] = digits[bits >> 6 & 63];
    to[3] = digits[bits & 63];
  }
  if (rest == 0) {
    return;
  }
  unsigned bits = (unsigned)in[0] << 16 | (rest == 2 ? (unsigned)in[1] << 8 : 0);
  *to++ = digits[bits >> 18];
  *to++ = digits[bits >> 12 & 63];
  if (rest == 2) {
    *to++ = digits[bits >> 6 & 63];
  }
  for (size_t pad = rest + 1; padded && pad < 4; pad++) {
    *to++ = '=';
  }
}

void base64_encode(struct buf *out, struct str bytes) {
  encode(out, standard_digits, true, bytes);
}

void base64url_encode(struct buf *out, struct str bytes) {
  encode(out, url_digits, false, bytes);
}
