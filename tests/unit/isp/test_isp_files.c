#include "served.h"

#include <sys/mman.h>
#include <unistd.h>

#include "api/isp/isp.h"
#include "api/isp/isp_stock.h"
#include "people.h"
#include "uploads.h"

/* Uploads through the kit, to the letter, and the names of downloads. */

static const struct dialect *const dialects[] = {&isp_dialect};

/* ---- names of downloads ---- */

static void a_download_is_named_in_plain_letters_and_whole_beside_them(struct store *store) {
  static const struct {
    const char *name, *header;
  } rows[] = {
      {"photo-1_a.png", "attachment; filename=\"photo-1_a.png\""},
      {"a b.png", "attachment; filename=\"a b.png\""},
      {"\"; x=y\r\nSet-Cookie: a",
       "attachment; filename=\"__ x_y__Set-Cookie_ a\"; "
       "filename*=UTF-8''%22%3B%20x%3Dy%0D%0ASet-Cookie%3A%20a"},
      {"\xc3\xa9\xe8\xb7\xaf", "attachment; filename=\"__\"; filename*=UTF-8''%C3%A9%E8%B7%AF"},
      {"100%.pdf", "attachment; filename=\"100_.pdf\"; filename*=UTF-8''100%25.pdf"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct str header = isp_disposition(store->ctx.arena, str_of(rows[i].name));
    assert_string_equal(str_c(store->ctx.arena, header), rows[i].header);
  }
  char longest[1021];
  for (size_t i = 0; i + 4 <= 1020; i += 4) {
    memcpy(longest + i, "\xf0\x9f\x93\xb7", 4);
  }
  longest[1020] = 0;
  assert_int_equal(isp_disposition(store->ctx.arena, str_of(longest)).len, 22 + 255 + 1 + 19 + 1020 * 3);
}

/* ---- endpoints ---- */

/* A form as the server hands it over: in a file of its own. */
static void upload(struct str token, struct str form) {
  if (served.exchange.arena != NULL) {
    exchange_end(&served.exchange);
  }
  struct http_exchange *exchange = &served.exchange;
  exchange_begin(exchange, HTTP_POST, "/api/mobile/upload");
  exchange_header(exchange, "Content-Type", "multipart/form-data; boundary=b");
  exchange_header(exchange, "Authorization",
                  str_c(exchange->arena, str_format(exchange->arena, "Bearer %.*s", STR_ARG(token))));
  exchange->head.content_length = (int64_t)form.len;
  exchange->body_fd = spooled(form, 0);
  exchange->body_size = (int64_t)form.len;
  served.answered = served.pooled = 0;
  assert_true(kit_head(served.kit, exchange));
  assert_true(exchange->spool);
  kit_request(served.kit, exchange);
  served_run_lanes();
  assert_int_equal(served.answered, 1);
  assert_int_equal(served.pooled, 1);
  buf_add_char(&exchange->body_out, '\0');
  close(exchange->body_fd);
  exchange->body_fd = -1;
}

static struct str form_of(struct store *store, const char *type, struct str content, const char *name) {
  struct buf form CLEANUP_BUF;
  buf_init(&form, 1 << 16);
  buf_format(&form,
             "--b\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\n%s\r\n"
             "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n\r\n",
             type, name);
  buf_add_str(&form, content);
  buf_add_text(&form, "\r\n--b--\r\n");
  return str_copy(store->ctx.arena, buf_str(&form));
}

static void an_upload_is_told_as_the_document_shows_and_served_as_an_attachment(struct store *store) {
  served_begin(store, dialects);
  const struct somebody tono = served_somebody(ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct somebody ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
  upload(tono.token, form_of(store, "photo", TINY_PNG, "../router.png"));
  struct str id = answer_cut("\"id\":\"");
  ASSERT_ANSWER(201, SQL(store,
                         "{\"success\":true,\"data\":{\"file\":{\"id\":\"%.*s\",\"filename\":\"router.png\","
                         "\"url\":\"/api/files/%.*s\",\"type\":\"photo\",\"size\":70}}}",
                         STR_ARG(id), STR_ARG(id)));
  const char *path = SQL(store, "/api/files/%.*s", STR_ARG(id));
  GET(path, ani.token);
  ASSERT_HOLDS(404, "\"RESOURCE_NOT_FOUND\"");
  GET(path, tono.token);
  assert_int_equal(served.exchange.status, 200);
  assert_int_equal(served.exchange.file_size, 70);
  char bytes[70];
  assert_int_equal(pread(served.exchange.file_fd, bytes, sizeof bytes, 0), 70);
  assert_memory_equal(bytes, TINY_PNG.at, 70);
  served_end();
}

static void a_refused_upload_says_why_by_the_names_of_the_form(struct store *store) {
  served_begin(store, dialects);
  const struct somebody tono = served_somebody(ROLE_TECHNICIAN, "Tono", "tono@example.com");
  upload(tono.token, form_of(store, "document", TINY_PNG, "a.png"));
  ASSERT_ANSWER(
      422,
      "{\"success\":false,\"error\":{\"code\":\"VALIDATION_ERROR\",\"message\":\"The file's content does "
      "not fit its type.\",\"details\":{\"file\":\"must be a PDF document\"}}}");
  upload(tono.token, form_of(store, "film", TINY_PNG, "a.png"));
  ASSERT_HOLDS(422, "\"details\":{\"type\":\"must be one of photo, document, signature\"}");
  upload(tono.token, STR("--b\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nphoto\r\n--b--\r\n"));
  ASSERT_HOLDS(422, "\"details\":{\"file\":\"is required\"}");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM file"), 0);
  served_end();
}

int main(void) {
  if (!uploads_open()) {
    return 1;
  }
  const struct CMUnitTest tests[] = {
      STORE_TEST_SQLITE(a_download_is_named_in_plain_letters_and_whole_beside_them),
      STORE_TEST(an_upload_is_told_as_the_document_shows_and_served_as_an_attachment),
      STORE_TEST(a_refused_upload_says_why_by_the_names_of_the_form),
  };
  int failed = STORE_RUN(tests);
  uploads_close();
  return failed;
}
