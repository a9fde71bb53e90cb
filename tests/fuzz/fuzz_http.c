#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/http.h"
#include "net/router.h"

/* A request head: what is taken points into the input, gets the same verdict in pieces, and obeys the rules
 * that make its framing clear. Its path then goes through a router. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

static void must_lie_in(struct str part, struct str whole) {
  must(part.at != NULL && part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static bool same(const struct http_head *a, const struct http_head *b) {
  return a->method == b->method && str_equal(a->target, b->target) && a->header_count == b->header_count &&
         a->content_length == b->content_length && a->chunked == b->chunked && a->keep_alive == b->keep_alive;
}

static void check_head(const struct http_head *head, struct str text) {
  must_lie_in(head->method_name, text);
  must_lie_in(head->target, text);
  must(head->path.len > 0 && head->header_count <= HTTP_HEADERS_MAX);
  must(head->minor_version == 0 || head->host.len > 0);
  must(!head->chunked || (head->content_length == -1 && head->minor_version == 1));
  must(head->content_length >= -1);
  unsigned hosts = 0;
  unsigned lengths = 0;
  for (unsigned i = 0; i < head->header_count; i++) {
    must_lie_in(head->headers[i].name, text);
    must_lie_in(head->headers[i].value, text);
    must(memchr(head->headers[i].value.at, '\n', head->headers[i].value.len) == NULL);
    hosts += str_equal_fold(head->headers[i].name, STR("Host"));
    lengths += str_equal_fold(head->headers[i].name, STR("Content-Length"));
  }
  must(hosts <= 1 && lengths == (head->content_length >= 0));
}

static void route(const struct http_head *head) {
  static const struct router_row rows[] = {
      {HTTP_GET, "/", false, 0, "a"},
      {HTTP_GET, "/api/:x/:y", true, 0, "b"},
      {HTTP_POST, "/api/ticket/create", false, 0, "c"},
      {HTTP_POST, "/api/ticket/:id", true, 0, "d"},
  };
  static struct router *router;
  if (router == NULL) {
    router = router_new(rows, sizeof(rows) / sizeof(rows[0]));
  }
  struct arena *arena = arena_new(1 << 20);
  struct router_match match;
  enum router_result result = router_find(router, head->method, head->path, -1, arena, &match);
  must((result == ROUTER_FOUND) == (match.data != NULL));
  must((result == ROUTER_NO_PATH) == (match.allowed == 0));
  for (unsigned i = 0; i < match.param_count; i++) {
    must(str_utf8(match.params[i]) && memchr(match.params[i].at, 0, match.params[i].len) == NULL);
  }
  struct str query;
  (void)!http_unescape(arena, head->query, true, &query);
  arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct http_head head;
  static struct http_head again;
  struct str text = {(const char *)data, size};
  size_t used = 0;
  enum http_parse verdict = http_parse_head(text, &head, &used);
  /* Cut at some place that the input itself picks, the verdict may only come earlier, never change. */
  size_t cut = size > 0 ? data[size - 1] % (size + 1) : 0;
  size_t used_again = 0;
  enum http_parse earlier = http_parse_head((struct str){text.at, cut}, &again, &used_again);
  must(earlier == HTTP_PARSE_MORE || earlier == verdict);
  if (verdict != HTTP_PARSE_DONE) {
    must(used == 0);
    return 0;
  }
  must(used > 0 && used <= size);
  check_head(&head, text);
  must(http_parse_head((struct str){text.at, used}, &again, &used_again) == HTTP_PARSE_DONE);
  must(used_again == used && same(&head, &again));
  must(http_parse_head((struct str){text.at, used - 1}, &again, &used_again) == HTTP_PARSE_MORE);
  route(&head);
  return 0;
}
