#include "app/dialects.h"

#include "api/hcall/hcall.h"
#include "api/isp/isp.h"
#include "api/ruang/ruang.h"
#include "api/tenant/tenant.h"
#include "api/tiket/tiket.h"

const struct dialect *const documented_dialects[] = {&tiket_dialect, &hcall_dialect,  &isp_dialect,
                                                     &ruang_dialect, &tenant_dialect, NULL};
