#ifndef SIGAP_TESTS_ACCOUNTS_H
#define SIGAP_TESTS_ACCOUNTS_H

#include <inttypes.h>
#include <string.h>

#include "desk/account/account.h"
#include "desk/event/event.h"
#include "desk/session/session.h"
#include "desk/tenant/tenant.h"
#include "store.h"

/* Accounts made by the command that makes them, and looks at what commands left. */

static inline void keys_setup(bool throttle) {
  const struct session_keys keys = {.keys = {STR("0123456789abcdef0123456789abcdef")}, .count = 1};
  session_setup(&keys, throttle);
}

static inline struct account account_of(struct store *store, int64_t tenant_id, enum role role,
                                        const char *name, const char *email) {
  struct account_new new_account = {.tenant_id = tenant_id,
                                    .name = str_of(name),
                                    .email = str_of(email),
                                    .phone = STR("+62 812"),
                                    .role = role,
                                    .by = ACCOUNT_BY_OPERATOR};
  struct account account;
  const struct who *who = store->ctx.who;
  store->ctx.who = NULL;
  assert_ok(account_create(&store->ctx, &new_account, &account));
  store->ctx.who = who;
  return account;
}

static inline struct who who_of(const struct account *account) {
  return (struct who){
      .account_id = account->id,
      .tenant_id = account->tenant_id,
      .home_tenant_id = account->tenant_id,
      .uuid = account->uuid,
      .role = (enum role)account->role,
      .operator_staff = account->tenant_id == TENANT_OPERATOR && role_is_staff((enum role)account->role),
      .name = account->name,
      .email = account->email};
}

/* Somebody of tenant 1 who calls. */
static inline struct who caller_of(struct store *store, enum role role, const char *email) {
  struct account account = account_of(store, TENANT_OPERATOR, role, "A Caller", email);
  return who_of(&account);
}

static inline int64_t other_tenant(struct store *store) {
  struct tenant_new new_tenant = {.name = STR("Other")};
  int64_t id = 0;
  assert_ok(tenant_add(&store->ctx, &new_tenant, &id));
  return id;
}

/* The call fails with this problem; which is then forgotten. */
#define assert_problem(kind_, call)                      \
  do {                                                   \
    assert_status((kind_).status, (call));               \
    assert_ptr_equal(store->ctx.problem.kind, &(kind_)); \
    problem_clear(&store->ctx);                          \
  } while (0)

static inline bool faulted(const struct store *store, const char *field) {
  const struct problem *problem = &store->ctx.problem;
  for (size_t i = 0; i < problem->fault_count; i++) {
    if (str_is(problem->faults[i].field, field)) {
      return true;
    }
  }
  return false;
}

/* The call fails with exactly these faulty fields. */
#define assert_faults(call, ...)                                                        \
  do {                                                                                  \
    static const char *const fields_[] = {__VA_ARGS__};                                 \
    assert_status(STATUS_INVALID, (call));                                              \
    for (size_t i_ = 0; i_ < sizeof fields_ / sizeof *fields_; i_++) {                  \
      if (!faulted(store, fields_[i_])) {                                               \
        fail_msg("no fault on %s", fields_[i_]);                                        \
      }                                                                                 \
    }                                                                                   \
    assert_int_equal(store->ctx.problem.fault_count, sizeof fields_ / sizeof *fields_); \
    problem_clear(&store->ctx);                                                         \
  } while (0)

static inline int64_t count_of(struct store *store, const char *table) {
  return store_number(store, str_format(store->ctx.arena, "SELECT COUNT(*) FROM %s", table).at);
}

static inline struct event last_event(struct store *store) {
  struct event *events;
  size_t count = 0;
  assert_ok(event_list(&store->ctx, 0, 10000, &events, &count));
  assert_true(count > 0);
  return events[count - 1];
}

/* Every counter is what counting the accounts gives. */
static inline void assert_account_counts_true(struct store *store) {
  assert_int_equal(
      store_number(
          store,
          "SELECT COUNT(*) FROM (SELECT tenant_id, role, is_active, COUNT(*) AS n FROM account "
          "WHERE deleted_at IS NULL GROUP BY tenant_id, role, is_active) p WHERE n <> COALESCE((SELECT "
          "c.accounts FROM account_count c WHERE c.tenant_id = p.tenant_id AND c.role = p.role AND "
          "c.is_active = p.is_active), 0)"),
      0);
  assert_int_equal(
      store_number(store, "SELECT CAST(COALESCE(SUM(accounts), 0) AS BIGINT) FROM account_count"),
      store_number(store, "SELECT COUNT(*) FROM account WHERE deleted_at IS NULL"));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account_count WHERE accounts < 0"), 0);
}

#endif
