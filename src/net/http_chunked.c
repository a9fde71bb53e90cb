#include "net/http_internal.h"

/* RFC 9112 7.1, one state a byte, so that a body may come in any pieces. */

enum {
  SIZE_FIRST, /* zero: where a cleared struct http_chunked begins */
  SIZE,
  NAME_FIRST, /* of an extension */
  NAME,
  VALUE_FIRST,
  VALUE,
  QUOTED,
  QUOTED_PAIR,
  QUOTED_END,
  SIZE_LF,
  DATA,
  DATA_CR,
  DATA_LF,
  TRAILER_FIRST,
  TRAILER_NAME,
  TRAILER_VALUE,
  TRAILER_LF,
  END_LF
};

enum { DIGITS_MAX = 16, EXTENSION_MAX = 256, TRAILER_MAX = 8 * 1024 };

static bool of(char c, unsigned class) {
  return (http_class[(unsigned char)c] & class) != 0;
}

static unsigned hex_value(char c) {
  return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

/* A chunk extension, *( ";" name [ "=" ( token / quoted-string ) ] ). RFC 9112 7.1.1 would let white space
 * stand around the signs; nobody sends it, and parsers that disagree about it are how requests get smuggled,
 * so it is refused. */
static enum http_parse extension_byte(struct http_chunked *state, char c) {
  static const uint8_t after_token[] = {
      [NAME_FIRST] = NAME, [NAME] = NAME, [VALUE_FIRST] = VALUE, [VALUE] = VALUE};
  uint8_t now = state->state;
  if (++state->line > EXTENSION_MAX) {
    return HTTP_PARSE_BAD;
  }
  if (now == QUOTED || now == QUOTED_PAIR) {
    if (!of(c, CLASS_VALUE)) {
      return HTTP_PARSE_BAD;
    }
    if (now == QUOTED_PAIR) {
      state->state = QUOTED;
    } else if (c == '"' || c == '\\') {
      state->state = c == '"' ? QUOTED_END : QUOTED_PAIR;
    }
    return HTTP_PARSE_MORE;
  }
  if (of(c, CLASS_TOKEN) && now != QUOTED_END) {
    state->state = after_token[now];
  } else if (c == '"' && now == VALUE_FIRST) {
    state->state = QUOTED;
  } else if (c == '=' && now == NAME) {
    state->state = VALUE_FIRST;
  } else if (now == NAME_FIRST || now == VALUE_FIRST || (c != ';' && c != '\r')) {
    return HTTP_PARSE_BAD;
  } else {
    state->state = c == ';' ? NAME_FIRST : SIZE_LF;
  }
  return HTTP_PARSE_MORE;
}

static enum http_parse size_byte(struct http_chunked *state, char c) {
  if (of(c, CLASS_HEX)) {
    if (state->left >> 58 != 0 || ++state->line > DIGITS_MAX) {
      return HTTP_PARSE_BAD;
    }
    state->left = state->left << 4 | hex_value(c);
    state->state = SIZE;
    return HTTP_PARSE_MORE;
  }
  if (state->state == SIZE && (c == '\r' || c == ';')) {
    state->state = c == ';' ? NAME_FIRST : SIZE_LF;
    state->line = 0;
    return HTTP_PARSE_MORE;
  }
  return HTTP_PARSE_BAD;
}

static enum http_parse size_end(struct http_chunked *state, const struct buf *body) {
  if (state->left > body->max - body->len) {
    return HTTP_PARSE_TOO_LONG;
  }
  state->line = 0;
  state->state = state->left > 0 ? DATA : TRAILER_FIRST;
  return HTTP_PARSE_MORE;
}

/* A trailer's name is not kept, only a number made of it (FNV-1a over its lower-case letters). */
static uint64_t name_add(uint64_t number, char c) {
  return (number ^ (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c)) * UINT64_C(1099511628211);
}

/* RFC 9110 6.5.1: what says where a message ends or goes must not stand in a trailer. */
static bool trailer_forbidden(uint64_t number) {
  static const char *const names[] = {"content-length", "transfer-encoding", "host"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    uint64_t other = 0;
    for (const char *c = names[i]; *c != 0; c++) {
      other = name_add(other, *c);
    }
    if (other == number) {
      return true;
    }
  }
  return false;
}

/* Trailers are read with the same care as headers, then dropped. */
static enum http_parse trailer_byte(struct http_chunked *state, char c) {
  if (++state->trailer > TRAILER_MAX) {
    return HTTP_PARSE_BAD;
  }
  switch (state->state) {
    case TRAILER_FIRST:
      if (c == '\r') {
        state->state = END_LF;
        return HTTP_PARSE_MORE;
      }
      state->state = TRAILER_NAME;
      state->left = name_add(0, c); /* no chunk is left to count */
      return of(c, CLASS_TOKEN) ? HTTP_PARSE_MORE : HTTP_PARSE_BAD;
    case TRAILER_NAME:
      if (c == ':') {
        state->state = TRAILER_VALUE;
        return trailer_forbidden(state->left) ? HTTP_PARSE_BAD : HTTP_PARSE_MORE;
      }
      state->left = name_add(state->left, c);
      return of(c, CLASS_TOKEN) ? HTTP_PARSE_MORE : HTTP_PARSE_BAD;
    case TRAILER_VALUE:
      if (c == '\r') {
        state->state = TRAILER_LF;
        return HTTP_PARSE_MORE;
      }
      return of(c, CLASS_VALUE) ? HTTP_PARSE_MORE : HTTP_PARSE_BAD;
    case TRAILER_LF:
      state->state = TRAILER_FIRST;
      return c == '\n' ? HTTP_PARSE_MORE : HTTP_PARSE_BAD;
    default: /* END_LF */
      return c == '\n' ? HTTP_PARSE_DONE : HTTP_PARSE_BAD;
  }
}

static enum http_parse framing_byte(struct http_chunked *state, char c, const struct buf *body) {
  switch (state->state) {
    case SIZE_FIRST:
    case SIZE:
      return size_byte(state, c);
    case NAME_FIRST:
    case NAME:
    case VALUE_FIRST:
    case VALUE:
    case QUOTED:
    case QUOTED_PAIR:
    case QUOTED_END:
      return extension_byte(state, c);
    case SIZE_LF:
      return c == '\n' ? size_end(state, body) : HTTP_PARSE_BAD;
    case DATA_CR:
      state->state = DATA_LF;
      return c == '\r' ? HTTP_PARSE_MORE : HTTP_PARSE_BAD;
    case DATA_LF:
      state->state = SIZE_FIRST;
      return c == '\n' ? HTTP_PARSE_MORE : HTTP_PARSE_BAD;
    default:
      return trailer_byte(state, c);
  }
}

enum http_parse http_parse_chunked(struct http_chunked *state, struct str bytes, struct buf *body,
                                   size_t *used) {
  size_t at = 0;
  while (at < bytes.len) {
    if (state->state == DATA) {
      size_t have = bytes.len - at;
      size_t take = state->left < have ? (size_t)state->left : have;
      buf_add(body, bytes.at + at, take);
      at += take;
      state->left -= take;
      if (state->left == 0) {
        state->state = DATA_CR;
      }
      continue;
    }
    enum http_parse result = framing_byte(state, bytes.at[at], body);
    at++;
    if (result == HTTP_PARSE_DONE) {
      *used = at;
    }
    if (result != HTTP_PARSE_MORE) {
      return result;
    }
  }
  return HTTP_PARSE_MORE;
}
