#ifndef SIGAP_APP_TIMERS_H
#define SIGAP_APP_TIMERS_H

#include "app/options.h"
#include "app/system.h"
#include "db/db.h"

/* What the main thread does by the clock: sweeping old sessions, hcall's clean-up of solved tickets (at start
 * and hourly), looking after readiness, and the test build's clock file. */
struct timers;

/* `db` and `view` are borrowed. A purge status that is no word of hcall is STATUS_INVALID, told in why. */
enum status timers_new(const struct options *options, struct db *db, struct system_view *view,
                       struct timers **out, char why[256]) MUST_CHECK;
/* Does what is due; returns milliseconds until the next look. */
int timers_run(struct timers *timers);
void timers_free(struct timers *timers);

#endif
