#ifndef SIGAP_LIVE_H
#define SIGAP_LIVE_H

#include "base/buf.h"
#include "base/ctx.h"
#include "desk/event/event.h"
#include "desk/notice/notice.h"
#include "desk/technician/technician.h"
#include "desk/ticket/ticket.h"
#include "net/eio_server.h"

/* Pushes what was committed to open sockets (Socket.IO, namespace "/"): follows the event log and the notices
 * on a thread and a connection of its own, and sends each to those who may read what it is about. It does not
 * matter who made the change, or through which dialect. */

struct live;

/* How an event is told: its name on the wire (static) and one JSON value. *name NULL: it is not told. Called
 * on the follower's thread with a ctx whose caller may read everything of the tenant. */
struct live_printer {
  /* EVENT_TICKET_CREATED, _ASSIGNED, _STATUS, with the ticket as it is by now. */
  enum status (*ticket)(struct ctx *ctx, const struct event *event, const struct ticket *ticket,
                        const char **name, struct buf *json);
  /* EVENT_TECHNICIAN_MOVED, _AVAILABLE, with the technician as they are by now. */
  enum status (*technician)(struct ctx *ctx, const struct event *event, const struct technician *technician,
                            const char **name, struct buf *json);
  /* In the language of whom it is for (enum language). */
  enum status (*notice)(struct ctx *ctx, const struct notice *notice, int language, const char **name,
                        struct buf *json);
};

struct live_config {
  struct db *db;        /* the follower's own connection, the caller's again after live_stop */
  const char *bell_url; /* the PostgreSQL that it shares with other servers; NULL: there are none */
  struct live_printer printer;
  uint32_t ping_interval_ms, ping_timeout_ms;
  unsigned threads; /* of the HTTP server */
};
struct live *live_new(const struct live_config *config);
/* What takes the requests to "/socket.io/": to be bound before the HTTP server starts. */
struct eio_server *live_engine(struct live *live);
void live_start(struct live *live);
/* There may be something new: after a commit. Any thread, cheap. */
void live_wake(struct live *live);
/* There is, and other servers' followers shall hear of it: after a commit that called db_ring. Likewise. */
void live_ring(struct live *live);
/* Ends the thread and closes all sockets; before http_server_stop. Without a start, or twice, it does nothing
 * more. */
void live_stop(struct live *live);
/* After http_server_free. NULL is fine. */
void live_free(struct live *live);
/* Whether other servers are heard at once, by the bell of the database they share. Any thread. */
bool live_hears(const struct live *live);
/* Sockets that were let in and are open. Any thread. */
uint32_t live_sockets(const struct live *live);

#endif
