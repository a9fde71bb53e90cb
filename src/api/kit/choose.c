#include "api/kit/internal.h"
#include "desk/tenant/tenant.h"

/* The tenant that a call is about. */

const struct problem_kind kit_foreign_tenant = {STATUS_FORBIDDEN, "foreign_tenant",
                                                "You may not act in this tenant."};

static enum status choose_by_host(struct call *call) {
  if (call->tenant_id != 0) {
    return STATUS_OK; /* the caller's own */
  }
  struct tenant tenant;
  TRY(tenant_of_host(&call->ctx, call->exchange->head.host, &tenant));
  call->tenant_id = tenant.id;
  return STATUS_OK;
}

/* Who may not act there is not told whether there is such a tenant. */
enum status call_select_tenant(struct call *call, int64_t id) {
  if (call->ctx.who != NULL && id == call->who.tenant_id) {
    return STATUS_OK;
  }
  if (call->ctx.who != NULL && !call->who.operator_staff) {
    return problem_set(&call->ctx, &kit_foreign_tenant);
  }
  struct tenant tenant;
  db_act_in(call->ctx.db, DB_STRANGER);
  enum status status = tenant_get(&call->ctx, id, &tenant);
  if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !tenant.is_active)) {
    problem_clear(&call->ctx);
    return problem_set(&call->ctx, &tenant_inactive);
  }
  TRY(status);
  call->tenant_id = id;
  call->who.tenant_id = id;
  db_act_in(call->ctx.db, id);
  return STATUS_OK;
}

enum status choose_tenant(struct call *call) {
  struct str header = str_trim(http_header(&call->exchange->head, "X-Tenant-ID"));
  if (header.len == 0) {
    return choose_by_host(call);
  }
  int64_t id;
  if (str_int(header, &id) != STATUS_OK) {
    return problem_fault(&call->ctx, STR("X-Tenant-ID"), STR("must be a number"));
  }
  return call_select_tenant(call, id);
}
