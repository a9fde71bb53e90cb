#include "base/time.h"
#include "desk/sla/sla.h"
#include "desk/ticket/ticket.h"

/* The arithmetic. Everything follows from one number, the clock's reading: the present while the clocks run,
 * the moment they were stopped while they stand. A deadline and a reading both leave the same standing time
 * out, so that they can be compared at any time. */

enum { WARNING_SHARE = 5 }; /* the warning comes when the last fifth begins */

struct sla_targets sla_default_targets(int priority) {
  static const int64_t hours[PRIORITY_COUNT] = {
      [PRIORITY_LOW] = 48,     [PRIORITY_NORMAL] = 24,   [PRIORITY_HIGH] = 4,
      [PRIORITY_CRITICAL] = 2, [PRIORITY_EMERGENCY] = 1,
  };
  bool known = priority >= PRIORITY_LOW && priority < PRIORITY_COUNT;
  return (struct sla_targets){.resolution_us = hours[known ? priority : PRIORITY_NORMAL] * TIME_HOUR_US};
}

/* What happens at the deadline's very moment is in time. */
static bool is_past(const struct sla_clocks *clocks, int64_t deadline, int64_t now) {
  return (clocks->paused_at != 0 ? clocks->paused_at : now) > deadline;
}

/* The target itself is not kept: it is what the deadline says beyond the start and the standing time. */
static int64_t warning_at(const struct sla_clocks *clocks, int64_t started_at) {
  int64_t target_us = clocks->resolve_due_at - started_at - clocks->paused_us;
  return clocks->resolve_due_at - target_us / WARNING_SHARE;
}

/* Whether the timer must still tell of it one day. */
static bool awaits_response(const struct sla_clocks *clocks) {
  return clocks->response_due_at != 0 && (clocks->marks & SLA_RESPONSE_BREACHED) == 0;
}

static bool awaits_resolution(const struct sla_clocks *clocks) {
  return clocks->resolve_due_at != 0 && (clocks->marks & SLA_RESOLUTION_BREACHED) == 0;
}

/* A warning is for those who can still act: not while the clock stands, nor when it is too late. */
static bool awaits_warning(const struct sla_clocks *clocks) {
  return awaits_resolution(clocks) && clocks->paused_at == 0 && (clocks->marks & SLA_RESOLUTION_WARNED) == 0;
}

/* The first moment past it. */
static void take_earlier(int64_t *next_at, int64_t deadline) {
  if (*next_at == 0 || deadline < *next_at) {
    *next_at = deadline + 1;
  }
}

/* Standing clocks reach nothing more, but what they had reached before is still to be told. */
static int64_t find_next(const struct sla_clocks *clocks, const struct sla_moment *moment) {
  bool stands = clocks->paused_at != 0;
  int64_t next_at = 0;
  /* A response deadline outlives the response only where it was missed (missed_response). */
  if (awaits_response(clocks) &&
      (!stands || moment->responded_at != 0 || clocks->response_due_at < clocks->paused_at)) {
    take_earlier(&next_at, clocks->response_due_at);
  }
  if (awaits_resolution(clocks) && (!stands || clocks->resolve_due_at < clocks->paused_at)) {
    take_earlier(&next_at, clocks->resolve_due_at);
  }
  if (awaits_warning(clocks)) {
    take_earlier(&next_at, warning_at(clocks, moment->started_at));
  }
  return next_at;
}

/* Stops or starts the clocks. A wall clock that was set back adds nothing. A solution out of a standing clock
 * adds up the standing time until then, so that the deadline which stays is the one the solution is judged
 * by.
 */
static void settle_pause(struct sla_clocks *clocks, const struct sla_moment *moment) {
  int64_t until = moment->is_standing ? moment->resolved_at : moment->now;
  if (clocks->paused_at != 0 && until != 0) {
    if (until > clocks->paused_at) {
      clocks->paused_us += until - clocks->paused_at;
      clocks->paused_at = until;
    }
  } else if (moment->is_standing && clocks->paused_at == 0) {
    clocks->paused_at = moment->now;
  }
  if (!moment->is_standing) {
    clocks->paused_at = 0;
  }
}

/* Answered too late, and the timer has not told of it yet. Judged when the answer comes; a deadline that is
 * still there later was missed. */
static bool missed_response(const struct sla_clocks *before, const struct sla_moment *moment) {
  int64_t responded_at = moment->responded_at;
  bool stood = before->paused_at != 0 && before->paused_at < responded_at;
  return awaits_response(before) && (moment->now != responded_at ||
                                     before->response_due_at < (stood ? before->paused_at : responded_at));
}

/* Where the deadline would be had the clocks never stood still: it moves with the target alone. */
static int64_t aim_of(int64_t deadline, const struct sla_clocks *clocks) {
  return deadline != 0 ? deadline - clocks->paused_us : 0;
}

/* Takes back the marks of what lies ahead again because its target changed, and neither because the wall
 * clock was set back nor because the clocks stood still after that. */
static void take_marks_back(struct sla_clocks *clocks, const struct sla_clocks *before,
                            const struct sla_moment *moment) {
  if (moment->responded_at == 0 &&
      aim_of(clocks->response_due_at, clocks) != aim_of(before->response_due_at, before) &&
      (clocks->response_due_at == 0 || !is_past(clocks, clocks->response_due_at, moment->now))) {
    clocks->marks &= ~(int64_t)SLA_RESPONSE_BREACHED;
  }
  if (aim_of(clocks->resolve_due_at, clocks) == aim_of(before->resolve_due_at, before)) {
    return;
  }
  if (clocks->resolve_due_at == 0 || !is_past(clocks, clocks->resolve_due_at, moment->now)) {
    clocks->marks &= ~(int64_t)SLA_RESOLUTION_BREACHED;
  }
  if (clocks->resolve_due_at == 0 || !is_past(clocks, warning_at(clocks, moment->started_at), moment->now)) {
    clocks->marks &= ~(int64_t)SLA_RESOLUTION_WARNED;
  }
}

struct sla_clocks sla_update(const struct sla_clocks *before, const struct sla_targets *targets,
                             const struct sla_moment *moment) {
  struct sla_clocks clocks = *before;
  settle_pause(&clocks, moment);
  int64_t start = moment->started_at + clocks.paused_us;
  if (moment->responded_at == 0) {
    clocks.response_due_at = targets->response_us > 0 ? start + targets->response_us : 0;
  } else {
    clocks.response_due_at = missed_response(before, moment) ? before->response_due_at : 0;
  }
  if (moment->resolved_at == 0) {
    clocks.resolve_due_at = targets->resolution_us > 0 ? start + targets->resolution_us : 0;
  } else if (before->resolve_due_at != 0) {
    clocks.resolve_due_at = before->resolve_due_at + (clocks.paused_us - before->paused_us);
  }
  take_marks_back(&clocks, before, moment);
  clocks.next_at = find_next(&clocks, moment);
  return clocks;
}

struct sla_clocks sla_start(const struct sla_targets *targets, const struct sla_moment *moment) {
  const struct sla_clocks none = {0};
  struct sla_moment born = *moment;
  if (born.resolved_at != 0) { /* born solved: the deadline is one that was never needed, but it is shown */
    born.resolved_at = 0;
    born.is_standing = true;
  }
  return sla_update(&none, targets, &born);
}

int64_t sla_due(const struct sla_clocks *clocks, const struct sla_moment *moment) {
  int64_t due = 0;
  if (awaits_response(clocks) &&
      (moment->responded_at != 0 || is_past(clocks, clocks->response_due_at, moment->now))) {
    due |= SLA_RESPONSE_BREACHED;
  }
  if (awaits_resolution(clocks) && is_past(clocks, clocks->resolve_due_at, moment->now)) {
    due |= SLA_RESOLUTION_BREACHED;
  } else if (awaits_warning(clocks) && is_past(clocks, warning_at(clocks, moment->started_at), moment->now)) {
    due |= SLA_RESOLUTION_WARNED;
  }
  return due;
}

struct sla_clocks sla_done(const struct sla_clocks *before, int64_t due, const struct sla_moment *moment) {
  struct sla_clocks clocks = *before;
  clocks.marks |= due;
  clocks.escalation_level += (due & SLA_RESPONSE_BREACHED) != 0;
  clocks.escalation_level += (due & SLA_RESOLUTION_BREACHED) != 0;
  if ((due & SLA_RESPONSE_BREACHED) != 0 && moment->responded_at != 0) {
    clocks.response_due_at = 0;
  }
  clocks.next_at = find_next(&clocks, moment);
  return clocks;
}

bool sla_is_overdue(const struct sla_clocks *clocks, const struct sla_moment *moment) {
  return !moment->is_standing && moment->resolved_at == 0 && clocks->resolve_due_at != 0 &&
         moment->now > clocks->resolve_due_at;
}
