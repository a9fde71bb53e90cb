#include "base/status.h"

static const struct {
  const char *name;
  const char *meaning;
} statuses[STATUS_COUNT] = {
#define STATUS(name, meaning) [STATUS_##name] = {#name, meaning},
#include "base/status.def"
#undef STATUS
};

const char *status_name(enum status status) {
  return (unsigned)status < STATUS_COUNT ? statuses[status].name : "UNKNOWN";
}

const char *status_meaning(enum status status) {
  return (unsigned)status < STATUS_COUNT ? statuses[status].meaning : "an unknown status";
}
