#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/isp/isp_reports.h"
#include "base/time.h"

/* Words, dates and numbers of the documents, in both languages. */

static struct call call;
static struct isp_paper english, indonesian;

static int set_up(void **state) {
  (void)state;
  call = (struct call){.ctx = {.arena = arena_new((size_t)1024 * 1024), .now_us = INT64_C(1795269000000000)}};
  english = (struct isp_paper){&call, LANGUAGE_ENGLISH, "UTC", STR("Nusa Fiber")};
  indonesian = (struct isp_paper){&call, LANGUAGE_INDONESIAN, "Asia/Jakarta", STR("Nusa Fiber")};
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_free(call.ctx.arena);
  return 0;
}

#define SAYS(said, text) assert_string_equal(str_c(call.ctx.arena, (said)), (text))
#define ARENA call.ctx.arena

static void every_phrase_and_word_is_there_in_both_languages(void **state) {
  (void)state;
  for (int phrase = 0; phrase < SAY_PHRASES; phrase++) {
    assert_true(isp_phrase(&english, (enum isp_phrase)phrase).len > 0);
    assert_true(isp_phrase(&indonesian, (enum isp_phrase)phrase).len > 0);
  }
  const struct word *const lists[] = {isp_status_words, isp_priority_words, isp_type_words};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    for (const struct word *word = lists[i]; word->word != NULL; word++) {
      /* A word of the wire alone would show its underscores or its small letter. */
      char first = isp_word(&english, lists[i], word->value).at[0];
      assert_true(first >= 'A' && first <= 'Z');
      first = isp_word(&indonesian, lists[i], word->value).at[0];
      assert_true(first >= 'A' && first <= 'Z');
    }
  }
  SAYS(isp_word(&english, isp_status_words, TICKET_IN_PROGRESS), "In progress");
  SAYS(isp_word(&indonesian, isp_type_words, WORK_NEW_INSTALLATION), "Pasang baru");
}

static void dates_are_those_of_the_tenants_zone(void **state) {
  (void)state;
  int64_t evening = INT64_C(1795284300000000); /* 2026-11-21T18:05:00Z, past midnight in Jakarta */
  SAYS(isp_date(&english, ARENA, evening), "21 November 2026");
  SAYS(isp_date(&indonesian, ARENA, evening), "22 November 2026");
  SAYS(isp_moment(&english, ARENA, evening), "21 November 2026 18:05");
  SAYS(isp_moment(&indonesian, ARENA, evening), "22 November 2026 01.05");
  SAYS(isp_stamp(&english, ARENA, evening), "2026-11-21 18:05");
  SAYS(isp_stamp(&indonesian, ARENA, evening), "2026-11-22 01:05");
  SAYS(isp_date(&english, ARENA, 0), "");
  SAYS(isp_moment(&english, ARENA, 0), "");
  SAYS(isp_stamp(&english, ARENA, 0), "");
}

static void periods_have_a_name_and_a_short_label(void **state) {
  (void)state;
  int64_t day = time_local_day(INT64_C(1765152000000000), "UTC"); /* 2025-12-08, a Monday */
  SAYS(isp_period(&english, ARENA, REPORT_DAILY, day, day), "8 December 2025");
  SAYS(isp_period(&indonesian, ARENA, REPORT_WEEKLY, day, day + 6), "8 Desember 2025 – 14 Desember 2025");
  SAYS(isp_period(&indonesian, ARENA, REPORT_MONTHLY, day, day + 6), "Desember 2025");
  SAYS(isp_period(&english, ARENA, REPORT_YEARLY, day, day + 6), "2025");
  SAYS(isp_period_label(&english, ARENA, REPORT_DAILY, day), "8/12");
  SAYS(isp_period_label(&english, ARENA, REPORT_WEEKLY, day), "8/12");
  SAYS(isp_period_label(&english, ARENA, REPORT_MONTHLY, day), "Dec\u202f25");
  SAYS(isp_period_label(&indonesian, ARENA, REPORT_MONTHLY, day), "Des\u202f25");
  SAYS(isp_period_label(&indonesian, ARENA, REPORT_YEARLY, day), "2025");
}

static void numbers_have_the_languages_separators(void **state) {
  (void)state;
  static const struct {
    double number;
    int decimals;
    const char *english, *indonesian;
  } rows[] = {
      {0, 0, "0", "0"},
      {999, 0, "999", "999"},
      {1000, 0, "1,000", "1.000"},
      {1234567.891, 2, "1,234,567.89", "1.234.567,89"},
      {-1234.5, 1, "-1,234.5", "-1.234,5"},
      {-999, 0, "-999", "-999"},
      {66.7, 1, "66.7", "66,7"},
      {1e15, 0, "1,000,000,000,000,000", "1.000.000.000.000.000"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    SAYS(isp_number(&english, ARENA, rows[i].number, rows[i].decimals), rows[i].english);
    SAYS(isp_number(&indonesian, ARENA, rows[i].number, rows[i].decimals), rows[i].indonesian);
  }
  SAYS(isp_money(&indonesian, ARENA, 450000), "450.000");
  SAYS(isp_money(&english, ARENA, 150000.5), "150,000.50");
}

static void the_head_tells_whose_report_it_is_of_when_and_when_it_was_made(void **state) {
  (void)state;
  static const struct {
    const char *from, *to, *english, *indonesian;
  } rows[] = {
      {"2026-10-01", "2026-10-31", "1 October 2026 – 31 October 2026", "1 Oktober 2026 – 31 Oktober 2026"},
      {"2026-10-01", NULL, "From 1 October 2026", "Sejak 1 Oktober 2026"},
      {NULL, "2026-10-31", "Until 31 October 2026", "Sampai 31 Oktober 2026"},
      {NULL, NULL, "All time", "Seluruh waktu"},
      {"2026-10-01T06:00:00Z", NULL, "From 2026-10-01T06:00:00Z", "Sejak 2026-10-01T06:00:00Z"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct str from = rows[i].from != NULL ? str_of(rows[i].from) : STR_NONE;
    struct str to = rows[i].to != NULL ? str_of(rows[i].to) : STR_NONE;
    SAYS(isp_pdf_head(&english, SAY_TICKETS, from, to).period, rows[i].english);
    SAYS(isp_pdf_head(&indonesian, SAY_TICKETS, from, to).period, rows[i].indonesian);
  }
  struct pdf_head head = isp_pdf_head(&indonesian, SAY_PERFORMANCE, STR_NONE, STR_NONE);
  SAYS(head.title, "Laporan kinerja");
  SAYS(head.desk, "Nusa Fiber");
  SAYS(head.made.label, "Dibuat");
  SAYS(head.made.value, "21 November 2026 20.50 (Asia/Jakarta)");
  assert_int_equal(head.made_at, call.ctx.now_us);
  SAYS(head.words.page_of, "Halaman {n} dari {m}");
  SAYS(head.words.page, "Halaman {n}");
  SAYS(head.words.no_data, "Tidak ada data");
  SAYS(head.words.others, "Lainnya");
  head = isp_pdf_head(&english, SAY_INVENTORY, STR_NONE, STR_NONE);
  SAYS(head.words.page_of, "Page {n} of {m}");
  SAYS(head.words.page, "Page {n}");
  SAYS(head.words.no_data, "No data");
  SAYS(head.words.others, "Others");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(every_phrase_and_word_is_there_in_both_languages),
      TEST(dates_are_those_of_the_tenants_zone),
      TEST(periods_have_a_name_and_a_short_label),
      TEST(numbers_have_the_languages_separators),
      TEST(the_head_tells_whose_report_it_is_of_when_and_when_it_was_made),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
