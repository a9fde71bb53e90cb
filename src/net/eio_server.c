#include "net/eio_server.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/id.h"
#include "base/log.h"
#include "base/time.h"

enum {
  BUCKETS = 4096, /* of each loop: a chain of three for ten thousand sessions on one loop */
  SID_BYTES = 15, /* the loop's index and 112 random bits */
  PARTS = 16,
  MESSAGE_SPARE = 256 /* pongs and a Close over the length of what was read */
};
#define LINGER_NS INT64_C(3000000000)

/* One loop's sessions. */
struct eio_shard {
  struct eio_server *server;
  struct http_loop *loop;
  unsigned index;
  bool flushing;
  bool stopped;
  struct eio_host *dirty;
  struct http_task stop;
  struct eio_host *buckets[BUCKETS];
};

struct eio_server {
  struct eio_server_config config;
  _Atomic uint32_t sessions;
  struct eio_shard *shards;
};

/* A WebSocket. */
struct eio_link {
  struct eio_ws ws;
  struct ws_reader reader;
  struct http_raw *raw;
  struct eio_shard *shard; /* of its session: where it lives, or goes to */
  struct eio_host *host;   /* NULL: it has none any more */
  struct http_timer timer; /* once it ends: the time its client has to see that */
  bool goodbye;            /* a Close is in its queue or sent */
  bool ended;              /* everything is written */
  char sid[EIO_SID_SIZE];  /* while it is on its way to its session's loop */
};

static int64_t now(void) {
  return time_monotonic_ns();
}

/* ---- sessions ---- */

static struct eio_host **bucket(struct eio_shard *shard, struct str sid) {
  uint32_t hash = 2166136261U;
  for (size_t i = 0; i < sid.len; i++) {
    hash = (hash ^ (uint8_t)sid.at[i]) * 16777619U;
  }
  return &shard->buckets[hash % BUCKETS];
}

static struct eio_host *find(struct eio_shard *shard, struct str sid) {
  struct eio_host *host = *bucket(shard, sid);
  while (host != NULL && !str_is(sid, host->session.sid)) {
    host = host->next;
  }
  return host;
}

/* The shard that this sid names; NULL: none. Whether it knows the sid is another question. */
static struct eio_shard *shard_of(struct eio_server *server, struct str sid) {
  uint8_t bytes[SID_BYTES + 1];
  size_t len;
  if (sid.len != EIO_SID_SIZE - 1 || base64url_decode(sid, bytes, &len) != STATUS_OK ||
      bytes[0] >= server->config.threads) {
    return NULL;
  }
  return &server->shards[bytes[0]];
}

void eio_host_touch(struct eio_host *host) {
  if (!host->dirty) {
    host->dirty = true;
    host->next_dirty = host->shard->dirty;
    host->shard->dirty = host;
  }
}

static void host_due(struct http_timer *timer, int64_t now_ns) {
  struct eio_host *host = (struct eio_host *)((char *)timer - offsetof(struct eio_host, timer));
  const struct eio_host_handler *handler = host->shard->server->config.handler;
  if (handler->wake != NULL) {
    handler->wake(host, now_ns);
  } else {
    eio_session_wake(&host->session, now_ns);
  }
  eio_host_touch(host);
  eio_server_flush(host->shard->server, host->shard->index);
}

/* A session that begins with polling or with this WebSocket. */
static struct eio_host *host_new(struct eio_shard *shard, struct eio_link *link) {
  const struct eio_server_config *config = &shard->server->config;
  struct eio_host *host = calloc(1, config->host_size);
  if (host == NULL) {
    die("Out of memory for a session.");
  }
  uint8_t bytes[SID_BYTES];
  random_bytes(bytes, sizeof(bytes));
  bytes[0] = (uint8_t)shard->index;
  char text[EIO_SID_SIZE + 4];
  struct buf sid = {.at = text, .size = sizeof(text), .max = sizeof(text)};
  base64url_encode(&sid, (struct str){(const char *)bytes, sizeof(bytes)});
  host->shard = shard;
  host->timer.due = host_due;
  const struct eio_handler *handler;
  void *app;
  int64_t now_ns = now();
  config->handler->open(config->app, host, now_ns, &handler, &app);
  eio_session_init(&host->session, &config->eio, handler, app, buf_str(&sid), link != NULL ? &link->ws : NULL,
                   now_ns);
  struct eio_host **first = bucket(shard, buf_str(&sid));
  host->next = *first;
  *first = host;
  eio_host_touch(host);
  return host;
}

static void host_free(struct eio_host *host) {
  struct eio_server *server = host->shard->server;
  struct eio_host **at = bucket(host->shard, str_of(host->session.sid));
  while (*at != host) {
    at = &(*at)->next;
  }
  *at = host->next;
  http_timer_set(host->shard->loop, &host->timer, INT64_MAX);
  if (server->config.handler->free != NULL) {
    server->config.handler->free(host);
  }
  eio_session_release(&host->session);
  free(host);
  atomic_fetch_sub_explicit(&server->sessions, 1, memory_order_relaxed);
}

/* ---- WebSockets ---- */

static void attach(struct eio_host *host, struct eio_link *link) {
  host->links[host->links[0] != NULL] = link;
  link->host = host;
}

static void detach(struct eio_link *link) {
  if (link->host != NULL) {
    link->host->links[link->host->links[1] == link] = NULL;
    link->host = NULL;
  }
}

static void link_free(struct eio_link *link) {
  detach(link);
  if (link->shard->loop != NULL) {
    http_timer_set(link->shard->loop, &link->timer, INT64_MAX);
  }
  ws_queue_release(&link->ws.out);
  ws_reader_release(&link->reader);
  free(link);
}

/* The session, where it still has this WebSocket, hears that it has gone. */
static void tell_gone(struct eio_link *link) {
  if (link->ws.session != NULL) {
    eio_host_touch(link->host);
    eio_session_ws_gone(link->ws.session, &link->ws);
  }
}

static void link_close(struct eio_link *link) {
  tell_gone(link);
  http_raw_close(link->raw);
  link_free(link);
}

static void link_due(struct http_timer *timer, int64_t now_ns) {
  (void)now_ns;
  link_close((struct eio_link *)((char *)timer - offsetof(struct eio_link, timer)));
}

static void say_goodbye(struct eio_link *link, enum ws_code code) {
  static const struct ws_queue_limits none = {.bytes_max = SIZE_MAX, .frames_max = UINT32_MAX};
  struct ws_frame *frame = ws_close_frame(code);
  link->goodbye = ws_queue_push(&link->ws.out, &none, &frame, 1) == STATUS_OK;
  ws_frame_unref(frame);
}

/* Writes what there is and ends what is to be ended. The link may be freed: false then. */
static bool link_flush(struct eio_link *link) {
  if (link->ws.end == EIO_WS_CUT) {
    link_close(link);
    return false;
  }
  if (link->ws.end == EIO_WS_END && !link->goodbye) {
    say_goodbye(link, WS_CODE_NORMAL);
  }
  while (link->ws.out.count > 0) {
    struct iovec parts[PARTS];
    unsigned count = ws_queue_gather(&link->ws.out, parts, PARTS);
    ssize_t sent = http_raw_write(link->raw, parts, count);
    if (sent < 0) {
      link_close(link);
      return false;
    }
    if (sent == 0) {
      break;
    }
    ws_queue_sent(&link->ws.out, (size_t)sent);
  }
  if (link->goodbye) {
    if (link->timer.place == 0) {
      http_timer_set(link->shard->loop, &link->timer, now() + LINGER_NS);
    }
    if (link->ws.out.count == 0 && !link->ended) {
      link->ended = true;
      http_raw_end(link->raw);
    }
  }
  return true;
}

static void on_frame(void *app, enum ws_opcode opcode, struct str message) {
  struct eio_link *link = app;
  if (link->ws.session != NULL) {
    eio_session_ws_message(link->ws.session, &link->ws, opcode, message, now());
  }
  if (link->ws.session == NULL) {
    ws_read_end(&link->reader, WS_CODE_NORMAL);
  }
}

/* After an event of this link: its session's business, and its own where it has none. */
static void settle(struct eio_link *link) {
  struct eio_shard *shard = link->shard;
  if (link->host != NULL) {
    eio_host_touch(link->host);
  } else {
    (void)link_flush(link);
  }
  eio_server_flush(shard->server, shard->index);
}

static void on_received(void *app, struct str bytes) {
  struct eio_link *link = app;
  if (link->goodbye) {
    return; /* only its end is still of interest */
  }
  CLEANUP_BUF struct buf replies;
  buf_init(&replies, bytes.len + MESSAGE_SPARE);
  bool open = ws_read(&link->reader, bytes, &replies);
  bool by_server = link->ws.end != EIO_WS_OPEN;
  if (replies.len > 0) {
    struct ws_frame *frame = ws_frame_ready(buf_str(&replies));
    if (ws_queue_push(&link->ws.out, &link->shard->server->config.eio.queue, &frame, 1) != STATUS_OK) {
      tell_gone(link);
      link->ws.end = EIO_WS_CUT; /* it asks for answers that it does not read */
    }
    ws_frame_unref(frame);
  }
  if (!open && !by_server) {
    tell_gone(link);
    link->goodbye = true; /* among the replies */
  }
  settle(link);
}

static void on_room(void *app) {
  settle(app);
}

static void on_gone(void *app) {
  struct eio_link *link = app;
  struct eio_shard *shard = link->shard;
  bool here = http_loop_is_mine(shard->loop);
  tell_gone(link);
  link_free(link);
  if (here) {
    eio_server_flush(shard->server, shard->index);
  }
}

/* It has come to its session's loop: is the session still there, and does it want it? */
static void on_arrived(void *app, struct http_raw *raw) {
  struct eio_link *link = app;
  struct eio_host *host = find(link->shard, str_of(link->sid));
  link->raw = raw;
  if (host != NULL && eio_session_probe(&host->session, &link->ws, now())) {
    attach(host, link);
  } else {
    link->ws.end = EIO_WS_END;
  }
  settle(link);
}

static const struct http_raw_handler raw_handler = {
    .arrived = on_arrived, .received = on_received, .room = on_room, .gone = on_gone};

/* ---- what goes out ---- */

static void add_cors(const struct eio_server *server, struct http_exchange *exchange) {
  if (server->config.cors != NULL) {
    http_add_header(exchange, "Access-Control-Allow-Origin", str_of(server->config.cors));
  }
}

static void answer(const struct eio_server *server, struct http_exchange *exchange, int status,
                   const char *type, struct str body) {
  exchange->status = status;
  http_add_header(exchange, "Content-Type", str_of(type));
  http_add_header(exchange, "Cache-Control", STR("no-store"));
  add_cors(server, exchange);
  buf_add_str(&exchange->body_out, body);
  http_answer(exchange);
}

static void answer_error(const struct eio_server *server, struct http_exchange *exchange,
                         enum eio_error error) {
  exchange->close = http_header(&exchange->head, "Upgrade").at != NULL;
  answer(server, exchange, error == EIO_FORBIDDEN ? 403 : 400, "application/json", eio_error_body(error));
}

static void answer_busy(const struct eio_server *server, struct http_exchange *exchange) {
  http_add_header(exchange, "Retry-After", STR("1"));
  answer(server, exchange, 503, "application/json", STR("{\"message\":\"Too many sessions\"}"));
}

static void answer_poll(struct eio_host *host) {
  struct http_exchange *exchange = host->poll;
  host->poll = NULL;
  eio_session_poll_take(&host->session, &exchange->body_out);
  answer(host->shard->server, exchange, 200, "text/plain; charset=UTF-8", STR(""));
}

/* Everything a session wants after it was touched. */
static void host_settle(struct eio_host *host) {
  if (eio_session_poll_due(&host->session)) {
    answer_poll(host);
  }
  for (int i = 0; i < 2; i++) {
    struct eio_link *link = host->links[i];
    if (link != NULL && link_flush(link) && link->ws.end != EIO_WS_OPEN) {
      detach(link);
    }
  }
  if (host->dirty) {
    return; /* a link went, its session comes round again */
  }
  if (eio_session_done(&host->session)) {
    host_free(host);
    return;
  }
  const struct eio_host_handler *handler = host->shard->server->config.handler;
  int64_t next_ns = handler->next != NULL ? handler->next(host) : eio_session_next(&host->session);
  http_timer_set(host->shard->loop, &host->timer, next_ns);
}

void eio_server_flush(struct eio_server *server, unsigned index) {
  struct eio_shard *shard = &server->shards[index];
  if (shard->flushing) {
    return;
  }
  shard->flushing = true;
  while (shard->dirty != NULL) {
    struct eio_host *host = shard->dirty;
    shard->dirty = host->next_dirty;
    host->dirty = false;
    host_settle(host);
  }
  shard->flushing = false;
}

/* ---- requests ---- */

/* Room for one session more. */
static bool take_place(struct eio_server *server, const struct eio_shard *shard) {
  const struct eio_host_handler *handler = server->config.handler;
  if (shard->stopped || (handler->admit != NULL && !handler->admit(server->config.app))) {
    return false;
  }
  if (atomic_fetch_add_explicit(&server->sessions, 1, memory_order_relaxed) < server->config.sessions_max) {
    return true;
  }
  atomic_fetch_sub_explicit(&server->sessions, 1, memory_order_relaxed);
  return false;
}

static bool has_word(struct str list, const char *word) {
  while (list.len > 0) {
    size_t end = str_find(list, ',');
    if (str_equal_fold(str_trim((struct str){list.at, end}), str_of(word))) {
      return true;
    }
    size_t step = end < list.len ? end + 1 : end;
    list = (struct str){list.at + step, list.len - step};
  }
  return false;
}

static bool is_upgrade(const struct http_exchange *exchange) {
  return has_word(http_header(&exchange->head, "Upgrade"), "websocket") &&
         has_word(http_header(&exchange->head, "Connection"), "upgrade");
}

enum status ws_handshake(const struct http_exchange *exchange, struct buf *headers) {
  const struct http_head *head = &exchange->head;
  char key[WS_ACCEPT_SIZE];
  if (head->method != HTTP_GET || head->minor_version == 0 || !is_upgrade(exchange) ||
      exchange->body.len > 0 || !str_is(http_header(head, "Sec-WebSocket-Version"), "13")) {
    return STATUS_INVALID;
  }
  TRY(ws_accept(http_header(head, "Sec-WebSocket-Key"), key));
  buf_format(headers, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n", key);
  return STATUS_OK;
}

/* On the thread of the exchange's loop, which is that of its new session, or gives the connection to its
 * session's. */
static void open_websocket(struct eio_server *server, struct http_exchange *exchange, struct eio_shard *shard,
                           struct str sid) {
  CLEANUP_BUF struct buf headers;
  buf_init(&headers, 256);
  if (ws_handshake(exchange, &headers) != STATUS_OK) {
    answer_error(server, exchange, EIO_BAD_REQUEST);
    return;
  }
  if (sid.at == NULL && !take_place(server, shard)) {
    answer_busy(server, exchange);
    return;
  }
  struct eio_link *link = calloc(1, sizeof(*link));
  if (link == NULL) {
    die("Out of memory for a WebSocket.");
  }
  struct http_loop *here = exchange->loop;
  link->shard = shard;
  link->timer.due = link_due;
  ws_reader_init(&link->reader, server->config.eio.max_payload, on_frame, link);
  if (sid.at != NULL) {
    memcpy(link->sid, sid.at, EIO_SID_SIZE - 1);
  }
  if (!http_upgrade(exchange, buf_str(&headers), &raw_handler, link, &link->raw)) {
    link_free(link);
    if (sid.at == NULL) {
      atomic_fetch_sub_explicit(&server->sessions, 1, memory_order_relaxed);
    }
  } else if (sid.at == NULL) {
    attach(host_new(shard, link), link);
    eio_server_flush(server, shard->index);
  } else if (shard->loop == here) {
    on_arrived(link, link->raw);
  } else {
    http_raw_move(link->raw, shard->loop);
  }
}

static void open_polling(struct eio_server *server, struct http_exchange *exchange, struct eio_shard *shard) {
  if (!take_place(server, shard)) {
    answer_busy(server, exchange);
    return;
  }
  struct eio_host *host = host_new(shard, NULL);
  host->poll = exchange;
  eio_server_flush(server, shard->index);
}

/* The client of a poll that is held went away. Its own memory: the poll may be answered meanwhile. */
struct left_poll {
  struct http_task task;
  struct eio_shard *shard;
  uint64_t id; /* of its exchange */
  char sid[EIO_SID_SIZE];
};

static void give_up_poll(struct http_task *task) {
  struct left_poll *left = (struct left_poll *)task;
  struct eio_server *server = left->shard->server;
  struct eio_host *host = find(left->shard, str_of(left->sid));
  if (host != NULL && host->poll != NULL && host->poll->id == left->id) {
    struct http_exchange *exchange = host->poll;
    host->poll = NULL;
    eio_session_poll_gone(&host->session);
    eio_host_touch(host);
    answer_error(server, exchange, EIO_BAD_REQUEST);
    eio_server_flush(server, left->shard->index);
  }
  free(left);
}

static void on_left(void *app, struct http_exchange *exchange) {
  struct eio_query query;
  struct left_poll *left = calloc(1, sizeof(*left));
  if (left == NULL) {
    die("Out of memory for a poll that was given up.");
  }
  if (eio_query_parse(exchange->head.query, &query) != EIO_ERROR_NONE || query.sid.len >= EIO_SID_SIZE) {
    die("A poll without a session was held.");
  }
  memcpy(left->sid, query.sid.at, query.sid.len);
  left->task.run = give_up_poll;
  left->shard = shard_of(app, query.sid);
  left->id = exchange->id;
  http_loop_post(left->shard->loop, &left->task);
}

/* A poll or a POST, on its session's loop. */
static void on_session(struct eio_shard *shard, struct http_exchange *exchange, struct str sid) {
  struct eio_server *server = shard->server;
  struct eio_host *host = find(shard, sid);
  enum http_method method = exchange->head.method;
  if (host == NULL) {
    answer_error(server, exchange, EIO_SID_UNKNOWN);
    return;
  }
  if (method == HTTP_POST) {
    bool taken = eio_session_post(&host->session, exchange->body, now());
    eio_host_touch(host);
    if (taken) {
      answer(server, exchange, 200, "text/html", STR("ok"));
    } else {
      answer_error(server, exchange, EIO_BAD_REQUEST);
    }
  } else if (method == HTTP_GET && eio_session_poll(&host->session)) {
    host->poll = exchange;
    eio_host_touch(host);
  } else {
    eio_host_touch(host);
    answer_error(server, exchange, EIO_BAD_REQUEST);
  }
  eio_server_flush(server, shard->index);
}

/* A request that came in on another loop than its session's. Lies in the request's arena. */
struct handed_over {
  struct http_task task;
  struct eio_shard *shard;
  struct http_exchange *exchange;
  struct str sid;
};

static void run_handed_over(struct http_task *task) {
  struct handed_over *request = (struct handed_over *)task;
  on_session(request->shard, request->exchange, request->sid);
}

static void hand_over(struct eio_shard *shard, struct http_exchange *exchange, struct str sid) {
  struct handed_over *request = ARENA_NEW(exchange->arena, struct handed_over);
  *request =
      (struct handed_over){.task.run = run_handed_over, .shard = shard, .exchange = exchange, .sid = sid};
  http_loop_post(shard->loop, &request->task);
}

bool eio_server_head(struct eio_server *server, struct http_exchange *exchange) {
  if (exchange->head.method == HTTP_OPTIONS && server->config.cors != NULL) {
    exchange->status = 204;
    add_cors(server, exchange);
    http_add_header(exchange, "Access-Control-Allow-Methods", STR("GET, POST"));
    http_add_header(exchange, "Access-Control-Allow-Headers", STR("Content-Type, Authorization"));
    http_add_header(exchange, "Access-Control-Max-Age", STR("600"));
    return false;
  }
  exchange->max_body = exchange->head.method == HTTP_POST ? server->config.eio.max_payload : 0;
  return true;
}

void eio_server_request(struct eio_server *server, struct http_exchange *exchange) {
  struct eio_shard *here = &server->shards[http_loop_index(exchange->loop)];
  bool upgrade = is_upgrade(exchange);
  struct eio_query query;
  enum eio_error error = eio_query_parse(exchange->head.query, &query);
  if (error == EIO_ERROR_NONE && query.sid.at == NULL) {
    error = eio_handshake_check(&query, exchange->head.method == HTTP_GET, upgrade);
  }
  if (error != EIO_ERROR_NONE) {
    answer_error(server, exchange, error);
  } else if (query.sid.at == NULL && query.transport == EIO_POLLING) {
    open_polling(server, exchange, here);
  } else if (query.sid.at == NULL) {
    open_websocket(server, exchange, here, STR_NONE);
  } else {
    struct eio_shard *shard = shard_of(server, query.sid);
    /* At the end every session is closed, and its loop may be gone already. */
    if (shard == NULL || here->stopped || (shard == here && find(here, query.sid) == NULL)) {
      answer_error(server, exchange, EIO_SID_UNKNOWN);
    } else if (!query.current || upgrade != (query.transport == EIO_WEBSOCKET)) {
      answer_error(server, exchange, EIO_BAD_REQUEST);
    } else if (upgrade) {
      open_websocket(server, exchange, shard, query.sid);
    } else {
      exchange->left = on_left;
      exchange->left_app = server;
      if (shard == here) {
        on_session(shard, exchange, query.sid);
      } else {
        hand_over(shard, exchange, query.sid);
      }
    }
  }
}

/* ---- life ---- */

struct eio_server *eio_server_new(const struct eio_server_config *config) {
  struct eio_server *server = calloc(1, sizeof(*server));
  struct eio_shard *shards = calloc(config->threads, sizeof(*shards));
  if (server == NULL || shards == NULL) {
    die("Out of memory for a server of Engine.IO.");
  }
  server->config = *config;
  server->shards = shards;
  for (unsigned i = 0; i < config->threads; i++) {
    shards[i].server = server;
    shards[i].index = i;
  }
  return server;
}

void eio_server_free(struct eio_server *server) {
  for (unsigned i = 0; i < server->config.threads; i++) {
    for (unsigned b = 0; b < BUCKETS; b++) {
      struct eio_host *next;
      for (struct eio_host *host = server->shards[i].buckets[b]; host != NULL; host = next) {
        next = host->next;
        if (server->config.handler->free != NULL) {
          server->config.handler->free(host);
        }
        eio_session_release(&host->session);
        free(host);
      }
    }
  }
  free(server->shards);
  free(server);
}

void eio_server_bind(struct eio_server *server, struct http_server *http) {
  for (unsigned i = 0; i < server->config.threads; i++) {
    server->shards[i].loop = http_server_loop(http, i);
  }
}

struct http_loop *eio_server_loop(struct eio_server *server, unsigned index) {
  return server->shards[index].loop;
}

unsigned eio_host_loop_index(const struct eio_host *host) {
  return host->shard->index;
}

uint32_t eio_server_sessions(const struct eio_server *server) {
  return atomic_load_explicit(&server->sessions, memory_order_relaxed);
}

static void stop_shard(struct http_task *task) {
  struct eio_shard *shard = (struct eio_shard *)((char *)task - offsetof(struct eio_shard, stop));
  shard->stopped = true;
  for (unsigned i = 0; i < BUCKETS; i++) {
    for (struct eio_host *host = shard->buckets[i]; host != NULL; host = host->next) {
      eio_session_close(&host->session, now());
      eio_host_touch(host);
    }
  }
  eio_server_flush(shard->server, shard->index);
}

void eio_server_stop(struct eio_server *server) {
  for (unsigned i = 0; i < server->config.threads; i++) {
    struct eio_shard *shard = &server->shards[i];
    shard->stop.run = stop_shard;
    http_loop_post(shard->loop, &shard->stop);
  }
}
