#ifndef SIGAP_DESK_ACCESS_H
#define SIGAP_DESK_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/id.h"

/* Who may what: the permission table of the desk, in one place. */

/* Stored: never renumber. */
enum role {
  ROLE_CUSTOMER = 1,
  ROLE_TECHNICIAN = 2,
  ROLE_CUSTOMER_SERVICE = 3,
  ROLE_SUPERVISOR = 4,
  ROLE_MANAGER = 5,
  ROLE_SUPER_ADMIN = 6,
  ROLE_COUNT = 7
};

enum { TENANT_OPERATOR = 1 };

/* The caller, as loaded with the token. */
struct who {
  int64_t account_id;
  int64_t tenant_id;      /* in which the call acts: the account's own, or what operator staff selected */
  int64_t home_tenant_id; /* the account's own */
  int64_t session_id;
  struct uuid uuid;
  enum role role;
  bool operator_staff; /* staff of tenant 1 */
  struct str name;
  struct str email;
  int64_t expires_at;       /* of the session, microseconds */
  int64_t token_expires_at; /* of the token it came with: no later */
};

/* Where a cell of the table says more than yes or no, the scope tells how far it reaches. */
enum scope {
  SCOPE_NONE,
  SCOPE_OWN,      /* author or owner */
  SCOPE_ASSIGNED, /* assigned to the caller */
  SCOPE_READABLE, /* assigned to the caller, or unassigned (technician's reading) */
  SCOPE_BELOW,    /* accounts of a lower role than the caller's: manager */
  SCOPE_ALL       /* of the tenant */
};

enum permission {
  MAY_ANYONE,    /* no token needed */
  MAY_SIGNED_IN, /* any live session */
  MAY_TICKET_CREATE,
  MAY_TICKET_READ,
  MAY_TICKET_ASSIGN,
  MAY_TICKET_STATUS,
  MAY_TICKET_REPLY,
  MAY_TICKET_REMOVE,
  MAY_TICKET_CHANGE,
  MAY_ACCOUNT_LIST,
  MAY_ACCOUNT_WRITE,
  MAY_PROFILE,
  MAY_CUSTOMER_READ,
  MAY_CUSTOMER_WRITE,
  MAY_TECHNICIAN_READ,
  MAY_TECHNICIAN_WRITE,
  MAY_INVENTORY_READ,
  MAY_INVENTORY_WRITE,
  MAY_INVENTORY_ASSIGN,
  MAY_REPORT,
  MAY_DASHBOARD,
  MAY_SLA_READ,
  MAY_SLA_WRITE,
  MAY_TENANT,
  MAY_WEBHOOK,
  PERMISSION_COUNT
};

/* The cell of the table. */
enum scope access_scope(enum role role, enum permission permission);
/* SCOPE_NONE gives access_forbidden; a missing who gives access_unauthenticated. */
enum status access_check(struct ctx *ctx, enum permission permission) MUST_CHECK;
/* May the caller make, change or deactivate an account of this role? Super_admin any, manager those below
 * manager. */
bool access_may_write_role(const struct who *who, enum role role);
bool role_is_staff(enum role role);
/* "super_admin" … as the desk and the command line say it; NULL for none. */
const char *role_name(enum role role);
enum status role_parse(struct str word, enum role *out) MUST_CHECK;

extern const struct problem_kind access_unauthenticated; /* no token */
extern const struct problem_kind access_forbidden;

#endif
