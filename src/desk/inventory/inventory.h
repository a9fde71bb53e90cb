#ifndef SIGAP_DESK_INVENTORY_H
#define SIGAP_DESK_INVENTORY_H

#include "base/ctx.h"
#include "base/id.h"

/* What lies in the warehouse, what technicians carry, and every movement between. Stock never goes below
 * zero, and the movements of an item add up to its stock. */

enum { STOCK_MAX = 1000000000 };
#define PRICE_MAX_E4 (INT64_C(1000000000000) * 10000) /* 10^12 in ten-thousandths */

struct item {
  int64_t id;
  struct uuid uuid;
  struct str name, category, sku;
  struct str description; /* NONE without */
  int64_t price_e4;       /* ten-thousandths of the currency's unit */
  int64_t stock, min_stock;
  bool is_low; /* stock <= min_stock */
  int64_t created_at, updated_at;
};
extern const struct problem_kind item_not_found;
extern const struct problem_kind item_sku_taken;     /* DUPLICATE */
extern const struct problem_kind inventory_no_stock; /* STATE: fewer left than asked for */

struct item_new {
  struct str name, category, sku;
  struct str description;
  int64_t price_e4, stock, min_stock;
};
/* MAY_INVENTORY_WRITE. A movement for the first stock. Faults: "name", "category", "sku" (1-100),
 * "unit_price", "stock_quantity", "min_stock_level". */
enum status item_create(struct ctx *ctx, const struct item_new *new_item, struct item *out) MUST_CHECK;
struct item_change {
  bool has_name, has_category, has_sku, has_description, has_price, has_stock, has_min_stock;
  struct item_new to;
};
/* A changed stock is a movement (adjustment). Crossing to low tells supervisors up (notice). */
enum status item_change(struct ctx *ctx, struct uuid uuid, const struct item_change *change,
                        struct item *out) MUST_CHECK;
enum status item_get(struct ctx *ctx, struct uuid uuid, struct item *out) MUST_CHECK;
/* TOO_LARGE: the texts of that many rows are more than a request may hold. */
extern const struct problem_kind inventory_list_too_large;
struct item_filter {
  struct str category; /* whole, any letter case; NONE any */
  struct str search;   /* in name or sku, any letter case, literally; NONE any */
  enum { ITEM_ANY, ITEM_LOW, ITEM_NOT_LOW } low;
  int64_t before_id; /* keyset, for reports; 0 from the newest */
  int64_t skip, limit;
};
/* Newest first. MAY_INVENTORY_READ. total may be NULL. */
enum status item_list(struct ctx *ctx, const struct item_filter *filter, struct item **out, size_t *count,
                      int64_t *total) MUST_CHECK;

enum assignment_status { ASSIGNMENT_ASSIGNED = 1, ASSIGNMENT_RETURNED };       /* stored */
enum item_condition { CONDITION_GOOD = 1, CONDITION_DAMAGED, CONDITION_LOST }; /* stored */
enum { SERIALS_MAX = 100 };
struct assignment {
  int64_t id;
  struct uuid uuid;
  int64_t item_id, technician_id, ticket_id;
  struct uuid item_uuid, technician_uuid, ticket_uuid;
  struct str item_name, item_sku, technician_name;
  int64_t ticket_created_at; /* for its number */
  int64_t quantity, good, damaged, lost;
  int status;
  struct str *serials; /* those still out first; as written */
  size_t serial_count;
  struct str notes; /* of the returns; NONE without */
  int64_t created_at, updated_at, returned_at;
};
extern const struct problem_kind assignment_not_found;
extern const struct problem_kind inventory_serial_out; /* DUPLICATE: that serial number is out already */
extern const struct problem_kind assignment_over; /* INVALID: more than is out; fault "quantity_returned" */
extern const struct problem_kind assignment_done; /* STATE: it is all back already */
struct assignment_new {
  struct uuid item, technician, ticket;
  int64_t quantity;          /* 1-STOCK_MAX */
  const struct str *serials; /* as many as the quantity, or none */
  size_t serial_count;
};
/* MAY_INVENTORY_ASSIGN: supervisors up; a technician to themself. The ticket must be open and the
 * technician's (fault "ticket_id"); what is not there is a fault on "item_id", "technician_id" or
 * "ticket_id". Takes the stock in the same transaction; movement, event, notice when low is crossed. */
enum status assignment_create(struct ctx *ctx, const struct assignment_new *new_assignment,
                              struct assignment *out) MUST_CHECK;
struct assignment_return {
  int64_t quantity;
  enum item_condition condition;
  struct str notes; /* NONE without */
};
/* good goes back into stock, damaged and lost do not (a movement of 0 that says so). All back: returned. The
 * technician's own, or supervisors up. STATE where it is all back already. */
enum status assignment_return(struct ctx *ctx, struct uuid uuid, const struct assignment_return *returned,
                              struct assignment *out) MUST_CHECK;
struct assignment_filter {
  struct uuid technician, ticket; /* none: any */
  int status;                     /* 0 any */
  int64_t skip, limit;
};
/* Newest first; a technician sees their own. */
enum status assignment_list(struct ctx *ctx, const struct assignment_filter *filter, struct assignment **out,
                            size_t *count, int64_t *total) MUST_CHECK;
/* What the caller may see of it, else assignment_not_found. */
enum status assignment_by_id(struct ctx *ctx, int64_t id, struct assignment *out) MUST_CHECK;

/* Stored: never renumber. */
enum movement_kind {
  MOVEMENT_INITIAL = 1,
  MOVEMENT_ADJUSTED,
  MOVEMENT_ASSIGNED,
  MOVEMENT_RETURNED,
  MOVEMENT_DAMAGED,
  MOVEMENT_LOST
};
/* Sums of a period for the report: of items that match. */
struct stock_sums {
  int64_t items, low_items;
  int64_t stock;    /* pieces now */
  int64_t value_e4; /* pieces × price, saturating */
  int64_t out;      /* pieces with technicians now */
  /* In the period. added: first stocks and adjustments, those downwards taken off, so that added - assigned +
   * returned is what the stock changed by. */
  int64_t added, assigned, returned, damaged, lost;
};
/* from inclusive, to exclusive; 0 any. Supervisors up (MAY_REPORT, all). */
enum status inventory_sums(struct ctx *ctx, const struct item_filter *filter, int64_t from, int64_t to,
                           struct stock_sums *out) MUST_CHECK;
/* The same per item, for items listed before. */
enum status inventory_item_sums(struct ctx *ctx, int64_t item_id, int64_t from, int64_t to,
                                struct stock_sums *out) MUST_CHECK;

#endif
