#ifndef SIGAP_PAPER_PDF_H
#define SIGAP_PAPER_PDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

/* A report on A4 pages, written as it grows: key figures, charts, tables, with page numbers.
 *
 * All words and formats are the caller's: this room knows no language. Every text is UTF-8 of
 * any script and length. White space runs together to one blank, control characters become
 * blanks, bytes that are no UTF-8 become U+FFFD, and what does not fit ends in an ellipsis.
 * Texts and arrays are only read during the call that takes them; the head is copied.
 *
 * Memory does not grow with the rows but for a few bytes a page. The first PDF_PAGES_HELD pages
 * wait for the whole number of pages, then all goes to the sink as it is made.
 *
 * Each document has fonts of its own, so several threads may each write one at the same time;
 * one document belongs to one thread at a time.
 *
 * A sink that fails stops the work: its status comes back from the call under way and from all
 * later ones. STATUS_INVALID is a mistake of the caller, named at each function, and changes
 * nothing. STATUS_BROKEN (logged) is a failure of the drawing library, and lasts. */
struct pdf;

/* Takes the bytes of the document in order. Anything but STATUS_OK stops the document. */
typedef enum status (*pdf_sink)(void *arg, struct str bytes);

enum { PDF_FACTS_MAX = 24, PDF_POINTS_MAX = 400, PDF_COLUMNS_MAX = 16 };
/* See pdf_table_begin. */
enum { PDF_PAGES_HELD = 32, PDF_ROWS_FITTED = 400 };
enum { PDF_SEPARATOR_MAX = 8 };

struct pdf_pair {
  struct str label;
  struct str value;
};

/* What the document says of itself. {n} is the number of the page, {m} that of all pages. */
struct pdf_words {
  struct str page_of; /* "Halaman {n} dari {m}" */
  struct str page;    /* "Halaman {n}": where the number of pages isn't known */
  struct str no_data; /* in the place of an empty chart or table */
  struct str others;  /* the points of a chart beyond those it has room for, put together */
  struct str decimal; /* ","; at most PDF_SEPARATOR_MAX bytes, else none, as the next */
  struct str group;   /* ".": between groups of three digits */
};

struct pdf_head {
  struct str title; /* also the title in the document's properties */
  struct str desk;  /* who the report is of; also its author */
  struct str period;
  const struct pdf_pair *filters;
  size_t filter_count;
  struct pdf_pair made; /* "Dibuat", "21 November 2026 13.50 WIB" */
  int64_t made_at;      /* for the document's properties; 0: the time of writing */
  bool landscape;       /* for tables of more than about six columns */
  struct pdf_words words;
};

/* Whether documents can be made here: loads the drawing libraries the first time, some 10 MB. False (logged
 * once) where they are not installed. pdf_new needs it. */
bool pdf_available(void);
/* Never NULL. Nothing is written before the first pages are full or the document is finished. */
struct pdf *pdf_new(const struct pdf_head *head, pdf_sink write, void *arg);
/* Ends the last page and the document; nothing may follow but pdf_free. A document without
 * any content has one page with the head. */
enum status pdf_finish(struct pdf *pdf) MUST_CHECK;
/* At any time; before pdf_finish what the sink got is no whole document. NULL is fine. */
void pdf_free(struct pdf *pdf);

/* Key figures in a grid, the values large. STATUS_INVALID for more than PDF_FACTS_MAX. */
enum status pdf_facts(struct pdf *pdf, const struct pdf_pair *facts, size_t count) MUST_CHECK;

enum pdf_chart_kind {
  PDF_CHART_BAR,            /* upright, for points in an order: days, hours */
  PDF_CHART_BAR_HORIZONTAL, /* for names; the points beyond the tenth are put together */
  PDF_CHART_LINE,
  PDF_CHART_PIE, /* the points beyond the seventh are put together */
  PDF_CHART_DONUT,
};

struct pdf_point {
  struct str label;
  double value; /* 0 to 1e15 */
};

struct pdf_chart {
  enum pdf_chart_kind kind;
  struct str title;
  struct str series; /* the legend: what is counted, and in which unit; NONE for none */
  const struct pdf_point *points;
  size_t count;
};

/* Charts, two side by side; the last of an odd number takes the whole width. A chart without
 * points, or a pie of nothing, says no_data. Numbers are shown with at most two decimals.
 * STATUS_INVALID for more than PDF_POINTS_MAX points or a value that is none. */
enum status pdf_charts(struct pdf *pdf, const struct pdf_chart *charts, size_t count) MUST_CHECK;

enum pdf_align { PDF_ALIGN_START, PDF_ALIGN_END, PDF_ALIGN_CENTER };

struct pdf_column {
  struct str title;
  double share; /* of the width, > 0, relative to the other columns' shares */
  enum pdf_align align;
};

struct pdf_table {
  struct str title; /* above the table; NONE for none */
  const struct pdf_column *columns;
  size_t count;
  int64_t row_count; /* how many rows will come, negative where that isn't known */
  bool one_line;     /* cells have one line, else up to two */
};

/* A table; its column heads come again on every page. It must be ended before anything else is
 * added. STATUS_INVALID without columns, with more than PDF_COLUMNS_MAX, or with a share that
 * is not above 0.
 *
 * The number of all pages is exact in a document of up to PDF_PAGES_HELD pages. In a longer
 * one it is reckoned from the row_count of the table under way, which should therefore be
 * the last part of the document; for that, the rows of a table of more than PDF_ROWS_FITTED
 * are all of one height. Where row_count was wrong or not known, pages show only their own
 * number as soon as that is seen. */
enum status pdf_table_begin(struct pdf *pdf, const struct pdf_table *table) MUST_CHECK;
/* One cell a column. */
enum status pdf_row(struct pdf *pdf, const struct str *cells) MUST_CHECK;
enum status pdf_table_end(struct pdf *pdf) MUST_CHECK;

#endif
