#include <stdlib.h>
#include <string.h>

#include "api/kit/internal.h"
#include "base/id.h"
#include "base/log.h"

/* Callers that an I/O thread has just recognised. A token's signature and its session are looked at once for
 * each state of the database: an entry counts only while nothing at all was committed since it was made, so a
 * session that ended, a role that changed or an account that went is never overlooked. Reads between writes,
 * and the many calls that share one commit, skip the work. One table a thread; never shared. */

enum { SLOTS = 256, TOKEN_MAX = 1024, TEXT_MAX = 512 };

struct entry {
  uint64_t hash;
  uint64_t generation;
  struct who who;
  size_t token_len;
  char bytes[]; /* token, name, e-mail address */
};

struct known {
  uint64_t seed;
  struct entry *slots[SLOTS];
};

struct known *known_new(void) {
  struct known *known = calloc(1, sizeof *known);
  if (known == NULL) {
    die("Out of memory for the table of known callers.");
  }
  random_bytes(&known->seed, sizeof known->seed);
  return known;
}

void known_free(struct known *known) {
  for (size_t i = 0; known != NULL && i < SLOTS; i++) {
    free(known->slots[i]);
  }
  free(known);
}

/* Over the token's end, where its signature stands: the same for nobody else but by chance. */
static uint64_t hash_of(const struct known *known, struct str token) {
  uint64_t hash = UINT64_C(14695981039346656037) ^ known->seed;
  size_t from = token.len > 32 ? token.len - 32 : 0;
  for (size_t i = from; i < token.len; i++) {
    hash = (hash ^ (unsigned char)token.at[i]) * UINT64_C(1099511628211);
  }
  return hash ^ (hash >> 32);
}

bool known_find(const struct known *known, struct str token, uint64_t generation, struct ctx *ctx,
                struct who *out) {
  uint64_t hash = hash_of(known, token);
  const struct entry *entry = known->slots[hash % SLOTS];
  if (entry == NULL || entry->hash != hash || entry->generation != generation ||
      entry->token_len != token.len || memcmp(entry->bytes, token.at, token.len) != 0 ||
      entry->who.token_expires_at <= ctx->now_us) {
    return false;
  }
  *out = entry->who;
  /* The entry may give way to another while the call still runs. */
  out->name = str_copy(ctx->arena, entry->who.name);
  out->email = str_copy(ctx->arena, entry->who.email);
  return true;
}

void known_keep(struct known *known, struct str token, uint64_t generation, const struct who *who) {
  if (token.len > TOKEN_MAX || who->name.len + who->email.len > 2 * TEXT_MAX) {
    return;
  }
  uint64_t hash = hash_of(known, token);
  struct entry **slot = &known->slots[hash % SLOTS];
  struct entry *entry = realloc(*slot, sizeof *entry + token.len + who->name.len + who->email.len);
  if (entry == NULL) {
    die("Out of memory for the table of known callers.");
  }
  *slot = entry;
  *entry = (struct entry){.hash = hash, .generation = generation, .who = *who, .token_len = token.len};
  char *name = entry->bytes + token.len;
  char *email = name + who->name.len;
  memcpy(entry->bytes, token.at, token.len);
  memcpy(name, who->name.at, who->name.len);
  memcpy(email, who->email.at, who->email.len);
  entry->who.name.at = name;
  entry->who.email.at = email;
}
