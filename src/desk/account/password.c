#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/log.h"
#include "desk/account/account.h"

enum {
  PASSWORD_MIN_CHARACTERS = 8,
  PASSWORD_MAX_BYTES = 1024,
  PASSES = 2,
  MEMORY_BYTES = 19 * 1024 * 1024,
};

/* A well-formed hash with our costs that belongs to nobody: verified where there is no account, so that an
 * unknown address takes as long as a wrong password. */
static const char nobody[] =
    "$argon2id$v=19$m=19456,t=2,p=1$c2lnYXAtbm9ib2R5LTAwMQ$pJ3mW0sVq7yZ8fKxT1uB5nLdRgHc2aEoXi6Mv9YwQk4";

struct letters {
  bool upper, lower, digit, special;
};

/* Letters and digits are those of ASCII; any other printable thing, also of other scripts, is special. */
static struct letters letters_of(struct str password) {
  struct letters has = {0};
  for (size_t i = 0; i < password.len; i++) {
    char c = password.at[i];
    if (c >= 'A' && c <= 'Z') {
      has.upper = true;
    } else if (c >= 'a' && c <= 'z') {
      has.lower = true;
    } else if (c >= '0' && c <= '9') {
      has.digit = true;
    } else if (c != ' ') {
      has.special = true;
    }
  }
  return has;
}

bool password_fits(struct str password, enum password_rule rule) {
  if (password.at == NULL || password.len > PASSWORD_MAX_BYTES || !str_utf8(password) ||
      str_has_control(password) || str_points(password) < PASSWORD_MIN_CHARACTERS) {
    return false;
  }
  struct letters has = letters_of(password);
  switch (rule) {
    case PASSWORD_LONG_ENOUGH:
      return true;
    case PASSWORD_UPPER_LOWER_DIGIT:
      return has.upper && has.lower && has.digit;
    case PASSWORD_UPPER_LOWER_SPECIAL:
      return has.upper && has.lower && has.special;
  }
  return false;
}

/* Safe to call from any thread, any number of times. */
static void sodium_ready(void) {
  if (sodium_init() < 0) {
    die("libsodium can't be initialised");
  }
}

enum status password_hash(struct ctx *ctx, struct str password, struct str *out) {
  sodium_ready();
  char hash[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(hash, password.at, password.len, PASSES, MEMORY_BYTES,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    LOG(LOG_ERROR, "no memory to hash a password");
    return problem_set(ctx, &problem_unavailable);
  }
  *out = str_copy(ctx->arena, str_of(hash));
  sodium_memzero(hash, sizeof(hash));
  return STATUS_OK;
}

bool password_verify(struct str hash, struct str password) {
  sodium_ready();
  char text[crypto_pwhash_STRBYTES];
  bool real = hash.at != NULL && hash.len < sizeof(text) && password.len <= PASSWORD_MAX_BYTES;
  if (!real) {
    hash = (struct str){nobody, sizeof(nobody) - 1};
  }
  if (password.at == NULL || password.len > PASSWORD_MAX_BYTES) {
    password = STR("");
  }
  memcpy(text, hash.at, hash.len);
  text[hash.len] = '\0';
  errno = 0;
  bool right = crypto_pwhash_str_verify(text, password.at, password.len) == 0;
  if (!right && errno == ENOMEM) {
    LOG(LOG_ERROR, "no memory to verify a password: it counts as wrong");
  }
  sodium_memzero(text, sizeof(text));
  return real && right;
}
