#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "wire/multipart.h"

/* Any Content-Type (the first line) with any body, from memory and from a file. Both are read alike; parts
 * lie within the body, one behind the other; what is refused says why. */

static void check(bool holds) {
  if (!holds) {
    abort();
  }
}

static void check_parts(const struct multipart *parts, struct str body) {
  int64_t end = 0;
  check(parts->count <= MULTIPART_PARTS_MAX);
  for (unsigned i = 0; i < parts->count; i++) {
    const struct multipart_part *part = &parts->parts[i];
    check(part->offset >= end && part->length >= 0 && part->offset + part->length <= (int64_t)body.len);
    end = part->offset + part->length;
    check(part->name.len > 0 && str_utf8(part->name) && !str_has_control(part->name));
    check((part->filename.at == NULL) != (part->text.at == NULL));
    if (part->filename.at == NULL) {
      check(part->text.len <= MULTIPART_TEXT_MAX && str_utf8(part->text) &&
            (int64_t)part->text.len == part->length);
    } else {
      check(part->filename.len > 0 && !str_has_control(part->filename) && str_utf8(part->filename) &&
            str_find(part->filename, '/') == part->filename.len && !str_is(part->filename, ".."));
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static int fd = -1;
  struct str all = {(const char *)data, size};
  size_t line = size > 0 ? str_find(all, '\n') : 0;
  struct str type = {all.at, line};
  struct str body = line < size ? (struct str){all.at + line + 1, size - line - 1} : STR("");
  if (fd < 0) {
    log_setup(LOG_ERROR + 1, LOG_TEXT);
    fd = memfd_create("body", MFD_CLOEXEC);
  }
  check(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, body.at, body.len, 0) == (ssize_t)body.len);
  struct ctx ctx = {.arena = arena_new(4 << 20)};
  struct multipart parts;
  struct multipart from_file;
  enum status status = multipart_read(&ctx, type, body, &parts);
  check(status == STATUS_OK || (status == STATUS_INVALID && ctx.problem.fault_count > 0));
  problem_clear(&ctx);
  check(multipart_read_file(&ctx, type, fd, (int64_t)body.len, &from_file) == status);
  if (status == STATUS_OK) {
    check_parts(&parts, body);
    check(parts.count == from_file.count);
    for (unsigned i = 0; i < parts.count; i++) {
      check(parts.parts[i].offset == from_file.parts[i].offset &&
            parts.parts[i].length == from_file.parts[i].length &&
            str_equal(parts.parts[i].text, from_file.parts[i].text) &&
            str_equal(parts.parts[i].filename, from_file.parts[i].filename));
    }
  }
  arena_free(ctx.arena);
  return 0;
}
