#ifndef SIGAP_API_HCALL_H
#define SIGAP_API_HCALL_H

#include "api/kit/kit.h"

/* The dialect of IT help desks: fourteen endpoints under /api (docs/api/hcall.md). */
extern const struct dialect hcall_dialect;

/* The desk statuses that a word of this dialect reads as, for the clean-up of solved tickets; NULL is
 * "conclued". STATUS_INVALID for a word that is none of its statuses. */
enum status hcall_purge_statuses(const char *word, struct db_ints *out) MUST_CHECK;

#endif
