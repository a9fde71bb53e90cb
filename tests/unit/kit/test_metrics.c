#include "exchange.h"

#include "base/time.h"

/* What is counted, and that it reads as Prometheus text. */

static enum status handle(struct call *call) {
  return call_answer(call, 200, NULL, NULL);
}

static const struct route routes[] = {
    {.method = HTTP_GET, .path = "/door/:id", .name = "doorGet", .handler = handle, .permission = MAY_ANYONE},
    {.method = HTTP_POST, .path = "/door", .name = "doorMake", .handler = handle, .permission = MAY_ANYONE},
};
static const struct dialect doors = {
    .name = "doors", .routes = routes, .route_count = 2, .print_problem = print_plain_problem};
static const struct dialect *const dialects[] = {&doors};

static int setup(void **state) {
  const struct kit_config config = {.dialects = dialects, .dialect_count = 1};
  *state = kit_new(&config);
  return 0;
}

static int teardown(void **state) {
  kit_free(*state);
  return 0;
}

/* A request that goes as far as an answer of this status, having taken so long. */
static void answer(struct kit *kit, enum http_method method, const char *target, int status,
                   int64_t took_us) {
  struct http_exchange exchange;
  exchange_begin(&exchange, method, target);
  exchange.received_ns = time_monotonic_ns() - took_us * 1000;
  if (kit_head(kit, &exchange)) {
    exchange.status = status;
  }
  kit_done(kit, &exchange);
  exchange_end(&exchange);
}

static const char *text_of(struct kit *kit, struct buf *out) {
  buf_init(out, 1024 * 1024);
  kit_metrics(kit, out);
  buf_add_char(out, '\0');
  return out->at;
}
#define ASSERT_LINE(kit, line)                            \
  do {                                                    \
    CLEANUP_BUF struct buf out_;                          \
    const char *text_ = text_of((kit), &out_);            \
    if (strstr(text_, "\n" line "\n") == NULL) {          \
      fail_msg("no such line: %s\nin:\n%s", line, text_); \
    }                                                     \
  } while (0)
#define ASSERT_NO_TEXT(kit, part)                       \
  do {                                                  \
    CLEANUP_BUF struct buf out_;                        \
    assert_null(strstr(text_of((kit), &out_), (part))); \
  } while (0)

static void what_never_happened_is_not_listed(void **state) {
  ASSERT_NO_TEXT(*state, "route=");
  ASSERT_LINE(*state, "sigap_http_in_flight 0");
}

static void answers_count_by_route_and_class(void **state) {
  struct kit *kit = *state;
  answer(kit, HTTP_GET, "/door/1", 200, 10);
  answer(kit, HTTP_GET, "/door/2", 204, 10);
  answer(kit, HTTP_GET, "/door/2", 404, 10);
  answer(kit, HTTP_POST, "/door", 507, 10);
  ASSERT_LINE(
      kit,
      "sigap_http_requests_total{dialect=\"doors\",method=\"GET\",route=\"/door/:id\",status=\"2xx\"} 2");
  ASSERT_LINE(
      kit,
      "sigap_http_requests_total{dialect=\"doors\",method=\"GET\",route=\"/door/:id\",status=\"4xx\"} 1");
  ASSERT_LINE(
      kit, "sigap_http_requests_total{dialect=\"doors\",method=\"POST\",route=\"/door\",status=\"5xx\"} 1");
  ASSERT_NO_TEXT(kit, "/door/1"); /* ids would make a label for each ticket */
}

static void unknown_paths_count_together(void **state) {
  struct kit *kit = *state;
  answer(kit, HTTP_GET, "/one", 0, 10);
  answer(kit, HTTP_GET, "/two", 0, 10);
  answer(kit, HTTP_DELETE, "/door", 0, 10);
  ASSERT_LINE(kit, "sigap_http_requests_total{dialect=\"\",method=\"\",route=\"\",status=\"4xx\"} 3");
}

static void durations_fall_into_every_larger_bucket(void **state) {
  struct kit *kit = *state;
  answer(kit, HTTP_GET, "/door/1", 200, 30 * 1000);
  answer(kit, HTTP_GET, "/door/1", 200, 9 * 1000 * 1000);
#define BUCKET \
  "sigap_http_request_duration_seconds_bucket{dialect=\"doors\",method=\"GET\",route=\"/door/:id\",le="
  ASSERT_LINE(kit, BUCKET "\"0.025\"} 0");
  ASSERT_LINE(kit, BUCKET "\"0.5\"} 1");
  ASSERT_LINE(kit, BUCKET "\"5\"} 1");
  ASSERT_LINE(kit, BUCKET "\"+Inf\"} 2");
  ASSERT_LINE(
      kit,
      "sigap_http_request_duration_seconds_count{dialect=\"doors\",method=\"GET\",route=\"/door/:id\"} 2");
  ASSERT_NO_TEXT(kit, "/door\",le="); /* the other route was never asked */
}

static void a_client_that_left_before_its_body_is_not_under_way(void **state) {
  struct kit *kit = *state;
  struct http_exchange exchange;
  exchange_begin(&exchange, HTTP_POST, "/door");
  exchange.head.content_length = 100;
  assert_true(kit_head(kit, &exchange));
  exchange_end(&exchange); /* the server drops it; nobody is told */
  ASSERT_LINE(kit, "sigap_http_in_flight 0");
}

static void refusals_of_the_server_count_too(void **state) {
  struct kit *kit = *state;
  struct http_exchange exchange;
  exchange_begin(&exchange, HTTP_GET, "");
  exchange.status = 431;
  kit_refuse(kit, &exchange);
  kit_done(kit, &exchange);
  exchange_end(&exchange);
  ASSERT_LINE(kit, "sigap_http_requests_total{dialect=\"\",method=\"\",route=\"\",status=\"4xx\"} 1");
  ASSERT_LINE(kit, "sigap_http_in_flight 0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(what_never_happened_is_not_listed),
      TEST(answers_count_by_route_and_class),
      TEST(unknown_paths_count_together),
      TEST(durations_fall_into_every_larger_bucket),
      TEST(a_client_that_left_before_its_body_is_not_under_way),
      TEST(refusals_of_the_server_count_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
