#include "net/sio_packet.h"

#include <string.h>

#include "net/eio_packet.h"
#include "net/json_check.h"

#define ID_MAX ((INT64_C(1) << 53) - 1)

static bool is_binary(enum sio_type type) {
  return type == SIO_BINARY_EVENT || type == SIO_BINARY_ACK;
}

/* Takes decimal digits off the text. */
static enum status take_number(struct str *rest, int64_t *out) {
  int64_t number = 0;
  size_t len = 0;
  while (len < rest->len && rest->at[len] >= '0' && rest->at[len] <= '9') {
    number = number * 10 + (rest->at[len] - '0');
    len++;
    if (number > ID_MAX) {
      return STATUS_INVALID;
    }
  }
  if (len == 0) {
    return STATUS_NOT_FOUND;
  }
  *rest = (struct str){rest->at + len, rest->len - len};
  *out = number;
  return STATUS_OK;
}

static enum status take_attachments(struct str *rest, uint32_t max, uint32_t *out) {
  int64_t count;
  if (take_number(rest, &count) != STATUS_OK || count == 0 || rest->len == 0 || rest->at[0] != '-') {
    return STATUS_INVALID;
  }
  if (count > max) {
    return STATUS_TOO_LARGE;
  }
  *rest = (struct str){rest->at + 1, rest->len - 1};
  *out = (uint32_t)count;
  return STATUS_OK;
}

static enum status take_namespace(struct str *rest, struct str *out) {
  if (rest->len == 0 || rest->at[0] != '/') {
    *out = STR("/");
    return STATUS_OK;
  }
  struct str nsp = {rest->at, str_find(*rest, ',')};
  if (nsp.len > SIO_NAMESPACE_MAX || !str_utf8(nsp) || str_has_control(nsp)) {
    return STATUS_INVALID;
  }
  for (size_t i = 0; i < nsp.len; i++) {
    if (nsp.at[i] == '\n' || nsp.at[i] == '\r' || nsp.at[i] == '\t') {
      return STATUS_INVALID;
    }
  }
  size_t step = nsp.len < rest->len ? nsp.len + 1 : nsp.len;
  *rest = (struct str){rest->at + step, rest->len - step};
  *out = nsp;
  return STATUS_OK;
}

static bool is_reserved(struct str event) {
  static const char *const reserved[] = {"\"connect\"",       "\"connect_error\"", "\"disconnect\"",
                                         "\"disconnecting\"", "\"newListener\"",   "\"removeListener\""};
  for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
    if (str_is(event, reserved[i])) {
      return true;
    }
  }
  return false;
}

static enum status check_event(struct sio_packet *packet) {
  TRY(json_split_first(packet->data, &packet->event, &packet->arguments));
  char first = packet->event.at[0];
  bool named = first == '"' || first == '-' || (first >= '0' && first <= '9');
  return named && !is_reserved(packet->event) ? STATUS_OK : STATUS_INVALID;
}

/* The data is JSON; does it fit the type? */
static enum status check_data(struct sio_packet *packet) {
  char first = packet->data.at != NULL ? str_trim(packet->data).at[0] : '\0';
  bool fits = false;
  switch (packet->type) {
    case SIO_CONNECT:
      fits = first == '\0' || first == '{';
      break;
    case SIO_DISCONNECT:
      fits = first == '\0';
      break;
    case SIO_CONNECT_ERROR:
      fits = first == '"' || first == '{';
      break;
    case SIO_EVENT:
    case SIO_BINARY_EVENT:
      return first == '[' ? check_event(packet) : STATUS_INVALID;
    case SIO_ACK:
    case SIO_BINARY_ACK:
      fits = first == '[' && packet->id != SIO_NO_ID;
      break;
  }
  return fits ? STATUS_OK : STATUS_INVALID;
}

enum status sio_packet_parse(struct str text, uint32_t attachments_max, struct sio_packet *out) {
  if (text.len == 0 || text.at[0] < '0' || text.at[0] > '6') {
    return STATUS_INVALID;
  }
  struct sio_packet packet = {.type = (enum sio_type)(text.at[0] - '0'), .id = SIO_NO_ID, .data = STR_NONE};
  struct str rest = {text.at + 1, text.len - 1};
  if (is_binary(packet.type)) {
    TRY(take_attachments(&rest, attachments_max, &packet.attachments));
  }
  TRY(take_namespace(&rest, &packet.nsp));
  if (take_number(&rest, &packet.id) == STATUS_INVALID) {
    return STATUS_INVALID;
  }
  if (rest.len > 0) {
    packet.data = rest;
    TRY(is_binary(packet.type) ? json_check_placeholders(rest, packet.attachments) : json_check(rest));
  }
  TRY(check_data(&packet));
  *out = packet;
  return STATUS_OK;
}

struct ws_frame *sio_frame(const struct sio_packet *packet) {
  char head[SIO_NAMESPACE_MAX + 64];
  struct buf out = {.at = head, .size = sizeof(head), .max = sizeof(head)};
  buf_add_char(&out, (char)('0' + EIO_MESSAGE));
  buf_add_char(&out, (char)('0' + packet->type));
  if (is_binary(packet->type)) {
    buf_add_int(&out, packet->attachments);
    buf_add_char(&out, '-');
  }
  if (!str_is(packet->nsp, "/")) {
    buf_add_str(&out, packet->nsp);
    buf_add_char(&out, ',');
  }
  if (packet->id != SIO_NO_ID) {
    buf_add_int(&out, packet->id);
  }
  return ws_frame_new(WS_TEXT, buf_str(&out), packet->data.at != NULL ? packet->data : STR(""));
}

void sio_event_data(struct buf *out, const char *name, struct str arguments) {
  buf_add_text(out, "[\"");
  buf_add_text(out, name);
  buf_add_char(out, '"');
  if (arguments.len > 0) {
    buf_add_char(out, ',');
    buf_add_str(out, arguments);
  }
  buf_add_char(out, ']');
}
