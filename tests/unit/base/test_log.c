#include "unit.h"

#include <pthread.h>
#include <stdio.h>

#include "base/log.h"

static char long_text[6000];

static void text_line(void) {
  LOG(LOG_WARN, "The disk is slow.", LOG_S("room", "db"), LOG_S("say", "a \"b\"\n\x1b[2J"),
      LOG_S("empty", ""), LOG_N("took_ms", -12));
}

static void json_line(void) {
  log_setup(LOG_DEBUG, LOG_JSON);
  LOG(LOG_DEBUG, "A \"quoted\" event.", LOG_S("bytes", "\xff\\"), LOG_S("c1", "x\xc2\x85y"),
      LOG_S("word", "s\xc3\xa9"), LOG_N("n", INT64_MIN));
}

static void bare_line(void) {
  LOG(LOG_INFO, "Ready.");
}

static void below_threshold(void) {
  log_setup(LOG_WARN, LOG_TEXT);
  LOG(LOG_INFO, "Not to be seen.");
  LOG(LOG_DEBUG, "Nor this.");
}

static void too_long_field(void) {
  log_setup(LOG_INFO, LOG_JSON);
  LOG(LOG_INFO, "Long.", LOG_N("before", 1), LOG_S("long", long_text), LOG_N("after", 2));
}

static void too_long_event(void) {
  log_setup(LOG_INFO, LOG_JSON);
  LOG(LOG_INFO, long_text, LOG_N("after", 2));
}

static void newline_event(void) {
  LOG(LOG_INFO, "Two\nlines.");
}

static void dying(void) {
  die("This cannot be.");
}

static void assert_line(void (*step)(void), const char *behind_time) {
  char out[8192];
  bool aborted;
  size_t len = run_in_child(step, out, sizeof(out), &aborted);
  assert_false(aborted);
  assert_true(len > 0 && out[len - 1] == '\n');
  assert_ptr_equal(strchr(out, '\n'), out + len - 1);
  const char *start = strstr(out, behind_time[0] == '"' ? "\",\"level\"" : "Z ");
  assert_non_null(start);
  assert_string_equal(start + (behind_time[0] == '"' ? 0 : 2), behind_time);
}

static void a_line_of_text(void **state) {
  (void)state;
  assert_line(text_line,
              "warn The disk is slow. room=db say=\"a \\\"b\\\"\\n\\u001b[2J\" empty=\"\" took_ms=-12\n");
  assert_line(bare_line, "info Ready.\n");
  assert_line(newline_event, "info \"Two\\nlines.\"\n");
}

static void a_line_of_json(void **state) {
  (void)state;
  assert_line(json_line,
              "\",\"level\":\"debug\",\"event\":\"A \\\"quoted\\\" event.\",\"bytes\":\"\\u00ff\\\\\","
              "\"c1\":\"x\\u0085y\",\"word\":\"s\xc3\xa9\",\"n\":-9223372036854775808}\n");
}

static void a_field_is_whole_or_not_there(void **state) {
  (void)state;
  memset(long_text, 'a', sizeof(long_text) - 1);
  assert_line(too_long_field,
              "\",\"level\":\"info\",\"event\":\"Long.\",\"before\":1,\"after\":2,\"cut\":true}\n");
  assert_line(too_long_event, "\",\"level\":\"info\",\"event\":\"(too long)\",\"after\":2}\n");
}

static void lower_levels_are_left_out(void **state) {
  (void)state;
  char out[256];
  bool aborted;
  assert_int_equal(log_threshold(), LOG_INFO);
  assert_int_equal(run_in_child(below_threshold, out, sizeof(out), &aborted), 0);
}

static void die_logs_and_aborts(void **state) {
  (void)state;
  char out[256];
  bool aborted;
  run_in_child(dying, out, sizeof(out), &aborted);
  assert_true(aborted);
  assert_non_null(strstr(out, "error This cannot be.\n"));
}

static void *write_lines(void *arg) {
  for (int i = 0; i < 200; i++) {
    log_write(LOG_INFO, "Line.", (const struct log_field[]){{arg, arg, 0}}, 1);
  }
  return NULL;
}

static void from_threads(void) {
  pthread_t threads[3];
  static char words[3][4] = {"aaa", "bbb", "ccc"};
  for (int i = 0; i < 3; i++) {
    pthread_create(&threads[i], NULL, write_lines, words[i]);
  }
  for (int i = 0; i < 3; i++) {
    pthread_join(threads[i], NULL);
  }
}

static void lines_of_threads_never_mix(void **state) {
  (void)state;
  static char out[128 * 1024];
  bool aborted;
  run_in_child(from_threads, out, sizeof(out), &aborted);
  int lines = 0;
  char *rest = out;
  for (char *line = strsep(&rest, "\n"); line != NULL && *line != '\0'; line = strsep(&rest, "\n")) {
    const char *tail = strstr(line, " info Line. ");
    assert_non_null(tail);
    assert_int_equal(strlen(tail), strlen(" info Line. aaa=aaa"));
    assert_memory_equal(tail + strlen(" info Line. "), tail + strlen(" info Line. aaa="), 3);
    lines++;
  }
  assert_int_equal(lines, 600);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_line_of_text),
      cmocka_unit_test(a_line_of_json),
      cmocka_unit_test(a_field_is_whole_or_not_there),
      cmocka_unit_test(lower_levels_are_left_out),
      cmocka_unit_test(die_logs_and_aborts),
      cmocka_unit_test(lines_of_threads_never_mix),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
