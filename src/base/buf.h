#ifndef SIGAP_BASE_BUF_H
#define SIGAP_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* A growing run of bytes on the heap with a maximum. Writing over the maximum sets
 * `full`, keeps what was there and ignores the rest: check once, at the end. */
struct buf {
  char *at;
  size_t len;
  size_t size;
  size_t max;
  bool full;
};

void buf_init(struct buf *buf, size_t max_bytes);
/* Frees the memory; the buf may be used again (empty, same maximum). */
void buf_release(struct buf *buf);
/* Empties it and keeps the memory. */
void buf_clear(struct buf *buf);
void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_str(struct buf *buf, struct str s);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_add_int(struct buf *buf, int64_t number);
void buf_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for `len` more bytes to be written at buf->at + buf->len by the caller, who
 * then adds to buf->len. NULL (and full) when over the maximum. */
char *buf_reserve(struct buf *buf, size_t len);
/* Drops the first n bytes. */
void buf_shift(struct buf *buf, size_t n);
struct str buf_str(const struct buf *buf);

#define CLEANUP_BUF __attribute__((cleanup(buf_release)))

#endif
