#ifndef SIGAP_DESK_TICKET_INTERNAL_H
#define SIGAP_DESK_TICKET_INTERNAL_H

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

/* How a tenant's tickets lie: by ids, blocks of four sizes one within another, and by the UTC day of their
 * schedule. Stored: never renumber. */
enum ticket_block_kind {
  BLOCK_SMALL = 1, /* 256 ids */
  BLOCK_MIDDLE,    /* 8,192 */
  BLOCK_LARGE,     /* 262,144 */
  BLOCK_ALL,       /* every id: block 0 */
  BLOCK_DAY
};
/* Ids are shifted by so many bits to get the block of a kind up to BLOCK_ALL. */
int ticket_block_shift(enum ticket_block_kind kind);

/* The number of the cell of a block in which a ticket counts: its status, priority, type and category. */
enum { TICKET_CELLS = 720 };
int64_t ticket_cell_of(const struct ticket *ticket);
/* What a filter wants of them, in bits (1 << value). */
struct ticket_cells {
  bool wanted[TICKET_CELLS];
};
void ticket_cells_wanted(unsigned statuses, unsigned priorities, unsigned work_types, unsigned categories,
                         struct ticket_cells *out);

struct ticket_block {
  int64_t number;
  int64_t tickets;           /* that are wanted */
  int64_t all;               /* wanted or not; of days alone */
  int64_t first_us, last_us; /* none of its tickets was created outside */
};
/* Of the whole tenant, by cell. */
enum status ticket_cells_load(struct ctx *ctx, int64_t cells[TICKET_CELLS]) MUST_CHECK;
int64_t ticket_cells_sum(const int64_t cells[TICKET_CELLS], const struct ticket_cells *wanted);
/* The blocks low … high of a kind that exist, ascending, of the caller's tenant. */
enum status ticket_blocks_load(struct ctx *ctx, const struct ticket_cells *cells, enum ticket_block_kind kind,
                               int64_t low, int64_t high, struct ticket_block **out,
                               size_t *count) MUST_CHECK;

enum status ticket_tell_block(struct ctx *ctx, const struct ticket *ticket, enum ticket_block_kind kind,
                              int64_t block, int64_t by) MUST_CHECK;
enum status ticket_tell_day(struct ctx *ctx, const struct ticket *ticket, int64_t technician_id,
                            int64_t quarter, int64_t field, int64_t by) MUST_CHECK;
enum status ticket_blocks_tell(struct ctx *ctx, const struct ticket *ticket, int64_t by) MUST_CHECK;
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
  LEAD_AUTHORS,  /* from all authors that match a text */
  LEAD_SCHEDULE, /* sorted */
  LEAD_BLOCKS    /* the tenant's, block by block */
};
/* Of a page that does not walk by blocks from the first: how deep it may begin. */
enum { TICKET_SHALLOW_MAX = 1000 };
/* The page. */
enum status ticket_page(struct ctx *ctx, const struct ticket_search *search, enum ticket_lead lead,
                        struct ticket **out, size_t *count) MUST_CHECK;
/* How many it matches, of a search without people or text: from blocks, and from the index where a time cuts
 * one. */
enum status ticket_blocks_total(struct ctx *ctx, const struct ticket_search *search,
                                int64_t *total) MUST_CHECK;

struct db_ints ticket_set_of(unsigned bits);
bool ticket_by_schedule(const struct ticket_search *search);
bool ticket_by_creation(const struct ticket_search *search);

/* Writes the values outside a set into the parameters that exclude them, as many as there are: at least one
 * value is inside. */
void ticket_exclude(unsigned bits, unsigned all, int64_t *const out[], size_t count);
#define TICKET_EXCLUDE_STATUSES(in, bits)                                                       \
  ticket_exclude((bits), ALL_STATUSES,                                                          \
                 (int64_t *const[]){&(in).not_status_1, &(in).not_status_2, &(in).not_status_3, \
                                    &(in).not_status_4, &(in).not_status_5},                    \
                 5)
#define TICKET_EXCLUDE_PRIORITIES(in, bits)                                                           \
  ticket_exclude((bits), ALL_PRIORITIES,                                                              \
                 (int64_t *const[]){&(in).not_priority_1, &(in).not_priority_2, &(in).not_priority_3, \
                                    &(in).not_priority_4},                                            \
                 4)
#define TICKET_EXCLUDE_WORK_TYPES(in, bits)                                                              \
  ticket_exclude((bits), ALL_WORK_TYPES,                                                                 \
                 (int64_t *const[]){&(in).not_work_type_1, &(in).not_work_type_2, &(in).not_work_type_3, \
                                    &(in).not_work_type_4},                                              \
                 4)
#define TICKET_EXCLUDE_CATEGORIES(in, bits) \
  ticket_exclude((bits), ALL_CATEGORIES,    \
                 (int64_t *const[]){&(in).not_category_1, &(in).not_category_2, &(in).not_category_3}, 3)
#define TICKET_NARROW_TIMES(in, search)                    \
  do {                                                     \
    (in).created_from = (search)->filter.created_from;     \
    (in).created_to = (search)->filter.created_to;         \
    (in).scheduled_from = (search)->filter.scheduled_from; \
    (in).scheduled_to = (search)->filter.scheduled_to;     \
  } while (0)
/* All that the filter narrows beside people and ids. */
#define TICKET_NARROW(in, search)                        \
  do {                                                   \
    TICKET_EXCLUDE_STATUSES(in, (search)->statuses);     \
    TICKET_EXCLUDE_PRIORITIES(in, (search)->priorities); \
    TICKET_EXCLUDE_WORK_TYPES(in, (search)->work_types); \
    TICKET_EXCLUDE_CATEGORIES(in, (search)->categories); \
    TICKET_NARROW_TIMES(in, search);                     \
  } while (0)

#endif
