#include "base/digest.h"

#include <sodium.h>

_Static_assert(DIGEST_STATE_SIZE >= sizeof(crypto_generichash_state), "the library's state fits");
_Static_assert(DIGEST_SIZE == crypto_generichash_BYTES, "the library's own length");

static crypto_generichash_state *state_of(struct digest *digest) {
  return (crypto_generichash_state *)(void *)digest->state;
}

void digest_begin(struct digest *digest) {
  (void)crypto_generichash_init(state_of(digest), NULL, 0, DIGEST_SIZE);
}

void digest_add(struct digest *digest, const void *bytes, size_t len) {
  (void)crypto_generichash_update(state_of(digest), bytes, len);
}

void digest_add_str(struct digest *digest, struct str text) {
  uint64_t len = text.len;
  digest_add(digest, &len, sizeof len);
  digest_add(digest, text.at, text.len);
}

void digest_end(struct digest *digest, uint8_t out[DIGEST_SIZE]) {
  (void)crypto_generichash_final(state_of(digest), out, DIGEST_SIZE);
}
