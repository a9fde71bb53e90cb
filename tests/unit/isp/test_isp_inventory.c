#include "served.h"

#include "api/isp/isp_stock.h"
#include "people.h"

/* Items and assignments through the kit, to the letter. */

static const struct dialect *const dialects[] = {&isp_dialect};

static const char item_body[] =
    "{\"name\":\"Router\",\"category\":\"Networking\",\"sku\":\"RT-1\",\"unit_price\":150000.5,\"stock_"
    "quantity\":3,"
    "\"min_stock_level\":1}";

static void an_item_is_made_read_changed_and_listed(struct store *store) {
  served_begin(store, dialects);
  const struct somebody mira = served_somebody(ROLE_MANAGER, "Mira", "mira@example.com");
  POST("/api/inventory/items", mira.token, item_body);
  struct str id = answer_cut("\"id\":\"");
  struct str made = answer_cut("\"created_at\":\"");
  ASSERT_ANSWER(
      201, SQL(store,
               "{\"success\":true,\"data\":{\"item\":{\"id\":\"%.*s\",\"name\":\"Router\","
               "\"category\":\"Networking\",\"sku\":\"RT-1\",\"description\":null,\"unit_price\":150000.5,"
               "\"stock_quantity\":3,\"min_stock_level\":1,\"is_low_stock\":false,\"created_at\":\"%.*s\"}}}",
               STR_ARG(id), STR_ARG(made)));
  const char *path = SQL(store, "/api/inventory/items/%.*s", STR_ARG(id));
  GET(path, mira.token);
  ASSERT_HOLDS(200, "\"unit_price\":150000.5,");
  request(HTTP_PUT, path, mira.token, "{\"unit_price\":99,\"stock_quantity\":1}");
  ASSERT_HOLDS(200, "\"unit_price\":99,\"stock_quantity\":1,\"min_stock_level\":1,\"is_low_stock\":true");
  request(HTTP_PUT, path, mira.token, "{\"unit_price\":1.00001}");
  ASSERT_HOLDS(422, "\"details\":{\"unit_price\":\"must have at most four decimals\"}");
  GET("/api/inventory/items?low_stock=false", mira.token);
  ASSERT_HOLDS(200, "\"items\":[]");
  GET("/api/inventory/items?low_stock=true&search=rt-", mira.token);
  ASSERT_HOLDS(200, "\"pagination\":{\"current_page\":1,\"per_page\":20,\"total\":1,\"total_pages\":1}");
  POST("/api/inventory/items", mira.token, item_body);
  ASSERT_HOLDS(409, "\"DUPLICATE_ENTRY\"");
  served_end();
}

static void pieces_are_given_refused_and_taken_back_in_the_documents_codes(struct store *store) {
  served_begin(store, dialects);
  const struct somebody mira = served_somebody(ROLE_MANAGER, "Mira", "mira@example.com");
  const struct somebody tono = served_somebody(ROLE_TECHNICIAN, "Tono", "tono@example.com");
  const struct who author = person(store, 1, ROLE_CUSTOMER, "Ani", "ani@example.com");
  const struct ticket ticket = ticket_of(store, &author);
  store_sql(store, SQL(store, "UPDATE ticket SET assignee_id = %" PRId64 ", status = 2", tono.account.id));
  POST("/api/inventory/items", mira.token, item_body);
  struct str item = answer_cut("\"id\":\"");
  char of_ticket[UUID_TEXT_SIZE];
  char of_tono[UUID_TEXT_SIZE];
  uuid_print(ticket.uuid, of_ticket);
  uuid_print(tono.account.uuid, of_tono);
  const char *format = "{\"item_id\":\"%.*s\",\"technician_id\":\"%s\",\"ticket_id\":\"%s\",\"quantity\":%d}";
  POST("/api/inventory/assignments", mira.token, SQL(store, format, STR_ARG(item), of_tono, of_ticket, 4));
  ASSERT_ANSWER(
      409,
      "{\"success\":false,\"error\":{\"code\":\"INSUFFICIENT_STOCK\",\"message\":\"There are fewer pieces "
      "in stock than asked for.\"}}");
  POST("/api/inventory/assignments", tono.token, SQL(store, format, STR_ARG(item), of_tono, of_ticket, 2));
  ASSERT_HOLDS(201, "\"quantity\":2,\"serial_numbers\":[],\"status\":\"assigned\"");
  struct str id = answer_cut("\"assignment\":{\"id\":\"");
  const char *back = SQL(store, "/api/inventory/assignments/%.*s/return", STR_ARG(id));
  request(HTTP_PUT, back, tono.token, "{\"quantity_returned\":3}");
  ASSERT_ANSWER(
      422,
      "{\"success\":false,\"error\":{\"code\":\"VALIDATION_ERROR\",\"message\":\"That is more than the "
      "technician still has.\",\"details\":{\"quantity_returned\":\"must be at most 2\"}}}");
  request(HTTP_PUT, back, tono.token,
          "{\"quantity_returned\":2,\"condition\":\"damaged\",\"notes\":\"wet\"}");
  ASSERT_HOLDS(200,
               "\"status\":\"returned\",\"quantity_returned\":2,\"quantity_good\":0,\"quantity_damaged\":2,"
               "\"quantity_lost\":0,\"notes\":\"wet\"");
  request(HTTP_PUT, back, tono.token, "{\"quantity_returned\":1}");
  ASSERT_HOLDS(409, "\"INVALID_STATE\"");
  GET(SQL(store, "/api/inventory/assignments?ticket_id=%s&status=returned", of_ticket), tono.token);
  ASSERT_HOLDS(200, "\"total\":1");
  served_end();
}

static void a_page_of_long_texts_is_told_in_the_pool(struct store *store) {
  enum { ITEMS = 80 };
  served_begin(store, dialects);
  const struct somebody mira = served_somebody(ROLE_MANAGER, "Mira", "mira@example.com");
  POST("/api/inventory/items", mira.token, item_body);
  char *text = memset(arena_alloc(store->ctx.arena, 65537), 'x', 65536);
  for (int i = 0; i < ITEMS; i++) {
    store_sql(
        store,
        SQL(store,
            "INSERT INTO item (tenant_id, uuid, name, name_folded, category, category_folded, sku, "
            "sku_folded, description, price_e4, stock, min_stock, is_low, created_at, updated_at) SELECT "
            "1, %s, name, name_folded, category, category_folded, 'S%d', 's%d', '%s', 1, 0, 0, TRUE, 1, "
            "1 FROM item WHERE sku = 'RT-1'",
            uuid_literal(store, uuid_v7(STORE_NOW)), i, i, text));
  }
  GET("/api/inventory/items?limit=100", mira.token);
  assert_int_equal(served.exchange.status, 200);
  assert_int_equal(served.pooled, 1);
  assert_int_equal(answer_count("\"sku\""), ITEMS + 1);
  served_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(an_item_is_made_read_changed_and_listed),
      STORE_TEST(pieces_are_given_refused_and_taken_back_in_the_documents_codes),
      STORE_TEST(a_page_of_long_texts_is_told_in_the_pool),
  };
  return STORE_RUN(tests);
}
