#include "store.h"

#include <pthread.h>
#include <unistd.h>

#include "desk/account/account.h"
#include "desk/event/event.h"
#include "desk/session/session.h"
#include "desk/tenant/tenant.h"

enum { DAY_S = 86400 };

static const struct session_keys our_keys = {.keys = {{"0123456789abcdef0123456789abcdef", 32}}, .count = 1};

static struct account make(struct ctx *ctx, enum role role, const char *email) {
  struct account_new new_account = {.tenant_id = TENANT_OPERATOR,
                                    .name = STR("Ani"),
                                    .email = str_of(email),
                                    .password = STR("Password123"),
                                    .role = role,
                                    .by = ACCOUNT_BY_OPERATOR};
  struct account account;
  assert_ok(account_create(ctx, &new_account, &account));
  return account;
}

static struct sign_in with(const char *email, const char *password) {
  return (struct sign_in){.tenant_id = TENANT_OPERATOR,
                          .email = str_of(email),
                          .password = str_of(password),
                          .address = STR("192.0.2.7"),
                          .lifetime_s = DAY_S};
}

static struct str signed_in(struct ctx *ctx, const char *email) {
  struct sign_in sign_in = with(email, "Password123");
  struct session_token token;
  assert_ok(session_sign_in(ctx, &sign_in, &token));
  return token.token;
}

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

/* ---- signing in ---- */

static void a_sign_in_gives_a_token_that_resumes(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account account = make(ctx, ROLE_MANAGER, "Ani@Example.com");
  struct sign_in sign_in = with("ANI@example.COM", "Password123");
  struct session_token token;
  assert_ok(session_sign_in(ctx, &sign_in, &token));
  assert_int_equal(token.account.id, account.id);
  assert_int_equal(token.expires_at, (STORE_NOW / TIME_SECOND_US + DAY_S) * TIME_SECOND_US);
  struct who who;
  assert_ok(session_resume(ctx, token.token, &who));
  assert_int_equal(who.account_id, account.id);
  assert_int_equal(who.tenant_id, TENANT_OPERATOR);
  assert_int_equal(who.session_id, token.session_id);
  assert_true(uuid_equal(who.uuid, account.uuid));
  assert_int_equal(who.role, ROLE_MANAGER);
  assert_true(who.operator_staff);
  assert_str(who.name, "Ani");
  assert_str(who.email, "Ani@Example.com");
  assert_null(ctx->problem.kind);
}

static void operator_staff_are_tenant_ones_people_but_customers(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, ROLE_CUSTOMER, "customer@example.com");
  struct who who;
  assert_ok(session_resume(ctx, signed_in(ctx, "customer@example.com"), &who));
  assert_false(who.operator_staff);
  struct tenant_new new_tenant = {.name = STR("Other")};
  struct account_new new_account = {.name = STR("Ani"),
                                    .email = STR("ani@example.com"),
                                    .role = ROLE_SUPER_ADMIN,
                                    .by = ACCOUNT_BY_OPERATOR};
  assert_ok(tenant_add(ctx, &new_tenant, &new_account.tenant_id));
  struct account account;
  struct session_token token;
  assert_ok(account_create(ctx, &new_account, &account));
  assert_ok(session_open(ctx, &account, DAY_S, &token));
  assert_ok(session_resume(ctx, token.token, &who));
  assert_int_equal(who.tenant_id, new_account.tenant_id);
  assert_false(who.operator_staff);
}

static void wrong_credentials_are_told_apart(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct session_token token;
  struct sign_in sign_in = with("ani@example.com", "Password124");
  assert_problem(session_wrong_password, session_sign_in(ctx, &sign_in, &token));
  sign_in = with("nobody@example.com", "Password123");
  assert_problem(session_wrong_email, session_sign_in(ctx, &sign_in, &token));
  static const struct str strange[] = {{NULL, 0}, {"", 0}, {"a\0b", 3}, {"\xFF@\xFE", 3}, {"no address", 10}};
  for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
    sign_in.email = strange[i];
    assert_problem(session_wrong_email, session_sign_in(ctx, &sign_in, &token));
  }
  sign_in = with("ani@example.com", NULL);
  assert_problem(session_wrong_password, session_sign_in(ctx, &sign_in, &token));
  sign_in = with("ani@example.com", "Password123");
  sign_in.tenant_id = 99;
  assert_problem(tenant_not_found, session_sign_in(ctx, &sign_in, &token));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM session"), 0);
}

static void an_account_of_another_tenant_is_not_there(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct tenant_new new_tenant = {.name = STR("Other")};
  struct sign_in sign_in = with("ani@example.com", "Password123");
  assert_ok(tenant_add(ctx, &new_tenant, &sign_in.tenant_id));
  struct session_token token;
  assert_problem(session_wrong_email, session_sign_in(ctx, &sign_in, &token));
}

static void without_a_stored_password_none_is_right(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account_new new_account = {.tenant_id = TENANT_OPERATOR,
                                    .name = STR("Ani"),
                                    .email = STR("ani@example.com"),
                                    .role = ROLE_CUSTOMER,
                                    .by = ACCOUNT_BY_OPERATOR};
  struct account account;
  assert_ok(account_create(ctx, &new_account, &account));
  struct session_token token;
  static const char *const tries[] = {"", "Password123", NULL};
  for (int i = 0; i < 3; i++) {
    struct sign_in sign_in = with("ani@example.com", tries[i]);
    assert_problem(session_wrong_password, session_sign_in(ctx, &sign_in, &token));
  }
}

static void a_deactivated_account_or_tenant_does_not_sign_in(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account account = make(ctx, ROLE_CUSTOMER, "ani@example.com");
  make(ctx, ROLE_CUSTOMER, "budi@example.com");
  assert_ok(account_disable(ctx, account.id));
  struct sign_in sign_in = with("ani@example.com", "Password123");
  struct session_token token;
  assert_problem(session_wrong_email, session_sign_in(ctx, &sign_in, &token));
  store_sql(store, "UPDATE tenant SET is_active = FALSE");
  sign_in = with("budi@example.com", "Password123");
  assert_problem(session_wrong_email, session_sign_in(ctx, &sign_in, &token));
}

static void master_only_knows_super_admins(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, ROLE_MANAGER, "manager@example.com");
  struct account master = make(ctx, ROLE_SUPER_ADMIN, "master@example.com");
  struct sign_in sign_in = with("manager@example.com", "Password123");
  sign_in.master_only = true;
  struct account proved;
  assert_problem(session_wrong_email, session_prove(ctx, &sign_in, &proved));
  sign_in.email = STR("master@example.com");
  sign_in.password = STR("Password124");
  assert_problem(session_wrong_password, session_prove(ctx, &sign_in, &proved));
  sign_in.password = STR("Password123");
  assert_ok(session_prove(ctx, &sign_in, &proved));
  assert_int_equal(proved.id, master.id);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM session"), 0);
}

static int64_t try_ns(struct ctx *ctx, const char *email) {
  int64_t best = INT64_MAX;
  for (int i = 0; i < 4; i++) {
    struct sign_in sign_in = with(email, "Password124");
    struct session_token token;
    int64_t start = time_monotonic_ns();
    assert_status(STATUS_UNAUTHENTICATED, session_sign_in(ctx, &sign_in, &token));
    int64_t took = time_monotonic_ns() - start;
    best = took < best ? took : best;
    problem_clear(ctx);
  }
  return best;
}

static void a_stranger_waits_as_long_as_a_wrong_password(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, ROLE_CUSTOMER, "ani@example.com");
  int64_t known = try_ns(ctx, "ani@example.com");
  int64_t unknown = try_ns(ctx, "nobody@example.com");
  assert_in_range(unknown, known / 4, known * 4); /* without a hash it would be a hundredth */
}

/* ---- resuming ---- */

static void a_session_ends_with_its_time(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct str token = signed_in(ctx, "ani@example.com");
  struct who who;
  int64_t end = (STORE_NOW / TIME_SECOND_US + DAY_S) * TIME_SECOND_US;
  ctx->now_us = end - 1;
  assert_ok(session_resume(ctx, token, &who));
  ctx->now_us = end;
  assert_problem(session_expired, session_resume(ctx, token, &who));
}

static void the_row_decides_over_the_token(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct str token = signed_in(ctx, "ani@example.com");
  store_sql(store, "UPDATE session SET expires_at = 1");
  struct who who;
  assert_problem(session_expired, session_resume(ctx, token, &who));
  store_sql(store, "DELETE FROM session");
  assert_problem(session_ended, session_resume(ctx, token, &who));
}

static void a_garbled_token_is_none_and_a_strangers_is_expired(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account account = make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct session_token token;
  assert_ok(session_open(ctx, &account, DAY_S, &token));
  struct who who = {.account_id = -7};
  assert_problem(session_no_token, session_resume(ctx, STR_NONE, &who));
  assert_problem(session_no_token, session_resume(ctx, STR(""), &who));
  assert_problem(session_no_token, session_resume(ctx, STR("garbage"), &who));
  assert_problem(session_no_token, session_resume(ctx, STR("eyJhbGciOiJub25lIn0.e30."), &who));
  struct session_keys strange = {.keys = {STR("another key of thirty-two bytes!")}, .count = 1};
  token_setup(&strange);
  assert_problem(session_expired, session_resume(ctx, token.token, &who));
  token_setup(&our_keys);
  assert_int_equal(who.account_id, -7);
  assert_ok(session_resume(ctx, token.token, &who));
}

static void a_token_does_not_open_a_strangers_session_of_its_number(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account ani = make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct account budi = make(ctx, ROLE_CUSTOMER, "budi@example.com");
  struct session_token token;
  assert_ok(session_open(ctx, &ani, DAY_S, &token));
  /* As after a backup was restored that did not have this session yet. */
  store_sql(store, "UPDATE session SET account_id = (SELECT MAX(id) FROM account)");
  assert_true(budi.id > ani.id);
  struct who who;
  assert_problem(session_ended, session_resume(ctx, token.token, &who));
}

static void a_role_is_read_anew_each_time(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct str token = signed_in(ctx, "ani@example.com");
  store_sql(store, "UPDATE account SET role = 4");
  struct who who;
  assert_ok(session_resume(ctx, token, &who));
  assert_int_equal(who.role, ROLE_SUPERVISOR);
}

static void inactive_deleted_and_disabled_end_at_once(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct str token = signed_in(ctx, "ani@example.com");
  struct who who;
  static const char *const endings[][2] = {
      {"UPDATE account SET is_active = FALSE", "UPDATE account SET is_active = TRUE"},
      {"UPDATE account SET deleted_at = 1", "UPDATE account SET deleted_at = NULL"},
      {"UPDATE tenant SET is_active = FALSE", "UPDATE tenant SET is_active = TRUE"},
      {"UPDATE session SET ended_at = 1", "UPDATE session SET ended_at = NULL"},
  };
  for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
    store_sql(store, endings[i][0]);
    assert_problem(session_ended, session_resume(ctx, token, &who));
    store_sql(store, endings[i][1]);
    assert_ok(session_resume(ctx, token, &who));
  }
}

/* ---- ending ---- */

static void signing_out_ends_this_session_alone(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct str first = signed_in(ctx, "ani@example.com");
  struct str second = signed_in(ctx, "ani@example.com");
  assert_problem(access_unauthenticated, session_end(ctx));
  struct who who;
  assert_ok(session_resume(ctx, first, &who));
  ctx->who = &who;
  assert_ok(session_end(ctx));
  struct event event = last_event(ctx);
  assert_int_equal(event.kind, EVENT_SESSION_ENDED);
  assert_int_equal(event.account_id, who.account_id);
  assert_int_equal(event.old_value, who.session_id);
  assert_ok(session_end(ctx)); /* again: nothing left to do */
  assert_int_equal(last_event(ctx).id, event.id);
  struct who again;
  assert_problem(session_ended, session_resume(ctx, first, &again));
  assert_ok(session_resume(ctx, second, &again));
}

struct ending {
  int64_t account_id, but_id;
};

static enum status end_account(struct ctx *ctx, void *arg) {
  const struct ending *ending = arg;
  return session_end_account(ctx, ending->account_id, ending->but_id);
}

static void all_sessions_but_one_end_together(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account ani = make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct account budi = make(ctx, ROLE_CUSTOMER, "budi@example.com");
  struct session_token tokens[4];
  for (int i = 0; i < 4; i++) {
    assert_ok(session_open(ctx, i < 3 ? &ani : &budi, DAY_S, &tokens[i]));
  }
  assert_ok(db_write(ctx, end_account, &(struct ending){ani.id, tokens[1].session_id}));
  struct event event = last_event(ctx);
  assert_int_equal(event.kind, EVENT_SESSION_ENDED);
  assert_int_equal(event.account_id, ani.id);
  assert_int_equal(event.old_value, 0);
  assert_int_equal(event.new_value, tokens[1].session_id);
  struct who who;
  assert_problem(session_ended, session_resume(ctx, tokens[0].token, &who));
  assert_ok(session_resume(ctx, tokens[1].token, &who));
  assert_problem(session_ended, session_resume(ctx, tokens[2].token, &who));
  assert_ok(session_resume(ctx, tokens[3].token, &who));
  assert_ok(db_write(ctx, end_account, &(struct ending){ani.id, 0}));
  assert_problem(session_ended, session_resume(ctx, tokens[1].token, &who));
  assert_ok(session_resume(ctx, tokens[3].token, &who));
}

static void a_session_is_not_opened_for_what_changed_meanwhile(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account account = make(ctx, ROLE_CUSTOMER, "ani@example.com");
  assert_ok(account_disable(ctx, account.id));
  struct session_token token;
  assert_problem(session_ended, session_open(ctx, &account, DAY_S, &token));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM session"), 0);
}

/* A sign-in that proved the old password while a change of it was about to commit. */
struct latecomer {
  struct ctx ctx;
  pthread_t thread;
  enum status status;
  const struct problem_kind *kind;
};

static void *sign_in_late(void *arg) {
  struct latecomer *latecomer = arg;
  struct sign_in sign_in = with("ani@example.com", "Password123");
  struct session_token token;
  latecomer->status = session_sign_in(&latecomer->ctx, &sign_in, &token);
  latecomer->kind = latecomer->ctx.problem.kind;
  return NULL;
}

struct slow_change {
  int64_t account_id;
  struct latecomer *latecomer;
};

static enum status change_slowly(struct ctx *ctx, void *arg) {
  struct slow_change *change = arg;
  enum status status =
      account_set_password(ctx, change->account_id, STR("Different456"), PASSWORD_LONG_ENOUGH, 0);
  assert_int_equal(pthread_create(&change->latecomer->thread, NULL, sign_in_late, change->latecomer), 0);
  usleep(300 *
         1000); /* long enough to prove the old password, which is still the committed one, and then wait */
  return status;
}

static void a_sign_in_does_not_slip_past_a_password_change(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account account = make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct latecomer latecomer = {.ctx = store_open(store, DB_WRITE)};
  latecomer.ctx.arena = arena_new(16 << 20);
  struct slow_change change = {account.id, &latecomer};
  assert_ok(db_write(ctx, change_slowly, &change));
  assert_int_equal(pthread_join(latecomer.thread, NULL), 0);
  arena_free(latecomer.ctx.arena);
  latecomer.ctx.arena = ctx->arena;
  store_close(&latecomer.ctx);
  assert_status(STATUS_UNAUTHENTICATED, latecomer.status);
  assert_ptr_equal(latecomer.kind, &session_ended);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM session WHERE ended_at IS NULL"), 0);
}

/* ---- sweeping ---- */

static void a_sweep_drops_what_is_past_a_little_at_a_time(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account account = make(ctx, ROLE_CUSTOMER, "ani@example.com");
  struct session_token token;
  for (int i = 0; i < 5; i++) {
    assert_ok(session_open(ctx, &account, 60, &token));
  }
  assert_ok(session_open(ctx, &account, DAY_S, &token));
  struct sign_in wrong = with("ani@example.com", "wrong");
  assert_problem(session_wrong_password, session_sign_in(ctx, &wrong, &token));
  int64_t dropped = -1;
  assert_ok(session_sweep(ctx, 100, &dropped));
  assert_int_equal(dropped, 0);
  ctx->now_us += 15 * TIME_MINUTE_US;
  assert_ok(session_sweep(ctx, 3, &dropped));
  assert_int_equal(dropped, 3);
  assert_ok(session_sweep(ctx, 4, &dropped));
  assert_int_equal(dropped, 4); /* two sessions and two windows */
  assert_ok(session_sweep(ctx, 100, &dropped));
  assert_int_equal(dropped, 1);
  assert_ok(session_sweep(ctx, 100, &dropped));
  assert_int_equal(dropped, 0);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM session"), 1);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM throttle"), 0);
}

int main(void) {
  session_setup(&our_keys, true);
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_sign_in_gives_a_token_that_resumes),
      STORE_TEST(operator_staff_are_tenant_ones_people_but_customers),
      STORE_TEST(wrong_credentials_are_told_apart),
      STORE_TEST(an_account_of_another_tenant_is_not_there),
      STORE_TEST(without_a_stored_password_none_is_right),
      STORE_TEST(a_deactivated_account_or_tenant_does_not_sign_in),
      STORE_TEST(master_only_knows_super_admins),
      STORE_TEST(a_stranger_waits_as_long_as_a_wrong_password),
      STORE_TEST(a_session_ends_with_its_time),
      STORE_TEST(the_row_decides_over_the_token),
      STORE_TEST(a_garbled_token_is_none_and_a_strangers_is_expired),
      STORE_TEST(a_token_does_not_open_a_strangers_session_of_its_number),
      STORE_TEST(a_role_is_read_anew_each_time),
      STORE_TEST(inactive_deleted_and_disabled_end_at_once),
      STORE_TEST(signing_out_ends_this_session_alone),
      STORE_TEST(all_sessions_but_one_end_together),
      STORE_TEST(a_session_is_not_opened_for_what_changed_meanwhile),
      STORE_TEST(a_sign_in_does_not_slip_past_a_password_change),
      STORE_TEST(a_sweep_drops_what_is_past_a_little_at_a_time),
  };
  return STORE_RUN(tests);
}
