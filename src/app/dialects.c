#include "app/dialects.h"

#include "api/hcall/hcall.h"
#include "api/isp/isp.h"
#include "api/tiket/tiket.h"

const struct dialect *const documented_dialects[] = {&tiket_dialect, &hcall_dialect, &isp_dialect, NULL};
