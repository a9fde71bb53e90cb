#include <string.h>

#include "api/kit/internal.h"

/* Cross-origin rules (Fetch standard, "CORS protocol"): only origins that the operator named. */

static bool origin_allowed(const char *list, struct str origin) {
  if (list == NULL || origin.at == NULL) {
    return false;
  }
  struct str rest = str_of(list);
  while (rest.len > 0) {
    size_t end = str_find(rest, ',');
    struct str one = str_trim((struct str){rest.at, end});
    if (str_is(one, "*") || str_equal_fold(one, origin)) {
      return true;
    }
    size_t skip = end < rest.len ? end + 1 : end;
    rest = (struct str){rest.at + skip, rest.len - skip};
  }
  return false;
}

void cors_add(const struct kit *kit, struct http_exchange *exchange) {
  if (kit->config.cors_origins == NULL) {
    return;
  }
  struct str origin = http_header(&exchange->head, "Origin");
  http_add_header(exchange, "Vary", STR("Origin"));
  if (origin_allowed(kit->config.cors_origins, origin)) {
    http_add_header(exchange, "Access-Control-Allow-Origin", origin);
    http_add_header(exchange, "Access-Control-Expose-Headers",
                    STR("X-Request-ID, Retry-After, Link, Location, ETag, Content-Disposition, RateLimit, "
                        "RateLimit-Policy, Idempotency-Replayed"));
  }
}

void kit_cors(const struct kit *kit, struct http_exchange *exchange) {
  cors_add(kit, exchange);
}

struct str cors_methods(struct arena *arena, unsigned allowed) {
  struct str text = STR("OPTIONS");
  for (int method = 0; method < HTTP_METHOD_COUNT; method++) {
    if ((allowed & (1u << method)) != 0 && method != HTTP_OPTIONS) {
      text = str_format(arena, "%.*s, %s", STR_ARG(text), http_method_name((enum http_method)method));
    }
  }
  return text;
}

void cors_options(const struct kit *kit, struct http_exchange *exchange, unsigned allowed) {
  struct str methods = cors_methods(exchange->arena, allowed);
  exchange->status = 204;
  http_add_header(exchange, "Allow", methods);
  cors_add(kit, exchange);
  if (http_header(&exchange->head, "Access-Control-Request-Method").at != NULL &&
      origin_allowed(kit->config.cors_origins, http_header(&exchange->head, "Origin"))) {
    http_add_header(exchange, "Access-Control-Allow-Methods", methods);
    http_add_header(exchange, "Access-Control-Allow-Headers",
                    STR("Authorization, Content-Type, Accept, X-Request-ID, X-Tenant-ID, Idempotency-Key, "
                        "If-Match, If-None-Match, traceparent, tracestate"));
    http_add_header(exchange, "Access-Control-Max-Age", STR("600"));
  }
}
