#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "net/http_internal.h"

const struct http_limits http_limits_default = {
    .head_max = 16 * 1024,
    .answer_max = 16 * 1024 * 1024,
    .arena_max = 4 * 1024 * 1024,
    .connections_max = 20000,
    .idle_timeout_ms = 75 * 1000,
    .head_timeout_ms = 10 * 1000,
    .body_timeout_ms = 30 * 1000,
    .write_timeout_ms = 30 * 1000,
    .min_rate_bytes_s = 16 * 1024,
};

/* ---- listening ---- */

static enum status resolve(const struct http_config *config, struct sockaddr_storage *out, socklen_t *size,
                           const char **why) {
  memset(out, 0, sizeof(*out));
  struct sockaddr_in *v4 = (struct sockaddr_in *)out;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
  if (inet_pton(AF_INET, config->address, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(config->port);
    *size = sizeof(*v4);
    return STATUS_OK;
  }
  if (inet_pton(AF_INET6, config->address, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(config->port);
    *size = sizeof(*v6);
    return STATUS_OK;
  }
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
  struct addrinfo *found = NULL;
  int result = getaddrinfo(config->address, NULL, &hints, &found);
  if (result != 0) {
    *why = gai_strerror(result);
    return STATUS_INVALID;
  }
  memcpy(out, found->ai_addr, found->ai_addrlen);
  *size = found->ai_addrlen;
  if (out->ss_family == AF_INET6) {
    v6->sin6_port = htons(config->port);
  } else {
    v4->sin_port = htons(config->port);
  }
  freeaddrinfo(found);
  return STATUS_OK;
}

static enum status listen_on(struct http_server *server, const char **why) {
  struct sockaddr_storage address;
  socklen_t size = 0;
  TRY(resolve(&server->config, &address, &size, why));
  int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    *why = strerror(errno);
    return STATUS_UNAVAILABLE;
  }
  server->listen_fd = fd;
  int one = 1;
  int zero = 0;
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  if (address.ss_family == AF_INET6) {
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
  }
  if (bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, SOMAXCONN) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
    *why = strerror(errno);
    return STATUS_UNAVAILABLE;
  }
  server->port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                     : ((struct sockaddr_in *)&address)->sin_port);
  return STATUS_OK;
}

/* ---- life ---- */

static enum status prepare(struct http_server *server, const char **why) {
  if (networks_parse(server->config.trusted_proxies, &server->trusted, &server->trusted_count) != STATUS_OK) {
    *why = "The list of trusted proxies holds something that is no address and no network.";
    return STATUS_INVALID;
  }
  if (server->config.spool_dir != NULL) {
    server->spool_dir = strdup(server->config.spool_dir);
    if (server->spool_dir == NULL) {
      die("Out of memory for the HTTP server.");
    }
  }
  TRY(listen_on(server, why));
  server->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  for (unsigned i = 0; i < server->config.threads; i++) {
    if (loop_init(&server->loops[i], server, i) != STATUS_OK) {
      *why = strerror(errno);
      return STATUS_UNAVAILABLE;
    }
  }
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &server->listen_fd};
  if (server->reserve_fd < 0 ||
      epoll_ctl(server->loops[0].epoll_fd, EPOLL_CTL_ADD, server->listen_fd, &event) != 0) {
    *why = strerror(errno);
    return STATUS_UNAVAILABLE;
  }
  return STATUS_OK;
}

enum status http_server_new(const struct http_config *config, struct http_server **out, const char **why) {
  struct http_server *server = calloc(1, sizeof(*server));
  unsigned threads = config->threads == 0 ? 1 : config->threads;
  struct http_loop *loops = calloc(threads, sizeof(*loops));
  if (server == NULL || loops == NULL) {
    die("Out of memory for the HTTP server.");
  }
  server->config = *config;
  server->config.threads = threads;
  server->loops = loops;
  server->listen_fd = -1;
  server->reserve_fd = -1;
  for (unsigned i = 0; i < threads; i++) {
    loops[i].epoll_fd = -1;
    loops[i].wake_fd = -1;
  }
  enum status status = prepare(server, why);
  if (status != STATUS_OK) {
    http_server_free(server);
    return status;
  }
  /* Only for http_server_new: the texts are the caller's. */
  server->config.address = NULL;
  server->config.trusted_proxies = NULL;
  server->config.spool_dir = NULL;
  *out = server;
  return STATUS_OK;
}

uint16_t http_server_port(const struct http_server *server) {
  return server->port;
}

struct http_loop *http_server_loop(struct http_server *server, unsigned index) {
  return &server->loops[index];
}

void http_server_start(struct http_server *server) {
  /* Signals are the main thread's. */
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  server->started = true;
  for (unsigned i = 0; i < server->config.threads; i++) {
    if (pthread_create(&server->loops[i].handle, NULL, loop_thread, &server->loops[i]) != 0) {
      die("A thread for the HTTP server could not be made.");
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void http_server_stop(struct http_server *server, uint32_t grace_ms) {
  if (!server->started || server->stopped) {
    return;
  }
  int64_t stop_at_ms = time_monotonic_ns() / 1000000 + grace_ms;
  for (unsigned i = 0; i < server->config.threads; i++) {
    struct inbox *inbox = &server->loops[i].inbox;
    pthread_mutex_lock(&inbox->lock);
    inbox->stop = true;
    inbox->stop_at_ms = stop_at_ms;
    pthread_mutex_unlock(&inbox->lock);
    loop_wake(&server->loops[i]);
  }
  for (unsigned i = 0; i < server->config.threads; i++) {
    pthread_join(server->loops[i].handle, NULL);
  }
  server->stopped = true;
}

void http_server_free(struct http_server *server) {
  if (server == NULL) {
    return;
  }
  http_server_stop(server, 0);
  /* What was posted to a loop after its end may lie in another one's memory. */
  for (unsigned i = 0; i < server->config.threads; i++) {
    if (server->loops[i].server != NULL) {
      loop_run_left(&server->loops[i]);
    }
  }
  for (unsigned i = 0; i < server->config.threads; i++) {
    if (server->loops[i].server != NULL) {
      loop_release(&server->loops[i]);
    }
  }
  if (server->listen_fd >= 0) {
    close(server->listen_fd);
  }
  if (server->reserve_fd >= 0) {
    close(server->reserve_fd);
  }
  free(server->trusted);
  free(server->spool_dir);
  free(server->loops);
  free(server);
}

/* ---- answers from elsewhere ---- */

static void put(struct http_loop *loop, struct http_exchange *first, struct http_exchange *last) {
  struct inbox *inbox = &loop->inbox;
  pthread_mutex_lock(&inbox->lock);
  bool was_empty = inbox->first == NULL && inbox->connections == NULL && inbox->tasks == NULL;
  if (inbox->last != NULL) {
    inbox->last->next = first;
  } else {
    inbox->first = first;
  }
  inbox->last = last;
  pthread_mutex_unlock(&inbox->lock);
  if (was_empty) {
    loop_wake(loop);
  }
}

/* Takes all of the first one's loop off the list, in their order, and gives them to that loop in one go. */
static struct http_exchange *deliver(struct http_exchange *list, void (*run)(struct http_exchange *)) {
  struct http_loop *loop = list->loop;
  bool mine = run == NULL && loop_is_mine(loop);
  struct http_exchange *first = NULL;
  struct http_exchange *last = NULL;
  struct http_exchange *rest = NULL;
  struct http_exchange **rest_end = &rest;
  while (list != NULL) {
    struct http_exchange *exchange = list;
    list = list->next;
    exchange->next = NULL;
    if (exchange->loop != loop) {
      *rest_end = exchange;
      rest_end = &exchange->next;
      continue;
    }
    ((struct exchange *)exchange)->run = run;
    if (mine) {
      connection_answer((struct exchange *)exchange);
    } else if (last == NULL) {
      first = last = exchange;
    } else {
      last->next = exchange;
      last = exchange;
    }
  }
  if (first != NULL) {
    put(loop, first, last);
  }
  return rest;
}

void http_answer(struct http_exchange *exchange) {
  if (loop_is_mine(exchange->loop)) {
    connection_answer((struct exchange *)exchange);
    return;
  }
  exchange->next = NULL;
  ((struct exchange *)exchange)->run = NULL;
  put(exchange->loop, exchange, exchange);
}

void http_answer_all(struct http_exchange *list) {
  while (list != NULL) {
    list = deliver(list, NULL);
  }
}

void http_resume_all(struct http_exchange *list, void (*run)(struct http_exchange *exchange)) {
  while (list != NULL) {
    list = deliver(list, run);
  }
}

/* ---- looks from outside ---- */

unsigned http_loop_index(const struct http_loop *loop) {
  return loop->index;
}

void http_server_stats(const struct http_server *server, struct http_stats *out) {
  struct http_stats sum = {.open = atomic_load_explicit(&server->open, memory_order_relaxed)};
  for (unsigned i = 0; i < server->config.threads; i++) {
    const struct counters *counters = &server->loops[i].counters;
    sum.accepted += atomic_load_explicit(&counters->accepted, memory_order_relaxed);
    sum.requests += atomic_load_explicit(&counters->requests, memory_order_relaxed);
    sum.refused += atomic_load_explicit(&counters->refused, memory_order_relaxed);
    sum.timeouts += atomic_load_explicit(&counters->timeouts, memory_order_relaxed);
    sum.bytes_in += atomic_load_explicit(&counters->bytes_in, memory_order_relaxed);
    sum.bytes_out += atomic_load_explicit(&counters->bytes_out, memory_order_relaxed);
  }
  *out = sum;
}
