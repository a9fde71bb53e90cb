#include "db/db.h"
#include "desk/account/account_rows.h"
#include "desk/session/session.h"
#include "desk/statements.h"
#include "desk/tenant/tenant.h"

/* People as managers see them, and what people and managers change about an account. */

enum { PAGE_MAX = 1000 };

enum status account_find(struct ctx *ctx, const struct account_search *search, struct account **out,
                         size_t *count, int64_t *total) {
  TRY(access_check(ctx, MAY_ACCOUNT_LIST));
  if (search->limit < 1 || search->limit > PAGE_MAX || search->skip < 0) {
    return problem_fault(ctx, STR("limit"), STR("is out of range"));
  }
  int64_t tenant_id = ctx->who->tenant_id;
  struct account_find_in in = {.tenant_id = tenant_id,
                               .role = search->role,
                               .role_below = search->role_below,
                               .active = search->active,
                               .text_like = str_like(ctx->arena, search->text),
                               .skip = search->skip,
                               .limit = search->limit};
  struct account_row *rows = NULL;
  size_t found = 0;
  TRY(sql_account_find_all(ctx, &in, (size_t)search->limit, &rows, &found));
  int64_t in_all = 0;
  if (in.text_like.at == NULL) {
    struct account_count_sum_in counted = {
        .tenant_id = tenant_id, .role = in.role, .role_below = in.role_below, .active = in.active};
    struct account_count_sum_row row;
    TRY(sql_account_count_sum(ctx, &counted, &row));
    in_all = row.accounts;
  } else {
    struct account_find_total_in counted = {.tenant_id = tenant_id,
                                            .role = in.role,
                                            .role_below = in.role_below,
                                            .active = in.active,
                                            .text_like = in.text_like};
    struct account_find_total_row row;
    TRY(sql_account_find_total(ctx, &counted, &row));
    in_all = row.accounts;
  }
  struct account *list = ARENA_ARRAY(ctx->arena, struct account, found);
  for (size_t i = 0; i < found; i++) {
    account_from_row(&rows[i], &list[i]);
  }
  *out = list;
  *count = found;
  *total = in_all;
  return STATUS_OK;
}

enum status account_read(struct ctx *ctx, struct uuid uuid, struct account *out) {
  TRY(access_check(ctx, MAY_PROFILE));
  const struct who *who = ctx->who;
  bool oneself = uuid_equal(uuid, who->uuid);
  if (!oneself && access_scope(who->role, MAY_ACCOUNT_LIST) == SCOPE_NONE) {
    return problem_set(ctx, &account_not_found);
  }
  return account_by_uuid(ctx, oneself ? who->home_tenant_id : who->tenant_id, uuid, out);
}

/* ---- changing ---- */

struct update {
  struct uuid uuid;
  const struct account_change *change;
  struct account after;
};

/* The account as the change makes it. */
static struct account changed(const struct account *before, const struct account_change *change) {
  struct account after = *before;
  if (change->has_name) {
    after.name = change->name;
  }
  if (change->has_phone) {
    after.phone = change->phone;
  }
  if (change->has_avatar) {
    after.avatar = change->avatar;
  }
  if (change->has_email) {
    after.email = change->email;
  }
  if (change->has_role) {
    after.role = (int)change->role;
  }
  if (change->has_active) {
    after.is_active = change->is_active;
  }
  return after;
}

static bool same_text(struct str a, struct str b) {
  return (a.at == NULL) == (b.at == NULL) && str_equal(a, b);
}

/* What only somebody above may change differs. */
static bool standing_differs(const struct account *a, const struct account *b) {
  return a->role != b->role || a->is_active != b->is_active || !str_equal(a->email, b->email);
}

static bool differs(const struct account *a, const struct account *b) {
  return standing_differs(a, b) || !str_equal(a->name, b->name) || !same_text(a->phone, b->phone) ||
         !same_text(a->avatar, b->avatar);
}

static enum status check_change(struct ctx *ctx, const struct account *before, const struct account *after) {
  bool oneself = before->id == ctx->who->account_id;
  bool above = !oneself && access_may_write_role(ctx->who, (enum role)before->role) &&
               access_may_write_role(ctx->who, (enum role)after->role);
  if (oneself ? standing_differs(before, after) : !above) {
    return problem_set(ctx, &account_role_forbidden);
  }
  bool no_longer = after->role != before->role || (before->is_active && !after->is_active);
  return no_longer ? account_check_not_last(ctx, before) : STATUS_OK;
}

/* Writes the row and what hangs on it. */
static enum status write_change(struct ctx *ctx, const struct account *before, const struct account *after) {
  struct account_set_in in = {.id = after->id,
                              .name = after->name,
                              .name_folded = str_fold(ctx->arena, after->name),
                              .email = after->email,
                              .email_folded = str_fold(ctx->arena, after->email),
                              .phone = after->phone,
                              .avatar = after->avatar,
                              .role = after->role,
                              .is_active = after->is_active,
                              .now = ctx->now_us};
  if (!str_equal(in.email_folded, str_fold(ctx->arena, before->email))) {
    TRY(account_check_email_free(ctx, before->tenant_id, in.email_folded));
    TRY(sql_password_link_drop(ctx, &(struct password_link_drop_in){after->id}, NULL));
  }
  enum status status = sql_account_set(ctx, &in, NULL);
  if (status == STATUS_DUPLICATE) {
    return problem_set(ctx, &account_email_taken); /* somebody was faster by a moment */
  }
  TRY(status);
  TRY(account_count_move(ctx, before, after));
  if (after->role != before->role || !after->is_active) {
    TRY(session_end_account(ctx, after->id, 0));
  }
  return account_tell_changed(ctx, after);
}

static enum status check_words(struct ctx *ctx, const struct account_change *change) {
  return account_check_words(ctx,
                             &(struct account_words){.name = change->has_name ? &change->name : NULL,
                                                     .email = change->has_email ? &change->email : NULL,
                                                     .phone = change->has_phone ? &change->phone : NULL,
                                                     .avatar = change->has_avatar ? &change->avatar : NULL});
}

static enum status write_if_changed(struct ctx *ctx, const struct account *before, struct account *after) {
  if (!differs(before, after)) {
    return STATUS_OK;
  }
  after->updated_at = ctx->now_us;
  return write_change(ctx, before, after);
}

enum status account_set_contact(struct ctx *ctx, const struct account *before,
                                const struct account_change *change, struct account *out) {
  TRY(check_words(ctx, change));
  struct account after = changed(before, change);
  TRY(write_if_changed(ctx, before, &after));
  *out = after;
  return STATUS_OK;
}

static enum status update_in_transaction(struct ctx *ctx, void *arg) {
  struct update *update = arg;
  struct account before;
  /* Two of these at once must not each leave the other's super_admin as the last. */
  bool oneself = uuid_equal(update->uuid, ctx->who->uuid);
  TRY(tenant_lock(ctx, oneself ? ctx->who->home_tenant_id : ctx->who->tenant_id));
  TRY(account_read(ctx, update->uuid, &before));
  struct account after = changed(&before, update->change);
  TRY(check_change(ctx, &before, &after));
  TRY(write_if_changed(ctx, &before, &after));
  update->after = after;
  return STATUS_OK;
}

enum status account_update(struct ctx *ctx, struct uuid uuid, const struct account_change *change,
                           struct account *out) {
  TRY(access_check(ctx, MAY_PROFILE));
  enum status status = check_words(ctx, change);
  if (change->has_role && role_name(change->role) == NULL) {
    status = problem_fault(ctx, STR("role"), STR("is not a role"));
  }
  TRY(status);
  struct update update = {.uuid = uuid, .change = change};
  TRY(db_write(ctx, update_in_transaction, &update));
  *out = update.after;
  return STATUS_OK;
}
