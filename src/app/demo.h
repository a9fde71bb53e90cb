#ifndef SIGAP_APP_DEMO_H
#define SIGAP_APP_DEMO_H

#include "base/buf.h"
#include "base/ctx.h"

/* A lively demonstration desk: three tenants with staff, customers, stock, and ninety days of tickets, made
 * through the same commands that people use, so that every figure, history and notice is what it would be.
 * The same numbers come out each time; only the times move with the day it is made on.
 *
 * It is made part by part, so that a server that runs meanwhile goes on serving, and progress can be shown.
 */
enum { DEMO_DAYS = 90, DEMO_PARTS = DEMO_DAYS + 2 };

extern const struct problem_kind demo_there; /* STATE: it was made in this database already */

/* Part 0: tenants, people, stock; parts 1 to 91: a day each, the last one today. `now_us` is one moment for
 * all parts. password: of everybody who can sign in; only for part 0. Each part is one transaction but for
 * part 0, which is several and ends with what marks the demonstration as there. */
enum status demo_part(struct ctx *ctx, int part, int64_t now_us, struct str password) MUST_CHECK;
/* Who can sign in, one line each, for a person. */
void demo_tell(struct str password, struct buf *out);

#endif
