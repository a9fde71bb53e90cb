#include <string.h>

#include "wire/internal.h"

const struct word *word_row(const struct word *words, int value) {
  for (const struct word *row = words; row != NULL && row->word != NULL; row++) {
    if (row->value == value) {
      return row;
    }
  }
  return NULL;
}

bool word_is_first(const struct word *words, const struct word *row) {
  return word_row(words, row->value) == row;
}

const char *word_of(const struct word *words, int value) {
  const struct word *row = word_row(words, value);
  return row != NULL ? row->word : "";
}

enum status word_value(const struct word *words, struct str word, bool fold, int *value) {
  for (const struct word *row = words; row != NULL && row->word != NULL; row++) {
    if (fold ? str_equal_fold(word, str_of(row->word)) : str_is(word, row->word)) {
      *value = row->value;
      return STATUS_OK;
    }
  }
  return STATUS_INVALID;
}

bool field_present(const struct fields *fields, const void *in, const char *name) {
  if (fields->present < 0) {
    return false;
  }
  uint64_t present;
  memcpy(&present, (const char *)in + fields->present, sizeof(present));
  for (unsigned i = 0; i < fields->count; i++) {
    if (strcmp(fields->rows[i].name, name) == 0) {
      return (present >> i & 1) != 0;
    }
  }
  return false;
}
