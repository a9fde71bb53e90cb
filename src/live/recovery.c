#include "live/recovery.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "desk/session/session.h"
#include "net/socketio.h"

/* A pid is "<sid>.<offset>.<seal>". The seal is over that and the session it was given to, so that nothing is
 * kept for a socket that has gone, any node of the service knows it, and it outlives a restart. */

enum {
  SID_LEN = EIO_SID_SIZE - 1,
  SEAL_LEN = TOKEN_SEAL_SIZE - 1,
  PLAIN_MAX = SID_LEN + 1 + LIVE_OFFSET_SIZE
};
_Static_assert(PLAIN_MAX + 1 + SEAL_LEN <= SIO_PID_MAX, "a pid has the room that the protocol gives it");
enum { SEALED_MAX = PLAIN_MAX + UUID_TEXT_SIZE + 32 };

/* What is sealed of a pid whose text begins so. */
static struct str sealed_text(const struct who *who, struct str plain, char out[SEALED_MAX]) {
  char account[UUID_TEXT_SIZE];
  int len = snprintf(out, SEALED_MAX, "socket %" PRId64 " %s %.*s", who->session_id,
                     uuid_print(who->uuid, account), STR_ARG(plain));
  return (struct str){out, (size_t)len};
}

enum status live_name_make(const struct who *who, const struct live_offset *start, struct live_name *out) {
  struct live_name name;
  char offset[LIVE_OFFSET_SIZE];
  char seal[TOKEN_SEAL_SIZE];
  char sealed[SEALED_MAX];
  socketio_sid(name.sid);
  int len = snprintf(name.pid, sizeof name.pid, "%s.%s", name.sid, live_offset_print(start, offset));
  TRY(token_seal(sealed_text(who, (struct str){name.pid, (size_t)len}, sealed), seal));
  snprintf(name.pid + len, sizeof name.pid - (size_t)len, ".%s", seal);
  *out = name;
  return STATUS_OK;
}

enum status live_name_read(const struct who *who, struct str pid, struct live_name *out,
                           struct live_offset *start) {
  char sealed[SEALED_MAX];
  if (pid.len > SIO_PID_MAX || pid.len < SID_LEN + 1 + 1 + SEAL_LEN) {
    return STATUS_UNAUTHENTICATED;
  }
  struct str plain = {pid.at, pid.len - SEAL_LEN - 1};
  struct str seal = {pid.at + plain.len + 1, SEAL_LEN};
  if (plain.len > PLAIN_MAX || pid.at[plain.len] != '.') {
    return STATUS_UNAUTHENTICATED;
  }
  TRY(token_seal_check(sealed_text(who, plain, sealed), seal));
  /* Ours, so in the form that we write. */
  struct str offset = {plain.at + SID_LEN + 1, plain.len - SID_LEN - 1};
  if (live_offset_parse(offset, start) != STATUS_OK) {
    return STATUS_BROKEN;
  }
  memcpy(out->sid, plain.at, SID_LEN);
  out->sid[SID_LEN] = '\0';
  memcpy(out->pid, pid.at, pid.len);
  out->pid[pid.len] = '\0';
  return STATUS_OK;
}

void live_kept_add(struct live_kept *kept, struct ws_frame *frame) {
  kept->full =
      kept->full || kept->count == LIVE_KEPT_FRAMES_MAX || frame->len > LIVE_KEPT_BYTES_MAX - kept->bytes;
  if (kept->full) {
    return;
  }
  if (kept->count == kept->size) {
    kept->size = kept->size > 0 ? kept->size * 2 : 16;
    kept->frames = realloc(kept->frames, kept->size * sizeof *kept->frames);
    if (kept->frames == NULL) {
      die("Out of memory for what a socket missed.");
    }
  }
  kept->frames[kept->count++] = ws_frame_ref(frame);
  kept->bytes += frame->len;
}

void live_kept_release(struct live_kept *kept) {
  for (uint32_t i = 0; i < kept->count; i++) {
    ws_frame_unref(kept->frames[i]);
  }
  free(kept->frames);
  *kept = (struct live_kept){0};
}
