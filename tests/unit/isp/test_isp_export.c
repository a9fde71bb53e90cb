#include "sent.h"

/* Reports as files, as far as one piece of an answer goes: no server is needed for that. */

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

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(tickets_are_told_to_the_letter_and_formulas_guarded),
  };
  return STORE_RUN(tests);
}
