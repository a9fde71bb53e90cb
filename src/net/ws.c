#include "net/ws.h"

#include <openssl/evp.h>
#include <string.h>
#include <wslay/wslay.h>

#include "base/base64.h"
#include "base/log.h"

enum { KEY_BYTES = 16, KEY_TEXT = 24, SHA1_BYTES = 20 };

enum status ws_accept(struct str key, char out[WS_ACCEPT_SIZE]) {
  static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  uint8_t bytes[KEY_TEXT / 4 * 3];
  size_t len;
  if (key.len != KEY_TEXT || base64_decode(key, bytes, &len) != STATUS_OK || len != KEY_BYTES) {
    return STATUS_INVALID;
  }
  char text[KEY_TEXT + sizeof(magic)];
  memcpy(text, key.at, KEY_TEXT);
  memcpy(text + KEY_TEXT, magic, sizeof(magic));
  uint8_t digest[SHA1_BYTES];
  if (EVP_Digest(text, sizeof(text) - 1, digest, NULL, EVP_sha1(), NULL) != 1) {
    die("libcrypto has no SHA-1.");
  }
  struct buf encoded;
  buf_init(&encoded, WS_ACCEPT_SIZE);
  base64_encode(&encoded, (struct str){(const char *)digest, sizeof(digest)});
  memcpy(out, encoded.at, encoded.len);
  out[encoded.len] = '\0';
  buf_release(&encoded);
  return STATUS_OK;
}

struct ws_frame *ws_close_frame(enum ws_code code) {
  char number[2] = {(char)(code >> 8), (char)(code & 0xff)};
  return ws_frame_new(WS_CLOSE, (struct str){number, sizeof(number)}, STR(""));
}

/* ---- what wslay asks and tells ---- */

static ssize_t on_recv(wslay_event_context_ptr frames, uint8_t *out, size_t len, int flags, void *user) {
  (void)flags;
  struct ws_reader *reader = user;
  if (reader->input.len == 0) {
    wslay_event_set_error(frames, WSLAY_ERR_WOULDBLOCK);
    return -1;
  }
  if (len > reader->input.len) {
    len = reader->input.len;
  }
  memcpy(out, reader->input.at, len);
  reader->input.at += len;
  reader->input.len -= len;
  return (ssize_t)len;
}

static ssize_t on_send(wslay_event_context_ptr frames, const uint8_t *bytes, size_t len, int flags,
                       void *user) {
  (void)frames;
  (void)flags;
  struct ws_reader *reader = user;
  buf_add(reader->replies, bytes, len);
  return (ssize_t)len;
}

/* Ends the reading from within a frame; wslay sends the Close. */
static void refuse(struct ws_reader *reader, enum ws_code code) {
  ws_read_end(reader, code);
  if (wslay_event_queue_close(reader->frames, code, NULL, 0) != 0) {
    die("Out of memory for a WebSocket.");
  }
  wslay_event_shutdown_read(reader->frames);
}

static void on_frame_start(wslay_event_context_ptr frames,
                           const struct wslay_event_on_frame_recv_start_arg *frame, void *user) {
  (void)frames;
  struct ws_reader *reader = user;
  size_t extended = frame->payload_length < 126 ? 0 : frame->payload_length <= UINT16_MAX ? 2 : 8;
  reader->frame_len = 2 + extended + 4 + frame->payload_length;
  reader->control = wslay_is_ctrl_frame(frame->opcode);
  if (reader->control) {
    /* Half a code, which wslay takes for none. */
    if (frame->opcode == WSLAY_CONNECTION_CLOSE && frame->payload_length == 1) {
      refuse(reader, WS_CODE_PROTOCOL);
    }
    return;
  }
  reader->under_way = true;
  /* wslay holds each frame against the maximum; all fragments together are held against it here. */
  if (frame->payload_length > reader->message.max - reader->message.len) {
    refuse(reader, WS_CODE_TOO_BIG);
  }
}

static void on_frame_chunk(wslay_event_context_ptr frames,
                           const struct wslay_event_on_frame_recv_chunk_arg *chunk, void *user) {
  (void)frames;
  struct ws_reader *reader = user;
  if (!reader->control && !reader->closed) {
    buf_add(&reader->message, chunk->data, chunk->data_length);
  }
}

static void on_frame_end(wslay_event_context_ptr frames, void *user) {
  (void)frames;
  struct ws_reader *reader = user;
  reader->pending -= reader->frame_len;
}

static void on_message(wslay_event_context_ptr frames, const struct wslay_event_on_msg_recv_arg *message,
                       void *user) {
  struct ws_reader *reader = user;
  if (wslay_is_ctrl_frame(message->opcode)) {
    return; /* wslay answers these itself */
  }
  reader->under_way = false;
  if (!reader->closed) {
    reader->deliver(reader->app, (enum ws_opcode)message->opcode, buf_str(&reader->message));
  }
  buf_release(&reader->message);
  if (reader->closed) {
    wslay_event_shutdown_read(frames);
  }
}

/* ---- the reader ---- */

void ws_reader_init(struct ws_reader *reader, size_t message_max,
                    void (*deliver)(void *app, enum ws_opcode opcode, struct str message), void *app) {
  *reader = (struct ws_reader){.deliver = deliver, .app = app};
  buf_init(&reader->message, message_max);
}

static void drop_frames(struct ws_reader *reader) {
  if (reader->frames != NULL) {
    wslay_event_context_free(reader->frames);
    reader->frames = NULL;
  }
}

void ws_reader_release(struct ws_reader *reader) {
  drop_frames(reader);
  buf_release(&reader->message);
}

static void take_frames(struct ws_reader *reader) {
  static const struct wslay_event_callbacks callbacks = {
      .recv_callback = on_recv,
      .send_callback = on_send,
      .on_frame_recv_start_callback = on_frame_start,
      .on_frame_recv_chunk_callback = on_frame_chunk,
      .on_frame_recv_end_callback = on_frame_end,
      .on_msg_recv_callback = on_message,
  };
  if (wslay_event_context_server_init(&reader->frames, &callbacks, reader) != 0) {
    die("Out of memory for a WebSocket.");
  }
  /* What a frame's head promises is no reason to take memory: only what came is kept. */
  wslay_event_config_set_no_buffering(reader->frames, 1);
  wslay_event_config_set_max_recv_msg_length(reader->frames, reader->message.max);
}

static void add_close(struct ws_reader *reader) {
  struct ws_frame *frame = ws_close_frame((enum ws_code)reader->close_code);
  buf_add(reader->replies, frame->bytes, frame->len);
  ws_frame_unref(frame);
}

/* After wslay has read all that it wants: its answers, and whether it goes on. */
static void look_at(struct ws_reader *reader, int result) {
  if (result != 0) {
    ws_read_end(reader, WS_CODE_PROTOCOL);
    add_close(reader);
    return;
  }
  if (wslay_event_send(reader->frames) != 0) {
    die("Out of memory for a WebSocket.");
  }
  if (!reader->closed && !wslay_event_get_read_enabled(reader->frames)) {
    bool by_client = wslay_event_get_close_received(reader->frames) != 0;
    ws_read_end(reader, by_client ? wslay_event_get_status_code_received(reader->frames)
                                  : wslay_event_get_status_code_sent(reader->frames));
  }
}

bool ws_read(struct ws_reader *reader, struct str bytes, struct buf *replies) {
  if (reader->closed) {
    return false;
  }
  if (bytes.len == 0) {
    return true;
  }
  if (reader->frames == NULL) {
    take_frames(reader);
  }
  reader->input = bytes;
  reader->replies = replies;
  reader->pending += bytes.len;
  look_at(reader, wslay_event_recv(reader->frames));
  reader->input = STR_NONE;
  reader->replies = NULL;
  /* Its buffers are eight kilobytes: an idle connection shall not keep them. */
  if (reader->closed || (reader->pending == 0 && !reader->under_way)) {
    drop_frames(reader);
    buf_release(&reader->message);
  }
  return !reader->closed;
}

void ws_read_end(struct ws_reader *reader, enum ws_code code) {
  if (!reader->closed) {
    reader->closed = true;
    reader->close_code = (uint16_t)code;
  }
}
