#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/id.h"
#include "base/log.h"
#include "base/time.h"
#include "net/http_internal.h"

enum { EVENTS_A_TURN = 256, KEPT_BUFFER_BYTES = 16 * 1024 };

/* ---- deadlines: a wheel of lists; a connection is linked no later than its deadline and moved on when its
 * slot comes round. Deadlines mostly move on, and then nothing is relinked. ---- */

static void timer_unlink(struct connection *connection) {
  struct http_loop *loop = connection->loop;
  *connection->timer_link = connection->timer_next;
  if (connection->timer_next != NULL) {
    connection->timer_next->timer_link = connection->timer_link;
  }
  connection->timer_link = NULL;
  connection->timer_next = NULL;
  unsigned slot = connection->due_tick % WHEEL_SLOTS;
  if (loop->wheel[slot] == NULL) {
    loop->wheel_bits[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
  }
}

void timer_drop(struct connection *connection) {
  connection->deadline_ms = 0;
  if (connection->timer_link != NULL) {
    timer_unlink(connection);
  }
}

void timer_set(struct connection *connection, int64_t deadline_ms) {
  struct http_loop *loop = connection->loop;
  connection->deadline_ms = deadline_ms;
  if (deadline_ms == 0) {
    return;
  }
  uint64_t tick = ((uint64_t)deadline_ms >> TICK_SHIFT) + 1;
  if (connection->timer_link != NULL) {
    if (connection->due_tick <= tick) {
      return;
    }
    timer_unlink(connection);
  }
  if (tick < loop->tick) {
    tick = loop->tick;
  } else if (tick >= loop->tick + WHEEL_SLOTS) {
    tick = loop->tick + WHEEL_SLOTS - 1;
  }
  unsigned slot = tick % WHEEL_SLOTS;
  connection->due_tick = tick;
  connection->timer_next = loop->wheel[slot];
  connection->timer_link = &loop->wheel[slot];
  if (connection->timer_next != NULL) {
    connection->timer_next->timer_link = &connection->timer_next;
  }
  loop->wheel[slot] = connection;
  loop->wheel_bits[slot / 64] |= UINT64_C(1) << (slot % 64);
}

static void run_slot(struct http_loop *loop, unsigned slot) {
  struct connection *due = loop->wheel[slot];
  if (due == NULL) {
    return;
  }
  loop->wheel[slot] = NULL;
  loop->wheel_bits[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
  due->timer_link = &due;
  while (due != NULL) {
    struct connection *connection = due;
    int64_t deadline_ms = connection->deadline_ms;
    timer_unlink(connection);
    if (deadline_ms > loop->now_ms) {
      timer_set(connection, deadline_ms);
    } else if (deadline_ms != 0) {
      connection->deadline_ms = 0;
      connection_timeout(connection);
    }
  }
}

static void run_timers(struct http_loop *loop) {
  uint64_t now = (uint64_t)loop->now_ms >> TICK_SHIFT;
  if (now >= loop->tick + WHEEL_SLOTS) {
    loop->tick = now - WHEEL_SLOTS + 1; /* every slot once is enough */
  }
  while (loop->tick <= now) {
    unsigned slot = loop->tick % WHEEL_SLOTS;
    loop->tick++;
    run_slot(loop, slot);
  }
}

/* Slots from the current tick to the next one in use; WHEEL_SLOTS: none is. */
static unsigned slots_ahead(const struct http_loop *loop) {
  unsigned from = loop->tick % WHEEL_SLOTS;
  for (unsigned step = 0; step <= WHEEL_SLOTS / 64; step++) {
    unsigned word = (from / 64 + step) % (WHEEL_SLOTS / 64);
    uint64_t bits = loop->wheel_bits[word];
    if (step == 0) {
      bits &= ~UINT64_C(0) << (from % 64);
    }
    if (bits != 0) {
      unsigned slot = word * 64 + (unsigned)__builtin_ctzll(bits);
      return (slot + WHEEL_SLOTS - from) % WHEEL_SLOTS;
    }
  }
  return WHEEL_SLOTS;
}

/* Whole milliseconds from now_ms on, rounded up: a timer is never early. */
static int64_t timers_next_ms(const struct http_loop *loop) {
  int64_t next_ns = http_timers_next(loop);
  if (next_ns == INT64_MAX) {
    return INT64_MAX;
  }
  int64_t left_ns = next_ns - time_monotonic_ns();
  return loop->now_ms + (left_ns > 0 ? (left_ns + 999999) / 1000000 : 0);
}

static int wait_ms(const struct http_loop *loop) {
  if (loop->ready_first != NULL) {
    return 0;
  }
  int64_t until = INT64_MAX;
  unsigned ahead = slots_ahead(loop);
  if (ahead < WHEEL_SLOTS) {
    until = (int64_t)((loop->tick + ahead) << TICK_SHIFT);
  }
  int64_t timers_ms = timers_next_ms(loop);
  if (timers_ms < until) {
    until = timers_ms;
  }
  if (loop->listen_again_ms != 0 && loop->listen_again_ms < until) {
    until = loop->listen_again_ms;
  }
  if (loop->stopping && loop->stop_at_ms < until) {
    until = loop->stop_at_ms;
  }
  if (until == INT64_MAX) {
    return -1;
  }
  return until > loop->now_ms ? (int)(until - loop->now_ms) : 0;
}

/* ---- pools: what a connection needs only while it is busy ---- */

char *input_take(struct http_loop *loop) {
  struct free_input *input = loop->free_inputs;
  if (input != NULL) {
    loop->free_inputs = input->next;
    loop->free_input_count--;
    return (char *)input;
  }
  char *fresh = malloc(INPUT_FIRST);
  if (fresh == NULL) {
    die("Out of memory for a connection's input.");
  }
  return fresh;
}

void input_drop(struct http_loop *loop, char *input, size_t size) {
  if (size != INPUT_FIRST || loop->free_input_count == POOL_INPUTS) {
    free(input);
    return;
  }
  struct free_input *kept = (struct free_input *)input;
  kept->next = loop->free_inputs;
  loop->free_inputs = kept;
  loop->free_input_count++;
}

struct exchange *exchange_take(struct http_loop *loop) {
  const struct http_limits *limits = &loop->server->config.limits;
  struct exchange *exchange = loop->free_exchanges;
  if (exchange != NULL) {
    loop->free_exchanges = exchange->pool_next;
    loop->free_exchange_count--;
  } else {
    exchange = calloc(1, sizeof(*exchange));
    if (exchange == NULL) {
      die("Out of memory for a request.");
    }
    exchange->public.arena = arena_new(limits->arena_max);
  }
  struct http_exchange *public = &exchange->public;
  public->body = STR("");
  public->loop = loop;
  public->max_body = 0;
  public->spool = false;
  public->streams = false;
  public->body_fd = -1;
  public->body_size = 0;
  public->file_fd = -1;
  public->app = NULL;
  public->left = NULL;
  public->status = 0;
  public->close = false;
  public->next = NULL;
  public->headers.max = HEADERS_OUT_MAX;
  public->body_out.max = limits->answer_max;
  exchange->connection = NULL;
  exchange->run = NULL;
  exchange->file_left = 0;
  exchange->sent = 0;
  exchange->waited_ms = 0;
  exchange->streamed = false;
  exchange->too_slow = false;
  return exchange;
}

static void close_files(struct http_exchange *public) {
  if (public->body_fd >= 0) {
    close(public->body_fd);
  }
  if (public->file_fd >= 0) {
    close(public->file_fd);
  }
  public->body_fd = -1;
  public->file_fd = -1;
}

static void exchange_free(struct exchange *exchange) {
  close_files(&exchange->public);
  arena_free(exchange->public.arena);
  buf_release(&exchange->public.headers);
  buf_release(&exchange->public.body_out);
  buf_release(&exchange->body);
  free(exchange);
}

static void buf_rest(struct buf *buf) {
  if (buf->size > KEPT_BUFFER_BYTES) {
    buf_release(buf);
  } else {
    buf_clear(buf);
  }
}

void exchange_drop(struct http_loop *loop, struct exchange *exchange) {
  close_files(&exchange->public);
  if (loop->free_exchange_count == POOL_EXCHANGES) {
    exchange_free(exchange);
    return;
  }
  arena_reset(exchange->public.arena);
  buf_rest(&exchange->public.headers);
  buf_rest(&exchange->public.body_out);
  buf_rest(&exchange->body);
  exchange->pool_next = loop->free_exchanges;
  loop->free_exchanges = exchange;
  loop->free_exchange_count++;
}

/* ---- connections of this loop ---- */

void loop_ready(struct connection *connection) {
  struct http_loop *loop = connection->loop;
  if (connection->ready || connection->state == STATE_DEAD) {
    return;
  }
  connection->ready = true;
  connection->ready_next = NULL;
  if (loop->ready_last != NULL) {
    loop->ready_last->ready_next = connection;
  } else {
    loop->ready_first = connection;
  }
  loop->ready_last = connection;
}

void loop_forget(struct connection *connection) {
  struct http_loop *loop = connection->loop;
  if (connection->prev != NULL) {
    connection->prev->next = connection->next;
  } else {
    loop->connections = connection->next;
  }
  if (connection->next != NULL) {
    connection->next->prev = connection->prev;
  }
  connection->prev = NULL;
  connection->next = NULL;
}

void loop_bury(struct connection *connection) {
  struct http_loop *loop = connection->loop;
  loop_forget(connection);
  connection->next = loop->dead;
  loop->dead = connection;
}

/* One in the ready list waits for the turn that takes it off. */
static void free_dead(struct http_loop *loop) {
  struct connection **link = &loop->dead;
  while (*link != NULL) {
    struct connection *connection = *link;
    if (connection->ready) {
      link = &connection->next;
    } else {
      *link = connection->next;
      free(connection);
    }
  }
}

void loop_adopt(struct http_loop *loop, struct connection *connection) {
  connection->loop = loop;
  connection->prev = NULL;
  connection->next = loop->connections;
  if (loop->connections != NULL) {
    loop->connections->prev = connection;
  }
  loop->connections = connection;
  /* Edges only: one registration serves the connection's whole life. */
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
  if (loop->stopping || epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0) {
    connection_close(connection);
    return;
  }
  if (connection->state == STATE_RAW) {
    connection->readable = true;
    connection->raw->arrived(connection->raw_app, (struct http_raw *)connection);
    loop_ready(connection);
    return;
  }
  timer_set(connection, loop->now_ms + loop->server->config.limits.idle_timeout_ms);
}

static bool inbox_empty(const struct inbox *inbox) {
  return inbox->connections == NULL && inbox->first == NULL && inbox->tasks == NULL;
}

bool http_loop_is_mine(const struct http_loop *loop) {
  return loop_is_mine(loop);
}

void http_loop_post(struct http_loop *loop, struct http_task *task) {
  struct inbox *inbox = &loop->inbox;
  task->next = NULL;
  pthread_mutex_lock(&inbox->lock);
  bool was_empty = inbox_empty(inbox);
  if (inbox->last_task != NULL) {
    inbox->last_task->next = task;
  } else {
    inbox->tasks = task;
  }
  inbox->last_task = task;
  pthread_mutex_unlock(&inbox->lock);
  if (was_empty) {
    loop_wake(loop);
  }
}

static void run_tasks(struct http_task *task) {
  while (task != NULL) {
    struct http_task *next = task->next; /* the task may free itself */
    task->run(task);
    task = next;
  }
}

void loop_give(struct http_loop *loop, struct connection *connection) {
  struct inbox *inbox = &loop->inbox;
  pthread_mutex_lock(&inbox->lock);
  bool was_empty = inbox_empty(inbox);
  connection->next = inbox->connections;
  inbox->connections = connection;
  pthread_mutex_unlock(&inbox->lock);
  if (was_empty) {
    loop_wake(loop);
  }
}

static void connection_event(struct connection *connection, uint32_t events) {
  if (connection->state == STATE_DEAD || connection->fd < 0) {
    return; /* closed earlier in this turn */
  }
  if ((events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0) {
    connection->half_closed = true;
    connection_left(connection);
  }
  if ((events & (EPOLLERR | EPOLLHUP)) != 0 && connection->state == STATE_HANDLER) {
    connection_close(connection); /* nobody is left to answer */
    return;
  }
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0) {
    connection->readable = true;
  }
  connection_run(connection);
}

/* ---- the turn ---- */

static void read_clocks(struct http_loop *loop) {
  loop->now_ms = time_monotonic_ns() / 1000000;
  loop->wall_us = time_now_us();
  int64_t second = loop->wall_us / TIME_SECOND_US;
  if (second != loop->date_s) {
    loop->date_len = answer_date(second, loop->date);
    loop->date_s = second;
  }
}

static void begin_stop(struct http_loop *loop, int64_t stop_at_ms) {
  struct http_server *server = loop->server;
  loop->stopping = true;
  loop->stop_at_ms = stop_at_ms;
  if (loop->index == 0 && server->listen_fd >= 0) {
    close(server->listen_fd);
    server->listen_fd = -1;
    loop->listen_again_ms = 0;
  }
  struct connection *next;
  for (struct connection *at = loop->connections; at != NULL; at = next) {
    next = at->next;
    connection_stop(at);
  }
}

static void take_inbox(struct http_loop *loop) {
  struct inbox *inbox = &loop->inbox;
  pthread_mutex_lock(&inbox->lock);
  struct http_exchange *first = inbox->first;
  struct connection *connections = inbox->connections;
  bool stop = inbox->stop;
  int64_t stop_at_ms = inbox->stop_at_ms;
  inbox->first = NULL;
  inbox->last = NULL;
  inbox->connections = NULL;
  struct http_task *tasks = inbox->tasks;
  inbox->tasks = NULL;
  inbox->last_task = NULL;
  pthread_mutex_unlock(&inbox->lock);
  while (connections != NULL) {
    struct connection *connection = connections;
    connections = connection->next;
    loop_adopt(loop, connection);
  }
  while (first != NULL) {
    struct exchange *exchange = (struct exchange *)first;
    first = first->next;
    exchange->public.next = NULL;
    if (exchange->run != NULL) {
      void (*run)(struct http_exchange *) = exchange->run;
      exchange->run = NULL;
      run(&exchange->public);
    } else {
      connection_answer(exchange);
    }
  }
  run_tasks(tasks);
  if (stop && !loop->stopping) {
    begin_stop(loop, stop_at_ms);
  }
}

/* What was ready before this turn's list began; those that ask again come in the next turn. */
static void run_ready(struct http_loop *loop) {
  struct connection *connection = loop->ready_first;
  loop->ready_first = NULL;
  loop->ready_last = NULL;
  while (connection != NULL) {
    struct connection *next = connection->ready_next;
    connection->ready = false;
    if (connection->state != STATE_DEAD) {
      connection_run(connection);
    }
    connection = next;
  }
}

static void turn(struct http_loop *loop) {
  struct epoll_event events[EVENTS_A_TURN];
  int count = epoll_wait(loop->epoll_fd, events, EVENTS_A_TURN, wait_ms(loop));
  if (count < 0 && errno != EINTR) {
    die("epoll_wait failed.");
  }
  read_clocks(loop);
  bool woken = false;
  for (int i = 0; i < count; i++) {
    void *who = events[i].data.ptr;
    if (who == &loop->wake_fd) {
      woken = true;
    } else if (who == &loop->server->listen_fd) {
      accept_some(loop);
    } else {
      connection_event(who, events[i].events);
    }
  }
  if (woken) {
    take_inbox(loop);
  }
  run_ready(loop);
  run_timers(loop);
  if (loop->timers.count > 0) {
    http_timers_run(loop, time_monotonic_ns());
  }
  if (loop->listen_again_ms != 0 && loop->now_ms >= loop->listen_again_ms) {
    accept_again(loop);
  }
  free_dead(loop);
}

static void end_all(struct http_loop *loop) {
  struct connection *next;
  for (struct connection *at = loop->connections; at != NULL; at = next) {
    next = at->next;
    connection_close(at);
  }
  run_ready(loop);
  free_dead(loop);
}

_Thread_local const struct http_loop *loop_of_thread;

void *loop_thread(void *arg) {
  struct http_loop *loop = arg;
  const struct http_callbacks *callbacks = &loop->server->config.callbacks;
  loop_of_thread = loop;
  if (callbacks->loop_start != NULL) {
    callbacks->loop_start(callbacks->app, loop, loop->index);
  }
  while (!loop->stopping || (loop->connections != NULL && loop->now_ms < loop->stop_at_ms)) {
    turn(loop);
  }
  end_all(loop);
  if (callbacks->loop_stop != NULL) {
    callbacks->loop_stop(callbacks->app, loop, loop->index);
  }
  return NULL;
}

void loop_wake(struct http_loop *loop) {
  /* Registered for edges, so that nobody needs to read it back; the counter never fills. */
  uint64_t one = 1;
  ssize_t written;
  do {
    written = write(loop->wake_fd, &one, sizeof(one));
  } while (written < 0 && errno == EINTR);
}

enum status loop_init(struct http_loop *loop, struct http_server *server, unsigned index) {
  static _Atomic uint64_t loops_made;
  loop->server = server;
  loop->index = index;
  loop->date_s = -1;
  /* Exchange ids stay apart between loops and between servers of one process. */
  loop->next_id = (atomic_fetch_add(&loops_made, 1) << 44) + 1;
  random_bytes(loop->random, sizeof(loop->random));
  pthread_mutex_init(&loop->inbox.lock, NULL);
  loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = &loop->wake_fd};
  if (loop->epoll_fd < 0 || loop->wake_fd < 0 ||
      epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event) != 0) {
    return STATUS_UNAVAILABLE;
  }
  read_clocks(loop);
  loop->tick = (uint64_t)loop->now_ms >> TICK_SHIFT;
  return STATUS_OK;
}

void loop_run_left(struct http_loop *loop) {
  struct http_task *tasks = loop->inbox.tasks;
  loop->inbox.tasks = NULL;
  run_tasks(tasks);
}

/* After the thread ended: what is left are exchanges whose handler never answered, answers that came too
 * late, and connections nobody took. */
void loop_release(struct http_loop *loop) {
  struct connection *next;
  for (struct connection *at = loop->inbox.connections; at != NULL; at = next) {
    next = at->next;
    close(at->fd);
    if (at->raw != NULL) {
      at->raw->gone(at->raw_app);
    }
    free(at);
  }
  for (struct connection *at = loop->connections; at != NULL; at = next) {
    next = at->next;
    if (at->exchange != NULL) {
      exchange_free(at->exchange);
    }
    if (at->fd >= 0) {
      close(at->fd); /* a stream that was under way at the end */
    }
    if (at->in != NULL) {
      input_drop(loop, at->in, at->in_size);
    }
    free(at);
  }
  while (loop->free_exchanges != NULL) {
    struct exchange *exchange = loop->free_exchanges;
    loop->free_exchanges = exchange->pool_next;
    exchange_free(exchange);
  }
  while (loop->free_inputs != NULL) {
    struct free_input *input = loop->free_inputs;
    loop->free_inputs = input->next;
    free(input);
  }
  if (loop->epoll_fd >= 0) {
    close(loop->epoll_fd);
  }
  if (loop->wake_fd >= 0) {
    close(loop->wake_fd);
  }
  loop_run_left(loop);
  free(loop->timers.heap);
  pthread_mutex_destroy(&loop->inbox.lock);
}
