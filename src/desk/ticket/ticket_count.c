#include <stdlib.h>

#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

enum { SLOT_BITS = 4 };

/* On SQLite one transaction writes at a time, and one row is enough. On PostgreSQL many do, and each
 * connection has a row of its own (nearly: 16 places by the connection's address), so that they need not wait
 * for one another's commit. */
static int64_t slot_of(const struct db *db) {
  if (!db_is_pgsql(db)) {
    return 0;
  }
  uint64_t mixed = (uint64_t)(uintptr_t)db * UINT64_C(0x9E3779B97F4A7C15);
  return (int64_t)(mixed >> (64 - SLOT_BITS));
}

void ticket_count_changes(const struct ticket *ticket, int64_t tickets,
                          struct ticket_count_change out[TICKET_COUNT_SCOPES]) {
  const int64_t owners[TICKET_COUNT_SCOPES] = {0, ticket->author_id, ticket->assignee_id};
  for (int i = 0; i < TICKET_COUNT_SCOPES; i++) {
    out[i] = (struct ticket_count_change){
        .tenant_id = ticket->tenant_id,
        .scope = COUNT_TENANT + i,
        .owner_id = owners[i],
        .status = ticket->status,
        .priority = ticket->priority,
        .tickets = tickets,
    };
  }
}

/* The order of the primary key. */
static int compare(const void *left, const void *right) {
  const struct ticket_count_change *a = left, *b = right;
  const int64_t pairs[][2] = {
      {a->tenant_id, b->tenant_id}, {a->scope, b->scope},       {a->owner_id, b->owner_id},
      {a->status, b->status},       {a->priority, b->priority},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    if (pairs[i][0] != pairs[i][1]) {
      return pairs[i][0] < pairs[i][1] ? -1 : 1;
    }
  }
  return 0;
}

/* Always in the one order, so that two transactions that touch the same counters wait for each other and
 * never both. */
enum status ticket_count_apply(struct ctx *ctx, struct ticket_count_change *changes, size_t count) {
  qsort(changes, count, sizeof *changes, compare);
  for (size_t i = 0; i < count;) {
    int64_t tickets = 0;
    size_t first = i;
    do {
      tickets += changes[i++].tickets;
    } while (i < count && compare(&changes[first], &changes[i]) == 0);
    if (tickets == 0) {
      continue;
    }
    const struct ticket_count_add_in in = {
        .tenant_id = changes[first].tenant_id,
        .scope = changes[first].scope,
        .owner_id = changes[first].owner_id,
        .status = changes[first].status,
        .priority = changes[first].priority,
        .slot = slot_of(ctx->db),
        .tickets = tickets,
    };
    TRY(sql_ticket_count_add(ctx, &in, NULL));
  }
  return STATUS_OK;
}

enum status ticket_count_created(struct ctx *ctx, const struct ticket *ticket) {
  struct ticket_count_change changes[TICKET_COUNT_SCOPES];
  ticket_count_changes(ticket, 1, changes);
  return ticket_count_apply(ctx, changes, TICKET_COUNT_SCOPES);
}

enum status ticket_count_move(struct ctx *ctx, const struct ticket *before, const struct ticket *after) {
  struct ticket_count_change changes[2 * TICKET_COUNT_SCOPES];
  size_t count = 0;
  if (before->removed_at == 0) {
    ticket_count_changes(before, -1, changes + count);
    count += TICKET_COUNT_SCOPES;
  }
  if (after->removed_at == 0) {
    ticket_count_changes(after, 1, changes + count);
    count += TICKET_COUNT_SCOPES;
  }
  return ticket_count_apply(ctx, changes, count);
}

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
