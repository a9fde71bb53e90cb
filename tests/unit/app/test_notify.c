#include "folder.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "app/notify.h"

/* What the service manager hears, on a socket inside the test. */

static char folder[128];
static int manager; /* -1 none */

static int set_up(void **state) {
  (void)state;
  folder_make(folder);
  manager = -1;
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  unsetenv("NOTIFY_SOCKET");
  if (manager >= 0) {
    close(manager);
  }
  folder_remove(folder);
  return 0;
}

/* Listens at this name, "@…" without a file, and tells it as the manager would. */
static void listen_at(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  assert_true(strlen(name) < sizeof address.sun_path);
  memcpy(address.sun_path, name, strlen(name));
  if (name[0] == '@') {
    address.sun_path[0] = '\0';
  }
  manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  assert_true(manager >= 0);
  socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
  assert_int_equal(bind(manager, (struct sockaddr *)&address, len), 0);
  assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static void assert_heard(const char *state) {
  char text[256];
  ssize_t got = recv(manager, text, sizeof text - 1, 0);
  assert_true(got >= 0);
  text[got] = '\0';
  assert_string_equal(text, state);
}

static void assert_silence(void) {
  char text[256];
  assert_int_equal(recv(manager, text, sizeof text, 0), -1);
  assert_int_equal(errno, EAGAIN);
}

static void each_state_is_one_message_to_the_letter(void **state) {
  (void)state;
  char path[160];
  snprintf(path, sizeof path, "%s/notify", folder);
  listen_at(path);
  notify_manager("READY=1");
  notify_manager("STATUS=Serving");
  assert_heard("READY=1");
  assert_heard("STATUS=Serving");
  assert_silence();
}

static void a_name_without_a_file_is_reached_too(void **state) {
  (void)state;
  char name[160];
  snprintf(name, sizeof name, "@%s", folder);
  listen_at(name);
  notify_manager("STOPPING=1");
  assert_heard("STOPPING=1");
}

/* It ends, that is all: nobody waits, and no signal comes. */
static void where_nobody_listens_nothing_happens(void **state) {
  (void)state;
  char path[160], too_long[256];
  unsetenv("NOTIFY_SOCKET");
  notify_manager("READY=1");
  snprintf(path, sizeof path, "%s/nobody", folder);
  memset(too_long, 'x', sizeof too_long);
  too_long[0] = '/';
  too_long[sizeof too_long - 1] = '\0';
  const char *const names[] = {"", path, too_long, "@"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    assert_int_equal(setenv("NOTIFY_SOCKET", names[i], 1), 0);
    notify_manager("READY=1");
  }
}

/* A relative name would be another file in each folder. */
static void a_name_that_does_not_begin_at_the_root_is_not_used(void **state) {
  (void)state;
  char path[160], before[4096];
  snprintf(path, sizeof path, "%s/notify", folder);
  listen_at(path);
  assert_non_null(getcwd(before, sizeof before));
  assert_int_equal(chdir(folder), 0);
  assert_int_equal(setenv("NOTIFY_SOCKET", "notify", 1), 0);
  notify_manager("READY=1");
  assert_int_equal(chdir(before), 0);
  assert_silence();
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(each_state_is_one_message_to_the_letter),
      TEST(a_name_without_a_file_is_reached_too),
      TEST(where_nobody_listens_nothing_happens),
      TEST(a_name_that_does_not_begin_at_the_root_is_not_used),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
