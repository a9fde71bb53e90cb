#include <sys/wait.h>
#include <unistd.h>

#include "sent.h"

/* The reports of figures as files: performance and inventory. */

/* ---- performance ---- */

static const char *text_of(struct store *store, struct sent *sent) {
  const struct buf *pdf = &sent->exchange.body_out;
  assert_true(str_starts(buf_str(pdf), "%PDF-1."));
  assert_true(str_ends(buf_str(pdf), "%%EOF\n"));
  const char *path = store_path(store, "report.pdf");
  FILE *file = fopen(path, "we");
  assert_non_null(file);
  assert_int_equal(fwrite(pdf->at, 1, pdf->len, file), pdf->len);
  assert_int_equal(fclose(file), 0);
  const char *text_path = store_path(store, "report.txt");
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    execlp("pdftotext", "pdftotext", "-layout", path, text_path, NULL);
    _exit(127);
  }
  int state = 0;
  assert_int_equal(waitpid(child, &state, 0), child);
  assert_int_equal(state, 0);
  char *text = arena_alloc(store->ctx.arena, 64 * 1024);
  file = fopen(text_path, "re");
  assert_non_null(file);
  text[fread(text, 1, 64 * 1024 - 1, file)] = '\0';
  assert_int_equal(fclose(file), 0);
  send_end(store, sent);
  return text;
}

#define HOLDS(text, part)                            \
  do {                                               \
    if (strstr((text), (part)) == NULL) {            \
      fail_msg("\"%s\" is not in:\n%s", part, text); \
    }                                                \
  } while (0)

static void performance_is_told_to_the_letter(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Bambang", "manager@example.com");
  struct isp_figures periods[] = {
      {.period = STR("2026-01"), .date_from = STR("2026-01-15"), .date_to = STR("2026-01-31"), .created = 3},
      {.period = STR("2026-02"),
       .date_from = STR("2026-02-01"),
       .date_to = STR("2026-02-03"),
       .created = 12,
       .completed = 7,
       .hours = 5.25,
       .rating = 4.67,
       .on_time_rate = 85.7,
       .first_call = 100},
  };
  const struct isp_figures sum = {.created = 15};
  const struct isp_performance_report report = {
      .period = REPORT_MONTHLY, .summary = &sum, .periods = {periods, 2}};
  struct isp_performance_in in = {.format = ISP_FORMAT_CSV};
  struct sent sent;
  send_begin(store, &manager, &sent, &in);
  assert_ok(isp_export_performance(&sent.call, &report, ISP_FORMAT_CSV));
  assert_string_equal(send_end(store, &sent),
                      "period,date_from,date_to,created,completed,average_completion_time,average_rating,"
                      "on_time_rate,first_call_resolution\r\n"
                      "2026-01,2026-01-15,2026-01-31,3,0,0,0,0,0\r\n"
                      "2026-02,2026-02-01,2026-02-03,12,7,5.25,4.67,85.7,100\r\n");
}

static struct isp_figures technician_of(const char *name, int64_t completed) {
  return (struct isp_figures){.full_name = str_of(name), .completed = completed};
}

static void a_document_of_all_tells_of_made_tickets_and_of_each_technician(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Bambang", "manager@example.com");
  struct isp_figures periods[] = {{.first_day = 20454, .last_day = 20484, .created = 41, .completed = 31}};
  struct isp_figures people[] = {technician_of("Agus Salim", 1234), technician_of("Tono", 7)};
  const struct isp_figures sum = {.created = 4321, .completed = 1241, .hours = 5.5, .on_time_rate = 92.5};
  const struct isp_performance_report report = {.period = REPORT_MONTHLY,
                                                .date_from = STR("2026-01-01"),
                                                .date_to = STR("2026-01-31"),
                                                .summary = &sum,
                                                .periods = {periods, 1},
                                                .technicians = {people, 2}};
  struct isp_performance_in in = {.format = ISP_FORMAT_PDF};
  struct sent sent;
  send_begin(store, &manager, &sent, &in);
  assert_ok(isp_export_performance(&sent.call, &report, ISP_FORMAT_PDF));
  const char *text = text_of(store, &sent);
  static const char *const parts[] = {
      "1 January 2026", "31 January 2026", "Created", "4,321", "1,241",       "5.50",
      "92.5",           "Agus Salim",      "1,234",   "Tono",  "January 2026"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    HOLDS(text, parts[i]);
  }
}

static void a_document_of_one_technician_names_them_and_no_made_tickets(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Bambang", "manager@example.com");
  struct isp_figures periods[] = {{.first_day = 20454, .last_day = 20484, .completed = 31}};
  const struct isp_figures sum = {.completed = 31};
  const struct isp_performance_report report = {
      .period = REPORT_MONTHLY, .technician = STR("Agus Salim"), .summary = &sum, .periods = {periods, 1}};
  struct isp_performance_in in = {.format = ISP_FORMAT_PDF};
  struct sent sent;
  send_begin(store, &manager, &sent, &in);
  assert_ok(isp_export_performance(&sent.call, &report, ISP_FORMAT_PDF));
  const char *text = text_of(store, &sent);
  HOLDS(text, "Agus Salim");
  HOLDS(text, "Completed");
  assert_null(strstr(text, "Created"));
}

static void a_long_trend_is_drawn_from_its_latest_periods_and_listed_whole(struct store *store) {
  enum { DAYS = PDF_POINTS_MAX + 40 };
  const struct who manager = person(store, 1, ROLE_MANAGER, "Bambang", "manager@example.com");
  struct isp_figures *periods = ARENA_ARRAY(store->ctx.arena, struct isp_figures, DAYS);
  for (int i = 0; i < DAYS; i++) {
    periods[i] = (struct isp_figures){.first_day = 20454 + i, .last_day = 20454 + i, .completed = i};
  }
  const struct isp_figures sum = {0};
  const struct isp_performance_report report = {
      .period = REPORT_DAILY, .summary = &sum, .periods = {periods, DAYS}};
  struct isp_performance_in in = {.format = ISP_FORMAT_PDF};
  struct sent sent;
  send_begin(store, &manager, &sent, &in);
  assert_ok(isp_export_performance(&sent.call, &report, ISP_FORMAT_PDF));
  const char *text = text_of(store, &sent);
  HOLDS(text, "1 January 2026"); /* the table's first row */
  HOLDS(text, "2 January 2026");
}

/* ---- inventory ---- */

static void item_of(struct store *store, const char *name, const char *category, const char *sku, int stock,
                    bool low) {
  struct arena *arena = store->ctx.arena;
  store_sql(store,
            SQL(store,
                "INSERT INTO item (tenant_id, uuid, name, name_folded, category, category_folded, sku, "
                "sku_folded, price_e4, stock, min_stock, is_low, created_at, updated_at) VALUES "
                "(1, %s, '%s', '%.*s', '%s', '%.*s', '%s', '%.*s', 25000, %d, 1, %s, 1, 1)",
                uuid_literal(store, uuid_v7(STORE_NOW)), name, STR_ARG(str_fold(arena, str_of(name))),
                category, STR_ARG(str_fold(arena, str_of(category))), sku,
                STR_ARG(str_fold(arena, str_of(sku))), stock, low ? "TRUE" : "FALSE"));
}

static void formulas_in_names_are_guarded_and_quotes_kept(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Bambang", "manager@example.com");
  item_of(store, "=1+1, \"x\"", "@cat", "-sku", 4, true);
  struct isp_inventory_report_in in = {.format = ISP_FORMAT_CSV};
  const struct item_filter filter = {.skip = 0};
  const struct isp_stock_summary report = {.items = 1};
  struct sent sent;
  send_begin(store, &manager, &sent, &in);
  assert_ok(isp_export_inventory(&sent.call, &filter, 0, 0, &report, ISP_FORMAT_CSV));
  const char *row = strstr(send_end(store, &sent), "\r\n") + 2;
  assert_string_equal(row, "'-sku,\"'=1+1, \"\"x\"\"\",'@cat,4,1,true,2.5,10,0,0,0,0,0,0\r\n");
}

static void the_document_of_the_inventory_shows_sums_filters_and_each_item(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Bambang", "manager@example.com");
  item_of(store, "Router", "Modem", "RT-1", 4, true);
  item_of(store, "Cable", "Modem", "CB-2", 900, false);
  struct isp_inventory_report_in in = {
      .format = ISP_FORMAT_PDF, .category = STR("Modem"), .low_stock_only = false};
  const struct item_filter filter = {.category = STR("modem")};
  const struct isp_stock_summary report = {
      .items = 2, .low_items = 1, .stock = 904, .value = 2260, .lost = 17};
  struct sent sent;
  send_begin(store, &manager, &sent, &in);
  assert_ok(isp_export_inventory(&sent.call, &filter, 0, 0, &report, ISP_FORMAT_PDF));
  const char *text = text_of(store, &sent);
  static const char *const parts[] = {"Category", "Modem", "904", "2,260", "Router", "RT-1",
                                      "Cable",    "CB-2",  "900", "10",    "yes",    "Stock movements"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    HOLDS(text, parts[i]);
  }
  assert_null(strstr(text, "Low stock only"));
  in.low_stock_only = true;
  send_begin(store, &manager, &sent, &in);
  assert_ok(isp_export_inventory(&sent.call, &filter, 0, 0, &report, ISP_FORMAT_PDF));
  HOLDS(text_of(store, &sent), "Low stock only");
}

static void the_inventory_is_told_lot_by_lot_without_a_gap(struct store *store) {
  enum { ITEMS = 1203 }; /* more than two lots */
  const struct who manager = person(store, 1, ROLE_MANAGER, "Bambang", "manager@example.com");
  for (int i = 0; i < ITEMS; i++) {
    store_sql(store,
              SQL(store,
                  "INSERT INTO item (tenant_id, uuid, name, name_folded, category, category_folded, sku, "
                  "sku_folded, price_e4, stock, min_stock, is_low, created_at, updated_at) VALUES (1, %s, "
                  "'N', 'n', "
                  "'C', 'c', 'S%d', 's%d', 15000, %d, 1, %s, 1, 1)",
                  uuid_literal(store, uuid_v7(STORE_NOW)), i, i, i, i <= 1 ? "TRUE" : "FALSE"));
  }
  struct isp_inventory_report_in in = {.format = ISP_FORMAT_CSV};
  const struct item_filter filter = {.skip = 0};
  const struct isp_stock_summary report = {.items = ITEMS};
  struct sent sent;
  send_begin(store, &manager, &sent, &in);
  assert_ok(isp_export_inventory(&sent.call, &filter, 0, 0, &report, ISP_FORMAT_CSV));
  const char *at = send_end(store, &sent);
  for (int i = ITEMS; i >= 0; i--) {
    const char *row = i == ITEMS ? "sku,name,category,stock_quantity,min_stock_level,is_low_stock,unit_price,"
                                   "stock_value,assigned_out,added,assigned,returned,damaged,lost\r\n"
                                 : SQL(store, "S%d,N,C,%d,1,%s,1.5,%d%s,0,0,0,0,0,0\r\n", i, i,
                                       i <= 1 ? "true" : "false", i * 3 / 2, i % 2 == 1 ? ".5" : "");
    assert_memory_equal(at, row, strlen(row));
    at += strlen(row);
  }
  assert_string_equal(at, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(performance_is_told_to_the_letter),
      STORE_TEST(a_document_of_all_tells_of_made_tickets_and_of_each_technician),
      STORE_TEST(a_document_of_one_technician_names_them_and_no_made_tickets),
      STORE_TEST(a_long_trend_is_drawn_from_its_latest_periods_and_listed_whole),
      STORE_TEST(formulas_in_names_are_guarded_and_quotes_kept),
      STORE_TEST(the_document_of_the_inventory_shows_sums_filters_and_each_item),
      STORE_TEST(the_inventory_is_told_lot_by_lot_without_a_gap),
  };
  return STORE_RUN(tests);
}
