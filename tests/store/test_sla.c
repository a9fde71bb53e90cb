#include "desk/sla/sla.h"
#include "desk/tenant/tenant.h"
#include "people.h"

/* The tenant's targets. */

static struct sla_targets targets_of(struct store *store, int64_t tenant_id, int category, int priority) {
  struct sla_targets targets = {0};
  assert_ok(sla_targets_of(&store->ctx, tenant_id, category, priority, &targets));
  return targets;
}

static void without_a_row_the_priority_decides(struct store *store) {
  assert_int_equal(targets_of(store, 1, CATEGORY_BILLING, PRIORITY_EMERGENCY).resolution_us, TIME_HOUR_US);
  assert_int_equal(targets_of(store, 1, CATEGORY_BILLING, PRIORITY_LOW).resolution_us, 48 * TIME_HOUR_US);
  assert_int_equal(targets_of(store, 1, CATEGORY_BILLING, PRIORITY_LOW).response_us, 0);
}

static void a_row_of_the_category_decides_for_its_tenant_alone(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  const struct sla_target target = {CATEGORY_TECHNICAL, 30, 240, 0};
  assert_ok(sla_set(as(store, &manager), 1, &target));
  struct sla_targets found = targets_of(store, 1, CATEGORY_TECHNICAL, PRIORITY_EMERGENCY);
  assert_int_equal(found.response_us, 30 * TIME_MINUTE_US);
  assert_int_equal(found.resolution_us, 240 * TIME_MINUTE_US);
  assert_int_equal(targets_of(store, 1, CATEGORY_BILLING, PRIORITY_HIGH).resolution_us, 4 * TIME_HOUR_US);
  assert_int_equal(targets_of(store, 2, CATEGORY_TECHNICAL, PRIORITY_HIGH).resolution_us, 4 * TIME_HOUR_US);
}

static void zero_minutes_are_no_target_at_all(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  const struct sla_target target = {.category = CATEGORY_SERVICE};
  assert_ok(sla_set(as(store, &manager), 1, &target));
  struct sla_targets found = targets_of(store, 1, CATEGORY_SERVICE, PRIORITY_EMERGENCY);
  assert_int_equal(found.response_us, 0);
  assert_int_equal(found.resolution_us, 0);
}

static void a_second_setting_replaces_the_first(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  struct sla_target target = {CATEGORY_SERVICE, 1, 525600, 0};
  assert_ok(sla_set(as(store, &manager), 1, &target));
  store->ctx.now_us += 5;
  target.response_minutes = 525600;
  assert_ok(sla_set(as(store, &manager), 1, &target));
  target = (struct sla_target){CATEGORY_BILLING, 7, 8, 0};
  assert_ok(sla_set(as(store, &manager), 1, &target));
  struct sla_target *rows = NULL;
  size_t count = 0;
  assert_ok(sla_list(as(store, &manager), 1, &rows, &count));
  assert_int_equal(count, 2);
  assert_int_equal(rows[0].category, CATEGORY_BILLING);
  assert_int_equal(rows[1].category, CATEGORY_SERVICE);
  assert_int_equal(rows[1].response_minutes, 525600);
  assert_int_equal(rows[1].resolution_minutes, 525600);
  assert_int_equal(rows[1].updated_at, STORE_NOW + 5);
}

static void a_tenant_that_is_not_there_gets_no_target(struct store *store) {
  const struct who vendor = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  const struct sla_target target = {CATEGORY_BILLING, 7, 8, 0};
  assert_status(STATUS_NOT_FOUND, sla_set(as(store, &vendor), 9, &target));
  assert_ptr_equal(store->ctx.problem.kind, &tenant_not_found);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM sla_target"), 0);
  tenant_make(store, 9);
  assert_ok(sla_set(as(store, &vendor), 9, &target));
  assert_int_equal(store_number(store, "SELECT tenant_id FROM sla_target"), 9);
}

static void every_fault_is_told_at_once(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  const struct sla_target target = {.category = 9, .response_minutes = -1, .resolution_minutes = 525601};
  struct ctx *ctx = as(store, &manager);
  assert_status(STATUS_INVALID, sla_set(ctx, 1, &target));
  assert_int_equal(ctx->problem.fault_count, 3);
  assert_str(ctx->problem.faults[0].field, "category");
  assert_str(ctx->problem.faults[1].field, "sla_response_minutes");
  assert_str(ctx->problem.faults[2].field, "sla_resolution_minutes");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM sla_target"), 0);
}

static void managers_write_staff_reads_and_others_do_not(struct store *store) {
  tenant_make(store, 7);
  const struct sla_target target = {CATEGORY_SERVICE, 1, 2, 0};
  struct sla_target *rows = NULL;
  size_t count = 0;
  for (int role = ROLE_CUSTOMER; role < ROLE_COUNT; role++) {
    const struct who who = person(store, 7, (enum role)role, "Ani", SQL(store, "ani%d@example.com", role));
    assert_status(role >= ROLE_MANAGER ? STATUS_OK : STATUS_FORBIDDEN, sla_set(as(store, &who), 7, &target));
    assert_status(role > ROLE_CUSTOMER ? STATUS_OK : STATUS_FORBIDDEN,
                  sla_list(as(store, &who), 7, &rows, &count));
    assert_status(STATUS_FORBIDDEN, sla_set(as(store, &who), 1, &target));
    assert_status(STATUS_FORBIDDEN, sla_list(as(store, &who), 1, &rows, &count));
  }
  const struct who vendor = person(store, 1, ROLE_MANAGER, "Vera", "vera@example.com");
  assert_ok(sla_set(as(store, &vendor), 7, &target));
  assert_ok(sla_list(as(store, &vendor), 7, &rows, &count));
  assert_int_equal(count, 1);
}

/* ---- what is to be recomputed ---- */

static int64_t stale(struct store *store, int64_t *after_id) {
  int64_t tenant_id = -1;
  assert_ok(sla_stale_tenant(as(store, NULL), &tenant_id, after_id));
  return tenant_id;
}

struct step {
  int64_t tenant_id, after_id;
};

static enum status mark(struct ctx *ctx, void *arg) {
  const struct step *step = arg;
  return sla_recomputed(ctx, step->tenant_id, step->after_id);
}

static void a_changed_target_is_marked_until_all_is_recomputed(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  struct sla_target target = {CATEGORY_SERVICE, 1, 2, 0};
  int64_t after_id = -1;
  assert_int_equal(stale(store, &after_id), 0);
  assert_ok(sla_set(as(store, &manager), 1, &target));
  assert_int_equal(stale(store, &after_id), 1);
  assert_int_equal(after_id, 0);
  struct step step = {1, 41};
  assert_ok(db_write(as(store, NULL), mark, &step));
  assert_int_equal(stale(store, &after_id), 1);
  assert_int_equal(after_id, 41);
  /* Changed in between: from the beginning. */
  target.response_minutes = 5;
  assert_ok(sla_set(as(store, &manager), 1, &target));
  assert_int_equal(stale(store, &after_id), 1);
  assert_int_equal(after_id, 0);
  step.after_id = 0;
  assert_ok(db_write(as(store, NULL), mark, &step));
  assert_int_equal(stale(store, &after_id), 0);
  /* Once more where a transaction may have written an old deadline meanwhile. */
  store->ctx.now_us += 2 * TIME_MINUTE_US;
  assert_int_equal(stale(store, &after_id), store->pgsql ? 1 : 0);
  assert_ok(db_write(as(store, NULL), mark, &step));
  store->ctx.now_us += TIME_DAY_US;
  assert_int_equal(stale(store, &after_id), 0);
}

static void the_same_targets_again_make_no_work(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  const struct sla_target target = {CATEGORY_SERVICE, 1, 2, 0};
  assert_ok(sla_set(as(store, &manager), 1, &target));
  store_sql(store, "DELETE FROM sla_stale");
  assert_ok(sla_set(as(store, &manager), 1, &target));
  int64_t after_id;
  assert_int_equal(stale(store, &after_id), 0);
}

struct peek {
  struct ctx *other;
};

static enum status look_from_elsewhere(struct ctx *ctx, void *arg) {
  const struct peek *peek = arg;
  int64_t tenant_id = 0, after_id = 0, others = -1;
  TRY(sla_stale_tenant(ctx, &tenant_id, &after_id));
  assert_int_equal(tenant_id, 1);
  TRY(sla_stale_tenant(peek->other, &others, &after_id));
  assert_int_equal(others, 0);
  return STATUS_OK;
}

static void two_nodes_do_not_recompute_one_tenant_at_once(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Mira", "mira@example.com");
  const struct sla_target target = {CATEGORY_SERVICE, 1, 2, 0};
  assert_ok(sla_set(as(store, &manager), 1, &target));
  struct ctx other = store_open(store, DB_WRITE);
  struct peek peek = {&other};
  assert_ok(db_write(as(store, NULL), look_from_elsewhere, &peek));
  store_close(&other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(without_a_row_the_priority_decides),
      STORE_TEST(a_row_of_the_category_decides_for_its_tenant_alone),
      STORE_TEST(zero_minutes_are_no_target_at_all),
      STORE_TEST(a_second_setting_replaces_the_first),
      STORE_TEST(a_tenant_that_is_not_there_gets_no_target),
      STORE_TEST(every_fault_is_told_at_once),
      STORE_TEST(managers_write_staff_reads_and_others_do_not),
      STORE_TEST(a_changed_target_is_marked_until_all_is_recomputed),
      STORE_TEST(the_same_targets_again_make_no_work),
      STORE_TEST_PGSQL(two_nodes_do_not_recompute_one_tenant_at_once),
  };
  return STORE_RUN(tests);
}
