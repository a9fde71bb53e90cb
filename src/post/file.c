#include "post/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"

enum { NAME_SIZE = 64, PATH_SIZE = 4096 };

enum status post_file_prepare(const char *data_dir, char why[256]) {
  char path[PATH_SIZE];
  int len = snprintf(path, sizeof(path), "%s/mail", data_dir);
  if (len < 0 || (size_t)len >= sizeof(path)) {
    snprintf(why, 256, "The data directory's path is too long.");
    return STATUS_INVALID;
  }
  if (mkdir(path, 0700) != 0 && errno != EEXIST) {
    snprintf(why, 256, "The directory for mails can't be made in the data directory: %s.", strerror(errno));
    return STATUS_INVALID;
  }
  if (access(path, W_OK | X_OK) != 0) {
    snprintf(why, 256, "The directory for mails in the data directory can't be written: %s.",
             strerror(errno));
    return STATUS_INVALID;
  }
  return STATUS_OK;
}

static bool write_all(int fd, struct str text) {
  while (text.len > 0) {
    ssize_t done = write(fd, text.at, text.len);
    if (done < 0 && errno == EINTR) {
      continue;
    }
    if (done <= 0) {
      return false;
    }
    text.at += done;
    text.len -= (size_t)done;
  }
  return true;
}

static enum status failed(const char *step, int error) {
  LOG(LOG_WARN, "A mail's file could not be written", LOG_S("step", step), LOG_S("error", strerror(error)));
  return error == ENOSPC || error == EDQUOT ? STATUS_STORAGE_FULL : STATUS_UNAVAILABLE;
}

static enum status write_in(int dir, const char *name, struct str message) {
  char temporary[NAME_SIZE + 8];
  snprintf(temporary, sizeof(temporary), ".%s.part", name);
  int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return failed("open", errno);
  }
  const char *step = NULL;
  if (!write_all(fd, message)) {
    step = "write";
  } else if (fsync(fd) != 0) {
    step = "fsync";
  }
  int error = errno;
  if (close(fd) != 0 && step == NULL) {
    step = "close";
    error = errno;
  }
  if (step == NULL && renameat(dir, temporary, dir, name) != 0) {
    step = "rename";
    error = errno;
  }
  if (step != NULL) {
    unlinkat(dir, temporary, 0);
    return failed(step, error);
  }
  if (fsync(dir) != 0) {
    return failed("fsync of the directory", errno);
  }
  return STATUS_OK;
}

enum status post_file_write(const char *data_dir, int64_t created_at, int64_t id, struct str message) {
  char path[PATH_SIZE];
  int len = snprintf(path, sizeof(path), "%s/mail", data_dir);
  if (len < 0 || (size_t)len >= sizeof(path)) {
    return failed("path", ENAMETOOLONG);
  }
  time_t seconds = (time_t)(created_at / TIME_SECOND_US);
  struct tm tm = {0};
  gmtime_r(&seconds, &tm);
  char name[NAME_SIZE];
  snprintf(name, sizeof(name), "%04d%02d%02dT%02d%02d%02dZ-%lld.eml", tm.tm_year + 1900, tm.tm_mon + 1,
           tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (long long)id);
  int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0 && errno == ENOENT && mkdir(path, 0700) == 0) {
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }
  if (dir < 0) {
    return failed("open of the directory", errno);
  }
  enum status status = write_in(dir, name, message);
  close(dir);
  return status;
}
