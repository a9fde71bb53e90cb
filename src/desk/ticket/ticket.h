#ifndef SIGAP_DESK_TICKET_H
#define SIGAP_DESK_TICKET_H

#include "base/ctx.h"
#include "base/id.h"
#include "db/db.h"
#include "desk/access/access.h"
#include "desk/sla/sla.h"

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
  int64_t author_id; /* whose ticket it is; the hand that wrote it down is the CREATED activity's actor */
  struct uuid author_uuid;
  struct str author_name, author_email;
  int author_role;     /* enum role */
  int64_t assignee_id; /* 0: nobody */
  struct str title;    /* 1-255 */
  struct str description;
  int category, priority, status;
  int work_type;    /* never WORK_NONE once stored: see ticket_work_type() */
  int request_kind; /* as stored; ticket_request_kind() gives the shown one */
  int64_t first_response_at, started_at, resolved_at, closed_at, status_changed_at;
  int64_t reopened_count;
  int64_t created_at, updated_at;
  int64_t removed_at, removed_by;
  int64_t file_count; /* pictures, papers and links of the ticket itself */
  /* field service */
  int64_t assigned_at;        /* to the present assignee; 0 unknown or nobody */
  int64_t first_assignee_id;  /* 0: never assigned */
  double latitude, longitude; /* NaN both: not said */
  int64_t scheduled_at;       /* 0 not scheduled */
  int64_t rating;             /* 1-5, 0 none */
  struct str rating_text;     /* NONE without */
  struct sla_clocks sla;      /* desk/sla/sla.h */
};

extern const struct problem_kind ticket_not_found;
extern const struct problem_kind ticket_forbidden; /* FORBIDDEN: seen, but not the caller's to do this with */
extern const struct problem_kind ticket_bad_status; /* INVALID; fault on "status" */

enum { TICKET_NUMBER_SIZE = 32 };
/* "TK" + UTC date of creation + row id in at least 6 digits. Returns `out`. */
char *ticket_number(const struct ticket *ticket, char out[TICKET_NUMBER_SIZE]);
/* The work type of a ticket that came without one: repair where technical, else maintenance. It is stored at
 * creation, so that filters and counters know it. */
enum work_type ticket_work_type(enum ticket_category category, enum work_type said);
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
  /* Whose ticket it is: an account of role customer of the caller's tenant, by its uuid; none: the caller.
   * Staff but technicians may name anybody, a customer only themself (ticket_forbidden). A technician names
   * the customer of own work and has the ticket assigned to themself at once. A customer that is none, or is
   * deactivated: a fault on "customer_id". */
  struct uuid customer;
  bool has_place;             /* latitude and longitude were said */
  double latitude, longitude; /* -90…90, -180…180 */
  int64_t scheduled_at;       /* 0 none */
  const struct str *links;    /* urls of own uploads or https addresses elsewhere: desk/file, file_attach */
  size_t link_count;          /* with files at most 10 */
};
/* Row, activity, SLA clocks started (an activity of their own), event, counters, notices to the other party,
 * mail with the number to the person whose ticket it is. Needs MAY_TICKET_CREATE. */
enum status ticket_create(struct ctx *ctx, const struct ticket_new *new_ticket,
                          struct ticket *out) MUST_CHECK;

/* What the caller may read (MAY_TICKET_READ's scope), else ticket_not_found. Removed ones are not found. */
enum status ticket_get(struct ctx *ctx, struct uuid uuid, struct ticket *out) MUST_CHECK;

enum { TICKET_LIST_MAX = 10001 };
/* TOO_LARGE: the texts of that many tickets are more than a request may hold. */
extern const struct problem_kind ticket_list_too_large;

/* Newest first, what the caller may read, keyset or skip. Every filter alone and combined walks an index, and
 * a deep skip costs no more than a shallow one (ticket_block.c). */
struct ticket_filter {
  struct db_ints statuses, priorities;
  struct db_ints work_types, categories;
  int64_t assignee_id;    /* an account; 0 any */
  int64_t created_to;     /* exclusive, microseconds; 0 any */
  int64_t scheduled_from; /* inclusive; 0 any; a filter on the schedule excludes unscheduled tickets */
  int64_t scheduled_to;   /* exclusive; 0 any */
  int64_t after_id;  /* keyset upwards: oldest first instead; 0 newest first. LLONG_MIN+1: from the oldest */
  int64_t author_id; /* 0 any */
  bool author_is_customer; /* of staff under author_id nothing */
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
/* How many the filter matches (keyset, skip and limit aside): from counters, blocks and at most a few
 * thousand index entries, never by counting the table. */
enum status ticket_total(struct ctx *ctx, const struct ticket_filter *filter, int64_t *total) MUST_CHECK;
/* Both at once: cheaper, where a time narrows, than one after the other. */
enum status ticket_list_and_total(struct ctx *ctx, const struct ticket_filter *filter, struct ticket **out,
                                  size_t *count, int64_t *total) MUST_CHECK;
/* Live counts by status of what the caller may read: counts[TICKET_NEW] … */
enum status ticket_counts(struct ctx *ctx, int64_t counts[TICKET_STATUS_COUNT]) MUST_CHECK;

/* The dialect's word stands for several statuses: `reads_as` are those that show as the word; if the ticket
 * is in one of them nothing changes and it is OK; else it becomes `set`. Staff any (technician: assigned to
 * them; an unassigned one is taken first: assignee = caller), customer: own resolved → closed, own resolved
 * or closed → reopened. Marks, activity, event, counters, mail to the other party. */
struct ticket_status_change {
  struct db_ints reads_as;
  enum ticket_status set;
  bool only_assigned; /* the dialect can assign: a technician takes nothing by writing a status */
  bool keeps_agent;   /* TICKET_NEW means TICKET_ASSIGNED where somebody has it */
};
enum status ticket_set_status(struct ctx *ctx, struct uuid uuid, const struct ticket_status_change *change,
                              struct ticket *out) MUST_CHECK;

/* Adds a public reply (desk/reply), which counts as first response when staff writes it. */
enum status ticket_reply(struct ctx *ctx, struct uuid uuid, struct str text, struct ticket *out) MUST_CHECK;
/* Both at once, or neither (tiket's answer of the technical team). */
enum status ticket_answer(struct ctx *ctx, struct uuid uuid, const struct ticket_status_change *change,
                          struct str text, struct ticket *out) MUST_CHECK;

/* As ticket_reply, with attachments (desk/file, file_attach), giving the reply itself. */
struct reply;
enum status ticket_comment(struct ctx *ctx, struct uuid uuid, struct str text, const struct str *links,
                           size_t link_count, struct reply *out) MUST_CHECK;
/* As ticket_set_status, with a note (history of this change; NONE without) and attachments of the ticket. */
enum status ticket_move(struct ctx *ctx, struct uuid uuid, const struct ticket_status_change *change,
                        struct str note, const struct str *links, size_t link_count,
                        struct ticket *out) MUST_CHECK;

/* STATE: solved or closed tickets are not assigned. */
extern const struct problem_kind ticket_done;
/* STATE: the technician said they are not available. */
extern const struct problem_kind ticket_technician_unavailable;
struct ticket_assignment {
  /* Staff of the tenant (by account number or uuid), for a field dialect a technician. */
  int64_t assignee_id;
  struct uuid assignee; /* where assignee_id is 0; none as well: takes it from whoever has it */
  bool technician_only; /* another role is a fault on "technician_id" */
  int64_t scheduled_at; /* 0: stays */
  struct str note;      /* into the history; NONE without */
};
/* MAY_TICKET_ASSIGN (a technician: an unassigned one, to themself). An unknown assignee or a deactivated one
 * is a fault on "technician_id". The same assignee again changes schedule and note only. new becomes
 * assigned, and assigned becomes new where nobody has it any more. Who takes it themself may be unavailable
 * to others. Activity, event, counters, notice to the assignee. */
enum status ticket_assign(struct ctx *ctx, struct uuid uuid, const struct ticket_assignment *assignment,
                          struct ticket *out) MUST_CHECK;

/* Fields of a ticket, only those said. Who may what: access.h and domain: staff all; the assigned technician
 * schedule, place, description; the customer title, description, place while new. A field that is not the
 * caller's to change is ticket_forbidden; nothing is changed then. */
struct ticket_change {
  bool has_title, has_description, has_category, has_priority, has_work_type, has_place, has_schedule;
  struct str title, description;
  enum ticket_category category;
  enum ticket_priority priority;
  enum work_type work_type;
  double latitude, longitude; /* NaN both: no place any more */
  int64_t scheduled_at;       /* 0: no schedule any more */
};
/* An activity for each field with its old and new value (of a description the first 1,000 characters),
 * priority and category recompute the SLA clocks; one event. */
enum status ticket_change(struct ctx *ctx, struct uuid uuid, const struct ticket_change *change,
                          struct ticket *out) MUST_CHECK;

extern const struct problem_kind ticket_not_solved; /* STATE: only solved tickets are rated */
/* By the customer whose ticket it is, once resolved or closed; a second rating replaces the first.
 * rating 1-5 (fault on "rating"), text NONE without. */
enum status ticket_rate(struct ctx *ctx, struct uuid uuid, int64_t rating, struct str text,
                        struct ticket *out) MUST_CHECK;

/* ---- by the system: the SLA timer (desk/sla decides, desk/ticket writes) ---- */
/* Does for the tickets whose sla.next_at is at or before ctx->now_us what is due (warning, breach,
 * escalation): activity, event, counters, notices to assignee and supervisors; at most `max` tickets a call,
 * oldest first. *done tells what was done; *next_at (may be NULL) the next due time of what is left, 0 none.
 * Nothing twice, also with several nodes on one database. */
struct ticket_sla_done {
  int64_t tickets;
  int64_t warnings, response_breaches, resolution_breaches;
};
enum status ticket_sla_run(struct ctx *ctx, int64_t max, struct ticket_sla_done *done,
                           int64_t *next_at) MUST_CHECK;
/* A tenant's targets changed: recomputes its open tickets after `after_id` in id order, at most `max`;
 * *last_id is where to go on, 0 when through. */
enum status ticket_sla_recompute(struct ctx *ctx, int64_t tenant_id, int64_t after_id, int64_t max,
                                 int64_t *last_id) MUST_CHECK;

struct event_position;
/* Tickets that the caller may read and that events of the caller's tenant are about, from behind `after` up
 * to and with `to` (desk/event): as they are now, each once, in id order; ticket_list_too_large as
 * ticket_list. For desk/sync, which bounds their number by the events. */
enum status ticket_follow(struct ctx *ctx, const struct event_position *after,
                          const struct event_position *to, struct ticket **out, size_t *count) MUST_CHECK;

/* Accounts of people on tickets, by number, for detail pages: name, phone, uuid. Missing ones stay zero. */
struct ticket_person {
  int64_t id;
  struct uuid uuid;
  struct str name, email, phone, address; /* address: of a customer */
  int role;
};
enum { TICKET_PEOPLE_MAX = 512 };
enum status ticket_people(struct ctx *ctx, const int64_t *ids, size_t count,
                          struct ticket_person *out) MUST_CHECK;
/* The number of a person for a filter or a report, by uuid or else by number: of the caller's tenant, deleted
 * ones too, or of the operator's staff who have, or had, tickets in it. TICKET_NOBODY, whom no ticket has,
 * where there is none. */
enum { TICKET_NOBODY = -1 };
enum status ticket_person_number(struct ctx *ctx, struct uuid uuid, int64_t id, int64_t *out) MUST_CHECK;

/* Soft: marks removed. MAY_TICKET_REMOVE's scope; a visible one outside of it is ticket_forbidden.
 * author_only: nobody but the author may; an existing ticket of somebody else is then
 * ticket_forbidden. */
enum status ticket_remove(struct ctx *ctx, struct uuid uuid, bool author_only, struct ticket *out) MUST_CHECK;
/* The owner restores what the owner removed, managers and up anything; one that is not removed stays as it
 * is. */
enum status ticket_restore(struct ctx *ctx, struct uuid uuid, struct ticket *out) MUST_CHECK;

/* Removes softly, for every tenant, what is in one of `statuses` and was resolved before `before_us`; at most
 * `max` a call. By the system, not a person: activity without actor, no mail. */
enum status ticket_purge(struct ctx *ctx, const struct db_ints *statuses, int64_t before_us, int64_t max,
                         int64_t *removed) MUST_CHECK;

#endif
