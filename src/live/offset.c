#include "live/offset.h"

#include <inttypes.h>
#include <stdio.h>

enum { NUMBERS = 4 };

char *live_offset_print(const struct live_offset *offset, char out[LIVE_OFFSET_SIZE]) {
  snprintf(out, LIVE_OFFSET_SIZE, "%" PRId64 ".%" PRId64 ".%" PRId64 ".%" PRId64, offset->event.txn,
           offset->event.id, offset->notice.txn, offset->notice.id);
  return out;
}

enum status live_offset_parse(struct str text, struct live_offset *out) {
  int64_t numbers[NUMBERS];
  struct str rest = text;
  for (int i = 0; i < NUMBERS; i++) {
    size_t end = str_find(rest, '.');
    bool last = i == NUMBERS - 1;
    if ((end == rest.len) != last || str_int((struct str){rest.at, end}, &numbers[i]) != STATUS_OK ||
        numbers[i] < 0) {
      return STATUS_INVALID;
    }
    rest = last ? STR("") : (struct str){rest.at + end + 1, rest.len - end - 1};
  }
  *out = (struct live_offset){{numbers[0], numbers[1]}, {numbers[2], numbers[3]}};
  return STATUS_OK;
}
