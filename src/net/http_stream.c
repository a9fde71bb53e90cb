#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/time.h"
#include "net/http_internal.h"

/* An answer that is sent while it is made. The thread that makes it writes to the socket itself and sleeps
 * while there is no room: nothing is queued, nothing is locked. Its loop does not touch the exchange
 * meanwhile, and where the connection ends it only shuts the socket, so that the descriptor stays what it is
 * until the exchange comes back (see connection_close). */

enum {
  UNSENT_MAX = 256 * 1024 - HTTP_STREAM_PIECE, /* in the kernel: with our piece it makes 256 KiB */
  CHUNK_LINE_MAX = 20,
  PARTS_MAX = 7
};

static int64_t now_ms(void) {
  return time_monotonic_ns() / 1000000;
}

static int64_t time_for_ms(const struct http_limits *limits, uint64_t bytes) {
  uint32_t rate = limits->min_rate_bytes_s;
  return rate == 0 ? 0 : (int64_t)(bytes * 1000 / rate);
}

/* Waits until the socket takes more. False: too slow, or nobody is there. */
static bool wait_for_room(struct exchange *exchange, int64_t deadline_ms) {
  const struct http_limits *limits = &exchange->public.loop->server->config.limits;
  int64_t before = now_ms();
  int64_t all_left = limits->write_timeout_ms + time_for_ms(limits, exchange->sent) - exchange->waited_ms;
  int64_t left = deadline_ms - before < all_left ? deadline_ms - before : all_left;
  if (left <= 0) {
    exchange->too_slow = true;
    return false;
  }
  struct pollfd polled = {.fd = exchange->connection->fd, .events = POLLOUT};
  int ready = poll(&polled, 1, left < INT32_MAX ? (int)left : INT32_MAX);
  exchange->waited_ms += now_ms() - before;
  return ready >= 0 ? (polled.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0 : errno == EINTR;
}

static bool send_parts(struct exchange *exchange, struct iovec *parts, size_t count) {
  const struct http_limits *limits = &exchange->public.loop->server->config.limits;
  size_t len = 0;
  for (size_t i = 0; i < count; i++) {
    len += parts[i].iov_len;
  }
  int64_t deadline_ms = now_ms() + limits->write_timeout_ms + time_for_ms(limits, len);
  while (len > 0) {
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    ssize_t sent = sendmsg(exchange->connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      bool wait = errno == EAGAIN || errno == EWOULDBLOCK;
      if (errno != EINTR && (!wait || !wait_for_room(exchange, deadline_ms))) {
        return false;
      }
      continue;
    }
    exchange->sent += (size_t)sent;
    len -= (size_t)sent;
    size_t skip = (size_t)sent;
    while (count > 0 && skip >= parts->iov_len) {
      skip -= parts->iov_len;
      parts++;
      count--;
    }
    if (count > 0) {
      parts->iov_base = (char *)parts->iov_base + skip;
      parts->iov_len -= skip;
    }
  }
  return true;
}

static void add_part(struct iovec parts[PARTS_MAX], size_t *count, struct str text) {
  if (text.len > 0) {
    parts[(*count)++] = (struct iovec){(void *)text.at, text.len};
  }
}

static bool begin(struct exchange *exchange) {
  int unsent = UNSENT_MAX;
  exchange->streamed = true;
  exchange->broken = !answer_build_stream(exchange);
  (void)setsockopt(exchange->connection->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
  return !exchange->broken;
}

/* The head, where it has not been sent, and body_out as a chunk; at the end the last chunk, too. */
static bool send_piece(struct exchange *exchange, bool last) {
  struct http_exchange *public = &exchange->public;
  struct iovec parts[PARTS_MAX];
  size_t count = 0;
  if (!exchange->streamed) {
    if (!begin(exchange)) {
      return false;
    }
    add_part(parts, &count, (struct str){exchange->head_out, exchange->head_out_len});
    add_part(parts, &count, buf_str(&public->headers));
    add_part(parts, &count, STR("\r\n"));
  }
  char line[CHUNK_LINE_MAX];
  bool chunked = public->head.minor_version > 0;
  if (!exchange->headless && public->body_out.len > 0) {
    int len = snprintf(line, sizeof(line), "%zx\r\n", public->body_out.len);
    add_part(parts, &count, chunked ? (struct str){line, (size_t)len} : STR(""));
    add_part(parts, &count, buf_str(&public->body_out));
    add_part(parts, &count, chunked ? STR("\r\n") : STR(""));
  }
  if (!exchange->headless && chunked && last) {
    add_part(parts, &count, STR("0\r\n\r\n"));
  }
  exchange->broken = !send_parts(exchange, parts, count);
  buf_clear(&public->body_out);
  return !exchange->broken;
}

bool http_stream_send(struct http_exchange *public) {
  struct exchange *exchange = (struct exchange *)public;
  bool done = exchange->streamed && (exchange->broken || exchange->headless);
  return !done && send_piece(exchange, false) && !exchange->headless;
}

bool http_stream_end(struct http_exchange *public, bool whole) {
  struct exchange *exchange = (struct exchange *)public;
  /* After the head of a HEAD nothing is missing, whatever the handler made of being stopped. */
  whole = whole || (exchange->streamed && exchange->headless);
  bool sent = whole && !(exchange->streamed && exchange->broken) && send_piece(exchange, true);
  exchange->broken = !sent;
  exchange->streamed = true;
  public->next = NULL;
  http_resume_all(public, connection_streamed);
  return sent;
}
