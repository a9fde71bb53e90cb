#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/http_internal.h"

/* The heap of timers, without a thread. */

enum { MANY = 1000 };

struct alarm {
  struct http_timer timer;
  int rings;
};

static int64_t last_ns; /* of the alarm that rang last */
static int rung;

static void ring(struct http_timer *timer, int64_t now_ns) {
  struct alarm *alarm = (struct alarm *)timer;
  assert_true(timer->at_ns <= now_ns);
  assert_true(timer->at_ns >= last_ns);
  assert_int_equal(timer->place, 0); /* it is off, and may be set again */
  last_ns = timer->at_ns;
  alarm->rings++;
  rung++;
}

static uint32_t roll(uint64_t *dice, uint32_t sides) {
  *dice = *dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*dice >> 33) % sides;
}

static void timers_ring_in_order_and_only_once(void **state) {
  (void)state;
  struct http_loop *loop = calloc(1, sizeof(*loop));
  struct alarm *alarms = calloc(MANY, sizeof(*alarms));
  uint64_t dice = 1;
  last_ns = 0;
  rung = 0;
  assert_int_equal(http_timers_next(loop), INT64_MAX);
  for (int i = 0; i < MANY; i++) {
    alarms[i].timer.due = ring;
    http_timer_set(loop, &alarms[i].timer, 1 + roll(&dice, 5000));
  }
  for (int i = 0; i < 3 * MANY; i++) { /* moved about, some turned off */
    http_timer_set(loop, &alarms[roll(&dice, MANY)].timer,
                   roll(&dice, 10) == 0 ? INT64_MAX : 1 + roll(&dice, 5000));
  }
  int set = 0;
  int64_t first = INT64_MAX;
  for (int i = 0; i < MANY; i++) {
    if (alarms[i].timer.place != 0) {
      set++;
      first = alarms[i].timer.at_ns < first ? alarms[i].timer.at_ns : first;
    }
  }
  assert_int_equal(http_timers_next(loop), first);
  for (int64_t now = 0; now <= 5000; now += 7) {
    http_timers_run(loop, now);
    assert_true(http_timers_next(loop) > now);
  }
  http_timers_run(loop, 5001);
  assert_int_equal(rung, set);
  for (int i = 0; i < MANY; i++) {
    assert_true(alarms[i].rings <= 1);
  }
  assert_int_equal(http_timers_next(loop), INT64_MAX);
  free(loop->timers.heap);
  free(loop);
  free(alarms);
}

static struct http_loop *ringing_loop;

static void ring_again(struct http_timer *timer, int64_t now_ns) {
  struct alarm *alarm = (struct alarm *)timer;
  alarm->rings++;
  http_timer_set(ringing_loop, timer, now_ns + 10);
}

static void a_timer_may_set_itself_again(void **state) {
  (void)state;
  ringing_loop = calloc(1, sizeof(*ringing_loop));
  struct alarm alarm = {.timer.due = ring_again};
  http_timer_set(ringing_loop, &alarm.timer, 10);
  for (int64_t now = 0; now <= 100; now++) {
    http_timers_run(ringing_loop, now);
  }
  assert_int_equal(alarm.rings, 10);
  assert_int_equal(http_timers_next(ringing_loop), 110);
  free(ringing_loop->timers.heap);
  free(ringing_loop);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(timers_ring_in_order_and_only_once),
      cmocka_unit_test(a_timer_may_set_itself_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
