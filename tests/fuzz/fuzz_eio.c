#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/eio_session.h"
#include "net/ws.h"

/* A session of Engine.IO that hears the input in three ways: as the query of a request, as the body of a
 * POST, and as the bytes of a WebSocket that is its transport or its probe. Whatever comes, what was
 * delivered has a client who sent it, the session closes once, and everything it queued is well-formed. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX = 4096 };
#define MS INT64_C(1000000)

static const struct eio_config config = {
    .ping_interval_ns = 300 * MS,
    .ping_timeout_ns = 200 * MS,
    .upgrade_timeout_ns = 1000 * MS,
    .close_timeout_ns = 3000 * MS,
    .max_payload = MAX,
    .queue = {.bytes_max = 20000, .frames_max = 100},
};

struct host {
  struct eio_session session;
  struct eio_ws ws;
  struct ws_reader reader;
  size_t delivered; /* bytes of messages */
  int closed;
};

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

static void on_message(void *app, struct eio_session *session, bool binary, struct str data, int64_t now_ns) {
  struct host *host = app;
  (void)now_ns;
  must(host->closed == 0);
  must(data.at != NULL && data.len <= MAX && (binary || str_utf8(data)));
  host->delivered += data.len;
  struct ws_frame *frame = binary ? eio_frame_binary(data) : eio_frame_text(EIO_MESSAGE, data);
  eio_session_send(session, &frame, 1);
  ws_frame_unref(frame);
}

static void on_closed(void *app, struct eio_session *session, enum eio_reason reason) {
  (void)session;
  must(reason != EIO_OPEN_STILL);
  ((struct host *)app)->closed++;
}

static const struct eio_handler handler = {.message = on_message, .closed = on_closed};

static void on_frame(void *app, enum ws_opcode opcode, struct str message) {
  struct host *host = app;
  must(message.len <= MAX && (opcode == WS_BINARY || str_utf8(message)));
  if (host->ws.session != NULL) {
    eio_session_ws_message(host->ws.session, &host->ws, opcode, message, MS);
  }
  if (host->ws.session == NULL) {
    ws_read_end(&host->reader, WS_CODE_NORMAL);
  }
}

/* Answers a due poll, and reads the answer as a client would. */
static void answer_poll(struct host *host) {
  if (!eio_session_poll_due(&host->session)) {
    return;
  }
  CLEANUP_BUF struct buf payload;
  buf_init(&payload, 1 << 20);
  eio_session_poll_take(&host->session, &payload);
  CLEANUP_BUF struct buf scratch;
  buf_init(&scratch, 1 << 20);
  struct str rest = buf_str(&payload);
  struct str text;
  bool more = true;
  while (eio_payload_next(&rest, &more, &text)) {
    struct eio_packet packet;
    must(eio_packet_parse(text, &scratch, &packet) == STATUS_OK);
  }
}

static void host_init(struct host *host, bool websocket) {
  *host = (struct host){0};
  eio_session_init(&host->session, &config, &handler, host, STR("sid"), websocket ? &host->ws : NULL, 0);
  answer_poll(host);
}

static void host_release(struct host *host) {
  must(host->closed == (host->session.reason != EIO_OPEN_STILL));
  eio_session_wake(&host->session, 10000 * MS);
  eio_session_wake(&host->session, 20000 * MS);
  answer_poll(host);
  must(host->closed == 1 && eio_session_done(&host->session));
  eio_session_release(&host->session);
  ws_queue_release(&host->ws.out);
}

static void as_query(struct str text) {
  struct eio_query query;
  enum eio_error error = eio_query_parse(text, &query);
  must(eio_error_body(error).len > 0 || error == EIO_ERROR_NONE);
  if (error == EIO_ERROR_NONE && query.sid.at != NULL) {
    must(query.sid.at > text.at && query.sid.at + query.sid.len <= text.at + text.len);
  }
}

static void as_post(struct str text) {
  struct host host;
  host_init(&host, false);
  must(eio_session_poll(&host.session));
  (void)!eio_session_post(&host.session, text, MS);
  must(host.delivered <= text.len);
  answer_poll(&host);
  host_release(&host);
}

static void as_websocket(struct str bytes, bool probe) {
  struct host host;
  host_init(&host, !probe);
  if (probe) {
    must(eio_session_probe(&host.session, &host.ws, 0));
    must(eio_session_poll(&host.session));
  }
  ws_reader_init(&host.reader, MAX, on_frame, &host);
  CLEANUP_BUF struct buf replies;
  buf_init(&replies, bytes.len + 256);
  size_t cut = bytes.len > 0 ? (uint8_t)bytes.at[bytes.len - 1] % (bytes.len + 1) : 0;
  bool open = ws_read(&host.reader, (struct str){bytes.at, cut}, &replies) &&
              ws_read(&host.reader, (struct str){bytes.at + cut, bytes.len - cut}, &replies);
  must(!replies.full);
  must(open || host.reader.close_code != 0);
  must(host.delivered <= bytes.len);
  if (!open && host.ws.session != NULL) {
    eio_session_ws_gone(host.ws.session, &host.ws);
  }
  answer_poll(&host);
  ws_reader_release(&host.reader);
  host_release(&host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct str text = {(const char *)data, size};
  as_query(text);
  as_post(text);
  as_websocket(text, false);
  as_websocket(text, true);
  return 0;
}
