#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/archive.h"
#include "app/command.h"
#include "app/instance.h"
#include "app/manifest.h"
#include "app/progress.h"
#include "base/log.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_day.h"
#include "desk/webhook/webhook_copy.h"

/* `sigap restore FILE`: unpacks a backup beside the place where it shall be, compares all of it with what it
 * says of itself, and only then puts it there. */

enum { ARENA_MAX = 16 * 1024 * 1024, HASH_BYTES = 32, FOLDERS = 256 };
#define STAGE "restore.new"

struct restore {
  const struct options *options;
  const char *file;
  char path[PATH_MAX];       /* of what is looked at in the data directory */
  char stage_path[PATH_MAX]; /* likewise in the stage */
  char stage[PATH_MAX];      /* <data>/restore.new */
  char stage_url[PATH_MAX];  /* of the database in there */
  struct arena *arena;
  struct manifest manifest;
  struct db_sums *found;
  bool has_manifest, has_database, has_key;
  uint8_t database_hash[ARCHIVE_HASH_SIZE];
  int64_t files, file_bytes;
  struct progress progress;
  char *why;
};

static enum status say(struct restore *restore, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static enum status say(struct restore *restore, enum status status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(restore->why, 256, format, args);
  va_end(args);
  return status;
}

static enum status damaged(struct restore *restore, const char *how) {
  return say(restore, STATUS_INVALID, "The backup is damaged or not whole: %s. Use another one.", how);
}

/* Until the next call. */
static const char *in_stage(struct restore *restore, const char *name) {
  snprintf(restore->stage_path, sizeof restore->stage_path, "%s/%s", restore->stage, name);
  return restore->stage_path;
}

static const char *in_data(struct restore *restore, const char *name) {
  snprintf(restore->path, sizeof restore->path, "%s/%s", restore->options->data, name);
  return restore->path;
}

/* ---- is there room? ---- */

/* A folder without a file in it. What is not there is empty. */
static bool is_empty_folder(const char *path) {
  DIR *folder = opendir(path);
  if (folder == NULL) {
    return errno == ENOENT;
  }
  bool empty = true;
  for (const struct dirent *entry; empty && (entry = readdir(folder)) != NULL;) {
    empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            strcmp(entry->d_name, "new") == 0;
  }
  closedir(folder);
  return empty;
}

/* A link or what is mounted: no folder can take its place. It may be mounted from the same file system. */
static bool is_elsewhere(const char *path, const char *parent) {
  struct statx info;
  struct stat there, around;
  if (lstat(path, &there) != 0 || stat(parent, &around) != 0) {
    return false;
  }
  return S_ISLNK(there.st_mode) || there.st_dev != around.st_dev ||
         (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &info) == 0 &&
          (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0);
}

static enum status check_target(struct restore *restore, const struct db_config *target) {
  static const char *const files[] = {MANIFEST_DATABASE, MANIFEST_DATABASE "-wal", MANIFEST_KEY};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    if (access(in_data(restore, files[i]), F_OK) == 0) {
      return say(restore, STATUS_STATE, "There is a %s in %.120s: restore into an empty data directory.",
                 files[i], restore->options->data);
    }
  }
  if (is_elsewhere(in_data(restore, "files"), restore->options->data)) {
    return say(
        restore, STATUS_STATE,
        "%.120s/files is a link or mounted there: take it away, restore, move the files to where it led, "
        "and put it back.",
        restore->options->data);
  }
  if (!is_empty_folder(in_data(restore, "files"))) {
    return say(restore, STATUS_STATE,
               "There are files in %.120s/files: restore into an empty data directory.",
               restore->options->data);
  }
  bool empty = false;
  TRY(db_is_empty(target, &empty, restore->why));
  return empty ? STATUS_OK
               : say(restore, STATUS_STATE, "There is something in the database: restore into an empty one.");
}

/* ---- unpacking ---- */

static bool is_hex(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (text[i] == '\0' || strchr("0123456789abcdef", text[i]) == NULL) {
      return false;
    }
  }
  return true;
}

/* "files/ab/" and 62 more digits: nothing else gets near the disk. */
static bool is_content(const char *name) {
  static const char folder[] = "files/";
  size_t start = sizeof folder - 1;
  return strlen(name) == start + 2 + 1 + 62 && strncmp(name, folder, start) == 0 && is_hex(name + start, 2) &&
         name[start + 2] == '/' && is_hex(name + start + 3, 62);
}

static enum status unpack_file(struct restore *restore, struct archive *archive, const char *name,
                               uint8_t hash[ARCHIVE_HASH_SIZE]) {
  const char *path = in_stage(restore, name);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return errno == EEXIST
               ? damaged(restore, "an entry is there twice")
               : say(restore, STATUS_UNAVAILABLE, "Can't make %.150s: %s.", path, strerror(errno));
  }
  enum status status = archive_take_file(archive, fd, hash, restore->why);
  if (status == STATUS_OK && fsync(fd) != 0) {
    status = say(restore, STATUS_UNAVAILABLE, "Can't write %.150s: %s.", path, strerror(errno));
  }
  close(fd);
  return status;
}

static enum status unpack_content(struct restore *restore, struct archive *archive, const char *name,
                                  int64_t size) {
  char folder[16], hex[2 * HASH_BYTES + 1], wanted[2 * HASH_BYTES + 1];
  uint8_t hash[ARCHIVE_HASH_SIZE];
  snprintf(folder, sizeof folder, "files/%.2s", name + 6);
  if (mkdir(in_stage(restore, folder), 0700) != 0 && errno != EEXIST) {
    return say(restore, STATUS_UNAVAILABLE, "Can't make the folder %s: %s.", folder, strerror(errno));
  }
  TRY(unpack_file(restore, archive, name, hash));
  snprintf(wanted, sizeof wanted, "%.2s%s", name + 6, name + 9);
  if (strcmp(manifest_hex(hash, HASH_BYTES, hex), wanted) != 0) {
    return damaged(restore, "a file is not what its name says");
  }
  restore->files++;
  restore->file_bytes += size;
  progress_tell(&restore->progress, "files", restore->files, 0);
  return STATUS_OK;
}

static enum status unpack_manifest(struct restore *restore, struct archive *archive, int64_t size) {
  if (size > MANIFEST_MAX_BYTES) {
    return damaged(restore, "its list of contents is too long");
  }
  char *json = arena_alloc(restore->arena, (size_t)size + 1);
  TRY(archive_take_text(archive, json, restore->why));
  restore->has_manifest = true;
  return manifest_read(restore->arena, (struct str){json, (size_t)size}, &restore->manifest, restore->why);
}

static enum status unpack_entry(struct restore *restore, struct archive *archive, const char *name,
                                int64_t size) {
  if (restore->has_manifest) {
    return damaged(restore, "something stands behind its list of contents");
  }
  if (strcmp(name, MANIFEST_NAME) == 0) {
    return unpack_manifest(restore, archive, size);
  }
  if (strcmp(name, MANIFEST_DATABASE) == 0) {
    restore->has_database = true;
    return unpack_file(restore, archive, name, restore->database_hash);
  }
  if (strcmp(name, MANIFEST_KEY) == 0) {
    restore->has_key = true;
    return unpack_file(restore, archive, name, NULL);
  }
  return is_content(name) ? unpack_content(restore, archive, name, size)
                          : damaged(restore, "there is an entry that no backup has");
}

static enum status unpack(struct restore *restore, struct archive *archive) {
  char name[ARCHIVE_NAME_SIZE];
  int64_t size = 0;
  for (bool end = false;;) {
    TRY(archive_next(archive, name, &size, &end, restore->why));
    if (end) {
      return STATUS_OK;
    }
    TRY(unpack_entry(restore, archive, name, size));
  }
}

/* ---- comparing ---- */

static enum status verify(struct restore *restore) {
  char hex[2 * HASH_BYTES + 1];
  const struct manifest *manifest = &restore->manifest;
  if (!restore->has_manifest || !restore->has_database) {
    return damaged(restore, "it has no list of contents, or no database");
  }
  if (restore->files != manifest->files || restore->file_bytes != manifest->file_bytes) {
    return damaged(restore, "there are not as many files in it as it says");
  }
  if (!str_is(manifest->database_sha256, manifest_hex(restore->database_hash, HASH_BYTES, hex))) {
    return damaged(restore, "its database is not what it says");
  }
  const struct db_config config = {.url = restore->stage_url};
  struct db_progress progress = progress_of(&restore->progress);
  progress_begin(&restore->progress, "Verifying");
  enum status status = db_sum_up(&config, &progress, restore->found, restore->why);
  progress_end(&restore->progress);
  TRY(status);
  const char *differs = db_sums_differ(manifest->sums, restore->found);
  return differs == NULL
             ? STATUS_OK
             : say(restore, STATUS_INVALID,
                   "The backup is damaged: the table %.60s is not what it says. Use another one.", differs);
}

/* ---- putting it there ---- */

static void remove_folder(const char *path) {
  DIR *folder = opendir(path);
  if (folder == NULL) {
    return;
  }
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
      char inside[PATH_MAX];
      snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
      if (unlink(inside) != 0) {
        remove_folder(inside);
      }
    }
  }
  closedir(folder);
  rmdir(path);
}

static enum status move(struct restore *restore, const char *name) {
  const char *to = in_data(restore, name);
  /* An empty folder of the name may be there. */
  return rename(in_stage(restore, name), to) == 0
             ? STATUS_OK
             : say(restore, STATUS_UNAVAILABLE, "Can't make %.150s: %s.", to, strerror(errno));
}

static enum status sync_folder(struct restore *restore, const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool good = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) {
    close(fd);
  }
  return good ? STATUS_OK
              : say(restore, STATUS_UNAVAILABLE, "Can't write the folder %.150s to disk: %s.", path,
                    strerror(errno));
}

static enum status sync_contents(struct restore *restore) {
  char folder[16];
  for (unsigned i = 0; i < FOLDERS; i++) {
    snprintf(folder, sizeof folder, "files/%02x", i);
    if (access(in_stage(restore, folder), F_OK) == 0) {
      TRY(sync_folder(restore, in_stage(restore, folder)));
    }
  }
  return sync_folder(restore, in_stage(restore, "files"));
}

static struct db_config stage_of(const struct restore *restore, const struct db_config *target) {
  struct db_config stage = *target;
  stage.url = restore->stage_url;
  return stage;
}

/* What was backed up by an older program is brought up to date, what a newer one made is refused. */
static enum status fit_schema(struct restore *restore, const struct db_config *target) {
  const struct db_config stage = stage_of(restore, target);
  int applied = 0;
  char reason[256];
  enum status status = db_migrate(&stage, &applied, reason);
  if (status != STATUS_OK) {
    return say(restore, status, "The backup can't be restored: %.200s.", reason);
  }
  return STATUS_OK;
}

static enum status put_database(struct restore *restore, const struct db_config *target) {
  const char *own = str_c(restore->arena,
                          str_format(restore->arena, "sqlite:%s/" MANIFEST_DATABASE, restore->options->data));
  const struct db_config stage = stage_of(restore, target);
  if (strcmp(target->url, own) == 0) {
    return move(restore, MANIFEST_DATABASE);
  }
  struct db_progress progress = progress_of(&restore->progress);
  progress_begin(&restore->progress, "Restoring");
  enum status status = STATUS_OK;
  if (!restore->options->database_is_pgsql) {
    status = db_snapshot(&stage, strchr(target->url, ':') + 1, &progress, restore->why);
  } else {
    int applied = 0; /* only now: with a schema in it the next try would not find it empty */
    status = db_migrate(target, &applied, restore->why);
    status = status == STATUS_OK
                 ? db_copy(&stage, target, &webhook_renewal, &progress, restore->found, restore->why)
                 : status;
  }
  progress_end(&restore->progress);
  return status;
}

/* The database last: without it nobody takes the rest for a desk. Where it does not take what it is given,
 * the rest goes back into the stage, so that the next try finds room. */
static enum status put_all(struct restore *restore, const struct db_config *target) {
  static const char *const names[] = {"files", MANIFEST_KEY};
  const size_t count = restore->has_key ? 2 : 1;
  size_t moved = 0;
  TRY(sync_contents(restore));
  rmdir(in_data(restore, "files/new"));
  enum status status = STATUS_OK;
  while (status == STATUS_OK && moved < count) {
    status = move(restore, names[moved]);
    moved += status == STATUS_OK ? 1 : 0;
  }
  status = status == STATUS_OK ? put_database(restore, target) : status;
  while (status != STATUS_OK && moved > 0) {
    moved--;
    rename(in_data(restore, names[moved]), in_stage(restore, names[moved]));
  }
  TRY(status);
  return sync_folder(restore, restore->options->data);
}

/* ---- all of it ---- */

static enum status unpack_and_verify(struct restore *restore) {
  struct archive *archive = NULL;
  remove_folder(restore->stage); /* of one that was ended before its time */
  if (mkdir(restore->stage, 0700) != 0 || mkdir(in_stage(restore, "files"), 0700) != 0) {
    return say(restore, STATUS_UNAVAILABLE, "Can't make the folder %.150s: %s.", restore->stage,
               strerror(errno));
  }
  TRY(archive_open(restore->file, &archive, restore->why));
  progress_begin(&restore->progress, "Unpacking");
  enum status status = unpack(restore, archive);
  progress_end(&restore->progress);
  archive_free(archive);
  return status == STATUS_OK ? verify(restore) : status;
}

static enum status restore_all(struct restore *restore) {
  const struct options *options = restore->options;
  const struct db_config target = {options->database, desk_statements,      desk_statement_count,
                                   desk_migrations,   desk_migration_count, ticket_sums_write};
  TRY(check_target(restore, &target));
  enum status status = unpack_and_verify(restore);
  status = status == STATUS_OK ? fit_schema(restore, &target) : status;
  status = status == STATUS_OK ? put_all(restore, &target) : status;
  remove_folder(restore->stage);
  return status;
}

static enum status restore_owned(struct restore *restore) {
  const struct options *options = restore->options;
  struct instance_locks locks = INSTANCE_UNLOCKED;
  if (access(restore->file, R_OK) != 0) {
    return say(restore, STATUS_NOT_FOUND, "Can't read %.150s: %s.", restore->file, strerror(errno));
  }
  TRY(instance_make(options->data, restore->why));
  TRY(instance_own(options->data, options->database_is_pgsql ? NULL : options->database, &locks,
                   restore->why));
  snprintf(restore->stage, sizeof restore->stage, "%s/" STAGE, options->data);
  snprintf(restore->stage_url, sizeof restore->stage_url, "sqlite:%s/" STAGE "/" MANIFEST_DATABASE,
           options->data);
  enum status status = restore_all(restore);
  instance_disown(&locks);
  return status;
}

int command_restore(const struct options *options) {
  char why[256] = "";
  if (options->argument_count == 0) {
    fprintf(stderr, "sigap: `sigap restore` needs the name of a backup.\n");
    return 2;
  }
  CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
  struct restore restore = {.options = options,
                            .file = options->arguments[0],
                            .arena = arena,
                            .found = ARENA_NEW(arena, struct db_sums),
                            .why = why};
  enum status status = restore_owned(&restore);
  if (status == STATUS_OK) {
    int64_t rows = 0;
    for (size_t i = 0; i < restore.found->count; i++) {
      rows += restore.found->tables[i].rows;
    }
    printf("Restored into %s: %lld rows of %zu tables, %lld files; all is as the backup says.\n",
           options->data, (long long)rows, restore.found->count, (long long)restore.files);
    return 0;
  }
  command_refuse_database(options, why);
  fprintf(stderr, "sigap: %s\n", why);
  return 1;
}
