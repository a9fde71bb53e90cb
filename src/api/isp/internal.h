#ifndef SIGAP_API_ISP_INTERNAL_H
#define SIGAP_API_ISP_INTERNAL_H

#include "api/isp/isp.h"
#include "desk/account/account.h"
#include "desk/ticket/ticket.h"

/* Shared by the dialect's own files only. What a subject's files share among themselves stands in its own
 * header (isp_people.h, isp_tickets.h, …). */

/* ---- the envelope: {"success":true,"data":{…}} ---- */
struct isp_envelope {
  const void *data;
};
/* clang-format off */
/* An answer's table around the table of its data. */
#define ISP_ENVELOPE(name, title, table)                                                                   \
  FIELDS(name, struct isp_envelope, title,                                                                 \
         {FIELD_CONST("success", "true", .text = "The call succeeded."),                                   \
          FIELD(struct isp_envelope, data, OBJECT, "data", FIELD_REQUIRED, .of = &(table),                 \
                .text = "What was asked for.")})
/* clang-format on */
enum status isp_answer(struct call *call, int http, const struct fields *envelope, const void *data);
/* {"success":true,"data":{"message":"…"}} */
extern const struct fields isp_message_out;
enum status isp_say(struct call *call, const char *message);
/* {"success":false,"error":{code,message,details}}: the printer and its schema; what a kind of failure is
 * called and which HTTP number it has, where that is not its status's. */
void isp_print_problem(struct call *call, int http, const char *message, struct buf *out);
extern const struct saying isp_sayings[];
/* `details` names fields as the caller sent them. Where the desk's word for a fault is another than the
 * wire's
 * ("name" for "profile.full_name"), a row of the one table `wire_names` in isp.c says so for the routes with
 * that input table; what stands behind the word ("skills[2]") stays. No row: the desk's word is the wire's.
 */
struct isp_wire_name {
  const struct fields *input; /* of the route */
  const char *desk, *wire;
};
extern const struct fields isp_problem_out;

/* ---- paging ---- */
enum { ISP_LIMIT_DEFAULT = 20, ISP_LIMIT_MAX = 100 };
struct isp_page {
  int64_t page, limit; /* as sent; 0 unsaid */
};
struct isp_pagination {
  int64_t current_page, per_page, total, total_pages;
};
extern const struct fields isp_pagination_out;
/* Rows of a query table whose struct has a `struct isp_page page`. */
/* clang-format off */
#define ISP_PAGE_ROWS(type)                                                                                \
  FIELD(type, page.page, INT, "page", 0, .min = 1, .max = 1000000000,                                      \
        .text = "Which page, from 1.", .example = "1"),                                                    \
  FIELD(type, page.limit, INT, "limit", 0, .min = 1, .max = ISP_LIMIT_MAX,                                 \
        .text = "Rows a page, at most 100; 20 where unsaid.", .example = "20")
/* clang-format on */
int64_t isp_limit(const struct isp_page *page);
int64_t isp_skip(const struct isp_page *page);
/* For `total` rows in all; in the arena. */
const struct isp_pagination *isp_pagination(struct call *call, const struct isp_page *page, int64_t total);

/* ---- input that tables can't say ---- */
/* The path's n-th parameter as a uuid; else 400 VALIDATION_ERROR with details {id}. */
extern const struct problem_kind isp_bad_id;
enum status isp_id(struct call *call, unsigned n, struct uuid *out) MUST_CHECK;
/* An end of a range: a day of the tenant's time zone ("YYYY-MM-DD"), or an RFC 3339 time; all 0 unsaid. */
struct isp_end {
  struct str text;      /* as sent */
  int64_t begins, over; /* microseconds; a moment is over with itself */
  int64_t day;          /* since 1970 */
  bool is_ahead;        /* that day is after today */
};
/* From the one's begin until the other is over: the day named last is included whole. */
struct isp_range {
  struct isp_end from, to;
};
extern const struct field_custom isp_end_custom;
/* Rows of a query table whose struct has a `struct isp_range created`: "created_from", "created_to". Its
 * check calls isp_check_range(ctx, &in->created, "created"). */
/* clang-format off */
#define ISP_RANGE_ROWS(type, range, from_text, to_text)                                                    \
  FIELD(type, range.from, CUSTOM, #range "_from", 0, .custom = &isp_end_custom, .text = from_text,         \
        .example = "\"2025-10-01\""),                                                                      \
  FIELD(type, range.to, CUSTOM, #range "_to", 0, .custom = &isp_end_custom, .text = to_text,               \
        .example = "\"2025-10-31\"")
/* clang-format on */
/* The fault of a range that ends before it begins. */
void isp_check_range(struct ctx *ctx, const struct isp_range *range, const char *name);

/* ---- vocabulary ---- */
extern const struct word isp_status_words[], isp_priority_words[], isp_type_words[], isp_role_words[];

/* ---- shapes that several subjects show ---- */
struct isp_place {
  double lat, lng;
};
extern const struct fields isp_place_in, isp_place_out;
/* NULL where both are NaN; in the arena. */
const struct isp_place *isp_place(struct call *call, double lat, double lng);

#endif
