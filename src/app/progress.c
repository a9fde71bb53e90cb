#include "app/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/time.h"

enum { EACH_MS = 200 };

void progress_begin(struct progress *progress, const char *what) {
  *progress = (struct progress){.what = what, .terminal = isatty(STDERR_FILENO) == 1};
}

void progress_tell(struct progress *progress, const char *of, int64_t done, int64_t all) {
  int64_t now_ns = time_monotonic_ns();
  if (!progress->terminal || now_ns - progress->told_ns < INT64_C(1000000) * EACH_MS) {
    return;
  }
  progress->told_ns = now_ns;
  fprintf(stderr, "\r\033[K%s %s: %lld", progress->what, of, (long long)done);
  if (all > 0) {
    fprintf(stderr, " of %lld (%lld %%)", (long long)all, (long long)(done * 100 / all));
  }
  fflush(stderr);
}

static void on_progress(void *arg, const char *table, int64_t done, int64_t all) {
  progress_tell(arg, table != NULL ? table : "pages", done, all);
}

struct db_progress progress_of(struct progress *progress) {
  return (struct db_progress){on_progress, progress};
}

void progress_end(struct progress *progress) {
  if (progress->terminal) {
    fprintf(stderr, "\r\033[K");
  }
}
