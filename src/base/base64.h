#ifndef SIGAP_BASE_BASE64_H
#define SIGAP_BASE_BASE64_H

#include "base/buf.h"
#include "base/status.h"

/* RFC 4648 section 4, with padding, no white space. Strict both ways: non-zero
 * trailing bits, missing padding and foreign characters are STATUS_INVALID.
 * base64_decode writes at most (text.len / 4) * 3 bytes to `out`. */
enum status base64_decode(struct str text, void *out, size_t *len) MUST_CHECK;
void base64_encode(struct buf *out, struct str bytes);
/* Section 5 without padding, for tokens. */
enum status base64url_decode(struct str text, void *out, size_t *len) MUST_CHECK;
void base64url_encode(struct buf *out, struct str bytes);

#endif
