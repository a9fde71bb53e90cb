#ifndef SIGAP_DESK_TICKET_INTERNAL_H
#define SIGAP_DESK_TICKET_INTERNAL_H

#include "base/time.h"
#include "desk/activity/activity.h"
#include "desk/notice/notice.h"
#include "desk/ticket/ticket.h"
#include "desk/ticket/ticket_day.h"

/* What the files of this noun share; nobody else includes it. */

struct ticket_row;

/* ---- ticket_rows.c ---- */
/* The texts stay where the row has them. */
struct ticket ticket_from_row(const struct ticket_row *row);
/* By uuid, of the caller's tenant, removed or not; ticket_not_found. locked: inside db_write, and no other
 * transaction changes the ticket until this one ends. */
enum status ticket_load(struct ctx *ctx, struct uuid uuid, bool locked, struct ticket *out) MUST_CHECK;
/* By number, of any tenant, removed or not, locked: for what the system does by itself. Inside db_write. */
enum status ticket_load_id(struct ctx *ctx, int64_t id, struct ticket *out) MUST_CHECK;

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

/* What the attachments of one command may be in number; adds a fault on "attachments" beyond. */
enum { TICKET_FILES_MAX = 10 };
enum status ticket_check_files(struct ctx *ctx, size_t count) MUST_CHECK;
/* Another noun's "there is none" becomes a fault on a field: forgets its problem, and keeps faults found
 * before. */
void ticket_forget(struct ctx *ctx, const struct problem_kind *kind);
/* Adds a fault where the value of an enum is none. */
enum status ticket_check_range(struct ctx *ctx, struct str field, int value, int low, int high) MUST_CHECK;
/* Adds faults on "location.lat" and "location.lng" where they are out of range. */
enum status ticket_check_place(struct ctx *ctx, double latitude, double longitude) MUST_CHECK;

/* ---- ticket_status.c ---- */
/* Solved: resolved or closed. */
bool ticket_is_done(int status);
/* The status and the marks that come with it; the clocks are ticket_update_clocks'. */
void ticket_enter_status(struct ticket *ticket, int status, int64_t now_us);

/* ---- ticket_assign.c ---- */
/* The assignee (0: nobody any more) and the marks that come with it. */
void ticket_take(struct ticket *ticket, int64_t assignee_id, int64_t now_us);

/* ---- ticket_effects.c: what several commands write, all inside db_write ---- */
struct event;
/* An entry of the history and an event of the same; tenant, ticket and actor are filled in. */
enum status ticket_record(struct ctx *ctx, const struct ticket *ticket, enum activity_action action,
                          struct str old_value, struct str new_value, struct event event) MUST_CHECK;
/* Only the event. */
enum status ticket_add_event(struct ctx *ctx, const struct ticket *ticket, struct event event) MUST_CHECK;
/* Clocks of a ticket that is about to be inserted. */
enum status ticket_start_clocks(struct ctx *ctx, struct ticket *ticket) MUST_CHECK;
/* Puts ticket->sla in step with all that changed in the ticket since (or with the tenant's targets). */
enum status ticket_update_clocks(struct ctx *ctx, struct ticket *ticket) MUST_CHECK;
/* What the arithmetic needs to know of the ticket now. */
struct sla_moment ticket_moment(const struct ticket *ticket, int64_t now_us);
/* RFC 3339 for the history; NONE for 0. */
struct str ticket_time_text(struct ctx *ctx, int64_t time_us);
/* How the clocks started, where there is anything to keep to. */
enum status ticket_record_start(struct ctx *ctx, const struct ticket *ticket) MUST_CHECK;
/* The row as `after` says, what the clocks of `after` do other than those of `before` did (an entry of the
 * history: paused, resumed, stopped, changed), the counters. The last step of every command that changes a
 * ticket but removes it. Warnings and breaches are told by the timer itself. */
enum status ticket_write(struct ctx *ctx, const struct ticket *before, const struct ticket *after) MUST_CHECK;
/* To the other party: the author's words and deeds to the assignee, without one to the staff from customer
 * service up; everybody else's to the author. `value`: as the kind wants it. */
enum status ticket_notify(struct ctx *ctx, const struct ticket *ticket, enum notice_kind kind,
                          int64_t value) MUST_CHECK;

/* ---- ticket_count.c, ticket_block.c, ticket_day.c: the sums ---- */
/* A ticket that was just made. */
enum status ticket_count_created(struct ctx *ctx, const struct ticket *ticket) MUST_CHECK;
/* From what counted before to what counts after; removed tickets don't count. What counts of a ticket: id,
 * tenant_id, author_id, assignee_id, status, priority, category, work_type, created_at, scheduled_at,
 * resolved_at, assigned_at, first_assignee_id, reopened_count, rating, sla.resolve_due_at, sla.marks. Every
 * command that changes one of them calls this once, with all of them as they were and as they are. */
enum status ticket_count_move(struct ctx *ctx, const struct ticket *before,
                              const struct ticket *after) MUST_CHECK;

/* Live tickets by status and priority. */
struct ticket_counts {
  int64_t of[TICKET_STATUS_COUNT][PRIORITY_COUNT];
};
enum status ticket_count_load(struct ctx *ctx, enum ticket_count_scope scope, int64_t owner_id,
                              int64_t other_owner_id, struct ticket_counts *out) MUST_CHECK;
/* Sum over sets of statuses and priorities given as bits (1 << value). */
int64_t ticket_count_sum(const struct ticket_counts *counts, unsigned statuses, unsigned priorities);

/* How a tenant's tickets lie: by ids, blocks of four sizes one within another; and what is scheduled in a
 * time, a day of the tenant's time zone or 16 of them, by ids in blocks of two sizes. Stored: never renumber.
 */
enum ticket_block_kind {
  BLOCK_SMALL = 1, /* 256 ids */
  BLOCK_MIDDLE,    /* 8,192 */
  BLOCK_LARGE,     /* 262,144 */
  BLOCK_ALL,       /* every id: block 0 */
  BLOCK_DAY,       /* scheduled on a day, of a large block */
  BLOCK_SPAN,      /* in 16 days, of a large block */
  BLOCK_DAY_PART,  /* on a day, of 4,096 ids */
  BLOCK_SPAN_PART  /* in 16 days, of 4,096 ids */
};
enum { BLOCK_PART_SHIFT = 12, BLOCK_SPAN_SHIFT = 4 };
/* Ids are shifted by so many bits to get the block of a kind. */
int ticket_block_shift(enum ticket_block_kind kind);

/* The number of the cell of a block in which a ticket counts: its status, priority, type and category. */
enum { TICKET_CELLS = 720 };
int64_t ticket_cell_of(const struct ticket *ticket);
/* What a filter wants of them, in bits (1 << value). */
struct ticket_cells {
  bool wanted[TICKET_CELLS];
  int16_t at[TICKET_CELLS]; /* those that are, ascending */
  int count;
};
void ticket_cells_wanted(unsigned statuses, unsigned priorities, unsigned work_types, unsigned categories,
                         struct ticket_cells *out);
/* What a search wants of a block. */
struct ticket_block {
  int64_t number;
  int64_t tickets; /* that match, but for `cut` */
  bool cut;        /* a time of creation cuts it: some of it may match beside, or may not */
};
/* What rows of one block and time say together. */
struct ticket_block_part {
  int64_t tickets;           /* that are wanted */
  int64_t first_us, last_us; /* none of its tickets was created outside */
};
/* Adds a row's bytes to *part, and all its tickets, wanted or not, to *all; damaged ones are
 * problem_broken. */
enum status ticket_block_gather(struct ctx *ctx, const struct ticket_cells *wanted, int64_t block,
                                struct str bytes, struct ticket_block_part *part, int64_t *all) MUST_CHECK;
/* Adds what it is to the search. */
struct ticket_search;
void ticket_block_add(const struct ticket_search *search, const struct ticket_block_part *part,
                      struct ticket_block *block);

/* Of the whole tenant, by cell. */
enum status ticket_cells_load(struct ctx *ctx, int64_t cells[TICKET_CELLS]) MUST_CHECK;
int64_t ticket_cells_sum(const int64_t cells[TICKET_CELLS], unsigned statuses, unsigned priorities,
                         unsigned work_types, unsigned categories);

/* What is to be loaded of blocks: low … high of a kind up to BLOCK_ALL, in the order of the search. */
struct ticket_block_range {
  enum ticket_block_kind kind;
  int64_t low, high;
  int64_t enough; /* once so many match, the rest may be left out */
};
/* Those that exist, of the caller's tenant. */
enum status ticket_blocks_load(struct ctx *ctx, const struct ticket_search *search,
                               const struct ticket_cells *cells, const struct ticket_block_range *range,
                               struct ticket_block **out, size_t *count) MUST_CHECK;

/* ---- ticket_schedule.c: blocks of what is scheduled ---- */
/* A time of the schedule, as blocks know it. */
struct ticket_times {
  struct {
    int64_t from, to; /* to: exclusive */
  } days[2], spans, rest[2];
  /* rest: microseconds, of days that are cut */
};
enum status ticket_times_of(struct ctx *ctx, const struct ticket_search *search,
                            struct ticket_times *out) MUST_CHECK;
/* Large blocks (parent -1), or parts of the large block `parent`, in the order of the search. *scheduled: how
 * many are scheduled then in all, wanted or not. */
enum status ticket_schedule_load(struct ctx *ctx, const struct ticket_search *search,
                                 const struct ticket_cells *cells, const struct ticket_times *times,
                                 int64_t parent, struct ticket_block **out, size_t *count,
                                 int64_t *scheduled) MUST_CHECK;

/* ---- telling and writing ---- */
/* Microseconds to quarters of an hour: with one begins every time zone's day. */
#define TICKET_QUARTER_US (15 * TIME_MINUTE_US)
int64_t ticket_quarter(int64_t time_us);
/* BLOCK_SMALL, BLOCK_DAY or BLOCK_DAY_PART: the others are made of them. quarter: of the schedule, else 0. */
enum status ticket_tell_block(struct ctx *ctx, const struct ticket *ticket, enum ticket_block_kind kind,
                              int64_t quarter, int64_t by) MUST_CHECK;
enum status ticket_tell_day(struct ctx *ctx, const struct ticket *ticket, int64_t technician_id,
                            int64_t quarter, int64_t field, int64_t by) MUST_CHECK;
enum status ticket_blocks_tell(struct ctx *ctx, const struct ticket *ticket, int64_t by) MUST_CHECK;
enum status ticket_schedule_tell(struct ctx *ctx, const struct ticket *ticket, int64_t by) MUST_CHECK;
enum status ticket_days_tell(struct ctx *ctx, const struct ticket *ticket, int64_t by) MUST_CHECK;
enum status ticket_blocks_write(struct ctx *ctx, const struct db_sum *sums, size_t count) MUST_CHECK;
enum status ticket_days_write(struct ctx *ctx, const struct db_sum *sums, size_t count) MUST_CHECK;
int64_t ticket_sums_slot(const struct db *db);

/* ---- ticket_list.c, ticket_page.c: searching ---- */
#define ALL_STATUSES (((1U << TICKET_STATUS_COUNT) - 1) & ~1U)
#define ALL_PRIORITIES (((1U << PRIORITY_COUNT) - 1) & ~1U)
#define ALL_WORK_TYPES ((1U << (WORK_DISCONNECTION + 1)) - 1)
#define ALL_CATEGORIES (((1U << (CATEGORY_SERVICE + 1)) - 1) & ~1U)

/* The filter and the caller's scope, made one. */
struct ticket_search {
  struct ticket_filter filter;                           /* bounded: skip, limit, times */
  int64_t author_id;                                     /* 0 any */
  int64_t assignee_id;                                   /* 0 any */
  int64_t readable_by;                                   /* a technician; 0: not narrowed */
  unsigned statuses, priorities, work_types, categories; /* bits; ALL_…: any */
  struct str email_like, name_like;                      /* NONE any */
  int64_t from_id, before_id; /* ids from … before; 0 from the first, INT64_MAX before the end */
  bool ascending;
  bool nothing; /* can't match at all */
};

/* Which index a list walks. */
enum ticket_lead {
  LEAD_TENANT,
  LEAD_STATUS,
  LEAD_PRIORITY,
  LEAD_AUTHOR,
  LEAD_ASSIGNEE,
  LEAD_AUTHORS, /* from all authors that match a text */
  LEAD_BLOCKS   /* the tenant's, block by block */
};
/* Of a page that does not walk by blocks from the first: how deep it may begin. */
enum { TICKET_SHALLOW_MAX = 1000 };
/* The page. */
enum status ticket_page(struct ctx *ctx, const struct ticket_search *search, enum ticket_lead lead,
                        struct ticket **out, size_t *count) MUST_CHECK;
/* The page by blocks, of a search without people or text, and how many there are in all: from blocks, and
 * from the index where a time cuts one. out NULL: only how many. */
enum status ticket_page_and_total(struct ctx *ctx, const struct ticket_search *search, struct ticket **out,
                                  size_t *count, int64_t *total) MUST_CHECK;

struct db_ints ticket_set_of(unsigned bits);
bool ticket_by_schedule(const struct ticket_search *search);
bool ticket_by_creation(const struct ticket_search *search);

/* What a statement is to look up in bits; 0 where all values are wanted: that part is left out then. */
#define TICKET_BITS(bits, all) ((bits) == (all) ? 0 : (int64_t)(bits))
/* The value where only one is wanted; 0 where several are, or that which is 0 itself. */
static inline int64_t ticket_only(unsigned bits) {
  return bits != 0 && (bits & (bits - 1)) == 0 ? __builtin_ctz(bits) : 0;
}
#define TICKET_NARROW_TIMES(in, search)                    \
  do {                                                     \
    (in).created_from = (search)->filter.created_from;     \
    (in).created_to = (search)->filter.created_to;         \
    (in).scheduled_from = (search)->filter.scheduled_from; \
    (in).scheduled_to = (search)->filter.scheduled_to;     \
  } while (0)
#define TICKET_NARROW_KIND(in, kind, bits, all)                     \
  do {                                                              \
    (in).kind = ticket_only(bits);                                  \
    (in).kind##_bits = (in).kind != 0 ? 0 : TICKET_BITS(bits, all); \
  } while (0)
#define TICKET_NARROW_CELLS(in, search)                                      \
  do {                                                                       \
    (in).status_bits = TICKET_BITS((search)->statuses, ALL_STATUSES);        \
    TICKET_NARROW_KIND(in, priority, (search)->priorities, ALL_PRIORITIES);  \
    TICKET_NARROW_KIND(in, work_type, (search)->work_types, ALL_WORK_TYPES); \
    TICKET_NARROW_KIND(in, category, (search)->categories, ALL_CATEGORIES);  \
  } while (0)
/* All that the filter narrows beside people and ids. */
#define TICKET_NARROW(in, search)    \
  do {                               \
    TICKET_NARROW_CELLS(in, search); \
    TICKET_NARROW_TIMES(in, search); \
  } while (0)

#endif
