#ifndef SIGAP_API_ISP_REPORTS_H
#define SIGAP_API_ISP_REPORTS_H

#include "api/isp/internal.h"
#include "desk/inventory/inventory.h"
#include "desk/report/report.h"
#include "desk/technician/technician.h"
#include "paper/pdf.h"

/* Dashboard and reports: JSON for screens, CSV for spreadsheets, PDF for the manager's desk. */

enum isp_format { ISP_FORMAT_JSON, ISP_FORMAT_CSV, ISP_FORMAT_PDF };

/* ---- input ---- */
struct isp_ticket_report_in {
  struct isp_page page;
  struct isp_range date;
  struct uuid technician_id, customer_id;
  int status, type; /* 0 any */
  int format;       /* enum isp_format */
};
struct isp_performance_in {
  int period; /* enum report_period; 0 unsaid */
  struct uuid technician_id;
  struct isp_range date;
  int format;
};
struct isp_inventory_report_in {
  struct isp_page page;
  struct str category;
  bool low_stock_only;
  struct isp_range date;
  int format;
};
extern const struct fields isp_ticket_report_in, isp_performance_in, isp_inventory_report_in;

/* ---- output ---- */
struct isp_count {
  int word; /* of the list of words its table names */
  int64_t count;
};
struct isp_summary {
  int64_t total, pending, completed_today, overdue, active_technicians;
  double satisfaction;
};
/* One period of a trend, or one technician: the same figures. */
struct isp_figures {
  struct str period, date_from, date_to; /* of a trend */
  int64_t first_day, last_day;           /* the same as numbers, for documents */
  struct uuid technician_id;             /* of a technician */
  struct str full_name;
  int64_t total, pending;
  int64_t created, completed;
  double hours, rating, completion_rate, on_time_rate, first_call;
  struct list monthly; /* struct isp_figures */
};
struct isp_charts {
  struct list by_status, by_priority; /* struct isp_count */
  struct list trend, technicians;     /* struct isp_figures */
};
struct isp_dashboard {
  const struct isp_summary *summary;
  const struct isp_charts *charts;
};
struct isp_ticket_report {
  struct str date_from, date_to; /* NONE open */
  int64_t total;
  struct list by_status, by_priority, by_type; /* struct isp_count */
  struct str technician, customer;             /* names of those asked for, for documents; NONE: nobody */
};
struct isp_ticket_report_answer {
  const struct isp_ticket_report *report;
  struct list tickets; /* as in the list of tickets */
  const struct isp_pagination *pagination;
};
struct isp_technician_report {
  const struct isp_figures *figures;
};
struct isp_performance_report {
  struct call *call; /* whose it is */
  int period;
  struct str date_from, date_to;
  struct str technician; /* the name of the one asked for, for documents; NONE: all */
  const struct isp_figures *summary;
  struct list periods, technicians; /* struct isp_figures */
};
struct isp_performance_answer {
  const struct isp_performance_report *report;
};
struct isp_stock_figures {
  struct uuid id;
  struct str name, category, sku;
  int64_t stock, min_stock;
  bool is_low;
  double price, value;
  int64_t out, added, assigned, returned, damaged, lost;
};
struct isp_stock_summary {
  struct str date_from, date_to;
  int64_t items, low_items, stock;
  double value;
  int64_t out, added, assigned, returned, damaged, lost;
};
struct isp_inventory_answer {
  const struct isp_stock_summary *report;
  struct list items; /* struct isp_stock_figures */
  const struct isp_pagination *pagination;
};
extern const struct fields isp_dashboard_out, isp_ticket_report_out, isp_technician_report_out,
    isp_performance_report_out, isp_inventory_report_out;

/* ---- handlers ---- */
enum status isp_dashboard(struct call *call);
enum status isp_ticket_report(struct call *call);
enum status isp_performance_report(struct call *call);
enum status isp_inventory_report(struct call *call);
enum status isp_technician_performance(struct call *call);

/* ---- isp_reports.c, for the exports ---- */
/* The figures of some days, or of one technician over some days. */
void isp_fill_sums(struct isp_figures *out, const struct ticket_day_sums *sums);
void isp_fill_stock(struct isp_stock_figures *out, const struct item *item, const struct stock_sums *sums);
/* A day as "YYYY-MM-DD", in the arena. */
struct str isp_day(struct arena *arena, int64_t day);

/* ---- isp_paper.c: what all documents share ---- */
/* The words of a report in the language of the caller's account. */
enum isp_phrase {
  SAY_TICKETS,
  SAY_PERFORMANCE,
  SAY_INVENTORY,
  SAY_PERIOD,
  SAY_ALL_TIME,
  SAY_FROM,
  SAY_UNTIL,
  SAY_MADE,
  SAY_NUMBER,
  SAY_TITLE,
  SAY_TYPE,
  SAY_PRIORITY,
  SAY_STATUS,
  SAY_CUSTOMER,
  SAY_TECHNICIAN,
  SAY_CREATED,
  SAY_SCHEDULED,
  SAY_DEADLINE,
  SAY_SOLVED,
  SAY_RATING,
  SAY_TOTAL,
  SAY_OPEN,
  SAY_BY_STATUS,
  SAY_BY_PRIORITY,
  SAY_BY_TYPE,
  SAY_COMPLETED,
  SAY_ON_TIME,
  SAY_FIRST_CALL,
  SAY_HOURS,
  SAY_CATEGORY,
  SAY_LOW_ONLY,
  SAY_ITEM,
  SAY_SKU,
  SAY_STOCK,
  SAY_MIN_STOCK,
  SAY_PRICE,
  SAY_VALUE,
  SAY_OUT,
  SAY_ADDED,
  SAY_ASSIGNED,
  SAY_RETURNED,
  SAY_DAMAGED,
  SAY_LOST,
  SAY_GONE,
  SAY_MOVEMENTS,
  SAY_PIECES,
  SAY_LEVELS,
  SAY_ENOUGH,
  SAY_LOW,
  SAY_ITEMS,
  SAY_YES,
  SAY_PHRASES
};
struct isp_paper {
  struct call *call;
  int language;     /* enum language */
  const char *zone; /* of the tenant */
  struct str desk;  /* the tenant's name */
};
enum status isp_paper_of(struct call *call, struct isp_paper *out) MUST_CHECK;
struct str isp_phrase(const struct isp_paper *paper, enum isp_phrase phrase);
/* The language's word for a status, priority or type of this dialect ("In progress", "Sedang dikerjakan"). */
struct str isp_word(const struct isp_paper *paper, const struct word *words, int value);
/* "21 November 2026", "21 November 2026 13.50"; empty for 0. In the arena. */
struct str isp_date(const struct isp_paper *paper, struct arena *arena, int64_t time_us);
struct str isp_moment(const struct isp_paper *paper, struct arena *arena, int64_t time_us);
/* "2026-11-21 13:50", for the cells of tables; empty for 0. */
struct str isp_stamp(const struct isp_paper *paper, struct arena *arena, int64_t time_us);
/* What a period (enum report_period) is called in a table: "21 November 2026", "16 November 2026 – 22
 * November 2026", "November 2026", "2026"; and below a chart: "21/11", "16/11", "Nov 26" (with a narrow
 * blank), "2026". */
struct str isp_period(const struct isp_paper *paper, struct arena *arena, int period, int64_t first_day,
                      int64_t last_day);
struct str isp_period_label(const struct isp_paper *paper, struct arena *arena, int period,
                            int64_t first_day);
/* 1.234,5 or 1,234.5 with this many decimals. */
struct str isp_number(const struct isp_paper *paper, struct arena *arena, double number, int decimals);
/* The same with two decimals, or none where it is whole. */
struct str isp_money(const struct isp_paper *paper, struct arena *arena, double amount);
/* Title, desk, period from–to (days as sent; NONE open), time made, words; filters are the caller's. */
struct pdf_head isp_pdf_head(const struct isp_paper *paper, enum isp_phrase title, struct str date_from,
                             struct str date_to);
/* Begins the answer as a file to keep: content type and "tickets-2026-11-21.csv", the tenant's today. The
 * sink for pdf_new takes the call as its arg. */
enum status isp_begin_file(const struct isp_paper *paper, enum isp_format format,
                           const char *name) MUST_CHECK;
enum status isp_pdf_sink(void *call, struct str bytes);

/* ---- isp_export.c ---- */
enum status isp_export_tickets(struct call *call, const struct ticket_filter *filter,
                               const struct isp_ticket_report *report, enum isp_format format) MUST_CHECK;
/* ---- isp_export_figures.c ---- */
enum status isp_export_performance(struct call *call, const struct isp_performance_report *report,
                                   enum isp_format format) MUST_CHECK;
enum status isp_export_inventory(struct call *call, const struct item_filter *filter, int64_t from,
                                 int64_t to, const struct isp_stock_summary *report,
                                 enum isp_format format) MUST_CHECK;

#endif
