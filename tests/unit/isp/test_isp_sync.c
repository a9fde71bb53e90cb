#include <unistd.h>

#include "served.h"

#include "api/isp/isp.h"
#include "people.h"

/* What changed for the caller, in the shapes of the lists: through the kit, to the letter where it counts. */

static const struct dialect *const dialects[] = {&isp_dialect};

/* Asks from this position on (NULL: for everything), until the answer holds the text; the next position, in
 * the store's arena. Other tests in the cluster may hold up for a moment what is told. */
static const char *sync_from(struct store *store, const struct somebody *who, const char *position,
                             const char *holds) {
  enum { TRIES = 5000 };
  for (int i = 0; i < TRIES; i++) {
    POST("/api/mobile/sync", who->token,
         position == NULL ? "{}" : SQL(store, "{\"last_sync\":\"%s\"}", position));
    assert_int_equal(served.exchange.status, 200);
    if (!store->pgsql || strstr(answer_text(), holds) != NULL) {
      break;
    }
    usleep(1000);
  }
  ASSERT_HOLDS(200, holds);
  db_act_for(store->ctx.db, DB_SYSTEM, 0); /* the connection is the test's own again */
  return str_c(store->ctx.arena, answer_cut("\"next_sync\":\""));
}

static struct who who_of(const struct somebody *somebody) {
  const struct account *account = &somebody->account;
  return (struct who){.account_id = account->id,
                      .tenant_id = account->tenant_id,
                      .uuid = account->uuid,
                      .role = (enum role)account->role,
                      .name = account->name,
                      .email = account->email};
}

static void everything_is_told_in_the_pool_and_every_key_is_there(struct store *store) {
  served_begin(store, dialects);
  const struct somebody ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
  sync_from(store, &ani, NULL, "{\"success\":true,\"data\":{\"server_time\":\"");
  assert_int_equal(served.pooled, 1);
  ASSERT_HOLDS(200,
               "\",\"full\":true,\"has_more\":false,\"tickets\":[],\"removed_ticket_ids\":[],"
               "\"notifications\":[],\"assignments\":[],\"technician\":null}}");
  served_end();
}

static void changes_since_a_position_are_told_once_and_quickly(struct store *store) {
  served_begin(store, dialects);
  const struct somebody ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
  const char *start = sync_from(store, &ani, NULL, "\"full\":true");
  const struct who author = who_of(&ani);
  struct ticket ticket = ticket_of(store, &author);
  char uuid[UUID_TEXT_SIZE];
  char number[TICKET_NUMBER_SIZE];
  const char *next = sync_from(store, &ani, start, "\"full\":false,\"has_more\":false,\"tickets\":[{");
  assert_int_equal(served.pooled, 0);
  ASSERT_HOLDS(200, SQL(store, "\"id\":\"%s\",\"ticket_number\":\"%s\"", uuid_print(ticket.uuid, uuid),
                        ticket_number(&ticket, number)));
  assert_int_equal(answer_count("\"ticket_number\""), 1);
  sync_from(store, &ani, next, "\"tickets\":[],\"removed_ticket_ids\":[]");
  assert_ok(ticket_remove(as(store, &author), ticket.uuid, false, &ticket));
  sync_from(store, &ani, next, SQL(store, "\"tickets\":[],\"removed_ticket_ids\":[\"%s\"]", uuid));
  served_end();
}

static void notifications_come_in_the_callers_language_and_a_technicians_record_with_them(
    struct store *store) {
  served_begin(store, dialects);
  const struct somebody ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct somebody tono = served_somebody(ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct who manager = person(store, 1, ROLE_MANAGER, "Budi", "budi@example.com");
  store_sql(store, SQL(store, "UPDATE account SET language = %d WHERE id = %" PRId64, LANGUAGE_INDONESIAN,
                       tono.account.id));
  const char *start = sync_from(store, &tono, NULL, "\"technician\":{\"id\":\"");
  const struct who author = who_of(&ani);
  struct ticket ticket = ticket_of(store, &author);
  const struct ticket_assignment assignment = {.assignee_id = tono.account.id};
  assert_ok(ticket_assign(as(store, &manager), ticket.uuid, &assignment, &ticket));
  sync_from(store, &tono, start, "ditugaskan kepada Anda");
  ASSERT_HOLDS(200, "\"status\":\"assigned\"");
  served_end();
}

static void many_changes_at_once_are_shown_in_the_pool_by_parts_and_none_is_lost(struct store *store) {
  enum { TICKETS = 150 }; /* more than are shown at once, and than one look for people takes */
  served_begin(store, dialects);
  const struct somebody ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
  const char *start = sync_from(store, &ani, NULL, "\"full\":true");
  const struct who author = who_of(&ani);
  for (int i = 0; i < TICKETS; i++) {
    ticket_of(store, &author);
  }
  sync_from(store, &ani, start, "\"tickets\":[{");
  assert_int_equal(served.pooled, 1);
  assert_int_equal(answer_count("\"ticket_number\""), TICKETS);
  assert_int_equal(answer_count("\"full_name\":\"Ani\""), TICKETS);
  served_end();
}

static void a_position_that_is_none_is_refused_by_name(struct store *store) {
  served_begin(store, dialects);
  const struct somebody ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
  POST("/api/mobile/sync", ani.token, "{\"last_sync\":\"yesterday\"}");
  ASSERT_HOLDS(422, "\"details\":{\"last_sync\":\"");
  POST("/api/mobile/sync", ani.token,
       "{\"last_sync\":\"2025-10-01T08:00:00Z\",\"device_info\":{\"platform\":\"android\",\"version\":"
       "\"2.4.1\",\"device_id\":\"a1b2c3\"}}");
  ASSERT_HOLDS(200, "\"success\":true");
  POST("/api/mobile/sync", ani.token, "{\"device_info\":{\"platform\":7}}");
  ASSERT_HOLDS(422, "platform");
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(everything_is_told_in_the_pool_and_every_key_is_there),
      STORE_TEST(changes_since_a_position_are_told_once_and_quickly),
      STORE_TEST(notifications_come_in_the_callers_language_and_a_technicians_record_with_them),
      STORE_TEST(many_changes_at_once_are_shown_in_the_pool_by_parts_and_none_is_lost),
      STORE_TEST(a_position_that_is_none_is_refused_by_name),
  };
  return STORE_RUN(tests);
}
