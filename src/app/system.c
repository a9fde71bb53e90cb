#include "app/system.h"

#include <pthread.h>
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

/* The lines that stand before a metric's values (Prometheus text format 0.0.4). */
static void about(struct buf *out, const char *name, const char *type, const char *help) {
  buf_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void gauge(struct buf *out, const char *name, const char *help, long long value) {
  about(out, name, "gauge", help);
  buf_format(out, "%s %lld\n", name, value);
}

static void counter(struct buf *out, const char *name, const char *help, uint64_t value) {
  about(out, name, "counter", help);
  buf_format(out, "%s %llu\n", name, (unsigned long long)value);
}

static void connection_metrics(struct buf *out) {
  struct http_stats http;
  http_server_stats(view->server, &http);
  gauge(out, "sigap_connections", "Connections that are open.", http.open);
  counter(out, "sigap_connections_total", "Connections that were taken.", http.accepted);
  counter(out, "sigap_requests_refused_total", "Requests refused for their framing, size or slowness.",
          http.refused);
  counter(out, "sigap_timeouts_total", "Connections closed because a deadline passed.", http.timeouts);
  counter(out, "sigap_received_bytes_total", "Bytes received.", http.bytes_in);
  counter(out, "sigap_sent_bytes_total", "Bytes sent.", http.bytes_out);
}

static void mail_metrics(struct buf *out) {
  struct post_stats post;
  post_stats(view->post, &post);
  about(out, "sigap_mails_total", "counter",
        "Mails that the mail server took, put off, and refused for good.");
  buf_format(out,
             "sigap_mails_total{result=\"sent\"} %llu\nsigap_mails_total{result=\"retried\"} %llu\n"
             "sigap_mails_total{result=\"failed\"} %llu\n",
             (unsigned long long)post.sent, (unsigned long long)post.retried,
             (unsigned long long)post.failed);
  about(out, "sigap_mails", "gauge", "Mails in the outbox.");
  buf_format(out, "sigap_mails{state=\"waiting\"} %lld\nsigap_mails{state=\"failed\"} %lld\n",
             (long long)atomic_load(&view->mails_waiting), (long long)atomic_load(&view->mails_failed));
}

static void webhook_metrics(struct buf *out) {
  struct hook_stats hook;
  hook_stats(view->hook, &hook);
  about(out, "sigap_webhook_deliveries_total", "counter",
        "Webhook deliveries that the receiver took, that were put off, and that were given up.");
  buf_format(out,
             "sigap_webhook_deliveries_total{result=\"delivered\"} %llu\n"
             "sigap_webhook_deliveries_total{result=\"retried\"} %llu\n"
             "sigap_webhook_deliveries_total{result=\"failed\"} %llu\n",
             (unsigned long long)hook.delivered, (unsigned long long)hook.retried,
             (unsigned long long)hook.failed);
  counter(out, "sigap_webhooks_disabled_total",
          "Webhooks switched off because their receiver is gone or fails for days.", hook.disabled);
}

static void server_metrics(struct buf *out) {
  connection_metrics(out);
  mail_metrics(out);
  webhook_metrics(out);
  gauge(out, "sigap_sockets", "Sockets that were let in and are open.", live_sockets(view->live));
  gauge(out, "sigap_bell_heard", "1 where other servers of the database are heard at once, not by the clock.",
        live_hears(view->live) ? 1 : 0);
  counter(out, "sigap_deadlines_told_total", "Tickets whose due service levels this server told of.",
          (uint64_t)atomic_load(&view->deadlines_told));
  about(out, "sigap_sla_breaches_total", "counter", "Service levels that this server saw missed.");
  buf_format(out,
             "sigap_sla_breaches_total{clock=\"response\"} %lld\n"
             "sigap_sla_breaches_total{clock=\"resolution\"} %lld\n",
             (long long)atomic_load(&view->sla_response_breaches),
             (long long)atomic_load(&view->sla_resolution_breaches));
  counter(out, "sigap_sla_warnings_total", "Warnings of this server that a resolution is nearly due.",
          (uint64_t)atomic_load(&view->sla_warnings));
  gauge(out, "sigap_ready", "1 where /readyz says ready.", is_ready() ? 1 : 0);
  gauge(out, "process_resident_memory_bytes", "Resident memory.", resident_bytes());
  gauge(out, "process_start_time_seconds", "When the process started, in seconds since 1970.",
        view->started_at / TIME_SECOND_US);
  about(out, "sigap_build_info", "gauge", "The version, as a label.");
  buf_add_text(out, "sigap_build_info{version=\"" SIGAP_VERSION "\"} 1\n");
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

/* What is made of a dialect's tables, printed when somebody asks first: the specification as JSON and as
 * YAML, and the Postman collection. */
struct document {
  const struct dialect *dialect;
  struct buf json, yaml, postman;
};

static const struct document *document_of(struct str name) {
  enum { DOCUMENTS_MAX = 16 };
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static struct document documents[DOCUMENTS_MAX];
  for (size_t i = 0; i < DOCUMENTS_MAX && view->dialects[i] != NULL; i++) {
    struct document *document = &documents[i];
    if (!str_is(name, view->dialects[i]->name)) {
      continue;
    }
    pthread_mutex_lock(&lock);
    if (document->dialect != view->dialects[i]) {
      buf_init(&document->json, DOCUMENT_MAX);
      buf_init(&document->yaml, DOCUMENT_MAX);
      buf_init(&document->postman, DOCUMENT_MAX);
      kit_openapi(view->dialects[i], view->public_url, &document->json);
      kit_yaml(buf_str(&document->json), &document->yaml);
      kit_postman(view->dialects[i], view->public_url, &document->postman);
      document->dialect = view->dialects[i];
    }
    pthread_mutex_unlock(&lock);
    return document;
  }
  return NULL;
}

/* The document of "isp.json"; NULL where the name ends otherwise. */
static const struct document *document_named(const struct call *call, const char *ending) {
  struct str file = call->match.params[0];
  size_t dot = str_find(file, '.');
  bool fits = str_is((struct str){file.at + dot, file.len - dot}, ending);
  return fits ? document_of((struct str){file.at, dot}) : NULL;
}

static enum status tell(struct call *call, struct str type, const struct buf *text) {
  call_header(call, "Cache-Control", STR("public, max-age=3600"));
  return call_answer_raw(call, 200, type, buf_str(text));
}

static enum status openapi(struct call *call) {
  const struct document *json = document_named(call, ".json");
  const struct document *yaml = document_named(call, ".yaml");
  if (json == NULL && yaml == NULL) {
    return problem_set(&call->ctx, &kit_no_path);
  }
  return json != NULL ? tell(call, STR("application/json; charset=utf-8"), &json->json)
                      : tell(call, STR("application/yaml; charset=utf-8"), &yaml->yaml);
}

static enum status postman(struct call *call) {
  const struct document *document = document_named(call, ".json");
  return document != NULL ? tell(call, STR("application/json; charset=utf-8"), &document->postman)
                          : problem_set(&call->ctx, &kit_no_path);
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
    {HTTP_GET, "/postman/:file", "postman", "A dialect as a Postman collection", postman, LANE_INLINE,
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
