#include "desk/activity/activity.h"
#include "desk/notice/notice.h"
#include "desk/sla/sla.h"
#include "tickets.h"

/* Three years of a desk in seconds: tickets live by the commands, the timer comes when it said it would (or
 * too late, for a while), targets change. In the end each ticket's clocks, marks, history and notices are
 * what an oracle says that walked through all the minutes of its life. */

enum {
  TICKETS = 70,
  OPERATIONS = 1000,
  CHANGES_MAX = OPERATIONS,
  TELLINGS_MAX = 64,
  LATE_MAX = 64,
  CATEGORIES = 5,
  MINUTES = 3 * 365 * 1440 + 1440
};
/* 2027-11-15T00:00:00Z: a leap day, three ends of a year and 36 of a month lie ahead. */
#define FIRST INT64_C(1826236800000000)

enum operation { PEND, RUN, SOLVE, CLOSE, REOPEN, ANSWER, ASK, SORT, RANK, ASSIGN, REMOVE, RESTORE };

struct change {
  int64_t minute;
  int ticket; /* -1: a target of the tenant */
  enum operation operation;
  int category, priority;
  struct sla_targets targets; /* minutes */
};

struct life {
  struct ticket ticket;
  int64_t born; /* minute */
  int first_category, first_priority;
  int category, priority;
  int status;
  bool removed;
};

struct desk {
  struct store *store;
  struct ctx nodes[2]; /* the timer's connections, in turn */
  int node_count, turn;
  struct who customer, technician, supervisor, manager;
  uint64_t state;
  int64_t minute;
  struct life lives[TICKETS];
  int count;
  struct change changes[CHANGES_MAX];
  int change_count;
  struct {
    int64_t from, to; /* minutes: the timer does not look */
  } late[LATE_MAX];
  int late_count;
  int64_t looks;
};

static int64_t draw(struct desk *desk, int64_t below) {
  desk->state = desk->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (int64_t)((desk->state >> 33) % (uint64_t)below);
}

static int64_t us_of(int64_t minute) {
  return FIRST + minute * TIME_MINUTE_US;
}

static struct ctx *act(struct desk *desk, const struct who *who) {
  desk->store->ctx.now_us = us_of(desk->minute);
  return as(desk->store, who);
}

/* ---- the timer ---- */

static int64_t look(struct desk *desk, int64_t now_us, int64_t max) {
  struct ctx *ctx = &desk->nodes[desk->turn++ % desk->node_count];
  struct ticket_sla_done done = {0};
  int64_t next_at = 0;
  ctx->now_us = now_us;
  assert_ok(ticket_sla_run(ctx, max, &done, &next_at));
  assert_true(max == 0 || done.tickets > 0);
  return next_at;
}

/* Comes when it said, unless it is late; then as soon as it can. */
static void let_timer_work(struct desk *desk, int64_t until_us) {
  int64_t late_us = desk->late_count > 0 ? us_of(desk->late[desk->late_count - 1].to) : 0;
  int64_t next_at = look(desk, us_of(desk->minute), 0);
  while (next_at != 0) {
    int64_t when = next_at > us_of(desk->minute) ? next_at : us_of(desk->minute) + 1;
    when = when > late_us ? when : late_us + 1;
    if (when > until_us) {
      return;
    }
    desk->looks++;
    next_at = look(desk, when, 3);
  }
}

/* ---- the desk's days ---- */

static struct change *note(struct desk *desk, int ticket, enum operation operation) {
  assert_true(desk->change_count < CHANGES_MAX);
  struct change *change = &desk->changes[desk->change_count++];
  *change = (struct change){.minute = desk->minute, .ticket = ticket, .operation = operation};
  return change;
}

static void make(struct desk *desk) {
  struct life *life = &desk->lives[desk->count++];
  *life = (struct life){.born = desk->minute,
                        .category = 1 + (int)draw(desk, 4),
                        .priority = 1 + (int)draw(desk, 5),
                        .status = TICKET_NEW};
  life->first_category = life->category;
  life->first_priority = life->priority;
  struct ticket_new new_ticket = plain_ticket();
  new_ticket.category = (enum ticket_category)life->category;
  new_ticket.priority = (enum ticket_priority)life->priority;
  assert_ok(ticket_create(act(desk, &desk->customer), &new_ticket, &life->ticket));
}

static struct sla_targets draw_minutes(struct desk *desk) {
  static const int64_t some[] = {0, 5, 30, 60, 240, 1440, 2880, 10080, 43200, 525600};
  return (struct sla_targets){some[draw(desk, 8)], some[draw(desk, 10)]};
}

/* Recomputed at once, in steps, as the timer does. */
static void retarget(struct desk *desk) {
  struct change *change = note(desk, -1, RUN);
  change->category = 1 + (int)draw(desk, 4);
  change->targets = draw_minutes(desk);
  const struct sla_target target = {change->category, change->targets.response_us,
                                    change->targets.resolution_us, 0};
  assert_ok(sla_set(act(desk, &desk->manager), 1, &target));
  int64_t last_id = 0;
  do {
    assert_ok(ticket_sla_recompute(act(desk, NULL), 1, last_id, 7, &last_id));
  } while (last_id != 0);
  store_sql(desk->store, "DELETE FROM sla_stale");
}

static bool is_done(int status) {
  return status == TICKET_RESOLVED || status == TICKET_CLOSED;
}

static bool possible(const struct life *life, enum operation operation) {
  bool done = is_done(life->status);
  switch (operation) {
    case RESTORE:
      return life->removed;
    case PEND:
      return !life->removed && !done && life->status != TICKET_PENDING;
    case RUN:
      return !life->removed && !done && life->status != TICKET_IN_PROGRESS;
    case SOLVE:
    case ASSIGN:
      return !life->removed && !done;
    case CLOSE:
      return !life->removed && life->status != TICKET_CLOSED;
    case REOPEN:
      return !life->removed && done;
    default:
      return !life->removed;
  }
}

static void set(struct desk *desk, struct life *life, enum ticket_status status) {
  const struct ticket_status_change change = {.set = status};
  assert_ok(ticket_set_status(act(desk, &desk->manager), life->ticket.uuid, &change, &life->ticket));
  life->status = status;
}

static void change_field(struct desk *desk, struct life *life, bool category) {
  const struct ticket_change change = {.has_category = category,
                                       .category = (enum ticket_category)life->category,
                                       .has_priority = !category,
                                       .priority = (enum ticket_priority)life->priority};
  assert_ok(ticket_change(act(desk, &desk->manager), life->ticket.uuid, &change, &life->ticket));
}

static void assign_it(struct desk *desk, struct life *life) {
  const struct ticket_assignment assignment = {.assignee_id = desk->technician.account_id};
  assert_ok(ticket_assign(act(desk, &desk->manager), life->ticket.uuid, &assignment, &life->ticket));
  life->status = life->ticket.status;
}

static void operate(struct desk *desk, int ticket, enum operation operation) {
  static const enum ticket_status statuses[] = {[PEND] = TICKET_PENDING,
                                                [RUN] = TICKET_IN_PROGRESS,
                                                [SOLVE] = TICKET_RESOLVED,
                                                [CLOSE] = TICKET_CLOSED,
                                                [REOPEN] = TICKET_IN_PROGRESS};
  struct life *life = &desk->lives[ticket];
  struct change *change = note(desk, ticket, operation);
  struct ticket out;
  switch (operation) {
    case ANSWER:
    case ASK:
      assert_ok(ticket_reply(act(desk, operation == ANSWER ? &desk->manager : &desk->customer),
                             life->ticket.uuid, STR("Look at the lamp."), &out));
      break;
    case SORT:
      change->category = life->category = 1 + (int)draw(desk, 4);
      change_field(desk, life, true);
      break;
    case RANK:
      change->priority = life->priority = 1 + (int)draw(desk, 5);
      change_field(desk, life, false);
      break;
    case ASSIGN:
      assign_it(desk, life);
      break;
    case REMOVE:
      assert_ok(ticket_remove(act(desk, &desk->manager), life->ticket.uuid, false, &out));
      life->removed = true;
      break;
    case RESTORE:
      assert_ok(ticket_restore(act(desk, &desk->manager), life->ticket.uuid, &out));
      life->removed = false;
      break;
    default:
      set(desk, life, statuses[operation]);
      break;
  }
}

/* Often to the very minute of a deadline, or the one after; else some minutes or days on. */
static int64_t draw_minute(struct desk *desk) {
  int64_t next_at = look(desk, us_of(desk->minute), 0);
  if (next_at > us_of(desk->minute) && draw(desk, 3) == 0) {
    int64_t minute = (next_at - 1 - FIRST) / TIME_MINUTE_US + draw(desk, 2);
    if (minute >= desk->minute && minute < desk->minute + 5000) {
      return minute;
    }
  }
  return desk->minute + (draw(desk, 2) == 0 ? draw(desk, 90) : draw(desk, 6300));
}

static void live_one_step(struct desk *desk) {
  int64_t minute = draw_minute(desk);
  let_timer_work(desk, us_of(minute));
  desk->minute = minute;
  bool late = desk->late_count > 0 && minute < desk->late[desk->late_count - 1].to;
  if (!late && draw(desk, 25) == 0 && desk->late_count < LATE_MAX) {
    desk->late[desk->late_count].from = minute;
    desk->late[desk->late_count++].to = minute + 1 + draw(desk, 5000);
  }
  if (desk->count < TICKETS && draw(desk, 8) == 0) {
    make(desk);
    return;
  }
  if (draw(desk, 20) == 0) {
    retarget(desk);
    return;
  }
  /* The young ones change most. */
  int from = desk->count > 12 && draw(desk, 4) != 0 ? desk->count - 12 : 0;
  int ticket = from + (int)draw(desk, desk->count - from);
  enum operation operation = (enum operation)draw(desk, RESTORE + 1);
  if (possible(&desk->lives[ticket], operation)) {
    operate(desk, ticket, operation);
  }
}

/* ---- the oracle ---- */

struct telling {
  int64_t minute, level;
  enum sla_mark mark;
  bool to_technician;
};

/* A ticket, one minute after the other. */
struct oracle {
  const struct desk *desk;
  int category, priority;
  struct sla_targets by_category[CATEGORIES]; /* minutes; what the tenant set */
  bool has_target[CATEGORIES];
  int64_t response, resolution; /* targets that count for it, in minutes; 0 none */
  int64_t ran;                  /* minutes its clocks ran */
  int64_t stopped;              /* the minute at which they stand */
  bool stands, solved, answered, assigned, removed;
  bool response_missed, response_told, resolution_missed, resolution_told, warned;
  const char *answer; /* what its history says last of the response clock; NULL: a deadline */
  int64_t level;
  struct telling tellings[TELLINGS_MAX];
  int telling_count;
};

static void take_targets(struct oracle *o) {
  static const int64_t hours[] = {0, 48, 24, 4, 2, 1};
  struct sla_targets now = {.resolution_us = hours[o->priority] * 60};
  if (o->has_target[o->category]) {
    now = o->by_category[o->category];
  }
  if (!o->answered && now.response_us != o->response) {
    o->response = now.response_us;
    if (o->response == 0 || o->ran <= o->response) {
      o->response_missed = o->response_told = false;
    }
  }
  if (!o->solved && now.resolution_us != o->resolution) {
    o->resolution = now.resolution_us;
    if (o->resolution == 0 || o->ran <= o->resolution) {
      o->resolution_missed = o->resolution_told = false;
    }
    if (o->resolution == 0 || o->ran <= o->resolution - o->resolution / 5) {
      o->warned = false;
    }
  }
}

static void answer(struct oracle *o) {
  if (!o->answered && o->response != 0) {
    o->answer = o->ran > o->response ? "missed" : "met";
  }
  o->answered = true;
}

static void stand(struct oracle *o, int64_t minute) {
  o->stands = true;
  o->stopped = minute;
}

static void follow_ticket(struct oracle *o, const struct change *change) {
  switch (change->operation) {
    case PEND:
      answer(o);
      stand(o, change->minute);
      break;
    case SOLVE:
    case CLOSE:
      answer(o);
      if (!o->solved) { /* closed after it was resolved: they stand since then */
        stand(o, change->minute);
      }
      break;
    case RUN:
    case REOPEN:
      answer(o);
      o->stands = false;
      break;
    case ANSWER:
      answer(o);
      break;
    case ASSIGN:
      answer(o);
      o->assigned = true;
      break;
    case SORT:
      o->category = change->category;
      break;
    case RANK:
      o->priority = change->priority;
      break;
    case REMOVE:
    case RESTORE:
      o->removed = change->operation == REMOVE;
      break;
    default:
      break;
  }
  o->solved =
      change->operation == SOLVE || change->operation == CLOSE || (o->solved && change->operation != REOPEN);
  take_targets(o);
}

/* What the tenant set counts for a ticket that is open; others hear of it when they are. */
static void follow_tenant(struct oracle *o, const struct change *change) {
  o->by_category[change->category] = change->targets;
  o->has_target[change->category] = true;
  if (change->category == o->category && !o->solved && !o->removed) {
    take_targets(o);
  }
}

static void tell(struct oracle *o, int64_t minute, enum sla_mark mark) {
  assert_true(o->telling_count < TELLINGS_MAX);
  o->level += mark != SLA_RESOLUTION_WARNED;
  o->tellings[o->telling_count++] = (struct telling){minute, o->level, mark, o->assigned};
}

static bool timer_looks(const struct desk *desk, int64_t minute) {
  for (int i = 0; i < desk->late_count; i++) {
    if (minute >= desk->late[i].from && minute < desk->late[i].to) {
      return false;
    }
  }
  return true;
}

static void tell_all(struct oracle *o, int64_t minute) {
  if (o->response_missed && !o->response_told) {
    o->response_told = true;
    tell(o, minute, SLA_RESPONSE_BREACHED);
  }
  if (o->resolution_missed && !o->resolution_told) {
    o->resolution_told = true;
    tell(o, minute, SLA_RESOLUTION_BREACHED);
  } else if (!o->stands && o->resolution != 0 && !o->resolution_told && !o->warned &&
             o->ran >= o->resolution - o->resolution / 5) {
    o->warned = true;
    tell(o, minute, SLA_RESOLUTION_WARNED);
  }
}

/* What happens in a deadline's own minute comes in time; right after it the minute is past. */
static void end_minute(struct oracle *o, int64_t minute) {
  int64_t reading = o->ran + !o->stands;
  o->response_missed |= !o->answered && o->response != 0 && reading > o->response;
  o->resolution_missed |= o->resolution != 0 && reading > o->resolution;
  if (!o->removed && timer_looks(o->desk, minute)) {
    tell_all(o, minute);
  }
  o->ran = reading;
}

static void foretell(const struct desk *desk, int ticket, struct oracle *o) {
  const struct life *life = &desk->lives[ticket];
  *o = (struct oracle){.desk = desk, .category = life->first_category, .priority = life->first_priority};
  const struct change *change = desk->changes, *end = desk->changes + desk->change_count;
  for (; change < end && change->minute < life->born; change++) {
    if (change->ticket < 0) {
      o->by_category[change->category] = change->targets;
      o->has_target[change->category] = true;
    }
  }
  take_targets(o);
  for (int64_t minute = life->born; minute < desk->minute; minute++) {
    for (; change < end && change->minute == minute; change++) {
      if (change->ticket == ticket) {
        follow_ticket(o, change);
      } else if (change->ticket < 0) {
        follow_tenant(o, change);
      }
    }
    end_minute(o, minute);
  }
}

/* ---- what came of it ---- */

static int64_t deadline(const struct desk *desk, const struct oracle *o, int64_t target) {
  return target == 0 ? 0 : us_of((o->stands ? o->stopped : desk->minute) + target - o->ran);
}

static void compare_clocks(const struct desk *desk, const struct ticket *ticket, const struct oracle *o) {
  int64_t marks = (o->response_told ? SLA_RESPONSE_BREACHED : 0) |
                  (o->resolution_told ? SLA_RESOLUTION_BREACHED : 0) |
                  (o->warned ? SLA_RESOLUTION_WARNED : 0);
  assert_int_equal(ticket->sla.resolve_due_at, deadline(desk, o, o->resolution));
  assert_int_equal(ticket->sla.response_due_at, o->answered ? 0 : deadline(desk, o, o->response));
  assert_int_equal(ticket->sla.escalation_level, o->level);
  assert_int_equal(ticket->sla.marks, marks);
  assert_int_equal(ticket->sla.paused_at, o->stands ? us_of(o->stopped) : 0);
}

static const char *word_of(enum sla_mark mark) {
  return mark == SLA_RESPONSE_BREACHED     ? "response"
         : mark == SLA_RESOLUTION_BREACHED ? "resolution"
                                           : "warning";
}

/* Each telling stands in the history at its microsecond, once, and so do its notices. */
static void compare_tellings(struct desk *desk, const struct ticket *ticket, const struct oracle *o) {
  struct store *store = desk->store;
  struct activity *history = NULL;
  size_t count = 0;
  int found = 0;
  assert_ok(activity_list(as(store, &desk->manager), ticket->id, &history, &count));
  for (size_t i = 0; i < count; i++) {
    bool warned = history[i].action == ACTIVITY_SLA_WARNED;
    if (!warned && history[i].action != ACTIVITY_SLA_BREACHED) {
      continue;
    }
    assert_true(found < o->telling_count);
    const struct telling *telling = &o->tellings[found++];
    assert_str(warned ? STR("warning") : history[i].old_value, word_of(telling->mark));
    assert_int_equal(history[i].created_at, us_of(telling->minute) + 1);
    if (!warned) {
      assert_str(history[i].new_value, SQL(store, "%" PRId64, telling->level));
    }
  }
  assert_int_equal(found, o->telling_count);
  int64_t to_technician = 0;
  for (int i = 0; i < found; i++) {
    const struct telling *telling = &o->tellings[i];
    to_technician += telling->to_technician;
    assert_int_equal(
        NUMBER(store,
               "SELECT COUNT(*) FROM notice WHERE ticket_id = %" PRId64 " AND value = %d AND kind = %d"
               " AND created_at = %" PRId64 " AND account_id IN (%" PRId64 ", %" PRId64 ")",
               ticket->id, (int)telling->mark,
               telling->mark == SLA_RESOLUTION_WARNED ? NOTICE_SLA_WARNING : NOTICE_SLA_BREACH,
               us_of(telling->minute) + 1, desk->supervisor.account_id, desk->manager.account_id),
        2);
  }
  assert_int_equal(
      NUMBER(store, "SELECT COUNT(*) FROM notice WHERE ticket_id = %" PRId64 " AND kind IN (%d, %d)",
             ticket->id, NOTICE_SLA_WARNING, NOTICE_SLA_BREACH),
      2 * found + to_technician);
}

/* The last deadlines that the history tells are those the ticket has. */
static void explain(struct desk *desk, const struct ticket *ticket, const struct oracle *o) {
  struct activity *history = NULL;
  size_t count = 0;
  struct str resolution = STR_NONE, response = STR_NONE;
  assert_ok(activity_list(as(desk->store, &desk->manager), ticket->id, &history, &count));
  for (size_t i = 0; i < count; i++) {
    const struct activity *entry = &history[i];
    if (entry->action == ACTIVITY_SLA_STARTED || entry->action == ACTIVITY_SLA_RESUMED ||
        entry->action == ACTIVITY_SLA_CHANGED) {
      resolution = entry->new_value;
    } else if (entry->action == ACTIVITY_SLA_PAUSED || entry->action == ACTIVITY_SLA_STOPPED) {
      resolution = entry->old_value;
    } else if (entry->action == ACTIVITY_CHANGED && str_is(entry->field, "response_deadline")) {
      response = entry->new_value;
    }
  }
  char text[TIME_TEXT_SIZE];
  int64_t due_at = ticket->sla.resolve_due_at;
  assert_str(resolution, due_at != 0 ? time_print(due_at, text) : NULL);
  due_at = ticket->sla.response_due_at;
  assert_str(response, o->answered ? o->answer : due_at != 0 ? time_print(due_at, text) : NULL);
}

static void open_desk(struct store *store, struct desk *desk) {
  *desk = (struct desk){.store = store, .state = 20271115, .node_count = store->pgsql ? 2 : 1};
  desk->customer = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  desk->technician = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  desk->supervisor = person(store, 1, ROLE_SUPERVISOR, "Sari", "sari@example.com");
  desk->manager = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  for (int i = 0; i < desk->node_count; i++) {
    desk->nodes[i] = store_open(store, DB_WRITE);
  }
}

static void close_desk(struct desk *desk) {
  for (int i = 0; i < desk->node_count; i++) {
    store_close(&desk->nodes[i]);
  }
}

static void three_years_agree_with_an_oracle_that_walks_every_minute(struct store *store) {
  struct desk *desk = ARENA_NEW(store->ctx.arena, struct desk);
  open_desk(store, desk);
  make(desk);
  for (int step = 0; step < OPERATIONS - 1 && desk->minute < MINUTES - 7000; step++) {
    live_one_step(desk);
  }
  assert_int_equal(desk->count, TICKETS);
  let_timer_work(desk, us_of(MINUTES));
  desk->minute = MINUTES;
  int64_t tellings[SLA_RESOLUTION_BREACHED + 1] = {0};
  for (int i = 0; i < desk->count; i++) {
    struct oracle o;
    struct ticket ticket;
    foretell(desk, i, &o);
    assert_ok(ticket_load_id(&store->ctx, desk->lives[i].ticket.id, &ticket));
    compare_clocks(desk, &ticket, &o);
    compare_tellings(desk, &ticket, &o);
    explain(desk, &ticket, &o);
    for (int n = 0; n < o.telling_count; n++) {
      tellings[o.tellings[n].mark]++;
    }
  }
  /* Enough happened for this to mean something. */
  assert_true(tellings[SLA_RESPONSE_BREACHED] > 10 && tellings[SLA_RESOLUTION_BREACHED] > 50);
  assert_true(tellings[SLA_RESOLUTION_WARNED] > 20 && desk->late_count > 10);
  assert_counters_true(store);
  close_desk(desk);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(three_years_agree_with_an_oracle_that_walks_every_minute),
  };
  return STORE_RUN(tests);
}
