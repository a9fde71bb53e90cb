#ifndef SIGAP_DESK_REPEAT_REPEAT_H
#define SIGAP_DESK_REPEAT_REPEAT_H

#include "base/ctx.h"
#include "base/digest.h"
#include "base/time.h"

/* A call that carries a key is done once: what was answered is kept in the transaction of what it wrote, and
 * whoever sends it again gets that answer (draft-ietf-httpapi-idempotency-key-header). A call that failed
 * wrote nothing and keeps nothing: it is tried anew. Keys are an account's own. */

enum { REPEAT_KEY_MAX = 255, REPEAT_ANSWER_MAX = 1024 * 1024 };
#define REPEAT_KEPT_US TIME_DAY_US

extern const struct problem_kind repeat_under_way; /* STATE: another transaction is at work under this key */
extern const struct problem_kind repeat_mistaken;  /* STATE: the key came with another request before */
/* TOO_LARGE: head and body are over REPEAT_ANSWER_MAX; nothing may be written under the key */
extern const struct problem_kind repeat_too_large;

/* The call, under its key. */
struct repeat {
  uint8_t key[DIGEST_SIZE];     /* of the account and its key: repeat_key */
  uint8_t request[DIGEST_SIZE]; /* of all that the request says */
};

struct repeat_answer {
  int64_t status; /* the caller's number */
  struct str head, body;
};

/* False: not 1-255 printable ASCII characters. */
bool repeat_key(struct repeat *repeat, int64_t account_id, struct str key) MUST_CHECK;
/* The caller's answer under this key, if it is younger than REPEAT_KEPT_US: handed to take, whose texts live
 * until it returns. repeat_mistaken. */
enum status repeat_find(struct ctx *ctx, const struct repeat *repeat,
                        void (*take)(void *arg, const struct repeat_answer *answer), void *arg,
                        bool *found) MUST_CHECK;
/* First thing in the write transaction: nobody else works under this key until its end; repeat_under_way. */
enum status repeat_claim(struct ctx *ctx, const struct repeat *repeat) MUST_CHECK;
/* Last thing in the same transaction. repeat_too_large; STATUS_RETRY where somebody was faster after all. */
enum status repeat_keep(struct ctx *ctx, const struct repeat *repeat,
                        const struct repeat_answer *answer) MUST_CHECK;
/* Drops what was kept long enough, at most `max` a call; *dropped tells. For a timer. */
enum status repeat_sweep(struct ctx *ctx, int64_t max, int64_t *dropped) MUST_CHECK;

#endif
