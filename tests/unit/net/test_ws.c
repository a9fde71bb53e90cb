#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/ws.h"

enum { MESSAGE_MAX = 1000 };

/* A reader and what it delivered, as "T:hello;B:…;". */
struct peer {
  struct ws_reader reader;
  struct buf heard;
  struct buf replies;
  bool end_at_first; /* deliver ends the reader */
};

static void on_deliver(void *app, enum ws_opcode opcode, struct str message) {
  struct peer *peer = app;
  buf_add_text(&peer->heard, opcode == WS_TEXT ? "T:" : "B:");
  buf_add_str(&peer->heard, message);
  buf_add_char(&peer->heard, ';');
  if (peer->end_at_first) {
    ws_read_end(&peer->reader, WS_CODE_GOING_AWAY);
  }
}

static void peer_init(struct peer *peer) {
  *peer = (struct peer){0};
  ws_reader_init(&peer->reader, MESSAGE_MAX, on_deliver, peer);
  buf_init(&peer->heard, 1 << 20);
  buf_init(&peer->replies, 1 << 20);
}

static void peer_release(struct peer *peer) {
  ws_reader_release(&peer->reader);
  buf_release(&peer->heard);
  buf_release(&peer->replies);
}

static void assert_bytes(const struct buf *buf, const char *bytes, size_t len) {
  assert_int_equal(buf->len, len);
  if (len > 0) {
    assert_memory_equal(buf->at, bytes, len);
  }
}

/* Appends a masked frame: first byte (fin, reserved bits, opcode), payload. */
static void add_frame(struct buf *out, uint8_t first, const void *payload, size_t len) {
  static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
  buf_add_char(out, (char)first);
  if (len < 126) {
    buf_add_char(out, (char)(0x80 | len));
  } else if (len <= UINT16_MAX) {
    buf_add_char(out, (char)(0x80 | 126));
    buf_add_char(out, (char)(len >> 8));
    buf_add_char(out, (char)len);
  } else {
    buf_add_char(out, (char)(0x80 | 127));
    for (int shift = 56; shift >= 0; shift -= 8) {
      buf_add_char(out, (char)((uint64_t)len >> shift));
    }
  }
  buf_add(out, mask, 4);
  for (size_t i = 0; i < len; i++) {
    buf_add_char(out, (char)(((const uint8_t *)payload)[i] ^ mask[i % 4]));
  }
}

/* Feeds the bytes at once and in every step size; what is heard and answered must be the same. */
static void expect(struct str bytes, const char *heard, const char *replies, size_t replies_len,
                   unsigned close_code) {
  for (size_t step = bytes.len; step > 0; step = step > 9 ? step / 2 : step - 1) {
    struct peer peer;
    peer_init(&peer);
    bool open = true;
    for (size_t at = 0; at < bytes.len && open; at += step) {
      size_t part = bytes.len - at < step ? bytes.len - at : step;
      open = ws_read(&peer.reader, (struct str){bytes.at + at, part}, &peer.replies);
    }
    assert_bytes(&peer.heard, heard, strlen(heard));
    assert_bytes(&peer.replies, replies, replies_len);
    assert_int_equal(open, close_code == 0);
    assert_int_equal(peer.reader.close_code, close_code);
    peer_release(&peer);
  }
}
#define BYTES(literal) ((struct str){literal, sizeof(literal) - 1})
#define EXPECT(bytes, heard, replies, code) expect(bytes, heard, replies, sizeof(replies) - 1, code)

static void the_key_of_the_document_is_accepted(void **state) {
  (void)state;
  char out[WS_ACCEPT_SIZE];
  assert_int_equal(ws_accept(STR("dGhlIHNhbXBsZSBub25jZQ=="), out), STATUS_OK);
  assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void a_key_that_is_not_sixteen_bytes_is_refused(void **state) {
  (void)state;
  char out[WS_ACCEPT_SIZE] = "untouched";
  assert_int_equal(ws_accept(STR(""), out), STATUS_INVALID);
  assert_int_equal(ws_accept(STR("dGhlIHNhbXBsZSBub25j"), out), STATUS_INVALID);
  assert_int_equal(ws_accept(STR("dGhlIHNhbXBsZSBub25jZQA="), out), STATUS_INVALID);
  assert_int_equal(ws_accept(STR("!GhlIHNhbXBsZSBub25jZQ=="), out), STATUS_INVALID);
  assert_int_equal(ws_accept(STR_NONE, out), STATUS_INVALID);
  assert_string_equal(out, "untouched");
}

static void messages_come_whole_however_their_bytes_are_cut(void **state) {
  (void)state;
  /* RFC 6455 5.7: a single-frame masked text message, "Hello". */
  EXPECT(BYTES("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "T:Hello;", "", 0);
  CLEANUP_BUF struct buf frames;
  buf_init(&frames, 1 << 20);
  char large[900];
  memset(large, 'x', sizeof(large));
  add_frame(&frames, 0x81, "", 0);
  add_frame(&frames, 0x82, "\x01\xff", 2);
  add_frame(&frames, 0x81, large, sizeof(large));
  add_frame(&frames, 0x01, "f\xc3", 2); /* the text's letter is cut by the fragments */
  add_frame(&frames, 0x00, "\xbcr", 2);
  add_frame(&frames, 0x80, " alle", 5);
  char expected[2000];
  snprintf(expected, sizeof(expected), "T:;B:\x01\xff;T:%.900s;T:f\xc3\xbcr alle;", large);
  EXPECT(buf_str(&frames), expected, "", 0);
}

static void pings_are_answered_also_between_fragments(void **state) {
  (void)state;
  CLEANUP_BUF struct buf frames;
  buf_init(&frames, 1 << 20);
  add_frame(&frames, 0x01, "a", 1);
  add_frame(&frames, 0x89, "Hello", 5);
  add_frame(&frames, 0x80, "b", 1);
  add_frame(&frames, 0x8a, "unasked", 7);
  add_frame(&frames, 0x89, "", 0);
  EXPECT(buf_str(&frames), "T:ab;", "\x8a\x05Hello\x8a\x00", 0);
}

static void a_close_is_answered_with_its_code(void **state) {
  (void)state;
  CLEANUP_BUF struct buf frames;
  buf_init(&frames, 1 << 20);
  add_frame(&frames, 0x81, "last", 4);
  add_frame(&frames, 0x88,
            "\x03\xe8"
            "bye",
            5);
  EXPECT(buf_str(&frames), "T:last;",
         "\x88\x05\x03\xe8"
         "bye",
         WS_CODE_NORMAL);
  buf_clear(&frames);
  add_frame(&frames, 0x88, "\x10\x00", 2); /* 4096: an application's own */
  EXPECT(buf_str(&frames), "", "\x88\x02\x10\x00", 4096);
  buf_clear(&frames);
  add_frame(&frames, 0x88, "", 0);
  add_frame(&frames, 0x81, "too late", 8);
  EXPECT(buf_str(&frames), "", "\x88\x00", WS_CODE_NONE);
}

static void what_breaks_the_protocol_is_closed_with_1002(void **state) {
  (void)state;
#define BROKEN "\x88\x02\x03\xea"
  EXPECT(BYTES("\x81\x05Hello"), "", BROKEN, WS_CODE_PROTOCOL);                    /* unmasked */
  EXPECT(BYTES("\xc1\x80\0\0\0\0"), "", BROKEN, WS_CODE_PROTOCOL);                 /* reserved bit */
  EXPECT(BYTES("\x83\x80\0\0\0\0"), "", BROKEN, WS_CODE_PROTOCOL);                 /* unknown opcode */
  EXPECT(BYTES("\x8b\x80\0\0\0\0"), "", BROKEN, WS_CODE_PROTOCOL);                 /* unknown control */
  EXPECT(BYTES("\x80\x80\0\0\0\0"), "", BROKEN, WS_CODE_PROTOCOL);                 /* continues nothing */
  EXPECT(BYTES("\x01\x80\0\0\0\0\x81\x80\0\0\0\0"), "", BROKEN, WS_CODE_PROTOCOL); /* begins twice */
  EXPECT(BYTES("\x09\x80\0\0\0\0"), "", BROKEN, WS_CODE_PROTOCOL);                 /* fragmented ping */
  EXPECT(BYTES("\x89\xfe\x00\x7e\0\0\0\0"), "", BROKEN, WS_CODE_PROTOCOL);         /* long ping */
  EXPECT(BYTES("\x81\xfe\x00\x05\0\0\0\0"), "", BROKEN, WS_CODE_PROTOCOL); /* length too long written */
  EXPECT(BYTES("\x88\x81\0\0\0\0\x03"), "", BROKEN, WS_CODE_PROTOCOL);     /* half a code */
  EXPECT(BYTES("\x88\x82\0\0\0\0\x03\xed"), "", BROKEN, WS_CODE_PROTOCOL); /* 1005 is never sent */
  EXPECT(BYTES("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0"), "", BROKEN, WS_CODE_PROTOCOL);
}

static void text_that_is_no_utf8_is_closed_with_1007(void **state) {
  (void)state;
#define BAD_TEXT "\x88\x02\x03\xef"
  EXPECT(BYTES("\x81\x82\0\0\0\0\xc0\x80"), "", BAD_TEXT, WS_CODE_BAD_TEXT);
  EXPECT(BYTES("\x81\x81\0\0\0\0\xc3"), "", BAD_TEXT, WS_CODE_BAD_TEXT);
  EXPECT(BYTES("\x81\x83\0\0\0\0\xed\xa0\x80"), "", BAD_TEXT, WS_CODE_BAD_TEXT);
  EXPECT(BYTES("\x82\x82\0\0\0\0\xc0\x80"), "B:\xc0\x80;", "", 0);
}

static void a_message_over_the_maximum_is_closed_with_1009(void **state) {
  (void)state;
#define TOO_BIG "\x88\x02\x03\xf1"
  static char large[MESSAGE_MAX + 1];
  memset(large, 'x', sizeof(large));
  CLEANUP_BUF struct buf frames;
  buf_init(&frames, 1 << 20);
  add_frame(&frames, 0x82, large, MESSAGE_MAX + 1);
  EXPECT(buf_str(&frames), "", TOO_BIG, WS_CODE_TOO_BIG);
  buf_clear(&frames);
  /* In fragments. */
  add_frame(&frames, 0x02, large, MESSAGE_MAX - 1);
  add_frame(&frames, 0x00, large, 1);
  add_frame(&frames, 0x80, large, 1);
  EXPECT(buf_str(&frames), "", TOO_BIG, WS_CODE_TOO_BIG);
  buf_clear(&frames);
  /* By its promise, with the first byte of it. */
  EXPECT(BYTES("\x82\xff\x00\x00\x00\x7f\xff\xff\xff\xff\0\0\0\0x"), "", TOO_BIG, WS_CODE_TOO_BIG);
  static char heard[MESSAGE_MAX + 4];
  add_frame(&frames, 0x02, large, MESSAGE_MAX - 1);
  add_frame(&frames, 0x80, large, 1);
  snprintf(heard, sizeof(heard), "B:%.*s;", MESSAGE_MAX, large);
  EXPECT(buf_str(&frames), heard, "", 0);
}

static void between_messages_a_reader_keeps_no_memory(void **state) {
  (void)state;
  struct peer peer;
  peer_init(&peer);
  assert_true(ws_read(&peer.reader, BYTES("\x81\x82\0\0\0\0h"), &peer.replies));
  assert_non_null(peer.reader.frames);
  assert_true(ws_read(&peer.reader, BYTES("i"), &peer.replies));
  assert_null(peer.reader.frames);
  assert_null(peer.reader.message.at);
  assert_true(ws_read(&peer.reader, BYTES("\x01\x82\0\0\0\0hi"), &peer.replies)); /* a fragment */
  assert_non_null(peer.reader.frames);
  assert_true(
      ws_read(&peer.reader, BYTES("\x80\x80\0\0\0\0\x81"), &peer.replies)); /* a byte of the next head */
  assert_non_null(peer.reader.frames);
  assert_true(ws_read(&peer.reader, BYTES("\x80\0\0\0\0"), &peer.replies));
  assert_null(peer.reader.frames);
  assert_bytes(&peer.heard, "T:hi;T:hi;T:;", 13);
  peer_release(&peer);
}

static void a_promise_of_bytes_takes_no_memory(void **state) {
  (void)state;
  struct peer peer;
  peer_init(&peer);
  ws_reader_release(&peer.reader);
  ws_reader_init(&peer.reader, (size_t)1 << 40, on_deliver, &peer);
  assert_true(
      ws_read(&peer.reader, BYTES("\x82\xff\x00\x00\x00\x7f\xff\xff\xff\xff\0\0\0\0x"), &peer.replies));
  assert_true(peer.reader.message.size < 1024);
  peer_release(&peer);
}

static void nothing_is_delivered_after_the_reader_was_ended(void **state) {
  (void)state;
  struct peer peer;
  peer_init(&peer);
  peer.end_at_first = true;
  CLEANUP_BUF struct buf frames;
  buf_init(&frames, 1 << 20);
  add_frame(&frames, 0x81, "one", 3);
  add_frame(&frames, 0x81, "two", 3);
  assert_false(ws_read(&peer.reader, buf_str(&frames), &peer.replies));
  assert_bytes(&peer.heard, "T:one;", 6);
  assert_int_equal(peer.reader.close_code, WS_CODE_GOING_AWAY);
  assert_int_equal(peer.replies.len, 0); /* who ended it says so */
  assert_false(ws_read(&peer.reader, buf_str(&frames), &peer.replies));
  assert_bytes(&peer.heard, "T:one;", 6);
  peer_release(&peer);
}

static void a_close_frame_has_its_code(void **state) {
  (void)state;
  struct ws_frame *frame = ws_close_frame(WS_CODE_GOING_AWAY);
  assert_int_equal(frame->len, 4);
  assert_memory_equal(frame->bytes, "\x88\x02\x03\xe9", 4);
  ws_frame_unref(frame);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_key_of_the_document_is_accepted),
      cmocka_unit_test(a_key_that_is_not_sixteen_bytes_is_refused),
      cmocka_unit_test(messages_come_whole_however_their_bytes_are_cut),
      cmocka_unit_test(pings_are_answered_also_between_fragments),
      cmocka_unit_test(a_close_is_answered_with_its_code),
      cmocka_unit_test(what_breaks_the_protocol_is_closed_with_1002),
      cmocka_unit_test(text_that_is_no_utf8_is_closed_with_1007),
      cmocka_unit_test(a_message_over_the_maximum_is_closed_with_1009),
      cmocka_unit_test(between_messages_a_reader_keeps_no_memory),
      cmocka_unit_test(a_promise_of_bytes_takes_no_memory),
      cmocka_unit_test(nothing_is_delivered_after_the_reader_was_ended),
      cmocka_unit_test(a_close_frame_has_its_code),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
