#include "dial.h"

#include <sys/mman.h>

/* What an answer looks like on the wire, whatever its handler left in the exchange. */

static void on_request(void *app, struct http_exchange *exchange) {
  (void)app;
  struct str path = exchange->head.path;
  exchange->status = 200;
  http_add_header(exchange, "X-Mine", STR("yes"));
  if (str_is(path, "/none")) {
    exchange->status = 204;
    buf_add_text(&exchange->body_out, "ignored");
  } else if (str_is(path, "/bad")) {
    exchange->status = 99;
    buf_add_text(&exchange->body_out, "half");
  } else if (str_is(path, "/full")) {
    for (int i = 0; i < 200; i++) {
      buf_add_text(&exchange->body_out, "0123456789");
    }
  } else if (str_is(path, "/odd")) {
    exchange->status = 299;
  } else if (str_is(path, "/close")) {
    exchange->close = true;
  } else if (str_starts(path, "/file")) {
    int fd = memfd_create("answer", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "file\n", 5, 0), 5);
    buf_add_text(&exchange->body_out, "not this");
    http_answer_file(exchange, -1, 0);
    http_answer_file(exchange, fd, 5);
    if (str_is(path, "/file/taken-back")) {
      http_answer_file(exchange, -1, 0);
      buf_clear(&exchange->body_out);
      buf_add_text(&exchange->body_out, "text\n");
    } else if (str_is(path, "/file/bad")) {
      exchange->status = 0;
    }
  } else {
    buf_add_text(&exchange->body_out, "body\n");
  }
  http_answer(exchange);
}

static void on_refuse(void *app, struct http_exchange *exchange) {
  (void)app;
  buf_format(&exchange->body_out, "refused %d\n", exchange->status);
}

static struct http_server *server;

static int setup(void **state) {
  (void)state;
  struct http_limits limits = http_limits_default;
  limits.answer_max = 1000;
  server = serve((struct http_callbacks){.request = on_request, .refuse = on_refuse}, &limits, 1);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  serve_end(server);
  return 0;
}

/* The whole answer to one request on a connection of its own. */
static const char *talk(const char *method, const char *path, const char *version) {
  char request[512];
  int fd = dial(server);
  snprintf(request, sizeof request,
           "%s %s HTTP/%s\r\nHost: a\r\nConnection: close\r\nX-Request-ID: me\r\n\r\n", method, path,
           version);
  say(fd, request);
  int error = -1;
  const char *text = hear(fd, NULL, &error);
  assert_int_equal(error, 0);
  close(fd);
  return text;
}

static bool ends(const char *text, const char *ending) {
  return str_ends(str_of(text), ending);
}

static void a_body_has_its_length_and_the_server_its_headers(void **state) {
  (void)state;
  const char *text = talk("GET", "/", "1.1");
  assert_int_equal(strncmp(text, "HTTP/1.1 200 OK\r\nDate: ", 23), 0);
  assert_int_equal(occurrences(text, "\r\nContent-Length: 5\r\n"), 1);
  assert_int_equal(occurrences(text, "\r\nConnection: close\r\n"), 1);
  assert_int_equal(occurrences(text, "\r\nX-Request-ID: me\r\n"), 1);
  assert_int_equal(occurrences(text, "\r\nX-Content-Type-Options: nosniff\r\n"), 1);
  assert_int_equal(occurrences(text, "\r\nX-Mine: yes\r\n"), 1);
  assert_true(ends(text, "\r\n\r\nbody\n"));
}

static void head_tells_the_length_and_sends_nothing(void **state) {
  (void)state;
  static const char *const paths[] = {"/", "/file"};
  for (int i = 0; i < 2; i++) {
    const char *text = talk("HEAD", paths[i], "1.1");
    assert_int_equal(occurrences(text, "\r\nContent-Length: 5\r\n"), 1);
    assert_true(ends(text, "\r\n\r\n"));
  }
}

static void where_there_is_no_body_there_is_no_length(void **state) {
  (void)state;
  const char *text = talk("GET", "/none", "1.1");
  assert_int_equal(strncmp(text, "HTTP/1.1 204 No Content\r\n", 25), 0);
  assert_null(strstr(text, "Content-Length"));
  assert_true(ends(text, "\r\n\r\n"));
}

static void what_a_handler_left_invalid_or_too_long_is_500_without_its_text(void **state) {
  (void)state;
  static const char *const paths[] = {"/bad", "/full", "/file/bad"};
  for (int i = 0; i < 3; i++) {
    const char *text = talk("GET", paths[i], "1.1");
    assert_int_equal(strncmp(text, "HTTP/1.1 500 Internal Server Error\r\n", 36), 0);
    assert_int_equal(occurrences(text, "\r\nContent-Length: 0\r\n"), 1);
    assert_null(strstr(text, "X-Mine"));
    assert_true(ends(text, "\r\n\r\n"));
  }
}

static void a_status_without_a_phrase_is_sent_as_its_number(void **state) {
  (void)state;
  assert_int_equal(strncmp(talk("GET", "/odd", "1.1"), "HTTP/1.1 299 \r\n", 15), 0);
}

static void keep_alive_is_said_only_where_it_is_not_understood(void **state) {
  (void)state;
  int fd = dial(server);
  say(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_null(strstr(hear(fd, "body\n", NULL), "Connection"));
  say(fd, "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  assert_non_null(strstr(hear(fd, "body\n", NULL), "\r\nConnection: keep-alive\r\n"));
  say(fd, "GET /close HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_non_null(strstr(hear(fd, NULL, NULL), "\r\nConnection: close\r\n"));
  close(fd);
}

static void a_file_goes_instead_of_the_text(void **state) {
  (void)state;
  const char *text = talk("GET", "/file", "1.1");
  assert_int_equal(occurrences(text, "\r\nContent-Length: 5\r\n"), 1);
  assert_int_equal(occurrences(text, "\r\nX-Mine: yes\r\n"), 1);
  assert_true(ends(text, "\r\n\r\nfile\n"));
  assert_true(ends(talk("GET", "/file/taken-back", "1.1"), "\r\n\r\ntext\n"));
}

static void a_refusal_is_in_the_callbacks_words_and_the_last(void **state) {
  (void)state;
  int fd = dial(server);
  say(fd, "GET / HTTP/1.1\r\n\r\n");
  const char *text = hear(fd, NULL, NULL);
  assert_int_equal(strncmp(text, "HTTP/1.1 400 Bad Request\r\n", 26), 0);
  assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
  assert_true(ends(text, "\r\n\r\nrefused 400\n"));
  close(fd);
  struct http_stats stats;
  http_server_stats(server, &stats);
  assert_int_equal(stats.refused, 1);
}

static void without_a_callback_a_refusal_is_plain_text(void **state) {
  (void)state;
  struct http_server *plain = serve((struct http_callbacks){.request = on_request}, &http_limits_default, 1);
  int fd = dial(plain);
  say(fd, "GET / HTTP/9.9\r\nHost: a\r\n\r\n");
  const char *text = hear(fd, NULL, NULL);
  assert_int_equal(strncmp(text, "HTTP/1.1 505 ", 13), 0);
  assert_non_null(strstr(text, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
  assert_true(ends(text, "HTTP Version Not Supported\n"));
  close(fd);
  serve_end(plain);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_body_has_its_length_and_the_server_its_headers),
      TEST(head_tells_the_length_and_sends_nothing),
      TEST(where_there_is_no_body_there_is_no_length),
      TEST(what_a_handler_left_invalid_or_too_long_is_500_without_its_text),
      TEST(a_status_without_a_phrase_is_sent_as_its_number),
      TEST(keep_alive_is_said_only_where_it_is_not_understood),
      TEST(a_file_goes_instead_of_the_text),
      TEST(a_refusal_is_in_the_callbacks_words_and_the_last),
      cmocka_unit_test(without_a_callback_a_refusal_is_plain_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
