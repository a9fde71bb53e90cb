#include "base/id.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

#include "base/log.h"

static pthread_once_t sodium_once = PTHREAD_ONCE_INIT;

static void sodium_start(void) {
  if (sodium_init() < 0) {
    die("The random source (libsodium) could not be started.");
  }
}

void random_bytes(void *out, size_t len) {
  pthread_once(&sodium_once, sodium_start);
  randombytes_buf(out, len);
}

/* Eight random bytes for a uuid from a stock of the thread's own: several are made for every ticket, and a
 * system call for each would be a fifth of their cost. Secrets never come from here. */
static void uuid_random(uint8_t out[8]) {
  static _Thread_local struct {
    uint8_t bytes[1024];
    size_t left;
  } stock;
  if (stock.left == 0) {
    random_bytes(stock.bytes, sizeof stock.bytes);
    stock.left = sizeof stock.bytes;
  }
  stock.left -= 8;
  memcpy(out, stock.bytes + stock.left, 8);
}

struct uuid uuid_v7(int64_t now_us) {
  /* The last one's 48 bits of milliseconds and 12 bits of counter as one number: the
   * next is the clock's reading or the last one's successor, whichever is greater. A
   * counter that runs over borrows the next millisecond. */
  static _Atomic uint64_t last;
  uint64_t now = now_us > 0 ? ((uint64_t)now_us / 1000) << 12 : 0;
  uint64_t seen = atomic_load_explicit(&last, memory_order_relaxed);
  uint64_t mine;
  do {
    mine = now > seen ? now : seen + 1;
  } while (!atomic_compare_exchange_weak(&last, &seen, mine));

  struct uuid uuid;
  uuid_random(uuid.bytes + 8);
  for (int i = 0; i < 6; i++) {
    uuid.bytes[i] = (uint8_t)(mine >> (52 - 8 * i));
  }
  uuid.bytes[6] = (uint8_t)(0x70 | ((mine >> 8) & 0x0f));
  uuid.bytes[7] = (uint8_t)mine;
  uuid.bytes[8] = (uint8_t)(0x80 | (uuid.bytes[8] & 0x3f));
  return uuid;
}

static bool dash_follows(int byte) {
  return byte == 3 || byte == 5 || byte == 7 || byte == 9;
}

char *uuid_print(struct uuid uuid, char out[UUID_TEXT_SIZE]) {
  static const char digits[] = "0123456789abcdef";
  char *at = out;
  for (int i = 0; i < 16; i++) {
    *at++ = digits[uuid.bytes[i] >> 4];
    *at++ = digits[uuid.bytes[i] & 15];
    if (dash_follows(i)) {
      *at++ = '-';
    }
  }
  *at = '\0';
  return out;
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

enum status uuid_parse(struct str text, struct uuid *out) {
  if (text.len != UUID_TEXT_SIZE - 1) {
    return STATUS_INVALID;
  }
  struct uuid uuid;
  const char *at = text.at;
  for (int i = 0; i < 16; i++) {
    int high = hex_value(at[0]);
    int low = hex_value(at[1]);
    if (high < 0 || low < 0) {
      return STATUS_INVALID;
    }
    uuid.bytes[i] = (uint8_t)(high << 4 | low);
    at += 2;
    if (dash_follows(i) && *at++ != '-') {
      return STATUS_INVALID;
    }
  }
  *out = uuid;
  return STATUS_OK;
}

bool uuid_is_none(struct uuid uuid) {
  static const struct uuid none;
  return uuid_equal(uuid, none);
}

bool uuid_equal(struct uuid a, struct uuid b) {
  return memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

int uuid_compare(struct uuid a, struct uuid b) {
  int order = memcmp(a.bytes, b.bytes, sizeof(a.bytes));
  return (order > 0) - (order < 0);
}
