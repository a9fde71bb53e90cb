#ifndef SIGAP_API_ISP_LIVE_H
#define SIGAP_API_ISP_LIVE_H

#include "base/buf.h"
#include "base/ctx.h"
#include "desk/event/event.h"
#include "desk/notice/notice.h"
#include "desk/technician/technician.h"
#include "desk/ticket/ticket.h"

/* The document's "WebSocket Events": what they are called and what they carry. *name is static. ctx: of a
 * caller who may read the subject's tenant. */

/* ticket:created, ticket:assigned, ticket:status_changed. */
enum status isp_live_ticket(struct ctx *ctx, const struct event *event, const struct ticket *ticket,
                            const char **name, struct buf *json) MUST_CHECK;
/* technician:location_updated, technician:availability_changed. */
enum status isp_live_technician(struct ctx *ctx, const struct event *event,
                                const struct technician *technician, const char **name,
                                struct buf *json) MUST_CHECK;
/* notification:new, in the language (enum language) of whom it is for. */
enum status isp_live_notice(struct ctx *ctx, const struct notice *notice, int language, const char **name,
                            struct buf *json) MUST_CHECK;

#endif
