#include "streamed.h"

/* Streams, files and uploads through a whole row. */

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
  for (int i = 0; i < 200 && world.running > 0; i++) {
    usleep(5000); /* it is counted once the client has all of it */
  }
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
