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
  /* To sort a ticket, and to pass one by that does not match. */
  SORT_COST = 5,
  WALK_COST = 2,
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
  TICKET_NARROW_CELLS(*in, search);
  if (lead == LEAD_STATUS || lead == LEAD_AUTHOR || lead == LEAD_ASSIGNEE) {
    in->statuses = ticket_set_of(search->statuses);
    in->status_bits = 0;
  }
  if (lead == LEAD_PRIORITY) {
    in->priorities = ticket_set_of(search->priorities);
    in->priority_bits = 0;
    in->priority = 0;
  }
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
      .operator_id = TENANT_OPERATOR,
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

/* What is scheduled in a time, of a part of the ids. */
static enum status walk_planned(struct ctx *ctx, const struct ticket_search *search,
                                const struct stretch *stretch, struct page *page) {
  struct ticket_list_planned_in in = {
      .tenant_id = ctx->who->tenant_id,
      .from_id = stretch->from_id,
      .before_id = stretch->before_id,
      .brief = search->filter.brief,
      .skip = stretch->skip,
      .limit = stretch->limit,
  };
  TICKET_NARROW(in, search);
  if (!search->ascending) {
    return sql_ticket_list_planned_each(ctx, &in, take_ticket, page);
  }
  struct ticket_list_planned_up_in up;
  static_assert(sizeof up == sizeof in, "the two statements have the same parameters");
  memcpy(&up, &in, sizeof up);
  return sql_ticket_list_planned_up_each(ctx, &up, take_ticket, page);
}

/* All of it, sorted. */
static enum status sort_scheduled(struct ctx *ctx, const struct ticket_search *search, struct page *page) {
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
 * what has nothing is passed by, the rest is looked into. Who counts goes on behind the page, and looks into
 * nothing there but what a time cuts. */
struct walk {
  const struct ticket_search *search;
  enum ticket_lead lead; /* an index to go on with once the page's beginning is found; LEAD_BLOCKS: none */
  struct ticket_cells cells;
  struct ticket_times times; /* where it is by schedule */
  int64_t skip;              /* so many of those still to come are before the page */
  struct page *page;         /* NULL once it is full */
  bool counts;
  int64_t total;
};

/* Sizes of blocks, the largest first. */
static enum ticket_block_kind kind_of(const struct walk *walk, int level) {
  static const enum ticket_block_kind by_id[] = {BLOCK_LARGE, BLOCK_MIDDLE, BLOCK_SMALL};
  static const enum ticket_block_kind by_schedule[] = {BLOCK_DAY, BLOCK_DAY_PART};
  return ticket_by_schedule(walk->search) ? by_schedule[level] : by_id[level];
}

static bool is_smallest(const struct walk *walk, int level) {
  return level == (ticket_by_schedule(walk->search) ? 1 : 2);
}

/* The ids of a block that are walked. */
struct part {
  int64_t from_id, before_id;
  bool whole; /* all of it, and its number is that of all that match */
};

static struct part part_of(const struct walk *walk, int level, const struct ticket_block *block) {
  const struct ticket_search *search = walk->search;
  int shift = ticket_block_shift(kind_of(walk, level));
  int64_t from_id = block->number << shift;
  int64_t before_id = block->number >= INT64_MAX >> shift ? INT64_MAX : (block->number + 1) << shift;
  bool cut = from_id < search->from_id || before_id > search->before_id;
  return (struct part){
      .from_id = from_id > search->from_id ? from_id : search->from_id,
      .before_id = before_id < search->before_id ? before_id : search->before_id,
      .whole = !cut && !block->cut,
  };
}

/* Of one status, its index passes by the least. */
static bool of_one_status(const struct ticket_search *search) {
  return (search->statuses & (search->statuses - 1)) == 0;
}

static enum status count_part(struct ctx *ctx, const struct ticket_search *search, const struct part *part,
                              int64_t *out) {
  if (ticket_by_schedule(search)) {
    struct ticket_count_planned_in in = {
        .tenant_id = ctx->who->tenant_id, .from_id = part->from_id, .before_id = part->before_id};
    TICKET_NARROW(in, search);
    struct ticket_count_planned_row row;
    TRY(sql_ticket_count_planned(ctx, &in, &row));
    *out = row.tickets;
    return STATUS_OK;
  }
  struct ticket_count_ids_in in = {
      .tenant_id = ctx->who->tenant_id, .from_id = part->from_id, .before_id = part->before_id};
  TICKET_NARROW(in, search);
  if (of_one_status(search)) {
    in.status = ticket_set_of(search->statuses).values[0];
    in.status_bits = 0;
  }
  struct ticket_count_ids_row row;
  TRY(sql_ticket_count_ids(ctx, &in, &row));
  *out = row.tickets;
  return STATUS_OK;
}

static int64_t wanted(const struct walk *walk) {
  return walk->search->filter.limit - (int64_t)walk->page->count;
}

/* The page's tickets in this part of the ids. */
static enum status take_part(struct ctx *ctx, struct walk *walk, const struct part *part) {
  const struct ticket_search *search = walk->search;
  struct stretch stretch = {.from_id = part->from_id,
                            .before_id = part->before_id,
                            .skip = walk->skip,
                            .limit = wanted(walk),
                            .by_blocks = part->whole};
  enum ticket_lead lead = of_one_status(search) ? LEAD_STATUS : LEAD_TENANT;
  if (walk->lead != LEAD_BLOCKS) {
    lead = walk->lead;
    *(search->ascending ? &stretch.before_id : &stretch.from_id) =
        search->ascending ? search->before_id : search->from_id;
  }
  walk->skip = 0;
  TRY(ticket_by_schedule(search) ? walk_planned(ctx, search, &stretch, walk->page)
                                 : walk_index(ctx, search, lead, &stretch, walk->page));
  if (walk->lead != LEAD_BLOCKS || wanted(walk) <= 0) {
    walk->page = NULL;
  }
  return STATUS_OK;
}

/* Blocks of one size that follow one another, in the order of the walk. */
struct blocks {
  const struct ticket_block *at;
  size_t count, next;
};

/* A smallest block in which the page begins or goes on, and with it the next ones up to the page's end, so
 * that they are walked at once. */
static enum status take_run(struct ctx *ctx, struct walk *walk, int level, struct part part, int64_t tickets,
                            struct blocks *behind) {
  int64_t enough = walk->skip + wanted(walk);
  for (; part.whole && tickets < enough && behind->next < behind->count; behind->next++) {
    const struct ticket_block *block = &behind->at[behind->next];
    const struct part more = part_of(walk, level, block);
    if (!more.whole || block->tickets == 0) {
      break;
    }
    tickets += block->tickets;
    walk->total += walk->counts ? block->tickets : 0;
    part.from_id = more.from_id < part.from_id ? more.from_id : part.from_id;
    part.before_id = more.before_id > part.before_id ? more.before_id : part.before_id;
  }
  return take_part(ctx, walk, &part);
}

static enum status look_into(struct ctx *ctx, struct walk *walk, int level, int64_t from_id,
                             int64_t before_id);

static enum status visit(struct ctx *ctx, struct walk *walk, int level, const struct ticket_block *block,
                         struct blocks *behind) {
  const struct part part = part_of(walk, level, block);
  if (part.from_id >= part.before_id || (block->tickets == 0 && !block->cut)) {
    return STATUS_OK;
  }
  if (!part.whole && !is_smallest(walk, level)) {
    return look_into(ctx, walk, level + 1, part.from_id, part.before_id);
  }
  int64_t tickets = block->tickets;
  bool known = part.whole || walk->counts || walk->skip > 0;
  if (!part.whole && known) {
    TRY(count_part(ctx, walk->search, &part, &tickets));
  }
  walk->total += walk->counts ? tickets : 0;
  if (walk->page == NULL || (known && tickets <= walk->skip)) {
    walk->skip -= tickets;
    return STATUS_OK;
  }
  if (is_smallest(walk, level)) {
    return take_run(ctx, walk, level, part, tickets, behind);
  }
  bool counts = walk->counts;
  walk->counts = false; /* done */
  TRY(look_into(ctx, walk, level + 1, part.from_id, part.before_id));
  walk->counts = counts;
  return STATUS_OK;
}

static enum status visit_all(struct ctx *ctx, struct walk *walk, int level, const struct ticket_block *found,
                             size_t count) {
  struct blocks blocks = {.at = found, .count = count};
  while ((walk->page != NULL || walk->counts) && blocks.next < count) {
    const struct ticket_block *block = &found[blocks.next++];
    TRY(visit(ctx, walk, level, block, &blocks));
  }
  return STATUS_OK;
}

/* The blocks of a size that have these ids: until there are as many as the page needs, and if it needed more,
 * because a time cuts some, the next. */
static enum status look_into(struct ctx *ctx, struct walk *walk, int level, int64_t from_id,
                             int64_t before_id) {
  struct ticket_block *found = NULL;
  size_t count = 0;
  if (ticket_by_schedule(walk->search)) {
    int64_t scheduled, parent = level == 0 ? -1 : from_id >> ticket_block_shift(BLOCK_DAY);
    TRY(ticket_schedule_load(ctx, walk->search, &walk->cells, &walk->times, parent, &found, &count,
                             &scheduled));
    return visit_all(ctx, walk, level, found, count);
  }
  enum ticket_block_kind kind = kind_of(walk, level);
  int shift = ticket_block_shift(kind);
  struct ticket_block_range range = {kind, from_id >> shift, (before_id - 1) >> shift, INT64_MAX};
  do {
    range.enough = walk->counts ? INT64_MAX : walk->skip + wanted(walk);
    TRY(ticket_blocks_load(ctx, walk->search, &walk->cells, &range, &found, &count));
    TRY(visit_all(ctx, walk, level, found, count));
    if (count > 0) {
      *(walk->search->ascending ? &range.low : &range.high) =
          found[count - 1].number + (walk->search->ascending ? 1 : -1);
    }
  } while (count > 0 && range.low <= range.high && range.enough != INT64_MAX && walk->page != NULL);
  return STATUS_OK;
}

static struct walk walk_of(const struct ticket_search *search, enum ticket_lead lead, struct page *page) {
  struct walk walk = {.search = search, .lead = lead, .skip = search->filter.skip, .page = page};
  ticket_cells_wanted(search->statuses, search->priorities, search->work_types, search->categories,
                      &walk.cells);
  return walk;
}

/* ---- what is scheduled ---- */

/* Sorting costs all that is scheduled then; a walk by blocks what it passes by until the page is full, from
 * somewhere in a part of the ids on: in an even store as many as lie between two that match, at worst a part
 * for each of them. */
static enum status is_sorted(struct ctx *ctx, const struct walk *walk, int64_t scheduled, int64_t matching,
                             bool *sorted) {
  const double part = 1 << BLOCK_PART_SHIFT, limit = (double)walk->search->filter.limit;
  const double sorting = (double)scheduled * SORT_COST / WALK_COST;
  *sorted = sorting <= part / 8;
  if (*sorted || sorting > part * (limit + 1)) {
    return STATUS_OK;
  }
  struct ticket_block_all_row all;
  TRY(sql_ticket_block_all(ctx, &(struct ticket_block_all_in){ctx->who->tenant_id, BLOCK_ALL}, &all));
  double apart = (double)all.tickets / (double)(matching > 0 ? matching : 1);
  *sorted = sorting <= limit * (apart < part ? apart : part) + part / 2;
  return STATUS_OK;
}

static enum status take_sum(struct ctx *ctx, void *arg, const void *found) {
  (void)ctx;
  int64_t *sum = arg;
  *sum += ((const struct ticket_count_scheduled_row *)found)->tickets;
  return STATUS_OK;
}

static enum status count_scheduled(struct ctx *ctx, const struct ticket_search *search, int64_t *total) {
  struct ticket_count_scheduled_in in = {.tenant_id = ctx->who->tenant_id,
                                         .shift = ticket_block_shift(BLOCK_ALL)};
  TICKET_NARROW(in, search);
  *total = 0;
  return sql_ticket_count_scheduled_each(ctx, &in, take_sum, total);
}

static enum status walk_schedule(struct ctx *ctx, struct walk *walk) {
  struct ticket_block *blocks = NULL;
  size_t count = 0;
  int64_t scheduled = 0, matching = 0;
  bool cut = false, sorted = false;
  TRY(ticket_times_of(ctx, walk->search, &walk->times));
  TRY(ticket_schedule_load(ctx, walk->search, &walk->cells, &walk->times, -1, &blocks, &count, &scheduled));
  for (size_t i = 0; i < count; i++) {
    matching += blocks[i].tickets;
    cut = cut || blocks[i].cut;
  }
  if (!cut) {
    walk->total = matching;
    walk->counts = false;
    walk->page = matching > walk->skip ? walk->page : NULL;
  }
  if (walk->page == NULL && !walk->counts) {
    return STATUS_OK;
  }
  TRY(is_sorted(ctx, walk, scheduled, matching, &sorted));
  if (!sorted) {
    return visit_all(ctx, walk, 0, blocks, count);
  }
  TRY(walk->page != NULL ? sort_scheduled(ctx, walk->search, walk->page) : STATUS_OK);
  return walk->counts ? count_scheduled(ctx, walk->search, &walk->total) : STATUS_OK;
}

/* ---- the page ---- */

static enum status walk_blocks(struct ctx *ctx, struct walk *walk) {
  const struct ticket_search *search = walk->search;
  return ticket_by_schedule(search) ? walk_schedule(ctx, walk)
                                    : look_into(ctx, walk, 0, search->from_id, search->before_id);
}

static void hand_out(struct ctx *ctx, const struct ticket_search *search, struct page *page,
                     struct ticket **out, size_t *count) {
  put_in_order(page, search->ascending);
  *out = page->tickets != NULL ? page->tickets : ARENA_NEW(ctx->arena, struct ticket);
  *count = page->count;
}

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
  } else if (lead == LEAD_BLOCKS || (!people && whole.skip > TICKET_SHALLOW_MAX)) {
    struct walk walk = walk_of(search, lead, &page);
    TRY(walk_blocks(ctx, &walk));
  } else {
    TRY(walk_index(ctx, search, lead, &whole, &page));
  }
  hand_out(ctx, search, &page, out, count);
  return STATUS_OK;
}

enum status ticket_page_and_total(struct ctx *ctx, const struct ticket_search *search, struct ticket **out,
                                  size_t *count, int64_t *total) {
  struct page page = {0};
  struct walk walk = walk_of(search, LEAD_BLOCKS, out != NULL ? &page : NULL);
  walk.counts = true;
  TRY(walk_blocks(ctx, &walk));
  if (out != NULL) {
    hand_out(ctx, search, &page, out, count);
  }
  *total = walk.total;
  return STATUS_OK;
}
