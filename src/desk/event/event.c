#include "desk/event/event.h"

#include "desk/statements.h"

enum { EVENT_LIST_MAX = 10000 };

enum status event_add(struct ctx *ctx, const struct event *event) {
  const struct event_insert_in in = {
      .tenant_id = event->tenant_id,
      .kind = event->kind,
      .ticket_id = event->ticket_id,
      .account_id = event->account_id,
      .old_value = event->old_value,
      .new_value = event->new_value,
      .created_at = event->created_at != 0 ? event->created_at : ctx->now_us,
  };
  return sql_event_insert(ctx, &in, NULL);
}

enum status event_list(struct ctx *ctx, int64_t after_id, int64_t limit, struct event **out, size_t *count) {
  if (limit > EVENT_LIST_MAX) {
    limit = EVENT_LIST_MAX;
  }
  const struct event_after_in in = {.after_id = after_id, .limit = limit > 0 ? limit : 0};
  struct event_after_row *rows = NULL;
  size_t n = 0;
  TRY(sql_event_after_all(ctx, &in, (size_t)in.limit, &rows, &n));
  struct event *events = ARENA_ARRAY(ctx->arena, struct event, n);
  for (size_t i = 0; i < n; i++) {
    events[i] = (struct event){
        .id = rows[i].id,
        .tenant_id = rows[i].tenant_id,
        .kind = (int)rows[i].kind,
        .ticket_id = rows[i].ticket_id,
        .account_id = rows[i].account_id,
        .old_value = rows[i].old_value,
        .new_value = rows[i].new_value,
        .created_at = rows[i].created_at,
    };
  }
  *out = events;
  *count = n;
  return STATUS_OK;
}
