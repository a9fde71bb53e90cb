#ifndef SIGAP_TESTS_APP_CHILD_H
#define SIGAP_TESTS_APP_CHILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"

/* A process of the test's own, which ends with the test at the latest, and what it says meanwhile. */

enum { CHILD_TEXT_MAX = 64 * 1024, CHILD_DEADLINE_S = 60 };

struct child {
  pid_t pid; /* 0: none, or ended and waited for */
  int fds[2];
  char text[2][CHILD_TEXT_MAX]; /* standard output and standard error, NUL-terminated */
  size_t len[2];
};

/* Starts a process that runs body(arg) and exits with what it returns; its standard input is empty. */
static inline void child_start(struct child *child, int (*body)(void *arg), void *arg) {
  int out[2], err[2];
  assert_int_equal(pipe2(out, O_CLOEXEC), 0);
  assert_int_equal(pipe2(err, O_CLOEXEC), 0);
  memset(child, 0, sizeof *child);
  fflush(stdout);
  fflush(stderr);
  pid_t parent = getpid();
  child->pid = fork();
  assert_true(child->pid >= 0);
  if (child->pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (getppid() != parent || dup2(null, 0) != 0 || dup2(out[1], 1) != 1 || dup2(err[1], 2) != 2) {
      _exit(99);
    }
    int code = body(arg);
    fflush(stdout);
    fflush(stderr);
    _exit(code); /* what the test's own process does at its end is not for this one */
  }
  close(out[1]);
  close(err[1]);
  child->fds[0] = out[0];
  child->fds[1] = err[0];
}

/* Reads what comes within the time; false once both ends are closed. */
static inline bool child_read(struct child *child, int wait_ms) {
  struct pollfd polled[2] = {{.fd = child->fds[0], .events = POLLIN},
                             {.fd = child->fds[1], .events = POLLIN}};
  if (poll(polled, 2, wait_ms) < 0 && errno != EINTR) {
    fail_msg("poll: %s", strerror(errno));
  }
  for (int i = 0; i < 2; i++) {
    if (polled[i].revents == 0) {
      continue;
    }
    size_t room = CHILD_TEXT_MAX - 1 - child->len[i];
    ssize_t got = read(child->fds[i], child->text[i] + child->len[i], room);
    if (got > 0) {
      child->len[i] += (size_t)got;
    } else {
      close(child->fds[i]);
      child->fds[i] = -1; /* poll passes over it */
    }
  }
  return child->fds[0] >= 0 || child->fds[1] >= 0;
}

/* Waits until the text stands in its standard output (0) or standard error (1). */
static inline void child_await(struct child *child, int stream, const char *text) {
  const int64_t deadline_ns = time_monotonic_ns() + CHILD_DEADLINE_S * INT64_C(1000000000);
  while (strstr(child->text[stream], text) == NULL) {
    if (!child_read(child, 100) || time_monotonic_ns() > deadline_ns) {
      fail_msg("\"%s\" was not said: %s%s", text, child->text[0], child->text[1]);
    }
  }
}

/* Waits until it has ended; its exit code. Ending by a signal, or not at all, fails the test. */
static inline int child_wait(struct child *child) {
  const int64_t deadline_ns = time_monotonic_ns() + CHILD_DEADLINE_S * INT64_C(1000000000);
  int status = 0;
  while (child_read(child, 100)) {
    if (time_monotonic_ns() > deadline_ns) {
      fail_msg("it has not ended: %s%s", child->text[0], child->text[1]);
    }
  }
  assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
  child->pid = 0;
  if (!WIFEXITED(status)) {
    fail_msg("ended by signal %d: %s%s", WTERMSIG(status), child->text[0], child->text[1]);
  }
  return WEXITSTATUS(status);
}

/* For a teardown: ends what a failed test left. */
static inline void child_drop(struct child *child) {
  if (child->pid > 0) {
    kill(child->pid, SIGKILL);
    waitpid(child->pid, NULL, 0);
    child->pid = 0;
  }
  for (int i = 0; i < 2; i++) {
    if (child->fds[i] > 0) {
      close(child->fds[i]);
    }
    child->fds[i] = -1;
  }
}

#define ASSERT_CHILD_SAID(child, stream, part)                                        \
  do {                                                                                \
    if (strstr((child)->text[stream], (part)) == NULL) {                              \
      fail_msg("\"%s\" is not in: %s%s", (part), (child)->text[0], (child)->text[1]); \
    }                                                                                 \
  } while (0)

/* ---- a server's process ---- */

/* The port of the line that tells where it serves. */
static inline uint16_t child_port(struct child *child) {
  child_await(child, 0, " serves on http://127.0.0.1:");
  child_await(child, 0, "health: /readyz");
  unsigned port = 0;
  assert_int_equal(sscanf(strstr(child->text[0], "127.0.0.1:"), "127.0.0.1:%u\n", &port), 1);
  assert_in_range(port, 1, 65535);
  return (uint16_t)port;
}

static inline int port_connect(uint16_t port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  const struct timeval limit = {.tv_sec = CHILD_DEADLINE_S};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static inline void port_send(int fd, const char *method, const char *path, const char *body) {
  char text[2048];
  int len = snprintf(text, sizeof text,
                     "%s %s HTTP/1.1\r\nHost: desk.example\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     method, path, strlen(body), body);
  assert_in_range(len, 1, sizeof text - 1);
  assert_int_equal(send(fd, text, (size_t)len, MSG_NOSIGNAL), len);
}

/* Reads one whole answer with a Content-Length; gives its status. */
static inline int port_receive(int fd, char *text, size_t size) {
  size_t len = 0;
  text[0] = '\0';
  for (;;) {
    const char *body = strstr(text, "\r\n\r\n");
    const char *said = body != NULL ? strcasestr(text, "\r\nContent-Length: ") : NULL;
    if (said != NULL && said < body && strlen(body + 4) >= strtoul(said + 18, NULL, 10)) {
      break;
    }
    ssize_t got = recv(fd, text + len, size - 1 - len, 0);
    if (got <= 0) {
      fail_msg("no whole answer came: %s", text);
    }
    len += (size_t)got;
    text[len] = '\0';
  }
  int status = 0;
  assert_int_equal(sscanf(text, "HTTP/1.1 %d ", &status), 1);
  return status;
}

#endif
