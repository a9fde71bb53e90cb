#ifndef SIGAP_API_KIT_INTERNAL_H
#define SIGAP_API_KIT_INTERNAL_H

#include <stdatomic.h>

#include "api/kit/kit.h"
#include "base/log.h"
#include "desk/repeat/repeat.h"

/* Shared by the kit's own files only. */

enum { KIT_BUCKETS = 11, KIT_CLASSES = 6, KIT_SMALL_BODY = 64 * 1024 };

/* A route with its counters. */
struct kit_row {
  const struct dialect *dialect;
  const struct route *route;
  bool tagged; /* a GET of one object: it tells an ETag */
  /* Of a write: the GET row of the object that it changes, whose path it has or goes on from; NULL none. */
  const struct kit_row *twin;
  atomic_uint_fast64_t answers[KIT_CLASSES]; /* by first digit of the status */
  atomic_uint_fast64_t buckets[KIT_BUCKETS + 1];
  atomic_uint_fast64_t duration_us;
};

struct limiter;
struct known;

enum { KIT_LOOPS_MAX = 64 };

struct kit {
  struct kit_config config;
  struct router *router;
  const char *header; /* that brings the shared routes of its dialect to the front; NULL none */
  struct kit_row *rows;
  size_t row_count;
  struct limiter *limiter;            /* NULL: off */
  struct known *known[KIT_LOOPS_MAX]; /* of each I/O thread */
  atomic_uint_fast64_t unrouted[KIT_CLASSES];
  atomic_int_fast64_t in_flight;
  atomic_uint_fast64_t streams[2]; /* longer than a piece: broken off, whole */
};

/* call.c */
/* Prints ctx->problem (or the status alone) in the dialect's envelope into the exchange. */
void call_print_problem(struct call *call, enum status status);
/* Prints the handler's answer into the exchange. STATUS_BROKEN: it is larger than its route allows. */
enum status call_print_answer(struct call *call) MUST_CHECK;
/* The kind's HTTP number and message in this dialect. */
int call_saying(const struct call *call, const struct problem_kind *kind, const char **message);

/* The token as sent, without "Bearer "; STR_NONE without one, or with two. bare: "Bearer " may be missing. */
struct str call_token(const struct call *call, bool bare);
/* The value of a line that the handler added; STR_NONE without one. */
struct str call_own_header(const struct call *call, const char *name);
/* The caller's role opens this row. */
enum status call_permit(struct call *call, const struct route *route) MUST_CHECK;
bool call_header_is_repeated(const struct call *call, const char *name);
/* Runs the handler; header lines that an earlier run of it added are dropped. */
enum status call_handle(struct call *call) MUST_CHECK;
/* The body's media type without its parameters; empty where none is said. */
struct str call_media(const struct call *call);

/* again.c */
/* What a write is done under beyond its handler: an Idempotency-Key, a state of the object that it changes.
 * All of it is looked at, and what was answered is kept, in the transaction of the write. */
struct guard {
  bool conditional;
  bool keyed;
  struct repeat repeat;
  bool replayed; /* the answer of the first call was printed instead */
  /* What the transaction's begin refused, whatever the handler made of it. */
  enum status refused;
  struct problem problem;
};
/* It writes for somebody who is known: its calls take a key. */
bool guard_covers(const struct route *route);
/* After authentication and the body's parsing: sets call->guard where the call has one. A key that is none is
 * kit_bad_key. */
enum status guard_admit(struct call *call) MUST_CHECK;
/* Runs the handler inside the write transaction that is open. */
enum status guard_handle(struct call *call) MUST_CHECK;
/* The same in a lane whose handlers open their own transactions: all of them become one. */
enum status guard_handle_slow(struct call *call) MUST_CHECK;

/* etag.c */
/* At the start: which rows tell an ETag, and whose writes take If-Match. */
void etag_pair(struct kit_row *rows, size_t count);
/* The request has a condition on the state of what it is about. */
bool etag_is_conditional(const struct call *call);
/* Inside the write transaction, before anything is changed: kit_changed where the condition does not hold. */
enum status etag_check(struct call *call) MUST_CHECK;
/* After a GET's answer was printed: its tag; no body where the client has it; kit_changed as above. */
enum status etag_tell(struct call *call) MUST_CHECK;
/* Adds the header line. packed: of the compressed form. */
void etag_add(struct call *call, bool packed);

/* gzip.c */
/* An answer that stands whole in body_out: says that its form depends on what the client takes. True: it is
 * to be compressed. */
bool gzip_wanted(struct call *call);
/* Beyond this an I/O thread leaves it to the pool. */
enum { GZIP_QUICK_BYTES = 64 * 1024 };
/* Puts the compressed form in its place. */
void gzip_pack(struct call *call);
/* The same for streams: what is written goes through the packer from its second KiB on. */
void gzip_stream(struct call *call, struct str type);
enum status gzip_write(struct call *call, struct str bytes) MUST_CHECK;
enum status gzip_end(struct call *call) MUST_CHECK;

/* path.c: patterns of paths. Parameters at the same place are the same, whatever they are called. */
/* Takes the next segment off the path; false at its end. */
bool path_take(const char **path, struct str *segment);
bool path_is_parameter(struct str segment);
size_t path_segments(const char *path);
/* The number of the path's segments where `longer` begins with all of them; else 0. */
size_t path_covers(const char *path, const char *longer);
bool path_same(const char *a, const char *b);

/* trace.c */
/* The trace-id of a valid traceparent (W3C Trace Context) into call->trace_id. */
void trace_read(struct call *call);
/* A line of the log about this request: its route, its id, and the trace that it belongs to. */
void call_log(const struct call *call, enum log_level level, const char *event, const struct log_field *more,
              size_t more_count);
#define CALL_LOG(call, level, event, ...)                                                \
  call_log((call), (level), (event), (const struct log_field[]){{0}, ##__VA_ARGS__} + 1, \
           sizeof((const struct log_field[]){{0}, ##__VA_ARGS__}) / sizeof(struct log_field) - 1)

/* choose.c */
/* Sets call->tenant_id and, for the operator's staff, call->who.tenant_id. */
enum status choose_tenant(struct call *call) MUST_CHECK;

/* stream.c */
/* call_write without compression. */
enum status stream_put(struct call *call, struct str bytes) MUST_CHECK;
/* The end of an answer of which pieces were sent: gives the exchange back. */
void stream_finish(struct call *call);

/* cors.c */
void cors_add(const struct kit *kit, struct http_exchange *exchange);
/* Answers OPTIONS: preflight or plain. */
void cors_options(const struct kit *kit, struct http_exchange *exchange, unsigned allowed);
/* "GET, HEAD, POST" of a router's mask, into the arena. */
struct str cors_methods(struct arena *arena, unsigned allowed);

/* limit.c */
struct limiter *limiter_new(int64_t per_minute);
void limiter_free(struct limiter *limiter);
/* What is left to a caller after a call, and the seconds until the window ends. */
struct rate {
  int64_t left;
  uint32_t reset_s;
};
/* Counts one call of this caller (account id, or address_counted of the address where it is 0). False: over
 * the limit. */
bool limiter_take(struct limiter *limiter, int64_t account_id, struct str address, int64_t now_us,
                  struct rate *out);
/* RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10). */
void limiter_headers(const struct limiter *limiter, const struct rate *rate, struct buf *headers);

/* known.c */
struct known;
struct known *known_new(void);
void known_free(struct known *known);
/* The caller of this token as kept at the same generation, if it has not expired; texts in the arena. */
bool known_find(const struct known *known, struct str token, uint64_t generation, struct ctx *ctx,
                struct who *out);
void known_keep(struct known *known, struct str token, uint64_t generation, const struct who *who);

/* metrics.c */
void metrics_count(struct kit *kit, const struct call *call, const struct http_exchange *exchange);

#endif
