#ifndef SIGAP_DESK_SYNC_INTERNAL_H
#define SIGAP_DESK_SYNC_INTERNAL_H

#include "desk/event/event.h"
#include "desk/sync/sync.h"

/* What the files of this noun share; nobody else includes it. */

/* What is told at the moment; everything is told in this order, then changes alone. Stands in positions that
 * clients keep: never renumber. */
enum sync_phase {
  SYNC_CHANGES,
  SYNC_FULL_TICKETS,
  SYNC_FULL_ASSIGNMENTS,
  SYNC_FULL_NOTICES,
  SYNC_PHASE_COUNT
};
struct sync_position {
  enum sync_phase phase;
  int role; /* enum role of the caller when it was answered */
  int64_t account_id;
  struct event_position event, notice;
  int64_t cursor; /* of the full phases: the last ticket told; how many assignments were */
};

/* ---- sync_position.c ---- */
/* Where to go on from a client's text: sync_bad_position, or a start from the beginning (see sync_pull). */
enum status sync_position_read(struct ctx *ctx, struct str text, struct sync_position *out) MUST_CHECK;
/* At most 120 characters, in the arena. */
struct str sync_position_print(struct ctx *ctx, const struct sync_position *position);

#endif
