#include "unit.h"

#include "base/base64.h"
#include "base/id.h"

static void the_vectors_of_rfc_4648(void **state) {
  (void)state;
  static const char *const pairs[][2] = {{"", ""},
                                         {"f", "Zg=="},
                                         {"fo", "Zm8="},
                                         {"foo", "Zm9v"},
                                         {"foob", "Zm9vYg=="},
                                         {"fooba", "Zm9vYmE="},
                                         {"foobar", "Zm9vYmFy"}};
  for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
    CLEANUP_BUF struct buf buf;
    buf_init(&buf, 100);
    base64_encode(&buf, str_of(pairs[i][0]));
    assert_str(buf_str(&buf), pairs[i][1]);
    char out[16];
    size_t len = 99;
    assert_int_equal(base64_decode(buf_str(&buf), out, &len), STATUS_OK);
    assert_str(((struct str){out, len}), pairs[i][0]);
  }
}

static void wrong_texts_are_refused(void **state) {
  (void)state;
  static const char *const wrong[] = {
      "Z",        "Zg",   "Zg=",   "Zm8",      "=",          "==",       "====",     "Z===",
      "Zg==Zg==", "Zm=v", "Zm9v=", "Zm9v====", "Zm9 ",       "Zm9v\n",   " Zm9",     "Zm9v Zm9",
      "Zm-_",     "Zh==", "Zm9=",  "Zm8*",     "\xc3\xa9Zg", "Zm9v.m9v", "Zg==\r\n", "Z\0g=",
  };
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    char out[32];
    size_t len = 77;
    struct str text = i == 23 ? (struct str){"Z\0g=", 4} : str_of(wrong[i]);
    assert_int_equal(base64_decode(text, out, &len), STATUS_INVALID);
    assert_int_equal(len, 77);
  }
}

static void every_length_comes_back(void **state) {
  (void)state;
  uint8_t bytes[300];
  random_bytes(bytes, sizeof(bytes));
  for (size_t len = 0; len <= sizeof(bytes); len++) {
    for (int url = 0; url < 2; url++) {
      CLEANUP_BUF struct buf buf;
      buf_init(&buf, 1000);
      struct str in = {(const char *)bytes, len};
      if (url) {
        base64url_encode(&buf, in);
      } else {
        base64_encode(&buf, in);
      }
      /* Exactly the promised room, so that a byte too many is found by the sanitizer. */
      uint8_t *out = malloc(buf.len / 4 * 3 + (url ? 3 : 1));
      size_t got = 0;
      assert_int_equal(
          url ? base64url_decode(buf_str(&buf), out, &got) : base64_decode(buf_str(&buf), out, &got),
          STATUS_OK);
      assert_int_equal(got, len);
      assert_memory_equal(out, bytes, len);
      free(out);
    }
  }
}

static void each_character_is_judged(void **state) {
  (void)state;
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int c = 0; c < 256; c++) {
    for (int place = 0; place < 4; place++) {
      char text[5] = "AAAA";
      text[place] = (char)c;
      char out[3];
      size_t len;
      bool digit = c != 0 && strchr(alphabet, c) != NULL;
      bool padding = c == '=' && place == 3;
      bool url_digit = c != '+' && c != '/' && (digit || c == '-' || c == '_');
      assert_int_equal(base64_decode((struct str){text, 4}, out, &len),
                       digit || padding ? STATUS_OK : STATUS_INVALID);
      assert_int_equal(base64url_decode((struct str){text, 4}, out, &len),
                       url_digit ? STATUS_OK : STATUS_INVALID);
    }
  }
}

static void url_form_has_no_padding(void **state) {
  (void)state;
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, 100);
  base64url_encode(&buf, (struct str){"\xfb\xff\xfe\xff", 4});
  assert_str(buf_str(&buf), "-__-_w");
  char out[8];
  size_t len;
  assert_int_equal(base64url_decode(STR("-__-_w=="), out, &len), STATUS_INVALID);
  assert_int_equal(base64url_decode(STR("-__-_x"), out, &len), STATUS_INVALID);
  assert_int_equal(base64url_decode(STR("-__-_"), out, &len), STATUS_INVALID);
  assert_int_equal(base64url_decode(STR("-__-_w"), out, &len), STATUS_OK);
  assert_int_equal(len, 4);
}

static void a_full_buffer_keeps_what_it_had(void **state) {
  (void)state;
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, 10);
  buf_add_text(&buf, "abc");
  base64_encode(&buf, STR("foobar"));
  assert_true(buf.full);
  assert_str(buf_str(&buf), "abc");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_vectors_of_rfc_4648), cmocka_unit_test(wrong_texts_are_refused),
      cmocka_unit_test(every_length_comes_back), cmocka_unit_test(each_character_is_judged),
      cmocka_unit_test(url_form_has_no_padding), cmocka_unit_test(a_full_buffer_keeps_what_it_had),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
