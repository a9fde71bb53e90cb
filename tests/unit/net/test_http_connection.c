#include "dial.h"

#include <stdatomic.h>

#include "base/time.h"

/* One connection's way from a request to the next: what is read, when it is refused, what keeps it open. */

static atomic_uint done, left;

static bool on_head(void *app, struct http_exchange *exchange) {
  (void)app;
  exchange->max_body = 1000;
  if (str_is(exchange->head.path, "/early")) {
    exchange->status = 401;
    buf_add_text(&exchange->body_out, "early\n");
    return false;
  }
  return true;
}

/* An answer that was held back; the client does not read it any more. */
static void on_left(void *app, struct http_exchange *exchange) {
  assert_ptr_equal(app, &left);
  left++;
  http_answer(exchange);
}

static void on_request(void *app, struct http_exchange *exchange) {
  (void)app;
  exchange->status = 200;
  if (str_is(exchange->head.path, "/held")) {
    exchange->left = on_left;
    exchange->left_app = &left;
    return;
  }
  if (str_is(exchange->head.path, "/large")) {
    char *at = buf_reserve(&exchange->body_out, 8 << 20);
    assert_non_null(at);
    memset(at, 'x', 8 << 20);
    exchange->body_out.len += 8 << 20;
  }
  buf_format(&exchange->body_out, "%s %zu %.*s\n", exchange->request_id, exchange->body.len,
             STR_ARG(exchange->body));
  http_answer(exchange);
}

static void on_done(void *app, const struct http_exchange *exchange) {
  (void)app;
  (void)exchange;
  done++;
}

static struct http_limits limits;

static struct http_server *begin(void) {
  done = 0;
  return serve((struct http_callbacks){.head = on_head, .request = on_request, .done = on_done}, &limits, 1);
}

static int setup(void **state) {
  (void)state;
  limits = http_limits_default;
  return 0;
}

#define POST(path, headers) "POST " path " HTTP/1.1\r\nHost: a\r\nX-Request-ID: me\r\n" headers "\r\n"

static void a_request_may_come_byte_by_byte(void **state) {
  (void)state;
  struct http_server *server = begin();
  int fd = dial(server);
  static const char text[] = POST("/", "Content-Length: 3\r\n") "abc" POST(
      "/", "Transfer-Encoding: chunked\r\n") "2\r\nde\r\n0\r\n\r\n";
  for (size_t i = 0; i + 1 < sizeof text; i++) {
    assert_int_equal(send(fd, text + i, 1, MSG_NOSIGNAL), 1);
    if (i % 16 == 0) {
      usleep(200);
    }
  }
  assert_non_null(strstr(hear(fd, "me 2 de\n", NULL), "\r\n\r\nme 3 abc\n"));
  close(fd);
  serve_end(server);
}

static void pipelined_requests_are_answered_in_order_after_a_skipped_body(void **state) {
  (void)state;
  struct http_server *server = begin();
  int fd = dial(server);
  say(fd, POST("/early", "Content-Length: 4\r\n") "skip" POST("/", "Content-Length: 1\r\n") "1" POST(
              "/", "Content-Length: 1\r\n") "2");
  const char *text = hear(fd, "me 1 2\n", NULL);
  const char *early = strstr(text, "\r\n\r\nearly\n");
  assert_non_null(early);
  assert_non_null(strstr(early, "me 1 1\n"));
  close(fd);
  serve_end(server);
}

static void an_early_answer_to_a_body_on_its_way_is_the_last(void **state) {
  (void)state;
  struct http_server *server = begin();
  int fd = dial(server);
  say(fd, POST("/early", "Content-Length: 400\r\n") "part");
  assert_non_null(strstr(hear(fd, NULL, NULL), "\r\nConnection: close\r\n"));
  close(fd);
  serve_end(server);
}

static void a_body_over_its_limit_is_413_and_the_last(void **state) {
  (void)state;
  struct http_server *server = begin();
  static const char *const requests[] = {POST("/", "Content-Length: 1001\r\n"),
                                         POST("/", "Transfer-Encoding: chunked\r\n") "3e9\r\n"};
  for (int i = 0; i < 2; i++) {
    int fd = dial(server);
    say(fd, requests[i]);
    const char *text = hear(fd, NULL, NULL);
    assert_int_equal(strncmp(text, "HTTP/1.1 413 ", 13), 0);
    assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
    close(fd);
  }
  serve_end(server);
}

static void leave_to_send_is_given_once_and_expectations_that_nobody_knows_are_417(void **state) {
  (void)state;
  struct http_server *server = begin();
  int fd = dial(server);
  say(fd, POST("/", "Content-Length: 1\r\nExpect: 100-continue\r\n"));
  assert_string_equal(hear(fd, "\r\n\r\n", NULL), "HTTP/1.1 100 Continue\r\n\r\n");
  say(fd, "x");
  assert_null(strstr(hear(fd, "me 1 x\n", NULL), "Continue"));
  say(fd, POST("/", "Expect: tea\r\n"));
  assert_int_equal(strncmp(hear(fd, NULL, NULL), "HTTP/1.1 417 ", 13), 0);
  close(fd);
  serve_end(server);
}

static void heads_that_are_too_large_are_414_or_431(void **state) {
  (void)state;
  struct http_server *server = begin();
  static char line[9000];
  static char head[20000];
  memset(line, 'x', sizeof line - 1);
  memcpy(line, "GET /", 5);
  int fd = dial(server);
  say(fd, line);
  assert_int_equal(strncmp(hear(fd, NULL, NULL), "HTTP/1.1 414 ", 13), 0);
  close(fd);
  memset(head, 'y', sizeof head - 1);
  memcpy(head, "GET / HTTP/1.1\r\nX: ", 19);
  fd = dial(server);
  say(fd, head);
  assert_int_equal(strncmp(hear(fd, NULL, NULL), "HTTP/1.1 431 ", 13), 0);
  close(fd);
  serve_end(server);
}

static void deadlines_end_what_does_not_come(void **state) {
  (void)state;
  limits.head_timeout_ms = 150;
  limits.body_timeout_ms = 150;
  limits.idle_timeout_ms = 150;
  struct http_server *server = begin();
  int head = dial(server);
  int body = dial(server);
  int idle = dial(server);
  say(head, "GET / HT");
  say(body, POST("/", "Content-Length: 10\r\n") "half");
  assert_int_equal(strncmp(hear(head, NULL, NULL), "HTTP/1.1 408 ", 13), 0);
  assert_int_equal(strncmp(hear(body, NULL, NULL), "HTTP/1.1 408 ", 13), 0);
  assert_string_equal(hear(idle, NULL, NULL), "");
  struct http_stats stats;
  http_server_stats(server, &stats);
  assert_int_equal(stats.timeouts, 2);
  close(head);
  close(body);
  close(idle);
  serve_end(server);
}

static void an_answer_that_nobody_reads_is_cut(void **state) {
  (void)state;
  limits.write_timeout_ms = 150;
  limits.min_rate_bytes_s = 0;
  struct http_server *server = begin();
  int fd = dial(server);
  int small = 4096;
  assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
  say(fd, POST("/large", "Content-Length: 0\r\n"));
  wait_for_open(server, 1);
  wait_for_open(server, 0);
  struct http_stats stats;
  http_server_stats(server, &stats);
  assert_int_equal(stats.timeouts, 1);
  assert_int_equal(done, 1);
  close(fd);
  serve_end(server);
}

static void a_client_that_sends_no_more_still_gets_its_answers(void **state) {
  (void)state;
  struct http_server *server = begin();
  int fd = dial(server);
  say(fd, POST("/", "Content-Length: 1\r\n") "1" POST("/", "Content-Length: 1\r\n") "2");
  assert_int_equal(shutdown(fd, SHUT_WR), 0);
  int error = -1;
  const char *text = hear(fd, NULL, &error);
  assert_int_equal(error, 0);
  assert_int_equal(occurrences(text, "HTTP/1.1 200 OK\r\n"), 2);
  close(fd);
  serve_end(server);
}

static void ids_of_clients_are_kept_where_they_are_harmless(void **state) {
  (void)state;
  struct http_server *server = begin();
  int fd = dial(server);
  say(fd, "GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: a.b_c-1\r\n\r\n");
  assert_non_null(strstr(hear(fd, "\n", NULL), "\r\n\r\na.b_c-1 0 \n"));
  say(fd, "GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: a b\r\n\r\n");
  const char *body = strstr(hear(fd, "0 \n", NULL), "\r\n\r\n") + 4;
  assert_int_equal(body[14], '7'); /* a new uuid of version 7 */
  assert_int_equal(body[36], ' ');
  close(fd);
  serve_end(server);
}

/* By an orderly end or a reset, before or after its request was read; once. */
static void who_holds_an_answer_back_is_told_when_its_client_leaves(void **state) {
  (void)state;
  struct http_server *server = begin();
  left = 0;
  for (unsigned i = 0; i < 12; i++) {
    struct linger reset = {.l_onoff = i % 2, .l_linger = 0};
    int fd = dial(server);
    say(fd, "GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    if (i % 2 == 1 || i % 3 == 0) {
      usleep(20000);
    }
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    close(fd);
    for (int tries = 0; tries < 5000 && done < i + 1; tries++) {
      usleep(1000);
    }
    assert_int_equal(left, i + 1);
    assert_int_equal(done, i + 1);
  }
  int fd = dial(server); /* an exchange used again tells nobody */
  say(fd, "GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: me\r\n\r\n");
  hear(fd, "me 0 \n", NULL);
  close(fd);
  wait_for_open(server, 0);
  serve_end(server);
  assert_int_equal(left, 12);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_request_may_come_byte_by_byte),
      TEST(pipelined_requests_are_answered_in_order_after_a_skipped_body),
      TEST(an_early_answer_to_a_body_on_its_way_is_the_last),
      TEST(a_body_over_its_limit_is_413_and_the_last),
      TEST(leave_to_send_is_given_once_and_expectations_that_nobody_knows_are_417),
      TEST(heads_that_are_too_large_are_414_or_431),
      TEST(deadlines_end_what_does_not_come),
      TEST(an_answer_that_nobody_reads_is_cut),
      TEST(a_client_that_sends_no_more_still_gets_its_answers),
      TEST(ids_of_clients_are_kept_where_they_are_harmless),
      TEST(who_holds_an_answer_back_is_told_when_its_client_leaves),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
