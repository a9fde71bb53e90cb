#include "api/isp/isp_webhooks.h"

#include <string.h>

#include "api/isp/isp_live.h"
#include "api/isp/isp_people.h"
#include "desk/webhook/webhook.h"

enum { ALWAYS = FIELD_REQUIRED, SOMETIMES = FIELD_REQUIRED | FIELD_NULLABLE };
#define ID_EXAMPLE "\"0190163d-8694-739b-aea5-966c26f8ad91\""
#define TYPES_EXAMPLE "[\"ticket.created\",\"ticket.status_changed\"]"

static const struct word type_words[] = {{"ticket.created", WEBHOOK_TICKET_CREATED},
                                         {"ticket.assigned", WEBHOOK_TICKET_ASSIGNED},
                                         {"ticket.status_changed", WEBHOOK_TICKET_STATUS},
                                         {"technician.location_updated", WEBHOOK_TECHNICIAN_MOVED},
                                         {"technician.availability_changed", WEBHOOK_TECHNICIAN_AVAILABLE},
                                         {"webhook.test", WEBHOOK_TEST},
                                         {NULL, 0}};
_Static_assert(sizeof type_words / sizeof *type_words == WEBHOOK_TYPE_COUNT, "a word for each type");
static const struct word state_words[] = {
    {"waiting", WEBHOOK_WAITING}, {"delivered", WEBHOOK_DELIVERED}, {"failed", WEBHOOK_FAILED}, {NULL, 0}};
static const struct word reason_words[] = {{"gone", WEBHOOK_GONE}, {"failing", WEBHOOK_FAILING}, {NULL, 0}};

/* ---- input ---- */

/* clang-format off */
#define REST_ROWS                                                                                          \
  FIELD(struct isp_webhook_in, description, TEXT, "description", FIELD_TRIM,                               \
        .max = WEBHOOK_DESCRIPTION_MAX, .text = "For people.", .example = "\"Billing\""),                  \
  FIELD(struct isp_webhook_in, types, LIST, "types", 0, .max = WEBHOOK_TYPE_COUNT,                         \
        .text = "Which events: ticket.created, ticket.assigned, ticket.status_changed, "                   \
                "technician.location_updated, technician.availability_changed. Empty: all.",               \
        .example = TYPES_EXAMPLE),                                                                         \
  FIELD(struct isp_webhook_in, is_active, BOOL, "is_active", 0,                                            \
        .text = "Events are gathered and sent; true where unsaid.", .example = "true")
#define URL_ROW(flags)                                                                                     \
  FIELD(struct isp_webhook_in, url, TEXT, "url", (flags), .max = WEBHOOK_URL_MAX,                          \
        .text = "Where to post to, https:// or http://, at a public address.",                             \
        .example = "\"https://billing.example.com/hooks/sigap\"")
/* clang-format on */
static const struct field in_rows[] = {URL_ROW(FIELD_REQUIRED), REST_ROWS};
const struct fields isp_webhook_in = {.title = "IspWebhookInput",
                                      .rows = in_rows,
                                      .count = sizeof in_rows / sizeof *in_rows,
                                      .size = sizeof(struct isp_webhook_in),
                                      .present = offsetof(struct isp_webhook_in, present)};
static const struct field change_rows[] = {URL_ROW(0), REST_ROWS};
const struct fields isp_webhook_change_in = {.title = "IspWebhookChangeInput",
                                             .rows = change_rows,
                                             .count = sizeof change_rows / sizeof *change_rows,
                                             .size = sizeof(struct isp_webhook_in),
                                             .present = offsetof(struct isp_webhook_in, present)};
FIELDS(isp_webhook_log_in, struct isp_webhook_log_in, "IspWebhookDeliveryQuery",
       {FIELD(struct isp_webhook_log_in, limit, INT, "limit", 0, .min = 1, .max = WEBHOOK_PAGE_MAX,
              .text = "Rows a page, at most 100; 20 where unsaid.", .example = "20"),
        FIELD(struct isp_webhook_log_in, before, UUID, "before", 0,
              .text = "Older than this delivery: what `next` said.", .example = ID_EXAMPLE),
        FIELD(struct isp_webhook_log_in, state, WORD, "state", 0, .words = state_words,
              .text = "Only those in this state.", .example = "\"failed\"")});

static enum status read_types(struct call *call, const struct list *list, int64_t *types) {
  const struct str *words = list->at;
  enum status status = STATUS_OK;
  int64_t mask = 0;
  for (size_t i = 0; i < list->count; i++) {
    int type = 0;
    if (word_value(type_words, words[i], false, &type) != STATUS_OK || type == WEBHOOK_TEST) {
      status =
          problem_fault(&call->ctx, str_format(call->ctx.arena, "types[%zu]", i), STR("is no type of event"));
    }
    mask |= INT64_C(1) << type;
  }
  *types = mask;
  return status;
}

static enum status read_input(struct call *call, const struct fields *fields, struct webhook_change *out) {
  const struct isp_webhook_in *in = call->input;
  *out = (struct webhook_change){
      .has_url = field_present(fields, in, "url"),
      .has_description = field_present(fields, in, "description"),
      .has_types = field_present(fields, in, "types"),
      .has_active = field_present(fields, in, "is_active"),
      .url = in->url,
      .description = in->description,
      .is_active = in->is_active,
  };
  return read_types(call, &in->types, &out->types);
}

/* ---- answers ---- */

struct shown {
  struct uuid id;
  struct str url, description;
  struct list types;
  bool is_active;
  int disabled_reason;
  int64_t disabled_at, failing_since, created_at, updated_at;
};
FIELDS(isp_webhook_row, struct shown, "IspWebhook",
       {FIELD(struct shown, id, UUID, "id", ALWAYS, .text = "The webhook.", .example = ID_EXAMPLE),
        FIELD(struct shown, url, TEXT, "url", ALWAYS, .text = "Where it is posted to.",
              .example = "\"https://billing.example.com/hooks/sigap\""),
        FIELD(struct shown, description, TEXT, "description", ALWAYS, .text = "For people.",
              .example = "\"Billing\""),
        FIELD(struct shown, types, LIST, "types", ALWAYS, .text = "Which events; empty: all.",
              .example = TYPES_EXAMPLE),
        FIELD(struct shown, is_active, BOOL, "is_active", ALWAYS, .text = "Events are gathered and sent.",
              .example = "true"),
        FIELD(struct shown, disabled_reason, WORD, "disabled_reason", SOMETIMES, .words = reason_words,
              .text = "Why the server disabled it: gone (it answered 410), failing (for five days).",
              .example = "\"gone\""),
        FIELD(struct shown, disabled_at, TIME, "disabled_at", SOMETIMES, .text = "When it did.",
              .example = "\"2025-10-06T08:00:00Z\""),
        FIELD(struct shown, failing_since, TIME, "failing_since", SOMETIMES,
              .text = "No try succeeded since then.", .example = "\"2025-10-01T08:00:00Z\""),
        FIELD(struct shown, created_at, TIME, "created_at", ALWAYS, .text = "When it was made.",
              .example = "\"2025-10-01T08:00:00Z\""),
        FIELD(struct shown, updated_at, TIME, "updated_at", ALWAYS, .text = "When it was changed last.",
              .example = "\"2025-10-01T08:00:00Z\"")});

struct webhooks {
  struct list webhooks;
};
FIELDS(isp_webhooks_data, struct webhooks, "IspWebhooksData",
       {FIELD(struct webhooks, webhooks, LIST, "webhooks", ALWAYS, .of = &isp_webhook_row,
              .text = "All of the tenant, at most 20, oldest first.")});
ISP_ENVELOPE(isp_webhooks_out, "IspWebhooksAnswer", isp_webhooks_data);
FIELDS(isp_webhook_data, struct isp_one, "IspWebhookData",
       {FIELD(struct isp_one, one, OBJECT, "webhook", ALWAYS, .of = &isp_webhook_row,
              .text = "The webhook.")});
ISP_ENVELOPE(isp_webhook_out, "IspWebhookAnswer", isp_webhook_data);

struct made {
  const struct shown *webhook;
  struct str secret;
};
FIELDS(isp_webhook_made_data, struct made, "IspWebhookSecretData",
       {FIELD(struct made, webhook, OBJECT, "webhook", ALWAYS, .of = &isp_webhook_row,
              .text = "The webhook."),
        FIELD(struct made, secret, TEXT, "secret", ALWAYS,
              .text = "Signs what is sent, and is never shown again.",
              .example = "\"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD5fXLbCzYRLg=\"")});
ISP_ENVELOPE(isp_webhook_made_out, "IspWebhookSecretAnswer", isp_webhook_made_data);

static struct shown show(struct call *call, const struct webhook *webhook) {
  struct str *types = ARENA_ARRAY(call->ctx.arena, struct str, WEBHOOK_TYPE_COUNT);
  size_t count = 0;
  for (const struct word *word = type_words; word->word != NULL; word++) {
    if ((webhook->types >> word->value & 1) != 0) {
      types[count++] = str_of(word->word);
    }
  }
  return (struct shown){
      .id = webhook->uuid,
      .url = webhook->url,
      .description = webhook->description,
      .types = {types, count},
      .is_active = webhook->is_active,
      .disabled_reason = webhook->disabled_reason,
      .disabled_at = webhook->disabled_at,
      .failing_since = webhook->failing_since,
      .created_at = webhook->created_at,
      .updated_at = webhook->updated_at,
  };
}

static enum status answer_webhook(struct call *call, const struct webhook *webhook) {
  struct shown *shown = ARENA_NEW(call->ctx.arena, struct shown);
  *shown = show(call, webhook);
  return isp_answer_one(call, 200, &isp_webhook_out, shown);
}

static enum status answer_secret(struct call *call, int http, const struct webhook *webhook,
                                 const char *secret) {
  struct shown *shown = ARENA_NEW(call->ctx.arena, struct shown);
  struct made *made = ARENA_NEW(call->ctx.arena, struct made);
  *shown = show(call, webhook);
  *made = (struct made){shown, str_copy(call->ctx.arena, str_of(secret))};
  return isp_answer(call, http, &isp_webhook_made_out, made);
}

/* ---- deliveries ---- */

struct delivery {
  struct uuid id;
  int type, state;
  int64_t attempts, http_status, took_ms, next_attempt_at, last_attempt_at, created_at;
  struct str reason, payload;
};
static void print_json(struct buf *out, const void *member) {
  struct str json;
  memcpy(&json, member, sizeof json);
  buf_add_str(out, json);
}
static const struct field_custom payload_custom = {.print = print_json, .schema = "{\"type\":\"object\"}"};
enum { NO_ANSWER = -1, NO_TRY = -1 };
static void print_known(struct buf *out, const void *member) {
  int64_t number;
  memcpy(&number, member, sizeof number);
  if (number < 0) {
    buf_add_text(out, "null");
  } else {
    buf_add_int(out, number);
  }
}
static const struct field_custom known_custom = {.print = print_known,
                                                 .schema = "{\"type\":[\"integer\",\"null\"]}"};
/* clang-format off */
#define DELIVERY_ROWS                                                                                      \
  FIELD(struct delivery, id, UUID, "id", ALWAYS, .text = "What is sent as webhook-id in every try.",       \
        .example = ID_EXAMPLE),                                                                            \
  FIELD(struct delivery, type, WORD, "type", ALWAYS, .words = type_words, .text = "What is told.",         \
        .example = "\"ticket.created\""),                                                                  \
  FIELD(struct delivery, state, WORD, "state", ALWAYS, .words = state_words,                               \
        .text = "waiting (for the first or the next try), delivered, failed (given up).",                  \
        .example = "\"delivered\""),                                                                       \
  FIELD(struct delivery, attempts, INT, "attempts", ALWAYS, .text = "Tries so far.", .example = "1"),      \
  FIELD(struct delivery, http_status, CUSTOM, "http_status", ALWAYS, .custom = &known_custom,             \
        .text = "What the last try was answered; null where there was no answer.", .example = "204"),      \
  FIELD(struct delivery, reason, TEXT, "reason", SOMETIMES, .text = "Why the last try failed.",               \
        .example = "\"The receiver answered 500.\""),                                                      \
  FIELD(struct delivery, took_ms, CUSTOM, "took_ms", ALWAYS, .custom = &known_custom,                      \
        .text = "How long the last try took; null before the first.", .example = "37"),                    \
  FIELD(struct delivery, last_attempt_at, TIME, "last_attempt_at", SOMETIMES, .text = "The last try.",        \
        .example = "\"2025-10-01T08:00:01Z\""),                                                            \
  FIELD(struct delivery, next_attempt_at, TIME, "next_attempt_at", SOMETIMES,                                 \
        .text = "Not before; null where it is over, or waits for an earlier one of its ticket or technician.", \
        .example = "\"2025-10-01T08:05:00Z\""),                                                            \
  FIELD(struct delivery, created_at, TIME, "created_at", ALWAYS, .text = "When it was taken from the log.", \
        .example = "\"2025-10-01T08:00:00Z\"")
/* clang-format on */
FIELDS(isp_webhook_delivery_row, struct delivery, "IspWebhookDelivery", {DELIVERY_ROWS});
FIELDS(isp_webhook_delivery_full, struct delivery, "IspWebhookDeliveryDetail",
       {DELIVERY_ROWS, FIELD(struct delivery, payload, CUSTOM, "payload", ALWAYS, .custom = &payload_custom,
                             .text = "What is posted.",
                             .example = "{\"type\":\"ticket.created\",\"timestamp\":"
                                        "\"2025-10-01T08:00:00Z\",\"data\":{}}")});
FIELDS(isp_webhook_delivery_data, struct isp_one, "IspWebhookDeliveryData",
       {FIELD(struct isp_one, one, OBJECT, "delivery", ALWAYS, .of = &isp_webhook_delivery_row,
              .text = "The delivery.")});
ISP_ENVELOPE(isp_webhook_delivery_out, "IspWebhookDeliveryAnswer", isp_webhook_delivery_data);
FIELDS(isp_webhook_delivery_full_data, struct isp_one, "IspWebhookDeliveryDetailData",
       {FIELD(struct isp_one, one, OBJECT, "delivery", ALWAYS, .of = &isp_webhook_delivery_full,
              .text = "The delivery.")});
ISP_ENVELOPE(isp_webhook_delivery_full_out, "IspWebhookDeliveryDetailAnswer", isp_webhook_delivery_full_data);

struct deliveries {
  struct list deliveries;
  struct uuid next;
};
FIELDS(isp_webhook_deliveries_data, struct deliveries, "IspWebhookDeliveriesData",
       {FIELD(struct deliveries, deliveries, LIST, "deliveries", ALWAYS, .of = &isp_webhook_delivery_row,
              .text = "Newest first; kept for 30 days."),
        FIELD(struct deliveries, next, UUID, "next", SOMETIMES,
              .text = "The next page is asked for with `before` of this; null: there is none.",
              .example = ID_EXAMPLE)});
ISP_ENVELOPE(isp_webhook_deliveries_out, "IspWebhookDeliveriesAnswer", isp_webhook_deliveries_data);

static struct delivery show_delivery(const struct webhook_delivery *delivery) {
  return (struct delivery){
      .id = delivery->uuid,
      .type = delivery->type,
      .state = delivery->state,
      .attempts = delivery->tries,
      .http_status = delivery->http_status != 0 ? delivery->http_status : NO_ANSWER,
      .took_ms = delivery->tries > 0 ? delivery->took_ms : NO_TRY,
      .next_attempt_at = delivery->due_at,
      .last_attempt_at = delivery->tried_at,
      .created_at = delivery->created_at,
      .reason = delivery->reason,
      .payload = delivery->body,
  };
}

static enum status answer_delivery(struct call *call, int http, const struct fields *envelope,
                                   const struct webhook_delivery *delivery) {
  struct delivery *shown = ARENA_NEW(call->ctx.arena, struct delivery);
  *shown = show_delivery(delivery);
  return isp_answer_one(call, http, envelope, shown);
}

/* ---- what is sent ---- */

static void begin_payload(struct buf *json, int type, int64_t timestamp) {
  char time[TIME_TEXT_SIZE];
  buf_format(json, "{\"type\":\"%s\",\"timestamp\":\"%s\",\"data\":", word_of(type_words, type),
             time_print(timestamp, time));
}

static void add_payload(const struct event *event, const char *name, const struct buf *data,
                        struct buf *json) {
  if (name != NULL) {
    begin_payload(json, webhook_type_of(event->kind), event->created_at);
    buf_add_str(json, buf_str(data));
    buf_add_char(json, '}');
    json->full |= data->full;
  }
}

enum status isp_webhook_ticket(struct ctx *ctx, const struct event *event, const struct ticket *ticket,
                               struct buf *json) {
  CLEANUP_BUF struct buf data;
  buf_init(&data, WEBHOOK_BODY_MAX);
  const char *name = NULL;
  TRY(isp_live_ticket(ctx, event, ticket, &name, &data));
  add_payload(event, name, &data, json);
  return STATUS_OK;
}

enum status isp_webhook_technician(struct ctx *ctx, const struct event *event,
                                   const struct technician *technician, struct buf *json) {
  CLEANUP_BUF struct buf data;
  buf_init(&data, WEBHOOK_BODY_MAX);
  const char *name = NULL;
  TRY(isp_live_technician(ctx, event, technician, &name, &data));
  add_payload(event, name, &data, json);
  return STATUS_OK;
}

/* ---- endpoints ---- */

enum status isp_webhook_list(struct call *call) {
  struct webhook *webhooks = NULL;
  size_t count = 0;
  TRY(webhook_list(&call->ctx, &webhooks, &count));
  struct shown *shown = ARENA_ARRAY(call->ctx.arena, struct shown, count);
  for (size_t i = 0; i < count; i++) {
    shown[i] = show(call, &webhooks[i]);
  }
  struct webhooks *answer = ARENA_NEW(call->ctx.arena, struct webhooks);
  answer->webhooks = (struct list){shown, count};
  return isp_answer(call, 200, &isp_webhooks_out, answer);
}

enum status isp_webhook_create(struct call *call) {
  struct webhook_change what;
  struct webhook webhook;
  char secret[WEBHOOK_SECRET_TEXT_SIZE];
  TRY(read_input(call, &isp_webhook_in, &what));
  TRY(webhook_create(&call->ctx, &what, &webhook, secret));
  return answer_secret(call, 201, &webhook, secret);
}

enum status isp_webhook_get(struct call *call) {
  struct uuid id;
  struct webhook webhook;
  TRY(isp_id(call, 0, &id));
  TRY(webhook_get(&call->ctx, id, &webhook));
  return answer_webhook(call, &webhook);
}

enum status isp_webhook_update(struct call *call) {
  struct uuid id;
  struct webhook_change change;
  struct webhook webhook;
  TRY(isp_id(call, 0, &id));
  TRY(read_input(call, &isp_webhook_change_in, &change));
  TRY(webhook_update(&call->ctx, id, &change, &webhook));
  return answer_webhook(call, &webhook);
}

enum status isp_webhook_delete(struct call *call) {
  struct uuid id;
  TRY(isp_id(call, 0, &id));
  TRY(webhook_delete(&call->ctx, id));
  return isp_say(call, "The webhook is deleted");
}

enum status isp_webhook_rotate(struct call *call) {
  struct uuid id;
  struct webhook webhook;
  char secret[WEBHOOK_SECRET_TEXT_SIZE];
  TRY(isp_id(call, 0, &id));
  TRY(webhook_rotate(&call->ctx, id, &webhook, secret));
  return answer_secret(call, 200, &webhook, secret);
}

enum status isp_webhook_deliveries(struct call *call) {
  const struct isp_webhook_log_in *in = call->query;
  struct webhook_log log = {
      .state = in->state, .before = in->before, .limit = in->limit > 0 ? in->limit : ISP_LIMIT_DEFAULT};
  struct uuid id;
  struct webhook_delivery *deliveries = NULL;
  size_t count = 0;
  TRY(isp_id(call, 0, &id));
  TRY(webhook_deliveries(&call->ctx, id, &log, &deliveries, &count));
  struct delivery *shown = ARENA_ARRAY(call->ctx.arena, struct delivery, count);
  for (size_t i = 0; i < count; i++) {
    shown[i] = show_delivery(&deliveries[i]);
  }
  struct deliveries *answer = ARENA_NEW(call->ctx.arena, struct deliveries);
  answer->deliveries = (struct list){shown, count};
  if ((int64_t)count == log.limit) {
    answer->next = deliveries[count - 1].uuid;
  }
  return isp_answer(call, 200, &isp_webhook_deliveries_out, answer);
}

enum status isp_webhook_delivery(struct call *call) {
  struct uuid id;
  struct uuid delivery_id;
  struct webhook_delivery delivery;
  TRY(isp_id(call, 0, &id));
  TRY(isp_id(call, 1, &delivery_id));
  TRY(webhook_delivery_get(&call->ctx, id, delivery_id, &delivery));
  return answer_delivery(call, 200, &isp_webhook_delivery_full_out, &delivery);
}

enum status isp_webhook_replay(struct call *call) {
  struct uuid id;
  struct uuid delivery_id;
  struct webhook_delivery delivery;
  TRY(isp_id(call, 0, &id));
  TRY(isp_id(call, 1, &delivery_id));
  TRY(webhook_replay(&call->ctx, id, delivery_id, &delivery));
  return answer_delivery(call, 202, &isp_webhook_delivery_out, &delivery);
}

enum status isp_webhook_test(struct call *call) {
  struct uuid id;
  char text[UUID_TEXT_SIZE];
  struct webhook_delivery delivery;
  TRY(isp_id(call, 0, &id));
  CLEANUP_BUF struct buf json;
  buf_init(&json, WEBHOOK_BODY_MAX);
  begin_payload(&json, WEBHOOK_TEST, call->ctx.now_us);
  buf_format(&json, "{\"webhook_id\":\"%s\"}}", uuid_print(id, text));
  TRY(webhook_test(&call->ctx, id, buf_str(&json), &delivery));
  return answer_delivery(call, 202, &isp_webhook_delivery_out, &delivery);
}

/* ---- the answers of each ---- */

/* clang-format off */
#define SAYS(http, words) {(http), (words), NULL, NULL}
#define UNAUTHORIZED SAYS(401, "UNAUTHORIZED or TOKEN_EXPIRED")
#define FORBIDDEN SAYS(403, "INSUFFICIENT_PERMISSIONS")
#define NOT_FOUND SAYS(404, "RESOURCE_NOT_FOUND")
#define WRONG SAYS(422, "VALIDATION_ERROR, with every faulty field")
#define NO_UUID SAYS(400, "VALIDATION_ERROR: the id in the path is no uuid")
#define COMMON UNAUTHORIZED, FORBIDDEN
#define OF_ONE NO_UUID, COMMON, NOT_FOUND
#define END SAYS(0, NULL)
const struct answer isp_webhook_list_answers[] = {
    {200, "The tenant's webhooks", &isp_webhooks_out, NULL}, COMMON, END};
const struct answer isp_webhook_create_answers[] = {
    {201, "The webhook, with its secret", &isp_webhook_made_out, NULL}, COMMON,
    SAYS(409, "INVALID_STATE: there are 20 already"), WRONG, END};
const struct answer isp_webhook_get_answers[] = {{200, "The webhook", &isp_webhook_out, NULL}, OF_ONE, END};
const struct answer isp_webhook_update_answers[] = {
    {200, "The webhook as it is now", &isp_webhook_out, NULL}, OF_ONE, WRONG, END};
const struct answer isp_webhook_delete_answers[] = {
    {200, "The webhook is deleted", &isp_message_out, NULL}, OF_ONE, END};
const struct answer isp_webhook_rotate_answers[] = {
    {200, "The webhook, with its new secret", &isp_webhook_made_out, NULL}, OF_ONE, END};
const struct answer isp_webhook_deliveries_answers[] = {
    {200, "A page of deliveries", &isp_webhook_deliveries_out, NULL}, OF_ONE, WRONG, END};
const struct answer isp_webhook_delivery_answers[] = {
    {200, "The delivery", &isp_webhook_delivery_full_out, NULL}, OF_ONE, END};
const struct answer isp_webhook_send_answers[] = {
    {202, "It is sent from now on", &isp_webhook_delivery_out, NULL}, OF_ONE,
    SAYS(409, "INVALID_STATE: the webhook is not active"), END};
/* clang-format on */
