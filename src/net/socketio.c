#include "net/socketio.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/id.h"
#include "base/log.h"
#include "base/time.h"

#define MS INT64_C(1000000)

enum {
  BUCKETS = 4096,
  ID_SHARD_SHIFT = 48,
  SID_BYTES = 15,
  KEY_MAX = SIO_NAMESPACE_MAX + 1 + SOCKETIO_ROOM_MAX,
  MEMBERS_FIRST = 4
};

const struct socketio_config socketio_config_default = {
    .eio = {.ping_interval_ns = 25000 * MS,
            .ping_timeout_ns = 20000 * MS,
            .upgrade_timeout_ns = 10000 * MS,
            .close_timeout_ns = 30000 * MS,
            .max_payload = 1000000,
            .queue = {.bytes_max = 4 << 20, .frames_max = 4096}},
    .sio = {.connect_timeout_ns = 45000 * MS,
            .attachments_max = 10,
            .packet_bytes_max = 4 << 20,
            .sockets_max = 8},
    .sessions_max = 15000,
    .unjoined_max = 2000,
    .rooms_max = 64,
};

/* A room of one loop, named by its namespace, a NUL and its own name. */
struct room {
  struct room *next; /* of the same bucket */
  struct peer **members;
  uint32_t count;
  uint32_t size;
  bool walked; /* not to be freed now */
  size_t key_len;
  char key[];
};

struct membership {
  struct room *room;
  uint32_t place; /* among its members */
};

/* What a sio_socket is to this server. */
struct peer {
  socketio_id id;
  struct sio_socket *socket;
  struct host *host;
  struct peer *next; /* of the same bucket */
  struct membership *rooms;
  uint32_t room_count;
  uint32_t room_size;
};

struct host {
  struct eio_host eio; /* first: the engine's pointer is ours */
  struct sio_client client;
  struct socketio *server;
  bool joined; /* counted among the unjoined no more */
};

struct shard {
  struct peer *peers[BUCKETS];
  struct room *rooms[BUCKETS];
  uint64_t next_id;
};

struct socketio {
  struct socketio_config config;
  struct eio_server *engine;
  struct shard *shards;
  _Atomic uint32_t unjoined;
};

/* ---- sockets by id ---- */

static struct shard *shard_of(struct socketio *server, socketio_id id) {
  unsigned index = (unsigned)(id >> ID_SHARD_SHIFT);
  return index < server->config.threads ? &server->shards[index] : NULL;
}

static struct peer *find_peer(struct socketio *server, socketio_id id) {
  struct peer *peer = shard_of(server, id)->peers[id % BUCKETS];
  while (peer != NULL && peer->id != id) {
    peer = peer->next;
  }
  return peer;
}

static struct peer *peer_new(struct socketio *server, struct host *host, struct sio_socket *socket) {
  unsigned index = eio_host_loop_index(&host->eio);
  struct shard *shard = &server->shards[index];
  struct peer *peer = calloc(1, sizeof(*peer));
  if (peer == NULL) {
    die("Out of memory for a socket of Socket.IO.");
  }
  peer->id = (uint64_t)index << ID_SHARD_SHIFT | ++shard->next_id;
  peer->socket = socket;
  peer->host = host;
  peer->next = shard->peers[peer->id % BUCKETS];
  shard->peers[peer->id % BUCKETS] = peer;
  socket->app = peer;
  return peer;
}

/* ---- rooms ---- */

struct key {
  size_t len;
  char text[KEY_MAX];
};

static void make_key(struct key *key, struct str nsp, struct str room) {
  size_t room_len = room.len < SOCKETIO_ROOM_MAX ? room.len : SOCKETIO_ROOM_MAX;
  size_t nsp_len = nsp.len < SIO_NAMESPACE_MAX ? nsp.len : SIO_NAMESPACE_MAX;
  memcpy(key->text, nsp.at, nsp_len);
  key->text[nsp_len] = '\0';
  if (room_len > 0) {
    memcpy(key->text + nsp_len + 1, room.at, room_len);
  }
  key->len = nsp_len + 1 + room_len;
}

/* Where the room of this key stands, or would be put. */
static struct room **find_room(struct shard *shard, const char *key, size_t len) {
  uint32_t hash = 2166136261U;
  for (size_t i = 0; i < len; i++) {
    hash = (hash ^ (uint8_t)key[i]) * 16777619U;
  }
  struct room **at = &shard->rooms[hash % BUCKETS];
  while (*at != NULL && ((*at)->key_len != len || memcmp((*at)->key, key, len) != 0)) {
    at = &(*at)->next;
  }
  return at;
}

static void free_if_empty(struct shard *shard, struct room *room) {
  if (room->count == 0 && !room->walked) {
    struct room **at = find_room(shard, room->key, room->key_len);
    *at = room->next;
    free(room->members);
    free(room);
  }
}

static void *grown(void *array, uint32_t count, uint32_t *size, size_t each) {
  if (count < *size) {
    return array;
  }
  *size = *size > 0 ? *size * 2 : MEMBERS_FIRST;
  array = realloc(array, *size * each);
  if (array == NULL) {
    die("Out of memory for a room of Socket.IO.");
  }
  return array;
}

static struct membership *membership_of(const struct peer *peer, const struct key *key) {
  for (uint32_t i = 0; i < peer->room_count; i++) {
    const struct room *room = peer->rooms[i].room;
    if (room->key_len == key->len && memcmp(room->key, key->text, key->len) == 0) {
      return &peer->rooms[i];
    }
  }
  return NULL;
}

static void join(struct shard *shard, struct peer *peer, struct str name) {
  struct key key;
  make_key(&key, peer->socket->nsp, name);
  if (membership_of(peer, &key) != NULL) {
    return;
  }
  struct room **at = find_room(shard, key.text, key.len);
  if (*at == NULL) {
    *at = calloc(1, sizeof(**at) + key.len);
    if (*at == NULL) {
      die("Out of memory for a room of Socket.IO.");
    }
    (*at)->key_len = key.len;
    memcpy((*at)->key, key.text, key.len);
  }
  struct room *room = *at;
  room->members = grown(room->members, room->count, &room->size, sizeof(struct peer *));
  peer->rooms = grown(peer->rooms, peer->room_count, &peer->room_size, sizeof(struct membership));
  peer->rooms[peer->room_count++] = (struct membership){.room = room, .place = room->count};
  room->members[room->count++] = peer;
}

/* The room's last member takes the place of this one, and must know where it stands. */
static void leave(struct shard *shard, struct peer *peer, struct membership *membership) {
  struct room *room = membership->room;
  uint32_t place = membership->place;
  *membership = peer->rooms[--peer->room_count];
  struct peer *last = room->members[--room->count];
  if (last != peer) {
    room->members[place] = last;
    for (uint32_t i = 0; i < last->room_count; i++) {
      if (last->rooms[i].room == room) {
        last->rooms[i].place = place;
      }
    }
  }
  free_if_empty(shard, room);
}

static void peer_free(struct socketio *server, struct peer *peer) {
  struct shard *shard = shard_of(server, peer->id);
  while (peer->room_count > 0) {
    leave(shard, peer, &peer->rooms[peer->room_count - 1]);
  }
  struct peer **at = &shard->peers[peer->id % BUCKETS];
  while (*at != peer) {
    at = &(*at)->next;
  }
  *at = peer->next;
  peer->socket->app = NULL;
  free(peer->rooms);
  free(peer);
}

/* ---- what clients do ---- */

static void note_joined(struct host *host) {
  if (!host->joined) {
    host->joined = true;
    atomic_fetch_sub_explicit(&host->server->unjoined, 1, memory_order_relaxed);
  }
}

static void on_connect(void *app, struct sio_socket *socket, struct str auth) {
  struct host *host = app;
  struct socketio *server = host->server;
  const struct socketio_callbacks *callbacks = &server->config.callbacks;
  struct peer *peer = peer_new(server, host, socket);
  callbacks->connect(callbacks->app, peer->id, socket->nsp, auth);
}

static void on_message(void *app, struct sio_socket *socket, const struct sio_message *message) {
  struct host *host = app;
  const struct socketio_callbacks *callbacks = &host->server->config.callbacks;
  callbacks->message(callbacks->app, ((struct peer *)socket->app)->id, message);
}

static void on_disconnect(void *app, struct sio_socket *socket, const char *reason) {
  struct host *host = app;
  const struct socketio_callbacks *callbacks = &host->server->config.callbacks;
  struct peer *peer = socket->app;
  socketio_id id = peer->id;
  peer_free(host->server, peer);
  callbacks->disconnect(callbacks->app, id, reason);
}

static void on_closed(void *app, struct sio_client *client, const char *reason) {
  (void)client;
  (void)reason;
  note_joined(app);
}

static const struct sio_handler sio_callbacks = {
    .connect = on_connect, .message = on_message, .disconnect = on_disconnect, .closed = on_closed};

/* ---- what the engine asks ---- */

static bool admit(void *app) {
  struct socketio *server = app;
  return atomic_load_explicit(&server->unjoined, memory_order_relaxed) < server->config.unjoined_max;
}

static void open_host(void *app, struct eio_host *eio, int64_t now_ns, const struct eio_handler **handler,
                      void **session_app) {
  struct socketio *server = app;
  struct host *host = (struct host *)eio;
  host->server = server;
  atomic_fetch_add_explicit(&server->unjoined, 1, memory_order_relaxed);
  sio_client_init(&host->client, &server->config.sio, &sio_callbacks, host, &eio->session, now_ns);
  *handler = &sio_session_handler;
  *session_app = &host->client;
}

static int64_t next_of_host(struct eio_host *eio) {
  return sio_client_next(&((struct host *)eio)->client);
}

static void wake_host(struct eio_host *eio, int64_t now_ns) {
  sio_client_wake(&((struct host *)eio)->client, now_ns);
}

/* Sockets that nobody was told of are those of a server that ends without having been stopped. */
static void free_host(struct eio_host *eio) {
  struct host *host = (struct host *)eio;
  for (struct sio_socket *socket = host->client.sockets; socket != NULL; socket = socket->next) {
    if (socket->app != NULL) {
      peer_free(host->server, socket->app);
    }
  }
  note_joined(host);
  sio_client_release(&host->client);
}

static const struct eio_host_handler host_handler = {
    .admit = admit, .open = open_host, .next = next_of_host, .wake = wake_host, .free = free_host};

/* ---- orders, from any thread ---- */

enum order_kind {
  ORDER_ACCEPT,
  ORDER_REFUSE,
  ORDER_EMIT,
  ORDER_DISCONNECT,
  ORDER_JOIN,
  ORDER_LEAVE,
  ORDER_EMIT_ROOM
};

/* What a loop shall do. Text and frames are the order's own. */
struct order {
  struct http_task task;
  struct socketio *server;
  enum order_kind kind;
  unsigned shard;
  socketio_id id;
  bool whole;
  uint32_t frame_count;
  struct ws_frame **frames;
  struct str nsp;  /* a room's; the sid of who is accepted with one */
  struct str text; /* a room's name, a refusal, a pid */
};

static void emit_room(struct socketio *server, const struct order *order) {
  struct shard *shard = &server->shards[order->shard];
  struct key key;
  make_key(&key, order->nsp, order->text);
  struct room *room = *find_room(shard, key.text, key.len);
  if (room == NULL) {
    return;
  }
  /* From the end: a member that goes meanwhile has its place taken by one who was served already. */
  room->walked = true;
  for (uint32_t i = room->count; i > 0; i--) {
    struct peer *peer = i <= room->count ? room->members[i - 1] : NULL;
    if (peer != NULL && peer->id != order->id) {
      struct host *host = peer->host;
      (void)sio_socket_send(peer->socket, order->frames, order->frame_count);
      eio_host_touch(&host->eio);
    }
  }
  room->walked = false;
  free_if_empty(shard, room);
}

static void accept_peer(struct shard *shard, struct peer *peer, struct str sid, struct str pid) {
  char made[EIO_SID_SIZE];
  if (sid.len == 0) {
    socketio_sid(made);
    sid = str_of(made);
  }
  note_joined(peer->host);
  join(shard, peer, STR(""));
  sio_socket_accept(peer->socket, sid, pid);
}

static void end_peer(struct socketio *server, struct peer *peer, bool whole) {
  struct sio_socket *socket = peer->socket;
  struct eio_session *session = &peer->host->eio.session;
  peer_free(server, peer);
  sio_socket_disconnect(socket);
  if (whole) {
    eio_session_close(session, time_monotonic_ns());
  }
}

static void refuse_peer(struct socketio *server, struct peer *peer, struct str error) {
  struct sio_socket *socket = peer->socket;
  peer_free(server, peer);
  sio_socket_refuse(socket, error);
}

static void obey_peer(struct socketio *server, struct peer *peer, const struct order *order) {
  struct shard *shard = &server->shards[order->shard];
  struct host *host = peer->host;
  bool pending = peer->socket->state == SIO_PENDING;
  struct key key;
  struct membership *membership;
  switch (order->kind) {
    case ORDER_ACCEPT:
      if (pending) {
        accept_peer(shard, peer, order->nsp, order->text);
      }
      break;
    case ORDER_REFUSE:
      if (pending) {
        refuse_peer(server, peer, order->text);
      }
      break;
    case ORDER_EMIT:
      (void)sio_socket_send(peer->socket, order->frames, order->frame_count);
      break;
    case ORDER_DISCONNECT:
      end_peer(server, peer, order->whole);
      break;
    case ORDER_JOIN:
      if (peer->room_count <= server->config.rooms_max) {
        join(shard, peer, order->text);
      }
      break;
    case ORDER_LEAVE:
      make_key(&key, peer->socket->nsp, order->text);
      membership = membership_of(peer, &key);
      if (membership != NULL) {
        leave(shard, peer, membership);
      }
      break;
    case ORDER_EMIT_ROOM:
      break;
  }
  eio_host_touch(&host->eio);
}

static void obey(const struct order *order) {
  struct socketio *server = order->server;
  if (order->kind == ORDER_EMIT_ROOM) {
    emit_room(server, order);
    return;
  }
  struct peer *peer = find_peer(server, order->id);
  if (peer != NULL) {
    obey_peer(server, peer, order);
  }
}

static void order_run(struct http_task *task) {
  struct order *order = (struct order *)task;
  obey(order);
  eio_server_flush(order->server->engine, order->shard);
  for (uint32_t i = 0; i < order->frame_count; i++) {
    ws_frame_unref(order->frames[i]);
  }
  free(order);
}

/* Gives the order to its loop; on that loop's own thread it is obeyed at once, and what it caused is written
 * when the callback that gave it returns. */
static void give(const struct order *order) {
  struct http_loop *loop = eio_server_loop(order->server->engine, order->shard);
  if (http_loop_is_mine(loop)) {
    obey(order);
    return;
  }
  size_t frames_bytes = order->frame_count * sizeof(struct ws_frame *);
  struct order *copy = malloc(sizeof(*copy) + frames_bytes + order->nsp.len + order->text.len);
  if (copy == NULL) {
    die("Out of memory for an order to a loop.");
  }
  *copy = *order;
  copy->task.run = order_run;
  copy->frames = (struct ws_frame **)(copy + 1);
  for (uint32_t i = 0; i < order->frame_count; i++) {
    copy->frames[i] = ws_frame_ref(order->frames[i]);
  }
  char *text = (char *)(copy + 1) + frames_bytes;
  if (order->nsp.len > 0) {
    memcpy(text, order->nsp.at, order->nsp.len);
    copy->nsp.at = text;
  }
  if (order->text.len > 0) {
    memcpy(text + order->nsp.len, order->text.at, order->text.len);
    copy->text.at = text + order->nsp.len;
  }
  http_loop_post(loop, &copy->task);
}

static void give_to_socket(struct socketio *server, struct order order) {
  if (shard_of(server, order.id) != NULL) {
    order.server = server;
    order.shard = (unsigned)(order.id >> ID_SHARD_SHIFT);
    give(&order);
  }
}

void socketio_accept(struct socketio *server, socketio_id socket) {
  give_to_socket(server, (struct order){.kind = ORDER_ACCEPT, .id = socket});
}

void socketio_accept_as(struct socketio *server, socketio_id socket, struct str sid, struct str pid) {
  give_to_socket(server, (struct order){.kind = ORDER_ACCEPT, .id = socket, .nsp = sid, .text = pid});
}

void socketio_sid(char out[EIO_SID_SIZE]) {
  char text[EIO_SID_SIZE + 4];
  struct buf sid = {.at = text, .size = sizeof(text), .max = sizeof(text)};
  uint8_t bytes[SID_BYTES];
  random_bytes(bytes, sizeof(bytes));
  base64url_encode(&sid, (struct str){(const char *)bytes, sizeof(bytes)});
  memcpy(out, sid.at, EIO_SID_SIZE - 1);
  out[EIO_SID_SIZE - 1] = '\0';
}

void socketio_refuse(struct socketio *server, socketio_id socket, struct str error) {
  give_to_socket(server, (struct order){.kind = ORDER_REFUSE, .id = socket, .text = error});
}

void socketio_emit(struct socketio *server, socketio_id socket, struct ws_frame *const *frames,
                   uint32_t count) {
  give_to_socket(
      server,
      (struct order){
          .kind = ORDER_EMIT, .id = socket, .frames = (struct ws_frame **)frames, .frame_count = count});
}

void socketio_disconnect(struct socketio *server, socketio_id socket, bool whole_session) {
  give_to_socket(server, (struct order){.kind = ORDER_DISCONNECT, .id = socket, .whole = whole_session});
}

void socketio_join(struct socketio *server, socketio_id socket, struct str room) {
  give_to_socket(server, (struct order){.kind = ORDER_JOIN, .id = socket, .text = room});
}

void socketio_leave(struct socketio *server, socketio_id socket, struct str room) {
  give_to_socket(server, (struct order){.kind = ORDER_LEAVE, .id = socket, .text = room});
}

void socketio_emit_room(struct socketio *server, struct str nsp, struct str room, socketio_id except,
                        struct ws_frame *const *frames, uint32_t count) {
  struct order order = {.server = server,
                        .kind = ORDER_EMIT_ROOM,
                        .id = except,
                        .nsp = nsp,
                        .text = room,
                        .frames = (struct ws_frame **)frames,
                        .frame_count = count};
  for (unsigned i = 0; i < server->config.threads; i++) {
    order.shard = i;
    give(&order);
  }
}

/* ---- life ---- */

struct socketio *socketio_new(const struct socketio_config *config) {
  struct socketio *server = calloc(1, sizeof(*server));
  struct shard *shards = calloc(config->threads, sizeof(*shards));
  if (server == NULL || shards == NULL) {
    die("Out of memory for a server of Socket.IO.");
  }
  server->config = *config;
  server->shards = shards;
  server->engine = eio_server_new(&(struct eio_server_config){
      .eio = config->eio,
      .handler = &host_handler,
      .app = server,
      .host_size = sizeof(struct host),
      .sessions_max = config->sessions_max,
      .cors = config->cors,
      .threads = config->threads,
  });
  return server;
}

void socketio_free(struct socketio *server) {
  eio_server_free(server->engine);
  free(server->shards);
  free(server);
}

struct eio_server *socketio_engine(struct socketio *server) {
  return server->engine;
}
