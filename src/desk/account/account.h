#ifndef SIGAP_DESK_ACCOUNT_H
#define SIGAP_DESK_ACCOUNT_H

#include "base/ctx.h"
#include "base/id.h"
#include "desk/access/access.h"

enum language { LANGUAGE_ENGLISH = 1, LANGUAGE_INDONESIAN = 2 }; /* stored */

struct account {
  int64_t id;
  int64_t tenant_id;
  struct uuid uuid;
  struct str name;
  struct str email;  /* as written; unique per tenant without letter case */
  struct str phone;  /* NONE without one */
  struct str avatar; /* url; NONE without one */
  int role;          /* enum role */
  bool is_active;
  bool must_change_password;
  int language; /* enum language: of the mails */
  int64_t created_at, updated_at;
};

extern const struct problem_kind account_not_found;
extern const struct problem_kind account_email_taken;
extern const struct problem_kind account_weak_password;  /* INVALID; fault on "password" */
extern const struct problem_kind account_role_forbidden; /* FORBIDDEN: not the caller's to make or touch */
extern const struct problem_kind account_master_exists;  /* STATE: the tenant has an active super_admin */
/* STATE: role and activity of the last active super_admin stay, unless deleted by itself. */
extern const struct problem_kind account_last_super_admin;

/* What a dialect demands of a password on its own endpoints (8 at least always; 1,024 bytes at most). */
enum password_rule { PASSWORD_LONG_ENOUGH, PASSWORD_UPPER_LOWER_DIGIT, PASSWORD_UPPER_LOWER_SPECIAL };
bool password_fits(struct str password, enum password_rule rule);
/* addr-spec as people use it: one '@', a local part of atoms and dots, a domain of labels; at most 254
 * bytes, UTF-8 taken, no quotes, spaces or control characters. */
bool email_is_valid(struct str email);
/* What is wrong with a picture's address, as the end of a sentence; NULL: nothing. It is on the web, or of an
 * upload here; at most 2,048 bytes, no blanks or control characters. */
const char *account_avatar_fault(struct str avatar);

struct account_new {
  int64_t tenant_id;
  struct str name; /* 1-255 */
  struct str email;
  struct str password; /* NONE: no password can match until one is set */
  struct str phone;
  struct str avatar; /* as in account_change */
  enum role role;
  enum password_rule rule;
  enum language language;
  bool must_change_password;
  /* who decides the role: */
  enum {
    ACCOUNT_BY_CALLER,       /* ctx->who must be allowed to write this role */
    ACCOUNT_SELF_REGISTERED, /* role customer, or STAFF while tenant 1 has none (see account_first_staff) */
    ACCOUNT_FIRST_MASTER,    /* super_admin while the tenant has no active one; else account_master_exists */
    ACCOUNT_BY_OPERATOR      /* the command line, or a command that has checked: any role */
  } by;
  /* What else must hold. Looked at after the address: before the slow hash, and again in the transaction,
   * with the tenant locked from its start. NULL: nothing. */
  enum status (*check)(struct ctx *ctx, void *arg);
  /* Runs last in the same transaction, for what belongs to the account from its first moment; NULL: nothing.
   */
  enum status (*with)(struct ctx *ctx, const struct account *account, void *arg);
  void *with_arg; /* of both */
};
/* Hashes the password (slow: the hash lane) and then writes in one transaction: account row, activity-free,
 * event. Returns the new account. Faults: "name", "email", "phone", "avatar", "password", "role". */
enum status account_create(struct ctx *ctx, const struct account_new *new_account,
                           struct account *out) MUST_CHECK;
/* The tenant is tenant 1 and has no active staff yet: a self-registration may make one. */
enum status account_first_staff(struct ctx *ctx, int64_t tenant_id, bool *yes) MUST_CHECK;

enum status account_by_id(struct ctx *ctx, int64_t tenant_id, int64_t id, struct account *out) MUST_CHECK;
enum status account_by_uuid(struct ctx *ctx, int64_t tenant_id, struct uuid uuid,
                            struct account *out) MUST_CHECK;
/* In any letter case; deleted accounts are not found. */
enum status account_by_email(struct ctx *ctx, int64_t tenant_id, struct str email,
                             struct account *out) MUST_CHECK;

/* Of one tenant, oldest first, by id. role_from/role_to: a range of enum role (0, 0: any); after_id: keyset
 */
struct account_filter {
  int64_t tenant_id;
  int64_t role_from, role_to;
  int64_t after_id;
  int64_t limit;
};
enum status account_list(struct ctx *ctx, const struct account_filter *filter, struct account **out,
                         size_t *count) MUST_CHECK;

/* Deletes for good for its people: sign-in ends, the address is free again, and so are the numbers it had as
 * customer and technician; tickets keep the name. Needs MAY_ACCOUNT_WRITE over its role
 * (account_role_forbidden), not oneself by this way. */
enum status account_delete(struct ctx *ctx, int64_t account_id) MUST_CHECK;
/* Deletes the super_admin whose credentials were just proved (hcall's master/delete). */
enum status account_delete_self(struct ctx *ctx, const struct account *account) MUST_CHECK;
/* is_active = false and all sessions ended. This and the next two need MAY_ACCOUNT_WRITE over the account's
 * role; without a caller (ctx->who NULL) it is the command line, which may. */
enum status account_disable(struct ctx *ctx, int64_t account_id) MUST_CHECK;
/* Role change ends the account's sessions. */
enum status account_set_role(struct ctx *ctx, int64_t account_id, enum role role) MUST_CHECK;
/* Who still has a first password that somebody else chose (must_change_password), of all tenants: how many
 * who can sign in, and the addresses of the first `limit`, by id. For the command line. */
enum status account_first_passwords(struct ctx *ctx, int64_t limit, int64_t *total, struct str **emails,
                                    size_t *count) MUST_CHECK;
/* A new password, one's own too; ends all sessions but `keep_session` (0: all). Hash lane. */
enum status account_set_password(struct ctx *ctx, int64_t account_id, struct str password,
                                 enum password_rule rule, int64_t keep_session) MUST_CHECK;

/* ---- people as managers see them ---- */
enum account_activity { ACCOUNT_ANY, ACCOUNT_ACTIVE, ACCOUNT_INACTIVE };
struct account_search {
  enum role role;       /* 0 any */
  enum role role_below; /* only lower roles than this; 0 any */
  enum account_activity active;
  struct str text; /* in name or e-mail, any letter case, taken literally; NONE any */
  int64_t skip, limit;
};
/* Of the caller's tenant, newest first. Needs MAY_ACCOUNT_LIST. *total: of all pages; without `text` from
 * counters. */
enum status account_find(struct ctx *ctx, const struct account_search *search, struct account **out,
                         size_t *count, int64_t *total) MUST_CHECK;
/* How many accounts a tenant has of a role (0 any), from counters. */
enum status account_total(struct ctx *ctx, int64_t tenant_id, enum role role, enum account_activity active,
                          int64_t *total) MUST_CHECK;
/* One of the caller's tenant, deactivated ones too: MAY_ACCOUNT_LIST, or oneself; else account_not_found. */
enum status account_read(struct ctx *ctx, struct uuid uuid, struct account *out) MUST_CHECK;
struct account_change {
  bool has_name, has_phone, has_avatar, has_email, has_role, has_active;
  struct str name, phone, email;
  struct str avatar; /* http(s) url or path of an own upload; NONE: none any more */
  enum role role;
  bool is_active;
};
/* Name, phone and avatar: oneself, or who may write the account's role; the rest only the latter
 * (account_role_forbidden), and not on oneself; what is as it was already is no change. The last active
 * super_admin stays. A role change or deactivation ends its sessions, a new address kills the link that sets
 * a password. Event where anything changed. Whom the caller does not see is account_not_found. */
enum status account_update(struct ctx *ctx, struct uuid uuid, const struct account_change *change,
                           struct account *out) MUST_CHECK;
/* Name, phone and e-mail alone, of an account that was just read under its tenant's lock and that the caller
 * was found to be allowed to change (desk/customer). Inside db_write. Faults as account_update. */
enum status account_set_contact(struct ctx *ctx, const struct account *before,
                                const struct account_change *change, struct account *out) MUST_CHECK;

/* ---- links that set a password ---- */
extern const struct problem_kind account_link_dead; /* INVALID: used, replaced, too old, or never one */
/* For a forgotten password: OK whether or not the address exists; where it does (active), a link of 30
 * minutes is mailed (MAIL_PASSWORD_RESET) and any older one dies. Takes the same time either way (a write
 * each). Needs no caller. */
enum status account_forgot(struct ctx *ctx, int64_t tenant_id, struct str email) MUST_CHECK;
/* A link of 7 days to somebody who was invited (MAIL_INVITATION). Inside db_write. */
enum status account_invite(struct ctx *ctx, int64_t tenant_id, int64_t account_id) MUST_CHECK;
/* Sets the password that the link allows, once; ends all sessions of the account. Hash lane. Fault "password"
 * where it doesn't fit the rule. */
enum status account_reset(struct ctx *ctx, struct str token, struct str password,
                          enum password_rule rule) MUST_CHECK;

/* The Argon2id hash of a stored account, for desk/session only; NONE without one. */
enum status account_password_hash(struct ctx *ctx, int64_t account_id, struct str *out) MUST_CHECK;
/* Argon2id (19 MiB, 2 passes): slow, 11 ms. password_hash: NUL-terminated, arena. */
enum status password_hash(struct ctx *ctx, struct str password, struct str *out) MUST_CHECK;
/* hash NONE: spends the same time on a dummy and says false. */
bool password_verify(struct str hash, struct str password);

#endif
