#ifndef SIGAP_APP_MANIFEST_H
#define SIGAP_APP_MANIFEST_H

#include "base/buf.h"
#include "db/copy.h"

/* What a backup says of itself, as its last entry: what must be in it. */

enum { MANIFEST_MAX_BYTES = 256 * 1024, MANIFEST_FORMAT = 1 };
#define MANIFEST_NAME "manifest.json"
#define MANIFEST_DATABASE "sigap.db"
#define MANIFEST_KEY "jwt.key"

struct manifest {
  int64_t format;
  struct str program; /* the version that made it */
  struct str engine;  /* "sqlite" or "postgresql": where it came from */
  int64_t made_at;
  struct str database_sha256; /* 64 hexadecimal digits */
  int64_t files, file_bytes;
  struct db_sums *sums;
};

void manifest_print(const struct manifest *manifest, struct buf *out);
/* Into the arena, sums too. STATUS_INVALID with a sentence for what is none, or of another format. */
enum status manifest_read(struct arena *arena, struct str json, struct manifest *out,
                          char why[256]) MUST_CHECK;
/* Bytes as hexadecimal digits, NUL-terminated: 2 * len + 1 bytes. Returns `out`. */
char *manifest_hex(const void *bytes, size_t len, char *out);

#endif
