#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "wire/multipart.h"

/* Bodies in memory and in a file: every body here is read both ways, and both must say the same. */

static struct arena *arena;
static struct ctx ctx;

static int setup(void **state) {
  (void)state;
  log_setup(LOG_ERROR + 1, LOG_TEXT);
  arena = arena_new((size_t)4 << 20);
  ctx = (struct ctx){.arena = arena};
  return 0;
}

static int teardown(void **state) {
  (void)state;
  arena_free(arena);
  return 0;
}

static int file_with(struct str body) {
  int fd = memfd_create("body", MFD_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, body.at, body.len), body.len);
  return fd;
}

static void assert_same(struct str a, struct str b) {
  assert_int_equal(a.at == NULL, b.at == NULL);
  assert_true(str_equal(a, b));
}

static enum status read_type(const char *type, struct str body, struct multipart *out) {
  struct multipart from_file = {.count = 0};
  arena_reset(arena);
  *out = (struct multipart){.count = 0};
  int fd = file_with(body);
  problem_clear(&ctx);
  enum status second = multipart_read_file(&ctx, str_of(type), fd, (int64_t)body.len, &from_file);
  struct problem told = ctx.problem;
  close(fd);
  problem_clear(&ctx);
  enum status status = multipart_read(&ctx, str_of(type), body, out);
  assert_int_equal(status, second);
  assert_ptr_equal(ctx.problem.kind, told.kind);
  assert_int_equal(ctx.problem.fault_count, told.fault_count);
  for (unsigned i = 0; i < told.fault_count; i++) {
    assert_same(ctx.problem.faults[i].field, told.faults[i].field);
    assert_same(ctx.problem.faults[i].reason, told.faults[i].reason);
  }
  assert_int_equal(out->count, from_file.count);
  for (unsigned i = 0; i < out->count; i++) {
    const struct multipart_part *a = &out->parts[i];
    const struct multipart_part *b = &from_file.parts[i];
    assert_same(a->name, b->name);
    assert_same(a->filename, b->filename);
    assert_same(a->type, b->type);
    assert_same(a->text, b->text);
    assert_int_equal(a->offset, b->offset);
    assert_int_equal(a->length, b->length);
  }
  return status;
}

#define TYPE "multipart/form-data; boundary=xx"
#define PART(disposition, content) \
  "--xx\r\nContent-Disposition: form-data; " disposition "\r\n\r\n" content "\r\n"
#define END "--xx--\r\n"

static struct multipart read_good(struct str body) {
  struct multipart parts;
  if (read_type(TYPE, body, &parts) != STATUS_OK) {
    fail_msg("%.200s: %.*s", body.at, STR_ARG(ctx.problem.faults[0].reason));
  }
  return parts;
}

static void expect_fault(const char *type, struct str body, const char *field, const char *reason) {
  struct multipart parts;
  assert_int_equal(read_type(type, body, &parts), STATUS_INVALID);
  assert_int_equal(parts.count, 0);
  assert_int_equal(ctx.problem.fault_count, 1);
  assert_true(str_is(ctx.problem.faults[0].field, field));
  if (!str_is(ctx.problem.faults[0].reason, reason)) {
    fail_msg("\"%.*s\" instead of \"%s\" for %.200s", STR_ARG(ctx.problem.faults[0].reason), reason, body.at);
  }
}
static void expect_malformed(struct str body, const char *reason) {
  expect_fault(TYPE, body, "body", reason);
  assert_ptr_equal(ctx.problem.kind, &wire_malformed);
}

/* ---- what is taken ---- */

static void texts_and_files_are_told_apart_and_found(void **state) {
  (void)state;
  struct str body = STR(PART(
      "name=\"title\"",
      "A door") "--xx\r\n"
                "content-disposition: form-data; name=\"file\"; filename=\"photo.jpg\"\r\n"
                "Content-Type: image/jpeg; x=y\r\n\r\n\xff\xd8\xff\r\n--x\r\n" END);
  struct multipart parts = read_good(body);
  assert_int_equal(parts.count, 2);
  assert_true(str_is(parts.parts[0].name, "title"));
  assert_true(str_is(parts.parts[0].text, "A door"));
  assert_null(parts.parts[0].filename.at);
  assert_null(parts.parts[0].type.at);
  const struct multipart_part *file = multipart_file(&parts, "file");
  assert_ptr_equal(file, &parts.parts[1]);
  assert_true(str_is(file->filename, "photo.jpg"));
  assert_true(str_is(file->type, "image/jpeg"));
  assert_null(file->text.at);
  assert_int_equal(file->length, 8); /* with the line that only looks like a boundary */
  assert_memory_equal(body.at + file->offset, "\xff\xd8\xff\r\n--x", 8);
  assert_null(multipart_file(&parts, "title"));
  assert_null(multipart_file(&parts, "other"));
}

static void contents_may_be_empty_and_hold_anything(void **state) {
  (void)state;
  struct multipart parts = read_good(STR(PART("name=a", "") PART("name=b", "\r\n\r\n") PART(
      "name=c; filename=d", "--xx\r\nand \0 --xx--") PART("name=e; filename=f", "\r\n--x\r\n--\r\n-") END));
  assert_int_equal(parts.count, 4);
  assert_int_equal(parts.parts[0].text.len, 0);
  assert_non_null(parts.parts[0].text.at);
  assert_true(str_is(parts.parts[1].text, "\r\n\r\n"));
  assert_int_equal(parts.parts[2].length, 18);
  assert_int_equal(parts.parts[3].length, 12);
}

static void no_part_at_all_is_fine(void **state) {
  (void)state;
  assert_int_equal(read_good(STR("--xx--")).count, 0);
  assert_int_equal(read_good(STR("\r\n--xx--\r\n\r\n")).count, 0);
}

static void boundaries_are_read_with_and_without_quotes(void **state) {
  (void)state;
  static const char *const types[] = {
      "multipart/form-data; boundary=xx",
      "Multipart/Form-Data;BOUNDARY=xx",
      "multipart/form-data; charset=utf-8; boundary=\"xx\"",
      "multipart/form-data; boundary=\"xx\" ; charset=\"a;b=c\"",
      "multipart/form-data; boundary=xx;",
  };
  struct multipart parts;
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    assert_true(multipart_is(str_of(types[i])));
    assert_int_equal(read_type(types[i], STR(PART("name=a", "b") END), &parts), STATUS_OK);
  }
  assert_int_equal(
      read_type(
          "multipart/form-data; boundary=\"a b'()+_,-./:=?\"",
          STR("--a b'()+_,-./:=?\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--a b'()+_,-./:=?--"),
          &parts),
      STATUS_OK);
  assert_false(multipart_is(STR("multipart/mixed; boundary=xx")));
  assert_false(multipart_is(STR("application/json")));
  assert_false(multipart_is(STR_NONE));
}

static void a_boundary_has_up_to_70_characters(void **state) {
  (void)state;
  for (int len = 69; len <= 71; len++) {
    char boundary[80];
    char type[160];
    char body[512];
    struct multipart parts;
    memset(boundary, 'b', (size_t)len);
    boundary[len] = '\0';
    snprintf(type, sizeof type, "multipart/form-data; boundary=%s", boundary);
    int size =
        snprintf(body, sizeof body, "--%s\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--%s--",
                 boundary, boundary);
    assert_int_equal(read_type(type, (struct str){body, (size_t)size}, &parts),
                     len <= 70 ? STATUS_OK : STATUS_INVALID);
  }
}

static void names_are_decoded_and_paths_dropped(void **state) {
  (void)state;
  const struct {
    const char *disposition, *filename;
  } cases[] = {
      {"name=a; filename=plain.pdf", "plain.pdf"},
      {"name=a; filename=\"with blank.pdf\"", "with blank.pdf"},
      {"name=a; filename=\"a \\\"b\\\" c\\\\.pdf\"", ".pdf"},
      {"name=a; filename=\"say %22hi%22.pdf\"", "say \"hi\".pdf"},
      {"name=a; filename=\"100%25 50%.pdf\"", "100%25 50%.pdf"},
      {"name=a; filename=\"C:\\dir\\photo.jpg\"", "photo.jpg"},
      {"name=a; filename=\"../../etc/passwd\"", "passwd"},
      {"name=a; filename=\"/etc/passwd\"", "passwd"},
      {"name=a; filename=\"..x\"", "..x"},
      {"name=a; filename=\"L\xc3\xb8vsyn.png\"", "L\xc3\xb8vsyn.png"},
      {"name=a; filename=fallback.png; filename*=UTF-8''L%c3%b8vsyn%20x.png", "L\xc3\xb8vsyn x.png"},
      {"name=a; filename*=utf-8'en'..%2F..%2Fpasswd", "passwd"},
      {"filename=x;name=a;other=\"y\"", "x"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char body[512];
    int len = snprintf(body, sizeof body, "--xx\r\nContent-Disposition: form-data; %s\r\n\r\nb\r\n" END,
                       cases[i].disposition);
    struct multipart parts = read_good((struct str){body, (size_t)len});
    assert_true(str_is(parts.parts[0].name, "a"));
    if (!str_is(parts.parts[0].filename, cases[i].filename)) {
      fail_msg("%s became %.*s", cases[i].disposition, STR_ARG(parts.parts[0].filename));
    }
  }
}

static void a_file_input_that_was_left_empty_is_none(void **state) {
  (void)state;
  struct multipart parts = read_good(STR(PART("name=file; filename=\"\"", "") PART("name=a", "b") END));
  assert_int_equal(parts.count, 1);
  assert_null(multipart_file(&parts, "file"));
}

/* ---- what is refused ---- */

static void types_without_a_usable_boundary_are_refused(void **state) {
  (void)state;
  static const char boundary[] = "must have a valid boundary in its Content-Type";
  struct str body = STR(PART("name=a", "b") END);
  expect_fault("multipart/form-data", body, "body", boundary);
  expect_fault("multipart/form-data; boundary=", body, "body", boundary);
  expect_fault("multipart/form-data; boundary=\"xx", body, "body", boundary);
  expect_fault("multipart/form-data; boundary=\"x\"x", body, "body", boundary);
  expect_fault("multipart/form-data; boundary=\"xx \"", body, "body", boundary);
  expect_fault("multipart/form-data; boundary=\"x\x01x\"", body, "body", boundary);
  expect_fault("multipart/form-data boundary=xx", body, "body", "must be multipart/form-data");
  expect_fault("multipart/form-data; boundary=xx; boundary=yy", body, "body",
               "must have only one boundary in its Content-Type");
  expect_fault("application/json", body, "body", "must be multipart/form-data");
  expect_fault("", body, "body", "must be multipart/form-data");
}

static void what_is_cut_off_anywhere_is_refused(void **state) {
  (void)state;
  static const char whole[] = PART("name=a", "b") PART("name=c; filename=d", "e") "--xx--";
  struct multipart parts;
  for (size_t len = 0; len < sizeof whole - 1; len++) {
    assert_int_equal(read_type(TYPE, (struct str){whole, len}, &parts), STATUS_INVALID);
    assert_ptr_equal(ctx.problem.kind, &wire_malformed);
    assert_int_equal(ctx.problem.fault_count, 1);
  }
  expect_malformed(STR(PART("name=a", "b") "--xx\r\nX: y"), "must not end within the headers of a part");
  expect_malformed(STR("--xx\r\nContent-Disposition: form-data; name=a\r\n\r\nb"),
                   "must not end without its final boundary");
}

static void garbage_around_the_parts_is_refused(void **state) {
  (void)state;
  expect_malformed(STR("garbage"), "must begin with its boundary");
  expect_malformed(STR(""), "must begin with its boundary");
  expect_malformed(STR("preamble\r\n" PART("name=a", "b") END), "must begin with its boundary");
  expect_malformed(STR("--xxy\r\n\r\n"), "must not have anything behind a boundary");
  expect_malformed(STR(PART("name=a", "b") "--xx--\r\nmore"),
                   "must not have anything behind its final boundary");
}

static void broken_headers_are_refused(void **state) {
  (void)state;
  static const char header[] = "must not have a broken header in a part";
  static const char name[] = "must not have a broken name in a Content-Disposition";
  static const char no_name[] = "must have a name in each part's Content-Disposition";
  static const char one[] = "must have one Content-Disposition of form-data in each part";
  expect_malformed(STR("--xx\r\n\r\nb\r\n" END), "must have a Content-Disposition in each part");
  expect_malformed(STR("--xx\r\nContent-Type: a/b\r\n\r\nb\r\n" END),
                   "must have a Content-Disposition in each part");
  expect_malformed(STR("--xx\r\nno colon\r\n\r\nb\r\n" END), header);
  expect_malformed(STR("--xx\r\n: x\r\n\r\nb\r\n" END), header);
  expect_malformed(STR("--xx\r\nX: a\tb\r\n\r\nb\r\n" END), header);
  expect_malformed(STR("--xx\r\nX: \xff\r\n\r\nb\r\n" END), header);
  expect_malformed(STR("--xx\r\nX: a\r\n folded\r\n\r\nb\r\n" END), header);
  expect_malformed(STR(PART("filename=x", "b") END), no_name);
  expect_malformed(STR(PART("name=\"\"", "b") END), no_name);
  expect_malformed(STR(PART("name=\"a", "b") END), no_name);
  expect_malformed(STR(PART("name=a; name=b", "b") END), name);
  expect_malformed(STR(PART("name=a; filename=\"x%0Ay\"", "b") END), name);
  expect_malformed(STR(PART("name=a; filename*=UTF-8''%zz", "b") END), name);
  expect_malformed(STR(PART("name=a; filename*=UTF-8''%ff", "b") END), name);
  expect_malformed(STR(PART("name=a; filename*=UTF-8''%00", "b") END), name);
  expect_malformed(STR(PART("name=a; filename*=iso-8859-1''x", "b") END), name);
  expect_malformed(STR(PART("name=a; filename*=x", "b") END), name);
  expect_malformed(STR("--xx\r\nContent-Disposition: attachment; name=a\r\n\r\nb\r\n" END), one);
  expect_malformed(STR("--xx\r\nContent-Disposition: form-data; name=a\r\n"
                       "Content-Disposition: form-data; name=b\r\n\r\nb\r\n" END),
                   one);
  expect_malformed(STR("--xx\r\nContent-Disposition: form-data; name=a\r\n"
                       "Content-Transfer-Encoding: base64\r\n\r\nYg==\r\n" END),
                   "must not have a part with a transfer encoding");
}

static void names_that_lead_elsewhere_are_refused(void **state) {
  (void)state;
  static const char reason[] = "must have a file's name in each part that is a file";
  expect_malformed(STR(PART("name=a; filename=\"..\"", "b") END), reason);
  expect_malformed(STR(PART("name=a; filename=\"../\"", "b") END), reason);
  expect_malformed(STR(PART("name=a; filename=\"x/.\"", "b") END), reason);
  expect_malformed(STR(PART("name=a; filename=\"\"", "b") END), reason);
}

/* ---- limits ---- */

static void twenty_parts_are_taken_and_no_more(void **state) {
  (void)state;
  for (int count = 20; count <= 21; count++) {
    CLEANUP_BUF struct buf body;
    buf_init(&body, 1 << 20);
    for (int i = 0; i < count; i++) {
      buf_format(&body, "--xx\r\nContent-Disposition: form-data; name=n%d\r\n\r\nx\r\n", i);
    }
    buf_add_text(&body, END);
    if (count == 20) {
      assert_int_equal(read_good(buf_str(&body)).count, 20);
    } else {
      expect_malformed(buf_str(&body), "must not have more than 20 parts");
    }
  }
}

static void sixteen_kib_of_headers_are_taken_and_no_more(void **state) {
  (void)state;
  static const char disposition[] = "Content-Disposition: form-data; name=a";
  for (int more = 0; more <= 1; more++) {
    CLEANUP_BUF struct buf body;
    buf_init(&body, 1 << 20);
    buf_format(&body, "--xx\r\n%s\r\nX: ", disposition);
    for (size_t i = sizeof disposition - 1 + 3; i < (size_t)MULTIPART_HEADERS_MAX + (size_t)more; i++) {
      buf_add_char(&body, 'x');
    }
    buf_add_text(&body, "\r\n\r\nb\r\n" END);
    if (more == 0) {
      assert_int_equal(read_good(buf_str(&body)).count, 1);
    } else {
      expect_malformed(buf_str(&body), "must not have more than 16 KiB of headers");
    }
  }
}

static void a_text_has_at_most_64_kib_and_is_utf8(void **state) {
  (void)state;
  for (int more = 0; more <= 1; more++) {
    CLEANUP_BUF struct buf body;
    buf_init(&body, 1 << 20);
    buf_add_text(&body, "--xx\r\nContent-Disposition: form-data; name=long\r\n\r\n");
    for (int i = 0; i < MULTIPART_TEXT_MAX + more; i++) {
      buf_add_char(&body, 't');
    }
    buf_add_text(&body, "\r\n" END);
    if (more == 0) {
      assert_int_equal(read_good(buf_str(&body)).parts[0].text.len, MULTIPART_TEXT_MAX);
    } else {
      expect_fault(TYPE, buf_str(&body), "long", "must be at most 64 KiB");
      assert_ptr_equal(ctx.problem.kind, &problem_invalid);
    }
  }
  expect_fault(TYPE, STR(PART("name=a", "\xff") END), "a", "must be UTF-8 without NUL");
  expect_fault(TYPE, STR(PART("name=a", "x\0y") END), "a", "must be UTF-8 without NUL");
}

/* A delimiter at every place around the edge of the window, and what only looks like one before it. */
static void a_boundary_is_found_wherever_it_stands(void **state) {
  (void)state;
  static const char head[] = "--xx\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n";
  enum { EDGE = 64 * 1024 };
  for (size_t at = EDGE - 12; at < EDGE + 12; at++) {
    CLEANUP_BUF struct buf body;
    buf_init(&body, 1 << 20);
    buf_add_text(&body, head);
    while (body.len < at) {
      buf_add_char(&body, "\r\n--x"[body.len % 5]);
    }
    buf_add_text(&body, "\r\n" PART("name=c", "d") END);
    struct multipart parts = read_good(buf_str(&body));
    assert_int_equal(parts.count, 2);
    assert_int_equal(parts.parts[0].length, at - (sizeof head - 1));
    assert_true(str_is(parts.parts[1].text, "d"));
  }
}

static void a_large_body_takes_little_memory(void **state) {
  (void)state;
  enum { LARGE = 11 << 20 };
  CLEANUP_BUF struct buf body;
  buf_init(&body, 12 << 20);
  buf_add_text(&body, "--xx\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n");
  char *content = buf_reserve(&body, LARGE);
  assert_non_null(content);
  memset(content, '\r', LARGE);
  body.len += LARGE;
  buf_add_text(&body, "\r\n" END);
  int fd = file_with(buf_str(&body));
  size_t before = arena_used(arena);
  struct multipart parts;
  assert_int_equal(multipart_read_file(&ctx, STR(TYPE), fd, (int64_t)body.len, &parts), STATUS_OK);
  assert_int_equal(parts.parts[0].length, LARGE);
  assert_true(arena_used(arena) - before < 80 * 1024);
  close(fd);
}

/* Thousands of parameters cost what their bytes cost. */
static void many_parameters_take_little_memory(void **state) {
  (void)state;
  CLEANUP_BUF struct buf header;
  CLEANUP_BUF struct buf body;
  buf_init(&header, 1 << 20);
  buf_init(&body, 1 << 20);
  for (int i = 0; i < 3000; i++) {
    buf_add_text(&header, ";a=\"\"");
  }
  buf_format(&body, "--xx\r\nContent-Disposition: form-data; name=a%.*s\r\n\r\nb\r\n" END,
             STR_ARG(buf_str(&header)));
  CLEANUP_BUF struct buf type;
  buf_init(&type, 1 << 20);
  buf_format(&type, "multipart/form-data%.*s;boundary=xx", STR_ARG(buf_str(&header)));
  buf_add_char(&type, '\0');
  struct multipart parts;
  assert_int_equal(read_type(type.at, buf_str(&body), &parts), STATUS_OK);
  assert_int_equal(parts.count, 1);
  assert_true(arena_used(arena) < 512 * 1024);
}

static void a_file_that_can_not_be_read_is_our_fault(void **state) {
  (void)state;
  struct multipart parts;
  int fd = file_with(STR("--xx"));
  assert_int_equal(multipart_read_file(&ctx, STR(TYPE), fd, 100, &parts), STATUS_BROKEN);
  assert_ptr_equal(ctx.problem.kind, &problem_broken);
  close(fd);
}

/* ---- by a table ---- */

struct door {
  struct str title;
  int64_t count;
  uint64_t present;
};
static const struct field door_rows[] = {
    FIELD(struct door, title, TEXT, "title", FIELD_REQUIRED, .max = 5),
    FIELD(struct door, count, INT, "count", 0, .min = 1, .max = 9),
};
static const struct fields door_fields = {.title = "Door",
                                          .rows = door_rows,
                                          .count = 2,
                                          .size = sizeof(struct door),
                                          .present = offsetof(struct door, present),
                                          .closed = true};

static void text_parts_fill_a_struct_as_a_form_does(void **state) {
  (void)state;
  struct multipart parts = read_good(
      STR(PART("name=title", "Door+") PART("name=file; filename=x", "y") PART("name=count", "7") END));
  struct door door = {0};
  assert_int_equal(wire_read_multipart(&ctx, &parts, &door_fields, &door), STATUS_OK);
  assert_true(str_is(door.title, "Door+"));
  assert_int_equal(door.count, 7);
  assert_true(field_present(&door_fields, &door, "count"));
}

static void faults_of_text_parts_are_those_of_a_form(void **state) {
  (void)state;
  const struct {
    struct str body;
    const char *field, *reason;
  } cases[] = {
      {STR(END), "title", "is required"},
      {STR(PART("name=title", "too long") END), "title", "must be at most 5 characters"},
      {STR(PART("name=title", "a") PART("name=count", "x") END), "count", "must be a whole number"},
      {STR(PART("name=title", "a") PART("name=title", "a") END), "title", "must be given only once"},
      {STR(PART("name=title", "a") PART("name=other", "b") END), "other", "is not known"},
      {STR(PART("name=title; filename=x", "a") END), "title", "is required"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct door door = {0};
    struct multipart parts = read_good(cases[i].body);
    assert_int_equal(wire_read_multipart(&ctx, &parts, &door_fields, &door), STATUS_INVALID);
    assert_int_equal(ctx.problem.fault_count, 1);
    assert_true(str_is(ctx.problem.faults[0].field, cases[i].field));
    if (!str_starts(ctx.problem.faults[0].reason, cases[i].reason)) {
      fail_msg("%.*s", STR_ARG(ctx.problem.faults[0].reason));
    }
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(texts_and_files_are_told_apart_and_found),
      TEST(contents_may_be_empty_and_hold_anything),
      TEST(no_part_at_all_is_fine),
      TEST(boundaries_are_read_with_and_without_quotes),
      TEST(a_boundary_has_up_to_70_characters),
      TEST(names_are_decoded_and_paths_dropped),
      TEST(a_file_input_that_was_left_empty_is_none),
      TEST(types_without_a_usable_boundary_are_refused),
      TEST(what_is_cut_off_anywhere_is_refused),
      TEST(garbage_around_the_parts_is_refused),
      TEST(broken_headers_are_refused),
      TEST(names_that_lead_elsewhere_are_refused),
      TEST(twenty_parts_are_taken_and_no_more),
      TEST(sixteen_kib_of_headers_are_taken_and_no_more),
      TEST(a_text_has_at_most_64_kib_and_is_utf8),
      TEST(a_boundary_is_found_wherever_it_stands),
      TEST(a_large_body_takes_little_memory),
      TEST(many_parameters_take_little_memory),
      TEST(a_file_that_can_not_be_read_is_our_fault),
      TEST(text_parts_fill_a_struct_as_a_form_does),
      TEST(faults_of_text_parts_are_those_of_a_form),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
