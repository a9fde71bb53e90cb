#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "paper/internal.h"

/* Families in the order in which they are asked; what none of them has comes from any font of
 * the machine that has it. */
static const char families[] = "Noto Sans, DejaVu Sans, sans-serif";

/* No text that fits on a page has more. */
enum { CLEAN_BYTES_MAX = 32 * 1024 };

/* How far ink may reach above a baseline and below it, in line pitches. */
static const double ASCENT_MAX = 1.1;
static const double DESCENT_MAX = 0.55;

#if defined(__clang__)
#define SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#if SANITIZED
const char *__lsan_default_suppressions(void);
/* fontconfig keeps one configuration for the life of the process, in a form in which LeakSanitizer
 * does not find it: 288 bytes, however many documents there were. FcFini would free it, but at the
 * end of the process may still meet a thread of pango's. We ourselves hold nothing of fontconfig's. */
const char *__lsan_default_suppressions(void) {
  return "leak:libfontconfig.so\n";
}
#endif

void text_setup(struct pdf *pdf) {
  pdf->fonts = pango_cairo_font_map_new();
  pdf->context = pango_font_map_create_context(pdf->fonts);
  /* A unit is a point, and shapes don't depend on the grid of any screen. */
  pango_cairo_context_set_resolution(pdf->context, 72);
  cairo_font_options_t *options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(pdf->context, options);
  cairo_font_options_destroy(options);
  pango_context_set_round_glyph_positions(pdf->context, FALSE);
  pdf->layout = pango_layout_new(pdf->context);
  buf_init(&pdf->clean_text, CLEAN_BYTES_MAX);
}

void text_release(struct pdf *pdf) {
  g_object_unref(pdf->layout);
  g_object_unref(pdf->context);
  g_object_unref(pdf->fonts);
  buf_release(&pdf->clean_text);
}

/* The next character of a text, which is not empty, and its bytes. */
static gunichar next_char(const char *at, size_t len, size_t *bytes) {
  unsigned char first = (unsigned char)*at;
  *bytes = 1;
  if (first < 0x80) {
    return first;
  }
  gunichar c = g_utf8_get_char_validated(at, (gssize)len);
  if (c >= 0x110000) {
    return 0xfffd;
  }
  *bytes = (size_t)g_unichar_to_utf8(c, NULL);
  /* The code points that are no characters stop the drawing library. */
  bool none = (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
  return none ? 0xfffd : c;
}

static bool is_blank(gunichar c) {
  return c <= 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
}

const char *text_clean(struct pdf *pdf, struct str text, size_t max) {
  struct buf *out = &pdf->clean_text;
  buf_clear(out);
  bool blank = false;
  size_t count = 0;
  size_t bytes;
  for (size_t at = 0; at < text.len; at += bytes) {
    gunichar c = next_char(text.at + at, text.len - at, &bytes);
    if (is_blank(c)) {
      blank = true;
      continue;
    }
    if (count >= max) {
      buf_add_text(out, "…");
      break;
    }
    if (blank && out->len > 0) {
      buf_add_char(out, ' ');
      count++;
    }
    blank = false;
    if (c == 0xfffd) {
      buf_add_text(out, "\xef\xbf\xbd");
    } else {
      buf_add(out, text.at + at, bytes);
    }
    count++;
  }
  buf_add_char(out, '\0');
  if (out->full) {
    die("A text of a report is longer than any that it has room for.");
  }
  return out->at;
}

static void set_style(PangoLayout *layout, const struct text_style *style, double width, int lines) {
  PangoFontDescription *font = pango_font_description_new();
  pango_font_description_set_family_static(font, families);
  pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
  pango_font_description_set_weight(font, style->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description(layout, font);
  pango_font_description_free(font);
  /* A word that is too long for its line is cut, but not as if it had a hyphen there. */
  PangoAttrList *attributes = pango_attr_list_new();
  pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
  pango_layout_set_attributes(layout, attributes);
  pango_attr_list_unref(attributes);
  pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
  pango_layout_set_height(layout, -lines);
  pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
}

PangoLayout *text_layout_new(struct pdf *pdf, const struct text_style *style, double width, int lines) {
  PangoLayout *layout = pango_layout_new(pdf->context);
  set_style(layout, style, width, lines);
  return layout;
}

size_t text_room(const struct text_style *style, double width, int lines) {
  /* The narrowest letters are a quarter of the size wide. */
  return (size_t)(lines * width / (style->size * 0.25)) + 8;
}

PangoLayout *text_layout(struct pdf *pdf, const struct text_style *style, double width, int lines,
                         struct str text) {
  set_style(pdf->layout, style, width, lines);
  pango_layout_set_text(pdf->layout, text_clean(pdf, text, text_room(style, width, lines)), -1);
  return pdf->layout;
}

double text_width(PangoLayout *layout) {
  PangoRectangle logical;
  pango_layout_get_extents(layout, NULL, &logical);
  return (double)logical.width / PANGO_SCALE;
}

static double line_x(PangoLayoutLine *line, const struct text_place *place, double width) {
  double rest = place->width - width;
  if (place->align == PDF_ALIGN_CENTER) {
    return place->x + rest / 2;
  }
  /* A text that runs from right to left starts at the right. */
  bool at_right =
      place->align == PDF_ALIGN_END || pango_layout_line_get_resolved_direction(line) == PANGO_DIRECTION_RTL;
  return place->x + (at_right ? rest : 0);
}

/* The library would put the whole text that an ellipsis stands for into the page's text, to be found
 * and copied where nobody sees it: so the ellipsis is drawn as no more than its glyph. */
static void draw_runs(struct pdf *pdf, PangoLayoutLine *line, double x, double baseline) {
  const char *text = pango_layout_get_text(line->layout);
  for (GSList *at = line->runs; at != NULL; at = at->next) {
    PangoLayoutRun *run = at->data;
    cairo_move_to(pdf->cr, x, baseline);
    if ((run->item->analysis.flags & PANGO_ANALYSIS_FLAG_IS_ELLIPSIS) != 0) {
      pango_cairo_show_glyph_string(pdf->cr, run->item->analysis.font, run->glyphs);
    } else {
      pango_cairo_show_glyph_item(pdf->cr, text, run);
    }
    x += (double)pango_glyph_string_get_width(run->glyphs) / PANGO_SCALE;
  }
}

static void draw_line(struct pdf *pdf, PangoLayoutLine *line, const struct text_place *place,
                      double baseline) {
  PangoRectangle ink;
  PangoRectangle logical;
  pango_layout_line_get_extents(line, &ink, &logical);
  double x = line_x(line, place, (double)logical.width / PANGO_SCALE);
  double above = place->pitch * ASCENT_MAX;
  double below = place->pitch * DESCENT_MAX;
  double left = x + (double)ink.x / PANGO_SCALE;
  bool over = (double)-ink.y / PANGO_SCALE > above || (double)(ink.y + ink.height) / PANGO_SCALE > below ||
              left < place->x - 1 || left + (double)ink.width / PANGO_SCALE > place->x + place->width + 1;
  if (over) {
    cairo_save(pdf->cr);
    cairo_rectangle(pdf->cr, place->x - 1, baseline - above, place->width + 2, above + below);
    cairo_clip(pdf->cr);
  }
  draw_runs(pdf, line, x, baseline);
  if (over) {
    cairo_restore(pdf->cr);
  }
}

void text_draw(struct pdf *pdf, PangoLayout *layout, const struct text_place *place) {
  /* The lines stand on our own baselines: a layout's depend on the fonts that each line happened to need. */
  double baseline = place->baseline;
  for (GSList *line = pango_layout_get_lines_readonly(layout); line != NULL; line = line->next) {
    draw_line(pdf, line->data, place, baseline);
    baseline += place->pitch;
  }
}

int text_show(struct pdf *pdf, const struct text_style *style, const struct text_place *place, int lines,
              struct str text) {
  PangoLayout *layout = text_layout(pdf, style, place->width, lines, text);
  text_draw(pdf, layout, place);
  return pango_layout_get_line_count(layout);
}

void set_grey(struct pdf *pdf, double grey) {
  cairo_set_source_rgb(pdf->cr, grey, grey, grey);
}

void rule(struct pdf *pdf, double x, double y, double width, double thickness, double grey) {
  set_grey(pdf, grey);
  cairo_set_line_width(pdf->cr, thickness);
  cairo_move_to(pdf->cr, x, y);
  cairo_line_to(pdf->cr, x + width, y);
  cairo_stroke(pdf->cr);
}

struct str text_number(const struct pdf *pdf, double value, size_t least, char out[NUMBER_SIZE]) {
  char digits[32];
  int len = snprintf(digits, sizeof(digits), "%.2f", value);
  size_t whole = (size_t)len - 3;
  size_t decimals = 2;
  while (decimals > least && digits[whole + decimals] == '0') {
    decimals--;
  }
  const struct pdf_words *words = &pdf->head.words;
  char *to = out;
  for (size_t i = 0; i < whole; i++) {
    if (i > 0 && (whole - i) % 3 == 0) {
      to = mempcpy(to, words->group.at, words->group.len);
    }
    *to++ = digits[i];
  }
  if (decimals > 0) {
    to = mempcpy(to, words->decimal.at, words->decimal.len);
    to = mempcpy(to, digits + whole + 1, decimals);
  }
  return (struct str){out, (size_t)(to - out)};
}
