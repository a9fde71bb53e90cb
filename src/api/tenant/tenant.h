#ifndef SIGAP_API_TENANT_H
#define SIGAP_API_TENANT_H

#include "api/kit/kit.h"

/* The dialect of front ends of many tenants, their agents and the vendor (docs/api/tenant.md). */
extern const struct dialect tenant_dialect;

#endif
