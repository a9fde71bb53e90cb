#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/id.h"
#include "base/log.h"
#include "base/time.h"
#include "net/http_internal.h"

/* One connection's way: IDLE -> HEAD -> BODY -> HANDLER -> WRITE -> IDLE, or DRAIN and DEAD. Steps never call
 * each other in a circle: connection_run takes one after the other, so that pipelined requests need no stack.
 */

enum {
  STEPS_A_TURN = 32,
  BODY_FIRST = 64 * 1024,
  BODY_PIECE = 256 * 1024,
  SPOOL_PIECE = 64 * 1024,
  RAW_PIECE = 16 * 1024,
  DRAIN_MS = 5000,
  DRAIN_STOP_MS = 500
};
static const uint64_t drain_max = 4 * 1024 * 1024;

enum step { STEP_ON, STEP_WAIT };

static const struct http_limits *limits_of(const struct connection *connection) {
  return &connection->loop->server->config.limits;
}

static const struct http_callbacks *callbacks_of(const struct connection *connection) {
  return &connection->loop->server->config.callbacks;
}

/* How long `bytes` may take at the slowest rate that is borne. */
static int64_t time_for_ms(const struct connection *connection, uint64_t bytes) {
  uint32_t rate = limits_of(connection)->min_rate_bytes_s;
  return rate == 0 ? 0 : (int64_t)(bytes * 1000 / rate);
}

static void input_release(struct connection *connection) {
  if (connection->in != NULL) {
    input_drop(connection->loop, connection->in, connection->in_size);
  }
  connection->in = NULL;
  connection->in_size = 0;
  connection->in_len = 0;
  connection->in_seen = 0;
  connection->in_used = 0;
}

static void exchange_end(struct connection *connection) {
  if (connection->exchange != NULL) {
    exchange_drop(connection->loop, connection->exchange);
    connection->exchange = NULL;
  }
}

/* Another thread may be writing to the socket: it finds out, and the descriptor stays taken until the
 * exchange comes back. Then there is the end of the stream to be read. */
static void end_stream(struct connection *connection) {
  (void)shutdown(connection->fd, SHUT_RDWR);
  connection->readable = true;
  connection->half_closed = true;
}

void connection_close(struct connection *connection) {
  if (connection->state == STATE_HANDLER && connection->exchange->public.streams) {
    end_stream(connection);
    return;
  }
  if (connection->fd >= 0) {
    close(connection->fd);
    connection->fd = -1;
    atomic_fetch_sub_explicit(&connection->loop->server->open, 1, memory_order_relaxed);
  }
  timer_drop(connection);
  /* While the handler has the exchange, its texts must stay: the rest follows in connection_answer. */
  if (connection->state == STATE_HANDLER || connection->state == STATE_DEAD) {
    return;
  }
  input_release(connection);
  exchange_end(connection);
  connection->state = STATE_DEAD;
  loop_bury(connection);
  if (connection->raw != NULL) {
    const struct http_raw_handler *raw = connection->raw;
    connection->raw = NULL;
    raw->gone(connection->raw_app);
  }
}

/* ---- receiving ---- */

/* Reads into [at, at + room). False: nothing now, or the connection ended (its state tells). */
static bool receive(struct connection *connection, char *at, size_t room, size_t *got) {
  ssize_t n;
  do {
    n = recv(connection->fd, at, room, MSG_DONTWAIT);
  } while (n < 0 && errno == EINTR);
  if (n > 0) {
    counter_add(&connection->loop->counters.bytes_in, (uint64_t)n);
    /* Less than there was room for: the socket is empty, and news of more will come by itself. Only the end
     * of the stream was announced already and is still to be read. */
    connection->readable = (size_t)n == room || connection->half_closed;
    *got = (size_t)n;
    return true;
  }
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    connection->readable = false;
    return false;
  }
  connection_close(connection);
  return false;
}

static void input_grow(struct connection *connection, size_t size) {
  char *bigger = malloc(size);
  if (bigger == NULL) {
    die("Out of memory for a connection's input.");
  }
  memcpy(bigger, connection->in, connection->in_len);
  input_drop(connection->loop, connection->in, connection->in_size);
  connection->in = bigger;
  connection->in_size = (uint32_t)size;
}

static bool receive_head(struct connection *connection) {
  size_t head_max = limits_of(connection)->head_max;
  if (connection->in == NULL) {
    connection->in = input_take(connection->loop);
    connection->in_size = INPUT_FIRST;
  } else if (connection->in_len == connection->in_size) {
    size_t size = (size_t)connection->in_size * 2;
    input_grow(connection, size < head_max ? size : head_max);
  }
  size_t room = (connection->in_size < head_max ? connection->in_size : head_max) - connection->in_len;
  size_t got = 0;
  if (!receive(connection, connection->in + connection->in_len, room, &got)) {
    if (connection->in_len == 0 && connection->in != NULL) {
      input_release(connection);
    }
    return false;
  }
  connection->in_len += (uint32_t)got;
  return true;
}

/* ---- who asks ---- */

static bool request_id_valid(struct str id) {
  if (id.len == 0 || id.len > 36) {
    return false;
  }
  for (size_t i = 0; i < id.len; i++) {
    char c = id.at[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '.' && c != '_' && c != '-') {
      return false;
    }
  }
  return true;
}

/* A uuid of version 7 without a lock or a system call: it names a log line and guards nothing. */
static void request_id_new(struct http_loop *loop, char out[UUID_TEXT_SIZE]) {
  uint64_t a = loop->random[0];
  uint64_t b = loop->random[1];
  uint64_t sum = a + b;
  b ^= a;
  loop->random[0] = (a << 24 | a >> 40) ^ b ^ (b << 16);
  loop->random[1] = b << 37 | b >> 27;
  uint64_t ms = (uint64_t)(loop->wall_us / 1000);
  struct uuid uuid;
  for (int i = 0; i < 6; i++) {
    uuid.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
  }
  memcpy(uuid.bytes + 8, &sum, 8);
  uuid.bytes[6] = (uint8_t)(0x70 | (a >> 60));
  uuid.bytes[7] = (uint8_t)(a >> 48);
  uuid.bytes[8] = (uint8_t)(0x80 | (uuid.bytes[8] & 0x3f));
  uuid_print(uuid, out);
}

static void identify(struct exchange *exchange) {
  struct http_exchange *public = &exchange->public;
  struct connection *connection = exchange->connection;
  struct http_loop *loop = connection->loop;
  public->received_ns = time_monotonic_ns();
  public->id = loop->next_id++;
  struct str id = http_header(&public->head, "X-Request-ID");
  if (request_id_valid(id)) {
    memcpy(public->request_id, id.at, id.len);
    public->request_id[id.len] = 0;
  } else {
    request_id_new(loop, public->request_id);
  }
  public->peer = connection->peer_trusted ? peer_resolve(loop->server->trusted, loop->server->trusted_count,
                                                         connection->peer, &public->head, exchange->peer)
                                          : str_of(connection->peer);
}

/* ---- answering ---- */

/* The first try to send; what does not fit waits for room in the socket. */
static void send_answer(struct exchange *exchange) {
  struct connection *connection = exchange->connection;
  const struct http_callbacks *callbacks = callbacks_of(connection);
  answer_build(exchange);
  connection->state = STATE_WRITE;
  enum write_result result = answer_write(exchange);
  if (callbacks->done != NULL) {
    callbacks->done(callbacks->app, &exchange->public);
  }
  if (result == WRITE_DONE) {
    connection_answered(connection);
  } else if (result == WRITE_FAILED) {
    connection_close(connection);
  } else {
    arena_reset(exchange->public.arena);
    timer_set(connection, connection->loop->now_ms + limits_of(connection)->write_timeout_ms +
                              time_for_ms(connection, exchange->total + (uint64_t)exchange->file_left));
    if (result == WRITE_MORE) {
      loop_ready(connection);
    }
  }
}

/* What came while the handler had the exchange. */
static void go_on(struct connection *connection) {
  if (!connection->running && connection->state != STATE_DEAD &&
      (connection->readable || connection->in_len > connection->in_seen)) {
    loop_ready(connection);
  }
}

/* Closes at once: what is queued in the kernel goes too, and the client sees that the end is missing. */
static void reset(struct connection *connection) {
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  (void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  connection_close(connection);
}

void connection_answer(struct exchange *exchange) {
  struct connection *connection = exchange->connection;
  if (connection->fd < 0) {
    const struct http_callbacks *callbacks = callbacks_of(connection);
    if (callbacks->done != NULL) {
      callbacks->done(callbacks->app, &exchange->public);
    }
    connection->state = STATE_WRITE;
    connection_close(connection);
    return;
  }
  send_answer(exchange);
  go_on(connection);
}

void connection_streamed(struct http_exchange *public) {
  struct exchange *exchange = (struct exchange *)public;
  struct connection *connection = exchange->connection;
  const struct http_callbacks *callbacks = callbacks_of(connection);
  counter_add(&connection->loop->counters.bytes_out, exchange->sent);
  counter_add(&connection->loop->counters.timeouts, exchange->too_slow ? 1 : 0);
  if (callbacks->done != NULL) {
    callbacks->done(callbacks->app, public);
  }
  connection->state = STATE_WRITE;
  if (exchange->broken) {
    reset(connection);
    return;
  }
  exchange->closing = exchange->closing || connection->loop->stopping;
  connection_answered(connection);
  go_on(connection);
}

/* Refuses what came: 4xx or 5xx, then no more of this connection. */
static void refuse(struct connection *connection, int status) {
  if (connection->exchange == NULL) {
    connection->exchange = exchange_take(connection->loop);
    connection->exchange->connection = connection;
    http_head_clear(&connection->exchange->public.head);
    identify(connection->exchange);
  }
  struct exchange *exchange = connection->exchange;
  connection->unread = true;
  answer_refusal(exchange, status);
  send_answer(exchange);
}

void connection_answered(struct connection *connection) {
  bool closing = connection->exchange->closing;
  exchange_end(connection);
  if (closing) {
    /* Closing a socket that still holds unread bytes resets it, and the client may lose the answer: so say
     * goodbye first and throw away what comes for a while. */
    bool linger = connection->unread || connection->readable || connection->in_len > connection->in_used;
    input_release(connection);
    if (!linger || shutdown(connection->fd, SHUT_WR) != 0) {
      connection->state = STATE_IDLE;
      connection_close(connection);
      return;
    }
    connection->state = STATE_DRAIN;
    timer_set(connection, connection->loop->now_ms + (connection->loop->stopping ? DRAIN_STOP_MS : DRAIN_MS));
    return;
  }
  if (connection->in_len > connection->in_used) {
    connection->in_len -= connection->in_used;
    memmove(connection->in, connection->in + connection->in_used, connection->in_len);
    connection->in_seen = 0;
    connection->in_used = 0;
  } else {
    input_release(connection);
  }
  connection->state = STATE_IDLE;
  timer_set(connection, connection->loop->now_ms + limits_of(connection)->idle_timeout_ms);
}

/* ---- the request ---- */

static void hand_over(struct connection *connection) {
  const struct http_callbacks *callbacks = callbacks_of(connection);
  connection->state = STATE_HANDLER;
  timer_set(connection, 0);
  counter_add(&connection->loop->counters.requests, 1);
  callbacks->request(callbacks->app, &connection->exchange->public);
  if (connection->half_closed) {
    connection_left(connection);
  }
}

void connection_left(struct connection *connection) {
  if (connection->state != STATE_HANDLER || connection->exchange->public.left == NULL) {
    return;
  }
  struct http_exchange *exchange = &connection->exchange->public;
  void (*left)(void *app, struct http_exchange *exchange) = exchange->left;
  exchange->left = NULL;
  left(exchange->left_app, exchange);
}

/* The answer to a client that waits for leave to send its body. Nothing else is in the socket's way, so that
 * these few bytes not fitting means a broken connection. */
static bool send_continue(struct connection *connection) {
  static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
  ssize_t sent = send(connection->fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent != (ssize_t)sizeof(text) - 1) {
    connection_close(connection);
    return false;
  }
  counter_add(&connection->loop->counters.bytes_out, (uint64_t)sent);
  return true;
}

static int64_t body_deadline(const struct connection *connection, uint64_t bytes) {
  return connection->exchange->body_started_ms + limits_of(connection)->body_timeout_ms +
         time_for_ms(connection, bytes);
}

/* Writes a piece of a body to its file. False: it was refused. */
static bool spool(struct connection *connection, const char *bytes, size_t len) {
  struct http_exchange *public = &connection->exchange->public;
  if (!spool_write(public->body_fd, bytes, len)) {
    refuse(connection, spool_refusal(errno));
    return false;
  }
  public->body_size += (int64_t)len;
  return true;
}

static bool spool_begin(struct connection *connection) {
  struct http_exchange *public = &connection->exchange->public;
  public->body_fd = spool_open(connection->loop->server->spool_dir);
  if (public->body_fd < 0) {
    refuse(connection, spool_refusal(errno));
    return false;
  }
  return true;
}

/* The decoded piece of a chunked body goes into the file, and makes room for the next. */
static bool spool_chunk(struct connection *connection) {
  struct exchange *exchange = connection->exchange;
  if (!spool(connection, exchange->body.at, exchange->body.len)) {
    return false;
  }
  buf_clear(&exchange->body);
  exchange->body.max = exchange->public.max_body - (size_t)exchange->public.body_size;
  return true;
}

/* Decodes what lies behind the head. */
static void feed_chunked(struct connection *connection) {
  struct exchange *exchange = connection->exchange;
  struct str raw = {connection->in + connection->in_used, connection->in_len - connection->in_used};
  size_t used = 0;
  enum http_parse result = http_parse_chunked(&exchange->chunked, raw, &exchange->body, &used);
  bool taken = result == HTTP_PARSE_MORE || result == HTTP_PARSE_DONE;
  if (taken && exchange->public.spool && !spool_chunk(connection)) {
    return;
  }
  if (result == HTTP_PARSE_MORE) {
    connection->in_len = connection->in_used;
    timer_set(connection,
              body_deadline(connection, exchange->body.len + (uint64_t)exchange->public.body_size));
  } else if (result == HTTP_PARSE_DONE) {
    connection->in_used += (uint32_t)used;
    exchange->public.body = buf_str(&exchange->body);
    hand_over(connection);
  } else {
    refuse(connection, result == HTTP_PARSE_TOO_LONG ? 413 : 400);
  }
}

/* What of a spooled body with a length came with its head. */
static void begin_spooled(struct connection *connection) {
  struct exchange *exchange = connection->exchange;
  int64_t length = exchange->public.head.content_length;
  size_t have = connection->in_len - connection->in_used;
  size_t take = have < (uint64_t)length ? have : (size_t)length;
  if (!spool(connection, connection->in + connection->in_used, take)) {
    return;
  }
  connection->in_used += (uint32_t)take;
  if (exchange->public.body_size == length) {
    hand_over(connection);
  } else {
    timer_set(connection, body_deadline(connection, (uint64_t)length));
  }
}

static void begin_body(struct connection *connection) {
  struct exchange *exchange = connection->exchange;
  const struct http_head *head = &exchange->public.head;
  size_t have = connection->in_len - connection->in_used;
  if (exchange->public.spool && !spool_begin(connection)) {
    return;
  }
  if (!head->chunked && !exchange->public.spool && have >= (uint64_t)head->content_length) {
    size_t length = (size_t)head->content_length;
    exchange->public.body = (struct str){connection->in + connection->in_used, length};
    connection->in_used += (uint32_t)length;
    hand_over(connection);
    return;
  }
  connection->state = STATE_BODY;
  exchange->body_started_ms = connection->loop->now_ms;
  if (have == 0 && head->expect_continue && !send_continue(connection)) {
    return;
  }
  if (head->chunked) {
    exchange->chunked = (struct http_chunked){0};
    exchange->body.max = exchange->public.max_body;
    feed_chunked(connection);
    return;
  }
  if (exchange->public.spool) {
    begin_spooled(connection);
    return;
  }
  exchange->body.max = (size_t)head->content_length;
  buf_add(&exchange->body, connection->in + connection->in_used, have);
  connection->in_used = connection->in_len;
  timer_set(connection, body_deadline(connection, (uint64_t)head->content_length));
}

/* The handler answers without the body. What of it is already here is skipped; more of it ends the
 * connection. */
static void answer_early(struct connection *connection) {
  const struct http_head *head = &connection->exchange->public.head;
  size_t have = connection->in_len - connection->in_used;
  if (head->chunked || head->content_length > (int64_t)have) {
    connection->unread = true;
  } else if (head->content_length > 0) {
    connection->in_used += (uint32_t)head->content_length;
  }
  counter_add(&connection->loop->counters.requests, 1);
  send_answer(connection->exchange);
}

static void begin_request(struct connection *connection) {
  struct exchange *exchange = connection->exchange;
  const struct http_callbacks *callbacks = callbacks_of(connection);
  const struct http_head *head = &exchange->public.head;
  if (head->expect_other) {
    refuse(connection, 417);
  } else if (callbacks->head != NULL && !callbacks->head(callbacks->app, &exchange->public)) {
    answer_early(connection);
  } else if (head->content_length > 0 && (uint64_t)head->content_length > exchange->public.max_body) {
    refuse(connection, 413);
  } else if (head->chunked || head->content_length > 0) {
    begin_body(connection);
  } else {
    hand_over(connection);
  }
}

static int refusal_of(enum http_parse result, const struct http_head *head) {
  switch (result) {
    case HTTP_PARSE_MORE:
    case HTTP_PARSE_TOO_LONG:
      return head->method_name.at == NULL ? 414 : 431;
    case HTTP_PARSE_VERSION:
      return 505;
    case HTTP_PARSE_UNIMPLEMENTED:
      return 501;
    default:
      return 400;
  }
}

/* A parse is worth its time when a line ended or a limit is reached; and on the first bytes, to refuse at
 * once what is not HTTP. So a sender of single bytes can't make us read the same head thousands of times. */
static bool parse_due(const struct connection *connection) {
  uint32_t seen = connection->in_seen;
  uint32_t len = connection->in_len;
  return seen == 0 || len >= limits_of(connection)->head_max ||
         (seen < HTTP_LINE_MAX && len >= HTTP_LINE_MAX) ||
         memchr(connection->in + seen, '\n', len - seen) != NULL;
}

/* A chunked body is decoded from the buffer behind the head: there must be room. The head is read again where
 * its bytes moved. */
static void make_chunked_room(struct connection *connection, size_t used) {
  struct http_head *head = &connection->exchange->public.head;
  if (head->chunked && connection->in_size - used < CHUNKED_ROOM_LEAST) {
    input_grow(connection, connection->in_size + CHUNKED_ROOM);
    (void)http_parse_head((struct str){connection->in, connection->in_len}, head, &used);
  }
}

static enum step step_head(struct connection *connection) {
  if (connection->in_seen == connection->in_len && (!connection->readable || !receive_head(connection))) {
    return STEP_WAIT;
  }
  enum http_parse result = HTTP_PARSE_MORE;
  bool full = connection->in_len >= limits_of(connection)->head_max;
  if (parse_due(connection)) {
    struct exchange *exchange = exchange_take(connection->loop);
    struct http_head *head = &exchange->public.head;
    size_t used = 0;
    result = http_parse_head((struct str){connection->in, connection->in_len}, head, &used);
    if (result == HTTP_PARSE_MORE && !full) {
      exchange_drop(connection->loop, exchange);
    } else {
      exchange->connection = connection;
      connection->exchange = exchange;
      connection->in_used = (uint32_t)used;
      if (result == HTTP_PARSE_DONE && used <= limits_of(connection)->head_max) {
        make_chunked_room(connection, used);
        identify(exchange);
        begin_request(connection);
      } else {
        identify(exchange);
        refuse(connection, refusal_of(result == HTTP_PARSE_DONE ? HTTP_PARSE_TOO_LONG : result, head));
      }
      return STEP_ON;
    }
  }
  connection->in_seen = connection->in_len;
  if (connection->state == STATE_IDLE) {
    connection->state = STATE_HEAD;
    timer_set(connection, connection->loop->now_ms + limits_of(connection)->head_timeout_ms);
  }
  return STEP_ON;
}

static enum step step_spooled(struct connection *connection) {
  const struct http_exchange *public = &connection->exchange->public;
  char piece[SPOOL_PIECE];
  size_t got = 0;
  uint64_t missing = (uint64_t)(public->head.content_length - public->body_size);
  if (!receive(connection, piece, missing < sizeof(piece) ? (size_t)missing : sizeof(piece), &got)) {
    return STEP_WAIT;
  }
  if (spool(connection, piece, got) && public->body_size == public->head.content_length) {
    hand_over(connection);
  }
  return STEP_ON;
}

static enum step step_body(struct connection *connection) {
  struct exchange *exchange = connection->exchange;
  size_t got = 0;
  if (!connection->readable) {
    return STEP_WAIT;
  }
  if (exchange->public.head.chunked) {
    size_t room = connection->in_size - connection->in_used;
    if (!receive(connection, connection->in + connection->in_used, room, &got)) {
      return STEP_WAIT;
    }
    connection->in_len = connection->in_used + (uint32_t)got;
    feed_chunked(connection);
    return STEP_ON;
  }
  if (exchange->public.spool) {
    return step_spooled(connection);
  }
  /* Grows with what really comes, not with what was announced. */
  size_t missing = exchange->body.max - exchange->body.len;
  size_t piece = exchange->body.len < BODY_FIRST ? BODY_FIRST : BODY_PIECE;
  size_t room = missing < piece ? missing : piece;
  char *at = buf_reserve(&exchange->body, room);
  if (at == NULL) {
    die("A body has no room for its own length.");
  }
  if (!receive(connection, at, room, &got)) {
    return STEP_WAIT;
  }
  exchange->body.len += got;
  if (exchange->body.len == exchange->body.max) {
    exchange->public.body = buf_str(&exchange->body);
    hand_over(connection);
  }
  return STEP_ON;
}

static enum step step_write(struct connection *connection) {
  switch (answer_write(connection->exchange)) {
    case WRITE_MORE:
      return STEP_ON;
    case WRITE_BLOCKED:
      return STEP_WAIT;
    case WRITE_FAILED:
      connection_close(connection);
      return STEP_WAIT;
    default:
      connection_answered(connection);
      return STEP_ON;
  }
}

static enum step step_drain(struct connection *connection) {
  if (!connection->readable) {
    return STEP_WAIT;
  }
  size_t got = 0;
  char waste[16 * 1024];
  if (!receive(connection, waste, sizeof(waste), &got)) {
    return STEP_WAIT;
  }
  connection->drained += got;
  if (connection->drained > drain_max) {
    connection_close(connection);
  }
  return STEP_ON;
}

/* What was read together with the head of its last request comes first. */
static enum step step_raw(struct connection *connection) {
  if (connection->move_to != NULL || connection->raw == NULL) {
    return STEP_WAIT;
  }
  if (connection->raw_blocked) {
    connection->raw_blocked = false;
    connection->raw->room(connection->raw_app);
    return STEP_ON;
  }
  if (connection->in_len > connection->in_used) {
    char *in = connection->in;
    size_t size = connection->in_size;
    struct str bytes = {in + connection->in_used, connection->in_len - connection->in_used};
    connection->in = NULL;
    input_release(connection);
    connection->raw->received(connection->raw_app, bytes);
    input_drop(connection->loop, in, size);
    return STEP_ON;
  }
  if (!connection->readable) {
    return STEP_WAIT;
  }
  char piece[RAW_PIECE];
  size_t got = 0;
  if (!receive(connection, piece, sizeof(piece), &got)) {
    return STEP_WAIT;
  }
  connection->raw->received(connection->raw_app, (struct str){piece, got});
  return STEP_ON;
}

void connection_run(struct connection *connection) {
  enum step step = STEP_ON;
  connection->running = true;
  for (unsigned i = 0; i < STEPS_A_TURN && step == STEP_ON; i++) {
    switch (connection->state) {
      case STATE_IDLE:
      case STATE_HEAD:
        step = step_head(connection);
        break;
      case STATE_BODY:
        step = step_body(connection);
        break;
      case STATE_WRITE:
        step = step_write(connection);
        break;
      case STATE_DRAIN:
        step = step_drain(connection);
        break;
      case STATE_RAW:
        step = step_raw(connection);
        break;
      default: /* the handler has it, or it is dead */
        step = STEP_WAIT;
        break;
    }
  }
  connection->running = false;
  if (connection->move_to != NULL && connection->state == STATE_RAW && !connection->ready) {
    raw_leave(connection);
  } else if (step == STEP_ON) {
    loop_ready(connection); /* others first */
  }
}

void connection_timeout(struct connection *connection) {
  struct counters *counters = &connection->loop->counters;
  switch (connection->state) {
    case STATE_HEAD:
    case STATE_BODY:
      counter_add(&counters->timeouts, 1);
      refuse(connection, 408);
      if (connection->state == STATE_DRAIN && connection->readable) {
        loop_ready(connection);
      }
      return;
    case STATE_WRITE: /* a slow reader */
      counter_add(&counters->timeouts, 1);
      reset(connection);
      return;
    default:
      connection_close(connection);
      return;
  }
}

/* A request that its sender has sent already, though nobody here has read it yet. */
static bool request_waits(const struct connection *connection) {
  char first;
  return recv(connection->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void connection_stop(struct connection *connection) {
  if (connection->state == STATE_IDLE && connection->in_len == 0) {
    if (request_waits(connection)) {
      connection->readable = true;
      loop_ready(connection);
    } else {
      connection_close(connection);
    }
  } else if (connection->state == STATE_DRAIN) {
    timer_set(connection, connection->loop->now_ms + DRAIN_STOP_MS);
  }
}
