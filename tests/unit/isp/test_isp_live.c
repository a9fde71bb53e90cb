#include "api/isp/isp_live.h"

#include <string.h>

#include "base/time.h"
#include "desk/account/account.h"
#include "people.h"

/* What sockets are told: the names of the document's events and what they carry. */

static const char *json;
static const char *name;

/* As the follower asks: by somebody who may read everything of the tenant. */
static const struct who reader = {.tenant_id = 1, .role = ROLE_SUPER_ADMIN};

static void keep(struct store *store, struct buf *out) {
  assert_false(out->full);
  json = str_c(store->ctx.arena, buf_str(out));
}

static void tell(struct store *store, const struct event *event, const struct ticket *ticket) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, 64 * 1024);
  name = "unset";
  assert_ok(isp_live_ticket(as(store, &reader), event, ticket, &name, &out));
  keep(store, &out);
}

static const char *uuid_text(struct store *store, struct uuid uuid) {
  return uuid_print(uuid, arena_alloc(store->ctx.arena, UUID_TEXT_SIZE));
}

#define HOLDS(part)                                 \
  do {                                              \
    if (strstr(json, (part)) == NULL) {             \
      fail_msg("\"%s\" is not in: %s", part, json); \
    }                                               \
  } while (0)

static void a_new_ticket_is_told_with_who_made_it(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket ticket = ticket_of(store, &ani);
  const struct event event = {
      .tenant_id = 1, .kind = EVENT_TICKET_CREATED, .ticket_id = ticket.id, .account_id = ani.account_id};
  tell(store, &event, &ticket);
  assert_string_equal(name, "ticket:created");
  assert_ptr_equal(strstr(json, "{\"ticket\":{\"id\":\""), json);
  HOLDS(SQL(store, "\"id\":\"%s\",\"ticket_number\":\"TK", uuid_text(store, ticket.uuid)));
  HOLDS(SQL(store, ",\"created_by\":{\"id\":\"%s\",\"full_name\":\"Ani\",\"role\":\"customer\"}}",
            uuid_text(store, ani.uuid)));
}

static void what_the_system_made_or_somebody_of_elsewhere_is_nobodys(struct store *store) {
  tenant_make(store, 2);
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who stranger = person(store, 2, ROLE_MANAGER, "Stranger", "stranger@example.com");
  const struct ticket ticket = ticket_of(store, &ani);
  struct event event = {.tenant_id = 1, .kind = EVENT_TICKET_CREATED, .ticket_id = ticket.id};
  tell(store, &event, &ticket);
  HOLDS(",\"created_by\":null}");
  event.account_id = stranger.account_id;
  tell(store, &event, &ticket);
  HOLDS(",\"created_by\":null}");
  assert_null(strstr(json, "Stranger"));
}

static void an_assignment_names_the_technician_and_the_taking_back_nobody(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who tono = person(store, 1, ROLE_TECHNICIAN, "Tono", "tono@example.com");
  store_sql(store, "UPDATE account SET phone = '+62 812' WHERE name = 'Tono'");
  const struct ticket ticket = ticket_of(store, &ani);
  struct event event = {.tenant_id = 1,
                        .kind = EVENT_TICKET_ASSIGNED,
                        .ticket_id = ticket.id,
                        .account_id = ani.account_id,
                        .new_value = tono.account_id};
  tell(store, &event, &ticket);
  assert_string_equal(name, "ticket:assigned");
  HOLDS(SQL(store, ",\"technician\":{\"id\":\"%s\",\"full_name\":\"Tono\",\"phone\":\"+62 812\"}}",
            uuid_text(store, tono.uuid)));
  event.old_value = tono.account_id;
  event.new_value = 0;
  tell(store, &event, &ticket);
  HOLDS(",\"technician\":null}");
}

static void a_status_is_told_from_the_event_and_the_ticket_as_it_is_by_now(struct store *store) {
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct who budi = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  struct ticket ticket = ticket_of(store, &ani);
  const struct ticket_status_change solved = {.set = TICKET_RESOLVED};
  assert_ok(ticket_set_status(as(store, &budi), ticket.uuid, &solved, &ticket));
  const struct event event = {.tenant_id = 1,
                              .kind = EVENT_TICKET_STATUS,
                              .ticket_id = ticket.id,
                              .old_value = TICKET_NEW,
                              .new_value = TICKET_IN_PROGRESS};
  tell(store, &event, &ticket);
  assert_string_equal(name, "ticket:status_changed");
  HOLDS(",\"old_status\":\"new\",\"new_status\":\"in_progress\"}");
  HOLDS("\"status\":\"resolved\"");
}

static void events_that_the_document_does_not_know_are_not_told(struct store *store) {
  static const enum event_kind kinds[] = {EVENT_TICKET_REPLIED, EVENT_TICKET_REMOVED, EVENT_TICKET_CHANGED,
                                          EVENT_TICKET_SLA, EVENT_TICKET_RATED};
  const struct who ani = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket ticket = ticket_of(store, &ani);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    tell(store, &(struct event){.tenant_id = 1, .kind = kinds[i], .ticket_id = ticket.id}, &ticket);
    assert_null(name);
    assert_string_equal(json, "");
  }
}

static void tell_technician(struct store *store, const struct event *event,
                            const struct technician *technician) {
  CLEANUP_BUF struct buf out;
  buf_init(&out, 4096);
  name = "unset";
  assert_ok(isp_live_technician(as(store, &reader), event, technician, &name, &out));
  keep(store, &out);
}

static void where_a_technician_is_and_whether_they_are_free_is_told_to_the_letter(struct store *store) {
  struct technician technician = {.account = {.uuid = {{7}}},
                                  .latitude = -6.2088,
                                  .longitude = 106.8456,
                                  .located_at = INT64_C(1759276800000000)};
  tell_technician(store, &(struct event){.kind = EVENT_TECHNICIAN_MOVED}, &technician);
  assert_string_equal(name, "technician:location_updated");
  assert_string_equal(json,
                      "{\"technician_id\":\"07000000-0000-0000-0000-000000000000\",\"location\":{"
                      "\"lat\":-6.2088,\"lng\":106.8456},\"timestamp\":\"2025-10-01T00:00:00Z\"}");
  for (int free = 0; free < 2; free++) {
    tell_technician(store, &(struct event){.kind = EVENT_TECHNICIAN_AVAILABLE, .new_value = free},
                    &technician);
    assert_string_equal(name, "technician:availability_changed");
    assert_string_equal(json, SQL(store,
                                  "{\"technician_id\":\"07000000-0000-0000-0000-000000000000\","
                                  "\"is_available\":%s}",
                                  free ? "true" : "false"));
  }
  technician.located_at = 0; /* the place was forgotten meanwhile */
  tell_technician(store, &(struct event){.kind = EVENT_TECHNICIAN_MOVED}, &technician);
  assert_null(name);
  tell_technician(store, &(struct event){.kind = EVENT_TECHNICIAN_CHANGED}, &technician);
  assert_null(name);
}

static void a_notification_is_told_in_the_language_of_whom_it_is_for(struct store *store) {
  const struct notice notice = {.uuid = {{1}},
                                .kind = NOTICE_TICKET_ASSIGNED,
                                .ticket_id = 42,
                                .ticket_uuid = {{2}},
                                .ticket_created_at = INT64_C(1759276800000000),
                                .ticket_title = STR("No \"internet\""),
                                .created_at = INT64_C(1759276800000000)};
  static const struct {
    int language;
    const char *words;
  } rows[] = {{LANGUAGE_ENGLISH, "Ticket TK20251001000042 was assigned to you: No \\\"internet\\\""},
              {LANGUAGE_INDONESIAN, "Tiket TK20251001000042 ditugaskan kepada Anda: No \\\"internet\\\""}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    CLEANUP_BUF struct buf out;
    buf_init(&out, 4096);
    assert_ok(isp_live_notice(as(store, &reader), &notice, rows[i].language, &name, &out));
    keep(store, &out);
    assert_string_equal(name, "notification:new");
    assert_ptr_equal(strstr(json, "{\"notification\":{\"id\":\"01000000-0000-0000-0000-000000000000\""),
                     json);
    HOLDS(rows[i].words);
    assert_string_equal(json + strlen(json) - 2, "}}");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_new_ticket_is_told_with_who_made_it),
      STORE_TEST(what_the_system_made_or_somebody_of_elsewhere_is_nobodys),
      STORE_TEST(an_assignment_names_the_technician_and_the_taking_back_nobody),
      STORE_TEST(a_status_is_told_from_the_event_and_the_ticket_as_it_is_by_now),
      STORE_TEST(events_that_the_document_does_not_know_are_not_told),
      STORE_TEST(where_a_technician_is_and_whether_they_are_free_is_told_to_the_letter),
      STORE_TEST(a_notification_is_told_in_the_language_of_whom_it_is_for),
  };
  return STORE_RUN(tests);
}
