#ifndef SIGAP_APP_ADMIN_H
#define SIGAP_APP_ADMIN_H

#include "base/buf.h"
#include "base/status.h"

/* <data>/admin.sock (mode 0600): how `sigap user|tenant|…` works while a server owns the data directory.
 * A request is the command's arguments and what stood on its standard input; an answer is what it
 * prints and its exit code. Frames: 4 bytes of length (little endian), then that many bytes. */

enum { ADMIN_FRAME_MAX = 64 * 1024 };

/* The server's end. Removes a stale socket of an earlier process (the lock is held). */
enum status admin_listen(const char *data_dir, int *listener, char why[256]) MUST_CHECK;
void admin_close(const char *data_dir, int listener);

/* Runs one command for a client: arguments (argc of them), its standard input, and where its output goes. */
typedef int (*admin_command)(void *app, int argc, char **argv, struct str input, struct buf *out,
                             struct buf *err);
/* Accepts one client and serves it to the end: at most 5 s of waiting for it, and no longer than until `stop`
 * can be read (-1: nothing stops it), for a server that shall end must not wait for a client that hangs. */
void admin_serve_one(int listener, int stop, admin_command command, void *app);

/* The client's end: STATUS_NOT_FOUND where no server listens in that data directory. Otherwise prints what
 * the server says to stdout and stderr and gives the exit code. */
enum status admin_call(const char *data_dir, int argc, const char *const *argv, struct str input,
                       int *exit_code, char why[256]) MUST_CHECK;

#endif
