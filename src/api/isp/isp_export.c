#include "api/isp/isp_reports.h"
#include "desk/ticket/ticket_export.h"
#include "paper/csv.h"

/* The tickets of a report, all of them: rows by the thousand, each lot read in a short transaction of its own
 * and sent before the next is read, so that neither memory nor a transaction lasts as long as the client
 * reads. */

enum { LOT = 1000, CSV_MAX_BYTES = 8 * 1024 * 1024, PIECE_BYTES = 64 * 1024 };

struct export {
  struct call *call;
  struct isp_paper paper;
  struct ticket_filter filter;
  struct buf csv;            /* of a lot under way */
  struct pdf *pdf;           /* NULL for CSV */
  struct ticket_line *lines; /* of a lot of the PDF */
  size_t lot;                /* rows of this lot */
  int64_t last_id;           /* the last one told */
};

/* ---- CSV ---- */

static void csv_titles(struct export *export) {
  static const char *const titles[] = {
      "ticket_number", "id",           "created_at",   "type",         "priority",
      "status",        "title",        "customer",     "customer_id",  "technician",
      "technician_id", "scheduled_at", "sla_deadline", "completed_at", "rating",
  };
  struct str names[sizeof titles / sizeof *titles];
  for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
    names[i] = str_of(titles[i]);
  }
  csv_head(&export->csv, names, sizeof titles / sizeof *titles);
}

static void csv_uuid(struct buf *buf, struct uuid uuid) {
  if (uuid_is_none(uuid)) {
    csv_none(buf);
    return;
  }
  char text[UUID_TEXT_SIZE];
  csv_text(buf, str_of(uuid_print(uuid, text)));
}

static void csv_row(struct buf *csv, const struct ticket_line *line) {
  char number[TICKET_NUMBER_SIZE];
  csv_text(csv, str_of(ticket_line_number(line, number)));
  csv_uuid(csv, line->uuid);
  csv_time(csv, line->created_at);
  csv_text(csv, str_of(word_of(isp_type_words, line->work_type)));
  csv_text(csv, str_of(word_of(isp_priority_words, line->priority)));
  csv_text(csv, str_of(word_of(isp_status_words, line->status)));
  csv_text(csv, line->title);
  csv_text(csv, line->author_name);
  csv_uuid(csv, line->author_uuid);
  csv_text(csv, line->assignee_name);
  csv_uuid(csv, line->assignee_uuid);
  csv_time(csv, line->scheduled_at);
  csv_time(csv, line->resolve_due_at);
  csv_time(csv, line->resolved_at);
  if (line->rating > 0) {
    csv_int(csv, line->rating);
  } else {
    csv_none(csv);
  }
  csv_end(csv);
}

/* ---- PDF ---- */

enum { PDF_COLUMNS = 10 };

static enum status pdf_line(struct export *export, struct arena *arena, const struct ticket_line *line) {
  const struct isp_paper *paper = &export->paper;
  char number[TICKET_NUMBER_SIZE];
  const struct str cells[PDF_COLUMNS] = {
      str_of(ticket_line_number(line, number)),
      isp_stamp(paper, arena, line->created_at),
      line->title,
      line->author_name,
      line->assignee_name,
      isp_word(paper, isp_type_words, line->work_type),
      isp_word(paper, isp_priority_words, line->priority),
      isp_word(paper, isp_status_words, line->status),
      isp_stamp(paper, arena, line->resolve_due_at),
      isp_stamp(paper, arena, line->resolved_at),
  };
  return pdf_row(export->pdf, cells);
}

static enum status pdf_counts(struct export *export, const struct isp_ticket_report *report) {
  const struct {
    enum isp_phrase title;
    enum pdf_chart_kind kind;
    const struct word *words;
    const struct list *counts;
  } parts[] = {
      {SAY_BY_STATUS, PDF_CHART_BAR, isp_status_words, &report->by_status},
      {SAY_BY_PRIORITY, PDF_CHART_DONUT, isp_priority_words, &report->by_priority},
      {SAY_BY_TYPE, PDF_CHART_BAR_HORIZONTAL, isp_type_words, &report->by_type},
  };
  struct pdf_chart charts[sizeof parts / sizeof *parts];
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    const struct isp_count *counts = parts[i].counts->at;
    size_t count = parts[i].counts->count;
    struct pdf_point *points = ARENA_ARRAY(export->call->ctx.arena, struct pdf_point, count);
    for (size_t k = 0; k < count; k++) {
      points[k] = (struct pdf_point){isp_word(&export->paper, parts[i].words, counts[k].word),
                                     (double)counts[k].count};
    }
    charts[i] = (struct pdf_chart){.kind = parts[i].kind,
                                   .title = isp_phrase(&export->paper, parts[i].title),
                                   .series = isp_phrase(&export->paper, SAY_TOTAL),
                                   .points = points,
                                   .count = count};
  }
  return pdf_charts(export->pdf, charts, sizeof charts / sizeof *charts);
}

static enum status pdf_top(struct export *export, const struct isp_ticket_report *report) {
  struct arena *arena = export->call->ctx.arena;
  const struct isp_count *by_status = report->by_status.at;
  int64_t solved =
      by_status[TICKET_RESOLVED - TICKET_NEW].count + by_status[TICKET_CLOSED - TICKET_NEW].count;
  const struct pdf_pair facts[] = {
      {isp_phrase(&export->paper, SAY_TOTAL), isp_number(&export->paper, arena, (double)report->total, 0)},
      {isp_phrase(&export->paper, SAY_SOLVED), isp_number(&export->paper, arena, (double)solved, 0)},
      {isp_phrase(&export->paper, SAY_OPEN),
       isp_number(&export->paper, arena, (double)(report->total - solved), 0)},
  };
  TRY(pdf_facts(export->pdf, facts, sizeof facts / sizeof *facts));
  TRY(pdf_counts(export, report));
  const struct pdf_column columns[PDF_COLUMNS] = {
      {isp_phrase(&export->paper, SAY_NUMBER), 11.4, PDF_ALIGN_START},
      {isp_phrase(&export->paper, SAY_CREATED), 10.3, PDF_ALIGN_START},
      {isp_phrase(&export->paper, SAY_TITLE), 13.5, PDF_ALIGN_START},
      {isp_phrase(&export->paper, SAY_CUSTOMER), 10, PDF_ALIGN_START},
      {isp_phrase(&export->paper, SAY_TECHNICIAN), 10, PDF_ALIGN_START},
      {isp_phrase(&export->paper, SAY_TYPE), 9.4, PDF_ALIGN_START},
      {isp_phrase(&export->paper, SAY_PRIORITY), 7.2, PDF_ALIGN_START},
      {isp_phrase(&export->paper, SAY_STATUS), 7.5, PDF_ALIGN_START},
      {isp_phrase(&export->paper, SAY_DEADLINE), 10.3, PDF_ALIGN_START},
      {isp_phrase(&export->paper, SAY_SOLVED), 10.3, PDF_ALIGN_START},
  };
  const struct pdf_table table = {.title = isp_phrase(&export->paper, SAY_TOTAL),
                                  .columns = columns,
                                  .count = PDF_COLUMNS,
                                  .row_count = report->total,
                                  .one_line = true};
  return pdf_table_begin(export->pdf, &table);
}

/* What the caller asked for, in words. */
static size_t tell_filters(struct export *export, const struct isp_ticket_report *report,
                           struct pdf_pair filters[4]) {
  const struct isp_ticket_report_in *in = export->call->query;
  size_t n = 0;
  if (in->status != 0) {
    filters[n++] = (struct pdf_pair){isp_phrase(&export->paper, SAY_STATUS),
                                     isp_word(&export->paper, isp_status_words, in->status)};
  }
  if (in->type != 0) {
    filters[n++] = (struct pdf_pair){isp_phrase(&export->paper, SAY_TYPE),
                                     isp_word(&export->paper, isp_type_words, in->type)};
  }
  if (report->technician.len > 0) {
    filters[n++] = (struct pdf_pair){isp_phrase(&export->paper, SAY_TECHNICIAN), report->technician};
  }
  if (report->customer.len > 0) {
    filters[n++] = (struct pdf_pair){isp_phrase(&export->paper, SAY_CUSTOMER), report->customer};
  }
  return n;
}

/* ---- lot by lot ---- */

static enum status take_line(struct ctx *ctx, void *arg, const struct ticket_line *line) {
  struct export *export = arg;
  export->last_id = line->id;
  if (export->pdf == NULL) {
    csv_row(&export->csv, line);
  } else {
    struct ticket_line *kept = &export->lines[export->lot];
    *kept = *line;
    kept->title = str_copy(ctx->arena, line->title);
    kept->author_name = str_copy(ctx->arena, line->author_name);
    kept->assignee_name = str_copy(ctx->arena, line->assignee_name);
  }
  export->lot++;
  return STATUS_OK;
}

static enum status read_lot(struct ctx *ctx, void *arg) {
  struct export *export = arg;
  export->lot = 0;
  export->lines = export->pdf != NULL ? ARENA_ARRAY(ctx->arena, struct ticket_line, LOT) : NULL;
  return ticket_export(ctx, &export->filter, take_line, export);
}

/* The lot's arena lives until the next lot is read; what is made of its lines goes with each line. */
static enum status send_pdf(struct export *export) {
  CLEANUP_ARENA struct arena *arena = arena_new(PIECE_BYTES);
  for (size_t i = 0; i < export->lot; i++) {
    TRY(pdf_line(export, arena, &export->lines[i]));
    arena_reset(arena);
  }
  return STATUS_OK;
}

static enum status send_csv(struct export *export) {
  if (export->csv.full) {
    return problem_set(&export->call->ctx, &problem_too_large);
  }
  struct str rest = buf_str(&export->csv);
  while (rest.len > 0) {
    struct str piece = {rest.at, rest.len < PIECE_BYTES ? rest.len : PIECE_BYTES};
    TRY(call_write(export->call, piece));
    rest = (struct str){rest.at + piece.len, rest.len - piece.len};
  }
  buf_clear(&export->csv);
  return STATUS_OK;
}

static enum status all_lots(struct export *export) {
  export->filter.limit = LOT;
  do {
    TRY(call_page(export->call, read_lot, export));
    TRY(export->pdf == NULL ? send_csv(export) : send_pdf(export));
    export->filter.before_id = export->last_id;
  } while (export->lot == LOT);
  return STATUS_OK;
}

static enum status export_pdf(struct export *export, const struct isp_ticket_report *report) {
  struct pdf_pair filters[4];
  struct pdf_head head = isp_pdf_head(&export->paper, SAY_TICKETS, report->date_from, report->date_to);
  head.filters = filters;
  head.filter_count = tell_filters(export, report, filters);
  export->pdf = pdf_new(&head, isp_pdf_sink, export->call);
  enum status status = pdf_top(export, report);
  status = status == STATUS_OK ? all_lots(export) : status;
  status = status == STATUS_OK ? pdf_table_end(export->pdf) : status;
  status = status == STATUS_OK ? pdf_finish(export->pdf) : status;
  pdf_free(export->pdf);
  return status;
}

static enum status export_csv(struct export *export) {
  buf_init(&export->csv, CSV_MAX_BYTES);
  csv_titles(export);
  enum status status = all_lots(export);
  buf_release(&export->csv);
  return status;
}

enum status isp_export_tickets(struct call *call, const struct ticket_filter *filter,
                               const struct isp_ticket_report *report, enum isp_format format) {
  struct export export = {.call = call, .filter = *filter};
  TRY(isp_paper_of(call, &export.paper));
  TRY(isp_begin_file(&export.paper, format, "tickets"));
  return format == ISP_FORMAT_CSV ? export_csv(&export) : export_pdf(&export, report);
}
