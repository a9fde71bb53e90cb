#ifndef SIGAP_POST_COMPOSE_H
#define SIGAP_POST_COMPOSE_H

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"
#include "desk/mail/mail.h"

/* Who the mails come from, and where links lead. */
struct compose_config {
  struct str from_name; /* display name; empty: none */
  struct str from_address;
  struct str
      from_domain;       /* for Message-ID: what follows the '@', "localhost" where that is not plain ASCII */
  struct str public_url; /* without a trailing slash; NONE unknown */
};

/* A message holds one reply of at most 64 KiB twice, each byte at most escaped and then encoded. */
enum { COMPOSE_MAX_BYTES = 4 * 1024 * 1024 };

/* "Name <address>", "<address>" or "address" into views of `text`. STATUS_INVALID for anything else. */
enum status compose_parse_from(struct str text, struct compose_config *out) MUST_CHECK;
/* An address that can stand in a header and in an SMTP command: one '@' with something on both
 * sides, no spaces, control characters, angle brackets, quotes, commas or backslashes; at most 254 bytes of
 * UTF-8. */
bool compose_address_ok(struct str address);

/* Appends the whole message (RFC 5322, CRLF line ends) to `out`. The same mail gives the same bytes.
 * STATUS_INVALID: the address can't be used, or the kind is unknown. STATUS_TOO_LARGE: over out's maximum. */
enum status compose_message(const struct mail *mail, const struct compose_config *config,
                            struct buf *out) MUST_CHECK;

/* ---- the parts, for their tests (mime.c) ---- */
/* Quoted-printable of a text with "\n", "\r\n" or "\r" line ends: lines of at most 76 characters, ends with
 * CRLF. */
void mime_quoted_printable(struct buf *out, struct str text);
/* A header's free text starting at `column`: as it is where it is short printable ASCII, else encoded words
 * (RFC 2047), folded at 76 characters. Line breaks and other control characters became spaces. Returns the
 * column reached. */
size_t mime_header_text(struct buf *out, size_t column, struct str text);
/* A display name (quoted or encoded) and <address>, folded. */
size_t mime_mailbox(struct buf *out, size_t column, struct str name, struct str address);
/* "Thu, 20 Nov 2025 13:13:00 +0000" */
void mime_date(struct buf *out, int64_t time_us);
/* Every run of white space and control characters is one space, none at the ends; bytes that are no UTF-8 are
 * '?'. */
void mime_one_line(struct buf *out, struct str text);
/* Text for HTML content and quoted attribute values. */
void mime_html(struct buf *out, struct str text);

#endif
