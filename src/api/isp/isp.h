#ifndef SIGAP_API_ISP_H
#define SIGAP_API_ISP_H

#include "api/kit/kit.h"

/* The dialect of ISP dispatchers, technicians and customers (docs/api/isp.md). */
extern const struct dialect isp_dialect;

#endif
