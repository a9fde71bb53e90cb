#ifndef SIGAP_TESTS_APP_SAID_H
#define SIGAP_TESTS_APP_SAID_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/options.h"
#include "base/arena.h"
#include "base/str.h"

/* A sub-command run inside the test: options as its line of flags gives them, what stands on its standard
 * input, and what it says on standard output and standard error. For one test program: it holds its state
 * here. */

enum { SAID_MAX = 4 * 1024 * 1024, SAID_WORDS_MAX = 24 };

static struct said {
  int code;
  char out[SAID_MAX], err[SAID_MAX]; /* NUL-terminated */
  const char *input;                 /* of the next command; NULL: nothing */
} said;

static inline struct options said_read(struct arena *arena, const char *const *words) {
  char *argv[SAID_WORDS_MAX + 2] = {NULL};
  char why[512] = "";
  int argc = 0;
  struct options options = {0};
  argv[argc++] = str_c(arena, STR("sigap"));
  while (words[argc - 1] != NULL) {
    assert_true(argc <= SAID_WORDS_MAX);
    argv[argc] = str_c(arena, str_of(words[argc - 1]));
    argc++;
  }
  if (options_read(argc, argv, arena, &options, why) != STATUS_OK) {
    fail_msg("%s", why);
  }
  return options;
}
#define OPTIONS(arena, ...) said_read((arena), (const char *const[]){__VA_ARGS__, NULL})

/* Puts a file of its own in the place of a standard one; gives what stood there. */
static inline int said_replace(int standard, int *file) {
  int kept = dup(standard);
  *file = memfd_create("said", MFD_CLOEXEC);
  assert_true(kept >= 0 && *file >= 0);
  assert_int_equal(dup2(*file, standard), standard);
  return kept;
}

static inline void said_restore(int standard, int kept, int file, char *text) {
  assert_int_equal(dup2(kept, standard), standard);
  close(kept);
  if (text != NULL) {
    ssize_t got = pread(file, text, SAID_MAX - 1, 0);
    assert_in_range(got, 0, SAID_MAX - 2);
    text[got] = '\0';
  }
  close(file);
}

/* Runs the command to its end. */
static inline void say(int (*command)(const struct options *options), const struct options *options) {
  int in, out, err;
  fflush(stdout);
  fflush(stderr);
  int kept_in = said_replace(STDIN_FILENO, &in);
  int kept_out = said_replace(STDOUT_FILENO, &out);
  int kept_err = said_replace(STDERR_FILENO, &err);
  if (said.input != NULL) {
    assert_int_equal(pwrite(in, said.input, strlen(said.input), 0), strlen(said.input));
  }
  said.code = command(options);
  fflush(stdout);
  fflush(stderr);
  said.input = NULL;
  said_restore(STDIN_FILENO, kept_in, in, NULL);
  said_restore(STDOUT_FILENO, kept_out, out, said.out);
  said_restore(STDERR_FILENO, kept_err, err, said.err);
}

#define ASSERT_CODE(expected)                                        \
  do {                                                               \
    if (said.code != (expected)) {                                   \
      fail_msg("exit code %d: %s%s", said.code, said.out, said.err); \
    }                                                                \
  } while (0)
#define ASSERT_SAID(where, part)                                      \
  do {                                                                \
    if (strstr(said.where, (part)) == NULL) {                         \
      fail_msg("\"%s\" is not in: %s%s", (part), said.out, said.err); \
    }                                                                 \
  } while (0)

#endif
