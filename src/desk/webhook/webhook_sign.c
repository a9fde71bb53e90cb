#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "desk/webhook/webhook.h"

/* Signatures of the Standard Webhooks specification. */

enum { SECRET_PREFIX = 6, VERSION_PREFIX = 3 };

static void print(const char *prefix, size_t prefix_len, struct str bytes, char *out, size_t size) {
  CLEANUP_BUF struct buf text;
  buf_init(&text, size - 1);
  buf_add(&text, prefix, prefix_len);
  base64_encode(&text, bytes);
  memcpy(out, text.at, text.len);
  out[text.len] = '\0';
}

void webhook_secret_print(struct str secret, char out[WEBHOOK_SECRET_TEXT_SIZE]) {
  print("whsec_", SECRET_PREFIX, secret, out, WEBHOOK_SECRET_TEXT_SIZE);
}

void webhook_sign(struct str secret, struct str id, int64_t timestamp_s, struct str body,
                  char out[WEBHOOK_SIGNATURE_SIZE]) {
  char between[32];
  int len = snprintf(between, sizeof between, ".%lld.", (long long)timestamp_s);
  unsigned char mac[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret.at, secret.len);
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)id.at, id.len);
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)between, (size_t)len);
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.at, body.len);
  crypto_auth_hmacsha256_final(&state, mac);
  sodium_memzero(&state, sizeof state);
  print("v1,", VERSION_PREFIX, (struct str){(const char *)mac, sizeof mac}, out, WEBHOOK_SIGNATURE_SIZE);
}
