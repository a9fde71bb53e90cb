#ifndef SIGAP_DESK_SYNC_H
#define SIGAP_DESK_SYNC_H

#include "base/ctx.h"
#include "base/id.h"
#include "desk/inventory/inventory.h"
#include "desk/notice/notice.h"
#include "desk/technician/technician.h"
#include "desk/ticket/ticket.h"

/* What changed for one person since a position: committed events, not a clock. Gap-free and free of
 * repetitions while others write. */

enum { SYNC_ROWS_MAX = 1000 }; /* rows an answer: tickets, removed, notices, assignments together */
struct sync {
  struct str next;        /* opaque position for the next call; printable, at most 120 characters */
  bool full;              /* everything that may be seen is being told, not only changes */
  bool has_more;          /* call again at once with `next` */
  struct ticket *tickets; /* as they are now; each once */
  size_t ticket_count;
  struct uuid *removed; /* no longer to be seen: removed, or given to somebody else */
  size_t removed_count;
  struct notice *notices; /* new, or read meanwhile */
  size_t notice_count;
  struct assignment *assignments; /* the caller's own; staff above technicians: none */
  size_t assignment_count;
  struct technician *technician; /* the caller's own record where it changed (or full); NULL */
};
extern const struct problem_kind sync_bad_position; /* INVALID; fault on "last_sync" */
/* position NONE or empty: full. An RFC 3339 time is taken, too: all that changed since (by what was committed
 * from then on, with a margin for clocks, so that it may repeat and never loses). A position of another
 * account or of a store that was restored behind it: full. */
enum status sync_pull(struct ctx *ctx, struct str position, struct sync *out) MUST_CHECK;

#endif
