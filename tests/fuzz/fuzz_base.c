#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/str.h"
#include "base/time.h"
#include "base/zone.h"

/* Ids, numbers, times, base64 and UTF-8: what is taken must print as what it was. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

static void try_ids(struct str text) {
  struct uuid uuid;
  char printed[UUID_TEXT_SIZE];
  if (uuid_parse(text, &uuid) == STATUS_OK) {
    must(str_equal_fold(text, str_of(uuid_print(uuid, printed))));
  }
  int64_t number;
  char digits[32];
  if (str_int(text, &number) == STATUS_OK) {
    snprintf(digits, sizeof(digits), "%" PRId64, number);
    must(str_is(text, digits));
  }
}

static void try_times(struct str text) {
  int64_t time_us;
  int64_t again;
  char printed[TIME_TEXT_SIZE];
  if (time_parse(text, &time_us) == STATUS_OK) {
    must(time_us >= 0);
    must(time_parse(str_of(time_print(time_us, printed)), &again) == STATUS_OK && again == time_us);
  }
  int64_t from;
  int64_t to;
  if (time_day(text, "Asia/Jakarta", &from, &to) == STATUS_OK) {
    must(to > from && (from < 0 || to - from == TIME_DAY_US)); /* its clocks were set before 1970 */
  }
}

static void try_base64(struct str text) {
  for (int url = 0; url < 2; url++) {
    /* Not a byte more than promised. */
    char *out = malloc(text.len * 3 / 4 + 1);
    must(out != NULL);
    size_t len;
    if ((url ? base64url_decode(text, out, &len) : base64_decode(text, out, &len)) == STATUS_OK) {
      CLEANUP_BUF struct buf again;
      buf_init(&again, text.len);
      (url ? base64url_encode : base64_encode)(&again, (struct str){out, len});
      must(!again.full && str_equal(buf_str(&again), (struct str){text.len > 0 ? text.at : "", text.len}));
    }
    free(out);
  }
}

static void try_text(struct str text) {
  struct arena *arena = arena_new((size_t)16 << 20);
  struct str folded = str_fold(arena, text);
  must(str_utf8(text) == str_utf8(folded));
  must(str_equal(str_fold(arena, folded), folded));
  struct str cut = str_cut_words(text, 10);
  must(cut.len <= text.len && (!str_utf8(text) || (str_utf8(cut) && str_points(cut) <= 10)));
  str_has_control(text);
  str_trim(text);
  arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct str text = {size > 0 ? (const char *)data : "", size};
  try_ids(text);
  try_times(text);
  try_base64(text);
  try_text(text);
  struct zone *zone = zone_read(data, size);
  if (zone != NULL) {
    int64_t until;
    zone_offset(zone, INT64_C(1700000000), &until);
    zone_first(zone, INT64_C(4000000000));
    zone_free(zone);
  }
  return 0;
}
