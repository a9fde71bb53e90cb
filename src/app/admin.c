#include "app/admin.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

enum { ARGS_MAX = 64, WAIT_S = 5, CLIENT_WAIT_S = 60, PAUSE_MS = 100, ANSWER_MAX = 64 * 1024 * 1024 };

/* The other end of a connection, and what ends the waiting for it. */
struct peer {
  int fd, stop, wait_s;
};

static enum status address_of(const char *data_dir, struct sockaddr_un *address, char why[256]) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  int len = snprintf(address->sun_path, sizeof address->sun_path, "%s/admin.sock", data_dir);
  if (len < 0 || (size_t)len >= sizeof address->sun_path) {
    snprintf(why, 256, "The path of the data directory is too long for its admin.sock (at most %zu bytes).",
             sizeof address->sun_path - sizeof "/admin.sock");
    return STATUS_INVALID;
  }
  return STATUS_OK;
}

enum status admin_listen(const char *data_dir, int *listener, char why[256]) {
  struct sockaddr_un address;
  TRY(address_of(data_dir, &address, why));
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  unlink(address.sun_path);
  mode_t before = umask(0177);
  bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
  umask(before);
  if (!bound || listen(fd, 16) != 0) {
    snprintf(why, 256, "Can't listen on %s: %s.", address.sun_path, strerror(errno));
    if (fd >= 0) {
      close(fd);
    }
    return STATUS_UNAVAILABLE;
  }
  *listener = fd;
  return STATUS_OK;
}

void admin_close(const char *data_dir, int listener) {
  struct sockaddr_un address;
  char why[256];
  if (listener >= 0) {
    close(listener);
    if (address_of(data_dir, &address, why) == STATUS_OK) {
      unlink(address.sun_path);
    }
  }
}

static bool send_all(int fd, const void *bytes, size_t len) {
  const char *at = bytes;
  while (len > 0) {
    ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) {
      continue;
    }
    if (sent <= 0) {
      return false;
    }
    at += sent;
    len -= (size_t)sent;
  }
  return true;
}

/* Until there is something to read; false after the time, or when `stop` can be read. */
static bool wait_readable(int fd, int stop, int seconds) {
  struct pollfd polled[] = {{.fd = fd, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
  int ready;
  do {
    ready = poll(polled, 2, seconds * 1000);
  } while (ready < 0 && errno == EINTR);
  return ready > 0 && polled[0].revents != 0;
}

static bool receive_all(const struct peer *peer, void *bytes, size_t len) {
  int fd = peer->fd;
  char *at = bytes;
  while (len > 0) {
    if (!wait_readable(fd, peer->stop, peer->wait_s)) {
      return false;
    }
    ssize_t got = recv(fd, at, len, 0);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return false;
    }
    at += got;
    len -= (size_t)got;
  }
  return true;
}

static bool send_frame(int fd, struct str frame) {
  uint8_t length[4] = {(uint8_t)frame.len, (uint8_t)(frame.len >> 8), (uint8_t)(frame.len >> 16),
                       (uint8_t)(frame.len >> 24)};
  return send_all(fd, length, sizeof length) && send_all(fd, frame.at, frame.len);
}

static bool receive_frame(const struct peer *peer, struct buf *frame) {
  uint8_t length[4];
  if (!receive_all(peer, length, sizeof length)) {
    return false;
  }
  size_t len = (size_t)length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
  buf_clear(frame);
  char *at = len < frame->max ? buf_reserve(frame, len + 1) : NULL;
  if (at == NULL || !receive_all(peer, at, len)) {
    return false;
  }
  at[len] = '\0';
  frame->len = len;
  return true;
}

static void send_at_most(int fd, int seconds) {
  struct timeval limit = {.tv_sec = seconds};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/* Arguments are NUL-terminated one after another. -1: there are too many. */
static int split(struct buf *frame, char *argv[ARGS_MAX + 1]) {
  int argc = 0;
  for (size_t at = 0; at < frame->len; at += strlen(frame->at + at) + 1) {
    if (argc == ARGS_MAX) {
      return -1;
    }
    argv[argc++] = frame->at + at;
  }
  argv[argc] = NULL;
  return argc;
}

void admin_serve_one(int listener, int stop, admin_command command, void *app) {
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      /* The client still waits: the caller would come back at once, again and again. */
      poll(NULL, 0, PAUSE_MS);
    }
    return;
  }
  const struct peer peer = {.fd = fd, .stop = stop, .wait_s = WAIT_S};
  send_at_most(fd, WAIT_S);
  CLEANUP_BUF struct buf arguments, input, out, err;
  buf_init(&arguments, ADMIN_FRAME_MAX + 1); /* with the NUL behind the frame */
  buf_init(&input, ADMIN_FRAME_MAX + 1);
  buf_init(&out, ANSWER_MAX);
  buf_init(&err, ADMIN_FRAME_MAX);
  if (receive_frame(&peer, &arguments) && receive_frame(&peer, &input)) {
    char *argv[ARGS_MAX + 1];
    int argc = split(&arguments, argv);
    if (argc < 0) {
      LOG(LOG_WARN, "A command had too many arguments.");
      close(fd);
      return;
    }
    char code = (char)command(app, argc, argv, buf_str(&input), &out, &err);
    if (!send_frame(fd, buf_str(&out)) || !send_frame(fd, buf_str(&err)) ||
        !send_frame(fd, (struct str){&code, 1})) {
      LOG(LOG_WARN, "A command's caller left before its answer.");
    }
  }
  close(fd);
}

enum status admin_call(const char *data_dir, int argc, const char *const *argv, struct str input,
                       int *exit_code, char why[256]) {
  struct sockaddr_un address;
  if (address_of(data_dir, &address, why) != STATUS_OK) {
    return STATUS_NOT_FOUND; /* no server can listen there either */
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    if (fd >= 0) {
      close(fd);
    }
    return STATUS_NOT_FOUND;
  }
  const struct peer peer = {.fd = fd, .stop = -1, .wait_s = CLIENT_WAIT_S};
  send_at_most(fd, CLIENT_WAIT_S);
  CLEANUP_BUF struct buf arguments, out, err, code;
  buf_init(&arguments, ADMIN_FRAME_MAX);
  buf_init(&out, ANSWER_MAX + 1);
  buf_init(&err, ADMIN_FRAME_MAX + 1);
  buf_init(&code, ADMIN_FRAME_MAX + 1);
  for (int i = 0; i < argc; i++) {
    buf_add(&arguments, argv[i], strlen(argv[i]) + 1);
  }
  if (arguments.full) {
    snprintf(why, 256, "The command is longer than %d bytes: shorten what it is given.", ADMIN_FRAME_MAX);
    close(fd);
    return STATUS_INVALID;
  }
  bool done = send_frame(fd, buf_str(&arguments)) && send_frame(fd, input) && receive_frame(&peer, &out) &&
              receive_frame(&peer, &err) && receive_frame(&peer, &code) && code.len == 1;
  close(fd);
  if (!done) {
    snprintf(why, 256, "The running server did not answer on %s. Is it busy stopping? Try again in a moment.",
             address.sun_path);
    return STATUS_UNAVAILABLE;
  }
  fwrite(out.at, 1, out.len, stdout);
  fwrite(err.at, 1, err.len, stderr);
  *exit_code = (unsigned char)code.at[0];
  return STATUS_OK;
}
