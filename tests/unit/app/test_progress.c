#include "said.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>

#include "app/progress.h"

/* The one line of a long command, on a terminal of the test's own. The clock is the test's: see meson.build.
 */

static int64_t now_ns;
int64_t __wrap_time_monotonic_ns(void);
int64_t __wrap_time_monotonic_ns(void) {
  return now_ns;
}
#define MS INT64_C(1000000)

static struct progress progress;
static int kept, master, slave;
static char shown[4096];

/* Standard error becomes a terminal. */
static int set_up(void **state) {
  (void)state;
  now_ns = 1000 * MS;
  fflush(stderr);
  kept = dup(STDERR_FILENO);
  assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
  assert_int_equal(dup2(slave, STDERR_FILENO), STDERR_FILENO);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
  close(kept);
  close(slave);
  close(master);
  return 0;
}

/* What was shown since the last look. */
static const char *look(void) {
  size_t len = 0;
  struct pollfd polled = {.fd = master, .events = POLLIN};
  fflush(stderr);
  while (len + 1 < sizeof shown && poll(&polled, 1, 0) > 0) {
    ssize_t got = read(master, shown + len, sizeof shown - 1 - len);
    assert_true(got > 0);
    len += (size_t)got;
  }
  shown[len] = '\0';
  return shown;
}

static void a_line_tells_how_far_it_is_and_is_written_over(void **state) {
  (void)state;
  progress_begin(&progress, "Copying");
  progress_tell(&progress, "files", 12, 40);
  assert_string_equal(look(), "\r\033[KCopying files: 12 of 40 (30 %)");
  now_ns += 200 * MS;
  progress_tell(&progress, "files", 40, 40);
  assert_string_equal(look(), "\r\033[KCopying files: 40 of 40 (100 %)");
  progress_end(&progress);
  assert_string_equal(look(), "\r\033[K");
}

static void where_the_end_is_not_known_it_is_not_told(void **state) {
  (void)state;
  progress_begin(&progress, "Packing");
  progress_tell(&progress, "files", INT64_C(5000000000), 0);
  assert_string_equal(look(), "\r\033[KPacking files: 5000000000");
}

static void it_is_told_five_times_a_second_at_most(void **state) {
  (void)state;
  progress_begin(&progress, "Copying");
  progress_tell(&progress, "files", 1, 40);
  look();
  now_ns += 199 * MS;
  progress_tell(&progress, "files", 2, 40);
  assert_string_equal(look(), "");
  now_ns += 1 * MS;
  progress_tell(&progress, "files", 3, 40);
  assert_string_equal(look(), "\r\033[KCopying files: 3 of 40 (7 %)");
}

static void the_database_room_tells_of_its_tables_and_pages(void **state) {
  (void)state;
  progress_begin(&progress, "Counting");
  const struct db_progress told = progress_of(&progress);
  told.tell(told.arg, "ticket", 1, 2);
  assert_string_equal(look(), "\r\033[KCounting ticket: 1 of 2 (50 %)");
  now_ns += 200 * MS;
  told.tell(told.arg, NULL, 1, 2);
  assert_string_equal(look(), "\r\033[KCounting pages: 1 of 2 (50 %)");
}

static void nothing_is_said_where_there_is_no_terminal(void **state) {
  (void)state;
  int file = memfd_create("err", MFD_CLOEXEC);
  assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
  progress_begin(&progress, "Copying");
  progress_tell(&progress, "files", 12, 40);
  progress_end(&progress);
  fflush(stderr);
  assert_int_equal(lseek(file, 0, SEEK_END), 0);
  close(file);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(a_line_tells_how_far_it_is_and_is_written_over),
      TEST(where_the_end_is_not_known_it_is_not_told),
      TEST(it_is_told_five_times_a_second_at_most),
      TEST(the_database_room_tells_of_its_tables_and_pages),
      TEST(nothing_is_said_where_there_is_no_terminal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
