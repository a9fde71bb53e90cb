#include "unit.h"

#include <stdio.h>

#include "base/digest.h"

/* Stand-ins for bytes. */

static void digest_of(const char *bytes, size_t len, uint8_t out[DIGEST_SIZE]) {
  struct digest digest;
  digest_begin(&digest);
  digest_add(&digest, bytes, len);
  digest_end(&digest, out);
}

static void assert_hex(const uint8_t digest[DIGEST_SIZE], const char *hex) {
  char text[2 * DIGEST_SIZE + 1];
  for (size_t i = 0; i < DIGEST_SIZE; i++) {
    snprintf(text + 2 * i, 3, "%02x", digest[i]);
  }
  assert_string_equal(text, hex);
}

/* What `b2sum --length 256` says. */
static void it_is_blake2b_of_256_bits(void **state) {
  (void)state;
  uint8_t out[DIGEST_SIZE];
  digest_of("", 0, out);
  assert_hex(out, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  digest_of("abc", 3, out);
  assert_hex(out, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

static void bytes_may_come_in_pieces(void **state) {
  (void)state;
  uint8_t whole[DIGEST_SIZE], out[DIGEST_SIZE];
  struct digest digest;
  char bytes[300];
  memset(bytes, 'a', sizeof bytes);
  digest_of(bytes, sizeof bytes, whole);
  digest_begin(&digest);
  digest_add(&digest, bytes, 1);
  digest_add(&digest, bytes, 0);
  digest_add(&digest, bytes, 200);
  digest_add(&digest, bytes, 99);
  digest_end(&digest, out);
  assert_memory_equal(out, whole, DIGEST_SIZE);
}

static void two_texts_are_not_mistaken_for_two_others(void **state) {
  (void)state;
  static const char *const pairs[][2] = {{"ab", "c"}, {"a", "bc"}, {"", "abc"}, {"abc", ""}};
  uint8_t out[4][DIGEST_SIZE];
  for (size_t i = 0; i < 4; i++) {
    struct digest digest;
    digest_begin(&digest);
    digest_add_str(&digest, str_of(pairs[i][0]));
    digest_add_str(&digest, str_of(pairs[i][1]));
    digest_end(&digest, out[i]);
    for (size_t k = 0; k < i; k++) {
      assert_memory_not_equal(out[i], out[k], DIGEST_SIZE);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_blake2b_of_256_bits),
      cmocka_unit_test(bytes_may_come_in_pieces),
      cmocka_unit_test(two_texts_are_not_mistaken_for_two_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
