#include "api/tenant/internal.h"
#include "base/time.h"
#include "desk/session/session.h"
#include "desk/tenant/tenant.h"

/* Signing in, and finding the tenant of a domain. */

enum { ACCESS_S = 900, REFRESH_S = 7 * 86400 };

enum status tenant_login(struct call *call) {
  const struct tenant_login_in *in = call->input;
  const struct sign_in sign_in = {.tenant_id = call->tenant_id,
                                  .email = in->email,
                                  .password = in->password,
                                  .address = call->exchange->peer,
                                  .lifetime_s = ACCESS_S,
                                  .refresh_s = REFRESH_S};
  struct session_token session;
  struct tenant tenant;
  TRY(session_sign_in(&call->ctx, &sign_in, &session));
  TRY(tenant_get(&call->ctx, session.account.tenant_id, &tenant));
  struct tenant_signed_in *answer = ARENA_NEW(call->ctx.arena, struct tenant_signed_in);
  *answer = (struct tenant_signed_in){
      .id = session.account.id,
      .name = session.account.name,
      .role = str_of(role_name((enum role)session.account.role)),
      .kind = tenant.kind,
      .email = session.account.email,
      .access_token = session.token,
      .refresh_token = session.refresh_token,
      .expires_at_s = session.expires_at / TIME_SECOND_US,
  };
  return tenant_say(call, 200, "signed in", &tenant_login_answer, answer);
}

enum status tenant_look_up(struct call *call) {
  const struct tenant_domain_in *in = call->query;
  struct tenant tenant;
  TRY(tenant_by_domain(&call->ctx, in->domain, &tenant));
  struct tenant_known *answer = ARENA_NEW(call->ctx.arena, struct tenant_known);
  *answer = (struct tenant_known){tenant.id, tenant.name, tenant.kind, tenant.is_active};
  return tenant_say(call, 200, "success", &tenant_known_answer, answer);
}
