#include "receiver.h"

#include <curl/curl.h>
#include <sys/eventfd.h>

#include "base/log.h"
#include "base/time.h"
#include "post/hook_http.h"

/* One try after the other and many at once, at a receiver inside the test, without a store. */

static struct receiver receiver;
static struct hook_http *http;
static struct arena *arena;
static int bell;

static struct told {
  size_t count;
  struct webhook_outcome outcomes[2 * HOOK_HTTP_SLOTS]; /* reasons in the arena */
} told;

static void done(void *arg, const struct webhook_outcome *outcome) {
  assert_ptr_equal(arg, &told);
  told.outcomes[told.count] = *outcome;
  told.outcomes[told.count++].reason = str_copy(arena, outcome->reason);
}

/* ---- libcurl's limit of time, which is the test's own ---- */

static long limit_ms;     /* as it was asked for */
static long cut_limit_ms; /* 0: as it was asked for */

CURLcode __real_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...) {
  va_list rest;
  CURLcode code;
  va_start(rest, option);
  if ((int)option >= CURLOPTTYPE_OFF_T) {
    code = __real_curl_easy_setopt(easy, option, va_arg(rest, curl_off_t));
  } else if ((int)option >= CURLOPTTYPE_OBJECTPOINT) {
    code = __real_curl_easy_setopt(easy, option, va_arg(rest, void *));
  } else {
    long value = va_arg(rest, long);
    bool cut = option == CURLOPT_TIMEOUT_MS && cut_limit_ms > 0;
    limit_ms = option == CURLOPT_TIMEOUT_MS ? value : limit_ms;
    code = __real_curl_easy_setopt(easy, option, cut ? cut_limit_ms : value);
  }
  va_end(rest);
  return code;
}

/* ---- a test's world ---- */

static int set_up(void **state) {
  (void)state;
  log_setup(LOG_ERROR, LOG_TEXT);
  webhook_setup(true);
  told = (struct told){0};
  cut_limit_ms = 0;
  arena = arena_new(1 << 20);
  bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  receiver_init(&receiver);
  http = hook_http_new(done, &told);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  hook_http_free(http);
  receiver_end(&receiver);
  close(bell);
  arena_free(arena);
  unsetenv("http_proxy");
  webhook_setup(false);
  return 0;
}

static struct webhook_sending sending_to(const char *url) {
  struct webhook_sending sending = {
      .webhook_id = 7,
      .delivery = {.id = 8, .tries = 3, .body = STR("{\"type\":\"webhook.test\"}")},
      .url = str_of(url),
      .secret = STR("0123456789abcdef0123456789abcdef"),
  };
  memset(sending.delivery.uuid.bytes, 0x5a, sizeof sending.delivery.uuid.bytes);
  return sending;
}

static void await(size_t count) {
  const int64_t deadline_ns = time_monotonic_ns() + INT64_C(60) * 1000000000;
  while (told.count < count) {
    assert_true(time_monotonic_ns() < deadline_ns);
    hook_http_run(http, bell, 100);
  }
  assert_int_equal(told.count, count);
}

/* One try, to its end. */
static const struct webhook_outcome *tried(const char *url) {
  const struct webhook_sending sending = sending_to(url);
  size_t before = told.count;
  hook_http_send(http, &sending);
  await(before + 1);
  assert_int_equal(hook_http_room(http), HOOK_HTTP_SLOTS);
  return &told.outcomes[before];
}

#define ASSERT_OUTCOME(outcome, how_, http_, reason_)             \
  do {                                                            \
    const struct webhook_outcome *ended = (outcome);              \
    if (!str_is(ended->reason, (reason_))) {                      \
      fail_msg("%.*s", (int)ended->reason.len, ended->reason.at); \
    }                                                             \
    assert_int_equal(ended->how, (how_));                         \
    assert_int_equal(ended->http_status, (http_));                \
  } while (0)

static void assert_signed(struct str signature, struct str secret, struct str timestamp) {
  char id[UUID_TEXT_SIZE], expected[WEBHOOK_SIGNATURE_SIZE];
  int64_t timestamp_s = 0;
  const struct webhook_sending sending = sending_to("");
  assert_int_equal(str_int(timestamp, &timestamp_s), STATUS_OK);
  webhook_sign(secret, str_of(uuid_print(sending.delivery.uuid, id)), timestamp_s, sending.delivery.body,
               expected);
  assert_true(str_is(signature, expected));
}

/* ---- what is sent ---- */

static void a_try_is_one_signed_post_of_the_body_as_it_is(void **state) {
  (void)state;
  char url[128], id[UUID_TEXT_SIZE];
  receiver_open(&receiver);
  snprintf(url, sizeof url, "%s/in?a=b", receiver.url);
  const struct webhook_outcome *outcome = tried(url);
  ASSERT_OUTCOME(outcome, WEBHOOK_TAKEN, 204, "");
  assert_int_equal(outcome->webhook_id, 7);
  assert_int_equal(outcome->delivery_id, 8);
  assert_int_equal(outcome->tries, 3);
  assert_in_range(outcome->took_ms, 0, 60000);
  const struct webhook_sending sending = sending_to(url);
  assert_int_equal(receiver.whole, 1);
  assert_true(str_starts(str_of(receiver.requests[0]), "POST /in?a=b HTTP/1.1\r\n"));
  assert_true(str_is(receiver_header(&receiver, 0, "Content-Type"), "application/json"));
  assert_true(str_starts(receiver_header(&receiver, 0, "User-Agent"), "Sigap/"));
  assert_null(strstr(receiver.requests[0], "Expect:"));
  assert_true(str_equal(receiver_body(&receiver, 0), sending.delivery.body));
  assert_true(str_is(receiver_header(&receiver, 0, "webhook-id"), uuid_print(sending.delivery.uuid, id)));
  assert_signed(receiver_header(&receiver, 0, "webhook-signature"), sending.secret,
                receiver_header(&receiver, 0, "webhook-timestamp"));
}

static void both_secrets_sign_during_a_rotation(void **state) {
  (void)state;
  struct webhook_sending sending = sending_to(receiver.url);
  sending.old_secret = STR("fedcba9876543210fedcba9876543210");
  receiver_open(&receiver);
  hook_http_send(http, &sending);
  await(1);
  struct str both = receiver_header(&receiver, 0, "webhook-signature");
  struct str timestamp = receiver_header(&receiver, 0, "webhook-timestamp");
  size_t blank = str_find(both, ' ');
  assert_true(blank < both.len);
  assert_signed((struct str){both.at, blank}, sending.secret, timestamp);
  assert_signed((struct str){both.at + blank + 1, both.len - blank - 1}, sending.old_secret, timestamp);
}

static void the_environments_proxy_is_not_asked(void **state) {
  (void)state;
  assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
  receiver_open(&receiver);
  ASSERT_OUTCOME(tried(receiver.url), WEBHOOK_TAKEN, 204, "");
}

/* ---- how it ends ---- */

static void an_answer_is_judged_by_its_status(void **state) {
  (void)state;
  receiver_open(&receiver);
  atomic_store(&receiver.answer, "200 OK");
  ASSERT_OUTCOME(tried(receiver.url), WEBHOOK_TAKEN, 200, "");
  atomic_store(&receiver.answer, "500 Oops");
  ASSERT_OUTCOME(tried(receiver.url), WEBHOOK_REFUSED, 500, "The receiver answered 500.");
  atomic_store(&receiver.answer, "404 Not Found");
  ASSERT_OUTCOME(tried(receiver.url), WEBHOOK_REFUSED, 404, "The receiver answered 404.");
  atomic_store(&receiver.answer, "410 Gone");
  ASSERT_OUTCOME(tried(receiver.url), WEBHOOK_REFUSED_GONE, 410, "The receiver answered 410.");
}

static void a_redirect_is_told_and_not_followed(void **state) {
  (void)state;
  receiver_open(&receiver);
  atomic_store(&receiver.answer, "308 Permanent Redirect\r\nLocation: /elsewhere");
  ASSERT_OUTCOME(tried(receiver.url), WEBHOOK_REFUSED, 308,
                 "The receiver answered 308; redirects are not followed.");
  assert_int_equal(receiver.whole, 1);
}

static void a_flood_is_not_waited_for_and_its_status_counts(void **state) {
  (void)state;
  receiver_open(&receiver);
  atomic_store(&receiver.flood, 1 << 30);
  atomic_store(&receiver.answer, "200 OK");
  ASSERT_OUTCOME(tried(receiver.url), WEBHOOK_TAKEN, 200, "");
  atomic_store(&receiver.answer, "503 Busy");
  ASSERT_OUTCOME(tried(receiver.url), WEBHOOK_REFUSED, 503, "The receiver answered 503.");
}

static void without_an_answer_the_reason_says_why(void **state) {
  (void)state;
  const struct webhook_outcome *outcome = tried(receiver.url); /* nobody is at home */
  assert_int_equal(outcome->how, WEBHOOK_REFUSED);
  assert_int_equal(outcome->http_status, 0);
  assert_true(str_starts(outcome->reason, "There was no answer: "));
  receiver_open(&receiver);
  atomic_store(&receiver.answer, NULL);
  outcome = tried(receiver.url);
  assert_int_equal(outcome->how, WEBHOOK_REFUSED);
  assert_int_equal(outcome->http_status, 0);
  assert_true(str_starts(outcome->reason, "There was no answer: "));
}

static void nobody_is_waited_for_beyond_the_limit(void **state) {
  (void)state;
  cut_limit_ms = 50;
  receiver_open(&receiver);
  atomic_store(&receiver.silent, true);
  ASSERT_OUTCOME(tried(receiver.url), WEBHOOK_REFUSED, 0, "There was no answer within 15 seconds.");
  assert_int_equal(limit_ms, HOOK_HTTP_TIMEOUT_S * 1000);
}

static void an_address_that_is_not_public_is_not_connected_to(void **state) {
  (void)state;
  char url[128];
  webhook_setup(false);
  receiver_open(&receiver);
  snprintf(url, sizeof url, "http://localhost%s/", strrchr(receiver.url, ':')); /* the name does not say so */
  ASSERT_OUTCOME(tried(url), WEBHOOK_REFUSED, 0, "The receiver's address is not public.");
  ASSERT_OUTCOME(tried(receiver.url), WEBHOOK_REFUSED, 0, "The receiver's address is not public.");
  assert_int_equal(receiver.whole, 0);
}

static void an_address_that_can_not_be_used_is_told_at_once(void **state) {
  (void)state;
  char url[WEBHOOK_URL_MAX + 2];
  memset(url, 'a', sizeof url);
  memcpy(url, "http://", 7);
  url[sizeof url - 1] = '\0';
  const struct webhook_sending sending = sending_to(url);
  hook_http_send(http, &sending);
  assert_int_equal(told.count, 1);
  ASSERT_OUTCOME(&told.outcomes[0], WEBHOOK_REFUSED, 0, "The address can't be used.");
  assert_int_equal(hook_http_room(http), HOOK_HTTP_SLOTS);
  assert_int_equal(tried("file:///etc/passwd")->how, WEBHOOK_REFUSED);
}

/* ---- many at once ---- */

static void as_many_as_there_are_slots_are_under_way_at_once(void **state) {
  (void)state;
  receiver_open(&receiver);
  atomic_store(&receiver.silent, true);
  const struct webhook_sending sending = sending_to(receiver.url);
  for (unsigned i = 0; i < HOOK_HTTP_SLOTS; i++) {
    assert_int_equal(hook_http_room(http), HOOK_HTTP_SLOTS - i);
    hook_http_send(http, &sending);
  }
  assert_int_equal(hook_http_room(http), 0);
  const int64_t deadline_ns = time_monotonic_ns() + INT64_C(60) * 1000000000;
  while (atomic_load(&receiver.whole) < HOOK_HTTP_SLOTS) {
    assert_true(time_monotonic_ns() < deadline_ns);
    hook_http_run(http, bell, 10);
  }
  assert_int_equal(told.count, 0);
  atomic_store(&receiver.silent, false);
  await(HOOK_HTTP_SLOTS);
  for (size_t i = 0; i < told.count; i++) {
    ASSERT_OUTCOME(&told.outcomes[i], WEBHOOK_TAKEN, 204, "");
  }
  assert_int_equal(hook_http_room(http), HOOK_HTTP_SLOTS);
}

static void waiting_ends_when_the_bell_is_rung(void **state) {
  (void)state;
  uint64_t one = 1;
  assert_int_equal(write(bell, &one, sizeof one), sizeof one);
  const int64_t before_ns = time_monotonic_ns();
  hook_http_run(http, bell, 60000);
  assert_true(time_monotonic_ns() - before_ns < INT64_C(30) * 1000000000);
}

static void what_is_under_way_at_the_end_is_put_off(void **state) {
  (void)state;
  const struct webhook_sending sending = sending_to(receiver.url);
  receiver_open(&receiver);
  atomic_store(&receiver.silent, true);
  hook_http_send(http, &sending);
  hook_http_send(http, &sending);
  hook_http_run(http, bell, 1);
  hook_http_free(http);
  http = NULL;
  assert_int_equal(told.count, 2);
  ASSERT_OUTCOME(&told.outcomes[0], WEBHOOK_PUT_OFF, 0, "");
  ASSERT_OUTCOME(&told.outcomes[1], WEBHOOK_PUT_OFF, 0, "");
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(a_try_is_one_signed_post_of_the_body_as_it_is),
      TEST(both_secrets_sign_during_a_rotation),
      TEST(the_environments_proxy_is_not_asked),
      TEST(an_answer_is_judged_by_its_status),
      TEST(a_redirect_is_told_and_not_followed),
      TEST(a_flood_is_not_waited_for_and_its_status_counts),
      TEST(without_an_answer_the_reason_says_why),
      TEST(nobody_is_waited_for_beyond_the_limit),
      TEST(an_address_that_is_not_public_is_not_connected_to),
      TEST(an_address_that_can_not_be_used_is_told_at_once),
      TEST(as_many_as_there_are_slots_are_under_way_at_once),
      TEST(waiting_ends_when_the_bell_is_rung),
      TEST(what_is_under_way_at_the_end_is_put_off),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
