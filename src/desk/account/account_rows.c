#include "desk/account/account_rows.h"

#include "desk/statements.h"

enum { LIST_MAX = 10001 };

void account_from_row(const struct account_row *row, struct account *out) {
  *out = (struct account){
      .id = row->id,
      .tenant_id = row->tenant_id,
      .uuid = row->uuid,
      .name = row->name,
      .email = row->email,
      .phone = row->phone,
      .avatar = row->avatar,
      .role = (int)row->role,
      .is_active = row->is_active,
      .must_change_password = row->must_change_password,
      .language = (int)row->language,
      .created_at = row->created_at,
      .updated_at = row->updated_at,
  };
}

static enum status found(struct ctx *ctx, enum status status, const struct account_row *row,
                         struct account *out) {
  if (status == STATUS_NOT_FOUND) {
    return problem_set(ctx, &account_not_found);
  }
  TRY(status);
  account_from_row(row, out);
  return STATUS_OK;
}

enum status account_anywhere(struct ctx *ctx, int64_t id, struct account *out) {
  struct account_row row;
  return found(ctx, sql_account_anywhere(ctx, &(struct account_anywhere_in){id}, &row), &row, out);
}

enum status account_by_id(struct ctx *ctx, int64_t tenant_id, int64_t id, struct account *out) {
  struct account_row row;
  struct account_by_id_in in = {.tenant_id = tenant_id, .id = id};
  return found(ctx, sql_account_by_id(ctx, &in, &row), &row, out);
}

enum status account_by_uuid(struct ctx *ctx, int64_t tenant_id, struct uuid uuid, struct account *out) {
  struct account_row row;
  struct account_by_uuid_in in = {.tenant_id = tenant_id, .uuid = uuid};
  return found(ctx, sql_account_by_uuid(ctx, &in, &row), &row, out);
}

enum status account_by_email(struct ctx *ctx, int64_t tenant_id, struct str email, struct account *out) {
  /* What can't be an address is nobody's, and need not be text a database takes. */
  if (!email_is_valid(email)) {
    return problem_set(ctx, &account_not_found);
  }
  struct account_row row;
  struct account_by_email_in in = {.tenant_id = tenant_id, .email_folded = str_fold(ctx->arena, email)};
  return found(ctx, sql_account_by_email(ctx, &in, &row), &row, out);
}

enum status account_list(struct ctx *ctx, const struct account_filter *filter, struct account **out,
                         size_t *count) {
  struct account_page_in in = {
      .tenant_id = filter->tenant_id, .after_id = filter->after_id, .limit = filter->limit};
  if (in.limit < 1 || in.limit > LIST_MAX) {
    return problem_fault(ctx, STR("limit"), STR("is out of range"));
  }
  int64_t from = filter->role_from > ROLE_CUSTOMER ? filter->role_from : ROLE_CUSTOMER;
  int64_t to = filter->role_to > 0 && filter->role_to < ROLE_COUNT ? filter->role_to : ROLE_COUNT - 1;
  /* All roles are no filter: one walk along the list's index instead of one for each role. */
  if (from != ROLE_CUSTOMER || to != ROLE_COUNT - 1) {
    if (from > to) {
      *out = NULL;
      *count = 0;
      return STATUS_OK;
    }
    for (int64_t role = from; role <= to; role++) {
      in.roles.values[in.roles.count++] = role;
    }
  }
  struct account_row *rows = NULL;
  size_t found_count = 0;
  TRY(sql_account_page_all(ctx, &in, (size_t)in.limit, &rows, &found_count));
  struct account *list = ARENA_ARRAY(ctx->arena, struct account, found_count);
  for (size_t i = 0; i < found_count; i++) {
    account_from_row(&rows[i], &list[i]);
  }
  *out = list;
  *count = found_count;
  return STATUS_OK;
}

enum status account_active_exists(struct ctx *ctx, int64_t tenant_id, enum role from, enum role to,
                                  int64_t but_id, bool *yes) {
  struct account_active_in_roles_in in = {
      .tenant_id = tenant_id, .role_from = from, .role_to = to, .but_id = but_id};
  struct account_active_in_roles_row row;
  enum status status = sql_account_active_in_roles(ctx, &in, &row);
  if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
    return status;
  }
  *yes = status == STATUS_OK;
  return STATUS_OK;
}

enum status account_password_hash(struct ctx *ctx, int64_t account_id, struct str *out) {
  struct account_hash_row row;
  enum status status = sql_account_hash(ctx, &(struct account_hash_in){account_id}, &row);
  if (status == STATUS_NOT_FOUND) {
    *out = STR_NONE;
    return STATUS_OK;
  }
  TRY(status);
  *out = row.password_hash;
  return STATUS_OK;
}

enum status account_first_passwords(struct ctx *ctx, int64_t limit, int64_t *total, struct str **emails,
                                    size_t *count) {
  struct account_must_change_total_row in_all;
  TRY(sql_account_must_change_total(ctx, &in_all));
  struct account_must_change_row *rows = NULL;
  size_t found_count = 0;
  struct account_must_change_in in = {limit};
  TRY(sql_account_must_change_all(ctx, &in, (size_t)limit, &rows, &found_count));
  struct str *list = ARENA_ARRAY(ctx->arena, struct str, found_count);
  for (size_t i = 0; i < found_count; i++) {
    list[i] = rows[i].email;
  }
  *total = in_all.accounts;
  *emails = list;
  *count = found_count;
  return STATUS_OK;
}

enum status account_count_add(struct ctx *ctx, const struct account *account, int64_t accounts) {
  struct account_count_add_in in = {.tenant_id = account->tenant_id,
                                    .role = account->role,
                                    .is_active = account->is_active,
                                    .accounts = accounts};
  return sql_account_count_add(ctx, &in, NULL);
}

/* Always in one order: two moves between the same counters at once must not wait for each other. */
enum status account_count_move(struct ctx *ctx, const struct account *before, const struct account *after) {
  if (before->role == after->role && before->is_active == after->is_active) {
    return STATUS_OK;
  }
  bool before_first = before->role != after->role ? before->role < after->role : after->is_active;
  if (before_first) {
    TRY(account_count_add(ctx, before, -1));
    return account_count_add(ctx, after, 1);
  }
  TRY(account_count_add(ctx, after, 1));
  return account_count_add(ctx, before, -1);
}

enum status account_total(struct ctx *ctx, int64_t tenant_id, enum role role, enum account_activity active,
                          int64_t *total) {
  struct account_count_sum_in in = {.tenant_id = tenant_id, .role = role, .active = active};
  struct account_count_sum_row row;
  TRY(sql_account_count_sum(ctx, &in, &row));
  *total = row.accounts;
  return STATUS_OK;
}
