#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "net/http_internal.h"

/* Connections that have left HTTP: their bytes go to a handler, on the thread of the loop that has them. */

/* Nothing was sent on this connection that is still in the socket's way, so that this short head not fitting
 * means a broken connection. */
static bool send_switch(struct connection *connection, struct str headers) {
  char text[HEAD_OUT_MAX];
  struct buf out = {.at = text, .size = sizeof(text), .max = sizeof(text)};
  buf_add_text(&out, "HTTP/1.1 101 Switching Protocols\r\n");
  buf_add_str(&out, headers);
  buf_add_text(&out, "\r\n");
  ssize_t sent = out.full ? -1 : send(connection->fd, out.at, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) {
    counter_add(&connection->loop->counters.bytes_out, (uint64_t)sent);
  }
  return sent == (ssize_t)out.len;
}

bool http_upgrade(struct http_exchange *public, struct str headers, const struct http_raw_handler *handler,
                  void *app, struct http_raw **out) {
  struct exchange *exchange = (struct exchange *)public;
  struct connection *connection = exchange->connection;
  const struct http_callbacks *callbacks = &connection->loop->server->config.callbacks;
  bool sent = connection->fd >= 0 && !connection->loop->stopping && send_switch(connection, headers);
  public->status = 101;
  if (callbacks->done != NULL) {
    callbacks->done(callbacks->app, public);
  }
  connection->exchange = NULL;
  exchange_drop(connection->loop, exchange);
  connection->state = STATE_RAW;
  if (!sent) {
    connection_close(connection);
    return false;
  }
  connection->raw = handler;
  connection->raw_app = app;
  connection->raw_blocked = false;
  timer_set(connection, 0);
  *out = (struct http_raw *)connection;
  return true;
}

ssize_t http_raw_write(struct http_raw *raw, struct iovec *parts, unsigned count) {
  struct connection *connection = (struct connection *)raw;
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
  ssize_t sent;
  do {
    sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) {
    connection->raw_blocked = errno == EAGAIN || errno == EWOULDBLOCK;
    return connection->raw_blocked ? 0 : -1;
  }
  counter_add(&connection->loop->counters.bytes_out, (uint64_t)sent);
  return sent;
}

void http_raw_end(struct http_raw *raw) {
  (void)shutdown(((struct connection *)raw)->fd, SHUT_WR);
}

void http_raw_close(struct http_raw *raw) {
  struct connection *connection = (struct connection *)raw;
  connection->raw = NULL;
  connection_close(connection);
}

void http_raw_move(struct http_raw *raw, struct http_loop *loop) {
  struct connection *connection = (struct connection *)raw;
  connection->move_to = loop;
  loop_ready(connection);
}

void raw_leave(struct connection *connection) {
  struct http_loop *to = connection->move_to;
  connection->move_to = NULL;
  (void)epoll_ctl(connection->loop->epoll_fd, EPOLL_CTL_DEL, connection->fd, NULL);
  timer_drop(connection);
  loop_forget(connection);
  loop_give(to, connection);
}
