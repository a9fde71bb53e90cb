#include "net/sio_socket.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* A packet that waits for its attachments: everything lies one after the other in `bytes`. */
struct sio_partial {
  struct sio_packet packet; /* parsed again when all is there: `bytes` moves while it grows */
  size_t text_len;
  uint32_t attachments; /* that have come */
  struct buf bytes;
  size_t ends[]; /* of each attachment in `bytes` */
};

/* ---- sockets ---- */

static struct sio_socket *find_socket(const struct sio_client *client, struct str nsp) {
  struct sio_socket *socket = client->sockets;
  while (socket != NULL && !str_equal(socket->nsp, nsp)) {
    socket = socket->next;
  }
  return socket;
}

static struct sio_socket *new_socket(struct sio_client *client, struct str nsp) {
  struct sio_socket *socket = calloc(1, sizeof(*socket) + nsp.len);
  if (socket == NULL) {
    die("Out of memory for a socket of Socket.IO.");
  }
  char *name = (char *)(socket + 1);
  memcpy(name, nsp.at, nsp.len);
  socket->nsp = (struct str){name, nsp.len};
  socket->client = client;
  socket->next = client->sockets;
  client->sockets = socket;
  return socket;
}

static void free_socket(struct sio_socket *socket) {
  struct sio_socket **link = &socket->client->sockets;
  while (*link != socket) {
    link = &(*link)->next;
  }
  *link = socket->next;
  free(socket);
}

static bool send_plain(struct sio_socket *socket, enum sio_type type, struct str data) {
  struct sio_packet packet = {.type = type, .nsp = socket->nsp, .id = SIO_NO_ID, .data = data};
  struct ws_frame *frame = sio_frame(&packet);
  bool sent = eio_session_send(socket->client->session, &frame, 1);
  ws_frame_unref(frame);
  return sent;
}

void sio_socket_accept(struct sio_socket *socket, struct str sid, struct str pid) {
  if (socket->state != SIO_PENDING) {
    return;
  }
  size_t len = sid.len < EIO_SID_SIZE ? sid.len : EIO_SID_SIZE - 1;
  memcpy(socket->sid, sid.at, len);
  socket->sid[len] = '\0';
  socket->state = SIO_CONNECTED;
  socket->client->connect_by_ns = 0;
  char text[EIO_SID_SIZE + SIO_PID_MAX + 32];
  struct buf data = {.at = text, .size = sizeof(text), .max = sizeof(text)};
  buf_format(&data, "{\"sid\":\"%s\"", socket->sid);
  if (pid.len > 0 && pid.len <= SIO_PID_MAX) {
    buf_format(&data, ",\"pid\":\"%.*s\"", STR_ARG(pid));
  }
  buf_add_char(&data, '}');
  send_plain(socket, SIO_CONNECT, buf_str(&data));
}

void sio_socket_refuse(struct sio_socket *socket, struct str error) {
  /* Taken off first: where the answer overflows its queue the session tells all its sockets. */
  struct sio_socket **link = &socket->client->sockets;
  while (*link != socket) {
    link = &(*link)->next;
  }
  *link = socket->next;
  send_plain(socket, SIO_CONNECT_ERROR, error);
  free(socket);
}

bool sio_socket_send(struct sio_socket *socket, struct ws_frame *const *frames, uint32_t count) {
  return socket->state == SIO_CONNECTED && eio_session_send(socket->client->session, frames, count);
}

void sio_socket_disconnect(struct sio_socket *socket) {
  if (socket->state != SIO_LEFT) {
    socket->state = SIO_LEFT;
    send_plain(socket, SIO_DISCONNECT, STR_NONE);
  }
}

/* ---- what the client says ---- */

static void garbled(struct sio_client *client, int64_t now_ns) {
  client->garbled = true;
  eio_session_close(client->session, now_ns);
}

static void take_connect(struct sio_client *client, const struct sio_packet *packet, int64_t now_ns) {
  struct sio_socket *socket = find_socket(client, packet->nsp);
  if (socket != NULL && socket->state != SIO_LEFT) {
    garbled(client, now_ns);
    return;
  }
  if (socket == NULL) {
    uint32_t count = 0;
    for (socket = client->sockets; socket != NULL; socket = socket->next) {
      count++;
    }
    socket = new_socket(client, packet->nsp);
    if (count >= client->config->sockets_max) {
      sio_socket_refuse(socket, STR("{\"message\":\"Too many namespaces\"}"));
      return;
    }
  }
  socket->state = SIO_PENDING;
  socket->app = NULL;
  client->handler->connect(client->app, socket, packet->data);
}

/* A whole packet: the attachments, if any, are there. */
static void take_packet(struct sio_client *client, const struct sio_packet *packet,
                        const struct str *attachments, int64_t now_ns) {
  if (packet->type == SIO_CONNECT) {
    take_connect(client, packet, now_ns);
    return;
  }
  struct sio_socket *socket = find_socket(client, packet->nsp);
  bool joined = socket != NULL && socket->state != SIO_PENDING;
  if (!joined && !(socket != NULL && packet->type == SIO_DISCONNECT)) {
    garbled(client, now_ns);
    return;
  }
  if (packet->type == SIO_CONNECT_ERROR) {
    garbled(client, now_ns);
  } else if (packet->type == SIO_DISCONNECT) {
    bool known = socket->state != SIO_LEFT;
    socket->state = SIO_LEFT;
    if (known) {
      client->handler->disconnect(client->app, socket, "client namespace disconnect");
    }
    free_socket(socket);
  } else if (socket->state == SIO_CONNECTED) {
    struct sio_message message = {.packet = packet, .attachments = attachments};
    client->handler->message(client->app, socket, &message);
  }
}

/* ---- attachments ---- */

static void drop_partial(struct sio_client *client) {
  if (client->partial != NULL) {
    buf_release(&client->partial->bytes);
    free(client->partial);
    client->partial = NULL;
  }
}

static void begin_partial(struct sio_client *client, const struct sio_packet *packet, struct str text) {
  struct sio_partial *partial = calloc(1, sizeof(*partial) + packet->attachments * sizeof(size_t));
  if (partial == NULL) {
    die("Out of memory for a packet of Socket.IO.");
  }
  partial->packet = *packet;
  partial->text_len = text.len;
  buf_init(&partial->bytes, client->config->packet_bytes_max);
  buf_add_str(&partial->bytes, text);
  client->partial = partial;
}

/* Hands over the packet with all its attachments. */
static void end_partial(struct sio_client *client, int64_t now_ns) {
  struct sio_partial *partial = client->partial;
  client->partial = NULL;
  uint32_t count = partial->packet.attachments;
  struct str *attachments = calloc(count, sizeof(*attachments));
  if (attachments == NULL) {
    die("Out of memory for a packet of Socket.IO.");
  }
  size_t start = partial->text_len;
  for (uint32_t i = 0; i < count; i++) {
    attachments[i] = (struct str){partial->bytes.at + start, partial->ends[i] - start};
    start = partial->ends[i];
  }
  struct sio_packet packet;
  struct str text = {partial->bytes.at, partial->text_len};
  if (sio_packet_parse(text, count, &packet) != STATUS_OK) {
    die("A packet of Socket.IO was valid and no longer is.");
  }
  take_packet(client, &packet, attachments, now_ns);
  free(attachments);
  buf_release(&partial->bytes);
  free(partial);
}

static void take_attachment(struct sio_client *client, struct str data, int64_t now_ns) {
  struct sio_partial *partial = client->partial;
  if (partial == NULL) {
    garbled(client, now_ns);
    return;
  }
  buf_add_str(&partial->bytes, data);
  if (partial->bytes.full) {
    garbled(client, now_ns);
    return;
  }
  partial->ends[partial->attachments++] = partial->bytes.len;
  if (partial->attachments == partial->packet.attachments) {
    end_partial(client, now_ns);
  }
}

/* ---- the session's handler ---- */

static void on_message(void *app, struct eio_session *session, bool binary, struct str data, int64_t now_ns) {
  (void)session;
  struct sio_client *client = app;
  struct sio_packet packet;
  if (binary) {
    take_attachment(client, data, now_ns);
  } else if (client->partial != NULL ||
             sio_packet_parse(data, client->config->attachments_max, &packet) != STATUS_OK) {
    garbled(client, now_ns);
  } else if (packet.attachments == 0) {
    take_packet(client, &packet, NULL, now_ns);
  } else if (data.len > client->config->packet_bytes_max) {
    garbled(client, now_ns);
  } else {
    begin_partial(client, &packet, data);
  }
}

static void on_closed(void *app, struct eio_session *session, enum eio_reason reason) {
  (void)session;
  struct sio_client *client = app;
  const char *text = client->garbled ? eio_reason_text(EIO_PARSE_ERROR) : eio_reason_text(reason);
  client->connect_by_ns = 0;
  drop_partial(client);
  for (struct sio_socket *socket = client->sockets; socket != NULL; socket = socket->next) {
    if (socket->state != SIO_LEFT) {
      socket->state = SIO_LEFT;
      client->handler->disconnect(client->app, socket, text);
    }
  }
  client->handler->closed(client->app, client, text);
}

const struct eio_handler sio_session_handler = {.message = on_message, .closed = on_closed};

/* ---- the client ---- */

void sio_client_init(struct sio_client *client, const struct sio_config *config,
                     const struct sio_handler *handler, void *app, struct eio_session *session,
                     int64_t now_ns) {
  *client = (struct sio_client){.config = config,
                                .handler = handler,
                                .app = app,
                                .session = session,
                                .connect_by_ns = now_ns + config->connect_timeout_ns};
}

void sio_client_release(struct sio_client *client) {
  drop_partial(client);
  struct sio_socket *next;
  for (struct sio_socket *socket = client->sockets; socket != NULL; socket = next) {
    next = socket->next;
    free(socket);
  }
  client->sockets = NULL;
}

int64_t sio_client_next(const struct sio_client *client) {
  int64_t next = eio_session_next(client->session);
  return client->connect_by_ns != 0 && client->connect_by_ns < next ? client->connect_by_ns : next;
}

void sio_client_wake(struct sio_client *client, int64_t now_ns) {
  if (client->connect_by_ns != 0 && now_ns >= client->connect_by_ns) {
    client->connect_by_ns = 0;
    eio_session_close(client->session, now_ns);
  }
  eio_session_wake(client->session, now_ns);
}
