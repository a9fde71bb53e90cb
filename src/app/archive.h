#ifndef SIGAP_APP_ARCHIVE_H
#define SIGAP_APP_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

/* A file of files: tar (POSIX ustar; a size of 8 GiB or more as GNU and BSD write it), which other programs
 * read, too. Written once from the first entry to the last, read likewise. `why` tells on failure, as a
 * sentence, what is wrong. */

enum { ARCHIVE_NAME_SIZE = 100, ARCHIVE_HASH_SIZE = 32 };

struct archive;

/* A new file of mode 0600; STATUS_STATE where there is one. */
enum status archive_create(const char *path, struct archive **out, char why[256]) MUST_CHECK;
/* An entry from the first `size` bytes of a file, which must have them. hash (NULL: not wanted): SHA-256. */
enum status archive_add_file(struct archive *archive, const char *name, int fd, int64_t size,
                             uint8_t hash[ARCHIVE_HASH_SIZE], char why[256]) MUST_CHECK;
enum status archive_add_text(struct archive *archive, const char *name, struct str text,
                             char why[256]) MUST_CHECK;
/* Ends it and makes it durable. */
enum status archive_finish(struct archive *archive, char why[256]) MUST_CHECK;

enum status archive_open(const char *path, struct archive **out, char why[256]) MUST_CHECK;
/* The next entry; what is left of the one before is passed over. *end: the archive ends here, as it should.
 * STATUS_INVALID for what is damaged, ends too early or is no archive of plain files. */
enum status archive_next(struct archive *archive, char name[ARCHIVE_NAME_SIZE], int64_t *size, bool *end,
                         char why[256]) MUST_CHECK;
/* All of the entry's bytes into an open file. hash (NULL: not wanted): their SHA-256. */
enum status archive_take_file(struct archive *archive, int fd, uint8_t hash[ARCHIVE_HASH_SIZE],
                              char why[256]) MUST_CHECK;
/* Likewise into memory of at least the entry's size. */
enum status archive_take_text(struct archive *archive, char *to, char why[256]) MUST_CHECK;

/* Closes it, finished or not. NULL is fine. */
void archive_free(struct archive *archive);

#endif
