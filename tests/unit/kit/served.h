#ifndef SIGAP_TESTS_KIT_SERVED_H
#define SIGAP_TESTS_KIT_SERVED_H

#include "exchange.h"

#include "base/time.h"
#include "desk/account/account.h"
#include "desk/session/session.h"
#include "store.h"

/* One dialect, served by the kit from a real store without a server: requests go through the whole row, in
 * whatever lane it names, one at a time and on the test's own thread. The server's functions are replaced at
 * the link: see served_wraps in unit/kit/meson.build. For one test program: it holds its state here. */

static struct served {
  struct store *store;
  struct kit *kit;
  struct http_exchange exchange; /* of the last request */
  struct call *queued;
  enum lane lane;
  unsigned pooled; /* how often a call went to the pool */
  unsigned answered;
  const char *host;           /* of all that follow; NULL: as in exchange.h */
  struct http_header more[4]; /* of the next request */
  unsigned more_count;
} served;

/* ---- in place of the server and the lanes ---- */

void __wrap_http_answer(struct http_exchange *exchange);
void __wrap_http_answer(struct http_exchange *exchange) {
  served.answered++;
  kit_done(served.kit, exchange);
}

void __wrap_http_resume_all(struct http_exchange *list, void (*run)(struct http_exchange *exchange));
void __wrap_http_resume_all(struct http_exchange *list, void (*run)(struct http_exchange *exchange)) {
  while (list != NULL) {
    struct http_exchange *exchange = list;
    list = list->next;
    run(exchange);
  }
}

static inline bool served_submit(void *app, struct call *call, enum lane lane) {
  (void)app;
  served.pooled += lane == LANE_POOL;
  served.queued = call;
  served.lane = lane;
  return true;
}

static inline struct db *served_db(void *app, struct http_loop *loop) {
  (void)app;
  (void)loop;
  return served.store->ctx.db;
}

/* What the lanes' threads would do, until the call is answered. */
static inline void served_run_lanes(void) {
  while (served.queued != NULL) {
    struct call *call = served.queued;
    served.queued = NULL;
    if (served.lane == LANE_WRITER) {
      call->job.status = db_write(call->job.ctx, call->job.command, call->job.arg);
      kit_committed(&call->job);
    } else {
      kit_run(call, served.store->ctx.db);
    }
  }
}

/* ---- a test's world ---- */

static inline void served_begin(struct store *store, const struct dialect *const *dialect) {
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  served = (struct served){.store = store};
  store->ctx.now_us = time_now_us();
  session_setup(&(struct session_keys){.keys = {STR("0123456789abcdef0123456789abcdef")}, .count = 1}, false);
  const struct kit_config config = {
      .dialects = dialect,
      .dialect_count = 1,
      .lanes = {.pgsql = store->pgsql, .submit = served_submit, .loop_db = served_db},
  };
  served.kit = kit_new(&config);
}

static inline void served_end(void) {
  if (served.exchange.arena != NULL) {
    exchange_end(&served.exchange);
  }
  kit_free(served.kit);
  served = (struct served){0};
}

/* Somebody with an account, a password and a session. */
#define SERVED_PASSWORD "Password123"
struct somebody {
  struct account account;
  struct str token;
};

static inline enum status served_sign_in(struct ctx *ctx, void *arg) {
  struct somebody *somebody = arg;
  struct session_token session;
  TRY(session_open(ctx, &somebody->account, 3600, &session));
  somebody->token = session.token;
  return STATUS_OK;
}

static inline struct somebody served_somebody(enum role role, const char *name, const char *email) {
  struct ctx *ctx = &served.store->ctx;
  const struct account_new new_account = {.tenant_id = TENANT_OPERATOR,
                                          .name = str_of(name),
                                          .email = str_of(email),
                                          .password = STR(SERVED_PASSWORD),
                                          .role = role,
                                          .language = LANGUAGE_ENGLISH,
                                          .by = ACCOUNT_BY_OPERATOR};
  struct somebody somebody = {0};
  assert_ok(account_create(ctx, &new_account, &somebody.account));
  assert_ok(db_write(ctx, served_sign_in, &somebody));
  return somebody;
}

/* A header line of the next request; the texts must live until then. */
static inline void with(const char *name, const char *value) {
  assert_true(served.more_count < sizeof served.more / sizeof *served.more);
  served.more[served.more_count++] = (struct http_header){str_of(name), str_of(value)};
}

static inline void served_headers(struct http_exchange *exchange, bool has_body) {
  bool typed = false;
  for (unsigned i = 0; i < served.more_count; i++) {
    exchange->head.headers[exchange->head.header_count++] = served.more[i];
    typed |= str_is(served.more[i].name, "Content-Type");
  }
  if (has_body && !typed) {
    exchange_header(exchange, "Content-Type", "application/json");
  }
  served.more_count = 0;
}

/* Sends a request and waits for its answer. token: NONE without one; body: NULL without one. */
static inline void request(enum http_method method, const char *target, struct str token, const char *body) {
  if (served.exchange.arena != NULL) {
    exchange_end(&served.exchange);
  }
  struct http_exchange *exchange = &served.exchange;
  exchange_begin(exchange, method, target);
  arena_free(exchange->arena); /* as small as the server's own: what does not fit goes to the pool */
  exchange->arena = arena_new(http_limits_default.arena_max);
  served.answered = 0;
  served.pooled = 0;
  if (body != NULL) {
    exchange_body(exchange, str_of(body));
  }
  served_headers(exchange, body != NULL);
  if (served.host != NULL) {
    exchange->head.host = str_of(served.host);
  }
  if (token.len > 0) {
    exchange_header(exchange, "Authorization",
                    str_c(exchange->arena, str_format(exchange->arena, "Bearer %.*s", STR_ARG(token))));
  }
  if (kit_head(served.kit, exchange)) {
    kit_request(served.kit, exchange);
    served_run_lanes();
    assert_int_equal(served.answered, 1);
  }
  db_act_for(served.store->ctx.db, DB_SYSTEM, 0); /* the request left the connection to nobody */
  buf_add_char(&exchange->body_out, '\0');        /* for answer_text() */
  assert_false(exchange->body_out.full);
}
#define GET(target, token) request(HTTP_GET, (target), (token), NULL)
#define POST(target, token, body) request(HTTP_POST, (target), (token), (body))
#define PUT(target, token, body) request(HTTP_PUT, (target), (token), (body))
#define PATCH(target, token, body) request(HTTP_PATCH, (target), (token), (body))
#define DELETE(target, token) request(HTTP_DELETE, (target), (token), NULL)

static inline const char *answer_text(void) {
  return served.exchange.body_out.at;
}

/* The value of the answer's header line, in the store's arena; NONE without one. */
static inline struct str answer_header(const char *name) {
  const struct call call = {.exchange = &served.exchange};
  return str_copy(served.store->ctx.arena, call_own_header(&call, name));
}

/* The status and the whole body. */
#define ASSERT_ANSWER(http, text)                   \
  do {                                              \
    assert_string_equal(answer_text(), (text));     \
    assert_int_equal(served.exchange.status, http); \
  } while (0)

/* The status and a part of the body. */
#define ASSERT_HOLDS(http, part)                               \
  do {                                                         \
    assert_int_equal(served.exchange.status, http);            \
    if (strstr(answer_text(), (part)) == NULL) {               \
      fail_msg("\"%s\" is not in: %s", (part), answer_text()); \
    }                                                          \
  } while (0)

/* The text between the first `before` and the next '"', in the store's arena. */
static inline struct str answer_cut(const char *before) {
  const char *at = strstr(answer_text(), before);
  if (at == NULL) {
    fail_msg("\"%s\" is not in: %s", before, answer_text());
    return STR_NONE;
  }
  at += strlen(before);
  return str_copy(served.store->ctx.arena, (struct str){at, strcspn(at, "\"")});
}

/* How often a text stands in the answer. */
static inline size_t answer_count(const char *text) {
  size_t found = 0;
  for (const char *at = answer_text(); (at = strstr(at, text)) != NULL; at += strlen(text)) {
    found++;
  }
  return found;
}

#endif
