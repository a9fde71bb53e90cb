#include <stdatomic.h>

#include "accounts.h"
#include "desk/mail/mail.h"

/* Links that set a password: forgotten ones, invitations, and their use. */

/* The token of the newest mail; none was sent where there is no mail. */
static struct str token_of_newest_mail(struct store *store) {
  return str_copy(store->ctx.arena, store_text(store, "SELECT text FROM mail ORDER BY id DESC LIMIT 1"));
}

static struct str forgot(struct store *store, const char *email) {
  assert_ok(account_forgot(&store->ctx, TENANT_OPERATOR, str_of(email)));
  return token_of_newest_mail(store);
}

static enum status reset(struct store *store, struct str token, const char *password) {
  return account_reset(&store->ctx, token, str_of(password), PASSWORD_LONG_ENOUGH);
}

static enum status invite(struct ctx *ctx, void *arg) {
  const struct account *account = arg;
  return account_invite(ctx, account->tenant_id, account->id);
}

static bool signs_in_with(struct store *store, const struct account *account, const char *password) {
  struct str hash;
  assert_ok(account_password_hash(&store->ctx, account->id, &hash));
  return password_verify(hash, str_of(password));
}

static void a_forgotten_password_is_set_by_the_mailed_token_once(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account account = account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct session_token session;
  assert_ok(session_open(ctx, &account, 3600, &session));
  struct str token = forgot(store, "ANI@example.com");
  assert_int_equal(token.len, 43); /* 256 bits */
  assert_int_equal(store_number(store, "SELECT kind FROM mail"), MAIL_PASSWORD_RESET);
  assert_int_equal(store_number(store, "SELECT account_id FROM mail"), account.id);
  /* The store knows the token's hash alone, once the mail has left. */
  assert_int_equal(store_number(store, "SELECT LENGTH(hash) FROM password_link"), 32);
  assert_ok(reset(store, token, "Fresh-Password"));
  assert_true(signs_in_with(store, &account, "Fresh-Password"));
  struct who who;
  assert_problem(session_ended, session_resume(ctx, session.token, &who));
  assert_problem(account_link_dead, reset(store, token, "Other-Password"));
  assert_true(signs_in_with(store, &account, "Fresh-Password"));
  assert_int_equal(count_of(store, "password_link"), 0);
}

static void a_dead_link_names_the_token(struct store *store) {
  assert_status(STATUS_INVALID, reset(store, STR("nothing"), "Fresh-Password"));
  assert_ptr_equal(store->ctx.problem.kind, &account_link_dead);
  assert_true(faulted(store, "token"));
  problem_clear(&store->ctx);
  static const struct str strange[] = {{NULL, 0}, {"", 0}, {"\0", 1}, {"\xFF\xFE", 2}};
  for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
    assert_problem(account_link_dead, reset(store, strange[i], "Fresh-Password"));
  }
  char long_token[5000];
  memset(long_token, 'a', sizeof long_token);
  assert_problem(account_link_dead,
                 reset(store, (struct str){long_token, sizeof long_token}, "Fresh-Password"));
}

static void a_weak_password_leaves_the_link_alive(struct store *store) {
  account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct str token = forgot(store, "ani@example.com");
  assert_status(STATUS_INVALID, reset(store, token, "short"));
  assert_ptr_equal(store->ctx.problem.kind, &account_weak_password);
  assert_true(faulted(store, "password"));
  problem_clear(&store->ctx);
  assert_ok(reset(store, token, "Long-Enough"));
}

static void a_reset_link_lives_30_minutes_and_an_invitation_7_days(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account account = account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct str token = forgot(store, "ani@example.com");
  ctx->now_us = STORE_NOW + 30 * TIME_MINUTE_US;
  assert_problem(account_link_dead, reset(store, token, "Fresh-Password"));
  ctx->now_us--;
  assert_ok(reset(store, token, "Fresh-Password"));
  ctx->now_us = STORE_NOW;
  store_sql(store, "DELETE FROM mail");
  assert_ok(db_write(ctx, invite, &account));
  assert_int_equal(store_number(store, "SELECT kind FROM mail"), MAIL_INVITATION);
  token = token_of_newest_mail(store);
  ctx->now_us = STORE_NOW + 7 * TIME_DAY_US;
  assert_problem(account_link_dead, reset(store, token, "Fresh-Password"));
  ctx->now_us--;
  assert_ok(reset(store, token, "Fresh-Password"));
  ctx->now_us = STORE_NOW;
}

static void a_newer_mail_a_new_password_and_a_new_address_kill_the_older_link(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account account = account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct str older = forgot(store, "ani@example.com");
  struct str newer = forgot(store, "ani@example.com");
  assert_false(str_equal(older, newer));
  assert_problem(account_link_dead, reset(store, older, "Fresh-Password"));
  assert_ok(account_set_password(ctx, account.id, STR("By-Hand-123"), PASSWORD_LONG_ENOUGH, 0));
  assert_problem(account_link_dead, reset(store, newer, "Fresh-Password"));
  newer = forgot(store, "ani@example.com");
  struct who admin = caller_of(store, ROLE_SUPER_ADMIN, "admin@example.com");
  ctx->who = &admin;
  struct account_change change = {.has_email = true, .email = STR("other@example.com")};
  assert_ok(account_update(ctx, account.uuid, &change, &account));
  ctx->who = NULL;
  assert_problem(account_link_dead, reset(store, newer, "Fresh-Password"));
}

static void a_deactivated_account_gets_no_mail_and_its_link_is_dead(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct account account = account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct str token = forgot(store, "ani@example.com");
  assert_ok(account_disable(ctx, account.id));
  assert_problem(account_link_dead, reset(store, token, "Fresh-Password"));
  forgot(store, "ani@example.com");
  assert_int_equal(count_of(store, "mail"), 1);
}

/* Known and unknown addresses are answered alike, and each costs a row written. */
static void an_unknown_address_is_answered_alike_and_costs_a_write(struct store *store) {
  account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com");
  int64_t foreign = other_tenant(store);
  static const char *const unknown[] = {"nobody@example.com", "no address", "\xFF@\xFE", ""};
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
    assert_ok(account_forgot(&store->ctx, TENANT_OPERATOR, str_of(unknown[i])));
    assert_int_equal(count_of(store, "throttle"), (int64_t)i + 1);
  }
  assert_ok(account_forgot(&store->ctx, foreign, STR("ani@example.com")));
  assert_int_equal(count_of(store, "mail"), 0);
  assert_int_equal(count_of(store, "password_link"), 0);
  assert_null(store->ctx.problem.kind);
}

static void the_sixth_wish_in_15_minutes_mails_nothing(struct store *store) {
  struct ctx *ctx = &store->ctx;
  account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com");
  for (int i = 0; i < 7; i++) {
    forgot(store, "Ani@Example.com");
  }
  assert_int_equal(count_of(store, "mail"), 5);
  struct str token = token_of_newest_mail(store);
  assert_ok(
      reset(store, token, "Fresh-Password")); /* the last mail's link is not killed by what came after */
  ctx->now_us = STORE_NOW + 15 * TIME_MINUTE_US;
  forgot(store, "ani@example.com");
  assert_int_equal(count_of(store, "mail"), 6);
  ctx->now_us = STORE_NOW;
}

/* ---- one link, many hands ---- */

enum { RACERS = 8 };
struct race {
  struct str token;
  atomic_int set, dead, other;
};

static void race(struct ctx *ctx, int number, void *arg) {
  (void)number;
  struct race *race = arg;
  enum status status = account_reset(ctx, race->token, STR("Fresh-Password"), PASSWORD_LONG_ENOUGH);
  if (status == STATUS_OK) {
    race->set++;
  } else if (ctx->problem.kind == &account_link_dead) {
    race->dead++;
  } else {
    race->other++;
  }
}

static void a_link_used_at_once_sets_one_password(struct store *store) {
  account_of(store, TENANT_OPERATOR, ROLE_CUSTOMER, "Ani", "ani@example.com");
  struct race result = {.token = forgot(store, "ani@example.com")};
  store_race(store, RACERS, race, &result);
  assert_int_equal(result.set, 1);
  assert_int_equal(result.dead, RACERS - 1);
  assert_int_equal(result.other, 0);
}

int main(void) {
  keys_setup(true);
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_forgotten_password_is_set_by_the_mailed_token_once),
      STORE_TEST(a_dead_link_names_the_token),
      STORE_TEST(a_weak_password_leaves_the_link_alive),
      STORE_TEST(a_reset_link_lives_30_minutes_and_an_invitation_7_days),
      STORE_TEST(a_newer_mail_a_new_password_and_a_new_address_kill_the_older_link),
      STORE_TEST(a_deactivated_account_gets_no_mail_and_its_link_is_dead),
      STORE_TEST(an_unknown_address_is_answered_alike_and_costs_a_write),
      STORE_TEST(the_sixth_wish_in_15_minutes_mails_nothing),
      STORE_TEST(a_link_used_at_once_sets_one_password),
  };
  return STORE_RUN(tests);
}
