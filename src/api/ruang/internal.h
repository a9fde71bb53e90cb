#ifndef SIGAP_API_RUANG_INTERNAL_H
#define SIGAP_API_RUANG_INTERNAL_H

#include "api/ruang/ruang.h"
#include "desk/account/account.h"
#include "desk/team/team.h"

/* Shared by the dialect's own files only. */

enum { RUANG_TOKEN_LIFETIME_S = 86400, RUANG_SIZE_DEFAULT = 10, RUANG_SIZE_MAX = 100 };

/* ---- vocabulary ---- */
enum ruang_role { RUANG_SUPERADMIN = 1, RUANG_ADMIN, RUANG_PEMINJAM };
extern const struct word ruang_role_words[];
/* How a desk role reads here, what writing a word makes, and who reads as it already (1 << enum role). */
enum ruang_role ruang_role_of(int role);
enum role ruang_desk_role(enum ruang_role word);
unsigned ruang_reads_as(enum ruang_role word);

/* ---- input ---- */
struct ruang_login_in {
  struct str email, password;
};
/* Of a registration, and what changes about somebody; NONE, 0 and none: unsaid. */
struct ruang_user_in {
  struct str name, email, contact;
  int role; /* enum ruang_role */
  struct uuid team;
};
struct ruang_password_in {
  struct str old_password, new_password;
};
struct ruang_page_in {
  int64_t page, size; /* 0 unsaid */
};
struct ruang_team_in {
  struct str name, code;
  bool is_active;
  uint64_t present;
};
extern const struct fields ruang_login_in, ruang_register_in, ruang_user_change_in, ruang_password_in,
    ruang_page_in, ruang_team_in, ruang_team_change_in;

/* ---- output ---- */
struct ruang_team {
  struct uuid id;
  struct str name, code;
  bool is_active;
};
struct ruang_detail {
  struct uuid id;
  struct str contact;
  const struct ruang_team *team; /* NULL without one */
};
/* Login and me: the document's `detail_pengguna`. */
struct ruang_user {
  struct uuid id;
  struct str name, email;
  int role; /* enum ruang_role */
  const struct ruang_detail *detail;
  struct str token;
  bool must_change_password;
};
/* The list's `detail`. */
struct ruang_listed_detail {
  struct str contact;
  struct uuid team_id;
  struct str team;
};
struct ruang_listed {
  struct uuid id;
  struct str name, email;
  int role;
  const struct ruang_listed_detail *detail;
};
struct ruang_pagination {
  int64_t page, size, total_rows, total_pages;
};
/* Every success: a message, and what the table of the answer shows of the rest. */
struct ruang_answer {
  struct str message;
  const void *data;
  struct list list;
  const struct ruang_pagination *pagination;
};
struct ruang_problem {
  struct str message;
  uint8_t errors; /* printed by the envelope */
};
extern const struct fields ruang_message_out, ruang_login_out, ruang_me_out, ruang_user_out, ruang_users_out,
    ruang_team_out, ruang_teams_out, ruang_problem_out;

enum status ruang_say(struct call *call, const char *message);
enum status ruang_answer(struct call *call, int http, const struct fields *fields, const char *message,
                         const void *data);
/* A page of `total` rows; the query is a struct ruang_page_in. */
enum status ruang_answer_page(struct call *call, const struct fields *fields, const char *message,
                              struct list list, int64_t total);
int64_t ruang_size(const struct call *call);
int64_t ruang_skip(const struct call *call);
/* The path's id; `missing` for what is no uuid, like for a uuid of nothing. */
enum status ruang_id(struct call *call, const struct problem_kind *missing, struct uuid *out) MUST_CHECK;
/* NULL for no team; in the arena. */
const struct ruang_team *ruang_team_of(struct arena *arena, const struct team *team);

/* ---- errors ---- */
extern const struct saying ruang_sayings[];
void ruang_print_problem(struct call *call, int http, const char *message, struct buf *out);

/* ---- handlers ---- */
enum status ruang_login(struct call *call);
enum status ruang_logout(struct call *call);
enum status ruang_register(struct call *call);
enum status ruang_me(struct call *call);
enum status ruang_change_password(struct call *call);
enum status ruang_user_list(struct call *call);
enum status ruang_user_update(struct call *call);
enum status ruang_user_delete(struct call *call);
enum status ruang_team_list(struct call *call);
enum status ruang_team_get(struct call *call);
enum status ruang_team_create(struct call *call);
enum status ruang_team_update(struct call *call);
enum status ruang_team_delete(struct call *call);

#endif
