#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "paper/internal.h"

static const struct text_style cell_style = {.size = 8};
static const struct text_style head_style = {.size = 8, .bold = true};
static const struct text_style title_style = {.size = 11, .bold = true};

/* Of a line of text, above the first and below the last, and from a column's edge to its text. */
static const double PITCH = 10.5;
static const double PADDING = 3.75;
static const double SIDE = 4;
/* From the top of a line to its baseline. */
static const double ASCENT = 8;
static const double TITLE_HEIGHT = 22;
static const double AFTER = 16;

enum { LINES_MAX = 2 };

static double height_of(int lines) {
  return lines * PITCH + 2 * PADDING;
}

static bool is_fine(const struct pdf *pdf, const struct pdf_table *table) {
  if (table->count == 0 || table->count > PDF_COLUMNS_MAX || pdf->table.open || pdf->finished) {
    return false;
  }
  for (size_t i = 0; i < table->count; i++) {
    /* Also what is no number fails the comparison. */
    if (!(table->columns[i].share > 0 && table->columns[i].share <= 1e6)) {
      return false;
    }
  }
  return true;
}

/* Places the columns and lays out their heads. */
static void set_columns(struct pdf *pdf, const struct pdf_table *from) {
  struct table *table = &pdf->table;
  double shares = 0;
  for (size_t i = 0; i < from->count; i++) {
    shares += from->columns[i].share;
  }
  double x = pdf->left;
  int lines = 1;
  for (size_t i = 0; i < from->count; i++) {
    struct table_column *column = &table->columns[i];
    double width = (pdf->right - pdf->left) * from->columns[i].share / shares;
    column->x = x + SIDE;
    /* A column that is narrower than its padding still shows an ellipsis. */
    column->width = width > 3 * SIDE ? width - 2 * SIDE : SIDE;
    column->align = from->columns[i].align;
    column->head = text_layout_new(pdf, &head_style, column->width, LINES_MAX);
    size_t room = text_room(&head_style, column->width, LINES_MAX);
    pango_layout_set_text(column->head, text_clean(pdf, from->columns[i].title, room), -1);
    if (pango_layout_get_line_count(column->head) > 1) {
      lines = LINES_MAX;
    }
    x += width;
  }
  table->column_count = from->count;
  table->head_height = height_of(lines);
}

static void draw_cell(struct pdf *pdf, const struct table_column *column, PangoLayout *layout, double top) {
  struct text_place place = {.x = column->x,
                             .baseline = top + PADDING + ASCENT,
                             .width = column->width,
                             .align = column->align,
                             .pitch = PITCH};
  text_draw(pdf, layout, &place);
}

void table_heads(struct pdf *pdf) {
  const struct table *table = &pdf->table;
  double width = pdf->right - pdf->left;
  set_grey(pdf, 0.92);
  cairo_rectangle(pdf->cr, pdf->left, pdf->y, width, table->head_height);
  cairo_fill(pdf->cr);
  set_grey(pdf, 0.05);
  for (size_t i = 0; i < table->column_count; i++) {
    PangoLayout *head = table->columns[i].head;
    /* Heads stand on their last lines. */
    double height = height_of(pango_layout_get_line_count(head));
    draw_cell(pdf, &table->columns[i], head, pdf->y + table->head_height - height);
  }
  pdf->y += table->head_height;
  rule(pdf, pdf->left, pdf->y, width, 0.9, 0.15);
}

enum status pdf_table_begin(struct pdf *pdf, const struct pdf_table *from) {
  TRY(pdf->status);
  if (!is_fine(pdf, from)) {
    return STATUS_INVALID;
  }
  struct table *table = &pdf->table;
  *table = (struct table){.fitted = from->row_count <= PDF_ROWS_FITTED,
                          .lines_max = from->one_line ? 1 : LINES_MAX,
                          .told = from->row_count};
  set_columns(pdf, from);
  /* The heads never stand alone at the foot of a page. */
  double title = from->title.len > 0 ? TITLE_HEIGHT : 0;
  TRY(page_need(pdf, title + table->head_height + 2 * height_of(table->lines_max)));
  if (title > 0) {
    set_grey(pdf, 0.05);
    struct text_place place = {
        .x = pdf->left, .baseline = pdf->y + 12, .width = pdf->right - pdf->left, .pitch = 14};
    text_show(pdf, &title_style, &place, 1, from->title);
    pdf->y += title;
  }
  table->open = true;
  table_heads(pdf);
  return STATUS_OK;
}

/* The cell's text laid out: as it was kept, where the column had it lately. */
static PangoLayout *cell_layout(struct pdf *pdf, struct table_column *column, struct str cell) {
  int lines = pdf->table.lines_max;
  const char *text = text_clean(pdf, cell, text_room(&cell_style, column->width, lines));
  PangoLayout **kept = &column->kept[g_str_hash(text) % CELLS_KEPT];
  if (*kept == NULL) {
    *kept = text_layout_new(pdf, &cell_style, column->width, lines);
  }
  if (strcmp(pango_layout_get_text(*kept), text) != 0) {
    pango_layout_set_text(*kept, text, -1);
  }
  return *kept;
}

static enum status draw_row(struct pdf *pdf, const struct str *cells) {
  struct table *table = &pdf->table;
  PangoLayout *layouts[PDF_COLUMNS_MAX] = {NULL};
  int lines = 1;
  for (size_t i = 0; i < table->column_count; i++) {
    layouts[i] = cell_layout(pdf, &table->columns[i], cells[i]);
    if (!table->fitted) {
      lines = table->lines_max;
    } else if (pango_layout_get_line_count(layouts[i]) > lines) {
      lines = LINES_MAX;
    }
  }
  double height = height_of(lines);
  TRY(page_need(pdf, height));
  set_grey(pdf, 0.08);
  for (size_t i = 0; i < table->column_count; i++) {
    draw_cell(pdf, &table->columns[i], layouts[i], pdf->y);
  }
  pdf->y += height;
  rule(pdf, pdf->left, pdf->y, pdf->right - pdf->left, 0.35, 0.75);
  return pdf->status;
}

enum status pdf_row(struct pdf *pdf, const struct str *cells) {
  TRY(pdf->status);
  struct table *table = &pdf->table;
  if (!table->open) {
    return STATUS_INVALID;
  }
  if (table->told >= 0 && table->done >= table->told) {
    pdf->page_count = 0;
  }
  TRY(draw_row(pdf, cells));
  table->done++;
  return STATUS_OK;
}

static enum status say_no_data(struct pdf *pdf) {
  double height = height_of(LINES_MAX);
  TRY(page_need(pdf, height));
  struct text_place place = {.x = pdf->left,
                             .baseline = pdf->y + height / 2 + 3,
                             .width = pdf->right - pdf->left,
                             .align = PDF_ALIGN_CENTER,
                             .pitch = PITCH};
  set_grey(pdf, 0.4);
  text_show(pdf, &cell_style, &place, 1, pdf->head.words.no_data);
  pdf->y += height;
  rule(pdf, pdf->left, pdf->y, pdf->right - pdf->left, 0.35, 0.75);
  return pdf->status;
}

enum status pdf_table_end(struct pdf *pdf) {
  TRY(pdf->status);
  struct table *table = &pdf->table;
  if (!table->open) {
    return STATUS_INVALID;
  }
  if (table->done == 0) {
    TRY(say_no_data(pdf));
  } else if (table->done < table->told) {
    pdf->page_count = 0;
  }
  table_release(table);
  pdf->y += AFTER;
  return STATUS_OK;
}

int64_t table_page_count(const struct pdf *pdf) {
  const struct table *table = &pdf->table;
  if (!table->open || table->fitted || table->done >= table->told) {
    return 0;
  }
  int64_t left = table->told - table->done;
  int64_t room = (int64_t)page_room(pdf, table->head_height, height_of(table->lines_max));
  return pdf->page + (left + room - 1) / room;
}

void table_release(struct table *table) {
  for (size_t i = 0; i < table->column_count; i++) {
    g_object_unref(table->columns[i].head);
    for (size_t k = 0; k < CELLS_KEPT; k++) {
      g_clear_object(&table->columns[i].kept[k]);
    }
  }
  *table = (struct table){0};
}
