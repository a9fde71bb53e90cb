#include "unit.h"

#include <pthread.h>

#include "base/id.h"

static const int64_t NOW_US = INT64_C(1700000000123456);

static void version_7_holds_the_time(void **state) {
  (void)state;
  struct uuid uuid = uuid_v7(NOW_US);
  uint64_t ms = 0;
  for (int i = 0; i < 6; i++) {
    ms = ms << 8 | uuid.bytes[i];
  }
  assert_int_equal(ms, NOW_US / 1000);
  assert_int_equal(uuid.bytes[6] >> 4, 7);
  assert_int_equal(uuid.bytes[8] >> 6, 2);
}

static void each_is_greater_than_the_one_before(void **state) {
  (void)state;
  struct uuid before = uuid_v7(NOW_US);
  /* More than fit into one millisecond's counter, and a clock that steps back. */
  for (int i = 0; i < 20000; i++) {
    struct uuid uuid = uuid_v7(i % 3 == 0 ? NOW_US - INT64_C(3600000000) : NOW_US + i / 5000);
    assert_true(uuid_compare(before, uuid) < 0);
    assert_int_equal(uuid.bytes[6] >> 4, 7);
    before = uuid;
  }
}

enum { THREADS = 4, EACH = 5000 };

static void *make_many(void *arg) {
  struct uuid *out = arg;
  for (int i = 0; i < EACH; i++) {
    out[i] = uuid_v7(NOW_US);
  }
  return NULL;
}

static int compare(const void *a, const void *b) {
  return uuid_compare(*(const struct uuid *)a, *(const struct uuid *)b);
}

static void threads_never_get_the_same_counter(void **state) {
  (void)state;
  static struct uuid all[THREADS * EACH];
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, make_many, all + (ptrdiff_t)i * EACH), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    for (int k = 1; k < EACH; k++) {
      assert_true(uuid_compare(all[i * EACH + k - 1], all[i * EACH + k]) < 0);
    }
  }
  qsort(all, THREADS * EACH, sizeof(all[0]), compare);
  for (int i = 1; i < THREADS * EACH; i++) {
    /* The first eight bytes, time and counter, differ already. */
    assert_true(memcmp(all[i - 1].bytes, all[i].bytes, 8) < 0);
  }
}

static void prints_and_parses(void **state) {
  (void)state;
  static const char text[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
  struct uuid uuid;
  assert_int_equal(uuid_parse(STR("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), &uuid), STATUS_OK);
  char out[UUID_TEXT_SIZE];
  assert_string_equal(uuid_print(uuid, out), text);
  struct uuid again;
  assert_int_equal(uuid_parse(str_of(text), &again), STATUS_OK);
  assert_true(uuid_equal(uuid, again));
  assert_int_equal(uuid_compare(uuid, again), 0);
}

static void wrong_texts_are_refused_and_touch_nothing(void **state) {
  (void)state;
  static const char *const wrong[] = {"",
                                      "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
                                      "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
                                      "017f22e279b07cc398c4dc0c0c07398f",
                                      "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
                                      "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
                                      "017f22e2-79b0-7cc3-98c4+dc0c0c07398f",
                                      "017f22e27-9b0-7cc3-98c4-dc0c0c07398f",
                                      "017f22e2-79b0-7cc3-98c4-dc0c0c0739 f"};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    struct uuid uuid = {{7}};
    assert_int_equal(uuid_parse(str_of(wrong[i]), &uuid), STATUS_INVALID);
    assert_int_equal(uuid.bytes[0], 7);
  }
  struct uuid uuid;
  assert_int_equal(uuid_parse(STR_NONE, &uuid), STATUS_INVALID);
}

static void none_is_all_zero(void **state) {
  (void)state;
  struct uuid uuid = {{0}};
  assert_true(uuid_is_none(uuid));
  uuid.bytes[15] = 1;
  assert_false(uuid_is_none(uuid));
}

static void random_bytes_differ(void **state) {
  (void)state;
  uint8_t a[32] = {0};
  uint8_t b[32] = {0};
  random_bytes(a, sizeof(a));
  random_bytes(b, sizeof(b));
  assert_memory_not_equal(a, b, sizeof(a));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(version_7_holds_the_time),
      cmocka_unit_test(each_is_greater_than_the_one_before),
      cmocka_unit_test(threads_never_get_the_same_counter),
      cmocka_unit_test(prints_and_parses),
      cmocka_unit_test(wrong_texts_are_refused_and_touch_nothing),
      cmocka_unit_test(none_is_all_zero),
      cmocka_unit_test(random_bytes_differ),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
