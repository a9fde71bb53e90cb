#include "talk.h"

/* Sessions on two loops: requests come in on whichever takes them, so each test says its words often enough
 * that both ways are gone. Every message comes back. */

enum { ROUNDS = 24, THREADS = 2 };
#define MS INT64_C(1000000)
#define POLLING "EIO=4&transport=polling"
#define WEBSOCKET "EIO=4&transport=websocket"

static struct {
  struct eio_server *engine;
  struct http_server *http;
  _Atomic unsigned closed, freed;
  _Atomic int reason;
  _Atomic bool full;
} seen;

static void on_message(void *app, struct eio_session *session, bool binary, struct str data, int64_t now_ns) {
  (void)app;
  (void)binary;
  if (str_is(data, "close")) {
    eio_session_close(session, now_ns);
    return;
  }
  struct ws_frame *frame = eio_frame_text(EIO_MESSAGE, data);
  eio_session_send(session, &frame, 1);
  ws_frame_unref(frame);
}

static void on_closed(void *app, struct eio_session *session, enum eio_reason reason) {
  (void)app;
  (void)session;
  seen.reason = (int)reason;
  seen.closed++;
}

static const struct eio_handler handler = {.message = on_message, .closed = on_closed};

static bool admit(void *app) {
  (void)app;
  return !seen.full;
}

static void open_host(void *app, struct eio_host *host, int64_t now_ns, const struct eio_handler **out,
                      void **session_app) {
  (void)host;
  (void)now_ns;
  *out = &handler;
  *session_app = app;
}

static void free_host(struct eio_host *host) {
  (void)host;
  seen.freed++;
}

static const struct eio_host_handler host_handler = {.admit = admit, .open = open_host, .free = free_host};

static bool on_head(void *app, struct http_exchange *exchange) {
  (void)app;
  return eio_server_head(seen.engine, exchange);
}

static void on_request(void *app, struct http_exchange *exchange) {
  (void)app;
  eio_server_request(seen.engine, exchange);
}

static void begin(uint32_t sessions_max, const char *cors) {
  memset((void *)&seen, 0, sizeof seen);
  seen.engine =
      eio_server_new(&(struct eio_server_config){.eio = {.ping_interval_ns = 25000 * MS,
                                                         .ping_timeout_ns = 20000 * MS,
                                                         .upgrade_timeout_ns = 10000 * MS,
                                                         .close_timeout_ns = 300 * MS,
                                                         .max_payload = 1000,
                                                         .queue = {.bytes_max = 100000, .frames_max = 100}},
                                                 .handler = &host_handler,
                                                 .host_size = sizeof(struct eio_host),
                                                 .sessions_max = sessions_max,
                                                 .cors = cors,
                                                 .threads = THREADS});
  seen.http = serve_later((struct http_callbacks){.head = on_head, .request = on_request}, THREADS);
  eio_server_bind(seen.engine, seen.http);
  http_server_start(seen.http);
}

static void end(void) {
  eio_server_stop(seen.engine);
  serve_end(seen.http);
  eio_server_free(seen.engine);
}

static void open_session(char sid[EIO_SID_SIZE]) {
  int status = 0;
  const char *body = ask(seen.http, "GET", "?" POLLING, "", &status);
  assert_int_equal(status, 200);
  sid_of(body, sid);
}

/* The query of a session's requests; valid until the next call. */
static const char *of(const char *transport, const char *sid) {
  static char query[128];
  snprintf(query, sizeof query, "?%s&sid=%s", transport, sid);
  return query;
}

static void refuses(const char *method, const char *query, int status, const char *body) {
  int said = 0;
  assert_string_equal(ask(seen.http, method, query, "", &said), body);
  assert_int_equal(said, status);
}

#define UNKNOWN "{\"code\":1,\"message\":\"Session ID unknown\"}"
#define BAD "{\"code\":3,\"message\":\"Bad request\"}"

/* Each request on a connection of its own: half of them come in on the other loop. */
static void requests_reach_their_session_from_every_loop(void **state) {
  (void)state;
  begin(100, NULL);
  char sid[EIO_SID_SIZE];
  open_session(sid);
  for (int i = 0; i < ROUNDS; i++) {
    assert_string_equal(ask(seen.http, "POST", of(POLLING, sid),
                            "4a\x1e"
                            "4b",
                            NULL),
                        "ok");
    assert_string_equal(ask(seen.http, "GET", of(POLLING, sid), "", NULL),
                        "4a\x1e"
                        "4b");
  }
  assert_int_equal(eio_server_sessions(seen.engine), 1);
  end();
  assert_int_equal(seen.freed, 1);
}

static void a_held_poll_is_answered_by_what_comes(void **state) {
  (void)state;
  begin(100, NULL);
  for (int i = 0; i < ROUNDS; i++) {
    char sid[EIO_SID_SIZE];
    char request[256];
    open_session(sid);
    int held = dial(seen.http);
    snprintf(request, sizeof request, "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", of(POLLING, sid));
    say(held, request);
    usleep(5000);
    assert_string_equal(ask(seen.http, "POST", of(POLLING, sid), "4late", NULL), "ok");
    hear(held, "4late", NULL);
    close(held);
  }
  assert_int_equal(seen.closed, 0);
  end();
}

static void a_held_poll_whose_client_leaves_closes_its_session(void **state) {
  (void)state;
  begin(100, NULL);
  for (unsigned i = 0; i < ROUNDS; i++) {
    char sid[EIO_SID_SIZE];
    char request[256];
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    open_session(sid);
    int held = dial(seen.http);
    snprintf(request, sizeof request, "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", of(POLLING, sid));
    say(held, request);
    if (i % 3 != 0) { /* else it has gone before its request was read */
      usleep(5000);
    }
    if (i % 2 == 0) {
      setsockopt(held, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    if (i % 6 == 0) { /* a reset might take the request away unread */
      reset.l_onoff = 0;
      setsockopt(held, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    close(held);
    EVENTUALLY(seen.closed == i + 1);
    assert_int_equal(seen.reason, EIO_TRANSPORT_ERROR);
    EVENTUALLY(eio_server_sessions(seen.engine) == 0);
    refuses("GET", of(POLLING, sid), 400, UNKNOWN);
  }
  end();
}

static void a_sid_that_nobody_has_is_refused(void **state) {
  (void)state;
  begin(100, NULL);
  refuses("GET", "?" POLLING "&sid=nobody", 400, UNKNOWN);
  refuses("GET", "?" POLLING "&sid=AAAAAAAAAAAAAAAAAAAA", 400, UNKNOWN); /* of the first loop */
  refuses("GET", "?" POLLING "&sid=AQAAAAAAAAAAAAAAAAAA", 400, UNKNOWN);
  refuses("GET", "?" POLLING "&sid=_wAAAAAAAAAAAAAAAAAA", 400, UNKNOWN); /* of a loop that is not there */
  refuses("GET", "?" POLLING "&sid=AAAAAAAAAAAAAAAAAAA!", 400, UNKNOWN);
  refuses("POST", "?" POLLING "&sid=", 400,
          "{\"code\":2,\"message\":\"Bad handshake method\"}"); /* none at all */
  end();
}

static void a_session_has_one_transport_and_the_methods_of_polling(void **state) {
  (void)state;
  begin(100, NULL);
  char sid[EIO_SID_SIZE];
  open_session(sid);
  refuses("PUT", of(POLLING, sid), 400, BAD);
  refuses("GET", of(WEBSOCKET, sid), 400, BAD);           /* without an upgrade */
  refuses("GET", of("transport=polling", sid), 400, BAD); /* without its revision */
  int fd = dial_websocket(seen.http, "?" WEBSOCKET);
  sid_of(ws_hear(fd), sid);
  refuses("GET", of(POLLING, sid), 400, BAD);
  refuses("POST", of(POLLING, sid), 400, BAD);
  ws_say(fd, "4still");
  assert_string_equal(ws_hear(fd), "4still");
  close(fd);
  end();
}

static void a_websocket_moves_to_the_loop_of_its_session(void **state) {
  (void)state;
  begin(100, NULL);
  for (unsigned i = 0; i < ROUNDS; i++) {
    char sid[EIO_SID_SIZE];
    open_session(sid);
    int fd = dial_websocket(seen.http, of(WEBSOCKET, sid));
    ws_say(fd, "2probe");
    assert_string_equal(ws_hear(fd), "3probe");
    ws_say(fd, "5");
    ws_say(fd, "4hello");
    assert_string_equal(ws_hear(fd), "4hello");
    close(fd);
    EVENTUALLY(seen.closed == i + 1);
    assert_int_equal(seen.reason, EIO_TRANSPORT_CLOSE);
  }
  EVENTUALLY(eio_server_sessions(seen.engine) == 0);
  end();
}

/* A WebSocket that arrives for a session that went meanwhile, or has one already. */
static void a_websocket_that_nobody_wants_is_closed(void **state) {
  (void)state;
  begin(100, NULL);
  for (int i = 0; i < ROUNDS; i++) {
    char sid[EIO_SID_SIZE];
    open_session(sid);
    int first = dial_websocket(seen.http, of(WEBSOCKET, sid));
    ws_say(first, "2probe");
    assert_string_equal(ws_hear(first), "3probe");
    int second = dial_websocket(seen.http, of(WEBSOCKET, sid));
    assert_string_equal(ws_hear(second), "(close)");
    close(second);
    ws_say(first, "5");
    ws_say(first, "4mine");
    assert_string_equal(ws_hear(first), "4mine");
    close(first);
  }
  end();
}

static void what_is_no_handshake_of_a_websocket_is_refused(void **state) {
  (void)state;
  static const char *const heads[] = {
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
      "short\r\n",
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
      "Upgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"};
  begin(100, NULL);
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
    char request[512];
    int fd = dial(seen.http);
    snprintf(request, sizeof request,
             "GET /?" WEBSOCKET " HTTP/1.1\r\nHost: a\r\n%sConnection: close\r\n\r\n", heads[i]);
    say(fd, request);
    const char *answer = hear(fd, NULL, NULL);
    assert_int_equal(strncmp(answer, "HTTP/1.1 400 ", 13), 0);
    assert_non_null(strstr(answer, BAD));
    close(fd);
  }
  assert_int_equal(eio_server_sessions(seen.engine), 0);
  end();
}

static void a_full_server_says_so_and_has_room_again(void **state) {
  (void)state;
  begin(3, NULL);
  char sids[3][EIO_SID_SIZE];
  for (int i = 0; i < 3; i++) {
    open_session(sids[i]);
  }
  refuses("GET", "?" POLLING, 503, "{\"message\":\"Too many sessions\"}");
  int fd = dial(seen.http);
  ask_for_websocket(fd, "?" WEBSOCKET);
  const char *head = hear_head(fd);
  assert_int_equal(strncmp(head, "HTTP/1.1 503 ", 13), 0);
  assert_non_null(strstr(head, "Retry-After: 1\r\n"));
  close(fd);
  assert_string_equal(ask(seen.http, "POST", of(POLLING, sids[1]), "1", NULL), "ok");
  EVENTUALLY(seen.closed == 1);
  EVENTUALLY(eio_server_sessions(seen.engine) == 3 || eio_server_sessions(seen.engine) == 2);
  EVENTUALLY(eio_server_sessions(seen.engine) == 2); /* nobody polled: its end is told no longer */
  open_session(sids[1]);
  seen.full = true; /* as the handler says */
  assert_string_equal(ask(seen.http, "POST", of(POLLING, sids[0]), "1", NULL), "ok");
  EVENTUALLY(eio_server_sessions(seen.engine) == 2);
  refuses("GET", "?" POLLING, 503, "{\"message\":\"Too many sessions\"}");
  end();
}

static void a_session_closed_by_the_server_tells_its_client(void **state) {
  (void)state;
  begin(100, NULL);
  char sid[EIO_SID_SIZE];
  open_session(sid);
  assert_string_equal(ask(seen.http, "POST", of(POLLING, sid),
                          "4last\x1e"
                          "4close",
                          NULL),
                      "ok");
  assert_string_equal(ask(seen.http, "GET", of(POLLING, sid), "", NULL),
                      "4last\x1e"
                      "1");
  refuses("GET", of(POLLING, sid), 400, UNKNOWN);
  int fd = dial_websocket(seen.http, "?" WEBSOCKET);
  ws_hear(fd);
  ws_say(fd, "4close");
  assert_string_equal(ws_hear(fd), "(close)");
  assert_int_equal(seen.reason, EIO_FORCED_CLOSE);
  close(fd);
  EVENTUALLY(eio_server_sessions(seen.engine) == 0);
  end();
}

static void the_stop_closes_all_and_lets_nobody_in(void **state) {
  (void)state;
  begin(100, NULL);
  char sid[EIO_SID_SIZE];
  char request[256];
  open_session(sid);
  int held = dial(seen.http);
  snprintf(request, sizeof request, "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", of(POLLING, sid));
  say(held, request);
  int fd = dial_websocket(seen.http, "?" WEBSOCKET);
  ws_hear(fd);
  usleep(20000);
  eio_server_stop(seen.engine);
  hear(held, "1", NULL);
  assert_string_equal(ws_hear(fd), "(close)");
  EVENTUALLY(seen.closed == 2);
  refuses("GET", "?" POLLING, 503, "{\"message\":\"Too many sessions\"}");
  close(held);
  close(fd);
  serve_end(seen.http);
  eio_server_free(seen.engine);
}

/* Sessions of a server that was never stopped go with it. */
static void the_end_frees_what_is_left(void **state) {
  (void)state;
  begin(100, NULL);
  char sid[EIO_SID_SIZE];
  open_session(sid);
  int fd = dial_websocket(seen.http, "?" WEBSOCKET);
  ws_hear(fd);
  serve_end(seen.http);
  eio_server_free(seen.engine);
  close(fd);
  assert_int_equal(seen.freed, 2);
}

static void other_origins_are_let_in_where_it_was_said(void **state) {
  (void)state;
  for (int with = 0; with < 2; with++) {
    begin(100, with == 1 ? "https://desk.example.com" : NULL);
    for (int i = 0; i < 2; i++) {
      int fd = dial(seen.http);
      char request[256];
      snprintf(request, sizeof request, "%s /?" POLLING " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
               i == 0 ? "GET" : "OPTIONS");
      say(fd, request);
      const char *answer = hear(fd, NULL, NULL);
      assert_int_equal(strstr(answer, "Access-Control-Allow-Origin: https://desk.example.com\r\n") != NULL,
                       with);
      assert_int_equal(strncmp(answer,
                               i == 0      ? "HTTP/1.1 200 "
                               : with == 1 ? "HTTP/1.1 204 "
                                           : "HTTP/1.1 400 ",
                               13),
                       0);
      close(fd);
    }
    end();
  }
}

static void a_body_has_the_maximum_of_a_payload(void **state) {
  (void)state;
  begin(100, NULL);
  struct http_exchange exchange = {.head.method = HTTP_POST};
  assert_true(eio_server_head(seen.engine, &exchange));
  assert_int_equal(exchange.max_body, 1000);
  exchange.head.method = HTTP_GET;
  assert_true(eio_server_head(seen.engine, &exchange));
  assert_int_equal(exchange.max_body, 0);
  end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(requests_reach_their_session_from_every_loop),
      cmocka_unit_test(a_held_poll_is_answered_by_what_comes),
      cmocka_unit_test(a_held_poll_whose_client_leaves_closes_its_session),
      cmocka_unit_test(a_sid_that_nobody_has_is_refused),
      cmocka_unit_test(a_session_has_one_transport_and_the_methods_of_polling),
      cmocka_unit_test(a_websocket_moves_to_the_loop_of_its_session),
      cmocka_unit_test(a_websocket_that_nobody_wants_is_closed),
      cmocka_unit_test(what_is_no_handshake_of_a_websocket_is_refused),
      cmocka_unit_test(a_full_server_says_so_and_has_room_again),
      cmocka_unit_test(a_session_closed_by_the_server_tells_its_client),
      cmocka_unit_test(the_stop_closes_all_and_lets_nobody_in),
      cmocka_unit_test(the_end_frees_what_is_left),
      cmocka_unit_test(other_origins_are_let_in_where_it_was_said),
      cmocka_unit_test(a_body_has_the_maximum_of_a_payload),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
