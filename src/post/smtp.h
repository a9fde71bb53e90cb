#ifndef SIGAP_POST_SMTP_H
#define SIGAP_POST_SMTP_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

/* One message to one recipient through one server, over libcurl. One thread at a time. */
struct smtp;

enum smtp_verdict {
  SMTP_ACCEPTED,    /* the server answered for the message: it is its business now */
  SMTP_LATER,       /* not now: 4xx, no answer, lost connection */
  SMTP_NEVER,       /* 5xx about this recipient or this message */
  SMTP_UNREACHABLE, /* no connection, or the server refuses us as such: later, and the next mail fares no
                       better */
  SMTP_STOPPED,     /* the deadline of the stop came first: later, the outcome may be either */
};

struct smtp_result {
  enum smtp_verdict verdict;
  int curl_code;
  int smtp_code;    /* of the last answer; 0 none */
  bool connected;   /* a new connection was opened */
  char reason[200]; /* the server's words or libcurl's, without addresses */
};

/* See post_check_url for the form of the URL. */
enum status smtp_new(const char *url, struct smtp **out, char why[256]) MUST_CHECK;
void smtp_free(struct smtp *smtp);
/* Says goodbye and closes the connection, if there is one; the next mail opens another. */
void smtp_close(struct smtp *smtp);
/* from and to: addresses that compose_address_ok took. stop_at_ns: monotonic time when the transfer is broken
 * off; 0 never; may be set while it runs. */
void smtp_send(struct smtp *smtp, struct str from, struct str to, struct str message,
               const _Atomic int64_t *stop_at_ns, struct smtp_result *result);

/* ---- for its test ---- */
enum smtp_phase { SMTP_PHASE_CONNECT, SMTP_PHASE_MAIL, SMTP_PHASE_RCPT, SMTP_PHASE_DATA };
/* The verdict on a transfer that failed in this phase with this last answer (0: none). */
enum smtp_verdict smtp_judge(enum smtp_phase phase, int smtp_code);
/* Copies a server's words as one printable line with "(address)" instead of every word with an '@'. */
void smtp_clean_reason(struct str words, char *out, size_t size);

#endif
