#include "desk/activity/activity.h"

#include "desk/access/access.h"
#include "desk/statements.h"

const struct problem_kind activity_list_too_large = {
    STATUS_TOO_LARGE, "history_too_large", "This ticket has a longer history than one answer can carry."};

/* What a request needs beside the history it reads. */
enum { ACTIVITY_LIST_MAX = 10000, ACTIVITY_ARENA_RESERVE_BYTES = 256 * 1024 };

static enum status insert(struct ctx *ctx, const struct activity *activity, int64_t tenant_id) {
  const struct activity_insert_in in = {
      .tenant_id = tenant_id,
      .uuid = uuid_v7(ctx->now_us),
      .ticket_id = activity->ticket_id,
      .actor_id = ctx->who != NULL ? ctx->who->account_id : 0,
      .action = activity->action,
      .field = activity->field,
      .old_value = activity->old_value,
      .new_value = activity->new_value,
      .created_at = ctx->now_us,
  };
  return sql_activity_insert(ctx, &in, NULL);
}

enum status activity_add(struct ctx *ctx, int64_t tenant_id, int64_t ticket_id, enum activity_action action,
                         struct str old_value, struct str new_value) {
  const struct activity activity = {
      .ticket_id = ticket_id, .action = (int)action, .old_value = old_value, .new_value = new_value};
  return insert(ctx, &activity, tenant_id);
}

enum status activity_add_change(struct ctx *ctx, int64_t tenant_id, int64_t ticket_id, const char *field,
                                struct str old_value, struct str new_value) {
  const struct activity activity = {.ticket_id = ticket_id,
                                    .action = ACTIVITY_CHANGED,
                                    .field = str_of(field),
                                    .old_value = old_value,
                                    .new_value = new_value};
  return insert(ctx, &activity, tenant_id);
}

struct collection {
  struct activity *activities;
  size_t count, size;
};

/* Row by row, as with replies: what is more than a request may hold is refused while there is room to say so.
 */
static enum status collect(struct ctx *ctx, void *arg, const void *row) {
  struct collection *all = arg;
  const struct activity_of_ticket_row *r = row;
  size_t grown = all->size == 0 ? 16 : all->size * 2;
  size_t need = r->actor_name.len + r->field.len + r->old_value.len + r->new_value.len + 64 +
                ACTIVITY_ARENA_RESERVE_BYTES;
  if (all->count == all->size) {
    need += grown * sizeof(struct activity);
  }
  if (arena_left(ctx->arena) < need) {
    return problem_set(ctx, &activity_list_too_large);
  }
  if (all->count == all->size) {
    struct activity *activities = ARENA_ARRAY(ctx->arena, struct activity, grown);
    for (size_t i = 0; i < all->count; i++) {
      activities[i] = all->activities[i];
    }
    all->activities = activities;
    all->size = grown;
  }
  all->activities[all->count++] = (struct activity){
      .id = r->id,
      .uuid = r->uuid,
      .ticket_id = r->ticket_id,
      .actor_id = r->actor_id,
      .actor_name = str_copy(ctx->arena, r->actor_name),
      .action = (int)r->action,
      .field = str_copy(ctx->arena, r->field),
      .old_value = str_copy(ctx->arena, r->old_value),
      .new_value = str_copy(ctx->arena, r->new_value),
      .created_at = r->created_at,
  };
  return STATUS_OK;
}

enum status activity_list(struct ctx *ctx, int64_t ticket_id, struct activity **out, size_t *count) {
  const struct activity_of_ticket_in in = {.ticket_id = ticket_id, .limit = ACTIVITY_LIST_MAX};
  struct collection all = {0};
  TRY(sql_activity_of_ticket_each(ctx, &in, collect, &all));
  *out = all.activities != NULL ? all.activities : ARENA_NEW(ctx->arena, struct activity);
  *count = all.count;
  return STATUS_OK;
}
