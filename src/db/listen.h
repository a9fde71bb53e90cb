#ifndef SIGAP_DB_LISTEN_H
#define SIGAP_DB_LISTEN_H

#include "db/db.h"

/* The bell between the servers of one PostgreSQL: NOTIFY on one channel, heard on a connection that does
 * nothing else. It only says "look at the logs", never what is in them: who misses it looks a little later.
 * Why it is rung beside the commits, and not in them: docs/decisions/0019-bell.md. For one thread. */

struct db_listener;

/* What was heard since the last turn. */
struct db_heard {
  bool opened; /* the connection listens from now on: what was rung before may have been missed */
  bool others; /* somebody else rang */
  bool own;    /* an own ring came back: rings do arrive here */
};

/* url: a PostgreSQL's address, copied. Connects in db_listener_turn. */
struct db_listener *db_listener_new(const char *url);
/* NULL is fine. */
void db_listener_free(struct db_listener *listener);
/* What to wait for, POLLIN or POLLOUT in *events; -1: nothing, no connection is under way. */
int db_listener_fd(const struct db_listener *listener, short *events);
/* Goes on as far as it can without waiting (but for the name of the server), and opens a lost connection
 * again, at most once a second. now_ns: time_monotonic_ns(). */
struct db_heard db_listener_turn(struct db_listener *listener, int64_t now_ns);
/* Rings for all listeners of the database, by a short transaction of its own on ctx->db, which is a
 * PostgreSQL's and within none. */
enum status db_listener_ring(struct db_listener *listener, struct ctx *ctx) MUST_CHECK;

#endif
