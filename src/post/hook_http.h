#ifndef SIGAP_POST_HOOK_HTTP_H
#define SIGAP_POST_HOOK_HTTP_H

#include "desk/webhook/webhook.h"

/* Deliveries under way: a few at once, on the caller's thread. */

enum { HOOK_HTTP_SLOTS = 16, HOOK_HTTP_TIMEOUT_S = 15 };

struct hook_http;

/* How a try ended; `reason` lives until the callback returns. */
typedef void (*hook_http_done)(void *arg, const struct webhook_outcome *outcome);

struct hook_http *hook_http_new(hook_http_done done, void *arg);
/* Puts off what is under way. NULL is fine. */
void hook_http_free(struct hook_http *http);
/* How many more may be begun: HOOK_HTTP_SLOTS where none is under way. */
unsigned hook_http_room(const struct hook_http *http);
/* Begins one; nothing of it is kept. A url that can't be used is told to `done` at once. */
void hook_http_send(struct hook_http *http, const struct webhook_sending *sending);
/* Goes on with all, tells which ended, and waits until something happens, `fd` can be read, or timeout_ms. */
void hook_http_run(struct hook_http *http, int fd, int timeout_ms);

#endif
