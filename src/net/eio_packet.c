#include "net/eio_packet.h"

#include <string.h>

#include "base/base64.h"

enum { SEPARATOR = 0x1e };

/* ---- packets ---- */

static enum status decode_binary(struct str text, struct buf *scratch, struct str *out) {
  buf_clear(scratch);
  char *room = buf_reserve(scratch, text.len / 4 * 3);
  if (room == NULL) {
    return STATUS_TOO_LARGE;
  }
  TRY(base64_decode(text, room, &scratch->len));
  *out = buf_str(scratch);
  return STATUS_OK;
}

enum status eio_packet_parse(struct str text, struct buf *scratch, struct eio_packet *out) {
  if (text.len == 0) {
    return STATUS_INVALID;
  }
  struct str rest = {text.at + 1, text.len - 1};
  struct eio_packet packet = {.type = EIO_MESSAGE, .data = rest};
  if (text.at[0] == 'b') {
    packet.binary = true;
    TRY(decode_binary(rest, scratch, &packet.data));
  } else if (text.at[0] >= '0' && text.at[0] <= '6') {
    packet.type = (enum eio_type)(text.at[0] - '0');
  } else {
    return STATUS_INVALID;
  }
  *out = packet;
  return STATUS_OK;
}

struct ws_frame *eio_frame_text(enum eio_type type, struct str data) {
  char digit = (char)('0' + type);
  return ws_frame_new(WS_TEXT, (struct str){&digit, 1}, data);
}

struct ws_frame *eio_frame_binary(struct str bytes) {
  return ws_frame_new(WS_BINARY, bytes, STR(""));
}

/* ---- payloads ---- */

bool eio_payload_next(struct str *rest, bool *more, struct str *packet) {
  if (!*more) {
    return false;
  }
  size_t end = str_find(*rest, SEPARATOR);
  *packet = (struct str){rest->at, end};
  *more = end < rest->len;
  if (*more) {
    *rest = (struct str){rest->at + end + 1, rest->len - end - 1};
  }
  return true;
}

size_t eio_payload_len(const struct ws_frame *frame) {
  size_t len = ws_frame_payload(frame).len;
  return frame->opcode == WS_BINARY ? 1 + (len + 2) / 3 * 4 : len;
}

void eio_payload_add(struct buf *payload, const struct ws_frame *frame) {
  if (payload->len > 0) {
    buf_add_char(payload, SEPARATOR);
  }
  if (frame->opcode == WS_BINARY) {
    buf_add_char(payload, 'b');
    base64_encode(payload, ws_frame_payload(frame));
  } else {
    buf_add_str(payload, ws_frame_payload(frame));
  }
}

/* ---- requests ---- */

struct str eio_error_body(enum eio_error error) {
  static const char *const bodies[] = {
      [EIO_TRANSPORT_UNKNOWN] = "{\"code\":0,\"message\":\"Transport unknown\"}",
      [EIO_SID_UNKNOWN] = "{\"code\":1,\"message\":\"Session ID unknown\"}",
      [EIO_BAD_METHOD] = "{\"code\":2,\"message\":\"Bad handshake method\"}",
      [EIO_BAD_REQUEST] = "{\"code\":3,\"message\":\"Bad request\"}",
      [EIO_FORBIDDEN] = "{\"code\":4,\"message\":\"Forbidden\"}",
      [EIO_VERSION_UNSUPPORTED] = "{\"code\":5,\"message\":\"Unsupported protocol version\"}",
      [EIO_ERROR_NONE] = "",
  };
  return str_of(bodies[error]);
}

/* The first parameter of that name, as sent; NONE where there is none. */
static struct str parameter(struct str query, const char *name) {
  size_t name_len = strlen(name);
  while (query.len > 0) {
    size_t end = str_find(query, '&');
    struct str pair = {query.at, end};
    if (pair.len > name_len && pair.at[name_len] == '=' && memcmp(pair.at, name, name_len) == 0) {
      return (struct str){pair.at + name_len + 1, pair.len - name_len - 1};
    }
    size_t step = end < query.len ? end + 1 : end;
    query = (struct str){query.at + step, query.len - step};
  }
  return STR_NONE;
}

enum eio_error eio_query_parse(struct str query, struct eio_query *out) {
  struct eio_query parsed = {.sid = parameter(query, "sid")};
  struct str transport = parameter(query, "transport");
  if (str_is(transport, "websocket")) {
    parsed.transport = EIO_WEBSOCKET;
  } else if (!str_is(transport, "polling")) {
    return EIO_TRANSPORT_UNKNOWN;
  }
  if (parsed.sid.len == 0) {
    parsed.sid = STR_NONE;
  }
  parsed.current = str_is(parameter(query, "EIO"), "4");
  *out = parsed;
  return EIO_ERROR_NONE;
}

enum eio_error eio_handshake_check(const struct eio_query *query, bool is_get, bool is_upgrade) {
  if (!is_get) {
    return EIO_BAD_METHOD;
  }
  if (query->transport == EIO_WEBSOCKET && !is_upgrade) {
    return EIO_BAD_REQUEST;
  }
  return query->current ? EIO_ERROR_NONE : EIO_VERSION_UNSUPPORTED;
}
