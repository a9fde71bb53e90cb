#ifndef SIGAP_POST_TEXT_H
#define SIGAP_POST_TEXT_H

#include "base/buf.h"
#include "desk/account/account.h"
#include "desk/mail/mail.h"

/* What the mails say, in each language. Words in braces stand for values: {name} of the recipient,
 * {number} and {title} of the ticket, {status}, {desk} (the sender's display name). */
struct mail_text {
  const char *subject;
  const char *lead;    /* the first paragraph */
  const char *quote;   /* the heading above the text that somebody wrote; NULL: none is shown */
  const char *action;  /* the label of the link; NULL: no link */
  const char *no_link; /* said instead of the link where there is none; NULL: nothing */
  const char *after;   /* the last paragraph; NULL none */
};

/* The same for every mail of a language. */
struct mail_words {
  const char *language; /* of the Content-Language header and the html element */
  const char *greeting;
  const char *greeting_nameless;
  const char *title_label;
  const char *code_label; /* before a reset's code where no link can be made */
  const char *closing;
  const char *footer;
};

/* A language nobody knows reads as English. NULL for a kind nobody knows. */
const struct mail_text *text_of(int language, int kind);
const struct mail_words *text_words(int language);
/* "is being worked on": the status in plain words; "" where unknown. */
const char *text_status(int language, int status);

struct text_values {
  struct str name, number, title, status, desk;
};
/* Appends the template with its words in braces replaced; every value goes through `add`. */
void text_fill(struct buf *out, const char *text, const struct text_values *values,
               void (*add)(struct buf *out, struct str value));

#endif
