#ifndef SIGAP_BASE_STATUS_H
#define SIGAP_BASE_STATUS_H

/* What a function that can fail returns. STATUS_OK is 0. Outputs come last in the
 * parameter list and are untouched on failure. */
enum status {
#define STATUS(name, meaning) STATUS_##name,
#include "base/status.def"
#undef STATUS
  STATUS_COUNT
};

/* The result must be looked at. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* Hands a failure up to the caller: `TRY(step(ctx));`. */
#define TRY(expression)                     \
  do {                                      \
    enum status try_status_ = (expression); \
    if (try_status_ != STATUS_OK) {         \
      return try_status_;                   \
    }                                       \
  } while (0)

/* The status's word ("NOT_FOUND") and its meaning as in status.def. Static text. */
const char *status_name(enum status status);
const char *status_meaning(enum status status);

#endif
