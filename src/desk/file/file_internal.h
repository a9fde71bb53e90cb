#ifndef SIGAP_DESK_FILE_INTERNAL_H
#define SIGAP_DESK_FILE_INTERNAL_H

#include "desk/file/file.h"

/* What the files of this noun share; nobody else includes it but their tests. */

enum {
  FILE_HASH_BYTES = 32,
  FILE_PIECE_BYTES = 64 * 1024, /* contents are read and written by such pieces */
  FILE_LIST_MAX = 1000          /* files of a ticket and its replies together */
};

/* A content: bytes in memory, or a part of an open file, of which no more than a piece is in memory. */
struct file_bytes {
  const char *at; /* NULL: in the file */
  int fd;
  int64_t offset, size;
};
/* `len` bytes from `from` on, all within the content. False: the disk does not give them (errno). */
bool file_bytes_read(const struct file_bytes *bytes, int64_t from, void *to, size_t len) MUST_CHECK;

/* ---- file.c ---- */
enum status file_check_name(struct ctx *ctx, struct str name) MUST_CHECK;
/* Hashes the content and keeps it under its hash, durably; nothing when it is there already. Fills hash and
 * size of *out. */
enum status file_keep(struct ctx *ctx, const struct file_bytes *bytes, struct file_new *out) MUST_CHECK;
/* Lets a content go that no row needs, unless somebody kept it again less than `rest_us` ago (by the disk's
 * clock): their row may be under way. What can't be removed stays, and is logged. */
void file_forget(struct str hash, int64_t rest_us);
/* Calls each(ctx, arg, hash) for every content whose hash begins with `first`. Its failure ends it and is
 * returned; a folder that can't be read is logged. */
enum status file_each_content(struct ctx *ctx, uint8_t first,
                              enum status (*each)(struct ctx *ctx, void *arg, struct str hash),
                              void *arg) MUST_CHECK;
/* Logs that a content is lost or damaged, with the file's number. BROKEN. */
enum status file_damaged(struct ctx *ctx, const struct file *file, const char *how) MUST_CHECK;

struct file_row;
/* The texts stay where the row has them. */
struct file file_from_row(const struct file_row *row);
/* What a content becomes: name, hash (where new_file has it), size and type. */
struct file file_of_new(const struct file_new *new_file);
/* Writes the row and fills id, uuid, uploader and time. Inside db_write. */
enum status file_insert(struct ctx *ctx, int64_t tenant_id, struct file *file) MUST_CHECK;

/* ---- file_upload.c ---- */
/* What the content is by its headers as decoded (see file_store_upload), *pixels of a picture; 0: none of the
 * three, *why says so as the end of a sentence. A content that can't be read (*why NULL) is none, too. */
enum file_type file_examine(const struct file_bytes *bytes, int64_t *pixels, const char **why);

#endif
