#ifndef SIGAP_API_HCALL_INTERNAL_H
#define SIGAP_API_HCALL_INTERNAL_H

#include "api/hcall/hcall.h"
#include "desk/account/account.h"
#include "desk/file/file.h"
#include "desk/ticket/ticket.h"

/* Shared by the dialect's own files only. */

enum { HCALL_TOKEN_LIFETIME_S = 86400, HCALL_LIST_MAX = 10000, HCALL_LIST_INLINE_MAX = 1000 };

/* ---- vocabulary ---- */
enum hcall_status { HCALL_PENDING = 1, HCALL_DOING, HCALL_CONCLUED };
enum hcall_role { HCALL_USER = 1, HCALL_ADMIN, HCALL_MASTER };

/* How a desk status reads here, and what writing the word means. */
enum hcall_status hcall_status_of(int ticket_status);
struct ticket_status_change hcall_status_change(enum hcall_status word);
enum hcall_role hcall_role_of(int role);
extern const struct word hcall_status_words[];    /* as printed */
extern const struct word hcall_status_words_in[]; /* with the right spelling beside the documented one */
extern const struct word hcall_role_words[];

/* "ticket_<uuid>" → uuid; false for anything else. */
bool hcall_ticket_id(struct str text, struct uuid *out);

/* ---- input ---- */
struct hcall_credentials {
  struct str email, password;
};
struct hcall_register_in {
  struct str name, email, password;
};
struct hcall_user_fetch_in {
  struct str email, role, after;
};
struct hcall_user_create_in {
  struct str name, email, password;
  int role; /* enum role of the desk */
};
struct hcall_email_in {
  struct str email;
};
struct hcall_image_in {
  struct str name, content;
  int type;
};
struct hcall_ticket_create_in {
  struct str name, explain;
  struct list images; /* struct hcall_image_in */
};
struct hcall_edit_in {
  struct str ticket_id;
  int status; /* enum hcall_status */
};
struct hcall_update_in {
  struct str ticket_id, text;
};
struct hcall_ticket_fetch_in {
  struct str author, status, date, before;
  int64_t limit; /* 0: HCALL_LIST_MAX */
};
struct hcall_ticket_id_in {
  struct str ticket_id;
};
extern const struct fields hcall_master_in, hcall_credentials_in, hcall_register_in, hcall_user_fetch_in,
    hcall_user_create_in, hcall_email_in, hcall_ticket_create_in, hcall_edit_in, hcall_update_in,
    hcall_ticket_fetch_in, hcall_ticket_id_in;

/* ---- output ---- */
struct hcall_message {
  struct str message, jwt_token;
};
struct hcall_user {
  struct str name, email;
  int64_t created_at;
  int role; /* enum hcall_role */
};
struct hcall_users {
  struct list users; /* struct hcall_user */
};
struct hcall_ticket {
  struct uuid id;
  struct str name, explain, author;
  int status;          /* enum hcall_status */
  struct list images;  /* struct hcall_image */
  struct list history; /* struct hcall_history */
  int64_t date;
};
struct hcall_image {
  struct uuid id;
  struct str name, type;
  struct str content; /* the picture's bytes; printed in base64 */
  int64_t uploaded_at;
};
struct hcall_history {
  struct str text;
  int64_t date;
};
struct hcall_tickets {
  struct list tickets; /* struct hcall_ticket */
};
struct hcall_counts {
  int64_t total, pending, doing, conclued;
};
extern const struct fields hcall_message_out, hcall_token_out, hcall_user_out, hcall_users_out,
    hcall_tickets_out, hcall_ticket_out, hcall_counts_out, hcall_error_out;

/* 200 with {"message": …, "status": true}. */
enum status hcall_say(struct call *call, const char *message);

/* ---- images ---- */
/* Decodes a picture's base64 text (after a "data:…;base64," if there is one) onto the end of `out`, and
 * checks by the first bytes what it is. On failure *why ends a sentence about the field: "is not base64". */
enum status hcall_image_decode(struct str text, struct buf *out, const char **why) MUST_CHECK;

/* ---- ways to fail that only this document words ---- */
extern const struct problem_kind hcall_user_role;       /* 403 */
extern const struct problem_kind hcall_admin_creates;   /* 403 */
extern const struct problem_kind hcall_foreign_ticket;  /* 403 */
extern const struct problem_kind hcall_master_unknown;  /* 404 */
extern const struct problem_kind hcall_master_password; /* 403 */
extern const struct problem_kind hcall_no_users;        /* 404 */
extern const struct problem_kind hcall_no_tickets;      /* 404 */
extern const struct problem_kind hcall_bad_date;        /* 404 */

/* Where the desk failed with `from`, says `to` instead: the document words one kind differently from endpoint
 * to endpoint. Returns the status to hand up. */
enum status hcall_reword(struct ctx *ctx, enum status status, const struct problem_kind *from,
                         const struct problem_kind *to) MUST_CHECK;

/* ---- handlers ---- */
enum status hcall_master_create(struct call *call);
enum status hcall_master_delete(struct call *call);
enum status hcall_auth_enter(struct call *call);
enum status hcall_auth_register(struct call *call);
enum status hcall_user_fetch(struct call *call);
enum status hcall_user_create(struct call *call);
enum status hcall_user_delete(struct call *call);
enum status hcall_ticket_create(struct call *call);
enum status hcall_ticket_edit(struct call *call);
enum status hcall_ticket_update(struct call *call);
enum status hcall_ticket_fetch(struct call *call);
enum status hcall_ticket_count(struct call *call);
enum status hcall_ticket_info(struct call *call);
enum status hcall_ticket_remove(struct call *call);

#endif
