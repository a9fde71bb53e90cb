#include <stdlib.h>

#include "base/log.h"
#include "live/internal.h"

/* Who is there: by account, as events ask for them, and by number, as they go. */

static size_t bucket_of(uint64_t number) {
  return number % LIVE_BUCKETS;
}

struct live_socket *live_book_add(struct live_book *book, socketio_id id, const struct who *who) {
  struct live_socket *socket = calloc(1, sizeof *socket);
  if (socket == NULL) {
    die("Out of memory for a socket.");
  }
  socket->id = id;
  socket->who = *who;
  socket->who.name = socket->who.email = STR_NONE;
  live_rooms_of_caller(who, &socket->rooms);
  struct live_socket **of_account = &book->by_account[bucket_of((uint64_t)who->account_id)];
  socket->next = *of_account;
  socket->at = of_account;
  if (socket->next != NULL) {
    socket->next->at = &socket->next;
  }
  *of_account = socket;
  struct live_socket **of_id = &book->by_id[bucket_of(id)];
  socket->next_id = *of_id;
  *of_id = socket;
  return socket;
}

bool live_book_drop(struct live_book *book, socketio_id id) {
  struct live_socket **at = &book->by_id[bucket_of(id)];
  while (*at != NULL && (*at)->id != id) {
    at = &(*at)->next_id;
  }
  struct live_socket *gone = *at;
  if (gone == NULL) {
    return false;
  }
  *at = gone->next_id;
  *gone->at = gone->next;
  if (gone->next != NULL) {
    gone->next->at = gone->at;
  }
  free(gone);
  return true;
}

/* The first in this chain, or in those behind it where all are meant. */
static struct live_socket *find(const struct live_book *book, struct live_socket *socket, size_t bucket,
                                int64_t account_id) {
  if (account_id != 0) {
    while (socket != NULL && socket->who.account_id != account_id) {
      socket = socket->next;
    }
    return socket;
  }
  while (socket == NULL && ++bucket < LIVE_BUCKETS) {
    socket = book->by_account[bucket];
  }
  return socket;
}

struct live_socket *live_book_first(const struct live_book *book, int64_t account_id) {
  size_t bucket = bucket_of((uint64_t)account_id);
  return find(book, book->by_account[bucket], bucket, account_id);
}

struct live_socket *live_book_next(const struct live_book *book, const struct live_socket *socket,
                                   int64_t account_id) {
  return find(book, socket->next, bucket_of((uint64_t)socket->who.account_id), account_id);
}

bool live_book_has(const struct live_book *book, int64_t account_id) {
  return live_book_first(book, account_id) != NULL;
}

void live_book_release(struct live_book *book) {
  struct live_socket *next = NULL;
  for (struct live_socket *socket = live_book_first(book, 0); socket != NULL; socket = next) {
    next = live_book_next(book, socket, 0);
    live_book_drop(book, socket->id);
  }
}
