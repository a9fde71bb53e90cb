#ifndef SIGAP_API_ISP_STOCK_H
#define SIGAP_API_ISP_STOCK_H

#include "api/isp/internal.h"
#include "desk/inventory/inventory.h"
#include "desk/notice/notice.h"

/* Inventory, notifications, uploads. */

/* ---- inventory: input ---- */
struct isp_item_in {
  uint64_t present;
  struct str name, category, sku;
  struct str description; /* NONE: null */
  double unit_price;
  int64_t stock_quantity, min_stock_level;
};
struct isp_items_in {
  uint64_t present;
  struct isp_page page;
  struct str category, search;
  bool low_stock;
};
struct isp_assignment_in {
  struct uuid item_id, technician_id, ticket_id;
  int64_t quantity;
  struct list serial_numbers; /* struct str */
};
struct isp_assignments_in {
  struct isp_page page;
  struct uuid technician_id, ticket_id;
  int status;
};
struct isp_return_in {
  int64_t quantity_returned;
  int condition; /* 0: unsaid */
  struct str notes;
};
extern const struct fields isp_item_in, isp_item_change_in, isp_items_in;
extern const struct fields isp_assignment_in, isp_assignments_in, isp_return_in;

/* ---- inventory: output ---- */
struct isp_item {
  struct uuid id;
  struct str name, category, sku, description;
  int64_t unit_price; /* ten-thousandths */
  int64_t stock_quantity, min_stock_level;
  bool is_low_stock;
  int64_t created_at;
};
struct isp_assigned_item {
  struct uuid id;
  struct str name, sku;
};
struct isp_assigned_technician {
  struct uuid id;
  struct str full_name;
};
struct isp_assigned_ticket {
  struct uuid id;
  struct str ticket_number;
};
struct isp_assignment {
  struct uuid id;
  struct uuid item_id, technician_id, ticket_id;
  const struct isp_assigned_item *item;
  const struct isp_assigned_technician *technician;
  const struct isp_assigned_ticket *ticket;
  int64_t quantity;
  struct list serial_numbers; /* struct str */
  int status;
  int64_t quantity_returned, quantity_good, quantity_damaged, quantity_lost;
  struct str notes;
  int64_t created_at, updated_at, returned_at;
};
/* One, for lists of others, too (synchronisation); and the answers. */
extern const struct fields isp_assignment_row;
extern const struct fields isp_item_out, isp_items_out, isp_assignment_out, isp_assignments_out;
struct isp_assignment isp_assignment_of(struct call *call, const struct assignment *assignment);

/* A price as it was sent, in ten-thousandths; false where it has more decimals, or is none from 0 to
 * 10^12. */
bool isp_price_read(double price, int64_t *price_e4);
/* As a JSON number without needless zeros: 150000.5, 100. */
void isp_price_print(struct buf *out, int64_t price_e4);

enum status isp_item_list(struct call *call);
enum status isp_item_create(struct call *call);
enum status isp_item_get(struct call *call);
enum status isp_item_update(struct call *call);
enum status isp_assignment_list(struct call *call);
enum status isp_assignment_create(struct call *call);
enum status isp_assignment_return(struct call *call);

/* ---- notifications ---- */
struct isp_notices_in {
  uint64_t present;
  struct isp_page page;
  bool is_read;
  int type; /* 0: any */
};
struct isp_notice {
  struct uuid id;
  int type;
  struct str title, message;
  struct str data; /* a JSON object */
  bool is_read;
  int64_t created_at;
};
extern const struct fields isp_notices_in;
/* One, for lists of others, too (synchronisation); and the answers. */
extern const struct fields isp_notice_row;
extern const struct fields isp_notice_out, isp_notices_out, isp_notices_read_out;
/* In words of that language (enum language). Texts in the arena. */
struct isp_notice isp_notice_of(struct arena *arena, const struct notice *notice, int language);
/* The caller's own language, for what is told to them. */
enum status isp_language(struct call *call, int *language) MUST_CHECK;

enum status isp_notice_list(struct call *call);
enum status isp_notice_read(struct call *call);
enum status isp_notice_read_all(struct call *call);

/* ---- uploads ---- */
struct isp_upload_in {
  int type; /* enum file_kind */
  struct uuid ticket_id;
};
extern const struct fields isp_upload_in, isp_upload_out;
/* Content-Disposition of a download (RFC 6266): the name in plain letters, and whole in filename*. */
struct str isp_disposition(struct arena *arena, struct str name);

enum status isp_upload(struct call *call);
enum status isp_file_get(struct call *call);

#endif
