#ifndef SIGAP_API_ISP_WEBHOOKS_H
#define SIGAP_API_ISP_WEBHOOKS_H

#include "api/isp/internal.h"
#include "desk/event/event.h"
#include "desk/technician/technician.h"

/* Webhooks: who wants to hear of what over HTTP. */

/* ---- what they are sent: the shapes of the sockets' events (isp_live.h) in an envelope of their own ---- */
enum status isp_webhook_ticket(struct ctx *ctx, const struct event *event, const struct ticket *ticket,
                               struct buf *json) MUST_CHECK;
enum status isp_webhook_technician(struct ctx *ctx, const struct event *event,
                                   const struct technician *technician, struct buf *json) MUST_CHECK;

/* ---- input ---- */
struct isp_webhook_in {
  struct str url, description;
  struct list types; /* struct str */
  bool is_active;
  uint64_t present;
};
struct isp_webhook_log_in {
  int64_t limit;
  struct uuid before;
  int state; /* enum webhook_state; 0 any */
};
extern const struct fields isp_webhook_in, isp_webhook_change_in, isp_webhook_log_in;

/* ---- endpoints ---- */
enum status isp_webhook_list(struct call *call);
enum status isp_webhook_create(struct call *call);
enum status isp_webhook_get(struct call *call);
enum status isp_webhook_update(struct call *call);
enum status isp_webhook_delete(struct call *call);
enum status isp_webhook_rotate(struct call *call);
enum status isp_webhook_deliveries(struct call *call);
enum status isp_webhook_delivery(struct call *call);
enum status isp_webhook_replay(struct call *call);
enum status isp_webhook_test(struct call *call);

extern const struct answer isp_webhook_list_answers[], isp_webhook_create_answers[],
    isp_webhook_get_answers[], isp_webhook_update_answers[], isp_webhook_delete_answers[],
    isp_webhook_rotate_answers[], isp_webhook_deliveries_answers[], isp_webhook_delivery_answers[],
    isp_webhook_send_answers[];

/* Their rows of the dialect's one table of routes. */
/* clang-format off */
#define ISP_WEBHOOK_ROW(http, at, operation, does, function, in_lane, ...)                                 \
  {.method = (http), .path = (at), .name = (operation), .summary = (does), .handler = (function),          \
   .lane = (in_lane), .permission = MAY_WEBHOOK, __VA_ARGS__}
#define ISP_WEBHOOK_ROUTES                                                                                 \
  ISP_WEBHOOK_ROW(HTTP_GET, "/api/webhooks", "ispWebhookList", "The tenant's webhooks",                    \
                  isp_webhook_list, LANE_INLINE, .answers = isp_webhook_list_answers),                     \
  ISP_WEBHOOK_ROW(HTTP_POST, "/api/webhooks", "ispWebhookCreate",                                          \
                  "Makes a webhook; its signing secret is shown here and never again",                     \
                  isp_webhook_create, LANE_WRITER, .input = &isp_webhook_in,                               \
                  .answers = isp_webhook_create_answers),                                                  \
  ISP_WEBHOOK_ROW(HTTP_GET, "/api/webhooks/:id", "ispWebhookGet", "One webhook", isp_webhook_get,          \
                  LANE_INLINE, .answers = isp_webhook_get_answers),                                        \
  ISP_WEBHOOK_ROW(HTTP_PUT, "/api/webhooks/:id", "ispWebhookUpdate",                                       \
                  "Changes the fields that are named; made active again, it hears of what happens from then on", \
                  isp_webhook_update, LANE_WRITER, .input = &isp_webhook_change_in,                        \
                  .answers = isp_webhook_update_answers),                                                  \
  ISP_WEBHOOK_ROW(HTTP_DELETE, "/api/webhooks/:id", "ispWebhookDelete",                                    \
                  "Deletes a webhook and what is waiting for it", isp_webhook_delete, LANE_WRITER,         \
                  .answers = isp_webhook_delete_answers),                                                  \
  ISP_WEBHOOK_ROW(HTTP_POST, "/api/webhooks/:id/rotate-secret", "ispWebhookRotateSecret",                  \
                  "Makes another signing secret; for a day the one before signs, too", isp_webhook_rotate, \
                  LANE_WRITER, .answers = isp_webhook_rotate_answers),                                     \
  ISP_WEBHOOK_ROW(HTTP_GET, "/api/webhooks/:id/deliveries", "ispWebhookDeliveryList",                      \
                  "What was, or is to be, delivered, newest first", isp_webhook_deliveries, LANE_INLINE,   \
                  .query = &isp_webhook_log_in, .answers = isp_webhook_deliveries_answers),                \
  ISP_WEBHOOK_ROW(HTTP_GET, "/api/webhooks/:id/deliveries/:delivery", "ispWebhookDeliveryGet",             \
                  "One delivery with its payload", isp_webhook_delivery, LANE_INLINE,                      \
                  .answers = isp_webhook_delivery_answers),                                                \
  ISP_WEBHOOK_ROW(HTTP_POST, "/api/webhooks/:id/deliveries/:delivery/replay", "ispWebhookReplay",          \
                  "Sends a delivery once more, with its id and payload", isp_webhook_replay, LANE_WRITER,  \
                  .answers = isp_webhook_send_answers),                                                    \
  ISP_WEBHOOK_ROW(HTTP_POST, "/api/webhooks/:id/test", "ispWebhookTest",                                   \
                  "Sends an event of the type webhook.test", isp_webhook_test, LANE_WRITER,                \
                  .answers = isp_webhook_send_answers, .sample = SAMPLE(.turn = SAMPLE_LIST))
/* clang-format on */

#endif
