#include "unit.h"

#include "base/arena.h"

static void memory_is_zeroed_and_aligned(void **state) {
  (void)state;
  CLEANUP_ARENA struct arena *arena = arena_new(1 << 24);
  for (size_t size = 1; size < 40000; size = size * 3 / 2 + 1) {
    unsigned char *memory = arena_alloc(arena, size);
    assert_int_equal((uintptr_t)memory % 16, 0);
    for (size_t i = 0; i < size; i++) {
      assert_int_equal(memory[i], 0);
    }
    memset(memory, 0xaa, size);
  }
}

static void pieces_never_overlap(void **state) {
  (void)state;
  enum { COUNT = 2000 };
  CLEANUP_ARENA struct arena *arena = arena_new(1 << 26);
  static unsigned char *pieces[COUNT];
  static size_t sizes[COUNT];
  for (int i = 0; i < COUNT; i++) {
    sizes[i] = (size_t)(i * 7919 % 600) + (i % 97 == 0 ? 20000 : 1);
    pieces[i] = arena_alloc(arena, sizes[i]);
    memset(pieces[i], i & 0xff, sizes[i]);
  }
  for (int i = 0; i < COUNT; i++) {
    assert_int_equal(pieces[i][0], i & 0xff);
    assert_int_equal(pieces[i][sizes[i] - 1], i & 0xff);
  }
}

static void an_empty_piece_is_a_pointer_too(void **state) {
  (void)state;
  CLEANUP_ARENA struct arena *arena = arena_new(1024);
  void *a = arena_alloc(arena, 0);
  void *b = arena_alloc(arena, 0);
  assert_non_null(a);
  assert_ptr_not_equal(a, b);
}

static void used_and_left_add_up(void **state) {
  (void)state;
  CLEANUP_ARENA struct arena *arena = arena_new(10000);
  assert_int_equal(arena_used(arena), 0);
  assert_int_equal(arena_left(arena), 10000);
  arena_alloc(arena, 9000);
  assert_int_equal(arena_used(arena) + arena_left(arena), 10000);
  assert_true(arena_used(arena) >= 9000);
  arena_alloc(arena, arena_left(arena));
  assert_int_equal(arena_left(arena), 0);
}

static void reset_gives_zeroed_memory_again(void **state) {
  (void)state;
  CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
  for (int round = 0; round < 5; round++) {
    unsigned char *small = arena_alloc(arena, 3000);
    unsigned char *large = arena_alloc(arena, 100000);
    for (int i = 0; i < 3000; i++) {
      assert_int_equal(small[i], 0);
    }
    assert_int_equal(large[99999], 0);
    memset(small, 0xff, 3000);
    memset(large, 0xff, 100000);
    arena_reset(arena);
    assert_int_equal(arena_used(arena), 0);
    assert_int_equal(arena_left(arena), 1 << 20);
  }
}

static char order[8];
static size_t order_len;

static void note(void *thing) {
  order[order_len++] = *(const char *)thing;
}

static void deferred_calls_run_last_first(void **state) {
  (void)state;
  order_len = 0;
  struct arena *arena = arena_new(4096);
  char *letters = arena_alloc(arena, 3);
  memcpy(letters, "abc", 3);
  arena_defer(arena, note, letters);
  arena_defer(arena, note, letters + 1);
  arena_reset(arena);
  assert_int_equal(order_len, 2);
  assert_memory_equal(order, "ba", 2);
  letters = arena_alloc(arena, 1);
  *letters = 'z';
  arena_defer(arena, note, letters);
  arena_free(arena);
  assert_int_equal(order_len, 3);
  assert_memory_equal(order, "baz", 3);
  arena_free(NULL);
}

static void ask_for_too_much(void) {
  struct arena *arena = arena_new(100);
  arena_alloc(arena, 60);
  arena_alloc(arena, 60);
}

static void ask_for_an_overflow(void) {
  struct arena *arena = arena_new(SIZE_MAX);
  arena_array(arena, SIZE_MAX / 2, 3);
}

static void going_beyond_the_maximum_aborts_with_a_line(void **state) {
  (void)state;
  char line[512];
  bool aborted;
  run_in_child(ask_for_too_much, line, sizeof(line), &aborted);
  assert_true(aborted);
  assert_non_null(strstr(line, "error"));
  assert_non_null(strstr(line, "maximum"));
  run_in_child(ask_for_an_overflow, line, sizeof(line), &aborted);
  assert_true(aborted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_is_zeroed_and_aligned),
      cmocka_unit_test(pieces_never_overlap),
      cmocka_unit_test(an_empty_piece_is_a_pointer_too),
      cmocka_unit_test(used_and_left_add_up),
      cmocka_unit_test(reset_gives_zeroed_memory_again),
      cmocka_unit_test(deferred_calls_run_last_first),
      cmocka_unit_test(going_beyond_the_maximum_aborts_with_a_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
