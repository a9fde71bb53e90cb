#include <string.h>

#include "api/isp/isp_reports.h"
#include "api/isp/isp_tickets.h"
#include "base/time.h"

/* The dashboard and the three reports. Figures come from sums that are kept with every change; rows are
 * listed a page at a time, or written out whole by isp_export.c. */

struct str isp_day(struct arena *arena, int64_t day) {
  char text[16];
  time_day_print(day, text);
  return str_copy(arena, str_of(text));
}

void isp_fill_sums(struct isp_figures *out, const struct ticket_day_sums *sums) {
  out->created = sums->created;
  out->completed = sums->resolved;
  out->hours = report_hours(sums);
  out->rating = report_rating(sums);
  out->on_time_rate = report_percent(sums->on_time, sums->resolved);
  out->first_call = report_percent(sums->first_call, sums->resolved);
}

/* ---- what several answers list ---- */

static struct list list_counts(struct call *call, const int64_t *counts, int first, int end) {
  struct isp_count *rows = ARENA_ARRAY(call->ctx.arena, struct isp_count, (size_t)(end - first));
  for (int value = first; value < end; value++) {
    rows[value - first] = (struct isp_count){value, counts[value]};
  }
  return (struct list){rows, (size_t)(end - first)};
}

static struct list list_technicians(struct call *call, const struct report_technician *technicians,
                                    size_t count) {
  struct isp_figures *rows = ARENA_ARRAY(call->ctx.arena, struct isp_figures, count + 1);
  for (size_t i = 0; i < count; i++) {
    rows[i] = (struct isp_figures){.technician_id = technicians[i].uuid, .full_name = technicians[i].name};
    isp_fill_sums(&rows[i], &technicians[i].sums);
  }
  return (struct list){rows, count};
}

/* What a period is called: its day, its month, its year. */
static struct str period_name(struct call *call, enum report_period period, int64_t day) {
  struct str text = isp_day(call->ctx.arena, day);
  if (period == REPORT_MONTHLY) {
    text.len = strlen("YYYY-MM");
  } else if (period == REPORT_YEARLY) {
    text.len = strlen("YYYY");
  }
  return text;
}

static struct list list_points(struct call *call, enum report_period period,
                               const struct report_point *points, size_t count) {
  struct isp_figures *rows = ARENA_ARRAY(call->ctx.arena, struct isp_figures, count + 1);
  for (size_t i = 0; i < count; i++) {
    rows[i] = (struct isp_figures){.period = period_name(call, period, points[i].day),
                                   .date_from = isp_day(call->ctx.arena, points[i].day),
                                   .date_to = isp_day(call->ctx.arena, points[i].last_day),
                                   .first_day = points[i].day,
                                   .last_day = points[i].last_day};
    isp_fill_sums(&rows[i], &points[i].sums);
  }
  return (struct list){rows, count};
}

/* ---- dashboard ---- */

enum status isp_dashboard(struct call *call) {
  struct report_dashboard board;
  TRY(report_dashboard(&call->ctx, &board));
  struct isp_dashboard *answer = ARENA_NEW(call->ctx.arena, struct isp_dashboard);
  struct isp_summary *summary = ARENA_NEW(call->ctx.arena, struct isp_summary);
  struct isp_charts *charts = ARENA_NEW(call->ctx.arena, struct isp_charts);
  *summary = (struct isp_summary){
      .total = board.total,
      .pending = board.pending,
      .completed_today = board.completed_today,
      .overdue = board.overdue,
      .active_technicians = board.active_technicians,
      .satisfaction = board.satisfaction,
  };
  *charts = (struct isp_charts){
      .by_status = list_counts(call, board.by_status, TICKET_NEW, TICKET_STATUS_COUNT),
      .by_priority = list_counts(call, board.by_priority, PRIORITY_LOW, PRIORITY_COUNT),
      .trend = list_points(call, REPORT_DAILY, board.trend, board.trend_count),
      .technicians = list_technicians(call, board.technicians, board.technician_count),
  };
  *answer = (struct isp_dashboard){summary, charts};
  return isp_answer(call, 200, &isp_dashboard_out, answer);
}

/* ---- tickets ---- */

/* The name of the account that a report is about, if it is about one; the uuid asked for where there is none.
 */
static enum status name_of(struct call *call, struct uuid uuid, int64_t account_id, struct str *out) {
  struct ticket_person person = {0};
  char text[UUID_TEXT_SIZE];
  if (account_id == 0) {
    return STATUS_OK;
  }
  TRY(ticket_people(&call->ctx, &account_id, 1, &person));
  *out = person.name.len > 0 ? person.name : str_copy(call->ctx.arena, str_of(uuid_print(uuid, text)));
  return STATUS_OK;
}

static enum status ticket_filter_of(struct call *call, struct ticket_filter *out) {
  const struct isp_ticket_report_in *in = call->query;
  struct ticket_filter filter = {.created_from = in->date.from.begins, .created_to = in->date.to.over};
  TRY(isp_person_number(call, in->technician_id, &filter.assignee_id));
  TRY(isp_person_number(call, in->customer_id, &filter.author_id));
  if (in->status != 0) {
    filter.statuses = (struct db_ints){{in->status}, 1};
  }
  if (in->type != 0) {
    filter.work_types = (struct db_ints){{in->type}, 1};
  }
  *out = filter;
  return STATUS_OK;
}

/* How many fit the filter and have each value of one of its sets, which is put back afterwards. */
static enum status count_each(struct call *call, struct ticket_filter *filter, struct db_ints *set, int first,
                              int end, struct list *out) {
  int64_t counts[16] = {0};
  const struct db_ints asked = *set;
  for (int value = first; value < end; value++) {
    if (asked.count == 0 || asked.values[0] == value) {
      *set = (struct db_ints){{value}, 1};
      TRY(ticket_total(&call->ctx, filter, &counts[value]));
    }
  }
  *set = asked;
  *out = list_counts(call, counts, first, end);
  return STATUS_OK;
}

static enum status sum_tickets(struct call *call, struct ticket_filter *filter,
                               struct isp_ticket_report *report) {
  const struct isp_ticket_report_in *in = call->query;
  report->date_from = in->date.from.text;
  report->date_to = in->date.to.text;
  TRY(ticket_total(&call->ctx, filter, &report->total));
  TRY(count_each(call, filter, &filter->statuses, TICKET_NEW, TICKET_STATUS_COUNT, &report->by_status));
  TRY(count_each(call, filter, &filter->priorities, PRIORITY_LOW, PRIORITY_COUNT, &report->by_priority));
  return count_each(call, filter, &filter->work_types, WORK_NEW_INSTALLATION, WORK_DISCONNECTION + 1,
                    &report->by_type);
}

struct ticket_work {
  struct call *call;
  struct ticket_filter filter;
  struct isp_ticket_report_answer *answer;
};

static enum status report_tickets(struct ctx *ctx, void *arg) {
  (void)ctx;
  struct ticket_work *work = arg;
  struct call *call = work->call;
  const struct isp_ticket_report_in *in = call->query;
  struct isp_ticket_report *report = ARENA_NEW(call->ctx.arena, struct isp_ticket_report);
  TRY(ticket_filter_of(call, &work->filter));
  TRY(sum_tickets(call, &work->filter, report));
  TRY(name_of(call, in->technician_id, work->filter.assignee_id, &report->technician));
  TRY(name_of(call, in->customer_id, work->filter.author_id, &report->customer));
  work->answer->report = report;
  if (in->format != ISP_FORMAT_JSON) {
    return STATUS_OK;
  }
  work->filter.skip = isp_skip(&in->page);
  work->filter.limit = isp_limit(&in->page);
  work->answer->pagination = isp_pagination(call, &in->page, report->total);
  return isp_list_tickets(call, &work->filter, &work->answer->tickets, NULL);
}

enum status isp_ticket_report(struct call *call) {
  const struct isp_ticket_report_in *in = call->query;
  struct ticket_work work = {.call = call,
                             .answer = ARENA_NEW(call->ctx.arena, struct isp_ticket_report_answer)};
  TRY(db_read(&call->ctx, report_tickets, &work));
  if (in->format != ISP_FORMAT_JSON) {
    return isp_export_tickets(call, &work.filter, work.answer->report, (enum isp_format)in->format);
  }
  return isp_answer(call, 200, &isp_ticket_report_out, work.answer);
}

/* ---- performance ---- */

/* Days of the range as numbers; unsaid ones reach a fitting stretch back from today. */
static enum status performance_range(struct call *call, struct report_range *range) {
  const struct isp_performance_in *in = call->query;
  range->period = in->period != 0 ? (enum report_period)in->period : REPORT_MONTHLY;
  TRY(report_today(&call->ctx, &range->day_to));
  if (in->date.to.over != 0) {
    range->day_to = in->date.to.day;
  }
  range->day_from =
      in->date.from.begins != 0 ? in->date.from.day : report_default_from(range->period, range->day_to);
  return isp_person_number(call, in->technician_id, &range->technician_id);
}

/* Of one technician the list holds that one; of all, everybody who solved something. */
static enum status list_range_technicians(struct call *call, const struct report_range *range,
                                          struct list *out) {
  struct ctx *ctx = &call->ctx;
  struct report_technician *technicians = NULL;
  size_t count = 0;
  if (range->technician_id > 0) {
    technicians = ARENA_NEW(ctx->arena, struct report_technician);
    count = 1;
    TRY(report_technician(ctx, range->technician_id, range->day_from, range->day_to, technicians));
  } else if (range->technician_id == 0) {
    TRY(report_technicians(ctx, range->day_from, range->day_to, REPORT_POINTS_MAX, &technicians, &count));
  }
  *out = list_technicians(call, technicians, count);
  return STATUS_OK;
}

static enum status report_performance(struct ctx *ctx, void *arg) {
  struct isp_performance_report *report = arg;
  struct call *call = report->call;
  const struct isp_performance_in *in = call->query;
  struct report_range range = {0};
  TRY(performance_range(call, &range));
  if (access_scope(ctx->who->role, MAY_REPORT) == SCOPE_OWN && range.technician_id == 0) {
    range.technician_id = ctx->who->account_id; /* a technician's report is about them */
  }
  struct report_point *points = NULL;
  size_t count = 0;
  TRY(report_points(ctx, &range, &points, &count));
  TRY(name_of(call, in->technician_id, range.technician_id, &report->technician));
  struct ticket_day_sums all = {0};
  for (size_t i = 0; i < count; i++) {
    report_add(&all, &points[i].sums);
  }
  struct isp_figures *summary = ARENA_NEW(ctx->arena, struct isp_figures);
  isp_fill_sums(summary, &all);
  report->period = (int)range.period;
  report->date_from = isp_day(ctx->arena, range.day_from);
  report->date_to = isp_day(ctx->arena, range.day_to);
  report->summary = summary;
  report->periods = list_points(call, range.period, points, count);
  return list_range_technicians(call, &range, &report->technicians);
}

enum status isp_performance_report(struct call *call) {
  const struct isp_performance_in *in = call->query;
  struct isp_performance_answer *answer = ARENA_NEW(call->ctx.arena, struct isp_performance_answer);
  struct isp_performance_report *report = ARENA_NEW(call->ctx.arena, struct isp_performance_report);
  report->call = call;
  TRY(db_read(&call->ctx, report_performance, report));
  if (in->format != ISP_FORMAT_JSON) {
    return isp_export_performance(call, report, (enum isp_format)in->format);
  }
  answer->report = report;
  return isp_answer(call, 200, &isp_performance_report_out, answer);
}

/* ---- one technician ---- */

enum status isp_technician_performance(struct call *call) {
  struct ctx *ctx = &call->ctx;
  struct uuid uuid;
  struct technician technician;
  TRY(isp_id(call, 0, &uuid));
  TRY(technician_get(ctx, uuid, &technician));
  struct report_technician found;
  TRY(report_technician(ctx, technician.account.id, 0, 0, &found));
  struct report_range range = {.technician_id = found.account_id, .period = REPORT_MONTHLY};
  TRY(report_today(ctx, &range.day_to));
  range.day_from = report_default_from(REPORT_MONTHLY, range.day_to);
  struct report_point *points = NULL;
  size_t count = 0;
  TRY(report_points(ctx, &range, &points, &count));
  struct isp_figures *figures = ARENA_NEW(ctx->arena, struct isp_figures);
  isp_fill_sums(figures, &found.sums);
  figures->total = found.total;
  figures->completed = found.completed;
  figures->pending = found.pending;
  figures->completion_rate = report_percent(found.completed, found.total);
  figures->monthly = list_points(call, REPORT_MONTHLY, points, count);
  struct isp_technician_report *answer = ARENA_NEW(ctx->arena, struct isp_technician_report);
  answer->figures = figures;
  return isp_answer(call, 200, &isp_technician_report_out, answer);
}

/* ---- inventory ---- */

struct stock_work {
  struct call *call;
  struct item_filter filter;
  int64_t from, to;
  struct isp_inventory_answer *answer;
};

static double price(int64_t e4) {
  return (double)e4 / 10000;
}

void isp_fill_stock(struct isp_stock_figures *out, const struct item *item, const struct stock_sums *sums) {
  *out = (struct isp_stock_figures){
      .id = item->uuid,
      .name = item->name,
      .category = item->category,
      .sku = item->sku,
      .stock = item->stock,
      .min_stock = item->min_stock,
      .is_low = item->is_low,
      .price = price(item->price_e4),
      .value = price(sums->value_e4),
      .out = sums->out,
      .added = sums->added,
      .assigned = sums->assigned,
      .returned = sums->returned,
      .damaged = sums->damaged,
      .lost = sums->lost,
  };
}

static enum status list_stock(struct call *call, const struct stock_work *work, struct list *out) {
  struct item *items = NULL;
  size_t count = 0;
  TRY(item_list(&call->ctx, &work->filter, &items, &count, NULL));
  struct isp_stock_figures *rows = ARENA_ARRAY(call->ctx.arena, struct isp_stock_figures, count + 1);
  for (size_t i = 0; i < count; i++) {
    struct stock_sums sums;
    TRY(inventory_item_sums(&call->ctx, items[i].id, work->from, work->to, &sums));
    isp_fill_stock(&rows[i], &items[i], &sums);
  }
  *out = (struct list){rows, count};
  return STATUS_OK;
}

static enum status report_stock(struct ctx *ctx, void *arg) {
  struct stock_work *work = arg;
  struct call *call = work->call;
  const struct isp_inventory_report_in *in = call->query;
  work->filter = (struct item_filter){.category = in->category.len > 0 ? in->category : STR_NONE,
                                      .low = in->low_stock_only ? ITEM_LOW : ITEM_ANY,
                                      .skip = isp_skip(&in->page),
                                      .limit = isp_limit(&in->page)};
  work->from = in->date.from.begins;
  work->to = in->date.to.over;
  struct stock_sums sums;
  TRY(inventory_sums(ctx, &work->filter, work->from, work->to, &sums));
  struct isp_stock_summary *report = ARENA_NEW(ctx->arena, struct isp_stock_summary);
  *report = (struct isp_stock_summary){
      .date_from = in->date.from.text,
      .date_to = in->date.to.text,
      .items = sums.items,
      .low_items = sums.low_items,
      .stock = sums.stock,
      .value = price(sums.value_e4),
      .out = sums.out,
      .added = sums.added,
      .assigned = sums.assigned,
      .returned = sums.returned,
      .damaged = sums.damaged,
      .lost = sums.lost,
  };
  work->answer->report = report;
  if (in->format != ISP_FORMAT_JSON) {
    return STATUS_OK;
  }
  work->answer->pagination = isp_pagination(call, &in->page, sums.items);
  return list_stock(call, work, &work->answer->items);
}

enum status isp_inventory_report(struct call *call) {
  const struct isp_inventory_report_in *in = call->query;
  struct stock_work work = {.call = call, .answer = ARENA_NEW(call->ctx.arena, struct isp_inventory_answer)};
  TRY(db_read(&call->ctx, report_stock, &work));
  if (in->format != ISP_FORMAT_JSON) {
    return isp_export_inventory(call, &work.filter, work.from, work.to, work.answer->report,
                                (enum isp_format)in->format);
  }
  return isp_answer(call, 200, &isp_inventory_report_out, work.answer);
}
