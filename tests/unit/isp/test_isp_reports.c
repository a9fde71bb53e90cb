#include "served.h"

#include "api/isp/isp_reports.h"
#include "people.h"

/* Dashboard and reports through the kit, to the letter. */

static const struct dialect *const dialects[] = {&isp_dialect};

#define NO_TICKETS                                                                                       \
  "{\"status\":\"new\",\"count\":%d},{\"status\":\"assigned\",\"count\":0},{\"status\":\"in_progress\"," \
  "\"count\":0},{\"status\":\"pending\",\"count\":0},{\"status\":\"resolved\",\"count\":0},{\"status\":" \
  "\"closed\",\"count\":0}]"
#define NO_PRIORITIES                                                                                 \
  "{\"priority\":\"low\",\"count\":0},{\"priority\":\"normal\",\"count\":%d},{\"priority\":\"high\"," \
  "\"count\":0},{\"priority\":\"critical\",\"count\":0},{\"priority\":\"emergency\",\"count\":0}]"

static void the_dashboard_counts_what_is_there(struct store *store) {
  served_begin(store, dialects);
  const struct somebody mira = served_somebody(ROLE_CUSTOMER_SERVICE, "Mira", "mira@example.com");
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  for (int tickets = 0; tickets < 2; tickets++) {
    GET("/api/reports/dashboard", mira.token);
    ASSERT_HOLDS(200,
                 SQL(store,
                     "{\"success\":true,\"data\":{\"summary\":{\"total_tickets\":%d,\"pending_tickets\":%d,"
                     "\"completed_today\":0,\"overdue_tickets\":0,\"active_technicians\":0,"
                     "\"customer_satisfaction\":0},\"charts\":{\"tickets_by_status\":[" NO_TICKETS
                     ",\"tickets_by_priority\":[" NO_PRIORITIES ",\"completion_trend\":[{\"date\":\"",
                     tickets, tickets, tickets, tickets));
    ASSERT_HOLDS(200,
                 SQL(store, ",\"completed\":0,\"created\":%d}],\"technician_performance\":[]}}}", tickets));
    assert_int_equal(answer_count("\"completed\":0,\"created\":"), 30);
    ticket_of(store, &author);
  }
  served_end();
}

static void an_empty_report_has_every_key(struct store *store) {
  served_begin(store, dialects);
  const struct somebody mira = served_somebody(ROLE_MANAGER, "Mira", "mira@example.com");
  GET("/api/reports/tickets?date_from=2026-01-01&date_to=2026-01-31", mira.token);
  ASSERT_ANSWER(
      200,
      SQL(store,
          "{\"success\":true,\"data\":{\"report\":{\"date_from\":\"2026-01-01\",\"date_to\":"
          "\"2026-01-31\",\"total_tickets\":0,\"by_status\":[" NO_TICKETS ",\"by_priority\":[" NO_PRIORITIES
          ",\"by_type\":[{\"type\":\"new_installation\",\"count\":0},{\"type\":\"repair\",\"count\":0},"
          "{\"type\":\"maintenance\",\"count\":0},{\"type\":\"upgrade\",\"count\":0},"
          "{\"type\":\"disconnection\",\"count\":0}]},\"tickets\":[],\"pagination\":{\"current_page\":1,"
          "\"per_page\":20,\"total\":0,\"total_pages\":0}}}",
          0, 0));
  GET("/api/reports/performance?period=yearly&date_from=2025-03-01&date_to=2025-04-30", mira.token);
  ASSERT_ANSWER(
      200,
      "{\"success\":true,\"data\":{\"report\":{\"period\":\"yearly\",\"date_from\":\"2025-03-01\","
      "\"date_to\":\"2025-04-30\",\"summary\":{\"created\":0,\"completed\":0,\"average_completion_time\":0,"
      "\"average_rating\":0,\"on_time_rate\":0,\"first_call_resolution\":0},\"periods\":[{\"period\":"
      "\"2025\","
      "\"date_from\":\"2025-03-01\",\"date_to\":\"2025-04-30\",\"created\":0,\"completed\":0,"
      "\"average_completion_time\":0,\"average_rating\":0,\"on_time_rate\":0,\"first_call_resolution\":0}],"
      "\"technicians\":[]}}}");
  GET("/api/reports/inventory", mira.token);
  ASSERT_ANSWER(
      200,
      "{\"success\":true,\"data\":{\"report\":{\"date_from\":null,\"date_to\":null,\"total_items\":0,"
      "\"low_stock_items\":0,\"total_stock\":0,\"stock_value\":0,\"assigned_out\":0,\"added\":0,"
      "\"assigned\":0,\"returned\":0,\"damaged\":0,\"lost\":0},\"items\":[],\"pagination\":{\"current_page\":"
      "1,"
      "\"per_page\":20,\"total\":0,\"total_pages\":0}}}");
  served_end();
}

static void a_technicians_own_report_is_about_them(struct store *store) {
  served_begin(store, dialects);
  const struct somebody tono = served_somebody(ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct who other = person(store, 1, ROLE_TECHNICIAN, "Agus", "agus@example.com");
  char uuid[UUID_TEXT_SIZE];
  uuid_print(tono.account.uuid, uuid);
  GET("/api/reports/performance", tono.token);
  ASSERT_HOLDS(200, SQL(store,
                        "\"technicians\":[{\"technician_id\":\"%s\",\"full_name\":\"Tono\",\"completed\":0,"
                        "\"average_completion_time\":0,\"average_rating\":0,\"on_time_rate\":0,"
                        "\"first_call_resolution\":0}]",
                        uuid));
  GET(SQL(store, "/api/technicians/%s/performance", uuid), tono.token);
  ASSERT_HOLDS(
      200,
      "{\"success\":true,\"data\":{\"performance\":{\"total_tickets\":0,\"completed_tickets\":0,"
      "\"pending_tickets\":0,\"average_completion_time\":0,\"average_rating\":0,\"completion_rate\":0,"
      "\"on_time_rate\":0,\"first_call_resolution\":0,\"monthly_stats\":[{\"month\":\"");
  assert_int_equal(answer_count("\"completed\":0,\"average_rating\":0}"), 12);
  uuid_print(other.uuid, uuid);
  GET(SQL(store, "/api/reports/performance?technician_id=%s", uuid), tono.token);
  ASSERT_HOLDS(403, "\"INSUFFICIENT_PERMISSIONS\"");
  GET(SQL(store, "/api/technicians/%s/performance", uuid), tono.token);
  ASSERT_HOLDS(404, "\"RESOURCE_NOT_FOUND\"");
  served_end();
}

static void wrong_ranges_are_refused_by_name(struct store *store) {
  static const struct {
    const char *target, *details;
  } rows[] = {
      {"/api/reports/tickets?format=xls", "\"details\":{\"format\":"},
      {"/api/reports/tickets?date_from=2026-02-02&date_to=2026-02-01",
       "\"details\":{\"date_to\":\"must not be before date_from\"}"},
      {"/api/reports/inventory?date_from=2026-02-30",
       "\"details\":{\"date_from\":\"must be a date, YYYY-MM-DD\"}"},
      {"/api/reports/performance?date_from=2999-01-01",
       "\"details\":{\"date_from\":\"must not be in the future\"}"},
      {"/api/reports/performance?date_from=2999-01-01&date_to=x",
       "\"details\":{\"date_to\":\"must be a date, YYYY-MM-DD\"}"},
      {"/api/reports/performance?period=daily&date_from=1990-01-01", "That range has too many periods"},
  };
  served_begin(store, dialects);
  const struct somebody mira = served_somebody(ROLE_MANAGER, "Mira", "mira@example.com");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    GET(rows[i].target, mira.token);
    ASSERT_HOLDS(422, rows[i].details);
  }
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(the_dashboard_counts_what_is_there),
      STORE_TEST(an_empty_report_has_every_key),
      STORE_TEST(a_technicians_own_report_is_about_them),
      STORE_TEST(wrong_ranges_are_refused_by_name),
  };
  return STORE_RUN(tests);
}
