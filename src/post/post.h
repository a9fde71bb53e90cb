#ifndef SIGAP_POST_POST_H
#define SIGAP_POST_POST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct db;

/* Mail out: renders and delivers the rows of the outbox (desk/mail), each recipient alone.
 *
 * What was accepted is marked at once; what was not is tried again after growing pauses for three
 * days and then given up. A 5xx about the recipient or the message gives up at once; everything
 * else (4xx, no connection, no answer, a server that refuses us as such) is tried again. A repeat
 * after a death between the server's acceptance and our mark carries the same Message-ID, so that
 * receivers can drop it. */

struct post_config {
  const char *smtp_url;   /* see post_check_url; NULL: one .eml file a mail under <data>/mail */
  const char *data_dir;   /* used without smtp_url; NULL is fine with one */
  const char *mail_from;  /* "Sigap <sigap@localhost>" or a bare address */
  const char *public_url; /* "https://desk.example" for links in the mails; NULL: unknown */
};

struct post;

/* smtp://[user:password@]host[:port][?tls=try|required|off][&ca=FILE] (port 25, 587 with a user)
 * or smtps://… (port 465). try is smtp's default: STARTTLS where it is offered, whatever the
 * certificate says; required and smtps: TLS with a valid certificate (of the machine's
 * authorities, or of `ca`), else nothing is sent. *why is a sentence. */
enum status post_check_url(const char *smtp_url, char why[256]) MUST_CHECK;

/* Copies the texts of the config. `db` is the sender's own connection, on which db_write works
 * (PostgreSQL: any; SQLite: a reading one with the writer attached, or an own writing one). On success it
 * belongs to the post, and post_free closes it; on failure it stays the caller's. Call it before
 * the first thread starts (libcurl's set-up). STATUS_INVALID with a sentence in `why`. */
enum status post_new(const struct post_config *config, struct db *db, struct post **out,
                     char why[256]) MUST_CHECK;
/* Starts the one thread, of low priority. */
void post_start(struct post *post);
/* There may be new mail: after a commit. Any thread, cheap, never blocks for long. */
void post_wake(struct post *post);
/* Lets the mail under way end (at most 5 s), leaves the rest in the outbox, joins the thread. The writer must
 * still run. Without a start, or twice, it does nothing. */
void post_stop(struct post *post);
/* After post_stop. NULL is fine. */
void post_free(struct post *post);

struct post_stats {
  uint64_t sent, retried, failed; /* since the start: accepted, put off, given up */
  uint64_t connections;           /* SMTP connections opened */
  int64_t last_sent_at;           /* wall clock; 0 none yet */
  int64_t held_until;             /* the server can't be reached: nothing is tried before; 0 all is well */
};
/* Any thread. */
void post_stats(struct post *post, struct post_stats *out);

#endif
