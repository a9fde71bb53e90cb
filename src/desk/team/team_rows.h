#ifndef SIGAP_DESK_TEAM_ROWS_H
#define SIGAP_DESK_TEAM_ROWS_H

#include "desk/team/team.h"

/* Rows of the tables team and team_member; for desk/team alone. */
struct team_row;
void team_from_row(const struct team_row *row, struct team *out);
/* team_not_found without one. */
enum status team_by_uuid(struct ctx *ctx, int64_t tenant_id, struct uuid uuid, struct team *out) MUST_CHECK;
/* team_occupied where an account but this one (0: any) has the team. */
enum status team_check_free(struct ctx *ctx, const struct team *team, int64_t but_account_id) MUST_CHECK;

#endif
