#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/hcall/internal.h"
#include "base/base64.h"

/* A picture's text, as a stranger sends it: what is taken is a JPEG or a PNG within the limit, and comes back
 * as the same base64; what is refused leaves nothing in the buffer and a reason. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct str text = {(const char *)data, size};
  const char *why = NULL;
  CLEANUP_BUF struct buf content;
  buf_init(&content, FILE_IMAGE_MAX_BYTES + 8);
  buf_add_char(&content, '!');
  enum status status = hcall_image_decode(text, &content, &why);
  must(content.at[0] == '!');
  if (status != STATUS_OK) {
    must(status == STATUS_INVALID && why != NULL && content.len == 1);
    return 0;
  }
  struct str bytes = {content.at + 1, content.len - 1};
  enum file_type type = file_sniff(bytes);
  must(why == NULL && bytes.len <= FILE_IMAGE_MAX_BYTES && (type == FILE_JPEG || type == FILE_PNG));
  CLEANUP_BUF struct buf again;
  buf_init(&again, 2 * (size_t)FILE_IMAGE_MAX_BYTES);
  base64_encode(&again, bytes);
  must(again.len <= size && memcmp(again.at, data + size - again.len, again.len) == 0);
  return 0;
}
