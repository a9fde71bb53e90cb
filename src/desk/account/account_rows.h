#ifndef SIGAP_DESK_ACCOUNT_ROWS_H
#define SIGAP_DESK_ACCOUNT_ROWS_H

#include "desk/account/account.h"

/* Rows of the table account as struct account; for desk/account alone. */
struct account_row;
void account_from_row(const struct account_row *row, struct account *out);
/* Of any tenant; account_not_found without one. */
enum status account_anywhere(struct ctx *ctx, int64_t id, struct account *out) MUST_CHECK;
/* Somebody active of the roles from … to, but the account but_id (0: anybody). */
enum status account_active_exists(struct ctx *ctx, int64_t tenant_id, enum role from, enum role to,
                                  int64_t but_id, bool *yes) MUST_CHECK;

/* The counters: what there is more (or, below 0, less) of the account's role and activity; what was `before`
 * is now `after`. Inside db_write. */
enum status account_count_add(struct ctx *ctx, const struct account *account, int64_t accounts) MUST_CHECK;
enum status account_count_move(struct ctx *ctx, const struct account *before,
                               const struct account *after) MUST_CHECK;

/* ---- account.c, for the noun's other files ---- */
/* account_last_super_admin where nobody else is one. */
enum status account_check_not_last(struct ctx *ctx, const struct account *account) MUST_CHECK;
enum status account_check_email_free(struct ctx *ctx, int64_t tenant_id, struct str email_folded) MUST_CHECK;
/* All faults of these at once; NULL: not looked at. */
struct account_words {
  const struct str *name, *email, *phone, *avatar;
};
enum status account_check_words(struct ctx *ctx, const struct account_words *words) MUST_CHECK;
/* EVENT_ACCOUNT_CHANGED. */
enum status account_tell_changed(struct ctx *ctx, const struct account *account) MUST_CHECK;
/* The new hash stands, other links and all sessions but one end, event. */
enum status account_put_hash(struct ctx *ctx, const struct account *account, struct str hash,
                             int64_t keep_session) MUST_CHECK;
/* account_weak_password with its fault. */
enum status account_weak(struct ctx *ctx, enum password_rule rule) MUST_CHECK;

#endif
