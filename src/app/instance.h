#ifndef SIGAP_APP_INSTANCE_H
#define SIGAP_APP_INSTANCE_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

/* The data directory and what stands in it: the lock, the key, the names of the rest. */

/* Makes the directory (0700) and its parents where they are missing. */
enum status instance_make(const char *data_dir, char why[256]) MUST_CHECK;
/* Takes the lock: one process owns a data directory. STATUS_STATE when another has it (why names its
 * process id). Held until instance_unlock or the end of the process. */
enum status instance_lock(const char *data_dir, int *lock, char why[256]) MUST_CHECK;
void instance_unlock(int lock);

/* Both locks of an embedded store: of the data directory, and of the database's folder where it stands
 * elsewhere
 * ("sqlite:PATH"; NULL for a database that needs none). So no two processes ever write one database file. */
struct instance_locks {
  int data, database; /* -1: none */
};
#define INSTANCE_UNLOCKED ((struct instance_locks){-1, -1})
enum status instance_own(const char *data_dir, const char *database, struct instance_locks *locks,
                         char why[256]) MUST_CHECK;
void instance_disown(struct instance_locks *locks);
/* The key that signs tokens: <data>/jwt.key (0600, 64 random bytes as hexadecimal), made where absent. */
enum status instance_key(const char *data_dir, struct arena *arena, struct str *key,
                         char why[256]) MUST_CHECK;
/* "<data>/<name>" in the arena. */
char *instance_path(const char *data_dir, struct arena *arena, const char *name);

#endif
