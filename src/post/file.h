#ifndef SIGAP_POST_FILE_H
#define SIGAP_POST_FILE_H

#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

/* Makes <data_dir>/mail where it is missing (0700). */
enum status post_file_prepare(const char *data_dir, char why[256]) MUST_CHECK;
/* Writes <data_dir>/mail/<time>-<id>.eml: whole and on disk, or not at all; 0600. A repeat of the same mail
 * replaces its file. STATUS_STORAGE_FULL or STATUS_UNAVAILABLE. */
enum status post_file_write(const char *data_dir, int64_t created_at, int64_t id,
                            struct str message) MUST_CHECK;

#endif
