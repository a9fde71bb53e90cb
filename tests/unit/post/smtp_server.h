#ifndef SIGAP_TESTS_POST_SMTP_SERVER_H
#define SIGAP_TESTS_POST_SMTP_SERVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listener.h"

/* A mail server that speaks just enough SMTP, to one client at a time, and answers as the test wants it. What
 * real servers do is tested in tests/mail. */

enum { SMTP_LINE_MAX = 1024, SMTP_MESSAGE_MAX = 256 * 1024 };

struct smtp_server {
  int listener;
  char url[64];
  int stop[2];
  pthread_t thread;
  bool runs;

  /* what it answers to a recipient and to a whole message; set at any time */
  const char *_Atomic rcpt_answer;
  const char *_Atomic data_answer;
  atomic_bool silent; /* no answer to a message while this is set */

  /* what it saw */
  atomic_int connections, open, recipients, whole, accepted;
  char message[SMTP_MESSAGE_MAX]; /* the last whole one, NUL-terminated; to be read after smtp_server_end */
};

/* Takes a free port; nobody is at home there until smtp_server_open. */
static inline void smtp_server_init(struct smtp_server *server) {
  unsigned port = 0;
  memset(server, 0, sizeof *server);
  atomic_store(&server->rcpt_answer, "250 fine");
  atomic_store(&server->data_answer, "250 taken");
  server->listener = listener_bind(&port);
  snprintf(server->url, sizeof server->url, "smtp://127.0.0.1:%u?tls=off", port);
  assert_int_equal(pipe(server->stop), 0);
}

/* Waits until there is something to read; false when the server shall end. */
static inline bool smtp_server_wait(struct smtp_server *server, int fd) {
  struct pollfd polled[2] = {{.fd = server->stop[0], .events = POLLIN}, {.fd = fd, .events = POLLIN}};
  while (poll(polled, 2, -1) < 0) {
  }
  return polled[0].revents == 0;
}

/* One line without its end; false when the client has gone. */
static inline bool smtp_server_line(struct smtp_server *server, int fd, char line[SMTP_LINE_MAX]) {
  size_t len = 0;
  for (;;) {
    char c;
    if (!smtp_server_wait(server, fd) || recv(fd, &c, 1, 0) != 1) {
      return false;
    }
    if (c == '\n') {
      line[len > 0 && line[len - 1] == '\r' ? len - 1 : len] = '\0';
      return true;
    }
    if (len + 1 < SMTP_LINE_MAX) {
      line[len++] = c;
    }
  }
}

static inline void smtp_server_say(int fd, const char *answer) {
  char line[SMTP_LINE_MAX];
  int len = snprintf(line, sizeof line, "%s\r\n", answer);
  (void)!send(fd, line, (size_t)len, MSG_NOSIGNAL);
}

static inline bool smtp_server_message(struct smtp_server *server, int fd) {
  char line[SMTP_LINE_MAX];
  size_t len = 0;
  smtp_server_say(fd, "354 go on");
  while (smtp_server_line(server, fd, line)) {
    if (strcmp(line, ".") == 0) {
      server->message[len] = '\0';
      atomic_fetch_add(&server->whole, 1);
      while (atomic_load(&server->silent)) {
        struct pollfd polled = {.fd = server->stop[0], .events = POLLIN};
        if (poll(&polled, 1, 10) > 0) {
          return false;
        }
      }
      const char *answer = atomic_load(&server->data_answer);
      if (answer[0] == '2') {
        atomic_fetch_add(&server->accepted, 1);
      }
      smtp_server_say(fd, answer);
      return true;
    }
    int added = snprintf(server->message + len, SMTP_MESSAGE_MAX - len, "%s\n", line);
    len = len + (size_t)added < SMTP_MESSAGE_MAX ? len + (size_t)added : len;
  }
  return false;
}

static inline void smtp_server_talk(struct smtp_server *server, int fd) {
  char line[SMTP_LINE_MAX];
  smtp_server_say(fd, "220 here");
  while (smtp_server_line(server, fd, line)) {
    if (strncmp(line, "RCPT", 4) == 0) {
      atomic_fetch_add(&server->recipients, 1);
      smtp_server_say(fd, atomic_load(&server->rcpt_answer));
    } else if (strncmp(line, "DATA", 4) == 0) {
      if (!smtp_server_message(server, fd)) {
        return;
      }
    } else if (strncmp(line, "QUIT", 4) == 0) {
      smtp_server_say(fd, "221 bye");
      return;
    } else {
      smtp_server_say(fd, "250 fine");
    }
  }
}

static inline void *smtp_server_run(void *arg) {
  struct smtp_server *server = arg;
  while (smtp_server_wait(server, server->listener)) {
    int fd = accept(server->listener, NULL, NULL);
    if (fd >= 0) {
      atomic_fetch_add(&server->connections, 1);
      atomic_fetch_add(&server->open, 1);
      smtp_server_talk(server, fd);
      close(fd);
      atomic_fetch_sub(&server->open, 1);
    }
  }
  return NULL;
}

/* From now on it is there. */
static inline void smtp_server_open(struct smtp_server *server) {
  assert_int_equal(listen(server->listener, 8), 0);
  assert_int_equal(pthread_create(&server->thread, NULL, smtp_server_run, server), 0);
  server->runs = true;
}

static inline void smtp_server_end(struct smtp_server *server) {
  if (server->runs) {
    assert_int_equal(write(server->stop[1], "x", 1), 1);
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    server->runs = false;
  }
  close(server->listener);
  close(server->stop[0]);
  close(server->stop[1]);
}

#endif
