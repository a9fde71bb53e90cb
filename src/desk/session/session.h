#ifndef SIGAP_DESK_SESSION_H
#define SIGAP_DESK_SESSION_H

#include "base/ctx.h"
#include "desk/access/access.h"
#include "desk/account/account.h"

/* Signing in, tokens, throttling, and ending sessions at once. */

extern const struct problem_kind session_no_token; /* UNAUTHENTICATED: none, or not one of ours */
extern const struct problem_kind session_expired;  /* UNAUTHENTICATED: expired, or a token not signed by us */
extern const struct problem_kind session_ended; /* UNAUTHENTICATED: signed out, deactivated, role changed */
/* UNAUTHENTICATED: no such account (dialects that must not tell say the same as for a wrong password). */
extern const struct problem_kind session_wrong_email;
extern const struct problem_kind session_wrong_password;
extern const struct problem_kind session_throttled; /* TOO_MANY with retry_after_s */

/* Keys that sign tokens: the first signs, all verify (rotation). Each at least 32 bytes. Owned by app. */
struct session_keys {
  struct str keys[2];
  unsigned count;
};
/* Once at start, before the first request. Keeps a copy. */
void session_setup(const struct session_keys *keys, bool throttle);

struct sign_in {
  int64_t tenant_id;
  struct str email, password;
  struct str address; /* the peer's, for throttling */
  int64_t lifetime_s; /* of the token: 86400 in hcall, tiket, ruang */
  bool master_only;   /* only a super_admin; another role counts as not found */
  /* With a refresh token: lifetime_s is the access token's, and the session lives for this long, renewed at
   * each refresh where `slides`. 0: no refresh token, the session lives as long as its token. */
  int64_t refresh_s;
  bool slides;
};
struct session_token {
  struct str token; /* JWT, HS256 */
  int64_t expires_at;
  int64_t session_id;
  struct account account;
  struct str refresh_token; /* JWT of another type; NONE without one */
};
/* Throttle, look-up, Argon2id (also without an account: constant time), then one write: session row, counters
 * reset. A deactivated account or tenant is session_wrong_email. Hash lane. */
enum status session_sign_in(struct ctx *ctx, const struct sign_in *sign_in,
                            struct session_token *out) MUST_CHECK;
/* The same checks without a session: for master/delete and password changes. */
enum status session_prove(struct ctx *ctx, const struct sign_in *sign_in, struct account *out) MUST_CHECK;
/* A session without a password check, for a fresh registration. */
enum status session_open(struct ctx *ctx, const struct account *account, int64_t lifetime_s,
                         struct session_token *out) MUST_CHECK;
/* The token (without "Bearer ") → the live caller, with one statement. Reads only. A refresh token is
 * session_no_token. */
enum status session_resume(struct ctx *ctx, struct str token, struct who *out) MUST_CHECK;
/* The caller anew, from the session alone: for who keeps a connection open beyond its token. session_ended or
 * session_expired once it is over. Reads who->session_id and who->uuid. */
enum status session_look(struct ctx *ctx, struct who *who) MUST_CHECK;
enum { SESSION_REFRESH_RETRY_S = 10 };
/* A refresh token buys the next pair, once: its number must be the session's present one. The one before,
 * presented again within 10 s of its use, gets the very same successor (a lost answer may be retried);
 * anything older ends the session (session_ended, with its event). session_no_token for what is no refresh
 * token, session_expired for one that is past. Access tokens are not taken here, and refresh tokens nowhere
 * else. lifetime_s: of the new access token. `slides` and the length of the session are those of its sign-in.
 * address: the peer's; what is refused counts as a failed sign-in of this token (session_throttled), apart
 * from those with a password. Writes what outlives a refusal: not inside db_write (pool or hash lane). */
enum status session_refresh(struct ctx *ctx, struct str token, struct str address, int64_t lifetime_s,
                            struct session_token *out) MUST_CHECK;
/* Ends the caller's session (logout). Each ending that changed something writes EVENT_SESSION_ENDED:
 * account_id whose (0: everybody of the tenant), old_value the session (0: all), new_value the one that was
 * kept (0: none). */
enum status session_end(struct ctx *ctx) MUST_CHECK;
/* Ends all sessions of an account but one (0: all). Inside db_write. */
enum status session_end_account(struct ctx *ctx, int64_t account_id, int64_t but_session_id) MUST_CHECK;
enum status session_end_tenant(struct ctx *ctx, int64_t tenant_id) MUST_CHECK;
/* Drops sessions and throttle rows that are past, at most `max` a call; *dropped tells. For a timer. */
enum status session_sweep(struct ctx *ctx, int64_t max, int64_t *dropped) MUST_CHECK;

/* ---- token.c: JWT (RFC 7519, RFC 7515), HS256 only ---- */
/* account: the uuid of the session's account ("sub"). It ties the token to more than a row's number, which
 * a database restored from a backup gives away again. */
struct token_claims {
  int64_t session_id;
  int64_t issued_at_s, expires_at_s;
  struct uuid account;
  bool is_refresh; /* a refresh token; else an access token */
  int64_t number;  /* which pair of the session it belongs to; 0: of a session without refresh tokens */
};
/* Which keys sign and verify; session_setup calls it. Keeps keyed contexts, not the keys. */
void token_setup(const struct session_keys *keys);
/* What has not the form of a JWT is STATUS_INVALID. One whose header is not byte for byte ours is refused
 * before anything is decoded, and like one whose signature is not ours: STATUS_UNAUTHENTICATED. Sets no
 * problem, does not look at the time. */
enum status token_sign(struct arena *arena, const struct token_claims *claims, struct str *out) MUST_CHECK;
enum status token_verify(struct str token, struct token_claims *out) MUST_CHECK;
enum { TOKEN_SEAL_SIZE = 44 };
/* A MAC over a text that only we can have written, by the keys of the tokens: base64url, NUL-terminated. The
 * text begins with a word for its purpose ("socket …"), so that a seal of one is never good for another.
 * Checking: STATUS_UNAUTHENTICATED where no key of ours made it of this text. Neither sets a problem. */
enum status token_seal(struct str text, char out[TOKEN_SEAL_SIZE]) MUST_CHECK;
enum status token_seal_check(struct str text, struct str seal) MUST_CHECK;

/* ---- throttle.c: failed sign-ins, by account and address, by account, by address (address_counted) ---- */
struct throttle {
  uint8_t pair[32], account[32], address[32]; /* keyed hashes: who and from where stay out of the store */
  bool pair_failed;                           /* throttle_check found failures to forget */
};
/* Whether to count, and the key of the hashes. */
void throttle_setup(bool on, struct str key);
/* Reads only. session_throttled once a limit is reached, until its window ends. */
enum status throttle_check(struct ctx *ctx, int64_t tenant_id, struct str email, struct str address,
                           struct throttle *out) MUST_CHECK;
/* Counts a failure; its own write. */
enum status throttle_count(struct ctx *ctx, const struct throttle *throttle) MUST_CHECK;
/* A success forgets the pair's failures. Inside db_write. */
enum status throttle_forget(struct ctx *ctx, const struct throttle *throttle) MUST_CHECK;
/* Counts one more wish for a mail with a link to this address, known or not (always a write, also where
 * nothing is throttled), and tells whether it is among the first 5 in 15 minutes. Inside db_write. */
enum status throttle_ask(struct ctx *ctx, int64_t tenant_id, struct str email, bool *fits) MUST_CHECK;

#endif
