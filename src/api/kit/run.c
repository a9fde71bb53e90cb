#include <string.h>

#include "api/kit/internal.h"
#include "base/log.h"
#include "base/time.h"
#include "desk/session/session.h"

/* The one way a request goes through a row of a table:
 *
 *   token → rate → permission → tenant → query and body by their tables → handler → commit → print
 *
 * Which thread does it is the lane's business; the code is the same straight line in each. */

/* ---- before the handler ---- */

/* The table of the I/O thread that this runs on; NULL in the other lanes. */
static struct known *known_here(const struct call *call) {
  bool on_loop = call->lane == LANE_INLINE || call->lane == LANE_WRITER;
  if (!on_loop || call->kit->config.lanes.generation == NULL || call->kit->config.lanes.pgsql) {
    return NULL;
  }
  unsigned loop = http_loop_index(call->exchange->loop);
  if (loop >= KIT_LOOPS_MAX) {
    return NULL; /* so many threads ask the database each time */
  }
  struct known **known = &call->kit->known[loop];
  if (*known == NULL) {
    *known = known_new();
  }
  return *known;
}

static void signed_in(struct call *call) {
  call->ctx.who = &call->who;
  call->tenant_id = call->who.tenant_id;
}

/* Is it a caller that was recognised since the last commit? Then nothing need be read for it. */
static bool recognise(struct call *call) {
  const struct known *known = known_here(call);
  if (known == NULL) {
    return false;
  }
  const struct kit_lanes *lanes = &call->kit->config.lanes;
  call->generation = lanes->generation(lanes->app); /* before anything is read */
  call->token = call_token(call, call->dialect->bare_token);
  if (call->token.len == 0 || !known_find(known, call->token, call->generation, &call->ctx, &call->who)) {
    return false;
  }
  signed_in(call);
  return true;
}

static enum status authenticate(struct call *call) {
  bool needed = call->route->permission != MAY_ANYONE;
  if (call->ctx.who != NULL) {
    return STATUS_OK;
  }
  call->token = call_token(call, call->dialect->bare_token);
  if (call->token.len == 0) {
    return needed ? problem_set(&call->ctx, &session_no_token) : STATUS_OK;
  }
  enum status status = session_resume(&call->ctx, call->token, &call->who);
  if (status == STATUS_UNAUTHENTICATED && !needed) {
    problem_clear(&call->ctx); /* a stale token does not stop anybody from signing in again */
    return STATUS_OK;
  }
  if (status == STATUS_OK) {
    signed_in(call);
    struct known *known = known_here(call);
    if (known != NULL) {
      known_keep(known, call->token, call->generation, &call->who);
    }
  }
  return status;
}

enum status call_permit(struct call *call, const struct route *route) {
  if (call->ctx.who == NULL) {
    return STATUS_OK; /* a public route: authenticate() saw to the others */
  }
  bool role_fits = route->roles == 0 || (route->roles & (1u << call->who.role)) != 0;
  if (role_fits && access_scope(call->who.role, route->permission) != SCOPE_NONE) {
    return STATUS_OK;
  }
  return problem_set(&call->ctx, route->refusal != NULL ? route->refusal : &access_forbidden);
}

static enum status take_rate(struct call *call) {
  struct kit *kit = call->kit;
  if (kit->limiter == NULL || call->counted) {
    return STATUS_OK;
  }
  struct rate rate;
  bool fits = limiter_take(kit->limiter, call->who.account_id, call->exchange->peer, call->ctx.now_us, &rate);
  limiter_headers(kit->limiter, &rate, &call->exchange->headers);
  call->counted = true;
  if (fits) {
    return STATUS_OK;
  }
  problem_clear(&call->ctx);
  problem_set(&call->ctx, &kit_rate_limited);
  call->ctx.problem.retry_after_s = rate.reset_s;
  return STATUS_TOO_MANY;
}

static bool is_form(const struct call *call) {
  return str_equal_fold(call_media(call), STR("application/x-www-form-urlencoded"));
}

/* Where nothing else is taken, a body that is not said to be one is told what is wrong with it. */
static bool is_multipart(const struct call *call) {
  unsigned takes = call->route->body;
  return takes == BODY_MULTIPART || ((takes & BODY_MULTIPART) != 0 && multipart_is(call_media(call)));
}

static enum status parse_multipart(struct call *call) {
  const struct http_exchange *exchange = call->exchange;
  struct str type = http_header(&exchange->head, "Content-Type");
  struct multipart *parts = ARENA_NEW(call->ctx.arena, struct multipart);
  TRY(exchange->spool ? multipart_read_file(&call->ctx, type, exchange->body_fd, exchange->body_size, parts)
                      : multipart_read(&call->ctx, type, exchange->body, parts));
  call->parts = parts;
  return call->route->input != NULL ? wire_read_multipart(&call->ctx, parts, call->route->input, call->input)
                                    : STATUS_OK;
}

static enum status parse_body(struct call *call) {
  const struct route *route = call->route;
  if (route->input != NULL) {
    call->input = arena_alloc(call->ctx.arena, route->input->size);
  }
  if (is_multipart(call)) {
    return parse_multipart(call);
  }
  if (route->input == NULL) {
    return STATUS_OK;
  }
  return is_form(call) ? wire_read_form(&call->ctx, call->exchange->body, route->input, call->input)
                       : wire_read_json(&call->ctx, call->exchange->body, route->input, call->input);
}

/* Faults of query and body are told together. */
static enum status parse(struct call *call) {
  const struct route *route = call->route;
  enum status query = STATUS_OK;
  if (route->query != NULL) {
    call->query = arena_alloc(call->ctx.arena, route->query->size);
    query = wire_read_form(&call->ctx, call->exchange->head.query, route->query, call->query);
  }
  enum status body = parse_body(call);
  return query != STATUS_OK ? query : body;
}

/* From here on the database itself shows no other tenant's rows. */
static void narrow(struct call *call) {
  db_act_for(call->ctx.db, call->tenant_id, call->who.home_tenant_id);
}

static enum status admit(struct call *call) {
  if (call->admitted) {
    narrow(call);
    return STATUS_OK; /* the same call again: in another lane, or after a collision */
  }
  enum status known = authenticate(call);
  TRY(take_rate(call)); /* guessing tokens counts against the address, too */
  TRY(known);
  TRY(call_permit(call, call->route));
  TRY(choose_tenant(call));
  narrow(call);
  TRY(parse(call));
  TRY(guard_admit(call));
  call->admitted = true;
  return STATUS_OK;
}

static enum status admit_command(struct ctx *ctx, void *arg) {
  (void)ctx;
  return admit(arg);
}

static enum status handle_command(struct ctx *ctx, void *arg) {
  struct call *call = arg;
  (void)ctx;
  return call->guard != NULL ? guard_handle(call) : call_handle(call);
}

static enum status admit_and_handle(struct ctx *ctx, void *arg) {
  TRY(admit_command(ctx, arg));
  return handle_command(ctx, arg);
}

/* ---- after the handler ---- */

/* Prints the result of the call; the transaction is over. */
static void print(struct call *call) {
  if (call->result == STATUS_OK) {
    call->result = call_print_answer(call);
  }
  if (call->result == STATUS_OK) {
    call->result = etag_tell(call);
  }
  if (call->result != STATUS_OK) {
    call_print_problem(call, call->result);
  }
}

/* The form of the answer that the client takes. False: the pool makes it, so that nobody waits for it here.
 */
static bool seal(struct call *call) {
  struct http_exchange *exchange = call->exchange;
  const struct kit_lanes *lanes = &call->kit->config.lanes;
  bool packs = gzip_wanted(call);
  bool quick =
      exchange->body_out.len <= GZIP_QUICK_BYTES || (call->lane != LANE_INLINE && call->lane != LANE_WRITER);
  if (exchange->status == 304) {
    buf_clear(&exchange->body_out);
    http_answer_file(exchange, -1, 0);
    etag_add(call, packs);
    return true;
  }
  call->packing = packs && !quick;
  if (call->packing && lanes->submit(lanes->app, call, LANE_POOL)) {
    return false;
  }
  if (packs && quick) {
    gzip_pack(call);
  } else {
    etag_add(call, false); /* also where the pool is full */
  }
  return true;
}

static void print_and_answer(struct http_exchange *exchange) {
  print(exchange->app);
  if (seal(exchange->app)) {
    http_answer(exchange);
  }
}

static void refuse_full(struct call *call) {
  problem_clear(&call->ctx);
  problem_set(&call->ctx, &problem_unavailable);
  call->ctx.problem.retry_after_s = 1;
  call->result = STATUS_UNAVAILABLE;
}

/* Puts the call into a lane; a full lane is an answer, never a queue without end. */
static void submit(struct call *call, enum lane lane) {
  struct kit *kit = call->kit;
  call->lane = lane;
  if (!kit->config.lanes.submit(kit->config.lanes.app, call, lane)) {
    refuse_full(call);
    print_and_answer(call->exchange);
  }
}

static void finish(struct call *call) {
  if (call->streaming && call->result == STATUS_OK) {
    call->result = gzip_end(call);
  }
  if (call->streamed) {
    stream_finish(call);
    return;
  }
  /* A read that found its arena too small is run again where there is more (call_widen). */
  bool small = call->result == STATUS_TOO_LARGE && call->route->lane == LANE_INLINE;
  if ((call->result == STATUS_SLOW || small) && call->lane != LANE_POOL) {
    problem_clear(&call->ctx);
    submit(call, LANE_POOL);
    return;
  }
  print_and_answer(call->exchange);
}

/* ---- the lanes ---- */

/* The one place that chooses the lane. Large bodies are parsed off the I/O threads; on PostgreSQL everything
 * quick goes to the database pool. */
static enum lane choose_lane(const struct call *call) {
  enum lane lane = call->route->lane;
  if (call->route->spool) {
    return LANE_POOL;
  }
  if (lane == LANE_HASH || lane == LANE_POOL || lane == LANE_EXPORT) {
    return lane;
  }
  if (call->exchange->body.len > KIT_SMALL_BODY) {
    return LANE_POOL;
  }
  return call->kit->config.lanes.pgsql ? LANE_INLINE : lane;
}

static void start_clock(struct call *call) {
  call->ctx.now_us = time_now_us();
}

void kit_run(struct call *call, struct db *db) {
  if (call->packing) {
    gzip_pack(call);
    http_answer(call->exchange);
    return;
  }
  call->ctx.db = db;
  db_act_for(db, DB_STRANGER, 0); /* until admit() knows better */
  start_clock(call);
  enum lane declared = call->route->lane;
  if (call->lane == LANE_INLINE && declared == LANE_WRITER) {
    call->result = etag_is_conditional(call) ? db_write_steady(&call->ctx, admit_and_handle, call)
                                             : db_write(&call->ctx, admit_and_handle, call);
  } else if (declared == LANE_INLINE) {
    (void)recognise(call); /* else admit() asks the database */
    call->result = db_read(&call->ctx, admit_and_handle, call);
  } else {
    /* Slow work keeps no transaction open: its commands open their own. */
    call->result = call->admitted ? admit(call) : db_read(&call->ctx, admit_command, call);
    if (call->result == STATUS_OK) {
      call->result = call->guard != NULL ? guard_handle_slow(call) : call_handle(call);
    }
  }
  db_act_for(db, DB_NOBODY, 0);
  finish(call);
}

/* The writer's lane on SQLite: all that needs no write happens before, on the I/O thread. */
static void run_writer(struct call *call, struct db *db) {
  call->ctx.db = db;
  start_clock(call);
  call->result = recognise(call) ? admit(call) : db_read(&call->ctx, admit_command, call);
  if (call->result != STATUS_OK) {
    finish(call);
    return;
  }
  call->job = (struct db_job){.ctx = &call->ctx, .command = handle_command, .arg = call, .owner = call};
  submit(call, LANE_WRITER);
}

void kit_committed(struct db_job *list) {
  struct http_exchange *ready = NULL;
  while (list != NULL) {
    struct call *call = list->owner;
    list = list->next;
    call->result = call->job.status;
    if (call->result == STATUS_SLOW) {
      finish(call);
    } else {
      call->exchange->next = ready;
      ready = call->exchange;
    }
  }
  if (ready != NULL) {
    http_resume_all(ready, print_and_answer);
  }
}

/* Health and metrics answer whatever the database does: no token, no connection, no lane. */
static void run_bare(struct call *call) {
  call->lane = LANE_INLINE;
  call->result = parse(call);
  if (call->result == STATUS_OK) {
    call->result = call_handle(call);
  }
  print_and_answer(call->exchange);
}

void kit_request(void *kit_pointer, struct http_exchange *exchange) {
  struct kit *kit = kit_pointer;
  struct call *call = exchange->app;
  /* From here on there will be an answer; before, a client may leave without anybody being told. */
  call->under_way = true;
  atomic_fetch_add_explicit(&kit->in_flight, 1, memory_order_relaxed);
  if (call->dialect->unlimited) {
    run_bare(call);
    return;
  }
  enum lane lane = choose_lane(call);
  call->lane = lane;
  const struct kit_lanes *lanes = &kit->config.lanes;
  if (lane == LANE_INLINE && !lanes->pgsql) {
    kit_run(call, lanes->loop_db(lanes->app, exchange->loop));
  } else if (lane == LANE_WRITER) {
    run_writer(call, lanes->loop_db(lanes->app, exchange->loop));
  } else {
    submit(call, lane);
  }
}
