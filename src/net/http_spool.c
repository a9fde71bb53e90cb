#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "net/http_internal.h"

/* Where the file system knows no files without a name: one that loses its name at once. */
static int open_and_unlink(const char *folder) {
  char path[PATH_MAX];
  int len = snprintf(path, sizeof(path), "%s/body-XXXXXX", folder);
  if (len < 0 || (size_t)len >= sizeof(path)) {
    errno = ENAMETOOLONG;
    return -1;
  }
  int fd = mkostemp(path, O_CLOEXEC);
  if (fd >= 0 && unlink(path) != 0) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

int spool_open(const char *folder) {
  if (folder == NULL) {
    errno = ENOSPC;
    return -1;
  }
  int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    fd = open_and_unlink(folder);
  }
  return fd;
}

bool spool_write(int fd, const char *bytes, size_t len) {
  while (len > 0) {
    ssize_t written = write(fd, bytes, len);
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      return false;
    }
    bytes += written;
    len -= (size_t)written;
  }
  return true;
}

int spool_refusal(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return 507;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return 503;
    default:
      LOG(LOG_ERROR, "A body could not be written to a file.", LOG_N("errno", error));
      return 500;
  }
}
