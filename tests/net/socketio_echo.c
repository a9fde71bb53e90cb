/* A server for conformance suites and the tests beside it. Prints its address, ends by SIGTERM.
 *   usage: socketio-echo --listen ADDR:PORT [--threads N] [--unjoined N] [--ping-interval MS]
 *                        [--ping-timeout MS] [--connect-timeout MS] [--upgrade-timeout MS]
 *   /engine.io/   every message of Engine.IO comes back
 *   /socket.io/   "/" and "/custom": says "auth" with what it was given; "message" comes back as
 * "message-back", "message-with-ack" in its acknowledgement; "join" and "leave" name a room, "shout" (room,
 * …) comes to all in it but the sender as "heard"; "later" is answered by another thread with "late"; "kick"
 * and "close" disconnect the socket or its session. A token "bad" is refused, "slow" answered by another
 *                 thread. Other namespaces are refused
 *   /ws           a plain WebSocket: every message of at most 16 MiB comes back
 * Pings after 300 ms and waits 200 ms for the pong where nothing else is said; takes 1 MB at once. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "net/json_check.h"
#include "net/socketio.h"

#define MS INT64_C(1000000)
enum { PLAIN_MAX = 16 << 20 };

struct echo {
  struct http_server *http;
  struct eio_server *engine;
  struct socketio *sockets;
};

/* ---- Engine.IO ---- */

static void on_raw_message(void *app, struct eio_session *session, bool binary, struct str data,
                           int64_t now_ns) {
  (void)app;
  (void)now_ns;
  struct ws_frame *frame = binary ? eio_frame_binary(data) : eio_frame_text(EIO_MESSAGE, data);
  eio_session_send(session, &frame, 1);
  ws_frame_unref(frame);
}

static void on_raw_closed(void *app, struct eio_session *session, enum eio_reason reason) {
  (void)app;
  (void)session;
  (void)reason;
}

static const struct eio_handler raw_session = {.message = on_raw_message, .closed = on_raw_closed};

static void open_raw(void *app, struct eio_host *host, int64_t now_ns, const struct eio_handler **handler,
                     void **session_app) {
  (void)host;
  (void)now_ns;
  *handler = &raw_session;
  *session_app = app;
}

static const struct eio_host_handler raw_host = {.open = open_raw};

/* ---- Socket.IO ---- */

static void emit(struct socketio *sockets, socketio_id id, struct sio_packet packet,
                 const struct str *attachments) {
  struct ws_frame *frames[16];
  uint32_t count = 0;
  packet.type =
      packet.attachments > 0 ? (packet.id == SIO_NO_ID ? SIO_BINARY_EVENT : SIO_BINARY_ACK) : packet.type;
  frames[count++] = sio_frame(&packet);
  for (uint32_t i = 0; i < packet.attachments; i++) {
    frames[count++] = eio_frame_binary(attachments[i]);
  }
  socketio_emit(sockets, id, frames, count);
  for (uint32_t i = 0; i < count; i++) {
    ws_frame_unref(frames[i]);
  }
}

static void emit_event(struct socketio *sockets, socketio_id id, const char *name,
                       const struct sio_packet *like, const struct str *attachments) {
  CLEANUP_BUF struct buf data;
  buf_init(&data, 8 << 20);
  sio_event_data(&data, name, like->arguments);
  emit(sockets, id,
       (struct sio_packet){.type = SIO_EVENT,
                           .nsp = like->nsp,
                           .id = SIO_NO_ID,
                           .data = buf_str(&data),
                           .attachments = like->attachments},
       attachments);
}

/* What another thread does after a while. */
struct later {
  struct echo *echo;
  socketio_id id;
  bool accept;
};

static void welcome(struct echo *echo, socketio_id id, struct str nsp, struct str auth) {
  struct sio_packet like = {.nsp = nsp, .arguments = auth.at != NULL ? auth : STR("{}")};
  socketio_accept(echo->sockets, id);
  emit_event(echo->sockets, id, "auth", &like, NULL);
}

static void *run_later(void *arg) {
  struct later *later = arg;
  struct sio_packet like = {.nsp = STR("/"), .arguments = STR("1")};
  usleep(50000);
  if (later->accept) {
    welcome(later->echo, later->id, STR("/"), STR_NONE);
  } else {
    emit_event(later->echo->sockets, later->id, "late", &like, NULL);
  }
  free(later);
  return NULL;
}

static void do_later(struct echo *echo, socketio_id id, bool accept) {
  pthread_t thread;
  struct later *later = malloc(sizeof(*later));
  if (later == NULL) {
    abort();
  }
  *later = (struct later){.echo = echo, .id = id, .accept = accept};
  if (pthread_create(&thread, NULL, run_later, later) != 0 || pthread_detach(thread) != 0) {
    abort();
  }
}

static bool has(struct str text, const char *part) {
  return text.at != NULL && memmem(text.at, text.len, part, strlen(part)) != NULL;
}

static void on_connect(void *app, socketio_id id, struct str nsp, struct str auth) {
  struct echo *echo = app;
  if (!str_is(nsp, "/") && !str_is(nsp, "/custom")) {
    socketio_refuse(echo->sockets, id, STR("{\"message\":\"Invalid namespace\"}"));
  } else if (has(auth, "\"bad\"")) {
    socketio_refuse(echo->sockets, id, STR("{\"message\":\"Unauthorized\",\"data\":{\"code\":401}}"));
  } else if (has(auth, "\"slow\"")) {
    do_later(echo, id, true);
  } else {
    welcome(echo, id, nsp, auth);
  }
}

/* The first argument, a string without its quotes; and what follows it. */
static struct str first_argument(const struct sio_packet *packet, struct buf *scratch, struct str *rest) {
  struct str first;
  buf_add_char(scratch, '[');
  buf_add_str(scratch, packet->arguments);
  buf_add_char(scratch, ']');
  if (json_split_first(buf_str(scratch), &first, rest) != STATUS_OK || first.len < 2) {
    *rest = STR_NONE;
    return STR("");
  }
  return (struct str){first.at + 1, first.len - 2};
}

static void shout(struct echo *echo, socketio_id id, const struct sio_packet *packet, struct str room,
                  struct str rest) {
  CLEANUP_BUF struct buf data;
  buf_init(&data, 8 << 20);
  sio_event_data(&data, "heard", rest);
  struct ws_frame *frame = sio_frame(
      &(struct sio_packet){.type = SIO_EVENT, .nsp = packet->nsp, .id = SIO_NO_ID, .data = buf_str(&data)});
  socketio_emit_room(echo->sockets, packet->nsp, room, id, &frame, 1);
  ws_frame_unref(frame);
}

static void acknowledge(struct echo *echo, socketio_id id, const struct sio_message *message) {
  CLEANUP_BUF struct buf data;
  buf_init(&data, 8 << 20);
  const struct sio_packet *packet = message->packet;
  buf_add_char(&data, '[');
  buf_add_str(&data, packet->arguments);
  buf_add_char(&data, ']');
  emit(echo->sockets, id,
       (struct sio_packet){.type = SIO_ACK,
                           .nsp = packet->nsp,
                           .id = packet->id,
                           .data = buf_str(&data),
                           .attachments = packet->attachments},
       message->attachments);
}

static void on_message(void *app, socketio_id id, const struct sio_message *message) {
  struct echo *echo = app;
  const struct sio_packet *packet = message->packet;
  CLEANUP_BUF struct buf scratch;
  buf_init(&scratch, 8 << 20);
  struct str rest;
  struct str room = first_argument(packet, &scratch, &rest);
  if (str_is(packet->event, "\"message\"")) {
    emit_event(echo->sockets, id, "message-back", packet, message->attachments);
  } else if (str_is(packet->event, "\"message-with-ack\"") && packet->id != SIO_NO_ID) {
    acknowledge(echo, id, message);
  } else if (str_is(packet->event, "\"join\"")) {
    socketio_join(echo->sockets, id, room);
    acknowledge(echo, id, message);
  } else if (str_is(packet->event, "\"leave\"")) {
    socketio_leave(echo->sockets, id, room);
    acknowledge(echo, id, message);
  } else if (str_is(packet->event, "\"shout\"")) {
    shout(echo, id, packet, room, rest);
  } else if (str_is(packet->event, "\"later\"")) {
    do_later(echo, id, false);
  } else if (str_is(packet->event, "\"kick\"")) {
    socketio_disconnect(echo->sockets, id, false);
  } else if (str_is(packet->event, "\"close\"")) {
    socketio_disconnect(echo->sockets, id, true);
  }
}

static void on_disconnect(void *app, socketio_id id, const char *reason) {
  (void)app;
  (void)id;
  (void)reason;
}

/* ---- plain WebSockets ---- */

struct plain {
  struct ws_reader reader;
  struct ws_queue out;
  struct http_raw *raw;
  bool ended;
};

static void plain_free(struct plain *plain) {
  ws_reader_release(&plain->reader);
  ws_queue_release(&plain->out);
  free(plain);
}

static void plain_push(struct plain *plain, struct ws_frame *frame) {
  static const struct ws_queue_limits limits = {.bytes_max = 4 * PLAIN_MAX, .frames_max = 100000};
  plain->ended = ws_queue_push(&plain->out, &limits, &frame, 1) != STATUS_OK || plain->ended;
  ws_frame_unref(frame);
}

static void plain_message(void *app, enum ws_opcode opcode, struct str message) {
  plain_push(app, ws_frame_new(opcode, message, STR("")));
}

/* Writes; closes the connection once all is written after its end. */
static void plain_write(struct plain *plain) {
  ssize_t sent = 1;
  while (plain->out.count > 0 && sent > 0) {
    struct iovec parts[16];
    unsigned count = ws_queue_gather(&plain->out, parts, 16);
    sent = http_raw_write(plain->raw, parts, count);
    if (sent > 0) {
      ws_queue_sent(&plain->out, (size_t)sent);
    }
  }
  if (sent < 0) {
    http_raw_close(plain->raw);
    plain_free(plain);
  } else if (plain->ended && plain->out.count == 0) {
    http_raw_end(plain->raw); /* the client closes in its turn */
  }
}

static void plain_received(void *app, struct str bytes) {
  struct plain *plain = app;
  CLEANUP_BUF struct buf replies;
  buf_init(&replies, bytes.len + 256);
  if (plain->ended) {
    return;
  }
  plain->ended = !ws_read(&plain->reader, bytes, &replies);
  if (replies.len > 0) {
    plain_push(plain, ws_frame_ready(buf_str(&replies)));
  }
  plain_write(plain);
}

static void plain_room(void *app) {
  plain_write(app);
}

static void plain_gone(void *app) {
  plain_free(app);
}

static const struct http_raw_handler plain_handler = {
    .received = plain_received, .room = plain_room, .gone = plain_gone};

static void open_plain(struct http_exchange *exchange) {
  CLEANUP_BUF struct buf headers;
  buf_init(&headers, 256);
  if (ws_handshake(exchange, &headers) != STATUS_OK) {
    exchange->status = 400;
    http_answer(exchange);
    return;
  }
  struct plain *plain = calloc(1, sizeof(*plain));
  if (plain == NULL) {
    abort();
  }
  ws_reader_init(&plain->reader, PLAIN_MAX, plain_message, plain);
  if (!http_upgrade(exchange, buf_str(&headers), &plain_handler, plain, &plain->raw)) {
    plain_free(plain);
  }
}

/* ---- HTTP ---- */

static struct eio_server *engine_of(struct echo *echo, const struct http_exchange *exchange) {
  if (str_is(exchange->head.path, "/socket.io/")) {
    return socketio_engine(echo->sockets);
  }
  return str_is(exchange->head.path, "/engine.io/") ? echo->engine : NULL;
}

static bool on_head(void *app, struct http_exchange *exchange) {
  struct eio_server *engine = engine_of(app, exchange);
  return engine == NULL || eio_server_head(engine, exchange);
}

static void on_request(void *app, struct http_exchange *exchange) {
  struct echo *echo = app;
  struct eio_server *engine = engine_of(app, exchange);
  if (engine != NULL) {
    eio_server_request(engine, exchange);
  } else if (str_is(exchange->head.path, "/ws")) {
    open_plain(exchange);
  } else {
    bool stats = str_is(exchange->head.path, "/sessions");
    exchange->status = stats ? 200 : 404;
    if (stats) {
      buf_add_int(&exchange->body_out, eio_server_sessions(socketio_engine(echo->sockets)));
    }
    http_answer(exchange);
  }
}

static bool read_address(char *text, struct http_config *config) {
  int64_t port;
  char *colon = strrchr(text, ':');
  if (colon == NULL || str_int(str_of(colon + 1), &port) != STATUS_OK || port < 0 || port > UINT16_MAX) {
    return false;
  }
  *colon = '\0';
  config->address = text;
  config->port = (uint16_t)port;
  return true;
}

static bool read_flag(const char *flag, char *text, struct http_config *config,
                      struct socketio_config *sockets) {
  const struct {
    const char *flag;
    int64_t *time_ns;
  } times[] = {{"--ping-interval", &sockets->eio.ping_interval_ns},
               {"--ping-timeout", &sockets->eio.ping_timeout_ns},
               {"--connect-timeout", &sockets->sio.connect_timeout_ns},
               {"--upgrade-timeout", &sockets->eio.upgrade_timeout_ns}};
  int64_t number;
  if (strcmp(flag, "--listen") == 0) {
    return read_address(text, config);
  }
  if (str_int(str_of(text), &number) != STATUS_OK || number < 1 || number > 1000000) {
    return false;
  }
  for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
    if (strcmp(flag, times[i].flag) == 0) {
      *times[i].time_ns = number * MS;
      return true;
    }
  }
  if (strcmp(flag, "--threads") == 0 && number <= 64) {
    config->threads = (unsigned)number;
  } else if (strcmp(flag, "--unjoined") == 0) {
    sockets->unjoined_max = (uint32_t)number;
  } else {
    return false;
  }
  return true;
}

static bool read_flags(int argc, char **argv, struct http_config *config, struct socketio_config *sockets) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!read_flag(argv[i], argv[i + 1], config, sockets)) {
      return false;
    }
  }
  return config->address != NULL && argc % 2 == 1;
}

int main(int argc, char **argv) {
  struct echo echo = {0};
  struct socketio_config sockets = socketio_config_default;
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  struct http_config config = {
      .threads = 2,
      .limits = http_limits_default,
      .callbacks = {.app = &echo, .head = on_head, .request = on_request},
  };
  sockets.eio.ping_interval_ns = 300 * MS;
  sockets.eio.ping_timeout_ns = 200 * MS;
  sockets.eio.close_timeout_ns = 1000 * MS;
  if (!read_flags(argc, argv, &config, &sockets)) {
    fprintf(stderr, "usage: %s --listen ADDR:PORT [--FLAG VALUE …]\n", argv[0]);
    return 2;
  }
  sockets.cors = "*";
  sockets.threads = config.threads;
  sockets.callbacks = (struct socketio_callbacks){
      .app = &echo, .connect = on_connect, .message = on_message, .disconnect = on_disconnect};
  echo.sockets = socketio_new(&sockets);
  echo.engine = eio_server_new(&(struct eio_server_config){.eio = sockets.eio,
                                                           .handler = &raw_host,
                                                           .host_size = sizeof(struct eio_host),
                                                           .sessions_max = 15000,
                                                           .cors = "*",
                                                           .threads = config.threads});
  const char *why = "";
  pthread_sigmask(SIG_BLOCK, &ends, NULL);
  if (http_server_new(&config, &echo.http, &why) != STATUS_OK) {
    fprintf(stderr, "socketio-echo: %s\n", why);
    return 1;
  }
  eio_server_bind(echo.engine, echo.http);
  eio_server_bind(socketio_engine(echo.sockets), echo.http);
  (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* the test that started it may be killed */
  http_server_start(echo.http);
  printf("%s:%u\n", config.address, http_server_port(echo.http));
  fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  eio_server_stop(echo.engine);
  eio_server_stop(socketio_engine(echo.sockets));
  http_server_stop(echo.http, 1000);
  http_server_free(echo.http);
  eio_server_free(echo.engine);
  socketio_free(echo.sockets);
  return 0;
}
