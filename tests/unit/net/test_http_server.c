#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/http_internal.h"

/* The server inside this process: life, answers from other threads, callbacks. What goes over the wire is
 * tested by the black-box tests in tests/net. */

enum { HELD_MAX = 8 };

struct desk {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct http_exchange *held[HELD_MAX];
  int held_count;
  _Atomic int answered;
  _Atomic int released;
  _Atomic int started;
  _Atomic int ended;
  _Atomic int resumed_on_loop;
};

static struct desk desk = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void released(void *thing) {
  (void)thing;
  desk.released++;
}

static void on_request(void *app, struct http_exchange *exchange) {
  struct desk *self = app;
  arena_defer(exchange->arena, released, NULL);
  pthread_mutex_lock(&self->lock);
  self->held[self->held_count++] = exchange;
  pthread_cond_signal(&self->changed);
  pthread_mutex_unlock(&self->lock);
}

static void on_done(void *app, const struct http_exchange *exchange) {
  struct desk *self = app;
  assert_int_equal(exchange->status, 200);
  self->answered++;
}

static void on_start(void *app, struct http_loop *loop, unsigned index) {
  (void)app;
  assert_int_equal(http_loop_index(loop), index);
  desk.started++;
}

static void on_stop(void *app, struct http_loop *loop, unsigned index) {
  (void)app;
  (void)loop;
  (void)index;
  desk.ended++;
}

static struct http_server *server_new(unsigned threads) {
  struct http_config config = {.address = "127.0.0.1", .threads = threads, .limits = http_limits_default};
  config.callbacks = (struct http_callbacks){
      .app = &desk, .request = on_request, .done = on_done, .loop_start = on_start, .loop_stop = on_stop};
  struct http_server *server = NULL;
  const char *why = NULL;
  desk.held_count = 0;
  desk.answered = 0;
  desk.released = 0;
  desk.started = 0;
  desk.ended = 0;
  desk.resumed_on_loop = 0;
  assert_int_equal(http_server_new(&config, &server, &why), STATUS_OK);
  return server;
}

static int client_of(const struct http_server *server) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(http_server_port(server))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(fd >= 0);
  struct timeval patience = {.tv_sec = 10};
  assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
  return fd;
}

static void ask(int fd) {
  static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  assert_int_equal(send(fd, text, sizeof(text) - 1, 0), sizeof(text) - 1);
}

static void expect_ok(int fd) {
  char text[1024];
  ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
  assert_true(n > 0);
  text[n] = 0;
  assert_int_equal(strncmp(text, "HTTP/1.1 200 OK\r\n", 17), 0);
}

static void wait_for_held(int count) {
  pthread_mutex_lock(&desk.lock);
  while (desk.held_count < count) {
    pthread_cond_wait(&desk.changed, &desk.lock);
  }
  pthread_mutex_unlock(&desk.lock);
}

static struct http_exchange *all_held(void) {
  struct http_exchange *list = NULL;
  for (int i = desk.held_count; i > 0; i--) {
    desk.held[i - 1]->status = 200;
    desk.held[i - 1]->next = list;
    list = desk.held[i - 1];
  }
  desk.held_count = 0;
  return list;
}

static void a_taken_port_is_refused_with_the_reason(void **state) {
  (void)state;
  struct http_server *first = server_new(1);
  struct http_config config = {.address = "127.0.0.1", .port = http_server_port(first), .threads = 1};
  config.limits = http_limits_default;
  struct http_server *second = NULL;
  const char *why = NULL;
  assert_int_equal(http_server_new(&config, &second, &why), STATUS_UNAVAILABLE);
  assert_null(second);
  assert_string_equal(why, "Address already in use");
  config.port = 0;
  config.address = "192.0.2.77";
  assert_int_equal(http_server_new(&config, &second, &why), STATUS_UNAVAILABLE);
  assert_string_equal(why, "Cannot assign requested address");
  config.address = "127.0.0.1";
  config.trusted_proxies = "10.0.0.0/99";
  assert_int_equal(http_server_new(&config, &second, &why), STATUS_INVALID);
  assert_null(second);
  http_server_free(first); /* never started */
}

static void answers_of_other_threads_reach_their_loops(void **state) {
  (void)state;
  struct http_server *server = server_new(2);
  http_server_start(server);
  int clients[4];
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 4; i++) {
      if (round == 0) {
        clients[i] = client_of(server);
      }
      ask(clients[i]);
    }
    wait_for_held(4);
    assert_true(desk.held[0]->loop != desk.held[1]->loop || desk.held[0]->loop != desk.held[2]->loop);
    http_answer_all(all_held());
    for (int i = 0; i < 4; i++) {
      expect_ok(clients[i]);
    }
  }
  http_server_stop(server, 1000);
  assert_int_equal(desk.answered, 12);
  assert_int_equal(desk.released, 12);
  assert_int_equal(desk.started, 2);
  assert_int_equal(desk.ended, 2);
  struct http_stats stats;
  http_server_stats(server, &stats);
  assert_int_equal(stats.accepted, 4);
  assert_int_equal(stats.requests, 12);
  assert_int_equal(stats.open, 0);
  http_server_free(server);
  for (int i = 0; i < 4; i++) {
    close(clients[i]);
  }
}

static void on_resumed(struct http_exchange *exchange) {
  desk.resumed_on_loop += loop_is_mine(exchange->loop);
  http_answer(exchange);
}

static void resumed_exchanges_run_on_their_loops_thread(void **state) {
  (void)state;
  struct http_server *server = server_new(2);
  http_server_start(server);
  int clients[4];
  for (int i = 0; i < 4; i++) {
    clients[i] = client_of(server);
    ask(clients[i]);
  }
  wait_for_held(4);
  http_resume_all(all_held(), on_resumed);
  for (int i = 0; i < 4; i++) {
    expect_ok(clients[i]);
    close(clients[i]);
  }
  assert_int_equal(desk.resumed_on_loop, 4);
  http_server_stop(server, 1000);
  http_server_free(server);
}

static void an_exchange_outlives_its_client(void **state) {
  (void)state;
  struct http_server *server = server_new(1);
  http_server_start(server);
  int fd = client_of(server);
  ask(fd);
  wait_for_held(1);
  struct linger reset = {.l_onoff = 1, .l_linger = 0};
  assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
  close(fd);
  for (int i = 0; i < 1000; i++) {
    struct http_stats stats;
    http_server_stats(server, &stats);
    if (stats.open == 0) {
      break;
    }
    usleep(2000);
  }
  assert_true(str_is(desk.held[0]->head.path, "/"));
  assert_int_equal(desk.released, 0);
  http_answer(all_held());
  http_server_stop(server, 2000);
  assert_int_equal(desk.answered, 1);
  assert_int_equal(desk.released, 1);
  http_server_free(server);
}

static void *answer_soon(void *exchange) {
  usleep(100 * 1000);
  http_answer(exchange);
  return NULL;
}

static void stopping_waits_for_the_handler(void **state) {
  (void)state;
  struct http_server *server = server_new(2);
  http_server_start(server);
  int fd = client_of(server);
  int idle = client_of(server);
  ask(fd);
  wait_for_held(1);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, answer_soon, all_held()), 0);
  http_server_stop(server, 5000);
  pthread_join(thread, NULL);
  assert_int_equal(desk.answered, 1);
  char text[1024];
  ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
  assert_true(n > 0);
  text[n] = 0;
  assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
  assert_int_equal(recv(idle, text, sizeof(text), 0), 0);
  http_server_free(server);
  close(fd);
  close(idle);
}

static void an_exchange_never_answered_is_freed_at_the_end(void **state) {
  (void)state;
  struct http_server *server = server_new(1);
  http_server_start(server);
  int fd = client_of(server);
  ask(fd);
  wait_for_held(1);
  http_server_stop(server, 50);
  assert_int_equal(desk.answered, 0);
  http_answer(all_held()); /* too late, and harmless */
  http_server_free(server);
  assert_int_equal(desk.released, 1);
  close(fd);
}

static void a_connection_is_small(void **state) {
  (void)state;
  assert_true(sizeof(struct connection) <= 256);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_taken_port_is_refused_with_the_reason),
      cmocka_unit_test(answers_of_other_threads_reach_their_loops),
      cmocka_unit_test(resumed_exchanges_run_on_their_loops_thread),
      cmocka_unit_test(an_exchange_outlives_its_client),
      cmocka_unit_test(stopping_waits_for_the_handler),
      cmocka_unit_test(an_exchange_never_answered_is_freed_at_the_end),
      cmocka_unit_test(a_connection_is_small),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
