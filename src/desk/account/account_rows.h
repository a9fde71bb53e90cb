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

#endif
