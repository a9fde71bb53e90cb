#ifndef SIGAP_NET_WS_FRAME_H
#define SIGAP_NET_WS_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/status.h"
#include "base/str.h"

/* WebSocket frames from the server to a client, and the queue of one connection. A frame is encoded once and
 * may stand in any number of queues, of any threads: it counts its references. */

enum ws_opcode { WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

enum { WS_HEAD_MAX = 10 };

struct ws_frame {
  _Atomic uint32_t references;
  uint8_t opcode;   /* enum ws_opcode */
  uint8_t head_len; /* of RFC 6455's header, which comes first in `bytes` */
  size_t len;       /* header and payload */
  char bytes[];
};

/* A whole, unmasked, unfragmented frame whose payload is first + second (either may be empty). The caller has
 * the only reference. Never NULL (out of memory aborts); the caller has limited the payload. */
struct ws_frame *ws_frame_new(enum ws_opcode opcode, struct str first, struct str second)
    __attribute__((returns_nonnull));
/* Bytes that are whole frames already: what ws_read replies. */
struct ws_frame *ws_frame_ready(struct str frames) __attribute__((returns_nonnull));
struct ws_frame *ws_frame_ref(struct ws_frame *frame);
/* Drops a reference, the last one frees. Any thread. NULL is fine. */
void ws_frame_unref(struct ws_frame *frame);
/* The payload, as long as the caller has a reference. */
struct str ws_frame_payload(const struct ws_frame *frame);

/* What waits to be written to one connection, in order; holds references. Zeroed is empty. */
struct ws_queue {
  struct ws_frame **ring; /* NULL while empty: an idle connection pays nothing */
  uint32_t size;          /* a power of two, or 0 */
  uint32_t first;
  uint32_t count;
  size_t bytes; /* of all frames in it, headers included, the part of the first one that was sent as well */
  size_t sent;  /* bytes of the first frame that are written already */
};

struct ws_queue_limits {
  size_t bytes_max;    /* frames that together have more are not taken, but a lone one always is */
  uint32_t frames_max; /* at most */
};

/* Appends all of the frames (adding a reference to each) or, where they would pass a limit, none:
 * STATUS_TOO_MANY. */
enum status ws_queue_push(struct ws_queue *queue, const struct ws_queue_limits *limits,
                          struct ws_frame *const *frames, uint32_t count) MUST_CHECK;
/* The first frame, NULL where none is; the queue keeps its reference. */
struct ws_frame *ws_queue_peek(const struct ws_queue *queue);
/* Takes the first frame out and drops its reference. There must be one. */
void ws_queue_drop(struct ws_queue *queue);
/* Appends everything of `from`, of which nothing may be sent in part, to `to`, and leaves `from` empty. No
 * limit: what was queued is never lost on the way from one transport to the next. */
void ws_queue_move(struct ws_queue *to, struct ws_queue *from);
/* Fills up to `max` vectors with what is to be written next; returns how many. */
unsigned ws_queue_gather(const struct ws_queue *queue, struct iovec *vectors, unsigned max);
/* So many bytes of that were written: whole frames leave the queue. */
void ws_queue_sent(struct ws_queue *queue, size_t bytes);
/* Drops all; the queue is empty and may be used again. */
void ws_queue_release(struct ws_queue *queue);

#endif
