#include "desk/account/account.h"
#include "live/internal.h"

/* Along the logs: which event is told to whom. */

enum { JSON_MAX = 1024 * 1024 };

/* ---- sending ---- */

/* The number of the event goes as the last argument, where the stock client's recovery looks for it. */
static struct ws_frame *frame_of(const struct telling *telling, const char *name, struct str json) {
  CLEANUP_BUF struct buf arguments;
  CLEANUP_BUF struct buf data;
  char offset[LIVE_OFFSET_SIZE];
  buf_init(&arguments, JSON_MAX + LIVE_OFFSET_SIZE + 8);
  buf_init(&data, JSON_MAX + 256);
  buf_add_str(&arguments, json);
  buf_format(&arguments, ",\"%s\"", live_offset_print(&telling->at, offset));
  sio_event_data(&data, name, buf_str(&arguments));
  return sio_frame(
      &(struct sio_packet){.type = SIO_EVENT, .nsp = STR("/"), .id = SIO_NO_ID, .data = buf_str(&data)});
}

static void send_to(const struct telling *telling, const struct live_rooms *rooms, const char *name,
                    struct str json) {
  struct ws_frame *frame = frame_of(telling, name, json);
  if (telling->kept != NULL) {
    live_kept_add(telling->kept, frame);
  } else if (telling->only != NULL) {
    socketio_emit(telling->server, telling->only->id, &frame, 1);
  } else {
    for (unsigned i = 0; i < rooms->count; i++) {
      socketio_emit_room(telling->server, STR("/"), str_of(rooms->names[i]), 0, &frame, 1);
    }
  }
  ws_frame_unref(frame);
}

void live_tell_plain(const struct telling *telling, const char *name) {
  send_to(telling, &(struct live_rooms){0}, name, STR("{}"));
}

static bool is_for(const struct telling *telling, const struct live_rooms *rooms) {
  return telling->only == NULL || live_rooms_meet(rooms, &telling->only->rooms);
}

/* What a printer made, unless it had nothing to say. */
static enum status send_printed(const struct telling *telling, const struct live_rooms *rooms,
                                const char *name, const struct buf *json) {
  if (json->full) {
    return problem_set(telling->ctx, &problem_broken);
  }
  if (name != NULL) {
    send_to(telling, rooms, name, buf_str(json));
  }
  return STATUS_OK;
}

/* ---- subjects ---- */

/* Whoever may read everything of the tenant: the rooms say who hears. */
static struct who reader_of(int64_t tenant_id) {
  return (struct who){.tenant_id = tenant_id, .role = ROLE_SUPER_ADMIN};
}

/* A tenant's tickets of one turn, as they are now. */
struct subjects {
  struct subjects *next;
  int64_t tenant_id;
  struct ticket *tickets;
  size_t count;
};
struct turn {
  struct telling *telling;
  struct event_position from, to;
  struct subjects *subjects;
};

static enum status subjects_of(struct turn *turn, int64_t tenant_id, struct subjects **out) {
  struct subjects *subjects = turn->subjects;
  while (subjects != NULL && subjects->tenant_id != tenant_id) {
    subjects = subjects->next;
  }
  if (subjects == NULL) {
    struct ctx *ctx = turn->telling->ctx;
    struct subjects *found = ARENA_NEW(ctx->arena, struct subjects);
    TRY(ticket_follow(ctx, &turn->from, &turn->to, &found->tickets, &found->count));
    found->tenant_id = tenant_id;
    found->next = turn->subjects;
    turn->subjects = subjects = found;
  }
  *out = subjects;
  return STATUS_OK;
}

/* A ticket that was removed meanwhile is nobody's to read. */
static enum status tell_ticket(struct turn *turn, const struct event *event) {
  struct telling *telling = turn->telling;
  struct subjects *subjects;
  TRY(subjects_of(turn, event->tenant_id, &subjects));
  const struct ticket *ticket = NULL;
  for (size_t i = 0; i < subjects->count && ticket == NULL; i++) {
    ticket = subjects->tickets[i].id == event->ticket_id ? &subjects->tickets[i] : NULL;
  }
  if (ticket == NULL) {
    return STATUS_OK;
  }
  struct live_rooms rooms;
  live_rooms_of_ticket(ticket, &rooms);
  if (!is_for(telling, &rooms)) {
    return STATUS_OK;
  }
  CLEANUP_BUF struct buf json;
  buf_init(&json, JSON_MAX);
  const char *name = NULL;
  TRY(telling->printer->ticket(telling->ctx, event, ticket, &name, &json));
  return send_printed(telling, &rooms, name, &json);
}

static enum status tell_technician(struct telling *telling, const struct event *event) {
  struct live_rooms rooms;
  live_rooms_of_technician(event->tenant_id, event->account_id, &rooms);
  if (!is_for(telling, &rooms)) {
    return STATUS_OK;
  }
  struct technician technician;
  bool found;
  TRY(technician_find(telling->ctx, event->tenant_id, event->account_id, &technician, &found));
  if (!found) {
    return STATUS_OK;
  }
  CLEANUP_BUF struct buf json;
  buf_init(&json, JSON_MAX);
  const char *name = NULL;
  TRY(telling->printer->technician(telling->ctx, event, &technician, &name, &json));
  return send_printed(telling, &rooms, name, &json);
}

static enum status tell_event(struct turn *turn, const struct event *event) {
  struct telling *telling = turn->telling;
  struct who reader = reader_of(event->tenant_id);
  telling->ctx->who = &reader;
  enum status status = STATUS_OK;
  switch (event->kind) {
    case EVENT_TICKET_CREATED:
    case EVENT_TICKET_ASSIGNED:
    case EVENT_TICKET_STATUS:
      status = tell_ticket(turn, event);
      break;
    case EVENT_TECHNICIAN_MOVED:
    case EVENT_TECHNICIAN_AVAILABLE:
      status = tell_technician(telling, event);
      break;
    case EVENT_SESSION_ENDED:
      if (telling->only == NULL) {
        telling->ended(telling->app, event);
      }
      break;
    default:
      break;
  }
  telling->ctx->who = NULL;
  return status;
}

/* ---- the two logs ---- */

static bool is_beyond(const struct event_position *position, const struct event_position *until) {
  return until != NULL && event_position_compare(position, until) > 0;
}

static enum status tell_events(struct telling *telling, bool *more) {
  const struct event_position *until = telling->until != NULL ? &telling->until->event : NULL;
  int64_t tenant_id = telling->only != NULL ? telling->only->who.tenant_id : 0;
  struct event *events = NULL;
  size_t count = 0;
  struct event_position next;
  TRY(event_follow(telling->ctx, tenant_id, &telling->at.event, LIVE_BATCH, &events, &count, &next));
  *more = count == LIVE_BATCH;
  if (is_beyond(&next, until)) {
    next = *until;
    *more = false;
  }
  struct turn turn = {.telling = telling, .from = telling->at.event, .to = next};
  for (size_t i = 0; i < count; i++) {
    struct event_position position = {events[i].txn, events[i].id};
    if (is_beyond(&position, until)) {
      break;
    }
    struct event_position before = telling->at.event;
    telling->at.event = position;
    enum status status = tell_event(&turn, &events[i]);
    if (status != STATUS_OK) {
      telling->at.event = before;
      return status;
    }
  }
  telling->at.event = next;
  return STATUS_OK;
}

static enum status tell_notice(struct telling *telling, const struct notice *notice) {
  if (telling->only == NULL && !live_book_has(telling->book, notice->account_id)) {
    return STATUS_OK;
  }
  struct ctx *ctx = telling->ctx;
  struct account account;
  enum status status = account_by_id(ctx, notice->tenant_id, notice->account_id, &account);
  if (status == STATUS_NOT_FOUND && notice->tenant_id != TENANT_OPERATOR) { /* the operator's staff act anywhere */
    problem_clear(ctx);
    status = account_by_id(ctx, TENANT_OPERATOR, notice->account_id, &account);
  }
  if (status == STATUS_NOT_FOUND) { /* deleted meanwhile */
    problem_clear(ctx);
    return STATUS_OK;
  }
  TRY(status);
  struct live_rooms rooms;
  live_rooms_of_account(notice->account_id, &rooms);
  CLEANUP_BUF struct buf json;
  buf_init(&json, JSON_MAX);
  const char *name = NULL;
  TRY(telling->printer->notice(ctx, notice, account.language, &name, &json));
  return send_printed(telling, &rooms, name, &json);
}

static enum status follow_notices(struct telling *telling, struct notice **notices, size_t *count,
                                  struct event_position *next) {
  struct ctx *ctx = telling->ctx;
  const struct event_position *after = &telling->at.notice;
  if (telling->only == NULL) {
    return notice_follow_all(ctx, after, LIVE_BATCH, notices, count, next);
  }
  ctx->who = &telling->only->who;
  enum status status = notice_follow(ctx, after, LIVE_BATCH, notices, count, next);
  ctx->who = NULL;
  return status;
}

static enum status tell_notices(struct telling *telling, bool *more) {
  const struct event_position *until = telling->until != NULL ? &telling->until->notice : NULL;
  struct notice *notices = NULL;
  size_t count = 0;
  struct event_position next;
  TRY(follow_notices(telling, &notices, &count, &next));
  *more = count == LIVE_BATCH;
  if (is_beyond(&next, until)) {
    next = *until;
    *more = false;
  }
  for (size_t i = 0; i < count; i++) {
    struct event_position position = {notices[i].txn, notices[i].id};
    if (is_beyond(&position, until)) {
      break;
    }
    struct event_position before = telling->at.notice;
    telling->at.notice = position;
    enum status status = tell_notice(telling, &notices[i]);
    if (status != STATUS_OK) {
      telling->at.notice = before;
      return status;
    }
  }
  /* The horizon may fall back a little; what was told is not told again. */
  if (event_position_compare(&next, &telling->at.notice) > 0) {
    telling->at.notice = next;
  }
  return STATUS_OK;
}

enum status live_tell(struct telling *telling, bool *more) {
  bool more_events = false;
  bool more_notices = false;
  TRY(tell_events(telling, &more_events));
  TRY(tell_notices(telling, &more_notices));
  *more = more_events || more_notices;
  return STATUS_OK;
}
