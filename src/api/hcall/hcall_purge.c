#include "api/hcall/internal.h"

enum status hcall_purge_statuses(const char *word, struct db_ints *out) {
  int value = HCALL_CONCLUED;
  if (word != NULL) {
    TRY(word_value(hcall_status_words_in, str_of(word), false, &value));
  }
  *out = hcall_status_change((enum hcall_status)value).reads_as;
  return STATUS_OK;
}
