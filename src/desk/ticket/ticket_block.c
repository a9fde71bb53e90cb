#include <string.h>

#include "base/log.h"
#include "base/problem.h"
#include "base/time.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

/* How a tenant's tickets lie along their ids, and along the days of their schedule: each block tells how many
 * tickets of each status, priority, type and category it has. So a page far behind is found, and a total
 * told, without a walk past the tickets before it.
 *
 * cells: for each cell that is not 0, in their order, the distance to the one before (from -1) and the
 * number, both as variable-length integers of 7 bits a byte, the number with its sign in the lowest bit: on
 * PostgreSQL a connection's own row may hold the negative half of a move. */
enum { CELL_BYTES_MAX = 2 + 10, PRIORITIES = 5, WORK_TYPES = 6, CATEGORIES = 4 };

int ticket_block_shift(enum ticket_block_kind kind) {
  static const int shifts[] = {[BLOCK_SMALL] = 8, [BLOCK_MIDDLE] = 13, [BLOCK_LARGE] = 18, [BLOCK_ALL] = 63};
  return shifts[kind];
}

static int64_t cell_at(int64_t status, int64_t priority, int64_t work_type, int64_t category) {
  return (((status - 1) * PRIORITIES + priority - 1) * WORK_TYPES + work_type) * CATEGORIES + category - 1;
}

int64_t ticket_cell_of(const struct ticket *ticket) {
  return cell_at(ticket->status, ticket->priority, ticket->work_type, ticket->category);
}

void ticket_cells_wanted(unsigned statuses, unsigned priorities, unsigned work_types, unsigned categories,
                         struct ticket_cells *out) {
  for (int status = TICKET_NEW; status < TICKET_STATUS_COUNT; status++) {
    for (int priority = PRIORITY_LOW; priority < PRIORITY_COUNT; priority++) {
      for (int type = WORK_NONE; type <= WORK_DISCONNECTION; type++) {
        for (int category = CATEGORY_BILLING; category <= CATEGORY_SERVICE; category++) {
          out->wanted[cell_at(status, priority, type, category)] =
              (statuses >> status & priorities >> priority & work_types >> type & categories >> category &
               1) != 0;
        }
      }
    }
  }
}

enum status ticket_blocks_tell(struct ctx *ctx, const struct ticket *ticket, int64_t by) {
  TRY(ticket_tell_block(ctx, ticket, BLOCK_SMALL, ticket->id >> ticket_block_shift(BLOCK_SMALL), by));
  return ticket->scheduled_at != 0
             ? ticket_tell_block(ctx, ticket, BLOCK_DAY, ticket->scheduled_at / TIME_DAY_US, by)
             : STATUS_OK;
}

/* ---- the cells in bytes ---- */

static char *put_number(char *at, uint64_t number) {
  for (; number >= 0x80; number >>= 7) {
    *at++ = (char)(number | 0x80);
  }
  *at++ = (char)number;
  return at;
}

static bool take_number(const unsigned char **at, const unsigned char *end, uint64_t *out) {
  uint64_t number = 0;
  for (int shift = 0; *at < end && shift < 64; shift += 7) {
    unsigned char byte = *(*at)++;
    number |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *out = number;
      return true;
    }
  }
  return false;
}

/* The next cell; false at the end, or (*damaged) where the bytes are none. */
static inline bool take_cell(const unsigned char **at, const unsigned char *end, int64_t *cell,
                             int64_t *tickets, bool *damaged) {
  uint64_t gap, number;
  if (*at == end) {
    return false;
  }
  if (end - *at >= 2 && ((*at)[0] | (*at)[1]) < 0x80) { /* as nearly always: a byte each */
    gap = (*at)[0];
    number = (*at)[1];
    *at += 2;
  } else if (!take_number(at, end, &gap) || !take_number(at, end, &number)) {
    *damaged = true;
    return false;
  }
  if (gap == 0 || gap >= (uint64_t)(TICKET_CELLS - *cell)) {
    *damaged = true;
    return false;
  }
  *cell += (int64_t)gap;
  *tickets = (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
  return true;
}

static enum status damaged_block(struct ctx *ctx, int64_t block) {
  LOG(LOG_ERROR, "a block of tickets is damaged: sigap needs its sums made anew", LOG_N("block", block));
  return problem_set(ctx, &problem_broken);
}

static struct str print_cells(const int64_t cells[TICKET_CELLS], char out[TICKET_CELLS * CELL_BYTES_MAX]) {
  char *at = out;
  int64_t last = -1;
  for (int64_t cell = 0; cell < TICKET_CELLS; cell++) {
    if (cells[cell] != 0) {
      at = put_number(at, (uint64_t)(cell - last));
      at = put_number(at, (uint64_t)cells[cell] << 1 ^ (uint64_t)(cells[cell] >> 63));
      last = cell;
    }
  }
  return (struct str){out, (size_t)(at - out)};
}

/* ---- writing ---- */

struct change {
  int64_t tenant_id, kind, block;
  int64_t first_us, last_us;
  int64_t cells[TICKET_CELLS];
  bool found;
};

/* Joins what is stored to what is new. */
static enum status join_stored(struct ctx *ctx, void *arg, const void *found) {
  struct change *change = arg;
  const struct ticket_block_get_row *row = found;
  const unsigned char *at = (const unsigned char *)row->cells.at, *end = at + row->cells.len;
  int64_t cell = -1, tickets = 0;
  bool damaged = false;
  while (take_cell(&at, end, &cell, &tickets, &damaged)) {
    change->cells[cell] += tickets;
  }
  if (damaged) {
    return damaged_block(ctx, change->block);
  }
  change->first_us = row->first_created_at < change->first_us ? row->first_created_at : change->first_us;
  change->last_us = row->last_created_at > change->last_us ? row->last_created_at : change->last_us;
  change->found = true;
  return STATUS_OK;
}

static enum status write_change(struct ctx *ctx, struct change *change) {
  const struct ticket_block_get_in key = {.tenant_id = change->tenant_id,
                                          .kind = change->kind,
                                          .block = change->block,
                                          .slot = ticket_sums_slot(ctx->db)};
  TRY(sql_ticket_block_get_each(ctx, &key, join_stored, change));
  struct ticket_block_put_in put = {.tenant_id = key.tenant_id,
                                    .kind = key.kind,
                                    .block = key.block,
                                    .slot = key.slot,
                                    .first_created_at = change->first_us,
                                    .last_created_at = change->last_us};
  char bytes[TICKET_CELLS * CELL_BYTES_MAX];
  if (!change->found && db_is_pgsql(ctx->db)) {
    /* An empty row first: whoever makes the same one waits here, and then finds it. */
    const struct ticket_block_make_in make = {.tenant_id = key.tenant_id,
                                              .kind = key.kind,
                                              .block = key.block,
                                              .slot = key.slot,
                                              .first_created_at = change->first_us,
                                              .last_created_at = change->last_us,
                                              .cells = STR("")};
    TRY(sql_ticket_block_make(ctx, &make, NULL));
    TRY(sql_ticket_block_get_each(ctx, &key, join_stored, change));
    put.first_created_at = change->first_us;
    put.last_created_at = change->last_us;
  }
  put.cells = print_cells(change->cells, bytes);
  return sql_ticket_block_put(ctx, &put, NULL);
}

/* The sums of one kind, which are told for the smallest blocks, written for blocks that `shift` makes of
 * them. */
static enum status write_kind(struct ctx *ctx, const struct db_sum *sums, size_t count, int64_t kind,
                              int shift) {
  for (size_t i = 0; i < count;) {
    struct change change = {.tenant_id = sums[i].key[1],
                            .kind = kind,
                            .block = sums[i].key[3] >> shift,
                            .first_us = sums[i].low,
                            .last_us = sums[i].high};
    for (; i < count && sums[i].key[1] == change.tenant_id && sums[i].key[3] >> shift == change.block; i++) {
      change.cells[sums[i].key[4]] += sums[i].sum;
      change.first_us = sums[i].low < change.first_us ? sums[i].low : change.first_us;
      change.last_us = sums[i].high > change.last_us ? sums[i].high : change.last_us;
    }
    TRY(write_change(ctx, &change));
  }
  return STATUS_OK;
}

/* Tenant by tenant, in the order of the primary key. */
enum status ticket_blocks_write(struct ctx *ctx, const struct db_sum *sums, size_t count) {
  while (count > 0) {
    size_t small = 0, all = 0;
    while (all < count && sums[all].key[1] == sums[0].key[1]) {
      small += sums[all++].key[2] == BLOCK_SMALL;
    }
    for (enum ticket_block_kind kind = BLOCK_SMALL; kind <= BLOCK_ALL; kind++) {
      TRY(write_kind(ctx, sums, small, kind, ticket_block_shift(kind) - ticket_block_shift(BLOCK_SMALL)));
    }
    TRY(write_kind(ctx, sums + small, all - small, BLOCK_DAY, 0));
    sums += all;
    count -= all;
  }
  return STATUS_OK;
}

/* ---- reading ---- */

struct loading {
  const struct ticket_cells *cells;
  int64_t last; /* nothing is wanted of the cells after this one */
  struct ticket_block *blocks;
  size_t count, size;
};

static struct ticket_block *block_of(struct ctx *ctx, struct loading *loading, int64_t number) {
  if (loading->count > 0 && loading->blocks[loading->count - 1].number == number) {
    return &loading->blocks[loading->count - 1]; /* another connection's row of the same block */
  }
  if (loading->count == loading->size) {
    size_t size = loading->size ? 2 * loading->size : 32;
    struct ticket_block *blocks = ARENA_ARRAY(ctx->arena, struct ticket_block, size);
    if (loading->count > 0) {
      memcpy(blocks, loading->blocks, loading->count * sizeof *blocks);
    }
    loading->blocks = blocks;
    loading->size = size;
  }
  struct ticket_block *block = &loading->blocks[loading->count++];
  *block = (struct ticket_block){.number = number, .first_us = INT64_MAX, .last_us = INT64_MIN};
  return block;
}

static enum status take_block(struct ctx *ctx, void *arg, const void *found) {
  struct loading *loading = arg;
  const struct ticket_block_list_row *row = found;
  struct ticket_block *block = block_of(ctx, loading, row->block);
  block->first_us = row->first_created_at < block->first_us ? row->first_created_at : block->first_us;
  block->last_us = row->last_created_at > block->last_us ? row->last_created_at : block->last_us;
  const unsigned char *at = (const unsigned char *)row->cells.at, *end = at + row->cells.len;
  const bool *wanted = loading->cells->wanted;
  int64_t cell = -1, tickets = 0;
  bool damaged = false;
  while (cell < loading->last && take_cell(&at, end, &cell, &tickets, &damaged)) {
    block->all += tickets;
    block->tickets += wanted[cell] ? tickets : 0;
  }
  return damaged ? damaged_block(ctx, row->block) : STATUS_OK;
}

enum status ticket_blocks_load(struct ctx *ctx, const struct ticket_cells *cells, enum ticket_block_kind kind,
                               int64_t low, int64_t high, struct ticket_block **out, size_t *count) {
  const struct ticket_block_list_in in = {
      .tenant_id = ctx->who->tenant_id, .kind = kind, .low = low, .high = high};
  struct loading loading = {.cells = cells, .last = TICKET_CELLS - 1};
  /* Of a day all tickets are told, too. */
  while (kind != BLOCK_DAY && loading.last >= 0 && !cells->wanted[loading.last]) {
    loading.last--;
  }
  TRY(db_flush(ctx));
  TRY(sql_ticket_block_list_each(ctx, &in, take_block, &loading));
  *out = loading.blocks;
  *count = loading.count;
  return STATUS_OK;
}

static enum status take_whole(struct ctx *ctx, void *arg, const void *found) {
  int64_t *cells = arg;
  const struct ticket_block_list_row *row = found;
  const unsigned char *at = (const unsigned char *)row->cells.at, *end = at + row->cells.len;
  int64_t cell = -1, tickets = 0;
  bool damaged = false;
  while (take_cell(&at, end, &cell, &tickets, &damaged)) {
    cells[cell] += tickets;
  }
  return damaged ? damaged_block(ctx, row->block) : STATUS_OK;
}

enum status ticket_cells_load(struct ctx *ctx, int64_t cells[TICKET_CELLS]) {
  const struct ticket_block_list_in in = {.tenant_id = ctx->who->tenant_id, .kind = BLOCK_ALL};
  memset(cells, 0, TICKET_CELLS * sizeof *cells);
  TRY(db_flush(ctx));
  return sql_ticket_block_list_each(ctx, &in, take_whole, cells);
}

int64_t ticket_cells_sum(const int64_t cells[TICKET_CELLS], const struct ticket_cells *wanted) {
  int64_t sum = 0;
  for (int cell = 0; cell < TICKET_CELLS; cell++) {
    sum += wanted->wanted[cell] ? cells[cell] : 0;
  }
  return sum;
}
