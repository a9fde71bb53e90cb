#ifndef SIGAP_DESK_WEBHOOK_COPY_H
#define SIGAP_DESK_WEBHOOK_COPY_H

#include "db/copy.h"

/* For copies of the whole store: each endpoint goes on with the first event that did not become a delivery
 * before. On PostgreSQL, where ids are drawn in another order than transactions end, some that were written
 * at the same time as that one may become deliveries again. */
extern const struct db_renewal webhook_renewal;

#endif
