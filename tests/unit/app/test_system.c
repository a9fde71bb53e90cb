#include "served.h"

#include <unistd.h>

#include "app/dialects.h"
#include "app/system.h"

/* What the server says of itself, from a view that the test fills: kit and lanes are real, the figures of the
 * server and of the mails are the test's own, each another number. See meson.build for the link. */

static const struct dialect *const dialects[] = {&system_dialect};
static struct system_view view;
static struct lanes *lanes;

static bool healthy;
bool __wrap_lanes_healthy(const struct lanes *asked);
bool __wrap_lanes_healthy(const struct lanes *asked) {
  assert_ptr_equal(asked, lanes);
  return healthy;
}

void __wrap_http_server_stats(const struct http_server *server, struct http_stats *out);
void __wrap_http_server_stats(const struct http_server *server, struct http_stats *out) {
  assert_ptr_equal(server, view.server);
  *out = (struct http_stats){.accepted = 11,
                             .requests = 12,
                             .refused = 13,
                             .timeouts = 14,
                             .bytes_in = 15,
                             .bytes_out = 16,
                             .open = 17};
}

void __wrap_post_stats(struct post *post, struct post_stats *out);
void __wrap_post_stats(struct post *post, struct post_stats *out) {
  assert_ptr_equal(post, view.post);
  *out = (struct post_stats){.sent = 21, .retried = 22, .failed = 23};
}

void __wrap_hook_stats(struct hook *hook, struct hook_stats *out);
void __wrap_hook_stats(struct hook *hook, struct hook_stats *out) {
  assert_ptr_equal(hook, view.hook);
  *out = (struct hook_stats){.delivered = 24, .retried = 25, .failed = 26, .disabled = 27};
}

uint32_t __wrap_live_sockets(const struct live *live);
uint32_t __wrap_live_sockets(const struct live *live) {
  assert_ptr_equal(live, view.live);
  return 41;
}

bool __wrap_live_hears(const struct live *live);
bool __wrap_live_hears(const struct live *live) {
  assert_ptr_equal(live, view.live);
  return true;
}

static void begin(struct store *store) {
  served_begin(store, dialects);
  char why[256] = "";
  const struct lanes_config config = {.database = &store->config,
                                      .pgsql = store->pgsql,
                                      .loops = 1,
                                      .hash_threads = 1,
                                      .pool_threads = 1,
                                      .pgsql_threads = 1};
  assert_ok(lanes_new(&config, &lanes, why));
  healthy = true;
  memset(&view, 0, sizeof view);
  static char stand_ins[4]; /* nobody looks into them: the figures come from above */
  view.server = (const struct http_server *)&stand_ins[0];
  view.post = (struct post *)&stand_ins[1];
  view.live = (const struct live *)&stand_ins[2];
  view.hook = (struct hook *)&stand_ins[3];
  view.kit = served.kit;
  view.lanes = lanes;
  view.dialects = documented_dialects;
  view.started_at = INT64_C(1770091506) * TIME_SECOND_US;
  atomic_store(&view.ready, true);
  atomic_store(&view.mails_waiting, 31);
  atomic_store(&view.mails_failed, 32);
  atomic_store(&view.sla_warnings, 33);
  atomic_store(&view.sla_response_breaches, 34);
  atomic_store(&view.sla_resolution_breaches, 35);
  system_setup(&view);
}

static void end(void) {
  lanes_free(lanes);
  lanes = NULL;
  served_end();
}

#define PLAIN "Content-Type: text/plain; charset=utf-8"
#define JSON "Content-Type: application/json; charset=utf-8"
#define NOT_READY                                                                                  \
  "{\"error\":{\"code\":\"not_ready\",\"message\":\"The database can't keep what it is given, or " \
  "the server is stopping.\"}}"
#define NO_PATH "{\"error\":{\"code\":\"no_such_path\",\"message\":\"Nothing is served at this path.\"}}"

/* ---- health ---- */

static void the_process_lives_whatever_the_database_does(struct store *store) {
  begin(store);
  atomic_store(&view.ready, false);
  atomic_store(&view.stopping, true);
  healthy = false;
  GET("/livez", STR_NONE);
  ASSERT_ANSWER(200, "ok\n");
  ASSERT_HEADER(&served.exchange, PLAIN);
  end();
}

static void it_is_ready_when_nothing_speaks_against_it(struct store *store) {
  begin(store);
  GET("/readyz", STR_NONE);
  ASSERT_ANSWER(200, "ready\n");
  ASSERT_HEADER(&served.exchange, PLAIN);
  end();
}

static void any_one_reason_makes_it_not_ready(struct store *store) {
  begin(store);
  for (int reason = 0; reason < 3; reason++) {
    atomic_store(&view.ready, reason != 0);
    atomic_store(&view.stopping, reason == 1);
    healthy = reason != 2;
    GET("/readyz", STR_NONE);
    ASSERT_ANSWER(503, NOT_READY);
    ASSERT_HEADER(&served.exchange, JSON);
    GET("/metrics", STR_NONE);
    ASSERT_HOLDS(200, "\nsigap_ready 0\n");
  }
  atomic_store(&view.ready, true);
  atomic_store(&view.stopping, false);
  healthy = true;
  GET("/readyz", STR_NONE);
  assert_int_equal(served.exchange.status, 200);
  end();
}

/* ---- metrics ---- */

static void every_figure_stands_under_its_name(struct store *store) {
  begin(store);
  static const char *const lines[] = {
      "sigap_connections 17",
      "sigap_connections_total 11",
      "sigap_requests_refused_total 13",
      "sigap_timeouts_total 14",
      "sigap_received_bytes_total 15",
      "sigap_sent_bytes_total 16",
      "sigap_webhook_deliveries_total{result=\"delivered\"} 24",
      "sigap_webhook_deliveries_total{result=\"retried\"} 25",
      "sigap_webhook_deliveries_total{result=\"failed\"} 26",
      "sigap_webhooks_disabled_total 27",
      "sigap_sla_warnings_total 33",
      "sigap_sla_breaches_total{clock=\"response\"} 34",
      "sigap_sla_breaches_total{clock=\"resolution\"} 35",
      "sigap_mails_total{result=\"sent\"} 21",
      "sigap_mails_total{result=\"retried\"} 22",
      "sigap_mails_total{result=\"failed\"} 23",
      "sigap_mails{state=\"waiting\"} 31",
      "sigap_mails{state=\"failed\"} 32",
      "sigap_sockets 41",
      "sigap_bell_heard 1",
      "sigap_ready 1",
      "process_start_time_seconds 1770091506",
      "sigap_build_info{version=\"" SIGAP_VERSION "\"} 1",
      "sigap_lane_queued{lane=\"hash\"} 0", /* the lanes' own */
      "sigap_http_in_flight 1",             /* the kit's own: this request */
  };
  GET("/metrics", STR_NONE);
  assert_int_equal(served.exchange.status, 200);
  ASSERT_HEADER(&served.exchange, "Content-Type: text/plain; version=0.0.4; charset=utf-8");
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    const char *line = str_format(store->ctx.arena, "\n%s\n", lines[i]).at;
    if (answer_count(line) != 1) {
      fail_msg("%s stands %zu times in:\n%s", lines[i], answer_count(line), answer_text());
    }
  }
  const char *resident = strstr(answer_text(), "\nprocess_resident_memory_bytes ");
  assert_non_null(resident);
  long long bytes = 0;
  assert_int_equal(sscanf(resident, "\nprocess_resident_memory_bytes %lld\n", &bytes), 1);
  assert_true(bytes > 1024 * 1024 && bytes % sysconf(_SC_PAGESIZE) == 0);
  end();
}

/* Every sample belongs to a family that was declared before it, once. */
static void the_metrics_are_what_prometheus_reads(struct store *store) {
  begin(store);
  GET("/livez", STR_NONE); /* so that a histogram is there */
  GET("/metrics", STR_NONE);
  struct str text = str_of(answer_text());
  size_t samples = 0;
  assert_true(str_ends(text, "\n"));
  while (text.len > 0) {
    size_t end_of_line = str_find(text, '\n');
    struct str line = {text.at, end_of_line};
    text = (struct str){text.at + end_of_line + 1, text.len - end_of_line - 1};
    if (str_starts(line, "#")) {
      continue;
    }
    size_t name = 0;
    while (name < line.len && line.at[name] != '{' && line.at[name] != ' ') {
      name++;
    }
    struct str family = {line.at, name};
    static const char *const suffixes[] = {"_bucket", "_sum", "_count"};
    for (int i = 0; i < 3; i++) {
      if (str_starts(line, "sigap_http_request_duration_seconds") && str_ends(family, suffixes[i])) {
        family.len -= strlen(suffixes[i]);
      }
    }
    const char *type = str_format(store->ctx.arena, "# TYPE %.*s ", STR_ARG(family)).at;
    const char *declared = strstr(answer_text(), type);
    if (answer_count(type) != 1 || declared > line.at) {
      fail_msg("%.*s has not one declaration before it", STR_ARG(line));
    }
    samples++;
  }
  assert_true(samples > 20);
  end();
}

/* ---- specifications ---- */

static void each_dialect_has_its_specification(struct store *store) {
  begin(store);
  view.public_url = "https://desk.example";
  for (const struct dialect *const *dialect = documented_dialects; *dialect != NULL; dialect++) {
    CLEANUP_BUF struct buf wanted;
    buf_init(&wanted, (size_t)16 * 1024 * 1024);
    kit_openapi(*dialect, "https://desk.example", &wanted);
    buf_add_char(&wanted, '\0');
    GET(str_format(store->ctx.arena, "/openapi/%s.json", (*dialect)->name).at, STR_NONE);
    ASSERT_ANSWER(200, wanted.at);
    ASSERT_HEADER(&served.exchange, JSON);
    ASSERT_HOLDS(200, "https://desk.example");
    GET(str_format(store->ctx.arena, "/openapi/%s.yaml", (*dialect)->name).at, STR_NONE);
    ASSERT_HOLDS(200, "openapi: \"3.1.0\"");
  }
  end();
}

static void a_specification_of_nothing_is_not_found(struct store *store) {
  begin(store);
  static const char *const paths[] = {"/openapi/hcall",       "/openapi/.json",      "/openapi/hcall.yml",
                                      "/openapi/system.json", "/openapi/HCALL.json", "/nowhere"};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    GET(paths[i], STR_NONE);
    ASSERT_ANSWER(404, NO_PATH);
    ASSERT_HEADER(&served.exchange, JSON);
  }
  end();
}

/* ---- the envelope ---- */

static void a_problem_without_a_kind_is_still_an_error(struct store *store) {
  begin(store);
  struct call call = {.dialect = &system_dialect};
  CLEANUP_BUF struct buf out;
  buf_init(&out, 4096);
  system_dialect.print_problem(&call, 400, "Bad \"request\"", &out);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at, "{\"error\":{\"code\":\"error\",\"message\":\"Bad \\\"request\\\"\"}}");
  POST("/livez", STR_NONE, NULL);
  ASSERT_ANSWER(405,
                "{\"error\":{\"code\":\"method_not_allowed\",\"message\":\"This path does not take this "
                "method.\"}}");
  end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(the_process_lives_whatever_the_database_does),
      STORE_TEST(it_is_ready_when_nothing_speaks_against_it),
      STORE_TEST(any_one_reason_makes_it_not_ready),
      STORE_TEST(every_figure_stands_under_its_name),
      STORE_TEST(the_metrics_are_what_prometheus_reads),
      STORE_TEST(each_dialect_has_its_specification),
      STORE_TEST(a_specification_of_nothing_is_not_found),
      STORE_TEST(a_problem_without_a_kind_is_still_an_error),
  };
  return STORE_RUN(tests);
}
