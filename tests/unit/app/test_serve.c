#include "store.h"

#include <sys/resource.h>

#include "app/command.h"
#include "app/dialects.h"
#include "child.h"
#include "desk/account/account.h"
#include "desk/tenant/tenant.h"
#include "folder.h"
#include "people.h"
#include "said.h"

/* `sigap serve` from its start to its end, in a process of its own, on a database of each engine and a fresh
 * data directory. While it runs the test has no connection of its own to the database. */

static struct child child, second;
static struct options options;
static char folder[128], data[160];

static int set_up(void **state) {
  folder_make(folder);
  snprintf(data, sizeof data, "%s/data", folder);
  memset(&child, 0, sizeof child);
  memset(&second, 0, sizeof second);
  return store_setup(state);
}

static int tear_down(void **state) {
  child_drop(&child);
  child_drop(&second);
  folder_remove(folder);
  return store_teardown(state);
}

/* ---- a server ---- */

static int serve(void *arg) {
  const struct options *served = arg;
  log_setup(LOG_ERROR, LOG_TEXT);
  return command_serve(served);
}

static void begin(struct store *store) {
  options = OPTIONS(store->ctx.arena, "serve", "--data", data, "--listen", "127.0.0.1:0", "--threads", "2",
                    "--database", store->url);
  store_close(&store->ctx);
}

static uint16_t start(void) {
  child_start(&child, serve, &options);
  return child_port(&child);
}

static void stop(int signal_number) {
  assert_int_equal(kill(child.pid, signal_number), 0);
  assert_int_equal(child_wait(&child), 0);
  assert_string_equal(child.text[1], "");
}

/* Gives the test its connection back. */
static void end(struct store *store) {
  store->ctx.db = store_open(store, DB_WRITE).db;
}

static char answer[4 * 1024 * 1024];

static int ask(uint16_t port, const char *method, const char *path, const char *body) {
  int fd = port_connect(port);
  port_send(fd, method, path, body);
  int status = port_receive(fd, answer, sizeof answer);
  close(fd);
  return status;
}

#define REGISTER \
  "{\"user_name\":\"Ani\",\"user_email\":\"ani@example.com\",\"user_password\":\"Password123\"}"

static bool is_there(const char *name) {
  char path[200];
  snprintf(path, sizeof path, "%s/%s", data, name);
  return access(path, F_OK) == 0;
}

/* ---- from start to end ---- */

static void a_first_start_tells_where_and_what_next(struct store *store) {
  begin(store);
  const uint16_t port = start();
  char line[256];
  snprintf(line, sizeof line,
           "Sigap " SIGAP_VERSION
           " serves on http://127.0.0.1:%u\nDocumentation: http://127.0.0.1:%u/docs · "
           "health: /readyz · counters: /metrics\nData: %s · database: %s\n",
           (unsigned)port, (unsigned)port, data, store->pgsql ? "PostgreSQL" : "SQLite");
  child_await(&child, 0, SQL(store, "demo --data %s\n", data));
  assert_memory_equal(child.text[0], line, strlen(line));
  ASSERT_CHILD_SAID(&child, 0, "--role super_admin --password-stdin\n");
  ASSERT_CHILD_SAID(&child, 0, SQL(store, "Mail: no --smtp, so mails are written to %s/mail\n", data));
  ASSERT_CHILD_SAID(&child, 0, SQL(store, "user add --data %s \\\n    --email", data));
  stop(SIGTERM);
  end(store);
}

static void a_later_start_with_staff_and_a_mail_server_says_no_more_than_it_must(struct store *store) {
  person(store, TENANT_OPERATOR, ROLE_MANAGER, "Ani", "ani@example.com");
  begin(store);
  options.smtp = "smtp://127.0.0.1:1";
  start();
  stop(SIGTERM); /* all of what it says was said */
  assert_null(strstr(child.text[0], "Mail: "));
  assert_null(strstr(child.text[0], "administer"));
  end(store);
}

static void it_serves_every_dialect_and_itself(struct store *store) {
  begin(store);
  const uint16_t port = start();
  assert_int_equal(ask(port, "GET", "/livez", ""), 200);
  assert_int_equal(ask(port, "GET", "/readyz", ""), 200);
  assert_int_equal(ask(port, "GET", "/metrics", ""), 200);
  assert_non_null(strstr(answer, "\nsigap_ready 1\n"));
  for (const struct dialect *const *dialect = documented_dialects; *dialect != NULL; dialect++) {
    assert_int_equal(ask(port, "GET", SQL(store, "/openapi/%s.json", (*dialect)->name), ""), 200);
  }
  assert_int_equal(ask(port, "GET", "/nowhere", ""), 404);
  assert_non_null(strstr(answer, "\"no_such_path\""));
  assert_int_equal(ask(port, "POST", "/api/auth/register", REGISTER), 200);
  assert_int_equal(
      ask(port, "POST", "/auth/login", "{\"email\":\"ani@example.com\",\"password\":\"Password123\"}"), 200);
  stop(SIGINT);
  end(store);
}

static void it_leaves_the_directory_ready_for_the_next_start(struct store *store) {
  begin(store);
  start();
  assert_true(is_there("admin.sock"));
  stop(SIGTERM);
  assert_false(is_there("admin.sock"));
  assert_true(is_there("jwt.key"));
  const uint16_t port = start();
  assert_int_equal(ask(port, "GET", "/readyz", ""), 200);
  stop(SIGTERM);
  end(store);
}

static void a_token_outlives_the_server(struct store *store) {
  begin(store);
  uint16_t port = start();
  assert_int_equal(ask(port, "POST", "/api/auth/register", REGISTER), 200);
  const char *token = strstr(answer, "\"jwt_token\":\"");
  assert_non_null(token);
  char request[2048];
  snprintf(request, sizeof request,
           "GET /api/ticket?skip=0&limit=1 HTTP/1.1\r\nHost: desk.example\r\nAuthorization: %.*s\r\n\r\n",
           (int)strcspn(token + 13, "\""), token + 13);
  stop(SIGTERM);
  port = start();
  int fd = port_connect(port);
  assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
  assert_int_equal(port_receive(fd, answer, sizeof answer), 200);
  close(fd);
  stop(SIGTERM);
  end(store);
}

/* What was asked before the stop is done, kept and answered. */
static void requests_under_way_are_answered_at_the_end(struct store *store) {
  begin(store);
  const uint16_t port = start();
  int fd = port_connect(port);
  port_send(fd, "GET", "/livez", "");
  assert_int_equal(port_receive(fd, answer, sizeof answer), 200); /* the connection is the server's now */
  port_send(fd, "POST", "/api/auth/register", REGISTER);
  assert_int_equal(kill(child.pid, SIGTERM), 0);
  assert_int_equal(port_receive(fd, answer, sizeof answer), 200);
  assert_non_null(strcasestr(answer, "\r\nConnection: close\r\n"));
  close(fd);
  assert_int_equal(child_wait(&child), 0);
  end(store);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account WHERE email = 'ani@example.com'"), 1);
}

static void the_command_line_goes_through_the_running_server(struct store *store) {
  begin(store);
  start();
  struct options add =
      OPTIONS(store->ctx.arena, "user", "add", "--email", "ani@example.com", "--name", "Ani", "--role",
              "super_admin", "--password-stdin", "--data", data, "--database", store->url);
  said.input = "a-good-password\n";
  say(command_run, &add);
  if (said.code != 0) {
    fail_msg("%s%s", said.out, said.err);
  }
  stop(SIGTERM);
  end(store);
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM account WHERE role = 6"), 1);
}

static void the_desks_time_zone_is_set_where_it_is_said(struct store *store) {
  begin(store);
  options.timezone = "Asia/Jakarta";
  start();
  stop(SIGTERM);
  options.timezone = NULL; /* not said: it stays as it is */
  start();
  stop(SIGTERM);
  end(store);
  assert_str(store_text(store, "SELECT timezone FROM tenant WHERE id = 1"), "Asia/Jakarta");
}

static int serve_with_few_files(void *arg) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < 512) {
    return 97;
  }
  limit.rlim_cur = 256;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? serve(arg) : 97;
}

static void it_takes_all_the_files_that_it_may_open(struct store *store) {
  begin(store);
  child_start(&child, serve_with_few_files, &options);
  child_port(&child);
  struct rlimit limit;
  assert_int_equal(prlimit(child.pid, RLIMIT_NOFILE, NULL, &limit), 0);
  assert_int_equal(limit.rlim_cur, limit.rlim_max);
  stop(SIGTERM);
  end(store);
}

/* ---- refusals to start ---- */

/* Exit 1, nothing on standard output, one sentence on standard error with this in it. */
static void assert_refused(struct child *refused, const char *part) {
  child_start(refused, serve, &options);
  assert_int_equal(child_wait(refused), 1);
  assert_string_equal(refused->text[0], "");
  assert_memory_equal(refused->text[1], "sigap: ", 7);
  ASSERT_CHILD_SAID(refused, 1, part);
  const char *line_end = strchr(refused->text[1], '\n');
  assert_non_null(line_end);
  assert_string_equal(line_end - 1, ".\n");
}

static void a_directory_has_one_server(struct store *store) {
  begin(store);
  const uint16_t port = start();
  char sentence[128];
  snprintf(sentence, sizeof sentence, "Another sigap (process %ld) is using the data directory",
           (long)child.pid);
  assert_refused(&second, sentence);
  assert_int_equal(ask(port, "GET", "/readyz", ""), 200);
  stop(SIGTERM);
  end(store);
}

static void a_port_in_use_is_told_and_leaves_no_lock(struct store *store) {
  begin(store);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof address;
  int taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(taken, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(taken, 1), 0);
  assert_int_equal(getsockname(taken, (struct sockaddr *)&address, &len), 0);
  options.listen_port = ntohs(address.sin_port);
  char sentence[128];
  snprintf(sentence, sizeof sentence, "Can't listen on 127.0.0.1 port %u: ", (unsigned)options.listen_port);
  assert_refused(&child, sentence);
  assert_false(is_there("admin.sock"));
  close(taken);
  options.listen_port = 0;
  start();
  stop(SIGTERM);
  end(store);
}

static void what_it_can_not_work_with_is_told(struct store *store) {
  begin(store);
  const struct options good = options;
  char path[200];
  snprintf(path, sizeof path, "%s/file", folder);
  folder_write(path, "");
  options.data = path;
  assert_refused(&child, "Not a directory");
  options = good;
  options.smtp = "smtp://mail.example.com:99999";
  assert_refused(&child, "The SMTP address must look like");
  options = good;
  options.timezone = "Mars/Olympus";
  assert_refused(&child, ".");
  options = good;
  options.hcall_purge_status = "conclude";
  assert_refused(&child, "--hcall-purge-status \"conclude\"");
  options = good;
  options.ruang_default_password = STR("Password123");
  assert_refused(&child, "--ruang-default-password must have at least 8 characters");
  options = good;
  snprintf(path, sizeof path, "%s/jwt.key", data);
  folder_write(path, "short\n");
  assert_refused(&child, "holds less than 32 bytes");
  options.jwt_secret = STR("0123456789abcdef0123456789abcdef"); /* then the file does not matter */
  start();
  stop(SIGTERM);
  end(store);
}

static void a_database_that_is_none_is_told(struct store *store) {
  begin(store);
  if (store->pgsql) {
    options.database = "postgresql://someone:hunter2@/desk?host=/nowhere";
  } else {
    char *diary = arena_alloc(store->ctx.arena, 8192);
    memset(diary, 'x', 8191);
    diary[8191] = '\0';
    folder_write(store_path(store, "diary"), diary);
    options.database = SQL(store, "sqlite:%s/diary", store->folder);
  }
  assert_refused(&child, store->pgsql ? "Can't use the database: " : "file is not a database");
  assert_null(strstr(child.text[1], "hunter2"));
  end(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST_WITH(a_first_start_tells_where_and_what_next),
      STORE_TEST_WITH(a_later_start_with_staff_and_a_mail_server_says_no_more_than_it_must),
      STORE_TEST_WITH(it_serves_every_dialect_and_itself),
      STORE_TEST_WITH(it_leaves_the_directory_ready_for_the_next_start),
      STORE_TEST_WITH(a_token_outlives_the_server),
      STORE_TEST_WITH(requests_under_way_are_answered_at_the_end),
      STORE_TEST_WITH(the_command_line_goes_through_the_running_server),
      STORE_TEST_WITH(the_desks_time_zone_is_set_where_it_is_said),
      STORE_TEST_WITH(it_takes_all_the_files_that_it_may_open),
      STORE_TEST_WITH(a_directory_has_one_server),
      STORE_TEST_WITH(a_port_in_use_is_told_and_leaves_no_lock),
      STORE_TEST_WITH(what_it_can_not_work_with_is_told),
      STORE_TEST_WITH(a_database_that_is_none_is_told),
  };
  return STORE_RUN(tests);
}
