#include "api/ruang/internal.h"
#include "desk/session/session.h"

/* Signing in and out, registering, one's own account and password. */

/* ---- the first password ---- */

static struct str default_password; /* set before the first thread starts */

enum status ruang_setup(struct str password) {
  if (password.len > 0 && !password_fits(password, PASSWORD_UPPER_LOWER_SPECIAL)) {
    return STATUS_INVALID;
  }
  default_password = password;
  return STATUS_OK;
}

/* ---- the caller ---- */

const struct ruang_team *ruang_team_of(struct arena *arena, const struct team *team) {
  if (team->id == 0) {
    return NULL;
  }
  struct ruang_team *out = ARENA_NEW(arena, struct ruang_team);
  *out = (struct ruang_team){
      .id = team->uuid, .name = team->name, .code = team->code, .is_active = team->is_active};
  return out;
}

static enum status user_of(struct call *call, const struct account *account, struct ruang_user **out) {
  struct team team;
  TRY(team_of(&call->ctx, account, &team));
  struct arena *arena = call->ctx.arena;
  struct ruang_detail *detail = ARENA_NEW(arena, struct ruang_detail);
  *detail = (struct ruang_detail){
      .id = account->uuid, .contact = account->phone, .team = ruang_team_of(arena, &team)};
  struct ruang_user *user = ARENA_NEW(arena, struct ruang_user);
  *user = (struct ruang_user){.id = account->uuid,
                              .name = account->name,
                              .email = account->email,
                              .role = ruang_role_of(account->role),
                              .detail = detail,
                              .must_change_password = account->must_change_password};
  *out = user;
  return STATUS_OK;
}

enum status ruang_login(struct call *call) {
  const struct ruang_login_in *in = call->input;
  struct sign_in sign_in = {.tenant_id = call->tenant_id,
                            .email = in->email,
                            .password = in->password,
                            .address = call->exchange->peer,
                            .lifetime_s = RUANG_TOKEN_LIFETIME_S};
  struct session_token session;
  TRY(session_sign_in(&call->ctx, &sign_in, &session));
  struct ruang_user *user = NULL;
  TRY(user_of(call, &session.account, &user));
  user->token = session.token;
  return ruang_answer(call, 200, &ruang_login_out, "Login successful", user);
}

enum status ruang_logout(struct call *call) {
  TRY(session_end(&call->ctx));
  return ruang_say(call, "Logout successful");
}

enum status ruang_me(struct call *call) {
  struct account account;
  TRY(account_read(&call->ctx, call->who.uuid, &account));
  struct ruang_user *user = NULL;
  TRY(user_of(call, &account, &user));
  return ruang_answer(call, 200, &ruang_me_out, "Current user data retrieved successfully", user);
}

enum status ruang_change_password(struct call *call) {
  const struct ruang_password_in *in = call->input;
  struct ctx *ctx = &call->ctx;
  struct sign_in sign_in = {.tenant_id = call->who.home_tenant_id,
                            .email = call->who.email,
                            .password = in->old_password,
                            .address = call->exchange->peer};
  struct account account;
  enum status status = session_prove(ctx, &sign_in, &account);
  if (status == STATUS_UNAUTHENTICATED) {
    /* The caller is signed in: a 401 here would throw the client out. */
    problem_clear(ctx);
    return problem_fault(ctx, STR("kata_sandi_lama"), STR("is wrong"));
  }
  TRY(status);
  TRY(account_set_password(ctx, account.id, in->new_password, PASSWORD_UPPER_LOWER_SPECIAL,
                           call->who.session_id));
  return ruang_say(call, "Password changed successfully");
}

/* ---- registering ---- */

enum status ruang_register(struct call *call) {
  const struct ruang_user_in *in = call->input;
  bool invited = default_password.len == 0;
  struct account_new new_account = {.tenant_id = call->tenant_id,
                                    .name = in->name,
                                    .email = in->email,
                                    .password = invited ? STR_NONE : default_password,
                                    .phone = in->contact,
                                    .role = ruang_desk_role((enum ruang_role)in->role),
                                    .rule = PASSWORD_UPPER_LOWER_SPECIAL,
                                    .language = LANGUAGE_INDONESIAN,
                                    .must_change_password = !invited,
                                    .by = ACCOUNT_BY_CALLER};
  struct team_member member;
  TRY(team_register(&call->ctx, &new_account, in->team, &member));
  struct ruang_user *user = ARENA_NEW(call->ctx.arena, struct ruang_user);
  *user = (struct ruang_user){.id = member.account.uuid,
                              .name = member.account.name,
                              .email = member.account.email,
                              .role = in->role};
  return ruang_answer(call, 201, &ruang_user_out, "User registered successfully", user);
}
