#ifndef SIGAP_NET_JSON_CHECK_H
#define SIGAP_NET_JSON_CHECK_H

#include "base/status.h"
#include "base/str.h"

/* Whether a text is JSON, told without building anything: for texts that are passed on as they are. */

enum { JSON_DEPTH_MAX = 64 };

/* STATUS_OK: the whole text is one value of RFC 8259, in UTF-8, its \u escapes name whole characters, arrays
 * and objects stand at most JSON_DEPTH_MAX deep. STATUS_INVALID: it is not; STATUS_TOO_LARGE: it is deeper.
 */
enum status json_check(struct str text) MUST_CHECK;
/* The same, and each object with "_placeholder":true (keys as written, without escapes) has a whole number
 * below `attachments` as its "num"; STATUS_INVALID else. */
enum status json_check_placeholders(struct str text, uint32_t attachments) MUST_CHECK;

/* Of a checked text that is an array with at least one element: the first one, and what stands behind its
 * comma up to the array's end, NONE where it is the only one. Both without blanks around. STATUS_INVALID: it
 * is no array or has no element. The first must be no array or object. */
enum status json_split_first(struct str array, struct str *first, struct str *rest) MUST_CHECK;

#endif
