#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "desk/file/file_internal.h"

/* Contents as strangers send them: what they are is what their headers say as decoded. */

#define PNG_SIGNATURE "\x89PNG\r\n\x1a\n"
/* One pixel, 8 bits, colour and alpha. */
#define PNG_HEADER "\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
#define JPEG_FRAME(height, width) "\xff\xc0\0\x0b\x08" height width "\x01\x01\x11\0"
#define JPEG_APP0 "\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"

struct verdict {
  struct str content;
  enum file_type type;
  int64_t pixels;
  const char *why; /* a part of it */
};
#define BYTES(literal) \
  { "" literal, sizeof(literal) - 1 }

/* In memory, and as a part of a file, between bytes of others. */
static void judge(const struct verdict *want) {
  const char *why = "unset";
  int64_t pixels = -1;
  int fd = memfd_create("content", MFD_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(pwrite(fd, want->content.at, want->content.len, 11), want->content.len);
  assert_int_equal(pwrite(fd, "%%EOF behind", 12, 11 + (off_t)want->content.len), 12);
  const struct file_bytes ways[] = {
      {.at = want->content.at, .size = (int64_t)want->content.len},
      {.fd = fd, .offset = 11, .size = (int64_t)want->content.len},
  };
  for (int i = 0; i < 2; i++) {
    assert_int_equal(file_examine(&ways[i], &pixels, &why), want->type);
    if (want->type != 0) {
      assert_null(why);
      assert_int_equal(pixels, want->pixels);
    } else {
      assert_non_null(why);
      assert_non_null(strstr(why, want->why));
    }
  }
  close(fd);
}

static void judge_all(const struct verdict *wants, size_t count) {
  for (size_t i = 0; i < count; i++) {
    judge(&wants[i]);
  }
}

static void a_png_is_known_by_its_header_chunk(void **state) {
  (void)state;
  static const struct verdict wants[] = {
      {BYTES(PNG_SIGNATURE PNG_HEADER), FILE_PNG, 1, NULL},
      {BYTES(PNG_SIGNATURE PNG_HEADER "anything"), FILE_PNG, 1, NULL},
      {BYTES(PNG_SIGNATURE), 0, 0, "damaged"},
      /* cut by one byte */
      {BYTES(PNG_SIGNATURE "\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4"), 0, 0, "damaged"},
      /* a width that its check sum does not know; another chunk; another length */
      {BYTES(PNG_SIGNATURE "\0\0\0\rIHDR\0\0\0\x02\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"), 0, 0,
       "damaged"},
      {BYTES(PNG_SIGNATURE "\0\0\0\rIDAT\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"), 0, 0,
       "damaged"},
      {BYTES(PNG_SIGNATURE "\0\0\0\x0eIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"), 0, 0,
       "damaged"},
      {BYTES("\x89PNG\r\n\x1a"), 0, 0, "JPEG or PNG"},
  };
  judge_all(wants, sizeof wants / sizeof *wants);
}

static uint32_t png_sum(const uint8_t *at, size_t len) {
  uint32_t sum = UINT32_MAX;
  for (size_t i = 0; i < len; i++) {
    sum ^= at[i];
    for (int bit = 0; bit < 8; bit++) {
      sum = (sum & 1) != 0 ? sum >> 1 ^ 0xEDB88320U : sum >> 1;
    }
  }
  return ~sum;
}

static void put_number(uint8_t *at, uint32_t number) {
  for (int i = 0; i < 4; i++) {
    at[i] = (uint8_t)(number >> (24 - 8 * i));
  }
}

/* A header whose check sum is right. */
static enum file_type examine_png(uint32_t width, uint32_t height, const uint8_t how[5], const char **why) {
  static uint8_t png[33] = PNG_SIGNATURE "\0\0\0\rIHDR";
  int64_t pixels;
  put_number(png + 16, width);
  put_number(png + 20, height);
  memcpy(png + 24, how, 5);
  put_number(png + 29, png_sum(png + 12, 17));
  return file_examine(&(struct file_bytes){.at = (const char *)png, .size = sizeof png}, &pixels, why);
}

static void a_png_has_sizes_depths_and_methods_that_exist(void **state) {
  (void)state;
  const uint8_t good[5] = {8, 6, 0, 0, 0};
  const char *why;
  assert_int_equal(examine_png(1, 1, good, &why), FILE_PNG);
  assert_int_equal(examine_png(10000, 10000, good, &why), FILE_PNG);
  assert_int_equal(examine_png(10000, 10001, good, &why), 0);
  assert_non_null(strstr(why, "million pixels"));
  assert_int_equal(examine_png(INT32_MAX, INT32_MAX, good, &why), 0);
  assert_int_equal(examine_png(UINT32_MAX, 1, good, &why), 0);
  assert_int_equal(examine_png(0, 1, good, &why), 0);
  assert_int_equal(examine_png(1, 0, good, &why), 0);
  static const struct {
    uint8_t how[5];
    bool fits;
  } hows[] = {
      {{1, 0, 0, 0, 1}, true},    {{16, 0, 0, 0, 0}, true},  {{16, 2, 0, 0, 0}, true},
      {{8, 3, 0, 0, 0}, true},    {{16, 3, 0, 0, 0}, false}, {{4, 2, 0, 0, 0}, false},
      {{8, 1, 0, 0, 0}, false},   {{8, 5, 0, 0, 0}, false},  {{8, 7, 0, 0, 0}, false},
      {{0, 0, 0, 0, 0}, false},   {{3, 0, 0, 0, 0}, false},  {{255, 0, 0, 0, 0}, false},
      {{8, 6, 1, 0, 0}, false},   {{8, 6, 0, 1, 0}, false},  {{8, 6, 0, 0, 2}, false},
      {{8, 255, 0, 0, 0}, false},
  };
  for (size_t i = 0; i < sizeof hows / sizeof *hows; i++) {
    assert_int_equal(examine_png(1, 1, hows[i].how, &why), hows[i].fits ? FILE_PNG : 0);
  }
}

static void a_jpeg_is_known_by_its_frame_header(void **state) {
  (void)state;
  static const struct verdict wants[] = {
      {BYTES("\xff\xd8" JPEG_FRAME("\0\x10", "\0\x20")), FILE_JPEG, 512, NULL},
      {BYTES("\xff\xd8" JPEG_APP0 JPEG_FRAME("\0\x10", "\0\x20") "rest"), FILE_JPEG, 512, NULL},
      /* filled up before a marker; a table before the frame; a progressive one of three components */
      {BYTES("\xff\xd8\xff\xff" JPEG_FRAME("\0\x01", "\0\x01")), FILE_JPEG, 1, NULL},
      {BYTES("\xff\xd8\xff\xc4\0\x03\0" JPEG_FRAME("\0\x01", "\0\x01")), FILE_JPEG, 1, NULL},
      {BYTES("\xff\xd8\xff\xc2\0\x11\x08\0\x02\0\x03\x03\x01\x22\0\x02\x11\x01\x03\x11\x01"), FILE_JPEG, 6,
       NULL},
      /* no frame, an end or a scan before it, cut within, a segment that leads outside */
      {BYTES("\xff\xd8\xff"), 0, 0, "damaged"},
      {BYTES("\xff\xd8\xff\xd9"), 0, 0, "damaged"},
      {BYTES("\xff\xd8\xff\xda\0\x02" JPEG_FRAME("\0\x01", "\0\x01")), 0, 0, "damaged"},
      {BYTES("\xff\xd8\xff\xc0\0\x0b\x08\0\x10\0\x20\x01\x01\x11"), 0, 0, "damaged"},
      {BYTES("\xff\xd8\xff\xe0\xff\xff" JPEG_FRAME("\0\x01", "\0\x01")), 0, 0, "damaged"},
      {BYTES("\xff\xd8\xff\xe0\0\x01" JPEG_FRAME("\0\x01", "\0\x01")), 0, 0, "damaged"},
      {BYTES("\xff\xd8\xff\xe0\0\x02no marker here"), 0, 0, "damaged"},
      /* numbers of a frame that do not agree: its length, no components, five, no precision */
      {BYTES("\xff\xd8\xff\xc0\0\x0c\x08\0\x10\0\x20\x01\x01\x11\0\0"), 0, 0, "damaged"},
      {BYTES("\xff\xd8\xff\xc0\0\x08\x08\0\x10\0\x20\0"), 0, 0, "damaged"},
      {BYTES("\xff\xd8\xff\xc0\0\x17\x08\0\x10\0\x20\x05\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"), 0, 0, "damaged"},
      {BYTES("\xff\xd8\xff\xc0\0\x0b\0\0\x10\0\x20\x01\x01\x11\0"), 0, 0, "damaged"},
      {BYTES("\xff\xd8" JPEG_FRAME("\0\0", "\0\x20")), 0, 0, "without pixels"},
      {BYTES("\xff\xd8" JPEG_FRAME("\xff\xff", "\xff\xff")), 0, 0, "million pixels"},
      {BYTES("\xff\xd8"), 0, 0, "JPEG or PNG"},
  };
  judge_all(wants, sizeof wants / sizeof *wants);
}

static void a_jpeg_of_endless_segments_is_not_followed_for_ever(void **state) {
  (void)state;
  enum { SEGMENTS = 2000 };
  static char jpeg[2 + 4 * SEGMENTS + 13] = "\xff\xd8";
  for (int i = 0; i < SEGMENTS; i++) {
    memcpy(jpeg + 2 + 4 * (size_t)i, "\xff\xe1\0\x02", 4);
  }
  memcpy(jpeg + 2 + 4 * SEGMENTS, JPEG_FRAME("\0\x01", "\0\x01"), 13);
  judge(&(struct verdict){{jpeg, sizeof jpeg}, 0, 0, "damaged"});
  /* As many as real ones have are. */
  memcpy(jpeg + 2 + 4 * 900, JPEG_FRAME("\0\x01", "\0\x01"), 13);
  judge(&(struct verdict){{jpeg, sizeof jpeg}, FILE_JPEG, 1, NULL});
}

static void a_pdf_is_known_by_its_head_and_its_end(void **state) {
  (void)state;
  static char far_end[3000] = "%PDF-1.7\n%%EOF";
  memset(far_end + 14, ' ', sizeof far_end - 14);
  static const struct verdict wants[] = {
      {BYTES("%PDF-1.4\n%%EOF"), FILE_PDF, 0, NULL},
      {BYTES("%PDF-2.0\n...%%EOF\r\n"), FILE_PDF, 0, NULL},
      {BYTES("%PDF-1.4\n%%EO"), 0, 0, "damaged"},
      {BYTES("%PDF-1.4\n"), 0, 0, "damaged"},
      {BYTES("%PDF-1."), 0, 0, "damaged"},
      {BYTES("%PDF-1.x%%EOF"), 0, 0, "damaged"},
      {BYTES("%PDF-3.0\n%%EOF"), 0, 0, "damaged"},
      {BYTES("%PDF-"), 0, 0, "damaged"},
      {BYTES(" %PDF-1.4\n%%EOF"), 0, 0, "JPEG or PNG"},
      {{far_end, sizeof far_end}, 0, 0, "damaged"},
  };
  judge_all(wants, sizeof wants / sizeof *wants);
}

static void everything_else_is_nothing(void **state) {
  (void)state;
  static const struct verdict wants[] = {
      {BYTES(""), 0, 0, "JPEG or PNG"},
      {BYTES("GIF89a"), 0, 0, "JPEG or PNG"},
      {BYTES("<svg onload='x'/>"), 0, 0, "JPEG"},
      {BYTES("MZ\x90\0"), 0, 0, "JPEG"},
      {BYTES("\0\0\0\0\0\0\0\0\0"), 0, 0, "JPEG"},
      {BYTES("RIFF....WEBPVP8 "), 0, 0, "JPEG"},
  };
  judge_all(wants, sizeof wants / sizeof *wants);
}

static void a_content_that_the_disk_does_not_give_is_no_fault_of_its_sender(void **state) {
  (void)state;
  int fd = memfd_create("content", MFD_CLOEXEC);
  const char *why = "unset";
  int64_t pixels;
  assert_int_equal(file_examine(&(struct file_bytes){.fd = fd, .size = 100}, &pixels, &why), 0);
  assert_null(why);
  close(fd);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_png_is_known_by_its_header_chunk),
      cmocka_unit_test(a_png_has_sizes_depths_and_methods_that_exist),
      cmocka_unit_test(a_jpeg_is_known_by_its_frame_header),
      cmocka_unit_test(a_jpeg_of_endless_segments_is_not_followed_for_ever),
      cmocka_unit_test(a_pdf_is_known_by_its_head_and_its_end),
      cmocka_unit_test(everything_else_is_nothing),
      cmocka_unit_test(a_content_that_the_disk_does_not_give_is_no_fault_of_its_sender),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
