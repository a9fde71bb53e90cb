#include <pthread.h>

#include "paper/libs.h"
#include "paper/pdf.h"
#include "unit.h"

/* What draws is loaded once, by whoever asks first, and whole. */

static void *ask(void *answer) {
  *(bool *)answer = pdf_available();
  return NULL;
}

static void it_is_loaded_from_any_thread(void **state) {
  (void)state;
  enum { THREADS = 8 };
  pthread_t threads[THREADS];
  bool answers[THREADS] = {false};
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, ask, &answers[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(answers[i]);
  }
}

static void every_function_is_there(void **state) {
  (void)state;
  assert_true(libs_load());
  void *const *functions = (void *const *)&paper_libs;
  for (size_t i = 0; i < sizeof paper_libs / sizeof *functions; i++) {
    assert_non_null(functions[i]);
  }
}

static void they_do_what_their_names_say(void **state) {
  (void)state;
  assert_true(libs_load());
  cairo_font_options_t *options = cairo_font_options_create();
  assert_non_null(options);
  cairo_font_options_destroy(options);
  assert_string_equal(cairo_status_to_string(CAIRO_STATUS_SUCCESS), "no error has occurred");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_loaded_from_any_thread),
      cmocka_unit_test(every_function_is_there),
      cmocka_unit_test(they_do_what_their_names_say),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
