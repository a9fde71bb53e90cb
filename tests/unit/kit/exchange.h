#ifndef SIGAP_TESTS_KIT_EXCHANGE_H
#define SIGAP_TESTS_KIT_EXCHANGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "api/kit/internal.h"
#include "base/log.h"

/* Requests as the server would hand them over, without a server, and the look at what was answered. */

static inline void exchange_begin(struct http_exchange *exchange, enum http_method method,
                                  const char *target) {
  memset(exchange, 0, sizeof *exchange);
  exchange->arena = arena_new((size_t)8 * 1024 * 1024);
  buf_init(&exchange->headers, 16 * 1024);
  buf_init(&exchange->body_out, (size_t)4 * 1024 * 1024);
  struct str whole = str_of(target);
  size_t mark = str_find(whole, '?');
  exchange->head.method = method;
  exchange->head.method_name = str_of(http_method_name(method));
  exchange->head.target = whole;
  exchange->head.path = (struct str){whole.at, mark};
  exchange->head.query =
      mark < whole.len ? (struct str){whole.at + mark + 1, whole.len - mark - 1} : STR_NONE;
  exchange->head.host = STR("desk.example");
  exchange->head.minor_version = 1;
  exchange->head.keep_alive = true;
  exchange->head.content_length = -1;
  exchange->peer = STR("10.0.0.1");
  exchange->body = STR("");
  exchange->body_fd = -1;
  exchange->file_fd = -1;
  memcpy(exchange->request_id, "test-1", sizeof "test-1");
}

static inline void exchange_end(struct http_exchange *exchange) {
  http_answer_file(exchange, -1, 0);
  buf_release(&exchange->headers);
  buf_release(&exchange->body_out);
  arena_free(exchange->arena);
}

static inline void exchange_header(struct http_exchange *exchange, const char *name, const char *value) {
  struct http_head *head = &exchange->head;
  head->headers[head->header_count++] = (struct http_header){str_of(name), str_of(value)};
}

static inline void exchange_body(struct http_exchange *exchange, struct str body) {
  exchange->body = body;
  exchange->head.content_length = (int64_t)body.len;
}

/* The answer's body as a C text. */
static inline const char *exchange_text(struct http_exchange *exchange) {
  return str_c(exchange->arena, buf_str(&exchange->body_out));
}

/* How often a whole header line stands in the answer. */
static inline unsigned exchange_lines(struct http_exchange *exchange, const char *line) {
  const char *at = str_c(exchange->arena, buf_str(&exchange->headers));
  unsigned found = 0;
  for (; (at = strstr(at, line)) != NULL; at += strlen(line)) {
    found++;
  }
  return found;
}
#define ASSERT_HEADER(exchange, line) assert_int_equal(exchange_lines((exchange), line "\r\n"), 1)

/* A dialect's envelope that shows what it was given. */
static inline void print_plain_problem(struct call *call, int http, const char *message, struct buf *out) {
  buf_format(out, "{\"code\":%d,\"message\":\"%s\",\"dialect\":\"%s\",\"faults\":%u}", http, message,
             call->dialect->name, (unsigned)call->ctx.problem.fault_count);
}

#endif
