#include "base/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

struct str address_counted(struct str address, char out[ADDRESS_COUNTED_SIZE]) {
  enum { NETWORK_BYTES = 8 };
  struct in6_addr bytes;
  char network[INET6_ADDRSTRLEN];
  if (address.len >= sizeof(network) || str_find(address, ':') == address.len) {
    return address;
  }
  memcpy(network, address.at, address.len);
  network[address.len] = '\0';
  if (inet_pton(AF_INET6, network, &bytes) != 1) {
    return address;
  }
  memset(bytes.s6_addr + NETWORK_BYTES, 0, sizeof(bytes) - NETWORK_BYTES);
  if (inet_ntop(AF_INET6, &bytes, network, sizeof(network)) == NULL) {
    return address;
  }
  return (struct str){out, (size_t)snprintf(out, ADDRESS_COUNTED_SIZE, "%s/64", network)};
}
