#ifndef SIGAP_APP_DOCTOR_H
#define SIGAP_APP_DOCTOR_H

#include "app/options.h"
#include "base/ctx.h"
#include "base/str.h"

/* What `sigap doctor` shares among its own files: one finding after the other. */

enum verdict { FINE, WARNING, BROKEN };
enum { FINDINGS_MAX = 32 };

struct finding {
  struct str check;
  int verdict;
  struct str found;
  struct str advice; /* NONE where all is fine */
};

struct doctor {
  const struct options *options;
  struct arena *arena;
  struct finding findings[FINDINGS_MAX];
  size_t count;
};

/* `advice` is left out where all is fine. */
void doctor_found(struct doctor *doctor, const char *check, enum verdict verdict, struct str what,
                  const char *advice);

/* doctor_storage.c: what a sync costs; how long SQLite's write-ahead log is; whether the contents that rows
 * name are on the disk, and what is there that no row names. */
void doctor_sync(struct doctor *doctor);
void doctor_wal(struct doctor *doctor);
void doctor_files(struct doctor *doctor, struct ctx *ctx);

#endif
