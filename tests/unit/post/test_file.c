#include "reader.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "post/file.h"

static char folder[64];

static int set_up(void **state) {
  (void)state;
  snprintf(folder, sizeof(folder), "/tmp/sigap-mail-XXXXXX");
  return mkdtemp(folder) == NULL;
}

static int tear_down(void **state) {
  (void)state;
  char path[400];
  snprintf(path, sizeof(path), "%s/mail", folder);
  DIR *dir = opendir(path);
  for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
    (void)unlinkat(dirfd(dir), entry->d_name, 0);
  }
  if (dir != NULL) {
    closedir(dir);
  }
  (void)unlink(path);
  (void)rmdir(path);
  return rmdir(folder);
}

static size_t files(void) {
  char path[400];
  snprintf(path, sizeof(path), "%s/mail", folder);
  DIR *dir = opendir(path);
  assert_non_null(dir);
  size_t count = 0;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
  }
  closedir(dir);
  return count;
}

static void a_mail_is_a_private_file(void **state) {
  (void)state;
  char why[256];
  assert_int_equal(post_file_prepare(folder, why), STATUS_OK);
  assert_int_equal(post_file_prepare(folder, why), STATUS_OK);
  int64_t time = INT64_C(1763644380) * TIME_SECOND_US;
  assert_int_equal(post_file_write(folder, time, 7, STR("Subject: x\r\n\r\nbody\r\n")), STATUS_OK);
  char path[400];
  snprintf(path, sizeof(path), "%s/mail/20251120T131300Z-7.eml", folder);
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
  assert_int_equal(info.st_size, 20);
  snprintf(path, sizeof(path), "%s/mail", folder);
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0700);
  /* The same mail once more is the same file, and no leavings stay beside it. */
  assert_int_equal(post_file_write(folder, time, 7, STR("Subject: y\r\n\r\n")), STATUS_OK);
  assert_int_equal(files(), 1);
  assert_int_equal(post_file_write(folder, time, 8, STR("z")), STATUS_OK);
  assert_int_equal(files(), 2);
}

static void a_lost_directory_is_made_again(void **state) {
  (void)state;
  assert_int_equal(post_file_write(folder, 0, 1, STR("x")), STATUS_OK);
  assert_int_equal(files(), 1);
}

static void what_can_not_be_written_is_said(void **state) {
  (void)state;
  char why[256] = "";
  char path[400];
  snprintf(path, sizeof(path), "%s/mail", folder);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fclose(file);
  assert_int_equal(post_file_write(folder, 0, 1, STR("x")), STATUS_UNAVAILABLE);
  snprintf(path, sizeof(path), "%s/none/deeper", folder);
  assert_int_equal(post_file_prepare(path, why), STATUS_INVALID);
  assert_true(strlen(why) > 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_mail_is_a_private_file),
      TEST(a_lost_directory_is_made_again),
      TEST(what_can_not_be_written_is_said),
  };
  return cmocka_run_group_tests_name("post/file", tests, NULL, NULL);
}
