#include "live/bell.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/problem.h"
#include "base/time.h"

enum { ECHO_MS = 1000 }; /* so long an own ring may take to come back */
#define MS INT64_C(1000000)

void live_bell_init(struct live_bell *bell, const char *url) {
  *bell = (struct live_bell){.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (bell->wake_fd < 0) {
    die("Can't make what wakes the thread that tells sockets what happens.");
  }
  pthread_mutex_init(&bell->lock, NULL);
  bell->listener = url != NULL ? db_listener_new(url) : NULL;
}

void live_bell_release(struct live_bell *bell) {
  db_listener_free(bell->listener);
  pthread_mutex_destroy(&bell->lock);
  close(bell->wake_fd);
}

/* ---- from other threads ---- */

/* A follower that was woken and has not looked yet is not woken again. */
static void wake(struct live_bell *bell, bool ring, bool stop) {
  pthread_mutex_lock(&bell->lock);
  bool asleep = !bell->woken || stop;
  bell->woken = true;
  bell->rung = bell->rung || ring;
  bell->stopping = bell->stopping || stop;
  pthread_mutex_unlock(&bell->lock);
  if (asleep && eventfd_write(bell->wake_fd, 1) != 0) {
    LOG(LOG_WARN, "Sockets' follower can't be woken.", LOG_S("reason", strerror(errno)));
  }
}

void live_bell_wake(struct live_bell *bell) {
  wake(bell, false, false);
}

void live_bell_ring(struct live_bell *bell) {
  wake(bell, bell->listener != NULL, false);
}

void live_bell_stop(struct live_bell *bell) {
  wake(bell, false, true);
}

/* ---- the follower ---- */

/* What is to be done by the clock, in milliseconds from now. */
static int64_t patience_ms(const struct live_bell *bell, int most_ms) {
  int64_t ms = bell->heard ? LIVE_BELL_HEARD_MS : LIVE_BELL_TURN_MS;
  if (bell->due && ms > LIVE_BELL_RING_MS) {
    ms = LIVE_BELL_RING_MS;
  }
  return most_ms < ms ? most_ms : ms;
}

/* Takes what other threads said. */
static bool take_wake(struct live_bell *bell, bool *stopping) {
  eventfd_t count;
  (void)eventfd_read(bell->wake_fd, &count); /* there may be none */
  pthread_mutex_lock(&bell->lock);
  bool woken = bell->woken;
  bell->woken = false;
  bell->due = bell->due || bell->rung;
  bell->rung = false;
  *stopping = bell->stopping;
  pthread_mutex_unlock(&bell->lock);
  return woken;
}

/* A connection that was opened anew may have missed rings; the own one after it says whether it hears any
 * (a pooler in between may take LISTEN for granted and deliver nothing). */
static bool take_rings(struct live_bell *bell, int64_t now_ns) {
  if (bell->listener == NULL) {
    return false;
  }
  struct db_heard heard = db_listener_turn(bell->listener, now_ns);
  short events;
  if (db_listener_fd(bell->listener, &events) < 0 || heard.opened) {
    bell->heard = false;
    bell->awaited_ns = 0;
    bell->due = bell->due || heard.opened;
  }
  if (heard.own) {
    bell->heard = true;
    bell->awaited_ns = 0;
  } else if (bell->awaited_ns != 0 && now_ns - bell->awaited_ns > ECHO_MS * MS) {
    bell->heard = false;
    bell->awaited_ns = 0;
  }
  return heard.others || heard.opened;
}

bool live_bell_wait(struct live_bell *bell, int most_ms, bool deaf, bool *news) {
  int64_t now_ns = time_monotonic_ns();
  int64_t until_ns = now_ns + patience_ms(bell, most_ms) * MS;
  bool stopping = false;
  *news = false;
  do {
    struct pollfd polled[2] = {{.fd = bell->wake_fd, .events = POLLIN}, {.fd = -1}};
    if (bell->listener != NULL) {
      polled[1].fd = db_listener_fd(bell->listener, &polled[1].events);
    }
    int64_t left_ms = (until_ns - now_ns + MS - 1) / MS;
    poll(polled, 2, left_ms > 0 ? (int)left_ms : 0);
    now_ns = time_monotonic_ns();
    bool woken = take_wake(bell, &stopping);
    bool rings = take_rings(bell, now_ns);
    *news = *news || woken || rings;
  } while (!stopping && now_ns < until_ns && (deaf || !*news));
  return !stopping;
}

void live_bell_tend(struct live_bell *bell, struct ctx *ctx) {
  int64_t now_ns = time_monotonic_ns();
  if (!bell->due || now_ns - bell->rung_ns < LIVE_BELL_RING_MS * MS) {
    return;
  }
  bell->due = false; /* also where it fails: the others look by the clock, too */
  bell->rung_ns = now_ns;
  if (db_listener_ring(bell->listener, ctx) != STATUS_OK) {
    problem_clear(ctx);
  } else if (bell->awaited_ns == 0) {
    bell->awaited_ns = now_ns;
  }
}
