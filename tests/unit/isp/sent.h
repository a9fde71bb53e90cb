#ifndef SIGAP_TESTS_UNIT_ISP_SENT_H
#define SIGAP_TESTS_UNIT_ISP_SENT_H

#include "served.h"

#include "api/isp/isp_reports.h"
#include "people.h"

/* A file that a report sends, as far as one piece of an answer goes: no server is needed for that. */

struct sent {
  struct http_exchange exchange;
  struct call call;
};

static inline void send_begin(struct store *store, const struct who *who, struct sent *sent, void *query) {
  *sent = (struct sent){0};
  exchange_begin(&sent->exchange, HTTP_GET, "/api/reports");
  sent->exchange.streams = true;
  sent->call = (struct call){
      .ctx = *as(store, who), .exchange = &sent->exchange, .tenant_id = who->tenant_id, .query = query};
}

static inline const char *send_end(struct store *store, struct sent *sent) {
  const char *text = str_c(store->ctx.arena, buf_str(&sent->exchange.body_out));
  exchange_end(&sent->exchange);
  return text;
}

#endif
