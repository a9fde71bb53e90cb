#include "served.h"

#include <zlib.h>

#include "app/dialects.h"
#include "app/pages.h"
#include "app/system.h"
#include "people.h"

/* The pages for people, as the kit serves them from the program itself. */

static const struct dialect *const dialects[] = {&system_dialect};

static void get(const char *target, const char *accepts) {
  if (accepts != NULL) {
    with("Accept-Encoding", accepts);
  }
  GET(target, STR_NONE);
}

static struct str body(void) {
  struct str whole = buf_str(&served.exchange.body_out);
  return (struct str){whole.at, whole.len - 1}; /* request() ends it with a NUL */
}

/* In the store's arena. */
static struct str unpacked(struct str packed, size_t size) {
  char *plain = arena_alloc(served.store->ctx.arena, size + 1);
  z_stream stream = {.next_in = (unsigned char *)packed.at,
                     .avail_in = (unsigned)packed.len,
                     .next_out = (unsigned char *)plain,
                     .avail_out = (unsigned)size + 1};
  assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
  assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
  inflateEnd(&stream);
  return (struct str){plain, stream.total_out};
}

static void each_page_comes_packed_or_plain_with_its_type(struct store *store) {
  served_begin(store, dialects);
  size_t count = 0;
  for (const struct page *page = served_pages; page->name != NULL; page++, count++) {
    const char *target = SQL(store, "/docs/%s", page->name);
    get(target, "gzip");
    assert_int_equal(served.exchange.status, 200);
    assert_str(answer_header("Content-Type"), page->type);
    assert_str(answer_header("Content-Encoding"), "gzip");
    struct str plain = unpacked(body(), page->size);
    assert_int_equal(plain.len, page->size);
    get(target, NULL);
    assert_null(answer_header("Content-Encoding").at);
    assert_str(answer_header("Content-Type"), page->type);
    assert_true(str_equal(body(), plain));
    assert_str(answer_header("Vary"), "Accept-Encoding");
  }
  assert_true(count > 3);
  served_end();
}

static void the_index_stands_at_docs_and_the_root_leads_there(struct store *store) {
  served_begin(store, dialects);
  get("/docs", NULL);
  assert_int_equal(served.exchange.status, 200);
  assert_true(str_starts(answer_header("Content-Type"), "text/html"));
  struct str index = str_copy(store->ctx.arena, body());
  get("/docs/index.html", NULL);
  assert_true(str_equal(body(), index));
  get("/", NULL);
  ASSERT_ANSWER(302, "The documentation is at /docs\n");
  assert_str(answer_header("Location"), "/docs");
  served_end();
}

static void nothing_from_elsewhere_may_run_in_a_page_or_be_spoken_to(struct store *store) {
  served_begin(store, dialects);
  get("/docs", NULL);
  struct str policy = answer_header("Content-Security-Policy");
  assert_true(str_starts(policy, "default-src 'none'; script-src 'self';"));
  assert_null(strstr(policy.at, "unsafe"));
  assert_null(strstr(policy.at, "http"));
  assert_non_null(strstr(policy.at, "frame-ancestors 'none'"));
  assert_str(answer_header("Referrer-Policy"), "no-referrer");
  assert_str(answer_header("Cache-Control"), "public, max-age=3600");
  served_end();
}

static void the_dialects_are_told_to_the_page(struct store *store) {
  served_begin(store, dialects);
  get("/docs/dialects.json", NULL);
  assert_int_equal(served.exchange.status, 200);
  assert_str(answer_header("Content-Type"), "application/json; charset=utf-8");
  for (const struct dialect *const *dialect = documented_dialects; *dialect != NULL; dialect++) {
    ASSERT_HOLDS(200, SQL(store, "{\"name\":\"%s\",\"title\":\"%s\",\"about\":\"The API of ",
                          (*dialect)->name, (*dialect)->title));
  }
  assert_true(answer_text()[0] == '[' && str_ends(body(), "}]"));
  served_end();
}

static void what_is_no_page_is_not_found(struct store *store) {
  served_begin(store, dialects);
  static const char *const nothing[] = {"/docs/nothing.js", "/docs/..", "/docs/INDEX.HTML",
                                        "/docs/docs.js%00", "/docs/deep/docs.js"};
  for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
    get(nothing[i], "gzip");
    if (served.exchange.status != 404) {
      fail_msg("%s: %d", nothing[i], served.exchange.status);
    }
    assert_null(answer_header("Content-Encoding").at);
  }
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST_SQLITE(each_page_comes_packed_or_plain_with_its_type),
      STORE_TEST_SQLITE(the_index_stands_at_docs_and_the_root_leads_there),
      STORE_TEST_SQLITE(nothing_from_elsewhere_may_run_in_a_page_or_be_spoken_to),
      STORE_TEST_SQLITE(the_dialects_are_told_to_the_page),
      STORE_TEST_SQLITE(what_is_no_page_is_not_found),
  };
  return STORE_RUN(tests);
}
