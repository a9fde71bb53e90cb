#include "api/isp/isp_people.h"
#include "api/isp/isp_stock.h"

/* Items in stock, and what technicians carry. */

/* ---- items ---- */

static struct isp_item show_item(const struct item *item) {
  return (struct isp_item){
      .id = item->uuid,
      .name = item->name,
      .category = item->category,
      .sku = item->sku,
      .description = item->description,
      .unit_price = item->price_e4,
      .stock_quantity = item->stock,
      .min_stock_level = item->min_stock,
      .is_low_stock = item->is_low,
      .created_at = item->created_at,
  };
}

static enum status answer_item(struct call *call, int http, const struct item *item) {
  struct isp_item *shown = ARENA_NEW(call->ctx.arena, struct isp_item);
  *shown = show_item(item);
  return isp_answer_one(call, http, &isp_item_out, shown);
}

enum status isp_item_list(struct call *call) {
  const struct isp_items_in *in = call->query;
  struct item_filter filter = {.category = in->category,
                               .search = in->search,
                               .skip = isp_skip(&in->page),
                               .limit = isp_limit(&in->page)};
  if (field_present(&isp_items_in, in, "low_stock")) {
    filter.low = in->low_stock ? ITEM_LOW : ITEM_NOT_LOW;
  }
  struct item *items = NULL;
  size_t count = 0;
  int64_t total = 0;
  call_widen(call);
  TRY(call_or_slow(call, item_list(&call->ctx, &filter, &items, &count, &total)));
  struct isp_item *shown = ARENA_ARRAY(call->ctx.arena, struct isp_item, count);
  for (size_t i = 0; i < count; i++) {
    shown[i] = show_item(&items[i]);
  }
  return isp_answer_many(call, &isp_items_out, (struct list){shown, count}, &in->page, total);
}

static struct item_new read_item(const struct isp_item_in *in) {
  struct item_new item = {.name = in->name,
                          .category = in->category,
                          .sku = in->sku,
                          .description = in->description,
                          .stock = in->stock_quantity,
                          .min_stock = in->min_stock_level};
  (void)isp_price_read(in->unit_price, &item.price_e4); /* the table has refused what is none */
  return item;
}

enum status isp_item_create(struct call *call) {
  const struct item_new new_item = read_item(call->input);
  struct item item;
  TRY(item_create(&call->ctx, &new_item, &item));
  return answer_item(call, 201, &item);
}

enum status isp_item_get(struct call *call) {
  struct uuid uuid;
  struct item item;
  TRY(isp_id(call, 0, &uuid));
  TRY(item_get(&call->ctx, uuid, &item));
  return answer_item(call, 200, &item);
}

enum status isp_item_update(struct call *call) {
  const struct isp_item_in *in = call->input;
  const struct fields *table = call->route->input;
  struct item_change change = {
      .has_name = field_present(table, in, "name"),
      .has_category = field_present(table, in, "category"),
      .has_sku = field_present(table, in, "sku"),
      .has_description = field_present(table, in, "description"),
      .has_price = field_present(table, in, "unit_price"),
      .has_stock = field_present(table, in, "stock_quantity"),
      .has_min_stock = field_present(table, in, "min_stock_level"),
      .to = read_item(in),
  };
  struct uuid uuid;
  struct item item;
  TRY(isp_id(call, 0, &uuid));
  TRY(item_change(&call->ctx, uuid, &change, &item));
  return answer_item(call, 200, &item);
}

/* ---- assignments ---- */

struct isp_assignment isp_assignment_of(struct call *call, const struct assignment *assignment) {
  struct arena *arena = call->ctx.arena;
  struct isp_assigned_item *item = ARENA_NEW(arena, struct isp_assigned_item);
  struct isp_assigned_technician *technician = ARENA_NEW(arena, struct isp_assigned_technician);
  struct isp_assigned_ticket *ticket = ARENA_NEW(arena, struct isp_assigned_ticket);
  char number[TICKET_NUMBER_SIZE];
  const struct ticket named = {.id = assignment->ticket_id, .created_at = assignment->ticket_created_at};
  *item = (struct isp_assigned_item){assignment->item_uuid, assignment->item_name, assignment->item_sku};
  *technician = (struct isp_assigned_technician){assignment->technician_uuid, assignment->technician_name};
  *ticket = (struct isp_assigned_ticket){assignment->ticket_uuid,
                                         str_copy(arena, str_of(ticket_number(&named, number)))};
  return (struct isp_assignment){
      .id = assignment->uuid,
      .item_id = item->id,
      .technician_id = technician->id,
      .ticket_id = ticket->id,
      .item = item,
      .technician = technician,
      .ticket = ticket,
      .quantity = assignment->quantity,
      .serial_numbers = {assignment->serials, assignment->serial_count},
      .status = assignment->status,
      .quantity_returned = assignment->good + assignment->damaged + assignment->lost,
      .quantity_good = assignment->good,
      .quantity_damaged = assignment->damaged,
      .quantity_lost = assignment->lost,
      .notes = assignment->notes,
      .created_at = assignment->created_at,
      .updated_at = assignment->updated_at,
      .returned_at = assignment->returned_at,
  };
}

static enum status answer_assignment(struct call *call, int http, const struct assignment *assignment) {
  struct isp_assignment *shown = ARENA_NEW(call->ctx.arena, struct isp_assignment);
  *shown = isp_assignment_of(call, assignment);
  return isp_answer_one(call, http, &isp_assignment_out, shown);
}

enum status isp_assignment_list(struct call *call) {
  const struct isp_assignments_in *in = call->query;
  const struct assignment_filter filter = {.technician = in->technician_id,
                                           .ticket = in->ticket_id,
                                           .status = in->status,
                                           .skip = isp_skip(&in->page),
                                           .limit = isp_limit(&in->page)};
  struct assignment *assignments = NULL;
  size_t count = 0;
  int64_t total = 0;
  call_widen(call);
  TRY(call_or_slow(call, assignment_list(&call->ctx, &filter, &assignments, &count, &total)));
  struct isp_assignment *shown = ARENA_ARRAY(call->ctx.arena, struct isp_assignment, count);
  for (size_t i = 0; i < count; i++) {
    shown[i] = isp_assignment_of(call, &assignments[i]);
  }
  return isp_answer_many(call, &isp_assignments_out, (struct list){shown, count}, &in->page, total);
}

enum status isp_assignment_create(struct call *call) {
  const struct isp_assignment_in *in = call->input;
  const struct assignment_new new_assignment = {.item = in->item_id,
                                                .technician = in->technician_id,
                                                .ticket = in->ticket_id,
                                                .quantity = in->quantity,
                                                .serials = in->serial_numbers.at,
                                                .serial_count = in->serial_numbers.count};
  struct assignment assignment;
  TRY(assignment_create(&call->ctx, &new_assignment, &assignment));
  return answer_assignment(call, 201, &assignment);
}

enum status isp_assignment_return(struct call *call) {
  const struct isp_return_in *in = call->input;
  const struct assignment_return returned = {
      .quantity = in->quantity_returned,
      .condition = in->condition != 0 ? (enum item_condition)in->condition : CONDITION_GOOD,
      .notes = in->notes};
  struct uuid uuid;
  struct assignment assignment;
  TRY(isp_id(call, 0, &uuid));
  TRY(assignment_return(&call->ctx, uuid, &returned, &assignment));
  return answer_assignment(call, 200, &assignment);
}
