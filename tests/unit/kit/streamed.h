#ifndef SIGAP_TESTS_KIT_STREAMED_H
#define SIGAP_TESTS_KIT_STREAMED_H

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

/* A dialect with streams, files and uploads, served on a free port by a whole server, and a client. A lane is
 * a thread a call. For one test program: it holds its state here. */

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
static inline enum status make_page(struct ctx *ctx, void *arg) {
  struct page *page = arg;
  char *text = arena_alloc(ctx->arena, PAGE * 16);
  size_t len = 0;
  for (int64_t i = 0; i < page->count; i++) {
    len += (size_t)snprintf(text + len, 16, "row %08lld\n", (long long)(page->from + i));
  }
  page->text = (struct str){text, len};
  return STATUS_OK;
}

static inline enum status export_rows(struct call *call) {
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

static inline enum status give_file(struct call *call) {
  int fd = memfd_create("answer", MFD_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(ftruncate(fd, 300000), 0);
  return call_answer_file(call, 200, STR("application/pdf"), fd, 300000);
}

/* An earlier file is closed, and none stays with a failure. */
static inline enum status give_file_and_fail(struct call *call) {
  enum status first = give_file(call);
  enum status second = give_file(call);
  assert_int_equal(first, STATUS_OK);
  assert_int_equal(second, STATUS_OK);
  return problem_set(&call->ctx, &broken_row);
}

static inline enum status stream_elsewhere(struct call *call) {
  TRY(call_stream(call, 200, STR("text/csv")));
  return STATUS_OK;
}

struct note {
  struct str title;
};
FIELDS(note_fields, struct note, "Note",
       {FIELD(struct note, title, TEXT, "title", FIELD_REQUIRED, .max = 5)});

static inline enum status upload(struct call *call) {
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

static inline enum status keep_raw(struct call *call) {
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

static inline void print_problem(struct call *call, int http, const char *message, struct buf *out) {
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

static inline void *lane(void *arg) {
  struct call *call = arg;
  struct db *db = NULL;
  char why[256];
  assert_int_equal(db_open(&world.store->config, DB_READ, &db, why), STATUS_OK);
  kit_run(call, db);
  db_close(db);
  world.running--;
  return NULL;
}

static inline bool submit(void *app, struct call *call, enum lane to) {
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

static inline struct db *loop_db(void *app, struct http_loop *loop) {
  (void)app;
  (void)loop;
  return world.loop_db;
}

static inline enum status sign_in(struct ctx *ctx, void *arg) {
  struct session_token *out = arg;
  return session_open(ctx, &out->account, 3600, out);
}

static inline struct str new_token(struct store *store) {
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

static inline void begin(struct store *store, int64_t rate) {
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

static inline void end(void) {
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

static inline int dial(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(http_server_port(world.server))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct timeval patience = {.tv_sec = 20};
  assert_true(fd >= 0);
  assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static inline void say(int fd, struct str text) {
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
static inline struct str talk(const char *method, const char *target, const char *headers, struct str body,
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

static inline struct str get(const char *target) {
  return talk("GET", target, "", STR_NONE, NULL);
}

static inline void expect_status(int status) {
  char line[32];
  snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
  if (heard.len < 13 || strncmp(heard.at, line, 13) != 0) {
    fail_msg("not %d: %.300s", status, heard.at);
  }
}

static inline bool head_has(const char *line) {
  const char *at = strstr(heard.at, line);
  return at != NULL && at < (const char *)memmem(heard.at, heard.len, "\r\n\r\n", 4) + 4;
}

/* The body without its chunks, in the place of the last answer; false: the last chunk is missing. */
static inline bool unchunk(struct str *body) {
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

static inline void expect_rows(struct str body, int64_t count) {
  assert_int_equal(body.len, count * 13);
  for (int64_t i = 0; i < count; i += 997) {
    char row[16];
    snprintf(row, sizeof row, "row %08lld\n", (long long)i);
    assert_memory_equal(body.at + i * 13, row, 13);
  }
}

#endif
