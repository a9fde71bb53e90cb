#include "desk/team/team_rows.h"

#include "desk/statements.h"

void team_from_row(const struct team_row *row, struct team *out) {
  *out = (struct team){
      .id = row->id,
      .tenant_id = row->tenant_id,
      .uuid = row->uuid,
      .name = row->name,
      .code = row->code,
      .is_active = row->is_active,
      .created_at = row->created_at,
      .updated_at = row->updated_at,
  };
}

enum status team_by_uuid(struct ctx *ctx, int64_t tenant_id, struct uuid uuid, struct team *out) {
  struct team_row row;
  enum status status = sql_team_by_uuid(ctx, &(struct team_by_uuid_in){tenant_id, uuid}, &row);
  if (status == STATUS_NOT_FOUND) {
    return problem_set(ctx, &team_not_found);
  }
  TRY(status);
  team_from_row(&row, out);
  return STATUS_OK;
}

enum status team_check_free(struct ctx *ctx, const struct team *team, int64_t but_account_id) {
  struct team_holder_row holder;
  enum status status = sql_team_holder(ctx, &(struct team_holder_in){team->tenant_id, team->id}, &holder);
  if (status == STATUS_NOT_FOUND || (status == STATUS_OK && holder.account_id == but_account_id)) {
    return STATUS_OK;
  }
  TRY(status);
  status = problem_set(ctx, &team_occupied);
  (void)problem_fault(ctx, STR("team"), holder.email); /* adds to the kind that is set */
  return status;
}

enum status team_of(struct ctx *ctx, const struct account *account, struct team *out) {
  struct team_row row;
  struct team_of_account_in in = {account->tenant_id, account->id};
  enum status status = sql_team_of_account(ctx, &in, &row);
  if (status == STATUS_NOT_FOUND) {
    *out = (struct team){0};
    return STATUS_OK;
  }
  TRY(status);
  team_from_row(&row, out);
  return STATUS_OK;
}

enum status team_leave(struct ctx *ctx, const struct account *account) {
  struct team_member_drop_in in = {account->tenant_id, account->id};
  return sql_team_member_drop(ctx, &in, NULL);
}
