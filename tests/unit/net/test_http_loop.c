#include "dial.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/time.h"

/* One loop's turn: deadlines, fairness, what other threads hand in, and rest when there is nothing to do. */

static atomic_uint handled;
static _Atomic(struct http_exchange *) held;

static void on_request(void *app, struct http_exchange *exchange) {
  (void)app;
  handled++;
  exchange->status = 200;
  buf_add_text(&exchange->body_out, "body\n");
  if (str_is(exchange->head.path, "/held")) {
    held = exchange;
    return;
  }
  http_answer(exchange);
}
static const struct http_callbacks callbacks = {.request = on_request};
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static struct http_exchange *wait_for_held(void) {
  for (int i = 0; i < 2000 && held == NULL; i++) {
    usleep(1000);
  }
  struct http_exchange *exchange = held;
  assert_non_null(exchange);
  held = NULL;
  return exchange;
}

static int64_t ms_until_end(int fd) {
  int64_t before = time_monotonic_ns();
  int error = -1;
  hear(fd, NULL, &error);
  assert_int_equal(error, 0);
  return (time_monotonic_ns() - before) / 1000000;
}

/* Deadlines lie on a wheel of 64 ms: never early, and at most two ticks late but for a busy machine. */
static void a_deadline_comes_when_it_is_due(void **state) {
  (void)state;
  static const uint32_t idle_ms[] = {1, 100, 500};
  for (int i = 0; i < 3; i++) {
    struct http_limits limits = http_limits_default;
    limits.idle_timeout_ms = idle_ms[i];
    struct http_server *server = serve(callbacks, &limits, 1);
    int fd = dial(server);
    int64_t took_ms = ms_until_end(fd);
    assert_true(took_ms + 2 >= idle_ms[i] && took_ms < idle_ms[i] + 1500);
    close(fd);
    serve_end(server);
  }
}

static void a_deadline_moves_on_with_every_request(void **state) {
  (void)state;
  struct http_limits limits = http_limits_default;
  limits.idle_timeout_ms = 400;
  struct http_server *server = serve(callbacks, &limits, 1);
  int fd = dial(server);
  for (int i = 0; i < 8; i++) {
    usleep(100 * 1000);
    say(fd, GET);
    hear(fd, "body\n", NULL);
  }
  assert_true(ms_until_end(fd) >= 398);
  close(fd);
  serve_end(server);
}

/* No deadline holds for a request that is with its handler. */
static void a_handler_may_take_its_time(void **state) {
  (void)state;
  struct http_limits limits = http_limits_default;
  limits.idle_timeout_ms = 50;
  limits.head_timeout_ms = 50;
  struct http_server *server = serve(callbacks, &limits, 1);
  int fd = dial(server);
  say(fd, "GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  struct http_exchange *exchange = wait_for_held();
  usleep(300 * 1000);
  http_answer(exchange);
  hear(fd, "body\n", NULL);
  close(fd);
  serve_end(server);
}

static void one_that_never_ends_does_not_starve_the_others(void **state) {
  (void)state;
  struct http_server *server = serve(callbacks, &http_limits_default, 1);
  enum { MANY = 20000 };
  size_t size = sizeof GET - 1;
  char *requests = malloc(size * MANY);
  assert_non_null(requests);
  for (size_t i = 0; i < MANY; i++) {
    memcpy(requests + i * size, GET, size);
  }
  int greedy = dial(server);
  int modest = dial(server);
  size_t sent = 0;
  while (sent < size * 2000) { /* more than a turn's worth waits in the server's socket */
    ssize_t n = send(greedy, requests + sent, size * MANY - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0) {
      break;
    }
    sent += (size_t)n;
  }
  say(modest, GET);
  hear(modest, "body\n", NULL);
  close(greedy);
  close(modest);
  free(requests);
  serve_end(server);
}

static void *answer_held(void *exchange) {
  http_answer(exchange);
  return NULL;
}

static void an_answer_from_elsewhere_wakes_a_sleeping_loop(void **state) {
  (void)state;
  struct http_server *server = serve(callbacks, &http_limits_default, 2);
  int fds[4];
  for (int i = 0; i < 4; i++) {
    fds[i] = dial(server);
    say(fds[i], "GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    struct http_exchange *exchange = wait_for_held();
    usleep(20 * 1000);
    pthread_t thread;
    int64_t before = time_monotonic_ns();
    assert_int_equal(pthread_create(&thread, NULL, answer_held, exchange), 0);
    hear(fds[i], "body\n", NULL);
    assert_true(time_monotonic_ns() - before < INT64_C(2000000000));
    pthread_join(thread, NULL);
  }
  for (int i = 0; i < 4; i++) {
    close(fds[i]);
  }
  serve_end(server);
}

static int64_t cpu_ns(void) {
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

static void with_nothing_to_do_it_sleeps(void **state) {
  (void)state;
  struct http_server *server = serve(callbacks, &http_limits_default, 2);
  int fds[50];
  for (int i = 0; i < 50; i++) {
    fds[i] = dial(server);
  }
  say(fds[0], "GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  struct http_exchange *exchange = wait_for_held();
  usleep(50 * 1000);
  int64_t before = cpu_ns();
  usleep(500 * 1000);
  assert_true(cpu_ns() - before < INT64_C(100000000));
  http_answer(exchange);
  hear(fds[0], "body\n", NULL);
  for (int i = 0; i < 50; i++) {
    close(fds[i]);
  }
  wait_for_open(server, 0);
  serve_end(server);
}

static void the_date_is_of_this_second(void **state) {
  (void)state;
  struct http_server *server = serve(callbacks, &http_limits_default, 1);
  int fd = dial(server);
  for (int i = 0; i < 2; i++) {
    time_t before = time(NULL);
    say(fd, GET);
    const char *text = hear(fd, "body\n", NULL);
    time_t after = time(NULL);
    bool found = false;
    for (time_t second = before; second <= after; second++) {
      char line[64];
      struct tm tm;
      gmtime_r(&second, &tm);
      strftime(line, sizeof line, "\r\nDate: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
      found |= strstr(text, line) != NULL;
    }
    assert_true(found);
    usleep(1100 * 1000);
  }
  close(fd);
  serve_end(server);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_deadline_comes_when_it_is_due),
      cmocka_unit_test(a_deadline_moves_on_with_every_request),
      cmocka_unit_test(a_handler_may_take_its_time),
      cmocka_unit_test(one_that_never_ends_does_not_starve_the_others),
      cmocka_unit_test(an_answer_from_elsewhere_wakes_a_sleeping_loop),
      cmocka_unit_test(with_nothing_to_do_it_sleeps),
      cmocka_unit_test(the_date_is_of_this_second),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
