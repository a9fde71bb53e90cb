#ifndef SIGAP_APP_SYSTEM_H
#define SIGAP_APP_SYSTEM_H

#include <stdatomic.h>

#include "api/kit/kit.h"
#include "app/lanes.h"
#include "live/live.h"
#include "post/hook.h"
#include "post/post.h"

/* What the server says of itself outside every dialect: /livez, /readyz, /metrics, /openapi/<dialect>.json,
 * /postman/<dialect>.json */
extern const struct dialect system_dialect;

/* What the handlers look at. Filled once before the first request; the server's. */
struct system_view {
  struct kit *kit;
  struct lanes *lanes;
  struct post *post;
  struct hook *hook;
  const struct live *live;
  const struct http_server *server;
  const struct dialect *const *dialects; /* those with a specification; ends with NULL */
  const char *public_url;                /* NULL unknown */
  atomic_bool ready;                     /* the database answers and keeps what it is given */
  atomic_bool stopping;
  atomic_int_fast64_t mails_waiting, mails_failed;
  atomic_int_fast64_t deadlines_told; /* tickets whose due deadlines this server told of */
  atomic_int_fast64_t sla_warnings, sla_response_breaches, sla_resolution_breaches; /* of these */
  int64_t started_at;
};
void system_setup(struct system_view *view);

#endif
