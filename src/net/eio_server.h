#ifndef SIGAP_NET_EIO_SERVER_H
#define SIGAP_NET_EIO_SERVER_H

#include "net/eio_session.h"
#include "net/http.h"
#include "net/ws.h"

/* Sessions of Engine.IO on an HTTP server. A session belongs to one of its loops and is touched on that
 * thread alone; its sid says which loop that is, so that a request that comes in on another one is handed
 * over without a lock. Held polls wait on the loop and cost no lane. */

struct eio_server;

/* A session with its way to the client. Whoever hears its messages embeds it as the first member of a larger
 * struct (host_size). */
struct eio_host {
  struct eio_session session;
  struct eio_shard *shard;
  struct eio_host *next; /* of the same bucket */
  struct eio_host *next_dirty;
  struct http_exchange *poll; /* held */
  struct eio_link *links[2];  /* WebSockets: its transport, its probe, in either order */
  struct http_timer timer;
  bool dirty;
};

struct eio_host_handler {
  /* Whether one session more may begin, beside sessions_max. Any loop's thread. NULL: yes. */
  bool (*admit)(void *app);
  /* Prepares what embeds the host, before its session begins; sets *handler and *app for eio_session_init. */
  void (*open)(void *app, struct eio_host *host, int64_t now_ns, const struct eio_handler **handler,
               void **session_app);
  /* As eio_session_next and eio_session_wake, which they include. NULL: those. */
  int64_t (*next)(struct eio_host *host);
  void (*wake)(struct eio_host *host, int64_t now_ns);
  /* The session is over and about to be freed. NULL: nothing to be done. */
  void (*free)(struct eio_host *host);
};

struct eio_server_config {
  struct eio_config eio;
  const struct eio_host_handler *handler;
  void *app;
  size_t host_size;      /* of the struct that embeds the host */
  uint32_t sessions_max; /* beyond it a handshake is answered with 503 */
  const char *cors;      /* Access-Control-Allow-Origin; NULL: no such header. Must outlive the server */
  unsigned threads;      /* of the HTTP server */
};

struct eio_server *eio_server_new(const struct eio_server_config *config);
/* After http_server_free. */
void eio_server_free(struct eio_server *server);

/* Which loops its sessions live on: before http_server_start. */
void eio_server_bind(struct eio_server *server, struct http_server *http);

/* From the HTTP server's callbacks, for requests to the server's path: `head` always before `request`. */
/* As a head callback: true, with the body's limit set, or false with a refusal. */
bool eio_server_head(struct eio_server *server, struct http_exchange *exchange);
/* As a request callback. */
void eio_server_request(struct eio_server *server, struct http_exchange *exchange);
/* Closes all sessions, before http_server_stop; returns at once. Handshakes are answered with 503 from now
 * on. */
void eio_server_stop(struct eio_server *server);
/* Sessions that there are. Any thread. */
uint32_t eio_server_sessions(const struct eio_server *server);

/* The loop that a shard belongs to, by index. */
struct http_loop *eio_server_loop(struct eio_server *server, unsigned index);
unsigned eio_host_loop_index(const struct eio_host *host);
/* After a session was sent to or closed from outside its own handler, on its loop's thread: what it has to
 * write goes out with the next eio_server_flush. */
void eio_host_touch(struct eio_host *host);
/* Writes what all touched sessions of this loop have. Not from within a handler: there it comes by itself. */
void eio_server_flush(struct eio_server *server, unsigned index);

/* The header lines of the answer to a WebSocket's handshake. STATUS_INVALID: the request is none. */
enum status ws_handshake(const struct http_exchange *exchange, struct buf *headers) MUST_CHECK;

#endif
