#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/eio_packet.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void every_type_is_read(void **state) {
  (void)state;
  CLEANUP_BUF struct buf scratch;
  buf_init(&scratch, 100);
  static const struct {
    const char *text;
    enum eio_type type;
    const char *data;
  } rows[] = {{"0{\"sid\":\"x\"}", EIO_OPEN, "{\"sid\":\"x\"}"},
              {"1", EIO_CLOSE, ""},
              {"2", EIO_PING, ""},
              {"2probe", EIO_PING, "probe"},
              {"3", EIO_PONG, ""},
              {"3probe", EIO_PONG, "probe"},
              {"4hello", EIO_MESSAGE, "hello"},
              {"4", EIO_MESSAGE, ""},
              {"5", EIO_UPGRADE, ""},
              {"6", EIO_NOOP, ""}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct eio_packet packet;
    assert_int_equal(eio_packet_parse(str_of(rows[i].text), &scratch, &packet), STATUS_OK);
    assert_int_equal(packet.type, rows[i].type);
    assert_true(str_is(packet.data, rows[i].data));
    assert_false(packet.binary);
  }
}

static void binary_messages_are_decoded(void **state) {
  (void)state;
  CLEANUP_BUF struct buf scratch;
  buf_init(&scratch, 6);
  struct eio_packet packet;
  /* "bAQIDBA==" is [1, 2, 3, 4] in the protocol's document. */
  assert_int_equal(eio_packet_parse(STR("bAQIDBA=="), &scratch, &packet), STATUS_OK);
  assert_int_equal(packet.type, EIO_MESSAGE);
  assert_true(packet.binary);
  assert_int_equal(packet.data.len, 4);
  assert_memory_equal(packet.data.at, "\1\2\3\4", 4);
  assert_int_equal(eio_packet_parse(STR("b"), &scratch, &packet), STATUS_OK);
  assert_int_equal(packet.data.len, 0);
  assert_non_null(packet.data.at);
  assert_int_equal(eio_packet_parse(STR("bAQIDBAUGBwgJ"), &scratch, &packet), STATUS_TOO_LARGE);
  assert_int_equal(eio_packet_parse(STR("bAQIDBA=="), &scratch, &packet),
                   STATUS_OK); /* the scratch is whole again */
}

static void garbage_is_no_packet(void **state) {
  (void)state;
  CLEANUP_BUF struct buf scratch;
  buf_init(&scratch, 100);
  static const char *const bad[] = {"",    "7",       "abc",   "/",          ":",     "-1",
                                    " 4a", "bAQIDBA", "b!!!!", "bAQID BA==", "bA===", "B"};
  for (size_t i = 0; i < COUNT(bad); i++) {
    struct eio_packet packet;
    if (eio_packet_parse(str_of(bad[i]), &scratch, &packet) != STATUS_INVALID) {
      fail_msg("taken: %s", bad[i]);
    }
  }
}

static void payload_is(const char *payload, const char *const *expected, size_t count) {
  struct str rest = str_of(payload);
  struct str packet;
  bool more = true;
  size_t i = 0;
  while (eio_payload_next(&rest, &more, &packet)) {
    assert_true(i < count);
    assert_true(str_is(packet, expected[i]));
    i++;
  }
  assert_int_equal(i, count);
}

static void a_payload_is_cut_at_its_separators(void **state) {
  (void)state;
  /* The protocol's example: 4hello\x1e2\x1e4world */
  payload_is(
      "4hello\x1e"
      "2\x1e"
      "4world",
      (const char *const[]){"4hello", "2", "4world"}, 3);
  payload_is("4a", (const char *const[]){"4a"}, 1);
  payload_is("", (const char *const[]){""}, 1);
  payload_is("\x1e", (const char *const[]){"", ""}, 2);
  payload_is("4a\x1e", (const char *const[]){"4a", ""}, 2);
}

static void frames_become_a_payload(void **state) {
  (void)state;
  CLEANUP_BUF struct buf payload;
  buf_init(&payload, 1000);
  struct ws_frame *frames[] = {eio_frame_text(EIO_MESSAGE, STR("hello")), eio_frame_binary(STR("\1\2\3\4")),
                               eio_frame_text(EIO_PING, STR("")), eio_frame_binary(STR(""))};
  size_t len = 0;
  for (size_t i = 0; i < COUNT(frames); i++) {
    eio_payload_add(&payload, frames[i]);
    len += eio_payload_len(frames[i]);
  }
  assert_true(str_is(buf_str(&payload),
                     "4hello\x1e"
                     "bAQIDBA==\x1e"
                     "2\x1e"
                     "b"));
  assert_int_equal(len + COUNT(frames) - 1, payload.len);
  assert_int_equal(frames[0]->opcode, WS_TEXT);
  assert_memory_equal(frames[0]->bytes,
                      "\x81\x06"
                      "4hello",
                      8);
  assert_memory_equal(frames[1]->bytes, "\x82\x04\1\2\3\4", 6); /* bytes have no type in a WebSocket */
  for (size_t i = 0; i < COUNT(frames); i++) {
    ws_frame_unref(frames[i]);
  }
}

static void refusals_are_the_references(void **state) {
  (void)state;
  assert_true(
      str_is(eio_error_body(EIO_TRANSPORT_UNKNOWN), "{\"code\":0,\"message\":\"Transport unknown\"}"));
  assert_true(str_is(eio_error_body(EIO_SID_UNKNOWN), "{\"code\":1,\"message\":\"Session ID unknown\"}"));
  assert_true(str_is(eio_error_body(EIO_BAD_METHOD), "{\"code\":2,\"message\":\"Bad handshake method\"}"));
  assert_true(str_is(eio_error_body(EIO_BAD_REQUEST), "{\"code\":3,\"message\":\"Bad request\"}"));
  assert_true(str_is(eio_error_body(EIO_FORBIDDEN), "{\"code\":4,\"message\":\"Forbidden\"}"));
  assert_true(str_is(eio_error_body(EIO_VERSION_UNSUPPORTED),
                     "{\"code\":5,\"message\":\"Unsupported protocol version\"}"));
}

/* The refusal of a handshake with this query. */
static enum eio_error handshake(const char *text, bool is_get, bool is_upgrade) {
  struct eio_query query;
  enum eio_error error = eio_query_parse(str_of(text), &query);
  return error != EIO_ERROR_NONE ? error : eio_handshake_check(&query, is_get, is_upgrade);
}

static void a_handshake_names_version_and_transport(void **state) {
  (void)state;
  assert_int_equal(handshake("EIO=4&transport=polling", true, false), EIO_ERROR_NONE);
  assert_int_equal(handshake("t=x&transport=websocket&EIO=4", true, true), EIO_ERROR_NONE);
  assert_int_equal(handshake("EIO=4", true, false), EIO_TRANSPORT_UNKNOWN);
  assert_int_equal(handshake("EIO=4&transport=abc", true, false), EIO_TRANSPORT_UNKNOWN);
  assert_int_equal(handshake("EIO=4&xtransport=polling", true, false), EIO_TRANSPORT_UNKNOWN);
  assert_int_equal(handshake("EIO=4&transport=", true, false), EIO_TRANSPORT_UNKNOWN);
  assert_int_equal(handshake("", true, false), EIO_TRANSPORT_UNKNOWN);
  assert_int_equal(handshake("transport=polling", true, false), EIO_VERSION_UNSUPPORTED);
  assert_int_equal(handshake("EIO=3&transport=polling", true, false), EIO_VERSION_UNSUPPORTED);
  assert_int_equal(handshake("EIO=abc&transport=polling", true, false), EIO_VERSION_UNSUPPORTED);
  assert_int_equal(handshake("EIO=44&transport=polling", true, false), EIO_VERSION_UNSUPPORTED);
  assert_int_equal(handshake("EIO=4&transport=polling", false, false), EIO_BAD_METHOD);
  assert_int_equal(handshake("EIO=4&transport=websocket", true, false), EIO_BAD_REQUEST);
}

static void a_sid_is_taken_as_it_stands(void **state) {
  (void)state;
  struct eio_query query;
  assert_int_equal(eio_query_parse(STR("EIO=4&transport=polling&t=1&sid=ab_C-9"), &query), EIO_ERROR_NONE);
  assert_true(str_is(query.sid, "ab_C-9"));
  assert_true(query.current);
  assert_int_equal(query.transport, EIO_POLLING);
  assert_int_equal(eio_query_parse(STR("transport=websocket&sid="), &query), EIO_ERROR_NONE);
  assert_null(query.sid.at); /* none, as in the reference */
  assert_false(query.current);
  assert_int_equal(query.transport, EIO_WEBSOCKET);
  assert_int_equal(eio_query_parse(STR_NONE, &query), EIO_TRANSPORT_UNKNOWN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_type_is_read),
      cmocka_unit_test(binary_messages_are_decoded),
      cmocka_unit_test(garbage_is_no_packet),
      cmocka_unit_test(a_payload_is_cut_at_its_separators),
      cmocka_unit_test(frames_become_a_payload),
      cmocka_unit_test(refusals_are_the_references),
      cmocka_unit_test(a_handshake_names_version_and_transport),
      cmocka_unit_test(a_sid_is_taken_as_it_stands),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
