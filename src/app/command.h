#ifndef SIGAP_APP_COMMAND_H
#define SIGAP_APP_COMMAND_H

#include "app/options.h"
#include "base/buf.h"
#include "base/ctx.h"

/* Makes a whole sentence of what the database room said: which database, and why not. */
void command_refuse_database(const struct options *options, char why[256]);

/* The sub-commands. Each returns the process's exit code: 0 done, 1 refused or failed (a sentence stands in
 * err), 2 wrong usage. */

/* `sigap user …` and `sigap tenant …` on an open database (the server's own, or one opened for it). An answer
 * that out does not take is cut after a whole line, which is told.
 * `input` is what stood on standard input: the password. */
int command_on_database(struct ctx *ctx, const struct options *options, struct str input, struct buf *out,
                        struct buf *err);
/* The same from argv, for a server that runs a client's command. */
int command_for_client(struct db *db, int argc, char **argv, struct str input, struct buf *out,
                       struct buf *err);

/* Through a running server of the data directory, else on the database itself. Reads standard input where
 * the command wants a password. */
int command_run(const struct options *options);
int command_migrate(const struct options *options);
/* What is made of a dialect's tables, on standard output. */
int command_openapi(const struct options *options);
int command_postman(const struct options *options);
/* What a shell completes the command line by, on standard output: completion.c. */
int command_completion(const struct options *options);
/* Part by part, through a running server or directly, with progress on a terminal. */
int command_demo(const struct options *options);
int command_doctor(const struct options *options);
/* One new file of database and files, and back: backup.c, restore.c. */
int command_backup(const struct options *options);
int command_restore(const struct options *options);
/* From one database into another. */
int command_copy(const struct options *options);
int command_serve(const struct options *options);

#endif
