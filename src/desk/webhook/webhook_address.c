#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "desk/webhook/webhook.h"

/* Whom a receiver's name may lead to: the server must not be sent to its own network by a tenant. */

static bool private_allowed;

void webhook_setup(bool private_addresses) {
  private_allowed = private_addresses;
}

struct range4 {
  uint32_t first;
  unsigned bits;
};
#define V4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* IANA's special-purpose registry, and multicast. */
static const struct range4 special4[] = {
    {V4(0, 0, 0, 0), 8},      {V4(10, 0, 0, 0), 8},     {V4(100, 64, 0, 0), 10}, {V4(127, 0, 0, 0), 8},
    {V4(169, 254, 0, 0), 16}, {V4(172, 16, 0, 0), 12},  {V4(192, 0, 0, 0), 24},  {V4(192, 0, 2, 0), 24},
    {V4(192, 88, 99, 0), 24}, {V4(192, 168, 0, 0), 16}, {V4(198, 18, 0, 0), 15}, {V4(198, 51, 100, 0), 24},
    {V4(203, 0, 113, 0), 24}, {V4(224, 0, 0, 0), 4},    {V4(240, 0, 0, 0), 4},
};

static bool is_public4(uint32_t address) {
  for (size_t i = 0; i < sizeof special4 / sizeof *special4; i++) {
    uint32_t mask = UINT32_MAX << (32 - special4[i].bits);
    if ((address & mask) == special4[i].first) {
      return false;
    }
  }
  return true;
}

static uint32_t read4(const uint8_t *at) {
  return V4(at[0], at[1], at[2], at[3]);
}

static bool begins(const struct in6_addr *address, const char *prefix, unsigned bytes) {
  struct in6_addr other;
  return inet_pton(AF_INET6, prefix, &other) == 1 && memcmp(address->s6_addr, other.s6_addr, bytes) == 0;
}

/* Of global unicast all but protocols, documentation and what carries an address of IPv4. Of the rest, what
 * is translated to a public one. */
static bool is_public6(const struct in6_addr *address) {
  const uint8_t *at = address->s6_addr;
  if (begins(address, "::ffff:0:0", 12) || begins(address, "64:ff9b::", 12)) {
    return is_public4(read4(at + 12));
  }
  if (begins(address, "2002::", 2)) {
    return is_public4(read4(at + 2));
  }
  bool global = (at[0] & 0xe0) == 0x20;
  bool protocols = begins(address, "2001::", 2) && at[2] < 2; /* 2001::/23: Teredo and the like */
  bool documents = begins(address, "2001:db8::", 4) || (begins(address, "3fff::", 2) && at[2] < 0x10);
  return global && !protocols && !documents;
}

bool webhook_is_public(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    struct sockaddr_in in;
    memcpy(&in, address, sizeof in);
    return is_public4(ntohl(in.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    struct sockaddr_in6 in6;
    memcpy(&in6, address, sizeof in6);
    return is_public6(&in6.sin6_addr);
  }
  return false;
}

bool webhook_may_connect(const struct sockaddr *address) {
  return private_allowed || webhook_is_public(address);
}
