#ifndef SIGAP_NET_SIO_PACKET_H
#define SIGAP_NET_SIO_PACKET_H

#include "base/buf.h"
#include "base/status.h"
#include "net/ws_frame.h"

/* Packets of Socket.IO, revision 5 of its protocol, each within a message of Engine.IO. JSON stays text: it
 * is checked, never built. */

enum sio_type {
  SIO_CONNECT,
  SIO_DISCONNECT,
  SIO_EVENT,
  SIO_ACK,
  SIO_CONNECT_ERROR,
  SIO_BINARY_EVENT,
  SIO_BINARY_ACK
};

enum { SIO_NAMESPACE_MAX = 128, SIO_NO_ID = -1 };

struct sio_packet {
  enum sio_type type;
  uint32_t attachments; /* binary messages that belong to it; 0 but in BINARY_* */
  struct str nsp;       /* "/" or "/custom" */
  int64_t id;           /* of an acknowledgement, 0 to 2^53 - 1; SIO_NO_ID: none */
  struct str data;      /* JSON; NONE: none */
  struct str event; /* of an event: the first element as it stands there, a string in quotes or a number */
  struct str arguments; /* of an event: what stands behind that, "1,{}"; NONE: nothing */
};

/* Reads the text of a message. Everything points into it. STATUS_INVALID: no packet of a client: unknown
 * type, a number of attachments that is none or 0, a namespace that is too long or has control characters, an
 * id out of range, JSON that is none or doesn't fit the type (CONNECT: nothing or an object; DISCONNECT:
 * nothing; events: an array that begins with a string or a number and no reserved name; acknowledgements: an
 * id and an array; CONNECT_ERROR: a string or an object), a placeholder of no attachment. STATUS_TOO_LARGE:
 * JSON that is nested too deep, more than attachments_max attachments. */
enum status sio_packet_parse(struct str text, uint32_t attachments_max, struct sio_packet *out) MUST_CHECK;

/* The packet as a frame to be sent or shared. `event` and `arguments` are not looked at; `data` is written as
 * it is. The attachments follow as frames of eio_frame_binary. */
struct ws_frame *sio_frame(const struct sio_packet *packet) __attribute__((returns_nonnull));
/* `["name",arguments]`, the data of an event. The name is one without characters that JSON would escape. */
void sio_event_data(struct buf *out, const char *name, struct str arguments);

#endif
