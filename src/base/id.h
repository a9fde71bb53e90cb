#ifndef SIGAP_BASE_ID_H
#define SIGAP_BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

/* RFC 9562. All zero means "none". */
struct uuid {
  uint8_t bytes[16];
};

#define UUID_TEXT_SIZE 37

/* Version 7: 48 bits of milliseconds of now_us, a counter and random bits, so that
 * within this process every new one is greater than the ones before, also within one
 * millisecond and when the clock steps back. Any thread. */
struct uuid uuid_v7(int64_t now_us);
/* Lower-case 8-4-4-4-12, NUL-terminated. Returns `out`. */
char *uuid_print(struct uuid uuid, char out[UUID_TEXT_SIZE]);
/* 8-4-4-4-12 hexadecimal in either case, any version; STATUS_INVALID else. */
enum status uuid_parse(struct str text, struct uuid *out) MUST_CHECK;
bool uuid_is_none(struct uuid uuid);
bool uuid_equal(struct uuid a, struct uuid b);
int uuid_compare(struct uuid a, struct uuid b);

/* Unpredictable bytes (libsodium; tests may replace its source). */
void random_bytes(void *out, size_t len);

#endif
