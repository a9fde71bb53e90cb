#ifndef SIGAP_TESTS_NET_TALK_H
#define SIGAP_TESTS_NET_TALK_H

#include "dial.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/time.h"
#include "net/eio_server.h"

/* What the tests of the servers of sockets share: clients of WebSockets and of long-polling, word by word. */

/* Waits up to some seconds until this holds. */
#define EVENTUALLY(condition)                                       \
  do {                                                              \
    for (int tries_ = 0; tries_ < 5000 && !(condition); tries_++) { \
      usleep(1000);                                                 \
    }                                                               \
    assert_true(condition);                                         \
  } while (0)

/* A server of HTTP whose threads do not run yet. */
static inline struct http_server *serve_later(struct http_callbacks callbacks, unsigned threads) {
  const struct http_config config = {
      .address = "127.0.0.1", .threads = threads, .limits = http_limits_default, .callbacks = callbacks};
  struct http_server *server = NULL;
  const char *why = NULL;
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  assert_int_equal(http_server_new(&config, &server, &why), STATUS_OK);
  return server;
}

static inline void hear_bytes(int fd, char *out, size_t len) {
  for (size_t at = 0; at < len;) {
    ssize_t got = recv(fd, out + at, len - at, 0);
    assert_true(got > 0);
    at += (size_t)got;
  }
}

/* An answer's head, byte by byte, so that nothing behind it is taken. */
static inline const char *hear_head(int fd) {
  static char head[4096];
  size_t len = 0;
  do {
    assert_true(len < sizeof head - 1);
    hear_bytes(fd, head + len, 1);
    head[++len] = '\0';
  } while (len < 4 || strcmp(head + len - 4, "\r\n\r\n") != 0);
  return head;
}

/* ---- WebSockets ---- */

static inline void ask_for_websocket(int fd, const char *query) {
  char request[512];
  snprintf(request, sizeof request,
           "GET /%s HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
           query);
  say(fd, request);
}

static inline int dial_websocket(const struct http_server *server, const char *query) {
  int fd = dial(server);
  ask_for_websocket(fd, query);
  const char *head = hear_head(fd);
  if (strncmp(head, "HTTP/1.1 101 ", 13) != 0) {
    fail_msg("no WebSocket: %s", head);
  }
  return fd;
}

/* A short text, masked by zeros. */
static inline void ws_say(int fd, const char *text) {
  char frame[132] = {(char)0x81, (char)(0x80 | strlen(text))};
  assert_true(strlen(text) < 126);
  memcpy(frame + 6, text, strlen(text));
  assert_int_equal(send(fd, frame, 6 + strlen(text), MSG_NOSIGNAL), 6 + strlen(text));
}

/* The next frame's payload, valid until the next call; "(close)" for a Close. */
static inline const char *ws_hear(int fd) {
  static char text[4096];
  uint8_t head[4];
  hear_bytes(fd, (char *)head, 2);
  size_t len = head[1];
  if (len == 126) {
    hear_bytes(fd, (char *)head + 2, 2);
    len = (size_t)head[2] << 8 | head[3];
  }
  assert_true(len < sizeof text);
  hear_bytes(fd, text, len);
  text[len] = '\0';
  return head[0] == 0x88 ? "(close)" : text;
}

/* ---- long-polling, a connection for each request ---- */

/* The answer's body, valid until the next call; its status in *status where that is wanted. */
static inline const char *ask(const struct http_server *server, const char *method, const char *query,
                              const char *body, int *status) {
  char request[1024];
  int fd = dial(server);
  snprintf(request, sizeof request,
           "%s /%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s", method, query,
           strlen(body), body);
  say(fd, request);
  const char *answer = hear(fd, NULL, NULL);
  close(fd);
  const char *end = strstr(answer, "\r\n\r\n");
  assert_non_null(end);
  if (status != NULL) {
    *status = (int)strtol(answer + 9, NULL, 10);
  }
  return end + 4;
}

/* The sid of a handshake's body. */
static inline void sid_of(const char *body, char sid[EIO_SID_SIZE]) {
  const char *at = strstr(body, "{\"sid\":\"");
  assert_non_null(at);
  memcpy(sid, at + 8, EIO_SID_SIZE - 1);
  sid[EIO_SID_SIZE - 1] = '\0';
}

#endif
