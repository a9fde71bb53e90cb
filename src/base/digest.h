#ifndef SIGAP_BASE_DIGEST_H
#define SIGAP_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* A short stand-in for bytes: equal digests mean equal bytes, also where somebody tries to make them collide.
 * BLAKE2b, which takes half the time of SHA-256 without hardware for it. */

enum { DIGEST_SIZE = 32, DIGEST_STATE_SIZE = 384 };

struct digest {
  _Alignas(64) unsigned char state[DIGEST_STATE_SIZE];
};

void digest_begin(struct digest *digest);
void digest_add(struct digest *digest, const void *bytes, size_t len);
/* The text and its length, so that two texts in a row can't be mistaken for two others. */
void digest_add_str(struct digest *digest, struct str text);
void digest_end(struct digest *digest, uint8_t out[DIGEST_SIZE]);

#endif
