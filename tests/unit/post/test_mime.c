#include "reader.h"

#include "base/time.h"
#include "post/compose.h"

static struct arena *arena;
static struct buf out;

static int set_up(void **state) {
  (void)state;
  arena = arena_new(16 * 1024 * 1024);
  buf_init(&out, COMPOSE_MAX_BYTES);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  buf_release(&out);
  arena_free(arena);
  return 0;
}

static const char *quoted(const char *text) {
  buf_clear(&out);
  mime_quoted_printable(&out, str_of(text));
  return str_c(arena, buf_str(&out));
}

static void quoted_printable_golden(void **state) {
  (void)state;
  assert_string_equal(quoted("a=b\n"), "a=3Db\r\n");
  assert_string_equal(quoted("no newline"), "no newline\r\n");
  assert_string_equal(quoted("é\r\nx\ry"), "=C3=A9\r\nx\r\ny\r\n");
  assert_string_equal(quoted("blank \ntab\t\n"), "blank=20\r\ntab=09\r\n");
  assert_string_equal(quoted(".dot\nFrom me\n..\n"), "=2Edot\r\n=46rom me\r\n=2E.\r\n");
  assert_string_equal(quoted("\n\na"), "\r\n\r\na\r\n");
  assert_string_equal(quoted("\x01\x7f"), "=01=7F\r\n");
}

static void quoted_printable_lines_of_every_length_come_back(void **state) {
  (void)state;
  for (size_t len = 1; len < 240; len++) {
    char text[256];
    for (size_t i = 0; i < len; i++) {
      text[i] = "a=é b"[(i * 7 + len) % 6];
    }
    text[len] = '\0';
    const char *encoded = quoted(text);
    check_lines(str_of(encoded), 76);
    char *back = decode_quoted(arena, str_of(encoded));
    assert_int_equal(strlen(back), len + 1);
    assert_memory_equal(back, text, len);
  }
}

static const char *header_text(size_t column, const char *text) {
  buf_clear(&out);
  (void)mime_header_text(&out, column, str_of(text));
  return str_c(arena, buf_str(&out).at != NULL ? buf_str(&out) : STR(""));
}

static void header_text_stays_plain_where_it_can(void **state) {
  (void)state;
  assert_string_equal(header_text(9, "Plain words, 1 < 2"), "Plain words, 1 < 2");
  assert_string_equal(header_text(9, "a\r\nBcc: b"), "a Bcc: b");
  assert_string_equal(header_text(9, "Caf\xc3\xa9"), "=?UTF-8?B?Q2Fmw6k=?=");
  assert_string_equal(header_text(9, "=?x"), "=?UTF-8?B?PT94?=");
}

static void encoded_words_hold_whole_characters_and_fit(void **state) {
  (void)state;
  for (size_t column = 0; column < 90; column += 3) {
    for (size_t points = 1; points < 90; points += 4) {
      CLEANUP_BUF struct buf text;
      buf_init(&text, 4096);
      for (size_t i = 0; i < points; i++) {
        buf_add_text(&text, i % 3 == 0 ? "é" : i % 3 == 1 ? "😀" : "語");
      }
      buf_add_char(&text, '\0');
      const char *encoded = header_text(column, text.at);
      CLEANUP_BUF struct buf lines;
      buf_init(&lines, 1 << 16);
      for (size_t i = 0; i < column && column <= 76; i++) {
        buf_add_char(&lines, 'x');
      }
      buf_format(&lines, "%s\r\n", encoded);
      check_lines(buf_str(&lines), 76);
      assert_string_equal(decode_words(arena, str_trim(str_of(encoded))), text.at);
    }
  }
}

static void mailboxes(void **state) {
  (void)state;
  static const struct {
    const char *name, *expected;
  } cases[] = {
      {"", "<a@b.c>"},
      {"Ani", "\"Ani\" <a@b.c>"},
      {"Ani, Budi; (x) <y>", "\"Ani, Budi; (x) <y>\" <a@b.c>"},
      {"An\"i", "=?UTF-8?B?QW4iaQ==?= <a@b.c>"},
      {"An\\i", "=?UTF-8?B?QW5caQ==?= <a@b.c>"},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    buf_clear(&out);
    (void)mime_mailbox(&out, 4, str_of(cases[i].name), STR("a@b.c"));
    assert_string_equal(str_c(arena, buf_str(&out)), cases[i].expected);
  }
}

static void dates(void **state) {
  (void)state;
  mime_date(&out, 0);
  buf_add_char(&out, '|');
  mime_date(&out, INT64_C(951782399) * TIME_SECOND_US + 999999);
  assert_string_equal(str_c(arena, buf_str(&out)),
                      "Thu, 01 Jan 1970 00:00:00 +0000|Mon, 28 Feb 2000 23:59:59 +0000");
}

static void one_line_of_anything(void **state) {
  (void)state;
  static const struct {
    const char *text, *expected;
  } cases[] = {{"", ""},
               {" \t\r\n ", ""},
               {"  a \n\n b\t", "a b"},
               {"a\xc2\x85"
                "b",
                "a b"},
               {"a\xe2\x80\xa8"
                "b",
                "a b"},
               {"caf\xc3\xa9", "caf\xc3\xa9"},
               {"caf\xe9", "caf?"}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    buf_clear(&out);
    mime_one_line(&out, str_of(cases[i].text));
    buf_add_char(&out, '\0');
    assert_string_equal(out.at, cases[i].expected);
  }
}

static void html_is_escaped(void **state) {
  (void)state;
  mime_html(&out, STR("<a href=\"x\" b='y'>&</a>"));
  assert_string_equal(str_c(arena, buf_str(&out)),
                      "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;&lt;/a&gt;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(quoted_printable_golden),
      TEST(quoted_printable_lines_of_every_length_come_back),
      TEST(header_text_stays_plain_where_it_can),
      TEST(encoded_words_hold_whole_characters_and_fit),
      TEST(mailboxes),
      TEST(dates),
      TEST(one_line_of_anything),
      TEST(html_is_escaped),
  };
  return cmocka_run_group_tests_name("post/mime", tests, NULL, NULL);
}
