#include "notes.h"

#include <zlib.h>

/* Whole answers in fewer bytes. Streams are in test_stream_gzip.c. */

enum { LEAST = 1024, QUICK = GZIP_QUICK_BYTES };

static void begin(struct store *store, const char *type, size_t len) {
  notes_begin(store);
  char *text = arena_alloc(store->ctx.arena, len + 1);
  memset(text, 'a', len);
  notes.type = str_of(type);
  notes.text = (struct str){text, len};
}

static void get(const char *accepts) {
  if (accepts != NULL) {
    with("Accept-Encoding", accepts);
  }
  GET("/text", STR_NONE);
  assert_int_equal(served.exchange.status, 200);
}

static struct str body(void) {
  struct str whole = buf_str(&served.exchange.body_out);
  return (struct str){whole.at, whole.len - 1}; /* request() ends it with a NUL */
}

static bool is_plain(void) {
  return answer_header("Content-Encoding").at == NULL && str_equal(body(), notes.text);
}

/* It is gzip, and what it was made of. */
static bool is_packed(void) {
  struct arena *arena = served.store->ctx.arena;
  if (!str_is(answer_header("Content-Encoding"), "gzip")) {
    return false;
  }
  char *plain = arena_alloc(arena, notes.text.len + 1);
  z_stream stream = {.next_in = (unsigned char *)body().at,
                     .avail_in = (unsigned)body().len,
                     .next_out = (unsigned char *)plain,
                     .avail_out = (unsigned)notes.text.len + 1};
  assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
  int state = inflate(&stream, Z_FINISH);
  struct str unpacked = {plain, stream.total_out};
  inflateEnd(&stream);
  assert_int_equal(stream.avail_in, 0);
  return state == Z_STREAM_END && str_equal(unpacked, notes.text);
}

static void the_client_decides_by_its_weights(struct store *store) {
  static const struct {
    const char *accepts;
    bool packed;
  } cases[] = {
      {"gzip", true},
      {"GZIP", true},
      {"x-gzip", true},
      {"br, gzip;q=0.001", true},
      {" gzip ; q=1.0 ", true},
      {"gzip;Q=0.5", true},
      {"gzip;q=0.5,identity;q=0.5", true},
      {"*", true},
      {"*;q=0.1", true},
      {"gzip, *;q=0", true},
      {NULL, false},
      {"", false},
      {"br", false},
      {"identity", false},
      {"gzip;q=0", false},
      {"gzip;q=0.000", false},
      {"gzip;q=0, *", false},
      {"*;q=0", false},
      {"gzip;q=0.5, identity;q=0.6", false},
      {"gzip;q=2", false}, /* what can't be read is nothing */
      {"gzip;q=0,5", false},
      {"gzip;level=1", false},
  };
  begin(store, "text/plain", LEAST + 1);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    get(cases[i].accepts);
    if (cases[i].packed ? !is_packed() : !is_plain()) {
      fail_msg("%s", cases[i].accepts != NULL ? cases[i].accepts : "(none)");
    }
    ASSERT_HEADER(&served.exchange, "Vary: Accept-Encoding");
  }
  served_end();
}

static void what_is_short_stays_as_it_is(struct store *store) {
  begin(store, "text/plain", LEAST);
  get("gzip");
  assert_true(is_plain());
  assert_null(answer_header("Vary").at);
  served_end();
}

static void only_text_of_ours_is_packed(struct store *store) {
  static const char *const texts[] = {"text/csv; charset=utf-8", "application/json", "application/yaml"};
  static const char *const others[] = {"image/png", "application/pdf", "application/octet-stream"};
  begin(store, "", 2 * LEAST);
  for (size_t i = 0; i < 3; i++) {
    notes.type = str_of(texts[i]);
    get("gzip");
    assert_true(is_packed());
    notes.type = str_of(others[i]);
    get("gzip");
    assert_true(is_plain());
    assert_null(answer_header("Vary").at);
  }
  served_end();
}

static void a_form_that_the_handler_chose_is_left_alone(struct store *store) {
  begin(store, "text/plain", 2 * LEAST);
  notes.packs = true;
  get("gzip");
  assert_true(str_is(answer_header("Content-Encoding"), "br"));
  assert_true(str_equal(body(), notes.text));
  ASSERT_HEADER(&served.exchange, "Vary: Accept-Encoding");
  served_end();
}

static void what_would_not_be_shorter_stays_as_it_is(struct store *store) {
  begin(store, "text/plain", 2 * LEAST);
  char *noise = arena_alloc(store->ctx.arena, notes.text.len);
  random_bytes(noise, notes.text.len);
  notes.text.at = noise;
  get("gzip");
  assert_true(is_plain());
  ASSERT_HEADER(&served.exchange, "Vary: Accept-Encoding");
  served_end();
}

static void a_long_answer_is_packed_in_the_pool(struct store *store) {
  begin(store, "text/plain", QUICK);
  get("gzip");
  assert_true(is_packed());
  assert_int_equal(served.pooled, 0);
  served_end();
  begin(store, "text/plain", QUICK + 1);
  get("gzip");
  assert_true(is_packed());
  assert_int_equal(served.pooled, 1);
  get(NULL);
  assert_true(is_plain());
  assert_int_equal(served.pooled, 0);
  served_end();
}

static void each_form_has_its_own_tag(struct store *store) {
  begin(store, "text/plain", 0);
  const struct somebody somebody = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
  char *title = arena_alloc(store->ctx.arena, 2 * LEAST);
  memset(title, 'a', 2 * LEAST);
  notes.title = (struct str){title, 2 * LEAST};
  GET("/notes/1", somebody.token);
  struct str plain = answer_header("ETag");
  with("Accept-Encoding", "gzip");
  GET("/notes/1", somebody.token);
  struct str packed = answer_header("ETag");
  assert_true(str_is(answer_header("Content-Encoding"), "gzip"));
  assert_str(packed, SQL(store, "%.*s-gzip\"", (int)plain.len - 1, plain.at));
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(the_client_decides_by_its_weights),
      STORE_TEST(what_is_short_stays_as_it_is),
      STORE_TEST(only_text_of_ours_is_packed),
      STORE_TEST(a_form_that_the_handler_chose_is_left_alone),
      STORE_TEST(what_would_not_be_shorter_stays_as_it_is),
      STORE_TEST_SQLITE(a_long_answer_is_packed_in_the_pool),
      STORE_TEST(each_form_has_its_own_tag),
  };
  return STORE_RUN(tests);
}
