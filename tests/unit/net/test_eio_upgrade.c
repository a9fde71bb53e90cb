#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/eio_session.h"

/* The upgrade: single steps first, then thousands of histories in which a client like the reference's, a
 * network that keeps nothing but the order of each connection, and a server that sends meanwhile take steps
 * in any order. */

#define MS INT64_C(1000000)

static const struct eio_config config = {
    .ping_interval_ns = 300 * MS,
    .ping_timeout_ns = 200000 * MS,
    .upgrade_timeout_ns = 1000 * MS,
    .close_timeout_ns = 3000 * MS,
    .max_payload = 1000,
    .queue = {.bytes_max = 100000, .frames_max = 1000},
};

/* ---- single steps ---- */

struct room {
  struct eio_session session;
  struct eio_ws first;
  struct eio_ws second;
  int messages;
  enum eio_reason closed;
};

static void count_message(void *app, struct eio_session *session, bool binary, struct str data,
                          int64_t now_ns) {
  (void)session;
  (void)binary;
  (void)data;
  (void)now_ns;
  ((struct room *)app)->messages++;
}

static void note_closed(void *app, struct eio_session *session, enum eio_reason reason) {
  (void)session;
  ((struct room *)app)->closed = reason;
}

static const struct eio_handler counting = {.message = count_message, .closed = note_closed};

/* A polling session past its handshake. */
static void open_room(struct room *room) {
  *room = (struct room){0};
  eio_session_init(&room->session, &config, &counting, room, STR("sid"), NULL, 0);
  CLEANUP_BUF struct buf payload;
  buf_init(&payload, 1000);
  eio_session_poll_take(&room->session, &payload);
}

static void close_room(struct room *room) {
  eio_session_release(&room->session);
  ws_queue_release(&room->first.out);
  ws_queue_release(&room->second.out);
}

static void say(struct room *room, struct eio_ws *ws, const char *text) {
  eio_session_ws_message(&room->session, ws, WS_TEXT, str_of(text), MS);
}

static void next_out_is(struct eio_ws *ws, const char *text) {
  assert_int_equal(ws->out.count > 0, text != NULL);
  if (text != NULL) {
    assert_true(str_is(ws_frame_payload(ws_queue_peek(&ws->out)), text));
    ws_queue_drop(&ws->out);
  }
}

static void poll_is(struct room *room, const char *text) {
  assert_int_equal(eio_session_poll_due(&room->session), text != NULL);
  if (text != NULL) {
    CLEANUP_BUF struct buf payload;
    buf_init(&payload, 1000);
    eio_session_poll_take(&room->session, &payload);
    assert_true(str_is(buf_str(&payload), text));
  }
}

static void send_text(struct room *room, const char *text) {
  struct ws_frame *frame = eio_frame_text(EIO_MESSAGE, str_of(text));
  assert_true(eio_session_send(&room->session, &frame, 1));
  ws_frame_unref(frame);
}

static void the_upgrade_goes_as_the_protocol_says(void **state) {
  (void)state;
  struct room room;
  open_room(&room);
  assert_true(eio_session_poll(&room.session));
  assert_true(eio_session_probe(&room.session, &room.first, 0));
  poll_is(&room, NULL);
  say(&room, &room.first, "2probe");
  next_out_is(&room.first, "3probe");
  poll_is(&room, "6"); /* the poll is let go */
  send_text(&room, "between");
  next_out_is(&room.first, NULL); /* not before the client says so */
  say(&room, &room.first, "5");
  next_out_is(&room.first, "4between");
  send_text(&room, "after");
  next_out_is(&room.first, "4after");
  say(&room, &room.first, "4hello");
  assert_int_equal(room.messages, 1);
  assert_false(eio_session_poll(&room.session)); /* requests with this sid are refused from now on */
  assert_false(eio_session_post(&room.session, STR("4a"), MS));
  assert_false(eio_session_probe(&room.session, &room.second, MS));
  assert_int_equal(room.messages, 1);
  assert_int_equal(room.closed, EIO_OPEN_STILL);
  close_room(&room);
}

static void a_poll_while_the_probe_is_answered_ends_at_once_with_what_there_is(void **state) {
  (void)state;
  struct room room;
  open_room(&room);
  assert_true(eio_session_probe(&room.session, &room.first, 0));
  say(&room, &room.first, "2probe");
  assert_true(eio_session_poll(&room.session));
  poll_is(&room, "6");
  send_text(&room, "a");
  assert_true(eio_session_poll(&room.session));
  poll_is(&room, "4a");
  close_room(&room);
}

static void a_poll_still_held_at_the_upgrade_is_let_go_without_a_message(void **state) {
  (void)state;
  struct room room;
  open_room(&room);
  assert_true(eio_session_probe(&room.session, &room.first, 0));
  say(&room, &room.first, "2probe");
  assert_true(eio_session_poll(&room.session));
  say(&room, &room.first, "5");
  send_text(&room, "a");
  poll_is(&room, "6");
  next_out_is(&room.first, "3probe");
  next_out_is(&room.first, "4a");
  close_room(&room);
}

static void a_poll_held_at_the_upgrade_ends_with_the_session(void **state) {
  (void)state;
  struct room room;
  open_room(&room);
  assert_true(eio_session_poll(&room.session));
  assert_true(eio_session_probe(&room.session, &room.first, 0));
  say(&room, &room.first, "2probe");
  say(&room, &room.first, "5");
  say(&room, &room.first, "1");
  assert_int_equal(room.closed, EIO_TRANSPORT_CLOSE);
  poll_is(&room, "6");
  assert_true(eio_session_done(&room.session));
  close_room(&room);
}

static void only_one_probe_at_a_time(void **state) {
  (void)state;
  struct room room;
  open_room(&room);
  assert_true(eio_session_probe(&room.session, &room.first, 0));
  assert_false(eio_session_probe(&room.session, &room.second, 0));
  eio_session_ws_gone(&room.session, &room.first);
  assert_true(eio_session_probe(&room.session, &room.second, 0));
  assert_int_equal(room.closed, EIO_OPEN_STILL);
  close_room(&room);
}

static void a_wrong_word_ends_the_probe_and_not_the_session(void **state) {
  (void)state;
  static const char *const words[] = {"5", "2", "2prob", "4hello", "abc", "", "1", "3probe"};
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    struct room room;
    open_room(&room);
    assert_true(eio_session_probe(&room.session, &room.first, 0));
    say(&room, &room.first, words[i]);
    assert_int_equal(room.first.end, EIO_WS_END);
    assert_null(room.first.session);
    assert_int_equal(room.closed, EIO_OPEN_STILL);
    assert_int_equal(room.messages, 0);
    assert_true(eio_session_poll(&room.session));
    poll_is(&room, NULL);
    send_text(&room, "still");
    poll_is(&room, "4still");
    close_room(&room);
  }
}

static void an_upgrade_that_is_not_completed_is_dropped_in_time(void **state) {
  (void)state;
  for (int probed = 0; probed < 2; probed++) {
    struct room room;
    open_room(&room);
    assert_true(eio_session_probe(&room.session, &room.first, 100 * MS));
    if (probed) {
      say(&room, &room.first, "2probe");
    }
    eio_session_wake(&room.session, 1100 * MS - 1);
    assert_int_equal(room.first.end, EIO_WS_OPEN);
    eio_session_wake(&room.session, 1100 * MS);
    assert_int_equal(room.first.end, EIO_WS_END);
    assert_int_equal(room.closed, EIO_OPEN_STILL);
    assert_true(eio_session_poll(&room.session));
    poll_is(&room, "2"); /* the ping that was due meanwhile */
    assert_true(eio_session_poll(&room.session));
    poll_is(&room, NULL); /* polls are held again */
    close_room(&room);
  }
}

static void closing_the_session_ends_its_probe(void **state) {
  (void)state;
  struct room room;
  open_room(&room);
  assert_true(eio_session_probe(&room.session, &room.first, 0));
  eio_session_close(&room.session, MS);
  assert_int_equal(room.first.end, EIO_WS_END);
  assert_true(eio_session_poll(&room.session));
  poll_is(&room, "1");
  close_room(&room);
}

/* The answer to a probe and a close may cross each other: the client polls no more, and would not hear of the
 * close by the probe's end, which tells it only that the upgrade failed. */
static void close_after_the_probe_was_answered(struct room *room) {
  open_room(room);
  assert_true(eio_session_poll(&room->session));
  assert_true(eio_session_probe(&room->session, &room->first, 0));
  say(room, &room->first, "2probe");
  poll_is(room, "6");
  send_text(room, "last words");
  eio_session_close(&room->session, MS);
  assert_int_equal(room->closed, EIO_FORCED_CLOSE);
  assert_int_equal(room->first.end, EIO_WS_OPEN);
  assert_false(eio_session_done(&room->session));
}

static void a_close_while_the_client_goes_over_is_told_on_the_websocket(void **state) {
  (void)state;
  struct room room;
  close_after_the_probe_was_answered(&room);
  say(&room, &room.first, "5");
  next_out_is(&room.first, "3probe");
  next_out_is(&room.first, "4last words");
  assert_int_equal(room.first.end, EIO_WS_END);
  assert_true(eio_session_done(&room.session));
  close_room(&room);
}

static void a_close_while_a_probe_is_answered_is_told_to_the_next_poll(void **state) {
  (void)state;
  struct room room;
  close_after_the_probe_was_answered(&room);
  assert_true(eio_session_poll(&room.session));
  poll_is(&room,
          "4last words\x1e"
          "1");
  assert_int_equal(room.first.end, EIO_WS_END);
  assert_true(eio_session_done(&room.session));
  close_room(&room);
}

static void a_close_that_a_client_never_hears_is_over_in_time(void **state) {
  (void)state;
  struct room room;
  close_after_the_probe_was_answered(&room);
  int64_t until_ns = MS + config.close_timeout_ns;
  /* The upgrade's own deadline comes first and leaves the poll. */
  assert_true(eio_session_next(&room.session) < until_ns);
  eio_session_wake(&room.session, until_ns - 1);
  assert_int_equal(room.first.end, EIO_WS_END);
  assert_false(eio_session_done(&room.session));
  eio_session_wake(&room.session, until_ns);
  assert_true(eio_session_done(&room.session));
  close_room(&room);
}

/* ---- histories ---- */

enum { WORDS_MAX = 4000, WORD_SIZE = 1100, TO_SEND = 60 };

/* What travels on one connection in one direction: texts in order. */
struct wire {
  char *texts[WORDS_MAX];
  int first;
  int end;
};

struct history {
  uint64_t dice;
  struct eio_session session;
  struct eio_ws *ws; /* what the client has connected; on the heap, as several may come */
  int64_t now_ns;
  /* the network */
  struct wire get, get_answer, post, post_answer, up, down;
  /* the client */
  bool polling, probing, pausing, getting, posting;
  int written;  /* messages that its application has sent */
  int flushed;  /* of those, what was given to a transport */
  int received; /* messages of the server, in order */
  bool pong_due;
  /* the server */
  int sent;
  int heard; /* messages of the client, in order */
  int upgrades;
};

static uint32_t roll(struct history *history, uint32_t sides) {
  history->dice = history->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(history->dice >> 33) % sides;
}

static void put(struct wire *wire, struct str text) {
  assert_true(wire->end < WORDS_MAX);
  char *copy = malloc(text.len + 1);
  memcpy(copy, text.at, text.len);
  copy[text.len] = '\0';
  wire->texts[wire->end++] = copy;
}

/* The next text, which the caller frees; NULL where nothing is on its way. */
static char *take(struct wire *wire) {
  return wire->first < wire->end ? wire->texts[wire->first++] : NULL;
}

static void clear(struct wire *wire) {
  char *text;
  while ((text = take(wire)) != NULL) {
    free(text);
  }
}

static void server_heard(void *app, struct eio_session *session, bool binary, struct str data,
                         int64_t now_ns) {
  (void)session;
  (void)now_ns;
  struct history *history = app;
  char expected[16];
  snprintf(expected, sizeof(expected), "c%d", history->heard);
  assert_false(binary);
  assert_true(str_is(data, expected)); /* nothing lost, repeated or reordered */
  history->heard++;
}

static void server_closed(void *app, struct eio_session *session, enum eio_reason reason) {
  (void)app;
  (void)session;
  fail_msg("closed: %s", eio_reason_text(reason));
}

static const struct eio_handler server = {.message = server_heard, .closed = server_closed};

static void client_takes_packet(struct history *history, struct str packet, bool websocket) {
  char expected[16];
  snprintf(expected, sizeof(expected), "4s%d", history->received);
  if (packet.at[0] == '4') {
    assert_true(str_is(packet, expected));
    assert_int_equal(websocket, !history->polling);
    history->received++;
  } else if (str_is(packet, "2")) {
    history->pong_due = true;
  } else {
    assert_true(str_is(packet, "6") || packet.at[0] == '0');
  }
}

/* The client goes over once neither a poll nor a post of its own is under way. */
static void client_goes_over(struct history *history) {
  if (history->pausing && !history->getting && !history->posting) {
    history->pausing = false;
    history->probing = false;
    history->polling = false;
    put(&history->up, STR("5"));
  }
}

static void client_flushes(struct history *history) {
  if (history->pausing || (history->polling && history->posting)) {
    return;
  }
  CLEANUP_BUF struct buf payload;
  buf_init(&payload, 1 << 20);
  int packets = 0;
  while (history->pong_due || history->flushed < history->written) {
    char text[16];
    snprintf(text, sizeof(text), "4c%d", history->flushed);
    if (history->pong_due) {
      memcpy(text, "3", 2);
    } else {
      history->flushed++;
    }
    history->pong_due = false;
    if (history->polling) {
      buf_add_text(&payload, packets++ > 0 ? "\x1e" : "");
      buf_add_text(&payload, text);
    } else {
      put(&history->up, str_of(text));
    }
  }
  if (packets > 0) {
    history->posting = true;
    put(&history->post, buf_str(&payload));
  }
}

static void client_probes(struct history *history) {
  if (history->polling && !history->probing && history->ws == NULL) {
    history->ws = calloc(1, sizeof(*history->ws));
    history->probing = true;
    assert_true(eio_session_probe(&history->session, history->ws, history->now_ns));
    put(&history->up, STR("2probe"));
  }
}

static void drop_ws(struct history *history) {
  if (history->ws != NULL) {
    ws_queue_release(&history->ws->out);
    free(history->ws);
    history->ws = NULL;
  }
  clear(&history->up);
  clear(&history->down);
}

/* The connection of a probe breaks before the client has had its answer. */
static void probe_breaks(struct history *history) {
  if (history->probing && !history->pausing) {
    eio_session_ws_gone(&history->session, history->ws);
    drop_ws(history);
    history->probing = false;
  }
}

static void deliver_get(struct history *history) {
  char *text = take(&history->get);
  if (text != NULL) {
    assert_true(eio_session_poll(&history->session));
    free(text);
  }
}

static void deliver_get_answer(struct history *history) {
  char *text = take(&history->get_answer);
  if (text == NULL) {
    return;
  }
  struct str rest = str_of(text);
  struct str packet;
  bool more = true;
  while (eio_payload_next(&rest, &more, &packet)) {
    client_takes_packet(history, packet, false);
  }
  free(text);
  history->getting = false;
  client_goes_over(history);
}

static void deliver_post(struct history *history) {
  char *text = take(&history->post);
  if (text != NULL) {
    assert_true(eio_session_post(&history->session, str_of(text), history->now_ns));
    put(&history->post_answer, STR("ok"));
    free(text);
  }
}

static void deliver_post_answer(struct history *history) {
  char *text = take(&history->post_answer);
  if (text != NULL) {
    history->posting = false;
    free(text);
    client_goes_over(history);
  }
}

static void deliver_up(struct history *history) {
  char *text = take(&history->up);
  if (text != NULL) {
    assert_int_equal(history->ws->end, EIO_WS_OPEN);
    bool was = history->session.ws != NULL;
    eio_session_ws_message(&history->session, history->ws, WS_TEXT, str_of(text), history->now_ns);
    history->upgrades += !was && history->session.ws != NULL;
    free(text);
  }
}

static void deliver_down(struct history *history) {
  char *text = take(&history->down);
  if (text == NULL) {
    return;
  }
  if (strcmp(text, "3probe") == 0) {
    assert_true(history->probing);
    history->pausing = true;
    client_goes_over(history);
  } else {
    client_takes_packet(history, str_of(text), true);
  }
  free(text);
}

static void server_sends(struct history *history) {
  if (history->sent < TO_SEND) {
    char text[16];
    snprintf(text, sizeof(text), "s%d", history->sent++);
    struct ws_frame *frame = eio_frame_text(EIO_MESSAGE, str_of(text));
    assert_true(eio_session_send(&history->session, &frame, 1));
    ws_frame_unref(frame);
  }
}

static void client_gets(struct history *history) {
  if (history->polling && !history->getting && !history->pausing) {
    history->getting = true;
    put(&history->get, STR("GET"));
  }
}

/* What the owner of a session does after every step. */
static void server_writes(struct history *history) {
  if (eio_session_poll_due(&history->session)) {
    CLEANUP_BUF struct buf payload;
    buf_init(&payload, 1 << 20);
    eio_session_poll_take(&history->session, &payload);
    put(&history->get_answer, buf_str(&payload));
  }
  while (history->ws != NULL && history->ws->out.count > 0) {
    put(&history->down, ws_frame_payload(ws_queue_peek(&history->ws->out)));
    ws_queue_drop(&history->ws->out);
  }
}

static void step(struct history *history, uint32_t what) {
  switch (what) {
    case 0:
      server_sends(history);
      break;
    case 1:
      history->written += history->written < TO_SEND;
      break;
    case 2:
      client_flushes(history);
      break;
    case 3:
      client_gets(history);
      break;
    case 4:
      deliver_get(history);
      break;
    case 5:
      deliver_get_answer(history);
      break;
    case 6:
      deliver_post(history);
      break;
    case 7:
      deliver_post_answer(history);
      break;
    case 8:
      deliver_up(history);
      break;
    case 9:
      deliver_down(history);
      break;
    case 10: /* time passes, but not so much that an upgrade fails */
      history->now_ns += 5 * MS;
      eio_session_wake(&history->session, history->now_ns);
      break;
    default:
      break;
  }
  server_writes(history);
}

static int run_history(uint64_t seed) {
  struct history *history = calloc(1, sizeof(*history));
  history->dice = seed;
  history->polling = true;
  history->getting = true; /* the handshake */
  eio_session_init(&history->session, &config, &server, history, STR("sid"), NULL, 0);
  server_writes(history);
  /* Some begin the upgrade at once, some late, some lose the probe's connection; all finish. */
  uint32_t probe_odds = 1 + roll(history, 60);
  uint32_t break_odds = roll(history, 3) == 0 ? 20 : 0;
  for (int i = 0; i < 150; i++) {
    step(history, roll(history, 11));
    if (roll(history, probe_odds) == 0) {
      client_probes(history);
    }
    if (break_odds > 0 && roll(history, break_odds) == 0) {
      probe_breaks(history);
    }
  }
  for (int i = 0; i < 600; i++) {
    step(history, (uint32_t)i % 10); /* everything that is on its way arrives */
  }
  assert_int_equal(history->received, TO_SEND);
  assert_int_equal(history->heard, TO_SEND);
  int upgrades = history->upgrades;
  eio_session_release(&history->session);
  drop_ws(history);
  free(history);
  return upgrades;
}

static void nothing_is_lost_repeated_or_reordered_in_any_history(void **state) {
  (void)state;
  int upgraded = 0;
  for (uint64_t seed = 0; seed < 2000; seed++) {
    upgraded += run_history(seed * UINT64_C(0x9e3779b97f4a7c15) + 1);
  }
  /* Most get through, some stay with polling: both are held to the same. */
  assert_in_range(upgraded, 1000, 1995);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_upgrade_goes_as_the_protocol_says),
      cmocka_unit_test(a_poll_while_the_probe_is_answered_ends_at_once_with_what_there_is),
      cmocka_unit_test(a_poll_still_held_at_the_upgrade_is_let_go_without_a_message),
      cmocka_unit_test(a_poll_held_at_the_upgrade_ends_with_the_session),
      cmocka_unit_test(only_one_probe_at_a_time),
      cmocka_unit_test(a_wrong_word_ends_the_probe_and_not_the_session),
      cmocka_unit_test(an_upgrade_that_is_not_completed_is_dropped_in_time),
      cmocka_unit_test(closing_the_session_ends_its_probe),
      cmocka_unit_test(a_close_while_the_client_goes_over_is_told_on_the_websocket),
      cmocka_unit_test(a_close_while_a_probe_is_answered_is_told_to_the_next_poll),
      cmocka_unit_test(a_close_that_a_client_never_hears_is_over_in_time),
      cmocka_unit_test(nothing_is_lost_repeated_or_reordered_in_any_history),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
