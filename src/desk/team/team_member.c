#include "db/db.h"
#include "desk/event/event.h"
#include "desk/statements.h"
#include "desk/team/team_rows.h"
#include "desk/tenant/tenant.h"

/* People and their teams. */

const struct problem_kind team_role_taken = {STATUS_STATE, "role_taken",
                                             "There can be one account of this role, and there is one."};
const struct problem_kind team_member_stays = {STATUS_STATE, "super_admin_stays",
                                               "A super administrator is not deleted here."};

bool team_is_needed(enum role role) {
  return role != ROLE_SUPER_ADMIN;
}

/* ---- reading ---- */

struct page {
  struct team_member *members; /* newest first */
  size_t count;
};

static enum status put_team(struct ctx *ctx, void *arg, const void *row_pointer) {
  const struct team_of_accounts_row *row = row_pointer;
  const struct page *page = arg;
  for (size_t i = 0; i < page->count; i++) {
    if (page->members[i].account.id == row->account_id) {
      page->members[i].team = (struct team){
          .id = row->id,
          .tenant_id = row->tenant_id,
          .uuid = row->uuid,
          .name = str_copy(ctx->arena, row->name),
          .code = str_copy(ctx->arena, row->code),
          .is_active = row->is_active,
          .created_at = row->created_at,
          .updated_at = row->updated_at,
      };
    }
  }
  return STATUS_OK;
}

enum status team_members(struct ctx *ctx, int64_t skip, int64_t limit, struct team_member **out,
                         size_t *count, int64_t *total) {
  struct account_search search = {.role_below = ROLE_SUPER_ADMIN, .skip = skip, .limit = limit};
  struct account *accounts = NULL;
  size_t found = 0;
  int64_t in_all = 0;
  TRY(account_find(ctx, &search, &accounts, &found, &in_all));
  struct page page = {ARENA_ARRAY(ctx->arena, struct team_member, found), found};
  for (size_t i = 0; i < found; i++) {
    page.members[i].account = accounts[i];
  }
  if (found > 0) {
    struct team_of_accounts_in in = {
        .tenant_id = ctx->who->tenant_id, .from_id = accounts[found - 1].id, .to_id = accounts[0].id};
    TRY(sql_team_of_accounts_each(ctx, &in, put_team, &page));
  }
  *out = page.members;
  *count = found;
  *total = in_all;
  return STATUS_OK;
}

/* ---- what a role and a team ask for ---- */

/* A tenant has one manager and one super_admin: at most so many of the role may be there. */
static enum status check_single(struct ctx *ctx, int64_t tenant_id, enum role role, int64_t most) {
  if (role < ROLE_MANAGER) {
    return STATUS_OK;
  }
  int64_t accounts = 0;
  TRY(account_total(ctx, tenant_id, role, ACCOUNT_ANY, &accounts));
  return accounts > most ? problem_set(ctx, &team_role_taken) : STATUS_OK;
}

/* The team, which no account but this one (0: none) has. */
static enum status find_free(struct ctx *ctx, int64_t tenant_id, struct uuid uuid, int64_t account_id,
                             struct team *out) {
  struct team team;
  enum status status = team_by_uuid(ctx, tenant_id, uuid, &team);
  if (status == STATUS_NOT_FOUND) {
    problem_clear(ctx);
    return problem_fault(ctx, STR("team"), STR("is no team"));
  }
  TRY(status);
  TRY(team_check_free(ctx, &team, account_id));
  *out = team;
  return STATUS_OK;
}

static enum status join(struct ctx *ctx, const struct account *account, const struct team *team) {
  struct team_member_put_in in = {account->tenant_id, account->id, team->id};
  return sql_team_member_put(ctx, &in, NULL);
}

static enum status missing(struct ctx *ctx) {
  return problem_fault(ctx, STR("team"), STR("is required"));
}

/* ---- registering ---- */

struct registration {
  const struct account_new *new_account;
  struct uuid team_uuid;
  struct team team;
};

static enum status check_registration(struct ctx *ctx, void *arg) {
  struct registration *registration = arg;
  const struct account_new *new_account = registration->new_account;
  TRY(check_single(ctx, new_account->tenant_id, new_account->role, 0));
  if (uuid_is_none(registration->team_uuid)) {
    return team_is_needed(new_account->role) ? missing(ctx) : STATUS_OK;
  }
  return find_free(ctx, new_account->tenant_id, registration->team_uuid, 0, &registration->team);
}

static enum status join_and_invite(struct ctx *ctx, const struct account *account, void *arg) {
  const struct registration *registration = arg;
  if (registration->team.id != 0) {
    TRY(join(ctx, account, &registration->team));
  }
  bool invited = registration->new_account->password.at == NULL;
  return invited ? account_invite(ctx, account->tenant_id, account->id) : STATUS_OK;
}

enum status team_register(struct ctx *ctx, const struct account_new *new_account, struct uuid team,
                          struct team_member *out) {
  struct registration registration = {.new_account = new_account, .team_uuid = team};
  struct account_new wanted = *new_account;
  wanted.check = check_registration;
  wanted.with = join_and_invite;
  wanted.with_arg = &registration;
  struct team_member member = {0};
  TRY(account_create(ctx, &wanted, &member.account));
  member.team = registration.team;
  *out = member;
  return STATUS_OK;
}

/* ---- changing ---- */

struct member_update {
  struct uuid uuid;
  const struct team_member_change *change;
  struct team_member after;
};

static enum status tell_moved(struct ctx *ctx, const struct account *account) {
  struct event event = {.tenant_id = account->tenant_id,
                        .kind = EVENT_ACCOUNT_CHANGED,
                        .account_id = account->id,
                        .created_at = ctx->now_us};
  return event_add(ctx, &event);
}

/* The team after the change. */
static enum status change_team(struct ctx *ctx, const struct account *account, struct uuid wanted,
                               bool new_role, struct team *out) {
  struct team before;
  TRY(team_of(ctx, account, &before));
  if (uuid_is_none(wanted) || uuid_equal(wanted, before.uuid)) {
    *out = before;
    return new_role && before.id == 0 && team_is_needed((enum role)account->role) ? missing(ctx) : STATUS_OK;
  }
  TRY(find_free(ctx, account->tenant_id, wanted, account->id, out));
  TRY(join(ctx, account, out));
  return tell_moved(ctx, account);
}

static enum status update_in_transaction(struct ctx *ctx, void *arg) {
  struct member_update *update = arg;
  struct account_change change = update->change->account;
  struct account before;
  struct team_member after;
  TRY(tenant_lock(ctx, ctx->who->tenant_id));
  TRY(account_read(ctx, update->uuid, &before));
  if (!access_may_write_role(ctx->who, (enum role)before.role)) {
    return problem_set(ctx, &account_role_forbidden);
  }
  if ((update->change->same_roles & (1u << before.role)) != 0) {
    change.has_role = false;
  }
  TRY(account_update(ctx, update->uuid, &change, &after.account));
  bool new_role = after.account.role != before.role;
  if (new_role) {
    TRY(check_single(ctx, after.account.tenant_id, (enum role)after.account.role, 1)); /* it is one of them */
  }
  TRY(change_team(ctx, &after.account, update->change->team, new_role, &after.team));
  update->after = after;
  return STATUS_OK;
}

enum status team_member_update(struct ctx *ctx, struct uuid account, const struct team_member_change *change,
                               struct team_member *out) {
  TRY(access_check(ctx, MAY_ACCOUNT_WRITE));
  struct member_update update = {.uuid = account, .change = change};
  TRY(db_write(ctx, update_in_transaction, &update));
  *out = update.after;
  return STATUS_OK;
}

static enum status delete_in_transaction(struct ctx *ctx, void *arg) {
  const struct uuid *uuid = arg;
  struct account account;
  TRY(tenant_lock(ctx, ctx->who->tenant_id));
  TRY(account_read(ctx, *uuid, &account));
  if (account.role == ROLE_SUPER_ADMIN) {
    return problem_set(ctx, &team_member_stays);
  }
  return account_delete(ctx, account.id);
}

enum status team_member_delete(struct ctx *ctx, struct uuid account) {
  TRY(access_check(ctx, MAY_ACCOUNT_WRITE));
  return db_write(ctx, delete_in_transaction, &account);
}
