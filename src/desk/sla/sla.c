#include "desk/sla/sla.h"

#include "base/time.h"
#include "db/db.h"
#include "desk/access/access.h"
#include "desk/statements.h"
#include "desk/tenant/tenant.h"
#include "desk/ticket/ticket.h"

/* The tenant's targets. */

enum { TARGETS_MAX = 16 };
/* On PostgreSQL a ticket may be written with the old targets by a transaction that began before the new ones
 * were committed and ends after the recomputation came past. No transaction lasts as long as this. */
#define SLA_SETTLE_US (2 * TIME_MINUTE_US)

enum status sla_targets_of(struct ctx *ctx, int64_t tenant_id, int category, int priority,
                           struct sla_targets *out) {
  const struct sla_target_of_in in = {.tenant_id = tenant_id, .category = category};
  struct sla_target_of_row row;
  enum status status = sql_sla_target_of(ctx, &in, &row);
  if (status == STATUS_NOT_FOUND) {
    *out = sla_default_targets(priority);
    return STATUS_OK;
  }
  TRY(status);
  *out = (struct sla_targets){.response_us = row.response_minutes * TIME_MINUTE_US,
                              .resolution_us = row.resolution_minutes * TIME_MINUTE_US};
  return STATUS_OK;
}

/* An account acts in its own tenant; operator staff in any. */
static enum status check_tenant(struct ctx *ctx, enum permission permission, int64_t tenant_id) {
  TRY(access_check(ctx, permission));
  if (tenant_id != ctx->who->tenant_id && !ctx->who->operator_staff) {
    return problem_set(ctx, &access_forbidden);
  }
  return STATUS_OK;
}

enum status sla_list(struct ctx *ctx, int64_t tenant_id, struct sla_target **out, size_t *count) {
  TRY(check_tenant(ctx, MAY_SLA_READ, tenant_id));
  const struct sla_target_list_in in = {.tenant_id = tenant_id, .limit = TARGETS_MAX};
  struct sla_target_list_row *rows = NULL;
  size_t n = 0;
  TRY(sql_sla_target_list_all(ctx, &in, TARGETS_MAX, &rows, &n));
  struct sla_target *targets = ARENA_ARRAY(ctx->arena, struct sla_target, n);
  for (size_t i = 0; i < n; i++) {
    targets[i] = (struct sla_target){.category = (int)rows[i].category,
                                     .response_minutes = rows[i].response_minutes,
                                     .resolution_minutes = rows[i].resolution_minutes,
                                     .updated_at = rows[i].updated_at};
  }
  *out = targets;
  *count = n;
  return STATUS_OK;
}

static void check_minutes(struct ctx *ctx, struct str field, int64_t minutes) {
  if (minutes < 0 || minutes > SLA_MINUTES_MAX) {
    (void)problem_fault(ctx, field, STR("must be between 0 and 525600"));
  }
}

static enum status check_target(struct ctx *ctx, const struct sla_target *target) {
  if (target->category < CATEGORY_BILLING || target->category > CATEGORY_SERVICE) {
    (void)problem_fault(ctx, STR("category"), STR("is unknown"));
  }
  check_minutes(ctx, STR("sla_response_minutes"), target->response_minutes);
  check_minutes(ctx, STR("sla_resolution_minutes"), target->resolution_minutes);
  return ctx->problem.kind != NULL ? ctx->problem.kind->status : STATUS_OK;
}

struct setting {
  int64_t tenant_id;
  const struct sla_target *target;
};

/* The same targets again make no work. */
static enum status is_set(struct ctx *ctx, const struct setting *setting, bool *yes) {
  const struct sla_target_of_in in = {.tenant_id = setting->tenant_id, .category = setting->target->category};
  struct sla_target_of_row row;
  enum status status = sql_sla_target_of(ctx, &in, &row);
  *yes = status == STATUS_OK && row.response_minutes == setting->target->response_minutes &&
         row.resolution_minutes == setting->target->resolution_minutes;
  return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status set_run(struct ctx *ctx, void *arg) {
  const struct setting *setting = arg;
  struct tenant tenant;
  bool unchanged;
  TRY(tenant_get(ctx, setting->tenant_id, &tenant));
  TRY(is_set(ctx, setting, &unchanged));
  const struct sla_target_set_in in = {
      .tenant_id = setting->tenant_id,
      .category = setting->target->category,
      .response_minutes = setting->target->response_minutes,
      .resolution_minutes = setting->target->resolution_minutes,
      .now = ctx->now_us,
  };
  TRY(sql_sla_target_set(ctx, &in, NULL));
  if (unchanged) {
    return STATUS_OK;
  }
  const struct sla_stale_set_in stale = {
      .tenant_id = setting->tenant_id,
      .due_at = ctx->now_us,
      .again_at = db_is_pgsql(ctx->db) ? ctx->now_us + SLA_SETTLE_US : 0,
  };
  return sql_sla_stale_set(ctx, &stale, NULL);
}

enum status sla_set(struct ctx *ctx, int64_t tenant_id, const struct sla_target *target) {
  TRY(check_tenant(ctx, MAY_SLA_WRITE, tenant_id));
  TRY(check_target(ctx, target));
  struct setting setting = {.tenant_id = tenant_id, .target = target};
  return db_write(ctx, set_run, &setting);
}

enum status sla_stale_tenant(struct ctx *ctx, int64_t *tenant_id, int64_t *after_id) {
  const struct sla_stale_first_in in = {.now = ctx->now_us};
  struct sla_stale_first_row row = {0};
  enum status status = sql_sla_stale_first(ctx, &in, &row);
  if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
    return status;
  }
  *tenant_id = row.tenant_id;
  *after_id = row.after_id;
  return STATUS_OK;
}

enum status sla_recomputed(struct ctx *ctx, int64_t tenant_id, int64_t after_id) {
  if (after_id != 0) {
    const struct sla_stale_move_in in = {.tenant_id = tenant_id, .after_id = after_id};
    return sql_sla_stale_move(ctx, &in, NULL);
  }
  const struct sla_stale_get_in get = {.tenant_id = tenant_id};
  struct sla_stale_get_row row;
  enum status status = sql_sla_stale_get(ctx, &get, &row);
  if (status == STATUS_NOT_FOUND) {
    return STATUS_OK;
  }
  TRY(status);
  if (row.again_at != 0) {
    const struct sla_stale_again_in in = {.tenant_id = tenant_id, .due_at = row.again_at};
    return sql_sla_stale_again(ctx, &in, NULL);
  }
  const struct sla_stale_drop_in in = {.tenant_id = tenant_id};
  return sql_sla_stale_drop(ctx, &in, NULL);
}
