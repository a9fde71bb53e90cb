#include "app/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/id.h"

enum { KEY_BYTES = 64, KEY_TEXT = 2 * KEY_BYTES };

char *instance_path(const char *data_dir, struct arena *arena, const char *name) {
  return str_c(arena, str_format(arena, "%s/%s", data_dir, name));
}

static enum status fail(char why[256], const char *what, const char *path) {
  snprintf(why, 256, "%s %s: %s.", what, path, strerror(errno));
  return STATUS_UNAVAILABLE;
}

enum status instance_make(const char *data_dir, char why[256]) {
  char path[4096];
  int len = snprintf(path, sizeof path, "%s", data_dir);
  if (len <= 0 || (size_t)len >= sizeof path) {
    snprintf(why, 256, "The name of the data directory is empty or too long.");
    return STATUS_INVALID;
  }
  for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
      return fail(why, "Can't make the folder", path);
    }
    *slash = '/';
  }
  if (mkdir(path, 0700) != 0 && errno != EEXIST) {
    return fail(why, "Can't make the data directory", path);
  }
  struct stat info;
  if (stat(path, &info) == 0 && !S_ISDIR(info.st_mode)) {
    errno = ENOTDIR;
    return fail(why, "Can't use as the data directory", path);
  }
  return STATUS_OK;
}

enum status instance_lock(const char *data_dir, int *lock, char why[256]) {
  char path[4096];
  snprintf(path, sizeof path, "%s/lock", data_dir);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(why, "Can't open", path);
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      enum status status = fail(why, "Can't lock", path);
      close(fd);
      return status;
    }
    char owner[32] = {0};
    ssize_t got = read(fd, owner, sizeof owner - 1);
    owner[got > 0 ? strcspn(owner, "\n") : 0] = '\0';
    snprintf(
        why, 256,
        "Another sigap (process %s) is using the data directory %s. Stop it first, or choose another --data.",
        owner[0] != '\0' ? owner : "unknown", data_dir);
    close(fd);
    return STATUS_STATE;
  }
  char text[32];
  int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len) {
    enum status status = fail(why, "Can't write", path);
    close(fd);
    return status;
  }
  *lock = fd;
  return STATUS_OK;
}

void instance_unlock(int lock) {
  if (lock >= 0) {
    close(lock);
  }
}

static enum status lock_database(const char *data_dir, const char *database, int *lock, char why[256]) {
  char folder[4096];
  snprintf(folder, sizeof folder, "%s", strchr(database, ':') + 1);
  char *slash = strrchr(folder, '/');
  if (slash == NULL) {
    snprintf(folder, sizeof folder, ".");
  } else {
    slash[slash == folder] = '\0';
  }
  struct stat here, there;
  if (stat(folder, &there) != 0) {
    TRY(instance_make(folder, why));
  } else if (stat(data_dir, &here) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino) {
    return STATUS_OK; /* the data directory's lock is the database's */
  }
  return instance_lock(folder, lock, why);
}

enum status instance_own(const char *data_dir, const char *database, struct instance_locks *locks,
                         char why[256]) {
  struct instance_locks taken = INSTANCE_UNLOCKED;
  TRY(instance_lock(data_dir, &taken.data, why));
  if (database != NULL) {
    enum status status = lock_database(data_dir, database, &taken.database, why);
    if (status != STATUS_OK) {
      instance_disown(&taken);
      return status;
    }
  }
  *locks = taken;
  return STATUS_OK;
}

void instance_disown(struct instance_locks *locks) {
  instance_unlock(locks->data);
  instance_unlock(locks->database);
  *locks = INSTANCE_UNLOCKED;
}

static enum status key_read(const char *path, struct arena *arena, struct str *key, char why[256]) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return errno == ENOENT ? STATUS_NOT_FOUND : fail(why, "Can't open", path);
  }
  char text[1025]; /* one more than allowed, to tell */
  ssize_t got = read(fd, text, sizeof text);
  close(fd);
  if (got < 0) {
    return fail(why, "Can't read", path);
  }
  if ((size_t)got == sizeof text) {
    snprintf(why, 256,
             "%s holds more than 1,024 bytes, which is no key. Remove it to have a new one made; everybody "
             "signs in again.",
             path);
    return STATUS_INVALID;
  }
  struct str found = str_trim((struct str){text, (size_t)got});
  if (found.len < 32) {
    snprintf(why, 256,
             "%s holds less than 32 bytes. Remove it to have a new one made; everybody signs in again.",
             path);
    return STATUS_INVALID;
  }
  *key = str_copy(arena, found);
  return STATUS_OK;
}

static enum status key_make(const char *path, const char *data_dir, char why[256]) {
  uint8_t bytes[KEY_BYTES];
  char text[KEY_TEXT + 2];
  random_bytes(bytes, sizeof bytes);
  for (int i = 0; i < KEY_BYTES; i++) {
    snprintf(text + (size_t)i * 2, 3, "%02x", bytes[i]);
  }
  text[KEY_TEXT] = '\n';
  char temporary[4096];
  snprintf(temporary, sizeof temporary, "%s/jwt.key.new", data_dir);
  unlink(temporary); /* what a crash left there may have any mode */
  int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(why, "Can't make", temporary);
  }
  bool kept = write(fd, text, KEY_TEXT + 1) == KEY_TEXT + 1 && fsync(fd) == 0;
  kept = close(fd) == 0 && kept;
  if (!kept || rename(temporary, path) != 0) {
    return fail(why, "Can't write", path);
  }
  return STATUS_OK;
}

enum status instance_key(const char *data_dir, struct arena *arena, struct str *key, char why[256]) {
  char path[4096];
  snprintf(path, sizeof path, "%s/jwt.key", data_dir);
  enum status status = key_read(path, arena, key, why);
  if (status == STATUS_NOT_FOUND) {
    TRY(key_make(path, data_dir, why));
    status = key_read(path, arena, key, why);
  }
  return status;
}
