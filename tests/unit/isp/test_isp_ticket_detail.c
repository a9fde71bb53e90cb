#include "served.h"

#include <inttypes.h>

#include "api/isp/isp_tickets.h"
#include "desk/activity/activity.h"
#include "people.h"

/* All about one ticket, to the letter. */

static const struct dialect *const dialects[] = {&isp_dialect};
static struct somebody ani, manager;
static int64_t ticket_id;
static const char *path;

static void begin(struct store *store) {
  served_begin(store, dialects);
  ani = served_somebody(ROLE_CUSTOMER, "Ani", "ani@example.com");
  manager = served_somebody(ROLE_MANAGER, "Mira", "mira@example.com");
  POST("/api/tickets", ani.token,
       "{\"type\":\"repair\",\"priority\":\"high\",\"title\":\"No internet\",\"description\":\"LOS blinks.\","
       "\"location\":{\"lat\":-6.5,\"lng\":106.25}}");
  assert_int_equal(served.exchange.status, 201);
  path = SQL(store, "/api/tickets/%.*s", STR_ARG(answer_cut("\"ticket\":{\"id\":\"")));
  ticket_id = store_number(store, "SELECT MAX(id) FROM ticket");
}

/* An entry as the store has it; actor 0: the system. */
static void history(struct store *store, int action, const char *field, int64_t actor_id) {
  store_sql(
      store,
      SQL(store,
          "INSERT INTO activity (tenant_id, uuid, ticket_id, actor_id, action, field, old_value, "
          "new_value, created_at) VALUES (1, %s, %" PRId64 ", NULLIF(%" PRId64 ", 0), %d, %s, 'a', NULL, 1)",
          uuid_literal(store, uuid_v7(STORE_NOW)), ticket_id, actor_id, action, field));
}

static void each_entry_of_the_history_has_its_word(struct store *store) {
  begin(store);
  static const struct {
    enum activity_action action;
    const char *field, *word;
  } cases[] = {
      {ACTIVITY_STATUS, "NULL", "status_changed"},
      {ACTIVITY_ASSIGNED, "NULL", "assigned"},
      {ACTIVITY_REPLIED, "NULL", "commented"},
      {ACTIVITY_REMOVED, "NULL", "deleted"},
      {ACTIVITY_RESTORED, "NULL", "restored"},
      {ACTIVITY_CHANGED, "'priority'", "priority_changed"},
      {ACTIVITY_CHANGED, "'work_type'", "type_changed"},
      {ACTIVITY_CHANGED, "'scheduled_at'", "scheduled_at_changed"},
      {ACTIVITY_CHANGED, "'response_deadline'", "response_deadline_changed"},
      {ACTIVITY_SLA_STARTED, "NULL", "sla_started"},
      {ACTIVITY_SLA_PAUSED, "NULL", "sla_paused"},
      {ACTIVITY_SLA_RESUMED, "NULL", "sla_resumed"},
      {ACTIVITY_SLA_STOPPED, "NULL", "sla_stopped"},
      {ACTIVITY_SLA_CHANGED, "NULL", "sla_changed"},
      {ACTIVITY_SLA_WARNED, "NULL", "sla_warned"},
      {ACTIVITY_SLA_BREACHED, "NULL", "sla_breached"},
      {ACTIVITY_NOTE, "NULL", "note"},
      {ACTIVITY_RATED, "NULL", "rated"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    store_sql(store, "DELETE FROM activity");
    history(store, cases[i].action, cases[i].field, 0);
    GET(path, ani.token);
    ASSERT_HOLDS(200,
                 SQL(store,
                     "\"action\":\"%s\",\"old_value\":\"a\",\"new_value\":null,\"user\":null,\"created_at\":"
                     "\"1970-01-01T00:00:00.000001Z\"}]",
                     cases[i].word));
  }
  served_end();
}

static void everybody_named_is_told_with_role(struct store *store) {
  begin(store);
  history(store, ACTIVITY_NOTE, "NULL", manager.account.id);
  POST(SQL(store, "%s/comments", path), manager.token, "{\"comment\":\"Soon\"}");
  assert_int_equal(served.exchange.status, 201);
  GET(path, ani.token);
  const char *user = SQL(store, "\"full_name\":\"Mira\",\"role\":\"manager\"}");
  assert_int_equal(answer_count(user), 3); /* the note, the comment, and its entry */
  ASSERT_HOLDS(200, "\"full_name\":\"Ani\",\"role\":\"customer\"}");
  served_end();
}

static void attachments_stand_where_they_belong(struct store *store) {
  begin(store);
  POST(SQL(store, "%s/comments", path), ani.token,
       "{\"comment\":\"See\",\"attachments\":[\"https://example.com/c.jpg\"]}");
  ASSERT_HOLDS(201, "\"attachments\":[{\"id\":\"");
  ASSERT_HOLDS(201, "\"filename\":\"c.jpg\",\"url\":\"https://example.com/c.jpg\",\"type\":\"link\"");
  static const struct {
    enum file_kind kind;
    const char *word;
  } kinds[] = {{FILE_KIND_NONE, "photo"},
               {FILE_KIND_PHOTO, "photo"},
               {FILE_KIND_DOCUMENT, "document"},
               {FILE_KIND_SIGNATURE, "signature"}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    store_sql(store, "DELETE FROM file WHERE reply_id IS NULL");
    store_sql(store,
              SQL(store,
                  "INSERT INTO file (tenant_id, uuid, ticket_id, uploader_id, name, hash, size, type, kind, "
                  "created_at) VALUES (1, %s, %" PRId64 ", %" PRId64 ", 'a', %s, 1, 1, %d, 1)",
                  uuid_literal(store, uuid_v7(STORE_NOW)), ticket_id, ani.account.id,
                  uuid_literal(store, uuid_v7(STORE_NOW)), (int)kinds[i].kind));
    GET(path, ani.token);
    ASSERT_HOLDS(200, SQL(store, "\"type\":\"%s\",\"uploaded_by\":\"", kinds[i].word));
    ASSERT_HOLDS(200, "\"uploaded_at\":\"1970-01-01T00:00:00.000001Z\"}],\"comments\":[{\"id\":\"");
    ASSERT_HOLDS(200, "\"comment\":\"See\",\"attachments\":[{\"id\":\"");
  }
  served_end();
}

static void a_long_history_is_told_in_the_pool(struct store *store) {
  begin(store);
  GET(path, ani.token);
  assert_int_equal(served.pooled, 0);
  for (int i = 0; i < 70; i++) {
    history(store, ACTIVITY_NOTE, "NULL", 0);
  }
  store_sql(store, store->pgsql ? "UPDATE activity SET new_value = REPEAT('x', 65536)"
                                : "UPDATE activity SET new_value = REPLACE(HEX(ZEROBLOB(32768)), '0', 'x')");
  GET(path, ani.token);
  assert_int_equal(served.exchange.status, 200);
  assert_int_equal(served.pooled, 1);
  assert_int_equal(answer_count("\"action\""), 72);
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(each_entry_of_the_history_has_its_word),
      STORE_TEST(everybody_named_is_told_with_role),
      STORE_TEST(attachments_stand_where_they_belong),
      STORE_TEST(a_long_history_is_told_in_the_pool),
  };
  return STORE_RUN(tests);
}
