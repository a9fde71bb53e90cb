#ifndef SIGAP_API_ISP_TICKETS_H
#define SIGAP_API_ISP_TICKETS_H

#include "api/isp/internal.h"
#include "desk/file/file.h"
#include "desk/reply/reply.h"

/* Tickets: lists, one, its life. */

/* ---- input ---- */
struct isp_ticket_query {
  struct isp_page page;
  int status, priority, type; /* 0: any */
  struct uuid technician_id, customer_id;
  struct isp_range created, scheduled;
};
struct isp_person_tickets_query {
  struct isp_page page;
  int status;            /* 0: any */
  struct isp_range date; /* of creation */
};
struct isp_ticket_new_in {
  struct uuid customer_id;
  int type, priority, category;
  struct str title, description;
  const struct isp_place *location;
  int64_t scheduled_at;
  struct list attachments; /* struct str */
};
struct isp_ticket_change_in {
  uint64_t present;
  struct str title, description;
  int type, priority, category;
  const struct isp_place *location;
  int64_t scheduled_at;
};
struct isp_assign_in {
  struct uuid technician_id;
  int64_t scheduled_at;
  struct str notes;
};
struct isp_status_in {
  int status;
  struct str notes;
  struct list attachments;
};
struct isp_comment_in {
  struct str comment;
  struct list attachments;
};
struct isp_rating_in {
  int64_t rating;
  struct str feedback;
};
extern const struct fields isp_ticket_query, isp_person_tickets_query, isp_ticket_new_in,
    isp_ticket_change_in, isp_assign_in, isp_status_in, isp_comment_in, isp_rating_in;

/* ---- output ---- */
struct isp_ticket_customer {
  struct uuid id;
  struct str full_name, phone, address;
};
struct isp_ticket_technician {
  struct uuid id;
  struct str full_name, phone;
};
struct isp_ticket {
  struct uuid id;
  struct str number;
  const struct isp_ticket_customer *customer;
  const struct isp_ticket_technician *technician; /* NULL: nobody */
  int type, priority, status, category;
  struct str title, description;
  const struct isp_place *location;
  int64_t scheduled_at, completed_at, sla_deadline;
  double rating; /* NaN: none */
  struct str feedback;
  int64_t created_at, updated_at;
};
extern const struct fields isp_ticket_out;
/* The page of tickets that the filter means, as they are shown; its people come by one statement. total: how
 * many there are in all; NULL: not asked. */
enum status isp_list_tickets(struct call *call, const struct ticket_filter *filter, struct list *out,
                             int64_t *total) MUST_CHECK;
/* Tickets as they are shown, in an array of the arena; their people come by one statement for each 256. */
enum status isp_show_tickets(struct call *call, const struct ticket *tickets, size_t count,
                             struct isp_ticket **out) MUST_CHECK;
/* The number of somebody whom a filter names (ticket_person_number); 0 for no uuid. */
enum status isp_person_number(struct call *call, struct uuid uuid, int64_t *out) MUST_CHECK;

struct isp_user_brief {
  struct uuid id;
  struct str full_name;
  int role; /* enum role */
};
struct isp_attachment {
  struct uuid id;
  struct str filename, url, type;
  struct uuid uploaded_by;
  int64_t uploaded_at;
};
struct isp_comment {
  struct uuid id;
  const struct isp_user_brief *user;
  struct str comment;
  struct list attachments; /* struct isp_attachment */
  int64_t created_at;
};
struct isp_history_entry {
  struct uuid id;
  struct str action, old_value, new_value;
  const struct isp_user_brief *user; /* NULL: the system */
  int64_t created_at;
};
struct isp_ticket_detail {
  struct isp_ticket ticket;
  struct list attachments, comments, history;
};
extern const struct fields isp_comment_out, isp_history_out, isp_ticket_detail_out;
/* ---- isp_ticket_detail.c ---- */
/* A reply with its attachments, by the caller. */
enum status isp_show_comment(struct call *call, const struct reply *reply,
                             struct isp_comment *out) MUST_CHECK;

/* ---- the answers' tables ---- */
struct isp_tickets_answer {
  struct list tickets;
  const struct isp_pagination *pagination;
};
struct isp_ticket_answer {
  const struct isp_ticket *ticket;
};
struct isp_ticket_detail_answer {
  const struct isp_ticket_detail *ticket;
};
struct isp_comment_answer {
  const struct isp_comment *comment;
};
extern const struct fields isp_tickets_answer_out, isp_ticket_answer_out, isp_ticket_detail_answer_out,
    isp_comment_answer_out;

/* ---- handlers ---- */
enum status isp_ticket_list(struct call *call);
enum status isp_ticket_create(struct call *call);
enum status isp_ticket_get(struct call *call);
enum status isp_ticket_change(struct call *call);
enum status isp_ticket_remove(struct call *call);
enum status isp_ticket_restore(struct call *call);
enum status isp_ticket_assign(struct call *call);
enum status isp_ticket_status(struct call *call);
enum status isp_ticket_comment(struct call *call);
enum status isp_ticket_rate(struct call *call);
enum status isp_customer_tickets(struct call *call);
enum status isp_technician_tickets(struct call *call);

#endif
