#ifndef SIGAP_TESTS_POST_READER_H
#define SIGAP_TESTS_POST_READER_H

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/buf.h"

/* Reads messages back the way a mail program does; fails the test on what a strict one would refuse. */

/* Every line ends with CRLF, holds no bare CR or LF and at most `max` bytes. */
static inline void check_lines(struct str text, size_t max) {
  size_t start = 0;
  assert_true(text.len >= 2 && text.at[text.len - 2] == '\r' && text.at[text.len - 1] == '\n');
  for (size_t i = 0; i < text.len; i++) {
    if (text.at[i] == '\r') {
      assert_true(i + 1 < text.len && text.at[i + 1] == '\n');
    }
    if (text.at[i] == '\n') {
      assert_true(i > 0 && text.at[i - 1] == '\r');
      if (i - 1 - start > max) {
        fail_msg("a line of %zu bytes: %.*s", i - 1 - start, (int)(i - 1 - start), text.at + start);
      }
      start = i + 1;
    }
  }
}

/* The unfolded value of the only header of that name; NONE without one. */
static inline struct str header_of(struct arena *arena, struct str message, const char *name) {
  struct str found = STR_NONE;
  size_t at = 0;
  size_t name_len = strlen(name);
  while (at < message.len && message.at[at] != '\r') {
    CLEANUP_BUF struct buf line;
    buf_init(&line, 1 << 20);
    do {
      size_t size = str_find((struct str){message.at + at, message.len - at}, '\n');
      buf_add(&line, message.at + at, size > 0 ? size - 1 : 0);
      at += size + 1;
    } while (at < message.len && (message.at[at] == ' ' || message.at[at] == '\t'));
    struct str text = buf_str(&line);
    size_t colon = str_find(text, ':');
    assert_true(colon > 0 && colon + 1 < text.len && text.at[colon + 1] == ' ');
    for (size_t i = 0; i < colon; i++) {
      assert_true(isalnum((unsigned char)text.at[i]) || text.at[i] == '-');
    }
    if (colon == name_len && strncasecmp(text.at, name, colon) == 0) {
      assert_null(found.at);
      found = str_copy(arena, (struct str){text.at + colon + 2, text.len - colon - 2});
    }
  }
  return found;
}

/* Encoded words decoded, the blanks between two of them dropped (RFC 2047). */
static inline char *decode_words(struct arena *arena, struct str text) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, 1 << 20);
  static const char start[] = "=?UTF-8?B?";
  bool after_word = false;
  size_t at = 0;
  while (at < text.len) {
    struct str rest = {text.at + at, text.len - at};
    const char *next = memmem(rest.at, rest.len, start, sizeof(start) - 1);
    size_t plain = next == NULL ? rest.len : (size_t)(next - rest.at);
    bool between = after_word && next != NULL && str_trim((struct str){rest.at, plain}).len == 0;
    if (!between) {
      buf_add(&out, rest.at, plain);
    }
    at += plain;
    if (next == NULL) {
      break;
    }
    const char *body = text.at + at + sizeof(start) - 1;
    const char *end = memmem(body, (size_t)(text.at + text.len - body), "?=", 2);
    assert_non_null(end);
    assert_true((size_t)(end + 2 - (text.at + at)) <= 75);
    char decoded[64];
    size_t len = 0;
    assert_int_equal(base64_decode((struct str){body, (size_t)(end - body)}, decoded, &len), STATUS_OK);
    assert_true(str_utf8((struct str){decoded, len}));
    buf_add(&out, decoded, len);
    at = (size_t)(end + 2 - text.at);
    after_word = true;
  }
  return str_c(arena, buf_str(&out).at != NULL ? buf_str(&out) : STR(""));
}

static inline int hex_value(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Quoted-printable back, line ends as "\n". */
static inline char *decode_quoted(struct arena *arena, struct str text) {
  char *out = arena_alloc(arena, text.len + 1);
  size_t len = 0;
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.at[i];
    if (c == '=') {
      assert_true(i + 2 < text.len);
      if (text.at[i + 1] != '\r') {
        int high = hex_value(text.at[i + 1]);
        int low = hex_value(text.at[i + 2]);
        assert_true(high >= 0 && low >= 0);
        out[len++] = (char)(high * 16 + low);
      }
      i += 2;
    } else if (c == '\r') {
      assert_true(i == 0 || (text.at[i - 1] != ' ' && text.at[i - 1] != '\t'));
      out[len++] = '\n';
      i++;
    } else {
      assert_true(c == '\t' || (c >= ' ' && c < 0x7f));
      out[len++] = (char)c;
    }
  }
  out[len] = '\0';
  return out;
}

/* The decoded body of the n-th part (from 0) and its type, which must begin with `type`. */
static inline char *part_of(struct arena *arena, struct str message, size_t n, const char *type) {
  struct str content = header_of(arena, message, "Content-Type");
  assert_true(str_starts(content, "multipart/alternative; boundary=\""));
  char boundary[80];
  size_t quote = str_find(content, '"');
  size_t end_quote = str_find((struct str){content.at + quote + 1, content.len - quote - 1}, '"');
  snprintf(boundary, sizeof(boundary), "\r\n--%.*s", (int)end_quote, content.at + quote + 1);
  const char *at = message.at;
  const char *end = message.at + message.len;
  for (size_t i = 0; i <= n; i++) {
    at = memmem(at, (size_t)(end - at), boundary, strlen(boundary));
    assert_non_null(at);
    at += strlen(boundary);
    assert_true(at[0] == '\r' && at[1] == '\n');
    at += 2;
  }
  const char *stop = memmem(at, (size_t)(end - at), boundary, strlen(boundary));
  assert_non_null(stop);
  struct str part = {at, (size_t)(stop - at)};
  assert_true(str_starts(header_of(arena, part, "Content-Type"), type));
  assert_true(str_is(header_of(arena, part, "Content-Transfer-Encoding"), "quoted-printable"));
  const char *body = memmem(part.at, part.len, "\r\n\r\n", 4);
  assert_non_null(body);
  return decode_quoted(arena, (struct str){body + 4, (size_t)(stop - body - 4)});
}

/* After how many parts the closing boundary comes. */
static inline size_t parts_in(struct arena *arena, struct str message) {
  struct str content = header_of(arena, message, "Content-Type");
  size_t quote = str_find(content, '"');
  struct str rest = {content.at + quote + 1, content.len - quote - 1};
  char boundary[80];
  snprintf(boundary, sizeof(boundary), "\r\n--%.*s", (int)str_find(rest, '"'), rest.at);
  size_t count = 0;
  const char *at = message.at;
  const char *end = message.at + message.len;
  while ((at = memmem(at, (size_t)(end - at), boundary, strlen(boundary))) != NULL) {
    at += strlen(boundary);
    if (at[0] == '-') {
      assert_memory_equal(at, "--\r\n", 4);
      assert_true(at + 4 == end);
      return count;
    }
    count++;
  }
  fail_msg("the closing boundary is missing");
  return 0;
}

#endif
