#ifndef SIGAP_APP_DEADLINES_H
#define SIGAP_APP_DEADLINES_H

#include <stdbool.h>

#include "app/system.h"
#include "db/db.h"

/* The timer of service levels: tells of deadlines that came near or passed, and recomputes tickets whose
 * targets changed. One index says what is next; the timer sleeps until then, and looks at least twice a
 * second for what a request or another server added, and for a wall clock that was set. A thread and a
 * connection of its own, so that neither a sweep nor a client of the command line makes an escalation late.
 */
struct deadlines;

/* `db` (lanes_connect) and `view` are borrowed. test_clock: the wall clock may jump at any moment (the test
 * build's clock file), so look more often. */
struct deadlines *deadlines_new(struct db *db, struct system_view *view, bool test_clock);
void deadlines_start(struct deadlines *deadlines);
/* Finishes the step under way; before the writer ends. Fine on NULL, and where it was never started. */
void deadlines_stop(struct deadlines *deadlines);
void deadlines_free(struct deadlines *deadlines);

#endif
