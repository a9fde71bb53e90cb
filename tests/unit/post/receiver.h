#ifndef SIGAP_TESTS_POST_RECEIVER_H
#define SIGAP_TESTS_POST_RECEIVER_H

#include "listener.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"

/* A receiver of webhooks that speaks just enough HTTP/1.1, to many clients at once, and answers as the test
 * wants it. */

enum { RECEIVER_CLIENTS = 32, RECEIVER_REQUESTS = 64, RECEIVER_TEXT = 16 * 1024 };

struct receiver_client {
  int fd; /* -1 free */
  size_t len;
  char text[RECEIVER_TEXT];
};

struct receiver {
  int listener;
  char url[64]; /* without a path */
  int stop[2];
  pthread_t thread;
  bool runs;
  struct receiver_client clients[RECEIVER_CLIENTS];

  /* what it answers; set at any time */
  const char *_Atomic answer; /* the status line after "HTTP/1.1 ", and more lines; NULL: it hangs up */
  atomic_size_t flood;        /* bytes of the answer's body */
  atomic_bool silent;         /* no answer while this is set */

  /* what it saw: whole requests, each written before it is counted */
  atomic_size_t whole;
  char requests[RECEIVER_REQUESTS][RECEIVER_TEXT]; /* head and body, NUL-terminated */
};

static inline void receiver_init(struct receiver *receiver) {
  unsigned port = 0;
  memset(receiver, 0, sizeof *receiver);
  receiver->listener = listener_bind(&port);
  snprintf(receiver->url, sizeof receiver->url, "http://127.0.0.1:%u", port);
  for (size_t i = 0; i < RECEIVER_CLIENTS; i++) {
    receiver->clients[i].fd = -1;
  }
  atomic_store(&receiver->answer, "204 No Content");
  assert_int_equal(pipe(receiver->stop), 0);
}

static inline bool receiver_is_whole(const char *text) {
  const char *body = strstr(text, "\r\n\r\n");
  const char *said = body != NULL ? strstr(text, "\r\nContent-Length: ") : NULL;
  return said != NULL && strlen(body + 4) >= strtoul(said + strlen("\r\nContent-Length: "), NULL, 10);
}

static inline void receiver_hang_up(struct receiver_client *client) {
  close(client->fd);
  client->fd = -1;
  client->len = 0;
}

static inline void receiver_answer(struct receiver *receiver, struct receiver_client *client) {
  static const char body[1024];
  char head[512];
  const char *answer = atomic_load(&receiver->answer);
  size_t left = atomic_load(&receiver->flood);
  client->len = 0;
  if (answer == NULL) {
    receiver_hang_up(client);
    return;
  }
  int len = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", answer, left);
  bool heard = send(client->fd, head, (size_t)len, MSG_NOSIGNAL) == len;
  while (heard && left > 0) {
    size_t piece = left < sizeof body ? left : sizeof body;
    heard = send(client->fd, body, piece, MSG_NOSIGNAL) == (ssize_t)piece;
    left -= piece;
  }
}

static inline void receiver_read(struct receiver *receiver, struct receiver_client *client) {
  ssize_t got = recv(client->fd, client->text + client->len, RECEIVER_TEXT - 1 - client->len, 0);
  if (got <= 0) {
    receiver_hang_up(client);
    return;
  }
  client->len += (size_t)got;
  client->text[client->len] = '\0';
  size_t number = atomic_load(&receiver->whole);
  if (receiver_is_whole(client->text) && number < RECEIVER_REQUESTS) {
    memcpy(receiver->requests[number], client->text, client->len + 1);
    atomic_store(&receiver->whole, number + 1);
  }
}

static inline void receiver_accept(struct receiver *receiver) {
  int fd = accept(receiver->listener, NULL, NULL);
  for (size_t i = 0; i < RECEIVER_CLIENTS && fd >= 0; i++) {
    if (receiver->clients[i].fd < 0) {
      receiver->clients[i].fd = fd;
      return;
    }
  }
  close(fd);
}

/* A request that is whole waits in its client until it may be answered. */
static inline void receiver_answer_all(struct receiver *receiver) {
  for (size_t i = 0; i < RECEIVER_CLIENTS && !atomic_load(&receiver->silent); i++) {
    struct receiver_client *client = &receiver->clients[i];
    if (client->fd >= 0 && client->len > 0 && receiver_is_whole(client->text)) {
      receiver_answer(receiver, client);
    }
  }
}

static inline void *receiver_run(void *arg) {
  struct receiver *receiver = arg;
  struct pollfd polled[RECEIVER_CLIENTS + 2] = {{.fd = receiver->stop[0], .events = POLLIN},
                                                {.fd = receiver->listener, .events = POLLIN}};
  while (polled[0].revents == 0) {
    for (size_t i = 0; i < RECEIVER_CLIENTS; i++) {
      polled[i + 2] = (struct pollfd){.fd = receiver->clients[i].fd, .events = POLLIN};
    }
    (void)poll(polled, RECEIVER_CLIENTS + 2, 10);
    for (size_t i = 0; i < RECEIVER_CLIENTS; i++) {
      if (polled[i + 2].revents != 0) {
        receiver_read(receiver, &receiver->clients[i]);
      }
    }
    if (polled[1].revents != 0) {
      receiver_accept(receiver);
    }
    receiver_answer_all(receiver);
  }
  return NULL;
}

/* From now on it is there. */
static inline void receiver_open(struct receiver *receiver) {
  assert_int_equal(listen(receiver->listener, RECEIVER_CLIENTS), 0);
  assert_int_equal(pthread_create(&receiver->thread, NULL, receiver_run, receiver), 0);
  receiver->runs = true;
}

static inline void receiver_end(struct receiver *receiver) {
  if (receiver->runs) {
    assert_int_equal(write(receiver->stop[1], "x", 1), 1);
    assert_int_equal(pthread_join(receiver->thread, NULL), 0);
    receiver->runs = false;
  }
  for (size_t i = 0; i < RECEIVER_CLIENTS; i++) {
    if (receiver->clients[i].fd >= 0) {
      receiver_hang_up(&receiver->clients[i]);
    }
  }
  close(receiver->listener);
  close(receiver->stop[0]);
  close(receiver->stop[1]);
}

/* The value of a header line, as curl writes its name. */
static inline struct str receiver_header(const struct receiver *receiver, size_t number, const char *name) {
  char line[64];
  assert_true(number < atomic_load(&receiver->whole));
  snprintf(line, sizeof line, "\r\n%s: ", name);
  const char *at = strstr(receiver->requests[number], line);
  if (at == NULL) {
    fail_msg("\"%s\" is not in: %s", name, receiver->requests[number]);
    return STR_NONE;
  }
  at += strlen(line);
  return (struct str){at, strcspn(at, "\r")};
}

static inline struct str receiver_body(const struct receiver *receiver, size_t number) {
  assert_true(number < atomic_load(&receiver->whole));
  return str_of(strstr(receiver->requests[number], "\r\n\r\n") + 4);
}

#endif
