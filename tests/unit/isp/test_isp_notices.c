#include "served.h"

#include "api/isp/isp.h"
#include "api/isp/isp_stock.h"
#include "people.h"

/* Notifications in words, and what is done with them, to the letter. */

static const struct dialect *const dialects[] = {&isp_dialect};

/* ---- notifications ---- */

static struct notice notice_of(enum notice_kind kind, int64_t value) {
  return (struct notice){
      .uuid = {{1}},
      .kind = kind,
      .ticket_id = 42,
      .ticket_uuid = {{2}},
      .ticket_created_at = INT64_C(1759276800000000), /* 2025-10-01 */
      .ticket_title = STR("No \"internet\""),
      .actor_name = STR("Ani"),
      .value = value,
      .created_at = INT64_C(1759276800000000),
  };
}

static void every_kind_has_words_in_both_languages(struct store *store) {
  static const struct {
    enum notice_kind kind;
    int64_t value;
    const char *english, *indonesian;
  } rows[] = {
      {NOTICE_TICKET_CREATED, 0, "Ani opened ticket TK20251001000042: No \"internet\"",
       "Ani membuat tiket TK20251001000042: No \"internet\""},
      {NOTICE_TICKET_ASSIGNED, 0, "Ticket TK20251001000042 was assigned to you: No \"internet\"",
       "Tiket TK20251001000042 ditugaskan kepada Anda: No \"internet\""},
      {NOTICE_TICKET_REPLIED, 0, "Ani replied to ticket TK20251001000042: No \"internet\"",
       "Ani membalas tiket TK20251001000042: No \"internet\""},
      {NOTICE_TICKET_STATUS, TICKET_IN_PROGRESS,
       "Ticket TK20251001000042 is now in progress: No \"internet\"",
       "Tiket TK20251001000042 kini sedang dikerjakan: No \"internet\""},
      {NOTICE_SLA_WARNING, SLA_RESOLUTION_WARNED,
       "Ticket TK20251001000042 must be solved soon: No \"internet\"",
       "Tiket TK20251001000042 harus segera diselesaikan: No \"internet\""},
      {NOTICE_SLA_BREACH, SLA_RESPONSE_BREACHED,
       "Ticket TK20251001000042 was not answered in time: No \"internet\"",
       "Tiket TK20251001000042 tidak dijawab tepat waktu: No \"internet\""},
      {NOTICE_SLA_BREACH, SLA_RESOLUTION_BREACHED,
       "Ticket TK20251001000042 was not solved in time: No \"internet\"",
       "Tiket TK20251001000042 tidak diselesaikan tepat waktu: No \"internet\""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct notice notice = notice_of(rows[i].kind, rows[i].value);
    struct isp_notice english = isp_notice_of(store->ctx.arena, &notice, LANGUAGE_ENGLISH);
    struct isp_notice indonesian = isp_notice_of(store->ctx.arena, &notice, LANGUAGE_INDONESIAN);
    assert_string_equal(str_c(store->ctx.arena, english.message), rows[i].english);
    assert_string_equal(str_c(store->ctx.arena, indonesian.message), rows[i].indonesian);
    assert_true(english.title.len > 0 && indonesian.title.len > 0);
    assert_false(str_equal(english.title, indonesian.title));
  }
  /* Nobody did it; and a language that nobody has. */
  struct notice notice = notice_of(NOTICE_TICKET_CREATED, 0);
  notice.actor_name = STR_NONE;
  assert_true(
      str_starts(isp_notice_of(store->ctx.arena, &notice, LANGUAGE_INDONESIAN).message, "Sistem membuat"));
  assert_true(str_starts(isp_notice_of(store->ctx.arena, &notice, 0).message, "The system opened"));
}

static const char *json_of(struct arena *arena, const struct notice *notice) {
  struct buf out CLEANUP_BUF;
  buf_init(&out, 4096);
  isp_print_notice(arena, notice, LANGUAGE_ENGLISH, &out);
  return str_c(arena, buf_str(&out));
}

static void a_notice_prints_as_the_documents_object(struct store *store) {
  struct notice notice = notice_of(NOTICE_TICKET_STATUS, TICKET_RESOLVED);
  notice.read_at = 5;
  assert_string_equal(
      json_of(store->ctx.arena, &notice),
      "{\"id\":\"01000000-0000-0000-0000-000000000000\",\"type\":\"ticket_status\","
      "\"title\":\"Ticket status changed\","
      "\"message\":\"Ticket TK20251001000042 is now resolved: No \\\"internet\\\"\","
      "\"data\":{\"ticket_id\":\"02000000-0000-0000-0000-000000000000\","
      "\"ticket_number\":\"TK20251001000042\",\"title\":\"No \\\"internet\\\"\",\"status\":\"resolved\"},"
      "\"is_read\":true,\"created_at\":\"2025-10-01T00:00:00Z\"}");
  const struct notice low = {.uuid = {{1}},
                             .kind = NOTICE_LOW_STOCK,
                             .item_id = 7,
                             .item_uuid = {{3}},
                             .item_name = STR("Router {stock}"),
                             .value = 0,
                             .created_at = INT64_C(1759276800000000)};
  assert_string_equal(json_of(store->ctx.arena, &low),
                      "{\"id\":\"01000000-0000-0000-0000-000000000000\",\"type\":\"low_stock\","
                      "\"title\":\"Low stock\",\"message\":\"Router {stock}: 0 left in stock\","
                      "\"data\":{\"item_id\":\"03000000-0000-0000-0000-000000000000\","
                      "\"name\":\"Router {stock}\",\"stock\":0},"
                      "\"is_read\":false,\"created_at\":\"2025-10-01T00:00:00Z\"}");
  notice = notice_of(NOTICE_SLA_BREACH, SLA_RESPONSE_BREACHED);
  assert_non_null(strstr(json_of(store->ctx.arena, &notice), "\"clock\":\"response\""));
}

static void a_notice_with_the_longest_texts_is_told_whole(struct store *store) {
  char title[255 * 4 + 1];
  for (size_t i = 0; i + 4 <= sizeof title; i += 4) {
    memcpy(title + i, "\xf0\x9f\x93\xb7", 4);
  }
  title[sizeof title - 1] = 0;
  struct notice notice = notice_of(NOTICE_TICKET_REPLIED, 0);
  notice.ticket_title = notice.actor_name = str_of(title);
  struct isp_notice shown = isp_notice_of(store->ctx.arena, &notice, LANGUAGE_ENGLISH);
  assert_true(str_ends(shown.message, title));
  assert_true(str_starts(shown.message, title));
  char *quotes = memset(title, '"', sizeof title - 1);
  notice.ticket_title = str_of(quotes);
  assert_true(str_ends(isp_notice_of(store->ctx.arena, &notice, LANGUAGE_ENGLISH).data, "\"}"));
}

/* ---- endpoints ---- */

struct told {
  int64_t account_id;
};

static enum status tell(struct ctx *ctx, void *arg) {
  const struct told *told = arg;
  const struct notice_new what = {.tenant_id = 1, .kind = NOTICE_SLA_WARNING, .value = 2};
  return notice_add(ctx, told->account_id, &what);
}

static void notifications_are_the_callers_own_and_read_one_by_one_or_all_at_once(struct store *store) {
  served_begin(store, dialects);
  const struct somebody tono = served_somebody(ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct somebody mira = served_somebody(ROLE_MANAGER, "Mira", "mira@example.com");
  for (int i = 0; i < 3; i++) {
    assert_ok(db_write(&store->ctx, tell, &(struct told){tono.account.id}));
  }
  GET("/api/notifications?limit=2&type=sla_warning", tono.token);
  ASSERT_HOLDS(200,
               "\"unread_count\":3,\"pagination\":{\"current_page\":1,\"per_page\":2,\"total\":3,"
               "\"total_pages\":2}");
  assert_int_equal(served.pooled, 0);
  assert_int_equal(answer_count("\"is_read\":false"), 2);
  struct str id = answer_cut("\"id\":\"");
  const char *path = SQL(store, "/api/notifications/%.*s/read", STR_ARG(id));
  request(HTTP_PUT, path, mira.token, NULL);
  ASSERT_ANSWER(
      404,
      "{\"success\":false,\"error\":{\"code\":\"RESOURCE_NOT_FOUND\",\"message\":\"There is no such "
      "notification.\"}}");
  request(HTTP_PUT, path, tono.token, NULL);
  ASSERT_HOLDS(200,
               SQL(store, "{\"success\":true,\"data\":{\"notification\":{\"id\":\"%.*s\",", STR_ARG(id)));
  ASSERT_HOLDS(200, "\"is_read\":true");
  request(HTTP_PUT, "/v1/api/notifications/mark-all-read", tono.token, NULL);
  ASSERT_ANSWER(200,
                "{\"success\":true,\"data\":{\"message\":\"All notifications are read\",\"updated\":2}}");
  GET("/api/notifications?is_read=false", tono.token);
  ASSERT_ANSWER(200,
                "{\"success\":true,\"data\":{\"notifications\":[],\"unread_count\":0,\"pagination\":{"
                "\"current_page\":1,\"per_page\":20,\"total\":0,\"total_pages\":0}}}");
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST_SQLITE(every_kind_has_words_in_both_languages),
      STORE_TEST_SQLITE(a_notice_prints_as_the_documents_object),
      STORE_TEST_SQLITE(a_notice_with_the_longest_texts_is_told_whole),
      STORE_TEST(notifications_are_the_callers_own_and_read_one_by_one_or_all_at_once),
  };
  return STORE_RUN(tests);
}
