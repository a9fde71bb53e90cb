#ifndef SIGAP_NET_SIO_SOCKET_H
#define SIGAP_NET_SIO_SOCKET_H

#include "net/eio_session.h"
#include "net/sio_packet.h"

/* Socket.IO over one Engine.IO session: a client and its sockets, one for each namespace it has joined. No
 * I/O and no clock, like the session below: the client hears it through `sio_session_handler`, and whoever
 * owns both looks afterwards at what the session has to send. Any thread, one at a time. */

struct sio_config {
  int64_t connect_timeout_ns; /* from the session's start to the first accepted namespace */
  uint32_t attachments_max;   /* of one packet */
  size_t packet_bytes_max;    /* of one packet's text and attachments together */
  uint32_t sockets_max;       /* namespaces that one client may ask for */
};

enum sio_state {
  SIO_PENDING, /* its CONNECT waits for sio_socket_accept or sio_socket_refuse */
  SIO_CONNECTED,
  SIO_LEFT /* the server has disconnected it; what its client sent before it knew is passed over */
};

struct sio_client;

/* A client in a namespace. Lives until its `disconnect` returns, its refusal, or the client's end. */
struct sio_socket {
  struct sio_socket *next; /* of the same client */
  struct sio_client *client;
  enum sio_state state;
  char sid[EIO_SID_SIZE]; /* once accepted */
  void *app;              /* the server's own; NULL at first */
  struct str nsp;
};

/* An event or an acknowledgement of a client. All of it lives as long as the call. */
struct sio_message {
  const struct sio_packet *packet; /* SIO_EVENT, SIO_BINARY_EVENT, SIO_ACK or SIO_BINARY_ACK */
  const struct str
      *attachments; /* packet->attachments of them, what {"_placeholder":true,"num":n} stand for */
};

struct sio_handler {
  /* A client asks for a namespace. auth: a JSON object, NONE without one. Leads to sio_socket_accept or
   * sio_socket_refuse, now or later, unless `disconnect` comes first. */
  void (*connect)(void *app, struct sio_socket *socket, struct str auth);
  /* Of a connected socket, in the order in which the client sent them. */
  void (*message)(void *app, struct sio_socket *socket, const struct sio_message *message);
  /* Once for every socket that was pending or connected and that the server itself neither refused nor
   * disconnected; the reason is one of the reference's words ("ping timeout", "client namespace disconnect").
   */
  void (*disconnect)(void *app, struct sio_socket *socket, const char *reason);
  /* The session is over; after the sockets' disconnects. */
  void (*closed)(void *app, struct sio_client *client, const char *reason);
};

struct sio_client {
  const struct sio_config *config;
  const struct sio_handler *handler;
  void *app;
  struct eio_session *session; /* the app of that session is this client */
  struct sio_socket *sockets;
  int64_t connect_by_ns;       /* 0: a namespace was joined in time */
  struct sio_partial *partial; /* a packet whose attachments are on their way */
  bool garbled;                /* closed because the client broke the protocol */
};

/* What eio_session_init takes as its handler, with the client as its app. */
extern const struct eio_handler sio_session_handler;

/* Before eio_session_init of its session. Config and handler must outlive it. */
void sio_client_init(struct sio_client *client, const struct sio_config *config,
                     const struct sio_handler *handler, void *app, struct eio_session *session,
                     int64_t now_ns);
/* Frees its sockets. Calls nobody. The session is released by its owner. */
void sio_client_release(struct sio_client *client);
/* As those of the session, and include them. */
int64_t sio_client_next(const struct sio_client *client);
void sio_client_wake(struct sio_client *client, int64_t now_ns);

enum { SIO_PID_MAX = 160 };
/* Answers of a pending socket (of another one accept does nothing). sid: at most EIO_SID_SIZE - 1 characters
 * of [A-Za-z0-9_-]. pid: what its client shows when it comes back after a broken connection, at most
 * SIO_PID_MAX characters that JSON does not escape; NONE without recovery. */
void sio_socket_accept(struct sio_socket *socket, struct str sid, struct str pid);
/* error: a JSON object, {"message":"Invalid namespace"}. The socket is gone afterwards. */
void sio_socket_refuse(struct sio_socket *socket, struct str error);
/* Sends frames of this namespace (sio_frame and its attachments, shared) with nothing between. False: it is
 * not connected, or its session closed (also now, because it reads too slowly). */
bool sio_socket_send(struct sio_socket *socket, struct ws_frame *const *frames, uint32_t count);
/* The server disconnects a pending or connected socket from its namespace; the handler is not told. */
void sio_socket_disconnect(struct sio_socket *socket);

#endif
