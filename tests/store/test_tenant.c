#include "store.h"

#include <string.h>

#include "desk/access/access.h"
#include "desk/account/account.h"
#include "desk/event/event.h"
#include "desk/session/session.h"
#include "desk/tenant/tenant.h"

static int64_t add(struct ctx *ctx, const char *name, const char *domain) {
  struct tenant_new new_tenant = {.name = str_of(name), .domain = str_of(domain)};
  int64_t id = 0;
  assert_ok(tenant_add(ctx, &new_tenant, &id));
  return id;
}

static bool faulted(const struct ctx *ctx, const char *field) {
  for (size_t i = 0; i < ctx->problem.fault_count; i++) {
    if (str_is(ctx->problem.faults[i].field, field)) {
      return true;
    }
  }
  return false;
}

static void the_operator_is_there_from_the_start(struct store *store) {
  struct tenant tenant;
  assert_ok(tenant_get(&store->ctx, TENANT_OPERATOR, &tenant));
  assert_int_equal(tenant.id, 1);
  assert_str(tenant.kind, "vendor");
  assert_str(tenant.timezone, "UTC");
  assert_null(tenant.domain.at);
  assert_true(tenant.is_active);
}

static void a_tenant_comes_back_as_it_was_added(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct tenant_new new_tenant = {.name = STR("Kantor Pusat"),
                                  .domain = STR("Help.Kantor-Pusat.Example"),
                                  .kind = STR("school"),
                                  .timezone = STR("Asia/Jakarta")};
  int64_t id = 0;
  assert_ok(tenant_add(ctx, &new_tenant, &id));
  assert_true(id > 1);
  struct tenant tenant;
  assert_ok(tenant_get(ctx, id, &tenant));
  assert_str(tenant.name, "Kantor Pusat");
  assert_str(tenant.domain, "help.kantor-pusat.example");
  assert_str(tenant.kind, "school");
  assert_str(tenant.timezone, "Asia/Jakarta");
  assert_true(tenant.is_active);
  assert_int_equal(tenant.created_at, STORE_NOW);
  assert_ok(tenant_by_domain(ctx, STR("HELP.kantor-pusat.EXAMPLE"), &tenant));
  assert_int_equal(tenant.id, id);
}

static void what_is_left_out_has_its_default(struct store *store) {
  struct tenant tenant;
  assert_ok(tenant_get(&store->ctx, add(&store->ctx, "Plain", NULL), &tenant));
  assert_null(tenant.domain.at);
  assert_str(tenant.kind, "standard");
  assert_str(tenant.timezone, "UTC");
}

static void an_unknown_tenant_is_not_found(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct tenant tenant = {.id = -7};
  assert_status(STATUS_NOT_FOUND, tenant_get(ctx, 99, &tenant));
  assert_ptr_equal(ctx->problem.kind, &tenant_not_found);
  problem_clear(ctx);
  assert_status(STATUS_NOT_FOUND, tenant_by_domain(ctx, STR("nowhere.example"), &tenant));
  assert_ptr_equal(ctx->problem.kind, &tenant_not_found);
  problem_clear(ctx);
  assert_status(STATUS_NOT_FOUND, tenant_by_domain(ctx, STR_NONE, &tenant));
  problem_clear(ctx);
  assert_status(STATUS_NOT_FOUND, tenant_by_domain(ctx, STR("a\0b"), &tenant));
  problem_clear(ctx);
  assert_status(STATUS_NOT_FOUND, tenant_by_domain(ctx, STR("\xFF"), &tenant));
  problem_clear(ctx);
  assert_status(STATUS_NOT_FOUND, tenant_disable(ctx, 99));
  problem_clear(ctx);
  assert_status(STATUS_NOT_FOUND, tenant_set_timezone(ctx, 99, STR("UTC")));
  assert_int_equal(tenant.id, -7);
}

static void every_fault_is_told_at_once(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct tenant_new bad = {.name = STR("  "), .domain = STR("no domain"), .timezone = STR("Mars/Olympus")};
  int64_t id = -7;
  assert_status(STATUS_INVALID, tenant_add(ctx, &bad, &id));
  assert_ptr_equal(ctx->problem.kind, &problem_invalid);
  assert_int_equal(ctx->problem.fault_count, 3);
  assert_true(faulted(ctx, "name"));
  assert_true(faulted(ctx, "domain"));
  assert_true(faulted(ctx, "timezone"));
  assert_int_equal(id, -7);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM tenant"), 1);
}

static void domains_are_host_names(struct store *store) {
  struct ctx *ctx = &store->ctx;
  static const char *const bad[] = {"",    ".",   "a..b", ".a",  "a.",  "-a.b", "a-.b",       "a.b-",
                                    "a_b", "a b", "a:80", "a/b", "*.a", "a@b",  "\xC3\xA4.b", "[::1]"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    struct tenant_new new_tenant = {.name = STR("x"), .domain = str_of(bad[i])};
    int64_t id;
    assert_status(STATUS_INVALID, tenant_add(ctx, &new_tenant, &id));
    assert_true(faulted(ctx, "domain"));
    problem_clear(ctx);
  }
  char text[255];
  memset(text, 'a', sizeof(text));
  for (size_t i = 60; i < sizeof(text); i += 60) {
    text[i] = '.';
  }
  int64_t id;
  struct tenant_new longest = {.name = STR("x"), .domain = {text, 254}};
  assert_status(STATUS_INVALID, tenant_add(ctx, &longest, &id));
  problem_clear(ctx);
  longest.domain.len = 253;
  assert_ok(tenant_add(ctx, &longest, &id));
}

static void a_domain_belongs_to_one_tenant(struct store *store) {
  struct ctx *ctx = &store->ctx;
  add(ctx, "First", "help.example");
  struct tenant_new second = {.name = STR("Second"), .domain = STR("HELP.example")};
  int64_t id;
  assert_status(STATUS_DUPLICATE, tenant_add(ctx, &second, &id));
  assert_ptr_equal(ctx->problem.kind, &tenant_domain_taken);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM tenant"), 2);
}

static void a_host_means_its_tenant_or_the_operator(struct store *store) {
  struct ctx *ctx = &store->ctx;
  int64_t id = add(ctx, "Help", "help.example");
  struct tenant tenant;
  assert_ok(tenant_of_host(ctx, STR("Help.Example."), &tenant));
  assert_int_equal(tenant.id, id);
  assert_ok(tenant_of_host(ctx, STR("Help.Example"), &tenant));
  assert_int_equal(tenant.id, id);
  static const char *const others[] = {"other.example",  "127.0.0.1", "",     "a b",
                                       "help.example..", ".",         "[::1]"};
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
    assert_ok(tenant_of_host(ctx, str_of(others[i]), &tenant));
    assert_int_equal(tenant.id, TENANT_OPERATOR);
  }
  assert_ok(tenant_of_host(ctx, STR_NONE, &tenant));
  assert_int_equal(tenant.id, TENANT_OPERATOR);
  assert_null(ctx->problem.kind);
  assert_ok(tenant_disable(ctx, id));
  assert_status(STATUS_FORBIDDEN, tenant_of_host(ctx, STR("help.example"), &tenant));
  assert_ptr_equal(ctx->problem.kind, &tenant_inactive);
}

static void disabling_ends_every_session_of_the_tenant(struct store *store) {
  struct ctx *ctx = &store->ctx;
  int64_t ids[2] = {add(ctx, "One", NULL), add(ctx, "Two", NULL)};
  struct session_token tokens[2];
  for (int i = 0; i < 2; i++) {
    struct account_new new_account = {.tenant_id = ids[i],
                                      .name = STR("Ani"),
                                      .email = STR("ani@example.com"),
                                      .role = ROLE_MANAGER,
                                      .by = ACCOUNT_BY_OPERATOR};
    struct account account;
    assert_ok(account_create(ctx, &new_account, &account));
    assert_ok(session_open(ctx, &account, 60, &tokens[i]));
  }
  assert_ok(tenant_disable(ctx, ids[0]));
  struct tenant tenant;
  assert_ok(tenant_get(ctx, ids[0], &tenant));
  assert_false(tenant.is_active);
  struct who who;
  assert_status(STATUS_UNAUTHENTICATED, session_resume(ctx, tokens[0].token, &who));
  assert_ptr_equal(ctx->problem.kind, &session_ended);
  problem_clear(ctx);
  assert_ok(session_resume(ctx, tokens[1].token, &who));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM session WHERE ended_at IS NOT NULL"), 1);
  struct event *events;
  size_t count = 0;
  assert_ok(event_list(ctx, 0, 100, &events, &count));
  assert_int_equal(events[count - 1].kind, EVENT_SESSION_ENDED);
  assert_int_equal(events[count - 1].tenant_id, ids[0]);
  assert_int_equal(events[count - 1].account_id, 0);
}

static void the_operator_cant_be_disabled(struct store *store) {
  struct ctx *ctx = &store->ctx;
  assert_status(STATUS_STATE, tenant_disable(ctx, TENANT_OPERATOR));
  assert_ptr_equal(ctx->problem.kind, &tenant_operator_stays);
}

static void a_time_zone_is_one_the_machine_knows(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct tenant tenant;
  assert_ok(tenant_set_timezone(ctx, TENANT_OPERATOR, STR("Asia/Makassar")));
  assert_ok(tenant_get(ctx, TENANT_OPERATOR, &tenant));
  assert_str(tenant.timezone, "Asia/Makassar");
  static const char *const bad[] = {"", "Nowhere/Land", "../../etc/passwd", "/etc/passwd"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    assert_status(STATUS_INVALID, tenant_set_timezone(ctx, TENANT_OPERATOR, str_of(bad[i])));
    assert_true(faulted(ctx, "timezone"));
    problem_clear(ctx);
  }
  assert_status(STATUS_INVALID, tenant_set_timezone(ctx, TENANT_OPERATOR, STR("UTC\0x")));
}

static void a_list_holds_all_across_its_pages(struct store *store) {
  struct ctx *ctx = &store->ctx;
  store_sql(store,
            "INSERT INTO tenant (id, name, kind, timezone, is_active, created_at) "
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 2345) "
            "SELECT i, 'T', 'standard', 'UTC', TRUE, 5 FROM n");
  struct tenant *list = NULL;
  size_t count = 0;
  assert_ok(tenant_list(ctx, &list, &count));
  assert_int_equal(count, 2345);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(list[i].id, i + 1);
  }
}

static enum status lock(struct ctx *ctx, void *arg) {
  const int64_t *id = arg;
  return tenant_lock(ctx, *id);
}

static void a_lock_needs_its_tenant(struct store *store) {
  struct ctx *ctx = &store->ctx;
  assert_ok(db_write(ctx, lock, &(int64_t){TENANT_OPERATOR}));
  assert_int_equal(store_number(store, "SELECT decisions FROM tenant WHERE id = 1"), 1);
  assert_status(STATUS_NOT_FOUND, db_write(ctx, lock, &(int64_t){99}));
  assert_ptr_equal(ctx->problem.kind, &tenant_not_found);
}

int main(void) {
  struct session_keys keys = {.keys = {STR("0123456789abcdef0123456789abcdef")}, .count = 1};
  session_setup(&keys, true);
  const struct CMUnitTest tests[] = {
      STORE_TEST(the_operator_is_there_from_the_start),
      STORE_TEST(a_tenant_comes_back_as_it_was_added),
      STORE_TEST(what_is_left_out_has_its_default),
      STORE_TEST(an_unknown_tenant_is_not_found),
      STORE_TEST(every_fault_is_told_at_once),
      STORE_TEST(domains_are_host_names),
      STORE_TEST(a_domain_belongs_to_one_tenant),
      STORE_TEST(a_host_means_its_tenant_or_the_operator),
      STORE_TEST(disabling_ends_every_session_of_the_tenant),
      STORE_TEST(the_operator_cant_be_disabled),
      STORE_TEST(a_time_zone_is_one_the_machine_knows),
      STORE_TEST(a_list_holds_all_across_its_pages),
      STORE_TEST(a_lock_needs_its_tenant),
  };
  return STORE_RUN(tests);
}
