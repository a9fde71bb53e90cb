#include "served.h"

#include "api/tenant/internal.h"
#include "people.h"

/* Signing in, and the tenant of a domain, through the whole row. */

static const struct dialect *const dialects[] = {&tenant_dialect};

static void signing_in_tells_who_and_two_tokens(struct store *store) {
  served_begin(store, dialects);
  served_somebody(ROLE_MANAGER, "Budi", "budi@example.com");
  POST("/api/auth/login", STR_NONE, "{\"email\":\"budi@example.com\",\"password\":\"" SERVED_PASSWORD "\"}");
  ASSERT_HOLDS(200, "\"nama\":\"Budi\",\"role\":\"manager\",\"jenis_tenant\":\"vendor\",");
  struct token_claims access, next;
  assert_ok(token_verify(answer_cut("\"access_token\":\""), &access));
  assert_ok(token_verify(answer_cut("\"refresh_token\":\""), &next));
  assert_int_equal(access.expires_at_s - access.issued_at_s, 900);
  assert_int_equal(next.expires_at_s - next.issued_at_s, 7 * 86400);
  ASSERT_HOLDS(200, SQL(store, "\"expires_at\":%" PRId64 "}", access.expires_at_s));
  served_end();
}

static void nobody_learns_whether_an_address_is_known(struct store *store) {
  served_begin(store, dialects);
  served_somebody(ROLE_MANAGER, "Budi", "budi@example.com");
  static const char *const bodies[] = {"{\"email\":\"budi@example.com\",\"password\":\"Password124\"}",
                                       "{\"email\":\"nobody@example.com\",\"password\":\"Password123\"}"};
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    POST("/api/auth/login", STR_NONE, bodies[i]);
    ASSERT_HOLDS(401, "{\"success\":false,\"message\":\"invalid credentials\",\"data\":null,");
  }
  served_end();
}

static void the_tenant_of_a_domain_is_public(struct store *store) {
  served_begin(store, dialects);
  store_sql(store, "UPDATE tenant SET domain = 'desk.example' WHERE id = 1");
  GET("/api/tenant/by-domain?domain=Desk.Example", STR_NONE);
  ASSERT_HOLDS(200, "{\"tenant_id\":1,\"nama\":\"Operator\",\"type\":\"vendor\",\"is_active\":true}");
  GET("/api/tenant/by-domain?domain=other.example", STR_NONE);
  ASSERT_HOLDS(404, "\"message\":\"tenant not found\"");
  GET("/api/tenant/by-domain", STR_NONE);
  ASSERT_HOLDS(400, "\"errors\":{\"domain\":[\"is required\"]}");
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(signing_in_tells_who_and_two_tokens),
      STORE_TEST(nobody_learns_whether_an_address_is_known),
      STORE_TEST(the_tenant_of_a_domain_is_public),
  };
  return STORE_RUN(tests);
}
