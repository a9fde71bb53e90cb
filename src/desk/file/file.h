#ifndef SIGAP_DESK_FILE_H
#define SIGAP_DESK_FILE_H

#include "base/buf.h"
#include "base/ctx.h"
#include "base/id.h"

/* Contents stand on disk by their hash, <data>/files/ab/cdef…; rows tell whose they are. */
enum { FILE_IMAGE_MAX_BYTES = 5 * 1024 * 1024, FILE_IMAGES_MAX = 10 };
enum file_type { FILE_JPEG = 1, FILE_PNG, FILE_PDF }; /* stored: never renumber */

extern const struct problem_kind file_not_image; /* INVALID: its first bytes are neither JPEG nor PNG */
extern const struct problem_kind file_too_large; /* TOO_LARGE */

struct file_new {   /* stored on disk, not yet a row */
  struct str name;  /* as given, 1-255; never used as a path */
  uint8_t hash[32]; /* SHA-256 of the content */
  int64_t size;
  int type; /* by its first bytes */
};
struct file {
  int64_t id;
  struct uuid uuid;
  int64_t ticket_id;
  struct str name;
  struct str hash; /* 32 bytes */
  int64_t size;
  int type;
  int64_t created_at;
};
/* Once at start: the folder that holds `files`. Makes it. */
enum status file_setup(const char *data_dir, char why[256]) MUST_CHECK;
/* "image/jpeg", "image/png", "application/pdf". */
const char *file_mime(enum file_type type);
/* By first bytes; 0 if none. */
enum file_type file_sniff(struct str content);
/* Checks size and first bytes, writes the content (temporary file, fsync, rename, fsync of the folder;
 * nothing when it is there already). Slow: pool lane, before the transaction. */
enum status file_store_image(struct ctx *ctx, struct str name, struct str content,
                             struct file_new *out) MUST_CHECK;
/* The row. Inside db_write. */
enum status file_add(struct ctx *ctx, int64_t tenant_id, int64_t ticket_id,
                     const struct file_new *new_file) MUST_CHECK;
enum status file_list(struct ctx *ctx, int64_t ticket_id, struct file **out, size_t *count) MUST_CHECK;
/* Appends the content; BROKEN (logged with the id) where the disk lost it or the hash differs. */
enum status file_read(struct ctx *ctx, const struct file *file, struct buf *out) MUST_CHECK;

#endif
