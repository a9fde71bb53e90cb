#include <string.h>

#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

/* What a ticket adds to the sums, and the sums by owner, status and priority. Commands tell what counted
 * before and what counts after; db adds it up and hands it back, merged, right before the commit. */

enum { SLOT_BITS = 4 };

/* What a key begins with, in the order of writing. */
enum { SUM_COUNT = 1, SUM_BLOCK, SUM_DAY };

/* On SQLite one transaction writes at a time, and one row is enough. On PostgreSQL many do, and each
 * connection has a row of its own (nearly: 16 places by the connection's address), so that they need not wait
 * for one another's commit. */
int64_t ticket_sums_slot(const struct db *db) {
  if (!db_is_pgsql(db)) {
    return 0;
  }
  uint64_t mixed = (uint64_t)(uintptr_t)db * UINT64_C(0x9E3779B97F4A7C15);
  return (int64_t)(mixed >> (64 - SLOT_BITS));
}

static bool is_overdue(const struct ticket *ticket) {
  return (ticket->sla.marks & SLA_RESOLUTION_BREACHED) != 0 &&
         (ticket->status == TICKET_NEW || ticket->status == TICKET_ASSIGNED ||
          ticket->status == TICKET_IN_PROGRESS);
}

static enum status tell_count(struct ctx *ctx, const struct ticket *ticket, enum ticket_count_scope scope,
                              int64_t owner_id, int64_t by) {
  const int64_t key[DB_SUM_KEY] = {SUM_COUNT, ticket->tenant_id, scope,
                                   owner_id,  ticket->status,    ticket->priority};
  return db_tally(ctx, key, by, 0);
}

static enum status tell_counts(struct ctx *ctx, const struct ticket *ticket, int64_t by) {
  TRY(tell_count(ctx, ticket, COUNT_TENANT, 0, by));
  TRY(tell_count(ctx, ticket, COUNT_AUTHOR, ticket->author_id, by));
  TRY(tell_count(ctx, ticket, COUNT_ASSIGNEE, ticket->assignee_id, by));
  return is_overdue(ticket) ? tell_count(ctx, ticket, COUNT_OVERDUE, 0, by) : STATUS_OK;
}

enum status ticket_tell_block(struct ctx *ctx, const struct ticket *ticket, enum ticket_block_kind kind,
                              int64_t quarter, int64_t by) {
  const int64_t key[DB_SUM_KEY] = {SUM_BLOCK, ticket->tenant_id,
                                   kind,      ticket->id >> ticket_block_shift(kind),
                                   quarter,   ticket_cell_of(ticket)};
  return db_tally(ctx, key, by, ticket->created_at);
}

enum status ticket_tell_day(struct ctx *ctx, const struct ticket *ticket, int64_t technician_id,
                            int64_t quarter, int64_t field, int64_t by) {
  const int64_t key[DB_SUM_KEY] = {SUM_DAY, ticket->tenant_id, technician_id, quarter, field};
  return db_tally(ctx, key, by, 0);
}

enum status ticket_count_created(struct ctx *ctx, const struct ticket *ticket) {
  TRY(tell_counts(ctx, ticket, 1));
  TRY(ticket_blocks_tell(ctx, ticket, 1));
  TRY(ticket_schedule_tell(ctx, ticket, 1));
  return ticket_days_tell(ctx, ticket, 1);
}

enum status ticket_count_move(struct ctx *ctx, const struct ticket *before, const struct ticket *after) {
  if (before->removed_at == 0) {
    TRY(tell_counts(ctx, before, -1));
    TRY(ticket_blocks_tell(ctx, before, -1));
    TRY(ticket_schedule_tell(ctx, before, -1));
    TRY(ticket_days_tell(ctx, before, -1));
  }
  return after->removed_at == 0 ? ticket_count_created(ctx, after) : STATUS_OK;
}

/* ---- writing ---- */

static enum status write_counts(struct ctx *ctx, const struct db_sum *sums, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const int64_t *key = sums[i].key;
    const struct ticket_count_add_in in = {
        .tenant_id = key[1],
        .scope = key[2],
        .owner_id = key[3],
        .status = key[4],
        .priority = key[5],
        .slot = ticket_sums_slot(ctx->db),
        .tickets = sums[i].sum,
    };
    TRY(sql_ticket_count_add(ctx, &in, NULL));
  }
  return STATUS_OK;
}

/* How many at the front are of one kind. */
static size_t of_kind(const struct db_sum *sums, size_t count, int64_t kind) {
  size_t n = 0;
  while (n < count && sums[n].key[0] == kind) {
    n++;
  }
  return n;
}

/* Blocks and days are made anew under the tenant's lock; nobody writes them meanwhile. */
static enum status lock_tenants(struct ctx *ctx, const struct db_sum *sums, size_t count) {
  if (!db_is_pgsql(ctx->db)) {
    return STATUS_OK;
  }
  for (size_t i = 0; i < count; i++) {
    if (i == 0 || sums[i].key[1] != sums[i - 1].key[1]) {
      struct ticket_sums_zone_row row;
      TRY(sql_ticket_sums_zone(ctx, &(struct ticket_sums_zone_in){sums[i].key[1]}, &row));
    }
  }
  return STATUS_OK;
}

enum status ticket_sums_write(struct ctx *ctx, const struct db_sum *sums, size_t count) {
  size_t counts = of_kind(sums, count, SUM_COUNT);
  size_t blocks = of_kind(sums + counts, count - counts, SUM_BLOCK);
  TRY(lock_tenants(ctx, sums + counts, count - counts));
  TRY(write_counts(ctx, sums, counts));
  TRY(ticket_blocks_write(ctx, sums + counts, blocks));
  return ticket_days_write(ctx, sums + counts + blocks, count - counts - blocks);
}

/* ---- reading ---- */

static enum status take_row(struct ctx *ctx, void *arg, const void *found) {
  (void)ctx;
  struct ticket_counts *counts = arg;
  const struct ticket_count_of_row *row = found;
  if (row->status > 0 && row->status < TICKET_STATUS_COUNT && row->priority > 0 &&
      row->priority < PRIORITY_COUNT) {
    counts->of[row->status][row->priority] += row->tickets;
  }
  return STATUS_OK;
}

enum status ticket_count_load(struct ctx *ctx, enum ticket_count_scope scope, int64_t owner_id,
                              int64_t other_owner_id, struct ticket_counts *out) {
  const struct ticket_count_of_in in = {.tenant_id = ctx->who->tenant_id,
                                        .scope = scope,
                                        .owner_id = owner_id,
                                        .other_owner_id = other_owner_id};
  struct ticket_counts counts = {0};
  TRY(db_flush(ctx));
  TRY(sql_ticket_count_of_each(ctx, &in, take_row, &counts));
  *out = counts;
  return STATUS_OK;
}

int64_t ticket_count_sum(const struct ticket_counts *counts, unsigned statuses, unsigned priorities) {
  int64_t sum = 0;
  for (int status = TICKET_NEW; status < TICKET_STATUS_COUNT; status++) {
    for (int priority = PRIORITY_LOW; priority < PRIORITY_COUNT; priority++) {
      if ((statuses >> status & 1) != 0 && (priorities >> priority & 1) != 0) {
        sum += counts->of[status][priority];
      }
    }
  }
  return sum;
}

enum status ticket_counts_of(struct ctx *ctx, enum ticket_count_scope scope, int64_t owner_id,
                             int64_t counts[TICKET_STATUS_COUNT][PRIORITY_COUNT]) {
  struct ticket_counts found;
  TRY(ticket_count_load(ctx, scope, owner_id, owner_id, &found));
  memcpy(counts, found.of, sizeof found.of);
  return STATUS_OK;
}

enum status ticket_overdue(struct ctx *ctx, int64_t *out) {
  struct ticket_counts counts;
  TRY(ticket_count_load(ctx, COUNT_OVERDUE, 0, 0, &counts));
  *out = ticket_count_sum(&counts, ~0U, ~0U);
  return STATUS_OK;
}
