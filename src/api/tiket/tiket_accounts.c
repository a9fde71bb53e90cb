#include "api/tiket/internal.h"
#include "desk/session/session.h"

/* Registering, signing in and out. */

static const struct tiket_user *user_of(struct arena *arena, const struct account *account) {
  struct tiket_user *user = ARENA_NEW(arena, struct tiket_user);
  *user = (struct tiket_user){.id = account->uuid,
                              .username = account->name,
                              .email = account->email,
                              .role = tiket_role_of(account->role),
                              .created_at = account->created_at,
                              .updated_at = account->updated_at};
  return user;
}

enum status tiket_register(struct call *call) {
  const struct tiket_register_in *in = call->input;
  enum role role = in->role == TIKET_ADMIN ? ROLE_CUSTOMER_SERVICE : ROLE_CUSTOMER;
  const struct who *who = call->ctx.who;
  /* Anyone may register; who is signed in and may make such an account, makes it in its own name. */
  bool by_caller = role != ROLE_CUSTOMER && who != NULL && access_may_write_role(who, role);
  struct account_new new_account = {.tenant_id = call->tenant_id,
                                    .name = in->username,
                                    .email = in->email,
                                    .password = in->password,
                                    .role = role,
                                    .rule = PASSWORD_UPPER_LOWER_DIGIT,
                                    .language = LANGUAGE_INDONESIAN,
                                    .by = by_caller ? ACCOUNT_BY_CALLER : ACCOUNT_SELF_REGISTERED};
  struct account account;
  TRY(account_create(&call->ctx, &new_account, &account));
  struct tiket_account_answer *answer = ARENA_NEW(call->ctx.arena, struct tiket_account_answer);
  answer->data = user_of(call->ctx.arena, &account);
  answer->message = STR("Succesfully Registered");
  return call_answer(call, 200, &tiket_register_out, answer);
}

enum status tiket_login(struct call *call) {
  const struct tiket_login_in *in = call->input;
  struct sign_in sign_in = {.tenant_id = call->tenant_id,
                            .email = in->email,
                            .password = in->password,
                            .address = call->exchange->peer,
                            .lifetime_s = TIKET_TOKEN_LIFETIME_S};
  struct session_token session;
  TRY(session_sign_in(&call->ctx, &sign_in, &session));
  struct tiket_account_answer *answer = ARENA_NEW(call->ctx.arena, struct tiket_account_answer);
  answer->data = user_of(call->ctx.arena, &session.account);
  answer->token = session.token;
  answer->message = STR("Succesfully Logged In");
  return call_answer(call, 200, &tiket_login_out, answer);
}

enum status tiket_logout(struct call *call) {
  TRY(session_end(&call->ctx));
  struct tiket_account_answer *answer = ARENA_NEW(call->ctx.arena, struct tiket_account_answer);
  answer->message = STR("Succesfully Logged Out");
  return call_answer(call, 200, &tiket_logout_out, answer);
}
