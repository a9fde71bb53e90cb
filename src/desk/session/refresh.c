#include "base/time.h"
#include "db/db.h"
#include "desk/session/session_internal.h"
#include "desk/statements.h"

/* Tokens that renew themselves. A session knows the number of its present refresh token and when the one
 * before was used; nothing else is kept, because a pair is made again from that. */

enum status session_sign_pair(struct ctx *ctx, const struct session_pair *pair, struct session_token *out) {
  struct token_claims claims = {
      .session_id = pair->session_id,
      .issued_at_s = pair->issued_at_us / TIME_SECOND_US,
      .expires_at_s = pair->issued_at_us / TIME_SECOND_US + pair->lifetime_s,
      .account = pair->account,
      .number = pair->number,
  };
  struct session_token token = {.session_id = pair->session_id};
  if (pair->number != 0 && claims.expires_at_s > pair->session_ends_at_s) {
    claims.expires_at_s = pair->session_ends_at_s;
  }
  token.expires_at = claims.expires_at_s * TIME_SECOND_US;
  if (token_sign(ctx->arena, &claims, &token.token) != STATUS_OK) {
    return problem_set(ctx, &problem_broken);
  }
  if (pair->number != 0) {
    claims.is_refresh = true;
    claims.expires_at_s = pair->session_ends_at_s;
    if (token_sign(ctx->arena, &claims, &token.refresh_token) != STATUS_OK) {
      return problem_set(ctx, &problem_broken);
    }
  }
  *out = token;
  return STATUS_OK;
}

struct refresh {
  struct token_claims claims;
  int64_t lifetime_s;
  bool replayed; /* the token was used before: its session was ended */
  struct session_pair pair;
  struct account account;
};

/* The next pair is this one's from now on. */
static enum status rotate(struct ctx *ctx, struct refresh *refresh,
                          const struct session_to_refresh_row *row) {
  struct session_rotate_in in = {.id = refresh->claims.session_id,
                                 .refresh_number = row->refresh_number + 1,
                                 .now = ctx->now_us,
                                 .expires_at = row->expires_at};
  if (row->remember) {
    int64_t since = row->refreshed_at != 0 ? row->refreshed_at : row->created_at;
    int64_t length_s = row->expires_at / TIME_SECOND_US - since / TIME_SECOND_US;
    in.expires_at = (ctx->now_us / TIME_SECOND_US + length_s) * TIME_SECOND_US;
  }
  TRY(sql_session_rotate(ctx, &in, NULL));
  refresh->pair.issued_at_us = in.now;
  refresh->pair.number = in.refresh_number;
  refresh->pair.session_ends_at_s = in.expires_at / TIME_SECOND_US;
  return STATUS_OK;
}

/* Used before: by its owner whose answer was lost, or by a thief, or by its owner after a thief. */
static enum status repeat(struct ctx *ctx, struct refresh *refresh,
                          const struct session_to_refresh_row *row) {
  bool lost = refresh->claims.number == row->refresh_number - 1 &&
              ctx->now_us - row->refreshed_at <= SESSION_REFRESH_RETRY_S * TIME_SECOND_US;
  if (lost) {
    refresh->pair.issued_at_us = row->refreshed_at;
    refresh->pair.number = row->refresh_number;
    refresh->pair.session_ends_at_s = row->expires_at / TIME_SECOND_US;
    return STATUS_OK;
  }
  struct session_stop_in in = {.id = refresh->claims.session_id, .now = ctx->now_us};
  TRY(sql_session_stop(ctx, &in, NULL));
  refresh->replayed = true; /* told after the commit: a failure here would undo the end */
  return session_tell_ended(ctx, row->tenant_id, row->account_id, in.id, 0);
}

static enum status refresh_in_transaction(struct ctx *ctx, void *arg) {
  struct refresh *refresh = arg;
  struct session_to_refresh_row row;
  db_act_in(ctx->db, DB_SYSTEM); /* the token tells whose it is, through whatever host it came */
  enum status status =
      sql_session_to_refresh(ctx, &(struct session_to_refresh_in){refresh->claims.session_id}, &row);
  if (status == STATUS_NOT_FOUND || (status == STATUS_OK && (!uuid_equal(row.uuid, refresh->claims.account) ||
                                                             refresh->claims.number > row.refresh_number))) {
    return problem_set(ctx, &session_ended);
  }
  TRY(status);
  db_act_in(ctx->db, row.tenant_id);
  if (row.expires_at <= ctx->now_us) {
    return problem_set(ctx, &session_expired);
  }
  refresh->replayed = false;
  refresh->pair = (struct session_pair){
      .session_id = refresh->claims.session_id, .account = row.uuid, .lifetime_s = refresh->lifetime_s};
  TRY(refresh->claims.number == row.refresh_number ? rotate(ctx, refresh, &row) : repeat(ctx, refresh, &row));
  return account_by_id(ctx, row.tenant_id, row.account_id, &refresh->account);
}

/* What the token says, if it is one of ours and not past. */
static enum status read_token(struct ctx *ctx, struct str token, struct token_claims *out) {
  enum status status = token_verify(token, out);
  if (status == STATUS_INVALID || (status == STATUS_OK && !out->is_refresh)) {
    return problem_set(ctx, &session_no_token);
  }
  if (status == STATUS_UNAUTHENTICATED) {
    return problem_set(ctx, &session_expired);
  }
  if (status != STATUS_OK) {
    return problem_set(ctx, &problem_broken);
  }
  return out->expires_at_s <= ctx->now_us / TIME_SECOND_US ? problem_set(ctx, &session_expired) : STATUS_OK;
}

static enum status refresh_once(struct ctx *ctx, struct str token, struct refresh *refresh) {
  TRY(read_token(ctx, token, &refresh->claims));
  TRY(db_write(ctx, refresh_in_transaction, refresh));
  return refresh->replayed ? problem_set(ctx, &session_ended) : STATUS_OK;
}

enum status session_refresh(struct ctx *ctx, struct str token, struct str address, int64_t lifetime_s,
                            struct session_token *out) {
  /* Counted apart from sign-ins: an office full of stale apps must not keep its people from signing in. */
  struct throttle throttle;
  struct str from = str_format(ctx->arena, "refresh %.*s", STR_ARG(address));
  TRY(throttle_check(ctx, 0, token, from, &throttle));
  struct refresh refresh = {.lifetime_s = lifetime_s};
  enum status status = refresh_once(ctx, token, &refresh);
  if (status == STATUS_UNAUTHENTICATED) {
    TRY(throttle_count(ctx, &throttle));
  }
  TRY(status);
  struct session_token pair;
  TRY(session_sign_pair(ctx, &refresh.pair, &pair));
  pair.account = refresh.account;
  *out = pair;
  return STATUS_OK;
}
