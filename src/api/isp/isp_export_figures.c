#include "api/isp/isp_reports.h"
#include "paper/csv.h"

/* The other two reports as files: what happened in each period, and what lies in the warehouse. */

enum { CSV_MAX_BYTES = 4 * 1024 * 1024, ITEM_LOT = 500 };

static struct str number(const struct isp_paper *paper, double value, int decimals) {
  return isp_number(paper, paper->call->ctx.arena, value, decimals);
}

static enum status send_csv(struct call *call, struct buf *csv) {
  enum status status =
      csv->full ? problem_set(&call->ctx, &problem_too_large) : call_write(call, buf_str(csv));
  buf_clear(csv);
  return status;
}

/* ---- performance: CSV ---- */

static void csv_figures(struct buf *csv, const struct isp_figures *row) {
  csv_int(csv, row->created);
  csv_int(csv, row->completed);
  csv_real(csv, row->hours);
  csv_real(csv, row->rating);
  csv_real(csv, row->on_time_rate);
  csv_real(csv, row->first_call);
  csv_end(csv);
}

static enum status performance_csv(struct call *call, const struct isp_performance_report *report) {
  static const struct str titles[] = {
      {"period", 6},          {"date_from", 9},     {"date_to", 7},
      {"created", 7},         {"completed", 9},     {"average_completion_time", 23},
      {"average_rating", 14}, {"on_time_rate", 12}, {"first_call_resolution", 21},
  };
  CLEANUP_BUF struct buf csv;
  buf_init(&csv, CSV_MAX_BYTES);
  csv_head(&csv, titles, sizeof titles / sizeof *titles);
  const struct isp_figures *rows = report->periods.at;
  for (size_t i = 0; i < report->periods.count; i++) {
    csv_text(&csv, rows[i].period);
    csv_text(&csv, rows[i].date_from);
    csv_text(&csv, rows[i].date_to);
    csv_figures(&csv, &rows[i]);
  }
  return send_csv(call, &csv);
}

/* ---- performance: PDF ---- */

/* Tickets are made by customers: a technician's report has no figure of it, and needs no list of technicians.
 */
static bool of_all(const struct isp_performance_report *report) {
  return report->technician.len == 0;
}

static enum status performance_facts(const struct isp_paper *paper, struct pdf *pdf,
                                     const struct isp_performance_report *report) {
  const struct isp_figures *sum = report->summary;
  size_t first = of_all(report) ? 0 : 1;
  const struct pdf_pair facts[] = {
      {isp_phrase(paper, SAY_CREATED), number(paper, (double)sum->created, 0)}, /* first: see of_all */
      {isp_phrase(paper, SAY_COMPLETED), number(paper, (double)sum->completed, 0)},
      {isp_phrase(paper, SAY_HOURS), number(paper, sum->hours, 2)},
      {isp_phrase(paper, SAY_RATING), number(paper, sum->rating, 2)},
      {isp_phrase(paper, SAY_ON_TIME), number(paper, sum->on_time_rate, 1)},
      {isp_phrase(paper, SAY_FIRST_CALL), number(paper, sum->first_call, 1)},
  };
  return pdf_facts(pdf, facts + first, sizeof facts / sizeof *facts - first);
}

/* The latest periods, as many as a chart can show. */
static enum status performance_charts(const struct isp_paper *paper, struct pdf *pdf,
                                      const struct isp_performance_report *report) {
  size_t count = report->periods.count;
  size_t shown = count < PDF_POINTS_MAX ? count : PDF_POINTS_MAX;
  const struct isp_figures *rows = (const struct isp_figures *)report->periods.at + (count - shown);
  const struct isp_figures *people = report->technicians.at;
  size_t people_count =
      report->technicians.count < PDF_POINTS_MAX ? report->technicians.count : PDF_POINTS_MAX;
  struct arena *arena = paper->call->ctx.arena;
  struct pdf_point *trend = ARENA_ARRAY(arena, struct pdf_point, shown + 1);
  struct pdf_point *best = ARENA_ARRAY(arena, struct pdf_point, people_count + 1);
  for (size_t i = 0; i < shown; i++) {
    trend[i] = (struct pdf_point){isp_period_label(paper, arena, report->period, rows[i].first_day),
                                  (double)rows[i].completed};
  }
  for (size_t i = 0; i < people_count; i++) {
    best[i] = (struct pdf_point){people[i].full_name, (double)people[i].completed};
  }
  const struct pdf_chart charts[] = {
      {PDF_CHART_LINE, isp_phrase(paper, SAY_COMPLETED), isp_phrase(paper, SAY_TOTAL), trend, shown},
      {PDF_CHART_BAR_HORIZONTAL, isp_phrase(paper, SAY_TECHNICIAN), isp_phrase(paper, SAY_COMPLETED), best,
       people_count},
  };
  return pdf_charts(pdf, charts, of_all(report) ? 2 : 1);
}

/* ---- performance: the tables of the document ---- */

enum { FIGURES = 5 };

static void figure_columns(const struct isp_paper *paper, struct pdf_column columns[FIGURES]) {
  static const enum isp_phrase titles[FIGURES] = {SAY_COMPLETED, SAY_HOURS, SAY_RATING, SAY_ON_TIME,
                                                  SAY_FIRST_CALL};
  for (size_t i = 0; i < FIGURES; i++) {
    columns[i] = (struct pdf_column){isp_phrase(paper, titles[i]), 12, PDF_ALIGN_END};
  }
}

static void figure_cells(const struct isp_paper *paper, const struct isp_figures *row,
                         struct str cells[FIGURES]) {
  cells[0] = number(paper, (double)row->completed, 0);
  cells[1] = number(paper, row->hours, 2);
  cells[2] = number(paper, row->rating, 2);
  cells[3] = number(paper, row->on_time_rate, 1);
  cells[4] = number(paper, row->first_call, 1);
}

static enum status technicians_table(const struct isp_paper *paper, struct pdf *pdf,
                                     const struct list *rows) {
  struct pdf_column columns[1 + FIGURES] = {{isp_phrase(paper, SAY_TECHNICIAN), 24, PDF_ALIGN_START}};
  figure_columns(paper, columns + 1);
  const struct pdf_table table = {.title = isp_phrase(paper, SAY_TECHNICIAN),
                                  .columns = columns,
                                  .count = 1 + FIGURES,
                                  .row_count = (int64_t)rows->count,
                                  .one_line = true};
  TRY(pdf_table_begin(pdf, &table));
  const struct isp_figures *row = rows->at;
  for (size_t i = 0; i < rows->count; i++) {
    struct str cells[1 + FIGURES] = {row[i].full_name};
    figure_cells(paper, &row[i], cells + 1);
    TRY(pdf_row(pdf, cells));
  }
  return pdf_table_end(pdf);
}

static enum status periods_table(const struct isp_paper *paper, struct pdf *pdf,
                                 const struct isp_performance_report *report) {
  size_t heads = of_all(report) ? 2 : 1;
  struct pdf_column columns[2 + FIGURES] = {{isp_phrase(paper, SAY_PERIOD), 24, PDF_ALIGN_START},
                                            {isp_phrase(paper, SAY_CREATED), 12, PDF_ALIGN_END}};
  figure_columns(paper, columns + heads);
  const struct pdf_table table = {.title = isp_phrase(paper, SAY_PERIOD),
                                  .columns = columns,
                                  .count = heads + FIGURES,
                                  .row_count = (int64_t)report->periods.count,
                                  .one_line = true};
  struct arena *arena = paper->call->ctx.arena;
  TRY(pdf_table_begin(pdf, &table));
  const struct isp_figures *row = report->periods.at;
  for (size_t i = 0; i < report->periods.count; i++) {
    struct str cells[2 + FIGURES] = {
        isp_period(paper, arena, report->period, row[i].first_day, row[i].last_day),
        number(paper, (double)row[i].created, 0)};
    figure_cells(paper, &row[i], cells + heads);
    TRY(pdf_row(pdf, cells));
  }
  return pdf_table_end(pdf);
}

static enum status performance_parts(const struct isp_paper *paper, struct pdf *pdf,
                                     const struct isp_performance_report *report) {
  TRY(performance_facts(paper, pdf, report));
  TRY(performance_charts(paper, pdf, report));
  TRY(of_all(report) ? technicians_table(paper, pdf, &report->technicians) : STATUS_OK);
  TRY(periods_table(paper, pdf, report));
  return pdf_finish(pdf);
}

static enum status performance_pdf(const struct isp_paper *paper,
                                   const struct isp_performance_report *report) {
  struct pdf_head head = isp_pdf_head(paper, SAY_PERFORMANCE, report->date_from, report->date_to);
  const struct pdf_pair whose = {isp_phrase(paper, SAY_TECHNICIAN), report->technician};
  head.filters = &whose;
  head.filter_count = of_all(report) ? 0 : 1;
  struct pdf *pdf = pdf_new(&head, isp_pdf_sink, paper->call);
  enum status status = performance_parts(paper, pdf, report);
  pdf_free(pdf);
  return status;
}

enum status isp_export_performance(struct call *call, const struct isp_performance_report *report,
                                   enum isp_format format) {
  struct isp_paper paper;
  TRY(isp_paper_of(call, &paper));
  TRY(isp_begin_file(&paper, format, "performance"));
  return format == ISP_FORMAT_CSV ? performance_csv(call, report) : performance_pdf(&paper, report);
}

/* ---- inventory, lot by lot ---- */

struct stock_export {
  struct isp_paper paper;
  struct item_filter filter;
  int64_t from, to;
  struct isp_stock_figures *rows; /* of a lot */
  size_t count;
  struct pdf *pdf; /* NULL for CSV */
  struct buf csv;
};

static enum status read_items(struct ctx *ctx, void *arg) {
  struct stock_export *export = arg;
  struct item *items = NULL;
  TRY(item_list(ctx, &export->filter, &items, &export->count, NULL));
  export->rows = ARENA_ARRAY(ctx->arena, struct isp_stock_figures, export->count + 1);
  for (size_t i = 0; i < export->count; i++) {
    struct stock_sums sums;
    TRY(inventory_item_sums(ctx, items[i].id, export->from, export->to, &sums));
    isp_fill_stock(&export->rows[i], &items[i], &sums);
    export->filter.before_id = items[i].id;
  }
  return STATUS_OK;
}

static void csv_item(struct buf *csv, const struct isp_stock_figures *row) {
  csv_text(csv, row->sku);
  csv_text(csv, row->name);
  csv_text(csv, row->category);
  csv_int(csv, row->stock);
  csv_int(csv, row->min_stock);
  csv_text(csv, row->is_low ? STR("true") : STR("false"));
  csv_real(csv, row->price);
  csv_real(csv, row->value);
  csv_int(csv, row->out);
  csv_int(csv, row->added);
  csv_int(csv, row->assigned);
  csv_int(csv, row->returned);
  csv_int(csv, row->damaged);
  csv_int(csv, row->lost);
  csv_end(csv);
}

static enum status pdf_item(struct stock_export *export, struct arena *arena,
                            const struct isp_stock_figures *row) {
  const struct isp_paper *paper = &export->paper;
  const struct str cells[] = {
      row->sku,
      row->name,
      row->category,
      isp_number(paper, arena, (double)row->stock, 0),
      isp_number(paper, arena, (double)row->min_stock, 0),
      row->is_low ? isp_phrase(paper, SAY_YES) : STR(""),
      isp_money(paper, arena, row->price),
      isp_money(paper, arena, row->value),
      isp_number(paper, arena, (double)row->out, 0),
      isp_number(paper, arena, (double)row->assigned, 0),
      isp_number(paper, arena, (double)row->returned, 0),
      isp_number(paper, arena, (double)(row->damaged + row->lost), 0),
  };
  return pdf_row(export->pdf, cells);
}

static enum status send_items(struct stock_export *export) {
  CLEANUP_ARENA struct arena *arena = arena_new(CSV_MAX_BYTES);
  for (size_t i = 0; i < export->count; i++) {
    if (export->pdf == NULL) {
      csv_item(&export->csv, &export->rows[i]);
    } else {
      TRY(pdf_item(export, arena, &export->rows[i]));
      arena_reset(arena);
    }
  }
  return export->pdf == NULL ? send_csv(export->paper.call, &export->csv) : STATUS_OK;
}

static enum status all_items(struct stock_export *export) {
  export->filter.skip = 0;
  export->filter.limit = ITEM_LOT;
  do {
    TRY(call_page(export->paper.call, read_items, export));
    TRY(send_items(export));
  } while (export->count == ITEM_LOT);
  return STATUS_OK;
}

static enum status items_csv(struct stock_export *export) {
  static const struct str titles[] = {
      {"sku", 3},
      {"name", 4},
      {"category", 8},
      {"stock_quantity", 14},
      {"min_stock_level", 15},
      {"is_low_stock", 12},
      {"unit_price", 10},
      {"stock_value", 11},
      {"assigned_out", 12},
      {"added", 5},
      {"assigned", 8},
      {"returned", 8},
      {"damaged", 7},
      {"lost", 4},
  };
  buf_init(&export->csv, CSV_MAX_BYTES);
  csv_head(&export->csv, titles, sizeof titles / sizeof *titles);
  enum status status = send_csv(export->paper.call, &export->csv);
  status = status == STATUS_OK ? all_items(export) : status;
  buf_release(&export->csv);
  return status;
}

static enum status stock_top(struct stock_export *export, const struct isp_stock_summary *sum) {
  const struct isp_paper *paper = &export->paper;
  const struct pdf_pair facts[] = {
      {isp_phrase(paper, SAY_ITEMS), number(paper, (double)sum->items, 0)},
      {isp_phrase(paper, SAY_LOW), number(paper, (double)sum->low_items, 0)},
      {isp_phrase(paper, SAY_STOCK), number(paper, (double)sum->stock, 0)},
      {isp_phrase(paper, SAY_VALUE), isp_money(paper, paper->call->ctx.arena, sum->value)},
      {isp_phrase(paper, SAY_OUT), number(paper, (double)sum->out, 0)},
  };
  TRY(pdf_facts(export->pdf, facts, sizeof facts / sizeof *facts));
  const struct pdf_point points[] = {
      {isp_phrase(paper, SAY_ASSIGNED), (double)sum->assigned},
      {isp_phrase(paper, SAY_RETURNED), (double)sum->returned},
      {isp_phrase(paper, SAY_DAMAGED), (double)sum->damaged},
      {isp_phrase(paper, SAY_LOST), (double)sum->lost},
  };
  const struct pdf_point levels[] = {
      {isp_phrase(paper, SAY_LOW), (double)sum->low_items},
      {isp_phrase(paper, SAY_ENOUGH), (double)(sum->items - sum->low_items)},
  };
  const struct pdf_chart charts[] = {
      {PDF_CHART_BAR, isp_phrase(paper, SAY_MOVEMENTS), isp_phrase(paper, SAY_PIECES), points,
       sizeof points / sizeof *points},
      {PDF_CHART_DONUT, isp_phrase(paper, SAY_LEVELS), isp_phrase(paper, SAY_ITEMS), levels,
       sizeof levels / sizeof *levels},
  };
  return pdf_charts(export->pdf, charts, sizeof charts / sizeof *charts);
}

static enum status stock_table(struct stock_export *export, int64_t rows) {
  static const struct {
    enum isp_phrase title;
    double share;
    enum pdf_align align;
  } plan[] = {
      {SAY_SKU, 10, PDF_ALIGN_START},     {SAY_ITEM, 18, PDF_ALIGN_START},
      {SAY_CATEGORY, 9, PDF_ALIGN_START}, {SAY_STOCK, 7, PDF_ALIGN_END},
      {SAY_MIN_STOCK, 8, PDF_ALIGN_END},  {SAY_LOW, 9.5, PDF_ALIGN_CENTER},
      {SAY_PRICE, 9, PDF_ALIGN_END},      {SAY_VALUE, 12, PDF_ALIGN_END},
      {SAY_OUT, 10.5, PDF_ALIGN_END},     {SAY_ASSIGNED, 10, PDF_ALIGN_END},
      {SAY_RETURNED, 11, PDF_ALIGN_END},  {SAY_GONE, 13, PDF_ALIGN_END},
  };
  struct pdf_column columns[sizeof plan / sizeof *plan];
  for (size_t i = 0; i < sizeof plan / sizeof *plan; i++) {
    columns[i] = (struct pdf_column){isp_phrase(&export->paper, plan[i].title), plan[i].share, plan[i].align};
  }
  const struct pdf_table table = {.title = isp_phrase(&export->paper, SAY_ITEMS),
                                  .columns = columns,
                                  .count = sizeof plan / sizeof *plan,
                                  .row_count = rows,
                                  .one_line = true};
  return pdf_table_begin(export->pdf, &table);
}

static enum status items_pdf(struct stock_export *export, const struct isp_stock_summary *sum) {
  const struct isp_inventory_report_in *in = export->paper.call->query;
  struct pdf_pair filters[2];
  size_t n = 0;
  if (in->category.len > 0) {
    filters[n++] = (struct pdf_pair){isp_phrase(&export->paper, SAY_CATEGORY), in->category};
  }
  if (in->low_stock_only) {
    filters[n++] =
        (struct pdf_pair){isp_phrase(&export->paper, SAY_LOW_ONLY), isp_phrase(&export->paper, SAY_YES)};
  }
  struct pdf_head head = isp_pdf_head(&export->paper, SAY_INVENTORY, sum->date_from, sum->date_to);
  head.filters = filters;
  head.filter_count = n;
  export->pdf = pdf_new(&head, isp_pdf_sink, export->paper.call);
  enum status status = stock_top(export, sum);
  status = status == STATUS_OK ? stock_table(export, sum->items) : status;
  status = status == STATUS_OK ? all_items(export) : status;
  status = status == STATUS_OK ? pdf_table_end(export->pdf) : status;
  status = status == STATUS_OK ? pdf_finish(export->pdf) : status;
  pdf_free(export->pdf);
  return status;
}

enum status isp_export_inventory(struct call *call, const struct item_filter *filter, int64_t from,
                                 int64_t to, const struct isp_stock_summary *report, enum isp_format format) {
  struct stock_export export = {.filter = *filter, .from = from, .to = to};
  TRY(isp_paper_of(call, &export.paper));
  TRY(isp_begin_file(&export.paper, format, "inventory"));
  return format == ISP_FORMAT_CSV ? items_csv(&export) : items_pdf(&export, report);
}
