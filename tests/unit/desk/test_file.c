#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "base/log.h"
#include "desk/file/file.h"

struct place {
  char folder[64];
  struct ctx ctx;
};

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *ftw) {
  (void)found, (void)kind, (void)ftw;
  return remove(path);
}

static int open_place(void **state) {
  struct place *place = calloc(1, sizeof *place);
  assert_non_null(place);
  snprintf(place->folder, sizeof place->folder, "/tmp/sigap-file-XXXXXX");
  assert_non_null(mkdtemp(place->folder));
  char why[256] = "";
  assert_int_equal(file_setup(place->folder, why), STATUS_OK);
  place->ctx.arena = arena_new(32 * 1024 * 1024);
  *state = place;
  return 0;
}

static int close_place(void **state) {
  struct place *place = *state;
  arena_free(place->ctx.arena);
  nftw(place->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  free(place);
  return 0;
}

static struct str png(struct place *place, size_t size, char fill) {
  char *at = arena_alloc(place->ctx.arena, size);
  memset(at, fill, size);
  memcpy(at, "\x89PNG\r\n\x1a\n", 8);
  return (struct str){at, size};
}

static const char *path_of(struct place *place, const struct file_new *file) {
  char hex[65];
  sodium_bin2hex(hex, sizeof hex, file->hash, sizeof file->hash);
  return str_c(place->ctx.arena,
               str_format(place->ctx.arena, "%s/files/%.2s/%s", place->folder, hex, hex + 2));
}

static struct file row_of(const struct file_new *file) {
  return (struct file){
      .id = 5, .hash = {(const char *)file->hash, 32}, .size = file->size, .type = file->type};
}

static int files_in(const char *folder) {
  int count = 0;
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    count += entry->d_name[0] != '.';
  }
  closedir(dir);
  return count;
}

static void first_bytes_tell_the_type(void **state) {
  (void)state;
  assert_int_equal(file_sniff(STR("\xff\xd8\xff\xe0")), FILE_JPEG);
  assert_int_equal(file_sniff(STR("\xff\xd8\xff")), FILE_JPEG);
  assert_int_equal(file_sniff(STR("\x89PNG\r\n\x1a\n")), FILE_PNG);
  assert_int_equal(file_sniff(STR("%PDF-1.7")), FILE_PDF);
  const struct str others[] = {STR_NONE,      STR(""),      STR("\xff\xd8"), STR("\x89PNG\n\x1a\n"),
                               STR("GIF89a"), STR("<svg>"), STR(" %PDF-")};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    assert_int_equal(file_sniff(others[i]), 0);
  }
  assert_string_equal(file_mime(FILE_JPEG), "image/jpeg");
  assert_string_equal(file_mime(FILE_PNG), "image/png");
  assert_string_equal(file_mime(FILE_PDF), "application/pdf");
}

static void a_content_stands_under_its_hash_for_its_owner_only(void **state) {
  struct place *place = *state;
  struct file_new file;
  const struct str content = png(place, 3000, 'x');
  assert_int_equal(file_store_image(&place->ctx, STR("a.png"), content, &file), STATUS_OK);
  assert_int_equal(file.size, 3000);
  assert_int_equal(file.type, FILE_PNG);
  uint8_t hash[32];
  crypto_hash_sha256(hash, (const unsigned char *)content.at, content.len);
  assert_memory_equal(hash, file.hash, 32);
  struct stat found;
  char *path = str_c(place->ctx.arena, str_of(path_of(place, &file)));
  assert_int_equal(stat(path, &found), 0);
  assert_int_equal(found.st_mode & 07777, 0600);
  assert_int_equal(found.st_size, 3000);
  *strrchr(path, '/') = 0;
  assert_int_equal(stat(path, &found), 0);
  assert_int_equal(found.st_mode & 07777, 0700);
  *strrchr(path, '/') = 0;
  assert_int_equal(stat(path, &found), 0);
  assert_int_equal(found.st_mode & 07777, 0700);
  assert_int_equal(files_in(str_c(place->ctx.arena, str_format(place->ctx.arena, "%s/new", path))), 0);
}

static void the_same_content_is_written_once(void **state) {
  struct place *place = *state;
  struct file_new first, second;
  struct stat before, after;
  assert_int_equal(file_store_image(&place->ctx, STR("a.png"), png(place, 500, 'x'), &first), STATUS_OK);
  assert_int_equal(stat(path_of(place, &first), &before), 0);
  assert_int_equal(file_store_image(&place->ctx, STR("b.png"), png(place, 500, 'x'), &second), STATUS_OK);
  assert_int_equal(stat(path_of(place, &second), &after), 0);
  assert_int_equal(before.st_ino, after.st_ino);
  assert_memory_equal(first.hash, second.hash, 32);
  /* A torn one, as after a crash of another program, is replaced. */
  assert_int_equal(truncate(path_of(place, &first), 17), 0);
  assert_int_equal(file_store_image(&place->ctx, STR("c.png"), png(place, 500, 'x'), &second), STATUS_OK);
  assert_int_equal(stat(path_of(place, &second), &after), 0);
  assert_int_equal(after.st_size, 500);
}

static void only_pictures_up_to_five_mib_are_taken(void **state) {
  struct place *place = *state;
  struct file_new file;
  const struct str largest = png(place, FILE_IMAGE_MAX_BYTES, 'x'),
                   larger = png(place, FILE_IMAGE_MAX_BYTES + 1, 'x');
  assert_int_equal(file_store_image(&place->ctx, STR("a.png"), largest, &file), STATUS_OK);
  assert_int_equal(file_store_image(&place->ctx, STR("a.png"), larger, &file), STATUS_TOO_LARGE);
  assert_ptr_equal(place->ctx.problem.kind, &file_too_large);
  const struct str others[] = {STR("%PDF-1.7"), STR("GIF89a"), STR("")};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    problem_clear(&place->ctx);
    assert_int_equal(file_store_image(&place->ctx, STR("a.png"), others[i], &file), STATUS_INVALID);
    assert_ptr_equal(place->ctx.problem.kind, &file_not_image);
  }
}

static void a_name_is_1_to_255_characters_of_text(void **state) {
  struct place *place = *state;
  struct file_new file;
  char name[512];
  for (int i = 0; i < 256; i++) {
    memcpy(name + 2 * i, "\xc3\xa9", 2);
  }
  const struct str content = png(place, 100, 'x');
  assert_int_equal(file_store_image(&place->ctx, (struct str){name, 510}, content, &file), STATUS_OK);
  assert_int_equal(file_store_image(&place->ctx, STR("../../etc/passwd"), content, &file), STATUS_OK);
  const struct str bad[] = {{name, 512}, STR(""), STR_NONE, STR("a\0b"), STR("\xff.png"), STR("a\x1b.png")};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    problem_clear(&place->ctx);
    assert_int_equal(file_store_image(&place->ctx, bad[i], content, &file), STATUS_INVALID);
    assert_true(str_is(place->ctx.problem.faults[0].field, "name"));
  }
}

static void a_lost_or_changed_content_is_told_and_not_given(void **state) {
  struct place *place = *state;
  struct file_new stored;
  const struct str content = png(place, 4000, 'x');
  assert_int_equal(file_store_image(&place->ctx, STR("a.png"), content, &stored), STATUS_OK);
  const struct file file = row_of(&stored);
  CLEANUP_BUF struct buf out;
  buf_init(&out, 5000);
  buf_add_text(&out, "kept");
  assert_int_equal(file_read(&place->ctx, &file, &out), STATUS_OK);
  assert_int_equal(out.len, 4004);
  assert_memory_equal(out.at + 4, content.at, 4000);
  assert_int_equal(file_read(&place->ctx, &file, &out), STATUS_TOO_LARGE); /* over the buffer's maximum */
  buf_release(&out);
  buf_init(&out, 5000);
  log_setup(LOG_ERROR + 1, LOG_TEXT); /* these are meant to happen */
  const char *path = path_of(place, &stored);
  int fd = open(path, O_WRONLY);
  assert_int_equal(pwrite(fd, "y", 1, 3999), 1);
  close(fd);
  problem_clear(&place->ctx);
  assert_int_equal(file_read(&place->ctx, &file, &out), STATUS_BROKEN);
  assert_int_equal(truncate(path, 100), 0);
  assert_int_equal(file_read(&place->ctx, &file, &out), STATUS_BROKEN);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(file_read(&place->ctx, &file, &out), STATUS_BROKEN);
  assert_int_equal(out.len, 0);
  log_setup(LOG_INFO, LOG_TEXT);
}

static void setup_says_what_is_wrong_with_the_folder(void **state) {
  struct place *place = *state;
  char why[256] = "", blocked[128];
  assert_int_equal(file_setup("/nonexistent/data", why), STATUS_BROKEN);
  assert_non_null(strstr(why, "/nonexistent/data"));
  snprintf(blocked, sizeof blocked, "%s/blocked", place->folder);
  assert_int_equal(mkdir(blocked, 0700), 0);
  char file[160];
  snprintf(file, sizeof file, "%s/files", blocked);
  close(open(file, O_CREAT | O_WRONLY, 0600));
  assert_int_equal(file_setup(blocked, why), STATUS_BROKEN);
  /* What was set up before still works. */
  struct file_new stored;
  assert_int_equal(file_store_image(&place->ctx, STR("a.png"), png(place, 64, 'x'), &stored), STATUS_OK);
}

static void old_leftovers_are_swept_and_young_ones_kept(void **state) {
  struct place *place = *state;
  char path[160], why[256];
  for (int i = 0; i < 2; i++) {
    snprintf(path, sizeof path, "%s/files/new/left%d", place->folder, i);
    close(open(path, O_CREAT | O_WRONLY, 0600));
  }
  const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
  assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
  assert_int_equal(file_setup(place->folder, why), STATUS_OK);
  *strrchr(path, '/') = 0;
  assert_int_equal(files_in(path), 1);
}

enum { CAN_NOT_MOUNT = 77 };

/* In a process and a mount of its own: a disk of 64 KiB. Returns 0 where all held, else the step. */
static int on_a_full_disk(struct place *place) {
  if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
      mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount("small", place->folder, "tmpfs", 0, "size=64k") != 0) {
    return CAN_NOT_MOUNT;
  }
  char why[256];
  struct file_new file;
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  if (file_setup(place->folder, why) != STATUS_OK) {
    return 1;
  }
  if (file_store_image(&place->ctx, STR("a.png"), png(place, 200000, 'x'), &file) != STATUS_STORAGE_FULL ||
      place->ctx.problem.kind != &problem_storage_full) {
    return 2;
  }
  char left[128];
  snprintf(left, sizeof left, "%s/files/new", place->folder);
  if (files_in(left) != 0) {
    return 3;
  }
  problem_clear(&place->ctx);
  return file_store_image(&place->ctx, STR("a.png"), png(place, 10000, 'x'), &file) == STATUS_OK ? 0 : 4;
}

static void a_full_disk_is_told_and_leaves_nothing(void **state) {
  struct place *place = *state;
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    _exit(on_a_full_disk(place));
  }
  int result = 0;
  assert_int_equal(waitpid(child, &result, 0), child);
  assert_true(WIFEXITED(result));
  if (WEXITSTATUS(result) == CAN_NOT_MOUNT) {
    skip();
  }
  assert_int_equal(WEXITSTATUS(result), 0);
}

#define FILE_TEST(function) cmocka_unit_test_setup_teardown(function, open_place, close_place)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(first_bytes_tell_the_type),
      FILE_TEST(a_content_stands_under_its_hash_for_its_owner_only),
      FILE_TEST(the_same_content_is_written_once),
      FILE_TEST(only_pictures_up_to_five_mib_are_taken),
      FILE_TEST(a_name_is_1_to_255_characters_of_text),
      FILE_TEST(a_lost_or_changed_content_is_told_and_not_given),
      FILE_TEST(setup_says_what_is_wrong_with_the_folder),
      FILE_TEST(old_leftovers_are_swept_and_young_ones_kept),
      FILE_TEST(a_full_disk_is_told_and_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
