#ifndef SIGAP_BASE_PROBLEM_H
#define SIGAP_BASE_PROBLEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

struct ctx;

/* One way to fail that callers tell apart. A noun declares its kinds in its header as
 * `extern const struct problem_kind account_email_taken;`; a dialect's table of
 * sayings names them by address, so no list is central. */
struct problem_kind {
  enum status status;
  const char *code;     /* stable machine word: "email_taken" */
  const char *sentence; /* English, for a tired person at night */
};

/* A faulty field: path in wire names ("profile.full_name", "tickes_images[1].image_type")
 * and what is wrong with it, as the end of a sentence ("is required", "must be at most
 * 255 characters"). */
struct fault {
  struct str field;
  struct str reason;
};

enum { PROBLEM_FAULTS_MAX = 64 };

struct problem {
  const struct problem_kind *kind; /* NULL: no problem */
  struct fault *faults;            /* in the request's arena */
  uint16_t fault_count;
  uint32_t retry_after_s; /* TOO_MANY, UNAVAILABLE; 0 = unsaid */
};

/* Sets ctx->problem where none is set yet. */
void problem_keep(struct ctx *ctx, const struct problem_kind *kind);
/* The same, and returns the kind's status: `return problem_set(ctx, &ticket_not_found);`
 * Inline, so that analyzers see as well that it is never STATUS_OK. */
static inline enum status problem_set(struct ctx *ctx, const struct problem_kind *kind) {
  problem_keep(ctx, kind);
  return kind->status != STATUS_OK ? kind->status : STATUS_BROKEN;
}
/* Adds a faulty field (texts must live as long as the arena) and sets problem_invalid
 * as the kind where none is. Faults over PROBLEM_FAULTS_MAX are dropped. Returns
 * STATUS_INVALID. */
enum status problem_fault(struct ctx *ctx, struct str field, struct str reason);
/* A fault on the field unless the text is UTF-8 without control characters, of at most max_points characters
 * and, where it is required, not blank. Absent is empty. The field's name must live as long as the arena. */
enum status problem_check_text(struct ctx *ctx, const char *field, struct str text, bool required,
                               size_t max_points);
/* Forgets the problem: before a command is run again. */
void problem_clear(struct ctx *ctx);

extern const struct problem_kind problem_invalid;     /* INVALID: some fields are wrong */
extern const struct problem_kind problem_too_large;   /* TOO_LARGE */
extern const struct problem_kind problem_unsupported; /* UNSUPPORTED media type */
extern const struct problem_kind problem_storage_full;
extern const struct problem_kind problem_unavailable; /* UNAVAILABLE; retry_after 1 s */
extern const struct problem_kind problem_broken;      /* BROKEN */

#endif
