#include "paper/pdf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/time.h"
#include "paper/internal.h"

/* A4, in points. */
static const double PAPER_SHORT = 595.276;
static const double PAPER_LONG = 841.89;
static const double MARGIN = 42;
/* From the lower edge of the paper to the end of the content. */
static const double CONTENT_END = 54;

enum {
  CHUNK_BYTES = 64 * 1024,
  HEAD_BYTES_MAX = 64 * 1024,
  HEAD_TEXT_MAX = 300,
  FILTERS_BYTES_MAX = 16 * 1024
};

static const struct text_style fact_label_style = {.size = 8};
static const struct text_style fact_value_style = {.size = 16, .bold = true};
static const struct text_style fact_tight_style = {.size = 12, .bold = true};

/* What goes out. ---------------------------------------------------------------------- */

static enum status send_bytes(struct pdf *pdf, struct str bytes) {
  if (pdf->status == STATUS_OK && bytes.len > 0) {
    pdf->status = pdf->write(pdf->arg, bytes);
  }
  return pdf->status;
}

static enum status send_waiting(struct pdf *pdf) {
  enum status status = send_bytes(pdf, buf_str(&pdf->out));
  buf_clear(&pdf->out);
  return status;
}

/* The library writes piece by piece; the sink gets larger ones. */
static cairo_status_t take_bytes(void *arg, const unsigned char *bytes, unsigned len) {
  struct pdf *pdf = arg;
  if (pdf->out.len + len > CHUNK_BYTES) {
    (void)send_waiting(pdf);
  }
  if (len > CHUNK_BYTES) {
    (void)send_bytes(pdf, (struct str){(const char *)bytes, len});
  } else {
    buf_add(&pdf->out, bytes, len);
  }
  return pdf->status == STATUS_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

enum status drawn(struct pdf *pdf, cairo_status_t status) {
  if (pdf->status == STATUS_OK && status != CAIRO_STATUS_SUCCESS) {
    LOG(LOG_ERROR, "A page of a report could not be drawn.", LOG_S("why", cairo_status_to_string(status)));
    pdf->status = STATUS_BROKEN;
  }
  return pdf->status;
}

/* The document. ------------------------------------------------------------------------ */

static struct str keep_text(struct pdf *pdf, struct str text) {
  return str_copy(pdf->arena, str_of(text_clean(pdf, text, HEAD_TEXT_MAX)));
}

static struct str keep_separator(struct pdf *pdf, struct str text) {
  bool fits = text.len <= PDF_SEPARATOR_MAX && str_utf8(text);
  return fits && text.len > 0 ? str_copy(pdf->arena, text) : STR("");
}

/* "Status: open  ·  Team: north" as one text. */
static struct str join_filters(struct pdf *pdf, const struct pdf_pair *filters, size_t count) {
  CLEANUP_BUF struct buf joined;
  buf_init(&joined, FILTERS_BYTES_MAX);
  for (size_t i = 0; i < count; i++) {
    if (i > 0) {
      buf_add_text(&joined, " · ");
    }
    buf_add_text(&joined, text_clean(pdf, filters[i].label, HEAD_TEXT_MAX));
    buf_add_text(&joined, ": ");
    buf_add_text(&joined, text_clean(pdf, filters[i].value, HEAD_TEXT_MAX));
  }
  return str_copy(pdf->arena, buf_str(&joined));
}

static void keep_head(struct pdf *pdf, const struct pdf_head *head) {
  const struct pdf_words *words = &head->words;
  struct pdf_head *kept = &pdf->head;
  kept->title = keep_text(pdf, head->title);
  kept->desk = keep_text(pdf, head->desk);
  kept->period = keep_text(pdf, head->period);
  kept->made.label = keep_text(pdf, head->made.label);
  kept->made.value = keep_text(pdf, head->made.value);
  kept->made_at = head->made_at;
  kept->landscape = head->landscape;
  kept->words.page_of = keep_text(pdf, words->page_of);
  kept->words.page = keep_text(pdf, words->page);
  kept->words.no_data = keep_text(pdf, words->no_data);
  kept->words.others = keep_text(pdf, words->others);
  kept->words.decimal = keep_separator(pdf, words->decimal);
  kept->words.group = keep_separator(pdf, words->group);
  pdf->filters = join_filters(pdf, head->filters, head->filter_count);
}

static void set_properties(struct pdf *pdf) {
  cairo_pdf_surface_set_metadata(pdf->surface, CAIRO_PDF_METADATA_TITLE, pdf->head.title.at);
  cairo_pdf_surface_set_metadata(pdf->surface, CAIRO_PDF_METADATA_AUTHOR, pdf->head.desk.at);
  cairo_pdf_surface_set_metadata(pdf->surface, CAIRO_PDF_METADATA_CREATOR, "Sigap");
  if (pdf->head.made_at != 0) {
    /* The library reads whole seconds. */
    char made[TIME_TEXT_SIZE];
    time_print(pdf->head.made_at - pdf->head.made_at % TIME_SECOND_US, made);
    cairo_pdf_surface_set_metadata(pdf->surface, CAIRO_PDF_METADATA_CREATE_DATE, made);
  }
}

bool pdf_available(void) {
  return libs_load();
}

struct pdf *pdf_new(const struct pdf_head *head, pdf_sink write, void *arg) {
  if (!libs_load()) {
    die("A report was begun without what draws it.");
  }
  struct pdf *pdf = calloc(1, sizeof(*pdf));
  if (pdf == NULL) {
    die("Out of memory for a report.");
  }
  pdf->write = write;
  pdf->arg = arg;
  buf_init(&pdf->out, CHUNK_BYTES);
  pdf->arena = arena_new(HEAD_BYTES_MAX);
  text_setup(pdf);
  keep_head(pdf, head);
  pdf->width = head->landscape ? PAPER_LONG : PAPER_SHORT;
  pdf->height = head->landscape ? PAPER_SHORT : PAPER_LONG;
  pdf->left = MARGIN;
  pdf->right = pdf->width - MARGIN;
  pdf->bottom = pdf->height - CONTENT_END;
  pdf->surface = cairo_pdf_surface_create_for_stream(take_bytes, pdf, pdf->width, pdf->height);
  pdf->paper = cairo_create(pdf->surface);
  set_properties(pdf);
  return pdf;
}

void pdf_free(struct pdf *pdf) {
  if (pdf == NULL) {
    return;
  }
  /* What the library writes while it goes is no document any more. */
  if (pdf->status == STATUS_OK) {
    pdf->status = STATUS_STATE;
  }
  if (pdf->cr != NULL && pdf->cr != pdf->paper) {
    cairo_destroy(pdf->cr);
  }
  for (size_t i = 0; i < pdf->held_count; i++) {
    cairo_surface_destroy(pdf->held[i]);
  }
  cairo_destroy(pdf->paper);
  cairo_surface_destroy(pdf->surface);
  table_release(&pdf->table);
  text_release(pdf);
  arena_free(pdf->arena);
  buf_release(&pdf->out);
  free(pdf);
}

enum status pdf_finish(struct pdf *pdf) {
  TRY(pdf->status);
  if (pdf->finished || pdf->table.open) {
    return STATUS_INVALID;
  }
  if (pdf->page == 0) {
    TRY(page_need(pdf, 0));
  }
  pdf->finished = true;
  TRY(page_finish(pdf));
  cairo_surface_finish(pdf->surface);
  TRY(drawn(pdf, cairo_surface_status(pdf->surface)));
  return send_waiting(pdf);
}

/* Key figures. ------------------------------------------------------------------------- */

enum { FACTS_UPRIGHT = 4, FACTS_LANDSCAPE = 6 };
static const double FACT_HEIGHT = 46;
static const double FACT_GAP = 12;

static void draw_fact(struct pdf *pdf, const struct pdf_pair *fact, const struct text_style *style, double x,
                      double width) {
  rule(pdf, x, pdf->y, width, 0.9, 0.25);
  set_grey(pdf, 0.38);
  struct text_place label = {.x = x, .baseline = pdf->y + 12, .width = width, .pitch = 10};
  text_show(pdf, &fact_label_style, &label, 1, fact->label);
  set_grey(pdf, 0.1);
  struct text_place value = {.x = x, .baseline = pdf->y + 30, .width = width, .pitch = 20};
  text_show(pdf, style, &value, 1, fact->value);
}

/* One size for all: the large one where every value fits. */
static const struct text_style *fact_style(struct pdf *pdf, const struct pdf_pair *facts, size_t count,
                                           double width) {
  for (size_t i = 0; i < count; i++) {
    if (text_width(text_layout(pdf, &fact_value_style, pdf->width, 1, facts[i].value)) > width) {
      return &fact_tight_style;
    }
  }
  return &fact_value_style;
}

enum status pdf_facts(struct pdf *pdf, const struct pdf_pair *facts, size_t count) {
  TRY(pdf->status);
  if (count > PDF_FACTS_MAX || pdf->table.open || pdf->finished) {
    return STATUS_INVALID;
  }
  size_t most = pdf->head.landscape ? FACTS_LANDSCAPE : FACTS_UPRIGHT;
  size_t rows = (count + most - 1) / most;
  /* Rows as even as can be: five figures are three and two. */
  size_t columns = rows > 0 ? (count + rows - 1) / rows : 1;
  double width = (pdf->right - pdf->left - (double)(columns - 1) * FACT_GAP) / (double)columns;
  const struct text_style *style = fact_style(pdf, facts, count, width);
  for (size_t i = 0; i < count; i++) {
    size_t column = i % columns;
    if (column == 0) {
      TRY(page_need(pdf, FACT_HEIGHT));
    }
    draw_fact(pdf, &facts[i], style, pdf->left + (double)column * (width + FACT_GAP), width);
    if (column == columns - 1 || i == count - 1) {
      pdf->y += FACT_HEIGHT;
    }
  }
  return STATUS_OK;
}
