#ifndef SIGAP_APP_PROGRESS_H
#define SIGAP_APP_PROGRESS_H

#include "db/copy.h"

/* How far a long command is: one line on a terminal, written over again and again; nothing elsewhere. */

struct progress {
  const char *what; /* "Copying" */
  int64_t told_ns;
  bool terminal;
};
void progress_begin(struct progress *progress, const char *what);
/* For db_sum_up and its like. */
struct db_progress progress_of(struct progress *progress);
/* "Copying files: 12 of 40". all 0: not known. */
void progress_tell(struct progress *progress, const char *of, int64_t done, int64_t all);
/* The line goes away. */
void progress_end(struct progress *progress);

#endif
