#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk/access/access.h"

/* The permission table as the domain's page has it, read again by hand: super_admin, manager, supervisor,
 * customer_service, technician, customer. */
#define N SCOPE_NONE
#define O SCOPE_OWN
#define G SCOPE_ASSIGNED
#define R SCOPE_READABLE
#define B SCOPE_BELOW
#define A SCOPE_ALL
static const struct {
  const char *row;
  enum permission permission;
  enum scope scopes[6];
} domain[] = {
    {"create tickets: all, all, all, all, own work, own", MAY_TICKET_CREATE, {A, A, A, A, O, O}},
    {"read tickets: all, all, all, all, assigned to them or unassigned, own",
     MAY_TICKET_READ,
     {A, A, A, A, R, O}},
    {"assign: yes, yes, yes, yes, an unassigned one to themself, no", MAY_TICKET_ASSIGN, {A, A, A, A, R, N}},
    {"set status: yes, yes, yes, yes, assigned to them, own: close, reopen",
     MAY_TICKET_STATUS,
     {A, A, A, A, G, O}},
    {"reply: yes, yes, yes, yes, readable ones, own", MAY_TICKET_REPLY, {A, A, A, A, R, O}},
    {"remove (soft) and restore: yes, yes, no, no, no, own", MAY_TICKET_REMOVE, {A, A, N, N, N, O}},
    {"change a ticket's fields: yes, yes, yes, yes, assigned: some, own while new: some",
     MAY_TICKET_CHANGE,
     {A, A, A, A, G, O}},
    {"list accounts: yes, yes, yes, no, no, no", MAY_ACCOUNT_LIST, {A, A, A, N, N, N}},
    {"create, change, deactivate accounts: any, below manager, no, no, no, no",
     MAY_ACCOUNT_WRITE,
     {A, B, N, N, N, N}},
    {"own profile, own password: yes for all", MAY_PROFILE, {O, O, O, O, O, O}},
    {"customers, write: yes, yes, yes, yes, -, themself", MAY_CUSTOMER_WRITE, {A, A, A, A, N, O}},
    {"customers, read: yes, yes, yes, yes, read (of tickets they may read), themself",
     MAY_CUSTOMER_READ,
     {A, A, A, A, R, O}},
    {"technicians, read: yes, yes, yes, read, themself, no", MAY_TECHNICIAN_READ, {A, A, A, A, O, N}},
    {"technicians, write: yes, yes, yes, -, themself (not skills), no",
     MAY_TECHNICIAN_WRITE,
     {A, A, A, N, O, N}},
    {"inventory, items read: yes, yes, yes, read, read, no", MAY_INVENTORY_READ, {A, A, A, A, A, N}},
    {"inventory, items write: yes, yes, yes, -, -, no", MAY_INVENTORY_WRITE, {A, A, A, N, N, N}},
    {"inventory, assignments: yes, yes, yes, -, own assignments and return, no",
     MAY_INVENTORY_ASSIGN,
     {A, A, A, N, O, N}},
    {"reports: yes, yes, yes, tickets, own performance, no", MAY_REPORT, {A, A, A, R, O, N}},
    {"dashboard: yes, yes, yes, dashboard, -, no", MAY_DASHBOARD, {A, A, A, A, N, N}},
    {"SLA targets, read: yes, yes, read, read, read, no", MAY_SLA_READ, {A, A, A, A, A, N}},
    {"SLA targets, write: yes, yes, -, -, -, no", MAY_SLA_WRITE, {A, A, N, N, N, N}},
    {"tenants: operator's only, no, no, no, no, no", MAY_TENANT, {A, N, N, N, N, N}},
    {"webhooks: yes, yes, -, -, -, no", MAY_WEBHOOK, {A, A, N, N, N, N}},
};
static const enum role columns[6] = {ROLE_SUPER_ADMIN,      ROLE_MANAGER,    ROLE_SUPERVISOR,
                                     ROLE_CUSTOMER_SERVICE, ROLE_TECHNICIAN, ROLE_CUSTOMER};
enum { ROWS = sizeof(domain) / sizeof(domain[0]) };

static struct who of_role(enum role role) {
  return (struct who){.account_id = 7, .tenant_id = 2, .session_id = 1, .role = role};
}

static void the_table_is_the_domains(void **state) {
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    for (size_t c = 0; c < 6; c++) {
      if (access_scope(columns[c], domain[i].permission) != domain[i].scopes[c]) {
        fail_msg("%s: %s", domain[i].row, role_name(columns[c]));
      }
    }
  }
}

static void no_permission_is_without_a_row(void **state) {
  (void)state;
  bool seen[PERMISSION_COUNT] = {[MAY_ANYONE] = true, [MAY_SIGNED_IN] = true};
  for (size_t i = 0; i < ROWS; i++) {
    seen[domain[i].permission] = true;
  }
  for (size_t i = 0; i < PERMISSION_COUNT; i++) {
    assert_true(seen[i]);
  }
}

static void what_is_no_role_or_permission_may_nothing(void **state) {
  (void)state;
  assert_int_equal(access_scope((enum role)0, MAY_SIGNED_IN), SCOPE_NONE);
  assert_int_equal(access_scope(ROLE_COUNT, MAY_SIGNED_IN), SCOPE_NONE);
  assert_int_equal(access_scope((enum role) - 1, MAY_SIGNED_IN), SCOPE_NONE);
  assert_int_equal(access_scope(ROLE_SUPER_ADMIN, PERMISSION_COUNT), SCOPE_NONE);
}

static void without_a_caller_only_open_doors(void **state) {
  (void)state;
  for (int p = 0; p < PERMISSION_COUNT; p++) {
    struct ctx ctx = {0};
    enum status status = access_check(&ctx, (enum permission)p);
    if (p == MAY_ANYONE) {
      assert_int_equal(status, STATUS_OK);
      assert_null(ctx.problem.kind);
    } else {
      assert_int_equal(status, STATUS_UNAUTHENTICATED);
      assert_ptr_equal(ctx.problem.kind, &access_unauthenticated);
    }
  }
}

static void a_check_follows_the_table(void **state) {
  (void)state;
  for (int role = ROLE_CUSTOMER; role < ROLE_COUNT; role++) {
    for (int p = 0; p < PERMISSION_COUNT; p++) {
      struct who who = of_role((enum role)role);
      who.operator_staff = true;
      struct ctx ctx = {.who = &who};
      bool may = access_scope((enum role)role, (enum permission)p) != SCOPE_NONE;
      assert_int_equal(access_check(&ctx, (enum permission)p), may ? STATUS_OK : STATUS_FORBIDDEN);
      assert_ptr_equal(ctx.problem.kind, may ? NULL : &access_forbidden);
    }
  }
}

static void tenants_are_the_operators_only(void **state) {
  (void)state;
  struct who who = of_role(ROLE_SUPER_ADMIN);
  struct ctx ctx = {.who = &who};
  assert_int_equal(access_check(&ctx, MAY_TENANT), STATUS_FORBIDDEN);
  who.operator_staff = true;
  assert_int_equal(access_check(&(struct ctx){.who = &who}, MAY_TENANT), STATUS_OK);
}

static void a_super_admin_writes_any_role_and_a_manager_those_below(void **state) {
  (void)state;
  for (int writer = ROLE_CUSTOMER; writer < ROLE_COUNT; writer++) {
    struct who who = of_role((enum role)writer);
    for (int role = ROLE_CUSTOMER; role < ROLE_COUNT; role++) {
      bool may = writer == ROLE_SUPER_ADMIN || (writer == ROLE_MANAGER && role < ROLE_MANAGER);
      assert_int_equal(access_may_write_role(&who, (enum role)role), may);
    }
    assert_false(access_may_write_role(&who, (enum role)0));
    assert_false(access_may_write_role(&who, ROLE_COUNT));
  }
  assert_false(access_may_write_role(NULL, ROLE_CUSTOMER));
}

static void role_words_are_read_as_written(void **state) {
  (void)state;
  for (int role = ROLE_CUSTOMER; role < ROLE_COUNT; role++) {
    enum role parsed = (enum role)0;
    assert_int_equal(role_parse(str_of(role_name((enum role)role)), &parsed), STATUS_OK);
    assert_int_equal(parsed, role);
  }
  assert_string_equal(role_name(ROLE_CUSTOMER_SERVICE), "customer_service");
  assert_null(role_name((enum role)0));
  assert_null(role_name(ROLE_COUNT));
  enum role untouched = ROLE_MANAGER;
  assert_int_equal(role_parse(STR("Manager"), &untouched), STATUS_INVALID);
  assert_int_equal(role_parse(STR(""), &untouched), STATUS_INVALID);
  assert_int_equal(role_parse(STR_NONE, &untouched), STATUS_INVALID);
  assert_int_equal(untouched, ROLE_MANAGER);
}

static void staff_is_everybody_but_customers(void **state) {
  (void)state;
  assert_false(role_is_staff((enum role)0));
  assert_false(role_is_staff(ROLE_CUSTOMER));
  assert_true(role_is_staff(ROLE_TECHNICIAN));
  assert_true(role_is_staff(ROLE_SUPER_ADMIN));
  assert_false(role_is_staff(ROLE_COUNT));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_table_is_the_domains),
      cmocka_unit_test(no_permission_is_without_a_row),
      cmocka_unit_test(what_is_no_role_or_permission_may_nothing),
      cmocka_unit_test(without_a_caller_only_open_doors),
      cmocka_unit_test(a_check_follows_the_table),
      cmocka_unit_test(tenants_are_the_operators_only),
      cmocka_unit_test(a_super_admin_writes_any_role_and_a_manager_those_below),
      cmocka_unit_test(role_words_are_read_as_written),
      cmocka_unit_test(staff_is_everybody_but_customers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
