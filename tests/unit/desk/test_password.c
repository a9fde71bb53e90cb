#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "desk/account/account.h"

static bool fits(const char *password, enum password_rule rule) {
  return password_fits(str_of(password), rule);
}

static void the_documented_samples_pass(void **state) {
  (void)state;
  assert_true(fits("StrongPassword123", PASSWORD_UPPER_LOWER_DIGIT));
  assert_true(fits("Password123", PASSWORD_UPPER_LOWER_DIGIT));
  assert_true(fits("Password123!", PASSWORD_UPPER_LOWER_SPECIAL));
  assert_true(fits("@Test123!", PASSWORD_UPPER_LOWER_SPECIAL));
  assert_true(fits("password", PASSWORD_LONG_ENOUGH));
}

static void each_rule_misses_what_it_names(void **state) {
  (void)state;
  static const char *const no_digit_rule[] = {"password123", "PASSWORD123", "Password", "Password!!!",
                                              "12345678"};
  for (size_t i = 0; i < sizeof(no_digit_rule) / sizeof(no_digit_rule[0]); i++) {
    assert_false(fits(no_digit_rule[i], PASSWORD_UPPER_LOWER_DIGIT));
  }
  static const char *const no_special_rule[] = {"Password123", "password123!", "PASSWORD123!", "12345678!",
                                                "Pass Word 1"};
  for (size_t i = 0; i < sizeof(no_special_rule) / sizeof(no_special_rule[0]); i++) {
    assert_false(fits(no_special_rule[i], PASSWORD_UPPER_LOWER_SPECIAL));
  }
}

static void length_counts_characters_below_and_bytes_above(void **state) {
  (void)state;
  for (int rule = PASSWORD_LONG_ENOUGH; rule <= PASSWORD_UPPER_LOWER_SPECIAL; rule++) {
    assert_false(password_fits(STR_NONE, (enum password_rule)rule));
    assert_false(fits("", (enum password_rule)rule));
    assert_false(fits("Pass12!", (enum password_rule)rule));
    assert_true(fits("Pass123!", (enum password_rule)rule));
  }
  assert_false(fits("p\xC3\xA4ssw\xC3\xB6r", PASSWORD_LONG_ENOUGH)); /* seven characters, nine bytes */
  char text[1026];
  memset(text, 'a', sizeof(text));
  assert_true(password_fits((struct str){text, 1024}, PASSWORD_LONG_ENOUGH));
  assert_false(password_fits((struct str){text, 1025}, PASSWORD_LONG_ENOUGH));
}

static void what_is_no_text_is_no_password(void **state) {
  (void)state;
  assert_false(fits("Password123\xFF", PASSWORD_LONG_ENOUGH));
  assert_false(password_fits(STR("Password\0"
                                 "123"),
                             PASSWORD_LONG_ENOUGH));
  assert_false(
      fits("Password\x7F"
           "123",
           PASSWORD_LONG_ENOUGH));
}

static void a_hash_knows_its_password_and_no_other(void **state) {
  (void)state;
  CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
  struct ctx ctx = {.arena = arena};
  struct str hash;
  struct str again;
  assert_int_equal(password_hash(&ctx, STR("Password123"), &hash), STATUS_OK);
  assert_int_equal(password_hash(&ctx, STR("Password123"), &again), STATUS_OK);
  assert_true(str_starts(hash, "$argon2id$v=19$m=19456,t=2,p=1$"));
  assert_false(str_equal(hash, again)); /* salted */
  assert_int_equal(hash.at[hash.len], '\0');
  assert_true(password_verify(hash, STR("Password123")));
  assert_true(password_verify(again, STR("Password123")));
  assert_false(password_verify(hash, STR("password123")));
  assert_false(password_verify(hash, STR("Password1234")));
  assert_false(password_verify(hash, STR("")));
  assert_false(password_verify(hash, STR_NONE));
}

static void long_passwords_are_never_cut(void **state) {
  (void)state;
  CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
  struct ctx ctx = {.arena = arena};
  char text[2048];
  memset(text, 'a', sizeof(text));
  struct str hash;
  assert_int_equal(password_hash(&ctx, (struct str){text, 1024}, &hash), STATUS_OK);
  assert_true(password_verify(hash, (struct str){text, 1024}));
  assert_false(password_verify(hash, (struct str){text, 1023}));
  assert_false(password_verify(hash, (struct str){text, 1025}));
  assert_false(password_verify(hash, (struct str){text, sizeof(text)}));
}

static int64_t verify_ns(struct str hash, struct str password) {
  int64_t best = INT64_MAX;
  for (int i = 0; i < 5; i++) {
    int64_t start = time_monotonic_ns();
    assert_false(password_verify(hash, password));
    int64_t took = time_monotonic_ns() - start;
    best = took < best ? took : best;
  }
  return best;
}

static void nobody_takes_as_long_as_a_wrong_password(void **state) {
  (void)state;
  CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
  struct ctx ctx = {.arena = arena};
  struct str hash;
  assert_int_equal(password_hash(&ctx, STR("Password123"), &hash), STATUS_OK);
  int64_t wrong = verify_ns(hash, STR("Password124"));
  int64_t nobody = verify_ns(STR_NONE, STR("Password124"));
  /* A dummy that libsodium can't read would be a thousand times faster. */
  assert_in_range(nobody, wrong / 4, wrong * 4);
}

static void a_damaged_hash_matches_nothing(void **state) {
  (void)state;
  assert_false(password_verify(STR(""), STR("Password123")));
  assert_false(password_verify(STR("plain"), STR("plain")));
  assert_false(password_verify(STR("$argon2id$v=19$m=19456,t=2,p=1$"), STR("Password123")));
  char text[4096];
  memset(text, '$', sizeof(text));
  assert_false(password_verify((struct str){text, sizeof(text)}, STR("Password123")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_documented_samples_pass),
      cmocka_unit_test(each_rule_misses_what_it_names),
      cmocka_unit_test(length_counts_characters_below_and_bytes_above),
      cmocka_unit_test(what_is_no_text_is_no_password),
      cmocka_unit_test(a_hash_knows_its_password_and_no_other),
      cmocka_unit_test(long_passwords_are_never_cut),
      cmocka_unit_test(nobody_takes_as_long_as_a_wrong_password),
      cmocka_unit_test(a_damaged_hash_matches_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
