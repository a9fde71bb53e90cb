#include "desk/account/account.h"

#include <string.h>

#include "db/db.h"
#include "desk/account/account_rows.h"
#include "desk/customer/customer.h"
#include "desk/event/event.h"
#include "desk/session/session.h"
#include "desk/statements.h"
#include "desk/team/team.h"
#include "desk/technician/technician.h"
#include "desk/tenant/tenant.h"

enum { NAME_MAX_CHARACTERS = 255, AVATAR_MAX_BYTES = 2048 };

const struct problem_kind account_not_found = {STATUS_NOT_FOUND, "account_not_found",
                                               "There is no such account."};
const struct problem_kind account_email_taken = {STATUS_DUPLICATE, "email_taken",
                                                 "This e-mail address belongs to an account already."};
const struct problem_kind account_weak_password = {STATUS_INVALID, "weak_password",
                                                   "This password is too weak."};
const struct problem_kind account_role_forbidden = {STATUS_FORBIDDEN, "role_forbidden",
                                                    "You may not make or change an account of this role."};
const struct problem_kind account_master_exists = {STATUS_STATE, "master_exists",
                                                   "There is an active super administrator already."};
const struct problem_kind account_last_super_admin = {
    STATUS_STATE, "last_super_admin", "The last active super administrator stays. Make another one first."};

/* ---- making ---- */

enum status account_first_staff(struct ctx *ctx, int64_t tenant_id, bool *yes) {
  bool staffed = true;
  if (tenant_id == TENANT_OPERATOR) {
    TRY(account_active_exists(ctx, tenant_id, ROLE_TECHNICIAN, ROLE_SUPER_ADMIN, 0, &staffed));
  }
  *yes = !staffed;
  return STATUS_OK;
}

/* May this account be made at all? What it finds in the store holds only where the tenant is locked. */
static enum status check_authority(struct ctx *ctx, const struct account_new *new_account) {
  bool yes = false;
  switch (new_account->by) {
    case ACCOUNT_BY_CALLER:
      TRY(access_check(ctx, MAY_ACCOUNT_WRITE));
      yes = access_may_write_role(ctx->who, new_account->role) &&
            (ctx->who->tenant_id == new_account->tenant_id || ctx->who->operator_staff);
      break;
    case ACCOUNT_SELF_REGISTERED:
      yes = !role_is_staff(new_account->role);
      if (!yes) {
        TRY(account_first_staff(ctx, new_account->tenant_id, &yes));
      }
      break;
    case ACCOUNT_FIRST_MASTER:
      TRY(account_active_exists(ctx, new_account->tenant_id, ROLE_SUPER_ADMIN, ROLE_SUPER_ADMIN, 0, &yes));
      return yes ? problem_set(ctx, &account_master_exists) : STATUS_OK;
    case ACCOUNT_BY_OPERATOR:
      yes = true;
      break;
  }
  return yes ? STATUS_OK : problem_set(ctx, &account_role_forbidden);
}

static bool decides_on_tenant(const struct account_new *new_account) {
  return new_account->check != NULL || new_account->by == ACCOUNT_FIRST_MASTER ||
         (new_account->by == ACCOUNT_SELF_REGISTERED && role_is_staff(new_account->role));
}

static enum status check_tenant(struct ctx *ctx, int64_t tenant_id) {
  struct tenant tenant;
  TRY(tenant_get(ctx, tenant_id, &tenant));
  return tenant.is_active ? STATUS_OK : problem_set(ctx, &tenant_inactive);
}

static struct str password_fault(enum password_rule rule) {
  switch (rule) {
    case PASSWORD_UPPER_LOWER_DIGIT:
      return STR("must have at least 8 characters, with an upper-case and a lower-case letter and a digit");
    case PASSWORD_UPPER_LOWER_SPECIAL:
      return STR(
          "must have at least 8 characters, with an upper-case and a lower-case letter and a special "
          "character");
    default:
      return STR("must have at least 8 characters and at most 1,024 bytes");
  }
}

enum status account_weak(struct ctx *ctx, enum password_rule rule) {
  enum status status = problem_set(ctx, &account_weak_password);
  (void)problem_fault(ctx, STR("password"), password_fault(rule)); /* adds to the kind that is set */
  return status;
}

static bool avatar_fits(struct str avatar) {
  static const char *const starts[] = {"https://", "http://", "/api/files/", "/v1/api/files/"};
  if (avatar.len > AVATAR_MAX_BYTES || !str_utf8(avatar) || str_has_control(avatar) ||
      str_find(avatar, ' ') < avatar.len || str_find(avatar, '\n') < avatar.len ||
      str_find(avatar, '\t') < avatar.len) {
    return false;
  }
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
    size_t len = strlen(starts[i]);
    if (str_starts(avatar, starts[i]) && avatar.len > len && avatar.at[len] != '/') {
      return true;
    }
  }
  return false;
}

const char *account_avatar_fault(struct str avatar) {
  return avatar_fits(avatar) ? NULL : "must be an http or https address, or that of an upload";
}

enum status account_check_words(struct ctx *ctx, const struct account_words *words) {
  enum status status = STATUS_OK;
  if (words->name != NULL) {
    status = problem_check_text(ctx, "name", *words->name, true, NAME_MAX_CHARACTERS);
  }
  if (words->email != NULL && !email_is_valid(*words->email)) {
    status = problem_fault(ctx, STR("email"), STR("is not an e-mail address"));
  }
  if (words->phone != NULL &&
      problem_check_text(ctx, "phone", *words->phone, false, NAME_MAX_CHARACTERS) != STATUS_OK) {
    status = STATUS_INVALID;
  }
  if (words->avatar != NULL && words->avatar->at != NULL && account_avatar_fault(*words->avatar) != NULL) {
    status = problem_fault(ctx, STR("avatar"), str_of(account_avatar_fault(*words->avatar)));
  }
  return status;
}

/* All faults at once; a weak password alone is its own kind, because dialects have a text for it. */
static enum status check_fields(struct ctx *ctx, const struct account_new *new_account) {
  enum status status = account_check_words(ctx, &(struct account_words){.name = &new_account->name,
                                                                        .email = &new_account->email,
                                                                        .phone = &new_account->phone,
                                                                        .avatar = &new_account->avatar});
  if (role_name(new_account->role) == NULL) {
    status = problem_fault(ctx, STR("role"), STR("is not a role"));
  }
  if (new_account->password.at != NULL && !password_fits(new_account->password, new_account->rule)) {
    status = account_weak(ctx, new_account->rule);
  }
  return status;
}

enum status account_check_email_free(struct ctx *ctx, int64_t tenant_id, struct str email_folded) {
  struct account_by_email_in in = {.tenant_id = tenant_id, .email_folded = email_folded};
  struct account_row row;
  enum status status = sql_account_by_email(ctx, &in, &row);
  if (status == STATUS_OK) {
    return problem_set(ctx, &account_email_taken);
  }
  return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status tell(struct ctx *ctx, enum event_kind kind, const struct account *account) {
  struct event event = {
      .tenant_id = account->tenant_id, .kind = kind, .account_id = account->id, .created_at = ctx->now_us};
  return event_add(ctx, &event);
}

static enum status check_more(struct ctx *ctx, const struct account_new *new_account) {
  return new_account->check != NULL ? new_account->check(ctx, new_account->with_arg) : STATUS_OK;
}

struct creation {
  const struct account_new *new_account; /* with the role that is to be */
  struct str password_hash;
  struct account account; /* all but its id filled in before */
};

static enum status create_in_transaction(struct ctx *ctx, void *arg) {
  struct creation *creation = arg;
  const struct account_new *new_account = creation->new_account;
  struct account *account = &creation->account;
  if (decides_on_tenant(new_account)) {
    TRY(tenant_lock(ctx, account->tenant_id));
  }
  TRY(check_authority(ctx, new_account));
  struct account_insert_in in = {
      .tenant_id = account->tenant_id,
      .uuid = account->uuid,
      .name = account->name,
      .name_folded = str_fold(ctx->arena, account->name),
      .email = account->email,
      .email_folded = str_fold(ctx->arena, account->email),
      .phone = account->phone,
      .avatar = account->avatar,
      .role = account->role,
      .password_hash = creation->password_hash,
      .must_change_password = account->must_change_password,
      .language = account->language,
      .created_at = account->created_at,
  };
  TRY(account_check_email_free(ctx, account->tenant_id, in.email_folded));
  TRY(check_more(ctx, new_account));
  struct account_insert_row row;
  enum status status = sql_account_insert(ctx, &in, &row);
  if (status == STATUS_DUPLICATE) {
    return problem_set(ctx, &account_email_taken); /* somebody was faster by a moment */
  }
  TRY(status);
  account->id = row.id;
  TRY(account_count_add(ctx, account, 1));
  TRY(tell(ctx, EVENT_ACCOUNT_CREATED, account));
  return new_account->with != NULL ? new_account->with(ctx, account, new_account->with_arg) : STATUS_OK;
}

enum status account_create(struct ctx *ctx, const struct account_new *new_account, struct account *out) {
  struct account_new wanted = *new_account;
  if (wanted.by == ACCOUNT_FIRST_MASTER) {
    wanted.role = ROLE_SUPER_ADMIN;
  }
  /* Everything is looked at once before the slow hash, so that a refusal costs little. */
  TRY(check_tenant(ctx, wanted.tenant_id));
  if (role_name(wanted.role) != NULL) {
    TRY(check_authority(ctx, &wanted));
  }
  TRY(check_fields(ctx, &wanted));
  TRY(account_check_email_free(ctx, wanted.tenant_id, str_fold(ctx->arena, wanted.email)));
  TRY(check_more(ctx, &wanted));
  struct creation creation = {
      .new_account = &wanted,
      .account = {
          .tenant_id = wanted.tenant_id,
          .uuid = uuid_v7(ctx->now_us),
          .name = str_copy(ctx->arena, wanted.name),
          .email = str_copy(ctx->arena, wanted.email),
          .phone = str_copy(ctx->arena, wanted.phone),
          .avatar = str_copy(ctx->arena, wanted.avatar),
          .role = (int)wanted.role,
          .is_active = true,
          .must_change_password = wanted.must_change_password,
          .language = wanted.language == LANGUAGE_INDONESIAN ? LANGUAGE_INDONESIAN : LANGUAGE_ENGLISH,
          .created_at = ctx->now_us,
          .updated_at = ctx->now_us,
      }};
  if (wanted.password.at != NULL) {
    TRY(password_hash(ctx, wanted.password, &creation.password_hash));
  }
  TRY(db_write(ctx, create_in_transaction, &creation));
  *out = creation.account;
  return STATUS_OK;
}

/* ---- changing ---- */

/* The account with its tenant locked, so that two of these commands at once can't each leave the other's
 * super_admin as the last. A caller must be allowed to write it; without one it is the command line. */
static enum status hold_for_change(struct ctx *ctx, int64_t account_id, struct account *out) {
  if (ctx->who != NULL) {
    TRY(access_check(ctx, MAY_ACCOUNT_WRITE));
  }
  struct account account;
  TRY(account_anywhere(ctx, account_id, &account));
  if (ctx->who != NULL && ctx->who->tenant_id != account.tenant_id && !ctx->who->operator_staff) {
    return problem_set(ctx, &account_not_found);
  }
  TRY(tenant_lock(ctx, account.tenant_id));
  TRY(account_anywhere(ctx, account_id, &account));
  if (ctx->who != NULL && !access_may_write_role(ctx->who, (enum role)account.role)) {
    return problem_set(ctx, &account_role_forbidden);
  }
  *out = account;
  return STATUS_OK;
}

enum status account_check_not_last(struct ctx *ctx, const struct account *account) {
  if (account->role != ROLE_SUPER_ADMIN || !account->is_active) {
    return STATUS_OK;
  }
  bool another = false;
  TRY(account_active_exists(ctx, account->tenant_id, ROLE_SUPER_ADMIN, ROLE_SUPER_ADMIN, account->id,
                            &another));
  return another ? STATUS_OK : problem_set(ctx, &account_last_super_admin);
}

enum status account_tell_changed(struct ctx *ctx, const struct account *account) {
  return tell(ctx, EVENT_ACCOUNT_CHANGED, account);
}

/* What follows every change that ends sign-ins. */
static enum status changed_and_out(struct ctx *ctx, const struct account *account, int64_t keep_session) {
  TRY(session_end_account(ctx, account->id, keep_session));
  return account_tell_changed(ctx, account);
}

static enum status remove_row(struct ctx *ctx, const struct account *account) {
  struct account_remove_in in = {.id = account->id, .now = ctx->now_us};
  int64_t changed = 0;
  TRY(sql_account_remove(ctx, &in, &changed));
  if (changed == 0) {
    return problem_set(ctx, &account_not_found);
  }
  TRY(account_count_add(ctx, account, -1));
  TRY(team_leave(ctx, account));
  TRY(customer_leave(ctx, account));
  TRY(technician_leave(ctx, account));
  return changed_and_out(ctx, account, 0);
}

static enum status delete_in_transaction(struct ctx *ctx, void *arg) {
  const int64_t *account_id = arg;
  TRY(access_check(ctx, MAY_ACCOUNT_WRITE));
  struct account account;
  TRY(hold_for_change(ctx, *account_id, &account));
  if (account.id == ctx->who->account_id) {
    return problem_set(ctx, &account_role_forbidden);
  }
  TRY(account_check_not_last(ctx, &account));
  return remove_row(ctx, &account);
}

enum status account_delete(struct ctx *ctx, int64_t account_id) {
  return db_write(ctx, delete_in_transaction, &account_id);
}

static enum status delete_self_in_transaction(struct ctx *ctx, void *arg) {
  const struct account *proved = arg;
  TRY(tenant_lock(ctx, proved->tenant_id));
  /* As it is now: the counters must not be told what it was when it was proved. */
  struct account account;
  TRY(account_anywhere(ctx, proved->id, &account));
  return remove_row(ctx, &account);
}

enum status account_delete_self(struct ctx *ctx, const struct account *account) {
  if (account->role != ROLE_SUPER_ADMIN) {
    return problem_set(ctx, &account_role_forbidden);
  }
  struct account copy = *account;
  return db_write(ctx, delete_self_in_transaction, &copy);
}

static enum status disable_in_transaction(struct ctx *ctx, void *arg) {
  const int64_t *account_id = arg;
  struct account account;
  TRY(hold_for_change(ctx, *account_id, &account));
  TRY(account_check_not_last(ctx, &account));
  struct account_deactivate_in in = {.id = account.id, .now = ctx->now_us};
  TRY(sql_account_deactivate(ctx, &in, NULL));
  struct account after = account;
  after.is_active = false;
  TRY(account_count_move(ctx, &account, &after));
  return changed_and_out(ctx, &account, 0);
}

enum status account_disable(struct ctx *ctx, int64_t account_id) {
  return db_write(ctx, disable_in_transaction, &account_id);
}

struct role_change {
  int64_t account_id;
  enum role role;
};

static enum status set_role_in_transaction(struct ctx *ctx, void *arg) {
  const struct role_change *change = arg;
  struct account account;
  TRY(hold_for_change(ctx, change->account_id, &account));
  if (ctx->who != NULL && !access_may_write_role(ctx->who, change->role)) {
    return problem_set(ctx, &account_role_forbidden);
  }
  if (account.role == (int)change->role) {
    return STATUS_OK;
  }
  TRY(account_check_not_last(ctx, &account));
  struct account_change_role_in in = {.id = account.id, .role = change->role, .now = ctx->now_us};
  TRY(sql_account_change_role(ctx, &in, NULL));
  struct account after = account;
  after.role = (int)change->role;
  TRY(account_count_move(ctx, &account, &after));
  return changed_and_out(ctx, &account, 0);
}

enum status account_set_role(struct ctx *ctx, int64_t account_id, enum role role) {
  if (role_name(role) == NULL) {
    return problem_fault(ctx, STR("role"), STR("is not a role"));
  }
  return db_write(ctx, set_role_in_transaction, &(struct role_change){account_id, role});
}

struct password_change {
  int64_t account_id;
  int64_t keep_session;
  struct str hash;
};

/* One's own password, or that of an account one may write; without a caller, the command line's choice. */
static enum status check_password_of(struct ctx *ctx, int64_t account_id, struct account *out) {
  struct account account;
  if (ctx->who == NULL || ctx->who->account_id == account_id) {
    TRY(account_anywhere(ctx, account_id, &account));
  } else {
    TRY(access_check(ctx, MAY_ACCOUNT_WRITE));
    TRY(account_anywhere(ctx, account_id, &account));
    if (ctx->who->tenant_id != account.tenant_id && !ctx->who->operator_staff) {
      return problem_set(ctx, &account_not_found);
    }
    if (!access_may_write_role(ctx->who, (enum role)account.role)) {
      return problem_set(ctx, &account_role_forbidden);
    }
  }
  *out = account;
  return STATUS_OK;
}

enum status account_put_hash(struct ctx *ctx, const struct account *account, struct str hash,
                             int64_t keep_session) {
  /* The row first: a sign-in with the old password that holds it is then ended with the others. */
  struct account_change_password_in in = {.id = account->id, .password_hash = hash, .now = ctx->now_us};
  int64_t changed = 0;
  TRY(sql_account_change_password(ctx, &in, &changed));
  if (changed == 0) {
    return problem_set(ctx, &account_not_found);
  }
  TRY(sql_password_link_drop(ctx, &(struct password_link_drop_in){account->id}, NULL));
  return changed_and_out(ctx, account, keep_session);
}

static enum status set_password_in_transaction(struct ctx *ctx, void *arg) {
  const struct password_change *change = arg;
  struct account account;
  TRY(check_password_of(ctx, change->account_id, &account));
  return account_put_hash(ctx, &account, change->hash, change->keep_session);
}

enum status account_set_password(struct ctx *ctx, int64_t account_id, struct str password,
                                 enum password_rule rule, int64_t keep_session) {
  struct account account;
  TRY(check_password_of(ctx, account_id, &account));
  if (!password_fits(password, rule)) {
    return account_weak(ctx, rule);
  }
  struct password_change change = {.account_id = account_id, .keep_session = keep_session};
  TRY(password_hash(ctx, password, &change.hash));
  return db_write(ctx, set_password_in_transaction, &change);
}
