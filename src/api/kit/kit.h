#ifndef SIGAP_API_KIT_KIT_H
#define SIGAP_API_KIT_KIT_H

#include "base/ctx.h"
#include "db/db.h"
#include "desk/access/access.h"
#include "net/http.h"
#include "net/router.h"
#include "wire/field.h"
#include "wire/multipart.h"

/* What every dialect shares: a table of routes, and the one way a request goes through a row. */

struct call;
struct guard;
struct kit;
struct packer;

enum lane {
  LANE_INLINE, /* reads, on the I/O thread */
  LANE_WRITER, /* writes: the handler runs inside a write transaction */
  LANE_POOL,   /* slow work */
  LANE_HASH,   /* Argon2: one or two threads of low priority */
  LANE_EXPORT, /* answers of unknown length (call_stream): threads that a slow reader may hold up */
  LANE_COUNT
};

typedef enum status (*handler)(struct call *call);

/* A documented answer, for the specification and the test that every answer fits it. */
struct answer {
  int status;
  const char *text;            /* what it means; for errors the documented message */
  const struct fields *fields; /* NULL: the dialect's error table for 4xx and 5xx */
  /* Media types that are no JSON, of streams and files: {"text/csv", "application/pdf", NULL}; beside the
   * JSON of `fields` where both are set. NULL: none. */
  const char *const *produces;
};

/* How a route is called in the collection of kit_postman, which runs from top to bottom, where neither its
 * row nor the examples of its tables say it. A text of JSON may name the collection's variables:
 * "\"{{ticket_id}}\"". */
enum sample_turn {
  SAMPLE_BY_METHOD, /* POST creates, or changes where its path has a parameter; GET lists or reads; … */
  SAMPLE_SIGN_IN, /* the one that takes e-mail and password and answers a token: sent for every role needed */
  SAMPLE_CREATE,
  SAMPLE_LIST,
  SAMPLE_READ,
  SAMPLE_CHANGE,
  SAMPLE_FINISH, /* after what needs it unfinished */
  SAMPLE_DELETE,
  SAMPLE_LEAVE,
  SAMPLE_END, /* makes good what was taken away */
  SAMPLE_TURNS
};
struct sample_value {
  const char *name; /* of a row of body or query, or of the path's parameter; NULL ends the list */
  const char *json; /* instead of the example; NULL: left out */
};
struct sample {
  enum sample_turn turn;
  bool customer;                     /* as a customer, not as the highest role that may */
  bool newcomer;                     /* as the account that was created last */
  const struct sample_value *values; /* NULL none */
  /* A variable that only a person can fill in (what was mailed); while it is empty the answer is `refused`.
   */
  const char *needs;
  int refused;
};
/* For a row: .sample = SAMPLE(.customer = true, .values = SAMPLE_VALUES({"nik", NULL})). */
/* clang-format off */
#define SAMPLE(...) &(const struct sample){__VA_ARGS__}
#define SAMPLE_VALUES(...) (const struct sample_value[]){__VA_ARGS__, {NULL, NULL}}
/* clang-format on */

/* Bodies a route takes. */
enum {
  BODY_JSON = 1,
  BODY_FORM = 2,
  /* multipart/form-data: its text parts fill `input`, as a form would; its files are in call->parts */
  BODY_MULTIPART = 4
};

/* One endpoint. */
struct route {
  enum http_method method;
  const char *path; /* "/api/ticket/:id" */
  const char *name; /* operationId: "hcallTicketCreate" */
  const char *summary;
  handler handler;
  enum lane lane;
  enum permission permission;
  unsigned roles; /* 1 << enum role; 0: whatever the permission says. The dialect's narrowing */
  const struct problem_kind *refusal; /* when roles or permission say no; NULL access_forbidden */
  const struct fields *input;         /* body; NULL none */
  const struct fields *query;         /* query string; NULL none */
  const struct answer *answers;       /* ends with status 0; the first is the success */
  unsigned body;                      /* BODY_JSON | BODY_FORM; 0 = BODY_JSON where input is set */
  size_t max_body;                    /* 0: 1 MiB where input is set */
  size_t max_answer;                  /* 0: 16 MiB */
  bool fold_case;                     /* the path in any letter case */
  /* The body goes into an unlinked file instead of memory (exchange->body_fd, body_size) once the token was
   * found to be signed by us; the handler runs in the pool. Needs a permission but MAY_ANYONE, and max_body.
   * With BODY_MULTIPART see call->parts; without it and without `input` any media type is taken. */
  bool spool;
  bool as_written;       /* under none of the dialect's mounts, but just so */
  const char *file_part; /* BODY_MULTIPART: the name of the file's part, for the specification; NULL "file" */
  const struct sample *sample; /* NULL: nothing special */
};

/* How a dialect words a kind of problem. */
struct saying {
  const struct problem_kind *kind;
  int http;
  const char *message;
};

/* What a group of routes in the specification is about. A group's name is the first telling segment of its
 * paths: "ticket" of "/api/ticket/:id". */
struct tag {
  const char *name, *about;
};

struct dialect {
  const char *name;          /* "hcall" */
  const char *title, *about; /* for the specification; about may be markdown */
  const struct route *routes;
  size_t route_count;
  const struct tag
      *tags; /* one for each group; ends with name NULL. NULL: of groups that nobody reads about */
  /* Ends with kind NULL. What is not here: the status's HTTP number and the kind's sentence. */
  const struct saying *sayings;
  const struct fields *error; /* the error object's table (its schema) */
  /* Prints the whole error body. `http` and `message` as found by the sayings. */
  void (*print_problem)(struct call *call, int http, const char *message, struct buf *out);
  bool bare_token; /* "Authorization: <token>" is taken too */
  /* Whose unknown paths get this dialect's envelope; whole segments; ends with NULL. The longest wins. */
  const char *const *prefixes;
  /* Each route is served under each of these, too: {"", "/v1", NULL}; a path there that nothing is served at
   * gets this dialect's envelope. NULL: just as written. */
  const char *const *mounts;
  /* Under this path ("/api"), where others have routes too, this dialect's go before theirs where the request
   * carries `header` (even an empty one) and after them where it does not. NULL: none. At most one dialect.
   */
  const char *shared, *header;
  bool unlimited; /* health, metrics, documents: no token, no database, no rate limit, no lane */
};

/* X-Tenant-ID selects the tenant that a call is about: one's own, or any where the caller is the operator's
 * staff; without a token, the one to sign in to. Empty or absent: the caller's own, else the one that Host
 * names. No number is a fault on "X-Tenant-ID". */
extern const struct problem_kind kit_foreign_tenant; /* FORBIDDEN: not the caller's to select */

/* The same by a number that stands elsewhere in the request: from here on the call acts in that tenant. One's
 * own is always fine; kit_foreign_tenant; tenant_inactive (desk/tenant) where there is none, or none that is
 * active. */
enum status call_select_tenant(struct call *call, int64_t tenant_id) MUST_CHECK;

/* Ways to fail that are the protocol's, not the desk's. */
extern const struct problem_kind kit_no_path;      /* 404: nothing is served at this path */
extern const struct problem_kind kit_no_method;    /* 405, with Allow */
extern const struct problem_kind kit_rate_limited; /* 429, with Retry-After */
extern const struct problem_kind kit_bad_request;  /* 400 of the server itself: framing, deadlines, limits */
extern const struct problem_kind kit_changed; /* 412: the object is not, or no longer, as If-Match says */
extern const struct problem_kind kit_bad_key; /* 400: Idempotency-Key is not 1-255 printable characters */

/* One request on its way. The handler reads input, query, params, ctx; it answers with call_answer. */
struct call {
  struct ctx ctx;
  struct kit *kit;
  struct http_exchange *exchange;
  const struct dialect *dialect;
  const struct route *route;
  struct router_match match; /* params in the path's order */
  struct who who;            /* ctx.who points here once signed in */
  int64_t tenant_id;         /* the caller's own, or the one that Host names */
  struct str token;          /* as sent, without "Bearer " */
  void *input;               /* struct of route->input */
  void *query;               /* struct of route->query */
  struct multipart *parts;   /* of a multipart body; NULL without one */
  int http;                  /* the answer */
  const struct fields *answer_fields;
  const void *answer;
  struct str raw_type; /* raw answers: content type, text in raw */
  struct str raw;
  enum lane lane;        /* where it runs now */
  uint64_t generation;   /* of the database before it was read for this call */
  bool admitted;         /* token, permission and body were checked */
  bool under_way;        /* counted as such until it is answered */
  bool counted;          /* against the rate limit */
  bool streaming;        /* call_stream was called */
  bool streamed;         /* and a piece was sent: there is no other answer any more */
  bool handled;          /* the handler ran */
  bool printed;          /* its answer stands in the exchange */
  struct guard *guard;   /* the key or the condition that it writes under; NULL none */
  struct str tag;        /* what stands for this state of the object, in ETag; NONE: nothing */
  bool packing;          /* it is printed, and went to the pool to be compressed */
  bool packs;            /* the client takes gzip, and the stream is of a kind that is worth it */
  struct packer *packer; /* of such a stream, once it is long enough */
  char trace_id[33];     /* of traceparent; empty: none */
  size_t own_headers;    /* bytes of header lines that are not the handler's */
  struct arena *page;    /* of call_page */
  enum status result;
  struct db_job job;
  struct call *next; /* for the lanes' queues */
};

/* The answer: printed by its table after the transaction. Both must live in call->ctx.arena or be static. */
enum status call_answer(struct call *call, int http, const struct fields *fields, const void *answer);
/* An answer that is not JSON by table (documents, metrics). */
enum status call_answer_raw(struct call *call, int http, struct str type, struct str text);
/* The answer is the first `size` bytes of this file, sent with constant memory, with its Content-Length. The
 * exchange owns fd from now on, whatever happens. From any lane. */
enum status call_answer_file(struct call *call, int http, struct str type, int fd, int64_t size);
/* Begins an answer whose length is unknown, in LANE_EXPORT only (STATUS_BROKEN elsewhere). Up to 64 KiB
 * (HTTP_STREAM_PIECE) become an ordinary answer with its length, and a handler that fails until then is
 * answered in the dialect's envelope, as ever. Beyond, the answer is chunked (HTTP/1.0: until the
 * connection's end) and a failure resets the connection, so that the client can tell. */
enum status call_stream(struct call *call, int http, struct str type);
/* Appends; small pieces are gathered. Sleeps while the client is slow. STATUS_UNAVAILABLE: nothing more is
 * wanted (the client has gone or is too slow, the server stops, it was a HEAD); the handler ends with it. */
enum status call_write(struct call *call, struct str bytes) MUST_CHECK;
/* Runs the command in a read transaction of its own with an empty arena as ctx->arena, which is emptied again
 * by the next call_page: what it made lives until then. For exports: one call for each page of rows, and
 * call_write between them, so that neither memory nor a transaction lasts as long as the client reads. */
enum status call_page(struct call *call, db_command command, void *arg) MUST_CHECK;
/* A request's own arena is small, and made for quick answers. Long ones are told in the pool: there this
 * gives the call an arena for long lists, which goes with the request's own. */
void call_widen(struct call *call);
/* STATUS_SLOW where the room was too small and there is more in the pool, else `status`. */
enum status call_or_slow(const struct call *call, enum status status) MUST_CHECK;
/* What stands for this state of the object in ETag, at least 16 bytes of a hash, where the printed answer
 * does not: for files, on GET rows. */
void call_tag(struct call *call, struct str hash);
/* The client takes gzip, and not less than the plain form (RFC 9110, 12.5.3). What a handler packs itself,
 * with its own Content-Encoding and Vary, is left alone. */
bool call_takes_gzip(const struct call *call);
/* {"field":"reason",…} of the call's problem, for a dialect's envelope: each field once, by its first reason.
 * `wire_name` turns the desk's name of a field into the dialect's. */
void call_print_faults(const struct call *call,
                       struct str (*wire_name)(const struct call *call, struct str field), struct buf *out);
/* Adds one header line to the answer; what a handler added is dropped where it fails or is run again. */
void call_header(struct call *call, const char *name, struct str value);
/* The HTTP number of a status: the one array. */
int kit_http_of(enum status status);

/* Where calls go; the lanes themselves are app's. */
struct kit_lanes {
  void *app;
  bool pgsql; /* every call runs in the database pool */
  /* Queues the call; false: full. The lane's thread then calls kit_run(call, db of that thread). LANE_INLINE
   * on PostgreSQL means its database pool. LANE_WRITER (SQLite): runs call->job.command through db_writer and
   * hands the call to kit_committed. */
  bool (*submit)(void *app, struct call *call, enum lane lane);
  struct db *(*loop_db)(void *app, struct http_loop *loop); /* the read connection of an I/O thread */
  uint64_t (*generation)(void *app); /* SQLite: grows with every commit, of whatever; NULL: unknown */
};

struct kit_config {
  const struct dialect *const *dialects;
  size_t dialect_count;
  struct kit_lanes lanes;
  const char *cors_origins;      /* comma-separated, "*" any; NULL none */
  int64_t rate_limit_per_minute; /* 0: off */
  const char *public_url;        /* NULL: unknown */
};
struct kit *kit_new(const struct kit_config *config);
void kit_free(struct kit *kit);
/* The http callbacks' bodies. */
bool kit_head(void *kit, struct http_exchange *exchange);
void kit_request(void *kit, struct http_exchange *exchange);
void kit_refuse(void *kit, struct http_exchange *exchange);
void kit_done(void *kit, const struct http_exchange *exchange);
/* Adds the cross-origin header lines to what is answered beside the dialects' routes. */
void kit_cors(const struct kit *kit, struct http_exchange *exchange);
/* A lane's thread works on the call with this connection, start to end, and answers it. */
void kit_run(struct call *call, struct db *db);
/* The writer committed (or refused) this batch: hands each call to its I/O thread for printing. */
void kit_committed(struct db_job *list);

/* OpenAPI 3.1 of one dialect as JSON, from its tables alone. */
void kit_openapi(const struct dialect *dialect, const char *server_url, struct buf *out);
/* The same as YAML 1.2: of any JSON that was printed by the tables. */
void kit_yaml(struct str json, struct buf *out);
/* A Postman collection (v2.1) of one dialect, from the same tables: every route once, with tests, in an order
 * in which each finds what it needs. It runs to the end on a server with the demonstration desk. */
void kit_postman(const struct dialect *dialect, const char *server_url, struct buf *out);
/* Prometheus text of what the kit counts: requests by route template and status class, duration histogram, in
 * flight. */
void kit_metrics(struct kit *kit, struct buf *out);

#endif
