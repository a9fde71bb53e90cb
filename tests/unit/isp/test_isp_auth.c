#include "served.h"

#include <inttypes.h>

#include "api/isp/isp_people.h"
#include "people.h"

/* Signing in and out, tokens, passwords, through the whole row. */

static const struct dialect *const dialects[] = {&isp_dialect};
#define LOGIN "/api/auth/login"
#define REFRESH "/api/auth/refresh"

static void log_in(const char *email, const char *password, const char *more) {
  POST(LOGIN, STR_NONE, SQL(served.store, "{\"email\":\"%s\",\"password\":\"%s\"%s}", email, password, more));
}

static void refresh(struct str token) {
  POST(REFRESH, STR_NONE, SQL(served.store, "{\"refresh_token\":\"%.*s\"}", STR_ARG(token)));
}

static struct token_claims claims_of(struct str token) {
  struct token_claims claims;
  assert_ok(token_verify(token, &claims));
  return claims;
}

static void signing_in_tells_the_user_and_two_tokens(struct store *store) {
  served_begin(store, dialects);
  served_somebody(ROLE_TECHNICIAN, "Budi", "budi@example.com");
  log_in("Budi@Example.com", SERVED_PASSWORD, "");
  ASSERT_HOLDS(200,
               "\"email\":\"budi@example.com\",\"role\":\"technician\",\"profile\":{\"full_name\":\"Budi\"");
  ASSERT_HOLDS(200, "\"expires_in\":900}}}");
  struct token_claims access = claims_of(answer_cut("\"access_token\":\""));
  struct token_claims next = claims_of(answer_cut("\"refresh_token\":\""));
  assert_false(access.is_refresh);
  assert_true(next.is_refresh);
  assert_int_equal(access.expires_at_s - access.issued_at_s, 900);
  assert_int_equal(next.expires_at_s - next.issued_at_s, 7 * 86400);
  log_in("budi@example.com", SERVED_PASSWORD, ",\"remember_me\":true");
  next = claims_of(answer_cut("\"refresh_token\":\""));
  assert_int_equal(next.expires_at_s - next.issued_at_s, 30 * 86400);
  served_end();
}

static void nobody_learns_whether_an_address_is_known(struct store *store) {
  served_begin(store, dialects);
  served_somebody(ROLE_CUSTOMER, "Budi", "budi@example.com");
#define WRONG                                                                                           \
  "{\"success\":false,\"error\":{\"code\":\"INVALID_CREDENTIALS\",\"message\":\"E-mail or password is " \
  "wrong.\"}}"
  log_in("budi@example.com", "Password124", "");
  ASSERT_ANSWER(401, WRONG);
  log_in("nobody@example.com", SERVED_PASSWORD, "");
  ASSERT_ANSWER(401, WRONG);
  POST("/api/auth/forgot-password", STR_NONE, "{\"email\":\"budi@example.com\"}");
  struct str known = str_copy(store->ctx.arena, str_of(answer_text()));
  assert_int_equal(served.exchange.status, 200);
  POST("/api/auth/forgot-password", STR_NONE, "{\"email\":\"nobody@example.com\"}");
  ASSERT_ANSWER(200, known.at);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM mail"), 1);
  served_end();
}

static void a_refresh_gives_the_next_pair_and_a_replay_ends_it(struct store *store) {
  served_begin(store, dialects);
  served_somebody(ROLE_TECHNICIAN, "Budi", "budi@example.com");
  log_in("budi@example.com", SERVED_PASSWORD, "");
  struct str first = answer_cut("\"refresh_token\":\"");
  refresh(first);
  ASSERT_HOLDS(200, "{\"success\":true,\"data\":{\"tokens\":{\"access_token\":\"");
  struct str second = answer_cut("\"refresh_token\":\"");
  assert_int_equal(answer_count(second.at), 2);
  refresh(second);
  assert_int_equal(served.exchange.status, 200);
  struct str access = answer_cut("\"access_token\":\"");
  GET("/api/auth/me", access);
  assert_int_equal(served.exchange.status, 200);
  refresh(first); /* older than the one before: what ends the session outlives the refusal */
  ASSERT_HOLDS(401, "UNAUTHORIZED");
  GET("/api/auth/me", access);
  ASSERT_HOLDS(401, "UNAUTHORIZED");
  served_end();
}

static void signing_out_ends_both_tokens(struct store *store) {
  served_begin(store, dialects);
  served_somebody(ROLE_TECHNICIAN, "Budi", "budi@example.com");
  log_in("budi@example.com", SERVED_PASSWORD, "");
  struct str access = answer_cut("\"access_token\":\"");
  struct str next = answer_cut("\"refresh_token\":\"");
  POST("/api/auth/logout", access, NULL);
  ASSERT_ANSWER(200, "{\"success\":true,\"data\":{\"message\":\"Signed out\"}}");
  refresh(next);
  ASSERT_HOLDS(401, "UNAUTHORIZED");
  GET("/api/auth/me", access);
  ASSERT_HOLDS(401, "UNAUTHORIZED");
  served_end();
}

static void a_new_password_needs_the_old_one_and_the_same_word_twice(struct store *store) {
  served_begin(store, dialects);
  struct somebody budi = served_somebody(ROLE_TECHNICIAN, "Budi", "budi@example.com");
#define CHANGE(current, again)                        \
  request(HTTP_PUT, "/api/auth/password", budi.token, \
          "{\"current_password\":\"" current          \
          "\",\"password\":\"fresh password\",\"password_confirmation\":\"" again "\"}")
  CHANGE("wrong", "fresh password");
  ASSERT_HOLDS(422, "\"details\":{\"current_password\":\"is wrong\"}");
  CHANGE(SERVED_PASSWORD, "other");
  ASSERT_HOLDS(422, "\"details\":{\"password_confirmation\":\"must be the same as password\"}");
  CHANGE(SERVED_PASSWORD, "fresh password");
  assert_int_equal(served.exchange.status, 200);
  GET("/api/auth/me", budi.token);
  assert_int_equal(served.exchange.status, 200);
  log_in("budi@example.com", "fresh password", "");
  assert_int_equal(served.exchange.status, 200);
  served_end();
}

static void a_mailed_token_sets_a_password_once(struct store *store) {
  served_begin(store, dialects);
  served_somebody(ROLE_CUSTOMER, "Budi", "budi@example.com");
  POST("/api/auth/forgot-password", STR_NONE, "{\"email\":\"budi@example.com\"}");
  struct str token = store_text(store, "SELECT text FROM mail");
  const char *body = SQL(store,
                         "{\"token\":\"%.*s\",\"password\":\"fresh password\","
                         "\"password_confirmation\":\"fresh password\"}",
                         STR_ARG(token));
  POST("/api/auth/reset-password", STR_NONE, body);
  ASSERT_ANSWER(200, "{\"success\":true,\"data\":{\"message\":\"The new password is set\"}}");
  POST("/api/auth/reset-password", STR_NONE, body);
  ASSERT_HOLDS(422, "\"details\":{\"token\":\"is no live link\"}");
  log_in("budi@example.com", "fresh password", "");
  assert_int_equal(served.exchange.status, 200);
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(signing_in_tells_the_user_and_two_tokens),
      STORE_TEST(nobody_learns_whether_an_address_is_known),
      STORE_TEST(a_refresh_gives_the_next_pair_and_a_replay_ends_it),
      STORE_TEST(signing_out_ends_both_tokens),
      STORE_TEST(a_new_password_needs_the_old_one_and_the_same_word_twice),
      STORE_TEST(a_mailed_token_sets_a_password_once),
  };
  return STORE_RUN(tests);
}
