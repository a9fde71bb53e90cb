#include "store.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/kit/kit.h"
#include "base/log.h"
#include "desk/account/account.h"
#include "desk/session/session.h"
#include "net/http.h"

/* Streams, files and uploads through a whole row, with a server on a free port. A lane is a thread a call. */

static struct world {
  struct store *store;
  struct kit *kit;
  struct http_server *server;
  struct db *loop_db;
  struct str token;
  char folder[64];
  atomic_int lanes[LANE_COUNT]; /* calls that each lane got */
  atomic_int running;
  atomic_int handled;
  bool full;
} world;

/* ---- a dialect ---- */

struct rows {
  int64_t count;
  int64_t fail_at; /* the row before which it fails; 0 never */
  bool early;      /* it fails before call_stream */
};
FIELDS(rows_fields, struct rows, "Rows",
       {
           FIELD(struct rows, count, INT, "count", FIELD_REQUIRED, .max = 100000000),
           FIELD(struct rows, fail_at, INT, "fail_at", 0),
           FIELD(struct rows, early, BOOL, "early", 0),
       });

static const struct problem_kind broken_row = {STATUS_STATE, "broken_row", "A row is broken."};
enum { PAGE = 1000 };

struct page {
  int64_t from, count;
  struct str text;
};

/* What a page of rows would be: its text lies in the page's arena. */
static enum status make_page(struct ctx *ctx, void *arg) {
  struct page *page = arg;
  char *text = arena_alloc(ctx->arena, PAGE * 16);
  size_t len = 0;
  for (int64_t i = 0; i < page->count; i++) {
    len += (size_t)snprintf(text + len, 16, "row %08lld\n", (long long)(page->from + i));
  }
  page->text = (struct str){text, len};
  return STATUS_OK;
}

static enum status export_rows(struct call *call) {
  const struct rows *rows = call->query;
  world.handled++;
  call_header(call, "Content-Disposition", STR("attachment; filename=\"rows.csv\""));
  if (rows->early) {
    return problem_set(&call->ctx, &broken_row);
  }
  TRY(call_stream(call, 200, STR("text/csv; charset=utf-8")));
  for (int64_t at = 0; at < rows->count; at += PAGE) {
    struct page page = {.from = at, .count = rows->count - at < PAGE ? rows->count - at : PAGE};
    if (rows->fail_at != 0 && at >= rows->fail_at) {
      return problem_set(&call->ctx, &broken_row);
    }
    TRY(call_page(call, make_page, &page));
    TRY(call_write(call, page.text));
  }
  return STATUS_OK;
}

static enum status give_file(struct call *call) {
  int fd = memfd_create("answer", MFD_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(ftruncate(fd, 300000), 0);
  return call_answer_file(call, 200, STR("application/pdf"), fd, 300000);
}

/* An earlier file is closed, and none stays with a failure. */
static enum status give_file_and_fail(struct call *call) {
  enum status first = give_file(call);
  enum status second = give_file(call);
  assert_int_equal(first, STATUS_OK);
  assert_int_equal(second, STATUS_OK);
  return problem_set(&call->ctx, &broken_row);
}

static enum status stream_elsewhere(struct call *call) {
  TRY(call_stream(call, 200, STR("text/csv")));
  return STATUS_OK;
}

struct note {
  struct str title;
};
FIELDS(note_fields, struct note, "Note",
       {FIELD(struct note, title, TEXT, "title", FIELD_REQUIRED, .max = 5)});

static enum status upload(struct call *call) {
  const struct note *note = call->input;
  const struct multipart_part *file = multipart_file(call->parts, "file");
  world.handled++;
  char first[4] = "";
  if (file != NULL && pread(call->exchange->body_fd, first, 3, (off_t)file->offset) != 3) {
    return problem_set(&call->ctx, &problem_broken);
  }
  struct str text = str_format(call->ctx.arena, "%.*s %.*s %lld %s", STR_ARG(note->title),
                               STR_ARG(file != NULL ? file->filename : STR("-")),
                               (long long)(file != NULL ? file->length : -1), first);
  return call_answer_raw(call, 200, STR("text/plain"), text);
}

static enum status keep_raw(struct call *call) {
  return call_answer_raw(call, 200, STR("text/plain"),
                         str_format(call->ctx.arena, "%lld bytes", (long long)call->exchange->body_size));
}

static const struct route routes[] = {
    {.method = HTTP_GET,
     .path = "/rows",
     .name = "rows",
     .handler = export_rows,
     .lane = LANE_EXPORT,
     .permission = MAY_ANYONE,
     .query = &rows_fields},
    {.method = HTTP_GET,
     .path = "/file",
     .name = "file",
     .handler = give_file,
     .lane = LANE_INLINE,
     .permission = MAY_ANYONE},
    {.method = HTTP_GET,
     .path = "/file/broken",
     .name = "fileBroken",
     .handler = give_file_and_fail,
     .lane = LANE_POOL,
     .permission = MAY_ANYONE},
    {.method = HTTP_GET,
     .path = "/elsewhere",
     .name = "elsewhere",
     .handler = stream_elsewhere,
     .lane = LANE_POOL,
     .permission = MAY_ANYONE},
    {.method = HTTP_POST,
     .path = "/upload",
     .name = "upload",
     .handler = upload,
     .lane = LANE_WRITER,
     .permission = MAY_SIGNED_IN,
     .input = &note_fields,
     .body = BODY_MULTIPART,
     .max_body = 11 << 20,
     .spool = true},
    {.method = HTTP_POST,
     .path = "/raw",
     .name = "raw",
     .handler = keep_raw,
     .lane = LANE_POOL,
     .permission = MAY_SIGNED_IN,
     .max_body = 1 << 20,
     .spool = true},
    {.method = HTTP_POST,
     .path = "/note",
     .name = "note",
     .handler = upload,
     .lane = LANE_POOL,
     .permission = MAY_SIGNED_IN,
     .input = &note_fields,
     .body = BODY_JSON | BODY_MULTIPART},
};

static void print_problem(struct call *call, int http, const char *message, struct buf *out) {
  buf_format(out, "{\"code\":%d,\"message\":\"%s\",\"faults\":[", http, message);
  for (unsigned i = 0; i < call->ctx.problem.fault_count; i++) {
    const struct fault *fault = &call->ctx.problem.faults[i];
    buf_format(out, "\"%.*s %.*s\"", STR_ARG(fault->field), STR_ARG(fault->reason));
  }
  buf_add_text(out, "]}");
}

static const char *const prefixes[] = {"/", NULL};
static const char *const mounts[] = {"", "/v1", NULL};
static const struct dialect dialect = {.name = "rows",
                                       .routes = routes,
                                       .route_count = sizeof routes / sizeof routes[0],
                                       .print_problem = print_problem,
                                       .prefixes = prefixes,
                                       .mounts = mounts};
static const struct dialect *const dialects[] = {&dialect};

/* ---- lanes and a server ---- */

static void *lane(void *arg) {
  struct call *call = arg;
  struct db *db = NULL;
  char why[256];
  assert_int_equal(db_open(&world.store->config, DB_READ, &db, why), STATUS_OK);
  kit_run(call, db);
  db_close(db);
  world.running--;
  return NULL;
}

static bool submit(void *app, struct call *call, enum lane to) {
  assert_ptr_equal(app, &world);
  pthread_t thread;
  world.lanes[to]++;
  if (world.full) {
    return false;
  }
  world.running++;
  assert_int_equal(pthread_create(&thread, NULL, lane, call), 0);
  pthread_detach(thread);
  return true;
}

static struct db *loop_db(void *app, struct http_loop *loop) {
  (void)app;
  (void)loop;
  return world.loop_db;
}

static enum status sign_in(struct ctx *ctx, void *arg) {
  struct session_token *out = arg;
  return session_open(ctx, &out->account, 3600, out);
}

static struct str new_token(struct store *store) {
  struct session_token token = {0};
  const struct account_new new_account = {.tenant_id = TENANT_OPERATOR,
                                          .name = STR("Somebody"),
                                          .email = STR("customer@example.com"),
                                          .role = ROLE_CUSTOMER,
                                          .language = LANGUAGE_ENGLISH,
                                          .by = ACCOUNT_BY_OPERATOR};
  store->ctx.now_us = time_now_us();
  assert_int_equal(account_create(&store->ctx, &new_account, &token.account), STATUS_OK);
  assert_int_equal(db_write(&store->ctx, sign_in, &token), STATUS_OK);
  return token.token;
}

static void begin(struct store *store, int64_t rate) {
  char why[256] = "";
  const char *reason = NULL;
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  memset(&world, 0, sizeof world);
  world.store = store;
  session_setup(&(struct session_keys){.keys = {STR("0123456789abcdef0123456789abcdef")}, .count = 1}, false);
  world.token = new_token(store);
  assert_int_equal(db_open(&store->config, DB_READ, &world.loop_db, why), STATUS_OK);
  snprintf(world.folder, sizeof world.folder, "/tmp/sigap-stream-XXXXXX");
  assert_non_null(mkdtemp(world.folder));
  const struct kit_config config = {
      .dialects = dialects,
      .dialect_count = 1,
      .lanes = {.app = &world, .pgsql = store->pgsql, .submit = submit, .loop_db = loop_db},
      .rate_limit_per_minute = rate};
  world.kit = kit_new(&config);
  const struct http_config http = {.address = "127.0.0.1",
                                   .threads = 1,
                                   .limits = http_limits_default,
                                   .spool_dir = world.folder,
                                   .callbacks = {.app = world.kit,
                                                 .head = kit_head,
                                                 .request = kit_request,
                                                 .refuse = kit_refuse,
                                                 .done = kit_done}};
  assert_int_equal(http_server_new(&http, &world.server, &reason), STATUS_OK);
  http_server_start(world.server);
}

static void end(void) {
  http_server_stop(world.server, 3000);
  for (int i = 0; i < 1000 && world.running > 0; i++) {
    usleep(5000);
  }
  assert_int_equal(world.running, 0);
  http_server_free(world.server);
  kit_free(world.kit);
  db_close(world.loop_db);
  assert_int_equal(rmdir(world.folder), 0); /* nothing is left in it */
}

/* ---- a client ---- */

static struct buf heard;

static int dial(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(http_server_port(world.server))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct timeval patience = {.tv_sec = 20};
  assert_true(fd >= 0);
  assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static void say(int fd, struct str text) {
  while (text.len > 0) {
    ssize_t sent = send(fd, text.at, text.len, MSG_NOSIGNAL);
    if (sent < 0) {
      return; /* refused before all was sent */
    }
    text = (struct str){text.at + sent, text.len - (size_t)sent};
  }
}

/* Sends one request and hears its answer to the end of the connection. Returns the body; false in *whole: the
 * connection was reset. */
static struct str talk(const char *method, const char *target, const char *headers, struct str body,
                       bool *whole) {
  char head[4096];
  int fd = dial();
  int len = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n%s", method,
                     target, headers);
  if (body.at != NULL) {
    len += snprintf(head + len, sizeof head - (size_t)len, "Content-Length: %zu\r\n", body.len);
  }
  len += snprintf(head + len, sizeof head - (size_t)len, "\r\n");
  say(fd, (struct str){head, (size_t)len});
  say(fd, body);
  buf_release(&heard);
  buf_init(&heard, (size_t)256 << 20);
  ssize_t got;
  do {
    char *at = buf_reserve(&heard, 65536);
    assert_non_null(at);
    got = recv(fd, at, 65536, 0);
    heard.len += got > 0 ? (size_t)got : 0;
  } while (got > 0);
  close(fd);
  if (whole != NULL) {
    *whole = got == 0;
  }
  buf_add_char(&heard, '\0');
  heard.len--;
  const char *split = memmem(heard.at, heard.len, "\r\n\r\n", 4);
  return split != NULL ? str_of(split + 4) : STR_NONE;
}

static struct str get(const char *target) {
  return talk("GET", target, "", STR_NONE, NULL);
}

static void expect_status(int status) {
  char line[32];
  snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
  if (heard.len < 13 || strncmp(heard.at, line, 13) != 0) {
    fail_msg("not %d: %.300s", status, heard.at);
  }
}

static bool head_has(const char *line) {
  const char *at = strstr(heard.at, line);
  return at != NULL && at < (const char *)memmem(heard.at, heard.len, "\r\n\r\n", 4) + 4;
}

/* The body without its chunks, in the place of the last answer; false: the last chunk is missing. */
static bool unchunk(struct str *body) {
  char *to = (char *)body->at;
  const char *from = body->at;
  const char *end_of_all = body->at + body->len;
  size_t len = 0;
  while (from < end_of_all) {
    char *after;
    unsigned long size = strtoul(from, &after, 16);
    if (size == 0) {
      *body = (struct str){to, len};
      return strcmp(after, "\r\n\r\n") == 0;
    }
    if (after + 2 + size + 2 > end_of_all) {
      return false;
    }
    memmove(to + len, after + 2, size);
    len += size;
    from = after + 2 + size + 2;
  }
  return false;
}

static void expect_rows(struct str body, int64_t count) {
  assert_int_equal(body.len, count * 13);
  for (int64_t i = 0; i < count; i += 997) {
    char row[16];
    snprintf(row, sizeof row, "row %08lld\n", (long long)i);
    assert_memory_equal(body.at + i * 13, row, 13);
  }
}

/* ---- streams ---- */

static void a_short_export_is_an_ordinary_answer_with_its_length(struct store *store) {
  begin(store, 0);
  struct str body = get("/rows?count=5000");
  expect_status(200);
  assert_true(head_has("\r\nContent-Length: 65000\r\n"));
  assert_true(head_has("\r\nContent-Type: text/csv; charset=utf-8\r\n"));
  assert_true(head_has("\r\nContent-Disposition: attachment; filename=\"rows.csv\"\r\n"));
  expect_rows(body, 5000);
  expect_rows(get("/rows?count=0"), 0);
  expect_status(200);
  assert_int_equal(world.lanes[LANE_EXPORT], 2);
  end();
}

static void a_long_export_is_chunked_and_whole(struct store *store) {
  begin(store, 0);
  bool whole = false;
  struct str body = talk("GET", "/rows?count=300000", "", STR_NONE, &whole);
  expect_status(200);
  assert_true(whole);
  assert_true(head_has("\r\nTransfer-Encoding: chunked\r\n"));
  assert_true(head_has("\r\nContent-Disposition: attachment; filename=\"rows.csv\"\r\n"));
  assert_true(unchunk(&body));
  expect_rows(body, 300000);
  CLEANUP_BUF struct buf metrics;
  buf_init(&metrics, 1 << 20);
  kit_metrics(world.kit, &metrics);
  buf_add_char(&metrics, '\0');
  assert_non_null(strstr(metrics.at, "\nsigap_http_streams_total{result=\"whole\"} 1\n"));
  assert_non_null(strstr(metrics.at, "\nsigap_http_streams_total{result=\"broken\"} 0\n"));
  end();
}

static void head_ends_after_the_first_piece(struct store *store) {
  begin(store, 0);
  talk("HEAD", "/rows?count=100000000", "", STR_NONE, NULL);
  expect_status(200);
  assert_true(head_has("\r\nTransfer-Encoding: chunked\r\n"));
  assert_true(str_ends(buf_str(&heard), "\r\n\r\n"));
  talk("HEAD", "/rows?count=10", "", STR_NONE, NULL);
  expect_status(200);
  assert_true(head_has("\r\nContent-Length: 130\r\n"));
  end();
}

static void a_failure_before_anything_was_sent_is_an_ordinary_problem(struct store *store) {
  begin(store, 0);
  static const char *const targets[] = {"/rows?count=10&early=true", "/rows?count=3000&fail_at=2000"};
  for (int i = 0; i < 2; i++) {
    struct str body = get(targets[i]);
    expect_status(409);
    assert_string_equal(body.at, "{\"code\":409,\"message\":\"A row is broken.\",\"faults\":[]}");
    assert_true(head_has("\r\nContent-Type: application/json; charset=utf-8\r\n"));
    assert_false(head_has("Content-Disposition"));
    assert_false(head_has("text/csv"));
  }
  end();
}

static void a_failure_later_breaks_the_connection(struct store *store) {
  begin(store, 0);
  bool whole = true;
  struct str body = talk("GET", "/rows?count=300000&fail_at=200000", "", STR_NONE, &whole);
  assert_true(body.at == NULL || !unchunk(&body));
  assert_false(whole);
  for (int i = 0; i < 1000; i++) {
    CLEANUP_BUF struct buf metrics;
    buf_init(&metrics, 1 << 20);
    kit_metrics(world.kit, &metrics);
    buf_add_char(&metrics, '\0');
    if (strstr(metrics.at, "\nsigap_http_streams_total{result=\"broken\"} 1\n") != NULL &&
        strstr(metrics.at, "\nsigap_http_in_flight 0\n") != NULL) {
      break;
    }
    assert_true(i < 999);
    usleep(2000);
  }
  end();
}

static void a_reader_that_leaves_ends_the_handler(struct store *store) {
  begin(store, 0);
  int fd = dial();
  say(fd, STR("GET /rows?count=100000000 HTTP/1.1\r\nHost: desk\r\n\r\n"));
  char first[100];
  assert_true(recv(fd, first, sizeof first, 0) > 0);
  assert_int_equal(world.running, 1);
  close(fd);
  for (int i = 0; i < 2000 && world.running > 0; i++) {
    usleep(2000);
  }
  assert_int_equal(world.running, 0);
  end();
}

static void a_full_lane_is_503_with_a_time(struct store *store) {
  begin(store, 0);
  world.full = true;
  get("/rows?count=10");
  expect_status(503);
  assert_true(head_has("\r\nRetry-After: 1\r\n"));
  end();
}

static void outside_of_its_lane_nobody_streams(struct store *store) {
  begin(store, 0);
  get("/elsewhere");
  expect_status(500);
  end();
}

/* ---- files ---- */

static void a_file_is_sent_with_its_length_from_any_lane(struct store *store) {
  begin(store, 0);
  struct str body = get("/file");
  expect_status(200);
  assert_true(head_has("\r\nContent-Length: 300000\r\n"));
  assert_true(head_has("\r\nContent-Type: application/pdf\r\n"));
  assert_int_equal(heard.len - (size_t)(body.at - heard.at), 300000);
  talk("HEAD", "/file", "", STR_NONE, NULL);
  assert_true(head_has("\r\nContent-Length: 300000\r\n"));
  assert_true(str_ends(buf_str(&heard), "\r\n\r\n"));
  end();
}

/* How many of give_file's files are open. */
static unsigned open_files(void) {
  unsigned count = 0;
  DIR *folder = opendir("/proc/self/fd");
  const struct dirent *entry;
  assert_non_null(folder);
  while ((entry = readdir(folder)) != NULL) {
    char target[256];
    ssize_t len = readlinkat(dirfd(folder), entry->d_name, target, sizeof target);
    count += len > 13 && memcmp(target, "/memfd:answer", 13) == 0;
  }
  closedir(folder);
  return count;
}

static void files_are_closed_whatever_becomes_of_the_answer(struct store *store) {
  begin(store, 0);
  for (int i = 0; i < 5; i++) {
    struct str body = get("/file/broken");
    expect_status(409);
    assert_string_equal(body.at, "{\"code\":409,\"message\":\"A row is broken.\",\"faults\":[]}");
    get("/file");
  }
  for (int i = 0; i < 500 && open_files() > 0; i++) {
    usleep(2000);
  }
  assert_int_equal(open_files(), 0);
  end();
}

/* ---- uploads ---- */

static char headers[1024];

static const char *signed_headers(const char *type) {
  snprintf(headers, sizeof headers, "Authorization: Bearer %.*s\r\nContent-Type: %s\r\n",
           STR_ARG(world.token), type);
  return headers;
}

#define FORM "multipart/form-data; boundary=xx"
#define TITLE "--xx\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nhello\r\n"
#define FILE_HEAD "--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n"

static void an_upload_reaches_its_handler_in_the_pool_as_a_file(struct store *store) {
  begin(store, 0);
  struct str small = STR(TITLE FILE_HEAD "%PDF-1.7\r\n--xx--\r\n");
  struct str body = talk("POST", "/upload", signed_headers(FORM), small, NULL);
  expect_status(200);
  assert_string_equal(body.at, "hello a.pdf 8 %PD");
  enum { LARGE = 10 << 20 };
  CLEANUP_BUF struct buf large;
  buf_init(&large, 12 << 20);
  buf_add_text(&large, TITLE FILE_HEAD);
  char *content = buf_reserve(&large, LARGE);
  assert_non_null(content);
  memset(content, 'x', LARGE);
  large.len += LARGE;
  buf_add_text(&large, "\r\n--xx--\r\n");
  body = talk("POST", "/upload", headers, buf_str(&large), NULL);
  expect_status(200);
  assert_string_equal(body.at, "hello a.pdf 10485760 xxx");
  assert_int_equal(world.lanes[LANE_POOL], 2);
  assert_int_equal(world.lanes[LANE_WRITER], 0);
  end();
}

static void faults_of_an_upload_are_those_of_a_form(struct store *store) {
  begin(store, 0);
  const struct {
    struct str body;
    const char *fault;
  } cases[] = {
      {STR(FILE_HEAD "%PDF\r\n--xx--\r\n"), "title is required"},
      {STR("--xx\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nmuch too long\r\n--xx--"),
       "title must be at most 5 characters"},
      {STR(TITLE FILE_HEAD "%PDF"), "body must not end without its final boundary"},
      {STR("{\"title\":\"hello\"}"), "body must begin with its boundary"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct str body = talk("POST", "/upload", signed_headers(FORM), cases[i].body, NULL);
    expect_status(400);
    if (strstr(body.at, cases[i].fault) == NULL) {
      fail_msg("not \"%s\": %s", cases[i].fault, body.at);
    }
  }
  talk("POST", "/upload", signed_headers(FORM), STR_NONE, NULL); /* no body at all */
  expect_status(400);
  talk("POST", "/upload", signed_headers("application/json"), STR("{\"title\":\"hello\"}"), NULL);
  expect_status(415);
  assert_int_equal(world.handled, 0);
  end();
}

static void strangers_write_nothing_to_the_disk(struct store *store) {
  begin(store, 0);
  struct token_claims past = {.session_id = 1, .issued_at_s = 1, .expires_at_s = 1000};
  struct str expired;
  assert_int_equal(token_sign(store->ctx.arena, &past, &expired), STATUS_OK);
  const struct str tokens[] = {STR("none"), STR("a.b.c"), expired};
  for (int i = 0; i < 3; i++) {
    snprintf(headers, sizeof headers, "Authorization: Bearer %.*s\r\nContent-Type: " FORM "\r\n",
             STR_ARG(tokens[i]));
    talk("POST", "/upload", headers, STR(TITLE "--xx--"), NULL);
    expect_status(401);
    assert_true(head_has("\r\nConnection: close\r\n"));
  }
  talk("POST", "/upload", "Content-Type: " FORM "\r\n", STR(TITLE "--xx--"), NULL);
  expect_status(401);
  assert_int_equal(world.lanes[LANE_POOL], 0);
  end();
}

static void a_body_over_the_limit_is_refused_at_once(struct store *store) {
  begin(store, 0);
  char text[2048];
  int fd = dial();
  int len =
      snprintf(text, sizeof text, "POST /upload HTTP/1.1\r\nHost: desk\r\nContent-Length: 20000000\r\n%s\r\n",
               signed_headers(FORM));
  say(fd, (struct str){text, (size_t)len});
  ssize_t got = recv(fd, text, sizeof text - 1, 0);
  assert_true(got > 13);
  assert_int_equal(strncmp(text, "HTTP/1.1 413 ", 13), 0);
  close(fd);
  end();
}

static void any_content_is_spooled_where_no_form_is_asked_for(struct store *store) {
  begin(store, 0);
  struct str body = talk("POST", "/raw", signed_headers("image/png"), STR("\x89PNG"), NULL);
  expect_status(200);
  assert_string_equal(body.at, "4 bytes");
  end();
}

static void a_multipart_body_may_also_lie_in_memory(struct store *store) {
  begin(store, 0);
  struct str body = talk("POST", "/note", signed_headers(FORM), STR(TITLE "--xx--"), NULL);
  expect_status(200);
  assert_string_equal(body.at, "hello - -1 ");
  end();
}

/* ---- what else every answer of a row has ---- */

static void mounts_serve_the_same_rows(struct store *store) {
  begin(store, 0);
  get("/v1/rows?count=1");
  expect_status(200);
  get("/v1/file/");
  expect_status(200);
  assert_false(head_has("RateLimit")); /* the limit is off */
  struct str body = get("/v1/nothing");
  expect_status(404);
  assert_non_null(strstr(body.at, "\"code\":404"));
  get("/v2/file");
  expect_status(404);
  talk("POST", "/v1/file", "", STR(""), NULL);
  expect_status(405);
  CLEANUP_BUF struct buf metrics;
  buf_init(&metrics, 1 << 20);
  kit_metrics(world.kit, &metrics);
  buf_add_char(&metrics, '\0');
  assert_non_null(strstr(metrics.at, "route=\"/rows\",status=\"2xx\"} 1\n"));
  assert_null(strstr(metrics.at, "/v1"));
  end();
}

static void counted_calls_say_what_is_left(struct store *store) {
  begin(store, 2);
  static const int statuses[] = {200, 200, 429};
  static const char *const left[] = {"\r\nRateLimit: \"default\";r=1;t=", "\r\nRateLimit: \"default\";r=0;t=",
                                     "\r\nRateLimit: \"default\";r=0;t="};
  while (time_now_us() / TIME_SECOND_US % 60 > 50) {
    usleep(100 * 1000); /* all within one window */
  }
  for (int i = 0; i < 3; i++) {
    get(i == 1 ? "/rows?count=10000" : "/file");
    expect_status(statuses[i]);
    assert_true(head_has("\r\nRateLimit-Policy: \"default\";q=2;w=60\r\n"));
    assert_true(head_has(left[i]));
  }
  assert_true(head_has("\r\nRetry-After: "));
  get("/nothing"); /* nobody counts it */
  assert_false(head_has("RateLimit"));
  end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_short_export_is_an_ordinary_answer_with_its_length),
      STORE_TEST(a_long_export_is_chunked_and_whole),
      STORE_TEST(head_ends_after_the_first_piece),
      STORE_TEST(a_failure_before_anything_was_sent_is_an_ordinary_problem),
      STORE_TEST(a_failure_later_breaks_the_connection),
      STORE_TEST(a_reader_that_leaves_ends_the_handler),
      STORE_TEST(a_full_lane_is_503_with_a_time),
      STORE_TEST(outside_of_its_lane_nobody_streams),
      STORE_TEST(a_file_is_sent_with_its_length_from_any_lane),
      STORE_TEST(files_are_closed_whatever_becomes_of_the_answer),
      STORE_TEST(an_upload_reaches_its_handler_in_the_pool_as_a_file),
      STORE_TEST(faults_of_an_upload_are_those_of_a_form),
      STORE_TEST(strangers_write_nothing_to_the_disk),
      STORE_TEST(a_body_over_the_limit_is_refused_at_once),
      STORE_TEST(any_content_is_spooled_where_no_form_is_asked_for),
      STORE_TEST(a_multipart_body_may_also_lie_in_memory),
      STORE_TEST(mounts_serve_the_same_rows),
      STORE_TEST(counted_calls_say_what_is_left),
  };
  int failed = STORE_RUN(tests);
  buf_release(&heard);
  return failed;
}
