#include "reader.h"

#include "desk/ticket/ticket.h"
#include "post/text.h"

static void every_kind_has_its_texts_in_both_languages(void **state) {
  (void)state;
  for (int language = LANGUAGE_ENGLISH; language <= LANGUAGE_INDONESIAN; language++) {
    const struct mail_words *words = text_words(language);
    assert_non_null(words->greeting);
    assert_non_null(words->closing);
    for (int kind = MAIL_TICKET_CREATED; kind <= MAIL_INVITATION; kind++) {
      const struct mail_text *text = text_of(language, kind);
      assert_non_null(text);
      assert_true(strlen(text->subject) > 5);
      assert_true(strlen(text->lead) > 10);
      assert_non_null(text->action);
      bool secret = kind == MAIL_PASSWORD_RESET || kind == MAIL_INVITATION;
      assert_true(secret == (text->no_link != NULL));
    }
    for (int status = TICKET_NEW; status < TICKET_STATUS_COUNT; status++) {
      assert_true(strlen(text_status(language, status)) > 3);
    }
  }
  assert_ptr_not_equal(text_of(LANGUAGE_ENGLISH, MAIL_TICKET_CREATED),
                       text_of(LANGUAGE_INDONESIAN, MAIL_TICKET_CREATED));
}

static void unknown_kinds_and_states_are_none(void **state) {
  (void)state;
  assert_null(text_of(LANGUAGE_ENGLISH, 0));
  assert_null(text_of(LANGUAGE_ENGLISH, -1));
  assert_null(text_of(LANGUAGE_ENGLISH, MAIL_INVITATION + 1));
  assert_string_equal(text_status(LANGUAGE_ENGLISH, 0), "");
  assert_string_equal(text_status(LANGUAGE_ENGLISH, TICKET_STATUS_COUNT), "");
  assert_ptr_equal(text_of(0, MAIL_TICKET_CREATED), text_of(LANGUAGE_ENGLISH, MAIL_TICKET_CREATED));
}

static void words_in_braces_are_filled_and_others_stay(void **state) {
  (void)state;
  CLEANUP_BUF struct buf out;
  buf_init(&out, 1000);
  const struct text_values values = {.name = STR("{number}"), .number = STR("TK1"), .desk = STR("D")};
  text_fill(&out, "{name}|{number}|{desk}|{what}|{|}|{title}|{number", &values, buf_add_str);
  buf_add_char(&out, '\0');
  assert_string_equal(out.at, "{number}|TK1|D|{what}|{|}||{number");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_has_its_texts_in_both_languages),
      cmocka_unit_test(unknown_kinds_and_states_are_none),
      cmocka_unit_test(words_in_braces_are_filled_and_others_stay),
  };
  return cmocka_run_group_tests_name("post/text", tests, NULL, NULL);
}
