#ifndef SIGAP_PAPER_INTERNAL_H
#define SIGAP_PAPER_INTERNAL_H

#include "paper/libs.h"

#include "base/buf.h"
#include "paper/pdf.h"

/* What the files of the PDF share. All lengths are points (1/72 inch), y grows downwards. */

/* Cells whose shaped text is kept, a column: names and states come again and again. */
enum { CELLS_KEPT = 64 };

struct text_style {
  double size;
  bool bold;
};

/* Where a text stands: the baseline of its first line, and the distance to the next. */
struct text_place {
  double x;
  double baseline;
  double width;
  enum pdf_align align;
  double pitch;
};

struct table_column {
  double x; /* of the text, inside the padding */
  double width;
  enum pdf_align align;
  PangoLayout *head;
  PangoLayout *kept[CELLS_KEPT];
};

struct table {
  bool open;
  bool fitted; /* each row as high as its own text */
  int lines_max;
  double head_height;
  size_t column_count;
  struct table_column columns[PDF_COLUMNS_MAX];
  int64_t told; /* rows, negative for not known */
  int64_t done;
};

struct pdf {
  pdf_sink write;
  void *arg;
  enum status status;
  struct buf out;
  struct arena *arena;
  struct pdf_head head; /* its texts cleaned, in the arena */
  struct str filters;   /* as one text */

  PangoFontMap *fonts;
  PangoContext *context;
  PangoLayout *layout;   /* for every text but cells */
  struct buf clean_text; /* the text under way */

  cairo_surface_t *surface;
  cairo_t *paper;
  cairo_t *cr; /* what is drawn on: the paper, or the page that is held */
  cairo_surface_t *held[PDF_PAGES_HELD];
  size_t held_count;
  bool flowing; /* no page is held any more */
  bool finished;

  double width, height;
  double left, right, bottom; /* what content may fill */
  double y;                   /* where the next content goes */
  int64_t page;
  int64_t page_count; /* 0: not known */

  struct table table;
};

/* pdf.c */

/* What the drawing has come to: the sink's own failure is the cause where there is one. */
enum status drawn(struct pdf *pdf, cairo_status_t status) MUST_CHECK;

/* pdf_page.c */

/* Begins the first page where none is, and a new one where `height` does not fit any more. */
enum status page_need(struct pdf *pdf, double height) MUST_CHECK;
/* How many parts of a height fit on a page that is not the first, where `used` of it is taken. */
size_t page_room(const struct pdf *pdf, double used, double height);
/* Ends the last page, and lets go of all that are held. */
enum status page_finish(struct pdf *pdf) MUST_CHECK;

/* pdf_text.c */

void text_setup(struct pdf *pdf);
void text_release(struct pdf *pdf);
/* The text as it may be shown, at most `max` characters of it, NUL-terminated; until the next call. */
const char *text_clean(struct pdf *pdf, struct str text, size_t max);
/* More characters than can stand in `lines` lines of `width`: the rest need not be shaped. */
size_t text_room(const struct text_style *style, double width, int lines);
/* A new layout for texts of a style, at most `lines` lines of `width`. */
PangoLayout *text_layout_new(struct pdf *pdf, const struct text_style *style, double width, int lines);
/* The shared layout with a text in it, for text_draw and for measuring. */
PangoLayout *text_layout(struct pdf *pdf, const struct text_style *style, double width, int lines,
                         struct str text);
double text_width(PangoLayout *layout);
/* Draws in the current colour. Ink beyond `place`'s width or far above and below its lines is cut. */
void text_draw(struct pdf *pdf, PangoLayout *layout, const struct text_place *place);
/* Lays out and draws a text; returns its number of lines. */
int text_show(struct pdf *pdf, const struct text_style *style, const struct text_place *place, int lines,
              struct str text);
void set_grey(struct pdf *pdf, double grey);
/* A horizontal line. */
void rule(struct pdf *pdf, double x, double y, double width, double thickness, double grey);

enum { NUMBER_SIZE = 80 }; /* 16 digits in six groups, two decimals, six separators */
/* With the caller's separators, and with two decimals less the zeros at their end beyond the least. */
struct str text_number(const struct pdf *pdf, double value, size_t least, char out[NUMBER_SIZE]);

/* pdf_table.c */

/* The number of all pages if the table under way is the last part; 0 where that can't be told. */
int64_t table_page_count(const struct pdf *pdf);
void table_heads(struct pdf *pdf);
void table_release(struct table *table);

#endif
