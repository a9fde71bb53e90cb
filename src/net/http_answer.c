#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "net/http_internal.h"

/* Bytes of a file that are sent before other connections have their turn. */
enum { FILE_PIECE = 256 * 1024 };

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

static bool is_valid(const struct http_exchange *public) {
  bool too_long = public->headers.full || public->body_out.full;
  if (public->status >= 200 && public->status <= 599 && !too_long) {
    return true;
  }
  LOG(LOG_ERROR, too_long ? "An answer went over its maximum." : "An answer has no valid status.",
      LOG_S("request_id", public->request_id), LOG_N("status", public->status));
  return false;
}

/* A handler that left no valid status or went over a maximum: the client gets a 500 instead of half an
 * answer. */
static void check(struct http_exchange *public) {
  if (!is_valid(public)) {
    public->status = 500;
    buf_clear(&public->headers);
    buf_clear(&public->body_out);
    http_answer_file(public, -1, 0);
  }
}

void http_answer_file(struct http_exchange *exchange, int fd, int64_t size) {
  if (exchange->file_fd >= 0 && exchange->file_fd != fd) {
    close(exchange->file_fd);
  }
  exchange->file_fd = fd;
  exchange->file_size = size;
}

size_t answer_date(int64_t second, char out[DATE_SIZE]) {
  static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  time_t time = (time_t)second;
  struct tm tm;
  gmtime_r(&time, &tm);
  int len = snprintf(out, DATE_SIZE, "Date: %s, %02d %s %d %02d:%02d:%02d GMT\r\n", days[tm.tm_wday],
                     tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
  return (size_t)len;
}

enum framing { FRAMING_NONE, FRAMING_LENGTH, FRAMING_CHUNKED, FRAMING_CLOSE };

static void build_head(struct exchange *exchange, struct str date, enum framing framing, uint64_t length) {
  const struct http_exchange *public = &exchange->public;
  exchange->head_out_len = 0;
  exchange->sent = 0;
  exchange->headless = framing == FRAMING_NONE || public->head.method == HTTP_HEAD;
  add_status_line(exchange, public->status);
  add(exchange, date.at, date.len);
  if (framing == FRAMING_LENGTH) {
    add(exchange, "Content-Length: ", 16);
    add_number(exchange, length);
    add(exchange, "\r\n", 2);
  } else if (framing == FRAMING_CHUNKED) {
    add_text(exchange, "Transfer-Encoding: chunked\r\n");
  }
  if (exchange->closing) {
    add_text(exchange, "Connection: close\r\n");
  } else if (public->head.minor_version == 0) {
    add_text(exchange, "Connection: keep-alive\r\n");
  }
  add(exchange, "X-Request-ID: ", 14);
  add_text(exchange, public->request_id);
  add_text(exchange, "\r\nX-Content-Type-Options: nosniff\r\n");
}

void answer_build(struct exchange *exchange) {
  struct http_exchange *public = &exchange->public;
  const struct connection *connection = exchange->connection;
  check(public);
  bool bodiless = public->status == 204 || public->status == 304;
  bool from_file = public->file_fd >= 0 && !bodiless;
  exchange->closing =
      public->close || !public->head.keep_alive || connection->unread || public->loop->stopping;
  build_head(exchange, (struct str){public->loop->date, public->loop->date_len},
             bodiless ? FRAMING_NONE : FRAMING_LENGTH,
             from_file ? (uint64_t) public->file_size : public->body_out.len);
  if (from_file) {
    buf_clear(&public->body_out);
    exchange->file_left = exchange->headless ? 0 : public->file_size;
  }
  exchange->total =
      exchange->head_out_len + public->headers.len + 2 + (exchange->headless ? 0 : public->body_out.len);
}

bool answer_build_stream(struct exchange *exchange) {
  struct http_exchange *public = &exchange->public;
  char date[DATE_SIZE];
  if (!is_valid(public)) {
    return false;
  }
  bool chunked = public->head.minor_version > 0;
  /* A HEAD needs no end of the connection to be whole. */
  exchange->closing = public->close || !public->head.keep_alive || exchange->connection->unread ||
                      (!chunked && public->head.method != HTTP_HEAD);
  size_t date_len = answer_date(time_now_us() / TIME_SECOND_US, date);
  build_head(exchange, (struct str){date, date_len}, chunked ? FRAMING_CHUNKED : FRAMING_CLOSE, 0);
  return true;
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

/* A piece of the file. It may have to be read from the disk, which the other connections wait for: so only
 * a piece. */
static enum write_result write_file(struct exchange *exchange) {
  const struct http_exchange *public = &exchange->public;
  off_t at = (off_t)(public->file_size - exchange->file_left);
  size_t wanted = exchange->file_left < FILE_PIECE ? (size_t)exchange->file_left : FILE_PIECE;
  ssize_t sent = sendfile(exchange->connection->fd, public->file_fd, &at, wanted);
  if (sent < 0) {
    return errno == EINTR                            ? WRITE_MORE
           : errno == EAGAIN || errno == EWOULDBLOCK ? WRITE_BLOCKED
                                                     : WRITE_FAILED;
  }
  if (sent == 0) {
    LOG(LOG_ERROR, "The file of an answer is shorter than was told.",
        LOG_S("request_id", public->request_id));
    return WRITE_FAILED;
  }
  exchange->file_left -= sent;
  counter_add(&public->loop->counters.bytes_out, (uint64_t)sent);
  return exchange->file_left > 0 ? WRITE_MORE : WRITE_DONE;
}

enum write_result answer_write(struct exchange *exchange) {
  struct http_loop *loop = exchange->public.loop;
  int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (exchange->file_left > 0 ? MSG_MORE : 0);
  while (exchange->sent < exchange->total) {
    struct iovec parts[4];
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)parts_left(exchange, parts)};
    ssize_t sent = sendmsg(exchange->connection->fd, &message, flags);
    if (sent < 0) {
      if (errno == EINTR) {
        continue;
      }
      return errno == EAGAIN || errno == EWOULDBLOCK ? WRITE_BLOCKED : WRITE_FAILED;
    }
    exchange->sent += (size_t)sent;
    counter_add(&loop->counters.bytes_out, (uint64_t)sent);
  }
  return exchange->file_left > 0 ? write_file(exchange) : WRITE_DONE;
}

void answer_refusal(struct exchange *exchange, int status) {
  struct http_exchange *public = &exchange->public;
  const struct http_callbacks *callbacks = &public->loop->server->config.callbacks;
  public->status = status;
  public->close = true;
  buf_clear(&public->headers);
  buf_clear(&public->body_out);
  http_answer_file(public, -1, 0);
  counter_add(&public->loop->counters.refused, 1);
  if (callbacks->refuse != NULL) {
    callbacks->refuse(callbacks->app, public);
    return;
  }
  http_add_header(public, "Content-Type", STR("text/plain; charset=utf-8"));
  buf_add_text(&public->body_out, http_reason(status));
  buf_add_char(&public->body_out, '\n');
}
