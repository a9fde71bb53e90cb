#include "desk/sync/sync.h"

#include <string.h>

#include "db/db.h"
#include "desk/access/access.h"
#include "desk/statements.h"
#include "desk/sync/sync_internal.h"

/* One view of the store for the whole answer: first what the position says is left of a full telling, then
 * what happened since. */

enum {
  EVENTS_MAX = 4000,                    /* looked at for one answer */
  ASSIGNMENTS_MAX = 100,                /* loaded at once, because of their notes and serial numbers */
  ASSIGNMENTS_BYTES = 16 * 1024 * 1024, /* what so many may need */
  TICKETS_BYTES_MAX = 4 * 1024 * 1024,  /* of tickets an answer; beyond it tells fewer */
  PULL_BYTES_MAX = 64 * 1024 * 1024,
};
/* From the oldest: below every id, as ticket_filter.after_id says. */
#define FROM_THE_OLDEST (INT64_MIN + 1)

struct pull {
  struct str text;
  struct sync_position position;
  struct sync *out;
};

static size_t room(const struct sync *sync) {
  size_t used = sync->ticket_count + sync->removed_count + sync->notice_count + sync->assignment_count;
  return used < SYNC_ROWS_MAX ? SYNC_ROWS_MAX - used : 0;
}

static void release_arena(void *arena) {
  arena_free(arena);
}

/* ---- tickets, as many as their texts allow ---- */

/* Runs `load` in memory of its own, which dies with the request, or at once where the texts were too much:
 * then STATUS_TOO_LARGE, without a problem. */
struct load {
  enum status (*run)(struct ctx *ctx, struct load *load);
  const struct ticket_filter *filter;
  const struct event_position *after, *to;
  struct ticket *tickets;
  size_t count;
};

static enum status load_tickets(struct ctx *ctx, struct load *load) {
  struct arena *arena = arena_new(TICKETS_BYTES_MAX);
  struct ctx inner = *ctx;
  inner.arena = arena;
  enum status status = load->run(&inner, load);
  if (status == STATUS_OK) {
    arena_defer(ctx->arena, release_arena, arena);
    return STATUS_OK;
  }
  if (status != STATUS_TOO_LARGE && inner.problem.kind != NULL) {
    problem_keep(ctx, inner.problem.kind);
  }
  arena_free(arena);
  return status;
}

static enum status load_list(struct ctx *ctx, struct load *load) {
  return ticket_list(ctx, load->filter, &load->tickets, &load->count);
}

static enum status load_follow(struct ctx *ctx, struct load *load) {
  return ticket_follow(ctx, load->after, load->to, &load->tickets, &load->count);
}

/* ---- everything ---- */

static enum status tell_all_tickets(struct ctx *ctx, struct pull *pull) {
  struct sync *out = pull->out;
  struct ticket_filter filter = {
      .after_id = pull->position.cursor != 0 ? pull->position.cursor : FROM_THE_OLDEST,
      .limit = (int64_t)room(out)};
  struct load load = {.run = load_list, .filter = &filter};
  enum status status = load_tickets(ctx, &load);
  while (status == STATUS_TOO_LARGE && filter.limit > 1) {
    filter.limit /= 2;
    status = load_tickets(ctx, &load);
  }
  TRY(status);
  out->tickets = load.tickets;
  out->ticket_count = load.count;
  if (load.count > 0 && (int64_t)load.count == filter.limit) {
    pull->position.cursor = load.tickets[load.count - 1].id;
    return STATUS_OK;
  }
  pull->position.phase = SYNC_FULL_ASSIGNMENTS;
  pull->position.cursor = 0;
  return STATUS_OK;
}

static enum status add_assignments(struct ctx *ctx, struct sync *out, const struct assignment *found,
                                   size_t count) {
  if (out->assignments == NULL) {
    out->assignments = ARENA_ARRAY(ctx->arena, struct assignment, SYNC_ROWS_MAX);
  }
  memcpy(out->assignments + out->assignment_count, found, count * sizeof *found);
  out->assignment_count += count;
  return STATUS_OK;
}

/* A new one, which stands before all others, moves the rest on: one is told twice then, none is left out. */
static enum status tell_all_assignments(struct ctx *ctx, struct pull *pull) {
  struct sync *out = pull->out;
  bool more = ctx->who->role == ROLE_TECHNICIAN;
  while (more && room(out) > 0 && arena_left(ctx->arena) > ASSIGNMENTS_BYTES) {
    size_t limit = room(out) < ASSIGNMENTS_MAX ? room(out) : ASSIGNMENTS_MAX;
    const struct assignment_filter filter = {
        .technician = ctx->who->uuid, .skip = pull->position.cursor, .limit = (int64_t)limit};
    struct assignment *found = NULL;
    size_t count = 0;
    int64_t total;
    TRY(assignment_list(ctx, &filter, &found, &count, &total));
    TRY(add_assignments(ctx, out, found, count));
    pull->position.cursor += (int64_t)count;
    more = count == limit;
  }
  if (!more) {
    pull->position.phase = SYNC_FULL_NOTICES;
    pull->position.cursor = 0;
  }
  return STATUS_OK;
}

/* New notices, as many as there is room for. *through: there are no more. */
static enum status tell_notices(struct ctx *ctx, struct pull *pull, bool *through) {
  struct sync *out = pull->out;
  size_t limit = room(out);
  if (limit == 0) {
    *through = false;
    return STATUS_OK;
  }
  struct event_position next;
  TRY(notice_follow(ctx, &pull->position.notice, (int64_t)limit, &out->notices, &out->notice_count, &next));
  if (event_position_compare(&next, &pull->position.notice) > 0) {
    pull->position.notice = next; /* a horizon that fell back repeats nothing */
  }
  *through = out->notice_count < limit;
  return STATUS_OK;
}

static enum status tell_technician(struct ctx *ctx, struct sync *out) {
  if (ctx->who->role != ROLE_TECHNICIAN) {
    return STATUS_OK;
  }
  out->technician = ARENA_NEW(ctx->arena, struct technician);
  return technician_get(ctx, ctx->who->uuid, out->technician);
}

/* A phase after the other while there is room. */
static enum status tell_all(struct ctx *ctx, struct pull *pull) {
  struct sync_position *position = &pull->position;
  pull->out->full = true;
  if (position->phase == SYNC_FULL_TICKETS) {
    TRY(tell_all_tickets(ctx, pull));
  }
  if (position->phase == SYNC_FULL_ASSIGNMENTS) {
    TRY(tell_all_assignments(ctx, pull));
  }
  if (position->phase == SYNC_FULL_NOTICES) {
    bool through;
    TRY(tell_notices(ctx, pull, &through));
    if (through) {
      position->phase = SYNC_CHANGES;
      TRY(tell_technician(ctx, pull->out));
    }
  }
  pull->out->has_more = position->phase != SYNC_CHANGES;
  return STATUS_OK;
}

/* ---- what happened ---- */

/* Of the events those that this answer deals with, and what they ask to tell. */
struct news {
  const struct event *events;
  size_t count; /* of them */
  struct event_position to;
  int64_t *subjects; /* sorted: tickets, and below zero assignments and notices, each once */
  size_t subject_count;
  size_t assignment_count; /* of them */
  bool technician, all_read;
};

static bool is_ticket_event(const struct event *event) {
  return event->kind < EVENT_ACCOUNT_CREATED && event->ticket_id != 0;
}

static bool is_assignment(int64_t subject) {
  return subject < 0 && subject % 2 == 0;
}

/* What an event of the caller's own affairs is about. Odd and even keep notices and assignments apart. */
static int64_t own_subject(const struct who *who, const struct event *event) {
  if (event->account_id != who->account_id || event->new_value <= 0) {
    return 0;
  }
  if (event->kind == EVENT_ASSIGNMENT && who->role == ROLE_TECHNICIAN) {
    return -2 * event->new_value;
  }
  return event->kind == EVENT_NOTICE_READ ? -2 * event->new_value - 1 : 0;
}

/* Where it is or belongs. */
static size_t place_of(const struct news *news, int64_t subject) {
  size_t low = 0, high = news->subject_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (news->subjects[middle] < subject) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/* False: there is no room for one more. */
static bool add_subject(struct news *news, int64_t subject, size_t max) {
  size_t at = place_of(news, subject);
  if (subject == 0 || (at < news->subject_count && news->subjects[at] == subject)) {
    return true;
  }
  if (news->subject_count == max || (is_assignment(subject) && news->assignment_count == ASSIGNMENTS_MAX)) {
    return false;
  }
  memmove(news->subjects + at + 1, news->subjects + at, (news->subject_count - at) * sizeof *news->subjects);
  news->subjects[at] = subject;
  news->subject_count++;
  news->assignment_count += is_assignment(subject);
  return true;
}

static bool is_of_technician(const struct who *who, const struct event *event) {
  return event->account_id == who->account_id &&
         (event->kind == EVENT_TECHNICIAN_MOVED || event->kind == EVENT_TECHNICIAN_AVAILABLE ||
          event->kind == EVENT_TECHNICIAN_CHANGED || event->kind == EVENT_ACCOUNT_CHANGED);
}

/* Takes events in their order until `max` different things are to be told. */
static void take_events(const struct who *who, struct news *news, size_t found, size_t max) {
  for (news->count = 0; news->count < found; news->count++) {
    const struct event *event = &news->events[news->count];
    int64_t subject = is_ticket_event(event) ? event->ticket_id : own_subject(who, event);
    if (!add_subject(news, subject, max)) {
      news->to = (struct event_position){news->events[news->count - 1].txn, news->events[news->count - 1].id};
      return;
    }
    news->technician |= is_of_technician(who, event);
    news->all_read |=
        event->kind == EVENT_NOTICE_READ && event->account_id == who->account_id && event->new_value == 0;
  }
}

/* May the caller have seen a ticket that they can't read now? Customers and staff: those that are asked for
 * were always theirs to see. A technician: while it was theirs or nobody's. One that was given away by the
 * command that made it was never nobody's to anybody's eyes. */
static bool was_seen(const struct who *who, const struct news *news, const struct sync_gone_row *gone) {
  if (access_scope(who->role, MAY_TICKET_READ) != SCOPE_READABLE) {
    return true;
  }
  for (size_t i = 0; i < news->count; i++) {
    const struct event *event = &news->events[i];
    if (event->ticket_id != gone->id) {
      continue;
    }
    bool readable = gone->assignee_id == 0 || gone->assignee_id == who->account_id;
    bool left = event->old_value == who->account_id || event->new_value == who->account_id ||
                (event->old_value == 0 && event->created_at != gone->created_at);
    if ((event->kind == EVENT_TICKET_REMOVED && readable) || (event->kind == EVENT_TICKET_ASSIGNED && left)) {
      return true;
    }
  }
  return false;
}

static enum status tell_removed(struct ctx *ctx, struct pull *pull, const struct news *news) {
  const struct who *who = ctx->who;
  enum scope scope = access_scope(who->role, MAY_TICKET_READ);
  const struct sync_gone_in in = {
      .tenant_id = who->tenant_id,
      .after_txn = pull->position.event.txn,
      .after_id = pull->position.event.id,
      .to_txn = news->to.txn,
      .to_id = news->to.id,
      .kind_below = EVENT_ACCOUNT_CREATED,
      .author_id = scope == SCOPE_OWN ? who->account_id : 0,
      .readable_by = scope == SCOPE_READABLE ? who->account_id : 0,
      .limit = SYNC_ROWS_MAX,
  };
  struct sync_gone_row *rows = NULL;
  size_t count = 0;
  TRY(sql_sync_gone_all(ctx, &in, SYNC_ROWS_MAX, &rows, &count));
  struct sync *out = pull->out;
  out->removed = ARENA_ARRAY(ctx->arena, struct uuid, count);
  for (size_t i = 0; i < count; i++) {
    if (was_seen(who, news, &rows[i])) {
      out->removed[out->removed_count++] = rows[i].uuid;
    }
  }
  return STATUS_OK;
}

static bool is_told(const struct sync *out, int64_t notice_id) {
  for (size_t i = 0; i < out->notice_count; i++) {
    if (out->notices[i].id == notice_id) {
      return true;
    }
  }
  return false;
}

/* A notice that was read meanwhile, unless it is new as well. One that was swept away is not there. */
static enum status tell_read_notice(struct ctx *ctx, struct sync *out, int64_t notice_id) {
  if (is_told(out, notice_id)) {
    return STATUS_OK;
  }
  const struct sync_notice_position_in in = {.account_id = ctx->who->account_id, .id = notice_id};
  struct sync_notice_position_row row;
  enum status status = sql_sync_notice_position(ctx, &in, &row);
  if (status == STATUS_NOT_FOUND) {
    return STATUS_OK;
  }
  TRY(status);
  const struct event_position before = {row.txn, notice_id - 1};
  struct event_position next;
  struct notice *found = NULL;
  size_t count = 0;
  TRY(notice_follow(ctx, &before, 1, &found, &count, &next));
  if (count == 1 && found->id == notice_id) {
    out->notices[out->notice_count++] = *found;
  }
  return STATUS_OK;
}

static enum status tell_assignment(struct ctx *ctx, struct sync *out, int64_t assignment_id) {
  struct assignment assignment;
  TRY(assignment_by_id(ctx, assignment_id, &assignment));
  return add_assignments(ctx, out, &assignment, 1);
}

/* Room for the notices that were read, behind the new ones. */
static enum status tell_own(struct ctx *ctx, struct sync *out, const struct news *news) {
  struct notice *notices = ARENA_ARRAY(ctx->arena, struct notice, out->notice_count + news->subject_count);
  if (out->notice_count > 0) {
    memcpy(notices, out->notices, out->notice_count * sizeof *notices);
  }
  out->notices = notices;
  for (size_t i = 0; i < news->subject_count && news->subjects[i] < 0; i++) {
    int64_t subject = news->subjects[i];
    TRY(is_assignment(subject) ? tell_assignment(ctx, out, -subject / 2)
                               : tell_read_notice(ctx, out, -subject / 2));
  }
  return STATUS_OK;
}

/* The events that fit, and their tickets. Where those are too much text, half as many. */
static enum status take_news(struct ctx *ctx, struct pull *pull, struct news *news, struct load *load,
                             bool *more) {
  struct event *events = NULL;
  size_t found = 0;
  struct event_position next;
  TRY(event_follow(ctx, ctx->who->tenant_id, &pull->position.event, EVENTS_MAX, &events, &found, &next));
  size_t max = room(pull->out);
  news->events = events;
  news->subjects = ARENA_ARRAY(ctx->arena, int64_t, max);
  enum status status;
  do {
    news->subject_count = news->assignment_count = 0;
    news->technician = news->all_read = false;
    news->to = next;
    take_events(ctx->who, news, found, max);
    load->to = &news->to;
    status = load_tickets(ctx, load);
    max /= 2;
  } while (status == STATUS_TOO_LARGE && max > 0);
  *more = news->count < found || found == EVENTS_MAX;
  return status;
}

static enum status tell_changes(struct ctx *ctx, struct pull *pull) {
  struct sync *out = pull->out;
  bool through;
  TRY(tell_notices(ctx, pull, &through));
  if (room(out) == 0) {
    out->has_more = true;
    return STATUS_OK;
  }
  struct news news = {0};
  struct load load = {.run = load_follow, .after = &pull->position.event};
  bool more;
  TRY(take_news(ctx, pull, &news, &load, &more));
  TRY(tell_removed(ctx, pull, &news));
  out->tickets = load.tickets;
  out->ticket_count = load.count;
  TRY(tell_own(ctx, out, &news));
  if (news.technician) {
    TRY(tell_technician(ctx, out));
  }
  if (news.all_read) { /* which they were nobody wrote down: all are told again */
    pull->position.notice = (struct event_position){0, 0};
  }
  pull->position.event = news.to;
  out->has_more = more || news.all_read;
  return STATUS_OK;
}

static enum status pull_run(struct ctx *ctx, void *arg) {
  struct pull *pull = arg;
  *pull->out = (struct sync){0};
  TRY(sync_position_read(ctx, pull->text, &pull->position));
  TRY(pull->position.phase == SYNC_CHANGES ? tell_changes(ctx, pull) : tell_all(ctx, pull));
  pull->out->next = sync_position_print(ctx, &pull->position);
  return STATUS_OK;
}

/* Long answers live in memory of their own, which goes with the request's. What is told is of the caller's own
 * tenant, whichever they act in; the operator's staff have notices in others, too. */
enum status sync_pull(struct ctx *ctx, struct str position, struct sync *out) {
  TRY(access_check(ctx, MAY_SIGNED_IN));
  struct who at_home = *ctx->who;
  at_home.tenant_id = at_home.home_tenant_id;
  struct ctx inner = *ctx;
  inner.who = &at_home;
  inner.arena = arena_new(PULL_BYTES_MAX);
  arena_defer(ctx->arena, release_arena, inner.arena);
  struct sync sync;
  struct pull pull = {.text = position, .out = &sync};
  int64_t before = db_act_in(ctx->db, at_home.operator_staff ? DB_SYSTEM : at_home.home_tenant_id);
  enum status status = db_read(&inner, pull_run, &pull);
  db_act_in(ctx->db, before);
  ctx->problem = inner.problem;
  TRY(status);
  *out = sync;
  return STATUS_OK;
}
