#ifndef SIGAP_DESK_TEAM_H
#define SIGAP_DESK_TEAM_H

#include "base/ctx.h"
#include "base/id.h"
#include "desk/account/account.h"

/* The units of an organisation. One account speaks for a team: a team has at most one, an account belongs to
 * at most one. A deactivated account keeps its team, because it may come back; a deleted one leaves it. */
struct team {
  int64_t id; /* 0: no team */
  int64_t tenant_id;
  struct uuid uuid;
  struct str name, code; /* each unique in the tenant, without letter case and surrounding blanks */
  bool is_active;        /* told as it was set; forbids nothing */
  int64_t created_at, updated_at;
};

extern const struct problem_kind team_not_found;
extern const struct problem_kind team_code_taken; /* DUPLICATE */
extern const struct problem_kind team_name_taken; /* DUPLICATE */
/* STATE: it has an account; with one fault, on "team", whose reason is that account's e-mail address. */
extern const struct problem_kind team_occupied;
extern const struct problem_kind team_role_taken;   /* STATE: of this role there can be one, and there is */
extern const struct problem_kind team_member_stays; /* STATE: a super_admin is not deleted this way */

/* ---- teams of the caller's tenant: everybody signed in reads; who may write accounts of every role writes
 * (super_admin), else access_forbidden ---- */
enum status team_get(struct ctx *ctx, struct uuid uuid, struct team *out) MUST_CHECK;
/* Newest first, at most 1,000. *total: of all pages. */
enum status team_list(struct ctx *ctx, int64_t skip, int64_t limit, struct team **out, size_t *count,
                      int64_t *total) MUST_CHECK;
struct team_new {
  struct str name, code; /* 1-255 */
  bool is_active;
};
/* team_code_taken before team_name_taken. Faults: "name", "code". */
enum status team_create(struct ctx *ctx, const struct team_new *new_team, struct team *out) MUST_CHECK;
struct team_change {
  bool has_name, has_code, has_active;
  struct str name, code;
  bool is_active;
};
enum status team_update(struct ctx *ctx, struct uuid uuid, const struct team_change *change,
                        struct team *out) MUST_CHECK;
/* For good; team_occupied where it has an account. */
enum status team_delete(struct ctx *ctx, struct uuid uuid) MUST_CHECK;

/* ---- people and their teams ---- */
struct team_member {
  struct account account;
  struct team team;
};
/* Accounts made or changed by the commands below belong to a team, but a super_admin may be without. */
bool team_is_needed(enum role role);
/* The account's team; id 0 without one. */
enum status team_of(struct ctx *ctx, const struct account *account, struct team *out) MUST_CHECK;
/* The caller's tenant without its super_admins, newest first, deactivated ones too. Needs MAY_ACCOUNT_LIST.
 * limit: at most 1,000. *total: of all pages, from counters. */
enum status team_members(struct ctx *ctx, int64_t skip, int64_t limit, struct team_member **out,
                         size_t *count, int64_t *total) MUST_CHECK;
/* account_create, and in the same transaction, in this order: account_email_taken; team_role_taken where the
 * role is manager or super_admin and the tenant has somebody of it, active or not; the team (team_occupied; a
 * fault on "team" where there is no such team, or none where one is needed). Without a password the new
 * account is invited to set one. new_account->check and with are the command's own.
 * team: none is no team. Hash lane. */
enum status team_register(struct ctx *ctx, const struct account_new *new_account, struct uuid team,
                          struct team_member *out) MUST_CHECK;
struct team_member_change {
  struct account_change account;
  unsigned same_roles; /* 1 << enum role: who has one of these has account.role already */
  struct uuid team;    /* none: as it is */
};
/* account_update, and in the same transaction and order what team_register looks at where role or team really
 * change. Needs MAY_ACCOUNT_WRITE. Event where anything changed. */
enum status team_member_update(struct ctx *ctx, struct uuid account, const struct team_member_change *change,
                               struct team_member *out) MUST_CHECK;
/* account_delete of anybody but a super_admin (team_member_stays); its team is free again. */
enum status team_member_delete(struct ctx *ctx, struct uuid account) MUST_CHECK;
/* The account leaves its team, if it has one: for desk/account, where it is deleted. Inside db_write. */
enum status team_leave(struct ctx *ctx, const struct account *account) MUST_CHECK;

#endif
