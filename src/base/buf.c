#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { FIRST_BYTES = 256 };

void buf_init(struct buf *buf, size_t max_bytes) {
  *buf = (struct buf){.max = max_bytes};
}

void buf_release(struct buf *buf) {
  free(buf->at);
  buf_init(buf, buf->max);
}

void buf_clear(struct buf *buf) {
  buf->len = 0;
  buf->full = false;
}

static void grow(struct buf *buf, size_t need) {
  size_t size = buf->size < FIRST_BYTES ? FIRST_BYTES : buf->size;
  while (size < need && size <= buf->max / 2) {
    size *= 2;
  }
  if (size < need || size > buf->max) {
    size = buf->max;
  }
  /* A maximum of 0 still needs memory to point at. */
  char *at = realloc(buf->at, size > 0 ? size : 1);
  if (at == NULL) {
    die("Out of memory for a buffer.");
  }
  buf->at = at;
  buf->size = size;
}

char *buf_reserve(struct buf *buf, size_t len) {
  if (buf->full || len > buf->max - buf->len) {
    buf->full = true;
    return NULL;
  }
  if (buf->at == NULL || buf->len + len > buf->size) {
    grow(buf, buf->len + len);
  }
  return buf->at + buf->len;
}

void buf_add(struct buf *buf, const void *bytes, size_t len) {
  if (len == 0) {
    return;
  }
  char *at = buf_reserve(buf, len);
  if (at != NULL) {
    memcpy(at, bytes, len);
    buf->len += len;
  }
}

void buf_add_str(struct buf *buf, struct str s) {
  buf_add(buf, s.at, s.len);
}

void buf_add_text(struct buf *buf, const char *text) {
  buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c) {
  buf_add(buf, &c, 1);
}

void buf_add_int(struct buf *buf, int64_t number) {
  char digits[20];
  size_t at = sizeof(digits);
  /* Counted in unsigned, because INT64_MIN has no positive twin. */
  uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
  do {
    digits[--at] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (number < 0) {
    digits[--at] = '-';
  }
  buf_add(buf, digits + at, sizeof(digits) - at);
}

void buf_format(struct buf *buf, const char *format, ...) {
  if (buf->full) {
    return;
  }
  va_list arguments;
  va_start(arguments, format);
  va_list again;
  va_copy(again, arguments);
  size_t room = buf->size - buf->len;
  int len = vsnprintf(room > 0 ? buf->at + buf->len : NULL, room, format, arguments);
  va_end(arguments);
  if (len < 0) {
    die("A text could not be formatted.");
  }
  if ((size_t)len < room) {
    buf->len += (size_t)len;
  } else if ((size_t)len > buf->max - buf->len) {
    buf->full = true;
  } else {
    /* One byte more than is kept: vsnprintf ends its text with a NUL. */
    char *text = malloc((size_t)len + 1);
    if (text == NULL) {
      die("Out of memory for a buffer.");
    }
    vsnprintf(text, (size_t)len + 1, format, again);
    buf_add(buf, text, (size_t)len);
    free(text);
  }
  va_end(again);
}

void buf_shift(struct buf *buf, size_t n) {
  if (n >= buf->len) {
    buf->len = 0;
    return;
  }
  if (n > 0) {
    memmove(buf->at, buf->at + n, buf->len - n);
    buf->len -= n;
  }
}

struct str buf_str(const struct buf *buf) {
  return (struct str){buf->at != NULL ? buf->at : "", buf->len};
}
