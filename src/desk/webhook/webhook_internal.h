#ifndef SIGAP_DESK_WEBHOOK_INTERNAL_H
#define SIGAP_DESK_WEBHOOK_INTERNAL_H

#include "desk/webhook/webhook.h"

/* Shared by the noun's own files only. */

/* MAY_WEBHOOK, and the caller's tenant's. */
enum status webhook_own(struct ctx *ctx, struct uuid uuid, struct webhook *out) MUST_CHECK;

#endif
