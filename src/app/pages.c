#define ZLIB_CONST

#include "app/pages.h"

#include <string.h>
#include <zlib.h>

#include "app/dialects.h"

/* Nothing but what came with the page may run in it or be spoken to. Swagger UI sets styles on its elements
 * from script, which this allows, and draws small pictures from data: addresses. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

enum { GZIP_WINDOW = 16 + MAX_WBITS };

static const struct page *find(struct str name) {
  for (const struct page *page = served_pages; page->name != NULL; page++) {
    if (str_is(name, page->name)) {
      return page;
    }
  }
  return NULL;
}

/* For the rare client that takes no gzip. */
static enum status unpack(struct call *call, const struct page *page, struct str *out) {
  char *plain = arena_alloc(call->ctx.arena, page->size + 1);
  z_stream stream = {.next_in = (const Bytef *)page->gzip,
                     .avail_in = (uInt)(page->gzip_end - page->gzip),
                     .next_out = (Bytef *)plain,
                     .avail_out = (uInt)page->size + 1};
  if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK) {
    return problem_set(&call->ctx, &problem_broken);
  }
  int result = inflate(&stream, Z_FINISH);
  *out = (struct str){plain, stream.total_out};
  inflateEnd(&stream);
  return result == Z_STREAM_END && out->len == page->size ? STATUS_OK
                                                          : problem_set(&call->ctx, &problem_broken);
}

static enum status answer(struct call *call, const struct page *page) {
  struct str type = str_of(page->type);
  call_header(call, "Content-Security-Policy", str_of(policy));
  call_header(call, "Referrer-Policy", STR("no-referrer"));
  call_header(call, "Cache-Control", STR("public, max-age=3600"));
  call_header(call, "Vary", STR("Accept-Encoding"));
  if (call_takes_gzip(call)) {
    call_header(call, "Content-Encoding", STR("gzip"));
    return call_answer_raw(call, 200, type, (struct str){page->gzip, (size_t)(page->gzip_end - page->gzip)});
  }
  struct str plain;
  TRY(unpack(call, page, &plain));
  return call_answer_raw(call, 200, type, plain);
}

static enum status list_dialects(struct call *call) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, 64 * 1024);
  buf_add_char(&out, '[');
  for (const struct dialect *const *dialect = documented_dialects; *dialect != NULL; dialect++) {
    buf_add_text(&out, dialect == documented_dialects ? "{\"name\":" : ",{\"name\":");
    wire_print_text(&out, str_of((*dialect)->name));
    buf_add_text(&out, ",\"title\":");
    wire_print_text(&out, str_of((*dialect)->title));
    buf_add_text(&out, ",\"about\":");
    wire_print_text(&out, str_of((*dialect)->about));
    buf_add_char(&out, '}');
  }
  buf_add_char(&out, ']');
  return call_answer_raw(call, 200, STR("application/json; charset=utf-8"),
                         str_copy(call->ctx.arena, buf_str(&out)));
}

enum status pages_index(struct call *call) {
  return answer(call, find(STR("index.html")));
}

enum status pages_file(struct call *call) {
  struct str name = call->match.params[0];
  if (str_is(name, "dialects.json")) {
    return list_dialects(call);
  }
  const struct page *page = find(name);
  return page != NULL ? answer(call, page) : problem_set(&call->ctx, &kit_no_path);
}

enum status pages_root(struct call *call) {
  call_header(call, "Location", STR("/docs"));
  return call_answer_raw(call, 302, STR("text/plain; charset=utf-8"), STR("The documentation is at /docs\n"));
}
