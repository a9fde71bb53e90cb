#ifndef SIGAP_LIVE_RECOVERY_H
#define SIGAP_LIVE_RECOVERY_H

#include "desk/access/access.h"
#include "live/offset.h"
#include "net/sio_socket.h"
#include "net/ws_frame.h"

/* Who comes back after a broken connection: how a socket is known again, and what is kept for it until it is
 * known whether that is all it missed (docs/decisions/0018). */

/* What a socket is called. Its client shows the pid when it comes back. */
struct live_name {
  char sid[EIO_SID_SIZE];
  char pid[SIO_PID_MAX + 1];
};
/* A new name for a socket of this caller that hears everything from `start` on. Fails as token_seal. */
enum status live_name_make(const struct who *who, const struct live_offset *start,
                           struct live_name *out) MUST_CHECK;
/* The name behind a pid, and where its socket began. STATUS_UNAUTHENTICATED: it was not given to the session
 * of this caller. */
enum status live_name_read(const struct who *who, struct str pid, struct live_name *out,
                           struct live_offset *start) MUST_CHECK;

/* Frames for one socket, in order; zeroed is empty. */
enum { LIVE_KEPT_FRAMES_MAX = 2000, LIVE_KEPT_BYTES_MAX = 2 * 1024 * 1024 };
struct live_kept {
  struct ws_frame **frames;
  uint32_t count, size;
  size_t bytes;
  bool full; /* one did not fit, and none is taken any more */
};
/* Adds its own reference. */
void live_kept_add(struct live_kept *kept, struct ws_frame *frame);
void live_kept_release(struct live_kept *kept);

#endif
