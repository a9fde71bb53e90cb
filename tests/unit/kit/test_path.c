#include "exchange.h"

/* Patterns of paths, and which read shows what a write changes. */

static void a_path_covers_those_that_go_on_from_it(void **state) {
  (void)state;
  assert_int_equal(path_covers("/api/thing/:id", "/api/thing/:id"), 3);
  assert_int_equal(path_covers("/api/thing/:id", "/api/thing/:thing_id/state"), 3);
  assert_int_equal(path_covers("/api/thing/:id", "/api/thing"), 0);
  assert_int_equal(path_covers("/api/thing/:id", "/api/thing/all"), 0);
  assert_int_equal(path_covers("/api/thing/all", "/api/thing/:id"), 0);
  assert_int_equal(path_covers("/api/thing", "/api/things"), 0);
  assert_int_equal(path_covers("/", "/api"), 0);
}

static void parameters_are_alike_whatever_they_are_called(void **state) {
  (void)state;
  assert_true(path_same("/a/:id/b", "/a/:other/b/"));
  assert_true(path_same("/", "/"));
  assert_false(path_same("/a/:id", "/a/:id/b"));
  assert_false(path_same("/a/:id", "/a/id"));
}

static enum status handle(struct call *call) {
  return call_answer(call, 200, NULL, NULL);
}

static const struct dialect here = {.name = "here"}, there = {.name = "there"};

#define ROW(dialect_name, http_method, pattern, in_lane)                               \
  {                                                                                    \
    .dialect = &(dialect_name), .route = &(const struct route) {                       \
      .method = (http_method), .path = (pattern), .handler = handle, .lane = (in_lane) \
    }                                                                                  \
  }

static void a_write_has_the_read_of_its_object_as_its_twin(void **state) {
  (void)state;
  struct kit_row rows[] = {
      ROW(here, HTTP_GET, "/thing", LANE_INLINE),
      ROW(here, HTTP_POST, "/thing", LANE_WRITER),
      ROW(here, HTTP_GET, "/thing/:id", LANE_INLINE),
      ROW(here, HTTP_PATCH, "/thing/:id", LANE_WRITER),
      ROW(here, HTTP_POST, "/thing/:id/shut", LANE_WRITER),
      ROW(here, HTTP_GET, "/thing/:id/parts", LANE_INLINE),
      ROW(here, HTTP_GET, "/thing/:id/parts/:n", LANE_POOL),
      ROW(here, HTTP_PUT, "/thing/:id/parts/:n", LANE_POOL),
      ROW(here, HTTP_GET, "/me", LANE_INLINE),
      ROW(here, HTTP_PUT, "/me", LANE_WRITER),
      ROW(there, HTTP_PUT, "/thing/:id", LANE_WRITER),
      ROW(here, HTTP_GET, "/report/:id", LANE_EXPORT),
  };
  enum { COUNT = sizeof rows / sizeof *rows };
  const bool tagged[COUNT] = {[2] = true, [6] = true, [8] = true};
  const int twins[COUNT] = {-1, -1, -1, 2, 2, -1, -1, 6, -1, 8, -1, -1};
  etag_pair(rows, COUNT);
  for (int i = 0; i < COUNT; i++) {
    assert_int_equal(rows[i].tagged, tagged[i]);
    assert_ptr_equal(rows[i].twin, twins[i] < 0 ? NULL : &rows[twins[i]]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_path_covers_those_that_go_on_from_it),
      cmocka_unit_test(parameters_are_alike_whatever_they_are_called),
      cmocka_unit_test(a_write_has_the_read_of_its_object_as_its_twin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
