#include "dial.h"

#include <stdatomic.h>
#include <sys/resource.h>

/* Who is let in, who is turned away, and to which loop one goes. */

static atomic_uint loops_seen;

static void on_request(void *app, struct http_exchange *exchange) {
  (void)app;
  loops_seen |= 1u << http_loop_index(exchange->loop);
  exchange->status = 200;
  buf_add_str(&exchange->body_out, exchange->peer);
  buf_add_char(&exchange->body_out, '\n');
  http_answer(exchange);
}
static const struct http_callbacks callbacks = {.request = on_request};
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static void connections_go_round_the_loops_and_know_their_peer(void **state) {
  (void)state;
  struct http_server *server = serve(callbacks, &http_limits_default, 3);
  int fds[6];
  loops_seen = 0;
  for (int i = 0; i < 6; i++) {
    fds[i] = dial(server);
    say(fds[i], GET);
    assert_non_null(strstr(hear(fds[i], "\n", NULL), "\r\n\r\n127.0.0.1\n"));
  }
  assert_int_equal(loops_seen, 7);
  struct http_stats stats;
  http_server_stats(server, &stats);
  assert_int_equal(stats.accepted, 6);
  assert_int_equal(stats.open, 6);
  for (int i = 0; i < 6; i++) {
    close(fds[i]);
  }
  wait_for_open(server, 0);
  serve_end(server);
}

static void over_the_maximum_one_is_told_to_come_again(void **state) {
  (void)state;
  struct http_limits limits = http_limits_default;
  limits.connections_max = 2;
  struct http_server *server = serve(callbacks, &limits, 1);
  int first = dial(server);
  int second = dial(server);
  say(first, GET);
  hear(first, "\n", NULL);
  say(second, GET);
  hear(second, "\n", NULL);
  int third = dial(server);
  const char *text = hear(third, NULL, NULL);
  assert_int_equal(strncmp(text, "HTTP/1.1 503 ", 13), 0);
  assert_non_null(strstr(text, "\r\nRetry-After: 1\r\n"));
  struct http_stats stats;
  http_server_stats(server, &stats);
  assert_int_equal(stats.refused, 1);
  close(third);
  close(second);
  wait_for_open(server, 1);
  third = dial(server);
  say(third, GET);
  hear(third, "\n", NULL);
  close(first);
  close(third);
  serve_end(server);
}

/* Without descriptors the one in reserve serves to turn clients away; with some again it serves on. */
static void without_descriptors_clients_are_turned_away_at_once(void **state) {
  (void)state;
  struct http_server *server = serve(callbacks, &http_limits_default, 1);
  struct rlimit before;
  int kept = dial(server);
  say(kept, GET);
  hear(kept, "\n", NULL);
  int client = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(client >= 0);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(http_server_port(server))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct timeval patience = {.tv_sec = 10};
  assert_int_equal(setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
  assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
  struct http_stats stats = {0};
  for (int i = 0; i < 1000 && stats.refused == 0; i++) {
    http_server_stats(server, &stats);
    usleep(2000);
  }
  say(kept, GET); /* who is in is served */
  hear(kept, "\n", NULL);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  assert_true(stats.refused > 0);
  close(client);
  close(kept);
  client = dial(server);
  say(client, GET);
  hear(client, "\n", NULL);
  close(client);
  serve_end(server);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(connections_go_round_the_loops_and_know_their_peer),
      cmocka_unit_test(over_the_maximum_one_is_told_to_come_again),
      cmocka_unit_test(without_descriptors_clients_are_turned_away_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
