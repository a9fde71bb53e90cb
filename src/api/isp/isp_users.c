#include "api/isp/isp_people.h"

/* Accounts, as managers see them and as everybody sees themself. */

/* ---- what the subjects of people share ---- */

enum status isp_answer_one(struct call *call, int http, const struct fields *envelope, const void *one) {
  struct isp_one *answer = ARENA_NEW(call->ctx.arena, struct isp_one);
  answer->one = one;
  return isp_answer(call, http, envelope, answer);
}

enum status isp_answer_many(struct call *call, const struct fields *envelope, struct list many,
                            const struct isp_page *page, int64_t total) {
  struct isp_many *answer = ARENA_NEW(call->ctx.arena, struct isp_many);
  *answer = (struct isp_many){many, isp_pagination(call, page, total)};
  return isp_answer(call, 200, envelope, answer);
}

struct isp_user isp_user_of(struct call *call, const struct account *account) {
  static const struct uuid none = {{0}};
  struct isp_profile *profile = ARENA_NEW(call->ctx.arena, struct isp_profile);
  *profile = (struct isp_profile){
      .full_name = account->name,
      .phone = account->phone,
      .avatar = account->avatar,
      .customer_id = account->role == ROLE_CUSTOMER ? account->uuid : none,
      .technician_id = account->role == ROLE_TECHNICIAN ? account->uuid : none,
  };
  return (struct isp_user){
      .id = account->uuid,
      .email = account->email,
      .role = account->role,
      .is_active = account->is_active,
      .profile = profile,
      .created_at = account->created_at,
      .updated_at = account->updated_at,
  };
}

static enum status answer_user(struct call *call, int http, const struct account *account) {
  struct isp_user *user = ARENA_NEW(call->ctx.arena, struct isp_user);
  *user = isp_user_of(call, account);
  return isp_answer_one(call, http, &isp_user_out, user);
}

/* ---- lists ---- */

enum status isp_user_list(struct call *call) {
  const struct isp_users_in *in = call->query;
  /* A part of a name is looked for in all names of the tenant: not on an I/O thread. */
  if (in->search.len > 0 && call->lane != LANE_POOL) {
    return STATUS_SLOW;
  }
  struct account_search search = {.role = (enum role)in->role,
                                  .text = in->search,
                                  .skip = isp_skip(&in->page),
                                  .limit = isp_limit(&in->page)};
  if (field_present(&isp_users_in, in, "is_active")) {
    search.active = in->is_active ? ACCOUNT_ACTIVE : ACCOUNT_INACTIVE;
  }
  struct account *accounts = NULL;
  size_t count = 0;
  int64_t total = 0;
  TRY(account_find(&call->ctx, &search, &accounts, &count, &total));
  struct isp_user *users = ARENA_ARRAY(call->ctx.arena, struct isp_user, count);
  for (size_t i = 0; i < count; i++) {
    users[i] = isp_user_of(call, &accounts[i]);
  }
  return isp_answer_many(call, &isp_users_out, (struct list){users, count}, &in->page, total);
}

/* ---- one ---- */

static enum status create(struct call *call, const struct account_new *new_account,
                          const struct isp_profile_in *profile, struct account *out) {
  if (new_account->role != ROLE_TECHNICIAN) {
    return account_create(&call->ctx, new_account, out);
  }
  struct technician_change work = {.has_employee_id = true,
                                   .has_skills = true,
                                   .has_areas = true,
                                   .employee_id = profile->employee_id,
                                   .skills = profile->skills.at,
                                   .skill_count = profile->skills.count,
                                   .areas = profile->service_areas.at,
                                   .area_count = profile->service_areas.count};
  struct technician technician;
  TRY(technician_create(&call->ctx, new_account, &work, &technician));
  *out = technician.account;
  return STATUS_OK;
}

enum status isp_user_create(struct call *call) {
  const struct isp_user_in *in = call->input;
  struct account_new new_account = {.tenant_id = call->tenant_id,
                                    .name = in->profile->full_name,
                                    .email = in->email,
                                    .password = in->password,
                                    .phone = in->profile->phone,
                                    .avatar = in->profile->avatar,
                                    .role = (enum role)in->role,
                                    .rule = PASSWORD_LONG_ENOUGH,
                                    .language = LANGUAGE_ENGLISH,
                                    .by = ACCOUNT_BY_CALLER};
  struct account account;
  TRY(create(call, &new_account, in->profile, &account));
  return answer_user(call, 201, &account);
}

enum status isp_user_get(struct call *call) {
  struct uuid id;
  TRY(isp_id(call, 0, &id));
  struct account account;
  TRY(account_read(&call->ctx, id, &account));
  return answer_user(call, 200, &account);
}

enum status isp_user_update(struct call *call) {
  const struct isp_user_change_in *in = call->input;
  const struct isp_profile_in *profile = in->profile;
  struct uuid id;
  TRY(isp_id(call, 0, &id));
  struct account_change change = {
      .has_email = in->email.at != NULL,
      .has_role = in->role != 0,
      .has_active = field_present(&isp_user_change_in, in, "is_active"),
      .email = in->email,
      .role = (enum role)in->role,
      .is_active = in->is_active,
  };
  if (profile != NULL) {
    change.has_name = profile->full_name.at != NULL;
    change.has_phone = profile->phone.at != NULL;
    change.has_avatar = field_present(&isp_profile_change_in, profile, "avatar");
    change.name = profile->full_name;
    change.phone = profile->phone;
    change.avatar = profile->avatar;
  }
  struct account account;
  TRY(account_update(&call->ctx, id, &change, &account));
  return answer_user(call, 200, &account);
}

enum status isp_user_delete(struct call *call) {
  struct uuid id;
  TRY(isp_id(call, 0, &id));
  struct account_change change = {.has_active = true, .is_active = false};
  struct account account;
  TRY(account_update(&call->ctx, id, &change, &account));
  return isp_say(call, "The account is deactivated");
}
