#ifndef SIGAP_DESK_SESSION_INTERNAL_H
#define SIGAP_DESK_SESSION_INTERNAL_H

#include "desk/session/session.h"

/* Shared by the noun's own files only. */

/* What a token and its refresh token are made of: the same gives the same bytes. */
struct session_pair {
  int64_t session_id;
  struct uuid account;
  int64_t issued_at_us;
  int64_t lifetime_s;        /* of the access token */
  int64_t number;            /* 0: no refresh token, and the session ends with its token */
  int64_t session_ends_at_s; /* of a session with one: neither token outlives it */
};
/* All of *out but the account. */
enum status session_sign_pair(struct ctx *ctx, const struct session_pair *pair,
                              struct session_token *out) MUST_CHECK;

/* EVENT_SESSION_ENDED, as session_end tells it. Inside db_write. */
enum status session_tell_ended(struct ctx *ctx, int64_t tenant_id, int64_t account_id, int64_t ended,
                               int64_t kept) MUST_CHECK;

#endif
