#include "folder.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "app/archive.h"

/* Archives as they are written, as they come back, and what is refused. */

static char folder[128], path[160];
static char why[256];

static int set_up(void **state) {
  (void)state;
  folder_make(folder);
  snprintf(path, sizeof path, "%s/desk.tar", folder);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  folder_remove(folder);
  return 0;
}

static int file_of(const char *bytes, size_t len) {
  char name[200];
  snprintf(name, sizeof name, "%s/content-XXXXXX", folder);
  int fd = mkstemp(name);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, bytes, len), len);
  unlink(name);
  return fd;
}

#define OK(call)                     \
  do {                               \
    why[0] = '\0';                   \
    enum status ok_status_ = (call); \
    if (ok_status_ != STATUS_OK) {   \
      fail_msg("%s", why);           \
    }                                \
  } while (0)

/* Two entries: a content of so many bytes, and a text. */
static void make(size_t len, uint8_t hash[ARCHIVE_HASH_SIZE]) {
  char *bytes = malloc(len + 1);
  assert_non_null(bytes);
  for (size_t i = 0; i < len; i++) {
    bytes[i] = (char)(i * 7 + i / 512);
  }
  int fd = file_of(bytes, len);
  struct archive *archive = NULL;
  OK(archive_create(path, &archive, why));
  OK(archive_add_file(archive, "files/ab/content", fd, (int64_t)len, hash, why));
  OK(archive_add_text(archive, "manifest.json", STR("{\"a\":1}\n"), why));
  OK(archive_finish(archive, why));
  archive_free(archive);
  close(fd);
  free(bytes);
}

static void what_is_written_comes_back_whatever_its_length(void **state) {
  (void)state;
  static const size_t lengths[] = {0, 1, 511, 512, 513, 65536, 200000};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    uint8_t written[ARCHIVE_HASH_SIZE], read[ARCHIVE_HASH_SIZE];
    char name[ARCHIVE_NAME_SIZE], text[16];
    int64_t size = -1;
    bool end = true;
    make(lengths[i], written);
    assert_int_equal(folder_mode(path), 0600);
    struct archive *archive = NULL;
    OK(archive_open(path, &archive, why));
    OK(archive_next(archive, name, &size, &end, why));
    assert_string_equal(name, "files/ab/content");
    assert_int_equal(size, lengths[i]);
    assert_false(end);
    int fd = file_of("", 0);
    OK(archive_take_file(archive, fd, read, why));
    assert_memory_equal(read, written, sizeof read);
    assert_int_equal(lseek(fd, 0, SEEK_END), lengths[i]);
    close(fd);
    OK(archive_next(archive, name, &size, &end, why));
    assert_string_equal(name, "manifest.json");
    assert_int_equal(size, 8);
    OK(archive_take_text(archive, text, why));
    assert_memory_equal(text, "{\"a\":1}\n", 8);
    OK(archive_next(archive, name, &size, &end, why));
    assert_true(end);
    archive_free(archive);
    unlink(path);
  }
}

static void an_entry_that_nobody_takes_is_passed_over(void **state) {
  (void)state;
  uint8_t hash[ARCHIVE_HASH_SIZE];
  char name[ARCHIVE_NAME_SIZE];
  int64_t size;
  bool end;
  make(1000, hash);
  struct archive *archive = NULL;
  OK(archive_open(path, &archive, why));
  OK(archive_next(archive, name, &size, &end, why));
  OK(archive_next(archive, name, &size, &end, why));
  assert_string_equal(name, "manifest.json");
  archive_free(archive);
}

static void other_programs_read_it(void **state) {
  (void)state;
  uint8_t hash[ARCHIVE_HASH_SIZE];
  make(700, hash);
  char command[400];
  snprintf(command, sizeof command, "%s/out", folder);
  assert_int_equal(mkdir(command, 0700), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    execlp("tar", "tar", "-xf", path, "-C", command, NULL);
    _exit(127);
  }
  int state_of = 0;
  assert_int_equal(waitpid(child, &state_of, 0), child);
  assert_int_equal(state_of, 0);
  char content[500];
  snprintf(content, sizeof content, "%s/files/ab/content", command);
  struct stat info;
  assert_int_equal(stat(content, &info), 0);
  assert_int_equal(info.st_size, 700);
}

static void a_file_that_is_there_is_not_touched(void **state) {
  (void)state;
  uint8_t hash[ARCHIVE_HASH_SIZE];
  make(10, hash);
  struct stat before, after;
  assert_int_equal(stat(path, &before), 0);
  struct archive *archive = NULL;
  assert_int_equal(archive_create(path, &archive, why), STATUS_STATE);
  assert_null(archive);
  assert_int_equal(stat(path, &after), 0);
  assert_int_equal(before.st_size, after.st_size);
}

static void a_content_that_is_shorter_than_said_is_refused(void **state) {
  (void)state;
  int fd = file_of("short", 5);
  struct archive *archive = NULL;
  OK(archive_create(path, &archive, why));
  assert_int_equal(archive_add_file(archive, "x", fd, 6, NULL, why), STATUS_UNAVAILABLE);
  assert_non_null(strstr(why, "shorter"));
  char long_name[120];
  memset(long_name, 'x', sizeof long_name - 1);
  long_name[sizeof long_name - 1] = '\0';
  assert_int_equal(archive_add_text(archive, long_name, STR(""), why), STATUS_INVALID);
  archive_free(archive);
  close(fd);
}

/* Reads all; the status of what ends it. */
static enum status read_all(void) {
  struct archive *archive = NULL;
  char name[ARCHIVE_NAME_SIZE];
  int64_t size = 0;
  bool end = false;
  OK(archive_open(path, &archive, why));
  enum status status = STATUS_OK;
  while (status == STATUS_OK && !end) {
    status = archive_next(archive, name, &size, &end, why);
  }
  archive_free(archive);
  return status;
}

static void a_cut_is_found_wherever_it_is(void **state) {
  (void)state;
  uint8_t hash[ARCHIVE_HASH_SIZE];
  make(1000, hash);
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(read_all(), STATUS_OK);
  for (off_t len = info.st_size - 1; len >= 0; len -= 97) {
    assert_int_equal(truncate(path, len), 0);
    assert_int_equal(read_all(), STATUS_INVALID);
    assert_non_null(strstr(why, "damaged or not whole"));
  }
}

static void a_changed_head_or_one_of_no_plain_file_is_refused(void **state) {
  (void)state;
  uint8_t hash[ARCHIVE_HASH_SIZE];
  make(10, hash);
  static const off_t places[] = {0, 105, 130, 150, 156, 258, 300, 400};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    char byte = 0;
    assert_int_equal(pread(fd, &byte, 1, places[i]), 1);
    char other = (char)(byte ^ 1);
    assert_int_equal(pwrite(fd, &other, 1, places[i]), 1);
    assert_int_equal(read_all(), STATUS_INVALID);
    assert_int_equal(pwrite(fd, &byte, 1, places[i]), 1);
    close(fd);
  }
  assert_int_equal(read_all(), STATUS_OK);
}

static void a_size_beyond_eight_gibibytes_is_told_to_the_byte(void **state) {
  (void)state;
  /* The content is a hole: only its head is looked at. */
  const int64_t size = (INT64_C(9) << 30) + 5;
  int fd = file_of("", 0);
  struct archive *archive = NULL;
  OK(archive_create(path, &archive, why));
  assert_int_equal(archive_add_file(archive, "large", fd, size, NULL, why), STATUS_UNAVAILABLE);
  archive_free(archive);
  close(fd);
  char name[ARCHIVE_NAME_SIZE];
  int64_t found = 0;
  bool end = true;
  OK(archive_open(path, &archive, why));
  OK(archive_next(archive, name, &found, &end, why));
  assert_true(found == size);
  archive_free(archive);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(what_is_written_comes_back_whatever_its_length),
      TEST(an_entry_that_nobody_takes_is_passed_over),
      TEST(other_programs_read_it),
      TEST(a_file_that_is_there_is_not_touched),
      TEST(a_content_that_is_shorter_than_said_is_refused),
      TEST(a_cut_is_found_wherever_it_is),
      TEST(a_changed_head_or_one_of_no_plain_file_is_refused),
      TEST(a_size_beyond_eight_gibibytes_is_told_to_the_byte),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
