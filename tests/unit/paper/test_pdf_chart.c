#include "report.h"

#include <math.h>

enum { MANY = PDF_POINTS_MAX + 1 };

static char names[MANY][16];
static struct pdf_point points[MANY];

/* "P1." 1, "P2." 2, … */
static int fill_points(void **state) {
  (void)state;
  for (size_t i = 0; i < MANY; i++) {
    snprintf(names[i], sizeof(names[i]), "P%zu.", i + 1);
    points[i] = (struct pdf_point){str_of(names[i]), (double)(i + 1)};
  }
  return 0;
}

static char *chart_text(const struct pdf_chart *chart, const char *option) {
  CLEANUP_BUF struct buf out;
  struct pdf *pdf = report_new(&report_head, &out);
  assert_int_equal(pdf_charts(pdf, chart, 1), STATUS_OK);
  report_end(pdf, &out);
  return report_run(&out, "pdftotext", option);
}

static void bars_show_axis_values_labels_and_legend(void **state) {
  (void)state;
  const struct pdf_point priorities[] = {{STR("Rendah"), 1320}, {STR("Tinggi"), 240}, {STR("عاجل"), 59}};
  for (enum pdf_chart_kind kind = PDF_CHART_BAR; kind <= PDF_CHART_LINE; kind++) {
    const struct pdf_chart chart = {kind, STR("Menurut prioritas"), STR("Jumlah tiket"), priorities, 3};
    char *text = chart_text(&chart, "-layout");
    assert_has(text, "Menurut prioritas");
    assert_has(text, "Jumlah tiket");
    assert_has(text, "Rendah");
    assert_has(text, "عاجل");
    assert_has(text, "1.320");
    assert_has(text, "240");
    assert_has(text, "59");
    if (kind != PDF_CHART_BAR_HORIZONTAL) {
      /* Steps of 500 up to 1.500. */
      assert_has(text, "1.500");
      assert_has(text, "1.000");
      assert_has(text, "500");
    }
    free(text);
  }
}

static void a_larger_value_has_a_higher_bar(void **state) {
  (void)state;
  const struct pdf_point two[] = {{STR("a"), 111}, {STR("b"), 222}};
  for (enum pdf_chart_kind kind = PDF_CHART_BAR; kind <= PDF_CHART_LINE; kind++) {
    const struct pdf_chart chart = {.kind = kind, .points = two, .count = 2};
    char *boxes = chart_text(&chart, "-bbox");
    struct box less = box_of(boxes, "111");
    struct box more = box_of(boxes, "222");
    if (kind == PDF_CHART_BAR_HORIZONTAL) {
      assert_true(more.x_min > less.x_min + 50);
    } else {
      assert_true(more.y_min < less.y_min - 20);
    }
    free(boxes);
  }
}

static void fractions_have_the_callers_separators(void **state) {
  (void)state;
  const struct pdf_point hours[] = {{STR("a"), 0.25}, {STR("b"), 1.5}};
  const struct pdf_chart chart = {PDF_CHART_BAR, STR("Jam"), STR_NONE, hours, 2};
  char *text = chart_text(&chart, "-layout");
  assert_has(text, "0,25");
  assert_has(text, "1,5");
  free(text);
}

static void a_pie_shows_values_and_shares(void **state) {
  (void)state;
  const struct pdf_point states[] = {
      {STR("Selesai"), 812}, {STR("Proses"), 214}, {STR("Baru"), 0}, {STR("Tunda"), 258}};
  for (enum pdf_chart_kind kind = PDF_CHART_PIE; kind <= PDF_CHART_DONUT; kind++) {
    const struct pdf_chart chart = {kind, STR("Menurut status"), STR("Tiket"), states, 4};
    char *text = chart_text(&chart, "-layout");
    assert_has(text, "Selesai");
    assert_has(text, "812");
    assert_has(text, "63,2%");
    assert_has(text, "16,7%");
    assert_has(text, "0,0%");
    assert_has(text, "20,1%");
    /* The hole shows the sum. */
    assert_int_equal(count_of(text, "1.284"), kind == PDF_CHART_DONUT ? 1 : 0);
    free(text);
  }
}

static void a_pie_of_one_part_is_whole(void **state) {
  (void)state;
  const struct pdf_point one[] = {{STR("Semua"), 3}};
  for (enum pdf_chart_kind kind = PDF_CHART_PIE; kind <= PDF_CHART_DONUT; kind++) {
    const struct pdf_chart chart = {.kind = kind, .points = one, .count = 1};
    char *text = chart_text(&chart, "-layout");
    assert_has(text, "100,0%");
    free(text);
  }
}

static void points_without_room_are_put_together(void **state) {
  (void)state;
  const struct pdf_chart bars = {.kind = PDF_CHART_BAR_HORIZONTAL, .points = points, .count = 20};
  char *text = chart_text(&bars, "-layout");
  assert_has(text, "P10.");
  assert_has_not(text, "P11.");
  assert_has(text, "Lainnya");
  /* 11 + … + 20 */
  assert_has(text, "155");
  free(text);
  const struct pdf_chart pie = {.kind = PDF_CHART_PIE, .points = points, .count = 20};
  text = chart_text(&pie, "-layout");
  assert_has(text, "P7.");
  assert_has_not(text, "P8.");
  assert_has(text, "Lainnya");
  /* 8 + … + 20 */
  assert_has(text, "182");
  free(text);
  /* As many as have room are all shown. */
  const struct pdf_chart exact = {.kind = PDF_CHART_BAR_HORIZONTAL, .points = points, .count = 11};
  text = chart_text(&exact, "-layout");
  assert_has(text, "P11.");
  assert_has_not(text, "Lainnya");
  free(text);
}

static void an_empty_chart_says_so(void **state) {
  (void)state;
  for (enum pdf_chart_kind kind = PDF_CHART_BAR; kind <= PDF_CHART_DONUT; kind++) {
    const struct pdf_chart chart = {.kind = kind, .title = STR("Kosong")};
    char *text = chart_text(&chart, "-layout");
    assert_has(text, "Kosong");
    assert_has(text, "Tidak ada data");
    free(text);
  }
}

static void zeros_are_data_but_no_pie(void **state) {
  (void)state;
  const struct pdf_point zeros[] = {{STR("Senin"), 0}, {STR("Selasa"), 0}};
  for (enum pdf_chart_kind kind = PDF_CHART_BAR; kind <= PDF_CHART_DONUT; kind++) {
    const struct pdf_chart chart = {.kind = kind, .points = zeros, .count = 2};
    char *text = chart_text(&chart, "-layout");
    assert_int_equal(count_of(text, "Tidak ada data"), kind >= PDF_CHART_PIE ? 1 : 0);
    assert_int_equal(count_of(text, "Selasa"), kind >= PDF_CHART_PIE ? 0 : 1);
    free(text);
  }
}

static void the_most_points_and_the_largest_values_are_drawn(void **state) {
  (void)state;
  struct pdf_point large[] = {{STR("a"), 1e15}, {STR("b"), 5e-324}, {STR("c"), 0.001}};
  for (enum pdf_chart_kind kind = PDF_CHART_BAR; kind <= PDF_CHART_DONUT; kind++) {
    const struct pdf_chart most = {.kind = kind, .points = points, .count = PDF_POINTS_MAX};
    free(chart_text(&most, "-layout"));
    const struct pdf_chart chart = {.kind = kind, .points = large, .count = 3};
    char *text = chart_text(&chart, "-layout");
    assert_has(text, "1.000.000.000.000.000");
    free(text);
    const struct pdf_chart small = {.kind = kind, .points = large + 1, .count = 1};
    free(chart_text(&small, "-layout"));
  }
}

static void of_many_labels_only_some_are_shown_and_none_overlap(void **state) {
  (void)state;
  const struct pdf_chart chart = {.kind = PDF_CHART_LINE, .points = points, .count = 120};
  char *boxes = chart_text(&chart, "-bbox");
  double end = 0;
  size_t shown = 0;
  const char *at = boxes;
  for (size_t i = 0; i < 120; i++) {
    struct box box;
    if (next_box(&at, names[i], &box)) {
      assert_true(box.x_min > end);
      end = box.x_max;
      shown++;
    }
  }
  assert_true(shown >= 10 && shown < 60);
  free(boxes);
}

static void two_charts_stand_side_by_side(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  struct pdf *pdf = report_new(&report_head, &out);
  const struct pdf_chart charts[] = {{PDF_CHART_BAR, STR("Satu"), STR_NONE, points, 3},
                                     {PDF_CHART_PIE, STR("Dua"), STR_NONE, points, 3},
                                     {PDF_CHART_LINE, STR("Tiga"), STR_NONE, points, 3}};
  assert_int_equal(pdf_charts(pdf, charts, 3), STATUS_OK);
  report_end(pdf, &out);
  char *boxes = report_run(&out, "pdftotext", "-bbox");
  struct box one = box_of(boxes, "Satu");
  struct box two = box_of(boxes, "Dua");
  struct box three = box_of(boxes, "Tiga");
  assert_true(fabs(one.y_min - two.y_min) < 0.1 && two.x_min > 595 / 2.0);
  assert_true(three.y_min > one.y_min + 164 && fabs(three.x_min - one.x_min) < 1);
  free(boxes);
}

static void values_that_are_none_are_refused(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  struct pdf *pdf = report_new(&report_head, &out);
  const double wrong[] = {-1, (double)NAN, (double)INFINITY, 1.1e15};
  for (size_t i = 0; i < 4; i++) {
    const struct pdf_point point = {STR("x"), wrong[i]};
    const struct pdf_chart chart = {.points = &point, .count = 1, .title = STR("Salah")};
    assert_int_equal(pdf_charts(pdf, &chart, 1), STATUS_INVALID);
  }
  const struct pdf_chart many = {.points = points, .count = PDF_POINTS_MAX + 1, .title = STR("Salah")};
  assert_int_equal(pdf_charts(pdf, &many, 1), STATUS_INVALID);
  report_end(pdf, &out);
  char *text = report_text(&out);
  assert_has_not(text, "Salah");
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bars_show_axis_values_labels_and_legend),
      cmocka_unit_test(a_larger_value_has_a_higher_bar),
      cmocka_unit_test(fractions_have_the_callers_separators),
      cmocka_unit_test(a_pie_shows_values_and_shares),
      cmocka_unit_test(a_pie_of_one_part_is_whole),
      cmocka_unit_test(points_without_room_are_put_together),
      cmocka_unit_test(an_empty_chart_says_so),
      cmocka_unit_test(zeros_are_data_but_no_pie),
      cmocka_unit_test(the_most_points_and_the_largest_values_are_drawn),
      cmocka_unit_test(of_many_labels_only_some_are_shown_and_none_overlap),
      cmocka_unit_test(two_charts_stand_side_by_side),
      cmocka_unit_test(values_that_are_none_are_refused),
  };
  return cmocka_run_group_tests(tests, fill_points, NULL);
}
