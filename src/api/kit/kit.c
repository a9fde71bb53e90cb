#include <stdlib.h>
#include <string.h>

#include "api/kit/internal.h"
#include "base/log.h"
#include "base/time.h"
#include "desk/session/session.h"

/* The kit's life, and the head of a request: which row, and whether its body is worth reading. */

enum { DEFAULT_BODY = 1024 * 1024, DEFAULT_ANSWER = 16 * 1024 * 1024 };

/* One row for each route of each dialect, and the router over them. */
static void build_rows(struct kit *kit) {
  const struct kit_config *config = &kit->config;
  size_t count = 1; /* at least one, because calloc may answer a wish for nothing with NULL */
  for (size_t d = 0; d < config->dialect_count; d++) {
    count += config->dialects[d]->route_count;
  }
  kit->rows = calloc(count, sizeof *kit->rows);
  struct router_row *routed = calloc(count, sizeof *routed);
  if (kit->rows == NULL || routed == NULL) {
    die("Out of memory for the routes.");
  }
  for (size_t d = 0; d < config->dialect_count; d++) {
    const struct dialect *dialect = config->dialects[d];
    for (size_t r = 0; r < dialect->route_count; r++) {
      const struct route *route = &dialect->routes[r];
      struct kit_row *row = &kit->rows[kit->row_count];
      row->dialect = dialect;
      row->route = route;
      routed[kit->row_count] = (struct router_row){.method = route->method,
                                                   .pattern = route->path,
                                                   .fold_case = route->fold_case,
                                                   .group = dialect->group,
                                                   .data = row};
      kit->row_count++;
    }
  }
  kit->router = router_new(routed, kit->row_count);
  free(routed);
}

struct kit *kit_new(const struct kit_config *config) {
  struct kit *kit = calloc(1, sizeof *kit);
  if (kit == NULL) {
    die("Out of memory for the routes.");
  }
  kit->config = *config;
  build_rows(kit);
  kit->limiter = limiter_new(config->rate_limit_per_minute);
  return kit;
}

void kit_free(struct kit *kit) {
  if (kit == NULL) {
    return;
  }
  router_free(kit->router);
  for (size_t i = 0; i < KIT_LOOPS_MAX; i++) {
    known_free(kit->known[i]);
  }
  limiter_free(kit->limiter);
  free(kit->rows);
  free(kit);
}

/* Whole segments: "/api/user" is no prefix of "/api/users". */
static bool path_starts(struct str path, const char *prefix) {
  size_t len = strlen(prefix);
  bool whole = path.len == len || (path.len > len && (path.at[len] == '/' || prefix[len - 1] == '/'));
  return whole && str_equal_fold((struct str){path.at, len}, str_of(prefix));
}

/* Whose envelope an unknown path gets: the dialect with the longest fitting prefix. A path that was never
 * understood is nobody's but the root's. */
static const struct dialect *dialect_of_path(const struct kit *kit, struct str path) {
  const struct dialect *best = kit->config.dialects[0];
  path = path.len > 0 ? path : STR("/");
  size_t best_len = 0;
  for (size_t d = 0; d < kit->config.dialect_count; d++) {
    const struct dialect *dialect = kit->config.dialects[d];
    for (const char *const *prefix = dialect->prefixes; prefix != NULL && *prefix != NULL; prefix++) {
      size_t len = strlen(*prefix);
      if (len > best_len && path_starts(path, *prefix)) {
        best = dialect;
        best_len = len;
      }
    }
  }
  return best;
}

static struct call *call_new(struct kit *kit, struct http_exchange *exchange, const struct dialect *dialect) {
  struct call *call = ARENA_NEW(exchange->arena, struct call);
  call->kit = kit;
  call->exchange = exchange;
  call->dialect = dialect;
  call->ctx.arena = exchange->arena;
  call->ctx.now_us = time_now_us();
  exchange->app = call;
  return call;
}

/* Answers from the head alone. Returns false, as the server wants it. */
static bool refuse(struct call *call, const struct problem_kind *kind) {
  problem_set(&call->ctx, kind);
  call_print_problem(call, kind->status);
  return false;
}

static bool media_fits(const struct call *call) {
  struct str media = call_media(call);
  if (http_header(&call->exchange->head, "Content-Type").len == 0) {
    return true; /* read as JSON */
  }
  unsigned takes = call->route->body != 0 ? call->route->body : BODY_JSON;
  return ((takes & BODY_JSON) != 0 && str_equal_fold(media, STR("application/json"))) ||
         ((takes & BODY_FORM) != 0 && str_equal_fold(media, STR("application/x-www-form-urlencoded")));
}

/* A large body of a caller without a token that we signed is not read at all. */
static bool worth_reading(struct call *call) {
  const struct http_head *head = &call->exchange->head;
  bool large = head->chunked || head->content_length > KIT_SMALL_BODY;
  if (!large || call->route->permission == MAY_ANYONE || call->exchange->max_body <= KIT_SMALL_BODY) {
    return true;
  }
  struct token_claims claims;
  struct str token = call_token(call, true);
  return token.len > 0 && token_verify(token, &claims) == STATUS_OK;
}

static bool no_route(struct kit *kit, struct http_exchange *exchange, enum router_result result,
                     unsigned allowed) {
  struct call *call = call_new(kit, exchange, dialect_of_path(kit, exchange->head.path));
  if (result == ROUTER_NO_PATH) {
    cors_add(kit, exchange);
    return refuse(call, &kit_no_path);
  }
  if (exchange->head.method == HTTP_OPTIONS) {
    cors_options(kit, exchange, allowed);
    return false;
  }
  cors_add(kit, exchange);
  http_add_header(exchange, "Allow", cors_methods(exchange->arena, allowed));
  return refuse(call, &kit_no_method);
}

bool kit_head(void *kit_pointer, struct http_exchange *exchange) {
  struct kit *kit = kit_pointer;
  exchange->body_out.max = DEFAULT_ANSWER;
  struct router_match match = {0};
  enum router_result result =
      router_find(kit->router, exchange->head.method, exchange->head.path, -1, exchange->arena, &match);
  if (result != ROUTER_FOUND) {
    return no_route(kit, exchange, result, match.allowed);
  }
  const struct kit_row *row = match.data;
  struct call *call = call_new(kit, exchange, row->dialect);
  call->route = row->route;
  call->match = match;
  cors_add(kit, exchange);
  if (row->route->max_answer != 0) {
    exchange->body_out.max = row->route->max_answer;
  }
  /* A route without a table takes no body of meaning; a small one is read and ignored: clients send "{}". */
  exchange->max_body = row->route->input == NULL   ? 4096
                       : row->route->max_body != 0 ? row->route->max_body
                                                   : DEFAULT_BODY;
  bool has_body = exchange->head.chunked || exchange->head.content_length > 0;
  if (has_body && row->route->input != NULL && !media_fits(call)) {
    return refuse(call, &problem_unsupported);
  }
  if (!worth_reading(call)) {
    return refuse(call, &session_no_token);
  }
  return true;
}

/* The server's own refusals, in the envelope of the dialect whose path it seems to be. */
void kit_refuse(void *kit_pointer, struct http_exchange *exchange) {
  struct kit *kit = kit_pointer;
  int status = exchange->status;
  struct call *call = exchange->app;
  if (call == NULL) { /* kit_head never saw it */
    call = call_new(kit, exchange, dialect_of_path(kit, exchange->head.path));
  }
  cors_add(kit, exchange); /* the server dropped what the head had added */
  problem_clear(&call->ctx);
  problem_set(&call->ctx, status == 413 ? &problem_too_large : &kit_bad_request);
  call_print_problem(call, call->ctx.problem.kind->status);
  if (status != exchange->status && status != 413) {
    /* 408, 414, 431 and their like have no status of the desk: the same envelope with the server's number. */
    buf_clear(&exchange->body_out);
    call->dialect->print_problem(call, status, http_reason(status), &exchange->body_out);
    exchange->status = status;
  }
}

void kit_done(void *kit_pointer, const struct http_exchange *exchange) {
  struct kit *kit = kit_pointer;
  const struct call *call = exchange->app;
  if (call != NULL) {
    metrics_count(kit, call, exchange);
  }
  if (log_threshold() > LOG_DEBUG) {
    return;
  }
  int64_t took_us = (time_monotonic_ns() - exchange->received_ns) / 1000;
  LOG(LOG_DEBUG, "Answered a request.", LOG_S("request_id", exchange->request_id),
      LOG_S("route", call != NULL && call->route != NULL ? call->route->name : "-"),
      LOG_N("status", exchange->status), LOG_N("took_us", took_us),
      LOG_N("account", call != NULL ? call->who.account_id : 0));
}
