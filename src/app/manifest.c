#include "app/manifest.h"

#include <stdio.h>
#include <string.h>

#include "base/ctx.h"
#include "wire/field.h"

enum { DIGEST_BYTES = sizeof(((struct db_table_sums *)0)->digest), HEX_SIZE = 2 * DIGEST_BYTES + 1 };

struct table {
  struct str name;
  int64_t rows;
  struct str digest;
};
struct paper {
  struct manifest head;
  struct list tables; /* struct table */
};
FIELDS(manifest_table, struct table, "BackupTable",
       {FIELD(struct table, name, TEXT, "name", FIELD_REQUIRED, .max = DB_TABLE_NAME_SIZE - 1),
        FIELD(struct table, rows, INT, "rows", FIELD_REQUIRED, .max = INT64_MAX),
        FIELD(struct table, digest, TEXT, "digest", FIELD_REQUIRED, .min = HEX_SIZE - 1,
              .max = HEX_SIZE - 1)});
FIELDS(manifest_paper, struct paper, "BackupManifest",
       {FIELD(struct paper, head.format, INT, "format", FIELD_REQUIRED),
        FIELD(struct paper, head.program, TEXT, "program", FIELD_REQUIRED, .max = 40),
        FIELD(struct paper, head.engine, TEXT, "engine", FIELD_REQUIRED, .max = 40),
        FIELD(struct paper, head.made_at, TIME, "made_at", FIELD_REQUIRED),
        FIELD(struct paper, head.database_sha256, TEXT, "database_sha256", FIELD_REQUIRED, .min = 64,
              .max = 64),
        FIELD(struct paper, head.files, INT, "files", FIELD_REQUIRED, .max = INT64_MAX),
        FIELD(struct paper, head.file_bytes, INT, "file_bytes", FIELD_REQUIRED, .max = INT64_MAX),
        FIELD(struct paper, tables, LIST, "tables", FIELD_REQUIRED, .of = &manifest_table,
              .max = DB_TABLES_MAX)});

char *manifest_hex(const void *bytes, size_t len, char *out) {
  for (size_t i = 0; i < len; i++) {
    snprintf(out + 2 * i, 3, "%02x", ((const unsigned char *)bytes)[i]);
  }
  return out;
}

/* The numbers with their highest byte first, so that a backup of one machine is another's, too. */
static struct str digest_text(const uint64_t digest[4], char out[HEX_SIZE]) {
  for (int i = 0; i < 4; i++) {
    snprintf(out + (ptrdiff_t)16 * i, 17, "%016llx", (unsigned long long)digest[i]);
  }
  return str_of(out);
}

static bool digest_read(struct str text, uint64_t digest[4]) {
  for (size_t i = 0; i < 4; i++) {
    digest[i] = 0;
    for (size_t k = 0; k < 16; k++) {
      const char *digits = "0123456789abcdef";
      const char *found = strchr(digits, text.at[16 * i + k]);
      if (found == NULL || *found == '\0') {
        return false;
      }
      digest[i] = digest[i] << 4 | (uint64_t)(found - digits);
    }
  }
  return true;
}

void manifest_print(const struct manifest *manifest, struct buf *out) {
  struct table tables[DB_TABLES_MAX];
  char digests[DB_TABLES_MAX][HEX_SIZE];
  for (size_t i = 0; i < manifest->sums->count; i++) {
    const struct db_table_sums *sums = &manifest->sums->tables[i];
    tables[i] = (struct table){str_of(sums->name), sums->rows, digest_text(sums->digest, digests[i])};
  }
  wire_print_json(out, &manifest_paper, &(struct paper){*manifest, {tables, manifest->sums->count}});
  buf_add_char(out, '\n');
}

enum status manifest_read(struct arena *arena, struct str json, struct manifest *out, char why[256]) {
  struct ctx ctx = {.arena = arena};
  struct paper paper = {0};
  if (wire_read_json(&ctx, str_trim(json), &manifest_paper, &paper) != STATUS_OK) {
    snprintf(why, 256,
             "The backup is damaged or not whole: its list of contents can't be read. Use another one.");
    return STATUS_INVALID;
  }
  if (paper.head.format != MANIFEST_FORMAT) {
    snprintf(why, 256, "The backup is of a newer program (%.40s): restore it with that.",
             str_c(arena, paper.head.program));
    return STATUS_INVALID;
  }
  struct db_sums *sums = ARENA_NEW(arena, struct db_sums);
  const struct table *tables = paper.tables.at;
  for (size_t i = 0; i < paper.tables.count; i++) {
    struct db_table_sums *one = &sums->tables[sums->count++];
    snprintf(one->name, sizeof one->name, "%s", str_c(arena, tables[i].name));
    one->rows = tables[i].rows;
    if (!digest_read(tables[i].digest, one->digest)) {
      snprintf(why, 256,
               "The backup is damaged or not whole: a sum of its contents can't be read. Use another one.");
      return STATUS_INVALID;
    }
  }
  *out = paper.head;
  out->sums = sums;
  return STATUS_OK;
}
