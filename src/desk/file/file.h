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
/* What it was uploaded as. Stored: never renumber. */
enum file_kind { FILE_KIND_NONE, FILE_KIND_PHOTO, FILE_KIND_DOCUMENT, FILE_KIND_SIGNATURE };
struct file {
  int64_t id;
  struct uuid uuid;
  int64_t ticket_id;
  int64_t reply_id;    /* of a reply of that ticket; 0: of the ticket itself, or of none */
  int64_t uploader_id; /* account; 0 unknown */
  struct uuid uploader_uuid;
  int kind;       /* enum file_kind */
  struct str url; /* a link elsewhere: https address; NONE: content here */
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
/* ---- uploads ---- */
enum { FILE_UPLOAD_MAX_BYTES = 10 * 1024 * 1024, FILE_PIXELS_MAX = 100 * 1000 * 1000 };
extern const struct problem_kind file_wrong_type; /* INVALID: the content is not what its kind allows */
extern const struct problem_kind file_not_found;
extern const struct problem_kind file_too_many; /* STATE: a ticket and its replies have at most 1,000 files */
/* Takes `size` bytes at `offset` of an open file (a spooled upload) into the store with constant memory:
 * photo JPEG or PNG, signature PNG, document PDF, by their headers as decoded (PNG: IHDR; JPEG: the frame
 * header; at most FILE_PIXELS_MAX pixels; PDF: "%PDF-1." or "-2." and "%%EOF" near the end), 1 byte to
 * FILE_UPLOAD_MAX_BYTES (file_too_large). Pool lane, before the transaction. */
enum status file_store_upload(struct ctx *ctx, struct str name, enum file_kind kind, int fd, int64_t offset,
                              int64_t size, struct file_new *out) MUST_CHECK;
/* The row of an upload: of a ticket the caller may reply to (ticket none: of nobody but the uploader and
 * supervisors up). Signed in. Name and hash of *out stay where new_file has them. */
enum status file_upload(struct ctx *ctx, const struct file_new *new_file, enum file_kind kind,
                        struct uuid ticket, struct file *out) MUST_CHECK;
/* For download: MAY follow the ticket; without one the uploader and supervisors up; else file_not_found. */
enum status file_get(struct ctx *ctx, struct uuid uuid, struct file *out) MUST_CHECK;
/* An open read-only descriptor of the content; BROKEN (logged with the id) where the disk lost it. */
enum status file_open(struct ctx *ctx, const struct file *file, int *fd) MUST_CHECK;
/* "/api/files/<uuid>" of what is kept here (with the public url before it where one is known), or its own
 * url. In the arena. */
struct str file_url(struct ctx *ctx, const struct file *file);
/* For lists: file_url of the first file of each of these tickets themselves (not of their replies), NONE
 * without one; by one statement, at most 512 tickets. */
enum { FILE_FIRSTS_MAX = 512 };
enum status file_first_urls(struct ctx *ctx, const int64_t *tickets, size_t count,
                            struct str *out) MUST_CHECK;
/* Attaches what `links` name to a ticket, or to a reply of it (reply_id not 0): an own upload of the caller
 * that no ticket has yet or that this ticket has ("/api/files/<uuid>", with or without host and /v1; the same
 * in any dialect), or an http(s) address elsewhere, at most 2,048 characters, kept as a link. A bad one is a
 * fault on "attachments[n]". Counts in *added. At most 10 a call. Inside db_write. */
enum status file_attach(struct ctx *ctx, int64_t tenant_id, int64_t ticket_id, int64_t reply_id,
                        const struct str *links, size_t count, int64_t *added) MUST_CHECK;
/* Files of no ticket that nobody attached for a day and that are nobody's portrait, with the contents that no
 * row needs any more; at most `max`. For a timer. */
enum status file_sweep(struct ctx *ctx, int64_t max, int64_t *dropped) MUST_CHECK;
/* The public address before file urls; NULL: none. Once at start. */
void file_setup_url(const char *public_url);

/* Appends the content; BROKEN (logged with the id) where the disk lost it or the hash differs. */
enum status file_read(struct ctx *ctx, const struct file *file, struct buf *out) MUST_CHECK;

#endif
