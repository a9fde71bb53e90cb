#ifndef SIGAP_WIRE_INTERNAL_H
#define SIGAP_WIRE_INTERNAL_H

#include "wire/field.h"

/* Shared by the room's own files only. */

enum {
  WIRE_TEXT_MAX = 64 * 1024, /* bytes of a text whose row names no limit */
  WIRE_LIST_MAX = 1000,      /* items of a list whose row names no limit */
  WIRE_SLACK = 32 * 1024,    /* arena that stays free for the words of faults */
};

/* value.c: one value into one member. STATUS_INVALID with a reason (static or in the arena) for a fault of
 * the value; another status is a trouble that ends the reading. */
enum status value_from_text(struct ctx *ctx, const struct field *row, struct str text, void *member,
                            const char **reason) MUST_CHECK;
enum status value_from_int(struct ctx *ctx, const struct field *row, int64_t number, void *member,
                           const char **reason) MUST_CHECK;
enum status value_from_real(struct ctx *ctx, const struct field *row, double number, void *member,
                            const char **reason) MUST_CHECK;
/* What a value of the row's kind must be, as the end of a sentence. */
const char *value_wanted(struct ctx *ctx, const struct field *row);
/* How many items the row allows, and the reason where a count is outside; NULL where it is fine. */
const char *value_count_reason(struct ctx *ctx, const struct field *row, size_t count);
/* The arena can give that many bytes and still has room for faults; else problem_too_large is set. */
enum status value_room(struct ctx *ctx, size_t count, size_t size) MUST_CHECK;
/* What the client called something, short enough for a fault; the text is valid UTF-8. */
struct str value_cut(struct str name);
/* The row takes part in input. */
bool value_is_read(const struct field *row);
/* The null of the row's kind where zeroed memory isn't one: NaN for a number. */
void value_absent(const struct field *row, void *member);
/* Adds a fault unless the list of faults is full already; the field is copied. */
void value_fault(struct ctx *ctx, struct str field, const char *reason);
bool value_faults_full(const struct ctx *ctx);

/* form.c: what a form is once its syntax is gone. */
struct pair {
  struct str key;
  struct str value; /* UTF-8 without NUL */
};
/* Reads the pairs by the table; faults and results as of wire_read_form. */
enum status form_read(struct ctx *ctx, const struct pair *pairs, size_t count, const struct fields *fields,
                      void *out) MUST_CHECK;
/* -1: no hexadecimal digit. */
int form_hex(char c);

/* words.c: the row that prints this value; NULL none. */
const struct word *word_row(const struct word *words, int value);
/* The row is the first of its value: the others are aliases. */
bool word_is_first(const struct word *words, const struct word *row);

#endif
