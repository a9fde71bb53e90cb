#include "reader.h"

#include "base/time.h"
#include "desk/account/account.h"
#include "desk/ticket/ticket.h"
#include "post/compose.h"

/* Messages from outbox rows, read back as a mail program would. */

static struct arena *arena;
static struct buf out;
static struct compose_config config;
static struct mail mail;

static int set_up(void **state) {
  (void)state;
  arena = arena_new(64 * 1024 * 1024);
  buf_init(&out, COMPOSE_MAX_BYTES);
  config = (struct compose_config){.from_name = STR("Sigap"),
                                   .from_address = STR("sigap@desk.example"),
                                   .from_domain = STR("desk.example")};
  mail = (struct mail){.id = 5,
                       .kind = MAIL_TICKET_CREATED,
                       .ticket_id = 42,
                       .created_at = INT64_C(1763644380) * TIME_SECOND_US,
                       .ticket_created_at = INT64_C(1763644380) * TIME_SECOND_US,
                       .to_name = STR("Budi"),
                       .to_email = STR("budi@example.com"),
                       .language = LANGUAGE_ENGLISH,
                       .ticket_title = STR("The printer is on fire")};
  assert_int_equal(uuid_parse(STR("01890a5d-ac96-774b-bcce-b302099a8057"), &mail.uuid), STATUS_OK);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  buf_release(&out);
  arena_free(arena);
  return 0;
}

/* Composes and checks what holds for every message. */
static struct str compose(void) {
  buf_clear(&out);
  assert_int_equal(compose_message(&mail, &config, &out), STATUS_OK);
  struct str message = buf_str(&out);
  check_lines(message, 254 + 78);
  assert_int_equal(parts_in(arena, message), 2);
  assert_true(str_is(header_of(arena, message, "MIME-Version"), "1.0"));
  assert_true(str_is(header_of(arena, message, "Auto-Submitted"), "auto-generated"));
  assert_true(header_of(arena, message, "From").at != NULL);
  assert_true(header_of(arena, message, "To").at != NULL);
  return message;
}

static struct str header(const char *name) {
  return header_of(arena, buf_str(&out), name);
}
static char *plain(void) {
  return part_of(arena, buf_str(&out), 0, "text/plain; charset=utf-8");
}
static char *html(void) {
  return part_of(arena, buf_str(&out), 1, "text/html; charset=utf-8");
}

#define ASSERT_HOLDS(text, part)                            \
  do {                                                      \
    const char *text_ = (text);                             \
    if (strstr(text_, (part)) == NULL) {                    \
      fail_msg("\"%s\" is missing in:\n%s", (part), text_); \
    }                                                       \
  } while (0)
#define ASSERT_LACKS(text, part) assert_null(strstr((text), (part)))

static void headers_of_a_created_ticket(void **state) {
  (void)state;
  compose();
  assert_true(str_is(header("Date"), "Thu, 20 Nov 2025 13:13:00 +0000"));
  assert_true(str_is(header("From"), "\"Sigap\" <sigap@desk.example>"));
  assert_true(str_is(header("To"), "\"Budi\" <budi@example.com>"));
  assert_true(str_is(header("Message-ID"), "<01890a5d-ac96-774b-bcce-b302099a8057@desk.example>"));
  assert_true(str_is(header("References"), "<TK20251120000042@desk.example>"));
  assert_true(str_is(header("Content-Language"), "en"));
  assert_string_equal(decode_words(arena, header("Subject")),
                      "We have your ticket TK20251120000042: The printer is on fire");
}

static void bodies_of_a_created_ticket(void **state) {
  (void)state;
  compose();
  const char *text = plain();
  ASSERT_HOLDS(text, "Hello Budi,\n\n");
  ASSERT_HOLDS(text, "TK20251120000042");
  ASSERT_HOLDS(text, "Subject: The printer is on fire\n");
  ASSERT_LACKS(text, "http");
  ASSERT_HOLDS(html(), "<html lang=\"en\">");
  ASSERT_HOLDS(html(), "<strong>The printer is on fire</strong>");
  config.public_url = STR("https://desk.example");
  compose();
  ASSERT_HOLDS(plain(), "\nhttps://desk.example/?ticket=TK20251120000042\n");
  ASSERT_HOLDS(html(), "<a href=\"https://desk.example/?ticket=TK20251120000042\"");
}

static void indonesian_for_those_who_speak_it(void **state) {
  (void)state;
  mail.language = LANGUAGE_INDONESIAN;
  compose();
  assert_true(str_is(header("Content-Language"), "id"));
  assert_string_equal(decode_words(arena, header("Subject")),
                      "Tiket TK20251120000042 sudah kami terima: The printer is on fire");
  ASSERT_HOLDS(plain(), "Halo Budi,");
  ASSERT_HOLDS(html(), "<html lang=\"id\">");
}

static void the_same_mail_gives_the_same_bytes(void **state) {
  (void)state;
  struct str first = compose();
  char *copy = str_c(arena, first);
  size_t len = first.len;
  struct str second = compose();
  assert_int_equal(second.len, len);
  assert_memory_equal(second.at, copy, len);
}

static void a_reply_is_told_as_it_was_written(void **state) {
  (void)state;
  mail.kind = MAIL_TICKET_REPLIED;
  mail.text = STR("Halo,\r\n\r\nsudah kami cek <b>kabel</b> & \"router\".\n.titik di awal\nFrom kami");
  compose();
  ASSERT_HOLDS(plain(),
               "> Halo,\n>\n> sudah kami cek <b>kabel</b> & \"router\".\n> .titik di awal\n> From kami\n");
  ASSERT_HOLDS(html(),
               "Halo,<br><br>sudah kami cek &lt;b&gt;kabel&lt;/b&gt; &amp; &quot;router&quot;.<br>.titik");
  ASSERT_LACKS(html(), "<b>");
}

static void every_status_has_words_in_both_languages(void **state) {
  (void)state;
  mail.kind = MAIL_TICKET_STATUS;
  for (int language = LANGUAGE_ENGLISH; language <= LANGUAGE_INDONESIAN; language++) {
    for (int status = TICKET_NEW; status < TICKET_STATUS_COUNT; status++) {
      mail.language = language;
      mail.value = status;
      mail.text = STR_NONE;
      compose();
      char *subject = decode_words(arena, header("Subject"));
      assert_true(str_starts(str_of(subject), "TK20251120000042 "));
      assert_true(strlen(subject) > strlen("TK20251120000042 : The printer is on fire") + 5);
      ASSERT_LACKS(plain(), "{");
      ASSERT_LACKS(plain(), "> ");
      mail.text = STR("Selesai, terima kasih.");
      compose();
      ASSERT_HOLDS(plain(), "> Selesai, terima kasih.\n");
    }
  }
}

static void a_reset_carries_its_link_or_its_code(void **state) {
  (void)state;
  mail.kind = MAIL_PASSWORD_RESET;
  mail.ticket_id = 0;
  mail.ticket_title = STR_NONE;
  mail.text = STR("ab/c+d=\"&x");
  for (int kind = MAIL_PASSWORD_RESET; kind <= MAIL_INVITATION; kind++) {
    for (int language = LANGUAGE_ENGLISH; language <= LANGUAGE_INDONESIAN; language++) {
      mail.kind = kind;
      mail.language = language;
      config.public_url = STR("https://desk.example");
      compose();
      static const char link[] = "https://desk.example/reset-password?token=ab%2Fc%2Bd%3D%22%26x";
      ASSERT_HOLDS(plain(), link);
      ASSERT_HOLDS(html(), link);
      assert_null(header("References").at);
      config.public_url = STR_NONE;
      compose();
      ASSERT_HOLDS(plain(), ": ab/c+d=\"&x\n");
      ASSERT_HOLDS(html(), "ab/c+d=&quot;&amp;x</code>");
      ASSERT_LACKS(html(), "href");
    }
  }
}

static void hostile_names_and_titles_stay_in_their_place(void **state) {
  (void)state;
  static const char *const hostile[] = {
      "Budi\r\nBcc: victim@example.com\r\n\r\nSurprise",
      "Budi\nSubject: x",
      "\"Budi\" <evil@example.com>, other@example.com",
      "Budi\\\" <evil@example.com>",
      "=?UTF-8?Q?evil=0D=0ABcc:_x@y?=",
      "Budi\xe2\x80\xa8 Bcc: x@y",
      "Budi\xc2\x85 Bcc: x@y",
      "<script>alert(1)</script>",
      "{number}{title}{name}",
      "Bu\xff\xfe di",
  };
  for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
    mail.to_name = str_of(hostile[i]);
    mail.ticket_title = str_of(hostile[i]);
    compose();
    assert_null(header("Bcc").at);
    struct str to = header("To");
    assert_true(str_ends(to, " <budi@example.com>"));
    size_t display = to.len - strlen(" <budi@example.com>");
    /* One quoted string, or encoded words alone. */
    if (to.at[0] == '"') {
      assert_int_equal(str_find((struct str){to.at + 1, to.len - 1}, '"'), display - 2);
    } else {
      assert_true(str_starts(to, "=?UTF-8?B?"));
      assert_int_equal(str_find((struct str){to.at, display}, '<'), display);
      assert_int_equal(str_find((struct str){to.at, display}, ','), display);
    }
    assert_null(strstr(plain(), "\nSurprise"));
    ASSERT_LACKS(html(), "<script>");
    char *subject = decode_words(arena, header("Subject"));
    assert_false(str_has_control(str_of(subject)));
    assert_true(str_utf8(str_of(subject)));
  }
}

static void words_in_braces_of_users_are_not_replaced(void **state) {
  (void)state;
  mail.ticket_title = STR("{name} {desk}");
  compose();
  ASSERT_HOLDS(plain(), "Subject: {name} {desk}\n");
}

static void long_names_are_folded_and_long_titles_cut_in_the_subject(void **state) {
  (void)state;
  char name[255 * 4 + 1];
  char title[255 * 3 + 1];
  for (size_t i = 0; i < 255; i++) {
    memcpy(name + 4 * i, "😀", 4);
    memcpy(title + 3 * i, i % 10 == 9 ? " ab" : "語", 3);
  }
  mail.to_name = (struct str){name, sizeof(name) - 1};
  mail.ticket_title = (struct str){title, sizeof(title) - 1};
  struct str message = compose();
  size_t head = (size_t)((char *)memmem(message.at, message.len, "\r\n\r\n", 4) - message.at) + 2;
  check_lines((struct str){message.at, head}, 76);
  struct str to = header("To");
  char *shown = decode_words(arena, (struct str){to.at, to.len - strlen(" <budi@example.com>")});
  assert_int_equal(strlen(shown), sizeof(name) - 1);
  assert_memory_equal(shown, name, sizeof(name) - 1);
  char *subject = decode_words(arena, header("Subject"));
  assert_true(str_points(str_of(subject)) < 150);
  assert_true(str_ends(str_of(subject), "…"));
  char *whole = str_c(arena, mail.ticket_title);
  ASSERT_HOLDS(plain(), whole);
}

static void the_longest_reply_fits(void **state) {
  (void)state;
  char *text = arena_alloc(arena, 64 * 1024 + 1);
  memset(text, '"', 64 * 1024);
  mail.kind = MAIL_TICKET_REPLIED;
  mail.text = (struct str){text, 64 * 1024};
  compose();
  for (size_t i = 0; i < 64 * 1024; i++) {
    text[i] = '\n';
  }
  compose();
  for (size_t i = 0; i + 4 <= 64 * 1024; i += 4) {
    memcpy(text + i, "😀", 4);
  }
  compose();
  ASSERT_HOLDS(plain(), text);
}

static void unusable_rows_are_refused(void **state) {
  (void)state;
  static const char *const addresses[] = {
      "",        "budi",  "@x",     "budi@",  "a@b@c", "a b@c", "a@b>\r\nRCPT TO:<x@y",
      "a@b,c@d", "<a@b>", "a\"b@c", "a@b\xff"};
  for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
    mail.to_email = str_of(addresses[i]);
    assert_int_equal(compose_message(&mail, &config, &out), STATUS_INVALID);
  }
  mail.to_email = STR("budi@example.com");
  mail.kind = 99;
  assert_int_equal(compose_message(&mail, &config, &out), STATUS_INVALID);
  mail.kind = 0;
  assert_int_equal(compose_message(&mail, &config, &out), STATUS_INVALID);
  mail.kind = MAIL_TICKET_CREATED;
  struct buf small;
  buf_init(&small, 100);
  assert_int_equal(compose_message(&mail, &config, &small), STATUS_TOO_LARGE);
  buf_release(&small);
}

static void the_sender_is_read_from_a_mailbox(void **state) {
  (void)state;
  struct compose_config from = {0};
  assert_int_equal(compose_parse_from(STR(" \"Meja Bantuan\" <help@desk.example> "), &from), STATUS_OK);
  assert_true(str_is(from.from_name, "Meja Bantuan"));
  assert_true(str_is(from.from_address, "help@desk.example"));
  assert_true(str_is(from.from_domain, "desk.example"));
  assert_int_equal(compose_parse_from(STR("help@desk.example"), &from), STATUS_OK);
  assert_int_equal(from.from_name.len, 0);
  assert_int_equal(compose_parse_from(STR("Café <x@caf\xc3\xa9.example>"), &from), STATUS_OK);
  assert_true(str_is(from.from_domain, "localhost"));
  static const char *const wrong[] = {"",           "Sigap",      "Sigap <>", "Sigap <a>",
                                      "Sigap <a@b", "A\nB <a@b>", "a@b, c@d"};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    assert_int_equal(compose_parse_from(str_of(wrong[i]), &from), STATUS_INVALID);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(headers_of_a_created_ticket),
      TEST(bodies_of_a_created_ticket),
      TEST(indonesian_for_those_who_speak_it),
      TEST(the_same_mail_gives_the_same_bytes),
      TEST(a_reply_is_told_as_it_was_written),
      TEST(every_status_has_words_in_both_languages),
      TEST(a_reset_carries_its_link_or_its_code),
      TEST(hostile_names_and_titles_stay_in_their_place),
      TEST(words_in_braces_of_users_are_not_replaced),
      TEST(long_names_are_folded_and_long_titles_cut_in_the_subject),
      TEST(the_longest_reply_fits),
      TEST(unusable_rows_are_refused),
      TEST(the_sender_is_read_from_a_mailbox),
  };
  return cmocka_run_group_tests_name("post/compose", tests, NULL, NULL);
}
