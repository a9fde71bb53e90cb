#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/ws_frame.h"

static const struct ws_queue_limits wide = {.bytes_max = 1 << 20, .frames_max = 1000};

static struct ws_frame *text_frame(const char *text) {
  return ws_frame_new(WS_TEXT, str_of(text), STR(""));
}

static void push(struct ws_queue *queue, const char *text) {
  struct ws_frame *frame = text_frame(text);
  assert_int_equal(ws_queue_push(queue, &wide, &frame, 1), STATUS_OK);
  ws_frame_unref(frame);
}

static void head_is(size_t payload, const char *expected, size_t expected_len) {
  char *bytes = calloc(1, payload + 1);
  struct ws_frame *frame = ws_frame_new(WS_BINARY, (struct str){bytes, payload}, STR(""));
  assert_int_equal(frame->head_len, expected_len);
  assert_int_equal(frame->len, expected_len + payload);
  assert_memory_equal(frame->bytes, expected, expected_len);
  assert_int_equal(ws_frame_payload(frame).len, payload);
  ws_frame_unref(frame);
  free(bytes);
}

static void the_length_is_written_in_its_shortest_form(void **state) {
  (void)state;
  head_is(0, "\x82\x00", 2);
  head_is(125, "\x82\x7d", 2);
  head_is(126, "\x82\x7e\x00\x7e", 4);
  head_is(65535, "\x82\x7e\xff\xff", 4);
  head_is(65536, "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10);
}

static void the_payload_is_both_parts_one_after_the_other(void **state) {
  (void)state;
  /* RFC 6455 5.7: a single-frame unmasked text message, "Hello". */
  struct ws_frame *frame = ws_frame_new(WS_TEXT, STR("He"), STR("llo"));
  assert_int_equal(frame->len, 7);
  assert_memory_equal(frame->bytes, "\x81\x05Hello", 7);
  ws_frame_unref(frame);
}

static void one_frame_stands_in_many_queues(void **state) {
  (void)state;
  struct ws_queue queues[50] = {0};
  struct ws_frame *frame = text_frame("to all");
  for (int i = 0; i < 50; i++) {
    assert_int_equal(ws_queue_push(&queues[i], &wide, &frame, 1), STATUS_OK);
  }
  assert_int_equal(frame->references, 51);
  for (int i = 0; i < 50; i++) {
    assert_ptr_equal(ws_queue_peek(&queues[i]), frame);
    ws_queue_release(&queues[i]);
  }
  assert_int_equal(frame->references, 1);
  ws_frame_unref(frame);
}

static void frames_leave_in_order_however_the_writes_are_cut(void **state) {
  (void)state;
  for (size_t step = 1; step < 40; step++) {
    struct ws_queue queue = {0};
    char expected[4096];
    size_t expected_len = 0;
    char got[4096];
    size_t got_len = 0;
    for (int i = 0; i < 60; i++) {
      char text[16];
      int len = snprintf(text, sizeof(text), "%d", i * i * i);
      push(&queue, text);
      expected[expected_len++] = (char)0x81;
      expected[expected_len++] = (char)len;
      memcpy(expected + expected_len, text, (size_t)len);
      expected_len += (size_t)len;
    }
    assert_int_equal(queue.bytes, expected_len);
    while (queue.count > 0) {
      struct iovec vectors[7];
      unsigned count = ws_queue_gather(&queue, vectors, 7);
      size_t written = 0;
      for (unsigned i = 0; i < count && written < step; i++) {
        size_t part = vectors[i].iov_len < step - written ? vectors[i].iov_len : step - written;
        memcpy(got + got_len, vectors[i].iov_base, part);
        got_len += part;
        written += part;
      }
      ws_queue_sent(&queue, written);
    }
    assert_int_equal(got_len, expected_len);
    assert_memory_equal(got, expected, got_len);
    assert_null(queue.ring);
    assert_int_equal(queue.bytes, 0);
  }
}

static void a_full_queue_takes_all_frames_of_a_packet_or_none(void **state) {
  (void)state;
  struct ws_queue queue = {0};
  struct ws_queue_limits limits = {.bytes_max = 30, .frames_max = 3};
  struct ws_frame *frames[3] = {text_frame("12345678"), text_frame("12345678"), text_frame("12345678")};
  assert_int_equal(ws_queue_push(&queue, &limits, frames, 2), STATUS_OK);
  assert_int_equal(ws_queue_push(&queue, &limits, frames, 2), STATUS_TOO_MANY); /* frames */
  assert_int_equal(queue.count, 2);
  limits.bytes_max = 29;
  assert_int_equal(ws_queue_push(&queue, &limits, frames, 1), STATUS_TOO_MANY); /* bytes */
  assert_int_equal(queue.bytes, 20);
  limits.bytes_max = 30;
  assert_int_equal(ws_queue_push(&queue, &limits, frames, 1), STATUS_OK);
  assert_int_equal(ws_queue_push(&queue, &limits, frames, 1), STATUS_TOO_MANY);
  ws_queue_release(&queue);
  limits.bytes_max = 5;
  assert_int_equal(ws_queue_push(&queue, &limits, frames, 2), STATUS_TOO_MANY);
  assert_int_equal(ws_queue_push(&queue, &limits, frames, 1), STATUS_OK); /* a lone one always goes */
  ws_queue_release(&queue);
  for (int i = 0; i < 3; i++) {
    ws_frame_unref(frames[i]);
  }
}

static void moving_keeps_the_order_behind_what_was_there(void **state) {
  (void)state;
  struct ws_queue from = {0};
  struct ws_queue to = {0};
  push(&to, "0");
  for (int i = 1; i < 30; i++) {
    char text[4];
    snprintf(text, sizeof(text), "%d", i);
    push(&from, text);
  }
  ws_queue_move(&to, &from);
  assert_int_equal(from.count, 0);
  assert_null(from.ring);
  for (int i = 0; i < 30; i++) {
    char text[4];
    int len = snprintf(text, sizeof(text), "%d", i);
    struct str payload = ws_frame_payload(ws_queue_peek(&to));
    assert_int_equal(payload.len, len);
    assert_memory_equal(payload.at, text, payload.len);
    ws_queue_drop(&to);
  }
  assert_null(ws_queue_peek(&to));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_length_is_written_in_its_shortest_form),
      cmocka_unit_test(the_payload_is_both_parts_one_after_the_other),
      cmocka_unit_test(one_frame_stands_in_many_queues),
      cmocka_unit_test(frames_leave_in_order_however_the_writes_are_cut),
      cmocka_unit_test(a_full_queue_takes_all_frames_of_a_packet_or_none),
      cmocka_unit_test(moving_keeps_the_order_behind_what_was_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
