#ifndef SIGAP_TESTS_UNIT_BASE_UNIT_H
#define SIGAP_TESTS_UNIT_BASE_UNIT_H

/* What every cmocka test includes, in the order cmocka asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"

#define assert_str(s, expected)                                           \
  do {                                                                    \
    struct str assert_str_s = (s);                                        \
    const char *assert_str_e = (expected);                                \
    assert_non_null(assert_str_s.at);                                     \
    assert_int_equal(assert_str_s.len, strlen(assert_str_e));             \
    assert_memory_equal(assert_str_s.at, assert_str_e, assert_str_s.len); \
  } while (0)

/* Runs a step in a child and returns what it wrote to standard error; `*aborted` tells
 * whether it ended by abort. */
static inline size_t run_in_child(void (*step)(void), char *out, size_t size, bool *aborted) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    /* The test runner's own handling of signals must not see the abort. */
    signal(SIGABRT, SIG_DFL);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    step();
    _exit(0);
  }
  close(ends[1]);
  size_t len = 0;
  ssize_t got;
  while (len < size - 1 && (got = read(ends[0], out + len, size - 1 - len)) > 0) {
    len += (size_t)got;
  }
  out[len] = '\0';
  close(ends[0]);
  int state = 0;
  assert_int_equal(waitpid(child, &state, 0), child);
  *aborted = WIFSIGNALED(state) && WTERMSIG(state) == SIGABRT;
  return len;
}

#endif
