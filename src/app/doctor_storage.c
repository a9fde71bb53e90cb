#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/doctor.h"
#include "app/instance.h"
#include "app/manifest.h"
#include "base/time.h"
#include "desk/statements.h"

/* The doctor's look at the disk. */

enum {
  SYNCS = 15,
  SYNC_SLOW_US = 50 * 1000,
  WAL_LONG_MIB = 256,
  HASH_BYTES = 32,
  HEX_DIGITS = 2 * HASH_BYTES,
  LOT = 500,
  LOT_BYTES = 1024 * 1024,
  /* Contents are on the disk before their row is: what is young may still get one. */
  YOUNG_S = 3600
};

/* ---- syncs ---- */

static int by_size(const void *a, const void *b) {
  const int64_t *left = a;
  const int64_t *right = b;
  return (*left > *right) - (*left < *right);
}

/* The middle of some syncs of a page each, in microseconds; -1: can't. */
static int64_t sync_cost(const char *path) {
  int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) {
    return -1;
  }
  static const char page[4096];
  int64_t took[SYNCS];
  bool ok = true;
  for (int i = 0; i < SYNCS && ok; i++) {
    ok = write(fd, page, sizeof page) == (ssize_t)sizeof page;
    int64_t began = time_monotonic_ns();
    ok = ok && fdatasync(fd) == 0;
    took[i] = (time_monotonic_ns() - began) / 1000;
  }
  close(fd);
  unlink(path);
  if (!ok) {
    return -1;
  }
  qsort(took, SYNCS, sizeof *took, by_size);
  return took[SYNCS / 2];
}

void doctor_sync(struct doctor *doctor) {
  char *path = instance_path(doctor->options->data, doctor->arena,
                             str_format(doctor->arena, "doctor.%ld", (long)getpid()).at);
  int64_t cost_us = sync_cost(path);
  if (cost_us < 0) {
    doctor_found(doctor, "sync", BROKEN, str_format(doctor->arena, "a sync failed: %s", strerror(errno)),
                 "The disk does not keep what it is given: look at its health, and move the data directory.");
    return;
  }
  doctor_found(doctor, "sync", cost_us > SYNC_SLOW_US ? WARNING : FINE,
               str_format(doctor->arena, "%.2f ms to put a page on the disk", (double)cost_us / 1000.0),
               "Every commit waits for that: answers to writes are slow. A local SSD takes about a "
               "millisecond, a network file system is no place for the data directory.");
}

/* ---- the write-ahead log ---- */

void doctor_wal(struct doctor *doctor) {
  const struct options *options = doctor->options;
  if (options->database_is_pgsql) {
    return;
  }
  struct stat info;
  struct str path = str_format(doctor->arena, "%s-wal", strchr(options->database, ':') + 1);
  unsigned long long mib = stat(path.at, &info) == 0 ? (unsigned long long)info.st_size >> 20 : 0;
  doctor_found(doctor, "write-ahead log", mib > WAL_LONG_MIB ? WARNING : FINE,
               str_format(doctor->arena, "%llu MiB", mib),
               "Something holds a read open for long (a copy, another program on the file), so that the log "
               "can't be taken into the database: end it, or restart the server.");
}

/* ---- files ---- */

struct files {
  struct doctor *doctor;
  struct ctx *ctx;
  int64_t named, missing, orphans, orphan_bytes;
  char example[HEX_DIGITS + 1]; /* of what is missing */
};

static void look_for(struct files *files, struct str hash) {
  char hex[HEX_DIGITS + 1];
  struct stat info;
  manifest_hex(hash.at, hash.len, hex);
  struct str name = str_format(files->ctx->arena, "files/%.2s/%s", hex, hex + 2);
  files->named++;
  if (stat(instance_path(files->doctor->options->data, files->ctx->arena, name.at), &info) != 0) {
    files->missing++;
    memcpy(files->example, hex, sizeof hex);
  }
}

static enum status look_for_all(struct files *files) {
  uint8_t last[HASH_BYTES] = {0};
  struct str after = STR("");
  size_t count = 0;
  do {
    struct file_contents_row *rows = NULL;
    const struct file_contents_in in = {.after = after, .limit = LOT};
    arena_reset(files->ctx->arena);
    TRY(sql_file_contents_all(files->ctx, &in, LOT, &rows, &count));
    for (size_t i = 0; i < count && rows[i].hash.len == HASH_BYTES; i++) {
      look_for(files, rows[i].hash);
      memcpy(last, rows[i].hash.at, HASH_BYTES);
    }
    after = (struct str){(const char *)last, HASH_BYTES};
  } while (count == LOT);
  return STATUS_OK;
}

static bool read_hex(const char text[HEX_DIGITS], uint8_t out[HASH_BYTES]) {
  for (size_t i = 0; i < HASH_BYTES; i++) {
    unsigned byte;
    if (sscanf(text + 2 * i, "%2x", &byte) != 1) {
      return false;
    }
    out[i] = (uint8_t)byte;
  }
  return true;
}

/* A content lies in the folder of its hash's first byte under the digits of the rest. */
static enum status look_at_entry(struct files *files, int folder, unsigned first, const char *name) {
  char hex[HEX_DIGITS + 1];
  uint8_t hash[HASH_BYTES];
  struct stat info;
  if (strlen(name) != HEX_DIGITS - 2) {
    return STATUS_OK;
  }
  snprintf(hex, sizeof hex, "%02x%s", first, name);
  if (!read_hex(hex, hash) || fstatat(folder, name, &info, 0) != 0 ||
      info.st_mtime + YOUNG_S > files->ctx->now_us / TIME_SECOND_US) {
    return STATUS_OK;
  }
  struct file_by_hash_row row;
  arena_reset(files->ctx->arena);
  enum status status =
      sql_file_by_hash(files->ctx, &(struct file_by_hash_in){.hash = {(const char *)hash, HASH_BYTES}}, &row);
  if (status == STATUS_NOT_FOUND) {
    files->orphans++;
    files->orphan_bytes += info.st_size;
    return STATUS_OK;
  }
  return status;
}

static enum status look_through(struct files *files, unsigned first) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/files/%02x", files->doctor->options->data, first);
  DIR *folder = opendir(path);
  enum status status = STATUS_OK;
  const struct dirent *entry;
  while (folder != NULL && status == STATUS_OK && (entry = readdir(folder)) != NULL) {
    status = look_at_entry(files, dirfd(folder), first, entry->d_name);
  }
  if (folder != NULL) {
    closedir(folder);
  }
  return status;
}

static enum status look_through_all(struct files *files) {
  for (unsigned first = 0; first <= UINT8_MAX; first++) {
    TRY(look_through(files, first));
  }
  return STATUS_OK;
}

void doctor_files(struct doctor *doctor, struct ctx *ctx) {
  CLEANUP_ARENA struct arena *arena = arena_new(LOT_BYTES);
  struct ctx own = *ctx;
  own.arena = arena;
  struct files files = {.doctor = doctor, .ctx = &own};
  if (look_for_all(&files) != STATUS_OK || look_through_all(&files) != STATUS_OK) {
    doctor_found(doctor, "files", BROKEN, STR("can't be compared with the database"),
                 "See the database's finding.");
    return;
  }
  struct str what = str_format(doctor->arena, "%lld, all there", (long long)files.named);
  if (files.missing > 0) {
    what = str_format(doctor->arena, "%lld of %lld are missing, one is %s", (long long)files.missing,
                      (long long)files.named, files.example);
    doctor_found(doctor, "files", BROKEN, what,
                 "Is the folder `files` in the data directory mounted? Else take them from a backup.");
    return;
  }
  if (files.orphans > 0) {
    what = str_format(doctor->arena, "%lld, all there; %lld more (%lld KiB) belong to nothing",
                      (long long)files.named, (long long)files.orphans, (long long)files.orphan_bytes / 1024);
  }
  doctor_found(doctor, "files", files.orphans > 0 ? WARNING : FINE, what,
               "Left by uploads that were broken off: they only take room.");
}
