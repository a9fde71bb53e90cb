#ifndef SIGAP_DESK_TICKET_H
#define SIGAP_DESK_TICKET_H

#include "base/ctx.h"
#include "base/id.h"
#include "db/db.h"
#include "desk/access/access.h"

/* Stored: never renumber. */
enum ticket_status {
  TICKET_NEW = 1,
  TICKET_ASSIGNED,
  TICKET_IN_PROGRESS,
  TICKET_PENDING,
  TICKET_RESOLVED,
  TICKET_CLOSED,
  TICKET_STATUS_COUNT
};
enum ticket_priority {
  PRIORITY_LOW = 1,
  PRIORITY_NORMAL,
  PRIORITY_HIGH,
  PRIORITY_CRITICAL,
  PRIORITY_EMERGENCY,
  PRIORITY_COUNT
};
enum ticket_category { CATEGORY_BILLING = 1, CATEGORY_TECHNICAL, CATEGORY_ACCOUNT, CATEGORY_SERVICE };
enum work_type {
  WORK_NONE,
  WORK_NEW_INSTALLATION,
  WORK_REPAIR,
  WORK_MAINTENANCE,
  WORK_UPGRADE,
  WORK_DISCONNECTION
};
enum request_kind { REQUEST_NONE, REQUEST_REQUEST, REQUEST_COMPLAINT, REQUEST_TECHNICAL };

struct ticket {
  int64_t id;
  int64_t tenant_id;
  struct uuid uuid;
  int64_t author_id;
  struct uuid author_uuid;
  struct str author_name, author_email;
  int64_t assignee_id; /* 0: nobody */
  struct str title;    /* 1-255 */
  struct str description;
  int category, priority, status;
  int work_type;    /* as stored; ticket_work_type() gives the shown one */
  int request_kind; /* likewise ticket_request_kind() */
  int64_t first_response_at, started_at, resolved_at, closed_at, status_changed_at;
  int64_t reopened_count;
  int64_t created_at, updated_at;
  int64_t removed_at, removed_by;
  int64_t file_count; /* pictures and papers of the ticket itself */
};

extern const struct problem_kind ticket_not_found;
extern const struct problem_kind ticket_forbidden; /* FORBIDDEN: seen, but not the caller's to do this with */
extern const struct problem_kind ticket_bad_status; /* INVALID; fault on "status" */

enum { TICKET_NUMBER_SIZE = 32 };
/* "TK" + UTC date of creation + row id in at least 6 digits. Returns `out`. */
char *ticket_number(const struct ticket *ticket, char out[TICKET_NUMBER_SIZE]);
/* The shown work type: repair where technical, else maintenance, if none is stored. */
enum work_type ticket_work_type(const struct ticket *ticket);
/* The shown kind: technical if technical, complaint if billing, else request, if none is stored. */
enum request_kind ticket_request_kind(const struct ticket *ticket);

struct ticket_new {
  struct str title; /* NONE: the first line of the description, cut at 120 characters at a word */
  struct str description;
  enum ticket_category category;
  enum ticket_priority priority;
  enum work_type work_type;
  enum request_kind request_kind;
  const struct file_new *files; /* stored before (desk/file), linked here; at most 10 */
  size_t file_count;
};
/* Author: the caller. Row, activity, event, counters, mail with the number to the author. Needs
 * MAY_TICKET_CREATE. */
enum status ticket_create(struct ctx *ctx, const struct ticket_new *new_ticket,
                          struct ticket *out) MUST_CHECK;

/* What the caller may read (MAY_TICKET_READ's scope), else ticket_not_found. Removed ones are not found. */
enum status ticket_get(struct ctx *ctx, struct uuid uuid, struct ticket *out) MUST_CHECK;

enum { TICKET_LIST_MAX = 10001 };
/* TOO_LARGE: the texts of that many tickets are more than a request may hold. */
extern const struct problem_kind ticket_list_too_large;

/* Newest first, what the caller may read, keyset or skip. */
struct ticket_filter {
  struct db_ints statuses, priorities;
  int64_t author_id;       /* 0 any */
  struct str author_email; /* substring in any letter case; NONE any */
  struct str author_name;
  int64_t created_from; /* inclusive, microseconds; 0 any */
  int64_t before_id;    /* keyset; 0 from the newest */
  int64_t skip;
  int64_t limit; /* at most TICKET_LIST_MAX */
  bool brief;    /* without descriptions (NONE), for long lists of titles */
};
enum status ticket_list(struct ctx *ctx, const struct ticket_filter *filter, struct ticket **out,
                        size_t *count) MUST_CHECK;
/* How many the filter matches (keyset, skip and limit aside), from the counters; created_from must be 0. */
enum status ticket_total(struct ctx *ctx, const struct ticket_filter *filter, int64_t *total) MUST_CHECK;
/* Live counts by status of what the caller may read: counts[TICKET_NEW] … */
enum status ticket_counts(struct ctx *ctx, int64_t counts[TICKET_STATUS_COUNT]) MUST_CHECK;

/* The dialect's word stands for several statuses: `reads_as` are those that show as the word; if the ticket
 * is in one of them nothing changes and it is OK; else it becomes `set`. Staff any (technician: assigned to
 * them; an unassigned one is taken first: assignee = caller), customer: own resolved → closed, own resolved
 * or closed → reopened. Marks, activity, event, counters, mail to the other party. */
struct ticket_status_change {
  struct db_ints reads_as;
  enum ticket_status set;
};
enum status ticket_set_status(struct ctx *ctx, struct uuid uuid, const struct ticket_status_change *change,
                              struct ticket *out) MUST_CHECK;

/* Adds a public reply (desk/reply), which counts as first response when staff writes it. */
enum status ticket_reply(struct ctx *ctx, struct uuid uuid, struct str text, struct ticket *out) MUST_CHECK;
/* Both at once, or neither (tiket's answer of the technical team). */
enum status ticket_answer(struct ctx *ctx, struct uuid uuid, const struct ticket_status_change *change,
                          struct str text, struct ticket *out) MUST_CHECK;

/* Soft: marks removed. Own, or MAY_TICKET_REMOVE's scope. A visible foreign one is ticket_forbidden.
 * author_only: only the author may, whatever the role; an existing ticket of somebody else is then
 * ticket_forbidden. */
enum status ticket_remove(struct ctx *ctx, struct uuid uuid, bool author_only, struct ticket *out) MUST_CHECK;
/* The owner restores what the owner removed, managers and up anything. Not removed: STATE? no — restores
 * nothing and is OK. */
enum status ticket_restore(struct ctx *ctx, struct uuid uuid, struct ticket *out) MUST_CHECK;

/* Removes softly, for every tenant, what is in one of `statuses` and was resolved before `before_us`; at most
 * `max` a call. By the system, not a person: activity without actor, no mail. */
enum status ticket_purge(struct ctx *ctx, const struct db_ints *statuses, int64_t before_us, int64_t max,
                         int64_t *removed) MUST_CHECK;

#endif
