#ifndef SIGAP_API_ISP_H
#define SIGAP_API_ISP_H

#include "api/kit/kit.h"
#include "desk/notice/notice.h"

/* The dialect of ISP dispatchers, technicians and customers (docs/api/isp.md). */
extern const struct dialect isp_dialect;
/* A notice as this dialect tells it (its "notification" object, JSON), in the language (enum language) of
 * whom it is for. For what is pushed to them. */
void isp_print_notice(struct arena *arena, const struct notice *notice, int language, struct buf *out);

#endif
