#ifndef SIGAP_NET_WS_H
#define SIGAP_NET_WS_H

#include "base/buf.h"
#include "base/status.h"
#include "net/ws_frame.h"

/* The server's side of RFC 6455 without any I/O: the key of the handshake, and what a client's bytes mean.
 * Extensions are not spoken. */

enum ws_code {
  WS_CODE_NORMAL = 1000,
  WS_CODE_GOING_AWAY = 1001,
  WS_CODE_PROTOCOL = 1002,
  WS_CODE_NONE = 1005, /* a Close frame without a code; never sent */
  WS_CODE_BAD_TEXT = 1007,
  WS_CODE_POLICY = 1008,
  WS_CODE_TOO_BIG = 1009,
  WS_CODE_INTERNAL = 1011
};

#define WS_ACCEPT_SIZE 29
/* Sec-WebSocket-Accept for the client's Sec-WebSocket-Key (RFC 6455 4.2.2), NUL-terminated. STATUS_INVALID
 * where the key is not the base64 of 16 bytes. */
enum status ws_accept(struct str key, char out[WS_ACCEPT_SIZE]) MUST_CHECK;

/* Reads one client's bytes. Between messages it holds no memory but itself. */
struct ws_reader {
  struct wslay_event_context *frames; /* NULL between messages */
  struct buf message;                 /* what has come of the message under way */
  struct str input;                   /* during ws_read */
  struct buf *replies;                /* during ws_read */
  void (*deliver)(void *app, enum ws_opcode opcode, struct str message);
  void *app;
  uint64_t frame_len;  /* of the frame under way, with its header */
  uint64_t pending;    /* bytes that came, those of whole frames taken off */
  uint16_t close_code; /* once closed; an enum ws_code or a code of the client's own */
  bool under_way;      /* a message has begun and not ended */
  bool control;        /* the frame under way is a control frame */
  bool closed;         /* nothing more is read */
};

/* A message, all fragments together, has at most message_max bytes. Each one that is complete goes to
 * deliver (WS_TEXT: valid UTF-8, or WS_BINARY) during ws_read; its bytes live as long as that call, in which
 * the reader may be closed with ws_read_end but not released. */
void ws_reader_init(struct ws_reader *reader, size_t message_max,
                    void (*deliver)(void *app, enum ws_opcode opcode, struct str message), void *app);
void ws_reader_release(struct ws_reader *reader);

/* Takes the client's next bytes. Appends whole frames to `replies` (which needs room for as many bytes +
 * 256): a pong for each ping, and one Close where the client closed or broke the protocol: an unmasked,
 * reserved, fragmented control or oversized frame (1002, 1009), a text that is no UTF-8 (1007). False from
 * then on: nothing more is read, close_code says why; write the replies and end the connection. */
bool ws_read(struct ws_reader *reader, struct str bytes, struct buf *replies);
/* From now on nothing is delivered and ws_read returns false. */
void ws_read_end(struct ws_reader *reader, enum ws_code code);
/* A Close frame with this code and without a reason. */
struct ws_frame *ws_close_frame(enum ws_code code);

#endif
