#include "unit.h"

#include "base/address.h"

static void counts_as(const char *address, const char *expected) {
  char out[ADDRESS_COUNTED_SIZE];
  assert_str(address_counted(str_of(address), out), expected);
}

static void ipv4_counts_as_itself(void **state) {
  (void)state;
  counts_as("192.0.2.1", "192.0.2.1");
  counts_as("127.0.0.1", "127.0.0.1");
}

static void ipv6_counts_as_its_network_of_64_bits(void **state) {
  (void)state;
  counts_as("2001:db8:0:1::1", "2001:db8:0:1::/64");
  counts_as("2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64");
  counts_as("2001:db8:0:2::1", "2001:db8:0:2::/64");
  counts_as("::1", "::/64");
  counts_as("fe80::1", "fe80::/64");
}

static void what_is_no_address_counts_as_it_stands(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",     "local",
      "a:b",  "2001:db8::1%eth0",
      "::1 ", "1:2:3:4:5:6:7:8:1:2:3:4:5:6:7:8:1:2:3:4:5:6:7:8:1:2:3:4:5:6:7:8"};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    counts_as(texts[i], texts[i]);
  }
  char out[ADDRESS_COUNTED_SIZE];
  assert_null(address_counted(STR_NONE, out).at);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ipv4_counts_as_itself),
      cmocka_unit_test(ipv6_counts_as_its_network_of_64_bits),
      cmocka_unit_test(what_is_no_address_counts_as_it_stands),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
