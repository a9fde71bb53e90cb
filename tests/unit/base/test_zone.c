#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "base/zone.h"

static const char *const zones[] = {
    "Asia/Jakarta",        "Europe/Berlin",    "Europe/Dublin",      "America/New_York", "America/Sao_Paulo",
    "America/St_Johns",    "America/Havana",   "Africa/Casablanca",  "Africa/Cairo",     "Asia/Tehran",
    "Australia/Lord_Howe", "Pacific/Apia",     "Pacific/Kiritimati", "Pacific/Chatham",  "Asia/Gaza",
    "America/Nuuk",        "Antarctica/Troll", "Asia/Kathmandu",     "Etc/GMT+12",       "America/Santiago",
};

/* libc is the reference: it reads the same files in its own way. */
static void the_offsets_are_those_of_libc(void **state) {
  (void)state;
  unsigned seed = 1;
  for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
    const struct zone *zone;
    assert_int_equal(zone_find(zones[i], &zone), STATUS_OK);
    setenv("TZ", zones[i], 1);
    tzset();
    for (int k = 0; k < 4000; k++) {
      /* Until about 2096, and some until the year 8300. */
      double reach = k % 10 == 0 ? 2e11 : 4e9;
      time_t at =
          (time_t)((double)rand_r(&seed) / ((double)RAND_MAX + 1) * reach) - (k % 10 == 1 ? 2000000000 : 0);
      struct tm parts;
      assert_non_null(localtime_r(&at, &parts));
      int64_t until;
      int32_t offset = zone_offset(zone, at, &until);
      if (offset != parts.tm_gmtoff || until <= at) {
        fail_msg("%s at %lld: %d, not %ld", zones[i], (long long)at, offset, parts.tm_gmtoff);
      }
    }
  }
}

static void until_is_the_moment_of_the_change(void **state) {
  (void)state;
  const struct zone *zone;
  assert_int_equal(zone_find("Europe/Berlin", &zone), STATUS_OK);
  int64_t at = 1700000000;
  int changes = 0;
  /* A hundred years of two changes each, over the end of the file's table. */
  while (changes < 200) {
    int64_t until;
    int64_t beyond;
    int32_t before = zone_offset(zone, at, &until);
    assert_int_equal(zone_offset(zone, until - 1, &beyond), before);
    assert_int_equal(beyond, until);
    assert_int_not_equal(zone_offset(zone, until, &beyond), before);
    assert_int_equal(until % 3600, 0);
    at = until;
    changes++;
  }
  unsigned month;
  unsigned day;
  assert_int_equal(zone_year(at / 86400, &month, &day), 2123);
}

static void names_lead_nowhere_else(void **state) {
  (void)state;
  static const char *const wrong[] = {
      "",
      "/etc/localtime",
      "../../../etc/passwd",
      "Asia/../Asia/Jakarta",
      "Asia//Jakarta",
      "Asia/",
      "/",
      ".",
      "Asia/Jakarta\n",
      "Asia Jakarta",
      "Asia/Jak%00",
      "zone.tab",
      "tzdata.zi",
      "Asia",
      "right/Asia/Jakarta",
      "asia/jakarta ",
      "AsiaJakartaAsiaJakartaAsiaJakartaAsiaJakartaAsiaJakartaAsiaJakartaAsiaJakarta"};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    const struct zone *zone = NULL;
    assert_int_equal(zone_find(wrong[i], &zone), STATUS_INVALID);
    assert_null(zone);
  }
  const struct zone *zone;
  assert_int_equal(zone_find(NULL, &zone), STATUS_INVALID);
}

static void a_zone_is_read_once(void **state) {
  (void)state;
  const struct zone *a;
  const struct zone *b;
  assert_int_equal(zone_find("Asia/Tokyo", &a), STATUS_OK);
  assert_int_equal(zone_find("Asia/Tokyo", &b), STATUS_OK);
  assert_ptr_equal(a, b);
  assert_int_equal(zone_find("Etc/UTC", &a), STATUS_OK);
  assert_int_equal(zone_find("UTC", &b), STATUS_OK);
  assert_ptr_equal(a, b);
}

static void *find_all(void *arg) {
  size_t *found = arg;
  for (int round = 0; round < 50; round++) {
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
      const struct zone *zone;
      *found += zone_find(zones[i], &zone) == STATUS_OK;
    }
  }
  return NULL;
}

static void threads_share_the_zones(void **state) {
  (void)state;
  pthread_t threads[4];
  size_t found[4] = {0};
  for (int i = 0; i < 4; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, find_all, &found[i]), 0);
  }
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(found[i], 50 * sizeof(zones) / sizeof(zones[0]));
  }
}

static size_t read_whole(const char *path, uint8_t *out, size_t size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  size_t len = fread(out, 1, size, file);
  fclose(file);
  return len;
}

static void damaged_files_are_refused_or_harmless(void **state) {
  (void)state;
  static uint8_t whole[8192];
  size_t len = read_whole("/usr/share/zoneinfo/Europe/Berlin", whole, sizeof(whole));
  assert_true(len > 100 && len < sizeof(whole));
  struct zone *zone = zone_read(whole, len);
  assert_non_null(zone);
  zone_free(zone);
  for (size_t cut = 0; cut < len; cut++) {
    /* On the heap, so that a read beyond the end is found by the sanitizer. */
    uint8_t *part = malloc(cut + 1);
    memcpy(part, whole, cut);
    assert_null(zone_read(part, cut));
    free(part);
  }
  unsigned seed = 3;
  for (int i = 0; i < 20000; i++) {
    uint8_t *bent = malloc(len);
    memcpy(bent, whole, len);
    for (int k = 0; k < 1 + i % 4; k++) {
      size_t at = (size_t)rand_r(&seed) % (i % 2 == 0 ? 100 : len);
      bent[at] = (uint8_t)rand_r(&seed);
    }
    zone = zone_read(bent, len);
    if (zone != NULL) {
      int64_t until;
      zone_offset(zone, 1700000000, &until);
      zone_first(zone, INT64_C(4000000000));
      zone_free(zone);
    }
    free(bent);
  }
}

/* The smallest file: two headers, one offset, the footer under test. */
static struct zone *with_footer(const char *footer) {
  uint8_t bytes[256] = {0};
  size_t len = 0;
  for (int block = 0; block < 2; block++) {
    memcpy(bytes + len, "TZif2", 5);
    bytes[len + 39] = 1;
    bytes[len + 43] = 1;
    len += 44 + 6 + 1;
  }
  int text = snprintf((char *)bytes + len, sizeof(bytes) - len, "\n%s\n", footer);
  return zone_read(bytes, len + (size_t)text);
}

static void footers_of_every_form(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t at_s; /* 2024-01-15 is 1705276800, 2024-07-15 is 1721001600 */
    int32_t offset;
  } right[] = {
      {"WIB-7", 1705276800, 25200},
      {"<+0530>-5:30", 1705276800, 19800},
      {"<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", 1721001600, -7200},
      {"EST5EDT,M3.2.0,M11.1.0", 1705276800, -18000},
      {"EST5EDT,M3.2.0,M11.1.0", 1721001600, -14400},
      {"AEST-10AEDT,M10.1.0,M4.1.0/3", 1705276800, 39600},
      {"IST-1GMT0,M10.5.0,M3.5.0/1", 1705276800, 0},
      {"IST-1GMT0,M10.5.0,M3.5.0/1", 1721001600, 3600},
      {"AAA3BBB,J60/0,J300/0", 1721001600, -7200},
      {"AAA3BBB,59/0,299/0", 1705276800, -10800},
      {"XXX3EDT4,0/0,J365/23", 1705276800, -14400},
      {"", 1705276800, 0},
  };
  for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
    struct zone *zone = with_footer(right[i].text);
    assert_non_null(zone);
    int64_t until;
    assert_int_equal(zone_offset(zone, right[i].at_s, &until), right[i].offset);
    zone_free(zone);
  }
  static const char *const wrong[] = {"WIB",
                                      "W-7",
                                      "<+07-7",
                                      "WIB-25",
                                      "WIB-7x",
                                      "EST5EDT",
                                      "EST5EDT,M3.2.0",
                                      "EST5EDT,M13.2.0,M11.1.0",
                                      "EST5EDT,M3.6.0,M11.1.0",
                                      "EST5EDT,M3.2.7,M11.1.0",
                                      "EST5EDT,J0,J2",
                                      "EST5EDT,366,J2",
                                      "EST5EDT,M3.2.0/168,M11.1.0",
                                      "WIB-7:60"};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    assert_null(with_footer(wrong[i]));
  }
}

static void days_and_years_fit_together(void **state) {
  (void)state;
  assert_int_equal(zone_days(1970, 1, 1), 0);
  assert_int_equal(zone_days(2000, 3, 1), 11017);
  for (int64_t day = -800000; day < 3000000; day += 7) {
    unsigned month;
    unsigned day_of_month;
    int64_t year = zone_year(day, &month, &day_of_month);
    assert_int_equal(zone_days(year, month, day_of_month), day);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_offsets_are_those_of_libc),
      cmocka_unit_test(until_is_the_moment_of_the_change),
      cmocka_unit_test(names_lead_nowhere_else),
      cmocka_unit_test(a_zone_is_read_once),
      cmocka_unit_test(threads_share_the_zones),
      cmocka_unit_test(damaged_files_are_refused_or_harmless),
      cmocka_unit_test(footers_of_every_form),
      cmocka_unit_test(days_and_years_fit_together),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
