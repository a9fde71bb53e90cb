#include "served.h"

#include <inttypes.h>

#include "api/hcall/internal.h"
#include "folder.h"
#include "people.h"

/* Tickets as the document words each outcome. */

static const struct dialect *const dialects[] = {&hcall_dialect};

#define NO_TICKET "{\"message\":\"Ticket hasn't found\",\"status\":false}"
#define NO_TICKETS "{\"message\":\"Author don't have tickets\",\"status\":false}"
#define NOT_AUTHORIZED "{\"message\":\"User role not authorized for this endpoint\",\"status\":false}"
#define NO_UUID "ticket_123e4567-e89b-12d3-a456-426614174000"
/* One dot. */
#define PNG "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

static void an_id_is_ticket_and_a_uuid(void **state) {
  (void)state;
  struct uuid uuid = {{0}};
  assert_true(hcall_ticket_id(STR("ticket_123e4567-e89b-12d3-a456-426614174000"), &uuid));
  char text[UUID_TEXT_SIZE];
  assert_string_equal(uuid_print(uuid, text), "123e4567-e89b-12d3-a456-426614174000");
}

static void anything_else_is_no_id(void **state) {
  (void)state;
  const char *texts[] = {"",
                         "ticket_",
                         "ticket",
                         "ticket_028492wsd88178",
                         "ticket_123e4567-e89b-12d3-a456-42661417400",
                         "123e4567-e89b-12d3-a456-426614174000",
                         "Ticket_123e4567-e89b-12d3-a456-426614174000",
                         "ticket_123e4567-e89b-12d3-a456-426614174000 "};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct uuid uuid = {{0}};
    assert_false(hcall_ticket_id(str_of(texts[i]), &uuid));
    assert_true(uuid_is_none(uuid));
  }
}

/* ---- a desk ---- */

static struct somebody john, jane, manager;
static char data[128]; /* where pictures stand */

static void begin(struct store *store) {
  char why[256];
  served_begin(store, dialects);
  folder_make(data);
  assert_ok(file_setup(data, why));
  john = served_somebody(ROLE_CUSTOMER, "John Doe", "johndoe@example.com");
  jane = served_somebody(ROLE_CUSTOMER, "Jane Doe", "jane@example.org");
  manager = served_somebody(ROLE_MANAGER, "Manager", "manager@example.com");
}

static void end(void) {
  served_end();
  folder_remove(data);
}

#define CREATED "{\"message\":\"Ticket has been created\",\"status\":true}"
#define TICKET(name) "{\"ticket_name\":\"" name "\",\"ticket_explain\":\"It blinks red.\""

/* Creates a ticket, whose id the document tells only in the lists. */
static const char *create(struct store *store, const struct somebody *author, const char *name) {
  char uuid[UUID_TEXT_SIZE];
  struct uuid id;
  POST("/api/ticket/create", author->token,
       SQL(store, "{\"ticket_name\":\"%s\",\"ticket_explain\":\"It blinks red.\"}", name));
  ASSERT_ANSWER(200, CREATED);
  GET("/api/ticket/fetch?limit=1", manager.token);
  assert_true(hcall_ticket_id(answer_cut("\"ticket_id\":\""), &id));
  return SQL(store, "ticket_%s", uuid_print(id, uuid));
}

static int status_of(struct store *store, const char *name) {
  return (int)NUMBER(store, "SELECT status FROM ticket WHERE title = '%s'", name);
}

/* ---- creating ---- */

static void a_ticket_is_technical_and_of_normal_urgency(struct store *store) {
  begin(store);
  POST("/api/ticket/create", john.token, TICKET("Router") "}");
  ASSERT_ANSWER(200, CREATED);
  assert_int_equal(served.pooled, 0); /* no picture, no slow work */
  assert_int_equal(store_number(store, "SELECT category FROM ticket"), CATEGORY_TECHNICAL);
  assert_int_equal(store_number(store, "SELECT priority FROM ticket"), PRIORITY_NORMAL);
  assert_int_equal(store_number(store, "SELECT author_id FROM ticket"), john.account.id);
  POST("/api/ticket/create", manager.token, TICKET("Router") "}");
  ASSERT_ANSWER(403, "{\"message\":\"Admin role not authorized to create tickets\",\"status\":false}");
  end();
}

static void pictures_are_kept_by_the_pool_and_told_again(struct store *store) {
  begin(store);
  POST("/api/ticket/create", john.token,
       TICKET("Router") ",\"tickes_images\":[{\"image_name\":\"dot.png\",\"image_type\":\"image/jpeg\","
                        "\"image_content\":\"" PNG "\"}]}");
  ASSERT_ANSWER(200, CREATED);
  assert_int_equal(served.pooled, 1);
  GET("/api/ticket/fetch", manager.token);
  const char *path = SQL(store, "/api/ticket/info?ticket_id=%.*s", STR_ARG(answer_cut("\"ticket_id\":\"")));
  GET(path, manager.token);
  assert_int_equal(served.pooled, 1);
  ASSERT_HOLDS(200, "\"image_name\":\"dot.png\",\"image_url\":\"" PNG "\",\"image_type\":\"image/png\"");
  end();
}

static size_t files_kept;

static int count_file(const char *path, const struct stat *info, int type, struct FTW *where) {
  (void)path;
  (void)info;
  (void)where;
  files_kept += type == FTW_F;
  return 0;
}

static void one_bad_picture_keeps_all_out(struct store *store) {
  begin(store);
  POST("/api/ticket/create", john.token,
       TICKET("Router") ",\"tickes_images\":[{\"image_name\":\"a\",\"image_type\":\"image/png\","
                        "\"image_content\":\"" PNG "\"},{\"image_name\":\"b\",\"image_type\":\"image/png\","
                        "\"image_content\":\"!\"}]}");
  ASSERT_ANSWER(400,
                "{\"message\":\"Invalid data\",\"reason\":\"tickes_images[1].image_content is not "
                "base64.\",\"status\":false}");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket"), 0);
  files_kept = 0;
  assert_int_equal(nftw(data, count_file, 16, FTW_PHYS), 0);
  assert_int_equal(files_kept, 0);
  end();
}

/* ---- changing ---- */

static void editing_sets_the_status(struct store *store) {
  begin(store);
  const char *id = create(store, &john, "Router");
  static const struct {
    const char *word;
    int status;
  } cases[] = {{"doing", TICKET_IN_PROGRESS},
               {"conclued", TICKET_RESOLVED},
               {"pending", TICKET_NEW},
               {"concluded", TICKET_RESOLVED}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    POST("/api/ticket/edit", manager.token,
         SQL(store, "{\"ticket_id\":\"%s\",\"ticket_status\":\"%s\"}", id, cases[i].word));
    ASSERT_ANSWER(200, "{\"message\":\"Ticket has been edited\",\"status\":true}");
    assert_int_equal(status_of(store, "Router"), cases[i].status);
  }
  end();
}

static void an_update_becomes_history(struct store *store) {
  begin(store);
  const char *id = create(store, &john, "Router");
  POST("/api/ticket/update", manager.token,
       SQL(store, "{\"ticket_id\":\"%s\",\"ticket_return\":\"Purchasing routers\"}", id));
  ASSERT_ANSWER(200, "{\"message\":\"Update has been setting up\",\"status\":true}");
  char created[TIME_TEXT_SIZE], said[TIME_TEXT_SIZE];
  time_print(store_number(store, "SELECT created_at FROM ticket"), created);
  time_print(store_number(store, "SELECT created_at FROM reply"), said);
  GET(SQL(store, "/api/ticket/info?ticket_id=%s", id), manager.token);
  assert_int_equal(served.pooled, 0);
  ASSERT_ANSWER(200, SQL(store,
                         "{\"ticket_id\":\"%s\",\"ticket_name\":\"Router\",\"ticket_status\":\"pending\","
                         "\"ticket_explain\":\"It blinks red.\",\"ticket_images\":[],\"ticket_history\":[{"
                         "\"ticket_return\":\"Purchasing routers\",\"ticket_date\":\"%s\"}],"
                         "\"ticket_date\":\"%s\",\"status\":true}",
                         id, said, created));
  end();
}

static void removing_tells_a_foreign_ticket_from_none(struct store *store) {
  begin(store);
  const char *id = create(store, &john, "Router");
#define REMOVE(by) POST("/api/ticket/remove", (by).token, SQL(store, "{\"ticket_id\":\"%s\"}", id))
  REMOVE(jane);
  ASSERT_ANSWER(403, "{\"message\":\"User can only remove their own tickets\",\"status\":false}");
  REMOVE(john);
  ASSERT_ANSWER(200, "{\"message\":\"Ticket has been removed\",\"status\":true}");
  REMOVE(john);
  ASSERT_ANSWER(404, NO_TICKET);
  id = create(store, &john, "Printer");
  REMOVE(manager); /* not the author, but may remove any */
  ASSERT_ANSWER(200, "{\"message\":\"Ticket has been removed\",\"status\":true}");
  end();
}

static void an_id_of_nothing_is_not_found(struct store *store) {
  begin(store);
  static const char *const ids[] = {"028492wsd88178", NO_UUID};
  for (int i = 0; i < 2; i++) {
    POST("/api/ticket/edit", manager.token,
         SQL(store, "{\"ticket_id\":\"%s\",\"ticket_status\":\"doing\"}", ids[i]));
    ASSERT_ANSWER(404, NO_TICKET);
    POST("/api/ticket/update", manager.token,
         SQL(store, "{\"ticket_id\":\"%s\",\"ticket_return\":\"x\"}", ids[i]));
    ASSERT_ANSWER(404, NO_TICKET);
    POST("/api/ticket/remove", manager.token, SQL(store, "{\"ticket_id\":\"%s\"}", ids[i]));
    ASSERT_ANSWER(404, NO_TICKET);
    GET(SQL(store, "/api/ticket/info?ticket_id=%s", ids[i]), manager.token);
    ASSERT_ANSWER(404, NO_TICKET);
    GET(SQL(store, "/api/ticket/fetch?before=%s", ids[i]), manager.token);
    ASSERT_ANSWER(404, NO_TICKET);
  }
  end();
}

/* ---- counting and listing ---- */

static void counts_go_by_the_documents_words(struct store *store) {
  begin(store);
  static const int statuses[] = {TICKET_NEW,         TICKET_ASSIGNED, TICKET_PENDING,
                                 TICKET_IN_PROGRESS, TICKET_RESOLVED, TICKET_CLOSED};
  for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
    store_sql(store,
              SQL(store,
                  "INSERT INTO ticket_count (tenant_id, scope, owner_id, status, priority, slot, tickets) "
                  "VALUES (1, 1, 0, %d, 2, 0, %d)",
                  statuses[i], 1 << i));
  }
  GET("/api/ticket/count", manager.token);
  ASSERT_ANSWER(200,
                "{\"tickets_total\":63,\"tickets_pending\":7,\"tickets_doing\":8,"
                "\"tickets_conclued\":48,\"status\":true}");
  GET("/api/ticket/count", john.token);
  ASSERT_ANSWER(403, NOT_AUTHORIZED);
  end();
}

/* The names in the answer, newest first, separated by blanks. */
static void assert_listed(struct store *store, const char *query, const char *names) {
  GET(SQL(store, "/api/ticket/fetch?%s", query), manager.token);
  assert_int_equal(served.exchange.status, 200);
  char told[256] = "";
  const char *at = answer_text();
  while ((at = strstr(at, "\"ticket_name\":\"")) != NULL) {
    at += strlen("\"ticket_name\":\"");
    size_t len = strlen(told);
    snprintf(told + len, sizeof told - len, "%s%.*s", len > 0 ? " " : "", (int)strcspn(at, "\""), at);
  }
  assert_string_equal(told, names);
}

static void lists_are_filtered(struct store *store) {
  begin(store);
  GET("/api/ticket/fetch", manager.token); /* nothing was asked for: nothing is no fault */
  ASSERT_ANSWER(200, "{\"tickets\":[],\"status\":true}");
  const char *first = create(store, &john, "Router");
  create(store, &jane, "Printer");
  create(store, &john, "Mouse");
  POST("/api/ticket/edit", manager.token,
       SQL(store, "{\"ticket_id\":\"%s\",\"ticket_status\":\"doing\"}", first));
  assert_listed(store, "", "Mouse Printer Router");
  assert_listed(store, "author=JohnDoe@example.com", "Mouse Router");
  assert_listed(store, "status=doing", "Router");
  assert_listed(store, "status=pending&author=johndoe@example.com", "Mouse");
  assert_listed(store, "date=2025-03-27", "Mouse Printer Router");
  assert_listed(store, "author=&status=&date=&before=", "Mouse Printer Router"); /* empty is not said */
  static const char *const nothing[] = {"author=nobody@example.com", "status=conclued", "date=2999-01-01"};
  for (size_t i = 0; i < 3; i++) {
    GET(SQL(store, "/api/ticket/fetch?%s", nothing[i]), manager.token);
    ASSERT_ANSWER(404, NO_TICKETS);
  }
  GET("/api/ticket/fetch?date=27-03-2025&author=nobody@example.com", manager.token);
  ASSERT_ANSWER(404, "{\"message\":\"Invalid date format\",\"status\":false}");
  GET("/api/ticket/fetch?status=open&date=27-03-2025", manager.token);
  ASSERT_ANSWER(400,
                "{\"message\":\"Invalid data\",\"reason\":\"status must be pending, doing or "
                "conclued.\",\"status\":false}");
  end();
}

static void a_day_begins_where_the_tenant_lives(struct store *store) {
  const int64_t half_past_four =
      INT64_C(1743093000) * TIME_SECOND_US - time_now_us(); /* 2025-03-27T16:30:00Z */
  time_shift(half_past_four);
  begin(store);
  store_sql(store, "UPDATE tenant SET timezone = 'Asia/Jakarta'"); /* seven hours ahead */
  POST("/api/ticket/create", john.token, TICKET("Before") "}");
  time_shift(half_past_four + 45 * TIME_MINUTE_US);
  POST("/api/ticket/create", john.token, TICKET("After") "}");
  assert_listed(store, "date=2025-03-28", "After");
  assert_listed(store, "date=2025-03-27", "After Before");
  GET("/api/ticket/fetch?date=2025-03-29", manager.token);
  ASSERT_ANSWER(404, NO_TICKETS);
  end();
  time_shift(0);
}

static void a_cut_list_names_its_next_page(struct store *store) {
  begin(store);
  create(store, &john, "Router");
  const char *second = create(store, &john, "Printer");
  create(store, &john, "Mouse");
  assert_listed(store, "limit=2&author=johndoe@example.com&status=pending", "Mouse Printer");
  const char *next =
      SQL(store,
          "author=%%6A%%6F%%68%%6E%%64%%6F%%65%%40%%65%%78%%61%%6D%%70%%6C%%65%%2E%%63%%6F%%6D&"
          "status=%%70%%65%%6E%%64%%69%%6E%%67&limit=2&before=%s",
          second);
  assert_int_equal(
      exchange_lines(&served.exchange, SQL(store, "Link: </api/ticket/fetch?%s>; rel=\"next\"\r\n", next)),
      1);
  assert_listed(store, next, "Router");
  assert_int_equal(exchange_lines(&served.exchange, "Link: "), 0);
  assert_listed(store, "limit=3", "Mouse Printer Router"); /* whole: no next page */
  assert_int_equal(exchange_lines(&served.exchange, "Link: "), 0);
  end();
}

static void a_long_list_is_told_in_the_pool(struct store *store) {
  begin(store);
  POST("/api/ticket/create", john.token, TICKET("Router") "}");
  const char *uuid = store->pgsql ? "CAST(uuid_send(gen_random_uuid()) AS BYTEA)" : "randomblob(16)";
  store_sql(store,
            SQL(store,
                "INSERT INTO ticket (tenant_id, uuid, author_id, title, description, category, priority, "
                "status, work_type, request_kind, file_count, created_at, updated_at, status_changed_at) "
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                "SELECT 1, %s, %" PRId64 ", 'Many', 'x', 2, 2, 1, 0, 0, 0, 1, 1, 1 FROM n",
                HCALL_LIST_INLINE_MAX, uuid, john.account.id));
  GET(SQL(store, "/api/ticket/fetch?limit=%d", HCALL_LIST_INLINE_MAX), manager.token);
  assert_int_equal(served.pooled, 0);
  assert_int_equal(answer_count("\"ticket_id\""), HCALL_LIST_INLINE_MAX);
  GET("/api/ticket/fetch", manager.token);
  assert_int_equal(served.exchange.status, 200);
  assert_int_equal(served.pooled, 1);
  assert_int_equal(answer_count("\"ticket_id\""), HCALL_LIST_INLINE_MAX + 1);
  end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_id_is_ticket_and_a_uuid),
      cmocka_unit_test(anything_else_is_no_id),
      STORE_TEST(a_ticket_is_technical_and_of_normal_urgency),
      STORE_TEST(pictures_are_kept_by_the_pool_and_told_again),
      STORE_TEST(one_bad_picture_keeps_all_out),
      STORE_TEST(editing_sets_the_status),
      STORE_TEST(an_update_becomes_history),
      STORE_TEST(removing_tells_a_foreign_ticket_from_none),
      STORE_TEST(an_id_of_nothing_is_not_found),
      STORE_TEST(counts_go_by_the_documents_words),
      STORE_TEST(lists_are_filtered),
      STORE_TEST(a_day_begins_where_the_tenant_lives),
      STORE_TEST(a_cut_list_names_its_next_page),
      STORE_TEST(a_long_list_is_told_in_the_pool),
  };
  return STORE_RUN(tests);
}
