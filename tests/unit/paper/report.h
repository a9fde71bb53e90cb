#ifndef SIGAP_TESTS_UNIT_PAPER_REPORT_H
#define SIGAP_TESTS_UNIT_PAPER_REPORT_H

/* Makes reports and reads them back with poppler's tools. */
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "paper/pdf.h"

/* STR for what is made before the program starts. */
#define TEXT(literal) \
  { "" literal, sizeof(literal) - 1 }

static const struct pdf_pair report_filters[] = {{TEXT("Status"), TEXT("Semua")},
                                                 {TEXT("Teknisi"), TEXT("Budi Santoso")}};

static const struct pdf_head report_head = {
    .title = TEXT("Laporan Kinerja"),
    .desk = TEXT("PT Jaringan Nusantara"),
    .period = TEXT("Oktober 2026"),
    .filters = report_filters,
    .filter_count = 2,
    .made = {TEXT("Dibuat"), TEXT("21 November 2026 13.50 WIB")},
    .made_at = INT64_C(1795269000123456),
    .words = {TEXT("Halaman {n} dari {m}"), TEXT("Halaman {n}"), TEXT("Tidak ada data"), TEXT("Lainnya"),
              TEXT(","), TEXT(".")},
};

static inline enum status report_keep(void *arg, struct str bytes) {
  buf_add_str(arg, bytes);
  return STATUS_OK;
}

/* A new document that is kept in `out`. */
static inline struct pdf *report_new(const struct pdf_head *head, struct buf *out) {
  buf_init(out, 64 << 20);
  return pdf_new(head, report_keep, out);
}

/* Ends and frees it. */
static inline void report_end(struct pdf *pdf, struct buf *out) {
  assert_int_equal(pdf_finish(pdf), STATUS_OK);
  pdf_free(pdf);
  assert_false(out->full);
  assert_true(str_starts(buf_str(out), "%PDF-1."));
  assert_true(str_ends(buf_str(out), "%%EOF\n"));
}

/* What a tool of poppler's prints about the document. The caller frees it. */
static inline char *report_run(const struct buf *pdf, const char *tool, const char *option) {
  char path[200];
  snprintf(path, sizeof(path), "%s/report-XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
  int file = mkstemp(path);
  assert_true(file >= 0);
  for (size_t at = 0; at < pdf->len;) {
    ssize_t written = write(file, pdf->at + at, pdf->len - at);
    assert_true(written > 0);
    at += (size_t)written;
  }
  close(file);
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    if (option != NULL) {
      execlp(tool, tool, option, path, "-", NULL);
    } else {
      execlp(tool, tool, path, NULL);
    }
    _exit(127);
  }
  close(ends[1]);
  struct buf out;
  buf_init(&out, 64 << 20);
  char piece[64 * 1024];
  ssize_t got;
  while ((got = read(ends[0], piece, sizeof(piece))) > 0) {
    buf_add(&out, piece, (size_t)got);
  }
  close(ends[0]);
  int state = 0;
  assert_int_equal(waitpid(child, &state, 0), child);
  unlink(path);
  buf_add_char(&out, '\0');
  assert_int_equal(state, 0);
  return out.at;
}

static inline char *report_text(const struct buf *pdf) {
  return report_run(pdf, "pdftotext", "-layout");
}

static inline size_t count_of(const char *text, const char *part) {
  size_t count = 0;
  for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part)) {
    count++;
  }
  return count;
}

static inline void assert_has(const char *text, const char *part) {
  if (text == NULL || strstr(text, part) == NULL) {
    fail_msg("\"%s\" is not in:\n%s", part, text != NULL ? text : "nothing");
  }
}

static inline void assert_has_not(const char *text, const char *part) {
  if (text == NULL || strstr(text, part) != NULL) {
    fail_msg("\"%s\" is in:\n%s", part, text != NULL ? text : "nothing");
  }
}

static inline int64_t report_pages(const struct buf *pdf) {
  char *info = report_run(pdf, "pdfinfo", NULL);
  const char *at = strstr(info, "\nPages:");
  assert_non_null(at);
  int64_t pages = strtoll(at + strlen("\nPages:"), NULL, 10);
  free(info);
  return pages;
}

/* Where a word stands, in points from the upper left. */
struct box {
  double x_min, y_min, x_max, y_max;
};

/* The next place of a word in the output of "pdftotext -bbox", from *at on, which moves behind it. */
static inline bool next_box(const char **at, const char *word, struct box *box) {
  char end[200];
  snprintf(end, sizeof(end), ">%s</word>", word);
  const char *found = strstr(*at, end);
  if (found == NULL) {
    return false;
  }
  const char *start = found;
  while (strncmp(start, "<word", 5) != 0) {
    start--;
  }
  *at = found + strlen(end);
  return sscanf(start, "<word xMin=\"%lf\" yMin=\"%lf\" xMax=\"%lf\" yMax=\"%lf\"", &box->x_min, &box->y_min,
                &box->x_max, &box->y_max) == 4;
}

static inline struct box box_of(const char *boxes, const char *word) {
  struct box box = {0};
  if (!next_box(&boxes, word, &box)) {
    fail_msg("The word %s is not in:\n%s", word, boxes);
  }
  return box;
}

#endif
