#include <stdio.h>
#include <string.h>

#include "accounts.h"

/* Tokens that renew themselves. */

enum { ACCESS_S = 900, WEEK_S = 7 * 86400, MONTH_S = 30 * 86400 };
#define HERE STR("192.0.2.7")

static struct session_token sign_in(struct store *store, int64_t refresh_s, bool slides) {
  struct ctx *ctx = &store->ctx;
  struct account_new new_account = {.tenant_id = TENANT_OPERATOR,
                                    .name = STR("Ani"),
                                    .email = STR("ani@example.com"),
                                    .password = STR("Password123"),
                                    .role = ROLE_TECHNICIAN,
                                    .by = ACCOUNT_BY_OPERATOR};
  struct account account;
  assert_ok(account_create(ctx, &new_account, &account));
  struct sign_in sign_in = {.tenant_id = TENANT_OPERATOR,
                            .email = STR("ani@example.com"),
                            .password = STR("Password123"),
                            .address = HERE,
                            .lifetime_s = ACCESS_S,
                            .refresh_s = refresh_s,
                            .slides = slides};
  struct session_token token;
  assert_ok(session_sign_in(ctx, &sign_in, &token));
  return token;
}

static enum status refresh(struct store *store, struct str token, struct session_token *out) {
  return session_refresh(&store->ctx, token, HERE, ACCESS_S, out);
}

static struct token_claims claims_of(struct str token) {
  struct token_claims claims;
  assert_int_equal(token_verify(token, &claims), STATUS_OK);
  return claims;
}

static void after_s(struct store *store, int64_t seconds) {
  store->ctx.now_us = STORE_NOW + seconds * TIME_SECOND_US;
}

static void a_sign_in_with_refresh_gives_two_kinds_of_token(struct store *store) {
  struct session_token pair = sign_in(store, WEEK_S, false);
  const int64_t now_s = STORE_NOW / TIME_SECOND_US;
  assert_int_equal(pair.expires_at, (now_s + ACCESS_S) * TIME_SECOND_US);
  assert_int_equal(claims_of(pair.token).expires_at_s, now_s + ACCESS_S);
  assert_int_equal(claims_of(pair.refresh_token).expires_at_s, now_s + WEEK_S);
  struct who who;
  assert_ok(session_resume(&store->ctx, pair.token, &who));
  assert_int_equal(who.expires_at, (now_s + WEEK_S) * TIME_SECOND_US);
  assert_int_equal(who.token_expires_at, (now_s + ACCESS_S) * TIME_SECOND_US);
  /* Neither is taken for the other. */
  struct session_token next;
  assert_problem(session_no_token, session_resume(&store->ctx, pair.refresh_token, &who));
  assert_problem(session_no_token, refresh(store, pair.token, &next));
  /* The access token ends, the session goes on. */
  after_s(store, ACCESS_S);
  assert_problem(session_expired, session_resume(&store->ctx, pair.token, &who));
  assert_ok(refresh(store, pair.refresh_token, &next));
  assert_ok(session_resume(&store->ctx, next.token, &who));
}

static void a_plain_session_has_no_refresh_token(struct store *store) {
  struct session_token plain = sign_in(store, 0, false);
  assert_null(plain.refresh_token.at);
  struct session_token next;
  assert_problem(session_no_token, refresh(store, plain.token, &next));
  assert_int_equal(store_number(store, "SELECT refresh_number FROM session"), 0);
}

static void a_refresh_token_buys_the_next_pair(struct store *store) {
  struct session_token first = sign_in(store, WEEK_S, false);
  after_s(store, 100);
  struct session_token second;
  assert_ok(refresh(store, first.refresh_token, &second));
  assert_int_equal(second.session_id, first.session_id);
  assert_str(second.account.email, "ani@example.com");
  assert_false(str_equal(first.token, second.token));
  assert_false(str_equal(first.refresh_token, second.refresh_token));
  assert_int_equal(second.expires_at, (STORE_NOW / TIME_SECOND_US + 100 + ACCESS_S) * TIME_SECOND_US);
  assert_int_equal(store_number(store, "SELECT refresh_number FROM session"), 2);
  assert_int_equal(store_number(store, "SELECT refreshed_at FROM session"), store->ctx.now_us);
  after_s(store, 200);
  struct session_token third;
  assert_ok(refresh(store, second.refresh_token, &third));
  assert_int_equal(store_number(store, "SELECT refresh_number FROM session"), 3);
}

/* Within one second, too, nothing of the next pair is the same as before. */
static void a_refresh_in_the_same_second_gives_other_tokens(struct store *store) {
  struct session_token first = sign_in(store, WEEK_S, false);
  struct session_token second;
  assert_ok(refresh(store, first.refresh_token, &second));
  assert_false(str_equal(first.token, second.token));
  assert_false(str_equal(first.refresh_token, second.refresh_token));
}

static void the_token_before_gets_the_very_same_successor_for_10_seconds(struct store *store) {
  struct session_token first = sign_in(store, MONTH_S, true);
  after_s(store, 100);
  struct session_token second;
  assert_ok(refresh(store, first.refresh_token, &second));
  after_s(store, 110);
  struct session_token again;
  assert_ok(refresh(store, first.refresh_token, &again));
  assert_true(str_equal(again.token, second.token));
  assert_true(str_equal(again.refresh_token, second.refresh_token));
  assert_int_equal(again.expires_at, second.expires_at);
  assert_int_equal(store_number(store, "SELECT refresh_number FROM session"), 2);
}

static void assert_ended(struct store *store, const struct session_token *newest) {
  struct event event = last_event(store);
  assert_int_equal(event.kind, EVENT_SESSION_ENDED);
  assert_int_equal(event.account_id, newest->account.id);
  assert_int_equal(event.old_value, newest->session_id);
  struct who who;
  struct session_token next;
  assert_problem(session_ended, session_resume(&store->ctx, newest->token, &who));
  assert_problem(session_ended, refresh(store, newest->refresh_token, &next));
}

static void the_token_before_ends_the_family_after_10_seconds(struct store *store) {
  struct session_token first = sign_in(store, WEEK_S, false);
  struct session_token second;
  assert_ok(refresh(store, first.refresh_token, &second));
  after_s(store, 10);
  struct session_token again;
  assert_ok(refresh(store, first.refresh_token, &again));
  store->ctx.now_us++;
  assert_problem(session_ended, refresh(store, first.refresh_token, &again));
  assert_ended(store, &second);
}

static void a_token_older_than_the_one_before_ends_the_family_at_once(struct store *store) {
  struct session_token first = sign_in(store, WEEK_S, false);
  struct session_token second;
  struct session_token third;
  assert_ok(refresh(store, first.refresh_token, &second));
  assert_ok(refresh(store, second.refresh_token, &third));
  struct session_token again;
  assert_problem(session_ended, refresh(store, first.refresh_token, &again));
  assert_ended(store, &third);
}

static void seven_days_are_seven_days_in_all(struct store *store) {
  struct session_token pair = sign_in(store, WEEK_S, false);
  after_s(store, WEEK_S - 100);
  struct session_token next;
  assert_ok(refresh(store, pair.refresh_token, &next));
  /* No token outlives the session. */
  assert_int_equal(next.expires_at, (STORE_NOW / TIME_SECOND_US + WEEK_S) * TIME_SECOND_US);
  assert_int_equal(claims_of(next.refresh_token).expires_at_s, STORE_NOW / TIME_SECOND_US + WEEK_S);
  after_s(store, WEEK_S);
  struct session_token late;
  assert_problem(session_expired, refresh(store, next.refresh_token, &late));
}

static void remembered_sessions_slide_with_each_refresh(struct store *store) {
  struct session_token pair = sign_in(store, MONTH_S, true);
  int64_t at_s = 0;
  for (int i = 0; i < 4; i++) {
    at_s += MONTH_S - 1000;
    after_s(store, at_s);
    struct session_token next;
    assert_ok(refresh(store, pair.refresh_token, &next));
    assert_int_equal(claims_of(next.refresh_token).expires_at_s, STORE_NOW / TIME_SECOND_US + at_s + MONTH_S);
    pair = next;
  }
  after_s(store, at_s + MONTH_S);
  struct session_token late;
  assert_problem(session_expired, refresh(store, pair.refresh_token, &late));
}

static void what_is_no_live_refresh_token_is_refused(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct session_token pair = sign_in(store, WEEK_S, false);
  struct session_token next;
  static const struct str strange[] = {{NULL, 0}, {"", 0}, {"a.b.c", 5}, {"\0", 1}, {"\xFF", 1}};
  for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
    assert_problem(session_no_token, refresh(store, strange[i], &next));
  }
  char *forged = str_c(ctx->arena, pair.refresh_token);
  char *letter = forged + pair.refresh_token.len - 5; /* of the signature; still base64url */
  *letter = *letter == 'A' ? 'B' : 'A';
  assert_problem(session_expired, refresh(store, str_of(forged), &next));
  /* Numbers that were never given. */
  struct token_claims claims = claims_of(pair.refresh_token);
  claims.number = 2;
  struct str future;
  assert_ok(token_sign(ctx->arena, &claims, &future));
  assert_problem(session_ended, refresh(store, future, &next));
  assert_ok(refresh(store, pair.refresh_token, &next));
}

static void an_ended_session_is_not_refreshed(struct store *store) {
  struct ctx *ctx = &store->ctx;
  struct session_token pair = sign_in(store, WEEK_S, false);
  struct who who;
  assert_ok(session_resume(ctx, pair.token, &who));
  ctx->who = &who;
  assert_ok(session_end(ctx));
  ctx->who = NULL;
  struct session_token next;
  assert_problem(session_ended, refresh(store, pair.refresh_token, &next));
}

static void a_deactivated_account_is_not_refreshed(struct store *store) {
  struct session_token pair = sign_in(store, WEEK_S, false);
  assert_ok(account_disable(&store->ctx, pair.account.id));
  struct session_token next;
  assert_problem(session_ended, refresh(store, pair.refresh_token, &next));
}

static void refused_tokens_are_throttled_apart_from_passwords(struct store *store) {
  keys_setup(true);
  struct session_token pair = sign_in(store, WEEK_S, false);
  struct session_token next;
  for (int i = 0; i < 5; i++) {
    assert_problem(session_no_token, refresh(store, STR("guess"), &next));
  }
  assert_status(STATUS_TOO_MANY, refresh(store, STR("guess"), &next));
  assert_ptr_equal(store->ctx.problem.kind, &session_throttled);
  assert_int_equal(store->ctx.problem.retry_after_s, 15 * 60);
  problem_clear(&store->ctx);
  assert_ok(refresh(store, pair.refresh_token, &next)); /* others of the address go on */
  struct sign_in in = {.tenant_id = TENANT_OPERATOR,
                       .email = STR("ani@example.com"),
                       .password = STR("Password123"),
                       .address = HERE,
                       .lifetime_s = ACCESS_S};
  for (int i = 0; i < 95; i++) {
    struct str guess = str_format(store->ctx.arena, "guess %d", i);
    assert_problem(session_no_token, refresh(store, guess, &pair));
  }
  assert_problem(session_throttled, refresh(store, next.refresh_token, &pair));
  assert_ok(session_sign_in(&store->ctx, &in, &pair));
}

/* ---- one token, many hands ---- */

enum { RACERS = 20, TOKEN_SIZE = 512 };
struct race {
  struct str token;
  struct got {
    enum status status;
    char access[TOKEN_SIZE], refresh[TOKEN_SIZE];
  } got[RACERS];
};

static void race(struct ctx *ctx, int number, void *arg) {
  struct race *race = arg;
  struct got *got = &race->got[number];
  struct session_token pair;
  ctx->now_us = STORE_NOW + (int64_t)number * 1000; /* each has its own reading of the clock */
  got->status = session_refresh(ctx, race->token, HERE, ACCESS_S, &pair);
  if (got->status == STATUS_OK) {
    snprintf(got->access, TOKEN_SIZE, "%.*s", STR_ARG(pair.token));
    snprintf(got->refresh, TOKEN_SIZE, "%.*s", STR_ARG(pair.refresh_token));
  }
}

static void one_token_used_at_once_has_one_successor(struct store *store) {
  struct session_token pair = sign_in(store, WEEK_S, false);
  struct race result = {.token = pair.refresh_token};
  store_race(store, RACERS, race, &result);
  for (int i = 0; i < RACERS; i++) {
    assert_status(STATUS_OK, result.got[i].status);
    assert_true(strlen(result.got[i].access) > 0 && strlen(result.got[i].access) < TOKEN_SIZE - 1);
    assert_string_equal(result.got[i].access, result.got[0].access);
    assert_string_equal(result.got[i].refresh, result.got[0].refresh);
  }
}

int main(void) {
  keys_setup(false);
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_sign_in_with_refresh_gives_two_kinds_of_token),
      STORE_TEST(a_plain_session_has_no_refresh_token),
      STORE_TEST(a_refresh_token_buys_the_next_pair),
      STORE_TEST(a_refresh_in_the_same_second_gives_other_tokens),
      STORE_TEST(the_token_before_gets_the_very_same_successor_for_10_seconds),
      STORE_TEST(the_token_before_ends_the_family_after_10_seconds),
      STORE_TEST(a_token_older_than_the_one_before_ends_the_family_at_once),
      STORE_TEST(seven_days_are_seven_days_in_all),
      STORE_TEST(remembered_sessions_slide_with_each_refresh),
      STORE_TEST(what_is_no_live_refresh_token_is_refused),
      STORE_TEST(an_ended_session_is_not_refreshed),
      STORE_TEST(a_deactivated_account_is_not_refreshed),
      STORE_TEST(one_token_used_at_once_has_one_successor),
      STORE_TEST(refused_tokens_are_throttled_apart_from_passwords),
  };
  return STORE_RUN(tests);
}
