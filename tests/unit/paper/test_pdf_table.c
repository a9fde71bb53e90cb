#include "report.h"

#include <malloc.h>
#include <math.h>

/* The sanitizer's own count of the heap, where there is one: mallinfo2 knows nothing of it. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t heap_bytes(void) {
  return __sanitizer_get_current_allocated_bytes != NULL ? __sanitizer_get_current_allocated_bytes()
                                                         : mallinfo2().uordblks;
}

static const struct pdf_column columns[] = {{TEXT("Nomor"), 1, PDF_ALIGN_START},
                                            {TEXT("Judul"), 3, PDF_ALIGN_START},
                                            {TEXT("Menit"), 1, PDF_ALIGN_END}};

static const char long_title[] =
    "mulai ini adalah judul yang panjang sekali sehingga tidak muat pada dua baris di dalam kolom yang "
    "sempit dan "
    "karena itu harus dipotong jauh sebelum kata yang terakhir, yaitu kata selesai";

static struct pdf *begin(const struct pdf_table *table, struct buf *out) {
  struct pdf *pdf = report_new(&report_head, out);
  assert_int_equal(pdf_table_begin(pdf, table), STATUS_OK);
  return pdf;
}

static void end(struct pdf *pdf, struct buf *out) {
  assert_int_equal(pdf_table_end(pdf), STATUS_OK);
  report_end(pdf, out);
}

static void add(struct pdf *pdf, const char *number, const char *title, const char *minutes) {
  assert_int_equal(pdf_row(pdf, (const struct str[]){str_of(number), str_of(title), str_of(minutes)}),
                   STATUS_OK);
}

static void heads_come_again_on_every_page_and_rows_once(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  const struct pdf_table table = {
      .title = STR("Daftar tiket"), .columns = columns, .count = 3, .row_count = 150};
  struct pdf *pdf = begin(&table, &out);
  for (int i = 1; i <= 150; i++) {
    char number[20];
    snprintf(number, sizeof(number), "TKT-%04d", i);
    add(pdf, number, i % 3 == 0 ? "Reset sandi" : "Printer rusak", "1.234");
  }
  end(pdf, &out);
  char *text = report_text(&out);
  size_t pages = (size_t)report_pages(&out);
  assert_true(pages > 3);
  assert_int_equal(count_of(text, "Judul"), pages);
  assert_int_equal(count_of(text, "Menit"), pages);
  assert_int_equal(count_of(text, "Daftar tiket"), 1);
  /* In order, each with its own cells, though the same texts come again and again. */
  const char *at = text;
  for (int i = 1; i <= 150; i++) {
    char number[20];
    snprintf(number, sizeof(number), "TKT-%04d", i);
    at = strstr(at, number);
    assert_non_null(at);
    const char *title = i % 3 == 0 ? "Reset sandi" : "Printer rusak";
    const char *line_end = strchr(at, '\n');
    const char *found = strstr(at, title);
    assert_true(found != NULL && found < line_end);
  }
  assert_int_equal(count_of(text, "TKT-"), 150);
  free(text);
}

static void long_cells_have_two_lines_and_an_ellipsis(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  const struct pdf_table table = {.columns = columns, .count = 3, .row_count = 2};
  struct pdf *pdf = begin(&table, &out);
  static char longest[64 * 1024 + 1];
  memset(longest, 'w', sizeof(longest) - 1);
  memcpy(longest, "awal ", 5);
  memcpy(longest + sizeof(longest) - 6, " ekor", 5);
  add(pdf, "R1", longest, "7");
  add(pdf, "R2", long_title, "8");
  end(pdf, &out);
  char *text = report_text(&out);
  assert_has(text, "awal");
  assert_has_not(text, "ekor");
  assert_has(text, "mulai");
  assert_has_not(text, "selesai");
  assert_int_equal(count_of(text, "…"), 2);
  free(text);
  char *boxes = report_run(&out, "pdftotext", "-bbox");
  double pitch = box_of(boxes, "R2").y_min - box_of(boxes, "R1").y_min;
  /* A row of two lines: 28.5 points. */
  assert_true(pitch > 28 && pitch < 29);
  free(boxes);
}

static void one_line_tables_have_one_line(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  const struct pdf_table table = {.columns = columns, .count = 3, .row_count = 2, .one_line = true};
  struct pdf *pdf = begin(&table, &out);
  add(pdf, "R1", long_title, "7");
  add(pdf, "R2", "x", "8");
  end(pdf, &out);
  char *boxes = report_run(&out, "pdftotext", "-bbox");
  double pitch = box_of(boxes, "R2").y_min - box_of(boxes, "R1").y_min;
  assert_true(pitch > 17.5 && pitch < 18.5);
  assert_has(boxes, "…");
  free(boxes);
}

static void no_cell_reaches_into_its_neighbour(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  const struct pdf_table table = {.columns = columns, .count = 3, .row_count = 1};
  struct pdf *pdf = begin(&table, &out);
  static const char wide[] =
      "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW"
      "W";
  add(pdf, wide, wide, wide);
  end(pdf, &out);
  char *boxes = report_run(&out, "pdftotext", "-bbox");
  /* The columns' edges on an upright page: 42, then a fifth and four fifths of 511.276. */
  const double edges[] = {42, 42 + 511.276 / 5, 42 + 511.276 * 4 / 5, 42 + 511.276};
  size_t seen = 0;
  for (const char *at = boxes; (at = strstr(at, "<word ")) != NULL; at++) {
    struct box box;
    char first = 0;
    assert_int_equal(sscanf(at, "<word xMin=\"%lf\" yMin=\"%lf\" xMax=\"%lf\" yMax=\"%lf\">%c", &box.x_min,
                            &box.y_min, &box.x_max, &box.y_max, &first),
                     5);
    if (first == 'W') {
      size_t column = box.x_min < edges[1] ? 0 : box.x_min < edges[2] ? 1 : 2;
      assert_true(box.x_min > edges[column] && box.x_max < edges[column + 1]);
      seen++;
    }
  }
  assert_true(seen >= 3);
  free(boxes);
}

static void numbers_end_at_the_right(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  const struct pdf_table table = {.columns = columns, .count = 3, .row_count = 2};
  struct pdf *pdf = begin(&table, &out);
  add(pdf, "a", "b", "7");
  add(pdf, "a", "b", "123.456");
  end(pdf, &out);
  char *boxes = report_run(&out, "pdftotext", "-bbox");
  double right = 595.276 - 42 - 4;
  assert_true(fabs(box_of(boxes, "7").x_max - right) < 0.1);
  assert_true(fabs(box_of(boxes, "123.456").x_max - right) < 0.1);
  assert_true(fabs(box_of(boxes, "Menit").x_max - right) < 0.1);
  free(boxes);
}

static void a_table_without_rows_says_so(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  const struct pdf_table table = {.columns = columns, .count = 3, .row_count = 0};
  end(begin(&table, &out), &out);
  char *text = report_text(&out);
  assert_has(text, "Judul");
  assert_has(text, "Tidak ada data");
  free(text);
}

static void a_table_that_ends_with_its_page_leaves_no_empty_one(void **state) {
  (void)state;
  /* Some number of rows between a page and the next ends where the page does. */
  for (int rows = 30; rows < 80; rows++) {
    CLEANUP_BUF struct buf out;
    const struct pdf_table table = {.columns = columns, .count = 3, .row_count = rows};
    struct pdf *pdf = begin(&table, &out);
    for (int i = 0; i < rows; i++) {
      add(pdf, "a", "b", "baris");
    }
    end(pdf, &out);
    char *text = report_text(&out);
    /* Each page ends with a form feed. */
    *strrchr(text, '\f') = '\0';
    const char *before = strrchr(text, '\f');
    assert_has(before != NULL ? before : text, "baris");
    free(text);
  }
}

static void a_second_table_follows_the_first(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  const struct pdf_table table = {.columns = columns, .count = 3, .row_count = 1};
  struct pdf *pdf = begin(&table, &out);
  add(pdf, "satu", "pertama", "1");
  assert_int_equal(pdf_table_end(pdf), STATUS_OK);
  const struct pdf_column other[] = {{STR("Teknisi"), 1, PDF_ALIGN_CENTER}};
  const struct pdf_table second = {.columns = other, .count = 1, .row_count = -1};
  assert_int_equal(pdf_table_begin(pdf, &second), STATUS_OK);
  assert_int_equal(pdf_row(pdf, (const struct str[]){STR("Sutarno")}), STATUS_OK);
  end(pdf, &out);
  char *boxes = report_run(&out, "pdftotext", "-bbox");
  assert_true(box_of(boxes, "Teknisi").y_min > box_of(boxes, "pertama").y_max);
  struct box sutarno = box_of(boxes, "Sutarno");
  assert_true(sutarno.y_min > box_of(boxes, "Teknisi").y_max);
  free(boxes);
}

static void mistakes_in_the_columns_are_refused(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  struct pdf *pdf = report_new(&report_head, &out);
  struct pdf_column many[PDF_COLUMNS_MAX + 1];
  for (size_t i = 0; i <= PDF_COLUMNS_MAX; i++) {
    many[i] = (struct pdf_column){STR("x"), 1, PDF_ALIGN_START};
  }
  const struct pdf_table none = {.columns = many, .count = 0};
  const struct pdf_table too_many = {.columns = many, .count = PDF_COLUMNS_MAX + 1};
  assert_int_equal(pdf_table_begin(pdf, &none), STATUS_INVALID);
  assert_int_equal(pdf_table_begin(pdf, &too_many), STATUS_INVALID);
  const double shares[] = {0, -1, (double)NAN, (double)INFINITY};
  for (size_t i = 0; i < 4; i++) {
    const struct pdf_column wrong[] = {{STR("x"), shares[i], PDF_ALIGN_START}};
    const struct pdf_table table = {.columns = wrong, .count = 1};
    assert_int_equal(pdf_table_begin(pdf, &table), STATUS_INVALID);
  }
  const struct pdf_table most = {.columns = many, .count = PDF_COLUMNS_MAX};
  assert_int_equal(pdf_table_begin(pdf, &most), STATUS_OK);
  end(pdf, &out);
}

static void a_column_too_narrow_for_a_letter_kills_nothing(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  const struct pdf_column narrow[] = {{STR("Nomor"), 1e-6, PDF_ALIGN_START},
                                      {STR("Judul"), 1, PDF_ALIGN_START}};
  const struct pdf_table table = {.columns = narrow, .count = 2, .row_count = 1};
  struct pdf *pdf = begin(&table, &out);
  assert_int_equal(pdf_row(pdf, (const struct str[]){STR("12345"), STR("judulnya")}), STATUS_OK);
  end(pdf, &out);
  char *text = report_text(&out);
  assert_has(text, "judulnya");
  free(text);
}

static enum status count_bytes(void *arg, struct str bytes) {
  *(size_t *)arg += bytes.len;
  return STATUS_OK;
}

static void memory_does_not_grow_with_the_rows(void **state) {
  (void)state;
  enum { ROWS = 20000, WARM = 5000 };
  size_t bytes = 0;
  struct pdf *pdf = pdf_new(&report_head, count_bytes, &bytes);
  const struct pdf_table table = {.columns = columns, .count = 2, .row_count = ROWS, .one_line = true};
  assert_int_equal(pdf_table_begin(pdf, &table), STATUS_OK);
  size_t warm = 0;
  size_t warm_bytes = 0;
  for (int i = 0; i < ROWS; i++) {
    char number[20];
    snprintf(number, sizeof(number), "%d", i);
    assert_int_equal(pdf_row(pdf, (const struct str[]){str_of(number), STR("Printer rusak")}), STATUS_OK);
    if (i == WARM) {
      warm = heap_bytes();
      warm_bytes = bytes;
    }
  }
  size_t after = heap_bytes();
  /* The 380 pages between are in the sink, and left no more than their places in the document. */
  assert_true(bytes - warm_bytes > 100 * 1000);
  assert_true(after < warm + 380 * 256);
  assert_int_equal(pdf_table_end(pdf), STATUS_OK);
  assert_int_equal(pdf_finish(pdf), STATUS_OK);
  pdf_free(pdf);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(heads_come_again_on_every_page_and_rows_once),
      cmocka_unit_test(long_cells_have_two_lines_and_an_ellipsis),
      cmocka_unit_test(one_line_tables_have_one_line),
      cmocka_unit_test(no_cell_reaches_into_its_neighbour),
      cmocka_unit_test(numbers_end_at_the_right),
      cmocka_unit_test(a_table_without_rows_says_so),
      cmocka_unit_test(a_table_that_ends_with_its_page_leaves_no_empty_one),
      cmocka_unit_test(a_second_table_follows_the_first),
      cmocka_unit_test(mistakes_in_the_columns_are_refused),
      cmocka_unit_test(a_column_too_narrow_for_a_letter_kills_nothing),
      cmocka_unit_test(memory_does_not_grow_with_the_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
