#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/sio_socket.h"

#define MS INT64_C(1000000)

static const struct eio_config eio = {
    .ping_interval_ns = 300 * MS,
    .ping_timeout_ns = 200 * MS,
    .upgrade_timeout_ns = 1000 * MS,
    .close_timeout_ns = 3000 * MS,
    .max_payload = 100000,
    .queue = {.bytes_max = 100000, .frames_max = 50},
};
static const struct sio_config sio = {
    .connect_timeout_ns = 250 * MS, .attachments_max = 10, .packet_bytes_max = 200, .sockets_max = 4};

/* A client on a WebSocket, and what the handler was told. "/late" is not answered at once, "/no" refused. */
struct room {
  struct eio_session session;
  struct eio_ws ws;
  struct sio_client client;
  struct buf heard;
  struct sio_socket *last; /* the one of the last connect */
  bool disconnect_at_message;
};

static void note(struct room *room, const char *what, const struct sio_socket *socket, struct str more) {
  buf_add_text(&room->heard, what);
  buf_add_char(&room->heard, ' ');
  buf_add_str(&room->heard, socket->nsp);
  buf_add_char(&room->heard, ' ');
  buf_add_str(&room->heard, more.at != NULL ? more : STR("-"));
  buf_add_char(&room->heard, ';');
}

static void on_connect(void *app, struct sio_socket *socket, struct str auth) {
  struct room *room = app;
  room->last = socket;
  note(room, "connect", socket, auth);
  if (str_is(socket->nsp, "/no")) {
    sio_socket_refuse(socket, STR("{\"message\":\"Invalid namespace\"}"));
  } else if (!str_is(socket->nsp, "/late")) {
    sio_socket_accept(socket, STR("mF8wBUSFRO8CtPc6AAAB"), STR_NONE);
  }
}

static void on_message(void *app, struct sio_socket *socket, const struct sio_message *message) {
  struct room *room = app;
  note(room, message->packet->event.at != NULL ? "event" : "ack", socket, message->packet->data);
  for (uint32_t i = 0; i < message->packet->attachments; i++) {
    buf_add_str(&room->heard, message->attachments[i]);
    buf_add_char(&room->heard, ';');
  }
  if (room->disconnect_at_message) {
    sio_socket_disconnect(socket);
  }
}

static void on_disconnect(void *app, struct sio_socket *socket, const char *reason) {
  note(app, "disconnect", socket, str_of(reason));
}

static void on_closed(void *app, struct sio_client *client, const char *reason) {
  (void)client;
  struct room *room = app;
  buf_add_text(&room->heard, "closed ");
  buf_add_text(&room->heard, reason);
  buf_add_char(&room->heard, ';');
}

static const struct sio_handler handler = {
    .connect = on_connect, .message = on_message, .disconnect = on_disconnect, .closed = on_closed};

static void out_is(struct room *room, const char *expected) {
  CLEANUP_BUF struct buf text;
  buf_init(&text, 1 << 20);
  while (room->ws.out.count > 0) {
    buf_add_str(&text, ws_frame_payload(ws_queue_peek(&room->ws.out)));
    buf_add_char(&text, ';');
    ws_queue_drop(&room->ws.out);
  }
  assert_int_equal(text.len, strlen(expected));
  assert_true(text.len == 0 || str_is(buf_str(&text), expected));
}

static void heard_is(struct room *room, const char *expected) {
  assert_int_equal(room->heard.len, strlen(expected));
  assert_true(room->heard.len == 0 || str_is(buf_str(&room->heard), expected));
  buf_clear(&room->heard);
}

static void open_room(struct room *room) {
  *room = (struct room){0};
  buf_init(&room->heard, 1 << 20);
  sio_client_init(&room->client, &sio, &handler, room, &room->session, 0);
  eio_session_init(&room->session, &eio, &sio_session_handler, &room->client, STR("sid"), &room->ws, 0);
  ws_queue_drop(&room->ws.out);
}

static void close_room(struct room *room) {
  sio_client_release(&room->client);
  eio_session_release(&room->session);
  ws_queue_release(&room->ws.out);
  buf_release(&room->heard);
}

static void say(struct room *room, const char *text) {
  assert_int_equal(room->ws.end, EIO_WS_OPEN);
  eio_session_ws_message(&room->session, &room->ws, WS_TEXT, str_of(text), MS);
}

static void say_bytes(struct room *room, struct str bytes) {
  assert_int_equal(room->ws.end, EIO_WS_OPEN);
  eio_session_ws_message(&room->session, &room->ws, WS_BINARY, bytes, MS);
}

#define ACCEPTED "40{\"sid\":\"mF8wBUSFRO8CtPc6AAAB\"};"
#define ACCEPTED_CUSTOM "40/custom,{\"sid\":\"mF8wBUSFRO8CtPc6AAAB\"};"

static void joined(struct room *room) {
  open_room(room);
  say(room, "40");
  out_is(room, ACCEPTED);
  heard_is(room, "connect / -;");
}

static void namespaces_are_joined_and_refused(void **state) {
  (void)state;
  struct room room;
  open_room(&room);
  say(&room, "40{\"token\":\"123\"}");
  heard_is(&room, "connect / {\"token\":\"123\"};");
  out_is(&room, ACCEPTED);
  say(&room, "40/custom,{\"token\":\"abc\"}");
  heard_is(&room, "connect /custom {\"token\":\"abc\"};");
  out_is(&room, ACCEPTED_CUSTOM);
  say(&room, "40/no,");
  heard_is(&room, "connect /no -;");
  out_is(&room, "44/no,{\"message\":\"Invalid namespace\"};");
  say(&room, "42/custom,[\"hello\",1]");
  heard_is(&room, "event /custom [\"hello\",1];");
  close_room(&room);
}

static void a_connect_may_be_answered_later(void **state) {
  (void)state;
  struct room room;
  open_room(&room);
  say(&room, "40/late,");
  out_is(&room, "");
  struct ws_frame *frame =
      sio_frame(&(struct sio_packet){.type = SIO_EVENT, .nsp = STR("/late"), .id = SIO_NO_ID});
  assert_false(sio_socket_send(room.last, &frame, 1)); /* not connected yet */
  ws_frame_unref(frame);
  sio_socket_accept(room.last, STR("later"), STR_NONE);
  out_is(&room, "40/late,{\"sid\":\"later\"};");
  say(&room, "42/late,[\"a\"]");
  heard_is(&room, "connect /late -;event /late [\"a\"];");
  close_room(&room);
}

static void a_pending_socket_hears_that_its_client_has_gone(void **state) {
  (void)state;
  struct room room;
  open_room(&room);
  say(&room, "40/late,");
  eio_session_ws_gone(&room.session, &room.ws);
  heard_is(&room, "connect /late -;disconnect /late transport close;closed transport close;");
  sio_socket_accept(room.last, STR("later"), STR_NONE); /* harmless */
  assert_int_equal(room.last->state, SIO_LEFT);
  close_room(&room);
}

static void who_joins_no_namespace_in_time_is_closed(void **state) {
  (void)state;
  struct room room;
  open_room(&room);
  assert_int_equal(sio_client_next(&room.client), 250 * MS);
  say(&room, "40/no,");
  say(&room, "40/late,"); /* asked for is not joined */
  sio_client_wake(&room.client, 250 * MS - 1);
  assert_int_equal(room.ws.end, EIO_WS_OPEN);
  sio_client_wake(&room.client, 250 * MS);
  assert_int_equal(room.ws.end, EIO_WS_END);
  heard_is(&room, "connect /no -;connect /late -;disconnect /late forced close;closed forced close;");
  close_room(&room);
  joined(&room);
  assert_int_equal(sio_client_next(&room.client), 300 * MS); /* the ping */
  sio_client_wake(&room.client, 260 * MS);
  assert_int_equal(room.ws.end, EIO_WS_OPEN);
  close_room(&room);
}

static void a_client_leaves_one_namespace_and_stays_in_the_other(void **state) {
  (void)state;
  struct room room;
  joined(&room);
  say(&room, "40/custom");
  say(&room, "41/custom");
  say(&room, "42[\"message\",\"message to main namespace\"]");
  heard_is(&room,
           "connect /custom -;disconnect /custom client namespace disconnect;"
           "event / [\"message\",\"message to main namespace\"];");
  say(&room, "40/custom,");
  heard_is(&room, "connect /custom -;");
  assert_int_equal(room.ws.end, EIO_WS_OPEN);
  close_room(&room);
}

static void acknowledgements_and_numbers_reach_the_handler(void **state) {
  (void)state;
  struct room room;
  joined(&room);
  say(&room, "42456[\"message-with-ack\",1,\"2\",{\"3\":[false]}]");
  say(&room, "4313[\"bar\"]");
  heard_is(&room, "event / [\"message-with-ack\",1,\"2\",{\"3\":[false]}];ack / [\"bar\"];");
  close_room(&room);
}

#define TWO "452-[\"message\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]"

static void a_packet_is_delivered_with_all_its_attachments(void **state) {
  (void)state;
  struct room room;
  joined(&room);
  say(&room, TWO);
  say_bytes(&room, STR("\1\2\3"));
  say(&room, "3"); /* Engine.IO's own packets may stand between */
  heard_is(&room, "");
  say(&room, "bBAUG"); /* [4, 5, 6] */
  heard_is(
      &room,
      "event / "
      "[\"message\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}];\1\2\3;\4\5\6;");
  say(&room, "42[\"next\"]");
  heard_is(&room, "event / [\"next\"];");
  close_room(&room);
}

static void lying_about_attachments_closes_the_session(void **state) {
  (void)state;
  struct room room;
  joined(&room);
  say(&room, TWO);
  say_bytes(&room, STR("x"));
  say(&room, "42[\"too early\"]");
  heard_is(&room, "disconnect / parse error;closed parse error;");
  assert_int_equal(room.ws.end, EIO_WS_END);
  close_room(&room);
  joined(&room);
  say_bytes(&room, STR("nobody asked"));
  heard_is(&room, "disconnect / parse error;closed parse error;");
  close_room(&room);
  joined(&room);
  say(&room, "4511-[\"too many\"]");
  heard_is(&room, "disconnect / parse error;closed parse error;");
  close_room(&room);
}

static void attachments_together_have_a_maximum(void **state) {
  (void)state;
  static char bytes[200];
  struct room room;
  joined(&room);
  say(&room, TWO);
  say_bytes(&room, (struct str){bytes, 100});
  say_bytes(&room, (struct str){bytes, 100});
  heard_is(&room, "disconnect / parse error;closed parse error;");
  close_room(&room);
}

static void an_end_amid_attachments_leaves_nothing(void **state) {
  (void)state;
  struct room room;
  joined(&room);
  say(&room, TWO);
  say_bytes(&room, STR("x"));
  eio_session_ws_gone(&room.session, &room.ws);
  assert_null(room.client.partial);
  heard_is(&room, "disconnect / transport close;closed transport close;");
  close_room(&room);
  joined(&room);
  say(&room, TWO);
  close_room(&room);
}

static void garbage_closes_the_session(void **state) {
  (void)state;
  static const char *const bad[] = {"4abc",
                                    "4",
                                    "42{}",
                                    "42abc[\"a\"]",
                                    "42/custom,[\"not joined\"]",
                                    "40",
                                    "44{\"message\":\"x\"}",
                                    "41/other",
                                    "43/other,1[]",
                                    "40[]"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    struct room room;
    joined(&room);
    say(&room, bad[i]);
    if (room.ws.end != EIO_WS_END) {
      fail_msg("taken: %s", bad[i]);
    }
    heard_is(&room, "disconnect / parse error;closed parse error;");
    close_room(&room);
  }
}

static void events_before_a_connect_is_answered_close_the_session(void **state) {
  (void)state;
  struct room room;
  open_room(&room);
  say(&room, "40/late,");
  say(&room, "42/late,[\"a\"]");
  heard_is(&room, "connect /late -;disconnect /late parse error;closed parse error;");
  close_room(&room);
}

static void a_pending_connect_may_be_taken_back(void **state) {
  (void)state;
  struct room room;
  open_room(&room);
  say(&room, "40/late,");
  say(&room, "41/late,");
  heard_is(&room, "connect /late -;disconnect /late client namespace disconnect;");
  assert_null(room.client.sockets);
  close_room(&room);
}

static void what_crosses_the_servers_disconnect_is_passed_over(void **state) {
  (void)state;
  struct room room;
  joined(&room);
  sio_socket_disconnect(room.last);
  sio_socket_disconnect(room.last);
  out_is(&room, "41;");
  say(&room, "42[\"under way\"]");
  say(&room, "431[]");
  heard_is(&room, "");
  say(&room, "40"); /* it may come back */
  out_is(&room, ACCEPTED);
  say(&room, "42[\"again\"]");
  heard_is(&room, "connect / -;event / [\"again\"];");
  room.disconnect_at_message = true;
  say(&room, "42[\"bye\"]");
  say(&room, "41");
  heard_is(&room, "event / [\"bye\"];");
  assert_null(room.client.sockets);
  close_room(&room);
}

static void a_client_has_only_so_many_namespaces(void **state) {
  (void)state;
  struct room room;
  open_room(&room);
  say(&room, "40/a");
  say(&room, "40/b");
  say(&room, "40/c");
  say(&room, "40/late");
  out_is(&room,
         "40/a,{\"sid\":\"mF8wBUSFRO8CtPc6AAAB\"};40/b,{\"sid\":\"mF8wBUSFRO8CtPc6AAAB\"};"
         "40/c,{\"sid\":\"mF8wBUSFRO8CtPc6AAAB\"};");
  buf_clear(&room.heard);
  say(&room, "40/e");
  out_is(&room, "44/e,{\"message\":\"Too many namespaces\"};");
  heard_is(&room, "");
  say(&room, "41/a");
  say(&room, "40/e");
  out_is(&room, "40/e,{\"sid\":\"mF8wBUSFRO8CtPc6AAAB\"};");
  close_room(&room);
}

static void one_encoded_event_goes_to_many(void **state) {
  (void)state;
  enum { ROOMS = 100 };
  struct room *rooms = calloc(ROOMS, sizeof(*rooms));
  struct ws_frame *frame = sio_frame(
      &(struct sio_packet){.type = SIO_EVENT, .nsp = STR("/"), .id = SIO_NO_ID, .data = STR("[\"all\"]")});
  for (int i = 0; i < ROOMS; i++) {
    joined(&rooms[i]);
    assert_true(sio_socket_send(rooms[i].last, &frame, 1));
  }
  assert_int_equal(frame->references, ROOMS + 1);
  for (int i = 0; i < ROOMS; i++) {
    assert_ptr_equal(ws_queue_peek(&rooms[i].ws.out), frame);
    out_is(&rooms[i], "42[\"all\"];");
    close_room(&rooms[i]);
  }
  assert_int_equal(frame->references, 1);
  ws_frame_unref(frame);
  free(rooms);
}

static void a_refusal_that_overflows_the_queue_is_survived(void **state) {
  (void)state;
  struct room room;
  open_room(&room);
  for (int i = 0; i < 50; i++) {
    say(&room, "40/no");
  }
  buf_clear(&room.heard);
  say(&room, "40/no");
  heard_is(&room, "connect /no -;closed transport error;");
  assert_int_equal(room.ws.end, EIO_WS_CUT);
  assert_null(room.client.sockets);
  close_room(&room);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(namespaces_are_joined_and_refused),
      cmocka_unit_test(a_connect_may_be_answered_later),
      cmocka_unit_test(a_pending_socket_hears_that_its_client_has_gone),
      cmocka_unit_test(who_joins_no_namespace_in_time_is_closed),
      cmocka_unit_test(a_client_leaves_one_namespace_and_stays_in_the_other),
      cmocka_unit_test(acknowledgements_and_numbers_reach_the_handler),
      cmocka_unit_test(a_packet_is_delivered_with_all_its_attachments),
      cmocka_unit_test(lying_about_attachments_closes_the_session),
      cmocka_unit_test(attachments_together_have_a_maximum),
      cmocka_unit_test(an_end_amid_attachments_leaves_nothing),
      cmocka_unit_test(garbage_closes_the_session),
      cmocka_unit_test(events_before_a_connect_is_answered_close_the_session),
      cmocka_unit_test(a_pending_connect_may_be_taken_back),
      cmocka_unit_test(what_crosses_the_servers_disconnect_is_passed_over),
      cmocka_unit_test(a_client_has_only_so_many_namespaces),
      cmocka_unit_test(one_encoded_event_goes_to_many),
      cmocka_unit_test(a_refusal_that_overflows_the_queue_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
