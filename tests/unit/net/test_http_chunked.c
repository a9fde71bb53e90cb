#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/http_internal.h"

#define MORE HTTP_PARSE_MORE
#define DONE HTTP_PARSE_DONE
#define BAD HTTP_PARSE_BAD
#define TOO_LONG HTTP_PARSE_TOO_LONG

enum { BODY_MAX = 100 };

struct sample {
  enum http_parse verdict;
  struct str text;
  const char *body; /* where DONE */
  size_t rest;      /* bytes behind the body */
};
#define S(verdict, text, body, rest) \
  { verdict, {text, sizeof(text) - 1}, body, rest }

static const struct sample samples[] = {
    S(DONE, "0\r\n\r\n", "", 0),
    S(DONE, "3\r\nabc\r\n0\r\n\r\n", "abc", 0),
    S(DONE, "3\r\nabc\r\n00000000\r\n\r\nGET", "abc", 3),
    S(DONE, "A\r\n0123456789\r\n0002\r\nab\r\n0\r\n\r\n", "0123456789ab", 0),
    S(DONE, "a\r\n0123456789\r\n0\r\n\r\n", "0123456789", 0),
    S(DONE, "3;name=value;other=\"q\"\r\nabc\r\n0;last\r\n\r\n", "abc", 0),
    S(DONE, "3;a;b=c;d=\"e ;\\\"\xff\"\r\nabc\r\n0\r\n\r\n", "abc", 0),
    S(DONE, "3\r\n\r\n\n\r\n0\r\n\r\n", "\r\n\n", 0),
    S(DONE, "3\r\nabc\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\nrest", "abc", 4),
    S(DONE,
      "64\r\n012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345"
      "6789"
      "\r\n0\r\n\r\n",
      "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
      0),
    S(MORE, "", NULL, 0),
    S(MORE, "3\r\nabc\r\n0\r\n", NULL, 0),
    S(MORE, "3\r\nabc\r\n0\r\n\r", NULL, 0),
    S(MORE, "3\r\nab", NULL, 0),
    S(BAD, "\r\n", NULL, 0),
    S(BAD, " 3\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3 \r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3 ;x\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3\rabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3\r\nabc0\r\n\r\n", NULL, 0),
    S(BAD, "3\r\nabcd\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3\r\nabc\n0\r\n\r\n", NULL, 0),
    S(BAD, "3\r\nabc\r0\r\n\r\n", NULL, 0),
    S(BAD, "0x3\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "+3\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "-3\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "g\r\n", NULL, 0),
    S(BAD, ";x\r\n", NULL, 0),
    S(BAD, "3;\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3;a=\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3;a= b\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3; a\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3;a=b=c\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3;a=\"b\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3;a=\"b\"c\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3;a=b\"c\"\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3;a\nb\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3;a\0b\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "3;a\rb\r\nabc\r\n0\r\n\r\n", NULL, 0),
    S(BAD, "00000000000000003\r\n", NULL, 0),
    S(BAD, "FFFFFFFFFFFFFFFF\r\n", NULL, 0),
    S(BAD, "10000000000000003\r\n", NULL, 0),
    S(BAD, "0\r\n\n", NULL, 0),
    S(BAD, "0\r\nX\r\n\r\n", NULL, 0),
    S(BAD, "0\r\nContent-Length: 5\r\n\r\n", NULL, 0),
    S(BAD, "0\r\nX: y\r\ntransfer-ENCODING: gzip\r\n\r\n", NULL, 0),
    S(BAD, "0\r\nHost: a\r\n\r\n", NULL, 0),
    S(DONE, "0\r\nHostess: a\r\nContent-Lengths: 5\r\n\r\n", "", 0),
    S(BAD, "0\r\n X: y\r\n\r\n", NULL, 0),
    S(BAD, "0\r\nX : y\r\n\r\n", NULL, 0),
    S(BAD, "0\r\nX: y\n\r\n", NULL, 0),
    S(BAD, "0\r\nX: y\r\n z\r\n\r\n", NULL, 0),
    S(BAD, "0\r\nX: \0\r\n\r\n", NULL, 0),
    S(BAD, "0\r\n: y\r\n\r\n", NULL, 0),
    S(TOO_LONG, "65\r\n", NULL, 0),
    S(TOO_LONG,
      "60\r\n012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345"
      "\r\n5\r\n",
      NULL, 0),
    S(TOO_LONG, "3FFFFFFFFFFFFFF\r\n", NULL, 0),
};

static void check(const struct sample *sample, size_t first, size_t step) {
  struct http_chunked state = {0};
  struct buf body;
  buf_init(&body, BODY_MAX);
  enum http_parse verdict = MORE;
  size_t at = 0;
  size_t end = 0;
  while (verdict == MORE && at < sample->text.len) {
    size_t piece = at == 0 && first > 0 ? first : step;
    piece = piece < sample->text.len - at ? piece : sample->text.len - at;
    char *copy = malloc(piece);
    assert_non_null(copy);
    memcpy(copy, sample->text.at + at, piece);
    size_t used = 0;
    verdict = http_parse_chunked(&state, (struct str){copy, piece}, &body, &used);
    free(copy);
    end = at + used;
    at += piece;
  }
  if (verdict != sample->verdict) {
    print_error("%.*s\n", STR_ARG(sample->text));
  }
  assert_int_equal(verdict, sample->verdict);
  if (verdict == DONE) {
    assert_true(str_is(buf_str(&body), sample->body));
    assert_int_equal(sample->text.len - end, sample->rest);
  }
  buf_release(&body);
}

static void every_sample_gets_its_verdict(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
    check(&samples[i], 0, SIZE_MAX);
  }
}

static void a_verdict_is_the_same_however_the_body_is_cut(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
    check(&samples[i], 0, 1);
    for (size_t cut = 1; cut < samples[i].text.len; cut++) {
      check(&samples[i], cut, SIZE_MAX);
    }
  }
}

/* A piece of `count` bytes between two texts. */
static enum http_parse padded(const char *before, size_t count, const char *after) {
  struct http_chunked state = {0};
  struct buf text;
  struct buf body;
  size_t used = 0;
  buf_init(&text, 64 * 1024);
  buf_init(&body, BODY_MAX);
  buf_add_text(&text, before);
  for (size_t i = 0; i < count; i++) {
    buf_add_char(&text, 'a');
  }
  buf_add_text(&text, after);
  enum http_parse verdict = http_parse_chunked(&state, buf_str(&text), &body, &used);
  buf_release(&text);
  buf_release(&body);
  return verdict;
}

static void extensions_and_trailers_have_limits(void **state) {
  (void)state;
  assert_int_equal(padded("0;", 255, "\r\n\r\n"), DONE);
  assert_int_equal(padded("0;", 256, "\r\n\r\n"), BAD);
  assert_int_equal(padded("0\r\nX:", 8000, "\r\n\r\n"), DONE);
  assert_int_equal(padded("0\r\nX:", 8192, "\r\n\r\n"), BAD);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_sample_gets_its_verdict),
      cmocka_unit_test(a_verdict_is_the_same_however_the_body_is_cut),
      cmocka_unit_test(extensions_and_trailers_have_limits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
