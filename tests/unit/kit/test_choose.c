#include "notes.h"

/* The tenant that a call is about: the caller's own, the one that Host names, or the one that X-Tenant-ID
 * selects. */

static struct somebody staff, customer;
static int64_t other, closed;

static int64_t tenant_named(struct store *store, const char *domain) {
  const struct tenant_new new_tenant = {.name = STR("Other"), .domain = str_of(domain)};
  int64_t id = 0;
  assert_ok(tenant_add(&store->ctx, &new_tenant, &id));
  return id;
}

static void begin(struct store *store) {
  notes_begin(store);
  staff = served_somebody(ROLE_MANAGER, "Ani", "ani@example.com");
  customer = served_somebody(ROLE_CUSTOMER, "Budi", "budi@example.com");
  other = tenant_named(store, "other.example");
  closed = tenant_named(store, "closed.example");
  assert_ok(tenant_disable(&store->ctx, closed));
}

/* header: NULL without one. */
static void ask(const char *header, struct str token) {
  if (header != NULL) {
    with("X-Tenant-ID", header);
  }
  GET("/tenant", token);
}

/* The tenant of the call, and the one in which its caller acts (0: nobody called). */
static void assert_acts(int64_t tenant_id, int64_t caller) {
  ASSERT_HOLDS(200, SQL(served.store, "\"read_at\":%" PRId64 "}", tenant_id * 100 + caller));
}

static const char *number(int64_t id) {
  return SQL(served.store, "%" PRId64, id);
}

static void without_the_header_it_is_the_callers_own(struct store *store) {
  begin(store);
  ask(NULL, customer.token);
  assert_acts(1, 1);
  ask("", staff.token);
  assert_acts(1, 1);
  ask("  ", customer.token);
  assert_acts(1, 1);
  served_end();
}

static void without_a_token_it_is_the_one_that_host_names(struct store *store) {
  begin(store);
  ask(NULL, STR_NONE);
  assert_acts(1, 0);
  served.host = "other.example";
  ask(NULL, STR_NONE);
  assert_acts(other, 0);
  served.host = "closed.example";
  ask(NULL, STR_NONE);
  ASSERT_HOLDS(403, "This tenant is not active.");
  served.host = "other.example";
  ask(NULL, customer.token); /* who calls is known: the name says nothing */
  assert_acts(1, 1);
  served_end();
}

static void without_a_token_the_header_selects_where_to_sign_in(struct store *store) {
  begin(store);
  ask(number(other), STR_NONE);
  assert_acts(other, other);
  ask(number(closed), STR_NONE);
  ASSERT_HOLDS(403, "This tenant is not active.");
  ask("4711", STR_NONE);
  ASSERT_HOLDS(403, "This tenant is not active.");
  served_end();
}

static void the_operators_staff_act_in_any_active_tenant(struct store *store) {
  begin(store);
  ask(number(other), staff.token);
  assert_acts(other, other);
  ask(" 1 ", staff.token);
  assert_acts(1, 1);
  ask(number(closed), staff.token);
  ASSERT_HOLDS(403, "This tenant is not active.");
  ask("4711", staff.token);
  ASSERT_HOLDS(403, "This tenant is not active.");
  served_end();
}

static void anybody_else_acts_in_their_own_and_hears_of_no_other(struct store *store) {
  begin(store);
  ask("1", customer.token);
  assert_acts(1, 1);
  ask(number(other), customer.token);
  ASSERT_HOLDS(403, "You may not act in this tenant.");
  const char *foreign = SQL(store, "%s", answer_text());
  ask("4711", customer.token);
  ASSERT_ANSWER(403, foreign);
  ask(number(closed), customer.token);
  ASSERT_ANSWER(403, foreign);
  served_end();
}

static void what_is_no_number_is_a_fault_of_the_header(struct store *store) {
  begin(store);
  static const char *const wrong[] = {"x", "1.5", "1 2", "99999999999999999999"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ask(wrong[i], staff.token);
    ASSERT_HOLDS(400, "\"faults\":1");
  }
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(without_the_header_it_is_the_callers_own),
      STORE_TEST(without_a_token_it_is_the_one_that_host_names),
      STORE_TEST(without_a_token_the_header_selects_where_to_sign_in),
      STORE_TEST(the_operators_staff_act_in_any_active_tenant),
      STORE_TEST(anybody_else_acts_in_their_own_and_hears_of_no_other),
      STORE_TEST(what_is_no_number_is_a_fault_of_the_header),
  };
  return STORE_RUN(tests);
}
