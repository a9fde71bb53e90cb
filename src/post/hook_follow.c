#include "post/hook_follow.h"

#include "base/log.h"
#include "db/db.h"
#include "desk/account/account.h"
#include "desk/webhook/webhook.h"

/* From the event log to deliveries, for each endpoint by its own position. */

enum {
  ENDPOINTS = 20, /* a turn; each with its */
  EVENTS = 20,
};

/* An endpoint's way along its tenant's events. */
struct walk {
  const struct hook_printer *printer;
  struct webhook_behind webhook;
  struct event_position to;
  struct event *events;
  size_t event_count;
  struct ticket *tickets;
  size_t ticket_count;
  struct webhook_new deliveries[EVENTS];
  size_t count;
};

static bool is_wanted(const struct walk *walk, int type) {
  return type != 0 && (walk->webhook.types == 0 || (walk->webhook.types >> type & 1) != 0);
}

/* A ticket that was removed meanwhile is nobody's to read. */
static enum status print_ticket(struct ctx *ctx, const struct walk *walk, const struct event *event,
                                struct buf *json) {
  for (size_t i = 0; i < walk->ticket_count; i++) {
    if (walk->tickets[i].id == event->ticket_id) {
      return walk->printer->ticket(ctx, event, &walk->tickets[i], json);
    }
  }
  return STATUS_OK;
}

static enum status print_technician(struct ctx *ctx, const struct walk *walk, const struct event *event,
                                    struct buf *json) {
  struct technician technician;
  bool found;
  TRY(technician_find(ctx, event->tenant_id, event->account_id, &technician, &found));
  return found ? walk->printer->technician(ctx, event, &technician, json) : STATUS_OK;
}

static enum status print_event(struct ctx *ctx, struct walk *walk, const struct event *event, int type) {
  CLEANUP_BUF struct buf json;
  buf_init(&json, WEBHOOK_BODY_MAX);
  TRY(event->ticket_id != 0 ? print_ticket(ctx, walk, event, &json)
                            : print_technician(ctx, walk, event, &json));
  if (json.full) { /* time would not mend it */
    LOG(LOG_ERROR, "An event is too large for a webhook and was left out", LOG_N("event", event->id));
    return STATUS_OK;
  }
  if (json.len > 0) {
    walk->deliveries[walk->count++] = (struct webhook_new){
        .type = type,
        .subject = event->ticket_id != 0 ? event->ticket_id : -event->account_id,
        .body = str_copy(ctx->arena, buf_str(&json)),
    };
  }
  return STATUS_OK;
}

/* All that is read, in one view of the store. */
static enum status read_events(struct ctx *ctx, void *arg) {
  struct walk *walk = arg;
  walk->count = 0;
  TRY(event_follow(ctx, walk->webhook.tenant_id, &walk->webhook.at, EVENTS, &walk->events, &walk->event_count,
                   &walk->to));
  TRY(ticket_follow(ctx, &walk->webhook.at, &walk->to, &walk->tickets, &walk->ticket_count));
  for (size_t i = 0; i < walk->event_count; i++) {
    int type = webhook_type_of(walk->events[i].kind);
    if (is_wanted(walk, type)) {
      TRY(print_event(ctx, walk, &walk->events[i], type));
    }
  }
  return STATUS_OK;
}

static enum status follow_one(struct ctx *ctx, const struct hook_printer *printer,
                              const struct webhook_behind *webhook) {
  const struct who reader = {
      .tenant_id = webhook->tenant_id, .home_tenant_id = webhook->tenant_id, .role = ROLE_SUPER_ADMIN};
  struct walk walk = {.printer = printer, .webhook = *webhook};
  ctx->who = &reader;
  enum status status = db_read(ctx, read_events, &walk);
  ctx->who = NULL;
  TRY(status);
  bool taken; /* not: another server was faster */
  return webhook_take_events(ctx, webhook, &walk.to, walk.deliveries, walk.count, &taken);
}

enum status hook_follow(struct ctx *ctx, const struct hook_printer *printer, bool *more) {
  struct arena *arena = ctx->arena;
  struct webhook_behind *webhooks = NULL;
  size_t count = 0;
  TRY(webhook_behind(ctx, ENDPOINTS, &webhooks, &count));
  enum status status = STATUS_OK;
  struct arena *piece = arena_new((size_t)64 * 1024 * 1024);
  for (size_t i = 0; i < count && status == STATUS_OK; i++) {
    ctx->arena = piece;
    status = follow_one(ctx, printer, &webhooks[i]);
    arena_reset(piece);
  }
  ctx->arena = arena;
  arena_free(piece);
  *more = status == STATUS_OK && count > 0;
  return status;
}
