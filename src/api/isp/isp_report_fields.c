#include "api/isp/isp_reports.h"
#include "api/isp/isp_tickets.h"

/* Tables of the dashboard and the reports. */

/* ---- input ---- */

static const struct word format_words[] = {
    {"json", ISP_FORMAT_JSON}, {"csv", ISP_FORMAT_CSV}, {"pdf", ISP_FORMAT_PDF}, {NULL, 0}};
static const struct word period_words[] = {{"daily", REPORT_DAILY},
                                           {"weekly", REPORT_WEEKLY},
                                           {"monthly", REPORT_MONTHLY},
                                           {"yearly", REPORT_YEARLY},
                                           {NULL, 0}};

/* clang-format off */
#define RANGE_ROWS(type)                                                                                   \
  ISP_RANGE_ROWS(type, date, "First day, YYYY-MM-DD.", "Last day, included whole.")
#define FORMAT_ROW(type)                                                                                   \
  FIELD(type, format, WORD, "format", 0, .words = format_words,                                            \
        .text = "json (where unsaid), csv or pdf.", .example = "\"json\"")
#define COUNT(type, member, wire_name, sentence)                                                           \
  FIELD(type, member, INT, wire_name, FIELD_REQUIRED, .text = sentence, .example = "12")
#define REAL(type, member, wire_name, sentence, sample)                                                    \
  FIELD(type, member, REAL, wire_name, FIELD_REQUIRED, .text = sentence, .example = sample)
#define DAY(type, member, wire_name, sentence)                                                             \
  FIELD(type, member, TEXT, wire_name, FIELD_REQUIRED, .text = sentence, .example = "\"2025-10-01\"")
/* clang-format on */

static void check_ticket_report(struct ctx *ctx, const void *in) {
  isp_check_range(ctx, &((const struct isp_ticket_report_in *)in)->date, "date");
}
CHECKED_FIELDS(isp_ticket_report_in, struct isp_ticket_report_in, "IspTicketReport", check_ticket_report,
               {RANGE_ROWS(struct isp_ticket_report_in),
                FIELD(struct isp_ticket_report_in, technician_id, UUID, "technician_id", 0,
                      .text = "Assigned to this technician."),
                FIELD(struct isp_ticket_report_in, customer_id, UUID, "customer_id", 0,
                      .text = "Of this customer."),
                FIELD(struct isp_ticket_report_in, status, WORD, "status", 0, .words = isp_status_words,
                      .text = "In this status.", .example = "\"resolved\""),
                FIELD(struct isp_ticket_report_in, type, WORD, "type", 0, .words = isp_type_words,
                      .text = "Of this type.", .example = "\"repair\""),
                FORMAT_ROW(struct isp_ticket_report_in), ISP_PAGE_ROWS(struct isp_ticket_report_in)});

/* A range without an end is one up to today. */
static void check_performance(struct ctx *ctx, const void *in) {
  const struct isp_range *date = &((const struct isp_performance_in *)in)->date;
  isp_check_range(ctx, date, "date");
  if (date->from.is_ahead && date->to.over == 0) {
    (void)problem_fault(ctx, STR("date_from"), STR("must not be in the future"));
  }
}
CHECKED_FIELDS(isp_performance_in, struct isp_performance_in, "IspPerformanceReport", check_performance,
               {FIELD(struct isp_performance_in, period, WORD, "period", 0, .words = period_words,
                      .text = "How long a period is; monthly where unsaid.", .example = "\"monthly\""),
                FIELD(struct isp_performance_in, technician_id, UUID, "technician_id", 0,
                      .text = "Of this technician alone."),
                RANGE_ROWS(struct isp_performance_in), FORMAT_ROW(struct isp_performance_in)});

static void check_inventory_report(struct ctx *ctx, const void *in) {
  isp_check_range(ctx, &((const struct isp_inventory_report_in *)in)->date, "date");
}
CHECKED_FIELDS(isp_inventory_report_in, struct isp_inventory_report_in, "IspInventoryReport",
               check_inventory_report,
               {FIELD(struct isp_inventory_report_in, category, TEXT, "category", 0, .max = 255,
                      .text = "Items of this category.", .example = "\"Router\""),
                FIELD(struct isp_inventory_report_in, low_stock_only, BOOL, "low_stock_only", FIELD_LOOSE,
                      .text = "Only what is low.", .example = "false"),
                RANGE_ROWS(struct isp_inventory_report_in), FORMAT_ROW(struct isp_inventory_report_in),
                ISP_PAGE_ROWS(struct isp_inventory_report_in)});

/* ---- shared rows ---- */

FIELDS(isp_status_count_out, struct isp_count, "IspStatusCount",
       {FIELD(struct isp_count, word, WORD, "status", FIELD_REQUIRED, .words = isp_status_words,
              .text = "The status.", .example = "\"new\""),
        COUNT(struct isp_count, count, "count", "Tickets in it.")});
FIELDS(isp_priority_count_out, struct isp_count, "IspPriorityCount",
       {FIELD(struct isp_count, word, WORD, "priority", FIELD_REQUIRED, .words = isp_priority_words,
              .text = "The priority.", .example = "\"high\""),
        COUNT(struct isp_count, count, "count", "Tickets with it.")});
FIELDS(isp_type_count_out, struct isp_count, "IspTypeCount",
       {FIELD(struct isp_count, word, WORD, "type", FIELD_REQUIRED, .words = isp_type_words,
              .text = "The type of work.", .example = "\"repair\""),
        COUNT(struct isp_count, count, "count", "Tickets of it.")});

/* clang-format off */
#define DONE_ROWS                                                                                          \
  COUNT(struct isp_figures, completed, "completed", "Tickets solved."),                                    \
  REAL(struct isp_figures, hours, "average_completion_time",                                               \
       "Hours from the assignment to the solution, on average.", "5.25"),                                  \
  REAL(struct isp_figures, rating, "average_rating", "1 to 5; 0 without ratings.", "4.6"),                 \
  REAL(struct isp_figures, on_time_rate, "on_time_rate", "Percent solved by their deadline.", "92.5"),     \
  REAL(struct isp_figures, first_call, "first_call_resolution",                                            \
       "Percent solved by the first technician and never reopened.", "81.0")
#define TECHNICIAN_ROWS                                                                                    \
  FIELD(struct isp_figures, technician_id, UUID, "technician_id", FIELD_REQUIRED,                          \
        .text = "Who."),                                                                                   \
  FIELD(struct isp_figures, full_name, TEXT, "full_name", FIELD_REQUIRED, .text = "Their name.",           \
        .example = "\"Budi Santoso\"")
/* clang-format on */

FIELDS(isp_trend_out, struct isp_figures, "IspTrendPoint",
       {DAY(struct isp_figures, date_from, "date", "The day."),
        COUNT(struct isp_figures, completed, "completed", "Tickets solved on it."),
        COUNT(struct isp_figures, created, "created", "Tickets made on it.")});
FIELDS(isp_best_out, struct isp_figures, "IspTechnicianFigures", {TECHNICIAN_ROWS, DONE_ROWS});
FIELDS(isp_period_out, struct isp_figures, "IspPeriodFigures",
       {FIELD(struct isp_figures, period, TEXT, "period", FIELD_REQUIRED,
              .text = "The day, the week (of its Monday), the month or the year.", .example = "\"2025-10\""),
        DAY(struct isp_figures, date_from, "date_from", "Its first day within the range."),
        DAY(struct isp_figures, date_to, "date_to", "Its last."),
        COUNT(struct isp_figures, created, "created", "Tickets made; 0 for one technician."), DONE_ROWS});
FIELDS(isp_sum_out, struct isp_figures, "IspSumFigures",
       {COUNT(struct isp_figures, created, "created", "Tickets made; 0 for one technician."), DONE_ROWS});

/* ---- dashboard ---- */

FIELDS(isp_summary_out, struct isp_summary, "IspDashboardSummary",
       {COUNT(struct isp_summary, total, "total_tickets", "All tickets."),
        COUNT(struct isp_summary, pending, "pending_tickets", "Neither resolved nor closed."),
        COUNT(struct isp_summary, completed_today, "completed_today", "Solved today."),
        COUNT(struct isp_summary, overdue, "overdue_tickets", "Past their deadline and being worked on."),
        COUNT(struct isp_summary, active_technicians, "active_technicians", "Technicians who are available."),
        REAL(struct isp_summary, satisfaction, "customer_satisfaction", "1 to 5; 0 without ratings.",
             "4.6")});
FIELDS(isp_charts_out, struct isp_charts, "IspDashboardCharts",
       {FIELD(struct isp_charts, by_status, LIST, "tickets_by_status", FIELD_REQUIRED,
              .of = &isp_status_count_out, .text = "A count for each status."),
        FIELD(struct isp_charts, by_priority, LIST, "tickets_by_priority", FIELD_REQUIRED,
              .of = &isp_priority_count_out, .text = "A count for each priority."),
        FIELD(struct isp_charts, trend, LIST, "completion_trend", FIELD_REQUIRED, .of = &isp_trend_out,
              .text = "The last 30 days, the oldest first."),
        FIELD(struct isp_charts, technicians, LIST, "technician_performance", FIELD_REQUIRED,
              .of = &isp_best_out, .text = "The ten who solved most in these days.")});
FIELDS(isp_dashboard_data, struct isp_dashboard, "IspDashboardData",
       {FIELD(struct isp_dashboard, summary, OBJECT, "summary", FIELD_REQUIRED, .of = &isp_summary_out,
              .text = "Figures of now."),
        FIELD(struct isp_dashboard, charts, OBJECT, "charts", FIELD_REQUIRED, .of = &isp_charts_out,
              .text = "Series to draw.")});
ISP_ENVELOPE(isp_dashboard_out, "IspDashboard", isp_dashboard_data);

/* ---- tickets ---- */

FIELDS(isp_ticket_report_summary, struct isp_ticket_report, "IspTicketReportSummary",
       {FIELD(struct isp_ticket_report, date_from, TEXT, "date_from", FIELD_REQUIRED | FIELD_NULLABLE,
              .text = "As asked for."),
        FIELD(struct isp_ticket_report, date_to, TEXT, "date_to", FIELD_REQUIRED | FIELD_NULLABLE,
              .text = "As asked for."),
        COUNT(struct isp_ticket_report, total, "total_tickets", "Tickets that fit."),
        FIELD(struct isp_ticket_report, by_status, LIST, "by_status", FIELD_REQUIRED,
              .of = &isp_status_count_out, .text = "Of these, in each status."),
        FIELD(struct isp_ticket_report, by_priority, LIST, "by_priority", FIELD_REQUIRED,
              .of = &isp_priority_count_out, .text = "Of these, with each priority."),
        FIELD(struct isp_ticket_report, by_type, LIST, "by_type", FIELD_REQUIRED, .of = &isp_type_count_out,
              .text = "Of these, of each type.")});
FIELDS(isp_ticket_report_data, struct isp_ticket_report_answer, "IspTicketReportData",
       {FIELD(struct isp_ticket_report_answer, report, OBJECT, "report", FIELD_REQUIRED,
              .of = &isp_ticket_report_summary, .text = "Figures of all tickets that fit."),
        FIELD(struct isp_ticket_report_answer, tickets, LIST, "tickets", FIELD_REQUIRED,
              .of = &isp_ticket_out, .text = "One page of them, newest first."),
        FIELD(struct isp_ticket_report_answer, pagination, OBJECT, "pagination", FIELD_REQUIRED,
              .of = &isp_pagination_out, .text = "Which page.")});
ISP_ENVELOPE(isp_ticket_report_out, "IspTicketReportAnswer", isp_ticket_report_data);

/* ---- performance ---- */

FIELDS(isp_month_out, struct isp_figures, "IspMonthFigures",
       {FIELD(struct isp_figures, period, TEXT, "month", FIELD_REQUIRED, .text = "YYYY-MM.",
              .example = "\"2025-10\""),
        COUNT(struct isp_figures, completed, "completed", "Tickets solved."),
        REAL(struct isp_figures, rating, "average_rating", "1 to 5; 0 without ratings.", "4.6")});
FIELDS(isp_technician_report_figures, struct isp_figures, "IspTechnicianReport",
       {COUNT(struct isp_figures, total, "total_tickets", "Tickets assigned to them."),
        COUNT(struct isp_figures, completed, "completed_tickets", "Of these, resolved or closed."),
        COUNT(struct isp_figures, pending, "pending_tickets", "Of these, the others."),
        REAL(struct isp_figures, hours, "average_completion_time",
             "Hours from the assignment to the solution, on average.", "5.25"),
        REAL(struct isp_figures, rating, "average_rating", "1 to 5; 0 without ratings.", "4.6"),
        REAL(struct isp_figures, completion_rate, "completion_rate", "Percent completed.", "87.5"),
        REAL(struct isp_figures, on_time_rate, "on_time_rate", "Percent solved by their deadline.", "92.5"),
        REAL(struct isp_figures, first_call, "first_call_resolution",
             "Percent solved by the first technician and never reopened.", "81.0"),
        FIELD(struct isp_figures, monthly, LIST, "monthly_stats", FIELD_REQUIRED, .of = &isp_month_out,
              .text = "The last twelve months, the oldest first.")});
FIELDS(isp_technician_report_data, struct isp_technician_report, "IspTechnicianReportData",
       {FIELD(struct isp_technician_report, figures, OBJECT, "performance", FIELD_REQUIRED,
              .of = &isp_technician_report_figures, .text = "The technician's figures.")});
ISP_ENVELOPE(isp_technician_report_out, "IspTechnicianReportAnswer", isp_technician_report_data);

FIELDS(isp_performance_report_body, struct isp_performance_report, "IspPerformanceReportBody",
       {FIELD(struct isp_performance_report, period, WORD, "period", FIELD_REQUIRED, .words = period_words,
              .text = "How long a period is.", .example = "\"monthly\""),
        DAY(struct isp_performance_report, date_from, "date_from", "First day of the range."),
        DAY(struct isp_performance_report, date_to, "date_to", "Last day of the range."),
        FIELD(struct isp_performance_report, summary, OBJECT, "summary", FIELD_REQUIRED, .of = &isp_sum_out,
              .text = "The whole range."),
        FIELD(struct isp_performance_report, periods, LIST, "periods", FIELD_REQUIRED, .of = &isp_period_out,
              .max = REPORT_POINTS_MAX, .text = "Each period, the oldest first."),
        FIELD(struct isp_performance_report, technicians, LIST, "technicians", FIELD_REQUIRED,
              .of = &isp_best_out, .text = "Who solved tickets in the range, most first.")});
FIELDS(isp_performance_report_data, struct isp_performance_answer, "IspPerformanceReportData",
       {FIELD(struct isp_performance_answer, report, OBJECT, "report", FIELD_REQUIRED,
              .of = &isp_performance_report_body, .text = "The report.")});
ISP_ENVELOPE(isp_performance_report_out, "IspPerformanceReportAnswer", isp_performance_report_data);

/* ---- inventory ---- */

/* clang-format off */
#define MOVEMENT_ROWS(type)                                                                                \
  COUNT(type, out, "assigned_out", "Pieces with technicians now."),                                        \
  COUNT(type, added, "added", "Pieces that came in by stock-taking or delivery, less those that left so."), \
  COUNT(type, assigned, "assigned", "Pieces given out in the range."),                                     \
  COUNT(type, returned, "returned", "Pieces that came back good in the range."),                           \
  COUNT(type, damaged, "damaged", "Pieces that came back damaged in the range."),                          \
  COUNT(type, lost, "lost", "Pieces reported lost in the range.")
/* clang-format on */

FIELDS(isp_stock_out, struct isp_stock_figures, "IspStockFigures",
       {FIELD(struct isp_stock_figures, id, UUID, "id", FIELD_REQUIRED, .text = "The item."),
        FIELD(struct isp_stock_figures, name, TEXT, "name", FIELD_REQUIRED, .text = "Its name.",
              .example = "\"Router AC1200\""),
        FIELD(struct isp_stock_figures, category, TEXT, "category", FIELD_REQUIRED, .text = "Its category.",
              .example = "\"Router\""),
        FIELD(struct isp_stock_figures, sku, TEXT, "sku", FIELD_REQUIRED, .text = "Its number.",
              .example = "\"RT-1200\""),
        COUNT(struct isp_stock_figures, stock, "stock_quantity", "Pieces in the warehouse now."),
        COUNT(struct isp_stock_figures, min_stock, "min_stock_level", "Low from here down."),
        FIELD(struct isp_stock_figures, is_low, BOOL, "is_low_stock", FIELD_REQUIRED, .text = "It is low."),
        REAL(struct isp_stock_figures, price, "unit_price", "Price of a piece.", "150000"),
        REAL(struct isp_stock_figures, value, "stock_value", "Pieces in the warehouse by price.", "1800000"),
        MOVEMENT_ROWS(struct isp_stock_figures)});
FIELDS(isp_stock_summary_out, struct isp_stock_summary, "IspStockSummary",
       {FIELD(struct isp_stock_summary, date_from, TEXT, "date_from", FIELD_REQUIRED | FIELD_NULLABLE,
              .text = "As asked for."),
        FIELD(struct isp_stock_summary, date_to, TEXT, "date_to", FIELD_REQUIRED | FIELD_NULLABLE,
              .text = "As asked for."),
        COUNT(struct isp_stock_summary, items, "total_items", "Items that fit."),
        COUNT(struct isp_stock_summary, low_items, "low_stock_items", "Of these, low ones."),
        COUNT(struct isp_stock_summary, stock, "total_stock", "Pieces in the warehouse now."),
        REAL(struct isp_stock_summary, value, "stock_value", "Their value.", "125000000"),
        MOVEMENT_ROWS(struct isp_stock_summary)});
FIELDS(isp_inventory_data, struct isp_inventory_answer, "IspInventoryReportData",
       {FIELD(struct isp_inventory_answer, report, OBJECT, "report", FIELD_REQUIRED,
              .of = &isp_stock_summary_out, .text = "Figures of all items that fit."),
        FIELD(struct isp_inventory_answer, items, LIST, "items", FIELD_REQUIRED, .of = &isp_stock_out,
              .text = "One page of them, newest first."),
        FIELD(struct isp_inventory_answer, pagination, OBJECT, "pagination", FIELD_REQUIRED,
              .of = &isp_pagination_out, .text = "Which page.")});
ISP_ENVELOPE(isp_inventory_report_out, "IspInventoryReportAnswer", isp_inventory_data);
