#include "unit.h"

#include <math.h>

#include "base/time.h"
#include "paper/csv.h"

/* A row with one cell and what stands there. */
static void assert_cell_len(const char *text, size_t len, const char *expected) {
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, 1 << 20);
  csv_text(&buf, (struct str){text, len});
  csv_end(&buf);
  buf_add_char(&buf, '\0');
  assert_string_equal(buf.at + buf.len - 3, "\r\n");
  buf.at[buf.len - 3] = '\0';
  assert_string_equal(buf.at, expected);
}

static void assert_cell(const char *text, const char *expected) {
  assert_cell_len(text, strlen(text), expected);
}

static void a_row_is_cells_parted_by_commas_and_ends_with_crlf(void **state) {
  (void)state;
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, 1 << 20);
  csv_head(&buf, (const struct str[]){STR("number"), STR("title, short"), STR("made")}, 3);
  csv_int(&buf, INT64_MIN);
  csv_text(&buf, STR("Printer rusak"));
  csv_time(&buf, INT64_C(1689427822000000));
  csv_end(&buf);
  csv_none(&buf);
  csv_real(&buf, 0.5);
  csv_none(&buf);
  csv_end(&buf);
  assert_str(buf_str(&buf),
             "number,\"title, short\",made\r\n"
             "-9223372036854775808,Printer rusak,2023-07-15T13:30:22Z\r\n"
             ",0.5,\r\n");
}

static void commas_quotes_and_line_breaks_stand_in_quotes(void **state) {
  (void)state;
  assert_cell("a,b", "\"a,b\"");
  assert_cell("say \"hi\"", "\"say \"\"hi\"\"\"");
  assert_cell("\"", "\"\"\"\"");
  assert_cell("one\ntwo", "\"one\ntwo\"");
  assert_cell("one\r\ntwo", "\"one\r\ntwo\"");
  assert_cell("a\rb", "\"a\rb\"");
  assert_cell("plain; text'", "plain; text'");
  assert_cell(" blanks stay ", " blanks stay ");
}

static void a_formula_gets_an_apostrophe(void **state) {
  (void)state;
  assert_cell("=1+1", "'=1+1");
  assert_cell("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
  assert_cell("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0");
  assert_cell("@SUM(A1)", "'@SUM(A1)");
  assert_cell("+62 812 3456", "'+62 812 3456");
  assert_cell("+1", "'+1");
  assert_cell("-1+1", "'-1+1");
  assert_cell("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0");
  assert_cell("-", "'-");
  assert_cell("\t=1", "'\t=1");
  assert_cell("\r=1", "\"'\r=1\"");
  assert_cell("\n=1", "\"'\n=1\"");
  assert_cell("  =1", "'  =1");
  assert_cell("＝1", "'＝1");
  assert_cell("＋1", "'＋1");
  assert_cell("－1", "'－1");
  assert_cell("＠x", "'＠x");
}

static void a_plain_number_stays_one(void **state) {
  (void)state;
  assert_cell("-12.5", "-12.5");
  assert_cell("-0", "-0");
  assert_cell("42", "42");
  assert_cell("-12.", "'-12.");
  assert_cell("-.5", "'-.5");
  assert_cell("-1e5", "'-1e5");
  assert_cell("-1.2.3", "'-1.2.3");
  assert_cell(" -1", "' -1");
}

static void what_is_no_formula_stays_as_it_is(void **state) {
  (void)state;
  assert_cell("a=1", "a=1");
  assert_cell("'=1", "'=1");
  assert_cell("   ", "   ");
  assert_cell("ﾃスト", "ﾃスト");
  assert_cell("\xef", "\xef");
  assert_cell("الطابعة معطلة 😀", "الطابعة معطلة 😀");
  assert_cell_len("a\0b", 3, "a");
}

static void absent_and_empty_texts_are_empty_cells(void **state) {
  (void)state;
  assert_cell_len(NULL, 0, "");
  assert_cell("", "");
}

static void numbers_read_back_as_the_same(void **state) {
  (void)state;
  const struct {
    double number;
    const char *text;
  } cases[] = {{0.1, "0.1\r\n"},
               {1.0 / 3, "0.3333333333333333\r\n"},
               {-2.5, "-2.5\r\n"},
               {1e300, "1e+300\r\n"},
               {0, "0\r\n"},
               {4.35, "4.35\r\n"},
               {0.1 + 0.2, "0.30000000000000004\r\n"}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    CLEANUP_BUF struct buf buf;
    buf_init(&buf, 100);
    csv_real(&buf, cases[i].number);
    csv_end(&buf);
    assert_str(buf_str(&buf), cases[i].text);
  }
}

static void no_number_and_no_time_are_empty_cells(void **state) {
  (void)state;
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, 100);
  csv_real(&buf, (double)NAN);
  csv_real(&buf, (double)INFINITY);
  csv_time(&buf, 0);
  csv_end(&buf);
  assert_str(buf_str(&buf), ",,\r\n");
}

static void a_buffer_too_small_is_full_and_keeps_what_was_there(void **state) {
  (void)state;
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, 12);
  csv_text(&buf, STR("12345"));
  csv_end(&buf);
  csv_text(&buf, STR("too long, in quotes"));
  csv_end(&buf);
  assert_true(buf.full);
  assert_str(buf_str(&buf), "12345\r\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_row_is_cells_parted_by_commas_and_ends_with_crlf),
      cmocka_unit_test(commas_quotes_and_line_breaks_stand_in_quotes),
      cmocka_unit_test(a_formula_gets_an_apostrophe),
      cmocka_unit_test(a_plain_number_stays_one),
      cmocka_unit_test(what_is_no_formula_stays_as_it_is),
      cmocka_unit_test(absent_and_empty_texts_are_empty_cells),
      cmocka_unit_test(numbers_read_back_as_the_same),
      cmocka_unit_test(no_number_and_no_time_are_empty_cells),
      cmocka_unit_test(a_buffer_too_small_is_full_and_keeps_what_was_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
