#ifndef SIGAP_WIRE_FIELD_H
#define SIGAP_WIRE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/ctx.h"
#include "base/id.h"
#include "base/str.h"

/* One table describes one JSON object (or form, or query string) and the plain struct it
 * becomes. Parsing, validation, printing and the JSON Schema come from the same rows. */

enum field_kind {
  FIELD_KIND_TEXT,   /* struct str; min/max count code points */
  FIELD_KIND_INT,    /* int64_t; min/max */
  FIELD_KIND_REAL,   /* double; NaN is null; real_min/real_max */
  FIELD_KIND_BOOL,   /* bool */
  FIELD_KIND_WORD,   /* int (an enum): one of `words`; a value that no row has prints as null */
  FIELD_KIND_TIME,   /* int64_t microseconds, RFC 3339 on the wire; 0 is null */
  FIELD_KIND_UUID,   /* struct uuid; none is null */
  FIELD_KIND_OBJECT, /* a pointer to the struct of `of` (const struct x *); NULL is null */
  FIELD_KIND_LIST,   /* struct list of the structs of `of`, or of struct str where of is NULL; min/max count
                        items */
  FIELD_KIND_CONST,  /* printed only: the JSON text in `constant` ("true") */
  FIELD_KIND_CUSTOM, /* any member: read/print in `custom` */
};

/* A run of structs (or of struct str) that the arena owns. */
struct list {
  void *at;
  size_t count;
};

enum field_flag {
  FIELD_REQUIRED = 1,     /* in: must be there and not null. out: schema says required */
  FIELD_NULLABLE = 2,     /* in: null is taken (and reads as absent value, present bit set) */
  FIELD_OMIT_NULL = 4,    /* out: an absent value leaves the key out; else it is printed as null */
  FIELD_TRIM = 8,         /* in: surrounding white space is dropped before the length is judged */
  FIELD_NOT_BLANK = 16,   /* in: at least one character that is not white space */
  FIELD_ANY_TEXT = 32,    /* in: control characters are taken (passwords); NUL never */
  FIELD_LOOSE = 64,       /* in: numbers and booleans are taken as text, too, and texts as numbers */
  FIELD_SECRET = 128,     /* in: never told back in a fault; schema says writeOnly, format password */
  FIELD_FOLD_WORDS = 256, /* in: words match in any letter case */
  FIELD_FLEETING = 512,   /* out: says something of this answer, not of the object: no part of its ETag */
};

/* A word on the wire and its value inside. The first row with a value prints it; further
 * rows with the same value are also read (aliases). Ends with {NULL, 0}. */
struct word {
  const char *word;
  int value;
};

struct fields;
struct field;

/* A member that the kinds above can't say. */
struct field_custom {
  /* Reads a JSON string's (or form value's) text into the member; STATUS_INVALID with a reason. */
  enum status (*read)(struct ctx *ctx, struct str text, void *member, const char **reason);
  /* Appends the member's JSON value. */
  void (*print)(struct buf *out, const void *member);
  const char *schema; /* its JSON Schema as JSON text */
};

struct field {
  const char *name;
  const char *alias;   /* also taken on input; NULL none. Both at once with differing values is a fault */
  const char *text;    /* for the specification: one sentence */
  const char *example; /* JSON text for the specification; NULL none */
  const struct word *words;
  const struct fields *of;
  const struct field_custom *custom;
  const char *constant;
  int64_t min, max; /* max 0: the kind's default limit (text: 64 KiB bytes; list: 1,000; int: none) */
  double real_min, real_max; /* both 0: any finite */
  uint16_t offset;
  uint16_t flags;
  uint8_t kind;
};

struct fields {
  const char *title; /* the schema's name: "HcallTicket" */
  const struct field *rows;
  uint16_t count;  /* at most 64 */
  uint16_t size;   /* sizeof the struct */
  int32_t present; /* offset of a uint64_t bitmap (bit n: row n was in the input, null or not), or -1 */
  bool closed;     /* in: unknown keys are a fault; else they are ignored */
  /* in: adds the faults that no row can say (problem_fault), once all rows of the whole input were read,
   * whether or not they were faulty; NULL none. Of the outermost table only. */
  void (*check)(struct ctx *ctx, const void *in);
};

/* clang-format takes these initializers for blocks. */
/* clang-format off */
/* Type-checked rows: FIELD(struct x, member, TEXT, "wire_name", flags, .max = 255, .text = "…"). */
#define FIELD(type, member, KIND, wire_name, field_flags, ...)                                   \
  {.name = (wire_name), .kind = FIELD_KIND_##KIND, .flags = (field_flags),                         \
   .offset = (uint16_t)(offsetof(type, member) + FIELD_CHECK_##KIND(((type *)0)->member)), __VA_ARGS__}
#define FIELD_CONST(wire_name, json, ...) \
  {.name = (wire_name), .kind = FIELD_KIND_CONST, .constant = (json), .flags = FIELD_REQUIRED, __VA_ARGS__}
#define FIELD_IS_(member, ctype) (0 * sizeof(char[_Generic((member), ctype: 1, default: -1)]))
/* clang-format on */
#define FIELD_CHECK_TEXT(m) FIELD_IS_(m, struct str)
#define FIELD_CHECK_INT(m) FIELD_IS_(m, int64_t)
#define FIELD_CHECK_REAL(m) FIELD_IS_(m, double)
#define FIELD_CHECK_BOOL(m) FIELD_IS_(m, bool)
#define FIELD_CHECK_WORD(m) (0 * sizeof(char[sizeof(m) == sizeof(int) ? 1 : -1]))
#define FIELD_CHECK_TIME(m) FIELD_IS_(m, int64_t)
#define FIELD_CHECK_UUID(m) FIELD_IS_(m, struct uuid)
#define FIELD_CHECK_OBJECT(m) (0 * sizeof(char[sizeof(m) == sizeof(void *) ? 1 : -1]))
#define FIELD_CHECK_LIST(m) FIELD_IS_(m, struct list)
#define FIELD_CHECK_CUSTOM(m) 0

#define FIELDS(name, type, schema_title, ...)                                          \
  static const struct field name##_rows_[] = __VA_ARGS__;                              \
  const struct fields name = {.title = (schema_title),                                 \
                              .rows = name##_rows_,                                    \
                              .count = sizeof(name##_rows_) / sizeof(name##_rows_[0]), \
                              .size = sizeof(type),                                    \
                              .present = -1}

/* A table with a check of its own. */
/* clang-format off */
#define CHECKED_FIELDS(name, type, schema_title, checker, ...)                                             \
  static const struct field name##_rows_[] = __VA_ARGS__;                                                  \
  const struct fields name = {.title = (schema_title), .rows = name##_rows_,                               \
                              .count = sizeof(name##_rows_) / sizeof(name##_rows_[0]),                     \
                              .size = sizeof(type), .present = -1, .check = (checker)}
/* clang-format on */

/* ---- input. All faults are collected with problem_fault; STATUS_INVALID if any. `out` is a
 * struct of fields->size, zeroed by the caller; its texts live in ctx->arena (or in `body`). ---- */
enum {
  WIRE_DEPTH_MAX = 32,
  WIRE_VALUES_MAX = 65536, /* values in one body: each costs some hundred bytes of memory once parsed */
  WIRE_PAIRS_MAX = 100,    /* of a form */
};
/* INVALID: not JSON, too deep, duplicate keys, not UTF-8, not an object. */
extern const struct problem_kind wire_malformed;
enum status wire_read_json(struct ctx *ctx, struct str body, const struct fields *fields,
                           void *out) MUST_CHECK;
/* application/x-www-form-urlencoded and query strings: flat fields only (a key twice is a fault). */
enum status wire_read_form(struct ctx *ctx, struct str body, const struct fields *fields,
                           void *out) MUST_CHECK;
/* The row with that wire name was in the input. */
bool field_present(const struct fields *fields, const void *in, const char *name);
/* Word ↔ value. word_of: "" where no row has the value. STATUS_INVALID for an unknown word. */
const char *word_of(const struct word *words, int value);
enum status word_value(const struct word *words, struct str word, bool fold, int *value) MUST_CHECK;

/* ---- output ---- */
void wire_print_json(struct buf *out, const struct fields *fields, const void *in);
/* Rows between braces without the braces, for envelopes that add keys; false when nothing was printed. */
bool wire_print_rows(struct buf *out, const struct fields *fields, const void *in);
/* A JSON string with quotes. */
void wire_print_text(struct buf *out, struct str text);
/* ,"name": with the comma where something stands before it in its object. And the same with a text. */
void wire_print_key(struct buf *out, const char *name);
void wire_print_key_text(struct buf *out, const char *name, const char *text);
void wire_print_real(struct buf *out, double number);

/* ---- JSON Schema (draft 2020-12, as OpenAPI 3.1 takes it) ---- */
enum wire_direction { WIRE_IN, WIRE_OUT };
/* The schema of the object itself; nested tables as "$ref": "#/components/schemas/<name>" (see
 * wire_schema_name). */
void wire_schema(struct buf *out, const struct fields *fields, enum wire_direction direction);
/* The schema of one row's value: for the parameters of a query string. */
void wire_row_schema(struct buf *out, const struct field *row, enum wire_direction direction);
/* The name under which components hold the schema: the title; for input the title and "Input", unless it ends
 * so. */
void wire_schema_name(struct buf *out, const struct fields *fields, enum wire_direction direction);
/* A fitting example value of one row. */
void wire_row_example(struct buf *out, const struct field *row, enum wire_direction direction);
/* Calls each(arg, table) once for this table and for every one that its rows lead to. */
void wire_each_table(const struct fields *fields, void (*each)(void *arg, const struct fields *fields),
                     void *arg);
/* An example object from the rows' examples (kinds without one get a fitting sample). */
void wire_example(struct buf *out, const struct fields *fields, enum wire_direction direction);

#endif
