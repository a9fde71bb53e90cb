#include <pthread.h>

#include "talk.h"

#include "net/socketio.h"

/* A server of Socket.IO on two loops. Its orders come from the test's own thread, which is none of them. */

enum { THREADS = 2, CLIENTS = 8 };

static struct {
  struct socketio *server;
  struct http_server *http;
  pthread_mutex_t lock;
  socketio_id ids[64]; /* locked: of the connects, in their order */
  _Atomic unsigned connects, disconnects, messages;
  char reason[64];      /* of the last disconnect; written before it is counted */
  _Atomic bool at_once; /* connects are accepted by their callback */
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void on_connect(void *app, socketio_id id, struct str nsp, struct str auth) {
  (void)app;
  (void)nsp;
  (void)auth;
  pthread_mutex_lock(&seen.lock);
  seen.ids[seen.connects] = id;
  seen.connects++;
  pthread_mutex_unlock(&seen.lock);
  if (seen.at_once) {
    socketio_accept(seen.server, id);
  }
}

static void on_message(void *app, socketio_id id, const struct sio_message *message) {
  (void)app;
  struct ws_frame *frame = sio_frame(&(struct sio_packet){
      .type = SIO_EVENT, .nsp = message->packet->nsp, .id = SIO_NO_ID, .data = message->packet->data});
  seen.messages++;
  socketio_emit(seen.server, id, &frame, 1);
  ws_frame_unref(frame);
}

static void on_disconnect(void *app, socketio_id id, const char *reason) {
  (void)app;
  (void)id;
  static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER; /* several loops end sockets */
  pthread_mutex_lock(&one);
  snprintf(seen.reason, sizeof seen.reason, "%s", reason);
  pthread_mutex_unlock(&one);
  seen.disconnects++;
}

static bool on_head(void *app, struct http_exchange *exchange) {
  (void)app;
  return eio_server_head(socketio_engine(seen.server), exchange);
}

static void on_request(void *app, struct http_exchange *exchange) {
  (void)app;
  eio_server_request(socketio_engine(seen.server), exchange);
}

static void begin_with(uint32_t rooms_max, uint32_t unjoined_max) {
  struct socketio_config config = socketio_config_default;
  config.threads = THREADS;
  config.rooms_max = rooms_max;
  config.unjoined_max = unjoined_max;
  config.callbacks =
      (struct socketio_callbacks){.connect = on_connect, .message = on_message, .disconnect = on_disconnect};
  seen.connects = seen.disconnects = seen.messages = 0;
  seen.at_once = true;
  seen.server = socketio_new(&config);
  seen.http = serve_later((struct http_callbacks){.head = on_head, .request = on_request}, THREADS);
  eio_server_bind(socketio_engine(seen.server), seen.http);
  http_server_start(seen.http);
}

static void begin(void) {
  begin_with(64, 100);
}

static void end(void) {
  eio_server_stop(socketio_engine(seen.server));
  serve_end(seen.http);
  socketio_free(seen.server);
}

/* A client whose CONNECT was heard; *id is its socket's. */
static int knock(const char *connect, socketio_id *id) {
  unsigned before = seen.connects;
  int fd = dial_websocket(seen.http, "?EIO=4&transport=websocket");
  assert_int_equal(ws_hear(fd)[0], '0');
  ws_say(fd, connect);
  EVENTUALLY(seen.connects == before + 1);
  pthread_mutex_lock(&seen.lock);
  *id = seen.ids[before];
  pthread_mutex_unlock(&seen.lock);
  return fd;
}

static int join_main(socketio_id *id) {
  int fd = knock("40", id);
  assert_int_equal(strncmp(ws_hear(fd), "40{\"sid\":\"", 10), 0);
  return fd;
}

static struct ws_frame *event(const char *json) {
  return sio_frame(
      &(struct sio_packet){.type = SIO_EVENT, .nsp = STR("/"), .id = SIO_NO_ID, .data = str_of(json)});
}

static void emit_room(const char *room, socketio_id except, const char *json) {
  struct ws_frame *frame = event(json);
  socketio_emit_room(seen.server, STR("/"), str_of(room), except, &frame, 1);
  ws_frame_unref(frame);
}

static void emit(socketio_id id, const char *json) {
  struct ws_frame *frame = event(json);
  socketio_emit(seen.server, id, &frame, 1);
  ws_frame_unref(frame);
}

/* Nothing else came before this. */
static void hears(int fd, socketio_id id, const char *expected) {
  emit(id, "[\"end\"]");
  if (expected != NULL) {
    assert_string_equal(ws_hear(fd), expected);
  }
  assert_string_equal(ws_hear(fd), "42[\"end\"]");
}

static void a_socket_is_accepted_later_and_by_another_thread(void **state) {
  (void)state;
  begin();
  seen.at_once = false;
  for (int i = 0; i < CLIENTS; i++) { /* on either loop */
    socketio_id id;
    int fd = knock("40", &id);
    emit(id, "[\"too early\"]");
    socketio_accept(seen.server, id);
    socketio_accept(seen.server, id); /* harmless */
    assert_int_equal(strlen(ws_hear(fd)), strlen("40{\"sid\":\"12345678901234567890\"}"));
    hears(fd, id, NULL);
    close(fd);
  }
  end();
}

static void a_socket_is_accepted_under_a_name_that_it_had(void **state) {
  (void)state;
  begin();
  seen.at_once = false;
  for (int i = 0; i < CLIENTS; i++) {
    socketio_id id;
    int fd = knock("40", &id);
    socketio_accept_as(seen.server, id, STR("mF8wBUSFRO8CtPc6AAAB"), i % 2 == 0 ? STR("pid.1") : STR_NONE);
    assert_string_equal(ws_hear(fd), i % 2 == 0 ? "40{\"sid\":\"mF8wBUSFRO8CtPc6AAAB\",\"pid\":\"pid.1\"}"
                                                : "40{\"sid\":\"mF8wBUSFRO8CtPc6AAAB\"}");
    hears(fd, id, NULL);
    close(fd);
  }
  end();
}

static void sids_are_not_alike(void **state) {
  (void)state;
  char one[EIO_SID_SIZE];
  char two[EIO_SID_SIZE];
  socketio_sid(one);
  socketio_sid(two);
  assert_int_equal(strlen(one), EIO_SID_SIZE - 1);
  assert_string_not_equal(one, two);
}

static void a_refused_socket_hears_why_and_is_gone(void **state) {
  (void)state;
  begin();
  seen.at_once = false;
  socketio_id id;
  int fd = knock("40/private,", &id);
  socketio_refuse(seen.server, id, STR("{\"message\":\"Unauthorized\"}"));
  assert_string_equal(ws_hear(fd), "44/private,{\"message\":\"Unauthorized\"}");
  socketio_accept(seen.server, id); /* too late */
  emit(id, "[\"nobody\"]");
  close(fd);
  end();
  assert_int_equal(seen.disconnects, 0);
}

static void a_room_hears_once_on_every_loop_but_who_is_left_out(void **state) {
  (void)state;
  begin();
  int fds[CLIENTS];
  socketio_id ids[CLIENTS];
  for (int i = 0; i < CLIENTS; i++) {
    fds[i] = join_main(&ids[i]);
    socketio_join(seen.server, ids[i], STR("blue"));
    socketio_join(seen.server, ids[i], STR("blue")); /* once is enough */
  }
  socketio_leave(seen.server, ids[2], STR("blue")); /* from the middle */
  socketio_leave(seen.server, ids[3], STR("red"));  /* where it never was */
  emit_room("blue", ids[5], "[\"to\",\"blue\"]");
  emit_room("red", 0, "[\"to\",\"nobody\"]");
  for (int i = 0; i < CLIENTS; i++) {
    hears(fds[i], ids[i], i == 2 || i == 5 ? NULL : "42[\"to\",\"blue\"]");
  }
  emit_room("", 0, "[\"to\",\"all\"]"); /* the namespace's own */
  for (int i = 0; i < CLIENTS; i++) {
    hears(fds[i], ids[i], "42[\"to\",\"all\"]");
    close(fds[i]);
  }
  end();
}

static void rooms_forget_who_went_while_others_stay(void **state) {
  (void)state;
  begin();
  int fds[CLIENTS];
  socketio_id ids[CLIENTS];
  for (int i = 0; i < CLIENTS; i++) {
    fds[i] = join_main(&ids[i]);
    socketio_join(seen.server, ids[i], STR("blue"));
  }
  for (int i = 0; i < CLIENTS; i += 2) {
    close(fds[i]);
  }
  EVENTUALLY(seen.disconnects == CLIENTS / 2);
  assert_string_equal(seen.reason, "transport close");
  emit_room("blue", 0, "[\"still\"]");
  for (int i = 1; i < CLIENTS; i += 2) {
    hears(fds[i], ids[i], "42[\"still\"]");
    close(fds[i]);
  }
  EVENTUALLY(seen.disconnects == CLIENTS);
  emit_room("blue", 0, "[\"nobody\"]");
  end();
}

static void a_socket_joins_so_many_rooms_and_their_names_have_a_length(void **state) {
  (void)state;
  begin_with(2, 100);
  socketio_id id;
  int fd = join_main(&id);
  char name[SOCKETIO_ROOM_MAX + 20];
  memset(name, 'n', sizeof name);
  socketio_join(seen.server, id, (struct str){name, sizeof name});
  socketio_join(seen.server, id, STR("two"));
  socketio_join(seen.server, id, STR("three"));
  emit_room("three", 0, "[\"three\"]");
  hears(fd, id, NULL);
  emit_room("two", 0, "[\"two\"]");
  hears(fd, id, "42[\"two\"]");
  name[SOCKETIO_ROOM_MAX] = '\0'; /* as far as it counts */
  emit_room(name, 0, "[\"long\"]");
  hears(fd, id, "42[\"long\"]");
  socketio_leave(seen.server, id, STR("two"));
  socketio_join(seen.server, id, STR("three"));
  emit_room("three", 0, "[\"three\"]");
  hears(fd, id, "42[\"three\"]");
  close(fd);
  end();
}

static void the_server_ends_a_socket_or_its_whole_session(void **state) {
  (void)state;
  begin();
  for (int i = 0; i < CLIENTS; i++) {
    socketio_id id;
    int fd = join_main(&id);
    socketio_disconnect(seen.server, id, false);
    assert_string_equal(ws_hear(fd), "41");
    emit(id, "[\"nobody\"]");
    ws_say(fd, "41");
    ws_say(fd, "40"); /* the session lives */
    assert_int_equal(strncmp(ws_hear(fd), "40{", 3), 0);
    pthread_mutex_lock(&seen.lock);
    id = seen.ids[seen.connects - 1];
    pthread_mutex_unlock(&seen.lock);
    socketio_disconnect(seen.server, id, true);
    assert_string_equal(ws_hear(fd), "41");
    assert_string_equal(ws_hear(fd), "(close)");
    close(fd);
  }
  end();
  assert_int_equal(seen.disconnects, 0); /* it knows */
}

static void naming_who_is_not_there_is_harmless(void **state) {
  (void)state;
  begin();
  const socketio_id nobody[] = {0, 1, UINT64_MAX, UINT64_C(1) << 48 | 77, UINT64_C(9) << 48 | 1};
  for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
    socketio_accept(seen.server, nobody[i]);
    socketio_refuse(seen.server, nobody[i], STR("{}"));
    emit(nobody[i], "[\"x\"]");
    socketio_join(seen.server, nobody[i], STR("x"));
    socketio_leave(seen.server, nobody[i], STR("x"));
    socketio_disconnect(seen.server, nobody[i], true);
  }
  socketio_id id;
  int fd = join_main(&id);
  ws_say(fd, "42[\"message\",1]");
  assert_string_equal(ws_hear(fd), "42[\"message\",1]");
  close(fd);
  end();
}

static void what_was_sent_first_is_heard_first(void **state) {
  (void)state;
  begin();
  socketio_id id;
  int fd = join_main(&id);
  socketio_join(seen.server, id, STR("blue"));
  for (int i = 0; i < 200; i++) {
    char json[32];
    snprintf(json, sizeof json, "[%d]", i);
    if (i % 2 == 0) {
      emit(id, json);
    } else {
      emit_room("blue", 0, json);
    }
  }
  for (int i = 0; i < 200; i++) {
    char expected[32];
    snprintf(expected, sizeof expected, "42[%d]", i);
    assert_string_equal(ws_hear(fd), expected);
  }
  close(fd);
  end();
}

static void who_joins_no_namespace_has_only_so_much_room(void **state) {
  (void)state;
  begin_with(64, 2);
  socketio_id id;
  int joined = join_main(&id);
  int first = dial_websocket(seen.http, "?EIO=4&transport=websocket");
  int second = dial_websocket(seen.http, "?EIO=4&transport=websocket");
  int status = 0;
  ask(seen.http, "GET", "?EIO=4&transport=polling", "", &status);
  assert_int_equal(status, 503);
  hears(joined, id, NULL);
  close(first);
  EVENTUALLY(eio_server_sessions(socketio_engine(seen.server)) == 2);
  ask(seen.http, "GET", "?EIO=4&transport=polling", "", &status);
  assert_int_equal(status, 200);
  close(second);
  close(joined);
  end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_socket_is_accepted_later_and_by_another_thread),
      cmocka_unit_test(a_socket_is_accepted_under_a_name_that_it_had),
      cmocka_unit_test(sids_are_not_alike),
      cmocka_unit_test(a_refused_socket_hears_why_and_is_gone),
      cmocka_unit_test(a_room_hears_once_on_every_loop_but_who_is_left_out),
      cmocka_unit_test(rooms_forget_who_went_while_others_stay),
      cmocka_unit_test(a_socket_joins_so_many_rooms_and_their_names_have_a_length),
      cmocka_unit_test(the_server_ends_a_socket_or_its_whole_session),
      cmocka_unit_test(naming_who_is_not_there_is_harmless),
      cmocka_unit_test(what_was_sent_first_is_heard_first),
      cmocka_unit_test(who_joins_no_namespace_has_only_so_much_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
