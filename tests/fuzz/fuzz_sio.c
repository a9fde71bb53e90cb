#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/json_check.h"
#include "net/sio_socket.h"

/* Packets of Socket.IO: one that is read is written back alike, and its parts lie in it; and a whole client,
 * to whom the input is a POST of several. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MS INT64_C(1000000)

static const struct eio_config eio = {
    .ping_interval_ns = 300 * MS,
    .ping_timeout_ns = 200 * MS,
    .upgrade_timeout_ns = 1000 * MS,
    .close_timeout_ns = 3000 * MS,
    .max_payload = 1 << 16,
    .queue = {.bytes_max = 1 << 20, .frames_max = 1000},
};
static const struct sio_config sio = {
    .connect_timeout_ns = 45000 * MS, .attachments_max = 10, .packet_bytes_max = 1 << 16, .sockets_max = 4};

struct host {
  struct eio_session session;
  struct sio_client client;
  int sockets; /* connects less what ended them */
  int closed;
};

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

static void must_lie_in(struct str part, struct str whole) {
  must(part.at == NULL || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len));
}

/* The names that may be refused, so that every path is walked. */
static void on_connect(void *app, struct sio_socket *socket, struct str auth) {
  struct host *host = app;
  must(auth.at == NULL || json_check(auth) == STATUS_OK);
  if (str_is(socket->nsp, "/no")) {
    sio_socket_refuse(socket, STR("{}"));
    return;
  }
  host->sockets++;
  if (!str_is(socket->nsp, "/late")) {
    sio_socket_accept(socket, STR("sid"), STR_NONE);
  }
}

static void on_message(void *app, struct sio_socket *socket, const struct sio_message *message) {
  struct host *host = app;
  must(host->closed == 0 && socket->state == SIO_CONNECTED);
  must(json_check(message->packet->data) == STATUS_OK);
  uint8_t sum = 0;
  for (uint32_t i = 0; i < message->packet->attachments; i++) {
    for (size_t at = 0; at < message->attachments[i].len; at++) {
      sum = (uint8_t)(sum + message->attachments[i].at[at]); /* every byte may be read */
    }
  }
  if (sum == 77) {
    sio_socket_disconnect(socket);
    host->sockets--;
  }
}

static void on_disconnect(void *app, struct sio_socket *socket, const char *reason) {
  (void)socket;
  must(reason[0] != '\0');
  ((struct host *)app)->sockets--;
}

static void on_closed(void *app, struct sio_client *client, const char *reason) {
  (void)client;
  (void)reason;
  struct host *host = app;
  host->closed++;
  must(host->sockets == 0 && host->closed == 1);
}

static const struct sio_handler handler = {
    .connect = on_connect, .message = on_message, .disconnect = on_disconnect, .closed = on_closed};

static void as_packet(struct str text) {
  struct sio_packet packet;
  if (sio_packet_parse(text, 10, &packet) != STATUS_OK) {
    return;
  }
  must_lie_in(packet.data, text);
  must_lie_in(packet.event, text);
  must_lie_in(packet.arguments, text);
  must(packet.nsp.len > 0 && packet.nsp.at[0] == '/' && packet.attachments <= 10);
  must(packet.data.at == NULL || json_check(packet.data) == STATUS_OK);
  struct ws_frame *frame = sio_frame(&packet);
  struct str written = ws_frame_payload(frame);
  struct sio_packet again;
  must(written.at[0] == '4');
  must(sio_packet_parse((struct str){written.at + 1, written.len - 1}, 10, &again) == STATUS_OK);
  must(again.type == packet.type && again.id == packet.id && again.attachments == packet.attachments);
  must(str_equal(again.nsp, packet.nsp) && again.data.len == packet.data.len);
  must(again.event.len == packet.event.len && again.arguments.len == packet.arguments.len);
  ws_frame_unref(frame);
}

static void as_client(struct str body) {
  struct host host = {0};
  sio_client_init(&host.client, &sio, &handler, &host, &host.session, 0);
  eio_session_init(&host.session, &eio, &sio_session_handler, &host.client, STR("sid"), NULL, 0);
  (void)!eio_session_post(&host.session, body, MS);
  must(host.sockets >= 0 && host.sockets <= (int)sio.sockets_max);
  sio_client_wake(&host.client, 100000 * MS);
  sio_client_wake(&host.client, 200000 * MS);
  must(host.closed == 1 && host.client.partial == NULL);
  sio_client_release(&host.client);
  eio_session_release(&host.session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct str text = {(const char *)data, size};
  as_packet(text);
  as_client(text);
  enum status plain = json_check(text);
  enum status placeholders = json_check_placeholders(text, 2);
  must(placeholders == plain || (plain == STATUS_OK && placeholders == STATUS_INVALID));
  return 0;
}
