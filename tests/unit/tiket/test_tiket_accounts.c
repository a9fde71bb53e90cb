#include "served.h"

#include <inttypes.h>

#include "api/tiket/internal.h"
#include "people.h"

/* Registering, signing in and out, as the document words each outcome. */

static const struct dialect *const dialects[] = {&tiket_dialect};

#define UNAUTHORIZED "{\"status\":401,\"message\":\"Unauthorized\"}"
#define NO_ADMIN "{\"status\":403,\"message\":\"You are not allowed to create an admin account\"}"

/* The account as its row says, as the answers tell it. */
static const char *user_json(struct store *store, const char *email, const char *role) {
  struct account account;
  char uuid[UUID_TEXT_SIZE], created[TIME_TEXT_SIZE], updated[TIME_TEXT_SIZE];
  assert_ok(account_by_email(&store->ctx, TENANT_OPERATOR, str_of(email), &account));
  return SQL(store,
             "{\"_id\":\"%s\",\"username\":\"%.*s\",\"email\":\"%.*s\",\"role\":\"%s\","
             "\"createdAt\":\"%s\",\"updatedAt\":\"%s\"}",
             uuid_print(account.uuid, uuid), STR_ARG(account.name), STR_ARG(account.email), role,
             time_print(account.created_at, created), time_print(account.updated_at, updated));
}

static int role_of_address(const char *email) {
  struct account account;
  assert_ok(account_by_email(&served.store->ctx, TENANT_OPERATOR, str_of(email), &account));
  return account.role;
}

static void register_as(struct str token, const char *email, const char *role) {
  POST("/auth/register", token,
       SQL(served.store, "{\"username\":\"Budi Santoso\",\"email\":\"%s\",\"password\":\"Rahasia123\"%s%s%s}",
           email, role != NULL ? ",\"role\":\"" : "", role != NULL ? role : "", role != NULL ? "\"" : ""));
}

static void assert_registered(struct store *store, const char *email, const char *role) {
  ASSERT_ANSWER(200, SQL(store, "{\"status\":200,\"data\":%s,\"message\":\"Succesfully Registered\"}",
                         user_json(store, email, role)));
}

/* ---- registering ---- */

static void who_registers_is_a_user_in_indonesian(struct store *store) {
  served_begin(store, dialects);
  register_as(STR_NONE, "budi@example.com", NULL);
  assert_registered(store, "budi@example.com", "user");
  register_as(STR_NONE, "ani@example.com", "user");
  assert_registered(store, "ani@example.com", "user");
  struct account account;
  assert_ok(account_by_email(&store->ctx, TENANT_OPERATOR, STR("budi@example.com"), &account));
  assert_int_equal(account.role, ROLE_CUSTOMER);
  assert_int_equal(account.language, LANGUAGE_INDONESIAN);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM session"), 0); /* signing in is another call */
  served_end();
}

static void an_address_is_registered_once(struct store *store) {
  served_begin(store, dialects);
  register_as(STR_NONE, "budi@example.com", NULL);
  register_as(STR_NONE, "Budi@Example.com", NULL);
  ASSERT_ANSWER(400,
                "{\"status\":400,\"message\":\"Email is already registered\","
                "\"errors\":{\"email\":\"is already registered\"}}");
  served_end();
}

static void a_weak_password_is_refused(struct store *store) {
  served_begin(store, dialects);
  POST("/auth/register", STR_NONE,
       "{\"username\":\"Budi\",\"email\":\"budi@example.com\",\"password\":\"rahasia123\"}");
  ASSERT_HOLDS(400, "{\"status\":400,\"message\":\"Password must be at least 8 characters");
  served_end();
}

static void the_first_admin_registers_alone_the_next_does_not(struct store *store) {
  served_begin(store, dialects);
  register_as(STR_NONE, "first@example.com", "admin");
  assert_registered(store, "first@example.com", "admin");
  assert_int_equal(role_of_address("first@example.com"), ROLE_CUSTOMER_SERVICE);
  register_as(STR_NONE, "second@example.com", "admin");
  ASSERT_ANSWER(403, NO_ADMIN);
  served_end();
}

static void who_may_write_that_role_registers_admins(struct store *store) {
  served_begin(store, dialects);
  const struct somebody manager = served_somebody(ROLE_MANAGER, "Manager", "manager@example.com");
  const struct somebody service = served_somebody(ROLE_CUSTOMER_SERVICE, "Service", "service@example.com");
  const struct somebody user = served_somebody(ROLE_CUSTOMER, "User", "user@example.com");
  register_as(manager.token, "admin@example.com", "admin");
  assert_registered(store, "admin@example.com", "admin");
  assert_int_equal(role_of_address("admin@example.com"), ROLE_CUSTOMER_SERVICE);
  register_as(service.token, "second@example.com", "admin");
  ASSERT_ANSWER(403, NO_ADMIN);
  register_as(user.token, "second@example.com", "admin");
  ASSERT_ANSWER(403, NO_ADMIN);
  served_end();
}

static void anyone_signed_in_may_register_a_user_too(struct store *store) {
  served_begin(store, dialects);
  const struct somebody user = served_somebody(ROLE_CUSTOMER, "User", "user@example.com");
  register_as(user.token, "budi@example.com", "user");
  assert_registered(store, "budi@example.com", "user");
  served_end();
}

/* ---- signing in and out ---- */

static void log_in(const char *email, const char *password) {
  POST("/auth/login", STR_NONE, SQL(served.store, "{\"email\":\"%s\",\"password\":\"%s\"}", email, password));
}

static void signing_in_tells_the_account_and_its_token_twice(struct store *store) {
  served_begin(store, dialects);
  served_somebody(ROLE_MANAGER, "Budi Santoso", "budi@example.com");
  log_in("Budi@example.com", SERVED_PASSWORD);
  struct str token = answer_cut("\"token\":\"");
  ASSERT_ANSWER(200, SQL(store,
                         "{\"status\":200,\"data\":%s,\"signed\":\"%.*s\",\"token\":\"%.*s\","
                         "\"message\":\"Succesfully Logged In\"}",
                         user_json(store, "budi@example.com", "admin"), STR_ARG(token), STR_ARG(token)));
  struct token_claims claims;
  assert_ok(token_verify(token, &claims));
  assert_int_equal(claims.expires_at_s - claims.issued_at_s, 86400);
  GET("/api/ticket?skip=0&limit=1", token);
  ASSERT_ANSWER(200, "{\"total\":0,\"data\":[]}");
  served_end();
}

static void a_wrong_address_and_a_wrong_password_are_told_alike(struct store *store) {
  served_begin(store, dialects);
  served_somebody(ROLE_CUSTOMER, "Budi Santoso", "budi@example.com");
#define INVALID_LOGIN "{\"status\":400,\"error\":1,\"message\":\"Email or password is invalid\"}"
  log_in("budi@example.com", "Password124");
  ASSERT_ANSWER(400, INVALID_LOGIN);
  log_in("ani@example.com", SERVED_PASSWORD);
  ASSERT_ANSWER(400, INVALID_LOGIN);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM session"), 1); /* the one it began with */
  served_end();
}

static void signing_out_ends_the_session_and_no_other(struct store *store) {
  served_begin(store, dialects);
  struct somebody user = served_somebody(ROLE_CUSTOMER, "User", "user@example.com");
  struct somebody elsewhere = user;
  assert_ok(db_write(&store->ctx, served_sign_in, &elsewhere));
  POST("/auth/logout", user.token, NULL);
  ASSERT_ANSWER(200, "{\"status\":200,\"message\":\"Succesfully Logged Out\"}");
  POST("/auth/logout", user.token, NULL);
  ASSERT_ANSWER(401, UNAUTHORIZED);
  POST("/auth/logout", STR_NONE, NULL);
  ASSERT_ANSWER(401, UNAUTHORIZED);
  POST("/auth/logout", elsewhere.token, NULL);
  assert_int_equal(served.exchange.status, 200);
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(who_registers_is_a_user_in_indonesian),
      STORE_TEST(an_address_is_registered_once),
      STORE_TEST(a_weak_password_is_refused),
      STORE_TEST(the_first_admin_registers_alone_the_next_does_not),
      STORE_TEST(who_may_write_that_role_registers_admins),
      STORE_TEST(anyone_signed_in_may_register_a_user_too),
      STORE_TEST(signing_in_tells_the_account_and_its_token_twice),
      STORE_TEST(a_wrong_address_and_a_wrong_password_are_told_alike),
      STORE_TEST(signing_out_ends_the_session_and_no_other),
  };
  return STORE_RUN(tests);
}
