#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/eio_session.h"

#define MS INT64_C(1000000)
#define START (INT64_C(77) * MS)

static const struct eio_config config = {
    .ping_interval_ns = 300 * MS,
    .ping_timeout_ns = 200 * MS,
    .upgrade_timeout_ns = 1000 * MS,
    .close_timeout_ns = 3000 * MS,
    .max_payload = 1000,
    .queue = {.bytes_max = 4000, .frames_max = 20},
};

/* A session and what its handler was told, as "hello;<bytes>;closed ping timeout;". */
struct room {
  struct eio_session session;
  struct eio_ws ws;
  struct eio_ws probe;
  struct buf heard;
  bool close_at_first;
  bool echo;
};

static void on_message(void *app, struct eio_session *session, bool binary, struct str data, int64_t now_ns) {
  struct room *room = app;
  buf_add_str(&room->heard, data);
  buf_add_text(&room->heard, binary ? "(binary);" : ";");
  if (room->close_at_first) {
    eio_session_close(session, now_ns);
  }
  if (room->echo) {
    struct ws_frame *frame = binary ? eio_frame_binary(data) : eio_frame_text(EIO_MESSAGE, data);
    eio_session_send(session, &frame, 1);
    ws_frame_unref(frame);
  }
}

static void on_closed(void *app, struct eio_session *session, enum eio_reason reason) {
  struct room *room = app;
  assert_int_equal(session->reason, reason);
  buf_add_text(&room->heard, "closed ");
  buf_add_text(&room->heard, eio_reason_text(reason));
  buf_add_char(&room->heard, ';');
}

static const struct eio_handler handler = {.message = on_message, .closed = on_closed};

static void open_room(struct room *room, bool websocket) {
  *room = (struct room){0};
  buf_init(&room->heard, 1 << 20);
  eio_session_init(&room->session, &config, &handler, room, STR("lv_VI97HAXpY6yYWAAAC"),
                   websocket ? &room->ws : NULL, START);
}

static void close_room(struct room *room) {
  eio_session_release(&room->session);
  ws_queue_release(&room->ws.out);
  ws_queue_release(&room->probe.out);
  buf_release(&room->heard);
}

static void assert_text(struct str text, const char *expected) {
  assert_int_equal(text.len, strlen(expected));
  assert_memory_equal(text.at, expected, text.len);
}

static void heard_is(const struct room *room, const char *expected) {
  assert_text(buf_str(&room->heard), expected);
}

/* The held poll's answer; "-" where it is not due. */
static void poll_is(struct room *room, const char *expected) {
  CLEANUP_BUF struct buf payload;
  buf_init(&payload, 1 << 20);
  if (eio_session_poll_due(&room->session)) {
    eio_session_poll_take(&room->session, &payload);
  } else {
    buf_add_char(&payload, '-');
  }
  assert_text(buf_str(&payload), expected);
}

/* What waits in a WebSocket's queue, each frame's payload with a ";". */
static void out_is(struct eio_ws *ws, const char *expected) {
  CLEANUP_BUF struct buf text;
  buf_init(&text, 1 << 20);
  while (ws->out.count > 0) {
    buf_add_str(&text, ws_frame_payload(ws_queue_peek(&ws->out)));
    buf_add_char(&text, ';');
    ws_queue_drop(&ws->out);
  }
  assert_text(buf_str(&text), expected);
}

static bool send_text(struct room *room, const char *text) {
  struct ws_frame *frame = eio_frame_text(EIO_MESSAGE, str_of(text));
  bool sent = eio_session_send(&room->session, &frame, 1);
  ws_frame_unref(frame);
  return sent;
}

static bool post(struct room *room, const char *body) {
  return eio_session_post(&room->session, str_of(body), START + MS);
}

static void say(struct room *room, struct eio_ws *ws, const char *text) {
  assert_int_equal(ws->end, EIO_WS_OPEN);
  eio_session_ws_message(&room->session, ws, WS_TEXT, str_of(text), START + MS);
}

#define OPEN(upgrades)                                         \
  "0{\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"upgrades\":[" upgrades \
  "],\"pingInterval\":300,\"pingTimeout\":200,"                \
  "\"maxPayload\":1000}"

/* ---- the handshake ---- */

static void the_handshake_has_the_five_keys_of_the_protocol(void **state) {
  (void)state;
  struct room room;
  open_room(&room, false);
  poll_is(&room, OPEN("\"websocket\""));
  close_room(&room);
  open_room(&room, true);
  out_is(&room.ws, OPEN("") ";");
  close_room(&room);
}

/* ---- polling ---- */

static void a_poll_is_held_until_there_is_something(void **state) {
  (void)state;
  struct room room;
  open_room(&room, false);
  poll_is(&room, OPEN("\"websocket\""));
  assert_true(eio_session_poll(&room.session));
  poll_is(&room, "-");
  assert_true(send_text(&room, "a"));
  assert_true(send_text(&room, "b"));
  poll_is(&room,
          "4a\x1e"
          "4b");
  assert_true(send_text(&room, "c"));
  poll_is(&room, "-");
  assert_true(eio_session_poll(&room.session));
  poll_is(&room, "4c");
  close_room(&room);
}

static void a_payload_of_several_packets_arrives_in_order(void **state) {
  (void)state;
  struct room room;
  open_room(&room, false);
  room.echo = true;
  poll_is(&room, OPEN("\"websocket\""));
  assert_true(post(&room,
                   "4test1\x1e"
                   "4test2\x1e"
                   "6\x1e"
                   "bAQIDBA==\x1e"
                   "4test3"));
  heard_is(&room, "test1;test2;\1\2\3\4(binary);test3;");
  assert_true(eio_session_poll(&room.session));
  poll_is(&room,
          "4test1\x1e"
          "4test2\x1e"
          "bAQIDBA==\x1e"
          "4test3");
  close_room(&room);
}

static void an_answer_to_a_poll_has_a_maximum_and_leaves_the_rest_to_the_next(void **state) {
  (void)state;
  struct room room;
  open_room(&room, false);
  poll_is(&room, OPEN("\"websocket\""));
  char text[601];
  memset(text, 'x', 600);
  text[600] = '\0';
  assert_true(send_text(&room, text));
  assert_true(send_text(&room, text));
  assert_true(send_text(&room, "end"));
  for (int i = 0; i < 2; i++) {
    CLEANUP_BUF struct buf payload;
    buf_init(&payload, 4000);
    assert_true(eio_session_poll(&room.session));
    assert_true(eio_session_poll_due(&room.session));
    eio_session_poll_take(&room.session, &payload);
    assert_int_equal(payload.len, i == 0 ? 601 : 606);
  }
  assert_true(eio_session_poll(&room.session));
  poll_is(&room, "-");
  close_room(&room);
}

static void a_packet_longer_than_an_answer_still_goes_out(void **state) {
  (void)state;
  struct room room;
  open_room(&room, false);
  poll_is(&room, OPEN("\"websocket\""));
  static char text[3001];
  memset(text, 'x', 3000);
  assert_true(send_text(&room, text));
  assert_true(eio_session_poll(&room.session));
  CLEANUP_BUF struct buf payload;
  buf_init(&payload, 4000);
  eio_session_poll_take(&room.session, &payload);
  assert_int_equal(payload.len, 3001);
  close_room(&room);
}

static void two_polls_at_once_close_the_session(void **state) {
  (void)state;
  struct room room;
  open_room(&room, false);
  poll_is(&room, OPEN("\"websocket\""));
  assert_true(eio_session_poll(&room.session));
  assert_false(eio_session_poll(&room.session));
  heard_is(&room, "closed transport error;");
  assert_false(eio_session_done(&room.session));
  poll_is(&room, "1"); /* the first one learns of it */
  assert_true(eio_session_done(&room.session));
  assert_false(eio_session_poll(&room.session));
  close_room(&room);
}

static void a_poll_that_breaks_off_closes_the_session(void **state) {
  (void)state;
  struct room room;
  open_room(&room, false);
  poll_is(&room, OPEN("\"websocket\""));
  eio_session_poll_gone(&room.session); /* none is held */
  heard_is(&room, "");
  assert_true(eio_session_poll(&room.session));
  eio_session_poll_gone(&room.session);
  heard_is(&room, "closed transport error;");
  assert_true(eio_session_done(&room.session));
  close_room(&room);
}

static void garbage_in_a_post_closes_the_session(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    "abc",
                                    "4a\x1e",
                                    "4a\x1e\x1e"
                                    "4b",
                                    "b!",
                                    "4\xff",
                                    "4\xed\xa0\x80",
                                    "0{}",
                                    "5"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    struct room room;
    open_room(&room, false);
    poll_is(&room, OPEN("\"websocket\""));
    assert_false(post(&room, bad[i]));
    assert_true(str_ends(buf_str(&room.heard), "closed parse error;"));
    assert_true(eio_session_done(&room.session));
    assert_false(post(&room, "4a"));
    assert_false(eio_session_poll(&room.session));
    close_room(&room);
  }
}

static void a_post_over_the_maximum_closes_the_session(void **state) {
  (void)state;
  struct room room;
  open_room(&room, false);
  static char body[1002];
  memset(body, '4', 1001);
  assert_false(post(&room, body));
  heard_is(&room, "closed parse error;");
  poll_is(&room, "1"); /* the handshake's own poll was still held */
  close_room(&room);
}

static void a_ping_from_the_client_is_refused(void **state) {
  (void)state;
  struct room room;
  open_room(&room, false);
  assert_false(post(&room, "2"));
  heard_is(&room, "closed transport error;");
  close_room(&room);
  open_room(&room, true);
  say(&room, &room.ws, "2");
  heard_is(&room, "closed transport error;");
  assert_int_equal(room.ws.end, EIO_WS_END);
  close_room(&room);
}

/* ---- heartbeats ---- */

static void a_ping_goes_out_after_the_interval_to_the_nanosecond(void **state) {
  (void)state;
  struct room room;
  open_room(&room, true);
  out_is(&room.ws, OPEN("") ";");
  assert_int_equal(eio_session_next(&room.session), START + 300 * MS);
  eio_session_wake(&room.session, START + 300 * MS - 1);
  out_is(&room.ws, "");
  eio_session_wake(&room.session, START + 300 * MS);
  out_is(&room.ws, "2;");
  assert_int_equal(eio_session_next(&room.session), START + 500 * MS);
  eio_session_ws_message(&room.session, &room.ws, WS_TEXT, STR("3"), START + 310 * MS);
  assert_int_equal(eio_session_next(&room.session), START + 610 * MS);
  eio_session_ws_message(&room.session, &room.ws, WS_TEXT, STR("3"), START + 320 * MS); /* nobody asked */
  assert_int_equal(eio_session_next(&room.session), START + 610 * MS);
  eio_session_wake(&room.session, START + 610 * MS);
  out_is(&room.ws, "2;");
  heard_is(&room, "");
  close_room(&room);
}

static void a_pong_that_stays_away_closes_the_session(void **state) {
  (void)state;
  for (int websocket = 0; websocket < 2; websocket++) {
    struct room room;
    open_room(&room, websocket != 0);
    if (!websocket) {
      poll_is(&room, OPEN("\"websocket\""));
      assert_true(eio_session_poll(&room.session));
    }
    eio_session_wake(&room.session, START + 300 * MS);
    if (!websocket) {
      poll_is(&room, "2");
    }
    eio_session_wake(&room.session, START + 500 * MS - 1);
    heard_is(&room, "");
    eio_session_wake(&room.session, START + 500 * MS);
    heard_is(&room, "closed ping timeout;");
    assert_true(eio_session_done(&room.session));
    assert_int_equal(eio_session_next(&room.session), INT64_MAX);
    assert_int_equal(room.ws.end, websocket ? EIO_WS_END : EIO_WS_OPEN);
    close_room(&room);
  }
}

static void messages_are_no_pong(void **state) {
  (void)state;
  struct room room;
  open_room(&room, true);
  eio_session_wake(&room.session, START + 300 * MS);
  eio_session_ws_message(&room.session, &room.ws, WS_TEXT, STR("4a"), START + 400 * MS);
  eio_session_wake(&room.session, START + 500 * MS);
  heard_is(&room, "a;closed ping timeout;");
  close_room(&room);
}

/* ---- the end ---- */

static void a_client_that_closes_has_its_poll_let_go(void **state) {
  (void)state;
  struct room room;
  open_room(&room, false);
  poll_is(&room, OPEN("\"websocket\""));
  assert_true(eio_session_poll(&room.session));
  assert_true(post(&room,
                   "4a\x1e"
                   "1\x1e"
                   "4b"));
  heard_is(&room, "a;closed transport close;"); /* nothing after the close */
  poll_is(&room, "6");
  assert_true(eio_session_done(&room.session));
  close_room(&room);
  /* The poll may come after the close, on a connection of its own. */
  open_room(&room, false);
  poll_is(&room, OPEN("\"websocket\""));
  assert_true(post(&room, "1"));
  assert_true(eio_session_poll(&room.session));
  poll_is(&room, "6");
  assert_true(eio_session_done(&room.session));
  assert_false(eio_session_poll(&room.session));
  close_room(&room);
}

static void the_servers_close_reaches_the_next_poll_behind_all_that_was_queued(void **state) {
  (void)state;
  struct room room;
  open_room(&room, false);
  poll_is(&room, OPEN("\"websocket\""));
  assert_true(send_text(&room, "last"));
  eio_session_close(&room.session, START + 10 * MS);
  heard_is(&room, "closed forced close;");
  assert_false(send_text(&room, "late"));
  assert_false(post(&room, "4a"));
  assert_false(eio_session_done(&room.session));
  assert_int_equal(eio_session_next(&room.session), START + 3010 * MS);
  assert_true(eio_session_poll(&room.session));
  poll_is(&room,
          "4last\x1e"
          "1");
  assert_true(eio_session_done(&room.session));
  heard_is(&room, "closed forced close;");
  close_room(&room);
}

static void a_closed_session_waits_for_its_client_only_so_long(void **state) {
  (void)state;
  struct room room;
  open_room(&room, false);
  poll_is(&room, OPEN("\"websocket\""));
  assert_true(send_text(&room, "last"));
  eio_session_close(&room.session, START);
  eio_session_wake(&room.session, START + 3000 * MS - 1);
  assert_false(eio_session_done(&room.session));
  eio_session_wake(&room.session, START + 3000 * MS);
  assert_true(eio_session_done(&room.session));
  assert_false(eio_session_poll(&room.session));
  assert_int_equal(eio_session_next(&room.session), INT64_MAX);
  close_room(&room);
}

static void a_websocket_is_ended_behind_what_is_queued(void **state) {
  (void)state;
  struct room room;
  open_room(&room, true);
  out_is(&room.ws, OPEN("") ";");
  assert_true(send_text(&room, "last"));
  eio_session_close(&room.session, START);
  assert_true(eio_session_done(&room.session));
  assert_int_equal(room.ws.end, EIO_WS_END);
  assert_null(room.ws.session);
  out_is(&room.ws, "4last;");
  close_room(&room);
}

static void a_client_ends_its_websocket_with_a_packet_or_by_going(void **state) {
  (void)state;
  struct room room;
  open_room(&room, true);
  say(&room, &room.ws, "1");
  heard_is(&room, "closed transport close;");
  assert_int_equal(room.ws.end, EIO_WS_END);
  close_room(&room);
  open_room(&room, true);
  eio_session_ws_gone(&room.session, &room.ws);
  heard_is(&room, "closed transport close;");
  assert_true(eio_session_done(&room.session));
  close_room(&room);
}

static void garbage_on_a_websocket_closes_the_session(void **state) {
  (void)state;
  static const char *const bad[] = {"", "abc", "0", "5", "b!"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    struct room room;
    open_room(&room, true);
    say(&room, &room.ws, bad[i]);
    heard_is(&room, "closed parse error;");
    assert_int_equal(room.ws.end, EIO_WS_END);
    close_room(&room);
  }
}

static void a_message_handler_may_close_the_session(void **state) {
  (void)state;
  struct room room;
  open_room(&room, false);
  room.close_at_first = true;
  poll_is(&room, OPEN("\"websocket\""));
  assert_true(post(&room,
                   "4a\x1e"
                   "4b"));
  heard_is(&room, "a;closed forced close;");
  assert_true(eio_session_poll(&room.session));
  poll_is(&room, "1");
  close_room(&room);
}

static void who_reads_too_slowly_is_disconnected(void **state) {
  (void)state;
  for (int websocket = 0; websocket < 2; websocket++) {
    struct room room;
    open_room(&room, websocket != 0);
    int sent = 0;
    while (send_text(&room, "x")) {
      sent++;
    }
    assert_int_equal(sent, 19); /* and the handshake's packet makes 20 */
    heard_is(&room, "closed transport error;");
    assert_int_equal(room.session.reason, EIO_OVERFLOW);
    assert_int_equal(room.ws.end, websocket ? EIO_WS_CUT : EIO_WS_OPEN);
    assert_int_equal(room.session.queue.count, 0);
    close_room(&room);
  }
}

static void frames_of_one_packet_are_never_parted(void **state) {
  (void)state;
  struct room room;
  open_room(&room, true);
  out_is(&room.ws, OPEN("") ";");
  struct ws_frame *frames[] = {
      eio_frame_text(EIO_MESSAGE, STR("51-[\"e\",{\"_placeholder\":true,\"num\":0}]")),
      eio_frame_binary(STR("\1\2"))};
  assert_true(eio_session_send(&room.session, frames, 2));
  out_is(&room.ws, "451-[\"e\",{\"_placeholder\":true,\"num\":0}];\1\2;");
  for (int i = 0; i < 19; i++) {
    assert_true(send_text(&room, "x"));
  }
  assert_false(eio_session_send(&room.session, frames, 2)); /* one would have fitted */
  assert_int_equal(room.ws.out.count, 19);
  ws_frame_unref(frames[0]);
  ws_frame_unref(frames[1]);
  close_room(&room);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_handshake_has_the_five_keys_of_the_protocol),
      cmocka_unit_test(a_poll_is_held_until_there_is_something),
      cmocka_unit_test(a_payload_of_several_packets_arrives_in_order),
      cmocka_unit_test(an_answer_to_a_poll_has_a_maximum_and_leaves_the_rest_to_the_next),
      cmocka_unit_test(a_packet_longer_than_an_answer_still_goes_out),
      cmocka_unit_test(two_polls_at_once_close_the_session),
      cmocka_unit_test(a_poll_that_breaks_off_closes_the_session),
      cmocka_unit_test(garbage_in_a_post_closes_the_session),
      cmocka_unit_test(a_post_over_the_maximum_closes_the_session),
      cmocka_unit_test(a_ping_from_the_client_is_refused),
      cmocka_unit_test(a_ping_goes_out_after_the_interval_to_the_nanosecond),
      cmocka_unit_test(a_pong_that_stays_away_closes_the_session),
      cmocka_unit_test(messages_are_no_pong),
      cmocka_unit_test(a_client_that_closes_has_its_poll_let_go),
      cmocka_unit_test(the_servers_close_reaches_the_next_poll_behind_all_that_was_queued),
      cmocka_unit_test(a_closed_session_waits_for_its_client_only_so_long),
      cmocka_unit_test(a_websocket_is_ended_behind_what_is_queued),
      cmocka_unit_test(a_client_ends_its_websocket_with_a_packet_or_by_going),
      cmocka_unit_test(garbage_on_a_websocket_closes_the_session),
      cmocka_unit_test(a_message_handler_may_close_the_session),
      cmocka_unit_test(who_reads_too_slowly_is_disconnected),
      cmocka_unit_test(frames_of_one_packet_are_never_parted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
