#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/instance.h"
#include "app/progress.h"
#include "base/log.h"
#include "desk/statements.h"
#include "desk/ticket/ticket_day.h"
#include "desk/webhook/webhook_copy.h"

/* `sigap copy --from URL --to URL`: a whole database into an empty one, of the other engine or of the same.
 */

static struct db_config config_of(const char *url) {
  return (struct db_config){
      url, desk_statements, desk_statement_count, desk_migrations, desk_migration_count, ticket_sums_write};
}

static enum status copy(const struct options *options, struct db_sums *sums, char why[256]) {
  const struct db_config from = config_of(options->from), to = config_of(options->to);
  struct progress progress;
  bool empty = false;
  int applied = 0;
  char reason[256];
  enum status status = db_check_source(&from, reason);
  if (status != STATUS_OK) {
    snprintf(why, 256, "Can't copy from there: %.220s", reason);
    return status;
  }
  TRY(db_is_empty(&to, &empty, why));
  if (!empty) {
    snprintf(why, 256, "There is something in the database to copy into: name an empty one.");
    return STATUS_STATE;
  }
  TRY(db_migrate(&to, &applied, why));
  progress_begin(&progress, "Copying");
  struct db_progress told = progress_of(&progress);
  status = db_copy(&from, &to, &webhook_renewal, &told, sums, why);
  progress_end(&progress);
  return status;
}

int command_copy(const struct options *options) {
  char why[256] = "";
  struct db_sums *sums = calloc(1, sizeof *sums);
  if (sums == NULL) {
    die("Out of memory for a copy.");
  }
  enum status status = copy(options, sums, why);
  if (status == STATUS_OK) {
    int64_t rows = 0;
    for (size_t i = 0; i < sums->count; i++) {
      rows += sums->tables[i].rows;
      printf("%s\t%lld\n", sums->tables[i].name, (long long)sums->tables[i].rows);
    }
    printf("Copied %lld rows of %zu tables; counts and sums are the same on both sides.\n", (long long)rows,
           sums->count);
  } else {
    fprintf(stderr, "sigap: %s%s\n", why, str_ends(str_of(why), ".") ? "" : ".");
  }
  free(sums);
  return status == STATUS_OK ? 0 : 1;
}
