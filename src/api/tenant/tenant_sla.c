#include "api/tenant/internal.h"
#include "desk/sla/sla.h"

/* Service levels: what a tenant promises for each category. */

enum status tenant_sla_set(struct call *call) {
  const struct tenant_sla_in *in = call->input;
  const struct sla_target target = {.category = in->category,
                                    .response_minutes = in->response_minutes,
                                    .resolution_minutes = in->resolution_minutes};
  TRY(sla_set(&call->ctx, call->who.tenant_id, &target));
  return tenant_say(call, 200, "sla saved", &tenant_sla_answer, NULL);
}

enum status tenant_sla_list(struct call *call) {
  struct sla_target *targets = NULL;
  size_t count = 0;
  TRY(sla_list(&call->ctx, call->who.tenant_id, &targets, &count));
  struct tenant_sla *shown = ARENA_ARRAY(call->ctx.arena, struct tenant_sla, count);
  for (size_t i = 0; i < count; i++) {
    shown[i] =
        (struct tenant_sla){targets[i].category, targets[i].response_minutes, targets[i].resolution_minutes};
  }
  return tenant_say_list(call, &tenant_targets_answer, (struct list){shown, count}, NULL);
}
