#ifndef SIGAP_POST_HOOK_FOLLOW_H
#define SIGAP_POST_HOOK_FOLLOW_H

#include "post/hook.h"

/* Turns a bounded number of events into deliveries, outside of any transaction. *more: there are more at
 * once. */
enum status hook_follow(struct ctx *ctx, const struct hook_printer *printer, bool *more) MUST_CHECK;

#endif
