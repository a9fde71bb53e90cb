#include <math.h>
#include <string.h>

#include "api/isp/isp_people.h"
#include "api/isp/isp_stock.h"

/* The wire's tables of items and assignments. */

enum {
  ALWAYS = FIELD_REQUIRED,
  OR_NULL = FIELD_REQUIRED | FIELD_NULLABLE,
};
#define ID_EXAMPLE "\"0190163d-8694-739b-aea5-966c26f8ad91\""
#define TIME_EXAMPLE "\"2025-10-01T08:00:00Z\""

static const struct word status_words[] = {
    {"assigned", ASSIGNMENT_ASSIGNED}, {"returned", ASSIGNMENT_RETURNED}, {NULL, 0}};
static const struct word condition_words[] = {
    {"good", CONDITION_GOOD}, {"damaged", CONDITION_DAMAGED}, {"lost", CONDITION_LOST}, {NULL, 0}};

/* ---- prices ---- */

enum { DECIMALS = 4, SCALE = 10000 };

bool isp_price_read(double price, int64_t *price_e4) {
  if (!(price >= 0 && price <= (double)PRICE_MAX_E4 / SCALE)) {
    return false;
  }
  /* The shortest text that means this number is what was sent, up to zeros at its end. */
  struct buf text CLEANUP_BUF;
  buf_init(&text, 64);
  wire_print_real(&text, price);
  struct str digits = buf_str(&text);
  int64_t number = 0;
  int decimals = -1; /* no point yet */
  for (size_t i = 0; i < digits.len; i++) {
    char c = digits.at[i];
    if (c == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (c < '0' || c > '9' || decimals == DECIMALS) {
      return false; /* an exponent is a number smaller than any price's step */
    }
    number = number * 10 + (c - '0');
    decimals += decimals >= 0;
  }
  for (int i = decimals > 0 ? decimals : 0; i < DECIMALS; i++) {
    number *= 10;
  }
  *price_e4 = number;
  return true;
}

void isp_price_print(struct buf *out, int64_t price_e4) {
  buf_add_int(out, price_e4 / SCALE);
  int64_t rest = price_e4 % SCALE;
  if (rest == 0) {
    return;
  }
  int digits = DECIMALS;
  while (rest % 10 == 0) {
    rest /= 10;
    digits--;
  }
  buf_format(out, ".%0*d", digits, (int)rest);
}

static void print_price(struct buf *out, const void *member) {
  int64_t price_e4;
  memcpy(&price_e4, member, sizeof price_e4);
  isp_price_print(out, price_e4);
}
static const struct field_custom price_custom = {
    .print = print_price, .schema = "{\"type\":\"number\",\"minimum\":0,\"maximum\":1000000000000}"};

/* ---- items: input ---- */

/* A table that knows which of its rows were sent, in the member `present`. */
#define SENT_FIELDS(name, type, schema_title, checker, ...)                            \
  static const struct field name##_rows_[] = __VA_ARGS__;                              \
  const struct fields name = {.title = (schema_title),                                 \
                              .rows = name##_rows_,                                    \
                              .count = sizeof(name##_rows_) / sizeof(name##_rows_[0]), \
                              .size = sizeof(type),                                    \
                              .present = offsetof(type, present),                      \
                              .check = (checker)}

/* The row says how large a price may be; one that isn't there is NaN. */
static void check_price(struct ctx *ctx, const void *in) {
  const struct isp_item_in *item = in;
  int64_t price_e4;
  if (!isnan(item->unit_price) && !isp_price_read(item->unit_price, &price_e4)) {
    (void)problem_fault(ctx, STR("unit_price"), STR("must have at most four decimals"));
  }
}

/* clang-format off */
#define ITEM_ROWS(needed)                                                                                  \
  FIELD(struct isp_item_in, name, TEXT, "name", (needed) | FIELD_NOT_BLANK, .max = 255,                    \
        .text = "What it is called.", .example = "\"Router AX-3000\""),                                    \
  FIELD(struct isp_item_in, category, TEXT, "category", (needed) | FIELD_NOT_BLANK, .max = 255,            \
        .text = "What it is grouped by.", .example = "\"Networking\""),                                    \
  FIELD(struct isp_item_in, sku, TEXT, "sku", (needed) | FIELD_NOT_BLANK, .max = 100,                      \
        .text = "Stock-keeping unit, unique in any letter case.", .example = "\"RT-AX3000\""),             \
  FIELD(struct isp_item_in, description, TEXT, "description", FIELD_NULLABLE,                              \
        .text = "More about it; null: nothing.", .example = "\"Dual band, four ports\""),                  \
  FIELD(struct isp_item_in, unit_price, REAL, "unit_price", needed, .real_min = 0, .real_max = 1e12,       \
        .text = "Of one piece, with at most four decimals.", .example = "150000.5"),                       \
  FIELD(struct isp_item_in, stock_quantity, INT, "stock_quantity", needed, .min = 0, .max = STOCK_MAX,     \
        .text = "Pieces that lie in stock.", .example = "25"),                                             \
  FIELD(struct isp_item_in, min_stock_level, INT, "min_stock_level", needed, .min = 0, .max = STOCK_MAX,   \
        .text = "That many or fewer is low.", .example = "5")
/* clang-format on */
SENT_FIELDS(isp_item_in, struct isp_item_in, "IspNewItem", check_price, {ITEM_ROWS(FIELD_REQUIRED)});
SENT_FIELDS(isp_item_change_in, struct isp_item_in, "IspItemChange", check_price, {ITEM_ROWS(0)});

SENT_FIELDS(isp_items_in, struct isp_items_in, "IspItemQuery", NULL,
            {ISP_PAGE_ROWS(struct isp_items_in),
             FIELD(struct isp_items_in, category, TEXT, "category", 0, .max = 255,
                   .text = "Items of this category, in any letter case.", .example = "\"Networking\""),
             FIELD(struct isp_items_in, search, TEXT, "search", 0, .max = 255,
                   .text = "A part of the name or the stock-keeping unit, in any letter case.",
                   .example = "\"router\""),
             FIELD(struct isp_items_in, low_stock, BOOL, "low_stock", 0,
                   .text = "Only what is low; false: only what is not.", .example = "true")});

/* ---- items: output ---- */

FIELDS(isp_item_row, struct isp_item, "IspItem",
       {FIELD(struct isp_item, id, UUID, "id", ALWAYS, .text = "The item.", .example = ID_EXAMPLE),
        FIELD(struct isp_item, name, TEXT, "name", ALWAYS, .text = "What it is called.",
              .example = "\"Router AX-3000\""),
        FIELD(struct isp_item, category, TEXT, "category", ALWAYS, .text = "What it is grouped by.",
              .example = "\"Networking\""),
        FIELD(struct isp_item, sku, TEXT, "sku", ALWAYS, .text = "Stock-keeping unit.",
              .example = "\"RT-AX3000\""),
        FIELD(struct isp_item, description, TEXT, "description", OR_NULL, .text = "More about it.",
              .example = "\"Dual band, four ports\""),
        FIELD(struct isp_item, unit_price, CUSTOM, "unit_price", ALWAYS, .custom = &price_custom,
              .text = "Of one piece.", .example = "150000.5"),
        FIELD(struct isp_item, stock_quantity, INT, "stock_quantity", ALWAYS, .text = "Pieces in stock.",
              .example = "25"),
        FIELD(struct isp_item, min_stock_level, INT, "min_stock_level", ALWAYS,
              .text = "That many or fewer is low.", .example = "5"),
        FIELD(struct isp_item, is_low_stock, BOOL, "is_low_stock", ALWAYS,
              .text = "Fewer lie there than should.", .example = "false"),
        FIELD(struct isp_item, created_at, TIME, "created_at", ALWAYS, .text = "When it was added.",
              .example = TIME_EXAMPLE)});
FIELDS(isp_item_data, struct isp_one, "IspItemData",
       {FIELD(struct isp_one, one, OBJECT, "item", ALWAYS, .of = &isp_item_row, .text = "The item.")});
ISP_ENVELOPE(isp_item_out, "IspItemAnswer", isp_item_data);
FIELDS(isp_items_data, struct isp_many, "IspItemsData",
       {FIELD(struct isp_many, many, LIST, "items", ALWAYS, .of = &isp_item_row, .text = "Newest first."),
        FIELD(struct isp_many, pagination, OBJECT, "pagination", ALWAYS, .of = &isp_pagination_out,
              .text = "Which page this is.")});
ISP_ENVELOPE(isp_items_out, "IspItemsAnswer", isp_items_data);

/* ---- assignments: input ---- */

FIELDS(isp_assignment_in, struct isp_assignment_in, "IspNewAssignment",
       {FIELD(struct isp_assignment_in, item_id, UUID, "item_id", FIELD_REQUIRED, .text = "Of what.",
              .example = ID_EXAMPLE),
        FIELD(struct isp_assignment_in, technician_id, UUID, "technician_id", FIELD_REQUIRED,
              .text = "To whom; technicians to themselves alone.", .example = ID_EXAMPLE),
        FIELD(struct isp_assignment_in, ticket_id, UUID, "ticket_id", FIELD_REQUIRED,
              .text = "For which open ticket of this technician.", .example = ID_EXAMPLE),
        FIELD(struct isp_assignment_in, quantity, INT, "quantity", FIELD_REQUIRED, .min = 1, .max = STOCK_MAX,
              .text = "How many pieces.", .example = "2"),
        FIELD(struct isp_assignment_in, serial_numbers, LIST, "serial_numbers", FIELD_NULLABLE,
              .max = SERIALS_MAX, .text = "One for each piece, or none; at most 100 characters each.",
              .example = "[\"SN-0001\",\"SN-0002\"]")});

FIELDS(isp_assignments_in, struct isp_assignments_in, "IspAssignmentQuery",
       {ISP_PAGE_ROWS(struct isp_assignments_in),
        FIELD(struct isp_assignments_in, technician_id, UUID, "technician_id", 0,
              .text = "What this technician got.", .example = ID_EXAMPLE),
        FIELD(struct isp_assignments_in, ticket_id, UUID, "ticket_id", 0, .text = "What was got for it.",
              .example = ID_EXAMPLE),
        FIELD(struct isp_assignments_in, status, WORD, "status", 0, .words = status_words,
              .text = "assigned until all is back.", .example = "\"assigned\"")});

FIELDS(isp_return_in, struct isp_return_in, "IspReturn",
       {FIELD(struct isp_return_in, quantity_returned, INT, "quantity_returned", FIELD_REQUIRED, .min = 1,
              .max = STOCK_MAX, .text = "How many pieces, of those that are out.", .example = "1"),
        FIELD(struct isp_return_in, condition, WORD, "condition", 0, .words = condition_words,
              .text = "good, where unsaid: back into stock; damaged and lost: not.", .example = "\"good\""),
        FIELD(struct isp_return_in, notes, TEXT, "notes", FIELD_NULLABLE, .text = "Words beside it.",
              .example = "\"Box opened, unused\"")});

/* ---- assignments: output ---- */

FIELDS(isp_assigned_item_row, struct isp_assigned_item, "IspAssignedItem",
       {FIELD(struct isp_assigned_item, id, UUID, "id", ALWAYS, .text = "The item.", .example = ID_EXAMPLE),
        FIELD(struct isp_assigned_item, name, TEXT, "name", ALWAYS, .text = "What it is called.",
              .example = "\"Router AX-3000\""),
        FIELD(struct isp_assigned_item, sku, TEXT, "sku", ALWAYS, .text = "Stock-keeping unit.",
              .example = "\"RT-AX3000\"")});
FIELDS(isp_assigned_technician_row, struct isp_assigned_technician, "IspAssignedTechnician",
       {FIELD(struct isp_assigned_technician, id, UUID, "id", ALWAYS, .text = "The technician.",
              .example = ID_EXAMPLE),
        FIELD(struct isp_assigned_technician, full_name, TEXT, "full_name", ALWAYS, .text = "Their name.",
              .example = "\"Budi Santoso\"")});
FIELDS(isp_assigned_ticket_row, struct isp_assigned_ticket, "IspAssignedTicket",
       {FIELD(struct isp_assigned_ticket, id, UUID, "id", ALWAYS, .text = "The ticket.",
              .example = ID_EXAMPLE),
        FIELD(struct isp_assigned_ticket, ticket_number, TEXT, "ticket_number", ALWAYS, .text = "Its number.",
              .example = "\"TK20251001000042\"")});

FIELDS(isp_assignment_row, struct isp_assignment, "IspAssignment",
       {FIELD(struct isp_assignment, id, UUID, "id", ALWAYS, .text = "The assignment.",
              .example = ID_EXAMPLE),
        FIELD(struct isp_assignment, item_id, UUID, "item_id", ALWAYS, .text = "Of what.",
              .example = ID_EXAMPLE),
        FIELD(struct isp_assignment, technician_id, UUID, "technician_id", ALWAYS, .text = "To whom.",
              .example = ID_EXAMPLE),
        FIELD(struct isp_assignment, ticket_id, UUID, "ticket_id", ALWAYS, .text = "For which ticket.",
              .example = ID_EXAMPLE),
        FIELD(struct isp_assignment, item, OBJECT, "item", ALWAYS, .of = &isp_assigned_item_row,
              .text = "The item, in short."),
        FIELD(struct isp_assignment, technician, OBJECT, "technician", ALWAYS,
              .of = &isp_assigned_technician_row, .text = "The technician, in short."),
        FIELD(struct isp_assignment, ticket, OBJECT, "ticket", ALWAYS, .of = &isp_assigned_ticket_row,
              .text = "The ticket, in short."),
        FIELD(struct isp_assignment, quantity, INT, "quantity", ALWAYS, .text = "Pieces given out.",
              .example = "2"),
        FIELD(struct isp_assignment, serial_numbers, LIST, "serial_numbers", ALWAYS,
              .text = "Of the pieces; those still out first.", .example = "[\"SN-0001\",\"SN-0002\"]"),
        FIELD(struct isp_assignment, status, WORD, "status", ALWAYS, .words = status_words,
              .text = "assigned until all is back.", .example = "\"assigned\""),
        FIELD(struct isp_assignment, quantity_returned, INT, "quantity_returned", ALWAYS,
              .text = "Pieces that were given back, or up.", .example = "0"),
        FIELD(struct isp_assignment, quantity_good, INT, "quantity_good", ALWAYS,
              .text = "Of them: back in stock.", .example = "0"),
        FIELD(struct isp_assignment, quantity_damaged, INT, "quantity_damaged", ALWAYS,
              .text = "Of them: damaged.", .example = "0"),
        FIELD(struct isp_assignment, quantity_lost, INT, "quantity_lost", ALWAYS, .text = "Of them: lost.",
              .example = "0"),
        FIELD(struct isp_assignment, notes, TEXT, "notes", OR_NULL, .text = "Of the returns.",
              .example = "\"Box opened, unused\""),
        FIELD(struct isp_assignment, created_at, TIME, "created_at", ALWAYS, .text = "When it was given out.",
              .example = TIME_EXAMPLE),
        FIELD(struct isp_assignment, updated_at, TIME, "updated_at", ALWAYS, .text = "When it last changed.",
              .example = TIME_EXAMPLE),
        FIELD(struct isp_assignment, returned_at, TIME, "returned_at", OR_NULL, .text = "When all was back.",
              .example = TIME_EXAMPLE)});
FIELDS(isp_assignment_data, struct isp_one, "IspAssignmentData",
       {FIELD(struct isp_one, one, OBJECT, "assignment", ALWAYS, .of = &isp_assignment_row,
              .text = "The assignment.")});
ISP_ENVELOPE(isp_assignment_out, "IspAssignmentAnswer", isp_assignment_data);
FIELDS(isp_assignments_data, struct isp_many, "IspAssignmentsData",
       {FIELD(struct isp_many, many, LIST, "assignments", ALWAYS, .of = &isp_assignment_row,
              .text = "Newest first."),
        FIELD(struct isp_many, pagination, OBJECT, "pagination", ALWAYS, .of = &isp_pagination_out,
              .text = "Which page this is.")});
ISP_ENVELOPE(isp_assignments_out, "IspAssignmentsAnswer", isp_assignments_data);
