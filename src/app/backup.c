#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/archive.h"
#include "app/command.h"
#include "app/manifest.h"
#include "app/progress.h"
#include "base/log.h"
#include "base/time.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_day.h"
#include "desk/webhook/webhook_copy.h"

/* `sigap backup FILE`: one state of the database, as an embedded one whatever it came from, then the contents
 * that its rows name, then the list of what is there. Writers are not held up. */

enum { ARENA_MAX = 64 * 1024 * 1024, HASH_BYTES = 32, LOT = 1000, TRIES = 3, NAME_DIGITS = 2 * HASH_BYTES };

struct backup {
  const struct options *options;
  const char *path;         /* FILE */
  int folder;               /* that it stands in */
  char under_way[PATH_MAX]; /* FILE.new: what is written until it is whole */
  char database[PATH_MAX];  /* FILE.db: the state of the database, until it is in the archive */
  char lock_path[PATH_MAX]; /* FILE.lock: who makes FILE; what stands under the other two names is theirs */
  int lock;
  struct db_config source, copy;
  char copy_url[PATH_MAX + 8];
  struct progress progress;
  struct db_sums *sums;
  struct archive *archive;
  int64_t files, file_bytes;
  bool lost; /* a content went while it was to be read */
  char *why;
};

static enum status say(struct backup *backup, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static enum status say(struct backup *backup, enum status status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(backup->why, 256, format, args);
  va_end(args);
  return status;
}

/* ---- the database ---- */

static enum status copy_database(struct backup *backup) {
  TRY(db_check_source(&backup->source, backup->why));
  struct db_progress progress = progress_of(&backup->progress);
  progress_begin(&backup->progress, "Copying");
  enum status status;
  if (!backup->options->database_is_pgsql) {
    status = db_snapshot(&backup->source, backup->database, &progress, backup->why);
  } else {
    int applied = 0;
    status = db_migrate(&backup->copy, &applied, backup->why);
    status = status == STATUS_OK ? db_copy(&backup->source, &backup->copy, &webhook_renewal, &progress,
                                           backup->sums, backup->why)
                                 : status;
  }
  progress_end(&backup->progress);
  TRY(status);
  progress_begin(&backup->progress, "Counting");
  status = db_sum_up(&backup->copy, &progress, backup->sums, backup->why);
  progress_end(&backup->progress);
  return status;
}

/* ---- contents ---- */

static void content_name(const uint8_t *hash, char name[ARCHIVE_NAME_SIZE]) {
  char hex[NAME_DIGITS + 1];
  manifest_hex(hash, HASH_BYTES, hex);
  snprintf(name, ARCHIVE_NAME_SIZE, "files/%.2s/%s", hex, hex + 2);
}

static enum status add_content(struct backup *backup, const uint8_t *hash) {
  char name[ARCHIVE_NAME_SIZE], path[PATH_MAX];
  content_name(hash, name);
  snprintf(path, sizeof path, "%s/%s", backup->options->data, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat info;
  if (fd < 0 || fstat(fd, &info) != 0) {
    backup->lost = errno == ENOENT;
    if (fd >= 0) {
      close(fd);
    }
    return say(backup, STATUS_NOT_FOUND,
               "A file of the desk can't be read (%s): %s. `sigap doctor` looks at all of them.", name,
               strerror(errno));
  }
  uint8_t found[ARCHIVE_HASH_SIZE];
  enum status status = archive_add_file(backup->archive, name, fd, info.st_size, found, backup->why);
  close(fd);
  if (status == STATUS_OK && memcmp(found, hash, HASH_BYTES) != 0) {
    return say(
        backup, STATUS_BROKEN,
        "A file of the desk is damaged: %s is not what its name says. Put it back from an older backup.",
        name);
  }
  backup->files++;
  backup->file_bytes += info.st_size;
  progress_tell(&backup->progress, "files", backup->files, 0);
  return status;
}

/* By lots in the order of their hashes, each once. */
static enum status add_contents(struct backup *backup, struct db *db) {
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
  struct ctx ctx = {.arena = arena, .db = db, .now_us = time_now_us()};
  uint8_t last[HASH_BYTES] = {0};
  struct str after = STR("");
  size_t count = 0;
  do {
    struct file_contents_row *rows = NULL;
    const struct file_contents_in in = {.after = after, .limit = LOT};
    if (sql_file_contents_all(&ctx, &in, LOT, &rows, &count) != STATUS_OK) {
      return say(
          backup, STATUS_BROKEN,
          "The names of the desk's files can't be read from the database: `sigap doctor` looks at it.");
    }
    for (size_t i = 0; i < count; i++) {
      if (rows[i].hash.len != HASH_BYTES) {
        return say(backup, STATUS_BROKEN,
                   "The database is damaged: a row of its files has no hash. `sigap doctor` looks at it.");
      }
      memcpy(last, rows[i].hash.at, HASH_BYTES);
      TRY(add_content(backup, last));
    }
    after = (struct str){(const char *)last, HASH_BYTES};
    arena_reset(arena);
  } while (count == LOT);
  return STATUS_OK;
}

static enum status add_named(struct backup *backup, const char *path, const char *name, bool may_lack,
                             uint8_t hash[ARCHIVE_HASH_SIZE]) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat info;
  if (fd < 0 && errno == ENOENT && may_lack) {
    return STATUS_OK;
  }
  if (fd < 0 || fstat(fd, &info) != 0) {
    return say(backup, STATUS_UNAVAILABLE, "Can't read %.150s: %s.", path, strerror(errno));
  }
  enum status status = archive_add_file(backup->archive, name, fd, info.st_size, hash, backup->why);
  close(fd);
  return status;
}

static enum status add_all(struct backup *backup, struct db *db) {
  char key[PATH_MAX];
  uint8_t hash[ARCHIVE_HASH_SIZE];
  char hex[NAME_DIGITS + 1];
  snprintf(key, sizeof key, "%s/" MANIFEST_KEY, backup->options->data);
  TRY(add_named(backup, key, MANIFEST_KEY, true, NULL));
  TRY(add_contents(backup, db));
  TRY(add_named(backup, backup->database, MANIFEST_DATABASE, false, hash));
  const struct manifest manifest = {
      .format = MANIFEST_FORMAT,
      .program = STR(SIGAP_VERSION),
      .engine = backup->options->database_is_pgsql ? STR("postgresql") : STR("sqlite"),
      .made_at = time_now_us(),
      .database_sha256 = str_of(manifest_hex(hash, HASH_BYTES, hex)),
      .files = backup->files,
      .file_bytes = backup->file_bytes,
      .sums = backup->sums};
  CLEANUP_BUF struct buf json;
  buf_init(&json, MANIFEST_MAX_BYTES);
  manifest_print(&manifest, &json);
  TRY(archive_add_text(backup->archive, MANIFEST_NAME, buf_str(&json), backup->why));
  return archive_finish(backup->archive, backup->why);
}

/* ---- all of it ---- */

/* A damaged database is not worth keeping beside whole ones. */
static enum status check(struct backup *backup, struct db *db) {
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
  struct ctx ctx = {.arena = arena, .db = db, .now_us = time_now_us()};
  char how[256] = "";
  return db_check(&ctx, how) == STATUS_OK
             ? STATUS_OK
             : say(backup, STATUS_BROKEN,
                   "The database is damaged, nothing was backed up. Keep the last good backup. %.150s.", how);
}

static enum status pack(struct backup *backup) {
  struct db *db = NULL;
  backup->files = backup->file_bytes = 0;
  backup->lost = false;
  TRY(db_open(&backup->copy, DB_READ, &db, backup->why));
  enum status status = check(backup, db);
  status = status == STATUS_OK ? archive_create(backup->under_way, &backup->archive, backup->why) : status;
  if (status == STATUS_OK) {
    progress_begin(&backup->progress, "Packing");
    status = add_all(backup, db);
    progress_end(&backup->progress);
  }
  archive_free(backup->archive);
  backup->archive = NULL;
  db_close(db);
  return status;
}

/* What an attempt leaves, and one that was ended before its time. */
static void clean_up(const struct backup *backup) {
  char path[PATH_MAX + 16];
  static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    snprintf(path, sizeof path, "%s%s", backup->database, ends[i]);
    unlink(path);
  }
  unlink(backup->under_way);
}

/* Without overwriting anything. Where there are no hard links (exFAT, many network drives), by a rename that
 * refuses to; where there is none of that kind either, the lock of the name makes look and rename one. */
static bool give_name(const char *from, const char *to) {
  if (link(from, to) == 0) {
    return unlink(from) == 0;
  }
  if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS) {
    return false;
  }
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
    return true;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return false;
  }
  struct stat info;
  if (lstat(to, &info) == 0) {
    errno = EEXIST;
    return false;
  }
  return errno == ENOENT && rename(from, to) == 0;
}

/* Its name is durable only when its folder is written; EINVAL: folders can't be, on such a file system. */
static enum status keep(struct backup *backup) {
  bool kept = give_name(backup->under_way, backup->path) && (fsync(backup->folder) == 0 || errno == EINVAL);
  return kept ? STATUS_OK
              : say(backup, STATUS_UNAVAILABLE, "Can't make %.150s: %s.", backup->path, strerror(errno));
}

/* A content that nobody needs any more may be swept while the backup is made: then its row is gone, too, and
 * the next state of the database does not name it. */
static enum status make(struct backup *backup) {
  enum status status = STATUS_OK;
  for (int tries = 0; tries < TRIES; tries++) {
    clean_up(backup);
    status = copy_database(backup);
    status = status == STATUS_OK ? pack(backup) : status;
    if (!backup->lost) {
      break;
    }
  }
  return status == STATUS_OK ? keep(backup) : status;
}

/* For this name alone: others may be made in the same folder. Whoever ends removes its file, so what was
 * opened may be that of nobody by the time it is locked. */
static enum status lock_name(struct backup *backup) {
  struct stat held, there;
  for (;;) {
    int fd = open(backup->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
      return say(backup, STATUS_UNAVAILABLE, "Can't make %.150s: %s.", backup->lock_path, strerror(errno));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      enum status status =
          errno == EWOULDBLOCK
              ? say(backup, STATUS_STATE, "Another backup into %.150s is under way.", backup->path)
              : say(backup, STATUS_UNAVAILABLE, "Can't lock %.150s: %s.", backup->lock_path, strerror(errno));
      close(fd);
      return status;
    }
    if (fstat(fd, &held) == 0 && stat(backup->lock_path, &there) == 0 && held.st_dev == there.st_dev &&
        held.st_ino == there.st_ino) {
      backup->lock = fd;
      return STATUS_OK;
    }
    close(fd);
  }
}

static void unlock_name(const struct backup *backup) {
  if (backup->lock >= 0) {
    unlink(backup->lock_path);
    close(backup->lock);
  }
}

static enum status prepare(struct backup *backup, const char *path) {
  size_t len = strlen(path);
  if (len == 0 || len > PATH_MAX - 16) {
    return say(backup, STATUS_INVALID, "The name of the backup is empty or too long.");
  }
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1,
           slash != NULL ? path : ".");
  backup->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (backup->folder < 0) {
    return say(backup, STATUS_UNAVAILABLE, "Can't write into %.150s: %s.", folder, strerror(errno));
  }
  backup->path = path;
  snprintf(backup->under_way, sizeof backup->under_way, "%s.new", path);
  snprintf(backup->database, sizeof backup->database, "%s.db", path);
  snprintf(backup->lock_path, sizeof backup->lock_path, "%s.lock", path);
  snprintf(backup->copy_url, sizeof backup->copy_url, "sqlite:%s", backup->database);
  backup->source = (struct db_config){backup->options->database, desk_statements,      desk_statement_count,
                                      desk_migrations,           desk_migration_count, ticket_sums_write};
  backup->copy = backup->source;
  backup->copy.url = backup->copy_url;
  TRY(lock_name(backup));
  return access(path, F_OK) != 0
             ? STATUS_OK
             : say(backup, STATUS_STATE, "%.150s is there already: name a new file.", path);
}

static int64_t rows_of(const struct db_sums *sums) {
  int64_t rows = 0;
  for (size_t i = 0; i < sums->count; i++) {
    rows += sums->tables[i].rows;
  }
  return rows;
}

int command_backup(const struct options *options) {
  char why[256] = "";
  if (options->argument_count == 0) {
    fprintf(stderr, "sigap: `sigap backup` needs the name of a new file.\n");
    return 2;
  }
  struct backup backup = {
      .options = options, .why = why, .folder = -1, .lock = -1, .sums = calloc(1, sizeof(struct db_sums))};
  if (backup.sums == NULL) {
    die("Out of memory for a backup.");
  }
  enum status status = prepare(&backup, options->arguments[0]);
  if (status == STATUS_OK) {
    status = make(&backup);
    clean_up(&backup);
  }
  unlock_name(&backup);
  if (status == STATUS_OK) {
    printf("Backed up into %s: %lld rows of %zu tables, %lld files of %lld bytes.\n", backup.path,
           (long long)rows_of(backup.sums), backup.sums->count, (long long)backup.files,
           (long long)backup.file_bytes);
  } else {
    command_refuse_database(options, why);
    fprintf(stderr, "sigap: %s\n", why);
  }
  free(backup.sums);
  if (backup.folder >= 0) {
    close(backup.folder);
  }
  return status == STATUS_OK ? 0 : 1;
}
