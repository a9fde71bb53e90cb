#ifndef SIGAP_API_KIT_INTERNAL_H
#define SIGAP_API_KIT_INTERNAL_H

#include <stdatomic.h>

#include "api/kit/kit.h"

/* Shared by the kit's own files only. */

enum { KIT_BUCKETS = 11, KIT_CLASSES = 6, KIT_SMALL_BODY = 64 * 1024 };

/* A route with its counters. */
struct kit_row {
  const struct dialect *dialect;
  const struct route *route;
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
/* Prints the handler's answer into the exchange. */
void call_print_answer(struct call *call);
/* The kind's HTTP number and message in this dialect. */
int call_saying(const struct call *call, const struct problem_kind *kind, const char **message);

/* The token as sent, without "Bearer "; STR_NONE without one, or with two. bare: "Bearer " may be missing. */
struct str call_token(const struct call *call, bool bare);
/* Runs the handler; header lines that an earlier run of it added are dropped. */
enum status call_handle(struct call *call) MUST_CHECK;
/* The body's media type without its parameters; empty where none is said. */
struct str call_media(const struct call *call);

/* choose.c */
/* Sets call->tenant_id and, for the operator's staff, call->who.tenant_id. */
enum status choose_tenant(struct call *call) MUST_CHECK;

/* stream.c */
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
/* Counts one call of this caller (account id, or the address where it is 0). False: over the limit. */
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
