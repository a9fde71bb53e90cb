#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "desk/account/account.h"

/* Whatever is taken as an address can be put into a mail's header and looked up in a store. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct str email = {(const char *)data, size};
  if (!email_is_valid(email)) {
    return 0;
  }
  must(size >= 3 && size <= 254 && str_utf8(email));
  unsigned ats = 0;
  for (size_t i = 0; i < size; i++) {
    must(data[i] > ' ' && data[i] != 0x7F && strchr("\"(),:;<>[]\\", data[i]) == NULL);
    ats += data[i] == '@';
  }
  must(ats == 1);
  CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
  struct str folded = str_fold(arena, email);
  must(str_utf8(folded) && str_equal(folded, str_fold(arena, folded)));
  return 0;
}
