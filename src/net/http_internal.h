#ifndef SIGAP_NET_HTTP_INTERNAL_H
#define SIGAP_NET_HTTP_INTERNAL_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "net/http.h"

/* What the files of the HTTP core share. Nobody else includes this. */

/* ---- bytes by class (http_text.c) ---- */
enum {
  CLASS_TOKEN = 1,  /* RFC 9110 5.6.2: methods and header names */
  CLASS_TARGET = 2, /* what a request target may hold as sent: visible ASCII but "#<>\ */
  CLASS_VALUE = 4,  /* header values: visible ASCII, blanks, bytes over 127 */
  CLASS_HOST = 8,   /* host names */
  CLASS_HEX = 16
};
extern const uint8_t http_class[256];

enum {
  HTTP_LINE_MAX = 8 * 1024, /* of the request line; beyond it 414 */
  INPUT_FIRST = 4 * 1024,   /* a connection's buffer while a head comes in */
  CHUNKED_ROOM = 16 * 1024, /* behind the head, for the raw bytes of a chunked body */
  CHUNKED_ROOM_LEAST = 1024,
  HEADERS_OUT_MAX = 32 * 1024,
  HEAD_OUT_MAX = 320, /* the header lines that the server itself writes */
  DATE_SIZE = 48,     /* "Date: Fri, 20 Nov 2026 13:15:10 GMT\r\n" */
  PEER_SIZE = INET6_ADDRSTRLEN
};

void http_head_clear(struct http_head *head);

/* ---- addresses (http_peer.c) ---- */
struct network {
  uint8_t bytes[16]; /* IPv4 in its mapped form */
  unsigned bits;
};
/* The parsed list in one allocation; an empty text gives none. STATUS_INVALID for a bad entry. */
enum status networks_parse(const char *text, struct network **out, size_t *count) MUST_CHECK;
/* Canonical text of a socket's peer; IPv4 in its own form also on an IPv6 socket. */
void peer_text(const struct sockaddr_storage *address, char out[PEER_SIZE]);
bool peer_trusted(const struct network *trusted, size_t count, const char *peer);
/* The client behind trusted proxies: walks X-Forwarded-For from the right. Returns `peer` or text in `out`.
 */
struct str peer_resolve(const struct network *trusted, size_t count, const char *peer,
                        const struct http_head *head, char out[PEER_SIZE]);

/* ---- one connection ---- */
enum connection_state {
  STATE_IDLE,    /* between requests: holds no buffer and no exchange */
  STATE_HEAD,    /* some bytes of a head are there */
  STATE_BODY,    /* the exchange's body comes in */
  STATE_HANDLER, /* the exchange is the handler's; nothing is read */
  STATE_WRITE,   /* the answer waits for room in the socket */
  STATE_RAW,     /* it has left HTTP: its bytes are a handler's */
  STATE_DRAIN,   /* answered and shut; what still comes is thrown away for a while */
  STATE_DEAD     /* closed; freed at the end of the loop's turn */
};

struct connection {
  struct connection *next; /* all of the loop; also in the inbox and among the dead */
  struct connection *prev;
  struct connection *ready_next;
  struct connection *timer_next;
  struct connection **timer_link; /* what points here; NULL when not in the wheel */
  struct http_loop *loop;
  struct exchange *exchange;
  char *in;
  uint32_t in_size;
  uint32_t in_len;
  uint32_t in_seen;    /* bytes that a parse has looked at */
  uint32_t in_used;    /* bytes that the exchange took: head, and body where it lies behind it */
  int64_t deadline_ms; /* 0: none */
  uint64_t due_tick;   /* the wheel's slot it is linked in; never later than the deadline */
  uint64_t drained;
  int fd; /* -1: gone while the exchange was with its handler */
  uint8_t state;
  bool readable;
  bool half_closed; /* the client sends no more */
  bool running;     /* connection_run is on the stack */
  bool ready;       /* in the ready list */
  bool unread;      /* the request's rest was not read: the connection can't go on */
  bool peer_trusted;
  bool raw_blocked; /* its handler waits for room in the socket */
  char peer[PEER_SIZE];
  const struct http_raw_handler *raw; /* in STATE_RAW; NULL once the handler itself closed it */
  void *raw_app;
  struct http_loop *move_to; /* it goes there as soon as nobody here holds it */
};

struct exchange {
  struct http_exchange public; /* first: the handler's pointer is ours */
  struct connection *connection;
  struct exchange *pool_next;
  void (*run)(struct http_exchange *exchange); /* in the inbox: NULL means answered */
  struct buf body;
  struct http_chunked chunked;
  int64_t body_started_ms;
  size_t sent;       /* bytes of the answer; of a stream all so far */
  size_t total;      /* of head and body_out */
  int64_t file_left; /* bytes of the answer's file that are still to be sent */
  int64_t waited_ms; /* of a stream: for room in the socket, all in all */
  uint32_t head_out_len;
  bool closing;
  bool headless; /* only the head goes out: HEAD, 204, 304 */
  bool streamed; /* the head of a stream was built */
  bool broken;   /* of a stream: the rest can't be sent */
  bool too_slow; /* because the client did not read it in time */
  char peer[PEER_SIZE];
  char head_out[HEAD_OUT_MAX];
};

/* ---- one loop (http_loop.c) ---- */
enum {
  WHEEL_SLOTS = 1024,
  TICK_SHIFT = 6, /* a tick is 64 ms */
  POOL_EXCHANGES = 64,
  POOL_INPUTS = 64,
};

struct free_input {
  struct free_input *next;
};

struct inbox {
  pthread_mutex_t lock;
  struct http_exchange *first;
  struct http_exchange *last;
  struct connection *connections;
  struct http_task *tasks;
  struct http_task *last_task;
  bool stop;
  int64_t stop_at_ms;
};

/* See http_timer.c. */
struct timers {
  struct http_timer **heap;
  uint32_t count;
  uint32_t size;
};

struct counters {
  _Atomic uint64_t accepted;
  _Atomic uint64_t requests;
  _Atomic uint64_t refused;
  _Atomic uint64_t timeouts;
  _Atomic uint64_t bytes_in;
  _Atomic uint64_t bytes_out;
};

struct http_loop {
  struct http_server *server;
  unsigned index;
  pthread_t handle; /* for joining */
  int epoll_fd;
  int wake_fd;
  int64_t now_ms; /* monotonic, read once a turn */
  int64_t wall_us;
  int64_t date_s;
  char date[DATE_SIZE];
  size_t date_len;
  struct connection *connections;
  struct connection *dead;
  struct connection *ready_first;
  struct connection *ready_last;
  struct connection *wheel[WHEEL_SLOTS];
  uint64_t wheel_bits[WHEEL_SLOTS / 64];
  uint64_t tick; /* all before it are done */
  struct exchange *free_exchanges;
  unsigned free_exchange_count;
  struct free_input *free_inputs;
  unsigned free_input_count;
  uint64_t next_id;
  uint64_t random[2];
  struct inbox inbox;
  struct timers timers;
  bool stopping;
  int64_t stop_at_ms;
  int64_t listen_again_ms; /* 0: the listener is polled (loop 0) */
  struct counters counters;
};

struct http_server {
  struct http_config config;
  struct network *trusted;
  size_t trusted_count;
  char *spool_dir;
  int listen_fd;
  int reserve_fd; /* closed for a moment where descriptors have run out, to turn a connection away */
  uint16_t port;
  unsigned next_loop;
  bool started;
  bool stopped;
  _Atomic uint32_t open;
  struct http_loop *loops;
};

/* One writer, any readers: no locked instruction needed. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t n) {
  atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                        memory_order_relaxed);
}

extern _Thread_local const struct http_loop *loop_of_thread; /* NULL: the thread runs none */

static inline bool loop_is_mine(const struct http_loop *loop) {
  return loop == loop_of_thread;
}

enum status loop_init(struct http_loop *loop, struct http_server *server, unsigned index) MUST_CHECK;
/* Runs what was posted after the loop's end. For all loops before the first one's loop_release. */
void loop_run_left(struct http_loop *loop);
void loop_release(struct http_loop *loop);
void *loop_thread(void *loop);
/* Connection is to be run again in this or the next turn. */
void loop_ready(struct connection *connection);
void loop_wake(struct http_loop *loop);
/* The connection is closed; its memory stays until the end of the turn. */
void loop_bury(struct connection *connection);
/* Sets the deadline (0: none). Cheap where it only moves on. */
void timer_set(struct connection *connection, int64_t deadline_ms);
void timer_drop(struct connection *connection);
/* The buffers of the loop's pools. */
struct exchange *exchange_take(struct http_loop *loop);
void exchange_drop(struct http_loop *loop, struct exchange *exchange);
char *input_take(struct http_loop *loop);
void input_drop(struct http_loop *loop, char *input, size_t size);
/* Takes connections from the listener (http_accept.c). */
void accept_some(struct http_loop *loop);
void accept_again(struct http_loop *loop);
void loop_adopt(struct http_loop *loop, struct connection *connection);
/* The same from another loop's thread. */
void loop_give(struct http_loop *loop, struct connection *connection);

/* Takes a connection off the loop's list, unburied. */
void loop_forget(struct connection *connection);

/* ---- http_timer.c ---- */
int64_t http_timers_next(const struct http_loop *loop);
void http_timers_run(struct http_loop *loop, int64_t now_ns);

/* ---- http_raw.c ---- */
/* Gives the connection to the loop it shall move to. Nobody may hold it. */
void raw_leave(struct connection *connection);

/* ---- http_connection.c ---- */
void connection_run(struct connection *connection);
void connection_timeout(struct connection *connection);
void connection_close(struct connection *connection);
/* Its client closed its side: whoever holds its answer back is told. */
void connection_left(struct connection *connection);
/* The graceful stop began: closes it where nothing is under way. */
void connection_stop(struct connection *connection);
/* The answer is written; goes on to the next request or ends. */
void connection_answered(struct connection *connection);
/* The handler is done (on the loop's thread). */
void connection_answer(struct exchange *exchange);
/* The same after a stream. */
void connection_streamed(struct http_exchange *exchange);

/* ---- http_answer.c ---- */
/* Builds the head of the answer from the exchange. */
void answer_build(struct exchange *exchange);
/* A head without length: for a stream, on the thread that has the exchange. False (logged): the status or
 * the headers are not valid. */
bool answer_build_stream(struct exchange *exchange) MUST_CHECK;
/* The header line of this second; returns its length. */
size_t answer_date(int64_t second, char out[DATE_SIZE]);
/* MORE: there is room in the socket, but others shall have their turn. */
enum write_result { WRITE_DONE, WRITE_MORE, WRITE_BLOCKED, WRITE_FAILED };
enum write_result answer_write(struct exchange *exchange);
/* Fills a refusal: the callback's, or a plain text. */
void answer_refusal(struct exchange *exchange, int status);

/* ---- http_spool.c: bodies in files ---- */
/* A new file without a name, of mode 0600; -1 with errno. */
int spool_open(const char *folder);
/* All of the bytes, at the file's offset; false with errno. */
bool spool_write(int fd, const char *bytes, size_t len) MUST_CHECK;
/* The refusal that fits this errno: 507 for a full disk, 503 where descriptors or memory are short, else 500
 * (logged). */
int spool_refusal(int error);

#endif
