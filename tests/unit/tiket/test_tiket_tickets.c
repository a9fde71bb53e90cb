#include "served.h"

#include <inttypes.h>

#include "api/tiket/internal.h"
#include "people.h"

/* Tickets, their lists and the technical team's answers, as the document words each outcome. */

static const struct dialect *const dialects[] = {&tiket_dialect};

#define NO_TICKET "{\"status\":404,\"message\":\"Ticket not found\"}"
#define NOTHING "{\"total\":0,\"data\":[]}"
#define NO_UUID "123e4567-e89b-12d3-a456-426614174000"

static struct somebody budi, ani, manager;

static void begin(struct store *store) {
  served_begin(store, dialects);
  budi = served_somebody(ROLE_CUSTOMER, "Budi Santoso", "budi@example.com");
  ani = served_somebody(ROLE_CUSTOMER, "Ani Wijaya", "ani@example.org");
  manager = served_somebody(ROLE_MANAGER, "Manager", "manager@example.com");
}

/* Submits a ticket and gives its id as the answer tells it. */
static const char *submit(const struct somebody *author, const char *kind, const char *priority,
                          const char *text) {
  struct arena *arena = served.store->ctx.arena;
  POST("/api/ticket", author->token,
       SQL(served.store, "{\"jenis_permintaan\":\"%s\",\"prioritas\":\"%s\",\"deskripsi\":\"%s\"}", kind,
           priority, text));
  assert_int_equal(served.exchange.status, 201);
  return str_c(arena, answer_cut("{\"_id\":\""));
}

static struct ticket row_of(struct store *store, const char *id) {
  struct uuid uuid;
  struct ticket ticket;
  const struct who who = {.account_id = manager.account.id,
                          .tenant_id = TENANT_OPERATOR,
                          .home_tenant_id = TENANT_OPERATOR,
                          .role = ROLE_MANAGER,
                          .operator_staff = true};
  assert_ok(uuid_parse(str_of(id), &uuid));
  assert_ok(ticket_get(as(store, &who), uuid, &ticket));
  store->ctx.who = NULL;
  return ticket;
}

/* The members that every answer about a ticket has, from its row. */
static const char *ticket_members(struct store *store, const struct ticket *ticket, const char *kind,
                                  const char *priority, const char *status) {
  char id[UUID_TEXT_SIZE], author[UUID_TEXT_SIZE], number[TICKET_NUMBER_SIZE];
  char created[TIME_TEXT_SIZE], changed[TIME_TEXT_SIZE], updated[TIME_TEXT_SIZE];
  return SQL(store,
             "\"_id\":\"%s\",\"id_pengguna\":\"%s\",\"nomor_tiket\":\"%s\",\"jenis_permintaan\":\"%s\","
             "\"prioritas\":\"%s\",\"deskripsi\":\"%.*s\",\"status\":\"%s\",\"tanggal_pengajuan\":\"%s\","
             "\"tanggal_perubahan_status\":\"%s\",\"isDelete\":false,\"isAktif\":true,\"createdAt\":\"%s\","
             "\"updatedAt\":\"%s\"",
             uuid_print(ticket->uuid, id), uuid_print(ticket->author_uuid, author),
             ticket_number(ticket, number), kind, priority, STR_ARG(ticket->description), status,
             time_print(ticket->created_at, created), time_print(ticket->status_changed_at, changed), created,
             time_print(ticket->updated_at, updated));
}

/* ---- submitting ---- */

static void a_ticket_is_told_bare(struct store *store) {
  begin(store);
  static const struct {
    const char *kind, *priority;
    int request, category, stored;
  } cases[] = {{"permintaan", "rendah", REQUEST_REQUEST, CATEGORY_SERVICE, PRIORITY_LOW},
               {"keluhan", "sedang", REQUEST_COMPLAINT, CATEGORY_SERVICE, PRIORITY_NORMAL},
               {"masalah teknis", "tinggi", REQUEST_TECHNICAL, CATEGORY_TECHNICAL, PRIORITY_HIGH}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *id = submit(&budi, cases[i].kind, cases[i].priority, "Internet mati sejak pagi");
    const struct ticket ticket = row_of(store, id);
    ASSERT_ANSWER(201,
                  SQL(store, "{%s}",
                      ticket_members(store, &ticket, cases[i].kind, cases[i].priority, "menunggu tindakan")));
    assert_int_equal(ticket.author_id, budi.account.id);
    assert_int_equal(ticket.category, cases[i].category);
    assert_int_equal(ticket.request_kind, cases[i].request);
    assert_int_equal(ticket.priority, cases[i].stored);
    assert_str(ticket.title, "Internet mati sejak pagi"); /* the document asks for none */
  }
  served_end();
}

static void a_refused_ticket_is_told_by_its_field(struct store *store) {
  begin(store);
  char *long_text = arena_alloc(store->ctx.arena, 65 * 1024 + 1);
  memset(long_text, 'x', 65 * 1024);
  POST("/api/ticket", budi.token,
       SQL(store, "{\"jenis_permintaan\":\"keluhan\",\"prioritas\":\"sedang\",\"deskripsi\":\"%s\"}",
           long_text));
  ASSERT_HOLDS(400, "\"errors\":{\"deskripsi\":");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM ticket"), 0);
  served_end();
}

/* ---- removing and restoring ---- */

static void act(const struct somebody *by, const char *id, const char *what) {
  POST(SQL(served.store, "/api/ticket/%s%s", id, what), by->token, NULL);
}

static void owners_remove_and_restore_by_number(struct store *store) {
  begin(store);
  const char *id = submit(&budi, "keluhan", "sedang", "Lambat");
  const struct ticket ticket = row_of(store, id);
  char number[TICKET_NUMBER_SIZE];
  ticket_number(&ticket, number);
  act(&budi, id, "");
  ASSERT_ANSWER(200,
                SQL(store, "{\"status\":\"success\",\"message\":\"Successfully Remove Ticket %s\"}", number));
  GET("/api/ticket?skip=0&limit=10", budi.token);
  ASSERT_ANSWER(200, NOTHING);
  act(&budi, id, "");
  ASSERT_ANSWER(404, NO_TICKET);
  act(&budi, id, "/restore");
  ASSERT_ANSWER(
      200, SQL(store, "{\"status\":\"success\",\"message\":\"Successfully Restore Ticket %s\"}", number));
  assert_int_equal(row_of(store, id).removed_at, 0);
  served_end();
}

static void a_manager_removes_without_being_the_author(struct store *store) {
  begin(store);
  const char *id = submit(&budi, "keluhan", "sedang", "Lambat");
  act(&manager, id, "");
  ASSERT_HOLDS(200, "Successfully Remove Ticket TK");
  act(&budi, id, "/restore"); /* what somebody above removed stays removed */
  ASSERT_ANSWER(403, "{\"status\":403,\"message\":\"You are not allowed to do this with the ticket\"}");
  act(&manager, id, "/restore");
  ASSERT_HOLDS(200, "Successfully Restore Ticket TK");
  served_end();
}

static void an_id_that_is_nobodys_is_not_found(struct store *store) {
  begin(store);
  const char *id = submit(&budi, "keluhan", "sedang", "Lambat");
  static const char *const ways[] = {"", "/restore"};
  for (int i = 0; i < 2; i++) {
    act(&budi, "TK20240614000001", ways[i]);
    ASSERT_ANSWER(404, NO_TICKET);
    act(&budi, NO_UUID, ways[i]);
    ASSERT_ANSWER(404, NO_TICKET);
    act(&ani, id, ways[i]); /* somebody else's */
    ASSERT_ANSWER(404, NO_TICKET);
  }
  assert_int_equal(row_of(store, id).removed_at, 0);
  served_end();
}

/* ---- the technical team's answer ---- */

static void respond(const struct somebody *by, const char *id, const char *status, const char *text) {
  request(HTTP_PUT, SQL(served.store, "/api/responTeknis/%s", id), by->token,
          SQL(served.store, "{\"status\":\"%s\",\"respons\":\"%s\"}", status, text));
}

static void an_answer_sets_the_status_and_is_kept(struct store *store) {
  begin(store);
  const char *id = submit(&budi, "masalah teknis", "tinggi", "Mati");
  static const struct {
    const char *word;
    int status;
  } cases[] = {{"sedang direspon", TICKET_ASSIGNED},
               {"sedang dalam proses", TICKET_IN_PROGRESS},
               {"telah selesai", TICKET_RESOLVED},
               {"menunggu tindakan", TICKET_NEW}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    respond(&manager, id, cases[i].word, "Kabel sudah diganti");
    ASSERT_ANSWER(200, SQL(store, "{\"status\":\"Status tiket berhasil diubah menjadi %s\"}", cases[i].word));
    assert_int_equal(row_of(store, id).status, cases[i].status);
  }
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM reply WHERE text = 'Kabel sudah diganti'"), 4);
  served_end();
}

static void an_answer_to_nothing_is_refused_and_not_kept(struct store *store) {
  begin(store);
  const char *id = submit(&budi, "masalah teknis", "tinggi", "Mati");
  respond(&manager, "1", "telah selesai", "Selesai");
  ASSERT_ANSWER(404, "{\"message\":\"Ticket not found\"}");
  respond(&manager, NO_UUID, "telah selesai", "Selesai");
  ASSERT_ANSWER(404, "{\"message\":\"Ticket not found\"}");
  respond(&budi, id, "telah selesai", "Selesai"); /* the team's alone */
  ASSERT_ANSWER(403, "{\"status\":403,\"message\":\"You are not allowed to do this\"}");
  assert_int_equal(store_number(store, "SELECT COUNT(*) FROM reply"), 0);
  served_end();
}

/* ---- the grouped lists ---- */

static void a_list_groups_each_ticket_with_its_owner_and_answers(struct store *store) {
  begin(store);
  const char *first = submit(&budi, "keluhan", "rendah", "Lambat");
  respond(&manager, first, "sedang dalam proses", "Diperiksa");
  submit(&ani, "permintaan", "sedang", "Pindah");
  const struct ticket ticket = row_of(store, first);
  char owner[UUID_TEXT_SIZE];
  uuid_print(budi.account.uuid, owner);
  GET("/api/ticket?skip=0&limit=10", budi.token);
  /* The answer's own id and time are nobody's but the store's. */
  struct str answer_id = answer_cut("\"responTeknis\":[{\"_id\":\"");
  struct str answered = answer_cut("\"tanggal_respon\":\"");
  ASSERT_ANSWER(
      200,
      SQL(store,
          "{\"total\":1,\"data\":[{\"_id\":\"%s\",\"email\":\"budi@example.com\",\"username\":\"Budi "
          "Santoso\",\"data\":[{%s,\"user\":{\"_id\":\"%s\",\"username\":\"Budi Santoso\",\"email\":"
          "\"budi@example.com\"},\"responTeknis\":[{\"_id\":\"%.*s\",\"id_tiket\":\"%s\",\"respons\":"
          "\"Diperiksa\",\"tanggal_respon\":\"%.*s\",\"createdAt\":\"%.*s\",\"updatedAt\":\"%.*s\"}]}]}]}",
          owner, ticket_members(store, &ticket, "keluhan", "rendah", "sedang dalam proses"), owner,
          STR_ARG(answer_id), first, STR_ARG(answered), STR_ARG(answered), STR_ARG(answered)));
  GET("/api/ticket?skip=0&limit=10", manager.token); /* who may read all is told all, newest first */
  assert_int_equal(served.exchange.status, 200);
  assert_int_equal(answer_count("\"nomor_tiket\""), 2);
  assert_true(strstr(answer_text(), "Pindah") < strstr(answer_text(), "Lambat"));
  served_end();
}

static void a_page_has_its_limits(struct store *store) {
  begin(store);
  static const char *const wrong[] = {"skip=-1&limit=10", "skip=0&limit=0", "skip=0&limit=101"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    GET(SQL(store, "/api/ticket?%s", wrong[i]), budi.token);
    ASSERT_ANSWER(400, "{\"message\":\"Skip must be at least 0 and limit from 1 to 100\"}");
    GET(SQL(store, "/api/responTeknis?%s", wrong[i]), manager.token);
    ASSERT_ANSWER(400, "{\"message\":\"Skip must be at least 0 and limit from 1 to 100\"}");
  }
  for (int i = 0; i < 3; i++) {
    submit(&budi, "keluhan", "rendah", SQL(store, "Nomor %d", i));
  }
  GET("/api/ticket?skip=1&limit=1", budi.token);
  ASSERT_HOLDS(200, "{\"total\":3,");
  assert_int_equal(answer_count("\"nomor_tiket\""), 1);
  ASSERT_HOLDS(200, "\"deskripsi\":\"Nomor 1\"");
  GET("/api/ticket?skip=3&limit=100", budi.token);
  ASSERT_ANSWER(200, "{\"total\":3,\"data\":[]}");
  served_end();
}

/* The descriptions of the report's tickets stand in the answer, these and no others; `one_of` counts bits. */
static void assert_reported(const struct somebody *by, const char *filter, bool budis, bool anis) {
  GET(SQL(served.store, "/api/responTeknis?skip=0&limit=10%s", filter), by->token);
  ASSERT_HOLDS(200, SQL(served.store, "{\"total\":%d,", budis + anis));
  if (answer_count("\"Lambat\"") != budis || answer_count("\"Pindah\"") != anis) {
    fail_msg("%s: %s", filter, answer_text());
  }
}

static void a_report_filters_by_urgency_address_name_and_account(struct store *store) {
  begin(store);
  submit(&budi, "keluhan", "tinggi", "Lambat");
  submit(&ani, "permintaan", "rendah", "Pindah");
  char uuid[UUID_TEXT_SIZE];
  assert_reported(&manager, "", true, true);
  assert_reported(&manager, "&prioritas=tinggi", true, false);
  assert_reported(&manager, "&prioritas=rendah", false, true);
  assert_reported(&manager, "&prioritas=sedang", false, false);
  assert_reported(&manager, "&email=EXAMPLE.ORG", false, true);
  assert_reported(&manager, "&username=santoso", true, false);
  assert_reported(&manager, "&email=&username=&userId=", true, true); /* empty is not said */
  assert_reported(&manager, SQL(store, "&userId=%s", uuid_print(ani.account.uuid, uuid)), false, true);
  assert_reported(&manager, SQL(store, "&userId=%" PRId64, budi.account.id), true, false);
  assert_reported(&manager, SQL(store, "&userId=%" PRId64 "&prioritas=rendah", budi.account.id), false,
                  false);
  served_end();
}

static void a_report_about_nobody_is_an_empty_page(struct store *store) {
  begin(store);
  submit(&budi, "keluhan", "tinggi", "Lambat");
  static const char *const nobody[] = {NO_UUID, "99999", "0", "-1", "budi", "99999999999999999999"};
  for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
    assert_reported(&manager, SQL(store, "&userId=%s", nobody[i]), false, false);
  }
  GET("/api/responTeknis?skip=0&limit=500&userId=99999",
      manager.token); /* its page is checked all the same */
  assert_int_equal(served.exchange.status, 400);
  served_end();
}

static void a_customer_reports_on_own_tickets_alone(struct store *store) {
  begin(store);
  submit(&budi, "keluhan", "tinggi", "Lambat");
  submit(&ani, "permintaan", "rendah", "Pindah");
  assert_reported(&budi, "", true, false);
  assert_reported(&budi, SQL(store, "&userId=%" PRId64, ani.account.id), false, false);
  served_end();
}

/* ---- pages of long texts ---- */

enum { LONG = 60000 };

/* Behind the commands' back, which would take minutes: texts of 60,000 letters. */
static void many_replies(struct store *store, int64_t ticket_id, int count) {
  const char *uuid = store->pgsql ? "CAST(uuid_send(gen_random_uuid()) AS BYTEA)" : "randomblob(16)";
  const char *text = store->pgsql ? "repeat('x', %d)" : "hex(zeroblob(%d / 2))";
  const char *body = SQL(store, text, LONG);
  store_sql(store, SQL(store,
                       "INSERT INTO reply (tenant_id, uuid, ticket_id, author_id, text, created_at) "
                       "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                       "SELECT 1, %s, %" PRId64 ", %" PRId64 ", %s, 1 FROM n",
                       count, uuid, ticket_id, manager.account.id, body));
}

static void a_page_of_long_texts_is_told_in_the_pool(struct store *store) {
  begin(store);
  char *text = arena_alloc(store->ctx.arena, LONG + 1);
  memset(text, 'x', LONG);
  enum { PAGE = 80 }; /* together more than a request's own arena */
  assert_true((size_t)PAGE * LONG > http_limits_default.arena_max);
  for (int i = 0; i < PAGE; i++) {
    submit(&budi, "keluhan", "rendah", text);
  }
  GET("/api/ticket?skip=0&limit=10", budi.token);
  assert_int_equal(served.pooled, 0);
  assert_int_equal(answer_count("\"nomor_tiket\""), 10);
  GET("/api/ticket?skip=0&limit=100", budi.token);
  assert_int_equal(served.exchange.status, 200);
  assert_int_equal(served.pooled, 1);
  assert_int_equal(answer_count("\"nomor_tiket\""), PAGE);
  served_end();
}

static void long_answers_are_told_in_the_pool(struct store *store) {
  begin(store);
  const char *id = submit(&budi, "keluhan", "rendah", "Lambat");
  many_replies(store, row_of(store, id).id, 80);
  GET("/api/ticket?skip=0&limit=10", budi.token);
  assert_int_equal(served.exchange.status, 200);
  assert_int_equal(served.pooled, 1);
  assert_int_equal(answer_count("\"respons\""), 80);
  served_end();
}

static void what_is_too_long_for_the_pool_is_refused(struct store *store) {
  begin(store);
  const char *id = submit(&budi, "keluhan", "rendah", "Lambat");
  many_replies(store, row_of(store, id).id, 64 * 1024 * 1024 / LONG + 1);
  GET("/api/ticket?skip=0&limit=10", budi.token);
  ASSERT_HOLDS(413, "{\"status\":413,\"message\":");
  assert_int_equal(served.pooled, 1);
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(a_ticket_is_told_bare),
      STORE_TEST(a_refused_ticket_is_told_by_its_field),
      STORE_TEST(owners_remove_and_restore_by_number),
      STORE_TEST(a_manager_removes_without_being_the_author),
      STORE_TEST(an_id_that_is_nobodys_is_not_found),
      STORE_TEST(an_answer_sets_the_status_and_is_kept),
      STORE_TEST(an_answer_to_nothing_is_refused_and_not_kept),
      STORE_TEST(a_list_groups_each_ticket_with_its_owner_and_answers),
      STORE_TEST(a_page_has_its_limits),
      STORE_TEST(a_report_filters_by_urgency_address_name_and_account),
      STORE_TEST(a_report_about_nobody_is_an_empty_page),
      STORE_TEST(a_customer_reports_on_own_tickets_alone),
      STORE_TEST(a_page_of_long_texts_is_told_in_the_pool),
      STORE_TEST(long_answers_are_told_in_the_pool),
      STORE_TEST(what_is_too_long_for_the_pool_is_refused),
  };
  return STORE_RUN(tests);
}
