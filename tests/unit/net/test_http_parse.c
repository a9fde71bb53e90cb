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
#define VERSION HTTP_PARSE_VERSION
#define UNIMPLEMENTED HTTP_PARSE_UNIMPLEMENTED
#define H "Host: a\r\n"

struct sample {
  enum http_parse verdict;
  struct str text;
};
#define S(verdict, text)     \
  {                          \
    verdict, {               \
      text, sizeof(text) - 1 \
    }                        \
  }

static const struct sample samples[] = {
    S(DONE, "GET / HTTP/1.1\r\n" H "\r\n"),
    S(DONE, "\r\nGET / HTTP/1.1\r\n" H "\r\n"),
    S(DONE, "GET / HTTP/1.0\r\n\r\n"),
    S(DONE, "GET / HTTP/1.0\r\n" H "Connection: keep-alive\r\n\r\n"),
    S(DONE, "OPTIONS * HTTP/1.1\r\n" H "\r\n"),
    S(DONE, "GET http://a/b?c HTTP/1.1\r\n" H "\r\n"),
    S(DONE, "GET https://[::1]:8080?c HTTP/1.1\r\n" H "\r\n"),
    S(DONE, "BREW /pot HTTP/1.1\r\n" H "\r\n"),
    S(DONE, "GET /a%20b?c={d}|e HTTP/1.1\r\n" H "\r\n"),
    S(DONE, "GET / HTTP/1.1\r\nHOST:a\r\n\r\n"),
    S(DONE, "GET / HTTP/1.1\r\nHost: \t a:80 \t\r\nX:\r\n\r\n"),
    S(DONE, "GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n"),
    S(DONE, "GET / HTTP/1.1\r\nHost: a:\r\n\r\n"),
    S(DONE, "GET / HTTP/1.1\r\n" H "X-Name: caf\xc3\xa9 \"q\", \x80\r\n\r\n"),
    S(DONE, "POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n"),
    S(DONE, "POST / HTTP/1.1\r\n" H "content-length: 123456789012345678\r\n\r\n"),
    S(DONE, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n"),
    S(DONE, "POST / HTTP/1.1\r\n" H "TE: trailers\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\nabc"),
    /* no verdict yet */
    S(MORE, ""),
    S(MORE, "\r"),
    S(MORE, "GET / HTTP/1.1\r\n" H "\r"),
    S(MORE, "GET / HTTP/1.1\r\nHost: a"),
    /* request lines */
    S(BAD, "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "\nGET / HTTP/1.1\r\n" H "\r\n"),
    S(BAD, " GET / HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "GET  / HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "GET / HTTP/1.1 \r\n" H "\r\n"),
    S(BAD, "GET /  HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "GET\t/ HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "GET /\r\n"),
    S(BAD, "GET / HTTP/1.1\n" H "\r\n"),
    S(BAD, "GET / HTTP/1.1\r" H "\r\n"),
    S(BAD, "GET / http/1.1\r\n" H "\r\n"),
    S(BAD, "GET / HTTP/1.10\r\n" H "\r\n"),
    S(BAD, "GET / HTTP/1\r\n" H "\r\n"),
    S(BAD, "GET / HTP/1.1\r\n" H "\r\n"),
    S(BAD, "G(T / HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "GET /a b HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "GET /a#b HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "GET /a\x80 HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "GET /a\0b HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "GET /a\\b HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "GET a HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "GET * HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "GET ftp://a/ HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "GET http:///a HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "GET http://u@a/ HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "CONNECT a:443 HTTP/1.1\r\n" H "\r\n"),
    S(BAD, "CONNECT / HTTP/1.1\r\n" H "\r\n"),
    S(VERSION, "GET / HTTP/2.0\r\n"),
    S(VERSION, "GET / HTTP/1.2\r\n"),
    S(VERSION, "GET / HTTP/0.9\r\n"),
    S(VERSION, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    /* header lines */
    S(BAD, "GET / HTTP/1.1\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\n" H H "\r\n"),
    S(BAD, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\nHost: []\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\n" H "X : a\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\n X: a\r\n" H "\r\n"),
    S(BAD, "GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\n" H "X: a\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\n" H "X: a\r\n\n"),
    S(BAD, "GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\n" H "X: a\x01\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\n" H "X: a\x7f\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\n" H "X\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\n" H ": a\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\n" H "X\xc3\xa9: a\r\n\r\n"),
    S(BAD, "GET / HTTP/1.1\r\n" H "X[]: a\r\n\r\n"),
    /* framing */
    S(BAD, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Content-Length: 5, 5\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Content-Length: -5\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Content-Length: 5 5\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Content-Length: 05\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Content-Length: 1234567890123456789\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551621\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked,\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: ,chunked\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, gzip\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: \"chunked\"\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked;a=b\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: \x0b"
           "chunked\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\n" H "Transfer-Encoding : chunked\r\n\r\n"),
    S(BAD, "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n"),
    S(UNIMPLEMENTED, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n"),
    S(BAD, "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
};

static enum http_parse parse(struct str text, struct http_head *head, size_t *used) {
  /* A copy of exactly that size, so that the sanitizer sees a read beyond its end. */
  char *copy = malloc(text.len > 0 ? text.len : 1);
  assert_non_null(copy);
  memcpy(copy, text.at, text.len);
  enum http_parse verdict = http_parse_head((struct str){copy, text.len}, head, used);
  free(copy);
  return verdict;
}

static void every_sample_gets_its_verdict(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
    static struct http_head head;
    size_t used = 0;
    enum http_parse verdict = parse(samples[i].text, &head, &used);
    if (verdict != samples[i].verdict) {
      print_error("sample %zu: %.*s\n", i, STR_ARG(samples[i].text));
    }
    assert_int_equal(verdict, samples[i].verdict);
  }
}

static void a_verdict_is_the_same_however_the_head_is_cut(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
    static struct http_head head;
    enum http_parse verdict = MORE;
    struct str text = samples[i].text;
    for (size_t len = 0; len <= text.len && verdict == MORE; len++) {
      size_t used = 0;
      verdict = parse((struct str){text.at, len}, &head, &used);
      if (verdict == DONE) {
        assert_int_equal(used, len);
      }
    }
    if (verdict != samples[i].verdict) {
      print_error("sample %zu: %.*s\n", i, STR_ARG(text));
    }
    assert_int_equal(verdict, samples[i].verdict);
  }
}

static void a_head_is_taken_apart(void **state) {
  (void)state;
  static struct http_head head;
  size_t used = 0;
  struct str text =
      STR("PATCH /a/b%20c?d=e&f HTTP/1.1\r\nhost:  Desk.Example:8080\r\nContent-Length: 12\r\n"
          "X-Two: one \t two\t \r\nExpect: 100-continue\r\nConnection: foo, Close\r\n\r\nrest");
  assert_int_equal(http_parse_head(text, &head, &used), DONE);
  assert_int_equal(used, text.len - 4);
  assert_int_equal(head.method, HTTP_PATCH);
  assert_true(str_is(head.method_name, "PATCH"));
  assert_true(str_is(head.target, "/a/b%20c?d=e&f"));
  assert_true(str_is(head.path, "/a/b%20c"));
  assert_true(str_is(head.query, "d=e&f"));
  assert_true(str_is(head.host, "Desk.Example"));
  assert_int_equal(head.minor_version, 1);
  assert_int_equal(head.header_count, 5);
  assert_true(str_is(http_header(&head, "x-two"), "one \t two"));
  assert_null(http_header(&head, "x-three").at);
  assert_int_equal(head.content_length, 12);
  assert_false(head.chunked);
  assert_false(head.keep_alive);
  assert_true(head.expect_continue);
  assert_false(head.expect_other);
}

static void read_head(struct http_head *head, const char *text) {
  size_t used = 0;
  assert_int_equal(http_parse_head(str_of(text), head, &used), DONE);
}

static void the_absolute_form_names_host_and_path(void **state) {
  (void)state;
  static struct http_head head;
  read_head(&head, "GET http://b.example:81/p?q HTTP/1.1\r\n" H "\r\n");
  assert_true(str_is(head.host, "b.example"));
  assert_true(str_is(head.path, "/p"));
  assert_true(str_is(head.query, "q"));
  read_head(&head, "GET HTTP://b HTTP/1.1\r\n" H "\r\n");
  assert_true(str_is(head.path, "/"));
  assert_null(head.query.at);
  read_head(&head, "GET http://b?x HTTP/1.1\r\n" H "\r\n");
  assert_true(str_is(head.path, "/"));
  assert_true(str_is(head.query, "x"));
}

static void connections_persist_as_their_version_says(void **state) {
  (void)state;
  static struct http_head head;
  read_head(&head, "GET / HTTP/1.1\r\n" H "\r\n");
  assert_true(head.keep_alive);
  read_head(&head, "GET / HTTP/1.0\r\n\r\n");
  assert_false(head.keep_alive);
  assert_null(head.host.at);
  read_head(&head, "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  assert_true(head.keep_alive);
  read_head(&head, "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n");
  assert_false(head.keep_alive);
}

static void expectations_are_told_apart(void **state) {
  (void)state;
  static struct http_head head;
  read_head(&head, "POST / HTTP/1.1\r\n" H "Expect: 200-ok\r\n\r\n");
  assert_true(head.expect_other);
  assert_false(head.expect_continue);
  /* RFC 9110 10.1.1: an HTTP/1.0 client can't expect anything. */
  read_head(&head, "POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n");
  assert_false(head.expect_continue);
  assert_false(head.expect_other);
}

/* A request whose target or last header value is padded to a length. */
static enum http_parse padded(const char *before, size_t count, const char *after) {
  static struct http_head head;
  struct buf text;
  size_t used = 0;
  buf_init(&text, 64 * 1024);
  buf_add_text(&text, before);
  for (size_t i = 0; i < count; i++) {
    buf_add_char(&text, 'a');
  }
  buf_add_text(&text, after);
  enum http_parse verdict = http_parse_head(buf_str(&text), &head, &used);
  buf_release(&text);
  return verdict;
}

static void a_request_line_is_at_most_8_KiB(void **state) {
  (void)state;
  const char *after = " HTTP/1.1\r\n" H "\r\n";
  size_t around = strlen("GET /") + strlen(" HTTP/1.1\r\n");
  assert_int_equal(padded("GET /", 8192 - around, after), DONE);
  assert_int_equal(padded("GET /", 8192 - around + 1, after), TOO_LONG);
  assert_int_equal(padded("GET /", 9000, ""), TOO_LONG);
  assert_int_equal(padded("", 9000, ""), TOO_LONG);
  assert_int_equal(padded("GET /", 100, ""), MORE);
  assert_int_equal(padded("GET / HTTP/1.1\r\n" H "X: ", 20000, "\r\n\r\n"), DONE);
}

static void a_head_has_at_most_100_header_lines(void **state) {
  (void)state;
  static struct http_head head;
  for (int extra = 99; extra <= 100; extra++) {
    struct buf text;
    size_t used = 0;
    buf_init(&text, 64 * 1024);
    buf_add_text(&text, "GET / HTTP/1.1\r\n" H);
    for (int i = 0; i < extra; i++) {
      buf_format(&text, "X-%d: y\r\n", i);
    }
    buf_add_text(&text, "\r\n");
    assert_int_equal(http_parse_head(buf_str(&text), &head, &used), extra == 99 ? DONE : TOO_LONG);
    buf_release(&text);
  }
}

static void a_refused_head_keeps_its_path_for_the_answer(void **state) {
  (void)state;
  static struct http_head head;
  size_t used = 0;
  struct str text = STR("POST /api/x HTTP/1.1\r\n" H "Content-Length: x\r\n\r\n");
  assert_int_equal(http_parse_head(text, &head, &used), BAD);
  assert_true(str_is(head.path, "/api/x"));
  assert_int_equal(used, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_sample_gets_its_verdict),
      cmocka_unit_test(a_verdict_is_the_same_however_the_head_is_cut),
      cmocka_unit_test(a_head_is_taken_apart),
      cmocka_unit_test(the_absolute_form_names_host_and_path),
      cmocka_unit_test(connections_persist_as_their_version_says),
      cmocka_unit_test(expectations_are_told_apart),
      cmocka_unit_test(a_request_line_is_at_most_8_KiB),
      cmocka_unit_test(a_head_has_at_most_100_header_lines),
      cmocka_unit_test(a_refused_head_keeps_its_path_for_the_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
