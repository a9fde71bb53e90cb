#include <stdlib.h>

#include "base/log.h"
#include "net/http_internal.h"

/* A loop's timers: a heap whose root is due first. A timer knows its place, so that moving it needs no
 * search. */

static void place(struct timers *timers, uint32_t index, struct http_timer *timer) {
  timers->heap[index] = timer;
  timer->place = index + 1;
}

static void sift_up(struct timers *timers, uint32_t index, struct http_timer *timer) {
  while (index > 0) {
    uint32_t parent = (index - 1) / 2;
    if (timers->heap[parent]->at_ns <= timer->at_ns) {
      break;
    }
    place(timers, index, timers->heap[parent]);
    index = parent;
  }
  place(timers, index, timer);
}

static void sift_down(struct timers *timers, uint32_t index, struct http_timer *timer) {
  for (;;) {
    uint32_t child = index * 2 + 1;
    if (child >= timers->count) {
      break;
    }
    if (child + 1 < timers->count && timers->heap[child + 1]->at_ns < timers->heap[child]->at_ns) {
      child++;
    }
    if (timer->at_ns <= timers->heap[child]->at_ns) {
      break;
    }
    place(timers, index, timers->heap[child]);
    index = child;
  }
  place(timers, index, timer);
}

static void take_out(struct timers *timers, struct http_timer *timer) {
  uint32_t index = timer->place - 1;
  timer->place = 0;
  timers->count--;
  if (index == timers->count) {
    return;
  }
  struct http_timer *last = timers->heap[timers->count];
  if (index > 0 && timers->heap[(index - 1) / 2]->at_ns > last->at_ns) {
    sift_up(timers, index, last);
  } else {
    sift_down(timers, index, last);
  }
}

static void grow(struct timers *timers) {
  if (timers->count < timers->size) {
    return;
  }
  timers->size = timers->size > 0 ? timers->size * 2 : 64;
  timers->heap = realloc(timers->heap, timers->size * sizeof(struct http_timer *));
  if (timers->heap == NULL) {
    die("Out of memory for timers.");
  }
}

void http_timer_set(struct http_loop *loop, struct http_timer *timer, int64_t at_ns) {
  struct timers *timers = &loop->timers;
  if (timer->place != 0 && timer->at_ns == at_ns) {
    return;
  }
  if (timer->place != 0) {
    take_out(timers, timer);
  }
  timer->at_ns = at_ns;
  if (at_ns != INT64_MAX) {
    grow(timers);
    sift_up(timers, timers->count++, timer);
  }
}

int64_t http_timers_next(const struct http_loop *loop) {
  return loop->timers.count > 0 ? loop->timers.heap[0]->at_ns : INT64_MAX;
}

void http_timers_run(struct http_loop *loop, int64_t now_ns) {
  struct timers *timers = &loop->timers;
  while (timers->count > 0 && timers->heap[0]->at_ns <= now_ns) {
    struct http_timer *timer = timers->heap[0];
    take_out(timers, timer);
    timer->due(timer, now_ns);
  }
}
