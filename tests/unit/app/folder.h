#ifndef SIGAP_TESTS_APP_FOLDER_H
#define SIGAP_TESTS_APP_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A fresh folder for a test, gone afterwards with all that is in it. */

static inline void folder_make(char path[128]) {
  const char *temporary = getenv("TMPDIR");
  snprintf(path, 128, "%.90s/sigap-app-XXXXXX", temporary != NULL ? temporary : "/tmp");
  assert_non_null(mkdtemp(path));
}

static inline int folder_remove_one(const char *path, const struct stat *info, int type, struct FTW *where) {
  (void)info;
  (void)type;
  (void)where;
  return remove(path);
}

static inline void folder_remove(const char *path) {
  nftw(path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The permission bits of a file; fails the test where there is none. */
static inline unsigned folder_mode(const char *path) {
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  return info.st_mode & 07777;
}

static inline void folder_write(const char *path, const char *text) {
  FILE *file = fopen(path, "we");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

#define ASSERT_WHY(why, part)                                   \
  do {                                                          \
    if (strstr((why), (part)) == NULL) {                        \
      fail_msg("the sentence lacks \"%s\": %s", (part), (why)); \
    }                                                           \
  } while (0)

#endif
