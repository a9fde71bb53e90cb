#ifndef SIGAP_TESTS_UPLOADS_H
#define SIGAP_TESTS_UPLOADS_H

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "desk/file/file.h"
#include "people.h"

/* Uploads for the store tests: a folder for their contents that the test program has of its own, and the way
 * from bytes to a row. */

static char uploads_folder[64];

static inline bool uploads_open(void) {
  char why[256] = "";
  snprintf(uploads_folder, sizeof uploads_folder, "/tmp/sigap-uploads-XXXXXX");
  if (mkdtemp(uploads_folder) == NULL || file_setup(uploads_folder, why) != STATUS_OK) {
    fprintf(stderr, "no folder for the test: %s %s\n", uploads_folder, why);
    return false;
  }
  return true;
}

static inline int uploads_remove_one(const char *path, const struct stat *found, int kind, struct FTW *ftw) {
  (void)found, (void)kind, (void)ftw;
  return remove(path);
}

static inline void uploads_close(void) {
  nftw(uploads_folder, uploads_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A PNG of one pixel, whole. */
#define TINY_PNG                                                                        \
  STR("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89" \
      "\0\0\0\rIDAT\x78\xda\x63\x64\xf8\xcf\x50\x0f\0\x03\x86\x01\x80Z4}k\0\0\0\0IEND\xae\x42\x60\x82")

/* An open file with these bytes after `before` others. */
static inline int spooled(struct str content, int64_t before) {
  int fd = memfd_create("upload", MFD_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(pwrite(fd, content.at, content.len, before), content.len);
  return fd;
}

static inline enum status store_upload(struct store *store, const char *name, enum file_kind kind,
                                       struct str content, struct file_new *out) {
  int fd = spooled(content, 7);
  enum status status = file_store_upload(&store->ctx, str_of(name), kind, fd, 7, (int64_t)content.len, out);
  close(fd);
  return status;
}

static inline struct file_new stored(struct store *store, const char *name, enum file_kind kind) {
  struct file_new content;
  problem_clear(&store->ctx);
  assert_ok(store_upload(store, name, kind, TINY_PNG, &content));
  return content;
}

/* A photo of no ticket. */
static inline struct file uploaded(struct store *store, const struct who *who, const char *name) {
  struct file_new *content = ARENA_NEW(store->ctx.arena, struct file_new); /* the hash stays there */
  struct file file = {0};
  *content = stored(store, name, FILE_KIND_PHOTO);
  assert_ok(file_upload(as(store, who), content, FILE_KIND_PHOTO, (struct uuid){{0}}, &file));
  return file;
}

#endif
