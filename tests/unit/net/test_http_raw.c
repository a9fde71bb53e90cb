#include "talk.h"

/* Connections that have left HTTP. What a test's handler hears is counted; it echoes unless told otherwise.
 */

static struct {
  struct http_raw *raw;
  struct http_loop *loops[2];
  _Atomic unsigned arrived, gone, room, upgraded, refused;
  _Atomic size_t received;
  _Atomic bool silent, hold;
  atomic_uint arrived_on;
  size_t to_write; /* of the loop's thread */
} seen;

static void on_arrived(void *app, struct http_raw *raw) {
  (void)app;
  seen.arrived_on = http_loop_is_mine(seen.loops[1]) ? 1 : 0;
  assert_ptr_equal(raw, seen.raw);
  seen.arrived++;
}

static void write_on(void) {
  static const char block[65536];
  ssize_t sent = 1;
  while (seen.to_write > 0 && sent > 0) {
    struct iovec part = {(void *)block, seen.to_write < sizeof block ? seen.to_write : sizeof block};
    sent = http_raw_write(seen.raw, &part, 1);
    assert_true(sent >= 0);
    seen.to_write -= (size_t)sent;
  }
}

static void obey(char word, struct str bytes) {
  if (word == 'W') { /* more than any socket takes at once */
    seen.to_write = 16 << 20;
    write_on();
  } else if (word == 'E') {
    http_raw_end(seen.raw);
  } else if (word == 'C') {
    http_raw_close(seen.raw);
  } else if (word == 'M') {
    http_raw_move(seen.raw, seen.loops[http_loop_is_mine(seen.loops[0]) ? 1 : 0]);
  } else {
    struct iovec part = {(void *)bytes.at, bytes.len};
    assert_int_equal(http_raw_write(seen.raw, &part, 1), bytes.len);
  }
}

static void on_received(void *app, struct str bytes) {
  (void)app;
  seen.received += bytes.len;
  if (!seen.silent) {
    obey(bytes.at[0], bytes);
  }
}

static void on_room(void *app) {
  (void)app;
  seen.room++;
  write_on();
}

static void on_gone(void *app) {
  (void)app;
  seen.gone++;
}

static const struct http_raw_handler handler = {
    .arrived = on_arrived, .received = on_received, .room = on_room, .gone = on_gone};

static void on_request(void *app, struct http_exchange *exchange) {
  (void)app;
  while (seen.hold) {
    usleep(1000);
  }
  if (http_upgrade(exchange, STR("Upgrade: test\r\nConnection: Upgrade\r\n"), &handler, NULL, &seen.raw)) {
    seen.upgraded++;
  } else {
    seen.refused++;
  }
}

static struct http_server *begin(void) {
  memset((void *)&seen, 0, sizeof seen);
  struct http_server *server = serve_later((struct http_callbacks){.request = on_request}, 2);
  seen.loops[0] = http_server_loop(server, 0);
  seen.loops[1] = http_server_loop(server, 1);
  http_server_start(server);
  return server;
}

#define UPGRADE "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: test\r\nConnection: Upgrade\r\n\r\n"

static int upgrade(const struct http_server *server) {
  int fd = dial(server);
  say(fd, UPGRADE);
  assert_string_equal(hear_head(fd),
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: test\r\nConnection: Upgrade\r\n\r\n");
  return fd;
}

static void bytes_go_both_ways_also_those_that_came_with_the_request(void **state) {
  (void)state;
  struct http_server *server = begin();
  int fd = dial(server);
  say(fd, UPGRADE "early");
  hear_head(fd);
  hear(fd, "early", NULL);
  say(fd, "later");
  hear(fd, "later", NULL);
  assert_int_equal(seen.received, 10);
  close(fd);
  EVENTUALLY(seen.gone == 1);
  serve_end(server);
  assert_int_equal(seen.gone, 1);
}

static void what_does_not_fit_goes_out_when_there_is_room(void **state) {
  (void)state;
  struct http_server *server = begin();
  int fd = upgrade(server);
  say(fd, "W");
  usleep(50000); /* its socket is full by now */
  static char block[65536];
  for (size_t left = 16 << 20; left > 0;) {
    ssize_t got = recv(fd, block, sizeof block, 0);
    assert_true(got > 0);
    left -= (size_t)got;
  }
  assert_true(seen.room > 0);
  say(fd, "still");
  hear(fd, "still", NULL);
  close(fd);
  serve_end(server);
}

static void an_ended_connection_still_hears(void **state) {
  (void)state;
  struct http_server *server = begin();
  int fd = upgrade(server);
  say(fd, "E");
  int error = -1;
  assert_string_equal(hear(fd, NULL, &error), "");
  assert_int_equal(error, 0);
  seen.silent = true;
  say(fd, "heard");
  EVENTUALLY(seen.received == 6);
  assert_int_equal(seen.gone, 0);
  close(fd);
  EVENTUALLY(seen.gone == 1);
  serve_end(server);
}

static void who_closes_hears_nothing_more(void **state) {
  (void)state;
  struct http_server *server = begin();
  int fd = upgrade(server);
  say(fd, "C");
  hear(fd, NULL, NULL);
  close(fd);
  wait_for_open(server, 0);
  serve_end(server);
  assert_int_equal(seen.gone, 0);
  assert_int_equal(seen.received, 1);
}

/* What the client says on the way waits; there and back. */
static void a_connection_moves_to_another_loop(void **state) {
  (void)state;
  struct http_server *server = begin();
  int fd = upgrade(server);
  for (unsigned round = 1; round <= 6; round++) {
    unsigned before = seen.arrived_on;
    say(fd, "M");
    EVENTUALLY(seen.arrived == round);
    assert_true(round == 1 || seen.arrived_on != before);
    say(fd, "there");
    hear(fd, "there", NULL);
  }
  assert_int_equal(seen.gone, 0);
  close(fd);
  EVENTUALLY(seen.gone == 1);
  serve_end(server);
}

static void a_client_that_has_gone_is_not_upgraded(void **state) {
  (void)state;
  struct http_server *server = begin();
  struct linger reset = {.l_onoff = 1, .l_linger = 0};
  seen.hold = true;
  int fd = dial(server);
  say(fd, UPGRADE);
  usleep(50000);
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(fd);
  usleep(20000);
  seen.hold = false;
  EVENTUALLY(seen.refused == 1);
  wait_for_open(server, 0);
  serve_end(server);
  assert_int_equal(seen.upgraded, 0);
  assert_int_equal(seen.gone, 0);
}

static void the_servers_end_is_the_end_of_all(void **state) {
  (void)state;
  struct http_server *server = begin();
  int fd = upgrade(server);
  http_server_stop(server, 100);
  assert_int_equal(seen.gone, 1);
  http_server_free(server);
  hear(fd, NULL, NULL);
  close(fd);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes_go_both_ways_also_those_that_came_with_the_request),
      cmocka_unit_test(what_does_not_fit_goes_out_when_there_is_room),
      cmocka_unit_test(an_ended_connection_still_hears),
      cmocka_unit_test(who_closes_hears_nothing_more),
      cmocka_unit_test(a_connection_moves_to_another_loop),
      cmocka_unit_test(a_client_that_has_gone_is_not_upgraded),
      cmocka_unit_test(the_servers_end_is_the_end_of_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
