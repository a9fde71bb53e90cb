#ifndef SIGAP_WIRE_MULTIPART_H
#define SIGAP_WIRE_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "wire/field.h"

/* multipart/form-data (RFC 7578 over RFC 2046), read strictly: what is broken is a fault that says why. Files
 * stay where they are; only where each stands is told. */

enum {
  MULTIPART_PARTS_MAX = 20,
  MULTIPART_HEADERS_MAX = 16 * 1024, /* bytes of the headers of all parts */
  MULTIPART_TEXT_MAX = 64 * 1024,    /* bytes of one text part */
};

/* Texts live in the arena. */
struct multipart_part {
  struct str name;
  /* Of a file: its last path segment, never "." or "..", without control characters; filename* goes before
   * filename. NONE: a text part. */
  struct str filename;
  struct str type; /* media type without parameters, as the client claims; NONE where unsaid */
  int64_t offset;  /* of the content within the body */
  int64_t length;  /* bytes */
  struct str text; /* the content of a text part: UTF-8 without NUL; NONE for a file */
};

struct multipart {
  struct multipart_part parts[MULTIPART_PARTS_MAX]; /* without file inputs that were left empty */
  unsigned count;
};

/* The media type (any parameters) is multipart/form-data. */
bool multipart_is(struct str content_type);
/* Reads a body that lies in a file (its first `size` bytes; the offset is left alone) or in memory, by the
 * boundary that Content-Type names (1-70 characters, quoted or not). INVALID where it is broken or over the
 * limits above: wire_malformed with a fault for "body" that says why; a text that is too long or no UTF-8 is
 * an ordinary fault of its name. BROKEN where the file can't be read. Takes 64 KiB of the arena, the headers
 * and the texts. */
enum status multipart_read_file(struct ctx *ctx, struct str content_type, int fd, int64_t size,
                                struct multipart *out) MUST_CHECK;
enum status multipart_read(struct ctx *ctx, struct str content_type, struct str body,
                           struct multipart *out) MUST_CHECK;
/* The text parts into the struct, with the same checks and faults as wire_read_form. In a closed table the
 * names of files are not looked at. */
enum status wire_read_multipart(struct ctx *ctx, const struct multipart *parts, const struct fields *fields,
                                void *out) MUST_CHECK;
/* The first file part of that name; NULL without one. */
const struct multipart_part *multipart_file(const struct multipart *parts, const char *name);

#endif
