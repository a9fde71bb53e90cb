#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "desk/sla/sla.h"

/* Histories made by chance, with a wall clock that may be set forwards and back, against an oracle that reads
 * the whole journal again at every step. What disagrees is made as short as it can be before it is shown. */

enum { STEPS = 40, HISTORIES = 30000 };

enum kind { LOOK, PAUSE, RESUME, ANSWER, SOLVE, REOPEN, RETARGET, KIND_COUNT };
static const char *const kind_words[] = {"look", "pause", "resume", "answer", "solve", "reopen", "retarget"};

struct step {
  int64_t advance_us; /* of the wall clock since the step before; below 0: it was set back */
  enum kind kind;
  struct sla_targets targets; /* of RETARGET */
};

struct history {
  int64_t start;
  struct sla_targets targets;
  struct step steps[STEPS];
  int count;
};

/* ---- the oracle ---- */

/* What the journal up to a step says, read from its beginning. */
struct reading {
  bool stands, solved, answered;
  int64_t now;                       /* what the wall clock shows */
  int64_t stood_us;                  /* all standing time that counts */
  int64_t since;                     /* standing: the moment at which the clocks stopped */
  struct sla_targets targets;        /* that count: a solved ticket keeps its resolution target */
  struct sla_targets asked;          /* what they would be, were it open */
  int64_t response_us, response_due; /* as the answer found them: the clock, and the deadline */
};

static int64_t clock_of(const struct reading *r) {
  return r->stands ? r->since : r->now;
}

static int64_t deadline(const struct reading *r, const struct history *h, int64_t target_us) {
  return target_us > 0 ? h->start + r->stood_us + target_us : 0;
}

/* A clock that was set back while they stood adds nothing. */
static void stand_until(struct reading *r) {
  if (r->now > r->since) {
    r->stood_us += r->now - r->since;
    r->since = r->now;
  }
}

static void read_step(struct reading *r, const struct history *h, const struct step *step) {
  r->now += step->advance_us;
  switch (step->kind) {
    case PAUSE:
      r->stands = true;
      r->since = r->now;
      break;
    case RESUME:
    case REOPEN:
      stand_until(r);
      r->stands = r->solved = false;
      break;
    case ANSWER:
      r->answered = true;
      r->response_us = clock_of(r) < r->now ? clock_of(r) : r->now; /* the favourable one after a setback */
      r->response_due = deadline(r, h, r->asked.response_us);
      break;
    case SOLVE:
      if (r->stands) {
        stand_until(r);
      } else {
        r->since = r->now;
      }
      r->stands = r->solved = true;
      break;
    case RETARGET:
      r->asked = step->targets;
      break;
    default:
      break;
  }
  if (!r->answered) {
    r->targets.response_us = r->asked.response_us;
  }
  if (!r->solved) {
    r->targets.resolution_us = r->asked.resolution_us;
  }
}

static struct reading read_journal(const struct history *h, int steps) {
  struct reading r = {.now = h->start, .targets = h->targets, .asked = h->targets};
  for (int i = 0; i < steps; i++) {
    read_step(&r, h, &h->steps[i]);
  }
  return r;
}

/* What was told so far. */
struct told {
  bool response, warning, resolution;
  int64_t level;
};

/* A target that changed takes back what is not reached any more. */
static void take_back(struct told *told, const struct history *h, int steps) {
  struct reading before = read_journal(h, steps - 1), r = read_journal(h, steps);
  int64_t response = deadline(&r, h, r.targets.response_us);
  if (r.targets.response_us != before.targets.response_us && (response == 0 || clock_of(&r) <= response)) {
    told->response = false;
  }
  if (r.targets.resolution_us == before.targets.resolution_us) {
    return;
  }
  int64_t resolution = deadline(&r, h, r.targets.resolution_us);
  if (resolution == 0 || clock_of(&r) <= resolution) {
    told->resolution = false;
  }
  if (resolution == 0 || clock_of(&r) <= resolution - r.targets.resolution_us / 5) {
    told->warning = false;
  }
}

/* The timer comes when its wall clock has passed something that there is to tell, and then tells all. */
static void look(struct told *told, const struct history *h, int steps) {
  struct reading r = read_journal(h, steps);
  int64_t response = r.answered ? r.response_due : deadline(&r, h, r.targets.response_us);
  int64_t response_clock = r.answered ? r.response_us : clock_of(&r);
  int64_t resolution = deadline(&r, h, r.targets.resolution_us);
  int64_t warning = resolution - r.targets.resolution_us / 5;
  bool unanswered = response != 0 && !told->response && response_clock > response;
  bool unsolved = resolution != 0 && !told->resolution && clock_of(&r) > resolution;
  bool late_soon = resolution != 0 && !told->resolution && !told->warning && !unsolved && !r.stands &&
                   clock_of(&r) > warning;
  if ((unanswered && r.now > response) || (unsolved && r.now > resolution) || late_soon) {
    told->level += unanswered + unsolved;
    told->response |= unanswered;
    told->resolution |= unsolved;
    told->warning |= late_soon;
  }
}

/* ---- the arithmetic, step by step ---- */

struct tested {
  struct sla_clocks clocks;
  struct sla_moment moment;
  struct sla_targets targets;
};

static void take_step(struct tested *t, const struct step *step) {
  t->moment.now += step->advance_us;
  switch (step->kind) {
    case LOOK: /* by what next_at says alone */
      if (t->clocks.next_at != 0 && t->clocks.next_at <= t->moment.now) {
        t->clocks = sla_done(&t->clocks, sla_due(&t->clocks, &t->moment), &t->moment);
      }
      return;
    case PAUSE:
      t->moment.is_standing = true;
      break;
    case RESUME:
      t->moment.is_standing = false;
      break;
    case ANSWER:
      t->moment.responded_at = t->moment.now;
      break;
    case SOLVE:
      t->moment.is_standing = true;
      t->moment.resolved_at = t->moment.now;
      break;
    case REOPEN:
      t->moment.is_standing = false;
      t->moment.resolved_at = 0;
      break;
    default:
      t->targets = step->targets;
      break;
  }
  t->clocks = sla_update(&t->clocks, &t->targets, &t->moment);
}

/* Whether next_at is the first moment at which there is something to tell, as things stand. */
static bool next_is_first(const struct tested *t) {
  struct sla_moment moment = t->moment;
  if (t->clocks.next_at == 0) {
    moment.now = INT64_MAX / 2;
    return sla_due(&t->clocks, &moment) == 0;
  }
  moment.now = t->clocks.next_at;
  bool then = sla_due(&t->clocks, &moment) != 0;
  moment.now--;
  /* What was missed before the clocks stopped is overdue already. */
  return then && (t->clocks.next_at <= t->moment.now || t->clocks.paused_at != 0 ||
                  t->moment.responded_at != 0 || sla_due(&t->clocks, &moment) == 0);
}

#define DIFFERS(what, found, wanted)                                                                     \
  if ((int64_t)(found) != (int64_t)(wanted)) {                                                           \
    snprintf(why, 200, "%s is %" PRId64 ", wanted %" PRId64, what, (int64_t)(found), (int64_t)(wanted)); \
    return false;                                                                                        \
  }

static bool compare(const struct tested *t, const struct history *h, int steps, const struct told *told,
                    char why[200]) {
  struct reading r = read_journal(h, steps);
  DIFFERS("the deadline", t->clocks.resolve_due_at, deadline(&r, h, r.targets.resolution_us));
  if (!r.answered) {
    DIFFERS("the response deadline", t->clocks.response_due_at, deadline(&r, h, r.targets.response_us));
  }
  DIFFERS("the escalation level", t->clocks.escalation_level, told->level);
  DIFFERS("response told", (t->clocks.marks & SLA_RESPONSE_BREACHED) != 0, told->response);
  DIFFERS("resolution told", (t->clocks.marks & SLA_RESOLUTION_BREACHED) != 0, told->resolution);
  DIFFERS("warning told", (t->clocks.marks & SLA_RESOLUTION_WARNED) != 0, told->warning);
  DIFFERS("next_at the first moment", next_is_first(t), true);
  return true;
}

static bool agrees(const struct history *h, int *failed_at, char why[200]) {
  struct tested t = {.moment = {.started_at = h->start, .now = h->start}, .targets = h->targets};
  t.clocks = sla_start(&t.targets, &t.moment);
  struct told told = {0};
  for (int i = 0; i < h->count; i++) {
    *failed_at = i;
    take_step(&t, &h->steps[i]);
    take_back(&told, h, i + 1);
    if (h->steps[i].kind == LOOK) {
      look(&told, h, i + 1);
    }
    if (!compare(&t, h, i + 1, &told, why)) {
      return false;
    }
  }
  return true;
}

/* ---- made by chance ---- */

static uint64_t roll(uint64_t *seed, uint64_t sides) {
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (*seed >> 33) % sides;
}

static struct sla_targets roll_targets(uint64_t *seed) {
  return (struct sla_targets){.response_us = roll(seed, 4) == 0 ? 0 : 1 + (int64_t)roll(seed, 60),
                              .resolution_us = roll(seed, 6) == 0 ? 0 : 1 + (int64_t)roll(seed, 120)};
}

/* Only what can follow: a step that can't becomes a look, also where shrinking took another away. */
static void make_possible(struct history *h) {
  bool stands = false, solved = false, answered = false;
  for (int i = 0; i < h->count; i++) {
    enum kind *kind = &h->steps[i].kind;
    bool possible = *kind == PAUSE    ? !stands
                    : *kind == RESUME ? stands && !solved
                    : *kind == ANSWER ? !answered
                    : *kind == SOLVE  ? !solved
                    : *kind == REOPEN ? solved
                                      : true;
    if (!possible) {
      *kind = LOOK;
    }
    stands = *kind == PAUSE || *kind == SOLVE || (stands && *kind != RESUME && *kind != REOPEN);
    solved = *kind == SOLVE || (solved && *kind != REOPEN);
    answered = answered || *kind == ANSWER;
  }
}

static int64_t roll_advance(uint64_t *seed, bool jumps) {
  switch (roll(seed, 12)) {
    case 0:
      return jumps ? -(int64_t)roll(seed, 150) : 0;
    case 1:
      return jumps ? (int64_t)roll(seed, 400) : 1;
    case 2:
      return 0;
    default:
      return (int64_t)roll(seed, 20);
  }
}

static struct history make_history(uint64_t seed, bool jumps) {
  struct history h = {.start = 1000000, .targets = roll_targets(&seed), .count = STEPS};
  for (int i = 0; i < h.count; i++) {
    h.steps[i] = (struct step){.advance_us = roll_advance(&seed, jumps),
                               .kind = roll(&seed, 2) == 0 ? LOOK : (enum kind)roll(&seed, KIND_COUNT),
                               .targets = roll_targets(&seed)};
  }
  make_possible(&h);
  return h;
}

/* ---- made short ---- */

static bool still_fails(struct history h, struct history *smaller) {
  char why[200];
  int at;
  make_possible(&h);
  if (agrees(&h, &at, why)) {
    return false;
  }
  h.count = at + 1;
  *smaller = h;
  return true;
}

static bool shrink_once(struct history *h) {
  for (int i = 0; i < h->count; i++) {
    struct history without = *h;
    memmove(&without.steps[i], &without.steps[i + 1], (size_t)(h->count - i - 1) * sizeof *h->steps);
    without.count--;
    struct history shorter = *h;
    shorter.steps[i].advance_us /= 2;
    bool can_halve = h->steps[i].advance_us != 0;
    if (still_fails(without, h) || (can_halve && still_fails(shorter, h))) {
      return true;
    }
  }
  return false;
}

static void show(const struct history *h, uint64_t seed) {
  char why[200] = "";
  int at = 0;
  (void)agrees(h, &at, why);
  print_message("history %" PRIu64 ", shrunk: targets response %" PRId64 ", resolution %" PRId64 "\n", seed,
                h->targets.response_us, h->targets.resolution_us);
  int64_t now = 0;
  for (int i = 0; i < h->count; i++) {
    const struct step *step = &h->steps[i];
    now += step->advance_us;
    print_message("  %+5" PRId64 " (at %" PRId64 "): %s", step->advance_us, now, kind_words[step->kind]);
    if (step->kind == RETARGET) {
      print_message(" to %" PRId64 ", %" PRId64, step->targets.response_us, step->targets.resolution_us);
    }
    print_message("\n");
  }
  print_message("  then %s\n", why);
}

static void hold_histories(bool jumps) {
  for (uint64_t i = 0; i < HISTORIES; i++) {
    struct history h = make_history(i * 2 + jumps, jumps);
    char why[200];
    int at;
    if (!agrees(&h, &at, why)) {
      h.count = at + 1;
      while (shrink_once(&h)) {
      }
      show(&h, i);
      fail();
    }
  }
}

static void any_history_agrees_with_an_oracle_that_reads_the_whole_journal(void **state) {
  (void)state;
  hold_histories(false);
}

/* Nothing is told twice or left out, and no deadline moves, because the wall clock was set. */
static void so_does_one_whose_wall_clock_is_set_forwards_and_back(void **state) {
  (void)state;
  hold_histories(true);
}

/* ---- the calendar ---- */

struct civil {
  int year, month, day, hour, minute;
};

static int days_of(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && leap);
}

static void tick_minute(struct civil *c) {
  if (++c->minute < 60) {
    return;
  }
  c->minute = 0;
  if (++c->hour < 24) {
    return;
  }
  c->hour = 0;
  if (++c->day <= days_of(c->year, c->month)) {
    return;
  }
  c->day = 1;
  if (++c->month <= 12) {
    return;
  }
  c->month = 1;
  c->year++;
}

static int64_t civil_us(const struct civil *c) {
  char text[TIME_TEXT_SIZE];
  int64_t us = 0;
  snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:30Z", c->year, c->month, c->day, c->hour, c->minute);
  assert_int_equal(time_parse(str_of(text), &us), STATUS_OK);
  return us;
}

/* The ends of months and years, and of February in years that leap, that don't, and in 2100 and 2400. */
static struct civil roll_start(uint64_t *seed) {
  static const int years[] = {2024, 2026, 2027, 2028, 2031, 2099, 2100, 2399, 2400};
  struct civil c = {.year = years[roll(seed, sizeof years / sizeof *years)],
                    .month = roll(seed, 3) == 0 ? 2 : 1 + (int)roll(seed, 12)};
  c.day = days_of(c.year, c.month) - (int)roll(seed, 2);
  c.hour = 22 + (int)roll(seed, 2);
  c.minute = (int)roll(seed, 60);
  return c;
}

static void deadlines_fall_where_a_calendar_turned_minute_by_minute_comes_to(void **state) {
  (void)state;
  static const int64_t targets[] = {1, 60, 120, 240, 1440, 2880, 43200, 525600};
  for (uint64_t i = 0; i < 400; i++) {
    uint64_t seed = i;
    struct civil c = roll_start(&seed);
    int64_t minutes = targets[roll(&seed, sizeof targets / sizeof *targets)];
    int64_t stood = (int64_t)roll(&seed, 3000);
    const struct sla_targets target = {.resolution_us = minutes * TIME_MINUTE_US};
    struct sla_moment moment = {.started_at = civil_us(&c), .now = civil_us(&c)};
    struct sla_clocks clocks = sla_start(&target, &moment);
    /* Standing still from its birth on. */
    moment.is_standing = true;
    clocks = sla_update(&clocks, &target, &moment);
    for (int64_t n = 0; n < stood; n++) {
      tick_minute(&c);
    }
    moment.now = civil_us(&c);
    moment.is_standing = false;
    clocks = sla_update(&clocks, &target, &moment);
    for (int64_t n = 0; n < minutes; n++) {
      tick_minute(&c);
    }
    assert_int_equal(clocks.resolve_due_at, civil_us(&c));
    moment.now = civil_us(&c);
    assert_int_equal(sla_due(&clocks, &moment) & SLA_RESOLUTION_BREACHED, 0);
    moment.now++;
    assert_int_equal(sla_due(&clocks, &moment), SLA_RESOLUTION_BREACHED);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_history_agrees_with_an_oracle_that_reads_the_whole_journal),
      cmocka_unit_test(so_does_one_whose_wall_clock_is_set_forwards_and_back),
      cmocka_unit_test(deadlines_fall_where_a_calendar_turned_minute_by_minute_comes_to),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
