#include "live/live.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/time.h"
#include "desk/session/session.h"
#include "live/internal.h"
#include "wire/field.h"

/* The follower: one thread that lets sockets in, tells them what was committed, and closes those whose
 * session ended. Callbacks of the loops only write down what happened. */

enum {
  ARENA_BYTES = 32 * 1024 * 1024,
  AUTH_MAX = 8 * 1024,
  NOTES_MAX = 256,       /* heard in one turn */
  TURN_MS = 100,         /* it looks by itself so often: other nodes wake nobody here */
  LOOK_MS = 500,         /* at sessions that ran out */
  REPLAY_TURNS_MAX = 10, /* of LIVE_BATCH each; who missed more reads anew */
};
#define MS INT64_C(1000000)

/* What a loop told: a wish to connect, or that a socket has gone. */
struct note {
  struct note *next;
  socketio_id id;
  bool gone;
  size_t auth_len;
  char auth[];
};

struct live {
  struct live_config config;
  struct socketio_config sockets;
  struct socketio *server;
  pthread_t thread;
  bool started, ended;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  struct note *notes, **tail; /* locked */
  bool woken, stopping;       /* locked */
  _Atomic uint32_t open;
  /* the thread's own */
  struct live_book book;
  struct telling telling;
  int64_t looked_ns;
  bool failing; /* the last turn failed: said once */
};

/* ---- what the loops tell ---- */

static void note_down(struct live *live, socketio_id id, bool gone, struct str auth) {
  struct note *note = calloc(1, sizeof *note + auth.len);
  if (note == NULL) {
    die("Out of memory for a socket's note.");
  }
  note->id = id;
  note->gone = gone;
  note->auth_len = auth.len;
  if (auth.len > 0) {
    memcpy(note->auth, auth.at, auth.len);
  }
  pthread_mutex_lock(&live->lock);
  *live->tail = note;
  live->tail = &note->next;
  live->woken = true;
  pthread_cond_signal(&live->wake);
  pthread_mutex_unlock(&live->lock);
}

/* A wish whose socket has gone before it was heard needs no answer. */
static bool take_back(struct live *live, socketio_id id) {
  bool found = false;
  pthread_mutex_lock(&live->lock);
  struct note **at = &live->notes;
  while (*at != NULL && (*at)->id != id) {
    at = &(*at)->next;
  }
  if (*at != NULL) {
    struct note *note = *at;
    *at = note->next;
    if (live->tail == &note->next) {
      live->tail = at;
    }
    free(note);
    found = true;
  }
  pthread_mutex_unlock(&live->lock);
  return found;
}

static void on_connect(void *app, socketio_id socket, struct str nsp, struct str auth) {
  struct live *live = app;
  if (!str_is(nsp, "/")) {
    socketio_refuse(live->server, socket, STR("{\"message\":\"Invalid namespace\"}"));
  } else if (auth.len == 0 || auth.len > AUTH_MAX) {
    socketio_refuse(live->server, socket, STR("{\"message\":\"Unauthorized\"}"));
  } else {
    note_down(live, socket, false, auth);
  }
}

/* Clients have nothing to say here. */
static void on_message(void *app, socketio_id socket, const struct sio_message *message) {
  (void)app;
  (void)socket;
  (void)message;
}

static void on_disconnect(void *app, socketio_id socket, const char *reason) {
  struct live *live = app;
  (void)reason;
  if (!take_back(live, socket)) {
    note_down(live, socket, true, STR_NONE);
  }
}

/* ---- letting in ---- */

struct auth {
  struct str token, offset;
};
FIELDS(live_auth, struct auth, "LiveAuth",
       {FIELD(struct auth, token, TEXT, "token", FIELD_REQUIRED),
        FIELD(struct auth, offset, TEXT, "offset", FIELD_NULLABLE)});

static struct str without_scheme(struct str token) {
  enum { BEARER = 7 };
  bool has = token.len > BEARER && str_equal_fold((struct str){token.at, BEARER}, STR("Bearer "));
  return str_trim(has ? (struct str){token.at + BEARER, token.len - BEARER} : token);
}

/* Nobody can have got this from the store as it is, or it is no position at all. */
static enum status is_usable(struct ctx *ctx, struct str text, struct live_offset *out, bool *yes) {
  bool ahead = false;
  if (live_offset_parse(text, out) != STATUS_OK) {
    *yes = false;
    return STATUS_OK;
  }
  TRY(event_is_ahead(ctx, &out->event, &ahead));
  *yes = !ahead;
  return STATUS_OK;
}

/* Tells one socket what it missed, up to where all others are. */
static enum status replay(struct live *live, const struct live_socket *socket, struct str offset) {
  struct telling way = live->telling;
  way.only = socket;
  way.until = &live->telling.at;
  bool usable;
  TRY(is_usable(way.ctx, offset, &way.at, &usable));
  bool more = usable;
  for (int turn = 0; turn < REPLAY_TURNS_MAX && more; turn++) {
    arena_reset(way.ctx->arena); /* of the handshake nothing is needed any more */
    TRY(live_tell(&way, &more));
  }
  if (!usable || more) {
    way.at = live->telling.at;
    live_tell_plain(&way, "sync:required");
  }
  return STATUS_OK;
}

/* The logs are followed while anybody listens; who comes first starts where they end. */
static enum status start_here(struct live *live) {
  if (atomic_load(&live->open) > 0) {
    return STATUS_OK;
  }
  struct live_offset here;
  TRY(event_horizon(live->telling.ctx, &here.event));
  TRY(notice_horizon(live->telling.ctx, &here.notice));
  live->telling.at = here;
  return STATUS_OK;
}

/* The caller behind the handshake. STATUS_UNAVAILABLE: not known now; other failures: nobody. */
static enum status who_is(struct ctx *ctx, struct str json, struct auth *auth, struct who *who) {
  TRY(wire_read_json(ctx, json, &live_auth, auth));
  return session_resume(ctx, without_scheme(auth->token), who);
}

/* Whether the store did not answer, rather than with a no. */
static bool is_away(enum status status) {
  return status == STATUS_UNAVAILABLE || status == STATUS_RETRY || status == STATUS_BROKEN;
}

/* On failure nothing was answered, and the wish is heard again later. */
static enum status let_in(struct live *live, const struct note *note) {
  struct ctx *ctx = live->telling.ctx;
  struct auth auth = {0};
  struct who who;
  TRY(start_here(live)); /* before: what ends the session from now on is heard */
  enum status status = who_is(ctx, (struct str){note->auth, note->auth_len}, &auth, &who);
  if (is_away(status)) {
    return status;
  }
  problem_clear(ctx);
  if (status != STATUS_OK) {
    socketio_refuse(live->server, note->id, STR("{\"message\":\"Unauthorized\"}"));
    return STATUS_OK;
  }
  const struct live_socket *socket = live_book_add(&live->book, note->id, &who);
  atomic_fetch_add(&live->open, 1);
  socketio_accept(live->server, note->id);
  for (unsigned i = 0; i < socket->rooms.count; i++) {
    socketio_join(live->server, note->id, str_of(socket->rooms.names[i]));
  }
  if (auth.offset.len > 0 && replay(live, socket, auth.offset) != STATUS_OK) {
    problem_clear(ctx);
    live_tell_plain(&(struct telling){.server = live->server, .only = socket, .at = live->telling.at},
                    "sync:required");
  }
  return STATUS_OK;
}

static void forget(struct live *live, socketio_id id) {
  if (live_book_drop(&live->book, id)) {
    atomic_fetch_sub(&live->open, 1);
  }
}

static struct note *first_note(struct live *live) {
  pthread_mutex_lock(&live->lock);
  struct note *note = live->notes;
  if (note != NULL) {
    live->notes = note->next;
    if (live->notes == NULL) {
      live->tail = &live->notes;
    }
  }
  pthread_mutex_unlock(&live->lock);
  return note;
}

static void put_back(struct live *live, struct note *note) {
  pthread_mutex_lock(&live->lock);
  note->next = live->notes;
  live->notes = note;
  if (note->next == NULL) {
    live->tail = &note->next;
  }
  pthread_mutex_unlock(&live->lock);
}

/* At most NOTES_MAX, so that those who are in wait for no crowd at the door. */
static enum status hear_notes(struct live *live, bool *more) {
  struct note *note = NULL;
  for (int n = 0; n < NOTES_MAX && (note = first_note(live)) != NULL; n++) {
    enum status status = STATUS_OK;
    if (note->gone) {
      forget(live, note->id);
    } else {
      status = let_in(live, note);
      arena_reset(live->telling.ctx->arena);
    }
    if (status != STATUS_OK) {
      put_back(live, note);
      return status;
    }
    free(note);
  }
  *more = note != NULL;
  return STATUS_OK;
}

/* ---- closing ---- */

/* The server's own disconnects are not told back: the book is put right at once. */
static void close_those(struct live *live, const struct event *event) {
  for (size_t i = 0; i < LIVE_BUCKETS; i++) {
    struct live_socket **at = &live->book.sockets[i];
    while (*at != NULL) {
      struct live_socket *socket = *at;
      const struct who *who = &socket->who;
      bool meant = (event->account_id == 0 ? who->tenant_id == event->tenant_id
                                           : who->account_id == event->account_id) &&
                   (event->old_value == 0 || who->session_id == event->old_value) &&
                   (event->new_value == 0 || who->session_id != event->new_value);
      if (!meant) {
        at = &socket->next;
        continue;
      }
      *at = socket->next;
      socketio_disconnect(live->server, socket->id, true);
      atomic_fetch_sub(&live->open, 1);
      free(socket);
    }
  }
}

static void on_ended(void *app, const struct event *event) {
  close_those(app, event);
}

/* A session may have been lengthened since its socket came: the store knows. */
static enum status look_at_sessions(struct live *live) {
  struct ctx *ctx = live->telling.ctx;
  for (size_t i = 0; i < LIVE_BUCKETS; i++) {
    struct live_socket **at = &live->book.sockets[i];
    while (*at != NULL) {
      struct live_socket *socket = *at;
      if (socket->who.expires_at > ctx->now_us) {
        at = &socket->next;
        continue;
      }
      enum status status = session_look(ctx, &socket->who);
      socket->who.name = socket->who.email = STR_NONE; /* they die with this turn */
      if (is_away(status)) {
        return status;
      }
      problem_clear(ctx);
      if (status != STATUS_OK) {
        *at = socket->next;
        socketio_disconnect(live->server, socket->id, true);
        atomic_fetch_sub(&live->open, 1);
        free(socket);
      }
    }
  }
  return STATUS_OK;
}

/* ---- the thread ---- */

static enum status turn(struct live *live, bool *more) {
  bool more_notes = false;
  bool more_events = false;
  TRY(hear_notes(live, &more_notes));
  if (atomic_load(&live->open) > 0) {
    TRY(live_tell(&live->telling, &more_events));
    int64_t now_ns = time_monotonic_ns();
    if (now_ns - live->looked_ns >= LOOK_MS * MS) {
      live->looked_ns = now_ns;
      TRY(look_at_sessions(live));
    }
  }
  *more = more_notes || more_events;
  return STATUS_OK;
}

/* Said once, and once more when it is over. */
static void report(struct live *live, enum status status) {
  bool failing = status != STATUS_OK;
  if (failing && !live->failing) {
    LOG(LOG_WARN, "Sockets can't be told what happens; it is tried again.",
        LOG_S("status", status_name(status)));
  } else if (!failing && live->failing) {
    LOG(LOG_INFO, "Sockets are told again what happens.");
  }
  live->failing = failing;
}

/* Until there is something to do. False: it is over. */
static bool wait_for_work(struct live *live, bool more, bool failed) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += TURN_MS * MS;
  until.tv_sec += until.tv_nsec / (1000 * MS);
  until.tv_nsec %= 1000 * MS;
  pthread_mutex_lock(&live->lock);
  /* After a failure the whole while, whoever wakes. */
  while (!live->stopping && !more && (failed || !live->woken)) {
    if (pthread_cond_timedwait(&live->wake, &live->lock, &until) == ETIMEDOUT) {
      break;
    }
  }
  live->woken = false;
  bool goes_on = !live->stopping;
  pthread_mutex_unlock(&live->lock);
  return goes_on;
}

static void *follow(void *arg) {
  struct live *live = arg;
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_BYTES);
  struct ctx ctx = {.arena = arena, .db = live->config.db};
  live->telling.ctx = &ctx;
  bool more = false;
  enum status status = STATUS_OK;
  while (wait_for_work(live, more, status != STATUS_OK)) {
    ctx.now_us = time_now_us();
    more = false;
    status = turn(live, &more);
    report(live, status);
    problem_clear(&ctx);
    ctx.who = NULL;
    arena_reset(arena);
  }
  return NULL;
}

/* ---- life ---- */

struct live *live_new(const struct live_config *config) {
  struct live *live = calloc(1, sizeof *live);
  if (live == NULL) {
    die("Out of memory for the sockets.");
  }
  live->config = *config;
  live->tail = &live->notes;
  live->sockets = socketio_config_default;
  live->sockets.eio.ping_interval_ns = config->ping_interval_ms * MS;
  live->sockets.eio.ping_timeout_ns = config->ping_timeout_ms * MS;
  live->sockets.threads = config->threads;
  live->sockets.callbacks = (struct socketio_callbacks){
      .app = live, .connect = on_connect, .message = on_message, .disconnect = on_disconnect};
  live->server = socketio_new(&live->sockets);
  live->telling = (struct telling){.printer = &live->config.printer,
                                   .server = live->server,
                                   .book = &live->book,
                                   .ended = on_ended,
                                   .app = live};
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&live->wake, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_mutex_init(&live->lock, NULL);
  return live;
}

struct eio_server *live_engine(struct live *live) {
  return socketio_engine(live->server);
}

void live_start(struct live *live) {
  if (pthread_create(&live->thread, NULL, follow, live) != 0) {
    die("Can't start the thread that tells sockets what happens.");
  }
  live->started = true;
}

void live_wake(struct live *live) {
  if (atomic_load_explicit(&live->open, memory_order_relaxed) == 0) {
    return;
  }
  pthread_mutex_lock(&live->lock);
  live->woken = true;
  pthread_cond_signal(&live->wake);
  pthread_mutex_unlock(&live->lock);
}

void live_stop(struct live *live) {
  if (!live->started || live->ended) {
    return;
  }
  live->ended = true;
  pthread_mutex_lock(&live->lock);
  live->stopping = true;
  pthread_cond_signal(&live->wake);
  pthread_mutex_unlock(&live->lock);
  pthread_join(live->thread, NULL);
  eio_server_stop(live_engine(live));
}

void live_free(struct live *live) {
  if (live == NULL) {
    return;
  }
  socketio_free(live->server);
  struct note *note;
  while ((note = first_note(live)) != NULL) {
    free(note);
  }
  live_book_release(&live->book);
  pthread_cond_destroy(&live->wake);
  pthread_mutex_destroy(&live->lock);
  free(live);
}

uint32_t live_sockets(const struct live *live) {
  return atomic_load_explicit(&live->open, memory_order_relaxed);
}
