#include "live/live.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

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
  SOCKET_MESSAGE_MAX =
      16 * 1024,   /* of a client: a CONNECT with its auth, and a packet with its attachments */
  NOTES_MAX = 256, /* heard in one turn */
  SOON_MS = 2,     /* it looks again for what is committed but not yet below the horizon; then doubled */
  LOOK_MS = 500,   /* at sessions that ran out */
  REPLAY_TURNS_MAX = 10, /* of LIVE_BATCH each; who missed more reads anew */
  WISH_BUCKETS = 1024,
};
#define MS INT64_C(1000000)

/* What a loop told: a wish to connect, or that a socket has gone. */
struct note {
  struct note *next, **at;
  struct note *next_wish; /* of the same bucket */
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
  struct live_bell bell;
  pthread_mutex_t lock;
  struct note *notes, **tail;        /* locked */
  struct note *wishes[WISH_BUCKETS]; /* locked; those of the notes, by the socket's number */
  _Atomic uint32_t open;
  /* the thread's own */
  struct live_book book;
  struct telling telling;
  struct event_position rung; /* what was told of by the bell lies before it */
  int soon_ms;                /* while the horizon has not come there; 0 otherwise */
  int64_t looked_ns;
  bool failing; /* the last turn failed: said once */
};

/* ---- what the loops tell ---- */

/* What points to the socket's wish, or to the end of its bucket. Locked. */
static struct note **find_wish(struct live *live, socketio_id id) {
  struct note **at = &live->wishes[id % WISH_BUCKETS];
  while (*at != NULL && (*at)->id != id) {
    at = &(*at)->next_wish;
  }
  return at;
}

/* Before the note that `at` points to. Locked. */
static void put_in(struct live *live, struct note **at, struct note *note) {
  note->next = *at;
  note->at = at;
  if (note->next != NULL) {
    note->next->at = &note->next;
  } else {
    live->tail = &note->next;
  }
  *at = note;
  if (!note->gone) {
    struct note **wish = find_wish(live, note->id);
    note->next_wish = *wish;
    *wish = note;
  }
}

/* Locked. */
static void take_out(struct live *live, struct note *note) {
  *note->at = note->next;
  if (note->next != NULL) {
    note->next->at = note->at;
  } else {
    live->tail = note->at;
  }
  if (!note->gone) {
    *find_wish(live, note->id) = note->next_wish;
  }
}

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
  put_in(live, live->tail, note);
  pthread_mutex_unlock(&live->lock);
  live_bell_wake(&live->bell);
}

/* A wish whose socket has gone before it was heard needs no answer. */
static bool take_back(struct live *live, socketio_id id) {
  pthread_mutex_lock(&live->lock);
  struct note *wish = *find_wish(live, id);
  if (wish != NULL) {
    take_out(live, wish);
  }
  pthread_mutex_unlock(&live->lock);
  free(wish);
  return wish != NULL;
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
  struct str token, offset, pid;
};
FIELDS(live_auth, struct auth, "LiveAuth",
       {FIELD(struct auth, token, TEXT, "token", FIELD_REQUIRED),
        FIELD(struct auth, offset, TEXT, "offset", FIELD_NULLABLE),
        FIELD(struct auth, pid, TEXT, "pid", FIELD_NULLABLE)});

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

static void forget(struct live *live, socketio_id id) {
  if (live_book_drop(&live->book, id)) {
    atomic_fetch_sub(&live->open, 1);
  }
}

/* Where the client says it stands, and what its socket was called; *yes false where neither can be used.
 * Without an offset it heard nothing since it was given its pid. */
static enum status where_it_was(struct ctx *ctx, const struct who *who, const struct auth *auth,
                                struct live_name *name, struct live_offset *at, bool *yes) {
  char start[LIVE_OFFSET_SIZE];
  struct str offset = auth->offset;
  *yes = true;
  if (auth->pid.len > 0) {
    enum status status = live_name_read(who, auth->pid, name, at);
    *yes = status == STATUS_OK;
    if (status != STATUS_OK) {
      return status == STATUS_UNAUTHENTICATED ? STATUS_OK : status;
    }
    offset = offset.len > 0 ? offset : str_of(live_offset_print(at, start));
  }
  return is_usable(ctx, offset, at, yes);
}

/* Keeps what one socket missed, up to where all others are. *whole false: that can't be told. */
static enum status replay(struct live *live, const struct live_socket *socket, const struct auth *auth,
                          struct live_name *name, struct live_kept *kept, bool *whole) {
  struct telling way = live->telling;
  way.only = socket;
  way.until = &live->telling.at;
  way.kept = kept;
  bool known;
  TRY(where_it_was(way.ctx, &socket->who, auth, name, &way.at, &known));
  bool more = known;
  for (int turn = 0; turn < REPLAY_TURNS_MAX && more; turn++) {
    arena_reset(way.ctx->arena); /* of the handshake nothing is needed any more */
    TRY(live_tell(&way, &more));
  }
  *whole = known && !more && !kept->full;
  return STATUS_OK;
}

/* Answers the wish: with what was missed where that is known, else under a new name and to be synchronised.
 * Says its name first, because by that the client knows whether it goes on. */
static enum status answer(struct live *live, const struct live_socket *socket, const struct auth *auth) {
  struct live_name name = {0};
  struct live_kept kept = {0};
  bool returns = auth->offset.len > 0 || auth->pid.len > 0;
  bool whole = false;
  if (returns && replay(live, socket, auth, &name, &kept, &whole) != STATUS_OK) {
    problem_clear(live->telling.ctx);
  }
  enum status status = STATUS_OK;
  if (!whole || name.pid[0] == '\0') {
    status = live_name_make(&socket->who, &live->telling.at, &name);
  }
  if (status == STATUS_OK) {
    socketio_accept_as(live->server, socket->id, str_of(name.sid), str_of(name.pid));
    for (unsigned i = 0; i < socket->rooms.count; i++) {
      socketio_join(live->server, socket->id, str_of(socket->rooms.names[i]));
    }
    if (whole && kept.count > 0) {
      socketio_emit(live->server, socket->id, kept.frames, kept.count);
    } else if (returns && !whole) {
      live_tell_plain(&(struct telling){.server = live->server, .only = socket, .at = live->telling.at},
                      "sync:required");
    }
  }
  live_kept_release(&kept);
  return status;
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
  status = answer(live, socket, &auth);
  if (status != STATUS_OK) {
    forget(live, note->id);
  }
  return status;
}

static struct note *first_note(struct live *live) {
  pthread_mutex_lock(&live->lock);
  struct note *note = live->notes;
  if (note != NULL) {
    take_out(live, note);
  }
  pthread_mutex_unlock(&live->lock);
  return note;
}

static void put_back(struct live *live, struct note *note) {
  pthread_mutex_lock(&live->lock);
  put_in(live, &live->notes, note);
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
static void close_one(struct live *live, struct live_socket *socket) {
  socketio_disconnect(live->server, socket->id, true);
  forget(live, socket->id);
}

static void on_ended(void *app, const struct event *event) {
  struct live *live = app;
  struct live_socket *next = NULL;
  for (struct live_socket *socket = live_book_first(&live->book, event->account_id); socket != NULL;
       socket = next) {
    next = live_book_next(&live->book, socket, event->account_id);
    const struct who *who = &socket->who;
    bool of_them = event->account_id != 0 || who->tenant_id == event->tenant_id;
    if (of_them && (event->old_value == 0 || who->session_id == event->old_value) &&
        (event->new_value == 0 || who->session_id != event->new_value)) {
      close_one(live, socket);
    }
  }
}

/* A session may have been lengthened since its socket came: the store knows. */
static enum status look_at_sessions(struct live *live) {
  struct ctx *ctx = live->telling.ctx;
  struct live_socket *next = NULL;
  for (struct live_socket *socket = live_book_first(&live->book, 0); socket != NULL; socket = next) {
    next = live_book_next(&live->book, socket, 0);
    if (socket->who.expires_at > ctx->now_us) {
      continue;
    }
    enum status status = session_look(ctx, &socket->who);
    socket->who.name = socket->who.email = STR_NONE; /* they die with this turn */
    if (is_away(status)) {
      return status;
    }
    problem_clear(ctx);
    if (status != STATUS_OK) {
      close_one(live, socket);
    }
  }
  return STATUS_OK;
}

/* ---- the thread ---- */

/* On PostgreSQL what the bell told of may stand behind a transaction that is still at work, whose end may
 * ring no bell. */
static enum status look_again_soon(struct live *live, bool news) {
  if (live->config.bell_url == NULL) {
    return STATUS_OK;
  }
  if (news) {
    TRY(event_newest(live->telling.ctx, &live->rung));
  }
  bool behind = event_position_compare(&live->telling.at.event, &live->rung) < 0;
  if (!behind) {
    live->soon_ms = 0;
  } else if (news || live->soon_ms == 0) {
    live->soon_ms = SOON_MS;
  } else if (live->soon_ms < LIVE_BELL_TURN_MS) {
    live->soon_ms *= 2;
  }
  return STATUS_OK;
}

static enum status turn(struct live *live, bool news, bool *more) {
  bool more_notes = false;
  bool more_events = false;
  TRY(hear_notes(live, &more_notes));
  if (atomic_load(&live->open) > 0) {
    TRY(live_tell(&live->telling, &more_events));
    TRY(look_again_soon(live, news));
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

/* After a failure it is tried again after a while, whoever wakes. */
static int patience_ms(const struct live *live, bool more, bool failed) {
  if (failed) {
    return LIVE_BELL_TURN_MS;
  }
  return more ? 0 : live->soon_ms > 0 ? live->soon_ms : LIVE_BELL_HEARD_MS;
}

static void *follow(void *arg) {
  struct live *live = arg;
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_BYTES);
  struct ctx ctx = {.arena = arena, .db = live->config.db};
  live->telling.ctx = &ctx;
  bool more = false;
  bool news = false;
  enum status status = STATUS_OK;
  while (
      live_bell_wait(&live->bell, patience_ms(live, more, status != STATUS_OK), status != STATUS_OK, &news)) {
    ctx.now_us = time_now_us();
    live_bell_tend(&live->bell, &ctx);
    more = false;
    status = turn(live, news, &more);
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
  /* Clients say who they are and answer pings; what else they send is passed over, so that a socket needs
   * room for little: thousands that send a long message slowly must not fill the memory. */
  live->sockets.eio.max_payload = SOCKET_MESSAGE_MAX;
  live->sockets.sio.packet_bytes_max = SOCKET_MESSAGE_MAX;
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
  live_bell_init(&live->bell, config->bell_url);
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
  if (atomic_load_explicit(&live->open, memory_order_relaxed) > 0) {
    live_bell_wake(&live->bell);
  }
}

void live_ring(struct live *live) {
  live_bell_ring(&live->bell);
}

void live_stop(struct live *live) {
  if (!live->started || live->ended) {
    return;
  }
  live->ended = true;
  live_bell_stop(&live->bell);
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
  live_bell_release(&live->bell);
  pthread_mutex_destroy(&live->lock);
  free(live);
}

uint32_t live_sockets(const struct live *live) {
  return atomic_load_explicit(&live->open, memory_order_relaxed);
}

bool live_hears(const struct live *live) {
  return atomic_load_explicit(&live->bell.heard, memory_order_relaxed);
}
