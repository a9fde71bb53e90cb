#include "api/hcall/internal.h"
#include "desk/session/session.h"

/* Masters, signing in, and the people of the desk. */

static enum status say_token(struct call *call, const char *message, const struct session_token *session) {
  struct hcall_message *answer = ARENA_NEW(call->ctx.arena, struct hcall_message);
  answer->message = str_of(message);
  answer->jwt_token = session->token;
  return call_answer(call, 200, &hcall_token_out, answer);
}

/* Who just registered is signed in with it. */
static enum status say_welcome(struct call *call, const char *message, const struct account *account) {
  struct session_token session;
  TRY(session_open(&call->ctx, account, HCALL_TOKEN_LIFETIME_S, &session));
  return say_token(call, message, &session);
}

static struct sign_in sign_in_of(const struct call *call, bool master_only) {
  const struct hcall_credentials *in = call->input;
  return (struct sign_in){.tenant_id = call->tenant_id,
                          .email = in->email,
                          .password = in->password,
                          .address = call->exchange->peer,
                          .lifetime_s = HCALL_TOKEN_LIFETIME_S,
                          .master_only = master_only};
}

enum status hcall_master_create(struct call *call) {
  const struct hcall_credentials *in = call->input;
  /* The document asks for no name: the address names the master as far as its '@'. */
  struct account_new new_account = {.tenant_id = call->tenant_id,
                                    .name = {in->email.at, str_find(in->email, '@')},
                                    .email = in->email,
                                    .password = in->password,
                                    .role = ROLE_SUPER_ADMIN,
                                    .rule = PASSWORD_UPPER_LOWER_DIGIT,
                                    .language = LANGUAGE_ENGLISH,
                                    .by = ACCOUNT_FIRST_MASTER};
  struct account account;
  TRY(account_create(&call->ctx, &new_account, &account));
  return say_welcome(call, "Master user has been created", &account);
}

enum status hcall_master_delete(struct call *call) {
  struct ctx *ctx = &call->ctx;
  struct sign_in sign_in = sign_in_of(call, true);
  struct account account;
  enum status status = session_prove(ctx, &sign_in, &account);
  status = hcall_reword(ctx, status, &session_wrong_email, &hcall_master_unknown);
  TRY(hcall_reword(ctx, status, &session_wrong_password, &hcall_master_password));
  /* Somebody with the same credentials may have been faster by a moment. */
  status = account_delete_self(ctx, &account);
  TRY(hcall_reword(ctx, status, &account_not_found, &hcall_master_unknown));
  return hcall_say(call, "Master user has been deleted");
}

enum status hcall_auth_enter(struct call *call) {
  struct sign_in sign_in = sign_in_of(call, false);
  struct session_token session;
  TRY(session_sign_in(&call->ctx, &sign_in, &session));
  return say_token(call, "User has been loged in", &session);
}

enum status hcall_auth_register(struct call *call) {
  const struct hcall_register_in *in = call->input;
  struct account_new new_account = {.tenant_id = call->tenant_id,
                                    .name = in->name,
                                    .email = in->email,
                                    .password = in->password,
                                    .role = ROLE_CUSTOMER,
                                    .rule = PASSWORD_UPPER_LOWER_DIGIT,
                                    .language = LANGUAGE_ENGLISH,
                                    .by = ACCOUNT_SELF_REGISTERED};
  struct account account;
  TRY(account_create(&call->ctx, &new_account, &account));
  return say_welcome(call, "User has been registered", &account);
}

enum status hcall_user_create(struct call *call) {
  const struct hcall_user_create_in *in = call->input;
  struct account_new new_account = {.tenant_id = call->tenant_id,
                                    .name = in->name,
                                    .email = in->email,
                                    .password = in->password,
                                    .role = in->role,
                                    .rule = PASSWORD_UPPER_LOWER_DIGIT,
                                    .language = LANGUAGE_ENGLISH,
                                    .by = ACCOUNT_BY_CALLER};
  struct account account;
  /* "Admin users can only create users with the user role": narrower than the desk's "below manager". */
  if (in->role != ROLE_CUSTOMER && call->who.role != ROLE_SUPER_ADMIN) {
    return problem_set(&call->ctx, &hcall_user_role);
  }
  TRY(account_create(&call->ctx, &new_account, &account));
  return hcall_say(call, "User has been created");
}

enum status hcall_user_delete(struct call *call) {
  const struct hcall_email_in *in = call->input;
  struct account account;
  TRY(account_by_email(&call->ctx, call->tenant_id, in->email, &account));
  TRY(account_delete(&call->ctx, account.id));
  return hcall_say(call, "User has been deleted");
}

/* ---- /user/fetch ---- */

static struct hcall_user user_of(struct arena *arena, const struct account *account) {
  return (struct hcall_user){.name = str_copy(arena, account->name),
                             .email = str_copy(arena, account->email),
                             .created_at = account->created_at,
                             .role = hcall_role_of(account->role)};
}

static enum status fetch_one(struct call *call, struct str email, int role) {
  struct account account;
  TRY(account_by_email(&call->ctx, call->tenant_id, email, &account));
  if (role != 0 && hcall_role_of(account.role) != (enum hcall_role)role) {
    return problem_set(&call->ctx, &hcall_no_users);
  }
  struct hcall_user *answer = ARENA_NEW(call->ctx.arena, struct hcall_user);
  *answer = user_of(call->ctx.arena, &account);
  return call_answer(call, 200, &hcall_user_out, answer);
}

static void filter_role(struct account_filter *filter, int role) {
  static const struct {
    int64_t from, to;
  } ranges[] = {[0] = {0, 0},
                [HCALL_USER] = {ROLE_CUSTOMER, ROLE_CUSTOMER},
                [HCALL_ADMIN] = {ROLE_TECHNICIAN, ROLE_MANAGER},
                [HCALL_MASTER] = {ROLE_SUPER_ADMIN, ROLE_SUPER_ADMIN}};
  filter->role_from = ranges[role].from;
  filter->role_to = ranges[role].to;
}

/* The whole list would be too much work for an I/O thread: it is told there only up to a size. */
static enum status fetch_list(struct call *call, struct account_filter *filter) {
  struct ctx *ctx = &call->ctx;
  bool pool = call->lane == LANE_POOL;
  size_t most = pool ? HCALL_LIST_MAX : HCALL_LIST_INLINE_MAX;
  filter->limit = (int64_t)most + 1;
  struct account *accounts = NULL;
  size_t count = 0;
  TRY(account_list(ctx, filter, &accounts, &count));
  if (count > most && !pool) {
    return STATUS_SLOW;
  }
  if (count == 0) {
    return problem_set(ctx, &hcall_no_users);
  }
  if (count > most) {
    count = most;
    char uuid[UUID_TEXT_SIZE];
    const char *role = word_of(hcall_role_words, hcall_role_of(accounts[0].role));
    call_header(call, "Link",
                str_format(ctx->arena, "</api/user/fetch?%s%s%safter=%s>; rel=\"next\"",
                           filter->role_from != 0 ? "role=" : "", filter->role_from != 0 ? role : "",
                           filter->role_from != 0 ? "&" : "", uuid_print(accounts[count - 1].uuid, uuid)));
  }
  struct hcall_users *answer = ARENA_NEW(ctx->arena, struct hcall_users);
  struct hcall_user *users = ARENA_ARRAY(ctx->arena, struct hcall_user, count);
  for (size_t i = 0; i < count; i++) {
    users[i] = (struct hcall_user){
        .name = accounts[i].name, .email = accounts[i].email, .role = hcall_role_of(accounts[i].role)};
  }
  answer->users = (struct list){users, count};
  return call_answer(call, 200, &hcall_users_out, answer);
}

enum status hcall_user_fetch(struct call *call) {
  struct ctx *ctx = &call->ctx;
  call_widen(call);
  const struct hcall_user_fetch_in *in = call->query;
  int role = 0;
  /* The document knows one answer for a role without users, and a role that does not exist has none. */
  if (in->role.len > 0 && word_value(hcall_role_words, in->role, false, &role) != STATUS_OK) {
    return problem_set(ctx, &hcall_no_users);
  }
  if (in->email.len > 0) {
    return fetch_one(call, in->email, role);
  }
  struct account_filter filter = {.tenant_id = call->tenant_id};
  filter_role(&filter, role);
  if (in->after.len > 0) {
    struct uuid uuid;
    struct account last;
    if (uuid_parse(in->after, &uuid) != STATUS_OK) {
      return problem_fault(ctx, STR("after"), STR("is not the id of a page"));
    }
    TRY(account_by_uuid(ctx, call->tenant_id, uuid, &last));
    filter.after_id = last.id;
  }
  return fetch_list(call, &filter);
}
