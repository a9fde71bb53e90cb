#include <stdlib.h>
#include <string.h>

#include "api/kit/internal.h"
#include "base/log.h"
#include "base/time.h"
#include "desk/session/session.h"

/* The kit's life, and the head of a request: which row, and whether its body is worth reading. */

enum { DEFAULT_BODY = 1024 * 1024, DEFAULT_ANSWER = 16 * 1024 * 1024, PATTERNS_MAX = 16 * 1024 * 1024 };

static const char *const as_written[] = {"", NULL};

static const char *const *mounts_of(const struct dialect *dialect) {
  return dialect->mounts != NULL ? dialect->mounts : as_written;
}

static size_t mount_count(const struct dialect *dialect) {
  size_t count = 0;
  while (mounts_of(dialect)[count] != NULL) {
    count++;
  }
  return count;
}

/* What a row says of its body must fit together: a mistake in a table stops the start. */
static void check_route(const struct route *route) {
  if (!route->spool) {
    return;
  }
  bool fits = route->body == BODY_MULTIPART || (route->body == 0 && route->input == NULL);
  if (!fits || route->permission == MAY_ANYONE || route->max_body == 0 || route->lane == LANE_EXPORT) {
    die("A route with a spooled body takes JSON or forms, has no limit, needs no token, or is an export.");
  }
}

/* Whole segments: "/api/user" is no prefix of "/api/users". */
static bool path_starts(struct str path, const char *prefix) {
  size_t len = strlen(prefix);
  bool whole = path.len == len || (path.len > len && (path.at[len] == '/' || prefix[len - 1] == '/'));
  return whole && str_equal_fold((struct str){path.at, len}, str_of(prefix));
}

/* Two tables of paths: what is asked for by a dialect's header stands in one of its own. */
enum { GROUP_PLAIN, GROUP_HEADED };

static bool is_shared(const struct dialect *dialect, struct str path) {
  return dialect->shared != NULL && path_starts(path, dialect->shared);
}

/* One row for each route of each dialect, and the router over them: a row under each mount. */
static void build_rows(struct kit *kit) {
  const struct kit_config *config = &kit->config;
  CLEANUP_ARENA struct arena *patterns = arena_new(PATTERNS_MAX);
  size_t count = 1; /* at least one, because calloc may answer a wish for nothing with NULL */
  size_t routed_count = 0;
  for (size_t d = 0; d < config->dialect_count; d++) {
    count += config->dialects[d]->route_count;
    routed_count += config->dialects[d]->route_count * mount_count(config->dialects[d]);
  }
  kit->rows = calloc(count, sizeof *kit->rows);
  struct router_row *routed = calloc(routed_count + 1, sizeof *routed);
  if (kit->rows == NULL || routed == NULL) {
    die("Out of memory for the routes.");
  }
  routed_count = 0;
  for (size_t d = 0; d < config->dialect_count; d++) {
    const struct dialect *dialect = config->dialects[d];
    for (size_t r = 0; r < dialect->route_count; r++) {
      const struct route *route = &dialect->routes[r];
      struct kit_row *row = &kit->rows[kit->row_count++];
      check_route(route);
      row->dialect = dialect;
      row->route = route;
      const char *const *mount = route->as_written ? as_written : mounts_of(dialect);
      for (; *mount != NULL; mount++) {
        struct str path = str_format(patterns, "%s%s", *mount, route->path);
        routed[routed_count++] =
            (struct router_row){.method = route->method,
                                .pattern = path.at,
                                .fold_case = route->fold_case,
                                .group = is_shared(dialect, path) ? GROUP_HEADED : GROUP_PLAIN,
                                .data = row};
      }
    }
    kit->header = dialect->header != NULL ? dialect->header : kit->header;
  }
  kit->router = router_new(routed, routed_count);
  free(routed);
}

struct kit *kit_new(const struct kit_config *config) {
  struct kit *kit = calloc(1, sizeof *kit);
  if (kit == NULL) {
    die("Out of memory for the routes.");
  }
  kit->config = *config;
  build_rows(kit);
  etag_pair(kit->rows, kit->row_count);
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

/* How much of the path this dialect claims under one of its mounts: the length of the longest prefix. */
static size_t claim(const struct dialect *dialect, const char *mount, struct str path) {
  size_t mount_len = strlen(mount);
  if (mount_len > 0 && !path_starts(path, mount)) {
    return 0;
  }
  size_t longest = mount_len;
  struct str rest = {path.at + mount_len, path.len - mount_len};
  rest = rest.len > 0 ? rest : STR("/");
  for (const char *const *prefix = dialect->prefixes; prefix != NULL && *prefix != NULL; prefix++) {
    size_t len = mount_len + strlen(*prefix);
    if (len > longest && path_starts(rest, *prefix)) {
      longest = len;
    }
  }
  return longest;
}

/* Whose envelope an unknown path gets: the dialect with the longest fitting prefix. A path that was never
 * understood is nobody's but the root's. */
static const struct dialect *dialect_of_path(const struct kit *kit, struct str path, bool headed) {
  const struct dialect *best = kit->config.dialects[0];
  path = path.len > 0 ? path : STR("/");
  size_t best_len = 0;
  for (size_t d = 0; d < kit->config.dialect_count; d++) {
    const struct dialect *dialect = kit->config.dialects[d];
    if (!headed && is_shared(dialect, path)) {
      continue;
    }
    for (const char *const *mount = mounts_of(dialect); *mount != NULL; mount++) {
      size_t len = claim(dialect, *mount, path);
      if (len > best_len) {
        best = dialect;
        best_len = len;
      }
    }
  }
  return best;
}

static bool is_headed(const struct kit *kit, const struct http_exchange *exchange) {
  return kit->header != NULL && http_header(&exchange->head, kit->header).at != NULL;
}

static const struct dialect *dialect_of(const struct kit *kit, const struct http_exchange *exchange) {
  return dialect_of_path(kit, exchange->head.path, is_headed(kit, exchange));
}

static struct call *call_new(struct kit *kit, struct http_exchange *exchange, const struct dialect *dialect) {
  struct call *call = ARENA_NEW(exchange->arena, struct call);
  call->kit = kit;
  call->exchange = exchange;
  call->dialect = dialect;
  call->ctx.arena = exchange->arena;
  call->ctx.now_us = time_now_us();
  exchange->app = call;
  trace_read(call);
  return call;
}

/* Answers from the head alone. Returns false, as the server wants it. */
static bool refuse(struct call *call, const struct problem_kind *kind) {
  problem_set(&call->ctx, kind);
  call_print_problem(call, kind->status);
  return false;
}

static bool media_fits(const struct call *call) {
  const struct route *route = call->route;
  if (route->input == NULL && route->body == 0) {
    return true; /* not looked at, or any file */
  }
  struct str media = call_media(call);
  unsigned takes = route->body != 0 ? route->body : BODY_JSON;
  if (http_header(&call->exchange->head, "Content-Type").len == 0) {
    return takes != BODY_MULTIPART; /* read as JSON */
  }
  return ((takes & BODY_MULTIPART) != 0 && multipart_is(media)) ||
         ((takes & BODY_JSON) != 0 && str_equal_fold(media, STR("application/json"))) ||
         ((takes & BODY_FORM) != 0 && str_equal_fold(media, STR("application/x-www-form-urlencoded")));
}

/* A large body, or one that would go to the disk, of a caller without a token that we signed is not read at
 * all. NULL: it is worth reading. */
static const struct problem_kind *not_worth_reading(struct call *call) {
  const struct http_head *head = &call->exchange->head;
  int64_t small = call->route->spool ? 0 : KIT_SMALL_BODY;
  bool large = head->chunked || head->content_length > small;
  if (!large || call->route->permission == MAY_ANYONE || (int64_t)call->exchange->max_body <= small) {
    return NULL;
  }
  struct token_claims claims;
  struct str token = call_token(call, true);
  enum status status = token_verify(token, &claims);
  if (status != STATUS_OK) {
    return status == STATUS_UNAUTHENTICATED ? &session_expired : &session_no_token;
  }
  return claims.expires_at_s > call->ctx.now_us / TIME_SECOND_US ? NULL : &session_expired;
}

static size_t body_limit(const struct route *route) {
  if (route->input == NULL && route->body == 0 && !route->spool) {
    return 4096; /* of no meaning; a small one is read and ignored: clients send "{}" */
  }
  if (route->max_body != 0) {
    return route->max_body;
  }
  /* Strangers have nothing long to say, and thousands at once could say it slowly. */
  return route->permission == MAY_ANYONE ? KIT_SMALL_BODY : DEFAULT_BODY;
}

static bool no_route(struct kit *kit, struct http_exchange *exchange, enum router_result result,
                     unsigned allowed) {
  struct call *call = call_new(kit, exchange, dialect_of(kit, exchange));
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

static enum router_result find_row(const struct kit *kit, const struct http_exchange *exchange,
                                   struct router_match *match) {
  const struct http_head *head = &exchange->head;
  int first = is_headed(kit, exchange) ? GROUP_HEADED : GROUP_PLAIN;
  enum router_result result =
      router_find(kit->router, head->method, head->path, first, exchange->arena, match);
  if (result == ROUTER_NO_PATH) {
    int other = first == GROUP_HEADED ? GROUP_PLAIN : GROUP_HEADED;
    result = router_find(kit->router, head->method, head->path, other, exchange->arena, match);
  }
  return result;
}

bool kit_head(void *kit_pointer, struct http_exchange *exchange) {
  struct kit *kit = kit_pointer;
  exchange->body_out.max = DEFAULT_ANSWER;
  struct router_match match = {0};
  enum router_result result = find_row(kit, exchange, &match);
  if (result != ROUTER_FOUND) {
    return no_route(kit, exchange, result, match.allowed);
  }
  const struct kit_row *row = match.data;
  struct call *call = call_new(kit, exchange, row->dialect);
  call->route = row->route;
  call->match = match;
  cors_add(kit, exchange);
  call->own_headers = exchange->headers.len;
  if (row->route->max_answer != 0) {
    exchange->body_out.max = row->route->max_answer;
  }
  exchange->max_body = body_limit(row->route);
  exchange->spool = row->route->spool;
  exchange->streams = row->route->lane == LANE_EXPORT && !row->dialect->unlimited;
  bool has_body = exchange->head.chunked || exchange->head.content_length > 0;
  if (has_body && !media_fits(call)) {
    return refuse(call, &problem_unsupported);
  }
  const struct problem_kind *stranger = not_worth_reading(call);
  return stranger == NULL || refuse(call, stranger);
}

/* What the server's number means to a dialect. */
static const struct problem_kind *kind_of_refusal(int status) {
  static const struct problem_kind *const kinds[] = {&problem_too_large, &problem_storage_full,
                                                     &problem_unavailable, &problem_broken};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (kit_http_of(kinds[i]->status) == status) {
      return kinds[i];
    }
  }
  return &kit_bad_request;
}

/* The server's own refusals, in the envelope of the dialect whose path it seems to be. */
void kit_refuse(void *kit_pointer, struct http_exchange *exchange) {
  struct kit *kit = kit_pointer;
  int status = exchange->status;
  struct call *call = exchange->app;
  if (call == NULL) { /* kit_head never saw it */
    call = call_new(kit, exchange, dialect_of(kit, exchange));
  }
  cors_add(kit, exchange); /* the server dropped what the head had added */
  problem_clear(&call->ctx);
  const struct problem_kind *kind = kind_of_refusal(status);
  problem_set(&call->ctx, kind);
  call_print_problem(call, kind->status);
  if (status != exchange->status && kind == &kit_bad_request) {
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
  if (call == NULL) {
    LOG(LOG_DEBUG, "Answered a request.", LOG_S("request_id", exchange->request_id),
        LOG_N("status", exchange->status), LOG_N("took_us", took_us));
    return;
  }
  CALL_LOG(call, LOG_DEBUG, "Answered a request.", LOG_N("status", exchange->status),
           LOG_N("took_us", took_us), LOG_N("account", call->who.account_id));
}
