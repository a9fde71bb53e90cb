#ifndef SIGAP_NET_SOCKETIO_H
#define SIGAP_NET_SOCKETIO_H

#include "net/eio_server.h"
#include "net/sio_socket.h"

/* A server of Socket.IO: who connects, what is sent to whom. Its callbacks run on the loops' threads and must
 * not block; everything else may be called from any thread and does its work on the loop of the socket. */

struct socketio;

/* A client in a namespace, never used twice in a process. Naming one that has gone is harmless. */
typedef uint64_t socketio_id;

struct socketio_callbacks {
  void *app;
  /* A client asks for a namespace; auth is a JSON object or NONE. Leads to socketio_accept or
   * socketio_refuse, now or later and from any thread, unless `disconnect` comes first. */
  void (*connect)(void *app, socketio_id socket, struct str nsp, struct str auth);
  /* An event or an acknowledgement, in the client's order. Lives as long as the call. */
  void (*message)(void *app, socketio_id socket, const struct sio_message *message);
  /* Once for each connect that was neither refused nor ended by socketio_disconnect. */
  void (*disconnect)(void *app, socketio_id socket, const char *reason);
};

struct socketio_config {
  struct eio_config eio;
  struct sio_config sio;
  uint32_t sessions_max;
  uint32_t unjoined_max; /* sessions that have joined no namespace yet: half-open handshakes */
  uint32_t rooms_max;    /* of one socket, beside that of its namespace */
  const char *cors;      /* see eio_server_config */
  unsigned threads;
  struct socketio_callbacks callbacks;
};
/* The reference's defaults: ping 25 s and 20 s, connect 45 s, upgrade 10 s, payload 1 MB; and limits of our
 * own. The callbacks and threads are to be filled in. */
extern const struct socketio_config socketio_config_default;

enum { SOCKETIO_ROOM_MAX = 64 };

struct socketio *socketio_new(const struct socketio_config *config);
/* After http_server_free, or where no HTTP server was started. */
void socketio_free(struct socketio *server);
/* The way in for requests, loops and the stop: its functions take what comes to "/socket.io/". */
struct eio_server *socketio_engine(struct socketio *server);

/* Answers a connect. The socket is in the room "" of its namespace from then on. */
void socketio_accept(struct socketio *server, socketio_id socket);
/* The same with a sid of the caller's and a pid, as sio_socket_accept takes them: for clients that recover
 * their state. A new sid is best made by socketio_sid. */
void socketio_accept_as(struct socketio *server, socketio_id socket, struct str sid, struct str pid);
/* A sid that nobody can guess; NUL-terminated. */
void socketio_sid(char out[EIO_SID_SIZE]);
/* error: a JSON object, copied: {"message":"Unauthorized"}. */
void socketio_refuse(struct socketio *server, socketio_id socket, struct str error);
/* Sends frames (sio_frame and attachments) to a connected socket, with nothing between. Adds its own
 * references. */
void socketio_emit(struct socketio *server, socketio_id socket, struct ws_frame *const *frames,
                   uint32_t count);
/* The server disconnects a socket from its namespace, or closes its whole session. */
void socketio_disconnect(struct socketio *server, socketio_id socket, bool whole_session);

/* Rooms have names of at most SOCKETIO_ROOM_MAX bytes (longer ones are cut) and belong to a namespace. A
 * socket that has joined rooms_max of them joins no more. */
void socketio_join(struct socketio *server, socketio_id socket, struct str room);
void socketio_leave(struct socketio *server, socketio_id socket, struct str room);
/* Sends the frames, encoded once, to all in the room but `except` (0: nobody). */
void socketio_emit_room(struct socketio *server, struct str nsp, struct str room, socketio_id except,
                        struct ws_frame *const *frames, uint32_t count);

#endif
