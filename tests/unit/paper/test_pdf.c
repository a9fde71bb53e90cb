#include "report.h"

#include <pthread.h>

static void the_head_says_what_the_report_is(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  report_end(report_new(&report_head, &out), &out);
  char *text = report_text(&out);
  assert_has(text, "Laporan Kinerja");
  assert_has(text, "PT Jaringan Nusantara");
  assert_has(text, "Oktober 2026");
  assert_has(text, "Status: Semua · Teknisi: Budi Santoso");
  assert_has(text, "Dibuat: 21 November 2026 13.50 WIB");
  assert_has(text, "Halaman 1 dari 1");
  free(text);
}

static void the_properties_name_title_and_author(void **state) {
  (void)state;
  struct pdf_head head = report_head;
  head.title = STR("Laporan – الطابعة");
  CLEANUP_BUF struct buf out;
  report_end(report_new(&head, &out), &out);
  char *info = report_run(&out, "pdfinfo", NULL);
  assert_has(info, "Laporan – الطابعة");
  assert_has(info, "Author:          PT Jaringan Nusantara");
  assert_has(info, "Creator:         Sigap");
  assert_has(info, "Sat Nov 21 13:50:00 2026");
  assert_has(info, "595.276 x 841.89 pts (A4)");
  free(info);
}

static void a_landscape_report_lies(void **state) {
  (void)state;
  struct pdf_head head = report_head;
  head.landscape = true;
  CLEANUP_BUF struct buf out;
  report_end(report_new(&head, &out), &out);
  char *info = report_run(&out, "pdfinfo", NULL);
  assert_has(info, "841.89 x 595.276 pts (A4)");
  free(info);
}

static void an_empty_head_is_one_empty_page(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  report_end(report_new(&(struct pdf_head){0}, &out), &out);
  assert_int_equal(report_pages(&out), 1);
}

static void key_figures_show_label_and_value(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  struct pdf *pdf = report_new(&report_head, &out);
  const struct pdf_pair facts[] = {{STR("Tiket masuk"), STR("1.284")},
                                   {STR("Selesai"), STR("1.197")},
                                   {STR("Menunggu"), STR("87")},
                                   {STR("SLA"), STR("96,4%")},
                                   {STR("Rata-rata"), STR("3 jam")}};
  assert_int_equal(pdf_facts(pdf, facts, 5), STATUS_OK);
  assert_int_equal(pdf_facts(pdf, facts, 0), STATUS_OK);
  assert_int_equal(pdf_facts(pdf, facts, PDF_FACTS_MAX + 1), STATUS_INVALID);
  report_end(pdf, &out);
  char *boxes = report_run(&out, "pdftotext", "-bbox");
  /* Five are three and two; a value stands below its label. */
  struct box selesai = box_of(boxes, "Selesai");
  struct box value = box_of(boxes, "1.197");
  assert_true(value.y_min > selesai.y_min && value.x_min - selesai.x_min < 2);
  assert_true(box_of(boxes, "Menunggu").y_min == selesai.y_min);
  assert_true(box_of(boxes, "SLA").y_min > value.y_max);
  free(boxes);
}

/* A sink that takes some bytes and fails from then on. */
struct broken_sink {
  size_t left;
  size_t failures;
};

static enum status take_until_broken(void *arg, struct str bytes) {
  struct broken_sink *sink = arg;
  if (bytes.len > sink->left) {
    sink->failures++;
    return STATUS_UNAVAILABLE;
  }
  sink->left -= bytes.len;
  return STATUS_OK;
}

static const struct pdf_column two_columns[] = {{TEXT("Nomor"), 1, PDF_ALIGN_END}, {TEXT("Judul"), 3, 0}};

static enum status add_rows(struct pdf *pdf, size_t count) {
  const struct pdf_table table = {.columns = two_columns, .count = 2, .row_count = (int64_t)count};
  TRY(pdf_table_begin(pdf, &table));
  for (size_t i = 0; i < count; i++) {
    char number[20];
    snprintf(number, sizeof(number), "%zu", i + 1);
    TRY(pdf_row(pdf, (const struct str[]){str_of(number), STR("Printer di lantai dua rusak, صيانة")}));
  }
  return pdf_table_end(pdf);
}

static void a_failing_sink_stops_the_work(void **state) {
  (void)state;
  struct broken_sink sink = {.left = 100 * 1024};
  struct pdf *pdf = pdf_new(&report_head, take_until_broken, &sink);
  /* Far more rows than go into what the sink takes. */
  assert_int_equal(add_rows(pdf, 100000), STATUS_UNAVAILABLE);
  assert_int_equal(pdf_row(pdf, (const struct str[]){STR("1"), STR("x")}), STATUS_UNAVAILABLE);
  assert_int_equal(pdf_table_end(pdf), STATUS_UNAVAILABLE);
  assert_int_equal(pdf_charts(pdf, NULL, 0), STATUS_UNAVAILABLE);
  assert_int_equal(pdf_facts(pdf, NULL, 0), STATUS_UNAVAILABLE);
  assert_int_equal(pdf_finish(pdf), STATUS_UNAVAILABLE);
  pdf_free(pdf);
  assert_int_equal(sink.failures, 1);
}

static void a_sink_that_fails_at_the_end_is_told(void **state) {
  (void)state;
  struct broken_sink sink = {.left = 0};
  struct pdf *pdf = pdf_new(&report_head, take_until_broken, &sink);
  assert_int_equal(add_rows(pdf, 3), STATUS_OK);
  assert_int_equal(pdf_finish(pdf), STATUS_UNAVAILABLE);
  pdf_free(pdf);
  assert_int_equal(sink.failures, 1);
}

static void a_document_given_up_writes_nothing_more(void **state) {
  (void)state;
  struct broken_sink sink = {.left = 0};
  struct pdf *pdf = pdf_new(&report_head, take_until_broken, &sink);
  assert_int_equal(add_rows(pdf, 3), STATUS_OK);
  pdf_free(pdf);
  assert_int_equal(sink.failures, 0);
  /* In the middle of a table, too. */
  pdf = pdf_new(&report_head, take_until_broken, &sink);
  const struct pdf_table table = {.columns = two_columns, .count = 2, .row_count = 9};
  assert_int_equal(pdf_table_begin(pdf, &table), STATUS_OK);
  pdf_free(pdf);
  pdf_free(NULL);
  assert_int_equal(sink.failures, 0);
}

static void calls_out_of_order_are_refused_and_change_nothing(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  struct pdf *pdf = report_new(&report_head, &out);
  const struct str cells[] = {STR("1"), STR("Judul tiket")};
  assert_int_equal(pdf_row(pdf, cells), STATUS_INVALID);
  assert_int_equal(pdf_table_end(pdf), STATUS_INVALID);
  const struct pdf_table table = {.columns = two_columns, .count = 2, .row_count = 1};
  assert_int_equal(pdf_table_begin(pdf, &table), STATUS_OK);
  assert_int_equal(pdf_table_begin(pdf, &table), STATUS_INVALID);
  assert_int_equal(pdf_facts(pdf, report_filters, 1), STATUS_INVALID);
  assert_int_equal(pdf_charts(pdf, NULL, 0), STATUS_INVALID);
  assert_int_equal(pdf_finish(pdf), STATUS_INVALID);
  assert_int_equal(pdf_row(pdf, cells), STATUS_OK);
  assert_int_equal(pdf_table_end(pdf), STATUS_OK);
  assert_int_equal(pdf_finish(pdf), STATUS_OK);
  assert_int_equal(pdf_finish(pdf), STATUS_INVALID);
  assert_int_equal(pdf_facts(pdf, report_filters, 1), STATUS_INVALID);
  assert_int_equal(pdf_table_begin(pdf, &table), STATUS_INVALID);
  pdf_free(pdf);
  char *text = report_text(&out);
  assert_has(text, "Judul tiket");
  assert_has(text, "Halaman 1 dari 1");
  free(text);
}

static void a_head_is_copied(void **state) {
  (void)state;
  char title[] = "Laporan satu";
  struct pdf_head head = report_head;
  head.title = str_of(title);
  CLEANUP_BUF struct buf out;
  struct pdf *pdf = report_new(&head, &out);
  memset(title, 'x', strlen(title));
  report_end(pdf, &out);
  char *text = report_text(&out);
  assert_has(text, "Laporan satu");
  free(text);
}

static void *write_report(void *out) {
  struct pdf *pdf = report_new(&report_head, out);
  assert_int_equal(add_rows(pdf, 900), STATUS_OK);
  report_end(pdf, out);
  return NULL;
}

static void two_threads_write_at_the_same_time(void **state) {
  (void)state;
  struct buf out[3];
  write_report(&out[0]);
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, write_report, &out[i + 1]), 0);
  }
  for (int i = 0; i < 2; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  }
  /* Each wrote what one alone writes, byte for byte. */
  for (int i = 1; i < 3; i++) {
    assert_int_equal(out[i].len, out[0].len);
    assert_memory_equal(out[i].at, out[0].at, out[0].len);
  }
  for (int i = 0; i < 3; i++) {
    buf_release(&out[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_head_says_what_the_report_is),
      cmocka_unit_test(the_properties_name_title_and_author),
      cmocka_unit_test(a_landscape_report_lies),
      cmocka_unit_test(an_empty_head_is_one_empty_page),
      cmocka_unit_test(key_figures_show_label_and_value),
      cmocka_unit_test(a_failing_sink_stops_the_work),
      cmocka_unit_test(a_sink_that_fails_at_the_end_is_told),
      cmocka_unit_test(a_document_given_up_writes_nothing_more),
      cmocka_unit_test(calls_out_of_order_are_refused_and_change_nothing),
      cmocka_unit_test(a_head_is_copied),
      cmocka_unit_test(two_threads_write_at_the_same_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
