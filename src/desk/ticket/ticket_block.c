#include <assert.h>
#include <endian.h>
#include <string.h>

#include "base/log.h"
#include "base/problem.h"
#include "base/time.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

/* How a tenant's tickets lie along their ids, and along ids and the times of their schedule at once: each
 * block tells how many tickets of each status, priority, type and category it has. So a page far behind is
 * found, and a total told, without a walk past the tickets before it.
 *
 * A block's bytes begin with when the first and the last of its tickets were created, in 8 bytes each (what
 * once counted in it counts there for ever), and with the sum of its cells. The cells, where few of them are
 * not 0: for each of those, in their order, the distance to the one before (from
 * -1) and the number, both as variable-length integers of 7 bits a byte, the number with its sign in the
 * lowest bit: on PostgreSQL a connection's own row may hold the negative half of a move. Else, so that who
 * wants some need not pass by all: a 0, the size of a number in bytes, and all numbers, lowest byte first. */
enum { PRIORITIES = 5, WORK_TYPES = 6, CATEGORIES = 4 };
enum { NUMBER_BYTES = 8, HEAD_BYTES = 3 * NUMBER_BYTES, PLAIN_HEAD = 2 };
/* The longest: distances of at most 2 bytes, numbers of at most 10. */
enum { BLOCK_BYTES_MAX = HEAD_BYTES + TICKET_CELLS * (2 + 10) };

int ticket_block_shift(enum ticket_block_kind kind) {
  static const int shifts[] = {[BLOCK_SMALL] = 8,
                               [BLOCK_MIDDLE] = 13,
                               [BLOCK_LARGE] = 18,
                               [BLOCK_ALL] = 63,
                               [BLOCK_DAY] = 18,
                               [BLOCK_SPAN] = 18,
                               [BLOCK_DAY_PART] = BLOCK_PART_SHIFT,
                               [BLOCK_SPAN_PART] = BLOCK_PART_SHIFT};
  return shifts[kind];
}

int64_t ticket_cell_of(const struct ticket *ticket) {
  int64_t row = (int64_t)(ticket->status - TICKET_NEW) * PRIORITIES + ticket->priority - PRIORITY_LOW;
  return (row * WORK_TYPES + ticket->work_type) * CATEGORIES + ticket->category - CATEGORY_BILLING;
}

/* Types and categories, which lie side by side. */
enum { KINDS = WORK_TYPES * CATEGORIES };
static unsigned kinds_of(unsigned work_types, unsigned categories) {
  unsigned kinds = 0;
  for (int type = 0; type < WORK_TYPES; type++) {
    kinds |= (work_types >> type & 1) != 0
                 ? (categories >> CATEGORY_BILLING & ((1U << CATEGORIES) - 1)) << type * CATEGORIES
                 : 0;
  }
  return kinds;
}

void ticket_cells_wanted(unsigned statuses, unsigned priorities, unsigned work_types, unsigned categories,
                         struct ticket_cells *out) {
  unsigned kinds = kinds_of(work_types, categories);
  memset(out->wanted, 0, sizeof out->wanted);
  out->count = 0;
  for (int cell = 0; cell < TICKET_CELLS; cell += KINDS) {
    int status = TICKET_NEW + cell / (PRIORITIES * KINDS),
        priority = PRIORITY_LOW + cell / KINDS % PRIORITIES;
    if ((statuses >> status & priorities >> priority & 1) == 0) {
      continue;
    }
    for (int kind = 0; kind < KINDS; kind++) {
      if ((kinds >> kind & 1) != 0) {
        out->wanted[cell + kind] = true;
        out->at[out->count++] = (int16_t)(cell + kind);
      }
    }
  }
}

int64_t ticket_cells_sum(const int64_t cells[TICKET_CELLS], unsigned statuses, unsigned priorities,
                         unsigned work_types, unsigned categories) {
  struct ticket_cells wanted;
  int64_t sum = 0;
  ticket_cells_wanted(statuses, priorities, work_types, categories, &wanted);
  for (int i = 0; i < wanted.count; i++) {
    sum += cells[wanted.at[i]];
  }
  return sum;
}

enum status ticket_blocks_tell(struct ctx *ctx, const struct ticket *ticket, int64_t by) {
  return ticket_tell_block(ctx, ticket, BLOCK_SMALL, 0, by);
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

/* A number of those that are all written, in 1, 2, 4 or 8 bytes. */
static inline int64_t plain_number(const char *at, int size) {
  uint16_t two;
  uint32_t four;
  uint64_t eight;
  switch (size) {
    case 1:
      return (signed char)at[0];
    case 2:
      memcpy(&two, at, sizeof two);
      return (int16_t)le16toh(two);
    case 4:
      memcpy(&four, at, sizeof four);
      return (int32_t)le32toh(four);
    default:
      memcpy(&eight, at, sizeof eight);
      return (int64_t)le64toh(eight);
  }
}

/* The size of a number where all are written, 0 where only some are, -1 where the bytes are neither. */
static int plain_size(struct str bytes) {
  if (bytes.len == 0 || bytes.at[0] != 0) {
    return 0;
  }
  int size = bytes.len > 1 ? bytes.at[1] : 0;
  bool known = size == 1 || size == 2 || size == 4 || size == 8;
  return known && bytes.len == PLAIN_HEAD + (size_t)TICKET_CELLS * (size_t)size ? size : -1;
}

static enum status damaged_block(struct ctx *ctx, int64_t block) {
  LOG(LOG_ERROR, "a block of tickets is damaged: sigap needs its sums made anew", LOG_N("block", block));
  return problem_set(ctx, &problem_broken);
}

static void add_plain(const char *at, int size, int64_t cells[TICKET_CELLS]) {
  for (int cell = 0; cell < TICKET_CELLS; cell++) {
    cells[cell] += plain_number(at + cell * size, size);
  }
}

static enum status add_cells(struct ctx *ctx, struct str bytes, int64_t block, int64_t cells[TICKET_CELLS]) {
  int size = plain_size(bytes);
  if (size > 0) {
    add_plain(bytes.at + PLAIN_HEAD, size, cells);
    return STATUS_OK;
  }
  const unsigned char *at = (const unsigned char *)bytes.at, *end = at + bytes.len;
  int64_t cell = -1, tickets = 0;
  bool damaged = size < 0;
  while (!damaged && take_cell(&at, end, &cell, &tickets, &damaged)) {
    cells[cell] += tickets;
  }
  return damaged ? damaged_block(ctx, block) : STATUS_OK;
}

/* What the bytes begin with; *cells: the rest. */
static bool take_head(struct str bytes, struct ticket_block_part *head, struct str *cells) {
  if (bytes.len < HEAD_BYTES) {
    return false;
  }
  *head = (struct ticket_block_part){
      .tickets = plain_number(bytes.at + 2 * NUMBER_BYTES, NUMBER_BYTES),
      .first_us = plain_number(bytes.at, NUMBER_BYTES),
      .last_us = plain_number(bytes.at + NUMBER_BYTES, NUMBER_BYTES),
  };
  *cells = (struct str){bytes.at + HEAD_BYTES, bytes.len - HEAD_BYTES};
  return true;
}

/* How many of the cells' tickets are wanted; false where the bytes are damaged. */
static bool count_cells(const struct ticket_cells *wanted, struct str cells, int64_t *tickets) {
  int64_t sum = 0;
  int size = plain_size(cells);
  for (int i = 0; i < wanted->count && size > 0; i++) {
    sum += plain_number(cells.at + PLAIN_HEAD + wanted->at[i] * size, size);
  }
  const unsigned char *at = (const unsigned char *)cells.at, *end = at + cells.len;
  int64_t cell = -1, number = 0, last = wanted->count > 0 ? wanted->at[wanted->count - 1] : -1;
  bool damaged = size < 0;
  while (size == 0 && cell < last && take_cell(&at, end, &cell, &number, &damaged)) {
    sum += wanted->wanted[cell] ? number : 0;
  }
  *tickets = sum;
  return !damaged;
}

enum status ticket_block_gather(struct ctx *ctx, const struct ticket_cells *wanted, int64_t block,
                                struct str bytes, struct ticket_block_part *part, int64_t *all) {
  struct ticket_block_part head;
  struct str cells;
  if (!take_head(bytes, &head, &cells)) {
    return damaged_block(ctx, block);
  }
  *all += head.tickets;
  if (wanted->count < TICKET_CELLS && !count_cells(wanted, cells, &head.tickets)) {
    return damaged_block(ctx, block);
  }
  part->tickets += head.tickets;
  part->first_us = head.first_us < part->first_us ? head.first_us : part->first_us;
  part->last_us = head.last_us > part->last_us ? head.last_us : part->last_us;
  return STATUS_OK;
}

static char *print_some(char *at, const int64_t cells[TICKET_CELLS]) {
  int64_t last = -1;
  for (int64_t cell = 0; cell < TICKET_CELLS; cell++) {
    if (cells[cell] != 0) {
      at = put_number(at, (uint64_t)(cell - last));
      at = put_number(at, (uint64_t)cells[cell] << 1 ^ (uint64_t)(cells[cell] >> 63));
      last = cell;
    }
  }
  return at;
}

static char *put_plain(char *at, int64_t number, int size) {
  for (int i = 0; i < size; i++) {
    *at++ = (char)((uint64_t)number >> 8 * i);
  }
  return at;
}

static char *print_all(char *at, const int64_t cells[TICKET_CELLS], int size) {
  *at++ = 0;
  *at++ = (char)size;
  for (int64_t cell = 0; cell < TICKET_CELLS; cell++) {
    at = put_plain(at, cells[cell], size);
  }
  return at;
}

static struct str print_block(const struct ticket_block_part *head, const int64_t cells[TICKET_CELLS],
                              char out[BLOCK_BYTES_MAX]) {
  char *at = put_plain(out, head->first_us, NUMBER_BYTES);
  at = put_plain(at, head->last_us, NUMBER_BYTES);
  at = put_plain(at, head->tickets, NUMBER_BYTES);
  int64_t any = 0;
  for (int cell = 0; cell < TICKET_CELLS; cell++) {
    any |= cells[cell] ^ cells[cell] >> 63;
  }
  int size = any < 1 << 7 ? 1 : any < 1 << 15 ? 2 : any < INT64_C(1) << 31 ? 4 : 8;
  char *end = print_some(at, cells);
  /* All numbers, unless that takes more than twice the room. */
  if (PLAIN_HEAD + TICKET_CELLS * size <= 2 * (end - at)) {
    end = print_all(at, cells, size);
  }
  return (struct str){out, (size_t)(end - out)};
}

/* ---- writing ---- */

/* Where in the table. */
struct place {
  int64_t tenant_id, kind, parent, time, block;
};

struct change {
  struct place place;
  struct ticket_block_part head;
  int64_t cells[TICKET_CELLS];
  bool found;
};

static void widen(struct ticket_block_part *head, int64_t first_us, int64_t last_us) {
  head->first_us = first_us < head->first_us ? first_us : head->first_us;
  head->last_us = last_us > head->last_us ? last_us : head->last_us;
}

/* Joins what is stored to what is new. */
static enum status join_stored(struct ctx *ctx, void *arg, const void *found) {
  struct change *change = arg;
  const struct ticket_block_get_row *row = found;
  struct ticket_block_part head;
  struct str cells;
  if (!take_head(row->cells, &head, &cells)) {
    return damaged_block(ctx, change->place.block);
  }
  widen(&change->head, head.first_us, head.last_us);
  change->found = true;
  return add_cells(ctx, cells, change->place.block, change->cells);
}

static enum status write_change(struct ctx *ctx, struct change *change) {
  const struct place *place = &change->place;
  const struct ticket_block_get_in key = {.tenant_id = place->tenant_id,
                                          .kind = place->kind,
                                          .parent = place->parent,
                                          .time = place->time,
                                          .block = place->block,
                                          .slot = ticket_sums_slot(ctx->db)};
  char bytes[BLOCK_BYTES_MAX];
  TRY(sql_ticket_block_get_each(ctx, &key, join_stored, change));
  struct ticket_block_put_in put = {.tenant_id = key.tenant_id,
                                    .kind = key.kind,
                                    .parent = key.parent,
                                    .time = key.time,
                                    .block = key.block,
                                    .slot = key.slot};
  if (!change->found && db_is_pgsql(ctx->db)) {
    /* An empty row first: whoever makes the same one waits here, and then finds it. */
    static const int64_t none[TICKET_CELLS];
    struct ticket_block_make_in make;
    static_assert(sizeof make == sizeof put, "the two statements have the same parameters");
    memcpy(&make, &put, sizeof make);
    make.cells = print_block(&change->head, none, bytes);
    TRY(sql_ticket_block_make(ctx, &make, NULL));
    TRY(sql_ticket_block_get_each(ctx, &key, join_stored, change));
  }
  for (int cell = 0; cell < TICKET_CELLS; cell++) {
    change->head.tickets += change->cells[cell];
  }
  put.tickets = change->head.tickets;
  put.cells = print_block(&change->head, change->cells, bytes);
  return sql_ticket_block_put(ctx, &put, NULL);
}

/* The keys of sums: kind, block, quarter and cell from 2 on. */
static struct place place_of(const struct db_sum *sum, enum ticket_block_kind kind, const char *zone) {
  int64_t block = sum->key[3];
  struct place place = {.tenant_id = sum->key[1], .kind = kind, .block = block};
  if (kind < BLOCK_DAY) {
    place.block = block >> (ticket_block_shift(kind) - ticket_block_shift(BLOCK_SMALL));
    return place;
  }
  int64_t day = time_local_day(sum->key[4] * TICKET_QUARTER_US, zone);
  bool in_spans = kind == BLOCK_SPAN || kind == BLOCK_SPAN_PART;
  bool is_part = kind == BLOCK_DAY_PART || kind == BLOCK_SPAN_PART;
  place.time = in_spans ? day >> BLOCK_SPAN_SHIFT : day;
  place.parent = is_part ? block >> (ticket_block_shift(BLOCK_DAY) - BLOCK_PART_SHIFT) : 0;
  return place;
}

/* Sums that were told for one kind, written for blocks of the same or of another that is made of them. */
static enum status write_kind(struct ctx *ctx, const struct db_sum *sums, size_t count,
                              enum ticket_block_kind kind, const char *zone) {
  struct change change = {.found = false};
  for (size_t i = 0; i < count; i++) {
    const struct place place = place_of(&sums[i], kind, zone);
    if (i == 0 || memcmp(&place, &change.place, sizeof place) != 0) {
      TRY(i == 0 ? STATUS_OK : write_change(ctx, &change));
      change = (struct change){.place = place, .head = {0, sums[i].low, sums[i].high}};
    }
    change.cells[sums[i].key[5]] += sums[i].sum;
    widen(&change.head, sums[i].low, sums[i].high);
  }
  return count > 0 ? write_change(ctx, &change) : STATUS_OK;
}

static size_t of_kind(const struct db_sum *sums, size_t count, enum ticket_block_kind kind) {
  size_t n = 0;
  while (n < count && sums[n].key[1] == sums[0].key[1] && sums[n].key[2] == (int64_t)kind) {
    n++;
  }
  return n;
}

/* Tenant by tenant. */
enum status ticket_blocks_write(struct ctx *ctx, const struct db_sum *sums, size_t count) {
  while (count > 0) {
    const int64_t tenant_id = sums->key[1];
    size_t n = of_kind(sums, count, BLOCK_SMALL);
    for (enum ticket_block_kind kind = BLOCK_SMALL; kind <= BLOCK_ALL; kind++) {
      TRY(write_kind(ctx, sums, n, kind, NULL));
    }
    sums += n;
    count -= n;
    struct ticket_sums_zone_row zone = {0};
    if (count > 0 && sums->key[1] == tenant_id) {
      TRY(sql_ticket_sums_zone(ctx, &(struct ticket_sums_zone_in){tenant_id}, &zone));
    }
    while (count > 0 && sums->key[1] == tenant_id) {
      enum ticket_block_kind kind = (enum ticket_block_kind)sums->key[2];
      n = of_kind(sums, count, kind);
      TRY(write_kind(ctx, sums, n, kind, zone.timezone.at));
      TRY(write_kind(ctx, sums, n, kind + 1, zone.timezone.at)); /* the spans made of these days */
      sums += n;
      count -= n;
    }
  }
  return STATUS_OK;
}

/* ---- reading ---- */

void ticket_block_add(const struct ticket_search *search, const struct ticket_block_part *part,
                      struct ticket_block *block) {
  const struct ticket_filter *filter = &search->filter;
  bool after = part->first_us >= filter->created_from;
  bool before = filter->created_to == 0 || part->last_us < filter->created_to;
  bool outside = part->last_us < filter->created_from ||
                 (filter->created_to != 0 && part->first_us >= filter->created_to);
  if (after && before) {
    block->tickets += part->tickets;
  } else if (!outside && part->tickets != 0) {
    block->cut = true;
  }
}

struct loading {
  const struct ticket_search *search;
  const struct ticket_cells *cells;
  struct ticket_block *blocks;
  size_t count, size;
  struct ticket_block_part part; /* of the last block */
  int64_t matching, enough, all;
};

/* The last block is complete. */
static void close_block(struct loading *loading) {
  if (loading->count > 0) {
    struct ticket_block *last = &loading->blocks[loading->count - 1];
    ticket_block_add(loading->search, &loading->part, last);
    loading->matching += last->tickets;
  }
}

static void open_block(struct ctx *ctx, struct loading *loading, int64_t number) {
  if (loading->count == loading->size) {
    size_t size = loading->size ? 2 * loading->size : 32;
    struct ticket_block *blocks = ARENA_ARRAY(ctx->arena, struct ticket_block, size);
    if (loading->count > 0) {
      memcpy(blocks, loading->blocks, loading->count * sizeof *blocks);
    }
    loading->blocks = blocks;
    loading->size = size;
  }
  loading->blocks[loading->count++] = (struct ticket_block){.number = number};
  loading->part = (struct ticket_block_part){.first_us = INT64_MAX, .last_us = INT64_MIN};
}

/* What take_row ends the statement with when there are enough. */
#define ENOUGH STATUS_NOT_FOUND

static enum status take_row(struct ctx *ctx, void *arg, const void *found) {
  struct loading *loading = arg;
  const struct ticket_block_list_row *row = found;
  /* Rows of one block, of several connections, come one after the other. */
  if (loading->count == 0 || loading->blocks[loading->count - 1].number != row->block) {
    close_block(loading);
    if (loading->matching >= loading->enough) {
      return ENOUGH;
    }
    open_block(ctx, loading, row->block);
  }
  return ticket_block_gather(ctx, loading->cells, row->block, row->cells, &loading->part, &loading->all);
}

enum status ticket_blocks_load(struct ctx *ctx, const struct ticket_search *search,
                               const struct ticket_cells *cells, const struct ticket_block_range *range,
                               struct ticket_block **out, size_t *count) {
  const struct ticket_block_list_in in = {
      .tenant_id = ctx->who->tenant_id, .kind = range->kind, .low = range->low, .high = range->high};
  struct loading loading = {.search = search, .cells = cells, .enough = range->enough};
  TRY(db_flush(ctx));
  enum status status =
      search->ascending ? sql_ticket_block_list_up_each(
                              ctx, &(struct ticket_block_list_up_in){in.tenant_id, in.kind, in.low, in.high},
                              take_row, &loading)
                        : sql_ticket_block_list_each(ctx, &in, take_row, &loading);
  if (status != ENOUGH) {
    TRY(status);
    close_block(&loading);
  }
  *out = loading.blocks;
  *count = loading.count;
  return STATUS_OK;
}

static enum status take_whole(struct ctx *ctx, void *arg, const void *found) {
  const struct ticket_block_list_row *row = found;
  struct ticket_block_part head;
  struct str cells;
  return take_head(row->cells, &head, &cells) ? add_cells(ctx, cells, row->block, arg)
                                              : damaged_block(ctx, row->block);
}

enum status ticket_cells_load(struct ctx *ctx, int64_t cells[TICKET_CELLS]) {
  const struct ticket_block_list_in in = {.tenant_id = ctx->who->tenant_id, .kind = BLOCK_ALL};
  memset(cells, 0, TICKET_CELLS * sizeof *cells);
  TRY(db_flush(ctx));
  return sql_ticket_block_list_each(ctx, &in, take_whole, cells);
}
