#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "net/http_internal.h"

/* Files for bodies; the system's calls are looked at, and fail where a test wants it: see meson.build. */

static int open_error;
static ssize_t write_max = -1; /* bytes that one write takes */
static int write_error;
static unsigned made; /* by name */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
  if (open_error != 0) {
    errno = open_error;
    return -1;
  }
  return __real_open(path, flags, 0600);
}
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...) {
  return __wrap_open(path, flags);
}

int __real_mkostemp64(char *path, int flags);
int __wrap_mkostemp64(char *path, int flags);
int __wrap_mkostemp64(char *path, int flags) {
  made++;
  return __real_mkostemp64(path, flags);
}

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len) {
  static bool interrupted;
  if (write_error != 0) {
    errno = write_error;
    return -1;
  }
  if (write_max >= 0) {
    interrupted = !interrupted;
    if (interrupted) {
      errno = EINTR;
      return -1;
    }
    len = len < (size_t)write_max ? len : (size_t)write_max;
  }
  return __real_write(fd, bytes, len);
}

static char folder[64];

static int setup(void **state) {
  (void)state;
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  open_error = 0;
  write_max = -1;
  write_error = 0;
  made = 0;
  snprintf(folder, sizeof folder, "/tmp/sigap-spool-XXXXXX");
  return mkdtemp(folder) == NULL;
}

/* Fails where a file kept its name. */
static int teardown(void **state) {
  (void)state;
  return rmdir(folder);
}

static void expect_unnamed(int fd) {
  struct stat file;
  char back[6] = "";
  assert_true(fd >= 0);
  assert_int_equal(fstat(fd, &file), 0);
  assert_true(S_ISREG(file.st_mode));
  assert_int_equal(file.st_mode & 0777, 0600);
  assert_int_equal(file.st_nlink, 0);
  assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  assert_true(spool_write(fd, "he", 2));
  assert_true(spool_write(fd, "llo", 3));
  assert_int_equal(pread(fd, back, 5, 0), 5);
  assert_string_equal(back, "hello");
  close(fd);
}

static void a_file_has_no_name_and_is_ours_alone(void **state) {
  (void)state;
  expect_unnamed(spool_open(folder));
}

static void where_files_need_a_name_it_is_taken_at_once(void **state) {
  (void)state;
  static const int errors[] = {EOPNOTSUPP, EISDIR};
  for (int i = 0; i < 2; i++) {
    open_error = errors[i];
    expect_unnamed(spool_open(folder));
    assert_int_equal(made, i + 1);
  }
}

static void a_folder_that_is_not_there_is_told(void **state) {
  (void)state;
  errno = 0;
  assert_int_equal(spool_open("/nowhere/at/all"), -1);
  assert_int_equal(errno, ENOENT);
  assert_int_equal(spool_open(NULL), -1);
  assert_int_equal(errno, ENOSPC);
}

static void short_and_interrupted_writes_go_on(void **state) {
  (void)state;
  char back[11] = "";
  int fd = spool_open(folder);
  assert_true(fd >= 0);
  write_max = 3;
  assert_true(spool_write(fd, "0123456789", 10));
  write_max = -1;
  assert_int_equal(pread(fd, back, 10, 0), 10);
  assert_string_equal(back, "0123456789");
  write_error = ENOSPC;
  assert_false(spool_write(fd, "x", 1));
  assert_int_equal(errno, ENOSPC);
  close(fd);
}

static void each_trouble_has_its_number(void **state) {
  (void)state;
  assert_int_equal(spool_refusal(ENOSPC), 507);
  assert_int_equal(spool_refusal(EDQUOT), 507);
  assert_int_equal(spool_refusal(EFBIG), 507);
  assert_int_equal(spool_refusal(EMFILE), 503);
  assert_int_equal(spool_refusal(ENFILE), 503);
  assert_int_equal(spool_refusal(EIO), 500);
  assert_int_equal(spool_refusal(ENOENT), 500);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_file_has_no_name_and_is_ours_alone), TEST(where_files_need_a_name_it_is_taken_at_once),
      TEST(a_folder_that_is_not_there_is_told),   TEST(short_and_interrupted_writes_go_on),
      TEST(each_trouble_has_its_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
