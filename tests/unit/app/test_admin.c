#include "folder.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "app/admin.h"
#include "base/log.h"

/* The command line's way to a running server, over a real socket in a folder of its own. */

struct fixture {
  char folder[128];
  char why[256];
  int listener;
  int stop[2]; /* a pipe: written to where the server shall end */
  pthread_t server;
  /* what the server saw */
  int calls, argc;
  char arguments[8][64];
  char input[64];
  size_t input_len;
  /* what it answers */
  int code;
  size_t out_len;
};

static int command(void *app, int argc, char **argv, struct str input, struct buf *out, struct buf *err) {
  struct fixture *fixture = app;
  fixture->calls++;
  fixture->argc = argc;
  for (int i = 0; i < argc && i < 8; i++) {
    snprintf(fixture->arguments[i], sizeof fixture->arguments[i], "%s", argv[i]);
  }
  assert_null(argv[argc]);
  fixture->input_len = input.len;
  snprintf(fixture->input, sizeof fixture->input, "%.*s", STR_ARG(input));
  buf_add_text(out, "said\n");
  for (size_t i = 0; i < fixture->out_len; i++) {
    buf_add_char(out, 'x');
  }
  buf_add_text(err, "complained\n");
  return fixture->code;
}

static void *serve_once(void *arg) {
  struct fixture *fixture = arg;
  admin_serve_one(fixture->listener, fixture->stop[0], command, fixture);
  return NULL;
}

static int setup(void **state) {
  struct fixture *fixture = test_calloc(1, sizeof *fixture);
  log_setup(LOG_ERROR, LOG_TEXT);
  folder_make(fixture->folder);
  assert_int_equal(pipe2(fixture->stop, O_CLOEXEC), 0);
  assert_int_equal(admin_listen(fixture->folder, &fixture->listener, fixture->why), STATUS_OK);
  assert_int_equal(pthread_create(&fixture->server, NULL, serve_once, fixture), 0);
  *state = fixture;
  return 0;
}

static void wait_for_server(struct fixture *fixture) {
  assert_int_equal(pthread_join(fixture->server, NULL), 0);
  fixture->server = 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  if (fixture->server != 0) {
    shutdown(fixture->listener, SHUT_RDWR); /* wakes one that still waits */
    pthread_join(fixture->server, NULL);
  }
  admin_close(fixture->folder, fixture->listener);
  close(fixture->stop[0]);
  close(fixture->stop[1]);
  folder_remove(fixture->folder);
  test_free(fixture);
  return 0;
}

static void path_of(const struct fixture *fixture, char path[192]) {
  snprintf(path, 192, "%s/admin.sock", fixture->folder);
}

static int connected(const struct fixture *fixture) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%.90s/admin.sock", fixture->folder);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

/* Calls with stdout and stderr in files; what stood there comes back. */
static enum status call(struct fixture *fixture, int argc, const char *const *argv, struct str input,
                        int *code, char *out, char *err, size_t size) {
  char paths[2][192];
  int kept[2];
  FILE *const streams[2] = {stdout, stderr};
  for (int i = 0; i < 2; i++) {
    snprintf(paths[i], sizeof paths[i], "%s/stream%d", fixture->folder, i);
    fflush(streams[i]);
    kept[i] = dup(i + 1);
    int file = open(paths[i], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dup2(file, i + 1);
    close(file);
  }
  enum status status = admin_call(fixture->folder, argc, argv, input, code, fixture->why);
  char *const texts[2] = {out, err};
  for (int i = 0; i < 2; i++) {
    fflush(streams[i]);
    dup2(kept[i], i + 1);
    close(kept[i]);
    FILE *file = fopen(paths[i], "re");
    size_t got = fread(texts[i], 1, size - 1, file);
    texts[i][got] = '\0';
    fclose(file);
  }
  return status;
}

static void a_command_goes_there_and_its_words_come_back(void **state) {
  struct fixture *fixture = *state;
  const char *const argv[] = {"sigap", "user", "add", "--name", "", "Änne Müller"};
  fixture->code = 3;
  int code = -1;
  char out[256];
  char err[256];
  assert_int_equal(call(fixture, 6, argv, STR("pass\0word\n"), &code, out, err, sizeof out), STATUS_OK);
  wait_for_server(fixture);
  assert_int_equal(code, 3);
  assert_string_equal(out, "said\n");
  assert_string_equal(err, "complained\n");
  assert_int_equal(fixture->argc, 6);
  assert_string_equal(fixture->arguments[2], "add");
  assert_string_equal(fixture->arguments[4], "");
  assert_string_equal(fixture->arguments[5], "Änne Müller");
  assert_int_equal(fixture->input_len, 10);
}

static void a_long_list_comes_whole(void **state) {
  struct fixture *fixture = *state;
  const char *const argv[] = {"sigap", "user", "list"};
  fixture->out_len = (size_t)3 * 1024 * 1024;
  int code = -1;
  static char out[4 * 1024 * 1024];
  static char err[4 * 1024 * 1024];
  assert_int_equal(call(fixture, 3, argv, STR_NONE, &code, out, err, sizeof out), STATUS_OK);
  wait_for_server(fixture);
  assert_int_equal(code, 0);
  assert_int_equal(strlen(out), 5 + fixture->out_len);
}

static void where_nobody_listens_is_not_found(void **state) {
  struct fixture *fixture = *state;
  const char *const argv[] = {"sigap"};
  int code = -1;
  char other[192];
  snprintf(other, sizeof other, "%s/other", fixture->folder);
  assert_int_equal(mkdir(other, 0700), 0);
  assert_int_equal(admin_call(other, 1, argv, STR_NONE, &code, fixture->why), STATUS_NOT_FOUND);
  char stale[200];
  snprintf(stale, sizeof stale, "%s/admin.sock", other);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%.107s", stale);
  int left = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(left, (struct sockaddr *)&address, sizeof address), 0);
  close(left); /* the file stays, as after a crash */
  assert_int_equal(admin_call(other, 1, argv, STR_NONE, &code, fixture->why), STATUS_NOT_FOUND);
  assert_int_equal(code, -1);
}

static void a_stale_socket_is_replaced(void **state) {
  struct fixture *fixture = *state;
  char path[192];
  path_of(fixture, path);
  /* Ended without tidying: the listener is gone, its file is not. */
  shutdown(fixture->listener, SHUT_RDWR);
  wait_for_server(fixture);
  close(fixture->listener);
  assert_int_equal(access(path, F_OK), 0);
  assert_int_equal(admin_listen(fixture->folder, &fixture->listener, fixture->why), STATUS_OK);
  close(connected(fixture));
}

static void the_socket_is_its_owners_alone(void **state) {
  struct fixture *fixture = *state;
  char path[192];
  path_of(fixture, path);
  assert_int_equal(folder_mode(path), 0600);
  mode_t now = umask(0);
  umask(now);
  assert_int_not_equal(now, 0177); /* given back */
}

static void closing_takes_the_socket_away(void **state) {
  struct fixture *fixture = *state;
  char path[192];
  path_of(fixture, path);
  shutdown(fixture->listener, SHUT_RDWR);
  wait_for_server(fixture);
  admin_close(fixture->folder, fixture->listener);
  assert_int_not_equal(access(path, F_OK), 0);
  assert_int_equal(admin_listen(fixture->folder, &fixture->listener, fixture->why),
                   STATUS_OK); /* for the teardown */
}

static void a_path_too_long_for_a_socket_is_told(void **state) {
  struct fixture *fixture = *state;
  char longer[300];
  snprintf(longer, sizeof longer, "%s/%0150d", fixture->folder, 1);
  assert_int_equal(mkdir(longer, 0700), 0);
  int listener = -1;
  assert_int_equal(admin_listen(longer, &listener, fixture->why), STATUS_INVALID);
  ASSERT_WHY(fixture->why, "too long");
  assert_int_equal(listener, -1);
}

static void no_server_can_be_where_the_path_is_too_long(void **state) {
  struct fixture *fixture = *state;
  char longer[300];
  snprintf(longer, sizeof longer, "%s/%0150d", fixture->folder, 1);
  const char *const argv[] = {"sigap"};
  int code = -1;
  assert_int_equal(admin_call(longer, 1, argv, STR_NONE, &code, fixture->why), STATUS_NOT_FOUND);
}

/* ---- strangers on the socket ---- */

static void send_length(int fd, uint32_t len) {
  const uint8_t bytes[4] = {(uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16), (uint8_t)(len >> 24)};
  assert_int_equal(send(fd, bytes, 4, MSG_NOSIGNAL), 4);
}

/* The server hung up without a word. */
static void assert_hung_up(int fd) {
  char answer[16];
  assert_true(recv(fd, answer, sizeof answer, 0) <= 0);
  close(fd);
}

static void an_oversize_frame_is_refused(void **state) {
  struct fixture *fixture = *state;
  static const uint32_t lengths[] = {ADMIN_FRAME_MAX + 1, UINT32_MAX};
  for (int i = 0; i < 2; i++) {
    if (fixture->server == 0) {
      assert_int_equal(pthread_create(&fixture->server, NULL, serve_once, fixture), 0);
    }
    int fd = connected(fixture);
    send_length(fd, lengths[i]);
    wait_for_server(fixture);
    assert_hung_up(fd);
    assert_int_equal(fixture->calls, 0);
  }
}

static void the_largest_frame_is_taken(void **state) {
  struct fixture *fixture = *state;
  int fd = connected(fixture);
  static char arguments[ADMIN_FRAME_MAX];
  memset(arguments, 'a', sizeof arguments);
  send_length(fd, sizeof arguments);
  assert_int_equal(send(fd, arguments, sizeof arguments, MSG_NOSIGNAL), sizeof arguments);
  send_length(fd, 0);
  wait_for_server(fixture);
  assert_int_equal(fixture->calls, 1);
  assert_int_equal(fixture->argc, 1);
  close(fd);
}

static void half_a_frame_runs_nothing(void **state) {
  struct fixture *fixture = *state;
  int fd = connected(fixture);
  send_length(fd, 100);
  assert_int_equal(send(fd, "sigap", 6, MSG_NOSIGNAL), 6);
  shutdown(fd, SHUT_WR);
  wait_for_server(fixture);
  assert_int_equal(fixture->calls, 0);
  assert_hung_up(fd);
}

static void too_many_arguments_run_nothing(void **state) {
  struct fixture *fixture = *state;
  int fd = connected(fixture);
  char arguments[400];
  for (size_t i = 0; i < sizeof arguments; i += 2) {
    arguments[i] = 'a';
    arguments[i + 1] = '\0';
  }
  send_length(fd, sizeof arguments);
  assert_int_equal(send(fd, arguments, sizeof arguments, MSG_NOSIGNAL), sizeof arguments);
  send_length(fd, 0);
  wait_for_server(fixture);
  assert_int_equal(fixture->calls, 0); /* never half of what was said */
  assert_hung_up(fd);
}

static void a_caller_that_left_harms_nobody(void **state) {
  struct fixture *fixture = *state;
  fixture->out_len = (size_t)1024 * 1024;
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  int fd = connected(fixture);
  send_length(fd, 6);
  assert_int_equal(send(fd, "sigap", 6, MSG_NOSIGNAL), 6);
  send_length(fd, 0);
  close(fd);
  wait_for_server(fixture);
  assert_int_equal(fixture->calls, 1);
}

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void a_client_that_hangs_does_not_hold_up_the_end(void **state) {
  struct fixture *fixture = *state;
  int fd = connected(fixture);
  send_length(fd, 100);
  usleep(100 * 1000);
  int64_t began = now_ms();
  assert_int_equal(write(fixture->stop[1], "x", 1), 1);
  wait_for_server(fixture);
  assert_true(now_ms() - began < 2000);
  assert_int_equal(fixture->calls, 0);
  close(fd);
}

static void a_command_that_is_there_runs_even_at_the_end(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(write(fixture->stop[1], "x", 1), 1);
  const char *const argv[] = {"sigap", "user", "list"};
  int code = -1;
  char out[256];
  char err[256];
  enum status status = call(fixture, 3, argv, STR_NONE, &code, out, err, sizeof out);
  wait_for_server(fixture);
  /* Run wholly or not at all, and the caller knows which. */
  assert_int_equal(status, fixture->calls == 1 ? STATUS_OK : STATUS_UNAVAILABLE);
}

static void without_a_free_file_the_caller_is_not_sent_round_and_round(void **state) {
  struct fixture *fixture = *state;
  shutdown(fixture->listener, SHUT_RDWR);
  wait_for_server(fixture);
  admin_close(fixture->folder, fixture->listener);
  assert_int_equal(admin_listen(fixture->folder, &fixture->listener, fixture->why), STATUS_OK);
  int fd = connected(fixture);
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  struct rlimit none = before;
  none.rlim_cur = 3;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  int64_t began = now_ms();
  admin_serve_one(fixture->listener, -1, command, fixture);
  int64_t took = now_ms() - began;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  assert_true(took >= 50 && took < 2000);
  assert_int_equal(fixture->calls, 0);
  close(fd);
}

static void a_server_that_hangs_up_is_told(void **state) {
  struct fixture *fixture = *state;
  const char *argv[80];
  for (int i = 0; i < 80; i++) {
    argv[i] = "more";
  }
  int code = -1;
  assert_int_equal(admin_call(fixture->folder, 80, argv, STR_NONE, &code, fixture->why), STATUS_UNAVAILABLE);
  ASSERT_WHY(fixture->why, "did not answer");
  assert_int_equal(code, -1);
}

static void a_command_over_its_limit_is_told(void **state) {
  struct fixture *fixture = *state;
  char *big = test_malloc(ADMIN_FRAME_MAX + 1);
  memset(big, 'b', ADMIN_FRAME_MAX);
  big[ADMIN_FRAME_MAX] = '\0';
  const char *const argv[] = {"sigap", big};
  int code = -1;
  assert_int_equal(admin_call(fixture->folder, 2, argv, STR_NONE, &code, fixture->why), STATUS_INVALID);
  ASSERT_WHY(fixture->why, "longer than 65536 bytes");
  test_free(big);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_command_goes_there_and_its_words_come_back),
      TEST(a_long_list_comes_whole),
      TEST(where_nobody_listens_is_not_found),
      TEST(a_stale_socket_is_replaced),
      TEST(the_socket_is_its_owners_alone),
      TEST(closing_takes_the_socket_away),
      TEST(a_path_too_long_for_a_socket_is_told),
      TEST(no_server_can_be_where_the_path_is_too_long),
      TEST(an_oversize_frame_is_refused),
      TEST(the_largest_frame_is_taken),
      TEST(half_a_frame_runs_nothing),
      TEST(too_many_arguments_run_nothing),
      TEST(a_caller_that_left_harms_nobody),
      TEST(a_client_that_hangs_does_not_hold_up_the_end),
      TEST(a_command_that_is_there_runs_even_at_the_end),
      TEST(without_a_free_file_the_caller_is_not_sent_round_and_round),
      TEST(a_server_that_hangs_up_is_told),
      TEST(a_command_over_its_limit_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
