#include <string.h>

#include "paper/internal.h"

/* The first baseline of the first page, of the others, and where the others' content begins. */
static const double FIRST_BASELINE = 50;
static const double RUNNING_BASELINE = 44;
static const double RUNNING_END = 62;
/* From the lower edge of the paper to the foot's baseline. */
static const double FOOT = 32;
/* Heights are sums of many fractions. */
static const double ROUNDING = 0.01;

enum { LABEL_BYTES_MAX = 8 * 1024 };

static const struct text_style small_style = {.size = 8};
static const struct text_style small_bold_style = {.size = 8, .bold = true};
static const struct text_style title_style = {.size = 20, .bold = true};
static const struct text_style period_style = {.size = 11};
static const struct text_style filter_style = {.size = 8.5};

static struct str made_text(const struct pdf *pdf, struct buf *buf) {
  buf_add_str(buf, pdf->head.made.label);
  if (pdf->head.made.label.len > 0) {
    buf_add_text(buf, ": ");
  }
  buf_add_str(buf, pdf->head.made.value);
  return buf_str(buf);
}

/* One line in two halves: a text at the left and one at the right. */
static void two_texts(struct pdf *pdf, double baseline, const struct text_style *left_style, struct str left,
                      struct str right) {
  double width = (pdf->right - pdf->left) / 2 - 6;
  struct text_place place = {.x = pdf->left, .baseline = baseline, .width = width, .pitch = 11};
  text_show(pdf, left_style, &place, 1, left);
  place.x = pdf->right - width;
  place.align = PDF_ALIGN_END;
  text_show(pdf, &small_style, &place, 1, right);
}

static void first_head(struct pdf *pdf) {
  const struct pdf_head *head = &pdf->head;
  CLEANUP_BUF struct buf made;
  buf_init(&made, LABEL_BYTES_MAX);
  double width = pdf->right - pdf->left;
  set_grey(pdf, 0.35);
  two_texts(pdf, FIRST_BASELINE, &small_bold_style, head->desk, made_text(pdf, &made));
  struct text_place place = {.x = pdf->left, .baseline = FIRST_BASELINE + 30, .width = width, .pitch = 24};
  set_grey(pdf, 0.05);
  place.baseline += place.pitch * (text_show(pdf, &title_style, &place, 2, head->title) - 1);
  if (head->period.len > 0) {
    place.baseline += 18;
    place.pitch = 14;
    set_grey(pdf, 0.2);
    text_show(pdf, &period_style, &place, 1, head->period);
  }
  if (pdf->filters.len > 0) {
    place.baseline += 15;
    place.pitch = 11.5;
    set_grey(pdf, 0.35);
    place.baseline += place.pitch * (text_show(pdf, &filter_style, &place, 3, pdf->filters) - 1);
  }
  rule(pdf, pdf->left, place.baseline + 11, width, 1.2, 0.15);
  pdf->y = place.baseline + 27;
}

static void running_head(struct pdf *pdf) {
  set_grey(pdf, 0.35);
  two_texts(pdf, RUNNING_BASELINE, &small_bold_style, pdf->head.title, pdf->head.period);
  rule(pdf, pdf->left, RUNNING_BASELINE + 7, pdf->right - pdf->left, 0.5, 0.6);
  pdf->y = RUNNING_END;
}

/* "Page {n} of {m}" with its numbers. */
static void fill_label(struct buf *out, struct str label, int64_t page, int64_t page_count) {
  for (size_t i = 0; i < label.len; i++) {
    struct str rest = {label.at + i, label.len - i};
    if (str_starts(rest, "{n}")) {
      buf_add_int(out, page);
      i += 2;
    } else if (str_starts(rest, "{m}")) {
      buf_add_int(out, page_count);
      i += 2;
    } else {
      buf_add_char(out, label.at[i]);
    }
  }
}

static void foot(struct pdf *pdf, int64_t page) {
  const struct pdf_words *words = &pdf->head.words;
  CLEANUP_BUF struct buf label;
  buf_init(&label, LABEL_BYTES_MAX);
  fill_label(&label, pdf->page_count > 0 ? words->page_of : words->page, page, pdf->page_count);
  double y = pdf->height - FOOT;
  rule(pdf, pdf->left, y - 12, pdf->right - pdf->left, 0.5, 0.6);
  set_grey(pdf, 0.35);
  two_texts(pdf, y, &small_style, pdf->head.desk, buf_str(&label));
}

/* Puts the foot on what is on the paper, and the paper away. */
static enum status print_page(struct pdf *pdf, int64_t page) {
  pdf->cr = pdf->paper;
  foot(pdf, page);
  cairo_show_page(pdf->paper);
  pdf->cr = NULL;
  return drawn(pdf, cairo_status(pdf->paper));
}

/* Prints the held pages, for their number is known now, or never will be. */
static enum status release_pages(struct pdf *pdf, int64_t page_count) {
  pdf->page_count = page_count;
  pdf->flowing = true;
  for (size_t i = 0; i < pdf->held_count && pdf->status == STATUS_OK; i++) {
    cairo_set_source_surface(pdf->paper, pdf->held[i], 0, 0);
    cairo_paint(pdf->paper);
    (void)print_page(pdf, (int64_t)i + 1);
  }
  for (size_t i = 0; i < pdf->held_count; i++) {
    cairo_surface_destroy(pdf->held[i]);
  }
  pdf->held_count = 0;
  return pdf->status;
}

static enum status page_begin(struct pdf *pdf) {
  if (!pdf->flowing && pdf->held_count == PDF_PAGES_HELD) {
    TRY(release_pages(pdf, table_page_count(pdf)));
  }
  pdf->page++;
  if (pdf->page > pdf->page_count) {
    pdf->page_count = 0;
  }
  if (pdf->flowing) {
    pdf->cr = pdf->paper;
  } else {
    cairo_rectangle_t area = {0, 0, pdf->width, pdf->height};
    pdf->held[pdf->held_count] = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, &area);
    pdf->cr = cairo_create(pdf->held[pdf->held_count]);
    pdf->held_count++;
  }
  if (pdf->page == 1) {
    first_head(pdf);
  } else {
    running_head(pdf);
  }
  if (pdf->table.open) {
    table_heads(pdf);
  }
  return STATUS_OK;
}

static enum status page_end(struct pdf *pdf) {
  if (pdf->flowing) {
    return print_page(pdf, pdf->page);
  }
  cairo_status_t status = cairo_status(pdf->cr);
  cairo_destroy(pdf->cr);
  pdf->cr = NULL;
  return drawn(pdf, status);
}

enum status page_need(struct pdf *pdf, double height) {
  TRY(pdf->status);
  if (pdf->page == 0) {
    return page_begin(pdf);
  }
  if (pdf->y + height <= pdf->bottom + ROUNDING) {
    return STATUS_OK;
  }
  TRY(page_end(pdf));
  return page_begin(pdf);
}

enum status page_finish(struct pdf *pdf) {
  TRY(page_end(pdf));
  return pdf->flowing ? STATUS_OK : release_pages(pdf, pdf->page);
}

size_t page_room(const struct pdf *pdf, double used, double height) {
  return (size_t)((pdf->bottom - RUNNING_END - used + ROUNDING) / height);
}
