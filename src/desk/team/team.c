#include "desk/team/team.h"

#include "db/db.h"
#include "desk/statements.h"
#include "desk/team/team_rows.h"
#include "desk/tenant/tenant.h"

enum { WORD_MAX = 255, PAGE_MAX = 1000 };

const struct problem_kind team_not_found = {STATUS_NOT_FOUND, "team_not_found", "There is no such team."};
const struct problem_kind team_code_taken = {STATUS_DUPLICATE, "team_code_taken",
                                             "This code belongs to a team already."};
const struct problem_kind team_name_taken = {STATUS_DUPLICATE, "team_name_taken",
                                             "This name belongs to a team already."};
const struct problem_kind team_occupied = {STATUS_STATE, "team_occupied", "This team has an account."};

/* ---- reading ---- */

enum status team_get(struct ctx *ctx, struct uuid uuid, struct team *out) {
  TRY(access_check(ctx, MAY_SIGNED_IN));
  return team_by_uuid(ctx, ctx->who->tenant_id, uuid, out);
}

enum status team_list(struct ctx *ctx, int64_t skip, int64_t limit, struct team **out, size_t *count,
                      int64_t *total) {
  TRY(access_check(ctx, MAY_SIGNED_IN));
  if (limit < 1 || limit > PAGE_MAX || skip < 0) {
    return problem_fault(ctx, STR("limit"), STR("is out of range"));
  }
  struct team_page_in in = {.tenant_id = ctx->who->tenant_id, .skip = skip, .limit = limit};
  struct team_row *rows = NULL;
  size_t found = 0;
  TRY(sql_team_page_all(ctx, &in, (size_t)limit, &rows, &found));
  struct team_total_row in_all;
  TRY(sql_team_total(ctx, &(struct team_total_in){in.tenant_id}, &in_all));
  struct team *teams = ARENA_ARRAY(ctx->arena, struct team, found);
  for (size_t i = 0; i < found; i++) {
    team_from_row(&rows[i], &teams[i]);
  }
  *out = teams;
  *count = found;
  *total = in_all.teams;
  return STATUS_OK;
}

/* ---- writing ---- */

static enum status check_may_write(struct ctx *ctx) {
  TRY(access_check(ctx, MAY_ACCOUNT_WRITE));
  return access_scope(ctx->who->role, MAY_ACCOUNT_WRITE) == SCOPE_ALL ? STATUS_OK
                                                                      : problem_set(ctx, &access_forbidden);
}

/* All faults at once; NULL: not looked at. */
static enum status check_words(struct ctx *ctx, const struct str *name, const struct str *code) {
  enum status status = STATUS_OK;
  if (name != NULL) {
    status = problem_check_text(ctx, "name", *name, true, WORD_MAX);
  }
  if (code != NULL && problem_check_text(ctx, "code", *code, true, WORD_MAX) != STATUS_OK) {
    status = STATUS_INVALID;
  }
  return status;
}

/* As code and name are compared. */
static struct str folded(struct ctx *ctx, struct str word) {
  return str_fold(ctx->arena, str_trim(word));
}

/* No other team has the code or the name. The tenant is locked. */
static enum status check_unique(struct ctx *ctx, const struct team *team) {
  struct team_with_code_in code = {team->tenant_id, folded(ctx, team->code), team->id};
  struct team_with_code_row same_code;
  enum status status = sql_team_with_code(ctx, &code, &same_code);
  if (status != STATUS_NOT_FOUND) {
    return status == STATUS_OK ? problem_set(ctx, &team_code_taken) : status;
  }
  struct team_with_name_in name = {team->tenant_id, folded(ctx, team->name), team->id};
  struct team_with_name_row same_name;
  status = sql_team_with_name(ctx, &name, &same_name);
  if (status != STATUS_NOT_FOUND) {
    return status == STATUS_OK ? problem_set(ctx, &team_name_taken) : status;
  }
  return STATUS_OK;
}

static enum status create_in_transaction(struct ctx *ctx, void *arg) {
  struct team *team = arg;
  team->id = 0; /* of a run before this one */
  TRY(tenant_lock(ctx, team->tenant_id));
  TRY(check_unique(ctx, team));
  struct team_insert_in in = {.tenant_id = team->tenant_id,
                              .uuid = team->uuid,
                              .name = team->name,
                              .name_folded = folded(ctx, team->name),
                              .code = team->code,
                              .code_folded = folded(ctx, team->code),
                              .is_active = team->is_active,
                              .now = ctx->now_us};
  struct team_insert_row row;
  TRY(sql_team_insert(ctx, &in, &row));
  team->id = row.id;
  return STATUS_OK;
}

enum status team_create(struct ctx *ctx, const struct team_new *new_team, struct team *out) {
  TRY(check_may_write(ctx));
  TRY(check_words(ctx, &new_team->name, &new_team->code));
  struct team team = {.tenant_id = ctx->who->tenant_id,
                      .uuid = uuid_v7(ctx->now_us),
                      .name = new_team->name,
                      .code = new_team->code,
                      .is_active = new_team->is_active,
                      .created_at = ctx->now_us,
                      .updated_at = ctx->now_us};
  TRY(db_write(ctx, create_in_transaction, &team));
  *out = team;
  return STATUS_OK;
}

struct update {
  struct uuid uuid;
  const struct team_change *change;
  struct team after;
};

static struct team changed(const struct team *before, const struct team_change *change) {
  struct team after = *before;
  if (change->has_name) {
    after.name = change->name;
  }
  if (change->has_code) {
    after.code = change->code;
  }
  if (change->has_active) {
    after.is_active = change->is_active;
  }
  return after;
}

static enum status update_in_transaction(struct ctx *ctx, void *arg) {
  struct update *update = arg;
  struct team before;
  TRY(tenant_lock(ctx, ctx->who->tenant_id));
  TRY(team_get(ctx, update->uuid, &before));
  struct team after = changed(&before, update->change);
  if (!str_equal(after.name, before.name) || !str_equal(after.code, before.code) ||
      after.is_active != before.is_active) {
    TRY(check_unique(ctx, &after));
    after.updated_at = ctx->now_us;
    struct team_set_in in = {.tenant_id = after.tenant_id,
                             .id = after.id,
                             .name = after.name,
                             .name_folded = folded(ctx, after.name),
                             .code = after.code,
                             .code_folded = folded(ctx, after.code),
                             .is_active = after.is_active,
                             .now = after.updated_at};
    TRY(sql_team_set(ctx, &in, NULL));
  }
  update->after = after;
  return STATUS_OK;
}

enum status team_update(struct ctx *ctx, struct uuid uuid, const struct team_change *change,
                        struct team *out) {
  TRY(check_may_write(ctx));
  TRY(check_words(ctx, change->has_name ? &change->name : NULL, change->has_code ? &change->code : NULL));
  struct update update = {.uuid = uuid, .change = change};
  TRY(db_write(ctx, update_in_transaction, &update));
  *out = update.after;
  return STATUS_OK;
}

static enum status delete_in_transaction(struct ctx *ctx, void *arg) {
  const struct uuid *uuid = arg;
  struct team team;
  TRY(tenant_lock(ctx, ctx->who->tenant_id));
  TRY(team_get(ctx, *uuid, &team));
  TRY(team_check_free(ctx, &team, 0));
  return sql_team_drop(ctx, &(struct team_drop_in){team.tenant_id, team.id}, NULL);
}

enum status team_delete(struct ctx *ctx, struct uuid uuid) {
  TRY(check_may_write(ctx));
  return db_write(ctx, delete_in_transaction, &uuid);
}
