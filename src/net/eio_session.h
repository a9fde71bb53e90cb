#ifndef SIGAP_NET_EIO_SESSION_H
#define SIGAP_NET_EIO_SESSION_H

#include "base/buf.h"
#include "net/eio_packet.h"
#include "net/ws_frame.h"

/* One Engine.IO session: its transports, the upgrade from one to the other, heartbeats, what waits to be
 * sent. A state machine without I/O, clock or memory of its own beyond its queues: whoever owns it tells what
 * happened and when (now_ns, monotonic), and afterwards looks at what is to be done:
 *
 *   - eio_session_poll_due: the held poll wants its answer, eio_session_poll_take writes it;
 *   - of each WebSocket: frames in `out`, and whether it is to be ended (`end`);
 *   - eio_session_next: when eio_session_wake wants to be called;
 *   - eio_session_done: the session may be released and its sid forgotten.
 *
 * Any thread, one at a time. Inside the handler's calls the session may be sent to and closed, not released.
 */

struct eio_config {
  int64_t ping_interval_ns;
  int64_t ping_timeout_ns;
  int64_t upgrade_timeout_ns; /* from the WebSocket's handshake to the client's "5" */
  int64_t close_timeout_ns;   /* how long a closed session waits for the poll that shall tell its client */
  size_t max_payload;         /* bytes of one message, of a POST, and of an answer to a poll */
  struct ws_queue_limits queue;
};

enum eio_reason {
  EIO_OPEN_STILL,
  EIO_FORCED_CLOSE,    /* by the server */
  EIO_TRANSPORT_CLOSE, /* by the client, or its WebSocket has gone */
  EIO_TRANSPORT_ERROR, /* polls that overlap or break off, a ping from the client */
  EIO_PARSE_ERROR,
  EIO_PING_TIMEOUT,
  EIO_OVERFLOW /* it reads too slowly: its queue was full */
};
/* "ping timeout", …: the reference's word. Static. */
const char *eio_reason_text(enum eio_reason reason);

struct eio_session;

struct eio_handler {
  /* A message of the client; each once, in the order in which it sent them. The bytes live as long as the
   * call. */
  void (*message)(void *app, struct eio_session *session, bool binary, struct str data, int64_t now_ns);
  /* The session is over: once, and nothing comes after. */
  void (*closed)(void *app, struct eio_session *session, enum eio_reason reason);
};

enum eio_end {
  EIO_WS_OPEN,
  EIO_WS_END, /* write what is in `out`, then the Close frame and the connection's end */
  EIO_WS_CUT  /* close the connection at once: its client does not read */
};

/* One WebSocket of a session, owned by its connection. Zeroed, it is ready for eio_session_init or
 * eio_session_probe. Once `end` is not EIO_WS_OPEN no session knows it any more. */
struct eio_ws {
  struct eio_session *session; /* NULL once ended */
  struct ws_queue out;
  enum eio_end end;
};

enum { EIO_SID_SIZE = 21 };

struct eio_session {
  const struct eio_config *config;
  const struct eio_handler *handler;
  void *app;
  struct ws_queue queue; /* what waits for a poll */
  struct eio_ws *ws;     /* the transport; NULL while polling */
  struct eio_ws *probe;  /* the one to come */
  int64_t ping_at_ns;    /* 0: a pong is awaited */
  int64_t pong_by_ns;    /* 0: none is awaited */
  int64_t probe_by_ns;   /* 0: no upgrade is under way */
  int64_t close_by_ns;   /* 0: not waiting for the last poll */
  enum eio_reason reason;
  bool poll_held;
  bool probed; /* the probe was answered: polls are let go */
  char last;   /* the packet that ends the last poll: '1', or '6' where the client closed */
  char sid[EIO_SID_SIZE];
};

/* Opens a session. sid: at most EIO_SID_SIZE - 1 characters of [A-Za-z0-9_-]. ws NULL: it begins with
 * polling, and the request of the handshake is its first held poll, due at once. The config must outlive it.
 */
void eio_session_init(struct eio_session *session, const struct eio_config *config,
                      const struct eio_handler *handler, void *app, struct str sid, struct eio_ws *ws,
                      int64_t now_ns);
/* Drops the queues. A WebSocket that is still its own is cut. Calls nobody. */
void eio_session_release(struct eio_session *session);

/* Queues these packets (made by eio_frame_text or eio_frame_binary, shared) one after the other, with nothing
 * between, or closes the session with EIO_OVERFLOW where they don't fit. False: it is closed. */
bool eio_session_send(struct eio_session *session, struct ws_frame *const *frames, uint32_t count);

/* A GET: true where it is held now (look at eio_session_poll_due); false: answer it with EIO_BAD_REQUEST. Two
 * at once close the session. */
bool eio_session_poll(struct eio_session *session);
bool eio_session_poll_due(const struct eio_session *session);
/* The held poll's answer, at least one packet and, but for the first one, at most max_payload bytes. The poll
 * must be due. */
void eio_session_poll_take(struct eio_session *session, struct buf *payload);
/* The held poll's client went away. */
void eio_session_poll_gone(struct eio_session *session);
/* A POST: true is answered with "ok", false with EIO_BAD_REQUEST (the session is closed then, or was not
 * polling). */
bool eio_session_post(struct eio_session *session, struct str body, int64_t now_ns);

/* A WebSocket with the session's sid arrived. False: it is not wanted (no polling session, or one is being
 * probed already). */
bool eio_session_probe(struct eio_session *session, struct eio_ws *ws, int64_t now_ns);
/* A message of a WebSocket that has not ended. */
void eio_session_ws_message(struct eio_session *session, struct eio_ws *ws, enum ws_opcode opcode,
                            struct str message, int64_t now_ns);
/* It has gone, whoever closed it. */
void eio_session_ws_gone(struct eio_session *session, struct eio_ws *ws);

/* The server closes: what is queued still goes out. */
void eio_session_close(struct eio_session *session, int64_t now_ns);

/* INT64_MAX: nothing is waited for. */
int64_t eio_session_next(const struct eio_session *session);
/* Does what is due; may be called at any time. */
void eio_session_wake(struct eio_session *session, int64_t now_ns);
bool eio_session_done(const struct eio_session *session);

#endif
