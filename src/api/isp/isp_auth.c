#include "api/isp/isp_people.h"
#include "base/time.h"
#include "desk/session/session.h"

/* Signing in and out, tokens, passwords. */

/* ---- tokens ---- */

static struct isp_tokens *tokens_of(struct call *call, const struct session_token *session) {
  struct isp_tokens *tokens = ARENA_NEW(call->ctx.arena, struct isp_tokens);
  *tokens = (struct isp_tokens){
      .access_token = session->token,
      .refresh_token = session->refresh_token,
      .expires_in = session->expires_at / TIME_SECOND_US - call->ctx.now_us / TIME_SECOND_US,
  };
  return tokens;
}

enum status isp_login(struct call *call) {
  const struct isp_login_in *in = call->input;
  struct sign_in sign_in = {.tenant_id = call->tenant_id,
                            .email = in->email,
                            .password = in->password,
                            .address = call->exchange->peer,
                            .lifetime_s = ISP_ACCESS_S,
                            .refresh_s = in->remember_me ? ISP_REMEMBER_S : ISP_REFRESH_S,
                            .slides = in->remember_me};
  struct session_token session;
  TRY(session_sign_in(&call->ctx, &sign_in, &session));
  struct isp_user *user = ARENA_NEW(call->ctx.arena, struct isp_user);
  *user = isp_user_of(call, &session.account);
  struct isp_signed_in *answer = ARENA_NEW(call->ctx.arena, struct isp_signed_in);
  *answer = (struct isp_signed_in){user, tokens_of(call, &session)};
  return isp_answer(call, 200, &isp_login_out, answer);
}

enum status isp_refresh(struct call *call) {
  const struct isp_refresh_in *in = call->input;
  struct session_token session;
  TRY(session_refresh(&call->ctx, in->refresh_token, call->exchange->peer, ISP_ACCESS_S, &session));
  struct isp_refreshed *answer = ARENA_NEW(call->ctx.arena, struct isp_refreshed);
  *answer = (struct isp_refreshed){tokens_of(call, &session), session.token, session.refresh_token};
  return isp_answer(call, 200, &isp_refresh_out, answer);
}

enum status isp_logout(struct call *call) {
  TRY(session_end(&call->ctx));
  return isp_say(call, "Signed out");
}

enum status isp_me(struct call *call) {
  struct account account;
  TRY(account_read(&call->ctx, call->who.uuid, &account));
  struct isp_user *user = ARENA_NEW(call->ctx.arena, struct isp_user);
  *user = isp_user_of(call, &account);
  return isp_answer_one(call, 200, &isp_user_out, user);
}

/* ---- passwords ---- */

enum status isp_forgot_password(struct call *call) {
  const struct isp_forgot_in *in = call->input;
  TRY(account_forgot(&call->ctx, call->tenant_id, in->email));
  return isp_say(call, "If an account has this address, a mail with a link is on its way");
}

enum status isp_reset_password(struct call *call) {
  const struct isp_reset_in *in = call->input;
  TRY(account_reset(&call->ctx, in->token, in->password, PASSWORD_LONG_ENOUGH));
  return isp_say(call, "The new password is set");
}

enum status isp_change_password(struct call *call) {
  const struct isp_password_in *in = call->input;
  struct ctx *ctx = &call->ctx;
  struct sign_in sign_in = {.tenant_id = call->who.home_tenant_id,
                            .email = call->who.email,
                            .password = in->current_password,
                            .address = call->exchange->peer};
  struct account account;
  enum status status = session_prove(ctx, &sign_in, &account);
  if (status == STATUS_UNAUTHENTICATED) {
    /* The caller is signed in: a 401 here would make clients sign out. */
    problem_clear(ctx);
    return problem_fault(ctx, STR("current_password"), STR("is wrong"));
  }
  TRY(status);
  TRY(account_set_password(ctx, account.id, in->password, PASSWORD_LONG_ENOUGH, call->who.session_id));
  return isp_say(call, "The new password is set");
}
