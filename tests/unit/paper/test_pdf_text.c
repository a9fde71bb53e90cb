#include "report.h"

#include "paper/internal.h"

static void assert_clean(struct str text, size_t max, const char *expected) {
  CLEANUP_BUF struct buf out;
  struct pdf *pdf = report_new(&report_head, &out);
  assert_string_equal(text_clean(pdf, text, max), expected);
  pdf_free(pdf);
}

static void white_space_and_controls_become_one_blank(void **state) {
  (void)state;
  assert_clean(STR("  a\t\r\n b\0c\x7f\xc2\x85 d\xe2\x80\xa8"
                   "e \n"),
               100, "a b c d e");
  assert_clean(STR(" \n "), 100, "");
  assert_clean(STR_NONE, 100, "");
}

static void bytes_that_are_no_utf8_are_replaced(void **state) {
  (void)state;
  assert_clean(STR("a\xff"
                   "b\xc3"),
               100,
               "a\xef\xbf\xbd"
               "b\xef\xbf\xbd");
  /* An overlong form, a surrogate, a character cut at the end. */
  assert_clean(STR("\xc0\x80"), 100, "\xef\xbf\xbd\xef\xbf\xbd");
  assert_clean(STR("\xed\xa0\x80"), 100, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  assert_clean(STR("x\xf0\x9f\x98"), 100, "x\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  assert_clean(STR("\xef\xbf\xbd"), 100, "\xef\xbf\xbd");
  /* U+FFFE, U+FDD0, U+10FFFF: code points that are no characters. */
  assert_clean(STR("\xef\xbf\xbe\xef\xb7\x90\xf4\x8f\xbf\xbf"), 100, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

static void a_text_is_cut_at_a_character_and_says_so(void **state) {
  (void)state;
  assert_clean(STR("ééééé"), 3, "ééé…");
  assert_clean(STR("ééé"), 3, "ééé");
  assert_clean(STR("ééé   "), 3, "ééé");
}

static void numbers_have_groups_and_decimals(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  struct pdf *pdf = report_new(&report_head, &out);
  const struct {
    double value;
    size_t least;
    const char *text;
  } cases[] = {{0, 0, "0"},        {999, 0, "999"}, {1000, 0, "1.000"}, {1234567.891, 0, "1.234.567,89"},
               {0.5, 0, "0,5"},    {4, 1, "4,0"},   {99.999, 0, "100"}, {1e15, 0, "1.000.000.000.000.000"},
               {12.34, 1, "12,34"}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    char text[NUMBER_SIZE];
    assert_str(text_number(pdf, cases[i].value, cases[i].least, text), cases[i].text);
  }
  pdf_free(pdf);
}

static void separators_that_are_too_long_or_no_text_are_left_out(void **state) {
  (void)state;
  struct pdf_head head = report_head;
  head.words.group = STR("123456789");
  head.words.decimal = STR("\xff");
  CLEANUP_BUF struct buf out;
  struct pdf *pdf = report_new(&head, &out);
  char text[NUMBER_SIZE];
  assert_str(text_number(pdf, 1234.5, 0, text), "12345");
  pdf_free(pdf);
  head.words.group = STR("\xc2\xa0\xc2\xa0\xc2\xa0\xc2\xa0");
  head.words.decimal = head.words.group;
  pdf = report_new(&head, &out);
  struct str number = text_number(pdf, 999999999999999.5, 0, text);
  assert_int_equal(number.len, 15 + 4 * 8 + 8 + 1);
  pdf_free(pdf);
}

/* A table with a cell for each text. */
static char *cells_text(const struct str *cells, size_t count) {
  CLEANUP_BUF struct buf out;
  struct pdf *pdf = report_new(&report_head, &out);
  const struct pdf_column column = {STR("Judul"), 1, PDF_ALIGN_START};
  const struct pdf_table table = {.columns = &column, .count = 1, .row_count = (int64_t)count};
  assert_int_equal(pdf_table_begin(pdf, &table), STATUS_OK);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(pdf_row(pdf, &cells[i]), STATUS_OK);
  }
  assert_int_equal(pdf_table_end(pdf), STATUS_OK);
  report_end(pdf, &out);
  return report_text(&out);
}

static void any_script_can_be_read_back(void **state) {
  (void)state;
  const struct str cells[] = {
      STR("Mohon pemasangan titik akses baru di lantai dua"),
      STR("تعطل الطابعة في الطابق"),
      STR("प्रिंटर काम नहीं कर रहा है"),
      STR("网络打印机无法使用"),
      STR("プリンターが故障"),
      STR("프린터 고장"),
      STR("לא עובדת"),
      STR("เครื่องพิมพ์เสีย"),
      STR("அச்சுப்பொறி"),
      STR("Принтер не работает – Žluťoučký kůň"),
      STR("selesai 😀"),
  };
  enum { COUNT = sizeof(cells) / sizeof(cells[0]) };
  char *text = cells_text(cells, COUNT);
  for (size_t i = 0; i < COUNT; i++) {
    assert_has(text, cells[i].at);
  }
  free(text);
}

static void hostile_texts_kill_nothing(void **state) {
  (void)state;
  static char noise[64 * 1024];
  uint32_t seed = 1;
  for (size_t i = 0; i < sizeof(noise); i++) {
    seed = seed * 1664525 + 1013904223;
    noise[i] = (char)(seed >> 24);
  }
  static char marks[64 * 1024];
  for (size_t i = 0; i + 1 < sizeof(marks); i += 2) {
    memcpy(marks + i, "\xcc\x81", 2);
  }
  marks[0] = 'e';
  marks[1] = 'e';
  const struct str cells[] = {
      {noise, sizeof(noise)},
      {marks, sizeof(marks)},
      STR("\xe2\x80\xae\xe2\x80\xae\xe2\x80\xae terbalik"),
      STR("\xe2\x81\xa6\xe2\x81\xa7\xe2\x80\x8f\xe2\x80\x8e arah"),
      STR("<b>&amp;</span> %s %n"),
      STR("\xf4\x8f\xbf\xbf\xef\xbf\xbe"),
      STR(""),
      STR_NONE,
      STR("terakhir"),
  };
  char *text = cells_text(cells, sizeof(cells) / sizeof(cells[0]));
  assert_has(text, "<b>&amp;</span> %s %n");
  assert_has(text, "terakhir");
  free(text);
  /* The same in every other place. */
  struct pdf_head head = {
      .title = cells[0], .desk = cells[1], .period = cells[0], .made = {cells[0], cells[1]}};
  head.words = (struct pdf_words){cells[0], cells[0], cells[0], cells[0], cells[0], cells[0]};
  const struct pdf_pair pairs[] = {{cells[0], cells[1]}, {cells[1], cells[0]}};
  head.filters = pairs;
  head.filter_count = 2;
  const struct pdf_point points[] = {{cells[0], 1}, {cells[1], 2}};
  CLEANUP_BUF struct buf out;
  struct pdf *pdf = report_new(&head, &out);
  assert_int_equal(pdf_facts(pdf, pairs, 2), STATUS_OK);
  for (enum pdf_chart_kind kind = PDF_CHART_BAR; kind <= PDF_CHART_DONUT; kind++) {
    const struct pdf_chart chart = {kind, cells[0], cells[1], points, 2};
    assert_int_equal(pdf_charts(pdf, &chart, 1), STATUS_OK);
  }
  report_end(pdf, &out);
  assert_true(report_pages(&out) >= 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(white_space_and_controls_become_one_blank),
      cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
      cmocka_unit_test(a_text_is_cut_at_a_character_and_says_so),
      cmocka_unit_test(numbers_have_groups_and_decimals),
      cmocka_unit_test(separators_that_are_too_long_or_no_text_are_left_out),
      cmocka_unit_test(any_script_can_be_read_back),
      cmocka_unit_test(hostile_texts_kill_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
