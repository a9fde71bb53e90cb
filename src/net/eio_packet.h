#ifndef SIGAP_NET_EIO_PACKET_H
#define SIGAP_NET_EIO_PACKET_H

#include "base/buf.h"
#include "base/status.h"
#include "net/ws_frame.h"

/* Packets of Engine.IO, revision 4 of its protocol, and the payloads that carry several over HTTP. */

enum eio_type { EIO_OPEN, EIO_CLOSE, EIO_PING, EIO_PONG, EIO_MESSAGE, EIO_UPGRADE, EIO_NOOP };

struct eio_packet {
  enum eio_type type;
  bool binary;     /* a message of bytes */
  struct str data; /* after the type; never NONE */
};

/* A packet as it stands in a text frame or a payload: a digit and its data, or "b" and the base64 of a
 * binary message, which is decoded into `scratch` (its old contents go; the packet points into it).
 * STATUS_INVALID: no such type, nothing at all, wrong base64; STATUS_TOO_LARGE: beyond scratch's maximum. The
 * text must be UTF-8 already. */
enum status eio_packet_parse(struct str text, struct buf *scratch, struct eio_packet *out) MUST_CHECK;

/* Cuts the next packet off a payload, whose packets are separated by 0x1e; false at its end. Start with the
 * whole text in *rest and *more true. An empty payload has one empty packet (which is no valid one). */
bool eio_payload_next(struct str *rest, bool *more, struct str *packet);

/* A text packet as a WebSocket frame, which is also the form in which it waits for a poll. */
struct ws_frame *eio_frame_text(enum eio_type type, struct str data);
/* A binary message. */
struct ws_frame *eio_frame_binary(struct str bytes);
/* Length of the frame's packet within a payload, without a separator. */
size_t eio_payload_len(const struct ws_frame *frame);
/* Appends the frame's packet to a payload, after a separator where it is not the first. */
void eio_payload_add(struct buf *payload, const struct ws_frame *frame);

/* What the server's HTTP side refuses; the numbers are the reference's. */
enum eio_error {
  EIO_TRANSPORT_UNKNOWN = 0,
  EIO_SID_UNKNOWN = 1,
  EIO_BAD_METHOD = 2, /* a handshake is a GET */
  EIO_BAD_REQUEST = 3,
  EIO_FORBIDDEN = 4,
  EIO_VERSION_UNSUPPORTED = 5,
  EIO_ERROR_NONE = 6 /* nothing is refused */
};
/* The body of the answer (400, of 403 for EIO_FORBIDDEN): {"code":1,"message":"Session ID unknown"}. */
struct str eio_error_body(enum eio_error error);

enum eio_transport { EIO_POLLING, EIO_WEBSOCKET };

/* The query of a request to the server. */
struct eio_query {
  enum eio_transport transport;
  bool current;   /* EIO=4: the revision that is spoken here */
  struct str sid; /* NONE: a handshake; as sent, points into the query */
};
/* Reads "EIO=4&transport=polling&sid=…" as sent; what else stands there (a cache buster "t") is passed over.
 * EIO_TRANSPORT_UNKNOWN or EIO_ERROR_NONE. */
enum eio_error eio_query_parse(struct str query, struct eio_query *out) MUST_CHECK;
/* Whether a handshake may begin; in the reference's order: the method, a WebSocket without its upgrade, the
 * version. */
enum eio_error eio_handshake_check(const struct eio_query *query, bool is_get, bool is_upgrade) MUST_CHECK;

#endif
