#include "base/time.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_internal.h"

/* A list finds its tickets by walking an index until the page is full; no list counts or sorts the table.
 * Which index leads is decided here (choose_lead), how it is walked in ticket_page.c. */

/* More tickets than there can be; skip + limit stays far from the end of the numbers. */
#define LIST_SKIP_MAX (INT64_C(1) << 60)
enum {
  ROW_COST = 10,         /* a look at a ticket's row, in index entries passed by */
  BLOCK_WALK_COST = 256, /* likewise, to find one more ticket with blocks, at worst */
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

struct db_ints ticket_set_of(unsigned bits) {
  struct db_ints set = {0};
  for (int value = 1; value < 32 && set.count < DB_INTS_MAX; value++) {
    if ((bits >> value & 1) != 0) {
      set.values[set.count++] = value;
    }
  }
  return set;
}

/* No name or address is longer or other than text; PostgreSQL would refuse the bytes themselves. */
static bool is_strange(struct str part) {
  return part.len > 4096 || !str_utf8(part) || str_has_control(part);
}

/* Skip, limit, times and ids within their bounds. */
static void bound(const struct ticket_filter *filter, struct ticket_search *search) {
  struct ticket_filter *to = &search->filter;
  *to = *filter;
  to->skip = filter->skip < 0 ? 0 : filter->skip < LIST_SKIP_MAX ? filter->skip : LIST_SKIP_MAX;
  to->limit = filter->limit < TICKET_LIST_MAX ? filter->limit : TICKET_LIST_MAX;
  to->created_from = filter->created_from > 0 ? filter->created_from : 0;
  to->scheduled_from = filter->scheduled_from > 0 ? filter->scheduled_from : 0;
  search->ascending = filter->after_id != 0;
  search->from_id = filter->after_id > 0 && filter->after_id < INT64_MAX ? filter->after_id + 1 : 0;
  search->before_id = filter->before_id != 0 ? filter->before_id : INT64_MAX;
  search->nothing = search->before_id <= search->from_id || filter->after_id == INT64_MAX ||
                    filter->created_to < 0 || filter->scheduled_to < 0 ||
                    (filter->created_to != 0 && filter->created_to <= to->created_from) ||
                    (filter->scheduled_to != 0 && filter->scheduled_to <= to->scheduled_from);
}

/* What the caller's scope leaves of the filter's people. */
static void narrow_people(const struct who *who, struct ticket_search *search) {
  int64_t caller = who->account_id;
  switch (access_scope(who->role, MAY_TICKET_READ)) {
    case SCOPE_ALL:
      break;
    case SCOPE_READABLE:
      /* Of the assignees that a filter may name only the caller themself is readable. */
      search->nothing = search->nothing || (search->assignee_id != 0 && search->assignee_id != caller);
      search->readable_by = search->assignee_id == 0 ? caller : 0;
      break;
    default:
      search->nothing = search->nothing || (search->author_id != 0 && search->author_id != caller);
      search->author_id = caller;
      break;
  }
}

/* A number that the filter takes for a customer's, but that is somebody else's. */
static enum status check_author(struct ctx *ctx, const struct ticket_filter *filter,
                                struct ticket_search *search) {
  struct ticket_person author = {0};
  if (!search->nothing && filter->author_is_customer && filter->author_id != 0) {
    TRY(ticket_people(ctx, &filter->author_id, 1, &author));
    search->nothing = author.role != ROLE_CUSTOMER;
  }
  return STATUS_OK;
}

static enum status search_of(struct ctx *ctx, const struct ticket_filter *filter, struct ticket_search *out) {
  TRY(access_check(ctx, MAY_TICKET_READ));
  bool strange = is_strange(filter->author_email) || is_strange(filter->author_name);
  struct ticket_search search = {
      .author_id = filter->author_id,
      .assignee_id = filter->assignee_id,
      .statuses = bits_of(&filter->statuses, ALL_STATUSES),
      .priorities = bits_of(&filter->priorities, ALL_PRIORITIES),
      .work_types = bits_of(&filter->work_types, ALL_WORK_TYPES),
      .categories = bits_of(&filter->categories, ALL_CATEGORIES),
      .email_like = strange ? STR_NONE : str_like(ctx->arena, filter->author_email),
      .name_like = strange ? STR_NONE : str_like(ctx->arena, filter->author_name),
  };
  bound(filter, &search);
  narrow_people(ctx->who, &search);
  TRY(check_author(ctx, filter, &search));
  search.nothing = search.nothing || strange || search.statuses == 0 || search.priorities == 0 ||
                   search.work_types == 0 || search.categories == 0;
  *out = search;
  return STATUS_OK;
}

static bool by_author_text(const struct ticket_search *search) {
  return search->email_like.at != NULL || search->name_like.at != NULL;
}

bool ticket_by_schedule(const struct ticket_search *search) {
  return search->filter.scheduled_from != 0 || search->filter.scheduled_to != 0;
}

bool ticket_by_creation(const struct ticket_search *search) {
  return search->filter.created_from != 0 || search->filter.created_to != 0;
}

static bool by_time(const struct ticket_search *search) {
  return ticket_by_schedule(search) || ticket_by_creation(search);
}

static bool by_assignee(const struct ticket_search *search) {
  return search->assignee_id != 0 || search->readable_by != 0;
}

static bool by_people(const struct ticket_search *search) {
  return search->author_id != 0 || by_assignee(search) || by_author_text(search);
}

/* Statuses and priorities aside there is nothing that the counters of people don't know. */
static bool counters_know(const struct ticket_search *search) {
  return search->work_types == ALL_WORK_TYPES && search->categories == ALL_CATEGORIES && !by_time(search);
}

/* ---- counting ---- */

/* Of all authors that match, whoever may read the tickets. */
static enum status count_matching(struct ctx *ctx, const struct ticket_search *search, unsigned statuses,
                                  unsigned priorities, int64_t *out) {
  struct ticket_count_matching_in in = {
      .tenant_id = ctx->who->tenant_id,
      .operator_id = TENANT_OPERATOR,
      .author_id = search->author_id,
      .email_like = search->email_like,
      .name_like = search->name_like,
  };
  in.status_bits = TICKET_BITS(statuses, ALL_STATUSES);
  in.priority_bits = TICKET_BITS(priorities, ALL_PRIORITIES);
  struct ticket_count_matching_row row;
  TRY(db_flush(ctx));
  TRY(sql_ticket_count_matching(ctx, &in, &row));
  *out = row.tickets;
  return STATUS_OK;
}

static enum status count_by_authors(struct ctx *ctx, const struct ticket_search *search, int64_t *out) {
  struct ticket_count_by_authors_in in = {
      .tenant_id = ctx->who->tenant_id,
      .operator_id = TENANT_OPERATOR,
      .author_id = search->author_id,
      .readable_by = search->readable_by,
      .assignee_id = search->assignee_id,
      .email_like = search->email_like,
      .name_like = search->name_like,
  };
  TICKET_NARROW(in, search);
  struct ticket_count_by_authors_row row;
  TRY(sql_ticket_count_by_authors(ctx, &in, &row));
  *out = row.tickets;
  return STATUS_OK;
}

static struct db_ints assignees_of(const struct ticket_search *search) {
  return search->readable_by != 0 ? (struct db_ints){{0, search->readable_by}, 2}
                                  : (struct db_ints){{search->assignee_id}, 1};
}

static enum status count_by_assignees(struct ctx *ctx, const struct ticket_search *search, int64_t *out) {
  struct ticket_count_by_assignees_in in = {
      .tenant_id = ctx->who->tenant_id,
      .author_id = search->author_id,
      .assignees = assignees_of(search),
      .email_like = search->email_like,
      .name_like = search->name_like,
  };
  TICKET_NARROW(in, search);
  struct ticket_count_by_assignees_row row;
  TRY(sql_ticket_count_by_assignees(ctx, &in, &row));
  *out = row.tickets;
  return STATUS_OK;
}

static enum status load_assignee_counts(struct ctx *ctx, const struct ticket_search *search,
                                        struct ticket_counts *out) {
  int64_t other = search->readable_by != 0 ? 0 : search->assignee_id;
  int64_t owner = search->readable_by != 0 ? search->readable_by : search->assignee_id;
  return ticket_count_load(ctx, COUNT_ASSIGNEE, owner, other, out);
}

/* What no counter knows: the smaller side of the people is counted. */
static enum status count_people(struct ctx *ctx, const struct ticket_search *search, int64_t *out) {
  if (!by_assignee(search)) {
    return count_by_authors(ctx, search, out);
  }
  if (search->author_id == 0 && !by_author_text(search)) {
    return count_by_assignees(ctx, search, out);
  }
  int64_t of_authors;
  TRY(count_matching(ctx, search, ALL_STATUSES, ALL_PRIORITIES, &of_authors));
  struct ticket_counts counts;
  TRY(load_assignee_counts(ctx, search, &counts));
  int64_t of_assignees = ticket_count_sum(&counts, ALL_STATUSES, ALL_PRIORITIES);
  return of_authors <= of_assignees ? count_by_authors(ctx, search, out)
                                    : count_by_assignees(ctx, search, out);
}

/* The counters of one owner that answer for the whole search: no text, and authors or assignees, not both. */
static enum status load_counts(struct ctx *ctx, const struct ticket_search *search,
                               struct ticket_counts *out) {
  if (by_assignee(search)) {
    return load_assignee_counts(ctx, search, out);
  }
  return search->author_id != 0
             ? ticket_count_load(ctx, COUNT_AUTHOR, search->author_id, search->author_id, out)
             : ticket_count_load(ctx, COUNT_TENANT, 0, 0, out);
}

/* Of nobody in particular. */
static enum status total_of_all(struct ctx *ctx, const struct ticket_search *search, int64_t *total) {
  if (by_time(search)) {
    return ticket_page_and_total(ctx, search, NULL, NULL, total);
  }
  int64_t cells[TICKET_CELLS];
  TRY(ticket_cells_load(ctx, cells));
  *total =
      ticket_cells_sum(cells, search->statuses, search->priorities, search->work_types, search->categories);
  return STATUS_OK;
}

enum status ticket_total(struct ctx *ctx, const struct ticket_filter *filter, int64_t *total) {
  struct ticket_filter whole = *filter;
  whole.before_id = whole.after_id = whole.skip = 0;
  struct ticket_search search;
  TRY(search_of(ctx, &whole, &search));
  if (search.nothing) {
    *total = 0;
    return STATUS_OK;
  }
  if (!by_people(&search)) {
    return total_of_all(ctx, &search, total);
  }
  bool authors = search.author_id != 0 || by_author_text(&search);
  if (!counters_know(&search) || (authors && by_assignee(&search))) {
    return count_people(ctx, &search, total);
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
  struct ticket_search search;
  TRY(search_of(ctx, &any, &search));
  struct ticket_counts found;
  TRY(load_counts(ctx, &search, &found));
  counts[0] = 0;
  for (int status = TICKET_NEW; status < TICKET_STATUS_COUNT; status++) {
    counts[status] = ticket_count_sum(&found, 1U << status, ALL_PRIORITIES);
  }
  return STATUS_OK;
}

/* ---- who leads ---- */

/* A part of a name or an address. The authors' way costs all their tickets; the other one as many as must be
 * passed until the page is full, if the matching ones lie evenly. */
static enum status text_leads(struct ctx *ctx, struct ticket_search *search, enum ticket_lead *lead) {
  int64_t matching;
  TRY(count_matching(ctx, search, ALL_STATUSES, ALL_PRIORITIES, &matching));
  if (matching <= 0) {
    search->nothing = true;
    return STATUS_OK;
  }
  if (search->author_id != 0) {
    search->email_like = search->name_like = STR_NONE; /* the one author matches */
    *lead = LEAD_AUTHOR;
    return STATUS_OK;
  }
  struct ticket_counts counts;
  TRY(ticket_count_load(ctx, COUNT_TENANT, 0, 0, &counts));
  double all = (double)ticket_count_sum(&counts, ALL_STATUSES, ALL_PRIORITIES);
  double wanted = (double)search->filter.skip + (double)search->filter.limit;
  if ((double)matching <= wanted * all / (double)matching) {
    *lead = LEAD_AUTHORS;
  } else if (by_assignee(search)) {
    *lead = LEAD_ASSIGNEE;
  } else {
    *lead = search->statuses != ALL_STATUSES       ? LEAD_STATUS
            : search->priorities != ALL_PRIORITIES ? LEAD_PRIORITY
                                                   : LEAD_TENANT;
  }
  return STATUS_OK;
}

/* Where a status or a priority alone narrows, its index has nothing to pass by. Where more does, an index
 * leads if it is so short that its whole length is no matter. Else blocks do. */
static enum ticket_lead index_leads(const struct ticket_search *search, const int64_t cells[TICKET_CELLS],
                                    int64_t matching) {
  bool by_status = search->statuses != ALL_STATUSES, by_priority = search->priorities != ALL_PRIORITIES;
  bool by_more = search->work_types != ALL_WORK_TYPES || search->categories != ALL_CATEGORIES;
  bool is_alone = !by_more && !(by_status && by_priority);
  int64_t short_enough = search->filter.limit * BLOCK_WALK_COST / ROW_COST;
  if (!is_alone && matching > short_enough) {
    return LEAD_BLOCKS; /* as no index is shorter */
  }
  int64_t of_status =
      ticket_cells_sum(cells, search->statuses, ALL_PRIORITIES, ALL_WORK_TYPES, ALL_CATEGORIES);
  int64_t of_priority =
      ticket_cells_sum(cells, ALL_STATUSES, search->priorities, ALL_WORK_TYPES, ALL_CATEGORIES);
  bool status_leads = by_status && (!by_priority || of_status <= of_priority);
  int64_t shortest = status_leads ? of_status : of_priority;
  if (!is_alone && shortest > short_enough) {
    return LEAD_BLOCKS;
  }
  return status_leads ? LEAD_STATUS : by_priority ? LEAD_PRIORITY : LEAD_TENANT;
}

/* Who leads:
 *   a part of an author's name → all authors that match, where they have few tickets, else who leads without
 *   an author                  → ticket_author, a branch for each status
 *   an assignee, a technician's view → ticket_assignee, a branch for each of (theirs, nobody's) × status
 *   statuses or priorities     → ticket_status or ticket_priority
 *   nothing                    → ticket_tenant
 *   several, types, categories, a time of creation → ticket_tenant block by block (ticket_block.c)
 *   a time of the schedule     → ticket_planned likewise (ticket_schedule.c)
 * What does not lead only narrows the walk. */
static enum status choose_lead(struct ctx *ctx, struct ticket_search *search, enum ticket_lead *lead,
                               int64_t *total) {
  if (by_author_text(search)) {
    return text_leads(ctx, search, lead);
  }
  if (by_people(search)) {
    *lead = search->author_id != 0 ? LEAD_AUTHOR : LEAD_ASSIGNEE;
    return STATUS_OK;
  }
  if (by_time(search)) {
    *lead = LEAD_BLOCKS;
    return STATUS_OK;
  }
  int64_t cells[TICKET_CELLS];
  TRY(ticket_cells_load(ctx, cells));
  *total =
      ticket_cells_sum(cells, search->statuses, search->priorities, search->work_types, search->categories);
  search->nothing = *total <= search->filter.skip; /* nothing, or not so many */
  *lead = search->nothing ? LEAD_BLOCKS : index_leads(search, cells, *total);
  return STATUS_OK;
}

/* total NULL: nobody asks. */
static enum status list(struct ctx *ctx, const struct ticket_filter *filter, struct ticket **out,
                        size_t *count, int64_t *total) {
  struct ticket_search search;
  enum ticket_lead lead = LEAD_TENANT;
  int64_t in_all = 0;
  TRY(search_of(ctx, filter, &search));
  bool asked = !search.nothing && search.filter.limit > 0;
  bool keyset = search.from_id != 0 || search.before_id != INT64_MAX;
  bool with_total = asked && !by_people(&search) && !keyset;
  TRY(asked ? choose_lead(ctx, &search, &lead, &in_all) : STATUS_OK);
  if (total != NULL && with_total && by_time(&search)) {
    return ticket_page_and_total(ctx, &search, out, count, total);
  }
  if (total != NULL) {
    TRY(with_total ? STATUS_OK : ticket_total(ctx, filter, &in_all));
    *total = in_all;
  }
  if (!asked || search.nothing) {
    *out = ARENA_NEW(ctx->arena, struct ticket);
    *count = 0;
    return STATUS_OK;
  }
  return ticket_page(ctx, &search, lead, out, count);
}

enum status ticket_list(struct ctx *ctx, const struct ticket_filter *filter, struct ticket **out,
                        size_t *count) {
  return list(ctx, filter, out, count, NULL);
}

enum status ticket_list_and_total(struct ctx *ctx, const struct ticket_filter *filter, struct ticket **out,
                                  size_t *count, int64_t *total) {
  return list(ctx, filter, out, count, total);
}
