#include "desk/access/access.h"
#include "desk/event/event.h"
#include "desk/inventory/inventory_internal.h"
#include "desk/notice/notice.h"
#include "desk/statements.h"

const struct problem_kind inventory_no_stock = {STATUS_STATE, "no_stock",
                                                "There are fewer pieces in stock than asked for."};

enum status stock_add(struct ctx *ctx, int64_t item_id, int64_t quantity, struct item *after) {
  const struct item_stock_add_in in = {
      .id = item_id, .quantity = quantity, .max = STOCK_MAX, .now = ctx->now_us};
  struct item_row row;
  enum status status = sql_item_stock_add(ctx, &in, &row);
  if (status == STATUS_NOT_FOUND && quantity < 0) {
    return problem_set(ctx, &inventory_no_stock);
  }
  if (status == STATUS_NOT_FOUND) {
    return problem_fault(ctx, STR("quantity_returned"), STR("would be more in stock than 1,000,000,000"));
  }
  TRY(status);
  *after = item_from_row(&row);
  return STATUS_OK;
}

static enum status record_movement(struct ctx *ctx, const struct item *after,
                                   const struct stock_change *change) {
  const struct stock_movement_insert_in in = {
      .tenant_id = ctx->who->tenant_id,
      .uuid = uuid_v7(ctx->now_us),
      .item_id = after->id,
      .kind = change->kind,
      .quantity = change->quantity,
      .pieces = change->pieces,
      .stock = after->stock,
      .assignment_id = change->assignment_id,
      .actor_id = ctx->who->account_id,
      .notes = change->notes,
      .now = ctx->now_us,
  };
  return sql_stock_movement_insert(ctx, &in, NULL);
}

enum status stock_record(struct ctx *ctx, const struct item *after, bool was_low,
                         const struct stock_change *change) {
  int64_t tenant_id = ctx->who->tenant_id;
  if (change != NULL) {
    TRY(record_movement(ctx, after, change));
  }
  TRY(event_add(ctx, &(struct event){.tenant_id = tenant_id,
                                     .kind = EVENT_ITEM_CHANGED,
                                     .account_id = ctx->who->account_id,
                                     .new_value = after->id}));
  if (was_low || !after->is_low) {
    return STATUS_OK;
  }
  const struct notice_new low = {
      .tenant_id = tenant_id, .kind = NOTICE_LOW_STOCK, .item_id = after->id, .value = after->stock};
  return notice_add_staff(ctx, ROLE_SUPERVISOR, 0, &low);
}
