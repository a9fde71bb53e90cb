#ifndef SIGAP_TESTS_NET_DIAL_H
#define SIGAP_TESTS_NET_DIAL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/http.h"

/* What the tests of the server's files share: a server on a free port, and clients that are sockets. */

static inline struct http_server *serve(struct http_callbacks callbacks, const struct http_limits *limits,
                                        unsigned threads) {
  const struct http_config config = {
      .address = "127.0.0.1", .threads = threads, .limits = *limits, .callbacks = callbacks};
  struct http_server *server = NULL;
  const char *why = NULL;
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  assert_int_equal(http_server_new(&config, &server, &why), STATUS_OK);
  http_server_start(server);
  return server;
}

static inline void serve_end(struct http_server *server) {
  http_server_stop(server, 2000);
  http_server_free(server);
}

static inline int dial(const struct http_server *server) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(http_server_port(server))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct timeval patience = {.tv_sec = 10};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static inline void say(int fd, const char *text) {
  assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Hears until the text ends like this; NULL: until the connection ends, then *error is the errno of its end,
 * 0 an orderly one. The text is valid until the next call. */
static inline const char *hear(int fd, const char *ending, int *error) {
  static char text[1 << 20];
  size_t len = 0;
  text[0] = '\0';
  for (;;) {
    ssize_t got = recv(fd, text + len, sizeof text - 1 - len, 0);
    if (got <= 0) {
      if (error != NULL) {
        *error = got < 0 ? errno : 0;
      }
      if (ending != NULL) {
        fail_msg("the connection ended before \"%s\": %.500s", ending, text);
      }
      return text;
    }
    len += (size_t)got;
    text[len] = '\0';
    assert_true(len < sizeof text - 1);
    if (ending != NULL && len >= strlen(ending) && strcmp(text + len - strlen(ending), ending) == 0) {
      return text;
    }
  }
}

static inline unsigned occurrences(const char *text, const char *part) {
  unsigned count = 0;
  for (; (text = strstr(text, part)) != NULL; text += strlen(part)) {
    count++;
  }
  return count;
}

static inline void wait_for_open(const struct http_server *server, unsigned open) {
  struct http_stats stats;
  for (int i = 0; i < 2000; i++) {
    http_server_stats(server, &stats);
    if (stats.open == open) {
      return;
    }
    usleep(2000);
  }
  assert_int_equal(stats.open, open);
}

#endif
