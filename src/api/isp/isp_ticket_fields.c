#include "api/isp/isp_tickets.h"

/* Tables of the tickets. */

/* ---- vocabulary ---- */

static const struct word category_words[] = {{"billing", CATEGORY_BILLING},
                                             {"technical", CATEGORY_TECHNICAL},
                                             {"account", CATEGORY_ACCOUNT},
                                             {"service", CATEGORY_SERVICE},
                                             {NULL, 0}};

/* ---- input ---- */

enum { TITLE_MAX = 255, FILES_MAX = 10 };

/* clang-format off */
#define FILES_ROW(type)                                                                                    \
  FIELD(type, attachments, LIST, "attachments", FIELD_NULLABLE, .max = FILES_MAX,                          \
        .text = "Urls of own uploads, or addresses elsewhere; at most 10.",                                \
        .example = "[\"https://example.com/photo.jpg\"]")
#define NOTES_ROW(type)                                                                                    \
  FIELD(type, notes, TEXT, "notes", FIELD_NULLABLE, .text = "Goes into the history.",                      \
        .example = "\"Customer is at home after 4 pm\"")
#define SCHEDULE_ROW(type)                                                                                 \
  FIELD(type, scheduled_at, TIME, "scheduled_at", FIELD_NULLABLE, .text = "When the work is planned.",     \
        .example = "\"2025-10-20T09:00:00Z\"")
/* The fields of a ticket that both its creation and its change have. */
#define FIELD_ROWS(owner, required)                                                                        \
  FIELD(owner, type, WORD, "type", required, .words = isp_type_words, .text = "What is to be done.",        \
        .example = "\"repair\""),                                                                          \
  FIELD(owner, priority, WORD, "priority", required, .words = isp_priority_words, .text = "How urgent.",    \
        .example = "\"high\""),                                                                            \
  FIELD(owner, category, WORD, "category", 0, .words = category_words,                                      \
        .text = "What it is about; technical where unsaid, but service for a disconnection.",              \
        .example = "\"technical\""),                                                                       \
  FIELD(owner, title, TEXT, "title", (required) | FIELD_NOT_BLANK, .max = TITLE_MAX, .text = "In short.",   \
        .example = "\"No internet since this morning\""),                                                  \
  FIELD(owner, description, TEXT, "description", (required) | FIELD_NOT_BLANK, .text = "In full.",          \
        .example = "\"The modem's LOS light blinks red.\"")
/* clang-format on */

static void check_query(struct ctx *ctx, const void *in) {
  const struct isp_ticket_query *query = in;
  isp_check_range(ctx, &query->created, "created");
  isp_check_range(ctx, &query->scheduled, "scheduled");
}
CHECKED_FIELDS(isp_ticket_query, struct isp_ticket_query, "IspTicketQuery", check_query,
               {ISP_PAGE_ROWS(struct isp_ticket_query),
                FIELD(struct isp_ticket_query, status, WORD, "status", 0, .words = isp_status_words,
                      .text = "In this status.", .example = "\"assigned\""),
                FIELD(struct isp_ticket_query, priority, WORD, "priority", 0, .words = isp_priority_words,
                      .text = "Of this priority.", .example = "\"high\""),
                FIELD(struct isp_ticket_query, type, WORD, "type", 0, .words = isp_type_words,
                      .text = "Of this type.", .example = "\"repair\""),
                FIELD(struct isp_ticket_query, technician_id, UUID, "technician_id", 0,
                      .text = "Assigned to this technician."),
                FIELD(struct isp_ticket_query, customer_id, UUID, "customer_id", 0,
                      .text = "Of this customer."),
                ISP_RANGE_ROWS(struct isp_ticket_query, created, "Made on this day or later.",
                               "Made on this day or before."),
                ISP_RANGE_ROWS(struct isp_ticket_query, scheduled, "Planned for this day or later.",
                               "Planned for this day or before.")});

static void check_person_query(struct ctx *ctx, const void *in) {
  isp_check_range(ctx, &((const struct isp_person_tickets_query *)in)->date, "date");
}
CHECKED_FIELDS(isp_person_tickets_query, struct isp_person_tickets_query, "IspPersonTicketsQuery",
               check_person_query,
               {ISP_PAGE_ROWS(struct isp_person_tickets_query),
                FIELD(struct isp_person_tickets_query, status, WORD, "status", 0, .words = isp_status_words,
                      .text = "In this status.", .example = "\"assigned\""),
                ISP_RANGE_ROWS(struct isp_person_tickets_query, date, "Made on this day or later.",
                               "Made on this day or before.")});

/* Staff make tickets for somebody; a customer's are their own. */
static void check_customer(struct ctx *ctx, const void *in) {
  const struct isp_ticket_new_in *ticket = in;
  if (role_is_staff(ctx->who->role) && uuid_is_none(ticket->customer_id)) {
    /* One that is no uuid was told already: details tell each field once. */
    (void)problem_fault(ctx, STR("customer_id"), STR("is required"));
  }
}

CHECKED_FIELDS(isp_ticket_new_in, struct isp_ticket_new_in, "IspTicketNew", check_customer,
               {FIELD(struct isp_ticket_new_in, customer_id, UUID, "customer_id", FIELD_NULLABLE,
                      .text = "Whose ticket it is. Staff must say it; a customer's own where unsaid."),
                FIELD_ROWS(struct isp_ticket_new_in, FIELD_REQUIRED),
                FIELD(struct isp_ticket_new_in, location, OBJECT, "location", FIELD_REQUIRED,
                      .of = &isp_place_in, .text = "Where the work is."),
                SCHEDULE_ROW(struct isp_ticket_new_in), FILES_ROW(struct isp_ticket_new_in)});

static const struct field change_rows[] = {
    FIELD_ROWS(struct isp_ticket_change_in, 0),
    FIELD(struct isp_ticket_change_in, location, OBJECT, "location", FIELD_NULLABLE, .of = &isp_place_in,
          .text = "Where the work is; null: nowhere any more."),
    SCHEDULE_ROW(struct isp_ticket_change_in)};
const struct fields isp_ticket_change_in = {.title = "IspTicketChange",
                                            .rows = change_rows,
                                            .count = sizeof change_rows / sizeof *change_rows,
                                            .size = sizeof(struct isp_ticket_change_in),
                                            .present = offsetof(struct isp_ticket_change_in, present)};

FIELDS(isp_assign_in, struct isp_assign_in, "IspTicketAssign",
       {FIELD(struct isp_assign_in, technician_id, UUID, "technician_id", FIELD_REQUIRED,
              .text = "Who is to do the work."),
        SCHEDULE_ROW(struct isp_assign_in), NOTES_ROW(struct isp_assign_in)});

FIELDS(isp_status_in, struct isp_status_in, "IspTicketStatus",
       {FIELD(struct isp_status_in, status, WORD, "status", FIELD_REQUIRED, .words = isp_status_words,
              .text = "The new status.", .example = "\"in_progress\""),
        NOTES_ROW(struct isp_status_in), FILES_ROW(struct isp_status_in)});

FIELDS(isp_comment_in, struct isp_comment_in, "IspTicketComment",
       {FIELD(struct isp_comment_in, comment, TEXT, "comment", FIELD_REQUIRED | FIELD_NOT_BLANK,
              .text = "What is to be said.", .example = "\"The fibre at the pole was cut.\""),
        FILES_ROW(struct isp_comment_in)});

FIELDS(isp_rating_in, struct isp_rating_in, "IspTicketRating",
       {FIELD(struct isp_rating_in, rating, INT, "rating", FIELD_REQUIRED, .min = 1, .max = 5,
              .text = "From 1, bad, to 5, very good.", .example = "5"),
        FIELD(struct isp_rating_in, feedback, TEXT, "feedback", FIELD_NULLABLE,
              .text = "What was good, what was not.", .example = "\"Friendly and quick\"")});

/* ---- output ---- */

FIELDS(isp_ticket_customer_out, struct isp_ticket_customer, "IspTicketCustomer",
       {FIELD(struct isp_ticket_customer, id, UUID, "id", FIELD_REQUIRED, .text = "The customer."),
        FIELD(struct isp_ticket_customer, full_name, TEXT, "full_name", FIELD_REQUIRED, .text = "Name.",
              .example = "\"Ani Wijaya\""),
        FIELD(struct isp_ticket_customer, phone, TEXT, "phone", FIELD_REQUIRED | FIELD_NULLABLE,
              .text = "Telephone; null where unsaid.", .example = "\"+62812345678\""),
        FIELD(struct isp_ticket_customer, address, TEXT, "address", FIELD_REQUIRED | FIELD_NULLABLE,
              .text = "Where the customer lives; null where unsaid.",
              .example = "\"Jl. Melati 5, Jakarta\"")});

FIELDS(isp_ticket_technician_out, struct isp_ticket_technician, "IspTicketTechnician",
       {FIELD(struct isp_ticket_technician, id, UUID, "id", FIELD_REQUIRED, .text = "The technician."),
        FIELD(struct isp_ticket_technician, full_name, TEXT, "full_name", FIELD_REQUIRED, .text = "Name.",
              .example = "\"Tono Hartono\""),
        FIELD(struct isp_ticket_technician, phone, TEXT, "phone", FIELD_REQUIRED | FIELD_NULLABLE,
              .text = "Telephone; null where unsaid.", .example = "\"+62812345679\"")});

/* clang-format off */
/* A ticket's rows, of a struct that holds a struct isp_ticket at `at`. */
#define TICKET_ROWS(owner, at)                                                                             \
  FIELD(owner, at id, UUID, "id", FIELD_REQUIRED, .text = "The ticket."),                                  \
  FIELD(owner, at number, TEXT, "ticket_number", FIELD_REQUIRED, .text = "The number that people say.",    \
        .example = "\"TK20251015000042\""),                                                                \
  FIELD(owner, at customer, OBJECT, "customer", FIELD_REQUIRED, .of = &isp_ticket_customer_out,            \
        .text = "Whose ticket it is."),                                                                    \
  FIELD(owner, at technician, OBJECT, "technician", FIELD_REQUIRED | FIELD_NULLABLE,                       \
        .of = &isp_ticket_technician_out, .text = "Who works on it; null: nobody."),                       \
  FIELD(owner, at type, WORD, "type", FIELD_REQUIRED, .words = isp_type_words,                             \
        .text = "What is to be done."),                                                                    \
  FIELD(owner, at priority, WORD, "priority", FIELD_REQUIRED, .words = isp_priority_words,                 \
        .text = "How urgent."),                                                                            \
  FIELD(owner, at status, WORD, "status", FIELD_REQUIRED, .words = isp_status_words,                       \
        .text = "How far it is."),                                                                         \
  FIELD(owner, at category, WORD, "category", FIELD_REQUIRED, .words = category_words,                     \
        .text = "What it is about."),                                                                      \
  FIELD(owner, at title, TEXT, "title", FIELD_REQUIRED, .text = "In short.",                               \
        .example = "\"No internet since this morning\""),                                                  \
  FIELD(owner, at description, TEXT, "description", FIELD_REQUIRED, .text = "In full.",                    \
        .example = "\"The modem's LOS light blinks red.\""),                                               \
  FIELD(owner, at location, OBJECT, "location", FIELD_REQUIRED | FIELD_NULLABLE, .of = &isp_place_out,     \
        .text = "Where the work is; null where unsaid."),                                                  \
  FIELD(owner, at scheduled_at, TIME, "scheduled_at", FIELD_REQUIRED | FIELD_NULLABLE,                     \
        .text = "When the work is planned; null: not yet.", .example = "\"2025-10-20T09:00:00Z\""),        \
  FIELD(owner, at completed_at, TIME, "completed_at", FIELD_REQUIRED | FIELD_NULLABLE,                     \
        .text = "When it was solved; null: not yet.", .example = "\"2025-10-20T10:30:00Z\""),              \
  FIELD(owner, at sla_deadline, TIME, "sla_deadline", FIELD_REQUIRED | FIELD_NULLABLE,                     \
        .text = "When it must be solved; while it is pending, the last one computed. null: no target.",    \
        .example = "\"2025-10-16T08:00:00Z\""),                                                            \
  FIELD(owner, at rating, REAL, "rating", FIELD_REQUIRED | FIELD_NULLABLE,                                 \
        .text = "The customer's, 1 to 5; null: none.", .example = "5"),                                    \
  FIELD(owner, at feedback, TEXT, "feedback", FIELD_REQUIRED | FIELD_NULLABLE,                             \
        .text = "The customer's words beside the rating; null: none.",                                     \
        .example = "\"Friendly and quick\""),                                                              \
  FIELD(owner, at created_at, TIME, "created_at", FIELD_REQUIRED, .text = "When it was made.",             \
        .example = "\"2025-10-15T08:00:00Z\""),                                                            \
  FIELD(owner, at updated_at, TIME, "updated_at", FIELD_REQUIRED, .text = "When it was changed last.",     \
        .example = "\"2025-10-15T08:00:00Z\"")
/* clang-format on */
FIELDS(isp_ticket_out, struct isp_ticket, "IspTicket", {TICKET_ROWS(struct isp_ticket, )});

FIELDS(isp_ticket_user_out, struct isp_user_brief, "IspTicketUser",
       {FIELD(struct isp_user_brief, id, UUID, "id", FIELD_REQUIRED, .text = "The account."),
        FIELD(struct isp_user_brief, full_name, TEXT, "full_name", FIELD_REQUIRED, .text = "Name.",
              .example = "\"Tono Hartono\""),
        FIELD(struct isp_user_brief, role, WORD, "role", FIELD_REQUIRED, .words = isp_role_words,
              .text = "Role.")});

FIELDS(isp_attachment_out, struct isp_attachment, "IspAttachment",
       {FIELD(struct isp_attachment, id, UUID, "id", FIELD_REQUIRED, .text = "The file."),
        FIELD(struct isp_attachment, filename, TEXT, "filename", FIELD_REQUIRED, .text = "Its name.",
              .example = "\"modem.jpg\""),
        FIELD(struct isp_attachment, url, TEXT, "url", FIELD_REQUIRED, .text = "Where to get it.",
              .example = "\"/api/files/0199e0a2-5f6b-7c3d-8e9f-0a1b2c3d4e5f\""),
        FIELD(struct isp_attachment, type, TEXT, "type", FIELD_REQUIRED,
              .text = "photo, document, signature, or link for an address elsewhere.",
              .example = "\"photo\""),
        FIELD(struct isp_attachment, uploaded_by, UUID, "uploaded_by", FIELD_REQUIRED | FIELD_NULLABLE,
              .text = "The account that sent it."),
        FIELD(struct isp_attachment, uploaded_at, TIME, "uploaded_at", FIELD_REQUIRED,
              .text = "When it was sent.", .example = "\"2025-10-15T08:00:00Z\"")});

FIELDS(isp_comment_out, struct isp_comment, "IspComment",
       {FIELD(struct isp_comment, id, UUID, "id", FIELD_REQUIRED, .text = "The comment."),
        FIELD(struct isp_comment, user, OBJECT, "user", FIELD_REQUIRED, .of = &isp_ticket_user_out,
              .text = "Who said it."),
        FIELD(struct isp_comment, comment, TEXT, "comment", FIELD_REQUIRED, .text = "What was said.",
              .example = "\"The fibre at the pole was cut.\""),
        FIELD(struct isp_comment, attachments, LIST, "attachments", FIELD_REQUIRED, .of = &isp_attachment_out,
              .text = "What was sent with it."),
        FIELD(struct isp_comment, created_at, TIME, "created_at", FIELD_REQUIRED, .text = "When.",
              .example = "\"2025-10-15T08:00:00Z\"")});

FIELDS(isp_history_out, struct isp_history_entry, "IspHistory",
       {FIELD(struct isp_history_entry, id, UUID, "id", FIELD_REQUIRED, .text = "The entry."),
        FIELD(struct isp_history_entry, action, TEXT, "action", FIELD_REQUIRED,
              .text = "What happened: created, assigned, status_changed, priority_changed, commented, …",
              .example = "\"status_changed\""),
        FIELD(struct isp_history_entry, old_value, TEXT, "old_value", FIELD_REQUIRED | FIELD_NULLABLE,
              .text = "What it was before; null where there is no such thing.", .example = "\"new\""),
        FIELD(struct isp_history_entry, new_value, TEXT, "new_value", FIELD_REQUIRED | FIELD_NULLABLE,
              .text = "What it is since; null where there is no such thing.", .example = "\"assigned\""),
        FIELD(struct isp_history_entry, user, OBJECT, "user", FIELD_REQUIRED | FIELD_NULLABLE,
              .of = &isp_ticket_user_out, .text = "Who did it; null: the desk by itself."),
        FIELD(struct isp_history_entry, created_at, TIME, "created_at", FIELD_REQUIRED, .text = "When.",
              .example = "\"2025-10-15T08:00:00Z\"")});

FIELDS(isp_ticket_detail_out, struct isp_ticket_detail, "IspTicketDetail",
       {TICKET_ROWS(struct isp_ticket_detail, ticket.),
        FIELD(struct isp_ticket_detail, attachments, LIST, "attachments", FIELD_REQUIRED,
              .of = &isp_attachment_out, .text = "Files of the ticket itself."),
        FIELD(struct isp_ticket_detail, comments, LIST, "comments", FIELD_REQUIRED, .of = &isp_comment_out,
              .text = "What was said, in time order."),
        FIELD(struct isp_ticket_detail, history, LIST, "history", FIELD_REQUIRED, .of = &isp_history_out,
              .text = "What happened, in time order.")});

/* ---- envelopes ---- */

FIELDS(isp_tickets_data, struct isp_tickets_answer, "IspTicketsData",
       {FIELD(struct isp_tickets_answer, tickets, LIST, "tickets", FIELD_REQUIRED, .of = &isp_ticket_out,
              .text = "One page, newest first."),
        FIELD(struct isp_tickets_answer, pagination, OBJECT, "pagination", FIELD_REQUIRED,
              .of = &isp_pagination_out, .text = "Which page this is, and of how many.")});
ISP_ENVELOPE(isp_tickets_answer_out, "IspTickets", isp_tickets_data);

FIELDS(isp_ticket_data, struct isp_ticket_answer, "IspTicketData",
       {FIELD(struct isp_ticket_answer, ticket, OBJECT, "ticket", FIELD_REQUIRED, .of = &isp_ticket_out,
              .text = "The ticket as it is now.")});
ISP_ENVELOPE(isp_ticket_answer_out, "IspTicketAnswer", isp_ticket_data);

FIELDS(isp_ticket_detail_data, struct isp_ticket_detail_answer, "IspTicketDetailData",
       {FIELD(struct isp_ticket_detail_answer, ticket, OBJECT, "ticket", FIELD_REQUIRED,
              .of = &isp_ticket_detail_out, .text = "All about the ticket.")});
ISP_ENVELOPE(isp_ticket_detail_answer_out, "IspTicketDetailAnswer", isp_ticket_detail_data);

FIELDS(isp_comment_data, struct isp_comment_answer, "IspCommentData",
       {FIELD(struct isp_comment_answer, comment, OBJECT, "comment", FIELD_REQUIRED, .of = &isp_comment_out,
              .text = "The comment.")});
ISP_ENVELOPE(isp_comment_answer_out, "IspCommentAnswer", isp_comment_data);
