#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "app/manifest.h"

/* What a backup says of itself: as it is written, and what is refused. */

static int open_arena(void **state) {
  *state = arena_new(1 << 22);
  return 0;
}

static int close_arena(void **state) {
  arena_free(*state);
  return 0;
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *print(struct arena *arena, int64_t format) {
  struct db_sums *sums = ARENA_NEW(arena, struct db_sums);
  *sums = (struct db_sums){
      .tables = {{"account", 7, {1, 2, 3, UINT64_MAX}}, {"ticket", INT64_C(5000000000), {0, 0, 0, 0}}},
      .count = 2};
  const struct manifest manifest = {.format = format,
                                    .program = STR("0.1.0"),
                                    .engine = STR("sqlite"),
                                    .made_at = INT64_C(1759276800000000),
                                    .database_sha256 = STR(HASH),
                                    .files = 3,
                                    .file_bytes = 12345,
                                    .sums = sums};
  struct buf out CLEANUP_BUF;
  buf_init(&out, MANIFEST_MAX_BYTES);
  manifest_print(&manifest, &out);
  return str_c(arena, buf_str(&out));
}

static void it_is_written_to_the_letter(void **state) {
  assert_string_equal(
      print(*state, MANIFEST_FORMAT),
      "{\"format\":1,\"program\":\"0.1.0\",\"engine\":\"sqlite\",\"made_at\":\"2025-10-01T00:00:00Z\","
      "\"database_sha256\":\"" HASH
      "\",\"files\":3,\"file_bytes\":12345,\"tables\":[{\"name\":\"account\","
      "\"rows\":7,\"digest\":\"000000000000000100000000000000020000000000000003ffffffffffffffff\"},"
      "{\"name\":\"ticket\",\"rows\":5000000000,\"digest\":"
      "\"0000000000000000000000000000000000000000000000000000000000000000\"}]}\n");
}

static void it_comes_back_as_it_was(void **state) {
  struct manifest manifest;
  char why[256] = "";
  assert_int_equal(manifest_read(*state, str_of(print(*state, MANIFEST_FORMAT)), &manifest, why), STATUS_OK);
  assert_int_equal(manifest.files, 3);
  assert_int_equal(manifest.file_bytes, 12345);
  assert_true(str_is(manifest.database_sha256, HASH));
  assert_int_equal(manifest.sums->count, 2);
  assert_string_equal(manifest.sums->tables[0].name, "account");
  assert_true(manifest.sums->tables[0].digest[3] == UINT64_MAX);
  assert_int_equal(manifest.sums->tables[0].digest[0], 1);
  assert_true(manifest.sums->tables[1].rows == INT64_C(5000000000));
}

static void what_is_none_is_refused_with_a_sentence(void **state) {
  static const char *const bad[] = {
      "",
      "{}",
      "nonsense",
      "{\"format\":1}",
      "{\"format\":1,\"program\":\"x\",\"engine\":\"sqlite\",\"made_at\":\"2025-10-01T00:00:00Z\","
      "\"database_sha256\":\"short\",\"files\":0,\"file_bytes\":0,\"tables\":[]}",
      "{\"format\":1,\"program\":\"x\",\"engine\":\"sqlite\",\"made_at\":\"2025-10-01T00:00:00Z\","
      "\"database_sha256\":\"" HASH
      "\",\"files\":0,\"file_bytes\":0,\"tables\":[{\"name\":\"a\",\"rows\":1,"
      "\"digest\":\"zz23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}]}"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct manifest manifest;
    char why[256] = "";
    assert_int_equal(manifest_read(*state, str_of(bad[i]), &manifest, why), STATUS_INVALID);
    assert_non_null(strstr(why, "damaged or not whole"));
  }
}

static void one_of_another_format_names_its_program(void **state) {
  struct manifest manifest;
  char why[256] = "";
  assert_int_equal(manifest_read(*state, str_of(print(*state, 2)), &manifest, why), STATUS_INVALID);
  assert_non_null(strstr(why, "newer program (0.1.0)"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_written_to_the_letter),
      cmocka_unit_test(it_comes_back_as_it_was),
      cmocka_unit_test(what_is_none_is_refused_with_a_sentence),
      cmocka_unit_test(one_of_another_format_names_its_program),
  };
  return cmocka_run_group_tests(tests, open_arena, close_arena);
}
