#ifndef SIGAP_BASE_STR_H
#define SIGAP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

/* A run of bytes that somebody else owns. `at` is NULL for "absent", which is not
 * the same as empty. Not NUL-terminated unless its maker says so. */
struct str {
  const char *at;
  size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
/* For printf: "%.*s", STR_ARG(s). */
#define STR_ARG(s) (int)(s).len, (s).at ? (s).at : ""

/* A view of a NUL-terminated text; NULL gives STR_NONE. */
struct str str_of(const char *text);
bool str_is(struct str s, const char *text);
bool str_equal(struct str a, struct str b);
/* ASCII letters only, for protocol words. */
bool str_equal_fold(struct str a, struct str b);
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);
/* Without leading and trailing ASCII white space. */
struct str str_trim(struct str s);
/* Position of `c`, or s.len. */
size_t str_find(struct str s, char c);
/* A NUL-terminated copy in the arena (the len does not count the NUL). NONE stays NONE. */
struct str str_copy(struct arena *arena, struct str s);
/* A NUL-terminated text in the arena. */
char *str_c(struct arena *arena, struct str s);
struct str str_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whole decimal number, optional '-', no spaces, no '+', no leading zeros beyond "0"
 * itself. STATUS_INVALID for anything else or out of int64. */
enum status str_int(struct str s, int64_t *out) MUST_CHECK;

/* Valid UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool str_utf8(struct str s);
/* Code points in a valid UTF-8 text. */
size_t str_points(struct str s);
/* True where the text holds NUL or another control character but tab, newline and
 * carriage return (C0, DEL, C1). */
bool str_has_control(struct str s);
/* The text cut at `max` code points at the last word before, never inside a character. */
struct str str_cut_words(struct str s, size_t max);
/* A copy in folded letters for case-insensitive search and uniqueness, in any script
 * that has cases (simple folding of every code point by towlower in C.UTF-8). */
struct str str_fold(struct arena *arena, struct str s);
/* "%part%" in folded letters for SQL's LIKE … ESCAPE '\', the part's own % _ \ taken literally; NONE where
 * the part is empty. */
struct str str_like(struct arena *arena, struct str part);

#endif
