#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/buf.h"
#include "desk/session/session.h"

#define KEY_A "0123456789abcdef0123456789abcdef"
#define KEY_B "another key of thirty-two bytes!"
#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

static struct arena *arena;
static const struct token_claims claims = {
    .session_id = 42,
    .issued_at_s = 1700000000,
    .expires_at_s = 1700086400,
    .account = {{1, 2, 3, 4, 5, 6, 0x70, 8, 0x89, 10, 11, 12, 13, 14, 15, 16}},
};

static void with_keys(const char *first, const char *second) {
  struct session_keys keys = {.keys = {str_of(first), str_of(second)}, .count = second != NULL ? 2 : 1};
  token_setup(&keys);
}

static int fresh(void **state) {
  (void)state;
  arena = arena_new(1 << 20);
  with_keys(KEY_A, NULL);
  return 0;
}

static int done(void **state) {
  (void)state;
  arena_free(arena);
  return 0;
}

static struct str signed_token(void) {
  struct str token;
  assert_int_equal(token_sign(arena, &claims, &token), STATUS_OK);
  return token;
}

static void assert_ours(struct str token) {
  struct token_claims read;
  memset(&read, 0xEE, sizeof(read));
  assert_int_equal(token_verify(token, &read), STATUS_OK);
  assert_int_equal(read.session_id, claims.session_id);
  assert_int_equal(read.issued_at_s, claims.issued_at_s);
  assert_int_equal(read.expires_at_s, claims.expires_at_s);
  assert_true(uuid_equal(read.account, claims.account));
}

static void assert_refused(struct str token, enum status status) {
  struct token_claims read = {.session_id = -7};
  assert_int_equal(token_verify(token, &read), status);
  assert_int_equal(read.session_id, -7);
}

static struct str base64url(const char *text) {
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, 4096);
  base64url_encode(&buf, str_of(text));
  return str_copy(arena, buf_str(&buf));
}

/* A token somebody else makes, with a key of their choice and any header and payload. */
static struct str forged(const char *key, struct str header, const char *payload) {
  struct str body = base64url(payload);
  struct str text = str_format(arena, "%.*s.%.*s", STR_ARG(header), STR_ARG(body));
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned len = 0;
  assert_non_null(
      HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)text.at, text.len, mac, &len));
  CLEANUP_BUF struct buf signature;
  buf_init(&signature, 64);
  base64url_encode(&signature, (struct str){(const char *)mac, len});
  return str_format(arena, "%.*s.%.*s", STR_ARG(text), STR_ARG(buf_str(&signature)));
}

/* The payload of a token of ours, as text. */
static char *payload_of(struct str token) {
  struct str rest = {token.at + strlen(HEADER) + 1, token.len - strlen(HEADER) - 1};
  char *text = arena_alloc(arena, rest.len + 1);
  size_t len = 0;
  assert_int_equal(base64url_decode((struct str){rest.at, str_find(rest, '.')}, text, &len), STATUS_OK);
  text[len] = '\0';
  return text;
}

static void a_token_comes_back_as_it_was_signed(void **state) {
  (void)state;
  struct str token = signed_token();
  assert_true(str_starts(token, HEADER "."));
  assert_ours(token);
  assert_true(str_equal(token, signed_token())); /* the thread's context is whole after use */
  const char *payload = payload_of(token);
  assert_non_null(strstr(payload, "\"sid\":42,\"iat\":1700000000,\"exp\":1700086400}"));
  assert_non_null(strstr(payload, "\"sub\":\"01020304-0506-7008-890a-0b0c0d0e0f10\""));
}

static void it_is_a_jwt_as_others_compute_it(void **state) {
  (void)state;
  struct str token = signed_token();
  assert_true(str_equal(token, forged(KEY_A, STR(HEADER), payload_of(token))));
}

static void the_greatest_numbers_fit(void **state) {
  (void)state;
  struct token_claims great = {INT64_MAX, INT64_MAX, INT64_MAX, claims.account};
  struct token_claims read;
  struct str token;
  assert_int_equal(token_sign(arena, &great, &token), STATUS_OK);
  assert_int_equal(token_verify(token, &read), STATUS_OK);
  assert_int_equal(read.session_id, INT64_MAX);
  assert_int_equal(read.expires_at_s, INT64_MAX);
}

static void another_header_is_refused_before_all(void **state) {
  (void)state;
  const char *payload = payload_of(signed_token());
  static const char *const headers[] = {
      "{\"alg\":\"none\",\"typ\":\"JWT\"}",
      "{\"alg\":\"None\"}",
      "{\"alg\":\"HS384\",\"typ\":\"JWT\"}",
      "{\"alg\":\"RS256\",\"typ\":\"JWT\"}",
      "{\"typ\":\"JWT\",\"alg\":\"HS256\"}",
      "{\"alg\":\"HS256\",\"typ\":\"JWT\" }",
      "{\"alg\":\"HS256\"}",
  };
  for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
    assert_refused(forged(KEY_A, base64url(headers[i]), payload), STATUS_UNAUTHENTICATED);
  }
  assert_refused(forged(KEY_A, STR_NONE, payload), STATUS_INVALID);
  assert_refused(forged(KEY_A, base64url("[]"), payload), STATUS_INVALID);
}

static void what_has_not_the_form_of_a_token_is_garbled(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      ".",
      "..",
      "...",
      "x",
      "Bearer x",
      HEADER,
      HEADER ".",
      HEADER "..",
      HEADER ".a",
      HEADER ".a.",
      HEADER "..a",
      HEADER ".a.b.c",
      HEADER ".a b.c",
      HEADER ".a=.b",
      HEADER ".a+/.b",
      HEADER ".\xC3\xA4.b",
      " " HEADER ".a.b",
  };
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    assert_refused(str_of(texts[i]), STATUS_INVALID);
  }
  assert_refused(STR_NONE, STATUS_INVALID);
  assert_refused(STR(HEADER ".a\0b.c"), STATUS_INVALID);
  char *large = arena_alloc(arena, 10000);
  memset(large, 'A', 10000);
  memcpy(large, HEADER ".", strlen(HEADER) + 1);
  large[5000] = '.';
  assert_refused((struct str){large, 10000}, STATUS_UNAUTHENTICATED); /* somebody else's may be that long */
  large[9999] = '=';
  assert_refused((struct str){large, 10000}, STATUS_INVALID);
}

static void any_changed_byte_is_refused(void **state) {
  (void)state;
  struct str token = signed_token();
  for (size_t i = 0; i < token.len; i++) {
    char *copy = str_c(arena, token);
    copy[i] = copy[i] == 'A' ? 'B' : 'A';
    struct token_claims read;
    enum status status = token_verify((struct str){copy, token.len}, &read);
    assert_true(status == STATUS_INVALID || status == STATUS_UNAUTHENTICATED);
  }
  for (size_t len = 0; len < token.len; len++) {
    struct token_claims read;
    assert_int_not_equal(token_verify((struct str){token.at, len}, &read), STATUS_OK);
  }
  assert_refused(str_format(arena, "%.*sA", STR_ARG(token)), STATUS_UNAUTHENTICATED);
}

static void the_unused_bits_of_the_signature_must_be_zero(void **state) {
  (void)state;
  struct str token = signed_token();
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  char *copy = str_c(arena, token);
  char *last = &copy[token.len - 1];
  *last = digits[(strchr(digits, *last) - digits) | 1];
  assert_refused((struct str){copy, token.len}, STATUS_UNAUTHENTICATED);
}

static void a_strangers_key_is_refused(void **state) {
  (void)state;
  assert_refused(forged(KEY_B, STR(HEADER), payload_of(signed_token())), STATUS_UNAUTHENTICATED);
  assert_refused(forged(KEY_B, STR(HEADER), "{\"sub\":\"1234567890\",\"name\":\"John Doe\"}"),
                 STATUS_UNAUTHENTICATED);
}

static void our_key_around_a_strange_payload_is_refused(void **state) {
  (void)state;
  const char *payload = payload_of(signed_token());
  char id[24];
  assert_true(strlen(payload) > 18);
  memcpy(id, payload, 18); /* {"kid":"01234567", */
  id[18] = '\0';
  static const char *const rests[] = {
      "",
      "}",
      "\"sid\":42,\"iat\":1,\"exp\":2}",
      "\"sub\":\"01020304-0506-7008-890a-0b0c0d0e0f1\",\"sid\":42,\"iat\":1,\"exp\":2}",
      "\"sub\":\"01020304-0506-7008-890a-0b0c0d0e0f10\",\"sid\":-42,\"iat\":1,\"exp\":2}",
      "\"sub\":\"01020304-0506-7008-890a-0b0c0d0e0f10\",\"sid\":042,\"iat\":1,\"exp\":2}",
      "\"sub\":\"01020304-0506-7008-890a-0b0c0d0e0f10\",\"sid\":,\"iat\":1,\"exp\":2}",
      "\"sub\":\"01020304-0506-7008-890a-0b0c0d0e0f10\",\"sid\":99999999999999999999,\"iat\":1,\"exp\":2}",
      "\"sub\":\"01020304-0506-7008-890a-0b0c0d0e0f10\",\"sid\":42,\"iat\":1,\"exp\":2} ",
      "\"sub\":\"01020304-0506-7008-890a-0b0c0d0e0f10\",\"sid\":42,\"iat\":1,\"exp\":2,\"sid\":1}",
      "\"sub\":\"01020304-0506-7008-890a-0b0c0d0e0f10\",\"sid\":42,\"iat\":1}",
  };
  for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
    struct str text = str_format(arena, "%s%s", id, rests[i]);
    assert_refused(forged(KEY_A, STR(HEADER), text.at), STATUS_UNAUTHENTICATED);
  }
  struct str whole = str_format(arena, "%s%s", id,
                                "\"sub\":\"01020304-0506-7008-890a-0b0c0d0e0f10\",\"sid\":42,"
                                "\"iat\":1700000000,\"exp\":1700086400}");
  assert_ours(forged(KEY_A, STR(HEADER), whole.at));
}

static void a_key_that_rotates_out_still_verifies_while_it_is_named(void **state) {
  (void)state;
  struct str old = signed_token();
  with_keys(KEY_B, KEY_A);
  assert_ours(old);
  struct str new = signed_token();
  assert_false(str_equal(old, new));
  assert_ours(new);
  with_keys(KEY_B, NULL);
  assert_ours(new);
  assert_refused(old, STATUS_UNAUTHENTICATED);
}

static void *sign_and_verify(void *arg) {
  struct str expected = *(const struct str *)arg;
  CLEANUP_ARENA struct arena *own = arena_new(8 << 20);
  for (int i = 0; i < 2000; i++) {
    struct str token;
    struct token_claims read;
    if (token_sign(own, &claims, &token) != STATUS_OK || !str_equal(token, expected) ||
        token_verify(token, &read) != STATUS_OK || read.session_id != claims.session_id) {
      return arg; /* anything: it differs */
    }
  }
  return NULL;
}

static void threads_do_not_disturb_each_other(void **state) {
  (void)state;
  struct str expected = signed_token();
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, sign_and_verify, &expected), 0);
  }
  for (int i = 0; i < 4; i++) {
    void *result = NULL;
    assert_int_equal(pthread_join(threads[i], &result), 0);
    assert_null(result);
  }
}

static void a_refresh_token_and_its_number_come_back(void **state) {
  (void)state;
  static const struct {
    bool is_refresh;
    int64_t number;
  } kinds[] = {{false, 0}, {false, 1}, {true, 1}, {true, INT64_MAX}, {true, 0}};
  struct str tokens[5];
  for (size_t i = 0; i < 5; i++) {
    struct token_claims wanted = claims;
    wanted.is_refresh = kinds[i].is_refresh;
    wanted.number = kinds[i].number;
    assert_int_equal(token_sign(arena, &wanted, &tokens[i]), STATUS_OK);
    assert_ours(tokens[i]);
    struct token_claims read;
    assert_int_equal(token_verify(tokens[i], &read), STATUS_OK);
    assert_int_equal(read.is_refresh, kinds[i].is_refresh);
    assert_int_equal(read.number, kinds[i].number);
    for (size_t k = 0; k < i; k++) {
      assert_false(str_equal(tokens[k], tokens[i]));
    }
  }
}

static void a_seal_is_good_for_its_text_alone_and_by_either_key(void **state) {
  (void)state;
  char seal[TOKEN_SEAL_SIZE];
  assert_int_equal(token_seal(STR("socket 1"), seal), STATUS_OK);
  assert_int_equal(strlen(seal), TOKEN_SEAL_SIZE - 1);
  assert_int_equal(token_seal_check(STR("socket 1"), str_of(seal)), STATUS_OK);
  assert_int_equal(token_seal_check(STR("socket 2"), str_of(seal)), STATUS_UNAUTHENTICATED);
  assert_int_equal(token_seal_check(STR("socket 1"), STR("")), STATUS_UNAUTHENTICATED);
  seal[0] = seal[0] == 'A' ? 'B' : 'A';
  assert_int_equal(token_seal_check(STR("socket 1"), str_of(seal)), STATUS_UNAUTHENTICATED);
  seal[0] = '!';
  assert_int_equal(token_seal_check(STR("socket 1"), str_of(seal)), STATUS_UNAUTHENTICATED);
  assert_int_equal(token_seal(STR("socket 1"), seal), STATUS_OK);
  with_keys(KEY_B, KEY_A); /* rotation */
  assert_int_equal(token_seal_check(STR("socket 1"), str_of(seal)), STATUS_OK);
  with_keys(KEY_B, NULL);
  assert_int_equal(token_seal_check(STR("socket 1"), str_of(seal)), STATUS_UNAUTHENTICATED);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, done)
  const struct CMUnitTest tests[] = {
      TEST(a_token_comes_back_as_it_was_signed),
      TEST(it_is_a_jwt_as_others_compute_it),
      TEST(the_greatest_numbers_fit),
      TEST(another_header_is_refused_before_all),
      TEST(what_has_not_the_form_of_a_token_is_garbled),
      TEST(any_changed_byte_is_refused),
      TEST(the_unused_bits_of_the_signature_must_be_zero),
      TEST(a_strangers_key_is_refused),
      TEST(our_key_around_a_strange_payload_is_refused),
      TEST(a_key_that_rotates_out_still_verifies_while_it_is_named),
      TEST(a_refresh_token_and_its_number_come_back),
      TEST(a_seal_is_good_for_its_text_alone_and_by_either_key),
      TEST(threads_do_not_disturb_each_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
