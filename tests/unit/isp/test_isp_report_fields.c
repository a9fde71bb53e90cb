#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "api/isp/isp_reports.h"

/* The wire's tables of the dashboard and the reports: what is asked for, and what is printed, to the letter.
 */

static int open_arena(void **state) {
  *state = arena_new(1 << 20);
  return 0;
}

static int close_arena(void **state) {
  arena_free(*state);
  return 0;
}

static const char *json_of(struct arena *arena, const struct fields *table, const void *row) {
  struct buf out CLEANUP_BUF;
  buf_init(&out, 16 * 1024);
  wire_print_json(&out, table, &(struct isp_envelope){.data = row});
  return str_c(arena, buf_str(&out));
}

/* ---- queries ---- */

static enum status query(struct ctx *ctx, const char *text, const struct fields *table, void *out) {
  problem_clear(ctx);
  return wire_read_form(ctx, str_of(text), table, out);
}

static bool has_fault(const struct ctx *ctx, const char *field) {
  for (unsigned i = 0; i < ctx->problem.fault_count; i++) {
    if (str_is(ctx->problem.faults[i].field, field)) {
      return true;
    }
  }
  return false;
}

static void a_report_of_tickets_is_asked_for_by_words_of_the_document(void **state) {
  struct ctx ctx = {.arena = *state};
  struct isp_ticket_report_in in = {0};
  assert_int_equal(query(&ctx,
                         "status=in_progress&type=new_installation&"
                         "technician_id=0190163d-8694-739b-aea5-966c26f8ad91&format=pdf&page=3&limit=50",
                         &isp_ticket_report_in, &in),
                   STATUS_OK);
  assert_int_equal(in.status, TICKET_IN_PROGRESS);
  assert_int_equal(in.type, WORK_NEW_INSTALLATION);
  assert_int_equal(in.technician_id.bytes[0], 0x01);
  assert_int_equal(in.technician_id.bytes[15], 0x91);
  assert_true(uuid_is_none(in.customer_id));
  assert_int_equal(in.format, ISP_FORMAT_PDF);
  assert_int_equal(in.page.page, 3);
  assert_int_equal(in.page.limit, 50);
}

static void what_is_not_said_is_json_and_any(void **state) {
  struct ctx ctx = {.arena = *state};
  struct isp_ticket_report_in tickets = {0};
  assert_int_equal(query(&ctx, "", &isp_ticket_report_in, &tickets), STATUS_OK);
  assert_int_equal(tickets.format, ISP_FORMAT_JSON);
  assert_int_equal(tickets.status, 0);
  assert_null(tickets.date.from.text.at);
  struct isp_performance_in performance = {0};
  assert_int_equal(query(&ctx, "", &isp_performance_in, &performance), STATUS_OK);
  assert_int_equal(performance.period, 0);
  struct isp_inventory_report_in inventory = {0};
  assert_int_equal(query(&ctx, "", &isp_inventory_report_in, &inventory), STATUS_OK);
  assert_false(inventory.low_stock_only);
}

static void every_word_of_periods_and_formats_is_known_and_no_other(void **state) {
  static const struct {
    const char *text;
    int period, format;
  } rows[] = {
      {"period=daily&format=json", REPORT_DAILY, ISP_FORMAT_JSON},
      {"period=weekly&format=csv", REPORT_WEEKLY, ISP_FORMAT_CSV},
      {"period=monthly&format=pdf", REPORT_MONTHLY, ISP_FORMAT_PDF},
      {"period=yearly", REPORT_YEARLY, ISP_FORMAT_JSON},
  };
  struct ctx ctx = {.arena = *state};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct isp_performance_in in = {0};
    assert_int_equal(query(&ctx, rows[i].text, &isp_performance_in, &in), STATUS_OK);
    assert_int_equal(in.period, rows[i].period);
    assert_int_equal(in.format, rows[i].format);
  }
  struct isp_performance_in in = {0};
  assert_int_equal(query(&ctx, "period=hourly&format=xls&technician_id=7", &isp_performance_in, &in),
                   STATUS_INVALID);
  assert_true(has_fault(&ctx, "period"));
  assert_true(has_fault(&ctx, "format"));
  assert_true(has_fault(&ctx, "technician_id"));
}

static void low_stock_only_is_taken_as_screens_send_it(void **state) {
  static const struct {
    const char *text;
    bool wanted;
  } rows[] = {{"low_stock_only=true", true},
              {"low_stock_only=1", true},
              {"low_stock_only=false", false},
              {"low_stock_only=0", false}};
  struct ctx ctx = {.arena = *state};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct isp_inventory_report_in in = {0};
    assert_int_equal(query(&ctx, rows[i].text, &isp_inventory_report_in, &in), STATUS_OK);
    assert_int_equal(in.low_stock_only, rows[i].wanted);
  }
  char category[300] = "category=";
  memset(category + 9, 'x', 256);
  struct isp_inventory_report_in in = {0};
  assert_int_equal(query(&ctx, category, &isp_inventory_report_in, &in), STATUS_INVALID);
  assert_true(has_fault(&ctx, "category"));
}

/* ---- answers ---- */

static void the_dashboard_prints_to_the_letter(void **state) {
  const struct isp_summary summary = {.total = 150,
                                      .pending = 45,
                                      .completed_today = 12,
                                      .overdue = 5,
                                      .active_technicians = 8,
                                      .satisfaction = 4.6};
  struct isp_count statuses[] = {{TICKET_NEW, 10}, {TICKET_CLOSED, 3}};
  struct isp_count priorities[] = {{PRIORITY_EMERGENCY, 1}};
  struct isp_figures days[] = {
      {.date_from = STR("2025-10-01"), .completed = 4, .created = 6, .full_name = STR("not told")}};
  struct isp_figures people[] = {{.technician_id = {{1}},
                                  .full_name = STR("Budi \"S\""),
                                  .completed = 9,
                                  .created = 77,
                                  .hours = 5.25,
                                  .rating = 4.5,
                                  .on_time_rate = 92.5,
                                  .first_call = 100}};
  const struct isp_charts charts = {{statuses, 2}, {priorities, 1}, {days, 1}, {people, 1}};
  assert_string_equal(
      json_of(*state, &isp_dashboard_out, &(struct isp_dashboard){&summary, &charts}),
      "{\"success\":true,\"data\":{\"summary\":{\"total_tickets\":150,\"pending_tickets\":45,"
      "\"completed_today\":12,\"overdue_tickets\":5,\"active_technicians\":8,\"customer_satisfaction\":4.6},"
      "\"charts\":{\"tickets_by_status\":[{\"status\":\"new\",\"count\":10},{\"status\":\"closed\","
      "\"count\":3}],\"tickets_by_priority\":[{\"priority\":\"emergency\",\"count\":1}],"
      "\"completion_trend\":[{\"date\":\"2025-10-01\",\"completed\":4,\"created\":6}],"
      "\"technician_performance\":[{\"technician_id\":\"01000000-0000-0000-0000-000000000000\","
      "\"full_name\":\"Budi \\\"S\\\"\",\"completed\":9,\"average_completion_time\":5.25,"
      "\"average_rating\":4.5,\"on_time_rate\":92.5,\"first_call_resolution\":100}]}}}");
}

static void a_technicians_report_prints_the_documents_keys(void **state) {
  struct isp_figures months[] = {{.period = STR("2025-10"), .completed = 4, .rating = 5, .created = 9}};
  const struct isp_figures figures = {.total = 40,
                                      .pending = 5,
                                      .completed = 35,
                                      .hours = 2.5,
                                      .rating = 4.7,
                                      .completion_rate = 87.5,
                                      .on_time_rate = 92.5,
                                      .first_call = 81,
                                      .monthly = {months, 1}};
  assert_string_equal(
      json_of(*state, &isp_technician_report_out, &(struct isp_technician_report){&figures}),
      "{\"success\":true,\"data\":{\"performance\":{\"total_tickets\":40,\"completed_tickets\":35,"
      "\"pending_tickets\":5,\"average_completion_time\":2.5,\"average_rating\":4.7,\"completion_rate\":87.5,"
      "\"on_time_rate\":92.5,\"first_call_resolution\":81,\"monthly_stats\":[{\"month\":\"2025-10\","
      "\"completed\":4,\"average_rating\":5}]}}}");
}

static void a_report_of_tickets_keeps_every_key_where_nothing_was_asked_for(void **state) {
  const struct isp_ticket_report report = {.total = 0};
  const struct isp_pagination pages = {.current_page = 1, .per_page = 20};
  assert_string_equal(
      json_of(*state, &isp_ticket_report_out,
              &(struct isp_ticket_report_answer){.report = &report, .pagination = &pages}),
      "{\"success\":true,\"data\":{\"report\":{\"date_from\":null,\"date_to\":null,\"total_tickets\":0,"
      "\"by_status\":[],\"by_priority\":[],\"by_type\":[]},\"tickets\":[],\"pagination\":{"
      "\"current_page\":1,\"per_page\":20,\"total\":0,\"total_pages\":0}}}");
}

static void an_inventory_report_prints_to_the_letter(void **state) {
  struct isp_stock_figures items[] = {{.id = {{9}},
                                       .name = STR("Router AC1200"),
                                       .category = STR("Router"),
                                       .sku = STR("RT-1200"),
                                       .stock = 12,
                                       .min_stock = 15,
                                       .is_low = true,
                                       .price = 150000.5,
                                       .value = 1800006,
                                       .out = 1,
                                       .added = 2,
                                       .assigned = 3,
                                       .returned = 4,
                                       .damaged = 5,
                                       .lost = 6}};
  const struct isp_stock_summary sum = {
      .date_from = STR("2025-10-01"), .items = 1, .low_items = 1, .stock = 12};
  const struct isp_pagination pages = {.current_page = 1, .per_page = 20, .total = 1, .total_pages = 1};
  assert_string_equal(
      json_of(*state, &isp_inventory_report_out, &(struct isp_inventory_answer){&sum, {items, 1}, &pages}),
      "{\"success\":true,\"data\":{\"report\":{\"date_from\":\"2025-10-01\",\"date_to\":null,"
      "\"total_items\":1,\"low_stock_items\":1,\"total_stock\":12,\"stock_value\":0,\"assigned_out\":0,"
      "\"added\":0,\"assigned\":0,\"returned\":0,\"damaged\":0,\"lost\":0},\"items\":[{"
      "\"id\":\"09000000-0000-0000-0000-000000000000\",\"name\":\"Router AC1200\",\"category\":\"Router\","
      "\"sku\":\"RT-1200\",\"stock_quantity\":12,\"min_stock_level\":15,\"is_low_stock\":true,"
      "\"unit_price\":150000.5,\"stock_value\":1800006,\"assigned_out\":1,\"added\":2,\"assigned\":3,"
      "\"returned\":4,\"damaged\":5,\"lost\":6}],\"pagination\":{\"current_page\":1,\"per_page\":20,"
      "\"total\":1,\"total_pages\":1}}}");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_report_of_tickets_is_asked_for_by_words_of_the_document),
      cmocka_unit_test(what_is_not_said_is_json_and_any),
      cmocka_unit_test(every_word_of_periods_and_formats_is_known_and_no_other),
      cmocka_unit_test(low_stock_only_is_taken_as_screens_send_it),
      cmocka_unit_test(the_dashboard_prints_to_the_letter),
      cmocka_unit_test(a_technicians_report_prints_the_documents_keys),
      cmocka_unit_test(a_report_of_tickets_keeps_every_key_where_nothing_was_asked_for),
      cmocka_unit_test(an_inventory_report_prints_to_the_letter),
  };
  return cmocka_run_group_tests(tests, open_arena, close_arena);
}
