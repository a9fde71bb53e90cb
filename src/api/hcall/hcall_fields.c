#include "api/hcall/internal.h"

#include "base/base64.h"

/* The dialect's words and tables: what its document calls things, and how they look on the wire. */

/* ---- vocabulary ---- */

const struct word hcall_status_words[] = {
    {"pending", HCALL_PENDING}, {"doing", HCALL_DOING}, {"conclued", HCALL_CONCLUED}, {NULL, 0}};

const struct word hcall_status_words_in[] = {{"pending", HCALL_PENDING},
                                             {"doing", HCALL_DOING},
                                             {"conclued", HCALL_CONCLUED},
                                             {"concluded", HCALL_CONCLUED},
                                             {NULL, 0}};

const struct word hcall_role_words[] = {
    {"user", HCALL_USER}, {"admin", HCALL_ADMIN}, {"master", HCALL_MASTER}, {NULL, 0}};

/* Roles that /user/create makes, as the desk knows them. */
static const struct word new_role_words[] = {{"user", ROLE_CUSTOMER}, {"admin", ROLE_MANAGER}, {NULL, 0}};

/* What a picture may claim to be; what it is, its first bytes tell. */
static const struct word image_type_words[] = {
    {"image/jpeg", FILE_JPEG}, {"image/jpg", FILE_JPEG}, {"image/png", FILE_PNG}, {NULL, 0}};

enum hcall_status hcall_status_of(int ticket_status) {
  switch (ticket_status) {
    case TICKET_IN_PROGRESS:
      return HCALL_DOING;
    case TICKET_RESOLVED:
    case TICKET_CLOSED:
      return HCALL_CONCLUED;
    default:
      return HCALL_PENDING;
  }
}

struct ticket_status_change hcall_status_change(enum hcall_status word) {
  switch (word) {
    case HCALL_DOING:
      return (struct ticket_status_change){{{TICKET_IN_PROGRESS}, 1}, TICKET_IN_PROGRESS};
    case HCALL_CONCLUED:
      return (struct ticket_status_change){{{TICKET_RESOLVED, TICKET_CLOSED}, 2}, TICKET_RESOLVED};
    default:
      return (struct ticket_status_change){{{TICKET_NEW, TICKET_ASSIGNED, TICKET_PENDING}, 3}, TICKET_NEW};
  }
}

enum hcall_role hcall_role_of(int role) {
  switch (role) {
    case ROLE_CUSTOMER:
      return HCALL_USER;
    case ROLE_SUPER_ADMIN:
      return HCALL_MASTER;
    default:
      return HCALL_ADMIN;
  }
}

/* ---- members that are not plain ---- */

static void print_id(struct buf *out, const char *prefix, const void *member) {
  char text[UUID_TEXT_SIZE];
  const struct uuid *uuid = member;
  buf_add_char(out, '"');
  buf_add_text(out, prefix);
  buf_add_text(out, uuid_print(*uuid, text));
  buf_add_char(out, '"');
}

static void print_ticket_id(struct buf *out, const void *member) {
  print_id(out, "ticket_", member);
}

static void print_image_id(struct buf *out, const void *member) {
  print_id(out, "img_", member);
}

static void print_image(struct buf *out, const void *member) {
  const struct str *content = member;
  buf_add_char(out, '"');
  base64_encode(out, *content);
  buf_add_char(out, '"');
}

static const struct field_custom ticket_id_custom = {
    .print = print_ticket_id, .schema = "{\"type\":\"string\",\"pattern\":\"^ticket_[0-9a-f-]{36}$\"}"};
static const struct field_custom image_id_custom = {
    .print = print_image_id, .schema = "{\"type\":\"string\",\"pattern\":\"^img_[0-9a-f-]{36}$\"}"};
static const struct field_custom image_custom = {
    .print = print_image, .schema = "{\"type\":\"string\",\"contentEncoding\":\"base64\"}"};

/* ---- input ---- */

enum {
  EMAIL = FIELD_REQUIRED,
  NAME = FIELD_REQUIRED | FIELD_NOT_BLANK,
  PASSWORD = FIELD_REQUIRED | FIELD_ANY_TEXT | FIELD_SECRET,
  /* Five MiB in base64 are 6,990,508 characters; the rest is for a "data:" prefix and for telling "too large"
     apart. */
  IMAGE_TEXT_MAX = 7000000,
};
#define TICKET_ID_EXAMPLE "\"ticket_123e4567-e89b-12d3-a456-426614174000\""

FIELDS(hcall_master_in, struct hcall_credentials, "HcallMasterCreate",
       {FIELD(struct hcall_credentials, email, TEXT, "master_email", EMAIL, .max = 254,
              .text = "The address the master signs in with.", .example = "\"master@example.com\""),
        FIELD(struct hcall_credentials, password, TEXT, "master_password", PASSWORD, .max = 1024,
              .text = "At least eight characters with an upper-case letter, a lower-case letter and a digit.",
              .example = "\"StrongPassword123\"")});

FIELDS(hcall_credentials_in, struct hcall_credentials, "HcallCredentials",
       {FIELD(struct hcall_credentials, email, TEXT, "user_email", EMAIL, .alias = "master_email", .max = 254,
              .text = "The account's e-mail address; for a master also under master_email.",
              .example = "\"johndoe@example.com\""),
        FIELD(struct hcall_credentials, password, TEXT, "user_password", PASSWORD, .alias = "master_password",
              .max = 1024, .text = "Its password; for a master also under master_password.",
              .example = "\"Password123\"")});

FIELDS(hcall_register_in, struct hcall_register_in, "HcallRegister",
       {FIELD(struct hcall_register_in, name, TEXT, "user_name", NAME, .max = 255,
              .text = "The person's name.", .example = "\"John Doe\""),
        FIELD(struct hcall_register_in, email, TEXT, "user_email", EMAIL, .max = 254,
              .text = "The address the person signs in with.", .example = "\"johndoe@example.com\""),
        FIELD(struct hcall_register_in, password, TEXT, "user_password", PASSWORD, .max = 1024,
              .text = "At least eight characters with an upper-case letter, a lower-case letter and a digit.",
              .example = "\"Password123\"")});

FIELDS(hcall_user_fetch_in, struct hcall_user_fetch_in, "HcallUserFetch",
       {FIELD(struct hcall_user_fetch_in, email, TEXT, "email", 0, .max = 254,
              .text = "One account by its e-mail address, in any letter case.",
              .example = "\"johndoe@example.com\""),
        FIELD(struct hcall_user_fetch_in, role, TEXT, "role", 0, .max = 64,
              .text = "Only accounts of this role: user, admin or master.", .example = "\"admin\""),
        FIELD(struct hcall_user_fetch_in, after, TEXT, "after", 0, .max = 64,
              .text = "The next page of a list over 10,000 accounts, as the Link header names it.",
              .example = "\"123e4567-e89b-12d3-a456-426614174000\"")});

FIELDS(hcall_user_create_in, struct hcall_user_create_in, "HcallUserCreate",
       {FIELD(struct hcall_user_create_in, name, TEXT, "user_name", NAME, .max = 255,
              .text = "The person's name.", .example = "\"John Doe\""),
        FIELD(struct hcall_user_create_in, email, TEXT, "user_email", EMAIL, .max = 254,
              .text = "The address the person signs in with.", .example = "\"johndoe@example.com\""),
        FIELD(struct hcall_user_create_in, password, TEXT, "user_password", PASSWORD, .max = 1024,
              .text = "At least eight characters with an upper-case letter, a lower-case letter and a digit.",
              .example = "\"Password123\""),
        FIELD(struct hcall_user_create_in, role, WORD, "user_role", FIELD_REQUIRED, .words = new_role_words,
              .text = "user, or admin (masters only).", .example = "\"user\"")});

FIELDS(hcall_email_in, struct hcall_email_in, "HcallUserDelete",
       {FIELD(struct hcall_email_in, email, TEXT, "user_email", EMAIL, .max = 254,
              .text = "Whose account goes, in any letter case.", .example = "\"johndoe@example.com\"")});

FIELDS(hcall_image_in, struct hcall_image_in, "HcallImageUpload",
       {FIELD(struct hcall_image_in, name, TEXT, "image_name", NAME, .max = 255, .text = "The file's name.",
              .example = "\"router_front.jpg\""),
        FIELD(struct hcall_image_in, content, TEXT, "image_content", FIELD_REQUIRED, .max = IMAGE_TEXT_MAX,
              .text = "A JPEG or PNG of at most 5 MiB in base64.",
              .example = "\"/9j/4AAQSkZJRgABAQAAAQABAAD/2Q==\""),
        FIELD(struct hcall_image_in, type, WORD, "image_type", FIELD_REQUIRED | FIELD_FOLD_WORDS,
              .alias = "image_ype", .words = image_type_words,
              .text = "What it claims to be; its first bytes decide.", .example = "\"image/jpeg\"")});

FIELDS(hcall_ticket_create_in, struct hcall_ticket_create_in, "HcallTicketCreate",
       {FIELD(struct hcall_ticket_create_in, name, TEXT, "ticket_name", NAME, .max = 255,
              .text = "The ticket's title.", .example = "\"Router Problem\""),
        FIELD(struct hcall_ticket_create_in, explain, TEXT, "ticket_explain", NAME,
              .text = "What is wrong, at most 64 KiB.",
              .example = "\"Need to configure the router in room 302\""),
        FIELD(struct hcall_ticket_create_in, images, LIST, "tickes_images", FIELD_NULLABLE,
              .alias = "ticket_images", .of = &hcall_image_in, .max = FILE_IMAGES_MAX,
              .text = "Up to ten pictures.")});

FIELDS(hcall_edit_in, struct hcall_edit_in, "HcallTicketEdit",
       {FIELD(struct hcall_edit_in, ticket_id, TEXT, "ticket_id", FIELD_REQUIRED, .min = 1, .max = 255,
              .text = "Which ticket.", .example = TICKET_ID_EXAMPLE),
        FIELD(struct hcall_edit_in, status, WORD, "ticket_status", FIELD_REQUIRED,
              .words = hcall_status_words_in, .text = "The new status.", .example = "\"doing\"")});

FIELDS(hcall_update_in, struct hcall_update_in, "HcallTicketUpdate",
       {FIELD(struct hcall_update_in, ticket_id, TEXT, "ticket_id", FIELD_REQUIRED, .min = 1, .max = 255,
              .text = "Which ticket.", .example = TICKET_ID_EXAMPLE),
        FIELD(struct hcall_update_in, text, TEXT, "ticket_return", NAME,
              .text = "The new entry of its history.", .example = "\"Purchasing routers\"")});

FIELDS(hcall_ticket_fetch_in, struct hcall_ticket_fetch_in, "HcallTicketFetch",
       {FIELD(struct hcall_ticket_fetch_in, author, TEXT, "author", 0, .max = 254,
              .text = "Only tickets of the account with this e-mail address.",
              .example = "\"johndoe@example.com\""),
        FIELD(struct hcall_ticket_fetch_in, status, TEXT, "status", 0, .max = 64,
              .text = "Only tickets in this status: pending, doing or conclued.", .example = "\"pending\""),
        FIELD(struct hcall_ticket_fetch_in, date, TEXT, "date", 0, .max = 64,
              .text = "Only tickets created on or after this day (YYYY-MM-DD) of the tenant's time zone.",
              .example = "\"2025-03-27\""),
        FIELD(struct hcall_ticket_fetch_in, before, TEXT, "before", 0, .max = 64,
              .text = "Only tickets older than this ticket: the next page of a cut list.",
              .example = TICKET_ID_EXAMPLE),
        FIELD(struct hcall_ticket_fetch_in, limit, INT, "limit", 0, .min = 1, .max = HCALL_LIST_MAX,
              .text = "At most so many tickets, the newest; 10,000 where it is not said.", .example = "50")});

FIELDS(hcall_ticket_id_in, struct hcall_ticket_id_in, "HcallTicketId",
       {FIELD(struct hcall_ticket_id_in, ticket_id, TEXT, "ticket_id", FIELD_REQUIRED, .min = 1, .max = 255,
              .text = "Which ticket.", .example = TICKET_ID_EXAMPLE)});

/* ---- output ---- */

FIELDS(hcall_message_out, struct hcall_message, "HcallMessage",
       {FIELD(struct hcall_message, message, TEXT, "message", FIELD_REQUIRED, .text = "What happened.",
              .example = "\"Ticket has been created\""),
        FIELD_CONST("status", "true", .text = "The call succeeded.")});

FIELDS(hcall_token_out, struct hcall_message, "HcallToken",
       {FIELD(struct hcall_message, message, TEXT, "message", FIELD_REQUIRED, .text = "What happened.",
              .example = "\"User has been loged in\""),
        FIELD(struct hcall_message, jwt_token, TEXT, "jwt_token", FIELD_REQUIRED,
              .text = "The token of the new session, good for 24 hours.",
              .example = "\"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...\""),
        FIELD_CONST("status", "true", .text = "The call succeeded.")});

FIELDS(hcall_user_out, struct hcall_user, "HcallUser",
       {FIELD(struct hcall_user, name, TEXT, "user_name", FIELD_REQUIRED, .text = "The person's name.",
              .example = "\"John Doe\""),
        FIELD(struct hcall_user, email, TEXT, "user_email", FIELD_REQUIRED, .text = "Its e-mail address.",
              .example = "\"johndoe@example.com\""),
        FIELD_CONST("user_password", "\"********\"", .text = "Always eight stars."),
        FIELD(struct hcall_user, created_at, TIME, "user_created_at", FIELD_REQUIRED, .text = "Since when.",
              .example = "\"2023-01-01T12:00:00Z\""),
        FIELD(struct hcall_user, role, WORD, "user_role", FIELD_REQUIRED, .words = hcall_role_words,
              .text = "Its role here.", .example = "\"user\""),
        FIELD_CONST("status", "true", .text = "The call succeeded.")});

FIELDS(hcall_user_item_out, struct hcall_user, "HcallUserItem",
       {FIELD(struct hcall_user, name, TEXT, "user_name", FIELD_REQUIRED, .text = "The person's name.",
              .example = "\"John Doe\""),
        FIELD(struct hcall_user, email, TEXT, "user_email", FIELD_REQUIRED, .text = "Its e-mail address.",
              .example = "\"johndoe@example.com\""),
        FIELD(struct hcall_user, role, WORD, "user_role", FIELD_REQUIRED, .words = hcall_role_words,
              .text = "Its role here.", .example = "\"user\"")});

FIELDS(hcall_users_out, struct hcall_users, "HcallUsers",
       {FIELD(struct hcall_users, users, LIST, "users", FIELD_REQUIRED, .of = &hcall_user_item_out,
              .text = "Oldest first, at most 10,000."),
        FIELD_CONST("status", "true", .text = "The call succeeded.")});

FIELDS(hcall_ticket_item_out, struct hcall_ticket, "HcallTicketItem",
       {FIELD(struct hcall_ticket, id, CUSTOM, "ticket_id", FIELD_REQUIRED, .custom = &ticket_id_custom,
              .text = "The ticket's id.", .example = TICKET_ID_EXAMPLE),
        FIELD(struct hcall_ticket, name, TEXT, "ticket_name", FIELD_REQUIRED, .text = "Its title.",
              .example = "\"Printer Problem\""),
        FIELD(struct hcall_ticket, status, WORD, "ticket_status", FIELD_REQUIRED, .words = hcall_status_words,
              .text = "Its status.", .example = "\"pending\""),
        FIELD(struct hcall_ticket, author, TEXT, "ticket_author", FIELD_REQUIRED,
              .text = "The author's e-mail address.", .example = "\"johndoe@example.com\""),
        FIELD(struct hcall_ticket, date, TIME, "ticket_date", FIELD_REQUIRED, .text = "When it was created.",
              .example = "\"2025-03-27T22:37:14.722128Z\"")});

FIELDS(hcall_tickets_out, struct hcall_tickets, "HcallTickets",
       {FIELD(struct hcall_tickets, tickets, LIST, "tickets", FIELD_REQUIRED, .of = &hcall_ticket_item_out,
              .text = "Newest first, at most 10,000."),
        FIELD_CONST("status", "true", .text = "The call succeeded.")});

FIELDS(hcall_counts_out, struct hcall_counts, "HcallCounts",
       {FIELD(struct hcall_counts, total, INT, "tickets_total", FIELD_REQUIRED, .text = "All tickets.",
              .example = "5"),
        FIELD(struct hcall_counts, pending, INT, "tickets_pending", FIELD_REQUIRED,
              .text = "Those that wait.", .example = "2"),
        FIELD(struct hcall_counts, doing, INT, "tickets_doing", FIELD_REQUIRED, .text = "Those in work.",
              .example = "3"),
        FIELD(struct hcall_counts, conclued, INT, "tickets_conclued", FIELD_REQUIRED,
              .text = "Those that are done.", .example = "0"),
        FIELD_CONST("status", "true", .text = "The call succeeded.")});

FIELDS(hcall_image_out, struct hcall_image, "HcallImage",
       {FIELD(struct hcall_image, id, CUSTOM, "image_id", FIELD_REQUIRED, .custom = &image_id_custom,
              .text = "The picture's id.", .example = "\"img_123e4567-e89b-12d3-a456-426614174000\""),
        FIELD(struct hcall_image, name, TEXT, "image_name", FIELD_REQUIRED,
              .text = "The file's name as it was sent.", .example = "\"router_front.jpg\""),
        FIELD(struct hcall_image, content, CUSTOM, "image_url", FIELD_REQUIRED, .custom = &image_custom,
              .text = "The picture itself in base64.", .example = "\"/9j/4AAQSkZJRgABAQAAAQABAAD/2Q==\""),
        FIELD(struct hcall_image, type, TEXT, "image_type", FIELD_REQUIRED,
              .text = "What it is by its first bytes.", .example = "\"image/jpeg\""),
        FIELD(struct hcall_image, uploaded_at, TIME, "image_uploaded_at", FIELD_REQUIRED,
              .text = "When it came.", .example = "\"2023-07-15T13:30:22Z\"")});

FIELDS(hcall_history_out, struct hcall_history, "HcallHistory",
       {FIELD(struct hcall_history, text, TEXT, "ticket_return", FIELD_REQUIRED, .text = "What was done.",
              .example = "\"Purchasing routers\""),
        FIELD(struct hcall_history, date, TIME, "ticket_date", FIELD_REQUIRED, .text = "When.",
              .example = "\"2023-07-15T14:30:45Z\"")});

FIELDS(hcall_ticket_out, struct hcall_ticket, "HcallTicket",
       {FIELD(struct hcall_ticket, id, CUSTOM, "ticket_id", FIELD_REQUIRED, .custom = &ticket_id_custom,
              .text = "The ticket's id.", .example = TICKET_ID_EXAMPLE),
        FIELD(struct hcall_ticket, name, TEXT, "ticket_name", FIELD_REQUIRED, .text = "Its title.",
              .example = "\"Router Problem\""),
        FIELD(struct hcall_ticket, status, WORD, "ticket_status", FIELD_REQUIRED, .words = hcall_status_words,
              .text = "Its status.", .example = "\"doing\""),
        FIELD(struct hcall_ticket, explain, TEXT, "ticket_explain", FIELD_REQUIRED, .text = "What is wrong.",
              .example = "\"Need to purchase new routers\""),
        FIELD(struct hcall_ticket, images, LIST, "ticket_images", FIELD_REQUIRED, .of = &hcall_image_out,
              .text = "Its pictures in the order they came."),
        FIELD(struct hcall_ticket, history, LIST, "ticket_history", FIELD_REQUIRED, .of = &hcall_history_out,
              .max = 10000, .text = "Its history, oldest first."),
        FIELD(struct hcall_ticket, date, TIME, "ticket_date", FIELD_REQUIRED, .text = "When it was created.",
              .example = "\"2025-03-27T22:37:14.722128Z\""),
        FIELD_CONST("status", "true", .text = "The call succeeded.")});

FIELDS(hcall_error_out, struct hcall_message, "HcallError",
       {FIELD(struct hcall_message, message, TEXT, "message", FIELD_REQUIRED, .text = "What went wrong.",
              .example = "\"Invalid data\""),
        FIELD(struct hcall_message, jwt_token, TEXT, "reason", FIELD_OMIT_NULL,
              .text = "Which fields are at fault, and why.", .example = "\"ticket_name is required.\""),
        FIELD_CONST("status", "false", .text = "The call failed.")});
