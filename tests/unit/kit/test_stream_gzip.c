#include "streamed.h"

#include <zlib.h>

/* Streams in their compressed form. */

/* Freed memory that the sanitizer holds back would look like memory in use. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "quarantine_size_mb=1";
}

static long resident_kib(void) {
  long pages = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "re");
  assert_non_null(file);
  assert_int_equal(fscanf(file, "%ld %ld", &pages, &resident), 2);
  fclose(file);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Hears a compressed answer and keeps nothing of it: how many rows it has, in their order, and how large the
 * program was meanwhile. -1: it broke off. HTTP/1.0, so that there are no chunks. */
static int64_t hear_compressed(const char *target, long *most_kib) {
  enum { PIECE_BYTES = 65536 };
  static char in[PIECE_BYTES], out[PIECE_BYTES];
  char head[512];
  int fd = dial();
  int len =
      snprintf(head, sizeof head, "GET %s HTTP/1.0\r\nHost: desk\r\nAccept-Encoding: gzip\r\n\r\n", target);
  say(fd, (struct str){head, (size_t)len});
  z_stream stream = {0};
  assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
  int64_t plain = 0;
  int state = Z_OK;
  bool begun = false;
  ssize_t got;
  while ((got = recv(fd, in, sizeof in, 0)) > 0) {
    const char *from = in;
    if (!begun) {
      const char *split = memmem(in, (size_t)got, "\r\n\r\n", 4);
      assert_non_null(split);
      assert_non_null(memmem(in, (size_t)(split - in), "\r\nContent-Encoding: gzip", 24));
      assert_non_null(memmem(in, (size_t)(split - in), "\r\nVary: Accept-Encoding", 23));
      from = split + 4;
      begun = true;
    }
    stream.next_in = (unsigned char *)from;
    stream.avail_in = (unsigned)(in + got - from);
    do {
      stream.next_out = (unsigned char *)out;
      stream.avail_out = sizeof out;
      state = inflate(&stream, Z_NO_FLUSH);
      assert_true(state == Z_OK || state == Z_STREAM_END || state == Z_BUF_ERROR);
      for (size_t i = 0; i < sizeof out - stream.avail_out; i++, plain++) {
        static const char row[] = "row ";
        if (plain % 13 < 4 && out[i] != row[plain % 13]) {
          fail_msg("byte %lld is not that of a row", (long long)plain);
        }
      }
    } while (stream.avail_out == 0);
    long now = resident_kib();
    *most_kib = now > *most_kib ? now : *most_kib;
  }
  close(fd);
  inflateEnd(&stream);
  return got == 0 && state == Z_STREAM_END && plain % 13 == 0 ? plain / 13 : -1;
}

static void a_compressed_export_is_whole_and_takes_no_more_memory_the_longer_it_is(struct store *store) {
  begin(store, 0);
  long small_kib = 0, large_kib = 0;
  assert_int_equal(hear_compressed("/rows?count=200000", &small_kib), 200000);
  assert_int_equal(hear_compressed("/rows?count=3000000", &large_kib), 3000000);
  assert_true(large_kib - small_kib < 4096); /* of 39 MB */
  end();
}

static void a_compressed_export_that_fits_a_piece_has_its_length(struct store *store) {
  begin(store, 0);
  talk("GET", "/rows?count=5000", "Accept-Encoding: gzip\r\n", STR_NONE, NULL);
  expect_status(200);
  assert_true(head_has("\r\nContent-Encoding: gzip\r\n"));
  assert_true(head_has("\r\nContent-Length: "));
  struct str body = talk("GET", "/rows?count=50", "Accept-Encoding: gzip\r\n", STR_NONE, NULL);
  expect_status(200);
  assert_false(head_has("\r\nContent-Encoding: gzip\r\n")); /* 650 bytes are not worth it */
  assert_true(head_has("\r\nVary: Accept-Encoding\r\n"));
  expect_rows(body, 50);
  end();
}

static void a_compressed_export_that_fails_is_a_plain_problem_or_breaks_off(struct store *store) {
  begin(store, 0);
  long most_kib = 0;
  struct str body = talk("GET", "/rows?count=9000&fail_at=2000", "Accept-Encoding: gzip\r\n", STR_NONE, NULL);
  expect_status(409);
  assert_false(head_has("\r\nContent-Encoding: "));
  assert_true(str_starts(body, "{"));
  assert_int_equal(hear_compressed("/rows?count=900000&fail_at=800000", &most_kib), -1);
  end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_compressed_export_is_whole_and_takes_no_more_memory_the_longer_it_is),
      STORE_TEST(a_compressed_export_that_fits_a_piece_has_its_length),
      STORE_TEST(a_compressed_export_that_fails_is_a_plain_problem_or_breaks_off),
  };
  return STORE_RUN(tests);
}
