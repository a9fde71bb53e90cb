#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/log.h"
#include "net/http_internal.h"

static void add(struct exchange *exchange, const char *bytes, size_t len) {
  if (len > HEAD_OUT_MAX - exchange->head_out_len) {
    die("The head of an answer is longer than was reckoned.");
  }
  memcpy(exchange->head_out + exchange->head_out_len, bytes, len);
  exchange->head_out_len += (uint32_t)len;
}

static void add_text(struct exchange *exchange, const char *text) {
  add(exchange, text, strlen(text));
}

static void add_number(struct exchange *exchange, uint64_t number) {
  char digits[20];
  size_t at = sizeof(digits);
  do {
    digits[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  add(exchange, digits + at, sizeof(digits) - at);
}

static void add_status_line(struct exchange *exchange, int status) {
  if (status == 200) {
    add(exchange, "HTTP/1.1 200 OK\r\n", 17);
    return;
  }
  add(exchange, "HTTP/1.1 ", 9);
  add_number(exchange, (uint64_t)status);
  add(exchange, " ", 1);
  add_text(exchange, http_reason(status));
  add(exchange, "\r\n", 2);
}

/* A handler that left no valid status or went over a maximum: the client gets a 500 instead of half an
 * answer. */
static void check(struct http_exchange *public) {
  bool too_long = public->headers.full || public->body_out.full;
  if (public->status >= 200 && public->status <= 599 && !too_long) {
    return;
  }
  LOG(LOG_ERROR, too_long ? "An answer went over its maximum." : "An answer has no valid status.",
      LOG_S("request_id", public->request_id), LOG_N("status", public->status));
  public->status = 500;
  buf_clear(&public->headers);
  buf_clear(&public->body_out);
}

void answer_build(struct exchange *exchange) {
  struct http_exchange *public = &exchange->public;
  struct connection *connection = exchange->connection;
  check(public);
  exchange->closing =
      public->close || !public->head.keep_alive || connection->unread || public->loop->stopping;
  bool bodiless = public->status == 204 || public->status == 304;
  exchange->headless = false;
  exchange->head_out_len = 0;
  exchange->sent = 0;
  add_status_line(exchange, public->status);
  add(exchange, public->loop->date, public->loop->date_len);
  if (!bodiless) {
    add(exchange, "Content-Length: ", 16);
    add_number(exchange, public->body_out.len);
    add(exchange, "\r\n", 2);
  }
  if (exchange->closing) {
    add_text(exchange, "Connection: close\r\n");
  } else if (public->head.minor_version == 0) {
    add_text(exchange, "Connection: keep-alive\r\n");
  }
  add(exchange, "X-Request-ID: ", 14);
  add_text(exchange, public->request_id);
  add_text(exchange, "\r\nX-Content-Type-Options: nosniff\r\n");
  exchange->headless = bodiless || public->head.method == HTTP_HEAD;
  exchange->total =
      exchange->head_out_len + public->headers.len + 2 + (exchange->headless ? 0 : public->body_out.len);
}

/* The parts of the answer from `sent` on. */
static int parts_left(const struct exchange *exchange, struct iovec parts[4]) {
  const struct http_exchange *public = &exchange->public;
  const struct str all[4] = {
      {exchange->head_out, exchange->head_out_len},
      buf_str(&public->headers),
      STR("\r\n"),
      exchange->headless ? STR("") : buf_str(&public->body_out),
  };
  size_t skip = exchange->sent;
  int count = 0;
  for (int i = 0; i < 4; i++) {
    if (skip >= all[i].len) {
      skip -= all[i].len;
      continue;
    }
    parts[count].iov_base = (void *)(all[i].at + skip);
    parts[count].iov_len = all[i].len - skip;
    skip = 0;
    count++;
  }
  return count;
}

enum write_result answer_write(struct exchange *exchange) {
  struct http_loop *loop = exchange->public.loop;
  while (exchange->sent < exchange->total) {
    struct iovec parts[4];
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)parts_left(exchange, parts)};
    ssize_t sent = sendmsg(exchange->connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) {
        continue;
      }
      return errno == EAGAIN || errno == EWOULDBLOCK ? WRITE_BLOCKED : WRITE_FAILED;
    }
    exchange->sent += (size_t)sent;
    counter_add(&loop->counters.bytes_out, (uint64_t)sent);
  }
  return WRITE_DONE;
}

void answer_refusal(struct exchange *exchange, int status) {
  struct http_exchange *public = &exchange->public;
  const struct http_callbacks *callbacks = &public->loop->server->config.callbacks;
  public->status = status;
  public->close = true;
  buf_clear(&public->headers);
  buf_clear(&public->body_out);
  counter_add(&public->loop->counters.refused, 1);
  if (callbacks->refuse != NULL) {
    callbacks->refuse(callbacks->app, public);
    return;
  }
  http_add_header(public, "Content-Type", STR("text/plain; charset=utf-8"));
  buf_add_text(&public->body_out, http_reason(status));
  buf_add_char(&public->body_out, '\n');
}
