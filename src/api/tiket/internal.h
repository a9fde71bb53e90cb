#ifndef SIGAP_API_TIKET_INTERNAL_H
#define SIGAP_API_TIKET_INTERNAL_H

#include "api/tiket/tiket.h"
#include "desk/account/account.h"
#include "desk/ticket/ticket.h"

/* Shared by the dialect's own files only. */

enum { TIKET_TOKEN_LIFETIME_S = 86400, TIKET_PAGE_MAX = 100 };

/* ---- vocabulary ---- */
enum tiket_status { TIKET_WAITING = 1, TIKET_ANSWERED, TIKET_IN_WORK, TIKET_DONE };
enum tiket_priority { TIKET_LOW = 1, TIKET_MEDIUM, TIKET_HIGH };
enum tiket_role { TIKET_USER = 1, TIKET_ADMIN };

/* How desk values read here, and what writing a word means. */
enum tiket_status tiket_status_of(int ticket_status);
struct ticket_status_change tiket_status_change(enum tiket_status word);
enum tiket_priority tiket_priority_of(int ticket_priority);
struct db_ints tiket_priorities(enum tiket_priority word);
enum tiket_role tiket_role_of(int role);
extern const struct word tiket_status_words[];

/* ---- input ---- */
struct tiket_register_in {
  struct str username, email, password;
  int role; /* enum tiket_role; 0 unsaid */
};
struct tiket_login_in {
  struct str email, password;
};
struct tiket_ticket_in {
  int kind;     /* enum request_kind */
  int priority; /* enum ticket_priority */
  struct str description;
};
struct tiket_page_in {
  int64_t skip, limit;
  int priority; /* enum tiket_priority; 0 any */
  struct str email, username, user_id;
};
struct tiket_answer_in {
  int status; /* enum tiket_status */
  struct str text;
};
extern const struct fields tiket_register_in, tiket_login_in, tiket_ticket_in, tiket_page_in, tiket_report_in,
    tiket_answer_in;

/* ---- output ---- */
struct tiket_user {
  struct uuid id;
  struct str username, email;
  int role; /* enum tiket_role */
  int64_t created_at, updated_at;
};
/* Registration, login and logout. */
struct tiket_account_answer {
  const struct tiket_user *data;
  struct str token;
  struct str message;
};
struct tiket_ticket {
  struct uuid id, user_id;
  char number[TICKET_NUMBER_SIZE];
  struct str number_text;     /* = number */
  int kind, priority, status; /* enum request_kind, tiket_priority, tiket_status */
  struct str description;
  int64_t created_at, status_changed_at, updated_at;
  bool removed, active;
  const struct tiket_user *user;
  struct list answers; /* struct tiket_answer */
};
struct tiket_answer {
  struct uuid id, ticket_id;
  struct str text;
  int64_t created_at;
};
/* A ticket's owner with a list of that one ticket: the document's grouped lists. */
struct tiket_group {
  struct uuid id;
  struct str email, username;
  struct list tickets; /* struct tiket_ticket */
};
struct tiket_page {
  int64_t total;
  struct list groups; /* struct tiket_group */
};
struct tiket_message {
  struct str status, message;
};
struct tiket_problem {
  int64_t status, error;
  struct str message;
  uint8_t errors; /* printed by the envelope */
};
extern const struct fields tiket_register_out, tiket_login_out, tiket_logout_out, tiket_ticket_out,
    tiket_page_out, tiket_message_out, tiket_status_out, tiket_problem_out;

/* ---- ways to fail that only this dialect words ---- */
extern const struct problem_kind tiket_bad_page; /* 400: skip or limit out of range */

/* ---- handlers ---- */
enum status tiket_register(struct call *call);
enum status tiket_login(struct call *call);
enum status tiket_logout(struct call *call);
enum status tiket_submit(struct call *call);
enum status tiket_list(struct call *call);
enum status tiket_report(struct call *call);
enum status tiket_remove(struct call *call);
enum status tiket_restore(struct call *call);
enum status tiket_respond(struct call *call);

#endif
