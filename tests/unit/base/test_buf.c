#include "unit.h"

#include "base/buf.h"

static void adds_in_order(void **state) {
  (void)state;
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, 1 << 20);
  assert_str(buf_str(&buf), "");
  buf_add_text(&buf, "one ");
  buf_add_str(&buf, STR("two "));
  buf_add_str(&buf, STR_NONE);
  buf_add_char(&buf, '!');
  buf_add_int(&buf, 0);
  buf_add_char(&buf, ' ');
  buf_add_int(&buf, INT64_MIN);
  buf_add_char(&buf, ' ');
  buf_add_int(&buf, INT64_MAX);
  buf_format(&buf, " %s-%03d", "x", 7);
  assert_str(buf_str(&buf), "one two !0 -9223372036854775808 9223372036854775807 x-007");
  assert_false(buf.full);
}

static void grows_to_exactly_its_maximum(void **state) {
  (void)state;
  enum { MAX = 10007 };
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, MAX);
  for (int i = 0; i < MAX; i++) {
    buf_add_char(&buf, (char)('a' + i % 26));
  }
  assert_false(buf.full);
  assert_int_equal(buf.len, MAX);
  assert_true(buf.size <= MAX);
  buf_add_char(&buf, 'x');
  assert_true(buf.full);
  assert_int_equal(buf.len, MAX);
  for (int i = 0; i < MAX; i++) {
    assert_int_equal(buf.at[i], 'a' + i % 26);
  }
}

static void what_came_after_full_is_ignored(void **state) {
  (void)state;
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, 10);
  buf_add_text(&buf, "12345");
  buf_add_text(&buf, "too long");
  assert_true(buf.full);
  buf_add_char(&buf, '6');
  buf_format(&buf, "%d", 7);
  assert_null(buf_reserve(&buf, 1));
  assert_str(buf_str(&buf), "12345");
  buf_clear(&buf);
  assert_false(buf.full);
  buf_add_text(&buf, "1234567890");
  assert_str(buf_str(&buf), "1234567890");
}

static void formats_longer_than_its_room(void **state) {
  (void)state;
  char long_text[1001];
  memset(long_text, 'y', 1000);
  long_text[1000] = '\0';
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, 1003);
  buf_format(&buf, "<%s>", long_text);
  assert_false(buf.full);
  assert_int_equal(buf.len, 1002);
  assert_int_equal(buf.at[1001], '>');
  buf_format(&buf, "%d", 5);
  assert_int_equal(buf.len, 1003);
  assert_false(buf.full);
  buf_format(&buf, "%d", 6);
  assert_true(buf.full);
  assert_int_equal(buf.len, 1003);
}

static void reserve_hands_out_room(void **state) {
  (void)state;
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, 5000);
  char *at = buf_reserve(&buf, 4000);
  assert_non_null(at);
  memset(at, 'r', 4000);
  buf.len += 4000;
  assert_null(buf_reserve(&buf, 1001));
  assert_true(buf.full);
  assert_int_equal(buf.len, 4000);
  assert_null(buf_reserve(&buf, SIZE_MAX));
}

static void an_empty_maximum_takes_nothing(void **state) {
  (void)state;
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, 0);
  assert_non_null(buf_reserve(&buf, 0));
  buf_add(&buf, NULL, 0);
  assert_false(buf.full);
  buf_add_char(&buf, 'x');
  assert_true(buf.full);
}

static void shift_drops_the_front(void **state) {
  (void)state;
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, 100);
  buf_add_text(&buf, "abcdef");
  buf_shift(&buf, 0);
  buf_shift(&buf, 2);
  assert_str(buf_str(&buf), "cdef");
  buf_shift(&buf, 9);
  assert_str(buf_str(&buf), "");
}

static void a_released_one_works_again(void **state) {
  (void)state;
  CLEANUP_BUF struct buf buf;
  buf_init(&buf, 3);
  buf_add_text(&buf, "abcd");
  buf_release(&buf);
  assert_int_equal(buf.max, 3);
  assert_false(buf.full);
  buf_add_text(&buf, "abc");
  assert_str(buf_str(&buf), "abc");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(adds_in_order),
      cmocka_unit_test(grows_to_exactly_its_maximum),
      cmocka_unit_test(what_came_after_full_is_ignored),
      cmocka_unit_test(formats_longer_than_its_room),
      cmocka_unit_test(reserve_hands_out_room),
      cmocka_unit_test(an_empty_maximum_takes_nothing),
      cmocka_unit_test(shift_drops_the_front),
      cmocka_unit_test(a_released_one_works_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
