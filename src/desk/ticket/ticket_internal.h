#ifndef SIGAP_DESK_TICKET_INTERNAL_H
#define SIGAP_DESK_TICKET_INTERNAL_H

#include "desk/ticket/ticket.h"

/* What the files of this noun share; nobody else includes it. */

struct ticket_row;

/* ---- ticket_rows.c ---- */
/* The texts stay where the row has them. */
struct ticket ticket_from_row(const struct ticket_row *row);
/* By uuid, of the caller's tenant, removed or not; ticket_not_found. locked: inside db_write, and no other
 * transaction changes the ticket until this one ends. */
enum status ticket_load(struct ctx *ctx, struct uuid uuid, bool locked, struct ticket *out) MUST_CHECK;

/* ---- ticket.c ---- */
/* MAY_TICKET_READ's cell for this ticket; a removed one is visible to nobody. */
bool ticket_visible(const struct who *who, const struct ticket *ticket);
/* The permission table's cell for this caller and this ticket, removed or not. */
bool ticket_in_scope(const struct who *who, const struct ticket *ticket, enum permission permission);
/* Adds a fault on `field` where the text is blank, not UTF-8, with control characters, or over its
 * limit in code points (255) or bytes (64 KiB). */
enum status ticket_check_title(struct ctx *ctx, struct str text) MUST_CHECK;
enum status ticket_check_text(struct ctx *ctx, struct str field, struct str text) MUST_CHECK;
/* "new", "in_progress": the desk's own word, for the history. */
struct str ticket_status_word(int status);

/* ---- ticket_count.c ---- */
/* A ticket that was just made: three counters at once. */
enum status ticket_count_created(struct ctx *ctx, const struct ticket *ticket) MUST_CHECK;
/* From what counted before to what counts after; removed tickets don't count. */
enum status ticket_count_move(struct ctx *ctx, const struct ticket *before,
                              const struct ticket *after) MUST_CHECK;

/* A change of one counter by a number of tickets. */
struct ticket_count_change {
  int64_t tenant_id;
  int64_t scope;
  int64_t owner_id;
  int64_t status, priority;
  int64_t tickets;
};
enum { TICKET_COUNT_SCOPES = 3 };
/* The three changes that `ticket` makes, each by `tickets`. */
void ticket_count_changes(const struct ticket *ticket, int64_t tickets,
                          struct ticket_count_change out[TICKET_COUNT_SCOPES]);
/* Merges, orders and writes them; sorts the array. */
enum status ticket_count_apply(struct ctx *ctx, struct ticket_count_change *changes, size_t count) MUST_CHECK;

/* Live tickets by status and priority. */
struct ticket_counts {
  int64_t of[TICKET_STATUS_COUNT][PRIORITY_COUNT];
};
enum ticket_count_scope { COUNT_TENANT = 1, COUNT_AUTHOR, COUNT_ASSIGNEE }; /* stored */
enum status ticket_count_load(struct ctx *ctx, enum ticket_count_scope scope, int64_t owner_id,
                              int64_t other_owner_id, struct ticket_counts *out) MUST_CHECK;
/* Sum over sets of statuses and priorities given as bits (1 << value). */
int64_t ticket_count_sum(const struct ticket_counts *counts, unsigned statuses, unsigned priorities);

#endif
