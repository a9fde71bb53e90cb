#ifndef SIGAP_API_ISP_SYNC_H
#define SIGAP_API_ISP_SYNC_H

#include "api/isp/internal.h"

/* Synchronisation of an app that works offline. */

struct isp_device {
  struct str platform, version, device_id;
};
struct isp_sync_in {
  struct str last_sync;
  const struct isp_device *device_info; /* taken, checked and not kept */
};
extern const struct fields isp_sync_in, isp_sync_out;

enum status isp_sync(struct call *call);

#endif
