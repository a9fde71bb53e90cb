#include "served.h"

#include <inttypes.h>

#include "api/hcall/internal.h"
#include "people.h"

/* Masters, signing in and the people of the desk, as the document words each outcome. */

static const struct dialect *const dialects[] = {&hcall_dialect};

#define NOT_AUTHORIZED "{\"message\":\"User role not authorized for this endpoint\",\"status\":false}"
#define NO_USERS "{\"message\":\"No users found with specified role\",\"status\":false}"
#define NOT_REGISTERED "{\"message\":\"Email aren't registered\",\"status\":false}"
#define NO_MASTER "{\"message\":\"Master user not found\",\"status\":false}"

/* Somebody with the same credentials, faster by a moment. */
static bool rival;
enum status __real_session_prove(struct ctx *ctx, const struct sign_in *sign_in, struct account *out);
enum status __wrap_session_prove(struct ctx *ctx, const struct sign_in *sign_in, struct account *out);
enum status __wrap_session_prove(struct ctx *ctx, const struct sign_in *sign_in, struct account *out) {
  TRY(__real_session_prove(ctx, sign_in, out));
  return rival ? account_delete_self(ctx, out) : STATUS_OK;
}

static void begin(struct store *store) {
  rival = false;
  served_begin(store, dialects);
}

/* A welcome: the words, a token that lives for a day, and nothing else. Gives the token. */
static struct str welcome(const char *message) {
  struct ctx *ctx = &served.store->ctx;
  struct str token = answer_cut("\"jwt_token\":\"");
  ASSERT_ANSWER(200, SQL(served.store, "{\"message\":\"%s\",\"jwt_token\":\"%.*s\",\"status\":true}", message,
                         STR_ARG(token)));
  struct token_claims claims;
  struct who who;
  assert_ok(token_verify(token, &claims));
  assert_int_equal(claims.expires_at_s - claims.issued_at_s, 86400);
  ctx->now_us = time_now_us();
  assert_ok(session_resume(ctx, token, &who));
  return token;
}

/* ---- masters ---- */

static void the_first_master_is_made_and_signed_in(struct store *store) {
  begin(store);
  POST("/api/master/create", STR_NONE,
       "{\"master_email\":\"Chief.Master@example.com\",\"master_password\":\"StrongPassword123\"}");
  welcome("Master user has been created");
  struct account account;
  assert_ok(account_by_email(&store->ctx, TENANT_OPERATOR, STR("chief.master@example.com"), &account));
  assert_int_equal(account.role, ROLE_SUPER_ADMIN);
  assert_str(account.name, "Chief.Master"); /* the document asks for none */
  POST("/api/master/create", STR_NONE,
       "{\"master_email\":\"other@example.com\",\"master_password\":\"StrongPassword123\"}");
  ASSERT_ANSWER(403, "{\"message\":\"Master user already exists\",\"status\":false}");
  served_end();
}

static void a_weak_master_is_refused(struct store *store) {
  begin(store);
  POST("/api/master/create", STR_NONE,
       "{\"master_email\":\"master@example.com\",\"master_password\":\"onlylowercase1\"}");
  ASSERT_HOLDS(400, "\"message\":\"Password is invalid\"");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account"), 0);
  served_end();
}

static void a_master_goes_by_its_own_credentials_alone(struct store *store) {
  begin(store);
  const struct somebody master = served_somebody(ROLE_SUPER_ADMIN, "Master", "master@example.com");
  served_somebody(ROLE_MANAGER, "Manager", "manager@example.com");
#define MASTER_DELETES(email, password) \
  POST("/api/master/delete", STR_NONE,  \
       "{\"master_email\":\"" email "\",\"master_password\":\"" password "\"}")
  MASTER_DELETES("nobody@example.com", SERVED_PASSWORD);
  ASSERT_ANSWER(404, NO_MASTER);
  MASTER_DELETES("manager@example.com", SERVED_PASSWORD); /* whoever is no master is none here */
  ASSERT_ANSWER(404, NO_MASTER);
  MASTER_DELETES("master@example.com", "Password124");
  ASSERT_ANSWER(403, "{\"message\":\"Invalid master credentials\",\"status\":false}");
  GET("/api/user/fetch", master.token);
  assert_int_equal(served.exchange.status, 200);
  MASTER_DELETES("master@example.com", SERVED_PASSWORD);
  ASSERT_ANSWER(200, "{\"message\":\"Master user has been deleted\",\"status\":true}");
  GET("/api/user/fetch", master.token);
  ASSERT_ANSWER(401, "{\"message\":\"Unauthorized\",\"status\":false}");
  MASTER_DELETES("master@example.com", SERVED_PASSWORD);
  ASSERT_ANSWER(404, NO_MASTER);
  served_end();
}

static void a_master_whom_somebody_else_just_deleted_is_not_found(struct store *store) {
  begin(store);
  served_somebody(ROLE_SUPER_ADMIN, "Master", "master@example.com");
  rival = true;
  MASTER_DELETES("master@example.com", SERVED_PASSWORD);
  ASSERT_ANSWER(404, NO_MASTER);
  served_end();
}

/* ---- signing in ---- */

static void who_registers_is_a_user_and_signed_in(struct store *store) {
  begin(store);
#define JOHN                                                            \
  "{\"user_name\":\"John Doe\",\"user_email\":\"johndoe@example.com\"," \
  "\"user_password\":\"Password123\"}"
  POST("/api/auth/register", STR_NONE, JOHN);
  welcome("User has been registered");
  struct account account;
  assert_ok(account_by_email(&store->ctx, TENANT_OPERATOR, STR("johndoe@example.com"), &account));
  assert_int_equal(account.role, ROLE_CUSTOMER);
  assert_int_equal(account.language, LANGUAGE_ENGLISH);
  assert_str(account.name, "John Doe");
  POST("/api/auth/register", STR_NONE, JOHN);
  ASSERT_ANSWER(400, "{\"message\":\"Email already exists\",\"status\":false}");
  POST("/api/auth/register", STR_NONE,
       "{\"user_name\":\"Jane\",\"user_email\":\"jane@example.com\",\"user_password\":\"password123\"}");
  ASSERT_HOLDS(400, "\"message\":\"Password is invalid\"");
  served_end();
}

static void signing_in_tells_a_token_or_what_is_wrong(struct store *store) {
  begin(store);
  served_somebody(ROLE_CUSTOMER, "John Doe", "johndoe@example.com");
#define ENTER(email, password) \
  POST("/api/auth/enter", STR_NONE, "{\"user_email\":\"" email "\",\"user_password\":\"" password "\"}")
  ENTER("JohnDoe@example.com", SERVED_PASSWORD);
  welcome("User has been loged in");
  ENTER("johndoe@example.com", "Password124");
  ASSERT_ANSWER(400, "{\"message\":\"Password is incorrect\",\"status\":false}");
  ENTER("jane@example.com", SERVED_PASSWORD);
  ASSERT_ANSWER(400, NOT_REGISTERED);
  served_end();
}

/* ---- making and deleting people ---- */

#define CREATE(by, email, role)                                                     \
  POST("/api/user/create", (by).token,                                              \
       "{\"user_name\":\"Jane\",\"user_email\":\"" email "\",\"user_role\":\"" role \
       "\","                                                                        \
       "\"user_password\":\"Password123\"}")
#define CREATED "{\"message\":\"User has been created\",\"status\":true}"

static int role_of_address(const char *email) {
  struct account account;
  assert_ok(account_by_email(&served.store->ctx, TENANT_OPERATOR, str_of(email), &account));
  return account.role;
}

static void a_master_creates_users_and_admins(struct store *store) {
  begin(store);
  const struct somebody master = served_somebody(ROLE_SUPER_ADMIN, "Master", "master@example.com");
  CREATE(master, "user@example.com", "user");
  ASSERT_ANSWER(200, CREATED);
  assert_int_equal(role_of_address("user@example.com"), ROLE_CUSTOMER);
  CREATE(master, "admin@example.com", "admin");
  ASSERT_ANSWER(200, CREATED);
  assert_int_equal(role_of_address("admin@example.com"), ROLE_MANAGER);
  CREATE(master, "admin@example.com", "user");
  ASSERT_ANSWER(400, "{\"message\":\"Email already exists\",\"status\":false}");
  served_end();
}

static void an_admin_creates_only_users(struct store *store) {
  begin(store);
  const struct somebody admin = served_somebody(ROLE_MANAGER, "Admin", "admin@example.com");
  CREATE(admin, "user@example.com", "user");
  ASSERT_ANSWER(200, CREATED);
  CREATE(admin, "second@example.com", "admin");
  ASSERT_ANSWER(403, NOT_AUTHORIZED);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account WHERE email = 'second@example.com'"), 0);
  served_end();
}

static void users_create_nobody(struct store *store) {
  begin(store);
  const struct somebody user = served_somebody(ROLE_CUSTOMER, "User", "user@example.com");
  CREATE(user, "second@example.com", "user");
  ASSERT_ANSWER(403, NOT_AUTHORIZED);
  served_end();
}

static void people_are_deleted_by_their_address(struct store *store) {
  begin(store);
  const struct somebody admin = served_somebody(ROLE_MANAGER, "Admin", "admin@example.com");
  const struct somebody user = served_somebody(ROLE_CUSTOMER, "User", "user@example.com");
  served_somebody(ROLE_SUPER_ADMIN, "Master", "master@example.com");
#define REMOVE(email) POST("/api/user/delete", admin.token, "{\"user_email\":\"" email "\"}")
  REMOVE("User@example.com");
  ASSERT_ANSWER(200, "{\"message\":\"User has been deleted\",\"status\":true}");
  assert_int_equal(NUMBER(store, "SELECT COUNT(*) FROM account WHERE id = %" PRId64 " AND deleted_at > 0",
                          user.account.id),
                   1);
  REMOVE("user@example.com");
  ASSERT_ANSWER(404, NOT_REGISTERED);
  REMOVE("master@example.com"); /* above the caller */
  ASSERT_ANSWER(403, NOT_AUTHORIZED);
  served_end();
}

/* ---- /user/fetch ---- */

static void one_account_is_told_by_its_address(struct store *store) {
  begin(store);
  const struct somebody master = served_somebody(ROLE_SUPER_ADMIN, "Master", "master@example.com");
  const struct somebody john = served_somebody(ROLE_CUSTOMER, "John Doe", "johndoe@example.com");
  char since[TIME_TEXT_SIZE];
  const char *told = SQL(store,
                         "{\"user_name\":\"John Doe\",\"user_email\":\"johndoe@example.com\","
                         "\"user_password\":\"********\",\"user_created_at\":\"%s\",\"user_role\":\"user\","
                         "\"status\":true}",
                         time_print(john.account.created_at, since));
  GET("/api/user/fetch?email=JohnDoe@example.com", master.token);
  ASSERT_ANSWER(200, told);
  GET("/api/user/fetch?email=johndoe@example.com&role=user", master.token);
  ASSERT_ANSWER(200, told);
  GET("/api/user/fetch?email=johndoe@example.com&role=admin", master.token);
  ASSERT_ANSWER(404, NO_USERS);
  GET("/api/user/fetch?email=jane@example.com", master.token);
  ASSERT_ANSWER(404, NOT_REGISTERED);
  served_end();
}

static void lists_are_told_by_role(struct store *store) {
  begin(store);
#define ITEM(name, email, role) \
  "{\"user_name\":\"" name "\",\"user_email\":\"" email "\",\"user_role\":\"" role "\"}"
#define MASTER ITEM("Master", "master@example.com", "master")
#define TECHNICIAN ITEM("Technician", "technician@example.com", "admin")
#define MANAGER ITEM("Manager", "manager@example.com", "admin")
#define USERS(items) "{\"users\":[" items "],\"status\":true}"
  const struct somebody master = served_somebody(ROLE_SUPER_ADMIN, "Master", "master@example.com");
  served_somebody(ROLE_TECHNICIAN, "Technician", "technician@example.com");
  served_somebody(ROLE_MANAGER, "Manager", "manager@example.com");
  GET("/api/user/fetch", master.token);
  ASSERT_ANSWER(200, USERS(MASTER "," TECHNICIAN "," MANAGER));
  GET("/api/user/fetch?role=master", master.token);
  ASSERT_ANSWER(200, USERS(MASTER));
  GET("/api/user/fetch?role=admin", master.token); /* every role of the staff */
  ASSERT_ANSWER(200, USERS(TECHNICIAN "," MANAGER));
  GET("/api/user/fetch?role=user", master.token);
  ASSERT_ANSWER(404, NO_USERS);
  GET("/api/user/fetch?role=chief", master.token); /* a role that does not exist has no users */
  ASSERT_ANSWER(404, NO_USERS);
  GET("/api/user/fetch?role=&email=", master.token); /* empty is not said */
  ASSERT_HOLDS(200, MASTER);
  served_end();
}

static void the_next_page_begins_after_an_account(struct store *store) {
  begin(store);
  const struct somebody master = served_somebody(ROLE_SUPER_ADMIN, "Master", "master@example.com");
  served_somebody(ROLE_TECHNICIAN, "Technician", "technician@example.com");
  char uuid[UUID_TEXT_SIZE];
  GET(SQL(store, "/api/user/fetch?after=%s", uuid_print(master.account.uuid, uuid)), master.token);
  ASSERT_ANSWER(200, USERS(TECHNICIAN));
  GET("/api/user/fetch?after=second", master.token);
  ASSERT_ANSWER(400,
                "{\"message\":\"Invalid data\",\"reason\":\"after is not the id of a page.\","
                "\"status\":false}");
  GET("/api/user/fetch?after=123e4567-e89b-12d3-a456-426614174000", master.token);
  ASSERT_ANSWER(404, NOT_REGISTERED);
  served_end();
}

/* Customers with names and addresses of the numbers first … last. */
static void many_people(struct store *store, int first, int last) {
  const char *uuid = store->pgsql ? "CAST(uuid_send(gen_random_uuid()) AS BYTEA)" : "randomblob(16)";
  store_sql(store, SQL(store,
                       "INSERT INTO account (tenant_id, uuid, name, name_folded, email, email_folded, role, "
                       "is_active, must_change_password, language, created_at, updated_at) "
                       "WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                       "SELECT 1, %s, 'p' || i, 'p' || i, 'p' || i || '@example.com', "
                       "'p' || i || '@example.com', 1, TRUE, FALSE, 1, 1, 1 FROM n",
                       first, last, uuid));
}

static void a_long_list_is_told_in_the_pool(struct store *store) {
  begin(store);
  const struct somebody master = served_somebody(ROLE_SUPER_ADMIN, "Master", "master@example.com");
  many_people(store, 1, HCALL_LIST_INLINE_MAX - 1); /* with the master as many as fit */
  GET("/api/user/fetch", master.token);
  assert_int_equal(served.pooled, 0);
  assert_int_equal(answer_count("\"user_name\""), HCALL_LIST_INLINE_MAX);
  many_people(store, HCALL_LIST_INLINE_MAX, HCALL_LIST_INLINE_MAX);
  GET("/api/user/fetch", master.token);
  assert_int_equal(served.exchange.status, 200);
  assert_int_equal(served.pooled, 1);
  assert_int_equal(answer_count("\"user_name\""), HCALL_LIST_INLINE_MAX + 1);
  assert_int_equal(exchange_lines(&served.exchange, "Link: "), 0);
  served_end();
}

/* Follows the Link of a list that was cut, whose last account is p<last>; gives the path of the next page. */
static const char *next_page(struct store *store, const char *query, int last) {
  struct account account;
  char uuid[UUID_TEXT_SIZE];
  struct str email = str_format(store->ctx.arena, "p%d@example.com", last);
  assert_ok(account_by_email(&store->ctx, TENANT_OPERATOR, email, &account));
  const char *path = SQL(store, "/api/user/fetch?%safter=%s", query, uuid_print(account.uuid, uuid));
  assert_int_equal(exchange_lines(&served.exchange, SQL(store, "Link: <%s>; rel=\"next\"\r\n", path)), 1);
  return path;
}

static void a_list_over_the_limit_is_cut_and_names_its_next_page(struct store *store) {
  begin(store);
  const struct somebody master = served_somebody(ROLE_SUPER_ADMIN, "Master", "master@example.com");
  many_people(store, 1, HCALL_LIST_MAX);
  GET("/api/user/fetch?role=user", master.token); /* as many as fit */
  assert_int_equal(answer_count("\"user_name\""), HCALL_LIST_MAX);
  assert_int_equal(exchange_lines(&served.exchange, "Link: "), 0);
  many_people(store, HCALL_LIST_MAX + 1, HCALL_LIST_MAX + 1);
  GET("/api/user/fetch", master.token);
  assert_int_equal(answer_count("\"user_name\""), HCALL_LIST_MAX);
  GET(next_page(store, "", HCALL_LIST_MAX - 1), master.token);
  assert_int_equal(answer_count("\"user_name\""), 2);
  GET("/api/user/fetch?role=user", master.token);
  assert_int_equal(answer_count("\"user_name\""), HCALL_LIST_MAX);
  GET(next_page(store, "role=user&", HCALL_LIST_MAX), master.token);
  ASSERT_ANSWER(200, USERS(ITEM("p10001", "p10001@example.com", "user")));
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(the_first_master_is_made_and_signed_in),
      STORE_TEST(a_weak_master_is_refused),
      STORE_TEST(a_master_goes_by_its_own_credentials_alone),
      STORE_TEST(a_master_whom_somebody_else_just_deleted_is_not_found),
      STORE_TEST(who_registers_is_a_user_and_signed_in),
      STORE_TEST(signing_in_tells_a_token_or_what_is_wrong),
      STORE_TEST(a_master_creates_users_and_admins),
      STORE_TEST(an_admin_creates_only_users),
      STORE_TEST(users_create_nobody),
      STORE_TEST(people_are_deleted_by_their_address),
      STORE_TEST(one_account_is_told_by_its_address),
      STORE_TEST(lists_are_told_by_role),
      STORE_TEST(the_next_page_begins_after_an_account),
      STORE_TEST(a_long_list_is_told_in_the_pool),
      STORE_TEST(a_list_over_the_limit_is_cut_and_names_its_next_page),
  };
  return STORE_RUN(tests);
}
