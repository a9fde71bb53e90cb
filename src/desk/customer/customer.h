#ifndef SIGAP_DESK_CUSTOMER_H
#define SIGAP_DESK_CUSTOMER_H

#include "base/ctx.h"
#include "base/id.h"
#include "desk/account/account.h"

/* An account of role customer, with where and what is served there. A customer's id is the account's id
 * (docs/decisions/0012): every account of role customer is one, whichever dialect made it. */
struct customer {
  struct account account;     /* id, uuid, name, email, phone, created_at … */
  struct str nik;             /* national identity number; NONE; unique in the tenant; NONE to technicians */
  struct str address;         /* NONE unsaid */
  double latitude, longitude; /* NaN both: unsaid */
  struct str service_area;    /* NONE unsaid */
  struct str service_package; /* NONE unsaid */
};
extern const struct problem_kind customer_not_found;
extern const struct problem_kind customer_nik_taken; /* DUPLICATE */

struct customer_new {
  struct str name, phone, email; /* all required */
  struct str nik;                /* NONE without */
  struct str address, service_area;
  struct str service_package; /* NONE without */
  double latitude, longitude; /* -90…90, -180…180; faults "coordinates.lat", "coordinates.lng" */
};
/* Account of role customer without a password, customer row, an invitation mail (set a password), event.
 * Needs MAY_CUSTOMER_WRITE over all. account_email_taken, customer_nik_taken. Faults: "full_name", "phone",
 * "email", "nik", "address", "service_area", … */
enum status customer_create(struct ctx *ctx, const struct customer_new *new_customer,
                            struct customer *out) MUST_CHECK;
/* MAY_CUSTOMER_READ: all; a technician those with a ticket they may read, without nik; a customer themself.
 */
enum status customer_get(struct ctx *ctx, struct uuid uuid, struct customer *out) MUST_CHECK;
struct customer_change {
  bool has_name, has_phone, has_email, has_nik, has_address, has_place, has_area, has_package;
  struct str name, phone, email, nik, address, service_area, service_package;
  double latitude, longitude;
};
/* MAY_CUSTOMER_WRITE: staff but technicians; the customer themself (not e-mail, nik, service area and
 * package: access_forbidden). */
enum status customer_change(struct ctx *ctx, struct uuid uuid, const struct customer_change *change,
                            struct customer *out) MUST_CHECK;
struct customer_filter {
  struct str search;                /* in name, e-mail, phone, any letter case, taken literally; NONE any */
  struct str service_area;          /* whole, any letter case; NONE any */
  int64_t created_from, created_to; /* from inclusive, to exclusive; 0 any */
  int64_t skip, limit;
};
/* Newest first, active ones; what the caller may read. *total: of all pages. */
enum status customer_list(struct ctx *ctx, const struct customer_filter *filter, struct customer **out,
                          size_t *count, int64_t *total) MUST_CHECK;
/* The account's identity number goes, so that it is free again, whatever role the account has now: for
 * desk/account, where it is deleted. Inside db_write, the account's tenant locked. */
enum status customer_leave(struct ctx *ctx, const struct account *account) MUST_CHECK;

#endif
