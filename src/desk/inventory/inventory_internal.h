#ifndef SIGAP_DESK_INVENTORY_INTERNAL_H
#define SIGAP_DESK_INVENTORY_INTERNAL_H

#include "desk/inventory/inventory.h"

/* What the files of this noun share; nobody else includes it. */

struct item_row;

/* ---- item.c ---- */
/* The texts stay where the row has them. */
struct item item_from_row(const struct item_row *row);
/* Of the caller's tenant; item_not_found. */
enum status item_load(struct ctx *ctx, struct uuid uuid, struct item *out) MUST_CHECK;
/* Adds a fault on `field` where a text of notes or a description is no UTF-8, has control characters or is
 * over 64 KiB. NONE is fine. */
enum status item_check_text(struct ctx *ctx, const char *field, struct str text) MUST_CHECK;
/* A fault on `field` where the text is blank, no UTF-8, with control characters or over `points_max`. */
enum status item_check_line(struct ctx *ctx, struct str field, struct str text, size_t points_max) MUST_CHECK;

/* inventory_list_too_large where the arena has no room for a row with texts of `bytes` in all: a list is
 * refused while there is still room to say so. */
enum status item_check_room(struct ctx *ctx, size_t bytes) MUST_CHECK;

/* ---- stock.c ---- */
struct stock_change {
  enum movement_kind kind;
  int64_t quantity;      /* added; negative: taken */
  int64_t pieces;        /* how many it is about */
  int64_t assignment_id; /* 0 none */
  struct str notes;      /* NONE without */
};
/* Adds `quantity` (negative: takes) and gives the item as it is then. inventory_no_stock where fewer are
 * left; a fault on "quantity_returned" where it would be more than STOCK_MAX. Two at the same time wait for
 * one another. Inside db_write. */
enum status stock_add(struct ctx *ctx, int64_t item_id, int64_t quantity, struct item *after) MUST_CHECK;
/* What follows from a change of an item: the movement (NULL: the stock is what it was), the event, and a
 * notice to supervisors up where it was not low before and is now. Inside db_write. */
enum status stock_record(struct ctx *ctx, const struct item *after, bool was_low,
                         const struct stock_change *change) MUST_CHECK;

#endif
