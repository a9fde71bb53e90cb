#include "desk/activity/activity.h"

#include "desk/access/access.h"
#include "desk/statements.h"

enum { ACTIVITY_LIST_MAX = 10000 };

enum status activity_add(struct ctx *ctx, int64_t tenant_id, int64_t ticket_id, enum activity_action action,
                         struct str old_value, struct str new_value) {
  const struct activity_insert_in in = {
      .tenant_id = tenant_id,
      .uuid = uuid_v7(ctx->now_us),
      .ticket_id = ticket_id,
      .actor_id = ctx->who != NULL ? ctx->who->account_id : 0,
      .action = action,
      .old_value = old_value,
      .new_value = new_value,
      .created_at = ctx->now_us,
  };
  return sql_activity_insert(ctx, &in, NULL);
}

enum status activity_list(struct ctx *ctx, int64_t ticket_id, struct activity **out, size_t *count) {
  const struct activity_of_ticket_in in = {.ticket_id = ticket_id, .limit = ACTIVITY_LIST_MAX};
  struct activity_of_ticket_row *rows = NULL;
  size_t n = 0;
  TRY(sql_activity_of_ticket_all(ctx, &in, ACTIVITY_LIST_MAX, &rows, &n));
  struct activity *activities = ARENA_ARRAY(ctx->arena, struct activity, n);
  for (size_t i = 0; i < n; i++) {
    activities[i] = (struct activity){
        .id = rows[i].id,
        .uuid = rows[i].uuid,
        .ticket_id = rows[i].ticket_id,
        .actor_id = rows[i].actor_id,
        .actor_name = rows[i].actor_name,
        .action = (int)rows[i].action,
        .old_value = rows[i].old_value,
        .new_value = rows[i].new_value,
        .created_at = rows[i].created_at,
    };
  }
  *out = activities;
  *count = n;
  return STATUS_OK;
}
