#include <stdlib.h>

#include "base/log.h"
#include "live/internal.h"

/* Who is there. */

static struct live_socket **bucket(struct live_book *book, int64_t account_id) {
  return &book->sockets[(uint64_t)account_id % LIVE_BUCKETS];
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
  struct live_socket **at = bucket(book, who->account_id);
  socket->next = *at;
  *at = socket;
  return socket;
}

bool live_book_drop(struct live_book *book, socketio_id id) {
  for (size_t i = 0; i < LIVE_BUCKETS; i++) {
    for (struct live_socket **at = &book->sockets[i]; *at != NULL; at = &(*at)->next) {
      if ((*at)->id == id) {
        struct live_socket *gone = *at;
        *at = gone->next;
        free(gone);
        return true;
      }
    }
  }
  return false;
}

bool live_book_has(const struct live_book *book, int64_t account_id) {
  const struct live_socket *socket = book->sockets[(uint64_t)account_id % LIVE_BUCKETS];
  while (socket != NULL && socket->who.account_id != account_id) {
    socket = socket->next;
  }
  return socket != NULL;
}

void live_book_release(struct live_book *book) {
  for (size_t i = 0; i < LIVE_BUCKETS; i++) {
    while (book->sockets[i] != NULL) {
      struct live_socket *socket = book->sockets[i];
      book->sockets[i] = socket->next;
      free(socket);
    }
  }
}
