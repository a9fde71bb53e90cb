#include "net/eio_session.h"

#include <string.h>

/* The states are what the fields say:
 *   open: reason is EIO_OPEN_STILL; polling where ws is NULL;
 *   upgrading: probe is set, from its handshake on, and probed once "2probe" was answered;
 *   closed, but the client is still to hear so: `last` is set; by its last poll, or, where probe is still
 * set, by the WebSocket that it is about to go over to. */

const char *eio_reason_text(enum eio_reason reason) {
  static const char *const texts[] = {
      [EIO_OPEN_STILL] = "open",
      [EIO_FORCED_CLOSE] = "forced close",
      [EIO_TRANSPORT_CLOSE] = "transport close",
      [EIO_TRANSPORT_ERROR] = "transport error",
      [EIO_PARSE_ERROR] = "parse error",
      [EIO_PING_TIMEOUT] = "ping timeout",
      [EIO_OVERFLOW] = "transport error",
  };
  return texts[reason];
}

static bool is_open(const struct eio_session *session) {
  return session->reason == EIO_OPEN_STILL;
}

/* ---- the end ---- */

static void end_ws(struct eio_ws **ws, enum eio_end end) {
  if (*ws != NULL) {
    (*ws)->session = NULL;
    (*ws)->end = end;
    *ws = NULL;
  }
}

static void drop_probe(struct eio_session *session) {
  end_ws(&session->probe, EIO_WS_END);
  session->probed = false;
  session->probe_by_ns = 0;
}

/* How an end is told to a client that polls. */
enum farewell {
  FAREWELL_NOW,   /* only to a poll that is held: it broke off, what is queued is of no use */
  FAREWELL_NEXT,  /* to the next poll as well: the server ends it, with all that is queued */
  FAREWELL_CLIENT /* the client ended it: its poll is only let go */
};

static void close_session(struct eio_session *session, enum eio_reason reason, enum farewell farewell,
                          int64_t now_ns) {
  if (!is_open(session)) {
    return;
  }
  session->reason = reason;
  session->ping_at_ns = 0;
  session->pong_by_ns = 0;
  /* A client whose probe was answered may poll no more: the end of the probe would only tell it that the
   * upgrade failed, and it would wait for its ping's deadline. It hears of the close where it comes next. */
  if (!session->probed || farewell != FAREWELL_NEXT) {
    drop_probe(session);
  }
  if (session->poll_held || (session->ws == NULL && farewell != FAREWELL_NOW)) {
    session->last = farewell == FAREWELL_CLIENT ? '6' : '1';
    session->close_by_ns = farewell != FAREWELL_NOW ? now_ns + session->config->close_timeout_ns : 0;
  }
  end_ws(&session->ws, reason == EIO_OVERFLOW ? EIO_WS_CUT : EIO_WS_END);
  if (farewell != FAREWELL_NEXT) {
    ws_queue_release(&session->queue);
  }
  session->handler->closed(session->app, session, reason);
}

/* A closed session's client has heard so, or won't. */
static void stop_waiting(struct eio_session *session) {
  session->last = '\0';
  session->close_by_ns = 0;
  drop_probe(session);
}

bool eio_session_done(const struct eio_session *session) {
  return !is_open(session) && session->last == '\0' && !session->poll_held;
}

void eio_session_close(struct eio_session *session, int64_t now_ns) {
  close_session(session, EIO_FORCED_CLOSE, FAREWELL_NEXT, now_ns);
}

void eio_session_release(struct eio_session *session) {
  ws_queue_release(&session->queue);
  end_ws(&session->ws, EIO_WS_CUT);
  end_ws(&session->probe, EIO_WS_CUT);
}

/* ---- sending ---- */

static struct ws_queue *out_queue(struct eio_session *session) {
  return session->ws != NULL ? &session->ws->out : &session->queue;
}

bool eio_session_send(struct eio_session *session, struct ws_frame *const *frames, uint32_t count) {
  if (!is_open(session)) {
    return false;
  }
  if (ws_queue_push(out_queue(session), &session->config->queue, frames, count) != STATUS_OK) {
    close_session(session, EIO_OVERFLOW, FAREWELL_NOW, 0);
    return false;
  }
  return true;
}

static void send_packet(struct eio_session *session, enum eio_type type, struct str data) {
  struct ws_frame *frame = eio_frame_text(type, data);
  eio_session_send(session, &frame, 1);
  ws_frame_unref(frame);
}

/* ---- the beginning ---- */

void eio_session_init(struct eio_session *session, const struct eio_config *config,
                      const struct eio_handler *handler, void *app, struct str sid, struct eio_ws *ws,
                      int64_t now_ns) {
  *session = (struct eio_session){.config = config,
                                  .handler = handler,
                                  .app = app,
                                  .ws = ws,
                                  .poll_held = ws == NULL,
                                  .ping_at_ns = now_ns + config->ping_interval_ns};
  memcpy(session->sid, sid.at, sid.len < EIO_SID_SIZE ? sid.len : EIO_SID_SIZE - 1);
  if (ws != NULL) {
    ws->session = session;
  }
  char text[256];
  struct buf open = {.at = text, .size = sizeof(text), .max = sizeof(text)};
  buf_format(
      &open,
      "{\"sid\":\"%s\",\"upgrades\":[%s],\"pingInterval\":%lld,\"pingTimeout\":%lld,\"maxPayload\":%zu}",
      session->sid, ws == NULL ? "\"websocket\"" : "", (long long)(config->ping_interval_ns / 1000000),
      (long long)(config->ping_timeout_ns / 1000000), config->max_payload);
  send_packet(session, EIO_OPEN, buf_str(&open));
}

/* ---- packets of the client ---- */

static void take_pong(struct eio_session *session, int64_t now_ns) {
  if (session->pong_by_ns != 0) {
    session->pong_by_ns = 0;
    session->ping_at_ns = now_ns + session->config->ping_interval_ns;
  }
}

static void take_packet(struct eio_session *session, const struct eio_packet *packet, int64_t now_ns) {
  switch (packet->type) {
    case EIO_MESSAGE:
      session->handler->message(session->app, session, packet->binary, packet->data, now_ns);
      break;
    case EIO_PONG:
      take_pong(session, now_ns);
      break;
    case EIO_NOOP:
      break;
    case EIO_CLOSE:
      close_session(session, EIO_TRANSPORT_CLOSE, FAREWELL_CLIENT, now_ns);
      break;
    case EIO_PING: /* since revision 4 it is the server who pings */
      close_session(session, EIO_TRANSPORT_ERROR, FAREWELL_NOW, now_ns);
      break;
    case EIO_OPEN:
    case EIO_UPGRADE:
      close_session(session, EIO_PARSE_ERROR, FAREWELL_NOW, now_ns);
      break;
  }
}

/* ---- polling ---- */

static bool is_polling(const struct eio_session *session) {
  return session->ws == NULL && (is_open(session) || session->last != '\0');
}

bool eio_session_poll(struct eio_session *session) {
  if (!is_polling(session)) {
    return false;
  }
  if (session->poll_held) {
    close_session(session, EIO_TRANSPORT_ERROR, FAREWELL_NOW, 0);
    return false;
  }
  session->poll_held = true;
  return true;
}

bool eio_session_poll_due(const struct eio_session *session) {
  /* While the probe is answered the client waits for its poll to end before it goes over. */
  return session->poll_held &&
         (session->queue.count > 0 || session->probed || session->ws != NULL || session->last != '\0');
}

static bool fits(const struct buf *payload, size_t len, size_t max) {
  return payload->len == 0 || (len < max && payload->len < max - len);
}

static void add_char_packet(struct buf *payload, char type) {
  struct ws_frame *frame = eio_frame_text((enum eio_type)(type - '0'), STR(""));
  eio_payload_add(payload, frame);
  ws_frame_unref(frame);
}

void eio_session_poll_take(struct eio_session *session, struct buf *payload) {
  session->poll_held = false;
  struct ws_frame *frame;
  while ((frame = ws_queue_peek(&session->queue)) != NULL &&
         fits(payload, eio_payload_len(frame), session->config->max_payload)) {
    eio_payload_add(payload, frame);
    ws_queue_drop(&session->queue);
  }
  if (session->last != '\0' && frame == NULL) {
    add_char_packet(payload, session->last);
    stop_waiting(session);
  } else if (payload->len == 0) {
    add_char_packet(payload, '6');
  }
}

void eio_session_poll_gone(struct eio_session *session) {
  if (!session->poll_held) {
    return;
  }
  session->poll_held = false;
  stop_waiting(session);
  close_session(session, EIO_TRANSPORT_ERROR, FAREWELL_NOW, 0);
}

bool eio_session_post(struct eio_session *session, struct str body, int64_t now_ns) {
  if (!is_open(session) || session->ws != NULL) {
    return false;
  }
  if (body.len > session->config->max_payload || !str_utf8(body)) {
    close_session(session, EIO_PARSE_ERROR, FAREWELL_NOW, now_ns);
    return false;
  }
  CLEANUP_BUF struct buf scratch;
  buf_init(&scratch, session->config->max_payload);
  bool more = true;
  struct str text;
  while (is_open(session) && eio_payload_next(&body, &more, &text)) {
    struct eio_packet packet;
    if (eio_packet_parse(text, &scratch, &packet) != STATUS_OK) {
      close_session(session, EIO_PARSE_ERROR, FAREWELL_NOW, now_ns);
    } else {
      take_packet(session, &packet, now_ns);
    }
  }
  return session->reason != EIO_PARSE_ERROR && session->reason != EIO_TRANSPORT_ERROR;
}

/* ---- WebSockets ---- */

bool eio_session_probe(struct eio_session *session, struct eio_ws *ws, int64_t now_ns) {
  if (!is_open(session) || session->ws != NULL || session->probe != NULL) {
    return false;
  }
  ws->session = session;
  session->probe = ws;
  session->probe_by_ns = now_ns + session->config->upgrade_timeout_ns;
  return true;
}

static void go_over(struct eio_session *session, int64_t now_ns) {
  session->ws = session->probe;
  session->probe = NULL;
  session->probed = false;
  session->probe_by_ns = 0;
  ws_queue_move(&session->ws->out, &session->queue);
  /* The pong to a ping of the old transport may have waited for the new one. */
  if (session->pong_by_ns != 0 && session->pong_by_ns < now_ns + session->config->ping_timeout_ns) {
    session->pong_by_ns = now_ns + session->config->ping_timeout_ns;
  }
  if (!is_open(session)) {
    end_ws(&session->ws, EIO_WS_END);
    stop_waiting(session);
  }
}

/* The session goes on with polling whatever the probe says. */
static void take_probe_packet(struct eio_session *session, const struct eio_packet *packet, int64_t now_ns) {
  if (packet->type == EIO_PING && str_is(packet->data, "probe")) {
    struct ws_frame *pong = eio_frame_text(EIO_PONG, STR("probe"));
    session->probed = true;
    if (ws_queue_push(&session->probe->out, &session->config->queue, &pong, 1) != STATUS_OK) {
      drop_probe(session);
    }
    ws_frame_unref(pong);
  } else if (packet->type == EIO_UPGRADE && session->probed) {
    go_over(session, now_ns);
  } else {
    drop_probe(session);
  }
}

void eio_session_ws_message(struct eio_session *session, struct eio_ws *ws, enum ws_opcode opcode,
                            struct str message, int64_t now_ns) {
  CLEANUP_BUF struct buf scratch;
  buf_init(&scratch, session->config->max_payload);
  struct eio_packet packet = {.type = EIO_MESSAGE, .binary = true, .data = message};
  bool valid = opcode == WS_BINARY || eio_packet_parse(message, &scratch, &packet) == STATUS_OK;
  if (ws == session->probe) {
    if (valid) {
      take_probe_packet(session, &packet, now_ns);
    } else {
      drop_probe(session);
    }
  } else if (valid) {
    take_packet(session, &packet, now_ns);
  } else {
    close_session(session, EIO_PARSE_ERROR, FAREWELL_NOW, now_ns);
  }
}

void eio_session_ws_gone(struct eio_session *session, struct eio_ws *ws) {
  if (ws == session->probe) {
    drop_probe(session);
  } else if (ws == session->ws) {
    close_session(session, EIO_TRANSPORT_CLOSE, FAREWELL_NOW, 0);
  }
}

/* ---- time ---- */

static void earlier(int64_t *next, int64_t deadline_ns) {
  if (deadline_ns != 0 && deadline_ns < *next) {
    *next = deadline_ns;
  }
}

int64_t eio_session_next(const struct eio_session *session) {
  int64_t next = INT64_MAX;
  earlier(&next, session->ping_at_ns);
  earlier(&next, session->pong_by_ns);
  earlier(&next, session->probe_by_ns);
  earlier(&next, session->close_by_ns);
  return next;
}

static bool due(int64_t deadline_ns, int64_t now_ns) {
  return deadline_ns != 0 && now_ns >= deadline_ns;
}

void eio_session_wake(struct eio_session *session, int64_t now_ns) {
  if (due(session->close_by_ns, now_ns) && !session->poll_held) {
    stop_waiting(session);
    ws_queue_release(&session->queue);
  }
  if (due(session->probe_by_ns, now_ns)) {
    drop_probe(session);
  }
  if (due(session->pong_by_ns, now_ns)) {
    close_session(session, EIO_PING_TIMEOUT, FAREWELL_NOW, now_ns);
  }
  if (due(session->ping_at_ns, now_ns)) {
    session->ping_at_ns = 0;
    session->pong_by_ns = now_ns + session->config->ping_timeout_ns;
    send_packet(session, EIO_PING, STR(""));
  }
}
