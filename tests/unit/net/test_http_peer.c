#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/http_internal.h"

static struct network *trusted;
static size_t trusted_count;

static int setup(void **state) {
  (void)state;
  return networks_parse("127.0.0.1, 10.0.0.0/8,2001:db8::/33", &trusted, &trusted_count) == STATUS_OK ? 0
                                                                                                      : -1;
}

static int teardown(void **state) {
  (void)state;
  free(trusted);
  return 0;
}

static void lists_of_networks_are_checked(void **state) {
  (void)state;
  static const char *const wrong[] = {"x",           "10.0.0.0/33", "10.0.0/8", "::1/129",        "10.0.0.1,",
                                      "10.0.0.1/-1", "10.0.0.1/",   ",",        "1.2.3.4 5.6.7.8"};
  struct network *list = NULL;
  size_t count = 7;
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    assert_int_equal(networks_parse(wrong[i], &list, &count), STATUS_INVALID);
    assert_int_equal(count, 7);
  }
  assert_int_equal(networks_parse(NULL, &list, &count), STATUS_OK);
  assert_int_equal(count, 0);
  assert_int_equal(networks_parse("0.0.0.0/0", &list, &count), STATUS_OK);
  assert_true(peer_trusted(list, count, "203.0.113.9"));
  assert_false(peer_trusted(list, count, "2001:db8::1"));
  free(list);
}

static void networks_hold_their_addresses(void **state) {
  (void)state;
  assert_true(peer_trusted(trusted, trusted_count, "127.0.0.1"));
  assert_true(peer_trusted(trusted, trusted_count, "10.255.0.1"));
  assert_true(peer_trusted(trusted, trusted_count, "2001:db8:7fff::1"));
  assert_false(peer_trusted(trusted, trusted_count, "2001:db8:8000::1"));
  assert_false(peer_trusted(trusted, trusted_count, "127.0.0.2"));
  assert_false(peer_trusted(trusted, trusted_count, "11.0.0.1"));
}

static void resolves(const char *peer, const char *first, const char *second, const char *want) {
  static struct http_head head;
  char out[PEER_SIZE];
  http_head_clear(&head);
  if (first != NULL) {
    head.headers[head.header_count++] = (struct http_header){STR("X-Forwarded-For"), str_of(first)};
  }
  head.headers[head.header_count++] = (struct http_header){STR("X-Other"), STR("192.0.2.99")};
  if (second != NULL) {
    head.headers[head.header_count++] = (struct http_header){STR("x-forwarded-for"), str_of(second)};
  }
  struct str got = peer_resolve(trusted, trusted_count, peer, &head, out);
  assert_true(str_is(got, want));
}

static void the_last_hop_that_is_not_trusted_counts(void **state) {
  (void)state;
  resolves("127.0.0.1", "192.0.2.1", NULL, "192.0.2.1");
  resolves("127.0.0.1", "198.51.100.1, 192.0.2.1", NULL, "192.0.2.1");
  resolves("127.0.0.1", "198.51.100.1, 192.0.2.1 , 10.1.1.1", NULL, "192.0.2.1");
  resolves("127.0.0.1", "198.51.100.1", "10.9.9.9", "198.51.100.1");
  resolves("127.0.0.1", "198.51.100.1", "192.0.2.7,10.9.9.9", "192.0.2.7");
  resolves("127.0.0.1", NULL, NULL, "127.0.0.1");
  resolves("127.0.0.1", "10.1.1.1", NULL, "10.1.1.1");
  resolves("127.0.0.1", "192.0.2.1, nonsense, 10.1.1.1", NULL, "10.1.1.1");
  resolves("127.0.0.1", "", NULL, "127.0.0.1");
  resolves("127.0.0.1", "192.0.2.1:4711", NULL, "192.0.2.1");
  resolves("127.0.0.1", "[2001:DB8:8000::0001]:4711", NULL, "2001:db8:8000::1");
  resolves("192.0.2.50", "198.51.100.1", NULL, "192.0.2.50");
}

static void a_mapped_address_reads_as_IPv4(void **state) {
  (void)state;
  struct sockaddr_storage address = {0};
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
  char out[PEER_SIZE];
  v6->sin6_family = AF_INET6;
  assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.3", &v6->sin6_addr), 1);
  peer_text(&address, out);
  assert_string_equal(out, "192.0.2.3");
  assert_int_equal(inet_pton(AF_INET6, "2001:db8::3", &v6->sin6_addr), 1);
  peer_text(&address, out);
  assert_string_equal(out, "2001:db8::3");
  struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
  v4->sin_family = AF_INET;
  assert_int_equal(inet_pton(AF_INET, "192.0.2.4", &v4->sin_addr), 1);
  peer_text(&address, out);
  assert_string_equal(out, "192.0.2.4");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lists_of_networks_are_checked),
      cmocka_unit_test(networks_hold_their_addresses),
      cmocka_unit_test(the_last_hop_that_is_not_trusted_counts),
      cmocka_unit_test(a_mapped_address_reads_as_IPv4),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
