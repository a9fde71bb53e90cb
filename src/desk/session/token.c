#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <string.h>

#include "base/base64.h"
#include "base/log.h"
#include "desk/session/session.h"

/* A token is `header.payload.signature`. A refresh token's payload says so, so that neither kind is ever
 * taken for the other. The header is always these bytes, the base64url form of
 * {"alg":"HS256","typ":"JWT"}. The payload begins with the id of the key, padded to a multiple of three bytes
 * so that its base64url form is a prefix of its own: a key is chosen by comparing bytes, before anything is
 * decoded. The rest of the payload is read only after the signature was found ours, and only in the one form
 * it is written in. */
static const char header[] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.";

enum {
  KEYS_MAX = 2,
  KEY_MIN_BYTES = 32,
  HEADER_LEN = sizeof(header) - 1,
  KEY_ID_LEN = 8,  /* hexadecimal digits */
  PREFIX_LEN = 24, /* base64url of {"kid":"01234567", */
  MAC_LEN = 32,
  SIGNATURE_LEN = 43, /* base64url of a MAC */
  PAYLOAD_MAX = 256,  /* what we write is under 220 bytes */
  TOKEN_MAX = HEADER_LEN + PAYLOAD_MAX * 4 / 3 + 4 + 1 + SIGNATURE_LEN,
};

struct key {
  EVP_MAC_CTX *mac; /* keyed; threads work on copies */
  char id[KEY_ID_LEN + 1];
  char prefix[PREFIX_LEN + 1];
};

/* Filled by token_setup before the first request; read-only then. */
static struct key keys[KEYS_MAX];
static unsigned key_count;
static unsigned generation;

/* The thread's own copies, so that signing neither locks nor keys anew. */
static _Thread_local struct own {
  EVP_MAC_CTX *macs[KEYS_MAX];
  unsigned generation;
} own;
static pthread_key_t own_key;
static pthread_once_t own_once = PTHREAD_ONCE_INIT;

static void own_release(void *arg) {
  struct own *mine = arg;
  for (unsigned i = 0; i < KEYS_MAX; i++) {
    EVP_MAC_CTX_free(mine->macs[i]);
    mine->macs[i] = NULL;
  }
}

static void own_register(void) {
  if (pthread_key_create(&own_key, own_release) != 0) {
    die("no thread key left for token contexts");
  }
}

static bool mac_of(EVP_MAC_CTX *mac, const void *text, size_t len, uint8_t out[MAC_LEN]) {
  size_t written = 0;
  return EVP_MAC_update(mac, text, len) == 1 && EVP_MAC_final(mac, out, &written, MAC_LEN) == 1 &&
         written == MAC_LEN;
}

/* The MAC of a text by key number i. */
static enum status sign(unsigned i, const char *text, size_t len, uint8_t out[MAC_LEN]) {
  pthread_once(&own_once, own_register);
  if (own.generation != generation) {
    own_release(&own);
    own.generation = generation;
    if (pthread_setspecific(own_key, &own) != 0) {
      die("out of memory");
    }
  }
  bool ready;
  if (own.macs[i] == NULL) {
    own.macs[i] = EVP_MAC_CTX_dup(keys[i].mac);
    ready = own.macs[i] != NULL;
  } else {
    ready = EVP_MAC_init(own.macs[i], NULL, 0, NULL) == 1;
  }
  if (!ready || !mac_of(own.macs[i], text, len, out)) {
    own_release(&own);
    LOG(LOG_ERROR, "OpenSSL refused to sign a token");
    return STATUS_BROKEN;
  }
  return STATUS_OK;
}

static EVP_MAC_CTX *keyed(struct str key) {
  EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
  EVP_MAC_CTX *mac = algorithm != NULL ? EVP_MAC_CTX_new(algorithm) : NULL;
  EVP_MAC_free(algorithm);
  char digest[] = "SHA256";
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                         OSSL_PARAM_construct_end()};
  if (mac == NULL || EVP_MAC_init(mac, (const unsigned char *)key.at, key.len, params) != 1) {
    die("OpenSSL can't make an HMAC");
  }
  return mac;
}

/* The id is a MAC of a fixed text: it tells keys apart and nothing about them. */
static void key_setup(struct key *key, struct str bytes) {
  if (bytes.len < KEY_MIN_BYTES) {
    die("a token key needs at least 32 bytes");
  }
  key->mac = keyed(bytes);
  static const char text[] = "key id";
  uint8_t mac[MAC_LEN];
  EVP_MAC_CTX *copy = EVP_MAC_CTX_dup(key->mac);
  if (copy == NULL || !mac_of(copy, text, sizeof(text) - 1, mac)) {
    die("OpenSSL can't make an HMAC");
  }
  EVP_MAC_CTX_free(copy);
  static const char digits[] = "0123456789abcdef";
  for (unsigned i = 0; i < KEY_ID_LEN; i++) {
    key->id[i] = digits[(mac[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15];
  }
  key->id[KEY_ID_LEN] = '\0';
  CLEANUP_BUF struct buf plain;
  CLEANUP_BUF struct buf prefix;
  buf_init(&plain, PREFIX_LEN);
  buf_init(&prefix, PREFIX_LEN);
  buf_format(&plain, "{\"kid\":\"%s\",", key->id);
  base64url_encode(&prefix, buf_str(&plain));
  memcpy(key->prefix, prefix.at, PREFIX_LEN);
  key->prefix[PREFIX_LEN] = '\0';
}

void token_setup(const struct session_keys *new_keys) {
  if (new_keys->count < 1 || new_keys->count > KEYS_MAX) {
    die("one or two token keys are needed");
  }
  for (unsigned i = 0; i < key_count; i++) {
    EVP_MAC_CTX_free(keys[i].mac);
    keys[i] = (struct key){0};
  }
  key_count = new_keys->count;
  for (unsigned i = 0; i < key_count; i++) {
    key_setup(&keys[i], new_keys->keys[i]);
  }
  generation++;
}

enum status token_sign(struct arena *arena, const struct token_claims *claims, struct str *out) {
  char account[UUID_TEXT_SIZE];
  CLEANUP_BUF struct buf payload;
  CLEANUP_BUF struct buf token;
  buf_init(&payload, PAYLOAD_MAX);
  buf_init(&token, TOKEN_MAX);
  buf_format(&payload, "{\"kid\":\"%s\",\"sub\":\"%s\",\"sid\":%lld,\"iat\":%lld,\"exp\":%lld", keys[0].id,
             uuid_print(claims->account, account), (long long)claims->session_id,
             (long long)claims->issued_at_s, (long long)claims->expires_at_s);
  if (claims->is_refresh) {
    buf_add_text(&payload, ",\"typ\":\"refresh\"");
  }
  if (claims->number != 0) {
    buf_format(&payload, ",\"num\":%lld", (long long)claims->number);
  }
  buf_add_char(&payload, '}');
  buf_add_text(&token, header);
  base64url_encode(&token, buf_str(&payload));
  uint8_t mac[MAC_LEN];
  TRY(sign(0, token.at, token.len, mac));
  buf_add_char(&token, '.');
  base64url_encode(&token, (struct str){(const char *)mac, sizeof(mac)});
  if (payload.full || token.full) {
    return STATUS_BROKEN;
  }
  *out = str_copy(arena, buf_str(&token));
  return STATUS_OK;
}

static bool is_base64url(struct str s) {
  for (size_t i = 0; i < s.len; i++) {
    char c = s.at[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
          c == '_')) {
      return false;
    }
  }
  return s.len > 0;
}

/* Takes header, payload and signature apart. True of every JWT, whoever made it: its header is a JSON object.
 */
static bool split(struct str token, struct str parts[3]) {
  for (int i = 0; i < 3; i++) {
    size_t len = i < 2 ? str_find(token, '.') : token.len;
    parts[i] = (struct str){token.at, len};
    if (!is_base64url(parts[i]) || (i < 2 && len == token.len)) {
      return false;
    }
    size_t taken = i < 2 ? len + 1 : len;
    token = (struct str){token.at + taken, token.len - taken};
  }
  return str_starts(parts[0], "eyJ");
}

/* Takes what must come next off the front. */
static bool take(struct str *rest, const char *word) {
  if (!str_starts(*rest, word)) {
    return false;
  }
  size_t len = strlen(word);
  *rest = (struct str){rest->at + len, rest->len - len};
  return true;
}

static bool take_number(struct str *rest, int64_t *out) {
  size_t len = 0;
  while (len < rest->len && rest->at[len] >= '0' && rest->at[len] <= '9') {
    len++;
  }
  if (str_int((struct str){rest->at, len}, out) != STATUS_OK) {
    return false;
  }
  *rest = (struct str){rest->at + len, rest->len - len};
  return true;
}

/* The one form token_sign writes, behind the key's id. */
static bool read_claims(struct str rest, struct token_claims *out) {
  struct token_claims claims = {0};
  if (!take(&rest, "\"sub\":\"") || rest.len < UUID_TEXT_SIZE - 1 ||
      uuid_parse((struct str){rest.at, UUID_TEXT_SIZE - 1}, &claims.account) != STATUS_OK) {
    return false;
  }
  rest = (struct str){rest.at + UUID_TEXT_SIZE - 1, rest.len - (UUID_TEXT_SIZE - 1)};
  if (!take(&rest, "\",\"sid\":") || !take_number(&rest, &claims.session_id) || !take(&rest, ",\"iat\":") ||
      !take_number(&rest, &claims.issued_at_s) || !take(&rest, ",\"exp\":") ||
      !take_number(&rest, &claims.expires_at_s)) {
    return false;
  }
  claims.is_refresh = take(&rest, ",\"typ\":\"refresh\"");
  if (take(&rest, ",\"num\":") && (!take_number(&rest, &claims.number) || claims.number == 0)) {
    return false;
  }
  if (!take(&rest, "}") || rest.len != 0) {
    return false;
  }
  *out = claims;
  return true;
}

enum status token_verify(struct str token, struct token_claims *out) {
  struct str parts[3];
  if (!split(token, parts)) {
    return STATUS_INVALID;
  }
  if (token.len > TOKEN_MAX || !str_starts(token, header)) {
    return STATUS_UNAUTHENTICATED;
  }
  struct str payload = parts[1];
  struct str signature = parts[2];
  unsigned i = 0;
  while (i < key_count && !str_starts(payload, keys[i].prefix)) {
    i++;
  }
  uint8_t theirs[SIGNATURE_LEN];
  uint8_t ours[MAC_LEN];
  size_t len = 0;
  if (i == key_count || signature.len != SIGNATURE_LEN ||
      base64url_decode(signature, theirs, &len) != STATUS_OK) {
    return STATUS_UNAUTHENTICATED;
  }
  TRY(sign(i, token.at, HEADER_LEN + payload.len, ours));
  if (len != MAC_LEN || CRYPTO_memcmp(ours, theirs, MAC_LEN) != 0) {
    return STATUS_UNAUTHENTICATED;
  }
  char claims[TOKEN_MAX];
  struct str behind_id = {payload.at + PREFIX_LEN, payload.len - PREFIX_LEN};
  if (base64url_decode(behind_id, claims, &len) != STATUS_OK ||
      !read_claims((struct str){claims, len}, out)) {
    return STATUS_UNAUTHENTICATED; /* signed by our key, but not by this program */
  }
  return STATUS_OK;
}

enum status token_seal(struct str text, char out[TOKEN_SEAL_SIZE]) {
  uint8_t mac[MAC_LEN];
  CLEANUP_BUF struct buf seal;
  TRY(sign(0, text.at, text.len, mac));
  buf_init(&seal, TOKEN_SEAL_SIZE);
  base64url_encode(&seal, (struct str){(const char *)mac, sizeof(mac)});
  memcpy(out, seal.at, SIGNATURE_LEN);
  out[SIGNATURE_LEN] = '\0';
  return STATUS_OK;
}

enum status token_seal_check(struct str text, struct str seal) {
  uint8_t theirs[SIGNATURE_LEN];
  size_t len = 0;
  if (seal.len != SIGNATURE_LEN || base64url_decode(seal, theirs, &len) != STATUS_OK || len != MAC_LEN) {
    return STATUS_UNAUTHENTICATED;
  }
  for (unsigned i = 0; i < key_count; i++) {
    uint8_t ours[MAC_LEN];
    TRY(sign(i, text.at, text.len, ours));
    if (CRYPTO_memcmp(ours, theirs, MAC_LEN) == 0) {
      return STATUS_OK;
    }
  }
  return STATUS_UNAUTHENTICATED;
}
