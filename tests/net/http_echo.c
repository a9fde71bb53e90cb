/* A server that shows what the HTTP core understood, for the tests beside it. Prints its port, ends by
 * SIGTERM.
 *   /plain              a fixed short text
 *   /large?bytes=N      N bytes of text
 *   /file?bytes=N       the same from a file; with short=N the file lacks that many
 *   /stream?bytes=N     the same streamed by a thread of its own; with fail=1 it breaks off at the end
 *   /later?ms=N         answered by another thread
 *   /resume?ms=N        printed on the loop's thread after that
 *   /batch?n=N          held until N wait, then together
 *   /early?status=N     answered by the head callback
 *   /status?code=N      that status
 *   /stats              the server's counters, and how many streams are under way
 *   /spool              a JSON description of a request whose body went into a file
 *   everything else     a JSON description of the request */
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "net/http.h"

struct echo {
  struct http_server *server;
  size_t max_body;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct http_exchange *waiting; /* of the other thread */
  struct http_exchange *batch;
  int64_t batch_count;
  int streams; /* threads under way */
  bool ending;
};

struct wait {
  int64_t due_ns;
  bool resume;
};

static int64_t number_in(struct str query, const char *name, int64_t otherwise) {
  struct str wanted = str_of(name);
  while (query.len > 0) {
    size_t end = str_find(query, '&');
    struct str pair = {query.at, end};
    size_t equals = str_find(pair, '=');
    int64_t number;
    if (equals < pair.len && str_equal((struct str){pair.at, equals}, wanted) &&
        str_int((struct str){pair.at + equals + 1, pair.len - equals - 1}, &number) == STATUS_OK) {
      return number;
    }
    query = end < query.len ? (struct str){query.at + end + 1, query.len - end - 1} : STR("");
  }
  return otherwise;
}

static void add_json(struct buf *out, const char *name, struct str value) {
  buf_format(out, "\"%s\":", name);
  if (value.at == NULL) {
    buf_add_text(out, "null,");
    return;
  }
  buf_add_char(out, '"');
  for (size_t i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.at[i];
    if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\') {
      buf_format(out, "\\u%04x", c);
    } else {
      buf_add_char(out, (char)c);
    }
  }
  buf_add_text(out, "\",");
}

static void describe(struct http_exchange *exchange) {
  const struct http_head *head = &exchange->head;
  struct buf *out = &exchange->body_out;
  unsigned char sum[crypto_hash_sha256_BYTES];
  char hex[sizeof(sum) * 2 + 1];
  struct stat file = {0};
  size_t length = exchange->spool ? (size_t)exchange->body_size : exchange->body.len;
  const void *body = exchange->body.at;
  if (exchange->body_fd >= 0) {
    body = length > 0 ? mmap(NULL, length, PROT_READ, MAP_PRIVATE, exchange->body_fd, 0) : NULL;
    if (body == MAP_FAILED || fstat(exchange->body_fd, &file) != 0) {
      abort();
    }
  }
  crypto_hash_sha256(sum, body, length);
  if (exchange->body_fd >= 0 && length > 0) {
    munmap((void *)body, length);
  }
  sodium_bin2hex(hex, sizeof(hex), sum, sizeof(sum));
  exchange->status = 200;
  http_add_header(exchange, "Content-Type", STR("application/json"));
  http_add_header(exchange, "X-Method", head->method_name);
  buf_add_char(out, '{');
  add_json(out, "method", head->method_name);
  add_json(out, "target", head->target);
  add_json(out, "path", head->path);
  add_json(out, "query", head->query);
  add_json(out, "host", head->host);
  add_json(out, "peer", exchange->peer);
  add_json(out, "request_id", str_of(exchange->request_id));
  add_json(out, "marker", http_header(head, "X-Marker"));
  buf_format(out, "\"loop\":%u,", http_loop_index(exchange->loop));
  buf_format(out, "\"headers\":%u,\"minor\":%d,", head->header_count, head->minor_version);
  buf_format(out, "\"spooled\":%s,\"mode\":%u,\"links\":%u,", exchange->body_fd >= 0 ? "true" : "false",
             (unsigned)(file.st_mode & 0777), (unsigned)file.st_nlink);
  buf_format(out, "\"length\":%zu,\"sha256\":\"%s\"}\n", length, hex);
}

static void plain(struct http_exchange *exchange, int status, struct str text) {
  exchange->status = status;
  http_add_header(exchange, "Content-Type", STR("text/plain"));
  buf_add_str(&exchange->body_out, text);
}

static void stats(struct echo *echo, struct http_exchange *exchange) {
  struct http_stats now;
  http_server_stats(echo->server, &now);
  pthread_mutex_lock(&echo->lock);
  int streams = echo->streams;
  pthread_mutex_unlock(&echo->lock);
  exchange->status = 200;
  http_add_header(exchange, "Content-Type", STR("application/json"));
  buf_format(&exchange->body_out,
             "{\"accepted\":%lu,\"requests\":%lu,\"refused\":%lu,\"timeouts\":%lu,\"bytes_in\":%lu,"
             "\"bytes_out\":%lu,\"open\":%u,\"streams\":%d}\n",
             (unsigned long)now.accepted, (unsigned long)now.requests, (unsigned long)now.refused,
             (unsigned long)now.timeouts, (unsigned long)now.bytes_in, (unsigned long)now.bytes_out, now.open,
             streams);
}

/* ---- the other thread ---- */

static void resumed(struct http_exchange *exchange) {
  describe(exchange);
  http_answer(exchange);
}

static void wait_for(struct echo *echo, struct http_exchange *exchange, bool resume) {
  struct wait *wait = ARENA_NEW(exchange->arena, struct wait);
  wait->due_ns = time_monotonic_ns() + number_in(exchange->head.query, "ms", 10) * 1000000;
  wait->resume = resume;
  exchange->app = wait;
  pthread_mutex_lock(&echo->lock);
  exchange->next = echo->waiting;
  echo->waiting = exchange;
  pthread_cond_signal(&echo->changed);
  pthread_mutex_unlock(&echo->lock);
}

/* Takes what is due off the list: what to answer here, what to hand back. */
static void take_due(struct echo *echo, struct http_exchange **answers, struct http_exchange **resumes) {
  int64_t now = time_monotonic_ns();
  struct http_exchange **link = &echo->waiting;
  while (*link != NULL) {
    struct http_exchange *exchange = *link;
    const struct wait *wait = exchange->app;
    if (wait->due_ns > now) {
      link = &exchange->next;
      continue;
    }
    *link = exchange->next;
    struct http_exchange **to = wait->resume ? resumes : answers;
    exchange->next = *to;
    *to = exchange;
  }
}

static void *other_thread(void *arg) {
  struct echo *echo = arg;
  pthread_mutex_lock(&echo->lock);
  while (!echo->ending || echo->waiting != NULL) {
    struct http_exchange *answers = NULL;
    struct http_exchange *resumes = NULL;
    if (echo->waiting == NULL) {
      pthread_cond_wait(&echo->changed, &echo->lock);
      continue;
    }
    take_due(echo, &answers, &resumes);
    pthread_mutex_unlock(&echo->lock);
    for (struct http_exchange *at = answers; at != NULL; at = at->next) {
      describe(at);
    }
    http_answer_all(answers);
    http_resume_all(resumes, resumed);
    usleep(1000);
    pthread_mutex_lock(&echo->lock);
  }
  pthread_mutex_unlock(&echo->lock);
  return NULL;
}

static void batch(struct echo *echo, struct http_exchange *exchange) {
  struct http_exchange *all = NULL;
  describe(exchange);
  pthread_mutex_lock(&echo->lock);
  exchange->next = echo->batch;
  echo->batch = exchange;
  if (++echo->batch_count >= number_in(exchange->head.query, "n", 2)) {
    all = echo->batch;
    echo->batch = NULL;
    echo->batch_count = 0;
  }
  pthread_mutex_unlock(&echo->lock);
  http_answer_all(all);
}

/* ---- answers that are too long to be kept ---- */

static const char line[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n";
enum { LINE = sizeof(line) - 1 };

static void add_lines(struct buf *out, int64_t bytes) {
  for (; bytes > 0; bytes -= LINE) {
    buf_add(out, line, bytes < LINE ? (size_t)bytes : LINE);
  }
}

static void file(struct http_exchange *exchange) {
  int64_t bytes = number_in(exchange->head.query, "bytes", 1000000);
  int64_t missing = number_in(exchange->head.query, "short", 0);
  int fd = memfd_create("answer", MFD_CLOEXEC);
  CLEANUP_BUF struct buf text;
  buf_init(&text, (size_t)64 << 20);
  add_lines(&text, bytes - missing);
  if (fd < 0 || write(fd, text.at, text.len) != (ssize_t)text.len) {
    abort();
  }
  plain(exchange, 200, STR(""));
  http_answer_file(exchange, fd, bytes);
}

static void *stream(void *arg) {
  struct http_exchange *exchange = arg;
  struct echo *echo = exchange->app;
  bool fail = number_in(exchange->head.query, "fail", 0) != 0;
  int64_t left = number_in(exchange->head.query, "bytes", 1000000);
  bool wanted = true;
  plain(exchange, 200, STR(""));
  do {
    int64_t piece = left < HTTP_STREAM_PIECE ? left : HTTP_STREAM_PIECE;
    add_lines(&exchange->body_out, piece);
    left -= piece;
    wanted = left == 0 || http_stream_send(exchange);
  } while (left > 0 && wanted);
  (void)http_stream_end(exchange, wanted && !fail);
  pthread_mutex_lock(&echo->lock);
  echo->streams--;
  pthread_cond_broadcast(&echo->changed);
  pthread_mutex_unlock(&echo->lock);
  return NULL;
}

static void begin_stream(struct echo *echo, struct http_exchange *exchange) {
  pthread_t thread;
  exchange->app = echo;
  pthread_mutex_lock(&echo->lock);
  echo->streams++;
  pthread_mutex_unlock(&echo->lock);
  if (pthread_create(&thread, NULL, stream, exchange) != 0 || pthread_detach(thread) != 0) {
    abort();
  }
}

/* ---- callbacks ---- */

static bool on_head(void *app, struct http_exchange *exchange) {
  const struct echo *echo = app;
  exchange->max_body = echo->max_body;
  exchange->spool = str_is(exchange->head.path, "/spool");
  exchange->streams = str_is(exchange->head.path, "/stream");
  if (str_is(exchange->head.path, "/early")) {
    plain(exchange, (int)number_in(exchange->head.query, "status", 401), STR("early\n"));
    return false;
  }
  return true;
}

static void on_request(void *app, struct http_exchange *exchange) {
  struct echo *echo = app;
  struct str path = exchange->head.path;
  struct str query = exchange->head.query;
  if (str_is(path, "/later") || str_is(path, "/resume")) {
    wait_for(echo, exchange, str_is(path, "/resume"));
    return;
  }
  if (str_is(path, "/stream")) {
    begin_stream(echo, exchange);
    return;
  }
  if (str_is(path, "/batch")) {
    batch(echo, exchange);
    return;
  }
  if (str_is(path, "/plain")) {
    plain(exchange, 200,
          STR("It is a quiet day at the help desk, and this is a short text of some hundred bytes that "
              "says so.\n"));
  } else if (str_is(path, "/status")) {
    plain(exchange, (int)number_in(query, "code", 200), STR("status\n"));
  } else if (str_is(path, "/stats")) {
    stats(echo, exchange);
  } else if (str_is(path, "/large")) {
    plain(exchange, 200, STR(""));
    add_lines(&exchange->body_out, number_in(query, "bytes", 1000000));
  } else if (str_is(path, "/file")) {
    file(exchange);
  } else {
    describe(exchange);
  }
  http_answer(exchange);
}

/* ---- the command line ---- */

static bool set_limit(struct http_limits *limits, const char *name, int64_t value) {
  const struct {
    const char *name;
    uint32_t *to;
  } numbers[] = {
      {"--idle-ms", &limits->idle_timeout_ms},   {"--head-ms", &limits->head_timeout_ms},
      {"--body-ms", &limits->body_timeout_ms},   {"--write-ms", &limits->write_timeout_ms},
      {"--min-rate", &limits->min_rate_bytes_s}, {"--connections", &limits->connections_max},
  };
  for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
    if (strcmp(name, numbers[i].name) == 0) {
      *numbers[i].to = (uint32_t)value;
      return true;
    }
  }
  if (strcmp(name, "--head-max") == 0) {
    limits->head_max = (size_t)value;
    return true;
  }
  if (strcmp(name, "--answer-max") == 0) {
    limits->answer_max = (size_t)value;
    return true;
  }
  return false;
}

static bool read_flags(int argc, char **argv, struct http_config *config, struct echo *echo,
                       uint32_t *grace_ms) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const char *name = argv[i];
    const char *text = argv[i + 1];
    int64_t value = 0;
    if (strcmp(name, "--address") == 0) {
      config->address = text;
    } else if (strcmp(name, "--trusted") == 0) {
      config->trusted_proxies = text;
    } else if (strcmp(name, "--spool-dir") == 0) {
      config->spool_dir = text;
    } else if (str_int(str_of(text), &value) != STATUS_OK) {
      return false;
    } else if (strcmp(name, "--port") == 0) {
      config->port = (uint16_t)value;
    } else if (strcmp(name, "--threads") == 0) {
      config->threads = (unsigned)value;
    } else if (strcmp(name, "--max-body") == 0) {
      echo->max_body = (size_t)value;
    } else if (strcmp(name, "--grace-ms") == 0) {
      *grace_ms = (uint32_t)value;
    } else if (!set_limit(&config->limits, name, value)) {
      return false;
    }
  }
  return argc % 2 == 1;
}

int main(int argc, char **argv) {
  struct echo echo = {
      .max_body = 1024 * 1024, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
  struct http_config config = {.address = "127.0.0.1", .threads = 2, .limits = http_limits_default};
  uint32_t grace_ms = 2000;
  config.callbacks = (struct http_callbacks){.app = &echo, .head = on_head, .request = on_request};
  if (!read_flags(argc, argv, &config, &echo, &grace_ms)) {
    fprintf(stderr, "http_echo: a flag is not known or has no value\n");
    return 2;
  }
  const char *why = "";
  if (sodium_init() < 0 || http_server_new(&config, &echo.server, &why) != STATUS_OK) {
    fprintf(stderr, "http_echo: %s\n", why);
    return 1;
  }
  /* A test that was killed leaves no server behind. */
  (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, NULL);
  pthread_t other;
  if (pthread_create(&other, NULL, other_thread, &echo) != 0) {
    return 1;
  }
  http_server_start(echo.server);
  printf("%u\n", http_server_port(echo.server));
  fflush(stdout);
  int signal_number = 0;
  sigwait(&ends, &signal_number);
  http_server_stop(echo.server, grace_ms);
  pthread_mutex_lock(&echo.lock);
  echo.ending = true;
  pthread_cond_signal(&echo.changed);
  pthread_mutex_unlock(&echo.lock);
  pthread_join(other, NULL);
  pthread_mutex_lock(&echo.lock);
  while (echo.streams > 0) {
    pthread_cond_wait(&echo.changed, &echo.lock);
  }
  pthread_mutex_unlock(&echo.lock);
  http_server_free(echo.server);
  return 0;
}
