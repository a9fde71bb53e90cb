#include "db/listen.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/log.h"
#include "base/time.h"
#include "db/engine.h"

enum { NAME_SIZE = 17, AGAIN_MS = 1000, OPEN_MS = 10000 };
#define MS INT64_C(1000000)

enum step {
  STEP_AWAY,    /* no connection */
  STEP_CONNECT, /* under way */
  STEP_ASK,     /* LISTEN was sent */
  STEP_LISTEN,
};

struct db_listener {
  char *url;
  PGconn *connection;
  enum step step;
  bool wants_to_write; /* of STEP_CONNECT and STEP_ASK */
  bool told;           /* that it is away */
  int64_t began_ns;    /* the last attempt; 0: none yet */
  char name[NAME_SIZE];
};

struct db_listener *db_listener_new(const char *url) {
  struct db_listener *listener = calloc(1, sizeof(*listener));
  char *copy = strdup(url);
  if (!listener || !copy) {
    die("out of memory");
  }
  uint64_t some = 0;
  random_bytes(&some, sizeof(some));
  snprintf(listener->name, sizeof(listener->name), "%016" PRIx64, some);
  listener->url = copy;
  return listener;
}

static void leave(struct db_listener *listener) {
  PQfinish(listener->connection);
  listener->connection = NULL;
  listener->step = STEP_AWAY;
}

void db_listener_free(struct db_listener *listener) {
  if (listener) {
    leave(listener);
    free(listener->url);
    free(listener);
  }
}

int db_listener_fd(const struct db_listener *listener, short *events) {
  if (listener->step == STEP_AWAY) {
    return -1;
  }
  /* While it is being opened, libpq says which of both it waits for. */
  short reads = listener->step == STEP_CONNECT && listener->wants_to_write ? 0 : POLLIN;
  *events = (short)(reads | (listener->wants_to_write ? POLLOUT : 0));
  return PQsocket(listener->connection);
}

/* Said once for each time that it goes away. */
static void lose(struct db_listener *listener) {
  if (!listener->told) {
    const char *message = listener->connection ? PQerrorMessage(listener->connection) : "";
    char first[200];
    snprintf(first, sizeof(first), "%.*s", (int)strcspn(message, "\n"), message);
    LOG(LOG_WARN, "The bell of the database can't be heard; the logs are looked at by the clock.",
        LOG_S("reason", first));
  }
  listener->told = true;
  leave(listener);
}

static void connect_anew(struct db_listener *listener, int64_t now_ns) {
  /* What stands before the address gives way to what the address says. */
  const char *names[] = {"application_name", "keepalives_idle", "tcp_user_timeout",
                         "dbname",           "client_encoding", NULL};
  const char *values[] = {"sigap bell", "60", "30000", listener->url, "UTF8", NULL};
  listener->began_ns = now_ns;
  listener->connection = PQconnectStartParams(names, values, 1);
  if (!listener->connection) {
    die("out of memory");
  }
  listener->step = STEP_CONNECT;
  listener->wants_to_write = true; /* what PQconnectPoll has to be begun with */
  if (PQstatus(listener->connection) == CONNECTION_BAD) {
    lose(listener);
  }
}

static bool is_ready(const struct db_listener *listener) {
  struct pollfd polled = {0};
  polled.fd = db_listener_fd(listener, &polled.events);
  return poll(&polled, 1, 0) != 0;
}

static void go_on_connecting(struct db_listener *listener, int64_t now_ns) {
  while (is_ready(listener)) {
    switch (PQconnectPoll(listener->connection)) {
      case PGRES_POLLING_READING:
        listener->wants_to_write = false;
        break;
      case PGRES_POLLING_WRITING:
        listener->wants_to_write = true;
        break;
      case PGRES_POLLING_OK:
        listener->step = STEP_ASK;
        if (PQsetnonblocking(listener->connection, 1) != 0 ||
            !PQsendQuery(listener->connection, "LISTEN " DB_BELL_CHANNEL)) {
          lose(listener);
        }
        return;
      default:
        lose(listener);
        return;
    }
  }
  if (now_ns - listener->began_ns > OPEN_MS * MS) {
    lose(listener);
  }
}

/* The answer to LISTEN, as far as it has come. */
static void take_answer(struct db_listener *listener, struct db_heard *heard) {
  while (!PQisBusy(listener->connection)) {
    PGresult *result = PQgetResult(listener->connection);
    if (result == NULL) {
      listener->step = STEP_LISTEN;
      listener->told = false;
      heard->opened = true;
      return;
    }
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    if (!good) {
      lose(listener);
      return;
    }
  }
}

static void take_rings(struct db_listener *listener, struct db_heard *heard) {
  PGnotify *ring;
  while ((ring = PQnotifies(listener->connection)) != NULL) {
    if (strcmp(ring->extra, listener->name) == 0) {
      heard->own = true;
    } else {
      heard->others = true;
    }
    PQfreemem(ring);
  }
}

struct db_heard db_listener_turn(struct db_listener *listener, int64_t now_ns) {
  struct db_heard heard = {0};
  if (listener->step == STEP_AWAY &&
      (listener->began_ns == 0 || now_ns - listener->began_ns >= AGAIN_MS * MS)) {
    connect_anew(listener, now_ns);
  }
  if (listener->step == STEP_CONNECT) {
    go_on_connecting(listener, now_ns);
  }
  if (listener->step < STEP_ASK) {
    return heard;
  }
  int unsent = PQflush(listener->connection);
  if (unsent < 0 || !PQconsumeInput(listener->connection)) {
    lose(listener);
    return heard;
  }
  listener->wants_to_write = unsent > 0;
  if (listener->step == STEP_ASK) {
    take_answer(listener, &heard);
  }
  if (listener->step == STEP_LISTEN) {
    take_rings(listener, &heard);
  }
  return heard;
}

/* Whoever waits for the bell looks at rows that are durable already: this transaction need not be. */
static enum status ring(struct ctx *ctx, void *arg) {
  const struct db_listener *listener = arg;
  char sql[128];
  snprintf(sql, sizeof(sql), "SET LOCAL synchronous_commit TO off; NOTIFY " DB_BELL_CHANNEL ", '%s'",
           listener->name);
  enum status status = ctx->db->engine->script(ctx->db, sql);
  return status == STATUS_OK ? status : db_problem(ctx, status);
}

enum status db_listener_ring(struct db_listener *listener, struct ctx *ctx) {
  return db_write(ctx, ring, listener);
}
