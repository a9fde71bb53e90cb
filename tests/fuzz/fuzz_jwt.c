#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/buf.h"
#include "desk/session/session.h"

/* The input is tried twice: as a token, and as a payload that our key did sign, since no input would get past
 * the signature by chance. What is taken must be exactly what we would sign ourselves. */

static const char key[] = "0123456789abcdef0123456789abcdef";
enum { BEFORE_CLAIMS = 37 + 24 }; /* the header, its dot, and the key's id */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

static void try_token(struct arena *arena, struct str token) {
  struct token_claims claims;
  if (token_verify(token, &claims) != STATUS_OK) {
    return;
  }
  struct str again;
  must(token_sign(arena, &claims, &again) == STATUS_OK);
  /* Letters of the uuid may come in either case; all else has one form. */
  must(again.len == token.len && claims.session_id >= 0 && claims.expires_at_s >= 0);
}

static void try_claims(struct arena *arena, struct str text) {
  struct token_claims claims = {0};
  struct str sample;
  must(token_sign(arena, &claims, &sample) == STATUS_OK && sample.len > BEFORE_CLAIMS);
  CLEANUP_BUF struct buf token;
  buf_init(&token, 1 << 16);
  buf_add(&token, sample.at, BEFORE_CLAIMS);
  base64url_encode(&token, text);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned len = 0;
  must(HMAC(EVP_sha256(), key, sizeof(key) - 1, (const unsigned char *)token.at, token.len, mac, &len) !=
       NULL);
  buf_add_char(&token, '.');
  base64url_encode(&token, (struct str){(const char *)mac, len});
  if (!token.full) {
    try_token(arena, buf_str(&token));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool ready;
  if (!ready) {
    struct session_keys keys = {.keys = {{key, sizeof(key) - 1}}, .count = 1};
    token_setup(&keys);
    ready = true;
  }
  CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
  struct str input = {(const char *)data, size};
  try_token(arena, input);
  try_claims(arena, input);
  return 0;
}
