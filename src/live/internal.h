#ifndef SIGAP_LIVE_INTERNAL_H
#define SIGAP_LIVE_INTERNAL_H

#include "live/audience.h"
#include "live/bell.h"
#include "live/live.h"
#include "live/offset.h"
#include "live/recovery.h"

/* Shared by the room's own files only. All of it belongs to the follower's thread. */

/* A socket that was let in. */
struct live_socket {
  struct live_socket *next, **at; /* of the bucket of its account; what points to it */
  struct live_socket *next_id;    /* of the bucket of its id */
  socketio_id id;
  struct who who; /* without its texts */
  struct live_rooms rooms;
};

enum { LIVE_BUCKETS = 4096 };

struct live_book {
  struct live_socket *by_account[LIVE_BUCKETS];
  struct live_socket *by_id[LIVE_BUCKETS];
};
struct live_socket *live_book_add(struct live_book *book, socketio_id id, const struct who *who);
/* False: there is none. */
bool live_book_drop(struct live_book *book, socketio_id id);
/* The account's sockets one after the other, or all where account_id is 0, in no order. NULL: no more. Whose
 * next is known may be dropped. */
struct live_socket *live_book_first(const struct live_book *book, int64_t account_id);
struct live_socket *live_book_next(const struct live_book *book, const struct live_socket *socket,
                                   int64_t account_id);
/* Whether the account has one. */
bool live_book_has(const struct live_book *book, int64_t account_id);
void live_book_release(struct live_book *book);

/* One way along the logs: what lies behind `at` is told, and `at` moves. */
struct telling {
  struct ctx *ctx; /* with an arena that is emptied after each turn */
  const struct live_printer *printer;
  struct socketio *server;
  struct live_book *book;
  struct live_offset at;
  const struct live_socket *only;  /* a replay to this one; NULL: to all rooms */
  const struct live_offset *until; /* of a replay: nothing beyond */
  struct live_kept *kept;          /* of a replay: what it would send. NULL: it is sent */
  /* Of a session that ended, as EVENT_SESSION_ENDED says; not called in a replay. */
  void (*ended)(void *app, const struct event *event);
  void *app;
};
enum { LIVE_BATCH = 100 };
/* At most LIVE_BATCH events and as many notices. *more: there is more at once. On failure `at` stands behind
 * what was told. */
enum status live_tell(struct telling *telling, bool *more) MUST_CHECK;
/* An event without a subject: `{}`. */
void live_tell_plain(const struct telling *telling, const char *name);

#endif
