#include "db/db.h"
#include "desk/access/access.h"
#include "desk/statements.h"
#include "desk/webhook/webhook_internal.h"

/* What is to be delivered, and what became of it. */

const struct problem_kind webhook_inactive = {STATUS_STATE, "webhook_inactive",
                                              "This webhook is not active: nothing is sent there."};
const struct problem_kind webhook_delivery_not_found = {STATUS_NOT_FOUND, "webhook_delivery_not_found",
                                                        "There is no such delivery."};

enum {
  TAKE_MAX = 100,
  FREE_FAILURES = 2, /* in a row, after which an endpoint is left alone for a while */
  HOLD_FIRST_S = 5,
  HOLD_MAX_S = 300,
  SPREAD = 10
};

int webhook_type_of(int event_kind) {
  switch (event_kind) {
    case EVENT_TICKET_CREATED:
      return WEBHOOK_TICKET_CREATED;
    case EVENT_TICKET_ASSIGNED:
      return WEBHOOK_TICKET_ASSIGNED;
    case EVENT_TICKET_STATUS:
      return WEBHOOK_TICKET_STATUS;
    case EVENT_TECHNICIAN_MOVED:
      return WEBHOOK_TECHNICIAN_MOVED;
    case EVENT_TECHNICIAN_AVAILABLE:
      return WEBHOOK_TECHNICIAN_AVAILABLE;
    default:
      return 0;
  }
}

static struct webhook_delivery from_row(const struct webhook_delivery_row *row) {
  return (struct webhook_delivery){
      .id = row->id,
      .tenant_id = row->tenant_id,
      .uuid = row->uuid,
      .type = (int)row->type,
      .state = (int)row->state,
      .tries = row->tries,
      .due_at = row->due_at,
      .http_status = row->http_status,
      .reason = row->reason,
      .took_ms = row->took_ms,
      .tried_at = row->tried_at,
      .created_at = row->created_at,
  };
}

/* ---- for people ---- */

static enum status load(struct ctx *ctx, int64_t webhook_id, struct uuid uuid, struct webhook_delivery *out) {
  struct webhook_delivery_row row;
  enum status status =
      sql_webhook_delivery_by_uuid(ctx, &(struct webhook_delivery_by_uuid_in){webhook_id, uuid}, &row);
  if (status == STATUS_NOT_FOUND) {
    return problem_set(ctx, &webhook_delivery_not_found);
  }
  TRY(status);
  *out = from_row(&row);
  return STATUS_OK;
}

enum status webhook_deliveries(struct ctx *ctx, struct uuid uuid, const struct webhook_log *log,
                               struct webhook_delivery **out, size_t *count) {
  struct webhook webhook;
  TRY(webhook_own(ctx, uuid, &webhook));
  if (log->limit < 1 || log->limit > WEBHOOK_PAGE_MAX) {
    return problem_fault(ctx, STR("limit"), STR("is out of range"));
  }
  struct webhook_delivery_page_in in = {
      .webhook_id = webhook.id, .state = log->state, .before_id = INT64_MAX, .limit = log->limit};
  if (!uuid_is_none(log->before)) {
    struct webhook_delivery before;
    TRY(load(ctx, webhook.id, log->before, &before));
    in.before_id = before.id;
  }
  struct webhook_delivery_row *rows = NULL;
  size_t found = 0;
  TRY(sql_webhook_delivery_page_all(ctx, &in, (size_t)log->limit, &rows, &found));
  struct webhook_delivery *deliveries = ARENA_ARRAY(ctx->arena, struct webhook_delivery, found);
  for (size_t i = 0; i < found; i++) {
    deliveries[i] = from_row(&rows[i]);
  }
  *out = deliveries;
  *count = found;
  return STATUS_OK;
}

static enum status load_body(struct ctx *ctx, struct webhook_delivery *delivery) {
  struct webhook_delivery_body_row row;
  TRY(sql_webhook_delivery_body(ctx, &(struct webhook_delivery_body_in){delivery->id}, &row));
  delivery->body = row.body;
  return STATUS_OK;
}

enum status webhook_delivery_get(struct ctx *ctx, struct uuid uuid, struct uuid delivery,
                                 struct webhook_delivery *out) {
  struct webhook webhook;
  struct webhook_delivery found;
  TRY(webhook_own(ctx, uuid, &webhook));
  TRY(load(ctx, webhook.id, delivery, &found));
  TRY(load_body(ctx, &found));
  *out = found;
  return STATUS_OK;
}

struct asking {
  struct uuid uuid, delivery;
  struct str body;
  struct webhook_delivery *out;
};

static enum status load_active(struct ctx *ctx, struct uuid uuid, struct webhook *out) {
  TRY(webhook_own(ctx, uuid, out));
  return out->is_active ? STATUS_OK : problem_set(ctx, &webhook_inactive);
}

static enum status run_replay(struct ctx *ctx, void *arg) {
  const struct asking *asking = arg;
  struct webhook webhook;
  struct webhook_delivery delivery;
  TRY(load_active(ctx, asking->uuid, &webhook));
  TRY(load(ctx, webhook.id, asking->delivery, &delivery));
  struct webhook_delivery_row row;
  TRY(sql_webhook_delivery_again(ctx, &(struct webhook_delivery_again_in){delivery.id, ctx->now_us}, &row));
  *asking->out = from_row(&row);
  return STATUS_OK;
}

enum status webhook_replay(struct ctx *ctx, struct uuid uuid, struct uuid delivery,
                           struct webhook_delivery *out) {
  return db_write(ctx, run_replay, &(struct asking){.uuid = uuid, .delivery = delivery, .out = out});
}

static enum status insert(struct ctx *ctx, int64_t tenant_id, int64_t webhook_id,
                          const struct webhook_new *what, bool waits, struct webhook_delivery *out) {
  struct webhook_delivery_row row;
  TRY(sql_webhook_delivery_insert(ctx,
                                  &(struct webhook_delivery_insert_in){
                                      .tenant_id = tenant_id,
                                      .webhook_id = webhook_id,
                                      .uuid = uuid_v7(ctx->now_us),
                                      .type = what->type,
                                      .subject = what->subject,
                                      .body = what->body,
                                      .due_at = waits ? 0 : ctx->now_us,
                                      .now = ctx->now_us,
                                  },
                                  &row));
  if (out != NULL) {
    *out = from_row(&row);
  }
  return STATUS_OK;
}

static enum status run_test(struct ctx *ctx, void *arg) {
  const struct asking *asking = arg;
  struct webhook webhook;
  TRY(load_active(ctx, asking->uuid, &webhook));
  return insert(ctx, webhook.tenant_id, webhook.id, &(struct webhook_new){WEBHOOK_TEST, 0, asking->body},
                false, asking->out);
}

enum status webhook_test(struct ctx *ctx, struct uuid uuid, struct str body, struct webhook_delivery *out) {
  return db_write(ctx, run_test, &(struct asking){.uuid = uuid, .body = body, .out = out});
}

/* ---- events become deliveries ---- */

enum status webhook_any(struct ctx *ctx, bool *any) {
  struct webhook_any_row row;
  enum status status = sql_webhook_any(ctx, &row);
  if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
    return status;
  }
  *any = status == STATUS_OK;
  return STATUS_OK;
}

enum status webhook_behind(struct ctx *ctx, int64_t limit, struct webhook_behind **out, size_t *count) {
  struct event_position horizon;
  TRY(event_horizon(ctx, &horizon));
  int64_t most = limit < TAKE_MAX ? limit : TAKE_MAX;
  struct webhook_behind_row *rows = NULL;
  size_t found = 0;
  TRY(sql_webhook_behind_all(ctx, &(struct webhook_behind_in){horizon.txn, horizon.id, most}, (size_t)most,
                             &rows, &found));
  struct webhook_behind *webhooks = ARENA_ARRAY(ctx->arena, struct webhook_behind, found);
  for (size_t i = 0; i < found; i++) {
    webhooks[i] = (struct webhook_behind){
        rows[i].id, rows[i].tenant_id, rows[i].types, {rows[i].at_txn, rows[i].at_id}};
  }
  *out = webhooks;
  *count = found;
  return STATUS_OK;
}

struct taking_events {
  const struct webhook_behind *webhook;
  const struct event_position *to;
  const struct webhook_new *deliveries;
  size_t count;
  bool taken;
};

/* Is there one of the same ticket or technician that has to go first? */
static enum status is_ahead(struct ctx *ctx, int64_t webhook_id, int64_t subject, bool *yes) {
  struct webhook_delivery_ahead_row row;
  enum status status =
      sql_webhook_delivery_ahead(ctx, &(struct webhook_delivery_ahead_in){webhook_id, subject}, &row);
  if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
    return status;
  }
  *yes = status == STATUS_OK;
  return STATUS_OK;
}

static enum status run_take_events(struct ctx *ctx, void *arg) {
  struct taking_events *taking = arg;
  const struct webhook_behind *webhook = taking->webhook;
  const struct webhook_move_in move = {.id = webhook->id,
                                       .from_txn = webhook->at.txn,
                                       .from_id = webhook->at.id,
                                       .to_txn = taking->to->txn,
                                       .to_id = taking->to->id};
  int64_t moved = 0;
  TRY(sql_webhook_move(ctx, &move, &moved));
  taking->taken = moved == 1;
  for (size_t i = 0; i < taking->count && taking->taken; i++) {
    bool ahead = false;
    TRY(is_ahead(ctx, webhook->id, taking->deliveries[i].subject, &ahead));
    TRY(insert(ctx, webhook->tenant_id, webhook->id, &taking->deliveries[i], ahead, NULL));
  }
  return STATUS_OK;
}

enum status webhook_take_events(struct ctx *ctx, const struct webhook_behind *webhook,
                                const struct event_position *to, const struct webhook_new *deliveries,
                                size_t count, bool *taken) {
  struct taking_events taking = {webhook, to, deliveries, count, false};
  TRY(db_write(ctx, run_take_events, &taking));
  *taken = taking.taken;
  return STATUS_OK;
}

/* ---- sending ---- */

struct taking {
  const struct webhook_ready_row *ready;
  size_t ready_count;
  int64_t lease_until;
  struct webhook_sending *sendings;
  size_t count;
};

/* Whoever leases the endpoint first sends. */
static enum status take_one(struct ctx *ctx, struct taking *taking, int64_t webhook_id) {
  struct webhook_lease_row leased;
  struct webhook_delivery_row due;
  const struct webhook_lease_in in = {
      .id = webhook_id, .now = ctx->now_us, .lease_until = taking->lease_until};
  TRY(sql_webhook_lease(ctx, &in, &leased));
  TRY(sql_webhook_delivery_due(ctx, &(struct webhook_delivery_due_in){webhook_id, ctx->now_us}, &due));
  TRY(sql_webhook_delivery_try(ctx, &(struct webhook_delivery_try_in){due.id, ctx->now_us}, NULL));
  due.tries++;
  struct webhook_sending *sending = &taking->sendings[taking->count];
  *sending = (struct webhook_sending){
      .webhook_id = webhook_id,
      .delivery = from_row(&due),
      .url = leased.url,
      .secret = leased.secret,
      .old_secret = leased.old_until > ctx->now_us ? leased.old_secret : STR_NONE,
  };
  TRY(load_body(ctx, &sending->delivery));
  taking->count++;
  return STATUS_OK;
}

static enum status run_take(struct ctx *ctx, void *arg) {
  struct taking *taking = arg;
  taking->count = 0;
  for (size_t i = 0; i < taking->ready_count; i++) {
    enum status status = take_one(ctx, taking, taking->ready[i].id);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
      return status;
    }
  }
  return STATUS_OK;
}

enum status webhook_take(struct ctx *ctx, int64_t limit, int64_t lease_until, struct webhook_sending **out,
                         size_t *count) {
  int64_t most = limit < TAKE_MAX ? limit : TAKE_MAX;
  struct webhook_ready_row *ready = NULL;
  size_t found = 0;
  TRY(sql_webhook_ready_all(ctx, &(struct webhook_ready_in){ctx->now_us, most}, (size_t)most, &ready,
                            &found));
  struct taking taking = {.ready = ready,
                          .ready_count = found,
                          .lease_until = lease_until,
                          .sendings = ARENA_ARRAY(ctx->arena, struct webhook_sending, found)};
  if (found > 0) {
    TRY(db_write(ctx, run_take, &taking));
  }
  *out = taking.sendings;
  *count = taking.count;
  return STATUS_OK;
}

int64_t webhook_pause_us(int64_t tries, uint32_t chance) {
  static const int64_t pauses_s[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
  const int64_t count = sizeof pauses_s / sizeof *pauses_s;
  if (tries < 1 || tries > count) {
    return 0;
  }
  int64_t pause = pauses_s[tries - 1] * TIME_SECOND_US;
  int64_t spread = pause / SPREAD;
  return pause - spread + (int64_t)(chance % (uint64_t)(2 * spread + 1));
}

/* How long an endpoint is left alone, whatever else is due there: one that is away takes no turns from
 * others. */
static int64_t hold_us(int64_t failures) {
  if (failures <= FREE_FAILURES) {
    return 0;
  }
  int64_t hold_s = HOLD_FIRST_S;
  for (int64_t i = FREE_FAILURES + 1; i < failures && hold_s < HOLD_MAX_S; i++) {
    hold_s *= 2;
  }
  return (hold_s < HOLD_MAX_S ? hold_s : HOLD_MAX_S) * TIME_SECOND_US;
}

struct marking {
  const struct webhook_outcome *outcome;
  int state, disabled;
};

/* The next one of its subject may go. */
static enum status let_next(struct ctx *ctx, int64_t webhook_id, int64_t subject) {
  struct webhook_delivery_ahead_row next;
  enum status status = STATUS_NOT_FOUND;
  if (subject != 0) {
    status = sql_webhook_delivery_ahead(ctx, &(struct webhook_delivery_ahead_in){webhook_id, subject}, &next);
  }
  if (status == STATUS_OK) {
    return sql_webhook_delivery_free(ctx, &(struct webhook_delivery_free_in){next.id, ctx->now_us}, NULL);
  }
  return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status mark_delivery(struct ctx *ctx, struct marking *marking, int64_t pause_us) {
  const struct webhook_outcome *outcome = marking->outcome;
  marking->state = outcome->how == WEBHOOK_TAKEN ? WEBHOOK_DELIVERED
                   : pause_us > 0                ? WEBHOOK_WAITING
                                                 : WEBHOOK_FAILED;
  const struct webhook_delivery_mark_in in = {
      .id = outcome->delivery_id,
      .state = marking->state,
      .due_at = marking->state == WEBHOOK_WAITING ? ctx->now_us + pause_us : 0,
      .http_status = outcome->http_status,
      .reason = outcome->how == WEBHOOK_TAKEN ? STR_NONE : outcome->reason,
      .took_ms = outcome->took_ms,
  };
  struct webhook_delivery_mark_row row;
  enum status status = sql_webhook_delivery_mark(ctx, &in, &row);
  if (status == STATUS_NOT_FOUND) { /* somebody whose lease was longer marked it before */
    return STATUS_OK;
  }
  TRY(status);
  return marking->state == WEBHOOK_WAITING ? STATUS_OK : let_next(ctx, outcome->webhook_id, row.subject);
}

static enum status mark_endpoint(struct ctx *ctx, struct marking *marking,
                                 const struct webhook_hold_row *held) {
  const struct webhook_outcome *outcome = marking->outcome;
  if (outcome->how == WEBHOOK_TAKEN) {
    return sql_webhook_well(ctx, &(struct webhook_well_in){outcome->webhook_id}, NULL);
  }
  const struct webhook_unwell_in in = {
      .id = outcome->webhook_id, .ready_at = ctx->now_us + hold_us(held->failures + 1), .now = ctx->now_us};
  TRY(sql_webhook_unwell(ctx, &in, NULL));
  if (outcome->how == WEBHOOK_REFUSED_GONE) {
    marking->disabled = WEBHOOK_GONE;
  } else if (held->failing_since != 0 && ctx->now_us - held->failing_since >= WEBHOOK_PATIENCE_US) {
    marking->disabled = WEBHOOK_FAILING;
  }
  if (marking->disabled == WEBHOOK_NOT_DISABLED) {
    return STATUS_OK;
  }
  return sql_webhook_disable(
      ctx, &(struct webhook_disable_in){outcome->webhook_id, marking->disabled, ctx->now_us}, NULL);
}

static enum status run_mark(struct ctx *ctx, void *arg) {
  struct marking *marking = arg;
  const struct webhook_outcome *outcome = marking->outcome;
  marking->state = WEBHOOK_WAITING;
  marking->disabled = WEBHOOK_NOT_DISABLED;
  struct webhook_hold_row held;
  enum status status =
      sql_webhook_hold(ctx, &(struct webhook_hold_in){outcome->webhook_id, ctx->now_us}, &held);
  if (status == STATUS_NOT_FOUND) { /* deleted meanwhile */
    return STATUS_OK;
  }
  TRY(status);
  if (outcome->how == WEBHOOK_PUT_OFF) {
    const struct webhook_delivery_put_off_in in = {outcome->delivery_id, ctx->now_us};
    return sql_webhook_delivery_put_off(ctx, &in, NULL);
  }
  bool again = outcome->how == WEBHOOK_REFUSED;
  TRY(mark_delivery(ctx, marking, again ? webhook_pause_us(outcome->tries, outcome->chance) : 0));
  return mark_endpoint(ctx, marking, &held);
}

enum status webhook_mark(struct ctx *ctx, const struct webhook_outcome *outcome, int *state, int *disabled) {
  struct marking marking = {.outcome = outcome};
  TRY(db_write(ctx, run_mark, &marking));
  *state = marking.state;
  *disabled = marking.disabled;
  return STATUS_OK;
}

/* ---- the sweep ---- */

struct sweeping {
  int64_t max, dropped;
};

static enum status run_sweep(struct ctx *ctx, void *arg) {
  struct sweeping *sweeping = arg;
  const struct webhook_delivery_drop_past_in past = {ctx->now_us - WEBHOOK_KEPT_US, sweeping->max};
  TRY(sql_webhook_delivery_drop_past(ctx, &past, &sweeping->dropped));
  struct webhook_deleted_row deleted;
  enum status status = sql_webhook_deleted(ctx, &deleted);
  int64_t left = sweeping->max - sweeping->dropped;
  if (status == STATUS_NOT_FOUND || left == 0) {
    return STATUS_OK;
  }
  TRY(status);
  int64_t dropped = 0;
  TRY(sql_webhook_delivery_drop_of(ctx, &(struct webhook_delivery_drop_of_in){deleted.id, left}, &dropped));
  sweeping->dropped += dropped;
  if (dropped == left) {
    return STATUS_OK;
  }
  sweeping->dropped++;
  return sql_webhook_forget(ctx, &(struct webhook_forget_in){deleted.id}, NULL);
}

enum status webhook_sweep(struct ctx *ctx, int64_t max, int64_t *dropped) {
  struct sweeping sweeping = {.max = max};
  TRY(db_write(ctx, run_sweep, &sweeping));
  *dropped = sweeping.dropped;
  return STATUS_OK;
}
