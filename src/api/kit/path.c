#include <string.h>

#include "api/kit/internal.h"

/* Patterns of paths, segment by segment. */

bool path_take(const char **path, struct str *segment) {
  while (**path == '/') {
    (*path)++;
  }
  if (**path == '\0') {
    return false;
  }
  segment->at = *path;
  segment->len = strcspn(*path, "/");
  *path += segment->len;
  return true;
}

bool path_is_parameter(struct str segment) {
  return segment.at[0] == ':';
}

size_t path_segments(const char *path) {
  struct str segment;
  size_t count = 0;
  while (path_take(&path, &segment)) {
    count++;
  }
  return count;
}

size_t path_covers(const char *path, const char *longer) {
  struct str left, right;
  size_t count = 0;
  while (path_take(&path, &left)) {
    if (!path_take(&longer, &right) || path_is_parameter(left) != path_is_parameter(right) ||
        (!path_is_parameter(left) && !str_equal(left, right))) {
      return 0;
    }
    count++;
  }
  return count;
}

bool path_same(const char *a, const char *b) {
  size_t count = path_segments(a);
  return count == path_segments(b) && path_covers(a, b) == count;
}
