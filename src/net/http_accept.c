#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/http_internal.h"

enum { ACCEPTS_A_TURN = 64, PAUSE_MS = 100 };

static void poll_listener(struct http_loop *loop, bool on) {
  struct epoll_event event = {.events = on ? EPOLLIN : 0, .data.ptr = &loop->server->listen_fd};
  if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, loop->server->listen_fd, &event) != 0) {
    LOG(LOG_ERROR, "The listening socket could not be polled.", LOG_N("errno", errno));
  }
}

/* Nothing can be accepted now: looks again in a moment instead of being told without end. */
static void pause_listener(struct http_loop *loop) {
  poll_listener(loop, false);
  loop->listen_again_ms = loop->now_ms + PAUSE_MS;
}

/* Descriptors have run out. The one kept in reserve makes room to take a connection and turn it away, so that
 * clients learn at once; where even that fails, pauses. */
static bool turn_away(struct http_loop *loop) {
  struct http_server *server = loop->server;
  if (server->reserve_fd >= 0) {
    close(server->reserve_fd);
    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      close(fd);
    }
    server->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && server->reserve_fd >= 0) {
      return true;
    }
  }
  pause_listener(loop);
  return false;
}

void accept_again(struct http_loop *loop) {
  struct http_server *server = loop->server;
  loop->listen_again_ms = 0;
  if (server->reserve_fd < 0) {
    server->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  if (server->listen_fd >= 0) {
    poll_listener(loop, true);
  }
}

static void send_full(int fd) {
  static const char text[] =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\nRetry-After: 1\r\n\r\n";
  if (send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
    shutdown(fd, SHUT_WR);
  }
}

static void hand_to_loop(struct http_server *server, struct connection *connection, struct http_loop *here) {
  struct http_loop *loop = &server->loops[server->next_loop++ % server->config.threads];
  if (loop == here) {
    loop_adopt(loop, connection);
  } else {
    loop_give(loop, connection);
  }
}

static void take(struct http_loop *loop, int fd, const struct sockaddr_storage *address) {
  struct http_server *server = loop->server;
  if (atomic_load_explicit(&server->open, memory_order_relaxed) >= server->config.limits.connections_max) {
    counter_add(&loop->counters.refused, 1);
    send_full(fd);
    close(fd);
    return;
  }
  struct connection *connection = calloc(1, sizeof(*connection));
  if (connection == NULL) {
    close(fd);
    return;
  }
  int one = 1;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  connection->fd = fd;
  connection->loop = loop;
  peer_text(address, connection->peer);
  connection->peer_trusted = peer_trusted(server->trusted, server->trusted_count, connection->peer);
  counter_add(&loop->counters.accepted, 1);
  atomic_fetch_add_explicit(&server->open, 1, memory_order_relaxed);
  hand_to_loop(server, connection, loop);
}

void accept_some(struct http_loop *loop) {
  struct http_server *server = loop->server;
  for (int i = 0; i < ACCEPTS_A_TURN && server->listen_fd >= 0; i++) {
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    int fd = accept4(server->listen_fd, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      take(loop, fd, &address);
      continue;
    }
    switch (errno) {
      case EAGAIN:
        return;
      case EMFILE:
      case ENFILE:
        counter_add(&loop->counters.refused, 1);
        if (!turn_away(loop)) {
          return;
        }
        break;
      case ENOBUFS:
      case ENOMEM:
        pause_listener(loop);
        return;
      default:
        break; /* the client went away, or a signal came: the next one */
    }
  }
}
