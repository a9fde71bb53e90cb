#include "unit.h"

#include <time.h>

#include "base/time.h"

static void prints_utc(void **state) {
  (void)state;
  char out[TIME_TEXT_SIZE];
  assert_string_equal(time_print(INT64_C(1689427822000000), out), "2023-07-15T13:30:22Z");
  assert_string_equal(time_print(INT64_C(1743125834722128), out), "2025-03-28T01:37:14.722128Z");
  assert_string_equal(time_print(INT64_C(1743125834000001), out), "2025-03-28T01:37:14.000001Z");
  assert_string_equal(time_print(0, out), "1970-01-01T00:00:00Z");
  assert_string_equal(time_print(-1, out), "1969-12-31T23:59:59.999999Z");
  assert_string_equal(time_print(INT64_C(951782400000000), out), "2000-02-29T00:00:00Z");
  assert_string_equal(time_print(INT64_C(253402300799000000), out), "9999-12-31T23:59:59Z");
  time_print(INT64_MAX, out);
  time_print(INT64_MIN, out);
}

static void prints_like_libc_on_every_day(void **state) {
  (void)state;
  for (int64_t day = 0; day < 60000; day++) {
    time_t second = (time_t)(day * 86400 + day % 86400);
    struct tm parts;
    assert_non_null(gmtime_r(&second, &parts));
    char expected[TIME_TEXT_SIZE];
    strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &parts);
    char out[TIME_TEXT_SIZE];
    assert_string_equal(time_print((int64_t)second * TIME_SECOND_US, out), expected);
    int64_t again;
    assert_int_equal(time_parse(str_of(expected), &again), STATUS_OK);
    assert_int_equal(again, (int64_t)second * TIME_SECOND_US);
  }
}

static void reads_rfc_3339(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t time_us;
  } right[] = {
      {"2023-07-15T13:30:22Z", INT64_C(1689427822000000)},
      {"2023-07-15t13:30:22z", INT64_C(1689427822000000)},
      {"2023-07-15T20:30:22+07:00", INT64_C(1689427822000000)},
      {"2023-07-15T08:00:22-05:30", INT64_C(1689427822000000)},
      {"2023-07-15T13:30:22-00:00", INT64_C(1689427822000000)},
      {"2025-03-28T01:37:14.722128Z", INT64_C(1743125834722128)},
      {"2025-03-28T01:37:14.7Z", INT64_C(1743125834700000)},
      {"2025-03-28T01:37:14.722128999Z", INT64_C(1743125834722128)},
      {"2016-12-31T23:59:60Z", INT64_C(1483228800000000)},
      {"2017-01-01T06:59:60+07:00", INT64_C(1483228800000000)},
      {"2000-02-29T00:00:00Z", INT64_C(951782400000000)},
      {"9999-12-31T23:59:59Z", INT64_C(253402300799000000)},
      {"1970-01-01T00:00:00Z", 0},
  };
  for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
    int64_t time_us = -1;
    assert_int_equal(time_parse(str_of(right[i].text), &time_us), STATUS_OK);
    assert_int_equal(time_us, right[i].time_us);
  }
}

static void refuses_what_is_no_time(void **state) {
  (void)state;
  static const char *const wrong[] = {
      "",
      "2023",
      "2023-07-15",
      "2023-07-15T13:30:22",
      "2023-07-15 13:30:22Z",
      "2023-07-15T13:30Z",
      "2023-07-15T13:30:22.Z",
      "2023-07-15T13:30:22.1234567890Z",
      "2023-07-15T13:30:22,5Z",
      "2023-02-29T00:00:00Z",
      "1900-02-29T00:00:00Z",
      "2023-00-10T00:00:00Z",
      "2023-13-10T00:00:00Z",
      "2023-04-31T00:00:00Z",
      "2023-04-00T00:00:00Z",
      "2023-04-30T24:00:00Z",
      "2023-04-30T23:60:00Z",
      "2023-04-30T23:30:60Z",
      "2023-04-30T23:59:61Z",
      "2023-04-30T23:59:00+24:00",
      "2023-04-30T23:59:00+07:60",
      "2023-04-30T23:59:00+0700",
      "2023-04-30T23:59:00+07",
      "2023-04-30T23:59:00ZZ",
      "2023-04-30T23:59:00Z ",
      " 2023-04-30T23:59:00Z",
      "1969-12-31T23:59:59Z",
      "1900-01-01T00:00:00Z",
      "0001-01-01T00:00:00+07:00",
      "1970-01-01T00:00:00+07:00",
      "9999-12-31T23:59:59-00:01",
      "02023-04-30T23:59:00Z",
      "+2023-04-30T23:59:00Z",
      "2023-4-30T23:59:00Z",
      "20230430T235900Z",
  };
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    int64_t time_us = -7;
    assert_int_equal(time_parse(str_of(wrong[i]), &time_us), STATUS_INVALID);
    assert_int_equal(time_us, -7);
  }
  int64_t time_us;
  assert_int_equal(time_parse(STR_NONE, &time_us), STATUS_INVALID);
}

static void a_day_of_a_zone(void **state) {
  (void)state;
  int64_t from = 0;
  int64_t to = 0;
  char out[TIME_TEXT_SIZE];
  assert_int_equal(time_day(STR("2023-07-15"), "UTC", &from, &to), STATUS_OK);
  assert_string_equal(time_print(from, out), "2023-07-15T00:00:00Z");
  assert_string_equal(time_print(to, out), "2023-07-16T00:00:00Z");
  assert_int_equal(time_day(STR("2023-07-15"), "Asia/Jakarta", &from, &to), STATUS_OK);
  assert_string_equal(time_print(from, out), "2023-07-14T17:00:00Z");
  assert_string_equal(time_print(to, out), "2023-07-15T17:00:00Z");
  /* A day of 23 hours and one of 25. */
  assert_int_equal(time_day(STR("2024-03-31"), "Europe/Berlin", &from, &to), STATUS_OK);
  assert_string_equal(time_print(from, out), "2024-03-30T23:00:00Z");
  assert_int_equal(to - from, 23 * TIME_HOUR_US);
  assert_int_equal(time_day(STR("2024-10-27"), "Europe/Berlin", &from, &to), STATUS_OK);
  assert_int_equal(to - from, 25 * TIME_HOUR_US);
  /* Far behind the last transition of the file. */
  assert_int_equal(time_day(STR("2099-07-01"), "Europe/Berlin", &from, &to), STATUS_OK);
  assert_string_equal(time_print(from, out), "2099-06-30T22:00:00Z");
  assert_int_equal(time_day(STR("9999-12-31"), "America/New_York", &from, &to), STATUS_OK);
  assert_string_equal(time_print(from, out), "9999-12-31T05:00:00Z");
  assert_int_equal(to - from, TIME_DAY_US);
  /* Before the times that time_parse takes. */
  assert_int_equal(time_day(STR("1969-12-31"), "UTC", &from, &to), STATUS_OK);
  assert_int_equal(from, -TIME_DAY_US);
  assert_int_equal(to, 0);
  assert_int_equal(time_day(STR("1900-01-01"), "America/New_York", &from, &to), STATUS_OK);
  assert_string_equal(time_print(from, out), "1900-01-01T05:00:00Z");
  assert_int_equal(time_day(STR("0001-01-01"), "UTC", &from, &to), STATUS_OK);
  assert_string_equal(time_print(from, out), "0001-01-01T00:00:00Z");
  assert_int_equal(to - from, TIME_DAY_US);
}

static void a_day_whose_midnight_is_skipped_or_doubled(void **state) {
  (void)state;
  int64_t from;
  int64_t to;
  char out[TIME_TEXT_SIZE];
  /* Clocks went from 00:00 to 01:00. */
  assert_int_equal(time_day(STR("2018-11-04"), "America/Sao_Paulo", &from, &to), STATUS_OK);
  assert_string_equal(time_print(from, out), "2018-11-04T03:00:00Z");
  assert_int_equal(to - from, 23 * TIME_HOUR_US);
  /* From 24:00 back to 23:00: the day starts when midnight comes for good. */
  assert_int_equal(time_day(STR("2018-02-18"), "America/Sao_Paulo", &from, &to), STATUS_OK);
  assert_string_equal(time_print(from, out), "2018-02-18T03:00:00Z");
  /* From 01:00 back to 00:00: the first of two midnights. */
  assert_int_equal(time_day(STR("2023-11-05"), "America/Havana", &from, &to), STATUS_OK);
  assert_string_equal(time_print(from, out), "2023-11-05T04:00:00Z");
  assert_int_equal(to - from, 25 * TIME_HOUR_US);
  /* A day that Samoa never had. */
  assert_int_equal(time_day(STR("2011-12-30"), "Pacific/Apia", &from, &to), STATUS_OK);
  assert_int_equal(from, to);
}

static void refuses_what_is_no_day(void **state) {
  (void)state;
  static const char *const wrong[] = {"",         "2023-02-29", "2023-7-15",  "2023-07-15T",
                                      "20230715", "0000-12-31", "1900-02-29", "2023-07-32"};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    int64_t from = 3;
    int64_t to = 4;
    assert_int_equal(time_day(str_of(wrong[i]), "UTC", &from, &to), STATUS_INVALID);
    assert_int_equal(from, 3);
    assert_int_equal(to, 4);
  }
  int64_t from;
  int64_t to;
  assert_int_equal(time_day(STR("2023-07-15"), "Nowhere/Land", &from, &to), STATUS_INVALID);
}

static void the_clock_can_be_shifted(void **state) {
  (void)state;
  int64_t before = time_now_us();
  int64_t monotonic = time_monotonic_ns();
  time_shift(90 * TIME_DAY_US);
  assert_true(time_now_us() >= before + 90 * TIME_DAY_US);
  assert_true(time_now_us() < before + 90 * TIME_DAY_US + TIME_MINUTE_US);
  assert_true(time_monotonic_ns() - monotonic < INT64_C(60000000000));
  time_shift(0);
  assert_true(time_now_us() < before + TIME_MINUTE_US);
  assert_true(time_monotonic_ns() >= monotonic);
}

static void prints_a_date_for_numbers(void **state) {
  (void)state;
  char out[9];
  time_yyyymmdd(INT64_C(1743125834722128), out);
  assert_string_equal(out, "20250328");
}

static void knows_the_zones_of_this_machine(void **state) {
  (void)state;
  assert_int_equal(time_zone_check("UTC"), STATUS_OK);
  assert_int_equal(time_zone_check("Asia/Jakarta"), STATUS_OK);
  assert_int_equal(time_zone_check("Asia/Atlantis"), STATUS_INVALID);
}

static void the_local_day_is_the_one_between_two_starts(void **state) {
  (void)state;
  /* Jakarta is 7 hours ahead; Beirut skips the midnight of 2024-03-31, and Havana has that of 2024-11-03
   * twice. */
  static const char *const zones[] = {"UTC",          "Asia/Jakarta",   "Asia/Kathmandu",
                                      "Asia/Beirut",  "America/Havana", "America/St_Johns",
                                      "Asia/Atlantis"};
  for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
    for (int64_t day = 19723; day < 19723 + 366; day++) {
      int64_t start = time_day_start(day, zones[z]), next = time_day_start(day + 1, zones[z]);
      assert_true(start < next && next - start <= 26 * TIME_HOUR_US);
      assert_int_equal(time_local_day(start, zones[z]), day);
      assert_int_equal(time_local_day(start - 1, zones[z]), day - 1);
      assert_int_equal(time_local_day(next - 1, zones[z]), day);
      for (int64_t at = start; at < next; at += 15 * TIME_MINUTE_US) {
        assert_int_equal(time_local_day(at, zones[z]), day);
      }
    }
  }
  assert_int_equal(time_local_day(INT64_C(1770051599000000), "Asia/Jakarta"), 20486); /* 23:59:59 there */
  assert_int_equal(time_local_day(INT64_C(1770051600000000), "Asia/Jakarta"), 20487);
  assert_int_equal(time_local_day(-1, "UTC"), -1);
}

static void a_day_is_printed_and_taken_apart(void **state) {
  (void)state;
  char out[16];
  int year, month, month_day;
  time_day_print(20487, out);
  assert_string_equal(out, "2026-02-03");
  time_day_print(0, out);
  assert_string_equal(out, "1970-01-01");
  time_day_parts(19782, &year, &month, &month_day);
  assert_int_equal(year, 2024);
  assert_int_equal(month, 2);
  assert_int_equal(month_day, 29);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(prints_utc),
      cmocka_unit_test(prints_like_libc_on_every_day),
      cmocka_unit_test(reads_rfc_3339),
      cmocka_unit_test(refuses_what_is_no_time),
      cmocka_unit_test(a_day_of_a_zone),
      cmocka_unit_test(a_day_whose_midnight_is_skipped_or_doubled),
      cmocka_unit_test(refuses_what_is_no_day),
      cmocka_unit_test(the_local_day_is_the_one_between_two_starts),
      cmocka_unit_test(a_day_is_printed_and_taken_apart),
      cmocka_unit_test(the_clock_can_be_shifted),
      cmocka_unit_test(prints_a_date_for_numbers),
      cmocka_unit_test(knows_the_zones_of_this_machine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
