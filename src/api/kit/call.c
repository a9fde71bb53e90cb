#include <string.h>

#include "api/kit/internal.h"
#include "base/log.h"

const struct problem_kind kit_no_path = {STATUS_NOT_FOUND, "no_such_path", "Nothing is served at this path."};
const struct problem_kind kit_no_method = {STATUS_UNSUPPORTED, "method_not_allowed",
                                           "This path does not take this method."};
const struct problem_kind kit_rate_limited = {STATUS_TOO_MANY, "rate_limited",
                                              "Too many requests; try again a little later."};
const struct problem_kind kit_bad_key = {
    STATUS_INVALID, "bad_idempotency_key",
    "Idempotency-Key must be given once, with 1 to 255 printable ASCII characters."};
const struct problem_kind kit_bad_request = {STATUS_INVALID, "bad_request", "The request is not valid HTTP."};

/* The one place where a status becomes an HTTP number. */
static const int http_of_status[STATUS_COUNT] = {
    [STATUS_OK] = 200,        [STATUS_INVALID] = 400,      [STATUS_UNAUTHENTICATED] = 401,
    [STATUS_FORBIDDEN] = 403, [STATUS_NOT_FOUND] = 404,    [STATUS_DUPLICATE] = 409,
    [STATUS_STATE] = 409,     [STATUS_TOO_LARGE] = 413,    [STATUS_UNSUPPORTED] = 415,
    [STATUS_TOO_MANY] = 429,  [STATUS_STORAGE_FULL] = 507, [STATUS_UNAVAILABLE] = 503,
    [STATUS_RETRY] = 503,     [STATUS_SLOW] = 500,         [STATUS_BROKEN] = 500,
};

/* What the server itself refuses, beyond what a status can say. */
static const struct saying kit_sayings[] = {
    {&kit_no_method, 405, NULL},
    {&kit_changed, 412, NULL},
    {&repeat_mistaken, 422, NULL},
    {NULL, 0, NULL},
};

int kit_http_of(enum status status) {
  return http_of_status[status];
}

enum status call_answer(struct call *call, int http, const struct fields *fields, const void *answer) {
  call->http = http;
  call->answer_fields = fields;
  call->answer = answer;
  return STATUS_OK;
}

enum status call_answer_raw(struct call *call, int http, struct str type, struct str text) {
  call->http = http;
  call->raw_type = type;
  call->raw = text;
  return STATUS_OK;
}

enum status call_answer_file(struct call *call, int http, struct str type, int fd, int64_t size) {
  http_answer_file(call->exchange, fd, size);
  return call_answer_raw(call, http, type, STR(""));
}

enum status call_handle(struct call *call) {
  struct buf *headers = &call->exchange->headers;
  if (call->handled) {
    headers->len = call->own_headers;
    buf_clear(&call->exchange->body_out);
    call->printed = false;
  }
  call->own_headers = headers->len;
  call->handled = true;
  return call->route->handler(call);
}

struct str call_own_header(const struct call *call, const char *name) {
  struct str rest = buf_str(&call->exchange->headers);
  size_t name_len = strlen(name);
  rest = (struct str){rest.at + call->own_headers, rest.len - call->own_headers};
  while (rest.len > 0) {
    size_t end = str_find(rest, '\n'); /* each line ends with CR LF */
    bool found = str_starts(rest, name) && end > name_len + 3 && rest.at[name_len] == ':';
    if (found) {
      return (struct str){rest.at + name_len + 2, end - 1 - (name_len + 2)};
    }
    rest = (struct str){rest.at + end + 1, rest.len - end - 1};
  }
  return STR_NONE;
}

/* Nobody keeps what a token opened, but for the single object that a client can ask about again. */
static void add_cache_control(struct call *call) {
  const struct kit_row *row = call->match.data;
  if (call_own_header(call, "Cache-Control").at == NULL) {
    bool tagged = row != NULL && row->tagged;
    http_add_header(call->exchange, "Cache-Control", tagged ? STR("private, no-cache") : STR("no-store"));
  }
}

void call_header(struct call *call, const char *name, struct str value) {
  http_add_header(call->exchange, name, value);
}

enum status call_print_answer(struct call *call) {
  struct http_exchange *exchange = call->exchange;
  struct str type = call->raw_type;
  if (call->streaming || call->printed) {
    return STATUS_OK; /* type and text stand there already */
  }
  exchange->status = call->http;
  if (type.at != NULL) {
    buf_add_str(&exchange->body_out, call->raw);
  } else if (call->answer_fields != NULL) {
    type = STR("application/json; charset=utf-8");
    wire_print_json(&exchange->body_out, call->answer_fields, call->answer);
  }
  if (exchange->body_out.full) {
    CALL_LOG(call, LOG_ERROR, "An answer was larger than its route allows.");
    return problem_set(&call->ctx, &problem_broken);
  }
  if (type.at != NULL) {
    http_add_header(exchange, "Content-Type", type);
  }
  add_cache_control(call);
  call->printed = true;
  return STATUS_OK;
}

static const struct saying *saying_find(const struct saying *sayings, const struct problem_kind *kind) {
  for (; sayings != NULL && sayings->kind != NULL; sayings++) {
    if (sayings->kind == kind) {
      return sayings;
    }
  }
  return NULL;
}

int call_saying(const struct call *call, const struct problem_kind *kind, const char **message) {
  const struct saying *saying = saying_find(call->dialect->sayings, kind);
  if (saying == NULL) {
    saying = saying_find(kit_sayings, kind);
  }
  *message = saying != NULL && saying->message != NULL ? saying->message : kind->sentence;
  return saying != NULL ? saying->http : kit_http_of(kind->status);
}

/* A status that nobody explained still gets a kind. */
static const struct problem_kind *kind_of_status(enum status status) {
  switch (status) {
    case STATUS_INVALID:
      return &problem_invalid;
    case STATUS_TOO_LARGE:
      return &problem_too_large;
    case STATUS_UNSUPPORTED:
      return &problem_unsupported;
    case STATUS_STORAGE_FULL:
      return &problem_storage_full;
    case STATUS_RETRY:
    case STATUS_UNAVAILABLE:
      return &problem_unavailable;
    case STATUS_UNAUTHENTICATED:
      return &access_unauthenticated;
    case STATUS_FORBIDDEN:
      return &access_forbidden;
    default:
      return &problem_broken;
  }
}

void call_print_problem(struct call *call, enum status status) {
  struct http_exchange *exchange = call->exchange;
  if (call->ctx.problem.kind == NULL) {
    problem_set(&call->ctx, kind_of_status(status));
  }
  const struct problem *problem = &call->ctx.problem;
  const char *message = NULL;
  exchange->status = call_saying(call, problem->kind, &message);
  if (exchange->status >= 500) {
    CALL_LOG(call, exchange->status == 500 ? LOG_ERROR : LOG_WARN, "A request failed.",
             LOG_S("code", problem->kind->code));
  }
  if (call->handled) {
    exchange->headers.len = call->own_headers; /* what the handler added belongs to another answer */
  }
  http_answer_file(exchange, -1, 0);
  call->tag = STR_NONE;
  if (problem->retry_after_s > 0) {
    struct str seconds = str_format(call->ctx.arena, "%u", (unsigned)problem->retry_after_s);
    http_add_header(exchange, "Retry-After", seconds);
  }
  http_add_header(exchange, "Content-Type", STR("application/json; charset=utf-8"));
  http_add_header(exchange, "Cache-Control", STR("no-store"));
  buf_clear(&exchange->body_out);
  exchange->body_out.full = false;
  call->dialect->print_problem(call, exchange->status, message, &exchange->body_out);
}

/* ---- reading the head ---- */

bool call_header_is_repeated(const struct call *call, const char *name) {
  const struct http_head *head = &call->exchange->head;
  struct str wanted = str_of(name);
  unsigned count = 0;
  for (unsigned i = 0; i < head->header_count; i++) {
    count += str_equal_fold(head->headers[i].name, wanted);
  }
  return count > 1;
}

struct str call_token(const struct call *call, bool bare) {
  if (call_header_is_repeated(call, "Authorization")) {
    return STR_NONE; /* they could mean one caller here and another to whoever stands before us */
  }
  struct str value = http_header(&call->exchange->head, "Authorization");
  if (value.len > 7 && str_equal_fold((struct str){value.at, 7}, STR("Bearer "))) {
    return str_trim((struct str){value.at + 7, value.len - 7});
  }
  return bare ? str_trim(value) : STR_NONE;
}

struct str call_media(const struct call *call) {
  struct str type = http_header(&call->exchange->head, "Content-Type");
  return str_trim((struct str){type.at, str_find(type, ';')});
}

static void free_arena(void *arena) {
  arena_free(arena);
}

void call_widen(struct call *call) {
  enum { WIDE_MAX_BYTES = 64 * 1024 * 1024 };
  if (call->lane == LANE_POOL) {
    struct arena *wide = arena_new(WIDE_MAX_BYTES);
    arena_defer(call->ctx.arena, free_arena, wide);
    call->ctx.arena = wide;
  }
}

enum status call_or_slow(const struct call *call, enum status status) {
  return status == STATUS_TOO_LARGE && call->lane != LANE_POOL ? STATUS_SLOW : status;
}

/* Several keys of one name would be bad JSON. */
void call_print_faults(const struct call *call,
                       struct str (*wire_name)(const struct call *call, struct str field), struct buf *out) {
  const struct problem *problem = &call->ctx.problem;
  buf_add_char(out, '{');
  for (unsigned i = 0; i < problem->fault_count; i++) {
    bool told = false;
    for (unsigned k = 0; k < i && !told; k++) {
      told = str_equal(problem->faults[k].field, problem->faults[i].field);
    }
    if (!told) {
      buf_add_text(out, i > 0 ? "," : "");
      wire_print_text(out, wire_name(call, problem->faults[i].field));
      buf_add_char(out, ':');
      wire_print_text(out, problem->faults[i].reason);
    }
  }
  buf_add_char(out, '}');
}
