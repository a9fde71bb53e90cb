#include "desk/session/session_internal.h"

#include <sodium.h>

#include "base/log.h"
#include "base/time.h"
#include "db/db.h"
#include "desk/event/event.h"
#include "desk/statements.h"
#include "desk/tenant/tenant.h"

const struct problem_kind session_no_token = {STATUS_UNAUTHENTICATED, "no_token", "Please sign in first."};
const struct problem_kind session_expired = {STATUS_UNAUTHENTICATED, "token_expired",
                                             "Your session has expired. Please sign in again."};
const struct problem_kind session_ended = {STATUS_UNAUTHENTICATED, "session_ended",
                                           "Your session was ended. Please sign in again."};
const struct problem_kind session_wrong_email = {STATUS_UNAUTHENTICATED, "wrong_email",
                                                 "There is no account with this e-mail address."};
const struct problem_kind session_wrong_password = {STATUS_UNAUTHENTICATED, "wrong_password",
                                                    "The password is wrong."};
const struct problem_kind session_throttled = {STATUS_TOO_MANY, "too_many_failures",
                                               "Too many failed sign-ins. Please wait a while."};

void session_setup(const struct session_keys *keys, bool throttle) {
  if (sodium_init() < 0) {
    die("libsodium can't be initialised");
  }
  token_setup(keys);
  throttle_setup(throttle, keys->keys[0]);
}

/* ---- proving who one is ---- */

/* The account that may sign in with this address, and its hash. *found tells; the same reads either way. */
static enum status look_up(struct ctx *ctx, const struct sign_in *sign_in, struct account *account,
                           struct str *hash, bool *found) {
  struct tenant tenant;
  TRY(tenant_get(ctx, sign_in->tenant_id, &tenant));
  enum status status = account_by_email(ctx, sign_in->tenant_id, sign_in->email, account);
  if (status == STATUS_NOT_FOUND) {
    problem_clear(ctx);
    *account = (struct account){0};
  } else {
    TRY(status);
  }
  struct str stored;
  TRY(account_password_hash(ctx, account->id, &stored));
  *found = account->id != 0 && account->is_active && tenant.is_active &&
           (!sign_in->master_only || account->role == ROLE_SUPER_ADMIN);
  *hash = *found ? stored : STR_NONE;
  return STATUS_OK;
}

static enum status prove(struct ctx *ctx, const struct sign_in *sign_in, struct account *account,
                         struct str *hash, struct throttle *throttle) {
  TRY(throttle_check(ctx, sign_in->tenant_id, sign_in->email, sign_in->address, throttle));
  bool found = false;
  TRY(look_up(ctx, sign_in, account, hash, &found));
  /* Also where nobody was found: a stranger must not learn from the time it takes. */
  if (password_verify(*hash, sign_in->password)) {
    return STATUS_OK;
  }
  TRY(throttle_count(ctx, throttle));
  return problem_set(ctx, found ? &session_wrong_password : &session_wrong_email);
}

static enum status forget_in_transaction(struct ctx *ctx, void *arg) {
  const struct throttle *throttle = arg;
  return throttle_forget(ctx, throttle);
}

enum status session_prove(struct ctx *ctx, const struct sign_in *sign_in, struct account *out) {
  struct account account;
  struct str hash;
  struct throttle throttle;
  TRY(prove(ctx, sign_in, &account, &hash, &throttle));
  if (throttle.pair_failed) {
    TRY(db_write(ctx, forget_in_transaction, &throttle));
  }
  *out = account;
  return STATUS_OK;
}

/* ---- opening ---- */

struct opening {
  const struct account *account;
  struct str proved_hash;          /* NONE: nothing was proved just now */
  const struct throttle *throttle; /* NULL likewise */
  int64_t lifetime_s;              /* of the token */
  int64_t refresh_s;               /* of the session, with a refresh token; 0: none */
  bool slides;
  int64_t session_id;
};

static enum status open_in_transaction(struct ctx *ctx, void *arg) {
  struct opening *opening = arg;
  struct session_hold_account_in hold = {.account_id = opening->account->id,
                                         .password_hash = opening->proved_hash};
  int64_t held = 0;
  TRY(sql_session_hold_account(ctx, &hold, &held));
  if (held == 0) {
    return problem_set(ctx, &session_ended); /* deactivated, or another password, since it was looked up */
  }
  if (opening->throttle != NULL) {
    TRY(throttle_forget(ctx, opening->throttle));
  }
  int64_t lives_s = opening->refresh_s > 0 ? opening->refresh_s : opening->lifetime_s;
  struct session_insert_in in = {
      .account_id = opening->account->id,
      .tenant_id = opening->account->tenant_id,
      .refresh_number = opening->refresh_s > 0 ? 1 : 0,
      .remember = opening->slides,
      .created_at = ctx->now_us,
      .expires_at = (ctx->now_us / TIME_SECOND_US + lives_s) * TIME_SECOND_US,
  };
  struct session_insert_row row;
  TRY(sql_session_insert(ctx, &in, &row));
  opening->session_id = row.id;
  return STATUS_OK;
}

static enum status open_session(struct ctx *ctx, struct opening *opening, struct session_token *out) {
  TRY(db_write(ctx, open_in_transaction, opening));
  struct session_pair pair = {
      .session_id = opening->session_id,
      .account = opening->account->uuid,
      .issued_at_us = ctx->now_us,
      .lifetime_s = opening->lifetime_s,
      .number = opening->refresh_s > 0 ? 1 : 0,
      .session_ends_at_s = ctx->now_us / TIME_SECOND_US + opening->refresh_s,
  };
  struct session_token token;
  TRY(session_sign_pair(ctx, &pair, &token));
  token.account = *opening->account;
  *out = token;
  return STATUS_OK;
}

enum status session_sign_in(struct ctx *ctx, const struct sign_in *sign_in, struct session_token *out) {
  struct account account;
  struct str hash;
  struct throttle throttle;
  TRY(prove(ctx, sign_in, &account, &hash, &throttle));
  struct opening opening = {.account = &account,
                            .proved_hash = hash,
                            .throttle = &throttle,
                            .lifetime_s = sign_in->lifetime_s,
                            .refresh_s = sign_in->refresh_s,
                            .slides = sign_in->slides};
  return open_session(ctx, &opening, out);
}

enum status session_open(struct ctx *ctx, const struct account *account, int64_t lifetime_s,
                         struct session_token *out) {
  struct opening opening = {.account = account, .lifetime_s = lifetime_s};
  return open_session(ctx, &opening, out);
}

/* ---- resuming: the first step of every request ---- */

enum status session_look(struct ctx *ctx, struct who *who) {
  struct session_caller_row row;
  enum status status = sql_session_caller(ctx, &(struct session_caller_in){who->session_id}, &row);
  if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !uuid_equal(row.uuid, who->uuid))) {
    return problem_set(ctx, &session_ended);
  }
  TRY(status);
  if (row.expires_at <= ctx->now_us) {
    return problem_set(ctx, &session_expired);
  }
  *who = (struct who){
      .account_id = row.account_id,
      .tenant_id = row.tenant_id,
      .home_tenant_id = row.tenant_id,
      .session_id = who->session_id,
      .uuid = row.uuid,
      .role = (enum role)row.role,
      .operator_staff = row.tenant_id == TENANT_OPERATOR && role_is_staff((enum role)row.role),
      .name = row.name,
      .email = row.email,
      .expires_at = row.expires_at,
      .token_expires_at = row.expires_at,
  };
  return STATUS_OK;
}

enum status session_resume(struct ctx *ctx, struct str token, struct who *out) {
  struct token_claims claims;
  enum status status = token_verify(token, &claims);
  if (status == STATUS_INVALID) {
    return problem_set(ctx, &session_no_token);
  }
  if (status == STATUS_UNAUTHENTICATED) {
    return problem_set(ctx, &session_expired);
  }
  if (status != STATUS_OK) {
    return problem_set(ctx, &problem_broken);
  }
  if (claims.is_refresh) {
    return problem_set(ctx, &session_no_token);
  }
  if (claims.expires_at_s <= ctx->now_us / TIME_SECOND_US) {
    return problem_set(ctx, &session_expired);
  }
  struct who who = {.session_id = claims.session_id, .uuid = claims.account};
  TRY(session_look(ctx, &who));
  who.token_expires_at = claims.expires_at_s * TIME_SECOND_US;
  *out = who;
  return STATUS_OK;
}

/* ---- ending ---- */

enum status session_tell_ended(struct ctx *ctx, int64_t tenant_id, int64_t account_id, int64_t ended,
                               int64_t kept) {
  struct event event = {
      .tenant_id = tenant_id,
      .kind = EVENT_SESSION_ENDED,
      .account_id = account_id,
      .old_value = ended,
      .new_value = kept,
      .created_at = ctx->now_us,
  };
  return event_add(ctx, &event);
}

static enum status end_in_transaction(struct ctx *ctx, void *arg) {
  const struct who *who = arg;
  int64_t changed = 0;
  TRY(sql_session_stop(ctx, &(struct session_stop_in){.id = who->session_id, .now = ctx->now_us}, &changed));
  return changed == 0 ? STATUS_OK
                      : session_tell_ended(ctx, who->home_tenant_id, who->account_id, who->session_id, 0);
}

enum status session_end(struct ctx *ctx) {
  TRY(access_check(ctx, MAY_SIGNED_IN));
  struct who who = *ctx->who;
  return db_write(ctx, end_in_transaction, &who);
}

enum status session_end_account(struct ctx *ctx, int64_t account_id, int64_t but_session_id) {
  struct session_stop_account_in in = {
      .account_id = account_id, .but_id = but_session_id, .now = ctx->now_us};
  int64_t changed = 0;
  TRY(sql_session_stop_account(ctx, &in, &changed));
  if (changed == 0) {
    return STATUS_OK;
  }
  struct session_account_tenant_row row;
  TRY(sql_session_account_tenant(ctx, &(struct session_account_tenant_in){account_id}, &row));
  return session_tell_ended(ctx, row.tenant_id, account_id, 0, but_session_id);
}

enum status session_end_tenant(struct ctx *ctx, int64_t tenant_id) {
  struct session_stop_tenant_in in = {.tenant_id = tenant_id, .now = ctx->now_us};
  int64_t changed = 0;
  TRY(sql_session_stop_tenant(ctx, &in, &changed));
  return changed == 0 ? STATUS_OK : session_tell_ended(ctx, tenant_id, 0, 0, 0);
}

/* ---- sweeping ---- */

struct sweep {
  int64_t max;
  int64_t dropped;
};

static enum status sweep_in_transaction(struct ctx *ctx, void *arg) {
  struct sweep *sweep = arg;
  int64_t sessions = 0;
  int64_t failures = 0;
  struct session_drop_past_in past = {.now = ctx->now_us, .limit = sweep->max};
  TRY(sql_session_drop_past(ctx, &past, &sessions));
  if (sessions < sweep->max) {
    struct throttle_drop_past_in windows = {.now = ctx->now_us, .limit = sweep->max - sessions};
    TRY(sql_throttle_drop_past(ctx, &windows, &failures));
  }
  sweep->dropped = sessions + failures;
  return STATUS_OK;
}

enum status session_sweep(struct ctx *ctx, int64_t max, int64_t *dropped) {
  struct sweep sweep = {.max = max};
  TRY(db_write(ctx, sweep_in_transaction, &sweep));
  *dropped = sweep.dropped;
  return STATUS_OK;
}
