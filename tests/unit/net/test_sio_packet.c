#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/sio_packet.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

struct row {
  const char *text;
  enum sio_type type;
  uint32_t attachments;
  const char *nsp;
  int64_t id;
  const char *data; /* NULL: none */
  const char *event;
  const char *arguments;
};

/* The examples of the protocol's document first. */
static const struct row rows[] = {
    {"0", SIO_CONNECT, 0, "/", SIO_NO_ID, NULL, NULL, NULL},
    {"0{\"token\":\"123\"}", SIO_CONNECT, 0, "/", SIO_NO_ID, "{\"token\":\"123\"}", NULL, NULL},
    {"0/admin,{\"sid\":\"oSO0OpakMV_3jnilAAAA\"}", SIO_CONNECT, 0, "/admin", SIO_NO_ID,
     "{\"sid\":\"oSO0OpakMV_3jnilAAAA\"}", NULL, NULL},
    {"4{\"message\":\"Not authorized\"}", SIO_CONNECT_ERROR, 0, "/", SIO_NO_ID,
     "{\"message\":\"Not authorized\"}", NULL, NULL},
    {"2[\"foo\"]", SIO_EVENT, 0, "/", SIO_NO_ID, "[\"foo\"]", "\"foo\"", NULL},
    {"2/admin,[\"bar\"]", SIO_EVENT, 0, "/admin", SIO_NO_ID, "[\"bar\"]", "\"bar\"", NULL},
    {"212[\"foo\"]", SIO_EVENT, 0, "/", 12, "[\"foo\"]", "\"foo\"", NULL},
    {"3/admin,13[\"bar\"]", SIO_ACK, 0, "/admin", 13, "[\"bar\"]", NULL, NULL},
    {"1/admin,", SIO_DISCONNECT, 0, "/admin", SIO_NO_ID, NULL, NULL, NULL},
    {"51-[\"baz\",{\"_placeholder\":true,\"num\":0}]", SIO_BINARY_EVENT, 1, "/", SIO_NO_ID,
     "[\"baz\",{\"_placeholder\":true,\"num\":0}]", "\"baz\"", "{\"_placeholder\":true,\"num\":0}"},
    {"52-/admin,[\"baz\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]",
     SIO_BINARY_EVENT, 2, "/admin", SIO_NO_ID,
     "[\"baz\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]", "\"baz\"",
     "{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}"},
    {"61-15[\"bar\",{\"_placeholder\":true,\"num\":0}]", SIO_BINARY_ACK, 1, "/", 15,
     "[\"bar\",{\"_placeholder\":true,\"num\":0}]", NULL, NULL},
    /* what other clients send */
    {"0/custom", SIO_CONNECT, 0, "/custom", SIO_NO_ID, NULL, NULL, NULL},
    {"1", SIO_DISCONNECT, 0, "/", SIO_NO_ID, NULL, NULL, NULL},
    {"2[7,\"x\"]", SIO_EVENT, 0, "/", SIO_NO_ID, "[7,\"x\"]", "7", "\"x\""},
    {"2[-1]", SIO_EVENT, 0, "/", SIO_NO_ID, "[-1]", "-1", NULL},
    {"2/a-1,5[\"e\", 1, {\"2\":[true]} ]", SIO_EVENT, 0, "/a-1", 5, "[\"e\", 1, {\"2\":[true]} ]", "\"e\"",
     "1, {\"2\":[true]}"},
    {"29007199254740991[\"e\"]", SIO_EVENT, 0, "/", INT64_C(9007199254740991), "[\"e\"]", "\"e\"", NULL},
    {"30[]", SIO_ACK, 0, "/", 0, "[]", NULL, NULL},
    {"4\"no\"", SIO_CONNECT_ERROR, 0, "/", SIO_NO_ID, "\"no\"", NULL, NULL},
};

static bool same(struct str a, const char *b) {
  return b == NULL ? a.at == NULL : str_is(a, b);
}

static void packets_are_read(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct sio_packet packet;
    if (sio_packet_parse(str_of(rows[i].text), 10, &packet) != STATUS_OK) {
      fail_msg("refused: %s", rows[i].text);
    }
    assert_int_equal(packet.type, rows[i].type);
    assert_int_equal(packet.attachments, rows[i].attachments);
    assert_true(str_is(packet.nsp, rows[i].nsp));
    assert_int_equal(packet.id, rows[i].id);
    assert_true(same(packet.data, rows[i].data));
    assert_true(same(packet.event, rows[i].event));
    assert_true(same(packet.arguments, rows[i].arguments));
  }
}

static void what_was_read_is_written_alike(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct sio_packet packet;
    assert_int_equal(sio_packet_parse(str_of(rows[i].text), 10, &packet), STATUS_OK);
    struct ws_frame *frame = sio_frame(&packet);
    struct str payload = ws_frame_payload(frame);
    assert_int_equal(frame->opcode, WS_TEXT);
    assert_int_equal(payload.at[0], '4');
    struct str text = {payload.at + 1, payload.len - 1};
    /* A namespace may come without its comma; written it has one. */
    assert_true(str_is(text, rows[i].text) || (str_is(text, "0/custom,") && str_is(packet.nsp, "/custom")));
    ws_frame_unref(frame);
  }
}

static void the_data_of_an_event_is_an_array(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  buf_init(&out, 100);
  sio_event_data(&out, "ticket:created", STR("{\"id\":1},2"));
  assert_true(str_is(buf_str(&out), "[\"ticket:created\",{\"id\":1},2]"));
  buf_clear(&out);
  sio_event_data(&out, "hello", STR_NONE);
  assert_true(str_is(buf_str(&out), "[\"hello\"]"));
}

static const char *const bad[] = {
    "",
    "7",
    "a",
    "-1",
    " 2[\"a\"]",
    "abc", /* types */
    "2",
    "2{}",
    "2\"a\"",
    "2[]",
    "2[null]",
    "2[{}]",
    "2[[\"a\"]]",
    "2[true]",
    "2[\"a\"",
    "2[\"a\"]]",
    "2[\"a\",]",
    "2[\"connect\"]",
    "2[\"disconnect\",1]",
    "2[\"connect_error\"]",
    "2[\"disconnecting\"]",
    "2[\"newListener\"]",
    "2[\"removeListener\"]",
    "2abc[\"message-with-ack\",1]",
    "2-1[\"a\"]",
    "21.5[\"a\"]",
    "2 [1", /* events */
    "29007199254740992[\"a\"]",
    "299999999999999999999999[\"a\"]",
    "2/nsp",
    "2/nsp[\"a\"]", /* ids */
    "3[\"a\"]",
    "3",
    "31",
    "31{}",
    "31null",
    "3/a,[1]", /* acknowledgements */
    "0[]",
    "0\"a\"",
    "0null",
    "0{",
    "0{}{}",
    "0/a,[]", /* connects */
    "1{}",
    "1[]",
    "1/a,{}",
    "1\"x\"", /* disconnects */
    "4",
    "4[]",
    "4null",
    "41{", /* errors */
    "5[\"a\"]",
    "5-[\"a\"]",
    "50-[\"a\"]",
    "5x-[\"a\"]",
    "5-1-[\"a\"]",
    "51[\"a\"]",
    "51",
    "51-",
    "51-{}",
    "51-[\"a\",{\"_placeholder\":true,\"num\":1}]",
    "51-[\"a\",{\"_placeholder\":true}]",
    "61-[\"a\"]",
    "60-1[\"a\"]", /* attachments */
    "0/\xff",
    "0/a\tb",
    "0/a\nb",
    "0/\x7f",
    "2[\"\xff\"]" /* bytes */
};

static void what_is_no_packet_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(bad); i++) {
    struct sio_packet packet;
    if (sio_packet_parse(str_of(bad[i]), 10, &packet) != STATUS_INVALID) {
      fail_msg("taken: %s", bad[i]);
    }
  }
}

static void limits_are_kept(void **state) {
  (void)state;
  struct sio_packet packet;
  assert_int_equal(sio_packet_parse(STR("510-[\"a\"]"), 10, &packet), STATUS_OK);
  assert_int_equal(sio_packet_parse(STR("511-[\"a\"]"), 10, &packet), STATUS_TOO_LARGE);
  assert_int_equal(sio_packet_parse(STR("54294967297-[\"a\"]"), 10, &packet), STATUS_TOO_LARGE);
  char text[300] = "0/";
  memset(text + 2, 'n', SIO_NAMESPACE_MAX - 1);
  assert_int_equal(sio_packet_parse(str_of(text), 10, &packet), STATUS_OK);
  assert_int_equal(packet.nsp.len, SIO_NAMESPACE_MAX);
  struct ws_frame *frame = sio_frame(&packet);
  assert_int_equal(ws_frame_payload(frame).len, 2 + SIO_NAMESPACE_MAX + 1);
  ws_frame_unref(frame);
  memset(text + 2, 'n', SIO_NAMESPACE_MAX);
  assert_int_equal(sio_packet_parse(str_of(text), 10, &packet), STATUS_INVALID);
  CLEANUP_BUF struct buf deep;
  buf_init(&deep, 1 << 20);
  buf_add_text(&deep, "2[\"a\",");
  for (int i = 0; i < 100000; i++) {
    buf_add_char(&deep, '[');
  }
  assert_int_equal(sio_packet_parse(buf_str(&deep), 10, &packet), STATUS_TOO_LARGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(packets_are_read),
      cmocka_unit_test(what_was_read_is_written_alike),
      cmocka_unit_test(the_data_of_an_event_is_an_array),
      cmocka_unit_test(what_is_no_packet_is_refused),
      cmocka_unit_test(limits_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
