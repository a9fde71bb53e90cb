#include <string.h>

#include "api/hcall/internal.h"
#include "base/base64.h"

/* A picture as it comes over the wire: base64 text, from browsers often as a data URI. */

/* "data:image/png;base64,…" → what stands behind the comma. What it claims to be is not believed. */
static struct str without_data_uri(struct str text) {
  enum { PREFIX_MAX = 128 };
  if (!str_starts(text, "data:")) {
    return text;
  }
  struct str head = {text.at, text.len < PREFIX_MAX ? text.len : PREFIX_MAX};
  size_t comma = str_find(head, ',');
  if (comma == head.len || !str_ends((struct str){text.at, comma}, ";base64")) {
    return text; /* not such a prefix: the decoder refuses the colon */
  }
  return (struct str){text.at + comma + 1, text.len - comma - 1};
}

static enum status refuse(const char **why, const char *reason) {
  *why = reason;
  return STATUS_INVALID;
}

enum status hcall_image_decode(struct str text, struct buf *out, const char **why) {
  struct str base64 = without_data_uri(text);
  size_t padding = str_ends(base64, "==") ? 2 : str_ends(base64, "=") ? 1 : 0;
  size_t expected = base64.len / 4 * 3;
  if (expected > (size_t)FILE_IMAGE_MAX_BYTES + padding) {
    return refuse(why, "must be at most 5 MiB");
  }
  char *room = buf_reserve(out, expected + 1); /* never a reservation of nothing */
  if (room == NULL) {
    return refuse(why, "must be at most 5 MiB");
  }
  size_t len = 0;
  if (base64_decode(base64, room, &len) != STATUS_OK) {
    return refuse(why, "is not base64");
  }
  enum file_type type = file_sniff((struct str){room, len});
  if (type != FILE_JPEG && type != FILE_PNG) {
    return refuse(why, "is neither a JPEG nor a PNG");
  }
  out->len += len;
  return STATUS_OK;
}
