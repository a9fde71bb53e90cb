#include "store.h"

#include "desk/account/account.h"
#include "desk/session/session.h"
#include "desk/tenant/tenant.h"

/* Limits in a window of 15 minutes: 5 for one account from one address, 50 for an account, 100 for an
 * address. */
#define WINDOW_US (15 * TIME_MINUTE_US)
#define HERE STR("192.0.2.7")

static const struct session_keys our_keys = {.keys = {{"0123456789abcdef0123456789abcdef", 32}}, .count = 1};

#define assert_problem(kind_, call)                \
  do {                                             \
    assert_status((kind_).status, (call));         \
    assert_ptr_equal(ctx->problem.kind, &(kind_)); \
    problem_clear(ctx);                            \
  } while (0)

static enum status check(struct ctx *ctx, struct str email, struct str address) {
  struct throttle throttle;
  return throttle_check(ctx, TENANT_OPERATOR, email, address, &throttle);
}

static void fail_times(struct ctx *ctx, struct str email, struct str address, int times) {
  for (int i = 0; i < times; i++) {
    struct throttle throttle;
    assert_ok(throttle_check(ctx, TENANT_OPERATOR, email, address, &throttle));
    assert_ok(throttle_count(ctx, &throttle));
  }
}

static struct account make(struct ctx *ctx, const char *email) {
  struct account_new new_account = {.tenant_id = TENANT_OPERATOR,
                                    .name = STR("Ani"),
                                    .email = str_of(email),
                                    .password = STR("Password123"),
                                    .role = ROLE_SUPER_ADMIN,
                                    .by = ACCOUNT_BY_OPERATOR};
  struct account account;
  assert_ok(account_create(ctx, &new_account, &account));
  return account;
}

static enum status sign_in(struct ctx *ctx, const char *email, const char *password, struct str address) {
  struct sign_in in = {.tenant_id = TENANT_OPERATOR,
                       .email = str_of(email),
                       .password = str_of(password),
                       .address = address,
                       .lifetime_s = 60};
  struct session_token token;
  return session_sign_in(ctx, &in, &token);
}

static void five_failures_shut_the_pair(struct store *store) {
  struct ctx *ctx = &store->ctx;
  fail_times(ctx, STR("ani@example.com"), HERE, 5);
  assert_problem(session_throttled, check(ctx, STR("ani@example.com"), HERE));
  assert_problem(session_throttled, check(ctx, STR("ANI@example.COM"), HERE));
  assert_ok(check(ctx, STR("ani@example.com"), STR("192.0.2.8")));
  assert_ok(check(ctx, STR("budi@example.com"), HERE));
  struct throttle throttle;
  assert_ok(throttle_check(ctx, 2, STR("ani@example.com"), HERE, &throttle)); /* another tenant's account */
}

static void retry_after_tells_until_the_window_ends(struct store *store) {
  struct ctx *ctx = &store->ctx;
  fail_times(ctx, STR("ani@example.com"), HERE, 1);
  ctx->now_us += 10 * TIME_MINUTE_US; /* the window begins with the first failure */
  fail_times(ctx, STR("ani@example.com"), HERE, 4);
  assert_status(STATUS_TOO_MANY, check(ctx, STR("ani@example.com"), HERE));
  assert_int_equal(ctx->problem.retry_after_s, 300);
  problem_clear(ctx);
  ctx->now_us = STORE_NOW + WINDOW_US - 1;
  assert_status(STATUS_TOO_MANY, check(ctx, STR("ani@example.com"), HERE));
  assert_int_equal(ctx->problem.retry_after_s, 1);
  problem_clear(ctx);
  ctx->now_us = STORE_NOW + WINDOW_US;
  assert_ok(check(ctx, STR("ani@example.com"), HERE));
}

static void a_window_that_is_past_begins_anew(struct store *store) {
  struct ctx *ctx = &store->ctx;
  fail_times(ctx, STR("ani@example.com"), HERE, 5);
  ctx->now_us += WINDOW_US;
  fail_times(ctx, STR("ani@example.com"), HERE, 5);
  assert_status(STATUS_TOO_MANY, check(ctx, STR("ani@example.com"), HERE));
  assert_int_equal(ctx->problem.retry_after_s, 900);
}

static void fifty_failures_shut_an_account_from_everywhere(struct store *store) {
  struct ctx *ctx = &store->ctx;
  for (int i = 0; i < 50; i++) {
    fail_times(ctx, STR("ani@example.com"), str_format(ctx->arena, "192.0.2.%d", i), 1);
  }
  assert_problem(session_throttled, check(ctx, STR("ani@example.com"), STR("198.51.100.1")));
  assert_ok(check(ctx, STR("budi@example.com"), STR("192.0.2.1")));
}

static void one_hundred_failures_shut_an_address_for_everybody(struct store *store) {
  struct ctx *ctx = &store->ctx;
  for (int i = 0; i < 100; i++) {
    fail_times(ctx, str_format(ctx->arena, "guess-%d@example.com", i), HERE, 1);
  }
  assert_problem(session_throttled, check(ctx, STR("ani@example.com"), HERE));
  assert_ok(check(ctx, STR("ani@example.com"), STR("192.0.2.8")));
}

static void an_ipv6_network_of_64_bits_is_one_address(struct store *store) {
  struct ctx *ctx = &store->ctx;
  for (int i = 0; i < 5; i++) {
    fail_times(ctx, STR("ani@example.com"), str_format(ctx->arena, "2001:db8:0:1::%d", i), 1);
  }
  assert_problem(session_throttled, check(ctx, STR("ani@example.com"), STR("2001:db8:0:1:2:3:4:5")));
  assert_ok(check(ctx, STR("ani@example.com"), STR("2001:db8:0:2::1")));
}

static void signing_in_counts_and_then_refuses_even_the_right_password(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, "ani@example.com");
  for (int i = 0; i < 5; i++) {
    assert_problem(session_wrong_password, sign_in(ctx, "ani@example.com", "wrong", HERE));
  }
  assert_problem(session_throttled, sign_in(ctx, "ani@example.com", "Password123", HERE));
  assert_ok(sign_in(ctx, "ani@example.com", "Password123", STR("192.0.2.8")));
  ctx->now_us += WINDOW_US;
  assert_ok(sign_in(ctx, "ani@example.com", "Password123", HERE));
}

static void an_unknown_address_counts_like_a_known_one(struct store *store) {
  struct ctx *ctx = &store->ctx;
  for (int i = 0; i < 5; i++) {
    assert_problem(session_wrong_email, sign_in(ctx, "nobody@example.com", "wrong", HERE));
  }
  assert_problem(session_throttled, sign_in(ctx, "nobody@example.com", "wrong", HERE));
}

static void a_success_resets_the_pair_alone(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, "ani@example.com");
  for (int i = 0; i < 4; i++) {
    assert_problem(session_wrong_password, sign_in(ctx, "ani@example.com", "wrong", HERE));
  }
  assert_ok(sign_in(ctx, "ani@example.com", "Password123", HERE));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM throttle"), 2);
  assert_int_equal(store_number(store, "SELECT SUM(failures) FROM throttle"), 8);
  fail_times(ctx, STR("ani@example.com"), HERE, 4);
  assert_ok(check(ctx, STR("ani@example.com"), HERE));
}

static void proving_counts_and_resets_too(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, "ani@example.com");
  struct sign_in in = {.tenant_id = TENANT_OPERATOR,
                       .email = STR("ani@example.com"),
                       .password = STR("wrong"),
                       .address = HERE,
                       .master_only = true};
  struct account account;
  for (int i = 0; i < 4; i++) {
    assert_problem(session_wrong_password, session_prove(ctx, &in, &account));
  }
  in.password = STR("Password123");
  assert_ok(session_prove(ctx, &in, &account));
  in.password = STR("wrong");
  for (int i = 0; i < 5; i++) {
    assert_problem(session_wrong_password, session_prove(ctx, &in, &account));
  }
  assert_problem(session_throttled, session_prove(ctx, &in, &account));
}

static void a_success_without_failures_writes_nothing_here(struct store *store) {
  struct ctx *ctx = &store->ctx;
  make(ctx, "ani@example.com");
  assert_ok(sign_in(ctx, "ani@example.com", "Password123", HERE));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM throttle"), 0);
}

static void counters_outlive_the_process(struct store *store) {
  struct ctx *ctx = &store->ctx;
  fail_times(ctx, STR("ani@example.com"), HERE, 5);
  session_setup(&our_keys, true); /* as at the next start, with the key the data directory keeps */
  assert_problem(session_throttled, check(ctx, STR("ani@example.com"), HERE));
}

static void who_and_from_where_stay_out_of_the_store(struct store *store) {
  struct ctx *ctx = &store->ctx;
  fail_times(ctx, STR("ani@example.com"), HERE, 1);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM throttle"), 3);
  assert_int_equal(
      store_number(store, "SELECT COUNT(DISTINCT subject) FROM throttle WHERE length(subject) = 32"), 3);
}

static void switched_off_nothing_is_counted(struct store *store) {
  struct ctx *ctx = &store->ctx;
  session_setup(&our_keys, false);
  fail_times(ctx, STR("ani@example.com"), HERE, 7);
  assert_ok(check(ctx, STR("ani@example.com"), HERE));
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM throttle"), 0);
  session_setup(&our_keys, true);
}

static void strange_input_is_counted_as_it_stands(struct store *store) {
  struct ctx *ctx = &store->ctx;
  static const struct str strange[] = {{NULL, 0}, {"", 0}, {"a\0b", 3}, {"\xFF", 1}, {"|", 1}};
  for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
    fail_times(ctx, strange[i], HERE, 5);
    assert_problem(session_throttled, check(ctx, strange[i], HERE));
  }
}

int main(void) {
  session_setup(&our_keys, true);
  const struct CMUnitTest tests[] = {
      STORE_TEST(five_failures_shut_the_pair),
      STORE_TEST(retry_after_tells_until_the_window_ends),
      STORE_TEST(a_window_that_is_past_begins_anew),
      STORE_TEST(fifty_failures_shut_an_account_from_everywhere),
      STORE_TEST(one_hundred_failures_shut_an_address_for_everybody),
      STORE_TEST(an_ipv6_network_of_64_bits_is_one_address),
      STORE_TEST(signing_in_counts_and_then_refuses_even_the_right_password),
      STORE_TEST(an_unknown_address_counts_like_a_known_one),
      STORE_TEST(a_success_resets_the_pair_alone),
      STORE_TEST(proving_counts_and_resets_too),
      STORE_TEST(a_success_without_failures_writes_nothing_here),
      STORE_TEST(counters_outlive_the_process),
      STORE_TEST(who_and_from_where_stay_out_of_the_store),
      STORE_TEST(switched_off_nothing_is_counted),
      STORE_TEST(strange_input_is_counted_as_it_stands),
  };
  return STORE_RUN(tests);
}
