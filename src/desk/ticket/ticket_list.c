#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

/* A list finds its tickets by walking an index, newest first, until the page is full; no list counts or sorts
 * the table. Which index leads is decided here:
 *   an author            → ticket_author, a branch for each status
 *   a technician's view  → ticket_assignee, a branch for each of (theirs, nobody's) × status
 *   statuses, priorities → ticket_status or ticket_priority, whichever has fewer tickets
 *   nothing              → ticket_tenant
 * What does not lead only narrows the walk. A part of an author's name or address leads where few tickets
 * match (from the authors to their tickets), else narrows. */

const struct problem_kind ticket_list_too_large = {
    STATUS_TOO_LARGE, "list_too_large",
    "These tickets are too much text for one answer; ask for fewer at a time."};

enum {
  /* What a request needs beside the tickets it lists. */
  LIST_ARENA_RESERVE_BYTES = 256 * 1024,
};
/* More tickets than there can be; skip + limit stays far from the end of the numbers. */
#define LIST_SKIP_MAX (INT64_C(1) << 60)
#define ALL_STATUSES (((1U << TICKET_STATUS_COUNT) - 1) & ~1U)
#define ALL_PRIORITIES (((1U << PRIORITY_COUNT) - 1) & ~1U)
/* How far ids and creation times may disagree: several nodes' clocks, a clock put back. */
#define CLOCK_MARGIN_US TIME_DAY_US

/* The filter and the caller's scope, made one. */
struct search {
  const struct ticket_filter *filter;
  int64_t author_id;                /* 0 any */
  int64_t readable_by;              /* a technician; 0: not narrowed */
  unsigned statuses, priorities;    /* bits; ALL_…: any */
  struct str email_like, name_like; /* NONE any */
  bool nothing;                     /* can't match at all */
};

/* ---- reading the filter ---- */

static unsigned bits_of(const struct db_ints *set, unsigned all) {
  if (set->count == 0) {
    return all;
  }
  unsigned bits = 0;
  for (unsigned i = 0; i < set->count && i < DB_INTS_MAX; i++) {
    if (set->values[i] > 0 && set->values[i] < 32) {
      bits |= 1U << set->values[i];
    }
  }
  return bits & all;
}

static struct db_ints set_of(unsigned bits) {
  struct db_ints set = {0};
  for (int value = 1; value < 32 && set.count < DB_INTS_MAX; value++) {
    if ((bits >> value & 1) != 0) {
      set.values[set.count++] = value;
    }
  }
  return set;
}

/* "%part%" in folded letters, its own % and _ taken literally. */
static struct str like_of(struct arena *arena, struct str part) {
  if (part.len == 0) {
    return STR_NONE;
  }
  struct str folded = str_fold(arena, part);
  char *at = arena_alloc(arena, 2 * folded.len + 3);
  size_t len = 0;
  at[len++] = '%';
  for (size_t i = 0; i < folded.len; i++) {
    char c = folded.at[i];
    if (c == '%' || c == '_' || c == '\\') {
      at[len++] = '\\';
    }
    at[len++] = c;
  }
  at[len++] = '%';
  return (struct str){at, len};
}

static enum status search_of(struct ctx *ctx, const struct ticket_filter *filter, struct search *out) {
  TRY(access_check(ctx, MAY_TICKET_READ));
  /* No name or address is longer or other than text; PostgreSQL would refuse the bytes themselves. */
  bool strange = filter->author_email.len > 4096 || filter->author_name.len > 4096 ||
                 !str_utf8(filter->author_email) || !str_utf8(filter->author_name) ||
                 str_has_control(filter->author_email) || str_has_control(filter->author_name);
  struct search search = {
      .filter = filter,
      .author_id = filter->author_id,
      .statuses = bits_of(&filter->statuses, ALL_STATUSES),
      .priorities = bits_of(&filter->priorities, ALL_PRIORITIES),
      .email_like = strange ? STR_NONE : like_of(ctx->arena, filter->author_email),
      .name_like = strange ? STR_NONE : like_of(ctx->arena, filter->author_name),
  };
  int64_t caller = ctx->who->account_id;
  switch (access_scope(ctx->who->role, MAY_TICKET_READ)) {
    case SCOPE_ALL:
      break;
    case SCOPE_READABLE:
      search.readable_by = caller;
      break;
    default:
      search.nothing = search.author_id != 0 && search.author_id != caller;
      search.author_id = caller;
      break;
  }
  search.nothing = search.nothing || strange || search.statuses == 0 || search.priorities == 0;
  *out = search;
  return STATUS_OK;
}

static bool by_author_text(const struct search *search) {
  return search->email_like.at != NULL || search->name_like.at != NULL;
}

/* The values outside a set, as many as there are parameters for: at least one value is inside. */
static void exclude(unsigned bits, unsigned all, int64_t *const out[], size_t count) {
  size_t n = 0;
  for (int value = 1; value < 32 && n < count; value++) {
    if ((all >> value & 1) != 0 && (bits >> value & 1) == 0) {
      *out[n++] = value;
    }
  }
}
#define EXCLUDE_STATUSES(in, bits)                                                                           \
  exclude((bits), ALL_STATUSES,                                                                              \
          (int64_t *const[]){&(in).not_status_1, &(in).not_status_2, &(in).not_status_3, &(in).not_status_4, \
                             &(in).not_status_5},                                                            \
          5)
#define EXCLUDE_PRIORITIES(in, bits)                                                           \
  exclude((bits), ALL_PRIORITIES,                                                              \
          (int64_t *const[]){&(in).not_priority_1, &(in).not_priority_2, &(in).not_priority_3, \
                             &(in).not_priority_4},                                            \
          4)

/* ---- counting ---- */

/* Of all authors that match, whoever may read the tickets. */
static enum status count_matching(struct ctx *ctx, const struct search *search, unsigned statuses,
                                  unsigned priorities, int64_t *out) {
  struct ticket_count_matching_in in = {
      .tenant_id = ctx->who->tenant_id,
      .author_id = search->author_id,
      .email_like = search->email_like,
      .name_like = search->name_like,
  };
  EXCLUDE_STATUSES(in, statuses);
  EXCLUDE_PRIORITIES(in, priorities);
  struct ticket_count_matching_row row;
  TRY(sql_ticket_count_matching(ctx, &in, &row));
  *out = row.tickets;
  return STATUS_OK;
}

static enum status count_readable_by_authors(struct ctx *ctx, const struct search *search, int64_t *out) {
  struct ticket_count_readable_by_authors_in in = {
      .tenant_id = ctx->who->tenant_id,
      .author_id = search->author_id,
      .readable_by = search->readable_by,
      .email_like = search->email_like,
      .name_like = search->name_like,
  };
  EXCLUDE_STATUSES(in, search->statuses);
  EXCLUDE_PRIORITIES(in, search->priorities);
  struct ticket_count_readable_by_authors_row row;
  TRY(sql_ticket_count_readable_by_authors(ctx, &in, &row));
  *out = row.tickets;
  return STATUS_OK;
}

static enum status count_readable_by_assignee(struct ctx *ctx, const struct search *search, int64_t *out) {
  struct ticket_count_readable_by_assignee_in in = {
      .tenant_id = ctx->who->tenant_id,
      .author_id = search->author_id,
      .assignees = {{0, search->readable_by}, 2},
      .email_like = search->email_like,
      .name_like = search->name_like,
  };
  EXCLUDE_STATUSES(in, search->statuses);
  EXCLUDE_PRIORITIES(in, search->priorities);
  struct ticket_count_readable_by_assignee_row row;
  TRY(sql_ticket_count_readable_by_assignee(ctx, &in, &row));
  *out = row.tickets;
  return STATUS_OK;
}

/* Tickets of certain authors that a technician may read: no counter knows, so the smaller side is counted. */
static enum status count_readable(struct ctx *ctx, const struct search *search, int64_t *out) {
  int64_t of_authors;
  TRY(count_matching(ctx, search, ALL_STATUSES, ALL_PRIORITIES, &of_authors));
  struct ticket_counts counts;
  TRY(ticket_count_load(ctx, COUNT_ASSIGNEE, 0, search->readable_by, &counts));
  int64_t of_assignee = ticket_count_sum(&counts, ALL_STATUSES, ALL_PRIORITIES);
  return of_authors <= of_assignee ? count_readable_by_authors(ctx, search, out)
                                   : count_readable_by_assignee(ctx, search, out);
}

/* The counters of one owner that answer for the whole search: no text, and no author in a technician's view.
 */
static enum status load_counts(struct ctx *ctx, const struct search *search, struct ticket_counts *out) {
  if (search->readable_by != 0) {
    return ticket_count_load(ctx, COUNT_ASSIGNEE, 0, search->readable_by, out);
  }
  return search->author_id != 0
             ? ticket_count_load(ctx, COUNT_AUTHOR, search->author_id, search->author_id, out)
             : ticket_count_load(ctx, COUNT_TENANT, 0, 0, out);
}

enum status ticket_total(struct ctx *ctx, const struct ticket_filter *filter, int64_t *total) {
  struct search search;
  TRY(search_of(ctx, filter, &search));
  if (search.nothing) {
    *total = 0;
    return STATUS_OK;
  }
  if (search.readable_by != 0 && (search.author_id != 0 || by_author_text(&search))) {
    return count_readable(ctx, &search, total);
  }
  if (by_author_text(&search)) {
    return count_matching(ctx, &search, search.statuses, search.priorities, total);
  }
  struct ticket_counts counts;
  TRY(load_counts(ctx, &search, &counts));
  *total = ticket_count_sum(&counts, search.statuses, search.priorities);
  return STATUS_OK;
}

enum status ticket_counts(struct ctx *ctx, int64_t counts[TICKET_STATUS_COUNT]) {
  const struct ticket_filter any = {0};
  struct search search;
  TRY(search_of(ctx, &any, &search));
  struct ticket_counts found;
  TRY(load_counts(ctx, &search, &found));
  counts[0] = 0;
  for (int status = TICKET_NEW; status < TICKET_STATUS_COUNT; status++) {
    counts[status] = ticket_count_sum(&found, 1U << status, ALL_PRIORITIES);
  }
  return STATUS_OK;
}

/* ---- collecting ---- */

struct page {
  struct ticket *tickets;
  size_t count, size;
};

static size_t text_bytes(const struct ticket_row *row) {
  /* Each copy takes a NUL and rounding up. */
  return row->title.len + row->description.len + row->author_name.len + row->author_email.len + 4 * 32;
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
  page->tickets[page->count++] = ticket;
  return STATUS_OK;
}

static int newest_first(const void *left, const void *right) {
  const struct ticket *a = left, *b = right;
  return a->id > b->id ? -1 : a->id < b->id;
}

/* The database picked the page in this order and joined the rest to it, in practice without changing it. */
static void put_in_order(struct page *page) {
  for (size_t i = 1; i < page->count; i++) {
    if (page->tickets[i - 1].id < page->tickets[i].id) {
      qsort(page->tickets, page->count, sizeof *page->tickets, newest_first);
      return;
    }
  }
}

/* ---- listing ---- */

static enum status list_by_authors(struct ctx *ctx, const struct search *search, struct page *page) {
  const struct ticket_filter *filter = search->filter;
  struct ticket_list_by_authors_in in = {
      .tenant_id = ctx->who->tenant_id,
      .author_id = search->author_id,
      .readable_by = search->readable_by,
      .email_like = search->email_like,
      .name_like = search->name_like,
      .before_id = filter->before_id,
      .created_from = filter->created_from,
      .brief = filter->brief,
      .skip = filter->skip,
      .limit = filter->limit,
  };
  EXCLUDE_STATUSES(in, search->statuses);
  EXCLUDE_PRIORITIES(in, search->priorities);
  return sql_ticket_list_by_authors_each(ctx, &in, take_ticket, page);
}

/* Of a set of statuses and a set of priorities, does the priorities' index have less to walk? */
static enum status priorities_lead(struct ctx *ctx, const struct search *search, bool *yes) {
  if (search->statuses == ALL_STATUSES || search->priorities == ALL_PRIORITIES) {
    *yes = search->statuses == ALL_STATUSES;
    return STATUS_OK;
  }
  struct ticket_counts counts;
  TRY(ticket_count_load(ctx, COUNT_TENANT, 0, 0, &counts));
  *yes = ticket_count_sum(&counts, ALL_STATUSES, search->priorities) <
         ticket_count_sum(&counts, search->statuses, ALL_PRIORITIES);
  return STATUS_OK;
}

/* The first id worth looking at, or none at all. */
static enum status first_id(struct ctx *ctx, int64_t created_from, int64_t *from_id, bool *none) {
  *from_id = 0;
  *none = false;
  int64_t since_us = created_from - CLOCK_MARGIN_US;
  if (since_us <= 0) {
    return STATUS_OK;
  }
  uint64_t since_ms = (uint64_t)since_us / 1000;
  struct ticket_first_since_in in = {0};
  for (int i = 0; i < 6; i++) {
    in.uuid.bytes[i] = (uint8_t)(since_ms >> (40 - 8 * i));
  }
  struct ticket_first_since_row row;
  TRY(sql_ticket_first_since(ctx, &in, &row));
  *from_id = row.id;
  *none = row.id == 0;
  return STATUS_OK;
}

static enum status list_newest(struct ctx *ctx, const struct search *search, struct page *page) {
  const struct ticket_filter *filter = search->filter;
  int64_t from_id;
  bool none;
  TRY(first_id(ctx, filter->created_from, &from_id, &none));
  if (none) {
    return STATUS_OK;
  }
  struct ticket_list_newest_in in = {
      .tenant_id = ctx->who->tenant_id,
      .author_id = search->author_id,
      .email_like = search->email_like,
      .name_like = search->name_like,
      .before_id = filter->before_id,
      .from_id = from_id,
      .created_from = filter->created_from,
      .brief = filter->brief,
      .skip = filter->skip,
      .limit = filter->limit,
  };
  bool by_priority = false;
  if (search->author_id != 0) {
    in.statuses = set_of(search->statuses);
    in.readable_by = search->readable_by;
  } else if (search->readable_by != 0) {
    in.statuses = set_of(search->statuses);
    in.assignees = (struct db_ints){{0, search->readable_by}, 2};
  } else {
    TRY(priorities_lead(ctx, search, &by_priority));
    if (by_priority && search->priorities != ALL_PRIORITIES) {
      in.priorities = set_of(search->priorities);
    } else if (!by_priority && search->statuses != ALL_STATUSES) {
      in.statuses = set_of(search->statuses);
    }
  }
  if (in.statuses.count == 0) {
    EXCLUDE_STATUSES(in, search->statuses);
  }
  if (in.priorities.count == 0) {
    EXCLUDE_PRIORITIES(in, search->priorities);
  }
  return sql_ticket_list_newest_each(ctx, &in, take_ticket, page);
}

/* A part of a name or an address. The authors' way costs all their tickets; the newest-first way as many as
 * must be passed until the page is full, if the matching ones lie evenly. */
static enum status list_by_text(struct ctx *ctx, struct search *search, struct page *page) {
  int64_t matching;
  TRY(count_matching(ctx, search, ALL_STATUSES, ALL_PRIORITIES, &matching));
  if (matching <= 0) {
    return STATUS_OK;
  }
  if (search->author_id != 0) {
    search->email_like = search->name_like = STR_NONE; /* the one author matches */
    return list_newest(ctx, search, page);
  }
  struct ticket_counts counts;
  TRY(ticket_count_load(ctx, COUNT_TENANT, 0, 0, &counts));
  double all = (double)ticket_count_sum(&counts, ALL_STATUSES, ALL_PRIORITIES);
  double wanted = (double)search->filter->skip + (double)search->filter->limit;
  return (double)matching <= wanted * all / (double)matching ? list_by_authors(ctx, search, page)
                                                             : list_newest(ctx, search, page);
}

enum status ticket_list(struct ctx *ctx, const struct ticket_filter *filter, struct ticket **out,
                        size_t *count) {
  struct ticket_filter bounded = *filter;
  bounded.skip = filter->skip < 0 ? 0 : filter->skip < LIST_SKIP_MAX ? filter->skip : LIST_SKIP_MAX;
  bounded.limit = filter->limit < TICKET_LIST_MAX ? filter->limit : TICKET_LIST_MAX;
  struct search search;
  TRY(search_of(ctx, &bounded, &search));
  struct page page = {0};
  if (!search.nothing && bounded.limit > 0) {
    TRY(by_author_text(&search) ? list_by_text(ctx, &search, &page) : list_newest(ctx, &search, &page));
  }
  put_in_order(&page);
  *out = page.tickets != NULL ? page.tickets : ARENA_NEW(ctx->arena, struct ticket);
  *count = page.count;
  return STATUS_OK;
}
