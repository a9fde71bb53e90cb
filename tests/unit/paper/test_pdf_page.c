#include "report.h"

static const struct pdf_column one_column[] = {{TEXT("Nomor"), 1, PDF_ALIGN_START}};

/* A document of a table of single lines, of which row_count was told. */
static char *table_text(int64_t told, int64_t rows, bool one_line, struct buf *out) {
  struct pdf *pdf = report_new(&report_head, out);
  const struct pdf_table table = {.columns = one_column, .count = 1, .row_count = told, .one_line = one_line};
  assert_int_equal(pdf_table_begin(pdf, &table), STATUS_OK);
  for (int64_t i = 1; i <= rows; i++) {
    char cell[32];
    snprintf(cell, sizeof(cell), "baris-%" PRId64 ".", i);
    assert_int_equal(pdf_row(pdf, (const struct str[]){str_of(cell)}), STATUS_OK);
  }
  assert_int_equal(pdf_table_end(pdf), STATUS_OK);
  report_end(pdf, out);
  return report_text(out);
}

static void assert_page_of(const char *text, int64_t page, int64_t pages) {
  char label[60];
  snprintf(label, sizeof(label), "Halaman %" PRId64 " dari %" PRId64 "\n", page, pages);
  assert_has(text, label);
}

static void a_short_report_knows_its_pages_whatever_was_told(void **state) {
  (void)state;
  for (int64_t told = -1; told <= 200; told += 67) {
    CLEANUP_BUF struct buf out;
    char *text = table_text(told, 100, false, &out);
    int64_t pages = report_pages(&out);
    assert_true(pages >= 3 && pages <= 5);
    for (int64_t page = 1; page <= pages; page++) {
      assert_page_of(text, page, pages);
    }
    assert_int_equal(count_of(text, "Halaman"), pages);
    free(text);
  }
}

static void a_long_report_reckons_its_pages_from_the_rows_told(void **state) {
  (void)state;
  /* Every number of rows that the last page can have: one row too few or too many would be seen. */
  for (int64_t rows = 1500; rows <= 1526; rows++) {
    CLEANUP_BUF struct buf out;
    char *text = table_text(rows, rows, rows % 9 == 0, &out);
    int64_t pages = report_pages(&out);
    assert_true(pages > PDF_PAGES_HELD);
    assert_int_equal(count_of(text, " dari "), pages);
    assert_page_of(text, 1, pages);
    assert_page_of(text, PDF_PAGES_HELD + 1, pages);
    assert_page_of(text, pages, pages);
    free(text);
  }
}

static void a_long_report_of_unknown_length_shows_only_the_page(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  char *text = table_text(-1, 1600, true, &out);
  int64_t pages = report_pages(&out);
  assert_true(pages > PDF_PAGES_HELD);
  assert_int_equal(count_of(text, " dari "), 0);
  assert_int_equal(count_of(text, "Halaman "), pages);
  assert_has(text, "Halaman 1\n");
  free(text);
}

static void the_last_report_that_is_held_whole_knows_its_pages(void **state) {
  (void)state;
  /* Rows are added until the document has one page more than are held. */
  int64_t pages = 0;
  for (int64_t rows = 1205; pages <= PDF_PAGES_HELD; rows += 11) {
    CLEANUP_BUF struct buf out;
    char *text = table_text(-1, rows, true, &out);
    pages = report_pages(&out);
    assert_true(pages >= PDF_PAGES_HELD - 2 && pages <= PDF_PAGES_HELD + 1);
    assert_int_equal(count_of(text, " dari "), pages <= PDF_PAGES_HELD ? pages : 0);
    free(text);
  }
}

static void more_rows_than_told_end_the_promise(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  char *text = table_text(1600, 1700, true, &out);
  int64_t pages = report_pages(&out);
  /* The last pages don't repeat a number that proved wrong. */
  char last[40];
  snprintf(last, sizeof(last), "Halaman %" PRId64 "\n", pages);
  assert_has(text, last);
  assert_true(count_of(text, " dari ") < (size_t)pages);
  assert_int_equal(count_of(text, "baris-"), 1700);
  free(text);
}

static void fewer_rows_than_told_end_the_promise(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  char *text = table_text(3000, 1600, true, &out);
  char last[40];
  snprintf(last, sizeof(last), "Halaman %" PRId64 "\n", report_pages(&out));
  assert_has(text, last);
  free(text);
}

static void later_pages_repeat_title_and_period(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  char *text = table_text(100, 100, false, &out);
  const char *second = strchr(text, '\f');
  assert_non_null(second);
  assert_has(second, "Laporan Kinerja");
  assert_has(second, "Oktober 2026");
  assert_has_not(second, "Dibuat");
  free(text);
}

static void the_label_is_the_callers(void **state) {
  (void)state;
  struct pdf_head head = report_head;
  head.words.page_of = STR("{m}–{n} {x} {n} صفحة {");
  CLEANUP_BUF struct buf out;
  report_end(report_new(&head, &out), &out);
  char *text = report_text(&out);
  assert_has(text, "1–1 {x} 1");
  free(text);
}

static void what_does_not_fit_goes_to_the_next_page(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  struct pdf *pdf = report_new(&report_head, &out);
  const struct pdf_chart chart = {.kind = PDF_CHART_BAR, .title = STR("Bagan")};
  for (int i = 0; i < 10; i++) {
    assert_int_equal(pdf_charts(pdf, &chart, 1), STATUS_OK);
  }
  report_end(pdf, &out);
  char *boxes = report_run(&out, "pdftotext", "-bbox");
  const char *at = boxes;
  struct box box;
  size_t count = 0;
  while (next_box(&at, "Bagan", &box)) {
    assert_true(box.y_min > 42 && box.y_min + 164 < 841.89 - 50);
    count++;
  }
  assert_int_equal(count, 10);
  assert_int_equal(report_pages(&out), 3);
  free(boxes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_short_report_knows_its_pages_whatever_was_told),
      cmocka_unit_test(a_long_report_reckons_its_pages_from_the_rows_told),
      cmocka_unit_test(a_long_report_of_unknown_length_shows_only_the_page),
      cmocka_unit_test(the_last_report_that_is_held_whole_knows_its_pages),
      cmocka_unit_test(more_rows_than_told_end_the_promise),
      cmocka_unit_test(fewer_rows_than_told_end_the_promise),
      cmocka_unit_test(later_pages_repeat_title_and_period),
      cmocka_unit_test(the_label_is_the_callers),
      cmocka_unit_test(what_does_not_fit_goes_to_the_next_page),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
