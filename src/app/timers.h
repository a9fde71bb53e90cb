#ifndef SIGAP_APP_TIMERS_H
#define SIGAP_APP_TIMERS_H

#include "app/options.h"
#include "app/system.h"
#include "db/db.h"

/* What the main thread does by the clock: sweeping old sessions, notifications and files and hcall's clean-up
 * of solved tickets (at start and hourly), looking after readiness, and the test build's clock file.
 * Deadlines of tickets have a thread of their own (app/deadlines.h). */
struct timers;

/* `db` and `view` are borrowed. A purge status that is no word of hcall is STATUS_INVALID, told in why. */
enum status timers_new(const struct options *options, struct db *db, struct system_view *view,
                       struct timers **out, char why[256]) MUST_CHECK;
/* Does a bounded piece of each thing that is due; returns milliseconds until the next call. */
int timers_run(struct timers *timers);
void timers_free(struct timers *timers);

#endif
