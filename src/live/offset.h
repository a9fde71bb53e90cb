#ifndef SIGAP_LIVE_OFFSET_H
#define SIGAP_LIVE_OFFSET_H

#include "desk/event/event.h"

/* How far a client has heard: both logs. */
struct live_offset {
  struct event_position event, notice;
};
enum { LIVE_OFFSET_SIZE = 4 * 20 + 4 };
/* "0.57.0.12": four whole numbers. Returns `out`. */
char *live_offset_print(const struct live_offset *offset, char out[LIVE_OFFSET_SIZE]);
/* STATUS_INVALID for what is no such text. */
enum status live_offset_parse(struct str text, struct live_offset *out) MUST_CHECK;

#endif
