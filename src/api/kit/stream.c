#include <string.h>

#include "api/kit/internal.h"
#include "base/log.h"

/* Answers that are sent while they are made: exports. What fits into one piece is an ordinary answer. */

enum { PAGE_ARENA_MAX = 16 * 1024 * 1024 };

enum status call_stream(struct call *call, int http, struct str type) {
  struct http_exchange *exchange = call->exchange;
  if (!exchange->streams) {
    CALL_LOG(call, LOG_ERROR, "A handler streams outside of the export lane.");
    return problem_set(&call->ctx, &problem_broken);
  }
  call->http = http;
  call->streaming = true;
  exchange->status = http;
  http_add_header(exchange, "Content-Type", type);
  if (call_own_header(call, "Cache-Control").at == NULL) {
    http_add_header(exchange, "Cache-Control", STR("no-store"));
  }
  gzip_stream(call, type);
  buf_clear(&exchange->body_out);
  exchange->body_out.max = HTTP_STREAM_PIECE;
  return STATUS_OK;
}

enum status call_write(struct call *call, struct str bytes) {
  return call->streaming ? gzip_write(call, bytes) : problem_set(&call->ctx, &problem_broken);
}

enum status stream_put(struct call *call, struct str bytes) {
  struct buf *out = &call->exchange->body_out;
  while (bytes.len > 0) {
    size_t room = HTTP_STREAM_PIECE - out->len;
    if (room == 0) {
      call->streamed = true;
      if (!http_stream_send(call->exchange)) {
        return problem_set(&call->ctx, &problem_unavailable);
      }
      continue;
    }
    size_t take = bytes.len < room ? bytes.len : room;
    buf_add(out, bytes.at, take);
    bytes = (struct str){bytes.at + take, bytes.len - take};
  }
  return STATUS_OK;
}

void stream_finish(struct call *call) {
  struct kit *kit = call->kit;
  if (call->result != STATUS_OK && call->result != STATUS_UNAVAILABLE) {
    CALL_LOG(call, LOG_ERROR, "A streamed answer broke off.", LOG_S("status", status_name(call->result)));
  }
  /* The exchange, and the call with it, belongs to its loop again when this returns. */
  bool whole = http_stream_end(call->exchange, call->result == STATUS_OK);
  atomic_fetch_add_explicit(&kit->streams[whole], 1, memory_order_relaxed);
}

static void release_page(void *page) {
  arena_free(page);
}

enum status call_page(struct call *call, db_command command, void *arg) {
  struct arena *own = call->ctx.arena;
  if (call->page == NULL) {
    call->page = arena_new(PAGE_ARENA_MAX);
    arena_defer(own, release_page, call->page);
  } else {
    arena_reset(call->page);
  }
  call->ctx.arena = call->page;
  enum status status = db_read(&call->ctx, command, arg);
  call->ctx.arena = own;
  return status;
}
