#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

/* Walks the index that leads (ticket_list.c decides) until the page is full. */

const struct problem_kind ticket_list_too_large = {
    STATUS_TOO_LARGE, "list_too_large",
    "These tickets are too much text for one answer; ask for fewer at a time."};

enum {
  /* What a request needs beside the tickets it lists. */
  LIST_ARENA_RESERVE_BYTES = 256 * 1024,
  /* Blocks looked at before all of a larger one: as a rule the page is full then. */
  FIRST_BLOCKS = 4,
};

/* ---- collecting ---- */

struct page {
  struct ticket *tickets;
  size_t count, size;
};

static size_t text_bytes(const struct ticket_row *row) {
  /* Each copy takes a NUL and rounding up. */
  return row->title.len + row->description.len + row->author_name.len + row->author_email.len +
         row->rating_text.len + 5 * 32;
}

/* Row by row, because the longest list of the longest texts is more than a request may hold: that is refused
 * while there is still room to say so. */
static enum status take_ticket(struct ctx *ctx, void *arg, const void *found) {
  struct page *page = arg;
  const struct ticket_row *row = found;
  size_t grown = page->size == 0 ? 32 : page->size * 2;
  bool full = page->count == page->size;
  size_t need = text_bytes(row) + (full ? grown * sizeof *page->tickets : 0) + LIST_ARENA_RESERVE_BYTES;
  if (arena_left(ctx->arena) < need) {
    return problem_set(ctx, &ticket_list_too_large);
  }
  if (full) {
    struct ticket *tickets = ARENA_ARRAY(ctx->arena, struct ticket, grown);
    if (page->count > 0) {
      memcpy(tickets, page->tickets, page->count * sizeof *tickets);
    }
    page->tickets = tickets;
    page->size = grown;
  }
  struct ticket ticket = ticket_from_row(row);
  ticket.title = str_copy(ctx->arena, ticket.title);
  ticket.description = str_copy(ctx->arena, ticket.description);
  ticket.author_name = str_copy(ctx->arena, ticket.author_name);
  ticket.author_email = str_copy(ctx->arena, ticket.author_email);
  ticket.rating_text = str_copy(ctx->arena, ticket.rating_text);
  page->tickets[page->count++] = ticket;
  return STATUS_OK;
}

static int newest_first(const void *left, const void *right) {
  const struct ticket *a = left, *b = right;
  return a->id > b->id ? -1 : a->id < b->id;
}

static int oldest_first(const void *left, const void *right) {
  return newest_first(right, left);
}

/* The database picked the page in this order and joined the rest to it, in practice without changing it. */
static void put_in_order(struct page *page, bool ascending) {
  int (*order)(const void *, const void *) = ascending ? oldest_first : newest_first;
  for (size_t i = 1; i < page->count; i++) {
    if (order(&page->tickets[i - 1], &page->tickets[i]) > 0) {
      qsort(page->tickets, page->count, sizeof *page->tickets, order);
      return;
    }
  }
}

/* ---- one walk along an index ---- */

/* The part of the ids that is walked, and of the walk. */
struct stretch {
  int64_t from_id, before_id;
  int64_t skip, limit;
  bool by_blocks; /* the blocks say that the times fit */
};

static void narrow_to_lead(const struct ticket_search *search, enum ticket_lead lead,
                           struct ticket_list_newest_in *in) {
  if (lead == LEAD_STATUS || lead == LEAD_AUTHOR || lead == LEAD_ASSIGNEE) {
    in->statuses = ticket_set_of(search->statuses);
  } else {
    TICKET_EXCLUDE_STATUSES(*in, search->statuses);
  }
  if (lead == LEAD_PRIORITY) {
    in->priorities = ticket_set_of(search->priorities);
  } else {
    TICKET_EXCLUDE_PRIORITIES(*in, search->priorities);
  }
  TICKET_EXCLUDE_WORK_TYPES(*in, search->work_types);
  TICKET_EXCLUDE_CATEGORIES(*in, search->categories);
  if (lead == LEAD_ASSIGNEE) {
    in->assignees = search->readable_by != 0 ? (struct db_ints){{0, search->readable_by}, 2}
                                             : (struct db_ints){{search->assignee_id}, 1};
  } else {
    in->readable_by = search->readable_by;
    in->assignee_id = search->assignee_id;
  }
}

static enum status walk_index(struct ctx *ctx, const struct ticket_search *search, enum ticket_lead lead,
                              const struct stretch *stretch, struct page *page) {
  struct ticket_list_newest_in in = {
      .tenant_id = ctx->who->tenant_id,
      .author_id = search->author_id,
      .email_like = search->email_like,
      .name_like = search->name_like,
      .from_id = stretch->from_id,
      .before_id = stretch->before_id != INT64_MAX ? stretch->before_id : 0,
      .brief = search->filter.brief,
      .skip = stretch->skip,
      .limit = stretch->limit,
  };
  narrow_to_lead(search, lead, &in);
  if (!stretch->by_blocks) {
    TICKET_NARROW_TIMES(in, search);
  }
  if (!search->ascending) {
    return sql_ticket_list_newest_each(ctx, &in, take_ticket, page);
  }
  struct ticket_list_oldest_in up;
  static_assert(sizeof up == sizeof in, "the two statements have the same parameters");
  memcpy(&up, &in, sizeof up);
  return sql_ticket_list_oldest_each(ctx, &up, take_ticket, page);
}

static enum status walk_authors(struct ctx *ctx, const struct ticket_search *search, struct page *page) {
  struct ticket_list_by_authors_in in = {
      .tenant_id = ctx->who->tenant_id,
      .author_id = search->author_id,
      .readable_by = search->readable_by,
      .assignee_id = search->assignee_id,
      .email_like = search->email_like,
      .name_like = search->name_like,
      .from_id = search->from_id,
      .before_id = search->before_id != INT64_MAX ? search->before_id : 0,
      .direction = search->ascending ? -1 : 1,
      .brief = search->filter.brief,
      .skip = search->filter.skip,
      .limit = search->filter.limit,
  };
  TICKET_NARROW(in, search);
  return sql_ticket_list_by_authors_each(ctx, &in, take_ticket, page);
}

static enum status walk_schedule(struct ctx *ctx, const struct ticket_search *search, struct page *page) {
  struct ticket_list_scheduled_in in = {
      .tenant_id = ctx->who->tenant_id,
      .from_id = search->from_id,
      .before_id = search->before_id != INT64_MAX ? search->before_id : 0,
      .direction = search->ascending ? -1 : 1,
      .brief = search->filter.brief,
      .skip = search->filter.skip,
      .limit = search->filter.limit,
  };
  TICKET_NARROW(in, search);
  return sql_ticket_list_scheduled_each(ctx, &in, take_ticket, page);
}

/* ---- block by block ---- */

/* A walk through the blocks, the larger first: what lies whole before the page is passed by with its number,
 * what has nothing is passed by, the rest is looked into. */
struct walk {
  const struct ticket_search *search;
  enum ticket_lead lead; /* an index to go on with once the page's beginning is found; LEAD_BLOCKS: none */
  struct ticket_cells cells;
  int64_t skip;
  struct page *page;
  bool done;
};

static bool created_within(const struct ticket_filter *filter, const struct ticket_block *block) {
  return block->first_us >= filter->created_from &&
         (filter->created_to == 0 || block->last_us < filter->created_to);
}

static bool created_outside(const struct ticket_filter *filter, const struct ticket_block *block) {
  return block->last_us < filter->created_from ||
         (filter->created_to != 0 && block->first_us >= filter->created_to);
}

/* What a walk may have to do with the block. */
struct part {
  int64_t from_id, before_id;
  bool whole; /* all that is wanted of it matches */
};

static struct part part_of(const struct ticket_search *search, enum ticket_block_kind kind,
                           const struct ticket_block *block) {
  int shift = ticket_block_shift(kind);
  int64_t from_id = block->number << shift;
  int64_t before_id = block->number >= INT64_MAX >> shift ? INT64_MAX : (block->number + 1) << shift;
  bool cut = from_id < search->from_id || before_id > search->before_id;
  return (struct part){
      .from_id = from_id > search->from_id ? from_id : search->from_id,
      .before_id = before_id < search->before_id ? before_id : search->before_id,
      .whole = !cut && !ticket_by_schedule(search) && created_within(&search->filter, block),
  };
}

static enum status count_part(struct ctx *ctx, const struct ticket_search *search, const struct part *part,
                              int64_t *out) {
  struct ticket_count_ids_in in = {
      .tenant_id = ctx->who->tenant_id, .from_id = part->from_id, .before_id = part->before_id};
  TICKET_NARROW(in, search);
  struct ticket_count_ids_row row;
  TRY(sql_ticket_count_ids(ctx, &in, &row));
  *out = row.tickets;
  return STATUS_OK;
}

/* The page's tickets in this part of the ids. */
static enum status take_part(struct ctx *ctx, struct walk *walk, const struct part *part) {
  const struct ticket_search *search = walk->search;
  struct stretch stretch = {.from_id = part->from_id,
                            .before_id = part->before_id,
                            .skip = walk->skip,
                            .limit = search->filter.limit - (int64_t)walk->page->count,
                            .by_blocks = part->whole};
  enum ticket_lead lead = LEAD_TENANT;
  if (walk->lead != LEAD_BLOCKS) {
    lead = walk->lead;
    walk->done = true;
    *(search->ascending ? &stretch.before_id : &stretch.from_id) =
        search->ascending ? search->before_id : search->from_id;
  }
  walk->skip = 0;
  TRY(walk_index(ctx, search, lead, &stretch, walk->page));
  walk->done = walk->done || (int64_t)walk->page->count >= search->filter.limit;
  return STATUS_OK;
}

static bool is_passed_by(const struct ticket_search *search, const struct ticket_block *block) {
  return block->tickets == 0 || created_outside(&search->filter, block);
}

/* The blocks of one larger one, in the order of the walk. */
struct blocks {
  const struct ticket_block *at;
  size_t count, next;
  bool ascending;
};

static const struct ticket_block *peek(const struct blocks *blocks) {
  if (blocks->next == blocks->count) {
    return NULL;
  }
  return &blocks->at[blocks->ascending ? blocks->next : blocks->count - 1 - blocks->next];
}

/* A small block in which the page begins or goes on, and with it the next ones up to the page's end, so that
 * they are walked at once. */
static enum status take_run(struct ctx *ctx, struct walk *walk, struct part part, int64_t tickets,
                            struct blocks *blocks) {
  const struct ticket_search *search = walk->search;
  int64_t wanted = walk->skip + search->filter.limit - (int64_t)walk->page->count;
  for (const struct ticket_block *block; part.whole && tickets < wanted && (block = peek(blocks)) != NULL;
       blocks->next++) {
    const struct part more = part_of(search, BLOCK_SMALL, block);
    if (!more.whole || block->tickets == 0) {
      break;
    }
    tickets += block->tickets;
    part.from_id = more.from_id < part.from_id ? more.from_id : part.from_id;
    part.before_id = more.before_id > part.before_id ? more.before_id : part.before_id;
  }
  return take_part(ctx, walk, &part);
}

static enum status look_into(struct ctx *ctx, struct walk *walk, enum ticket_block_kind kind, int64_t from_id,
                             int64_t before_id);

static enum status visit(struct ctx *ctx, struct walk *walk, enum ticket_block_kind kind,
                         const struct ticket_block *block, struct blocks *behind) {
  const struct part part = part_of(walk->search, kind, block);
  if (is_passed_by(walk->search, block)) {
    return STATUS_OK;
  }
  int64_t tickets = block->tickets;
  if (!part.whole && kind == BLOCK_SMALL && walk->skip > 0) {
    TRY(count_part(ctx, walk->search, &part, &tickets));
  }
  if ((part.whole || kind == BLOCK_SMALL) && tickets <= walk->skip) {
    walk->skip -= tickets;
    return STATUS_OK;
  }
  return kind == BLOCK_SMALL ? take_run(ctx, walk, part, tickets, behind)
                             : look_into(ctx, walk, kind - 1, part.from_id, part.before_id);
}

static enum status visit_all(struct ctx *ctx, struct walk *walk, enum ticket_block_kind kind, int64_t low,
                             int64_t high) {
  struct ticket_block *found = NULL;
  struct blocks blocks = {.ascending = walk->search->ascending};
  TRY(ticket_blocks_load(ctx, &walk->cells, kind, low, high, &found, &blocks.count));
  blocks.at = found;
  for (const struct ticket_block *block; !walk->done && (block = peek(&blocks)) != NULL;) {
    blocks.next++;
    TRY(visit(ctx, walk, kind, block, &blocks));
  }
  return STATUS_OK;
}

/* The blocks of a kind that have these ids. Where the page may begin with the first, a few of them first. */
static enum status look_into(struct ctx *ctx, struct walk *walk, enum ticket_block_kind kind, int64_t from_id,
                             int64_t before_id) {
  int64_t low = from_id >> ticket_block_shift(kind), high = (before_id - 1) >> ticket_block_shift(kind);
  if (kind == BLOCK_LARGE) {
    const struct ticket_block_ends_in in = {.tenant_id = ctx->who->tenant_id, .kind = kind};
    struct ticket_block_ends_row ends;
    TRY(sql_ticket_block_ends(ctx, &in, &ends));
    low = low > ends.low ? low : ends.low;
    high = high < ends.high ? high : ends.high;
  }
  if (walk->skip == 0 && high - low >= FIRST_BLOCKS) {
    bool up = walk->search->ascending;
    TRY(visit_all(ctx, walk, kind, up ? low : high - FIRST_BLOCKS + 1, up ? low + FIRST_BLOCKS - 1 : high));
    low += up ? FIRST_BLOCKS : 0;
    high -= up ? 0 : FIRST_BLOCKS;
  }
  return walk->done || high < low ? STATUS_OK : visit_all(ctx, walk, kind, low, high);
}

static enum status walk_blocks(struct ctx *ctx, const struct ticket_search *search, enum ticket_lead lead,
                               struct page *page) {
  struct walk walk = {.search = search, .lead = lead, .skip = search->filter.skip, .page = page};
  ticket_cells_wanted(search->statuses, search->priorities, search->work_types, search->categories,
                      &walk.cells);
  TRY(db_flush(ctx));
  return look_into(ctx, &walk, BLOCK_LARGE, search->from_id, search->before_id);
}

/* ---- the page ---- */

enum status ticket_page(struct ctx *ctx, const struct ticket_search *search, enum ticket_lead lead,
                        struct ticket **out, size_t *count) {
  struct page page = {0};
  const struct stretch whole = {.from_id = search->from_id,
                                .before_id = search->before_id,
                                .skip = search->filter.skip,
                                .limit = search->filter.limit};
  bool people = lead == LEAD_AUTHOR || lead == LEAD_ASSIGNEE || search->email_like.at != NULL ||
                search->name_like.at != NULL;
  if (lead == LEAD_AUTHORS) {
    TRY(walk_authors(ctx, search, &page));
  } else if (lead == LEAD_SCHEDULE) {
    TRY(walk_schedule(ctx, search, &page));
  } else if (lead == LEAD_BLOCKS || (!people && whole.skip > TICKET_SHALLOW_MAX)) {
    TRY(walk_blocks(ctx, search, lead, &page));
  } else {
    TRY(walk_index(ctx, search, lead, &whole, &page));
  }
  put_in_order(&page, search->ascending);
  *out = page.tickets != NULL ? page.tickets : ARENA_NEW(ctx->arena, struct ticket);
  *count = page.count;
  return STATUS_OK;
}

/* ---- totals ---- */

/* Of the UTC days of the schedule, those that a time cuts are counted along ticket_scheduled. */
static enum status total_by_schedule(struct ctx *ctx, const struct ticket_search *search,
                                     const struct ticket_cells *cells, int64_t *total) {
  const struct ticket_filter *filter = &search->filter;
  int64_t to = filter->scheduled_to != 0 ? filter->scheduled_to : INT64_MAX;
  struct ticket_block *days = NULL;
  size_t count = 0;
  TRY(ticket_blocks_load(ctx, cells, BLOCK_DAY, filter->scheduled_from / TIME_DAY_US, (to - 1) / TIME_DAY_US,
                         &days, &count));
  int64_t sum = 0;
  for (size_t i = 0; i < count; i++) {
    int64_t start = days[i].number * TIME_DAY_US, end = start + TIME_DAY_US;
    if (days[i].tickets == 0 || created_outside(filter, &days[i])) {
      continue;
    }
    if (start >= filter->scheduled_from && end <= to && created_within(filter, &days[i])) {
      sum += days[i].tickets;
      continue;
    }
    struct ticket_count_scheduled_in in = {.tenant_id = ctx->who->tenant_id};
    TICKET_NARROW(in, search);
    in.scheduled_from = start > filter->scheduled_from ? start : filter->scheduled_from;
    in.scheduled_to = end < to ? end : to;
    struct ticket_count_scheduled_row row;
    TRY(sql_ticket_count_scheduled(ctx, &in, &row));
    sum += row.tickets;
  }
  *total = sum;
  return STATUS_OK;
}

enum status ticket_blocks_total(struct ctx *ctx, const struct ticket_search *search, int64_t *total) {
  struct walk walk = {.search = search, .lead = LEAD_BLOCKS, .skip = INT64_MAX};
  ticket_cells_wanted(search->statuses, search->priorities, search->work_types, search->categories,
                      &walk.cells);
  if (ticket_by_schedule(search)) {
    return total_by_schedule(ctx, search, &walk.cells, total);
  }
  if (ticket_by_creation(search)) {
    /* All that the walk passes by. */
    TRY(db_flush(ctx));
    TRY(look_into(ctx, &walk, BLOCK_LARGE, 0, INT64_MAX));
    *total = INT64_MAX - walk.skip;
    return STATUS_OK;
  }
  int64_t cells[TICKET_CELLS];
  TRY(ticket_cells_load(ctx, cells));
  *total = ticket_cells_sum(cells, &walk.cells);
  return STATUS_OK;
}
