#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "desk/webhook/webhook.h"

/* Signatures, pauses and addresses of webhooks. */

/* The vector that the specification's own libraries are tested with. */
static void a_signature_is_the_specifications(void **state) {
  (void)state;
  unsigned char key[64];
  size_t len = 0;
  char signature[WEBHOOK_SIGNATURE_SIZE];
  assert_int_equal(base64_decode(STR("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), key, &len), STATUS_OK);
  webhook_sign((struct str){(const char *)key, len}, STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330,
               STR("{\"test\": 2432232314}"), signature);
  assert_string_equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void every_part_counts_for_a_signature(void **state) {
  (void)state;
  char first[WEBHOOK_SIGNATURE_SIZE];
  char other[WEBHOOK_SIGNATURE_SIZE];
  webhook_sign(STR("secret"), STR("a"), 1, STR("{}"), first);
  const struct {
    struct str secret, id;
    int64_t at;
    struct str body;
  } others[] = {{STR("Secret"), STR("a"), 1, STR("{}")},
                {STR("secret"), STR("b"), 1, STR("{}")},
                {STR("secret"), STR("a"), 2, STR("{}")},
                {STR("secret"), STR("a"), 1, STR("{ }")}};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    webhook_sign(others[i].secret, others[i].id, others[i].at, others[i].body, other);
    assert_string_not_equal(first, other);
  }
}

static void a_secret_is_shown_as_receivers_take_it(void **state) {
  (void)state;
  char text[WEBHOOK_SECRET_TEXT_SIZE];
  char raw[WEBHOOK_SECRET_SIZE];
  memset(raw, 0xff, sizeof raw);
  webhook_secret_print((struct str){raw, sizeof raw}, text);
  assert_string_equal(text, "whsec_//////////////////////////////////////////8=");
}

static void pauses_grow_for_about_three_days_and_end(void **state) {
  (void)state;
  int64_t sum = 0;
  int64_t before = 0;
  int64_t tries = 1;
  for (; webhook_pause_us(tries, 0) != 0; tries++) {
    int64_t least = webhook_pause_us(tries, 0);
    assert_true(least > before);
    before = least;
    sum += least;
    for (uint32_t chance = 0; chance < 1000; chance++) {
      int64_t pause = webhook_pause_us(tries, chance * 4294967);
      assert_true(pause >= least && pause * 9 <= least * 11);
    }
  }
  assert_int_equal(tries, 10);
  assert_true(sum > 5 * TIME_DAY_US / 2 && sum < 7 * TIME_DAY_US / 2);
  assert_int_equal(webhook_pause_us(0, 0), 0);
}

static bool is_public(const char *text) {
  struct sockaddr_in in = {.sin_family = AF_INET};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
  if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
    return webhook_is_public((const struct sockaddr *)&in);
  }
  assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
  return webhook_is_public((const struct sockaddr *)&in6);
}

static void special_addresses_are_not_public(void **state) {
  (void)state;
  static const char *const special[] = {
      "0.0.0.0",
      "10.0.0.1",
      "10.255.255.255",
      "100.64.0.1",
      "100.127.255.255",
      "127.0.0.1",
      "127.255.255.255",
      "169.254.169.254",
      "172.16.0.1",
      "172.31.255.255",
      "192.0.0.1",
      "192.0.2.1",
      "192.168.0.1",
      "198.18.0.1",
      "198.19.255.255",
      "198.51.100.7",
      "203.0.113.7",
      "224.0.0.1",
      "240.0.0.1",
      "255.255.255.255",
      "::",
      "::1",
      "fe80::1",
      "fc00::1",
      "fd12:3456::1",
      "ff02::1",
      "::ffff:127.0.0.1",
      "::ffff:10.0.0.1",
      "::127.0.0.1",
      "64:ff9b::10.0.0.1",
      "64:ff9b:1::1",
      "2002:7f00:1::",
      "2002:a00:1::1",
      "2001::1",
      "2001:db8::1",
      "100::1",
      "fec0::1",
      "3fff::1",
      "4000::1",
  };
  for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
    if (is_public(special[i])) {
      fail_msg("%s", special[i]);
    }
  }
}

static void other_addresses_are(void **state) {
  (void)state;
  static const char *const others[] = {
      "1.1.1.1",         "9.255.255.255",  "11.0.0.0",         "100.63.255.255",  "100.128.0.0",
      "126.1.1.1",       "128.0.0.1",      "172.15.255.255",   "172.32.0.0",      "192.1.0.1",
      "198.17.255.255",  "198.20.0.0",     "223.255.255.255",  "2606:4700::1111", "2a00:1450::1",
      "2001:4860::8888", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    if (!is_public(others[i])) {
      fail_msg("%s", others[i]);
    }
  }
}

static void only_the_setting_lets_special_ones_through(void **state) {
  (void)state;
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr other = {.sa_family = AF_UNIX};
  assert_false(webhook_may_connect((const struct sockaddr *)&in));
  assert_false(webhook_is_public(&other));
  webhook_setup(true);
  assert_true(webhook_may_connect((const struct sockaddr *)&in));
  webhook_setup(false);
  assert_false(webhook_may_connect((const struct sockaddr *)&in));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_signature_is_the_specifications),
      cmocka_unit_test(every_part_counts_for_a_signature),
      cmocka_unit_test(a_secret_is_shown_as_receivers_take_it),
      cmocka_unit_test(pauses_grow_for_about_three_days_and_end),
      cmocka_unit_test(special_addresses_are_not_public),
      cmocka_unit_test(other_addresses_are),
      cmocka_unit_test(only_the_setting_lets_special_ones_through),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
