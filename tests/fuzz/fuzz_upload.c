#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "desk/file/file_internal.h"

/* A content as a stranger uploads it: what is taken is one of three types, as its first bytes say, with as
 * many pixels as may be; what is refused has a reason. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct str content = {size > 0 ? (const char *)data : "", size};
  const struct file_bytes bytes = {.at = content.at, .size = (int64_t)size};
  const char *why = NULL;
  int64_t pixels = -1;
  enum file_type type = file_examine(&bytes, &pixels, &why);
  if (type == 0) {
    must(why != NULL);
    return 0;
  }
  must(why == NULL && type == file_sniff(content));
  must(type == FILE_PDF ? pixels == 0 : pixels >= 1 && pixels <= FILE_PIXELS_MAX);
  return 0;
}
