/* A load of Socket.IO clients over WebSockets, the same for every server it is pointed at: one thread, one
 * epoll, no JSON, so that it costs less than whatever it measures. usage: sockets PORT PAYLOADS     PAYLOADS:
 * a file; line i mod n is what socket i sends with its CONNECT Obeys lines on standard input, each answered
 * by one line; in between it answers pings. connect N AT_ONCE         → N sockets in all, so many handshakes
 * at a time: "SECONDS" fire EVENT FILE           → sends the HTTP request in FILE, waits until each socket
 * heard EVENT: "STATUS MS_FIRST MS_LAST BYTES" (of the packet) echo RATE SECONDS         → each socket says
 * "message" RATE times a second and waits for "message-back": "COUNT MS_P50 MS_P99 MS_MAX" Whatever goes
 * wrong ends it with a sentence and 1. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { INPUT_MAX = 256 * 1024, PAYLOADS_MAX = 4096, EVENTS = 256, SEND_MAX = 4096, WAIT_S = 60 };

enum phase { PHASE_TCP, PHASE_HTTP, PHASE_ENGINE, PHASE_NAMESPACE, PHASE_READY };

struct client {
  int fd;
  enum phase phase;
  char *rest; /* of a frame or head that has not come in full; NULL: none */
  size_t rest_len;
  uint32_t heard;
};

static struct {
  int epoll;
  uint16_t port;
  struct client *clients;
  size_t count, ready;
  char *payloads[PAYLOADS_MAX];
  size_t payload_count;
  char event[64]; /* how the packet begins that is counted */
  uint32_t round; /* heard by all once more */
  size_t heard, bytes;
  int64_t first_ns, last_ns;
  int64_t *times_ns; /* of echoes */
  size_t time_count, time_max;
} load;

__attribute__((format(printf, 1, 2), noreturn)) static void quit(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("sockets: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static double in_ms(int64_t ns) {
  return (double)ns / 1e6;
}

/* ---- sending ---- */

static void send_all(struct client *client, const char *bytes, size_t len) {
  if (send(client->fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len) {
    quit("a socket takes no more: %s", strerror(errno));
  }
}

/* A masked text frame; the mask is zero, which every server has to apply all the same. */
static void send_text(struct client *client, const char *text, size_t len) {
  char frame[SEND_MAX + 8];
  size_t head = 2;
  frame[0] = (char)0x81;
  if (len < 126) {
    frame[1] = (char)(0x80 | len);
  } else if (len <= SEND_MAX) {
    frame[1] = (char)(0x80 | 126);
    frame[2] = (char)(len >> 8);
    frame[3] = (char)len;
    head = 4;
  } else {
    quit("a packet of %zu bytes is too long", len);
  }
  memset(frame + head, 0, 4);
  memcpy(frame + head + 4, text, len);
  send_all(client, frame, head + 4 + len);
}

static void send_upgrade(struct client *client) {
  static const char request[] =
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n"
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  send_all(client, request, sizeof request - 1);
  client->phase = PHASE_HTTP;
}

/* ---- receiving ---- */

static bool begins(const char *text, size_t len, const char *with) {
  size_t with_len = strlen(with);
  return len >= with_len && memcmp(text, with, with_len) == 0;
}

static void take_event(struct client *client, const char *text, size_t len) {
  static const char back[] = "42[\"message-back\",";
  int64_t now = now_ns();
  if (load.event[0] != '\0' && begins(text, len, load.event)) {
    client->heard++;
    if (client->heard == load.round) {
      load.first_ns = load.heard == 0 ? now : load.first_ns;
      load.last_ns = now;
      load.bytes = len;
      load.heard++;
    }
  } else if (load.times_ns != NULL && begins(text, len, back) && load.time_count < load.time_max) {
    load.times_ns[load.time_count++] = now - strtoll(text + sizeof back - 1, NULL, 10);
  }
}

/* The text is followed by a NUL while this runs. */
static void take_packet(struct client *client, const char *text, size_t len) {
  char connect[SEND_MAX];
  switch (client->phase) {
    case PHASE_ENGINE:
      if (text[0] != '0') {
        quit("instead of a handshake came %.*s", (int)len, text);
      }
      snprintf(connect, sizeof connect, "40%s",
               load.payloads[(size_t)(client - load.clients) % load.payload_count]);
      send_text(client, connect, strlen(connect));
      client->phase = PHASE_NAMESPACE;
      break;
    case PHASE_NAMESPACE:
      if (!begins(text, len, "40")) {
        quit("instead of a place in the namespace came %.*s", (int)len, text);
      }
      client->phase = PHASE_READY;
      load.ready++;
      break;
    default:
      if (text[0] == '2') {
        send_text(client, "3", 1);
      } else {
        take_event(client, text, len);
      }
  }
}

/* Takes one frame, or the head of the answer, off the bytes; 0: it is not whole. */
static size_t take(struct client *client, char *bytes, size_t len) {
  if (client->phase == PHASE_HTTP) {
    const char *end = memmem(bytes, len, "\r\n\r\n", 4);
    if (end != NULL && !begins(bytes, len, "HTTP/1.1 101 ")) {
      quit("the upgrade was answered %.*s", (int)len, bytes);
    }
    client->phase = end != NULL ? PHASE_ENGINE : PHASE_HTTP;
    return end != NULL ? (size_t)(end - bytes) + 4 : 0;
  }
  size_t head = 2;
  size_t size = len >= 2 ? (uint8_t)bytes[1] : 0;
  if (size == 126) {
    head = 4;
    size = len >= head ? (size_t)(uint8_t)bytes[2] << 8 | (uint8_t)bytes[3] : 0;
  } else if (size > 126) {
    quit("a frame is longer than any that is expected");
  }
  if (len < head || len < head + size) {
    return 0;
  }
  if ((uint8_t)bytes[0] != 0x81) {
    quit("a frame of kind %02x came, which ends a connection", (uint8_t)bytes[0]);
  }
  char after = bytes[head + size];
  bytes[head + size] = '\0';
  take_packet(client, bytes + head, size);
  bytes[head + size] = after;
  return head + size;
}

static void receive(struct client *client) {
  static char input[INPUT_MAX + 1];
  size_t len = client->rest_len;
  if (len > 0) {
    memcpy(input, client->rest, len);
  }
  ssize_t got = recv(client->fd, input + len, INPUT_MAX - len, MSG_DONTWAIT);
  if (got <= 0) {
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    }
    quit("the server closed a connection%s%s", got < 0 ? ": " : "", got < 0 ? strerror(errno) : "");
  }
  len += (size_t)got;
  size_t at = 0;
  for (size_t used; at < len && (used = take(client, input + at, len - at)) > 0;) {
    at += used;
  }
  free(client->rest);
  client->rest_len = len - at;
  client->rest = NULL;
  if (client->rest_len > 0) {
    client->rest = malloc(client->rest_len);
    if (client->rest == NULL) {
      quit("out of memory");
    }
    memcpy(client->rest, input + at, client->rest_len);
  }
}

/* ---- the loop ---- */

static void watch(int fd, uint32_t events, void *data, int how) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  if (epoll_ctl(load.epoll, how, fd, &event) != 0) {
    quit("epoll: %s", strerror(errno));
  }
}

/* Whatever there is within so many milliseconds. What is no client is in *other: its events. */
static void turn(int timeout_ms, uint32_t *other) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(load.epoll, events, EVENTS, timeout_ms);
  for (int i = 0; i < count; i++) {
    struct client *client = events[i].data.ptr;
    if (client == NULL) {
      *other = events[i].events;
    } else if (client->phase == PHASE_TCP) {
      if ((events[i].events & (EPOLLERR | EPOLLHUP)) != 0) {
        quit("a connection was refused");
      }
      send_upgrade(client);
      watch(client->fd, EPOLLIN, client, EPOLL_CTL_MOD);
    } else {
      receive(client);
    }
  }
}

static int dial(bool blocking) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(load.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0);
  int yes = 1;
  /* Closed with a reset, so that no port stays behind for the next run. */
  struct linger linger = {.l_onoff = 1, .l_linger = 0};
  if (fd < 0) {
    quit("a socket: %s (ulimit -n?)", strerror(errno));
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) {
    quit("connect: %s", strerror(errno));
  }
  return fd;
}

static void connect_all(size_t count, size_t at_once) {
  if (load.count > 0 || at_once == 0) {
    quit("connect once, and some at a time");
  }
  load.clients = calloc(count, sizeof *load.clients);
  if (load.clients == NULL) {
    quit("out of memory");
  }
  int64_t began = now_ns();
  uint32_t other;
  while (load.ready < count) {
    while (load.count < count && load.count - load.ready < at_once) {
      struct client *client = &load.clients[load.count++];
      client->fd = dial(false);
      watch(client->fd, EPOLLOUT, client, EPOLL_CTL_ADD);
    }
    turn(1000, &other);
    if (now_ns() - began > WAIT_S * INT64_C(1000000000)) {
      quit("%zu of %zu are connected after a minute", load.ready, count);
    }
  }
  printf("%.6f\n", (double)(now_ns() - began) / 1e9);
}

/* ---- one event to all ---- */

static size_t read_file(const char *path, char *out, size_t max) {
  FILE *file = fopen(path, "rb");
  size_t len = file != NULL ? fread(out, 1, max, file) : 0;
  if (file == NULL || len == 0 || len == max) {
    quit("%s can't be read", path);
  }
  fclose(file);
  return len;
}

static void fire(const char *event, const char *path) {
  static char request[INPUT_MAX];
  size_t len = read_file(path, request, sizeof request);
  snprintf(load.event, sizeof load.event, "42[\"%s\",", event);
  for (size_t i = 0; i < load.count; i++) {
    load.clients[i].heard = 0;
  }
  load.round = 1;
  load.heard = 0;
  int fd = dial(true);
  int64_t began = now_ns();
  if (send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len) {
    quit("the request: %s", strerror(errno));
  }
  uint32_t other;
  while (load.heard < load.count) {
    turn(100, &other);
    if (now_ns() - began > WAIT_S * INT64_C(1000000000)) {
      quit("%zu of %zu heard of %s within a minute", load.heard, load.count, event);
    }
  }
  char answer[64] = {0};
  ssize_t got = recv(fd, answer, sizeof answer - 1, 0);
  close(fd);
  if (got < 12) {
    quit("the request was not answered");
  }
  printf("%.3s %.3f %.3f %zu\n", answer + 9, in_ms(load.first_ns - began), in_ms(load.last_ns - began),
         load.bytes);
}

/* ---- echoes ---- */

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a;
  int64_t y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void say_message(struct client *client) {
  char text[64];
  int len = snprintf(text, sizeof text, "42[\"message\",%" PRId64 "]", now_ns());
  send_text(client, text, (size_t)len);
}

/* The sockets speak one after the other at an even pace, whether or not the answers come. */
static void echo(double rate, double seconds) {
  size_t wanted = (size_t)(rate * seconds * (double)load.count);
  load.time_max = wanted;
  load.time_count = 0;
  load.times_ns = calloc(wanted, sizeof *load.times_ns);
  if (load.times_ns == NULL || wanted == 0) {
    quit("nothing to say");
  }
  double step_ns = 1e9 / (rate * (double)load.count);
  int64_t began = now_ns();
  uint32_t other;
  for (size_t said = 0; load.time_count < wanted;) {
    int64_t passed = now_ns() - began;
    while (said < wanted && (double)said * step_ns <= (double)passed) {
      say_message(&load.clients[said++ % load.count]);
    }
    turn(1, &other);
    if ((double)passed > (seconds + WAIT_S) * 1e9) {
      quit("%zu of %zu messages came back", load.time_count, wanted);
    }
  }
  qsort(load.times_ns, wanted, sizeof *load.times_ns, compare);
  size_t middle = wanted / 2;
  size_t late = wanted - 1 - wanted / 100;
  printf("%zu %.3f %.3f %.3f\n", wanted, in_ms(load.times_ns[middle]), in_ms(load.times_ns[late]),
         in_ms(load.times_ns[wanted - 1]));
  free(load.times_ns);
  load.times_ns = NULL;
}

/* ---- orders ---- */

static void obey(char *line) {
  size_t count;
  size_t at_once;
  double rate;
  double seconds;
  char event[48];
  char path[1024];
  if (sscanf(line, "connect %zu %zu", &count, &at_once) == 2) {
    connect_all(count, at_once);
  } else if (sscanf(line, "fire %47s %1023s", event, path) == 2) {
    fire(event, path);
  } else if (sscanf(line, "echo %lf %lf", &rate, &seconds) == 2 && rate > 0 && seconds > 0) {
    echo(rate, seconds);
  } else {
    quit("what is %s", line);
  }
  fflush(stdout);
}

static void read_payloads(const char *path) {
  FILE *file = fopen(path, "rb");
  char *line = NULL;
  size_t size = 0;
  while (file != NULL && load.payload_count < PAYLOADS_MAX && getline(&line, &size, file) > 0) {
    line[strcspn(line, "\n")] = '\0';
    if (strlen(line) > SEND_MAX - 8) {
      quit("a payload is too long");
    }
    load.payloads[load.payload_count++] = strdup(line);
  }
  if (file == NULL || load.payload_count == 0) {
    quit("%s has no payloads", path);
  }
  free(line);
  fclose(file);
}

int main(int argc, char **argv) {
  struct rlimit limit;
  long port = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
  if (port < 1 || port > UINT16_MAX) {
    quit("usage: sockets PORT PAYLOADS");
  }
  (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
  load.port = (uint16_t)port;
  read_payloads(argv[2]);
  load.epoll = epoll_create1(EPOLL_CLOEXEC);
  watch(STDIN_FILENO, EPOLLIN, NULL, EPOLL_CTL_ADD);
  static char lines[4096];
  size_t len = 0;
  for (;;) {
    uint32_t other = 0;
    turn(-1, &other);
    if (other == 0) {
      continue;
    }
    ssize_t got = read(STDIN_FILENO, lines + len, sizeof lines - 1 - len);
    if (got <= 0) {
      return 0;
    }
    len += (size_t)got;
    lines[len] = '\0';
    for (char *end; (end = strchr(lines, '\n')) != NULL;) {
      *end = '\0';
      obey(lines);
      len -= (size_t)(end + 1 - lines);
      memmove(lines, end + 1, len + 1);
    }
  }
}
