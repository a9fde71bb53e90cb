#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "api/isp/isp_stock.h"

/* The wire's tables of items and assignments: prices, and what is printed, to the letter. */

static int open_arena(void **state) {
  *state = arena_new(1 << 20);
  return 0;
}

static int close_arena(void **state) {
  arena_free(*state);
  return 0;
}

/* ---- prices ---- */

static void a_price_is_read_exactly_and_printed_as_it_was_sent(void **state) {
  (void)state;
  static const struct {
    double sent;
    int64_t e4;
    const char *printed;
  } rows[] = {
      {150000.5, 1500005000, "150000.5"},
      {100, 1000000, "100"},
      {0, 0, "0"},
      {0.1, 1000, "0.1"},
      {0.0001, 1, "0.0001"},
      {1.05, 10500, "1.05"},
      {0.3, 3000, "0.3"},
      {1.1, 11000, "1.1"},
      {99.9999, 999999, "99.9999"},
      {123456789.1234, INT64_C(1234567891234), "123456789.1234"},
      {999999999999.5, INT64_C(9999999999995000), "999999999999.5"},
      {1e12, PRICE_MAX_E4, "1000000000000"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t e4 = -1;
    struct buf out CLEANUP_BUF;
    buf_init(&out, 64);
    assert_true(isp_price_read(rows[i].sent, &e4));
    assert_int_equal(e4, rows[i].e4);
    isp_price_print(&out, e4);
    assert_true(str_is(buf_str(&out), rows[i].printed));
  }
}

static void what_is_no_price_of_four_decimals_is_refused(void **state) {
  (void)state;
  const double bad[] = {-1,   -0.0001, 0.00001, 1.00001,  0.12345,  1e-300, 1000000000000.5,
                        1e13, 1e300,   NAN,     INFINITY, -INFINITY};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    int64_t e4 = 77;
    assert_false(isp_price_read(bad[i], &e4));
    assert_int_equal(e4, 77);
  }
}

static void every_price_of_four_decimals_comes_back(void **state) {
  (void)state;
  uint64_t dice = 88172645463325252U;
  for (int i = 0; i < 100000; i++) {
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    /* Up to 15 digits, which every reader of JSON keeps apart. */
    int64_t sent = (int64_t)(dice % UINT64_C(1000000000000000)) >> (dice % 40);
    int64_t read = -1;
    assert_true(isp_price_read((double)sent / 10000.0, &read));
    assert_int_equal(read, sent);
  }
}

/* ---- tables ---- */

static const char *json_of(struct arena *arena, const struct fields *table, const void *row) {
  struct buf out CLEANUP_BUF;
  buf_init(&out, 4096);
  wire_print_json(&out, table, row);
  return str_c(arena, buf_str(&out));
}

static void an_assignment_prints_to_the_letter(void **state) {
  const struct isp_assigned_item item = {{{1}}, STR("Router"), STR("RT-1")};
  const struct isp_assigned_technician technician = {{{2}}, STR("Budi")};
  const struct isp_assigned_ticket ticket = {{{3}}, STR("TK20251001000042")};
  struct str serials[] = {STR("SN-1"), STR("SN-2")};
  const struct isp_assignment assignment = {.id = {{9}},
                                            .item_id = {{1}},
                                            .technician_id = {{2}},
                                            .ticket_id = {{3}},
                                            .item = &item,
                                            .technician = &technician,
                                            .ticket = &ticket,
                                            .quantity = 2,
                                            .serial_numbers = {serials, 2},
                                            .status = ASSIGNMENT_ASSIGNED,
                                            .created_at = INT64_C(1759276800000000),
                                            .updated_at = INT64_C(1759276800000000)};
  assert_string_equal(
      json_of(*state, &isp_assignment_row, &assignment),
      "{\"id\":\"09000000-0000-0000-0000-000000000000\",\"item_id\":\"01000000-0000-0000-0000-000000000000\","
      "\"technician_id\":\"02000000-0000-0000-0000-000000000000\","
      "\"ticket_id\":\"03000000-0000-0000-0000-000000000000\","
      "\"item\":{\"id\":\"01000000-0000-0000-0000-000000000000\",\"name\":\"Router\",\"sku\":\"RT-1\"},"
      "\"technician\":{\"id\":\"02000000-0000-0000-0000-000000000000\",\"full_name\":\"Budi\"},"
      "\"ticket\":{\"id\":\"03000000-0000-0000-0000-000000000000\",\"ticket_number\":\"TK20251001000042\"},"
      "\"quantity\":2,\"serial_numbers\":[\"SN-1\",\"SN-2\"],\"status\":\"assigned\",\"quantity_returned\":0,"
      "\"quantity_good\":0,\"quantity_damaged\":0,\"quantity_lost\":0,\"notes\":null,"
      "\"created_at\":\"2025-10-01T00:00:00Z\",\"updated_at\":\"2025-10-01T00:00:00Z\",\"returned_at\":"
      "null}");
}

static void a_change_tells_what_was_sent_and_what_was_null(void **state) {
  struct ctx ctx = {.arena = *state};
  struct isp_item_in in = {0};
  assert_int_equal(
      wire_read_json(&ctx, STR("{\"description\":null,\"stock_quantity\":7}"), &isp_item_change_in, &in),
      STATUS_OK);
  assert_true(field_present(&isp_item_change_in, &in, "description"));
  assert_null(in.description.at);
  assert_true(field_present(&isp_item_change_in, &in, "stock_quantity"));
  assert_int_equal(in.stock_quantity, 7);
  assert_false(field_present(&isp_item_change_in, &in, "unit_price"));
  assert_false(field_present(&isp_item_change_in, &in, "name"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_price_is_read_exactly_and_printed_as_it_was_sent),
      cmocka_unit_test(what_is_no_price_of_four_decimals_is_refused),
      cmocka_unit_test(every_price_of_four_decimals_comes_back),
      cmocka_unit_test(an_assignment_prints_to_the_letter),
      cmocka_unit_test(a_change_tells_what_was_sent_and_what_was_null),
  };
  return cmocka_run_group_tests(tests, open_arena, close_arena);
}
