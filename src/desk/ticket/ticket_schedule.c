#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "desk/statements.h"
#include "desk/tenant/tenant.h"
#include "desk/ticket/ticket_internal.h"

/* Blocks of what is scheduled: by days of the tenant's time zone and by spans of 16 of them, so that a long
 * time is few spans and at most 30 days beside; each by large blocks of ids and by parts of them. A time that
 * begins or ends within a day is counted there along ticket_scheduled. */

/* Beyond all days and spans that there are, and beyond which a time has no end. */
#define DAY_MAX (INT64_C(1) << 40)
#define TIME_MAX_US (INT64_C(1) << 62)

enum status ticket_schedule_tell(struct ctx *ctx, const struct ticket *ticket, int64_t by) {
  if (ticket->scheduled_at == 0) {
    return STATUS_OK;
  }
  int64_t quarter = ticket_quarter(ticket->scheduled_at);
  TRY(ticket_tell_block(ctx, ticket, BLOCK_DAY, quarter, by));
  return ticket_tell_block(ctx, ticket, BLOCK_DAY_PART, quarter, by);
}

/* ---- a time ---- */

/* Whole days, or what is left of them beside whole spans. */
static void cut_spans(int64_t from, int64_t to, struct ticket_times *times) {
  enum { DAYS = 1 << BLOCK_SPAN_SHIFT };
  int64_t first = from == -DAY_MAX ? from : (from + DAYS - 1) >> BLOCK_SPAN_SHIFT;
  int64_t end = to == DAY_MAX ? to : to >> BLOCK_SPAN_SHIFT;
  if (first >= end) {
    times->days[0].from = from;
    times->days[0].to = to;
    return;
  }
  times->spans.from = first;
  times->spans.to = end;
  if (from != -DAY_MAX) {
    times->days[0].from = from;
    times->days[0].to = first * DAYS;
  }
  if (to != DAY_MAX) {
    times->days[1].from = end * DAYS;
    times->days[1].to = to;
  }
}

enum status ticket_times_of(struct ctx *ctx, const struct ticket_search *search, struct ticket_times *out) {
  int64_t from_us = search->filter.scheduled_from, to_us = search->filter.scheduled_to;
  bool is_far = from_us >= TIME_MAX_US, ends = to_us != 0 && to_us < TIME_MAX_US;
  struct tenant tenant;
  TRY(tenant_get(ctx, ctx->who->tenant_id, &tenant));
  const char *zone = str_c(ctx->arena, tenant.timezone);
  int64_t from = -DAY_MAX, to = DAY_MAX;
  if (from_us != 0 && !is_far) {
    from = time_local_day(from_us, zone);
    from += time_day_start(from, zone) < from_us;
  }
  if (ends) {
    to = time_local_day(to_us, zone);
  }
  struct ticket_times times = {0};
  if (is_far || from > to) { /* within one day */
    times.rest[0].from = from_us;
    times.rest[0].to = to_us != 0 ? to_us : INT64_MAX;
    *out = times;
    return STATUS_OK;
  }
  if (from != -DAY_MAX) {
    times.rest[0].from = from_us;
    times.rest[0].to = time_day_start(from, zone);
  }
  if (ends) {
    times.rest[1].from = time_day_start(to, zone);
    times.rest[1].to = to_us;
  }
  cut_spans(from, to, &times);
  *out = times;
  return STATUS_OK;
}

/* ---- its blocks ---- */

/* What a row, or several of one block and time, tells. */
struct piece {
  int64_t block, time;
  struct ticket_block_part part;
};

struct loading {
  const struct ticket_cells *cells;
  struct piece *pieces;
  size_t count, size;
  int64_t scheduled;
};

static struct piece *add_piece(struct ctx *ctx, struct loading *loading) {
  if (loading->count == loading->size) {
    size_t size = loading->size ? 2 * loading->size : 64;
    struct piece *pieces = ARENA_ARRAY(ctx->arena, struct piece, size);
    if (loading->count > 0) {
      memcpy(pieces, loading->pieces, loading->count * sizeof *pieces);
    }
    loading->pieces = pieces;
    loading->size = size;
  }
  return &loading->pieces[loading->count++];
}

static enum status take_row(struct ctx *ctx, void *arg, const void *found) {
  struct loading *loading = arg;
  const struct ticket_block_scheduled_row *row = found;
  struct piece *piece = add_piece(ctx, loading);
  *piece = (struct piece){row->block, row->time, {0, INT64_MAX, INT64_MIN}};
  return ticket_block_gather(ctx, loading->cells, row->block, row->cells, &piece->part, &loading->scheduled);
}

static enum status take_count(struct ctx *ctx, void *arg, const void *found) {
  struct loading *loading = arg;
  const struct ticket_count_scheduled_row *row = found;
  /* A time of its own, and one of creation that nothing cuts. */
  const struct piece piece = {
      row->block, INT64_MAX - (int64_t)loading->count, {row->tickets, INT64_MAX, INT64_MIN}};
  *add_piece(ctx, loading) = piece;
  loading->scheduled += row->tickets;
  return STATUS_OK;
}

static int by_place(const void *left, const void *right) {
  const struct piece *a = left, *b = right;
  if (a->block != b->block) {
    return a->block < b->block ? -1 : 1;
  }
  return a->time < b->time ? -1 : a->time > b->time;
}

/* Rows of one block and time, of several connections, are judged together: only their sum is true. */
static size_t fold(const struct ticket_search *search, struct loading *loading, struct ticket_block *blocks) {
  size_t count = 0;
  qsort(loading->pieces, loading->count, sizeof *loading->pieces, by_place);
  for (size_t i = 0; i < loading->count; i++) {
    struct piece *piece = &loading->pieces[i];
    for (; i + 1 < loading->count && by_place(piece, piece + 1) == 0; i++, piece++) {
      struct ticket_block_part *to = &piece[1].part;
      to->tickets += piece->part.tickets;
      to->first_us = piece->part.first_us < to->first_us ? piece->part.first_us : to->first_us;
      to->last_us = piece->part.last_us > to->last_us ? piece->part.last_us : to->last_us;
    }
    if (count == 0 || blocks[count - 1].number != piece->block) {
      blocks[count++] = (struct ticket_block){.number = piece->block};
    }
    ticket_block_add(search, &piece->part, &blocks[count - 1]);
  }
  return count;
}

static enum status count_rest(struct ctx *ctx, const struct ticket_search *search,
                              const struct ticket_times *times, int64_t parent, struct loading *loading) {
  for (int i = 0; i < 2; i++) {
    if (times->rest[i].from >= times->rest[i].to) {
      continue;
    }
    int shift = ticket_block_shift(parent < 0 ? BLOCK_DAY : BLOCK_DAY_PART);
    struct ticket_count_scheduled_in in = {.tenant_id = ctx->who->tenant_id, .shift = shift};
    TICKET_NARROW(in, search);
    in.scheduled_from = times->rest[i].from;
    in.scheduled_to = times->rest[i].to;
    if (parent >= 0) {
      in.low = parent << ticket_block_shift(BLOCK_DAY);
      in.high = in.low | ((INT64_C(1) << ticket_block_shift(BLOCK_DAY)) - 1);
    }
    TRY(sql_ticket_count_scheduled_each(ctx, &in, take_count, loading));
  }
  return STATUS_OK;
}

enum status ticket_schedule_load(struct ctx *ctx, const struct ticket_search *search,
                                 const struct ticket_cells *cells, const struct ticket_times *times,
                                 int64_t parent, struct ticket_block **out, size_t *count,
                                 int64_t *scheduled) {
  const struct ticket_block_scheduled_in in = {.tenant_id = ctx->who->tenant_id,
                                               .day_kind = parent < 0 ? BLOCK_DAY : BLOCK_DAY_PART,
                                               .span_kind = parent < 0 ? BLOCK_SPAN : BLOCK_SPAN_PART,
                                               .parent = parent < 0 ? 0 : parent,
                                               .day_from = times->days[0].from,
                                               .day_to = times->days[0].to,
                                               .span_from = times->spans.from,
                                               .span_to = times->spans.to,
                                               .day_from_2 = times->days[1].from,
                                               .day_to_2 = times->days[1].to};
  struct loading loading = {.cells = cells};
  TRY(db_flush(ctx));
  TRY(sql_ticket_block_scheduled_each(ctx, &in, take_row, &loading));
  TRY(count_rest(ctx, search, times, parent, &loading));
  struct ticket_block *blocks = ARENA_ARRAY(ctx->arena, struct ticket_block, loading.count);
  size_t n = loading.count > 0 ? fold(search, &loading, blocks) : 0;
  for (size_t i = 0; i < n / 2 && !search->ascending; i++) {
    struct ticket_block other = blocks[i];
    blocks[i] = blocks[n - 1 - i];
    blocks[n - 1 - i] = other;
  }
  *out = blocks;
  *count = n;
  *scheduled = loading.scheduled;
  return STATUS_OK;
}
