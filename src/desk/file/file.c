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
#include "desk/access/access.h"
#include "desk/statements.h"

const struct problem_kind file_not_image = {STATUS_INVALID, "not_an_image",
                                            "The file is neither a JPEG nor a PNG picture."};
const struct problem_kind file_too_large = {STATUS_TOO_LARGE, "file_too_large",
                                            "The picture is larger than 5 MiB."};

enum { FILE_NAME_POINTS_MAX = 255, FILE_LIST_MAX = 1000, HASH_BYTES = crypto_hash_sha256_BYTES };
_Static_assert(HASH_BYTES == sizeof(((struct file_new *)0)->hash), "a SHA-256");

/* "ab/" and 62 more digits. */
#define CONTENT_NAME_SIZE (2 * HASH_BYTES + 2)
#define TEMPORARY_FOLDER "new"

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
static enum status write_temporary(struct ctx *ctx, const char *temporary, struct str content) {
  int fd = openat(store_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return disk_problem(ctx, "create");
  }
  const char *step = !write_whole(fd, content) ? "write" : fsync(fd) != 0 ? "fsync" : NULL;
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

static enum status content_write(struct ctx *ctx, const char *name, struct str content) {
  char folder[3] = {name[0], name[1], 0};
  if (mkdirat(store_fd, folder, 0700) == 0) {
    if (fsync(store_fd) != 0) {
      return disk_problem(ctx, "fsync");
    }
  } else if (errno != EEXIST) {
    return disk_problem(ctx, "make folder");
  }
  uint8_t lot[16];
  char lot_hex[2 * sizeof lot + 1];
  random_bytes(lot, sizeof lot);
  sodium_bin2hex(lot_hex, sizeof lot_hex, lot, sizeof lot);
  char temporary[sizeof TEMPORARY_FOLDER + sizeof lot_hex + 1];
  snprintf(temporary, sizeof temporary, TEMPORARY_FOLDER "/%s", lot_hex);
  enum status status = write_temporary(ctx, temporary, content);
  if (status == STATUS_OK && renameat(store_fd, temporary, store_fd, name) != 0) {
    status = disk_problem(ctx, "rename");
  }
  if (status != STATUS_OK) {
    unlinkat(store_fd, temporary, 0); /* it may not even exist */
    return status;
  }
  return folder_sync(ctx, folder);
}

static enum status content_store(struct ctx *ctx, const uint8_t hash[HASH_BYTES], struct str content) {
  if (store_fd < 0) {
    LOG(LOG_ERROR, "a file came before file_setup");
    return problem_set(ctx, &problem_broken);
  }
  char name[CONTENT_NAME_SIZE];
  content_name(hash, name);
  struct stat found;
  if (fstatat(store_fd, name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode) &&
      (uint64_t)found.st_size == content.len) {
    /* Whoever wrote it may still be waiting for its folder: a row must not come before that. */
    return folder_sync(ctx, (char[3]){name[0], name[1], 0});
  }
  return content_write(ctx, name, content);
}

static enum status name_check(struct ctx *ctx, struct str name) {
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
  TRY(name_check(ctx, name));
  if (content.len > FILE_IMAGE_MAX_BYTES) {
    return problem_set(ctx, &file_too_large);
  }
  enum file_type type = file_sniff(content);
  if (type != FILE_JPEG && type != FILE_PNG) {
    return problem_set(ctx, &file_not_image);
  }
  struct file_new file = {.name = name, .size = (int64_t)content.len, .type = type};
  crypto_hash_sha256(file.hash, (const unsigned char *)content.at, content.len);
  TRY(content_store(ctx, file.hash, content));
  *out = file;
  return STATUS_OK;
}

enum status file_add(struct ctx *ctx, int64_t tenant_id, int64_t ticket_id, const struct file_new *new_file) {
  const struct file_insert_in in = {
      .tenant_id = tenant_id,
      .uuid = uuid_v7(ctx->now_us),
      .ticket_id = ticket_id,
      .uploader_id = ctx->who != NULL ? ctx->who->account_id : 0,
      .name = new_file->name,
      .hash = {(const char *)new_file->hash, HASH_BYTES},
      .size = new_file->size,
      .type = new_file->type,
      .created_at = ctx->now_us,
  };
  return sql_file_insert(ctx, &in, NULL);
}

enum status file_list(struct ctx *ctx, int64_t ticket_id, struct file **out, size_t *count) {
  const struct file_of_ticket_in in = {.ticket_id = ticket_id, .limit = FILE_LIST_MAX};
  struct file_of_ticket_row *rows = NULL;
  size_t n = 0;
  TRY(sql_file_of_ticket_all(ctx, &in, FILE_LIST_MAX, &rows, &n));
  struct file *files = ARENA_ARRAY(ctx->arena, struct file, n);
  for (size_t i = 0; i < n; i++) {
    files[i] = (struct file){
        .id = rows[i].id,
        .uuid = rows[i].uuid,
        .ticket_id = rows[i].ticket_id,
        .name = rows[i].name,
        .hash = rows[i].hash,
        .size = rows[i].size,
        .type = (int)rows[i].type,
        .created_at = rows[i].created_at,
    };
  }
  *out = files;
  *count = n;
  return STATUS_OK;
}

static enum status damaged(struct ctx *ctx, const struct file *file, const char *how) {
  LOG(LOG_ERROR, "a stored file is lost or damaged", LOG_N("file", file->id), LOG_S("how", how));
  return problem_set(ctx, &problem_broken);
}

static enum status content_read(struct ctx *ctx, const struct file *file, int fd, struct buf *out) {
  struct stat found;
  if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode) || found.st_size != file->size) {
    return damaged(ctx, file, "its size differs");
  }
  size_t size = (size_t)file->size;
  char *to = buf_reserve(out, size);
  if (to == NULL) {
    return problem_set(ctx, &problem_too_large);
  }
  for (size_t at = 0; at < size;) {
    ssize_t n = read(fd, to + at, size - at);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return damaged(ctx, file, n < 0 ? strerror(errno) : "it is too short");
    }
    at += (size_t)n;
  }
  uint8_t hash[HASH_BYTES];
  crypto_hash_sha256(hash, (const unsigned char *)to, size);
  if (memcmp(hash, file->hash.at, HASH_BYTES) != 0) {
    return damaged(ctx, file, "its hash differs");
  }
  out->len += size;
  return STATUS_OK;
}

enum status file_read(struct ctx *ctx, const struct file *file, struct buf *out) {
  if (store_fd < 0 || file->hash.len != HASH_BYTES || file->size < 0) {
    return damaged(ctx, file, "its row makes no sense");
  }
  char name[CONTENT_NAME_SIZE];
  content_name((const uint8_t *)file->hash.at, name);
  int fd = openat(store_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) {
    return damaged(ctx, file, strerror(errno));
  }
  enum status status = content_read(ctx, file, fd, out);
  close(fd);
  return status;
}
