#ifndef SIGAP_DESK_TECHNICIAN_H
#define SIGAP_DESK_TECHNICIAN_H

#include "base/ctx.h"
#include "base/id.h"
#include "desk/account/account.h"

/* An account of role technician, with what they can do, where they are and whether they are free. A
 * technician's id is the account's id (docs/decisions/0012). */
enum { TECHNICIAN_WORDS_MAX = 50 };
struct technician {
  struct account account;
  struct str employee_id;     /* NONE; unique in the tenant */
  struct str *skills, *areas; /* as written, in their order */
  size_t skill_count, area_count;
  bool is_available;
  struct str reason;          /* why not; NONE */
  double latitude, longitude; /* NaN both: unknown */
  int64_t located_at;         /* 0 unknown */
};
extern const struct problem_kind technician_not_found;
extern const struct problem_kind technician_employee_taken; /* DUPLICATE */

/* MAY_TECHNICIAN_READ: all; a technician themself. Deactivated ones are found by id, not listed. */
enum status technician_get(struct ctx *ctx, struct uuid uuid, struct technician *out) MUST_CHECK;
/* The same by the number that events carry. *found false: they are no technician any more, or deleted; that
 * is no problem. */
enum status technician_find(struct ctx *ctx, int64_t tenant_id, int64_t account_id, struct technician *out,
                            bool *found) MUST_CHECK;
struct technician_filter {
  enum { TECHNICIAN_ANY, TECHNICIAN_AVAILABLE, TECHNICIAN_UNAVAILABLE } available;
  struct str service_area;  /* whole word, any letter case; NONE any */
  const struct str *skills; /* all of them, any letter case */
  size_t skill_count;       /* at most TECHNICIAN_WORDS_MAX */
  int64_t skip, limit;
};
/* Newest first. */
enum status technician_list(struct ctx *ctx, const struct technician_filter *filter, struct technician **out,
                            size_t *count, int64_t *total) MUST_CHECK;
/* lat -90…90, lng -180…180 (faults "lat", "lng"). MAY_TECHNICIAN_WRITE: supervisors up, themself. Event. */
enum status technician_locate(struct ctx *ctx, struct uuid uuid, double latitude, double longitude,
                              struct technician *out) MUST_CHECK;
/* Not available needs a reason (fault "reason"). Event. */
enum status technician_set_available(struct ctx *ctx, struct uuid uuid, bool available, struct str reason,
                                     struct technician *out) MUST_CHECK;
struct technician_change {
  bool has_employee_id, has_skills, has_areas;
  struct str employee_id;           /* NONE: none any more */
  const struct str *skills, *areas; /* each 1-100 characters; a word twice counts once */
  size_t skill_count, area_count;   /* at most TECHNICIAN_WORDS_MAX */
};
/* Supervisors up only. Event. Faults "employee_id", "skills", "skills[n]", "service_areas", … */
enum status technician_change(struct ctx *ctx, struct uuid uuid, const struct technician_change *change,
                              struct technician *out) MUST_CHECK;
/* An account of role technician with what it can do from its first moment, in one transaction
 * (account_create; hash lane). Faults of both. */
enum status technician_create(struct ctx *ctx, const struct account_new *new_account,
                              const struct technician_change *change, struct technician *out) MUST_CHECK;
/* Available and active technicians of the caller's tenant. */
enum status technician_active_count(struct ctx *ctx, int64_t *count) MUST_CHECK;
/* Is this account free to be given work (no row: yes)? For desk/ticket, inside its transaction. */
enum status technician_is_available(struct ctx *ctx, int64_t account_id, bool *available) MUST_CHECK;
/* The account's employee number goes, so that it is free again, whatever role the account has now: for
 * desk/account, where it is deleted. Inside db_write, the account's tenant locked. */
enum status technician_leave(struct ctx *ctx, const struct account *account) MUST_CHECK;

#endif
