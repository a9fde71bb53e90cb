#include "api/tiket/internal.h"

/* The dialect's words and tables. */

/* ---- vocabulary ---- */

const struct word tiket_status_words[] = {{"menunggu tindakan", TIKET_WAITING},
                                          {"sedang direspon", TIKET_ANSWERED},
                                          {"sedang dalam proses", TIKET_IN_WORK},
                                          {"telah selesai", TIKET_DONE},
                                          {NULL, 0}};
static const struct word kind_words[] = {{"permintaan", REQUEST_REQUEST},
                                         {"keluhan", REQUEST_COMPLAINT},
                                         {"masalah teknis", REQUEST_TECHNICAL},
                                         {NULL, 0}};
static const struct word priority_words[] = {
    {"rendah", TIKET_LOW}, {"sedang", TIKET_MEDIUM}, {"tinggi", TIKET_HIGH}, {NULL, 0}};
/* What a new ticket gets. */
static const struct word new_priority_words[] = {
    {"rendah", PRIORITY_LOW}, {"sedang", PRIORITY_NORMAL}, {"tinggi", PRIORITY_HIGH}, {NULL, 0}};
static const struct word role_words[] = {{"user", TIKET_USER}, {"admin", TIKET_ADMIN}, {NULL, 0}};

enum tiket_status tiket_status_of(int ticket_status) {
  switch (ticket_status) {
    case TICKET_NEW:
      return TIKET_WAITING;
    case TICKET_ASSIGNED:
      return TIKET_ANSWERED;
    case TICKET_RESOLVED:
    case TICKET_CLOSED:
      return TIKET_DONE;
    default:
      return TIKET_IN_WORK;
  }
}

struct ticket_status_change tiket_status_change(enum tiket_status word) {
  switch (word) {
    case TIKET_WAITING:
      return (struct ticket_status_change){{{TICKET_NEW}, 1}, TICKET_NEW};
    case TIKET_ANSWERED:
      return (struct ticket_status_change){{{TICKET_ASSIGNED}, 1}, TICKET_ASSIGNED};
    case TIKET_DONE:
      return (struct ticket_status_change){{{TICKET_RESOLVED, TICKET_CLOSED}, 2}, TICKET_RESOLVED};
    default:
      return (struct ticket_status_change){{{TICKET_IN_PROGRESS, TICKET_PENDING}, 2}, TICKET_IN_PROGRESS};
  }
}

enum tiket_priority tiket_priority_of(int ticket_priority) {
  return ticket_priority <= PRIORITY_LOW      ? TIKET_LOW
         : ticket_priority == PRIORITY_NORMAL ? TIKET_MEDIUM
                                              : TIKET_HIGH;
}

struct db_ints tiket_priorities(enum tiket_priority word) {
  switch (word) {
    case TIKET_LOW:
      return (struct db_ints){{PRIORITY_LOW}, 1};
    case TIKET_MEDIUM:
      return (struct db_ints){{PRIORITY_NORMAL}, 1};
    case TIKET_HIGH:
      return (struct db_ints){{PRIORITY_HIGH, PRIORITY_CRITICAL, PRIORITY_EMERGENCY}, 3};
  }
  return (struct db_ints){.count = 0};
}

enum tiket_role tiket_role_of(int role) {
  return role == ROLE_CUSTOMER ? TIKET_USER : TIKET_ADMIN;
}

/* ---- input ---- */

enum {
  PASSWORD = FIELD_REQUIRED | FIELD_ANY_TEXT | FIELD_SECRET,
  WORD_IN = FIELD_REQUIRED | FIELD_FOLD_WORDS | FIELD_TRIM,
};
#define UUID_EXAMPLE "\"0190163d-8694-739b-aea5-966c26f8ad91\""

FIELDS(tiket_register_in, struct tiket_register_in, "TiketRegister",
       {FIELD(struct tiket_register_in, username, TEXT, "username", FIELD_REQUIRED | FIELD_NOT_BLANK,
              .min = 3, .max = 255, .text = "The person's name.", .example = "\"Budi Santoso\""),
        FIELD(struct tiket_register_in, email, TEXT, "email", FIELD_REQUIRED, .max = 254,
              .text = "A valid address: notices go there.", .example = "\"budi@example.com\""),
        FIELD(struct tiket_register_in, password, TEXT, "password", PASSWORD, .max = 1024,
              .text = "At least eight characters with an upper-case letter, a lower-case letter and a digit.",
              .example = "\"Rahasia123\""),
        FIELD(struct tiket_register_in, role, WORD, "role", FIELD_NULLABLE | FIELD_FOLD_WORDS,
              .words = role_words,
              .text = "user if unsaid; admin only from who may create one, or while there is no staff yet.",
              .example = "\"user\"")});

FIELDS(tiket_login_in, struct tiket_login_in, "TiketLogin",
       {FIELD(struct tiket_login_in, email, TEXT, "email", FIELD_REQUIRED, .max = 254,
              .text = "The account's address, in any letter case.", .example = "\"budi@example.com\""),
        FIELD(struct tiket_login_in, password, TEXT, "password", PASSWORD, .max = 1024,
              .text = "Its password.", .example = "\"Rahasia123\"")});

FIELDS(tiket_ticket_in, struct tiket_ticket_in, "TiketTicketSubmit",
       {FIELD(struct tiket_ticket_in, kind, WORD, "jenis_permintaan", WORD_IN, .words = kind_words,
              .text = "A request, a complaint or a technical problem.", .example = "\"masalah teknis\""),
        FIELD(struct tiket_ticket_in, priority, WORD, "prioritas", WORD_IN, .words = new_priority_words,
              .text = "How urgent it is.", .example = "\"tinggi\""),
        FIELD(struct tiket_ticket_in, description, TEXT, "deskripsi", FIELD_REQUIRED | FIELD_NOT_BLANK,
              .text = "What is wrong, at most 64 KiB.", .example = "\"Internet mati sejak pagi\"")});

#define PAGE_ROWS                                                                    \
  FIELD(struct tiket_page_in, skip, INT, "skip", FIELD_REQUIRED | FIELD_LOOSE,       \
        .text = "Tickets to pass over, from 0.", .example = "0"),                    \
      FIELD(struct tiket_page_in, limit, INT, "limit", FIELD_REQUIRED | FIELD_LOOSE, \
            .text = "Tickets to tell, 1 to 100.", .example = "20")

FIELDS(tiket_page_in, struct tiket_page_in, "TiketPage", {PAGE_ROWS});

FIELDS(tiket_report_in, struct tiket_page_in, "TiketReport",
       {PAGE_ROWS,
        FIELD(struct tiket_page_in, priority, WORD, "prioritas", FIELD_FOLD_WORDS, .words = priority_words,
              .text = "Only tickets of this urgency.", .example = "\"tinggi\""),
        FIELD(struct tiket_page_in, email, TEXT, "email", 0, .max = 254,
              .text = "Only tickets of people whose address holds this text, in any letter case.",
              .example = "\"budi\""),
        FIELD(struct tiket_page_in, username, TEXT, "username", 0, .max = 255,
              .text = "Only tickets of people whose name holds this text, in any letter case.",
              .example = "\"santoso\""),
        FIELD(struct tiket_page_in, user_id, TEXT, "userId", 0, .max = 64,
              .text = "Only tickets of this account: its _id, or its number.", .example = UUID_EXAMPLE)});

FIELDS(tiket_answer_in, struct tiket_answer_in, "TiketRespond",
       {FIELD(struct tiket_answer_in, status, WORD, "status", WORD_IN, .words = tiket_status_words,
              .text = "The new status.", .example = "\"sedang dalam proses\""),
        FIELD(struct tiket_answer_in, text, TEXT, "respons", FIELD_REQUIRED | FIELD_NOT_BLANK,
              .alias = "respon", .text = "The technical team's answer, at most 64 KiB.",
              .example = "\"Kabel sudah diganti\"")});

/* ---- output ---- */

FIELDS(tiket_user_out, struct tiket_user, "TiketUser",
       {FIELD(struct tiket_user, id, UUID, "_id", FIELD_REQUIRED, .text = "The account's id.",
              .example = UUID_EXAMPLE),
        FIELD(struct tiket_user, username, TEXT, "username", FIELD_REQUIRED, .text = "The person's name.",
              .example = "\"Budi Santoso\""),
        FIELD(struct tiket_user, email, TEXT, "email", FIELD_REQUIRED, .text = "Its address.",
              .example = "\"budi@example.com\""),
        FIELD(struct tiket_user, role, WORD, "role", FIELD_REQUIRED, .words = role_words,
              .text = "Its role here.", .example = "\"user\""),
        FIELD(struct tiket_user, created_at, TIME, "createdAt", FIELD_REQUIRED, .text = "Since when.",
              .example = "\"2024-06-14T07:00:00Z\""),
        FIELD(struct tiket_user, updated_at, TIME, "updatedAt", FIELD_REQUIRED, .text = "Last changed.",
              .example = "\"2024-06-14T07:00:00Z\"")});

/* A ticket's owner as it stands inside the lists. */
FIELDS(tiket_owner_out, struct tiket_user, "TiketOwner",
       {FIELD(struct tiket_user, id, UUID, "_id", FIELD_REQUIRED, .text = "The account's id.",
              .example = UUID_EXAMPLE),
        FIELD(struct tiket_user, username, TEXT, "username", FIELD_REQUIRED, .text = "The person's name.",
              .example = "\"Budi Santoso\""),
        FIELD(struct tiket_user, email, TEXT, "email", FIELD_REQUIRED, .text = "Its address.",
              .example = "\"budi@example.com\"")});

FIELDS(tiket_register_out, struct tiket_account_answer, "TiketRegistered",
       {FIELD_CONST("status", "200", .text = "The HTTP status."),
        FIELD(struct tiket_account_answer, data, OBJECT, "data", FIELD_REQUIRED, .of = &tiket_user_out,
              .text = "The new account."),
        FIELD(struct tiket_account_answer, message, TEXT, "message", FIELD_REQUIRED, .text = "What happened.",
              .example = "\"Succesfully Registered\"")});

FIELDS(tiket_login_out, struct tiket_account_answer, "TiketLoggedIn",
       {FIELD_CONST("status", "200", .text = "The HTTP status."),
        FIELD(struct tiket_account_answer, data, OBJECT, "data", FIELD_REQUIRED, .of = &tiket_user_out,
              .text = "The account."),
        FIELD(struct tiket_account_answer, token, TEXT, "signed", FIELD_REQUIRED,
              .text = "The token of the new session, good for 24 hours.", .example = "\"eyJhbGciOi...\""),
        FIELD(struct tiket_account_answer, token, TEXT, "token", FIELD_REQUIRED, .text = "The same token.",
              .example = "\"eyJhbGciOi...\""),
        FIELD(struct tiket_account_answer, message, TEXT, "message", FIELD_REQUIRED, .text = "What happened.",
              .example = "\"Succesfully Logged In\"")});

FIELDS(tiket_logout_out, struct tiket_account_answer, "TiketLoggedOut",
       {FIELD_CONST("status", "200", .text = "The HTTP status."),
        FIELD(struct tiket_account_answer, message, TEXT, "message", FIELD_REQUIRED, .text = "What happened.",
              .example = "\"Succesfully Logged Out\"")});

FIELDS(tiket_answer_out, struct tiket_answer, "TiketResponse",
       {FIELD(struct tiket_answer, id, UUID, "_id", FIELD_REQUIRED, .text = "The answer's id.",
              .example = UUID_EXAMPLE),
        FIELD(struct tiket_answer, ticket_id, UUID, "id_tiket", FIELD_REQUIRED, .text = "The ticket's id.",
              .example = UUID_EXAMPLE),
        FIELD(struct tiket_answer, text, TEXT, "respons", FIELD_REQUIRED, .text = "What was answered.",
              .example = "\"Kabel sudah diganti\""),
        FIELD(struct tiket_answer, created_at, TIME, "tanggal_respon", FIELD_REQUIRED, .text = "When.",
              .example = "\"2024-06-14T08:00:00Z\""),
        FIELD(struct tiket_answer, created_at, TIME, "createdAt", FIELD_REQUIRED, .text = "When.",
              .example = "\"2024-06-14T08:00:00Z\""),
        FIELD(struct tiket_answer, created_at, TIME, "updatedAt", FIELD_REQUIRED, .text = "When.",
              .example = "\"2024-06-14T08:00:00Z\"")});

#define TICKET_ROWS                                                                                        \
  FIELD(struct tiket_ticket, id, UUID, "_id", FIELD_REQUIRED, .text = "The ticket's id.",                  \
        .example = UUID_EXAMPLE),                                                                          \
      FIELD(struct tiket_ticket, user_id, UUID, "id_pengguna", FIELD_REQUIRED,                             \
            .text = "Whose ticket it is.", .example = UUID_EXAMPLE),                                       \
      FIELD(struct tiket_ticket, number_text, TEXT, "nomor_tiket", FIELD_REQUIRED,                         \
            .text = "The number that was mailed.", .example = "\"TK20240614000001\""),                     \
      FIELD(struct tiket_ticket, kind, WORD, "jenis_permintaan", FIELD_REQUIRED, .words = kind_words,      \
            .text = "What it is.", .example = "\"masalah teknis\""),                                       \
      FIELD(struct tiket_ticket, priority, WORD, "prioritas", FIELD_REQUIRED, .words = priority_words,     \
            .text = "How urgent it is.", .example = "\"tinggi\""),                                         \
      FIELD(struct tiket_ticket, description, TEXT, "deskripsi", FIELD_REQUIRED, .text = "What is wrong.", \
            .example = "\"Internet mati sejak pagi\""),                                                    \
      FIELD(struct tiket_ticket, status, WORD, "status", FIELD_REQUIRED, .words = tiket_status_words,      \
            .text = "Its status.", .example = "\"menunggu tindakan\""),                                    \
      FIELD(struct tiket_ticket, created_at, TIME, "tanggal_pengajuan", FIELD_REQUIRED,                    \
            .text = "When it was submitted.", .example = "\"2024-06-14T07:00:00Z\""),                      \
      FIELD(struct tiket_ticket, status_changed_at, TIME, "tanggal_perubahan_status", FIELD_REQUIRED,      \
            .text = "When its status changed last.", .example = "\"2024-06-14T07:00:00Z\""),               \
      FIELD(struct tiket_ticket, removed, BOOL, "isDelete", FIELD_REQUIRED, .text = "It was removed.",     \
            .example = "false"),                                                                           \
      FIELD(struct tiket_ticket, active, BOOL, "isAktif", FIELD_REQUIRED, .text = "It was not removed.",   \
            .example = "true"),                                                                            \
      FIELD(struct tiket_ticket, created_at, TIME, "createdAt", FIELD_REQUIRED,                            \
            .text = "When it was submitted.", .example = "\"2024-06-14T07:00:00Z\""),                      \
      FIELD(struct tiket_ticket, updated_at, TIME, "updatedAt", FIELD_REQUIRED,                            \
            .text = "When it changed last.", .example = "\"2024-06-14T07:00:00Z\"")

FIELDS(tiket_ticket_out, struct tiket_ticket, "TiketTicket", {TICKET_ROWS});

FIELDS(tiket_item_out, struct tiket_ticket, "TiketTicketItem",
       {TICKET_ROWS,
        FIELD(struct tiket_ticket, user, OBJECT, "user", FIELD_REQUIRED, .of = &tiket_owner_out,
              .text = "Whose ticket it is."),
        FIELD(struct tiket_ticket, answers, LIST, "responTeknis", FIELD_REQUIRED, .of = &tiket_answer_out,
              .max = 10000, .text = "The technical team's answers, oldest first.")});

FIELDS(tiket_group_out, struct tiket_group, "TiketGroup",
       {FIELD(struct tiket_group, id, UUID, "_id", FIELD_REQUIRED, .text = "The owner's id.",
              .example = UUID_EXAMPLE),
        FIELD(struct tiket_group, email, TEXT, "email", FIELD_REQUIRED, .text = "The owner's address.",
              .example = "\"budi@example.com\""),
        FIELD(struct tiket_group, username, TEXT, "username", FIELD_REQUIRED, .text = "The owner's name.",
              .example = "\"Budi Santoso\""),
        FIELD(struct tiket_group, tickets, LIST, "data", FIELD_REQUIRED, .of = &tiket_item_out,
              .text = "One ticket.")});

FIELDS(tiket_page_out, struct tiket_page, "TiketList",
       {FIELD(struct tiket_page, total, INT, "total", FIELD_REQUIRED,
              .text = "Tickets that fit, on all pages.", .example = "1"),
        FIELD(struct tiket_page, groups, LIST, "data", FIELD_REQUIRED, .of = &tiket_group_out,
              .text = "One element a ticket, newest first.")});

FIELDS(tiket_message_out, struct tiket_message, "TiketMessage",
       {FIELD_CONST("status", "\"success\"", .text = "The call succeeded."),
        FIELD(struct tiket_message, message, TEXT, "message", FIELD_REQUIRED, .text = "What happened.",
              .example = "\"Successfully Remove Ticket TK20240614000001\"")});

FIELDS(tiket_status_out, struct tiket_message, "TiketStatusChanged",
       {FIELD(struct tiket_message, status, TEXT, "status", FIELD_REQUIRED, .text = "What happened.",
              .example = "\"Status tiket berhasil diubah menjadi sedang dalam proses\"")});

/* The schema alone: which of these keys stand is the envelope's to say. */
static const struct field_custom errors_custom = {
    .schema = "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}"};

FIELDS(tiket_problem_out, struct tiket_problem, "TiketError",
       {FIELD(struct tiket_problem, status, INT, "status", FIELD_OMIT_NULL,
              .text = "The HTTP status; not on the lists' and the technical team's 400 and 404.",
              .example = "400"),
        FIELD(struct tiket_problem, error, INT, "error", FIELD_OMIT_NULL, .text = "1 on a refused login.",
              .example = "1"),
        FIELD(struct tiket_problem, message, TEXT, "message", FIELD_REQUIRED, .text = "What went wrong.",
              .example = "\"Email or password is invalid\""),
        FIELD(struct tiket_problem, errors, CUSTOM, "errors", FIELD_OMIT_NULL, .custom = &errors_custom,
              .text = "Which fields are at fault, and why.", .example = "{\"email\":\"is required\"}")});
