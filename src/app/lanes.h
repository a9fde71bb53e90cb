#ifndef SIGAP_APP_LANES_H
#define SIGAP_APP_LANES_H

#include "api/kit/kit.h"
#include "db/db.h"

/* The lanes that calls run in, their threads and their connections. On SQLite: one read connection an I/O
 * thread, the single writer, a pool for slow work, one for password hashing, one for exports, which slow
 * readers may hold up. On PostgreSQL the quick calls have a pool of blocking connections instead of the I/O
 * threads and the writer. */
struct lanes;

struct lanes_config {
  const struct db_config *database; /* borrowed, as long as the lanes live */
  bool pgsql;
  unsigned loops;               /* I/O threads */
  unsigned hash_threads;        /* Argon2 at a time */
  unsigned pool_threads;        /* slow work at a time */
  unsigned export_threads;      /* streamed answers at a time */
  unsigned pgsql_threads;       /* connections of the database pool */
  void (*committed)(void *app); /* after a batch of writes; called on the writer's thread. NULL: nobody */
  void *app;
};

/* Opens all connections; no thread runs yet. */
enum status lanes_new(const struct lanes_config *config, struct lanes **out, char why[256]) MUST_CHECK;
void lanes_start(struct lanes *lanes);
/* After the HTTP server's stop, when whoever could still be answered has been. Calls under way are finished;
 * those that only waited are dropped, because their clients have gone. New ones are refused. */
void lanes_stop(struct lanes *lanes);
/* Ends the writer: what is queued is committed, later commands are refused. After lanes_stop. */
void lanes_end_writes(struct lanes *lanes);
void lanes_free(struct lanes *lanes);

/* The face that the kit sees. */
struct kit_lanes lanes_face(struct lanes *lanes);
/* A further connection for a thread of its own (mail, timers), with db_write usable. */
enum status lanes_connect(struct lanes *lanes, struct db **out, char why[256]) MUST_CHECK;
/* False after an I/O error on write. */
bool lanes_healthy(const struct lanes *lanes);
/* Prometheus text: queue lengths and commit batches. */
void lanes_metrics(struct lanes *lanes, struct buf *out);

#endif
