#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/hcall/internal.h"
#include "base/base64.h"

static const char png[] = "\x89PNG\r\n\x1a\n and so on";
static const char jpeg[] = "\xff\xd8\xff\xe0 and so on";

static void encode(struct buf *out, const char *prefix, const void *bytes, size_t len) {
  buf_init(out, (size_t)16 * 1024 * 1024);
  buf_add_text(out, prefix);
  base64_encode(out, (struct str){bytes, len});
}

/* Decodes prefix + base64(bytes) and returns the status. */
static enum status decode(const char *prefix, const void *bytes, size_t len, struct buf *out,
                          const char **why) {
  struct buf text;
  encode(&text, prefix, bytes, len);
  enum status status = hcall_image_decode(buf_str(&text), out, why);
  buf_release(&text);
  return status;
}

static void takes_jpeg_and_png_as_they_are(void **state) {
  (void)state;
  const struct {
    const char *bytes;
    size_t len;
  } pictures[] = {{png, sizeof png - 1}, {jpeg, sizeof jpeg - 1}};
  for (size_t i = 0; i < 2; i++) {
    const char *why = NULL;
    CLEANUP_BUF struct buf out;
    buf_init(&out, FILE_IMAGE_MAX_BYTES + 8);
    assert_int_equal(decode("", pictures[i].bytes, pictures[i].len, &out, &why), STATUS_OK);
    assert_int_equal(out.len, pictures[i].len);
    assert_memory_equal(out.at, pictures[i].bytes, out.len);
    assert_null(why);
  }
}

static void drops_a_data_uri_prefix(void **state) {
  (void)state;
  const char *why = NULL;
  CLEANUP_BUF struct buf out;
  buf_init(&out, FILE_IMAGE_MAX_BYTES + 8);
  assert_int_equal(decode("data:image/png;base64,", png, sizeof png - 1, &out, &why), STATUS_OK);
  assert_int_equal(out.len, sizeof png - 1);
  /* Only such a prefix: a data URI that is not base64 is not a picture. */
  assert_int_equal(decode("data:image/png,", png, sizeof png - 1, &out, &why), STATUS_INVALID);
  assert_string_equal(why, "is not base64");
}

static void refuses_what_is_not_base64(void **state) {
  (void)state;
  const char *texts[] = {
      "base64_encoded_image_data...", "iVBORw0KGgo", "iVBORw0K Ggo=", "iVBORw0KGgo=\n", "====", "data:"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    const char *why = NULL;
    CLEANUP_BUF struct buf out;
    buf_init(&out, FILE_IMAGE_MAX_BYTES + 8);
    assert_int_equal(hcall_image_decode(str_of(texts[i]), &out, &why), STATUS_INVALID);
    assert_string_equal(why, "is not base64");
    assert_int_equal(out.len, 0);
  }
}

static void refuses_other_contents(void **state) {
  (void)state;
  const char *contents[] = {"GIF89a", "%PDF-1.7", "<svg/>", ""};
  for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
    const char *why = NULL;
    CLEANUP_BUF struct buf out;
    buf_init(&out, FILE_IMAGE_MAX_BYTES + 8);
    assert_int_equal(decode("", contents[i], strlen(contents[i]), &out, &why), STATUS_INVALID);
    assert_string_equal(why, "is neither a JPEG nor a PNG");
    assert_int_equal(out.len, 0);
  }
}

static void takes_five_mebibytes_and_not_a_byte_more(void **state) {
  (void)state;
  char *picture = calloc(1, FILE_IMAGE_MAX_BYTES + 3);
  assert_non_null(picture);
  memcpy(picture, png, sizeof png - 1);
  for (size_t over = 0; over <= 3; over++) {
    const char *why = NULL;
    CLEANUP_BUF struct buf out;
    buf_init(&out, FILE_IMAGE_MAX_BYTES + 8);
    enum status status = decode("", picture, FILE_IMAGE_MAX_BYTES + over, &out, &why);
    assert_int_equal(status, over == 0 ? STATUS_OK : STATUS_INVALID);
    if (over > 0) {
      assert_string_equal(why, "must be at most 5 MiB");
    }
  }
  free(picture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(takes_jpeg_and_png_as_they_are),
      cmocka_unit_test(drops_a_data_uri_prefix),
      cmocka_unit_test(refuses_what_is_not_base64),
      cmocka_unit_test(refuses_other_contents),
      cmocka_unit_test(takes_five_mebibytes_and_not_a_byte_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
