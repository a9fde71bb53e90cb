#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "api/kit/internal.h"
#include "base/log.h"

/* Writes that are done once, however often they are sent (draft-ietf-httpapi-idempotency-key-header). Answers
 * are printed after the commit as a rule; under a key they are printed and kept before it, so that there is
 * never a write without its answer. See docs/decisions/0021-repeats-and-conditions.md. */

/* ---- what the request is ---- */

/* Public routes answer tokens, which are not to be kept; what only reads has nothing to be done twice. */
bool guard_covers(const struct route *route) {
  enum http_method method = route->method;
  bool unsafe = method == HTTP_POST || method == HTTP_PUT || method == HTTP_PATCH || method == HTTP_DELETE;
  return unsafe && route->permission != MAY_ANYONE && route->lane != LANE_INLINE;
}

static enum status digest_file(struct call *call, struct digest *digest, int64_t from, int64_t len) {
  enum { PIECE = 64 * 1024 };
  char *piece = arena_alloc(call->ctx.arena, PIECE);
  while (len > 0) {
    ssize_t got = pread(call->exchange->body_fd, piece, len < PIECE ? (size_t)len : PIECE, from);
    if (got <= 0) {
      if (got < 0 && errno == EINTR) {
        continue;
      }
      CALL_LOG(call, LOG_ERROR, "A body that was put into a file can't be read.");
      return problem_set(&call->ctx, &problem_broken);
    }
    digest_add(digest, piece, (size_t)got);
    from += got;
    len -= got;
  }
  return STATUS_OK;
}

/* Part by part: a client that sends a form again draws another boundary. */
static enum status digest_parts(struct call *call, struct digest *digest) {
  const struct http_exchange *exchange = call->exchange;
  for (unsigned i = 0; i < call->parts->count; i++) {
    const struct multipart_part *part = &call->parts->parts[i];
    digest_add_str(digest, part->name);
    digest_add_str(digest, part->filename);
    digest_add_str(digest, part->type);
    digest_add(digest, &part->length, sizeof part->length);
    if (exchange->spool) {
      TRY(digest_file(call, digest, part->offset, part->length));
    } else {
      digest_add(digest, exchange->body.at + part->offset, (size_t)part->length);
    }
  }
  return STATUS_OK;
}

static enum status digest_request(struct call *call, uint8_t out[DIGEST_SIZE]) {
  const struct http_exchange *exchange = call->exchange;
  struct digest digest;
  digest_begin(&digest);
  digest_add_str(&digest, str_of(call->dialect->name));
  digest_add_str(&digest, exchange->head.method_name);
  digest_add_str(&digest, exchange->head.path);
  digest_add_str(&digest, exchange->head.query);
  digest_add(&digest, &call->tenant_id, sizeof call->tenant_id);
  digest_add_str(&digest, call_media(call));
  if (call->parts != NULL) {
    TRY(digest_parts(call, &digest));
  } else if (exchange->spool) {
    TRY(digest_file(call, &digest, 0, exchange->body_size));
  } else {
    digest_add_str(&digest, exchange->body);
  }
  digest_end(&digest, out);
  return STATUS_OK;
}

/* The draft makes it a string of RFC 8941, in quotes; everybody else sends it without them. */
static struct str unquoted(struct str text) {
  bool quoted = text.len >= 2 && text.at[0] == '"' && text.at[text.len - 1] == '"';
  return quoted ? (struct str){text.at + 1, text.len - 2} : text;
}

static enum status read_key(struct call *call, struct guard *guard, struct str key) {
  if (call_header_is_repeated(call, "Idempotency-Key") ||
      !repeat_key(&guard->repeat, call->who.account_id, unquoted(key))) {
    return problem_set(&call->ctx, &kit_bad_key);
  }
  return digest_request(call, guard->repeat.request);
}

enum status guard_admit(struct call *call) {
  if (!guard_covers(call->route)) {
    return STATUS_OK;
  }
  struct str key = http_header(&call->exchange->head, "Idempotency-Key");
  bool conditional = etag_is_conditional(call);
  if (key.at == NULL && !conditional) {
    return STATUS_OK;
  }
  struct guard *guard = ARENA_NEW(call->ctx.arena, struct guard);
  guard->conditional = conditional;
  guard->keyed = key.at != NULL;
  call->guard = guard;
  return guard->keyed ? read_key(call, guard, key) : STATUS_OK;
}

/* ---- what was answered before ---- */

static void take_answer(void *arg, const struct repeat_answer *answer) {
  struct call *call = arg;
  struct http_exchange *exchange = call->exchange;
  if (!call->handled) {
    call->own_headers = exchange->headers.len;
    call->handled = true;
  }
  exchange->headers.len = call->own_headers;
  buf_clear(&exchange->body_out);
  exchange->status = (int)answer->status;
  buf_add_str(&exchange->headers, answer->head);
  buf_add_str(&exchange->body_out, answer->body);
  http_add_header(exchange, "Idempotency-Replayed", STR("true"));
  call->printed = true;
  call->guard->replayed = true;
}

static enum status look(struct ctx *ctx, void *arg) {
  struct call *call = arg;
  if (!call->guard->keyed) {
    return STATUS_OK;
  }
  return repeat_find(ctx, &call->guard->repeat, take_answer, call, &call->guard->replayed);
}

/* First thing in the transaction. */
static enum status begin_guarded(struct ctx *ctx, void *arg) {
  struct call *call = arg;
  const struct guard *guard = call->guard;
  if (guard->keyed) {
    TRY(repeat_claim(ctx, &guard->repeat));
  }
  TRY(look(ctx, call));
  return guard->conditional && !guard->replayed ? etag_check(call) : STATUS_OK;
}

/* ---- what is answered now ---- */

/* Last thing in the transaction. */
static enum status keep_answer(struct ctx *ctx, void *arg) {
  struct call *call = arg;
  const struct http_exchange *exchange = call->exchange;
  if (!call->guard->keyed) {
    return STATUS_OK;
  }
  if (call->streaming || exchange->file_fd >= 0) {
    return problem_set(ctx, &repeat_too_large);
  }
  TRY(call_print_answer(call));
  const struct repeat_answer answer = {
      .status = exchange->status,
      .head = {exchange->headers.at + call->own_headers, exchange->headers.len - call->own_headers},
      .body = exchange->body_out.len > 0 ? buf_str(&exchange->body_out) : STR(""),
  };
  return repeat_keep(ctx, &call->guard->repeat, &answer);
}

enum status guard_handle(struct call *call) {
  struct ctx *ctx = &call->ctx;
  call->guard->replayed = false;
  TRY(begin_guarded(ctx, call));
  if (call->guard->replayed) {
    return STATUS_OK;
  }
  TRY(call_handle(call));
  return keep_answer(ctx, call);
}

/* ---- the same where the handler opens its own transactions ---- */

/* Whatever comes of it, the handler is to stop: nothing more is to be written. */
static enum status begin_held(struct ctx *ctx, void *arg) {
  struct call *call = arg;
  struct guard *guard = call->guard;
  enum status status = begin_guarded(ctx, call);
  if (status == STATUS_OK && guard->replayed) {
    status = STATUS_STATE;
  }
  guard->refused = status;
  guard->problem = ctx->problem;
  return status;
}

/* What a handler that fails has written before, by a command of its own, stays written: a wrong password
 * counts. */
static enum status work_held(struct ctx *ctx, void *arg) {
  struct call *call = arg;
  struct guard *guard = call->guard;
  guard->replayed = false;
  guard->refused = STATUS_OK;
  call->result = call_handle(call);
  bool done = call->result == STATUS_OK;
  if (done) {
    call->result = db_write(ctx, keep_answer, call);
  }
  if (guard->refused != STATUS_OK) {
    call->result = guard->replayed ? STATUS_OK : guard->refused;
    ctx->problem = guard->problem;
    return STATUS_OK;
  }
  return done ? call->result : STATUS_OK;
}

enum status guard_handle_slow(struct call *call) {
  struct ctx *ctx = &call->ctx;
  const struct db_held held = {
      .begun = begin_held, .work = work_held, .arg = call, .steady = call->guard->conditional};
  TRY(db_read(ctx, look, call)); /* before the slow work is done in vain */
  if (call->guard->replayed) {
    return STATUS_OK;
  }
  enum status status = db_hold(ctx, &held);
  if (call->guard->refused != STATUS_OK) {
    return call->result;
  }
  TRY(status);
  if (call->result == STATUS_OK || call->result == STATUS_SLOW) {
    return call->result;
  }
  /* The handler may have seen what the first call had written a moment before. */
  const struct problem problem = ctx->problem;
  problem_clear(ctx);
  TRY(db_read(ctx, look, call));
  if (call->guard->replayed) {
    return STATUS_OK;
  }
  ctx->problem = problem;
  return call->result;
}
