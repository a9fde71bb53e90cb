#ifndef SIGAP_NET_HTTP_H
#define SIGAP_NET_HTTP_H

#include <stdbool.h>
#include <stdint.h>

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
  void *app;              /* the handler's own */

  /* the answer, filled by the handler */
  int status;
  struct buf headers;         /* whole lines "Name: value\r\n"; framing headers are the server's */
  struct buf body_out;        /* at most answer_max bytes */
  bool close;                 /* close the connection after this answer */
  struct http_exchange *next; /* for queues that hold the exchange while it is theirs */
};

/* Adds a header line; a value with CR, LF or NUL is a defect and aborts in the test build, is dropped in
 * release. */
void http_add_header(struct http_exchange *exchange, const char *name, struct str value);

struct http_callbacks {
  void *app;
  /* The head is complete and valid. Sets exchange->max_body (0: none taken), or fills status,
   * headers and body_out and returns false: the answer goes out at once, the body is not read (a
   * body still on its way closes the connection). On the loop's thread. */
  bool (*head)(void *app, struct http_exchange *exchange);
  /* The whole request is there. Must lead to exactly one http_answer, now or later, from any thread. */
  void (*request)(void *app, struct http_exchange *exchange);
  /* The server itself refuses (400, 408, 413, 414, 417, 431, 501, 505): fills headers and
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
  struct http_callbacks callbacks;
};

/* Binds and listens. Failing (address in use, no such address) logs nothing: *why says it as a
 * sentence (static or strerror). Threads do not run yet. */
enum status http_server_new(const struct http_config *config, struct http_server **out,
                            const char **why) MUST_CHECK;
uint16_t http_server_port(const struct http_server *server);
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

unsigned http_loop_index(const struct http_loop *loop);
/* Counters for /metrics. */
struct http_stats {
  uint64_t accepted, requests, refused, timeouts;
  uint64_t bytes_in, bytes_out;
  uint32_t open;
};
void http_server_stats(const struct http_server *server, struct http_stats *out);

#endif
