#ifndef SIGAP_NET_HTTP_H
#define SIGAP_NET_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

/* HTTP/1.1 as RFC 9112 and RFC 9110 say, strictly: what is ambiguous is refused with
 * 400 and the connection is closed. */

enum http_method {
  HTTP_GET,
  HTTP_HEAD,
  HTTP_POST,
  HTTP_PUT,
  HTTP_PATCH,
  HTTP_DELETE,
  HTTP_OPTIONS,
  HTTP_METHOD_COUNT,
  HTTP_METHOD_OTHER = HTTP_METHOD_COUNT
};
const char *http_method_name(enum http_method method);
/* The reason phrase of a status number; "" where unknown. */
const char *http_reason(int status);

struct http_header {
  struct str name;  /* as sent */
  struct str value; /* without surrounding spaces */
};

enum { HTTP_HEADERS_MAX = 100 };

/* A parsed request head. All texts point into memory that lives as long as the exchange. */
struct http_head {
  enum http_method method;
  struct str method_name;
  struct str target; /* as sent */
  struct str path;   /* before '?', still percent-encoded */
  struct str query;  /* after '?', STR_NONE without one */
  struct str host;   /* Host without the port, or of an absolute-form target */
  int minor_version; /* 0 or 1 */
  struct http_header headers[HTTP_HEADERS_MAX];
  unsigned header_count;
  bool chunked;
  bool keep_alive;
  bool expect_continue;
  bool expect_other;      /* an expectation that nobody here knows: 417 */
  int64_t content_length; /* -1 without one */
};

/* Value of the first header of that name (any letter case); STR_NONE if absent. */
struct str http_header(const struct http_head *head, const char *name);

/* ---- parser: pure functions, fuzzed, no I/O (http_parse.c) ---- */
enum http_parse {
  HTTP_PARSE_MORE,
  HTTP_PARSE_DONE,
  HTTP_PARSE_BAD,
  HTTP_PARSE_TOO_LONG,
  HTTP_PARSE_VERSION,
  HTTP_PARSE_UNIMPLEMENTED
};
/* Reads a whole head (request line to the empty line) from the start of `bytes`.
 * DONE sets *used to its length. MORE: no verdict yet. TOO_LONG: 431 (or 414 when the request line itself
 * is), VERSION: 505, UNIMPLEMENTED: 501 (another transfer coding under a last "chunked"; without that one RFC
 * 9112 6.3 demands 400), BAD: 400. But for DONE the head may be filled in part: up to what was understood.
 * Refused: bare LF or CR, folded lines, NUL and control bytes, white space before the
 * colon, missing or repeated Host, repeated or differing or malformed Content-Length,
 * Content-Length together with Transfer-Encoding, Transfer-Encoding in HTTP/1.0. */
enum http_parse http_parse_head(struct str bytes, struct http_head *head, size_t *used);

/* Decodes a chunked body piece by piece. */
struct http_chunked {
  uint64_t left; /* of the chunk; a trailer's name as a number */
  uint8_t state;
  uint16_t line;
  uint32_t trailer;
};
/* Feeds `bytes`; appends data to body. DONE with *used where the body ended. TOO_LONG
 * where the body buffer's maximum would be passed. Chunk extensions are skipped (256 bytes
 * at most), trailers are read and dropped (8 KiB at most). */
enum http_parse http_parse_chunked(struct http_chunked *state, struct str bytes, struct buf *body,
                                   size_t *used);

/* Percent-decodes into the arena. plus: '+' is a space (forms, queries). Bad escapes,
 * NUL, and invalid UTF-8 are STATUS_INVALID. */
enum status http_unescape(struct arena *arena, struct str text, bool plus, struct str *out) MUST_CHECK;

/* ---- server (http_server.c, http_connection.c) ---- */
struct http_server;
struct http_loop; /* one epoll loop, one thread */

/* One request and its answer. Made by the loop, given to the handler, ended by
 * http_answer. Between, exactly one thread works on it. */
struct http_exchange {
  struct http_head head;
  struct str body;        /* whole, decoded */
  struct arena *arena;    /* dies when the answer is on its way */
  struct http_loop *loop; /* whose thread received it */
  uint64_t id;            /* unique in this process */
  char request_id[37];    /* X-Request-ID of the client where it is 1-36 of [A-Za-z0-9._-], else a new uuid */
  struct str peer;        /* client address as text, trusted proxies resolved (X-Forwarded-For) */
  int64_t received_ns;    /* monotonic, when the head was complete */
  size_t max_body;        /* set by the head callback */
  bool spool;             /* set by the head callback: the body goes into a file, see body_fd */
  bool streams;           /* set by the head callback: http_stream_send may be used */
  int body_fd;            /* a spooled body: an unlinked file, closed with the exchange; -1: none, or empty */
  int64_t body_size;      /* its bytes; its offset stands anywhere: read with pread */
  void *app;              /* the handler's own */
  /* For an answer that is held back: set by the request callback, called once, on the thread of the loop,
   * when the client closes its side before the answer is there. http_answer has to follow all the same. */
  void (*left)(void *app, struct http_exchange *exchange);
  void *left_app;

  /* the answer, filled by the handler */
  int status;
  struct buf headers;  /* whole lines "Name: value\r\n"; framing headers are the server's */
  struct buf body_out; /* at most answer_max bytes */
  int file_fd;         /* instead of body_out, see http_answer_file; -1: none */
  int64_t file_size;
  bool close;                 /* close the connection after this answer */
  struct http_exchange *next; /* for queues that hold the exchange while it is theirs */
};

/* Adds a header line; a value with CR, LF or NUL is a defect and aborts in the test build, is dropped in
 * release. */
void http_add_header(struct http_exchange *exchange, const char *name, struct str value);
/* The answer's body is the first `size` bytes of this file, sent with constant memory. The exchange closes
 * fd from now on, and the one that was set before; -1 takes the file back out of the answer. */
void http_answer_file(struct http_exchange *exchange, int fd, int64_t size);

struct http_callbacks {
  void *app;
  /* The head is complete and valid. Sets exchange->max_body (0: none taken), or fills status,
   * headers and body_out and returns false: the answer goes out at once, the body is not read (a
   * body still on its way closes the connection). On the loop's thread. */
  bool (*head)(void *app, struct http_exchange *exchange);
  /* The whole request is there. Must lead to exactly one http_answer, now or later, from any thread. */
  void (*request)(void *app, struct http_exchange *exchange);
  /* The server itself refuses (400, 408, 413, 414, 417, 431, 500, 501, 505, 507): fills headers and
   * body_out for exchange->status. exchange->head may be empty. */
  void (*refuse)(void *app, struct http_exchange *exchange);
  /* An answer was given to the connection: for logs and metrics. On the loop's thread, once for every
   * answered or refused exchange, also where the client has gone meanwhile; never for one whose client left
   * before its request was whole. The arena still lives. */
  void (*done)(void *app, const struct http_exchange *exchange);
  /* Called once on each loop's thread before it starts and after it ended: connections per thread. */
  void (*loop_start)(void *app, struct http_loop *loop, unsigned index);
  void (*loop_stop)(void *app, struct http_loop *loop, unsigned index);
};

struct http_limits {
  size_t head_max;   /* 16 KiB; request line 8 KiB */
  size_t answer_max; /* bytes of one answer body */
  size_t arena_max;  /* of one exchange, body not counted */
  unsigned connections_max;
  uint32_t idle_timeout_ms;  /* keep-alive, 75 s */
  uint32_t head_timeout_ms;  /* absolute, from the first byte of a head to its end, 10 s */
  uint32_t body_timeout_ms;  /* absolute floor, 30 s, plus the time body bytes take at min_rate */
  uint32_t write_timeout_ms; /* 30 s, plus the time the answer takes at min_rate */
  uint32_t min_rate_bytes_s; /* 16 KiB/s */
};
extern const struct http_limits http_limits_default;

struct http_config {
  const char *address; /* "127.0.0.1", "::", … */
  uint16_t port;       /* 0: the system picks */
  unsigned threads;
  struct http_limits limits;
  const char *trusted_proxies; /* comma-separated addresses or CIDR; NULL none */
  const char *spool_dir;       /* where spooled bodies are written; copied. NULL: they are refused with 507 */
  struct http_callbacks callbacks;
};

/* Binds and listens. Failing (address in use, no such address) logs nothing: *why says it as a
 * sentence (static or strerror). Threads do not run yet. */
enum status http_server_new(const struct http_config *config, struct http_server **out,
                            const char **why) MUST_CHECK;
uint16_t http_server_port(const struct http_server *server);
/* Its loops, one for each thread of the configuration, from http_server_new on. */
struct http_loop *http_server_loop(struct http_server *server, unsigned index);
/* Starts the threads. */
void http_server_start(struct http_server *server);
/* Stops accepting, closes idle connections, lets running exchanges finish (each answer
 * with Connection: close) for at most grace_ms, then closes what is left and joins the threads. */
void http_server_stop(struct http_server *server, uint32_t grace_ms);
/* After http_server_stop. Exchanges that are still with a handler are freed too: end the handlers' threads
 * before. */
void http_server_free(struct http_server *server);

/* The answer is complete. On the loop's own thread it is written at once; from another
 * thread it is put into the loop's inbox, and the loop woken once for all that is in there. */
void http_answer(struct http_exchange *exchange);
/* The same for a list linked by `next`, possibly of several loops: each loop is woken at most once. */
void http_answer_all(struct http_exchange *list);
/* Hands the exchange back to its loop's thread and calls run(exchange) there: for the
 * printing after the writer's commit. Same wake rule. */
void http_resume_all(struct http_exchange *list, void (*run)(struct http_exchange *exchange));

/* ---- an answer of unknown length (http_stream.c) ----
 * For an exchange whose head callback set `streams`, on the thread that has it, which is none of the loops'.
 * Chunked in HTTP/1.1, until the connection's end in HTTP/1.0. These block that thread while the client reads
 * slowly. Until the first piece is sent http_answer is still possible, and fits what is short. */
enum { HTTP_STREAM_PIECE = 64 * 1024 }; /* bytes that are worth a call */
/* Sends what stands in body_out and empties it; before the first piece status and headers as they stand.
 * False: nothing more is wanted, because the client has gone or is too slow (each piece under
 * write_timeout_ms and min_rate_bytes_s, and likewise the time waited for all), the server has stopped, or it
 * was a HEAD. */
bool http_stream_send(struct http_exchange *exchange) MUST_CHECK;
/* Instead of http_answer after the first http_stream_send. Sends what stands in body_out as the last piece
 * and gives the exchange back to its loop. whole false: the connection is reset, so that the client can tell
 * that the answer broke off. Returns whether all was sent. */
bool http_stream_end(struct http_exchange *exchange, bool whole);

/* ---- work of one's own on a loop's thread (http_loop.c, http_timer.c) ---- */
unsigned http_loop_index(const struct http_loop *loop);
/* From the loop's own thread. */
bool http_loop_is_mine(const struct http_loop *loop);
/* Embedded in what it works on. */
struct http_task {
  struct http_task *next;
  void (*run)(struct http_task *task);
};
/* Runs the task on the loop's thread, in the order of the calls, from any thread; the loop is woken once for
 * all that is in its inbox. What the loop does not get to before its end is run in http_server_free. */
void http_loop_post(struct http_loop *loop, struct http_task *task);

/* Embedded in what it wakes; zeroed but for `due` at first. */
struct http_timer {
  int64_t at_ns;
  uint32_t place; /* in the loop's heap; 0: it is off */
  void (*due)(struct http_timer *timer, int64_t now_ns);
};
/* Calls due once at this time (monotonic), at most a millisecond late where the loop is idle. INT64_MAX turns
 * it off. On the loop's thread only. */
void http_timer_set(struct http_loop *loop, struct http_timer *timer, int64_t at_ns);

/* ---- connections that leave HTTP (http_raw.c) ---- */
struct http_raw;
/* All on the thread of the loop that has the connection. */
struct http_raw_handler {
  /* It came to the loop that http_raw_move named. */
  void (*arrived)(void *app, struct http_raw *raw);
  /* Bytes of the client; they live as long as the call. */
  void (*received)(void *app, struct str bytes);
  /* After a write that did not take all: there may be room now. */
  void (*room)(void *app);
  /* The client closed, or the connection broke: it is not to be used any more. */
  void (*gone)(void *app);
};
/* Answers 101 with these header lines ("Upgrade: websocket\r\n…"), on the loop's own thread and within the
 * request callback, and ends the exchange. False: the client has gone, *out is not set and the handler hears
 * nothing. */
bool http_upgrade(struct http_exchange *exchange, struct str headers, const struct http_raw_handler *handler,
                  void *app, struct http_raw **out) MUST_CHECK;
/* Bytes written, 0 where there is no room (the handler's room follows), -1: broken; close it. */
ssize_t http_raw_write(struct http_raw *raw, struct iovec *parts, unsigned count) MUST_CHECK;
/* Nothing more will be written; the client's bytes still come. */
void http_raw_end(struct http_raw *raw);
/* Closes; the handler hears nothing more. */
void http_raw_close(struct http_raw *raw);
/* The connection goes to another loop. Nothing is heard of it until `arrived`; what its client sends waits.
 */
void http_raw_move(struct http_raw *raw, struct http_loop *loop);

/* Counters for /metrics. */
struct http_stats {
  uint64_t accepted, requests, refused, timeouts;
  uint64_t bytes_in, bytes_out;
  uint32_t open;
};
void http_server_stats(const struct http_server *server, struct http_stats *out);

#endif
