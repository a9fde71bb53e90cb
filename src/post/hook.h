#ifndef SIGAP_POST_HOOK_H
#define SIGAP_POST_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/ctx.h"
#include "desk/event/event.h"
#include "desk/technician/technician.h"
#include "desk/ticket/ticket.h"

/* Webhooks out: follows the event log, writes what endpoints want to hear as deliveries (desk/webhook), and
 * posts them, signed, until they are taken or given up. A death between a receiver's answer and our mark
 * repeats a delivery under the same webhook-id, so that receivers can drop it; nothing is lost. Any number of
 * servers may share a PostgreSQL. */

/* The payload of an event, JSON whole as it is sent; nothing is added to it: the event is not told. Called on
 * the sender's thread with a ctx whose caller may read everything of the tenant. */
struct hook_printer {
  /* EVENT_TICKET_CREATED, _ASSIGNED, _STATUS, with the ticket as it is by now. */
  enum status (*ticket)(struct ctx *ctx, const struct event *event, const struct ticket *ticket,
                        struct buf *json);
  /* EVENT_TECHNICIAN_MOVED, _AVAILABLE, with the technician as they are by now. */
  enum status (*technician)(struct ctx *ctx, const struct event *event, const struct technician *technician,
                            struct buf *json);
};

struct hook;

/* `db` as post_new's: it belongs to the hook from now on. */
struct hook *hook_new(struct db *db, const struct hook_printer *printer);
/* Starts the one thread, of low priority. */
void hook_start(struct hook *hook);
/* There may be new events: after a commit. Any thread, cheap. */
void hook_wake(struct hook *hook);
/* Lets what is under way end (at most 2 s), puts off the rest, joins the thread. The writer must still run.
 * Without a start, or twice, it does nothing. */
void hook_stop(struct hook *hook);
/* After hook_stop. NULL is fine. */
void hook_free(struct hook *hook);

struct hook_stats {
  uint64_t delivered, retried, failed; /* tries since the start: taken, put off, given up */
  uint64_t disabled;                   /* endpoints switched off by the sender */
};
/* Any thread. */
void hook_stats(struct hook *hook, struct hook_stats *out);

#endif
