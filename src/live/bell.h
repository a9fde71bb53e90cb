#ifndef SIGAP_LIVE_BELL_H
#define SIGAP_LIVE_BELL_H

#include <pthread.h>

#include "base/ctx.h"
#include "db/listen.h"

/* What the follower waits for: that somebody of this process wakes it, that another server rang, or the
 * clock. The table of events is the truth; the bell only says when to look at it. */

struct live_bell {
  struct db_listener *listener; /* NULL: no bell between servers */
  int wake_fd;
  pthread_mutex_t lock;
  bool woken, rung, stopping; /* locked */
  /* the follower's own, but that others may ask whether it hears */
  _Atomic bool heard; /* own rings come back: others will be heard, too */
  bool due;           /* it is to be rung */
  int64_t rung_ns;    /* the last time */
  int64_t awaited_ns; /* when the first was rung that has not come back; 0: none */
};

/* url: of the PostgreSQL that other servers may write to; NULL: there are none. */
void live_bell_init(struct live_bell *bell, const char *url);
void live_bell_release(struct live_bell *bell);
/* There is something to do. Any thread. */
void live_bell_wake(struct live_bell *bell);
/* Something was committed that other servers' followers wait for. Any thread, cheap. */
void live_bell_ring(struct live_bell *bell);
/* No more waits: the next ends at once, and for good. Any thread. */
void live_bell_stop(struct live_bell *bell);

/* How long the follower may go without looking by itself. */
enum {
  LIVE_BELL_TURN_MS = 100,  /* where nobody can be relied upon to tell it */
  LIVE_BELL_HEARD_MS = 1000 /* where others' rings are heard */
};
/* Until there is something to do, at most `most_ms` and never longer than the above. deaf: whoever wakes, the
 * whole while. *news: somebody told of something new; else it was the clock. False: stopped. */
bool live_bell_wait(struct live_bell *bell, int most_ms, bool deaf, bool *news);
/* Rings, if it is to be rung, and not more often than each LIVE_BELL_RING_MS. After the wait, with the
 * follower's connection. */
enum { LIVE_BELL_RING_MS = 5 };
void live_bell_tend(struct live_bell *bell, struct ctx *ctx);

#endif
