#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/dialects.h"

/* The specification is made from the tables; a registered route that is missing in it would be a defect of
 * the writer that no linter sees. */
static void every_registered_route_stands_in_its_specification(void **state) {
  (void)state;
  size_t routes = 0;
  for (const struct dialect *const *dialect = documented_dialects; *dialect != NULL; dialect++) {
    CLEANUP_BUF struct buf out;
    buf_init(&out, 16 * 1024 * 1024);
    kit_openapi(*dialect, NULL, &out);
    buf_add_char(&out, '\0');
    assert_false(out.full);
    for (size_t i = 0; i < (*dialect)->route_count; i++) {
      char needle[256];
      int len = snprintf(needle, sizeof needle, "\"operationId\":\"%s\"", (*dialect)->routes[i].name);
      assert_true(len > 0 && (size_t)len < sizeof needle);
      assert_non_null(strstr(out.at, needle));
      routes++;
    }
  }
  assert_true(routes >= 74);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_registered_route_stands_in_its_specification)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
