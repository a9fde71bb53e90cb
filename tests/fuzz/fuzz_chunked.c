#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/http.h"

/* A chunked body: in one piece, byte by byte and cut in two, verdict, body and end are the same. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 4096 };

struct outcome {
  enum http_parse verdict;
  size_t end;
  struct buf body;
};

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

static struct outcome decode(struct str text, size_t first, size_t step) {
  struct outcome outcome = {.verdict = HTTP_PARSE_MORE};
  struct http_chunked state = {0};
  buf_init(&outcome.body, BODY_MAX);
  size_t at = 0;
  size_t piece = first;
  while (at < text.len && outcome.verdict == HTTP_PARSE_MORE) {
    piece = piece < text.len - at ? piece : text.len - at;
    size_t used = 0;
    outcome.verdict = http_parse_chunked(&state, (struct str){text.at + at, piece}, &outcome.body, &used);
    must(used <= piece);
    outcome.end = at + used;
    at += piece;
    piece = step;
  }
  must(!outcome.body.full && outcome.body.len <= BODY_MAX);
  return outcome;
}

static void must_agree(const struct outcome *a, struct outcome b) {
  must(a->verdict == b.verdict);
  if (a->verdict == HTTP_PARSE_DONE) {
    must(a->end == b.end && str_equal(buf_str(&a->body), buf_str(&b.body)));
  }
  buf_release(&b.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct str text = {(const char *)data, size};
  struct outcome whole = decode(text, size, size);
  must_agree(&whole, decode(text, 1, 1));
  size_t cut = size > 0 ? data[size - 1] % size + 1 : 1;
  must_agree(&whole, decode(text, cut, size > 0 ? size : 1));
  if (whole.verdict == HTTP_PARSE_DONE) {
    must(whole.end >= 5 && whole.body.len < size);
  }
  buf_release(&whole.body);
  return 0;
}
