#include "served.h"

#include "api/isp/isp_reports.h"
#include "people.h"

/* Reports as files, as far as one piece of an answer goes: no server is needed for that. */

struct sent {
  struct http_exchange exchange;
  struct call call;
};

static void send_begin(struct store *store, const struct who *who, struct sent *sent, void *query) {
  *sent = (struct sent){0};
  exchange_begin(&sent->exchange, HTTP_GET, "/api/reports");
  sent->exchange.streams = true;
  sent->call = (struct call){
      .ctx = *as(store, who), .exchange = &sent->exchange, .tenant_id = who->tenant_id, .query = query};
}

static const char *send_end(struct store *store, struct sent *sent) {
  const char *text = str_c(store->ctx.arena, buf_str(&sent->exchange.body_out));
  exchange_end(&sent->exchange);
  return text;
}

static const char *uuid_text(struct store *store, struct uuid uuid) {
  return uuid_print(uuid, arena_alloc(store->ctx.arena, UUID_TEXT_SIZE));
}

static void tickets_are_told_to_the_letter_and_formulas_guarded(struct store *store) {
  const struct who manager = person(store, 1, ROLE_MANAGER, "Bambang", "manager@example.com");
  const struct who technician = person(store, 1, ROLE_TECHNICIAN, "Agus, S.T.", "agus@example.com");
  const struct who customer = person(store, 1, ROLE_CUSTOMER, "@Ani", "ani@example.com");
  struct ticket first = ticket_of(store, &customer);
  struct ticket_new new_ticket = plain_ticket();
  new_ticket.title = STR("=1+1 \"now\"");
  new_ticket.work_type = WORK_UPGRADE;
  new_ticket.scheduled_at = STORE_NOW + TIME_DAY_US;
  struct ticket second;
  const struct ticket_assignment assignment = {.assignee_id = technician.account_id};
  const struct ticket_status_change solved = {.set = TICKET_RESOLVED};
  assert_ok(ticket_create(as(store, &customer), &new_ticket, &second));
  assert_ok(ticket_assign(as(store, &manager), second.uuid, &assignment, &second));
  store->ctx.now_us += TIME_HOUR_US;
  assert_ok(ticket_set_status(as(store, &technician), second.uuid, &solved, &second));
  assert_ok(ticket_rate(as(store, &customer), second.uuid, 4, STR_NONE, &second));

  struct isp_ticket_report_in in = {.format = ISP_FORMAT_CSV};
  const struct ticket_filter filter = {.skip = 0};
  const struct isp_ticket_report report = {.total = 2};
  struct sent sent;
  send_begin(store, &manager, &sent, &in);
  assert_ok(isp_export_tickets(&sent.call, &filter, &report, ISP_FORMAT_CSV));
  char one[TICKET_NUMBER_SIZE], two[TICKET_NUMBER_SIZE];
  const char *expected = SQL(
      store,
      "ticket_number,id,created_at,type,priority,status,title,customer,customer_id,technician,technician_id,"
      "scheduled_at,sla_deadline,completed_at,rating\r\n"
      "%s,%s,2026-02-03T04:05:06.000007Z,upgrade,normal,resolved,\"'=1+1 \"\"now\"\"\",'@Ani,%s,\"Agus, "
      "S.T.\",%s,"
      "2026-02-04T04:05:06.000007Z,2026-02-04T04:05:06.000007Z,2026-02-03T05:05:06.000007Z,4\r\n"
      "%s,%s,2026-02-03T04:05:06.000007Z,repair,normal,new,Router,'@Ani,%s,,,,2026-02-04T04:05:06.000007Z,,"
      "\r\n",
      ticket_number(&second, two), uuid_text(store, second.uuid), uuid_text(store, customer.uuid),
      uuid_text(store, technician.uuid), ticket_number(&first, one), uuid_text(store, first.uuid),
      uuid_text(store, customer.uuid));
  assert_string_equal(send_end(store, &sent), expected);
}

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
  send_begin(store, &manager, &sent, &in);
  assert_ok(isp_export_performance(&sent.call, &report, ISP_FORMAT_PDF));
  assert_true(str_starts(buf_str(&sent.exchange.body_out), "%PDF-1."));
  assert_true(str_ends(buf_str(&sent.exchange.body_out), "%%EOF\n"));
  send_end(store, &sent);
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
      STORE_TEST(tickets_are_told_to_the_letter_and_formulas_guarded),
      STORE_TEST(performance_is_told_to_the_letter),
      STORE_TEST(the_inventory_is_told_lot_by_lot_without_a_gap),
  };
  return STORE_RUN(tests);
}
