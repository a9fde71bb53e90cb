#include "reader.h"

#include "post/post.h"
#include "post/smtp.h"

/* What can be judged without a server; the dialogue itself is tested in tests/mail. */

static void addresses_of_servers(void **state) {
  (void)state;
  static const char *const good[] = {"smtp://localhost",
                                     "smtp://127.0.0.1:2525",
                                     "smtp://[::1]:25",
                                     "smtp://u:p%40ss@mail.example:587",
                                     "smtps://u:p@mail.example",
                                     "smtp://mail.example?tls=required",
                                     "smtp://mail.example?tls=off",
                                     "smtp://mail.example?tls=try&ca=/etc/ca.pem",
                                     "smtps://mail.example?tls=required",
                                     "SMTP://mail.example/"};
  static const char *const bad[] = {"",
                                    "mail.example",
                                    "http://mail.example",
                                    "smtp://",
                                    "smtp://h:port",
                                    "smtp://h:99999",
                                    "smtp://h?tls=maybe",
                                    "smtp://h?x=1",
                                    "smtps://h?tls=off",
                                    "smtp://a b"};
  char why[256];
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    assert_int_equal(post_check_url(good[i], why), STATUS_OK);
  }
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    why[0] = '\0';
    if (post_check_url(bad[i], why) != STATUS_INVALID) {
      fail_msg("taken: %s", bad[i]);
    }
    assert_true(strlen(why) > 20);
  }
}

static void a_password_is_not_told_in_the_refusal(void **state) {
  (void)state;
  char why[256] = "";
  assert_int_equal(post_check_url("smtp://u:hunter2@h:x", why), STATUS_INVALID);
  assert_null(strstr(why, "hunter2"));
}

static void verdicts(void **state) {
  (void)state;
  static const struct {
    enum smtp_phase phase;
    int code;
    enum smtp_verdict verdict;
  } cases[] = {
      {SMTP_PHASE_CONNECT, 0, SMTP_UNREACHABLE},
      {SMTP_PHASE_CONNECT, 554, SMTP_UNREACHABLE},
      {SMTP_PHASE_CONNECT, 535, SMTP_UNREACHABLE},
      {SMTP_PHASE_MAIL, 0, SMTP_LATER},
      {SMTP_PHASE_MAIL, 451, SMTP_LATER},
      {SMTP_PHASE_MAIL, 530, SMTP_UNREACHABLE},
      {SMTP_PHASE_MAIL, 550, SMTP_UNREACHABLE},
      {SMTP_PHASE_MAIL, 552, SMTP_NEVER},
      {SMTP_PHASE_RCPT, 550, SMTP_NEVER},
      {SMTP_PHASE_RCPT, 553, SMTP_NEVER},
      {SMTP_PHASE_RCPT, 451, SMTP_LATER},
      {SMTP_PHASE_RCPT, 421, SMTP_UNREACHABLE},
      {SMTP_PHASE_RCPT, 503, SMTP_LATER},
      {SMTP_PHASE_RCPT, 500, SMTP_NEVER},
      {SMTP_PHASE_RCPT, 530, SMTP_UNREACHABLE},
      {SMTP_PHASE_DATA, 554, SMTP_NEVER},
      {SMTP_PHASE_DATA, 452, SMTP_LATER},
      {SMTP_PHASE_DATA, 354, SMTP_LATER},
      {SMTP_PHASE_DATA, 0, SMTP_LATER},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    if (smtp_judge(cases[i].phase, cases[i].code) != cases[i].verdict) {
      fail_msg("phase %d code %d", (int)cases[i].phase, cases[i].code);
    }
  }
}

static void reasons_hold_no_addresses(void **state) {
  (void)state;
  char out[40];
  smtp_clean_reason(STR("550 5.1.1 <a@b.c>: no such user\r\n"), out, sizeof(out));
  assert_string_equal(out, "550 5.1.1 (address) no such user");
  smtp_clean_reason(STR("caf\xc3\xa9 \x1b[0m"), out, sizeof(out));
  assert_string_equal(out, "caf?? [0m");
  smtp_clean_reason(STR(""), out, sizeof(out));
  assert_string_equal(out, "");
  char small[8];
  smtp_clean_reason(STR("12345 789 abc"), small, sizeof(small));
  assert_string_equal(small, "12345 7");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_of_servers),
      cmocka_unit_test(a_password_is_not_told_in_the_refusal),
      cmocka_unit_test(verdicts),
      cmocka_unit_test(reasons_hold_no_addresses),
  };
  return cmocka_run_group_tests_name("post/smtp", tests, NULL, NULL);
}
