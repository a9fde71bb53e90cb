#include "desk/access/access.h"

const struct problem_kind access_unauthenticated = {STATUS_UNAUTHENTICATED, "unauthenticated",
                                                    "Please sign in first."};
const struct problem_kind access_forbidden = {STATUS_FORBIDDEN, "forbidden",
                                              "Your role does not allow this."};

/* The cells, short so that a row stays a line. */
#define NO SCOPE_NONE
#define OWN SCOPE_OWN
#define ASSIGNED SCOPE_ASSIGNED
#define READABLE SCOPE_READABLE
#define BELOW SCOPE_BELOW
#define ALL SCOPE_ALL

/* The people of a column, in the order the table is read. */
#define ROW(super_admin, manager, supervisor, customer_service, technician, customer)                 \
  {                                                                                                   \
    [ROLE_SUPER_ADMIN] = (super_admin), [ROLE_MANAGER] = (manager), [ROLE_SUPERVISOR] = (supervisor), \
    [ROLE_CUSTOMER_SERVICE] = (customer_service), [ROLE_TECHNICIAN] = (technician),                   \
    [ROLE_CUSTOMER] = (customer)                                                                      \
  }

/* What a technician may assign is an unassigned ticket, to themself: READABLE, since one that is theirs
 * already is no change. Customer service sees reports on tickets only, so its cell is not ALL. What a
 * customer or a technician may change of an own thing is told beside the command that changes it. */
/* clang-format off */
static const uint8_t scopes[PERMISSION_COUNT][ROLE_COUNT] = {
    /*                           super_admin manager supervisor service   technician customer */
    [MAY_ANYONE]           = ROW(ALL,        ALL,    ALL,       ALL,      ALL,       ALL),
    [MAY_SIGNED_IN]        = ROW(ALL,        ALL,    ALL,       ALL,      ALL,       ALL),
    [MAY_TICKET_CREATE]    = ROW(ALL,        ALL,    ALL,       ALL,      OWN,       OWN),
    [MAY_TICKET_READ]      = ROW(ALL,        ALL,    ALL,       ALL,      READABLE,  OWN),
    [MAY_TICKET_ASSIGN]    = ROW(ALL,        ALL,    ALL,       ALL,      READABLE,  NO),
    [MAY_TICKET_STATUS]    = ROW(ALL,        ALL,    ALL,       ALL,      ASSIGNED,  OWN),
    [MAY_TICKET_REPLY]     = ROW(ALL,        ALL,    ALL,       ALL,      READABLE,  OWN),
    [MAY_TICKET_REMOVE]    = ROW(ALL,        ALL,    NO,        NO,       NO,        OWN),
    [MAY_TICKET_CHANGE]    = ROW(ALL,        ALL,    ALL,       ALL,      ASSIGNED,  OWN),
    [MAY_ACCOUNT_LIST]     = ROW(ALL,        ALL,    ALL,       NO,       NO,        NO),
    [MAY_ACCOUNT_WRITE]    = ROW(ALL,        BELOW,  NO,        NO,       NO,        NO),
    [MAY_PROFILE]          = ROW(OWN,        OWN,    OWN,       OWN,      OWN,       OWN),
    [MAY_CUSTOMER_READ]    = ROW(ALL,        ALL,    ALL,       ALL,      READABLE,  OWN),
    [MAY_CUSTOMER_WRITE]   = ROW(ALL,        ALL,    ALL,       ALL,      NO,        OWN),
    [MAY_TECHNICIAN_READ]  = ROW(ALL,        ALL,    ALL,       ALL,      OWN,       NO),
    [MAY_TECHNICIAN_WRITE] = ROW(ALL,        ALL,    ALL,       NO,       OWN,       NO),
    [MAY_INVENTORY_READ]   = ROW(ALL,        ALL,    ALL,       ALL,      ALL,       NO),
    [MAY_INVENTORY_WRITE]  = ROW(ALL,        ALL,    ALL,       NO,       NO,        NO),
    [MAY_INVENTORY_ASSIGN] = ROW(ALL,        ALL,    ALL,       NO,       OWN,       NO),
    [MAY_REPORT]           = ROW(ALL,        ALL,    ALL,       READABLE, OWN,       NO),
    [MAY_DASHBOARD]        = ROW(ALL,        ALL,    ALL,       ALL,      NO,        NO),
    [MAY_SLA_READ]         = ROW(ALL,        ALL,    ALL,       ALL,      ALL,       NO),
    [MAY_SLA_WRITE]        = ROW(ALL,        ALL,    NO,        NO,       NO,        NO),
    [MAY_TENANT]           = ROW(ALL,        NO,     NO,        NO,       NO,        NO), /* the operator's */
    [MAY_WEBHOOK]          = ROW(ALL,        ALL,    NO,        NO,       NO,        NO),
};
/* clang-format on */

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_CUSTOMER] = "customer",
    [ROLE_TECHNICIAN] = "technician",
    [ROLE_CUSTOMER_SERVICE] = "customer_service",
    [ROLE_SUPERVISOR] = "supervisor",
    [ROLE_MANAGER] = "manager",
    [ROLE_SUPER_ADMIN] = "super_admin",
};

enum scope access_scope(enum role role, enum permission permission) {
  if ((unsigned)role >= ROLE_COUNT || (unsigned)permission >= PERMISSION_COUNT) {
    return SCOPE_NONE;
  }
  return (enum scope)scopes[permission][role];
}

enum status access_check(struct ctx *ctx, enum permission permission) {
  if (permission == MAY_ANYONE) {
    return STATUS_OK;
  }
  if (ctx->who == NULL) {
    return problem_set(ctx, &access_unauthenticated);
  }
  if (access_scope(ctx->who->role, permission) == SCOPE_NONE) {
    return problem_set(ctx, &access_forbidden);
  }
  if (permission == MAY_TENANT && !ctx->who->operator_staff) {
    return problem_set(ctx, &access_forbidden);
  }
  return STATUS_OK;
}

bool access_may_write_role(const struct who *who, enum role role) {
  if (who == NULL || role_name(role) == NULL) {
    return false;
  }
  switch (access_scope(who->role, MAY_ACCOUNT_WRITE)) {
    case SCOPE_ALL:
      return true;
    case SCOPE_BELOW:
      return role < who->role;
    default:
      return false;
  }
}

bool role_is_staff(enum role role) {
  return role > ROLE_CUSTOMER && role < ROLE_COUNT;
}

const char *role_name(enum role role) {
  return (unsigned)role < ROLE_COUNT ? role_names[role] : NULL;
}

enum status role_parse(struct str word, enum role *out) {
  for (int role = ROLE_CUSTOMER; role < ROLE_COUNT; role++) {
    if (str_is(word, role_names[role])) {
      *out = (enum role)role;
      return STATUS_OK;
    }
  }
  return STATUS_INVALID;
}
