#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "net/http_internal.h"

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Any address as 16 bytes, IPv4 in its mapped form, so that one comparison serves both. */
static bool address_parse(struct str text, uint8_t out[16], bool *is_v4) {
  char copy[PEER_SIZE];
  if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.at, 0, text.len) != NULL) {
    return false;
  }
  memcpy(copy, text.at, text.len);
  copy[text.len] = 0;
  if (inet_pton(AF_INET, copy, out + 12) == 1) {
    memcpy(out, mapped_prefix, sizeof(mapped_prefix));
    *is_v4 = true;
    return true;
  }
  if (inet_pton(AF_INET6, copy, out) != 1) {
    return false;
  }
  *is_v4 = memcmp(out, mapped_prefix, sizeof(mapped_prefix)) == 0;
  return true;
}

static void address_print(const uint8_t bytes[16], char out[PEER_SIZE]) {
  bool is_v4 = memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
  if (inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? bytes + 12 : bytes, out, PEER_SIZE) == NULL) {
    out[0] = 0;
  }
}

static bool network_parse(struct str text, struct network *out) {
  size_t slash = str_find(text, '/');
  bool is_v4 = false;
  if (!address_parse((struct str){text.at, slash}, out->bytes, &is_v4)) {
    return false;
  }
  unsigned full = is_v4 ? 32 : 128;
  int64_t bits = full;
  if (slash < text.len) {
    struct str number = {text.at + slash + 1, text.len - slash - 1};
    if (str_int(number, &bits) != STATUS_OK || bits < 0 || bits > (int64_t)full) {
      return false;
    }
  }
  out->bits = (unsigned)bits + (is_v4 ? 96 : 0);
  return true;
}

enum status networks_parse(const char *text, struct network **out, size_t *count) {
  struct str rest = str_trim(str_of(text));
  if (rest.len == 0) {
    *out = NULL;
    *count = 0;
    return STATUS_OK;
  }
  size_t most = 1;
  for (size_t i = 0; i < rest.len; i++) {
    most += rest.at[i] == ',';
  }
  struct network *list = calloc(most, sizeof(*list));
  if (list == NULL) {
    die("Out of memory for the trusted proxies.");
  }
  for (size_t i = 0; i < most; i++) {
    size_t comma = str_find(rest, ',');
    if (!network_parse(str_trim((struct str){rest.at, comma}), &list[i])) {
      free(list);
      return STATUS_INVALID;
    }
    rest = comma < rest.len ? (struct str){rest.at + comma + 1, rest.len - comma - 1} : STR("");
  }
  *out = list;
  *count = most;
  return STATUS_OK;
}

static bool network_has(const struct network *network, const uint8_t address[16]) {
  unsigned whole = network->bits / 8;
  unsigned rest = network->bits % 8;
  if (memcmp(network->bytes, address, whole) != 0) {
    return false;
  }
  return rest == 0 || ((network->bytes[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

static bool is_trusted(const struct network *trusted, size_t count, const uint8_t address[16]) {
  for (size_t i = 0; i < count; i++) {
    if (network_has(&trusted[i], address)) {
      return true;
    }
  }
  return false;
}

bool peer_trusted(const struct network *trusted, size_t count, const char *peer) {
  uint8_t address[16];
  bool is_v4;
  return count > 0 && address_parse(str_of(peer), address, &is_v4) && is_trusted(trusted, count, address);
}

void peer_text(const struct sockaddr_storage *address, char out[PEER_SIZE]) {
  uint8_t bytes[16] = {0};
  if (address->ss_family == AF_INET6) {
    memcpy(bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, sizeof(bytes));
  } else {
    memcpy(bytes, mapped_prefix, sizeof(mapped_prefix));
    memcpy(bytes + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
  }
  address_print(bytes, out);
}

/* Some proxies add the port: "192.0.2.1:1234", "[2001:db8::1]:1234". */
static struct str without_port(struct str hop) {
  if (hop.len > 0 && hop.at[0] == '[') {
    size_t end = str_find(hop, ']');
    return end < hop.len ? (struct str){hop.at + 1, end - 1} : hop;
  }
  size_t colon = str_find(hop, ':');
  bool one = colon < hop.len && memchr(hop.at + colon + 1, ':', hop.len - colon - 1) == NULL;
  return one ? (struct str){hop.at, colon} : hop;
}

/* Takes the last hop off the list; false where none is left. */
static bool last_hop(struct str *list, struct str *hop) {
  if (list->at == NULL) {
    return false;
  }
  size_t at = list->len;
  while (at > 0 && list->at[at - 1] != ',') {
    at--;
  }
  *hop = str_trim((struct str){list->at + at, list->len - at});
  *list = at > 0 ? (struct str){list->at, at - 1} : STR_NONE;
  return true;
}

struct str peer_resolve(const struct network *trusted, size_t count, const char *peer,
                        const struct http_head *head, char out[PEER_SIZE]) {
  uint8_t address[16];
  bool is_v4;
  if (!address_parse(str_of(peer), address, &is_v4)) {
    return str_of(peer);
  }
  /* Several header lines are one list, the last line its right end. */
  for (unsigned i = head->header_count; i > 0 && is_trusted(trusted, count, address); i--) {
    const struct http_header *header = &head->headers[i - 1];
    if (!str_equal_fold(header->name, STR("X-Forwarded-For"))) {
      continue;
    }
    struct str list = header->value;
    struct str hop;
    while (is_trusted(trusted, count, address) && last_hop(&list, &hop)) {
      uint8_t next[16];
      if (!address_parse(without_port(hop), next, &is_v4)) {
        /* A trusted proxy vouches for no more than the hop before this one. */
        address_print(address, out);
        return str_of(out);
      }
      memcpy(address, next, sizeof(address));
    }
  }
  address_print(address, out);
  return str_of(out);
}
