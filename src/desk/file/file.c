#include "desk/file/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/log.h"
#include "base/time.h"
#include "desk/access/access.h"
#include "desk/file/file_internal.h"
#include "desk/statements.h"

const struct problem_kind file_not_image = {STATUS_INVALID, "not_an_image",
                                            "The file is neither a JPEG nor a PNG picture."};
const struct problem_kind file_too_large = {STATUS_TOO_LARGE, "file_too_large",
                                            "The file is larger than is taken here."};

enum { FILE_NAME_POINTS_MAX = 255, HASH_BYTES = FILE_HASH_BYTES };
_Static_assert(HASH_BYTES == crypto_hash_sha256_BYTES, "a SHA-256");
_Static_assert(HASH_BYTES == sizeof(((struct file_new *)0)->hash), "a SHA-256");

/* "ab/" and 62 more digits. */
#define CONTENT_NAME_SIZE (2 * HASH_BYTES + 2)
#define TEMPORARY_FOLDER "new"
#define TEMPORARY_NAME_SIZE (sizeof TEMPORARY_FOLDER + 1 + 32)

/* The folder <data>/files, opened once by file_setup. */
static int store_fd = -1;

static bool why_not(char why[256], const char *what, const char *path) {
  snprintf(why, 256, "The folder %.120s can't be %s: %s.", path, what, strerror(errno));
  return false;
}

static bool folder_open(const char *data_dir, int *out, char why[256]) {
  char path[PATH_MAX];
  int length = snprintf(path, sizeof path, "%s/files", data_dir);
  if (length < 0 || (size_t)length >= sizeof path) {
    errno = ENAMETOOLONG;
    return why_not(why, "used", data_dir);
  }
  if (mkdir(path, 0700) != 0 && errno != EEXIST) {
    return why_not(why, "made", path);
  }
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return why_not(why, "opened", path);
  }
  if ((mkdirat(fd, TEMPORARY_FOLDER, 0700) != 0 && errno != EEXIST) || fsync(fd) != 0) {
    why_not(why, "written", path);
    close(fd);
    return false;
  }
  *out = fd;
  return true;
}

/* What a crash left half written, an hour old at least: nobody will finish it. That some of it can't be
 * removed harms nobody. */
static void sweep_temporary(int files_fd) {
  int fd = openat(files_fd, TEMPORARY_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
  if (folder == NULL) {
    if (fd >= 0) {
      close(fd);
    }
    return;
  }
  const struct dirent *entry;
  while ((entry = readdir(folder)) != NULL) {
    struct stat found;
    if (fstatat(fd, entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode) &&
        found.st_mtime < time(NULL) - 3600) {
      unlinkat(fd, entry->d_name, 0);
    }
  }
  closedir(folder);
}

enum status file_setup(const char *data_dir, char why[256]) {
  int fd;
  if (!folder_open(data_dir, &fd, why)) {
    return STATUS_BROKEN;
  }
  int parent = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0 || fsync(parent) != 0) {
    why_not(why, "written", data_dir);
    if (parent >= 0) {
      close(parent);
    }
    close(fd);
    return STATUS_BROKEN;
  }
  close(parent);
  sweep_temporary(fd);
  if (store_fd >= 0) {
    close(store_fd);
  }
  store_fd = fd;
  return STATUS_OK;
}

const char *file_mime(enum file_type type) {
  switch (type) {
    case FILE_JPEG:
      return "image/jpeg";
    case FILE_PNG:
      return "image/png";
    case FILE_PDF:
      return "application/pdf";
  }
  return "application/octet-stream";
}

enum file_type file_sniff(struct str content) {
  static const struct {
    enum file_type type;
    struct str magic;
  } known[] = {
      {FILE_JPEG, {"\xff\xd8\xff", 3}},
      {FILE_PNG, {"\x89PNG\r\n\x1a\n", 8}},
      {FILE_PDF, {"%PDF-", 5}},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (content.len >= known[i].magic.len && memcmp(content.at, known[i].magic.at, known[i].magic.len) == 0) {
      return known[i].type;
    }
  }
  return 0;
}

static void content_name(const uint8_t hash[HASH_BYTES], char out[CONTENT_NAME_SIZE]) {
  char hex[2 * HASH_BYTES + 1];
  sodium_bin2hex(hex, sizeof hex, hash, HASH_BYTES);
  snprintf(out, CONTENT_NAME_SIZE, "%.2s/%s", hex, hex + 2);
}

/* What the disk said, in the desk's words. */
static enum status disk_problem(struct ctx *ctx, const char *step) {
  int error = errno;
  LOG(LOG_ERROR, "a file's content could not be stored", LOG_S("step", step),
      LOG_S("error", strerror(error)));
  return problem_set(ctx, error == ENOSPC || error == EDQUOT ? &problem_storage_full : &problem_broken);
}

bool file_bytes_read(const struct file_bytes *bytes, int64_t from, void *to, size_t len) {
  if (bytes->at != NULL) {
    memcpy(to, bytes->at + from, len);
    return true;
  }
  char *at = to;
  int64_t offset = bytes->offset + from;
  while (len > 0) {
    ssize_t n = pread(bytes->fd, at, len, (off_t)offset);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      errno = n < 0 ? errno : EIO;
      return false;
    }
    at += n;
    offset += n;
    len -= (size_t)n;
  }
  return true;
}

/* The next piece of a content that was done up to `from`: where it lies, in `room` unless it is in memory. */
static bool next_piece(const struct file_bytes *bytes, int64_t from, char *room, struct str *piece) {
  int64_t left = bytes->size - from;
  size_t len = left < FILE_PIECE_BYTES ? (size_t)left : FILE_PIECE_BYTES;
  *piece = (struct str){bytes->at != NULL ? bytes->at + from : room, len};
  return bytes->at != NULL || file_bytes_read(bytes, from, room, len);
}

static bool write_whole(int fd, struct str content) {
  while (content.len > 0) {
    ssize_t n = write(fd, content.at, content.len);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return false;
    }
    content.at += n;
    content.len -= (size_t)n;
  }
  return true;
}

static bool write_bytes(int fd, const struct file_bytes *bytes, char *room) {
  struct str piece;
  for (int64_t from = 0; from < bytes->size; from += (int64_t)piece.len) {
    if (!next_piece(bytes, from, room, &piece) || !write_whole(fd, piece)) {
      return false;
    }
  }
  return true;
}

static enum status folder_sync(struct ctx *ctx, const char *folder) {
  int fd = openat(store_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return disk_problem(ctx, "open folder");
  }
  if (fsync(fd) != 0) {
    enum status status = disk_problem(ctx, "fsync folder");
    close(fd);
    return status;
  }
  close(fd);
  return STATUS_OK;
}

/* Under a name of its own until every byte is on the disk: whoever finds the final name finds the whole. */
static enum status write_temporary(struct ctx *ctx, const char *temporary, const struct file_bytes *bytes,
                                   char *room) {
  int fd = openat(store_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return disk_problem(ctx, "create");
  }
  const char *step = !write_bytes(fd, bytes, room) ? "write" : fsync(fd) != 0 ? "fsync" : NULL;
  if (step != NULL) {
    enum status status = disk_problem(ctx, step);
    close(fd);
    return status;
  }
  if (close(fd) != 0) {
    return disk_problem(ctx, "close");
  }
  return STATUS_OK;
}

/* A name of its own in the folder of what is under way. */
static void temporary_name(char out[TEMPORARY_NAME_SIZE]) {
  uint8_t lot[16];
  char lot_hex[2 * sizeof lot + 1];
  random_bytes(lot, sizeof lot);
  sodium_bin2hex(lot_hex, sizeof lot_hex, lot, sizeof lot);
  snprintf(out, TEMPORARY_NAME_SIZE, TEMPORARY_FOLDER "/%s", lot_hex);
}

static enum status content_write(struct ctx *ctx, const char *name, const struct file_bytes *bytes,
                                 char *room) {
  char folder[3] = {name[0], name[1], 0};
  if (mkdirat(store_fd, folder, 0700) == 0) {
    if (fsync(store_fd) != 0) {
      return disk_problem(ctx, "fsync");
    }
  } else if (errno != EEXIST) {
    return disk_problem(ctx, "make folder");
  }
  char temporary[TEMPORARY_NAME_SIZE];
  temporary_name(temporary);
  enum status status = write_temporary(ctx, temporary, bytes, room);
  if (status == STATUS_OK && renameat(store_fd, temporary, store_fd, name) != 0) {
    status = disk_problem(ctx, "rename");
  }
  if (status != STATUS_OK) {
    unlinkat(store_fd, temporary, 0); /* it may not even exist */
    return status;
  }
  return folder_sync(ctx, folder);
}

/* Somebody needs it from now on: file_forget looks at the time. False: it is not there, or not whole. */
static bool content_touch(const char *name, int64_t size) {
  struct stat found;
  return fstatat(store_fd, name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode) &&
         found.st_size == size && utimensat(store_fd, name, NULL, AT_SYMLINK_NOFOLLOW) == 0;
}

static enum status content_hash(struct ctx *ctx, const struct file_bytes *bytes, char *room,
                                uint8_t hash[HASH_BYTES]) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  struct str piece;
  for (int64_t from = 0; from < bytes->size; from += (int64_t)piece.len) {
    if (!next_piece(bytes, from, room, &piece)) {
      return disk_problem(ctx, "read upload");
    }
    crypto_hash_sha256_update(&state, (const unsigned char *)piece.at, piece.len);
  }
  crypto_hash_sha256_final(&state, hash);
  return STATUS_OK;
}

enum status file_keep(struct ctx *ctx, const struct file_bytes *bytes, struct file_new *out) {
  if (store_fd < 0) {
    LOG(LOG_ERROR, "a file came before file_setup");
    return problem_set(ctx, &problem_broken);
  }
  char *room = bytes->at != NULL ? NULL : arena_alloc(ctx->arena, FILE_PIECE_BYTES);
  char name[CONTENT_NAME_SIZE];
  uint8_t hash[HASH_BYTES];
  TRY(content_hash(ctx, bytes, room, hash));
  content_name(hash, name);
  if (content_touch(name, bytes->size)) {
    /* Whoever wrote it may still be waiting for its folder: a row must not come before that. */
    TRY(folder_sync(ctx, (char[3]){name[0], name[1], 0}));
  } else {
    TRY(content_write(ctx, name, bytes, room));
  }
  memcpy(out->hash, hash, sizeof hash);
  out->size = bytes->size;
  return STATUS_OK;
}

/* The content under this name was kept not long ago, or is not there. */
static bool content_is_young(const char *name, int64_t rest_us) {
  struct stat found;
  return fstatat(store_fd, name, &found, AT_SYMLINK_NOFOLLOW) != 0 ||
         time(NULL) - found.st_mtime < rest_us / TIME_SECOND_US;
}

/* It is taken aside before it goes, and put back where somebody was faster: whoever keeps the same content
 * meanwhile finds it either with its new time or not at all. */
void file_forget(struct str hash, int64_t rest_us) {
  char name[CONTENT_NAME_SIZE];
  char aside[TEMPORARY_NAME_SIZE];
  if (store_fd < 0 || hash.len != HASH_BYTES) {
    return;
  }
  content_name((const uint8_t *)hash.at, name);
  temporary_name(aside);
  if (content_is_young(name, rest_us)) {
    return;
  }
  bool gone = renameat(store_fd, name, store_fd, aside) == 0;
  if (gone && content_is_young(aside, rest_us)) {
    gone = renameat(store_fd, aside, store_fd, name) == 0;
  } else if (gone) {
    gone = unlinkat(store_fd, aside, 0) == 0;
  }
  if (!gone) {
    LOG(LOG_WARN, "a content that nobody needs could not be removed", LOG_S("error", strerror(errno)));
  }
}

enum status file_each_content(struct ctx *ctx, uint8_t first,
                              enum status (*each)(struct ctx *ctx, void *arg, struct str hash), void *arg) {
  char name[3];
  uint8_t hash[HASH_BYTES] = {first};
  sodium_bin2hex(name, sizeof name, hash, 1);
  int fd = openat(store_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
  if (folder == NULL) {
    if (errno != ENOENT) {
      LOG(LOG_WARN, "a folder of contents can't be read", LOG_S("error", strerror(errno)));
    }
    if (fd >= 0) {
      close(fd);
    }
    return STATUS_OK;
  }
  enum status status = STATUS_OK;
  const struct dirent *entry;
  while (status == STATUS_OK && (entry = readdir(folder)) != NULL) {
    size_t len = 0;
    if (sodium_hex2bin(hash + 1, HASH_BYTES - 1, entry->d_name, strlen(entry->d_name), NULL, &len, NULL) ==
            0 &&
        len == HASH_BYTES - 1) {
      status = each(ctx, arg, (struct str){(const char *)hash, HASH_BYTES});
    }
  }
  closedir(folder);
  return status;
}

enum status file_check_name(struct ctx *ctx, struct str name) {
  if (name.len == 0) {
    return problem_fault(ctx, STR("name"), STR("is required"));
  }
  if (!str_utf8(name) || str_has_control(name)) {
    return problem_fault(ctx, STR("name"), STR("must be UTF-8 text without control characters"));
  }
  if (str_points(name) > FILE_NAME_POINTS_MAX) {
    return problem_fault(ctx, STR("name"), STR("must be at most 255 characters"));
  }
  return STATUS_OK;
}

enum status file_store_image(struct ctx *ctx, struct str name, struct str content, struct file_new *out) {
  TRY(file_check_name(ctx, name));
  if (content.len > FILE_IMAGE_MAX_BYTES) {
    return problem_set(ctx, &file_too_large);
  }
  enum file_type type = file_sniff(content);
  if (type != FILE_JPEG && type != FILE_PNG) {
    return problem_set(ctx, &file_not_image);
  }
  struct file_new file = {.name = name, .type = type};
  TRY(file_keep(ctx, &(struct file_bytes){.at = content.at, .size = (int64_t)content.len}, &file));
  *out = file;
  return STATUS_OK;
}

enum status file_insert(struct ctx *ctx, int64_t tenant_id, struct file *file) {
  const struct who *who = ctx->who;
  file->uuid = uuid_v7(ctx->now_us);
  file->uploader_id = who != NULL ? who->account_id : 0;
  file->uploader_uuid = who != NULL ? who->uuid : (struct uuid){{0}};
  file->created_at = ctx->now_us;
  const struct file_insert_in in = {
      .tenant_id = tenant_id,
      .uuid = file->uuid,
      .ticket_id = file->ticket_id,
      .reply_id = file->reply_id,
      .uploader_id = file->uploader_id,
      .kind = file->kind,
      .url = file->url,
      .name = file->name,
      .hash = file->hash,
      .size = file->size,
      .type = file->type,
      .created_at = file->created_at,
  };
  struct file_insert_row row;
  TRY(sql_file_insert(ctx, &in, &row));
  file->id = row.id;
  return STATUS_OK;
}

struct file file_of_new(const struct file_new *new_file) {
  return (struct file){
      .name = new_file->name,
      .hash = {(const char *)new_file->hash, HASH_BYTES},
      .size = new_file->size,
      .type = new_file->type,
  };
}

enum status file_add(struct ctx *ctx, int64_t tenant_id, int64_t ticket_id, const struct file_new *new_file) {
  struct file file = file_of_new(new_file);
  file.ticket_id = ticket_id;
  return file_insert(ctx, tenant_id, &file);
}

struct file file_from_row(const struct file_row *row) {
  return (struct file){
      .id = row->id,
      .uuid = row->uuid,
      .ticket_id = row->ticket_id,
      .reply_id = row->reply_id,
      .uploader_id = row->uploader_id,
      .uploader_uuid = row->uploader_uuid,
      .kind = (int)row->kind,
      .url = row->url,
      .name = row->name,
      .hash = row->hash,
      .size = row->size,
      .type = (int)row->type,
      .created_at = row->created_at,
  };
}

enum status file_list(struct ctx *ctx, int64_t ticket_id, struct file **out, size_t *count) {
  const struct file_of_ticket_in in = {.ticket_id = ticket_id, .limit = FILE_LIST_MAX};
  struct file_row *rows = NULL;
  size_t n = 0;
  TRY(sql_file_of_ticket_all(ctx, &in, FILE_LIST_MAX, &rows, &n));
  struct file *files = ARENA_ARRAY(ctx->arena, struct file, n);
  for (size_t i = 0; i < n; i++) {
    files[i] = file_from_row(&rows[i]);
  }
  *out = files;
  *count = n;
  return STATUS_OK;
}

enum status file_damaged(struct ctx *ctx, const struct file *file, const char *how) {
  LOG(LOG_ERROR, "a stored file is lost or damaged", LOG_N("file", file->id), LOG_S("how", how));
  return problem_set(ctx, &problem_broken);
}

static enum status content_read(struct ctx *ctx, const struct file *file, int fd, struct buf *out) {
  size_t size = (size_t)file->size;
  char *to = buf_reserve(out, size);
  if (to == NULL) {
    return problem_set(ctx, &problem_too_large);
  }
  if (!file_bytes_read(&(struct file_bytes){.fd = fd, .size = file->size}, 0, to, size)) {
    return file_damaged(ctx, file, strerror(errno));
  }
  uint8_t hash[HASH_BYTES];
  crypto_hash_sha256(hash, (const unsigned char *)to, size);
  if (memcmp(hash, file->hash.at, HASH_BYTES) != 0) {
    return file_damaged(ctx, file, "its hash differs");
  }
  out->len += size;
  return STATUS_OK;
}

enum status file_open(struct ctx *ctx, const struct file *file, int *fd) {
  if (store_fd < 0 || file->hash.len != HASH_BYTES || file->size < 0) {
    return file_damaged(ctx, file, "its row makes no sense");
  }
  char name[CONTENT_NAME_SIZE];
  content_name((const uint8_t *)file->hash.at, name);
  int opened = openat(store_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (opened < 0) {
    return file_damaged(ctx, file, strerror(errno));
  }
  struct stat found;
  if (fstat(opened, &found) != 0 || !S_ISREG(found.st_mode) || found.st_size != file->size) {
    close(opened);
    return file_damaged(ctx, file, "its size differs");
  }
  *fd = opened;
  return STATUS_OK;
}

enum status file_read(struct ctx *ctx, const struct file *file, struct buf *out) {
  int fd;
  TRY(file_open(ctx, file, &fd));
  enum status status = content_read(ctx, file, fd, out);
  close(fd);
  return status;
}
