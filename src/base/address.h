#ifndef SIGAP_BASE_ADDRESS_H
#define SIGAP_BASE_ADDRESS_H

#include "base/str.h"

enum { ADDRESS_COUNTED_SIZE = 64 };

/* As whom a network address counts where callers are counted. IPv4: as itself. IPv6: as its network of 64
 * bits
 * ("2001:db8:0:1::/64"), because each subscriber has at least one such network to take addresses from (RFC
 * 6177 section 2, RFC 7421). What is no address counts as it stands. The answer is the address or lies in
 * `out`. */
struct str address_counted(struct str address, char out[ADDRESS_COUNTED_SIZE]);

#endif
