#include "app/system.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/pages.h"
#include "base/time.h"

static struct system_view *view;

void system_setup(struct system_view *filled) {
  view = filled;
}

struct error_out {
  struct error_body {
    struct str code;
    struct str message;
  } const *error;
};
FIELDS(system_error_body, struct error_body, "ErrorBody",
       {
           FIELD(struct error_body, code, TEXT, "code", FIELD_REQUIRED, .text = "A stable word.",
                 .example = "\"no_such_path\""),
           FIELD(struct error_body, message, TEXT, "message", FIELD_REQUIRED,
                 .text = "A sentence for people.", .example = "\"Nothing is served at this path.\""),
       });
FIELDS(system_error, struct error_out, "Error",
       {
           FIELD(struct error_out, error, OBJECT, "error", FIELD_REQUIRED, .of = &system_error_body),
       });

static void print_problem(struct call *call, int http, const char *message, struct buf *out) {
  (void)http;
  const struct problem_kind *kind = call->ctx.problem.kind;
  struct error_body body = {.code = str_of(kind != NULL ? kind->code : "error"), .message = str_of(message)};
  wire_print_json(out, &system_error, &(struct error_out){&body});
}

static const struct problem_kind not_ready = {
    STATUS_UNAVAILABLE, "not_ready", "The database can't keep what it is given, or the server is stopping."};

static enum status livez(struct call *call) {
  return call_answer_raw(call, 200, STR("text/plain; charset=utf-8"), STR("ok\n"));
}

static bool is_ready(void) {
  return atomic_load(&view->ready) && !atomic_load(&view->stopping) && lanes_healthy(view->lanes);
}

static enum status readyz(struct call *call) {
  if (!is_ready()) {
    return problem_set(&call->ctx, &not_ready);
  }
  return call_answer_raw(call, 200, STR("text/plain; charset=utf-8"), STR("ready\n"));
}

/* Resident memory, from /proc/self/statm; 0 where it can't be read. */
static long long resident_bytes(void) {
  FILE *file = fopen("/proc/self/statm", "re");
  long long pages = 0, resident = 0;
  if (file != NULL) {
    if (fscanf(file, "%lld %lld", &pages, &resident) != 2) {
      resident = 0;
    }
    fclose(file);
  }
  return resident * sysconf(_SC_PAGESIZE);
}

static void server_metrics(struct buf *out) {
  struct http_stats http;
  http_server_stats(view->server, &http);
  buf_format(out,
             "# TYPE sigap_connections gauge\nsigap_connections %u\n"
             "# TYPE sigap_connections_total counter\nsigap_connections_total %llu\n"
             "# TYPE sigap_requests_refused_total counter\nsigap_requests_refused_total %llu\n"
             "# TYPE sigap_timeouts_total counter\nsigap_timeouts_total %llu\n"
             "# TYPE sigap_received_bytes_total counter\nsigap_received_bytes_total %llu\n"
             "# TYPE sigap_sent_bytes_total counter\nsigap_sent_bytes_total %llu\n",
             (unsigned)http.open, (unsigned long long)http.accepted, (unsigned long long)http.refused,
             (unsigned long long)http.timeouts, (unsigned long long)http.bytes_in,
             (unsigned long long)http.bytes_out);
  struct post_stats post;
  post_stats(view->post, &post);
  buf_format(
      out,
      "# TYPE sigap_mails_total counter\nsigap_mails_total{result=\"sent\"} %llu\n"
      "sigap_mails_total{result=\"retried\"} %llu\nsigap_mails_total{result=\"failed\"} %llu\n"
      "# TYPE sigap_mails gauge\nsigap_mails{state=\"waiting\"} %lld\nsigap_mails{state=\"failed\"} %lld\n",
      (unsigned long long)post.sent, (unsigned long long)post.retried, (unsigned long long)post.failed,
      (long long)atomic_load(&view->mails_waiting), (long long)atomic_load(&view->mails_failed));
  buf_format(out,
             "# HELP sigap_sockets Sockets that were let in and are open.\n"
             "# TYPE sigap_sockets gauge\nsigap_sockets %u\n"
             "# HELP sigap_bell_heard Other servers of the database are heard at once, not by the clock.\n"
             "# TYPE sigap_bell_heard gauge\nsigap_bell_heard %d\n",
             (unsigned)live_sockets(view->live), live_hears(view->live) ? 1 : 0);
  buf_format(out,
             "# TYPE sigap_ready gauge\nsigap_ready %d\n"
             "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %lld\n"
             "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %lld\n"
             "# TYPE sigap_build_info gauge\nsigap_build_info{version=\"" SIGAP_VERSION "\"} 1\n",
             is_ready() ? 1 : 0, resident_bytes(), (long long)(view->started_at / TIME_SECOND_US));
}

enum { DOCUMENT_MAX = 8 * 1024 * 1024 };

static enum status metrics(struct call *call) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, DOCUMENT_MAX);
  kit_metrics(view->kit, &out);
  lanes_metrics(view->lanes, &out);
  server_metrics(&out);
  return call_answer_raw(call, 200, STR("text/plain; version=0.0.4; charset=utf-8"),
                         str_copy(call->ctx.arena, buf_str(&out)));
}

static enum status openapi(struct call *call) {
  struct str file = call->match.params[0];
  for (const struct dialect *const *dialect = view->dialects; *dialect != NULL; dialect++) {
    if (str_ends(file, ".json") && str_is((struct str){file.at, file.len - 5}, (*dialect)->name)) {
      CLEANUP_BUF struct buf out;
      buf_init(&out, DOCUMENT_MAX);
      kit_openapi(*dialect, view->public_url, &out);
      return call_answer_raw(call, 200, STR("application/json; charset=utf-8"),
                             str_copy(call->ctx.arena, buf_str(&out)));
    }
  }
  return problem_set(&call->ctx, &kit_no_path);
}

static const struct answer fine[] = {{200, "Fine.", NULL}, {0, NULL, NULL}};
static const struct answer fine_or_not[] = {{200, "Fine.", NULL}, {503, "Not ready.", NULL}, {0, NULL, NULL}};
static const struct answer found_or_not[] = {
    {200, "The document.", NULL}, {404, "No such document.", NULL}, {0, NULL, NULL}};

static const struct route routes[] = {
    {HTTP_GET, "/livez", "livez", "The process is alive", livez, LANE_INLINE, MAY_ANYONE, .answers = fine},
    {HTTP_GET, "/readyz", "readyz", "The server keeps what it is given", readyz, LANE_INLINE, MAY_ANYONE,
     .answers = fine_or_not},
    {HTTP_GET, "/metrics", "metrics", "Counters for Prometheus", metrics, LANE_INLINE, MAY_ANYONE,
     .answers = fine},
    {HTTP_GET, "/openapi/:file", "openapi", "The specification of a dialect", openapi, LANE_INLINE,
     MAY_ANYONE, .answers = found_or_not},
    {HTTP_GET, "/docs", "docs", "The page that shows the specifications", pages_index, LANE_INLINE,
     MAY_ANYONE, .answers = fine},
    {HTTP_GET, "/docs/:file", "docsFile", "What that page is made of", pages_file, LANE_INLINE, MAY_ANYONE,
     .answers = found_or_not},
    {HTTP_GET, "/", "root", "Leads to /docs", pages_root, LANE_INLINE, MAY_ANYONE, .answers = fine},
};

static const char *const prefixes[] = {"/", NULL};

const struct dialect system_dialect = {
    .name = "system",
    .title = "Sigap",
    .about = "What the server says of itself.",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .error = &system_error,
    .print_problem = print_problem,
    .prefixes = prefixes,
    .unlimited = true,
};
