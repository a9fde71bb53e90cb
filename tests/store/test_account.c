#include "store.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "desk/account/account.h"
#include "desk/event/event.h"
#include "desk/session/session.h"
#include "desk/tenant/tenant.h"

/* ---- helpers ---- */

static struct account_new plain(enum role role, const char *email) {
  return (struct account_new){.tenant_id = TENANT_OPERATOR,
                              .name = STR("Ani"),
                              .email = str_of(email),
                              .role = role,
                              .by = ACCOUNT_BY_OPERATOR};
}

static struct account make(struct ctx *ctx, enum role role, const char *email) {
  struct account_new new_account = plain(role, email);
  struct account account;
  assert_ok(account_create(ctx, &new_account, &account));
  return account;
}

static struct who as(const struct account *account) {
  return (struct who){
      .account_id = account->id,
      .tenant_id = account->tenant_id,
      .home_tenant_id = account->tenant_id,
      .uuid = account->uuid,
      .role = (enum role)account->role,
      .operator_staff = account->tenant_id == TENANT_OPERATOR && role_is_staff((enum role)account->role)};
}

static int64_t other_tenant(struct ctx *ctx) {
  struct tenant_new new_tenant = {.name = STR("Other")};
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

/* The call fails with this problem; which is then forgotten. */
#define assert_problem(kind_, call)                \
  do {                                             \
    assert_status((kind_).status, (call));         \
    assert_ptr_equal(ctx->problem.kind, &(kind_)); \
    problem_clear(ctx);                            \
  } while (0)

static struct event last_event(struct ctx *ctx) {
  struct event *events;
  size_t count = 0;
  assert_ok(event_list(ctx, 0, 1000, &events, &count));
  assert_true(count > 0);
  return events[count - 1];
}

/* ---- making ---- */

static void an_account_comes_back_as_it_was_made(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account_new new_account = {.tenant_id = TENANT_OPERATOR,
                                    .name = STR("Jos\xC3\xA9 \xF0\x9F\x8E\xAB"),
                                    .email = STR("Jose@Example.COM"),
                                    .password = STR("Password123"),
                                    .phone = STR("+62 812"),
                                    .role = ROLE_TECHNICIAN,
                                    .rule = PASSWORD_UPPER_LOWER_DIGIT,
                                    .language = LANGUAGE_INDONESIAN,
                                    .must_change_password = true,
                                    .by = ACCOUNT_BY_OPERATOR};
  struct account made;
  assert_ok(account_create(ctx, &new_account, &made));
  struct account account;
  assert_ok(account_by_id(ctx, TENANT_OPERATOR, made.id, &account));
  assert_true(uuid_equal(account.uuid, made.uuid));
  assert_str(account.name, "Jos\xC3\xA9 \xF0\x9F\x8E\xAB");
  assert_str(account.email, "Jose@Example.COM");
  assert_str(account.phone, "+62 812");
  assert_int_equal(account.role, ROLE_TECHNICIAN);
  assert_int_equal(account.language, LANGUAGE_INDONESIAN);
  assert_true(account.is_active);
  assert_true(account.must_change_password);
  assert_int_equal(account.created_at, STORE_NOW);
  assert_int_equal(account.updated_at, STORE_NOW);
  assert_int_equal(made.tenant_id, account.tenant_id);
  assert_true(str_equal(made.name, account.name));
  assert_true(str_equal(made.email, account.email));
  struct str hash;
  assert_ok(account_password_hash(ctx, made.id, &hash));
  assert_true(password_verify(hash, STR("Password123")));
  struct event event = last_event(ctx);
  assert_int_equal(event.kind, EVENT_ACCOUNT_CREATED);
  assert_int_equal(event.account_id, made.id);
  assert_int_equal(event.tenant_id, TENANT_OPERATOR);
}

static void accounts_are_found_by_id_uuid_and_address_in_any_case(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account made = make(ctx, ROLE_CUSTOMER, "J\xC3\xBCrgen@Example.com");
  struct account account;
  assert_ok(account_by_uuid(ctx, TENANT_OPERATOR, made.uuid, &account));
  assert_int_equal(account.id, made.id);
  assert_ok(account_by_email(ctx, TENANT_OPERATOR, STR("j\xC3\x9CRGEN@EXAMPLE.COM"), &account));
  assert_int_equal(account.id, made.id);
  int64_t other = other_tenant(ctx);
  assert_problem(account_not_found, account_by_id(ctx, other, made.id, &account));
  assert_problem(account_not_found, account_by_uuid(ctx, other, made.uuid, &account));
  assert_problem(account_not_found, account_by_email(ctx, other, made.email, &account));
  assert_problem(account_not_found,
                 account_by_email(ctx, TENANT_OPERATOR, STR("nobody@example.com"), &account));
  assert_problem(account_not_found, account_by_email(ctx, TENANT_OPERATOR, STR("\xFF\0"), &account));
  assert_problem(account_not_found, account_by_email(ctx, TENANT_OPERATOR, STR_NONE, &account));
  assert_problem(account_not_found, account_by_uuid(ctx, TENANT_OPERATOR, (struct uuid){{0}}, &account));
}

static void every_fault_is_told_at_once(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account_new bad = {.tenant_id = TENANT_OPERATOR,
                            .name = STR(" "),
                            .email = STR("no address"),
                            .password = STR("short"),
                            .phone = STR("1\0002"),
                            .role = (enum role)0,
                            .by = ACCOUNT_BY_OPERATOR};
  struct account account;
  assert_status(STATUS_INVALID, account_create(ctx, &bad, &account));
  assert_ptr_equal(ctx->problem.kind, &problem_invalid);
  assert_int_equal(ctx->problem.fault_count, 5);
  assert_true(faulted(ctx, "name"));
  assert_true(faulted(ctx, "email"));
  assert_true(faulted(ctx, "password"));
  assert_true(faulted(ctx, "phone"));
  assert_true(faulted(ctx, "role"));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account"), 0);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM event"), 0);
}

static void names_have_1_to_255_characters(struct store *store) {
  struct ctx *ctx = &store->ctx;
  char text[256 * 2];
  for (size_t i = 0; i < sizeof(text); i += 2) {
    memcpy(text + i, "\xC3\xA4", 2);
  }
  struct account account;
  struct account_new new_account = plain(ROLE_CUSTOMER, "long@example.com");
  new_account.name = (struct str){text, 256 * 2};
  assert_problem(problem_invalid, account_create(ctx, &new_account, &account));
  new_account.name.len = 255 * 2;
  assert_ok(account_create(ctx, &new_account, &account));
  new_account.email = STR("other@example.com");
  static const struct str bad[] = {{"a\0b", 3}, {"\xFF", 1}, {"a\x1B[0m", 5}, {"", 0}, {NULL, 0}};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    new_account.name = bad[i];
    assert_problem(problem_invalid, account_create(ctx, &new_account, &account));
  }
}

static void a_weak_password_alone_is_its_own_problem(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account_new new_account = plain(ROLE_CUSTOMER, "ani@example.com");
  new_account.rule = PASSWORD_UPPER_LOWER_DIGIT;
  new_account.password = STR("password");
  struct account account;
  assert_status(STATUS_INVALID, account_create(ctx, &new_account, &account));
  assert_ptr_equal(ctx->problem.kind, &account_weak_password);
  assert_int_equal(ctx->problem.fault_count, 1);
  assert_true(faulted(ctx, "password"));
  problem_clear(ctx);
  new_account.password = STR("");
  assert_problem(account_weak_password, account_create(ctx, &new_account, &account));
}

static void without_a_password_none_matches(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account account = make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct str hash = STR("x");
  assert_ok(account_password_hash(ctx, account.id, &hash));
  assert_null(hash.at);
  assert_ok(account_password_hash(ctx, 999, &hash));
  assert_null(hash.at);
}

static void an_address_is_taken_once_per_tenant_in_any_case(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, ROLE_CUSTOMER, "\xC3\x84ni@example.com");
  struct account_new again = plain(ROLE_CUSTOMER, "\xC3\xA4NI@EXAMPLE.com");
  struct account account;
  assert_problem(account_email_taken, account_create(ctx, &again, &account));
  again.tenant_id = other_tenant(ctx);
  assert_ok(account_create(ctx, &again, &account));
}

static void an_account_needs_an_active_tenant(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account_new new_account = plain(ROLE_CUSTOMER, "ani@example.com");
  struct account account;
  new_account.tenant_id = 99;
  assert_problem(tenant_not_found, account_create(ctx, &new_account, &account));
  new_account.tenant_id = other_tenant(ctx);
  assert_ok(tenant_disable(ctx, new_account.tenant_id));
  assert_problem(tenant_inactive, account_create(ctx, &new_account, &account));
}

/* ---- who may ---- */

static void a_caller_makes_only_roles_they_may_write(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account_new new_account = plain(ROLE_CUSTOMER, "new@example.com");
  new_account.by = ACCOUNT_BY_CALLER;
  struct account account;
  assert_problem(access_unauthenticated, account_create(ctx, &new_account, &account));
  struct account manager = make(ctx, ROLE_MANAGER, "manager@example.com");
  struct who who = as(&manager);
  ctx->who = &who;
  for (int role = ROLE_CUSTOMER; role < ROLE_COUNT; role++) {
    char email[32];
    snprintf(email, sizeof(email), "by-manager-%d@example.com", role);
    new_account.email = str_of(email);
    new_account.role = (enum role)role;
    if (role < ROLE_MANAGER) {
      assert_ok(account_create(ctx, &new_account, &account));
      assert_int_equal(account.role, role);
    } else {
      assert_problem(account_role_forbidden, account_create(ctx, &new_account, &account));
    }
  }
  who.role = ROLE_SUPERVISOR;
  new_account.role = ROLE_CUSTOMER;
  new_account.email = STR("by-supervisor@example.com");
  assert_problem(access_forbidden, account_create(ctx, &new_account, &account));
}

static void a_caller_makes_accounts_in_the_own_tenant_the_operators_in_any(struct store *store) {
  struct ctx *ctx = &store->ctx;
  int64_t other = other_tenant(ctx);
  struct account_new new_account = plain(ROLE_SUPER_ADMIN, "chief@example.com");
  new_account.tenant_id = other;
  struct account chief;
  assert_ok(account_create(ctx, &new_account, &chief));
  struct who who = as(&chief);
  ctx->who = &who;
  struct account account;
  new_account = plain(ROLE_CUSTOMER, "foreign@example.com");
  new_account.by = ACCOUNT_BY_CALLER;
  assert_problem(account_role_forbidden, account_create(ctx, &new_account, &account));
  new_account.tenant_id = other;
  assert_ok(account_create(ctx, &new_account, &account));
  ctx->who = NULL;
  struct account operator= make(ctx, ROLE_SUPER_ADMIN, "operator@example.com");
  who = as(&operator);
  ctx->who = &who;
  new_account.email = STR("foreign2@example.com");
  assert_ok(account_create(ctx, &new_account, &account));
}

static void self_registration_makes_customers_and_the_first_staff_only(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account_new new_account = plain(ROLE_CUSTOMER_SERVICE, "first@example.com");
  new_account.by = ACCOUNT_SELF_REGISTERED;
  struct account account;
  bool yes = false;
  assert_ok(account_first_staff(ctx, TENANT_OPERATOR, &yes));
  assert_true(yes);
  assert_ok(account_create(ctx, &new_account, &account));
  assert_int_equal(account.role, ROLE_CUSTOMER_SERVICE);
  assert_ok(account_first_staff(ctx, TENANT_OPERATOR, &yes));
  assert_false(yes);
  new_account.email = STR("second@example.com");
  assert_problem(account_role_forbidden, account_create(ctx, &new_account, &account));
  new_account.role = ROLE_CUSTOMER;
  assert_ok(account_create(ctx, &new_account, &account));
  new_account.tenant_id = other_tenant(ctx);
  assert_ok(account_first_staff(ctx, new_account.tenant_id, &yes));
  assert_false(yes);
  new_account.role = ROLE_CUSTOMER_SERVICE;
  assert_problem(account_role_forbidden, account_create(ctx, &new_account, &account));
}

static void the_first_master_is_made_while_there_is_none(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account_new new_account = plain(ROLE_CUSTOMER, "master@example.com");
  new_account.by = ACCOUNT_FIRST_MASTER;
  struct account master;
  struct account account;
  assert_ok(account_create(ctx, &new_account, &master));
  assert_int_equal(master.role, ROLE_SUPER_ADMIN);
  new_account.email = STR("not even an address");
  assert_problem(account_master_exists, account_create(ctx, &new_account, &account));
  new_account.tenant_id = other_tenant(ctx);
  new_account.email = STR("master@example.com");
  assert_ok(account_create(ctx, &new_account, &account)); /* each tenant has its own */
  assert_ok(account_delete_self(ctx, &master));
  new_account.tenant_id = TENANT_OPERATOR;
  assert_ok(account_create(ctx, &new_account, &account)); /* the address is free again */
}

/* ---- the race: many connections at once, as the server has them ---- */

enum { RACERS = 20, TRIES = 5 };
struct race {
  bool same_address; /* register one address, instead of the first master */
  atomic_int made, refused, other;
};

static void race(struct ctx *ctx, int number, void *arg) {
  struct race *race = arg;
  for (int i = 0; i < TRIES; i++) {
    char email[64];
    snprintf(email, sizeof(email), "master-%d-%d@example.com", number, i);
    struct account_new new_account = plain(ROLE_CUSTOMER, race->same_address ? "one@example.com" : email);
    new_account.by = race->same_address ? ACCOUNT_SELF_REGISTERED : ACCOUNT_FIRST_MASTER;
    struct account account;
    enum status status = account_create(ctx, &new_account, &account);
    const struct problem_kind *kind = ctx->problem.kind;
    if (status == STATUS_OK) {
      race->made++;
    } else if (kind == (race->same_address ? &account_email_taken : &account_master_exists)) {
      race->refused++;
    } else {
      race->other++;
    }
    problem_clear(ctx);
  }
}

static void run_race(struct store *store, bool same_address) {
  struct race result = {.same_address = same_address};
  store_race(store, RACERS, race, &result);
  assert_int_equal(result.made, 1);
  assert_int_equal(result.refused, RACERS * TRIES - 1);
  assert_int_equal(result.other, 0);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account"), 1);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM event"), 1);
}

static void one_hundred_first_masters_at_once_make_one(struct store *store) {
  run_race(store, false);
}

static void one_address_registered_at_once_is_taken_once(struct store *store) {
  run_race(store, true);
}

/* ---- listing ---- */

static void a_list_walks_by_id_within_a_range_of_roles(struct store *store) {
  struct ctx *ctx = &store->ctx;
  static const enum role roles[] = {ROLE_CUSTOMER, ROLE_SUPER_ADMIN, ROLE_TECHNICIAN, ROLE_CUSTOMER,
                                    ROLE_MANAGER,  ROLE_CUSTOMER,    ROLE_SUPERVISOR, ROLE_CUSTOMER};
  int64_t ids[8];
  for (int i = 0; i < 8; i++) {
    char email[32];
    snprintf(email, sizeof(email), "a%d@example.com", i);
    ids[i] = make(ctx, roles[i], email).id;
  }
  struct account_new foreign = plain(ROLE_CUSTOMER, "foreign@example.com");
  foreign.tenant_id = other_tenant(ctx);
  struct account gone;
  assert_ok(account_create(ctx, &foreign, &gone));
  struct account *list;
  size_t count;
  struct account_filter all = {.tenant_id = TENANT_OPERATOR, .limit = 100};
  assert_ok(account_list(ctx, &all, &list, &count));
  assert_int_equal(count, 8);
  for (int i = 0; i < 8; i++) {
    assert_int_equal(list[i].id, ids[i]);
    assert_int_equal(list[i].role, roles[i]);
  }
  all.limit = 3;
  all.after_id = ids[1];
  assert_ok(account_list(ctx, &all, &list, &count));
  assert_int_equal(count, 3);
  assert_int_equal(list[0].id, ids[2]);
  assert_int_equal(list[2].id, ids[4]);
  struct account_filter staff = {
      .tenant_id = TENANT_OPERATOR, .role_from = ROLE_TECHNICIAN, .role_to = ROLE_MANAGER, .limit = 100};
  assert_ok(account_list(ctx, &staff, &list, &count));
  assert_int_equal(count, 3);
  assert_int_equal(list[0].id, ids[2]);
  assert_int_equal(list[1].id, ids[4]);
  assert_int_equal(list[2].id, ids[6]);
  staff.limit = 1;
  staff.after_id = ids[2];
  assert_ok(account_list(ctx, &staff, &list, &count));
  assert_int_equal(count, 1);
  assert_int_equal(list[0].id, ids[4]);
  struct account_filter one = {
      .tenant_id = TENANT_OPERATOR, .role_from = ROLE_SUPER_ADMIN, .role_to = ROLE_SUPER_ADMIN, .limit = 100};
  assert_ok(account_list(ctx, &one, &list, &count));
  assert_int_equal(count, 1);
  assert_int_equal(list[0].id, ids[1]);
  struct account_filter none = {
      .tenant_id = TENANT_OPERATOR, .role_from = ROLE_MANAGER, .role_to = ROLE_CUSTOMER, .limit = 9};
  assert_ok(account_list(ctx, &none, &list, &count));
  assert_int_equal(count, 0);
  none.limit = 0;
  assert_problem(problem_invalid, account_list(ctx, &none, &list, &count));
  none.limit = 1000000;
  assert_problem(problem_invalid, account_list(ctx, &none, &list, &count));
}

/* ---- changing ---- */

static void a_deleted_account_is_gone_and_its_address_free(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account manager = make(ctx, ROLE_MANAGER, "manager@example.com");
  struct account victim = make(ctx, ROLE_TECHNICIAN, "victim@example.com");
  struct session_token token;
  assert_ok(session_open(ctx, &victim, 60, &token));
  struct who who = as(&manager);
  ctx->who = &who;
  assert_ok(account_delete(ctx, victim.id));
  struct account account;
  assert_problem(account_not_found, account_by_id(ctx, TENANT_OPERATOR, victim.id, &account));
  assert_problem(account_not_found, account_by_uuid(ctx, TENANT_OPERATOR, victim.uuid, &account));
  assert_problem(account_not_found, account_by_email(ctx, TENANT_OPERATOR, victim.email, &account));
  struct account *list;
  size_t count;
  assert_ok(
      account_list(ctx, &(struct account_filter){.tenant_id = TENANT_OPERATOR, .limit = 9}, &list, &count));
  assert_int_equal(count, 1);
  struct who caller;
  assert_problem(session_ended, session_resume(ctx, token.token, &caller));
  assert_problem(account_not_found, account_delete(ctx, victim.id));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account"), 2); /* tickets keep the name */
  assert_int_equal(last_event(ctx).kind, EVENT_ACCOUNT_CHANGED);
  ctx->who = NULL;
  struct account again = make(ctx, ROLE_CUSTOMER, "victim@example.com");
  assert_int_not_equal(again.id, victim.id);
}

static void deleting_needs_the_right_over_the_role(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account manager = make(ctx, ROLE_MANAGER, "manager@example.com");
  struct account equal = make(ctx, ROLE_MANAGER, "equal@example.com");
  struct account chief = make(ctx, ROLE_SUPER_ADMIN, "chief@example.com");
  struct account technician = make(ctx, ROLE_TECHNICIAN, "technician@example.com");
  struct account_new new_account = plain(ROLE_CUSTOMER, "foreign@example.com");
  new_account.tenant_id = other_tenant(ctx);
  struct account foreign;
  assert_ok(account_create(ctx, &new_account, &foreign));
  assert_problem(access_unauthenticated, account_delete(ctx, technician.id));
  struct who who = as(&manager);
  who.operator_staff = false;
  ctx->who = &who;
  assert_problem(account_role_forbidden, account_delete(ctx, equal.id));
  assert_problem(account_role_forbidden, account_delete(ctx, chief.id));
  assert_problem(account_role_forbidden, account_delete(ctx, manager.id));
  assert_problem(account_not_found, account_delete(ctx, foreign.id));
  assert_problem(account_not_found, account_delete(ctx, 999));
  who = as(&chief);
  ctx->who = &who;
  assert_problem(account_role_forbidden, account_delete(ctx, chief.id)); /* not oneself by this way */
  who = as(&technician);
  ctx->who = &who;
  assert_problem(access_forbidden, account_delete(ctx, equal.id));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account WHERE deleted_at IS NOT NULL"), 0);
}

static void the_last_super_admin_stays_unless_it_deletes_itself(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account first = make(ctx, ROLE_SUPER_ADMIN, "first@example.com");
  struct account second = make(ctx, ROLE_SUPER_ADMIN, "second@example.com");
  assert_ok(account_disable(ctx, second.id));
  assert_problem(account_last_super_admin, account_disable(ctx, first.id));
  assert_problem(account_last_super_admin, account_set_role(ctx, first.id, ROLE_MANAGER));
  struct who who = as(&second); /* signed in a moment before it was disabled */
  ctx->who = &who;
  assert_problem(account_last_super_admin, account_delete(ctx, first.id));
  ctx->who = NULL;
  assert_ok(account_delete_self(ctx, &first));
  assert_problem(account_not_found, account_delete_self(ctx, &first));
  struct account customer = make(ctx, ROLE_CUSTOMER, "customer@example.com");
  assert_problem(account_role_forbidden, account_delete_self(ctx, &customer));
}

static void disabling_ends_the_sessions(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account account = make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct session_token token;
  assert_ok(session_open(ctx, &account, 60, &token));
  ctx->now_us += TIME_SECOND_US;
  assert_ok(account_disable(ctx, account.id));
  struct account after;
  assert_ok(account_by_id(ctx, TENANT_OPERATOR, account.id, &after));
  assert_false(after.is_active);
  assert_int_equal(after.updated_at, STORE_NOW + TIME_SECOND_US);
  struct who caller;
  assert_problem(session_ended, session_resume(ctx, token.token, &caller));
  assert_problem(session_ended, session_open(ctx, &account, 60, &token));
}

static void a_role_change_ends_the_sessions_and_the_same_role_nothing(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account account = make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct session_token token;
  assert_ok(session_open(ctx, &account, 60, &token));
  struct who caller;
  assert_ok(account_set_role(ctx, account.id, ROLE_CUSTOMER));
  assert_ok(session_resume(ctx, token.token, &caller));
  assert_ok(account_set_role(ctx, account.id, ROLE_TECHNICIAN));
  assert_problem(session_ended, session_resume(ctx, token.token, &caller));
  struct account after;
  assert_ok(account_by_id(ctx, TENANT_OPERATOR, account.id, &after));
  assert_int_equal(after.role, ROLE_TECHNICIAN);
  assert_problem(problem_invalid, account_set_role(ctx, account.id, ROLE_COUNT));
  assert_problem(account_not_found, account_set_role(ctx, 999, ROLE_MANAGER));
  struct account manager = make(ctx, ROLE_MANAGER, "manager@example.com");
  struct who who = as(&manager);
  ctx->who = &who;
  assert_problem(account_role_forbidden, account_set_role(ctx, account.id, ROLE_MANAGER));
  assert_ok(account_set_role(ctx, account.id, ROLE_SUPERVISOR));
}

static void a_new_password_ends_the_other_sessions(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account_new new_account = plain(ROLE_CUSTOMER, "ani@example.com");
  new_account.password = STR("Password123");
  new_account.must_change_password = true;
  struct account account;
  assert_ok(account_create(ctx, &new_account, &account));
  struct session_token kept;
  struct session_token other;
  assert_ok(session_open(ctx, &account, 60, &kept));
  assert_ok(session_open(ctx, &account, 60, &other));
  struct who who = as(&account);
  ctx->who = &who;
  assert_problem(account_weak_password,
                 account_set_password(ctx, account.id, STR("weak"), PASSWORD_LONG_ENOUGH, kept.session_id));
  assert_ok(
      account_set_password(ctx, account.id, STR("Different456"), PASSWORD_LONG_ENOUGH, kept.session_id));
  struct who caller;
  assert_ok(session_resume(ctx, kept.token, &caller));
  assert_problem(session_ended, session_resume(ctx, other.token, &caller));
  struct str hash;
  assert_ok(account_password_hash(ctx, account.id, &hash));
  assert_true(password_verify(hash, STR("Different456")));
  assert_false(password_verify(hash, STR("Password123")));
  struct account after;
  assert_ok(account_by_id(ctx, TENANT_OPERATOR, account.id, &after));
  assert_false(after.must_change_password);
  struct account stranger = make(ctx, ROLE_CUSTOMER, "stranger@example.com");
  assert_problem(access_forbidden,
                 account_set_password(ctx, stranger.id, STR("Different456"), PASSWORD_LONG_ENOUGH, 0));
  ctx->who = NULL;
  assert_ok(account_set_password(ctx, account.id, STR("Password789"), PASSWORD_LONG_ENOUGH, 0));
  assert_problem(session_ended, session_resume(ctx, kept.token, &caller));
  assert_problem(account_not_found,
                 account_set_password(ctx, 999, STR("Password789"), PASSWORD_LONG_ENOUGH, 0));
}

int main(void) {
  struct session_keys keys = {.keys = {STR("0123456789abcdef0123456789abcdef")}, .count = 1};
  session_setup(&keys, true);
  const struct CMUnitTest tests[] = {
      STORE_TEST(an_account_comes_back_as_it_was_made),
      STORE_TEST(accounts_are_found_by_id_uuid_and_address_in_any_case),
      STORE_TEST(every_fault_is_told_at_once),
      STORE_TEST(names_have_1_to_255_characters),
      STORE_TEST(a_weak_password_alone_is_its_own_problem),
      STORE_TEST(without_a_password_none_matches),
      STORE_TEST(an_address_is_taken_once_per_tenant_in_any_case),
      STORE_TEST(an_account_needs_an_active_tenant),
      STORE_TEST(a_caller_makes_only_roles_they_may_write),
      STORE_TEST(a_caller_makes_accounts_in_the_own_tenant_the_operators_in_any),
      STORE_TEST(self_registration_makes_customers_and_the_first_staff_only),
      STORE_TEST(the_first_master_is_made_while_there_is_none),
      STORE_TEST(one_hundred_first_masters_at_once_make_one),
      STORE_TEST(one_address_registered_at_once_is_taken_once),
      STORE_TEST(a_list_walks_by_id_within_a_range_of_roles),
      STORE_TEST(a_deleted_account_is_gone_and_its_address_free),
      STORE_TEST(deleting_needs_the_right_over_the_role),
      STORE_TEST(the_last_super_admin_stays_unless_it_deletes_itself),
      STORE_TEST(disabling_ends_the_sessions),
      STORE_TEST(a_role_change_ends_the_sessions_and_the_same_role_nothing),
      STORE_TEST(a_new_password_ends_the_other_sessions),
  };
  return STORE_RUN(tests);
}
