#include "exchange.h"

#include "base/time.h"
#include "desk/account/account.h"
#include "desk/session/session.h"
#include "store.h"

/* The way of a request through a row, with lanes that only write down what they are given, on a real database
 * of each engine. The server's own functions are replaced at the link: see meson.build. */

struct note {
  struct str title;
  int64_t count;
};
FIELDS(note_fields, struct note, "Note",
       {
           FIELD(struct note, title, TEXT, "title", FIELD_REQUIRED, .max = 5),
           FIELD(struct note, count, INT, "count", 0, .min = 1, .max = 9),
       });
struct page {
  int64_t limit;
};
FIELDS(page_fields, struct page, "Page",
       {FIELD(struct page, limit, INT, "limit", FIELD_REQUIRED, .min = 1, .max = 9)});

static const struct problem_kind too_low = {STATUS_FORBIDDEN, "too_low", "Your role is too low."};
static const struct problem_kind no_luck = {STATUS_STATE, "no_luck", "Not today."};

/* ---- the world of one test ---- */

static struct world {
  struct store *store;
  struct kit *kit;
  struct http_exchange exchange;
  struct str token; /* of a customer */
  unsigned handled, answered;
  bool in_write;   /* as the handler saw it */
  int64_t account; /* the caller, likewise */
  enum status (*work)(struct call *call);
  struct call *queued; /* by the lanes */
  enum lane lane;
  unsigned submitted;
  bool full;
} world;

static const struct note done = {{"done", 4}, 3};
static const struct note slow = {{"slow", 4}, 1};

static enum status handle(struct call *call) {
  world.handled++;
  world.in_write = db_in_write(call->ctx.db);
  world.account = call->who.account_id;
  return world.work != NULL ? world.work(call) : call_answer(call, 200, &note_fields, &done);
}

static const struct route routes[] = {
    {.method = HTTP_GET,
     .path = "/read",
     .name = "read",
     .handler = handle,
     .lane = LANE_INLINE,
     .permission = MAY_SIGNED_IN,
     .query = &page_fields},
    {.method = HTTP_POST,
     .path = "/write",
     .name = "write",
     .handler = handle,
     .lane = LANE_WRITER,
     .permission = MAY_TICKET_CREATE,
     .input = &note_fields,
     .body = BODY_JSON | BODY_FORM},
    {.method = HTTP_POST,
     .path = "/both",
     .name = "both",
     .handler = handle,
     .lane = LANE_INLINE,
     .permission = MAY_ANYONE,
     .input = &note_fields,
     .query = &page_fields},
    {.method = HTTP_POST,
     .path = "/hash",
     .name = "hash",
     .handler = handle,
     .lane = LANE_HASH,
     .permission = MAY_ANYONE,
     .input = &note_fields},
    {.method = HTTP_POST,
     .path = "/pool",
     .name = "pool",
     .handler = handle,
     .lane = LANE_POOL,
     .permission = MAY_SIGNED_IN},
    {.method = HTTP_GET,
     .path = "/staff",
     .name = "staff",
     .handler = handle,
     .lane = LANE_INLINE,
     .permission = MAY_ACCOUNT_WRITE,
     .refusal = &too_low},
    {.method = HTTP_GET,
     .path = "/role",
     .name = "role",
     .handler = handle,
     .lane = LANE_INLINE,
     .permission = MAY_SIGNED_IN,
     .roles = 1u << ROLE_MANAGER},
};
static const char *const prefixes[] = {"/", NULL};
static const struct dialect notes = {.name = "notes",
                                     .routes = routes,
                                     .route_count = sizeof routes / sizeof routes[0],
                                     .print_problem = print_plain_problem,
                                     .prefixes = prefixes};

static enum status alive(struct call *call) {
  assert_null(call->ctx.db);
  world.handled++;
  return call_answer_raw(call, 200, STR("text/plain"), STR("ok\n"));
}
static const struct route bare_routes[] = {
    {.method = HTTP_GET, .path = "/alive", .name = "alive", .handler = alive, .permission = MAY_ANYONE},
};
static const struct dialect bare = {.name = "bare",
                                    .routes = bare_routes,
                                    .route_count = 1,
                                    .print_problem = print_plain_problem,
                                    .unlimited = true};
static const struct route token_routes[] = {
    {.method = HTTP_GET,
     .path = "/bare",
     .name = "bare",
     .handler = handle,
     .lane = LANE_INLINE,
     .permission = MAY_SIGNED_IN},
};
static const struct dialect tokens = {.name = "tokens",
                                      .routes = token_routes,
                                      .route_count = 1,
                                      .print_problem = print_plain_problem,
                                      .bare_token = true};
static const struct dialect *const dialects[] = {&notes, &bare, &tokens};

/* ---- in place of the server and the lanes ---- */

void __wrap_http_answer(struct http_exchange *exchange);
void __wrap_http_answer(struct http_exchange *exchange) {
  world.answered++;
  kit_done(world.kit, exchange);
}

void __wrap_http_resume_all(struct http_exchange *list, void (*run)(struct http_exchange *exchange));
void __wrap_http_resume_all(struct http_exchange *list, void (*run)(struct http_exchange *exchange)) {
  while (list != NULL) {
    struct http_exchange *exchange = list;
    list = list->next;
    run(exchange);
  }
}

static bool submit(void *app, struct call *call, enum lane lane) {
  assert_ptr_equal(app, &world);
  if (world.full) {
    return false;
  }
  world.submitted++;
  world.queued = call;
  world.lane = lane;
  return true;
}

static struct db *loop_db(void *app, struct http_loop *loop) {
  (void)loop;
  assert_ptr_equal(app, &world);
  return world.store->ctx.db;
}

/* What the lane's thread would do with the call it was given. */
static void lane_runs(void) {
  struct call *call = world.queued;
  assert_non_null(call);
  world.queued = NULL;
  kit_run(call, world.store->ctx.db);
}

/* What the writer's thread would do: the command in a transaction, then the batch is handed back. */
static void writer_runs(enum status commit) {
  struct call *call = world.queued;
  assert_non_null(call);
  assert_int_equal(world.lane, LANE_WRITER);
  world.queued = NULL;
  call->job.status = db_write(call->job.ctx, call->job.command, call->job.arg);
  if (commit != STATUS_OK) {
    call->job.status = commit;
  }
  kit_committed(&call->job);
}

static void build(int64_t rate) {
  kit_free(world.kit);
  const struct kit_config config = {
      .dialects = dialects,
      .dialect_count = 3,
      .lanes = {.app = &world, .pgsql = world.store->pgsql, .submit = submit, .loop_db = loop_db},
      .rate_limit_per_minute = rate,
  };
  world.kit = kit_new(&config);
}

static void begin(enum http_method method, const char *target, const char *body) {
  if (world.exchange.arena != NULL) {
    exchange_end(&world.exchange);
  }
  exchange_begin(&world.exchange, method, target);
  if (body != NULL) {
    exchange_body(&world.exchange, str_of(body));
  }
}

static void sign(struct str token, const char *prefix) {
  struct arena *arena = world.exchange.arena;
  exchange_header(&world.exchange, "Authorization",
                  str_c(arena, str_format(arena, "%s%.*s", prefix, STR_ARG(token))));
}

/* Gives the request to the kit; whatever lane it goes to on this engine has run when it returns. */
static void request(void) {
  assert_true(kit_head(world.kit, &world.exchange));
  kit_request(world.kit, &world.exchange);
}
static void request_and_run(void) {
  request();
  while (world.queued != NULL) {
    if (world.lane == LANE_WRITER) {
      writer_runs(STATUS_OK);
    } else {
      lane_runs();
    }
  }
  assert_int_equal(world.answered, 1);
}

#define ASSERT_ANSWER(http, part)                                               \
  do {                                                                          \
    assert_int_equal(world.exchange.status, (http));                            \
    if (strstr(exchange_text(&world.exchange), (part)) == NULL) {               \
      fail_msg("\"%s\" is not in: %s", (part), exchange_text(&world.exchange)); \
    }                                                                           \
  } while (0)

static enum status sign_in(struct ctx *ctx, void *arg) {
  struct session_token *out = arg;
  return session_open(ctx, &out->account, 3600, out);
}

static struct str token_of(enum role role, const char *email) {
  struct ctx *ctx = &world.store->ctx;
  struct session_token token = {0};
  const struct account_new new_account = {.tenant_id = TENANT_OPERATOR,
                                          .name = STR("Somebody"),
                                          .email = str_of(email),
                                          .role = role,
                                          .language = LANGUAGE_ENGLISH,
                                          .by = ACCOUNT_BY_OPERATOR};
  ctx->now_us = time_now_us();
  db_act_for(ctx->db, DB_SYSTEM, 0); /* a request before left the connection to nobody */
  assert_ok(account_create(ctx, &new_account, &token.account));
  assert_ok(db_write(ctx, sign_in, &token));
  return token.token;
}

static void prepare(struct store *store) {
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  memset(&world, 0, sizeof world);
  world.store = store;
  session_setup(&(struct session_keys){.keys = {STR("0123456789abcdef0123456789abcdef")}, .count = 1}, false);
  world.token = token_of(ROLE_CUSTOMER, "customer@example.com");
  build(0);
}

static void tidy(void) {
  if (world.exchange.arena != NULL) {
    exchange_end(&world.exchange);
  }
  kit_free(world.kit);
}

/* ---- the straight way ---- */

static void a_read_is_answered_from_its_lane(struct store *store) {
  prepare(store);
  begin(HTTP_GET, "/read?limit=5", NULL);
  sign(world.token, "Bearer ");
  request();
  if (store->pgsql) {
    assert_int_equal(world.answered, 0);
    assert_int_equal(world.lane, LANE_INLINE);
    lane_runs();
  }
  assert_int_equal(world.submitted, store->pgsql);
  assert_int_equal(world.answered, 1);
  assert_true(world.account > 0);
  assert_false(world.in_write);
  ASSERT_ANSWER(200, "{\"title\":\"done\",\"count\":3}");
  tidy();
}

static void a_write_is_admitted_before_and_printed_after_its_commit(struct store *store) {
  prepare(store);
  begin(HTTP_POST, "/write", "{\"title\":\"new\"}");
  sign(world.token, "bearer ");
  request();
  assert_int_equal(world.handled, 0);
  assert_int_equal(world.answered, 0);
  assert_int_equal(world.exchange.body_out.len, 0);
  if (store->pgsql) {
    assert_int_equal(world.lane, LANE_INLINE);
    lane_runs();
  } else {
    writer_runs(STATUS_OK);
  }
  assert_int_equal(world.handled, 1);
  assert_true(world.in_write);
  assert_int_equal(world.answered, 1);
  ASSERT_ANSWER(200, "\"done\"");
  tidy();
}

static void what_is_refused_never_reaches_the_writer(struct store *store) {
  prepare(store);
  static const char *const bodies[] = {"{\"title\":\"much too long\"}", "{", "{}", ""};
  for (int i = 0; i < 4; i++) {
    world.answered = 0;
    begin(HTTP_POST, "/write", bodies[i]);
    sign(world.token, "Bearer ");
    request_and_run();
    ASSERT_ANSWER(400, "\"code\":400");
    assert_int_equal(world.handled, 0);
    assert_true(store->pgsql || world.submitted == 0);
  }
  tidy();
}

static void a_commit_that_failed_is_never_an_answer(struct store *store) {
  prepare(store);
  static const struct {
    enum status status;
    int http;
  } cases[] = {{STATUS_STORAGE_FULL, 507}, {STATUS_BROKEN, 500}, {STATUS_UNAVAILABLE, 503}};
  for (int i = 0; i < 3; i++) {
    world.answered = 0;
    begin(HTTP_POST, "/write", "{\"title\":\"new\"}");
    sign(world.token, "Bearer ");
    request();
    writer_runs(cases[i].status);
    assert_int_equal(world.answered, 1);
    ASSERT_ANSWER(cases[i].http, "\"message\"");
    assert_null(strstr(exchange_text(&world.exchange), "done"));
  }
  tidy();
}

static enum status writes_and_fails(struct call *call) {
  struct account account;
  const struct account_new new_account = {.tenant_id = TENANT_OPERATOR,
                                          .name = STR("Half"),
                                          .email = STR("half@example.com"),
                                          .role = ROLE_CUSTOMER,
                                          .language = LANGUAGE_ENGLISH,
                                          .by = ACCOUNT_BY_OPERATOR};
  assert_ok(account_create(&call->ctx, &new_account, &account));
  return problem_set(&call->ctx, &no_luck);
}

static void a_failed_handler_leaves_nothing_behind(struct store *store) {
  prepare(store);
  world.work = writes_and_fails;
  begin(HTTP_POST, "/write", "{\"title\":\"new\"}");
  sign(world.token, "Bearer ");
  request_and_run();
  ASSERT_ANSWER(409, "Not today.");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account WHERE email = 'half@example.com'"), 0);
  tidy();
}

/* ---- who may ---- */

static void without_a_token_nothing_is_done(struct store *store) {
  prepare(store);
  static const char *const headers[] = {NULL, "", "Bearer", "Bearer nonsense", "Basic eDp5"};
  for (int i = 0; i < 5; i++) {
    world.answered = 0;
    begin(HTTP_GET, "/read?limit=1", NULL);
    if (headers[i] != NULL) {
      exchange_header(&world.exchange, "Authorization", headers[i]);
    }
    request_and_run();
    ASSERT_ANSWER(401, "\"code\":401");
  }
  assert_int_equal(world.handled, 0);
  tidy();
}

static void a_bare_token_only_where_the_dialect_takes_it(struct store *store) {
  prepare(store);
  begin(HTTP_GET, "/bare", NULL);
  sign(world.token, "");
  request_and_run();
  ASSERT_ANSWER(200, "done");
  world.answered = 0;
  begin(HTTP_GET, "/read?limit=1", NULL);
  sign(world.token, "");
  request_and_run();
  ASSERT_ANSWER(401, "");
  tidy();
}

static void two_tokens_are_none(struct store *store) {
  prepare(store);
  begin(HTTP_GET, "/read?limit=1", NULL);
  sign(world.token, "Bearer ");
  sign(world.token, "Bearer ");
  request_and_run();
  ASSERT_ANSWER(401, "");
  assert_int_equal(world.handled, 0);
  tidy();
}

static void a_stale_token_stops_nobody_at_a_public_door(struct store *store) {
  prepare(store);
  store_sql(store, "DELETE FROM session");
  begin(HTTP_POST, "/both?limit=1", "{\"title\":\"new\"}");
  sign(world.token, "Bearer ");
  request_and_run();
  ASSERT_ANSWER(200, "done");
  assert_int_equal(world.account, 0);
  tidy();
}

static void a_dead_session_is_refused_at_once(struct store *store) {
  prepare(store);
  begin(HTTP_GET, "/read?limit=1", NULL);
  sign(world.token, "Bearer ");
  request_and_run();
  ASSERT_ANSWER(200, "");
  store_sql(store, "DELETE FROM session");
  world.answered = 0;
  begin(HTTP_GET, "/read?limit=1", NULL);
  sign(world.token, "Bearer ");
  request_and_run();
  ASSERT_ANSWER(401, "");
  tidy();
}

static void a_role_is_refused_in_the_rows_words(struct store *store) {
  prepare(store);
  begin(HTTP_GET, "/staff", NULL);
  sign(world.token, "Bearer ");
  request_and_run();
  ASSERT_ANSWER(403, "Your role is too low.");
  world.answered = 0;
  begin(HTTP_GET, "/role", NULL);
  sign(world.token, "Bearer ");
  request_and_run();
  ASSERT_ANSWER(403, access_forbidden.sentence);
  assert_int_equal(world.handled, 0);
  world.answered = 0;
  struct str manager = token_of(ROLE_MANAGER, "manager@example.com");
  begin(HTTP_GET, "/role", NULL);
  sign(manager, "Bearer ");
  request_and_run();
  ASSERT_ANSWER(200, "done");
  tidy();
}

/* ---- input ---- */

static void faults_of_query_and_body_are_told_together(struct store *store) {
  prepare(store);
  begin(HTTP_POST, "/both?limit=77", "{\"count\":12}");
  request_and_run();
  ASSERT_ANSWER(400, "\"faults\":3"); /* limit, title, count */
  tidy();
}

static enum status echo(struct call *call) {
  return call_answer(call, 200, &note_fields, call->input);
}

static void a_form_is_read_like_json(struct store *store) {
  prepare(store);
  world.work = echo;
  begin(HTTP_POST, "/write", "title=a+b&count=4");
  exchange_header(&world.exchange, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  sign(world.token, "Bearer ");
  request_and_run();
  ASSERT_ANSWER(200, "{\"title\":\"a b\",\"count\":4}");
  tidy();
}

static void a_large_body_is_read_off_the_io_thread(struct store *store) {
  prepare(store);
  static const char *const targets[] = {"/write", "/both?limit=1"};
  for (int i = 0; i < 2; i++) {
    world.answered = 0;
    begin(HTTP_POST, targets[i], NULL);
    size_t len = KIT_SMALL_BODY + 100;
    char *body = arena_alloc(world.exchange.arena, len);
    memset(body, ' ', len);
    memcpy(body, "{\"title\":\"new\"}", 15);
    exchange_body(&world.exchange, (struct str){body, len});
    sign(world.token, "Bearer ");
    request();
    assert_int_equal(world.answered, 0);
    assert_int_equal(world.lane, LANE_POOL);
    lane_runs();
    ASSERT_ANSWER(200, "done");
  }
  tidy();
}

/* ---- lanes ---- */

static void slow_rows_go_where_they_say(struct store *store) {
  prepare(store);
  begin(HTTP_POST, "/hash", "{\"title\":\"new\"}");
  request();
  assert_int_equal(world.lane, LANE_HASH);
  lane_runs();
  ASSERT_ANSWER(200, "done");
  assert_false(world.in_write); /* Argon2 must not hold a transaction */
  world.answered = 0;
  begin(HTTP_POST, "/pool", NULL);
  sign(world.token, "Bearer ");
  request();
  assert_int_equal(world.lane, LANE_POOL);
  lane_runs();
  ASSERT_ANSWER(200, "done");
  tidy();
}

static enum status slow_at_first(struct call *call) {
  if (call->lane != LANE_POOL) {
    problem_set(&call->ctx, &no_luck); /* of the first try alone */
    return STATUS_SLOW;
  }
  return call_answer(call, 200, &note_fields, &slow);
}

static enum status slow_for_ever(struct call *call) {
  (void)call;
  return STATUS_SLOW;
}

static void what_turns_out_slow_runs_again_in_the_pool(struct store *store) {
  prepare(store);
  world.work = slow_at_first;
  static const char *const targets[] = {"/read?limit=1", "/write"};
  for (int i = 0; i < 2; i++) {
    world.answered = 0;
    world.handled = 0;
    begin(i == 0 ? HTTP_GET : HTTP_POST, targets[i], i == 0 ? NULL : "{\"title\":\"new\"}");
    sign(world.token, "Bearer ");
    request_and_run();
    assert_int_equal(world.lane, LANE_POOL);
    assert_int_equal(world.handled, 2);
    ASSERT_ANSWER(200, "slow");
  }
  tidy();
}

static void slow_in_the_pool_is_a_defect_and_ends(struct store *store) {
  prepare(store);
  world.work = slow_for_ever;
  begin(HTTP_GET, "/read?limit=1", NULL);
  sign(world.token, "Bearer ");
  request_and_run();
  assert_int_equal(world.handled, 2);
  ASSERT_ANSWER(500, "");
  tidy();
}

static void a_full_lane_says_when_to_come_again(struct store *store) {
  prepare(store);
  world.full = true;
  static const struct {
    enum http_method method;
    const char *target, *body;
  } cases[] = {{HTTP_POST, "/hash", "{\"title\":\"new\"}"},
               {HTTP_POST, "/write", "{\"title\":\"new\"}"},
               {HTTP_POST, "/pool", NULL}};
  for (int i = 0; i < 3; i++) {
    world.answered = 0;
    begin(cases[i].method, cases[i].target, cases[i].body);
    sign(world.token, "Bearer ");
    request();
    assert_int_equal(world.answered, 1);
    ASSERT_ANSWER(503, "\"code\":503");
    ASSERT_HEADER(&world.exchange, "Retry-After: 1");
  }
  assert_int_equal(world.handled, 0);
  tidy();
}

static void a_full_pool_is_told_after_a_slow_start_as_well(struct store *store) {
  prepare(store);
  world.work = slow_for_ever;
  begin(HTTP_POST, "/write", "{\"title\":\"new\"}");
  sign(world.token, "Bearer ");
  request();
  world.full = true;
  if (store->pgsql) {
    lane_runs();
  } else {
    writer_runs(STATUS_OK);
  }
  assert_int_equal(world.answered, 1);
  ASSERT_ANSWER(503, "");
  ASSERT_HEADER(&world.exchange, "Retry-After: 1");
  tidy();
}

/* ---- limits, health ---- */

static void too_many_calls_are_refused_with_a_time(struct store *store) {
  prepare(store);
  build(2);
  for (int i = 0; i < 3; i++) {
    world.answered = 0;
    begin(HTTP_GET, "/read?limit=1", NULL);
    sign(world.token, "Bearer ");
    request_and_run();
  }
  ASSERT_ANSWER(429, "Too many requests");
  assert_int_equal(exchange_lines(&world.exchange, "Retry-After: "), 1);
  assert_int_equal(world.handled, 2);
  world.answered = 0;
  begin(HTTP_POST, "/both?limit=1", "{\"title\":\"new\"}"); /* another caller: the address */
  request_and_run();
  ASSERT_ANSWER(200, "done");
  tidy();
}

static void guessing_tokens_counts_against_the_address(struct store *store) {
  prepare(store);
  build(2);
  int last = 0;
  for (int i = 0; i < 3; i++) {
    world.answered = 0;
    begin(HTTP_GET, "/read?limit=1", NULL);
    exchange_header(&world.exchange, "Authorization", "Bearer guessed");
    request_and_run();
    last = world.exchange.status;
  }
  assert_int_equal(last, 429);
  tidy();
}

static void health_needs_no_lane_and_no_database(struct store *store) {
  prepare(store);
  build(1);
  world.full = true;
  for (int i = 0; i < 5; i++) {
    world.answered = 0;
    begin(HTTP_GET, "/alive", NULL);
    exchange_header(&world.exchange, "Authorization", "Bearer nonsense");
    request();
    assert_int_equal(world.answered, 1);
    ASSERT_ANSWER(200, "ok\n");
  }
  tidy();
}

static void requests_under_way_are_told(struct store *store) {
  prepare(store);
  CLEANUP_BUF struct buf out;
  buf_init(&out, 64 * 1024);
  begin(HTTP_POST, "/hash", "{\"title\":\"new\"}");
  request();
  kit_metrics(world.kit, &out);
  assert_non_null(strstr(str_c(world.exchange.arena, buf_str(&out)), "sigap_http_in_flight 1\n"));
  lane_runs();
  buf_clear(&out);
  kit_metrics(world.kit, &out);
  assert_non_null(strstr(str_c(world.exchange.arena, buf_str(&out)), "sigap_http_in_flight 0\n"));
  tidy();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_read_is_answered_from_its_lane),
      STORE_TEST(a_write_is_admitted_before_and_printed_after_its_commit),
      STORE_TEST(what_is_refused_never_reaches_the_writer),
      STORE_TEST_SQLITE(a_commit_that_failed_is_never_an_answer),
      STORE_TEST(a_failed_handler_leaves_nothing_behind),
      STORE_TEST(without_a_token_nothing_is_done),
      STORE_TEST(a_bare_token_only_where_the_dialect_takes_it),
      STORE_TEST(two_tokens_are_none),
      STORE_TEST(a_stale_token_stops_nobody_at_a_public_door),
      STORE_TEST(a_dead_session_is_refused_at_once),
      STORE_TEST(a_role_is_refused_in_the_rows_words),
      STORE_TEST(faults_of_query_and_body_are_told_together),
      STORE_TEST(a_form_is_read_like_json),
      STORE_TEST(a_large_body_is_read_off_the_io_thread),
      STORE_TEST(slow_rows_go_where_they_say),
      STORE_TEST(what_turns_out_slow_runs_again_in_the_pool),
      STORE_TEST(slow_in_the_pool_is_a_defect_and_ends),
      STORE_TEST(a_full_lane_says_when_to_come_again),
      STORE_TEST(a_full_pool_is_told_after_a_slow_start_as_well),
      STORE_TEST(too_many_calls_are_refused_with_a_time),
      STORE_TEST(guessing_tokens_counts_against_the_address),
      STORE_TEST(health_needs_no_lane_and_no_database),
      STORE_TEST(requests_under_way_are_told),
  };
  return STORE_RUN(tests);
}
