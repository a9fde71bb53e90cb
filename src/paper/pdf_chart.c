#include <math.h>
#include <string.h>

#include "paper/internal.h"

/* One dark hue and greys, so that a print in black and white tells as much. */
static const double INK[3] = {0.13, 0.29, 0.45};

/* Two rows of charts fit below the head of a landscape page, three on an upright one. */
static const double HEIGHT = 164;
static const double GAP = 24;
static const double AFTER = 14;
static const double TITLE_HEIGHT = 18;
static const double LEGEND_HEIGHT = 13;
static const double NUMBER_ROOM = 11;
/* Around a pie, for the slices' numbers; and from a key's edge to its label. */
static const double KEY_ROOM = 12;
static const double KEY_WIDTH = 20;
static const double VALUE_MAX = 1e15;

enum {
  BARS_HORIZONTAL_MAX = 11,
  SLICES_MAX = 8,
  TICKS = 4,
  LABELLED_BARS_MAX = 31,
  LABELLED_POINTS_MAX = 12,
  MARKED_POINTS_MAX = 31
};

static const struct text_style title_style = {.size = 10, .bold = true};
static const struct text_style label_style = {.size = 7.5};
static const struct text_style value_style = {.size = 7.5, .bold = true};
static const struct text_style total_style = {.size = 13, .bold = true};
static const double LABEL_PITCH = 9.5;

/* A part of the page, and the chart that stands in it. */
struct area {
  double x, y, width, height;
};

/* The values' axis: from 0 to `top` in steps. */
struct axis {
  double step;
  double top;
};

static void set_ink(struct pdf *pdf) {
  cairo_set_source_rgb(pdf->cr, INK[0], INK[1], INK[2]);
}

static void show(struct pdf *pdf, const struct text_style *style, double x, double baseline, double width,
                 enum pdf_align align, struct str text) {
  struct text_place place = {
      .x = x, .baseline = baseline, .width = width, .align = align, .pitch = LABEL_PITCH};
  text_show(pdf, style, &place, 1, text);
}

static double natural_width(struct pdf *pdf, const struct text_style *style, struct str text) {
  return text_width(text_layout(pdf, style, pdf->width, 1, text));
}

static double number_width(struct pdf *pdf, const struct text_style *style, double value) {
  char digits[NUMBER_SIZE];
  return natural_width(pdf, style, text_number(pdf, value, 0, digits));
}

static void show_number(struct pdf *pdf, const struct text_style *style, double x, double baseline,
                        double width, enum pdf_align align, double value) {
  char digits[NUMBER_SIZE];
  show(pdf, style, x, baseline, width, align, text_number(pdf, value, 0, digits));
}

/* Numbers. ----------------------------------------------------------------------------- */

static double sum_of(const struct pdf_point *points, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    sum += points[i].value;
  }
  return sum;
}

static size_t largest(const struct pdf_point *points, size_t count) {
  size_t at = 0;
  for (size_t i = 1; i < count; i++) {
    if (points[i].value > points[at].value) {
      at = i;
    }
  }
  return at;
}

/* Steps of 1, 2 or 5 at a power of ten; whole ones where all values are whole. */
static struct axis axis_of(const struct pdf_point *points, size_t count) {
  double most = points[largest(points, count)].value;
  /* Two decimals are shown. */
  double least = 0.01;
  bool whole = true;
  for (size_t i = 0; i < count; i++) {
    whole = whole && points[i].value == floor(points[i].value);
  }
  if (whole) {
    least = 1;
  }
  double wanted = fmax(most / TICKS, least);
  double unit = pow(10, floor(log10(wanted)));
  double part = wanted / unit;
  double step = unit * (part <= 1.001 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
  return (struct axis){.step = step, .top = step * fmax(ceil(most / step - 1e-9), 1)};
}

/* The first points, and the rest of them as one where they are more than `max`. */
static size_t put_together(const struct pdf *pdf, const struct pdf_chart *chart, size_t max,
                           struct pdf_point *points) {
  size_t count = chart->count <= max ? chart->count : max;
  memcpy(points, chart->points, count * sizeof(*points));
  if (chart->count > max) {
    points[max - 1] = (struct pdf_point){.label = pdf->head.words.others,
                                         .value = sum_of(chart->points + max - 1, chart->count - max + 1)};
  }
  return count;
}

/* Upright bars and lines. -------------------------------------------------------------- */

/* Grid, values at the left, base line. Narrows the area to what the points may fill. */
static void draw_axis(struct pdf *pdf, struct area *area, const struct axis *axis) {
  double width = 0;
  size_t steps = (size_t)(axis->top / axis->step + 0.5);
  for (size_t i = 0; i <= steps; i++) {
    width = fmax(width, number_width(pdf, &label_style, (double)i * axis->step));
  }
  for (size_t i = 0; i <= steps; i++) {
    double y = area->y + area->height * (1 - (double)i / (double)steps);
    rule(pdf, area->x + width + 6, y, area->width - width - 6, i == 0 ? 0.8 : 0.4, i == 0 ? 0.3 : 0.82);
    set_grey(pdf, 0.3);
    show_number(pdf, &label_style, area->x, y + 2.7, width + 0.5, PDF_ALIGN_END, (double)i * axis->step);
  }
  area->x += width + 6;
  area->width -= width + 6;
}

static double widest_label(struct pdf *pdf, const struct pdf_chart *chart) {
  double width = 0;
  for (size_t i = 0; i < chart->count; i++) {
    width = fmax(width, natural_width(pdf, &label_style, chart->points[i].label));
  }
  return width;
}

/* Labels below the points: all where they fit, in two lines at need; of many only every n-th. */
static void draw_labels(struct pdf *pdf, const struct area *area, const struct pdf_chart *chart) {
  double slot = area->width / (double)chart->count;
  size_t every = 1;
  double width = slot - 4;
  double widest = 0;
  if (chart->count > 12) {
    widest = fmin(widest_label(pdf, chart), 60);
    every = (size_t)ceil((widest + 5) / slot);
    width = fmax(slot * (double)every - 4, widest + 1);
  }
  set_grey(pdf, 0.2);
  for (size_t i = 0; i < chart->count; i += every) {
    double middle = area->x + slot * ((double)i + 0.5);
    if (every > 1) {
      /* The last one ends with the chart. */
      middle = fmin(middle, area->x + area->width - widest / 2);
    }
    struct text_place place = {.x = middle - width / 2,
                               .baseline = area->y + area->height + 11,
                               .width = width,
                               .align = PDF_ALIGN_CENTER,
                               .pitch = LABEL_PITCH};
    text_show(pdf, &label_style, &place, every == 1 ? 2 : 1, chart->points[i].label);
  }
}

/* Which way a line goes from its i-th point to another: 1 up, -1 down, 0 level or nowhere. */
static int slope(const struct pdf_chart *chart, size_t i, size_t to) {
  if (chart->kind != PDF_CHART_LINE || to >= chart->count) {
    return 0;
  }
  double rise = chart->points[to].value - chart->points[i].value;
  return rise > 0 ? 1 : rise < 0 ? -1 : 0;
}

/* The values at the points, where there is room for each; else only the largest. */
static void draw_values(struct pdf *pdf, const struct area *area, const struct axis *axis,
                        const struct pdf_chart *chart) {
  double slot = area->width / (double)chart->count;
  bool all = chart->count <= (chart->kind == PDF_CHART_LINE ? LABELLED_POINTS_MAX : LABELLED_BARS_MAX);
  for (size_t i = 0; i < chart->count && all; i++) {
    all = number_width(pdf, &value_style, chart->points[i].value) < slot - 1;
  }
  size_t only = largest(chart->points, chart->count);
  set_grey(pdf, 0.1);
  for (size_t i = 0; i < chart->count; i++) {
    if (!all && i != only) {
      continue;
    }
    double value = chart->points[i].value;
    double width = number_width(pdf, &value_style, value) + 1;
    /* Out of the line's way: it goes up at the left (before), at the right (after), or at both. */
    int before = slope(chart, i, i - 1);
    int after = slope(chart, i, i + 1);
    double middle = area->x + slot * ((double)i + 0.5) + (before * after < 0 ? before * width * 0.45 : 0);
    double x = fmin(fmax(middle - width / 2, area->x), area->x + area->width - width);
    double y = area->y + area->height * (1 - value / axis->top);
    bool below = before + after > 0 && before * after >= 0 && y + 10 < area->y + area->height;
    show_number(pdf, &value_style, x, below ? y + 10 : y - 4, width, PDF_ALIGN_CENTER, value);
  }
}

static void draw_bars(struct pdf *pdf, const struct area *area, const struct axis *axis,
                      const struct pdf_chart *chart) {
  double slot = area->width / (double)chart->count;
  double width = fmin(slot * 0.66, 44);
  set_ink(pdf);
  for (size_t i = 0; i < chart->count; i++) {
    double height = area->height * chart->points[i].value / axis->top;
    double middle = area->x + slot * ((double)i + 0.5);
    cairo_rectangle(pdf->cr, middle - width / 2, area->y + area->height - height, width, height);
  }
  cairo_fill(pdf->cr);
}

static void draw_line(struct pdf *pdf, const struct area *area, const struct axis *axis,
                      const struct pdf_chart *chart) {
  double slot = area->width / (double)chart->count;
  set_ink(pdf);
  /* A text leaves its end behind as the current point. */
  cairo_new_path(pdf->cr);
  cairo_set_line_width(pdf->cr, 1.4);
  cairo_set_line_join(pdf->cr, CAIRO_LINE_JOIN_ROUND);
  for (size_t i = 0; i < chart->count; i++) {
    double y = area->y + area->height * (1 - chart->points[i].value / axis->top);
    cairo_line_to(pdf->cr, area->x + slot * ((double)i + 0.5), y);
  }
  cairo_stroke(pdf->cr);
  if (chart->count > MARKED_POINTS_MAX) {
    return;
  }
  for (size_t i = 0; i < chart->count; i++) {
    double y = area->y + area->height * (1 - chart->points[i].value / axis->top);
    cairo_new_sub_path(pdf->cr);
    cairo_arc(pdf->cr, area->x + slot * ((double)i + 0.5), y, 2.1, 0, 2 * G_PI);
  }
  cairo_fill(pdf->cr);
}

static void draw_upright(struct pdf *pdf, struct area area, const struct pdf_chart *chart) {
  /* Two lines of labels below, one number above the highest point. */
  area.height -= 2 * LABEL_PITCH + 5 + NUMBER_ROOM;
  area.y += NUMBER_ROOM;
  struct axis axis = axis_of(chart->points, chart->count);
  draw_axis(pdf, &area, &axis);
  (chart->kind == PDF_CHART_LINE ? draw_line : draw_bars)(pdf, &area, &axis, chart);
  draw_labels(pdf, &area, chart);
  draw_values(pdf, &area, &axis, chart);
}

/* Horizontal bars. ---------------------------------------------------------------------- */

static void draw_horizontal(struct pdf *pdf, struct area area, const struct pdf_chart *chart) {
  struct pdf_point points[BARS_HORIZONTAL_MAX];
  size_t count = put_together(pdf, chart, BARS_HORIZONTAL_MAX, points);
  double most = points[largest(points, count)].value;
  double names = 0;
  double numbers = 0;
  for (size_t i = 0; i < count; i++) {
    names = fmax(names, natural_width(pdf, &label_style, points[i].label) + 1);
    numbers = fmax(numbers, number_width(pdf, &value_style, points[i].value) + 1);
  }
  names = fmin(names, area.width * 0.4);
  double room = area.width - names - numbers - 12;
  double slot = fmin(area.height / (double)count, 22);
  for (size_t i = 0; i < count; i++) {
    double y = area.y + slot * (double)i;
    double baseline = y + slot / 2 + 2.7;
    double length = most > 0 ? room * points[i].value / most : 0;
    set_grey(pdf, 0.15);
    show(pdf, &label_style, area.x, baseline, names, PDF_ALIGN_END, points[i].label);
    show_number(pdf, &value_style, area.x + names + 6 + length + 4, baseline, numbers, PDF_ALIGN_START,
                points[i].value);
    set_ink(pdf);
    cairo_rectangle(pdf->cr, area.x + names + 6, y + slot * 0.17, length, slot * 0.66);
    cairo_fill(pdf->cr);
  }
  set_grey(pdf, 0.3);
  cairo_set_line_width(pdf->cr, 0.8);
  cairo_move_to(pdf->cr, area.x + names + 6, area.y);
  cairo_line_to(pdf->cr, area.x + names + 6, area.y + slot * (double)count);
  cairo_stroke(pdf->cr);
}

/* Pies. ---------------------------------------------------------------------------------- */

/* From dark to light: neighbours differ, and the numbers beside the slices tell them apart in any print. */
static void set_shade(struct pdf *pdf, size_t i, size_t count) {
  double light = count > 1 ? 0.86 * (double)i / (double)(count - 1) : 0;
  cairo_set_source_rgb(pdf->cr, INK[0] + (1 - INK[0]) * light, INK[1] + (1 - INK[1]) * light,
                       INK[2] + (1 - INK[2]) * light);
}

/* Fills the path in the current colour and draws its edge. */
static void outline(struct pdf *pdf) {
  cairo_fill_preserve(pdf->cr);
  set_grey(pdf, 0.2);
  cairo_set_line_width(pdf->cr, 0.5);
  cairo_stroke(pdf->cr);
}

static void draw_slice(struct pdf *pdf, double x, double y, double outer, double inner, double from,
                       double to) {
  cairo_new_path(pdf->cr);
  cairo_arc(pdf->cr, x, y, outer, from, to);
  if (inner > 0) {
    cairo_arc_negative(pdf->cr, x, y, inner, to, from);
  } else if (to - from < 2 * G_PI) {
    cairo_line_to(pdf->cr, x, y);
  }
  cairo_close_path(pdf->cr);
}

/* What the legend has room for. */
struct keys {
  double sum;
  double value_width;
  double share_width;
  size_t count;
};

static void draw_slices(struct pdf *pdf, const struct area *box, double inner_part,
                        const struct pdf_point *points, const struct keys *keys) {
  double radius = box->width / 2 - KEY_ROOM;
  double x = box->x + box->width / 2;
  double y = box->y + box->height / 2;
  double from = -G_PI / 2;
  double numbered_at = -1e9;
  for (size_t i = 0; i < keys->count; i++) {
    if (points[i].value <= 0) {
      continue;
    }
    double to = from + 2 * G_PI * points[i].value / keys->sum;
    draw_slice(pdf, x, y, radius, radius * inner_part, from, to);
    set_shade(pdf, i, keys->count);
    outline(pdf);
    double middle = (from + to) / 2;
    /* A number for each slice that is wide enough not to print over its neighbour's. */
    if ((middle - numbered_at) * (radius + KEY_ROOM / 2) > LABEL_PITCH) {
      char key[NUMBER_SIZE];
      set_grey(pdf, 0.15);
      show(pdf, &label_style, x + cos(middle) * (radius + 7) - 8, y + sin(middle) * (radius + 7) + 2.7, 16,
           PDF_ALIGN_CENTER, text_number(pdf, (double)i + 1, 0, key));
      numbered_at = middle;
    }
    from = to;
  }
}

static void draw_key(struct pdf *pdf, struct area row, size_t i, const struct pdf_point *point,
                     const struct keys *keys) {
  double baseline = row.y + row.height / 2 + 2.7;
  char text[NUMBER_SIZE];
  cairo_rectangle(pdf->cr, row.x, baseline - 7, 8, 8);
  set_shade(pdf, i, keys->count);
  outline(pdf);
  set_grey(pdf, 0.15);
  show(pdf, &label_style, row.x + 12, baseline, 8, PDF_ALIGN_START, text_number(pdf, (double)i + 1, 0, text));
  double end = row.x + row.width - keys->share_width;
  show_number(pdf, &value_style, end - keys->value_width, baseline, keys->value_width, PDF_ALIGN_END,
              point->value);
  struct str share = text_number(pdf, round(1000 * point->value / keys->sum) / 10, 1, text);
  text[share.len] = '%';
  show(pdf, &label_style, end, baseline, keys->share_width, PDF_ALIGN_END, (struct str){text, share.len + 1});
  double width = row.width - keys->share_width - keys->value_width - 8 - KEY_WIDTH;
  int lines = row.height >= 2 * LABEL_PITCH - 2 ? 2 : 1;
  PangoLayout *layout = text_layout(pdf, &label_style, width, lines, point->label);
  bool two = pango_layout_get_line_count(layout) > 1;
  struct text_place place = {.x = row.x + KEY_WIDTH,
                             .baseline = baseline - (two ? LABEL_PITCH / 2 - 0.5 : 0),
                             .width = width,
                             .pitch = LABEL_PITCH - 1};
  text_draw(pdf, layout, &place);
}

static void draw_pie(struct pdf *pdf, struct area area, const struct pdf_chart *chart) {
  struct pdf_point points[SLICES_MAX];
  struct keys keys = {.count = put_together(pdf, chart, SLICES_MAX, points)};
  keys.sum = sum_of(points, keys.count);
  keys.share_width = number_width(pdf, &label_style, 100) + 18;
  for (size_t i = 0; i < keys.count; i++) {
    keys.value_width = fmax(keys.value_width, number_width(pdf, &value_style, points[i].value) + 1);
  }
  keys.value_width = fmin(keys.value_width, area.width / 4);
  double side = fmin(area.height, area.width * 0.42);
  struct area box = {.x = area.x, .y = area.y + (area.height - side) / 2, .width = side, .height = side};
  double inner_part = chart->kind == PDF_CHART_DONUT ? 0.6 : 0;
  draw_slices(pdf, &box, inner_part, points, &keys);
  if (chart->kind == PDF_CHART_DONUT) {
    double inner = (side / 2 - KEY_ROOM) * inner_part;
    bool fits = number_width(pdf, &total_style, keys.sum) < 1.75 * inner;
    set_grey(pdf, 0.1);
    show_number(pdf, fits ? &total_style : &value_style, box.x + side / 2 - inner,
                box.y + side / 2 + (fits ? 4.7 : 2.7), 2 * inner, PDF_ALIGN_CENTER, keys.sum);
  }
  double slot = fmin(area.height / (double)keys.count, 20);
  struct area row = {.x = area.x + side + 8,
                     .y = area.y + (area.height - slot * (double)keys.count) / 2,
                     /* A legend is read across, so it is not pulled apart in a wide chart. */
                     .width = fmin(area.width - side - 8, 250),
                     .height = slot};
  for (size_t i = 0; i < keys.count; i++) {
    draw_key(pdf, row, i, &points[i], &keys);
    row.y += slot;
  }
}

/* A chart. ------------------------------------------------------------------------------- */

static bool is_pie(const struct pdf_chart *chart) {
  return chart->kind == PDF_CHART_PIE || chart->kind == PDF_CHART_DONUT;
}

static void draw_legend(struct pdf *pdf, struct area *area, const struct pdf_chart *chart) {
  if (chart->series.len == 0) {
    return;
  }
  double middle = area->y + LEGEND_HEIGHT / 2 - 1.5;
  double indent = 0;
  /* The parts of a pie have keys of their own. */
  if (!is_pie(chart)) {
    indent = 12;
    double swatch = chart->kind == PDF_CHART_LINE ? 1.4 : 6;
    set_ink(pdf);
    cairo_rectangle(pdf->cr, area->x, middle - swatch / 2, 8, swatch);
    cairo_fill(pdf->cr);
  }
  set_grey(pdf, 0.3);
  show(pdf, &label_style, area->x + indent, middle + 2.7, area->width - indent, PDF_ALIGN_START,
       chart->series);
  area->y += LEGEND_HEIGHT;
  area->height -= LEGEND_HEIGHT;
}

static void say_no_data(struct pdf *pdf, const struct area *area) {
  set_grey(pdf, 0.7);
  cairo_set_line_width(pdf->cr, 0.5);
  cairo_rectangle(pdf->cr, area->x, area->y, area->width, area->height);
  cairo_stroke(pdf->cr);
  set_grey(pdf, 0.4);
  show(pdf, &label_style, area->x, area->y + area->height / 2 + 2.7, area->width, PDF_ALIGN_CENTER,
       pdf->head.words.no_data);
}

static void draw_chart(struct pdf *pdf, struct area area, const struct pdf_chart *chart) {
  set_grey(pdf, 0.05);
  show(pdf, &title_style, area.x, area.y + 9, area.width, PDF_ALIGN_START, chart->title);
  area.y += TITLE_HEIGHT;
  area.height -= TITLE_HEIGHT;
  if (chart->count == 0 || (is_pie(chart) && sum_of(chart->points, chart->count) <= 0)) {
    say_no_data(pdf, &area);
    return;
  }
  draw_legend(pdf, &area, chart);
  if (is_pie(chart)) {
    draw_pie(pdf, area, chart);
  } else if (chart->kind == PDF_CHART_BAR_HORIZONTAL) {
    draw_horizontal(pdf, area, chart);
  } else {
    draw_upright(pdf, area, chart);
  }
}

static bool is_fine(const struct pdf_chart *chart) {
  if (chart->count > PDF_POINTS_MAX) {
    return false;
  }
  for (size_t i = 0; i < chart->count; i++) {
    /* Also what is no number fails the comparison. */
    if (!(chart->points[i].value >= 0 && chart->points[i].value <= VALUE_MAX)) {
      return false;
    }
  }
  return true;
}

enum status pdf_charts(struct pdf *pdf, const struct pdf_chart *charts, size_t count) {
  TRY(pdf->status);
  if (pdf->table.open || pdf->finished) {
    return STATUS_INVALID;
  }
  for (size_t i = 0; i < count; i++) {
    if (!is_fine(&charts[i])) {
      return STATUS_INVALID;
    }
  }
  double whole = pdf->right - pdf->left;
  for (size_t i = 0; i < count; i += 2) {
    TRY(page_need(pdf, HEIGHT));
    bool alone = i + 1 == count;
    struct area area = {
        .x = pdf->left, .y = pdf->y, .width = alone ? whole : (whole - GAP) / 2, .height = HEIGHT};
    draw_chart(pdf, area, &charts[i]);
    if (!alone) {
      area.x += area.width + GAP;
      draw_chart(pdf, area, &charts[i + 1]);
    }
    pdf->y += HEIGHT + AFTER;
  }
  return STATUS_OK;
}
