#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "desk/sla/sla.h"
#include "desk/ticket/ticket.h"

static int64_t at(const char *text) {
  int64_t time_us = 0;
  assert_int_equal(time_parse(str_of(text), &time_us), STATUS_OK);
  return time_us;
}

static const struct sla_targets day = {.resolution_us = 24 * TIME_HOUR_US};

/* ---- by hand ---- */

static void the_default_targets_follow_the_priority(void **state) {
  (void)state;
  assert_int_equal(sla_default_targets(PRIORITY_EMERGENCY).resolution_us, 1 * TIME_HOUR_US);
  assert_int_equal(sla_default_targets(PRIORITY_CRITICAL).resolution_us, 2 * TIME_HOUR_US);
  assert_int_equal(sla_default_targets(PRIORITY_HIGH).resolution_us, 4 * TIME_HOUR_US);
  assert_int_equal(sla_default_targets(PRIORITY_NORMAL).resolution_us, 24 * TIME_HOUR_US);
  assert_int_equal(sla_default_targets(PRIORITY_LOW).resolution_us, 48 * TIME_HOUR_US);
  assert_int_equal(sla_default_targets(PRIORITY_EMERGENCY).response_us, 0);
}

static void a_deadline_crosses_the_ends_of_months_years_and_february(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"2027-12-31T23:30:00Z", "2028-01-01T23:30:00Z"},      {"2028-02-28T12:00:00Z", "2028-02-29T12:00:00Z"},
      {"2028-02-29T12:00:00Z", "2028-03-01T12:00:00Z"},      {"2027-02-28T12:00:00Z", "2027-03-01T12:00:00Z"},
      {"2026-04-30T08:00:00+07:00", "2026-05-01T01:00:00Z"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const struct sla_moment made = {.started_at = at(cases[i][0]), .now = at(cases[i][0])};
    assert_int_equal(sla_start(&day, &made).resolve_due_at, at(cases[i][1]));
  }
}

static void four_fifths_warn_and_the_whole_breaches(void **state) {
  (void)state;
  const struct sla_targets targets = {.response_us = 30, .resolution_us = 100};
  struct sla_moment moment = {.started_at = 1000, .now = 1000};
  struct sla_clocks clocks = sla_start(&targets, &moment);
  assert_int_equal(clocks.response_due_at, 1030);
  assert_int_equal(clocks.resolve_due_at, 1100);
  assert_int_equal(clocks.next_at, 1031);
  moment.now = 1030;
  assert_int_equal(sla_due(&clocks, &moment), 0);
  moment.now = 1031;
  assert_int_equal(sla_due(&clocks, &moment), SLA_RESPONSE_BREACHED);
  clocks = sla_done(&clocks, SLA_RESPONSE_BREACHED, &moment);
  assert_int_equal(clocks.escalation_level, 1);
  assert_int_equal(clocks.next_at, 1081);
  moment.now = 1081;
  assert_int_equal(sla_due(&clocks, &moment), SLA_RESOLUTION_WARNED);
  clocks = sla_done(&clocks, SLA_RESOLUTION_WARNED, &moment);
  assert_int_equal(clocks.escalation_level, 1);
  assert_int_equal(clocks.next_at, 1101);
  moment.now = 1100;
  assert_false(sla_is_overdue(&clocks, &moment));
  moment.now = 1101;
  assert_int_equal(sla_due(&clocks, &moment), SLA_RESOLUTION_BREACHED);
  assert_true(sla_is_overdue(&clocks, &moment));
  clocks = sla_done(&clocks, SLA_RESOLUTION_BREACHED, &moment);
  assert_int_equal(clocks.escalation_level, 2);
  assert_int_equal(clocks.next_at, 0);
  moment.now = 5000;
  assert_int_equal(sla_due(&clocks, &moment), 0);
}

/* What the timer slept through is told as a breach alone. */
static void nobody_is_warned_of_what_is_late_already(void **state) {
  (void)state;
  const struct sla_targets targets = {.resolution_us = 100};
  struct sla_moment moment = {.started_at = 1000, .now = 1000};
  struct sla_clocks clocks = sla_start(&targets, &moment);
  moment.now = 9000;
  assert_int_equal(sla_due(&clocks, &moment), SLA_RESOLUTION_BREACHED);
  clocks = sla_done(&clocks, SLA_RESOLUTION_BREACHED, &moment);
  assert_int_equal(clocks.next_at, 0);
}

static void the_deadline_stands_while_pending_and_moves_on_by_the_standing_time(void **state) {
  (void)state;
  const struct sla_targets targets = {.resolution_us = 100};
  struct sla_moment moment = {.started_at = 1000, .now = 1000};
  struct sla_clocks clocks = sla_start(&targets, &moment);
  moment.now = 1090;
  moment.is_standing = true;
  clocks = sla_update(&clocks, &targets, &moment);
  assert_int_equal(clocks.resolve_due_at, 1100);
  moment.now = 5000;
  assert_int_equal(sla_due(&clocks, &moment), 0);
  assert_false(sla_is_overdue(&clocks, &moment));
  moment.is_standing = false;
  clocks = sla_update(&clocks, &targets, &moment);
  assert_int_equal(clocks.paused_us, 3910);
  assert_int_equal(clocks.resolve_due_at, 5010);
  assert_int_equal(clocks.paused_at, 0);
}

static void a_new_priority_starts_from_the_same_start_and_keeps_the_standing_time(void **state) {
  (void)state;
  const struct sla_targets slow = {.resolution_us = 1000}, fast = {.resolution_us = 100};
  struct sla_moment moment = {.started_at = 1000, .now = 1000};
  struct sla_clocks clocks = sla_start(&slow, &moment);
  moment.now = 1050;
  moment.is_standing = true;
  clocks = sla_update(&clocks, &slow, &moment);
  moment.now = 1080;
  moment.is_standing = false;
  clocks = sla_update(&clocks, &slow, &moment);
  clocks = sla_update(&clocks, &fast, &moment);
  assert_int_equal(clocks.resolve_due_at, 1000 + 30 + 100);
  moment.now = 1131;
  clocks = sla_done(&clocks, sla_due(&clocks, &moment), &moment);
  assert_int_equal(clocks.escalation_level, 1);
  clocks = sla_update(&clocks, &slow, &moment);
  assert_int_equal(clocks.resolve_due_at, 2030);
  assert_int_equal(clocks.marks, 0);
  assert_int_equal(clocks.escalation_level, 1);
}

static void a_solution_out_of_pending_is_judged_without_the_standing_time(void **state) {
  (void)state;
  const struct sla_targets targets = {.resolution_us = 100};
  struct sla_moment moment = {.started_at = 1000, .now = 1000};
  struct sla_clocks clocks = sla_start(&targets, &moment);
  moment.now = 1090;
  moment.is_standing = true;
  clocks = sla_update(&clocks, &targets, &moment);
  moment.now = 3000;
  moment.resolved_at = 3000;
  clocks = sla_update(&clocks, &targets, &moment);
  assert_int_equal(clocks.resolve_due_at, 3010);
  moment.now = 9000;
  assert_int_equal(sla_due(&clocks, &moment), 0);
  /* Reopened: the time it was solved counts as standing, too. */
  moment.resolved_at = 0;
  moment.is_standing = false;
  clocks = sla_update(&clocks, &targets, &moment);
  assert_int_equal(clocks.resolve_due_at, 9010);
}

static void what_was_missed_before_the_timer_looked_is_still_told(void **state) {
  (void)state;
  const struct sla_targets targets = {.response_us = 10, .resolution_us = 100};
  struct sla_moment moment = {.started_at = 1000, .now = 1000};
  struct sla_clocks clocks = sla_start(&targets, &moment);
  moment.now = 1500; /* nobody looked for a long time; now it is answered and solved at once */
  moment.responded_at = 1500;
  moment.resolved_at = 1500;
  moment.is_standing = true;
  clocks = sla_update(&clocks, &targets, &moment);
  assert_true(clocks.next_at != 0 && clocks.next_at <= moment.now);
  moment.now = 2000;
  assert_int_equal(sla_due(&clocks, &moment), SLA_RESPONSE_BREACHED | SLA_RESOLUTION_BREACHED);
  clocks = sla_done(&clocks, sla_due(&clocks, &moment), &moment);
  assert_int_equal(clocks.escalation_level, 2);
  assert_int_equal(clocks.response_due_at, 0);
  assert_int_equal(clocks.next_at, 0);
}

static void a_wall_clock_set_back_takes_no_mark_back_and_adds_no_standing_time(void **state) {
  (void)state;
  const struct sla_targets targets = {.response_us = 10, .resolution_us = 100};
  struct sla_moment moment = {.started_at = 1000, .now = 1000};
  struct sla_clocks clocks = sla_start(&targets, &moment);
  moment.now = 1200;
  clocks = sla_done(&clocks, sla_due(&clocks, &moment), &moment);
  assert_int_equal(clocks.escalation_level, 2);
  moment.now = 500;
  clocks = sla_update(&clocks, &targets, &moment);
  assert_int_equal(clocks.marks, SLA_RESPONSE_BREACHED | SLA_RESOLUTION_BREACHED);
  assert_int_equal(sla_due(&clocks, &moment), 0);
  moment.is_standing = true;
  clocks = sla_update(&clocks, &targets, &moment);
  moment.now = 100;
  moment.is_standing = false;
  clocks = sla_update(&clocks, &targets, &moment);
  assert_int_equal(clocks.paused_us, 0);
  assert_int_equal(clocks.resolve_due_at, 1100);
}

/* ---- against an oracle that counts every tick ---- */

enum { TICKS = 260, HISTORIES = 20000 };

/* A ticket, one tick after the other. */
struct oracle {
  struct sla_targets targets;
  bool stands, responded, resolved;
  int64_t standing;     /* ticks stood still, those since the last stop left out */
  int64_t standing_now; /* since the last stop */
  int64_t ran;          /* ticks the clocks ran */
  int64_t response_ran; /* what the clock read at the response */
  int64_t resolved_due; /* the deadline that stays */
  bool response_told, resolution_told, warned;
  int64_t level;
};

static int64_t oracle_resolve_due(const struct oracle *o, int64_t start) {
  if (o->resolved) {
    return o->resolved_due;
  }
  return o->targets.resolution_us > 0 ? start + o->targets.resolution_us + o->standing : 0;
}

/* What must have been told once the timer looked at this tick. */
static void oracle_tell(struct oracle *o) {
  int64_t target = o->targets.resolution_us;
  bool reached = o->ran > target;
  if (!o->resolved && target > 0 && reached && !o->resolution_told) {
    o->resolution_told = true;
    o->level++;
  }
  if (!o->stands && target > 0 && !o->resolution_told && o->ran > target - target / 5) {
    o->warned = true;
  }
  target = o->targets.response_us;
  reached = o->ran > target;
  if (!o->responded && target > 0 && reached && !o->response_told) {
    o->response_told = true;
    o->level++;
  }
}

/* A changed target takes back what is not reached any more; an unchanged one never is. */
static void oracle_retarget(struct oracle *o, struct sla_targets targets) {
  bool resolution_moved = targets.resolution_us != o->targets.resolution_us;
  bool response_moved = targets.response_us != o->targets.response_us;
  o->targets = targets;
  int64_t target = targets.resolution_us;
  if (resolution_moved && (target == 0 || o->ran <= target)) {
    o->resolution_told = false;
  }
  int64_t warning = target - target / 5;
  if (resolution_moved && (target == 0 || o->ran <= warning)) {
    o->warned = false;
  }
  target = targets.response_us;
  if (response_moved && !o->responded && (target == 0 || o->ran <= target)) {
    o->response_told = false;
  }
}

static unsigned roll(unsigned *seed, unsigned sides) {
  *seed = *seed * 1103515245u + 12345u;
  return (*seed >> 16) % sides;
}

static struct sla_targets roll_targets(unsigned *seed) {
  return (struct sla_targets){.response_us = roll(seed, 4) == 0 ? 0 : 1 + roll(seed, 60),
                              .resolution_us = roll(seed, 6) == 0 ? 0 : 1 + roll(seed, 120)};
}

/* What happens to the ticket at one tick; false: nothing. */
static bool roll_event(unsigned *seed, struct oracle *o, struct sla_moment *moment, int64_t start) {
  switch (roll(seed, 40)) {
    case 0: /* pending, or out of it */
    case 1:
      if (o->resolved) {
        return false;
      }
      o->stands = !o->stands;
      break;
    case 2:
      if (o->responded) {
        return false;
      }
      o->responded = true;
      moment->responded_at = moment->now;
      break;
    case 3:
    case 4:
      if (o->resolved) { /* reopened */
        return false;
      }
      oracle_retarget(o, roll_targets(seed));
      break;
    case 5: /* solved, or opened again */
      if (!o->resolved) {
        o->standing += o->standing_now;
        o->standing_now = 0;
        o->resolved_due = oracle_resolve_due(o, start);
      }
      o->resolved = !o->resolved;
      o->stands = o->resolved;
      moment->resolved_at = o->resolved ? moment->now : 0;
      break;
    default:
      return false;
  }
  if (!o->stands) {
    o->standing += o->standing_now;
    o->standing_now = 0;
  }
  moment->is_standing = o->stands;
  return true;
}

static void one_history(unsigned seed, int64_t start) {
  struct oracle o = {.targets = roll_targets(&seed)};
  struct sla_moment moment = {.started_at = start, .now = start};
  struct sla_clocks clocks = sla_start(&o.targets, &moment);
  for (int tick = 0; tick < TICKS; tick++) {
    moment.now = start + tick;
    /* The timer looks first, by what next_at says alone. */
    oracle_tell(&o);
    if (clocks.next_at != 0 && clocks.next_at <= moment.now) {
      int64_t due = sla_due(&clocks, &moment);
      assert_int_not_equal(due, 0);
      clocks = sla_done(&clocks, due, &moment);
      assert_int_equal(sla_due(&clocks, &moment), 0);
    }
    if (roll_event(&seed, &o, &moment, start)) {
      clocks = sla_update(&clocks, &o.targets, &moment);
      struct sla_clocks again = sla_update(&clocks, &o.targets, &moment);
      assert_memory_equal(&again, &clocks, sizeof clocks);
    }
    assert_int_equal(clocks.resolve_due_at, oracle_resolve_due(&o, start));
    assert_int_equal(clocks.response_due_at, !o.responded && o.targets.response_us > 0
                                                 ? start + o.targets.response_us + o.standing
                                                 : 0);
    assert_int_equal(clocks.escalation_level, o.level);
    assert_int_equal((clocks.marks & SLA_RESPONSE_BREACHED) != 0, o.response_told);
    assert_int_equal((clocks.marks & SLA_RESOLUTION_BREACHED) != 0, o.resolution_told);
    assert_int_equal((clocks.marks & SLA_RESOLUTION_WARNED) != 0, o.warned);
    o.ran += !o.stands;
    o.standing_now += o.stands;
  }
}

static void any_history_agrees_with_an_oracle_that_counts_every_tick(void **state) {
  (void)state;
  const int64_t starts[] = {at("2026-02-03T04:05:06.000007Z"), at("2027-12-31T23:59:59.9999Z"),
                            at("2028-02-28T23:59:59.9999Z")};
  for (unsigned i = 0; i < HISTORIES; i++) {
    one_history(i * 2654435761u + 1, starts[i % 3]);
  }
}

/* A timer that sleeps through a part of the history tells in the end what one that never slept told of
 * breaches, as long as no target moved. */
static void a_timer_that_slept_tells_the_same_breaches(void **state) {
  (void)state;
  for (unsigned i = 0; i < HISTORIES; i++) {
    unsigned seed = i * 2246822519u + 7;
    const struct sla_targets targets = roll_targets(&seed);
    struct sla_moment moment = {.started_at = 100, .now = 100};
    struct sla_clocks awake = sla_start(&targets, &moment), asleep = awake;
    struct oracle o = {.targets = targets};
    for (int tick = 0; tick < TICKS; tick++) {
      moment.now = 100 + tick;
      if (awake.next_at != 0 && awake.next_at <= moment.now) {
        awake = sla_done(&awake, sla_due(&awake, &moment), &moment);
      }
      unsigned kind = roll(&seed, 30);
      if (kind == 0 && !o.resolved) {
        moment.is_standing = !moment.is_standing;
      } else if (kind == 1 && moment.responded_at == 0) {
        moment.responded_at = moment.now;
      } else if (kind == 2) {
        o.resolved = !o.resolved;
        moment.is_standing = o.resolved;
        moment.resolved_at = o.resolved ? moment.now : 0;
      } else {
        continue;
      }
      awake = sla_update(&awake, &targets, &moment);
      asleep = sla_update(&asleep, &targets, &moment);
    }
    moment.now = 100 + TICKS;
    awake = sla_done(&awake, sla_due(&awake, &moment), &moment);
    assert_int_equal(asleep.next_at != 0 && asleep.next_at <= moment.now, sla_due(&asleep, &moment) != 0);
    asleep = sla_done(&asleep, sla_due(&asleep, &moment), &moment);
    assert_int_equal(asleep.escalation_level, awake.escalation_level);
    assert_int_equal(asleep.resolve_due_at, awake.resolve_due_at);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_default_targets_follow_the_priority),
      cmocka_unit_test(a_deadline_crosses_the_ends_of_months_years_and_february),
      cmocka_unit_test(four_fifths_warn_and_the_whole_breaches),
      cmocka_unit_test(nobody_is_warned_of_what_is_late_already),
      cmocka_unit_test(the_deadline_stands_while_pending_and_moves_on_by_the_standing_time),
      cmocka_unit_test(a_new_priority_starts_from_the_same_start_and_keeps_the_standing_time),
      cmocka_unit_test(a_solution_out_of_pending_is_judged_without_the_standing_time),
      cmocka_unit_test(what_was_missed_before_the_timer_looked_is_still_told),
      cmocka_unit_test(a_wall_clock_set_back_takes_no_mark_back_and_adds_no_standing_time),
      cmocka_unit_test(any_history_agrees_with_an_oracle_that_counts_every_tick),
      cmocka_unit_test(a_timer_that_slept_tells_the_same_breaches),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
