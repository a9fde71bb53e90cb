#include "desk/access/access.h"
#include "desk/account/account.h"
#include "desk/event/event.h"
#include "desk/inventory/inventory_internal.h"
#include "desk/statements.h"
#include "desk/ticket/ticket.h"

const struct problem_kind assignment_not_found = {STATUS_NOT_FOUND, "assignment_not_found",
                                                  "There is no such assignment."};
const struct problem_kind inventory_serial_out = {STATUS_DUPLICATE, "serial_out",
                                                  "A piece with this serial number is out already."};
const struct problem_kind assignment_over = {STATUS_INVALID, "assignment_over",
                                             "That is more than the technician still has."};
const struct problem_kind assignment_done = {STATUS_STATE, "assignment_done",
                                             "All of this was given back already."};

enum {
  ASSIGNMENT_LIST_MAX = 1000,
  SERIAL_POINTS_MAX = 100,
  NOTES_BYTES_MAX = 64 * 1024,
  SERIALS_BYTES_MAX = SERIALS_MAX * (SERIAL_POINTS_MAX * 4 + 64)
};

/* ---- rows ---- */

static enum status load_serials(struct ctx *ctx, struct assignment *assignment) {
  const struct assignment_serials_in in = {assignment->id, SERIALS_MAX};
  struct assignment_serials_row *rows = NULL;
  size_t n = 0;
  TRY(sql_assignment_serials_all(ctx, &in, SERIALS_MAX, &rows, &n));
  assignment->serials = ARENA_ARRAY(ctx->arena, struct str, n);
  assignment->serial_count = n;
  for (size_t i = 0; i < n; i++) {
    assignment->serials[i] = rows[i].serial;
  }
  return STATUS_OK;
}

static struct assignment from_row(const struct assignment_row *row) {
  return (struct assignment){
      .id = row->id,
      .uuid = row->uuid,
      .item_id = row->item_id,
      .technician_id = row->technician_id,
      .ticket_id = row->ticket_id,
      .item_uuid = row->item_uuid,
      .technician_uuid = row->technician_uuid,
      .ticket_uuid = row->ticket_uuid,
      .item_name = row->item_name,
      .item_sku = row->item_sku,
      .technician_name = row->technician_name,
      .ticket_created_at = row->ticket_created_at,
      .quantity = row->quantity,
      .good = row->good,
      .damaged = row->damaged,
      .lost = row->lost,
      .status = (int)row->status,
      .notes = row->notes,
      .created_at = row->created_at,
      .updated_at = row->updated_at,
      .returned_at = row->returned_at,
  };
}

static enum status load(struct ctx *ctx, int64_t id, struct assignment *out) {
  struct assignment_row row;
  enum status status = sql_assignment_load(ctx, &(struct assignment_load_in){id}, &row);
  if (status == STATUS_NOT_FOUND) {
    return problem_set(ctx, &assignment_not_found);
  }
  TRY(status);
  *out = from_row(&row);
  return load_serials(ctx, out);
}

/* 0: whatever the tenant has. */
static int64_t only_technician(const struct who *who) {
  return access_scope(who->role, MAY_INVENTORY_ASSIGN) == SCOPE_OWN ? who->account_id : 0;
}

static enum status tell(struct ctx *ctx, const struct assignment *assignment) {
  return event_add(ctx, &(struct event){.tenant_id = ctx->who->tenant_id,
                                        .kind = EVENT_ASSIGNMENT,
                                        .ticket_id = assignment->ticket_id,
                                        .account_id = assignment->technician_id,
                                        .new_value = assignment->id});
}

/* ---- giving out ---- */

struct giving {
  const struct assignment_new *from;
  struct item item;
  struct account technician;
  struct ticket ticket;
  struct assignment assignment;
};

static enum status check_serials(struct ctx *ctx, const struct assignment_new *from) {
  if (from->serial_count == 0) {
    return STATUS_OK;
  }
  if (from->serial_count > SERIALS_MAX) {
    return problem_fault(ctx, STR("serial_numbers"), STR("must have at most 100 items"));
  }
  if ((int64_t)from->serial_count != from->quantity) {
    return problem_fault(ctx, STR("serial_numbers"), STR("must be as many as the quantity, or none"));
  }
  enum status result = STATUS_OK;
  for (size_t i = 0; i < from->serial_count; i++) {
    struct str field = str_format(ctx->arena, "serial_numbers[%zu]", i);
    enum status status = item_check_line(ctx, field, from->serials[i], SERIAL_POINTS_MAX);
    for (size_t k = 0; k < i && status == STATUS_OK; k++) {
      if (str_equal(from->serials[k], from->serials[i])) {
        status = problem_fault(ctx, field, STR("is there twice"));
      }
    }
    result = status != STATUS_OK ? status : result;
  }
  return result;
}

static enum status check_new(struct ctx *ctx, const struct assignment_new *from) {
  enum status quantity = from->quantity >= 1 && from->quantity <= STOCK_MAX
                             ? STATUS_OK
                             : problem_fault(ctx, STR("quantity"), STR("must be from 1 to 1,000,000,000"));
  TRY(check_serials(ctx, from));
  return quantity;
}

/* Something that the body names and that is not there is a fault of the body. */
static enum status named(struct ctx *ctx, enum status status, const char *field) {
  if (status != STATUS_NOT_FOUND) {
    return status;
  }
  problem_clear(ctx);
  return problem_fault(ctx, str_of(field), STR("is unknown"));
}

static enum status find_technician(struct ctx *ctx, struct giving *giving) {
  struct account *account = &giving->technician;
  enum status status = account_by_uuid(ctx, ctx->who->tenant_id, giving->from->technician, account);
  TRY(named(ctx, status, "technician_id"));
  if (account->role != ROLE_TECHNICIAN || !account->is_active) {
    return problem_fault(ctx, STR("technician_id"), STR("must be an active technician"));
  }
  return STATUS_OK;
}

static enum status find_ticket(struct ctx *ctx, struct giving *giving) {
  struct ticket *ticket = &giving->ticket;
  TRY(named(ctx, ticket_get(ctx, giving->from->ticket, ticket), "ticket_id"));
  if (ticket->status == TICKET_RESOLVED || ticket->status == TICKET_CLOSED) {
    return problem_fault(ctx, STR("ticket_id"), STR("must be an open ticket"));
  }
  if (ticket->assignee_id != giving->technician.id) {
    return problem_fault(ctx, STR("ticket_id"), STR("must be a ticket of this technician"));
  }
  return STATUS_OK;
}

static enum status write_assignment(struct ctx *ctx, struct giving *giving) {
  const struct assignment_new *from = giving->from;
  const struct assignment_insert_in in = {
      .tenant_id = ctx->who->tenant_id,
      .uuid = uuid_v7(ctx->now_us),
      .item_id = giving->item.id,
      .technician_id = giving->technician.id,
      .ticket_id = giving->ticket.id,
      .quantity = from->quantity,
      .assigned_by = ctx->who->account_id,
      .now = ctx->now_us,
  };
  struct assignment_insert_row row;
  TRY(sql_assignment_insert(ctx, &in, &row));
  for (size_t i = 0; i < from->serial_count; i++) {
    const struct assignment_serial_insert_in serial = {row.id, (int64_t)i, in.item_id, from->serials[i]};
    enum status status = sql_assignment_serial_insert(ctx, &serial, NULL);
    if (status == STATUS_DUPLICATE) {
      return problem_set(ctx, &inventory_serial_out);
    }
    TRY(status);
  }
  return load(ctx, row.id, &giving->assignment);
}

/* The item's row comes first: whoever else wants of it waits there, whatever follows. */
static enum status give_run(struct ctx *ctx, void *arg) {
  struct giving *giving = arg;
  int64_t quantity = giving->from->quantity;
  TRY(named(ctx, item_load(ctx, giving->from->item, &giving->item), "item_id"));
  TRY(find_technician(ctx, giving));
  TRY(find_ticket(ctx, giving));
  TRY(stock_add(ctx, giving->item.id, -quantity, &giving->item));
  TRY(write_assignment(ctx, giving));
  const struct stock_change taken = {.kind = MOVEMENT_ASSIGNED,
                                     .quantity = -quantity,
                                     .pieces = quantity,
                                     .assignment_id = giving->assignment.id};
  bool was_low = giving->item.stock + quantity <= giving->item.min_stock;
  TRY(stock_record(ctx, &giving->item, was_low, &taken));
  return tell(ctx, &giving->assignment);
}

enum status assignment_create(struct ctx *ctx, const struct assignment_new *new_assignment,
                              struct assignment *out) {
  TRY(access_check(ctx, MAY_INVENTORY_ASSIGN));
  if (only_technician(ctx->who) != 0 && !uuid_equal(new_assignment->technician, ctx->who->uuid)) {
    return problem_set(ctx, &access_forbidden);
  }
  TRY(check_new(ctx, new_assignment));
  struct giving giving = {.from = new_assignment};
  TRY(db_write(ctx, give_run, &giving));
  *out = giving.assignment;
  return STATUS_OK;
}

/* ---- taking back ---- */

struct taking {
  struct uuid uuid;
  const struct assignment_return *from;
  struct assignment assignment;
};

static enum status too_many(struct ctx *ctx, int64_t out) {
  problem_keep(ctx, &assignment_over);
  return problem_fault(ctx, STR("quantity_returned"),
                       str_format(ctx->arena, "must be at most %lld", (long long)out));
}

/* The words of all returns, in their order. */
static enum status add_notes(struct ctx *ctx, struct assignment *assignment, struct str notes) {
  if (notes.at == NULL) {
    return STATUS_OK;
  }
  if (assignment->notes.at != NULL) {
    notes = str_format(ctx->arena, "%.*s\n%.*s", STR_ARG(assignment->notes), STR_ARG(notes));
  }
  if (notes.len > NOTES_BYTES_MAX) {
    return problem_fault(ctx, STR("notes"), STR("must be at most 64 KiB with those of earlier returns"));
  }
  assignment->notes = notes;
  return STATUS_OK;
}

static enum movement_kind movement_of(enum item_condition condition) {
  switch (condition) {
    case CONDITION_DAMAGED:
      return MOVEMENT_DAMAGED;
    case CONDITION_LOST:
      return MOVEMENT_LOST;
    case CONDITION_GOOD:
      break;
  }
  return MOVEMENT_RETURNED;
}

static enum status move_stock(struct ctx *ctx, const struct taking *taking) {
  const struct assignment_return *from = taking->from;
  struct stock_change change = {.kind = movement_of(from->condition),
                                .quantity = from->condition == CONDITION_GOOD ? from->quantity : 0,
                                .pieces = from->quantity,
                                .assignment_id = taking->assignment.id,
                                .notes = from->notes};
  struct item item;
  TRY(stock_add(ctx, taking->assignment.item_id, change.quantity, &item));
  return stock_record(ctx, &item, true, &change); /* what comes back makes nothing low */
}

static enum status write_return(struct ctx *ctx, struct taking *taking) {
  const struct assignment_return *from = taking->from;
  struct assignment *assignment = &taking->assignment;
  int64_t *sums[] = {[CONDITION_GOOD] = &assignment->good,
                     [CONDITION_DAMAGED] = &assignment->damaged,
                     [CONDITION_LOST] = &assignment->lost};
  *sums[from->condition] += from->quantity;
  if (assignment->good + assignment->damaged + assignment->lost == assignment->quantity) {
    assignment->status = ASSIGNMENT_RETURNED;
    assignment->returned_at = ctx->now_us;
  }
  assignment->updated_at = ctx->now_us;
  const struct assignment_update_in in = {
      .id = assignment->id,
      .good = assignment->good,
      .damaged = assignment->damaged,
      .lost = assignment->lost,
      .status = assignment->status,
      .notes = assignment->notes,
      .returned_at = assignment->returned_at,
      .now = ctx->now_us,
  };
  TRY(sql_assignment_update(ctx, &in, NULL));
  if (assignment->serial_count == 0) {
    return STATUS_OK;
  }
  const struct assignment_serials_back_in back = {assignment->id, from->quantity};
  TRY(sql_assignment_serials_back(ctx, &back, NULL));
  return load_serials(ctx, assignment);
}

static enum status take_run(struct ctx *ctx, void *arg) {
  struct taking *taking = arg;
  struct assignment *assignment = &taking->assignment;
  int64_t only = only_technician(ctx->who);
  const struct assignment_lock_in in = {.tenant_id = ctx->who->tenant_id, .uuid = taking->uuid};
  struct assignment_lock_row found;
  enum status status = sql_assignment_lock(ctx, &in, &found);
  if (status == STATUS_NOT_FOUND || (status == STATUS_OK && only != 0 && only != found.technician_id)) {
    return problem_set(ctx, &assignment_not_found);
  }
  TRY(status);
  TRY(load(ctx, found.id, assignment));
  if (assignment->status == ASSIGNMENT_RETURNED) {
    return problem_set(ctx, &assignment_done);
  }
  int64_t out = assignment->quantity - assignment->good - assignment->damaged - assignment->lost;
  if (taking->from->quantity > out) {
    return too_many(ctx, out);
  }
  TRY(add_notes(ctx, assignment, taking->from->notes));
  TRY(write_return(ctx, taking));
  TRY(move_stock(ctx, taking));
  return tell(ctx, assignment);
}

static enum status check_return(struct ctx *ctx, const struct assignment_return *from) {
  enum status quantity = from->quantity >= 1
                             ? STATUS_OK
                             : problem_fault(ctx, STR("quantity_returned"), STR("must be at least 1"));
  enum status condition = (int)from->condition >= CONDITION_GOOD && (int)from->condition <= CONDITION_LOST
                              ? STATUS_OK
                              : problem_fault(ctx, STR("condition"), STR("is unknown"));
  TRY(item_check_text(ctx, "notes", from->notes));
  TRY(quantity);
  return condition;
}

enum status assignment_return(struct ctx *ctx, struct uuid uuid, const struct assignment_return *returned,
                              struct assignment *out) {
  TRY(access_check(ctx, MAY_INVENTORY_ASSIGN));
  TRY(check_return(ctx, returned));
  struct taking taking = {.uuid = uuid, .from = returned};
  TRY(db_write(ctx, take_run, &taking));
  *out = taking.assignment;
  return STATUS_OK;
}

/* ---- reading ---- */

/* The accounts and tickets that a filter names, by number; *nothing: one of them can't have an assignment. */
static enum status resolve(struct ctx *ctx, const struct assignment_filter *filter, int64_t *technician_id,
                           int64_t *ticket_id, bool *nothing) {
  int64_t tenant_id = ctx->who->tenant_id;
  if (!uuid_is_none(filter->technician)) {
    struct account account;
    enum status status = account_by_uuid(ctx, tenant_id, filter->technician, &account);
    *nothing = status == STATUS_NOT_FOUND || (*technician_id != 0 && *technician_id != account.id);
    if (*nothing) {
      problem_clear(ctx);
      return STATUS_OK;
    }
    TRY(status);
    *technician_id = account.id;
  }
  if (!uuid_is_none(filter->ticket)) {
    const struct assignment_ticket_id_in in = {tenant_id, filter->ticket};
    struct assignment_ticket_id_row ticket;
    enum status status = sql_assignment_ticket_id(ctx, &in, &ticket);
    *nothing = status == STATUS_NOT_FOUND;
    if (*nothing) {
      return STATUS_OK;
    }
    TRY(status);
    *ticket_id = ticket.id;
  }
  return STATUS_OK;
}

struct collection {
  struct assignment *assignments; /* room for as many as the statement's limit */
  size_t count;
};

static enum status collect(struct ctx *ctx, void *arg, const void *found) {
  struct collection *all = arg;
  const struct assignment_row *row = found;
  TRY(item_check_room(ctx,
                      row->item_name.len + row->item_sku.len + row->technician_name.len + row->notes.len));
  struct assignment assignment = from_row(row);
  assignment.item_name = str_copy(ctx->arena, assignment.item_name);
  assignment.item_sku = str_copy(ctx->arena, assignment.item_sku);
  assignment.technician_name = str_copy(ctx->arena, assignment.technician_name);
  assignment.notes = str_copy(ctx->arena, assignment.notes);
  all->assignments[all->count++] = assignment;
  return STATUS_OK;
}

static enum status list_some(struct ctx *ctx, const struct assignment_page_in *in, struct collection *all) {
  TRY(item_check_room(ctx, (size_t)in->limit * sizeof(struct assignment)));
  all->assignments = ARENA_ARRAY(ctx->arena, struct assignment, (size_t)in->limit);
  TRY(sql_assignment_page_each(ctx, in, collect, all));
  for (size_t i = 0; i < all->count; i++) {
    TRY(item_check_room(ctx, SERIALS_BYTES_MAX));
    TRY(load_serials(ctx, &all->assignments[i]));
  }
  return STATUS_OK;
}

/* A ticket has few, so its index leads. Else the technician's does or the tenant's, once for each status. */
static struct assignment_page_in page_of(const struct ctx *ctx, const struct assignment_filter *filter,
                                         int64_t technician_id, int64_t ticket_id) {
  struct assignment_page_in in = {
      .tenant_id = ctx->who->tenant_id,
      .ticket_id = ticket_id,
      .skip = filter->skip,
      .limit = filter->limit < ASSIGNMENT_LIST_MAX ? filter->limit : ASSIGNMENT_LIST_MAX,
  };
  if (ticket_id != 0) {
    in.of_technician = technician_id;
    in.of_status = filter->status;
    return in;
  }
  in.technician_id = technician_id;
  in.statuses = filter->status != 0
                    ? (struct db_ints){.values = {filter->status}, .count = 1}
                    : (struct db_ints){.values = {ASSIGNMENT_ASSIGNED, ASSIGNMENT_RETURNED}, .count = 2};
  return in;
}

enum status assignment_list(struct ctx *ctx, const struct assignment_filter *filter, struct assignment **out,
                            size_t *count, int64_t *total) {
  TRY(access_check(ctx, MAY_INVENTORY_READ));
  int64_t technician_id = only_technician(ctx->who);
  int64_t ticket_id = 0;
  bool nothing = false;
  TRY(resolve(ctx, filter, &technician_id, &ticket_id, &nothing));
  struct collection all = {.assignments = ARENA_NEW(ctx->arena, struct assignment)};
  struct assignment_total_row found = {0};
  if (!nothing) {
    const struct assignment_page_in in = page_of(ctx, filter, technician_id, ticket_id);
    const struct assignment_total_in whole = {
        .tenant_id = in.tenant_id,
        .technician_id = in.technician_id,
        .ticket_id = in.ticket_id,
        .status = in.statuses.count == 1 ? in.statuses.values[0] : 0,
        .of_technician = in.of_technician,
        .of_status = in.of_status,
    };
    TRY(list_some(ctx, &in, &all));
    TRY(sql_assignment_total(ctx, &whole, &found));
  }
  *out = all.assignments;
  *count = all.count;
  *total = found.assignments;
  return STATUS_OK;
}

enum status assignment_by_id(struct ctx *ctx, int64_t id, struct assignment *out) {
  TRY(access_check(ctx, MAY_INVENTORY_READ));
  struct assignment_tenant_row owner;
  enum status status = sql_assignment_tenant(ctx, &(struct assignment_tenant_in){id}, &owner);
  if (status == STATUS_NOT_FOUND || (status == STATUS_OK && owner.tenant_id != ctx->who->tenant_id)) {
    return problem_set(ctx, &assignment_not_found);
  }
  TRY(status);
  struct assignment assignment;
  TRY(load(ctx, id, &assignment));
  int64_t only = only_technician(ctx->who);
  if (only != 0 && only != assignment.technician_id) {
    return problem_set(ctx, &assignment_not_found);
  }
  *out = assignment;
  return STATUS_OK;
}
