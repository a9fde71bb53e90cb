#include "dial.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/time.h"

/* Answers sent while they are made: what the thread that makes them is told, and what the client sees. */

static struct job { pthread_t thread; } jobs[8];
static atomic_uint job_count;
static unsigned joined;
static atomic_int wanted; /* what the last http_stream_send said; -1 none yet */
static atomic_int sent_all;
static atomic_uint pieces;
static atomic_uint done;

/* "/short" one piece in all, "/long" five, "/endless" until nobody wants more, "/broken" three and a failure,
 * "/never" a failure before anything. */
static void *make(void *arg) {
  struct http_exchange *exchange = arg;
  bool never = str_is(exchange->head.path, "/never");
  bool broken = str_is(exchange->head.path, "/broken") || never;
  bool endless = str_is(exchange->head.path, "/endless");
  unsigned count = str_is(exchange->head.path, "/short") || never ? 0 : broken ? 3 : 4;
  exchange->status = 200;
  http_add_header(exchange, "X-Mine", STR("yes"));
  bool more = true;
  for (unsigned i = 0; (i < count || endless) && more; i++) {
    char *at = buf_reserve(&exchange->body_out, HTTP_STREAM_PIECE);
    assert_non_null(at);
    memset(at, 'a' + (int)(i % 26), HTTP_STREAM_PIECE);
    exchange->body_out.len += HTTP_STREAM_PIECE;
    more = http_stream_send(exchange);
    wanted = more;
    assert_int_equal(exchange->body_out.len, 0);
    pieces++;
  }
  buf_add_text(&exchange->body_out, "end");
  sent_all = http_stream_end(exchange, more && !broken);
  return NULL;
}

static bool on_head(void *app, struct http_exchange *exchange) {
  (void)app;
  exchange->streams = !str_is(exchange->head.path, "/plain");
  return true;
}

static void on_request(void *app, struct http_exchange *exchange) {
  (void)app;
  if (!exchange->streams || str_is(exchange->head.path, "/ordinary")) {
    exchange->status = 200;
    buf_add_text(&exchange->body_out, "plain");
    http_answer(exchange);
    return;
  }
  struct job *job = &jobs[job_count++];
  assert_int_equal(pthread_create(&job->thread, NULL, make, exchange), 0);
}

static void on_done(void *app, const struct http_exchange *exchange) {
  (void)app;
  assert_int_equal(exchange->status, 200);
  done++;
}

static struct http_server *begin(uint32_t write_ms, uint32_t min_rate) {
  struct http_limits limits = http_limits_default;
  limits.write_timeout_ms = write_ms;
  limits.min_rate_bytes_s = min_rate;
  job_count = 0;
  joined = 0;
  wanted = -1;
  sent_all = -1;
  pieces = 0;
  done = 0;
  return serve((struct http_callbacks){.head = on_head, .request = on_request, .done = on_done}, &limits, 1);
}

static void join(void) {
  while (joined < job_count) {
    pthread_join(jobs[joined++].thread, NULL);
  }
}

static void wait_for_done(unsigned count) {
  for (int i = 0; i < 2000 && done < count; i++) {
    usleep(2000);
  }
  assert_int_equal(done, count);
}

static void pieces_are_chunks_and_the_connection_goes_on(void **state) {
  (void)state;
  struct http_server *server = begin(30000, 16384);
  int fd = dial(server);
  say(fd, "GET /long HTTP/1.1\r\nHost: a\r\n\r\nGET /plain HTTP/1.1\r\nHost: a\r\n\r\n");
  const char *text = hear(fd, "plain", NULL);
  assert_int_equal(occurrences(text, "HTTP/1.1 200 OK\r\n"), 2);
  assert_int_equal(occurrences(text, "\r\nTransfer-Encoding: chunked\r\n"), 1);
  assert_int_equal(occurrences(text, "\r\nX-Mine: yes\r\n"), 1);
  assert_int_equal(occurrences(text, "\r\n10000\r\n"), 4);
  assert_int_equal(occurrences(text, "d\r\n3\r\nend\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"), 1);
  join();
  assert_int_equal(sent_all, true);
  wait_for_done(2);
  struct http_stats stats;
  http_server_stats(server, &stats);
  assert_true(stats.bytes_out > (uint64_t)4 * HTTP_STREAM_PIECE);
  close(fd);
  serve_end(server);
}

static void an_end_without_a_piece_before_is_a_whole_answer(void **state) {
  (void)state;
  struct http_server *server = begin(30000, 16384);
  int fd = dial(server);
  say(fd, "GET /short HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const char *text = hear(fd, NULL, NULL);
  assert_non_null(strstr(text, "\r\n\r\n3\r\nend\r\n0\r\n\r\n"));
  assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
  close(fd);
  fd = dial(server);
  say(fd, "GET /ordinary HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_non_null(strstr(hear(fd, "plain", NULL), "\r\nContent-Length: 5\r\n"));
  close(fd);
  join();
  serve_end(server);
}

static void the_old_version_gets_bytes_until_the_end(void **state) {
  (void)state;
  struct http_server *server = begin(30000, 16384);
  int fd = dial(server);
  int error = -1;
  say(fd, "GET /long HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  const char *text = hear(fd, NULL, &error);
  const char *body = strstr(text, "\r\n\r\n");
  assert_int_equal(error, 0);
  assert_non_null(body);
  assert_int_equal(strlen(body + 4), 4 * HTTP_STREAM_PIECE + 3);
  assert_null(strstr(text, "Transfer-Encoding"));
  close(fd);
  join();
  serve_end(server);
}

static void what_breaks_off_is_reset_in_both_versions(void **state) {
  (void)state;
  struct http_server *server = begin(30000, 16384);
  static const char *const requests[] = {"GET /broken HTTP/1.1\r\nHost: a\r\n\r\n",
                                         "GET /broken HTTP/1.0\r\nHost: a\r\n\r\n"};
  for (int i = 0; i < 2; i++) {
    int fd = dial(server);
    int error = 0;
    say(fd, requests[i]);
    const char *text = hear(fd, NULL, &error);
    assert_int_equal(error, ECONNRESET);
    assert_null(strstr(text, "end"));
    close(fd);
    wait_for_done((unsigned)i + 1);
    join();
    assert_int_equal(sent_all, false);
  }
  serve_end(server);
}

static void what_never_began_is_reset_without_a_byte(void **state) {
  (void)state;
  struct http_server *server = begin(200, 0);
  int slow = dial(server);
  say(slow, "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  wait_for_done(1); /* leaves an exchange that was too slow to the next */
  struct http_stats before;
  struct http_stats after;
  http_server_stats(server, &before);
  int fd = dial(server);
  int error = 0;
  say(fd, "GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_string_equal(hear(fd, NULL, &error), "");
  assert_int_equal(error, ECONNRESET);
  wait_for_done(2);
  http_server_stats(server, &after);
  assert_int_equal(after.timeouts, before.timeouts);
  assert_int_equal(after.bytes_out, before.bytes_out);
  close(slow);
  close(fd);
  join();
  serve_end(server);
}

static void head_wants_nothing_but_the_head(void **state) {
  (void)state;
  struct http_server *server = begin(30000, 16384);
  int fd = dial(server);
  say(fd, "HEAD /endless HTTP/1.1\r\nHost: a\r\n\r\nGET /plain HTTP/1.1\r\nHost: a\r\n\r\n");
  const char *text = hear(fd, "plain", NULL);
  assert_int_equal(occurrences(text, "HTTP/1.1 200 OK\r\n"), 2);
  assert_null(strstr(text, "aaaa"));
  join();
  assert_int_equal(wanted, false);
  assert_int_equal(sent_all, true);
  assert_int_equal(pieces, 1);
  close(fd);
  serve_end(server);
}

static void a_client_that_has_gone_is_told_to_the_maker(void **state) {
  (void)state;
  struct http_server *server = begin(30000, 16384);
  int fd = dial(server);
  say(fd, "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  char first[100];
  assert_true(recv(fd, first, sizeof first, 0) > 0);
  close(fd);
  join();
  assert_int_equal(wanted, false);
  assert_int_equal(sent_all, false);
  wait_for_open(server, 0);
  wait_for_done(1);
  struct http_stats stats;
  http_server_stats(server, &stats);
  assert_int_equal(stats.timeouts, 0);
  serve_end(server);
}

static void a_client_that_does_not_read_runs_into_the_deadline(void **state) {
  (void)state;
  struct http_server *server = begin(200, 0);
  int fd = dial(server);
  int64_t before = time_monotonic_ns();
  say(fd, "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  wait_for_done(1);
  int64_t took_ms = (time_monotonic_ns() - before) / 1000000;
  assert_true(took_ms >= 200 && took_ms < 5000);
  join();
  struct http_stats stats;
  http_server_stats(server, &stats);
  assert_int_equal(stats.timeouts, 1);
  wait_for_open(server, 0);
  close(fd);
  serve_end(server);
}

/* The handler's thread finds out although the loop has ended, and everything is freed. */
static void a_stop_ends_streams_after_its_grace(void **state) {
  (void)state;
  struct http_server *server = begin(30000, 16384);
  int fd = dial(server);
  say(fd, "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  char first[100];
  assert_true(recv(fd, first, sizeof first, 0) > 0);
  http_server_stop(server, 200);
  join();
  assert_int_equal(wanted, false);
  assert_int_equal(sent_all, false);
  http_server_free(server);
  close(fd);
}

static void a_stream_that_ends_within_the_grace_ends_whole(void **state) {
  (void)state;
  struct http_server *server = begin(30000, 16384);
  int fd = dial(server);
  say(fd, "GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
  while (job_count == 0) {
    usleep(1000);
  }
  http_server_stop(server, 5000);
  const char *text = hear(fd, NULL, NULL);
  assert_true(str_ends(str_of(text), "end\r\n0\r\n\r\n"));
  join();
  assert_int_equal(sent_all, true);
  http_server_free(server);
  close(fd);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_are_chunks_and_the_connection_goes_on),
      cmocka_unit_test(an_end_without_a_piece_before_is_a_whole_answer),
      cmocka_unit_test(the_old_version_gets_bytes_until_the_end),
      cmocka_unit_test(what_breaks_off_is_reset_in_both_versions),
      cmocka_unit_test(what_never_began_is_reset_without_a_byte),
      cmocka_unit_test(head_wants_nothing_but_the_head),
      cmocka_unit_test(a_client_that_has_gone_is_told_to_the_maker),
      cmocka_unit_test(a_client_that_does_not_read_runs_into_the_deadline),
      cmocka_unit_test(a_stop_ends_streams_after_its_grace),
      cmocka_unit_test(a_stream_that_ends_within_the_grace_ends_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
