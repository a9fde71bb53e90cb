#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "desk/account/account.h"

#define REPEAT10 "aaaaaaaaaa"
#define REPEAT60 REPEAT10 REPEAT10 REPEAT10 REPEAT10 REPEAT10 REPEAT10

static void addresses_people_use_are_taken(void **state) {
  (void)state;
  static const char *const good[] = {
      "johndoe@example.com",
      "master@example.com",
      "a@b.co",
      "admin@localhost",
      "first.last+tag@sub.domain.example",
      "o'brien!#$%&*/=?^_`{|}~-@example.com",
      "123@456.example",
      "User.Name@EXAMPLE.Com",
      "x@xn--bcher-kva.example",
      "j\xC3\xBCrgen@b\xC3\xBC"
      "cher.example",
      "\xE4\xBD\xA0\xE5\xA5\xBD@\xE4\xBE\x8B\xE5\xAD\x90.example",
      REPEAT60 "aaaa@example.com", /* a local part of 64 */
      "a@" REPEAT60 "aaa.example", /* a label of 63 */
  };
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    if (!email_is_valid(str_of(good[i]))) {
      fail_msg("refused: %s", good[i]);
    }
  }
}

static void everything_else_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",
      "@",
      "a@",
      "@b",
      "a",
      "example.com",
      "a@b@c",
      "a@@b",
      ".a@b",
      "a.@b",
      "a..b@c",
      "a@.b",
      "a@b.",
      "a@b..c",
      "a@-b.c",
      "a@b-.c",
      "a@b.c-",
      "a@b_c.d",
      "a b@c.d",
      " a@b.c",
      "a@b.c ",
      "a@b .c",
      "\"a\"@b.c",
      "a(c)@b.c",
      "a,b@c.d",
      "a;b@c.d",
      "a<b@c.d",
      "Name <a@b.c>",
      "a@[127.0.0.1]",
      "a@b:c",
      "a\\b@c.d",
      "a\tb@c.d",
      "a\n@b.c",
      "a@b.c\n",
      "a@b.c\r\nBcc: x@y.z",
      "a\x7F@b.c",
      "a\xFF@b.c",
      "a@\xC3.c",
      "a\xC2\xA0@b.c",     /* a no-break space */
      "a\xC2\x85@b.c",     /* a C1 control */
      "a\xE2\x80\x8B@b.c", /* a zero-width space */
      "a\xE2\x80\xAE@b.c", /* the right-to-left override */
      "a\xE3\x80\x80@b.c", /* the wide space */
      "a\xEF\xBB\xBF@b.c", /* the byte order mark */
      REPEAT60 "aaaaa@example.com",
      "a@" REPEAT60 "aaaa.example",
  };
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    if (email_is_valid(str_of(bad[i]))) {
      fail_msg("taken: %s", bad[i]);
    }
  }
  assert_false(email_is_valid(STR_NONE));
  assert_false(email_is_valid(STR("a\0@b.c")));
}

static void an_address_has_at_most_254_bytes(void **state) {
  (void)state;
  char text[300];
  memset(text, 'a', sizeof(text));
  text[1] = '@';
  for (size_t i = 50; i < sizeof(text); i += 50) {
    text[i] = '.';
  }
  assert_true(email_is_valid((struct str){text, 254}));
  assert_false(email_is_valid((struct str){text, 255}));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_people_use_are_taken),
      cmocka_unit_test(everything_else_is_refused),
      cmocka_unit_test(an_address_has_at_most_254_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
