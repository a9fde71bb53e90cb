#include "desk/access/access.h"
#include "desk/inventory/inventory_internal.h"
#include "desk/statements.h"

/* Sums for the report: what lies there, what is out, and what moved in a period. */

/* What the three statements narrow by. */
struct choice {
  int64_t tenant_id;
  struct str category, like;
  int64_t low, not_low;
  int64_t item_id; /* 0 any */
};

/* Sums that would be too large for their type stay at its end: the report says "at least". */
static int64_t add(int64_t a, int64_t b) {
  int64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static enum status take_item(struct ctx *ctx, void *arg, const void *found) {
  (void)ctx;
  struct stock_sums *sums = arg;
  const struct item_values_row *row = found;
  int64_t value;
  if (__builtin_mul_overflow(row->price_e4, row->stock, &value)) {
    value = INT64_MAX;
  }
  sums->items++;
  sums->low_items += row->is_low;
  sums->stock = add(sums->stock, row->stock);
  sums->value_e4 = add(sums->value_e4, value);
  return STATUS_OK;
}

static enum status take_movement(struct ctx *ctx, void *arg, const void *found) {
  (void)ctx;
  struct stock_sums *sums = arg;
  const struct stock_movement_sums_row *row = found;
  switch ((enum movement_kind)row->kind) {
    case MOVEMENT_INITIAL:
    case MOVEMENT_ADJUSTED:
      sums->added = add(sums->added, row->quantity);
      break;
    case MOVEMENT_ASSIGNED:
      sums->assigned = row->pieces;
      break;
    case MOVEMENT_RETURNED:
      sums->returned = row->pieces;
      break;
    case MOVEMENT_DAMAGED:
      sums->damaged = row->pieces;
      break;
    case MOVEMENT_LOST:
      sums->lost = row->pieces;
      break;
  }
  return STATUS_OK;
}

static enum status sum_up(struct ctx *ctx, const struct choice *choice, int64_t from, int64_t to,
                          struct stock_sums *out) {
  const struct item_values_in items = {choice->tenant_id, choice->category, choice->like,
                                       choice->low,       choice->not_low,  choice->item_id};
  const struct item_pieces_out_in pieces = {choice->tenant_id, choice->category, choice->like,
                                            choice->low,       choice->not_low,  choice->item_id};
  const struct stock_movement_sums_in moved = {.tenant_id = choice->tenant_id,
                                               .whole = choice->item_id == 0 ? choice->tenant_id : 0,
                                               .since = from,
                                               .until = to,
                                               .category = choice->category,
                                               .like = choice->like,
                                               .low = choice->low,
                                               .not_low = choice->not_low,
                                               .item_id = choice->item_id};
  struct stock_sums sums = {0};
  struct item_pieces_out_row away;
  TRY(sql_item_values_each(ctx, &items, take_item, &sums));
  TRY(sql_item_pieces_out(ctx, &pieces, &away));
  TRY(sql_stock_movement_sums_each(ctx, &moved, take_movement, &sums));
  sums.out = away.pieces;
  *out = sums;
  return STATUS_OK;
}

/* Customer service sees reports on tickets alone, technicians their own work. */
static enum status check_access(struct ctx *ctx) {
  TRY(access_check(ctx, MAY_REPORT));
  return access_scope(ctx->who->role, MAY_REPORT) == SCOPE_ALL ? STATUS_OK
                                                               : problem_set(ctx, &access_forbidden);
}

enum status inventory_sums(struct ctx *ctx, const struct item_filter *filter, int64_t from, int64_t to,
                           struct stock_sums *out) {
  TRY(check_access(ctx));
  const struct choice choice = {
      .tenant_id = ctx->who->tenant_id,
      .category = filter->category.len > 0 ? str_fold(ctx->arena, filter->category) : STR_NONE,
      .like = str_like(ctx->arena, filter->search),
      .low = filter->low == ITEM_LOW,
      .not_low = filter->low == ITEM_NOT_LOW,
  };
  return sum_up(ctx, &choice, from, to, out);
}

enum status inventory_item_sums(struct ctx *ctx, int64_t item_id, int64_t from, int64_t to,
                                struct stock_sums *out) {
  TRY(check_access(ctx));
  const struct choice choice = {.tenant_id = ctx->who->tenant_id, .item_id = item_id};
  struct stock_sums sums;
  TRY(sum_up(ctx, &choice, from, to, &sums));
  if (sums.items == 0) {
    return problem_set(ctx, &item_not_found);
  }
  *out = sums;
  return STATUS_OK;
}
