#ifndef SIGAP_DESK_MAIL_H
#define SIGAP_DESK_MAIL_H

#include "base/ctx.h"
#include "base/id.h"

/* The outbox: a row written in the same transaction as what it tells. post/ renders and delivers. */
/* Stored: never renumber. */
enum mail_kind {
  MAIL_TICKET_CREATED = 1,
  MAIL_TICKET_REPLIED,
  MAIL_TICKET_STATUS,
  MAIL_PASSWORD_RESET,
  MAIL_INVITATION
};
enum mail_state { MAIL_WAITING = 1, MAIL_SENT, MAIL_FAILED };

struct mail {
  int64_t id;
  struct uuid uuid; /* Message-ID */
  int64_t tenant_id;
  int kind;
  int64_t account_id; /* to whom; name, address and language are read when it is sent */
  int64_t ticket_id;  /* 0 none */
  int64_t value;      /* of a status mail: enum ticket_status */
  struct str text;    /* of a reply mail: the reply; of a reset: the link's token; NONE else */
  int64_t tries;
  int64_t due_at;
  int64_t created_at;
  struct str to_name, to_email;
  int language;
  int64_t ticket_created_at; /* for the ticket's number */
  struct str ticket_title;
  int ticket_status;
};
/* Inside db_write. Accounts without a deliverable address are the caller's to leave out. */
enum status mail_add(struct ctx *ctx, int64_t tenant_id, enum mail_kind kind, int64_t account_id,
                     int64_t ticket_id, int64_t value, struct str text) MUST_CHECK;
/* Takes up to `limit` waiting mails that are due, and marks them as this sender's until lease_until (so two
 * nodes never send one). */
enum status mail_take(struct ctx *ctx, int64_t limit, int64_t lease_until, struct mail **out,
                      size_t *count) MUST_CHECK;
enum status mail_sent(struct ctx *ctx, int64_t id) MUST_CHECK;
/* due_at 0: given up for good (MAIL_FAILED). reason: the server's words without addresses. */
enum status mail_failed(struct ctx *ctx, int64_t id, int64_t due_at, struct str reason) MUST_CHECK;
/* The earliest due_at of what waits; 0 nothing waits. */
enum status mail_next_due(struct ctx *ctx, int64_t *due_at) MUST_CHECK;
struct mail_stats {
  int64_t waiting, failed, oldest_waiting_at;
};
enum status mail_stats(struct ctx *ctx, struct mail_stats *out) MUST_CHECK;

#endif
