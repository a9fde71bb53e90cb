#include "app/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"

enum { BLOCK = 512, PIECE = 64 * 1024, BUFFER = 256 * 1024, OCTAL_DIGITS = 11 };

struct archive {
  FILE *file;
  char *buffer;
  int64_t left;    /* of the entry that is read */
  int64_t padding; /* behind it */
};

/* The fields of an entry's head, all text (POSIX.1-2001, ustar). */
struct head {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
  char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], unused[12];
};
_Static_assert(sizeof(struct head) == BLOCK, "a head is a block");

static enum status fail(char why[256], const char *what) {
  bool full = errno == ENOSPC || errno == EDQUOT;
  snprintf(why, 256, "The backup can't be %s: %s.", what, strerror(errno));
  return full ? STATUS_STORAGE_FULL : STATUS_UNAVAILABLE;
}

static enum status damaged(char why[256], const char *how) {
  snprintf(why, 256, "The backup is damaged or not whole: %s. Use another one.", how);
  return STATUS_INVALID;
}

static enum status open_file(const char *path, bool create, struct archive **out, char why[256]) {
  int fd = open(path, (create ? O_WRONLY | O_CREAT | O_EXCL : O_RDONLY) | O_CLOEXEC, 0600);
  if (fd < 0) {
    snprintf(why, 256, "Can't %s %.150s: %s.", create ? "make" : "open", path, strerror(errno));
    return create && errno == EEXIST ? STATUS_STATE : STATUS_UNAVAILABLE;
  }
  struct archive *archive = calloc(1, sizeof *archive);
  char *buffer = malloc(BUFFER);
  FILE *file = fdopen(fd, create ? "w" : "r");
  if (archive == NULL || buffer == NULL || file == NULL) {
    die("Out of memory for an archive.");
  }
  setvbuf(file, buffer, _IOFBF, BUFFER);
  *archive = (struct archive){.file = file, .buffer = buffer};
  *out = archive;
  return STATUS_OK;
}

enum status archive_create(const char *path, struct archive **out, char why[256]) {
  return open_file(path, true, out, why);
}

enum status archive_open(const char *path, struct archive **out, char why[256]) {
  return open_file(path, false, out, why);
}

void archive_free(struct archive *archive) {
  if (archive != NULL) {
    fclose(archive->file);
    free(archive->buffer);
    free(archive);
  }
}

/* ---- heads ---- */

/* The sum of all its bytes, with blanks in place of the sum. */
static unsigned checksum_of(const struct head *head) {
  struct head blank = *head;
  memset(blank.checksum, ' ', sizeof blank.checksum);
  unsigned sum = 0;
  for (size_t i = 0; i < BLOCK; i++) {
    sum += ((const unsigned char *)&blank)[i];
  }
  return sum;
}

static void put_size(struct head *head, int64_t size) {
  if (size >> (3 * OCTAL_DIGITS) == 0) {
    snprintf(head->size, sizeof head->size, "%011llo", (unsigned long long)size);
    return;
  }
  head->size[0] = (char)0x80; /* as a number of base 256 */
  for (int i = 0; i < 8; i++) {
    head->size[11 - i] = (char)(size >> (8 * i) & 0xff);
  }
}

static bool get_octal(const char *text, size_t len, int64_t *out) {
  int64_t number = 0;
  size_t at = 0;
  while (at < len && text[at] >= '0' && text[at] <= '7') {
    number = number * 8 + (text[at++] - '0');
  }
  *out = number;
  return at > 0 && (at == len || text[at] == '\0' || text[at] == ' ');
}

static bool get_size(const struct head *head, int64_t *out) {
  if ((unsigned char)head->size[0] != 0x80) {
    return get_octal(head->size, sizeof head->size, out);
  }
  uint64_t number = 0;
  for (int i = 1; i < 12; i++) {
    number = number << 8 | (unsigned char)head->size[i];
  }
  *out = (int64_t)number;
  return *out >= 0 && head->size[1] == 0 && head->size[2] == 0 && head->size[3] == 0;
}

static int64_t padding_of(int64_t size) {
  return (BLOCK - size % BLOCK) % BLOCK;
}

/* ---- writing ---- */

static enum status put(struct archive *archive, const void *bytes, size_t len, char why[256]) {
  return fwrite(bytes, 1, len, archive->file) == len ? STATUS_OK : fail(why, "written");
}

static enum status put_padding(struct archive *archive, int64_t len, char why[256]) {
  static const char zeroes[2 * BLOCK];
  return put(archive, zeroes, (size_t)len, why);
}

static enum status put_head(struct archive *archive, const char *name, int64_t size, char why[256]) {
  struct head head = {.type = '0', .magic = "ustar", .version = {'0', '0'}};
  if (strlen(name) >= sizeof head.name) {
    snprintf(why, 256, "A name is too long for the backup: %.150s.", name);
    return STATUS_INVALID;
  }
  memcpy(head.name, name, strlen(name));
  memcpy(head.mode, "0000600", 8);
  memcpy(head.uid, "0000000", 8);
  memcpy(head.gid, "0000000", 8);
  put_size(&head, size);
  snprintf(head.mtime, sizeof head.mtime, "%011llo", (unsigned long long)(time_now_us() / TIME_SECOND_US));
  snprintf(head.checksum, sizeof head.checksum, "%06o", checksum_of(&head));
  head.checksum[7] = ' ';
  return put(archive, &head, sizeof head, why);
}

enum status archive_add_file(struct archive *archive, const char *name, int fd, int64_t size,
                             uint8_t hash[ARCHIVE_HASH_SIZE], char why[256]) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  TRY(put_head(archive, name, size, why));
  char piece[PIECE];
  for (int64_t at = 0; at < size;) {
    size_t wanted = size - at < PIECE ? (size_t)(size - at) : PIECE;
    ssize_t got = pread(fd, piece, wanted, at);
    if (got <= 0) {
      snprintf(why, 256, "%s can't be read: %s.", name,
               got < 0 ? strerror(errno) : "it is shorter than it was");
      return STATUS_UNAVAILABLE;
    }
    crypto_hash_sha256_update(&state, (const unsigned char *)piece, (size_t)got);
    TRY(put(archive, piece, (size_t)got, why));
    at += got;
  }
  if (hash != NULL) {
    crypto_hash_sha256_final(&state, hash);
  }
  return put_padding(archive, padding_of(size), why);
}

enum status archive_add_text(struct archive *archive, const char *name, struct str text, char why[256]) {
  TRY(put_head(archive, name, (int64_t)text.len, why));
  TRY(put(archive, text.at, text.len, why));
  return put_padding(archive, padding_of((int64_t)text.len), why);
}

enum status archive_finish(struct archive *archive, char why[256]) {
  TRY(put_padding(archive, (int64_t)2 * BLOCK, why));
  return fflush(archive->file) == 0 && fsync(fileno(archive->file)) == 0 ? STATUS_OK : fail(why, "written");
}

/* ---- reading ---- */

static enum status get(struct archive *archive, void *to, size_t len, char why[256]) {
  if (fread(to, 1, len, archive->file) == len) {
    return STATUS_OK;
  }
  return ferror(archive->file) ? fail(why, "read") : damaged(why, "it ends too early");
}

static enum status pass_over(struct archive *archive, int64_t len, char why[256]) {
  char piece[PIECE];
  while (len > 0) {
    size_t some = len < PIECE ? (size_t)len : PIECE;
    TRY(get(archive, piece, some, why));
    len -= (int64_t)some;
  }
  return STATUS_OK;
}

static bool is_empty(const struct head *head) {
  static const char zeroes[BLOCK];
  return memcmp(head, zeroes, BLOCK) == 0;
}

enum status archive_next(struct archive *archive, char name[ARCHIVE_NAME_SIZE], int64_t *size, bool *end,
                         char why[256]) {
  struct head head;
  TRY(pass_over(archive, archive->left + archive->padding, why));
  archive->left = archive->padding = 0;
  TRY(get(archive, &head, sizeof head, why));
  *end = is_empty(&head);
  if (*end) {
    TRY(get(archive, &head, sizeof head, why));
    return is_empty(&head) ? STATUS_OK : damaged(why, "its end is not where it should be");
  }
  int64_t sum = 0;
  int64_t found = 0;
  if (memcmp(head.magic, "ustar", 5) != 0 || !get_octal(head.checksum, sizeof head.checksum, &sum) ||
      sum != checksum_of(&head)) {
    return damaged(why, "an entry's head can't be read");
  }
  if (head.type != '0' || head.prefix[0] != '\0' || memchr(head.name, '\0', sizeof head.name) == NULL ||
      !get_size(&head, &found)) {
    return damaged(why, "an entry is no plain file of a backup");
  }
  memcpy(name, head.name, ARCHIVE_NAME_SIZE);
  archive->left = *size = found;
  archive->padding = padding_of(found);
  return STATUS_OK;
}

static enum status write_all(int fd, const char *bytes, size_t len, char why[256]) {
  while (len > 0) {
    ssize_t written = write(fd, bytes, len);
    if (written < 0) {
      bool full = errno == ENOSPC || errno == EDQUOT;
      snprintf(why, 256, "What is restored can't be written: %s.", strerror(errno));
      return full ? STATUS_STORAGE_FULL : STATUS_UNAVAILABLE;
    }
    bytes += written;
    len -= (size_t)written;
  }
  return STATUS_OK;
}

enum status archive_take_file(struct archive *archive, int fd, uint8_t hash[ARCHIVE_HASH_SIZE],
                              char why[256]) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  char piece[PIECE];
  while (archive->left > 0) {
    size_t some = archive->left < PIECE ? (size_t)archive->left : PIECE;
    TRY(get(archive, piece, some, why));
    TRY(write_all(fd, piece, some, why));
    crypto_hash_sha256_update(&state, (const unsigned char *)piece, some);
    archive->left -= (int64_t)some;
  }
  if (hash != NULL) {
    crypto_hash_sha256_final(&state, hash);
  }
  return STATUS_OK;
}

enum status archive_take_text(struct archive *archive, char *to, char why[256]) {
  TRY(get(archive, to, (size_t)archive->left, why));
  archive->left = 0;
  return STATUS_OK;
}
