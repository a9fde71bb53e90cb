#ifndef SIGAP_DESK_TENANT_H
#define SIGAP_DESK_TENANT_H

#include "base/ctx.h"

/* A tenant owns every row but itself. Tenant 1 is the operator, made with the database. */
struct tenant {
  int64_t id;
  struct str name;
  struct str domain;   /* lower case; NONE without one */
  struct str kind;     /* "vendor" for the operator; free text, "standard" by default */
  struct str timezone; /* tz database name */
  bool is_active;
  int64_t created_at;
};

extern const struct problem_kind tenant_not_found;
extern const struct problem_kind tenant_inactive;
extern const struct problem_kind tenant_domain_taken;
extern const struct problem_kind tenant_operator_stays; /* STATE: tenant 1 can't be disabled */

enum status tenant_get(struct ctx *ctx, int64_t id, struct tenant *out) MUST_CHECK;
/* The active tenant that a Host header's name (without its port) means; tenant 1 where no tenant has that
 * domain; tenant_inactive where the one that has it is not active. */
enum status tenant_of_host(struct ctx *ctx, struct str host, struct tenant *out) MUST_CHECK;
/* In any letter case, inactive ones too. */
enum status tenant_by_domain(struct ctx *ctx, struct str domain, struct tenant *out) MUST_CHECK;
/* All, by id; for the command line. */
enum status tenant_list(struct ctx *ctx, struct tenant **out, size_t *count) MUST_CHECK;
/* name 1-255, domain a host name (or NONE), timezone known to the machine. Faults name
 * "name", "domain", "timezone". */
struct tenant_new {
  struct str name, domain, kind, timezone;
};
enum status tenant_add(struct ctx *ctx, const struct tenant_new *new_tenant, int64_t *id) MUST_CHECK;
/* Ends every session of the tenant, too. Tenant 1 can't be disabled (STATE). */
enum status tenant_disable(struct ctx *ctx, int64_t id) MUST_CHECK;
/* Sets the zone of tenant 1 (from --timezone at start). */
enum status tenant_set_timezone(struct ctx *ctx, int64_t id, struct str timezone) MUST_CHECK;
/* Serialises commands that decide on "the tenant has no … yet": locks the tenant's row
 * until the transaction ends. Only inside db_write. */
enum status tenant_lock(struct ctx *ctx, int64_t id) MUST_CHECK;

#endif
